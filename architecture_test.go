// Package drawbridge_test holds the repository to its layout. There is no package drawbridge: the root of the module has nothing but
// tests of the tree as a whole.
package drawbridge_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	modulePath = "github.com/drawbridge-cors/drawbridge"
	goVersion  = "1.26.0"

	urlParser = "github.com/nlnwa/whatwg-url"
	xNet      = "golang.org/x/net"
)

// A rule says what the packages of one directory may import.
type rule struct {
	// dir is the package's directory, or all directories below it and itself if it ends in "/...".
	dir string
	// imports lists directories of this repository, in the form of dir. Tests of the library may import the whole library.
	imports []string
	// modules lists the third-party modules, or is {"*"} where the module's own go.mod is rule enough. Tests may import the same.
	modules []string
	// std lists what the package may use of guardedStd: a package ("net/http") or one name of it ("os.ErrDeadlineExceeded").
	std []string
	// library is false for programs and tests of the whole, which may do with the machine what they like.
	library bool
}

// architecture is the table of docs/ARCHITECTURE.md. A row that grows is a decision; say why in the commit.
var architecture = []rule{
	{dir: "origin", modules: []string{urlParser, xNet}, library: true},
	{dir: "header", library: true},
	{
		dir: "fetch", imports: []string{"origin", "header"}, modules: []string{urlParser, xNet}, library: true,
		// The adapter of an http.RoundTripper: it names the kinds of errors, and dials nothing.
		std: []string{
			"crypto/tls.AlertError", "crypto/tls.CertificateVerificationError", "crypto/tls.RecordHeaderError", "crypto/tls.VersionName",
			"net.DNSError", "net.Error", "net.OpError", "net/http", "net/http/httptrace", "net/textproto.ProtocolError",
			"os.ErrDeadlineExceeded", "syscall.ECONNREFUSED", "syscall.Errno",
		},
	},
	{
		dir: "fetch/wire", imports: []string{"origin", "header", "fetch"}, modules: []string{xNet}, library: true,
		std: []string{
			"crypto/tls", "net", "net/http", "net/http/httptrace", "net/http/httputil", "net/textproto",
			"os.ErrDeadlineExceeded", "syscall.ECONNREFUSED", "syscall.Errno",
		},
	},
	{
		dir: "fetch/jar", imports: []string{"origin", "fetch"}, modules: []string{urlParser, xNet}, library: true,
	},
	{dir: "explain", imports: []string{"origin", "header", "fetch"}, library: true},
	{dir: "vectors", library: true},
	{
		dir: "vectors/play", imports: []string{"origin", "header", "fetch", "vectors"}, library: true,
		// Words only.
		std: []string{
			"net/http.MethodHead", "net/http.MethodOptions", "net/http.StatusNoContent", "net/http.StatusNotModified", "net/http.StatusText",
		},
	},

	{
		dir: "cmd/drawbridge", imports: slices.Concat(library, []string{"cmd/drawbridge/internal/..."}),
		modules: []string{
			"github.com/rogpeppe/go-internal", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term", urlParser, xNet,
		},
	},
	{dir: "cmd/drawbridge/internal/curlflags"},
	{dir: "cmd/drawbridge/internal/demoapi", imports: []string{"origin", "fetch"}},
	{dir: "cmd/drawbridge/internal/jsliteral", modules: []string{"github.com/tdewolff/parse/v2", urlParser}},
	{dir: "cmd/drawbridge/internal/report", imports: []string{"origin", "fetch", "explain"}},
	{dir: "cmd/drawbridge/internal/shellwords", modules: []string{"mvdan.cc/sh/v3"}},
	{dir: "e2e/...", imports: slices.Concat(library, []string{"e2e/..."}), modules: []string{"*"}},
}

// library is what programs, end-to-end tests and the library's own tests may import.
var library = []string{"origin", "header", "fetch", "fetch/jar", "fetch/wire", "explain", "vectors", "vectors/play"}

// apart lists pairs of trees that never import each other, tests included: the two sides of the wire. Whatever needs both stands
// above both.
var apart = [][2]string{{"cors/...", "fetch/..."}}

// guardedStd is what the library keeps its hands off unless its row says otherwise, each with everything below it: the caller lends
// the network, files and logs. Tests may import all of it.
var guardedStd = []string{"C", "crypto/tls", "io/ioutil", "log", "net", "os", "plugin", "syscall", "unsafe"}

// harmlessStd is what lies below a guarded package and only computes.
var harmlessStd = []string{"net/netip", "net/url"}

// The test reads the files itself. What the go command lists depends on build tags and on its caches; a forbidden import behind a
// build tag went unseen that way.
func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()

	for _, problem := range checkImports(t, os.DirFS("."), architecture) {
		t.Error(problem)
	}
}

// checkImports returns a sentence for every import that the table forbids, every package without a row and every row without a
// package, in the order of the files.
func checkImports(t *testing.T, tree fs.FS, table []rule) []string {
	t.Helper()

	var problems []string
	seen := map[string]bool{}
	for _, file := range filesOf(t, tree, ".go") {
		dir := path.Dir(file)
		if dir == "." && isTest(file) {
			dir = "" // The tests of the tree import the standard library, like this one.
		}
		row, ok := ruleFor(table, dir)
		if !ok && dir != "" {
			if !seen[dir] {
				problems = append(problems, fmt.Sprintf("%s: package without a row in the table of architecture_test.go: add one that says "+
					"what it may import, and its place to docs/ARCHITECTURE.md", dir))
			}
			seen[dir] = true
			continue
		}
		seen[row.dir] = true

		source, err := fs.ReadFile(tree, file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s: import %s: %v", file, spec.Path.Value, err))
				continue
			}
			used := func() []string { return namesUsed(parsed, spec, imported) }
			if why := forbidden(row, dir, imported, used, isTest(file)); why != "" {
				problems = append(problems, fmt.Sprintf("%s: imports %s: %s", file, imported, why))
			}
		}
	}
	for _, row := range table {
		if !seen[row.dir] {
			problems = append(problems, row.dir+": row without a package in the table of architecture_test.go: delete it")
		}
	}
	return problems
}

// forbidden says why a file of directory dir, to which row applies, must not import a path; "" means that it may. Of the imported
// package, the file uses the names used.
func forbidden(row rule, dir, imported string, used func() []string, test bool) string {
	if inside, ok := insideRepository(imported); ok {
		return forbiddenInside(row, dir, inside, test)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return forbiddenStd(row, imported, used, test)
	}
	for _, module := range row.modules {
		if module == "*" || imported == module || strings.HasPrefix(imported, module+"/") {
			return ""
		}
	}
	return "a third-party module that its row does not list"
}

func forbiddenInside(row rule, dir, imported string, test bool) string {
	for _, pair := range apart {
		for i, side := range pair {
			if other := pair[1-i]; covers(side, dir) && covers(other, imported) {
				return fmt.Sprintf("%s and %s never import each other, tests included", side, other)
			}
		}
	}
	allowed := row.imports
	if test {
		allowed = append(slices.Clone(allowed), dir) // A package x_test imports x.
	}
	if test && (row.library || row.dir == "") {
		allowed = append(slices.Clone(library), "cors/...")
	}
	if slices.ContainsFunc(allowed, func(d string) bool { return covers(d, imported) }) {
		return ""
	}
	return "against the direction of imports: its row does not list it"
}

func forbiddenStd(row rule, imported string, used func() []string, test bool) string {
	guarded := slices.ContainsFunc(guardedStd, func(p string) bool { return covers(p+"/...", imported) })
	if !row.library || test || !guarded || slices.Contains(harmlessStd, imported) || slices.Contains(row.std, imported) {
		return ""
	}
	for _, name := range used() {
		if !slices.Contains(row.std, imported+"."+name) {
			return fmt.Sprintf("the library does not dial, read files or log; its row does not list %s: let the caller lend it", name)
		}
	}
	return ""
}

// namesUsed returns the names that a file uses of a package it imports, in their order. An import that could use any name unseen
// (a blank one, a dot) counts as one use of "_" or ".".
func namesUsed(file *ast.File, spec *ast.ImportSpec, imported string) []string {
	local := path.Base(imported)
	if spec.Name != nil {
		local = spec.Name.Name
	}
	if local == "_" || local == "." {
		return []string{local}
	}
	var names []string
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && x.Name == local {
				names = append(names, selector.Sel.Name)
			}
		}
		return true
	})
	return names
}

// covers reports whether a directory of a rule ("fetch", "fetch/...") means dir.
func covers(pattern, dir string) bool {
	top, tree := strings.CutSuffix(pattern, "/...")
	return dir == top || tree && strings.HasPrefix(dir, top+"/")
}

func ruleFor(table []rule, dir string) (rule, bool) {
	i := slices.IndexFunc(table, func(r rule) bool { return covers(r.dir, dir) })
	if i < 0 {
		return rule{}, false
	}
	return table[i], true
}

func insideRepository(imported string) (dir string, ok bool) {
	if imported == modulePath {
		return ".", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

// filesOf returns the files of the tree whose names end in suffix, sorted, without what the go command does not look at either.
func filesOf(t *testing.T, tree fs.FS, suffix string) []string {
	t.Helper()

	var files []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if entry.IsDir() {
			ignored := base == "testdata" || base == "vendor" || base == "node_modules"
			if ignored || name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(base, suffix) && entry.Type().IsRegular() && !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The rules are tested on trees made for the purpose: the real one shows only that nothing is wrong today.
func TestCheckImports(t *testing.T) {
	t.Parallel()

	const own, words = modulePath + "/", "cmd/drawbridge/internal/shellwords"
	tests := []struct {
		name    string
		files   map[string]string // By name, the source.
		want    string            // The one problem, or "" for none.
		dropRow bool              // Check with a table that has one row less: that of package header.
	}{
		{name: "a lower package is allowed", files: map[string]string{"fetch/a.go": importing(own + "header")}},
		{
			name:  "a higher package is not",
			files: map[string]string{"header/a.go": importing(own + "fetch")},
			want:  "header/a.go: imports " + own + "fetch: against the direction of imports: its row does not list it",
		},
		{
			name:  "a build tag hides nothing",
			files: map[string]string{"header/a.go": "//go:build never && plan9\n\n" + importing(own+"fetch")},
			want:  "header/a.go: imports " + own + "fetch: against the direction of imports: its row does not list it",
		},
		{
			name:  "a file name that stands for a system hides nothing",
			files: map[string]string{"header/a_plan9.go": importing(own + "fetch")},
			want:  "header/a_plan9.go: imports " + own + "fetch: against the direction of imports: its row does not list it",
		},
		{
			name:  "a test may import what it tests",
			files: map[string]string{words + "/a_test.go": importing(own + words)},
		},
		{name: "a test may look up", files: map[string]string{"header/a_test.go": importing(own + "fetch")}},
		{
			name:  "a test of the library may not look at the program",
			files: map[string]string{"header/a_test.go": importing(own + "cmd/drawbridge/x")},
			want:  "header/a_test.go: imports " + own + "cmd/drawbridge/x: against the direction of imports: its row does not list it",
		},
		{
			name:  "a test in fetch may not import cors",
			files: map[string]string{"fetch/a_test.go": importing(own + "cors")},
			want:  "fetch/a_test.go: imports " + own + "cors: fetch/... and cors/... never import each other, tests included",
		},
		{
			name:  "nor may a test below fetch import what is below cors",
			files: map[string]string{"fetch/wire/a_test.go": importing(own + "cors/corsfile")},
			want:  "fetch/wire/a_test.go: imports " + own + "cors/corsfile: fetch/... and cors/... never import each other, tests included",
		},
		{
			name:  "corstest is not below cors",
			files: map[string]string{"fetch/a_test.go": importing(own + "corstest")},
			want:  "fetch/a_test.go: imports " + own + "corstest: against the direction of imports: its row does not list it",
		},
		{name: "a listed module is allowed, and what is below it", files: map[string]string{"fetch/a.go": importing(urlParser + "/url")}},
		{
			name:  "another module whose name begins alike is not",
			files: map[string]string{"fetch/a.go": importing(urlParser + "-fork")},
			want:  "fetch/a.go: imports " + urlParser + "-fork: a third-party module that its row does not list",
		},
		{
			name:  "a test brings no module of its own",
			files: map[string]string{"header/a_test.go": importing("example.com/assert")},
			want:  "header/a_test.go: imports example.com/assert: a third-party module that its row does not list",
		},
		{
			name:  "a module of one room of the command is not the command's",
			files: map[string]string{"cmd/drawbridge/a.go": importing("mvdan.cc/sh/v3/syntax")},
			want:  "cmd/drawbridge/a.go: imports mvdan.cc/sh/v3/syntax: a third-party module that its row does not list",
		},
		{
			name:  "the rooms of the command do not import each other unless they say so",
			files: map[string]string{words + "/a.go": importing(own + "cmd/drawbridge/internal/report")},
			want:  words + "/a.go: imports " + own + "cmd/drawbridge/internal/report: against the direction of imports: its row does not list it",
		},
		{name: "a program takes what its go.mod lists", files: map[string]string{"e2e/a.go": importing("example.com/x")}},
		{
			name:  "a program does not import end-to-end tests",
			files: map[string]string{"cmd/drawbridge/a.go": importing(own + "e2e")},
			want:  "cmd/drawbridge/a.go: imports " + own + "e2e: against the direction of imports: its row does not list it",
		},
		{
			name:  "the library does not start programs",
			files: map[string]string{"explain/a.go": importing("os/exec")},
			want:  "explain/a.go: imports os/exec: the library does not dial, read files or log; its row does not list _: let the caller lend it",
		},
		{name: "its tests may", files: map[string]string{"explain/a_test.go": importing("os/exec")}},
		{name: "a program may", files: map[string]string{"cmd/drawbridge/a.go": importing("os/exec")}},
		{
			name:  "fetch adapts net/http but does not dial",
			files: map[string]string{"fetch/a.go": importing("net/http", "net")},
			want:  "fetch/a.go: imports net: the library does not dial, read files or log; its row does not list _: let the caller lend it",
		},
		{
			name:  "fetch may name an error of package os",
			files: map[string]string{"fetch/a.go": "package x\nimport o \"os\"\nvar _ = o.ErrDeadlineExceeded\n"},
		},
		{
			name:  "but not open a file",
			files: map[string]string{"fetch/a.go": "package x\nimport o \"os\"\nvar _ = o.ErrDeadlineExceeded\nvar _ = o.Open\n"},
			want:  "fetch/a.go: imports os: the library does not dial, read files or log; its row does not list Open: let the caller lend it",
		},
		{
			name:  "nor behind a dot",
			files: map[string]string{"fetch/a.go": "package x\nimport . \"os\"\nvar _ = Open\n"},
			want:  "fetch/a.go: imports os: the library does not dial, read files or log; its row does not list .: let the caller lend it",
		},
		{name: "addresses and URLs only compute", files: map[string]string{"header/a.go": importing("net/netip", "net/url")}},
		{name: "the wire dials", files: map[string]string{"fetch/wire/a.go": importing("net", "crypto/tls")}},
		{
			name:    "a package without a row is reported once",
			files:   map[string]string{"header/b.go": importing("fmt"), "header/c.go": importing("fmt")},
			dropRow: true,
			want: "header: package without a row in the table of architecture_test.go: add one that says what it may import, and its " +
				"place to docs/ARCHITECTURE.md",
		},
		{
			name:  "the root has tests only",
			files: map[string]string{"a.go": importing("fmt")},
			want: ".: package without a row in the table of architecture_test.go: add one that says what it may import, and its place to " +
				"docs/ARCHITECTURE.md",
		},
		{name: "testdata is left alone", files: map[string]string{"header/testdata/a.go": importing(own + "fetch")}},
		{name: "a folder that begins with a dot is left alone", files: map[string]string{".x/a.go": importing(own + "fetch")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			table := slices.Clone(architecture)
			if tt.dropRow {
				table = slices.DeleteFunc(table, func(r rule) bool { return r.dir == "header" })
			}
			tree := fstest.MapFS{}
			for _, row := range table {
				tree[strings.TrimSuffix(row.dir, "/...")+"/doc.go"] = &fstest.MapFile{Data: []byte(importing())}
			}
			for name, source := range tt.files {
				tree[name] = &fstest.MapFile{Data: []byte(source)}
			}

			got := checkImports(t, tree, table)
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}

	t.Run("a row without a package is reported", func(t *testing.T) {
		t.Parallel()

		got := checkImports(t, fstest.MapFS{}, []rule{{dir: "gone"}})
		want := []string{"gone: row without a package in the table of architecture_test.go: delete it"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// importing returns the source of a file that imports paths.
func importing(paths ...string) string {
	var b strings.Builder
	b.WriteString("package x\n")
	for _, p := range paths {
		b.WriteString("import _ " + strconv.Quote(p) + "\n")
	}
	return b.String()
}

func TestLibraryRowsAreTheLibrary(t *testing.T) {
	t.Parallel()

	var got []string
	for _, row := range architecture {
		if row.library {
			got = append(got, row.dir)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(library)); !slices.Equal(got, want) {
		t.Errorf("rows marked library: got %q, want %q as in the list of the library", got, want)
	}
}

// A patch release in a go line would force it on users.
func TestModulesNameTheSameGo(t *testing.T) {
	t.Parallel()

	tree := os.DirFS(".")
	for _, file := range append(filesOf(t, tree, "go.mod"), "go.work") {
		if got := directives(t, tree, file, "go"); !slices.Equal(got, []string{goVersion}) {
			t.Errorf("%s: go directive: got %q, want %q", file, got, goVersion)
		}
		if got := directives(t, tree, file, "toolchain"); len(got) > 0 {
			t.Errorf("%s: toolchain directive: got %q, want none", file, got)
		}
	}
}

// tools stays out of the workspace; its go.mod says why.
func TestWorkspaceHasEveryModuleButTools(t *testing.T) {
	t.Parallel()

	tree := os.DirFS(".")
	want := map[string]bool{}
	for _, file := range filesOf(t, tree, "go.mod") {
		if dir := path.Dir(file); dir != "tools" {
			want[dir] = true
		}
	}
	got := map[string]bool{}
	for _, dir := range directives(t, tree, "go.work", "use") {
		got[path.Clean(dir)] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("go.work: use: got %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// directives returns the arguments of each directive of that name in a go.mod or go.work, on one line or in a block.
func directives(t *testing.T, tree fs.FS, file, name string) []string {
	t.Helper()

	source, err := fs.ReadFile(tree, file)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	block := ""
	for lines := bufio.NewScanner(bytes.NewReader(source)); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "//")
		words := strings.Fields(text)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case len(words) == 2 && words[1] == "(":
			block = words[0]
		case block == name:
			values = append(values, words[0])
		case block == "" && words[0] == name && len(words) > 1:
			values = append(values, words[1])
		}
	}
	return values
}
