package fetch

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/header"
)

// wireHeaders is a copy of an author's headers as they are sent: one line for each name, as every browser does. To HTTP it is the
// same.
func (r *request) wireHeaders() header.List {
	list := combineLines(r.header)
	for i, f := range list {
		// DEVIATION: Profile.OneContentType.
		if r.profile.OneContentType && strings.EqualFold(f.Name, header.ContentType) {
			lines := r.header.Values(f.Name)
			if list[i].Value = lines[0]; r.body == nil {
				list[i].Value = lines[len(lines)-1]
			}
		}
		// DEVIATION: Profile.HeadersAsUTF8.
		if r.profile.HeadersAsUTF8 {
			list[i].Value = isomorphicDecode(list[i].Value)
		}
	}
	return list
}

// wireURL is the URL of the request line: without fragment, user name and password.
func (p *Profile) wireURL(l location) string {
	url := l.wireURL()
	// DEVIATION: Profile.NormalizedEscapes.
	if p.NormalizedEscapes && strings.Contains(url, "%") {
		return normalizeEscapes(url)
	}
	return url
}

// responseURL is a response's URL as script sees it.
func (p *Profile) responseURL(l location) string {
	// DEVIATION: Profile.NormalizedEscapes.
	if p.NormalizedEscapes && l.http() {
		return normalizeEscapes(l.href)
	}
	return l.href
}

// normalizeEscapes decodes what need not be percent-encoded, and writes the rest in capitals.
//
// https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
func normalizeEscapes(url string) string {
	var b strings.Builder
	for i := 0; i < len(url); i++ {
		if url[i] != '%' || i+2 >= len(url) || unhex(url[i+1]) < 0 || unhex(url[i+2]) < 0 {
			b.WriteByte(url[i])
			continue
		}
		if c := byte(unhex(url[i+1])<<4 | unhex(url[i+2])); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(url[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// unreserved reports whether c never needs percent-encoding.
//
// https://www.rfc-editor.org/rfc/rfc3986#section-2.3
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// read is the response as the engine keeps it. What the transport returned is not changed.
func (p *Profile) read(got *HTTPResponse) (*HTTPResponse, error) {
	// DEVIATION: Profile.DifferingLinesRefused.
	if p.DifferingLinesRefused {
		for _, name := range []string{header.Location, contentDisposition} {
			if values := header.List(got.Header).Values(name); len(slices.Compact(values)) > 1 {
				got.Body.Close()
				return nil, &NetworkError{Reason: NetworkProtocol, Err: errSeveralLocations}
			}
		}
	}
	if !p.EmptyLinesDropped && !p.SingularLines && !p.InvalidBytesReplaced {
		return got, nil
	}
	kept := *got
	kept.Header = slices.Clone(got.Header)
	// DEVIATION: Profile.EmptyLinesDropped.
	if p.EmptyLinesDropped {
		kept.Header = dropEmptyLines(kept.Header)
	}
	// DEVIATION: Profile.SingularLines.
	if p.SingularLines {
		kept.Header = singularLines(kept.Header)
	}
	// DEVIATION: Profile.InvalidBytesReplaced.
	if p.InvalidBytesReplaced {
		for i, f := range kept.Header {
			kept.Header[i].Value = replaceInvalid(f.Value)
		}
	}
	return &kept, nil
}

const contentDisposition = "Content-Disposition"

// dropEmptyLines removes empty lines of a name that has another line, and all but one if there are only empty ones.
func dropEmptyLines(lines header.List) header.List {
	full, seen := map[string]bool{}, map[string]bool{}
	for _, f := range lines {
		if f.Value != "" {
			full[strings.ToLower(f.Name)] = true
		}
	}
	return slices.DeleteFunc(lines, func(f Field) bool {
		name := strings.ToLower(f.Name)
		again := seen[name]
		seen[name] = true
		// NOTE: Gecko counts the lines of Access-Control-Allow-Origin as they came.
		if name == "content-type" && again && full[name] {
			return false
		}
		return f.Value == "" && (full[name] || again) && !strings.EqualFold(f.Name, header.AccessControlAllowOrigin)
	})
}

// singularLines makes one line of those names that a response should have once.
func singularLines(lines header.List) header.List {
	types := lines.Values(header.ContentType)
	if len(types) > 1 {
		lines.Set(header.ContentType, strings.Join(types, ","))
	}
	for _, name := range []string{header.Location, contentDisposition} {
		if values := lines.Values(name); len(values) > 1 {
			lines.Set(name, values[0])
		}
	}
	return lines
}

// replaceInvalid writes U+FFFD for each byte that is no UTF-8.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	// A byte that is none decodes to U+FFFD.
	return string([]rune(s))
}
