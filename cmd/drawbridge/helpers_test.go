package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// The tests of this package are inside of it, as nothing can import package main.

// testFiles is a file system of strings, with standard input.
func testFiles(stdin string, named map[string]string) *files {
	return &files{stdin: strings.NewReader(stdin), open: func(name string) (io.ReadCloser, error) {
		content, ok := named[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

// mustParse parses arguments of check that are right.
func mustParse(t *testing.T, args ...string) checkOptions {
	t.Helper()
	o, err := parseCheck(args, testFiles("", nil))
	if err != nil {
		t.Fatalf("parseCheck(%q): %v", args, err)
	}
	return o
}

// runProgram runs the command line with functions that do no checks, and returns what it wrote.
func runProgram(t *testing.T, p *program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	p.stdout, p.stderr = &out, &err
	if p.stdin == nil {
		p.stdin = strings.NewReader("")
	}
	if p.open == nil {
		p.open = openFile
	}
	if p.name == "" {
		p.name = "drawbridge"
	}
	code = p.run(t.Context(), args)
	return code, out.String(), err.String()
}

// checkReturning is a check that does nothing and ends with code.
func checkReturning(code int) reportFunc {
	return func(context.Context, checkOptions, io.Writer, io.Writer) int { return code }
}

// wantUsageError fails unless err is a usage error whose text contains all of parts.
func wantUsageError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error")
	}
	if _, ok := errors.AsType[*usageError](err); !ok {
		t.Fatalf("got %T (%v), want a usage error", err, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to contain %q", err, part)
		}
	}
}

// lines writes headers as "Name: value".
func lines(h []fetch.Field) []string {
	var all []string
	for _, f := range h {
		all = append(all, f.Name+": "+f.Value)
	}
	return all
}

func equalStrings(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}
