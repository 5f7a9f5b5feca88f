package fetch

import (
	"io"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// A Field is one header line: a name and a value as raw bytes, without surrounding white space.
type Field = header.Field

// Mode says what kind of request it is, and so which responses may be read.
//
// https://fetch.spec.whatwg.org/#concept-request-mode
type Mode string

// The request modes. The zero value of a [Request] means ModeCORS, which is what fetch() uses.
const (
	ModeCORS       Mode = "cors"
	ModeNoCORS     Mode = "no-cors"
	ModeSameOrigin Mode = "same-origin"
	ModeNavigate   Mode = "navigate"
)

// CredentialsMode says when cookies, HTTP authentication and TLS client certificates travel with a request.
//
// https://fetch.spec.whatwg.org/#concept-request-credentials-mode
type CredentialsMode string

// The credentials modes. The zero value of a [Request] means CredentialsSameOrigin.
const (
	CredentialsOmit       CredentialsMode = "omit"
	CredentialsSameOrigin CredentialsMode = "same-origin"
	CredentialsInclude    CredentialsMode = "include"
)

// RedirectMode says what becomes of a redirect.
//
// https://fetch.spec.whatwg.org/#concept-request-redirect-mode
type RedirectMode string

// The redirect modes. The zero value of a [Request] means RedirectFollow.
const (
	RedirectFollow RedirectMode = "follow"
	RedirectError  RedirectMode = "error"
	RedirectManual RedirectMode = "manual"
)

// CacheMode says how a request uses the HTTP cache. A client without one ([WithHTTPCache]) sends the mode's headers all the same.
//
// https://fetch.spec.whatwg.org/#concept-request-cache-mode
type CacheMode string

// The cache modes. The zero value of a [Request] means CacheDefault.
const (
	CacheDefault      CacheMode = "default"
	CacheNoStore      CacheMode = "no-store"
	CacheReload       CacheMode = "reload"
	CacheNoCache      CacheMode = "no-cache"
	CacheForceCache   CacheMode = "force-cache"
	CacheOnlyIfCached CacheMode = "only-if-cached"
)

// ReferrerPolicy says how much of the page's URL a request tells, and for requests that are not CORS requests whether it tells the
// page's origin.
//
// https://w3c.github.io/webappsec-referrer-policy/#referrer-policies
type ReferrerPolicy string

// The referrer policies. The zero value means StrictOriginWhenCrossOrigin, the default of all browsers.
const (
	NoReferrer                  ReferrerPolicy = "no-referrer"
	NoReferrerWhenDowngrade     ReferrerPolicy = "no-referrer-when-downgrade"
	SameOriginReferrer          ReferrerPolicy = "same-origin"
	OriginReferrer              ReferrerPolicy = "origin"
	StrictOrigin                ReferrerPolicy = "strict-origin"
	OriginWhenCrossOrigin       ReferrerPolicy = "origin-when-cross-origin"
	StrictOriginWhenCrossOrigin ReferrerPolicy = "strict-origin-when-cross-origin"
	UnsafeURL                   ReferrerPolicy = "unsafe-url"
)

// An Environment is the page (or worker) that makes a request: the standard's client, as far as CORS reads it.
//
// The zero value is a page with an opaque origin, which is same origin with nothing.
type Environment struct {
	_ struct{}

	// Origin is the page's origin. See [origin.Parse].
	Origin origin.Origin
	// TopLevel is the origin of the page at the top, for cookies. The zero value says that this page is at the top, or for an opaque
	// Origin, that it is framed by a page of URL's origin.
	TopLevel origin.Origin
	// URL is the page's address, from which Referer is made and against which relative URLs are parsed. Empty means the root of
	// Origin, and no referrer for an opaque one.
	URL string
	// ReferrerPolicy is the page's own.
	ReferrerPolicy ReferrerPolicy
}

// A Body is a request's body. A nil *Body is the standard's null body.
//
// https://fetch.spec.whatwg.org/#concept-body
type Body struct {
	_ struct{}

	// Source is the whole body. It is sent again after a redirect that keeps the method.
	Source []byte
	// Stream, if not nil, is a body without a source (a ReadableStream in a browser): it is sent once, sets the
	// use-CORS-preflight flag, and no redirect but a 303 can follow it. Source must be nil then.
	Stream io.Reader
	// Type is the Content-Type that goes with the body when the request's headers name none. Empty means none; a browser gives a
	// string body [TextType].
	Type string
}

// TextType is the Content-Type that browsers give to a body made from a string.
const TextType = "text/plain;charset=UTF-8"

// A Request is what a page asks for: the arguments of fetch(), or what an element or an XMLHttpRequest asks on its behalf.
//
// The zero value of every member but URL is usable and means what fetch() would default to.
type Request struct {
	_ struct{}

	// Client is the page.
	Client Environment
	// URL is parsed by the URL standard, against Client.URL if it is relative. It may not hold a user name or password.
	URL string
	// Method is normalized as the standard says: "get" becomes "GET", "patch" stays. Empty means GET.
	Method string
	// Header holds the author's headers in order; several lines of one name are kept apart. Headers that only a browser may set
	// are dropped, as a browser does; a trace tells which.
	Header []Field
	// Mode, Credentials, Redirect, Cache: the empty string is fetch()'s default.
	Mode        Mode
	Credentials CredentialsMode
	Redirect    RedirectMode
	Cache       CacheMode
	// Referrer is "" or "about:client" for the page's URL, "no-referrer" for none, or a URL that is same origin with the page.
	Referrer string
	// ReferrerPolicy overrides the page's.
	ReferrerPolicy ReferrerPolicy
	// Body may be nil.
	Body *Body
	// UseCORSPreflight forces a preflight, as listeners on an XMLHttpRequest's upload do. A streamed body forces one by itself.
	UseCORSPreflight bool
	// Destination is what the response is for: "" for fetch() and XMLHttpRequest, else "image", "script", "style", …
	//
	// https://fetch.spec.whatwg.org/#concept-request-destination
	Destination string
	// Keepalive lets the request outlive the page; its body is then limited to 64 KiB.
	Keepalive bool
}
