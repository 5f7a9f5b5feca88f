package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// newHTTP2 returns what makes HTTP/2 connections of sockets that are already there. It never dials.
//
// NOTE: this is net/http and not golang.org/x/net/http2, whose client is deprecated in favour of http.Transport.NewClientConn, and
// from Go 1.27 on only wraps it.
func newHTTP2(maxHead int) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if conn, ok := ctx.Value(connKey{}).(*tls.Conn); ok {
				return conn, nil
			}
			return nil, errors.New("wire: internal error: no connection in the context")
		},
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: int64(maxHead),
	}
}

// connKey is where newHTTP2's transport finds its socket.
type connKey struct{}

// http2Conn is an HTTP/2 connection, shared by several exchanges at one time.
type http2Conn struct {
	conn   *http.ClientConn
	pool   *pool
	remote string
	tls    string
	limit  int

	// inUse and retired are guarded by the pool's lock. A retired connection is closed when the last exchange has ended.
	inUse   int
	retired bool
	// reused is true from the second exchange on, guarded likewise.
	reused bool
}

// newHTTP2Conn starts HTTP/2 on secure, or closes it.
func (t *Transport) newHTTP2Conn(ctx context.Context, secure *tls.Conn, key poolKey, where target) (connection, error) {
	// NOTE: opening writes the preface; a deadline set by the context is all that can interrupt that.
	stop := context.AfterFunc(ctx, func() { secure.SetDeadline(past) })
	conn, err := t.h2.NewClientConn(context.WithValue(ctx, connKey{}, secure), "https", where.address())
	if err == nil {
		// A place for this exchange, before others see the connection.
		if err = conn.Reserve(); err != nil {
			// The only thing that a new connection can have run out of is life.
			err = fmt.Errorf("the server broke off: %w: %w", io.ErrUnexpectedEOF, err)
		} else if !stop() {
			err = ctx.Err()
		}
		if err != nil {
			conn.Close()
		}
	}
	if err != nil {
		stop()
		secure.Close()
		return nil, stageError(ctx, "starting HTTP/2", err)
	}
	c := &http2Conn{
		conn: conn, pool: &t.pool, remote: secure.RemoteAddr().String(),
		tls: tls.VersionName(secure.ConnectionState().Version), limit: t.limits.Head, inUse: 1,
	}
	t.pool.share(key, c)
	return c, nil
}

// exchange implements connection. Its place, in inUse and on the connection, was reserved when the connection was handed out.
func (c *http2Conn) exchange(ctx context.Context, _ target, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	reused := c.pool.markUsed(c)
	reserved := &reservation{conn: c.conn}
	response, err := fetch.RoundTripper(reserved).Exchange(ctx, request)
	if err != nil {
		reserved.release()
		err = c.explain(err)
		if reused && c.conn.Err() != nil {
			err = &fetch.NetworkError{Reason: fetch.Classify(err), Err: fmt.Errorf("wire: %w: %w", errConnectionLost, err)}
		}
		c.pool.release(c)
		return nil, err
	}
	response.RemoteAddr, response.TLS = c.remote, c.tls
	response.Body = &http2Body{ReadCloser: response.Body, done: sync.OnceFunc(func() { c.pool.release(c) })}
	return response, nil
}

// A reservation is a place for one request on a connection, to be used or given back.
type reservation struct {
	conn *http.ClientConn
	used bool
}

// RoundTrip implements http.RoundTripper.
func (r *reservation) RoundTrip(request *http.Request) (*http.Response, error) {
	r.used = true
	return r.conn.RoundTrip(request)
}

func (r *reservation) release() {
	if !r.used {
		r.conn.Release()
	}
}

// explain adds to the library's error what its reader needs to know.
func (c *http2Conn) explain(err error) error {
	switch {
	case fetch.Classify(err) == fetch.NetworkTooLarge:
		return &fetch.NetworkError{
			Reason: fetch.NetworkTooLarge,
			Err:    fmt.Errorf("%w (%w)", &LimitError{What: "response head in bytes", Limit: c.limit}, err),
		}
	case strings.Contains(err.Error(), "COMPRESSION_ERROR"):
		// NOTE: the library's decoder reports a value that is too long in the same way as a broken compression.
		return &fetch.NetworkError{
			Reason: fetch.NetworkProtocol,
			Err:    fmt.Errorf("wire: broken header compression, or a header over the limit of %d bytes: %w", c.limit, err),
		}
	case strings.Contains(err.Error(), "invalid header field"), strings.Contains(err.Error(), "net/http cannot send"):
		return &fetch.NetworkError{
			Reason: fetch.NetworkFailed,
			Err:    fmt.Errorf("wire: Go's HTTP/2 refuses header bytes that HTTP/1.1 would carry here: %w", err),
		}
	}
	return err
}

// http2Body tells the connection when it ends.
type http2Body struct {
	io.ReadCloser
	done func()
}

func (b *http2Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.done()
	}
	return n, err
}

func (b *http2Body) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}
