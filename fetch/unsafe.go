package fetch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
)

// namesToAsk returns the names that a preflight for the request asks about: its CORS-unsafe request-header names.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func (r *request) namesToAsk() []string {
	switch {
	// DEVIATION: Profile.PreflightKeepsHeaders.
	case r.profile.PreflightKeepsHeaders:
		return slices.Clone(r.authorNames)
	// DEVIATION: Profile.PreflightAgain.
	case r.profile.PreflightAgain && r.strippedNames != nil:
		return slices.DeleteFunc(slices.Clone(r.authorNames), r.strippedNames)
	default:
		return r.profile.unsafeRequestHeaderNames(r.header)
	}
}

// unsafeRequestHeaderNames returns the CORS-unsafe request-header names of headers: in lower case, sorted.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func (p *Profile) unsafeRequestHeaderNames(headers header.List) []string {
	var names []string
	for _, u := range p.unsafeRequestHeaders(headers) {
		names = append(names, strings.ToLower(u.Name))
	}
	// 6. A set.
	slices.Sort(names)
	// DEVIATION: Profile.RepeatedHeaderNames.
	if p.RepeatedHeaderNames {
		return names
	}
	return slices.Compact(names)
}

// unsafeRequestHeaders returns each line that needs a preflight, and why.
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func (p *Profile) unsafeRequestHeaders(headers header.List) []header.Unsafe {
	// DEVIATION: Profile.CombinedHeaders.
	if p.CombinedHeaders {
		headers = combineLines(headers)
	}
	// 1–3. The safe lines, and how long they are together.
	total := 0
	for _, f := range headers {
		if p.safelistedRequestHeader(f.Name, f.Value) {
			total += len(f.Value)
		}
	}
	var unsafe []header.Unsafe
	for _, f := range headers {
		// 4.1. Unsafe by itself.
		if why, ok := p.checkRequestHeader(f.Name, f.Value); !ok {
			unsafe = append(unsafe, why)
			continue
		}
		// 4.2, 5. Safe by itself, but together they are too much.
		// DEVIATION: Profile.NoSafelistTotal.
		if total > header.MaxSafelistedTotal && !p.NoSafelistTotal {
			unsafe = append(unsafe, header.Unsafe{
				Name: f.Name, Value: f.Value, Kind: header.TotalTooLong, Offset: -1, Length: total, Limit: header.MaxSafelistedTotal,
			})
		}
	}
	return unsafe
}

// safelistedRequestHeader reports whether a header is a CORS-safelisted request-header.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func (p *Profile) safelistedRequestHeader(name, value string) bool {
	_, ok := p.checkRequestHeader(name, value)
	return ok
}

// checkRequestHeader determines whether a header is a CORS-safelisted request-header, and if not, why.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func (p *Profile) checkRequestHeader(name, value string) (why header.Unsafe, ok bool) {
	why, ok = header.CheckRequestHeader(name, value)
	unsafe := func(offset int) (header.Unsafe, bool) {
		return header.Unsafe{Name: name, Value: value, Kind: header.UnsafeByte, Offset: offset}, false
	}
	switch strings.ToLower(name) {
	case "accept", "content-type":
		// DEVIATION: Profile.HighBytesUnsafe.
		if i := strings.IndexFunc(value, func(c rune) bool { return c >= 0x80 }); ok && i >= 0 && p.HighBytesUnsafe {
			return unsafe(i)
		}
		// DEVIATION: Profile.ContentTypeByDelimiters.
		if p.ContentTypeByDelimiters && len(name) == len(header.ContentType) && why.Kind != header.ValueTooLong && why.Kind != header.UnsafeByte {
			if i := offendingDelimiter(value); i >= 0 {
				return unsafe(i)
			}
			if essence, _, _ := strings.Cut(value, ";"); strings.ContainsRune(value, ';') {
				essence = strings.Trim(essence, " \t")
				if i := strings.IndexAny(essence, " \t"); i >= 0 {
					essence = essence[:i]
				}
				return header.CheckRequestHeader(name, essence)
			}
		}
	case "range":
		// DEVIATION: Profile.MaxRangeNumber.
		if p.MaxRangeNumber > 0 {
			if p.simpleRange(value) {
				return header.Unsafe{}, true
			}
			if ok {
				why = header.Unsafe{Name: name, Value: value, Kind: header.RangeNotSimple, Offset: len("bytes=")}
			}
			return why, false
		}
	default:
		// DEVIATION: Profile.ClientHintsSafelisted.
		if !ok && p.ClientHintsSafelisted && clientHint(strings.ToLower(name), value) {
			return header.Unsafe{}, true
		}
	}
	return why, ok
}

// offendingDelimiter returns where Gecko's parser of MIME types gives up though the standard's does not, or -1: a comma, and a
// semicolon at the end that is not the first.
func offendingDelimiter(value string) int {
	if i := strings.IndexByte(value, ','); i >= 0 {
		return i
	}
	if last := len(value) - 1; strings.HasSuffix(value, ";") && strings.IndexByte(value, ';') < last {
		return last
	}
	return -1
}

// simpleRange reports whether a Range is one range of bytes with a start.
//
// https://fetch.spec.whatwg.org/#simple-range-header-value
func (p *Profile) simpleRange(value string) bool {
	const unit = "bytes="
	if len(value) > header.MaxSafelistedValue || len(value) < len(unit) {
		return false
	}
	// DEVIATION: Profile.LooseRange.
	if value[:len(unit)] != unit && (!p.LooseRange || !strings.EqualFold(value[:len(unit)], unit)) {
		return false
	}
	first, last, ok := strings.Cut(value[len(unit):], "-")
	start, okStart := p.rangeNumber(first)
	end, okEnd := p.rangeNumber(last)
	return ok && okStart && (last == "" || okEnd && start <= end)
}

// rangeNumber parses a number of a Range.
func (p *Profile) rangeNumber(s string) (uint64, bool) {
	// DEVIATION: Profile.LooseRange.
	if p.LooseRange {
		s = strings.TrimPrefix(s, "+")
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= p.MaxRangeNumber
}

// clientHint reports whether a header, its name in lower case, is a client hint in the form that Chromium wants.
func clientHint(name, value string) bool {
	if len(value) > header.MaxSafelistedValue {
		return false
	}
	switch name {
	case "dpr", "device-memory", "downlink":
		whole, fraction, point := strings.Cut(value, ".")
		return isDigits(whole) && (!point || isDigits(fraction))
	case "width", "viewport-width", "rtt":
		return isDigits(value)
	case "e" + "ct": // The effective connection type.
		return value == "slow-2g" || value == "2g" || value == "3g" || value == "4g"
	case "save-data":
		return strings.EqualFold(value, "on")
	default:
		return name == "intervention"
	}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
