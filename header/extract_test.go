package header_test

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestExtractNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		lines  []string
		want   []string
		line   int
		offset int // of the failure; -1 for none
	}{
		{"step 1: no header", nil, nil, 0, -1},
		{"an empty header lists nothing", []string{""}, []string{}, 0, -1},
		{"one name", []string{"x-foo"}, []string{"x-foo"}, 0, -1},
		{"case and order are kept", []string{"X-Foo,a, B"}, []string{"X-Foo", "a", "B"}, 0, -1},
		{"repeats are kept", []string{"a, a"}, []string{"a", "a"}, 0, -1},
		{"spaces and tabs around names", []string{"\t a \t, b "}, []string{"a", "b"}, 0, -1},
		{"empty elements", []string{",,a, ,b,,"}, []string{"a", "b"}, 0, -1},
		{"only a comma", []string{","}, []string{}, 0, -1},
		{"the wildcard is a name", []string{"*, authorization"}, []string{"*", "authorization"}, 0, -1},
		{"** is a name too", []string{"**"}, []string{"**"}, 0, -1},
		{"step 4: several lines are one list", []string{"a", "", "b,c"}, []string{"a", "b", "c"}, 0, -1},
		{"step 4.2: a space within", []string{"x-foo x-bar"}, nil, 0, 6},
		{"step 4.2: a semicolon", []string{"x-foo;x-bar"}, nil, 0, 5},
		{"step 4.2: quotes", []string{`a, "b"`}, nil, 0, 3},
		{"step 4.2: parentheses", []string{"x-foo, (bad)"}, nil, 0, 7},
		{"step 4.2: a colon", []string{"x-foo:"}, nil, 0, 5},
		{"step 4.2: a vertical tab is no whitespace", []string{"x-foo\v"}, nil, 0, 5},
		{"step 4.2: a byte from 0x80", []string{"x-foo, \xe9"}, nil, 0, 7},
		{"step 4.2: NUL", []string{"a,\x00"}, nil, 0, 2},
		{"step 4.2: a line break", []string{"a,\r\n b"}, nil, 0, 2},
		{"step 4.2: one bad line fails all", []string{"a", "b c", "d"}, nil, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, extract := range []func([]string) ([]string, error){header.ExtractNames, header.ExtractMethods} {
				got, err := extract(tt.lines)
				if !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got %#v, want %#v", got, tt.want)
				}
				if tt.offset < 0 {
					if err != nil {
						t.Errorf("got error %v", err)
					}
					continue
				}
				var syntax *header.SyntaxError
				if !errors.As(err, &syntax) {
					t.Fatalf("got error %v, want a SyntaxError", err)
				}
				if syntax.Line != tt.line || syntax.Offset != tt.offset || syntax.Value != tt.lines[tt.line] {
					t.Errorf("got %+v, want line %d, offset %d", *syntax, tt.line, tt.offset)
				}
			}
		})
	}
}

func TestSyntaxError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  *header.SyntaxError
		want string
	}{
		{"a short value is shown whole", &header.SyntaxError{Value: "GET POST", Offset: 4}, `header: "GET POST": unexpected 'P' at byte 4`},
		{"a byte that is no ASCII is shown by number", &header.SyntaxError{Value: "\xe9", Offset: 0}, `header: "\xe9": unexpected '\u00e9' at byte 0`},
		{"of a long one the part around the byte", &header.SyntaxError{Value: strings.Repeat("a", 99) + "(" + strings.Repeat("b", 99), Offset: 99},
			`header: …"` + strings.Repeat("a", 32) + "(" + strings.Repeat("b", 31) + `"…: unexpected '(' at byte 99`},
		{"the end", &header.SyntaxError{Value: "a", Offset: 1}, `header: "a": unexpected end`},
		{"the zero value", &header.SyntaxError{}, `header: "": unexpected end`},
		{"an offset of nonsense", &header.SyntaxError{Value: "abc", Offset: -7}, `header: "abc": unexpected end`},
		{"an offset beyond", &header.SyntaxError{Value: "abc", Offset: 70}, `header: "abc": unexpected end`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestExtractMaxAge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		lines    []string
		want     int64
		ok       bool
		negative bool
	}{
		{"step 1: no header", nil, 0, false, false},
		{"step 2: twice the same", []string{"600", "600"}, 0, false, false},
		{"an empty header", []string{""}, 0, false, false},
		{"zero", []string{"0"}, 0, true, false},
		{"seconds", []string{"600"}, 600, true, false},
		{"leading zeros", []string{"000600"}, 600, true, false},
		{"spaces and tabs around it", []string{" 600\t"}, 600, true, false},
		{"the largest number", []string{"9223372036854775807"}, math.MaxInt64, true, false},
		{"one less", []string{"9223372036854775806"}, math.MaxInt64 - 1, true, false},
		{"one more stays the largest", []string{"9223372036854775808"}, math.MaxInt64, true, false},
		{"many more digits", []string{strings.Repeat("9", 5000)}, math.MaxInt64, true, false},
		{"step 4.2: a negative number", []string{"-1"}, 0, false, true},
		{"step 4.2: minus zero", []string{" -0 "}, 0, false, true},
		{"step 4.2: a minus alone", []string{"-"}, 0, false, false},
		{"step 4.2: two of them", []string{"--1"}, 0, false, false},
		{"step 4.2: negative and more", []string{"-1s"}, 0, false, false},
		{"step 4.2: twice negative", []string{"-1", "-1"}, 0, false, false},
		{"step 4.2: a plus", []string{"+600"}, 0, false, false},
		{"step 4.2: a unit", []string{"600s"}, 0, false, false},
		{"step 4.2: a fraction", []string{"600.5"}, 0, false, false},
		{"step 4.2: a list", []string{"600, 600"}, 0, false, false},
		{"step 4.2: quotes", []string{`"600"`}, 0, false, false},
		{"step 4.2: hexadecimal", []string{"0x258"}, 0, false, false},
		{"step 4.2: a space within", []string{"6 00"}, 0, false, false},
		{"step 4.2: digits of another script", []string{"٦٠٠"}, 0, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := header.ExtractMaxAge(tt.lines); got != tt.want && ok || ok != tt.ok {
				t.Errorf("got %d, %t; want %d, %t", got, ok, tt.want, tt.ok)
			}
			if got := header.NegativeMaxAge(tt.lines); got != tt.negative {
				t.Errorf("negative: got %t, want %t", got, tt.negative)
			}
		})
	}
}

// A list parser as one writes it in a hurry, with the standard library.
func naiveList(value string) ([]string, bool) {
	names := []string{}
	for element := range strings.SplitSeq(value, ",") {
		element = strings.Trim(element, " \t")
		if element == "" {
			continue
		}
		for i := range len(element) {
			if !tokenByte(element[i]) {
				return nil, false
			}
		}
		names = append(names, element)
	}
	return names, true
}

func FuzzExtractNames(f *testing.F) {
	for _, seed := range []string{"", "a", "a,b", " a\t, ,b,", "PUT DELETE", `a, "b,c"`, "*", "x-foo, \xe9", "a\x00", "a;b", ",,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := header.ExtractNames([]string{value})
		want, ok := naiveList(value)
		if ok != (err == nil) || !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, %v; a naive parser gets %q, %t", value, got, err, want, ok)
		}
		if syntax, ok := errors.AsType[*header.SyntaxError](err); ok {
			if tokenByte(value[syntax.Offset]) && !strings.ContainsAny(value[syntax.Offset-1:syntax.Offset], " \t") {
				t.Errorf("%q: offset %d is in the middle of a name", value, syntax.Offset)
			}
			if _, ok := naiveList(value[:syntax.Offset]); !ok {
				t.Errorf("%q: wrong before offset %d already", value, syntax.Offset)
			}
		}
		// Joined and parsed again, on one line or on many, they are the same.
		again, err := header.ExtractNames([]string{strings.Join(got, ", ")})
		if err != nil || !slices.Equal(again, got) {
			t.Errorf("%q: joined: got %q, %v; want %q", value, again, err, got)
		}
		if len(got) > 0 {
			again, err = header.ExtractNames(got)
			if err != nil || !slices.Equal(again, got) {
				t.Errorf("%q: a line each: got %q, %v; want %q", value, again, err, got)
			}
		}
	})
}

func FuzzGetDecodeSplit(f *testing.F) {
	for _, seed := range []string{"", "a,b", `"a,b",c`, `"a\",b",c`, `a"b`, `"\`, "\t,\t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := header.List{{"a", value}}.GetDecodeSplit("a")
		if !ok || len(got) == 0 {
			t.Fatalf("%q: got %q, %t; want at least one value", value, got, ok)
		}
		// As many lines as values are split the same way.
		var lines header.List
		for _, v := range got {
			lines = append(lines, header.Field{Name: "A", Value: v})
		}
		if again, _ := lines.GetDecodeSplit("a"); !slices.Equal(again, got) {
			t.Errorf("%q: got %q, then %q", value, got, again)
		}
		if !strings.Contains(value, `"`) && len(got) != strings.Count(value, ",")+1 {
			t.Errorf("%q: got %d values without quotes", value, len(got))
		}
	})
}

func FuzzExtractMaxAge(f *testing.F) {
	for _, seed := range []string{"", "0", "600", "-1", "+1", " 5\t", "9223372036854775807", "9223372036854775808", "1_000", "0x1", "1e3", "٦"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 1<<10 {
			return
		}
		got, ok := header.ExtractMaxAge([]string{value})
		trimmed := strings.Trim(value, " \t")
		n, isNumber := new(big.Int).SetString(trimmed, 10)
		isNumber = isNumber && !strings.ContainsAny(trimmed, "+-_")
		if ok != isNumber {
			t.Fatalf("%q: got %d, %t; math/big says %v, %t", value, got, ok, n, isNumber)
		}
		if !ok {
			return
		}
		want := int64(math.MaxInt64)
		if n.IsInt64() {
			want = n.Int64()
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", value, got, want)
		}
	})
}
