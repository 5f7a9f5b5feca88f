package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// startTLS starts a real HTTPS server with a certificate that nobody trusts.
func startTLS(t *testing.T, http2 bool, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = http2
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// trusting is the configuration of a user who trusts s.
func trusting(s *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{RootCAs: roots}
}

func sayProto(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }

func TestTLS(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true, sayProto)
	port := s.Listener.Addr().(*net.TCPAddr).Port
	cases := []struct {
		name    string
		url     string
		options []wire.Option
		want    string
	}{
		{"an unknown authority is refused", s.URL, nil, ""},
		{"a certificate for another name is refused", fmt.Sprintf("https://localhost:%d", port), []wire.Option{wire.WithTLS(trusting(s))}, ""},
		{"a known authority", s.URL, []wire.Option{wire.WithTLS(trusting(s))}, "HTTP/2.0"},
		{"no verification", s.URL, []wire.Option{wire.WithTLS(&tls.Config{InsecureSkipVerify: true})}, "HTTP/2.0"},
		{"HTTP/1.1 only", s.URL, []wire.Option{wire.WithTLS(trusting(s)), wire.WithHTTP1Only()}, "HTTP/1.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			response, body, err := get(t, newTransport(t, c.options...), c.url+"/")
			if c.want == "" {
				wantReason(t, err, fetch.NetworkTLS)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if response.Proto != c.want || body != c.want || response.TLS != "TLS 1.3" {
				t.Errorf("got %s, %s at the server, %s; want %s over TLS 1.3", response.Proto, body, response.TLS, c.want)
			}
			if response.RemoteAddr != s.Listener.Addr().String() {
				t.Errorf("address: got %q, want %q", response.RemoteAddr, s.Listener.Addr())
			}
		})
	}
	t.Run("a server without HTTP/2", func(t *testing.T) {
		t.Parallel()
		s := startTLS(t, false, sayProto)
		response, _, err := get(t, newTransport(t, wire.WithTLS(trusting(s))), s.URL+"/")
		if err != nil || response.Proto != "HTTP/1.1" {
			t.Errorf("got %v, %v; want HTTP/1.1", response, err)
		}
	})
}

func TestTLS_notTLS(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, says, want string }{
		{"a server that speaks plain HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "speaks plain HTTP"},
		{"a server that speaks something else", "SSH-2.0-OpenSSH\r\n", "does not speak TLS"},
		{"a server that closes", "", "EOF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(conn net.Conn, r *bufio.Reader) {
				r.ReadByte()
				io.WriteString(conn, c.says)
				conn.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, r)
			})
			_, _, err := get(t, newTransport(t), "https://"+s.Addr().String()+"/")
			wantReason(t, err, fetch.NetworkTLS)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func TestServerName(t *testing.T) {
	t.Parallel()
	names := make(chan string, 1)
	s := startTLS(t, false, sayProto)
	s.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil //nolint:nilnil // this is how to go on with the same configuration
	}
	// httptest's certificate is for example.com. What the user lends cannot fix the name, since redirects change it.
	config := trusting(s)
	config.ServerName = "other.example"
	dialer := redirectedDialer(s.Listener.Addr().String())
	_, _, err := get(t, wire.New(dialer, wire.WithTLS(config), wire.WithoutReuse()), "https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if got := <-names; got != "example.com" {
		t.Errorf("got %q, want example.com", got)
	}
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	s := startTLS(t, true, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, len(r.TLS.PeerCertificates))
	})
	config := trusting(s)
	config.Certificates = s.TLS.Certificates
	// With sessions that can be resumed: a resumed session must not bring the certificate along.
	config.ClientSessionCache = tls.NewLRUClientSessionCache(10)
	for _, options := range [][]wire.Option{
		{wire.WithTLS(config)},
		{wire.WithTLS(config), wire.WithoutReuse()},
		{wire.WithTLS(config), wire.WithHTTP1Only()},
		{wire.WithTLS(config), wire.WithHTTP1Only(), wire.WithoutReuse()},
	} {
		transport := newTransport(t, options...)
		for _, credentials := range []bool{true, false, true, false} {
			_, body, err := exchange(t.Context(), transport, &fetch.HTTPRequest{
				Method: "GET", URL: s.URL + "/", IncludeCredentials: credentials})
			if err != nil {
				t.Fatal(err)
			}
			want := "0"
			if credentials {
				want = "1"
			}
			if body != want {
				t.Errorf("credentials %v: got %s certificates at the server, want %s", credentials, body, want)
			}
		}
	}
}

func TestTLS_headCutOff(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n")
		conn.Close()
	})
	_, _, err := get(t, newTransport(t, wire.WithTLS(trusting(s))), s.URL+"/")
	wantReason(t, err, fetch.NetworkProtocol)
}

func TestTLS_reuse(t *testing.T) {
	t.Parallel()
	var accepted atomic.Int32
	for _, http2 := range []bool{false, true} {
		accepted.Store(0)
		s := httptest.NewUnstartedServer(http.HandlerFunc(sayProto))
		s.EnableHTTP2 = http2
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				accepted.Add(1)
			}
		}
		s.StartTLS()
		transport := newTransport(t, wire.WithTLS(trusting(s)))
		for range 3 {
			if _, _, err := get(t, transport, s.URL+"/"); err != nil {
				t.Fatal(err)
			}
		}
		if got := accepted.Load(); got != 1 {
			t.Errorf("HTTP/2 %v: got %d connections for 3 requests, want 1", http2, got)
		}
		transport.CloseIdleConnections()
		s.Close()
	}
}

// redirectedDialer dials one address, whatever is asked for.
func redirectedDialer(address string) wire.Dialer {
	return dialerFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	})
}
