// Package tap is an HTTP/1.1 server for tests that keeps every request byte for byte and answers with bytes. Package net/http is no use
// there: it refuses some of what browsers send, changes the case of header names, and hides order.
package tap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
)

// Limits of a request and of a connection.
const (
	// MaxHead is how long the head of a request may be, in bytes, the blank line included.
	MaxHead = 64 << 10
	// MaxBody is how long its body may be.
	MaxBody = 1 << 20
	// MaxIdle is how long a connection may say nothing.
	MaxIdle = 30 * time.Second
)

// A Request is one request as it came.
type Request struct {
	// Method and Target are from the request line, which ended in "HTTP/1.1".
	Method, Target string
	// Header holds every line in order. Names are as they came, values without tabs and spaces around them.
	Header header.List
	// Body is the content, after transfer coding.
	Body []byte
}

// A Handler answers a request with a whole response: head, blank line and body. The server frames nothing; a response without
// Content-Length must have none by its status. Of an answer to HEAD only the head is sent. An empty answer ends the connection.
type Handler func(*Request) []byte

// A Server listens on one address. It is safe for concurrent use.
type Server struct {
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu   sync.Mutex
	errs []error
}

// Listen takes a free port of 127.0.0.1. Who connects waits until [Server.Serve]. Stop it with Close.
func Listen(ctx context.Context) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tap: %w", err)
	}
	s := &Server{listener: listener}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s, nil
}

// Serve starts to answer, and returns. It is called once. The handler is called from several goroutines.
func (s *Server) Serve(handler Handler) {
	s.running.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return // Closed.
			}
			s.running.Go(func() { s.serve(conn, handler) })
		}
	})
}

// Port is the port it listens on.
func (s *Server) Port() string {
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		panic("tap: internal error: " + err.Error())
	}
	return port
}

// Close ends the server and its connections. It returns what was wrong with requests that could not be read, all of them: a client
// that is well behaved causes no error, also by closing a connection between two requests.
func (s *Server) Close() error {
	s.cancel()
	_ = s.listener.Close()
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.errs...)
}

// serve answers the requests of one connection.
func (s *Server) serve(conn net.Conn, handler Handler) {
	defer conn.Close() //nolint:errcheck // nothing is left to say
	stop := context.AfterFunc(s.ctx, func() { _ = conn.Close() })
	defer stop()
	r := bufio.NewReaderSize(conn, MaxHead)
	for {
		_ = conn.SetDeadline(time.Now().Add(MaxIdle))
		// Browsers open connections that they may need, and may not.
		if _, err := r.Peek(1); err != nil {
			return
		}
		request, err := read(r, conn)
		if err != nil {
			if s.ctx.Err() == nil {
				s.mu.Lock()
				s.errs = append(s.errs, fmt.Errorf("tap: port %s: %w", s.Port(), err))
				s.mu.Unlock()
			}
			return
		}
		response := handler(request)
		if len(response) == 0 {
			return
		}
		if request.Method == "HEAD" {
			head, _, _ := bytes.Cut(response, []byte("\r\n\r\n"))
			response = append(bytes.Clone(head), "\r\n\r\n"...)
		}
		if _, err := conn.Write(response); err != nil {
			return
		}
		if value, _ := request.Header.Get("Connection"); strings.EqualFold(value, "close") {
			return
		}
	}
}

// read reads one request. What is allowed is what a browser sends; anything else is an error.
func read(r *bufio.Reader, w io.Writer) (*Request, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	left := MaxHead - len(line) - 2*len("\r\n") // The blank line's too.
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	if !header.ValidMethod(method) || target == "" || version != "HTTP/1.1" {
		return nil, fmt.Errorf("request line %q: want METHOD TARGET HTTP/1.1", line)
	}
	request := &Request{Method: method, Target: target}
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if line == "" {
			break
		}
		if left -= len(line) + len("\r\n"); left < 0 {
			return nil, fmt.Errorf("head: over %d bytes", MaxHead)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !header.ValidName(name) {
			return nil, fmt.Errorf("header line %q: want NAME: VALUE", line)
		}
		request.Header = append(request.Header, header.Field{Name: name, Value: strings.Trim(value, " \t")})
	}
	request.Body, err = readBody(r, w, request.Header)
	return request, err
}

// readLine reads up to CR LF, which is not part of the line.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fmt.Errorf("head: over %d bytes", MaxHead)
	case err != nil:
		return "", fmt.Errorf("head: after %q: %w", line, err)
	}
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || bytes.IndexByte(text, '\r') >= 0 || bytes.IndexByte(text, 0) >= 0 {
		return "", fmt.Errorf("line %q: want it to end in CR LF, with no other CR and no NUL", line)
	}
	return string(text), nil
}

// readBody reads the body that the head announces. A client that waits to be told so is told to go on.
func readBody(r *bufio.Reader, w io.Writer, head header.List) ([]byte, error) {
	if expect, ok := head.Get("Expect"); ok {
		if !strings.EqualFold(expect, "100-continue") {
			return nil, fmt.Errorf("header Expect %q: want 100-continue", expect)
		}
		if _, err := io.WriteString(w, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	coding, chunked := head.Get("Transfer-Encoding")
	lengths := head.Values("Content-Length")
	switch {
	case chunked && len(lengths) > 0:
		return nil, errors.New("both Transfer-Encoding and Content-Length")
	case chunked && strings.EqualFold(coding, "chunked"):
		return readChunks(r)
	case chunked:
		return nil, fmt.Errorf("header Transfer-Encoding %q: want chunked", coding)
	case len(lengths) == 0:
		return nil, nil
	case len(lengths) > 1:
		return nil, fmt.Errorf("header Content-Length: %d lines", len(lengths))
	}
	n, err := strconv.ParseUint(lengths[0], 10, 32)
	if err != nil {
		return nil, fmt.Errorf("header Content-Length: %w", err)
	}
	return readExactly(r, n, 0)
}

// readChunks reads a chunked body. Nobody sends us trailers.
func readChunks(r *bufio.Reader) ([]byte, error) {
	var body []byte
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(line, 16, 32)
		if err != nil {
			return nil, fmt.Errorf("chunk size: %w", err)
		}
		chunk, err := readExactly(r, n, len(body))
		if err != nil {
			return nil, err
		}
		body = append(body, chunk...)
		end, err := readLine(r)
		if err == nil && end != "" {
			err = fmt.Errorf("chunk: %q behind it: want CR LF", end)
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return body, nil
		}
	}
}

// readExactly reads n bytes of a body of which had are there.
func readExactly(r *bufio.Reader, n uint64, had int) ([]byte, error) {
	if n+uint64(had) > MaxBody {
		return nil, fmt.Errorf("body: over %d bytes", MaxBody)
	}
	body := make([]byte, n)
	if got, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("body: %d bytes of %d: %w", got, n, err)
	}
	return body, nil
}

// Response makes a response with the header lines as given and the length of the body. A status without a body gets neither.
func Response(status int, body string, lines ...header.Field) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d \r\n", status)
	for _, f := range lines {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	if status < 200 || status == 204 || status == 304 {
		b.WriteString("\r\n")
		return b.Bytes()
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.Bytes()
}
