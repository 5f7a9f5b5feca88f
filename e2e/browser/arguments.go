package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// deadPort is one on which nothing listens: where traffic goes that should not be.
const deadPort = 9

// chromiumArguments returns the flags of a Chromium that shows nothing, keeps to this machine and never asks anything.
func chromiumArguments(profile string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
		"--disable-extensions", "--disable-domain-reliability", "--disable-breakpad", "--no-pings",
		// Containers have little shared memory.
		"--disable-dev-shm-usage",
		// A page nobody looks at would be slowed down.
		"--disable-background-timer-throttling", "--disable-renderer-backgrounding",
		// No name but this machine's resolves.
		"--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
		"--disable-features=OptimizationHints,MediaRouter,Translate,CertificateTransparencyComponentUpdater",
		"--user-data-dir=" + profile,
	}
}

func firefoxArguments(profile string) []string {
	return []string{"--headless", "--no-remote", "--new-instance", "--profile", profile}
}

var firefoxEnvironment = []string{
	"MOZ_CRASHREPORTER_DISABLE=1",
	// The sandbox needs namespaces, which containers do not give; the page is ours.
	"MOZ_DISABLE_CONTENT_SANDBOX=1", "MOZ_DISABLE_SOCKET_PROCESS_SANDBOX=1", "MOZ_DISABLE_RDD_SANDBOX=1",
}

var webkitEnvironment = []string{
	"GDK_BACKEND=x11", "LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_COMPOSITING_MODE=1", "WEBKIT_DISABLE_DMABUF_RENDERER=1",
	"GSETTINGS_BACKEND=memory", "GIO_USE_PROXY_RESOLVER=dummy", "NO_AT_BRIDGE=1", "GTK_A11Y=none",
}

// A preference is a line of Firefox's user.js. Its value is a bool, an int or a string.
type preference struct {
	name  string
	value any
}

var firefoxPreferences = []preference{
	// Whatever is not for this machine goes to a proxy that does not exist. Firefox never uses one for loopback addresses.
	{"network.proxy.type", 1},
	{"network.proxy.http", "127.0.0.1"},
	{"network.proxy.http_port", deadPort},
	{"network.proxy.ssl", "127.0.0.1"},
	{"network.proxy.ssl_port", deadPort},
	{"network.trr.mode", 5},
	{"network.dns.disablePrefetch", true},
	{"network.prefetch-next", false},
	{"network.http.speculative-parallel-limit", 0},

	// One page is opened: no processes are needed in stock.
	{"dom.ipc.processPrelaunch.enabled", false},
	{"dom.ipc.processCount", 1},

	// What it would do in the background, and ask or show at first.
	{"app.normandy.enabled", false},
	{"app.shield.optoutstudies.enabled", false},
	{"app.update.enabled", false},
	{"browser.aboutwelcome.enabled", false},
	{"browser.newtabpage.enabled", false},
	{"browser.region.update.enabled", false},
	{"browser.safebrowsing.downloads.enabled", false},
	{"browser.safebrowsing.malware.enabled", false},
	{"browser.safebrowsing.phishing.enabled", false},
	{"browser.search.update", false},
	{"browser.sessionstore.resume_from_crash", false},
	{"browser.shell.checkDefaultBrowser", false},
	{"browser.startup.homepage_override.mstone", "ignore"},
	{"browser.startup.page", 0},
	{"datareporting.healthreport.uploadEnabled", false},
	{"datareporting.policy.dataSubmissionEnabled", false},
	{"dom.push.connection.enabled", false},
	{"extensions.getAddons.cache.enabled", false},
	{"extensions.systemAddon.update.enabled", false},
	{"extensions.update.enabled", false},
	{"geo.enabled", false},
	{"media.gmp-manager.updateEnabled", false},
	{"network.captive-portal-service.enabled", false},
	{"network.connectivity-service.enabled", false},
	{"services.settings.server", ""},
	{"toolkit.telemetry.enabled", false},
	{"toolkit.telemetry.unified", false},
}

// writeFirefoxPreferences makes a folder a profile of Firefox.
func writeFirefoxPreferences(profile string) error {
	var b strings.Builder
	for _, p := range firefoxPreferences {
		// Go writes these values as JavaScript does.
		fmt.Fprintf(&b, "user_pref(%q, %#v);\n", p.name, p.value)
	}
	return os.WriteFile(filepath.Join(profile, "user.js"), []byte(b.String()), 0o600)
}
