package fetch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// A drawing is a request and the servers it meets, made of what a fuzzer brings.
type drawing struct {
	request   fetch.Request
	profile   fetch.Profile
	preflight reply
	actual    reply
}

// The bits of a drawing's options.
const (
	drawCredentials = 3 << 0 // default, omit, same-origin, include
	drawMode        = 3 << 2 // default, same-origin, no-cors, navigate
	drawRedirect    = 3 << 4 // default, follow, error, manual
	drawListener    = 1 << 6
	drawBrowsers    = 1 << 7
	drawOpaque      = 1 << 8
	drawScript      = 1 << 9
)

func draw(method, url string, options uint16, requestHeader, preflightHeader, actualHeader string, status uint16) drawing {
	// Raw lines, without the care that fields takes: a server may send anything but line ends.
	lines := func(s string) []string {
		return slices.DeleteFunc(strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n"), func(line string) bool { return line == "" })
	}
	d := drawing{
		request: fetch.Request{
			Client: page(pageURL), URL: url, Method: method, Header: fields(lines(requestHeader)...),
			Credentials: []fetch.CredentialsMode{
				"", fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude,
			}[options&drawCredentials],
			Mode:             []fetch.Mode{"", fetch.ModeSameOrigin, fetch.ModeNoCORS, fetch.ModeNavigate}[options&drawMode>>2],
			Redirect:         []fetch.RedirectMode{"", fetch.RedirectFollow, fetch.RedirectError, fetch.RedirectManual}[options&drawRedirect>>4],
			UseCORSPreflight: options&drawListener != 0,
		},
		// The low digits are the request's status, the high ones the preflight's: both from 200 up, so that most get somewhere.
		preflight: reply{status: 200 + int(status>>9)*3, header: lines(preflightHeader)},
		actual:    reply{status: 200 + int(status&0x1ff), header: lines(actualHeader)},
	}
	if options&drawBrowsers != 0 {
		d.profile = fetch.Browsers
	}
	if options&drawOpaque != 0 {
		d.request.Client = sandboxed()
	}
	if options&drawScript != 0 {
		d.request.Destination = "script"
	}
	return d
}

// server answers alike wherever a request goes.
func (d drawing) server() *server {
	return &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
		if request.Method == "OPTIONS" && header.List(request.Header).Contains(header.AccessControlRequestMethod) {
			return d.preflight
		}
		return d.actual
	}}
}

// without is d with servers that never say name.
func (d drawing) without(name string) drawing {
	drop := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			n, _, _ := strings.Cut(line, ":")
			return strings.EqualFold(n, name)
		})
	}
	d.preflight.header, d.actual.header = drop(d.preflight.header), drop(d.actual.header)
	return d
}

// possible reports whether a page can make the request at all.
func (d drawing) possible(t *testing.T) bool {
	t.Helper()
	response, err := fetch.New(transportFunc(func(context.Context, *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
		return nil, errors.New("not today")
	})).Fetch(t.Context(), &d.request)
	if err == nil {
		response.Body.Close()
	}
	_, impossible := errors.AsType[*fetch.RequestError](err)
	return !impossible
}

// FuzzFetch lets any request meet any server, and asserts what holds for all of them:
//
//   - a trace changes neither the verdict nor what is sent, and keeps its own promises;
//   - a server that says less allows no more, with the exceptions that the standard makes;
//   - what the preflight cache lets through, a fresh preflight would allow.
func FuzzFetch(f *testing.F) {
	const include = 3
	add := func(method string, options uint16, requestHeader, preflightHeader, actualHeader string, status uint16) {
		f.Add(method, api, options, requestHeader, preflightHeader, actualHeader, status, "PUT", "X-A: 1")
	}
	add("GET", 0, "", "", "", 0)
	add("GET", 0, "", "", public, 0)
	add("GET", include, "", "", allowPage+"\n"+allowCreds, 0)
	add("GET", include, "", "", public+"\n"+allowCreds, 0)
	add("GET", drawOpaque, "", "", acao+"null", 0)
	add("PUT", 0, "X-A: 1", public+"\n"+acam+"PUT\n"+acah+"x-a", public, 0)
	add("PUT", drawBrowsers, "Authorization: x", public+"\n"+acam+"*\n"+acah+"*\n"+acma+"600", public+"\n"+aceh+"*", 0)
	add("PUT", drawListener, "", public, public, 0)
	add("PUT", 0, "", public+"\n"+acam+"a b", public, 0)
	add("PUT", drawListener, "", public+"\n"+acam+"DELETE", public, 0)
	add("POST", 0, "Content-Type: application/json", public+"\n"+acah+"a;b", public, 0)
	add("GET", 0, "", "", public+"\n"+public, 0)
	add("GET", 0, "", "", public+"\nLocation: "+other, 102)
	add("PUT", 0, "", public+"\n"+acam+"PUT", public+"\nLocation: "+other, 107)
	add("PUT", 0, "", public+"\n"+acam+"PUT\nLocation: /", public, 101<<9/3)
	add("GET", 3<<4, "", "", public+"\nLocation: /b", 102)
	add("GET", 2<<2, "", "", "Cross-Origin-Resource-Policy: same-site", 0)
	add("GET", 2<<2|drawScript, "", "", "Content-Type: image/png\nX-Content-Type-Options: nosniff\nContent-Encoding: gzip", 0)
	// A wildcard that was stored with credentials must not let another method or header through.
	add("GET", include, "X-A: 1", allowPage+"\n"+allowCreds+"\n"+acam+"*\n"+acah+"x-a", allowPage+"\n"+allowCreds, 0)
	f.Add("PUT", api, uint16(include), "", allowPage+"\n"+allowCreds+"\n"+acam+"PUT\n"+acah+"*", allowPage+"\n"+allowCreds, uint16(0),
		"GET", "X-A: 1")
	f.Add("PUT", own, uint16(0), "X-A: 1", public+"\n"+acam+"PUT\n"+acah+"x-a", public+"\nLocation: https://user@page.example", uint16(107),
		"PUT", "")
	f.Add("GET", "data:text/plain;base64,aGk", uint16(0), "", "", "", uint16(0), "GET", "")
	f.Add("GET", "http://api.example:22/", uint16(0), "", "", "", uint16(0), "GET", "")

	f.Fuzz(func(
		t *testing.T, method, url string, options uint16, requestHeader, preflightHeader, actualHeader string, status uint16,
		nextMethod, nextHeader string,
	) {
		if len(url)+len(requestHeader)+len(preflightHeader)+len(actualHeader)+len(nextHeader) > 8<<10 {
			return // Long values have benchmarks.
		}
		d := draw(method, url, options, requestHeader, preflightHeader, actualHeader, status)
		if !d.possible(t) {
			return
		}
		plain := d.server()
		base := run(t, fetch.New(plain, fetch.WithProfile(d.profile)), plain, &d.request)

		traced := d.server()
		ctx, events := record(t.Context())
		watched := runContext(ctx, t, fetch.New(traced, fetch.WithProfile(d.profile)), traced, &d.request)
		sameOutcome(t, watched, base)
		sameRequests(t, traced, plain)
		checkTrace(t, *events, watched, traced.requests())

		if base.blocked != nil {
			checkLessAllowsNoMore(t, d, base.blocked)
		}
		next := draw(nextMethod, url, options, nextHeader, preflightHeader, actualHeader, status)
		next.request.Client = d.request.Client // Two opaque origins would be two.
		if next.possible(t) {
			checkCacheAllowsNoMore(t, d, next)
		}
	})
}

// checkLessAllowsNoMore takes away all lines of one name at a time. One line of several is another matter: of two origins the right
// one may be left.
func checkLessAllowsNoMore(t *testing.T, d drawing, blocked *fetch.BlockedError) {
	t.Helper()
	for _, name := range []string{
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
		"Access-Control-Expose-Headers", "Access-Control-Max-Age",
	} {
		less := d.without(name)
		s := less.server()
		got := run(t, fetch.New(s, fetch.WithProfile(d.profile)), s, &less.request)
		if got.blocked != nil {
			continue
		}
		switch {
		// 7.3. A list that cannot be parsed is worse than none.
		case name == "Access-Control-Allow-Methods" && blocked.Reason == fetch.AllowMethodsInvalid:
		case name == "Access-Control-Allow-Headers" && blocked.Reason == fetch.AllowHeadersInvalid:
		// 7.4. With a listener no list is better than one without the method.
		case name == "Access-Control-Allow-Methods" && d.request.UseCORSPreflight &&
			slices.Contains([]fetch.Reason{fetch.MethodNotAllowed, fetch.MethodCaseMismatch, fetch.AllowMethodsWildcard}, blocked.Reason):
		default:
			t.Errorf("without %s the request is allowed; with it: %v", name, blocked)
		}
	}
}

// checkCacheAllowsNoMore makes a second request after the first, and alone.
func checkCacheAllowsNoMore(t *testing.T, first, second drawing) {
	t.Helper()
	s := first.server()
	client := fetch.New(s, fetch.WithProfile(first.profile), fetch.WithClock(newClock().Now))
	run(t, client, s, &first.request)
	cached := run(t, client, s, &second.request)

	fresh := second.server()
	alone := run(t, fetch.New(fresh, fetch.WithProfile(first.profile)), fresh, &second.request)
	if cached.blocked == nil && alone.blocked != nil {
		t.Errorf("the cache let through what is refused: %v; sent %q, then alone %q", alone.blocked, s.lines(), fresh.lines())
	}
	if cached.blocked != nil && alone.blocked == nil {
		t.Errorf("the cache made a refusal of what is allowed: %v; sent %q", cached.blocked, s.lines())
	}
}
