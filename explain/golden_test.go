package explain_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/explain"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name, or rewrites it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run the tests of this package with -update to write it)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func encode(t *testing.T, r explain.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReportGolden(t *testing.T) {
	t.Parallel()
	for name, s := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report(t, s)
			got := encode(t, r)
			golden(t, "reports/"+name+".json", got)

			// A report is plain data: read back and written again it is the same.
			var back explain.Report
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			if again := encode(t, back); !bytes.Equal(again, got) {
				t.Errorf("read back and written again it is\n%s", again)
			}
		})
	}
}

// The shape of the JSON is a promise: a member that vanishes or changes its type breaks programs that read it.
func TestReportShape(t *testing.T) {
	t.Parallel()
	shape := map[string]bool{}
	for _, s := range scenarios() {
		var v any
		if err := json.Unmarshal(encode(t, report(t, s)), &v); err != nil {
			t.Fatal(err)
		}
		collect(shape, "", v)
	}
	var lines []string
	for l := range shape {
		lines = append(lines, l)
	}
	slices.Sort(lines)
	golden(t, "shape.golden", []byte(explain.Schema+"\n"+strings.Join(lines, "\n")+"\n"))
}

// collect lists the paths of a JSON value with the types found there.
func collect(shape map[string]bool, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		shape[path+": object"] = true
		for k, member := range v {
			collect(shape, path+"."+k, member)
		}
	case []any:
		shape[path+": array"] = true
		for _, element := range v {
			collect(shape, path+"[]", element)
		}
	case string:
		shape[path+": string"] = true
	case float64:
		shape[path+": number"] = true
	case bool:
		shape[path+": boolean"] = true
	case nil:
		shape[path+": null"] = true
	}
}

// Every member in the shape is documented, and every documented member exists.
func TestReportDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	shape, err := os.ReadFile("testdata/shape.golden")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(doc, []byte(explain.Schema)) {
		t.Errorf("docs/json.md does not name the schema %q", explain.Schema)
	}
	members := map[string]bool{}
	_, paths, _ := strings.Cut(string(shape), "\n")
	for line := range strings.Lines(paths) {
		path, _, _ := strings.Cut(line, ": ")
		member := path[strings.LastIndexByte(path, '.')+1:]
		if member = strings.TrimRight(member, "[]\n"); member != "" {
			members[member] = true
		}
	}
	for member := range members {
		if !bytes.Contains(doc, []byte("`"+member+"`")) {
			t.Errorf("docs/json.md does not document the member %q", member)
		}
	}
	for line := range strings.Lines(string(doc)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			name := strings.Trim(cells[1], " `")
			if name != "member" && !strings.HasPrefix(name, "-") && strings.Contains(cells[1], "`") && !members[name] {
				t.Errorf("docs/json.md documents %q, which no report has", name)
			}
		}
	}
}
