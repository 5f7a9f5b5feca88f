package play

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

// A Tally counts, for one group of scenarios, how often a client did what browsers did.
type Tally struct {
	// Group is the scenarios' group.
	Group string
	// Agreed is how many scenarios there are on which all browsers agree in the core classes, AgreedEqual on how many of them the
	// client agrees with them.
	Agreed, AgreedEqual int
	// Others is how many other scenarios there are, OthersEqual how many of them the client plays like its browser; a client that
	// stands for no browser, like at least one.
	Others, OthersEqual int
	// Differ lists, for each class, the scenarios in which the client differs: from its browser, or from every one.
	Differ map[vectors.Class][]string
}

// A Conformance says how near a client is to the browsers.
type Conformance struct {
	// Engine is the browser that it was compared with, or "" for all of them.
	Engine vectors.Engine
	// Groups are in the order in which they first appear.
	Groups []Tally
	// Classes counts, for each class, the scenarios in which the browser shows something of that class.
	Classes map[vectors.Class]int
	// Unsupported lists the scenarios that could not be played, LeftOut those without an observation to compare with.
	Unsupported, LeftOut []string
}

// Equal returns on how many scenarios the client is equal in the core classes, and of how many.
func (c *Conformance) Equal() (equal, of int) {
	for _, g := range c.Groups {
		equal += g.AgreedEqual + g.OthersEqual
		of += g.Agreed + g.Others
	}
	return equal, of
}

// Conform plays lines, on all processors, each with a client of its own, and compares. An engine of "" compares with all browsers. Lines
// that are flaky, or that the engine was not observed on, are left out. Progress, if not nil, is called after each line, by one
// goroutine at a time. The error is the first that [Run] returned, but for scenarios that it does not support.
func Conform(
	ctx context.Context, lines []vectors.Line, engine vectors.Engine, newClient NewClient, progress func(done, of int),
) (Conformance, error) {
	c := Conformance{Engine: engine, Classes: map[vectors.Class]int{}}
	observed, errs := runAll(ctx, lines, newClient, progress)
	groups := map[string]int{}
	for i := range lines {
		l := &lines[i]
		switch {
		case errors.Is(errs[i], errors.ErrUnsupported):
			c.Unsupported = append(c.Unsupported, l.ID)
			continue
		case errs[i] != nil:
			return Conformance{}, errs[i]
		case !recorded(l, engine):
			c.LeftOut = append(c.LeftOut, l.ID)
			continue
		}
		at, ok := groups[l.Group]
		if !ok {
			at = len(c.Groups)
			groups[l.Group] = at
			c.Groups = append(c.Groups, Tally{Group: l.Group, Differ: map[vectors.Class][]string{}})
		}
		c.add(&c.Groups[at], l, observed[i])
	}
	return c, nil
}

// recorded reports whether a line says what the engine, or each of them, did.
func recorded(l *vectors.Line, engine vectors.Engine) bool {
	for _, e := range enginesOf(engine) {
		if _, ok := l.Observed[e]; !ok || slices.Contains(l.Flaky, e) {
			return false
		}
	}
	return true
}

func enginesOf(engine vectors.Engine) []vectors.Engine {
	if engine == "" {
		return vectors.Engines()
	}
	return []vectors.Engine{engine}
}

// runAll plays all lines on all processors.
func runAll(ctx context.Context, lines []vectors.Line, newClient NewClient, progress func(done, of int)) ([]vectors.Observed, []error) {
	observed := make([]vectors.Observed, len(lines))
	errs := make([]error, len(lines))
	work := make(chan int)
	var mu sync.Mutex
	done := 0
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range work {
				observed[i], errs[i] = Run(ctx, &lines[i].Scenario, newClient)
				if progress != nil {
					mu.Lock()
					done++
					progress(done, len(lines))
					mu.Unlock()
				}
			}
		})
	}
	for i := range lines {
		work <- i
	}
	close(work)
	workers.Wait()
	return observed, errs
}

// add compares one line.
func (c *Conformance) add(t *Tally, l *vectors.Line, got vectors.Observed) {
	// The classes in which the client differs from the browser that it is nearest to.
	var differ []vectors.Class
	for i, e := range enginesOf(c.Engine) {
		d := vectors.Differ(got, l.Observed[e])
		if i == 0 || core(d) < core(differ) || core(d) == core(differ) && len(d) < len(differ) {
			differ = d
		}
	}
	for class := range maps.Keys(vectors.Classes(l.Observed[enginesOf(c.Engine)[0]])) {
		c.Classes[class]++
	}
	for _, class := range differ {
		t.Differ[class] = append(t.Differ[class], l.ID)
	}
	equal := core(differ) == 0
	if l.Agree {
		t.Agreed++
		if equal {
			t.AgreedEqual++
		}
		return
	}
	t.Others++
	if equal {
		t.OthersEqual++
	}
}

// core counts the core classes.
func core(classes []vectors.Class) int {
	n := 0
	for _, c := range classes {
		if c.Core() {
			n++
		}
	}
	return n
}

// SortedClasses returns the classes that c has figures on: the core ones first, in their order, then the others by name.
func (c *Conformance) SortedClasses() []vectors.Class {
	var rest []vectors.Class
	for class := range c.Classes {
		if !class.Core() {
			rest = append(rest, class)
		}
	}
	slices.SortFunc(rest, func(a, b vectors.Class) int { return strings.Compare(string(a), string(b)) })
	return append(vectors.CoreClasses(), rest...)
}
