package fetch

import "io"

// ResponseType says what a script may see of a response.
//
// https://fetch.spec.whatwg.org/#concept-response-type
type ResponseType string

// The response types that [Client.Fetch] returns. A network error is returned as an error instead.
const (
	// BasicResponse: same origin, all headers but Set-Cookie.
	BasicResponse ResponseType = "basic"
	// CORSResponse: cross-origin and allowed; safelisted and exposed headers only.
	CORSResponse ResponseType = "cors"
	// OpaqueResponse: status 0, no headers, no body.
	OpaqueResponse ResponseType = "opaque"
	// OpaqueRedirectResponse: a redirect under [RedirectManual]; status 0, no headers, no body.
	OpaqueRedirectResponse ResponseType = "opaqueredirect"
)

// A Response is what script gets: already filtered.
//
// https://fetch.spec.whatwg.org/#concept-response
type Response struct {
	_ struct{}

	// Type says how much of the response script may see.
	Type ResponseType
	// URL is the last URL of the response without fragment, or empty if it may not be seen.
	URL string
	// Redirected is true if more than one URL was visited.
	Redirected bool
	// Status is the HTTP status, 0 for an opaque response.
	Status int
	// StatusText is the reason phrase, always empty over HTTP/2.
	StatusText string
	// Header holds the lines that script may see, in the order in which they came.
	Header []Field
	// Body is never nil and must be closed. It is empty for a null body.
	Body io.ReadCloser
}
