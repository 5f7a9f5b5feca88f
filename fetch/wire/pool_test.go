package wire_test

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

func TestReuse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, raw string
		options   []wire.Option
		accepts   int32
	}{
		{"a body of known length", okResponse, nil, 1},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", nil, 1},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", nil, 1},
		{"HTTP/1.0 that keeps alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", nil, 1},
		{"HTTP/1.0 by itself does not", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", nil, 3},
		{"Connection: close", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", nil, 3},
		{"bytes after the body", okResponse + "x", nil, 3},
		{"switched off", okResponse, []wire.Option{wire.WithoutReuse()}, 3},
		{"no place in the pool", okResponse, []wire.Option{wire.WithLimits(wire.Limits{Idle: -1})}, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(t, c.raw)
			transport := newTransport(t, c.options...)
			for range 3 {
				if _, _, err := get(t, transport, s.URL()+"/"); err != nil {
					t.Fatal(err)
				}
			}
			if got := s.accepted.Load(); got != c.accepts {
				t.Errorf("got %d connections for 3 requests, want %d", got, c.accepts)
			}
		})
	}
}

func TestNoReuse(t *testing.T) {
	t.Parallel()
	t.Run("a body that was not read", func(t *testing.T) {
		t.Parallel()
		s := always(t, okResponse)
		transport := newTransport(t)
		for range 2 {
			response, err := transport.Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		if got := s.accepted.Load(); got != 2 {
			t.Errorf("got %d connections, want 2", got)
		}
	})
	t.Run("with and without credentials", func(t *testing.T) {
		t.Parallel()
		s := always(t, okResponse)
		transport := newTransport(t)
		for _, credentials := range []bool{false, true, false, true} {
			_, _, err := exchange(t.Context(), transport, &fetch.HTTPRequest{
				Method: "GET", URL: s.URL() + "/", IncludeCredentials: credentials})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := s.accepted.Load(); got != 2 {
			t.Errorf("got %d connections, want 2", got)
		}
	})
	t.Run("what a server says unasked is not the next answer", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(conn net.Conn, r *bufio.Reader) {
			for n := 0; ; n++ {
				if _, err := readRequest(r); err != nil {
					return
				}
				io.WriteString(conn, okResponse)
				time.Sleep(10 * time.Millisecond)
				io.WriteString(conn, "HTTP/1.1 200 Evil\r\nContent-Length: 2\r\n\r\nno")
			}
		})
		transport := newTransport(t)
		for range 2 {
			_, body, err := get(t, transport, s.URL()+"/")
			if err != nil || body != "ok" {
				t.Fatalf("got %q, %v; want ok", body, err)
			}
			waitFor(t, "the connection to leave the pool", func() bool { return transport.Pooled() == 0 })
		}
	})
}

// waitFor waits until a condition holds that another goroutine brings about.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestIdleConnectionsLeave(t *testing.T) {
	t.Parallel()
	t.Run("when the server closes them", func(t *testing.T) {
		t.Parallel()
		s := answer(t, okResponse)
		transport := newTransport(t)
		for range 2 {
			if _, _, err := get(t, transport, s.URL()+"/"); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "an empty pool", func() bool { return transport.Pooled() == 0 })
		}
	})
	t.Run("when there are too many for a server", func(t *testing.T) {
		t.Parallel()
		s := always(t, okResponse)
		transport := newTransport(t, wire.WithLimits(wire.Limits{IdlePerServer: 2}))
		getAtOnce(t, transport, 4, func(int) string { return s.URL() + "/" })
		if got := transport.Pooled(); got != 2 {
			t.Errorf("got %d connections kept, want 2", got)
		}
	})
	t.Run("when there are too many in all", func(t *testing.T) {
		t.Parallel()
		servers := []*server{always(t, okResponse), always(t, okResponse), always(t, okResponse)}
		transport := newTransport(t, wire.WithLimits(wire.Limits{Idle: 2}))
		getAtOnce(t, transport, 3, func(i int) string { return servers[i].URL() + "/" })
		if got := transport.Pooled(); got != 2 {
			t.Errorf("got %d connections kept, want 2", got)
		}
	})
}

// getAtOnce opens n exchanges before it reads the first body, so that each needs a connection.
func getAtOnce(t *testing.T, transport *wire.Transport, n int, url func(int) string) {
	t.Helper()
	responses := make([]*fetch.HTTPResponse, n)
	for i := range responses {
		var err error
		responses[i], err = transport.Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: url(i)})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range responses {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
}

// TestStaleConnection has a server that closes the connection when the second request on it has come, before any answer.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		request  fetch.HTTPRequest
		repeated bool
	}{
		{"GET is sent again", fetch.HTTPRequest{Method: "GET"}, true},
		{"HEAD is sent again", fetch.HTTPRequest{Method: "HEAD"}, true},
		{"OPTIONS is sent again", fetch.HTTPRequest{Method: "OPTIONS"}, true},
		{"GET with a body is not, even if it could be read again", fetch.HTTPRequest{Method: "GET", Body: zeros{}, ContentLength: 1}, false},
		{"POST is not", fetch.HTTPRequest{Method: "POST", NullBodyLength: true}, false},
		{"DELETE is not", fetch.HTTPRequest{Method: "DELETE"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var seen []string
			s := serve(t, func(conn net.Conn, r *bufio.Reader) {
				for first := true; ; first = false {
					request, err := readRequest(r)
					if err != nil {
						return
					}
					mu.Lock()
					seen = append(seen, request)
					mu.Unlock()
					if !first {
						return
					}
					io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
				}
			})
			transport := newTransport(t)
			if _, _, err := get(t, transport, s.URL()+"/"); err != nil {
				t.Fatal(err)
			}
			c.request.URL = s.URL() + "/"
			_, _, err := exchange(t.Context(), transport, &c.request)
			mu.Lock()
			defer mu.Unlock()
			if c.repeated {
				if err != nil || len(seen) != 3 {
					t.Errorf("got %v and %d requests at the server, want success and 3", err, len(seen))
				}
				return
			}
			if err == nil || len(seen) != 2 || s.accepted.Load() != 1 {
				t.Errorf("got %v, %d requests and %d connections at the server, want an error, 2 and 1", err, len(seen), s.accepted.Load())
			}
		})
	}
	t.Run("not after the first byte of an answer", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(conn net.Conn, r *bufio.Reader) {
			readRequest(r)
			io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			readRequest(r)
			io.WriteString(conn, "HT")
		})
		transport := newTransport(t)
		if _, _, err := get(t, transport, s.URL()+"/"); err != nil {
			t.Fatal(err)
		}
		_, _, err := get(t, transport, s.URL()+"/")
		wantReason(t, err, fetch.NetworkProtocol)
		if got := s.accepted.Load(); got != 1 {
			t.Errorf("got %d connections, want 1", got)
		}
	})
	t.Run("not after an interim response", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(conn net.Conn, r *bufio.Reader) {
			readRequest(r)
			io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			readRequest(r)
			io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
		})
		transport := newTransport(t)
		if _, _, err := get(t, transport, s.URL()+"/"); err != nil {
			t.Fatal(err)
		}
		_, _, err := get(t, transport, s.URL()+"/")
		wantReason(t, err, fetch.NetworkProtocol)
		if got := s.accepted.Load(); got != 1 {
			t.Errorf("got %d connections, want 1", got)
		}
	})
	t.Run("not on a new connection", func(t *testing.T) {
		t.Parallel()
		s := answer(t, "")
		_, _, err := get(t, newTransport(t), s.URL()+"/")
		wantReason(t, err, fetch.NetworkProtocol)
		if got := s.accepted.Load(); got != 1 {
			t.Errorf("got %d connections, want 1", got)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := always(t, okResponse)
	transport := newTransport(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 50 {
				_, body, err := exchange(t.Context(), transport, &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
				if err != nil || body != "ok" {
					t.Errorf("got %q, %v; want ok", body, err)
					return
				}
				if i%10 == 0 {
					transport.CloseIdleConnections()
				}
			}
		})
	}
	wg.Wait()
	if got := transport.Pooled(); got > wire.MaxIdlePerServer {
		t.Errorf("got %d connections kept, want at most %d", got, wire.MaxIdlePerServer)
	}
}

// TestNothingIsLeft is not parallel, since it looks at all goroutines.
func TestNothingIsLeft(t *testing.T) { //nolint:paralleltest // see above
	s := always(t, okResponse)
	never, stop := io.Pipe()
	transport := wire.New(new(net.Dialer))
	getAtOnce(t, transport, 4, func(int) string { return s.URL() + "/" })
	response, err := transport.Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	early := serve(t, func(conn net.Conn, r *bufio.Reader) {
		r.ReadString('\n')
		io.WriteString(conn, okResponse)
		<-t.Context().Done()
	})
	if _, _, err := exchange(t.Context(), transport, &fetch.HTTPRequest{
		Method: "POST", URL: early.URL() + "/", Body: never, ContentLength: -1}); err != nil {
		t.Fatal(err)
	}
	stop.Close()
	transport.CloseIdleConnections()
	wantNoGoroutines(t)
	// The transport stays usable.
	if _, body, err := get(t, transport, s.URL()+"/"); err != nil || body != "ok" {
		t.Errorf("after closing: got %q, %v; want ok", body, err)
	}
	transport.CloseIdleConnections()
	wantNoGoroutines(t)
}
