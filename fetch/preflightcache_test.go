package fetch_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// allowing answers preflights and requests alike: the page, with credentials, and whatever lines come on top.
func allowing(lines ...string) *server {
	return always(reply{header: append([]string{allowPage, allowCreds}, lines...)})
}

func TestPreflightCacheAge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		header []string
		age    time.Duration
	}{
		{"step 7.9: five seconds if nothing is said", nil, 5 * time.Second},
		{"step 7.8: zero is not cached", []string{acma + "0"}, 0},
		{"step 7.8: one second", []string{acma + "1"}, time.Second},
		{"step 7.8: ten minutes", []string{acma + "600"}, 600 * time.Second},
		{"step 7.8: leading zeros", []string{acma + "0010"}, 10 * time.Second},
		{"step 7.9: no number", []string{acma + "soon"}, 5 * time.Second},
		{"step 7.9: empty", []string{acma}, 5 * time.Second},
		{"step 7.9: a fraction", []string{acma + "10.5"}, 5 * time.Second},
		{"step 7.9: a negative number", []string{acma + "-1"}, 5 * time.Second},
		{"step 7.9: two values on one line", []string{acma + "10, 10"}, 5 * time.Second},
		{"step 7.9: two lines", []string{acma + "10", acma + "10"}, 5 * time.Second},
		{"step 7.10: one second below the limit", []string{acma + "7199"}, 7199 * time.Second},
		{"step 7.10: the limit", []string{acma + "7200"}, 7200 * time.Second},
		{"step 7.10: one second above the limit", []string{acma + "7201"}, 7200 * time.Second},
		{"step 7.10: a day", []string{acma + "86400"}, 7200 * time.Second},
		{"step 7.10: more than 64 bits", []string{acma + "99999999999999999999"}, 7200 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []struct {
				after time.Duration
				want  int
			}{{c.age - 1, 1}, {c.age, 2}, {c.age + 1, 2}} {
				if at.after < 0 {
					continue
				}
				now := newClock()
				s := allowing(append(c.header, acam+"PUT")...)
				client := fetch.New(s, fetch.WithClock(now.Now))
				wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT"}), "", "")
				now.advance(at.after)
				wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT"}), "", "")
				if got := s.preflights(); got != at.want {
					t.Errorf("after %v: got %d preflights, want %d", at.after, got, at.want)
				}
				if got := len(s.requests()) - s.preflights(); got != 2 {
					t.Errorf("after %v: got %d requests, want 2", at.after, got)
				}
			}
		})
	}
}

// Which second request the first one's preflight covers.
func TestPreflightCacheMatch(t *testing.T) {
	t.Parallel()

	const include, omit = fetch.CredentialsInclude, fetch.CredentialsOmit
	put := fetch.Request{Method: "PUT"}
	with := func(method string, credentials fetch.CredentialsMode, lines ...string) fetch.Request {
		return fetch.Request{Method: method, Credentials: credentials, Header: fields(lines...)}
	}
	at := func(u string, client fetch.Environment) fetch.Request {
		return fetch.Request{Client: client, URL: u, Method: "PUT"}
	}
	box := sandboxed()
	null := []string{acam + "PUT"}
	for _, c := range []struct {
		name          string
		first, second fetch.Request
		header        []string
		want          bool
	}{
		{"method cache entry match: the same method", put, put, []string{acam + "PUT"}, true},
		{"method cache entry match: another method that was allowed too", put, with("DELETE", ""), []string{acam + "PUT, DELETE"}, true},
		{"method cache entry match: another method that was not", put, with("DELETE", ""), []string{acam + "PUT"}, false},
		{"method cache entry match: another case", with("PATCH", ""), with("patch", ""), []string{acam + "PATCH"}, false},
		{"method cache entry match: the wildcard", put, with("PROPFIND", ""), []string{acam + "*"}, true},
		{"method cache entry match: the wildcard before the name", put, with("PROPFIND", ""), []string{acam + "*, PUT"}, true},
		{
			"HTTP fetch step 4.1: a safelisted method needs no entry",
			with("GET", "", "X-A: 1"), with("POST", "", "X-A: 1"), []string{acah + "x-a"}, true,
		},
		{
			"HTTP fetch step 4.1: unless a listener asks for a preflight",
			with("GET", "", "X-A: 1"), fetch.Request{Method: "POST", UseCORSPreflight: true}, []string{acah + "x-a"}, false,
		},
		{
			"step 7.4: what a listener asked for is remembered",
			fetch.Request{Method: "POST", UseCORSPreflight: true}, fetch.Request{Method: "POST", UseCORSPreflight: true}, nil, true,
		},

		{"header-name cache entry match: the same name", with("GET", "", "X-A: 1"), with("GET", "", "X-A: 2"), []string{acah + "x-a"}, true},
		{"header-name cache entry match: in any case", with("GET", "", "X-A: 1"), with("GET", "", "x-a: 1"), []string{acah + "X-a"}, true},
		{
			"header-name cache entry match: another name that was allowed too",
			with("GET", "", "X-A: 1"), with("GET", "", "X-B: 1"), []string{acah + "x-a, x-b"}, true,
		},
		{
			"header-name cache entry match: one name of two",
			with("GET", "", "X-A: 1"), with("GET", "", "X-A: 1", "X-B: 1"), []string{acah + "x-a"}, false,
		},
		{"header-name cache entry match: the wildcard", with("GET", "", "X-A: 1"), with("GET", "", "X-B: 1"), []string{acah + "*"}, true},
		{
			"header-name cache entry match: the wildcard is not for Authorization",
			with("GET", "", "X-A: 1"), with("GET", "", "Authorization: x"), []string{acah + "*"}, false,
		},
		{
			"header-name cache entry match: a name is no method",
			with("GET", "", "PUT: 1"), put, []string{acah + "PUT"}, false,
		},

		{"cache entry match: allowed with credentials, asked without", with("PUT", include), with("PUT", omit), []string{acam + "PUT"}, true},
		{"cache entry match: allowed without credentials, asked with", with("PUT", omit), with("PUT", include), []string{acam + "PUT"}, false},
		{"cache entry match: allowed and asked with credentials", with("PUT", include), with("PUT", include), []string{acam + "PUT"}, true},

		{"key: the URL with its query", put, at(api+"?q=1", fetch.Environment{}), []string{acam + "PUT"}, false},
		{"key: an empty query is another URL", put, at(api+"?", fetch.Environment{}), []string{acam + "PUT"}, false},
		{"key: another path", put, at(api+"/", fetch.Environment{}), []string{acam + "PUT"}, false},
		{"key: another host", put, at(other, fetch.Environment{}), []string{acam + "PUT"}, false},
		{"key: another fragment is another URL", put, at(api+"#f", fetch.Environment{}), []string{acam + "PUT"}, false},
		{"key: the same fragment", at(api+"#f", fetch.Environment{}), at(api+"#f", fetch.Environment{}), []string{acam + "PUT"}, true},
		{"key: a page elsewhere in the same origin", put, at(api, page(pageOrigin+"/elsewhere")), []string{acam + "PUT"}, true},
		{"key: a page of another origin", put, at(api, page("https://page.example:8443/")), []string{acao + "*", acam + "PUT"}, false},
		{"key: the same opaque origin", at(api, box), at(api, box), null, true},
		{"key: two opaque origins do not share", at(api, sandboxed()), at(api, sandboxed()), null, false},
		{
			"key: an opaque origin of nowhere is not even itself", at(api, fetch.Environment{URL: pageURL}),
			at(api, fetch.Environment{URL: pageURL}), null, false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
				allow := []string{acao + sent{header: request.Header}.get("Origin"), allowCreds, acma + "60"}
				for _, line := range c.header {
					if !strings.HasPrefix(line, acao) {
						allow = append(allow, line)
					}
				}
				return reply{header: allow}
			}}
			client := fetch.New(s, fetch.WithClock(newClock().Now))
			first, second := c.first, c.second
			for _, r := range []*fetch.Request{&first, &second} {
				if r.URL == "" {
					r.URL = api
				}
			}
			wantReason(t, run(t, client, s, &first), "", "")
			if got := s.preflights(); got != 1 {
				t.Fatalf("got %d preflights for the first request, want 1", got)
			}
			run(t, client, s, &second)
			if got := s.preflights() == 1; got != c.want {
				t.Errorf("got cache hit %v, want %v: %q", got, c.want, s.lines())
			}
		})
	}
}

// A wildcard that was stored by a request with credentials stood for a method or a header of that name. All three browsers ask
// again, and then refuse, where the letter of the cache entry match would let the request through.
func TestPreflightCacheWildcardWithCredentials(t *testing.T) {
	t.Parallel()
	const include = fetch.CredentialsInclude
	for _, c := range []struct {
		name          string
		first, second fetch.Request
		header        []string
		want          fetch.Reason
	}{
		{
			"method",
			fetch.Request{URL: api, Credentials: include, Header: fields("X-A: 1")}, fetch.Request{URL: api, Credentials: include, Method: "PUT"},
			[]string{acam + "*", acah + "x-a"}, fetch.AllowMethodsWildcard,
		},
		{
			"header",
			fetch.Request{URL: api, Credentials: include, Method: "PUT"}, fetch.Request{URL: api, Credentials: include, Header: fields("X-A: 1")},
			[]string{acam + "PUT", acah + "*"}, fetch.AllowHeadersWildcard,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := allowing(c.header...)
			client := fetch.New(s, fetch.WithClock(newClock().Now))
			wantReason(t, run(t, client, s, &c.first), "", "")
			wantReason(t, run(t, client, s, &c.second), c.want, "")
			if got := s.preflights(); got != 2 {
				t.Errorf("got %d preflights, want 2: %q", got, s.lines())
			}
		})
	}
}

func TestPreflightCacheAuthorizationInBrowsers(t *testing.T) {
	t.Parallel()
	s := allowing(acah + "*")
	client := fetch.New(s, fetch.WithClock(newClock().Now), fetch.WithProfile(fetch.Browsers))
	wantReason(t, run(t, client, s, &fetch.Request{URL: api, Header: fields("Authorization: x")}), "", "")
	wantReason(t, run(t, client, s, &fetch.Request{URL: api, Header: fields("Authorization: y")}), "", "")
	if got := s.preflights(); got != 1 {
		t.Errorf("got %d preflights, want 1", got)
	}
}

func TestPreflightCacheNegativeAgeInBrowsers(t *testing.T) {
	t.Parallel()
	for age, want := range map[string]int{"-1": 2, "-0": 2, "-": 1, "--1": 1, "-1.5": 1} {
		s := allowing(acam+"PUT", acma+age)
		client := fetch.New(s, fetch.WithClock(newClock().Now), fetch.WithProfile(fetch.Browsers))
		for range 2 {
			wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT"}), "", "")
		}
		if got := s.preflights(); got != want {
			t.Errorf("age %q: got %d preflights, want %d", age, got, want)
		}
	}
}

func TestPreflightCacheNeedsAClock(t *testing.T) {
	t.Parallel()
	s := allowing(acam+"PUT", acma+"600")
	client := fetch.New(s)
	for range 2 {
		wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT"}), "", "")
	}
	if got := s.preflights(); got != 2 {
		t.Errorf("got %d preflights, want 2", got)
	}
}

// Step 7.12: an entry that is matched again gets the new age, also by a preflight that was made for something else.
func TestPreflightCacheRenews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ages []string // of the first and the second preflight
		want int
	}{
		{"step 7.12: for longer", []string{"10", "10"}, 2},
		{"step 7.12: for not as long", []string{"100", "1"}, 3},
		{"step 7.12: for no longer at all", []string{"100", "0"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := newClock()
			answers := [][]string{{allowPage, acam + "PUT"}, {allowPage, acam + "PUT", acah + "x-a"}}
			asked := 0
			s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
				if request.Method != "OPTIONS" {
					return reply{header: []string{allowPage}}
				}
				asked++
				n := min(asked, 2) - 1
				return reply{header: append(answers[n], acma+c.ages[n])}
			}}
			client := fetch.New(s, fetch.WithClock(now.Now))
			put := fetch.Request{URL: api, Method: "PUT"}
			wantReason(t, run(t, client, s, &put), "", "")
			now.advance(5 * time.Second)
			wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT", Header: fields("X-A: 1")}), "", "")
			now.advance(7 * time.Second)
			wantReason(t, run(t, client, s, &put), "", "")
			if asked != c.want {
				t.Errorf("got %d preflights, want %d", asked, c.want)
			}
		})
	}
}

func TestPreflightCacheIsCleared(t *testing.T) {
	t.Parallel()

	good := reply{header: []string{allowPage, acam + "PUT", acma + "600"}}
	put := fetch.Request{URL: api, Method: "PUT"}
	for _, c := range []struct {
		name    string
		request fetch.Request // between the first and the last
		answer  reply
		cleared bool
	}{
		{"main fetch step 12.3: by a request that the cache let through and the CORS check refused", put, reply{}, true},
		{"main fetch step 12.3: by a failure of the network", put, reply{err: errors.New("unplugged")}, true},
		{"main fetch step 12.3: not by an error status", put, reply{status: 500, header: []string{allowPage}}, false},
		{"main fetch step 12.3: not by a request without preflight that fails", fetch.Request{URL: api}, reply{}, false},
		{"main fetch step 12.3: not by a request to another URL", fetch.Request{URL: api + "?", Method: "PUT"}, reply{}, false},
		{
			"main fetch step 12.3: not by a page of another origin",
			fetch.Request{Client: page("https://third.example/"), URL: api, Method: "PUT"}, reply{}, false,
		},
		{
			"main fetch step 12.3: by a preflight that fails",
			fetch.Request{URL: api, Method: "DELETE"}, reply{}, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer := good
			s := &server{answer: func(int, *fetch.HTTPRequest) reply { return answer }}
			client := fetch.New(s, fetch.WithClock(newClock().Now))
			wantReason(t, run(t, client, s, &put), "", "")

			answer = c.answer
			between := c.request
			run(t, client, s, &between)

			answer = good
			before := s.preflights()
			wantReason(t, run(t, client, s, &put), "", "")
			if got := s.preflights() > before; got != c.cleared {
				t.Errorf("got cleared %v, want %v: %q", got, c.cleared, s.lines())
			}
		})
	}
}

// A failed preflight leaves nothing behind.
func TestPreflightCacheDoesNotKeepRefusals(t *testing.T) {
	t.Parallel()
	s := allowing(acam+"PUT, DELETE", acma+"600")
	client := fetch.New(s, fetch.WithClock(newClock().Now))
	wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "PUT", Header: fields("X-A: 1")}), fetch.HeaderNotAllowed, "")
	wantReason(t, run(t, client, s, &fetch.Request{URL: api, Method: "DELETE"}), "", "")
	if got := s.preflights(); got != 2 {
		t.Errorf("got %d preflights, want 2", got)
	}
}

func TestPreflightCacheKeepsAtMost1024Keys(t *testing.T) {
	t.Parallel()
	s := &server{answer: func(_ int, request *fetch.HTTPRequest) reply {
		age := "600"
		if strings.HasSuffix(request.URL, "?7") {
			age = "300" // The one that expires first, and so has to go first.
		}
		return reply{header: []string{allowPage, acam + "PUT", acma + age}}
	}}
	client := fetch.New(s, fetch.WithClock(newClock().Now))
	ask := func(n int) (asked bool) {
		t.Helper()
		s.mu.Lock()
		s.log = nil // Else counting takes longer and longer.
		s.mu.Unlock()
		wantReason(t, run(t, client, s, &fetch.Request{URL: api + "?" + strconv.Itoa(n), Method: "PUT"}), "", "")
		return s.preflights() > 0
	}
	for n := range 1024 {
		if !ask(n) {
			t.Fatalf("URL %d is covered before it was asked for", n)
		}
	}
	for _, n := range []int{0, 7, 1023} {
		if ask(n) {
			t.Errorf("of 1024 URLs number %d is not covered", n)
		}
	}
	ask(1024)
	for _, n := range []int{0, 1023, 1024} {
		if ask(n) {
			t.Errorf("of 1025 URLs number %d is not covered", n)
		}
	}
	if !ask(7) {
		t.Error("of 1025 URLs the one that expires first is covered still")
	}
}

func TestPreflightCacheKeepsAtMost256Entries(t *testing.T) {
	t.Parallel()
	names := func(from, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("x-%d", from+i))
		}
		return acah + strings.Join(list, ",")
	}
	put := fetch.Request{URL: api, Method: "PUT"}
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"256 methods and names are remembered", []string{acam + "PUT", names(0, 255)}, 1},
		{"257 are not", []string{acam + "PUT", names(0, 256)}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := allowing(append(c.header, acma+"600")...)
			client := fetch.New(s, fetch.WithClock(newClock().Now))
			for range 2 {
				wantReason(t, run(t, client, s, &put), "", "")
			}
			if got := s.preflights(); got != c.want {
				t.Errorf("got %d preflights, want %d", got, c.want)
			}
		})
	}

	t.Run("nor are they when they come bit by bit", func(t *testing.T) {
		t.Parallel()
		from := 0
		s := &server{answer: func(int, *fetch.HTTPRequest) reply {
			return reply{header: []string{allowPage, names(from, 100), acma + "600"}}
		}}
		client := fetch.New(s, fetch.WithClock(newClock().Now))
		ask := func(name string) bool {
			before := s.preflights()
			wantReason(t, run(t, client, s, &fetch.Request{URL: api, Header: fields(name + ": 1")}), "", "")
			return s.preflights() > before
		}
		for ; from < 300; from += 100 {
			ask(fmt.Sprintf("X-%d", from))
		}
		from = 200
		for _, name := range []string{"X-0", "X-199"} {
			if ask(name) {
				t.Errorf("%s is not covered", name)
			}
		}
		if !ask("X-200") {
			t.Error("the 300 names were all remembered")
		}
	})
}

func TestPreflightCacheIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := allowing(acam+"PUT, DELETE", acah+"x-a", acma+"2")
	client := fetch.New(s, fetch.WithClock(now.Now))
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for n := range 50 {
				request := &fetch.Request{Client: page(pageURL), URL: api + "?" + strconv.Itoa(n%3), Method: "PUT"}
				if worker%2 == 0 {
					request.Method, request.Header = "DELETE", fields("X-A: 1")
				}
				response, err := client.Fetch(t.Context(), request)
				if err != nil {
					t.Errorf("worker %d, request %d: %v", worker, n, err)
					return
				}
				response.Body.Close()
				now.advance(100 * time.Millisecond)
			}
		})
	}
	group.Wait()
	if got := s.preflights(); got < 3 || got > 400 {
		t.Errorf("got %d preflights for 400 requests, want some and not all", got)
	}
}
