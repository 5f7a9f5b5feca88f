// Package origin says what an origin is: scheme, host and port, or nothing but itself.
//
// An [Origin] comes from a serialized origin such as the value of an Origin header ([Parse]), from a URL ([ParseURL], [OfURL]), or from
// nowhere ([Opaque]). Origins are compared with [SameOrigin] and [SameSite], the two questions on which the same-origin policy,
// cookies and Cross-Origin Resource Sharing stand.
//
// Parse is strict. "https://a.example/" is a URL, not a serialized origin, and a browser that compares it byte for byte with
// "https://a.example" finds a difference; so does this package, and its error says what to write instead.
//
// No function panics on any input, and every input that a stranger may choose has a limit. All functions are safe for concurrent use.
package origin
