package fetch

import (
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// corsCheck says whether a response lets the request's origin read it. For a preflight's response it is called with the request that
// the preflight asks for, so that request's credentials mode counts.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
func (c *Client) corsCheck(r *request, response *response) *BlockedError {
	// With a trace, what would have failed next is looked at as well.
	verdict := r.checkAllowOrigin(response)
	if verdict != nil && r.trace == nil {
		return verdict
	}
	// 5. Without credentials the origin is all.
	if r.credentials != CredentialsInclude {
		return verdict
	}
	if also := r.checkAllowCredentials(response, verdict == nil); verdict == nil {
		return also
	}
	return verdict
}

// checkAllowOrigin is steps 1 to 4 of the CORS check.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
func (r *request) checkAllowOrigin(response *response) *BlockedError {
	want := r.serializeOrigin()
	e := Event{
		Subject: "access-control-allow-origin", Want: want,
		Lines: header.List(response.Header).Lines(header.AccessControlAllowOrigin),
	}

	// 1. What the server allows, all lines combined.
	value, ok := header.List(response.Header).Get(header.AccessControlAllowOrigin)
	e.Got = value

	// 2. Nothing said means nothing allowed.
	if !ok {
		return r.block(AllowOriginMissing, algCORSCheck, "2", e)
	}
	// 3. The wildcard is enough only without credentials.
	if r.credentials != CredentialsInclude && value == "*" {
		r.pass(algCORSCheck, "3", e)
		return nil
	}
	// 4. Byte for byte, or not at all.
	if value != want {
		return r.block(classifyAllowOrigin(value, len(e.Lines)), algCORSCheck, "4", e)
	}
	r.pass(algCORSCheck, "4", e)
	return nil
}

// classifyAllowOrigin says what is wrong with an Access-Control-Allow-Origin that is not the request's origin. The standard does
// not distinguish; people must.
func classifyAllowOrigin(value string, lines int) Reason {
	switch {
	case lines > 1 || strings.ContainsAny(value, ", "):
		return AllowOriginMultiple
	case value == "*":
		return AllowOriginWildcard
	case value == "null":
		return AllowOriginNull
	}
	// What the URL parser makes an origin of is one, however it is spelled: https://a.example/ is a.example's, not nobody's.
	if o, err := origin.ParseURL(value); err != nil || o.IsOpaque() || !strings.Contains(value, "://") || strings.Contains(value, "*") {
		return AllowOriginInvalid
	}
	return AllowOriginMismatch
}

// checkAllowCredentials is steps 6 to 8 of the CORS check. The result of a check that is not decisive is only traced.
//
// https://fetch.spec.whatwg.org/#concept-cors-check
func (r *request) checkAllowCredentials(response *response, decisive bool) *BlockedError {
	// 6.
	value, ok := header.List(response.Header).Get(header.AccessControlAllowCredentials)
	e := Event{
		Subject: "access-control-allow-credentials", Got: value, Want: "true",
		Lines: header.List(response.Header).Lines(header.AccessControlAllowCredentials),
	}
	// 7. These four bytes and nothing else.
	if value == "true" {
		r.pass(algCORSCheck, "7", e)
		return nil
	}
	// 8.
	reason := AllowCredentialsNotTrue
	if !ok {
		reason = AllowCredentialsMissing
	}
	return r.fail(decisive, reason, algCORSCheck, "8", e)
}

// fail is block for a check whose failure may have been decided before.
func (r *request) fail(decisive bool, reason Reason, algorithm, step string, e Event) *BlockedError {
	if decisive {
		return r.block(reason, algorithm, step, e)
	}
	e.Kind, e.Algorithm, e.Step, e.Reason = EventCheck, algorithm, step, reason
	r.emit(e)
	return nil
}
