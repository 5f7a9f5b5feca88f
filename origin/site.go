package origin

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// SameSite reports whether a and b are same site: same scheme, and hosts under the same registrable domain. Ports don't matter. What
// is registrable is said by the public suffix list compiled into golang.org/x/net/publicsuffix. Hosts without a registrable domain (IP
// addresses, localhost, a public suffix itself) are same site only with themselves.
//
// "x.localhost" and "localhost" are not same site: "localhost" is not on the list, so "x.localhost" is registrable by the list's
// default rule. WebKit takes them for same site.
//
// https://html.spec.whatwg.org/#same-site
func SameSite(a, b Origin) bool {
	// 1 and 2. An opaque origin is its own site; otherwise the schemes must agree.
	return SchemelesslySameSite(a, b) && a.scheme == b.scheme
}

// SchemelesslySameSite is [SameSite] without the scheme: http://a.example and https://b.a.example are.
//
// https://html.spec.whatwg.org/#schemelessly-same-site
func SchemelesslySameSite(a, b Origin) bool {
	// 1. The same opaque origin.
	if a.IsOpaque() || b.IsOpaque() {
		return SameOrigin(a, b)
	}

	// 2. Tuples: the same host, or the same registrable domain.
	domainA := a.registrableDomain()
	if domainA == "" {
		return a.host == b.host && b.registrableDomain() == ""
	}
	return domainA == b.registrableDomain()
}

// Site serializes the origin's site: its scheme and its registrable domain, or its host if there is none. Two origins that are not
// opaque are same site exactly if these are equal. An opaque origin's is "null".
//
// https://html.spec.whatwg.org/#obtain-a-site
func (o Origin) Site() string {
	// 1.
	if o.IsOpaque() {
		return "null"
	}
	// 2 and 3.
	host := o.registrableDomain()
	if host == "" {
		host = o.host
	}
	return o.scheme + "://" + host
}

// registrableDomain returns the host's registrable domain, or "" if it has none.
//
// https://url.spec.whatwg.org/#host-registrable-domain
func (o Origin) registrableDomain() string {
	// 1. Only a domain has one, and a public suffix has none.
	// NOTE: a host that ends with a dot is another host, and so is its domain; the list knows neither.
	if _, isIP := o.ip(); isIP || !special(o.scheme) {
		return ""
	}
	name, dot := strings.CutSuffix(o.host, ".")
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}

	// 2 and 3. The suffix and one label more.
	if dot {
		domain += "."
	}
	return domain
}
