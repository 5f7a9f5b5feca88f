package header

import "slices"

// The limits of the request-header safelist, in bytes.
const (
	// MaxSafelistedValue is how long the value of a CORS-safelisted request-header may be.
	MaxSafelistedValue = 128
	// MaxSafelistedTotal is how long the values of all CORS-safelisted request-headers of a request may be together.
	MaxSafelistedTotal = 1024
)

// An UnsafeKind says why a request header needs a preflight. Its text is a stable code.
type UnsafeKind string

// The kinds.
const (
	// NameNotSafelisted: no value makes this name safe.
	NameNotSafelisted UnsafeKind = "name-not-safelisted"
	// ValueTooLong: more than [MaxSafelistedValue] bytes. Offset is that of the first byte too many.
	ValueTooLong UnsafeKind = "value-too-long"
	// UnsafeByte: a byte that is not safe under this name.
	UnsafeByte UnsafeKind = "unsafe-byte"
	// MIMETypeInvalid: a Content-Type that is no MIME type. Offset is where its type or subtype breaks off.
	MIMETypeInvalid UnsafeKind = "mime-type-invalid"
	// MIMETypeNotSafelisted: a Content-Type other than the three that forms have.
	MIMETypeNotSafelisted UnsafeKind = "mime-type-not-safelisted"
	// RangeNotSimple: a Range that is not one range of bytes with a start. Offset is that of the first byte that does not fit.
	RangeNotSimple UnsafeKind = "range-not-simple"
	// TotalTooLong: safe by itself, but the safe values are more than [MaxSafelistedTotal] bytes together.
	TotalTooLong UnsafeKind = "total-too-long"
)

// An Unsafe says which request header needs a preflight, and why.
type Unsafe struct {
	// Name and Value are the line's.
	Name, Value string
	// Kind says why.
	Kind UnsafeKind
	// Offset is that of the first offending byte in Value; the length of Value if something is missing at its end; -1 if the kind is
	// not about a place in the value.
	Offset int
	// Length and Limit are set where a limit was exceeded: what there was and what there may be.
	Length, Limit int
	// Essence is set for a MIME type that was understood: type and subtype, in lower case.
	Essence string
}

// SafelistedRequestHeader reports whether the header is a CORS-safelisted request-header, one that needs no preflight.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func SafelistedRequestHeader(name, value string) bool {
	_, ok := CheckRequestHeader(name, value)
	return ok
}

// CheckRequestHeader determines whether the header is a CORS-safelisted request-header. If it is, ok is true and the Unsafe is zero;
// if not, the Unsafe says why. It looks at one line: [UnsafeRequestHeaders] looks at the sum.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-request-header
func CheckRequestHeader(name, value string) (why Unsafe, ok bool) {
	unsafe := func(kind UnsafeKind, offset int) (Unsafe, bool) {
		return Unsafe{Name: name, Value: value, Kind: kind, Offset: offset}, false
	}

	// 2, "Otherwise". The name.
	// NOTE: before step 1, because "this name is never safe" says more than "this value is too long"; the verdict is the same.
	header := safelistedName(name)
	if header == "" {
		return unsafe(NameNotSafelisted, -1)
	}

	// 1. The length.
	if len(value) > MaxSafelistedValue {
		why, _ = unsafe(ValueTooLong, MaxSafelistedValue)
		why.Length, why.Limit = len(value), MaxSafelistedValue
		return why, false
	}

	// 2. By name.
	switch header {
	case Accept:
		if i := firstIn(value, classUnsafe); i >= 0 {
			return unsafe(UnsafeByte, i)
		}

	case AcceptLanguage, ContentLanguage:
		if i := firstNotIn(value, classLanguage); i >= 0 {
			return unsafe(UnsafeByte, i)
		}

	case ContentType:
		// 2.1. The bytes.
		if i := firstIn(value, classUnsafe); i >= 0 {
			return unsafe(UnsafeByte, i)
		}

		// 2.2 and 2.3. The MIME type. Only its type and subtype can make it fail, and parameters don't matter here.
		essence, _, failedAt := splitEssence(value)
		if failedAt >= 0 {
			return unsafe(MIMETypeInvalid, failedAt)
		}

		// 2.4. The three types of HTML's forms.
		if !oneOf(essence, "application/x-www-form-urlencoded", "multipart/form-data", "text/plain") {
			why, _ = unsafe(MIMETypeNotSafelisted, leadingWhitespace(value))
			why.Essence = lower(essence)
			return why, false
		}

	case Range:
		// 2.1 and 2.2. One range, no whitespace.
		r, failedAt := parseSingleRange(value, false)
		if failedAt >= 0 {
			return unsafe(RangeNotSimple, failedAt)
		}

		// 2.3. Browsers never asked for the last bytes by themselves, so that is not safe.
		if !r.HasStart {
			return unsafe(RangeNotSimple, len("bytes="))
		}
	}

	// 3. Nothing against it.
	return Unsafe{}, true
}

// safelistedName returns the canonical form of name if some value makes it safe, else "". The length decides most cases.
func safelistedName(name string) string {
	var header string
	switch len(name) {
	case len(Accept):
		header = Accept
	case len(Range):
		header = Range
	case len(ContentType):
		header = ContentType
	case len(AcceptLanguage):
		header = AcceptLanguage
	case len(ContentLanguage):
		header = ContentLanguage
	}
	if !equalFold(name, header) {
		return ""
	}
	return header
}

func leadingWhitespace(s string) int {
	i := 0
	for i < len(s) && isWhitespace(s[i]) {
		i++
	}
	return i
}

// UnsafeRequestHeaderNames returns the CORS-unsafe request-header names of headers: in lower case, each once, sorted by bytes. They
// are what Access-Control-Request-Headers lists. nil means that the headers need no preflight.
//
// Lines are judged one by one. A list filled by script in Chromium and WebKit is judged by the combined values instead; for that,
// combine it first ([List.SortAndCombine]).
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func UnsafeRequestHeaderNames(headers List) []string {
	// 1 to 5. The lines.
	var names []string
	for _, u := range UnsafeRequestHeaders(headers) {
		names = append(names, u.Name)
	}

	// 6. Their names.
	return sortedLowercaseSet(names)
}

// UnsafeRequestHeaders returns, in the order of headers, each line that needs a preflight and why: what is behind
// [UnsafeRequestHeaderNames]. If the safelisted values together exceed [MaxSafelistedTotal], the lines that are safe by themselves are
// there too, as [TotalTooLong].
//
// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
func UnsafeRequestHeaders(headers List) []Unsafe {
	// 1 to 3. NOTE: whether the safe lines count is known only after the last line, so the sum comes first.
	safelistValueSize := 0
	for _, h := range headers {
		if SafelistedRequestHeader(h.Name, h.Value) {
			safelistValueSize += len(h.Value)
		}
	}

	var unsafe []Unsafe
	for _, h := range headers {
		// 4.1. Unsafe by itself.
		if why, ok := CheckRequestHeader(h.Name, h.Value); !ok {
			unsafe = append(unsafe, why)
			continue
		}

		// 4.2 and 5. Safe by itself, but together they are too much.
		if safelistValueSize > MaxSafelistedTotal {
			unsafe = append(unsafe, Unsafe{
				Name: h.Name, Value: h.Value, Kind: TotalTooLong, Offset: -1,
				Length: safelistValueSize, Limit: MaxSafelistedTotal,
			})
		}
	}
	return unsafe
}

// sortedLowercaseSet converts header names to a sorted-lowercase set. It works in place.
//
// https://fetch.spec.whatwg.org/#convert-header-names-to-a-sorted-lowercase-set
func sortedLowercaseSet(headerNames []string) []string {
	// 1 and 2. Lower case; equal ones fall together when sorted.
	for i, name := range headerNames {
		headerNames[i] = lower(name)
	}

	// 3. By bytes.
	slices.Sort(headerNames)
	return slices.Compact(headerNames)
}

// NonWildcardRequestHeaderName reports whether name is a CORS non-wildcard request-header name: Authorization, in any case. By the
// standard, "*" in Access-Control-Allow-Headers does not cover it.
//
// https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
func NonWildcardRequestHeaderName(name string) bool { return equalFold(name, Authorization) }

// PrivilegedNoCORSRequestHeaderName reports whether name is a privileged no-CORS request-header name: Range, in any case. Such a
// header survives on a no-cors request as long as script does not touch the request.
//
// https://fetch.spec.whatwg.org/#privileged-no-cors-request-header-name
func PrivilegedNoCORSRequestHeaderName(name string) bool { return equalFold(name, Range) }

// NoCORSSafelistedRequestHeaderName reports whether name is a no-CORS-safelisted request-header name, one that a no-cors request may
// carry if its value is safe.
//
// https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name
func NoCORSSafelistedRequestHeaderName(name string) bool {
	return oneOf(name, Accept, AcceptLanguage, ContentLanguage, ContentType)
}

// NoCORSSafelistedRequestHeader reports whether the header is a no-CORS-safelisted request-header. Browsers drop any other from a
// no-cors request, in silence.
//
// https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
func NoCORSSafelistedRequestHeader(name, value string) bool {
	// 1. The name.
	if !NoCORSSafelistedRequestHeaderName(name) {
		return false
	}

	// 2. The value.
	return SafelistedRequestHeader(name, value)
}

// SafelistedResponseHeaderName reports whether name is a CORS-safelisted response-header name given the exposed names: whether script
// may read it on a response to a CORS request. "*" in exposed is a name like any other: whether it stands for all names is decided
// before, from the request's credentials mode.
//
// To filter a whole list use [List.SafelistedResponse]: that takes one pass, however many names are exposed.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
func SafelistedResponseHeaderName(name string, exposed []string) bool {
	return alwaysExposed(name) || oneOf(name, exposed...) && !ForbiddenResponseHeaderName(name)
}

// SafelistedResponse returns the lines that script may read on a response to a CORS request, in order, given the exposed names: the
// header list of a CORS filtered response. The list itself is not changed.
//
// https://fetch.spec.whatwg.org/#concept-filtered-response-cors
func (l List) SafelistedResponse(exposed []string) List {
	set := make(map[string]struct{}, len(exposed))
	for _, name := range exposed {
		set[lower(name)] = struct{}{}
	}
	var readable List
	for _, f := range l {
		_, ok := set[lower(f.Name)]
		if alwaysExposed(f.Name) || ok && !ForbiddenResponseHeaderName(f.Name) {
			readable = append(readable, f)
		}
	}
	return readable
}

func alwaysExposed(name string) bool {
	return oneOf(name, CacheControl, ContentLanguage, ContentLength, ContentType, Expires, LastModified, Pragma)
}
