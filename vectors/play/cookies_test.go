package play_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// requiredCookies is the share, in percent, of the scenarios with cookies in which each browser's policy must do as the browser.
const requiredCookies = 99

// engines are the browsers' jars, with what else cookies depend on.
var engines = map[vectors.Engine]struct {
	policy  jar.Policy
	profile fetch.Profile
}{
	vectors.Chromium: {jar.Chromium, fetch.Chromium},
	vectors.Firefox:  {jar.Firefox, fetch.Firefox},
	vectors.WebKit:   {jar.WebKit, fetch.WebKit},
}

// cookieCorpora are the corpora with the options that the browsers had.
var cookieCorpora = []struct {
	name    string
	load    func() ([]vectors.Line, error)
	options []jar.Option
}{
	{"main", load, nil},
	{"https", sync.OnceValues(vectors.LoadHTTPS), []jar.Option{jar.WithThirdParty(jar.Allow)}},
	{"https-default", sync.OnceValues(vectors.LoadHTTPSDefault), nil},
}

// A cookieReached is what the ratchet file holds for a corpus, a browser and a group: numbers of scenarios that must not fall.
type cookieReached struct {
	// Agreed: the browsers agree in the core classes, and the client does as they.
	Agreed int `json:"agreed"`
	// Cookies: the requests are those of the browser, there are cookies or HTTP authentication, and they are the same in requests
	// and jars.
	Cookies int `json:"cookies"`
}

// A cookieTally is a row of the table.
type cookieTally struct {
	cookieReached
	played, agree, cookies int
	// excepted are left out for what exceptions says; incomparable ones have cookies, but other requests than the browser's.
	excepted, incomparable int
	failing                map[vectors.Class][]string
}

// TestCookies plays all corpora with each browser's jar and compares with that browser. The table is logged with -v, and printed with
// DRAWBRIDGE_AGREEMENT=1.
func TestCookies(t *testing.T) {
	t.Parallel()
	for _, c := range cookieCorpora {
		for _, engine := range vectors.Engines() {
			t.Run(c.name+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				lines, err := c.load()
				if err != nil {
					t.Fatal(err)
				}
				groups := map[string]*cookieTally{}
				for i := range lines {
					playCookies(t, &lines[i], engine, c.options, groups)
				}
				reportCookies(t, c.name+"/"+string(engine), groups)
				ratchetCookies(t, c.name+"/"+string(engine), groups)
			})
		}
	}
}

func playCookies(t *testing.T, l *vectors.Line, engine vectors.Engine, options []jar.Option, groups map[string]*cookieTally) {
	t.Helper()
	if slices.Contains(l.Flaky, engine) {
		return
	}
	got, err := play.Run(t.Context(), &l.Scenario, jarClients(engine, options))
	if errors.Is(err, errors.ErrUnsupported) {
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	n := groups[l.Group]
	if n == nil {
		n = &cookieTally{failing: map[vectors.Class][]string{}}
		groups[l.Group] = n
	}
	n.add(l, engine, got)
}

func jarClients(engine vectors.Engine, options []jar.Option) play.NewClient {
	return func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		options := append([]jar.Option{jar.WithClock(now)}, options...)
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(engines[engine].profile),
			fetch.WithJar(jar.New(engines[engine].policy, options...)))
	}
}

// exception says why a scenario is left out of a comparison with one browser, or returns "".
func exception(l *vectors.Line, engine vectors.Engine) string {
	https := slices.ContainsFunc(vectors.Places(), func(p vectors.Place) bool { return p.Ref == l.Scenario.Page && p.Scheme == "https" })
	if engine == vectors.WebKit && https && slices.ContainsFunc(l.Causes, func(cause string) bool {
		return strings.HasPrefix(cause, "webkit: an https page may not fetch from http loopback")
	}) {
		return "WebKit refuses http loopback to an https page: a test's world only, and no block in a profile"
	}
	if slices.ContainsFunc(l.Observed[engine].Fetches, func(f vectors.FetchOutcome) bool {
		return f.Outcome == vectors.TimedOut || f.Outcome == vectors.Hung
	}) {
		return "the browser never answered: it asks its user for a password, or hangs"
	}
	return ""
}

func (n *cookieTally) add(l *vectors.Line, engine vectors.Engine, got vectors.Observed) {
	if exception(l, engine) != "" {
		n.excepted++
		return
	}
	n.played++
	want := l.Observed[engine]
	differ := vectors.Differ(got, want)
	core := slices.ContainsFunc(differ, vectors.Class.Core)
	if l.Agree {
		n.agree++
		if !core {
			n.Agreed++
		}
	}
	for _, c := range differ {
		if keptInJar(c) || l.Agree && c.Core() {
			n.failing[c] = append(n.failing[c], l.ID)
		}
	}
	if !hasCookies(l, want) {
		return
	}
	if slices.Contains(differ, vectors.SequenceClass) {
		n.incomparable++
		return
	}
	n.cookies++
	if !slices.ContainsFunc(differ, keptInJar) {
		n.Cookies++
	}
}

// keptInJar tells the classes that depend on the jar.
func keptInJar(c vectors.Class) bool {
	return c == vectors.CookiesClass || c == vectors.JarClass || c == vectors.AuthorizationClass
}

// hasCookies reports whether there is anything to compare: cookies, or HTTP authentication.
func hasCookies(l *vectors.Line, o vectors.Observed) bool {
	authenticated := slices.ContainsFunc(l.Scenario.Prime, func(p vectors.Prime) bool { return p.Auth != "" })
	return authenticated || len(o.Jar) > 0 || slices.ContainsFunc(o.Requests, func(r vectors.Request) bool { return len(r.Cookies) > 0 })
}

func reportCookies(t *testing.T, name string, groups map[string]*cookieTally) {
	t.Helper()
	var table, failures strings.Builder
	fmt.Fprintf(&table, "%s\n%-24s %8s %8s %8s %8s %8s %8s %8s\n", name,
		"group", "played", "agreed", "equal", "cookies", "equal", "excepted", "others")
	var all cookieTally
	row := func(name string, n *cookieTally) {
		fmt.Fprintf(&table, "%-24s %8d %8d %8d %8d %8d %8d %8d\n", name, n.played, n.agree, n.Agreed, n.cookies, n.Cookies, n.excepted,
			n.incomparable)
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		n := groups[g]
		row(g, n)
		all.played, all.agree, all.Agreed = all.played+n.played, all.agree+n.agree, all.Agreed+n.Agreed
		all.cookies, all.Cookies = all.cookies+n.cookies, all.Cookies+n.Cookies
		all.excepted, all.incomparable = all.excepted+n.excepted, all.incomparable+n.incomparable
		for _, c := range slices.Sorted(maps.Keys(n.failing)) {
			ids := n.failing[c]
			fmt.Fprintf(&failures, "%s: %s: %d: %s\n", g, c, len(ids), strings.Join(ids[:min(len(ids), shown)], " "))
		}
	}
	row("all", &all)
	t.Logf("\n%s\n%s", &table, &failures)
	if os.Getenv("DRAWBRIDGE_AGREEMENT") != "" {
		fmt.Printf("%s\n%s\n", &table, &failures)
	}
	if all.Cookies*100 < all.cookies*requiredCookies {
		t.Errorf("%s: got %d of %d scenarios with cookies, want %d %%", name, all.Cookies, all.cookies, requiredCookies)
	}
}

var cookieRatchetFile sync.Mutex

// ratchetCookies fails if a number is lower than the file says. With -update it raises the file's numbers, and never lowers one.
func ratchetCookies(t *testing.T, name string, groups map[string]*cookieTally) {
	t.Helper()
	cookieRatchetFile.Lock()
	defer cookieRatchetFile.Unlock()
	path := filepath.Join("testdata", "cookies.json")
	held := map[string]map[string]cookieReached{}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &held)
	}
	if err != nil && (!*update || !os.IsNotExist(err)) {
		t.Fatal(err)
	}
	if held[name] == nil {
		held[name] = map[string]cookieReached{}
	}
	for g := range held[name] {
		if groups[g] == nil {
			t.Errorf("%s: the group is gone", g)
		}
	}
	raised := 0
	for g, n := range groups {
		h, ok := held[name][g]
		if n.Agreed < h.Agreed || n.Cookies < h.Cookies {
			t.Errorf("%s: got %+v, want at least %+v", g, n.cookieReached, h)
		}
		if n.Agreed > h.Agreed || n.Cookies > h.Cookies || !ok {
			raised++
		}
		held[name][g] = cookieReached{Agreed: max(n.Agreed, h.Agreed), Cookies: max(n.Cookies, h.Cookies)}
	}
	if raised == 0 {
		return
	}
	if !*update {
		t.Logf("%d groups are better than testdata/cookies.json says: run with -update", raised)
		return
	}
	data, err = json.MarshalIndent(held, "", "\t")
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
