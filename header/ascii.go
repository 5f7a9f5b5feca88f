package header

// isTokenByte reports whether c may be part of a token: the letters, the digits and 15 marks.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isTokenByte(c byte) bool { return classes[c]&classToken != 0 }

// isWhitespace reports whether c is an HTTP whitespace byte.
//
// https://fetch.spec.whatwg.org/#http-whitespace-byte
func isWhitespace(c byte) bool { return c == '\t' || c == '\n' || c == '\r' || c == ' ' }

// isTabOrSpace reports whether c is an HTTP tab or space byte, which is also what OWS is made of.
//
// https://fetch.spec.whatwg.org/#http-tab-or-space-byte
func isTabOrSpace(c byte) bool { return c == '\t' || c == ' ' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// A class is a set of bytes. Every set that the safelists and the parsers ask for is one bit in one table.
type class uint8

const (
	classToken    class = 1 << iota // token
	classUnsafe                     // CORS-unsafe request-header byte
	classLanguage                   // what a safelisted Accept-Language or Content-Language is made of
	classQuoted                     // HTTP quoted-string token code point
)

var classes = func() (t [256]class) {
	mark := func(s string, c class) {
		for i := range len(s) {
			t[s[i]] |= c
		}
	}
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	mark(digits+lower+upper+"!#$%&'*+-.^_`|~", classToken)
	mark(digits+lower+upper+" *,-.;=", classLanguage)
	mark("\"():<>?@[\\]{}\x7f", classUnsafe)
	for c := range 0x20 {
		if c != '\t' {
			t[c] |= classUnsafe
		}
	}
	for c := range t {
		if c == '\t' || 0x20 <= c && c <= 0x7e || 0x80 <= c {
			t[c] |= classQuoted
		}
	}
	return t
}()

// firstIn returns the offset of the first byte of s that belongs to c, or -1.
func firstIn(s string, c class) int {
	for i := range len(s) {
		if classes[s[i]]&c != 0 {
			return i
		}
	}
	return -1
}

// firstNotIn returns the offset of the first byte of s that does not belong to c, or -1.
func firstNotIn(s string, c class) int {
	for i := range len(s) {
		if classes[s[i]]&c == 0 {
			return i
		}
	}
	return -1
}

// isToken reports whether s is a token.
func isToken(s string) bool { return s != "" && firstNotIn(s, classToken) < 0 }

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// equalFold reports whether a is a byte-case-insensitive match for b.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i] != b[i] && lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

// lower byte-lowercases s. It allocates only if there is something to do.
func lower(s string) string {
	for i := range len(s) {
		if lowerByte(s[i]) != s[i] {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lowerByte(b[i])
			}
			return string(b)
		}
	}
	return s
}

// hasPrefixFold reports whether s, byte-lowercased, starts with prefix, which is lower case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}

// oneOf reports whether name is a byte-case-insensitive match for one of names.
func oneOf(name string, names ...string) bool {
	for _, n := range names {
		if equalFold(name, n) {
			return true
		}
	}
	return false
}

// trimTabOrSpace removes HTTP tabs and spaces from both ends of s.
func trimTabOrSpace(s string) string {
	for s != "" && isTabOrSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isTabOrSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// trimRightWhitespace removes HTTP whitespace from the end of s.
func trimRightWhitespace(s string) string {
	for s != "" && isWhitespace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
