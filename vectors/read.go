package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
)

// Limits of what [Read] and [ReadCorpus] take. They are far above what the corpus has.
const (
	// MaxLine is how many bytes a line may have, its end not counted.
	MaxLine = 1 << 20
	// MaxLines is how many lines a file may have, empty ones included.
	MaxLines = 100_000
	// MaxFetches and MaxRoutes are how many of these a scenario may have.
	MaxFetches = 100
	MaxRoutes  = 1000
	// MaxDelayMs is how long a fetch may wait: ten minutes.
	MaxDelayMs = 600_000
)

// A ReadError says what is wrong with a line of a scenario file.
type ReadError struct {
	// Line counts from 1.
	Line int
	// Field is the path of the member, as "fetches[0].body.kind", or empty if the line as a whole is wrong. Where the value is of
	// the wrong JSON type the path has no indexes.
	Field string
	// Problem says what is wrong.
	Problem string
	// Err is the cause, if there is one.
	Err error
}

// Error has the form `vectors: line 3: fetches[0].url: …`.
func (e *ReadError) Error() string {
	s := "vectors: line " + strconv.Itoa(e.Line) + ": "
	if e.Field != "" {
		s += e.Field + ": "
	}
	return s + e.Problem
}

// Unwrap returns the cause, if any.
func (e *ReadError) Unwrap() error { return e.Err }

// Read reads scenarios: one JSON object a line, in UTF-8. Empty lines are skipped, members that [Scenario] does not have are ignored.
//
// A line that cannot be used yields an error, or several joined, each a [*ReadError]; reading goes on after it. A line longer than
// [MaxLine], more than [MaxLines] lines, or an error of r ends the sequence.
func Read(r io.Reader) iter.Seq2[Scenario, error] {
	return readLines(r, "", func(s *Scenario) *Scenario { return s })
}

// readLines reads values that hold a scenario. The prefix is the scenario's path in them.
func readLines[T any](r io.Reader, prefix string, scenario func(*T) *Scenario) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		lines := bufio.NewScanner(r)
		// Room for "\r\n", so that the check below and not the scanner says where the limit is.
		lines.Buffer(nil, MaxLine+3)
		seen := map[string]int{}
		n := 0
		for lines.Scan() {
			n++
			if n > MaxLines {
				yield(zero, &ReadError{Line: n, Problem: fmt.Sprintf("more than %d lines", MaxLines)})
				return
			}
			line := lines.Bytes()
			if len(line) > MaxLine {
				break
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			var v T
			err := decode(n, line, &v)
			if err == nil {
				err = check(n, prefix, scenario(&v), seen)
			}
			if err != nil {
				v = zero
			}
			if !yield(v, err) {
				return
			}
		}
		switch err := lines.Err(); {
		case err == nil && len(lines.Bytes()) > MaxLine:
			yield(zero, &ReadError{Line: n, Problem: fmt.Sprintf("longer than %d bytes", MaxLine)})
		case errors.Is(err, bufio.ErrTooLong):
			yield(zero, &ReadError{Line: n + 1, Problem: fmt.Sprintf("longer than %d bytes", MaxLine), Err: err})
		case err != nil:
			yield(zero, &ReadError{Line: n + 1, Problem: err.Error(), Err: err})
		}
	}
}

// decode reads one line. A wrong type names the member; bad syntax names the column.
func decode(n int, line []byte, v any) error {
	err := json.Unmarshal(line, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		want := describe(e.Type.Kind().String(), e.Type.Name())
		return &ReadError{Line: n, Field: e.Field, Problem: "got " + e.Value + ", want " + want, Err: err}
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &ReadError{Line: n, Problem: fmt.Sprintf("no JSON from byte %d on: %s", e.Offset, e.Error()), Err: err}
	}
	return &ReadError{Line: n, Problem: err.Error(), Err: err}
}

// describe names a Go type in JSON's words.
func describe(kind, name string) string {
	switch name {
	case "Field", "AuthorField":
		return "a pair [name, value] of strings, each character a byte"
	case "Values":
		return "an array of strings, each character a byte"
	}
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice", "array":
		return "an array"
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	default:
		return "a whole number"
	}
}

// check validates a scenario and notes its id.
func check(n int, prefix string, s *Scenario, seen map[string]int) error {
	problems := validate(s)
	if first, again := seen[s.ID]; again {
		problems = append(problems, problem{"id", fmt.Sprintf("%q is taken by line %d", s.ID, first)})
	} else {
		seen[s.ID] = n
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = &ReadError{Line: n, Field: prefix + p.field, Problem: p.text}
	}
	return errors.Join(errs...)
}
