package fetch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// Limits of the preflight cache.
const (
	// defaultPreflightAge counts where a server names no age, in seconds.
	defaultPreflightAge = 5
	// maxPreflightAge is the longest that an answer is kept, in seconds, unless the profile says otherwise.
	maxPreflightAge = 7200
	// maxPreflightKeys is how many (origin, URL) pairs are remembered, unless the profile says otherwise. The one that expires first
	// makes room.
	maxPreflightKeys = 1024
	// maxPreflightEntries is how many methods and names are remembered for one of them. A longer answer is not remembered.
	maxPreflightEntries = 256
)

// A preflightKey says for whom an answer holds. The page's origin stands in for the network partition key: opaque origins all
// serialize alike and must not share answers.
//
// https://fetch.spec.whatwg.org/#concept-cache-key
type preflightKey struct {
	page        origin.Origin
	origin, url string
	credentials bool
}

// A preflightEntry is one method or one header name that a server allowed.
//
// https://fetch.spec.whatwg.org/#concept-cache
type preflightEntry struct {
	expires     time.Time
	credentials bool
	method      string // "" or a method or "*"
	name        string // "" or a lower-cased name or "*"
}

// A preflightCache remembers what servers allowed. The zero value is empty and usable. It is safe for concurrent use.
//
// https://fetch.spec.whatwg.org/#concept-cache
type preflightCache struct {
	mu      sync.Mutex
	entries map[preflightKey][]preflightEntry
}

// cacheKey is the key of a request's answers. The URL keeps its fragment: the standard and all browsers ask again for another one.
func cacheKey(r *request) preflightKey {
	key := preflightKey{page: r.origin, origin: r.serializeOrigin(), url: r.current().url.Href(false)}
	// DEVIATION: Profile.TaintedKeyed.
	if r.profile.TaintedKeyed {
		key.origin = r.origin.String()
	}
	// DEVIATION: Profile.CredentialsApart.
	if r.profile.CredentialsApart {
		key.credentials = r.credentials == CredentialsInclude
	}
	return key
}

// usable reports whether there is a cache for r: it needs a clock, and a page that can be told from other pages.
func (p *preflightCache) usable(c *Client, r *request) bool {
	// DEVIATION: Profile.OpaqueNotKept, Profile.TaintedNotKept.
	if r.origin.IsOpaque() && r.profile.OpaqueNotKept ||
		r.profile.TaintedNotKept && !r.origin.IsOpaque() && r.redirectTaint() != taintSameOrigin {
		return false
	}
	return c.now != nil && origin.SameOrigin(r.origin, r.origin)
}

// asksAgain reports whether the request's cache mode makes a preflight due, whatever is remembered.
func (r *request) asksAgain() bool {
	switch r.cache {
	// DEVIATION: Profile.NoStoreAsks, Profile.ReloadAsks, Profile.NoCacheAsks.
	case CacheNoStore:
		return r.profile.NoStoreAsks
	case CacheReload:
		return r.profile.ReloadAsks
	case CacheNoCache:
		return r.profile.NoCacheAsks
	default:
		return false
	}
}

// covers reports whether the cache answers for all that a preflight for r would ask. It is the condition of step 4.1 of HTTP
// fetch.
//
// https://fetch.spec.whatwg.org/#concept-http-fetch
func (p *preflightCache) covers(c *Client, r *request) bool {
	if !p.usable(c, r) || r.asksAgain() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := cacheKey(r)
	names, ok := p.suffices(r, p.live(key, c.now()))
	if !ok {
		// DEVIATION: Profile.WholeResults.
		if r.profile.WholeResults {
			delete(p.entries, key)
		}
		return false
	}
	r.emit(Event{Kind: EventCacheHit, Algorithm: algHTTPFetch, Step: "4.1", Names: names})
	return true
}

// suffices reports whether the entries answer for the request, and for what they answer.
func (p *preflightCache) suffices(r *request, live []preflightEntry) ([]string, bool) {
	// DEVIATION: Profile.PreflightAgain.
	if r.profile.PreflightAgain && len(live) == 0 {
		return nil, false
	}
	// The method, unless it is safelisted and nothing else forces a preflight.
	// DEVIATION: Profile.HEADNotExempt.
	asked := !header.SafelistedMethod(r.method) || r.useCORSPreflight || r.method == "HEAD" && r.profile.HEADNotExempt
	if asked && !slices.ContainsFunc(live, func(e preflightEntry) bool { return e.matches(r) && e.matchesMethod(r, r.method) }) {
		return nil, false
	}
	names := r.namesToAsk()
	for _, name := range names {
		if !slices.ContainsFunc(live, func(e preflightEntry) bool { return e.matches(r) && e.matchesName(r, name) }) {
			return nil, false
		}
	}
	if asked {
		names = append([]string{r.method}, names...)
	}
	return names, true
}

// live drops what has expired under key and returns the rest.
func (p *preflightCache) live(key preflightKey, now time.Time) []preflightEntry {
	live := slices.DeleteFunc(p.entries[key], func(e preflightEntry) bool { return !now.Before(e.expires) })
	switch {
	case p.entries == nil:
	case len(live) == 0:
		delete(p.entries, key)
	default:
		p.entries[key] = live
	}
	return live
}

// matches is the part of the cache entry match that is not in the key: what was allowed with credentials is allowed without.
//
// https://fetch.spec.whatwg.org/#concept-cache-match
func (e preflightEntry) matches(r *request) bool {
	return e.credentials || r.credentials != CredentialsInclude
}

// matchesMethod is the method cache entry match.
//
// DEVIATION: the standard lets a stored "*" stand for every method even if it was stored by a request with credentials, for which a
// fresh preflight's "*" is a method of that name. Browsers ask again.
//
// https://fetch.spec.whatwg.org/#concept-cache-match-method
func (e preflightEntry) matchesMethod(r *request, method string) bool {
	return e.method == method || e.method == "*" && e.wildcard(r)
}

// matchesName is the header-name cache entry match, given a lower-cased name. What matchesMethod says of "*" holds here too.
//
// https://fetch.spec.whatwg.org/#concept-cache-match-header
func (e preflightEntry) matchesName(r *request, name string) bool {
	// DEVIATION: Profile.AuthorizationUnderWildcard, but not with Profile.AuthorizationHitNamed.
	covered := r.profile.AuthorizationUnderWildcard && !r.profile.AuthorizationHitNamed || !header.NonWildcardRequestHeaderName(name)
	return e.name == name || e.name == "*" && e.wildcard(r) && covered
}

// wildcard reports whether a stored "*" stands for everything.
func (e preflightEntry) wildcard(r *request) bool {
	// DEVIATION: Profile.NamedHitsOnly, Profile.StoredWildcardLiteral.
	return r.credentials != CredentialsInclude && !r.profile.NamedHitsOnly && (!e.credentials || !r.profile.StoredWildcardLiteral)
}

// store is steps 7.8 to 7.15 of the CORS-preflight fetch.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (p *preflightCache) store(c *Client, r *request, list header.List, methods, names []string) {
	// 7.8–7.10.
	lines := list.Lines(header.AccessControlMaxAge)
	values := list.Values(header.AccessControlMaxAge)
	age, ok := header.ExtractMaxAge(values)
	if !ok {
		age = defaultPreflightAge
	}
	// DEVIATION: Profile.SignedMaxAge.
	if r.profile.SignedMaxAge {
		age = signedMaxAge(values)
	}
	// DEVIATION: Profile.UselessMaxAgeIgnored.
	if r.profile.UselessMaxAgeIgnored && (age == 0 || !ok && strings.Join(values, "") != "") {
		return
	}
	age = min(age, cmp.Or(r.profile.MaxPreflightAge, maxPreflightAge))
	// 7.11.
	// DEVIATION: Profile.NoStoreNotKept.
	if !p.usable(c, r) || r.cache == CacheNoStore && r.profile.NoStoreNotKept || len(methods)+len(names) > maxPreflightEntries {
		return
	}
	r.emit(Event{
		Kind: EventCacheStore, Preflight: true, Algorithm: algPreflightFetch, Step: "7.10",
		Got: strconv.FormatInt(age, 10), Lines: lines, OK: age > 0,
	})

	p.mu.Lock()
	defer p.mu.Unlock()
	now := c.now()
	expires := now.Add(time.Duration(age) * time.Second)
	key := cacheKey(r)
	live := p.live(key, now)
	// DEVIATION: Profile.WholeResults.
	if r.profile.WholeResults {
		live = nil
	}
	credentials := r.credentials == CredentialsInclude
	// 7.12–7.15. An entry that matches gets the new age, others are added.
	for _, method := range methods {
		live = renew(live, preflightEntry{expires: expires, credentials: credentials, method: method}, func(e preflightEntry) bool {
			return e.matches(r) && e.matchesMethod(r, method)
		})
	}
	for _, name := range names {
		name = strings.ToLower(name)
		live = renew(live, preflightEntry{expires: expires, credentials: credentials, name: name}, func(e preflightEntry) bool {
			return e.matches(r) && e.matchesName(r, name)
		})
	}
	if len(live) == 0 || len(live) > maxPreflightEntries {
		return
	}
	if p.entries == nil {
		p.entries = make(map[preflightKey][]preflightEntry)
	}
	p.makeRoom(key, cmp.Or(r.profile.MaxPreflightKeys, maxPreflightKeys))
	p.entries[key] = live
}

// signedMaxAge takes the value of Access-Control-Max-Age for an integer of 64 bits with a sign.
func signedMaxAge(values []string) int64 {
	if len(values) != 1 {
		return defaultPreflightAge
	}
	age, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil {
		return defaultPreflightAge
	}
	return max(age, 0)
}

// renew sets the age of all entries that match, or adds entry.
func renew(entries []preflightEntry, entry preflightEntry, matches func(preflightEntry) bool) []preflightEntry {
	found := false
	for i := range entries {
		if matches(entries[i]) {
			entries[i].expires, found = entry.expires, true
		}
	}
	if !found {
		entries = append(entries, entry)
	}
	return entries
}

// makeRoom keeps the cache within its bound for one more key.
func (p *preflightCache) makeRoom(key preflightKey, limit int) {
	if _, ok := p.entries[key]; ok || len(p.entries) < limit {
		return
	}
	var oldest preflightKey
	var when time.Time
	for k, entries := range p.entries {
		if when.IsZero() || entries[0].expires.Before(when) {
			oldest, when = k, entries[0].expires
		}
	}
	delete(p.entries, oldest)
}

// clear forgets what is remembered for the request's origin and URL.
//
// https://fetch.spec.whatwg.org/#concept-cache-clear
func (p *preflightCache) clear(r *request) {
	// DEVIATION: Profile.KeptOnFailure.
	if r.profile.KeptOnFailure {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.entries, cacheKey(r))
}
