package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

func TestHTTP2_request(t *testing.T) {
	t.Parallel()
	type seen struct {
		method, target, host, body string
		length                     int64
		header                     http.Header
	}
	got := make(chan seen, 1)
	s := startTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.RequestURI, r.Host, string(body), r.ContentLength, r.Header}
		w.Header()["X-B"] = []string{"1", "2"}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "a/b")
		io.WriteString(w, "ok")
	})
	host := s.Listener.Addr().String()
	cases := []struct {
		name, path string
		request    fetch.HTTPRequest
		want       seen
	}{
		{"nothing is added, no User-Agent and no Accept-Encoding", "/", fetch.HTTPRequest{Method: "GET"},
			seen{"GET", "/", host, "", 0, http.Header{}}},
		{"duplicates stay", "/", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("x-a", "1"), f("User-Agent", "u"), f("X-A", "2")}},
			seen{"GET", "/", host, "", 0, http.Header{"X-A": {"1", "2"}, "User-Agent": {"u"}}}},
		{"a path that net/url would respell is sent as it is", "/a|b?c|d", fetch.HTTPRequest{Method: "GET"},
			seen{"GET", "/a|b?c|d", host, "", 0, http.Header{}}},
		{"two slashes at the front", "//a", fetch.HTTPRequest{Method: "GET"}, seen{"GET", "//a", host, "", 0, http.Header{}}},
		{"two slashes and a path that net/url would respell", "//a|b?c", fetch.HTTPRequest{Method: "GET"},
			seen{"GET", "//a|b?c", host, "", 0, http.Header{}}},
		{"a question mark and no query", "/a?", fetch.HTTPRequest{Method: "GET"}, seen{"GET", "/a?", host, "", 0, http.Header{}}},
		{"a body of known length", "/", fetch.HTTPRequest{Method: "PUT", Body: strings.NewReader("abc"), ContentLength: 3},
			seen{"PUT", "/", host, "abc", 3, http.Header{"Content-Length": {"3"}}}},
		{"an empty body", "/", fetch.HTTPRequest{Method: "PUT", Body: strings.NewReader("")},
			seen{"PUT", "/", host, "", 0, http.Header{"Content-Length": {"0"}}}},
		{"a null body with a length", "/", fetch.HTTPRequest{Method: "POST", NullBodyLength: true},
			seen{"POST", "/", host, "", 0, http.Header{"Content-Length": {"0"}}}},
		{"a stream", "/", fetch.HTTPRequest{Method: "POST", Body: strings.NewReader("abc"), ContentLength: -1},
			seen{"POST", "/", host, "abc", -1, http.Header{}}},
	}
	transport := newTransport(t, wire.WithTLS(trusting(s)))
	for _, c := range cases {
		// One after the other, on one connection.
		t.Run(c.name, func(t *testing.T) {
			c.request.URL = s.URL + c.path
			response, body, err := exchange(t.Context(), transport, &c.request)
			if err != nil {
				t.Fatal(err)
			}
			if request := <-got; !reflect.DeepEqual(request, c.want) {
				t.Errorf("\ngot  %+v\nwant %+v", request, c.want)
			}
			want := []fetch.Field{f("access-control-allow-origin", "*"), f("content-length", "2"), f("content-type", "a/b"),
				f("x-b", "1"), f("x-b", "2")}
			if response.Status != 200 || response.StatusText != "" || body != "ok" || !reflect.DeepEqual(response.Header, want) {
				t.Errorf("got %d %q %q %q, want 200 without text, ok, and %q", response.Status, response.StatusText, body, response.Header, want)
			}
		})
	}
}

func TestHTTP2_response(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			w.Header().Set("Location", "/")
			w.WriteHeader(302)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "not really")
		case "/early":
			w.WriteHeader(103)
			io.WriteString(w, "ok")
		case "/large":
			for i := range 20 {
				w.Header().Set(fmt.Sprint("X", i), strings.Repeat("x", 20))
			}
		case "/long":
			w.Header().Set("X", strings.Repeat("x", 1000))
		case "/cut":
			io.WriteString(w, "ab")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/hang":
			io.WriteString(w, "ab")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	})
	transport := newTransport(t, wire.WithTLS(trusting(s)), wire.WithLimits(wire.Limits{Head: 500}))
	t.Run("a redirect is not followed", func(t *testing.T) {
		response, _, err := get(t, transport, s.URL+"/redirect")
		if err != nil || response.Status != 302 {
			t.Errorf("got %v, %v; want 302", response, err)
		}
	})
	t.Run("a content coding is not decoded", func(t *testing.T) {
		_, body, err := get(t, transport, s.URL+"/gzip")
		if err != nil || body != "not really" {
			t.Errorf("got %q, %v", body, err)
		}
	})
	t.Run("interim responses are skipped", func(t *testing.T) {
		response, body, err := get(t, transport, s.URL+"/early")
		if err != nil || response.Status != 200 || body != "ok" {
			t.Errorf("got %v, %q, %v", response, body, err)
		}
	})
	t.Run("a head over the limit", func(t *testing.T) {
		_, _, err := get(t, transport, s.URL+"/large")
		wantReason(t, err, fetch.NetworkTooLarge)
		if !strings.Contains(err.Error(), "500") {
			t.Errorf("got %v, want it to name the limit", err)
		}
	})
	t.Run("a value over the limit", func(t *testing.T) {
		_, _, err := get(t, transport, s.URL+"/long")
		// The library's decoder cannot tell it from a broken compression.
		wantReason(t, err, fetch.NetworkProtocol)
		if !strings.Contains(err.Error(), "500") {
			t.Errorf("got %v, want it to name the limit", err)
		}
	})
	t.Run("a body that is cut off", func(t *testing.T) {
		_, body, err := get(t, transport, s.URL+"/cut")
		if err == nil || body != "ab" {
			t.Errorf("got %q, %v; want what came and an error", body, err)
		}
	})
	t.Run("a body that hangs", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		_, body, err := exchange(ctx, transport, &fetch.HTTPRequest{Method: "GET", URL: s.URL + "/hang"})
		wantReason(t, err, fetch.NetworkTimeout)
		if body != "ab" {
			t.Errorf("got %q, want what came", body)
		}
	})
}

func TestHTTP2_oddBytes(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true, sayProto)
	transport := newTransport(t, wire.WithTLS(trusting(s)))
	_, _, err := exchange(t.Context(), transport, &fetch.HTTPRequest{
		Method: "GET", URL: s.URL + "/", Header: []fetch.Field{f("X", "a\x01")}})
	wantReason(t, err, fetch.NetworkFailed)
	for _, want := range []string{"HTTP/2", "HTTP/1.1", "X", `\x01`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
	// The place on the connection was given back.
	for range 300 {
		exchange(t.Context(), transport, &fetch.HTTPRequest{Method: "GET", URL: s.URL + "/", Header: []fetch.Field{f("X", "a\x01")}})
	}
	if _, body, err := get(t, transport, s.URL+"/"); err != nil || body != "HTTP/2.0" {
		t.Errorf("afterwards: got %q, %v; want HTTP/2.0", body, err)
	}
	if got := transport.Pooled(); got != 1 {
		t.Errorf("got %d connections kept, want 1", got)
	}
}

// TestHTTP2_oddResponse has a server made of frames, since net/http's would not send such a header.
func TestHTTP2_oddResponse(t *testing.T) {
	t.Parallel()
	l := listenHTTP2(t)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.ReadFull(conn, make([]byte, len(http2.ClientPreface)))
		framer := http2.NewFramer(conn, conn)
		framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if frame, ok := frame.(*http2.HeadersFrame); ok {
				var block bytes.Buffer
				encoder := hpack.NewEncoder(&block)
				encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
				encoder.WriteField(hpack.HeaderField{Name: "x", Value: "a\x01"})
				framer.WriteHeaders(http2.HeadersFrameParam{
					StreamID: frame.StreamID, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
			}
		}
	}()
	_, _, err := get(t, newTransport(t, untrusting()), "https://"+l.Addr().String()+"/")
	wantReason(t, err, fetch.NetworkFailed)
	if !strings.Contains(err.Error(), "HTTP/1.1 would carry") {
		t.Errorf("got %v, want it to say that HTTP/1.1 would do", err)
	}
}

// untrusting is for servers whose certificate does not matter.
func untrusting() wire.Option { return wire.WithTLS(&tls.Config{InsecureSkipVerify: true}) }

// listenHTTP2 listens for TLS connections that choose HTTP/2; what is then said on them is up to the test.
func listenHTTP2(t *testing.T) net.Listener {
	t.Helper()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificate.TLS.Certificates, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestHTTP2_brokenServer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		says func(net.Conn)
		want fetch.Reason
	}{
		{"one that hangs", func(conn net.Conn) { io.Copy(io.Discard, conn) }, fetch.NetworkTimeout},
		{"one that closes", func(conn net.Conn) { io.ReadFull(conn, make([]byte, 30)) }, fetch.NetworkProtocol},
		{"one that speaks HTTP/1.1 after all", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			io.Copy(io.Discard, conn)
		}, fetch.NetworkProtocol},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := listenHTTP2(t)
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						c.says(conn)
					}()
				}
			}()
			timeout := 20 * time.Second
			if c.want == fetch.NetworkTimeout {
				timeout = 250 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			transport := newTransport(t, untrusting())
			_, _, err := exchange(ctx, transport, &fetch.HTTPRequest{Method: "GET", URL: "https://" + l.Addr().String() + "/"})
			wantReason(t, err, c.want)
		})
	}
}

func TestHTTP2_sharedConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	together := sync.NewCond(&mu)
	inside := 0
	s := startTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		inside++
		together.Broadcast()
		for inside < 3 {
			together.Wait()
		}
		fmt.Fprint(w, r.RemoteAddr)
	})
	transport := newTransport(t, wire.WithTLS(trusting(s)))
	if _, _, err := get(t, transport, s.URL+"/"); err != nil {
		t.Fatal(err)
	}
	addresses := make(chan string, 3)
	for range 3 {
		go func() {
			_, body, err := exchange(t.Context(), transport, &fetch.HTTPRequest{Method: "GET", URL: s.URL + "/together"})
			addresses <- fmt.Sprint(body, err)
		}()
	}
	first := <-addresses
	for range 2 {
		if next := <-addresses; next != first {
			t.Errorf("got %s and %s, want one connection", first, next)
		}
	}
}

func TestHTTP2_lostConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	conns := map[string]net.Conn{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/close" {
			if conn := conns[r.RemoteAddr]; conn != nil {
				conn.Close()
			}
		}
		fmt.Fprint(w, r.RemoteAddr)
	}))
	s.EnableHTTP2 = true
	s.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			defer mu.Unlock()
			// Only the first is ever closed.
			if len(conns) == 0 {
				conns[conn.RemoteAddr().String()] = conn
			}
		}
	}
	s.StartTLS()
	defer s.Close()
	transport := newTransport(t, wire.WithTLS(trusting(s)))
	_, first, err := get(t, transport, s.URL+"/")
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := get(t, transport, s.URL+"/close")
	if err != nil || first == second {
		t.Errorf("got %q after %q, %v; want the request sent again on another connection", second, first, err)
	}
}

// TestHTTP2_closed is not parallel, since it looks at all goroutines.
func TestHTTP2_closed(t *testing.T) { //nolint:paralleltest // see above
	s := startTLS(t, true, sayProto)
	transport := wire.New(new(net.Dialer), wire.WithTLS(trusting(s)))
	response, err := transport.Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	// In use, so it must stay.
	transport.CloseIdleConnections()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "HTTP/2.0" {
		t.Errorf("got %q, %v; want the body", body, err)
	}
	response.Body.Close()
	for _, option := range []wire.Option{wire.WithoutReuse(), wire.WithLimits(wire.Limits{})} {
		transport := wire.New(new(net.Dialer), wire.WithTLS(trusting(s)), option)
		if _, _, err := get(t, transport, s.URL+"/"); err != nil {
			t.Fatal(err)
		}
		transport.CloseIdleConnections()
	}
	wantNoGoroutines(t)
}

// A stream may have to be taken back, which HTTP/1.1 cannot: nothing of it is sent there.
func TestNeedsHTTP2(t *testing.T) {
	t.Parallel()
	request := func(url string) *fetch.HTTPRequest {
		return &fetch.HTTPRequest{Method: "POST", URL: url, Body: strings.NewReader("abc"), ContentLength: -1, NeedsHTTP2: true}
	}

	var asked atomic.Int32
	plain := serve(t, func(_ net.Conn, r *bufio.Reader) {
		if _, err := r.ReadByte(); err == nil {
			asked.Add(1)
		}
	})
	_, _, err := exchange(t.Context(), newTransport(t), request(plain.URL()+"/"))
	wantReason(t, err, fetch.StreamNeedsHTTP2)
	if got := asked.Load(); got != 0 {
		t.Errorf("got %d requests over HTTP/1.1, want none", got)
	}

	secure := startTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Proto, body)
	})
	response, body, err := exchange(t.Context(), newTransport(t, wire.WithTLS(&tls.Config{InsecureSkipVerify: true})), request(secure.URL+"/"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "HTTP/2.0 abc"; body != want || response.Proto != "HTTP/2.0" {
		t.Errorf("got %q over %s, want %q", body, response.Proto, want)
	}

	adapter := fetch.RoundTripper(&http.Transport{})
	_, _, err = exchange(t.Context(), adapter, request(answer(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").URL()+"/"))
	wantReason(t, err, fetch.StreamNeedsHTTP2)
}
