package main

import (
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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/demoapi"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/report"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/shellwords"
)

// startDemo starts the demo's server on real sockets.
func startDemo(t *testing.T) *demoapi.Server {
	t.Helper()
	var listeners []net.Listener
	for range 2 {
		l, err := listenLoopback(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	s := demoapi.Serve(listeners[0], listeners[1], demoapi.DefaultPage, demoapi.Cases())
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// The table has its columns.
func TestDemoCasesFit(t *testing.T) {
	t.Parallel()
	for _, c := range demoapi.Cases() {
		if asked := (demoRow{Case: c}).asked(); len([]rune(asked)) > 24 {
			t.Errorf("%s: what is asked, %q, does not fit", c.ID, asked)
		}
	}
}

// TestDemoCommands holds what the demo prints against what the demo does: each command line must make the same check.
func TestDemoCommands(t *testing.T) {
	t.Parallel()
	s := startDemo(t)
	for _, c := range s.Cases {
		want, err := demoOptions(s, c)
		if err != nil {
			t.Fatal(err)
		}
		words, _, err := shellwords.SplitPOSIX(demoRow{Case: c}.command("drawbridge", s.URL(c), s.Page))
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
	equal(t, "rows", rows, len(demoapi.Cases()))

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
	equal(t, "cases", len(got.Cases), len(demoapi.Cases()))
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
	equal(t, "cases that are not as known", strings.Count(text, "known to be"), len(demoapi.Cases()))
	base := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text)
	response, err := http.Get(base + "/public")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	equal(t, "status while it stays up", response.StatusCode, http.StatusOK)
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
			got := demoRow{Case: demoapi.Case{Path: "/x"}, result: checkResult{Verdict: c.verdict}}.line(c.style)
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
