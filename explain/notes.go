package explain

import (
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

func (b *builder) note(code string, level Level, text string) {
	b.report.Notes = append(b.report.Notes, Note{Code: code, Level: level, Text: text})
}

// notes adds what decided nothing and is worth knowing.
func (b *builder) notes() {
	b.noteWorksElsewhere()
	b.noteArrived()
	b.noteHTTPCache()
	b.noteVary()
	b.noteInert()
	b.noteNullTrusted()
	b.noteHidden()
	b.noteOpaque()
	b.noteCookies()
	b.noteTainted()
	b.noteMaxAge()
}

// last is the last response to the request itself, nil if there was none.
func (b *builder) last() *fetch.HTTPResponse {
	if b.requestExchange == nil {
		return nil
	}
	return b.requestExchange.Response
}

// noteWorksElsewhere answers "but it works in curl".
func (b *builder) noteWorksElsewhere() {
	if b.report.Verdict != Blocked || b.report.Class == fetch.ClassNotCORS {
		return
	}
	x := b.probe
	how := "sent by something that is no browser"
	if x == nil {
		x = b.requestExchange
		how = "without a browser (curl, Postman)"
		// What is stored says nothing of what the server answers today.
		if x == nil || b.httpCached || x.Request.Method != "GET" && x.Request.Method != "HEAD" {
			return
		}
	}
	if x.Response == nil {
		return
	}
	answer := "the same " + plain(x.Request.Method) + " answers " + strconv.Itoa(x.Response.Status) + " " + how
	switch {
	case success(x.Response.Status):
		b.note("works-without-browser", Remark, answer+": the API works, only its CORS answer is wrong")
	case x.Response.Status >= 400:
		b.note("fails-without-browser", Remark, answer+" too: CORS is not its only trouble")
	}
}

// noteArrived: blocked does not mean undone.
func (b *builder) noteArrived() {
	if b.report.Verdict != Blocked || b.report.Class == fetch.ClassNotCORS || b.requestExchange == nil || !b.sent {
		return
	}
	x := b.requestExchange
	if x.Request.Method != "GET" && x.Request.Method != "HEAD" {
		b.note("request-arrived", Remark, "the server has received the "+plain(x.Request.Method)+
			" and may have acted on it: CORS keeps script from reading the answer, not the request from arriving")
	}
	if b.includes() && x.Response != nil && header.List(x.Response.Header).Contains(header.SetCookie) {
		b.note("set-cookie-stored", Remark, "the response's Set-Cookie is stored although script cannot read the response")
	}
}

// noteHTTPCache: a server that is right cannot help while the cache answers.
func (b *builder) noteHTTPCache() {
	if b.report.Verdict != Blocked || b.report.Class != fetch.ClassCORS || !b.httpCached {
		return
	}
	b.note("http-cache", Remark, "what was checked is stored in the browser's HTTP cache, perhaps since a request without Origin, "+
		"as an <img> makes one: let the server send its CORS headers and Vary: Origin whether or not a request has Origin")
}

// includes reports whether the last request carried credentials.
func (b *builder) includes() bool {
	return b.info.Credentials == fetch.CredentialsInclude || b.info.Credentials == fetch.CredentialsSameOrigin && b.tainting == "basic"
}

// noteVary: an answer made for one origin must not be kept for others.
func (b *builder) noteVary() {
	r := b.last()
	value, ok := get(r, allowOrigin)
	if !ok || value == "*" || b.tainting != "cors" || varies(r, "origin") || b.failed(allowOrigin) {
		return
	}
	b.note("vary-origin-missing", Warning, "Vary: Origin is missing: if "+allowOrigin+
		" depends on the request, a shared cache or the browser's own can hand this response to another page")
}

// varies reports whether a response's Vary names a request header.
func varies(r *fetch.HTTPResponse, name string) bool {
	value, _ := get(r, header.Vary)
	for v := range strings.SplitSeq(value, ",") {
		v = strings.Trim(v, " \t")
		if v == "*" || strings.EqualFold(v, name) {
			return true
		}
	}
	return false
}

// noteInert: values that look as if they did something.
func (b *builder) noteInert() {
	include := b.info.Credentials == fetch.CredentialsInclude
	for _, x := range []*fetch.Exchange{b.preflightExchange, b.requestExchange} {
		if x == nil || x.Response == nil || b.tainting != "cors" {
			continue
		}
		if origin, _ := get(x.Response, allowOrigin); origin == "*" {
			if credentials, _ := get(x.Response, allowCredentials); credentials == "true" {
				b.note("credentials-beside-wildcard", Warning, allowCredentials+": true has no effect beside "+allowOrigin+
					": *; a request with credentials fails")
				break
			}
		}
	}
	if !include {
		return
	}
	for _, pair := range []struct {
		x    *fetch.Exchange
		name string
	}{{b.preflightExchange, allowMethods}, {b.preflightExchange, allowHeaders}, {b.requestExchange, exposeHeaders}} {
		if pair.x == nil {
			continue
		}
		// What failed because of it has its own block.
		if value, ok := get(pair.x.Response, pair.name); ok && listHas(value, "*") && !b.failed(pair.name) {
			b.note("wildcard-inert", Warning, "\"*\" in "+pair.name+" does not count with credentials: list the names")
		}
	}
}

func (b *builder) failed(name string) bool {
	for _, f := range b.findings {
		if headerOf(f.event.Reason) == name {
			return true
		}
	}
	return false
}

// listHas reports whether a comma-separated list has an item.
func listHas(value, item string) bool {
	for v := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.Trim(v, " \t"), item) {
			return true
		}
	}
	return false
}

func (b *builder) noteNullTrusted() {
	if value, _ := get(b.last(), allowOrigin); value == "null" && b.tainting == "cors" {
		b.note("null-allowed", Warning, allowOrigin+": null allows every page without an origin of its own, "+
			"and any site can make a sandboxed frame that is one")
	}
}

// noteHidden: why headers.get() returns null.
func (b *builder) noteHidden() {
	if b.response == nil || b.response.Type != fetch.CORSResponse {
		return
	}
	var names []string
	for _, n := range plainAll(b.response.Hidden) {
		// Set-Cookie cannot be exposed, and the protocol's own headers and the server's small talk interest no script.
		if n == "set-cookie" || n == "set-cookie2" || n == "vary" || n == "date" || n == "server" || n == "connection" ||
			strings.HasPrefix(n, "access-control-") {
			continue
		}
		names = append(names, n)
	}
	if len(names) > 0 {
		b.note("headers-hidden", Remark, "script does not see "+enumerate(names)+": the response would have to list what it needs in "+
			exposeHeaders)
	}
}

func (b *builder) noteOpaque() {
	if b.response != nil && b.response.Type == fetch.OpaqueResponse {
		b.note("no-cors", Remark, "mode no-cors does not get around CORS: it asks for a response that script cannot read")
	}
}

// noteCookies: the CORS check passes and the user is logged out all the same.
func (b *builder) noteCookies() {
	r := b.last()
	if r == nil || b.tainting != "cors" || b.includes() {
		return
	}
	if r.Status == 401 || r.Status == 403 {
		b.note("credentials-withheld", Remark, "status "+strconv.Itoa(r.Status)+": no cookie and no HTTP authentication went along, because "+
			"credentials is \""+plain(string(b.info.Credentials))+"\" and the address is cross-origin")
	}
	if header.List(r.Header).Contains(header.SetCookie) {
		b.note("set-cookie-ignored", Remark, "the response's Set-Cookie is ignored: the request went without credentials")
	}
}

func (b *builder) noteTainted() {
	if b.tainted {
		b.note("redirect-tainted", Remark, "redirects from one foreign origin to another make Origin \"null\": the last server cannot "+
			"tell which page asks. Requesting the final address directly avoids it")
	}
}

// noteMaxAge: what the preflight cache does with the answer.
func (b *builder) noteMaxAge() {
	if b.stored == nil {
		return
	}
	switch {
	case len(b.stored.Lines) == 0:
		b.note("max-age-missing", Remark, header.AccessControlMaxAge+" is missing: browsers remember this preflight for 5 seconds")
	case !b.stored.OK:
		b.note("max-age-zero", Remark, header.AccessControlMaxAge+" is 0: every request is preceded by a preflight")
	default:
		b.note("max-age", Remark, header.AccessControlMaxAge+": "+plain(b.stored.Lines[0].Value)+
			". Browsers remember this preflight for this long, at most: Chromium 7200 s, Firefox 86400 s, WebKit 600 s")
	}
}
