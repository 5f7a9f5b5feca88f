package origin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/origin"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		url  string
		want string // "" for an error
	}{
		{"https", "https://a.example/x?y#z", "https://a.example"},
		{"http with a port", "http://a.example:8080/", "http://a.example:8080"},
		{"the default port", "https://a.example:443/", "https://a.example"},
		{"port 0", "http://a.example:0/", "http://a.example:0"},
		{"a user", "https://u:p@a.example/", "https://a.example"},
		{"as one types it", " HTTPS:\\\\A.Example\\x ", "https://a.example"},
		{"a host in Unicode", "https://bücher.example", "https://xn--bcher-kva.example"},
		{"an IPv4 address in hexadecimal", "http://0x7f.1/", "http://127.0.0.1"},
		{"an IPv6 address", "http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]"},
		{"ws", "ws://a.example/", "ws://a.example"},
		{"wss", "wss://a.example:444/", "wss://a.example:444"},
		{"ftp", "ftp://a.example/", "ftp://a.example"},
		{"a blob, step 4: of http", "blob:http://a.example:8080/1-2", "http://a.example:8080"},
		{"a blob, step 4: of https", "blob:https://a.example/1-2", "https://a.example"},
		{"a blob, step 4: of a file", "blob:file:///x", "null"},
		{"a blob, step 5: of ftp", "blob:ftp://a.example/1", "null"},
		{"a blob, step 5: of a blob", "blob:blob:https://a.example/1", "null"},
		{"a blob, step 3: of an opaque origin", "blob:null/1-2", "null"},
		{"a blob with an authority beyond the limit", "blob:https://" + strings.Repeat("a", 1025), "null"},
		{"file", "file:///x", "null"},
		{"data", "data:text/html,x", "null"},
		{"about:blank", "about:blank", "null"},
		{"javascript", "javascript:x", "null"},
		{"an application's scheme", "app://main/", "null"},
		{"no scheme", "a.example", ""},
		{"no host", "https://", ""},
		{"a port that is too large", "https://a.example:65536/", ""},
		{"a host with a space", "https://a b/", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := origin.ParseURL(tt.url)
			if (err == nil) != (tt.want != "") {
				t.Fatalf("got %v, %v", got, err)
			}
			if err != nil {
				if got != (origin.Origin{}) || !strings.HasPrefix(err.Error(), "origin: ") {
					t.Errorf("got %v with error %q", got, err)
				}
				return
			}
			if got.String() != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestOfURLIsNewEachTime(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("data:,x")
	if err != nil {
		t.Fatal(err)
	}
	if origin.SameOrigin(origin.OfURL(u), origin.OfURL(u)) {
		t.Error("a data URL has the same opaque origin twice")
	}
	if o := origin.OfURL(nil); !o.IsOpaque() || !origin.SameOrigin(o, o) {
		t.Errorf("nil: got %#v", o)
	}
}

func TestPotentiallyTrustworthyURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		url  string
		want bool
	}{
		{"step 1: about:blank", "about:blank", true},
		{"step 1: about:blank with a query", "about:blank?x#y", true},
		{"step 1: about:srcdoc", "about:srcdoc", true},
		{"step 1: another about", "about:config", false},
		{"step 2: data", "data:,x", true},
		{"a file", "file:///x", true},
		{"step 3: https", "https://a.example/", true},
		{"step 3: http", "http://a.example/", false},
		{"step 3: http on this machine", "http://localhost:3000/", true},
		{"step 3: a blob of https", "blob:https://a.example/1", true},
		{"step 3: a blob of http", "blob:http://a.example/1", false},
		{"step 3: an application's scheme", "app://main/", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			if got := origin.PotentiallyTrustworthyURL(u); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
	if origin.PotentiallyTrustworthyURL(nil) {
		t.Error("nil is trustworthy")
	}
}

func TestLimitURL(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("@", n) }
	for _, tt := range []struct {
		name string
		url  string
		ok   bool
	}{
		{"an honest URL", "https://a.example/x", true},
		{"nothing", "", true},
		{"2 MiB", "https://a/" + strings.Repeat("x", 2<<20-10), true},
		{"2 MiB and a byte", "https://a/" + strings.Repeat("x", 2<<20-9), false},
		{"an authority of 1024 bytes", "https://" + long(1024) + "/", true},
		{"an authority of 1025 bytes", "https://" + long(1025) + "/", false},
		{"to the end", "https://" + long(1025), false},
		{"up to a query", "https://" + long(1024) + "?" + long(99), true},
		{"up to a fragment", "https://" + long(1024) + "#" + long(99), true},
		{"up to a backslash", "https://" + long(1024) + `\` + long(99), true},
		{"a backslash ends nothing under another scheme", "app://x" + `\` + long(1024), false},
		{"another scheme", "app://" + long(1025), false},
		{"without slashes", "https:" + long(1025), false},
		{"with more of them", "https:////" + long(1025), false},
		{"with backslashes", `https:\\` + long(1025), false},
		{"with tabs and line breaks between", "\x01 ht\ntps:/\t/\r" + long(1025), false},
		{"a scheme-relative reference", "//" + long(1025), false},
		{"a scheme-relative reference with backslashes", `\\` + long(1025), false},
		{"the scheme in capitals", "HTTPS:" + long(1025), false},
		{"a long path has no authority", "/" + long(1025), true},
		{"nor has a long name", long(1025), true},
		{"nor a long path under another scheme", "app:/" + long(1025), true},
		{"nor data", "data:" + long(1025), true},
		{"a colon that ends no scheme", "@:" + long(1025), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := origin.LimitURL(tt.url)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, origin.ErrURLTooLong) {
				t.Errorf("got %v", err)
			}
			if !tt.ok {
				if o, err := origin.ParseURL(tt.url); !errors.Is(err, origin.ErrURLTooLong) || o != (origin.Origin{}) {
					t.Errorf("ParseURL: got %v, %v", o, err)
				}
			}
		})
	}
}

// The origin of a URL is serialized as something that parses to the same origin, if hosts are what people have.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"https://a.example/x", "http://a:80", "HTTP:\\\\A", "blob:https://a/1", "file:///x", "http://0x7f.1", "http://[::1]", "https://é", "//a",
		"ws://a:0", " https://a", "https://a_b", "https://a*b", "http://[[::1]]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := origin.ParseURL(s)
		if err != nil || o.IsOpaque() {
			return
		}
		if again, err := origin.ParseURL(o.String()); err != nil || again != o {
			t.Errorf("%q: got %v, then %v, %v", s, o, again, err)
		}
		if strings.ContainsAny(o.Host(), "*,;\"'`<>") || len(o.String()) > origin.MaxLength {
			return
		}
		if again, err := origin.Parse(o.String()); err != nil || !origin.SameOrigin(again, o) {
			t.Errorf("%q: got %v, parsed as %v, %v", s, o, again, err)
		}
	})
}
