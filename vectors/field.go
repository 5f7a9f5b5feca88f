package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// A Field is one header line as raw bytes, of a response or of an observation.
//
// Its JSON form is an array of two isomorphic strings. A code point above U+00FF is an error, as it stands for no byte.
type Field struct{ Name, Value string }

// MarshalJSON implements [json.Marshaler]. It never fails.
func (f Field) MarshalJSON() ([]byte, error) {
	return marshalStrings(isomorphicDecode(f.Name), isomorphicDecode(f.Value))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *Field) UnmarshalJSON(data []byte) error {
	pair, err := unmarshalPair[Field](data)
	if err != nil {
		return err
	}
	var okName, okValue bool
	f.Name, okName = isomorphicEncode(pair[0])
	f.Value, okValue = isomorphicEncode(pair[1])
	if !okName || !okValue {
		return &json.UnmarshalTypeError{Value: "a code point above U+00FF", Type: reflect.TypeFor[Field]()}
	}
	return nil
}

// An AuthorField is one header as script passes it to fetch(). It is text: it may hold code points that stand for no byte, and
// then fetch() throws.
type AuthorField struct{ Name, Value string }

// MarshalJSON implements [json.Marshaler]. It never fails.
func (f AuthorField) MarshalJSON() ([]byte, error) { return marshalStrings(f.Name, f.Value) }

// UnmarshalJSON implements [json.Unmarshaler].
func (f *AuthorField) UnmarshalJSON(data []byte) error {
	pair, err := unmarshalPair[AuthorField](data)
	if err != nil {
		return err
	}
	f.Name, f.Value = pair[0], pair[1]
	return nil
}

// Bytes converts both strings to bytes. It reports false if one of them holds a code point above U+00FF: that is what makes fetch()
// throw a TypeError.
//
// https://webidl.spec.whatwg.org/#js-ByteString
func (f AuthorField) Bytes() (Field, bool) {
	name, okName := isomorphicEncode(f.Name)
	value, okValue := isomorphicEncode(f.Value)
	return Field{Name: name, Value: value}, okName && okValue
}

// Values holds raw header values. Its JSON form is an array of isomorphic strings.
type Values []string

// MarshalJSON implements [json.Marshaler]. It never fails.
func (v Values) MarshalJSON() ([]byte, error) {
	text := make([]string, len(v))
	for i, s := range v {
		text[i] = isomorphicDecode(s)
	}
	return marshalStrings(text...)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (v *Values) UnmarshalJSON(data []byte) error {
	var text []string
	if err := json.Unmarshal(data, &text); err != nil {
		return &json.UnmarshalTypeError{Value: kindOf(data), Type: reflect.TypeFor[Values]()}
	}
	*v = make(Values, len(text))
	for i, s := range text {
		raw, ok := isomorphicEncode(s)
		if !ok {
			return &json.UnmarshalTypeError{Value: "a code point above U+00FF", Type: reflect.TypeFor[Values]()}
		}
		(*v)[i] = raw
	}
	return nil
}

// unmarshalPair reads an array of exactly two strings. Its error is an UnmarshalTypeError, to which package json adds the path of the
// member; [2]string would take a shorter or longer array in silence.
func unmarshalPair[T any](data []byte) ([]string, error) {
	if pair, ok := plainPair(string(data)); ok {
		return pair, nil
	}
	pair := make([]string, 0, 2)
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 {
		return nil, &json.UnmarshalTypeError{Value: kindOf(data), Type: reflect.TypeFor[T]()}
	}
	return pair, nil
}

// plainPair reads a pair of strings of ASCII without escapes, written without spaces.
//
// OPTIMIZATION: nearly all pairs of the corpus are such, and reading it takes a fifth less time. BenchmarkLoad.
func plainPair(data string) ([]string, bool) {
	inner, ok := strings.CutPrefix(data, `["`)
	if !ok {
		return nil, false
	}
	inner, ok = strings.CutSuffix(inner, `"]`)
	if !ok {
		return nil, false
	}
	name, value, ok := strings.Cut(inner, `","`)
	if !ok || !isPlain(name) || !isPlain(value) {
		return nil, false
	}
	return []string{name, value}, true
}

// isPlain reports whether s stands for itself between the quotes of a JSON string.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// kindOf names a JSON value for an error, as package json does.
func kindOf(data []byte) string {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return "no JSON"
	}
	switch v := v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return fmt.Sprintf("array of %d", len(v))
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	default:
		return "null"
	}
}

// marshalStrings writes an array of strings without HTML escapes. The caller's encoder adds those unless told not to.
func marshalStrings(text ...string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// isomorphicEncode turns code points into bytes. It reports false if one does not fit.
//
// https://infra.spec.whatwg.org/#isomorphic-encode
func isomorphicEncode(s string) (string, bool) {
	if isASCII(s) {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r > 0xFF {
			return "", false
		}
		b.WriteByte(byte(r))
	}
	return b.String(), true
}

// isomorphicDecode turns each byte into the code point of the same number.
//
// https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphicDecode(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(2 * len(s))
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
