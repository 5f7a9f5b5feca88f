package origin_test

import (
	"testing"

	"github.com/drawbridge-cors/drawbridge/origin"
)

// parse parses a serialized origin that must be one.
func parse(t testing.TB, s string) origin.Origin {
	t.Helper()
	o, err := origin.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestSameOriginAndSameSite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                     string
		a, b                     string
		origin, site, schemeless bool
	}{
		{"the same", "https://a.example", "https://a.example", true, true, true},
		{"another port", "https://a.example", "https://a.example:8443", false, true, true},
		{"port 0 is not the default port", "https://a.example", "https://a.example:0", false, true, true},
		{"another scheme", "https://a.example", "http://a.example", false, false, true},
		{"a subdomain", "https://a.example", "https://www.a.example", false, true, true},
		{"two subdomains", "https://x.y.a.example", "https://www.a.example", false, true, true},
		{"a subdomain with another scheme", "http://a.example", "https://www.a.example", false, false, true},
		{"another domain", "https://a.example", "https://b.example", false, false, false},
		{"a longer name", "https://a.example", "https://aa.example", false, false, false},
		{"a public suffix of two labels", "https://a.co.uk", "https://b.co.uk", false, false, false},
		{"a registrable domain under it", "https://x.a.co.uk", "https://a.co.uk", false, true, true},
		{"a private suffix", "https://a.github.io", "https://b.github.io", false, false, false},
		{"under a private suffix", "https://a.github.io", "https://x.a.github.io", false, true, true},
		{"a public suffix itself", "https://github.io", "https://github.io:8443", false, true, true},
		{"a public suffix and a name under it", "https://github.io", "https://a.github.io", false, false, false},
		{"a wildcard rule", "https://a.b.ck", "https://c.b.ck", false, false, false},
		{"an exception rule", "https://www.ck", "https://x.www.ck", false, true, true},
		{"localhost", "http://localhost:1", "http://localhost:2", false, true, true},
		{"localhost and a name under it", "http://localhost", "http://x2.localhost", false, false, false},
		{"two names under localhost", "http://a.x.localhost", "http://b.x.localhost", false, true, true},
		{"localhost and its address", "http://localhost", "http://127.0.0.1", false, false, false},
		{"the same address", "http://127.0.0.1:1", "http://127.0.0.1:2", false, true, true},
		{"addresses that end alike", "http://1.2.3.4", "http://9.2.3.4", false, false, false},
		{"the same IPv6 address", "http://[::1]:1", "http://[::1]:2", false, true, true},
		{"two IPv6 addresses", "http://[::1]", "http://[::2]", false, false, false},
		{"a dot at the end is another host", "https://a.example", "https://a.example.", false, false, false},
		{"subdomains with dots at the end", "https://x.a.example.", "https://a.example.", false, true, true},
		{"a host of one label and a domain", "https://example", "https://a.example", false, false, false},
		{"names with empty labels", "https://a..example", "https://b..example", false, false, false},
		{"an application's scheme", "app://main", "app://main", true, true, true},
		{"hosts of an application's scheme have no domains", "app://x.a.example", "app://y.a.example", false, false, false},
		{"a domain and an application's host of that name", "https://a.example", "app://a.example", false, false, false},
		{"hosts of one label, other schemes", "http://localhost", "capacitor://localhost", false, false, true},
		{"null and a tuple", "null", "https://a.example", false, false, false},
		{"null and another null", "null", "null", false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := parse(t, tt.a), parse(t, tt.b)
			for range 2 {
				if got := origin.SameOrigin(a, b); got != tt.origin {
					t.Errorf("SameOrigin(%v, %v): got %t", a, b, got)
				}
				if got := origin.SameSite(a, b); got != tt.site {
					t.Errorf("SameSite(%v, %v): got %t", a, b, got)
				}
				if got := a.Site() == b.Site(); got != tt.site && !a.IsOpaque() {
					t.Errorf("%v.Site() is %q and %v.Site() %q: got equal %t, want %t", a, a.Site(), b, b.Site(), got, tt.site)
				}
				if got := origin.SchemelesslySameSite(a, b); got != tt.schemeless {
					t.Errorf("SchemelesslySameSite(%v, %v): got %t", a, b, got)
				}
				a, b = b, a
			}
		})
	}
}

func TestOpaque(t *testing.T) {
	t.Parallel()
	a, b, zero := origin.Opaque(), origin.Opaque(), origin.Origin{}
	for _, tt := range []struct {
		name string
		a, b origin.Origin
		want bool
	}{
		{"an opaque origin is the same as itself", a, a, true},
		{"but not as another", a, b, false},
		{"the zero value is the same as nothing", zero, a, false},
		{"not even as itself", zero, zero, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := origin.SameOrigin(tt.a, tt.b); got != tt.want {
				t.Errorf("SameOrigin: got %t, want %t", got, tt.want)
			}
			if got := origin.SameSite(tt.a, tt.b); got != tt.want {
				t.Errorf("SameSite: got %t, want %t", got, tt.want)
			}
			if got := origin.SchemelesslySameSite(tt.a, tt.b); got != tt.want {
				t.Errorf("SchemelesslySameSite: got %t, want %t", got, tt.want)
			}
		})
	}
	for _, o := range []origin.Origin{a, zero} {
		if !o.IsOpaque() || o.String() != "null" || o.Scheme() != "" || o.Host() != "" || o.Port() != 0 || o.PotentiallyTrustworthy() {
			t.Errorf("got %#v", o)
		}
	}
}

func TestPotentiallyTrustworthy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value string
		want  bool
	}{
		{"step 1: opaque", "null", false},
		{"step 3: https", "https://a.example", true},
		{"step 3: wss", "wss://a.example", true},
		{"step 3: http", "http://a.example", false},
		{"step 3: ws", "ws://a.example", false},
		{"step 4: 127.0.0.1", "http://127.0.0.1:3000", true},
		{"step 4: the whole of 127/8", "http://127.255.255.254", true},
		{"step 4: not 128.0.0.1", "http://128.0.0.1", false},
		{"step 4: not 126.255.255.255", "http://126.255.255.255", false},
		{"step 4: not a private network", "http://192.168.0.1", false},
		{"step 4: ::1", "http://[::1]", true},
		{"step 4: not ::2", "http://[::2]", false},
		{"step 4: not ::", "http://[::]", false},
		{"step 4: not 127.0.0.1 in IPv6", "http://[::ffff:7f00:1]", false},
		{"step 5: localhost", "http://localhost", true},
		{"step 5: localhost with a dot", "http://localhost.", true},
		{"step 5: a name under localhost", "http://a.b.localhost", true},
		{"step 5: a name under localhost with a dot", "http://a.localhost.", true},
		{"step 5: a name that ends like it", "http://notlocalhost", false},
		{"step 5: localhost somewhere else", "http://localhost.example", false},
		{"step 7: an application's scheme is unknown", "app://main", false},
		{"step 4: digits in an application's host are no address", "app://127.0.0.1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, tt.value).PotentiallyTrustworthy(); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestOriginIsComparable(t *testing.T) {
	t.Parallel()
	seen := map[origin.Origin]int{}
	opaque := origin.Opaque()
	for _, o := range []origin.Origin{parse(t, "https://a.example"), parse(t, "https://a.example"), opaque, opaque, origin.Opaque()} {
		seen[o]++
	}
	if len(seen) != 3 || seen[opaque] != 2 {
		t.Errorf("got %v", seen)
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://www.shop.example.com:8443": "https://example.com",
		"http://example.com":                "http://example.com",
		"http://localhost:3000":             "http://localhost",
		"http://127.0.0.1:3000":             "http://127.0.0.1",
		"http://[::1]:3000":                 "http://[::1]",
		"https://co.uk":                     "https://co.uk",
		"https://a.b.co.uk":                 "https://b.co.uk",
	} {
		o, err := origin.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Site(); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	if got := origin.Opaque().Site(); got != "null" {
		t.Errorf("opaque: got %q, want null", got)
	}
}
