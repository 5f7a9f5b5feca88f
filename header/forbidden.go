package header

import "slices"

// ForbiddenRequestHeader reports whether script cannot set this header: browsers ignore the attempt. A few names are forbidden only
// with certain values.
//
// https://fetch.spec.whatwg.org/#forbidden-request-header
func ForbiddenRequestHeader(name, value string) bool {
	// 1. Names that the browser keeps for itself.
	if oneOf(name, "Accept-Charset", AcceptEncoding, AccessControlRequestHeaders, AccessControlRequestMethod, Connection,
		ContentLength, Cookie, "Cookie2", "Date", "DNT", "Expect", Host, "Keep-Alive", Origin, Referer, SetCookie, "TE", "Trailer",
		TransferEncoding, "Upgrade", "Via") {
		return true
	}

	// 2. Prefixes.
	if hasPrefixFold(name, "proxy-") || hasPrefixFold(name, "sec-") {
		return true
	}

	// 3. Headers by which some servers let a method be overridden, if they name a forbidden one.
	if oneOf(name, XHTTPMethod, XHTTPMethodOverride, XMethodOverride) {
		if slices.ContainsFunc(getDecodeSplit(value), ForbiddenMethod) {
			return true
		}
	}

	// 4. Script may set it.
	return false
}

// ForbiddenResponseHeaderName reports whether name is a forbidden response-header name: one that script never sees, Set-Cookie or
// Set-Cookie2 in any case.
//
// https://fetch.spec.whatwg.org/#forbidden-response-header-name
func ForbiddenResponseHeaderName(name string) bool { return oneOf(name, SetCookie, SetCookie2) }

// RequestBodyHeaderNames returns the request-body-header names: those that go when a redirect drops the body. The slice is the
// caller's.
//
// https://fetch.spec.whatwg.org/#request-body-header-name
func RequestBodyHeaderNames() []string {
	return []string{ContentEncoding, ContentLanguage, ContentLocation, ContentType}
}

// RequestBodyHeaderName reports whether name is a request-body-header name, in any case.
//
// https://fetch.spec.whatwg.org/#request-body-header-name
func RequestBodyHeaderName(name string) bool {
	return oneOf(name, ContentEncoding, ContentLanguage, ContentLocation, ContentType)
}
