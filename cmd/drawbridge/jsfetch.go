package main

import (
	"errors"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/jsliteral"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// parseFetch reads a call of fetch() as DevTools copies it, or as people write it. Nothing is run: the code is parsed, and what
// stands in it is evaluated as far as literals go. A variable is an error that names it.
func parseFetch(text string) (asked, error) {
	if len(text) > maxPaste {
		return asked{}, fetchError(text, "is longer than 1 MiB", pasteShorter)
	}
	program, err := jsliteral.Parse(text)
	if err != nil {
		return asked{}, fetchError(text, "cannot be read as JavaScript: "+err.Error(), pasteFetch)
	}
	a := asked{pasted: "--from-fetch"}
	call, rest, ok := program.FindCall("fetch")
	if !ok {
		return asked{}, fetchError(text, "holds no call of fetch()", pasteFetch)
	}
	if rest {
		a.note("Only the first fetch() of --from-fetch is taken, not the code around it.")
	}
	r := fetchReader{a: &a}
	if err := r.arguments(call); err != nil {
		return asked{}, literalError(err)
	}
	a.devTools()
	return a, nil
}

func fetchError(text, problem, hint string) error {
	return &usageError{Flag: "--from-fetch", Value: firstLine(text), Problem: problem, Hint: hint}
}

// literalError makes a usage error of what package jsliteral finds. Other errors it returns as they are.
func literalError(err error) error {
	e, ok := errors.AsType[*jsliteral.Error](err)
	if !ok {
		return err
	}
	usage := &usageError{Flag: "--from-fetch", Value: e.Code}
	switch e.Problem {
	case jsliteral.FormData:
		usage.Problem = "is filled by code that is not run"
		usage.Hint = "give the body with --data-binary @file and -H 'Content-Type: multipart/form-data; boundary=…'"
	case jsliteral.TooLong:
		usage.Problem = "stands for more than 16 MiB of text"
	case jsliteral.NotLiteral:
		usage.Problem = "cannot be known without running the code (" + e.What + ")"
		usage.Hint = "replace it with a literal"
	}
	return usage
}

// fetchReader takes in the arguments of one call of fetch().
type fetchReader struct{ a *asked }

// arguments takes in the arguments of fetch() or of new Request(), which are the same.
func (r *fetchReader) arguments(call []jsliteral.Expression) error {
	if len(call) == 0 {
		return &usageError{Flag: "--from-fetch", Value: "fetch()", Problem: "has no arguments", Hint: "write fetch(\"https://…\")"}
	}
	for i, argument := range call {
		if err := argument.Spread(); err != nil {
			return err
		}
		switch i {
		case 0:
			if inner, ok := argument.New("Request"); ok {
				if err := r.arguments(inner); err != nil {
					return err
				}
				continue
			}
			v, err := argument.Value()
			if err != nil {
				return err
			}
			if v.Kind() == jsliteral.Object || v.Kind() == jsliteral.Array {
				return argument.NotLiteral("the URL")
			}
			r.a.url = v.String()
		case 1:
			if err := r.init(argument); err != nil {
				return err
			}
		}
	}
	return nil
}

// init takes in the second argument of fetch().
func (r *fetchReader) init(e jsliteral.Expression) error {
	e = e.Bare()
	members, ok := e.Members()
	if !ok {
		v, err := e.Value()
		if err != nil || v.Kind() == jsliteral.Undefined || v.Kind() == jsliteral.Null {
			return err
		}
		return e.NotLiteral("the options")
	}
	// The members are taken one by one and not evaluated as a whole, for some have values that matter to nobody here.
	for member, err := range members {
		if err != nil {
			return err
		}
		if err := r.member(member); err != nil {
			return err
		}
	}
	return nil
}

// member takes in one member of fetch()'s options.
func (r *fetchReader) member(m jsliteral.Member) error {
	a, name, e := r.a, m.Name, m.Expression
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
		v, err := e.Value()
		a.keepalive = v.Truthy()
		return err
	case name == "signal" || name == "priority" || name == "window":
		return nil
	case texts[name] != nil:
		v, err := e.Value()
		if err != nil || v.Kind() == jsliteral.Undefined {
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
func (r *fetchReader) headers(e jsliteral.Expression) error {
	v, err := e.Value()
	if err != nil || v.Kind() == jsliteral.Undefined {
		return err
	}
	pairs, ok := v.Pairs()
	if !ok {
		return e.NotLiteral("headers")
	}
	for _, pair := range pairs {
		name, nameOK := jsliteral.ByteString(pair[0])
		value, valueOK := jsliteral.ByteString(pair[1])
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

// body takes in a BodyInit.
//
// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func (r *fetchReader) body(e jsliteral.Expression) error {
	v, err := e.Value()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case jsliteral.Null, jsliteral.Undefined:
		return nil
	case jsliteral.URLSearchParams:
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: formType + ";charset=UTF-8"}
	case jsliteral.Blob:
		content, mime := v.Blob()
		r.a.body = &fetch.Body{Source: []byte(content), Type: mime}
	case jsliteral.Object, jsliteral.Array:
		r.a.note("The body is an object, which fetch() sends as " + shown(v.String()) + ". Was JSON.stringify forgotten?")
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: fetch.TextType}
	default:
		r.a.body = &fetch.Body{Source: []byte(v.String()), Type: fetch.TextType}
	}
	return nil
}
