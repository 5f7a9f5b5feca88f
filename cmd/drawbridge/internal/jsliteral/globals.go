package jsliteral

import (
	"encoding/base64"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
	"github.com/tdewolff/parse/v2/js"
)

// isNew returns the arguments of "new name(…)".
func isNew(e js.IExpr, name string) ([]js.Arg, bool) {
	x, ok := e.(*js.NewExpr)
	if !ok || !isGlobal(x.X, name) {
		return nil, false
	}
	if x.Args == nil {
		return nil, true
	}
	return x.Args.List, true
}

// evaluateArguments evaluates at most limit arguments; those left out are undefined.
func evaluateArguments(list []js.Arg, limit int) ([]Value, error) {
	values := make([]Value, limit)
	for i, argument := range list {
		if argument.Rest {
			return nil, notLiteral("...", argument.Value)
		}
		if i >= limit {
			break
		}
		v, err := evaluate(argument.Value)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// evaluateNew makes what the constructors make that pages use for a request.
func evaluateNew(x *js.NewExpr) (Value, error) {
	for _, name := range []string{"Headers", "URLSearchParams", "Blob", "URL", "String"} {
		list, ok := isNew(x, name)
		if !ok {
			continue
		}
		arguments, err := evaluateArguments(list, 2)
		if err != nil {
			return Value{}, err
		}
		first, second := arguments[0], arguments[1]
		switch name {
		case "Headers", "URLSearchParams":
			kind := Headers
			if name == "URLSearchParams" {
				kind = URLSearchParams
			}
			return newPairs(kind, first, x)
		case "Blob":
			return newBlob(first, second, x)
		case "URL":
			if text, ok := newURL(first, second); ok {
				return Value{kind: String, text: text}, nil
			}
		}
	}
	if _, ok := isNew(x, "FormData"); ok {
		return Value{}, &Error{Problem: FormData, Code: "new FormData"}
	}
	return Value{}, notLiteral("an object", x)
}

// newPairs makes a Headers or a URLSearchParams.
func newPairs(kind Kind, from Value, e js.IExpr) (Value, error) {
	v := Value{kind: kind}
	if from.kind == Undefined {
		return v, nil
	}
	if from.kind == String && kind == URLSearchParams {
		return Value{kind: URLSearchParams, text: formText(parseForm(from.text))}, nil
	}
	pairs, ok := from.Pairs()
	if !ok {
		return Value{}, notLiteral("its argument", e)
	}
	if kind == URLSearchParams {
		return Value{kind: URLSearchParams, text: formText(pairs)}, nil
	}
	for _, p := range pairs {
		v.members = append(v.members, member{p[0], Value{kind: String, text: p[1]}})
	}
	return v, nil
}

// newBlob makes a Blob of strings.
func newBlob(parts, options Value, e js.IExpr) (Value, error) {
	blob := Value{kind: Blob}
	if parts.kind != Array && parts.kind != Undefined {
		return Value{}, notLiteral("its parts", e)
	}
	var b strings.Builder
	for _, part := range parts.elements {
		if part.kind == Blob {
			b.WriteString(part.text)
		} else {
			b.WriteString(part.String())
		}
		if b.Len() > maxText {
			return Value{}, tooLong()
		}
	}
	blob.text = b.String()
	for _, m := range options.members {
		if m.name == "type" {
			blob.mime = strings.ToLower(m.value.String())
		}
	}
	return blob, nil
}

// newURL resolves a URL against a base.
func newURL(reference, base Value) (string, bool) {
	var u *url.Url
	var err error
	if base.kind == Undefined {
		u, err = url.Parse(reference.String())
	} else {
		u, err = url.ParseRef(base.String(), reference.String())
	}
	if err != nil {
		return "", false
	}
	return u.Href(false), true
}

// evaluateCall knows the functions that code for a request is full of, and no other.
func evaluateCall(x *js.CallExpr) (Value, error) {
	if dot, ok := x.X.(*js.DotExpr); ok && isGlobal(dot.X, "JSON") && memberName(dot) == "stringify" {
		return evaluateStringify(x)
	}
	for _, name := range []string{"encodeURIComponent", "btoa", "String"} {
		if !isGlobal(x.X, name) {
			continue
		}
		arguments, err := evaluateArguments(x.Args.List, 1)
		if err != nil {
			return Value{}, err
		}
		text := arguments[0].String()
		switch name {
		case "encodeURIComponent":
			text = percentEscape(text, "-_.!~*'()")
		case "btoa":
			b, ok := ByteString(text)
			if !ok {
				return Value{}, notLiteral("btoa of a character above U+00FF throws", x)
			}
			text = base64.StdEncoding.EncodeToString([]byte(b))
		}
		return Value{kind: String, text: text}, nil
	}
	return Value{}, notLiteral("a function's result", x)
}

// evaluateStringify is JSON.stringify.
func evaluateStringify(x *js.CallExpr) (Value, error) {
	arguments, err := evaluateArguments(x.Args.List, 3)
	if err != nil {
		return Value{}, err
	}
	if arguments[1].kind != Null && arguments[1].kind != Undefined {
		return Value{}, notLiteral("a replacer", x)
	}
	w := jsonWriter{}
	switch space := arguments[2]; space.kind {
	case Number:
		w.gap = strings.Repeat(" ", int(max(0, min(space.number, 10))))
	case String:
		w.gap = space.text[:min(len(space.text), 10)]
	}
	if !w.value(arguments[0], "") {
		return Value{}, nil
	}
	if w.b.Len() > maxText {
		return Value{}, tooLong()
	}
	return Value{kind: String, text: w.b.String()}, nil
}

// parseForm reads an application/x-www-form-urlencoded string.
//
// https://url.spec.whatwg.org/#concept-urlencoded-parser
func parseForm(s string) (pairs [][2]string) {
	for sequence := range strings.SplitSeq(strings.TrimPrefix(s, "?"), "&") {
		if sequence == "" {
			continue
		}
		name, value, _ := strings.Cut(sequence, "=")
		pairs = append(pairs, [2]string{formDecode(name), formDecode(value)})
	}
	return pairs
}

func formDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c, ok := hexDigits(s[i+1:], 2); {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && ok:
			b.WriteByte(byte(c))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// formText writes pairs as application/x-www-form-urlencoded.
//
// https://url.spec.whatwg.org/#concept-urlencoded-serializer
func formText(pairs [][2]string) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = formEncode(p[0]) + "=" + formEncode(p[1])
	}
	return strings.Join(parts, "&")
}

func formEncode(s string) string { return strings.ReplaceAll(percentEscape(s, "*-._"), "%20", "+") }

// percentEscape writes "%XX" for each byte that is no ASCII letter or digit and not in keep.
func percentEscape(s, keep string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// ByteString makes bytes of a string's code points, as a header's name or value takes them. It is not ok if one is above
// U+00FF, with which a browser throws a TypeError.
//
// https://webidl.spec.whatwg.org/#es-ByteString
func ByteString(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xFF {
			return "", false
		}
		b = append(b, byte(c))
	}
	return string(b), true
}
