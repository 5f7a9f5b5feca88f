package jar

import (
	"strings"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// A target is a request with all that cookies depend on.
type target struct {
	fetch.CookieRequest

	origin     origin.Origin
	host, path string
	// secure says that cookies with Secure may travel.
	secure bool
	// sendSameSite and storeSameSite say that the request counts as same-site for what it sends and for what comes back.
	sendSameSite, storeSameSite bool
	// thirdParty says that the request goes to another site than the one at the top, or comes from a frame of another.
	thirdParty bool
	// partition is the key of the jar for this request's partitioned cookies.
	partition string
}

// target works out what cookies depend on. It reports false for what is no http or https URL, where there are none.
func (p *Policy) target(r fetch.CookieRequest) (*target, bool) {
	if origin.LimitURL(r.URL) != nil {
		return nil, false
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, false
	}
	t := &target{CookieRequest: r, origin: origin.OfURL(u), path: u.Pathname()}
	if t.origin.Scheme() != "http" && t.origin.Scheme() != "https" {
		return nil, false
	}
	t.host = t.origin.Host()
	// DEVIATION: Chromium and Firefox trust loopback (Policy.SecureOnLoopback).
	t.secure = t.origin.Scheme() == "https" || p.SecureOnLoopback && t.origin.PotentiallyTrustworthy()
	if t.Navigation {
		// The page to come is at the top itself.
		t.TopLevel = t.origin
	} else if t.TopLevel == (origin.Origin{}) {
		t.TopLevel = t.Client
	}
	t.determineSameSite(p)
	return t, true
}

// determineSameSite determines whether the request is same-site, and what follows from it for third parties and partitions.
//
// https://fetch.spec.whatwg.org/#determine-the-same-site-mode
func (t *target) determineSameSite(p *Policy) {
	// 2, 4. The page that asks, and those around it.
	client := t.Client
	// DEVIATION: WebKit does not look at the origin of a frame that has none (Policy.OpaqueIsSameSite).
	if p.OpaqueIsSameSite && client.IsOpaque() {
		client = t.TopLevel
	}
	direct := p.sameSite(client, t.origin) && p.sameSite(t.TopLevel, t.origin)
	// 5. The redirects on the way.
	chain := direct
	for _, via := range t.Via {
		chain = chain && p.sameSite(client, via)
	}
	// DEVIATION: Chromium does not look at redirects, Firefox not for what it stores (Policy.SendMindsRedirects, StoreMindsRedirects).
	t.sendSameSite, t.storeSameSite = direct, direct
	if p.SendMindsRedirects {
		t.sendSameSite = chain
	}
	if p.StoreMindsRedirects {
		t.storeSameSite = chain
	}
	// DEVIATION: libsoup compares hosts by itself where WebKit does not tell it that the request is same-site (Policy.HostIsSameSite).
	if p.HostIsSameSite && !t.Navigation && t.TopLevel.Host() == t.host {
		t.sendSameSite = true
	}
	t.thirdParty = !direct && !t.Navigation
	// Same-site and cross-site requests of one page at the top have jars of their own, so that a framed page cannot be fooled by the
	// one that frames it.
	t.partition = t.TopLevel.Scheme() + "://" + siteHost(t.TopLevel.Host())
	if t.thirdParty {
		t.partition += " cross-site"
	}
}

// safe reports whether the method changes nothing.
//
// https://httpwg.org/specs/rfc9110.html#safe.methods
func (t *target) safe() bool {
	switch strings.ToUpper(t.Method) {
	case "", "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	default:
		return false
	}
}
