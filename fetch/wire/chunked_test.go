package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

var chunks = []struct {
	name, raw, want, left string
	// err is "" for success, else a part of the error's text.
	err string
}{
	{"both: one chunk", "2\r\nok\r\n0\r\n\r\nleft", "ok", "left", ""},
	{"both: two chunks", "1\r\no\r\n1\r\nk\r\n0\r\n\r\n", "ok", "", ""},
	{"both: no chunk", "0\r\n\r\nleft", "", "left", ""},
	{"both: a chunk extension", "2;a=b\r\nok\r\n0;c\r\n\r\n", "ok", "", ""},
	{"both: a trailer", "2\r\nok\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\nleft", "ok", "left", ""},
	{"both: LF only", "2\nok\n0\n\nleft", "ok", "left", ""},
	{"both: spaces after the size", "2 \t\r\nok\r\n0\r\n\r\n", "ok", "", ""},
	{"leading zeros", "0000000000000000000000002\r\nok\r\n000\r\n\r\n", "ok", "", ""},
	{"hexadecimal in either case", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "", ""},
	{"both: the last chunk is missing", "2\r\nok\r\n", "ok", "", "unexpected EOF"},
	{"both: the last line is missing", "2\r\nok\r\n0\r\n", "ok", "", "unexpected EOF"},
	{"a chunk that is cut off", "5\r\nok", "ok", "", "unexpected EOF"},
	{"a size that is cut off", "5", "", "", "unexpected EOF"},
	{"both: a size that is no number", "zz\r\nok\r\n0\r\n\r\n", "", "", "size"},
	{"a size with a sign", "+2\r\nok\r\n0\r\n\r\n", "", "", "size"},
	{"a size with 0x", "0x2\r\nok\r\n0\r\n\r\n", "", "", "size"},
	{"no size", "\r\nok\r\n0\r\n\r\n", "", "", "no size"},
	{"the largest size is taken at its word", "7fffffffffffffff\r\nok", "ok", "", "unexpected EOF"},
	{"one more is too large", "8000000000000000\r\nok", "", "", "too large"},
	{"a chunk longer than it says", "2\r\nokay\r\n0\r\n\r\n", "ok", "", "longer than it says"},
}

func TestChunkedReader(t *testing.T) {
	t.Parallel()
	for _, c := range chunks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, source := range []io.Reader{strings.NewReader(c.raw), iotest.OneByteReader(strings.NewReader(c.raw))} {
				r := bufio.NewReader(source)
				got, err := io.ReadAll(wire.NewChunkedReader(r, 100))
				if string(got) != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
				if left, _ := io.ReadAll(r); err == nil && string(left) != c.left {
					t.Errorf("left over: got %q, want %q", left, c.left)
				}
			}
		})
	}
}

func TestChunkedReader_limits(t *testing.T) {
	t.Parallel()
	sizeLine := func(n int) string { return "2;" + strings.Repeat("x", n-2) + "\r\nok\r\n0\r\n\r\n" }
	cases := []struct {
		name, raw string
		what      string
	}{
		{"a size line of 16384 bytes", sizeLine(wire.MaxChunkLine), ""},
		{"a size line of 16385 bytes", sizeLine(wire.MaxChunkLine + 1), "chunk size line"},
		{"a trailer of 100 bytes", "0\r\n" + strings.Repeat("x", 100) + "\r\n\r\n", ""},
		{"a trailer of 101 bytes", "0\r\n" + strings.Repeat("x", 101) + "\r\n\r\n", "trailer"},
		{"a trailer of 101 bytes on many lines", "0\r\n" + strings.Repeat("x\r\n", 101) + "\r\n", "trailer"},
		{"a million chunks of one byte", strings.Repeat("1\r\nx\r\n", 1_000_000) + "0\r\n\r\n", ""},
		{"long extensions for little content", strings.Repeat("1;"+strings.Repeat("x", 4000)+"\r\nx\r\n", 10) + "0\r\n\r\n", "chunk extensions"},
		{"signed chunks, as cloud storage sends them", strings.Repeat("400;chunk-signature="+strings.Repeat("a", 64)+"\r\n"+
			strings.Repeat("x", 1024)+"\r\n", 1000) + "0\r\n\r\n", ""},
		{"a size line without end", strings.Repeat("0", 1<<20), "chunk size line"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := io.Copy(io.Discard, wire.NewChunkedReader(bufio.NewReader(strings.NewReader(c.raw)), 100))
			var limit *wire.LimitError
			switch {
			case c.what == "" && err != nil:
				t.Errorf("got %v, want success", err)
			case c.what != "" && (!errors.As(err, &limit) || !strings.Contains(limit.What, c.what)):
				t.Errorf("got %v, want a *LimitError about %q", err, c.what)
			}
		})
	}
}

// FuzzChunkedReader: what the standard library decodes, we decode to the same; and what we decode, encoded again, decodes the same.
func FuzzChunkedReader(f *testing.F) {
	for _, c := range chunks {
		f.Add([]byte(c.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ours, err := io.ReadAll(wire.NewChunkedReader(bufio.NewReader(bytes.NewReader(raw)), 1000))
		// The library stops before the trailer and its own limits differ, so ours may fail where it does not: but never silently,
		// and never with other content before the failure.
		theirs, theirErr := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(raw)))
		if theirErr == nil && err == nil && !bytes.Equal(ours, theirs) {
			t.Errorf("%q: got %q, the standard library %q", raw, ours, theirs)
		}
		if !bytes.HasPrefix(theirs, ours) && !bytes.HasPrefix(ours, theirs) {
			t.Errorf("%q: got %q, the standard library %q", raw, ours, theirs)
		}
		if err != nil {
			return
		}
		var b bytes.Buffer
		w := httputil.NewChunkedWriter(&b)
		w.Write(ours)
		w.Close()
		fmt.Fprint(&b, "\r\n")
		again, err := io.ReadAll(wire.NewChunkedReader(bufio.NewReader(&b), 1000))
		if err != nil || !bytes.Equal(ours, again) {
			t.Errorf("got %q (error %v), want %q", again, err, ours)
		}
	})
}
