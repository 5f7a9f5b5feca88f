package fetch

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// badPorts are the ports of services that are not the web's.
//
// https://fetch.spec.whatwg.org/#port-blocking
var badPorts = [...]uint16{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113,
	115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
	563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
	6668, 6669, 6679, 6697, 10080,
}

// IsBadPort reports whether no browser fetches from the port over HTTP.
//
// https://fetch.spec.whatwg.org/#bad-port
func IsBadPort(port uint16) bool {
	for _, p := range badPorts {
		if p == port {
			return true
		}
	}
	return false
}

// checkPort says whether the current URL's port is one to stay away from.
//
// https://fetch.spec.whatwg.org/#block-bad-port
func (r *request) checkPort() error {
	// 1.
	current := r.current()
	// 2. A default port is not in the URL, and not in the table.
	port := current.url.Port()
	if !current.http() || port == "" {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || IsBadPort(uint16(n)) {
		return r.block(BadPort, algBadPort, "2", Event{Subject: "port", Got: port, Want: "a port that browsers fetch from"})
	}
	// 3.
	return nil
}

// prohibitsMixedContent reports whether the page was loaded securely.
//
// DEVIATION: the standard goes by whether the page's origin is potentially trustworthy, which includes http://localhost. Browsers go
// by its scheme: a page on http://localhost may fetch http://site.test in all three (oracle, group https-mixed).
//
// https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object
func (r *request) prohibitsMixedContent() bool {
	return r.origin.Scheme() == "https" || r.origin.IsOpaque() && strings.HasPrefix(strings.ToLower(r.client.URL), "https:")
}

// upgradeMixedContent makes the request secure where a secure page embeds passive content.
//
// https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm
func (r *request) upgradeMixedContent() {
	current := r.current()
	if current.scheme != "http" || !r.prohibitsMixedContent() || current.origin.PotentiallyTrustworthy() {
		return
	}
	if r.destination != "image" && r.destination != "audio" && r.destination != "video" {
		return
	}
	if _, err := netip.ParseAddr(strings.Trim(current.url.Hostname(), "[]")); err == nil {
		return
	}
	// A URL that parsed as http parses as https.
	if u, err := urlParser.Parse("https" + strings.TrimPrefix(current.url.Href(false), "http")); err == nil {
		r.urls[len(r.urls)-1] = newLocation(u)
	}
}

// checkMixedContent says whether a secure page asks for something insecure.
//
// https://w3c.github.io/webappsec-mixed-content/#should-block-fetch
func (r *request) checkMixedContent() error {
	current := r.current()
	if !r.prohibitsMixedContent() || origin.PotentiallyTrustworthyURL(current.url) || r.mode == ModeNavigate {
		return nil
	}
	return r.block(MixedContent, algMainFetch, "7", Event{Subject: "url", Got: current.href, Want: "https"})
}

// corpCheck is the cross-origin resource policy check for a page without an embedder policy.
//
// https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
func (r *request) corpCheck(response *response) error {
	// 2.
	list := header.List(response.Header)
	policy, ok := list.Get(header.CrossOriginResourcePolicy)
	if !ok {
		return nil
	}
	current := r.current()
	e := Event{
		Subject: "cross-origin-resource-policy", Got: policy, Want: "cross-origin", Lines: list.Lines(header.CrossOriginResourcePolicy),
	}
	allowed := true
	// 5. Unknown and repeated values are no policy (3, 4).
	switch policy {
	case "same-origin":
		allowed = origin.SameOrigin(r.origin, current.origin)
	case "same-site":
		// What came securely is not for an insecure page.
		allowed = origin.SchemelesslySameSite(r.origin, current.origin) && (r.origin.Scheme() == "https" || current.scheme != "https")
	}
	if !allowed {
		return r.block(CORPBlocked, algCORPCheck, "5", e)
	}
	r.pass(algCORPCheck, "5", e)
	return nil
}

// scriptLike reports whether a destination runs code.
//
// https://fetch.spec.whatwg.org/#request-destination-script-like
func scriptLike(destination string) bool {
	switch destination {
	case "audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker":
		return true
	default:
		return false
	}
}

// checkMIMEType keeps images and the like from being run as scripts.
//
// https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?
func (r *request) checkMIMEType(response *response) error {
	if !scriptLike(r.destination) {
		return nil
	}
	// 1–2.
	mimeType, ok := header.ExtractMIMEType(response.Header)
	if !ok {
		return nil
	}
	// 4.
	essence := mimeType.Essence
	if strings.HasPrefix(essence, "audio/") || strings.HasPrefix(essence, "image/") || strings.HasPrefix(essence, "video/") ||
		essence == "text/csv" {
		return r.block(MIMETypeBlocked, "should-response-to-request-be-blocked-due-to-mime-type?", "4", Event{
			Subject: "content-type", Got: essence, Want: "text/javascript", Lines: header.List(response.Header).Lines(header.ContentType),
		})
	}
	return nil
}

// checkNosniff takes a server that forbids guessing at its word.
//
// https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?
func (r *request) checkNosniff(response *response) error {
	if !scriptLike(r.destination) && r.destination != "style" {
		return nil
	}
	// 1.
	if !header.Nosniff(response.Header) {
		return nil
	}
	// 2.
	mimeType, ok := header.ExtractMIMEType(response.Header)
	// 4–5.
	want := "text/css"
	fits := ok && mimeType.Essence == want
	if scriptLike(r.destination) {
		want = "text/javascript"
		fits = ok && header.JavaScriptMIMEType(mimeType.Essence)
	}
	if fits {
		return nil
	}
	return r.block(NosniffBlocked, "should-response-to-request-be-blocked-due-to-nosniff?", "4", Event{
		Subject: "content-type", Got: mimeType.Essence, Want: want, Lines: header.List(response.Header).Lines(header.ContentType),
	})
}
