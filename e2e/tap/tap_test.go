package tap_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/e2e/tap"
	"github.com/drawbridge-cors/drawbridge/header"
)

const (
	get  = "GET /a?b HTTP/1.1\r\n"
	post = "POST / HTTP/1.1\r\n"
	host = "Host: a\r\n"
)

var readTests = []struct {
	name string
	text string
	want tap.Request
	err  string // What its error has in it.
}{
	{
		name: "every line is kept, in order and as it came",
		text: get + "x-A:1\r\nHost:\t a \r\nX-a: \r\nx-A: \x01\xe9\r\n\r\n",
		want: tap.Request{Method: "GET", Target: "/a?b", Header: header.List{{Name: "x-A", Value: "1"}, {Name: "Host", Value: "a"}, {Name: "X-a"}, {Name: "x-A", Value: "\x01\xe9"}}},
	},
	{name: "no header at all", text: get + "\r\n", want: tap.Request{Method: "GET", Target: "/a?b"}},
	{
		name: "a body by its length, and not a byte more", text: post + "Content-Length: 3\r\n\r\nabcd",
		want: tap.Request{Method: "POST", Target: "/", Header: header.List{{Name: "Content-Length", Value: "3"}}, Body: []byte("abc")},
	},
	{
		name: "a body by chunks", text: post + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
		want: tap.Request{Method: "POST", Target: "/", Header: header.List{{Name: "Transfer-Encoding", Value: "Chunked"}}, Body: []byte("abc0123456789")},
	},
	{
		name: "a head of 65536 bytes", text: headOf(tap.MaxHead),
		want: tap.Request{Method: "GET", Target: "/a?b", Header: headerOf(tap.MaxHead)},
	},
	{name: "a head of 65537 bytes is too long", text: headOf(tap.MaxHead + 1), err: "over 65536 bytes"},
	{name: "a line that never ends is too long", text: get + strings.Repeat("a", tap.MaxHead), err: "over 65536 bytes"},
	{
		name: "a body of 1 MiB", text: post + "Content-Length: 1048576\r\n\r\n" + strings.Repeat("a", tap.MaxBody),
		want: tap.Request{
			Method: "POST", Target: "/", Header: header.List{{Name: "Content-Length", Value: "1048576"}}, Body: []byte(strings.Repeat("a", tap.MaxBody)),
		},
	},
	{name: "a byte more is too long, and is not read", text: post + "Content-Length: 1048577\r\n\r\n", err: "body: over 1048576 bytes"},
	{name: "chunks count together", text: post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n100000\r\n", err: "body: over 1048576 bytes"},
	{name: "an end within the head", text: get + "Host: a", err: "EOF"},
	{name: "an end within the body", text: post + "Content-Length: 3\r\n\r\nab", err: "2 bytes of 3"},
	{name: "an end within a chunk", text: post + "Transfer-Encoding: chunked\r\n\r\n3\r\nab", err: "2 bytes of 3"},
	{name: "a chunk that is longer than it says", text: post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", err: "chunk"},
	{name: "a line that ends in LF alone", text: "GET / HTTP/1.1\n\n", err: "CR LF"},
	{name: "a CR within a line", text: get + "X-A: a\rb\r\n\r\n", err: "CR LF"},
	{name: "a NUL", text: get + "X-A: a\x00b\r\n\r\n", err: "NUL"},
	{name: "HTTP/1.0", text: "GET / HTTP/1.0\r\n\r\n", err: "HTTP/1.1"},
	{name: "no target", text: "GET HTTP/1.1\r\n\r\n", err: "request line"},
	{name: "a space in the target", text: "GET /a b HTTP/1.1\r\n\r\n", err: "request line"},
	{name: "a method that is no token", text: "G(T / HTTP/1.1\r\n\r\n", err: "request line"},
	{name: "TLS", text: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", err: "line"},
	{name: "a header without a colon", text: get + "Host\r\n\r\n", err: "header line"},
	{name: "a folded line", text: get + "X-A: 1\r\n 2\r\n\r\n", err: "header line"},
	{name: "a space before the colon", text: get + "X-A : 1\r\n\r\n", err: "header line"},
	{name: "two lengths", text: post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", err: "2 lines"},
	{name: "a length that is no number", text: post + "Content-Length: +1\r\n\r\na", err: "Content-Length"},
	{name: "a length and chunks", text: post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", err: "both"},
	{name: "another transfer coding", text: post + "Transfer-Encoding: gzip\r\n\r\n", err: "want chunked"},
	{name: "another expectation", text: post + "Expect: a\r\n\r\n", err: "want 100-continue"},
}

// headOf returns a request whose head is n bytes long.
func headOf(n int) string {
	return get + "X-A: " + headerOf(n)[0].Value + "\r\n\r\n"
}

func headerOf(n int) header.List {
	return header.List{{Name: "X-A", Value: strings.Repeat("a", n-len(get)-len("X-A: \r\n\r\n"))}}
}

func TestRead(t *testing.T) {
	t.Parallel()

	for _, tt := range readTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, _, err := tap.Read(tt.text)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %.200q, error %v\nwant %.200q", got, err, tt.want)
			}
		})
	}

	t.Run("who waits before the body is told to go on", func(t *testing.T) {
		t.Parallel()

		got, written, err := tap.Read(post + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na")
		if err != nil || written != "HTTP/1.1 100 Continue\r\n\r\n" || string(got.Body) != "a" {
			t.Errorf("got %v, error %v, written %q", got, err, written)
		}
	})
}

// What was read, written down again, is read as the same.
func FuzzRead(f *testing.F) {
	for _, tt := range readTests {
		if len(tt.text) < 1024 {
			f.Add(tt.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := tap.Read(text)
		if err != nil {
			return
		}
		got.Header.Delete("Transfer-Encoding")
		got.Header.Delete("Content-Length")
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", got.Method, got.Target)
		for _, h := range got.Header {
			fmt.Fprintf(&b, "%s:%s\r\n", h.Name, h.Value)
		}
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(got.Body), got.Body)
		again, _, err := tap.Read(b.String())
		if err != nil {
			t.Fatalf("%q was read, written as %q it is not: %v", text, b.String(), err)
		}
		again.Header.Delete("Content-Length")
		if again.Method != got.Method || again.Target != got.Target || !slices.Equal(again.Header, got.Header) || !bytes.Equal(again.Body, got.Body) {
			t.Errorf("%q was read as %q, written down and read as %q", text, got, again)
		}
	})
}

func TestServerAnswersOneRequestAfterTheOther(t *testing.T) {
	t.Parallel()

	conn, server := serve(t, func(r *tap.Request) []byte {
		return tap.Response(200, r.Method+r.Target, header.Field{Name: "X-Odd", Value: "\x01"}, header.Field{Name: "X-Odd", Value: "\xe9"})
	})
	send(t, conn, get+host+"\r\n"+"HEAD /h HTTP/1.1\r\n\r\n"+"OPTIONS * HTTP/1.1\r\nConnection: Close\r\n\r\n"+get)
	const head = "HTTP/1.1 200 \r\nX-Odd: \x01\r\nX-Odd: \xe9\r\n"
	want := head + "Content-Length: 7\r\n\r\nGET/a?b" + head + "Content-Length: 6\r\n\r\n" + head + "Content-Length: 8\r\n\r\nOPTIONS*"
	// It ends by itself: the third request asks for that, and the fourth is not read.
	if got := receive(t, conn); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

func TestResponseWithoutBody(t *testing.T) {
	t.Parallel()

	for status, want := range map[int]string{
		204: "HTTP/1.1 204 \r\nA: b\r\n\r\n",
		304: "HTTP/1.1 304 \r\nA: b\r\n\r\n",
		302: "HTTP/1.1 302 \r\nA: b\r\nContent-Length: 1\r\n\r\nx",
	} {
		if got := string(tap.Response(status, "x", header.Field{Name: "A", Value: "b"})); got != want {
			t.Errorf("%d: got %q, want %q", status, got, want)
		}
	}
}

func TestCloseReportsWhatIsNoHTTP(t *testing.T) {
	t.Parallel()

	conn, server := serve(t, func(*tap.Request) []byte { return tap.Response(204, "") })
	send(t, conn, "BAD\r\n\r\n")
	if got := receive(t, conn); got != "" {
		t.Errorf("got %q, want the end", got)
	}
	if err := server.Close(); err == nil || !strings.Contains(err.Error(), `request line "BAD"`) {
		t.Errorf("Close: got error %v, want one with the request line", err)
	}
}

func TestCloseEndsIdleConnectionsInSilence(t *testing.T) {
	t.Parallel()

	conn, server := serve(t, func(*tap.Request) []byte { return nil })
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if got := receive(t, conn); got != "" {
		t.Errorf("got %q, want the end", got)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(t.Context())
	server, err := tap.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	entered := make(chan struct{})
	server.Serve(func(*tap.Request) []byte { close(entered); return nil })
	conn := dial(t, server)
	send(t, conn, get+"\r\n"+get)
	<-entered
	cancel()
	if got := receive(t, conn); got != "" {
		t.Errorf("got %q, want the end", got)
	}
}

func serve(t *testing.T, handler tap.Handler) (net.Conn, *tap.Server) {
	t.Helper()

	server, err := tap.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.Serve(handler)
	return dial(t, server), server
}

func dial(t *testing.T, server *tap.Server) net.Conn {
	t.Helper()

	conn, err := net.Dial("tcp", "127.0.0.1:"+server.Port())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(tap.MaxIdle / 2))
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()

	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// receive reads to the end. A reset is an end: it tells that something was left unread.
func receive(t *testing.T, conn net.Conn) string {
	t.Helper()

	got, err := io.ReadAll(bufio.NewReader(conn))
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Fatalf("got %q, and no end", got)
	}
	return string(got)
}
