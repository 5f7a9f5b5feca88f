package jar

import (
	"strings"
	"time"
)

// Limits of a cookie.
const (
	// MaxPair is how many bytes name and value may have together.
	MaxPair = 4096
	// MaxAttribute is how many bytes the value of an attribute may have. A longer attribute is ignored.
	MaxAttribute = 1024
	// MaxAge is the longest that a cookie lives.
	MaxAge = 400 * 24 * time.Hour
)

// A setCookie is what a Set-Cookie line says, before anybody decided whether to believe it.
type setCookie struct {
	name, value      string
	expires          time.Time // zero for a session cookie
	persistent       bool
	domain, path     string
	hasDomain        bool // a Domain that is not empty
	hasPath          bool // a Path that begins with /
	secure, httpOnly bool
	sameSite         SameSite
	partitioned      bool
}

// parseSetCookie parses the value of a Set-Cookie line. The Reason is empty if it is one.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-set-cookie-header-field
func (p *Policy) parseSetCookie(line string, now time.Time) (setCookie, Reason) {
	var c setCookie
	// 1. Control characters spoil the whole line.
	if strings.ContainsFunc(line, p.control) {
		return c, Malformed
	}
	// 2. The pair ends at the first semicolon.
	pair, attributes, _ := strings.Cut(line, ";")
	// 3. Without "=" it is all value.
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	// 4.
	c.name, c.value = trim(name), trim(value)
	// 5. Long pairs, and those that say nothing.
	switch {
	case p.tooLong(c.name, c.value):
		return c, TooLong
	case c.name == "" && c.value == "":
		return c, Malformed
	// DEVIATION: two engines are stricter (Policy.RefusesEmptyName, Policy.RefusesTabs).
	case p.RefusesEmptyName && ok && c.name == "", p.RefusesTabs && strings.Contains(c.name+c.value, "\t"):
		return c, Malformed
	}
	// 6.
	p.parseAttributes(&c, attributes, now)
	return c, ""
}

// control reports whether a character makes a line useless. A tab does not.
func (p *Policy) control(r rune) bool {
	// DEVIATION: libsoup minds only what ends a line (Policy.TakesControls).
	if p.TakesControls {
		return r == 0 || r == '\r' || r == '\n'
	}
	return r < 0x20 && r != '\t' || r == 0x7F
}

func (p *Policy) tooLong(name, value string) bool {
	// DEVIATION: libsoup measures each by itself (Policy.LooseLimits).
	if p.LooseLimits {
		return max(len(name), len(value)) > MaxPair
	}
	return len(name)+len(value) > MaxPair
}

// parseAttributes parses the unparsed attributes. Of attributes that are there twice the last one counts.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-set-cookie-header-field (second algorithm)
func (p *Policy) parseAttributes(c *setCookie, attributes string, now time.Time) {
	maxAge := false
	// 1–3. One after the other.
	for attribute := range strings.SplitSeq(attributes, ";") {
		// 4–5.
		name, value, _ := strings.Cut(attribute, "=")
		name, value = trim(name), trim(value)
		// 6.
		if len(value) > MaxAttribute && !p.LooseLimits {
			continue
		}
		// 7. Unknown attributes are ignored.
		switch strings.ToLower(name) {
		case "expires":
			// Max-Age goes before Expires, wherever it stands (storage model, 6.3–6.4).
			if date, ok := p.parseDate(value); ok && (!maxAge || p.LastLifetimeCounts) {
				c.expires, c.persistent = earlier(date, now.Add(MaxAge)), true
			}
		case "max-age":
			// DEVIATION: for libsoup the last of the two counts, and nothing is 0 (Policy.LastLifetimeCounts).
			if p.LastLifetimeCounts && value == "" {
				value = "0"
			}
			if d, ok := parseMaxAge(value); ok {
				c.expires, c.persistent, maxAge = now.Add(d), true, true
			}
		case "domain":
			// A leading dot is history. An empty Domain is none, but replaces one before it.
			c.domain = strings.ToLower(strings.TrimPrefix(value, "."))
			// DEVIATION: for browsers a dot is no empty Domain (Policy.RefusesLoneDot).
			c.hasDomain = c.domain != "" || p.RefusesLoneDot && value == "."
		case "path":
			c.path, c.hasPath = value, strings.HasPrefix(value, "/")
		case "secure":
			c.secure = true
		case "httponly":
			c.httpOnly = true
		case "samesite":
			p.parseSameSite(c, value)
		case "partitioned":
			c.partitioned = p.Partitions
		}
	}
}

// parseSameSite parses the value of SameSite. What is none of the three words means the default.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-samesite-attribute-2
func (p *Policy) parseSameSite(c *setCookie, value string) {
	// 1–4.
	switch strings.ToLower(value) {
	case "strict":
		c.sameSite = Strict
	case "lax":
		c.sameSite = Lax
	case "none":
		// DEVIATION: libsoup has only Lax and Strict to set (Policy.NoneIsNoSameSite).
		if !p.NoneIsNoSameSite {
			c.sameSite = None
		}
	default:
		if !p.NoneIsNoSameSite {
			c.sameSite = Default
		}
	}
}

// parseMaxAge parses the value of Max-Age. Zero and less mean that the cookie has expired.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-the-max-age-attribute-2
func parseMaxAge(s string) (time.Duration, bool) {
	// 1–4. An optional sign, then digits only.
	number := strings.TrimPrefix(s, "-")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return 0, false
	}
	// 5–7. Seconds, at most so many.
	const most = int64(MaxAge / time.Second)
	seconds := int64(0)
	for i := 0; i < len(number) && seconds < most; i++ {
		seconds = seconds*10 + int64(number[i]-'0')
	}
	if number != s || seconds == 0 {
		return -time.Second, true
	}
	return time.Duration(min(seconds, most)) * time.Second, true
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// trim removes the white space that the RFC speaks of.
func trim(s string) string { return strings.Trim(s, " \t") }
