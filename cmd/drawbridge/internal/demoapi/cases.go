package demoapi

import (
	"net/http"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// DefaultPage is the origin of the page that asks, unless told otherwise. Nothing listens there, and nothing needs to.
const DefaultPage = "http://localhost:3000"

// The verdicts of a [Case].
const (
	// Allowed means that script gets the response.
	Allowed = "allowed"
	// Opaque means that the request goes through, and script sees nothing of the response.
	Opaque = "opaque"
	// Blocked means that a rule of the browser ended it.
	Blocked = "blocked"
)

// What the demo's answers may hold in place of text that is not known before it listens.
const (
	placePage  = "{page}"
	placeAPI   = "{api}"
	placeOther = "{other}"
)

// A Case is one situation: what the server does at one path, what a page asks for there, and how that ends.
type Case struct {
	// ID is stable, in kebab-case. Title says in a few words what the server does.
	ID, Title string
	// Situation is the entry of the project's collection of CORS failures that this shows, or empty.
	Situation string
	// Path is where it is on the server. URL, if not empty, is where it is instead.
	Path, URL string
	// Request is what the page asks. Its URL and its Client are filled in by [Server.Request].
	Request fetch.Request
	// Cookies are those that the browser holds, "name=value" each. Repeat is how often it asks, once if zero.
	Cookies []string
	Repeat  int
	// Preflight answers OPTIONS, Response all other methods. A zero answer is a 404 without CORS headers.
	Preflight, Response Answer
	// Next answers at Path + "/next" on the server's second origin.
	Next Answer
	// Verdict, one of the constants, and Reason are what a browser comes to. Sees is what reaches the server on Path, method by method.
	Verdict string
	Reason  fetch.Reason
	Sees    []string
	// Try says that it is one to begin with.
	Try bool
}

// An Answer is one fixed response.
type Answer struct {
	Status int
	Header []fetch.Field
	Body   string
}

// answer makes an Answer with the header lines given as "Name: value".
func answer(status int, lines ...string) Answer {
	a := Answer{Status: status}
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

// Cases returns all situations, from what works to what surprises. The slice is the caller's.
func Cases() []Case {
	cases := allowedCases()
	cases = append(cases, originCases()...)
	cases = append(cases, preflightCases()...)
	return append(cases, otherCases()...)
}

func allowedCases() []Case {
	return []Case{
		{
			ID: "public", Title: "Access-Control-Allow-Origin: * and no credentials", Path: "/public",
			Response: answer(200, allowAny),
			Verdict:  Allowed, Sees: []string{"GET"},
		},
		{
			ID: "exact-origin", Title: "the page's exact origin, credentials allowed, Vary: Origin", Path: "/exact",
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowPage, allowCredentials, varyOrigin),
			Verdict:  Allowed, Sees: []string{"GET"},
		},
		{
			ID: "preflight-cache", Title: "two PUTs, one preflight: the first one is remembered", Situation: "max-age-ignored", Path: "/cache",
			Request: fetch.Request{Method: "PUT"}, Repeat: 2,
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 600", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Allowed, Sees: []string{"OPTIONS", "PUT", "PUT"},
		},
		{
			ID: "header-not-exposed", Title: "readable, but X-Total-Count is not exposed and so unseen", Situation: "expose-headers", Path: "/total",
			Response: answer(200, allowAny, "X-Total-Count: 42"),
			Verdict:  Allowed, Sees: []string{"GET"},
		},
		{
			ID: "no-cors", Title: "mode no-cors: sent, and nothing of the answer can be read", Situation: "no-cors-mode", Path: "/no-cors",
			Request:  fetch.Request{Mode: fetch.ModeNoCORS},
			Response: answer(200),
			Verdict:  Opaque, Sees: []string{"GET"},
		},
	}
}

func originCases() []Case {
	return []Case{
		{
			ID: "no-headers", Title: "no CORS headers at all", Situation: "no-headers", Path: "/no-headers", Try: true,
			Response: answer(200),
			Verdict:  Blocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "star-credentials", Title: "* for a request with credentials", Situation: "star-credentials", Path: "/star", Try: true,
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowAny, allowCredentials),
			Verdict:  Blocked, Reason: fetch.AllowOriginWildcard, Sees: []string{"GET"},
		},
		{
			ID: "duplicate-origin", Title: "two Access-Control-Allow-Origin lines", Situation: "duplicate-acao", Path: "/two-lines",
			Response: answer(200, allowPage, allowAny),
			Verdict:  Blocked, Reason: fetch.AllowOriginMultiple, Sees: []string{"GET"},
		},
		{
			ID: "trailing-slash", Title: "the page's origin with a slash at its end", Situation: "acao-trailing-slash", Path: "/slash",
			Response: answer(200, allowPage+"/", varyOrigin),
			Verdict:  Blocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			ID: "other-port", Title: "another port than the page's", Situation: "acao-scheme-port", Path: "/port",
			Response: answer(200, "Access-Control-Allow-Origin: http://localhost:5173", varyOrigin),
			Verdict:  Blocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			ID: "origin-null", Title: "null, for a page that has an origin", Situation: "acao-null-trust", Path: "/null",
			Response: answer(200, "Access-Control-Allow-Origin: null"),
			Verdict:  Blocked, Reason: fetch.AllowOriginNull, Sees: []string{"GET"},
		},
		{
			ID: "credentials-true", Title: "Access-Control-Allow-Credentials: True, with a capital", Situation: "acac-not-true", Path: "/True",
			Request: fetch.Request{Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Response: answer(200, allowPage, "Access-Control-Allow-Credentials: True", varyOrigin),
			Verdict:  Blocked, Reason: fetch.AllowCredentialsNotTrue, Sees: []string{"GET"},
		},
	}
}

func preflightCases() []Case {
	authorized := fetch.Request{Header: []fetch.Field{{Name: "Authorization", Value: "Bearer demo"}}}
	return []Case{
		{
			ID: "options-401", Title: "401 for OPTIONS: authentication stands before CORS", Situation: "options-401", Path: "/401",
			Request:   authorized,
			Preflight: answer(401, `WWW-Authenticate: Bearer realm="demo"`),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.PreflightStatus, Sees: []string{"OPTIONS"},
		},
		{
			ID: "options-404", Title: "404 for OPTIONS: the route knows PUT only", Situation: "options-404-405", Path: "/404",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(404),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.PreflightStatus, Sees: []string{"OPTIONS"},
		},
		{
			ID: "preflight-redirect", Title: "OPTIONS is redirected to a path with a slash", Situation: "preflight-redirect-slash", Path: "/moved",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(308, "Location: "+placeAPI+"/moved/", allowPage, varyOrigin),
			Response:  answer(308, "Location: "+placeAPI+"/moved/", allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.PreflightRedirect, Sees: []string{"OPTIONS"},
		},
		{
			ID: "authorization-missing", Title: "Access-Control-Allow-Headers without Authorization", Situation: "custom-header", Path: "/token",
			Request:   authorized,
			Preflight: answer(204, allowPage, "Access-Control-Allow-Headers: content-type", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.HeaderNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "json-content-type", Title: "a JSON body, and no Access-Control-Allow-Headers", Situation: "json-content-type", Path: "/json",
			Request:   fetch.Request{Method: "POST", Body: jsonBody()},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: POST", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.HeaderNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "method-missing", Title: "DELETE is not in Access-Control-Allow-Methods", Situation: "method-missing", Path: "/method",
			Request:   fetch.Request{Method: "DELETE"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: GET, POST", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.MethodNotAllowed, Sees: []string{"OPTIONS"},
		},
		{
			ID: "lower-case-patch", Title: "patch in lower case, which nobody makes upper case",
			Situation: "lower-case-patch", Path: "/patch", Try: true,
			Request:   fetch.Request{Method: "patch"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: GET, PATCH", varyOrigin),
			Response:  answer(200, allowPage, varyOrigin),
			Verdict:   Blocked, Reason: fetch.MethodCaseMismatch, Sees: []string{"OPTIONS"},
		},
		{
			ID: "methods-star-credentials", Title: "Access-Control-Allow-Methods: * with credentials",
			Situation: "list-star-credentials", Path: "/any-method",
			Request: fetch.Request{Method: "PUT", Credentials: fetch.CredentialsInclude}, Cookies: []string{"session=demo"},
			Preflight: answer(204, allowPage, allowCredentials, "Access-Control-Allow-Methods: *", varyOrigin),
			Response:  answer(200, allowPage, allowCredentials, varyOrigin),
			Verdict:   Blocked, Reason: fetch.AllowMethodsWildcard, Sees: []string{"OPTIONS"},
		},
		{
			ID: "only-on-options", Title: "CORS headers on the preflight only: the PUT has happened",
			Situation: "headers-only-on-options", Path: "/only-options",
			Request:   fetch.Request{Method: "PUT"},
			Preflight: answer(204, allowPage, "Access-Control-Allow-Methods: PUT", varyOrigin),
			Response:  answer(200),
			Verdict:   Blocked, Reason: fetch.AllowOriginMissing, Sees: []string{"OPTIONS", "PUT"},
		},
	}
}

func otherCases() []Case {
	return []Case{
		{
			ID: "error-page", Title: "a 500 whose error page has no CORS headers", Situation: "error-responses-500", Path: "/500",
			Response: answer(500),
			Verdict:  Blocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "redirect-without-headers", Title: "a redirect without CORS headers to a place that has them",
			Situation: "redirect-first-hop", Path: "/login",
			Response: answer(302, "Location: "+placeOther+"/login/next"),
			Next:     answer(200, allowPage, varyOrigin),
			Verdict:  Blocked, Reason: fetch.AllowOriginMissing, Sees: []string{"GET"},
		},
		{
			ID: "redirect-cross-cross", Title: "a redirect to a third origin: Origin becomes null", Situation: "redirect-cross-cross", Path: "/away",
			Response: answer(302, "Location: "+placeOther+"/away/next", allowPage, varyOrigin),
			Next:     answer(200, allowPage, varyOrigin),
			Verdict:  Blocked, Reason: fetch.AllowOriginMismatch, Sees: []string{"GET"},
		},
		{
			// Nothing is dialled: browsers refuse the ports of other protocols before they connect.
			ID: "bad-port", Title: "port 6667 belongs to IRC: nothing is sent at all", URL: "http://127.0.0.1:6667/",
			Verdict: Blocked, Reason: fetch.BadPort,
		},
	}
}
