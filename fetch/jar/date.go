package jar

import (
	"strings"
	"time"
)

// parseDate parses a cookie-date, in any of the many ways in which servers write one.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-dates
func (p *Policy) parseDate(s string) (time.Time, bool) {
	var hour, minute, second, day, month, year int
	foundTime, foundDay, foundMonth, foundYear := false, false, false, false
	// 1. Tokens, between delimiters.
	// 2. The first token of each kind counts.
	for _, token := range strings.FieldsFunc(s, dateDelimiter) {
		// 2.1.
		if !foundTime {
			if h, m, sec, ok := p.timeOfDay(token); ok {
				hour, minute, second, foundTime = h, m, sec, true
				continue
			}
		}
		// 2.2.
		if !foundDay {
			if n, ok := leadingDigits(token, 1, 2); ok {
				day, foundDay = n, true
				continue
			}
		}
		// 2.3.
		if !foundMonth {
			if n := monthOf(token); n > 0 {
				month, foundMonth = n, true
				continue
			}
		}
		// 2.4.
		if !foundYear {
			if n, ok := leadingDigits(token, 2, 4); ok {
				year, foundYear = n, true
			}
		}
	}
	// 3–4. Two digits for the year.
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	// 5.
	if !foundTime || !foundDay || !foundMonth || !foundYear || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	// DEVIATION: no browser minds how long ago it was (Policy.AncientDates).
	if year < 1601 && !p.AncientDates {
		return time.Time{}, false
	}
	// 6. A day that does not exist is no date.
	date := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return date, date.Day() == day
}

// dateDelimiter reports whether r is of the grammar's delimiters.
func dateDelimiter(r rune) bool {
	return r == 0x09 || r >= 0x20 && r <= 0x2F || r >= 0x3B && r <= 0x40 || r >= 0x5B && r <= 0x60 || r >= 0x7B && r <= 0x7E
}

// timeOfDay reads hours, minutes and seconds, and ignores what follows unless it is a digit.
func (p *Policy) timeOfDay(token string) (hour, minute, second int, ok bool) {
	h, rest, ok1 := strings.Cut(token, ":")
	m, rest, ok2 := strings.Cut(rest, ":")
	hour, okH := digits(h, 1, 2)
	// DEVIATION: Firefox does without seconds (Policy.DatesWithoutSeconds).
	if ok1 && !ok2 && p.DatesWithoutSeconds {
		minute, okM := leadingDigits(m, 1, 2)
		return hour, minute, 0, okH && okM
	}
	if !ok1 || !ok2 {
		return 0, 0, 0, false
	}
	minute, okM := digits(m, 1, 2)
	second, okS := leadingDigits(rest, 1, 2)
	return hour, minute, second, okH && okM && okS
}

// digits reads a number of least to most digits.
func digits(s string, least, most int) (int, bool) {
	n, ok := leadingDigits(s, least, most)
	return n, ok && len(s) <= most && isDigit(s[len(s)-1])
}

// leadingDigits reads the number that s begins with, if it has least to most digits.
func leadingDigits(s string, least, most int) (int, bool) {
	n, i := 0, 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		if i == most {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, i >= least
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// monthOf returns the number of the month whose first three letters token begins with, or 0.
func monthOf(token string) int {
	if len(token) < 3 {
		return 0
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(token[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}
