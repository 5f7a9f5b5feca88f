package fetch

import (
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
	// maxPreflightAge is the longest that an answer is kept, in seconds: Chromium's limit, between WebKit's ten minutes and
	// Firefox's day.
	maxPreflightAge = 7200
	// maxPreflightKeys is how many (origin, URL) pairs are remembered. The one that expires first makes room.
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
	return preflightKey{page: r.origin, origin: r.serializeOrigin(), url: r.current().url.Href(false)}
}

// usable reports whether there is a cache for r: it needs a clock, and a page that can be told from other pages.
func (p *preflightCache) usable(c *Client, r *request) bool {
	return c.now != nil && origin.SameOrigin(r.origin, r.origin)
}

// covers reports whether the cache answers for all that a preflight for r would ask. It is the condition of step 4.1 of HTTP
// fetch.
//
// https://fetch.spec.whatwg.org/#concept-http-fetch
func (p *preflightCache) covers(c *Client, r *request) bool {
	if !p.usable(c, r) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := cacheKey(r)
	live := p.live(key, c.now())

	// The method, unless it is safelisted and nothing else forces a preflight.
	asked := !header.SafelistedMethod(r.method) || r.useCORSPreflight
	if asked && !slices.ContainsFunc(live, func(e preflightEntry) bool { return e.matches(r) && e.matchesMethod(r, r.method) }) {
		return false
	}
	names := header.UnsafeRequestHeaderNames(r.header)
	for _, name := range names {
		if !slices.ContainsFunc(live, func(e preflightEntry) bool { return e.matches(r) && e.matchesName(c, r, name) }) {
			return false
		}
	}
	if asked {
		names = append([]string{r.method}, names...)
	}
	r.emit(Event{Kind: EventCacheHit, Algorithm: algHTTPFetch, Step: "4.1", Names: names})
	return true
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
	return e.method == method || e.method == "*" && r.credentials != CredentialsInclude
}

// matchesName is the header-name cache entry match, given a lower-cased name. What matchesMethod says of "*" holds here too.
//
// https://fetch.spec.whatwg.org/#concept-cache-match-header
func (e preflightEntry) matchesName(c *Client, r *request, name string) bool {
	return e.name == name || e.name == "*" && r.credentials != CredentialsInclude &&
		(c.profile.AuthorizationUnderWildcard || !header.NonWildcardRequestHeaderName(name))
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
		// DEVIATION: a negative age is no age to the standard, and none at all to browsers (Profile.NegativeMaxAgeExpires).
		if c.profile.NegativeMaxAgeExpires && header.NegativeMaxAge(values) {
			age = 0
		}
	}
	age = min(age, maxPreflightAge)
	// 7.11.
	if !p.usable(c, r) || len(methods)+len(names) > maxPreflightEntries {
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
			return e.matches(r) && e.matchesName(c, r, name)
		})
	}
	if len(live) == 0 || len(live) > maxPreflightEntries {
		return
	}
	if p.entries == nil {
		p.entries = make(map[preflightKey][]preflightEntry)
	}
	p.makeRoom(key)
	p.entries[key] = live
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
func (p *preflightCache) makeRoom(key preflightKey) {
	if _, ok := p.entries[key]; ok || len(p.entries) < maxPreflightKeys {
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
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.entries, cacheKey(r))
}
