package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A Dialer opens connections. A [net.Dialer] is one; so is whatever resolves names in its own way. It must be safe for concurrent
// use and give up when the context is done. The connections must honour deadlines, as those of package net do.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// A Transport is a byte-exact [fetch.Transport]. Make one with [New]; the zero value has no dialer, and every exchange fails. It is
// safe for concurrent use. It opens as many connections as there are exchanges at one time; whoever wants fewer lends a dialer
// that waits.
type Transport struct {
	dialer    Dialer
	tls       *tls.Config
	limits    Limits
	http1Only bool
	noReuse   bool
	pool      pool
	h2        *http.Transport
}

// An Option lends a [Transport] something or sets what is the user's to set.
type Option func(*Transport)

// WithTLS lends a TLS configuration: RootCAs, InsecureSkipVerify, Certificates and the like. It is cloned. ServerName and
// NextProtos are set for each connection. Client certificates, and sessions to be resumed, are for requests with credentials only.
func WithTLS(config *tls.Config) Option { return func(t *Transport) { t.tls = config.Clone() } }

// WithLimits sets limits other than the defaults.
func WithLimits(limits Limits) Option { return func(t *Transport) { t.limits = limits } }

// WithHTTP1Only keeps HTTP/2 from being offered to TLS servers. By default it is offered and preferred, as browsers do.
func WithHTTP1Only() Option { return func(t *Transport) { t.http1Only = true } }

// WithoutReuse makes every exchange open its own connection. The bytes sent stay the same.
func WithoutReuse() Option { return func(t *Transport) { t.noReuse = true } }

// New returns a transport that opens connections with dialer only.
func New(dialer Dialer, options ...Option) *Transport {
	t := &Transport{dialer: dialer}
	for _, o := range options {
		o(t)
	}
	t.limits = t.limits.withDefaults()
	if t.noReuse {
		t.limits.Idle, t.limits.IdlePerServer = 0, 0
	}
	t.pool.max, t.pool.maxPerServer = t.limits.Idle, t.limits.IdlePerServer
	t.h2 = newHTTP2(t.limits.Head)
	return t
}

// CloseIdleConnections closes the connections that wait for another request. Those in use are closed when their response ends. The
// transport stays usable. When it has returned, and every response's body was closed, nothing of the transport is running.
func (t *Transport) CloseIdleConnections() { t.pool.closeAll() }

// Exchange implements [fetch.Transport]. The context bounds everything until the response's body is closed or read to its end.
//
// Errors, also those of reading the body, are [*fetch.NetworkError]s with a reason by [fetch.Classify]. Behind one may be a
// [*HeadError], which holds what came of the head, and a [*LimitError].
//
// A request that a kept connection loses before the first byte of an answer is sent once more, on a new connection, if it is a GET,
// HEAD or OPTIONS without body; no other ever is.
//
// The request's body may still be read from after Exchange has returned, until the response's body is closed: a server may answer
// before it has read everything. A body whose Read never returns keeps a goroutine alive.
func (t *Transport) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	where, err := parseTarget(request.URL)
	if err != nil {
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: err}
	}
	if err := checkRequest(request); err != nil {
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, stageError(ctx, "before connecting", err)
	}
	if t.dialer == nil {
		return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: errors.New("wire: no dialer was lent")}
	}
	key := poolKey{https: where.https, host: where.host, port: where.port, credentials: request.IncludeCredentials}
	if kept := t.pool.take(key); kept != nil {
		response, err := kept.exchange(ctx, where, request)
		if err == nil || !errors.Is(err, errConnectionLost) || !repeatable(request) || ctx.Err() != nil {
			return response, err
		}
	}
	fresh, err := t.connect(ctx, key, where)
	if err != nil {
		return nil, err
	}
	return fresh.exchange(ctx, where, request)
}

// A connection carries exchanges over one socket, and sees to it by itself that it goes back to the pool or is closed.
type connection interface {
	exchange(ctx context.Context, where target, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error)
}

// errConnectionLost marks the failure of a kept connection that died before the first byte of an answer.
var errConnectionLost = errors.New("the server had closed the connection")

// repeatable reports whether a request can be sent twice without harm.
func repeatable(request *fetch.HTTPRequest) bool {
	switch request.Method {
	case "GET", "HEAD", "OPTIONS":
		return request.Body == nil
	}
	return false
}

// connect opens a connection, with TLS if the URL says so.
func (t *Transport) connect(ctx context.Context, key poolKey, where target) (connection, error) {
	raw, err := t.dialer.DialContext(ctx, "tcp", where.address())
	if err == nil && raw == nil {
		err = errors.New("the dialer returned neither connection nor error")
	}
	if err != nil {
		return nil, stageError(ctx, "connecting to "+where.address(), err)
	}
	if !where.https {
		return newHTTP1(raw, &t.pool, key, t.limits, ""), nil
	}
	secure, err := t.handshake(ctx, raw, where, key.credentials)
	if err != nil {
		return nil, err
	}
	state := secure.ConnectionState()
	if state.NegotiatedProtocol == "h2" {
		return t.newHTTP2Conn(ctx, secure, key, where)
	}
	return newHTTP1(secure, &t.pool, key, t.limits, tls.VersionName(state.Version)), nil
}

// stageError says at which stage err came, and gives it its reason. A context that is done decides: the socket's own error is then
// only how it showed.
func stageError(ctx context.Context, stage string, err error) error {
	if known := (*fetch.NetworkError)(nil); errors.As(err, &known) {
		return err
	}
	reason := fetch.Classify(err)
	if done := ctx.Err(); done != nil {
		reason = fetch.Classify(done)
		if !errors.Is(err, done) {
			err = &endedError{done, err}
		}
	}
	return &fetch.NetworkError{Reason: reason, Err: fmt.Errorf("wire: %s: %w", stage, err)}
}

// An endedError is a failure that the end of a context brought about. Its text is the context's alone: how a socket noticed, and on
// which port of this machine, is nobody's business.
type endedError struct{ done, err error }

func (e *endedError) Error() string { return e.done.Error() }

// Unwrap returns both.
func (e *endedError) Unwrap() []error { return []error{e.done, e.err} }

// protocolError is a violation of HTTP.
func protocolError(err error) error {
	return &fetch.NetworkError{Reason: fetch.NetworkProtocol, Err: err}
}
