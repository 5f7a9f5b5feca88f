package fetch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// corsPreflightFetch asks the server whether it understands and allows the request. Success may be remembered in the preflight
// cache.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (c *Client) corsPreflightFetch(r *request) error {
	// 1. The preflight shares the URL list, so that a redirect's taint carries over. It never has credentials.
	preflight := &request{
		ctx: r.ctx, trace: r.trace, profile: r.profile, preflight: true,
		client: r.client, origin: r.origin, method: "OPTIONS", urls: r.urls,
		mode: ModeCORS, credentials: CredentialsSameOrigin, tainting: taintingCORS, redirect: RedirectFollow, cache: CacheDefault,
		destination: r.destination, referrer: r.referrer, referrerPolicy: r.referrerPolicy, redirectCount: r.redirectCount,
	}

	// 2.
	preflight.header.Append(header.Accept, "*/*")

	// 3. The method as it is: "patch" is asked for as "patch".
	preflight.header.Append(header.AccessControlRequestMethod, r.method)

	// 4–5. The names in question, lower-cased and sorted, joined by a bare comma.
	if names := r.namesToAsk(); len(names) > 0 {
		preflight.header.Append(header.AccessControlRequestHeaders, strings.Join(names, ","))
	}

	// 6. Redirects are not followed: they are just another status that is not ok.
	response, err := c.httpNetworkOrCacheFetch(preflight)
	if err != nil {
		return err
	}
	defer response.Body.Close()

	return c.checkPreflight(r, response)
}

// A preflightVerdict gathers the checks of one preflight: the first failure decides, later ones are made for the trace only.
type preflightVerdict struct {
	r     *request
	first *BlockedError
}

// check records one check. It reports whether there is any use in going on.
func (v *preflightVerdict) check(ok bool, reason Reason, step string, e Event) bool {
	e.Preflight = true
	if ok {
		v.r.pass(algPreflightFetch, step, e)
		return true
	}
	if blocked := v.r.fail(v.first == nil, reason, algPreflightFetch, step, e); v.first == nil {
		v.first = blocked
	}
	return v.r.trace != nil
}

// checkPreflight is step 7 of the CORS-preflight fetch: whether the answer allows request.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (c *Client) checkPreflight(r *request, response *response) error {
	v := &preflightVerdict{r: r}
	if !c.checkPreflightReached(v, response) {
		return v.first
	}
	list := header.List(response.Header)
	methodLines := list.Lines(header.AccessControlAllowMethods)
	headerLines := list.Lines(header.AccessControlAllowHeaders)

	// 7.1–7.3. Lists that cannot be parsed say nothing.
	methods, methodsErr := header.ExtractMethods(list.Values(header.AccessControlAllowMethods))
	if methodsErr != nil && !v.check(false, AllowMethodsInvalid, "7.3", Event{
		Subject: "access-control-allow-methods", Lines: methodLines, Got: combined(methodLines), Want: "a comma-separated list of methods",
	}) {
		return v.first
	}
	names, namesErr := header.ExtractNames(list.Values(header.AccessControlAllowHeaders))
	if namesErr != nil && !v.check(false, AllowHeadersInvalid, "7.3", Event{
		Subject: "access-control-allow-headers", Lines: headerLines, Got: combined(headerLines),
		Want: "a comma-separated list of header names",
	}) {
		return v.first
	}

	// 7.4. What was asked for only because of a listener or a stream is allowed by an answer that does not mention methods.
	if len(methodLines) == 0 && r.useCORSPreflight {
		methods = []string{r.method}
	}

	// DEVIATION: Profile.RefusalsKept.
	if r.profile.RefusalsKept && v.first == nil {
		c.preflights.store(c, r, list, methods, names)
	}

	// 7.5.
	if methodsErr == nil && !c.checkAllowMethods(v, methods, methodLines) {
		return v.first
	}
	// 7.6–7.7.
	if namesErr == nil && !c.checkAllowHeaders(v, names, headerLines) {
		return v.first
	}
	if v.first != nil {
		return v.first
	}

	// 7.8–7.15.
	if !r.profile.RefusalsKept {
		c.preflights.store(c, r, list, methods, names)
	}
	return nil
}

// checkPreflightReached is the condition of step 7: the CORS check and the status. A redirect is told apart from other statuses,
// and looked at first, because that is what browsers do.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (c *Client) checkPreflightReached(v *preflightVerdict, response *response) bool {
	status := Event{Subject: "status", Got: strconv.Itoa(response.Status), Want: "200 to 299"}
	redirected := redirectStatus(response.Status)
	if redirected {
		status.Lines = header.List(response.Header).Lines(header.Location)
		if !v.check(false, PreflightRedirect, "7", status) {
			return false
		}
	}
	if !v.corsCheck(c, response) {
		return false
	}
	if redirected {
		return true
	}
	return v.check(response.Status >= 200 && response.Status <= 299, PreflightStatus, "7", status)
}

// corsCheck makes the CORS check on the preflight's response for the request that it asks for.
func (v *preflightVerdict) corsCheck(c *Client, response *response) bool {
	original := v.r
	// DEVIATION: Profile.PreflightKeepsOrigin: what is the page's own needs no check.
	if original.profile.PreflightKeepsOrigin && origin.SameOrigin(original.current().origin, original.origin) {
		return true
	}
	onPreflight := *original
	onPreflight.trace, onPreflight.preflight = nil, true
	if original.trace != nil {
		decided := v.first != nil
		onPreflight.trace = func(e Event) {
			e.Preflight = true
			e.Decisive = e.Decisive && !decided
			original.trace(e)
		}
	}
	if blocked := c.corsCheck(&onPreflight, response); blocked != nil && v.first == nil {
		blocked.Preflight = true
		v.first = blocked
	}
	return v.first == nil || original.trace != nil
}

// checkAllowMethods is step 7.5 of the CORS-preflight fetch.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (c *Client) checkAllowMethods(v *preflightVerdict, methods []string, lines []Field) bool {
	r := v.r
	include := r.credentials == CredentialsInclude
	star := slices.Contains(methods, "*")
	e := Event{Subject: "access-control-allow-methods", Lines: lines, Got: combined(lines), Want: r.method, Method: r.method}
	if slices.Contains(methods, r.method) || header.SafelistedMethod(r.method) || star && !include {
		return v.check(true, "", "7.5", e)
	}
	reason := MethodNotAllowed
	switch {
	case slices.ContainsFunc(methods, func(m string) bool { return strings.EqualFold(m, r.method) }):
		reason = MethodCaseMismatch
	case star:
		reason = AllowMethodsWildcard
	}
	return v.check(false, reason, "7.5", e)
}

// checkAllowHeaders is steps 7.6 and 7.7 of the CORS-preflight fetch.
//
// https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
func (c *Client) checkAllowHeaders(v *preflightVerdict, names []string, lines []Field) bool {
	r := v.r
	include := r.credentials == CredentialsInclude
	star := slices.Contains(names, "*")
	unsafe := slices.Compact(r.namesToAsk())
	// 7.6 comes before 7.7 for all names.
	slices.SortStableFunc(unsafe, func(a, b string) int {
		return cmp.Compare(rank(a), rank(b))
	})
	// One pass over what the server lists, however much it is.
	listed := make(map[string]bool, len(unsafe))
	for _, name := range unsafe {
		listed[name] = false
	}
	for _, n := range names {
		n = strings.ToLower(n)
		if _, ok := listed[n]; ok {
			listed[n] = true
		}
	}
	got := combined(lines)
	for _, name := range unsafe {
		e := Event{Subject: "access-control-allow-headers", Lines: lines, Got: got, Want: name}
		ok, reason, step := listed[name], HeaderNotAllowed, "7.7"
		switch {
		case ok && header.NonWildcardRequestHeaderName(name):
			step = "7.6"
		case ok:
		// 7.6. The standard wants Authorization by name.
		// DEVIATION: no browser does (Profile.AuthorizationUnderWildcard).
		case header.NonWildcardRequestHeaderName(name) && !c.profile.AuthorizationUnderWildcard:
			step = "7.6"
			switch {
			case star && include:
				reason = AllowHeadersWildcard
			case star:
				reason = AuthorizationNotListed
			}
		// 7.7.
		case star && !include:
			ok = true
		case star:
			reason = AllowHeadersWildcard
		}
		if !v.check(ok, reason, step, e) {
			return false
		}
	}
	return true
}

// rank sorts the names of step 7.6 before those of step 7.7.
func rank(name string) int {
	if header.NonWildcardRequestHeaderName(name) {
		return 0
	}
	return 1
}

// combined is the lines' values as the standard combines them.
func combined(lines []Field) string {
	values := make([]string, len(lines))
	for i, f := range lines {
		values[i] = f.Value
	}
	return strings.Join(values, ", ")
}
