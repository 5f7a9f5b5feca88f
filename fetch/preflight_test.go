package fetch_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// The preflight as it goes over the wire: every header, in order.
func TestPreflightRequest(t *testing.T) {
	t.Parallel()

	accept := []string{"Accept: */*"}
	rest := []string{
		"Referer: https://page.example/", "Origin: https://page.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors",
		"Sec-Fetch-Dest: empty", "User-Agent: tester", "Accept-Encoding: gzip, deflate", "Accept-Language: en-US,en;q=0.9",
	}
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    []string
	}{
		{
			"step 3: the method alone", fetch.Request{Method: "PUT"},
			[]string{"Access-Control-Request-Method: PUT"},
		},
		{
			"step 3: a method that is not normalized is asked for as it is", fetch.Request{Method: "patch"},
			[]string{"Access-Control-Request-Method: patch"},
		},
		{
			"step 3: a safelisted method is named too", fetch.Request{Header: fields("X-A: 1")},
			[]string{"Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-a"},
		},
		{
			"step 5: names are lower-cased, sorted, unique and joined by a bare comma",
			fetch.Request{Method: "POST", Header: fields("X-B: 1", "x-c: 2", "X-B: 3", "Authorization: x", "X-A: 4")},
			[]string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-a,x-b,x-c"},
		},
		{
			"step 4: safelisted headers are not named",
			fetch.Request{
				Method: "POST", Header: fields("Accept: text/html", "Content-Language: en", "X-A: 1"),
				Body: &fetch.Body{Source: []byte("{}"), Type: "application/json"},
			},
			[]string{"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,x-a"},
		},
		{
			"step 4: without unsafe names the header is absent", fetch.Request{UseCORSPreflight: true},
			[]string{"Access-Control-Request-Method: GET"},
		},
		{
			"step 1: credentials mode and cache mode are the preflight's own",
			fetch.Request{Method: "PUT", Credentials: fetch.CredentialsInclude, Cache: fetch.CacheNoStore},
			[]string{"Access-Control-Request-Method: PUT"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := &jar{cookies: []string{"id=1"}}
			s := always(reply{status: 403, header: []string{"Set-Cookie: id=2"}})
			c.request.URL = api + "?q=1#fragment"
			run(t, fetch.New(s, fetch.WithUserAgent("tester"), fetch.WithJar(j)), s, &c.request)

			wantLines(t, s, "OPTIONS "+api+"?q=1")
			got := s.requests()[0]
			if want := slices.Concat(accept, c.want, rest); !slices.Equal(texts(got.header), want) {
				t.Errorf("got header\n%s\nwant\n%s", strings.Join(texts(got.header), "\n"), strings.Join(want, "\n"))
			}
			if got.body != "" || got.nullBodyLength || got.credentials {
				t.Errorf("got %+v, want no body and no credentials", got)
			}
			if len(j.asked) != 0 || len(j.set) != 0 {
				t.Errorf("the jar was asked %v and told %q, want neither", j.asked, j.set)
			}
		})
	}
}

// Which requests are preflighted at all.
func TestNeedsPreflight(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("a", n) }
	many := func(n, last int) []string {
		var lines []string
		for range n {
			lines = append(lines, "Accept-Language: "+long(128))
		}
		return append(lines, "Accept-Language: "+long(last))
	}
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    bool
	}{
		{"step 12: GET is safelisted", fetch.Request{}, false},
		{"step 12: HEAD is safelisted", fetch.Request{Method: "HEAD"}, false},
		{"step 12: POST is safelisted", fetch.Request{Method: "POST"}, false},
		{"step 12: post is normalized", fetch.Request{Method: "post"}, false},
		{"step 12: PUT is not safelisted", fetch.Request{Method: "PUT"}, true},
		{"step 12: DELETE is not safelisted", fetch.Request{Method: "DELETE"}, true},
		{"step 12: OPTIONS is not safelisted", fetch.Request{Method: "OPTIONS"}, true},
		{"step 12: a safelisted header", fetch.Request{Header: fields("Accept: a")}, false},
		{"step 12: a header that is not safelisted", fetch.Request{Header: fields("X-A: 1")}, true},
		{"step 12: a safelisted value of 128 bytes", fetch.Request{Header: fields("Accept: " + long(128))}, false},
		{"step 12: a safelisted value of 129 bytes", fetch.Request{Header: fields("Accept: " + long(129))}, true},
		// The engine's own Accept counts three bytes.
		{"step 12: safelisted values of 1024 bytes", fetch.Request{Header: fields(many(7, 125)...)}, false},
		{"step 12: safelisted values of 1025 bytes", fetch.Request{Header: fields(many(7, 126)...)}, true},
		{"step 12: a text body", fetch.Request{Method: "POST", Body: &fetch.Body{Source: []byte("x"), Type: fetch.TextType}}, false},
		{"step 12: a JSON body", fetch.Request{Method: "POST", Body: &fetch.Body{Source: []byte("x"), Type: "application/json"}}, true},
		{"step 12: an upload listener", fetch.Request{Method: "POST", UseCORSPreflight: true}, true},
		{"step 12: a stream", fetch.Request{Method: "POST", Body: &fetch.Body{Stream: strings.NewReader("x")}}, true},
		{"step 12: not to the page's own origin", fetch.Request{URL: own, Method: "PUT", Header: fields("X-A: 1")}, false},
		{"step 12: not to the page's own origin with a listener", fetch.Request{URL: own, Method: "POST", UseCORSPreflight: true}, false},
		{"step 12: not without CORS", fetch.Request{Mode: fetch.ModeNoCORS, Header: fields("X-A: 1")}, false},
		{"step 12: not for a navigation", fetch.Request{Mode: fetch.ModeNavigate, Method: "PUT"}, false},
		{"step 12: to the page's host on another port", fetch.Request{URL: sitePort, Method: "PUT"}, true},
		{"forbidden headers do not count: they are dropped", fetch.Request{Header: fields("Cookie: a=b", "Sec-Foo: 1")}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{status: 404})
			if c.request.URL == "" {
				c.request.URL = api
			}
			run(t, fetch.New(s), s, &c.request)
			if got := s.preflights() == 1; got != c.want {
				t.Errorf("got preflight %v, want %v: %q", got, c.want, s.lines())
			}
		})
	}
}

// What the answer must be for the request to be sent. Every case is played twice: browsers differ from the standard in one.
func TestPreflightAnswer(t *testing.T) {
	t.Parallel()

	put := fetch.Request{Method: "PUT"}
	with := func(method string, credentials fetch.CredentialsMode, header ...string) fetch.Request {
		return fetch.Request{Method: method, Credentials: credentials, Header: fields(header...)}
	}
	const include, omit = fetch.CredentialsInclude, fetch.CredentialsOmit
	listener := func(method string) fetch.Request { return fetch.Request{Method: method, UseCORSPreflight: true} }
	creds := func(lines ...string) []string { return append([]string{allowPage, allowCreds}, lines...) }
	star := func(lines ...string) []string { return append([]string{acao + "*"}, lines...) }

	const cors, seven = "concept-cors-check ", "cors-preflight-fetch-0 "
	for _, c := range []struct {
		name     string
		request  fetch.Request
		status   int
		header   []string
		standard fetch.Reason
		step     string
		browsers fetch.Reason
	}{
		// The condition of step 7.
		{"step 7: an answer without the protocol", put, 200, nil, fetch.AllowOriginMissing, cors + "2", fetch.AllowOriginMissing},
		{
			"step 7: the CORS check is made for the request's credentials mode", with("PUT", include), 200,
			[]string{acao + "*", allowCreds, acam + "PUT"}, fetch.AllowOriginWildcard, cors + "4", fetch.AllowOriginWildcard,
		},
		{
			"step 7: so the preflight says that credentials are allowed though it has none", with("PUT", include), 200,
			[]string{allowPage, acam + "PUT"}, fetch.AllowCredentialsMissing, cors + "8", fetch.AllowCredentialsMissing,
		},
		{"step 7: and with that it passes", with("PUT", include), 200, creds(acam + "PUT"), "", "", ""},
		{"step 7: status 199 is not ok", put, 199, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{"step 7: status 200 is ok", put, 200, star(acam + "PUT"), "", "", ""},
		{"step 7: status 204 is ok", put, 204, star(acam + "PUT"), "", "", ""},
		{"step 7: status 299 is ok", put, 299, star(acam + "PUT"), "", "", ""},
		{"step 7: status 300 is not ok", put, 300, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{
			"step 7: status 304 is not ok, and no redirect", put, 304, star(acam + "PUT"), fetch.PreflightStatus, seven + "7",
			fetch.PreflightStatus,
		},
		{"step 7: status 401 is not ok", put, 401, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{"step 7: status 404 is not ok", put, 404, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{"step 7: status 405 is not ok", put, 405, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{"step 7: status 500 is not ok", put, 500, star(acam + "PUT"), fetch.PreflightStatus, seven + "7", fetch.PreflightStatus},
		{"step 7: the CORS check comes before the status", put, 404, nil, fetch.AllowOriginMissing, cors + "2", fetch.AllowOriginMissing},

		// Lists that are none.
		{
			"step 7.3: methods that are no list", put, 200, star(acam + "PUT POST"), fetch.AllowMethodsInvalid, seven + "7.3",
			fetch.AllowMethodsInvalid,
		},
		{"step 7.3: quoted methods", put, 200, star(acam + `"PUT"`), fetch.AllowMethodsInvalid, seven + "7.3", fetch.AllowMethodsInvalid},
		{
			"step 7.3: one bad line among good ones", put, 200, star(acam+"PUT", acam+"a/b"), fetch.AllowMethodsInvalid, seven + "7.3",
			fetch.AllowMethodsInvalid,
		},
		{
			"step 7.3: methods that are no list, though a safelisted one needs none", with("GET", omit, "X-A: 1"), 200,
			star(acam+"GET POST", acah+"x-a"), fetch.AllowMethodsInvalid, seven + "7.3", fetch.AllowMethodsInvalid,
		},
		{
			"step 7.3: headers that are no list", with("GET", omit, "X-A: 1"), 200,
			star(acah + "x-a x-b"), fetch.AllowHeadersInvalid, seven + "7.3", fetch.AllowHeadersInvalid,
		},
		{
			"step 7.3: headers that are no list, though none is asked for", put, 200,
			star(acam+"PUT", acah+"x-a;x-b"), fetch.AllowHeadersInvalid, seven + "7.3", fetch.AllowHeadersInvalid,
		},
		{
			"step 7.3: methods come before headers", put, 200,
			star(acam+"a b", acah+"a b"), fetch.AllowMethodsInvalid, seven + "7.3", fetch.AllowMethodsInvalid,
		},
		{"step 7.3: empty elements are no harm", put, 200, star(acam + ",, PUT\t,"), "", "", ""},

		// The method.
		{"step 7.4: a listener's method needs no mention", listener("POST"), 200, star(), "", "", ""},
		{"step 7.4: nor does one that is not safelisted", listener("PUT"), 200, star(), "", "", ""},
		{
			"step 7.4: unless methods are mentioned", listener("PUT"), 200, star(acam + "DELETE"), fetch.MethodNotAllowed, seven + "7.5",
			fetch.MethodNotAllowed,
		},
		{
			"step 7.4: an empty line mentions them", listener("PUT"), 200, star(acam), fetch.MethodNotAllowed, seven + "7.5",
			fetch.MethodNotAllowed,
		},
		{"step 7.4: without a listener they must be mentioned", put, 200, star(), fetch.MethodNotAllowed, seven + "7.5", fetch.MethodNotAllowed},
		{"step 7.5: the method is listed", put, 200, star(acam + "GET, PUT"), "", "", ""},
		{"step 7.5: on the second line", put, 200, star(acam+"GET", acam+"PUT"), "", "", ""},
		{
			"step 7.5: the method is not listed", put, 200, star(acam + "GET, DELETE"), fetch.MethodNotAllowed, seven + "7.5",
			fetch.MethodNotAllowed,
		},
		{
			"step 7.5: a part of a name is not the name", put, 200, star(acam + "PUTS, PU"), fetch.MethodNotAllowed, seven + "7.5",
			fetch.MethodNotAllowed,
		},
		{"step 7.5: a safelisted method need not be listed", with("POST", omit, "X-A: 1"), 200, star(acam+"PUT", acah+"x-a"), "", "", ""},
		{"step 7.5: put is normalized before it is compared", with("put", omit), 200, star(acam + "PUT"), "", "", ""},
		{"step 7.5: a listed put is not PUT", put, 200, star(acam + "put"), fetch.MethodCaseMismatch, seven + "7.5", fetch.MethodCaseMismatch},
		{
			"step 7.5: patch is not PATCH", with("patch", omit), 200, star(acam + "PATCH"), fetch.MethodCaseMismatch, seven + "7.5",
			fetch.MethodCaseMismatch,
		},
		{"step 7.5: patch is patch", with("patch", omit), 200, star(acam + "patch"), "", "", ""},
		{"step 7.5: the wildcard covers any method", with("PROPFIND", omit), 200, star(acam + "*"), "", "", ""},
		{"step 7.5: among others too", with("PROPFIND", omit), 200, star(acam + "GET, *"), "", "", ""},
		{
			"step 7.5: the wildcard does not cover include", with("PUT", include), 200, creds(acam + "*"),
			fetch.AllowMethodsWildcard, seven + "7.5", fetch.AllowMethodsWildcard,
		},
		{"step 7.5: a listed method does", with("PUT", include), 200, creds(acam + "*, PUT"), "", "", ""},
		{"step 7.5: a method called *, with include, is listed as such", with("*", include), 200, creds(acam + "*"), "", "", ""},

		// Authorization.
		{"step 7.6: Authorization is listed", with("GET", omit, "Authorization: x"), 200, star(acah + "Authorization"), "", "", ""},
		{"step 7.6: in any case", with("GET", omit, "Authorization: x"), 200, star(acah + "AUTHORIZATION"), "", "", ""},
		{
			"step 7.6: Authorization is not covered by the wildcard, but in browsers", with("GET", omit, "Authorization: x"), 200,
			star(acah + "*"), fetch.AuthorizationNotListed, seven + "7.6", "",
		},
		{"step 7.6: the wildcard and the name", with("GET", omit, "Authorization: x"), 200, star(acah + "*, authorization"), "", "", ""},
		{
			"step 7.6: nothing is listed", with("GET", omit, "Authorization: x"), 200, star(),
			fetch.HeaderNotAllowed, seven + "7.6", fetch.HeaderNotAllowed,
		},
		{
			"step 7.6: the wildcard with include covers nothing", with("GET", include, "Authorization: x"), 200, creds(acah + "*"),
			fetch.AllowHeadersWildcard, seven + "7.6", fetch.AllowHeadersWildcard,
		},

		// Other headers.
		{"step 7.7: the header is listed", with("GET", omit, "X-A: 1"), 200, star(acah + "x-a"), "", "", ""},
		{"step 7.7: in any case", with("GET", omit, "x-a: 1"), 200, star(acah + "X-A"), "", "", ""},
		{"step 7.7: on two lines", with("GET", omit, "X-A: 1", "X-B: 1"), 200, star(acah+"x-b", acah+"x-a"), "", "", ""},
		{
			"step 7.7: one of two is missing", with("GET", omit, "X-A: 1", "X-B: 1"), 200, star(acah + "x-a"),
			fetch.HeaderNotAllowed, seven + "7.7", fetch.HeaderNotAllowed,
		},
		{
			"step 7.7: a part of a name is not the name", with("GET", omit, "X-A: 1"), 200, star(acah + "x, x-ab"),
			fetch.HeaderNotAllowed, seven + "7.7", fetch.HeaderNotAllowed,
		},
		{
			"step 7.7: an empty list allows none", with("GET", omit, "X-A: 1"), 200, star(acah),
			fetch.HeaderNotAllowed, seven + "7.7", fetch.HeaderNotAllowed,
		},
		{"step 7.7: the wildcard covers any name", with("GET", omit, "X-A: 1"), 200, star(acah + "*"), "", "", ""},
		{
			"step 7.7: the wildcard does not cover include", with("GET", include, "X-A: 1"), 200, creds(acah + "*"),
			fetch.AllowHeadersWildcard, seven + "7.7", fetch.AllowHeadersWildcard,
		},
		{"step 7.7: a header called *, with include, is listed as such", with("GET", include, "*: 1"), 200, creds(acah + "*"), "", "", ""},
		{
			"step 7.7: a Content-Type that forms have not", with("POST", omit, "Content-Type: application/json"), 200, star(),
			fetch.HeaderNotAllowed, seven + "7.7", fetch.HeaderNotAllowed,
		},
		{
			"steps 7.5 and 7.7: the method comes first", with("PUT", omit, "X-A: 1"), 200, star(),
			fetch.MethodNotAllowed, seven + "7.5", fetch.MethodNotAllowed,
		},
	} {
		for _, profile := range []fetch.Profile{fetch.Standard, fetch.Browsers} {
			t.Run(c.name+"/"+profile.Name, func(t *testing.T) {
				t.Parallel()
				want, step := c.standard, c.step
				if profile.Name == fetch.Browsers.Name {
					// For browsers Authorization is a header like any other: step 7.6 is not one of theirs.
					if want = c.browsers; want == "" || step == seven+"7.6" {
						step = ""
					}
				}
				request := c.request
				request.URL = api
				s := script(reply{status: c.status, header: c.header}, reply{header: []string{allowPage, allowCreds}, body: "read"})
				got := run(t, fetch.New(s, fetch.WithProfile(profile)), s, &request)
				wantReason(t, got, want, step)
				if got.blocked != nil && !got.blocked.Preflight {
					t.Error("the check was made on the preflight, and the error does not say so")
				}
				// What a preflight forbids is never sent.
				if sent := len(s.requests()); sent != 1+btoi(want == "") {
					t.Errorf("sent %q after reason %q", s.lines(), want)
				}
			})
		}
	}
}

// Step 7.6 stands before 7.7: Authorization is what fails, whatever else is missing and however it sorts.
func TestPreflightLooksAtAuthorizationFirst(t *testing.T) {
	t.Parallel()
	s := always(reply{header: []string{acao + "*"}})
	got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Header: fields("Api-Key: 1", "Authorization: x")})
	wantReason(t, got, fetch.HeaderNotAllowed, "cors-preflight-fetch-0 7.6")
	if got.blocked != nil && got.blocked.Want != "authorization" {
		t.Errorf("got Want %q, want %q", got.blocked.Want, "authorization")
	}
}

func TestPreflightIsNotRedirected(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, c := range []struct {
			name   string
			header []string
		}{
			{"step 7: a redirect is not ok", []string{"Location: " + other}},
			{"step 7: nor is it with all headers", []string{"Location: " + other, acao + "*", acam + "*"}},
			{"step 7: nor without Location", []string{acao + "*", acam + "*"}},
		} {
			t.Run(c.name+"/"+strconv.Itoa(status), func(t *testing.T) {
				t.Parallel()
				s := script(reply{status: status, header: c.header}, reply{header: []string{acao + "*"}})
				got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Method: "PUT"})
				wantReason(t, got, fetch.PreflightRedirect, "cors-preflight-fetch-0 7")
				wantLines(t, s, "OPTIONS "+api)
			})
		}
	}
}

func TestPreflightThenRequest(t *testing.T) {
	t.Parallel()
	s := script(reply{status: 204, header: []string{acao + "*", acam + "PUT", acah + "content-type", "Set-Cookie: a=b"}},
		reply{header: []string{acao + "*"}, body: "done"})
	got := run(t, fetch.New(s), s, &fetch.Request{
		URL: api, Method: "PUT", Body: &fetch.Body{Source: []byte("{}"), Type: "application/json"},
	})
	wantReason(t, got, "", "")
	wantLines(t, s, "OPTIONS "+api, "PUT "+api)
	if got.body != "done" {
		t.Errorf("got body %q, want %q", got.body, "done")
	}
	actual := s.requests()[1]
	if actual.body != "{}" || actual.get("Content-Type") != "application/json" {
		t.Errorf("got %+v, want the body and its type", actual)
	}
	for _, name := range []string{"Access-Control-Request-Method", "Access-Control-Request-Headers"} {
		if got := actual.get(name); got != "absent" {
			t.Errorf("%s: got %q on the request itself, want it absent", name, got)
		}
	}
}

// The answer to the preflight says nothing about the answer to the request.
func TestPreflightDoesNotReplaceTheCORSCheck(t *testing.T) {
	t.Parallel()
	s := script(reply{status: 204, header: []string{acao + "*", acam + "PUT"}}, reply{body: "secret"})
	got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Method: "PUT"})
	wantReason(t, got, fetch.AllowOriginMissing, "concept-cors-check 2")
	if got.blocked != nil && got.blocked.Preflight {
		t.Error("the check that failed was not the preflight's")
	}
	wantLines(t, s, "OPTIONS "+api, "PUT "+api)
}

func TestPreflightOfTaintedRequest(t *testing.T) {
	t.Parallel()
	s := script(
		reply{status: 204, header: []string{acao + "*", acam + "PUT"}}, to(307, other, allowPage),
		reply{status: 204, header: []string{acao + "null", acam + "PUT"}}, reply{header: []string{acao + "null"}},
	)
	wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: api, Method: "PUT"}), "", "")
	wantLines(t, s, "OPTIONS "+api, "PUT "+api, "OPTIONS "+other, "PUT "+other)
	for i, want := range []string{pageOrigin, pageOrigin, "null", "null"} {
		if got := s.requests()[i].get("Origin"); got != want {
			t.Errorf("request %d: got Origin %q, want %q", i, got, want)
		}
	}
}
