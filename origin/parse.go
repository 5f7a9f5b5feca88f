package origin

import (
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// MaxLength is how long a serialized origin may be, in bytes, to be parsed by [Parse]. A name in the DNS has at most 253.
const MaxLength = 1024

// Parse parses a serialized origin, the form of an Origin or Access-Control-Allow-Origin header: scheme, "://", host, and the port if
// it is not the scheme's own.
//
//   - "https://a.example", "http://localhost:3000", "http://[::1]:8080"
//   - "capacitor://localhost", "chrome-extension://id": a scheme of an application's own makes a tuple here, although the URL standard
//     calls such an origin opaque, since that is how the applications serialize it
//   - "null": a new opaque origin, different on every call
//
// Nothing is repaired: Parse(s).String() is s. Anything that is not exactly what a browser would send is refused with a
// [*ParseError], which says what is wrong and, where that can be told, what to write instead.
func Parse(s string) (Origin, error) {
	if s == "null" {
		return Opaque(), nil
	}
	if o, ok := parseSerialized(s); ok {
		return o, nil
	}
	return Origin{}, diagnose(s)
}

// parseSerialized parses a serialized tuple origin, or returns false.
func parseSerialized(s string) (Origin, bool) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found || len(s) > MaxLength || !isScheme(scheme) || scheme != asciiLower(scheme) || opaqueScheme(scheme) {
		return Origin{}, false
	}

	// NOTE: the URL standard allows hosts with "*", "," and quotes in them. No browser will ever send one, and who writes one means
	// something else.
	for i := range len(rest) {
		if rest[i] <= ' ' || rest[i] > '~' || strings.IndexByte("/\\?#@*,;\"'`<>", rest[i]) >= 0 {
			return Origin{}, false
		}
	}

	// The URL parser has the last word: what it would change was not serialized.
	u, err := url.Parse(s)
	if err != nil {
		return Origin{}, false
	}
	o := tuple(u)
	return o, o.String() == s
}

// isScheme reports whether s can be a URL's scheme.
//
// https://url.spec.whatwg.org/#url-scheme-string
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= s[i] && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// opaqueScheme reports whether every URL of that scheme has an opaque origin, or (blob, filesystem) that of a URL within it.
func opaqueScheme(scheme string) bool {
	switch scheme {
	case "about", "blob", "data", "file", "filesystem", "javascript", "mailto", "view-source":
		return true
	}
	return false
}

// asciiLower lower-cases the ASCII letters of s.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
