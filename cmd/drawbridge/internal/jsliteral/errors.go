package jsliteral

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// A Problem is why an expression has no value here.
type Problem string

const (
	// NotLiteral means that only a running page knows it, or there is none.
	NotLiteral Problem = "not-literal"
	// FormData means that it makes a FormData, which code fills afterwards.
	FormData Problem = "form-data"
	// TooLong means that it stands for more than 16 MiB of text. A few characters of code can, as "…" + "…" inside of brackets.
	TooLong Problem = "too-long"
)

// An Error is an expression that cannot be evaluated.
type Error struct {
	Problem Problem
	// Code is the expression, shortened if it is long, and empty for TooLong.
	Code string
	// What says in a few words what kind of expression it is, for NotLiteral.
	What string
}

func (e *Error) Error() string {
	s := "jsliteral: " + string(e.Problem)
	if e.What != "" {
		s += " (" + e.What + ")"
	}
	if e.Code != "" {
		s += ": " + e.Code
	}
	return s
}

// notLiteral is the error for what only a running page knows.
func notLiteral(what string, e js.IExpr) error {
	return &Error{Problem: NotLiteral, Code: source(e), What: what}
}

// maxText bounds what a value stands for. A browser takes more, but nobody pastes it.
const maxText = 16 << 20

func tooLong() error { return &Error{Problem: TooLong} }

// maxCode is how much of an expression an error repeats.
const maxCode = 120

// source returns the code of an expression, shortened.
func source(e js.IExpr) string {
	w := &shortWriter{limit: maxCode}
	e.JS(w)
	return w.b.String()
}

// shortWriter keeps the beginning of what is written to it.
type shortWriter struct {
	b     strings.Builder
	limit int
}

func (w *shortWriter) Write(p []byte) (int, error) {
	if room := w.limit - w.b.Len(); room > 0 {
		w.b.Write(p[:min(room, len(p))])
		if len(p) > room {
			w.b.WriteString("…")
		}
	}
	return len(p), nil
}
