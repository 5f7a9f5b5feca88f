package fetch_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// What a browser answers with a TypeError: nothing is sent.
func TestRequestErrors(t *testing.T) {
	t.Parallel()

	text := &fetch.Body{Source: []byte("x")}
	stream := &fetch.Body{Stream: strings.NewReader("x")}
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    string // the field
	}{
		{"step 5.2: an empty URL is the page's", fetch.Request{}, ""},
		{"step 5.2: no URL", fetch.Request{URL: "https://["}, "URL"},
		{"step 5.2: no host", fetch.Request{URL: "https://"}, "URL"},
		{"step 5.2: a port of 65535", fetch.Request{URL: "https://a.example:65535/"}, ""},
		{"step 5.2: a port of 65536", fetch.Request{URL: "https://a.example:65536/"}, "URL"},
		{"step 5.2: a relative URL without a page", fetch.Request{Client: fetch.Environment{Origin: sandboxed().Origin}, URL: "/a"}, "URL"},
		{"step 5.3: a user name", fetch.Request{URL: "https://user@api.example/"}, "URL"},
		{"step 5.3: a password", fetch.Request{URL: "https://:pass@api.example/"}, "URL"},
		{"step 5.3: neither", fetch.Request{URL: "https://@api.example/"}, ""},

		{"step 14.3.2: a referrer that is no URL", fetch.Request{URL: own, Referrer: "https://["}, "Referrer"},
		{"step 14.3.3: a referrer of another origin is let pass", fetch.Request{URL: own, Referrer: api}, ""},

		{"step 15: a mode nobody knows", fetch.Request{URL: own, Mode: "CORS"}, "Mode"},
		{"step 19: credentials nobody knows", fetch.Request{URL: own, Credentials: "true"}, "Credentials"},
		{"step 20: a cache mode nobody knows", fetch.Request{URL: own, Cache: "never"}, "Cache"},
		{"step 21: only-if-cached across origins", fetch.Request{URL: own, Cache: fetch.CacheOnlyIfCached}, "Cache"},
		{"step 22: a redirect mode nobody knows", fetch.Request{URL: own, Redirect: "ignore"}, "Redirect"},
		{"step 14: a referrer policy nobody knows", fetch.Request{URL: own, ReferrerPolicy: "none"}, "ReferrerPolicy"},
		{
			"a page's referrer policy nobody knows",
			fetch.Request{Client: fetch.Environment{Origin: page(own).Origin, ReferrerPolicy: "none"}, URL: own}, "Client.ReferrerPolicy",
		},

		{"step 25.2: a method that is no token", fetch.Request{URL: own, Method: "GET /"}, "Method"},
		{"step 25.2: a method with a line end", fetch.Request{URL: own, Method: "GET\r\n"}, "Method"},
		{"step 25.2: a method that is no ASCII", fetch.Request{URL: own, Method: "GÉT"}, "Method"},
		{"step 25.2: any token is a method", fetch.Request{URL: own, Method: "a!#$%&'*+-.^_`|~9"}, ""},
		{"step 25.2: CONNECT", fetch.Request{URL: own, Method: "CONNECT"}, "Method"},
		{"step 25.2: trace", fetch.Request{URL: own, Method: "trace"}, "Method"},
		{"step 25.2: Track", fetch.Request{URL: own, Method: "Track"}, "Method"},
		{"step 32.1: no-cors with a method that forms have not", fetch.Request{URL: own, Mode: fetch.ModeNoCORS, Method: "PUT"}, "Method"},
		{"step 32.1: no-cors with POST", fetch.Request{URL: own, Mode: fetch.ModeNoCORS, Method: "POST"}, ""},

		{"step 33: a header's name that is no token", fetch.Request{URL: own, Header: fields("X-A: 1", "X B: 1")}, "Header[1].Name"},
		{"step 33: a header without name", fetch.Request{URL: own, Header: fields(": 1")}, "Header[0].Name"},
		{"step 33: a value with NUL", fetch.Request{URL: own, Header: fields("X-A: a\x00b")}, "Header[0].Value"},
		{"step 33: a value with a line end within", fetch.Request{URL: own, Header: fields("X-A: a\r\nX-B: b")}, "Header[0].Value"},
		{"step 33: a value with a line end around it", fetch.Request{URL: own, Header: fields("X-A: \r\n a \t\r\n")}, ""},
		{"step 33: a value with any other byte", fetch.Request{URL: own, Header: fields("X-A: a\x01\x7f\xffb")}, ""},
		{"step 33: a forbidden header with a bad value", fetch.Request{URL: own, Header: fields("Cookie: a\nb")}, "Header[0].Value"},

		{"step 35: GET with a body", fetch.Request{URL: own, Body: text}, "Body"},
		{"step 35: HEAD with a body", fetch.Request{URL: own, Method: "head", Body: text}, "Body"},
		{"step 35: GET with an empty body", fetch.Request{URL: own, Body: &fetch.Body{}}, "Body"},
		{"step 35: POST with a body", fetch.Request{URL: own, Method: "POST", Body: text}, ""},
		{"step 35: OPTIONS with a body", fetch.Request{URL: own, Method: "OPTIONS", Body: text}, ""},
		{
			"a body is one of two",
			fetch.Request{URL: own, Method: "POST", Body: &fetch.Body{Source: []byte{}, Stream: strings.NewReader("")}}, "Body",
		},
		{"step 39: a stream without CORS", fetch.Request{URL: own, Method: "POST", Mode: fetch.ModeNoCORS, Body: stream}, "Body.Stream"},
		{"step 39: a stream that outlives the page", fetch.Request{URL: own, Method: "POST", Keepalive: true, Body: stream}, "Body.Stream"},
		{"step 37.4: a type that cannot be sent", fetch.Request{URL: own, Method: "POST", Body: &fetch.Body{Type: "a\nb"}}, "Body.Type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.request.Client == (fetch.Environment{}) {
				c.request.Client = page(pageURL)
			}
			s := always(reply{header: []string{public}})
			ctx, events := record(t.Context())
			response, err := fetch.New(s).Fetch(ctx, &c.request)
			if c.want == "" {
				if err != nil {
					t.Fatalf("got %v, want a response", err)
				}
				response.Body.Close()
				return
			}
			requestErr, ok := errors.AsType[*fetch.RequestError](err)
			if !ok {
				t.Fatalf("got %T, %v; want a *RequestError", err, err)
			}
			if requestErr.Field != c.want {
				t.Errorf("got Field %q, want %q", requestErr.Field, c.want)
			}
			if requestErr.Want == "" || !strings.HasPrefix(err.Error(), "fetch: "+c.want+": ") {
				t.Errorf("got %q, want it to name %s and to say what is right", err, c.want)
			}
			if response != nil || len(s.requests()) != 0 {
				t.Errorf("got response %v after sending %q, want neither", response, s.lines())
			}
			if len(*events) != 0 {
				t.Errorf("got %d events, want none of a request that is none", len(*events))
			}
		})
	}
}

func TestForbiddenRequestHeaders(t *testing.T) {
	t.Parallel()

	for _, line := range []string{
		"Accept-Charset: x", "Accept-Encoding: br", "Access-Control-Request-Headers: x", "Access-Control-Request-Method: x", "Connection: close",
		"Content-Length: 1", "Cookie: a=b", "Cookie2: a", "Date: now", "DNT: 1", "Expect: 100-continue", "Host: evil.example",
		"Keep-Alive: 1", "Origin: https://evil.example", "Referer: https://evil.example", "Set-Cookie: a", "TE: trailers", "Trailer: x",
		"Transfer-Encoding: chunked", "Upgrade: x", "Via: x", "Proxy-Authorization: x", "proxy-: x", "Sec-Fetch-Site: none", "sec-: x",
		"X-HTTP-Method-Override: TRACE", "X-Method-Override: get, connect", "x-http-method: track", "cOOKIE: a",
	} {
		t.Run("step 2: "+line, func(t *testing.T) {
			t.Parallel()
			name, value, _ := strings.Cut(line, ": ")
			s := always(reply{header: []string{public}})
			ctx, events := record(t.Context())
			got := runContext(ctx, t, fetch.New(s), s, &fetch.Request{URL: api, Header: fields("Accept: a", line)})
			wantReason(t, got, "", "")
			wantLines(t, s, "GET "+api) // No preflight: what is dropped is not asked for.
			if slices.Contains(s.requests()[0].header.Values(name), value) {
				t.Errorf("sent %q", line)
			}
			// The trace tells.
			lower := strings.ToLower(name)
			dropped := ofKind(*events, fetch.EventDropped)
			if len(dropped) != 1 || dropped[0].Subject != lower || dropped[0].Got != value {
				t.Errorf("got %+v, want one dropped header %q", dropped, line)
			}
		})
	}

	for _, line := range []string{
		"X-HTTP-Method-Override: PUT", "Secret: x", "Proxy: x", "Content-Type: text/plain", "User-Agent: me", "Authorization: x", "Security: x",
	} {
		t.Run("step 2: not "+line, func(t *testing.T) {
			t.Parallel()
			name, value, _ := strings.Cut(line, ": ")
			s := always(reply{})
			run(t, fetch.New(s), s, &fetch.Request{URL: own, Header: fields(line)})
			if got := s.requests()[0].get(name); got != value {
				t.Errorf("got %s %q, want %q", name, got, value)
			}
		})
	}
}

// Without CORS a page may set what a form could.
func TestNoCORSGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		line string
		kept bool
	}{
		{"step 3: Accept", "Accept: text/html", true},
		{"step 3: Accept-Language", "Accept-Language: de", true},
		{"step 3: Content-Language", "Content-Language: de", true},
		{"step 3: a form's Content-Type", "Content-Type: text/plain", true},
		{"step 3: another Content-Type", "Content-Type: application/json", false},
		{"step 3: 128 bytes", "Accept: " + strings.Repeat("a", 128), true},
		{"step 3: 129 bytes", "Accept: " + strings.Repeat("a", 129), false},
		{"step 3: a header of one's own", "X-A: 1", false},
		{"step 3: Authorization", "Authorization: x", false},
		{"step 3: Range is for the browser alone", "Range: bytes=0-1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name, value, _ := strings.Cut(c.line, ": ")
			s := always(reply{})
			run(t, fetch.New(s), s, &fetch.Request{URL: api, Method: "POST", Mode: fetch.ModeNoCORS, Header: fields(c.line)})
			wantLines(t, s, "POST "+api)
			if got := slices.Contains(s.requests()[0].header.Values(name), value); got != c.kept {
				t.Errorf("got kept %v, want %v: %q", got, c.kept, texts(s.requests()[0].header))
			}
		})
	}

	t.Run("step 3: the lines of one name are judged together", func(t *testing.T) {
		t.Parallel()
		s := always(reply{})
		half := strings.Repeat("a", 64)
		run(t, fetch.New(s), s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Header: fields("Accept: "+half, "Accept: "+half)})
		if got := s.requests()[0].get("Accept"); got != half {
			t.Errorf("got Accept %q, want the first line alone: both are 130 bytes", got)
		}
	})

	t.Run("step 37.4: a body's type passes the same guard", func(t *testing.T) {
		t.Parallel()
		for kind, want := range map[string]string{fetch.TextType: fetch.TextType, "application/json": "absent"} {
			s := always(reply{})
			run(t, fetch.New(s), s, &fetch.Request{
				URL: api, Method: "POST", Mode: fetch.ModeNoCORS, Body: &fetch.Body{Source: []byte("{}"), Type: kind},
			})
			if got := s.requests()[0]; got.get("Content-Type") != want || got.body != "{}" {
				t.Errorf("%s: got type %q and body %q, want %q and the body", kind, got.get("Content-Type"), got.body, want)
			}
		}
	})
}

func TestRequestMethod(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"": "GET", "get": "GET", "Post": "POST", "HEAD": "HEAD", "put": "PUT", "delete": "DELETE", "options": "OPTIONS", "patch": "patch",
		"PATCH": "PATCH", "Propfind": "Propfind",
	} {
		t.Run("step 25.3: "+method+" is sent as "+want, func(t *testing.T) {
			t.Parallel()
			s := always(reply{})
			run(t, fetch.New(s), s, &fetch.Request{URL: own, Method: method})
			wantLines(t, s, want+" "+own)
		})
	}
}

func TestRequestURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, url, want string }{
		{"relative to the page", "a?b", "https://page.example/dir/a?b"},
		{"relative to the root", "/a", "https://page.example/a"},
		{"relative to the scheme", "//api.example/items", api},
		{"empty", "", "https://page.example/dir/index.html?q=1"},
		{"a query", "?b", "https://page.example/dir/index.html?b"},
		{"the page's scheme without slashes is relative", "https:a", "https://page.example/dir/a"},
		{"another scheme without slashes is not", "http:localhost/a", "http://localhost/a"},
		{"dots are resolved", "https://api.example/x/../items", api},
		{"spaces around are cut", " https://api.example/items\n", api},
		{"the fragment stays behind", api + "#top", api},
		{"the host in lower case", "HTTPS://API.EXAMPLE/items", api},
		{"an international host", "https://bücher.example/", "https://xn--bcher-kva.example/"},
		{"bytes that need encoding", "https://api.example/ä b", "https://api.example/%C3%A4%20b"},
	} {
		t.Run("step 5: "+c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: []string{public}})
			run(t, fetch.New(s), s, &fetch.Request{URL: c.url})
			wantLines(t, s, "GET "+c.want)
		})
	}

	t.Run("step 5: a page without address has the root of its origin", func(t *testing.T) {
		t.Parallel()
		s := always(reply{})
		run(t, fetch.New(s), s, &fetch.Request{Client: fetch.Environment{Origin: page(own).Origin}, URL: "a"})
		wantLines(t, s, "GET https://page.example/a")
	})
}

func TestRequestBody(t *testing.T) {
	t.Parallel()

	data := func(n int) *fetch.Body { return &fetch.Body{Source: bytes.Repeat([]byte("x"), n)} }
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    sent
		reason  fetch.Reason
	}{
		{"no body: GET says nothing about its length", fetch.Request{Method: "GET"}, sent{}, ""},
		{"no body: DELETE says nothing about its length", fetch.Request{Method: "DELETE"}, sent{}, ""},
		{"step 8.7: POST says that it is empty", fetch.Request{Method: "POST"}, sent{nullBodyLength: true}, ""},
		{"step 8.7: PUT says that it is empty", fetch.Request{Method: "PUT"}, sent{nullBodyLength: true}, ""},
		{"step 8.7: PATCH does not", fetch.Request{Method: "PATCH"}, sent{}, ""},
		{"step 8.8: a body has its length", fetch.Request{Method: "POST", Body: data(3)}, sent{body: "xxx", contentLength: 3}, ""},
		{"step 8.8: an empty body too", fetch.Request{Method: "POST", Body: data(0)}, sent{}, ""},
		{
			"network fetch step 8.3: a stream has none, and needs HTTP/2",
			fetch.Request{Method: "POST", Body: &fetch.Body{Stream: strings.NewReader("xxx")}},
			sent{body: "xxx", contentLength: -1, needsHTTP2: true}, "",
		},
		{
			"step 8.10: 64 KiB may outlive the page", fetch.Request{Method: "POST", Keepalive: true, Body: data(64 << 10)},
			sent{body: strings.Repeat("x", 64<<10), contentLength: 64 << 10}, "",
		},
		{
			"step 8.10: one byte more may not", fetch.Request{Method: "POST", Keepalive: true, Body: data(64<<10 + 1)}, sent{},
			fetch.KeepaliveTooLarge,
		},
		{
			"step 8.10: it may if it need not outlive the page", fetch.Request{Method: "POST", Body: data(64<<10 + 1)},
			sent{body: strings.Repeat("x", 64<<10+1), contentLength: 64<<10 + 1}, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.request.URL = own
			s := always(reply{})
			wantReason(t, run(t, fetch.New(s), s, &c.request), c.reason, "")
			if c.reason != "" {
				wantLines(t, s)
				return
			}
			got := s.requests()[0]
			if got.body != c.want.body || got.contentLength != c.want.contentLength ||
				got.nullBodyLength != c.want.nullBodyLength || got.needsHTTP2 != c.want.needsHTTP2 {
				t.Errorf("got %d bytes, length %d, null %v, HTTP/2 %v; want %d, %d, %v, %v", len(got.body), got.contentLength, got.nullBodyLength,
					got.needsHTTP2, len(c.want.body), c.want.contentLength, c.want.nullBodyLength, c.want.needsHTTP2)
			}
		})
	}
}

func TestRequestBodyType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, kind, want string }{
		{"step 37.4: the body's", "X-A: 1", "text/plain", "text/plain"},
		{"step 37.4: the author's comes first", "content-type: text/html", "text/plain", "text/html"},
		{"step 37.4: even if it is empty", "Content-Type:", "text/plain", ""},
		{"step 37.4: neither", "X-A: 1", "", "absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{})
			run(t, fetch.New(s), s, &fetch.Request{
				URL: own, Method: "POST", Header: fields(c.header), Body: &fetch.Body{Source: []byte("x"), Type: c.kind},
			})
			if got := s.requests()[0].get("Content-Type"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A Request may be used again, and by several goroutines.
func TestRequestIsNotChanged(t *testing.T) {
	t.Parallel()
	request := &fetch.Request{
		Client: page(pageURL), URL: api, Method: "post", Header: append(make([]fetch.Field, 0, 8), fields("X-A: 1", "Cookie: a")...),
		Body: &fetch.Body{Source: []byte("{}"), Type: "application/json"},
	}
	before := *request
	s := script(reply{header: []string{public, acah + "*"}}, to(302, other, public), reply{header: []string{public}})
	run(t, fetch.New(s), s, request)
	if !slices.Equal(texts(request.Header), []string{"X-A: 1", "Cookie: a"}) || request.Method != before.Method || request.URL != before.URL {
		t.Errorf("got %+v, want it unchanged", request)
	}
	if got := request.Header[:3][2]; got != (fetch.Field{}) {
		t.Errorf("got %+v behind the end of the header, want nothing there", got)
	}
	if string(request.Body.Source) != "{}" || request.Body != before.Body {
		t.Error("the body was changed")
	}
}

// ofKind returns the events of one kind.
func ofKind(events []fetch.Event, kind fetch.EventKind) []fetch.Event {
	var found []fetch.Event
	for _, e := range events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}
