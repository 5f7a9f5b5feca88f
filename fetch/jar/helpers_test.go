package jar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// clock is one that goes only when told to.
type clock struct{ time.Time }

func newClock() *clock { return &clock{time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) wait(d time.Duration) { c.Time = c.Add(d) }

// from makes a request for url on a page at the top; "" is a page of the URL's own origin.
func from(t testing.TB, page, url string) fetch.CookieRequest {
	t.Helper()
	if page == "" {
		page = url
	}
	o, err := origin.ParseURL(page)
	if err != nil {
		t.Fatal(err)
	}
	return fetch.CookieRequest{URL: url, Method: "GET", Client: o, TopLevel: o}
}

// visit makes a top-level navigation to url, from page.
func visit(t testing.TB, page, url string) fetch.CookieRequest {
	t.Helper()
	r := from(t, page, url)
	r.Navigation = true
	return r
}

// sent is the Cookie header of a request.
func sent(j *jar.Jar, r fetch.CookieRequest) string { return strings.Join(j.Cookies(r), "; ") }

// setReason sets a cookie and returns why it was not stored.
func setReason(j func(...jar.Option) *jar.Jar, r fetch.CookieRequest, line string) (jar.Reason, *jar.Jar) {
	var reason jar.Reason
	stored := j(jar.WithObserver(func(d jar.Decision) {
		if d.Response {
			reason = d.Reason
		}
	}))
	stored.SetCookies(r, []string{line})
	return reason, stored
}

// making returns a function that makes jars of a policy, with a clock of their own.
func making(p jar.Policy, options ...jar.Option) func(...jar.Option) *jar.Jar {
	return func(more ...jar.Option) *jar.Jar {
		all := append([]jar.Option{jar.WithClock(newClock().now)}, options...)
		return jar.New(p, append(all, more...)...)
	}
}
