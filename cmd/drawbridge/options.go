package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// checkOptions is what a command line asks for, judged and ready to run: data only, nothing that needs closing.
type checkOptions struct {
	// Request is what the page asks for. Its URL is absolute and serialized, its Mode and Credentials are never empty, and its
	// Client.Origin is set. Header holds no header that only a browser may set.
	Request fetch.Request
	// Profiles are the browsers whose verdict is asked for; empty means Chromium, Firefox and WebKit.
	Profiles []fetch.Profile
	// Repeat is how often the request is made, one after the other by one browser with one preflight cache; the verdict is that
	// of the last. Zero means once.
	Repeat int
	// OriginFrom says where the page's origin comes from: a flag's name, "pasted Origin header", …, or, for the default, a
	// sentence's end such as "the default for a loopback target".
	OriginFrom string
	// BlockThirdParty keeps cookies of other sites than the page's back.
	BlockThirdParty bool
	// Cookies are the pairs that the browser holds for the target, "name=value" each.
	Cookies []string
	// UserAgent replaces what the browser says of itself; empty means its own.
	UserAgent string

	// Insecure accepts any certificate. RootCAs, if not nil, replaces the system's. Certificates holds the client's.
	Insecure     bool
	RootCAs      *x509.CertPool
	Certificates []tls.Certificate
	// Network says which addresses names have. See [network.route].
	Network network
	// HTTPVersion is "1.1", "2", or empty for what the server prefers.
	HTTPVersion string
	// Timeout bounds the whole check. It is never zero.
	Timeout time.Duration

	// Format is "text" or "json", Color "auto", "always" or "never".
	Format, Color string
	// ASCII keeps output free of other characters. Verbose shows every header line.
	ASCII, Verbose bool
	// ProbeActual allows to send a request that a browser would not send, to learn what the server would have said.
	ProbeActual bool

	// Notes are sentences about the command line that its reader should know: what was left out, and what was assumed.
	Notes []string
}

// The verdicts of a checkResult.
const (
	// verdictAllowed: script gets the response.
	verdictAllowed = "allowed"
	// verdictOpaque: the request goes through, and script sees nothing of the response.
	verdictOpaque = "opaque"
	// verdictBlocked: a rule of the browser ended it.
	verdictBlocked = "blocked"
	// verdictUnknown: nobody can tell.
	verdictUnknown = "unknown"
)

// checkResult is the outcome of one check, for those who do not want the report.
type checkResult struct {
	// Verdict is one of the verdict constants.
	Verdict string
	// Reason is the code of a refusal, Class where to look for the cure. Both are empty for verdictAllowed and verdictOpaque.
	Reason, Class string
	// Summary is one line for people.
	Summary string
}

// What does checks: a reportFunc writes a report and returns the exit status, a judgeFunc is for the outcome alone.
type (
	reportFunc func(ctx context.Context, o checkOptions, stdout, stderr io.Writer) int
	judgeFunc  func(ctx context.Context, o checkOptions) checkResult
)

// asked is what flags or a pasted command say, as they say it. Nothing in it has been judged but its syntax. A nil or empty member
// means that nothing was said.
type asked struct {
	url    string
	method string
	// headers are the lines to send in order; removed the names of which curl was told to send nothing.
	headers []fetch.Field
	removed []string
	// data are the pieces of a body, which method and Content-Type follow as in curl. body is a whole body instead.
	data []dataPiece
	body *fetch.Body
	// get moves the data into the URL, head makes it a HEAD.
	get, head bool

	origin, mode, credentials, redirect, cache string
	referer, referrerPolicy, destination       string
	cookies                                    []string
	userAgent, user, bearer                    string
	uploadListener, stream, keepalive          bool

	insecure                      bool
	cert, key, passphrase, caCert string
	resolve, connectTo            []string
	httpVersion, timeout          string

	// pasted is the flag that a pasted command came by, fetchSite the Sec-Fetch-Site that was in it.
	pasted, fetchSite string

	notes []string
}

func (a *asked) note(s string) { a.notes = append(a.notes, escapeControls(s)) }

// escapeControls keeps characters of a paste that would drive a terminal from doing so.
func escapeControls(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) || r == ' ' {
			b.WriteRune(r)
		} else {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// over lays flags over a pasted command: what a flag says wins, a header replaces those of the same name, and a body replaces a body.
func (a *asked) over(pasted asked) asked {
	r := pasted
	for _, m := range []struct {
		to   *string
		from string
	}{
		{&r.url, a.url}, {&r.method, a.method}, {&r.origin, a.origin}, {&r.mode, a.mode}, {&r.credentials, a.credentials},
		{&r.redirect, a.redirect}, {&r.cache, a.cache}, {&r.referer, a.referer}, {&r.referrerPolicy, a.referrerPolicy},
		{&r.destination, a.destination}, {&r.userAgent, a.userAgent}, {&r.user, a.user}, {&r.bearer, a.bearer}, {&r.cert, a.cert},
		{&r.key, a.key}, {&r.passphrase, a.passphrase}, {&r.caCert, a.caCert}, {&r.httpVersion, a.httpVersion}, {&r.timeout, a.timeout},
	} {
		if m.from != "" {
			*m.to = m.from
		}
	}
	for _, m := range []struct {
		to   *bool
		from bool
	}{
		{&r.get, a.get}, {&r.head, a.head}, {&r.uploadListener, a.uploadListener}, {&r.stream, a.stream},
		{&r.keepalive, a.keepalive}, {&r.insecure, a.insecure},
	} {
		*m.to = *m.to || m.from
	}
	// A method and -I are two ways to say one thing, so the flag's wins over the paste's.
	if a.method != "" && !a.head {
		r.head = false
	} else if a.head && a.method == "" {
		r.method = ""
	}
	for _, f := range a.headers {
		r.removeHeader(f.Name)
		if strings.EqualFold(f.Name, "Cookie") {
			r.cookies = nil
		}
	}
	for _, name := range a.removed {
		r.removeHeader(name)
	}
	r.headers = append(r.headers, a.headers...)
	r.removed = append(r.removed, a.removed...)
	if a.data != nil {
		r.data, r.body = a.data, nil
	}
	if a.cookies != nil {
		r.cookies = a.cookies
	}
	r.resolve = append(r.resolve, a.resolve...)
	r.connectTo = append(r.connectTo, a.connectTo...)
	r.notes = append(r.notes, a.notes...)
	return r
}

// removeHeader removes all lines of a header.
func (a *asked) removeHeader(name string) {
	a.headers = slices.DeleteFunc(slices.Clone(a.headers), func(h fetch.Field) bool { return strings.EqualFold(h.Name, name) })
}

// hasName reports whether a header is given.
func (a *asked) hasName(name string) bool {
	return slices.ContainsFunc(a.headers, func(h fetch.Field) bool { return strings.EqualFold(h.Name, name) })
}
