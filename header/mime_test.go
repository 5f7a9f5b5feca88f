package header_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestParseMIMEType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value string
		want  string // serialized; "" for failure
	}{
		{"type and subtype", "text/html", "text/html"},
		{"step 1: whitespace around it", "\r\n\t text/html \n", "text/html"},
		{"step 4: no type", "/html", ""},
		{"step 4: a type that is no token", "te(xt/html", ""},
		{"step 4: nothing", "", ""},
		{"step 5: no slash", "text", ""},
		{"step 5: a semicolon before the slash", "text;a/b", ""},
		{"step 8: whitespace behind the subtype", "text/html \t;a=b", "text/html;a=b"},
		{"step 9: no subtype", "text/", ""},
		{"step 9: no subtype before parameters", "text/;a=b", ""},
		{"step 9: a space before the subtype", "text/ html", ""},
		{"step 9: a second slash", "text/html/x", ""},
		{"step 9: a comma", "text/html,x/y", ""},
		{"step 10: in lower case", "Text/HTML", "text/html"},
		{"wildcards are tokens", "*/*", "*/*"},
		{"step 11.2: whitespace before the name", "a/b;\r\n\t c=d", "a/b;c=d"},
		{"step 11.3: whitespace behind the name spoils it", "a/b;c =d", "a/b"},
		{"step 11.4: names in lower case, values as they are", "a/b;CHARSET=UTF-8", "a/b;charset=UTF-8"},
		{"step 11.5: a name without value", "a/b;c;d=e", "a/b;d=e"},
		{"step 11.5: empty parameters", "a/b;;;c=d;", "a/b;c=d"},
		{"step 11.6: the end behind the name", "a/b;c", "a/b"},
		{"step 11.6: the end behind the sign", "a/b;c=", "a/b"},
		{"step 11.8: a quoted value", `a/b;c="d e"`, `a/b;c="d e"`},
		{"step 11.8: a quoted token needs no quotes", `a/b;c="d"`, "a/b;c=d"},
		{"step 11.8: an empty quoted value", `a/b;c=""`, `a/b;c=""`},
		{"step 11.8: a semicolon within quotes", `a/b;c="d;e=f";g=h`, `a/b;c="d;e=f";g=h`},
		{"step 11.8: escapes", `a/b;c="\d\"\\"`, `a/b;c="d\"\\"`},
		{"step 11.8: what follows the quotes is ignored", `a/b;c="d"e;f=g`, "a/b;c=d;f=g"},
		{"step 11.8: an open quote", `a/b;c="d`, "a/b;c=d"},
		{"step 11.8: an open quote that ends in a backslash", `a/b;c="d\`, `a/b;c="d\\"`},
		{"step 11.9: whitespace behind the value", "a/b;c=d \t", "a/b;c=d"},
		{"step 11.9: whitespace before the value stays", "a/b;c= d", `a/b;c=" d"`},
		{"step 11.9: an empty value", "a/b;c=;d=e", "a/b;d=e"},
		{"step 11.9: a value of whitespace", "a/b;c= ;d=e", "a/b;d=e"},
		{"step 11.9: an equals sign within", "a/b;c=d=e", `a/b;c="d=e"`},
		{"step 11.10: a name that is no token", "a/b;c(=d", "a/b"},
		{"step 11.10: no name", "a/b;=d", "a/b"},
		{"step 11.10: a value with a control character", "a/b;c=d\x01", "a/b"},
		{"step 11.10: a value with DEL", "a/b;c=d\x7f", "a/b"},
		{"step 11.10: a value with bytes from 0x80", "a/b;c=\xe9", "a/b;c=\"\xe9\""},
		{"step 11.10: the first of its name counts", "a/b;c=d;C=e", "a/b;c=d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := header.ParseMIMEType(tt.value)
			if ok != (tt.want != "") || got.String() != tt.want {
				t.Errorf("got %q, %t; want %q", got.String(), ok, tt.want)
			}
			if !ok && !reflect.DeepEqual(got, header.MIMEType{}) {
				t.Errorf("got %+v with a failure", got)
			}
		})
	}
}

func TestParseMIMETypeManyParameters(t *testing.T) {
	t.Parallel()
	for _, n := range []int{15, 16, 17, 1000} {
		var b strings.Builder
		b.WriteString("a/b")
		for range 2 {
			for i := range n {
				fmt.Fprintf(&b, ";p%d=%d", i, i)
			}
		}
		m, ok := header.ParseMIMEType(b.String())
		if !ok || len(m.Parameters) != n {
			t.Errorf("%d parameters, twice each: got %d", n, len(m.Parameters))
		}
		if v, ok := m.Parameter(fmt.Sprintf("p%d", n-1)); !ok || v != fmt.Sprint(n-1) {
			t.Errorf("%d parameters: the last is %q, %t", n, v, ok)
		}
	}
	if _, ok := (header.MIMEType{}).Parameter("charset"); ok {
		t.Error("the zero value has a parameter")
	}
}

func TestExtractMIMEType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"step 5: no header", nil, ""},
		{"one type", []string{"text/html"}, "text/html"},
		{"step 6.3: the last wins", []string{"text/plain;charset=gbk, text/html"}, "text/html"},
		{"step 6.5: the same essence inherits the charset", []string{"text/html;charset=gbk;a=b, text/html;x=y"}, "text/html;x=y;charset=gbk"},
		{"step 6.5: over lines too", []string{"text/html;charset=gbk;a=b", "text/html;x=y"}, "text/html;x=y;charset=gbk"},
		{"step 6.5: and further", []string{"text/html;charset=gbk", "text/html", "text/html;x=y"}, "text/html;x=y;charset=gbk"},
		{"step 6.5: no charset, none to inherit", []string{"text/html", "text/html;x=y"}, "text/html;x=y"},
		{"step 6.5: a charset of its own stays", []string{"text/html;charset=gbk", "text/html;charset=utf-8"}, "text/html;charset=utf-8"},
		{"step 6.4.1: another essence between breaks it", []string{"text/html;charset=gbk", "x/x", "text/html;x=y"}, "text/html;x=y"},
		{"step 6.2: what cannot be parsed is skipped", []string{"text/html", "cannot-parse"}, "text/html"},
		{"step 6.2: the wildcard is skipped", []string{"text/html", "*/*"}, "text/html"},
		{"step 6.2: an empty line is skipped", []string{"text/html", ""}, "text/html"},
		{"step 7: nothing that can be parsed", []string{"x", "*/*"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var list header.List
			for _, line := range tt.lines {
				list = append(list, header.Field{Name: "content-type", Value: line})
			}
			got, ok := header.ExtractMIMEType(list)
			if ok != (tt.want != "") || got.String() != tt.want {
				t.Errorf("got %q, %t; want %q", got.String(), ok, tt.want)
			}
		})
	}
}

func TestJavaScriptMIMEType(t *testing.T) {
	t.Parallel()
	for essence, want := range map[string]bool{
		"text/javascript": true, "application/x-javascript": true, "text/jscript": true, "text/livescript": true,
		"text/javascript1.5": true, "text/javascript1.6": false, "application/json": false, "text/html": false, "": false,
		"Text/JavaScript": false,
	} {
		if got := header.JavaScriptMIMEType(essence); got != want {
			t.Errorf("%q: got %t, want %t", essence, got, want)
		}
	}
}

func TestNosniff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"step 2: no header", nil, false},
		{"step 3: nosniff", []string{"nosniff"}, true},
		{"step 3: in any case", []string{" NoSniff "}, true},
		{"step 3: first of several", []string{"nosniff, x"}, true},
		{"step 4: second of several", []string{"x, nosniff"}, false},
		{"step 4: behind an empty line", []string{"", "nosniff"}, false},
		{"step 4: in quotes", []string{`"nosniff"`}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var list header.List
			for _, line := range tt.lines {
				list = append(list, header.Field{Name: "X-Content-Type-Options", Value: line})
			}
			if got := header.Nosniff(list); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// What is parsed, serialized and parsed again is the same; and the safelist, which has a shorter way to the essence, agrees.
func FuzzParseMIMEType(f *testing.F) {
	for _, seed := range []string{
		"text/plain", " text/plain\t;x=y", `a/b;c="d\"e";c=f`, "a/b;;c", "text", "/", `a/b;c="`, "*/*", "a/b;c=\xe9", "text/plain x", "A/B;C= d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		m, ok := header.ParseMIMEType(value)
		why, safe := header.CheckRequestHeader("Content-Type", value)
		if why.Kind == header.MIMETypeInvalid && ok || (safe || why.Kind == header.MIMETypeNotSafelisted) && !ok {
			t.Fatalf("%q: parsed %t, but the safelist says %+v", value, ok, why)
		}
		if why.Kind == header.MIMETypeNotSafelisted && why.Essence != m.Essence {
			t.Errorf("%q: essence %q, but the safelist says %q", value, m.Essence, why.Essence)
		}
		if why.Kind == header.MIMETypeInvalid && (why.Offset < 0 || why.Offset > len(value)) {
			t.Errorf("%q: offset %d", value, why.Offset)
		}
		if !ok {
			return
		}
		s := m.String()
		again, ok := header.ParseMIMEType(s)
		if !ok || !reflect.DeepEqual(again, m) {
			t.Errorf("%q: got %+v, serialized %q, parsed again %+v, %t", value, m, s, again, ok)
		}
		essence, _, _ := strings.Cut(s, ";")
		if essence != m.Essence || strings.Count(essence, "/") != 1 {
			t.Errorf("%q: essence %q, serialized %q", value, m.Essence, s)
		}
	})
}
