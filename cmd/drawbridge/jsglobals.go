package main

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
func evaluateArguments(list []js.Arg, limit int) ([]jsValue, error) {
	values := make([]jsValue, limit)
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
func evaluateNew(x *js.NewExpr) (jsValue, error) {
	for _, name := range []string{"Headers", "URLSearchParams", "Blob", "URL", "String"} {
		list, ok := isNew(x, name)
		if !ok {
			continue
		}
		arguments, err := evaluateArguments(list, 2)
		if err != nil {
			return jsValue{}, err
		}
		first, second := arguments[0], arguments[1]
		switch name {
		case "Headers", "URLSearchParams":
			kind := jsHeaders
			if name == "URLSearchParams" {
				kind = jsParams
			}
			return newPairs(kind, first, x)
		case "Blob":
			return newBlob(first, second, x)
		case "URL":
			if text, ok := newURL(first, second); ok {
				return jsValue{kind: jsString, text: text}, nil
			}
		}
	}
	if _, ok := isNew(x, "FormData"); ok {
		return jsValue{}, &usageError{
			Flag: "--from-fetch", Value: "new FormData", Problem: "is filled by code that is not run",
			Hint: "give the body with --data-binary @file and -H 'Content-Type: multipart/form-data; boundary=…'",
		}
	}
	return jsValue{}, notLiteral("an object", x)
}

// newPairs makes a Headers or a URLSearchParams.
func newPairs(kind jsKind, from jsValue, e js.IExpr) (jsValue, error) {
	v := jsValue{kind: kind}
	if from.kind == jsUndefined {
		return v, nil
	}
	if from.kind == jsString && kind == jsParams {
		return jsValue{kind: jsParams, text: formText(parseForm(from.text))}, nil
	}
	pairs, ok := from.pairs()
	if !ok {
		return jsValue{}, notLiteral("its argument", e)
	}
	if kind == jsParams {
		return jsValue{kind: jsParams, text: formText(pairs)}, nil
	}
	for _, p := range pairs {
		v.members = append(v.members, jsMember{p[0], jsValue{kind: jsString, text: p[1]}})
	}
	return v, nil
}

// newBlob makes a Blob of strings.
func newBlob(parts, options jsValue, e js.IExpr) (jsValue, error) {
	blob := jsValue{kind: jsBlob}
	if parts.kind != jsArray && parts.kind != jsUndefined {
		return jsValue{}, notLiteral("its parts", e)
	}
	var b strings.Builder
	for _, part := range parts.elements {
		if part.kind == jsBlob {
			b.WriteString(part.text)
		} else {
			b.WriteString(part.String())
		}
		if b.Len() > maxBody {
			return jsValue{}, errTooLong
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
func newURL(reference, base jsValue) (string, bool) {
	var u *url.Url
	var err error
	if base.kind == jsUndefined {
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
func evaluateCall(x *js.CallExpr) (jsValue, error) {
	if dot, ok := x.X.(*js.DotExpr); ok && isGlobal(dot.X, "JSON") && memberName(dot) == "stringify" {
		return evaluateStringify(x)
	}
	for _, name := range []string{"encodeURIComponent", "btoa", "String"} {
		if !isGlobal(x.X, name) {
			continue
		}
		arguments, err := evaluateArguments(x.Args.List, 1)
		if err != nil {
			return jsValue{}, err
		}
		text := arguments[0].String()
		switch name {
		case "encodeURIComponent":
			text = percentEscape(text, "-_.!~*'()")
		case "btoa":
			b, ok := byteString(text)
			if !ok {
				return jsValue{}, notLiteral("btoa of a character above U+00FF throws", x)
			}
			text = base64.StdEncoding.EncodeToString([]byte(b))
		}
		return jsValue{kind: jsString, text: text}, nil
	}
	return jsValue{}, notLiteral("a function's result", x)
}

// evaluateStringify is JSON.stringify.
func evaluateStringify(x *js.CallExpr) (jsValue, error) {
	arguments, err := evaluateArguments(x.Args.List, 3)
	if err != nil {
		return jsValue{}, err
	}
	if arguments[1].kind != jsNull && arguments[1].kind != jsUndefined {
		return jsValue{}, notLiteral("a replacer", x)
	}
	w := jsonWriter{}
	switch space := arguments[2]; space.kind {
	case jsNumber:
		w.gap = strings.Repeat(" ", int(max(0, min(space.number, 10))))
	case jsString:
		w.gap = space.text[:min(len(space.text), 10)]
	}
	if !w.value(arguments[0], "") {
		return jsValue{}, nil
	}
	if w.b.Len() > maxBody {
		return jsValue{}, errTooLong
	}
	return jsValue{kind: jsString, text: w.b.String()}, nil
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
