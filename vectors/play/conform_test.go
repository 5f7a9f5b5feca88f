package play_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// conformLines are two scenarios of one group that the client plays right, and one that an altered observation makes it play wrong.
func conformLines(t *testing.T) []vectors.Line {
	t.Helper()
	lines, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var out []vectors.Line
	for _, l := range lines {
		if l.Group == "acao" && l.Agree && len(out) < 3 {
			out = append(out, l)
		}
	}
	wrong := &out[2]
	observed := map[vectors.Engine]vectors.Observed{}
	for e, o := range wrong.Observed {
		o.Fetches = slices.Clone(o.Fetches)
		o.Fetches[0] = vectors.FetchOutcome{Outcome: "timeout"}
		observed[e] = o
	}
	wrong.Observed = observed
	return out
}

func TestConform(t *testing.T) {
	t.Parallel()
	lines := conformLines(t)
	flaky, alone := lines[0], lines[1]
	flaky.ID, flaky.Flaky = "flaky", []vectors.Engine{vectors.Firefox}
	alone.ID, alone.Observed = "alone", nil
	// A client without a jar keeps no user names.
	unsupported := lines[0]
	unsupported.ID = "unsupported"
	unsupported.Scenario.Prime = []vectors.Prime{{Origin: vectors.Page, Top: true, Auth: "user:password"}}
	lines = append(lines, flaky, alone, unsupported)
	jarless := func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(fetch.Browsers))
	}

	for _, engine := range append(vectors.Engines(), "") {
		done := 0
		got, err := play.Conform(t.Context(), lines, engine, jarless, func(n, of int) {
			done++
			if n != done || of != len(lines) {
				t.Errorf("%s: progress: got %d of %d, want %d of %d", engine, n, of, done, len(lines))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if done != len(lines) {
			t.Errorf("%s: got %d calls of progress, want %d", engine, done, len(lines))
		}
		// The flaky line counts where the engine that is flaky does not.
		wantOf, leftOut := 3, []string{"flaky", "alone"}
		if engine == vectors.Chromium || engine == vectors.WebKit {
			wantOf, leftOut = 4, []string{"alone"}
		}
		equal, of := got.Equal()
		if equal != wantOf-1 || of != wantOf {
			t.Errorf("%s: got %d of %d equal, want %d of %d", engine, equal, of, wantOf-1, wantOf)
		}
		if !slices.Equal(got.LeftOut, leftOut) {
			t.Errorf("%s: left out: got %v, want %v", engine, got.LeftOut, leftOut)
		}
		if !slices.Equal(got.Unsupported, []string{"unsupported"}) {
			t.Errorf("%s: unsupported: got %v, want the one with a password", engine, got.Unsupported)
		}
		if len(got.Groups) != 1 || !slices.Equal(got.Groups[0].Differ[vectors.OutcomeClass], []string{lines[2].ID}) {
			t.Errorf("%s: got groups %+v, want one, with %s differing in its outcome", engine, got.Groups, lines[2].ID)
		}
		if c := got.SortedClasses(); c[0] != vectors.OutcomeClass || !slices.Contains(c, vectors.SiteClass) {
			t.Errorf("%s: got classes %v, want the core ones first, then the others", engine, c)
		}
	}
}

// A context that ends is an error, not a difference.
func TestConformEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := play.Conform(ctx, conformLines(t), "", clients(fetch.Browsers), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
