package fetch

import (
	"context"
	"io"
	"time"
)

// A Transport carries one request over the network and brings back one response. It follows no redirects, adds no headers but
// those that framing needs (Host, Connection, Content-Length or Transfer-Encoding), keeps no cookies, and decodes no content
// codings.
//
// A Transport must be safe for concurrent use. Package fetch/wire has one that is byte-exact; [RoundTripper] makes one of a
// [net/http.RoundTripper].
type Transport interface {
	// Exchange sends request and returns as soon as the head of the final response (not a 1xx) is there. The caller closes
	// the response's body. An error should be a [*NetworkError], which says what kind of failure it was; any other error counts
	// as [NetworkFailed].
	Exchange(ctx context.Context, request *HTTPRequest) (*HTTPResponse, error)
}

// An HTTPRequest is one request as it goes over the wire. A Transport must not change it.
type HTTPRequest struct {
	_ struct{}

	// Method is sent as it is.
	Method string
	// URL is absolute, http or https, serialized by the URL standard, and has neither a user name nor a fragment.
	URL string
	// Header is sent line by line in this order. It holds no Host, Connection, Content-Length or Transfer-Encoding.
	Header []Field
	// Body is nil for no body. With NullBodyLength set a "Content-Length: 0" is sent all the same.
	Body io.Reader
	// ContentLength is the length of Body in bytes, or -1 if it is unknown (a stream).
	ContentLength int64
	// NullBodyLength asks for "Content-Length: 0" without a body, as POST and PUT have it.
	NullBodyLength bool
	// NeedsHTTP2 forbids sending the request over HTTP/1.x: the transport fails with [StreamNeedsHTTP2] instead.
	NeedsHTTP2 bool
	// IncludeCredentials says whether TLS client certificates may be used. Connections with and without are not shared.
	IncludeCredentials bool
}

// An HTTPResponse is one response as it came over the wire.
type HTTPResponse struct {
	_ struct{}

	// Proto is "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0".
	Proto string
	// Status is the three-digit status, StatusText the reason phrase as sent.
	Status     int
	StatusText string
	// Header holds every line in order, duplicates included, values without surrounding tabs and spaces, otherwise byte for
	// byte.
	Header []Field
	// Body is never nil. It yields the content (after transfer coding, before content coding).
	Body io.ReadCloser
	// RemoteAddr is the address that was connected to, empty if unknown.
	RemoteAddr string
	// TLS describes the connection's protection ("TLS 1.3", …), empty without TLS.
	TLS string
}

// A NetworkError is a failure below HTTP's meaning: nothing that a CORS policy could cause or cure.
type NetworkError struct {
	// Reason is one of the Network… reasons.
	Reason Reason
	// Err is the cause.
	Err error
}

func (e *NetworkError) Error() string { return "fetch: " + string(e.Reason) + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// An Exchange is the record of one request and its response, as a trace keeps it.
type Exchange struct {
	_ struct{}

	// Preflight is true for a CORS-preflight request.
	Preflight bool
	// Request and Response hold heads only: their bodies are nil. Response is nil if there was none.
	Request  HTTPRequest
	Response *HTTPResponse
	// BodyBytes is how long the request's body was, -1 if unknown.
	BodyBytes int64
	// Err is the transport's error, or nil.
	Err error
	// Start and Duration are by the client's clock; zero without one. Duration runs until the response's head was there.
	Start    time.Time
	Duration time.Duration
}
