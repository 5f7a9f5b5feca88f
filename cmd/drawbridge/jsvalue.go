package main

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// jsKind is the kind of a value that a literal has.
type jsKind int

const (
	jsUndefined jsKind = iota
	jsNull
	jsBool
	jsNumber
	jsString
	jsArray
	jsObject
	// jsHeaders, jsParams and jsBlob are what new Headers, new URLSearchParams and new Blob make.
	jsHeaders
	jsParams
	jsBlob
)

// A jsValue is the value of an expression without variables.
type jsValue struct {
	kind   jsKind
	truth  bool
	number float64
	// text is a string, or a blob's content. A half of a surrogate pair is U+FFFD, as it is in everything that is sent.
	text string
	// mime is a blob's type.
	mime string
	// elements are an array's; members an object's, a Headers' or a URLSearchParams', in order.
	elements []jsValue
	members  []jsMember
}

type jsMember struct {
	name  string
	value jsValue
}

// truthy is ToBoolean.
func (v jsValue) truthy() bool {
	switch v.kind {
	case jsUndefined, jsNull:
		return false
	case jsBool:
		return v.truth
	case jsNumber:
		return v.number != 0 && !math.IsNaN(v.number)
	case jsString:
		return v.text != ""
	default:
		return true
	}
}

// String is ToString.
func (v jsValue) String() string {
	switch v.kind {
	case jsUndefined:
		return "undefined"
	case jsNull:
		return "null"
	case jsBool:
		return strconv.FormatBool(v.truth)
	case jsNumber:
		return numberText(v.number)
	case jsArray:
		parts := make([]string, len(v.elements))
		for i, e := range v.elements {
			if e.kind != jsUndefined && e.kind != jsNull {
				parts[i] = e.String()
			}
		}
		return strings.Join(parts, ",")
	case jsObject:
		return "[object Object]"
	case jsHeaders:
		return "[object Headers]"
	case jsBlob:
		return "[object Blob]"
	default:
		return v.text
	}
}

// numberText is Number::toString, of which Go's JSON is made.
func numberText(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case n == 0:
		return "0"
	}
	b, err := json.Marshal(n)
	if err != nil {
		panic("drawbridge: internal error: " + err.Error())
	}
	return string(b)
}

// pairs returns the names and values of an object, a Headers or an array of pairs.
func (v jsValue) pairs() (pairs [][2]string, ok bool) {
	switch v.kind {
	case jsObject, jsHeaders:
		for _, m := range v.members {
			pairs = append(pairs, [2]string{m.name, m.value.String()})
		}
		return pairs, true
	case jsArray:
		for _, e := range v.elements {
			if e.kind != jsArray || len(e.elements) != 2 {
				return nil, false
			}
			pairs = append(pairs, [2]string{e.elements[0].String(), e.elements[1].String()})
		}
		return pairs, true
	default:
		return nil, false
	}
}

// jsonWriter writes values as JSON.stringify does.
//
// https://tc39.es/ecma262/#sec-json.stringify
type jsonWriter struct {
	b   strings.Builder
	gap string
}

// value writes v and reports whether it has a form in JSON; undefined has none.
func (w *jsonWriter) value(v jsValue, indent string) bool {
	if w.b.Len() > maxBody {
		// The caller sees the length.
		return true
	}
	inner := indent + w.gap
	switch v.kind {
	case jsUndefined:
		return false
	case jsNull:
		w.b.WriteString("null")
	case jsNumber:
		if math.IsNaN(v.number) || math.IsInf(v.number, 0) {
			w.b.WriteString("null")
		} else {
			w.b.WriteString(v.String())
		}
	case jsBool:
		w.b.WriteString(v.String())
	case jsString:
		w.quote(v.text)
	case jsArray:
		w.b.WriteByte('[')
		for i, element := range v.elements {
			w.separate(i > 0, inner)
			if !w.value(element, inner) {
				w.b.WriteString("null")
			}
		}
		w.end(len(v.elements) > 0, indent, ']')
	default:
		// A Headers or a Blob has no members of its own.
		members := v.members
		if v.kind != jsObject {
			members = nil
		}
		w.b.WriteByte('{')
		written := false
		for _, m := range members {
			if m.value.kind == jsUndefined {
				continue
			}
			w.separate(written, inner)
			w.quote(m.name)
			w.b.WriteByte(':')
			if w.gap != "" {
				w.b.WriteByte(' ')
			}
			w.value(m.value, inner)
			written = true
		}
		w.end(written, indent, '}')
	}
	return true
}

// separate writes what stands before an element.
func (w *jsonWriter) separate(comma bool, indent string) {
	if comma {
		w.b.WriteByte(',')
	}
	if w.gap != "" {
		w.b.WriteString("\n" + indent)
	}
}

// end writes a closing bracket.
func (w *jsonWriter) end(written bool, indent string, bracket byte) {
	if written && w.gap != "" {
		w.b.WriteString("\n" + indent)
	}
	w.b.WriteByte(bracket)
}

// quote writes a string with the escapes of JSON, and none of those that Go adds.
func (w *jsonWriter) quote(s string) {
	w.b.WriteByte('"')
	written := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		w.b.WriteString(s[written:i])
		written = i + 1
		if k := strings.IndexByte("\"\\\b\f\n\r\t", c); k >= 0 {
			w.b.WriteString(`\` + `"\bfnrt`[k:k+1])
		} else {
			const digits = "0123456789abcdef"
			w.b.WriteString(`\u00` + string([]byte{digits[c>>4], digits[c&15]}))
		}
	}
	w.b.WriteString(s[written:])
	w.b.WriteByte('"')
}
