package fetch

import (
	"time"

	"github.com/drawbridge-cors/drawbridge/origin"
)

// A Client is one user agent: a transport, a clock, a cookie jar, its caches and a [Profile]. It is safe for concurrent
// use if what it was lent is. Make one with [New].
type Client struct {
	transport      Transport
	profile        Profile
	now            func() time.Time
	jar            Jar
	userAgent      string
	acceptLanguage string
	acceptEncoding string
	preflights     preflightCache
	httpCache      *httpCache
}

// An Option lends a [Client] something or sets what a user of a browser can set.
type Option func(*Client)

// New returns a user agent that talks through transport. Without options it follows the standard to the letter, has no cookies,
// and, having no clock, no preflight cache.
func New(transport Transport, options ...Option) *Client {
	c := &Client{
		transport:      transport,
		profile:        Standard,
		userAgent:      "Mozilla/5.0 (compatible; drawbridge)",
		acceptLanguage: "en-US,en;q=0.9",
		acceptEncoding: "gzip, deflate",
	}
	for _, o := range options {
		o(c)
	}
	return c
}

// WithClock lends a clock. The preflight cache needs one.
func WithClock(now func() time.Time) Option { return func(c *Client) { c.now = now } }

// WithHTTPCache gives the client an HTTP cache of its own, bounded in entries and bytes, that lives as long as the client. It needs a
// clock. What is stored answers later requests of pages of the same site, and goes through the same checks as if it came from the
// network. Without it the cache modes decide about request headers only, and [CacheOnlyIfCached] finds nothing.
//
// A response is stored when its body has been read to the end. Closing the body of a known length reads the rest.
func WithHTTPCache() Option { return func(c *Client) { c.httpCache = &httpCache{} } }

// WithJar lends a cookie jar.
func WithJar(jar Jar) Option { return func(c *Client) { c.jar = jar } }

// WithProfile makes the client behave like one browser where browsers leave the standard.
func WithProfile(p Profile) Option { return func(c *Client) { c.profile = p } }

// WithUserAgent sets the User-Agent that requests carry unless they name one.
func WithUserAgent(s string) Option { return func(c *Client) { c.userAgent = s } }

// WithAcceptLanguage sets the Accept-Language that requests carry unless they name one; empty means none.
func WithAcceptLanguage(s string) Option { return func(c *Client) { c.acceptLanguage = s } }

// WithAcceptEncoding sets the Accept-Encoding of requests; empty means none. Only gzip and deflate are decoded: reading a body in
// another coding fails.
func WithAcceptEncoding(s string) Option { return func(c *Client) { c.acceptEncoding = s } }

// A Jar keeps cookies. It decides by itself which cookies a request gets, by the rules for domains, paths, SameSite and Secure; the
// client only asks when credentials may travel at all. A Jar must be safe for concurrent use.
type Jar interface {
	// Cookies returns the pairs of the Cookie header, "name=value" each, in order.
	Cookies(CookieRequest) []string
	// SetCookies takes the values of a response's Set-Cookie lines, as they came.
	SetCookies(r CookieRequest, lines []string)
}

// A CookieRequest is the request for which a [Jar] is asked.
type CookieRequest struct {
	_ struct{}

	// URL is where the request goes, Method how.
	URL, Method string
	// Client is the origin of the page or frame that asks, TopLevel that of the page at the top.
	Client, TopLevel origin.Origin
	// Via holds the origins of the URLs that redirected here, the first one first.
	Via []origin.Origin
	// CrossSite is true if the page, or a redirect on the way, is on another site than URL. Cookies with SameSite=Lax or Strict
	// do not travel then, but for a top-level navigation.
	CrossSite bool
	// Navigation is true for a top-level navigation.
	Navigation bool
}
