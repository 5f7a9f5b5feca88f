package browser_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/e2e/browser"
)

// openTime is how long a browser may take to open a page on a busy machine.
const openTime = 45 * time.Second

func TestLaunchOpensThePageAndCloseLeavesNothing(t *testing.T) {
	t.Parallel()

	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			browser.Need(t, kind)

			ctx, cancel := context.WithTimeout(t.Context(), openTime)
			defer cancel()
			address, heard := page(t)
			b, err := browser.Launch(ctx, kind, address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })

			select {
			case got := <-heard:
				if got != "script runs" {
					t.Errorf("the page says %q, want %q", got, "script runs")
				}
			case <-b.Done():
				t.Fatalf("%s ended by itself; it printed:\n%s", kind, b.Log())
			case <-ctx.Done():
				t.Fatalf("%s opened no page; it printed:\n%s", kind, b.Log())
			}
			if n, err := b.Running(); n == 0 || err != nil {
				t.Errorf("while it is open: %d processes of it, error %v, want some", n, err)
			}

			if err := b.Close(); err != nil {
				t.Error(err)
			}
			checkGone(t, b)
			if err := b.Close(); err != nil {
				t.Errorf("closing again: %v", err)
			}
		})
	}
}

func TestLaunchEndsWithItsContext(t *testing.T) {
	t.Parallel()

	kind := browser.Firefox
	browser.Need(t, kind)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	address, _ := page(t)
	b, err := browser.Launch(ctx, kind, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })

	cancel()
	select {
	case <-b.Done():
	case <-time.After(openTime):
		t.Fatal("it runs on after its context has ended")
	}
	if err := b.Close(); err != nil { // Waits for the end that has begun.
		t.Error(err)
	}
	checkGone(t, b)

	if _, err := browser.Launch(ctx, kind, address); !errors.Is(err, context.Canceled) {
		t.Errorf("launching with a context that has ended: got error %v, want %v", err, context.Canceled)
	}
}

func TestLaunchKeepsToThisMachine(t *testing.T) {
	t.Parallel()

	for _, address := range []string{
		"https://example.com/", "http://10.0.0.1/", "http://localhost.example/", "http://127.0.0.1.example/", "file:///", "data:,", "about:blank",
		"localhost:3000", "", "http://user@example.com@localhost/", "http://localhost@example.com/", "--help",
	} {
		if _, err := browser.Launch(t.Context(), browser.Chromium, address); err == nil || errors.Is(err, browser.ErrMissing) {
			t.Errorf("Launch(%q): got error %v, want one about the URL", address, err)
		}
	}
}

func TestVersionNamesTheBrowser(t *testing.T) {
	t.Parallel()

	for kind, want := range map[browser.Kind]string{browser.Chromium: "Chrom", browser.Firefox: "Mozilla Firefox ", browser.WebKit: "WebKitGTK "} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			browser.Need(t, kind)

			got, err := browser.Version(t.Context(), kind)
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("got %q, error %v, want one with %q", got, err, want)
			}
			t.Log(got)
		})
	}
}

// Not parallel: the PATH is everybody's.
func TestFindSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DISPLAY", "")

	for kind, want := range map[browser.Kind]string{
		browser.Chromium: "apt-get install chromium", browser.Firefox: "apt-get install firefox-esr", browser.WebKit: "apt-get install webkit2gtk-driver xvfb",
	} {
		_, found := browser.Find(kind)
		_, versioned := browser.Version(t.Context(), kind)
		_, launched := browser.Launch(t.Context(), kind, "http://localhost:1/")
		for name, err := range map[string]error{"Find": found, "Version": versioned, "Launch": launched} {
			if !errors.Is(err, browser.ErrMissing) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s(%s): got error %v, want ErrMissing with %q", name, kind, err, want)
			}
		}
	}

	_, err := browser.Find("netscape")
	if err == nil || errors.Is(err, browser.ErrMissing) {
		t.Errorf("a kind that does not exist: got error %v, want one that is not ErrMissing", err)
	}
}

// Not parallel: the PATH is everybody's.
func TestNeedSkipsOnlyOutsideOfCI(t *testing.T) {
	t.Setenv("PATH", t.TempDir())

	for ci, want := range map[string]string{"": "skip", "false": "skip", "true": "fail", "1": "fail"} {
		t.Setenv("CI", ci)
		fake := &fakeTB{}
		browser.Need(fake, browser.Chromium)
		if fake.did != want || !strings.Contains(fake.said, "apt-get install chromium") {
			t.Errorf("CI=%s: got %s, %q; want %s and what to install", ci, fake.did, fake.said, want)
		}
	}
}

// Not parallel: the PATH is everybody's.
func TestCloseFindsWhatHasLeftTheProcessGroup(t *testing.T) {
	t.Setenv("PATH", pretend(t, "#!/bin/sh\nsetsid sleep 300 &\nexec sleep 300\n"))

	b, err := browser.Launch(t.Context(), browser.Chromium, "http://localhost:1/")
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(openTime); ; time.Sleep(10 * time.Millisecond) {
		n, err := b.Running()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("got %d processes, error %v, want 2", n, err)
		}
		if n == 2 {
			break
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	checkGone(t, b)
}

// Not parallel: the PATH is everybody's.
func TestBrowserThatEndsByItself(t *testing.T) {
	t.Setenv("PATH", pretend(t, "#!/bin/sh\necho out; echo error >&2; exit 1\n"))

	b, err := browser.Launch(t.Context(), browser.Chromium, "http://localhost:1/")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Done():
	case <-time.After(openTime):
		t.Fatal("its end goes unnoticed")
	}
	if got, want := b.Log(), "out\nerror\n"; got != want {
		t.Errorf("log: got %q, want %q", got, want)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	checkGone(t, b)
}

// Not parallel: the PATH is everybody's.
func TestBrowserThatDoesNotStart(t *testing.T) {
	t.Setenv("PATH", pretend(t, "no program\x00"))
	t.Setenv("TMPDIR", t.TempDir())

	if b, err := browser.Launch(t.Context(), browser.Chromium, "http://localhost:1/"); err == nil {
		t.Errorf("got %v, want an error", b)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v, want nothing", left, err)
	}
}

// pretend returns a PATH in which a program of that text is in Chromium's place.
func pretend(t *testing.T, text string) string {
	t.Helper()

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "chromium"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

func TestTailKeepsTheEnd(t *testing.T) {
	t.Parallel()

	w, read := browser.NewTail(4)
	for _, tt := range []struct{ write, want string }{{"ab", "ab"}, {"cd", "abcd"}, {"e", "bcde"}, {"", "bcde"}, {"0123456", "3456"}} {
		if n, err := w.Write([]byte(tt.write)); n != len(tt.write) || err != nil || read() != tt.want {
			t.Errorf("after writing %q: got %q (%d, %v), want %q", tt.write, read(), n, err, tt.want)
		}
	}
}

// A fakeTB notes how a test was ended.
type fakeTB struct {
	testing.TB
	did, said string
}

func (*fakeTB) Helper()                        {}
func (f *fakeTB) Skip(args ...any)             { f.did, f.said = "skip", fmt.Sprint(args...) }
func (f *fakeTB) Fatalf(s string, args ...any) { f.did, f.said = "fail", fmt.Sprintf(s, args...) }

// page serves a page whose script posts a text, and returns its address and where the text arrives.
func page(t *testing.T) (address string, heard <-chan string) {
	t.Helper()

	texts := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("say"); text != "" {
			select {
			case texts <- text:
			default:
			}
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><script>fetch('/?say=script+runs')</script>`))
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/", texts
}

func checkGone(t *testing.T, b *browser.Browser) {
	t.Helper()

	if n, err := b.Running(); n != 0 || err != nil {
		t.Errorf("after Close: %d processes of %s, error %v, want none", n, b.Kind(), err)
	}
	if _, err := os.Stat(b.Profile()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close: profile: got error %v, want %v", err, fs.ErrNotExist)
	}
}
