package header_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestListGet(t *testing.T) {
	t.Parallel()
	list := header.List{{"A", "1"}, {"B", ""}, {"a", "2"}, {"Set-Cookie", "x"}, {"A", "3"}}
	for _, tt := range []struct {
		name   string
		key    string
		value  string
		ok     bool
		values []string
		lines  []header.Field
	}{
		{"step 1: a missing header has no value", "C", "", false, nil, nil},
		{"step 2: lines combine in order, in any case", "a", "1, 2, 3", true, []string{"1", "2", "3"},
			[]header.Field{{"A", "1"}, {"a", "2"}, {"A", "3"}}},
		{"step 2: an empty header is there", "b", "", true, []string{""}, []header.Field{{"B", ""}}},
		{"step 2: a single line is not changed", "set-cookie", "x", true, []string{"x"}, []header.Field{{"Set-Cookie", "x"}}},
		{"the empty name is a name nobody has", "", "", false, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if value, ok := list.Get(tt.key); value != tt.value || ok != tt.ok {
				t.Errorf("Get: got %q, %t; want %q, %t", value, ok, tt.value, tt.ok)
			}
			if got := list.Contains(tt.key); got != tt.ok {
				t.Errorf("Contains: got %t, want %t", got, tt.ok)
			}
			if got := list.Values(tt.key); !reflect.DeepEqual(got, tt.values) {
				t.Errorf("Values: got %q, want %q", got, tt.values)
			}
			if got := list.Lines(tt.key); !reflect.DeepEqual(got, tt.lines) {
				t.Errorf("Lines: got %v, want %v", got, tt.lines)
			}
		})
	}
}

func TestListChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		list   header.List
		change func(*header.List)
		want   header.List
	}{
		{"append, step 1: the spelling that is there is taken over", header.List{{"x-FOO", "1"}, {"Y", "2"}},
			func(l *header.List) { l.Append("X-Foo", "3") }, header.List{{"x-FOO", "1"}, {"Y", "2"}, {"x-FOO", "3"}}},
		{"append, step 2: a new name keeps its own", nil,
			func(l *header.List) { l.Append("X-Foo", "1") }, header.List{{"X-Foo", "1"}}},
		{"set, step 1: the first line gets the value, the others go", header.List{{"a", "1"}, {"B", "2"}, {"A", "3"}, {"C", "4"}, {"a", "5"}},
			func(l *header.List) { l.Set("A", "9") }, header.List{{"a", "9"}, {"B", "2"}, {"C", "4"}}},
		{"set, step 2: a new line comes last", header.List{{"B", "2"}},
			func(l *header.List) { l.Set("A", "9") }, header.List{{"B", "2"}, {"A", "9"}}},
		{"delete removes every line of the name", header.List{{"a", "1"}, {"B", "2"}, {"A", "3"}},
			func(l *header.List) { l.Delete("A") }, header.List{{"B", "2"}}},
		{"delete of a missing name changes nothing", header.List{{"B", "2"}},
			func(l *header.List) { l.Delete("A") }, header.List{{"B", "2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list := slices.Clone(tt.list)
			tt.change(&list)
			if !slices.Equal(list, tt.want) {
				t.Errorf("got %v, want %v", list, tt.want)
			}
		})
	}
}

func TestSortAndCombine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		list header.List
		want header.List
	}{
		{"nothing stays nothing", nil, header.List{}},
		{"step 2: names in lower case, by bytes", header.List{{"X_B", "1"}, {"XB", "2"}, {"x.b", "3"}, {"X-b", "4"}},
			header.List{{"x-b", "4"}, {"x.b", "3"}, {"x_b", "1"}, {"xb", "2"}}},
		{"step 3.1: cookies stay apart, in order", header.List{{"Set-Cookie", "b"}, {"A", "1"}, {"set-cookie", "a"}},
			header.List{{"a", "1"}, {"set-cookie", "b"}, {"set-cookie", "a"}}},
		{"step 3.2: values combine in the list's order, not by spelling", header.List{{"a", "2"}, {"B", "0"}, {"A", "1"}},
			header.List{{"a", "2, 1"}, {"b", "0"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.list)
			if got := tt.list.SortAndCombine(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if !slices.Equal(tt.list, before) {
				t.Errorf("the list itself changed: %v, was %v", tt.list, before)
			}
		})
	}
}

func TestGetDecodeSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"step 2: no header, no list", nil, nil},
		{"an empty header is one empty string", []string{""}, []string{""}},
		{"a comma at the end makes an empty value", []string{"nosniff,"}, []string{"nosniff", ""}},
		{"an empty line counts as one", []string{"", "sniff"}, []string{"", "sniff"}},
		{"step 5.2: an open quote swallows the comma", []string{`text/html;", x/x`}, []string{`text/html;", x/x`}},
		{"step 5.2: an open quote reaches into the next line", []string{`text/html;"`, "x/x"}, []string{`text/html;", x/x`}},
		{"a quoted value stands as it is", []string{`x/x;test="hi",y/y`}, []string{`x/x;test="hi"`, "y/y"}},
		{"two lines are two values", []string{`x/x;test="hi"`, "y/y"}, []string{`x/x;test="hi"`, "y/y"}},
		{"step 5.3: inner spaces stay", []string{"x / x,,,1"}, []string{"x / x", "", "", "1"}},
		{"commas on a line of their own", []string{"x / x", ",", "1"}, []string{"x / x", "", "", "1"}},
		{"a quoted comma does not split", []string{`"1,2", 3`}, []string{`"1,2"`, "3"}},
		{"an escaped quote does not end the string", []string{`"a\",b",c`}, []string{`"a\",b"`, "c"}},
		{"a backslash at the very end is kept", []string{`"a\`}, []string{`"a\`}},
		{"text goes on behind a quoted string", []string{`a"b"c , d`}, []string{`a"b"c`, "d"}},
		{"step 5.3: only tabs and spaces go", []string{"\t a \t,\vb"}, []string{"a", "\vb"}},
		{"bytes stay bytes", []string{"\xe9,\x00"}, []string{"\xe9", "\x00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var list header.List
			for _, line := range tt.lines {
				list = append(list, header.Field{Name: "a", Value: line})
			}
			got, ok := list.GetDecodeSplit("A")
			if ok != (tt.lines != nil) {
				t.Errorf("ok: got %t", ok)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, want string }{
		{"nothing", "", ""},
		{"only whitespace", " \t\r\n", ""},
		{"both ends", "\r\n a \t b\t\n", "a \t b"},
		{"a vertical tab is no HTTP whitespace", "\va\f", "\va\f"},
		{"nor is a no-break space", "\u00a0a", "\u00a0a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.Normalize(tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestValidNameAndValue(t *testing.T) {
	t.Parallel()
	if header.ValidName("") {
		t.Error("the empty name is valid")
	}
	if !header.ValidValue("") {
		t.Error("the empty value is not valid")
	}
	if !header.ValidValue("a\x01\x7f\xffb") {
		t.Error("a value may have control characters and bytes from 0x80")
	}
}

// SortAndCombine and Get must agree; the first is not written as the standard has it.
func FuzzSortAndCombine(f *testing.F) {
	f.Add("a: 1\nA: 2\nset-cookie: x\nB: 3\nSet-Cookie: y")
	f.Add(":\n:x\n A:")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		var list header.List
		for line := range strings.SplitSeq(text, "\n") {
			name, value, _ := strings.Cut(line, ":")
			list.Append(name, value)
		}
		combined := list.SortAndCombine()
		if !slices.IsSortedFunc(combined, func(a, b header.Field) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("not sorted: %q", combined)
		}
		for _, field := range combined {
			if field.Name == "set-cookie" {
				continue
			}
			if value, ok := list.Get(field.Name); !ok || value != field.Value {
				t.Errorf("%q: combined %q, Get says %q, %t", field.Name, field.Value, value, ok)
			}
		}
		for _, field := range list {
			if !combined.Contains(field.Name) {
				t.Errorf("%q got lost", field.Name)
			}
		}
	})
}
