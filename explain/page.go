package explain

import "github.com/drawbridge-cors/drawbridge/fetch"

// A Page explains a reason in general, whatever the request. Its text is printable ASCII.
type Page struct {
	// Code is the reason, Class says where the cure is.
	Code  fetch.Reason `json:"code"`
	Class fetch.Class  `json:"class"`
	// Title is a phrase without a full stop; Why is the rule, Fix what helps.
	Title string `json:"title"`
	Why   string `json:"why"`
	Fix   string `json:"fix"`
	// Step names the algorithm and the number of the step, SpecURL is its address. The standard is Fetch unless Step says
	// otherwise. Both are empty for failures of the network.
	Step    string `json:"step"`
	SpecURL string `json:"specUrl"`
}

// Lookup returns the page on a reason's code, such as "allow-origin-missing". It reports false for a code that is none.
func Lookup(code string) (Page, bool) {
	r := fetch.Reason(code)
	p, ok := page(r)
	p.Code, p.Class = r, r.Class()
	if !ok {
		return Page{}, false
	}
	return p, true
}

// The addresses of the algorithms that reasons refer to.
const (
	fetchStandard  = "https://fetch.spec.whatwg.org/#"
	corsCheck      = fetchStandard + "concept-cors-check"
	corsPreflight  = fetchStandard + "cors-preflight-fetch-0"
	mainFetch      = fetchStandard + "concept-main-fetch"
	httpFetch      = fetchStandard + "concept-http-fetch"
	redirectFetch  = fetchStandard + "concept-http-redirect-fetch"
	networkOrCache = fetchStandard + "concept-http-network-or-cache-fetch"
)

// page is the one list of sentences on reasons. A test proves it complete.
func page(r fetch.Reason) (Page, bool) {
	switch r {
	case fetch.AllowOriginMissing:
		return Page{
			Title: "Access-Control-Allow-Origin is missing",
			Why: "A response from another origin can be read only if this header says so. " +
				"Nothing said means nothing allowed.",
			Fix:  "Send it on every response to this page: preflights, errors and redirects included.",
			Step: "CORS check, step 2", SpecURL: corsCheck,
		}, true
	case fetch.AllowOriginWildcard:
		return Page{
			Title: "Access-Control-Allow-Origin is \"*\", which does not count with credentials",
			Why: "With credentials included, \"*\" is no wildcard: it is compared with the page's origin like any other text, " +
				"and differs.",
			Fix: "Name the page's origin instead, after looking it up in a list, and add Vary: Origin. " +
				"Or make the request without credentials, if it needs none.",
			Step: "CORS check, step 4", SpecURL: corsCheck,
		}, true
	case fetch.AllowOriginMultiple:
		return Page{
			Title: "Access-Control-Allow-Origin has several values",
			Why: "The header holds one origin or \"*\". Several lines are joined with a comma, and the whole is compared with " +
				"the page's origin.",
			Fix: "Send one value. If two layers (a proxy and the application, say) each add one, let only one of them do it. " +
				"If it is a list, look the request's Origin up in it and send that one, with Vary: Origin.",
			Step: "CORS check, step 4", SpecURL: corsCheck,
		}, true
	case fetch.AllowOriginNull:
		return Page{
			Title: "Access-Control-Allow-Origin is \"null\"",
			Why: "\"null\" stands for opaque origins: sandboxed frames, file: and data: pages. " +
				"This page has an origin of its own, and \"null\" is not it.",
			Fix:  "Send the page's origin. Take \"null\" off the list of allowed origins: any site can make a frame that has it.",
			Step: "CORS check, step 4", SpecURL: corsCheck,
		}, true
	case fetch.AllowOriginInvalid:
		return Page{
			Title: "Access-Control-Allow-Origin is not an origin",
			Why: "The value is compared byte for byte with the page's origin: scheme, ://, host, and a port unless it is the " +
				"scheme's default. Patterns, lists and bare host names match nothing.",
			Fix:  "Send the page's origin exactly as the Origin header has it. Match patterns in the server.",
			Step: "CORS check, step 4", SpecURL: corsCheck,
		}, true
	case fetch.AllowOriginMismatch:
		return Page{
			Title: "Access-Control-Allow-Origin names another origin",
			Why: "The value is compared byte for byte with the page's origin. Scheme, host and port all count, and so do letter " +
				"case and a slash at the end.",
			Fix: "Add the page's origin to the server's list, spelled as the Origin header has it, and send that value back, " +
				"with Vary: Origin.",
			Step: "CORS check, step 4", SpecURL: corsCheck,
		}, true
	case fetch.AllowCredentialsMissing:
		return Page{
			Title: "Access-Control-Allow-Credentials is missing",
			Why: "A response to a request with credentials can be read only if this header says true, on the preflight's " +
				"response as on the response itself.",
			Fix:  "Send it, on both. Or make the request without credentials, if it needs none.",
			Step: "CORS check, step 8", SpecURL: corsCheck,
		}, true
	case fetch.AllowCredentialsNotTrue:
		return Page{
			Title: "Access-Control-Allow-Credentials is not \"true\"",
			Why:   "Only the four lower-case letters count, once. There is no other value.",
			Fix:   "Send true, in lower case, on one line. To refuse credentials, leave the header out.",
			Step:  "CORS check, step 8", SpecURL: corsCheck,
		}, true
	case fetch.PreflightRedirect:
		return Page{
			Title: "the preflight was redirected",
			Why:   "A preflight's redirect is never followed: only a status of 200 to 299 passes.",
			Fix:   "Use the address that the redirect leads to, or let the CORS layer answer OPTIONS before anything redirects it.",
			Step:  "CORS-preflight fetch, step 7", SpecURL: corsPreflight,
		}, true
	case fetch.PreflightStatus:
		return Page{
			Title: "the preflight's status is not a success",
			Why:   "Only a status of 200 to 299 passes, whatever the headers say.",
			Fix: "Let the CORS layer answer OPTIONS requests that carry Access-Control-Request-Method, with 204, before " +
				"authentication and routing see them.",
			Step: "CORS-preflight fetch, step 7", SpecURL: corsPreflight,
		}, true
	case fetch.AllowMethodsInvalid:
		return Page{
			Title: "Access-Control-Allow-Methods is not a list of methods",
			Why:   "The header is a list of method names with commas between them. One item that is none spoils all of it.",
			Fix:   "Send bare names with commas between them: no quotation marks, no semicolons, no spaces inside.",
			Step:  "CORS-preflight fetch, step 7.3", SpecURL: corsPreflight,
		}, true
	case fetch.AllowHeadersInvalid:
		return Page{
			Title: "Access-Control-Allow-Headers is not a list of header names",
			Why:   "The header is a list of header names with commas between them. One item that is none spoils all of it.",
			Fix:   "Send bare names with commas between them: no quotation marks, no semicolons, no spaces inside.",
			Step:  "CORS-preflight fetch, step 7.3", SpecURL: corsPreflight,
		}, true
	case fetch.MethodNotAllowed:
		return Page{
			Title: "the method is not in Access-Control-Allow-Methods",
			Why:   "Every method but GET, HEAD and POST has to be listed by the preflight's response.",
			Fix:   "Add the method to the list.",
			Step:  "CORS-preflight fetch, step 7.5", SpecURL: corsPreflight,
		}, true
	case fetch.MethodCaseMismatch:
		return Page{
			Title: "the method is in Access-Control-Allow-Methods, but in another case",
			Why: "Methods are compared byte for byte. fetch() changes only delete, get, head, options, post and put to upper " +
				"case; patch stays as it is written.",
			Fix:  "Write the method in upper case, in the page and on the list.",
			Step: "CORS-preflight fetch, step 7.5", SpecURL: corsPreflight,
		}, true
	case fetch.AllowMethodsWildcard:
		return Page{
			Title: "Access-Control-Allow-Methods is \"*\", which does not count with credentials",
			Why:   "With credentials included, \"*\" is the name of a method, not a wildcard.",
			Fix:   "List the methods by name.",
			Step:  "CORS-preflight fetch, step 7.5", SpecURL: corsPreflight,
		}, true
	case fetch.AuthorizationNotListed:
		return Page{
			Title: "Authorization is not covered by \"*\" in Access-Control-Allow-Headers",
			Why: "By the standard, Authorization has to be listed by name. Chromium, Firefox and WebKit let \"*\" cover it so far " +
				"(whatwg/fetch issue 1919).",
			Fix:  "List Authorization by name, beside \"*\" or instead of it.",
			Step: "CORS-preflight fetch, step 7.6", SpecURL: corsPreflight,
		}, true
	case fetch.HeaderNotAllowed:
		return Page{
			Title: "a request header is not in Access-Control-Allow-Headers",
			Why:   "Every request header that is not safelisted has to be listed by the preflight's response.",
			Fix:   "Add the name to the list, or do not send the header.",
			Step:  "CORS-preflight fetch, steps 7.6 and 7.7", SpecURL: corsPreflight,
		}, true
	case fetch.AllowHeadersWildcard:
		return Page{
			Title: "Access-Control-Allow-Headers is \"*\", which does not count with credentials",
			Why:   "With credentials included, \"*\" is the name of a header, not a wildcard.",
			Fix:   "List the header names.",
			Step:  "CORS-preflight fetch, step 7.7", SpecURL: corsPreflight,
		}, true
	case fetch.RedirectURLCredentials:
		return Page{
			Title: "the redirect leads to an address with a user name or password",
			Why:   "A CORS request does not follow a redirect to another origin's address with user:password@ in it.",
			Fix:   "Redirect to the address without them.",
			Step:  "HTTP-redirect fetch, steps 9 and 10", SpecURL: redirectFetch,
		}, true
	case fetch.RedirectScheme:
		return Page{
			Title: "the redirect leads away from http and https",
			Why:   "Only redirects to http and https addresses are followed.",
			Fix:   "Redirect to an http or https address.",
			Step:  "HTTP-redirect fetch, step 6", SpecURL: redirectFetch,
		}, true
	case fetch.RedirectLocationInvalid:
		return Page{
			Title: "the redirect's Location is not an address",
			Why:   "Location has to be one value that parses as a URL. Two lines, or text that does not parse, end the fetch.",
			Fix:   "Send one Location line with a valid URL.",
			Step:  "HTTP-redirect fetch, step 5", SpecURL: redirectFetch,
		}, true
	case fetch.RedirectTooMany:
		return Page{
			Title: "more than 20 redirects",
			Why:   "A fetch follows 20 redirects and no more.",
			Fix:   "Look for a loop: often a login or an https redirect that leads back to itself.",
			Step:  "HTTP-redirect fetch, step 7", SpecURL: redirectFetch,
		}, true
	case fetch.RedirectStreamBody:
		return Page{
			Title: "a streamed body cannot be sent again",
			Why:   "A redirect that keeps the body needs it a second time; a stream is gone after the first.",
			Fix:   "Send the request to the final address, answer with 303, or send a body that is not a stream.",
			Step:  "HTTP-redirect fetch, step 11", SpecURL: redirectFetch,
		}, true
	case fetch.RedirectModeError:
		return Page{
			Title: "the server redirects, and the page asked for redirects to fail",
			Why:   "With redirect: \"error\" any redirect ends the fetch.",
			Fix:   "Use the final address, or redirect: \"follow\".",
			Step:  "HTTP fetch, step 6.3", SpecURL: httpFetch,
		}, true
	case fetch.ModeSameOriginBlocked:
		return Page{
			Title: "mode \"same-origin\" forbids requests to other origins",
			Why:   "In this mode a request to another origin fails before anything is sent; no header can change that.",
			Fix:   "Use mode \"cors\", which is the default of fetch().",
			Step:  "main fetch, step 12", SpecURL: mainFetch,
		}, true
	case fetch.NoCORSRedirectMode:
		return Page{
			Title: "mode \"no-cors\" needs redirect mode \"follow\"",
			Why:   "A no-cors request to another origin with any other redirect mode fails before anything is sent.",
			Fix:   "Leave the redirect mode out, or use mode \"cors\".",
			Step:  "main fetch, step 12", SpecURL: mainFetch,
		}, true
	case fetch.SchemeBlocked:
		return Page{
			Title: "the address has a scheme that cannot be fetched from here",
			Why:   "CORS works over http and https. Other schemes are fetched by a page of the same origin or not at all.",
			Fix:   "Serve both the page and the resource over http or https.",
			Step:  "main fetch, step 12", SpecURL: mainFetch,
		}, true
	case fetch.BadPort:
		return Page{
			Title: "the port is one that browsers never connect to",
			Why:   "Ports of other protocols (mail, IRC, X11 and the like) are blocked, whatever listens there.",
			Fix:   "Serve from another port.",
			Step:  "main fetch, step 7 (port blocking)", SpecURL: fetchStandard + "block-bad-port",
		}, true
	case fetch.MixedContent:
		return Page{
			Title: "an https page asks for something over http",
			Why:   "A secure page fetches only from secure addresses. Loopback addresses count as secure.",
			Fix:   "Serve the resource over https, and use that address.",
			Step:  "main fetch, step 7 (Mixed Content, section 4.4)", SpecURL: "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		}, true
	case fetch.CORPBlocked:
		return Page{
			Title: "Cross-Origin-Resource-Policy forbids the use",
			Why:   "The header limits who may embed a resource without CORS: same-origin, same-site or anybody.",
			Fix:   "Send Cross-Origin-Resource-Policy: cross-origin with what others may embed, or load it with mode \"cors\".",
			Step:  "HTTP fetch, step 5", SpecURL: fetchStandard + "cross-origin-resource-policy-check",
		}, true
	case fetch.NosniffBlocked:
		return Page{
			Title: "the response's type does not fit, and nosniff forbids a guess",
			Why: "With X-Content-Type-Options: nosniff, a script needs a JavaScript type and a style sheet text/css. " +
				"Often the answer is an error page in HTML.",
			Fix:  "Send the right Content-Type, and look at what the response is.",
			Step: "main fetch, step 20", SpecURL: fetchStandard + "should-response-to-request-be-blocked-due-to-nosniff?",
		}, true
	case fetch.MIMETypeBlocked:
		return Page{
			Title: "the response's type cannot be a script",
			Why:   "A script of type image/*, audio/*, video/* or text/csv is not run.",
			Fix:   "Send Content-Type: text/javascript.",
			Step:  "main fetch, step 20", SpecURL: fetchStandard + "should-response-to-request-be-blocked-due-to-mime-type?",
		}, true
	case fetch.RangeUnrequested:
		return Page{
			Title: "a part was answered that nobody asked for",
			Why:   "An opaque response with status 206 or 416 passes only if the request has a Range header.",
			Fix:   "Answer with the whole resource and status 200 where there is no Range.",
			Step:  "main fetch, step 21", SpecURL: mainFetch,
		}, true
	case fetch.KeepaliveTooLarge:
		return Page{
			Title: "the body is too large for keepalive",
			Why:   "Requests that may outlive their page share 64 KiB of body.",
			Fix:   "Send less, or leave keepalive out.",
			Step:  "HTTP-network-or-cache fetch, step 8.10", SpecURL: networkOrCache,
		}, true
	case fetch.StreamNeedsHTTP2:
		return Page{
			Title: "a streamed body needs HTTP/2 or later",
			Why:   "Browsers send a stream only over HTTP/2 and later; this server speaks HTTP/1.x.",
			Fix:   "Let the server speak HTTP/2 (over TLS), or send a body that is not a stream.",
			Step:  "HTTP-network fetch, step 8.3", SpecURL: fetchStandard + "concept-http-network-fetch",
		}, true
	case fetch.NotInCache:
		return Page{
			Title: "nothing in the cache, and the page asked for nothing else",
			Why:   "With cache: \"only-if-cached\" the network is not used.",
			Fix:   "Use another cache mode.",
			Step:  "HTTP-network-or-cache fetch, step 11.1", SpecURL: networkOrCache,
		}, true
	case fetch.NetworkDNS:
		return Page{
			Title: "the host name has no address",
			Why:   "The name could not be resolved, so nothing was sent. Browsers show this as a failed fetch, often beside CORS errors.",
			Fix:   "Check the spelling of the host name, and from where it can be resolved.",
		}, true
	case fetch.NetworkRefused:
		return Page{
			Title: "the connection was refused",
			Why:   "Nobody listens at that address and port, or something in between says so.",
			Fix:   "Check that the server runs, and on which address and port.",
		}, true
	case fetch.NetworkTLS:
		return Page{
			Title: "the TLS connection failed",
			Why:   "A certificate is not trusted or does not fit the name, or the two sides have no protocol version in common.",
			Fix: "Repair the certificate. For a development certificate, trust its authority in the browser; " +
				"a preflight never asks the user.",
		}, true
	case fetch.NetworkTimeout:
		return Page{
			Title: "no answer in time",
			Why:   "The server, or something before it, did not answer within the limit.",
			Fix:   "Look whether the server answers at all, and whether it answers OPTIONS.",
		}, true
	case fetch.NetworkProtocol:
		return Page{
			Title: "the answer is not valid HTTP",
			Why:   "The response could not be read: another protocol on that port, or broken framing.",
			Fix:   "Check the port and the scheme (http or https), and what the server really sends.",
		}, true
	case fetch.NetworkTooLarge:
		return Page{
			Title: "the answer is larger than the limit",
			Why:   "Reading stops at a stated limit, so that no server can fill the memory.",
			Fix:   "Ask for something smaller.",
		}, true
	case fetch.NetworkFailed:
		return Page{
			Title: "the network failed",
			Why:   "The connection broke before an answer was complete.",
			Fix:   "Try again, and look at the server's and the proxies' logs.",
		}, true
	case fetch.Aborted:
		return Page{
			Title: "stopped before the end",
			Why:   "The caller canceled the request.",
			Fix:   "Run it again.",
		}, true
	}
	return Page{}, false
}

// headerOf is the response header that a reason is about, or "".
func headerOf(r fetch.Reason) string {
	switch r {
	case fetch.AllowOriginMissing, fetch.AllowOriginWildcard, fetch.AllowOriginMultiple, fetch.AllowOriginNull,
		fetch.AllowOriginInvalid, fetch.AllowOriginMismatch:
		return allowOrigin
	case fetch.AllowCredentialsMissing, fetch.AllowCredentialsNotTrue:
		return allowCredentials
	case fetch.AllowMethodsInvalid, fetch.MethodNotAllowed, fetch.MethodCaseMismatch, fetch.AllowMethodsWildcard:
		return allowMethods
	case fetch.AllowHeadersInvalid, fetch.AuthorizationNotListed, fetch.HeaderNotAllowed, fetch.AllowHeadersWildcard:
		return allowHeaders
	case fetch.PreflightRedirect, fetch.RedirectURLCredentials, fetch.RedirectScheme, fetch.RedirectLocationInvalid:
		return "Location"
	case fetch.CORPBlocked:
		return "Cross-Origin-Resource-Policy"
	case fetch.NosniffBlocked, fetch.MIMETypeBlocked:
		return "Content-Type"
	}
	return ""
}
