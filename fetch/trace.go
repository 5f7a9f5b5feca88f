package fetch

import (
	"context"

	"github.com/drawbridge-cors/drawbridge/header"
)

// EventKind says what an [Event] reports, and so which of its members are set.
type EventKind string

// The kinds of events, roughly in the order in which a fetch emits them.
const (
	// EventRequest opens a trace: the request after the browser's own normalization. Info is set.
	EventRequest EventKind = "request"
	// EventDropped: an author's header that does not travel. Subject is its name, Got its value; Step says by which rule.
	EventDropped EventKind = "dropped"
	// EventBranch: main fetch has decided what kind of fetch this is, once per hop. Tainting is the outcome, Got the origin of
	// the URL, Want the origin of the page, SameSite whether they are the same site.
	EventBranch EventKind = "branch"
	// EventUnsafe: one cause for a preflight. Subject is "method" (Got is the method), "upload-listener", "stream", or a header's
	// lower-case name (Unsafe says why, Got is the value).
	EventUnsafe EventKind = "unsafe"
	// EventNoPreflight: a CORS request that needs no preflight.
	EventNoPreflight EventKind = "no-preflight"
	// EventCacheHit: a preflight was due, and the preflight cache answered it. Names lists what it covered.
	EventCacheHit EventKind = "preflight-cache-hit"
	// EventCacheStore: a successful preflight was stored. Got is the seconds as text, Lines the Access-Control-Max-Age lines.
	EventCacheStore EventKind = "preflight-cache-store"
	// EventHTTPCacheHit: the HTTP cache answered, and nothing is sent. Got is the age of the stored response in seconds as text,
	// Exchange has it under the request that it answers.
	EventHTTPCacheHit EventKind = "http-cache-hit"
	// EventHTTPCacheValidated: the server's 304 confirms what is stored. Exchange has the stored response, brought up to date.
	EventHTTPCacheValidated EventKind = "http-cache-validated"
	// EventHTTPCacheStore: the HTTP cache stores the response once its body has been read. Got is for how many seconds it is fresh
	// as text, Lines the Cache-Control lines.
	EventHTTPCacheStore EventKind = "http-cache-store"
	// EventCredentials: whether this request carries credentials. OK is true if it does; Names lists the cookies sent.
	EventCredentials EventKind = "credentials"
	// EventExchange: one request and its response, or the transport's error. Exchange is set.
	EventExchange EventKind = "exchange"
	// EventCheck: one comparison. OK, Subject, Got, Want, Lines; if it failed also Reason.
	EventCheck EventKind = "check"
	// EventRedirect: a redirect is followed. Got is the Location value, URL the next URL, Names the headers removed, Method the
	// method from now on, Tainted whether Origin is "null" from now on.
	EventRedirect EventKind = "redirect"
	// EventResponse closes a trace that ends well. Type, Status, Names (headers that script sees), Hidden (those it does not).
	EventResponse EventKind = "response"
	// EventBlocked closes a trace that ends badly. Reason, and Err for failures of the network.
	EventBlocked EventKind = "blocked"
)

// An Event is one step of a fetch: what was compared with what, where the standard says so, and how it came out. Explanations are
// made from nothing else. Its slices and pointers are shared; do not change them.
type Event struct {
	Kind EventKind
	// Hop counts redirects: 0 is the first URL.
	Hop int
	// URL is the current URL of the request.
	URL string
	// Preflight is true for what concerns the preflight of this hop.
	Preflight bool
	// Algorithm is the anchor of the algorithm in the Fetch standard, Step the number of the step in it.
	Algorithm, Step string
	// OK is the outcome of a check.
	OK bool
	// Reason is set where a check failed.
	Reason Reason
	// Decisive is true for the one failed check that ended the fetch: the one that a browser reports. Checks that fail after it
	// were made for the trace only.
	Decisive bool
	// Subject is what was looked at: "method", "status", "url", "port", or a header's name in lower case.
	Subject string
	// Got is what was found, Want what was needed.
	Got, Want string
	// Lines holds the header lines that were read, as they came.
	Lines []Field
	// Unsafe says why a header needs a preflight.
	Unsafe *header.Unsafe
	// Tainting is "basic", "cors" or "opaque".
	Tainting string
	// SameSite belongs to EventBranch, Tainted and Method to EventRedirect.
	SameSite, Tainted bool
	Method            string
	// Names and Hidden list header or cookie names.
	Names, Hidden []string
	// Exchange belongs to EventExchange and the events of the HTTP cache, Info to EventRequest.
	Exchange *Exchange
	Info     *RequestInfo
	// Type belongs to EventResponse, Status to that and the events of the HTTP cache.
	Type   ResponseType
	Status int
	// Err belongs to EventBlocked.
	Err error
}

// RequestInfo is a request as the browser understood it.
type RequestInfo struct {
	Origin, URL, Method string
	Mode                Mode
	Credentials         CredentialsMode
	Redirect            RedirectMode
	Header              []Field
	// ForcedPreflight is true if an upload listener or a stream asks for a preflight.
	ForcedPreflight bool
	HasBody         bool
}

// SpecURL is the address of the step's algorithm in the Fetch standard, or "" if the event names none.
func (e Event) SpecURL() string {
	if e.Algorithm == "" {
		return ""
	}
	return "https://fetch.spec.whatwg.org/#" + e.Algorithm
}

type traceKey struct{}

// WithTrace returns a context whose fetches report every step to observe, in order, from the goroutine that called
// [Client.Fetch]. Tracing costs time and memory, and makes the engine go on checking after the check that decides, so that all
// that is wrong with a response is known and not only the first thing. It never changes a verdict and never sends more requests.
func WithTrace(ctx context.Context, observe func(Event)) context.Context {
	return context.WithValue(ctx, traceKey{}, observe)
}
