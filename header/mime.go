package header

import (
	"slices"
	"strings"
)

// A MIMEType is what a Content-Type says. The zero value is none.
//
// https://mimesniff.spec.whatwg.org/#mime-type-representation
type MIMEType struct {
	// Essence is type and subtype, in lower case, as "text/html".
	Essence string
	// Parameters are in order, their names in lower case, each once.
	Parameters []Parameter
}

// A Parameter is one parameter of a [MIMEType]. Value is without quotes.
type Parameter struct{ Name, Value string }

// Parameter returns the value of the parameter with that name, which is lower case, and whether there is one.
func (m MIMEType) Parameter(name string) (value string, ok bool) {
	i := slices.IndexFunc(m.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return "", false
	}
	return m.Parameters[i].Value, true
}

// JavaScriptMIMEType reports whether a MIME type with that essence is a JavaScript MIME type. Case counts, as in [MIMEType]: an essence
// is lower case.
//
// https://mimesniff.spec.whatwg.org/#javascript-mime-type
func JavaScriptMIMEType(essence string) bool {
	switch essence {
	case "application/ecmascript", "application/javascript", "application/x-ecmascript", "application/x-javascript",
		"text/ecmascript", "text/javascript", "text/javascript1.0", "text/javascript1.1", "text/javascript1.2",
		"text/javascript1.3", "text/javascript1.4", "text/javascript1.5", "text/jscript", "text/livescript",
		"text/x-ecmascript", "text/x-javascript":
		return true
	}
	return false
}

// String serializes m. A value that is no token comes in quotes. The zero value gives the empty string.
//
// https://mimesniff.spec.whatwg.org/#serialize-a-mime-type
func (m MIMEType) String() string {
	// 1. The essence.
	var b strings.Builder
	b.WriteString(m.Essence)

	// 2. The parameters.
	for _, p := range m.Parameters {
		// 2.1 to 2.3. ";name=".
		b.WriteString(";" + p.Name + "=")

		// 2.4 and 2.5. The value.
		if isToken(p.Value) {
			b.WriteString(p.Value)
			continue
		}
		b.WriteByte('"')
		for i := range len(p.Value) {
			if p.Value[i] == '"' || p.Value[i] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(p.Value[i])
		}
		b.WriteByte('"')
	}

	// 3. All of it.
	return b.String()
}

// ParseMIMEType parses one MIME type. ok is false if s has no type and subtype that are tokens; parameters that cannot be understood
// are left out.
//
// https://mimesniff.spec.whatwg.org/#parse-a-mime-type
func ParseMIMEType(s string) (m MIMEType, ok bool) {
	// 1 to 9. Type and subtype.
	essence, rest, failedAt := splitEssence(s)
	if failedAt >= 0 {
		return MIMEType{}, false
	}

	// 10. In lower case.
	m = MIMEType{Essence: lower(essence)}

	// 11. Parameters.
	m.Parameters = parseParameters(rest)

	// 12. Done.
	return m, true
}

// splitEssence does steps 1 to 9 of "parse a MIME type". It returns the essence as it is spelled, what follows it from the semicolon
// on, and the offset in s of the byte that makes it fail, or -1. It does not allocate.
func splitEssence(s string) (essence, rest string, failedAt int) {
	// 1. Whitespace around it.
	input := Normalize(s)
	offset := leadingWhitespace(s)

	// 2 to 4. The type, a token.
	position := 0
	for position < len(input) && isTokenByte(input[position]) {
		position++
	}
	if position == 0 || position >= len(input) || input[position] != '/' {
		// 5. No slash.
		return "", "", min(offset+position, len(s))
	}

	// 6. Over the slash.
	position++

	// 7 to 9. The subtype, a token that may have whitespace behind it.
	start := position
	for position < len(input) && isTokenByte(input[position]) {
		position++
	}
	end := position
	for position < len(input) && isWhitespace(input[position]) {
		position++
	}
	if end == start {
		return "", "", offset + end
	}
	if position < len(input) && input[position] != ';' {
		// NOTE: in "text/plain x" it is the space that makes the subtype no token.
		return "", "", offset + end
	}
	return input[:end], input[position:], -1
}

// parseParameters does step 11 of "parse a MIME type": input is empty or starts with a semicolon.
func parseParameters(input string) []Parameter {
	var parameters []Parameter
	var seen map[string]struct{} // for more parameters than are quickly compared one by one
	exists := func(name string) bool {
		if seen == nil {
			return slices.ContainsFunc(parameters, func(p Parameter) bool { return p.Name == name })
		}
		_, ok := seen[name]
		return ok
	}

	position := 0
	until := func(stop string) string {
		start := position
		for position < len(input) && strings.IndexByte(stop, input[position]) < 0 {
			position++
		}
		return input[start:position]
	}

	for position < len(input) {
		// 11.1 and 11.2. Over the semicolon and whitespace.
		position++
		position += leadingWhitespace(input[position:])

		// 11.3 and 11.4. The name.
		name := lower(until(";="))

		// 11.5. A name without "=" is none.
		if position < len(input) {
			if input[position] == ';' {
				continue
			}
			position++
		}

		// 11.6. Nothing left. The loop's condition sees to that.
		if position >= len(input) {
			break
		}

		// 11.7 to 11.9. The value.
		var value string
		if input[position] == '"' {
			// 11.8. In quotes; what follows up to the next semicolon counts for nothing.
			value, position = collectQuotedString(input, position, true)
			until(";")
		} else {
			// 11.9. Bare, and then not empty.
			value = trimRightWhitespace(until(";"))
			if value == "" {
				continue
			}
		}

		// 11.10. Well-formed, and the first of its name.
		if !isToken(name) || firstNotIn(value, classQuoted) >= 0 || exists(name) {
			continue
		}
		parameters = append(parameters, Parameter{name, value})
		if seen != nil {
			seen[name] = struct{}{}
		} else if len(parameters) == 16 {
			seen = make(map[string]struct{})
			for _, p := range parameters {
				seen[p.Name] = struct{}{}
			}
		}
	}
	return parameters
}

// ExtractMIMEType extracts a MIME type from a response's headers: the last Content-Type that can be understood, with the charset of
// those before it if they had the same essence. ok is false if there is none.
//
// https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
func ExtractMIMEType(headers List) (mimeType MIMEType, ok bool) {
	// 1 to 3. Nothing known yet.
	charset, hasCharset, essence := "", false, ""

	// 4 and 5. The values.
	values, found := headers.GetDecodeSplit(ContentType)
	if !found {
		return MIMEType{}, false
	}

	// 6. Value by value.
	for _, value := range values {
		// 6.1 and 6.2. What cannot be understood is skipped.
		m, parsed := ParseMIMEType(value)
		if !parsed || m.Essence == "*/*" {
			continue
		}

		// 6.3. The last one wins.
		mimeType, ok = m, true

		if mimeType.Essence != essence {
			// 6.4. Another essence starts afresh.
			charset, hasCharset = mimeType.Parameter("charset")
			essence = mimeType.Essence
		} else if _, has := mimeType.Parameter("charset"); !has && hasCharset {
			// 6.5. The same essence inherits the charset.
			mimeType.Parameters = append(mimeType.Parameters, Parameter{"charset", charset})
		}
	}

	// 7 and 8. The last one, if any.
	return mimeType, ok
}

// Nosniff determines nosniff: whether the first value of X-Content-Type-Options is "nosniff", in any case.
//
// https://fetch.spec.whatwg.org/#determine-nosniff
func Nosniff(list List) bool {
	// 1 and 2. The values.
	values, ok := list.GetDecodeSplit(XContentTypeOptions)
	if !ok {
		return false
	}

	// 3 and 4. The first one.
	return equalFold(values[0], "nosniff")
}
