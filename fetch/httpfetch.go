package fetch

import (
	"strconv"

	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// httpFetch asks first where that is needed, fetches, checks, and sees to redirects.
//
// https://fetch.spec.whatwg.org/#concept-http-fetch
func (c *Client) httpFetch(r *request, makeCORSPreflight bool) (*response, error) {
	// 3. There is no service worker here.

	// 4.1. Ask, unless the cache remembers the answer.
	if makeCORSPreflight && !c.preflights.covers(c, r) {
		if err := c.corsPreflightFetch(r); err != nil {
			return nil, err
		}
	}

	// DEVIATION: Profile.URLCredentialsAsk, Profile.CredentialedRedirects.
	if r.deferred != nil {
		return nil, r.deferred()
	}

	// 4.3.
	response, err := c.httpNetworkOrCacheFetch(r)
	if err != nil {
		return nil, err
	}

	// 4.4. On redirects too, before they are followed.
	if r.tainting == taintingCORS {
		if err := c.corsCheck(r, response); err != nil {
			c.refused(response, algCORSCheck)
			response.Body.Close()
			return nil, err
		}
		c.credentialedCheck(r, response)
	}

	// 4.5. The timing flags have no reader here: this package reports no resource timing.
	// 5. What a response that is loaded unseen says about being embedded.
	if r.tainting == taintingOpaque {
		if err := r.corpCheck(response); err != nil {
			c.refused(response, algCORPCheck)
			response.Body.Close()
			return nil, err
		}
	}

	// 6.
	if !redirectStatus(response.Status) {
		response.kept()
		return response, nil
	}
	// DEVIATION: a redirect that nobody follows is not worth storing to Firefox (HTTPCacheProfile.ForgetsEndedRedirects).
	if r.redirect != RedirectFollow && c.profile.HTTPCache.ForgetsEndedRedirects {
		response.forget()
	}
	switch r.redirect {
	case RedirectError:
		// DEVIATION: Profile.ErrorModeNeedsLocation.
		if r.profile.ErrorModeNeedsLocation && !r.profile.redirects(response) {
			return response, nil
		}
		response.Body.Close()
		return nil, r.block(RedirectModeError, algHTTPFetch, "6.3", Event{
			Subject: "status", Got: strconv.Itoa(response.Status), Want: "no redirect",
			Lines: header.List(response.Header).Lines(header.Location),
		})
	case RedirectManual:
		// 6.3.1. A navigation would go on here when the page asks for it; nobody asks, so it ends like any other.
		response.kind = OpaqueRedirectResponse
		return response, nil
	default:
		return c.httpRedirectFetch(r, response)
	}
}

// credentialedCheck makes the CORS check on a redirect once more as if with credentials, and lets it refuse the next hop.
func (c *Client) credentialedCheck(r *request, response *response) {
	// DEVIATION: Profile.CredentialedRedirects.
	if !r.profile.CredentialedRedirects || !redirectStatus(response.Status) || r.redirect != RedirectFollow ||
		r.credentials != CredentialsSameOrigin || !origin.SameOrigin(r.urls[0].origin, r.origin) || !r.profile.redirects(response) {
		return
	}
	credentialed := *r
	credentialed.credentials, credentialed.trace = CredentialsInclude, nil
	if c.corsCheck(&credentialed, response) == nil {
		return
	}
	credentialed.trace = r.trace
	r.deferred = func() *BlockedError { return c.corsCheck(&credentialed, response) }
}

// redirectStatus reports whether a response of that status is a redirect.
//
// https://fetch.spec.whatwg.org/#redirect-status
func redirectStatus(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}
