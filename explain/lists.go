package explain

import (
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// An item is one element of a comma-separated list, with its place.
type item struct {
	text             string
	line, start, end int
}

// maxItems is how many elements of a list are looked at to say what is wrong with it. The verdict has looked at all of them.
const maxItems = 4096

// items takes header lines apart at their commas. Empty elements are left out.
func items(lines []fetch.Field) []item {
	var out []item
	for n, l := range lines {
		at := 0
		for part := range strings.SplitSeq(l.Value, ",") {
			if len(out) == maxItems || at > maxItems*16 {
				return out
			}
			trimmed := strings.TrimLeft(part, " \t")
			start := at + len(part) - len(trimmed)
			trimmed = strings.TrimRight(trimmed, " \t")
			if trimmed != "" {
				out = append(out, item{trimmed, n, start, start + len(trimmed)})
			}
			at += len(part) + 1
		}
	}
	return out
}

func (i item) underline() *Underline { return &Underline{Line: i.line, Start: i.start, End: i.end} }

// refineInvalidList shows the first element that is no token.
func (f finding) refineInvalidList(w *words, lines []fetch.Field) {
	name, want := allowMethods, []string{f.method}
	valid := header.ValidMethod
	if f.event.Reason == fetch.AllowHeadersInvalid {
		name, want, valid = allowHeaders, f.requestedHeaders(), header.ValidName
	}
	list := items(lines)
	at := slices.IndexFunc(list, func(i item) bool { return !valid(i.text) })
	if at < 0 {
		return
	}
	bad := list[at]
	w.underline = bad.underline()
	shown := quote(bad.text)
	if strings.ContainsAny(bad.text, `"'`) {
		shown = plain(bad.text)
	}
	w.title = name + " has an element that is no name: " + shown
	// What it most likely means: the names in it, whatever stands between them.
	var names []string
	for _, i := range list {
		names = append(names, strings.FieldsFunc(i.text, func(r rune) bool { return r >= 0x7F || !tokenByte(byte(r)) })...)
	}
	if strings.ContainsAny(bad.text, " \t;") {
		w.fix = "Put commas between the names, and nothing else."
	}
	if strings.ContainsAny(bad.text, `"'`) {
		w.fix = "Send the names without quotation marks."
	}
	w.send = send(name, names, want)
}

// tokenByte reports whether a byte may stand in a token, but for the apostrophe, which here is nearly always a quotation mark.
//
// https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func tokenByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$%&*+-.^_`|~", c) >= 0
}

// requestedHeaders are the names that the preflight asked for.
func (f finding) requestedHeaders() []string {
	if f.exchange == nil {
		return nil
	}
	value, ok := header.List(f.exchange.Request.Header).Get(header.AccessControlRequestHeaders)
	if !ok || value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

// send spells a list header out: what it has, and what it lacks. It returns nothing if that would be too long to read.
func send(name string, has, lacks []string) []Header {
	seen := map[string]bool{}
	var out []string
	length := 0
	for _, n := range slices.Concat(has, lacks) {
		key := n
		if name == allowHeaders {
			key = strings.ToLower(n)
		}
		if n == "" || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, n)
		if length += len(n) + 2; length > maxSend {
			return nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	return []Header{{name, isomorphic(strings.Join(out, ", "))}}
}

// texts are the elements of a list, without "*" unless it is to stay.
func texts(list []item, keepWildcard bool) []string {
	var out []string
	for _, i := range list {
		if i.text != "*" || keepWildcard {
			out = append(out, i.text)
		}
	}
	return out
}

// refineMethod names the method and shows the list that lacks it.
func (f finding) refineMethod(w *words, lines []fetch.Field) {
	method := f.event.Want
	if method == "" {
		method = f.method
	}
	list := items(lines)
	include := f.credentials == fetch.CredentialsInclude
	w.send = send(allowMethods, texts(list, !include), []string{method})
	upper := strings.ToUpper(method)
	switch f.event.Reason {
	case fetch.MethodCaseMismatch:
		w.title = plain(method) + " is in " + allowMethods + ", but in another case"
		w.fix = "Write the method " + plain(upper) + " in the page."
		if method == upper {
			w.fix = "List the method as " + plain(method) + "."
		} else {
			w.send = nil
		}
		for _, i := range list {
			if strings.EqualFold(i.text, method) {
				w.underline = i.underline()
				break
			}
		}
		return
	case fetch.AllowMethodsWildcard:
		w.title = plain(method) + " is covered only by \"*\" in " + allowMethods + ", which does not count with credentials"
		w.underline = wildcard(list)
		w.fix = "List the methods by name."
		return
	}
	if len(lines) == 0 {
		w.title = allowMethods + " is missing, and " + plain(method) + " has to be listed"
		w.fix = "Send the list with the preflight's response."
		if allow, ok := get(f.response(), header.Allow); ok {
			w.why += " The Allow header (" + plain(allow) + ") is another header and does not count."
		}
	} else {
		w.title = plain(method) + " is not in " + allowMethods
		w.underline = all(lines, len(lines)-1)
	}
	if method != upper && slices.Contains([]string{"PATCH"}, upper) {
		w.fix = "Write the method " + plain(upper) + " in the page (fetch() changes the case of some methods, not of this one), and list it."
		w.send = send(allowMethods, texts(list, !include), []string{upper})
	}
}

func wildcard(list []item) *Underline {
	for _, i := range list {
		if i.text == "*" {
			return i.underline()
		}
	}
	return nil
}

// refineHeaders names the headers and shows the list that lacks them.
func (f finding) refineHeaders(w *words, lines []fetch.Field) {
	names := unique(f.names)
	if len(names) == 0 {
		return
	}
	list := items(lines)
	include := f.credentials == fetch.CredentialsInclude
	w.send = send(allowHeaders, texts(list, !include), names)
	are, them := " are", "them"
	if len(names) == 1 {
		are, them = " is", "it"
	}
	switch f.event.Reason {
	case fetch.AllowHeadersWildcard:
		w.title = enumerate(names) + are + " covered only by \"*\" in " + allowHeaders + ", which does not count with credentials"
		w.underline = wildcard(list)
		w.fix = "List the header names."
		return
	case fetch.AuthorizationNotListed:
		w.underline = wildcard(list)
		return
	}
	w.fix = "List " + them + ", or do not send " + them + "."
	if len(lines) == 0 {
		w.title = allowHeaders + " is missing, and " + enumerate(names) + " would have to be listed"
	} else {
		w.title = enumerate(names) + are + " not in " + allowHeaders
		w.underline = all(lines, len(lines)-1)
	}
	f.refineHeaderNames(w, names, list)
}

// refineHeaderNames recognizes headers that are there by mistake.
func (f finding) refineHeaderNames(w *words, names []string, list []item) {
	var responseHeaders, tracing []string
	for _, n := range names {
		switch {
		case strings.HasPrefix(n, "access-control-"):
			responseHeaders = append(responseHeaders, n)
		case n == "traceparent" || n == "tracestate" || n == "baggage" || n == "sentry-trace" || strings.HasPrefix(n, "x-datadog-") ||
			strings.HasPrefix(n, "x-b3-"):
			tracing = append(tracing, n)
		}
	}
	if len(responseHeaders) > 0 {
		w.fix = "Take " + enumerate(responseHeaders) + " off the request: Access-Control-* headers belong to responses. On a request " +
			"they only ask for one more permission."
		w.send = nil
		return
	}
	if len(tracing) > 0 {
		w.fix += " A tracing library sets " + enumerate(tracing) + "; it can be told which addresses get that."
	}
	// A list of 10,000 elements has no typing error that anybody would find.
	if len(names) > 16 || len(list) > 64 {
		return
	}
	for _, n := range names {
		for _, i := range list {
			if len(n) > 5 && len(n) <= 64 && len(i.text) <= 64 && distance(strings.ToLower(i.text), n) <= 2 {
				w.underline = i.underline()
				w.why += " The list has " + quote(i.text) + ", which is another name."
				return
			}
		}
	}
}
