package wire_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// The names say "both" where Chromium and Firefox did the same when measured, and else who did it.
var heads = []struct {
	name string
	raw  string
	want wire.Head
}{
	{"both: a plain head", "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", ok(f("A", "1"))},
	{"both: no reason phrase", "HTTP/1.1 404\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 404}},
	{"both: no reason phrase after the space", "HTTP/1.1 404 \r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 404}},
	{"both: odd bytes in the reason phrase; Chromium: spaces around it go", "HTTP/1.1 200  \x01\xe9\xff  x \r\n\r\n",
		wire.Head{Proto: "HTTP/1.1", Status: 200, StatusText: "\x01\xe9\xff  x"}},
	{"both: HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.0", Status: 200, StatusText: "OK"}},
	{"both: a version that does not exist", "HTTP/1.2 200 OK\r\n\r\n", ok()},
	{"Chromium: HTTP/2.0 in text", "HTTP/2.0 200 OK\r\n\r\n", ok()},
	{"Chromium: HTTP/0.9 with a status is 1.0", "HTTP/0.9 200 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.0", Status: 200, StatusText: "OK"}},
	{"Chromium: lower case", "http/1.1 200 OK\r\n\r\n", ok()},
	{"Chromium: no version is 1.0", "HTTP 200 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.0", Status: 200, StatusText: "OK"}},
	{"both: no status is 200", "HTTP/1.1\r\n\r\n", ok()},
	{"Chromium: a space for a status is 200", "HTTP/1.1 \r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 200}},
	{"Chromium: a word for a status is 200", "HTTP/1.1 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 200}},
	{"Chromium: a negative status is 200", "HTTP/1.1 -404\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 200}},
	{"both: one digit", "HTTP/1.1 7 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 7, StatusText: "OK"}},
	{"both: two digits", "HTTP/1.1 20 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 20, StatusText: "OK"}},
	{"both: three zeros", "HTTP/1.1 000 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.1", StatusText: "OK"}},
	{"both: 999", "HTTP/1.1 999 OK\r\n\r\n", wire.Head{Proto: "HTTP/1.1", Status: 999, StatusText: "OK"}},
	{"Chromium: no space after the status", "HTTP/1.1 200OK\r\n\r\n", ok()},
	{"both: two spaces", "HTTP/1.1  200  OK\r\n\r\n", ok()},
	{"both: tabs separate nothing", "HTTP/1.1\t404\tOK\r\n\r\n", ok()},
	{"both: a CRLF before the status line", "\r\nHTTP/1.1 200 OK\r\n\r\n", ok()},
	{"both: four bytes of junk", "abcdHTTP/1.1 200 OK\r\n\r\n", ok()},
	{"both: LF only", "HTTP/1.1 200 OK\nA: 1\nB: 2\n\n", ok(f("A", "1"), f("B", "2"))},
	{"Chromium: CR ends a line", "HTTP/1.1 200 OK\r\nA: a\rB: b\r\n\r\n", ok(f("A", "a"), f("B", "b"))},
	{"Chromium: CR and space fold", "HTTP/1.1 200 OK\r\nA: a\r b\r\n\r\n", ok(f("A", "a b"))},
	{"both: any byte but NUL in a value", "HTTP/1.1 200 OK\r\nA: a\x01\x0b\x7f\x80\xffb\r\n\r\n", ok(f("A", "a\x01\x0b\x7f\x80\xffb"))},
	{"Chromium: a fold is one space", "HTTP/1.1 200 OK\r\nA: a\r\n   b\r\n\tc\r\nB: d\r\n\r\n", ok(f("A", "a b c"), f("B", "d"))},
	{"both: a fold cannot come first", "HTTP/1.1 200 OK\r\n Z: z\r\nA: 1\r\n\r\n", ok(f("A", "1"))},
	{"both: a fold after a line without colon", "HTTP/1.1 200 OK\r\nabc\r\n A: 1\r\nB: 2\r\n\r\n", ok(f("B", "2"))},
	{"both: a fold into an empty value", "HTTP/1.1 200 OK\r\nA:\r\n  b\r\n\r\n", ok(f("A", "b"))},
	{"both: a fold of white space", "HTTP/1.1 200 OK\r\nA: a\r\n  \t\r\nB: b\r\n\r\n", ok(f("A", "a"), f("B", "b"))},
	{"a fold into a line that is skipped goes with it", "HTTP/1.1 200 OK\r\nX Y: a\r\n A: b\r\nB: b\r\n\r\n", ok(f("B", "b"))},
	{"both: a line without colon is skipped", "HTTP/1.1 200 OK\r\nnonsense\r\nA: 1\r\n\r\n", ok(f("A", "1"))},
	{"Chromium: white space before the colon", "HTTP/1.1 200 OK\r\nA \t: 1\r\n\r\n", ok(f("A", "1"))},
	{"both: a space in the name", "HTTP/1.1 200 OK\r\nX A: 1\r\nB: 2\r\n\r\n", ok(f("B", "2"))},
	{"both: a name that is no token", "HTTP/1.1 200 OK\r\nX(A): 1\r\nB: 2\r\n\r\n", ok(f("B", "2"))},
	{"both: a name with a byte beyond ASCII", "HTTP/1.1 200 OK\r\nX\xe9: 1\r\nB: 2\r\n\r\n", ok(f("B", "2"))},
	{"both: an empty name", "HTTP/1.1 200 OK\r\n: 1\r\nB: 2\r\n\r\n", ok(f("B", "2"))},
	{"both: tabs and spaces around a value go", "HTTP/1.1 200 OK\r\nA:  \t v \t \r\n\r\n", ok(f("A", "v"))},
	{"both: VT and FF around a value stay", "HTTP/1.1 200 OK\r\nA: \x0b\x0cv\x0b\x0c\r\n\r\n", ok(f("A", "\x0b\x0cv\x0b\x0c"))},
	{"both: a colon in a value", "HTTP/1.1 200 OK\r\nA: http://b:1\r\n\r\n", ok(f("A", "http://b:1"))},
	{"Chromium: duplicates stay, empty ones and any casing too", "HTTP/1.1 200 OK\r\nA:\r\na: 1\r\nB: 2\r\nA: 1\r\n\r\n",
		ok(f("A", ""), f("a", "1"), f("B", "2"), f("A", "1"))},
	{"both: two different Location are no matter of framing", "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
		wire.Head{Proto: "HTTP/1.1", Status: 302, StatusText: "Found", Fields: []fetch.Field{f("Location", "/a"), f("Location", "/b")}}},
	{"both: a head that is cut off", "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2", ok(f("A", "1"), f("B", "2"))},
}

func f(name, value string) fetch.Field { return fetch.Field{Name: name, Value: value} }

func ok(fields ...fetch.Field) wire.Head {
	return wire.Head{Proto: "HTTP/1.1", Status: 200, StatusText: "OK", Fields: fields}
}

var notHeads = []struct{ name, raw, want string }{
	{"both: HTTP/0.9", "hello world\n\n", "not HTTP"},
	{"both: five bytes of junk", "abcdeHTTP/1.1 200 OK\r\n\r\n", "not HTTP"},
	{"both: three CRLF before the status line", "\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "not HTTP"},
	{"Chromium: Shoutcast's own protocol", "ICY 200 OK\r\n\r\n", "not HTTP"},
	{"nothing", "", "not HTTP"},
	{"a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", "TLS"},
	{"both: NUL in a value", "HTTP/1.1 200 OK\r\nA: a\x00b\r\n\r\n", "NUL"},
	{"Chromium: NUL in a name", "HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n", "NUL"},
	{"Chromium: NUL in the reason phrase", "HTTP/1.1 200 O\x00K\r\n\r\n", "NUL"},
	{"Firefox: four digits", "HTTP/1.1 2000 OK\r\n\r\n", "4 digits"},
}

func TestParseHead(t *testing.T) {
	t.Parallel()
	for _, c := range heads {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ParseHead([]byte(c.raw))
			if err != nil {
				t.Fatalf("error: %v", err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", fmt.Sprint(got), fmt.Sprint(c.want))
			}
		})
	}
	for _, c := range notHeads {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ParseHead([]byte(c.raw))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, error %v; want an error about %q", got, err, c.want)
			}
		})
	}
}

func TestBodyLength(t *testing.T) {
	t.Parallel()
	const fails = -3
	cases := []struct {
		name, method, head string
		want               int64
	}{
		{"both: a length", "GET", "200 OK\r\nContent-Length: 2\r\n", 2},
		{"both: no length", "GET", "200 OK\r\n", wire.UntilClose},
		{"HEAD has no body", "HEAD", "200 OK\r\nContent-Length: 2\r\n", 0},
		{"HEAD has no chunks either", "HEAD", "200 OK\r\nTransfer-Encoding: chunked\r\n", 0},
		{"both: 204 has no body", "GET", "204 No Content\r\nContent-Length: 2\r\n", 0},
		{"both: 205 has no body", "GET", "205 Reset Content\r\nContent-Length: 2\r\n", 0},
		{"both: 206 has one", "GET", "206 Partial Content\r\nContent-Length: 2\r\n", 2},
		{"both: 304 has no body", "GET", "304 Not Modified\r\nContent-Length: 2\r\n", 0},
		{"both: two equal lengths", "GET", "200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n", 2},
		{"both: two equal lengths on one line", "GET", "200 OK\r\nContent-Length: 2, 2\r\n", 2},
		{"both: two different lengths", "GET", "200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n", fails},
		{"both: two different lengths on one line", "GET", "200 OK\r\nContent-Length: 2, 3\r\n", fails},
		{"both: one length in two spellings", "GET", "200 OK\r\nContent-Length: 2\r\nContent-Length: 02\r\n", fails},
		{"two different lengths fail without a body too", "HEAD", "204 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n", fails},
		{"both: a plus is no length", "GET", "200 OK\r\nContent-Length: +2\r\n", wire.UntilClose},
		{"both: a minus is no length", "GET", "200 OK\r\nContent-Length: -2\r\n", wire.UntilClose},
		{"both: a word is no length", "GET", "200 OK\r\nContent-Length: 1x\r\n", wire.UntilClose},
		{"both: an empty length", "GET", "200 OK\r\nContent-Length:\r\n", wire.UntilClose},
		{"the longest length", "GET", "200 OK\r\nContent-Length: 9223372036854775807\r\n", 9223372036854775807},
		{"both: one more is no length", "GET", "200 OK\r\nContent-Length: 9223372036854775808\r\n", wire.UntilClose},
		{"both: chunked", "GET", "200 OK\r\nTransfer-Encoding: chunked\r\n", wire.Chunked},
		{"both: Chunked", "GET", "200 OK\r\nTransfer-Encoding: Chunked\r\n", wire.Chunked},
		{"both: gzip, chunked", "GET", "200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", wire.Chunked},
		{"both: chunked twice", "GET", "200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", wire.Chunked},
		{"both: identity", "GET", "200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n", 2},
		{"both: chunked wins over a length", "GET", "200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", wire.Chunked},
		{"Chromium: chunked wins over two lengths", "GET",
			"200 OK\r\nContent-Length: 1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", wire.Chunked},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.BodyLength([]byte("HTTP/1.1 "+c.head+"\r\n"), c.method)
			if err != nil {
				got = fails
			}
			if got != c.want {
				t.Errorf("got %d (error %v), want %d", got, err, c.want)
			}
		})
	}
	t.Run("Chromium: HTTP/1.0 knows no chunks", func(t *testing.T) {
		t.Parallel()
		got, err := wire.BodyLength([]byte("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "GET")
		if got != wire.UntilClose || err != nil {
			t.Errorf("got %d, %v; want until close", got, err)
		}
	})
}

func TestEndOfHead(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, raw string
		want      int
	}{
		{"CRLF CRLF", "a\r\n\r\nb", 5},
		{"LF LF", "a\n\nb", 3},
		{"LF CRLF", "a\n\r\nb", 4},
		{"CRLF LF", "a\r\n\nb", 4},
		{"one line end", "a\r\nb", -1},
		{"CR CR LF between", "a\n\r\r\nb", -1},
		{"CR only", "a\r\rb", -1},
		{"the end is missing", "a\r\n\r", -1},
		{"nothing", "", -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := wire.EndOfHead([]byte(c.raw), 0); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// FuzzParseHead: what was read, written again, reads the same; and heads in a normal form read as they were written.
func FuzzParseHead(f *testing.F) {
	for _, c := range heads {
		f.Add([]byte(c.raw))
	}
	for _, c := range notHeads {
		f.Add([]byte(c.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := wire.ParseHead(raw)
		if err != nil {
			return
		}
		if got.Status < 0 || got.Status > 999 {
			t.Errorf("status: got %d", got.Status)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s %d %s\r\n", got.Proto, got.Status, got.StatusText)
		for _, field := range got.Fields {
			fmt.Fprintf(&b, "%s: %s\r\n", field.Name, field.Value)
		}
		b.WriteString("\r\n")
		again, err := wire.ParseHead([]byte(b.String()))
		if err != nil {
			t.Fatalf("%q was read as %q, which cannot be: %v", raw, b.String(), err)
		}
		if !reflect.DeepEqual(got, again) {
			t.Errorf("%q\nfirst  %q\nsecond %q", raw, fmt.Sprint(got), fmt.Sprint(again))
		}
		if end := wire.EndOfHead([]byte(b.String()), 0); end != b.Len() {
			t.Errorf("%q: the end is at %d, want %d", b.String(), end, b.Len())
		}
	})
}
