package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nlnwa/whatwg-url/url"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// defaultTimeout bounds a check unless --timeout says otherwise. maxTimeout keeps a mistyped one from lasting for ever.
const (
	defaultTimeout = 30 * time.Second
	maxTimeout     = 24 * time.Hour
)

// maxHeaders and maxHeaderBytes bound the author's headers: more than any server reads.
const (
	maxHeaders     = 1000
	maxHeaderBytes = 1 << 20
)

// settle judges what was asked and makes options of it. Every error is a [*usageError].
func settle(a asked, f *files) (checkOptions, error) {
	s := settling{asked: a, files: f}
	s.out.Notes = a.notes
	for _, step := range []func() error{
		s.address, s.browserHeaders, s.authorization, s.modes, s.bodyAndMethod, s.pageOrigin, s.page, s.authorHeaders,
		s.credentialsAndCookies, s.combinations, s.connection,
	} {
		if err := step(); err != nil {
			return checkOptions{}, err
		}
	}
	return s.out, nil
}

// settling is the work of [settle]: the steps below fill out from asked, in the order in which they stand.
type settling struct {
	asked
	files *files
	out   checkOptions
	// target and targetOrigin are the URL, parsed.
	target       *url.Url
	targetOrigin origin.Origin
	// originHeader and refererHeader were given as headers.
	originHeader, refererHeader string
}

func (s *settling) note(text string) { s.out.Notes = append(s.out.Notes, escapeControls(text)) }

// address parses the URL.
func (s *settling) address() error {
	u, err := parseTarget(s.url, s.origin)
	if err != nil {
		return err
	}
	s.target, s.targetOrigin = u, origin.OfURL(u)
	s.out.Request.URL = u.Href(false)
	return nil
}

// parseTarget parses the URL of a check. pageOrigin is what a relative one, as pasted code has it, is resolved against.
func parseTarget(raw, pageOrigin string) (*url.Url, error) {
	trimmed := strings.TrimSpace(raw)
	if trimmed == "" {
		return nil, &usageError{Problem: "no URL", Hint: "write the address to ask, as https://api.example/items"}
	}
	if len(trimmed) > maxPaste {
		return nil, &usageError{Flag: "URL", Value: raw, Problem: "is longer than 1 MiB"}
	}
	if strings.HasPrefix(trimmed, "/") && !strings.HasPrefix(trimmed, "//") {
		if pageOrigin == "" || pageOrigin == "null" {
			return nil, &usageError{Flag: "URL", Value: raw, Problem: "is relative", Hint: "write it whole, or name the page with --origin"}
		}
		trimmed = strings.TrimSuffix(pageOrigin, "/") + trimmed
	}
	u, err := url.Parse(trimmed)
	switch {
	case err == nil && (u.Scheme() == "http" || u.Scheme() == "https"):
	case err == nil && slices.Contains([]string{"ws", "wss"}, u.Scheme()):
		return nil, &usageError{
			Flag: "URL", Value: raw, Problem: "is a WebSocket's, and CORS does not apply to WebSockets",
			Hint: "the server has to check Origin itself",
		}
	case err == nil && slices.Contains([]string{"about", "blob", "data", "file", "ftp", "javascript", "mailto"}, u.Scheme()):
		return nil, &usageError{
			Flag: "URL", Value: raw, Problem: "has the scheme " + u.Scheme() + ", and CORS is for http and https",
			Hint: "write an http:// or https:// address",
		}
	default:
		// Without a scheme, "localhost:8080" is a URL of the scheme localhost, and "api.example" is none.
		if guess := guessScheme(trimmed); guess != "" {
			return nil, &usageError{Flag: "URL", Value: raw, Problem: "has no scheme", Hint: "did you mean " + guess + "?"}
		}
		return nil, &usageError{Flag: "URL", Value: raw, Problem: "cannot be parsed as a URL", Hint: "write it as https://api.example/items"}
	}
	if u.Username() != "" || u.Password() != "" {
		return nil, &usageError{
			Flag: "URL", Value: u.Scheme() + "://" + u.Host(), Problem: "holds a user name or password, which fetch() refuses",
			Hint: "leave it out and use -u user:password, or -H 'Authorization: …'",
		}
	}
	return u, nil
}

// guessScheme puts the scheme before an address that lacks one: http for loopback, else https. It returns "" for what is no address
// even then.
func guessScheme(s string) string {
	s = strings.TrimLeft(s, "/")
	u, err := url.Parse("https://" + s)
	if err != nil || u.Hostname() == "" || strings.Contains(s, "://") {
		return ""
	}
	if isLoopback(u.Hostname()) {
		return "http://" + s
	}
	return "https://" + s
}

// isLoopback reports whether a URL's host names this machine: 127.0.0.0/8, [::1], localhost and the names below it.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(bareHost(host)), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return isLoopbackName(host)
}

// isLoopbackName reports whether a name is localhost or below it, which browsers never ask DNS for.
//
// https://www.rfc-editor.org/rfc/rfc6761#section-6.3
func isLoopbackName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// browserHeaders takes out of the headers those that become options, and those that only a browser may set.
func (s *settling) browserHeaders() error {
	if len(s.headers) > maxHeaders {
		return &usageError{Flag: "--header", Problem: "more than " + strconv.Itoa(maxHeaders) + " headers"}
	}
	var kept []fetch.Field
	var dropped []string
	total := 0
	for _, h := range s.headers {
		h.Value = header.Normalize(h.Value)
		if err := checkField(h); err != nil {
			return err
		}
		if total += len(h.Name) + len(h.Value); total > maxHeaderBytes {
			return &usageError{Flag: "--header", Value: h.Name, Problem: "the headers are longer than 1 MiB together"}
		}
		switch name := strings.ToLower(h.Name); {
		case name == "origin":
			s.originHeader = h.Value
		case name == "referer":
			s.refererHeader = h.Value
		case name == "cookie":
			s.cookies = append(s.cookies, h.Value)
		case name == "host":
			s.note("Host: " + h.Value + " is left out, for a browser makes it from the URL. " +
				"To reach another server under a name, use --resolve or --connect-to.")
		case header.ForbiddenRequestHeader(h.Name, h.Value):
			dropped = append(dropped, h.Name)
		default:
			kept = append(kept, h)
		}
	}
	s.headers = kept
	if len(dropped) > 0 {
		s.note("Left out, because only a browser itself may set them: " + strings.Join(dropped, ", ") + ".")
	}
	return nil
}

func checkField(h fetch.Field) error {
	switch {
	case !header.ValidName(h.Name):
		return &usageError{
			Flag: "--header", Value: h.Name, Problem: "is no header name",
			Hint: "letters, digits and !#$%&'*+-.^_`|~ only, as -H 'X-Name: value'",
		}
	case !header.ValidValue(h.Value):
		return &usageError{Flag: "--header", Value: h.Name + ": " + h.Value, Problem: "holds a NUL, CR or LF, which no header value may"}
	}
	return nil
}

// authorization makes the header of -u and --oauth2-bearer.
func (s *settling) authorization() error {
	var value, flag string
	switch {
	case s.bearer != "":
		value, flag = "Bearer "+s.bearer, "--oauth2-bearer"
	case s.user != "":
		user := s.user
		if !strings.Contains(user, ":") {
			user += ":"
			s.note("-u without a password sends an empty one.")
		}
		value, flag = "Basic "+base64.StdEncoding.EncodeToString([]byte(user)), "-u"
	default:
		return nil
	}
	if s.hasName("Authorization") {
		s.note(flag + " is left out: an Authorization header is given, and it counts in curl too.")
		return nil
	}
	h := fetch.Field{Name: "Authorization", Value: value}
	if err := checkField(h); err != nil {
		return &usageError{Flag: flag, Value: cmp.Or(s.bearer, s.user), Problem: "holds a character that no header may"}
	}
	s.headers = append(s.headers, h)
	s.note(flag + " becomes an Authorization header that the page sets, and cross-origin that takes a preflight. " +
		"A browser's own log-in dialog would not.")
	return nil
}

// choice returns value as one of the known words, or a usage error that lists them. Empty means the first.
func choice[T ~string](flag, value string, known ...T) (T, error) {
	if value == "" {
		return known[0], nil
	}
	for _, k := range known {
		if string(k) == value {
			return k, nil
		}
	}
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	last := len(words) - 1
	return "", &usageError{
		Flag: flag, Value: value, Problem: "not one of the known words",
		Hint: "write " + strings.Join(words[:last], ", ") + " or " + words[last],
	}
}

// forcedPreflight is the word for the mode that the standard calls cors with the use-CORS-preflight flag set.
const forcedPreflight fetch.Mode = "cors-with-forced-preflight"

// modes settles mode, credentials, redirect, cache, referrer policy and what forces a preflight.
func (s *settling) modes() (err error) {
	r := &s.out.Request
	if s.mode == "websocket" {
		return &usageError{Flag: s.pasted, Problem: "this is a WebSocket's handshake, and CORS does not apply to it"}
	}
	if r.Mode, err = choice("--mode", s.mode, fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin, fetch.ModeNavigate,
		forcedPreflight); err != nil {
		return err
	}
	if r.Mode == forcedPreflight {
		r.Mode, r.UseCORSPreflight = fetch.ModeCORS, true
	}
	r.UseCORSPreflight = r.UseCORSPreflight || s.uploadListener
	initial := fetch.CredentialsSameOrigin
	if r.Mode == fetch.ModeNavigate {
		// A navigation always carries the cookies of the place it goes to.
		initial = fetch.CredentialsInclude
	}
	if s.credentials == "" {
		s.credentials = string(initial)
	}
	if r.Credentials, err = choice("--credentials", s.credentials, fetch.CredentialsOmit, fetch.CredentialsSameOrigin,
		fetch.CredentialsInclude); err != nil {
		return err
	}
	if r.Redirect, err = choice("--redirect", s.redirect, fetch.RedirectFollow, fetch.RedirectError, fetch.RedirectManual); err != nil {
		return err
	}
	if r.Cache, err = choice("cache", s.cache, fetch.CacheDefault, fetch.CacheNoStore, fetch.CacheReload, fetch.CacheNoCache,
		fetch.CacheForceCache, fetch.CacheOnlyIfCached); err != nil {
		return err
	}
	if s.referrerPolicy != "" {
		if r.ReferrerPolicy, err = choice("referrerPolicy", s.referrerPolicy, fetch.StrictOriginWhenCrossOrigin, fetch.NoReferrer,
			fetch.NoReferrerWhenDowngrade, fetch.SameOriginReferrer, fetch.OriginReferrer, fetch.StrictOrigin,
			fetch.OriginWhenCrossOrigin, fetch.UnsafeURL); err != nil {
			return err
		}
	}
	r.Destination, r.Keepalive = s.destination, s.keepalive
	return nil
}

// bodyAndMethod makes the body, and from it the method, as curl does.
func (s *settling) bodyAndMethod() error {
	r := &s.out.Request
	if err := s.readBody(); err != nil {
		return err
	}
	r.Method = "GET"
	if r.Body != nil {
		r.Method = "POST"
	}
	if s.head {
		r.Method = "HEAD"
	}
	if s.method != "" {
		r.Method = s.method
	}
	if !header.ValidMethod(r.Method) {
		return &usageError{Flag: "--method", Value: r.Method, Problem: "is no HTTP method", Hint: "write one word, as PUT"}
	}
	if header.ForbiddenMethod(r.Method) {
		return &usageError{
			Flag: "--method", Value: r.Method, Problem: "is forbidden: no page can send CONNECT, TRACE or TRACK",
			Hint: "fetch() throws a TypeError; choose another method",
		}
	}
	r.Method = header.NormalizeMethod(r.Method)
	if bodyless := r.Method == "GET" || r.Method == "HEAD"; r.Body != nil && bodyless {
		if s.stream {
			return &usageError{Flag: "--stream", Problem: "a " + r.Method + " cannot have a body", Hint: "use POST, PUT or PATCH with --stream"}
		}
		hint := "use -G to put the data into the URL, or another method"
		return &usageError{Flag: "--data", Problem: "a page cannot send a body with " + r.Method + ": fetch() throws a TypeError", Hint: hint}
	} else if s.stream && bodyless {
		return &usageError{Flag: "--stream", Problem: "a " + r.Method + " has no body to stream", Hint: "add -X POST and -d, or leave it out"}
	} else if s.stream && r.Body == nil {
		return &usageError{Flag: "--stream", Problem: "there is no body to stream", Hint: "add -d"}
	}
	if s.stream {
		// A stream's type is never known, so the page must have named it.
		if r.Body.Type != "" && !s.hasName("Content-Type") {
			s.headers = append(s.headers, fetch.Field{Name: "Content-Type", Value: r.Body.Type})
		}
		r.Body = &fetch.Body{Stream: bytes.NewReader(r.Body.Source)}
		s.note("--stream: Chromium streams a body over HTTP/2 or HTTP/3 only, and Firefox and Safari do not stream one at all.")
	}
	return nil
}

// readBody reads the body, or with -G adds it to the URL.
func (s *settling) readBody() error {
	r := &s.out.Request
	if s.data == nil {
		r.Body = s.body
		return nil
	}
	text, err := joinData(s.data, s.files)
	if err != nil {
		return err
	}
	if s.get {
		if query := s.target.Query(); query != "" || strings.HasSuffix(s.target.Href(true), "?") {
			text = query + "&" + text
		}
		s.target.SetSearch(text)
		r.URL = s.target.Href(false)
		return nil
	}
	r.Body = &fetch.Body{Source: []byte(text), Type: formType}
	if slices.ContainsFunc(s.data, func(p dataPiece) bool { return p.kind == dataJSON }) {
		r.Body.Type = "application/json"
		if !s.hasName("Accept") {
			s.headers = append(s.headers, fetch.Field{Name: "Accept", Value: "application/json"})
		}
	}
	if slices.ContainsFunc(s.removed, func(name string) bool { return strings.EqualFold(name, "Content-Type") }) {
		r.Body.Type = ""
	}
	return nil
}

// pageOrigin decides whose page asks.
func (s *settling) pageOrigin() error {
	text, from := s.origin, "--origin"
	var err error
	switch {
	case text != "":
		if s.originHeader != "" && s.originHeader != text {
			s.note("--origin " + text + " is used, not the header Origin: " + s.originHeader + ".")
		}
	case s.originHeader != "":
		text, from = s.originHeader, "the Origin header"
	case s.fetchSite == "same-origin":
		text, from = s.targetOrigin.String(), "Sec-Fetch-Site: same-origin"
		s.note("Sec-Fetch-Site says that the request was made by a page of the same origin, so that CORS does not apply. " +
			"Name another page with --origin.")
	case s.refererOrigin() != "":
		text, from = s.refererOrigin(), "the Referer"
	default:
		text, from = defaultOrigin(s.target, s.targetOrigin)
	}
	s.out.OriginFrom = from
	if s.out.Request.Client.Origin, err = origin.Parse(text); err != nil {
		return originError(from, text, err)
	}
	return nil
}

// originError makes a usage error of what package origin finds.
func originError(from, text string, err error) error {
	e := &usageError{
		Flag: from, Value: text, Problem: "is no origin",
		Hint: "write scheme, host and port if need be, as https://app.example or http://localhost:3000",
	}
	var parse *origin.ParseError
	if errors.As(err, &parse) && parse.Hint != "" {
		e.Problem += " (" + strings.ReplaceAll(string(parse.Problem), "-", " ") + ")"
		e.Hint = parse.Hint
	}
	return e
}

// refererOrigin returns the origin of the referrer, or "".
func (s *settling) refererOrigin() string {
	o, err := origin.ParseURL(cmp.Or(s.referer, s.refererHeader))
	if err != nil || o.IsOpaque() {
		return ""
	}
	return o.String()
}

// defaultOrigin chooses a page when nobody named one: the usual development server for a target on this machine, else an example that is
// on another site. It has the target's scheme, so that mixed content does not come in the way of what is asked.
func defaultOrigin(target *url.Url, targetOrigin origin.Origin) (text, from string) {
	candidates, from := []string{"http://localhost:3000", "http://localhost:5173"}, "the default for a loopback target"
	if !isLoopback(target.Hostname()) {
		candidates = []string{target.Scheme() + "://app.example", target.Scheme() + "://page.example"}
		from = "the default, a made-up page on another site"
	}
	if o, err := origin.Parse(candidates[0]); err == nil && origin.SameOrigin(o, targetOrigin) {
		return candidates[1], from
	}
	return candidates[0], from
}

// page settles the page's address and so its referrer.
func (s *settling) page() error {
	referer := cmp.Or(s.referer, s.refererHeader)
	// curl's ";auto" asks for a new referrer after a redirect, which a browser never makes.
	referer = strings.TrimSuffix(referer, ";auto")
	if referer == "" || referer == "about:client" {
		return nil
	}
	r := &s.out.Request
	if referer == "no-referrer" {
		r.Referrer = referer
		return nil
	}
	o, err := origin.ParseURL(referer)
	switch {
	case err != nil:
		return &usageError{
			Flag: "--referer", Value: referer, Problem: "is no absolute URL",
			Hint: "write the page's address, as https://app.example/page",
		}
	case !origin.SameOrigin(o, r.Client.Origin):
		s.note("Referer: " + referer + " is left out: it is not on the page's origin " + r.Client.Origin.String() +
			", and a page can name no other.")
	default:
		r.Client.URL = referer
	}
	return nil
}

// authorHeaders settles the page's own headers.
func (s *settling) authorHeaders() error {
	s.out.Request.Header = s.headers
	s.out.UserAgent = s.userAgent
	if s.userAgent != "" && !header.ValidValue(s.userAgent) {
		return &usageError{Flag: "--user-agent", Value: s.userAgent, Problem: "holds a NUL, CR or LF, or a space at its end"}
	}
	return nil
}

// credentialsAndCookies splits the cookies and says when they will stay at home.
func (s *settling) credentialsAndCookies() error {
	for _, line := range s.cookies {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.Trim(pair, " \t")
			if pair == "" {
				continue
			}
			if !strings.Contains(pair, "=") {
				return &usageError{
					Flag: "--cookie", Value: pair, Problem: "is no name=value pair",
					Hint: "files of cookies are not read; write --cookie 'a=1; b=2'",
				}
			}
			if !header.ValidValue(pair) {
				return &usageError{Flag: "--cookie", Value: pair, Problem: "holds a NUL, CR or LF"}
			}
			s.out.Cookies = append(s.out.Cookies, pair)
		}
	}
	if len(s.out.Cookies) > maxHeaders {
		return &usageError{Flag: "--cookie", Problem: "more than " + strconv.Itoa(maxHeaders) + " cookies"}
	}
	r := &s.out.Request
	crossOrigin := !origin.SameOrigin(r.Client.Origin, s.targetOrigin)
	if len(s.out.Cookies) > 0 && (r.Credentials == fetch.CredentialsOmit || r.Credentials == fetch.CredentialsSameOrigin && crossOrigin) {
		s.note("The cookies will not be sent: credentials mode " + string(r.Credentials) + " keeps them back here. " +
			"Add --credentials to send them.")
	}
	return nil
}

// combinations judges what only together is wrong.
func (s *settling) combinations() error {
	r := &s.out.Request
	switch {
	case r.Mode == fetch.ModeNoCORS && !header.SafelistedMethod(r.Method):
		return &usageError{
			Flag: "--mode", Value: string(r.Mode), Problem: "a no-cors request can only be GET, HEAD or POST, not " + r.Method,
			Hint: "fetch() throws a TypeError; use --mode cors",
		}
	case r.Mode == fetch.ModeNoCORS && r.Body != nil && r.Body.Stream != nil:
		return &usageError{Flag: "--stream", Problem: "a streamed body needs mode cors or same-origin", Hint: "leave out --mode no-cors"}
	case r.Mode == fetch.ModeNavigate && r.Method != "GET" && r.Method != "POST":
		return &usageError{
			Flag: "--mode", Value: string(r.Mode), Problem: "a navigation is a GET or, by a form, a POST, not " + r.Method,
			Hint: "use --mode cors",
		}
	case r.Mode == fetch.ModeNavigate && r.Body != nil && r.Body.Stream != nil:
		return &usageError{Flag: "--stream", Problem: "a navigation cannot stream a body", Hint: "leave out --mode navigate"}
	case r.Mode != fetch.ModeCORS && r.UseCORSPreflight:
		return &usageError{
			Flag: "--upload-listener", Problem: "only a request of mode cors can have a preflight",
			Hint: "leave out --mode " + string(r.Mode),
		}
	case r.Cache == fetch.CacheOnlyIfCached && r.Mode != fetch.ModeSameOrigin:
		return &usageError{Flag: "cache", Value: string(r.Cache), Problem: "needs --mode same-origin", Hint: "fetch() throws a TypeError"}
	}
	if r.Mode == fetch.ModeNavigate {
		s.dropNavigationHeaders()
	}
	return nil
}

// dropNavigationHeaders leaves the headers out that no link and no form can set.
func (s *settling) dropNavigationHeaders() {
	r := &s.out.Request
	var kept []fetch.Field
	var dropped []string
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, "Content-Type") || strings.HasPrefix(strings.ToLower(h.Name), "accept") {
			kept = append(kept, h)
		} else {
			dropped = append(dropped, h.Name)
		}
	}
	r.Header = kept
	if len(dropped) > 0 {
		s.note("Left out, because a page cannot set headers on a navigation: " + strings.Join(dropped, ", ") + ".")
	}
}
