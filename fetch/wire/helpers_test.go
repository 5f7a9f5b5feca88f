package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// A server accepts connections on loopback and gives each to a function that writes what bytes it likes.
type server struct {
	net.Listener
	accepted atomic.Int32
}

// URL is the server's root without the slash.
func (s *server) URL() string { return "http://" + s.Addr().String() }

// serve starts a server. Connections are closed when handle returns, and all of them at the end of the test.
func serve(t *testing.T, handle func(conn net.Conn, r *bufio.Reader)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l}
	var (
		mu    sync.Mutex
		conns []net.Conn
		wg    sync.WaitGroup
	)
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				handle(conn, bufio.NewReader(conn))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return s
}

// answer starts a server that reads one request and answers with exactly these bytes, then closes.
func answer(t *testing.T, response string) *server {
	t.Helper()
	return serve(t, func(conn net.Conn, r *bufio.Reader) {
		if _, err := readRequest(r); err == nil {
			io.WriteString(conn, response)
		}
	})
}

// always starts a server that answers every request on every connection with these bytes.
func always(t *testing.T, response string) *server {
	t.Helper()
	return serve(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			if _, err := readRequest(r); err != nil {
				return
			}
			io.WriteString(conn, response)
		}
	})
}

// readRequest reads one request byte for byte: its head, and its body if it has a Content-Length or chunks.
func readRequest(r *bufio.Reader) (string, error) {
	var b strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			return b.String(), err
		}
		if line == "\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(v))
		}
		if line == "Transfer-Encoding: chunked\r\n" {
			length = -1
		}
	}
	if length < 0 {
		for !strings.HasSuffix(b.String(), "\r\n0\r\n\r\n") {
			c, err := r.ReadByte()
			if err != nil {
				return b.String(), err
			}
			b.WriteByte(c)
		}
		return b.String(), nil
	}
	body := make([]byte, length)
	n, err := io.ReadFull(r, body)
	b.Write(body[:n])
	return b.String(), err
}

// newTransport returns a transport that dials for real. When the test ends it must leave nothing behind.
func newTransport(t *testing.T, options ...wire.Option) *wire.Transport {
	t.Helper()
	transport := wire.New(new(net.Dialer), options...)
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// get exchanges a GET for a response and its whole body.
func get(t *testing.T, transport fetch.Transport, url string) (*fetch.HTTPResponse, string, error) {
	t.Helper()
	return exchange(t.Context(), transport, &fetch.HTTPRequest{Method: "GET", URL: url})
}

// exchange reads the body too; err is that of the exchange or of the body.
func exchange(ctx context.Context, transport fetch.Transport, request *fetch.HTTPRequest) (*fetch.HTTPResponse, string, error) {
	response, err := transport.Exchange(ctx, request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

// wantReason fails the test unless err is a NetworkError with that reason.
func wantReason(t *testing.T, err error, want fetch.Reason) {
	t.Helper()
	var network *fetch.NetworkError
	if !errors.As(err, &network) {
		t.Fatalf("error: got %v (%T), want a *fetch.NetworkError with reason %s", err, err, want)
	}
	if network.Reason != want {
		t.Fatalf("reason: got %s (%v), want %s", network.Reason, err, want)
	}
}

// wantNoGoroutines fails the test if something of the package under test is still running after a moment. It looks for the
// package's name in the stacks, so other tests that run must not use a transport: such tests are not parallel.
func wantNoGoroutines(t *testing.T) {
	t.Helper()
	var stacks string
	for range 100 {
		buffer := make([]byte, 1<<20)
		stacks = string(buffer[:runtime.Stack(buffer, true)])
		if !strings.Contains(stacks, "fetch/wire.(") && !strings.Contains(stacks, "http2ClientConn") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("goroutines are left:\n%s", stacks)
}

// A dialerFunc is a dialer made of a function.
type dialerFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (f dialerFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}
