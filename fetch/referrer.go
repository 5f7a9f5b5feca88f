package fetch

import (
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
	"slices"
)

// maxReferrer is how long a referrer may be before it is cut to its origin.
const maxReferrer = 4096

// setReferrer is step 9 of main fetch: the referrer for the current URL takes the place of the one before, so that what a redirect
// has been spared is not told to the next.
//
// https://fetch.spec.whatwg.org/#concept-main-fetch
func (r *request) setReferrer() {
	if r.referrer = r.determineReferrer(); r.referrer == "" {
		r.referrer = noReferrer
	}
}

// noReferrer is the referrer of a request that has none.
const noReferrer = "no-referrer"

// determineReferrer returns what the current URL may know of where the request comes from, or "".
//
// https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer
func (r *request) determineReferrer() string {
	// 3. Where the page is, or where it says it is.
	var source string
	switch r.referrer {
	case noReferrer:
		return ""
	case "client":
		source = r.client.URL
		if source == "" && !r.origin.IsOpaque() {
			source = r.origin.String()
		}
	default:
		source = r.referrer
	}
	u, err := urlParser.Parse(source)
	if err != nil {
		return ""
	}
	// 4–5. Without user name, password and fragment, and not at all from a local scheme.
	page := newLocation(u)
	if !page.http() {
		return ""
	}
	full, only := page.wireURL(), page.origin.String()+"/"
	// 6.
	if len(full) > maxReferrer {
		full = only
	}

	// 8.
	current := r.current()
	sameOrigin := origin.SameOrigin(page.origin, current.origin)
	downgrade := page.origin.PotentiallyTrustworthy() && !current.origin.PotentiallyTrustworthy()
	switch r.referrerPolicy {
	case NoReferrer:
		return ""
	case OriginReferrer:
		return only
	case UnsafeURL:
		return full
	case StrictOrigin:
		return unless(downgrade, only)
	case SameOriginReferrer:
		return unless(!sameOrigin, full)
	case OriginWhenCrossOrigin:
		if sameOrigin {
			return full
		}
		return only
	case NoReferrerWhenDowngrade:
		return unless(downgrade, full)
	default: // StrictOriginWhenCrossOrigin
		if sameOrigin {
			return full
		}
		return unless(downgrade, only)
	}
}

func unless(not bool, s string) string {
	if not {
		return ""
	}
	return s
}

// appendFetchMetadata appends the Sec-Fetch- headers, which tell a server what kind of page asks and how.
//
// https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request
func (r *request) appendFetchMetadata(list *header.List) {
	// 1. Only where nobody on the way could read them.
	if !r.current().origin.PotentiallyTrustworthy() {
		return
	}
	// DEVIATION: Profile.NoMetadataBehindRedirect.
	if r.profile.NoMetadataBehindRedirect && !r.preflight && r.tainting == taintingCORS && r.crossedOrigins(len(r.urls)-1) {
		return
	}
	// 3–4.
	list.Append("Sec-Fetch-Site", r.fetchSite())
	list.Append("Sec-Fetch-Mode", string(r.mode))
	// 2.
	destination := r.destination
	if destination == "" {
		destination = "empty"
	}
	list.Append("Sec-Fetch-Dest", destination)
}

// fetchSite is the value of Sec-Fetch-Site: how far the farthest URL so far is from the page.
//
// https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-set-site
func (r *request) fetchSite() string {
	site := "same-origin"
	urls := r.urls
	// DEVIATION: Profile.SiteNotFollowed.
	if r.preflight && r.profile.SiteNotFollowed {
		urls = urls[len(urls)-1:]
	}
	// DEVIATION: Profile.RedirectedIsCrossSite.
	abroad := slices.ContainsFunc(urls, func(l location) bool { return !origin.SameOrigin(l.origin, r.origin) })
	if !r.preflight && r.profile.RedirectedIsCrossSite && len(r.urls) > 1 && abroad {
		return "cross-site"
	}
	for _, l := range urls {
		switch {
		case origin.SameOrigin(l.origin, r.origin):
		case !origin.SameSite(l.origin, r.origin):
			return "cross-site"
		default:
			site = "same-site"
		}
	}
	return site
}

// leftOrigin reports whether a redirect has led from one origin to another.
func (r *request) leftOrigin() bool {
	for i := range r.urls {
		if r.crossedOrigins(i) {
			return true
		}
	}
	return false
}

// crossedOrigins reports whether the URL of that index was a redirect's, and of another origin than the one before.
func (r *request) crossedOrigins(i int) bool {
	return i > 0 && !origin.SameOrigin(r.urls[i-1].origin, r.urls[i].origin)
}

// sameSiteAll reports whether the page and every URL so far are one site.
func sameSiteAll(r *request) bool { return r.fetchSite() != "cross-site" }
