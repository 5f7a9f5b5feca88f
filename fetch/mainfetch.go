package fetch

import (
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// mainFetch decides what kind of fetch the request's current URL calls for, runs it, and filters what comes back. It is entered
// once for the request and once more for every redirect; only the first entry filters.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (c *Client) mainFetch(r *request) (*Response, error) {
	response, err := c.mainFetchRecursive(r)

	// 13. A recursive call has returned by now.
	if err != nil {
		return nil, err
	}
	// 14–22.
	return r.finish(response)
}

// mainFetchRecursive is steps 1 to 13 of main fetch, with recursive set.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (c *Client) mainFetchRecursive(r *request) (*response, error) {
	// 3–5. A page without a policy container: no local-URLs-only flag, no Content Security Policy, no upgrade-insecure-requests.
	// 6. Images, audio and video of a secure page are asked for securely.
	r.upgradeMixedContent()

	// 7. Ports and schemes that are refused whatever the server would say.
	if err := r.checkPort(); err != nil {
		return nil, err
	}
	if err := r.checkMixedContent(); err != nil {
		return nil, err
	}

	// 8. The page's referrer policy, where the request has none of its own.
	if r.referrerPolicy == "" {
		r.referrerPolicy = r.client.ReferrerPolicy
	}
	if r.referrerPolicy == "" {
		r.referrerPolicy = StrictOriginWhenCrossOrigin
	}

	// 9.
	r.setReferrer()

	// 10. HSTS: this user agent has never visited the host, so it knows of none.
	// 12.
	return c.branch(r)
}

// branch is step 12 of main fetch: the first matching line wins.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (c *Client) branch(r *request) (*response, error) {
	current := r.current()
	sameOrigin := origin.SameOrigin(current.origin, r.origin)
	e := Event{
		Kind: EventBranch, Algorithm: algMainFetch, Step: "12",
		Got: current.origin.String(), Want: r.origin.String(),
		SameSite: origin.SameSite(current.origin, r.origin),
	}

	switch {
	// The page's own origin (unless the request has been elsewhere), data: URLs, and navigations: CORS does not apply.
	case sameOrigin && r.tainting == taintingBasic, current.scheme == "data", r.mode == ModeNavigate:
		r.tainting = taintingBasic
		e.Tainting = string(r.tainting)
		r.emit(e)
		return c.schemeFetch(r)

	case r.mode == ModeSameOrigin:
		e.Tainting = string(taintingCORS)
		r.emit(e)
		return nil, r.block(ModeSameOriginBlocked, algMainFetch, "12", Event{
			Subject: "url", Got: current.origin.String(), Want: r.origin.String(),
		})

	case r.mode == ModeNoCORS:
		e.Tainting = string(taintingOpaque)
		r.emit(e)
		// 12.1. Following is the only thing that can be done with a redirect nobody may see.
		if r.redirect != RedirectFollow {
			return nil, r.block(NoCORSRedirectMode, algMainFetch, "12.1", Event{
				Subject: "redirect", Got: string(r.redirect), Want: string(RedirectFollow),
			})
		}
		// 12.2–12.3.
		r.tainting = taintingOpaque
		return c.schemeFetch(r)

	case !current.http():
		e.Tainting = string(taintingCORS)
		r.emit(e)
		return nil, r.block(SchemeBlocked, algMainFetch, "12", Event{Subject: "url", Got: current.scheme, Want: "http or https"})
	}

	r.tainting = taintingCORS
	e.Tainting = string(r.tainting)
	r.emit(e)

	// A method, a header, an upload listener or a stream that forms cannot send: ask first.
	if r.needsPreflight() {
		response, err := c.httpFetch(r, true)
		// 12.3. What failed is not to be relied on any more.
		if err != nil {
			c.preflights.clear(r)
		}
		return response, err
	}
	response, err := c.httpFetch(r, false)
	// DEVIATION: Profile.FailureForgets.
	if err != nil && r.profile.FailureForgets {
		c.preflights.clear(r)
	}
	return response, err
}

// needsPreflight reports whether the request is one that the CORS protocol asks about before sending it, and leaves in the trace
// every cause or that there is none.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch (step 12)
func (r *request) needsPreflight() bool {
	unsafeMethod := r.unsafeRequest && !header.SafelistedMethod(r.method)
	unsafeHeaders := r.unsafeRequest && len(r.namesToAsk()) > 0
	due := r.useCORSPreflight || unsafeMethod || unsafeHeaders
	// DEVIATION: Profile.PreflightAgain.
	if r.profile.PreflightAgain {
		due = due || r.asked || r.unsafeRequest && len(r.authorNames) > 0
		r.asked = due
	}
	if r.trace == nil {
		return due
	}
	if !due {
		r.emit(Event{Kind: EventNoPreflight, Algorithm: algMainFetch, Step: "12", Method: r.method})
		return false
	}
	if unsafeMethod {
		r.emit(Event{Kind: EventUnsafe, Algorithm: "cors-safelisted-method", Subject: "method", Got: r.method})
	}
	for _, unsafe := range r.profile.unsafeRequestHeaders(r.header) {
		r.emit(Event{Kind: EventUnsafe, Algorithm: algUnsafeNames, Subject: strings.ToLower(unsafe.Name), Got: unsafe.Value, Unsafe: &unsafe})
	}
	if r.useCORSPreflight {
		subject := "upload-listener"
		if r.body != nil && r.body.Stream != nil {
			subject = "stream"
		}
		r.emit(Event{Kind: EventUnsafe, Algorithm: "use-cors-preflight-flag", Subject: subject})
	}
	return true
}

// finish is steps 14 to 22 of main fetch: what of the response script may see, and the blocks that look at the response's type.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (r *request) finish(response *response) (*Response, error) {
	// 14. A response that is filtered already is an opaque redirect.
	if response.kind == "" {
		// 14.1. What the server lets script see beyond the safelist.
		if r.tainting == taintingCORS {
			response.exposedNames = r.exposedNames(response)
		}
		// 14.2.
		switch r.tainting {
		case taintingBasic:
			response.kind = BasicResponse
		case taintingCORS:
			response.kind = CORSResponse
		case taintingOpaque:
			response.kind = OpaqueResponse
		}
	}

	// 16.
	if len(response.urls) == 0 {
		response.urls = slices.Clone(r.urls)
	}

	// 20. Types that do not fit what the response is for.
	if err := r.checkMIMEType(response); err != nil {
		response.Body.Close()
		return nil, err
	}
	if err := r.checkNosniff(response); err != nil {
		response.Body.Close()
		return nil, err
	}

	// 21. A part of a resource that was not asked for in parts.
	if response.kind == OpaqueResponse && (response.Status == 206 || response.Status == 416) && response.rangeRequested &&
		!r.header.Contains(header.Range) {
		response.Body.Close()
		return nil, r.block(RangeUnrequested, algMainFetch, "21", Event{Subject: "status"})
	}

	// 22. Answers that have no body, whatever the server sends.
	if r.method == "HEAD" || r.nullBodyStatus(response.Status) {
		response.Body.Close()
		response.Body = emptyBody{}
	}
	return r.filtered(response), nil
}

// nullBodyStatus reports whether a response of that status has no body.
//
// https://fetch.spec.whatwg.org/#null-body-status
func (r *request) nullBodyStatus(status int) bool {
	// DEVIATION: Profile.ResetContentBody.
	if status == 205 && r.profile.ResetContentBody {
		return false
	}
	return status == 101 || status == 103 || status == 204 || status == 205 || status == 304
}

// exposedNames is step 14.1 of main fetch: the CORS-exposed header-name list.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (r *request) exposedNames(response *response) []string {
	list := header.List(response.Header)
	// 14.1.1. A list that cannot be parsed exposes nothing.
	names, err := header.ExtractNames(list.Values(header.AccessControlExposeHeaders))
	if err != nil {
		return nil
	}
	// 14.1.2. "*" stands for all, but not with credentials: then it is a header of that name.
	if r.credentials != CredentialsInclude && slices.Contains(names, "*") {
		names = names[:0:0]
		for _, f := range list {
			names = append(names, f.Name)
		}
	}
	return names
}

// filtered makes the filtered response that script gets.
//
// https://fetch.spec.whatwg.org/#concept-filtered-response
func (r *request) filtered(response *response) *Response {
	out := &Response{Type: response.kind, Body: emptyBody{}}
	list := header.List(response.Header)
	switch response.kind {
	case BasicResponse:
		out.Header = slices.DeleteFunc(slices.Clone(list), func(f Field) bool { return header.ForbiddenResponseHeaderName(f.Name) })
	case CORSResponse:
		out.Header = list.SafelistedResponse(response.exposedNames)
	case OpaqueResponse, OpaqueRedirectResponse:
	}
	if response.kind != OpaqueResponse {
		out.URL = r.profile.responseURL(response.urls[len(response.urls)-1])
		out.Redirected = len(response.urls) > 1
	}
	switch {
	case response.kind == BasicResponse || response.kind == CORSResponse:
		out.Status, out.StatusText = response.Status, response.StatusText
		out.Body = decoded(response)
	// DEVIATION: Profile.OpaqueRedirectBody.
	case r.profile.OpaqueRedirectBody && response.kind == OpaqueRedirectResponse && !r.profile.redirects(response):
		out.Body = decoded(response)
	default:
		response.Body.Close()
	}
	if r.trace != nil {
		shown, hidden := visibility(list, out.Header)
		r.emit(Event{
			Kind: EventResponse, Algorithm: "concept-filtered-response", Type: out.Type, Status: out.Status, Names: shown, Hidden: hidden,
		})
	}
	return out
}

// visibility tells the names of the lines that script sees from those of the others. A filtered list is a subsequence of all.
func visibility(all, seen header.List) (shown, hidden []string) {
	for _, f := range all {
		if len(seen) > 0 && seen[0] == f {
			shown, seen = append(shown, f.Name), seen[1:]
			continue
		}
		hidden = append(hidden, f.Name)
	}
	return shown, hidden
}
