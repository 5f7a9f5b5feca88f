package fetch

// A Profile holds as data where an engine leaves the standard. The zero value is [Standard].
type Profile struct {
	_ struct{}

	// Name is for people: "Standard", "Chromium", …
	Name string
	// AuthorizationUnderWildcard lets "Access-Control-Allow-Headers: *" cover Authorization, which step 7.6 of the CORS-preflight
	// fetch forbids and every measured browser does.
	//
	// https://github.com/whatwg/fetch/issues/1919
	AuthorizationUnderWildcard bool
	// NegativeMaxAgeExpires takes a negative Access-Control-Max-Age for 0, where step 7.9 of the CORS-preflight fetch takes it
	// for a value that cannot be parsed, and so for 5 seconds. Shown by the scenarios maxage-008 and maxage-097.
	NegativeMaxAgeExpires bool
	// LocationBytes puts bytes of Location that are not ASCII into the URL as they are, percent-encoded, where the standard takes
	// them for code points: E9 becomes %E9, not %C3%A9. Chromium and Firefox do; WebKit replaces them. Shown by the scenarios
	// redirect-location-111 to -119.
	LocationBytes bool
	// EqualLocations takes several equal Location lines for one, where the standard wants exactly one line. Chromium and Firefox
	// do; WebKit joins the lines. Shown by the scenario redirect-location-166.
	EqualLocations bool
	// NoCORSKeepsCredentials decides on credentials once for a request with mode "no-cors" and credentials "same-origin": what
	// starts at the page's own origin carries them wherever it is redirected to. WebKit does. Shown by the scenarios
	// https-cookie-redirect-004, -009, -014, -024 and -029.
	NoCORSKeepsCredentials bool
}

// The profiles.
var (
	// Standard is the Fetch standard to the letter.
	Standard = Profile{Name: "Standard"}
	// Browsers is the standard with what Chromium, Firefox and WebKit all do otherwise, and where the standard's way is nobody's,
	// with what most of them do.
	Browsers = Profile{
		Name:                       "Browsers",
		AuthorizationUnderWildcard: true,
		NegativeMaxAgeExpires:      true,
		LocationBytes:              true,
		EqualLocations:             true,
	}
)
