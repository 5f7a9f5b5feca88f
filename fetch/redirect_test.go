package fetch_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// public allows every page, without credentials.
const public = acao + "*"

func TestRedirectNetworkErrors(t *testing.T) {
	t.Parallel()

	const step = "concept-http-redirect-fetch "
	text := &fetch.Body{Source: []byte("x"), Type: fetch.TextType}
	stream := func() *fetch.Body { return &fetch.Body{Stream: strings.NewReader("x")} }
	for _, c := range []struct {
		name    string
		request fetch.Request
		answer  reply
		want    fetch.Reason
		step    string
	}{
		{"step 5: an absolute URL", fetch.Request{URL: own}, to(302, api), "", ""},
		{"step 5: a relative one", fetch.Request{URL: own}, to(302, "elsewhere"), "", ""},
		{"step 5: one that cannot be parsed", fetch.Request{URL: own}, to(302, "https://["), fetch.RedirectLocationInvalid, step + "5"},
		{"step 5: a port that is none", fetch.Request{URL: own}, to(302, "https://a.example:65536/"), fetch.RedirectLocationInvalid, step + "5"},
		{"step 5: two lines", fetch.Request{URL: own}, to(302, api, "Location: "+other), fetch.RedirectLocationInvalid, step + "5"},
		{"step 5: two equal lines", fetch.Request{URL: own}, to(302, api, "location: "+api), fetch.RedirectLocationInvalid, step + "5"},

		{"step 6: data", fetch.Request{URL: own}, to(302, "data:,x"), fetch.RedirectScheme, step + "6"},
		{"step 6: javascript", fetch.Request{URL: own}, to(302, "javascript:1"), fetch.RedirectScheme, step + "6"},
		{"step 6: file", fetch.Request{URL: own}, to(302, "file:///etc/passwd"), fetch.RedirectScheme, step + "6"},
		{"step 6: ftp", fetch.Request{URL: own}, to(302, "ftp://a.example/"), fetch.RedirectScheme, step + "6"},
		{"step 6: blob", fetch.Request{URL: own}, to(302, "blob:"+own), fetch.RedirectScheme, step + "6"},
		{"step 6: about", fetch.Request{URL: own}, to(302, "about:blank"), fetch.RedirectScheme, step + "6"},
		{"step 6: an upper-case scheme is the scheme", fetch.Request{URL: own}, to(302, "HTTPS://api.example/"), "", ""},

		{
			"step 9: another origin with a user name", fetch.Request{URL: own},
			to(302, "https://user@api.example/items"), fetch.RedirectURLCredentials, step + "9",
		},
		{
			"step 9: another origin with a password", fetch.Request{URL: own},
			to(302, "https://:pass@api.example/items"), fetch.RedirectURLCredentials, step + "9",
		},
		{"step 9: another origin with an empty user name", fetch.Request{URL: own}, to(302, "https://@api.example/items"), "", ""},
		{"step 9: the page's own origin with a user name", fetch.Request{URL: own}, to(302, "https://user:pass@page.example/b"), "", ""},
		{
			"step 9: another origin with a user name, without CORS", fetch.Request{URL: own, Mode: fetch.ModeNoCORS},
			to(302, "https://user:pass@api.example/items"), "", "",
		},
		{
			"step 10: back to the page's own origin with a user name", fetch.Request{URL: api},
			to(302, "https://user@page.example/own", public), fetch.RedirectURLCredentials, step + "10",
		},
		{"step 10: back to the page's own origin without", fetch.Request{URL: api}, to(302, own, public), "", ""},

		{"step 11: a body that can be sent again", fetch.Request{URL: own, Method: "POST", Body: text}, to(307, own+"2"), "", ""},
		{
			"step 11: a stream after 307", fetch.Request{URL: own, Method: "POST", Body: stream()},
			to(307, own+"2"), fetch.RedirectStreamBody, step + "11",
		},
		{
			"step 11: a stream after 302, though a POST would lose it", fetch.Request{URL: own, Method: "POST", Body: stream()},
			to(302, own+"2"), fetch.RedirectStreamBody, step + "11",
		},
		{"step 11: a stream after 303", fetch.Request{URL: own, Method: "POST", Body: stream()}, to(303, own+"2"), "", ""},
		{
			"main fetch step 12: mode same-origin stays at home", fetch.Request{URL: own, Mode: fetch.ModeSameOrigin},
			to(302, api), fetch.ModeSameOriginBlocked, "concept-main-fetch 12",
		},
		{"main fetch step 12: and may be sent around there", fetch.Request{URL: own, Mode: fetch.ModeSameOrigin}, to(302, own+"2"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(c.answer, reply{header: []string{public}})
			got := run(t, fetch.New(s), s, &c.request)
			wantReason(t, got, c.want, c.step)
			if sent := len(s.requests()); sent != 1+btoi(c.want == "") {
				t.Errorf("sent %q after reason %q", s.lines(), c.want)
			}
			for _, r := range s.requests() {
				if strings.Contains(r.line, "@") {
					t.Errorf("sent %q: the user name is not for the wire", r.line)
				}
			}
		})
	}
}

func TestRedirectCount(t *testing.T) {
	t.Parallel()

	const step = "concept-http-redirect-fetch "
	for _, c := range []struct {
		name  string
		first string
		hops  int
		last  reply
		want  fetch.Reason
		step  string
		sent  int
	}{
		{"step 7: 19 redirects", own, 19, reply{}, "", "", 20},
		{"step 7: 20 redirects", own, 20, reply{}, "", "", 21},
		{"step 7: 21 redirects", own, 21, reply{}, fetch.RedirectTooMany, step + "7", 21},
		{"step 7: 20 redirects of another origin", api, 20, reply{header: []string{public}}, "", "", 21},
		{"step 7: 21 redirects of another origin", api, 21, reply{header: []string{public}}, fetch.RedirectTooMany, step + "7", 21},
		{"step 7: a Location that is no URL is found first", own, 20, to(302, "http://["), fetch.RedirectLocationInvalid, step + "5", 21},
		{"step 7: and so is one of another scheme", own, 20, to(302, "data:,"), fetch.RedirectScheme, step + "6", 21},
		{"step 7: a redirect to nowhere is none", own, 20, reply{status: 302}, "", "", 21},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(n int, _ *fetch.HTTPRequest) reply {
				if n == c.hops {
					return c.last
				}
				return to(302, c.first+strconv.Itoa(n), public)
			}}
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: c.first}), c.want, c.step)
			if got := len(s.requests()); got != c.sent {
				t.Errorf("got %d requests, want %d", got, c.sent)
			}
		})
	}

	t.Run("step 7: a redirect to itself ends", func(t *testing.T) {
		t.Parallel()
		s := always(to(301, own))
		wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: own}), fetch.RedirectTooMany, "")
	})
}

// Steps 11 and 12: what becomes of method and body.
func TestRedirectMethod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		method string
		want   string
	}{
		{301, "GET", "GET"}, {301, "HEAD", "HEAD"}, {301, "POST", "GET"}, {301, "PUT", "PUT"}, {301, "DELETE", "DELETE"},
		{302, "GET", "GET"}, {302, "HEAD", "HEAD"}, {302, "POST", "GET"}, {302, "PUT", "PUT"}, {302, "DELETE", "DELETE"},
		{303, "GET", "GET"}, {303, "HEAD", "HEAD"}, {303, "POST", "GET"}, {303, "PUT", "GET"}, {303, "DELETE", "GET"},
		{307, "GET", "GET"}, {307, "HEAD", "HEAD"}, {307, "POST", "POST"}, {307, "PUT", "PUT"}, {307, "DELETE", "DELETE"},
		{308, "GET", "GET"}, {308, "HEAD", "HEAD"}, {308, "POST", "POST"}, {308, "PUT", "PUT"}, {308, "DELETE", "DELETE"},
		{302, "post", "GET"}, {302, "patch", "patch"}, {303, "get", "GET"},
	} {
		t.Run("step 12: "+strconv.Itoa(c.status)+" turns "+c.method+" into "+c.want, func(t *testing.T) {
			t.Parallel()
			request := &fetch.Request{URL: own, Method: c.method, Header: fields(
				"Content-Language: en", "CONTENT-LOCATION: /x", "Content-Encoding: x", "Content-Disposition: inline", "X-Keep: 1",
			)}
			if !slices.Contains([]string{"GET", "HEAD", "get"}, c.method) {
				request.Body = &fetch.Body{Source: []byte("payload"), Type: fetch.TextType}
			}
			s := script(to(c.status, own+"2"), reply{})
			wantReason(t, run(t, fetch.New(s), s, request), "", "")
			got := s.requests()[1]
			if want := c.want + " " + own + "2"; got.line != want {
				t.Errorf("sent %q, want %q", got.line, want)
			}
			first := s.requests()[0]
			// 12.1. The body goes with the method.
			wantBody := first.body
			if changed := !strings.HasPrefix(first.line, c.want+" "); changed {
				wantBody = ""
			}
			if got.body != wantBody {
				t.Errorf("got body %q, want %q", got.body, wantBody)
			}
			// 12.2. And so do the headers about it.
			for _, name := range []string{"Content-Type", "Content-Language", "Content-Location", "Content-Encoding"} {
				want := first.get(name)
				if wantBody != first.body {
					want = "absent"
				}
				if got.get(name) != want {
					t.Errorf("%s: got %q, want %q", name, got.get(name), want)
				}
			}
			for _, name := range []string{"Content-Disposition", "X-Keep"} {
				if got.get(name) != first.get(name) {
					t.Errorf("%s: got %q, want %q", name, got.get(name), first.get(name))
				}
			}
		})
	}
}

func TestRedirectOtherStatuses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 300, 304, 305, 306, 309, 399, 404} {
		t.Run("status "+strconv.Itoa(status)+" is no redirect", func(t *testing.T) {
			t.Parallel()
			s := always(to(status, api))
			got := run(t, fetch.New(s), s, &fetch.Request{URL: own})
			wantReason(t, got, "", "")
			wantLines(t, s, "GET "+own)
			if got.response.Status != status {
				t.Errorf("got status %d, want %d", got.response.Status, status)
			}
		})
	}
}

// Step 13: Authorization stays with the origin it was written for.
func TestRedirectAuthorization(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		hops []string
		want []string // of each actual request
	}{
		{"step 13: within the page's origin it stays", []string{own, own + "2"}, []string{"secret", "secret"}},
		{"step 13: to another origin it goes", []string{own, api}, []string{"secret", "absent"}},
		{"step 13: to another port it goes", []string{own, sitePort}, []string{"secret", "absent"}},
		{"step 13: to a subdomain it goes", []string{own, siteSub}, []string{"secret", "absent"}},
		{"step 13: what went does not come back", []string{own, api, own}, []string{"secret", "absent", "absent"}},
		{"step 13: within another origin it stays", []string{api, api + "2"}, []string{"secret", "secret"}},
		{"step 13: from there to the page's it goes", []string{api, own}, []string{"secret", "absent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := chain(c.hops, public, acah+"authorization, x-keep")
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: c.hops[0], Header: fields("authorization: secret", "X-Keep: 1")}), "", "")
			var got []string
			for _, r := range s.requests() {
				if strings.HasPrefix(r.line, "GET ") {
					got = append(got, r.get("Authorization"))
					if r.get("X-Keep") != "1" {
						t.Errorf("%s: got X-Keep %q, want it kept", r.line, r.get("X-Keep"))
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// chain redirects along hops with 307 and adds lines to every answer.
func chain(hops []string, lines ...string) *server {
	next := map[string]string{}
	visits := map[string]int{}
	return &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
		if request.Method == "OPTIONS" {
			return reply{header: lines}
		}
		// The same URL may occur twice: go by how often it was seen.
		seen := visits[request.URL]
		visits[request.URL]++
		for i, hop := range hops {
			if hop != request.URL {
				continue
			}
			if seen > 0 {
				seen--
				continue
			}
			if i+1 < len(hops) {
				next[hop] = hops[i+1]
				return to(307, hops[i+1], lines...)
			}
		}
		return reply{header: lines}
	}}
}

// What the Origin header says along a chain of redirects.
func TestRedirectTaint(t *testing.T) {
	t.Parallel()

	const (
		none = "absent"
		api2 = "https://api.example/second"
		port = "https://page.example:9443/items"
	)
	for _, c := range []struct {
		name string
		hops []string
		want []string
	}{
		{"A: no Origin at home", []string{own}, []string{none}},
		{"A→A: nor after a redirect there", []string{own, own + "2"}, []string{none, none}},
		{"A→B: the page's own redirect does not taint", []string{own, api}, []string{none, pageOrigin}},
		{"A→A→B", []string{own, own + "2", api}, []string{none, none, pageOrigin}},
		{"A→B→B: nor does one within B", []string{own, api, api2}, []string{none, pageOrigin, pageOrigin}},
		{"A→B→C: but one from B to C does", []string{own, api, other}, []string{none, pageOrigin, "null"}},
		{"A→B→A: also if C is A", []string{own, api, own + "2"}, []string{none, pageOrigin, "null"}},
		{"B→B", []string{api, api2}, []string{pageOrigin, pageOrigin}},
		{"B→A", []string{api, own}, []string{pageOrigin, "null"}},
		{"B→A→A: and once is for ever", []string{api, own, own + "2"}, []string{pageOrigin, "null", "null"}},
		{"B→C→C", []string{api, other, other + "2"}, []string{pageOrigin, "null", "null"}},
		{"B→C→B", []string{api, other, api}, []string{pageOrigin, "null", "null"}},
		{"A→A′: another port of the page's site", []string{own, sitePort}, []string{none, pageOrigin}},
		{"A′→A″: between ports of the page's site", []string{sitePort, port}, []string{pageOrigin, "null"}},
		{"A′→A: from such a port to the page's own", []string{sitePort, own}, []string{pageOrigin, "null"}},
		{"A.sub→A: from a subdomain to the page's own", []string{siteSub, own}, []string{pageOrigin, "null"}},
		{"A′→B: from such a port to another site", []string{sitePort, api}, []string{pageOrigin, "null"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := chain(c.hops, public)
			got := run(t, fetch.New(s), s, &fetch.Request{URL: c.hops[0]})
			wantReason(t, got, "", "")
			var origins []string
			for _, r := range s.requests() {
				origins = append(origins, r.get("Origin"))
			}
			if !slices.Equal(origins, c.want) {
				t.Errorf("got Origin %q, want %q", origins, c.want)
			}
			last := c.hops[len(c.hops)-1]
			if got.response.URL != last || got.response.Redirected != (len(c.hops) > 1) {
				t.Errorf("got URL %q, redirected %v; want %q, %v", got.response.URL, got.response.Redirected, last, len(c.hops) > 1)
			}
		})
	}
}

// Step 22: what the new URL calls for is decided afresh.
func TestRedirectPreflights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		request fetch.Request
		answers []reply
		want    []string
		reason  fetch.Reason
	}{
		{
			"step 22: another origin is asked first", fetch.Request{URL: own, Method: "PUT"},
			[]reply{to(307, api), {header: []string{public, acam + "PUT"}}, {header: []string{public}}},
			[]string{"PUT " + own, "OPTIONS " + api, "PUT " + api}, "",
		},
		{
			"step 22: and may say no", fetch.Request{URL: own, Method: "PUT"},
			[]reply{to(307, api), {header: []string{public}}},
			[]string{"PUT " + own, "OPTIONS " + api}, fetch.MethodNotAllowed,
		},
		{
			"step 22: another URL of the same server is asked again", fetch.Request{URL: api, Method: "PUT"},
			[]reply{
				{header: []string{public, acam + "PUT"}}, to(307, api+"2", public),
				{header: []string{public, acam + "PUT"}}, {header: []string{public}},
			},
			[]string{"OPTIONS " + api, "PUT " + api, "OPTIONS " + api + "2", "PUT " + api + "2"}, "",
		},
		{
			"step 12: a PUT that has become a GET needs no asking", fetch.Request{URL: own, Method: "PUT"},
			[]reply{to(303, api), {header: []string{public}}},
			[]string{"PUT " + own, "GET " + api}, "",
		},
		{
			"step 12.2: nor does a Content-Type that went with the body",
			fetch.Request{URL: own, Method: "POST", Body: &fetch.Body{Source: []byte("{}"), Type: "application/json"}},
			[]reply{to(302, api), {header: []string{public}}},
			[]string{"POST " + own, "GET " + api}, "",
		},
		{
			"step 13: nor does an Authorization that stayed behind", fetch.Request{URL: own, Header: fields("Authorization: x")},
			[]reply{to(302, api), {header: []string{public}}},
			[]string{"GET " + own, "GET " + api}, "",
		},
		{
			"step 22: a header of the page's is asked for at the new URL", fetch.Request{URL: own, Header: fields("X-A: 1")},
			[]reply{to(302, api), {header: []string{public, acah + "x-a"}}, {header: []string{public}}},
			[]string{"GET " + own, "OPTIONS " + api, "GET " + api}, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(c.answers...)
			wantReason(t, run(t, fetch.New(s), s, &c.request), c.reason, "")
			wantLines(t, s, c.want...)
		})
	}
}

func TestRedirectMode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		request fetch.Request
		answer  reply
		want    fetch.Reason
		kind    fetch.ResponseType
		status  int
	}{
		{"step 6.3: error", fetch.Request{URL: own, Redirect: fetch.RedirectError}, to(302, api), fetch.RedirectModeError, "", 0},
		{
			"step 6.3: error, even without Location", fetch.Request{URL: own, Redirect: fetch.RedirectError}, reply{status: 302},
			fetch.RedirectModeError, "", 0,
		},
		{
			"step 6.3: error leaves other answers alone", fetch.Request{URL: own, Redirect: fetch.RedirectError}, reply{}, "",
			fetch.BasicResponse, 200,
		},
		{"step 6.3: error and 304", fetch.Request{URL: own, Redirect: fetch.RedirectError}, reply{status: 304}, "", fetch.BasicResponse, 304},
		{
			"step 4.4: error after the CORS check", fetch.Request{URL: api, Redirect: fetch.RedirectError}, to(302, other),
			fetch.AllowOriginMissing, "", 0,
		},
		{
			"step 6.3: error where the CORS check passes", fetch.Request{URL: api, Redirect: fetch.RedirectError}, to(302, other, public),
			fetch.RedirectModeError, "", 0,
		},
		{"step 6.3: manual", fetch.Request{URL: own, Redirect: fetch.RedirectManual}, to(302, api), "", fetch.OpaqueRedirectResponse, 0},
		{
			"step 6.3: manual looks at no Location", fetch.Request{URL: own, Redirect: fetch.RedirectManual}, to(302, "http://["), "",
			fetch.OpaqueRedirectResponse, 0,
		},
		{
			"step 6.3: manual leaves other answers alone", fetch.Request{URL: own, Redirect: fetch.RedirectManual}, reply{}, "",
			fetch.BasicResponse, 200,
		},
		{
			"step 4.4: manual after the CORS check", fetch.Request{URL: api, Redirect: fetch.RedirectManual}, to(302, other),
			fetch.AllowOriginMissing, "", 0,
		},
		{
			"step 6.3: manual where the CORS check passes", fetch.Request{URL: api, Redirect: fetch.RedirectManual},
			to(302, other, public), "", fetch.OpaqueRedirectResponse, 0,
		},
		{
			"main fetch step 12.1: no-cors follows or fails before anything is sent",
			fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}, to(302, other), fetch.NoCORSRedirectMode, "", 0,
		},
		{
			"main fetch step 12.1: with error too",
			fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectError}, reply{}, fetch.NoCORSRedirectMode, "", 0,
		},
		{
			"main fetch step 12.1: but not at home",
			fetch.Request{URL: own, Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}, to(302, other), "", fetch.OpaqueRedirectResponse, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.answer.body = "seen by nobody"
			s := script(c.answer)
			got := run(t, fetch.New(s), s, &c.request)
			wantReason(t, got, c.want, "")
			if sent := len(s.requests()); sent != 1-btoi(c.want == fetch.NoCORSRedirectMode) {
				t.Errorf("sent %q", s.lines())
			}
			if got.blocked != nil {
				return
			}
			if got.response.Type != c.kind || got.response.Status != c.status {
				t.Errorf("got %s, status %d; want %s, %d", got.response.Type, got.response.Status, c.kind, c.status)
			}
			if c.kind == fetch.OpaqueRedirectResponse {
				if len(got.response.Header) != 0 || got.body != "" || got.response.StatusText != "" || got.response.Redirected {
					t.Errorf("got %+v with body %q, want nothing of it", got.response, got.body)
				}
				if got.response.URL != c.request.URL {
					t.Errorf("got URL %q, want %q", got.response.URL, c.request.URL)
				}
			}
		})
	}
}

func TestRedirectLocation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, location, want string
	}{
		{"absolute", "https://page.example/b", "https://page.example/b"},
		{"another scheme relative", "//page.example/b", "https://page.example/b"},
		{"a path", "/b?c", "https://page.example/b?c"},
		{"a relative path", "b", "https://page.example/b"},
		{"a query", "?b", "https://page.example/own?b"},
		{"a fragment goes to the same URL", "#b", own},
		{"empty goes to the same URL", "", own},
		{"with a fragment that no server sees", "/b#c", "https://page.example/b"},
		{"with spaces", "/a b", "https://page.example/a%20b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(to(302, c.location), reply{})
			got := run(t, fetch.New(s), s, &fetch.Request{URL: own})
			wantReason(t, got, "", "")
			wantLines(t, s, "GET "+own, "GET "+c.want)
			if got.response.URL != c.want {
				t.Errorf("got URL %q, want %q", got.response.URL, c.want)
			}
		})
	}

	t.Run("step 4: without Location the redirect is the answer", func(t *testing.T) {
		t.Parallel()
		s := always(reply{status: 302, header: []string{"X-A: 1"}, body: "moved"})
		got := run(t, fetch.New(s), s, &fetch.Request{URL: own})
		wantReason(t, got, "", "")
		if got.response.Status != 302 || got.body != "moved" || got.response.Type != fetch.BasicResponse || got.response.Redirected {
			t.Errorf("got %+v with body %q, want the 302 itself", got.response, got.body)
		}
	})
}

// Where browsers read Location otherwise than the standard.
func TestRedirectLocationInBrowsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		lines              []string
		standard, browsers string // what is sent, "" for a refusal
	}{
		{"bytes that are not ASCII", []string{"Location: /\xe9"}, "https://page.example/%C3%A9", "https://page.example/%E9"},
		{"bytes that are UTF-8", []string{"Location: /\xc3\xa9"}, "https://page.example/%C3%83%C2%A9", "https://page.example/%C3%A9"},
		{"two equal lines", []string{"Location: /b", "Location: /b"}, "", "https://page.example/b"},
		{"two lines that differ", []string{"Location: /b", "Location: /c"}, "", ""},
		{"three lines of which two are equal", []string{"Location: /b", "Location: /b", "Location: /c"}, "", ""},
	} {
		for _, profile := range []fetch.Profile{fetch.Standard, fetch.Browsers} {
			t.Run(c.name+"/"+profile.Name, func(t *testing.T) {
				t.Parallel()
				target := c.standard
				if profile.Name == fetch.Browsers.Name {
					target = c.browsers
				}
				s := script(reply{status: 302, header: c.lines}, reply{})
				got := run(t, fetch.New(s, fetch.WithProfile(profile)), s, &fetch.Request{URL: own})
				if target == "" {
					wantReason(t, got, fetch.RedirectLocationInvalid, "")
					wantLines(t, s, "GET "+own)
					return
				}
				wantReason(t, got, "", "")
				wantLines(t, s, "GET "+own, "GET "+target)
			})
		}
	}
}

// A server can send a URL of any length, and the time for parsing one is the client's.
func TestRedirectLocationIsBounded(t *testing.T) {
	t.Parallel()

	path := func(n int) string { return "/" + strings.Repeat("a", n-1) }
	host := func(n int) string { return "https://" + strings.Repeat("a.", n)[:n-1] + "b/" }
	for _, c := range []struct {
		name     string
		location string
		want     fetch.Reason
	}{
		{"step 5: a URL of 2 MiB", path(origin.MaxURL), ""},
		{"step 5: a URL of one byte more", path(origin.MaxURL + 1), fetch.RedirectLocationInvalid},
		{"step 5: an authority of 1024 bytes", host(origin.MaxAuthority), ""},
		{"step 5: an authority of one byte more", host(origin.MaxAuthority + 1), fetch.RedirectLocationInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := script(to(302, c.location), reply{header: []string{public}})
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: own}), c.want, "")
			if sent := len(s.requests()); sent != 1+btoi(c.want == "") {
				t.Errorf("sent %d requests", sent)
			}
		})
	}
}

func TestRedirectReferrerPolicy(t *testing.T) {
	t.Parallel()

	const (
		none = "absent"
		full = "https://page.example/dir/index.html?q=1"
		only = pageOrigin + "/"
	)
	for _, c := range []struct {
		name   string
		hops   []string
		header string
		policy fetch.ReferrerPolicy
		want   []string
	}{
		{"step 19: nothing said, nothing changes", []string{own, api}, "", "", []string{full, only}},
		{"step 19: no-referrer", []string{own, own + "2"}, "no-referrer", "", []string{full, none}},
		{"step 19: origin", []string{own, own + "2"}, "origin", "", []string{full, only}},
		{"step 19: unsafe-url", []string{own, api}, "unsafe-url", "", []string{full, full}},
		{"step 19: in capitals", []string{own, api}, "UNSAFE-URL", "", []string{full, full}},
		{"step 19: the last one that is known", []string{own, api}, "no-referrer, unsafe-url, future-policy", "", []string{full, full}},
		{"step 19: none that is known", []string{own, api}, "always, ,", "", []string{full, only}},
		{"step 19: it outdoes the request's own", []string{own, api}, "no-referrer", fetch.UnsafeURL, []string{full, none}},
		{"step 19: for all hops to come", []string{own, own + "2", own + "3"}, "no-referrer", "", []string{full, none, none}},
		// Main fetch, step 9, replaces the request's referrer: what was cut off does not grow again. All three browsers agree.
		{"main fetch step 9: what was cut stays cut", []string{api, own}, "", "", []string{only, only}},
		{"main fetch step 9: also under a policy that would tell all", []string{api, other}, "unsafe-url", "", []string{only, only}},
		{"main fetch step 9: what was left out stays out", []string{api, own}, "", fetch.SameOriginReferrer, []string{none, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := []string{public}
			if c.header != "" {
				lines = append(lines, "Referrer-Policy: "+c.header)
			}
			s := chain(c.hops, lines...)
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: c.hops[0], ReferrerPolicy: c.policy}), "", "")
			var got []string
			for _, r := range s.requests() {
				got = append(got, r.get("Referer"))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got Referer %q, want %q", got, c.want)
			}
		})
	}
}
