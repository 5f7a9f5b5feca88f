package fetch_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

const (
	cc     = "Cache-Control: "
	fresh  = cc + "max-age=600"
	vary   = "Vary: "
	tag    = `ETag: "v1"`
	past   = "Mon, 01 Jan 2024 00:00:00 GMT"
	noon   = "Thu, 02 Jul 2026 12:00:00 GMT" // when the tests' clock starts
	anyone = acao + "*"
)

// httpCaches are the caches in the order in which the tables below have them.
var httpCaches = []struct {
	name  string
	cache fetch.HTTPCacheProfile
}{
	{"RFC 9111", fetch.HTTPCacheProfile{}},
	{"Chromium", fetch.ChromiumHTTPCache},
	{"Firefox", fetch.FirefoxHTTPCache},
	{"WebKit", fetch.WebKitHTTPCache},
}

// caching is a user agent with an HTTP cache, and its clock.
func caching(s fetch.Transport, cache fetch.HTTPCacheProfile) (*fetch.Client, *clock) {
	now := newClock()
	return fetch.New(s, fetch.WithClock(now.Now), fetch.WithHTTPCache(), fetch.WithProfile(fetch.Profile{HTTPCache: cache})), now
}

// numbered answers every request with the same lines and its number as the body, "0" first. Every response has its length.
func numbered(lines ...string) *server { return numberedStatus(200, lines...) }

func numberedStatus(code int, lines ...string) *server {
	return &server{answer: func(n int, request *fetch.HTTPRequest) reply {
		body := strconv.Itoa(n)
		if request.Method == "HEAD" || code == 204 {
			body = ""
		}
		length := "Content-Length: " + strconv.Itoa(len(body))
		return reply{status: code, header: append([]string{length, acah + "*", acam + "*"}, lines...), body: body}
	}}
}

func TestHTTPCacheRedirects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		status   int
		line     string
		redirect fetch.RedirectMode
		want     [4]bool
	}{
		{"302 with an age", 302, fresh, "", [4]bool{true, true, true, true}},
		{"302 without", 302, "X-Nothing: 1", "", [4]bool{}},
		{"301 without", 301, "X-Nothing: 1", "", [4]bool{false, true, false, true}},
		{"308 without", 308, "X-Nothing: 1", "", [4]bool{false, true, false, false}},
		{"308 with an age", 308, fresh, "", [4]bool{true, true, true, false}},
		{"302 that is not followed", 302, fresh, fetch.RedirectManual, [4]bool{true, true, false, true}},
		{"302 that is an error", 302, fresh, fetch.RedirectError, [4]bool{true, true, false, true}},
	} {
		for i, h := range httpCaches {
			s := routes(map[string]reply{
				api:   to(c.status, other, anyone, c.line, "Content-Length: 0"),
				other: {header: []string{anyone, cc + "no-store"}},
			})
			client, _ := caching(s, h.cache)
			for range 2 {
				run(t, client, s, &fetch.Request{URL: api, Redirect: c.redirect})
			}
			asked := len(slices.DeleteFunc(s.lines(), func(line string) bool { return line != "GET "+api }))
			if got := asked == 1; got != c.want[i] {
				t.Errorf("%s: %s: got stored %v, want %v", h.name, c.name, got, c.want[i])
			}
		}
	}
}

// The failure that people meet: an image without crossorigin, then fetch() of the same URL.
func TestHTTPCacheStillChecks(t *testing.T) {
	t.Parallel()
	image := fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Destination: "image"}
	// A server that, like S3, speaks of CORS only to requests with Origin.
	polite := func(lines ...string) *server {
		return &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
			all := append([]string{fresh, "Content-Length: 2"}, lines...)
			if header.List(request.Header).Contains(header.Origin) {
				all = append(all, anyone)
			}
			return reply{header: all, body: "ok"}
		}}
	}
	for _, h := range httpCaches {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			s := polite()
			client, _ := caching(s, h.cache)
			first, again := image, image
			wantReason(t, run(t, client, s, &first), "", "")
			wantReason(t, run(t, client, s, &fetch.Request{URL: api}), fetch.AllowOriginMissing, "concept-cors-check 2")
			wantReason(t, run(t, client, s, &again), "", "")
			wantLines(t, s, "GET "+api)

			wantReason(t, run(t, client, s, &fetch.Request{URL: api, Cache: fetch.CacheReload}), "", "")
			wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
			wantLines(t, s, "GET "+api, "GET "+api)

			s = polite("Vary: Origin")
			client, _ = caching(s, h.cache)
			first = image
			wantReason(t, run(t, client, s, &first), "", "")
			wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
			wantLines(t, s, "GET "+api, "GET "+api)
		})
	}
}

// An answer that was stored for one page's origin is no answer for another: the cache of a site is shared by its origins.
func TestHTTPCacheOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
		return reply{header: []string{fresh, acao + sent{header: request.Header}.get("Origin")}}
	}}
	client, _ := caching(s, fetch.HTTPCacheProfile{})
	wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
	wantReason(t, run(t, client, s, &fetch.Request{URL: api, Client: page(siteSub)}), fetch.AllowOriginMismatch, "")
	wantLines(t, s, "GET "+api)
}

func TestHTTPCacheRefused(t *testing.T) {
	t.Parallel()
	image := func() *fetch.Request { return &fetch.Request{URL: api, Mode: fetch.ModeNoCORS} }
	plain := func() *fetch.Request { return &fetch.Request{URL: api} }
	for _, c := range []struct {
		name   string
		server func() *server
		fetch  func() *fetch.Request
		want   [4]int
	}{
		{"what the CORS check refuses", func() *server { return numbered(fresh) }, plain, [4]int{1, 2, 1, 2}},
		{"a redirect that it refuses", func() *server { return numberedStatus(302, fresh, "Location: "+other) }, plain, [4]int{1, 1, 2, 1}},
		{
			"what Cross-Origin-Resource-Policy refuses",
			func() *server { return numbered(fresh, "Cross-Origin-Resource-Policy: same-origin") }, image, [4]int{1, 2, 2, 2},
		},
	} {
		for i, h := range httpCaches {
			s := c.server()
			client, _ := caching(s, h.cache)
			for range 2 {
				if got := run(t, client, s, c.fetch()); got.blocked == nil {
					t.Errorf("%s: %s: is not refused", h.name, c.name)
				}
			}
			if got := len(s.requests()); got != c.want[i] {
				t.Errorf("%s: %s: got %d requests, want %d", h.name, c.name, got, c.want[i])
			}
		}
	}
}

// What is stored after a reload whose answer is refused: nothing in Chromium, the refused answer in Firefox, the old one in WebKit.
func TestHTTPCacheRefusedReload(t *testing.T) {
	t.Parallel()
	for i, want := range [4]string{"blocked", "2", "blocked", "0"} {
		s := &server{answer: func(n int, _ *fetch.HTTPRequest) reply {
			lines := []string{fresh, "Content-Length: 1"}
			if n != 1 {
				lines = append(lines, anyone)
			}
			return reply{header: lines, body: strconv.Itoa(n)}
		}}
		client, _ := caching(s, httpCaches[i].cache)
		run(t, client, s, &fetch.Request{URL: api})
		wantReason(t, run(t, client, s, &fetch.Request{URL: api, Cache: fetch.CacheReload}), fetch.AllowOriginMissing, "")
		got := run(t, client, s, &fetch.Request{URL: api})
		if got.blocked != nil {
			got.body = "blocked"
		}
		if got.body != want {
			t.Errorf("%s: got %q, want %q", httpCaches[i].name, got.body, want)
		}
	}
}

func TestHTTPCacheModes(t *testing.T) {
	t.Parallel()
	const stale = cc + "max-age=0"
	for _, c := range []struct {
		name  string
		mode  fetch.CacheMode
		lines []string
		// want is the body of a second fetch with that mode and of a third one with default, for each cache.
		want [4]string
	}{
		{"default, fresh", "", []string{fresh}, [4]string{"0 0", "0 0", "0 0", "0 0"}},
		{"default, stale", "", []string{stale}, [4]string{"1 2", "1 2", "1 2", "1 2"}},
		{"step 8.26: no-store neither reads nor writes", fetch.CacheNoStore, []string{fresh}, [4]string{"1 0", "1 0", "1 0", "1 0"}},
		{"step 8.26: reload writes", fetch.CacheReload, []string{fresh}, [4]string{"1 1", "1 1", "1 1", "1 1"}},
		{"step 8.17: no-cache asks", fetch.CacheNoCache, []string{fresh}, [4]string{"1 1", "1 1", "1 1", "1 1"}},
		{"step 8.17: no-cache asks, with a validator", fetch.CacheNoCache, []string{fresh, tag}, [4]string{"1 1", "1 1", "1 1", "1 1"}},
		{"force-cache, fresh", fetch.CacheForceCache, []string{fresh}, [4]string{"0 0", "0 0", "0 0", "0 0"}},
		{"step 8.26.2.2.2: force-cache, stale", fetch.CacheForceCache, []string{stale, tag}, [4]string{"0 1", "0 1", "0 1", "0 1"}},
		{"force-cache, stale without a validator", fetch.CacheForceCache, []string{stale}, [4]string{"0 1", "0 1", "0 1", "1 2"}},
		{"force-cache, never stored", fetch.CacheForceCache, []string{cc + "no-store"}, [4]string{"1 2", "1 2", "1 2", "1 2"}},
	} {
		for i, h := range httpCaches {
			s := numbered(append(c.lines, anyone)...)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: api})
			second := run(t, client, s, &fetch.Request{URL: api, Cache: c.mode})
			third := run(t, client, s, &fetch.Request{URL: api})
			if got := second.body + " " + third.body; got != c.want[i] {
				t.Errorf("%s: %s: got %q, want %q", h.name, c.name, got, c.want[i])
			}
		}
	}
}

func TestHTTPCacheOnlyIfCached(t *testing.T) {
	t.Parallel()
	for _, h := range httpCaches {
		for _, line := range []string{fresh, cc + "max-age=0", cc + "no-store"} {
			s := numbered(line)
			client, _ := caching(s, h.cache)
			only := func() *fetch.Request {
				return &fetch.Request{URL: own, Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached}
			}
			first := run(t, client, s, only())
			run(t, client, s, &fetch.Request{URL: own})
			second := run(t, client, s, only())
			if h.name == "WebKit" {
				wantReason(t, first, "", "")
				wantReason(t, second, "", "")
				continue
			}
			wantReason(t, first, fetch.NotInCache, "concept-http-network-or-cache-fetch 11.1")
			want := fetch.Reason("")
			if line == cc+"no-store" {
				want = fetch.NotInCache
			}
			wantReason(t, second, want, "")
			wantLines(t, s, "GET "+own)
		}
	}
}

func TestHTTPCacheValidation(t *testing.T) {
	t.Parallel()
	const modified = "Last-Modified: " + past
	for _, c := range []struct {
		name  string
		lines []string
		// noneMatch and since are the validators sent.
		noneMatch, since string
	}{
		{"step 8.26.2.2.2.1: ETag", []string{tag}, `"v1"`, "absent"},
		{"step 8.26.2.2.2.1: a weak one", []string{`ETag: W/"x"`}, `W/"x"`, "absent"},
		{"step 8.26.2.2.2.1: one without quotes", []string{"ETag: x"}, "x", "absent"},
		{"step 8.26.2.2.2.2: Last-Modified", []string{modified}, "absent", past},
		{"step 8.26.2.2.2: both", []string{tag, modified}, `"v1"`, past},
	} {
		for _, h := range httpCaches {
			s := script(
				reply{header: append([]string{
					cc + "max-age=0", anyone, "Content-Length: 3", aceh + "*", "X-A: 1", "X-B: 1", contentType + "text/plain",
				}, c.lines...), body: "old"},
				reply{status: 304, header: []string{
					fresh, "X-A: 2", "X-C: 3", contentType + "text/css", "Content-Length: 9", "Content-Encoding: gzip",
				}},
			)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: api})
			for range 2 {
				got := run(t, client, s, &fetch.Request{URL: api})
				wantReason(t, got, "", "")
				if got.blocked != nil {
					continue
				}
				list := header.List(got.response.Header)
				for name, want := range map[string]string{
					"X-A": "2", "X-B": "1", "X-C": "3", "Content-Type": "text/plain", "Content-Length": "3",
				} {
					if value, _ := list.Get(name); value != want {
						t.Errorf("%s: %s: got %s: %q, want %q", h.name, c.name, name, value, want)
					}
				}
				if got.response.Status != 200 || got.body != "old" {
					t.Errorf("%s: %s: got %d %q, want what is stored", h.name, c.name, got.response.Status, got.body)
				}
			}
			requests := s.requests()
			if len(requests) != 2 {
				t.Fatalf("%s: %s: got %d requests, want 2: the 304 is fresh again", h.name, c.name, len(requests))
			}
			if got := requests[1].get("If-None-Match"); got != c.noneMatch {
				t.Errorf("%s: %s: got If-None-Match %q, want %q", h.name, c.name, got, c.noneMatch)
			}
			if got := requests[1].get("If-Modified-Since"); got != c.since {
				t.Errorf("%s: %s: got If-Modified-Since %q, want %q", h.name, c.name, got, c.since)
			}
			if got := requests[1].get("Cache-Control"); got != "absent" {
				t.Errorf("%s: %s: got Cache-Control %q, want none", h.name, c.name, got)
			}
		}
	}
}

// The CORS check reads the stored response as the 304 has left it.
func TestHTTPCacheValidationAndTheCORSCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		stored, confirmation []string
		want                 fetch.Reason
	}{
		{"step 11.4: a bare 304 takes nothing away", []string{anyone}, nil, ""},
		{"step 11.4: a 304 can allow", nil, []string{anyone}, ""},
		{"step 11.4: a 304 can name another origin", []string{anyone}, []string{acao + "https://else.example"}, fetch.AllowOriginMismatch},
		{"step 11.4: nor does a bare 304 allow", nil, nil, fetch.AllowOriginMissing},
	} {
		for _, h := range httpCaches {
			s := script(
				reply{header: append([]string{cc + "max-age=0", tag, "Content-Length: 0"}, c.stored...)},
				reply{status: 304, header: c.confirmation},
			)
			client, _ := caching(s, h.cache)
			wantReason(t, run(t, client, s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS}), "", "")
			wantReason(t, run(t, client, s, &fetch.Request{URL: api}), c.want, "")
			wantLines(t, s, "GET "+api, "GET "+api)
		}
	}
}

func TestHTTPCacheValidationFails(t *testing.T) {
	t.Parallel()
	for _, h := range httpCaches {
		// Another response takes the place of what is stored, even if it is not stored itself.
		s := script(
			reply{header: []string{cc + "max-age=0", anyone, tag, "Content-Length: 3"}, body: "old"},
			reply{status: 500, header: []string{anyone, "Content-Length: 3"}, body: "err"},
			reply{header: []string{anyone, "Content-Length: 3"}, body: "new"},
		)
		client, _ := caching(s, h.cache)
		var got []string
		for range 3 {
			got = append(got, run(t, client, s, &fetch.Request{URL: api}).body)
		}
		if want := []string{"old", "err", "new"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", h.name, got, want)
		}
		if got := s.requests()[2].get("If-None-Match"); got != "absent" {
			t.Errorf("%s: got If-None-Match %q after a 500, want none", h.name, got)
		}

		// A 304 that nobody asked for is one to the page.
		s = script(reply{header: []string{cc + "max-age=0", anyone, "Content-Length: 0"}}, reply{status: 304, header: []string{anyone}})
		client, _ = caching(s, h.cache)
		run(t, client, s, &fetch.Request{URL: api})
		if got := run(t, client, s, &fetch.Request{URL: api}); got.blocked != nil || got.response.Status != 304 {
			t.Errorf("%s: got %+v, want the 304", h.name, got)
		}

		// A network error leaves what is stored alone.
		s = script(reply{header: []string{cc + "max-age=0", anyone, tag, "Content-Length: 3"}, body: "old"}, reply{err: errors.New("down")})
		client, _ = caching(s, h.cache)
		run(t, client, s, &fetch.Request{URL: api})
		wantReason(t, run(t, client, s, &fetch.Request{URL: api}), fetch.NetworkFailed, "")
		if got := run(t, client, s, &fetch.Request{URL: api, Cache: fetch.CacheForceCache}); got.body != "old" {
			t.Errorf("%s: got %q after a network error, want what is stored", h.name, got.body)
		}
	}
}

func TestHTTPCacheVary(t *testing.T) {
	t.Parallel()
	x := func(value string) []fetch.Field {
		if value == "" {
			return nil
		}
		return fields("X-Foo: " + value)
	}
	for _, c := range []struct {
		name          string
		vary          []string
		first, second string
		want          bool
	}{
		{"4.1: nothing", nil, "1", "2", true},
		{"4.1: the same value", []string{vary + "X-Foo"}, "1", "1", true},
		{"4.1: another value", []string{vary + "X-Foo"}, "1", "2", false},
		{"4.1: absent and present", []string{vary + "X-Foo"}, "", "1", false},
		{"4.1: present and absent", []string{vary + "X-Foo"}, "1", "", false},
		{"4.1: another case of the name", []string{vary + "x-FOO"}, "1", "2", false},
		{"4.1: in a list", []string{vary + "accept , x-foo"}, "1", "2", false},
		{"4.1: on the second line", []string{vary + "Accept", vary + "X-Foo"}, "1", "2", false},
		{"4.1: beside what is no name", []string{vary + "X-Foo, ???"}, "1", "2", false},
		{"4.1: the same to a list, spelled otherwise", []string{vary + "X-Foo"}, "a,b", "a, b", false},
		{"4.1: another header", []string{vary + "X-Bar"}, "1", "2", true},
		{"4.1: * is like nothing", []string{vary + "*"}, "1", "1", false},
		{"4.1: * in a list", []string{vary + "Accept, *"}, "1", "1", false},
		{"4.1: an empty line", []string{vary}, "1", "2", true},
	} {
		for _, h := range httpCaches {
			s := numbered(append(c.vary, fresh, anyone)...)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: api, Header: x(c.first)})
			got := run(t, client, s, &fetch.Request{URL: api, Header: x(c.second)})
			sent := len(s.requests()) - s.preflights()
			if hit := sent == 1; hit != c.want {
				t.Errorf("%s: %s: got answered from the cache %v, want %v (%q)", h.name, c.name, hit, c.want, got.body)
			}
		}
	}
}

// One response for each URL: the last. What Vary keeps from being used is asked for with its ETag in two browsers, never with its date.
func TestHTTPCacheOtherVariant(t *testing.T) {
	t.Parallel()
	for i, want := range [4]string{"absent", `"v1"`, `"v1"`, "absent"} {
		s := numbered(vary+"X-Foo", fresh, anyone, tag, "Last-Modified: "+past)
		client, _ := caching(s, httpCaches[i].cache)
		for _, value := range []string{"1", "2", "1"} {
			run(t, client, s, &fetch.Request{URL: api, Header: fields("X-Foo: " + value)})
		}
		var actual []sent
		for _, r := range s.requests() {
			if strings.HasPrefix(r.line, "GET") {
				actual = append(actual, r)
			}
		}
		if len(actual) != 3 {
			t.Fatalf("%s: got %d requests, want 3", httpCaches[i].name, len(actual))
		}
		if got := actual[2].get("If-None-Match"); got != want {
			t.Errorf("%s: got If-None-Match %q, want %q", httpCaches[i].name, got, want)
		}
		if got := actual[2].get("If-Modified-Since"); got != "absent" {
			t.Errorf("%s: got If-Modified-Since %q, want none", httpCaches[i].name, got)
		}
	}
}

func TestHTTPCacheInvalidation(t *testing.T) {
	t.Parallel()
	body := &fetch.Body{Source: []byte("x"), Type: fetch.TextType}
	for _, c := range []struct {
		name   string
		url    string
		method string
		body   *fetch.Body
		cache  fetch.CacheMode
		status int
		// want is whether the GET before the request is still stored after it.
		want [4]bool
	}{
		{"POST", own, "POST", body, "", 200, [4]bool{}},
		{"PUT with a body", own, "PUT", body, "", 200, [4]bool{}},
		{"PUT without", own, "PUT", nil, "", 200, [4]bool{false, true, false, false}},
		{"DELETE", own, "DELETE", nil, "", 200, [4]bool{}},
		{"PATCH", own, "PATCH", body, "", 200, [4]bool{}},
		{"an unknown method", own, "FOO", body, "", 200, [4]bool{false, true, false, false}},
		{"HEAD", own, "HEAD", nil, fetch.CacheReload, 200, [4]bool{true, true, true, false}},
		{"OPTIONS", own, "OPTIONS", nil, "", 200, [4]bool{true, true, true, false}},
		{"POST, status 399", own, "POST", body, "", 399, [4]bool{}},
		{"POST, status 400", own, "POST", body, "", 400, [4]bool{true, true, false, false}},
		{"POST, status 500", own, "POST", body, "", 500, [4]bool{true, true, false, false}},
		{"POST, status 304", own, "POST", body, "", 304, [4]bool{false, false, false, true}},
		{"POST elsewhere", api, "POST", body, "", 200, [4]bool{false, false, true, false}},
		{"POST with no-store", own, "POST", body, fetch.CacheNoStore, 200, [4]bool{false, true, false, true}},
	} {
		for i, h := range httpCaches {
			s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
				r := reply{header: []string{fresh, anyone, acam + "*", "Content-Length: 0"}}
				if request.Method != "GET" {
					r.status = c.status
				}
				return r
			}}
			client, _ := caching(s, h.cache)
			get := func() { run(t, client, s, &fetch.Request{URL: c.url}) }
			get()
			run(t, client, s, &fetch.Request{URL: c.url, Method: c.method, Body: c.body, Cache: c.cache})
			get()
			gets := len(slices.DeleteFunc(s.lines(), func(line string) bool { return line != "GET "+c.url }))
			if got := gets == 1; got != c.want[i] {
				t.Errorf("%s: %s: got still stored %v, want %v", h.name, c.name, got, c.want[i])
			}
		}
	}
}

// Firefox lets what the response to an unsafe request names go too, if it is of the same origin.
func TestHTTPCacheInvalidatesLocation(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"Location: /own", "Content-Location: " + own, "Location: " + api, "Location: https://["} {
		for _, h := range httpCaches {
			s := numbered(fresh, anyone, line)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: own})
			run(t, client, s, &fetch.Request{URL: own + "/new", Method: "POST"})
			got := run(t, client, s, &fetch.Request{URL: own}).body
			want := "0"
			if h.name == "Firefox" && strings.HasSuffix(line, "/own") {
				want = "2"
			}
			if got != want {
				t.Errorf("%s: %s: got %q, want %q", h.name, line, got, want)
			}
		}
	}
}

func TestHTTPCacheKey(t *testing.T) {
	t.Parallel()
	const include, omit = fetch.CredentialsInclude, fetch.CredentialsOmit
	for _, c := range []struct {
		name          string
		first, second fetch.Request
		want          [4]bool
	}{
		{"the same", fetch.Request{URL: api}, fetch.Request{URL: api}, [4]bool{true, true, true, true}},
		{"another fragment", fetch.Request{URL: api + "#a"}, fetch.Request{URL: api + "#b"}, [4]bool{true, true, true, true}},
		{"another query", fetch.Request{URL: api + "?a"}, fetch.Request{URL: api + "?b"}, [4]bool{}},
		{"another mode", fetch.Request{URL: api}, fetch.Request{URL: api, Mode: fetch.ModeNoCORS}, [4]bool{true, true, true, true}},
		{
			"an origin of the same site",
			fetch.Request{URL: api},
			fetch.Request{URL: api, Client: page(siteSub)}, [4]bool{true, true, true, true},
		},
		{"a page of another site", fetch.Request{URL: api}, fetch.Request{URL: api, Client: page(other)}, [4]bool{}},
		{"a page of another scheme", fetch.Request{URL: api}, fetch.Request{URL: api, Client: page("http://page.example/")}, [4]bool{}},
		{
			"two sandboxed pages of a site",
			fetch.Request{URL: api, Client: sandboxed()},
			fetch.Request{URL: api, Client: sandboxed()}, [4]bool{true, false, true, true},
		},
		{
			"a page without origin or URL",
			fetch.Request{URL: api, Client: fetch.Environment{Origin: sandboxed().Origin}},
			fetch.Request{URL: api, Client: fetch.Environment{Origin: sandboxed().Origin}}, [4]bool{},
		},
		{
			"with credentials, then without",
			fetch.Request{URL: api, Credentials: include},
			fetch.Request{URL: api}, [4]bool{true, true, false, true},
		},
		{
			"without, then with",
			fetch.Request{URL: api, Credentials: omit},
			fetch.Request{URL: api, Credentials: include}, [4]bool{true, true, false, true},
		},
		{
			"at home, omit then same-origin",
			fetch.Request{URL: own, Credentials: omit},
			fetch.Request{URL: own}, [4]bool{true, true, false, true},
		},
		{
			"elsewhere, omit then same-origin",
			fetch.Request{URL: api, Credentials: omit},
			fetch.Request{URL: api}, [4]bool{true, true, true, true},
		},
		{
			"Authorization after none",
			fetch.Request{URL: own},
			fetch.Request{URL: own, Header: fields("Authorization: x")}, [4]bool{true, true, false, true},
		},
		{
			"Authorization twice",
			fetch.Request{URL: own, Header: fields("Authorization: x")},
			fetch.Request{URL: own, Header: fields("Authorization: y")}, [4]bool{true, true, true, true},
		},
		{"HEAD after GET", fetch.Request{URL: api}, fetch.Request{URL: api, Method: "HEAD"}, [4]bool{true, true, false, false}},
		{"GET after HEAD", fetch.Request{URL: api, Method: "HEAD"}, fetch.Request{URL: api}, [4]bool{}},
		{
			"HEAD after HEAD",
			fetch.Request{URL: api, Method: "HEAD"},
			fetch.Request{URL: api, Method: "HEAD"}, [4]bool{false, false, true, false},
		},
		{"GET after POST", fetch.Request{URL: api, Method: "POST"}, fetch.Request{URL: api}, [4]bool{}},
		{"POST after POST", fetch.Request{URL: api, Method: "POST"}, fetch.Request{URL: api, Method: "POST"}, [4]bool{}},
		{"Range after none", fetch.Request{URL: own}, fetch.Request{URL: own, Header: fields("Range: bytes=0-")}, [4]bool{}},
		{
			"Range twice",
			fetch.Request{URL: own, Header: fields("Range: bytes=0-")},
			fetch.Request{URL: own, Header: fields("Range: bytes=0-")}, [4]bool{false, false, false, true},
		},
		{
			"another Range",
			fetch.Request{URL: own, Header: fields("Range: bytes=0-")},
			fetch.Request{URL: own, Header: fields("Range: bytes=1-")}, [4]bool{},
		},
		{
			"none after Range",
			fetch.Request{URL: own, Header: fields("Range: bytes=0-")},
			fetch.Request{URL: own}, [4]bool{true, true, false, false},
		},
	} {
		for i, h := range httpCaches {
			s := numbered(fresh, allowCreds)
			answer := s.answer
			s.answer = func(n int, request *fetch.HTTPRequest) reply {
				r := answer(n, request)
				r.header = append(r.header, acao+sent{header: request.Header}.get("Origin"), acah+"authorization")
				return r
			}
			client, _ := caching(s, h.cache)
			first, second := c.first, c.second
			run(t, client, s, &first)
			run(t, client, s, &second)
			if got := len(s.requests())-s.preflights() == 1; got != c.want[i] {
				t.Errorf("%s: %s: got answered from the cache %v, want %v: %q", h.name, c.name, got, c.want[i], s.lines())
			}
		}
	}
}

// What an author's own headers do: the body of the second fetch, which has them, and of the third, which has not.
func TestHTTPCacheAuthorHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want [4]string
	}{
		{cc + "no-cache", [4]string{"1 1", "1 1", "1 1", "1 1"}},
		{cc + "max-age=0", [4]string{"1 1", "1 1", "1 1", "1 1"}},
		{cc + "max-age=1", [4]string{"0 0", "0 0", "0 0", "0 0"}},
		{cc + "no-store", [4]string{"0 0", "0 0", "1 0", "0 0"}},
		{cc + "only-if-cached", [4]string{"0 0", "0 0", "0 0", "0 0"}},
		{cc + "min-fresh=600", [4]string{"1 1", "0 0", "1 1", "0 0"}},
		{cc + "min-fresh=599", [4]string{"0 0", "0 0", "0 0", "0 0"}},
		{"Pragma: no-cache", [4]string{"1 1", "1 1", "0 0", "1 1"}},
		{`If-None-Match: "v1"`, [4]string{"1 0", "1 1", "1 0", "1 0"}},
		{"If-Modified-Since: " + past, [4]string{"1 0", "1 1", "1 0", "1 0"}},
		{`If-Match: "v1"`, [4]string{"1 0", "1 0", "1 0", "1 0"}},
		{`If-Range: "v1"`, [4]string{"1 0", "1 0", "1 0", "1 0"}},
		{"If-Unmodified-Since: " + past, [4]string{"1 0", "1 0", "1 0", "1 0"}},
	} {
		for i, h := range httpCaches {
			s := numbered(fresh)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: own})
			second := run(t, client, s, &fetch.Request{URL: own, Header: fields(c.line)})
			third := run(t, client, s, &fetch.Request{URL: own})
			if got := second.body + " " + third.body; got != c.want[i] {
				t.Errorf("%s: %s: got %q, want %q", h.name, c.line, got, c.want[i])
			}
		}
	}
}

// Whether the response to a request with those headers is stored: what the fetch after it gets.
func TestHTTPCacheAuthorHeadersFirst(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][4]string{
		cc + "no-store":         {"1", "0", "1", "1"},
		`If-None-Match: "v1"`:   {"1", "1", "1", "1"},
		cc + "max-stale=600":    {"0", "0", "0", "0"},
		cc + "no-cache":         {"0", "0", "0", "0"},
		cc + "max-stale, foo=1": {"0", "0", "0", "0"},
	} {
		for i, h := range httpCaches {
			s := numbered(fresh)
			client, _ := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: own, Header: fields(line)})
			if got := run(t, client, s, &fetch.Request{URL: own}).body; got != want[i] {
				t.Errorf("%s: %s: got %q, want %q", h.name, line, got, want[i])
			}
		}
	}
}

func TestHTTPCacheMaxStale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line, control string
		after         time.Duration
		want          [4]string
	}{
		{"max-stale=10", "max-age=1", 11*time.Second - 1, [4]string{"0", "1", "0", "0"}},
		{"max-stale=10", "max-age=1", 11 * time.Second, [4]string{"1", "1", "1", "1"}},
		{"max-stale", "max-age=1", time.Hour, [4]string{"0", "1", "1", "0"}},
		{"max-stale=10", "max-age=1, must-revalidate", 2 * time.Second, [4]string{"1", "1", "1", "1"}},
	} {
		for i, h := range httpCaches {
			if c.line == "max-stale" && i > 0 {
				continue // nobody asked the browsers
			}
			s := numbered(cc + c.control)
			client, now := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: own})
			now.advance(c.after)
			if got := run(t, client, s, &fetch.Request{URL: own, Header: fields(cc + c.line)}).body; got != c.want[i] {
				t.Errorf("%s: %s, %s after %v: got %q, want %q", h.name, c.control, c.line, c.after, got, c.want[i])
			}
		}
	}
}

func TestHTTPCacheStaleWhileRevalidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration
		mode  fetch.CacheMode
		want  string
	}{
		{"step 8.26.2.1: fresh", time.Second - 1, "", "0 0"},
		{"step 8.26.2.1: stale, and the next one gets the new one", time.Second, "", "0 1"},
		{"step 8.26.2.1: at the end of the window", 11*time.Second - 1, "", "0 1"},
		{"step 8.26.2.1: not with no-cache", time.Second, fetch.CacheNoCache, "1 1"},
	} {
		for _, h := range httpCaches {
			s := numbered(cc+"max-age=1, stale-while-revalidate=10", anyone, tag)
			client, now := caching(s, h.cache)
			run(t, client, s, &fetch.Request{URL: api})
			now.advance(c.after)
			second := run(t, client, s, &fetch.Request{URL: api, Cache: c.mode})
			third := run(t, client, s, &fetch.Request{URL: api})
			if got := second.body + " " + third.body; got != c.want {
				t.Errorf("%s: %s: got %q, want %q", h.name, c.name, got, c.want)
			}
			if requests := s.requests(); len(requests) > 1 && c.mode == "" {
				if got := requests[1].get("If-None-Match") + requests[1].get("Cache-Control"); got != `"v1"absent` {
					t.Errorf("%s: %s: got validators %q, want the ETag and no Cache-Control", h.name, c.name, got)
				}
			}
		}
	}
	for i, want := range [4]string{"1", "1", "0", "1"} {
		s := numbered(cc+"max-age=1, stale-while-revalidate=10", anyone)
		client, now := caching(s, httpCaches[i].cache)
		run(t, client, s, &fetch.Request{URL: api})
		now.advance(11 * time.Second)
		if got := run(t, client, s, &fetch.Request{URL: api}).body; got != want {
			t.Errorf("%s: after the window: got %q, want %q", httpCaches[i].name, got, want)
		}
	}
}

// Main fetch, step 21: a 416 that was stored for a request with Range answers an image without. No browser stores one.
func TestHTTPCacheRangeUnrequested(t *testing.T) {
	t.Parallel()
	for i, want := range [4]fetch.Reason{fetch.RangeUnrequested, "", "", ""} {
		s := numberedStatus(416, fresh, anyone)
		client, _ := caching(s, httpCaches[i].cache)
		wantReason(t, run(t, client, s, &fetch.Request{URL: api, Header: fields("Range: bytes=9-")}), "", "")
		wantReason(t, run(t, client, s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS}), want, "")
	}
}

func TestHTTPCacheBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reply  reply
		read   int // how much the page reads before it closes the body; -1 is all
		stored bool
	}{
		{"read to the end, of known length", reply{header: []string{"Content-Length: 5"}, body: "hello"}, -1, true},
		{"read to the end, of unknown length", reply{body: "hello"}, -1, true},
		{"closed early, of known length", reply{header: []string{"Content-Length: 5"}, body: "hello"}, 2, true},
		{"closed early, of unknown length", reply{body: "hello"}, 2, false},
		{"shorter than it says", reply{header: []string{"Content-Length: 6"}, body: "hello"}, -1, false},
		{"longer than it says", reply{header: []string{"Content-Length: 4"}, body: "hello"}, -1, false},
		{"at the limit", reply{body: strings.Repeat("x", 4<<20)}, -1, true},
		{"above the limit", reply{body: strings.Repeat("x", 4<<20+1)}, -1, false},
		{
			"above the limit, and it says so",
			reply{header: []string{"Content-Length: 4194305"}, body: strings.Repeat("x", 4<<20+1)}, -1, false,
		},
		{"above the limit, closed early", reply{header: []string{"Content-Length: 4194305"}, body: strings.Repeat("x", 4<<20+1)}, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.reply.header = append(c.reply.header, fresh, anyone)
			s := always(c.reply)
			client, _ := caching(s, fetch.HTTPCacheProfile{})
			response, err := client.Fetch(t.Context(), &fetch.Request{URL: api, Client: page(pageURL)})
			if err != nil {
				t.Fatal(err)
			}
			want := c.reply.body
			if c.read >= 0 {
				want = want[:c.read]
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(response.Body, got); err != nil {
				t.Fatal(err)
			}
			if c.read < 0 {
				if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
					t.Errorf("got %d bytes more and %v", len(rest), err)
				}
			}
			if string(got) != want {
				t.Errorf("got another body of %d bytes", len(got))
			}
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
			again := run(t, client, s, &fetch.Request{URL: api})
			if again.body != c.reply.body {
				t.Errorf("then got a body of %d bytes, want %d", len(again.body), len(c.reply.body))
			}
			if got := len(s.requests()) == 1; got != c.stored {
				t.Errorf("got stored %v, want %v", got, c.stored)
			}
		})
	}
}

// A page that changes what it got changes nothing that is stored.
func TestHTTPCacheKeepsItsOwn(t *testing.T) {
	t.Parallel()
	s := numbered(fresh)
	client, _ := caching(s, fetch.HTTPCacheProfile{})
	for range 3 {
		got := run(t, client, s, &fetch.Request{URL: own})
		if value, _ := header.List(got.response.Header).Get("Cache-Control"); value != "max-age=600" {
			t.Errorf("got %q", texts(got.response.Header))
		}
		for i := range got.response.Header {
			got.response.Header[i].Value = "changed"
		}
	}
	wantLines(t, s, "GET "+own)
}

func TestHTTPCacheLimits(t *testing.T) {
	t.Parallel()
	get := func(client *fetch.Client, s *server, n int) {
		run(t, client, s, &fetch.Request{URL: own + "?" + strconv.Itoa(n)})
	}
	t.Run("1024 responses; what was not used for longest goes", func(t *testing.T) {
		t.Parallel()
		s := numbered(fresh)
		client, _ := caching(s, fetch.HTTPCacheProfile{})
		for n := range 1024 {
			get(client, s, n)
		}
		get(client, s, 0)
		if got := len(s.requests()); got != 1024 {
			t.Fatalf("got %d requests, want 1024", got)
		}
		get(client, s, 1024) // makes 1 go: 0 has just been used
		get(client, s, 0)
		get(client, s, 2)
		if got := len(s.requests()); got != 1025 {
			t.Errorf("got %d requests, want 1025", got)
		}
		get(client, s, 1)
		if got := len(s.requests()); got != 1026 {
			t.Errorf("got %d requests, want 1026", got)
		}
	})
	t.Run("32 MB together", func(t *testing.T) {
		t.Parallel()
		body := strings.Repeat("x", 4<<20-4096)
		s := always(reply{header: []string{fresh}, body: body})
		client, _ := caching(s, fetch.HTTPCacheProfile{})
		for n := range 8 {
			get(client, s, n)
		}
		get(client, s, 0)
		if got := len(s.requests()); got != 8 {
			t.Fatalf("got %d requests, want 8", got)
		}
		get(client, s, 8)
		get(client, s, 0)
		get(client, s, 1)
		if got := len(s.requests()); got != 10 {
			t.Errorf("got %d requests, want 10", got)
		}
	})
}

func TestHTTPCacheNeedsItsOptions(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]fetch.Option{
		"no cache": {fetch.WithClock(newClock().Now)},
		"no clock": {fetch.WithHTTPCache()},
	} {
		s := numbered(fresh)
		client := fetch.New(s, options...)
		for range 2 {
			run(t, client, s, &fetch.Request{URL: own})
		}
		if got := len(s.requests()); got != 2 {
			t.Errorf("%s: got %d requests, want 2", name, got)
		}
	}
}

// Preflights are neither stored nor answered, nor do they make anything go.
func TestHTTPCachePreflights(t *testing.T) {
	t.Parallel()
	for _, h := range httpCaches {
		s := numbered(fresh, anyone, acma+"0")
		client, _ := caching(s, h.cache)
		run(t, client, s, &fetch.Request{URL: api})
		for range 2 {
			if got := run(t, client, s, &fetch.Request{URL: api, Header: fields("X-A: 1")}); got.body != "0" {
				t.Errorf("%s: got %q, want what is stored", h.name, got.body)
			}
		}
		if got := s.preflights(); got != 2 {
			t.Errorf("%s: got %d preflights, want 2", h.name, got)
		}
	}
}

func TestHTTPCacheConcurrently(t *testing.T) {
	t.Parallel()
	s := numbered(fresh, anyone, tag)
	client, now := caching(s, fetch.HTTPCacheProfile{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 50 {
				r := &fetch.Request{Client: page(pageURL), URL: api + "?" + strconv.Itoa(n%7)}
				if (n+i)%11 == 0 {
					r.Method = "POST"
				}
				if (n+i)%5 == 0 {
					r.Cache = fetch.CacheNoCache
				}
				response, err := client.Fetch(t.Context(), r)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					t.Error(err)
				}
				response.Body.Close()
				now.advance(time.Second)
			}
		})
	}
	group.Wait()
}

func TestHTTPCacheEvents(t *testing.T) {
	t.Parallel()
	s := script(
		reply{header: []string{cc + "max-age=10", anyone, tag, "Content-Length: 2"}, body: "ok"},
		reply{status: 304, header: []string{cc + "max-age=20"}},
	)
	client, now := caching(s, fetch.HTTPCacheProfile{})
	var got []string
	for _, after := range []time.Duration{0, 3 * time.Second, 7 * time.Second} {
		now.advance(after)
		ctx, events := record(t.Context())
		wantReason(t, runContext(ctx, t, client, s, &fetch.Request{URL: api}), "", "")
		for _, e := range *events {
			switch e.Kind {
			case fetch.EventHTTPCacheHit, fetch.EventHTTPCacheValidated, fetch.EventHTTPCacheStore:
				got = append(got, fmt.Sprintf("%s %s %s %d %q", e.Kind, e.Step, e.Got, e.Status, texts(e.Lines)))
				if e.Kind == fetch.EventHTTPCacheStore {
					continue
				}
				if x := e.Exchange; x == nil || x.Response.Status != 200 || x.Response.Body != nil || x.Request.URL != api {
					t.Errorf("%s: got exchange %+v", e.Kind, x)
				}
			case fetch.EventExchange:
				got = append(got, "exchange "+strconv.Itoa(e.Exchange.Response.Status))
			}
		}
	}
	want := []string{
		"exchange 200", `http-cache-store 11.5.2 10 200 ["Cache-Control: max-age=10"]`,
		`http-cache-hit 8.26.2.2.3 3 200 []`,
		"exchange 304", `http-cache-validated 11.4  200 []`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// With no-store everywhere the cache changes nothing: not what is sent, nor what script gets.
func FuzzHTTPCacheNoStore(f *testing.F) {
	f.Add("GET", uint16(0), "X-A: 1", "ETag: \"v1\"\nVary: Origin", uint16(0), uint8(0))
	f.Add("POST", uint16(3), "Cache-Control: max-stale", anyone+"\n"+fresh, uint16(204-200), uint8(1))
	f.Add("GET", uint16(drawBrowsers), "If-None-Match: x", "Location: /own\n"+anyone, uint16(302-200), uint8(2))
	f.Add("HEAD", uint16(2<<2), "Range: bytes=0-", `Cache-Control: foo="x`, uint16(206-200), uint8(3))
	modes := []fetch.CacheMode{"", fetch.CacheNoStore, fetch.CacheReload, fetch.CacheNoCache, fetch.CacheForceCache}
	f.Fuzz(func(t *testing.T, method string, options uint16, requestHeader, responseHeader string, status uint16, variant uint8) {
		d := draw(method, own, options, requestHeader, "", responseHeader, status)
		if !d.possible(t) {
			t.Skip()
		}
		// What stops Firefox from reading on comes after what must be read.
		d.actual.header = append([]string{cc + "no-store"}, d.actual.header...)
		d.profile.HTTPCache = httpCaches[variant%4].cache
		with, without := d.server(), d.server()
		cached, _ := caching(with, d.profile.HTTPCache)
		bare := fetch.New(without, fetch.WithClock(newClock().Now), fetch.WithProfile(fetch.Profile{HTTPCache: d.profile.HTTPCache}))
		for _, mode := range []fetch.CacheMode{"", modes[int(variant/4)%len(modes)], ""} {
			a, b := d.request, d.request
			a.Cache, b.Cache = mode, mode
			got, want := run(t, cached, with, &a), run(t, bare, without, &b)
			sameOutcome(t, got, want)
		}
		sameRequests(t, with, without)
	})
}

// However a response is spelled, reading it costs no more than its length, and an answer from the cache passes the same checks as the
// response did.
func FuzzHTTPCacheChecksAlike(f *testing.F) {
	f.Add(fresh+"\n"+anyone, uint8(0))
	f.Add(fresh+"\n"+acao+"https://else.example", uint8(1))
	f.Add("Cache-Control: max-age=600, stale-while-revalidate=1, foo=\"", uint8(2))
	f.Add("Expires: Fri, 01 Jan 2038 00:00:00 GMT\nAge: 99999999999999999999\nVary: *, x", uint8(3))
	f.Fuzz(func(t *testing.T, responseHeader string, variant uint8) {
		d := draw("GET", api, 0, "", "", responseHeader, 0)
		s := d.server()
		client, _ := caching(s, httpCaches[variant%4].cache)
		first := run(t, client, s, &fetch.Request{URL: api})
		second := run(t, client, s, &fetch.Request{URL: api})
		if first.reason() != second.reason() {
			t.Errorf("got %q, then %q", first.reason(), second.reason())
		}
	})
}

// 4.2.3: the time that a response took counts towards its age, on top of what a cache on the way says.
func TestHTTPCacheResponseDelay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		want int // requests, after 94 seconds
	}{
		{"Age: 0", 1},
		{"Age: 500", 1},
		{"Age: 501", 2},
		// The apparent age has the delay in it already.
		{"Date: Thu, 02 Jul 2026 11:51:40 GMT", 1},
		{"Date: Thu, 02 Jul 2026 11:51:39 GMT", 2},
	} {
		now := newClock()
		s := numbered(fresh, c.line)
		answer := s.answer
		s.answer = func(n int, request *fetch.HTTPRequest) reply {
			now.advance(5 * time.Second)
			return answer(n, request)
		}
		client := fetch.New(s, fetch.WithClock(now.Now), fetch.WithHTTPCache())
		run(t, client, s, &fetch.Request{URL: own})
		now.advance(94 * time.Second)
		run(t, client, s, &fetch.Request{URL: own})
		if got := len(s.requests()); got != c.want {
			t.Errorf("%s: got %d requests, want %d", c.line, got, c.want)
		}
	}
}

// 4.3.4: a 304 starts the lifetime anew, and the stored response is from then on the answer to the request that was validated.
func TestHTTPCacheFreshenedLifetimeAndVariant(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(n int, _ *fetch.HTTPRequest) reply {
		if n == 0 {
			return reply{header: []string{cc + "max-age=10", tag, vary + "X-Foo", "Content-Length: 3"}, body: "old"}
		}
		return reply{status: 304}
	}}
	client, now := caching(s, fetch.ChromiumHTTPCache)
	for _, step := range []struct {
		after time.Duration
		foo   string
		want  int // requests so far
	}{
		{0, "1", 1},
		{10 * time.Second, "1", 2},
		{10*time.Second - 1, "1", 2},
		{0, "2", 3},
		{0, "2", 3},
		{0, "1", 4},
	} {
		now.advance(step.after)
		got := run(t, client, s, &fetch.Request{URL: own, Header: fields("X-Foo: " + step.foo)})
		if got.body != "old" || len(s.requests()) != step.want {
			t.Errorf("%+v: got %q after %d requests", step, got.body, len(s.requests()))
		}
	}
}

// The two switches for refused responses are apart.
func TestHTTPCacheForgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		cache     fetch.HTTPCacheProfile
		cors, own int // requests of two fetches that the CORS check refuses, and of two that CORP refuses
	}{
		{"neither", fetch.HTTPCacheProfile{}, 1, 1},
		{"ForgetsRefused", fetch.HTTPCacheProfile{ForgetsRefused: true}, 2, 1},
		{"ForgetsCORPBlocked", fetch.HTTPCacheProfile{ForgetsCORPBlocked: true}, 1, 2},
	} {
		for mode, want := range map[fetch.Mode]int{fetch.ModeCORS: c.cors, fetch.ModeNoCORS: c.own} {
			s := numbered(fresh, "Cross-Origin-Resource-Policy: same-origin")
			client, _ := caching(s, c.cache)
			for range 2 {
				run(t, client, s, &fetch.Request{URL: api, Mode: mode})
			}
			if got := len(s.requests()); got != want {
				t.Errorf("%s, %s: got %d requests, want %d", c.name, mode, got, want)
			}
		}
	}
}
