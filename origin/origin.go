package origin

import (
	"net/netip"
	"strconv"
	"strings"
)

// An Origin is a tuple origin (scheme, host, port) or an opaque one, which is like nothing but itself. It is immutable.
//
// The zero value is an opaque origin of nowhere: [SameOrigin] says that it is not even same origin with itself, so that a forgotten
// field never opens anything. Two values can be compared with == and used as map keys; but for the zero value, == and SameOrigin
// agree.
//
// https://html.spec.whatwg.org/#concept-origin
type Origin struct {
	scheme string
	host   string
	port   uint16
	// hasPort tells port 0 from the scheme's default port.
	hasPort bool
	// opaque is what an opaque origin is the same as: itself.
	opaque *identity
}

// An identity is only there to have an address of its own, for which it must not be of size zero.
type identity struct{ _ byte }

// Opaque returns a new opaque origin, different from every other.
//
// https://html.spec.whatwg.org/#concept-origin-opaque
func Opaque() Origin { return Origin{opaque: new(identity)} }

// IsOpaque reports whether o is an opaque origin, which is serialized as "null".
func (o Origin) IsOpaque() bool { return o.scheme == "" }

// Scheme returns the scheme, such as "https", or "" for an opaque origin.
func (o Origin) Scheme() string { return o.scheme }

// Host returns the host in serialized form, such as "a.example" or "[::1]", or "" for an opaque origin.
func (o Origin) Host() string { return o.host }

// Port returns the port, or 0 if it is the scheme's default or o is opaque. An origin with port 0 exists too; [Origin.String] shows
// the difference.
func (o Origin) Port() uint16 { return o.port }

// String serializes o, as in an Origin header: "https://a.example", "http://localhost:3000", or "null" for every opaque origin. The
// zero value gives "null".
//
// https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin
func (o Origin) String() string {
	// 1. Opaque.
	if o.IsOpaque() {
		return "null"
	}

	// 2 to 4. Scheme and host.
	result := o.scheme + "://" + o.host

	// 5. The port, unless it is the scheme's own.
	if o.hasPort {
		result += ":" + strconv.Itoa(int(o.port))
	}

	// 6. Done.
	return result
}

// SameOrigin reports whether a and b are same origin.
//
// https://html.spec.whatwg.org/#same-origin
func SameOrigin(a, b Origin) bool {
	// 1. The same opaque origin.
	// NOTE: two zero values are not the same, since nobody knows where they come from.
	if a.IsOpaque() && b.IsOpaque() {
		return a.opaque != nil && a.opaque == b.opaque
	}

	// 2 and 3. Scheme, host and port; an opaque origin has none, and equals no tuple.
	return a == b
}

// PotentiallyTrustworthy reports whether o is a potentially trustworthy origin: https and wss, and whatever is on this machine by its
// address or as localhost. A page of such an origin is, roughly, a secure context, and must not load from others.
//
// Custom schemes that an application registers as secure are not known here: the answer for capacitor://app is false.
//
// https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
func (o Origin) PotentiallyTrustworthy() bool {
	// 1. Opaque origins are not.
	if o.IsOpaque() {
		return false
	}

	// 2 and 3. Authenticated transport.
	if o.scheme == "https" || o.scheme == "wss" {
		return true
	}

	// 4. Loopback addresses.
	if ip, ok := o.ip(); ok && !ip.Is4In6() && ip.IsLoopback() {
		return true
	}

	// 5. Names that browsers resolve to loopback by themselves.
	name := strings.TrimSuffix(o.host, ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}

	// 6 to 9. Nothing else.
	// NOTE: step 6 is about the scheme "file", but the origin of a file URL is opaque here, as it is in the browsers;
	// PotentiallyTrustworthyURL sees to that. The others are about what a user or an application has configured.
	return false
}

// ip returns the host as an IP address, if it is one.
func (o Origin) ip() (netip.Addr, bool) {
	host := o.host
	if strings.HasPrefix(host, "[") {
		host = strings.Trim(host, "[]")
	} else if !special(o.scheme) {
		// NOTE: the host of any other scheme is an opaque string, digits or not.
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(host)
	return ip, err == nil
}
