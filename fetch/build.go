package fetch

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// newRequest makes the engine's request of an author's, as the Request constructor does. The error is a [*RequestError], where a
// browser throws a TypeError.
//
// https://fetch.spec.whatwg.org/#dom-request
func newRequest(ctx context.Context, init *Request, profile *Profile) (*request, error) {
	r := &request{
		ctx:     ctx,
		profile: profile,
		client:  init.Client,
		origin:  init.Client.Origin,
		// 12. fetch() and XMLHttpRequest set the flag; elements do not, and cannot set headers or methods either.
		unsafeRequest:    true,
		useCORSPreflight: init.UseCORSPreflight,
		destination:      init.Destination,
		keepalive:        init.Keepalive,
		tainting:         taintingBasic,
	}
	if observe, ok := ctx.Value(traceKey{}).(func(Event)); ok {
		r.trace = observe
	}

	// 5.1–5.4. The URL, against the page's.
	target, err := parseRequestURL(init, profile)
	if err != nil {
		return nil, err
	}
	r.urls = []location{target}

	// 14. The referrer.
	if r.referrer, err = parseReferrer(init, profile); err != nil {
		return nil, err
	}

	// 15–24. What a page may choose by name.
	if err := r.choose(init); err != nil {
		return nil, err
	}

	// 25. The method.
	if r.method, err = parseMethod(init.Method); err != nil {
		return nil, err
	}

	// 32.1. A request that cannot be checked must be one that a form could make.
	if r.mode == ModeNoCORS && !header.SafelistedMethod(r.method) {
		return nil, &RequestError{Field: "Method", Value: r.method, Want: "GET, HEAD or POST with mode no-cors"}
	}

	// 33. The headers, past the guard.
	if err := r.fill(init.Header); err != nil {
		return nil, err
	}

	// 35–39.
	if err := r.extractBody(init.Body); err != nil {
		return nil, err
	}
	return r, nil
}

// parseRequestURL is step 5 of the Request constructor.
//
// https://fetch.spec.whatwg.org/#dom-request
func parseRequestURL(init *Request, profile *Profile) (location, error) {
	u, err := parseAgainst(profile, baseURL(init.Client), init.URL)
	if err != nil {
		return location{}, &RequestError{
			Field: "URL", Value: init.URL[:min(len(init.URL), maxErrorValue)], Want: "an absolute URL, as https://api.example/items",
		}
	}
	l := newLocation(u)
	// 5.3. A page may not put credentials into a URL.
	if l.includesCredentials() {
		return location{}, &RequestError{
			Field: "URL", Value: l.wireURL(), Want: "no user name or password in the URL: send an Authorization header",
		}
	}
	return l, nil
}

// maxErrorValue is how much of a value that is no URL an error repeats.
const maxErrorValue = 1024

// baseURL is what relative URLs of a page are relative to, or "".
func baseURL(page Environment) string {
	if page.URL == "" && !page.Origin.IsOpaque() {
		return page.Origin.String()
	}
	return page.URL
}

// parseAgainst parses s against base, if there is one. It refuses what is too long to be parsed in reasonable time.
func parseAgainst(profile *Profile, base, s string) (*url.Url, error) {
	if err := origin.LimitURL(s); err != nil {
		return nil, err
	}
	if base == "" {
		return profile.parser().Parse(s)
	}
	return profile.parser().ParseRef(base, s)
}

// parseReferrer is step 14 of the Request constructor.
//
// https://fetch.spec.whatwg.org/#dom-request
func parseReferrer(init *Request, profile *Profile) (string, error) {
	switch init.Referrer {
	case "", "about:client":
		return "client", nil
	case noReferrer:
		return noReferrer, nil
	}
	// 14.3.1–14.3.2.
	u, err := parseAgainst(profile, baseURL(init.Client), init.Referrer)
	if err != nil {
		return "", &RequestError{Field: "Referrer", Value: init.Referrer, Want: `a URL, "about:client" or "no-referrer"`}
	}
	// 14.3.3. A page cannot claim to be another.
	if l := newLocation(u); origin.SameOrigin(l.origin, init.Client.Origin) {
		return l.href, nil
	}
	return "client", nil
}

// choose takes over mode, credentials, redirect, cache and referrer policy, with their defaults.
func (r *request) choose(init *Request) error {
	var err error
	pick := func(field, value, byDefault string, known ...string) string {
		if value == "" {
			return byDefault
		}
		if !slices.Contains(known, value) && err == nil {
			err = &RequestError{Field: field, Value: value, Want: "one of " + strings.Join(known, ", ")}
		}
		return value
	}
	r.mode = Mode(pick("Mode", string(init.Mode), "cors", "cors", "no-cors", "same-origin", "navigate"))
	r.credentials = CredentialsMode(pick("Credentials", string(init.Credentials), "same-origin", "omit", "same-origin", "include"))
	r.redirect = RedirectMode(pick("Redirect", string(init.Redirect), "follow", "follow", "error", "manual"))
	r.cache = CacheMode(pick("Cache", string(init.Cache), "default",
		"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"))
	policies := []string{
		string(NoReferrer), string(NoReferrerWhenDowngrade), string(SameOriginReferrer), string(OriginReferrer), string(StrictOrigin),
		string(OriginWhenCrossOrigin), string(StrictOriginWhenCrossOrigin), string(UnsafeURL),
	}
	r.referrerPolicy = ReferrerPolicy(pick("ReferrerPolicy", string(init.ReferrerPolicy), "", policies...))
	pick("Client.ReferrerPolicy", string(init.Client.ReferrerPolicy), "", policies...)
	if err != nil {
		return err
	}
	// 21. The cache alone may answer only what the page could read anyway.
	if r.cache == CacheOnlyIfCached && r.mode != ModeSameOrigin {
		return &RequestError{Field: "Cache", Value: string(r.cache), Want: "mode same-origin with only-if-cached"}
	}
	return nil
}

// parseMethod is step 25 of the Request constructor.
//
// https://fetch.spec.whatwg.org/#dom-request
func parseMethod(method string) (string, error) {
	// The default is not an explicit empty string, which a browser refuses; Go cannot tell them apart, and callers who care check.
	if method == "" {
		return "GET", nil
	}
	// 25.2.
	if !header.ValidMethod(method) {
		return "", &RequestError{Field: "Method", Value: method, Want: "a token, as GET or PATCH"}
	}
	if header.ForbiddenMethod(method) {
		return "", &RequestError{Field: "Method", Value: method, Want: "a method other than CONNECT, TRACE and TRACK, which no page may send"}
	}
	// 25.3.
	return header.NormalizeMethod(method), nil
}

// fill appends the author's headers one by one under the guard "request" or "request-no-cors".
//
// https://fetch.spec.whatwg.org/#concept-headers-append
func (r *request) fill(fields []Field) error {
	for i, f := range fields {
		// 1.
		value := header.Normalize(f.Value)
		// 2. Validation: bad bytes throw, forbidden names are dropped in silence.
		if !header.ValidName(f.Name) {
			return &RequestError{Field: "Header[" + strconv.Itoa(i) + "].Name", Value: f.Name, Want: "a token, as X-Request-Id"}
		}
		if !header.ValidValue(value) {
			return &RequestError{Field: "Header[" + strconv.Itoa(i) + "].Value", Value: f.Value, Want: "no NUL, CR or LF"}
		}
		// DEVIATION: Profile.UserAgentForbidden.
		if header.ForbiddenRequestHeader(f.Name, value) || r.profile.UserAgentForbidden && strings.EqualFold(f.Name, header.UserAgent) {
			r.dropped = append(r.dropped, Event{
				Kind: EventDropped, Subject: strings.ToLower(f.Name), Got: value,
				Algorithm: "forbidden-request-header", Step: "1",
			})
			continue
		}
		// 3. Without CORS only what a form could send, the lines of one name taken together.
		if r.mode == ModeNoCORS {
			all := value
			if had, ok := r.header.Get(f.Name); ok {
				all = had + ", " + value
			}
			if !header.NoCORSSafelistedRequestHeaderName(f.Name) || !r.profile.safelistedRequestHeader(f.Name, all) {
				r.dropped = append(r.dropped, Event{
					Kind: EventDropped, Subject: strings.ToLower(f.Name), Got: value,
					Algorithm: algHeadersAppend, Step: "3.4",
				})
				continue
			}
		}
		// 4.
		r.header.Append(f.Name, value)
	}
	return nil
}

// extractBody is steps 35 to 39 of the Request constructor.
//
// https://fetch.spec.whatwg.org/#dom-request
func (r *request) extractBody(body *Body) error {
	// 35. GET and HEAD have no body in a browser.
	if body == nil {
		return nil
	}
	if r.method == "GET" || r.method == "HEAD" {
		return &RequestError{Field: "Body", Value: r.method, Want: "no body with GET or HEAD"}
	}
	if body.Stream != nil && body.Source != nil {
		return &RequestError{Field: "Body", Value: "Source and Stream", Want: "one of the two"}
	}
	// 37.4. The body brings its own type along, past the same guard.
	if body.Type != "" && !r.header.Contains(header.ContentType) {
		if !header.ValidValue(header.Normalize(body.Type)) {
			return &RequestError{Field: "Body.Type", Value: body.Type, Want: "a MIME type without NUL, CR or LF"}
		}
		if err := r.fill([]Field{{Name: header.ContentType, Value: body.Type}}); err != nil {
			return err
		}
	}
	// 39. A stream cannot be sent twice, so it is asked for beforehand.
	if body.Stream != nil {
		if r.mode != ModeSameOrigin && r.mode != ModeCORS {
			return &RequestError{Field: "Body.Stream", Value: string(r.mode), Want: "mode cors or same-origin with a streamed body"}
		}
		if r.keepalive {
			return &RequestError{Field: "Body.Stream", Value: "keepalive", Want: "no keepalive with a streamed body"}
		}
		r.useCORSPreflight = true
	}
	r.body = body
	return nil
}
