package main

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// maxSeen bounds what is remembered of the requests to one path.
const maxSeen = 16

// A demoServer is a small API with one known CORS behaviour at each path, on two origins. It is safe for concurrent use.
type demoServer struct {
	// API and Other are the two origins, as "http://127.0.0.1:8080".
	API, Other string
	// Page is the origin of the page that asks.
	Page string

	servers []*http.Server
	cases   []demoCase

	mu   sync.Mutex
	seen map[string][]string
}

// newDemoServer starts to serve cases on two listeners, which it owns from now on, for a page of the given origin. Stop it with Close.
func newDemoServer(api, other net.Listener, page string, cases []demoCase) *demoServer {
	s := &demoServer{
		API: "http://" + api.Addr().String(), Other: "http://" + other.Addr().String(), Page: page,
		cases: cases, seen: make(map[string][]string),
	}
	s.serve(api, s.handler(func(c demoCase) string { return c.Path }, func(c demoCase, method string) demoAnswer {
		if method == http.MethodOptions {
			return c.Preflight
		}
		return c.Response
	}))
	s.serve(other, s.handler(func(c demoCase) string { return c.Path + "/next" }, func(c demoCase, _ string) demoAnswer { return c.Next }))
	return s
}

func (s *demoServer) serve(l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		// OPTIONS * is not ours, but without this net/http answers it with 200.
		DisableGeneralOptionsHandler: true,
	}
	s.servers = append(s.servers, server)
	go func() {
		// Its error says that the server was closed, or that its listener was; neither is anybody's concern.
		_ = server.Serve(l)
	}()
}

// handler answers the cases at their paths.
func (s *demoServer) handler(path func(demoCase) string, pick func(demoCase, string) demoAnswer) http.Handler {
	byPath := make(map[string]demoCase, len(s.cases))
	for _, c := range s.cases {
		if c.Path != "" {
			byPath[path(c)] = c
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := byPath[r.URL.Path]
		if !ok {
			s.write(w, demoAnswer{})
			return
		}
		s.saw(r.URL.Path, r.Method)
		s.write(w, pick(c, r.Method))
	})
}

// write sends an answer, its lines of one name apart and in their order.
func (s *demoServer) write(w http.ResponseWriter, a demoAnswer) {
	if a.Status == 0 {
		a = answer(http.StatusNotFound)
	}
	fill := strings.NewReplacer(placePage, s.Page, placeAPI, s.API, placeOther, s.Other)
	for _, f := range a.Header {
		w.Header()[f.Name] = append(w.Header()[f.Name], fill.Replace(f.Value))
	}
	w.WriteHeader(a.Status)
	// The error means that the client has left.
	_, _ = w.Write([]byte(a.Body))
}

func (s *demoServer) saw(path, method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen[path]) < maxSeen {
		s.seen[path] = append(s.seen[path], method)
	}
}

// takeSeen returns the methods that have reached a path, in order, and forgets them.
func (s *demoServer) takeSeen(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	methods := slices.Clone(s.seen[path])
	delete(s.seen, path)
	return methods
}

// url returns where a case is.
func (s *demoServer) url(c demoCase) string {
	if c.URL != "" {
		return c.URL
	}
	return s.API + c.Path
}

// options returns the check of a case.
func (s *demoServer) options(c demoCase, timeout time.Duration) (checkOptions, error) {
	page, err := origin.Parse(s.Page)
	if err != nil {
		return checkOptions{}, err
	}
	r := c.Request
	r.URL, r.Client.Origin = s.url(c), page
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Mode == "" {
		r.Mode = fetch.ModeCORS
	}
	if r.Credentials == "" {
		r.Credentials = fetch.CredentialsSameOrigin
	}
	return checkOptions{
		Request: r, Repeat: c.Repeat, OriginFrom: "the demo's page", Cookies: c.Cookies, Timeout: timeout, Format: "text", Color: "never",
	}, nil
}

// Close stops both servers and their connections.
func (s *demoServer) Close() error {
	var err error
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}
