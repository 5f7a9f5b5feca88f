package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"drawbridge": main})
}

// TestScripts runs the real program as a process of its own: against the demo's API, and against servers that misbehave. One file
// holds the commands and what they print; -update rewrites it.
//
// Addresses in scripts are fixed and routed by --connect-to, so that what is printed is the same everywhere.
func TestScripts(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	env := map[string]string{
		"API":     "localhost:8080:" + strings.TrimPrefix(server.API, "http://"),
		"HANG":    "localhost:8080:" + hanging(t, ""),
		"MIDWAY":  "localhost:8080:" + hanging(t, "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Le"),
		"FLOOD":   "localhost:8080:" + flooding(t, "HTTP/1.1 200 OK\r\n", "X-Flood: 0123456789\r\n"),
		"ENDLESS": "localhost:8080:" + flooding(t, "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n\r\n", strings.Repeat("x", 1<<12)),
		"LOOP":    "localhost:8080:" + serve(t, http.HandlerFunc(redirectForever)),
		"ODD":     "localhost:8080:" + talking(t, "HTTP/1.1 200 OK\r\naccess-control-allow-origin: http://localhost:3000\x01\r\ncontent-length: 0\r\n\r\n"),
		"GARBAGE": "localhost:8080:" + talking(t, "SSH-2.0-OpenSSH_9.2p1\r\n"),
		"ECHO":    "localhost:8080:" + serve(t, http.HandlerFunc(allowAll)),
		"SECURE":  "api.example:443:" + secure(t, allowAll),
		"SHOP":    "api.example:443:" + secure(t, shop),
		"CLOSED":  "localhost:8080:" + closed(t),
		"ECHO4":   "127.0.0.1:8080:" + serve(t, http.HandlerFunc(allowAll)),
		// The wildcard covers Authorization in browsers, and not in the standard.
		"WILDCARD": "localhost:8080:" + serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Headers", "*")
		})),
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for name, value := range env {
				e.Setenv(name, value)
			}
			// A terminal's settings must not matter.
			e.Setenv("NO_COLOR", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "narrow": narrow, "plain": plain},
	})
}

// exits runs the program and wants an exact exit status: exits 1 check URL.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("drawbridge", args[1:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// changing is what differs from run to run.
var changing = regexp.MustCompile(`(?i)"durationMs": [0-9.e+-]+|"remoteAddr": "[^"]*"|127\.0\.0\.1:[0-9]{4,5}|date: [^"\n]*GMT|"Date",\n +"[^"]*"|[0-9.]+ ms\b`)

// plain writes stdout to a file with what changes from run to run replaced: plain FILE.
func plain(ts *testscript.TestScript, _ bool, args []string) {
	out := changing.ReplaceAllStringFunc(ts.ReadFile("stdout"), func(s string) string {
		key, _, _ := strings.Cut(s, ":")
		switch {
		case strings.HasPrefix(s, `"Date"`):
			return `"Date", (changes)`
		case strings.HasSuffix(s, " ms"):
			return "N ms"
		case key == "127.0.0.1":
			return key + ":PORT"
		default:
			return key + ": (changes)"
		}
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out), 0o600))
}

// narrow wants stdout to fit 80 columns.
func narrow(ts *testscript.TestScript, _ bool, _ []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			ts.Fatalf("a line of %d columns: %s", n, line)
		}
	}
}

// serve returns the address of an HTTP server.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// secure returns the address of a TLS server with a certificate that nobody trusts. It speaks HTTP/2.
func secure(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// allowAll allows what is asked, and tells in its body what it got.
func allowAll(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Vary", "Origin")
	h.Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	fmt.Fprint(w, "ok")
}

// shop is the API of the README: "*" and two methods, for a page that sends cookies and wants to PUT.
func shop(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "content-type")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	fmt.Fprint(w, "ok")
}

func redirectForever(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
}

// talking returns the address of a server that says one thing to everybody and hangs up.
func talking(t *testing.T, says string) string {
	t.Helper()
	return converse(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<12))
		_, _ = c.Write([]byte(says))
	})
}

// hanging returns the address of a server that says something and then nothing more.
func hanging(t *testing.T, says string) string {
	t.Helper()
	return converse(t, func(c net.Conn) {
		_, _ = c.Write([]byte(says))
		// Until the other side has had enough.
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		for buffer := make([]byte, 1<<12); ; {
			if _, err := c.Read(buffer); err != nil {
				return
			}
		}
	})
}

// flooding returns the address of a server that says something and then the same for ever: 1 GB of it at most.
func flooding(t *testing.T, says, again string) string {
	t.Helper()
	return converse(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<12))
		_, _ = c.Write([]byte(says))
		for sent := 0; sent < 1<<30; sent += len(again) {
			if _, err := c.Write([]byte(again)); err != nil {
				return
			}
		}
	})
}

// closed returns an address where nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func converse(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				talk(c)
			}()
		}
	}()
	return l.Addr().String()
}

// TestScriptsAreAll finds scripts that no test would run because of their ending.
func TestScriptsAreAll(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("testdata/script/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if ext := filepath.Ext(name); ext != ".txtar" && ext != ".txt" {
			t.Errorf("%s: got ending %q, want .txtar", name, ext)
		}
	}
}

// TestReadme holds the README's first screen to what the program prints.
func TestReadme(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("testdata/script/readme.txtar")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(string(script), "-- want1 --\n")
	if want == "" || !strings.Contains(string(readme), want) {
		t.Errorf("README.md: got another report than testdata/script/readme.txtar has, want\n%s", want)
	}
}
