package vectors

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"iter"
)

var (
	//go:embed corpus.ndjson.gz
	corpus []byte
	//go:embed corpus-https.ndjson.gz
	httpsCorpus []byte
	//go:embed corpus-https-default.ndjson.gz
	httpsDefaultCorpus []byte
)

// A Line is a scenario with what the engines did.
type Line struct {
	ID       string              `json:"id"`
	Group    string              `json:"group"`
	Scenario Scenario            `json:"scenario"`
	Observed map[Engine]Observed `json:"observed"`
	// Agree says that the engines match in all core classes, Strict that they match in every class.
	Agree  bool `json:"agree"`
	Strict bool `json:"strict"`
	// Differ has, for each class in which they do not, the engine that stands alone, or "all".
	Differ map[Class]string `json:"differ,omitempty"`
	// Causes labels the differences, likeliest first.
	Causes []string `json:"causes,omitempty"`
	// Flaky lists the engines whose two runs differ. Leave such lines out of a comparison.
	Flaky []Engine `json:"flaky,omitempty"`
}

// All yields the embedded corpus, in a fixed order. The error is nil unless the program was built from a damaged tree; it ends the
// sequence. Each line is newly read: a caller may change it. All is safe for concurrent use.
func All() iter.Seq2[Line, error] { return embedded(corpus) }

// AllHTTPS yields the https set as [All] does: pages and servers on https, with names and so with sites, cookies, images, mixed content
// and referrer policies. The browsers were told to allow third-party cookies, which shows what cookies mean to each of them.
func AllHTTPS() iter.Seq2[Line, error] { return embedded(httpsCorpus) }

// AllHTTPSDefault yields the scenarios of [AllHTTPS] again, with what the browsers did when nobody had changed how they treat third-party
// cookies.
func AllHTTPSDefault() iter.Seq2[Line, error] { return embedded(httpsDefaultCorpus) }

func embedded(zipped []byte) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		r, err := gzip.NewReader(bytes.NewReader(zipped))
		if err != nil {
			yield(Line{}, fmt.Errorf("vectors: embedded corpus: %w", err))
			return
		}
		for line, err := range ReadCorpus(r) {
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// Load returns all lines of [All], some tens of megabytes, or the first error.
func Load() ([]Line, error) { return load(All()) }

// LoadHTTPS returns all lines of [AllHTTPS], some megabytes, or the first error.
func LoadHTTPS() ([]Line, error) { return load(AllHTTPS()) }

// LoadHTTPSDefault returns all lines of [AllHTTPSDefault], some megabytes, or the first error.
func LoadHTTPSDefault() ([]Line, error) { return load(AllHTTPSDefault()) }

func load(all iter.Seq2[Line, error]) ([]Line, error) {
	var lines []Line
	for line, err := range all {
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// ReadCorpus reads a corpus that someone else recorded: one [Line] a line. Limits and errors are those of [Read].
func ReadCorpus(r io.Reader) iter.Seq2[Line, error] {
	return readLines(r, "scenario.", func(l *Line) *Scenario { return &l.Scenario })
}
