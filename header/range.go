package header

import "strings"

// A SimpleRange is what a Range header with one range of bytes asks for. Without a start, End is how many of the last bytes are
// wanted; without an end, the rest is.
type SimpleRange struct {
	Start, End       int64
	HasStart, HasEnd bool
}

// ParseSingleRange parses a single range header value, such as "bytes=0-99", "bytes=100-" or "bytes=-500". ok is false for anything
// else: several ranges, another unit or spelling of it, an end before the start, numbers beyond 63 bits. Tabs and spaces are
// accepted around "=" and "-" only if allowWhitespace is true, and never at the end.
//
// https://fetch.spec.whatwg.org/#simple-range-header-value
func ParseSingleRange(value string, allowWhitespace bool) (r SimpleRange, ok bool) {
	r, failedAt := parseSingleRange(value, allowWhitespace)
	return r, failedAt < 0
}

// parseSingleRange is [ParseSingleRange], and says at which byte it failed; -1 if it did not.
func parseSingleRange(data string, allowWhitespace bool) (r SimpleRange, failedAt int) {
	const unit = "bytes"
	position := 0
	whitespace := func() {
		for allowWhitespace && position < len(data) && isTabOrSpace(data[position]) {
			position++
		}
	}
	number := func() (n int64, has, fits bool) {
		digits := strings.TrimLeft(data[position:position+digits(data[position:])], "0")
		n, length := parseDigits(data[position:])
		position += length
		// DEVIATION: the standard knows no largest number. All three browsers do, and don't take a larger one for a range: they
		// preflight. They were measured from 2^64 up; the limit here is that of an int64.
		return n, length > 0, len(digits) < 19 || len(digits) == 19 && digits <= "9223372036854775807"
	}

	// 1 and 2. The unit, in lower case.
	for position < len(unit) {
		if position >= len(data) || data[position] != unit[position] {
			return SimpleRange{}, position
		}
		position++
	}

	// 3 and 4. NOTE: position is behind the unit already.
	whitespace()

	// 5 and 6. "=".
	if position >= len(data) || data[position] != '=' {
		return SimpleRange{}, position
	}
	position++

	// 7. Whitespace.
	whitespace()

	// 8 and 9. The start.
	startAt := position
	start, hasStart, fits := number()
	if !fits {
		return SimpleRange{}, startAt
	}

	// 10. Whitespace.
	whitespace()

	// 11 and 12. "-".
	if position >= len(data) || data[position] != '-' {
		return SimpleRange{}, position
	}
	position++

	// 13. Whitespace.
	whitespace()

	// 14 and 15. The end.
	endAt := position
	end, hasEnd, fits := number()
	if !fits {
		return SimpleRange{}, endAt
	}

	// 16. Nothing may follow.
	if position < len(data) {
		return SimpleRange{}, position
	}

	// 17. "bytes=-" asks for nothing.
	if !hasStart && !hasEnd {
		return SimpleRange{}, position
	}

	// 18. Forwards.
	if hasStart && hasEnd && start > end {
		return SimpleRange{}, endAt
	}

	// 19. The pair.
	return SimpleRange{Start: start, End: end, HasStart: hasStart, HasEnd: hasEnd}, -1
}
