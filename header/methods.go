package header

// SafelistedMethod reports whether m is a CORS-safelisted method: GET, HEAD or POST, in capitals. Such a method needs no preflight
// and no Access-Control-Allow-Methods.
//
// https://fetch.spec.whatwg.org/#cors-safelisted-method
func SafelistedMethod(m string) bool { return m == "GET" || m == "HEAD" || m == "POST" }

// ForbiddenMethod reports whether m is a forbidden method, in any case: CONNECT, TRACE or TRACK. Script cannot make such a request.
//
// https://fetch.spec.whatwg.org/#forbidden-method
func ForbiddenMethod(m string) bool { return oneOf(m, "CONNECT", "TRACE", "TRACK") }

// NormalizeMethod returns m in capitals if it is, in any case, one of DELETE, GET, HEAD, OPTIONS, POST and PUT, else m itself. PATCH
// is not among them: "patch" stays "patch", and a server that allows PATCH refuses it.
//
// https://fetch.spec.whatwg.org/#concept-method-normalize
func NormalizeMethod(m string) string {
	for _, n := range [...]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"} {
		if equalFold(m, n) {
			return n
		}
	}
	return m
}

// ValidMethod reports whether m is a method at all: a token. Anything else cannot stand in a request line.
//
// https://fetch.spec.whatwg.org/#concept-method
func ValidMethod(m string) bool { return isToken(m) }
