package vectors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

// minimal is a scenario that can be read; tests change one thing in it.
const minimal = `{"id":"a-1","group":"g","page":"page","fetches":[{"url":"{{x1}}{{base}}/a"}],"routes":[{"origin":"x1","path":"/a","actual":{"status":200,"headers":[["A","b"]]}}]}`

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, new string
		field, problem string
	}{
		{"bad syntax names the byte", `"group":"g"`, `"group":}`, "", "byte 21"},
		{"a number is no id", `"a-1"`, `1`, "id", "got number, want a string"},
		{"a status is whole", `200`, `200.5`, "routes.actual.status", "want a whole number"},
		{"a header is no object", `["A","b"]`, `{"A":"b"}`, "routes.actual.headers", "got object"},
		{"a header has a value", `["A","b"]`, `["A"]`, "routes.actual.headers", "got array of 1"},
		{"a header has one value", `["A","b"]`, `["A","b","c"]`, "routes.actual.headers", "got array of 3"},
		{"a header on the wire is bytes", `["A","b"]`, `["A","€"]`, "routes.actual.headers", "U+00FF"},
		{"a header on the wire may be U+00FF", `["A","b"]`, `["A","ÿ"]`, "", ""},
		{"an author's header may be any text", `/a"}],`, `/a","headers":[["A","€"]]}],`, "", ""},
		{"an author's header is a pair too", `/a"}],`, `/a","headers":[["A"]]}],`, "fetches.headers", "got array of 1"},
		{"an empty id", `"a-1"`, `""`, "id", "want up to 100"},
		{"an id with capitals", `"a-1"`, `"A-1"`, "id", "want up to 100"},
		{"an id of 100 bytes", `"a-1"`, `"` + strings.Repeat("a", 100) + `"`, "", ""},
		{"an id of 101 bytes", `"a-1"`, `"` + strings.Repeat("a", 101) + `"`, "id", "want up to 100"},
		{"an unknown page", `"page":"page"`, `"page":"x9"`, "page", `"x9" is no origin`},
		{"a page of the https set", `"page":"page"`, `"page":"spage"`, "", ""},
		{"an unknown context", `"page":"page"`, `"page":"page","context":"frame"`, "context", `"frame"`},
		{"the sandbox", `"page":"page"`, `"page":"page","context":"sandbox"`, "", ""},
		{"a referrer policy of two lines", `"page":"page"`, `"page":"page","referrerPolicy":"a\r\nb"`, "referrerPolicy", "byte 1"},
		{"an unknown origin of a prime", `"page":"page"`, `"page":"page","prime":[{"origin":"y"}]`, "prime[0].origin", `"y"`},
		{"a cookie of two lines", `"page":"page"`, `"page":"page","prime":[{"origin":"x1","setCookie":["a","b\n"]}]`, "prime[0].setCookie[1]", "byte 1"},
		{"a login without a visit", `"page":"page"`, `"page":"page","prime":[{"origin":"x1","auth":"a:b"}]`, "prime[0].auth", "only with top"},
		{"no fetch", `[{"url":"{{x1}}{{base}}/a"}]`, `[]`, "fetches", "0 of them"},
		{"a hundred fetches", `[{"url":"{{x1}}{{base}}/a"}]`, `[` + strings.Repeat(`{},`, 99) + `{}]`, "", ""},
		{"a hundred and one", `[{"url":"{{x1}}{{base}}/a"}]`, `[` + strings.Repeat(`{},`, 100) + `{}]`, "fetches", "101 of them"},
		{"a token that is none", `{{x1}}`, `{{x9}}`, "fetches[0].url", `"{{x9}}"`},
		{"a token with a filter", `{{x1}}`, `{{x1:upper}}`, "", ""},
		{"a filter that is none", `{{x1}}`, `{{x1:lower}}`, "fetches[0].url", `"{{x1:lower}}"`},
		{"a path has no part of an origin", `{{base}}`, `{{base:port}}`, "fetches[0].url", `"{{base:port}}"`},
		{"a body of an unknown kind", `/a"}],`, `/a","body":{"kind":"stream"}}],`, "fetches[0].body.kind", `"stream"`},
		{"the longest delay", `/a"}],`, `/a","delayMs":600000}],`, "", ""},
		{"a longer delay", `/a"}],`, `/a","delayMs":600001}],`, "fetches[0].delayMs", "600001"},
		{"a negative delay", `/a"}],`, `/a","delayMs":-1}],`, "fetches[0].delayMs", "-1"},
		{"an image", `/a"}],`, `/a","kind":"img"}],`, "", ""},
		{"an unknown kind of fetch", `/a"}],`, `/a","kind":"xhr"}],`, "fetches[0].kind", `"xhr"`},
		{"a route of an unknown origin", `"origin":"x1"`, `"origin":"q"`, "routes[0].origin", `"q"`},
		{"a route without a slash", `"path":"/a"`, `"path":"a"`, "routes[0].path", `"a"`},
		{"a route with a query", `"path":"/a"`, `"path":"/a?b"`, "routes[0].path", `"/a?b"`},
		{"a status of two digits", `200`, `99`, "routes[0].actual.status", "99"},
		{"the lowest status", `200`, `100`, "", ""},
		{"the highest status", `200`, `999`, "", ""},
		{"a status of four digits", `200`, `1000`, "routes[0].actual.status", "1000"},
		{"a header without a name", `["A","b"]`, `["","b"]`, "routes[0].actual.headers[0]", "no name"},
		{"a name with a colon", `["A","b"]`, `["A:","b"]`, "routes[0].actual.headers[0]", "no name"},
		{"a value of two lines", `["A","b"]`, `["A","b\r\nC: d"]`, "routes[0].actual.headers[0]", "byte 1"},
		{"a value with other controls", `["A","b"]`, `["A","\u0001\u0000\t"]`, "", ""},
		{"every response of a route is looked at", `"actual":`, `"actualSeq":[{"status":200},{"status":1}],"actual":`, "routes[0].actualSeq[1].status", "1"},
		{"and of its preflights", `"actual":`, `"preflightSeq":[{"status":1}],"actual":`, "routes[0].preflightSeq[0].status", "1"},
		{"and the preflight", `"actual":`, `"preflight":{"status":1},"actual":`, "routes[0].preflight.status", "1"},
		{"and the challenge", `"actual":`, `"challenge":{"status":1},"actual":`, "routes[0].challenge.status", "1"},
		{"a recorded header in capitals", `"page":"page"`, `"page":"page","record":["referer","Accept"]`, "record[1]", "lower case"},
		{"an unknown jar", `"page":"page"`, `"page":"page","jar":["z"]`, "jar[0]", `"z"`},
		{"an unknown member is ignored", `"group":"g"`, `"group":"g","weather":{"rain":true}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			line := strings.Replace(minimal, c.old, c.new, 1)
			if line == minimal {
				t.Fatalf("%q is not in the minimal scenario", c.old)
			}
			// Two empty lines, so that the number counts; a good line after, so that reading goes on.
			file := "\n\r\n" + line + "\n" + strings.Replace(minimal, "a-1", "a-2", 1)
			var got, last error
			n := 0
			for s, err := range vectors.Read(strings.NewReader(file)) {
				if n == 0 {
					got = err
				}
				if err != nil && s.ID != "" {
					t.Errorf("got scenario %q with an error", s.ID)
				}
				last = err
				n++
			}
			if n != 2 || last != nil {
				t.Errorf("got %d lines, the last with %v; want 2, the last good", n, last)
			}
			if c.problem == "" {
				if got != nil {
					t.Errorf("got %v, want none", got)
				}
				return
			}
			e, ok := errors.AsType[*vectors.ReadError](got)
			if !ok {
				t.Fatalf("got %v, want a ReadError", got)
			}
			if e.Line != 3 || e.Field != c.field || !strings.Contains(e.Problem, c.problem) {
				t.Errorf("got %v, want line 3, %s: …%s…", e, c.field, c.problem)
			}
			if !strings.HasPrefix(got.Error(), "vectors: line 3: "+c.field) {
				t.Errorf("got text %q", got)
			}
		})
	}
}

func TestReadReportsEveryProblemOfALine(t *testing.T) {
	t.Parallel()
	line := strings.NewReplacer(`"a-1"`, `"A"`, `200`, `20`, `"x1","path"`, `"x","path"`).Replace(minimal)
	for _, err := range vectors.Read(strings.NewReader(line)) {
		for _, field := range []string{"id", "routes[0].origin", "routes[0].actual.status"} {
			if err == nil || !strings.Contains(err.Error(), "line 1: "+field) {
				t.Errorf("got %v, want it to name %s", err, field)
			}
		}
	}
}

func TestReadRefusesAnIDTwice(t *testing.T) {
	t.Parallel()
	var errs []error
	for _, err := range vectors.Read(strings.NewReader(minimal + "\n" + minimal)) {
		errs = append(errs, err)
	}
	if len(errs) != 2 || errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "line 2: id: \"a-1\" is taken by line 1") {
		t.Errorf("got %v", errs)
	}
}

func TestReadBounds(t *testing.T) {
	t.Parallel()
	pad := func(n int) string { return strings.Replace(minimal, `"g"`, `"`+strings.Repeat("g", n)+`"`, 1) }
	longest := pad(vectors.MaxLine - len(minimal) + 1)
	if len(longest) != vectors.MaxLine {
		t.Fatalf("the longest line has %d bytes", len(longest))
	}
	routes := func(n int) string {
		return strings.Replace(minimal, `[{"origin":"x1","path":"/a","actual":{"status":200,"headers":[["A","b"]]}}]`,
			"["+strings.TrimSuffix(strings.Repeat(`{"origin":"x1","path":"/a","actual":{"status":200}},`, n), ",")+"]", 1)
	}
	for _, c := range []struct {
		name, file, want string
		lines            int
	}{
		{"the longest line", longest, "", 1},
		{"the longest line with an end", longest + "\r\n", "", 1},
		{"a line one byte longer", pad(vectors.MaxLine-len(minimal)+2) + "\n" + minimal, "line 1: longer than", 1},
		{"a line without end", strings.Repeat("a", 3*vectors.MaxLine), "line 1: longer than", 1},
		{"a long line after a good one", minimal + "\n" + strings.Repeat("a", 2*vectors.MaxLine), "line 2: longer than", 2},
		{"as many lines as allowed", strings.Repeat("\n", vectors.MaxLines-1) + minimal, "", 1},
		{"one line more", strings.Repeat("\n", vectors.MaxLines) + minimal, "line 100001: more than 100000 lines", 1},
		{"as many routes as allowed", routes(vectors.MaxRoutes), "", 1},
		{"one route more", routes(vectors.MaxRoutes + 1), "line 1: routes: 1001 of them", 1},
		{"nothing", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, text := 0, ""
			for _, err := range vectors.Read(strings.NewReader(c.file)) {
				n++
				if err != nil {
					text = err.Error()
				}
			}
			if n != c.lines || (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
				t.Errorf("got %d lines and %q, want %d and %q", n, text, c.lines, c.want)
			}
		})
	}
}

func TestReadPassesOnTheReadersError(t *testing.T) {
	t.Parallel()
	r := io.MultiReader(strings.NewReader(minimal+"\n"), brokenReader{})
	var last error
	for _, err := range vectors.Read(r) {
		last = err
	}
	if !errors.Is(last, errBroken) {
		t.Errorf("got %v, want %v", last, errBroken)
	}
}

func TestReadStopsWhenTheLoopDoes(t *testing.T) {
	t.Parallel()
	n := 0
	for range vectors.Read(strings.NewReader(minimal + "\n{\n{\n")) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d lines, want 1", n)
	}
}

var errBroken = errors.New("broken")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestAuthorFieldBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		field vectors.AuthorField
		want  vectors.Field
		ok    bool
	}{
		{"ASCII is itself", vectors.AuthorField{Name: "A", Value: "b"}, vectors.Field{Name: "A", Value: "b"}, true},
		{"U+00FF is one byte", vectors.AuthorField{Name: "A", Value: "ÿ"}, vectors.Field{Name: "A", Value: "\xff"}, true},
		{"U+0100 is none", vectors.AuthorField{Name: "A", Value: "Ā"}, vectors.Field{Name: "A"}, false},
		{"in a name neither", vectors.AuthorField{Name: "Ā", Value: "b"}, vectors.Field{Value: "b"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := c.field.Bytes(); got != c.want || ok != c.ok {
				t.Errorf("got %q %v, want %q %v", got, ok, c.want, c.ok)
			}
		})
	}
}

// FuzzRead: what can be read and written can be read again, and is then written the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(strings.Replace(minimal, `["A","b"]`, `["A","\u0000é\u00ff<"]`, 1)))
	f.Add([]byte(`{"id":"a","page":"page","context":"sandbox","fetches":[{"url":"","method":"","headers":[["€","x"]]}],"routes":null}`))
	f.Add([]byte("{}\n[]\nnull\n1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for s, err := range vectors.Read(bytes.NewReader(data)) {
			if err != nil {
				if _, ok := errors.AsType[*vectors.ReadError](err); !ok {
					t.Fatalf("got %T, want a ReadError", err)
				}
				continue
			}
			once := write(t, s)
			// Invalid UTF-8 becomes U+FFFD when it is read, which takes three bytes: the line may then be too long.
			if len(once) > vectors.MaxLine {
				continue
			}
			for again, err := range vectors.Read(bytes.NewReader(once)) {
				if err != nil {
					t.Fatalf("%s: %v", once, err)
				}
				if twice := write(t, again); !bytes.Equal(once, twice) {
					t.Fatalf("got %s, want %s", twice, once)
				}
			}
		}
	})
}

func write(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
