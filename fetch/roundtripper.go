package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/net/http/httpguts"
)

// RoundTripper returns a [Transport] that talks through rt: an [http.Transport], an [http.ClientConn], or a test's own. It is safe
// for concurrent use, as every http.RoundTripper must be. A nil rt makes every exchange fail.
//
// It follows no redirects and keeps no cookies, since a RoundTripper does neither. It is not byte-exact; package fetch/wire is.
// What is lost on the way:
//
//   - The casing of header names and the order of lines with different names. Response headers come sorted by name; over HTTP/2
//     their names are in lower case, as they were on the wire.
//   - Headers with bytes that net/http refuses: such a request fails with [NetworkFailed], such a response too.
//   - [HTTPRequest.IncludeCredentials]: TLS client certificates are rt's affair. Lend one without.
//   - Accept-Encoding: an http.Transport adds one, and decodes the answer, where the request has none. Set its DisableCompression.
//   - [HTTPRequest.NullBodyLength]: net/http decides by the method whether a missing body has a length.
//
// Errors are [*NetworkError]s whose Reason is that of [Classify].
func RoundTripper(rt http.RoundTripper) Transport { return roundTripper{rt} }

type roundTripper struct{ rt http.RoundTripper }

// Exchange implements [Transport].
func (t roundTripper) Exchange(ctx context.Context, request *HTTPRequest) (*HTTPResponse, error) {
	if t.rt == nil {
		return nil, &NetworkError{Reason: NetworkFailed, Err: errors.New("no http.RoundTripper was lent")}
	}
	var remote string
	// NOTE: the only way to learn the address; a RoundTripper that knows no traces leaves it empty.
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { remote = info.Conn.RemoteAddr().String() },
	})
	r, err := netHTTPRequest(traced, request)
	if err != nil {
		return nil, &NetworkError{Reason: NetworkFailed, Err: err}
	}
	response, err := t.rt.RoundTrip(r)
	if err != nil {
		return nil, networkError(ctx, err)
	}
	if response == nil {
		return nil, &NetworkError{Reason: NetworkFailed, Err: errors.New("the http.RoundTripper returned neither response nor error")}
	}
	if response.StatusCode < 200 && response.StatusCode >= 100 {
		// Whatever follows a 101 is in another protocol, and net/http has given the connection away.
		if response.Body != nil {
			response.Body.Close()
		}
		return nil, &NetworkError{
			Reason: NetworkProtocol,
			Err:    fmt.Errorf("the final response has status %d", response.StatusCode),
		}
	}
	if request.NeedsHTTP2 && response.ProtoMajor < 2 {
		// NOTE: it was sent by then; no RoundTripper tells beforehand which protocol it will speak.
		if response.Body != nil {
			response.Body.Close()
		}
		return nil, &NetworkError{Reason: StreamNeedsHTTP2, Err: errors.New("the http.RoundTripper spoke " + response.Proto)}
	}
	return fromNetHTTP(ctx, response, remote), nil
}

// netHTTPRequest says the request in net/http's words, or why they lack the words.
func netHTTPRequest(ctx context.Context, request *HTTPRequest) (*http.Request, error) {
	u, err := netURL(request.URL)
	if err != nil {
		return nil, err
	}
	// NOTE: a key without a value keeps net/http from adding its own User-Agent.
	h := http.Header{"User-Agent": nil}
	for _, f := range request.Header {
		if !httpguts.ValidHeaderFieldName(f.Name) {
			return nil, fmt.Errorf("net/http cannot send a header of the name %q", f.Name)
		}
		if !httpguts.ValidHeaderFieldValue(f.Value) {
			return nil, fmt.Errorf("net/http cannot send this value of header %s: %q", f.Name, f.Value)
		}
		key := http.CanonicalHeaderKey(f.Name)
		h[key] = append(h[key], f.Value)
	}
	r := (&http.Request{
		Method: request.Method, URL: u, Host: u.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	switch {
	case request.Body == nil:
	case request.ContentLength == 0:
		r.Body = http.NoBody
	default:
		// NOTE: a RoundTripper closes the body it gets. Ours is the caller's.
		r.Body, r.ContentLength = io.NopCloser(request.Body), request.ContentLength
	}
	return r, nil
}

// netURL makes a net/url URL that is sent as serialized. Package net/url refuses or respells some of what the URL standard lets
// through, as "%zz"; its Opaque member is sent as it is.
func netURL(serialized string) (*url.URL, error) {
	scheme, rest, ok := strings.Cut(serialized, "://")
	if !ok {
		return nil, fmt.Errorf("%q is not an absolute URL", serialized)
	}
	host, target := rest, "/"
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, target = rest[:i], rest[i:]
	}
	if strings.HasPrefix(target, "?") {
		target = "/" + target
	}
	u, err := url.Parse(serialized)
	if err == nil && u.RequestURI() == target {
		return u, nil
	}
	if host == "" || strings.ContainsAny(host, "@ ") || strings.ContainsAny(target, "# \r\n\x00") {
		return nil, fmt.Errorf("net/http cannot send a request to %q", serialized)
	}
	u = &url.URL{Scheme: scheme, Host: host, Opaque: target}
	if strings.HasPrefix(target, "//") {
		// NOTE: two slashes at the front of Opaque mean an authority. The absolute form is as good as the path to HTTP/1.1, and
		// HTTP/2 cuts it down to the path.
		u.Opaque = "//" + host + target
	}
	return u, nil
}

// fromNetHTTP says the response in our words.
func fromNetHTTP(ctx context.Context, r *http.Response, remote string) *HTTPResponse {
	response := &HTTPResponse{
		Proto:      r.Proto,
		Status:     r.StatusCode,
		Body:       http.NoBody,
		RemoteAddr: remote,
	}
	if r.ProtoMajor < 2 {
		// Status is "200 OK". HTTP/2 has no reason phrase: what net/http puts there is its own.
		_, response.StatusText, _ = strings.Cut(r.Status, " ")
	}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		wire := name
		if r.ProtoMajor >= 2 {
			wire = strings.ToLower(name)
		}
		for _, value := range r.Header[name] {
			response.Header = append(response.Header, Field{Name: wire, Value: strings.Trim(value, " \t")})
		}
	}
	if r.Body != nil {
		response.Body = classifiedBody{ctx: ctx, body: r.Body}
	}
	if r.TLS != nil {
		response.TLS = tls.VersionName(r.TLS.Version)
	}
	return response
}

// classifiedBody turns the errors of a body into NetworkErrors.
type classifiedBody struct {
	ctx  context.Context
	body io.ReadCloser
}

func (b classifiedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = networkError(b.ctx, err)
	}
	return n, err
}

func (b classifiedBody) Close() error { return b.body.Close() }

// networkError gives err its reason. What a finished context breaks shows as any odd error of the socket, so the context is asked
// first.
func networkError(ctx context.Context, err error) error {
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		err = fmt.Errorf("%w (%w)", done, err)
	}
	if known := (*NetworkError)(nil); errors.As(err, &known) {
		return err
	}
	return &NetworkError{Reason: Classify(err), Err: err}
}

// Classify returns the reason that fits an error of the network: one of the Network… reasons, or [Aborted]. It is the one place
// that decides, whichever [Transport] failed. An error that holds a [*NetworkError] keeps that one's reason; what is not
// recognized, nil included, is [NetworkFailed]. It is safe for concurrent use.
func Classify(err error) Reason {
	var network *NetworkError
	var dns *net.DNSError
	switch {
	case err == nil:
		return NetworkFailed
	case errors.As(err, &network):
		return network.Reason
	case errors.Is(err, context.Canceled):
		return Aborted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return NetworkTimeout
	case errors.As(err, &dns):
		// A resolver that gives up by itself has not found the name; only the caller's own deadline is a timeout.
		return NetworkDNS
	case refused(err):
		return NetworkRefused
	case isTLS(err):
		return NetworkTLS
	case timedOut(err):
		return NetworkTimeout
	case tooLarge(err):
		return NetworkTooLarge
	case isProtocol(err):
		return NetworkProtocol
	}
	return NetworkFailed
}

// refused reports whether nobody listens.
func refused(err error) bool {
	// NOTE: Windows has a number of its own, for which package syscall has no name.
	const wsaeconnrefused = syscall.Errno(10061)
	var errno syscall.Errno
	return errors.As(err, &errno) &&
		(errno == syscall.ECONNREFUSED || runtime.GOOS == "windows" && errno == wsaeconnrefused)
}

// isTLS reports whether err comes from the handshake or the certificate.
func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		op          *net.OpError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid),
		errors.Is(err, http.ErrSchemeMismatch):
		return true
	case errors.As(err, &op):
		// The type of an alert is not exported; these are the two words that crypto/tls puts before one.
		return op.Op == "remote error" || op.Op == "local error"
	}
	return strings.Contains(err.Error(), "TLS handshake timeout")
}

// timedOut reports whether err calls itself a timeout.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// tooLarge and isProtocol read net/http's texts: for these failures it has neither a type nor a value.
func tooLarge(err error) bool {
	return containsAny(err.Error(), "server response headers exceeded", "response header list larger", "header list too large")
}

func isProtocol(err error) bool {
	var text textproto.ProtocolError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &text) ||
		containsAny(err.Error(), "malformed HTTP", "malformed MIME header", "malformed chunked", "malformed response",
			"bad Content-Length", "multiple Content-Length", "mutually exclusive", "PROTOCOL_ERROR", "COMPRESSION_ERROR", "FRAME_SIZE_ERROR",
			"failed reading the frame payload", "GOAWAY", "http2: client conn", "client connection lost",
			"chunked line", "chunk length", "chunk extension", "too much non-data")
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}
