package main

import (
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// The columns of a help text: where descriptions start and where lines end.
const (
	helpIndent = 29
	helpWidth  = 79
)

// flagUsages describes the visible flags of a set, a line or a few for each, in at most 79 columns. A flag's usage starts with the name of
// its value in backquotes, if it takes one, and its description follows.
//
// NOTE: pflag's own puts all descriptions to the right of the longest flag, which leaves too little room here.
func flagUsages(set *pflag.FlagSet) string {
	var b strings.Builder
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, description := usageParts(f)
		left := "      --" + f.Name
		if f.Shorthand != "" {
			left = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" && value[0] != '[' {
			left += " "
		}
		left += value
		if utf8.RuneCountInString(left) > helpIndent-2 {
			b.WriteString(left + "\n")
			left = ""
		}
		for _, line := range wrap(description, helpWidth-helpIndent) {
			b.WriteString(left + strings.Repeat(" ", helpIndent-utf8.RuneCountInString(left)) + line + "\n")
			left = ""
		}
	})
	return b.String()
}

// usageParts splits a flag's usage into the name of its value and its description.
func usageParts(f *pflag.Flag) (value, description string) {
	if rest, ok := strings.CutPrefix(f.Usage, "`"); ok {
		value, description, _ = strings.Cut(rest, "`")
		return value, description
	}
	return "", f.Usage
}

// wrap breaks a text into lines of at most width columns, at spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
