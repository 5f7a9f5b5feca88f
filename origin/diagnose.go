package origin

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// A Problem says why a string is no serialized origin. Its text is a stable code.
type Problem string

// The problems, in the order in which they are looked for: of several only the first is reported, but the suggestion mends all.
const (
	// Empty: nothing at all.
	Empty Problem = "empty"
	// TooLong: more than [MaxLength] bytes.
	TooLong Problem = "too-long"
	// NullCase: "null" in another case.
	NullCase Problem = "null-not-lower-case"
	// ControlCharacter: a line break, NUL or the like.
	ControlCharacter Problem = "control-character"
	// WhiteSpace: a space before, behind or within the origin.
	WhiteSpace Problem = "white-space"
	// Quotes: quotation marks around the origin.
	Quotes Problem = "quotation-marks"
	// Several: more than one origin, separated by commas, semicolons or spaces, or one with a separator left over.
	Several Problem = "several-origins"
	// Wildcard: a "*", which is no origin but a pattern.
	Wildcard Problem = "wildcard"
	// MissingScheme: "a.example" or "//a.example" or "localhost:3000".
	MissingScheme Problem = "missing-scheme"
	// MissingSlashes: "https:a.example" or "https//a.example".
	MissingSlashes Problem = "missing-slashes"
	// BadScheme: characters before "://" that no scheme can have.
	BadScheme Problem = "bad-scheme"
	// OpaqueScheme: a scheme whose URLs have an opaque origin (file, data) or that of another URL (blob).
	OpaqueScheme Problem = "opaque-scheme"
	// UpperCaseScheme: "HTTPS://a.example".
	UpperCaseScheme Problem = "upper-case-scheme"
	// UserInfo: a user name or password before the host.
	UserInfo Problem = "user-info"
	// TrailingSlash: "https://a.example/".
	TrailingSlash Problem = "trailing-slash"
	// Query: "https://a.example?x".
	Query Problem = "query"
	// Fragment: "https://a.example#x".
	Fragment Problem = "fragment"
	// Path: "https://a.example/x".
	Path Problem = "path"
	// EmptyHost: nothing where the host should be.
	EmptyHost Problem = "empty-host"
	// NotASCII: a host that must be written in its ASCII form, with xn--.
	NotASCII Problem = "not-ascii"
	// UpperCaseHost: "https://A.example".
	UpperCaseHost Problem = "upper-case-host"
	// BadPort: a port that is empty, no number, more than 65535 or has leading zeros.
	BadPort Problem = "bad-port"
	// DefaultPort: the port that the scheme has anyway: "https://a.example:443".
	DefaultPort Problem = "default-port"
	// IPNotCanonical: an IP address in another form than a browser serializes it: "http://127.1", "http://[0:0::1]".
	IPNotCanonical Problem = "ip-address-not-canonical"
	// BadHost: anything else about the host.
	BadHost Problem = "bad-host"
)

// A ParseError says why a string is no serialized origin and what would be.
type ParseError struct {
	// Value is the string.
	Value string
	// Problem is the first thing that is wrong with it.
	Problem Problem
	// Suggestion is what was probably meant, a string that [Parse] accepts, or "" if that cannot be told. It is a guess for people to
	// confirm: never put it into effect by itself.
	Suggestion string
	// Hint says what to write instead. It is never empty.
	Hint string
}

// Error has the form `origin: "https://a.example/": trailing slash: write "https://a.example"`. Of a long value it shows the start.
func (e *ParseError) Error() string {
	const shown = 200
	value := strconv.Quote(e.Value)
	if len(e.Value) > shown {
		value = strconv.Quote(e.Value[:shown]) + "…"
	}
	return "origin: " + value + ": " + strings.ReplaceAll(string(e.Problem), "-", " ") + ": " + e.Hint
}

// diagnose says why s, which is not a serialized origin, is none.
func diagnose(s string) *ParseError {
	e := &ParseError{Value: s}
	e.Problem, e.Suggestion, e.Hint = problem(s)
	switch {
	case e.Suggestion != "":
		e.Hint = "write " + strconv.Quote(e.Suggestion)
	case e.Hint == "":
		e.Hint = `write scheme, host and port only, as "https://a.example:8443"`
	}
	return e
}

// problem finds the first problem of s, what was probably meant, and where that cannot be told a hint.
func problem(s string) (p Problem, suggestion, hint string) {
	switch trimmed := strings.Trim(s, " \t\r\n"); {
	case trimmed == "":
		return Empty, "", `write an origin, as "https://a.example", or "null" for an opaque one`
	case len(s) > MaxLength:
		return TooLong, "", fmt.Sprintf("write at most %d bytes", MaxLength)
	case strings.EqualFold(s, "null"):
		return NullCase, "null", ""
	case strings.ContainsFunc(trimmed, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return ControlCharacter, "", `write visible characters only, as "https://a.example"`
	case trimmed != s:
		return WhiteSpace, repair(trimmed), "leave out the spaces around it"
	}
	if bare := strings.Trim(s, "\"'`“”‘’"); bare != s {
		return Quotes, repair(bare), "leave out the quotation marks"
	}
	if p, suggestion, hint := separatorProblem(s); p != "" {
		return p, suggestion, hint
	}
	if strings.Contains(s, "*") {
		return Wildcard, "", `a pattern is not an origin: write one origin in full, as "https://a.example"`
	}
	if p := schemeProblem(s); p != "" {
		return p, repair(s), schemeHint(p)
	}
	return hostProblem(s)
}

// separatorProblem finds what separates several origins, or what is left of such a list.
func separatorProblem(s string) (p Problem, suggestion, hint string) {
	pieces := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t,;", r) })
	switch {
	case len(pieces) == 1 && pieces[0] != s:
		return Several, repair(pieces[0]), "write one origin, without separators"
	case len(pieces) > 1 && originLike(pieces[0]) && originLike(pieces[1]):
		if first := repair(pieces[0]); first != "" {
			return Several, "", "write one origin at a time, as " + strconv.Quote(first)
		}
		return Several, "", `write one origin at a time, as "https://a.example"`
	case strings.ContainsAny(s, " \t"):
		return WhiteSpace, "", `an origin has no spaces: write scheme, host and port only, as "https://a.example:8443"`
	}
	return "", "", ""
}

// originLike reports whether a piece of a list was probably meant for an origin of its own.
func originLike(piece string) bool {
	return strings.Contains(piece, "://") || strings.Contains(piece, ".") || strings.HasPrefix(piece, "localhost") ||
		piece == "null" || piece == "*"
}

// schemeProblem finds what is wrong up to and with "://".
func schemeProblem(s string) Problem {
	scheme, rest, colon := strings.Cut(s, ":")
	known := special(asciiLower(scheme))
	switch {
	case known && !strings.HasPrefix(rest, "//"):
		return MissingSlashes
	case !colon:
		if word, _, slashes := strings.Cut(s, "//"); slashes && special(asciiLower(word)) {
			return MissingSlashes
		}
		return MissingScheme
	case opaqueScheme(asciiLower(scheme)):
		return OpaqueScheme
	case !strings.HasPrefix(rest, "//"):
		// "localhost:3000", "a.example:8080/x", "user:pass@a.example", "[::1]:80".
		return MissingScheme
	case !isScheme(scheme):
		return BadScheme
	case scheme != asciiLower(scheme):
		return UpperCaseScheme
	}
	return ""
}

func schemeHint(p Problem) string {
	switch p {
	case OpaqueScheme:
		return `a page from there has an opaque origin: write "null"`
	case BadScheme:
		return `write a scheme such as "https" before "://"`
	}
	return `write the scheme, "://" and the host, as "https://a.example"`
}

// hostProblem finds what is wrong behind "://", with a good scheme before it.
func hostProblem(s string) (p Problem, suggestion, hint string) {
	scheme, rest, _ := strings.Cut(s, "://")
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	host, port, hasPort := splitPort(authority)

	// NOTE: a custom scheme's host is an opaque string whose case counts.
	switch {
	case strings.Contains(authority, "@"):
		p = UserInfo
	case tail == "/":
		p = TrailingSlash
	case strings.HasPrefix(strings.TrimPrefix(tail, "/"), "?"):
		p = Query
	case strings.HasPrefix(strings.TrimPrefix(tail, "/"), "#"):
		p = Fragment
	case tail != "" && authority != "":
		p = Path
	case host == "":
		p = EmptyHost
	case strings.ContainsFunc(authority, func(r rune) bool { return r > '~' }):
		p, hint = NotASCII, `write the host in its ASCII form, with "xn--"`
	case special(scheme) && host != asciiLower(host):
		p = UpperCaseHost
	case hasPort && !validPort(port):
		p, hint = BadPort, "write a port from 1 to 65535, or none for the default"
	case hasPort && port == defaultPort(scheme):
		p = DefaultPort
	case isIP(scheme, host):
		p, hint = IPNotCanonical, "write the address as a browser does"
	default:
		p, hint = BadHost, `write a host such as "a.example"`
	}
	return p, repair(s), hint
}

// splitPort splits an authority without user info at the colon before the port.
func splitPort(authority string) (host, port string, ok bool) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.Contains(authority[i:], "]") {
		return authority, "", false
	}
	return authority[:i], authority[i+1:], true
}

// validPort reports whether port is a number of 16 bits without leading zeros.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == port
}

// defaultPort returns the port that a scheme has when none is named.
//
// https://url.spec.whatwg.org/#default-port
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	case "ftp":
		return "21"
	}
	return ""
}

// isIP reports whether the URL parser makes an IP address out of host.
func isIP(scheme, host string) bool {
	u, err := url.Parse(scheme + "://" + host)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(strings.Trim(u.Hostname(), "[]"))
	return err == nil
}

// repair returns the serialized origin that was probably meant by s, one that [Parse] accepts, or "".
func repair(s string) string {
	if strings.EqualFold(s, "null") {
		return "null"
	}
	scheme, rest, found := strings.Cut(s, ":")
	lower := asciiLower(scheme)
	switch {
	case special(lower) && found:
		// As the address bar does it.
	case !found && (strings.HasPrefix(asciiLower(s), "http//") || strings.HasPrefix(asciiLower(s), "https//")):
		s = strings.Replace(s, "//", "://", 1)
	case found && (lower == "blob" || lower == "filesystem"):
		// As the URL within, or as nowhere.
		if inner, err := ParseURL(rest); err == nil && !inner.IsOpaque() {
			return accepted(inner.String())
		}
		return "null"
	case found && opaqueScheme(lower):
		return "null"
	case found && strings.HasPrefix(rest, "//"):
		// A custom scheme: the URL parser finds no origin in it, but host and port.
		return repairCustom(lower + ":" + rest)
	default:
		s = withScheme(strings.TrimLeft(s, "/"))
	}
	o, err := ParseURL(s)
	if err != nil {
		return ""
	}
	return accepted(o.String())
}

// repairCustom returns scheme, host and port of a URL whose scheme is an application's own.
func repairCustom(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return accepted(tuple(u).String())
}

// withScheme puts the likeliest scheme before s: http for this machine, https for others.
func withScheme(s string) string {
	if o, err := ParseURL("http://" + s); err == nil && o.PotentiallyTrustworthy() {
		return "http://" + s
	}
	return "https://" + s
}

// accepted returns s if [Parse] takes it for a tuple origin, else "".
func accepted(s string) string {
	if _, ok := parseSerialized(s); !ok {
		return ""
	}
	return s
}
