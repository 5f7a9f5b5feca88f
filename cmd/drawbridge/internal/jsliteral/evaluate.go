package jsliteral

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2/js"
)

// evaluate returns the value of an expression that holds no variables. The parser bounds how deep expressions nest.
func evaluate(e js.IExpr) (Value, error) {
	v, err := evaluateOne(e)
	if err == nil && len(v.text) > maxText {
		return Value{}, tooLong()
	}
	return v, err
}

func evaluateOne(e js.IExpr) (Value, error) {
	switch x := e.(type) {
	case *js.LiteralExpr:
		return evaluateLiteral(*x, e)
	case js.LiteralExpr:
		return evaluateLiteral(x, e)
	case *js.Var:
		switch string(x.Name()) {
		case "undefined":
			return Value{}, nil
		case "NaN":
			return Value{kind: Number, number: math.NaN()}, nil
		case "Infinity":
			return Value{kind: Number, number: math.Inf(1)}, nil
		}
		return Value{}, notLiteral("a variable", e)
	case *js.GroupExpr:
		return evaluate(x.X)
	case *js.TemplateExpr:
		return evaluateTemplate(x)
	case *js.UnaryExpr:
		return evaluateUnary(x)
	case *js.BinaryExpr:
		return evaluateSum(x)
	case *js.ArrayExpr:
		return evaluateArray(x)
	case *js.ObjectExpr:
		return evaluateObject(x)
	case *js.NewExpr:
		return evaluateNew(x)
	case *js.CallExpr:
		return evaluateCall(x)
	default:
		return Value{}, notLiteral("an expression", e)
	}
}

func evaluateLiteral(x js.LiteralExpr, e js.IExpr) (Value, error) {
	switch x.TokenType {
	case js.NullToken:
		return Value{kind: Null}, nil
	case js.TrueToken, js.FalseToken:
		return Value{kind: Bool, truth: x.TokenType == js.TrueToken}, nil
	case js.StringToken:
		text, ok := unescapeJS(x.Data[1 : len(x.Data)-1])
		if !ok {
			return Value{}, notLiteral("an escape that is not valid", e)
		}
		return Value{kind: String, text: text}, nil
	case js.DecimalToken, js.IntegerToken, js.BinaryToken, js.OctalToken, js.HexadecimalToken:
		n, ok := parseNumber(string(x.Data))
		if !ok {
			return Value{}, notLiteral("a number", e)
		}
		return Value{kind: Number, number: n}, nil
	default:
		return Value{}, notLiteral("a literal", e)
	}
}

// parseNumber reads a numeric literal.
func parseNumber(s string) (float64, bool) {
	s = strings.ReplaceAll(s, "_", "")
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		n, err := strconv.ParseUint(s, 0, 64)
		return float64(n), err == nil
	}
	if len(s) > 1 && s[0] == '0' && '0' <= s[1] && s[1] <= '9' {
		// Octal of old, which modules refuse.
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil || math.IsInf(n, 0)
}

// unescapeJS undoes the escapes of a string or template literal.
//
// https://tc39.es/ecma262/#sec-static-semantics-sv
func unescapeJS(s []byte) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		i++
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i == len(s) {
			return "", false
		}
		e := s[i]
		i++
		switch {
		case e == 'u' || e == 'x':
			r, used, ok := unicodeEscape(e, string(s[i:]))
			if !ok {
				return "", false
			}
			i += used
			b.WriteRune(r)
		case e == '0' && (i == len(s) || s[i] < '0' || s[i] > '9'):
			b.WriteByte(0)
		case '0' <= e && e <= '9':
			return "", false
		case e == '\n':
		case e == '\r':
			if i < len(s) && s[i] == '\n' {
				i++
			}
		default:
			if k := strings.IndexByte("bfnrtv", e); k >= 0 {
				e = "\b\f\n\r\t\v"[k]
			}
			// U+2028 and U+2029 end a line too.
			if rest := s[i-1:]; len(rest) >= 3 && (string(rest[:3]) == "\u2028" || string(rest[:3]) == "\u2029") {
				i += 2
				continue
			}
			b.WriteByte(e)
		}
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD"), true
}

// unicodeEscape reads what follows "\u" or "\x", and the second half of a surrogate pair if there is one.
func unicodeEscape(kind byte, s string) (r rune, used int, ok bool) {
	if inner, braced := strings.CutPrefix(s, "{"); braced && kind == 'u' {
		digits, _, closed := strings.Cut(inner, "}")
		n, err := strconv.ParseUint(digits, 16, 64)
		if !closed || err != nil || n > utf8.MaxRune {
			return 0, 0, false
		}
		return rune(n), len(digits) + 2, true
	}
	want := 4
	if kind == 'x' {
		want = 2
	}
	n, ok := hexDigits(s, want)
	if !ok {
		return 0, 0, false
	}
	used = want
	if second, escaped := strings.CutPrefix(s[used:], `\u`); escaped && kind == 'u' {
		low, ok := hexDigits(second, 4)
		if both := utf16.DecodeRune(n, low); ok && both != utf8.RuneError {
			return both, used + 6, true
		}
	}
	return n, used, true
}

// hexDigits reads exactly so many hexadecimal digits.
func hexDigits(s string, length int) (rune, bool) {
	if len(s) < length {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:length], 16, 32)
	return rune(n), err == nil
}

// evaluateTemplate joins a template literal whose expressions are literals.
func evaluateTemplate(x *js.TemplateExpr) (Value, error) {
	if x.Tag != nil {
		return Value{}, notLiteral("a function's result", x)
	}
	var b strings.Builder
	// A part's text ends with the "${" of its expression and starts, as the tail does, with a backquote or a "}".
	for _, part := range x.List {
		text, ok := unescapeTemplate(part.Value[1 : len(part.Value)-2])
		if !ok {
			return Value{}, notLiteral("an escape that is not valid", x)
		}
		v, err := evaluate(part.Expr)
		if err != nil {
			return Value{}, err
		}
		b.WriteString(text)
		b.WriteString(v.String())
		if b.Len() > maxText {
			return Value{}, tooLong()
		}
	}
	text, ok := unescapeTemplate(x.Tail[1 : len(x.Tail)-1])
	if !ok {
		return Value{}, notLiteral("an escape that is not valid", x)
	}
	b.WriteString(text)
	return Value{kind: String, text: b.String()}, nil
}

// unescapeTemplate is [unescapeJS] for templates, in which every line's end is a line feed.
func unescapeTemplate(s []byte) (string, bool) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(s))
	return unescapeJS([]byte(text))
}

func evaluateUnary(x *js.UnaryExpr) (Value, error) {
	v, err := evaluate(x.X)
	if err != nil {
		return Value{}, err
	}
	switch {
	case x.Op == js.VoidToken:
		return Value{}, nil
	case x.Op == js.NotToken:
		return Value{kind: Bool, truth: !v.Truthy()}, nil
	case x.Op == js.NegToken && v.kind == Number:
		return Value{kind: Number, number: -v.number}, nil
	case x.Op == js.PosToken && v.kind == Number:
		return v, nil
	default:
		return Value{}, notLiteral("an expression", x)
	}
}

// evaluateSum joins strings.
func evaluateSum(x *js.BinaryExpr) (Value, error) {
	if x.Op != js.AddToken {
		return Value{}, notLiteral("an expression", x)
	}
	left, err := evaluate(x.X)
	if err != nil {
		return Value{}, err
	}
	right, err := evaluate(x.Y)
	if err != nil {
		return Value{}, err
	}
	if left.kind != String && right.kind != String {
		return Value{}, notLiteral("a sum", x)
	}
	return Value{kind: String, text: left.String() + right.String()}, nil
}

func evaluateArray(x *js.ArrayExpr) (Value, error) {
	array := Value{kind: Array}
	for _, element := range x.List {
		if element.Value == nil {
			array.elements = append(array.elements, Value{})
			continue
		}
		if element.Spread {
			return Value{}, notLiteral("...", element.Value)
		}
		v, err := evaluate(element.Value)
		if err != nil {
			return Value{}, err
		}
		array.elements = append(array.elements, v)
	}
	return array, nil
}

func evaluateObject(x *js.ObjectExpr) (Value, error) {
	object := Value{kind: Object}
	index := make(map[string]int, len(x.List))
	for _, property := range x.List {
		name, err := propertyName(property)
		if err != nil {
			return Value{}, err
		}
		v, err := evaluate(property.Value)
		if err != nil {
			return Value{}, err
		}
		if i, ok := index[name]; ok {
			// Of two members with one name the later counts, in the place of the first.
			object.members[i].value = v
			continue
		}
		index[name] = len(object.members)
		object.members = append(object.members, member{name, v})
	}
	// Names that are array indices come first, in their order.
	slices.SortStableFunc(object.members, func(a, b member) int {
		m, aIndex := arrayIndex(a.name)
		n, bIndex := arrayIndex(b.name)
		switch {
		case aIndex && bIndex:
			return int(m - n)
		case aIndex:
			return -1
		case bIndex:
			return 1
		default:
			return 0
		}
	})
	return object, nil
}

func arrayIndex(name string) (int64, bool) {
	n, err := strconv.ParseUint(name, 10, 32)
	return int64(n), err == nil && n < math.MaxUint32 && strconv.FormatUint(n, 10) == name
}

// propertyName returns the name of an object's member.
func propertyName(p js.Property) (string, error) {
	if method, ok := p.Value.(*js.MethodDecl); ok {
		return "", notLiteral("a function", method)
	}
	if p.Name == nil || p.Init != nil {
		return "", notLiteral("...", p.Value)
	}
	if p.Name.Computed != nil {
		v, err := evaluate(p.Name.Computed)
		return v.String(), err
	}
	literal := p.Name.Literal
	if literal.TokenType == js.StringToken || js.IsNumeric(literal.TokenType) {
		v, err := evaluateLiteral(literal, literal)
		return v.String(), err
	}
	name := string(literal.Data)
	if name == "__proto__" {
		return "", notLiteral("a prototype", literal)
	}
	return name, nil
}
