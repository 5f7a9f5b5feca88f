package explain

import (
	"errors"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

const (
	// maxValue bounds a value in a check or a failure. Of the real world's headers, only a Content-Security-Policy comes near.
	maxValue = 4096
	// maxQuote bounds a value inside a sentence.
	maxQuote = 96
	// maxNames bounds a list of names inside a sentence.
	maxNames = 6
	// maxSend bounds a header line that a fix spells out.
	maxSend = 1024
)

// Escape makes an isomorphic string safe to print: each character that is not printable ASCII becomes \x and two hexadecimal digits, or
// \u and at least four for one that no byte stands for. A backslash stays as it is.
func Escape(isomorphic string) string {
	clean := true
	for i := range len(isomorphic) {
		if !printable(isomorphic[i]) {
			clean = false
			break
		}
	}
	if clean {
		return isomorphic
	}
	var b strings.Builder
	for _, r := range isomorphic {
		switch {
		case r < 0x7F && printable(byte(r)):
			b.WriteByte(byte(r))
		case r <= 0xFF:
			b.WriteString(`\x` + hex(uint64(r), 2))
		default:
			b.WriteString(`\u` + hex(uint64(r), 4))
		}
	}
	return b.String()
}

func printable(c byte) bool { return c >= 0x20 && c < 0x7F }

func hex(n uint64, digits int) string {
	s := strings.ToUpper(strconv.FormatUint(n, 16))
	return strings.Repeat("0", max(0, digits-len(s))) + s
}

// isomorphic decodes bytes to code points, one each, so that JSON keeps every byte.
//
// https://infra.spec.whatwg.org/#isomorphic-decode
func isomorphic(raw string) string {
	ascii := true
	for i := range len(raw) {
		if raw[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return raw
	}
	runes := make([]rune, len(raw))
	for i := range len(raw) {
		runes[i] = rune(raw[i])
	}
	return string(runes)
}

// clip is isomorphic for a check or a failure: bounded.
func clip(raw string) string {
	if len(raw) > maxValue {
		raw = raw[:maxValue]
	}
	return isomorphic(raw)
}

func clipLines(lines []fetch.Field) []Header {
	if len(lines) == 0 {
		return nil
	}
	out := make([]Header, len(lines))
	for i, l := range lines {
		out[i] = Header{clip(l.Name), clip(l.Value)}
	}
	return out
}

func headers(lines []fetch.Field) []Header {
	out := make([]Header, len(lines))
	for i, l := range lines {
		out[i] = Header{isomorphic(l.Name), isomorphic(l.Value)}
	}
	return out
}

// plain makes bytes from outside fit for a sentence: escaped, and short.
func plain(raw string) string {
	if len(raw) > maxQuote {
		const head, tail = maxQuote * 2 / 3, maxQuote / 3
		return Escape(isomorphic(raw[:head])) + "..." + Escape(isomorphic(raw[len(raw)-tail:]))
	}
	return Escape(isomorphic(raw))
}

// quote is plain in quotation marks.
func quote(raw string) string { return `"` + plain(raw) + `"` }

// whole is plain without the limit, for addresses in titles: whoever prints them shortens them. It is bounded all the same.
func whole(raw string) string { return Escape(clip(raw)) }

// enumerate lists names for a sentence: "a, b and c", or the first few and how many more.
func enumerate(names []string) string {
	var shown []string
	for i, n := range names {
		if i == maxNames && len(names) > maxNames+1 {
			shown = append(shown, strconv.Itoa(len(names)-i)+" more")
			break
		}
		shown = append(shown, plain(n))
	}
	switch len(shown) {
	case 0:
		return ""
	case 1:
		return shown[0]
	}
	return strings.Join(shown[:len(shown)-1], ", ") + " and " + shown[len(shown)-1]
}

// count is "1 header", "2 headers".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// times is "twice", "3 times".
func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// errorText is the text of err, also where an error is put together carelessly.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	if network, ok := errors.AsType[*fetch.NetworkError](err); ok {
		if network == nil {
			return "network error"
		}
		if network.Err == nil {
			return string(network.Reason)
		}
		// Who noticed is of no use to a reader.
		return strings.TrimPrefix(network.Err.Error(), "wire: ")
	}
	return err.Error()
}
