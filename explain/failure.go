package explain

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// words are the sentences of one failure, and what goes with them.
type words struct {
	title, why, fix string
	send            []Header
	underline       *Underline
}

// explainFinding writes the sentences of one failed check: those of the page on its reason, made exact by what was found.
func explainFinding(f finding) Failure {
	e := f.event
	p, known := page(e.Reason)
	if !known {
		p = Page{Title: "failed: " + plain(string(e.Reason)), Why: "There is no page on this reason.", Fix: "Look at the steps."}
	}
	w := words{title: p.Title, why: p.Why, fix: p.Fix}
	lines := f.lines()
	f.refine(&w, lines)
	step, spec := stepOf(e)
	out := Failure{
		Reason: fetch.Reason(clip(string(e.Reason))), Title: w.title, First: f.first, Preflight: f.preflight, Hop: f.hop,
		Header: headerOf(e.Reason), Got: clip(e.Got), Want: clip(e.Want), Lines: clipLines(lines),
		Underline: clamp(w.underline, lines), Why: w.why, Fix: w.fix, Send: w.send, Step: step, Spec: spec,
	}
	for _, n := range unique(f.names) {
		out.Names = append(out.Names, clip(n))
	}
	return out
}

// refine makes the page's words exact.
func (f finding) refine(w *words, lines []fetch.Field) {
	switch f.event.Reason {
	case fetch.AllowOriginMissing:
		f.refineMissing(w)
	case fetch.AllowOriginWildcard:
		w.underline = all(lines, 0)
		f.sendOrigin(w)
	case fetch.AllowOriginMultiple:
		f.refineMultiple(w, lines)
	case fetch.AllowOriginNull, fetch.AllowOriginInvalid, fetch.AllowOriginMismatch:
		f.refineMismatch(w, lines)
	case fetch.AllowCredentialsMissing:
		w.send = []Header{{allowCredentials, "true"}}
	case fetch.AllowCredentialsNotTrue:
		refineCredentials(w, lines)
	case fetch.PreflightRedirect:
		f.refinePreflightRedirect(w, lines)
	case fetch.PreflightStatus:
		f.refinePreflightStatus(w)
	case fetch.AllowMethodsInvalid, fetch.AllowHeadersInvalid:
		f.refineInvalidList(w, lines)
	case fetch.MethodNotAllowed, fetch.MethodCaseMismatch, fetch.AllowMethodsWildcard:
		f.refineMethod(w, lines)
	case fetch.AuthorizationNotListed, fetch.HeaderNotAllowed, fetch.AllowHeadersWildcard:
		f.refineHeaders(w, lines)
	case fetch.RedirectURLCredentials:
		refineURLCredentials(w, lines)
	case fetch.RedirectScheme, fetch.CORPBlocked, fetch.NosniffBlocked, fetch.MIMETypeBlocked:
		w.underline = all(lines, 0)
	case fetch.RedirectLocationInvalid:
		w.underline = all(lines, len(lines)-1)
	case fetch.BadPort:
		if f.event.Got != "" {
			w.title = "port " + plain(f.event.Got) + " is one that browsers never connect to"
		}
	case fetch.MixedContent:
		w.fix = "Serve the resource over https, and use that address: " + plain(f.url) + " is not secure."
	default:
		// The network's own words say more than ours.
		if text := causeOf(f.event.Err); text != "" {
			w.why += " Here: " + text
		}
	}
}

// causeOf is the text of what the network reported, or "".
func causeOf(err error) string {
	if err == nil {
		return ""
	}
	return plain(errorText(err))
}

// lines are the header lines that the failure is about: those that the check read, or else those of the response.
func (f finding) lines() []fetch.Field {
	if len(f.event.Lines) > 0 {
		return f.event.Lines
	}
	name := headerOf(f.event.Reason)
	if response := f.response(); response != nil && name != "" {
		return header.List(response.Header).Lines(name)
	}
	return nil
}

// all underlines a whole line.
func all(lines []fetch.Field, line int) *Underline {
	if line < 0 || line >= len(lines) {
		return nil
	}
	return &Underline{Line: line, Start: 0, End: len(lines[line].Value)}
}

// clamp keeps an underline inside its line, which may have been cut off.
func clamp(u *Underline, lines []fetch.Field) *Underline {
	if u == nil || u.Line < 0 || u.Line >= len(lines) {
		return nil
	}
	end := min(len(lines[u.Line].Value), maxValue)
	u.Start = max(0, min(u.Start, end))
	u.End = max(u.Start, min(u.End, end))
	return u
}

// sendOrigin spells out the header lines that would pass the CORS check.
func (f finding) sendOrigin(w *words) {
	want := f.want()
	if want == "" || want == "null" {
		return
	}
	w.send = []Header{{allowOrigin, clip(want)}}
	if response := f.response(); response == nil || !varies(response, "origin") {
		w.send = append(w.send, Header{header.Vary, "Origin"})
	}
}

// want is the origin that the server should have named.
func (f finding) want() string {
	if f.event.Want != "" {
		return f.event.Want
	}
	return f.wireOrigin
}

// refineMissing tells the ways apart in which a response comes to have no Access-Control-Allow-Origin.
func (f finding) refineMissing(w *words) {
	f.sendOrigin(w)
	anybody := ""
	if f.credentials != fetch.CredentialsInclude && len(w.send) > 0 {
		anybody = " (\"*\" does as well, if every page may read it)"
	}
	w.fix = "Send it on every response to this page, errors and redirects included" + anybody + "."
	if f.want() == "null" {
		f.refineNull(w)
	}
	response := f.response()
	if response == nil {
		return
	}
	if near := nearName(response.Header, allowOrigin); near != "" {
		w.why += " There is a header " + quote(near) + ", which is another name."
	}
	if f.preflight {
		return
	}
	onPreflight := false
	if f.preflightExchange != nil {
		_, onPreflight = get(f.preflightExchange.Response, allowOrigin)
	}
	switch {
	case redirect(response.Status):
		w.title = allowOrigin + " is missing on the redirect"
		w.why = "The check is made on every response on the way, so on redirects too. " + redirectWords(f.url, response)
		w.fix = "Send the header on the redirect as well, or use the final address" + anybody + "."
	case response.Status >= 400 && !speaksCORS(response):
		w.why = "The response is an error, " + statusText(response) + ", and has no CORS header at all: it was made by something in front of " +
			"the CORS layer, or by an error handler outside it."
		w.fix = "Look at the " + strconv.Itoa(response.Status) + " first. Then let error responses pass through the CORS layer too, " +
			"so that script can read them."
	case onPreflight:
		w.title = allowOrigin + " is missing on the response, though the preflight had it"
		w.fix = "Send it on the response as on the preflight. The preflight only permits sending; reading needs the header again."
	}
}

// nearName finds a header whose name is nearly the one that is missing.
func nearName(lines []fetch.Field, name string) string {
	for i, f := range lines {
		if i == 256 {
			return ""
		}
		if len(f.Name) <= 64 && !strings.EqualFold(f.Name, name) && distance(strings.ToLower(f.Name), strings.ToLower(name)) <= 2 {
			return f.Name
		}
	}
	return ""
}

// distance is the number of bytes to insert, delete or change to make b of a.
func distance(a, b string) int {
	if abs := len(a) - len(b); abs > 3 || abs < -3 {
		return 4
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(before+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func refineCredentials(w *words, lines []fetch.Field) {
	w.send = []Header{{allowCredentials, "true"}}
	if len(lines) > 1 {
		w.title = allowCredentials + " is sent " + times(len(lines))
		w.why = "Several lines are joined with a comma, and \"true, true\" is not \"true\". Two layers each add the header."
		w.fix = "Let only one layer send it, once."
		w.underline = all(lines, 1)
		return
	}
	if len(lines) == 0 {
		return
	}
	value := lines[0].Value
	w.underline = all(lines, 0)
	w.title = allowCredentials + " is " + quote(value) + ", not \"true\""
	if strings.EqualFold(value, "true") {
		w.why = "The comparison is byte for byte: only lower-case true counts."
	}
	if strings.EqualFold(value, "false") {
		w.why = "The server refuses credentials. Only \"true\" has a meaning; to refuse, the header is left out."
		w.fix = "Send true if this page may use credentials, or make the request without them."
	}
}

// refinePreflightStatus tells the usual statuses apart.
func (f finding) refinePreflightStatus(w *words) {
	response := f.response()
	if response == nil {
		return
	}
	status := response.Status
	w.title = "the preflight was answered with " + statusText(response)
	switch {
	case status == 401:
		w.why = "Something asks the preflight to authenticate. A preflight never carries credentials, so it can only fail."
		w.fix = "Let OPTIONS requests with Access-Control-Request-Method pass before authentication: CORS outside, authentication inside."
	case status == 403:
		w.why = "Something forbids the preflight: an access rule or a firewall, or a CORS layer that answers 403 to an origin, " +
			"a method or a header that is not on its list."
		w.fix = "See which of them answers. Let it pass OPTIONS requests with Access-Control-Request-Method, or add " + plain(f.want403()) +
			" to the CORS layer's list."
	case status == 404:
		w.why = "Nothing is found at this address for OPTIONS: the router has no such route, or the address is wrong."
		w.fix = "Check the address. Put the CORS layer before the router, so that it answers preflights for every route."
	case status == 405:
		w.why = "The route exists, but not for OPTIONS."
		if allow, ok := get(response, header.Allow); ok {
			w.why += " Its Allow header (" + plain(allow) + ") is not read by CORS."
		}
		w.fix = "Put the CORS layer before the router, so that it answers OPTIONS."
	case status >= 500:
		w.why = "The server, or a gateway before it, failed: it is down, not deployed, or crashes on OPTIONS."
		w.fix = "Look at the server's log for this " + strconv.Itoa(status) + ". Only then look at CORS."
	default:
		w.why = "Only a status of 200 to 299 passes, whatever the headers say."
	}
	if speaksCORS(response) {
		w.why += " CORS headers are on it, so they are added somewhere; the status alone is enough to refuse."
	}
}

// want403 is what a CORS layer's list may lack. "null" is never a thing to put on such a list.
func (f finding) want403() string {
	if f.wireOrigin != "" && f.wireOrigin != "null" {
		return f.wireOrigin
	}
	return "the page's origin"
}

func (f finding) refinePreflightRedirect(w *words, lines []fetch.Field) {
	response := f.response()
	if response == nil {
		return
	}
	w.title = "the preflight was redirected (" + statusText(response) + ")"
	w.underline = all(lines, 0)
	w.why += " " + redirectWords(f.url, response)
}

// redirectWords says what a redirect does, where it is one of the usual ones.
func redirectWords(from string, response *fetch.HTTPResponse) string {
	location, ok := get(response, header.Location)
	if !ok {
		return "It has no Location."
	}
	if len(from) > maxValue || len(location) > maxValue {
		return "It leads elsewhere."
	}
	a, err := url.Parse(from)
	if err != nil {
		return "It leads to " + quote(location) + "."
	}
	b, err := a.Parse(location)
	if err != nil {
		return "It leads to " + quote(location) + "."
	}
	to := plain(b.String())
	samePath := a.EscapedPath() == b.EscapedPath() && a.RawQuery == b.RawQuery
	switch {
	case a.Scheme == "http" && b.Scheme == "https" && a.Hostname() == b.Hostname() && samePath:
		return "It leads from http to https: use " + to + " in the page."
	case a.Scheme == b.Scheme && a.Host == b.Host && strings.TrimSuffix(a.Path, "/") == strings.TrimSuffix(b.Path, "/") && a.Path != b.Path:
		if strings.HasSuffix(b.Path, "/") {
			return "It adds a slash to the path: use " + to + " in the page."
		}
		return "It takes the slash off the path: use " + to + " in the page."
	case strings.TrimPrefix(a.Hostname(), "www.") == strings.TrimPrefix(b.Hostname(), "www.") && a.Hostname() != b.Hostname():
		return "It adds or removes www: use " + to + " in the page."
	case login(b):
		return "It looks like a login page (" + to + "): an API should answer 401 instead."
	}
	return "It leads to " + to + "."
}

// login guesses whether an address is that of a login.
func login(u *url.URL) bool {
	text := strings.ToLower(u.Host + u.Path)
	for _, word := range []string{"login", "signin", "sign-in", "sign_in", "oauth", "/auth", "auth.", "sso", "saml", "idp."} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func refineURLCredentials(w *words, lines []fetch.Field) {
	if len(lines) == 0 {
		return
	}
	value := lines[0].Value
	start := strings.Index(value, "//")
	if start < 0 {
		w.underline = all(lines, 0)
		return
	}
	start += 2
	authority := value[start:]
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	end := strings.LastIndexByte(authority, '@')
	if end < 0 {
		w.underline = all(lines, 0)
		return
	}
	w.underline = &Underline{Line: 0, Start: start, End: start + end + 1}
}
