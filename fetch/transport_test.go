package fetch_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// The cast of these tests: a page, and servers that are other origins to it.
const (
	pageOrigin  = "https://page.example"
	pageURL     = "https://page.example/dir/index.html?q=1#top"
	own         = "https://page.example/own"
	api         = "https://api.example/items"
	other       = "https://other.example/items"
	sitePort    = "https://page.example:8443/items"
	siteSub     = "https://sub.page.example/items"
	acao        = "Access-Control-Allow-Origin: "
	acac        = "Access-Control-Allow-Credentials: "
	acam        = "Access-Control-Allow-Methods: "
	acah        = "Access-Control-Allow-Headers: "
	aceh        = "Access-Control-Expose-Headers: "
	acma        = "Access-Control-Max-Age: "
	allowPage   = acao + pageOrigin
	allowCreds  = acac + "true"
	contentType = "Content-Type: "
)

// A reply is what a server says to one request. The zero value is an empty 200.
type reply struct {
	status int
	header []string // "Name: value"
	body   string
	err    error
}

// A sent is one request as the network saw it.
type sent struct {
	line          string // "GET https://api.example/items"
	header        header.List
	body          string
	contentLength int64
	// nullBodyLength, needsHTTP2, credentials are the members of fetch.HTTPRequest.
	nullBodyLength, needsHTTP2, credentials bool
}

// get is one header's combined value, or "absent".
func (s sent) get(name string) string {
	if value, ok := s.header.Get(name); ok {
		return value
	}
	return "absent"
}

// A server is all servers of a test: a fetch.Transport in memory that answers by script, remembers what it was sent, and counts the
// bodies that nobody has closed.
type server struct {
	answer func(n int, request *fetch.HTTPRequest) reply

	mu   sync.Mutex
	log  []sent
	open int
}

func (s *server) Exchange(_ context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	n := len(s.log)
	s.log = append(s.log, sent{
		line: request.Method + " " + request.URL, header: slices.Clone(request.Header), body: string(body),
		contentLength: request.ContentLength, nullBodyLength: request.NullBodyLength, needsHTTP2: request.NeedsHTTP2,
		credentials: request.IncludeCredentials,
	})
	s.mu.Unlock()

	a := s.answer(n, request)
	if a.err != nil {
		return nil, a.err
	}
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	return &fetch.HTTPResponse{
		Proto: "HTTP/1.1", Status: status(a.status), StatusText: "Fine", Header: fields(a.header...),
		Body: &countedBody{Reader: strings.NewReader(a.body), server: s},
	}, nil
}

// requests returns what has been sent so far.
func (s *server) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// lines returns the request lines sent so far.
func (s *server) lines() []string {
	var lines []string
	for _, r := range s.requests() {
		lines = append(lines, r.line)
	}
	return lines
}

// preflights counts the CORS-preflight requests sent so far.
func (s *server) preflights() int {
	n := 0
	for _, r := range s.requests() {
		if r.header.Contains(header.AccessControlRequestMethod) {
			n++
		}
	}
	return n
}

func (s *server) unclosed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

type countedBody struct {
	io.Reader

	server *server
	once   sync.Once
}

func (b *countedBody) Close() error {
	b.once.Do(func() {
		b.server.mu.Lock()
		defer b.server.mu.Unlock()
		b.server.open--
	})
	return nil
}

// script answers the n-th request with the n-th reply, and those after with a bare 404.
func script(replies ...reply) *server {
	return &server{answer: func(n int, _ *fetch.HTTPRequest) reply {
		if n < len(replies) {
			return replies[n]
		}
		return reply{status: 404}
	}}
}

// always gives every request the same reply.
func always(r reply) *server {
	return &server{answer: func(int, *fetch.HTTPRequest) reply { return r }}
}

// routes answers by "METHOD URL", else by "URL", else with a bare 404.
func routes(table map[string]reply) *server {
	return &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
		if r, ok := table[request.Method+" "+request.URL]; ok {
			return r
		}
		if r, ok := table[request.URL]; ok {
			return r
		}
		return reply{status: 404}
	}}
}

// to is a redirect.
func to(status int, location string, more ...string) reply {
	return reply{status: status, header: append([]string{"Location: " + location}, more...)}
}

// transportFunc is a transport for tests of the network itself.
type transportFunc func(context.Context, *fetch.HTTPRequest) (*fetch.HTTPResponse, error)

func (f transportFunc) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	return f(ctx, request)
}

// fields parses lines of the form "Name: value".
func fields(lines ...string) []fetch.Field {
	var list []fetch.Field
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		list = append(list, fetch.Field{Name: name, Value: strings.TrimPrefix(value, " ")})
	}
	return list
}

// texts is the inverse of fields.
func texts(list []fetch.Field) []string {
	lines := make([]string, 0, len(list))
	for _, f := range list {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return lines
}

// page is a page at a URL. It panics if the URL has no tuple origin, which is a mistake of the test.
func page(u string) fetch.Environment {
	o, err := origin.ParseURL(u)
	if err != nil || o.IsOpaque() {
		panic("test page: " + u)
	}
	return fetch.Environment{Origin: o, URL: u}
}

// sandboxed is a page with an opaque origin of its own.
func sandboxed() fetch.Environment { return fetch.Environment{Origin: origin.Opaque(), URL: pageURL} }

// An outcome is what script gets: a response with its body read, or the reason why not.
type outcome struct {
	response *fetch.Response
	body     string
	bodyErr  error
	blocked  *fetch.BlockedError
}

// reason is "" for a response.
func (o outcome) reason() fetch.Reason {
	if o.blocked == nil {
		return ""
	}
	return o.blocked.Reason
}

// step is "" for a response.
func (o outcome) step() string {
	if o.blocked == nil {
		return ""
	}
	return o.blocked.Step
}

// run fetches, reads and closes the body, and checks what must hold for any fetch: all bodies are closed, and the error says which
// URL it is about. A Request without a page gets the usual one.
func run(t testing.TB, c *fetch.Client, s *server, r *fetch.Request) outcome {
	t.Helper()
	return runContext(t.Context(), t, c, s, r)
}

func runContext(ctx context.Context, t testing.TB, c *fetch.Client, s *server, r *fetch.Request) outcome {
	t.Helper()
	// A copy: rows of a table share requests, and run at the same time.
	request := *r
	if request.Client == (fetch.Environment{}) {
		request.Client = page(pageURL)
	}
	var o outcome
	response, err := c.Fetch(ctx, &request)
	if err != nil {
		var ok bool
		if o.blocked, ok = errors.AsType[*fetch.BlockedError](err); !ok {
			t.Fatalf("Fetch returned a %T, %v; want a *BlockedError", err, err)
		}
		if response != nil {
			t.Errorf("Fetch returned both a response and %v", err)
		}
		if o.blocked.URL == "" {
			t.Errorf("%#v has no URL", o.blocked)
		}
	} else {
		var body []byte
		body, o.bodyErr = io.ReadAll(response.Body)
		if err := response.Body.Close(); err != nil {
			t.Errorf("closing the body: %v", err)
		}
		o.response, o.body = response, string(body)
	}
	if n := s.unclosed(); n != 0 {
		t.Errorf("%d bodies were not closed", n)
	}
	return o
}

// wantReason fails the test unless the outcome is the wanted one; "" wants a response. An empty step is not compared.
func wantReason(t testing.TB, got outcome, want fetch.Reason, step string) {
	t.Helper()
	if got.reason() != want {
		t.Errorf("got reason %q (%v), want %q", got.reason(), got.blocked, want)
	} else if step != "" && got.step() != step {
		t.Errorf("got step %q, want %q", got.step(), step)
	}
}

// wantLines fails the test unless the requests sent are the wanted ones.
func wantLines(t testing.TB, s *server, want ...string) {
	t.Helper()
	if got := s.lines(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// A clock is one that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A jar gives every request the same cookies and remembers what it was asked and told.
type jar struct {
	cookies []string

	mu    sync.Mutex
	asked []fetch.CookieRequest
	set   []string
}

func (j *jar) Cookies(r fetch.CookieRequest) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = append(j.asked, r)
	return j.cookies
}

func (j *jar) SetCookies(_ fetch.CookieRequest, lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.set = append(j.set, lines...)
}

// record returns a context that keeps a trace.
func record(ctx context.Context) (context.Context, *[]fetch.Event) {
	events := new([]fetch.Event)
	return fetch.WithTrace(ctx, func(e fetch.Event) { *events = append(*events, e) }), events
}

// status makes the zero value of a reply a 200.
func status(s int) int {
	if s == 0 {
		return 200
	}
	return s
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
