package fetch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// declared reads the constants of type Reason from the source, with the comment above each.
func declared(t *testing.T) (names []string, codes map[string]string, comments map[string]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	codes, comments = map[string]string{}, map[string]string{}
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if kind, ok := value.Type.(*ast.Ident); !ok || kind.Name != "Reason" {
				continue
			}
			code, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			name := value.Names[0].Name
			names = append(names, name)
			codes[name], comments[name] = code, value.Doc.Text()
		}
	}
	if len(names) < 40 {
		t.Fatalf("found %d constants, want all", len(names))
	}
	return names, codes, comments
}

func TestReasonsAreListedOnce(t *testing.T) {
	t.Parallel()
	names, codes, comments := declared(t)
	var want []fetch.Reason
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, name := range names {
		code := codes[name]
		if !kebab.MatchString(code) {
			t.Errorf("%s: the code %q is not kebab-case", name, code)
		}
		if slices.Contains(want, fetch.Reason(code)) {
			t.Errorf("%s: the code %q is taken", name, code)
		}
		want = append(want, fetch.Reason(code))
		if !strings.HasPrefix(comments[name], name+": ") {
			t.Errorf("%s: the comment is %q, want it to say what it means", name, comments[name])
		}
	}
	if got := fetch.Reasons(); !slices.Equal(got, want) {
		t.Errorf("got the list\n%q\nwant the constants in their order\n%q", got, want)
	}
}

func TestReasonsAreTheCallers(t *testing.T) {
	t.Parallel()
	fetch.Reasons()[0] = "changed"
	if got := fetch.Reasons()[0]; got != fetch.AllowOriginMissing {
		t.Errorf("got %q, want %q", got, fetch.AllowOriginMissing)
	}
}

func TestReasonClass(t *testing.T) {
	t.Parallel()
	// What stands in the headers of the protocol, and what stands before them. The rest is not about CORS.
	cors := []fetch.Reason{
		fetch.AllowOriginMissing, fetch.AllowOriginWildcard, fetch.AllowOriginMultiple, fetch.AllowOriginNull, fetch.AllowOriginInvalid,
		fetch.AllowOriginMismatch, fetch.AllowCredentialsMissing, fetch.AllowCredentialsNotTrue, fetch.AllowMethodsInvalid,
		fetch.AllowHeadersInvalid, fetch.MethodNotAllowed, fetch.MethodCaseMismatch, fetch.AllowMethodsWildcard, fetch.AuthorizationNotListed,
		fetch.HeaderNotAllowed, fetch.AllowHeadersWildcard, fetch.RedirectURLCredentials,
	}
	notReached := []fetch.Reason{fetch.PreflightRedirect, fetch.PreflightStatus}
	for _, reason := range fetch.Reasons() {
		want := fetch.ClassNotCORS
		switch {
		case slices.Contains(cors, reason):
			want = fetch.ClassCORS
		case slices.Contains(notReached, reason):
			want = fetch.ClassNotReached
		}
		if got := reason.Class(); got != want {
			t.Errorf("%s: got class %q, want %q", reason, got, want)
		}
		undecided := strings.HasPrefix(string(reason), "network-") || reason == fetch.Aborted
		if got := reason.Decided(); got != !undecided {
			t.Errorf("%s: got decided %v, want %v", reason, got, !undecided)
		}
		if undecided && reason.Class() != fetch.ClassNotCORS {
			t.Errorf("%s: the network is not CORS", reason)
		}
	}
	for _, unknown := range []fetch.Reason{"", "no-such-reason"} {
		if unknown.Class() != fetch.ClassNotCORS || unknown.Decided() {
			t.Errorf("%q: got %q, %v; want what decides nothing", unknown, unknown.Class(), unknown.Decided())
		}
	}
}
