package header_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

// The sets of bytes, written out a second time from the standards, byte by byte.
func tokenByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
		c == '!' || c == '#' || c == '$' || c == '%' || c == '&' || c == '\'' || c == '*' || c == '+' || c == '-' || c == '.' ||
		c == '^' || c == '_' || c == '`' || c == '|' || c == '~'
}

func unsafeByte(c byte) bool {
	switch c {
	case 0x22, 0x28, 0x29, 0x3a, 0x3c, 0x3e, 0x3f, 0x40, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f:
		return true
	}
	return c < 0x20 && c != 0x09
}

func languageByte(c byte) bool {
	switch c {
	case 0x20, 0x2a, 0x2c, 0x2d, 0x2e, 0x3b, 0x3d:
		return true
	}
	return 0x30 <= c && c <= 0x39 || 0x41 <= c && c <= 0x5a || 0x61 <= c && c <= 0x7a
}

func TestEveryByte(t *testing.T) {
	t.Parallel()
	for i := range 256 {
		c := byte(i)
		s := string([]byte{c})
		check := func(what string, got, want bool) {
			t.Helper()
			if got != want {
				t.Errorf("byte %#02x: %s: got %t, want %t", c, what, got, want)
			}
		}
		check("a name", header.ValidName(s), tokenByte(c))
		check("a method", header.ValidMethod("a"+s), tokenByte(c))
		check("in a value", header.ValidValue("a"+s+"b"), c != 0 && c != '\n' && c != '\r')
		check("at the end of a value", header.ValidValue("a"+s), c != 0 && c != '\n' && c != '\r' && c != '\t' && c != ' ')
		check("at the start of a value", header.ValidValue(s+"a"), c != 0 && c != '\n' && c != '\r' && c != '\t' && c != ' ')
		check("normalized away", header.Normalize("a"+s) == "a", c == '\t' || c == '\n' || c == '\r' || c == ' ')

		check("safe in Accept", header.SafelistedRequestHeader("Accept", "a"+s+"b"), !unsafeByte(c))
		check("safe in Accept-Language", header.SafelistedRequestHeader("Accept-Language", "a"+s+"b"), languageByte(c))
		check("safe in Content-Language", header.SafelistedRequestHeader("Content-Language", "a"+s+"b"), languageByte(c))
		check("safe in a parameter", header.SafelistedRequestHeader("Content-Type", "text/plain;a"+s+"b"), !unsafeByte(c))
		check("safe behind a type", header.SafelistedRequestHeader("Content-Type", "text/plain"+s+"x=y"), c == ';')
		check("safe behind a range", header.SafelistedRequestHeader("Range", "bytes=0-"+s), '0' <= c && c <= '9')

		_, err := header.ExtractNames([]string{"a" + s + "b"})
		check("in a list of names", err == nil, tokenByte(c) || c == ',')
		_, err = header.ExtractMethods([]string{"a " + s})
		check("behind a name and a space", err == nil, c == ' ' || c == '\t' || c == ',')

		m, ok := header.ParseMIMEType("a/b;c=\"" + s + "x\"")
		value, _ := m.Parameter("c")
		check("in a quoted parameter", ok && strings.HasSuffix(value, "x"), c == '\t' || c >= 0x20 && c != 0x7f && c != '"')
	}
}

func TestCaseIsASCII(t *testing.T) {
	t.Parallel()
	kelvin := "\u212a" // strings.EqualFold takes it for a k
	for _, tt := range []struct {
		name string
		got  bool
		want bool
	}{
		{"a name matches in capitals", header.List{{"X-K", "1"}}.Contains("x-k"), true},
		{"a name does not match by Unicode folding", header.List{{"X-K", "1"}}.Contains("X-" + kelvin), false},
		{"@ and ` are 32 apart and differ", header.List{{"X-@", "1"}}.Contains("X-`"), false},
		{"[ and { are 32 apart and differ", header.List{{"X-[", "1"}}.Contains("X-{"), false},
		{"a cookie is one by ASCII only", header.ForbiddenRequestHeader("Coo"+kelvin+"ie", ""), false},
		{"a prefix counts in any case", header.ForbiddenRequestHeader("SEC-x", ""), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.got != tt.want {
				t.Errorf("got %t, want %t", tt.got, tt.want)
			}
		})
	}
}
