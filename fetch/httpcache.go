package fetch

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// A cacheVisit is what one HTTP-network-or-cache fetch has to do with the HTTP cache.
type cacheVisit struct {
	c *Client
	r *request
	// list is the request's header list.
	list header.List
	// mode is the cache mode after steps 8.16 and 8.25.
	mode CacheMode
	key  httpCacheKey
	// stored is the storedResponse of the standard, revalidating its revalidatingFlag.
	stored       *storedResponse
	revalidating bool
	// unstored is set if the request itself says that its response is not to be stored.
	unstored bool
	start    time.Time
}

// partition determines the HTTP cache partition: the site of the page, or "" if there is no cache for it.
//
// NOTE: the network partition key has the site of the page at the top, of which this package knows only the page itself. A page with
// an opaque origin, a sandboxed frame say, takes part in the site of its URL.
//
// https://fetch.spec.whatwg.org/#determine-the-http-cache-partition
func (c *Client) partition(r *request) string {
	if c.httpCache == nil || c.now == nil {
		return ""
	}
	page := r.origin
	if page.IsOpaque() {
		// DEVIATION: HTTPCacheProfile.OpaqueOriginsUncached.
		if c.profile.HTTPCache.OpaqueOriginsUncached {
			return ""
		}
		var err error
		if page, err = origin.ParseURL(r.client.URL); err != nil {
			return ""
		}
	}
	return page.Site()
}

// visitHTTPCache is steps 8.24 to 8.26 of HTTP-network-or-cache fetch. It returns what the cache answers, or nil; in that case the
// header list may have got the validators of what is stored.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (c *Client) visitHTTPCache(r *request, list *header.List, mode CacheMode, includeCredentials bool) (*cacheVisit, *response) {
	p := &c.profile.HTTPCache
	v := &cacheVisit{c: c, r: r, list: *list, mode: mode, start: c.time()}
	// 8.24.
	partition := c.partition(r)
	// 8.25.
	if partition == "" {
		v.mode = CacheNoStore
		return v, nil
	}
	v.key = httpCacheKey{partition: partition, url: r.current().wireURL(), credentials: p.KeyCredentials && includeCredentials}
	defer func() { v.list = *list }()
	asked := v.honourAuthor(*list)
	v.keyRequest(*list)
	if p.AuthorDirectives == HTTPCacheChromium && mode == CacheReload && r.cache == CacheDefault && c.httpCache.get(v.key) == nil {
		// An author's validator brings up to date what is stored, and stores nothing by itself.
		v.mode = CacheNoStore
	}
	// 8.26.
	if v.mode == CacheNoStore || v.mode == CacheReload || !v.answerable(*list) {
		return v, nil
	}
	// 8.26.1.
	v.stored = c.httpCache.get(v.key)
	if v.stored == nil || p.AuthorizationApart && list.Contains(header.Authorization) && !v.stored.authorized {
		v.stored = nil
		return v, nil
	}
	if !v.stored.selectedBy(*list) {
		// DEVIATION: HTTPCacheProfile.ValidatesOtherVariants. A date says nothing about another variant.
		if p.ValidatesOtherVariants && v.stored.has("ETag") {
			v.revalidating = true
			v.appendValidator(list, "If-None-Match", "ETag")
			return v, nil
		}
		v.stored = nil
		return v, nil
	}

	// 8.26.2.
	stale, whileRevalidate := v.stored.stale(c, asked, v.mode)
	// 8.26.2.1.
	if stale && whileRevalidate {
		v.revalidate()
		response := v.answer("8.26.2.1")
		return v, response
	}
	// 8.26.2.2.1–8.26.2.2.2.
	if stale && v.mode != CacheForceCache && v.mode != CacheOnlyIfCached {
		// NOTE: without a validator nothing is validated: a 304 that nobody asked for stays one, and a HEAD of a stored GET only asks.
		if r.method == "GET" || v.key.head {
			v.revalidating = v.stored.has("ETag") || v.stored.has(header.LastModified)
			v.appendValidator(list, "If-None-Match", "ETag")
			v.appendValidator(list, "If-Modified-Since", header.LastModified)
		}
		return v, nil
	}
	// 8.26.2.2.3.
	response := v.answer("8.26.2.2.3")
	return v, response
}

// honourAuthor applies what the request's own headers say to a cache, and returns the directives that ask for freshness.
//
// DEVIATION: RFC 9111 calls them advice, and every browser takes other parts of it (HTTPCacheProfile.AuthorDirectives). All of them
// take "max-age=0", which is also how step 8.17 asks, and none a longer max-age.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1
func (v *cacheVisit) honourAuthor(list header.List) cacheDirectives {
	asked := requestDirectives(list)
	rules := v.c.profile.HTTPCache.AuthorDirectives
	if rules != HTTPCacheFirefox {
		asked.noCache = asked.noCache || pragmaNoCache(list)
	}
	switch rules {
	case HTTPCacheChromium:
		if asked.noCache && v.mode != CacheNoStore {
			v.mode = CacheReload
		}
		asked.noStore, asked.maxStale, asked.minFresh = false, nil, nil
	case HTTPCacheFirefox:
		if asked.noStore {
			v.mode = CacheNoStore
		}
	case HTTPCacheWebKit:
		asked.minFresh = nil
	case HTTPCacheRFC9111:
	}
	v.unstored = asked.noStore
	return asked
}

// keyRequest completes the key by the request's method and Range.
func (v *cacheVisit) keyRequest(list header.List) {
	p := &v.c.profile.HTTPCache
	v.key.head = p.Head == HTTPCacheFirefox && v.r.method == "HEAD"
	if value, ok := list.Get(header.Range); ok {
		switch p.Ranges {
		case HTTPCacheWebKit:
			v.key.ranges = value
		case HTTPCacheFirefox:
			v.mode = CacheNoStore
		case HTTPCacheRFC9111, HTTPCacheChromium:
		}
	}
}

// answerable reports whether a stored response can answer a request like this. A whole response answers no request for a part here.
func (v *cacheVisit) answerable(list header.List) bool {
	switch v.r.method {
	case "GET":
		return !list.Contains(header.Range) || v.key.ranges != ""
	case "HEAD":
		return v.c.profile.HTTPCache.Head != HTTPCacheWebKit && !list.Contains(header.Range)
	}
	return false
}

// selectedBy reports whether Vary lets the response answer a request with those headers.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-4.1
func (s *storedResponse) selectedBy(list header.List) bool {
	for name := range variesBy(s.head.Header) {
		if name == "*" || !slices.Equal(s.varied.Values(name), list.Values(name)) {
			return false
		}
	}
	return true
}

// variesBy yields the names in Vary.
func variesBy(list header.List) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, line := range list.Values(header.Vary) {
			for name := range strings.SplitSeq(line, ",") {
				name = strings.ToLower(strings.Trim(name, " \t"))
				if name == "" || seen[name] {
					continue
				}
				seen[name] = true
				if !yield(name) {
					return
				}
			}
		}
	}
}

func (s *storedResponse) has(name string) bool { return header.List(s.head.Header).Contains(name) }

// stale reports whether the response is a stale response for what was asked, and if so whether it may be used while it is validated.
//
// https://fetch.spec.whatwg.org/#concept-stale-response
func (s *storedResponse) stale(c *Client, asked cacheDirectives, mode CacheMode) (stale, whileRevalidate bool) {
	p := &c.profile.HTTPCache
	d := cacheControl(s.head.Header, p.CacheControl)
	if mode == CacheNoCache || asked.noCache || asked.maxAge != nil && *asked.maxAge == 0 || d.noCache {
		return true, false
	}
	age := s.age(c.now())
	fresh := lifetime(s.head.Status, s.head.Header, d, s.received, p.Lifetimes)
	switch {
	case asked.maxStale != nil && !d.mustRevalidate:
		fresh += *asked.maxStale
	case asked.minFresh != nil:
		age += *asked.minFresh
	}
	if age < fresh {
		return false, false
	}
	if d.staleWhileRevalidate == nil || mode != CacheDefault {
		return true, false
	}
	until := fresh + *d.staleWhileRevalidate
	// DEVIATION: Firefox counts whole seconds, the last one included (HTTPCacheProfile.Lifetimes).
	if p.Lifetimes == HTTPCacheFirefox {
		return true, age.Truncate(time.Second) <= until
	}
	return true, age < until
}

// age is the current age of a response.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-4.2.3
func (s *storedResponse) age(now time.Time) time.Duration {
	var apparent, said time.Duration
	if date, ok := httpDate(s.head.Header, "Date"); ok {
		apparent = max(0, s.received.Sub(date))
	}
	if lines := header.List(s.head.Header).Values("Age"); len(lines) > 0 {
		said, _ = digits(lines[0])
	}
	return min(max(apparent, said+s.received.Sub(s.requested)), foreverFresh) + now.Sub(s.received)
}

// appendValidator appends the stored response's validator, if it has one.
func (v *cacheVisit) appendValidator(list *header.List, name, validator string) {
	if value, ok := header.List(v.stored.head.Header).Get(validator); ok {
		list.Append(name, value)
	}
}

// answer makes the response of what is stored.
func (v *cacheVisit) answer(step string) *response {
	head := v.stored.head
	v.r.emit(Event{
		Kind: EventHTTPCacheHit, Algorithm: algNetworkOrCache, Step: step, Status: head.Status, OK: true,
		Got: seconds(v.stored.age(v.c.now())), Exchange: v.exchange(&head),
	})
	return v.stored.response()
}

// exchange is the stored response as a trace shows it, under the request that it answers.
func (v *cacheVisit) exchange(head *HTTPResponse) *Exchange {
	if v.r.trace == nil {
		return nil
	}
	return &Exchange{
		Preflight: v.r.preflight, Response: head,
		Request: HTTPRequest{Method: v.r.method, URL: v.key.url, Header: slices.Clone(v.list)},
	}
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

func (s *storedResponse) response() *response {
	head := s.head
	head.Header = slices.Clone(head.Header)
	head.Body = io.NopCloser(bytes.NewReader(s.body))
	return &response{HTTPResponse: &head, rangeRequested: s.rangeRequested}
}

// revalidate asks again for what is answered stale in the meantime.
//
// NOTE: the standard does so in parallel. Here it is done at once: nothing goes on after a fetch has returned, and a clock that is
// lent can stand still. What comes of it is for the next visit only.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch (step 8.26.2.1)
func (v *cacheVisit) revalidate() {
	again := *v.r
	again.header = slices.Clone(v.r.header)
	again.cache, again.preventNoCacheHeader, again.trace = CacheNoCache, true, nil
	if response, err := v.c.httpNetworkOrCacheFetch(&again); err == nil {
		response.Body.Close()
	}
}

// forward is steps 11.3 to 11.5 of HTTP-network-or-cache fetch, given what came from the network.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (v *cacheVisit) forward(forwarded *response) *response {
	if v.c.httpCache == nil {
		return forwarded
	}
	// 11.3.
	v.invalidate(forwarded)
	// 11.4.
	if v.revalidating && forwarded.Status == 304 {
		forwarded.Body.Close()
		v.stored = v.freshen(forwarded)
		head := v.stored.head
		v.r.emit(Event{
			Kind: EventHTTPCacheValidated, Algorithm: algNetworkOrCache, Step: "11.4", Status: head.Status, OK: true,
			Exchange: v.exchange(&head),
		})
		return v.stored.response()
	}
	// 11.5.
	v.store(forwarded)
	return forwarded
}

// invalidate removes what an unsafe request has made out of date.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-4.4
func (v *cacheVisit) invalidate(response *response) {
	page := v.c.partition(v.r)
	if page == "" || v.r.preflight || v.r.method == "GET" {
		return
	}
	method, success := v.r.method, response.Status >= 200 && response.Status <= 399
	safe := method == "HEAD" || method == "OPTIONS"
	switch v.c.profile.HTTPCache.Invalidation {
	case HTTPCacheRFC9111:
		if safe || !success {
			return
		}
	case HTTPCacheChromium:
		// A PUT without a body passes the cache by.
		known := method == "POST" || method == "DELETE" || method == "PATCH" || method == "PUT" && v.r.body != nil
		if !known || !success || v.r.cache == CacheNoStore {
			return
		}
	case HTTPCacheFirefox:
		if safe || v.r.current().origin.Site() != page {
			return
		}
		v.invalidateNamed(response, header.Location)
		v.invalidateNamed(response, header.ContentLocation)
	case HTTPCacheWebKit:
		if v.r.cache == CacheNoStore || redirectStatus(response.Status) || response.Status == 304 {
			return
		}
		response.whenKept = func() { v.invalidateURL(v.key.url) }
		return
	}
	v.invalidateURL(v.key.url)
}

// invalidateNamed removes what a response names in that header, if it is of the same origin. RFC 9111 allows it, and only Firefox does.
func (v *cacheVisit) invalidateNamed(response *response, name string) {
	value, ok := header.List(response.Header).Get(name)
	if !ok {
		return
	}
	if u, err := parseAgainst(v.r.profile, v.key.url, value); err == nil && origin.SameOrigin(origin.OfURL(u), v.r.current().origin) {
		v.invalidateURL(newLocation(u).wireURL())
	}
}

func (v *cacheVisit) invalidateURL(url string) {
	key := v.key
	key.url, key.head, key.ranges = url, false, ""
	for _, credentials := range []bool{false, true} {
		key.credentials = credentials
		v.c.httpCache.delete(key)
	}
	v.stored = nil
}

// keptFields are header fields of a 304 that do not replace those of the stored response: they are about the message, or about a
// body that a 304 does not have.
var keptFields = []string{
	"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
	"content-encoding", "content-length", "content-location", "content-range", "content-type", "etag",
}

// freshen updates the stored response by a 304, in the cache too.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-3.2
func (v *cacheVisit) freshen(forwarded *response) *storedResponse {
	kept := func(f Field) bool { return slices.Contains(keptFields, strings.ToLower(f.Name)) }
	replaced := map[string]bool{}
	var added header.List
	for _, f := range forwarded.Header {
		if !kept(f) {
			replaced[strings.ToLower(f.Name)] = true
			added = append(added, f)
		}
	}
	fresh := *v.stored
	fresh.head.Header = slices.DeleteFunc(slices.Clone(fresh.head.Header), func(f Field) bool { return replaced[strings.ToLower(f.Name)] })
	fresh.head.Header = append(fresh.head.Header, added...)
	fresh.requested, fresh.received = v.start, v.c.now()
	fresh.varied = v.varied(fresh.head.Header)
	if v.unstored || cacheControl(fresh.head.Header, v.c.profile.HTTPCache.CacheControl).noStore {
		v.c.httpCache.delete(v.key)
	} else {
		v.c.httpCache.put(&fresh)
	}
	return &fresh
}

// varied are the lines of the request that the response varies by.
func (v *cacheVisit) varied(response header.List) header.List {
	var lines header.List
	for name := range variesBy(response) {
		lines = append(lines, v.list.Lines(name)...)
	}
	return lines
}

// store sees to it that the response is stored once its body has been read. What was stored before goes.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-3
func (v *cacheVisit) store(response *response) {
	p := &v.c.profile.HTTPCache
	if v.mode == CacheNoStore || v.key.partition == "" || v.r.method != "GET" && !v.key.head || response.Status == 304 ||
		response.Status == 206 && !storesStatus(206, nil, cacheDirectives{}, p.Statuses) {
		return
	}
	d := cacheControl(response.Header, p.CacheControl)
	received := v.c.now()
	fresh := lifetime(response.Status, response.Header, d, received, p.Lifetimes)
	expected := expectedLength(v.r, response)
	list := header.List(response.Header)
	reusable := fresh > 0 || list.Contains("ETag") || list.Contains(header.LastModified) || d.staleWhileRevalidate != nil
	storable := !v.unstored && !d.noStore && expected <= maxCachedBody && storesStatus(response.Status, list, d, p.Statuses) &&
		(reusable || !p.StoresOnlyReusable)
	if !storable || !p.ReplacesWhenStored {
		v.c.httpCache.delete(v.key)
	}
	if !storable {
		return
	}
	head := *response.HTTPResponse
	head.Body, head.Header = nil, slices.Clone(head.Header)
	v.r.emit(Event{
		Kind: EventHTTPCacheStore, Algorithm: algNetworkOrCache, Step: "11.5.2", Status: head.Status, OK: true,
		Got: seconds(max(fresh, 0)), Lines: list.Lines(header.CacheControl),
	})
	body := &storingBody{wire: response.Body, cache: v.c.httpCache, expected: expected, stored: &storedResponse{
		key: v.key, head: head, varied: v.varied(list), requested: v.start, received: received,
		rangeRequested: v.list.Contains(header.Range), authorized: v.list.Contains(header.Authorization),
	}}
	response.Body, response.storing = body, body
}

// refused tells the cache that a check has refused the response, so that nobody gets to read it.
func (c *Client) refused(response *response, algorithm string) {
	p := &c.profile.HTTPCache
	forget := algorithm == algCORPCheck && p.ForgetsCORPBlocked
	if redirectStatus(response.Status) {
		forget = forget || p.ForgetsEndedRedirects
	} else {
		forget = forget || algorithm == algCORSCheck && p.ForgetsRefused
	}
	if forget {
		response.forget()
	}
}

// forget keeps the response from being stored, if it was to be.
func (r *response) forget() {
	if r.storing != nil {
		r.storing.forget()
	}
	r.whenKept = nil
}

// kept tells the cache that the response has passed the checks.
func (r *response) kept() {
	if r.whenKept != nil {
		r.whenKept()
	}
}
