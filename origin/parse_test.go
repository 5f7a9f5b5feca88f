package origin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/origin"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		value        string
		scheme, host string
		port         uint16
	}{
		{"https", "https://a.example", "https", "a.example", 0},
		{"http with a port", "http://localhost:3000", "http", "localhost", 3000},
		{"the largest port", "https://a.example:65535", "https", "a.example", 65535},
		{"port 0 is a port", "https://a.example:0", "https", "a.example", 0},
		{"the other scheme's default port", "https://a.example:80", "https", "a.example", 80},
		{"an IPv4 address", "http://127.0.0.1:8080", "http", "127.0.0.1", 8080},
		{"an IPv6 address", "http://[::1]:8080", "http", "[::1]", 8080},
		{"an IPv6 address with IPv4 in it, as browsers write it", "http://[::ffff:7f00:1]", "http", "[::ffff:7f00:1]", 0},
		{"a host in punycode", "https://xn--bcher-kva.example", "https", "xn--bcher-kva.example", 0},
		{"a host with an underscore", "https://a_b.example", "https", "a_b.example", 0},
		{"a host with a dot at the end", "https://a.example.", "https", "a.example.", 0},
		{"ws", "ws://a.example", "ws", "a.example", 0},
		{"wss", "wss://a.example:8443", "wss", "a.example", 8443},
		{"ftp", "ftp://a.example", "ftp", "a.example", 0},
		{"an application's scheme", "capacitor://localhost", "capacitor", "localhost", 0},
		{"an application's scheme with a port", "tauri://localhost:1420", "tauri", "localhost", 1420},
		{"an extension", "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb", "chrome-extension", "aapbdbdomjkkjkaonfhkkikfgjllcleb", 0},
		{"a scheme with marks and digits", "web+x1.y://h", "web+x1.y", "h", 0},
		{"case counts in the host of an application's scheme", "app://Main", "app", "Main", 0},
		{"1024 bytes", "https://" + strings.Repeat("a", 1016), "https", strings.Repeat("a", 1016), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := origin.Parse(tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if o.Scheme() != tt.scheme || o.Host() != tt.host || o.Port() != tt.port || o.IsOpaque() {
				t.Errorf("got %q, %q, %d", o.Scheme(), o.Host(), o.Port())
			}
			if o.String() != tt.value {
				t.Errorf("serialized: got %q", o.String())
			}
			again, err := origin.Parse(tt.value)
			if err != nil || !origin.SameOrigin(o, again) || o != again {
				t.Errorf("parsed twice: %v and %v, %v", o, again, err)
			}
		})
	}
}

func TestParseNull(t *testing.T) {
	t.Parallel()
	a, err := origin.Parse("null")
	if err != nil || !a.IsOpaque() || a.String() != "null" {
		t.Fatalf("got %v, %v", a, err)
	}
	if b, _ := origin.Parse("null"); origin.SameOrigin(a, b) {
		t.Error("two times null is the same origin")
	}
	if !origin.SameOrigin(a, a) {
		t.Error("an opaque origin is not same origin with itself")
	}
}

func TestParseError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		value      string
		problem    origin.Problem
		suggestion string
	}{
		{"nothing", "", origin.Empty, ""},
		{"only spaces", " \t", origin.Empty, ""},
		{"1025 bytes", "https://" + strings.Repeat("a", 1017), origin.TooLong, ""},
		{"1024 bytes with another problem", "https://" + strings.Repeat("a", 1015) + "/", origin.TrailingSlash, "https://" + strings.Repeat("a", 1015)},
		{"null in capitals", "NULL", origin.NullCase, "null"},
		{"a line break within", "https://a\r\nX: y", origin.ControlCharacter, ""},
		{"NUL", "https://a.example\x00", origin.ControlCharacter, ""},
		{"a space before", " https://a.example", origin.WhiteSpace, "https://a.example"},
		{"a line break behind", "https://a.example\n", origin.WhiteSpace, "https://a.example"},
		{"a space within", "ht tp://a", origin.WhiteSpace, ""},
		{"double quotes", `"https://a.example"`, origin.Quotes, "https://a.example"},
		{"single quotes", `'https://a.example'`, origin.Quotes, "https://a.example"},
		{"a quote left over", `https://a.example"`, origin.Quotes, "https://a.example"},
		{"quotes around nothing", `""`, origin.Quotes, ""},
		{"comma-separated", "https://a.example, https://b.example", origin.Several, ""},
		{"separated by spaces", "https://a.example https://b.example", origin.Several, ""},
		{"separated by a semicolon", "a.example;b.example", origin.Several, ""},
		{"none of them an origin", "https://a|b https://c|d", origin.Several, ""},
		{"null among them", "null, https://a.example", origin.Several, ""},
		{"null in quotes", `"null"`, origin.Quotes, "null"},
		{"the wildcard among them", "https://a.example,*", origin.Several, ""},
		{"a comma left over", "https://a.example,", origin.Several, "https://a.example"},
		{"only commas", ",,", origin.MissingScheme, ""},
		{"a comma in the host", "https://a,b", origin.BadHost, ""},
		{"the wildcard", "*", origin.Wildcard, ""},
		{"a pattern without scheme", "*.example.com", origin.Wildcard, ""},
		{"a pattern", "https://*.example.com", origin.Wildcard, ""},
		{"a pattern for ports", "http://localhost:*", origin.Wildcard, ""},
		{"no scheme", "a.example", origin.MissingScheme, "https://a.example"},
		{"no scheme, but a port", "a.example:8443", origin.MissingScheme, "https://a.example:8443"},
		{"no scheme, but a path", "a.example/x", origin.MissingScheme, "https://a.example"},
		{"no scheme on this machine", "localhost:3000", origin.MissingScheme, "http://localhost:3000"},
		{"no scheme before an address", "[::1]:8080", origin.MissingScheme, "http://[::1]:8080"},
		{"no scheme before an IPv4 address", "127.0.0.1:8080", origin.MissingScheme, "http://127.0.0.1:8080"},
		{"scheme-relative", "//a.example", origin.MissingScheme, "https://a.example"},
		{"user and password without scheme", "u:p@a.example", origin.MissingScheme, "https://a.example"},
		{"no slashes", "https:a.example", origin.MissingSlashes, "https://a.example"},
		{"one slash", "https:/a.example", origin.MissingSlashes, "https://a.example"},
		{"no colon", "https//a.example", origin.MissingSlashes, "https://a.example"},
		{"only a scheme", "https:", origin.MissingSlashes, ""},
		{"a scheme of nothing", "://a", origin.BadScheme, ""},
		{"a scheme that starts with a digit", "1http://a", origin.BadScheme, ""},
		{"a scheme with an underscore", "ht_tp://a", origin.BadScheme, ""},
		{"a scheme that is no ASCII", "\u017fttp://a", origin.BadScheme, ""},
		{"a file", "file:///home/x.html", origin.OpaqueScheme, "null"},
		{"a bare file scheme", "file://", origin.OpaqueScheme, "null"},
		{"data", "data:text/html,x", origin.OpaqueScheme, "null"},
		{"about:blank", "about:blank", origin.OpaqueScheme, "null"},
		{"a blob", "blob:https://a.example/1-2", origin.OpaqueScheme, "https://a.example"},
		{"a blob of nowhere", "blob:null/1-2", origin.OpaqueScheme, "null"},
		{"a scheme in capitals", "HTTPS://a.example", origin.UpperCaseScheme, "https://a.example"},
		{"everything at once", "HTTPS://u@A.example:443/x?y#z", origin.UpperCaseScheme, "https://a.example"},
		{"an application's scheme in capitals", "App://Main/x", origin.UpperCaseScheme, "app://Main"},
		{"a user", "https://u@a.example", origin.UserInfo, "https://a.example"},
		{"a user and password", "https://u:p@a.example:8443", origin.UserInfo, "https://a.example:8443"},
		{"a trailing slash", "https://a.example/", origin.TrailingSlash, "https://a.example"},
		{"a trailing slash behind a port", "http://localhost:3000/", origin.TrailingSlash, "http://localhost:3000"},
		{"a trailing slash of an application", "app://main/", origin.TrailingSlash, "app://main"},
		{"a query", "https://a.example?x", origin.Query, "https://a.example"},
		{"a query behind a slash", "https://a.example/?x", origin.Query, "https://a.example"},
		{"a fragment", "https://a.example#x", origin.Fragment, "https://a.example"},
		{"a fragment behind a slash", "https://a.example/#x", origin.Fragment, "https://a.example"},
		{"a path", "https://a.example/x", origin.Path, "https://a.example"},
		{"two slashes", "https://a.example//", origin.Path, "https://a.example"},
		{"a backslash", `https://a.example\x`, origin.Path, "https://a.example"},
		{"no host", "https://", origin.EmptyHost, ""},
		{"no host before a port", "https://:80", origin.EmptyHost, ""},
		{"three slashes", "https:///a.example", origin.EmptyHost, "https://a.example"},
		{"no host of an application", "app:///x", origin.EmptyHost, ""},
		{"a host in Unicode", "https://bücher.example", origin.NotASCII, "https://xn--bcher-kva.example"},
		{"a host in full-width letters", "https://ａ.example", origin.NotASCII, "https://a.example"},
		{"a host that is no UTF-8", "https://\xff", origin.NotASCII, ""},
		{"a host in capitals", "https://A.example", origin.UpperCaseHost, "https://a.example"},
		{"an address in capitals", "http://[2001:DB8::1]", origin.UpperCaseHost, "http://[2001:db8::1]"},
		{"an empty port", "https://a.example:", origin.BadPort, "https://a.example"},
		{"a port of letters", "https://a.example:http", origin.BadPort, ""},
		{"port 65536", "https://a.example:65536", origin.BadPort, ""},
		{"a port with a zero before it", "https://a.example:08443", origin.BadPort, "https://a.example:8443"},
		{"a negative port", "https://a.example:-1", origin.BadPort, ""},
		{"a bad port of an application", "app://main:99999", origin.BadPort, ""},
		{"https with 443", "https://a.example:443", origin.DefaultPort, "https://a.example"},
		{"http with 80", "http://a.example:80", origin.DefaultPort, "http://a.example"},
		{"ws with 80", "ws://a.example:80", origin.DefaultPort, "ws://a.example"},
		{"wss with 443", "wss://a.example:443", origin.DefaultPort, "wss://a.example"},
		{"ftp with 21", "ftp://a.example:21", origin.DefaultPort, "ftp://a.example"},
		{"an IPv4 address of two parts", "http://127.1", origin.IPNotCanonical, "http://127.0.0.1"},
		{"an IPv4 address in hexadecimal", "http://0x7f000001", origin.IPNotCanonical, "http://127.0.0.1"},
		{"an IPv4 address in octal", "http://0177.0.0.1", origin.IPNotCanonical, "http://127.0.0.1"},
		{"an IPv6 address that is not compressed", "http://[0:0:0:0:0:0:0:1]", origin.IPNotCanonical, "http://[::1]"},
		{"an IPv6 address with dots", "http://[::ffff:127.0.0.1]", origin.IPNotCanonical, "http://[::ffff:7f00:1]"},
		{"an IPv4 address that overflows", "http://256.1.1.1", origin.BadHost, ""},
		{"an IPv6 address with a zone", "http://[fe80::1%25eth0]", origin.BadHost, ""},
		{"an IPv6 address that is not closed", "http://[::1", origin.BadHost, ""},
		{"an escaped host", "https://a%2eexample", origin.BadHost, "https://a.example"},
		{"a host with a forbidden character", "https://a|b", origin.BadHost, ""},
		{"a host with a forbidden character under an application's scheme", "app://a|b:80", origin.BadHost, ""},
		{"a host with a bracket", "https://a<b", origin.BadHost, ""},
		{"broken punycode", "https://xn--zzzzzzzz", origin.BadHost, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := origin.Parse(tt.value)
			var parse *origin.ParseError
			if !errors.As(err, &parse) {
				t.Fatalf("got %v, %v; want a ParseError", o, err)
			}
			if o != (origin.Origin{}) {
				t.Errorf("got origin %v with an error", o)
			}
			if parse.Value != tt.value || parse.Problem != tt.problem || parse.Suggestion != tt.suggestion {
				t.Errorf("got problem %q and suggestion %q, want %q and %q", parse.Problem, parse.Suggestion, tt.problem, tt.suggestion)
			}
			if parse.Hint == "" {
				t.Error("no hint")
			}
			if tt.suggestion != "" {
				if o, err := origin.Parse(tt.suggestion); err != nil || o.String() != tt.suggestion {
					t.Errorf("the suggestion itself: %v, %v", o, err)
				}
				if parse.Hint != "write \""+tt.suggestion+"\"" {
					t.Errorf("hint: got %s", parse.Hint)
				}
			}
		})
	}
}

func TestParseErrorText(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://a.example/": `origin: "https://a.example/": trailing slash: write "https://a.example"`,
		"*":                  `origin: "*": wildcard: a pattern is not an origin: write one origin in full, as "https://a.example"`,
		"":                   `origin: "": empty: write an origin, as "https://a.example", or "null" for an opaque one`,
		"https://b.example,https://a.example": `origin: "https://b.example,https://a.example": several origins: ` +
			`write one origin at a time, as "https://b.example"`,
	} {
		if _, err := origin.Parse(value); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := origin.Parse(strings.Repeat("a", 1<<20))
	if n := len(err.Error()); n > 400 {
		t.Errorf("the error for a long value has %d bytes", n)
	}
}

// What Parse accepts is what a browser serializes, and a suggestion is accepted.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"https://a.example", "http://localhost:3000", "http://[::1]:8080", "null", "capacitor://localhost", "https://a.example/",
		"HTTPS://A.example:443", "https://bücher.example", "http://127.1", "*", "a.example, b.example", "file:///x", "https://u:p@a",
		"blob:https://a/1", "//a", "https:a", "https//a", "app://Main:1", "https://a%2eb", "http://[::ffff:1.2.3.4]", "http://0x-1", "\"a\"",
		"http://[[::1]]", "https://a:00", "x://[::1]", "x://1.2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := origin.Parse(s)
		if err != nil {
			var parse *origin.ParseError
			if !errors.As(err, &parse) || parse.Hint == "" || parse.Problem == "" {
				t.Fatalf("%q: got error %#v", s, err)
			}
			if parse.Suggestion != "" {
				if parse.Suggestion == s {
					t.Errorf("%q is suggested instead of itself", s)
				}
				if _, err := origin.Parse(parse.Suggestion); err != nil {
					t.Errorf("%q: the suggestion is refused: %v", s, err)
				}
			}
			return
		}
		if o.String() != s {
			t.Errorf("%q: serialized as %q", s, o)
		}
		if s == "null" {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatalf("%q is accepted, but it is no URL: %v", s, err)
		}
		if o.Scheme() != u.Scheme() || o.Host() != u.Hostname() || o.IsOpaque() || o.Host() == "" {
			t.Errorf("%q: got %q and %q, the URL has %q and %q", s, o.Scheme(), o.Host(), u.Scheme(), u.Hostname())
		}
		if of := origin.OfURL(u); !of.IsOpaque() && (of != o || !origin.SameOrigin(of, o)) {
			t.Errorf("%q: got %v, the URL's origin is %v", s, o, of)
		}
		if !origin.SameOrigin(o, o) || !origin.SameSite(o, o) || !origin.SchemelesslySameSite(o, o) {
			t.Errorf("%q is not the same as itself", s)
		}
	})
}
