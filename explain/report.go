package explain

import "github.com/drawbridge-cors/drawbridge/fetch"

// Schema names the shape of a [Report] in JSON. Members may be added under the same name; a change that breaks a reader changes
// the number.
const Schema = "drawbridge.check/1"

// A Verdict says what a page would get.
type Verdict string

// The verdicts.
const (
	// Allowed: script gets a response. It may be an opaque one, which says nothing; Response.Type tells.
	Allowed Verdict = "allowed"
	// Blocked: a rule of the browser keeps the response from script.
	Blocked Verdict = "blocked"
	// Unknown: the network, the server or the caller ended it before any rule could.
	Unknown Verdict = "unknown"
)

// A Report is a trace, read and explained. It is plain data: it survives being written as JSON and read back, and holds everything
// that a terminal or a page needs to show it.
//
// Members that quote a header, a URL or another text that came from outside are isomorphic strings: each byte is one code point
// from U+0000 to U+00FF, so no byte is lost in JSON. They may hold control characters; pass them through [Escape] before a
// terminal sees them. Members that hold sentences (Summary, Headline, Title, Why, Fix, Text and Details) are printable ASCII.
//
// Slices that are not optional are never nil, so they are [] in JSON, not null.
type Report struct {
	// Schema is [Schema].
	Schema string `json:"schema"`
	// Verdict is the outcome.
	Verdict Verdict `json:"verdict"`
	// Reason is the cause to look at first, empty if allowed. It differs from Reported where a browser complains about a
	// consequence: a preflight answered with 401 is reported as a missing header.
	Reason fetch.Reason `json:"reason"`
	// Reported is what a browser reports: the first check that failed. Empty if allowed.
	Reported fetch.Reason `json:"reported"`
	// Class says where the cure is, by Reason and by what the responses show. Empty (left out) if allowed.
	Class fetch.Class `json:"class,omitempty"`
	// Headline is the class in words: "CORS said no", "the CORS layer was never reached", "not CORS at all"; empty if allowed.
	Headline string `json:"headline,omitempty"`
	// Summary is all of it in one line. It starts with the verdict: "allowed", "blocked" or "could not tell".
	Summary string `json:"summary"`
	// Request is what the page asked for.
	Request Request `json:"request"`
	// Steps are what a browser does, in its order.
	Steps []Step `json:"steps"`
	// Exchanges are the requests that were sent, and what came back. Steps refer to them by index.
	Exchanges []Exchange `json:"exchanges"`
	// Failures are all failed checks, not only the one that a browser reports, in the order of the checks.
	Failures []Failure `json:"failures"`
	// Notes are what else is worth knowing.
	Notes []Note `json:"notes"`
	// Browsers are the verdicts of single browsers, on the same exchanges; left out if only one was asked for.
	Browsers []BrowserOutcome `json:"browsers,omitempty"`
	// Response is what script gets; left out unless allowed.
	Response *Response `json:"response,omitempty"`
	// Standard is what the standard to the letter makes of the same exchanges; left out if nobody asked, or if it cannot be told
	// without sending more.
	Standard *Outcome `json:"standard,omitempty"`
}

// A BrowserOutcome is what one browser makes of the request.
type BrowserOutcome struct {
	// Browser is its engine's name, Version what was measured.
	Browser string `json:"browser"`
	Version string `json:"version,omitempty"`
	// Verdict and Reason are as in a [Report].
	Verdict Verdict      `json:"verdict"`
	Reason  fetch.Reason `json:"reason"`
	// NotAsked is true if this browser would have sent a request that was not sent, so that nobody knows the answer.
	NotAsked bool `json:"notAsked,omitempty"`
}

// An Outcome is a verdict and its reason.
type Outcome struct {
	Verdict Verdict      `json:"verdict"`
	Reason  fetch.Reason `json:"reason"`
}

// A Header is one header line: name and value, as they came.
type Header [2]string

// A Request is what the page asked for, after the browser's own normalization.
type Request struct {
	// Origin is the page's origin, "null" for an opaque one.
	Origin string `json:"origin"`
	// OriginFrom says where the origin comes from if nobody named it; left out otherwise.
	OriginFrom string `json:"originFrom,omitempty"`
	// URL is the first URL, Method the method as it is sent.
	URL    string `json:"url"`
	Method string `json:"method"`
	// Mode, Credentials and Redirect are the request's modes, in the words of fetch().
	Mode        fetch.Mode            `json:"mode"`
	Credentials fetch.CredentialsMode `json:"credentials"`
	Redirect    fetch.RedirectMode    `json:"redirect"`
	// Headers are the author's headers.
	Headers []Header `json:"headers"`
	// ForcedPreflight is true if an upload listener or a streamed body asks for a preflight.
	ForcedPreflight bool `json:"forcedPreflight"`
	// HasBody is true if the request has a body.
	HasBody bool `json:"hasBody"`
}

// A StepID says which part of a fetch a [Step] is. IDs are stable.
type StepID string

// The steps. All but StepProbe can occur once for each URL on the way.
const (
	// StepOrigin compares the page's origin with the URL's, and so decides whether CORS applies.
	StepOrigin StepID = "origin"
	// StepMixedContent asks whether a secure page may fetch from there.
	StepMixedContent StepID = "mixed-content"
	// StepPort asks whether the port may be fetched from.
	StepPort StepID = "port"
	// StepPreflightNeeded decides whether a preflight comes first, and why.
	StepPreflightNeeded StepID = "preflight-needed"
	// StepPreflightCache: the preflight cache answered.
	StepPreflightCache StepID = "preflight-cache"
	// StepPreflight is the preflight and the checks of its response.
	StepPreflight StepID = "preflight"
	// StepRequest is the request itself and the checks of its response, or that it is not sent.
	StepRequest StepID = "request"
	// StepHTTPCache is the HTTP cache's answer to the request, in place of a StepRequest, and the checks of it.
	StepHTTPCache StepID = "http-cache"
	// StepRedirect is a redirect that is followed, or not.
	StepRedirect StepID = "redirect"
	// StepResponse is what script gets.
	StepResponse StepID = "response"
	// StepProbe is a request that no browser would have sent; see [WithProbe].
	StepProbe StepID = "probe"
)

// A Status says how a [Step] came out.
type Status string

// The statuses.
const (
	// Pass: it was looked at and is right.
	Pass Status = "pass"
	// Fail: it ended the fetch, or would have.
	Fail Status = "fail"
	// Info: there is nothing to pass or fail.
	Info Status = "info"
	// NotSent: the request is not sent, because of an earlier step.
	NotSent Status = "not-sent"
)

// A Step is one thing that a browser does.
type Step struct {
	// N counts from 1.
	N int `json:"n"`
	// ID says which step it is, Status how it came out, Title what happened.
	ID     StepID `json:"id"`
	Title  string `json:"title"`
	Status Status `json:"status"`
	// Hop counts redirects: 0 is the first URL.
	Hop int `json:"hop"`
	// Details are more sentences about it.
	Details []string `json:"details,omitempty"`
	// Causes say why a preflight is needed; only on "preflight-needed".
	Causes []Cause `json:"causes,omitempty"`
	// Checks are the comparisons that were made.
	Checks []Check `json:"checks"`
	// Exchange is an index into Report.Exchanges; left out if nothing was sent.
	Exchange *int `json:"exchange,omitempty"`
}

// A Cause is one thing about a request that asks for a preflight.
type Cause struct {
	// Subject is "method", "upload-listener", "stream" or a header's name in lower case.
	Subject string `json:"subject"`
	// Kind says what is wrong with a header, in the words of [header.UnsafeKind]; otherwise empty.
	Kind string `json:"kind,omitempty"`
	// Got is the method or the header's value.
	Got string `json:"got,omitempty"`
	// Text is the cause in words.
	Text string `json:"text"`
}

// A Check is one comparison.
type Check struct {
	// Subject is what was looked at: "status", "method", "port", … or a header's name in lower case.
	Subject string `json:"subject"`
	// OK is the outcome; Reason says what failed and is left out otherwise.
	OK     bool         `json:"ok"`
	Reason fetch.Reason `json:"reason,omitempty"`
	// Text is the check in words.
	Text string `json:"text"`
	// Got is what was found, Want what was needed. Values of more than 4096 bytes are cut off; Exchanges have them whole.
	Got  string `json:"got"`
	Want string `json:"want"`
	// Lines are the header lines that were read, cut off likewise.
	Lines []Header `json:"lines,omitempty"`
	// Step names the algorithm of the standard and the number of the step, Spec is its address. Either may be left out.
	Step string `json:"step,omitempty"`
	Spec string `json:"spec,omitempty"`
	// First is true for the failed check that a browser reports.
	First bool `json:"first,omitempty"`
}

// An Exchange is one request and its response.
type Exchange struct {
	// Preflight is true for a preflight, Probe for a request that no browser would have sent.
	Preflight bool `json:"preflight"`
	Probe     bool `json:"probe,omitempty"`
	// Hop counts redirects.
	Hop int `json:"hop"`
	// Request is what was sent.
	Request ExchangeRequest `json:"request"`
	// Response is what came back; null if nothing did.
	Response *ExchangeResponse `json:"response"`
	// Error is the failure of the network, left out if there was none.
	Error string `json:"error,omitempty"`
	// Partial is the beginning of a response's head that did not arrive whole, 1024 bytes at most; left out otherwise.
	Partial string `json:"partial,omitempty"`
	// DurationMS is the time until the response's head was there, in milliseconds; 0 if nobody measured.
	DurationMS float64 `json:"durationMs"`
}

// An ExchangeRequest is the head of a request as it was sent.
type ExchangeRequest struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	// Headers are all lines in their order, but for those that only frame the message (Host, Connection, Content-Length and
	// Transfer-Encoding).
	Headers []Header `json:"headers"`
	// BodyBytes is the length of the body, -1 if unknown.
	BodyBytes int64 `json:"bodyBytes"`
}

// An ExchangeResponse is the head of a response as it came.
type ExchangeResponse struct {
	Status     int    `json:"status"`
	StatusText string `json:"statusText"`
	// Proto is "HTTP/1.1", "HTTP/2.0", …
	Proto string `json:"proto"`
	// Headers are all lines in their order.
	Headers []Header `json:"headers"`
	// RemoteAddr is the address that answered, TLS the protection of the connection; left out if unknown or none.
	RemoteAddr string `json:"remoteAddr,omitempty"`
	TLS        string `json:"tls,omitempty"`
}

// A Failure is one failed check, explained. Headers that are missing from one list are one failure.
type Failure struct {
	// Reason is the code; [Lookup] has a page on it.
	Reason fetch.Reason `json:"reason"`
	// Title says what is wrong, here.
	Title string `json:"title"`
	// First is true for the one that a browser reports.
	First bool `json:"first"`
	// Follows is true if Report.Reason explains this one: whatever answered knows nothing of CORS, so that this fails too.
	Follows bool `json:"follows,omitempty"`
	// Preflight is true if it was found on a preflight. Hop counts redirects.
	Preflight bool `json:"preflight"`
	Hop       int  `json:"hop"`
	// Header is the response header that is wrong or missing; left out if it is none.
	Header string `json:"header,omitempty"`
	// Names are the request's headers that are not allowed; left out for other failures.
	Names []string `json:"names,omitempty"`
	// Got is what was found, Want what was needed.
	Got  string `json:"got"`
	Want string `json:"want"`
	// Lines are the header lines that were read, Underline the offending part of them; left out if there is nothing to show.
	Lines     []Header   `json:"lines,omitempty"`
	Underline *Underline `json:"underline,omitempty"`
	// Why is the rule, Fix what the server or the page has to change.
	Why string `json:"why"`
	Fix string `json:"fix"`
	// Send are header lines that a response should have instead, ready to copy.
	Send []Header `json:"send,omitempty"`
	// Step names the algorithm of the standard and the number of the step, Spec is its address.
	Step string `json:"step"`
	Spec string `json:"spec"`
}

// An Underline is a part of a header line's value.
type Underline struct {
	// Line is an index into Failure.Lines.
	Line int `json:"line"`
	// Start and End count code points of the isomorphic value, which are bytes of the original. Start equals End where something
	// is missing at that place.
	Start int `json:"start"`
	End   int `json:"end"`
}

// A Level says how much a [Note] matters.
type Level string

// The levels.
const (
	// Warning: it works here and may fail elsewhere.
	Warning Level = "warning"
	// Remark: good to know.
	Remark Level = "note"
)

// A Note is something worth knowing that decided nothing.
type Note struct {
	// Code is stable.
	Code string `json:"code"`
	// Level says how much it matters.
	Level Level `json:"level"`
	// Text is one or two sentences.
	Text string `json:"text"`
}

// A Response is what script gets.
type Response struct {
	// Type says how much script may see: "basic", "cors", "opaque" or "opaqueredirect".
	Type fetch.ResponseType `json:"type"`
	// Status is what script sees: 0 for an opaque response.
	Status int `json:"status"`
	// VisibleHeaders are the names of the response's headers that script sees, HiddenHeaders those it does not.
	VisibleHeaders []string `json:"visibleHeaders"`
	HiddenHeaders  []string `json:"hiddenHeaders"`
	// Body says how far the body was read; left out if nobody read it.
	Body *Body `json:"body,omitempty"`
}

// A Body says how far a response's body was read.
type Body struct {
	// Bytes is how much was read.
	Bytes int64 `json:"bytes"`
	// Complete is true if that was all of it. If it is not, Error says what went wrong, and is left out if the reader stopped at a
	// limit of its own.
	Complete bool   `json:"complete"`
	Error    string `json:"error,omitempty"`
}
