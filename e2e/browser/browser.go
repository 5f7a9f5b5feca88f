// Package browser starts real browsers for tests, each with a profile of its own, and leaves nothing behind when it ends them. It
// needs no driver: the page that a browser is pointed at says by itself what happened; see package page.
package browser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/origin"
)

// A Kind is one of the three browsers, called by its engine.
type Kind string

// The kinds. On Debian they are the packages chromium, firefox-esr, and webkit2gtk-driver with xvfb.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
	WebKit   Kind = "webkit"
)

// Kinds returns all kinds, in the order of their names. The slice is the caller's.
func Kinds() []Kind { return []Kind{Chromium, Firefox, WebKit} }

// ErrMissing is wrapped by the errors of [Find], [Version] and [Launch] when a browser, or something it needs, is not installed.
var ErrMissing = errors.New("not installed")

// How long things may take that are not the test's own.
const (
	versionTime = 10 * time.Second
	displayTime = 10 * time.Second
	endTime     = 5 * time.Second
)

// A Browser is one running browser with a fresh profile. It is safe for concurrent use.
type Browser struct {
	kind    Kind
	profile string
	program *process
	display *process // Its X server, or nil.
	log     *tail
	stop    func() bool
	close   func() error
}

// Launch starts a browser on a page. The URL must be http or https on this machine: tests talk to nobody else, and the browser is told
// to keep to that too. It returns as soon as the process runs, which is seconds before the page is open.
//
// The browser ends with [Browser.Close], or when ctx does. An error wraps [ErrMissing] if it is not installed.
func Launch(ctx context.Context, kind Kind, address string) (*Browser, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("browser: %s: %w", kind, err)
	}
	program, err := Find(kind)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "drawbridge-")
	if err != nil {
		return nil, fmt.Errorf("browser: %s: profile: %w", kind, err)
	}
	b := &Browser{kind: kind, profile: profile, log: &tail{max: maxLog}}
	b.close = sync.OnceValue(b.end)
	if err := b.start(ctx, program, address); err != nil {
		return nil, errors.Join(fmt.Errorf("browser: %s: %w", kind, err), b.Close())
	}
	b.stop = context.AfterFunc(ctx, func() { _ = b.close() })
	return b, nil
}

// checkAddress refuses what is not on this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("browser: URL: %w", err)
	}
	o, err := origin.ParseURL(address)
	if err != nil {
		return fmt.Errorf("browser: URL: %w", err)
	}
	loopback, err := origin.Parse("http://" + u.Host)
	if err != nil || u.User != nil || o.Scheme() != "http" && o.Scheme() != "https" || !loopback.PotentiallyTrustworthy() {
		return fmt.Errorf("browser: URL %q: want http or https on localhost or a loopback address", address)
	}
	return nil
}

// start makes the profile, an X server if one is needed, and the process.
func (b *Browser) start(ctx context.Context, program, address string) error {
	// Sockets and shared memory go there too, and so with the profile.
	temp := filepath.Join(b.profile, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	env := append(environment(), "HOME="+b.profile, "XDG_RUNTIME_DIR="+b.profile, "TMPDIR="+temp, b.mark())

	var args []string
	switch b.kind {
	case Chromium:
		args = chromiumArguments(b.profile)
	case Firefox:
		if err := writeFirefoxPreferences(b.profile); err != nil {
			return err
		}
		args = firefoxArguments(b.profile)
		env = append(env, firefoxEnvironment...)
	case WebKit:
		display, err := b.ensureDisplay(ctx)
		if err != nil {
			return err
		}
		env = append(env, webkitEnvironment...)
		env = append(env, display...)
	default:
		return fmt.Errorf("no such kind; want one of %v", Kinds())
	}
	var err error
	b.program, err = startProcess(command{name: program, args: append(args, address), env: env, output: b.log})
	return err
}

// ensureDisplay returns the environment that leads to an X server: the user's, or one of its own that shows nothing.
func (b *Browser) ensureDisplay(ctx context.Context) ([]string, error) {
	if display := os.Getenv("DISPLAY"); display != "" {
		// HOME changes, so the file with the display's key must be named.
		key := cmp.Or(os.Getenv("XAUTHORITY"), filepath.Join(os.Getenv("HOME"), ".Xauthority"))
		return []string{"DISPLAY=" + display, "XAUTHORITY=" + key}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, displayTime)
	defer cancel()
	process, display, err := startDisplay(ctx, b.log)
	b.display = process
	if err != nil {
		return nil, err
	}
	return []string{"DISPLAY=" + display}, nil
}

// mark is in the environment of the browser and of whatever it starts.
func (b *Browser) mark() string { return "DRAWBRIDGE_BROWSER=" + b.profile }

// Kind returns which browser it is.
func (b *Browser) Kind() Kind { return b.kind }

// Done returns a channel that is closed when the browser has ended, by itself or by Close. A browser that ends by itself has
// crashed; [Browser.Log] may say why.
func (b *Browser) Done() <-chan struct{} { return b.program.done }

// Log returns the end of what the browser, and its X server, have printed.
func (b *Browser) Log() string { return b.log.String() }

// Close ends the browser with everything that it has started, and removes its profile. A second call returns the same.
func (b *Browser) Close() error {
	if b.stop != nil {
		b.stop()
	}
	return b.close()
}

func (b *Browser) end() error {
	var errs []error
	if b.program != nil {
		// The profile is thrown away: there is nothing to save, so nothing to wait for.
		errs = append(errs, b.program.kill(), killMarked(b.mark()))
	}
	if b.display != nil {
		errs = append(errs, b.display.terminate())
	}
	errs = append(errs, removeAll(b.profile))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("browser: %s: closing: %w", b.kind, err)
	}
	return nil
}

// removeAll removes a folder into which the last of the processes may just have written.
func removeAll(dir string) error {
	for deadline := time.Now().Add(endTime); ; time.Sleep(50 * time.Millisecond) {
		if err := os.RemoveAll(dir); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// environment is the caller's without what could lead a browser elsewhere: proxies, desktops, and other people's profiles.
func environment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToLower(pair), "=")
		switch name {
		case "home", "tmpdir", "display", "xauthority", "wayland_display", "dbus_session_bus_address":
			continue
		}
		if strings.HasSuffix(name, "_proxy") || strings.HasPrefix(name, "xdg_") {
			continue
		}
		kept = append(kept, pair)
	}
	// Desktop services would be started outside of our reach.
	return append(kept, "DBUS_SESSION_BUS_ADDRESS=disabled:")
}

// maxLog is how much of the output of one browser is kept.
const maxLog = 16 << 10

// A tail is a writer that keeps the end of what is written to it.
type tail struct {
	max int

	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-t.max):]...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
