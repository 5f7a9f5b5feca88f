package fetch_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A tripper is a RoundTripper made of a function.
type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// trip exchanges request through rt and reads the body.
func trip(ctx context.Context, rt http.RoundTripper, request *fetch.HTTPRequest) (*fetch.HTTPResponse, string, error) {
	response, err := fetch.RoundTripper(rt).Exchange(ctx, request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}

func wantNetworkError(t *testing.T, err error, want fetch.Reason) {
	t.Helper()
	var network *fetch.NetworkError
	if !errors.As(err, &network) || network.Reason != want {
		t.Fatalf("got %v, want a *fetch.NetworkError with reason %s", err, want)
	}
}

func TestRoundTripper(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header()["Date"] = nil
		w.Header()["X-B"] = []string{"2", "1"}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(302)
		fmt.Fprintf(w, "%s %s %d %q %q", r.Method, r.RequestURI, r.ContentLength, r.Header, body)
	}))
	t.Cleanup(s.Close)
	rt := &http.Transport{DisableCompression: true}
	t.Cleanup(rt.CloseIdleConnections)

	cases := []struct {
		name, path string
		request    fetch.HTTPRequest
		want       string
	}{
		{"no header is added", "/", fetch.HTTPRequest{Method: "GET"}, `GET / 0 map[] ""`},
		{"duplicates stay, casing does not", "/", fetch.HTTPRequest{Method: "GET",
			Header: []fetch.Field{{Name: "x-a", Value: "1"}, {Name: "X-A", Value: "2"}}}, `GET / 0 map["X-A":["1" "2"]] ""`},
		{"a User-Agent of the request's own", "/", fetch.HTTPRequest{Method: "GET",
			Header: []fetch.Field{{Name: "user-agent", Value: "me"}}}, `GET / 0 map["User-Agent":["me"]] ""`},
		{"a path that net/url would respell", "/a|b?c|d", fetch.HTTPRequest{Method: "GET"}, `GET /a|b?c|d 0 map[] ""`},
		{"two slashes at the front", "//a", fetch.HTTPRequest{Method: "GET"}, `GET //a 0 map[] ""`},
		{"no path but a query", "?a", fetch.HTTPRequest{Method: "GET"}, `GET /?a 0 map[] ""`},
		{"a body of known length", "/", fetch.HTTPRequest{Method: "PUT", Body: strings.NewReader("abc"), ContentLength: 3},
			`PUT / 3 map["Content-Length":["3"]] "abc"`},
		{"an empty body", "/", fetch.HTTPRequest{Method: "PUT", Body: strings.NewReader("")}, `PUT / 0 map["Content-Length":["0"]] ""`},
		{"a stream", "/", fetch.HTTPRequest{Method: "POST", Body: strings.NewReader("abc"), ContentLength: -1}, `POST / -1 map[] "abc"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.request.URL = s.URL + c.path
			response, body, err := trip(t.Context(), rt, &c.request)
			if err != nil {
				t.Fatal(err)
			}
			if body != c.want {
				t.Errorf("at the server: got %s, want %s", body, c.want)
			}
			header := []fetch.Field{{Name: "Content-Length", Value: fmt.Sprint(len(c.want))}, {Name: "Content-Type", Value: "text/plain; charset=utf-8"},
				{Name: "Location", Value: "/elsewhere"}, {Name: "X-B", Value: "2"}, {Name: "X-B", Value: "1"}}
			if !reflect.DeepEqual(response.Header, header) {
				t.Errorf("got %q, want %q", response.Header, header)
			}
			if response.Proto != "HTTP/1.1" || response.Status != 302 || response.StatusText != "Found" || response.TLS != "" {
				t.Errorf("got %s %d %q %q, want HTTP/1.1 302 Found, not followed", response.Proto, response.Status, response.StatusText, response.TLS)
			}
			if response.RemoteAddr != s.Listener.Addr().String() {
				t.Errorf("address: got %q, want %q", response.RemoteAddr, s.Listener.Addr())
			}
		})
	}
}

func TestRoundTripper_http2(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header()["Date"] = nil
		w.WriteHeader(204)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	response, _, err := trip(t.Context(), s.Client().Transport, &fetch.HTTPRequest{Method: "GET", URL: s.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	want := []fetch.Field{{Name: "access-control-allow-origin", Value: "*"}}
	if response.Proto != "HTTP/2.0" || response.StatusText != "" || response.TLS != "TLS 1.3" || !reflect.DeepEqual(response.Header, want) {
		t.Errorf("got %s %q %s %q, want HTTP/2.0 over TLS 1.3 with lower-case names and no reason phrase",
			response.Proto, response.StatusText, response.TLS, response.Header)
	}
}

func TestRoundTripper_refuses(t *testing.T) {
	t.Parallel()
	never := tripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("was asked") })
	cases := []struct {
		name    string
		rt      http.RoundTripper
		request fetch.HTTPRequest
		want    fetch.Reason
		text    string
	}{
		{"nothing was lent", nil, fetch.HTTPRequest{}, fetch.NetworkFailed, "lent"},
		{"a value that net/http cannot send", never, fetch.HTTPRequest{Header: []fetch.Field{{Name: "X", Value: "\x01"}}}, fetch.NetworkFailed, "cannot send"},
		{"a name that net/http cannot send", never, fetch.HTTPRequest{Header: []fetch.Field{{Name: "X Y"}}}, fetch.NetworkFailed, "cannot send"},
		{"a URL without scheme", never, fetch.HTTPRequest{URL: "/a"}, fetch.NetworkFailed, "absolute"},
		{"a URL that would be two lines", never, fetch.HTTPRequest{URL: "http://a/b\r\nX: y"}, fetch.NetworkFailed, "cannot send"},
		{"neither response nor error", tripper(func(*http.Request) (*http.Response, error) {
			return nil, nil //nolint:nilnil // the mistake of a RoundTripper, on purpose
		}),
			fetch.HTTPRequest{}, fetch.NetworkFailed, "neither"},
		{"a 101 for a response", tripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 101, Body: http.NoBody}, nil
		}), fetch.HTTPRequest{}, fetch.NetworkProtocol, "101"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.request.Method = "GET"
			if c.request.URL == "" {
				c.request.URL = "http://a.example/"
			}
			_, _, err := trip(t.Context(), c.rt, &c.request)
			wantNetworkError(t, err, c.want)
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want it to say %q", err, c.text)
			}
		})
	}
	t.Run("a response without a body is as good as one with an empty one", func(t *testing.T) {
		t.Parallel()
		response, body, err := trip(t.Context(), tripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{Proto: "HTTP/1.1", ProtoMajor: 1, Status: "200", StatusCode: 200}, nil
		}), &fetch.HTTPRequest{Method: "GET", URL: "http://a.example/"})
		if err != nil || body != "" || response.Status != 200 || response.StatusText != "" {
			t.Errorf("got %v %q %v", response, body, err)
		}
	})
}

// TestRoundTripper_errors has net/http itself fail, so that Classify is held to what it really says.
func TestRoundTripper_errors(t *testing.T) {
	t.Parallel()
	raw := func(answer string) func(*testing.T) string {
		return func(t *testing.T) string {
			t.Helper()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					conn.Read(make([]byte, 4096))
					io.WriteString(conn, answer)
					if strings.HasSuffix(answer, "hang") {
						t.Cleanup(func() { conn.Close() })
						continue
					}
					conn.Close()
				}
			}()
			return l.Addr().String()
		}
	}
	untrusted := func(t *testing.T) string {
		t.Helper()
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	wantsCertificate := func(t *testing.T) string {
		t.Helper()
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	cases := []struct {
		name, scheme string
		address      func(*testing.T) string
		want         fetch.Reason
	}{
		{"nobody listens", "http", func(t *testing.T) string {
			t.Helper()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			return l.Addr().String()
		}, fetch.NetworkRefused},
		{"a certificate of an unknown authority", "https", untrusted, fetch.NetworkTLS},
		{"a server that wants a client certificate", "https", wantsCertificate, fetch.NetworkTLS},
		{"plain HTTP on a TLS port", "https", raw("HTTP/1.1 400 Bad Request\r\n\r\n"), fetch.NetworkTLS},
		{"something else on a TLS port", "https", raw("SSH-2.0-OpenSSH\r\n"), fetch.NetworkTLS},
		{"no answer", "http", raw(""), fetch.NetworkProtocol},
		{"no HTTP", "http", raw("hello, world\n"), fetch.NetworkProtocol},
		{"a header that is none", "http", raw("HTTP/1.1 200 OK\r\nabc\r\n\r\n"), fetch.NetworkProtocol},
		{"two different lengths", "http", raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), fetch.NetworkProtocol},
		{"a body that is cut off", "http", raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), fetch.NetworkProtocol},
		{"chunks that are none", "http", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), fetch.NetworkProtocol},
		{"a head over the limit", "http", raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20000) + "\r\n\r\n"), fetch.NetworkTooLarge},
		{"a server that hangs", "http", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhang"), fetch.NetworkTimeout},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rt := &http.Transport{MaxResponseHeaderBytes: 1000, TLSClientConfig: &tls.Config{}}
			if c.name == "a server that wants a client certificate" {
				rt.TLSClientConfig.InsecureSkipVerify = true
			}
			t.Cleanup(rt.CloseIdleConnections)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if c.want == fetch.NetworkTimeout {
				ctx, cancel = context.WithTimeout(t.Context(), 250*time.Millisecond)
				defer cancel()
			}
			_, _, err := trip(ctx, rt, &fetch.HTTPRequest{Method: "GET", URL: c.scheme + "://" + c.address(t) + "/"})
			wantNetworkError(t, err, c.want)
		})
	}
	t.Run("no such name", func(t *testing.T) {
		t.Parallel()
		rt := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		}}
		_, _, err := trip(t.Context(), rt, &fetch.HTTPRequest{Method: "GET", URL: "http://nowhere.example/"})
		wantNetworkError(t, err, fetch.NetworkDNS)
	})
	t.Run("a canceled context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := trip(ctx, http.DefaultTransport, &fetch.HTTPRequest{Method: "GET", URL: "http://127.0.0.1:1/"})
		wantNetworkError(t, err, fetch.Aborted)
	})
}

func TestClassify(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want fetch.Reason
	}{
		{"nil", nil, fetch.NetworkFailed},
		{"an unknown error", errors.New("odd"), fetch.NetworkFailed},
		{"a reason that is known stays", fmt.Errorf("x: %w", &fetch.NetworkError{Reason: fetch.NetworkTooLarge, Err: io.EOF}), fetch.NetworkTooLarge},
		{"canceled", fmt.Errorf("x: %w", context.Canceled), fetch.Aborted},
		{"the context's deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), fetch.NetworkTimeout},
		{"a socket's deadline", &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, fetch.NetworkTimeout},
		{"a connection that timed out in the kernel", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ETIMEDOUT)}, fetch.NetworkTimeout},
		{"no such host", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, fetch.NetworkDNS},
		{"a resolver that gave up by itself", &net.DNSError{IsTimeout: true}, fetch.NetworkDNS},
		{"refused", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, fetch.NetworkRefused},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, fetch.NetworkFailed},
		{"unreachable", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, fetch.NetworkFailed},
		{"a host name that does not fit", x509.HostnameError{Certificate: new(x509.Certificate)}, fetch.NetworkTLS},
		{"a certificate that has expired", x509.CertificateInvalidError{Reason: x509.Expired}, fetch.NetworkTLS},
		{"an alert from the other side", &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}, fetch.NetworkTLS},
		{"an end too early", fmt.Errorf("x: %w", io.ErrUnexpectedEOF), fetch.NetworkProtocol},
		{"HTTP/2 says so", errors.New("stream error: stream ID 1; PROTOCOL_ERROR"), fetch.NetworkProtocol},
		{"HTTP/2 has a limit", errors.New("http2: response header list larger than advertised limit"), fetch.NetworkTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fetch.Classify(c.err); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
