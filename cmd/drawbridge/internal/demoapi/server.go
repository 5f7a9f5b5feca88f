package demoapi

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

// A Server is a small API with one known CORS behaviour at each path, on two origins. It is safe for concurrent use.
type Server struct {
	// API and Other are the two origins, as "http://127.0.0.1:8080".
	API, Other string
	// Page is the origin of the page that asks.
	Page string
	// Cases are what it serves. They do not change.
	Cases []Case

	servers []*http.Server

	mu   sync.Mutex
	seen map[string][]string
}

// Serve starts to serve cases on two listeners, which it owns from now on, for a page of the given origin. Stop it with Close.
func Serve(api, other net.Listener, page string, cases []Case) *Server {
	s := &Server{
		API: "http://" + api.Addr().String(), Other: "http://" + other.Addr().String(), Page: page,
		Cases: cases, seen: make(map[string][]string),
	}
	s.serve(api, s.handler(func(c Case) string { return c.Path }, func(c Case, method string) Answer {
		if method == http.MethodOptions {
			return c.Preflight
		}
		return c.Response
	}))
	s.serve(other, s.handler(func(c Case) string { return c.Path + "/next" }, func(c Case, _ string) Answer { return c.Next }))
	return s
}

func (s *Server) serve(l net.Listener, h http.Handler) {
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
func (s *Server) handler(path func(Case) string, pick func(Case, string) Answer) http.Handler {
	byPath := make(map[string]Case, len(s.Cases))
	for _, c := range s.Cases {
		if c.Path != "" {
			byPath[path(c)] = c
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := byPath[r.URL.Path]
		if !ok {
			s.write(w, Answer{})
			return
		}
		s.saw(r.URL.Path, r.Method)
		s.write(w, pick(c, r.Method))
	})
}

// write sends an answer, its lines of one name apart and in their order.
func (s *Server) write(w http.ResponseWriter, a Answer) {
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

func (s *Server) saw(path, method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen[path]) < maxSeen {
		s.seen[path] = append(s.seen[path], method)
	}
}

// TakeSeen returns the methods that have reached a path, in order, and forgets them.
func (s *Server) TakeSeen(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	methods := slices.Clone(s.seen[path])
	delete(s.seen, path)
	return methods
}

// URL returns where a case is.
func (s *Server) URL(c Case) string {
	if c.URL != "" {
		return c.URL
	}
	return s.API + c.Path
}

// Request returns what the page of a case asks.
func (s *Server) Request(c Case) (fetch.Request, error) {
	page, err := origin.Parse(s.Page)
	if err != nil {
		return fetch.Request{}, err
	}
	r := c.Request
	r.URL, r.Client.Origin = s.URL(c), page
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Mode == "" {
		r.Mode = fetch.ModeCORS
	}
	if r.Credentials == "" {
		r.Credentials = fetch.CredentialsSameOrigin
	}
	return r, nil
}

// Close stops both servers and their connections.
func (s *Server) Close() error {
	var err error
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}
