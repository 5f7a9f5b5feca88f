package jsliteral_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/jsliteral"
)

// argumentOf returns the one argument of f in code.
func argumentOf(expression string) (jsliteral.Expression, error) {
	program, err := jsliteral.Parse("f(" + expression + ")")
	if err != nil {
		return jsliteral.Expression{}, err
	}
	arguments, _, ok := program.FindCall("f")
	if !ok || len(arguments) != 1 {
		return jsliteral.Expression{}, fmt.Errorf("got %d arguments, want 1", len(arguments))
	}
	return arguments[0], nil
}

func valueOf(expression string) (jsliteral.Value, error) {
	argument, err := argumentOf(expression)
	if err != nil {
		return jsliteral.Value{}, err
	}
	return argument.Value()
}

// literals are expressions and what a browser's String() makes of them.
var literals = []struct{ code, want string }{
	{`"a\tb\x41\u0042\u{1F600}\0\'\"\\\q\
c"`, "a\tbAB😀\x00'\"\\qc"},
	{`"\ud83d\ude00 \ud800"`, "😀 \uFFFD"},
	{"`a${1}b${'c'}\r\n\\`d`", "a1bc\n`d"},
	{`0x1F + ""`, "31"}, {`1e21 + ""`, "1e+21"}, {`1e-7 + ""`, "1e-7"}, {`0.1 + ""`, "0.1"}, {`1_000 + ""`, "1000"}, {`-0 + ""`, "0"},
	{`.5 + ""`, "0.5"}, {`0b11 + ""`, "3"}, {`0o17 + ""`, "15"}, {`123456789012345680000 + ""`, "123456789012345680000"},
	{`null + ""`, "null"}, {`undefined + ""`, "undefined"}, {`void 0 + ""`, "undefined"}, {`!0 + ""`, "true"}, {`!"a" + ""`, "false"},
	{`[1, [2, 3], null, , "x"] + ""`, "1,2,3,,,x"}, {`({}) + ""`, "[object Object]"}, {`"a" + 1 + null`, "a1null"}, {`NaN + ""`, "NaN"}, {`-Infinity + ""`, "-Infinity"},
	{`JSON.stringify("\u2028<>&\u007f\u0001\b\"")`, "\"\u2028<>&\u007f\\u0001\\b\\\"\""},
	{`JSON.stringify({b: 1, 10: 2, 9: 3, a: undefined, c: [undefined, NaN], d: {}, e: []})`, `{"9":3,"10":2,"b":1,"c":[null,null],"d":{},"e":[]}`},
	{`JSON.stringify({a: [1, {b: 2}], c: {}}, null, 2)`, "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {}\n}"},
	{`JSON.stringify([1], null, "\t")`, "[\n\t1\n]"}, {`JSON.stringify(undefined) + ""`, "undefined"},
	{`encodeURIComponent("a b/é~*'()-_.!")`, "a%20b%2F%C3%A9~*'()-_.!"}, {`btoa("\xff\x00a")`, "/wBh"},
	{`new URLSearchParams("?a=1&b=%20+c&d&&=e") + ""`, "a=1&b=++c&d=&=e"}, {`new URLSearchParams([["a", "b"], ["a", "*-._~"]]) + ""`, "a=b&a=*-._%7E"},
	{`new URLSearchParams("a=cafe%zz%4") + ""`, "a=cafe%25zz%254"},
	{`new URL("../x?y#z", "https://A.test:443/b/c") + ""`, "https://a.test/x?y#z"}, {`String(5)`, "5"},
}

func TestValue(t *testing.T) {
	t.Parallel()

	for _, c := range literals {
		got, err := valueOf(c.code)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: got %q and %v, want %q", c.code, got, err, c.want)
		}
	}
}

// TestValueAgreesWithNode asks a real engine.
func TestValueAgreesWithNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node here to compare with: ", err)
	}
	var code strings.Builder
	code.WriteString("process.stdout.write(JSON.stringify([")
	for _, c := range literals {
		code.WriteString("String(" + c.code + ").toWellFormed(),")
	}
	code.WriteString("]))")
	out, err := exec.CommandContext(t.Context(), node, "-e", code.String()).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, c := range literals {
		if got[i] != c.want {
			t.Errorf("%s: got %q, want %q", c.code, got[i], c.want)
		}
	}
}

func TestValueThatOnlyAPageKnows(t *testing.T) {
	t.Parallel()

	half := strings.Repeat("x", 1<<16)
	for _, c := range []struct {
		name, code string
		problem    jsliteral.Problem
		source     string
	}{
		{"a variable", `"a" + id`, jsliteral.NotLiteral, "id"},
		{"a member of one", `[a.b]`, jsliteral.NotLiteral, "a.b"},
		{"a variable in a template", "`a${id}`", jsliteral.NotLiteral, "id"},
		{"a tagged template", "tag`a`", jsliteral.NotLiteral, "tag`a`"},
		{"a short member", `{id}`, jsliteral.NotLiteral, "id"},
		{"spread members", `{...a}`, jsliteral.NotLiteral, "a"},
		{"spread elements", `[...a]`, jsliteral.NotLiteral, "a"},
		{"a spread argument of a function", `String(...a)`, jsliteral.NotLiteral, "a"},
		{"a spread argument", `...a`, jsliteral.NotLiteral, "a"},
		{"a spread argument that is a literal", `...[1]`, jsliteral.NotLiteral, "[1]"},
		{"a prototype", `{__proto__: 1}`, jsliteral.NotLiteral, "__proto__"},
		{"a function", `() => {}`, jsliteral.NotLiteral, "() => {}"},
		{"another function's result", `atob("a")`, jsliteral.NotLiteral, `atob("a")`},
		{"another object", `new Date()`, jsliteral.NotLiteral, "new Date()"},
		{"a sum of numbers", `1 + 2`, jsliteral.NotLiteral, "1 + 2"},
		{"a difference", `"a" - 1`, jsliteral.NotLiteral, `"a" - 1`},
		{"a replacer", `JSON.stringify(1, f)`, jsliteral.NotLiteral, "f"},
		{"a list of members to keep", `JSON.stringify({}, ["a"])`, jsliteral.NotLiteral, `JSON.stringify({}, ["a"])`},
		{"octal of old in a string", `"\101"`, jsliteral.NotLiteral, `"\101"`},
		{"an escape of too few digits", `"\u00"`, jsliteral.NotLiteral, `"\u00"`},
		{"a code point above the last", `"\u{110000}"`, jsliteral.NotLiteral, `"\u{110000}"`},
		{"btoa of what throws", `btoa("\u0100")`, jsliteral.NotLiteral, `btoa("\u0100")`},
		{"a URL that is none", `new URL("a")`, jsliteral.NotLiteral, `new URL("a")`},
		{"a form", `new FormData(x)`, jsliteral.FormData, "new FormData"},
		{
			"more than 16 MiB by quotes in quotes", strings.Repeat("JSON.stringify(", 40) + `"\""` + strings.Repeat(")", 40),
			jsliteral.TooLong, "",
		},
		{"more than 16 MiB in a list", `[` + strings.Repeat(`"`+half+`",`, 257) + `] + ""`, jsliteral.TooLong, ""},
		{"more than 16 MiB in a blob", `new Blob([` + strings.Repeat(`"`+half+`",`, 257) + `])`, jsliteral.TooLong, ""},
		{"code of 120 bytes is repeated", strings.Repeat("a", 120), jsliteral.NotLiteral, strings.Repeat("a", 120)},
		{"of 121, the first 120", strings.Repeat("a", 121), jsliteral.NotLiteral, strings.Repeat("a", 120) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := valueOf(c.code)
			e, ok := errors.AsType[*jsliteral.Error](err)
			if !ok {
				t.Fatalf("got %v, want an Error", err)
			}
			if e.Problem != c.problem || e.Code != c.source || (e.What == "") != (c.problem != jsliteral.NotLiteral) {
				t.Errorf("got %q of %q (%q), want %q of %q", e.Problem, e.Code, e.What, c.problem, c.source)
			}
			if !strings.HasPrefix(e.Error(), "jsliteral: "+string(c.problem)) {
				t.Errorf("got the text %q", e)
			}
		})
	}
}

func TestValueOfSixteenMiBIsNotTooLong(t *testing.T) {
	t.Parallel()

	half := strings.Repeat("x", 1<<16)
	v, err := valueOf(`new Blob([` + strings.Repeat(`"`+half+`",`, 256) + `])`)
	if content, _ := v.Blob(); err != nil || len(content) != 16<<20 {
		t.Errorf("got %d bytes and %v, want 16 MiB", len(content), err)
	}
}

func TestFindCall(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name, code string
		want       string // The first argument, or "" for a call without one.
		others, ok bool
	}{
		{"alone", `f("a")`, "a", false, true},
		{"without arguments", `f()`, "", false, true},
		{"as a member of the global object", `window.f("a")`, "a", false, true},
		{"of something else", `cache.f("a")`, "", true, false},
		{"awaited, assigned, with what is done with the promise", `const r = await f("a").then(x => x.json()).catch(y)`, "a", false, true},
		{"assigned to what was there", `r = (f("a"))`, "a", false, true},
		{"returned", `return f("a")`, "a", false, true},
		{"the first of two", `f("a"); f("b")`, "a", true, true},
		{"after other code", `g(); f("a")`, "a", true, true},
		{"between empty statements and comments", `;/* f("b") */; f("a");`, "a", false, true},
		{"inside of a function it is not looked for", `function g() { f("a") }`, "", true, false},
		{"not there", ``, "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program, err := jsliteral.Parse(c.code)
			if err != nil {
				t.Fatal(err)
			}
			arguments, others, ok := program.FindCall("f")
			got := ""
			if len(arguments) > 0 {
				v, err := arguments[0].Value()
				if err != nil {
					t.Fatal(err)
				}
				got = v.String()
			}
			if got != c.want || others != c.others || ok != c.ok {
				t.Errorf("got %q, others %t, ok %t; want %q, %t, %t", got, others, ok, c.want, c.others, c.ok)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ name, code, want string }{
		{"an open bracket", `f("a"`, "expected"},
		{"an open string", `f("a`, "unterminated string"},
		{"depth", `f(` + strings.Repeat("[", 100000) + `)`, "nested"},
		{"depth of another kind", `f(` + strings.Repeat("!", 100000) + `1)`, "nested"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := jsliteral.Parse(c.code)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, c.want)
			}
		})
	}
}

// An object can be read member by member, so that one which only a page knows does not hide the others.
func TestMembers(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name, code string
		want       []string
		fails, ok  bool
	}{
		{"in their order, evaluated or not", `{b: x, "a": 1, 2: y, ["c" + 3]: z}`, []string{"b", "a", "2", "c3"}, false, true},
		{"none", `{}`, nil, false, true},
		{"up to one that has no name", `{a: 1, ...b, c: 2}`, []string{"a"}, true, true},
		{"up to a method", `{a: 1, b() {}}`, []string{"a"}, true, true},
		{"parentheses are the caller's to take off", `({a: 1})`, nil, false, false},
		{"of an array", `[1]`, nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			argument, err := argumentOf(c.code)
			if err != nil {
				t.Fatal(err)
			}
			members, ok := argument.Members()
			if ok != c.ok {
				t.Fatalf("got ok %t, want %t", ok, c.ok)
			}
			if !ok {
				return
			}
			var got []string
			var failed error
			for member, err := range members {
				if failed = err; err == nil {
					got = append(got, member.Name)
				}
			}
			if !slices.Equal(got, c.want) || (failed != nil) != c.fails {
				t.Errorf("got %q and %v, want %q", got, failed, c.want)
			}
			for range members {
				break // Leaving early is allowed.
			}
		})
	}
	argument, err := argumentOf("(({a: 1}))")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := argument.Bare().Members(); !ok {
		t.Error("without its parentheses: got no members")
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		code   string
		kind   jsliteral.Kind
		truthy bool
		pairs  [][2]string
	}{
		{`undefined`, jsliteral.Undefined, false, nil},
		{`null`, jsliteral.Null, false, nil},
		{`true`, jsliteral.Bool, true, nil},
		{`false`, jsliteral.Bool, false, nil},
		{`0`, jsliteral.Number, false, nil},
		{`NaN`, jsliteral.Number, false, nil},
		{`-1`, jsliteral.Number, true, nil},
		{`""`, jsliteral.String, false, nil},
		{`"0"`, jsliteral.String, true, nil},
		{`[["a", 1]]`, jsliteral.Array, true, [][2]string{{"a", "1"}}},
		{`[["a", 1, 2]]`, jsliteral.Array, true, nil},
		{`["ab"]`, jsliteral.Array, true, nil},
		{`{b: null, 1: "c", b: 2}`, jsliteral.Object, true, [][2]string{{"1", "c"}, {"b", "2"}}},
		{`new Headers({a: "b"})`, jsliteral.Headers, true, [][2]string{{"a", "b"}}},
		{`new URLSearchParams({a: "b c"})`, jsliteral.URLSearchParams, true, nil},
		{`new Blob(["a"], {type: "B/C"})`, jsliteral.Blob, true, nil},
	} {
		v, err := valueOf(c.code)
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		pairs, ok := v.Pairs()
		if v.Kind() != c.kind || v.Truthy() != c.truthy || !slices.Equal(pairs, c.pairs) || ok != (c.pairs != nil) {
			t.Errorf("%s: got kind %d, truthy %t, pairs %q (%t)", c.code, v.Kind(), v.Truthy(), pairs, ok)
		}
	}
	v, err := valueOf(`new Blob(["a", 1, new Blob(["b"])], {type: "B/C"})`)
	if content, mime := v.Blob(); err != nil || content != "a1b" || mime != "b/c" {
		t.Errorf("got the blob %q of %q and %v", content, mime, err)
	}
}

func TestByteString(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name, text, want string
		ok               bool
	}{
		{"ASCII stays", "a b", "a b", true},
		{"up to U+00FF a character is a byte", "\u00e9\u00ff", "\xe9\xff", true},
		{"above there is none", "a\u0100", "", false},
	} {
		if got, ok := jsliteral.ByteString(c.text); got != c.want || ok != c.ok {
			t.Errorf("%s: got %q, %t; want %q, %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

// FuzzValue: a string that is written by JSON reads back, by itself and through JSON.stringify, and any code has a value or an error.
func FuzzValue(f *testing.F) {
	for _, s := range []string{"`${", "'\\u{110000}'", "a \u2028\U0001F600 \x00 \\ \" ' `"} {
		f.Add(s)
	}
	for _, c := range literals {
		f.Add(c.code)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := valueOf(s); err == nil {
			_, _, _ = v.String(), v.Truthy(), v.Kind()
		}
		if !utf8.ValidString(s) || len(s) > 1000 {
			return
		}
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		v, err := valueOf(string(quoted))
		if err != nil || v.Kind() != jsliteral.String || v.String() != s {
			t.Errorf("%s: got %q and %v, want %q", quoted, v, err, s)
		}
		v, err = valueOf("JSON.stringify(" + string(quoted) + ")")
		var back string
		if err != nil || json.Unmarshal([]byte(v.String()), &back) != nil || back != s {
			t.Errorf("JSON.stringify(%s): got %q and %v", quoted, v, err)
		}
	})
}
