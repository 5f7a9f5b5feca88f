package play

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/vectors"
)

const (
	// primePath is where the answers with the cookies of a Prime are, below the base.
	primePath = "/__prime"
	// authPath is what a page at the top asks for with a user name and a password, below the base.
	authPath = "/__auth"
	// jarPath is what a page asks for to show its cookies, below the base.
	jarPath = "/__jar"
	// maxExchanges is more than the fetches of a scenario need, with 20 redirects each and a preflight for every hop.
	maxExchanges = vectors.MaxFetches * 21 * 2 * 2
	// roundTrip is the time that passes with every exchange, so that a clock that stands still hides nothing.
	roundTrip = time.Millisecond
)

// servers are all origins of a scenario, as a transport: they answer with its routes and log what arrives.
type servers struct {
	*player
	// base is the path of the scenario, which {{base}} stands for.
	base string

	mu sync.Mutex
	// current is the index of the fetch under way.
	current int
	log     []vectors.Request
	// preflights and actuals count the requests of each route.
	preflights, actuals []int
	exchanges           int
	err                 error
	// jar holds the names of the cookies that came to jarPath last.
	jar []string
	// image is true if the last answer was an image.
	image bool
}

func newServers(p *player) *servers {
	n := len(p.scenario.Routes)
	return &servers{player: p, base: p.expand("{{base}}"), preflights: make([]int, n), actuals: make([]int, n)}
}

func (s *servers) begin(fetch int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = fetch
}

func (s *servers) requests() []vectors.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]vectors.Request{}, s.log...)
}

// jarSeen returns the sorted names of the cookies that came with the last look into the jar.
func (s *servers) jarSeen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jar
}

// sentImage reports whether the last answer was an image.
func (s *servers) sentImage() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.image
}

func isImage(r *vectors.Response) bool {
	return r.Body != "" && slices.ContainsFunc(r.Headers, func(f vectors.Field) bool {
		return strings.EqualFold(f.Name, "content-type") && strings.HasPrefix(f.Value, "image/")
	})
}

// failure returns what was wrong with the client's use of the transport. A client may hide a transport's error, as it must.
func (s *servers) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Exchange implements [fetch.Transport].
func (s *servers) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.sleep(roundTrip)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.exchanges++; s.exchanges > maxExchanges {
		s.err = fmt.Errorf("more than %d requests", maxExchanges)
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: s.err}
	}
	body, err := readBody(request)
	if err != nil {
		s.err = err
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: err}
	}
	to, err := s.locate(request.URL)
	if err != nil {
		return nil, err
	}
	answer := s.answer(request, to, body)
	s.image = isImage(answer)
	return send(request.Method, answer)
}

func readBody(request *fetch.HTTPRequest) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(request.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("a request's body is longer than %d bytes", maxBody)
	}
	return body, err
}

// An address is where a request goes.
type address struct {
	place vectors.Place
	// authority is the host, with a port unless it is the default one. target is what goes into the request line.
	authority, target string
	// upgraded is true for TLS to an http origin.
	upgraded bool
}

// locate finds the server of a URL. All servers are the same machine.
func (s *servers) locate(url string) (address, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	to := address{authority: rest[:end], target: rest[end:]}
	if !strings.HasPrefix(to.target, "/") {
		to.target = "/" + to.target
	}
	host, port := to.authority, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host, port = host[:i], host[i+1:]
	}
	if !reachable(host) {
		return to, &fetch.NetworkError{Reason: fetch.NetworkDNS, Err: fmt.Errorf("no such host %q", host)}
	}
	place, ok := s.origins.RefAt(scheme, port)
	if !ok {
		return to, &fetch.NetworkError{Reason: fetch.NetworkRefused, Err: fmt.Errorf("nobody listens at %q", to.authority)}
	}
	to.place, to.upgraded = place, scheme == "https" && place.Scheme == "http"
	// The servers of the https set answer TLS on http ports too. The others never did, and a server with TLS does not answer without.
	if to.upgraded && !s.https() || scheme == "http" && place.Scheme == "https" {
		return to, &fetch.NetworkError{Reason: fetch.NetworkTLS, Err: fmt.Errorf("%q speaks %s", to.authority, place.Scheme)}
	}
	return to, nil
}

// reachable reports whether a host leads to this machine.
func reachable(host string) bool {
	switch host = strings.TrimSuffix(host, "."); host {
	case "localhost", "127.0.0.1", "[::1]":
		return true
	}
	return strings.HasSuffix(host, ".localhost") || slices.ContainsFunc(vectors.Places(), func(p vectors.Place) bool { return p.Host == host })
}

// https reports whether the scenario belongs to the https set: whether its page or a route does.
func (s *servers) https() bool {
	set := func(ref vectors.Ref) bool {
		return slices.ContainsFunc(vectors.Places(), func(p vectors.Place) bool { return p.Ref == ref && p.HTTPSSet })
	}
	return set(s.scenario.Page) || slices.ContainsFunc(s.scenario.Routes, func(r vectors.Route) bool { return set(r.Origin) })
}

// answer logs a request and finds the response to it.
func (s *servers) answer(request *fetch.HTTPRequest, to address, body []byte) *vectors.Response {
	path, ok := strings.CutPrefix(to.target, s.base+"/")
	if !ok {
		if document, _, _ := strings.Cut(to.target, "?"); document == pagePath && to.place.Ref == s.scenario.Page {
			return pageResponse()
		}
		// Not the scenario's: nobody logs it.
		return &vectors.Response{Status: 404}
	}
	path = "/" + path
	if i, ok := strings.CutPrefix(path, primePath); ok {
		return s.primed(i)
	}
	if path == jarPath {
		var seen vectors.Request
		s.logHeaders(&seen, request.Header)
		s.jar = append([]string{}, seen.Cookies...)
		return &vectors.Response{Status: 200}
	}
	seen := vectors.Request{
		Fetch:    s.current,
		Origin:   to.place.Ref,
		Path:     s.collapse(path),
		Method:   request.Method,
		BodyLen:  bodyLen(request.Header, body),
		Upgraded: to.upgraded,
	}
	s.logHeaders(&seen, append(framing(request, to.authority), request.Header...))
	seen.Preflight = request.Method == http.MethodOptions && len(seen.Headers["access-control-request-method"]) > 0
	resource, _, _ := strings.Cut(path, "?")
	i := slices.IndexFunc(s.scenario.Routes, func(r vectors.Route) bool { return r.Origin == to.place.Ref && r.Path == resource })
	seen.Unrouted = i < 0
	s.log = append(s.log, seen)
	if i < 0 {
		return &vectors.Response{Status: 404}
	}
	return s.expandResponse(s.route(i, &seen))
}

// route picks one of the answers of a route, and counts.
func (s *servers) route(i int, request *vectors.Request) *vectors.Response {
	r := &s.scenario.Routes[i]
	if request.Preflight {
		n := s.preflights[i]
		s.preflights[i]++
		switch {
		case len(r.PreflightSeq) > 0:
			return &r.PreflightSeq[min(n, len(r.PreflightSeq)-1)]
		case r.Preflight == nil:
			return &vectors.Response{Status: 405}
		}
		return r.Preflight
	}
	n := s.actuals[i]
	s.actuals[i]++
	switch {
	case r.Challenge != nil && len(request.Headers["authorization"]) == 0:
		return r.Challenge
	case len(r.ActualSeq) > 0:
		return &r.ActualSeq[min(n, len(r.ActualSeq)-1)]
	}
	return &r.Actual
}

// pageHTML is the page from which the recorder made its calls of fetch(), as it was when the corpus was recorded. It is what fetch("")
// gets, and runs nowhere here.
//
//go:embed page.html
var pageHTML string

// pagePath is where the page is, on its own origin.
const pagePath = "/ctl/page"

func pageResponse() *vectors.Response {
	return &vectors.Response{Status: 200, Body: pageHTML, Headers: []vectors.Field{
		{Name: "Content-Type", Value: "text/html; charset=utf-8"}, {Name: "Cache-Control", Value: "no-store"},
	}}
}

func (s *servers) primed(index string) *vectors.Response {
	response := &vectors.Response{Status: 200, Body: "primed"}
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(s.scenario.Prime) {
		for _, line := range s.scenario.Prime[i].SetCookie {
			response.Headers = append(response.Headers, vectors.Field{Name: "Set-Cookie", Value: s.expand(line)})
		}
	}
	response.Headers = append(response.Headers,
		vectors.Field{Name: "Cache-Control", Value: "no-store"}, vectors.Field{Name: "Content-Type", Value: "text/plain"})
	return response
}

// expandResponse returns a copy of r with the tokens expanded.
func (s *servers) expandResponse(r *vectors.Response) *vectors.Response {
	expanded := &vectors.Response{Status: r.Status, Body: s.expand(r.Body)}
	for _, f := range r.Headers {
		expanded.Headers = append(expanded.Headers, vectors.Field{Name: f.Name, Value: s.expand(f.Value)})
	}
	return expanded
}

// logHeaders keeps of a request's headers what an observation has.
func (s *servers) logHeaders(seen *vectors.Request, fields []fetch.Field) {
	seen.Headers = map[string]vectors.Values{}
	for _, f := range fields {
		name := strings.ToLower(f.Name)
		switch {
		case name == "cookie":
			seen.Cookies = append(seen.Cookies, s.cookieNames(f.Value)...)
		case s.scenario.Recorded(name):
			seen.Headers[name] = append(seen.Headers[name], s.collapse(f.Value))
		}
	}
	slices.Sort(seen.Cookies)
}

// framing returns the lines that a transport adds to a request's own.
func framing(request *fetch.HTTPRequest, authority string) []fetch.Field {
	fields := []fetch.Field{{Name: "Host", Value: authority}, {Name: "Connection", Value: "keep-alive"}}
	switch {
	case request.Body == nil && request.NullBodyLength:
		fields = append(fields, fetch.Field{Name: "Content-Length", Value: "0"})
	case request.Body != nil && request.ContentLength < 0:
		fields = append(fields, fetch.Field{Name: "Transfer-Encoding", Value: "chunked"})
	case request.Body != nil:
		fields = append(fields, fetch.Field{Name: "Content-Length", Value: strconv.FormatInt(request.ContentLength, 10)})
	}
	return fields
}

// cookieNames returns the names in a Cookie header. A name that ends in the id of a scenario belongs to that scenario only.
func (s *servers) cookieNames(value string) []string {
	var names []string
	for pair := range strings.SplitSeq(value, ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if name, id, marked := strings.Cut(name, "~"); !marked || id == s.scenario.ID {
			names = append(names, name)
		}
	}
	return names
}

// bodyLen is the length of a body, in which the boundary of a multipart body counts as empty.
func bodyLen(fields []fetch.Field, body []byte) int {
	made := ""
	for _, f := range fields {
		if strings.EqualFold(f.Name, "content-type") {
			made = cmp.Or(made, browserBoundary(f.Value))
		}
	}
	// A multipart body under another type, which the author gave it.
	if line, _, ok := bytes.Cut(body, []byte("\r\n")); made == "" && ok && bytes.HasPrefix(line, []byte("------")) {
		made = string(line[2:])
	}
	if made == "" {
		return len(body)
	}
	return len(bytes.ReplaceAll(body, []byte(made), nil))
}

// browserBoundary returns the boundary in a Content-Type if it has the form that browsers give theirs: four hyphens first.
func browserBoundary(contentType string) string {
	_, after, _ := strings.Cut(contentType, "boundary=")
	end := strings.IndexFunc(after, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if end >= 0 {
		after = after[:end]
	}
	if !strings.HasPrefix(after, "----") {
		return ""
	}
	return after
}

// errFraming is the failure of an answer that is no HTTP response, or not a final one.
var errFraming = errors.New("no HTTP response")

// send turns an answer into what a transport hands to its caller: as [fetch.HTTPResponse] says, and with the one header that the
// servers add.
func send(method string, r *vectors.Response) (*fetch.HTTPResponse, error) {
	if r.Status < 200 {
		return nil, &fetch.NetworkError{Reason: fetch.NetworkProtocol, Err: errFraming}
	}
	response := &fetch.HTTPResponse{Proto: "HTTP/1.1", Status: r.Status, StatusText: http.StatusText(r.Status)}
	for _, f := range r.Headers {
		// Of the controls that a line can hold, all parsers refuse this one.
		if strings.ContainsRune(f.Value, 0) {
			return nil, &fetch.NetworkError{Reason: fetch.NetworkProtocol, Err: errFraming}
		}
		response.Header = append(response.Header, fetch.Field{Name: f.Name, Value: strings.Trim(f.Value, " \t")})
	}
	body := r.Body
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		body = ""
	} else {
		response.Header = append(response.Header, fetch.Field{Name: "Content-Length", Value: strconv.Itoa(len(body))})
	}
	if method == http.MethodHead {
		body = ""
	}
	response.Body = io.NopCloser(strings.NewReader(body))
	return response, nil
}
