package vectors_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

var load = sync.OnceValues(vectors.Load)

// corpora are the embedded ones, with the number of their lines.
var corpora = []struct {
	file  string
	load  func() ([]vectors.Line, error)
	lines int
}{
	{"corpus.ndjson.gz", load, 4231},
	{"corpus-https.ndjson.gz", sync.OnceValues(vectors.LoadHTTPS), 990},
	{"corpus-https-default.ndjson.gz", sync.OnceValues(vectors.LoadHTTPSDefault), 990},
}

// eachCorpus runs a test on all of them.
func eachCorpus(t *testing.T, test func(t *testing.T, file string, lines []vectors.Line, want int)) {
	t.Helper()
	for _, c := range corpora {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			lines, err := c.load()
			if err != nil {
				t.Fatal(err)
			}
			test(t, c.file, lines, c.lines)
		})
	}
}

func TestCorpusIsWhole(t *testing.T) {
	t.Parallel()
	eachCorpus(t, testWhole)
}

func testWhole(t *testing.T, _ string, lines []vectors.Line, want int) {
	t.Helper()
	if len(lines) != want {
		t.Errorf("got %d scenarios, want %d", len(lines), want)
	}
	for _, l := range lines {
		if l.ID != l.Scenario.ID || l.Group != l.Scenario.Group {
			t.Errorf("%s: the line and its scenario have different names", l.ID)
		}
		for _, e := range vectors.Engines() {
			if got := len(l.Observed[e].Fetches); got != len(l.Scenario.Fetches) {
				t.Errorf("%s: %s: got %d fetches, want %d", l.ID, e, got, len(l.Scenario.Fetches))
			}
		}
	}
}

// What is read and written again is the file, byte for byte: no member is lost, no byte of a header changed.
func TestCorpusRoundTrip(t *testing.T) {
	t.Parallel()
	eachCorpus(t, testRoundTrip)
}

func testRoundTrip(t *testing.T, name string, lines []vectors.Line, _ int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	file := bufio.NewScanner(z)
	file.Buffer(nil, vectors.MaxLine)
	for _, l := range lines {
		if !file.Scan() {
			t.Fatal("the file ends early")
		}
		if got := bytes.TrimRight(write(t, l), "\n"); !bytes.Equal(got, file.Bytes()) {
			t.Fatalf("%s:\ngot  %s\nwant %s", l.ID, got, file.Bytes())
		}
	}
}

// Our comparison finds what the recorder's found when it compared the browsers.
func TestDifferAgreesWithTheCorpus(t *testing.T) {
	t.Parallel()
	eachCorpus(t, testDiffer)
}

func testDiffer(t *testing.T, _ string, lines []vectors.Line, _ int) {
	t.Helper()
	for _, l := range lines {
		pairs := map[vectors.Class]int{}
		engines := vectors.Engines()
		for i, a := range engines {
			for _, b := range engines[i+1:] {
				for _, c := range vectors.Differ(l.Observed[a], l.Observed[b]) {
					pairs[c]++
				}
			}
		}
		// Among three, a difference that follows from another may show between the two that agree on the other.
		follows := func(c vectors.Class) bool {
			return pairs["outcome"] > 0 && strings.HasPrefix(string(c), "response.") ||
				pairs["requests.sequence"] > 0 && strings.HasPrefix(string(c), "requests.") && c != "requests.sequence"
		}
		maps.DeleteFunc(pairs, func(c vectors.Class, _ int) bool { return follows(c) })
		got, want := slices.Sorted(maps.Keys(pairs)), slices.Sorted(maps.Keys(l.Differ))
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", l.ID, got, want)
		}
		if strict := len(got) == 0; strict != l.Strict {
			t.Errorf("%s: got strict %v, want %v", l.ID, strict, l.Strict)
		}
		if agree := !slices.ContainsFunc(got, vectors.Class.Core); agree != l.Agree {
			t.Errorf("%s: got agree %v, want %v", l.ID, agree, l.Agree)
		}
	}
}

func TestReadCorpusNamesTheMemberOfTheScenario(t *testing.T) {
	t.Parallel()
	line := `{"id":"a-1","group":"g","scenario":` + strings.Replace(minimal, "200", "20", 1) + `,"observed":{}}`
	for _, err := range vectors.ReadCorpus(strings.NewReader(line)) {
		if err == nil || !strings.Contains(err.Error(), "line 1: scenario.routes[0].actual.status: 20") {
			t.Errorf("got %v", err)
		}
	}
}

func TestReadCorpusIgnoresNewMembers(t *testing.T) {
	t.Parallel()
	line := `{"id":"a-1","group":"g","scenario":` + minimal + `,"observed":{"servo":{"fetches":[{"outcome":"response","speed":9}],"requests":[],"weather":1}},"later":[]}`
	for l, err := range vectors.ReadCorpus(strings.NewReader(line)) {
		if err != nil || l.Observed["servo"].Fetches[0].Outcome != vectors.Responded {
			t.Errorf("got %+v, %v", l, err)
		}
	}
}

func TestAllStopsWhenTheLoopDoes(t *testing.T) {
	t.Parallel()
	n := 0
	for range vectors.All() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("got %d", n)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := vectors.Load(); err != nil {
			b.Fatal(err)
		}
	}
}
