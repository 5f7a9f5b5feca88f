package header_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestCheckRequestHeader(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name          string
		header, value string
		kind          header.UnsafeKind // "" if safe
		offset        int
	}{
		{"step 1: 128 bytes are not too long", "Accept", strings.Repeat("a", 128), "", 0},
		{"step 1: 129 bytes are", "Accept", strings.Repeat("a", 129), header.ValueTooLong, 128},
		{"step 1: 128 bytes of Content-Type", "Content-Type", "text/plain;" + strings.Repeat("a", 117), "", 0},
		{"step 1: 129 bytes of Content-Type", "Content-Type", "text/plain;" + strings.Repeat("a", 118), header.ValueTooLong, 128},
		{"step 1: 128 bytes of Accept-Language", "accept-language", strings.Repeat("e", 128), "", 0},
		{"step 1: 129 bytes of Content-Language", "content-language", strings.Repeat("e", 129), header.ValueTooLong, 128},
		{"step 1: a range of 129 bytes", "range", "bytes=" + strings.Repeat("0", 122) + "-", header.ValueTooLong, 128},

		{"step 2: another name is never safe", "X-Foo", "", header.NameNotSafelisted, -1},
		{"step 2: Authorization is not safe", "Authorization", "x", header.NameNotSafelisted, -1},
		{"step 2: User-Agent is not safe", "User-Agent", "x", header.NameNotSafelisted, -1},
		{"step 2: the empty name is not safe", "", "", header.NameNotSafelisted, -1},
		{"step 2: the name is what is said of a long value too", "X-Foo", strings.Repeat("a", 129), header.NameNotSafelisted, -1},
		{"step 2: client hints are not in the standard", "DPR", "1", header.NameNotSafelisted, -1},
		{"step 2: a name in any case", "aCCEPT", "*/*", "", 0},
		{"step 2: a name of the same length", "Bccept", "*/*", header.NameNotSafelisted, -1},

		{"accept: the empty value is safe", "Accept", "", "", 0},
		{"accept: a quote is not", "Accept", `a;b="c"`, header.UnsafeByte, 4},
		{"accept: the first of several bytes is named", "Accept", "ab(c)", header.UnsafeByte, 2},
		{"accept: bytes from 0x80 are safe", "Accept", "a\x80\xff", "", 0},

		{"accept-language: the usual value", "Accept-Language", "en-GB,en;q=0.9, *", "", 0},
		{"accept-language: an underscore", "Accept-Language", "en_GB", header.UnsafeByte, 2},
		{"accept-language: a tab", "Accept-Language", "en,\tde", header.UnsafeByte, 3},
		{"content-language: a slash", "Content-Language", "en/de", header.UnsafeByte, 2},
		{"content-language: the empty value is safe", "Content-Language", "", "", 0},

		{"content-type: text/plain", "Content-Type", "text/plain", "", 0},
		{"content-type: form-urlencoded", "Content-Type", form, "", 0},
		{"content-type: multipart with a boundary", "Content-Type", "multipart/form-data; boundary=x", "", 0},
		{"content-type: in capitals", "Content-Type", "TEXT/PLAIN;CHARSET=UTF-8", "", 0},
		{"content-type: whitespace around it", "Content-Type", " text/plain\t", "", 0},
		{"content-type: a tab behind the subtype", "Content-Type", "text/plain\t;x=y", "", 0},
		{"content-type: parameters that mean nothing", "Content-Type", "text/plain;;;", "", 0},
		{"content-type: json as a parameter", "Content-Type", "text/plain;application/json", "", 0},
		{"content-type: bytes from 0x80 in a parameter", "Content-Type", "text/plain;a\xe9b", "", 0},
		{"step 2.1: a quoted boundary", "Content-Type", `multipart/form-data; boundary="abc"`, header.UnsafeByte, 30},
		{"step 2.1: comes before the type", "Content-Type", "application/json;@", header.UnsafeByte, 17},
		{"step 2.3: empty", "Content-Type", "", header.MIMETypeInvalid, 0},
		{"step 2.3: no slash", "Content-Type", "text", header.MIMETypeInvalid, 4},
		{"step 2.3: no subtype", "Content-Type", "text/", header.MIMETypeInvalid, 5},
		{"step 2.3: no type", "Content-Type", "/plain", header.MIMETypeInvalid, 0},
		{"step 2.3: two types", "Content-Type", "text/plain, application/json", header.MIMETypeInvalid, 10},
		{"step 2.3: a space before the slash", "Content-Type", "text /plain", header.MIMETypeInvalid, 4},
		{"step 2.3: a space behind the slash", "Content-Type", "text/ plain", header.MIMETypeInvalid, 5},
		{"step 2.3: a word behind the subtype", "Content-Type", "text/plain x", header.MIMETypeInvalid, 10},
		{"step 2.3: offsets count whitespace before it", "Content-Type", " \ttext/pl\xe9in", header.MIMETypeInvalid, 9},
		{"step 2.3: only whitespace", "Content-Type", "  ", header.MIMETypeInvalid, 2},
		{"step 2.4: json", "Content-Type", "application/json", header.MIMETypeNotSafelisted, 0},
		{"step 2.4: json behind whitespace", "Content-Type", " Application/JSON;x=y", header.MIMETypeNotSafelisted, 1},
		{"step 2.4: a longer subtype", "Content-Type", "text/plainx", header.MIMETypeNotSafelisted, 0},
		{"step 2.4: any type", "Content-Type", "*/*", header.MIMETypeNotSafelisted, 0},
		{"step 2.4: what browsers post by themselves", "Content-Type", "application/csp-report", header.MIMETypeNotSafelisted, 0},

		{"range: from 0", "Range", "bytes=0-", "", 0},
		{"range: with an end", "Range", "bytes=0-1", "", 0},
		{"range: leading zeros", "Range", "bytes=00-01", "", 0},
		{"range step 2.2: several", "Range", "bytes=0-1,2-3", header.RangeNotSimple, 9},
		{"range step 2.2: the unit's case counts", "Range", "Bytes=0-1", header.RangeNotSimple, 0},
		{"range step 2.2: another unit", "Range", "items=0-1", header.RangeNotSimple, 0},
		{"range step 2.2: no whitespace", "Range", "bytes= 0-1", header.RangeNotSimple, 6},
		{"range step 2.2: backwards", "Range", "bytes=5-2", header.RangeNotSimple, 8},
		{"range step 2.2: nothing", "Range", "bytes=-", header.RangeNotSimple, 7},
		{"range step 2.2: empty", "Range", "", header.RangeNotSimple, 0},
		{"range step 2.3: without a start", "Range", "bytes=-500", header.RangeNotSimple, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := header.CheckRequestHeader(tt.header, tt.value)
			if ok != (tt.kind == "") {
				t.Fatalf("got ok %t: %+v", ok, got)
			}
			if header.SafelistedRequestHeader(tt.header, tt.value) != ok {
				t.Error("SafelistedRequestHeader says otherwise")
			}
			if ok {
				if got != (header.Unsafe{}) {
					t.Errorf("got %+v, want nothing", got)
				}
				return
			}
			if got.Name != tt.header || got.Value != tt.value || got.Kind != tt.kind || got.Offset != tt.offset {
				t.Errorf("got %+v, want kind %q and offset %d", got, tt.kind, tt.offset)
			}
			if tooLong := got.Kind == header.ValueTooLong; tooLong != (got.Limit == 128) || tooLong && got.Length != len(tt.value) {
				t.Errorf("got length %d and limit %d", got.Length, got.Limit)
			}
			if (got.Kind == header.MIMETypeNotSafelisted) != (got.Essence != "") {
				t.Errorf("got essence %q", got.Essence)
			}
		})
	}
}

func TestUnsafeEssenceIsLowerCase(t *testing.T) {
	t.Parallel()
	if got, _ := header.CheckRequestHeader("content-type", "Application/JSON ; charset=utf-8"); got.Essence != "application/json" {
		t.Errorf("got %q", got.Essence)
	}
}

func TestUnsafeRequestHeaderNames(t *testing.T) {
	t.Parallel()
	safe := func(n, last int) header.List {
		var list header.List
		for range n {
			list = append(list, header.Field{Name: "Accept", Value: strings.Repeat("a", 128)})
		}
		return append(list, header.Field{Name: "Accept-Language", Value: strings.Repeat("e", last)})
	}
	for _, tt := range []struct {
		name string
		list header.List
		want []string
	}{
		{"no headers", nil, nil},
		{"safe headers", header.List{{"Accept", "*/*"}, {"Range", "bytes=0-"}}, nil},
		{"step 4.1: an unsafe name, in lower case", header.List{{"X-Foo", "1"}}, []string{"x-foo"}},
		{"step 4.1: a safe name with an unsafe value", header.List{{"Accept", "("}, {"X-Foo", "1"}}, []string{"accept", "x-foo"}},
		{"step 4.1: safe lines of the same name don't count", header.List{{"Accept", "a"}, {"X-Foo", "1"}}, []string{"x-foo"}},
		{"step 4: line by line, not combined", header.List{{"Accept", strings.Repeat("a", 64)}, {"Accept", strings.Repeat("a", 64)}}, nil},
		{"step 5: 1024 bytes are not too much", safe(7, 128), nil},
		{"step 5: 1025 bytes are", safe(8, 1), []string{"accept", "accept-language"}},
		{"step 5: unsafe values don't count", append(safe(7, 128), header.Field{Name: "X-Foo", Value: strings.Repeat("a", 5000)}), []string{"x-foo"}},
		{"step 5: all together", append(header.List{{"X-Foo", "1"}}, safe(8, 1)...), []string{"accept", "accept-language", "x-foo"}},
		{"step 6: sorted by bytes, each once", header.List{{"X_b", "1"}, {"XB", "1"}, {"x-B", "1"}, {"X.b", "1"}, {"X-B", "2"}},
			[]string{"x-b", "x.b", "x_b", "xb"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.UnsafeRequestHeaderNames(tt.list); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUnsafeRequestHeaders(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 128)
	list := header.List{{"Accept", long}, {"X-Foo", "1"}}
	for range 8 {
		list = append(list, header.Field{Name: "Content-Language", Value: long})
	}
	got := header.UnsafeRequestHeaders(list)
	if len(got) != len(list) {
		t.Fatalf("got %d, want one for each of %d lines", len(got), len(list))
	}
	for i, unsafe := range got {
		if unsafe.Name != list[i].Name {
			t.Errorf("%d: got %q, want %q: the order of the list", i, unsafe.Name, list[i].Name)
		}
		want := header.TotalTooLong
		if list[i].Name == "X-Foo" {
			want = header.NameNotSafelisted
		}
		if unsafe.Kind != want {
			t.Errorf("%d: got %q, want %q", i, unsafe.Kind, want)
		}
		if want == header.TotalTooLong && (unsafe.Length != 9*128 || unsafe.Limit != 1024 || unsafe.Offset != -1) {
			t.Errorf("%d: got length %d, limit %d, offset %d", i, unsafe.Length, unsafe.Limit, unsafe.Offset)
		}
	}
	if got := header.UnsafeRequestHeaders(list[2:]); got != nil {
		t.Errorf("1024 bytes: got %+v, want nothing", got)
	}
}

func TestRequestHeaderNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                                              string
		header                                            string
		nonWildcard, privileged, noCORS, forbidden2, body bool
	}{
		{"Authorization is not covered by the wildcard", "AUTHORIZATION", true, false, false, false, false},
		{"Proxy-Authorization is", "Proxy-Authorization", false, false, false, false, false},
		{"Range is privileged", "range", false, true, false, false, false},
		{"Accept may go without CORS", "accept", false, false, true, false, false},
		{"Accept-Language may go without CORS", "Accept-language", false, false, true, false, false},
		{"Content-Language may too, and belongs to the body", "content-Language", false, false, true, false, true},
		{"Content-Type may too, and belongs to the body", "CONTENT-TYPE", false, false, true, false, true},
		{"Content-Encoding belongs to the body", "content-encoding", false, false, false, false, true},
		{"Content-Location belongs to the body", "Content-Location", false, false, false, false, true},
		{"Content-Length does not", "Content-Length", false, false, false, false, false},
		{"Set-Cookie is never shown", "set-cookie", false, false, false, true, false},
		{"Set-Cookie2 is never shown", "Set-Cookie2", false, false, false, true, false},
		{"Set-Cookie3 is a name like any other", "Set-Cookie3", false, false, false, false, false},
		{"the empty name is in no set", "", false, false, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := []bool{
				header.NonWildcardRequestHeaderName(tt.header), header.PrivilegedNoCORSRequestHeaderName(tt.header),
				header.NoCORSSafelistedRequestHeaderName(tt.header), header.ForbiddenResponseHeaderName(tt.header),
				header.RequestBodyHeaderName(tt.header),
			}
			if want := []bool{tt.nonWildcard, tt.privileged, tt.noCORS, tt.forbidden2, tt.body}; !slices.Equal(got, want) {
				t.Errorf("got %t, want %t", got, want)
			}
		})
	}
	for _, name := range header.RequestBodyHeaderNames() {
		if !header.RequestBodyHeaderName(name) {
			t.Errorf("%q is listed but not recognized", name)
		}
	}
	if n := len(header.RequestBodyHeaderNames()); n != 4 {
		t.Errorf("got %d request-body-header names, want 4", n)
	}
}

func TestNoCORSSafelistedRequestHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		header, value string
		want          bool
	}{
		{"step 1: Range is safe, but not here", "Range", "bytes=0-", false},
		{"step 1: another name", "X-Foo", "", false},
		{"step 2: a safe value", "Content-Type", "text/plain", true},
		{"step 2: an unsafe one", "Content-Type", "application/json", false},
		{"step 2: one that is too long", "Accept", strings.Repeat("a", 129), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.NoCORSSafelistedRequestHeader(tt.header, tt.value); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestSafelistedResponseHeaderName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		header  string
		exposed []string
		want    bool
	}{
		{"Cache-Control is always there", "cache-control", nil, true},
		{"Content-Language is always there", "Content-Language", nil, true},
		{"Content-Length is always there", "CONTENT-LENGTH", nil, true},
		{"Content-Type is always there", "Content-Type", nil, true},
		{"Expires is always there", "expires", nil, true},
		{"Last-Modified is always there", "Last-Modified", nil, true},
		{"Pragma is always there", "Pragma", nil, true},
		{"ETag is not", "ETag", nil, false},
		{"Access-Control-Allow-Origin is not", "Access-Control-Allow-Origin", nil, false},
		{"an exposed name is, in any case", "ETag", []string{"x", "etag"}, true},
		{"a prefix of an exposed name is not", "X-Fo", []string{"X-Foo"}, false},
		{"Set-Cookie is not, exposed or not", "Set-Cookie", []string{"set-cookie"}, false},
		{"Set-Cookie2 is not, exposed or not", "set-cookie2", []string{"Set-Cookie2"}, false},
		{"* is a name here", "ETag", []string{"*"}, false},
		{"a header called * can be exposed", "*", []string{"*"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.SafelistedResponseHeaderName(tt.header, tt.exposed); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
			list := header.List{{"X-Before", "0"}, {tt.header, "1"}, {"X-After", "2"}, {tt.header, "3"}}
			var want header.List
			if tt.want {
				want = header.List{{tt.header, "1"}, {tt.header, "3"}}
			}
			if got := list.SafelistedResponse(tt.exposed); !slices.Equal(got, want) {
				t.Errorf("SafelistedResponse: got %v, want %v", got, want)
			}
		})
	}
}

func TestFastPathsDoNotAllocate(t *testing.T) { //nolint:paralleltest // Counting allocations wants the process to itself.
	var sink bool
	for name, f := range map[string]func(){
		"safelisted header": func() {
			header.CheckRequestHeader("content-TYPE", "Text/Plain;charset=utf-8")
			header.CheckRequestHeader("accept", "application/json")
			header.CheckRequestHeader("Range", "bytes=0-99")
			header.CheckRequestHeader("X-Foo", "1")
		},
		"method": func() {
			sink = header.SafelistedMethod("PUT") || header.NormalizeMethod("put") == "" || header.ForbiddenMethod("TRACE")
		},
		"forbidden header":   func() { header.ForbiddenRequestHeader("X-Foo", "1") },
		"response header":    func() { header.SafelistedResponseHeaderName("ETag", nil) },
		"max-age":            func() { header.ExtractMaxAge([]string{"600"}) },
		"get of single line": func() { header.List{{"A", "1"}, {"B", "2"}}.Get("b") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: got %v allocations, want none", name, n)
		}
	}
	_ = sink
}
