package jar

import (
	"slices"
	"strings"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// SetCookies implements [fetch.Jar]: it stores what the response to r sets, line by line, as far as it may.
func (j *Jar) SetCookies(r fetch.CookieRequest, lines []string) {
	t, ok := j.policy.target(r)
	if !ok {
		return
	}
	decisions := make([]Decision, len(lines))
	for i, line := range lines {
		cookie, reason := j.set(t, line)
		decisions[i] = Decision{URL: r.URL, Response: true, Cookie: cookie, Reason: reason}
	}
	j.tell(decisions)
}

// set stores what one line sets, or says why not.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model
func (j *Jar) set(t *target, line string) (Cookie, Reason) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	// 1–6. Its own limits.
	parsed, reason := j.policy.parseSetCookie(line, now)
	// NOTE: cloned, for a part of a line would keep all of it in memory.
	c := Cookie{
		Name: strings.Clone(parsed.name), Value: strings.Clone(parsed.value),
		Secure: parsed.secure, HTTPOnly: parsed.httpOnly, SameSite: parsed.sameSite, Created: now, Accessed: now,
	}
	if reason != "" {
		return Cookie{Name: c.Name[:min(len(c.Name), MaxPair)]}, reason
	}
	// 7.
	if parsed.persistent {
		c.Expires = parsed.expires
	}
	// 8–11.
	hostPrefix, reason := j.policy.setDomain(&c, &parsed, t.host)
	if reason != "" {
		return c, reason
	}
	// 12.
	c.Path = defaultPath(t.path)
	if parsed.hasPath {
		c.Path = strings.Clone(parsed.path)
	}
	if len(c.Path) > MaxAttribute {
		return c, TooLong
	}
	if reason = j.policy.refuses(&c, &parsed, t, hostPrefix); reason != "" {
		return c, reason
	}
	if reason = j.keepFirstParty(&c, &parsed, t); reason != "" {
		return c, reason
	}
	reason = j.put(&c, t, now)
	return c, reason
}

// setDomain sets the domain of a cookie. The first result says that for __Host- there is no Domain.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model (steps 8 to 11)
func (p *Policy) setDomain(c *Cookie, parsed *setCookie, host string) (hostPrefix bool, reason Reason) {
	c.Domain, c.HostOnly = host, true
	// 10. Without a Domain only the host itself.
	if !parsed.hasDomain {
		return true, ""
	}
	if !domainMatch(host, parsed.domain) {
		return false, DomainMismatch
	}
	switch {
	// An address has nothing below it.
	case isIP(host):
		return true, ""
	case !publicSuffix(parsed.domain):
		c.Domain, c.HostOnly = strings.Clone(parsed.domain), false
		return false, ""
	// 9. A public suffix may speak for itself only.
	case parsed.domain != host:
		return false, PublicSuffix
	default:
		// DEVIATION: for Chromium a Domain stays a Domain (Policy.HostPrefixAllowsOwnSuffix).
		return p.HostPrefixAllowsOwnSuffix, ""
	}
}

// refuses says what about a cookie goes against its own attributes or its request's, or returns "".
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model (steps 13 to 22)
func (p *Policy) refuses(c *Cookie, parsed *setCookie, t *target, hostPrefix bool) Reason {
	switch {
	// 13–14.
	case c.Secure && !t.secure:
		return SecureFromInsecure
	// 19. Who cannot send it back cannot set it, but for the page to come.
	case !t.storeSameSite && !t.Navigation && !p.StoresAnySameSite && c.SameSite == Strict:
		return SameSiteStrict
	case !t.storeSameSite && !t.Navigation && !p.StoresAnySameSite && c.SameSite == Lax:
		return SameSiteLax
	case !t.storeSameSite && !t.Navigation && !p.StoresAnySameSite && c.SameSite == Default && p.LaxByDefault:
		return SameSiteDefault
	// 20.
	case p.NoneNeedsSecure && c.SameSite == None && !c.Secure:
		return NoneWithoutSecure
	case p.NoneNeedsSecure && parsed.partitioned && !c.Secure:
		return PartitionedWithoutSecure
	// 21–22.
	case p.Prefixes && !prefixHolds(c, hostPrefix && parsed.hasPath && c.Path == "/"):
		return PrefixViolated
	default:
		return ""
	}
}

// prefixHolds reports whether a cookie is what its name promises. The second argument says that it has no Domain and Path=/.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-cookie-name-prefixes
func prefixHolds(c *Cookie, host bool) bool {
	name := strings.ToLower(c.Name)
	has := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	if name == "" {
		// A server cannot tell "=__Host-a=1" from the real one.
		name = strings.ToLower(c.Value)
		return !has("__secure-") && !has("__host-") && !has("__http-")
	}
	switch {
	case has("__host-http-"):
		return c.Secure && c.HTTPOnly && host
	case has("__host-"):
		return c.Secure && host
	case has("__http-"):
		return c.Secure && c.HTTPOnly
	case has("__secure-"):
		return c.Secure
	default:
		return true
	}
}

// keepFirstParty chooses the cookie's partition, or says that it gets none.
//
// https://datatracker.ietf.org/doc/html/draft-cutler-httpbis-partitioned-cookies
func (j *Jar) keepFirstParty(c *Cookie, parsed *setCookie, t *target) Reason {
	switch {
	case parsed.partitioned:
		c.Partition = t.partition
	case j.thirdParty == SendOnly:
		covers := c.Domain == t.TopLevel.Host() || !c.HostOnly && domainMatch(t.TopLevel.Host(), c.Domain)
		if !covers {
			return ThirdPartyBlocked
		}
	case t.thirdParty && j.thirdParty == Block:
		return ThirdPartyBlocked
	case t.thirdParty && j.thirdParty == Partition:
		c.Partition = t.partition
	}
	return ""
}

// put stores a cookie in the place of the one that it replaces, and makes room.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model (steps 16, 23 and 24)
func (j *Jar) put(c *Cookie, t *target, now time.Time) Reason {
	site := siteHost(c.Domain)
	kept := j.cookies[site]
	// 16. Who can write on the wire cannot overwrite what was set securely.
	if !c.Secure && !t.secure && slices.ContainsFunc(kept, func(old *Cookie) bool {
		return old.Secure && old.Name == c.Name && old.Partition == c.Partition && !old.expired(now) && pathMatch(c.Path, old.Path) &&
			(domainMatch(c.Domain, old.Domain) || domainMatch(old.Domain, c.Domain))
	}) {
		return OverwritesSecure
	}
	// 23. It keeps its place in the order.
	j.order++
	c.order = j.order
	if i := slices.IndexFunc(kept, c.replaces); i >= 0 {
		if !kept[i].expired(now) {
			c.Created, c.order = kept[i].Created, kept[i].order
		}
		kept = slices.Delete(kept, i, i+1)
		j.count--
	}
	// 24. An expired one only deletes.
	if !c.expired(now) {
		kept = append(kept, c)
		j.count++
	}
	j.cookies[site] = kept
	j.evict(site, c.Partition, now)
	return ""
}

// evict removes what is too much, for the site first and then altogether.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model (last part)
func (j *Jar) evict(site, partition string, now time.Time) {
	here := 0
	for _, c := range j.cookies[site] {
		if c.Partition == partition {
			here++
		}
	}
	if here > MaxPerSite {
		j.evictFrom([]string{site}, func(c *Cookie) bool { return c.Partition == partition }, now)
	}
	if j.count > MaxCookies {
		sites := make([]string, 0, len(j.cookies))
		for s := range j.cookies {
			sites = append(sites, s)
		}
		j.evictFrom(sites, func(*Cookie) bool { return true }, now)
	}
	if len(j.cookies[site]) == 0 {
		delete(j.cookies, site)
	}
}

// evictFrom removes the expired cookies of some sites, or if there is none, the one that can best be done without.
func (j *Jar) evictFrom(sites []string, from func(*Cookie) bool, now time.Time) {
	var worst *Cookie
	var at string
	before := j.count
	for _, s := range sites {
		j.cookies[s] = slices.DeleteFunc(j.cookies[s], func(c *Cookie) bool {
			if from(c) && c.expired(now) {
				j.count--
				return true
			}
			return false
		})
		for _, c := range j.cookies[s] {
			if from(c) && (worst == nil || worse(c, worst)) {
				worst, at = c, s
			}
		}
	}
	if j.count == before && worst != nil {
		j.cookies[at] = slices.DeleteFunc(j.cookies[at], func(c *Cookie) bool { return c == worst })
		j.count--
	}
	for _, s := range sites {
		if len(j.cookies[s]) == 0 {
			delete(j.cookies, s)
		}
	}
}

// worse reports whether a goes before b when there are too many.
func worse(a, b *Cookie) bool {
	if a.Secure != b.Secure {
		return !a.Secure
	}
	if !a.Accessed.Equal(b.Accessed) {
		return a.Accessed.Before(b.Accessed)
	}
	return a.order < b.order
}
