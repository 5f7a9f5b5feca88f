package drawbridge_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()

	for _, problem := range checkLinks(t, os.DirFS(".")) {
		t.Error(problem)
	}
}

// link finds inline links and images, definitions of references, and HTML's attributes. Enough for how these documents are written.
var link = regexp.MustCompile(`\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)|^\s*\[[^\]]+\]:\s+(\S+)|\b(?:href|src)="([^"]+)"`)

// checkLinks returns a sentence for every relative link of a Markdown file that leads to no file, or to no heading of one.
func checkLinks(t *testing.T, tree fs.FS) []string {
	t.Helper()

	var problems []string
	for _, file := range filesOf(t, tree, ".md") {
		for i, line := range proseOf(t, tree, file) {
			for _, match := range link.FindAllStringSubmatch(line, -1) {
				target := match[1] + match[2] + match[3]
				if why := brokenLink(t, tree, file, target); why != "" {
					problems = append(problems, fmt.Sprintf("%s:%d: link to %s: %s", file, i+1, target, why))
				}
			}
		}
	}
	return problems
}

func brokenLink(t *testing.T, tree fs.FS, file, target string) string {
	t.Helper()

	parsed, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if parsed.Scheme != "" || parsed.Host != "" {
		return "" // The web changes by itself; a test of it would fail by itself.
	}
	name := file
	if parsed.Path != "" {
		name = path.Join(path.Dir(file), parsed.Path)
	}
	if !fs.ValidPath(name) || strings.HasPrefix(parsed.Path, "/") {
		return "leads out of the repository"
	}
	if _, err := fs.Stat(tree, name); err != nil {
		return "no such file"
	}
	if parsed.Fragment != "" && strings.HasSuffix(name, ".md") && !slices.Contains(anchorsOf(t, tree, name), parsed.Fragment) {
		return "no such heading"
	}
	return ""
}

// proseOf returns the lines of a Markdown file; those inside fences are empty, and code spans are cut out.
func proseOf(t *testing.T, tree fs.FS, file string) []string {
	t.Helper()

	source, err := fs.ReadFile(tree, file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	fence := ""
	for i, line := range lines {
		mark := fenceMark(line)
		switch {
		case fence == "" && mark != "":
			fence, lines[i] = mark, ""
		case fence != "" && strings.HasPrefix(mark, fence):
			fence, lines[i] = "", ""
		case fence != "":
			lines[i] = ""
		default:
			lines[i] = codeSpan.ReplaceAllString(line, "")
		}
	}
	return lines
}

var codeSpan = regexp.MustCompile("`[^`]*`")

// fenceMark returns the run of three or more backticks or tildes that a line begins with, or "".
func fenceMark(line string) string {
	line = strings.TrimSpace(line)
	for _, c := range []string{"`", "~"} {
		if rest := strings.TrimLeft(line, c); len(line)-len(rest) >= 3 {
			return line[:len(line)-len(rest)]
		}
	}
	return ""
}

// anchorsOf returns the fragments that GitHub gives the headings of a Markdown file.
func anchorsOf(t *testing.T, tree fs.FS, file string) []string {
	t.Helper()

	source, err := fs.ReadFile(tree, file)
	if err != nil {
		t.Fatal(err)
	}
	raw := strings.Split(string(source), "\n")
	var anchors []string
	uses := map[string]int{}
	for i, line := range proseOf(t, tree, file) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if level < 1 || level > 6 || !strings.HasPrefix(line[level:], " ") {
			continue
		}
		// From the raw line: the text of a code span counts, only its backticks go, with all other punctuation.
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(raw[i][level:]))
		n := uses[anchor]
		uses[anchor]++
		if n > 0 {
			anchor += "-" + strconv.Itoa(n)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

func TestCheckLinks(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, text string
		want       []string
	}{
		{"a file that exists", "[a](docs/B.md)", nil},
		{"a file that does not", "x\n[a](docs/C.md) y", []string{"A.md:2: link to docs/C.md: no such file"}},
		{"a folder", "[a](docs)", nil},
		{"a heading that exists", "[a](docs/B.md#step-4-a_b-and-c)", nil},
		{"a heading that occurs twice", "[a](docs/B.md#twice-1)", nil},
		{"a heading that does not occur three times", "[a](docs/B.md#twice-2)", []string{"A.md:1: link to docs/B.md#twice-2: no such heading"}},
		{"a comment inside a fence is no heading", "[a](docs/B.md#not-this)", []string{"A.md:1: link to docs/B.md#not-this: no such heading"}},
		{"a heading of the same file", "# Top\n[a](#top) [b](#bottom)", []string{"A.md:2: link to #bottom: no such heading"}},
		{"out of the repository", "[a](../x)", []string{"A.md:1: link to ../x: leads out of the repository"}},
		{"an absolute path", "[a](/docs/B.md)", []string{"A.md:1: link to /docs/B.md: leads out of the repository"}},
		{"the web is not asked", "[a](https://example.com/x.md)", nil},
		{"an image with a title", `![a](gone.png "t")`, []string{"A.md:1: link to gone.png: no such file"}},
		{"a definition of a reference", "[a]: gone.md", []string{"A.md:1: link to gone.md: no such file"}},
		{"an attribute", `<img src="gone.svg">`, []string{"A.md:1: link to gone.svg: no such file"}},
		{"code in a fence is not read", "```md\n[a](gone.md)\n```\n[b](gone.md)", []string{"A.md:4: link to gone.md: no such file"}},
		{"code in a span is not read", "`[a](gone.md)`", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			tree := fstest.MapFS{
				"A.md":      &fstest.MapFile{Data: []byte(tt.text)},
				"docs/B.md": &fstest.MapFile{Data: []byte("# Step 4: `a_b`, and C\n```\n# not this\n```\n## Twice\n## Twice\n")},
			}
			if got := checkLinks(t, tree); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A golden file or a document that was made on one machine must not name that machine's folders. The path to look for is that of
// this checkout: where such a leak is made is where this test sees it.
func TestNoFileNamesThisCheckout(t *testing.T) {
	t.Parallel()

	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(filepath.ToSlash(root), "/") < 2 {
		t.Logf("%s is too short a path to look for", root)
		return
	}
	for _, file := range filesNaming(t, os.DirFS("."), root) {
		t.Errorf("%s: contains the path of this checkout, %s", file, root)
	}
}

// filesNaming returns the text files, testdata and dot files included, that contain dir as a path or as the beginning of one.
func filesNaming(t *testing.T, tree fs.FS, dir string) []string {
	t.Helper()

	const maxSize = 4 << 20 // Larger files are data from elsewhere.
	mention := regexp.MustCompile(regexp.QuoteMeta(dir) + `(?:[^\w.-]|$)`)
	var files []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		if info, err := entry.Info(); err != nil || info.Size() > maxSize {
			return err
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if !bytes.ContainsRune(source[:min(len(source), 8000)], 0) && mention.Match(source) {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFilesNaming(t *testing.T) {
	t.Parallel()

	tree := fstest.MapFS{
		"inside.txt":            &fstest.MapFile{Data: []byte("open /src/project/x.go: no such file")},
		"end.txt":               &fstest.MapFile{Data: []byte("cd /src/project")},
		"a/testdata/.golden":    &fstest.MapFile{Data: []byte(`"/src/project"`)},
		"another-project.txt":   &fstest.MapFile{Data: []byte("/src/project-two /src/projects /src/project.git")},
		"binary":                &fstest.MapFile{Data: []byte("\x00/src/project/")},
		".git/config":           &fstest.MapFile{Data: []byte("/src/project/")},
		"node_modules/x/a.json": &fstest.MapFile{Data: []byte("/src/project/")},
	}
	got := filesNaming(t, tree, "/src/project")
	if want := []string{"a/testdata/.golden", "end.txt", "inside.txt"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
