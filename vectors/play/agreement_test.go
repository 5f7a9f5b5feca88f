package play_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
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

var update = flag.Bool("update", false, "raise the numbers in testdata/agreement.json")

const (
	// required is the share, in percent, that the groups below must reach of the scenarios on which the browsers agree.
	required = 95
	// shown is how many failing scenarios are listed for each group and class.
	shown = 12
)

var requiredGroups = []string{"method", "header", "ctype", "acao", "acac", "acam", "acah", "status", "redirect"}

// A reached is what the ratchet file holds for a group: numbers of scenarios that must not fall.
type reached struct {
	// Agreed: the browsers agree, and so does the client.
	Agreed int `json:"agreed"`
	// Any: the client does as at least one browser does.
	Any int `json:"any"`
	// Whole: as Any, but in all classes and not only the core, those aside in which the browsers differ and those of the probe.
	Whole int `json:"whole"`
}

// A tally is a row of the table.
type tally struct {
	reached
	scenarios, agree int
	engine           map[vectors.Engine]int
	// failing has, by class, the agreed scenarios that the client plays otherwise.
	failing map[vectors.Class][]string
	// odd has the same for the other classes, and for scenarios on which the browsers agree in the class in question.
	odd map[vectors.Class][]string
	// lonely has the scenarios on which the browsers differ, and the client from each of them.
	lonely []string
}

func newTally() *tally {
	return &tally{engine: map[vectors.Engine]int{}, failing: map[vectors.Class][]string{}, odd: map[vectors.Class][]string{}}
}

// add compares one scenario with what each browser did, in the core classes.
func (t *tally) add(l *vectors.Line, got vectors.Observed) {
	t.scenarios++
	same := 0
	var missed []vectors.Class
	var odd []vectors.Class
	whole := false
	for _, e := range vectors.Engines() {
		all := slices.DeleteFunc(vectors.Differ(got, l.Observed[e]), isProbe)
		missed = slices.DeleteFunc(slices.Clone(all), func(c vectors.Class) bool { return !c.Core() })
		odd = slices.DeleteFunc(all, func(c vectors.Class) bool { return l.Differ[c] != "" })
		if len(missed) == 0 {
			t.engine[e]++
			same++
		}
		if len(odd) == 0 {
			whole = true
		}
	}
	if same > 0 {
		t.Any++
	}
	if whole {
		t.Whole++
	} else {
		for _, c := range odd {
			if !c.Core() {
				t.odd[c] = append(t.odd[c], l.ID)
			}
		}
	}
	if !l.Agree {
		if same == 0 {
			t.lonely = append(t.lonely, l.ID)
		}
		return
	}
	t.agree++
	if same == len(vectors.Engines()) {
		t.Agreed++
		return
	}
	for _, c := range missed {
		t.failing[c] = append(t.failing[c], l.ID)
	}
}

// isProbe tells the classes of new Request(url, init), which package play leaves out.
func isProbe(c vectors.Class) bool { return strings.HasPrefix(string(c), "probe.") }

var load = sync.OnceValues(vectors.Load)

// TestAgreement plays the whole corpus and compares with the browsers. What it logs, with -v or DRAWBRIDGE_AGREEMENT=1, is the table
// that says how near the engine is.
func TestAgreement(t *testing.T) {
	t.Parallel()
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []fetch.Profile{fetch.Standard, fetch.Browsers} {
		t.Run(profile.Name, func(t *testing.T) {
			t.Parallel()
			groups, order := playAll(t, lines, profile)
			report(t, profile.Name, groups, order)
			for _, g := range requiredGroups {
				if n := groups[g]; n == nil || n.Agreed*100 < n.agree*required {
					t.Errorf("%s: got %+v, want %d %% of the agreed scenarios", g, n, required)
				}
			}
			ratchet(t, profile.Name, groups)
		})
	}
}

// playAll plays all lines, on all processors, and adds up by group. The order of the groups is that of the corpus.
func playAll(t *testing.T, lines []vectors.Line, profile fetch.Profile) (groups map[string]*tally, order []string) {
	t.Helper()
	observed := make([]vectors.Observed, len(lines))
	errs := make([]error, len(lines))
	work := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range work {
				observed[i], errs[i] = play.Run(t.Context(), &lines[i].Scenario, clients(profile))
			}
		})
	}
	for i := range lines {
		work <- i
	}
	close(work)
	workers.Wait()

	groups = map[string]*tally{}
	for i := range lines {
		l := &lines[i]
		if len(l.Flaky) > 0 || len(l.Observed) != len(vectors.Engines()) {
			continue
		}
		if groups[l.Group] == nil {
			groups[l.Group] = newTally()
			order = append(order, l.Group)
		}
		if errs[i] != nil {
			t.Errorf("%v", errs[i])
			continue
		}
		groups[l.Group].add(l, observed[i])
	}
	return groups, order
}

func clients(profile fetch.Profile) play.NewClient {
	return func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(profile), fetch.WithHTTPCache(),
			fetch.WithJar(jar.New(jar.Chromium, jar.WithClock(now))))
	}
}

// report writes the table, then what fails.
func report(t *testing.T, profile string, groups map[string]*tally, order []string) {
	t.Helper()
	var table, failures strings.Builder
	fmt.Fprintf(&table, "profile %s\n%-20s %9s %7s %14s %8s %8s %8s %8s %8s\n",
		profile, "group", "scenarios", "agreed", "of them equal", "chromium", "firefox", "webkit", "any", "whole")
	all := newTally()
	row := func(name string, n *tally) {
		percent := 100.0
		if n.agree > 0 {
			percent = float64(n.Agreed) * 100 / float64(n.agree)
		}
		fmt.Fprintf(&table, "%-20s %9d %7d %6d %6.1f%% %8d %8d %8d %8d %8d\n", name, n.scenarios, n.agree, n.Agreed, percent,
			n.engine[vectors.Chromium], n.engine[vectors.Firefox], n.engine[vectors.WebKit], n.Any, n.Whole)
	}
	for _, g := range order {
		n := groups[g]
		row(g, n)
		all.scenarios, all.agree = all.scenarios+n.scenarios, all.agree+n.agree
		all.Agreed, all.Any, all.Whole = all.Agreed+n.Agreed, all.Any+n.Any, all.Whole+n.Whole
		for _, e := range vectors.Engines() {
			all.engine[e] += n.engine[e]
		}
		for _, classes := range []map[vectors.Class][]string{n.failing, n.odd} {
			for _, c := range slices.Sorted(maps.Keys(classes)) {
				ids := classes[c]
				fmt.Fprintf(&failures, "%s: %s: %d: %s\n", g, c, len(ids), strings.Join(ids[:min(len(ids), shown)], " "))
			}
		}
		if len(n.lonely) > 0 {
			fmt.Fprintf(&failures, "%s: like no browser, where they differ: %d: %s\n", g, len(n.lonely), strings.Join(n.lonely[:min(len(n.lonely), shown)], " "))
		}
	}
	row("all", all)
	t.Logf("\n%s\nwrong against all three browsers, at most %d for each group and class:\n%s", &table, shown, &failures)
	if os.Getenv("DRAWBRIDGE_AGREEMENT") != "" {
		fmt.Printf("%s\n%s\n", &table, &failures)
	}
}

var ratchetFile sync.Mutex

// ratchet fails if a number is lower than the file says. With -update it raises the file's numbers, and never lowers one.
func ratchet(t *testing.T, profile string, groups map[string]*tally) {
	t.Helper()
	ratchetFile.Lock()
	defer ratchetFile.Unlock()
	path := filepath.Join("testdata", "agreement.json")
	held := map[string]map[string]reached{}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &held)
	}
	if err != nil && (!*update || !os.IsNotExist(err)) {
		t.Fatal(err)
	}
	if held[profile] == nil {
		held[profile] = map[string]reached{}
	}
	for g := range held[profile] {
		if groups[g] == nil {
			t.Errorf("%s: the group is gone", g)
		}
	}
	raised := 0
	for g, n := range groups {
		h := held[profile][g]
		if n.Agreed < h.Agreed || n.Any < h.Any || n.Whole < h.Whole {
			t.Errorf("%s: got %+v, want at least %+v", g, n.reached, h)
		}
		if n.Agreed > h.Agreed || n.Any > h.Any || n.Whole > h.Whole {
			raised++
		}
		held[profile][g] = reached{Agreed: max(n.Agreed, h.Agreed), Any: max(n.Any, h.Any), Whole: max(n.Whole, h.Whole)}
	}
	if raised == 0 {
		return
	}
	if !*update {
		t.Logf("%d groups are better than testdata/agreement.json says: run with -update", raised)
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

// TestScenario plays the scenarios that DRAWBRIDGE_SCENARIO names, and shows each event and each difference. It is for finding out why
// one of the list above fails. It fails where a profile is like no browser.
func TestScenario(t *testing.T) {
	t.Parallel()
	ids := strings.Fields(os.Getenv("DRAWBRIDGE_SCENARIO"))
	if len(ids) == 0 {
		ids = []string{"acao-001", "redirect-method-001"}
	}
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		if l := &lines[i]; slices.Contains(ids, l.ID) {
			t.Run(l.ID, func(t *testing.T) { show(t, l) })
		}
	}
}

func show(t *testing.T, l *vectors.Line) {
	t.Helper()
	for _, profile := range append(fetch.Profiles(), fetch.Browsers) {
		var events strings.Builder
		ctx := fetch.WithTrace(context.Background(), func(e fetch.Event) {
			fmt.Fprintf(&events, "  %s %s %s ok=%v %s %s got=%q want=%q\n", e.Kind, e.Algorithm, e.Step, e.OK, e.Reason, e.Subject, e.Got, e.Want)
		})
		got, err := play.Run(ctx, &l.Scenario, clients(profile))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s\n%s", profile.Name, l.Scenario.Note, &events)
		mine := vectors.Classes(got)
		if !slices.ContainsFunc(vectors.Engines(), func(e vectors.Engine) bool { return len(vectors.DifferCore(got, l.Observed[e])) == 0 }) {
			t.Errorf("%s is like no browser", profile.Name)
		}
		for _, e := range vectors.Engines() {
			theirs := vectors.Classes(l.Observed[e])
			for _, c := range vectors.Differ(got, l.Observed[e]) {
				t.Logf("%s\ngot %s\n%s %s", c, mine[c], e, theirs[c])
			}
		}
	}
}
