package play_test

import (
	"compress/gzip"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// caches are the HTTP caches of the browsers, on what the browsers have in common.
var caches = map[vectors.Engine]fetch.HTTPCacheProfile{
	vectors.Chromium: fetch.ChromiumHTTPCache,
	vectors.Firefox:  fetch.FirefoxHTTPCache,
	vectors.WebKit:   fetch.WebKitHTTPCache,
}

// TestHTTPCacheGroup plays the corpus's scenarios of the HTTP cache with each browser's cache.
func TestHTTPCacheGroup(t *testing.T) {
	t.Parallel()
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	lines = slices.DeleteFunc(slices.Clone(lines), func(l vectors.Line) bool { return l.Group != "httpcache" })
	if len(lines) != 39 {
		t.Errorf("got %d scenarios, want 39", len(lines))
	}
	for _, e := range vectors.Engines() {
		playCached(t, e, lines, nil)
	}
}

const (
	later      = "the revalidation in the background starts when the page has the response, and is counted with the fetch after it"
	preflights = "the preflight cache, not this one"
)

// unlike lists the recorded scenarios in which our cache is not like that engine's, with the reason.
var unlike = map[vectors.Engine]map[string]string{
	vectors.Chromium: {
		"hc-076": later,
		"hc-082": "a 205 with a body is not stored: the body is never read",
		"hc-167": preflights,
		"hc-239": "a part is cut out of the whole response that is stored",
		"hc-547": later,
		"hc-550": later,
	},
	vectors.Firefox: {"hc-131": preflights, "hc-132": preflights, "hc-167": preflights},
	vectors.WebKit:  {"hc-082": "a 205 keeps its body", "hc-522": "Origin after a redirected POST of the same origin"},
}

// TestHTTPCacheRecorded plays scenarios that were recorded for the rules of each cache: freshness, statuses, Vary, methods, cache
// modes, an author's own headers, validation, refusals and credentials.
func TestHTTPCacheRecorded(t *testing.T) {
	t.Parallel()
	lines := recorded(t)
	for _, e := range vectors.Engines() {
		playCached(t, e, lines, unlike[e])
	}
}

func recorded(t *testing.T) []vectors.Line {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "httpcache.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []vectors.Line
	for line, err := range vectors.ReadCorpus(r) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// playCached compares one engine's cache with the engine, in the core classes.
func playCached(t *testing.T, e vectors.Engine, lines []vectors.Line, known map[string]string) {
	t.Helper()
	profile := fetch.Browsers
	profile.HTTPCache = caches[e]
	seen := map[string]bool{}
	for i := range lines {
		l := &lines[i]
		if len(l.Flaky) > 0 {
			continue
		}
		got, err := play.Run(t.Context(), &l.Scenario, clients(profile))
		if err != nil {
			t.Fatal(err)
		}
		differ := vectors.DifferCore(got, l.Observed[e])
		_, expected := known[l.ID]
		switch {
		case len(differ) > 0 && !expected:
			mine, theirs := vectors.Classes(got), vectors.Classes(l.Observed[e])
			for _, c := range differ {
				t.Errorf("%s: %s (%s): %s: got %s, want %s", e, l.ID, l.Scenario.Note, c, mine[c], theirs[c])
			}
		case len(differ) == 0 && expected:
			t.Logf("%s: %s is equal now: take it off the list", e, l.ID)
		}
		seen[l.ID] = true
	}
	for id := range maps.Keys(known) {
		if !seen[id] {
			t.Errorf("%s: no scenario %s", e, id)
		}
	}
	t.Logf("%s: %d of %d scenarios are equal", e, len(lines)-len(known), len(lines))
}

// TestNoStoreDisablesTheHTTPCache plays the rest of the corpus, in which every response says no-store, with and without a cache.
func TestNoStoreDisablesTheHTTPCache(t *testing.T) {
	t.Parallel()
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	without := func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(fetch.Browsers), fetch.WithJar(jar.New(jar.Chromium, jar.WithClock(now))))
	}
	for i := range lines {
		l := &lines[i]
		if l.Group == "httpcache" {
			continue
		}
		a, errA := play.Run(t.Context(), &l.Scenario, clients(fetch.Browsers))
		b, errB := play.Run(t.Context(), &l.Scenario, without)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if differ := vectors.Differ(a, b); len(differ) > 0 {
			t.Errorf("%s: the cache changes %v", l.ID, differ)
		}
	}
}
