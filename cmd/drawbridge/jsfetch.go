package main

import (
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// parseFetch reads a call of fetch() as DevTools copies it, or as people write it. Nothing is run: the code is parsed, and what
// stands in it is evaluated as far as literals go. A variable is an error that names it.
func parseFetch(text string) (asked, error) {
	if len(text) > maxPaste {
		return asked{}, fetchError(text, "is longer than 1 MiB", pasteShorter)
	}
	// The parser bounds the depth of what it reads. Inline code may hold a return, as code from inside a function does.
	tree, err := js.Parse(parse.NewInputString(text), js.Options{Inline: true})
	if err != nil {
		// The parser's message goes on over several lines with a picture.
		problem, _, _ := strings.Cut(err.Error(), "\n")
		return asked{}, fetchError(text, "cannot be read as JavaScript: "+problem, pasteFetch)
	}
	a := asked{pasted: "--from-fetch"}
	call, rest := findFetch(tree.List)
	if call == nil {
		return asked{}, fetchError(text, "holds no call of fetch()", pasteFetch)
	}
	if rest {
		a.note("Only the first fetch() of --from-fetch is taken, not the code around it.")
	}
	r := fetchReader{a: &a}
	if err := r.arguments(call); err != nil {
		return asked{}, err
	}
	a.devTools()
	return a, nil
}

func fetchError(text, problem, hint string) error {
	return &usageError{Flag: "--from-fetch", Value: firstLine(text), Problem: problem, Hint: hint}
}

// findFetch returns the arguments of the first statement that calls fetch(), and whether there are other statements.
func findFetch(statements []js.IStmt) (call []js.Arg, rest bool) {
	for _, statement := range statements {
		var expression js.IExpr
		switch s := statement.(type) {
		case *js.ExprStmt:
			expression = s.Value
		case *js.VarDecl:
			if len(s.List) == 1 {
				expression = s.List[0].Default
			}
		case *js.ReturnStmt:
			expression = s.Value
		case *js.EmptyStmt, *js.Comment:
			continue
		}
		if arguments, ok := fetchCall(expression); ok && call == nil {
			call = arguments
			continue
		}
		rest = true
	}
	return call, rest
}

// fetchCall looks through what stands around a call of fetch(): await, parentheses, an assignment, and what is done with the
// promise.
func fetchCall(e js.IExpr) (arguments []js.Arg, ok bool) {
	for {
		switch x := e.(type) {
		case *js.UnaryExpr:
			if x.Op != js.AwaitToken && x.Op != js.VoidToken {
				return nil, false
			}
			e = x.X
		case *js.GroupExpr:
			e = x.X
		case *js.BinaryExpr:
			if x.Op != js.EqToken {
				return nil, false
			}
			e = x.Y
		case *js.DotExpr:
			e = x.X
		case *js.CallExpr:
			if isGlobal(x.X, "fetch") {
				if x.Args.List == nil {
					return []js.Arg{}, true
				}
				return x.Args.List, true
			}
			e = x.X
		default:
			return nil, false
		}
	}
}

// isGlobal reports whether an expression is a global name, alone or as a member of the global object.
func isGlobal(e js.IExpr, name string) bool {
	switch x := e.(type) {
	case *js.Var:
		return string(x.Name()) == name
	case *js.DotExpr:
		object, ok := x.X.(*js.Var)
		return ok && memberName(x) == name && slices.Contains([]string{"window", "globalThis", "self"}, string(object.Name()))
	default:
		return false
	}
}

// memberName returns the name after the dot.
func memberName(x *js.DotExpr) string {
	switch y := x.Y.(type) {
	case *js.LiteralExpr:
		return string(y.Data)
	case js.LiteralExpr:
		return string(y.Data)
	default:
		return ""
	}
}

// fetchReader takes in the arguments of one call of fetch().
type fetchReader struct{ a *asked }

// arguments takes in the arguments of fetch() or of new Request(), which are the same.
func (r *fetchReader) arguments(call []js.Arg) error {
	if len(call) == 0 {
		return &usageError{Flag: "--from-fetch", Value: "fetch()", Problem: "has no arguments", Hint: "write fetch(\"https://…\")"}
	}
	for i, argument := range call {
		if argument.Rest {
			return notLiteral("...", argument.Value)
		}
		switch i {
		case 0:
			if inner, ok := isNew(argument.Value, "Request"); ok {
				if err := r.arguments(inner); err != nil {
					return err
				}
				continue
			}
			v, err := evaluate(argument.Value)
			if err != nil {
				return err
			}
			if v.kind == jsObject || v.kind == jsArray {
				return notLiteral("the URL", argument.Value)
			}
			r.a.url = v.String()
		case 1:
			if err := r.init(argument.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// init takes in the second argument of fetch().
func (r *fetchReader) init(e js.IExpr) error {
	for group, ok := e.(*js.GroupExpr); ok; group, ok = e.(*js.GroupExpr) {
		e = group.X
	}
	object, ok := e.(*js.ObjectExpr)
	if !ok {
		v, err := evaluate(e)
		if err != nil {
			return err
		}
		if v.kind == jsUndefined || v.kind == jsNull {
			return nil
		}
		return notLiteral("the options", e)
	}
	// The members are taken one by one and not evaluated as a whole, for some have values that matter to nobody here.
	for _, property := range object.List {
		name, err := propertyName(property)
		if err != nil {
			return err
		}
		if err := r.member(name, property.Value); err != nil {
			return err
		}
	}
	return nil
}

// member takes in one member of fetch()'s options.
func (r *fetchReader) member(name string, e js.IExpr) error {
	a := r.a
	texts := map[string]*string{
		"method": &a.method, "mode": &a.mode, "credentials": &a.credentials, "redirect": &a.redirect,
		"cache": &a.cache, "referrer": &a.referer, "referrerPolicy": &a.referrerPolicy,
	}
	switch {
	case name == "headers":
		return r.headers(e)
	case name == "body":
		return r.body(e)
	case name == "keepalive":
		v, err := evaluate(e)
		a.keepalive = v.truthy()
		return err
	case name == "signal" || name == "priority" || name == "window":
		return nil
	case texts[name] != nil:
		v, err := evaluate(e)
		if err != nil || v.kind == jsUndefined {
			return err
		}
		if *texts[name] = v.String(); name == "referrer" && *texts[name] == "" {
			*texts[name] = "no-referrer"
		}
		return nil
	default:
		a.note("Without effect on the verdict, or unknown, and left out of fetch()'s options: " + firstLine(name) + ".")
		return nil
	}
}

// headers takes in a HeadersInit: an object, an array of pairs, or new Headers of either.
func (r *fetchReader) headers(e js.IExpr) error {
	v, err := evaluate(e)
	if err != nil || v.kind == jsUndefined {
		return err
	}
	pairs, ok := v.pairs()
	if !ok {
		return notLiteral("headers", e)
	}
	for _, pair := range pairs {
		name, nameOK := byteString(pair[0])
		value, valueOK := byteString(pair[1])
		if !nameOK || !valueOK {
			return &usageError{
				Flag: "--from-fetch", Value: pair[0] + ": " + pair[1],
				Problem: "holds a character above U+00FF, with which fetch() throws a TypeError",
				Hint:    "encode it, as encodeURIComponent does",
			}
		}
		r.a.headers = append(r.a.headers, fetch.Field{Name: name, Value: value})
	}
	return nil
}

// byteString makes bytes of a string's code points, which may not be above U+00FF.
//
// https://webidl.spec.whatwg.org/#es-ByteString
func byteString(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xFF {
			return "", false
		}
		b = append(b, byte(c))
	}
	return string(b), true
}

// body takes in a BodyInit.
//
// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func (r *fetchReader) body(e js.IExpr) error {
	v, err := evaluate(e)
	if err != nil {
		return err
	}
	switch v.kind {
	case jsNull, jsUndefined:
		return nil
	case jsParams:
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: formType + ";charset=UTF-8"}
	case jsBlob:
		r.a.body = &fetch.Body{Source: []byte(v.text), Type: v.mime}
	case jsObject, jsArray:
		r.a.note("The body is an object, which fetch() sends as " + shown(v.String()) + ". Was JSON.stringify forgotten?")
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: fetch.TextType}
	default:
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: fetch.TextType}
	}
	return nil
}
