package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// sentBytes returns what arrives of a request at a server on loopback, with HOST for its address.
func sentBytes(t *testing.T, request *fetch.HTTPRequest, path string) string {
	t.Helper()
	got := make(chan string, 1)
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		request, _ := readRequest(r)
		got <- request
		io.WriteString(conn, okResponse)
	})
	request.URL = s.URL() + path
	if _, body, err := exchange(t.Context(), newTransport(t), request); err != nil || body != "ok" {
		t.Fatalf("got %q, %v", body, err)
	}
	return strings.ReplaceAll(<-got, s.Addr().String(), "HOST")
}

func TestRequestBytes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		request    fetch.HTTPRequest
		want       string
	}{
		{"a GET is framed by Host and Connection only", "/", fetch.HTTPRequest{Method: "GET"},
			"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n"},
		{"headers keep their order, casing, duplicates and bytes", "/", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{
			f("zz", "1"), f("ORIGIN", "null"), f("x-a", "a\x01\x7f\x80\xff"), f("X-A", ""), f("x-a", " b\t"), f("sec-fetch-mode", "cors")}},
			"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\n" +
				"zz: 1\r\nORIGIN: null\r\nx-a: a\x01\x7f\x80\xff\r\nX-A: \r\nx-a:  b\t\r\nsec-fetch-mode: cors\r\n\r\n"},
		{"path and query are sent as serialized", "//a/%zz?b=%%&[]='#nor-this", fetch.HTTPRequest{Method: "GET"},
			"GET //a/%zz?b=%%&[]=' HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n"},
		{"a method in lower case stays", "/", fetch.HTTPRequest{Method: "patch"},
			"patch / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n"},
		{"a body has a length, before the other headers", "/", fetch.HTTPRequest{Method: "POST",
			Body: strings.NewReader("a=b"), ContentLength: 3, Header: []fetch.Field{f("Content-Type", "text/plain")}},
			"POST / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\na=b"},
		{"an empty body has the length 0", "/", fetch.HTTPRequest{Method: "POST", Body: strings.NewReader("")},
			"POST / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
		{"no body can have the length 0", "/", fetch.HTTPRequest{Method: "POST", NullBodyLength: true},
			"POST / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"},
		{"no body and no length", "/", fetch.HTTPRequest{Method: "DELETE"},
			"DELETE / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n"},
		{"a stream goes out in the chunks it comes in", "/", fetch.HTTPRequest{Method: "POST",
			Body: io.MultiReader(strings.NewReader("one"), strings.NewReader("three")), ContentLength: -1},
			"POST / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" +
				"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"},
		{"an empty stream", "/", fetch.HTTPRequest{Method: "POST", Body: strings.NewReader(""), ContentLength: -1},
			"POST / HTTP/1.1\r\nHost: HOST\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := sentBytes(t, &c.request, c.path); got != c.want {
				t.Errorf("\ngot  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestRequestBytes_longBody(t *testing.T) {
	t.Parallel()
	// What is left of a body that is longer than announced would be the next request.
	got := make(chan string, 1)
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		request, _ := readRequest(r)
		io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		rest, _ := io.ReadAll(r)
		got <- request + string(rest)
	})
	if _, _, err := exchange(t.Context(), newTransport(t), &fetch.HTTPRequest{
		Method: "PUT", URL: s.URL() + "/", Body: strings.NewReader("abcdef"), ContentLength: 3}); err != nil {
		t.Fatal(err)
	}
	if request := <-got; !strings.HasSuffix(request, "\r\n\r\nabc") {
		t.Errorf("got %q, want three bytes of body and nothing else", request)
	}
}

func TestRequestRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		request fetch.HTTPRequest
		want    string
	}{
		{"LF in a value", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("X", "a\nb")}}, "value"},
		{"CR in a value", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("X", "a\rb")}}, "value"},
		{"NUL in a value", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("X", "a\x00b")}}, "value"},
		{"an empty name", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("", "a")}}, "name"},
		{"a colon in a name", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("A:B", "a")}}, "name"},
		{"CRLF in a name", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("A\r\nB", "a")}}, "name"},
		{"a space after a name that frames", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("Content-Length ", "1")}}, "name"},
		{"Host is the transport's", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("HOST", "a")}}, "transport"},
		{"Connection is the transport's", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("connection", "a")}}, "transport"},
		{"Content-Length is the transport's", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("content-length", "1")}}, "transport"},
		{"Transfer-Encoding is the transport's", fetch.HTTPRequest{Method: "GET", Header: []fetch.Field{f("transfer-encoding", "a")}}, "transport"},
		{"an empty method", fetch.HTTPRequest{}, "method"},
		{"a space in the method", fetch.HTTPRequest{Method: "GET /"}, "method"},
		{"CONNECT has no path", fetch.HTTPRequest{Method: "CONNECT"}, "method"},
		{"a length below -1", fetch.HTTPRequest{Method: "PUT", Body: strings.NewReader(""), ContentLength: -2}, "length"},
		{"a URL with a space", fetch.HTTPRequest{Method: "GET", URL: "http://a/b c"}, "URL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transport := wire.New(dialerFunc(func(context.Context, string, string) (net.Conn, error) {
				t.Error("something was dialed")
				return nil, errors.New("no")
			}))
			if c.request.URL == "" {
				c.request.URL = "http://a.example/"
			}
			_, err := transport.Exchange(t.Context(), &c.request)
			wantReason(t, err, fetch.NetworkFailed)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to name the %s", err, c.want)
			}
		})
	}
	t.Run("the zero transport has no dialer", func(t *testing.T) {
		t.Parallel()
		_, err := new(wire.Transport).Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: "http://a.example/"})
		wantReason(t, err, fetch.NetworkFailed)
	})
	t.Run("a dialer that returns nothing", func(t *testing.T) {
		t.Parallel()
		transport := wire.New(dialerFunc(func(context.Context, string, string) (net.Conn, error) {
			return nil, nil //nolint:nilnil // the mistake of a dialer, on purpose
		}))
		_, err := transport.Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: "http://a.example/"})
		wantReason(t, err, fetch.NetworkFailed)
	})
}

func TestResponse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, raw string
		status            int
		header            []fetch.Field
		body              string
	}{
		{"duplicates, order, casing and odd bytes", "GET",
			"HTTP/1.1 200 OK\r\nX-b: 1\r\nAccess-Control-Allow-Origin: *\r\nx-B: a\x01\xff\r\nX-b: 1\r\nContent-Length: 2\r\n\r\nok",
			200, []fetch.Field{f("X-b", "1"), f("Access-Control-Allow-Origin", "*"), f("x-B", "a\x01\xff"), f("X-b", "1"), f("Content-Length", "2")}, "ok"},
		{"a content coding is not decoded", "GET", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
			200, []fetch.Field{f("Content-Encoding", "gzip"), f("Content-Length", "2")}, "ok"},
		{"a redirect is not followed", "GET", "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 2\r\n\r\nok",
			302, []fetch.Field{f("Location", "/b"), f("Content-Length", "2")}, "ok"},
		{"until close", "GET", "HTTP/1.0 200 OK\r\n\r\nok", 200, nil, "ok"},
		{"chunked, with a trailer that is no header", "GET",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\nX: y\r\n\r\n",
			200, []fetch.Field{f("Transfer-Encoding", "chunked")}, "ok"},
		{"more than the length is not read", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok",
			200, []fetch.Field{f("Content-Length", "1")}, "o"},
		{"HEAD has no body", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, []fetch.Field{f("Content-Length", "2")}, ""},
		{"204 has no body", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, nil, ""},
		{"304 has no body", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", 304, []fetch.Field{f("Content-Length", "2")}, ""},
		{"interim responses are skipped, 101 too", "GET",
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 101 No\r\n\r\n" + okResponse,
			200, []fetch.Field{f("Content-Length", "2")}, "ok"},
		{"both: a head that is cut off, over plain HTTP", "GET", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2",
			200, []fetch.Field{f("A", "b"), f("Content-Length", "2")}, ""},
		{"LF only", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, []fetch.Field{f("Content-Length", "2")}, "ok"},
	}
	for _, c := range cases {
		// Once in one piece and once byte by byte: where a read ends must make no difference.
		for _, dialer := range []struct {
			name string
			d    wire.Dialer
		}{{"at once", new(net.Dialer)}, {"in bytes", dialerFunc(oneByteDialer)}} {
			t.Run(c.name+" "+dialer.name, func(t *testing.T) {
				t.Parallel()
				s := answer(t, c.raw)
				transport := wire.New(dialer.d)
				t.Cleanup(transport.CloseIdleConnections)
				response, body, err := exchange(t.Context(), transport, &fetch.HTTPRequest{Method: c.method, URL: s.URL() + "/"})
				if err != nil {
					t.Fatal(err)
				}
				if response.Status != c.status || body != c.body || !reflect.DeepEqual(response.Header, c.header) {
					t.Errorf("got %d %q %q, want %d %q %q", response.Status, response.Header, body, c.status, c.header, c.body)
				}
				if response.RemoteAddr != s.Addr().String() || response.TLS != "" {
					t.Errorf("got address %q and TLS %q, want %q and none", response.RemoteAddr, response.TLS, s.Addr())
				}
			})
		}
	}
}

// oneByteDialer dials connections that yield one byte at a time.
func oneByteDialer(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return oneByteConn{conn, iotest.OneByteReader(conn)}, err
}

type oneByteConn struct {
	net.Conn
	r io.Reader
}

func (c oneByteConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func TestResponseRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, raw, want string }{
		{"both: no answer", "", "without an answer"},
		{"both: HTTP/0.9", "hello, world\n", "not HTTP"},
		{"a few bytes that are no HTTP", "SSH", "not HTTP"},
		{"a TLS server on a plain port", "\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"},
		{"both: two different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "two different Content-Length"},
		{"NUL", "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", "NUL"},
		{"both: only an interim response", "HTTP/1.1 100 Continue\r\n\r\n", "without an answer"},
		{"only half an interim response", "HTTP/1.1 100 Continue\r\n", "only a 100"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := get(t, newTransport(t), answer(t, c.raw).URL()+"/")
			wantReason(t, err, fetch.NetworkProtocol)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func TestResponseBodyCutOff(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, raw string }{
		{"both: before the length is reached", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"},
		{"both: before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"},
		{"both: before the last line", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			response, body, err := get(t, newTransport(t), answer(t, c.raw).URL()+"/")
			wantReason(t, err, fetch.NetworkProtocol)
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v, want io.ErrUnexpectedEOF in it", err)
			}
			if response.Status != 200 || body != "ok" {
				t.Errorf("got %d %q, want what came", response.Status, body)
			}
			if _, err := response.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("reading on: got %v, want an error", err)
			}
		})
	}
	t.Run("both: a chunk size that is no number", func(t *testing.T) {
		t.Parallel()
		_, _, err := get(t, newTransport(t), answer(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").URL()+"/")
		wantReason(t, err, fetch.NetworkProtocol)
	})
}

func TestHeadErrorHoldsWhatCame(t *testing.T) {
	t.Parallel()
	const raw = "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n"
	_, _, err := get(t, newTransport(t), answer(t, raw+"body").URL()+"/")
	var head *wire.HeadError
	if !errors.As(err, &head) {
		t.Fatalf("got %v, want a *wire.HeadError in it", err)
	}
	if string(head.Head) != raw {
		t.Errorf("got %q, want %q", head.Head, raw)
	}
}

func TestRequestBodyErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is on fire")
	cases := []struct {
		name   string
		body   io.Reader
		length int64
		want   error
	}{
		{"a body that fails", iotest.ErrReader(broken), 3, broken},
		{"a stream that fails", io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken)), -1, broken},
		{"a body shorter than announced", strings.NewReader("ab"), 3, io.ErrUnexpectedEOF},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(t, okResponse)
			_, err := newTransport(t).Exchange(t.Context(), &fetch.HTTPRequest{
				Method: "POST", URL: s.URL() + "/", Body: c.body, ContentLength: c.length})
			wantReason(t, err, fetch.NetworkFailed)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v in it", err, c.want)
			}
		})
	}
}

func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	// The server answers after the head and never reads the body.
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		for line := ""; line != "\r\n"; {
			line, _ = r.ReadString('\n')
		}
		io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
		io.Copy(io.Discard, io.LimitReader(r, 1))
		<-t.Context().Done()
	})
	never, stop := io.Pipe()
	defer stop.Close()
	transport := newTransport(t)
	response, body, err := exchange(t.Context(), transport, &fetch.HTTPRequest{
		Method: "POST", URL: s.URL() + "/", Body: never, ContentLength: -1})
	if err != nil || response.Status != 413 || body != "no" {
		t.Fatalf("got %v %q %v, want 413 and its body", response, body, err)
	}
	if n := transport.Pooled(); n != 0 {
		t.Errorf("got %d connections kept, want none: half a request is still to be sent on it", n)
	}
}

func TestBodyAfterClose(t *testing.T) {
	t.Parallel()
	s := answer(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
	response, err := newTransport(t).Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := response.Body.Close(); err != nil {
			t.Errorf("closing: got %v", err)
		}
	}
	if _, err := response.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("reading after closing: got %v, want an error", err)
	}
}

func TestCloseEndsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		readRequest(r)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
		<-t.Context().Done()
	})
	response, err := newTransport(t).Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := io.ReadAll(response.Body)
		done <- err
	}()
	response.Body.Close()
	if err := <-done; err == nil {
		t.Error("got a whole body, want an error")
	}
}

func TestLargeBodyIsNotReadUnasked(t *testing.T) {
	t.Parallel()
	written := make(chan int64, 1)
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		readRequest(r)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
		n, _ := io.Copy(conn, io.LimitReader(zeros{}, 1<<30))
		written <- n
	})
	response, err := newTransport(t).Exchange(t.Context(), &fetch.HTTPRequest{Method: "GET", URL: s.URL() + "/"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, response.Body, 1000); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	// What the kernel's buffers take is not ours to say, but it is far less than the whole.
	if n := <-written; n > 64<<20 {
		t.Errorf("the server got rid of %d bytes, want it stopped early", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestLargeUpload(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	got := make(chan string, 1)
	s := serve(t, func(conn net.Conn, r *bufio.Reader) {
		request, _ := readRequest(r)
		got <- request
		io.WriteString(conn, okResponse)
	})
	_, _, err := exchange(t.Context(), newTransport(t), &fetch.HTTPRequest{
		Method: "PUT", URL: s.URL() + "/", Body: bytes.NewReader(body), ContentLength: int64(len(body))})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(<-got, "\r\n\r\n"+string(body)) {
		t.Error("the body did not arrive as it was sent")
	}
}
