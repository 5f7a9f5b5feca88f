package main

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// conformSchema names the form of conform's JSON.
const conformSchema = "drawbridge.conform/1"

// maxCorpus bounds what is read of a scenario file, unpacked.
const maxCorpus = 1 << 30

// maxIDs is how many failing scenarios of one class are named in text.
const maxIDs = 9

// conformOptions are the flags of conform.
type conformOptions struct {
	browser string
	atLeast float64
	show    string
	out     checkOptions
}

func (p *program) conformCommand() *cobra.Command {
	var o conformOptions
	var atLeast string
	cmd := &cobra.Command{
		Use:   "conform [FILE]",
		Short: "Play recorded scenarios, and compare with what browsers did",
		Long: `Conform plays scenarios offline, each in a browser of its own, and compares what
came of it with what Chromium, Firefox and WebKit did: what script got, and
which requests the servers saw. FILE has one JSON object a line, may be gzipped,
and may be - for standard input. Without FILE it plays the 4,231 scenarios that
are built in.`,
		Example: `  drawbridge conform
  drawbridge conform --browser firefox --at-least 99
  drawbridge conform scenarios.ndjson.gz --show acao-001`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{Flag: "FILE", Value: args[1], Problem: "is a second one", Hint: "one file is played at a time"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if atLeast != "" {
				n, err := strconv.ParseFloat(strings.TrimSuffix(atLeast, "%"), 64)
				if err != nil || n < 0 || n > 100 {
					return &usageError{Flag: "--at-least", Value: atLeast, Problem: "is no percentage", Hint: "write a number from 0 to 100, as 99.5"}
				}
				o.atLeast = n
			}
			return p.conform(cmd.Context(), append(args, "")[0], o)
		},
	}
	cmd.Flags().SortFlags = false
	text(cmd.Flags(), &o.browser, "browser", "", "`NAME`standard, chromium, firefox, webkit or all (all)")
	text(cmd.Flags(), &atLeast, "at-least", "", "`PERCENT`exit with 1 if a browser is equal in fewer of its scenarios")
	text(cmd.Flags(), &o.show, "show", "", "`ID`show one scenario: what the browser did, and what we do")
	outputFlags(cmd.Flags(), &o.out)
	return cmd
}

// conform runs the command. It returns nil, a usage error, or an exit status.
func (p *program) conform(ctx context.Context, file string, o conformOptions) error {
	profiles, err := profilesNamed(o.browser)
	if err != nil {
		return err
	}
	lines, err := p.scenarios(file)
	if err != nil {
		return err
	}
	if o.show != "" {
		return p.showScenario(ctx, lines, profiles, o.show)
	}

	var results []conformResult
	below := false
	for _, profile := range profiles {
		c, err := play.Conform(ctx, lines, engineOf(profile), newPlayer(profile), p.conformProgress(profile.Name))
		switch {
		case ctx.Err() != nil:
			return exitError(exitInterrupted)
		case err != nil:
			return err
		}
		results = append(results, conformResult{profile, c})
		equal, of := c.Equal()
		below = below || percent(equal, of) < o.atLeast
	}
	if o.out.Format == "json" {
		err = writeJSON(p.stdout, conformJSON(results))
	} else {
		_, err = io.WriteString(p.stdout, conformText(results))
	}
	switch {
	case err != nil:
		return err
	case below:
		return exitError(exitBlocked)
	default:
		return nil
	}
}

// profilesNamed returns the profiles that --browser names.
func profilesNamed(name string) ([]fetch.Profile, error) {
	if name == "" || strings.EqualFold(name, "all") {
		return fetch.Profiles(), nil
	}
	var profiles []fetch.Profile
	for one := range strings.SplitSeq(name, ",") {
		profile, ok := fetch.ProfileNamed(strings.TrimSpace(one))
		if !ok {
			return nil, &usageError{
				Flag: "--browser", Value: one, Problem: "is no browser that was measured",
				Hint: "write standard, chromium, firefox, webkit or all",
			}
		}
		if !slices.ContainsFunc(profiles, func(p fetch.Profile) bool { return p.Name == profile.Name }) {
			profiles = append(profiles, profile)
		}
	}
	return profiles, nil
}

// engineOf returns the browser that a profile stands for, or "" for the standard.
func engineOf(profile fetch.Profile) vectors.Engine {
	engine := vectors.Engine(strings.ToLower(profile.Name))
	if slices.Contains(vectors.Engines(), engine) {
		return engine
	}
	return ""
}

// newPlayer makes the user agent of one scenario.
func newPlayer(profile fetch.Profile) play.NewClient {
	return func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		cookies := jar.New(cookiePolicy(profile), jar.WithClock(now), jar.WithThirdParty(jar.Allow))
		return fetch.New(transport, fetch.WithClock(now), fetch.WithProfile(profile), fetch.WithHTTPCache(), fetch.WithJar(cookies))
	}
}

// conformProgress shows how far it is, on a terminal.
func (p *program) conformProgress(name string) func(done, of int) {
	if !isTerminal(p.stderr) {
		return nil
	}
	return func(done, of int) {
		if done%100 == 0 || done == of {
			fmt.Fprintf(p.stderr, "\r%s: %d of %d", name, done, of)
		}
		if done == of {
			fmt.Fprint(p.stderr, "\r\x1b[K")
		}
	}
}

// scenarios reads a scenario file, or the embedded one.
func (p *program) scenarios(file string) ([]vectors.Line, error) {
	if file == "" {
		return vectors.Load()
	}
	bad := func(err error) error {
		return &usageError{Flag: "FILE", Value: file, Problem: "cannot be read: " + firstLine(err.Error()), Hint: "it has one scenario a line"}
	}
	in := io.NopCloser(p.stdin)
	if file != "-" {
		var err error
		if in, err = p.open(file); err != nil {
			return nil, bad(err)
		}
	}
	defer in.Close() //nolint:errcheck // It was only read.
	unpacked, err := unpack(in)
	if err != nil {
		return nil, bad(err)
	}
	lines, err := readScenarios(unpacked)
	if err != nil {
		return nil, bad(err)
	}
	if len(lines) == 0 {
		return nil, bad(errors.New("it is empty"))
	}
	return lines, nil
}

// unpack undoes gzip where there is any.
func unpack(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReader(io.LimitReader(z, maxCorpus)), nil
}

// readScenarios reads lines with observations, or scenarios alone, which can be shown but not compared.
func readScenarios(in *bufio.Reader) ([]vectors.Line, error) {
	start, err := in.Peek(in.Size())
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var lines []vectors.Line
	// A scenario has no member of that name.
	if bytes.Contains(start, []byte(`"scenario":`)) {
		for line, err := range vectors.ReadCorpus(in) {
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
		return lines, nil
	}
	for scenario, err := range vectors.Read(in) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, vectors.Line{ID: scenario.ID, Group: scenario.Group, Scenario: scenario})
	}
	return lines, nil
}

// showScenario shows one scenario, both sides.
func (p *program) showScenario(ctx context.Context, lines []vectors.Line, profiles []fetch.Profile, id string) error {
	i := slices.IndexFunc(lines, func(l vectors.Line) bool { return l.ID == id })
	if i < 0 {
		return &usageError{Flag: "--show", Value: id, Problem: "is no scenario of this file"}
	}
	l := &lines[i]
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s\n", l.ID, l.Group, l.Scenario.Note)
	for _, profile := range profiles {
		got, err := play.Run(ctx, &l.Scenario, newPlayer(profile))
		if err != nil {
			return err
		}
		mine := vectors.Classes(got)
		engines := vectors.Engines()
		if e := engineOf(profile); e != "" {
			engines = []vectors.Engine{e}
		}
		for _, e := range engines {
			theirs, ok := l.Observed[e]
			if !ok {
				continue
			}
			differ := vectors.Differ(got, theirs)
			fmt.Fprintf(&b, "\n%s beside %s: ", profile.Name, e)
			if len(differ) == 0 {
				b.WriteString("equal\n")
				continue
			}
			b.WriteString("differ\n")
			shown := vectors.Classes(theirs)
			for _, class := range differ {
				fmt.Fprintf(&b, "  %s\n    %s\n    %s\n", class, sides("we", mine[class]), sides(string(e), shown[class]))
			}
		}
	}
	scenario, err := json.MarshalIndent(l.Scenario, "", "  ")
	if err != nil {
		return err
	}
	b.WriteString("\n" + string(scenario) + "\n")
	_, err = io.WriteString(p.stdout, b.String())
	return err
}

// sides writes one side of a difference, its lines below each other.
func sides(who, what string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(what, "\n"), "\n") {
		lines = append(lines, strings.Trim(strconv.Quote(line), `"`))
	}
	return fmt.Sprintf("%-9s %s", who, strings.Join(lines, "\n              "))
}

// A conformResult is the outcome for one profile.
type conformResult struct {
	profile fetch.Profile
	play.Conformance
}

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return float64(n) * 100 / float64(of)
}

// conformText is the report for people.
func conformText(results []conformResult) string {
	var b strings.Builder
	for i, r := range results {
		if i > 0 {
			b.WriteString("\n")
		}
		equal, of := r.Equal()
		against := cmp.Or(r.profile.Version, r.profile.Name)
		if r.Engine == "" {
			against = "a browser"
		}
		fmt.Fprintf(&b, "%s: like %s in %d of %d scenarios, %.2f %%\n\n", r.profile.Name, against, equal, of, percent(equal, of))
		fmt.Fprintf(&b, "  %-20s %8s %8s %9s %8s %8s %9s\n", "group", "agreed", "equal", "%", "others", "equal", "%")
		for _, g := range r.Groups {
			fmt.Fprintf(&b, "  %-20s %8d %8d %8.1f%% %8d %8d %8.1f%%\n", g.Group,
				g.Agreed, g.AgreedEqual, percent(g.AgreedEqual, g.Agreed), g.Others, g.OthersEqual, percent(g.OthersEqual, g.Others))
		}
		fmt.Fprintf(&b, "\n  %-36s %8s %8s\n", "class", "differ", "of")
		for _, class := range r.SortedClasses() {
			ids := r.failing(class)
			if r.Classes[class] == 0 && len(ids) == 0 {
				continue
			}
			fmt.Fprintf(&b, "  %-36s %8d %8d\n", class, len(ids), r.Classes[class])
			for chunk := range slices.Chunk(ids[:min(len(ids), maxIDs)], 3) {
				fmt.Fprintf(&b, "      %s\n", strings.Join(chunk, " "))
			}
			if len(ids) > maxIDs {
				fmt.Fprintf(&b, "      and %d more\n", len(ids)-maxIDs)
			}
		}
		if n := len(r.Unsupported); n > 0 {
			fmt.Fprintf(&b, "\n  %d scenarios cannot be played yet, as %s\n", n, r.Unsupported[0])
		}
		if n := len(r.LeftOut); n > 0 {
			fmt.Fprintf(&b, "\n  %d scenarios have no observation to compare with, as %s\n", n, r.LeftOut[0])
		}
	}
	return b.String()
}

// failing lists the scenarios that differ in a class.
func (r conformResult) failing(class vectors.Class) []string {
	var ids []string
	for _, g := range r.Groups {
		ids = append(ids, g.Differ[class]...)
	}
	return ids
}

// The JSON of conform: see docs/conform.md.
type (
	conformReport struct {
		Schema   string           `json:"schema"`
		Profiles []conformProfile `json:"profiles"`
	}
	conformProfile struct {
		Profile     string         `json:"profile"`
		Version     string         `json:"version"`
		Engine      string         `json:"engine,omitempty"`
		Equal       int            `json:"equal"`
		Scenarios   int            `json:"scenarios"`
		Groups      []conformGroup `json:"groups"`
		Classes     []conformClass `json:"classes"`
		Unsupported []string       `json:"unsupported"`
		LeftOut     []string       `json:"leftOut"`
	}
	conformGroup struct {
		Group       string `json:"group"`
		Agreed      int    `json:"agreed"`
		AgreedEqual int    `json:"agreedEqual"`
		Others      int    `json:"others"`
		OthersEqual int    `json:"othersEqual"`
	}
	conformClass struct {
		Class   string   `json:"class"`
		Core    bool     `json:"core"`
		Of      int      `json:"of"`
		Failing []string `json:"failing"`
	}
)

func conformJSON(results []conformResult) conformReport {
	report := conformReport{Schema: conformSchema, Profiles: []conformProfile{}}
	for _, r := range results {
		equal, of := r.Equal()
		out := conformProfile{
			Profile: r.profile.Name, Version: r.profile.Version, Engine: string(r.Engine), Equal: equal, Scenarios: of,
			Groups: []conformGroup{}, Classes: []conformClass{},
			Unsupported: append([]string{}, r.Unsupported...), LeftOut: append([]string{}, r.LeftOut...),
		}
		for _, g := range r.Groups {
			out.Groups = append(out.Groups, conformGroup{g.Group, g.Agreed, g.AgreedEqual, g.Others, g.OthersEqual})
		}
		for _, class := range r.SortedClasses() {
			out.Classes = append(out.Classes, conformClass{
				Class: string(class), Core: class.Core(), Of: r.Classes[class], Failing: append([]string{}, r.failing(class)...),
			})
		}
		report.Profiles = append(report.Profiles, out)
	}
	return report
}
