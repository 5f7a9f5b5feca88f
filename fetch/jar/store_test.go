package jar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch/jar"
)

func TestStorage(t *testing.T) {
	t.Parallel()
	const https, http, local = "https://a.shop.example/", "http://a.shop.example/", "http://localhost:8000/"
	for _, c := range []struct {
		name, url, line string
		standard        jar.Reason
		webkit          jar.Reason
	}{
		{"step 8: Domain may be a parent", https, "a=1; Domain=shop.example", "", ""},
		{"step 8: Domain may not be a child", https, "a=1; Domain=b.a.shop.example", jar.DomainMismatch, jar.DomainMismatch},
		{"step 8: Domain may not be a sibling", https, "a=1; Domain=b.shop.example", jar.DomainMismatch, jar.DomainMismatch},
		{"step 8: Domain may not end in the middle of a label", https, "a=1; Domain=op.example", jar.DomainMismatch, jar.DomainMismatch},
		{"step 8: Domain has no port", https, "a=1; Domain=a.shop.example:443", jar.DomainMismatch, jar.DomainMismatch},
		{"step 8: Domain has no dot at its end", https, "a=1; Domain=shop.example.", jar.DomainMismatch, jar.DomainMismatch},
		{"step 9: Domain may not be a public suffix", https, "a=1; Domain=example", jar.PublicSuffix, jar.PublicSuffix},
		{"step 9: nor one of two labels", "https://a.co.uk/", "a=1; Domain=co.uk", jar.PublicSuffix, jar.PublicSuffix},
		{"step 9: unless it is the host", "https://github.io/", "a=1; Domain=github.io", "", ""},
		{"step 9: as localhost is", local, "a=1; Domain=localhost", "", ""},
		{"step 8: part of an address is no domain", "https://127.0.0.1/", "a=1; Domain=0.0.1", jar.DomainMismatch, jar.DomainMismatch},
		{"step 8: an address may name itself", "https://[::1]/", "a=1; Domain=[::1]", "", ""},
		{"step 12: a path as long as an attribute", "https://a.shop.example/" + strings.Repeat("x", jar.MaxAttribute-1) + "/", "a=1", "", ""},
		{"step 12: a path that is longer", "https://a.shop.example/" + strings.Repeat("x", jar.MaxAttribute) + "/", "a=1", jar.TooLong, jar.TooLong},
		{"step 13: Secure over https", https, "a=1; Secure", "", ""},
		{"step 13: Secure over http", http, "a=1; Secure", jar.SecureFromInsecure, jar.SecureFromInsecure},
		{"step 20: SameSite=None with Secure", https, "a=1; SameSite=None; Secure", "", ""},
		{"step 20: SameSite=None without Secure", https, "a=1; SameSite=None", jar.NoneWithoutSecure, ""},
		{"Partitioned with Secure", https, "a=1; Partitioned; Secure", "", ""},
		{"Partitioned without Secure", https, "a=1; Partitioned", jar.PartitionedWithoutSecure, ""},
		{"step 21: __Secure- with Secure", https, "__Secure-a=1; Secure", "", ""},
		{"step 21: __Secure- without", https, "__Secure-a=1", jar.PrefixViolated, ""},
		{"step 21: prefixes in any case", https, "__sECURE-a=1", jar.PrefixViolated, ""},
		{"step 21: no prefix without its hyphen", https, "__Secure=1", "", ""},
		{"step 22: __Host- with all it takes", https, "__Host-a=1; Secure; Path=/", "", ""},
		{"step 22: __Host- without Secure", https, "__Host-a=1; Path=/", jar.PrefixViolated, ""},
		{"step 22: __Host- without Path, where the default is /", https, "__Host-a=1; Secure", jar.PrefixViolated, ""},
		{"step 22: __Host- with another Path", https, "__Host-a=1; Secure; Path=/a", jar.PrefixViolated, ""},
		{"step 22: __Host- with Domain", https, "__Host-a=1; Secure; Path=/; Domain=a.shop.example", jar.PrefixViolated, ""},
		{"step 22: __Host- with an empty Domain", https, "__Host-a=1; Secure; Path=/; Domain=", "", ""},
		{"step 22: __Host- with an address for Domain", "https://127.0.0.1/", "__Host-a=1; Secure; Path=/; Domain=127.0.0.1", "", ""},
		{"__Http- with Secure and HttpOnly", https, "__Http-a=1; Secure; HttpOnly", "", ""},
		{"__Http- without HttpOnly", https, "__Http-a=1; Secure", jar.PrefixViolated, ""},
		{"__Http- without Secure", https, "__Http-a=1; HttpOnly", jar.PrefixViolated, ""},
		{"__Host-Http- with all it takes", https, "__Host-Http-a=1; Secure; HttpOnly; Path=/", "", ""},
		{"__Host-Http- without HttpOnly", https, "__Host-Http-a=1; Secure; Path=/", jar.PrefixViolated, ""},
		{"__Host-Http- without Path", https, "__Host-Http-a=1; Secure; HttpOnly", jar.PrefixViolated, ""},
		{"a prefix in the value of a cookie without name", https, "__Host-a", jar.PrefixViolated, ""},
		{"another value without name", https, "Host-a", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range []struct {
				policy jar.Policy
				want   jar.Reason
			}{{jar.Standard, c.standard}, {jar.Chromium, c.standard}, {jar.Firefox, c.standard}, {jar.WebKit, c.webkit}} {
				got, j := setReason(making(p.policy), from(t, "", c.url), c.line)
				if got != p.want || (len(j.All()) == 1) != (got == "") {
					t.Errorf("%s: got %q and %d cookies, want %q", p.policy.Name, got, len(j.All()), p.want)
				}
			}
		})
	}
}

// What engines think of http on loopback, and of a Domain that is the host and a public suffix.
func TestLoopback(t *testing.T) {
	t.Parallel()
	const secure, host = "a=1; Secure", "__Host-a=1; Secure; Path=/; Domain=localhost"
	for _, c := range []struct {
		policy       jar.Policy
		secure, host jar.Reason
	}{
		{jar.Standard, jar.SecureFromInsecure, jar.SecureFromInsecure},
		{jar.Chromium, "", jar.PrefixViolated},
		{jar.Firefox, "", ""},
		{jar.WebKit, jar.SecureFromInsecure, jar.SecureFromInsecure},
	} {
		r := from(t, "", "http://localhost:8000/")
		if got, _ := setReason(making(c.policy), r, secure); got != c.secure {
			t.Errorf("%s, %s: got %q, want %q", c.policy.Name, secure, got, c.secure)
		}
		if got, _ := setReason(making(c.policy), r, host); got != c.host {
			t.Errorf("%s, %s: got %q, want %q", c.policy.Name, host, got, c.host)
		}
		if got, _ := setReason(making(c.policy), from(t, "", "http://shop.example/"), secure); got != jar.SecureFromInsecure {
			t.Errorf("%s, not on loopback: got %q", c.policy.Name, got)
		}
	}
}

// Step 16: who can write on the wire cannot replace what was set securely.
func TestOverwriting(t *testing.T) {
	t.Parallel()
	const secure = "https://a.shop.example/in/"
	for _, c := range []struct {
		name, url, line, want string
		reason                jar.Reason
	}{
		{"an insecure one of the same name", "http://a.shop.example/", "c=2; Path=/in", "c=1", jar.OverwritesSecure},
		{"not even to delete it", "http://a.shop.example/", "c=; Path=/in; Max-Age=0", "c=1", jar.OverwritesSecure},
		{"nor below its path", "http://a.shop.example/", "c=2; Path=/in/side", "c=1", jar.OverwritesSecure},
		{"nor for the domain above", "http://a.shop.example/", "c=2; Path=/in; Domain=shop.example", "c=1", jar.OverwritesSecure},
		{"above its path", "http://a.shop.example/", "c=2; Path=/", "c=1; c=2", ""},
		{"another name", "http://a.shop.example/", "d=2; Path=/in", "c=1; d=2", ""},
		{"another host", "http://b.shop.example/", "c=2; Path=/in", "c=1", ""},
		{"over https", "https://a.shop.example/", "c=2; Path=/in", "c=2", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var reason jar.Reason
			j := making(jar.Standard)(jar.WithObserver(func(d jar.Decision) { reason = d.Reason }))
			j.SetCookies(from(t, "", secure), []string{"c=1; Path=/in; Secure"})
			j.SetCookies(from(t, "", c.url), []string{c.line})
			if got := reason; got != c.reason {
				t.Errorf("got %q, want %q", got, c.reason)
			}
			if got := sent(j, from(t, "", secure)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What has expired protects nothing.
func TestOverwritingWhatHasExpired(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := jar.New(jar.Standard, jar.WithClock(c.now))
	j.SetCookies(from(t, "", "https://shop.example/"), []string{"c=1; Secure; Max-Age=60"})
	c.wait(time.Minute)
	r := from(t, "", "http://shop.example/")
	j.SetCookies(r, []string{"c=2"})
	if got := sent(j, r); got != "c=2" {
		t.Errorf("got %q, want c=2", got)
	}
}

// The path of a cookie that names none.
func TestDefaultPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"": "/", "/": "/", "/a": "/", "/a/": "/a", "/a/b": "/a", "/a/b/?c/d": "/a/b"} {
		j := making(jar.Standard)()
		j.SetCookies(from(t, "", "https://shop.example"+path), []string{"a=1"})
		if got := j.All()[0].Path; got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

// Where browsers read a line in other ways than the RFC, each in its own. The order is Standard, Chromium, Firefox, WebKit.
func TestReadings(t *testing.T) {
	t.Parallel()
	const past, future = "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Expires=Thu, 01 Jan 2099 00:00:00 GMT"
	name, value := strings.Repeat("n", jar.MaxPair), strings.Repeat("v", jar.MaxPair)
	for _, c := range []struct {
		name, line string
		stored     [4]bool
	}{
		{"no name, with =", "=a", [4]bool{true, true, false, true}},
		{"no name, without =", "a", [4]bool{true, true, true, true}},
		{"a tab in the value", "a=b\tc", [4]bool{true, false, true, true}},
		{"a tab in the name", "a\tb=c", [4]bool{true, false, true, true}},
		{"tabs around are white space", "\ta\t=\tb\t", [4]bool{true, true, true, true}},
		{"another control", "a=b\x01c", [4]bool{false, false, false, true}},
		{"another control in an attribute", "a=b; x=\x7F", [4]bool{false, false, false, true}},
		{"a NUL", "a=b\x00c", [4]bool{}},
		{"a dot for Domain", "a=b; Domain=.", [4]bool{true, false, false, false}},
		{"Domain and then none", "a=b; Domain=other.example; Domain=", [4]bool{true, true, true, true}},
		{"two dots for Domain", "a=b; Domain=..shop.example", [4]bool{}},
		{"a year before 1601", "a=b; Expires=01 Jan 1600 00:00:00 GMT", [4]bool{true, false, false, false}},
		{"a time without seconds", "a=b; Expires=Thu 01 Jan 1970 00:00", [4]bool{true, true, false, true}},
		{"a time with hours only", "a=b; Expires=Thu 01 Jan 1970 00", [4]bool{true, true, true, true}},
		{"over, then not yet", "a=b; Max-Age=0; " + future, [4]bool{false, false, false, true}},
		{"not yet, then over", "a=b; Max-Age=600; " + past, [4]bool{true, true, true, false}},
		{"over by its date, then not yet", "a=b; " + past + "; Max-Age=600", [4]bool{true, true, true, true}},
		{"an empty Max-Age", "a=b; Max-Age=", [4]bool{true, true, true, false}},
		{"name and value of 4096 bytes each", name + "=" + value, [4]bool{false, false, false, true}},
		{"a value of 4097 bytes", "=" + value + "v", [4]bool{}},
		{"a name of 4097 bytes", name + "n=", [4]bool{}},
		{"a long Domain is no Domain", "a=b; Domain=" + value, [4]bool{true, true, true, false}},
		{"a long Path is no Path", "a=b; Path=/" + value, [4]bool{true, true, true, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, p := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
				j := making(p)()
				r := from(t, "", "https://shop.example/")
				j.SetCookies(r, []string{c.line})
				if got := len(j.Cookies(r)) == 1; got != c.stored[i] {
					t.Errorf("%s: got %v, want %v", p.Name, got, c.stored[i])
				}
			}
		})
	}
}

func TestReplacingKeepsThePlace(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := jar.New(jar.Standard, jar.WithClock(c.now))
	r := from(t, "", "https://shop.example/")
	j.SetCookies(r, []string{"a=1", "b=1"})
	created := c.Time
	c.wait(time.Minute)
	j.SetCookies(r, []string{"a=2"})
	if got := sent(j, r); got != "a=2; b=1" {
		t.Errorf("got %q", got)
	}
	if all := j.All(); !all[0].Created.Equal(created) || !all[0].Accessed.Equal(c.Time) {
		t.Errorf("got %+v", all[0])
	}
	j.Clear()
	if got := sent(j, r); got != "" || len(j.All()) != 0 {
		t.Errorf("got %q", got)
	}
}

// fill sets n cookies of a site, one after the other, and returns their names.
func fill(t *testing.T, j *jar.Jar, c *clock, url, attributes string, n int) []string {
	t.Helper()
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("c%04d", i))
		j.SetCookies(from(t, "", url), []string{names[i] + "=1" + attributes})
		c.wait(time.Second)
	}
	return names
}

func stored(j *jar.Jar) []string {
	var names []string
	for _, c := range j.All() {
		names = append(names, c.Name)
	}
	return names
}

func TestASiteIsBounded(t *testing.T) {
	t.Parallel()
	const url = "https://a.shop.example/"
	c := newClock()
	j := jar.New(jar.Standard, jar.WithClock(c.now))
	names := fill(t, j, c, url, "; Secure", jar.MaxPerSite)
	if got := stored(j); !slices.Equal(got, names) {
		t.Fatalf("got %d, want all %d", len(got), len(names))
	}
	// The whole site counts, not a host; what has just travelled is spared.
	j.Cookies(from(t, "", url))
	c.wait(time.Second)
	j.SetCookies(from(t, "", "https://b.shop.example/"), []string{"one=1; Secure"})
	if got := stored(j); len(got) != jar.MaxPerSite || got[0] != names[1] || got[len(got)-1] != "one" {
		t.Errorf("got %d from %s to %s", len(got), got[0], got[len(got)-1])
	}
	// One without Secure goes first, even if it has only come.
	j.SetCookies(from(t, "", url), []string{"two=1"})
	if got := stored(j); slices.Contains(got, "two") || len(got) != jar.MaxPerSite {
		t.Errorf("got %d", len(got))
	}
	// What has expired makes room for all.
	j.SetCookies(from(t, "", "https://other.example/"), []string{"other=1"})
	j.SetCookies(from(t, "", url), []string{names[1] + "=1; Secure; Max-Age=1", names[2] + "=1; Secure; Max-Age=1"})
	c.wait(2 * time.Second)
	j.SetCookies(from(t, "", url), []string{"three=1; Secure", "four=1; Secure"})
	if got := stored(j); len(got) != jar.MaxPerSite+1 || !slices.Contains(got, "three") || !slices.Contains(got, names[3]) {
		t.Errorf("got %d", len(got))
	}
}

func TestAJarIsBounded(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := jar.New(jar.Standard, jar.WithClock(c.now))
	for i := range jar.MaxCookies + 5 {
		j.SetCookies(from(t, "", fmt.Sprintf("https://s%04d.example/", i)), []string{fmt.Sprintf("c%04d=1", i)})
		c.wait(time.Second)
	}
	if got := stored(j); len(got) != jar.MaxCookies || got[0] != "c0005" {
		t.Errorf("got %d from %s on", len(got), got[0])
	}
}
