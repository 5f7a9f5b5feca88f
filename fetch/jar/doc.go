// Package jar keeps cookies as browsers do: a [fetch.Jar] that knows SameSite, Secure, name prefixes, partitions and third parties.
//
// The algorithms are those of RFC 6265bis (draft-ietf-httpbis-rfc6265bis), named and numbered as there. Where Chromium, Firefox and
// WebKit leave it, a [Policy] says so, one switch for one cause; the switches come from what the three browsers did with the scenarios
// of package vectors. WebKit is WebKitGTK here, whose cookies are libsoup's: Safari's are not measured.
//
// A jar keeps HTTP authentication too, which browsers send under much the same rules: see [Jar.Authenticate].
//
// A [Jar] says why a cookie was not stored or did not travel: see [Jar.Decide] and [WithObserver].
//
// # Left out
//
// Cookies of script (document.cookie, the Cookie Store API), Clear-Site-Data, and the Storage Access API. Nothing is ever written to
// disk: session cookies live as long as the jar.
package jar
