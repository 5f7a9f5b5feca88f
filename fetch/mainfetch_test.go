package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

func TestMainFetchMode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		url    string
		mode   fetch.Mode
		want   fetch.Reason
		kind   fetch.ResponseType
		nosend bool
	}{
		{"step 12: cors at home is basic", own, fetch.ModeCORS, "", fetch.BasicResponse, false},
		{"step 12: cors elsewhere", api, fetch.ModeCORS, "", fetch.CORSResponse, false},
		{"step 12: the default mode is cors", api, "", "", fetch.CORSResponse, false},
		{"step 12: another port is elsewhere", sitePort, "", "", fetch.CORSResponse, false},
		{"step 12: the default port is not", "https://page.example:443/own", "", "", fetch.BasicResponse, false},
		{"step 12: nor is another spelling of the host", "https://PAGE.example/own", "", "", fetch.BasicResponse, false},
		{"step 12: same-origin at home", own, fetch.ModeSameOrigin, "", fetch.BasicResponse, false},
		{"step 12: same-origin elsewhere", api, fetch.ModeSameOrigin, fetch.ModeSameOriginBlocked, "", true},
		{"step 12: no-cors at home is basic", own, fetch.ModeNoCORS, "", fetch.BasicResponse, false},
		{"step 12: no-cors elsewhere is opaque", api, fetch.ModeNoCORS, "", fetch.OpaqueResponse, false},
		{"step 12: a navigation is basic", api, fetch.ModeNavigate, "", fetch.BasicResponse, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: []string{public}, body: "x"})
			got := run(t, fetch.New(s), s, &fetch.Request{URL: c.url, Mode: c.mode})
			wantReason(t, got, c.want, "")
			if got.response != nil && got.response.Type != c.kind {
				t.Errorf("got type %q, want %q", got.response.Type, c.kind)
			}
			if nosend := len(s.requests()) == 0; nosend != c.nosend {
				t.Errorf("sent %q", s.lines())
			}
		})
	}
}

// portsOfTheStandard is the table of https://fetch.spec.whatwg.org/#port-blocking, typed a second time.
var portsOfTheStandard = []uint16{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115,
	117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587,
	601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
	6697, 10080,
}

func TestBadPort(t *testing.T) {
	t.Parallel()
	if got := len(portsOfTheStandard); got != 83 {
		t.Fatalf("the table has %d ports, want 83", got)
	}
	for n := range 1 << 16 {
		port := uint16(n)
		if got, want := fetch.IsBadPort(port), slices.Contains(portsOfTheStandard, port); got != want {
			t.Errorf("port %d: got bad %v, want %v", port, got, want)
		}
	}
}

func TestBadPortIsNotFetchedFrom(t *testing.T) {
	t.Parallel()

	ports := map[int]bool{}
	for _, port := range portsOfTheStandard {
		// The neighbours are fine, unless they are bad themselves.
		for _, n := range []int{int(port) - 1, int(port), int(port) + 1} {
			if n >= 0 {
				ports[n] = slices.Contains(portsOfTheStandard, uint16(n))
			}
		}
	}
	for port, bad := range ports {
		u := fmt.Sprintf("http://localhost:%d/", port)
		want := fetch.Reason("")
		if bad {
			want = fetch.BadPort
		}
		s := always(reply{header: []string{public}})
		got := run(t, fetch.New(s), s, &fetch.Request{URL: u})
		wantReason(t, got, want, strings.Repeat("block-bad-port 2", btoi(bad)))
		if sent := len(s.requests()); sent != 1-btoi(bad) {
			t.Errorf("port %d: sent %q", port, s.lines())
		}

		s = script(to(302, u), reply{header: []string{public}})
		got = run(t, fetch.New(s), s, &fetch.Request{URL: own})
		wantReason(t, got, want, "")
		if sent := len(s.requests()); sent != 2-btoi(bad) {
			t.Errorf("port %d after a redirect: sent %q", port, s.lines())
		}
	}

	for _, c := range []struct {
		name    string
		request fetch.Request
		want    fetch.Reason
	}{
		{"step 2: also with https", fetch.Request{URL: "https://a.example:22/"}, fetch.BadPort},
		{
			"step 2: also for the page's own origin", fetch.Request{Client: page("http://a.example:22/"), URL: "http://a.example:22/"},
			fetch.BadPort,
		},
		{"step 2: also without CORS", fetch.Request{URL: "https://a.example:22/", Mode: fetch.ModeNoCORS}, fetch.BadPort},
		{"step 2: also for a navigation", fetch.Request{URL: "https://a.example:22/", Mode: fetch.ModeNavigate}, fetch.BadPort},
		{"step 2: leading zeros do not help", fetch.Request{URL: "https://a.example:00022/"}, fetch.BadPort},
		{"step 2: the port that the scheme implies is fine", fetch.Request{URL: "https://a.example/"}, ""},
		{
			"step 2: other schemes are refused for what they are",
			fetch.Request{Client: page("http://a.example/"), URL: "ftp://a.example:22/"}, fetch.SchemeBlocked,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: []string{public}})
			wantReason(t, run(t, fetch.New(s), s, &c.request), c.want, "")
		})
	}
}

func TestMixedContent(t *testing.T) {
	t.Parallel()

	secure := page(pageURL)
	insecure := page("http://page.example/")
	local := page("http://localhost:3000/")
	for _, c := range []struct {
		name    string
		request fetch.Request
		want    fetch.Reason
		url     string // what is sent, if not what was asked for
	}{
		{"step 7: a secure page and an insecure URL", fetch.Request{Client: secure, URL: "http://api.example/"}, fetch.MixedContent, ""},
		{"step 7: also without CORS", fetch.Request{Client: secure, URL: "http://api.example/", Mode: fetch.ModeNoCORS}, fetch.MixedContent, ""},
		{"step 7: also for the page's own host", fetch.Request{Client: secure, URL: "http://page.example/"}, fetch.MixedContent, ""},
		{"step 7: also for an address of a private network", fetch.Request{Client: secure, URL: "http://192.168.0.1/"}, fetch.MixedContent, ""},
		{"step 7: a secure URL", fetch.Request{Client: secure, URL: "https://api.example/"}, "", ""},
		{"step 7: loopback is trusted", fetch.Request{Client: secure, URL: "http://127.0.0.1:8000/"}, "", ""},
		{"step 7: so is the last address of loopback", fetch.Request{Client: secure, URL: "http://127.255.255.255/"}, "", ""},
		{"step 7: but not the first one after it", fetch.Request{Client: secure, URL: "http://128.0.0.1/"}, fetch.MixedContent, ""},
		{"step 7: IPv6 loopback is trusted", fetch.Request{Client: secure, URL: "http://[::1]/"}, "", ""},
		{"step 7: localhost is trusted", fetch.Request{Client: secure, URL: "http://localhost:8000/"}, "", ""},
		{"step 7: so are names below it", fetch.Request{Client: secure, URL: "http://api.localhost/"}, "", ""},
		{"step 7: but not names that contain it", fetch.Request{Client: secure, URL: "http://localhost.example/"}, fetch.MixedContent, ""},
		{"step 7: an insecure page may", fetch.Request{Client: insecure, URL: "http://api.example/"}, "", ""},
		{"step 7: a page on http://localhost may, as in browsers", fetch.Request{Client: local, URL: "http://api.example/"}, "", ""},
		{"step 7: a navigation may", fetch.Request{Client: secure, URL: "http://api.example/", Mode: fetch.ModeNavigate}, "", ""},
		{"step 7: a sandboxed page goes by its URL", fetch.Request{Client: sandboxed(), URL: "http://api.example/"}, fetch.MixedContent, ""},

		{
			"step 6: an image is upgraded", fetch.Request{Client: secure, URL: "http://api.example/a?b", Destination: "image"}, "",
			"https://api.example/a?b",
		},
		{"step 6: so is audio", fetch.Request{Client: secure, URL: "http://api.example/", Destination: "audio"}, "", "https://api.example/"},
		{"step 6: and video", fetch.Request{Client: secure, URL: "http://api.example/", Destination: "video"}, "", "https://api.example/"},
		{
			"step 6: the port stays", fetch.Request{Client: secure, URL: "http://api.example:8000/", Destination: "image"}, "",
			"https://api.example:8000/",
		},
		{
			"step 6: a script is not upgraded", fetch.Request{Client: secure, URL: "http://api.example/", Destination: "script"},
			fetch.MixedContent, "",
		},
		{
			"step 6: nor is an image from an address", fetch.Request{Client: secure, URL: "http://192.0.2.1/", Destination: "image"},
			fetch.MixedContent, "",
		},
		{
			"step 6: nor from an IPv6 address", fetch.Request{Client: secure, URL: "http://[2001:db8::1]/", Destination: "image"},
			fetch.MixedContent, "",
		},
		{
			"step 6: an image from loopback stays", fetch.Request{Client: secure, URL: "http://localhost/", Destination: "image"}, "",
			"http://localhost/",
		},
		{
			"step 6: an insecure page's image stays", fetch.Request{Client: insecure, URL: "http://api.example/", Destination: "image"},
			"", "http://api.example/",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.url == "" {
				c.url = c.request.URL
			}
			s := always(reply{header: []string{public}})
			wantReason(t, run(t, fetch.New(s), s, &c.request), c.want, "")
			if c.want == "" {
				wantLines(t, s, "GET "+c.url)
			} else {
				wantLines(t, s)
			}

			// A redirect gets nobody around it. (It comes from the page itself, so that nothing else can be wrong.)
			request := c.request
			request.URL = request.Client.Origin.String() + "/redirect"
			if request.Client.Origin.IsOpaque() {
				return
			}
			s = script(to(302, c.request.URL), reply{header: []string{public}})
			wantReason(t, run(t, fetch.New(s), s, &request), c.want, "")
			if sent := len(s.requests()); sent != 1+btoi(c.want == "") {
				t.Errorf("after a redirect: sent %q", s.lines())
			}
		})
	}
}

func TestSchemeFetch(t *testing.T) {
	t.Parallel()

	const (
		main   = "concept-main-fetch 12"
		scheme = "concept-scheme-fetch 4"
	)
	for _, c := range []struct {
		name        string
		url         string
		mode        fetch.Mode
		want        fetch.Reason
		step        string
		contentType string
		body        string
	}{
		{"data: text", "data:text/plain,hi", "", "", "", "text/plain", "hi"},
		{"data: nothing at all", "data:,", "", "", "", "text/plain;charset=US-ASCII", ""},
		{"data: the default type", "data:,hi", "", "", "", "text/plain;charset=US-ASCII", "hi"},
		{"data: a parameter alone", "data:;charset=utf-8,hi", "", "", "", "text/plain;charset=utf-8", "hi"},
		{"data: a type that is none", "data:nonsense,hi", "", "", "", "text/plain;charset=US-ASCII", "hi"},
		{"data: percent-encoded", "data:text/plain,a%20b%2C%zz%4", "", "", "", "text/plain", "a b,%zz%4"},
		{"data: every comma but the first belongs to the body", "data:text/plain,a,b", "", "", "", "text/plain", "a,b"},
		{"data: the fragment does not", "data:text/plain,a#b", "", "", "", "text/plain", "a"},
		{"data: base64", "data:text/plain;base64,aGk=", "", "", "", "text/plain", "hi"},
		{"data: base64 without padding", "data:text/plain;base64,aGk", "", "", "", "text/plain", "hi"},
		{"data: base64 with white space and percent-encoding", "data:text/plain;base64,aG%20k%3D", "", "", "", "text/plain", "hi"},
		{"data: base64 in capitals after a space", "data:text/plain; BASE64,aGk=", "", "", "", "text/plain", "hi"},
		{"data: base64 of one digit", "data:text/plain;base64,a", "", fetch.SchemeBlocked, scheme, "", ""},
		{"data: base64 with too much padding", "data:text/plain;base64,aGk==", "", fetch.SchemeBlocked, scheme, "", ""},
		{"data: base64 with an alien", "data:text/plain;base64,aG!k", "", fetch.SchemeBlocked, scheme, "", ""},
		{"data: no comma", "data:text/plain", "", fetch.SchemeBlocked, scheme, "", ""},
		{"data: in mode same-origin", "data:,hi", fetch.ModeSameOrigin, "", "", "text/plain;charset=US-ASCII", "hi"},
		{"data: in mode no-cors it is basic too", "data:,hi", fetch.ModeNoCORS, "", "", "text/plain;charset=US-ASCII", "hi"},

		{"about:blank by fetch()", "about:blank", "", fetch.SchemeBlocked, main, "", ""},
		{"about:blank by navigation", "about:blank", fetch.ModeNavigate, "", "", "text/html;charset=utf-8", ""},
		{"about:srcdoc by navigation", "about:srcdoc", fetch.ModeNavigate, fetch.SchemeBlocked, scheme, "", ""},
		{"blob: of the page's origin, but nobody made it", "blob:https://page.example/0-0", "", fetch.SchemeBlocked, scheme, "", ""},
		{"blob: of another origin", "blob:https://api.example/0-0", "", fetch.SchemeBlocked, main, "", ""},
		{"file:", "file:///etc/hostname", "", fetch.SchemeBlocked, main, "", ""},
		{"file: without CORS", "file:///etc/hostname", fetch.ModeNoCORS, fetch.SchemeBlocked, scheme, "", ""},
		{"file: in mode same-origin", "file:///etc/hostname", fetch.ModeSameOrigin, fetch.ModeSameOriginBlocked, main, "", ""},
		{"ftp:", "ftp://api.example/", "", fetch.SchemeBlocked, main, "", ""},
		{"javascript:", "javascript:1", "", fetch.SchemeBlocked, main, "", ""},
		{"mailto:", "mailto:a@b.example", "", fetch.SchemeBlocked, main, "", ""},
		{"a scheme nobody knows", "foo://bar", "", fetch.SchemeBlocked, main, "", ""},
		{"ws:", "ws://api.example/", "", fetch.SchemeBlocked, main, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{})
			client := page("http://page.example/") // A secure page has mixed content to think of first.
			if strings.Contains(c.url, "https://page.example") {
				client = page(pageURL)
			}
			got := run(t, fetch.New(s), s, &fetch.Request{Client: client, URL: c.url, Mode: c.mode})
			wantReason(t, got, c.want, c.step)
			wantLines(t, s)
			if got.response == nil {
				return
			}
			if got.response.Type != fetch.BasicResponse || got.response.Status != 200 || got.response.StatusText != "OK" {
				t.Errorf("got %+v, want a basic 200 OK", got.response)
			}
			if want := []string{contentType + c.contentType}; !slices.Equal(texts(got.response.Header), want) || got.body != c.body {
				t.Errorf("got %q and %q, want %q and %q", texts(got.response.Header), got.body, want, c.body)
			}
			if want, _, _ := strings.Cut(c.url, "#"); got.response.URL != want {
				t.Errorf("got URL %q, want %q", got.response.URL, want)
			}
		})
	}
}

// A file is potentially trustworthy, whatever else may be wrong with fetching it: it is no mixed content.
func TestSchemeOfASecurePage(t *testing.T) {
	t.Parallel()
	for u, want := range map[string]fetch.Reason{
		"file:///etc/hostname": fetch.SchemeBlocked,
		"about:srcdoc":         fetch.SchemeBlocked,
		"blob:" + api:          fetch.SchemeBlocked,
		"wss://api.example/":   fetch.SchemeBlocked,
		"ws://api.example/":    fetch.MixedContent,
		"ftp://api.example/":   fetch.MixedContent,
		"data:,x":              "",
	} {
		s := always(reply{})
		got := run(t, fetch.New(s), s, &fetch.Request{URL: u})
		if got.reason() != want {
			t.Errorf("%s: got %q, want %q", u, got.reason(), want)
		}
	}
}

func TestResponseFiltering(t *testing.T) {
	t.Parallel()

	const include = fetch.CredentialsInclude
	response := []string{
		contentType + "text/plain", "X-A: 1", "x-b: 2", "X-A: 3", "Set-Cookie: id=1", "set-cookie2: id=1", "Cache-Control: no-store", "ETag: 4",
		"Content-Language: en", "Content-Length: 4", "Expires: 0", "Last-Modified: now", "Pragma: x", "*: star",
	}
	safe := []string{
		contentType + "text/plain", "Cache-Control: no-store", "Content-Language: en", "Content-Length: 4", "Expires: 0",
		"Last-Modified: now", "Pragma: x",
	}
	for _, c := range []struct {
		name        string
		url         string
		credentials fetch.CredentialsMode
		header      []string
		hidden      []string // "" and up: everything but the hidden is seen
		seen        []string // in addition to the safelist
	}{
		{"a basic response hides cookies only", own, "", nil, []string{"set-cookie", "set-cookie2"}, nil},
		{"a basic response exposes no cookies either", own, "", []string{aceh + "set-cookie"}, []string{"set-cookie", "set-cookie2"}, nil},
		{"step 14.1: nothing exposed but the safelist", api, "", nil, nil, []string{}},
		{"step 14.1.3: one name", api, "", []string{aceh + "X-A"}, nil, []string{"X-A: 1", "X-A: 3"}},
		{"step 14.1.3: in any case", api, "", []string{aceh + "X-B, etag"}, nil, []string{"x-b: 2", "ETag: 4"}},
		{"step 14.1.3: on two lines", api, "", []string{aceh + "x-a", aceh + "x-b"}, nil, []string{"X-A: 1", "x-b: 2", "X-A: 3"}},
		{"step 14.1.3: a name that is not there", api, "", []string{aceh + "X-C"}, nil, []string{}},
		{"step 14.1.3: a list that is none exposes nothing", api, "", []string{aceh + "X-A X-B"}, nil, []string{}},
		{"step 14.1.3: one bad line spoils the good ones", api, "", []string{aceh + "X-A", aceh + "(x)"}, nil, []string{}},
		{"step 14.1.3: Set-Cookie is never exposed", api, "", []string{aceh + "Set-Cookie, Set-Cookie2"}, nil, []string{}},
		{"step 14.1.2: the wildcard exposes all but cookies", api, "", []string{aceh + "*"}, []string{"set-cookie", "set-cookie2"}, nil},
		{"step 14.1.2: among others too", api, "", []string{aceh + "X-A, *"}, []string{"set-cookie", "set-cookie2"}, nil},
		{"step 14.1.2: also with omit", api, fetch.CredentialsOmit, []string{aceh + "*"}, []string{"set-cookie", "set-cookie2"}, nil},
		{"step 14.1.3: with include it is a header's name", api, include, []string{aceh + "*"}, nil, []string{"*: star"}},
		{"step 14.1.3: names count with include", api, include, []string{aceh + "*, X-B"}, nil, []string{"x-b: 2", "*: star"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := slices.Concat(response, c.header, []string{allowPage, allowCreds})
			s := always(reply{header: all, body: "body"})
			got := run(t, fetch.New(s), s, &fetch.Request{URL: c.url, Credentials: c.credentials})
			wantReason(t, got, "", "")
			var want []string
			for _, line := range all {
				name, _, _ := strings.Cut(line, ":")
				visible := c.seen == nil && !slices.Contains(c.hidden, strings.ToLower(name))
				if c.seen != nil {
					visible = slices.Contains(safe, line) || slices.Contains(c.seen, line)
				}
				if visible {
					want = append(want, line)
				}
			}
			if !slices.Equal(texts(got.response.Header), want) {
				t.Errorf("got header\n%s\nwant\n%s", strings.Join(texts(got.response.Header), "\n"), strings.Join(want, "\n"))
			}
			if got.response.Status != 200 || got.response.StatusText != "Fine" || got.body != "body" || got.response.URL != c.url {
				t.Errorf("got %+v with body %q", got.response, got.body)
			}
		})
	}

	t.Run("step 14.2: an opaque response is nothing to look at", func(t *testing.T) {
		t.Parallel()
		s := routes(map[string]reply{
			api:   to(302, other),
			other: {status: 404, header: append(response, allowPage, aceh+"*"), body: "secret"},
		})
		got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS})
		wantReason(t, got, "", "")
		r := got.response
		if r.Type != fetch.OpaqueResponse || r.Status != 0 || r.StatusText != "" || r.URL != "" || r.Redirected ||
			len(r.Header) != 0 || got.body != "" {
			t.Errorf("got %+v with body %q, want nothing", r, got.body)
		}
	})
}

func TestNullBody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		method string
		status int
		want   string
	}{
		{"step 22: 200 has a body", "GET", 200, "body"},
		{"step 22: HEAD has none", "HEAD", 200, ""},
		{"step 22: 404 to HEAD has none", "HEAD", 404, ""},
		{"step 22: 101 has none", "GET", 101, ""},
		{"step 22: 103 has none", "GET", 103, ""},
		{"step 22: 203 has one", "GET", 203, "body"},
		{"step 22: 204 has none", "GET", 204, ""},
		{"step 22: 205 has none", "GET", 205, ""},
		{"step 22: 206 has one", "GET", 206, "body"},
		{"step 22: 304 has none", "GET", 304, ""},
		{"step 22: 500 has one", "GET", 500, "body"},
	} {
		for _, u := range []string{own, api} {
			t.Run(c.name+"/"+u, func(t *testing.T) {
				t.Parallel()
				// A coding must not be undone where there is no body.
				s := always(reply{status: c.status, header: []string{public, "Content-Encoding: identity"}, body: "body"})
				got := run(t, fetch.New(s), s, &fetch.Request{URL: u, Method: c.method})
				wantReason(t, got, "", "")
				if got.body != c.want || got.bodyErr != nil || got.response.Status != c.status {
					t.Errorf("got status %d, body %q, %v; want %d, %q", got.response.Status, got.body, got.bodyErr, c.status, c.want)
				}
			})
		}
	}
}

func TestCrossOriginResourcePolicy(t *testing.T) {
	t.Parallel()

	const corp = "Cross-Origin-Resource-Policy: "
	insecure := page("http://page.example/")
	for _, c := range []struct {
		name   string
		client fetch.Environment
		url    string
		mode   fetch.Mode
		header []string
		want   fetch.Reason
	}{
		{"step 2: absent", page(pageURL), api, fetch.ModeNoCORS, nil, ""},
		{"step 5: same-origin from elsewhere", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "same-origin"}, fetch.CORPBlocked},
		{"step 5: same-origin from another port", page(pageURL), sitePort, fetch.ModeNoCORS, []string{corp + "same-origin"}, fetch.CORPBlocked},
		{"step 5: same-origin at home", page(pageURL), own, fetch.ModeNoCORS, []string{corp + "same-origin"}, ""},
		{"step 5: same-site from elsewhere", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "same-site"}, fetch.CORPBlocked},
		{"step 5: same-site from another port", page(pageURL), sitePort, fetch.ModeNoCORS, []string{corp + "same-site"}, ""},
		{"step 5: same-site from a subdomain", page(pageURL), siteSub, fetch.ModeNoCORS, []string{corp + "same-site"}, ""},
		{
			"step 5: same-site from a secure server to an insecure page", insecure, siteSub, fetch.ModeNoCORS,
			[]string{corp + "same-site"}, fetch.CORPBlocked,
		},
		{
			"step 5: same-site from an insecure server to an insecure page", insecure, "http://sub.page.example/", fetch.ModeNoCORS,
			[]string{corp + "same-site"}, "",
		},
		{"step 5: cross-origin", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "cross-origin"}, ""},
		{"step 3: an unknown value is none", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "nobody"}, ""},
		{"step 3: nor is one in capitals", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "Same-Origin"}, ""},
		{"step 3: nor one that is there twice", page(pageURL), api, fetch.ModeNoCORS, []string{corp + "same-origin", corp + "same-origin"}, ""},
		{"step 5: an opaque origin is nobody's neighbour", sandboxed(), own, fetch.ModeNoCORS, []string{corp + "same-site"}, fetch.CORPBlocked},
		{"HTTP fetch step 5: it is not for CORS requests", page(pageURL), api, fetch.ModeCORS, []string{corp + "same-origin", public}, ""},
		{"HTTP fetch step 5: nor for navigations", page(pageURL), api, fetch.ModeNavigate, []string{corp + "same-origin"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: c.header})
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{Client: c.client, URL: c.url, Mode: c.mode}), c.want, "")
		})
	}

	t.Run("HTTP fetch step 5: it is for redirects, before they are followed", func(t *testing.T) {
		t.Parallel()
		s := script(to(302, other, corp+"same-origin"), reply{})
		wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS}), fetch.CORPBlocked, "")
		wantLines(t, s, "GET "+api)
	})
}

func TestTypesThatDoNotFit(t *testing.T) {
	t.Parallel()

	const nosniff = "X-Content-Type-Options: nosniff"
	for _, c := range []struct {
		name        string
		destination string
		header      []string
		want        fetch.Reason
	}{
		{"MIME type, step 4: a script that is an image", "script", []string{contentType + "image/png"}, fetch.MIMETypeBlocked},
		{"MIME type, step 4: a script that is audio", "script", []string{contentType + "Audio/ogg"}, fetch.MIMETypeBlocked},
		{"MIME type, step 4: a script that is video", "script", []string{contentType + "video/mp4;x=y"}, fetch.MIMETypeBlocked},
		{"MIME type, step 4: a script that is CSV", "script", []string{contentType + "text/csv"}, fetch.MIMETypeBlocked},
		{"MIME type, step 4: a worker that is CSV", "worker", []string{contentType + "text/csv"}, fetch.MIMETypeBlocked},
		{"MIME type, step 4: a script that is plain text", "script", []string{contentType + "text/plain"}, ""},
		{"MIME type, step 2: a script without a type", "script", nil, ""},
		{"MIME type, step 4: an image that is an image", "image", []string{contentType + "image/png"}, ""},
		{"MIME type, step 4: fetch() may have what it likes", "", []string{contentType + "image/png"}, ""},

		{"nosniff, step 4: a script that is a script", "script", []string{nosniff, contentType + "text/javascript"}, ""},
		{"nosniff, step 4: an old name for one", "script", []string{nosniff, contentType + "application/x-ecmascript"}, ""},
		{"nosniff, step 4: a script that is plain text", "script", []string{nosniff, contentType + "text/plain"}, fetch.NosniffBlocked},
		{"nosniff, step 4: a script without a type", "script", []string{nosniff}, fetch.NosniffBlocked},
		{"nosniff, step 5: a style sheet that is one", "style", []string{nosniff, contentType + "text/css"}, ""},
		{"nosniff, step 5: a style sheet that is plain text", "style", []string{nosniff, contentType + "text/plain"}, fetch.NosniffBlocked},
		{"nosniff, step 5: a style sheet without a type", "style", []string{nosniff}, fetch.NosniffBlocked},
		{"nosniff, step 1: nobody asked for it", "style", []string{contentType + "text/plain"}, ""},
		{"nosniff, step 1: in capitals", "style", []string{"x-content-type-options: NoSniff", contentType + "text/plain"}, fetch.NosniffBlocked},
		{"nosniff, step 1: the first value counts", "style", []string{"X-Content-Type-Options: sniff, nosniff", contentType + "text/plain"}, ""},
		{"nosniff, step 6: an image that is none", "image", []string{nosniff, contentType + "text/plain"}, ""},
		{"nosniff, step 6: fetch() may have what it likes", "", []string{nosniff, contentType + "text/plain"}, ""},
		{"the MIME type is looked at before nosniff", "script", []string{nosniff, contentType + "image/png"}, fetch.MIMETypeBlocked},
	} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
			t.Run(c.name+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				s := always(reply{header: append(c.header, public), body: "x"})
				wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: api, Mode: mode, Destination: c.destination}), c.want, "")
			})
		}
	}
}

// Step 21 needs a response from a cache to fail; without one a 206 is always the answer to a Range.
func TestRangeStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{206, 416} {
		s := always(reply{status: status, header: []string{public}, body: "x"})
		wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: api, Mode: fetch.ModeNoCORS}), "", "")
		got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Header: fields("Range: bytes=0-1")})
		wantReason(t, got, "", "")
	}
}
