package fetch

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/drawbridge-cors/drawbridge/header"
)

// Fetch does what fetch() does for a page: it sends request, a preflight before it when one is due, follows redirects, and returns
// what script may see. The caller must close the response's body.
//
// The error is a [*RequestError] where a browser throws before sending anything, or else a [*BlockedError]. If ctx ends first, the
// BlockedError's reason is [Aborted] or [NetworkTimeout] and it wraps ctx's error. The request is not changed. Fetch is safe for
// concurrent use.
//
// https://fetch.spec.whatwg.org/#concept-fetch
func (c *Client) Fetch(ctx context.Context, init *Request) (*Response, error) {
	r, err := newRequest(ctx, init, &c.profile)
	if err != nil {
		return nil, err
	}
	r.emit(Event{Kind: EventRequest, Info: &RequestInfo{
		Origin:          r.origin.String(),
		URL:             r.current().href,
		Method:          r.method,
		Mode:            r.mode,
		Credentials:     r.credentials,
		Redirect:        r.redirect,
		Header:          slices.Clone(r.header),
		ForcedPreflight: r.useCORSPreflight,
		HasBody:         r.body != nil,
	}})

	for _, e := range r.dropped {
		r.emit(e)
	}

	// 12. Accept, by what the response is for. The value is safelisted and short, yet it counts among the author's headers.
	if !r.header.Contains(header.Accept) {
		r.header.Append(header.Accept, acceptFor(r.destination))
	}
	r.authorNames = r.profile.unsafeRequestHeaderNames(r.header)
	// 14. Accept-Language is left to the network layer: every browser adds it there, where it does not count.

	// 17.
	response, err := c.mainFetch(r)
	if err != nil {
		blocked := asBlocked(r, err)
		r.emit(Event{Kind: EventBlocked, Reason: blocked.Reason, Err: blocked, URL: blocked.URL})
		return nil, blocked
	}
	return response, nil
}

// Normalize returns what a Request object made of the same arguments holds: the method, normalized, and the headers that pass the
// guard, in the order in which they were set, with the Content-Type that a body brings along. Nothing is sent, and the request is not
// changed. The error is a [*RequestError] where the constructor throws. It is safe for concurrent use.
//
// https://fetch.spec.whatwg.org/#dom-request
func (c *Client) Normalize(init *Request) (method string, headers []Field, err error) {
	r, err := newRequest(context.Background(), init, &c.profile)
	if err != nil {
		return "", nil, err
	}
	return r.method, r.header, nil
}

// asBlocked gives every error of the engine the one public form.
func asBlocked(r *request, err error) *BlockedError {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return blocked
	}
	return &BlockedError{Reason: NetworkFailed, URL: r.current().href, Err: err}
}

// acceptFor is the Accept header that goes with a destination.
//
// https://fetch.spec.whatwg.org/#concept-fetch (step 12.3)
func acceptFor(destination string) string {
	switch destination {
	case "document", "frame", "iframe":
		return "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	case "image":
		return "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
	case "json":
		return "application/json,*/*;q=0.5"
	case "style":
		return "text/css,*/*;q=0.1"
	case "text":
		return "text/plain,*/*;q=0.5"
	default:
		return "*/*"
	}
}

// emptyBody is a null body.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }
