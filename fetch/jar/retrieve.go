package jar

import (
	"cmp"
	"slices"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// Cookies implements [fetch.Jar]: the cookies that travel with r, in the order of the Cookie header.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm
func (j *Jar) Cookies(r fetch.CookieRequest) []string {
	decisions := j.decide(r, true)
	var pairs []string
	for i := range decisions {
		if decisions[i].Reason == "" {
			// 4. Serialized.
			pairs = append(pairs, decisions[i].Cookie.Pair())
		}
	}
	j.tell(decisions)
	return pairs
}

// Decide says of every cookie whose domain covers the request whether it would travel with r, or why not, in the order of the Cookie
// header. It changes nothing.
func (j *Jar) Decide(r fetch.CookieRequest) []Decision { return j.decide(r, false) }

// decide is the retrieval algorithm, up to serialization. It may touch the cookies that travel.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm
func (j *Jar) decide(r fetch.CookieRequest, touch bool) []Decision {
	t, ok := j.policy.target(r)
	if !ok {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	var found []*Cookie
	for _, c := range j.cookies[siteHost(t.host)] {
		// 1. The host, or its domain.
		if c.Domain == t.host || !c.HostOnly && domainMatch(t.host, c.Domain) {
			if !c.expired(now) {
				found = append(found, c)
			}
		}
	}
	// 2. Longer paths first, then older cookies.
	slices.SortFunc(found, func(a, b *Cookie) int {
		return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)), cmp.Compare(a.order, b.order))
	})
	decisions := make([]Decision, len(found))
	for i, c := range found {
		reason := j.withholds(c, t, now)
		// 3. Those that travel were of use.
		if touch && reason == "" {
			c.Accessed = now
		}
		decisions[i] = Decision{URL: r.URL, Cookie: *c, Reason: reason}
	}
	return decisions
}

// withholds says why a cookie of the request's host does not travel, or "".
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm (step 1)
func (j *Jar) withholds(c *Cookie, t *target, now time.Time) Reason {
	switch {
	case !pathMatch(t.path, c.Path):
		return OtherPath
	case c.Secure && !t.secure:
		return Insecure
	// HttpOnly is about script, which does not ask here.
	case c.Partition != "" && c.Partition != t.partition:
		return OtherPartition
	}
	if reason := j.policy.crossSite(c, t, now); reason != "" {
		return reason
	}
	// A partitioned cookie is no third party's: nobody else's page has it.
	if t.thirdParty && c.Partition == "" && (j.thirdParty == Block || j.thirdParty == Partition) {
		return ThirdPartyBlocked
	}
	return ""
}

// crossSite says why SameSite keeps a cookie from travelling, or "".
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm (step 1, last condition)
func (p *Policy) crossSite(c *Cookie, t *target, now time.Time) Reason {
	if t.sendSameSite {
		return ""
	}
	switch c.SameSite {
	case None:
		return ""
	case Strict:
		return SameSiteStrict
	case Lax:
		if t.Navigation && t.safe() {
			return ""
		}
		return SameSiteLax
	case Default:
	}
	switch {
	// DEVIATION: Firefox and WebKit have no default but None (Policy.LaxByDefault).
	case !p.LaxByDefault, t.Navigation && t.safe():
		return ""
	// A sign-in that posts back is given time to do so.
	case t.Navigation && now.Sub(c.Created) < p.LaxAllowingUnsafe:
		return ""
	default:
		return SameSiteDefault
	}
}
