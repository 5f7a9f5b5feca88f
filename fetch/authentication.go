package fetch

import (
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
)

// An Authenticator is a [Jar] that also keeps HTTP authentication: user names and passwords that were given once, and that browsers then
// send by themselves wherever credentials travel. It must be safe for concurrent use.
//
// https://fetch.spec.whatwg.org/#authentication-entries
type Authenticator interface {
	// Authorization returns the value of the Authorization header that goes with r, or "" if none is kept. The second result says
	// that it goes before the author's own.
	Authorization(r CookieRequest) (value string, replaces bool)
	// Authenticate keeps a user name and a password for r's URL, and for what lies beside it and below.
	Authenticate(r CookieRequest, username, password string)
}

// Authenticate does as if the user of page had once given a user name and a password for url, with the Basic scheme. It reports false if
// url is none, or if the client's jar is no [Authenticator].
func (c *Client) Authenticate(page Environment, url, username, password string) bool {
	jar, ok := c.jar.(Authenticator)
	if !ok {
		return false
	}
	u, err := parseAgainst(&c.profile, baseURL(page), url)
	if err != nil {
		return false
	}
	r := &request{profile: &c.profile, client: page, origin: page.Origin, method: "GET", urls: []location{newLocation(u)}}
	jar.Authenticate(r.cookieRequest(), username, password)
	return true
}

// appendAuthorization is step 8.21.2 of HTTP-network-or-cache fetch. URLs do not include credentials here.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
func (c *Client) appendAuthorization(r *request, list *header.List, includeCredentials bool) {
	jar, ok := c.jar.(Authenticator)
	if !ok || !includeCredentials {
		return
	}
	// 8.21.2.1–8.21.2.3.
	value, replaces := jar.Authorization(r.cookieRequest())
	switch {
	case value == "":
		return
	case replaces:
		// DEVIATION: WebKit takes the user's word before the author's.
		*list = slices.DeleteFunc(*list, func(f Field) bool { return strings.EqualFold(f.Name, header.Authorization) })
	// 8.21.2. An author who wrote one knows better.
	case list.Contains(header.Authorization):
		return
	}
	// 8.21.2.4.
	list.Append(header.Authorization, value)
}
