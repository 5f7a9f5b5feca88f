package explain

import (
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// refineMultiple shows where the second value is, and how it came there.
func (f finding) refineMultiple(w *words, lines []fetch.Field) {
	f.sendOrigin(w)
	if len(lines) > 1 {
		w.title = allowOrigin + " is sent " + times(len(lines))
		w.underline = all(lines, 1)
		same := true
		for _, l := range lines {
			same = same && l.Value == lines[0].Value
		}
		if same {
			w.why = "Several lines are joined with a comma, and the same value twice is not that value. Two layers each add the header."
		} else {
			w.why = "Several lines are joined with a comma, and the whole is compared with the page's origin. Two layers each add the header."
		}
		w.fix = "Let only one layer send it: take it out of the application or out of the proxy in front of it."
		return
	}
	if len(lines) == 0 {
		return
	}
	value := lines[0].Value
	at := strings.IndexByte(value, ',')
	if at < 0 {
		at = strings.IndexAny(value, " \t")
	}
	if at < 0 {
		w.underline = all(lines, 0)
		return
	}
	w.underline = &Underline{Line: 0, Start: at, End: at + 1}
	w.why = "The header holds one origin or \"*\", never a list."
	w.fix = "Look the request's Origin up in the list, and send that one value, with Vary: Origin."
	if want := f.want(); want != "" && !listHas(strings.ReplaceAll(value, " ", ","), want) && !listHas(value, "*") {
		w.fix += " The page's origin is not in the list yet."
	}
}

// refineMismatch says how a single value differs from the page's origin.
func (f finding) refineMismatch(w *words, lines []fetch.Field) {
	f.sendOrigin(w)
	want := f.want()
	if want == "null" {
		f.refineNull(w)
		w.underline = all(lines, 0)
		return
	}
	if len(lines) != 1 || want == "" || len(lines[0].Value) > maxValue || len(want) > maxValue {
		w.underline = all(lines, 0)
		return
	}
	d, ok := difference(lines[0].Value, want)
	if !ok {
		w.underline = all(lines, 0)
		return
	}
	w.title, w.why = d.title, d.why
	if d.fix != "" {
		w.fix = d.fix
	}
	w.underline = &Underline{Line: 0, Start: d.start, End: d.end}
}

// refineNull explains a page without an origin that a server could name.
func (f finding) refineNull(w *words) {
	w.send = nil
	if f.tainted {
		w.title = "after redirects across origins the page's origin is sent as \"null\""
		w.why = "The request went from one foreign origin to another, so the browser no longer says which page asks. The value is compared " +
			"with \"null\"."
		w.fix = "Request the final address directly, or redirect within one origin. Do not allow \"null\"."
		if f.credentials != fetch.CredentialsInclude {
			w.fix += " What every page may read can be answered with \"*\"."
		}
		return
	}
	w.title = "the page's origin is \"null\", and no name can allow it"
	w.why = "A page from file:, data: or a sandboxed frame has an opaque origin, sent as \"null\"."
	w.fix = "Serve the page over http or https, or give the frame allow-same-origin. Do not allow \"null\": any site can have it."
	if f.credentials != fetch.CredentialsInclude {
		w.fix += " What every page may read can be answered with \"*\"."
	}
}

// A gap is how a value differs from the page's origin, and where.
type gap struct {
	title, why, fix string
	start, end      int
}

// difference compares a value that should be an origin with the one that was wanted, and names the first thing that is wrong. It
// reports false if there is nothing exact to say.
func difference(got, want string) (gap, bool) {
	if d, ok := notAnOrigin(got, want); ok {
		return d, true
	}
	g, w := cut(got), cut(want)
	base := got[:g.end]
	switch {
	case base == want:
		return tail(got, g.end), true
	case strings.EqualFold(base, want):
		start, end := caseGap(base, want)
		return gap{
			title: allowOrigin + " has upper-case letters",
			why:   "Browsers write an origin in lower case, and the comparison is byte for byte.",
			fix:   "Send the value in lower case.",
			start: start, end: end,
		}, true
	case w.scheme == "" || w.host == "" || g.scheme == "":
		return gap{}, false
	}
	d := component(got, want, g, w)
	if g.end < len(got) {
		d.why += " It also has something after the host, which no origin has."
	}
	return d, true
}

// component names the first part of an origin that differs.
func component(got, want string, g, w parts) gap {
	sameHost := strings.EqualFold(g.host, w.host)
	switch {
	case sameHost && strings.EqualFold(g.scheme, w.scheme) && w.port == "" && g.port == defaultPort(w.scheme):
		return gap{
			title: allowOrigin + " names the default port",
			why:   "Browsers leave out the port if it is the scheme's default (" + defaultPort(w.scheme) + " for " + plain(w.scheme) + ").",
			fix:   "Leave :" + plain(g.port) + " out.",
			start: g.portStart, end: g.end,
		}
	case sameHost && !strings.EqualFold(g.scheme, w.scheme) && effectivePort(g, w):
		return gap{
			title: allowOrigin + " names " + plain(g.scheme) + ", the page is on " + plain(w.scheme),
			why:   "The scheme is part of the origin.",
			fix:   "Send the origin with " + plain(w.scheme) + "://, if that page may read the response.",
			start: 0, end: len(g.scheme),
		}
	case sameHost:
		d := gap{
			title: allowOrigin + " names another port",
			why:   "The port is part of the origin: the page's is " + portName(w) + ", the header's " + portName(g) + ".",
			start: g.portStart, end: g.end,
		}
		if g.port == "" {
			d.start = g.end
		}
		return d
	}
	d := gap{
		title: allowOrigin + " names another origin",
		why:   "The page is on " + quote(want) + ", the header names " + quote(got) + ".",
		start: g.hostStart, end: g.hostStart + len(g.host),
	}
	gotHost, wantHost := strings.ToLower(g.host), w.host
	switch {
	case loopback(gotHost) && loopback(wantHost):
		d.title = allowOrigin + " names " + plain(g.host) + ", the page is on " + plain(w.host)
		d.why = "Both are this machine, but they are two hosts, and so two origins."
		d.fix = "Open the page under the host that is allowed, or allow both."
	case "www."+gotHost == wantHost || gotHost == "www."+wantHost:
		d.title = allowOrigin + " differs by www"
		d.why = "With and without www are two hosts, and so two origins."
	case strings.HasSuffix(wantHost, "."+gotHost):
		d.title = allowOrigin + " names the parent domain"
		d.why = "An origin does not cover its subdomains."
	}
	return d
}

// notAnOrigin recognizes values that are no origin at all.
func notAnOrigin(got, want string) (gap, bool) {
	entire := gap{start: 0, end: len(got)}
	odd := strings.IndexFunc(got, func(r rune) bool { return r <= ' ' || r >= 0x7F })
	exact := "Send the page's origin exactly as the Origin header has it."
	switch {
	case got == "":
		entire.title = allowOrigin + " is empty"
		entire.why = "An empty value is compared like any other. Often a variable was never set."
		entire.fix = exact
	case got == "null":
		return gap{}, false
	case odd >= 0:
		entire.title = allowOrigin + " has a byte that no origin has: " + quote(got[odd:odd+1])
		entire.why = "An origin is printable ASCII, without spaces. The comparison is byte for byte."
		entire.fix = exact
		entire.start, entire.end = odd, odd+1
	case (got[0] == '"' || got[0] == '\'') && len(got) > 1:
		entire.title = allowOrigin + " has quotation marks"
		entire.why = "They count as part of the value."
		entire.fix = "Send the value without them."
		entire.end = 1
	case strings.HasPrefix(got, "$") || strings.HasPrefix(got, "{") || strings.HasPrefix(got, "%{"):
		entire.title = allowOrigin + " is a variable that nothing replaced"
		entire.why = "The server sent the name of a variable instead of its value."
		entire.fix = exact
	case got[0] == '^' || strings.Contains(got, `\.`) || got[len(got)-1] == '$' || strings.ContainsAny(got, "(|"):
		entire.title = allowOrigin + " is a pattern"
		entire.why = "A browser does not match patterns: it compares byte for byte."
		entire.fix = "Match the pattern against the request's Origin in the server, and send the origin that matched, with Vary: Origin."
	case strings.Contains(got, "*"):
		at := strings.IndexByte(got, '*')
		entire.title = allowOrigin + " has a \"*\" inside"
		entire.why = "Only \"*\" alone is a wildcard. There is none for subdomains, ports or schemes."
		entire.fix = "Match the pattern against the request's Origin in the server, and send the origin that matched, with Vary: Origin."
		entire.start, entire.end = at, at+1
	case !strings.Contains(got, "://"):
		entire.title = allowOrigin + " has no scheme"
		entire.why = "An origin starts with a scheme, as in " + quote(want) + "."
		entire.fix = exact
	default:
		return gap{}, false
	}
	return entire, true
}

// tail says what follows an origin that would be right without it.
func tail(got string, end int) gap {
	d := gap{
		title: allowOrigin + " has a path",
		why:   "An origin ends after host and port. The comparison is byte for byte.",
		fix:   "Leave out what is underlined.",
		start: end, end: len(got),
	}
	if got[end:] == "/" {
		d.title = allowOrigin + " ends with a slash"
		d.why = "An origin has no slash at the end. The comparison is byte for byte."
		d.fix = "Leave the slash out."
	}
	return d
}

// parts are the pieces of a value that looks like an origin, with their places in it.
type parts struct {
	scheme, host, port        string
	hostStart, portStart, end int
}

// cut takes a value apart without judging it. end is where the authority ends; portStart is the colon's place.
func cut(s string) parts {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return parts{end: len(s), portStart: len(s)}
	}
	p := parts{scheme: scheme, hostStart: len(scheme) + 3}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[:i]
	}
	p.end = p.hostStart + len(rest)
	p.host, p.portStart = rest, p.end
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.Contains(rest[i:], "]") {
		p.host, p.port, p.portStart = rest[:i], rest[i+1:], p.hostStart+i
	}
	return p
}

func defaultPort(scheme string) string {
	switch strings.ToLower(scheme) {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}

// effectivePort reports whether the two ports are the same, or each its scheme's default.
func effectivePort(g, w parts) bool {
	isDefault := func(p parts) bool { return p.port == "" || p.port == defaultPort(p.scheme) }
	return g.port == w.port || isDefault(g) && isDefault(w)
}

func portName(p parts) string {
	if p.port == "" {
		if d := defaultPort(p.scheme); d != "" {
			return "the default, " + d
		}
		return "the default"
	}
	return plain(p.port)
}

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "[::1]"
}

// caseGap is the range in which a and b, of equal length, differ.
func caseGap(a, b string) (start, end int) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			if end == 0 {
				start = i
			}
			end = i + 1
		}
	}
	return start, end
}
