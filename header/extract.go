package header

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A SyntaxError says that a header is not the list that it should be: what the standard calls failure.
type SyntaxError struct {
	// Line is the index of the line among those given, Value its value.
	Line  int
	Value string
	// Offset is that of the first byte of Value that does not fit.
	Offset int
}

// Error has the form `header: "GET POST": unexpected 'P' at byte 4`. Of a long value it shows the part around the byte.
func (e *SyntaxError) Error() string {
	const around = 32
	from, to := max(0, min(e.Offset, len(e.Value))-around), min(len(e.Value), max(0, e.Offset)+around)
	shown := fmt.Sprintf("%q", e.Value[from:to])
	if from > 0 || to < len(e.Value) {
		shown = "…" + shown + "…"
	}
	if e.Offset < 0 || e.Offset >= len(e.Value) {
		return fmt.Sprintf("header: %s: unexpected end", shown)
	}
	return fmt.Sprintf("header: %s: unexpected %+q at byte %d", shown, rune(e.Value[e.Offset]), e.Offset)
}

// ExtractMethods extracts the values of Access-Control-Allow-Methods, given the values of its lines. nil in, nil out: there is no
// such header. A header that lists nothing gives an empty slice that is not nil. Any line that is no list of methods makes the whole
// fail, with a [*SyntaxError]. Case is kept; "*" is a method here.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func ExtractMethods(lines []string) ([]string, error) { return extractTokens(lines) }

// ExtractNames extracts the values of Access-Control-Allow-Headers or Access-Control-Expose-Headers, given the values of its lines.
// nil in, nil out: there is no such header. A header that lists nothing gives an empty slice that is not nil. Any line that is no
// list of header names makes the whole fail, with a [*SyntaxError]. Case is kept; "*" is a name here.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func ExtractNames(lines []string) ([]string, error) { return extractTokens(lines) }

// extractTokens extracts header list values for headers whose ABNF is a list of tokens: #method and #field-name are the same.
func extractTokens(lines []string) ([]string, error) {
	// 1. No header.
	if lines == nil {
		return nil, nil
	}

	// 3. NOTE: step 2 does not apply, a list may come on several lines.
	values := []string{}

	// 4. Line by line.
	for i, line := range lines {
		var failedAt int
		if values, failedAt = appendTokens(values, line); failedAt >= 0 {
			return nil, &SyntaxError{Line: i, Value: line, Offset: failedAt}
		}
	}

	// 5. All of them.
	return values, nil
}

// appendTokens parses value as a list of tokens as a recipient must: whitespace (tab and space only) around elements and empty
// elements are allowed. It returns where value stops being a list, or -1.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-recipient-requirements
func appendTokens(values []string, value string) ([]string, int) {
	// OPTIMIZATION: as in getDecodeSplit; a token takes two bytes, its comma included (BenchmarkParse/op=names/input=many-tokens).
	values = slices.Grow(values, min(strings.Count(value, ",")+1, (len(value)+1)/2))
	for position := 0; ; position++ {
		for position < len(value) && isTabOrSpace(value[position]) {
			position++
		}
		start := position
		for position < len(value) && isTokenByte(value[position]) {
			position++
		}
		if position > start {
			values = append(values, value[start:position])
		}
		for position < len(value) && isTabOrSpace(value[position]) {
			position++
		}
		if position >= len(value) {
			return values, -1
		}
		if value[position] != ',' {
			return nil, position
		}
	}
}

// ExtractMaxAge extracts the value of Access-Control-Max-Age, given the values of its lines: a number of seconds, at most
// [math.MaxInt64] whatever the digits say. ok is false if there is no such header, if it is there twice, or if it is not digits
// alone: then the standard takes 5 seconds.
//
// https://fetch.spec.whatwg.org/#extract-header-list-values
func ExtractMaxAge(lines []string) (seconds int64, ok bool) {
	// 1 and 2. One line, or none that counts.
	if len(lines) != 1 {
		return 0, false
	}

	// 4. Digits.
	value := trimTabOrSpace(lines[0])
	seconds, n := parseDigits(value)
	return seconds, n == len(value) && n > 0
}

// NegativeMaxAge reports whether the lines of Access-Control-Max-Age are one negative number. By the standard that is no number, so
// that the preflight is cached for 5 seconds; Chromium, Firefox and WebKit all take it as 0, even "-0".
func NegativeMaxAge(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	value := trimTabOrSpace(lines[0])
	return len(value) > 1 && value[0] == '-' && len(value[1:]) == digits(value[1:])
}

// digits returns how many bytes at the start of s are ASCII digits.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// parseDigits reads the ASCII digits at the start of s and returns their number of bytes and their value, or [math.MaxInt64] if that
// is more.
func parseDigits(s string) (value int64, n int) {
	n = digits(s)
	for i := range n {
		digit := int64(s[i] - '0')
		if value > (math.MaxInt64-digit)/10 {
			return math.MaxInt64, n
		}
		value = value*10 + digit
	}
	return value, n
}
