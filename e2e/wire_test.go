package e2e_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/e2e/browser"
	"github.com/drawbridge-cors/drawbridge/e2e/page"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
	"github.com/drawbridge-cors/drawbridge/header"
)

// visitTime is how long a browser may take for a page with all its calls, on a busy machine.
const visitTime = 2 * time.Minute

// A wireCase is something that pages do. Its calls are made one after the other.
type wireCase struct {
	name  string
	calls []page.Call
}

func fields(pairs ...string) []header.Field {
	var list []header.Field
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, header.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

// wireCases all go to paths of their own, so that no preflight is saved by a call before.
var wireCases = []wireCase{
	{"a GET to another site", []page.Call{{URL: "{x1}/get?a=1&b#fragment"}}},
	{"a GET to another origin of the same site", []page.Call{{URL: "{ss}/get"}}},
	{"a GET to the page's own origin has no Origin and the whole Referer", []page.Call{{URL: "/get"}}},
	{"a HEAD", []page.Call{{URL: "{x1}/head", Method: "head"}}},
	{"a POST of text", []page.Call{{URL: "{x1}/post", Method: "POST", Body: new("grüße")}}},
	{"a POST to the page's own origin has an Origin", []page.Call{{URL: "{page}/post", Method: "POST", Body: new("text")}}},
	{"a POST without a body says so", []page.Call{{URL: "{x1}/post-nothing", Method: "POST"}}},
	{"a PUT of JSON with two headers", []page.Call{{
		URL: "{x1}/put", Method: "PUT", Header: fields("X-Second", "2", "Content-Type", "application/json", "X-First", "1"), Body: new(`{"a":1}`),
	}}},
	{"a put in lower case is a PUT", []page.Call{{URL: "{x1}/put-lower", Method: "put"}}},
	{"a patch in lower case stays so", []page.Call{{URL: "{x1}/patch", Method: "patch", Body: new("text")}}},
	{"a DELETE without a body", []page.Call{{URL: "{x1}/delete", Method: "DELETE"}}},
	{"a method of one's own", []page.Call{{URL: "{x1}/method", Method: "cHiCkEn.!#$%&'*+-^_`|~"}}},
	{"Authorization", []page.Call{{URL: "{x1}/auth", Header: fields("Authorization", "Bearer abc")}}},
	{"odd bytes in an unsafe header", []page.Call{{URL: "{x1}/odd", Header: fields("X-Odd", "a\x01b\x7fc\xe9\"<(")}}},
	{"tabs and spaces in and around a value", []page.Call{{URL: "{x1}/space", Header: fields("X-Space", " \t a \t  b\t ")}}},
	{"an empty value", []page.Call{{URL: "{x1}/empty", Header: fields("X-Empty", "")}}},
	{"repeated headers become one", []page.Call{{URL: "{x1}/repeated", Header: fields("X-A", "1", "x-a", "2", "X-B", "3", "X-A", "1")}}},
	{"an empty repeat counts", []page.Call{{URL: "{x1}/repeated-empty", Header: fields("X-A", "1", "X-A", "")}}},
	{"safelisted headers need no preflight", []page.Call{{
		URL:    "{x1}/safe",
		Header: fields("Accept", "text/html", "Accept-Language", authorLanguage, "Content-Language", "de, fr", "Content-Type", "text/plain; charset=x"),
	}}},
	{"129 bytes of Accept need one", []page.Call{
		{URL: "{x1}/accept-128", Header: fields("Accept", strings.Repeat("a", 128))},
		{URL: "{x1}/accept-129", Header: fields("Accept", strings.Repeat("a", 129))},
	}},
	{"forbidden headers are dropped", []page.Call{{
		URL: "{x1}/forbidden",
		Header: fields("Cookie", "a=b", "Host", "evil.example", "Origin", "http://evil.example", "Sec-Fetch-Site", "none", "Proxy-X", "1",
			"Access-Control-Request-Method", "GET", "Referer", "http://evil.example/", "X-HTTP-Method-Override", "TRACE", "X-Kept", "1"),
	}}},
	{"a plain range needs no preflight", []page.Call{{URL: "{x1}/range", Header: fields("Range", "bytes=0-3")}}},
	{"the last bytes of a range do", []page.Call{{URL: "{x1}/range-last", Header: fields("Range", "bytes=-3")}}},
	{"no-cors: a POST has an Origin, and only harmless headers", []page.Call{{
		URL: "{x1}/no-cors", Method: "POST", Mode: fetch.ModeNoCORS, Body: new("text"), Header: fields("X-Dropped", "1", "Content-Language", "de"),
	}}},
	{"no-cors: a GET has none", []page.Call{{URL: "{x1}/no-cors-get", Mode: fetch.ModeNoCORS}}},
	{"same-origin: another origin is not asked", []page.Call{{URL: "{ss}/same-origin", Mode: fetch.ModeSameOrigin}}},
	{"cookies go where credentials say", []page.Call{
		{URL: "{ss}/cookie/set?cookie=a%3Db;+Path=/cookie/", Credentials: fetch.CredentialsInclude},
		{URL: "{ss}/cookie/include", Credentials: fetch.CredentialsInclude},
		{URL: "{ss}/cookie/include-put", Method: "PUT", Credentials: fetch.CredentialsInclude},
		{URL: "{ss}/cookie/same-origin"},
		{URL: "{page}/cookie/same-origin"},
		{URL: "{page}/cookie/omit", Credentials: fetch.CredentialsOmit},
		{URL: "{ss}/cookie/no-cors", Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude},
	}},
	{"a redirect on one foreign origin keeps Origin", []page.Call{{URL: "{x1}/redirect/same?status=302&to=x1/redirect/same-end"}}},
	{"a redirect from one foreign origin to another makes it null", []page.Call{{URL: "{x1}/redirect/next?status=302&to=x2/redirect/next-end"}}},
	{"a redirect back to the page makes it null too", []page.Call{{URL: "{x1}/redirect/back?status=302&to=page/redirect/back-end"}}},
	{"a redirect away from the page does not", []page.Call{{URL: "{page}/redirect/away?status=302&to=x1/redirect/away-end"}}},
	{"a 303 makes a GET of a POST", []page.Call{{URL: "{x1}/redirect/303?status=303&to=x1/redirect/303-end", Method: "POST", Body: new("text")}}},
	{"a 307 keeps a POST and its body", []page.Call{{URL: "{x1}/redirect/307?status=307&to=x1/redirect/307-end", Method: "POST", Body: new("text")}}},
	{"a 307 of a PUT is preflighted again", []page.Call{{URL: "{x1}/redirect/put?status=307&to=x2/redirect/put-end", Method: "PUT", Body: new("text")}}},
	{"a redirect to another origin drops Authorization", []page.Call{{
		URL: "{x1}/redirect/auth?status=307&to=x2/redirect/auth-end", Header: fields("Authorization", "Bearer abc", "X-Kept", "1"),
	}}},
	{"a redirect under error", []page.Call{{URL: "{x1}/redirect/error?status=302&to=x1/redirect/error-end", Redirect: fetch.RedirectError}}},
	{"a redirect under manual", []page.Call{{URL: "{page}/redirect/manual?status=302&to=x1/redirect/manual-end", Redirect: fetch.RedirectManual}}},
	{"cache modes", []page.Call{
		{URL: "{x1}/cache/no-store", Cache: fetch.CacheNoStore},
		{URL: "{x1}/cache/reload", Cache: fetch.CacheReload},
		{URL: "{x1}/cache/no-cache", Cache: fetch.CacheNoCache},
		{URL: "{x1}/cache/no-store-put", Method: "PUT", Cache: fetch.CacheNoStore},
		{URL: "{x1}/cache/match", Header: fields("If-None-Match", `"a"`)},
	}},
	{"referrer policies", []page.Call{
		{URL: "{x1}/referrer/no-referrer", Method: "POST", ReferrerPolicy: fetch.NoReferrer},
		{URL: "{x1}/referrer/no-referrer-no-cors", Method: "POST", Mode: fetch.ModeNoCORS, ReferrerPolicy: fetch.NoReferrer},
		{URL: "{x1}/referrer/unsafe-url", ReferrerPolicy: fetch.UnsafeURL},
		{URL: "{x1}/referrer/same-origin", ReferrerPolicy: fetch.SameOriginReferrer},
	}},
	{"odd characters in a path", []page.Call{{URL: "{x1}/path/a\"<>`{}é \\x/../%zz[]"}}},
	{"odd characters in a query", []page.Call{{URL: "{x1}/query/a?\"<>`{}|^é 'a'\\[]%zz"}}},
	{"a caret in a path", []page.Call{{URL: "{x1}/caret/^"}}},
	{"a bar in a path", []page.Call{{URL: "{x1}/bar/|"}}},
	{"an escape that need not be in a query", []page.Call{{URL: "{x1}/escape/a?%61"}}},
}

// A known difference is what browsers do otherwise than we, and why.
type known struct {
	name     string
	browsers []browser.Kind
	// lines are the differing ones: "+" the browser's, "-" ours.
	lines []string
	cause string
}

var (
	onlyChromium = []browser.Kind{browser.Chromium}
	onlyFirefox  = []browser.Kind{browser.Firefox}
	onlyWebKit   = []browser.Kind{browser.WebKit}
)

// knownOnTheWire must be complete and true: the test fails for a difference that is not here, and for an entry that is none any more.
var knownOnTheWire = []known{
	{
		name: "a bar in a path", browsers: onlyChromium,
		lines: []string{
			"- GET {x1}/bar/|",
			"+ GET {x1}/bar/%7C",
			"- outcome: response cors 200 {x1}/bar/| redirected=false headers=cache-control,content-length",
			"+ outcome: response cors 200 {x1}/bar/%7C redirected=false headers=cache-control,content-length",
		},
		cause: "Chromium escapes it, the URL standard does not",
	},
	{
		name: "an escape that need not be in a query", browsers: onlyWebKit,
		lines: []string{
			"- GET {x1}/escape/a?%61",
			"+ GET {x1}/escape/a?a",
			"- outcome: response cors 200 {x1}/escape/a?%61 redirected=false headers=cache-control,content-length",
			"+ outcome: response cors 200 {x1}/escape/a?a redirected=false headers=cache-control,content-length",
		},
		cause: "WebKitGTK's network layer takes back escapes of unreserved characters",
	},
	{
		name: "odd bytes in an unsafe header", browsers: onlyWebKit,
		lines: []string{
			`- GET {x1}/odd: X-Odd: a\x01b\x7fc\u00e9"<(`,
			`+ GET {x1}/odd: X-Odd: a\x01b\x7fc\u00c3\u00a9"<(`,
		},
		cause: "WebKitGTK sends bytes beyond ASCII as UTF-8",
	},
	{
		name: "repeated headers become one", browsers: onlyFirefox,
		lines: []string{
			"- OPTIONS {x1}/repeated: Access-Control-Request-Headers: x-a,x-b",
			"+ OPTIONS {x1}/repeated: Access-Control-Request-Headers: x-a,x-a,x-a,x-b",
		},
		cause: "Firefox judges and names repeated headers one by one",
	},
	{
		name: "an empty repeat counts", browsers: onlyFirefox,
		lines: []string{
			"- OPTIONS {x1}/repeated-empty: Access-Control-Request-Headers: x-a",
			"+ OPTIONS {x1}/repeated-empty: Access-Control-Request-Headers: x-a,x-a",
			"- GET {x1}/repeated-empty: X-A: 1,",
			"+ GET {x1}/repeated-empty: X-A: ",
		},
		cause: "Firefox names repeated headers one by one, and an empty repeat empties what came before",
	},
	{
		name: "a 307 of a PUT is preflighted again", browsers: onlyFirefox,
		lines: []string{"- OPTIONS {x2}/redirect/put-end: Origin: null", "+ OPTIONS {x2}/redirect/put-end: Origin: {page}"},
		cause: "Firefox: the preflight after a tainting redirect has the page's origin; the request itself has null",
	},
	{
		name: "a redirect to another origin drops Authorization", browsers: onlyFirefox,
		lines: []string{"- OPTIONS {x2}/redirect/auth-end: Origin: null", "+ OPTIONS {x2}/redirect/auth-end: Origin: {page}"},
		cause: "Firefox: the preflight after a tainting redirect has the page's origin; the request itself has null",
	},
	{
		name: "a redirect to another origin drops Authorization", browsers: onlyWebKit,
		lines: slices.Concat([]string{
			"- OPTIONS {x2}/redirect/auth-end: Access-Control-Request-Headers: x-kept",
			"+ OPTIONS {x2}/redirect/auth-end: Access-Control-Request-Headers: authorization,x-kept",
		}, withoutMetadata("GET {x2}/redirect/auth-end")),
		cause: "WebKit asks for Authorization before it drops it; " + causeMetadata,
	},
	{
		name: "a 307 of a PUT is preflighted again", browsers: onlyWebKit,
		lines: withoutMetadata("PUT {x2}/redirect/put-end"), cause: causeMetadata,
	},
	{
		name: "a redirect from one foreign origin to another makes it null", browsers: onlyWebKit,
		lines: withoutMetadata("GET {x2}/redirect/next-end"), cause: causeMetadata,
	},
	{
		name: "a redirect back to the page makes it null too", browsers: onlyWebKit,
		lines: withoutMetadata("GET {page}/redirect/back-end"), cause: causeMetadata,
	},
	{
		name: "a redirect away from the page does not", browsers: onlyWebKit,
		lines: withoutMetadata("GET {x1}/redirect/away-end"), cause: causeMetadata,
	},
	{
		name: "cache modes", browsers: onlyChromium,
		lines: []string{
			"+ OPTIONS {x1}/cache/no-store-put: Cache-Control: no-cache",
			"+ OPTIONS {x1}/cache/no-store-put: Pragma: no-cache",
			"+ OPTIONS {x1}/cache/match: Cache-Control: max-age=0",
			"- GET {x1}/cache/match: Cache-Control: no-cache",
			"+ GET {x1}/cache/match: Cache-Control: max-age=0",
			"- GET {x1}/cache/match: Pragma: no-cache",
		},
		cause: "Chromium: the preflight has the request's cache mode, and an author's If-None-Match makes it no-cache, not no-store",
	},
	{
		name: "cache modes", browsers: onlyFirefox,
		lines: []string{
			"+ OPTIONS {x1}/cache/no-store-put: Cache-Control: no-cache",
			"+ OPTIONS {x1}/cache/no-store-put: Pragma: no-cache",
			"+ OPTIONS {x1}/cache/match: Cache-Control: no-cache",
			"+ OPTIONS {x1}/cache/match: Pragma: no-cache",
		},
		cause: "Firefox: the preflight has the request's cache mode",
	},
	{
		name: "referrer policies", browsers: onlyChromium,
		lines: []string{"- POST {x1}/referrer/no-referrer-no-cors: Origin: null", "+ POST {x1}/referrer/no-referrer-no-cors: Origin: {page}"},
		cause: "Chromium: the referrer policy of a fetch() does not turn Origin into null",
	},
	{
		name: "referrer policies", browsers: onlyFirefox,
		lines: []string{"- GET {x1}/referrer/unsafe-url: Referer: {page}/page/", "+ GET {x1}/referrer/unsafe-url: Referer: {page}/"},
		cause: "Firefox lets no page tell another site more than its origin",
	},
}

const causeMetadata = "WebKit drops the Sec-Fetch- headers on a redirect to another origin, as it does credentials"

// withoutMetadata are the lines for a request without Sec-Fetch- headers.
func withoutMetadata(about string) []string {
	return []string{"- " + about + ": Sec-Fetch-Dest: empty", "- " + about + ": Sec-Fetch-Mode: cors", "- " + about + ": Sec-Fetch-Site: cross-site"}
}

// The table names cases that exist, once for a browser.
func TestKnownOnTheWireNamesCases(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, k := range knownOnTheWire {
		if !slices.ContainsFunc(wireCases, func(c wireCase) bool { return c.name == k.name }) {
			t.Errorf("%q: no such case", k.name)
		}
		for _, kind := range k.browsers {
			if id := k.name + string(kind); seen[id] {
				t.Errorf("%q: twice for %s", k.name, kind)
			} else {
				seen[id] = true
			}
		}
	}
}

// Method, target, the bytes of every header's name and value, the body, and which requests there are at all: what servers see of us
// is what they see of browsers. So is what script sees in the end.
func TestWhatWeSendIsWhatBrowsersSend(t *testing.T) {
	t.Parallel()

	ours := visitOurs(t)
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			browser.Need(t, kind)

			theirs := visit(t, kind)
			for _, c := range wireCases {
				got := difference(theirs[c.name], ours[c.name])
				var want []string
				cause := "a difference that is not in knownOnTheWire"
				i := slices.IndexFunc(knownOnTheWire, func(k known) bool { return k.name == c.name && slices.Contains(k.browsers, kind) })
				if i >= 0 {
					want, cause = knownOnTheWire[i].lines, "not the difference of knownOnTheWire: "+knownOnTheWire[i].cause
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s\ngot (+ the browser's, - ours):\n\t%s\nwant:\n\t%s", c.name, cause, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
				}
			}
		})
	}
}

// visitOurs makes all calls with our own engine, and returns the lines of each case: requests and outcomes.
func visitOurs(t *testing.T) map[string][]string {
	t.Helper()

	var calls []page.Call
	w := newWorld(t, func(expand func(string) string) []page.Call {
		calls = wireCalls(expand)
		return calls
	})
	transport := wire.New(&net.Dialer{})
	t.Cleanup(transport.CloseIdleConnections)
	client := fetch.New(transport, fetch.WithProfile(fetch.Browsers), fetch.WithClock(time.Now), fetch.WithJar(newJar(t)))
	ctx, cancel := context.WithTimeout(t.Context(), visitTime)
	defer cancel()

	var outcomes []page.Outcome
	for _, call := range calls {
		outcomes = append(outcomes, outcome(ctx, client, call.Request(w.environment(t))))
		w.next()
	}
	return w.lines(outcomes)
}

// visit makes all calls in a browser, and returns the lines of each case.
func visit(t *testing.T, kind browser.Kind) map[string][]string {
	t.Helper()

	w := newWorld(t, wireCalls)
	ctx, cancel := context.WithTimeout(t.Context(), visitTime)
	defer cancel()
	b, err := browser.Launch(ctx, kind, w.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	outcomes, err := w.page.Wait(ctx, b.Done())
	if err != nil {
		t.Fatalf("%v\nits last requests:\n%s\nit printed:\n%s", err, strings.Join(w.requests(len(outcomes)), "\n"), b.Log())
	}
	return w.lines(outcomes)
}

// wireCalls returns the calls of all cases.
func wireCalls(expand func(string) string) []page.Call {
	var calls []page.Call
	for _, c := range wireCases {
		for _, call := range c.calls {
			call.URL = expand(call.URL)
			calls = append(calls, call)
		}
	}
	return calls
}

// lines writes the requests and outcomes of all calls down, by case.
func (w *world) lines(outcomes []page.Outcome) map[string][]string {
	lines := map[string][]string{}
	n := 0
	for _, c := range wireCases {
		for range c.calls {
			lines[c.name] = append(lines[c.name], w.requests(n)...)
			lines[c.name] = append(lines[c.name], "outcome: "+w.show(outcomes[n]))
			n++
		}
	}
	return lines
}
