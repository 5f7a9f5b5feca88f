package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/e2e/browser"
	"github.com/drawbridge-cors/drawbridge/e2e/page"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// How long the program may take.
const (
	buildTime = 5 * time.Minute // With an empty cache.
	demoTime  = time.Minute
	endTime   = 15 * time.Second
)

// maxDemo is how long the demo's JSON may be, in bytes.
const maxDemo = 1 << 20

// A demoReport is what this test reads of the program's JSON, schema drawbridge.demo/v1.
type demoReport struct {
	Schema string     `json:"schema"`
	Page   string     `json:"page"`
	Cases  []demoCase `json:"cases"`
}

// A demoCase is one case. Command is the command line that repeats it by hand, so it says what the page asked.
type demoCase struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`
	Command    string   `json:"command"`
	Verdict    string   `json:"verdict"`
	Reason     string   `json:"reason"`
	ServerSaw  []string `json:"serverSaw"`
	AsExpected bool     `json:"asExpected"`
}

// A demoException is a case in which one browser leaves the verdict.
type demoException struct {
	id      string
	browser browser.Kind
	// verdict is the browser's.
	verdict string
	cause   string
}

// demoExceptions must be complete and true: the test fails for a difference that is not here, and for an entry that is none any more.
// There is none so far: the demo shows what all browsers do.
var demoExceptions = []demoException{}

// What the demo says about its cases is what browsers do with them.
func TestDemoTellsWhatBrowsersDo(t *testing.T) {
	t.Parallel()

	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	report := startDemo(t, "http://localhost:"+port)
	pages := servePages(t, listener, report)
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			browser.Need(t, kind)

			ctx, cancel := context.WithTimeout(t.Context(), visitTime)
			defer cancel()
			b, err := browser.Launch(ctx, kind, report.Page+pages[kind].Path())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			})
			outcomes, err := pages[kind].Wait(ctx, b.Done())
			if err != nil {
				t.Errorf("%v; it printed:\n%s", err, b.Log())
			}
			compareDemo(t, kind, report.Cases, outcomes)
		})
	}
}

// compareDemo holds what was heard of a browser to the verdicts. A case that was not heard of is left out.
func compareDemo(t *testing.T, kind browser.Kind, cases []demoCase, outcomes []page.Outcome) {
	t.Helper()

	for _, c := range cases {
		n := c.repeat()
		if len(outcomes) < n {
			return
		}
		// The verdict is that of the last call.
		last := outcomes[n-1]
		outcomes = outcomes[n:]
		want, cause := c.Verdict, "the demo's verdict"
		i := slices.IndexFunc(demoExceptions, func(e demoException) bool { return e.id == c.ID && e.browser == kind })
		if i >= 0 {
			want, cause = demoExceptions[i].verdict, "an exception: "+demoExceptions[i].cause
			if want == c.Verdict {
				t.Errorf("%s: the exception for %s is none: the demo's verdict is %s too", c.ID, kind, want)
			}
		}
		if got := verdict(last); got != want {
			t.Errorf("%s: %s: got %s (%s %s %s %d), want %s (%s; reason %s)", c.ID, c.Command, got, last.Outcome, last.Error, last.Type, last.Status,
				want, cause, cmp.Or(c.Reason, "none"))
		}
	}
}

// verdict says what an outcome is in the program's words.
func verdict(o page.Outcome) string {
	switch {
	case o.Outcome == page.Answered && (o.Type == fetch.CORSResponse || o.Type == fetch.BasicResponse):
		return "allowed"
	case o.Outcome == page.Answered && o.Type == fetch.OpaqueResponse:
		return "opaque"
	case o.Outcome == page.Rejected && o.Error == "TypeError":
		return "blocked"
	default:
		return "unknown"
	}
}

// startDemo builds and starts the program's demo for a page of that origin. It stays up until the test ends. It then must end in order.
func startDemo(t *testing.T, origin string) demoReport {
	t.Helper()

	program := buildProgram(t)
	// Not the test's context: that ends before the clean-up, which interrupts.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, "demo", "--format", "json", "--origin", origin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.WaitDelay = endTime
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		late := time.AfterFunc(endTime, cancel)
		defer late.Stop()
		_ = cmd.Process.Signal(os.Interrupt)
		err := cmd.Wait()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 130 {
			t.Errorf("drawbridge demo, interrupted: got %v, want exit status 130; it printed:\n%s", err, stderr.String())
		}
	})

	late := time.AfterFunc(demoTime, cancel)
	defer late.Stop()
	var report demoReport
	if err := json.NewDecoder(io.LimitReader(stdout, maxDemo)).Decode(&report); err != nil {
		t.Fatalf("drawbridge demo --format json: %v", err)
	}
	if want := "drawbridge.demo/v1"; report.Schema != want {
		t.Fatalf("schema: got %q, want %q", report.Schema, want)
	}
	if len(report.Cases) < 12 {
		t.Errorf("got %d cases, want a dozen at least", len(report.Cases))
	}
	for _, c := range report.Cases {
		if !c.AsExpected {
			t.Errorf("%s: verdict %s, reason %q, server saw %q: not what the demo itself expects", c.ID, c.Verdict, c.Reason, c.ServerSaw)
		}
	}
	return report
}

// buildProgram builds the program as it stands beside these tests.
func buildProgram(t *testing.T) string {
	t.Helper()

	ctx, cancel := context.WithTimeout(t.Context(), buildTime)
	defer cancel()
	program := filepath.Join(t.TempDir(), "drawbridge")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	cmd.Dir = filepath.Join("..", "cmd", "drawbridge")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// servePages serves, on a listener on the origin that the demo takes for its page's, a page for each browser with the calls of all cases.
func servePages(t *testing.T, listener net.Listener, report demoReport) map[browser.Kind]*page.Page {
	t.Helper()

	var calls []page.Call
	for _, c := range report.Cases {
		call, err := c.call()
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		for range c.repeat() {
			calls = append(calls, call)
		}
	}
	pages := map[browser.Kind]*page.Page{}
	mux := http.NewServeMux()
	for _, kind := range browser.Kinds() {
		p := page.New("/"+string(kind), calls)
		mux.Handle(p.Path(), p)
		pages[kind] = p
	}

	server := &http.Server{Handler: mux, ReadTimeout: visitTime, WriteTimeout: visitTime}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return pages
}

// repeat is how often the page made the request: what reached the server, but for preflights.
func (c demoCase) repeat() int {
	n := 0
	for _, method := range c.ServerSaw {
		if method != http.MethodOptions {
			n++
		}
	}
	return max(n, 1)
}

// call makes the command line a call of fetch(). An argument that it does not know is an error: the case would not be the same.
func (c demoCase) call() (page.Call, error) {
	words, err := splitWords(c.Command)
	if err != nil {
		return page.Call{}, err
	}
	if len(words) < 3 || words[1] != "check" || words[2] != c.URL {
		return page.Call{}, fmt.Errorf("command %q: want drawbridge check %s", c.Command, c.URL)
	}
	call := page.Call{URL: c.URL}
	for rest := words[3:]; len(rest) > 0; {
		flag := rest[0]
		rest = rest[1:]
		// The only one that takes no value.
		if flag == "--credentials" {
			call.Credentials = fetch.CredentialsInclude
			continue
		}
		if len(rest) == 0 {
			return page.Call{}, fmt.Errorf("command %q: %s without a value", c.Command, flag)
		}
		value := rest[0]
		rest = rest[1:]
		switch flag {
		case "--origin":
			// The page is served there.
		case "-X":
			call.Method = value
		case "-H":
			name, text, _ := strings.Cut(value, ": ")
			call.Header = append(call.Header, header.Field{Name: name, Value: text})
		case "--mode":
			call.Mode = fetch.Mode(value)
		case "--json":
			call.Method = cmp.Or(call.Method, http.MethodPost)
			call.Header = append(call.Header, header.Field{Name: header.ContentType, Value: "application/json"})
			call.Body = &value
		case "-b":
			// A browser may refuse a cookie from another site. No case depends on it: CORS asks for the mode, not for cookies.
		default:
			return page.Call{}, fmt.Errorf("command %q: %s is unknown here", c.Command, flag)
		}
	}
	return call, nil
}

// splitWords splits a command line as a shell does, as far as the demo quotes: with single quotes.
func splitWords(line string) ([]string, error) {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var word strings.Builder
		for line != "" && line[0] != ' ' {
			switch i := strings.IndexAny(line, " '\"\\$`"); {
			case i < 0:
				word.WriteString(line)
				line = ""
			case i > 0:
				word.WriteString(line[:i])
				line = line[i:]
			case line[0] == '\'':
				quoted, rest, ok := strings.Cut(line[1:], "'")
				if !ok {
					return nil, errors.New("a quotation mark without its pair")
				}
				word.WriteString(quoted)
				line = rest
			default:
				return nil, fmt.Errorf("%q is no character that the demo prints outside of single quotes", line[0])
			}
		}
		words = append(words, word.String())
	}
	return words, nil
}
