package e2e_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/e2e/page"
	"github.com/drawbridge-cors/drawbridge/e2e/tap"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// What compares must itself be right: a comparison that finds nothing looks like success.

func TestDifference(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, got, want, diff string }{
		{"equal texts do not differ", "a b c", "a b c", ""},
		{"nothing and nothing", "", "", ""},
		{"a line that only the browser has", "a x b", "a b", "+ x"},
		{"a line that only we have", "a b", "a x b", "- x"},
		{"another value: ours first", "a x b", "a y b", "- y,+ x"},
		{"a line at the end", "a b", "a", "+ b"},
		{"nothing from the browser", "", "a b", "- a,- b"},
		{"nothing of ours", "a b", "", "+ a,+ b"},
		{"another order", "a b", "b a", "- b,+ b"},
		{"the same line more often", "a a a", "a", "+ a,+ a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := strings.Join(difference(strings.Fields(tt.got), strings.Fields(tt.want)), ","); got != tt.diff {
				t.Errorf("got %q, want %q", got, tt.diff)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()

	got := describe("x1", &tap.Request{
		Method: "PUT", Target: "/a/b-1Z?q", Body: []byte("a\n\xe9"),
		Header: header.List{
			{Name: "X-B", Value: "\x01\"\xe9"}, {Name: "User-Agent", Value: "u"}, {Name: "Sec-CH-UA", Value: "u"}, {Name: "x-a", Value: ""},
			{Name: "X-A", Value: "1"}, {Name: "accept-language", Value: "en"}, {Name: "Accept-Language", Value: "de"},
		},
	})
	want := []string{
		"PUT {x1}/a/b-1Z?q", "PUT {x1}/a/b-1: Accept-Language: de", "PUT {x1}/a/b-1: X-A: 1", `PUT {x1}/a/b-1: X-B: \x01"\u00e9`, "PUT {x1}/a/b-1: x-a: ",
		`PUT {x1}/a/b-1: body: a\n\u00e9`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, line string
		want       []string // nil for an error.
	}{
		{"spaces part", " a  b ", []string{"a", "b"}},
		{"quotation marks hold together", `-H 'A: b c' x'y z'w`, []string{"-H", "A: b c", "xy zw"}},
		{"an empty word", "a ''", []string{"a", ""}},
		{"a mark without its pair is an error", "a 'b", nil},
		{"what a shell would expand is an error", "a $b", nil},
		{"so is another kind of quotation", `a "b"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := splitWords(tt.line)
			if (err != nil) != (tt.want == nil) || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, error %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		outcome page.Outcome
		want    string
	}{
		{page.Outcome{Outcome: page.Answered, Type: fetch.CORSResponse, Status: 500}, "allowed"},
		{page.Outcome{Outcome: page.Answered, Type: fetch.BasicResponse}, "allowed"},
		{page.Outcome{Outcome: page.Answered, Type: fetch.OpaqueResponse}, "opaque"},
		{page.Outcome{Outcome: page.Answered, Type: "error"}, "unknown"},
		{page.Outcome{Outcome: page.Rejected, Error: "TypeError"}, "blocked"},
		{page.Outcome{Outcome: page.Rejected, Error: "SyntaxError"}, "unknown"},
		{page.Outcome{Outcome: page.TimedOut}, "unknown"},
		{page.Outcome{}, "unknown"},
	} {
		if got := verdict(tt.outcome); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.outcome, got, tt.want)
		}
	}
}
