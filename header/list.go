package header

import (
	"slices"
	"strings"
)

// A Field is one header line: a name and a value, as the bytes that were or will be sent. The standard calls it a header.
//
// https://fetch.spec.whatwg.org/#concept-header
type Field struct{ Name, Value string }

// A List is a header list: lines in order, names repeated and spelled as they came. The zero value is an empty list. Methods do not
// check that names and values are valid: [ValidName] and [ValidValue] do.
//
// https://fetch.spec.whatwg.org/#concept-header-list
type List []Field

// Contains reports whether some line has that name, in any case.
//
// https://fetch.spec.whatwg.org/#header-list-contains
func (l List) Contains(name string) bool { return l.index(name) >= 0 }

// Get returns the values of all lines with that name, in order, with ", " between them, and whether there was any. With ok false the
// value is empty.
//
// https://fetch.spec.whatwg.org/#concept-header-list-get
func (l List) Get(name string) (value string, ok bool) {
	// 1. No line, no value.
	i := l.index(name)
	if i < 0 {
		return "", false
	}

	// 2. The values, combined.
	// NOTE: nearly always it is one line, and then its value is the answer as it stands.
	rest := l[i+1:]
	if !rest.Contains(name) {
		return l[i].Value, true
	}
	values := append([]string{l[i].Value}, rest.Values(name)...)
	return strings.Join(values, ", "), true
}

// Lines returns the lines with that name as they came, or nil if there is none. The result is a copy.
func (l List) Lines(name string) []Field {
	var lines []Field
	for _, f := range l {
		if equalFold(f.Name, name) {
			lines = append(lines, f)
		}
	}
	return lines
}

// Values returns the values of the lines with that name, in order, or nil if there is none: the difference between no header and an
// empty one is that between nil and one empty string.
func (l List) Values(name string) []string {
	var values []string
	for _, f := range l {
		if equalFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Append adds a line at the end. If there is already a line with that name, the new one takes over its spelling.
//
// https://fetch.spec.whatwg.org/#concept-header-list-append
func (l *List) Append(name, value string) {
	// 1. One spelling for one name.
	if i := l.index(name); i >= 0 {
		name = (*l)[i].Name
	}

	// 2. The line itself.
	*l = append(*l, Field{name, value})
}

// Delete removes all lines with that name. It works in place.
//
// https://fetch.spec.whatwg.org/#concept-header-list-delete
func (l *List) Delete(name string) {
	*l = slices.DeleteFunc(*l, func(f Field) bool { return equalFold(f.Name, name) })
}

// Set gives the first line with that name the value and removes the others; if there is none, it appends one. It works in place.
//
// https://fetch.spec.whatwg.org/#concept-header-list-set
func (l *List) Set(name, value string) {
	i := l.index(name)

	// 2. A new line.
	if i < 0 {
		*l = append(*l, Field{name, value})
		return
	}

	// 1. The first line stays where it is.
	(*l)[i].Value = value
	tail := (*l)[i+1:]
	tail.Delete(name)
	*l = (*l)[:i+1+len(tail)]
}

// SortAndCombine returns what script sees when it walks a Headers object: names in lower case, sorted by bytes, one line each with
// the values combined as [List.Get] does, but for Set-Cookie, whose lines stay apart. The list itself is not changed.
//
// https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
func (l List) SortAndCombine() List {
	// 2. Names, lower-cased and sorted.
	// OPTIMIZATION: sorting the lines, stably, and then combining neighbours takes n·log n steps where a Get for each name takes n²
	// (BenchmarkList/op=sort-and-combine).
	sorted := slices.Clone(l)
	for i := range sorted {
		sorted[i].Name = lower(sorted[i].Name)
	}
	slices.SortStableFunc(sorted, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })

	// 1 and 3. One line a name.
	headers := make(List, 0, len(sorted))
	for len(sorted) > 0 {
		name, n := sorted[0].Name, 1
		for n < len(sorted) && sorted[n].Name == name {
			n++
		}
		if name == "set-cookie" {
			// 3.1. Cookies cannot be combined: their dates have commas.
			headers = append(headers, sorted[:n]...)
		} else {
			// 3.2. All values of the name.
			headers = append(headers, Field{name, join(sorted[:n])})
		}
		sorted = sorted[n:]
	}

	// 4. Done.
	return headers
}

// GetDecodeSplit returns the values of all lines with that name, split at the commas that are not in a quoted string, with tabs and
// spaces removed around each. A missing header is nil and false, an empty one is one empty string. Bytes stay bytes.
//
// https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split
func (l List) GetDecodeSplit(name string) (values []string, ok bool) {
	// 1 and 2. The combined value.
	value, ok := l.Get(name)
	if !ok {
		return nil, false
	}

	// 3. Split.
	return getDecodeSplit(value), true
}

// getDecodeSplit splits a header value at its unquoted commas.
//
// https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
func getDecodeSplit(input string) []string {
	// NOTE: the standard collects into a string of its own; what it collects is always one stretch of the input, so offsets do.
	// OPTIMIZATION: a place for every comma at once; growing step by step costs five times the memory on a megabyte of commas
	// (BenchmarkParse/op=split/input=commas).
	values := make([]string, 0, strings.Count(input, ",")+1)
	start, position := 0, 0

	// 5. Value by value.
	for {
		// 5.1. Up to a quote or a comma.
		for position < len(input) && input[position] != '"' && input[position] != ',' {
			position++
		}

		// 5.2. A quoted string belongs to the value as it stands, and so does what follows it.
		if position < len(input) && input[position] == '"' {
			_, position = collectQuotedString(input, position, false)
			if position < len(input) {
				continue
			}
		}

		// 5.3 to 5.5. The value is complete.
		values = append(values, trimTabOrSpace(input[start:position]))

		// 5.6. Nothing left.
		if position >= len(input) {
			return values
		}

		// 5.7 and 5.8. Over the comma.
		position++
		start = position
	}
}

// collectQuotedString collects an HTTP quoted string from input at position, where a quote must stand. It returns what was collected,
// without quotes and backslashes if extract is true, and the position after it. A string that never ends reaches to the end.
//
// https://fetch.spec.whatwg.org/#collect-an-http-quoted-string
func collectQuotedString(input string, position int, extract bool) (string, int) {
	// 1 to 4. Over the quote.
	start := position
	position++
	var value strings.Builder

	// 5. Stretch by stretch.
	for {
		// 5.1. Up to a quote or a backslash.
		from := position
		for position < len(input) && input[position] != '"' && input[position] != '\\' {
			position++
		}
		if extract {
			value.WriteString(input[from:position])
		}

		// 5.2. No closing quote.
		if position >= len(input) {
			break
		}

		// 5.3 and 5.4. Which of the two it is.
		c := input[position]
		position++

		// 5.6. The closing quote.
		if c == '"' {
			break
		}

		// 5.5.1. A backslash with nothing to escape is itself.
		if position >= len(input) {
			if extract {
				value.WriteByte('\\')
			}
			break
		}

		// 5.5.2 and 5.5.3. What it escapes.
		if extract {
			value.WriteByte(input[position])
		}
		position++
	}

	// 6 and 7. The contents or the whole.
	if extract {
		return value.String(), position
	}
	return input[start:position], position
}

// Normalize removes HTTP whitespace (tab, line feed, carriage return, space) from both ends of a value.
//
// https://fetch.spec.whatwg.org/#concept-header-value-normalize
func Normalize(value string) string {
	for value != "" && isWhitespace(value[0]) {
		value = value[1:]
	}
	return trimRightWhitespace(value)
}

// ValidName reports whether name is a header name: a token.
//
// https://fetch.spec.whatwg.org/#header-name
func ValidName(name string) bool { return isToken(name) }

// ValidValue reports whether value is a header value: no tab or space at either end and no NUL, line feed or carriage return
// anywhere. Every other byte is allowed, control characters among them.
//
// https://fetch.spec.whatwg.org/#header-value
func ValidValue(value string) bool {
	return len(trimTabOrSpace(value)) == len(value) && !strings.ContainsAny(value, "\x00\n\r")
}

// index returns the index of the first line with that name, or -1.
func (l List) index(name string) int {
	return slices.IndexFunc(l, func(f Field) bool { return equalFold(f.Name, name) })
}

// join combines the values of lines.
func join(lines []Field) string {
	if len(lines) == 1 {
		return lines[0].Value
	}
	var b strings.Builder
	for i, f := range lines {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Value)
	}
	return b.String()
}
