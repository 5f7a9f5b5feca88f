package fetch_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// quick is a transport that costs as little as can be: the same head for every request. With a Location it sends the page's own URL
// there.
func quick(lines ...string) fetch.Transport {
	header := fields(lines...)
	return transportFunc(func(_ context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
		return &fetch.HTTPResponse{Proto: "HTTP/1.1", Status: hostileStatus(request), Header: header, Body: http.NoBody}, nil
	})
}

func hostileStatus(request *fetch.HTTPRequest) int {
	if request.URL == own {
		return http.StatusFound
	}
	return http.StatusOK
}

// hostile are headers of a megabyte that a server may send, and honest ones that do the same in few bytes.
func hostile() map[string][2][]string {
	const size = 1 << 20
	list := strings.Repeat("a,", size/2)
	manyLines := make([]string, 0, 20_000)
	for i := range 20_000 {
		manyLines = append(manyLines, "X-"+strconv.Itoa(i)+": "+strconv.Itoa(i))
	}
	all := []string{public, acam + "*", acah + "*"} // What the request needs, so that it gets further.
	return map[string][2][]string{
		"1MB-acao":           {{acao + strings.Repeat("https://a.example,", size/18)}, {acao + "https://a.example"}},
		"1MB-acac":           {{allowPage, acac + strings.Repeat("true,", size/5)}, {allowPage, acac + "true"}},
		"1MB-acam":           {{public, acah + "*", acam + list + "PUT"}, {public, acah + "*", acam + "a,PUT"}},
		"1MB-acam-commas":    {{public, acah + "*", acam + strings.Repeat(",", size) + "PUT"}, {public, acah + "*", acam + ",PUT"}},
		"1MB-acah":           {{public, acam + "*", acah + list + "x-a,x-b,x-c"}, {public, acam + "*", acah + "a,x-a,x-b,x-c"}},
		"1MB-acah-refused":   {{public, acam + "*", acah + list}, {public, acam + "*", acah + "a"}},
		"1MB-acah-broken":    {{public, acam + "*", acah + list + "("}, {public, acam + "*", acah + "a("}},
		"1MB-aceh":           {slices.Concat(all, []string{aceh + list}, manyLines[:100]), append(all, aceh+"a")},
		"20000-lines-aceh":   {slices.Concat(all, []string{aceh + "*"}, manyLines), append(all, aceh+"*")},
		"1MB-acma":           {append(all, acma+strings.Repeat("9", size)), append(all, acma+"9")},
		"1MB-content-coding": {append(all, "Content-Encoding: "+strings.Repeat("gzip,", size/5)), append(all, "Content-Encoding: gzip")},
		"1MB-location":       {{"Location: /" + strings.Repeat("a/../", size/5)}, {"Location: /a"}},
		"1MB-location-host":  {{"Location: https://" + strings.Repeat("a.", size/2)}, {"Location: https://a.example/"}},
		"1MB-corp":           {{"Cross-Origin-Resource-Policy: " + strings.Repeat("a", size)}, {"Cross-Origin-Resource-Policy: a"}},
	}
}

// hostileRequest is one that makes the engine read the header in question, as far as it goes.
func hostileRequest(name string) *fetch.Request {
	request := &fetch.Request{Client: page(pageURL), URL: api, Method: "PUT", Header: fields("X-A: 1", "X-B: 1", "X-C: 1")}
	switch name {
	case "1MB-acac":
		request.Credentials = fetch.CredentialsInclude
	case "1MB-corp":
		request.Method, request.Mode = "GET", fetch.ModeNoCORS
	case "1MB-location", "1MB-location-host":
		request.URL = own
	}
	return request
}

func BenchmarkFetch(b *testing.B) {
	bench := func(b *testing.B, client *fetch.Client, ctx context.Context, request *fetch.Request, fails bool) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			response, err := client.Fetch(ctx, request)
			if (err != nil) != fails {
				b.Fatal(err)
			}
			if err == nil {
				response.Body.Close()
			}
		}
	}
	simple := &fetch.Request{Client: page(pageURL), URL: api}
	asked := &fetch.Request{Client: page(pageURL), URL: api, Method: "PUT", Header: fields("X-A: 1")}
	refused := &fetch.Request{Client: page(pageURL), URL: api, Credentials: fetch.CredentialsInclude}
	allow := quick(public, acam+"PUT", acah+"x-a", acma+"600", contentType+"application/json")

	for name, watch := range map[string]func(context.Context) context.Context{
		"off": func(ctx context.Context) context.Context { return ctx },
		"on":  func(ctx context.Context) context.Context { return fetch.WithTrace(ctx, func(fetch.Event) {}) },
	} {
		ctx := watch(b.Context())
		b.Run("req=simple/trace="+name, func(b *testing.B) { bench(b, fetch.New(allow), ctx, simple, false) })
		b.Run("req=refused/trace="+name, func(b *testing.B) { bench(b, fetch.New(allow), ctx, refused, true) })
		b.Run("req=preflight/cache=cold/trace="+name, func(b *testing.B) { bench(b, fetch.New(allow), ctx, asked, false) })
		b.Run("req=preflight/cache=warm/trace="+name, func(b *testing.B) {
			bench(b, fetch.New(allow, fetch.WithClock(newClock().Now)), ctx, asked, false)
		})
	}
	for name, pair := range hostile() {
		for i, kind := range []string{"hostile", "honest"} {
			b.Run("req="+kind+"/header="+name, func(b *testing.B) {
				client := fetch.New(quick(pair[i]...))
				_, err := client.Fetch(b.Context(), hostileRequest(name))
				bench(b, client, b.Context(), hostileRequest(name), err != nil)
			})
		}
	}
}

// The same headers once each. What is quadratic in a megabyte does not end within a test's time.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	for name, pair := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reasons [2]fetch.Reason
			for i, lines := range pair {
				done := make(chan struct{})
				go func() {
					defer close(done)
					s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
						return reply{status: hostileStatus(request), header: lines}
					}}
					o := run(t, fetch.New(s), s, hostileRequest(name))
					reasons[i] = o.reason()
				}()
				select {
				case <-done:
				case <-time.After(20 * time.Second):
					t.Fatal("no answer")
				}
			}
			// A list of a megabyte is a list. Only where the long value is another kind of value the verdict is another.
			if !slices.Contains([]string{"1MB-acao", "1MB-acac", "1MB-location", "1MB-location-host"}, name) && reasons[0] != reasons[1] {
				t.Errorf("got %q for the long header, %q for the short one", reasons[0], reasons[1])
			}
		})
	}
}
