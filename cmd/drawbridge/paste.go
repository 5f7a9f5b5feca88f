package main

import (
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// maxPaste bounds a pasted command. Its body may be long; no system takes much more in one argument.
const maxPaste = 1 << 20

// What to do with a paste that cannot be read.
const (
	pasteCurl    = "paste what DevTools' \"Copy as cURL\" gives"
	pasteFetch   = "paste what DevTools' \"Copy as fetch\" gives"
	pasteShorter = "leave the body out, or give it with --data @file"
)

// devTools sorts the headers of a pasted command. What DevTools copies is the request as it was sent: the page's headers and the
// browser's among each other. A browser adds its own after CORS has decided, so that they must not count as the page's.
func (a *asked) devTools() {
	fromBrowser := slices.ContainsFunc(a.headers, isBrowserMark)
	// Chromium and Firefox add both on a reload or with "Disable cache".
	noCache := fromBrowser && a.hasHeader("Pragma", "no-cache") && a.hasHeader("Cache-Control", "no-cache")
	var kept []fetch.Field
	var dropped []string
	for _, h := range a.headers {
		name := strings.ToLower(h.Name)
		switch {
		case name == "cookie":
			a.cookies = append(a.cookies, h.Value)
		case name == "origin" || name == "referer" || name == "host":
			kept = append(kept, h)
		case fromBrowser && a.browserHeader(name, header.Normalize(h.Value)):
		case noCache && (name == "pragma" || name == "cache-control"):
			a.cache = string(fetch.CacheReload)
		case header.ForbiddenRequestHeader(h.Name, h.Value),
			fromBrowser && (name == "authority" || name == "priority" || name == "upgrade-insecure-requests"):
			dropped = append(dropped, h.Name)
		default:
			kept = append(kept, h)
		}
	}
	a.headers = kept
	if len(a.cookies) > 0 && a.credentials == "" {
		// Cookies travelled, so the page had asked for them, or was of the same origin, where this changes nothing.
		a.credentials = string(fetch.CredentialsInclude)
	}
	if noCache {
		a.note("Pragma and Cache-Control: no-cache are taken for DevTools' \"Disable cache\", not for headers of the page. " +
			"If the page sets them, say so with -H.")
	}
	if len(dropped) > 0 {
		a.note("Left out, because a browser sets them itself: " + strings.Join(dropped, ", ") + ".")
	}
}

// isBrowserMark reports whether a header shows that a browser made the request: no script sets these.
func isBrowserMark(h fetch.Field) bool {
	name := strings.ToLower(h.Name)
	return strings.HasPrefix(name, "sec-fetch-") || strings.HasPrefix(name, "sec-ch-") ||
		name == "user-agent" && strings.HasPrefix(header.Normalize(h.Value), "Mozilla/")
}

// browserHeader takes in what a header says of the browser that sent it, and reports whether it was such a header.
func (a *asked) browserHeader(name, value string) bool {
	switch name {
	case "sec-fetch-mode":
		if a.mode == "" {
			a.mode = strings.ToLower(value)
		}
	case "sec-fetch-dest":
		if a.destination == "" && value != "empty" {
			a.destination = strings.ToLower(value)
		}
	case "sec-fetch-site":
		a.fetchSite = strings.ToLower(value)
	case "user-agent":
		if a.userAgent == "" {
			a.userAgent = value
		}
	default:
		// Client hints and the like say nothing that matters here; a list of them would hide the names that do.
		return strings.HasPrefix(name, "sec-")
	}
	return true
}

// hasHeader reports whether a header is given with this value.
func (a *asked) hasHeader(name, value string) bool {
	return slices.ContainsFunc(a.headers, func(h fetch.Field) bool {
		return strings.EqualFold(h.Name, name) && strings.EqualFold(header.Normalize(h.Value), value)
	})
}
