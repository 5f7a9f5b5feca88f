package explain_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

const (
	page = "https://app.example"
	api  = "https://api.example/items"
)

// A scripted transport answers each request with the next of its answers, whatever is asked.
type scripted struct{ answers []answer }

// An answer is a response's head, or an error. Header lines are "Name: value".
type answer struct {
	status int
	lines  []string
	err    error
}

func reply(status int, lines ...string) answer { return answer{status: status, lines: lines} }

func (s *scripted) Exchange(_ context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	if len(s.answers) == 0 {
		return nil, &fetch.NetworkError{Reason: fetch.NetworkRefused, Err: errors.New("the script has ended")}
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.err != nil {
		return nil, a.err
	}
	r := &fetch.HTTPResponse{Proto: "HTTP/1.1", Status: a.status, StatusText: statusTexts[a.status], Body: io.NopCloser(strings.NewReader(""))}
	r.RemoteAddr = "192.0.2.1:443"
	if strings.HasPrefix(request.URL, "https:") {
		r.TLS = "TLS 1.3"
	}
	for _, l := range a.lines {
		name, value, _ := strings.Cut(l, ": ")
		r.Header = append(r.Header, fetch.Field{Name: name, Value: value})
	}
	return r, nil
}

var statusTexts = map[int]string{
	200: "OK", 204: "No Content", 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 401: "Unauthorized", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error", 503: "Service Unavailable",
}

// A scenario is a request and what servers answer.
type scenario struct {
	// page is the page's origin, "https://app.example" if empty.
	page     string
	request  fetch.Request
	answers  []answer
	options  []explain.Option
	standard bool // compare with itself
	previous bool // run the request once before, with the same preflight cache
	// cached, if not nil, is run once before, with the same HTTP cache.
	cached *fetch.Request
}

func fields(lines ...string) []fetch.Field {
	var out []fetch.Field
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		out = append(out, fetch.Field{Name: name, Value: value})
	}
	return out
}

// trace runs a scenario through the engine and returns its events.
func trace(t testing.TB, s scenario) []fetch.Event {
	t.Helper()
	o, err := origin.Parse(pageOf(s))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(10 * time.Millisecond); return now }
	options := []fetch.Option{fetch.WithClock(clock), fetch.WithUserAgent("test")}
	if s.cached != nil {
		options = append(options, fetch.WithHTTPCache())
	}
	client := fetch.New(&scripted{s.answers}, options...)
	request := s.request
	request.Client.Origin = o
	if request.URL == "" {
		request.URL = api
	}
	if s.cached != nil {
		first := *s.cached
		first.Client.Origin = o
		response, err := client.Fetch(t.Context(), &first)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	if s.previous {
		if _, err := client.Fetch(t.Context(), &request); err != nil {
			t.Fatal(err)
		}
	}
	var events []fetch.Event
	ctx := fetch.WithTrace(t.Context(), func(e fetch.Event) { events = append(events, e) })
	response, err := client.Fetch(ctx, &request)
	if err == nil {
		_ = response.Body.Close()
	}
	if requestError, ok := errors.AsType[*fetch.RequestError](err); ok {
		t.Fatal(requestError)
	}
	return events
}

func pageOf(s scenario) string {
	if s.page == "" {
		return page
	}
	return s.page
}

func report(t *testing.T, s scenario) explain.Report {
	t.Helper()
	events := trace(t, s)
	if s.standard {
		s.options = append(s.options, explain.WithStandard(events))
	}
	return explain.Explain(events, s.options...)
}

// put is a request that needs a preflight.
func put(credentials fetch.CredentialsMode, lines ...string) fetch.Request {
	return fetch.Request{Method: "PUT", Credentials: credentials, Header: fields(lines...)}
}

const (
	allowPage = "Access-Control-Allow-Origin: https://app.example"
	allowAll  = "Access-Control-Allow-Origin: *"
	allowTrue = "Access-Control-Allow-Credentials: true"
	allowPut  = "Access-Control-Allow-Methods: GET, POST, PUT"
	varyOn    = "Vary: Origin"
)

// scenarios are the cases of the golden files, by their names.
func scenarios() map[string]scenario {
	include := fetch.CredentialsInclude
	long := "https://app.example." + strings.Repeat("very-", 60) + "long.example"
	return map[string]scenario{
		"allowed": {
			request: fetch.Request{Header: fields("Content-Type: text/plain")}, standard: true,
			options: []explain.Option{explain.WithBody(12, errors.New("unexpected EOF"))},
			answers: []answer{reply(200, allowPage, varyOn, "Content-Type: application/json", "X-Total-Count: 3", "ETag: \"1\"")},
		},
		"allowed-preflight": {
			request: put("", "X-Api-Key: 1", "Content-Type: application/json"),
			answers: []answer{
				reply(204, allowAll, allowPut, "Access-Control-Allow-Headers: *", "Access-Control-Max-Age: 600"),
				reply(200, allowAll, "Access-Control-Expose-Headers: *", "X-Total-Count: 3", "Set-Cookie: a=b"),
			},
		},
		"allowed-cached": {
			request: put("", "X-Api-Key: 1"), previous: true,
			answers: []answer{
				reply(204, allowAll, allowPut, "Access-Control-Allow-Headers: X-Api-Key", "Access-Control-Max-Age: 600"),
				reply(200, allowAll), reply(200, allowAll),
			},
		},
		"allowed-same-origin": {
			page: "https://api.example", request: fetch.Request{}, answers: []answer{reply(200, "Content-Type: text/html")},
		},
		"allowed-opaque": {
			request: fetch.Request{Mode: fetch.ModeNoCORS, Header: fields("X-Api-Key: 1")}, answers: []answer{reply(200)},
		},
		"http-cache-hit": {
			request: fetch.Request{}, cached: &fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Destination: "image"},
			answers: []answer{reply(200, "Content-Length: 0", "Cache-Control: max-age=600", "Content-Type: image/png")},
		},
		"http-cache-validated": {
			request: fetch.Request{}, cached: &fetch.Request{URL: api},
			answers: []answer{reply(200, "Content-Length: 0", "Cache-Control: no-cache", "ETag: \"1\"", allowAll), reply(304, "X-Served-By: b")},
		},
		"http-cache-store": {
			request: fetch.Request{}, cached: &fetch.Request{URL: "https://api.example/else", Mode: fetch.ModeNoCORS},
			answers: []answer{reply(200), reply(200, "Content-Length: 0", "Cache-Control: max-age=600", allowAll)},
		},
		"wildcard-credentials": {
			request: put(include, "Content-Type: application/json"),
			answers: []answer{reply(204, allowAll, "Access-Control-Allow-Methods: GET, POST", "Access-Control-Allow-Headers: content-type")},
		},
		"wildcard-lists-credentials": {
			request: put(include, "X-Api-Key: 1", "Authorization: Bearer secret-token"),
			answers: []answer{reply(204, allowPage, allowTrue, "Access-Control-Allow-Methods: *", "Access-Control-Allow-Headers: *")},
		},
		"no-headers": {request: fetch.Request{}, answers: []answer{reply(200, "Content-Type: application/json")}},
		"trailing-slash": {
			request: fetch.Request{}, answers: []answer{reply(200, allowPage+"/", varyOn)},
		},
		"two-lines": {
			request: fetch.Request{}, answers: []answer{reply(200, allowPage, "Content-Type: text/plain", "access-control-allow-origin: *")},
		},
		"odd-bytes": {
			request: fetch.Request{}, answers: []answer{reply(200, "Access-Control-Allow-Origin: https://app.example\x01\xe9\x1b[31m/x")},
		},
		"long-value": {request: fetch.Request{URL: api + "?" + strings.Repeat("q=1&", 40)}, answers: []answer{reply(200, "Access-Control-Allow-Origin: "+long+"/")}},
		"preflight-401": {
			request: put(include, "Authorization: Bearer secret-token"),
			answers: []answer{reply(401, "WWW-Authenticate: Bearer realm=\"api\"", "Server: nginx")},
		},
		"preflight-401-probe": {
			request: put(""), answers: []answer{reply(401)},
			options: []explain.Option{explain.WithProbe(fetch.Exchange{
				Request: fetch.HTTPRequest{Method: "PUT", URL: api}, Response: &fetch.HTTPResponse{Status: 200, StatusText: "OK"},
			}), explain.WithNotes("the page's origin was chosen for you")},
		},
		"preflight-redirect": {
			page:    "http://app.example",
			request: fetch.Request{URL: "http://api.example/items", Method: "PUT"},
			answers: []answer{reply(301, "Location: https://api.example/items")},
		},
		"patch": {
			request: fetch.Request{Method: "patch"}, answers: []answer{reply(204, allowAll, "Access-Control-Allow-Methods: GET, PATCH, DELETE")},
		},
		"headers-missing": {
			request: put("", "X-A: 1", "X-B: 2", "Content-Type: application/json", "Accept: (a)"),
			answers: []answer{reply(204, allowAll, allowPut, "Access-Control-Allow-Headers: X-B, Content_Type")},
		},
		"methods-invalid": {
			request: put(""), answers: []answer{reply(204, allowAll, "Access-Control-Allow-Methods: \"GET\", PUT DELETE")},
		},
		"error-page": {request: fetch.Request{Method: "POST"}, answers: []answer{reply(500, "Content-Type: text/html")}},
		"redirect-tainted": {
			request: fetch.Request{Method: "POST", Body: &fetch.Body{Source: []byte("x"), Type: fetch.TextType}},
			answers: []answer{
				reply(302, allowAll, "Location: https://cdn.example/items"), reply(200, allowPage, varyOn),
			},
		},
		"redirect-login": {request: fetch.Request{}, answers: []answer{reply(302, "Location: https://idp.example/login?next=items")}},
		"redirect-password": {
			request: fetch.Request{}, answers: []answer{reply(302, allowAll, "Location: https://user:pass@cdn.example/items")},
		},
		"bad-port":      {request: fetch.Request{URL: "https://api.example:6667/"}},
		"mixed-content": {request: fetch.Request{URL: "http://api.example/items"}},
		"refused": {
			request: fetch.Request{URL: "https://api.example:8443/"},
			answers: []answer{{err: &fetch.NetworkError{Reason: fetch.NetworkRefused, Err: errors.New("dial tcp 192.0.2.1:8443: connection refused")}}},
		},
		"browsers-differ": {
			request: fetch.Request{URL: "https://api.example/items"},
			answers: []answer{reply(200, allowAll)},
			options: []explain.Option{explain.WithBrowsers(
				explain.BrowserOutcome{Browser: "Chromium", Version: "Chromium 156", Verdict: explain.Allowed},
				explain.BrowserOutcome{Browser: "Firefox", Verdict: explain.Blocked, Reason: fetch.HeaderNotAllowed},
				explain.BrowserOutcome{Browser: "WebKit", Verdict: explain.Unknown, NotAsked: true},
			)},
		},
		"head-too-large": {
			request: fetch.Request{URL: "https://api.example/items"},
			answers: []answer{{err: &fetch.NetworkError{Reason: fetch.NetworkTooLarge, Err: &partialError{}}}},
			options: []explain.Option{explain.WithOriginFrom("the default for a target that is not loopback")},
		},
	}
}

// A partialError is a transport's error that knows what came of the head.
type partialError struct{}

func (*partialError) Error() string { return "wire: response head in bytes: over the limit of 262144" }
func (*partialError) PartialHead() []byte {
	return []byte("HTTP/1.1 200 OK\r\nX-Flood: 1\r\nX-Flo\x01")
}
