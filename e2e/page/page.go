// Package page is a web page that makes a list of fetch() calls and reports what script sees of each. A browser only has to open it:
// no driver is needed.
//
// A page is served by whoever has its origin: as an [http.Handler], or by hand with [Page.Answer]. Its own requests are those below its
// path; everything else that the browser asks for comes from the calls.
package page

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

//go:embed page.html
var html string

// Limits of what a browser may tell.
const (
	// MaxReport is how long one report may be, in bytes.
	MaxReport = 1 << 20
	// CallTime is how long a call may take, its body included, before the page goes on without it.
	CallTime = 10 * time.Second
)

// A Call is one call of fetch(). The members are those of its arguments; what is empty is left out, so that the browser's own default
// holds.
type Call struct {
	URL    string
	Method string
	// Header is given as a list of pairs, in this order. Names and values are bytes, as everywhere; JavaScript gets a character of
	// the same number for each.
	Header         []header.Field
	Mode           fetch.Mode
	Credentials    fetch.CredentialsMode
	Redirect       fetch.RedirectMode
	Cache          fetch.CacheMode
	ReferrerPolicy fetch.ReferrerPolicy
	// Body is given as a string unless it is nil.
	Body *string
}

// Request returns the same call for our own engine, made by the page with that origin and address.
func (c Call) Request(client fetch.Environment) *fetch.Request {
	r := &fetch.Request{
		Client: client, URL: c.URL, Method: c.Method, Header: c.Header, Mode: c.Mode, Credentials: c.Credentials, Redirect: c.Redirect,
		Cache: c.Cache, ReferrerPolicy: c.ReferrerPolicy,
	}
	if c.Body != nil {
		r.Body = &fetch.Body{Source: []byte(*c.Body), Type: fetch.TextType}
	}
	return r
}

// MarshalJSON writes what page.html reads: {"url": …, "init": {…}}, the second as fetch() takes it.
func (c Call) MarshalJSON() ([]byte, error) {
	init := map[string]any{}
	for name, value := range map[string]string{
		"method": c.Method, "mode": string(c.Mode), "credentials": string(c.Credentials), "redirect": string(c.Redirect),
		"cache": string(c.Cache), "referrerPolicy": string(c.ReferrerPolicy),
	} {
		if value != "" {
			init[name] = value
		}
	}
	if len(c.Header) > 0 {
		var pairs [][2]string
		for _, f := range c.Header {
			pairs = append(pairs, [2]string{isomorphicDecode(f.Name), isomorphicDecode(f.Value)})
		}
		init["headers"] = pairs
	}
	if c.Body != nil {
		init["body"] = *c.Body
	}
	return json.Marshal(map[string]any{"url": c.URL, "init": init})
}

// isomorphicDecode makes a string of bytes, one character each.
//
// https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphicDecode(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// How a call ends.
const (
	// Answered: script got a response.
	Answered = "response"
	// Rejected: the promise was rejected, before or after something was sent.
	Rejected = "rejected"
	// TimedOut: neither within [CallTime].
	TimedOut = "timeout"
)

// An Outcome is what script sees of a call.
type Outcome struct {
	// Outcome is [Answered], [Rejected] or [TimedOut].
	Outcome string `json:"outcome"`
	// Error is the name of the exception, as "TypeError", of a call that was rejected.
	Error string `json:"error,omitempty"`
	// Type, Status, URL and Redirected are those of the response.
	Type       fetch.ResponseType `json:"type,omitempty"`
	Status     int                `json:"status,omitempty"`
	URL        string             `json:"url,omitempty"`
	Redirected bool               `json:"redirected,omitempty"`
	// Headers are the names of the headers that script sees, in lower case and sorted.
	Headers []string `json:"headers,omitempty"`
	// BodyError is the name of the exception with which reading the body failed, if it did.
	BodyError string `json:"bodyError,omitempty"`
}

// Page is one visit of one browser: the calls that it makes, and what has been heard of them. It is safe for concurrent use. Make one
// with [New].
type Page struct {
	path  string
	calls []Call

	mu      sync.Mutex
	heard   map[int]Outcome
	problem string
	done    chan struct{} // Closed when all was heard, or a problem.
}

// New returns a page at a path, as "/page", that makes calls one after the other. Everything below the path is the page's.
func New(path string, calls []Call) *Page {
	p := &Page{path: strings.TrimSuffix(path, "/") + "/", calls: calls, heard: map[int]Outcome{}, done: make(chan struct{})}
	if len(calls) == 0 {
		close(p.done)
	}
	return p
}

// Path is where the page is on its origin, as "/page/".
func (p *Page) Path() string { return p.path }

// An Answer is what the page has to say to a request.
type Answer struct {
	Status      int
	ContentType string
	Body        string
}

// Answer answers one of the page's own requests. It returns false for a request that is none of them.
func (p *Page) Answer(method, target string, body []byte) (a Answer, ok bool) {
	path, query, _ := strings.Cut(target, "?")
	name, ok := strings.CutPrefix(path, p.path)
	if !ok {
		return Answer{}, false
	}
	switch method + " " + name {
	case "GET ":
		return Answer{200, "text/html; charset=utf-8", html}, true
	case "GET calls":
		text, err := json.Marshal(map[string]any{"calls": p.calls, "limit": CallTime.Milliseconds()})
		if err != nil {
			return p.refuse(500, err)
		}
		return Answer{200, "application/json", string(text)}, true
	case "POST outcome":
		return p.hear(query, body)
	case "POST problem":
		return p.refuse(204, errors.New("in the page: "+string(body)))
	default:
		return Answer{404, "text/plain", "no such thing\n"}, true
	}
}

// hear takes the report on a call, whose number is the query.
func (p *Page) hear(query string, body []byte) (Answer, bool) {
	i, err := strconv.Atoi(query)
	if err != nil || i < 0 || i >= len(p.calls) {
		return p.refuse(400, fmt.Errorf("report on call %q of %d", query, len(p.calls)))
	}
	if len(body) > MaxReport {
		return p.refuse(413, fmt.Errorf("report on call %d: over %d bytes", i, MaxReport))
	}
	var o Outcome
	if err := json.Unmarshal(body, &o); err != nil {
		return p.refuse(400, fmt.Errorf("report on call %d: %w", i, err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, twice := p.heard[i]; !twice && p.problem == "" {
		p.heard[i] = o
		if len(p.heard) == len(p.calls) {
			close(p.done)
		}
	}
	return Answer{Status: 204}, true
}

// refuse notes that the page does not work, which ends the wait for it.
func (p *Page) refuse(status int, err error) (Answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.problem == "" && len(p.heard) < len(p.calls) {
		p.problem = err.Error()
		close(p.done)
	}
	return Answer{Status: status}, true
}

// ServeHTTP serves the page on its origin.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxReport+1))
	if err != nil {
		http.Error(w, "the report cannot be read", http.StatusBadRequest)
		return
	}
	a, ok := p.Answer(r.Method, r.URL.RequestURI(), body)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	// The error means that the browser has gone.
	_, _ = io.WriteString(w, a.Body)
}

// Wait returns the outcomes of all calls, in their order. If ctx or gone ends first, or the page itself fails, it returns those that
// were heard, up to the first that was not, and an error that says so. A nil gone never ends; [browser.Browser.Done] is one that may.
//
// [browser.Browser.Done]: https://pkg.go.dev/github.com/drawbridge-cors/drawbridge/e2e/browser#Browser.Done
func (p *Page) Wait(ctx context.Context, gone <-chan struct{}) ([]Outcome, error) {
	var why error
	select {
	case <-p.done:
	case <-gone:
		why = errors.New("the browser has ended")
	case <-ctx.Done():
		why = ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.problem != "" {
		why = errors.New(p.problem)
	}
	var outcomes []Outcome
	for i := range p.calls {
		o, ok := p.heard[i]
		if !ok {
			return outcomes, fmt.Errorf("page: heard of %d calls of %d, first silence at %s: %w", len(p.heard), len(p.calls), p.calls[i].URL, why)
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}
