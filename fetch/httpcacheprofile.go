package fetch

// HTTPCacheRules says whose rules an HTTP cache follows in one respect.
type HTTPCacheRules uint8

// The rules. The zero value is RFC 9111.
const (
	HTTPCacheRFC9111 HTTPCacheRules = iota
	HTTPCacheChromium
	HTTPCacheFirefox
	HTTPCacheWebKit
)

// An HTTPCacheProfile holds as data where an engine's HTTP cache leaves RFC 9111, or chooses among what it allows. The zero value is
// RFC 9111 with one stored response for each URL. It has no effect without [WithHTTPCache].
type HTTPCacheProfile struct {
	_ struct{}

	// CacheControl is how the response's Cache-Control is parsed. RFC 9111 and Chromium take the first of several max-age, Firefox
	// the last; Firefox stops at the first thing it does not expect and WebKit drops white space wherever it is, so that
	// "max-age=600; no-store" is 600 seconds to both.
	CacheControl HTTPCacheRules
	// Statuses is which statuses are stored: with RFC 9111 every one that has an explicit lifetime, with Chromium all but 401, 407
	// and 416, with Firefox success, redirects and 410, with WebKit a list.
	Statuses HTTPCacheRules
	// Lifetimes is how long a response is fresh that does not say so: the statuses for which a tenth of the time since Last-Modified
	// counts, those that are fresh for good, and what an Expires means that is no date.
	Lifetimes HTTPCacheRules
	// Invalidation is which requests make the stored response of their URL go: every unsafe method with a status of 200 to 399 by
	// RFC 9111; POST, DELETE, PATCH, and PUT with a body in Chromium; every method but GET in WebKit, unless it was redirected or
	// refused; every unsafe one in Firefox, but only where the page and the URL are same site.
	Invalidation HTTPCacheRules
	// AuthorDirectives is what an author's own Cache-Control, Pragma and If-… headers do.
	AuthorDirectives HTTPCacheRules
	// Ranges is what becomes of requests with Range: WebKit stores each range by itself, Firefox stores none, the others store a
	// whole response to one.
	Ranges HTTPCacheRules
	// Head is whether a stored GET answers HEAD, as in RFC 9111 and Chromium, or a HEAD only HEAD, as in Firefox, or nothing, as in
	// WebKit.
	Head HTTPCacheRules
	// KeyCredentials keeps what was fetched with credentials apart from what was fetched without. Firefox does. Shown by the
	// scenarios httpcache-025 to -032.
	KeyCredentials bool
	// AuthorizationApart does not answer a request that has Authorization with a response to one that had not. Firefox does.
	AuthorizationApart bool
	// ForgetsRefused does not store a response that the CORS check refuses, unless it is a redirect. Chromium and WebKit do not;
	// Firefox does. Shown by the scenarios httpcache-002 and -018.
	ForgetsRefused bool
	// ForgetsCORPBlocked does not store what Cross-Origin-Resource-Policy blocks. No browser does.
	ForgetsCORPBlocked bool
	// ForgetsEndedRedirects stores a redirect only if it is followed. Firefox does.
	ForgetsEndedRedirects bool
	// ReplacesWhenStored lets the response stored before stay until the new one is there and stored. WebKit does, and so keeps it if
	// the new one is refused; elsewhere it goes as soon as another answer comes.
	ReplacesWhenStored bool
	// ValidatesOtherVariants sends the ETag of a stored response that Vary keeps from being used. Chromium and Firefox do.
	ValidatesOtherVariants bool
	// StoresOnlyReusable does not store a response that is not fresh and cannot be validated, so that force-cache and only-if-cached
	// do not find it. WebKit does not.
	StoresOnlyReusable bool
	// OnlyIfCachedFetches takes only-if-cached for force-cache: nothing stored, so the network is asked. WebKit does.
	OnlyIfCachedFetches bool
	// OpaqueOriginsUncached has no cache for pages with an opaque origin. Chromium does not.
	OpaqueOriginsUncached bool
}

// The HTTP caches of the browsers. [Profile.HTTPCache] takes one of them.
var (
	ChromiumHTTPCache = HTTPCacheProfile{
		CacheControl: HTTPCacheChromium, Statuses: HTTPCacheChromium, Lifetimes: HTTPCacheChromium, Invalidation: HTTPCacheChromium,
		AuthorDirectives: HTTPCacheChromium, Ranges: HTTPCacheChromium, Head: HTTPCacheChromium,
		ForgetsRefused: true, ForgetsCORPBlocked: true, ValidatesOtherVariants: true, OpaqueOriginsUncached: true,
	}
	FirefoxHTTPCache = HTTPCacheProfile{
		CacheControl: HTTPCacheFirefox, Statuses: HTTPCacheFirefox, Lifetimes: HTTPCacheFirefox, Invalidation: HTTPCacheFirefox,
		AuthorDirectives: HTTPCacheFirefox, Ranges: HTTPCacheFirefox, Head: HTTPCacheFirefox,
		KeyCredentials: true, AuthorizationApart: true, ForgetsCORPBlocked: true, ForgetsEndedRedirects: true,
		ValidatesOtherVariants: true,
	}
	WebKitHTTPCache = HTTPCacheProfile{
		CacheControl: HTTPCacheWebKit, Statuses: HTTPCacheWebKit, Lifetimes: HTTPCacheWebKit, Invalidation: HTTPCacheWebKit,
		AuthorDirectives: HTTPCacheWebKit, Ranges: HTTPCacheWebKit, Head: HTTPCacheWebKit,
		ForgetsRefused: true, ForgetsCORPBlocked: true, ReplacesWhenStored: true, StoresOnlyReusable: true, OnlyIfCachedFetches: true,
	}
)
