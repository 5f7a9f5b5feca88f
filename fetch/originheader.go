package fetch

import (
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// taint is how far redirects have led a request away from its page.
type taint int

const (
	taintSameOrigin taint = iota
	taintSameSite
	taintCrossSite
)

// redirectTaint says whether a redirect on the way was made by somebody else than the page: from then on the page does not vouch
// for the request.
//
// https://fetch.spec.whatwg.org/#concept-request-tainted-origin
func (r *request) redirectTaint() taint {
	// 3.
	result := taintSameOrigin
	// 4.
	for i := 1; i < len(r.urls); i++ {
		last, next := r.urls[i-1].origin, r.urls[i].origin
		// 4.2. Another site, left from a site that is not the page's.
		if !origin.SameSite(next, last) && !origin.SameSite(r.origin, last) {
			return taintCrossSite
		}
		// 4.3. Another origin, left from an origin that is not the page's.
		if !origin.SameOrigin(next, last) && !origin.SameOrigin(r.origin, last) {
			result = taintSameSite
		}
	}
	// 5.
	return result
}

// serializeOrigin serializes the request's origin, which is "null" once a redirect has tainted it.
//
// https://fetch.spec.whatwg.org/#serializing-a-request-origin
func (r *request) serializeOrigin() string {
	// 2.
	// DEVIATION: Profile.PreflightKeepsOrigin.
	if r.redirectTaint() != taintSameOrigin && (!r.preflight || !r.profile.PreflightKeepsOrigin) {
		return "null"
	}
	// 3.
	return r.origin.String()
}

// appendOrigin appends the Origin header where the request has one.
//
// https://fetch.spec.whatwg.org/#append-a-request-origin-header
func (r *request) appendOrigin(list *header.List) {
	// 2.
	serialized := r.serializeOrigin()

	// 3. Whenever CORS is spoken.
	if r.tainting == taintingCORS {
		list.Append(header.Origin, serialized)
		return
	}

	// 4. And whenever the server might act on the request.
	// DEVIATION: Profile.OriginKept.
	if (r.method == "GET" || r.method == "HEAD") && (!r.originSent || !r.profile.OriginKept) {
		return
	}
	r.originSent = true
	// 4.1. A page that did not opt into telling its origin is covered by its referrer policy.
	// DEVIATION: Profile.OriginIgnoresPolicy.
	if r.mode != ModeCORS && !r.profile.OriginIgnoresPolicy {
		switch r.referrerPolicy {
		case NoReferrer:
			serialized = "null"
		case NoReferrerWhenDowngrade, StrictOrigin, StrictOriginWhenCrossOrigin:
			if r.origin.Scheme() == "https" && r.current().scheme != "https" {
				serialized = "null"
			}
		case SameOriginReferrer:
			if !origin.SameOrigin(r.origin, r.current().origin) {
				serialized = "null"
			}
		case OriginReferrer, OriginWhenCrossOrigin, UnsafeURL:
		}
	}
	// DEVIATION: Profile.NoCORSOriginTainted.
	if r.mode == ModeNoCORS && r.profile.NoCORSOriginTainted && r.leftOrigin() {
		serialized = "null"
	}
	// 4.2.
	list.Append(header.Origin, serialized)
}
