package fetch

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// maxRedirects is how many redirects a request follows.
const maxRedirects = 20

var (
	errSeveralLocations = errors.New("several Location lines")
	errEmptyLocation    = errors.New("an empty Location")
)

// maxDiscard is how much of a redirect's body is read so that the connection can be used again.
const maxDiscard = 64 << 10

// httpRedirectFetch follows a redirect, or says why it cannot be followed.
//
// https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
func (c *Client) httpRedirectFetch(r *request, from *response) (*response, error) {
	lines := header.List(from.Header).Lines(header.Location)
	target, raw, err := c.locationURL(r, from)
	block := func(reason Reason, step, got, want string) (*response, error) {
		from.Body.Close()
		return nil, r.block(reason, algRedirectFetch, step, Event{Subject: "location", Got: got, Want: want, Lines: lines})
	}

	switch {
	// 4. Nowhere to go: the response is the answer.
	case target == nil && err == nil:
		return from, nil
	// 5.
	case err != nil:
		return block(RedirectLocationInvalid, "5", raw, "one Location that is a URL")
	// 6.
	case !target.http():
		return block(RedirectScheme, "6", raw, "http or https")
	// 7.
	case r.redirectCount == maxRedirects:
		return block(RedirectTooMany, "7", raw, "at most 20 redirects")
	}
	sameOrigin := origin.SameOrigin(r.origin, target.origin)
	if target.includesCredentials() {
		// DEVIATION: Profile.URLCredentialsRefused.
		if r.profile.URLCredentialsRefused && r.mode != ModeNavigate {
			return block(RedirectURLCredentials, "9", raw, "no user name or password")
		}
		// 9.
		// DEVIATION: Profile.URLCredentialsAsk.
		ask := r.profile.URLCredentialsAsk && r.tainting == taintingBasic
		if r.mode == ModeCORS && !sameOrigin && ask {
			r.deferred = func() *BlockedError {
				return r.block(RedirectURLCredentials, algRedirectFetch, "9", Event{
					Subject: "location", Got: raw, Want: "no user name or password", Lines: lines,
				})
			}
		}
		if r.mode == ModeCORS && !sameOrigin && !ask {
			return block(RedirectURLCredentials, "9", raw, "no user name or password")
		}
		// 10. Another origin sends the page back to its own, with credentials that the other chose.
		if r.tainting == taintingCORS {
			return block(RedirectURLCredentials, "10", raw, "no user name or password")
		}
	}
	// 11.
	if from.Status != 303 && r.body != nil && r.body.Stream != nil {
		return block(RedirectStreamBody, "11", strconv.Itoa(from.Status), "303, or a body that can be sent again")
	}

	e := Event{Kind: EventRedirect, Algorithm: algRedirectFetch, Step: "18", Got: raw, Lines: lines, Status: from.Status}
	sameOriginHop := origin.SameOrigin(r.current().origin, target.origin)
	rewritten, before := false, slices.Clone(r.header)

	// 12. A POST becomes a GET, as it did before anybody wrote it down.
	// DEVIATION: Profile.DELETEBecomesGET.
	if (from.Status == 301 || from.Status == 302) && r.method == "POST" ||
		from.Status == 303 && r.method != "GET" && r.method != "HEAD" ||
		r.profile.DELETEBecomesGET && r.method == "DELETE" && !sameOriginHop {
		// 12.2.
		if rewritten = r.method != "DELETE" || from.Status == 303; rewritten {
			e.Names = append(e.Names, r.remove(header.RequestBodyHeaderName)...)
		}
		// 12.1.
		r.method, r.body = "GET", nil
	}

	// 13. Authorization is meant for the origin that it was written for.
	if !sameOriginHop {
		e.Names = append(e.Names, r.remove(header.NonWildcardRequestHeaderName)...)
		r.originSent = false
	}
	r.restore(before, from.Status == 303, target)
	r.strippedNames = func(name string) bool {
		return rewritten && header.RequestBodyHeaderName(name) || !sameOriginHop && header.NonWildcardRequestHeaderName(name)
	}

	// 8, 18. The count goes up with the list.
	r.redirectCount++
	r.urls = append(r.urls, *target)

	// 19.
	if policy := redirectReferrerPolicy(from.Header); policy != "" {
		r.referrerPolicy = policy
	}

	e.Method, e.Tainted = r.method, r.redirectTaint() != taintSameOrigin
	r.emit(e)

	// The body is of no use, but reading a short one keeps the connection.
	_, _ = io.CopyN(io.Discard, from.Body, maxDiscard)
	from.Body.Close()

	// 22. For the new URL everything is decided afresh.
	return c.mainFetchRecursive(r)
}

// restore brings back what the redirect before this one took away, and remembers what this one did, given the headers before it.
func (r *request) restore(before header.List, seeOther bool, target *location) {
	// DEVIATION: Profile.BodyHeadersReturn. Without a CORS check the headers stay away.
	body := func(name string) bool {
		return header.RequestBodyHeaderName(name) && (r.profile.BodyHeadersReturn && !seeOther || r.profile.CORSBodyHeadersReturn &&
			r.mode == ModeCORS && (r.tainting == taintingCORS || !origin.SameOrigin(target.origin, r.origin)))
	}
	// DEVIATION: Profile.AuthorizationReturns.
	authorization := func(name string) bool {
		return header.NonWildcardRequestHeaderName(name) && r.profile.AuthorizationReturns && origin.SameOrigin(r.current().origin, target.origin)
	}
	kept := r.stripped[:0:0]
	for _, f := range r.stripped {
		if body(f.Name) || authorization(f.Name) {
			r.header = append(r.header, f)
			continue
		}
		kept = append(kept, f)
	}
	r.stripped = kept
	for _, f := range before {
		if !r.header.Contains(f.Name) {
			r.stripped = append(r.stripped, f)
		}
	}
}

// remove deletes the headers whose name satisfies is, and returns the names of those that were there.
func (r *request) remove(is func(name string) bool) []string {
	var names []string
	kept := r.header[:0:0]
	for _, f := range r.header {
		if is(f.Name) {
			names = append(names, f.Name)
			continue
		}
		kept = append(kept, f)
	}
	r.header = kept
	return names
}

// locationURL is where a response redirects to: nil if it does not say, an error if what it says is no URL. The second result is
// what it says.
//
// https://fetch.spec.whatwg.org/#concept-response-location-url
func (c *Client) locationURL(r *request, response *response) (*location, string, error) {
	// 2. Absent is fine, several are not.
	values := r.profile.locations(response)
	if len(values) == 0 {
		return nil, "", nil
	}
	raw := values[0]
	// DEVIATION: Profile.EmptyLocationInvalid.
	if raw == "" && r.profile.EmptyLocationInvalid {
		return nil, raw, errEmptyLocation
	}
	if len(values) > 1 {
		return nil, strings.Join(values, ", "), errSeveralLocations
	}
	// 3. What is too long to be parsed in reasonable time is no URL.
	if err := origin.LimitURL(raw); err != nil {
		return nil, raw, err
	}
	decode := isomorphicDecode
	if c.profile.LocationBytes {
		// DEVIATION: Profile.LocationBytes.
		decode = percentEncodeHigh
	}
	u, err := r.profile.parser().ParseRef(r.current().url.Href(true), decode(raw))
	if err != nil {
		return nil, raw, err
	}
	// 4. The fragment lives on where the new URL has none.
	if u.Hash() == "" {
		if hash := r.current().url.Hash(); hash != "" {
			u.SetHash(hash)
		}
	}
	l := newLocation(u)
	return &l, raw, nil
}

// locations returns the values of Location that count.
//
// https://fetch.spec.whatwg.org/#concept-response-location-url
func (p *Profile) locations(response *response) []string {
	values := header.List(response.Header).Values(header.Location)
	// DEVIATION: Profile.EmptyLocationIgnored.
	if p.EmptyLocationIgnored {
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	}
	// DEVIATION: Profile.EqualLocations.
	if p.EqualLocations {
		values = slices.Compact(values)
	}
	// DEVIATION: Profile.JoinedLocations.
	if p.JoinedLocations && len(values) > 1 {
		values = []string{strings.Join(values, ", ")}
	}
	return values
}

// redirects reports whether Location says anything.
func (p *Profile) redirects(response *response) bool {
	return slices.ContainsFunc(p.locations(response), func(v string) bool { return v != "" })
}

// isomorphicDecode takes each byte for the code point of the same number.
//
// https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphicDecode(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// percentEncodeHigh replaces each byte that is not ASCII by its percent-encoding.
func percentEncodeHigh(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] < 0x80 {
			b.WriteByte(s[i])
			continue
		}
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// redirectReferrerPolicy is the referrer policy that a redirect's response sets: the last one it names that is known.
//
// https://w3c.github.io/webappsec-referrer-policy/#set-requests-referrer-policy-on-redirect
func redirectReferrerPolicy(fields []Field) ReferrerPolicy {
	value, _ := header.List(fields).Get(header.ReferrerPolicy)
	var policy ReferrerPolicy
	for token := range strings.SplitSeq(value, ",") {
		switch p := ReferrerPolicy(strings.ToLower(strings.Trim(token, " \t"))); p {
		case NoReferrer, NoReferrerWhenDowngrade, SameOriginReferrer, OriginReferrer, StrictOrigin, OriginWhenCrossOrigin,
			StrictOriginWhenCrossOrigin, UnsafeURL:
			policy = p
		}
	}
	return policy
}
