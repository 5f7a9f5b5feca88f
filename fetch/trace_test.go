package fetch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A scenario is a request and the servers it meets. They differ as much as can be: each ends in another place.
type scenario struct {
	name    string
	request fetch.Request
	answers []reply
	want    fetch.Reason
}

func scenarios() []scenario {
	const include = fetch.CredentialsInclude
	put := fetch.Request{URL: api, Method: "PUT"}
	all := fetch.Request{URL: api, Method: "patch", Credentials: include, Header: fields("X-A: 1", "Authorization: x", "X-B: 2")}
	yes := reply{header: []string{public, acam + "*", acah + "*"}}
	return []scenario{
		{"at home", fetch.Request{URL: own}, []reply{{body: "x"}}, ""},
		{"elsewhere", fetch.Request{URL: api}, []reply{yes}, ""},
		{"elsewhere with credentials", fetch.Request{URL: api, Credentials: include}, []reply{{header: []string{allowPage, allowCreds}}}, ""},
		{"a preflight", put, []reply{yes, yes}, ""},
		{"a preflight for everything", all, []reply{
			{header: []string{allowPage, allowCreds, acam + "patch", acah + "x-a,x-b,authorization"}}, {header: []string{allowPage, allowCreds}},
		}, ""},
		{"no-cors", fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Header: fields("X-A: 1")}, []reply{{}}, ""},
		{"data", fetch.Request{URL: "data:,x"}, nil, ""},
		{"redirects", put, []reply{yes, to(307, other, public), yes, to(303, own, public), yes}, ""},
		{"a manual redirect", fetch.Request{URL: own, Redirect: fetch.RedirectManual}, []reply{to(302, api)}, ""},

		{"nothing said", fetch.Request{URL: api}, []reply{{}}, fetch.AllowOriginMissing},
		{"nothing said with credentials", fetch.Request{URL: api, Credentials: include}, []reply{{}}, fetch.AllowOriginMissing},
		{
			"the wildcard with credentials", fetch.Request{URL: api, Credentials: include},
			[]reply{{header: []string{public, allowCreds}}}, fetch.AllowOriginWildcard,
		},
		{
			"credentials not allowed", fetch.Request{URL: api, Credentials: include}, []reply{{header: []string{allowPage}}},
			fetch.AllowCredentialsMissing,
		},
		{
			"everything wrong with a preflight", all,
			[]reply{{status: 404, header: []string{public, acac + "TRUE", acam + "PATCH", acah + "*"}}}, fetch.AllowOriginWildcard,
		},
		{"a preflight that was redirected", put, []reply{to(301, other)}, fetch.PreflightRedirect},
		{"a preflight with a bad status", put, []reply{{status: 500, header: yes.header}}, fetch.PreflightStatus},
		{
			"a preflight with broken lists", all, []reply{{header: []string{allowPage, allowCreds, acam + "a b", acah + "c d"}}},
			fetch.AllowMethodsInvalid,
		},
		{"a method not allowed", put, []reply{{header: []string{public, acam + "GET"}}}, fetch.MethodNotAllowed},
		{"headers not allowed", all, []reply{{header: []string{allowPage, allowCreds, acam + "patch"}}}, fetch.HeaderNotAllowed},
		{"a redirect not allowed", fetch.Request{URL: api}, []reply{to(302, other)}, fetch.AllowOriginMissing},
		{"a redirect to somewhere else", fetch.Request{URL: api}, []reply{to(302, "data:,x", public)}, fetch.RedirectScheme},
		{
			"a redirect that does not allow what it leads to", fetch.Request{URL: api},
			[]reply{to(302, other, public), {header: []string{allowPage}}}, fetch.AllowOriginMismatch,
		},
		{"a preflight after a redirect", fetch.Request{URL: own, Method: "PUT"}, []reply{to(307, api), {}}, fetch.AllowOriginMissing},
		{"a redirect that is an error", fetch.Request{URL: own, Redirect: fetch.RedirectError}, []reply{to(302, api)}, fetch.RedirectModeError},
		{"mode same-origin", fetch.Request{URL: api, Mode: fetch.ModeSameOrigin}, nil, fetch.ModeSameOriginBlocked},
		{"a bad port", fetch.Request{URL: "https://api.example:22/"}, nil, fetch.BadPort},
		{"mixed content", fetch.Request{URL: "http://api.example/"}, nil, fetch.MixedContent},
		{
			"CORP", fetch.Request{URL: api, Mode: fetch.ModeNoCORS},
			[]reply{{header: []string{"Cross-Origin-Resource-Policy: same-origin"}}}, fetch.CORPBlocked,
		},
		{
			"a script that is an image", fetch.Request{URL: own, Destination: "script"},
			[]reply{{header: []string{contentType + "image/png"}}}, fetch.MIMETypeBlocked,
		},
		{
			"nosniff", fetch.Request{URL: own, Destination: "style"}, []reply{{header: []string{"X-Content-Type-Options: nosniff"}}},
			fetch.NosniffBlocked,
		},
		{"not in the cache", fetch.Request{URL: own, Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached}, nil, fetch.NotInCache},
		{"a proxy", fetch.Request{URL: own}, []reply{{status: 407}}, fetch.NetworkFailed},
		{
			"the network", fetch.Request{URL: api},
			[]reply{{err: &fetch.NetworkError{Reason: fetch.NetworkDNS, Err: errors.New("no such host")}}}, fetch.NetworkDNS,
		},
		{"the network on a preflight", put, []reply{{err: errors.New("unplugged")}}, fetch.NetworkFailed},
		{"the network after a preflight", put, []reply{yes, {err: errors.New("unplugged")}}, fetch.NetworkFailed},
	}
}

// checkTrace fails the test unless a trace keeps the promises of package fetch about all traces.
func checkTrace(t testing.TB, events []fetch.Event, got outcome, requests []sent) {
	t.Helper()
	if len(events) < 2 {
		t.Fatalf("got %d events, want a beginning and an end", len(events))
	}
	if events[0].Kind != fetch.EventRequest || len(ofKind(events, fetch.EventRequest)) != 1 {
		t.Errorf("got %q first, want the request, once", events[0].Kind)
	}
	last := events[len(events)-1]
	responses, blocks := ofKind(events, fetch.EventResponse), ofKind(events, fetch.EventBlocked)
	if len(responses)+len(blocks) != 1 || last.Kind != fetch.EventResponse && last.Kind != fetch.EventBlocked {
		t.Errorf("got %d responses and %d blocks, and %q last; want one of them, last", len(responses), len(blocks), last.Kind)
	}

	var decisive []fetch.Event
	hop := 0
	for i, e := range events {
		failed := e.Kind == fetch.EventCheck && !e.OK
		if failed != (e.Reason != "") && e.Kind != fetch.EventBlocked {
			t.Errorf("event %d, %s: got reason %q and OK %v", i, e.Kind, e.Reason, e.OK)
		}
		if e.Decisive {
			decisive = append(decisive, e)
			if !failed {
				t.Errorf("event %d, %s: decisive without having failed", i, e.Kind)
			}
		}
		if failed && len(decisive) == 0 {
			t.Errorf("event %d: %s failed before the check that decided", i, e.Reason)
		}
		if e.Kind == fetch.EventCheck && (e.Algorithm == "" || e.Step == "" || e.Subject == "") {
			t.Errorf("event %d: got check %+v, want to know which", i, e)
		}
		if e.Hop < hop || e.Hop > hop+1 {
			t.Errorf("event %d: got hop %d after hop %d", i, e.Hop, hop)
		}
		hop = e.Hop
		spec := ""
		if e.Algorithm != "" {
			spec = "https://fetch.spec.whatwg.org/#" + e.Algorithm
		}
		if e.SpecURL() != spec {
			t.Errorf("event %d: got SpecURL %q, want %q", i, e.SpecURL(), spec)
		}
		if e.Algorithm != "" && !slices.Contains(anchors, e.Algorithm) {
			t.Errorf("event %d: the standard has no anchor %q", i, e.Algorithm)
		}
	}

	switch {
	case got.blocked == nil:
		if len(decisive) != 0 || last.Kind != fetch.EventResponse || last.Type != got.response.Type || last.Status != got.response.Status {
			t.Errorf("got %+v last and %d decisive checks for response %+v", last, len(decisive), got.response)
		}
	case strings.HasPrefix(got.step(), "concept-http-network-fetch "):
		// The network failed, and no check.
		if len(decisive) != 0 || last.Reason != got.reason() {
			t.Errorf("got %+v last and %d decisive checks for %v", last, len(decisive), got.blocked)
		}
	default:
		if len(decisive) != 1 {
			t.Fatalf("got %d decisive checks for %v, want 1", len(decisive), got.blocked)
		}
		d := decisive[0]
		if d.Reason != got.reason() || d.Algorithm+" "+d.Step != got.step() || d.Preflight != got.blocked.Preflight ||
			last.Reason != got.reason() {
			t.Errorf("got decisive %+v, last %+v for %#v", d, last, got.blocked)
		}
		if d.Got != got.blocked.Got || d.Want != got.blocked.Want || d.URL != got.blocked.URL {
			t.Errorf("got %q, %q at %s, and %q, %q at %s in the error", d.Got, d.Want, d.URL, got.blocked.Got, got.blocked.Want, got.blocked.URL)
		}
	}

	exchanges := ofKind(events, fetch.EventExchange)
	if len(exchanges) != len(requests) {
		t.Fatalf("got %d exchanges for %d requests", len(exchanges), len(requests))
	}
	for i, e := range exchanges {
		x := e.Exchange
		if line := x.Request.Method + " " + x.Request.URL; line != requests[i].line || !slices.Equal(x.Request.Header, requests[i].header) {
			t.Errorf("exchange %d: got %s, want %s", i, line, requests[i].line)
		}
		if x.Request.Body != nil || x.Response != nil && x.Response.Body != nil {
			t.Errorf("exchange %d holds on to a body", i)
		}
		if (x.Response == nil) != (x.Err != nil) {
			t.Errorf("exchange %d: got response %v and error %v", i, x.Response, x.Err)
		}
		if want := requests[i].get("Access-Control-Request-Method") != "absent"; x.Preflight != want || e.Preflight != want {
			t.Errorf("exchange %d: got preflight %v, %v; want %v", i, x.Preflight, e.Preflight, want)
		}
	}
}

// anchors are those of https://fetch.spec.whatwg.org/ that events may name.
var anchors = []string{
	"block-bad-port", "concept-cache", "concept-cors-check", "concept-filtered-response", "concept-headers-append", "concept-http-fetch",
	"concept-http-network-fetch", "concept-http-network-or-cache-fetch", "concept-http-redirect-fetch", "concept-main-fetch",
	"concept-scheme-fetch", "cors-preflight-fetch-0", "cors-safelisted-method", "cors-unsafe-request-header-names",
	"cross-origin-resource-policy-check", "dom-request", "forbidden-request-header",
	"should-response-to-request-be-blocked-due-to-mime-type?", "should-response-to-request-be-blocked-due-to-nosniff?",
	"use-cors-preflight-flag",
}

// A trace watches. It changes neither what comes out nor what is sent.
func TestTraceChangesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range scenarios() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := c.request
			plain := script(c.answers...)
			want := run(t, fetch.New(plain), plain, &request)
			wantReason(t, want, c.want, "")

			traced := script(c.answers...)
			ctx, events := record(t.Context())
			got := runContext(ctx, t, fetch.New(traced), traced, &request)

			sameOutcome(t, got, want)
			sameRequests(t, traced, plain)
			checkTrace(t, *events, got, traced.requests())
		})
	}
}

// sameOutcome fails the test unless script could not tell one from the other.
func sameOutcome(t testing.TB, got, want outcome) {
	t.Helper()
	switch {
	case (got.blocked == nil) != (want.blocked == nil):
		t.Errorf("got %v, want %v", got.blocked, want.blocked)
	case got.blocked != nil:
		g, w := *got.blocked, *want.blocked
		g.Err, w.Err = nil, nil
		if g != w {
			t.Errorf("got %#v, want %#v", g, w)
		}
	default:
		g, w := got.response, want.response
		if g.Type != w.Type || g.Status != w.Status || g.StatusText != w.StatusText || g.URL != w.URL || g.Redirected != w.Redirected ||
			!slices.Equal(g.Header, w.Header) || got.body != want.body {
			t.Errorf("got %+v, want %+v", g, w)
		}
	}
}

// sameRequests fails the test unless both servers saw the same.
func sameRequests(t testing.TB, got, want *server) {
	t.Helper()
	g, w := got.requests(), want.requests()
	if !slices.EqualFunc(g, w, func(a, b sent) bool {
		return a.line == b.line && slices.Equal(a.header, b.header) && a.body == b.body && a.credentials == b.credentials
	}) {
		t.Errorf("sent\n%+v\nwant\n%+v", g, w)
	}
}

// With a trace all that is wrong is known, and not only what was found first.
func TestTraceListsAllFailures(t *testing.T) {
	t.Parallel()

	const include = fetch.CredentialsInclude
	all := fetch.Request{URL: api, Method: "patch", Credentials: include, Header: fields("X-A: 1", "Authorization: x")}
	for _, c := range []struct {
		name    string
		request fetch.Request
		answer  reply
		want    []fetch.Reason // the first one decides
	}{
		{"CORS check steps 2 and 8", fetch.Request{URL: api, Credentials: include}, reply{}, []fetch.Reason{
			fetch.AllowOriginMissing, fetch.AllowCredentialsMissing,
		}},
		{
			"CORS check step 4 alone", fetch.Request{URL: api, Credentials: include}, reply{header: []string{acao + "null", allowCreds}},
			[]fetch.Reason{fetch.AllowOriginNull},
		},
		{"CORS check step 2 without credentials", fetch.Request{URL: api}, reply{}, []fetch.Reason{fetch.AllowOriginMissing}},
		{"a server that knows nothing of CORS", all, reply{status: 405}, []fetch.Reason{
			fetch.AllowOriginMissing, fetch.AllowCredentialsMissing, fetch.PreflightStatus, fetch.MethodNotAllowed, fetch.HeaderNotAllowed,
			fetch.HeaderNotAllowed,
		}},
		{"wildcards everywhere", all, reply{header: []string{public, acac + "*", acam + "*", acah + "*"}}, []fetch.Reason{
			fetch.AllowOriginWildcard, fetch.AllowCredentialsNotTrue, fetch.AllowMethodsWildcard, fetch.AllowHeadersWildcard,
			fetch.AllowHeadersWildcard,
		}},
		{"a redirect that knows nothing of CORS", all, to(308, other), []fetch.Reason{
			fetch.PreflightRedirect, fetch.AllowOriginMissing, fetch.AllowCredentialsMissing, fetch.MethodNotAllowed, fetch.HeaderNotAllowed,
			fetch.HeaderNotAllowed,
		}},
		{
			"a status alone", all,
			reply{status: 401, header: []string{allowPage, allowCreds, acam + "patch", acah + "x-a, authorization"}},
			[]fetch.Reason{fetch.PreflightStatus},
		},
		{"lists that are none", all, reply{header: []string{allowPage, allowCreds, acam + "a b", acah + "a b"}}, []fetch.Reason{
			fetch.AllowMethodsInvalid, fetch.AllowHeadersInvalid,
		}},
		{"one list that is none", all, reply{header: []string{allowPage, allowCreds, acam + "a b", acah + "x-a"}}, []fetch.Reason{
			fetch.AllowMethodsInvalid, fetch.HeaderNotAllowed,
		}},
		{"the method and one header", all, reply{header: []string{allowPage, allowCreds, acam + "PATCH", acah + "authorization"}}, []fetch.Reason{
			fetch.MethodCaseMismatch, fetch.HeaderNotAllowed,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(c.answer)
			ctx, events := record(t.Context())
			got := runContext(ctx, t, fetch.New(s), s, &c.request)
			wantReason(t, got, c.want[0], "")
			var reasons []fetch.Reason
			for _, e := range ofKind(*events, fetch.EventCheck) {
				if !e.OK {
					reasons = append(reasons, e.Reason)
				}
			}
			if !slices.Equal(reasons, c.want) {
				t.Errorf("got failures %q, want %q", reasons, c.want)
			}
			checkTrace(t, *events, got, s.requests())
		})
	}
}

// The events of one fetch that meets almost everything, in order.
func TestTraceEvents(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := script(
		reply{header: []string{public, acam + "PUT", acah + "x-a", acma + "60"}}, to(307, other, public),
		reply{header: []string{public, acam + "PUT", acah + "x-a"}}, reply{header: []string{public, "X-Hidden: 1"}},
	)
	client := fetch.New(&slowly{s, now}, fetch.WithClock(now.Now))
	ctx, events := record(t.Context())
	request := &fetch.Request{URL: api, Method: "PUT", Header: fields("Cookie: a", "X-A: 1")}
	wantReason(t, runContext(ctx, t, client, s, request), "", "")

	var got []string
	for _, e := range *events {
		line := string(e.Kind)
		if e.Subject != "" {
			line += " " + e.Subject
		}
		if e.Preflight {
			line += " (preflight)"
		}
		got = append(got, line)
	}
	hop := []string{
		"branch", "unsafe method", "unsafe x-a", "credentials (preflight)", "exchange (preflight)",
		"check access-control-allow-origin (preflight)", "check status (preflight)",
		"check access-control-allow-methods (preflight)", "check access-control-allow-headers (preflight)",
		"preflight-cache-store (preflight)", "credentials", "exchange", "check access-control-allow-origin",
	}
	want := slices.Concat([]string{"request", "dropped cookie"}, hop, []string{"redirect"}, hop, []string{"response"})
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	for _, e := range ofKind(*events, fetch.EventExchange) {
		if e.Exchange.Duration != time.Second || e.Exchange.Start.IsZero() {
			t.Errorf("got start %v, duration %v; want the clock's, 1s", e.Exchange.Start, e.Exchange.Duration)
		}
	}
	redirect := ofKind(*events, fetch.EventRedirect)[0]
	if redirect.Got != other || redirect.URL != other || redirect.Method != "PUT" || !redirect.Tainted || redirect.Hop != 1 {
		t.Errorf("got %+v", redirect)
	}
	response := (*events)[len(*events)-1]
	if !slices.Equal(response.Hidden, []string{"Access-Control-Allow-Origin", "X-Hidden"}) || len(response.Names) != 0 {
		t.Errorf("got seen %q, hidden %q", response.Names, response.Hidden)
	}

	// The same again: the first URL's answer is remembered.
	s.answer = script(to(303, own, public), reply{header: []string{acao + "null"}}).answer
	s.mu.Lock()
	s.log = nil
	s.mu.Unlock()
	ctx, events = record(t.Context())
	wantReason(t, runContext(ctx, t, client, s, request), fetch.HeaderNotAllowed, "") // The page's own server is asked, too.
	hits := ofKind(*events, fetch.EventCacheHit)
	if len(hits) != 1 || !slices.Equal(hits[0].Names, []string{"PUT", "x-a"}) {
		t.Errorf("got %+v, want one hit for PUT and x-a", hits)
	}
}

// slowly lets a second pass on each exchange.
type slowly struct {
	*server

	now *clock
}

func (s *slowly) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	s.now.advance(time.Second)
	return s.server.Exchange(ctx, request)
}

func TestTraceOfNobody(t *testing.T) {
	t.Parallel()
	s := always(reply{})
	wantReason(t, runContext(fetch.WithTrace(t.Context(), nil), t, fetch.New(s), s, &fetch.Request{URL: own}), "", "")
}

func TestTraceTellsTheMatterOfTaint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hops []string
		want bool
	}{{[]string{own, api}, false}, {[]string{api, api + "2"}, false}, {[]string{api, other}, true}} {
		s := chain(c.hops, public)
		ctx, events := record(t.Context())
		runContext(ctx, t, fetch.New(s), s, &fetch.Request{URL: c.hops[0]})
		redirects := ofKind(*events, fetch.EventRedirect)
		if len(redirects) != 1 || redirects[0].Tainted != c.want {
			t.Errorf("%v: got %+v, want tainted %v", c.hops, redirects, c.want)
		}
	}
}
