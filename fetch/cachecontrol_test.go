package fetch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

func TestHTTPCacheFreshness(t *testing.T) {
	t.Parallel()
	const s, day = time.Second, 24 * time.Hour
	for _, c := range []struct {
		name  string
		lines []string
		want  time.Duration
	}{
		{"4.2.1: nothing said", nil, 0},
		{"4.2.1: one second", []string{cc + "max-age=1"}, s},
		{"4.2.1: ten minutes", []string{fresh}, 600 * s},
		{"4.2.1: zero", []string{cc + "max-age=0"}, 0},
		{"4.2.1: max-age outdoes Expires", []string{fresh, "Expires: " + past}, 600 * s},
		{"4.2.1: max-age=0 does too", []string{cc + "max-age=0", "Expires: Fri, 01 Jan 2038 00:00:00 GMT"}, 0},
		{"4.2.1: Expires without Date counts from the arrival", []string{"Expires: Thu, 02 Jul 2026 12:00:10 GMT"}, 10 * s},
		{
			"4.2.1: Expires counts from Date, of which the age takes its part",
			[]string{"Date: Thu, 02 Jul 2026 11:59:55 GMT", "Expires: Thu, 02 Jul 2026 12:00:10 GMT"}, 10 * s,
		},
		{"5.3: Expires in the past", []string{"Expires: " + past}, 0},
		{"5.3: Expires: 0", []string{"Expires: 0"}, 0},
		{"5.2.2.10: s-maxage is for proxies", []string{cc + "s-maxage=600"}, 0},
		{"5.2.2.4: no-cache", []string{cc + "no-cache, max-age=600"}, 0},
		{"5.2.2.7: private is no obstacle", []string{cc + "private, max-age=600"}, 600 * s},
		{"5.2.2.2: must-revalidate neither", []string{cc + "must-revalidate, max-age=600"}, 600 * s},
		{"5.2.2.9: public alone says nothing", []string{cc + "public"}, 0},
		{"5.4: Pragma: no-cache, as in every browser", []string{fresh, "Pragma: no-cache"}, 0},
		{"4.2.2: a tenth of the time since Last-Modified", []string{"Last-Modified: Thu, 02 Jul 2026 11:50:00 GMT"}, 60 * s},
		{"4.2.2: as of Date", []string{"Date: " + noon, "Last-Modified: Tue, 02 Jun 2026 12:00:00 GMT"}, 3 * day},
		{"4.2.2: not if Last-Modified is to come", []string{"Last-Modified: Thu, 02 Jul 2026 12:00:01 GMT"}, 0},
		{"4.2.2: Last-Modified that is no date", []string{"Last-Modified: yesterday"}, 0},
		{"4.2.3: Age", []string{fresh, "Age: 500"}, 100 * s},
		{"4.2.3: Age at the limit", []string{fresh, "Age: 600"}, 0},
		{"4.2.3: Age that is no number", []string{fresh, "Age: x"}, 600 * s},
		{"4.2.3: Date in the past", []string{fresh, "Date: Thu, 02 Jul 2026 11:55:00 GMT"}, 300 * s},
		{"4.2.3: Date to come", []string{fresh, "Date: Thu, 02 Jul 2026 12:05:00 GMT"}, 600 * s},
		{"4.2.3: the greater of Age and Date", []string{fresh, "Age: 400", "Date: Thu, 02 Jul 2026 11:55:00 GMT"}, 200 * s},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, h := range httpCaches {
				if h.name == "WebKit" && c.name == "5.3: Expires: 0" {
					continue
				}
				wantLifetime(t, h.name, h.cache, c.want, append(c.lines, anyone))
			}
		})
	}
}

// wantLifetime asks twice, the second time just before and just at the end of the lifetime.
func wantLifetime(t *testing.T, name string, cache fetch.HTTPCacheProfile, want time.Duration, lines []string) {
	t.Helper()
	for _, at := range []struct {
		after time.Duration
		sent  int
	}{{want - 1, 1}, {want, 2}, {want + 1, 2}} {
		if at.after < 0 {
			continue
		}
		s := numbered(lines...)
		client, now := caching(s, cache)
		wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
		now.advance(at.after)
		wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
		if got := len(s.requests()); got != at.sent {
			t.Errorf("%s: %q after %v: got %d requests, want %d", name, lines, at.after, got, at.sent)
		}
	}
}

// How many seconds each cache reads out of a Cache-Control: RFC 9111, Chromium, Firefox, WebKit; -1 is no-store. All but the first column
// is what the browsers did.
func TestHTTPCacheControlGrammar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines []string
		want  [4]int64
	}{
		{[]string{"max-age=600"}, [4]int64{600, 600, 600, 600}},
		{[]string{"MAX-AGE=600"}, [4]int64{600, 600, 600, 600}},
		{[]string{"max-age=0600"}, [4]int64{600, 600, 600, 600}},
		{[]string{"max-age= 600"}, [4]int64{600, 600, 600, 600}},
		{[]string{"max-age =600"}, [4]int64{600, 0, 600, 600}},
		{[]string{`max-age="600"`}, [4]int64{600, 0, 0, 600}},
		{[]string{"max-age='600'"}, [4]int64{0, 0, 0, 0}},
		{[]string{"max-age=abc"}, [4]int64{0, 0, 0, 0}},
		{[]string{"max-age"}, [4]int64{0, 0, 0, 0}},
		{[]string{"max-age="}, [4]int64{0, 0, 0, 0}},
		{[]string{"max-age=-1"}, [4]int64{0, 0, 0, 0}},
		{[]string{"max-age=+600"}, [4]int64{0, 0, 0, 600}},
		{[]string{"max-age=600.5"}, [4]int64{0, 0, 600, 600}},
		{[]string{"max-age=600x"}, [4]int64{0, 0, 600, 0}},
		{[]string{"max-age=600 no-store"}, [4]int64{0, 0, 600, 0}},
		{[]string{"max-age=600; no-store"}, [4]int64{0, 0, 600, 600}},
		{[]string{"max-age=600, max-age=0"}, [4]int64{600, 600, 0, 600}},
		{[]string{"max-age=0, max-age=600"}, [4]int64{0, 0, 600, 0}},
		{[]string{"max-age=600", "max-age=0"}, [4]int64{600, 600, 0, 600}},
		{[]string{"max-age=600", "no-store"}, [4]int64{-1, -1, -1, -1}},
		{[]string{"NO-STORE"}, [4]int64{-1, -1, -1, -1}},
		{[]string{`no-store="x", max-age=600`}, [4]int64{-1, 600, -1, -1}},
		{[]string{`no-cache="x", max-age=600`}, [4]int64{0, 600, 0, 600}},
		{[]string{`private="x", max-age=600`}, [4]int64{600, 600, 0, 600}},
		{[]string{`foo="no-store", max-age=600`}, [4]int64{600, 600, 600, 600}},
		{[]string{`foo="a, no-store", max-age=600`}, [4]int64{600, 600, 600, 600}},
		{[]string{"must-understand, no-store, max-age=600"}, [4]int64{-1, -1, -1, -1}},
		{[]string{"max-age=600, immutable"}, [4]int64{600, 600, 600, 600}},
		{[]string{",, max-age=600,"}, [4]int64{600, 600, 600, 600}},
	} {
		for i, h := range httpCaches {
			lines := []string{anyone}
			for _, line := range c.lines {
				lines = append(lines, cc+line)
			}
			name := fmt.Sprintf("%s %q", h.name, c.lines)
			if c.want[i] < 0 {
				wantLifetime(t, name, h.cache, 0, append(lines, "Expires: Fri, 01 Jan 2038 00:00:00 GMT"))
				continue
			}
			// Half a second is WebKit's own, and nothing that the table is about.
			if strings.Contains(c.lines[0], "600.5") && h.name == "WebKit" {
				continue
			}
			wantLifetime(t, name, h.cache, time.Duration(c.want[i])*time.Second, lines)
		}
	}
	firefox := fetch.FirefoxHTTPCache
	wantLifetime(t, "more than 32 bits", firefox, 0, []string{anyone, cc + "max-age=4294967296"})
	wantLifetime(t, "32 bits", firefox, 4294967295*time.Second, []string{anyone, cc + "max-age=4294967295"})
}

// The statuses that are stored: y is fresh with a max-age, h by Last-Modified, p without either.
func TestHTTPCacheStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		want   [4]string
	}{
		{200, [4]string{"yh", "yh", "yh", "yh"}},
		{201, [4]string{"y", "y", "", "y"}},
		{202, [4]string{"y", "y", "", "y"}},
		{203, [4]string{"yh", "yh", "yh", "yh"}},
		{204, [4]string{"yh", "y", "yh", "yh"}},
		{206, [4]string{"", "", "y", "y"}},
		{300, [4]string{"yh", "yhp", "", "yh"}},
		{400, [4]string{"y", "y", "", ""}},
		{401, [4]string{"y", "", "", ""}},
		{403, [4]string{"y", "y", "", "y"}},
		{404, [4]string{"yh", "y", "", "yh"}},
		{405, [4]string{"yh", "y", "", "yh"}},
		{410, [4]string{"yhp", "yhp", "yhp", "yhp"}},
		{414, [4]string{"yh", "y", "", "yh"}},
		{416, [4]string{"y", "", "", ""}},
		{418, [4]string{"y", "y", "", ""}},
		{429, [4]string{"y", "y", "", ""}},
		{500, [4]string{"y", "y", "", ""}},
		{501, [4]string{"yh", "y", "", "yh"}},
		{503, [4]string{"y", "y", "", ""}},
	} {
		for i, h := range httpCaches {
			for letter, line := range map[string]string{"y": fresh, "h": "Last-Modified: " + past, "p": "X-Nothing: 1"} {
				s := numberedStatus(c.status, anyone, line)
				client, _ := caching(s, h.cache)
				for range 2 {
					wantReason(t, run(t, client, s, &fetch.Request{URL: api}), "", "")
				}
				if got, want := len(s.requests()) == 1, strings.Contains(c.want[i], letter); got != want {
					t.Errorf("%s: %d with %q: got stored %v, want %v", h.name, c.status, line, got, want)
				}
			}
		}
	}
}
