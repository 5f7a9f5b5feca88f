package play_test

import (
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

var divergences = flag.Bool("divergences", false, "count the scenarios that show the switches for which docs/DIVERGENCES.md says 0")

// profiles are the profiles that are held to a browser.
var profiles = map[vectors.Engine]fetch.Profile{
	vectors.Chromium: fetch.Chromium, vectors.Firefox: fetch.Firefox, vectors.WebKit: fetch.WebKit,
}

// apart has the scenarios in which a profile may differ from its browser in a core class, and why.
var apart = map[vectors.Engine]map[string]string{
	vectors.Chromium: {
		"more-rrep-643": "two empty Content-Encoding lines are a coding that is unknown",
	},
	vectors.Firefox: {
		"redirect-location-107": "the browser hangs",
		"more-rrep-608":         frameOptions, "more-rrep-625": frameOptions, "more-rrep-642": frameOptions,
	},
	vectors.WebKit: {},
}

const (
	frameOptions = "X-Frame-Options lines are joined in a way of their own"
	// leftGroup is played by tests of the HTTP cache.
	leftGroup = "httpcache"
	// enough is the share, in percent, in which a class that is not core has to be equal.
	enough = 99
)

// more are scenarios that were recorded, like the corpus and with the same browsers, to tell causes apart.
var more = sync.OnceValues(func() ([]vectors.Line, error) {
	file, err := os.Open(filepath.Join("testdata", "more.ndjson.gz"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var lines []vectors.Line
	for line, err := range vectors.ReadCorpus(r) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
})

// corpusAndMore is the corpus and more, without what is left out.
func corpusAndMore(t *testing.T) []vectors.Line {
	t.Helper()
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	others, err := more()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Concat(lines, others), func(l vectors.Line) bool {
		return l.Group == leftGroup || len(l.Flaky) > 0 || len(l.Observed) != len(vectors.Engines())
	})
}

// each calls do for every line, on all processors.
func each(lines []vectors.Line, do func(int, *vectors.Line)) {
	var workers sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		workers.Go(func() {
			for i := w; i < len(lines); i += n {
				do(i, &lines[i])
			}
		})
	}
	workers.Wait()
}

// userAgent makes clients that name themselves as the browser did.
func userAgent(engine vectors.Engine, profile fetch.Profile) play.NewClient {
	agent, encoding, language := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
		"gzip, deflate, br, zstd", "en-US,en;q=0.9"
	switch engine {
	case vectors.Firefox:
		agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
	case vectors.WebKit:
		agent, encoding, language = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15",
			"gzip, deflate", "C"
	}
	return func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(profile), fetch.WithHTTPCache(),
			fetch.WithJar(jar.New(engines[engine].policy, jar.WithClock(now), jar.WithThirdParty(jar.Allow))),
			fetch.WithUserAgent(agent), fetch.WithAcceptEncoding(encoding), fetch.WithAcceptLanguage(language))
	}
}

// A share counts how often a profile was equal to its browser.
type share struct{ equal, of int }

func (s share) String() string {
	return fmt.Sprintf("%5d of %5d %6.2f%%", s.equal, s.of, 100*float64(s.equal)/float64(max(s.of, 1)))
}

// TestProfiles holds each engine's profile to its browser: equal in every core class, but for the scenarios that are listed above; and
// nearly always equal in every other class.
func TestProfiles(t *testing.T) {
	t.Parallel()
	lines := corpusAndMore(t)
	for engine, profile := range profiles {
		t.Run(profile.Name, func(t *testing.T) {
			t.Parallel()
			differ := make([][]vectors.Class, len(lines))
			classes := make([]map[vectors.Class]string, len(lines))
			each(lines, func(i int, l *vectors.Line) {
				got, err := play.Run(t.Context(), &l.Scenario, userAgent(engine, profile))
				if err != nil {
					t.Error(err)
				}
				differ[i], classes[i] = vectors.Differ(got, l.Observed[engine]), vectors.Classes(l.Observed[engine])
			})
			var agreed, others share
			byClass := map[vectors.Class]*share{}
			for i := range lines {
				l := &lines[i]
				for c := range classes[i] {
					if byClass[c] == nil {
						byClass[c] = &share{}
					}
					byClass[c].of++
					if !slices.Contains(differ[i], c) {
						byClass[c].equal++
					}
				}
				core := slices.ContainsFunc(differ[i], vectors.Class.Core)
				_, listed := apart[engine][l.ID]
				if core != listed {
					t.Errorf("%s: got differences %v, want some: %v", l.ID, differ[i], listed)
				}
				s := &others
				if l.Agree {
					s = &agreed
				}
				s.of++
				if !core {
					s.equal++
				}
			}
			log := fmt.Sprintf("%s (%s): where the browsers agree %s, elsewhere %s\n", profile.Name, profile.Version, agreed, others)
			for _, c := range slices.Sorted(keys(byClass)) {
				if c.Core() {
					continue
				}
				log += fmt.Sprintf("%-30s %s\n", c, byClass[c])
				if s := byClass[c]; s.equal*100 < s.of*enough {
					t.Errorf("%s: got %v, want %d %%", c, s, enough)
				}
			}
			t.Log(log)
			if os.Getenv("DRAWBRIDGE_AGREEMENT") != "" {
				fmt.Println(log)
			}
		})
	}
}

func keys(m map[vectors.Class]*share) func(yield func(vectors.Class) bool) {
	return func(yield func(vectors.Class) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// switches returns the names of the switches that p sets.
func switches(p fetch.Profile) []string {
	var names []string
	v := reflect.ValueOf(p)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous || len(f.Index) == 1 || v.FieldByIndex(f.Index).IsZero() {
			continue
		}
		names = append(names, f.Name)
	}
	return names
}

// without is p with one switch off.
func without(p fetch.Profile, name string) fetch.Profile {
	reflect.ValueOf(&p).Elem().FieldByName(name).SetZero()
	return p
}

// unseen are the switches that no scenario can show, because it would take too long; tests of package fetch do.
var unseen = []string{"MaxPreflightAge", "MaxPreflightKeys"}

// A row of a table of docs/DIVERGENCES.md: | `Switch` | what | standard | 12: `id`, `id` | upstream |.
var row = regexp.MustCompile("(?m)^\\| `(\\w+)` \\|(.*)\\|(.*)\\|(.*)\\|(.*)\\|$")

var id = regexp.MustCompile("`([a-z0-9-]+)`")

// TestDivergences keeps docs/DIVERGENCES.md and the profiles in step. Each switch of an engine has a row, and each scenario in the row
// shows it: the browser does as the profile does, and not as the profile does without the switch.
func TestDivergences(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "DIVERGENCES.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	https, err := vectors.LoadHTTPS()
	if err != nil {
		t.Fatal(err)
	}
	lines := append(corpusAndMore(t), https...)
	index := map[string]int{}
	for i := range lines {
		index[lines[i].ID] = i
	}
	document := string(data)
	for _, engine := range vectors.Engines() {
		profile := profiles[engine]
		head := "\n## " + profile.Name + "\n"
		_, section, ok := strings.Cut(document, head)
		if !ok {
			t.Fatalf("there is no section %q", head)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		rows := map[string]string{}
		for _, m := range row.FindAllStringSubmatch(section, -1) {
			rows[m[1]] = m[4]
		}
		if *divergences {
			updated := row.ReplaceAllStringFunc(section, func(line string) string {
				m := row.FindStringSubmatch(line)
				if !strings.HasPrefix(strings.TrimSpace(m[4]), "0:") || !slices.Contains(switches(profile), m[1]) {
					return line
				}
				return fmt.Sprintf("| %#q |%s|%s| %s |%s|", m[1], m[2], m[3], shownBy(t, engine, m[1], lines), m[5])
			})
			document = strings.Replace(document, head+section, head+updated, 1)
			continue
		}
		for _, name := range switches(profile) {
			ids := id.FindAllStringSubmatch(rows[name], -1)
			if len(ids) == 0 && !slices.Contains(unseen, name) {
				t.Errorf("%s: no scenario shows %s in %q", profile.Name, name, rows[name])
			}
			for _, m := range ids {
				i, ok := index[m[1]]
				if !ok || !shows(t, engine, name, &lines[i]) {
					t.Errorf("%s: %s does not show %s", profile.Name, m[1], name)
				}
			}
			delete(rows, name)
		}
		for name := range rows {
			t.Errorf("%s: the profile does not set %s", profile.Name, name)
		}
	}
	if *divergences {
		if err := os.WriteFile(path, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shows reports whether a scenario needs the switch.
func shows(t *testing.T, engine vectors.Engine, name string, l *vectors.Line) bool {
	t.Helper()
	differ := func(p fetch.Profile) []vectors.Class {
		got, err := play.Run(t.Context(), &l.Scenario, userAgent(engine, p))
		if err != nil {
			t.Error(err)
		}
		return vectors.Differ(got, l.Observed[engine])
	}
	on, off := differ(profiles[engine]), differ(without(profiles[engine], name))
	// Classes in which the profile is not equal either do not count.
	return slices.ContainsFunc(off, func(c vectors.Class) bool { return !slices.Contains(on, c) })
}

// shownBy says how many scenarios show the switch, and names some.
func shownBy(t *testing.T, engine vectors.Engine, name string, lines []vectors.Line) string {
	t.Helper()
	found := make([]bool, len(lines))
	each(lines, func(i int, l *vectors.Line) { found[i] = shows(t, engine, name, l) })
	n := 0
	var ids []string
	for i := range lines {
		if !found[i] {
			continue
		}
		if n++; len(ids) < 3 {
			ids = append(ids, "`"+lines[i].ID+"`")
		}
	}
	return strconv.Itoa(n) + ": " + strings.Join(ids, ", ")
}
