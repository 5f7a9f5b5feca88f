package jar

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/drawbridge-cors/drawbridge/origin"
)

// domainMatch reports whether host is domain or a name below it.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-domain-matching
func domainMatch(host, domain string) bool {
	if host == domain {
		return true
	}
	prefix, ok := strings.CutSuffix(host, domain)
	return ok && domain != "" && strings.HasSuffix(prefix, ".") && !isIP(host)
}

// defaultPath is the Path of a cookie that has none.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-paths-and-path-match
func defaultPath(path string) string {
	// 2–4. Up to the last slash, but for the first one.
	i := strings.LastIndexByte(path, '/')
	if !strings.HasPrefix(path, "/") || i == 0 {
		return "/"
	}
	return path[:i]
}

// pathMatch reports whether a request for path is below the cookie's.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-paths-and-path-match
func pathMatch(path, cookie string) bool {
	rest, ok := strings.CutPrefix(path, cookie)
	return ok && (rest == "" || strings.HasSuffix(cookie, "/") || rest[0] == '/')
}

// isIP reports whether a serialized host is an IP address.
func isIP(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// publicSuffix reports whether domains below domain belong to different people. Names that the list does not know are public suffixes
// if they have no dot.
func publicSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// siteHost is the registrable domain of a host, or the host where there is none.
func siteHost(host string) string {
	if isIP(host) {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// sameSite reports whether two origins are one site, for cookies.
func (p *Policy) sameSite(a, b origin.Origin) bool {
	// DEVIATION: WebKit takes all of localhost for one site (Policy.LocalhostIsOneSite).
	if p.LocalhostIsOneSite && underLocalhost(a.Host()) && underLocalhost(b.Host()) && (!p.Schemeful || a.Scheme() == b.Scheme()) {
		return true
	}
	// DEVIATION: Firefox and WebKit do not look at the scheme (Policy.Schemeful).
	if !p.Schemeful {
		return origin.SchemelesslySameSite(a, b)
	}
	return origin.SameSite(a, b)
}

func underLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
