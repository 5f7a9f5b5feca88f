package jar_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// seeds are lines in which every rule has its say.
var seeds = []string{
	"a=1", "a", "=", "=a", "a=1; Path=/; Domain=shop.example; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=60",
	"__Host-a=1; Secure; Path=/", "__Http-a=1; Secure; HttpOnly", "a=1; Expires=Thu, 01 Jan 2026 00:00:05 GMT", "a=1; Domain=example",
	"a=1; Max-Age=-1", "a=1; SameSite=Strict; SameSite=None", "a=1; Domain=.b.shop.example", "\x00", "a=\xff; Path=/\xff", "a=1;;;=;",
	"a=1; Max-Age=99999999999999999999", "a=1; Domain=..", "a=1; Domain=", "a=1; Path", "a=1; Path=//",
}

// Whatever a server writes: nothing panics, the limits hold, and what is stored goes back to where it came from and to nobody else.
func FuzzSetCookie(f *testing.F) {
	for _, line := range seeds {
		f.Add(line, "shop.example", "/in/here", "other.example")
		f.Add(line, "a.b.shop.example", "/", "b.shop.example")
		f.Add(line, "127.0.0.1", "", "0.0.1")
	}
	f.Fuzz(func(t *testing.T, line, host, path, unrelated string) {
		url, other := "https://"+host+path, "https://"+unrelated+path
		here, err := origin.ParseURL(url)
		if err != nil || here.IsOpaque() {
			t.Skip()
		}
		for _, policy := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
			reason, j := setReason(making(policy), from(t, "", url), line)
			all := j.All()
			if reason != "" && len(all) > 0 || len(all) > 1 {
				t.Fatalf("%s: got %q and %+v", policy.Name, reason, all)
			}
			if len(all) == 0 {
				continue
			}
			c := all[0]
			if len(c.Name)+len(c.Value) > 2*jar.MaxPair || len(c.Path) > jar.MaxAttribute || strings.ContainsAny(c.Pair(), ";\r\n\x00") {
				t.Errorf("%s: got %q", policy.Name, c.Pair())
			}
			// Its own page, at its own path, gets it.
			r := from(t, "", here.String()+"/")
			r.URL = here.String() + c.Path
			decisions := j.Decide(r)
			if len(decisions) != 1 {
				t.Fatalf("%s: %q is not found again at %s", policy.Name, line, r.URL)
			}
			if d := decisions[0]; d.Reason != "" && d.Reason != jar.OtherPath {
				t.Errorf("%s: %q does not travel to %s: %s", policy.Name, line, r.URL, d.Reason)
			}
			unrelatedGets(t, policy, j, c, other, here)
		}
	})
}

// unrelatedGets checks that a cookie goes to no host but its own and those below its domain, and to no other site.
func unrelatedGets(t *testing.T, policy jar.Policy, j *jar.Jar, c jar.Cookie, other string, here origin.Origin) {
	t.Helper()
	there, err := origin.ParseURL(other)
	if err != nil || there.IsOpaque() {
		return
	}
	got := j.Decide(from(t, "", other))
	below := strings.HasSuffix(there.Host(), "."+c.Domain)
	if len(got) > 0 && there.Host() != c.Domain && (c.HostOnly || !below) {
		t.Errorf("%s: the cookie %+v of %s goes to %s", policy.Name, c, here, there)
	}
	if len(got) > 0 && !origin.SchemelesslySameSite(here, there) {
		t.Errorf("%s: the cookie %+v of %s goes to another site, %s", policy.Name, c, here, there)
	}
}

// A date is a date or is not, and a later one is later.
func FuzzDate(f *testing.F) {
	f.Add("Thu, 01 Jan 2026 00:00:05 GMT")
	f.Add("1 feb 00:00:00 99")
	f.Add("0:0:0 1 2 jan")
	f.Fuzz(func(t *testing.T, s string) {
		date, ok := jar.ParseDate(s)
		if !ok {
			return
		}
		if date.Year() < 1601 || date.Year() > 9999 {
			t.Errorf("%q: got %v", s, date)
		}
		again, ok := jar.ParseDate(date.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		if !ok || !again.Equal(date) {
			t.Errorf("%q: got %v, then %v", s, date, again)
		}
	})
}
