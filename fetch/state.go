package fetch

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// Anchors of the standard's algorithms, as events and errors name them.
const (
	algRequestConstructor = "dom-request"
	algHeadersAppend      = "concept-headers-append"
	algMainFetch          = "concept-main-fetch"
	algSchemeFetch        = "concept-scheme-fetch"
	algHTTPFetch          = "concept-http-fetch"
	algRedirectFetch      = "concept-http-redirect-fetch"
	algNetworkOrCache     = "concept-http-network-or-cache-fetch"
	algNetworkFetch       = "concept-http-network-fetch"
	algPreflightFetch     = "cors-preflight-fetch-0"
	algPreflightCache     = "concept-cache"
	algCORSCheck          = "concept-cors-check"
	algBadPort            = "block-bad-port"
	algCORPCheck          = "cross-origin-resource-policy-check"
	algUnsafeNames        = "cors-unsafe-request-header-names"
)

// A tainting is the standard's response tainting: what script may see of the response to come.
//
// https://fetch.spec.whatwg.org/#concept-request-response-tainting
type tainting string

const (
	taintingBasic  tainting = "basic"
	taintingCORS   tainting = "cors"
	taintingOpaque tainting = "opaque"
)

// A location is one URL of a request's URL list with what is asked of it often.
type location struct {
	url    *url.Url
	origin origin.Origin
	// href is the URL without its fragment.
	href string
	// scheme has no colon.
	scheme string
}

// urlParser is the URL standard's parser. The library's own set for paths lacks the "^" that the standard's has since 2024.
//
// https://url.spec.whatwg.org/#path-percent-encode-set
var urlParser = url.NewParser(url.WithPathPercentEncodeSet(url.PathPercentEncodeSet.Set('^')))

// pipeParser is urlParser for Profile.PipeEscaped.
var pipeParser = url.NewParser(url.WithPathPercentEncodeSet(url.PathPercentEncodeSet.Set('^').Set('|')))

// parser is the URL parser of the engine.
func (p *Profile) parser() url.Parser {
	// DEVIATION: Profile.PipeEscaped.
	if p.PipeEscaped {
		return pipeParser
	}
	return urlParser
}

func newLocation(u *url.Url) location {
	return location{
		url:    u,
		origin: origin.OfURL(u),
		href:   u.Href(true),
		scheme: strings.TrimSuffix(u.Protocol(), ":"),
	}
}

// http reports whether the URL's scheme is an HTTP(S) scheme.
//
// https://fetch.spec.whatwg.org/#http-scheme
func (l location) http() bool { return l.scheme == "http" || l.scheme == "https" }

// includesCredentials reports whether the URL has a user name or a password.
//
// https://url.spec.whatwg.org/#include-credentials
func (l location) includesCredentials() bool { return l.url.Username() != "" || l.url.Password() != "" }

// A request is the standard's request, as far as it is not constant here.
//
// https://fetch.spec.whatwg.org/#concept-request
type request struct {
	ctx     context.Context
	trace   func(Event)
	profile *Profile

	client           Environment
	origin           origin.Origin
	method           string
	urls             []location
	header           header.List
	body             *Body
	unsafeRequest    bool
	useCORSPreflight bool
	mode             Mode
	credentials      CredentialsMode
	redirect         RedirectMode
	cache            CacheMode
	destination      string
	keepalive        bool
	referrer         string // "no-referrer", "client" or a URL
	referrerPolicy   ReferrerPolicy
	tainting         tainting
	redirectCount    int
	// preventNoCacheHeader is the standard's prevent no-cache cache-control header modification flag.
	preventNoCacheHeader bool
	// preflight is true for the request that a CORS-preflight fetch makes.
	preflight bool
	// asked is true once a hop was one to ask about first.
	asked bool
	// authorNames are the unsafe header names of the request as the author made it; strippedNames reports which of them the last
	// redirect took away.
	authorNames   []string
	strippedNames func(name string) bool
	// stripped holds the headers that redirects have taken away.
	stripped header.List
	// originSent is true while the request has an Origin that only its method called for.
	originSent bool
	// deferred refuses a redirect once the preflight behind it has been sent.
	deferred func() *BlockedError
	// dropped holds the events of headers that do not travel until the trace is open.
	dropped []Event
}

// current is the standard's current URL.
func (r *request) current() location { return r.urls[len(r.urls)-1] }

// emit reports an event, filling in where it happened. It does nothing without a trace.
func (r *request) emit(e Event) {
	if r.trace == nil {
		return
	}
	e.Hop = r.redirectCount
	e.Preflight = e.Preflight || r.preflight
	if e.URL == "" && len(r.urls) > 0 {
		e.URL = r.current().href
	}
	r.trace(e)
}

// block makes the standard's network error of a failed check, and reports the check.
func (r *request) block(reason Reason, algorithm, step string, e Event) *BlockedError {
	e.Kind = EventCheck
	e.Algorithm, e.Step = algorithm, step
	e.Reason, e.OK, e.Decisive = reason, false, true
	r.emit(e)
	return &BlockedError{
		Reason:    reason,
		Step:      algorithm + " " + step,
		Got:       e.Got,
		Want:      e.Want,
		URL:       r.current().href,
		Preflight: r.preflight || e.Preflight,
		Err:       e.Err,
	}
}

// pass reports a check that went well.
func (r *request) pass(algorithm, step string, e Event) {
	if r.trace == nil {
		return
	}
	e.Kind, e.OK = EventCheck, true
	e.Algorithm, e.Step = algorithm, step
	r.emit(e)
}

// A response is the standard's response before it is filtered.
type response struct {
	*HTTPResponse

	urls []location
	// kind is set once the response is filtered.
	kind ResponseType
	// exposedNames is the CORS-exposed header-name list.
	exposedNames        []string
	rangeRequested      bool
	includedCredentials bool
	// storing is the body if it is on its way into the HTTP cache, whenKept what the cache does once the checks have passed.
	storing  *storingBody
	whenKept func()
}

// synthetic makes a response that no network was asked for.
func synthetic(contentType string, body []byte) *response {
	return &response{HTTPResponse: &HTTPResponse{
		Status:     200,
		StatusText: "OK",
		Header:     []Field{{Name: header.ContentType, Value: contentType}},
		Body:       io.NopCloser(bytes.NewReader(body)),
	}}
}
