package fetch_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// The request as it goes over the wire: every header, in order.
func TestRequestHeaders(t *testing.T) {
	t.Parallel()

	full := "Referer: https://page.example/dir/index.html?q=1"
	only := "Referer: https://page.example/"
	from := "Origin: https://page.example"
	site := func(site, mode, dest string) []string {
		return []string{"Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: " + mode, "Sec-Fetch-Dest: " + dest}
	}
	rest := []string{"User-Agent: tester", "Accept-Encoding: gzip, deflate", "Accept-Language: en-US,en;q=0.9"}
	text := &fetch.Body{Source: []byte("x"), Type: fetch.TextType}
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    []string
	}{
		{
			"GET at home has no Origin", fetch.Request{URL: own},
			slices.Concat([]string{"Accept: */*", full}, site("same-origin", "cors", "empty"), rest),
		},
		{
			"GET elsewhere has", fetch.Request{URL: api},
			slices.Concat([]string{"Accept: */*", only, from}, site("cross-site", "cors", "empty"), rest),
		},
		{
			"POST at home has one too", fetch.Request{URL: own, Method: "POST", Body: text},
			slices.Concat([]string{"Content-Type: text/plain;charset=UTF-8", "Accept: */*", full, from}, site("same-origin", "cors", "empty"), rest),
		},
		{
			"POST elsewhere", fetch.Request{URL: api, Method: "POST", Body: text},
			slices.Concat([]string{"Content-Type: text/plain;charset=UTF-8", "Accept: */*", only, from}, site("cross-site", "cors", "empty"), rest),
		},
		{
			"PUT at home", fetch.Request{URL: own, Method: "PUT"},
			slices.Concat([]string{"Accept: */*", full, from}, site("same-origin", "cors", "empty"), rest),
		},
		{
			"PUT elsewhere, after its preflight", fetch.Request{URL: api, Method: "PUT"},
			slices.Concat([]string{"Accept: */*", only, from}, site("cross-site", "cors", "empty"), rest),
		},
		{
			"another port of the page's site", fetch.Request{URL: sitePort},
			slices.Concat([]string{"Accept: */*", only, from}, site("same-site", "cors", "empty"), rest),
		},
		{
			"a subdomain", fetch.Request{URL: siteSub},
			slices.Concat([]string{"Accept: */*", only, from}, site("same-site", "cors", "empty"), rest),
		},
		{
			"no-cors GET elsewhere has no Origin", fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Destination: "image"},
			slices.Concat([]string{"Accept: image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", only}, site("cross-site", "no-cors", "image"), rest),
		},
		{
			"no-cors POST elsewhere has", fetch.Request{URL: api, Mode: fetch.ModeNoCORS, Method: "POST"},
			slices.Concat([]string{"Accept: */*", only, from}, site("cross-site", "no-cors", "empty"), rest),
		},
		{
			"a style sheet", fetch.Request{URL: own, Mode: fetch.ModeNoCORS, Destination: "style"},
			slices.Concat([]string{"Accept: text/css,*/*;q=0.1", full}, site("same-origin", "no-cors", "style"), rest),
		},
		{
			"an opaque origin", fetch.Request{Client: fetch.Environment{Origin: sandboxed().Origin}, URL: api},
			slices.Concat([]string{"Accept: */*", "Origin: null"}, site("cross-site", "cors", "empty"), rest),
		},
		{
			"the author's own Accept and User-Agent",
			fetch.Request{URL: own, Header: fields("accept: a/b", "user-agent: me", "Accept-Language: de")},
			slices.Concat(
				[]string{"accept: a/b", "user-agent: me", "Accept-Language: de", full}, site("same-origin", "cors", "empty"),
				[]string{"Accept-Encoding: gzip, deflate"},
			),
		},
		{
			"step 8.19: a Range wants no coding", fetch.Request{URL: own, Header: fields("Range: bytes=0-1")},
			slices.Concat(
				[]string{"Range: bytes=0-1", "Accept: */*", full}, site("same-origin", "cors", "empty"),
				[]string{"User-Agent: tester", "Accept-Encoding: identity", "Accept-Language: en-US,en;q=0.9"},
			),
		},
		{
			"fetch metadata step 1: not where anybody could read them",
			fetch.Request{Client: page("http://page.example/"), URL: "http://api.example/items"},
			slices.Concat([]string{"Accept: */*", "Referer: http://page.example/", "Origin: http://page.example"}, rest),
		},
		{
			"lines of one name become one, as in browsers", fetch.Request{URL: own, Header: fields("X-A: 1", "X-B: 2", "x-a: 3")},
			slices.Concat([]string{"X-A: 1, 3", "X-B: 2", "Accept: */*", full}, site("same-origin", "cors", "empty"), rest),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: []string{acao + "*", acam + "*"}})
			run(t, fetch.New(s, fetch.WithUserAgent("tester")), s, &c.request)
			requests := s.requests()
			if got := texts(requests[len(requests)-1].header); !slices.Equal(got, c.want) {
				t.Errorf("got header\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestClientOptionsForHeaders(t *testing.T) {
	t.Parallel()
	s := always(reply{})
	run(t, fetch.New(s, fetch.WithUserAgent(""), fetch.WithAcceptLanguage(""), fetch.WithAcceptEncoding("")), s, &fetch.Request{URL: own})
	for _, name := range []string{"User-Agent", "Accept-Language", "Accept-Encoding"} {
		if got := s.requests()[0].get(name); got != "absent" {
			t.Errorf("%s: got %q, want it absent", name, got)
		}
	}
}

// Referer and Origin for each referrer policy, to each kind of server.
func TestReferrerPolicy(t *testing.T) {
	t.Parallel()

	const (
		none = "absent"
		full = "https://page.example/dir/index.html?q=1"
		only = "https://page.example/"
		// A loopback server that is not https: trusted, so that no mixed content is in the way, but a lesser scheme.
		local = "http://localhost:8000/items"
	)
	for _, c := range []struct {
		policy                     fetch.ReferrerPolicy
		own, cross, http           string // Referer
		ownOrigin, cross2, http2   string // Origin of a POST without CORS
		insecure, insecureToSecure string // Referer of an insecure page's request to itself, and to a secure server
	}{
		{fetch.NoReferrer, none, none, none, "null", "null", "null", none, none},
		{fetch.NoReferrerWhenDowngrade, full, full, full, pageOrigin, pageOrigin, "null", "http://page.example/a", "http://page.example/a"},
		{fetch.SameOriginReferrer, full, none, none, pageOrigin, "null", "null", "http://page.example/a", none},
		{fetch.OriginReferrer, only, only, only, pageOrigin, pageOrigin, pageOrigin, "http://page.example/", "http://page.example/"},
		{fetch.StrictOrigin, only, only, only, pageOrigin, pageOrigin, "null", "http://page.example/", "http://page.example/"},
		{fetch.OriginWhenCrossOrigin, full, only, only, pageOrigin, pageOrigin, pageOrigin, "http://page.example/a", "http://page.example/"},
		{
			fetch.StrictOriginWhenCrossOrigin, full, only, only, pageOrigin, pageOrigin, "null",
			"http://page.example/a", "http://page.example/",
		},
		{fetch.UnsafeURL, full, full, full, pageOrigin, pageOrigin, pageOrigin, "http://page.example/a", "http://page.example/a"},
		{"", full, only, only, pageOrigin, pageOrigin, "null", "http://page.example/a", "http://page.example/"},
	} {
		t.Run("policy "+string(c.policy), func(t *testing.T) {
			t.Parallel()
			ask := func(client fetch.Environment, u, method string, mode fetch.Mode) sent {
				t.Helper()
				// The page's own policy, and the request's, which comes first.
				client.ReferrerPolicy = c.policy
				s := always(reply{header: []string{public}})
				run(t, fetch.New(s), s, &fetch.Request{Client: client, URL: u, Method: method, Mode: mode})
				byPage := s.requests()[0]

				client.ReferrerPolicy = fetch.UnsafeURL
				if c.policy == "" {
					return byPage
				}
				s = always(reply{header: []string{public}})
				run(t, fetch.New(s), s, &fetch.Request{Client: client, URL: u, Method: method, Mode: mode, ReferrerPolicy: c.policy})
				if byRequest := s.requests()[0]; !slices.Equal(byPage.header, byRequest.header) {
					t.Errorf("got header %q by the request's policy, %q by the page's", texts(byRequest.header), texts(byPage.header))
				}
				return byPage
			}
			insecure := page("http://page.example/a")
			for _, x := range []struct {
				client     fetch.Environment
				url        string
				referrer   string
				postOrigin string
			}{
				{page(pageURL), own, c.own, c.ownOrigin},
				{page(pageURL), api, c.cross, c.cross2},
				{page(pageURL), local, c.http, c.http2},
				{insecure, "http://page.example/b", c.insecure, ""},
				{insecure, api, c.insecureToSecure, ""},
			} {
				if got := ask(x.client, x.url, "GET", "").get("Referer"); got != x.referrer {
					t.Errorf("%s: got Referer %q, want %q", x.url, got, x.referrer)
				}
				if x.postOrigin == "" {
					continue
				}
				if got := ask(x.client, x.url, "POST", fetch.ModeNoCORS).get("Origin"); got != x.postOrigin {
					t.Errorf("%s: got Origin %q on a POST without CORS, want %q", x.url, got, x.postOrigin)
				}
				// With CORS the policy does not touch it.
				if got := ask(x.client, x.url, "POST", fetch.ModeCORS).get("Origin"); got != pageOrigin {
					t.Errorf("%s: got Origin %q on a POST with CORS, want %q", x.url, got, pageOrigin)
				}
			}
		})
	}
}

// What goes from a page that is trusted to a server that is not is a downgrade; no scheme but http can be that.
func TestReferrerDowngrade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy fetch.ReferrerPolicy
		want   string
	}{
		{fetch.NoReferrerWhenDowngrade, "absent"}, {fetch.StrictOrigin, "absent"}, {fetch.StrictOriginWhenCrossOrigin, "absent"},
		{fetch.OriginReferrer, "http://localhost:3000/"}, {fetch.UnsafeURL, "http://localhost:3000/a"},
	} {
		s := always(reply{header: []string{public}})
		run(t, fetch.New(s), s, &fetch.Request{Client: page("http://localhost:3000/a"), URL: "http://api.example/", ReferrerPolicy: c.policy})
		if got := s.requests()[0].get("Referer"); got != c.want {
			t.Errorf("%s: got Referer %q, want %q", c.policy, got, c.want)
		}
	}
}

func TestReferrer(t *testing.T) {
	t.Parallel()

	// 4096 bytes, and one more.
	long := func(n int) string { return pageOrigin + "/" + strings.Repeat("a", n-len(pageOrigin)-1) }
	for _, c := range []struct {
		name     string
		client   fetch.Environment
		referrer string
		want     string
	}{
		{"step 3: the page, without fragment", page(pageURL), "", "https://page.example/dir/index.html?q=1"},
		{"step 3: said in words", page(pageURL), "about:client", "https://page.example/dir/index.html?q=1"},
		{"step 3: none", page(pageURL), "no-referrer", "absent"},
		{"step 3: another page of the origin", page(pageURL), "https://page.example/b?c#d", "https://page.example/b?c"},
		{"request constructor step 14.3.2: relative to the page", page(pageURL), "b", "https://page.example/dir/b"},
		{"request constructor step 14.3.3: of another origin it is the page", page(pageURL), api, "https://page.example/dir/index.html?q=1"},
		{"step 4: user name and password are cut", page("https://user:pass@page.example/a"), "", "https://page.example/a"},
		{"step 3: a page without address", fetch.Environment{Origin: page(own).Origin}, "", "https://page.example/"},
		{"step 3: an opaque page without address", fetch.Environment{Origin: sandboxed().Origin}, "", "absent"},
		{"step 4: a local scheme", fetch.Environment{Origin: sandboxed().Origin, URL: "data:,x"}, "", "absent"},
		{"step 6: 4096 bytes", page(long(4096)), "", long(4096)},
		{"step 6: 4097 bytes", page(long(4097)), "", "https://page.example/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: []string{public}})
			run(t, fetch.New(s), s, &fetch.Request{Client: c.client, URL: own, Referrer: c.referrer, ReferrerPolicy: fetch.UnsafeURL})
			if got := s.requests()[0].get("Referer"); got != c.want {
				t.Errorf("got Referer %q, want %q", got, c.want)
			}
		})
	}
}

// Step 8.3: when credentials travel.
func TestIncludeCredentials(t *testing.T) {
	t.Parallel()

	const include, omit, sameOrigin = fetch.CredentialsInclude, fetch.CredentialsOmit, fetch.CredentialsSameOrigin
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    bool
	}{
		{"step 8.3: omit at home", fetch.Request{URL: own, Credentials: omit}, false},
		{"step 8.3: same-origin at home", fetch.Request{URL: own, Credentials: sameOrigin}, true},
		{"step 8.3: the default is same-origin", fetch.Request{URL: own}, true},
		{"step 8.3: include at home", fetch.Request{URL: own, Credentials: include}, true},
		{"step 8.3: omit elsewhere", fetch.Request{URL: api, Credentials: omit}, false},
		{"step 8.3: same-origin elsewhere", fetch.Request{URL: api, Credentials: sameOrigin}, false},
		{"step 8.3: include elsewhere", fetch.Request{URL: api, Credentials: include}, true},
		{"step 8.3: include elsewhere without CORS", fetch.Request{URL: api, Credentials: include, Mode: fetch.ModeNoCORS}, true},
		{"step 8.3: same-origin elsewhere without CORS", fetch.Request{URL: api, Mode: fetch.ModeNoCORS}, false},
		{"step 8.3: same-origin at another port", fetch.Request{URL: sitePort}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Nothing is allowed: cookies are set and sent whatever the CORS check says.
			s := always(reply{header: []string{"Set-Cookie: id=2; Path=/", "X-A: 1", "set-cookie: b=c"}})
			j := &jar{cookies: []string{"id=1", "theme=dark"}}
			client := fetch.New(s, fetch.WithJar(j))
			run(t, client, s, &c.request)

			cookie, set := "absent", []string(nil)
			if c.want {
				cookie, set = "id=1; theme=dark", []string{"id=2; Path=/", "b=c"}
			}
			got := s.requests()[0]
			if got.get("Cookie") != cookie || got.credentials != c.want {
				t.Errorf("got Cookie %q, credentials %v; want %q, %v", got.get("Cookie"), got.credentials, cookie, c.want)
			}
			if !slices.Equal(j.set, set) {
				t.Errorf("the jar was told %q, want %q", j.set, set)
			}
		})
	}

	t.Run("step 8.21: no cookies, no header", func(t *testing.T) {
		t.Parallel()
		s := always(reply{})
		run(t, fetch.New(s, fetch.WithJar(&jar{})), s, &fetch.Request{URL: own})
		if got := s.requests()[0].get("Cookie"); got != "absent" {
			t.Errorf("got Cookie %q, want it absent", got)
		}
	})

	t.Run("step 8.3: a redirect to another origin ends what same-origin allows", func(t *testing.T) {
		t.Parallel()
		s := script(to(302, api), reply{header: []string{public}})
		run(t, fetch.New(s, fetch.WithJar(&jar{cookies: []string{"id=1"}})), s, &fetch.Request{URL: own})
		for i, want := range []string{"id=1", "absent"} {
			if got := s.requests()[i].get("Cookie"); got != want {
				t.Errorf("request %d: got Cookie %q, want %q", i, got, want)
			}
		}
	})

	t.Run("step 8.3: nor does the way back bring it back", func(t *testing.T) {
		t.Parallel()
		s := chain([]string{api, own}, public)
		run(t, fetch.New(s, fetch.WithJar(&jar{cookies: []string{"id=1"}})), s, &fetch.Request{URL: api})
		if got := s.requests()[1].get("Cookie"); got != "absent" {
			t.Errorf("got Cookie %q, want it absent", got)
		}
	})
}

// What a jar is told about the request that it is asked for.
func TestCookieRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		hops       []string
		mode       fetch.Mode
		crossSite  []bool
		navigation bool
	}{
		{"at home", []string{own}, "", []bool{false}, false},
		{"another port is the same site", []string{sitePort}, "", []bool{false}, false},
		{"a subdomain is the same site", []string{siteSub}, "", []bool{false}, false},
		{"elsewhere", []string{api}, "", []bool{true}, false},
		{"from home to elsewhere", []string{own, api}, "", []bool{false, true}, false},
		{"a way home that leads through another site", []string{api, own}, "", []bool{true, true}, false},
		{"a navigation", []string{api}, fetch.ModeNavigate, []bool{true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// A tainted origin is "null", which is what the answer must say.
			s := &server{}
			inner := chain(c.hops)
			s.answer = func(n int, request *fetch.HTTPRequest) reply {
				r := inner.answer(n, request)
				r.header = append(r.header, acao+sent{header: request.Header}.get("Origin"), allowCreds)
				return r
			}
			j := &jar{}
			run(t, fetch.New(s, fetch.WithJar(j)), s, &fetch.Request{URL: c.hops[0], Mode: c.mode, Credentials: fetch.CredentialsInclude})
			if len(j.asked) != len(c.hops) {
				t.Fatalf("the jar was asked %d times, want %d", len(j.asked), len(c.hops))
			}
			for i, asked := range j.asked {
				if asked.URL != c.hops[i] || asked.Method != "GET" || asked.CrossSite != c.crossSite[i] || asked.Navigation != c.navigation {
					t.Errorf("request %d: the jar was asked %+v; want URL %s, cross-site %v, navigation %v",
						i, asked, c.hops[i], c.crossSite[i], c.navigation)
				}
				if asked.Client.String() != pageOrigin || asked.TopLevel.String() != pageOrigin {
					t.Errorf("request %d: the jar was asked for %s under %s, want %s for both", i, asked.Client, asked.TopLevel, pageOrigin)
				}
				var via []string
				for _, o := range asked.Via {
					via = append(via, o.String())
				}
				if want := originsOf(t, c.hops[:i]); !slices.Equal(via, want) {
					t.Errorf("request %d: got %q on the way, want %q", i, via, want)
				}
			}
		})
	}
}

func originsOf(t *testing.T, urls []string) []string {
	t.Helper()
	var origins []string
	for _, u := range urls {
		o, err := origin.ParseURL(u)
		if err != nil {
			t.Fatal(err)
		}
		origins = append(origins, o.String())
	}
	return origins
}

// Whose page is at the top.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	o := func(s string) origin.Origin {
		parsed, err := origin.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	shop, blog := o("https://shop.example"), o("https://blog.example")
	for _, c := range []struct {
		name   string
		client fetch.Environment
		want   string
	}{
		{"the page itself", fetch.Environment{Origin: shop}, "https://shop.example"},
		{"another one, if it is named", fetch.Environment{Origin: shop, TopLevel: blog}, "https://blog.example"},
		{"for an opaque frame where its address is", fetch.Environment{Origin: origin.Opaque(), URL: "https://shop.example/frame"}, "https://shop.example"},
		{"for an opaque frame the one that is named", fetch.Environment{Origin: origin.Opaque(), TopLevel: blog, URL: "https://shop.example/frame"}, "https://blog.example"},
		{"for an opaque frame without address nobody's", fetch.Environment{Origin: origin.Opaque()}, "null"},
		{"for an opaque frame with a data: address nobody's", fetch.Environment{Origin: origin.Opaque(), URL: "data:,x"}, "null"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, j := &server{answer: func(int, *fetch.HTTPRequest) reply { return reply{status: 200} }}, &jar{}
			run(t, fetch.New(s, fetch.WithJar(j)), s, &fetch.Request{Client: c.client, URL: api, Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude})
			if len(j.asked) != 1 || j.asked[0].TopLevel.String() != c.want {
				t.Errorf("got %+v, want %s at the top", j.asked, c.want)
			}
		})
	}
}

// Step 8.3, and WebKit's way with requests that start at home and that nobody can read.
func TestNoCORSKeepsCredentials(t *testing.T) {
	t.Parallel()
	keeps := fetch.Standard
	keeps.NoCORSKeepsCredentials = true
	for _, c := range []struct {
		name           string
		mode           fetch.Mode
		credentials    fetch.CredentialsMode
		hops           []string
		standard, kept []bool
	}{
		{"from home", fetch.ModeNoCORS, "", []string{own, api}, []bool{true, false}, []bool{true, true}},
		{"and back", fetch.ModeNoCORS, "", []string{own, api, own}, []bool{true, false, false}, []bool{true, true, true}},
		{"from elsewhere", fetch.ModeNoCORS, "", []string{api, own}, []bool{false, false}, []bool{false, false}},
		{"with CORS", fetch.ModeCORS, "", []string{own, api}, []bool{true, false}, []bool{true, false}},
		{"without any", fetch.ModeNoCORS, fetch.CredentialsOmit, []string{own, api}, []bool{false, false}, []bool{false, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range []struct {
				profile fetch.Profile
				want    []bool
			}{{fetch.Standard, c.standard}, {keeps, c.kept}} {
				s := chain(c.hops)
				inner := s.answer
				s.answer = func(n int, request *fetch.HTTPRequest) reply {
					r := inner(n, request)
					r.header = append(r.header, acao+"*")
					return r
				}
				run(t, fetch.New(s, fetch.WithProfile(p.profile), fetch.WithJar(&jar{cookies: []string{"id=1"}})), s,
					&fetch.Request{URL: c.hops[0], Mode: c.mode, Credentials: c.credentials})
				var got []bool
				for _, r := range s.log {
					got = append(got, r.get("Cookie") == "id=1")
				}
				if !slices.Equal(got, p.want) {
					t.Errorf("%+v: got %v, want %v", p.profile, got, p.want)
				}
			}
		})
	}
}

// Steps 8.16 to 8.18.
func TestCacheMode(t *testing.T) {
	t.Parallel()

	const none = "absent"
	for _, c := range []struct {
		name                 string
		mode                 fetch.CacheMode
		header               string
		cacheControl, pragma string
	}{
		{"default says nothing", fetch.CacheDefault, "X-A: 1", none, none},
		{"step 8.18: no-store", fetch.CacheNoStore, "X-A: 1", "no-cache", "no-cache"},
		{"step 8.18: reload", fetch.CacheReload, "X-A: 1", "no-cache", "no-cache"},
		{"step 8.17: no-cache", fetch.CacheNoCache, "X-A: 1", "max-age=0", none},
		{"force-cache says nothing", fetch.CacheForceCache, "X-A: 1", none, none},
		{"step 8.17: the author's Cache-Control stays", fetch.CacheNoCache, "Cache-Control: a", "a", none},
		{"step 8.18: the author's Cache-Control stays", fetch.CacheNoStore, "cache-control: a", "a", "no-cache"},
		{"step 8.18: the author's Pragma stays", fetch.CacheReload, "pragma: a", "no-cache", "a"},
		{"step 8.16: If-Modified-Since makes it no-store", fetch.CacheDefault, "If-Modified-Since: a", "no-cache", "no-cache"},
		{"step 8.16: so does If-None-Match", fetch.CacheDefault, "if-none-match: a", "no-cache", "no-cache"},
		{"step 8.16: so does If-Unmodified-Since", fetch.CacheDefault, "If-Unmodified-Since: a", "no-cache", "no-cache"},
		{"step 8.16: so does If-Match", fetch.CacheDefault, "If-Match: a", "no-cache", "no-cache"},
		{"step 8.16: so does If-Range", fetch.CacheDefault, "If-Range: a", "no-cache", "no-cache"},
		{"step 8.16: but only the default", fetch.CacheForceCache, "If-Match: a", none, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{})
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: own, Cache: c.mode, Header: fields(c.header)}), "", "")
			got := s.requests()[0]
			if got.get("Cache-Control") != c.cacheControl || got.get("Pragma") != c.pragma {
				t.Errorf("got Cache-Control %q, Pragma %q; want %q, %q", got.get("Cache-Control"), got.get("Pragma"), c.cacheControl, c.pragma)
			}
		})
	}

	t.Run("step 11.1: only-if-cached finds nothing and sends nothing", func(t *testing.T) {
		t.Parallel()
		s := always(reply{})
		got := run(t, fetch.New(s), s, &fetch.Request{URL: own, Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached})
		wantReason(t, got, fetch.NotInCache, "concept-http-network-or-cache-fetch 11.1")
		wantLines(t, s)
	})

	t.Run("the headers of step 8.18 are no reason for a preflight", func(t *testing.T) {
		t.Parallel()
		s := always(reply{header: []string{public}})
		wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: api, Cache: fetch.CacheNoStore}), "", "")
		wantLines(t, s, "GET "+api)
	})
}

func compress(t testing.TB, open func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentCoding(t *testing.T) {
	t.Parallel()

	gz := func(s string) string {
		return compress(t, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, s)
	}
	zl := func(s string) string {
		return compress(t, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, s)
	}
	raw := compress(t, func(w io.Writer) io.WriteCloser {
		f, err := flate.NewWriter(w, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}, "hello")
	twice := func(s string, n int) string {
		for range n {
			s = gz(s)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		header []string
		body   string
		want   string
		fails  bool
	}{
		{"none", nil, "hello", "hello", false},
		{"identity", []string{"identity"}, "hello", "hello", false},
		{"an empty name", []string{""}, "hello", "hello", false},
		{"gzip", []string{"gzip"}, gz("hello"), "hello", false},
		{"x-gzip", []string{"x-gzip"}, gz("hello"), "hello", false},
		{"GZIP", []string{"GZIP"}, gz("hello"), "hello", false},
		{"gzip in two members", []string{"gzip"}, gz("hel") + gz("lo"), "hello", false},
		{"gzip of nothing", []string{"gzip"}, gz(""), "", false},
		{"deflate as zlib", []string{"deflate"}, zl("hello"), "hello", false},
		{"deflate without zlib", []string{"deflate"}, raw, "hello", false},
		{"two codings, the last one outside", []string{"deflate, gzip"}, gz(zl("hello")), "hello", false},
		{"two codings on two lines", []string{"deflate", "gzip"}, gz(zl("hello")), "hello", false},
		{"two codings in the wrong order", []string{"gzip, deflate"}, gz(zl("hello")), "", true},
		{"four codings", []string{"gzip, gzip, gzip, gzip"}, twice("hello", 4), "hello", false},
		{"five codings", []string{"gzip, gzip, gzip, gzip, gzip"}, twice("hello", 5), "", true},
		{"identity does not count", []string{"gzip, gzip, gzip, identity, , gzip"}, twice("hello", 4), "hello", false},
		{"very many codings", []string{strings.Repeat("gzip,", 1<<16)}, gz("hello"), "", true},
		{"an unknown coding", []string{"br"}, "hello", "", true},
		{"an unknown coding within a known one", []string{"br, gzip"}, gz("hello"), "", true},
		{"gzip that is none", []string{"gzip"}, "hello", "", true},
		{"gzip that breaks off", []string{"gzip"}, gz("hello")[:12], "", true},
		{"gzip with a wrong sum", []string{"gzip"}, flip(gz("hello"), -5), "", true},
		{"zlib that breaks off", []string{"deflate"}, zl("hello")[:4], "", true},
		{"zlib that breaks off after a byte", []string{"deflate"}, zl("hello")[:1], "", true},
		{"zlib with a wrong sum", []string{"deflate"}, flip(zl("hello"), -1), "", true},
		{"deflate that is none", []string{"deflate"}, "\xff\xff\xff", "", true},
		{"an empty body is no coding's", []string{"gzip"}, "", "", false},
		{"an empty body is not deflate's", []string{"deflate"}, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, value := range c.header {
				lines = append(lines, "Content-Encoding: "+value)
			}
			s := always(reply{header: lines, body: c.body})
			got := run(t, fetch.New(s), s, &fetch.Request{URL: own})
			wantReason(t, got, "", "") // A body that cannot be read is no reason to withhold the head.
			if failed := got.bodyErr != nil; failed != c.fails {
				t.Errorf("got error %v, want one %v", got.bodyErr, c.fails)
			}
			if !c.fails && got.body != c.want {
				t.Errorf("got %q, want %q", got.body, c.want)
			}
		})
	}
}

// flip changes one byte, counted from the end.
func flip(s string, i int) string {
	b := []byte(s)
	b[len(b)+i] ^= 0xff
	return string(b)
}

func TestNetworkErrors(t *testing.T) {
	t.Parallel()

	cause := errors.New("cause")
	for _, c := range []struct {
		name string
		err  error
		want fetch.Reason
	}{
		{"step 8: a name without address", &fetch.NetworkError{Reason: fetch.NetworkDNS, Err: cause}, fetch.NetworkDNS},
		{"step 8: nobody listens", &fetch.NetworkError{Reason: fetch.NetworkRefused, Err: cause}, fetch.NetworkRefused},
		{"step 8: no TLS", &fetch.NetworkError{Reason: fetch.NetworkTLS, Err: cause}, fetch.NetworkTLS},
		{"step 8: the transport's own timeout", &fetch.NetworkError{Reason: fetch.NetworkTimeout, Err: cause}, fetch.NetworkTimeout},
		{"step 8: not HTTP", &fetch.NetworkError{Reason: fetch.NetworkProtocol, Err: cause}, fetch.NetworkProtocol},
		{"step 8: too much", &fetch.NetworkError{Reason: fetch.NetworkTooLarge, Err: cause}, fetch.NetworkTooLarge},
		{"step 8: HTTP/1.1 where a stream needs HTTP/2", &fetch.NetworkError{Reason: fetch.StreamNeedsHTTP2, Err: cause}, fetch.StreamNeedsHTTP2},
		{"step 8: an error that says nothing", cause, fetch.NetworkFailed},
		{"step 8: an error of somebody else's context", context.Canceled, fetch.NetworkFailed},
	} {
		for _, preflight := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := always(reply{err: c.err})
				request := &fetch.Request{Client: page(pageURL), URL: api, UseCORSPreflight: preflight}
				response, err := fetch.New(s).Fetch(t.Context(), request)
				if response != nil {
					t.Error("got a response")
				}
				var blocked *fetch.BlockedError
				if !errors.As(err, &blocked) {
					t.Fatalf("got %T, want a *BlockedError", err)
				}
				if blocked.Reason != c.want || blocked.Preflight != preflight || blocked.URL != api ||
					!strings.HasPrefix(blocked.Step, "concept-http-network-fetch ") {
					t.Errorf("got %+v, want reason %s, preflight %v", blocked, c.want, preflight)
				}
				if !errors.Is(err, c.err) {
					t.Errorf("%v does not wrap %v", err, c.err)
				}
				var network *fetch.NetworkError
				if _, want := c.err.(*fetch.NetworkError); errors.As(err, &network) != want { //nolint:errorlint // The row's own type.
					t.Errorf("got a *NetworkError in the chain %v, want %v", !want, want)
				}
				if len(s.requests()) != 1 {
					t.Errorf("sent %q, want nothing after the failure", s.lines())
				}
			})
		}
	}
}

func TestProxyAuthentication(t *testing.T) {
	t.Parallel()
	s := always(reply{status: 407, header: []string{public}})
	got := run(t, fetch.New(s), s, &fetch.Request{URL: own})
	wantReason(t, got, fetch.NetworkFailed, "concept-http-network-or-cache-fetch 16.1")
}

// Step 15: a 401 is an answer like any other, for nobody is there to type a password.
func TestUnauthorized(t *testing.T) {
	t.Parallel()
	s := always(reply{status: 401, header: []string{allowPage, allowCreds, "WWW-Authenticate: Basic"}})
	got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Credentials: fetch.CredentialsInclude})
	wantReason(t, got, "", "")
	if got.response.Status != 401 {
		t.Errorf("got status %d, want 401", got.response.Status)
	}
	wantLines(t, s, "GET "+api)
}

func TestContext(t *testing.T) {
	t.Parallel()

	// A server that never answers.
	silent := transportFunc(func(ctx context.Context, _ *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
		<-ctx.Done()
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: ctx.Err()}
	})
	for _, c := range []struct {
		name  string
		limit func(context.Context) (context.Context, context.CancelFunc)
		want  fetch.Reason
		is    error
	}{
		{"canceled before", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, fetch.Aborted, context.Canceled},
		{"canceled meanwhile", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Millisecond, cancel)
			return ctx, cancel
		}, fetch.Aborted, context.Canceled},
		{"timed out", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Millisecond)
		}, fetch.NetworkTimeout, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := c.limit(t.Context())
			defer cancel()
			_, err := fetch.New(silent).Fetch(ctx, &fetch.Request{Client: page(pageURL), URL: api, Method: "PUT"})
			var blocked *fetch.BlockedError
			if !errors.As(err, &blocked) || blocked.Reason != c.want || !errors.Is(err, c.is) {
				t.Errorf("got %v, want reason %s wrapping %v", err, c.want, c.is)
			}
			if blocked != nil && blocked.Reason.Decided() {
				t.Error("nothing was decided: nobody answered")
			}
		})
	}
}

// The text of an error names the URL, the code, the step and the values, and no more.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fetch.BlockedError{Reason: fetch.BadPort}, "fetch: bad-port"},
		{
			&fetch.BlockedError{Reason: fetch.AllowOriginMismatch, Step: "concept-cors-check 4", Got: `a"b`, Want: pageOrigin, URL: api},
			`fetch: https://api.example/items: allow-origin-mismatch (concept-cors-check 4): got "a\"b", want "https://page.example"`,
		},
		{
			&fetch.BlockedError{
				Reason: fetch.NetworkDNS, URL: api, Err: &fetch.NetworkError{Reason: fetch.NetworkDNS, Err: errors.New("no such host")},
			},
			"fetch: https://api.example/items: network-dns: fetch: network-dns: no such host",
		},
		{&fetch.RequestError{Field: "Method", Value: "TRACE", Want: "another"}, `fetch: Method: "TRACE": want another`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}
