package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// maxKeepaliveBody is how long the body of a request with keepalive may be.
const maxKeepaliveBody = 64 << 10

// httpNetworkOrCacheFetch completes the request's headers, and sends it unless the HTTP cache has the answer.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (c *Client) httpNetworkOrCacheFetch(r *request) (*response, error) {
	// 8.2. The copy that gets the headers of this hop.
	list := r.wireHeaders()

	// 8.3. Credentials travel when the page says so, or to the page's own origin.
	includeCredentials := c.includeCredentials(r)

	// 8.10. What may outlive the page is short.
	if r.keepalive && r.body != nil && len(r.body.Source) > maxKeepaliveBody {
		return nil, r.block(KeepaliveTooLarge, algNetworkOrCache, "8.10", Event{
			Subject: "body", Got: strconv.Itoa(len(r.body.Source)), Want: "at most " + strconv.Itoa(maxKeepaliveBody) + " bytes",
		})
	}

	// 8.11.
	if r.referrer != noReferrer {
		list.Append(header.Referer, r.referrer)
	}
	// 8.12.
	r.appendOrigin(&list)
	// 8.13.
	r.appendFetchMetadata(&list)
	// 8.15.
	if c.userAgent != "" && !list.Contains(header.UserAgent) {
		list.Append(header.UserAgent, c.userAgent)
	}
	// 8.16–8.18.
	mode := c.appendCacheHeaders(r, &list)
	// 8.19. A part of an encoded response would be of no use.
	if list.Contains(header.Range) {
		list.Append(header.AcceptEncoding, "identity")
	}
	// 8.20. What the network layer adds. Accept-Language belongs to step 14 of fetch; it is added here, where browsers add it and
	// where it does not count among the author's headers.
	if c.acceptEncoding != "" && !list.Contains(header.AcceptEncoding) {
		list.Append(header.AcceptEncoding, c.acceptEncoding)
	}
	if c.acceptLanguage != "" && !list.Contains(header.AcceptLanguage) {
		list.Append(header.AcceptLanguage, c.acceptLanguage)
	}
	// 8.21.
	cookies := c.appendCookie(r, &list, includeCredentials)
	c.appendAuthorization(r, &list, includeCredentials)
	r.emit(Event{Kind: EventCredentials, Algorithm: algNetworkOrCache, Step: "8.3", OK: includeCredentials, Names: cookies})

	// 8.24–8.26.
	visit, response := c.visitHTTPCache(r, &list, mode, includeCredentials)
	if response == nil {
		// 11.1.
		// DEVIATION: HTTPCacheProfile.OnlyIfCachedFetches.
		if r.cache == CacheOnlyIfCached && !c.profile.HTTPCache.OnlyIfCachedFetches {
			return nil, r.block(NotInCache, algNetworkOrCache, "11.1", Event{Subject: "cache", Got: string(r.cache)})
		}
		// 11.2.
		forwarded, err := c.httpNetworkFetch(r, list, includeCredentials)
		if err != nil {
			return nil, err
		}
		// 11.3–11.5.
		response = visit.forward(forwarded)
	}
	// 12.
	response.urls = slices.Clone(r.urls)
	// 13. What is stored remembers for itself.
	response.rangeRequested = response.rangeRequested || list.Contains(header.Range)
	// 14.
	response.includedCredentials = includeCredentials
	// 15. Nobody is there to be asked for a password: a 401 is a response.
	// 16. The same goes for a proxy, whose 407 is nobody's response.
	if response.Status == 407 {
		response.Body.Close()
		return nil, r.block(NetworkFailed, algNetworkOrCache, "16.1", Event{
			Subject: "status", Got: "407", Want: "no proxy that asks for a password", Err: errProxyAuthentication,
		})
	}
	// 17. A 421 would be tried again on another connection; a transport that is lent has no other to offer.
	return response, nil
}

// includeCredentials is step 8.3 of HTTP-network-or-cache fetch.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (c *Client) includeCredentials(r *request) bool {
	// DEVIATION: WebKit asks only once where nobody can read the response (Profile.NoCORSKeepsCredentials).
	keeps := c.profile.NoCORSKeepsCredentials && r.tainting == taintingOpaque && origin.SameOrigin(r.urls[0].origin, r.origin)
	return r.credentials == CredentialsInclude || r.credentials == CredentialsSameOrigin && (r.tainting == taintingBasic || keeps)
}

var errProxyAuthentication = errors.New("a proxy asks for authentication")

// combineLines is a copy of an author's headers with one line for each name, as every browser sends them. To HTTP it is the same.
func combineLines(headers header.List) header.List {
	list := make(header.List, 0, len(headers)+8)
	for i, f := range headers {
		if headers[:i].Contains(f.Name) {
			continue
		}
		value, _ := headers.Get(f.Name)
		list = append(list, Field{Name: f.Name, Value: value})
	}
	return list
}

// appendCacheHeaders is steps 8.16 to 8.18 of HTTP-network-or-cache fetch. It returns the cache mode that counts from there on.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (c *Client) appendCacheHeaders(r *request, list *header.List) CacheMode {
	mode := r.cache
	add := func(name, value string) {
		if !list.Contains(name) {
			list.Append(name, value)
		}
	}
	// 8.16. An author who validates by hand does without the cache.
	if mode == CacheDefault && slices.ContainsFunc(conditionalNames, list.Contains) {
		// DEVIATION: Chromium asks as with no-cache, and stores what the answer to a validator is (HTTPCacheProfile.AuthorDirectives).
		if c.profile.HTTPCache.AuthorDirectives == HTTPCacheChromium {
			add(header.CacheControl, "max-age=0")
			if list.Contains("If-None-Match") || list.Contains("If-Modified-Since") {
				return CacheReload
			}
			return CacheNoStore
		}
		mode = CacheNoStore
	}
	switch mode {
	// 8.17.
	case CacheNoCache:
		if !r.preventNoCacheHeader {
			add(header.CacheControl, "max-age=0")
		}
	// 8.18.
	case CacheNoStore, CacheReload:
		add(header.Pragma, "no-cache")
		add(header.CacheControl, "no-cache")
	case CacheDefault, CacheForceCache, CacheOnlyIfCached:
	}
	return mode
}

// conditionalNames are the headers by which an author makes a request conditional.
var conditionalNames = []string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"}

// appendCookie appends the Cookie header where credentials may travel, and returns the names of the cookies.
//
// https://fetch.spec.whatwg.org/#append-a-request-cookie-header
func (c *Client) appendCookie(r *request, list *header.List, includeCredentials bool) []string {
	if !includeCredentials || c.jar == nil {
		return nil
	}
	pairs := c.jar.Cookies(r.cookieRequest())
	if len(pairs) == 0 {
		return nil
	}
	list.Append(header.Cookie, strings.Join(pairs, "; "))
	names := make([]string, len(pairs))
	for i, pair := range pairs {
		names[i], _, _ = strings.Cut(pair, "=")
	}
	return names
}

// httpNetworkFetch sends the request over the transport.
//
// https://fetch.spec.whatwg.org/#concept-http-network-fetch
func (c *Client) httpNetworkFetch(r *request, list header.List, includeCredentials bool) (*response, error) {
	// 7. The user name and password that a redirect may have put into the URL are not for the request line.
	target := r.current()
	wire := &HTTPRequest{
		Method: r.method, URL: r.profile.wireURL(target), Header: list,
		// OPTIONS for a preflight, GET and HEAD have no body; POST and PUT say so.
		NullBodyLength:     r.body == nil && (r.method == "POST" || r.method == "PUT"),
		IncludeCredentials: includeCredentials,
	}
	if r.body != nil {
		wire.Body, wire.ContentLength = bytes.NewReader(r.body.Source), int64(len(r.body.Source))
		if r.body.Stream != nil {
			// 8.3. HTTP/1.1 cannot carry a body that may have to be taken back.
			wire.Body, wire.ContentLength, wire.NeedsHTTP2 = r.body.Stream, -1, true
		}
	}

	// 8.5.
	start := c.time()
	got, err := c.transport.Exchange(r.ctx, wire)
	r.emitExchange(wire, got, err, start, c.time())
	if err != nil {
		return nil, r.networkError(err)
	}

	// 17. Whatever the CORS check will say.
	if includeCredentials && c.jar != nil {
		if lines := header.List(got.Header).Values(header.SetCookie); len(lines) > 0 {
			c.jar.SetCookies(r.cookieRequest(), lines)
		}
	}
	if got, err = r.profile.read(got); err != nil {
		return nil, r.networkError(err)
	}
	return &response{HTTPResponse: got}, nil
}

// wireURL is the URL without fragment, user name and password.
func (l location) wireURL() string {
	if !l.includesCredentials() {
		return l.href
	}
	return l.scheme + "://" + l.url.Host() + l.url.Pathname() + l.url.Search()
}

// cookieRequest describes the request to the jar.
//
// https://fetch.spec.whatwg.org/#determine-the-same-site-mode
func (r *request) cookieRequest() CookieRequest {
	current := r.current()
	c := CookieRequest{
		URL: current.wireURL(), Method: r.method, Client: r.origin, TopLevel: r.client.topLevel(),
		CrossSite:  !sameSiteAll(r),
		Navigation: r.mode == ModeNavigate,
	}
	for _, l := range r.urls[:len(r.urls)-1] {
		c.Via = append(c.Via, l.origin)
	}
	return c
}

// topLevel is the origin of the page at the top.
//
// https://html.spec.whatwg.org/#concept-environment-top-level-origin
func (e Environment) topLevel() origin.Origin {
	if !e.TopLevel.IsOpaque() || !e.Origin.IsOpaque() {
		return cmp.Or(e.TopLevel, e.Origin)
	}
	// A frame with an opaque origin still has the address that it was loaded from.
	if o, err := origin.ParseURL(e.URL); err == nil {
		return o
	}
	return e.Origin
}

func (c *Client) time() time.Time {
	if c.now == nil {
		return time.Time{}
	}
	return c.now()
}

func (r *request) emitExchange(wire *HTTPRequest, got *HTTPResponse, err error, start, end time.Time) {
	if r.trace == nil {
		return
	}
	x := &Exchange{Preflight: r.preflight, Request: *wire, Err: err, Start: start, Duration: end.Sub(start)}
	x.Request.Body = nil
	x.BodyBytes = wire.ContentLength
	if got != nil {
		head := *got
		head.Body = nil
		x.Response = &head
	}
	r.emit(Event{Kind: EventExchange, Exchange: x})
}

// networkError makes the standard's network error of a transport's.
func (r *request) networkError(err error) *BlockedError {
	reason := NetworkFailed
	if ne, ok := errors.AsType[*NetworkError](err); ok {
		reason = ne.Reason
	}
	// What the caller ended is not the network's fault.
	switch {
	case errors.Is(r.ctx.Err(), context.DeadlineExceeded):
		reason = NetworkTimeout
	case r.ctx.Err() != nil:
		reason = Aborted
	}
	return &BlockedError{
		Reason: reason, Step: algNetworkFetch + " 8", URL: r.current().href, Preflight: r.preflight, Err: err,
	}
}

// ErrUnknownCoding is returned on reading a body in a content coding that this package does not know.
var ErrUnknownCoding = errors.New("fetch: unknown content coding")

// decoded is the response's body after its content codings. A coding that is unknown or broken fails on the first read.
//
// https://fetch.spec.whatwg.org/#handle-content-codings
func decoded(response *response) io.ReadCloser {
	value, ok := header.List(response.Header).Get("Content-Encoding")
	if !ok || response.Body == (emptyBody{}) {
		return response.Body
	}
	body := &decodedBody{wire: response.Body, reader: response.Body}
	if strings.Count(value, ",") >= maxCodingList {
		body.push(tooManyCodings)
		return body
	}
	codings := strings.Split(value, ",")
	// The coding applied last is named last.
	for _, coding := range slices.Backward(codings) {
		body.push(strings.ToLower(strings.Trim(coding, " \t")))
	}
	return body
}
