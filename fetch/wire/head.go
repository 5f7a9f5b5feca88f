package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A head is a response's head as Chromium would read it.
//
// What follows was measured with Chromium and Firefox, and where they differ is Chromium's way. The differences: Firefox refuses a
// status line in lower case, without version, or with words in the status's place; ignores a header line with white space before
// the colon or a CR in it, and a NUL in a name or reason phrase; keeps the white space of folds; and decodes chunks in HTTP/1.0.
type head struct {
	proto      string
	status     int
	statusText string
	fields     []fetch.Field
}

// slop is how many bytes of junk may come before a status line: some servers send a CRLF too many after a body.
const slop = 4

// startOfStatusLine returns where the status line starts, or -1.
func startOfStatusLine(raw []byte) int {
	for i := 0; i <= slop && i+len("HTTP") <= len(raw); i++ {
		if strings.EqualFold(string(raw[i:i+len("HTTP")]), "HTTP") {
			return i
		}
	}
	return -1
}

// notHTTP reports whether raw can't become a head any more, whatever follows.
func notHTTP(raw []byte) bool { return len(raw) >= slop+len("HTTP") && startOfStatusLine(raw) < 0 }

// endOfHead returns where the blank line ends that ends the head, or -1. It looks at raw from the given offset on.
func endOfHead(raw []byte, from int) int {
	for {
		i := bytes.IndexByte(raw[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		rest := raw[from:]
		switch {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}

// parseHead reads a head, with or without the blank line at its end. It returns an error if it has no status line, a NUL anywhere,
// or a status of more than three digits.
func parseHead(raw []byte) (*head, error) {
	start := startOfStatusLine(raw)
	if start < 0 {
		return nil, errNotHTTP(raw)
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		return nil, errors.New("the response's head has a NUL byte in it")
	}
	// One string for all: the fields are parts of it.
	lines := lineScanner(raw[start:])
	h := new(head)
	if err := h.parseStatusLine(lines.statusLine()); err != nil {
		return nil, err
	}
	h.fields = parseFields(lines)
	return h, nil
}

// errNotHTTP says what the bytes look like instead.
func errNotHTTP(raw []byte) error {
	if len(raw) >= 2 && (raw[0] == 0x15 || raw[0] == 0x16) && raw[1] == 3 {
		return errors.New("the server speaks TLS on this port: the answer is a TLS record, not HTTP")
	}
	return fmt.Errorf("the answer is not HTTP: it starts with %q", raw[:min(len(raw), 16)])
}

// parseStatusLine reads version, status and reason phrase.
func (h *head) parseStatusLine(line string) error {
	h.proto = version(line)
	_, rest, ok := strings.Cut(line, " ")
	if !ok {
		h.status, h.statusText = 200, "OK"
		return nil
	}
	rest = strings.Trim(rest, " ")
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	switch {
	case digits == 0:
		// What is there instead is not kept as a reason phrase either.
		h.status = 200
		return nil
	case digits > 3:
		// NOTE: Chromium takes these; but no status in the Fetch standard has more, and Firefox refuses them.
		return fmt.Errorf("the status line has a status of %d digits: %q", digits, line[:min(len(line), 40)])
	}
	h.status, _ = strconv.Atoi(rest[:digits])
	h.statusText = strings.TrimLeft(rest[digits:], " ")
	return nil
}

// version returns "HTTP/1.1" for everything from 1.1 up and "HTTP/1.0" for everything else, readable or not.
func version(line string) string {
	major, minor := byte('0'), byte('0')
	if v, ok := strings.CutPrefix(line[len("HTTP"):], "/"); ok {
		if dot := strings.IndexByte(v, '.'); dot > 0 && dot+1 < len(v) {
			major, minor = v[0], v[dot+1]
		}
	}
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	if digit(major) && digit(minor) && (major > '1' || major == '1' && minor >= '1') {
		return "HTTP/1.1"
	}
	return "HTTP/1.0"
}

// parseFields reads the header lines. Lines that are none are skipped.
func parseFields(lines *lines) []fetch.Field {
	var fields []fetch.Field
	for line, ok := lines.next(); ok; line, ok = lines.next() {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || isSpace(name[0]) {
			continue
		}
		name = strings.TrimRight(name, " \t")
		if !isToken(name) {
			continue
		}
		fields = append(fields, fetch.Field{Name: name, Value: strings.Trim(value, " \t")})
	}
	return fields
}

// lines cuts a head into lines at every run of CR and LF, and unfolds them.
type lines struct{ rest string }

func lineScanner(raw []byte) *lines { return &lines{string(raw)} }

// statusLine returns the first line. It is never folded.
func (l *lines) statusLine() string {
	line := l.rest
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	l.rest = l.rest[len(line):]
	return line
}

// raw returns the next line as it is; "" is the end.
func (l *lines) raw() string {
	l.rest = strings.TrimLeft(l.rest, "\r\n")
	return l.statusLine()
}

// next returns the next line with what is folded into it, each fold as one space.
//
// https://www.rfc-editor.org/rfc/rfc9112#name-obsolete-line-folding
func (l *lines) next() (string, bool) {
	line := l.raw()
	if line == "" {
		return "", false
	}
	if isSpace(line[0]) || strings.IndexByte(line, ':') < 1 {
		// Not a field, so nothing can be folded into it. What looks folded is the next line, and is skipped as such.
		return line, true
	}
	var folded []byte
	for {
		after := strings.TrimLeft(l.rest, "\r\n")
		if after == "" || !isSpace(after[0]) {
			break
		}
		if folded == nil {
			folded = []byte(line)
		}
		folded = append(append(folded, ' '), strings.TrimLeft(l.raw(), " \t")...)
	}
	if folded != nil {
		return string(folded), true
	}
	return line, true
}

// values returns the comma-separated parts of all lines of a name, empty parts left out.
func (h *head) values(name string) []string {
	var all []string
	for _, f := range h.fields {
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		for part := range strings.SplitSeq(f.Value, ",") {
			if part = strings.Trim(part, " \t"); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// has reports whether value is one of the parts of a header, in any case.
func (h *head) has(name, value string) bool {
	for _, v := range h.values(name) {
		if strings.EqualFold(v, value) {
			return true
		}
	}
	return false
}

// interim reports whether another head follows. A 101 is no exception, since no request asks for an upgrade.
//
// https://fetch.spec.whatwg.org/#http-network-fetch (step 8.5.5)
func (h *head) interim() bool { return 100 <= h.status && h.status <= 199 }

// keepAlive reports whether the server means to keep the connection.
func (h *head) keepAlive() bool {
	if h.proto == "HTTP/1.0" {
		return h.has("Connection", "keep-alive")
	}
	return !h.has("Connection", "close")
}

// Lengths of a body that are no number.
const (
	untilClose = -1
	chunked    = -2
)

// bodyLength returns how long the body is, or untilClose, or chunked. Two different lengths are an error: a server that sends them
// was made to by someone else's header.
func (h *head) bodyLength(method string) (int64, error) {
	// NOTE: an HTTP/1.0 server cannot know of chunks.
	isChunked := h.proto == "HTTP/1.1" && h.has("Transfer-Encoding", "chunked")
	lengths := h.values("Content-Length")
	if !isChunked {
		for _, l := range lengths {
			if l != lengths[0] {
				return 0, fmt.Errorf("the response has two different Content-Length: %q and %q", lengths[0], l)
			}
		}
	}
	switch {
	case method == "HEAD", h.status == 204, h.status == 205, h.status == 304:
		return 0, nil
	case isChunked:
		return chunked, nil
	case len(lengths) == 0:
		return untilClose, nil
	}
	// NOTE: what is no number, a sign included, does not count. All browsers read on until the connection closes.
	n, err := strconv.ParseUint(lengths[0], 10, 63)
	if err != nil {
		return untilClose, nil //nolint:nilerr // see above
	}
	return int64(n), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// isToken reports whether s is an HTTP token.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
