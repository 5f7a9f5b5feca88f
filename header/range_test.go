package header_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestParseSingleRange(t *testing.T) {
	t.Parallel()
	type simple = header.SimpleRange
	for _, tt := range []struct {
		name  string
		value string
		space bool // allowWhitespace
		want  simple
		ok    bool
	}{
		{"start and end", "bytes=0-99", false, simple{0, 99, true, true}, true},
		{"start only", "bytes=100-", false, simple{100, 0, true, false}, true},
		{"end only: the last bytes", "bytes=-500", false, simple{0, 500, false, true}, true},
		{"leading zeros", "bytes=007-08", false, simple{7, 8, true, true}, true},
		{"one byte", "bytes=5-5", false, simple{5, 5, true, true}, true},
		{"step 2: no unit", "0-1", false, simple{}, false},
		{"step 2: half a unit", "byt", false, simple{}, false},
		{"step 2: the unit in capitals", "BYTES=0-1", false, simple{}, false},
		{"step 2: empty", "", false, simple{}, false},
		{"step 4: a space before the sign, allowed", "bytes \t=0-1", true, simple{0, 1, true, true}, true},
		{"step 4: a space before the sign, not allowed", "bytes =0-1", false, simple{}, false},
		{"step 5: no sign", "bytes", false, simple{}, false},
		{"step 5: a space instead", "bytes 0-1", true, simple{}, false},
		{"step 7: a space behind the sign", "bytes= 0-1", true, simple{0, 1, true, true}, true},
		{"step 8: a plus is no digit", "bytes=+0-1", false, simple{}, false},
		{"step 8: hexadecimal is no number", "bytes=0x0-1", false, simple{}, false},
		{"step 10: a space before the dash", "bytes=0 -1", true, simple{0, 1, true, true}, true},
		{"step 11: no dash", "bytes=0", false, simple{}, false},
		{"step 11: nothing", "bytes=", false, simple{}, false},
		{"step 13: a space behind the dash", "bytes=0-\t1", true, simple{0, 1, true, true}, true},
		{"step 13: not allowed", "bytes=0- 1", false, simple{}, false},
		{"step 16: a space at the end is never allowed", "bytes=0-1 ", true, simple{}, false},
		{"step 16: a second range", "bytes=0-1,2-3", false, simple{}, false},
		{"step 17: neither start nor end", "bytes=-", false, simple{}, false},
		{"step 18: backwards", "bytes=2-1", false, simple{}, false},
		{"the largest number", "bytes=0-9223372036854775807", false, simple{0, math.MaxInt64, true, true}, true},
		{"deviation: a larger one", "bytes=0-9223372036854775808", false, simple{}, false},
		{"deviation: a larger start, as all browsers have it", "bytes=99999999999999999999-", false, simple{}, false},
		{"zeros don't make a number large", "bytes=" + strings.Repeat("0", 50) + "1-", false, simple{1, 0, true, false}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := header.ParseSingleRange(tt.value, tt.space); got != tt.want || ok != tt.ok {
				t.Errorf("got %+v, %t; want %+v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// A range parser as one writes it in a hurry, without whitespace.
func naiveRange(value string) (start, end *big.Int, ok bool) {
	rest, found := strings.CutPrefix(value, "bytes=")
	first, last, dash := strings.Cut(rest, "-")
	if !found || !dash || first+last == "" || strings.Trim(first+last, "0123456789") != "" {
		return nil, nil, false
	}
	if first != "" {
		start, _ = new(big.Int).SetString(first, 10)
	}
	if last != "" {
		end, _ = new(big.Int).SetString(last, 10)
	}
	if start != nil && end != nil && start.Cmp(end) > 0 {
		return nil, nil, false
	}
	return start, end, (start == nil || start.IsInt64()) && (end == nil || end.IsInt64())
}

func FuzzParseSingleRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-1", "bytes=-", "bytes=-5", "bytes=5-", "bytes=5-4", "bytes=9223372036854775808-", "bytes= 0 - 1", "byte", "bytes=0-1-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 1<<10 {
			return
		}
		got, ok := header.ParseSingleRange(value, false)
		start, end, want := naiveRange(value)
		if ok != want {
			t.Fatalf("%q: got %+v, %t; a naive parser says %t", value, got, ok, want)
		}
		loose, looseOK := header.ParseSingleRange(value, true)
		if ok && (!looseOK || loose != got) {
			t.Errorf("%q: allowing whitespace changes %+v to %+v, %t", value, got, loose, looseOK)
		}
		if !ok {
			return
		}
		if got.HasStart != (start != nil) || got.HasStart && got.Start != start.Int64() ||
			got.HasEnd != (end != nil) || got.HasEnd && got.End != end.Int64() {
			t.Errorf("%q: got %+v, want %v to %v", value, got, start, end)
		}
		if unsafe, safe := header.CheckRequestHeader("range", value); len(value) <= header.MaxSafelistedValue && safe != got.HasStart {
			t.Errorf("%q: safelisted %t: %+v", value, safe, unsafe)
		}
	})
}
