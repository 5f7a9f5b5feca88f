package main

import (
	"net/http"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// demoPage is the origin of the page that asks in the demo, unless told otherwise. Nothing listens there, and nothing needs to.
const demoPage = "http://localhost:3000"

// What the demo's answers may hold in place of text that is not known before it listens.
const (
	placePage  = "{page}"
	placeAPI   = "{api}"
	placeOther = "{other}"
)

// A demoCase is one situation: what the demo's server does at one path, what a page asks for there, and how that ends. Cases are
// data; [demoServer] and the demo command read them.
type demoCase struct {
	// ID is stable, in kebab-case. Title says in a few words what the server does.
	ID, Title string
	// Situation is the entry of the project's collection of CORS failures that this shows, or empty.
	Situation string
	// Path is where it is on the demo's server. URL, if not empty, is where it is instead.
	Path, URL string
	// Request is what the page asks. Its URL and its Client are filled in by [demoServer.options].
	Request fetch.Request
	// Cookies and Repeat go into the options of the check.
	Cookies []string
	Repeat  int
	// Preflight answers OPTIONS, Response all other methods. A zero answer is a 404 without CORS headers.
	Preflight, Response demoAnswer
	// Next answers at Path + "/next" on the demo's second origin.
	Next demoAnswer
	// Verdict and Reason are what a browser comes to. Sees is what reaches the server on Path, method by method.
	Verdict string
	Reason  fetch.Reason
	Sees    []string
	// Try says that the demo shows the command for it.
	Try bool
}

// A demoAnswer is one fixed response.
type demoAnswer struct {
	Status int
	Header []fetch.Field
	Body   string
}

// answer makes a demoAnswer with the header lines given as "Name: value".
func answer(status int, lines ...string) demoAnswer {
	a := demoAnswer{Status: status}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		a.Header = append(a.Header, fetch.Field{Name: name, Value: value})
	}
	if status != http.StatusNoContent && (status < 300 || status > 399) {
		a.Header = append(a.Header, fetch.Field{Name: "Content-Type", Value: "application/json"})
		a.Body = `{"demo":true}` + "\n"
	}
	return a
}

// The lines that a server says yes with.
const (
	allowAny         = "Access-Control-Allow-Origin: *"
	allowPage        = "Access-Control-Allow-Origin: " + placePage
	allowCredentials = "Access-Control-Allow-Credentials: true"
	varyOrigin       = "Vary: Origin"
)

// jsonBody is a body with the type that makes a POST need a preflight.
func jsonBody() *fetch.Body {
	return &fetch.Body{Source: []byte(`{"done":true}`), Type: "application/json"}
}

// demoCases returns the situations of the demo, from what works to what surprises. The slice is the caller's.
func demoCases() []demoCase {
	cases := allowedCases()
	cases = append(cases, originCases()...)
	cases = append(cases, preflightCases()...)
	return append(cases, otherCases()...)
}

func allowedCases() []demoCase {
	return []demoCase{
		{
			ID: "public", Title: "Access-Control-Allow-Origin: * and no credentials", Path: "/public",
			Response: answer(200, allowAny),
			Verdict:  verdictAllowed, Sees: []string{"GET"},
		},
		{
			ID: "exact-origin", Title: "the page's exact origin, credentials allowed, Vary: Origin", Path: "/exact",
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowPage, allowCredentials, varyOrigin),
			Verdict:  verdictAllowed, Sees: []string{"GET"},
		},
		{
			ID: "preflight-cache", Title: "two PUTs, one preflight: the first one is remembered", Situation: "max-age-ignored", Path: "/cache",
			Request: fetch.Request{Method: "PUT"}, Repeat: 2,
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 600", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictAllowed, Sees: []string{"OPTIONS", "PUT", "PUT"},
		},
		{
			ID: "header-not-exposed", Title: "readable, but X-Total-Count is not exposed and so unseen", Situation: "expose-headers", Path: "/total",
			Response: answer(200, allowAny, "X-Total-Count: 42"),
			Verdict:  verdictAllowed, Sees: []string{"GET"},
		},
		{
			ID: "no-cors", Title: "mode no-cors: sent, and nothing of the answer can be read", Situation: "no-cors-mode", Path: "/no-cors",
			Request:  fetch.Request{Mode: fetch.ModeNoCORS},
			Response: answer(200),
			Verdict:  verdictOpaque, Sees: []string{"GET"},
		},
	}
}

func originCases() []demoCase {
	return []demoCase{
		{
			ID: "no-headers", Title: "no CORS headers at all", Situation: "no-headers", Path: "/no-headers", Try: true,
			Response: answer(200),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "star-credentials", Title: "* for a request with credentials", Situation: "star-credentials", Path: "/star", Try: true,
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowAny, allowCredentials),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginWildcard, Sees: []string{"GET"},
		},
		{
			ID: "duplicate-origin", Title: "two Access-Control-Allow-Origin lines", Situation: "duplicate-acao", Path: "/two-lines",
			Response: answer(200, allowPage, allowAny),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMultiple, Sees: []string{"GET"},
		},
		{
			ID: "trailing-slash", Title: "the page's origin with a slash at its end", Situation: "acao-trailing-slash", Path: "/slash",
			Response: answer(200, allowPage+"/", varyOrigin),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			ID: "other-port", Title: "another port than the page's", Situation: "acao-scheme-port", Path: "/port",
			Response: answer(200, "Access-Control-Allow-Origin: http://localhost:5173", varyOrigin),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			ID: "origin-null", Title: "null, for a page that has an origin", Situation: "acao-null-trust", Path: "/null",
			Response: answer(200, "Access-Control-Allow-Origin: null"),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginNull, Sees: []string{"GET"},
		},
		{
			ID: "credentials-true", Title: "Access-Control-Allow-Credentials: True, with a capital", Situation: "acac-not-true", Path: "/True",
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowPage, "Access-Control-Allow-Credentials: True", varyOrigin),
			Verdict:  verdictBlocked, Reason: fetch.AllowCredentialsNotTrue, Sees: []string{"GET"},
		},
	}
}

func preflightCases() []demoCase {
	authorized := fetch.Request{Header: []fetch.Field{{Name: "Authorization", Value: "Bearer demo"}}}
	return []demoCase{
		{
			ID: "options-401", Title: "401 for OPTIONS: authentication stands before CORS", Situation: "options-401", Path: "/401",
			Request:   authorized,
			Preflight: answer(401, `WWW-Authenticate: Bearer realm="demo"`),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.PreflightStatus, Sees: []string{"OPTIONS"},
		},
		{
			ID: "options-404", Title: "404 for OPTIONS: the route knows PUT only", Situation: "options-404-405", Path: "/404",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(404),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.PreflightStatus, Sees: []string{"OPTIONS"},
		},
		{
			ID: "preflight-redirect", Title: "OPTIONS is redirected to a path with a slash", Situation: "preflight-redirect-slash", Path: "/moved",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(308, "Location: "+placeAPI+"/moved/", allowPage, varyOrigin),
			Response:  answer(308, "Location: "+placeAPI+"/moved/", allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.PreflightRedirect, Sees: []string{"OPTIONS"},
		},
		{
			ID: "authorization-missing", Title: "Access-Control-Allow-Headers without Authorization", Situation: "custom-header", Path: "/token",
			Request:   authorized,
			Preflight: answer(204, allowPage, "Access-Control-Allow-Headers: content-type", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.HeaderNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "json-content-type", Title: "a JSON body, and no Access-Control-Allow-Headers", Situation: "json-content-type", Path: "/json",
			Request:   fetch.Request{Method: "POST", Body: jsonBody()},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: POST", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.HeaderNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "method-missing", Title: "DELETE is not in Access-Control-Allow-Methods", Situation: "method-missing", Path: "/method",
			Request:   fetch.Request{Method: "DELETE"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: GET, POST", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.MethodNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "lower-case-patch", Title: "patch in lower case, which nobody makes upper case",
			Situation: "lower-case-patch", Path: "/patch", Try: true,
			Request:   fetch.Request{Method: "patch"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: GET, PATCH", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.MethodCaseMismatch, Sees: []string{"OPTIONS"},
		},
		{
			ID: "methods-star-credentials", Title: "Access-Control-Allow-Methods: * with credentials",
			Situation: "list-star-credentials", Path: "/any-method",
			Request: fetch.Request{Method: "PUT", Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Preflight: answer(204, allowPage, allowCredentials, "Access-Control-Allow-Methods: *", varyOrigin),
			Response:  answer(200, allowPage, allowCredentials, varyOrigin),
			Verdict:   verdictBlocked, Reason: fetch.AllowMethodsWildcard, Sees: []string{"OPTIONS"},
		},
		{
			ID: "only-on-options", Title: "CORS headers on the preflight only: the PUT has happened",
			Situation: "headers-only-on-options", Path: "/only-options",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: PUT", varyOrigin),
			Response:  answer(200),
			Verdict:   verdictBlocked, Reason: fetch.AllowOriginMissing, Sees: []string{"OPTIONS", "PUT"},
		},
	}
}

func otherCases() []demoCase {
	return []demoCase{
		{
			ID: "error-page", Title: "a 500 whose error page has no CORS headers", Situation: "error-responses-500", Path: "/500",
			Response: answer(500),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "redirect-without-headers", Title: "a redirect without CORS headers to a place that has them",
			Situation: "redirect-first-hop", Path: "/login",
			Response: answer(302, "Location: "+placeOther+"/login/next"),
			Next:     answer(200, allowPage, varyOrigin),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "redirect-cross-cross", Title: "a redirect to a third origin: Origin becomes null", Situation: "redirect-cross-cross", Path: "/away",
			Response: answer(302, "Location: "+placeOther+"/away/next", allowPage, varyOrigin),
			Next:     answer(200, allowPage, varyOrigin),
			Verdict:  verdictBlocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			// Nothing is dialled: browsers refuse the ports of other protocols before they connect.
			ID: "bad-port", Title: "port 6667 belongs to IRC: nothing is sent at all", URL: "http://127.0.0.1:6667/",
			Verdict: verdictBlocked, Reason: fetch.BadPort,
		},
	}
}
