package demoapi_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/demoapi"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// The lines that a server says yes with.
const (
	allowAny         = "Access-Control-Allow-Origin: *"
	allowCredentials = "Access-Control-Allow-Credentials: true"
	varyOrigin       = "Vary: Origin"
)

// start serves all cases on real sockets.
func start(t *testing.T) *demoapi.Server {
	t.Helper()
	var listeners []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	s := demoapi.Serve(listeners[0], listeners[1], demoapi.DefaultPage, demoapi.Cases())
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// rawExchange sends a request on a socket of its own and returns the status and the header lines as they came, without those of every
// response.
func rawExchange(t *testing.T, base, method, path string) (status int, header []string, body string) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nConnection: close\r\n\r\n", method, path, demoapi.DefaultPage)
	text, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\r\n\r\n")
	for i, line := range strings.Split(head, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); {
		case i == 0:
			if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
				t.Fatal(err)
			}
		case !slices.Contains([]string{"Date", "Content-Length", "Connection", "Content-Type"}, name):
			header = append(header, line)
		}
	}
	slices.Sort(header)
	return status, header, body
}

func TestServerAnswers(t *testing.T) {
	t.Parallel()
	s := start(t)
	const page = "Access-Control-Allow-Origin: http://localhost:3000"
	for _, c := range []struct {
		name, method, path string
		status             int
		header             []string
	}{
		{"no headers", "GET", "/no-headers", 200, nil},
		{"any origin", "GET", "/public", 200, []string{allowAny}},
		{"the exact origin", "GET", "/exact", 200, []string{allowCredentials, page, varyOrigin}},
		{"a wildcard with credentials", "GET", "/star", 200, []string{allowCredentials, allowAny}},
		{"two lines stay two lines", "GET", "/two-lines", 200, []string{allowAny, page}},
		{"a slash at the end", "GET", "/slash", 200, []string{page + "/", varyOrigin}},
		{"another port", "GET", "/port", 200, []string{"Access-Control-Allow-Origin: http://localhost:5173", varyOrigin}},
		{"null", "GET", "/null", 200, []string{"Access-Control-Allow-Origin: null"}},
		{"True", "GET", "/True", 200, []string{"Access-Control-Allow-Credentials: True", page, varyOrigin}},
		{"401 for OPTIONS", "OPTIONS", "/401", 401, []string{`Www-Authenticate: Bearer realm="demo"`}},
		{"and 200 for GET", "GET", "/401", 200, []string{page, varyOrigin}},
		{"404 for OPTIONS", "OPTIONS", "/404", 404, nil},
		{"a redirect for OPTIONS", "OPTIONS", "/moved", 308, []string{page, "Location: " + s.API + "/moved/", varyOrigin}},
		{"headers without Authorization", "OPTIONS", "/token", 204, []string{"Access-Control-Allow-Headers: content-type", page, varyOrigin}},
		{"upper-case PATCH", "OPTIONS", "/patch", 204, []string{"Access-Control-Allow-Methods: GET, PATCH", page, varyOrigin}},
		{"ten minutes", "OPTIONS", "/cache", 204, []string{"Access-Control-Allow-Methods: PUT", page, "Access-Control-Max-Age: 600", varyOrigin}},
		{"nothing after the preflight", "PUT", "/only-options", 200, nil},
		{"an error page", "GET", "/500", 500, nil},
		{"a redirect to the other origin", "GET", "/away", 302, []string{page, "Location: " + s.Other + "/away/next", varyOrigin}},
		{"an unexposed header", "GET", "/total", 200, []string{allowAny, "X-Total-Count: 42"}},
		{"an unknown path", "GET", "/nowhere", 404, nil},
		{"OPTIONS where none is known", "OPTIONS", "/public", 404, nil},
		{"OPTIONS for the whole server", "OPTIONS", "*", 404, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, header, body := rawExchange(t, s.API, c.method, c.path)
			if status != c.status {
				t.Errorf("status: got %d, want %d", status, c.status)
			}
			slices.Sort(c.header)
			if !slices.EqualFunc(header, c.header, strings.EqualFold) {
				t.Errorf("headers: got %q, want %q", header, c.header)
			}
			if c.status == 200 && !json.Valid([]byte(body)) {
				t.Errorf("body: got %q, want JSON", body)
			}
		})
	}
	status, header, _ := rawExchange(t, s.Other, "GET", "/away/next")
	if want := []string{page, varyOrigin}; status != 200 || !slices.Equal(header, want) {
		t.Errorf("the other origin: got %d %q, want 200 %q", status, header, want)
	}
}

func TestServerRemembersWhatItSaw(t *testing.T) {
	t.Parallel()
	s := start(t)
	const limit = 16
	for range limit + 5 {
		rawExchange(t, s.API, "PUT", "/cache")
	}
	if got, want := s.TakeSeen("/cache"), slices.Repeat([]string{"PUT"}, limit); !slices.Equal(got, want) {
		t.Errorf("seen: got %q, want %q", got, want)
	}
	if got := s.TakeSeen("/cache"); len(got) > 0 {
		t.Errorf("after that: got %q, want nothing", got)
	}
}

func TestCasesHoldTogether(t *testing.T) {
	t.Parallel()
	situation := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	reasons := fetch.Reasons()
	for _, c := range demoapi.Cases() {
		for _, key := range []string{"id " + c.ID, "path " + c.Path + c.URL} {
			if seen[key] {
				t.Errorf("two cases have the %s", key)
			}
			seen[key] = true
		}
		if !situation.MatchString(c.ID) || c.Situation != "" && !situation.MatchString(c.Situation) {
			t.Errorf("%s: got the situation %q, want kebab-case", c.ID, c.Situation)
		}
		if c.Title == "" || !slices.Contains([]string{demoapi.Allowed, demoapi.Opaque, demoapi.Blocked}, c.Verdict) {
			t.Errorf("%s: got the title %q and the verdict %q", c.ID, c.Title, c.Verdict)
		}
		if blocked := c.Verdict == demoapi.Blocked; blocked != (c.Reason != "") || blocked && !slices.Contains(reasons, c.Reason) {
			t.Errorf("%s: the verdict %q does not go with the reason %q", c.ID, c.Verdict, c.Reason)
		}
	}
}

func TestServerRequest(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range s.Cases {
		r, err := s.Request(c)
		if err != nil {
			t.Fatal(err)
		}
		want := s.API + c.Path
		if c.URL != "" {
			want = c.URL
		}
		if r.URL != want || r.URL != s.URL(c) || r.Client.Origin.String() != demoapi.DefaultPage {
			t.Errorf("%s: got %q for a page on %s, want %q for %s", c.ID, r.URL, r.Client.Origin, want, demoapi.DefaultPage)
		}
		if r.Method == "" || r.Mode == "" || r.Credentials == "" {
			t.Errorf("%s: got a request with a hole: %q, %q, %q", c.ID, r.Method, r.Mode, r.Credentials)
		}
	}
	s.Page = "no origin"
	if r, err := s.Request(s.Cases[0]); err == nil {
		t.Errorf("for a page without an origin: got %+v", r)
	}
}

func TestServerClosesItsConnections(t *testing.T) {
	t.Parallel()
	s := start(t)
	var conns []net.Conn
	for _, base := range []string{s.API, s.Other} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		conns = append(conns, conn)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, conn := range conns {
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: got %v, want a connection that has ended", conn.RemoteAddr(), err)
		}
	}
}
