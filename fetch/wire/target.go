package wire

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// A target is where a request goes, cut from a serialized URL. The URL standard has done the parsing; parsing again with net/url
// would respell some of it.
type target struct {
	// https is true for that scheme.
	https bool
	// authority is the Host header: the port is in it unless it is the scheme's own.
	authority string
	// host is without brackets, port is digits.
	host, port string
	// path is the origin form: path and query.
	path string
}

// address is what a dialer takes.
func (t target) address() string { return net.JoinHostPort(t.host, t.port) }

// parseTarget takes a serialized http or https URL apart. Anything that would make another request of it is an error.
func parseTarget(url string) (target, error) {
	var t target
	bad := func(why string) (target, error) { return target{}, fmt.Errorf("wire: URL %q: %s", url, why) }
	var rest string
	switch scheme, after, _ := strings.Cut(url, "://"); scheme {
	case "http":
		t.port, rest = "80", after
	case "https":
		t.https, t.port, rest = true, "443", after
	default:
		return bad("want http or https")
	}
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c >= 0x7f {
			return bad("want it serialized: no spaces, control characters or characters beyond ASCII")
		}
	}
	rest, _, _ = strings.Cut(rest, "#")
	t.authority, t.path = rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		t.authority, t.path = rest[:i], rest[i:]
	}
	if t.path[0] == '?' {
		t.path = "/" + t.path
	}
	if strings.Contains(t.authority, "@") {
		return bad("want no user name or password")
	}
	t.host = t.authority
	// A colon after the bracket of an IPv6 address, or any colon without brackets, starts the port.
	if i := strings.LastIndexByte(t.authority, ':'); i > strings.LastIndexByte(t.authority, ']') {
		t.host, t.port = t.authority[:i], t.authority[i+1:]
		if n, err := strconv.ParseUint(t.port, 10, 16); err != nil || strconv.FormatUint(n, 10) != t.port {
			return bad("want a port from 0 to 65535")
		}
	}
	if strings.HasPrefix(t.host, "[") && strings.HasSuffix(t.host, "]") {
		t.host = t.host[1 : len(t.host)-1]
	}
	if t.host == "" || strings.ContainsAny(t.host, "[]\\,;\"<>") {
		return bad("want a host")
	}
	return t, nil
}
