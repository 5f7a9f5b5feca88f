package fetch

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
)

// cacheDirectives is what a Cache-Control says, as far as a private cache reads it: s-maxage, private, public and the directives for
// proxies are for others.
type cacheDirectives struct {
	noStore, noCache, mustRevalidate bool
	// The ages are nil if there are none.
	maxAge, staleWhileRevalidate, maxStale, minFresh *time.Duration
}

// foreverFresh stands for lifetimes without an end. It leaves room for adding.
const foreverFresh = time.Duration(math.MaxInt64 / 4)

// cacheControl reads the Cache-Control and Pragma of a response.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2
func cacheControl(list header.List, rules HTTPCacheRules) cacheDirectives {
	var d cacheDirectives
	switch rules {
	case HTTPCacheFirefox:
		value, _ := list.Get(header.CacheControl)
		d.parseFirefox(value)
	case HTTPCacheWebKit:
		value, _ := list.Get(header.CacheControl)
		d.parseWebKit(value)
	case HTTPCacheRFC9111, HTTPCacheChromium:
		pieces, _ := list.GetDecodeSplit(header.CacheControl)
		for _, piece := range pieces {
			d.add(piece, rules)
		}
	}
	// NOTE: RFC 9111 leaves open what Pragma means in a response. Every browser takes "no-cache" there for Cache-Control: no-cache.
	d.noCache = d.noCache || pragmaNoCache(list)
	return d
}

// requestDirectives reads the Cache-Control of a request.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1
func requestDirectives(list header.List) cacheDirectives {
	var d cacheDirectives
	pieces, _ := list.GetDecodeSplit(header.CacheControl)
	for _, piece := range pieces {
		d.add(piece, HTTPCacheRFC9111)
	}
	return d
}

func pragmaNoCache(list header.List) bool {
	pieces, _ := list.GetDecodeSplit(header.Pragma)
	return slices.ContainsFunc(pieces, func(s string) bool { return strings.EqualFold(s, "no-cache") })
}

// add adds one directive. The first of several ages counts.
func (d *cacheDirectives) add(piece string, rules HTTPCacheRules) {
	name, value, hasValue := strings.Cut(piece, "=")
	if rules == HTTPCacheChromium && hasValue {
		// DEVIATION: Chromium knows the flags only without a value, so that no-cache="x" says nothing, and ages that are digits.
		if seconds, ok := digits(strings.Trim(value, " ")); ok {
			d.age(name, seconds)
		}
		return
	}
	name = strings.TrimRight(name, " \t")
	value = strings.Trim(value, " \t")
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	d.flag(name)
	if hasValue {
		// An age that is none makes a response stale.
		seconds, _ := digits(value)
		d.age(name, seconds)
	} else if strings.EqualFold(name, "max-stale") {
		d.age(name, foreverFresh)
	}
}

func (d *cacheDirectives) flag(name string) {
	switch strings.ToLower(name) {
	case "no-store":
		d.noStore = true
	case "no-cache":
		d.noCache = true
	case "must-revalidate":
		d.mustRevalidate = true
	}
}

func (d *cacheDirectives) age(name string, age time.Duration) {
	at := d.ageOf(name)
	if at != nil && *at == nil {
		*at = &age
	}
}

// ageOf is where the age of that name is kept, or nil.
func (d *cacheDirectives) ageOf(name string) **time.Duration {
	switch strings.ToLower(name) {
	case "max-age":
		return &d.maxAge
	case "stale-while-revalidate":
		return &d.staleWhileRevalidate
	case "max-stale":
		return &d.maxStale
	case "min-fresh":
		return &d.minFresh
	}
	return nil
}

// digits is delta-seconds. What is longer than can be counted is for good.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2
func digits(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(foreverFresh/time.Second) {
		return foreverFresh, true
	}
	return time.Duration(n) * time.Second, true
}

// parseFirefox reads words and seconds until there is something it does not expect, and no further. The last of several ages counts.
//
// DEVIATION: HTTPCacheProfile.CacheControl.
func (d *cacheDirectives) parseFirefox(s string) {
	for {
		s = strings.TrimLeft(s, " \t")
		word := s[:wordLen(s)]
		at := d.ageOf(word)
		switch strings.ToLower(word) {
		case "max-age", "stale-while-revalidate", "max-stale", "min-fresh":
			s = s[len(word):]
			rest, ok := strings.CutPrefix(strings.TrimLeft(s, " \t"), "=")
			rest = strings.TrimLeft(rest, " \t")
			n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if seconds, err := strconv.ParseUint(rest[:n], 10, 32); ok && err == nil {
				age := time.Duration(seconds) * time.Second
				*at, s = &age, rest[n:]
			}
		case "no-cache", "no-store", "must-revalidate", "public", "private", "immutable":
			d.flag(word)
			s = s[len(word):]
		default:
			s = s[directiveLen(s):]
		}
		rest, ok := strings.CutPrefix(strings.TrimLeft(s, " \t"), ",")
		if !ok {
			return
		}
		s = rest
	}
}

// wordLen is how much of s is a name.
func wordLen(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if n < 0 {
		return len(s)
	}
	return n
}

// directiveLen is how much of s is one directive, quoted strings whole.
func directiveLen(s string) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return len(s)
}

// parseWebKit drops white space and controls, and cuts names and values at the first separator. The first of several ages counts.
//
// DEVIATION: HTTPCacheProfile.CacheControl.
func (d *cacheDirectives) parseWebKit(s string) {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7F {
			return -1
		}
		return r
	}, s)
	trim := func(s string) string {
		if i := strings.IndexAny(s, `()<>@,;:\"/[]?={}`); i >= 0 {
			return s[:i]
		}
		return s
	}
	for s != "" {
		end := directiveLen(s)
		name, value, hasValue := strings.Cut(s[:end], "=")
		name = trim(name)
		quoted, isQuoted := strings.CutPrefix(value, `"`)
		if isQuoted {
			value, _, _ = strings.Cut(quoted, `"`)
		} else {
			value = trim(value)
		}
		if !strings.EqualFold(name, "no-cache") || value == "" {
			d.flag(name)
		}
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && strings.Trim(value, "+-.0123456789") == "" {
			d.age(name, time.Duration(min(max(seconds, 0), foreverFresh.Seconds())*float64(time.Second)))
		} else if strings.EqualFold(name, "max-stale") && !hasValue {
			d.age(name, foreverFresh)
		}
		s = strings.TrimPrefix(s[end:], ",")
	}
}

// httpDate reads the first line of that name as a date.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
func httpDate(list header.List, name string) (time.Time, bool) {
	lines := list.Values(name)
	if len(lines) == 0 {
		return time.Time{}, false
	}
	t, err := http.ParseTime(lines[0])
	return t, err == nil
}

// lifetime is the freshness lifetime of a response that arrived at that time.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1
func lifetime(status int, list header.List, d cacheDirectives, received time.Time, rules HTTPCacheRules) time.Duration {
	if d.maxAge != nil {
		return *d.maxAge
	}
	date, ok := httpDate(list, "Date")
	if !ok {
		date = received
	}
	if value, said := list.Get(header.Expires); said {
		expires, ok := httpDate(list, header.Expires)
		// DEVIATION: WebKit reads all lines as one, and takes what is no date for nothing (HTTPCacheProfile.Lifetimes).
		if rules == HTTPCacheWebKit {
			t, err := http.ParseTime(value)
			expires, ok, said = t, err == nil, err == nil
		}
		if ok {
			return min(max(expires.Sub(date), 0), foreverFresh)
		}
		if said {
			return 0
		}
	}
	return heuristicLifetime(status, list, d, date, rules)
}

// heuristicLifetime is for a response that does not say how long it is fresh.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-4.2.2
func heuristicLifetime(status int, list header.List, d cacheDirectives, date time.Time, rules HTTPCacheRules) time.Duration {
	if permanent(status, rules) {
		return foreverFresh
	}
	modified, ok := httpDate(list, header.LastModified)
	if !ok || modified.After(date) || !heuristic(status, rules) || rules == HTTPCacheChromium && d.mustRevalidate {
		return 0
	}
	return date.Sub(modified) / 10
}

// permanent reports whether a status is fresh for good by itself. Only of 410 all browsers say so.
func permanent(status int, rules HTTPCacheRules) bool {
	switch rules {
	case HTTPCacheChromium:
		return status == 300 || status == 301 || status == 308 || status == 410
	case HTTPCacheWebKit:
		return status == 301 || status == 410
	case HTTPCacheRFC9111, HTTPCacheFirefox:
	}
	return status == 410
}

// heuristicStatuses are the statuses that may be kept without being told.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-15.1
var heuristicStatuses = []int{200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}

func heuristic(status int, rules HTTPCacheRules) bool {
	if rules == HTTPCacheChromium {
		return status == 200 || status == 203
	}
	return slices.Contains(heuristicStatuses, status)
}

// storesStatus reports whether a response of that status is stored. This cache does not put parts together: they are stored only where
// an engine keeps each as it came.
//
// https://www.rfc-editor.org/rfc/rfc9111#section-3
func storesStatus(status int, list header.List, d cacheDirectives, rules HTTPCacheRules) bool {
	explicit := d.maxAge != nil || list.Contains(header.Expires)
	switch {
	case status < 200 || status == 304:
		return false
	case status == 206:
		return rules == HTTPCacheFirefox || rules == HTTPCacheWebKit
	case rules == HTTPCacheChromium:
		return status != 401 && status != 407 && status != 416
	case rules == HTTPCacheFirefox:
		return slices.Contains([]int{200, 203, 204, 301, 302, 303, 307, 308, 410}, status)
	case rules == HTTPCacheWebKit:
		return status != 308 && slices.Contains(heuristicStatuses, status) ||
			explicit && slices.Contains([]int{201, 202, 205, 302, 303, 307, 403, 406, 415}, status)
	}
	return explicit || slices.Contains(heuristicStatuses, status)
}
