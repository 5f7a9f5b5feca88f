package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// headOf returns a whole response whose head is exactly n bytes long.
func headOf(n int) string {
	const start, end = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ", "\r\n\r\n"
	return start + strings.Repeat("x", n-len(start)-len(end)) + end + "ok"
}

func TestHeadLimit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, raw string
		limits    wire.Limits
		limit     int
	}{
		{"262144 bytes by default", headOf(wire.MaxHead), wire.Limits{}, 0},
		{"262145 bytes by default", headOf(wire.MaxHead + 1), wire.Limits{}, wire.MaxHead},
		{"100 bytes of 100", headOf(100), wire.Limits{Head: 100}, 0},
		{"101 bytes of 100", headOf(101), wire.Limits{Head: 100}, 100},
		{"an interim head counts for itself", "HTTP/1.1 103 A\r\nX: " + strings.Repeat("x", 76) + "\r\n\r\n" + headOf(100), wire.Limits{Head: 100}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, body, err := get(t, newTransport(t, wire.WithLimits(c.limits)), answer(t, c.raw).URL()+"/")
			if c.limit == 0 {
				if err != nil || body != "ok" {
					t.Fatalf("got %q, %v; want a response", body, err)
				}
				return
			}
			wantReason(t, err, fetch.NetworkTooLarge)
			var limit *wire.LimitError
			if !errors.As(err, &limit) || limit.Limit != c.limit {
				t.Errorf("got %v, want a *LimitError with limit %d", err, c.limit)
			}
			var head *wire.HeadError
			if !errors.As(err, &head) || string(head.Head) != c.raw[:c.limit] {
				t.Errorf("got %v, want a *HeadError with the first %d bytes", err, c.limit)
			}
		})
	}
}

func TestHeadLimit_noMore(t *testing.T) {
	t.Parallel()
	// At the limit without an end: there is nothing to wait for.
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		readRequest(r)
		io.WriteString(conn, headOf(200)[:100])
		<-t.Context().Done()
	})
	_, _, err := get(t, newTransport(t, wire.WithLimits(wire.Limits{Head: 100})), s.URL()+"/")
	wantReason(t, err, fetch.NetworkTooLarge)
}

func TestInterimLimit(t *testing.T) {
	t.Parallel()
	const interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
	cases := []struct {
		name   string
		n      int
		limits wire.Limits
		over   bool
	}{
		{"100 by default", wire.MaxInterim, wire.Limits{}, false},
		{"101 by default", wire.MaxInterim + 1, wire.Limits{}, true},
		{"2 of 2", 2, wire.Limits{Interim: 2}, false},
		{"3 of 2", 3, wire.Limits{Interim: 2}, true},
		{"none of none", 0, wire.Limits{Interim: -1}, false},
		{"1 of none", 1, wire.Limits{Interim: -1}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := answer(t, strings.Repeat(interim, c.n)+okResponse)
			_, body, err := get(t, newTransport(t, wire.WithLimits(c.limits)), s.URL()+"/")
			if c.over {
				wantReason(t, err, fetch.NetworkTooLarge)
			} else if err != nil || body != "ok" {
				t.Errorf("got %q, %v; want a response", body, err)
			}
		})
	}
}

func TestHeaderFlood(t *testing.T) {
	t.Parallel()
	sent := make(chan int, 1)
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		readRequest(r)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		n := 0
		for line := strings.Repeat("X: y\r\n", 1000); ; n += len(line) {
			if _, err := io.WriteString(conn, line); err != nil {
				sent <- n
				return
			}
		}
	})
	_, _, err := get(t, newTransport(t), s.URL()+"/")
	wantReason(t, err, fetch.NetworkTooLarge)
	if n := <-sent; n > 64<<20 {
		t.Errorf("the server got rid of %d bytes, want it stopped early", n)
	}
}

func TestInterimFlood(t *testing.T) {
	t.Parallel()
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		readRequest(r)
		for {
			if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return
			}
		}
	})
	_, _, err := get(t, newTransport(t), s.URL()+"/")
	wantReason(t, err, fetch.NetworkTooLarge)
}

// A manualContext ends when and how a test says.
type manualContext struct {
	context.Context
	done chan struct{}
	err  error
}

func (c *manualContext) Done() <-chan struct{} { return c.done }

func (c *manualContext) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// TestHang has a server, or a dialer, that stops at one stage. The end of the context must end each of them, for the right reason.
func TestHang(t *testing.T) {
	t.Parallel()
	// Each server says what it says, then that it has, and then nothing; or goes on dripping.
	say := func(what string) func(net.Conn, func()) {
		return func(conn net.Conn, reached func()) {
			io.WriteString(conn, what)
			reached()
			io.Copy(io.Discard, conn)
		}
	}
	drip := func(what, drop string) func(net.Conn, func()) {
		return func(conn net.Conn, reached func()) {
			io.WriteString(conn, what)
			reached()
			for {
				time.Sleep(time.Millisecond)
				if _, err := io.WriteString(conn, drop); err != nil {
					return
				}
			}
		}
	}
	stages := []struct {
		name, scheme string
		// server is nil where it is the dialer that hangs.
		server func(conn net.Conn, reached func())
		// head is what must be known of the head.
		head   string
		inBody bool
	}{
		{name: "dialing", scheme: "http"},
		{name: "the TLS handshake", scheme: "https", server: say("")},
		{name: "the head, nothing of it", scheme: "http", server: say("")},
		{name: "the head, in the middle", scheme: "http", server: say("HTTP/1.1 200 OK\r\nA: b\r\n"), head: "HTTP/1.1 200 OK\r\nA: b\r\n"},
		{name: "between interim responses", scheme: "http", server: say("HTTP/1.1 100 Continue\r\n\r\n")},
		{name: "a head that drips", scheme: "http", server: drip("HTTP/1.1 200 OK\r\nA: ", "x")},
		{name: "the body", scheme: "http", inBody: true, server: say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")},
		{name: "a body in chunks that drips", scheme: "http", inBody: true,
			server: drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")},
		{name: "a body until close", scheme: "http", inBody: true, server: say("HTTP/1.1 200 OK\r\n\r\nab")},
	}
	ends := []struct {
		err    error
		reason fetch.Reason
	}{
		{context.DeadlineExceeded, fetch.NetworkTimeout},
		{context.Canceled, fetch.Aborted},
	}
	for _, stage := range stages {
		for _, end := range ends {
			t.Run(stage.name+": "+end.err.Error(), func(t *testing.T) {
				t.Parallel()
				ctx := &manualContext{Context: t.Context(), done: make(chan struct{}), err: end.err}
				fire := sync.OnceFunc(func() {
					// What the server said is on its way; give it time to arrive.
					time.AfterFunc(100*time.Millisecond, func() { close(ctx.done) })
				})
				var dialer wire.Dialer = new(net.Dialer)
				address := "a.example"
				if stage.server == nil {
					dialer = dialerFunc(func(ctx context.Context, _, _ string) (net.Conn, error) {
						fire()
						<-ctx.Done()
						return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
					})
				} else {
					address = serve(t, func(conn net.Conn, _ *bufio.Reader) {
						stage.server(conn, func() {
							if !stage.inBody {
								fire()
							}
						})
					}).Addr().String()
				}
				transport := wire.New(dialer)
				t.Cleanup(transport.CloseIdleConnections)
				response, err := transport.Exchange(ctx, &fetch.HTTPRequest{Method: "GET", URL: stage.scheme + "://" + address + "/"})
				if stage.inBody {
					if err != nil {
						t.Fatal(err)
					}
					defer response.Body.Close()
					fire()
					_, err = io.Copy(io.Discard, response.Body)
				}
				wantReason(t, err, end.reason)
				if !errors.Is(err, end.err) {
					t.Errorf("got %v, want %v in it", err, end.err)
				}
				if stage.head != "" {
					var head *wire.HeadError
					if !errors.As(err, &head) || string(head.Head) != stage.head {
						t.Errorf("got %v, want a *HeadError with what came", err)
					}
				}
			})
		}
	}
	t.Run("a context that is done before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newTransport(t).Exchange(ctx, &fetch.HTTPRequest{Method: "GET", URL: "http://127.0.0.1:1/"})
		wantReason(t, err, fetch.Aborted)
	})
	t.Run("an upload that the server does not read", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(net.Conn, *bufio.Reader) { <-t.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		_, err := newTransport(t).Exchange(ctx, &fetch.HTTPRequest{Method: "POST", URL: s.URL() + "/", Body: zeros{}, ContentLength: -1})
		wantReason(t, err, fetch.NetworkTimeout)
	})
}

func TestDialErrors(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		_, _, err = get(t, newTransport(t), "http://"+l.Addr().String()+"/")
		wantReason(t, err, fetch.NetworkRefused)
	})
	t.Run("no such name", func(t *testing.T) {
		t.Parallel()
		var dialed string
		transport := wire.New(dialerFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			dialed = network + " " + address
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}}
		}))
		_, _, err := get(t, transport, "https://nowhere.example/")
		wantReason(t, err, fetch.NetworkDNS)
		if dialed != "tcp nowhere.example:443" {
			t.Errorf("got %q dialed", dialed)
		}
	})
}
