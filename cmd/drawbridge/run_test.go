package main

import (
	"bytes"
	"errors"
	"testing"
)

// A brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// TestReportThatCannotBeWritten: whoever reads the report would take its absence for a verdict. The target's port is a bad one, so that
// nothing is sent.
func TestReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			code := runCheck(t.Context(), mustParse(t, "http://127.0.0.1:6667/", "--format", format), brokenWriter{}, &stderr)
			equal(t, "exit status", code, exitInternal)
			equal(t, "stderr", stderr.String(), "drawbridge check: writing the report: disk full\n")
		})
	}
}

func TestJSONKeepsMarkupReadable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := writeJSON(&out, map[string]string{"fix": "<a> & b"}); err != nil {
		t.Fatal(err)
	}
	equal(t, "JSON", out.String(), "{\n  \"fix\": \"<a> & b\"\n}\n")
}

// TestCheckNamesItselfAsCobraDoes: messages from within a check and those about its command line start alike.
func TestCheckNamesItselfAsCobraDoes(t *testing.T) {
	t.Parallel()
	command, _, err := newProgram(nil, nil, nil).rootCommand().Find([]string{"check"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "path", command.CommandPath(), programName+" check")
}
