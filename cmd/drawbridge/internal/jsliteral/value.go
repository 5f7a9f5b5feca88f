package jsliteral

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// A Kind is what sort of value a [Value] is.
type Kind int

// The kinds of JavaScript, and those of the objects that are made by new Headers, new URLSearchParams and new Blob.
const (
	Undefined Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
	Headers
	URLSearchParams
	Blob
)

// A Value is the value of an expression without variables. The zero value is undefined.
type Value struct {
	kind   Kind
	truth  bool
	number float64
	// text is a string, a blob's content, or a URLSearchParams as it is sent.
	text string
	// mime is a blob's type.
	mime string
	// elements are an array's, members an object's or a Headers', in order.
	elements []Value
	members  []member
}

type member struct {
	name  string
	value Value
}

// Kind returns what sort of value it is.
func (v Value) Kind() Kind { return v.kind }

// Blob returns the content of a Blob and its type, as its own members would.
func (v Value) Blob() (content, mime string) { return v.text, v.mime }

// Truthy is ToBoolean.
func (v Value) Truthy() bool {
	switch v.kind {
	case Undefined, Null:
		return false
	case Bool:
		return v.truth
	case Number:
		return v.number != 0 && !math.IsNaN(v.number)
	case String:
		return v.text != ""
	default:
		return true
	}
}

// String is ToString. Half of a surrogate pair is U+FFFD in it, as it is in everything that is sent.
func (v Value) String() string {
	switch v.kind {
	case Undefined:
		return "undefined"
	case Null:
		return "null"
	case Bool:
		return strconv.FormatBool(v.truth)
	case Number:
		return numberText(v.number)
	case Array:
		parts := make([]string, len(v.elements))
		for i, e := range v.elements {
			if e.kind != Undefined && e.kind != Null {
				parts[i] = e.String()
			}
		}
		return strings.Join(parts, ",")
	case Object:
		return "[object Object]"
	case Headers:
		return "[object Headers]"
	case Blob:
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

// Pairs returns the names and values of an object, a Headers or an array of pairs, each as a string. It is not ok for other values.
func (v Value) Pairs() (pairs [][2]string, ok bool) {
	switch v.kind {
	case Object, Headers:
		for _, m := range v.members {
			pairs = append(pairs, [2]string{m.name, m.value.String()})
		}
		return pairs, true
	case Array:
		for _, e := range v.elements {
			if e.kind != Array || len(e.elements) != 2 {
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
func (w *jsonWriter) value(v Value, indent string) bool {
	if w.b.Len() > maxText {
		// The caller sees the length.
		return true
	}
	inner := indent + w.gap
	switch v.kind {
	case Undefined:
		return false
	case Null:
		w.b.WriteString("null")
	case Number:
		if math.IsNaN(v.number) || math.IsInf(v.number, 0) {
			w.b.WriteString("null")
		} else {
			w.b.WriteString(v.String())
		}
	case Bool:
		w.b.WriteString(v.String())
	case String:
		w.quote(v.text)
	case Array:
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
		if v.kind != Object {
			members = nil
		}
		w.b.WriteByte('{')
		written := false
		for _, m := range members {
			if m.value.kind == Undefined {
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
