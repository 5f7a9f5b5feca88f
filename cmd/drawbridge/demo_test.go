package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/report"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/shellwords"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// startDemo starts the demo's server on real sockets.
func startDemo(t *testing.T) *demoServer {
	t.Helper()
	var listeners []net.Listener
	for range 2 {
		l, err := listenLoopback(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	s := newDemoServer(listeners[0], listeners[1], demoPage, demoCases())
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
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nConnection: close\r\n\r\n", method, path, demoPage)
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

func TestDemoServerAnswers(t *testing.T) {
	t.Parallel()
	s := startDemo(t)
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
			equal(t, "status", status, c.status)
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

func TestDemoServerRemembersWhatItSaw(t *testing.T) {
	t.Parallel()
	s := startDemo(t)
	for range maxSeen + 5 {
		rawExchange(t, s.API, "PUT", "/cache")
	}
	equalStrings(t, "seen", s.takeSeen("/cache"), slices.Repeat([]string{"PUT"}, maxSeen))
	equalStrings(t, "after that", s.takeSeen("/cache"), nil)
}

func TestDemoCasesHoldTogether(t *testing.T) {
	t.Parallel()
	situation := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	reasons := fetch.Reasons()
	for _, c := range demoCases() {
		for _, key := range []string{"id " + c.ID, "path " + c.Path + c.URL} {
			if seen[key] {
				t.Errorf("two cases have the %s", key)
			}
			seen[key] = true
		}
		if !situation.MatchString(c.ID) || c.Situation != "" && !situation.MatchString(c.Situation) {
			t.Errorf("%s: got the situation %q, want kebab-case", c.ID, c.Situation)
		}
		if c.Title == "" || len([]rune(c.asked())) > 24 {
			t.Errorf("%s: the title %q or what is asked, %q, does not fit", c.ID, c.Title, c.asked())
		}
		if blocked := c.Verdict == verdictBlocked; blocked != (c.Reason != "") || blocked && !slices.Contains(reasons, c.Reason) {
			t.Errorf("%s: the verdict %q does not go with the reason %q", c.ID, c.Verdict, c.Reason)
		}
	}
}

// TestDemoCommands holds what the demo prints against what the demo does: each command line must make the same check.
func TestDemoCommands(t *testing.T) {
	t.Parallel()
	s := startDemo(t)
	for _, c := range s.cases {
		want, err := s.options(c, demoTimeout)
		if err != nil {
			t.Fatal(err)
		}
		words, _, err := shellwords.SplitPOSIX(c.command("drawbridge", s.url(c), s.Page))
		if err != nil {
			t.Fatal(err)
		}
		got := mustParse(t, words[2:]...)
		line := func(o checkOptions) string {
			r := o.Request
			body := ""
			if r.Body != nil {
				body = string(r.Body.Source) + r.Body.Type
			}
			return fmt.Sprint(r.URL, r.Method, r.Mode, r.Credentials, r.Client.Origin, o.Cookies, body)
		}
		if line(got) != line(want) {
			t.Errorf("%s: got %s, want %s", c.ID, line(got), line(want))
		}
	}
}

// TestDemoOnce runs the real command: the engine, over real sockets, must come to every verdict that browsers are known to come to.
func TestDemoOnce(t *testing.T) {
	t.Parallel()
	p := newProgram(strings.NewReader(""), nil, nil)
	code, stdout, stderr := runProgram(t, p, "demo", "--once")
	equal(t, "exit status", code, exitAllowed)
	equal(t, "stderr", stderr, "")
	if strings.Contains(stdout, "known to be") || strings.Contains(stdout, "\x1b") {
		t.Errorf("got a table with a wrong verdict or with colour:\n%s", stdout)
	}
	rows := 0
	for line := range strings.Lines(stdout) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
			t.Errorf("more than 80 columns: %q", line)
		}
		if strings.HasPrefix(line, "✓") || strings.HasPrefix(line, "✗") || strings.HasPrefix(line, "●") {
			rows++
		}
	}
	equal(t, "rows", rows, len(demoCases()))

	_, ascii, _ := runProgram(t, newProgram(strings.NewReader(""), nil, nil), "demo", "--once", "--ascii", "--color", "never")
	if strings.ContainsFunc(ascii, func(r rune) bool { return r > 0x7e }) {
		t.Errorf("--ascii: got\n%s", ascii)
	}
	_, colored, _ := runProgram(t, newProgram(strings.NewReader(""), nil, nil), "demo", "--once", "--color", "always")
	if !strings.Contains(colored, "\x1b[32m✓ allowed ") {
		t.Errorf("--color always: got\n%s", colored)
	}
}

func TestDemoJSON(t *testing.T) {
	t.Parallel()
	code, stdout, _ := runProgram(t, newProgram(strings.NewReader(""), nil, nil), "demo", "--once", "--format", "json")
	equal(t, "exit status", code, exitAllowed)
	var got demoReport
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	equal(t, "schema", got.Schema, "drawbridge.demo/v1")
	equal(t, "cases", len(got.Cases), len(demoCases()))
	for _, c := range got.Cases {
		if !c.Expected || c.Summary == "" || c.Command == "" || c.ServerSaw == nil {
			t.Errorf("got %+v", c)
		}
	}
}

// A lockedBuffer may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestDemoStaysUpUntilInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	var out lockedBuffer
	p := newProgram(strings.NewReader(""), &out, io.Discard)
	p.judge = func(context.Context, checkOptions) checkResult {
		return checkResult{Verdict: verdictUnknown, Summary: "not now"}
	}
	ended := make(chan int, 1)
	go func() { ended <- p.run(ctx, []string{"demo"}) }()
	for !strings.Contains(out.String(), "-X patch\n") {
		select {
		case code := <-ended:
			t.Fatalf("ended with %d before it was interrupted:\n%s", code, out.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	text := out.String()
	equal(t, "commands", strings.Count(text, "  drawbridge check http://127.0.0.1:"), 3)
	equal(t, "cases that are not as known", strings.Count(text, "known to be"), len(demoCases()))
	base := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text)
	if status, _, _ := rawExchange(t, base, http.MethodGet, "/public"); status != http.StatusOK {
		t.Errorf("while it stays up: got %d", status)
	}
	interrupt()
	equal(t, "exit status", <-ended, exitInterrupted)
}

// TestDemoInterruptedAmongItsCases: half a table would say that the other half is fine.
func TestDemoInterruptedAmongItsCases(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout, stderr bytes.Buffer
	p := newProgram(strings.NewReader(""), &stdout, &stderr)
	judged := 0
	p.judge = func(context.Context, checkOptions) checkResult {
		if judged++; judged == 3 {
			interrupt()
		}
		return checkResult{Verdict: verdictAllowed}
	}
	equal(t, "exit status", p.run(ctx, []string{"demo", "--once"}), exitInterrupted)
	equal(t, "cases judged", judged, 3)
	equal(t, "stdout", stdout.String(), "")
	equal(t, "stderr", stderr.String(), "")
}

func TestDemoVerdictLooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, verdict string
		style         report.Style
		want          string
	}{
		{"allowed has a tick", verdictAllowed, report.Style{}, "✓ allowed  "},
		{"opaque has a dot", verdictOpaque, report.Style{}, "● opaque   "},
		{"blocked has a cross", verdictBlocked, report.Style{}, "✗ blocked  "},
		{"unknown has a question mark", verdictUnknown, report.Style{}, "? unknown  "},
		{"ASCII has a plus for allowed", verdictAllowed, report.Style{ASCII: true}, "+ allowed  "},
		{"ASCII has a star for opaque", verdictOpaque, report.Style{ASCII: true}, "* opaque   "},
		{"ASCII has an x for blocked", verdictBlocked, report.Style{ASCII: true}, "x blocked  "},
		{"ASCII has a question mark for unknown", verdictUnknown, report.Style{ASCII: true}, "? unknown  "},
		{"allowed is green", verdictAllowed, report.Style{Color: true}, "\x1b[32m✓ allowed \x1b[0m "},
		{"opaque is yellow", verdictOpaque, report.Style{Color: true}, "\x1b[33m● opaque  \x1b[0m "},
		{"blocked is red", verdictBlocked, report.Style{Color: true}, "\x1b[31m✗ blocked \x1b[0m "},
		{"unknown is yellow", verdictUnknown, report.Style{Color: true}, "\x1b[33m? unknown \x1b[0m "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := demoRow{demoCase: demoCase{Path: "/x"}, result: checkResult{Verdict: c.verdict}}.line(c.style)
			if !strings.HasPrefix(got, c.want+"GET /x ") {
				t.Errorf("got %q, want it to start with %q", got, c.want)
			}
		})
	}
}

// TestDemoReportsAWrongVerdict: a demo whose verdicts are not the known ones is our own fault.
func TestDemoReportsAWrongVerdict(t *testing.T) {
	t.Parallel()
	p := newProgram(strings.NewReader(""), nil, nil)
	p.judge = func(context.Context, checkOptions) checkResult { return checkResult{Verdict: verdictAllowed} }
	code, _, stderr := runProgram(t, p, "demo", "--once")
	equal(t, "exit status", code, exitInternal)
	if !strings.Contains(stderr, "please report") {
		t.Errorf("stderr: got %q", stderr)
	}
}

func TestInvocation(t *testing.T) {
	t.Parallel()
	equal(t, "installed", invocation(filepath.Join("usr", "bin", "drawbridge"), nil), "drawbridge")
	equal(t, "by go run", invocation("/x/go-build12/b001/exe/drawbridge", nil), "go run ./cmd/drawbridge")
	equal(t, "unknown", invocation("", os.ErrNotExist), "drawbridge")
}
