package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// past is a deadline that makes what is under way on a connection end at once.
var past = time.Unix(1, 0)

// http1Conn is an HTTP/1.1 connection. It carries one exchange at a time.
type http1Conn struct {
	conn   net.Conn
	reader *bufio.Reader
	pool   *pool
	key    poolKey
	limits Limits
	tls    string
	// reused is true from the second exchange on.
	reused bool

	// While the connection is in the pool, asleep is open; idleErr is what ended that, and valid once it is closed.
	asleep  chan struct{}
	idleErr error
}

func newHTTP1(conn net.Conn, pool *pool, key poolKey, limits Limits, tls string) *http1Conn {
	return &http1Conn{
		conn: conn, reader: bufio.NewReaderSize(conn, readBuffer), pool: pool, key: key, limits: limits, tls: tls,
	}
}

// wake readies a connection that the pool kept, and reports whether it is alive.
func (c *http1Conn) wake() bool {
	c.conn.SetReadDeadline(past)
	<-c.asleep
	if !errors.Is(c.idleErr, os.ErrDeadlineExceeded) || c.reader.Buffered() > 0 || c.conn.SetDeadline(time.Time{}) != nil {
		c.conn.Close()
		return false
	}
	c.reused = true
	return true
}

// errHTTP1 says why a request that needs HTTP/2 was not sent.
var errHTTP1 = errors.New("wire: the server speaks HTTP/1.1")

// exchange implements connection.
func (c *http1Conn) exchange(ctx context.Context, where target, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	if request.NeedsHTTP2 {
		c.conn.Close()
		return nil, &fetch.NetworkError{Reason: fetch.StreamNeedsHTTP2, Err: errHTTP1}
	}
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(past) })
	sent := c.send(where, request)
	h, truncated, err := c.readFinalHead(ctx, sent)
	var length int64
	if err == nil {
		if length, err = h.bodyLength(request.Method); err != nil {
			err = protocolError(fmt.Errorf("wire: %w", err))
		}
	}
	if err != nil {
		stop()
		c.conn.Close()
		return nil, err
	}
	response := &fetch.HTTPResponse{
		Proto: h.proto, Status: h.status, StatusText: h.statusText, Header: h.fields,
		RemoteAddr: c.conn.RemoteAddr().String(), TLS: c.tls,
	}
	keep := h.keepAlive() && length != untilClose && !truncated
	body := &http1Body{ctx: ctx}
	body.finish = sync.OnceFunc(func() {
		// NOTE: a stop that comes too late leaves a deadline behind, a body that is still being sent its rest.
		if stop() && keep && body.complete.Load() && c.reader.Buffered() == 0 && sentWhole(sent) {
			c.pool.keep(c.key, c)
			return
		}
		c.conn.Close()
	})
	switch {
	case length == 0 || truncated:
		body.err = io.EOF
		body.complete.Store(true)
		body.finish()
	case length == chunked:
		body.source = &chunkedReader{r: c.reader, trailer: c.limits.Head}
	case length == untilClose:
		body.source = c.reader
	default:
		body.source = &lengthReader{r: c.reader, left: length}
	}
	response.Body = body
	return response, nil
}

// sentWhole reports whether the whole request is known to be out.
func sentWhole(sent <-chan error) bool {
	select {
	case err := <-sent:
		return err == nil
	default:
		return false
	}
}

// An uploadError is a failure of the request's own body.
type uploadError struct{ err error }

func (e *uploadError) Error() string { return "reading the request's body: " + e.err.Error() }
func (e *uploadError) Unwrap() error { return e.err }

// send writes the request, and beside us if it has a body: a server may answer before it has read all, and a body may be slow. The
// channel yields one result.
func (c *http1Conn) send(where target, request *fetch.HTTPRequest) <-chan error {
	sent := make(chan error, 1)
	head := appendHead(nil, where, request)
	if request.Body == nil {
		_, err := c.conn.Write(head)
		sent <- err
		return sent
	}
	go func() {
		err := c.sendWithBody(head, request)
		sent <- err
		if upload := (*uploadError)(nil); errors.As(err, &upload) {
			// Half a request gets no answer.
			c.conn.Close()
		}
	}()
	return sent
}

// appendHead appends the request's head. The order is Chromium's.
func appendHead(b []byte, where target, request *fetch.HTTPRequest) []byte {
	line := func(parts ...string) {
		for _, part := range parts {
			b = append(b, part...)
		}
		b = append(b, "\r\n"...)
	}
	line(request.Method, " ", where.path, " HTTP/1.1")
	line("Host: ", where.authority)
	line("Connection: keep-alive")
	switch {
	case request.Body != nil && request.ContentLength < 0:
		line("Transfer-Encoding: chunked")
	case request.Body != nil:
		line("Content-Length: ", strconv.FormatInt(request.ContentLength, 10))
	case request.NullBodyLength:
		line("Content-Length: 0")
	}
	for _, f := range request.Header {
		line(f.Name, ": ", f.Value)
	}
	line()
	return b
}

// sendWithBody writes head and body.
func (c *http1Conn) sendWithBody(head []byte, request *fetch.HTTPRequest) error {
	w := bufio.NewWriter(c.conn)
	if _, err := w.Write(head); err != nil {
		return err
	}
	from := &uploadReader{r: request.Body}
	if request.ContentLength >= 0 {
		n, err := io.Copy(w, io.LimitReader(from, request.ContentLength))
		if err == nil && n < request.ContentLength {
			return &uploadError{fmt.Errorf("%d bytes came, %d were announced: %w", n, request.ContentLength, io.ErrUnexpectedEOF)}
		}
		if err != nil {
			return err
		}
		return w.Flush()
	}
	// NOTE: a stream may wait for the answer to the head. A body of known length need not, and travels with the head if it is short.
	if err := w.Flush(); err != nil {
		return err
	}
	chunks := httputil.NewChunkedWriter(w)
	buffer := make([]byte, readBuffer)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			// Each piece goes out as it comes: who streams may be waiting for the answer to it.
			if _, err := chunks.Write(buffer[:n]); err != nil {
				return err
			}
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	// The last chunk, and the blank line of a trailer without lines.
	if err := chunks.Close(); err != nil {
		return err
	}
	if _, err := w.WriteString("\r\n"); err != nil {
		return err
	}
	return w.Flush()
}

// uploadReader marks the errors of a request's body, so that they aren't taken for the network's.
type uploadReader struct{ r io.Reader }

func (u *uploadReader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && err != io.EOF {
		err = &uploadError{err}
	}
	return n, err
}

// readFinalHead reads heads until one is not interim. truncated says that the connection ended inside of it.
func (c *http1Conn) readFinalHead(ctx context.Context, sent <-chan error) (h *head, truncated bool, err error) {
	for interim := 0; ; interim++ {
		if interim > c.limits.Interim {
			return nil, false, tooLarge(nil, &LimitError{What: "interim responses", Limit: c.limits.Interim})
		}
		raw, truncated, err := c.readHead()
		if err != nil {
			return nil, false, c.headError(ctx, sent, raw, err, interim == 0)
		}
		h, err := parseHead(raw)
		if err != nil {
			return nil, false, protocolError(&HeadError{Head: raw, Err: fmt.Errorf("wire: %w", err)})
		}
		if !h.interim() {
			return h, truncated, nil
		}
		if truncated {
			return nil, false, protocolError(&HeadError{Head: raw, Err: fmt.Errorf("wire: only a %d came: %w", h.status, io.ErrUnexpectedEOF)})
		}
	}
}

// readHead reads up to the blank line that ends a head, and returns what it read, also with an error.
func (c *http1Conn) readHead() (raw []byte, truncated bool, err error) {
	start := -1
	for {
		_, err := c.reader.Peek(1)
		if err != nil {
			// NOTE: Chromium and Firefox take a head that is cut off for whole, but not where TLS was to protect it from that.
			if err == io.EOF && start >= 0 && c.tls == "" {
				return raw, true, nil
			}
			if err == io.EOF && len(raw) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return raw, false, err
		}
		old := len(raw)
		fresh, _ := c.reader.Peek(c.reader.Buffered())
		raw = append(raw, fresh...)
		if start < 0 {
			start = startOfStatusLine(raw)
		}
		end := -1
		if start >= 0 {
			// The blank line may have begun in what was there before.
			end = endOfHead(raw, max(start, old-len("\n\r")))
		}
		more := end < 0
		if more {
			end = len(raw)
		}
		// What was peeked at is there to be discarded.
		_, _ = c.reader.Discard(end - old)
		raw = raw[:end]
		switch {
		case notHTTP(raw):
			return raw, false, errNotHTTP(raw)
		case len(raw) > c.limits.Head, len(raw) == c.limits.Head && more:
			return raw[:c.limits.Head], false, &LimitError{What: "response head in bytes", Limit: c.limits.Head}
		case !more:
			return raw, false, nil
		}
	}
}

// headError says why there is no head, as well as is known.
func (c *http1Conn) headError(ctx context.Context, sent <-chan error, raw []byte, err error, first bool) error {
	if limit, ok := errors.AsType[*LimitError](err); ok {
		return tooLarge(raw, limit)
	}
	select {
	case sendErr := <-sent:
		if upload := (*uploadError)(nil); errors.As(sendErr, &upload) && ctx.Err() == nil {
			return &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: fmt.Errorf("wire: %w", sendErr)}
		}
		// NOTE: what writing failed of is the better story only if reading has none.
		if sendErr != nil && errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w (%w)", err, sendErr)
		}
	default:
	}
	stage := "waiting for the response"
	switch {
	case len(raw) > 0 && notHTTP(raw):
		return protocolError(&HeadError{Head: raw, Err: fmt.Errorf("wire: %w", err)})
	case len(raw) > 0:
		stage = fmt.Sprintf("reading the response's head, %d bytes so far", len(raw))
		if !errors.Is(err, io.ErrUnexpectedEOF) || ctx.Err() != nil {
			break
		}
		if startOfStatusLine(raw) < 0 {
			err = fmt.Errorf("%w: %w", errNotHTTP(raw), err)
		}
	case first && c.reused && ctx.Err() == nil:
		err = fmt.Errorf("%w: %w", errConnectionLost, err)
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("the server closed the connection without an answer: %w", err)
	}
	if len(raw) > 0 {
		err = &HeadError{Head: raw, Err: err}
	}
	return stageError(ctx, stage, err)
}

// tooLarge is an error about a limit, with what came of the head.
func tooLarge(raw []byte, limit *LimitError) error {
	var err error = limit
	if len(raw) > 0 {
		err = &HeadError{Head: raw, Err: limit}
	}
	return &fetch.NetworkError{Reason: fetch.NetworkTooLarge, Err: err}
}

// http1Body is the body of a response. Read and Close may be called at the same time.
type http1Body struct {
	ctx context.Context
	// finish runs once, after the last byte or at Close, and lets go of the connection.
	finish func()
	// complete is true if the body came whole.
	complete, closed atomic.Bool

	// mu guards what follows: one Read at a time.
	mu     sync.Mutex
	source io.Reader
	err    error
}

// errClosedBody is what reading yields after closing.
var errClosedBody = errors.New("wire: read on a closed response body")

// Read implements io.Reader. A body that ends early is an error around io.ErrUnexpectedEOF.
func (b *http1Body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Load() {
		return 0, errClosedBody
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.source.Read(p)
	switch {
	case err == nil:
		return n, nil
	case b.closed.Load():
		err = errClosedBody
	case errors.Is(err, io.EOF):
		b.complete.Store(true)
	default:
		err = b.explain(err)
	}
	b.err = err
	b.finish()
	return n, err
}

// explain gives an error of the body its reason.
func (b *http1Body) explain(err error) error {
	var limit *LimitError
	var socket net.Error
	switch {
	case errors.As(err, &limit):
		return tooLarge(nil, limit)
	case b.ctx.Err() == nil && errors.Is(err, io.ErrUnexpectedEOF):
		return protocolError(fmt.Errorf("wire: the response's body is cut off: %w", err))
	case b.ctx.Err() == nil && !errors.As(err, &socket):
		return protocolError(fmt.Errorf("wire: the response's body: %w", err))
	}
	return stageError(b.ctx, "reading the response's body", err)
}

// Close ends the exchange. A connection whose response was not read to the end is closed with it. It may be called more than once.
func (b *http1Body) Close() error {
	if b.closed.CompareAndSwap(false, true) {
		b.finish()
	}
	return nil
}

// lengthReader reads a body of known length.
type lengthReader struct {
	r    *bufio.Reader
	left int64
}

func (l *lengthReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	switch {
	case l.left == 0:
		// Saying so at once gives the connection back to the pool without another Read.
		err = io.EOF
	case err != nil:
		err = unexpected(err)
	}
	return n, err
}

// checkRequest refuses what would turn into another request on the wire.
func checkRequest(request *fetch.HTTPRequest) error {
	if !isToken(request.Method) || request.Method == "CONNECT" {
		return fmt.Errorf("wire: method %q: want a token, and not CONNECT", request.Method)
	}
	if request.Body != nil && request.ContentLength < -1 {
		return fmt.Errorf("wire: length of the body: %d: want -1 or more", request.ContentLength)
	}
	for _, f := range request.Header {
		if strings.ContainsAny(f.Value, "\r\n\x00") {
			return fmt.Errorf("wire: value of header %q: %q: want no CR, LF or NUL", f.Name, f.Value)
		}
		if f.Name == "" || strings.ContainsFunc(f.Name, func(c rune) bool { return c <= ' ' || c == ':' || c == 0x7f }) {
			return fmt.Errorf("wire: name of a header: %q: want no space, colon or control character", f.Name)
		}
		switch strings.ToLower(f.Name) {
		case "host", "connection", "content-length", "transfer-encoding":
			return fmt.Errorf("wire: header %q: want it left to the transport", f.Name)
		}
	}
	return nil
}
