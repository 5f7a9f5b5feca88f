package explain

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// The headlines of the classes.
const (
	headlineCORS       = "CORS said no"
	headlineNotReached = "the CORS layer was never reached"
	headlineNotCORS    = "not CORS at all"
)

// finish writes what needs the whole trace: the verdict, the failures' sentences, the notes.
func (b *builder) finish() Report {
	r := &b.report
	if b.blocked != nil {
		b.close()
	}
	switch {
	case b.blocked != nil:
		b.judge()
	case b.response != nil:
		r.Verdict = Allowed
		b.allowed()
	default:
		r.Summary = "could not tell: the trace ends before a verdict"
	}
	for _, f := range b.findings {
		r.Failures = append(r.Failures, explainFinding(f))
	}
	b.markFollowing()
	if r.Verdict != Allowed && b.blocked != nil {
		r.Summary = b.blockedSummary()
	}
	b.notSent()
	b.addProbe()
	b.notes()
	b.addBrowsers()
	b.addStandard()
	return *r
}

// close makes sure that what ended the fetch is among the findings: failures of the network fail no check.
func (b *builder) close() {
	e := *b.blocked
	for i := range b.findings {
		if b.findings[i].first {
			return
		}
	}
	for i := range b.findings {
		if b.findings[i].event.Reason == e.Reason {
			b.findings[i].first = true
			return
		}
	}
	if blocked, ok := errors.AsType[*fetch.BlockedError](e.Err); ok && blocked != nil {
		e.Preflight = e.Preflight || blocked.Preflight
		e.Got, e.Want = cmp.Or(e.Got, blocked.Got), cmp.Or(e.Want, blocked.Want)
	}
	e.Decisive = true
	b.find(e)
	b.findings[len(b.findings)-1].first = true
}

// judge sets verdict, reason and class.
func (b *builder) judge() {
	r := &b.report
	final := b.decisive()
	reported := final.event.Reason
	r.Reported = fetch.Reason(clip(string(reported)))
	r.Verdict = Unknown
	if b.blocked.Reason.Decided() {
		r.Verdict = Blocked
	}
	headline, class := b.headline(final)
	r.Reason = fetch.Reason(clip(string(headline)))
	r.Class = class
	switch class {
	case fetch.ClassCORS:
		r.Headline = headlineCORS
	case fetch.ClassNotReached:
		r.Headline = headlineNotReached
	default:
		r.Class, r.Headline = fetch.ClassNotCORS, headlineNotCORS
	}
}

// decisive is the finding that ended the fetch.
func (b *builder) decisive() finding {
	for _, f := range b.findings {
		if f.first {
			return f
		}
	}
	return finding{event: *b.blocked}
}

// headline says what to look at first, and what kind of trouble it is. That is what a browser reports, with two exceptions where
// what it reports is a consequence: nothing that knows of CORS has answered.
func (b *builder) headline(final finding) (fetch.Reason, fetch.Class) {
	reported := final.event.Reason
	response := final.response()
	if response == nil {
		return reported, reported.Class()
	}
	switch {
	case final.preflight && redirect(response.Status) && (reported == fetch.AllowOriginMissing || reported == fetch.PreflightRedirect):
		return b.ensure(fetch.PreflightRedirect, final), fetch.ClassNotReached
	// NOTE: not if Access-Control-Allow-Origin is there and wrong. A server that answers 403 and names another origin has a CORS
	// layer, and that is what has to change.
	case final.preflight && !success(response.Status) && reported == fetch.AllowOriginMissing:
		return b.ensure(fetch.PreflightStatus, final), fetch.ClassNotReached
	case !final.preflight && reported == fetch.AllowOriginMissing && response.Status >= 400 && !speaksCORS(response):
		return reported, fetch.ClassNotReached
	}
	return reported, reported.Class()
}

// ensure adds the finding of a preflight's status where the trace has none, so that the headline is among the failures.
func (b *builder) ensure(reason fetch.Reason, like finding) fetch.Reason {
	for _, f := range b.findings {
		if f.event.Reason == reason && f.hop == like.hop {
			return reason
		}
	}
	like.event = fetch.Event{
		Kind: fetch.EventCheck, Reason: reason, Preflight: true, Hop: like.hop, Algorithm: "cors-preflight-fetch-0", Step: "7",
		Subject: "status", Got: strconv.Itoa(like.response().Status), Want: "200 to 299",
	}
	like.first, like.names = false, nil
	b.findings = append(b.findings, like)
	return reason
}

func redirect(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

func success(status int) bool { return status >= 200 && status <= 299 }

// speaksCORS reports whether a response has any header of the protocol.
func speaksCORS(r *fetch.HTTPResponse) bool {
	for _, f := range r.Header {
		if len(f.Name) > 15 && strings.EqualFold(f.Name[:15], "Access-Control-") {
			return true
		}
	}
	return false
}

func (f finding) response() *fetch.HTTPResponse {
	if f.exchange == nil {
		return nil
	}
	return f.exchange.Response
}

// markFollowing marks the failures that say nothing of their own.
func (b *builder) markFollowing() {
	r := &b.report
	if r.Class != fetch.ClassNotReached {
		return
	}
	for i := range r.Failures {
		f := b.findings[i]
		response := f.response()
		r.Failures[i].Follows = f.event.Reason != r.Reason && response != nil && !speaksCORS(response)
	}
}

// blockedSummary is the line that says it all.
func (b *builder) blockedSummary() string {
	r := &b.report
	start := "could not tell"
	if r.Verdict == Blocked {
		start = "blocked"
	}
	title := "no reason given"
	for _, f := range r.Failures {
		if f.Reason == r.Reason {
			title = f.Title
			if f.Preflight && !strings.Contains(title, "preflight") {
				title += " (preflight)"
			}
			break
		}
	}
	// An error page: its status says more than the header that it lacks.
	if r.Class == fetch.ClassNotReached && r.Reason == fetch.AllowOriginMissing {
		if response := b.decisive().response(); response != nil {
			title = "status " + statusText(response) + ", and no CORS header on it"
		}
	}
	return start + ", " + r.Headline + ": " + title
}

// allowed says what script gets.
func (b *builder) allowed() {
	r, e := &b.report, b.response
	visible, hidden := isomorphicAll(e.Names), isomorphicAll(e.Hidden)
	r.Response = &Response{
		Type: fetch.ResponseType(clip(string(e.Type))), Status: e.Status, VisibleHeaders: visible, HiddenHeaders: hidden,
	}
	b.addBody()
	s := Step{ID: StepResponse, Status: Pass}
	status := "status " + strconv.Itoa(e.Status)
	switch e.Type {
	case fetch.OpaqueResponse:
		s.Title = "an opaque response: no status, no headers, no body"
		r.Summary = "allowed, but opaque: script sees neither status nor headers nor body"
	case fetch.OpaqueRedirectResponse:
		s.Title = "an opaque redirect: no status, no headers, no body"
		r.Summary = "allowed, but opaque: script sees that there was a redirect, and nothing of it"
	default:
		s.Title = "script gets the response: type " + plain(string(e.Type)) + ", " + status + ", " + count(len(visible), "header")
		r.Summary = "allowed: " + s.Title
		if e.Type == fetch.BasicResponse && b.info.Mode != fetch.ModeNavigate {
			r.Summary += " (same origin: CORS does not apply)"
		}
		s.Details = append(detailNames("visible: ", plainAll(e.Names)), detailNames("hidden: ", plainAll(e.Hidden))...)
	}
	b.step(s)
}

// addBody says how far the body could be read.
func (b *builder) addBody() {
	if b.body == nil {
		return
	}
	out := &Body{Bytes: b.body.size, Complete: b.body.err == nil}
	b.report.Response.Body = out
	if errors.Is(b.body.err, ErrBodyLimit) {
		b.note("body-limit", Remark, "the body goes on after "+count(int(out.Bytes), "byte")+
			", where reading stopped: the verdict does not need it")
	} else if b.body.err != nil {
		out.Error = plain(errorText(b.body.err))
		b.note("body-failed", Warning, "reading the body fails after "+count(int(out.Bytes), "byte")+
			": "+out.Error+". Script has the response by then, and gets an error from its body")
	}
}

// addBrowsers says where browsers part.
func (b *builder) addBrowsers() {
	var allow, block, open []string
	for i, o := range b.report.Browsers {
		name := plain(o.Browser)
		b.report.Browsers[i].Browser, b.report.Browsers[i].Version = name, plain(o.Version)
		switch {
		case o.NotAsked:
			open = append(open, name)
		case o.Verdict == Allowed:
			allow = append(allow, name)
		case o.Verdict == Blocked:
			block = append(block, name+" ("+plain(string(o.Reason))+")")
		default:
			open = append(open, name)
		}
	}
	if len(allow) > 0 && len(block) > 0 {
		b.note("browsers-differ", Warning, "blocked in "+enumerate(block)+", allowed in "+enumerate(allow))
	}
	if len(open) > 0 && len(allow)+len(block) > 0 {
		b.note("browser-not-asked", Remark, enumerate(open)+" would have sent a request that was not sent, so that nobody knows the answer")
	}
}

// addStandard compares with what the standard to the letter says.
func (b *builder) addStandard() {
	r := &b.report
	if len(b.standard) == 0 || r.Verdict == Unknown {
		return
	}
	strict := Explain(b.standard)
	// It would have sent something that was not sent.
	if strict.Verdict == Unknown {
		return
	}
	r.Standard = &Outcome{Verdict: strict.Verdict, Reason: strict.Reason}
	switch {
	case strict.Verdict == r.Verdict && strict.Reason == r.Reason:
	case strict.Verdict == Allowed:
		b.note("standard-differs", Warning, "the standard to the letter allows this; browsers do not")
	default:
		p, _ := page(strict.Reason)
		b.note("standard-differs", Warning, "the standard to the letter blocks this ("+plain(string(strict.Reason))+"), and browsers may "+
			"come to do so: "+cmp.Or(p.Title, "no reason given")+". "+p.Fix)
	}
}

func plainAll(names []string) []string {
	out := unique(names)
	for i, n := range out {
		out[i] = strings.ToLower(n)
	}
	return out
}

// notSent says which request a browser keeps back.
func (b *builder) notSent() {
	r := &b.report
	if r.Verdict == Allowed || b.blocked == nil || b.sent || b.httpCached || b.method == "" {
		return
	}
	final := b.decisive()
	// A redirect that is not followed asks for nothing that could be kept back.
	if headerOf(final.event.Reason) == "Location" && !final.preflight || final.event.Reason == fetch.RedirectModeError {
		return
	}
	b.step(Step{ID: StepRequest, Status: NotSent, Title: plain(b.method) + " " + whole(b.url) + ": not sent by a browser"})
}

// addProbe shows what the request that was kept back would have met.
func (b *builder) addProbe() {
	if b.probe == nil {
		return
	}
	i := b.exchange(*b.probe, true)
	b.step(Step{
		ID: StepProbe, Status: Info, Title: "sent all the same, which a browser does not do: " + exchangeTitle(b.probe), Exchange: &i,
	})
}

// get is the combined value of a response's header.
func get(r *fetch.HTTPResponse, name string) (string, bool) {
	if r == nil {
		return "", false
	}
	return header.List(r.Header).Get(name)
}
