package origin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// The limits of what is parsed as a URL, in bytes.
const (
	// MaxURL is how long a URL may be. Chromium has the same limit.
	MaxURL = 2 << 20
	// MaxAuthority is how long the part of a URL with the host may be.
	//
	// The URL parser needs time by the square of its length, seconds for a few ten thousand bytes, and a server on the other side can
	// send such a URL in a redirect. The rest of a URL costs time in proportion to its length.
	MaxAuthority = 1024
)

// ErrURLTooLong says that a URL exceeds a limit.
var ErrURLTooLong = errors.New("origin: URL too long")

// LimitURL returns an error that wraps [ErrURLTooLong] if s, a URL or a reference to be resolved against one, exceeds [MaxURL] or
// [MaxAuthority]. Ask it before anything that a stranger sent is given to the URL parser; [ParseURL] does so by itself.
func LimitURL(s string) error {
	if len(s) > MaxURL {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrURLTooLong, len(s), MaxURL)
	}
	if n := authorityLength(s); n > MaxAuthority {
		return fmt.Errorf("%w: authority of %d bytes, at most %d", ErrURLTooLong, n, MaxAuthority)
	}
	return nil
}

// authorityLength returns how much of s the URL parser will take for an authority, at most: it may be that it finds none.
func authorityLength(s string) int {
	// NOTE: what the parser strips from both ends and removes everywhere.
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	scheme, rest, found := strings.Cut(s, ":")
	scheme = asciiLower(removed.Replace(scheme))
	if !found || !isScheme(scheme) {
		scheme, rest = "", s
	}
	start := 0
	for slashes := 0; start < len(rest); start++ {
		switch rest[start] {
		case '\t', '\n', '\r':
			continue
		case '/', '\\':
			slashes++
			continue
		}
		// A scheme with a tuple origin has an authority with however many slashes, any other with two.
		if slashes < 2 && !special(scheme) {
			return 0
		}
		break
	}
	rest = rest[start:]
	ends := "/?#"
	if special(scheme) {
		ends = `/\?#`
	}
	if end := strings.IndexAny(rest, ends); end >= 0 {
		return end
	}
	return len(rest)
}

// removed takes out what the URL parser takes out.
var removed = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// ParseURL parses s as an absolute URL by the rules of the URL standard, which browsers follow, and returns the URL's origin. Unlike
// [Parse] it repairs whatever a browser's address bar does. The error is that of the URL parser, or wraps [ErrURLTooLong].
func ParseURL(s string) (Origin, error) {
	if err := LimitURL(s); err != nil {
		return Origin{}, err
	}
	u, err := url.Parse(s)
	if err != nil {
		return Origin{}, fmt.Errorf("origin: %w", err)
	}
	return OfURL(u), nil
}

// OfURL returns the origin of a URL. It is a tuple for http, https, ws, wss and ftp, that of the inner URL for a blob URL, and a new
// opaque origin, different on every call, for everything else. nil gives an opaque origin too.
//
// https://url.spec.whatwg.org/#concept-url-origin
func OfURL(u *url.Url) Origin {
	if u == nil {
		return Opaque()
	}
	switch scheme := u.Scheme(); {
	case scheme == "blob":
		// 1. NOTE: whoever made the blob is not known here, only what its URL says.
		// 2 and 3. The URL within.
		path := u.Pathname()
		if LimitURL(path) != nil {
			return Opaque()
		}
		inner, err := url.Parse(path)
		if err != nil {
			return Opaque()
		}
		// 4. Of these schemes only. The origin of a file URL is opaque.
		if s := inner.Scheme(); s == "http" || s == "https" {
			return tuple(inner)
		}
		// 5. Nothing to hold on to.
		return Opaque()

	case special(scheme):
		return tuple(u)

	default:
		// "file" and the rest.
		return Opaque()
	}
}

// PotentiallyTrustworthyURL reports whether u is a potentially trustworthy URL. Mixed content is about those that are not. nil is not.
//
// https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy
func PotentiallyTrustworthyURL(u *url.Url) bool {
	if u == nil {
		return false
	}
	switch u.Scheme() {
	case "about":
		// 1. The two pages that take over their creator's origin.
		return u.Pathname() == "blank" || u.Pathname() == "srcdoc"
	case "data", "file":
		// 2. Data comes from nowhere. A file's origin is opaque here, so that the rule for origins does not see it.
		return true
	}

	// 3. By its origin.
	return OfURL(u).PotentiallyTrustworthy()
}

// special reports whether URLs of that scheme have a tuple origin.
func special(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp":
		return true
	}
	return false
}

// tuple returns scheme, host and port of u.
func tuple(u *url.Url) Origin {
	o := Origin{scheme: u.Scheme(), host: u.Hostname()}
	// NOTE: the parser has dropped the default port already, and lets no port through that is more than 16 bits.
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		o.port, o.hasPort = uint16(port), true
	}
	if o.host == "" {
		return Opaque()
	}
	return o
}
