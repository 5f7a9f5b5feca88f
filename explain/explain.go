package explain

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

const (
	allowOrigin      = header.AccessControlAllowOrigin
	allowCredentials = header.AccessControlAllowCredentials
	allowMethods     = header.AccessControlAllowMethods
	allowHeaders     = header.AccessControlAllowHeaders
	exposeHeaders    = header.AccessControlExposeHeaders
)

// An Option gives [Explain] something that is not in the trace.
type Option func(*builder)

// WithProbe adds an exchange that no browser would have made: the request that a failed preflight forbade, sent all the same to
// find out whether the API itself works. It changes no verdict.
func WithProbe(x fetch.Exchange) Option {
	return func(b *builder) { b.probe = &x }
}

// WithNotes adds remarks of the caller's, such as how it understood its input. They come first and have the code "input".
func WithNotes(texts ...string) Option {
	return func(b *builder) {
		for _, t := range texts {
			b.note("input", Remark, whole(t))
		}
	}
}

// WithOriginFrom tells where the page's origin comes from, if nobody named it: the end of a sentence, such as "the default for a
// loopback target".
func WithOriginFrom(text string) Option {
	return func(b *builder) { b.originFrom = whole(text) }
}

// ErrBodyLimit is what [WithBody] takes if the caller stopped reading at a limit of its own.
var ErrBodyLimit = errors.New("explain: stopped at the caller's limit")

// WithBody tells how far the body of an allowed response could be read: size bytes, and the error that ended it. A nil error means
// that it was all there, [ErrBodyLimit] that the caller stopped on purpose. It changes no verdict: script has the response by then.
func WithBody(size int64, err error) Option {
	return func(b *builder) { b.body = &bodyRead{size, err} }
}

type bodyRead struct {
	size int64
	err  error
}

// WithStandard adds the trace that the standard to the letter ([fetch.Standard]) makes of the same exchanges, for a report on what
// browsers do. It fills Report.Standard, and changes nothing else.
func WithStandard(events []fetch.Event) Option {
	return func(b *builder) { b.standard = events }
}

// WithBrowsers adds what single browsers make of the same exchanges. Where they part, a note says so.
func WithBrowsers(outcomes ...BrowserOutcome) Option {
	return func(b *builder) { b.report.Browsers = append(b.report.Browsers, outcomes...) }
}

// Explain reads a trace, in the order in which [fetch.WithTrace] delivered it, and says what happened, what script gets, and if it
// gets nothing why, and what would help.
//
// It takes any slice of events: of a trace that breaks off it says that the verdict is unknown, and it never panics. It keeps no
// reference to events or to what they point to, and is safe for concurrent use as long as nobody changes them.
func Explain(events []fetch.Event, options ...Option) Report {
	b := &builder{
		report: Report{
			Schema: Schema, Verdict: Unknown,
			Request: Request{Headers: []Header{}}, Steps: []Step{}, Exchanges: []Exchange{}, Failures: []Failure{}, Notes: []Note{},
		},
		merged: map[mergeKey]int{},
		branch: -1, preflightNeeded: -1, preflight: -1, request: -1,
	}
	for _, o := range options {
		o(b)
	}
	for _, e := range events {
		b.event(e)
	}
	return b.finish()
}

// A builder walks through a trace once and then writes the sentences, which need what came later too.
type builder struct {
	report Report
	// What the options brought.
	probe    *fetch.Exchange
	body     *bodyRead
	standard []fetch.Event
	// originFrom says where the page's origin comes from.
	originFrom string

	// What holds at this point of the trace.
	info        fetch.RequestInfo
	method      string
	wireOrigin  string // as the Origin header has it: "null" once redirects have tainted it
	tainted     bool
	tainting    string
	url         string
	hop         int
	sent        bool // the request of this hop, not its preflight
	httpCached  bool // the response of this hop was stored by an earlier request
	credentials *fetch.Event
	// Indices of the steps of this hop that later events add to; -1 if there is none.
	branch, preflightNeeded, preflight, request int
	// The exchanges of this hop.
	preflightExchange, requestExchange *fetch.Exchange

	findings []finding
	merged   map[mergeKey]int
	blocked  *fetch.Event
	response *fetch.Event
	stored   *fetch.Event
}

// A finding is a failed check with what held when it was made.
type finding struct {
	event fetch.Event
	// names are the request headers in question, gathered from several checks.
	names []string
	// pageOrigin is the page's own, wireOrigin as it is sent; they differ after a tainting redirect.
	pageOrigin, wireOrigin string
	tainted                bool
	method, url            string
	mode                   fetch.Mode
	credentials            fetch.CredentialsMode
	preflight              bool
	hop                    int
	// exchange is the one whose response was checked, preflightExchange the preflight before it; nil if there was none.
	exchange, preflightExchange *fetch.Exchange
	first                       bool
}

type mergeKey struct {
	reason    fetch.Reason
	hop       int
	preflight bool
}

func (b *builder) event(e fetch.Event) {
	if e.URL != "" {
		b.url = e.URL
	}
	switch e.Kind {
	case fetch.EventRequest:
		b.onRequest(e)
	case fetch.EventDropped:
		b.note("header-dropped", Remark, "the browser does not send the header "+plain(e.Subject)+": "+droppedWhy(e))
	case fetch.EventBranch:
		b.onBranch(e)
	case fetch.EventUnsafe:
		b.onUnsafe(e)
	case fetch.EventNoPreflight:
		b.preflightNeeded = b.step(Step{
			ID: StepPreflightNeeded, Status: Pass, Title: "no preflight: " + plain(cmp.Or(e.Method, b.method)) + " with safelisted headers only",
			Details: detailNames("safelisted: ", b.authorNames()),
		})
	case fetch.EventCacheHit:
		b.step(Step{
			ID: StepPreflightCache, Status: Pass, Title: "the preflight cache answers: an earlier preflight still counts",
			Details: detailNames("covered: ", e.Names),
		})
	case fetch.EventCacheStore:
		b.onStore(e)
	case fetch.EventHTTPCacheHit:
		b.onHTTPCacheHit(e)
	case fetch.EventHTTPCacheValidated:
		b.onHTTPCacheValidated(e)
	case fetch.EventHTTPCacheStore:
		b.onHTTPCacheStore(e)
	case fetch.EventCredentials:
		b.credentials = &e
	case fetch.EventExchange:
		b.onExchange(e)
	case fetch.EventCheck:
		b.onCheck(e)
	case fetch.EventRedirect:
		b.onRedirect(e)
	case fetch.EventResponse:
		b.response = &e
	case fetch.EventBlocked:
		b.blocked = &e
	}
}

// step appends a step and returns its index.
func (b *builder) step(s Step) int {
	s.N, s.Hop = len(b.report.Steps)+1, b.hop
	if s.Checks == nil {
		s.Checks = []Check{}
	}
	b.report.Steps = append(b.report.Steps, s)
	return s.N - 1
}

func (b *builder) onRequest(e fetch.Event) {
	if e.Info == nil {
		return
	}
	b.info = *e.Info
	b.method, b.wireOrigin, b.url = e.Info.Method, e.Info.Origin, e.Info.URL
	b.report.Request = Request{
		OriginFrom: b.originFrom,
		Origin:     isomorphic(e.Info.Origin), URL: isomorphic(e.Info.URL), Method: isomorphic(e.Info.Method),
		Mode:        fetch.Mode(isomorphic(string(e.Info.Mode))),
		Credentials: fetch.CredentialsMode(isomorphic(string(e.Info.Credentials))),
		Redirect:    fetch.RedirectMode(isomorphic(string(e.Info.Redirect))),
		Headers:     headers(e.Info.Header), ForcedPreflight: e.Info.ForcedPreflight, HasBody: e.Info.HasBody,
	}
}

// droppedWhy names the rule by which a header does not travel.
func droppedWhy(e fetch.Event) string {
	if e.Algorithm == "forbidden-request-header" {
		return "it is one that only the browser itself may set (forbidden request-header)"
	}
	return "mode no-cors takes only what a form could send"
}

func (b *builder) onBranch(e fetch.Event) {
	b.nextHop(e.Hop)
	b.tainting = e.Tainting
	target, page := whole(e.Got), whole(e.Want)
	s := Step{ID: StepOrigin, Status: Info}
	difference := target + " is not " + page + " (another site)"
	if e.SameSite {
		difference = target + " is not " + page + " (but the same site: SameSite cookies may travel)"
	}
	switch {
	case e.Tainting == "basic" && b.info.Mode == fetch.ModeNavigate:
		s.Title = "a navigation: CORS does not apply"
	case e.Tainting == "basic":
		s.Title = "same origin: CORS does not apply"
		if target == page {
			s.Details = []string{"both are " + page}
		}
	case e.Tainting == "opaque":
		s.Title = "cross-origin, and mode is no-cors: sent unasked, answered unseen"
		s.Details = []string{difference}
	case target == page && target != "":
		s.Title = "back at the page's own origin, but CORS applies"
		s.Details = []string{"a request that has been elsewhere stays a CORS request"}
	default:
		s.Title = "cross-origin: CORS applies"
		s.Details = []string{difference}
	}
	b.branch = b.step(s)
}

func (b *builder) onUnsafe(e fetch.Event) {
	if b.preflightNeeded < 0 {
		b.preflightNeeded = b.step(Step{ID: StepPreflightNeeded, Status: Info, Title: "a preflight is needed"})
	}
	e.Subject = strings.ToLower(e.Subject)
	c := Cause{Subject: clip(e.Subject), Got: clip(e.Got), Text: causeText(e)}
	if e.Unsafe != nil {
		c.Kind = isomorphic(string(e.Unsafe.Kind))
	}
	s := &b.report.Steps[b.preflightNeeded]
	s.Causes = append(s.Causes, c)
}

// authorNames are the names of the headers that the page set.
func (b *builder) authorNames() []string {
	var names []string
	for _, f := range b.info.Header {
		names = append(names, strings.ToLower(f.Name))
	}
	return unique(names)
}

// causeText says why one thing about a request asks for a preflight.
func causeText(e fetch.Event) string {
	switch {
	case e.Subject == "method":
		return "method " + plain(e.Got) + ": only GET, HEAD and POST go without"
	case e.Subject == "upload-listener":
		return "an upload listener: progress events on a request's body always ask for one"
	case e.Subject == "stream":
		return "a streamed body always asks for one"
	case e.Unsafe == nil:
		return "header " + plain(e.Subject)
	}
	return "header " + plain(e.Subject) + ": " + unsafeText(*e.Unsafe)
}

func unsafeText(u header.Unsafe) string {
	switch u.Kind {
	case header.NameNotSafelisted:
		return "not one of Accept, Accept-Language, Content-Language, Content-Type and Range"
	case header.ValueTooLong:
		return count(u.Length, "byte") + ", the limit is " + strconv.Itoa(u.Limit)
	case header.UnsafeByte:
		if u.Offset < 0 || u.Offset >= len(u.Value) {
			return "a byte that does not go without"
		}
		return "byte " + quote(u.Value[u.Offset:u.Offset+1]) + " at offset " + strconv.Itoa(u.Offset) + " does not go without"
	case header.MIMETypeInvalid:
		return quote(u.Value) + " is not a MIME type"
	case header.MIMETypeNotSafelisted:
		return plain(cmp.Or(u.Essence, u.Value)) + " is not one of application/x-www-form-urlencoded, multipart/form-data and text/plain"
	case header.RangeNotSimple:
		return quote(u.Value) + " is not of the form bytes=N- or bytes=N-M"
	case header.TotalTooLong:
		return "the safelisted headers have " + count(u.Length, "byte") + " together, the limit is " + strconv.Itoa(u.Limit)
	}
	return "not safelisted"
}

func (b *builder) onStore(e fetch.Event) {
	b.stored = &e
	if b.preflight < 0 {
		return
	}
	s := &b.report.Steps[b.preflight]
	if !e.OK {
		s.Details = append(s.Details, "not remembered: Access-Control-Max-Age is 0")
		return
	}
	s.Details = append(s.Details, "remembered for "+plain(e.Got)+" s")
}

// onHTTPCacheHit: the checks that follow are made on what is stored. Nothing is sent, so there is no exchange to list.
func (b *builder) onHTTPCacheHit(e fetch.Event) {
	b.hop = e.Hop
	b.fromCache(e)
	b.credentials = nil
	b.request = b.step(Step{
		ID: StepHTTPCache, Status: Pass, Title: "answered from the HTTP cache: nothing is sent",
		Details: []string{"stored by an earlier request, " + plain(e.Got) + " s old"},
	})
}

// onHTTPCacheValidated: the checks that follow are made on what is stored, not on the 304.
func (b *builder) onHTTPCacheValidated(e fetch.Event) {
	b.fromCache(e)
	if b.request >= 0 {
		s := &b.report.Steps[b.request]
		s.Details = append(s.Details, "not modified: what counts is the response in the HTTP cache, with the headers of this one")
	}
}

// fromCache takes what is stored for the response.
func (b *builder) fromCache(e fetch.Event) {
	if e.Exchange != nil {
		b.requestExchange, b.httpCached = e.Exchange, true
	}
}

func (b *builder) onHTTPCacheStore(e fetch.Event) {
	if b.request >= 0 {
		s := &b.report.Steps[b.request]
		s.Details = append(s.Details, "stored in the HTTP cache, fresh for "+plain(e.Got)+" s")
	}
}

func (b *builder) onExchange(e fetch.Event) {
	if e.Exchange == nil {
		return
	}
	b.hop = e.Hop
	x := e.Exchange
	i := b.exchange(*x, false)
	s := Step{ID: StepRequest, Status: Pass, Title: exchangeTitle(x), Exchange: &i, Details: b.credentialsDetails()}
	b.credentials = nil
	if x.Response == nil {
		s.Status = Fail
	}
	if x.Preflight || e.Preflight {
		s.ID = StepPreflight
		b.preflightExchange = x
		b.preflight = b.step(s)
		return
	}
	b.sent = true
	b.requestExchange = x
	b.request = b.step(s)
}

// exchange appends an exchange and returns its index.
func (b *builder) exchange(x fetch.Exchange, probe bool) int {
	out := Exchange{
		Preflight: x.Preflight, Probe: probe, Hop: b.hop,
		Request: ExchangeRequest{
			Method: isomorphic(x.Request.Method), URL: isomorphic(x.Request.URL),
			Headers: headers(x.Request.Header), BodyBytes: x.BodyBytes,
		},
		Error:      Escape(isomorphic(errorText(x.Err))),
		Partial:    partialHead(x.Err),
		DurationMS: float64(x.Duration.Microseconds()) / 1000,
	}
	if r := x.Response; r != nil {
		out.Response = &ExchangeResponse{
			Status: r.Status, StatusText: isomorphic(r.StatusText), Proto: isomorphic(r.Proto), Headers: headers(r.Header),
			RemoteAddr: isomorphic(r.RemoteAddr), TLS: isomorphic(r.TLS),
		}
	}
	b.report.Exchanges = append(b.report.Exchanges, out)
	return len(b.report.Exchanges) - 1
}

// maxPartial is how much is shown of a head that did not arrive whole.
const maxPartial = 1024

// partialHead is what came of a response's head before the transport gave up, if its error knows.
func partialHead(err error) string {
	head, ok := errors.AsType[interface {
		error
		PartialHead() []byte
	}](err)
	if !ok {
		return ""
	}
	partial := head.PartialHead()
	return isomorphic(string(partial[:min(len(partial), maxPartial)]))
}

// exchangeTitle is "PUT https://api.example/items: 200 OK".
func exchangeTitle(x *fetch.Exchange) string {
	title := plain(x.Request.Method) + " " + whole(x.Request.URL) + ": "
	if x.Response == nil {
		return title + "no answer"
	}
	return title + statusText(x.Response)
}

func statusText(r *fetch.HTTPResponse) string {
	if r.StatusText == "" {
		return strconv.Itoa(r.Status)
	}
	return strconv.Itoa(r.Status) + " " + plain(r.StatusText)
}

func (b *builder) credentialsDetails() []string {
	e := b.credentials
	switch {
	case e == nil || e.Preflight:
		return nil
	case !e.OK && b.info.Credentials == fetch.CredentialsSameOrigin:
		return []string{"without cookies: credentials is \"same-origin\", and this is another origin"}
	case !e.OK:
		return []string{"without cookies: credentials is " + quote(string(b.info.Credentials))}
	case len(e.Names) == 0:
		return []string{"with credentials, but there are no cookies for this request"}
	}
	return []string{"with cookies: " + enumerate(unique(e.Names))}
}

func detailNames(label string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{label + enumerate(names)}
}

// stepOf finds the step that a check belongs to, making it if need be.
func (b *builder) stepOf(e fetch.Event) int {
	switch {
	case e.Subject == "port" || e.Reason == fetch.BadPort:
		return b.step(Step{ID: StepPort, Status: Pass, Title: "port " + plain(e.Got)})
	case e.Reason == fetch.MixedContent || strings.Contains(e.Algorithm, "mixed-content"):
		return b.step(Step{ID: StepMixedContent, Status: Pass, Title: "secure page, address " + whole(e.Got)})
	case (e.Algorithm == "concept-http-redirect-fetch" || e.Reason == fetch.RedirectModeError) && !e.Preflight:
		return b.step(Step{ID: StepRedirect, Status: Pass, Title: "a redirect"})
	case e.Preflight && b.preflight >= 0:
		return b.preflight
	case !e.Preflight && b.request >= 0:
		return b.request
	case b.branch >= 0 && e.Algorithm == "concept-main-fetch":
		return b.branch
	}
	id := StepRequest
	if e.Preflight {
		id = StepPreflight
	}
	i := b.step(Step{ID: id, Status: Pass, Title: "before sending"})
	if e.Preflight {
		b.preflight = i
	} else {
		b.request = i
	}
	return i
}

func (b *builder) onCheck(e fetch.Event) {
	b.hop = e.Hop
	i := b.stepOf(e)
	step, spec := stepOf(e)
	b.report.Steps[i].Checks = append(b.report.Steps[i].Checks, Check{
		Subject: clip(e.Subject), OK: e.OK, Reason: fetch.Reason(clip(string(e.Reason))), Text: checkText(e),
		Got: clip(e.Got), Want: clip(e.Want), Lines: clipLines(e.Lines),
		Step: step, Spec: spec, First: !e.OK && e.Decisive,
	})
	if !e.OK {
		b.report.Steps[i].Status = Fail
		b.find(e)
	}
}

// checkText is a check in a few words: what was compared with what.
func checkText(e fetch.Event) string {
	found := "missing"
	if e.Got != "" || len(e.Lines) > 0 {
		found = quote(e.Got)
	}
	wanted := ""
	if !e.OK && e.Want != "" {
		wanted = ", want " + plain(e.Want)
		if found != "missing" {
			found = "got " + found
		}
	}
	switch e.Subject {
	case "access-control-allow-origin":
		switch {
		case !e.OK:
			return "origin: " + found + wanted
		case e.Got == "*":
			return "origin: \"*\" allows every page"
		}
		return "origin: " + plain(e.Got) + " is the page's"
	case "access-control-allow-credentials":
		return "credentials: " + strings.Trim(found, `"`) + wanted
	case "access-control-allow-methods":
		return listCheckText(e, "method", header.SafelistedMethod(e.Want))
	case "access-control-allow-headers":
		return listCheckText(e, "header", false)
	case "status":
		return "status " + plain(e.Got) + wanted
	}
	if e.OK && e.Got == "" {
		return plain(e.Subject)
	}
	return plain(e.Subject) + ": " + found + wanted
}

func listCheckText(e fetch.Event, noun string, free bool) string {
	name := plain(e.Want)
	switch {
	case e.Reason == fetch.AllowMethodsInvalid || e.Reason == fetch.AllowHeadersInvalid:
		return noun + "s: " + quote(e.Got) + " is not a list of names"
	case e.OK && free:
		return noun + ": " + name + " need not be listed"
	case e.OK:
		return noun + ": " + name + " is allowed"
	case len(e.Lines) == 0:
		return noun + ": " + name + " is not listed: there is no list"
	}
	return noun + ": " + name + " is not in " + quote(e.Got)
}

// algorithms are the names of the standard's algorithms by their anchors.
var algorithms = map[string]string{
	"concept-cors-check":                  "CORS check",
	"cors-preflight-fetch-0":              "CORS-preflight fetch",
	"concept-main-fetch":                  "main fetch",
	"concept-scheme-fetch":                "scheme fetch",
	"concept-http-fetch":                  "HTTP fetch",
	"concept-http-redirect-fetch":         "HTTP-redirect fetch",
	"concept-http-network-or-cache-fetch": "HTTP-network-or-cache fetch",
	"concept-http-network-fetch":          "HTTP-network fetch",
	"block-bad-port":                      "port blocking",
	"cross-origin-resource-policy-check":  "cross-origin resource policy check",
}

// stepOf is where in the standard an event happened: the event's own word, or else what the page on its reason says.
func stepOf(e fetch.Event) (step, spec string) {
	p, _ := page(e.Reason)
	name, known := algorithms[e.Algorithm]
	// The mixed-content algorithm is in another standard than the step that runs it; the page has its address.
	if !known || e.Reason == fetch.MixedContent {
		return p.Step, cmp.Or(p.SpecURL, plain(e.SpecURL()))
	}
	if e.Step != "" {
		name += ", step " + plain(e.Step)
	}
	return name, e.SpecURL()
}

// find records a failed check.
func (b *builder) find(e fetch.Event) {
	name := ""
	switch e.Reason {
	case fetch.HeaderNotAllowed, fetch.AllowHeadersWildcard, fetch.AuthorizationNotListed:
		name = e.Want
		key := mergeKey{e.Reason, e.Hop, e.Preflight}
		if i, ok := b.merged[key]; ok {
			if name != "" {
				b.findings[i].names = append(b.findings[i].names, name)
			}
			b.findings[i].first = b.findings[i].first || e.Decisive
			return
		}
		b.merged[key] = len(b.findings)
	}
	f := finding{
		event: e, pageOrigin: b.info.Origin, wireOrigin: b.wireOrigin, tainted: b.tainted, method: b.method, url: b.url,
		mode: b.info.Mode, credentials: b.info.Credentials, preflight: e.Preflight, hop: e.Hop,
		exchange: b.requestExchange, preflightExchange: b.preflightExchange, first: e.Decisive,
	}
	if e.Preflight {
		f.exchange = b.preflightExchange
	}
	if name != "" {
		f.names = []string{name}
	}
	b.findings = append(b.findings, f)
}

func (b *builder) onRedirect(e fetch.Event) {
	status := "a redirect"
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	s := Step{ID: StepRedirect, Status: Info, Title: status + " to " + whole(e.URL)}
	if e.Method != "" && e.Method != b.method {
		s.Details = append(s.Details, plain(b.method)+" becomes "+plain(e.Method)+", and the body is dropped")
		b.method = e.Method
	}
	if len(e.Names) > 0 {
		s.Details = append(s.Details, "no longer sent: "+enumerate(unique(e.Names)))
	}
	if e.Tainted && !b.tainted {
		s.Details = append(s.Details, "the request has left another origin for a third: from here on Origin is \"null\"")
		b.tainted, b.wireOrigin = true, "null"
	}
	b.step(s)
	b.nextHop(e.Hop)
}

// nextHop forgets what belonged to the URL before.
func (b *builder) nextHop(hop int) {
	b.hop, b.sent, b.httpCached = hop, false, false
	b.branch, b.preflightNeeded, b.preflight, b.request = -1, -1, -1, -1
	b.preflightExchange, b.requestExchange = nil, nil
}

func unique(names []string) []string {
	seen := make(map[string]bool, len(names))
	out := []string{}
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

func isomorphicAll(names []string) []string {
	out := []string{}
	for _, n := range unique(names) {
		out = append(out, isomorphic(n))
	}
	return out
}
