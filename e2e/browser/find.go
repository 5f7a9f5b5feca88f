package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// An installation says where a browser is looked for, and what to install if it is not there.
type installation struct {
	// names are looked up in the PATH, patterns in the file system, in this order.
	names, patterns []string
	// packages are Debian's.
	packages string
}

var installations = map[Kind]installation{
	Chromium: {names: []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}, packages: "chromium"},
	Firefox:  {names: []string{"firefox-esr", "firefox"}, packages: "firefox-esr"},
	// WebKitGTK's own test browser is not in the PATH. The newest API version comes last by name, and is tried first.
	WebKit: {
		names:    []string{"MiniBrowser"},
		patterns: []string{"/usr/lib/*/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser"},
		packages: "webkit2gtk-driver xvfb",
	},
}

// Find returns the program of a browser. The error wraps [ErrMissing] and says what to install.
func Find(kind Kind) (string, error) {
	where, ok := installations[kind]
	if !ok {
		return "", fmt.Errorf("browser: %q: no such kind; want one of %v", string(kind), Kinds())
	}
	missing := fmt.Errorf("browser: %s: %w: on Debian, apt-get install %s", kind, ErrMissing, where.packages)
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("browser: %s: %w: browsers are driven on Linux only", kind, ErrMissing)
	}
	if kind == WebKit && os.Getenv("DISPLAY") == "" {
		if _, err := exec.LookPath("Xvfb"); err != nil {
			return "", missing
		}
	}
	for _, name := range where.names {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	for _, pattern := range where.patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", missing
}

// Version returns what a browser says that it is, as "Chromium 156.0.8078.79". The error wraps [ErrMissing] if it is not installed.
func Version(ctx context.Context, kind Kind) (version string, err error) {
	program, err := Find(kind)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--version") //nolint:gosec // found above
	cmd.WaitDelay = endTime
	cmd.Env = environment()
	if kind == WebKit {
		// GTK wants a display even for that.
		b := &Browser{kind: kind, log: &tail{max: maxLog}}
		display, err := b.ensureDisplay(ctx)
		if b.display != nil {
			defer b.display.terminate() //nolint:errcheck // the version is known by then
		}
		if err != nil {
			return "", fmt.Errorf("browser: %s: %w", kind, err)
		}
		cmd.Env = append(append(cmd.Env, webkitEnvironment...), display...)
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("browser: %s: --version: %w", kind, err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(first), nil
}
