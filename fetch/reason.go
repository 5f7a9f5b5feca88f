package fetch

// A Reason names one way in which a request ends without a readable response. Reasons are stable: never renamed, never reused.
// The text of a Reason is its code, in kebab-case.
type Reason string

// What the CORS check can find, on a preflight's response as on the response itself.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
const (
	// AllowOriginMissing: no Access-Control-Allow-Origin (step 2).
	AllowOriginMissing Reason = "allow-origin-missing"
	// AllowOriginWildcard: "*" on a request with credentials (step 4).
	AllowOriginWildcard Reason = "allow-origin-wildcard"
	// AllowOriginMultiple: several values, on one line or on several (step 4).
	AllowOriginMultiple Reason = "allow-origin-multiple"
	// AllowOriginNull: "null" for a page whose origin is not opaque (step 4).
	AllowOriginNull Reason = "allow-origin-null"
	// AllowOriginInvalid: a value that is no serialized origin at all (step 4).
	AllowOriginInvalid Reason = "allow-origin-invalid"
	// AllowOriginMismatch: another origin, or the same one spelled otherwise (step 4).
	AllowOriginMismatch Reason = "allow-origin-mismatch"
	// AllowCredentialsMissing: no Access-Control-Allow-Credentials on a request with credentials (step 8).
	AllowCredentialsMissing Reason = "allow-credentials-missing"
	// AllowCredentialsNotTrue: Access-Control-Allow-Credentials is there but not exactly "true" (step 8).
	AllowCredentialsNotTrue Reason = "allow-credentials-not-true"
)

// What a CORS-preflight fetch can find beyond the CORS check.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
const (
	// PreflightRedirect: the preflight was answered with a redirect (step 7).
	PreflightRedirect Reason = "preflight-redirect"
	// PreflightStatus: the preflight's status is not 200 to 299 (step 7).
	PreflightStatus Reason = "preflight-status"
	// AllowMethodsInvalid: Access-Control-Allow-Methods is no list of methods (step 7.3).
	AllowMethodsInvalid Reason = "allow-methods-invalid"
	// AllowHeadersInvalid: Access-Control-Allow-Headers is no list of header names (step 7.3).
	AllowHeadersInvalid Reason = "allow-headers-invalid"
	// MethodNotAllowed: the method is not listed (step 7.5).
	MethodNotAllowed Reason = "method-not-allowed"
	// MethodCaseMismatch: the method is listed in another case (step 7.5).
	MethodCaseMismatch Reason = "method-case-mismatch"
	// AllowMethodsWildcard: only "*" would cover the method, and it does not count with credentials (step 7.5).
	AllowMethodsWildcard Reason = "allow-methods-wildcard"
	// AuthorizationNotListed: Authorization is covered by "*" only (step 7.6).
	AuthorizationNotListed Reason = "authorization-not-listed"
	// HeaderNotAllowed: a header is not listed (steps 7.6 and 7.7).
	HeaderNotAllowed Reason = "header-not-allowed"
	// AllowHeadersWildcard: only "*" would cover a header, and it does not count with credentials (step 7.7).
	AllowHeadersWildcard Reason = "allow-headers-wildcard"
)

// What a redirect can run into. These are rules of the same protocol.
//
// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
const (
	// RedirectURLCredentials: the target has a user name or password (steps 9 and 10).
	RedirectURLCredentials Reason = "redirect-url-credentials"
	// RedirectScheme: the target is not http or https (step 6).
	RedirectScheme Reason = "redirect-scheme"
	// RedirectLocationInvalid: Location cannot be parsed (step 5).
	RedirectLocationInvalid Reason = "redirect-location-invalid"
	// RedirectTooMany: more than 20 redirects (step 7).
	RedirectTooMany Reason = "redirect-too-many"
	// RedirectStreamBody: a streamed body cannot be sent again (step 11).
	RedirectStreamBody Reason = "redirect-stream-body"
	// RedirectModeError: the request asked for redirects to fail (HTTP fetch, step 6.3).
	RedirectModeError Reason = "redirect-mode-error"
)

// What ends a request before or beside CORS.
const (
	// ModeSameOriginBlocked: mode "same-origin" with a cross-origin URL (main fetch, step 12).
	ModeSameOriginBlocked Reason = "mode-same-origin"
	// NoCORSRedirectMode: mode "no-cors" with a redirect mode other than "follow" (main fetch, step 12).
	NoCORSRedirectMode Reason = "no-cors-redirect-mode"
	// SchemeBlocked: a scheme that cannot be fetched from here (main fetch, step 12; scheme fetch).
	SchemeBlocked Reason = "scheme-blocked"
	// BadPort: a port that is never fetched from (main fetch, step 7).
	BadPort Reason = "bad-port"
	// MixedContent: a secure page asks for a resource over plain http (main fetch, step 7).
	MixedContent Reason = "mixed-content"
	// CORPBlocked: Cross-Origin-Resource-Policy forbids the embedding (HTTP fetch, step 5).
	CORPBlocked Reason = "corp-blocked"
	// NosniffBlocked: X-Content-Type-Options: nosniff and a type that does not fit the destination (main fetch, step 20).
	NosniffBlocked Reason = "nosniff-blocked"
	// MIMETypeBlocked: a script whose type is that of an image, audio, video or CSV (main fetch, step 20).
	MIMETypeBlocked Reason = "mime-type-blocked"
	// RangeUnrequested: a 206 or 416 for a request without Range (main fetch, step 21).
	RangeUnrequested Reason = "range-unrequested"
	// KeepaliveTooLarge: more than 64 KiB of body with keepalive (HTTP-network-or-cache fetch, step 8.10).
	KeepaliveTooLarge Reason = "keepalive-too-large"
	// StreamNeedsHTTP2: a streamed body, and the server speaks HTTP/1.x (HTTP-network fetch, step 8.3).
	StreamNeedsHTTP2 Reason = "stream-needs-http2"
	// NotInCache: cache mode "only-if-cached" and nothing stored (HTTP-network-or-cache fetch, step 11.1).
	NotInCache Reason = "not-in-cache"
)

// What keeps a verdict from being reached at all.
const (
	// NetworkDNS: the host name has no address.
	NetworkDNS Reason = "network-dns"
	// NetworkRefused: nobody listens there.
	NetworkRefused Reason = "network-refused"
	// NetworkTLS: the TLS handshake or the certificate failed.
	NetworkTLS Reason = "network-tls"
	// NetworkTimeout: no answer in time.
	NetworkTimeout Reason = "network-timeout"
	// NetworkProtocol: the answer is not HTTP, or breaks its framing.
	NetworkProtocol Reason = "network-protocol"
	// NetworkTooLarge: the answer exceeds a stated limit.
	NetworkTooLarge Reason = "network-too-large"
	// NetworkFailed: any other failure of the network.
	NetworkFailed Reason = "network-failed"
	// Aborted: the caller's context was canceled.
	Aborted Reason = "aborted"
)

// A Class says where to look for the cure, which is what a user needs to know first.
type Class string

// The classes.
const (
	// ClassCORS: the CORS protocol was spoken and said no.
	ClassCORS Class = "cors"
	// ClassNotReached: something answered before the server's CORS layer did.
	ClassNotReached Class = "cors-layer-not-reached"
	// ClassNotCORS: CORS has nothing to do with it.
	ClassNotCORS Class = "not-cors"
)

// reasons is the one list of reasons, in the order of the constants.
var reasons = []struct {
	reason  Reason
	class   Class
	decided bool
}{
	{AllowOriginMissing, ClassCORS, true},
	{AllowOriginWildcard, ClassCORS, true},
	{AllowOriginMultiple, ClassCORS, true},
	{AllowOriginNull, ClassCORS, true},
	{AllowOriginInvalid, ClassCORS, true},
	{AllowOriginMismatch, ClassCORS, true},
	{AllowCredentialsMissing, ClassCORS, true},
	{AllowCredentialsNotTrue, ClassCORS, true},
	{PreflightRedirect, ClassNotReached, true},
	{PreflightStatus, ClassNotReached, true},
	{AllowMethodsInvalid, ClassCORS, true},
	{AllowHeadersInvalid, ClassCORS, true},
	{MethodNotAllowed, ClassCORS, true},
	{MethodCaseMismatch, ClassCORS, true},
	{AllowMethodsWildcard, ClassCORS, true},
	{AuthorizationNotListed, ClassCORS, true},
	{HeaderNotAllowed, ClassCORS, true},
	{AllowHeadersWildcard, ClassCORS, true},
	{RedirectURLCredentials, ClassCORS, true},
	{RedirectScheme, ClassNotCORS, true},
	{RedirectLocationInvalid, ClassNotCORS, true},
	{RedirectTooMany, ClassNotCORS, true},
	{RedirectStreamBody, ClassNotCORS, true},
	{RedirectModeError, ClassNotCORS, true},
	{ModeSameOriginBlocked, ClassNotCORS, true},
	{NoCORSRedirectMode, ClassNotCORS, true},
	{SchemeBlocked, ClassNotCORS, true},
	{BadPort, ClassNotCORS, true},
	{MixedContent, ClassNotCORS, true},
	{CORPBlocked, ClassNotCORS, true},
	{NosniffBlocked, ClassNotCORS, true},
	{MIMETypeBlocked, ClassNotCORS, true},
	{RangeUnrequested, ClassNotCORS, true},
	{KeepaliveTooLarge, ClassNotCORS, true},
	{StreamNeedsHTTP2, ClassNotCORS, true},
	{NotInCache, ClassNotCORS, true},
	{NetworkDNS, ClassNotCORS, false},
	{NetworkRefused, ClassNotCORS, false},
	{NetworkTLS, ClassNotCORS, false},
	{NetworkTimeout, ClassNotCORS, false},
	{NetworkProtocol, ClassNotCORS, false},
	{NetworkTooLarge, ClassNotCORS, false},
	{NetworkFailed, ClassNotCORS, false},
	{Aborted, ClassNotCORS, false},
}

// Reasons returns every reason, in a fixed order. The slice is the caller's.
func Reasons() []Reason {
	all := make([]Reason, len(reasons))
	for i, r := range reasons {
		all[i] = r.reason
	}
	return all
}

// Class says where to look for the cure. An unknown reason is [ClassNotCORS].
func (r Reason) Class() Class {
	for _, known := range reasons {
		if known.reason == r {
			return known.class
		}
	}
	return ClassNotCORS
}

// Decided reports whether a rule of the browser ended the request. It is false for the failures of a network or a server that
// leave open what a browser would have decided.
func (r Reason) Decided() bool {
	for _, known := range reasons {
		if known.reason == r {
			return known.decided
		}
	}
	return false
}
