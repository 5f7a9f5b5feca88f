package fetch

import "strings"

// A Profile holds as data where an engine leaves the standard: one switch for each deviation, and nothing else decides by engine. The
// zero value follows the standard.
//
// What each switch is for is shown by scenarios of package vectors, named here by their ids; docs/DIVERGENCES.md has the table, and a
// test turns every switch off and wants a scenario to notice.
type Profile struct {
	_ struct{}

	// Name is for people: "Standard", "Chromium", …
	Name string
	// Version says which version of the engine was measured.
	Version string

	RequestHeaders
	PreflightRule
	PreflightCaching
	Redirecting
	ResponseReading

	// HTTPCache is where the HTTP cache leaves RFC 9111.
	HTTPCache HTTPCacheProfile
}

// RequestHeaders are the switches of the Request constructor, of the request-header safelist, and of what goes over the wire.
type RequestHeaders struct {
	// UserAgentForbidden drops an author's User-Agent in silence. header-same-046, r1-1194, r1-0176.
	UserAgentForbidden bool
	// ClientHintsSafelisted lets Save-Data, DPR, Width, Viewport-Width, RTT, Downlink, Device-Memory, the effective connection type and
	// Intervention go without a preflight, if their values look right. header-star-022, header-024, r1-1111.
	//
	// https://github.com/whatwg/fetch/issues/1383
	ClientHintsSafelisted bool
	// CombinedHeaders judges the lines of one name by their combined value; the standard judges line by line. header-total-010,
	// header-total-037, r1-1075.
	CombinedHeaders bool
	// RepeatedHeaderNames asks for a name as often as it has unsafe lines: "x-foo,x-foo". header-total-049, r1-0028, r1-1122.
	RepeatedHeaderNames bool
	// NoSafelistTotal knows no limit on the sum of safelisted values. header-total-022.
	NoSafelistTotal bool
	// ContentTypeByDelimiters goes by commas and semicolons in a Content-Type and not by the MIME type's syntax: a comma is unsafe, and
	// so is a semicolon at the end that is not the first, but "text/plain x;y" is safe. ctype-009, ctype-blob-057.
	ContentTypeByDelimiters bool
	// HighBytesUnsafe takes bytes from 0x80 up for unsafe in Accept and Content-Type. header-byte-289, header-byte-292.
	HighBytesUnsafe bool
	// LooseRange takes the unit of Range in any case, and a plus sign before its numbers. range-015, range-057.
	LooseRange bool
	// MaxRangeNumber is the largest number in a Range that is safe; 0 means what fits 63 bits. The standard knows no limit.
	// more-range-375.
	MaxRangeNumber uint64
	// PipeEscaped writes "|" in a path as %7C. more-url-2026, more-url-2027.
	PipeEscaped bool
	// AboutRefused has no about:blank to fetch. more-url-2045, more-url-2051.
	AboutRefused bool
	// NoCORSOriginTainted sends "null" for an Origin without CORS behind every redirect to another origin.
	// more-or-1878, more-or-1893.
	NoCORSOriginTainted bool
	// OriginIgnoresPolicy sends the page's Origin without CORS whatever its referrer policy. https-referrer-004, https-referrer-037.
	OriginIgnoresPolicy bool
	// OneContentType sends the last of several Content-Type lines, with a body the first, where the others send all combined.
	// header-total-037, header-total-041, r1-1867.
	OneContentType bool
	// HeadersAsUTF8 writes bytes of author headers from 0x80 up as the UTF-8 of the code points of the same number. header-byte-143,
	// ctype-042.
	HeadersAsUTF8 bool
	// NoCORSKeepsCredentials decides on credentials once for a request with mode "no-cors" and credentials "same-origin": what starts
	// at the page's own origin carries them wherever it is redirected to. https-cookie-redirect-004, https-cookie-redirect-009.
	NoCORSKeepsCredentials bool
	// NormalizedEscapes writes %61 as "a", and %e9 as %E9, into the request line. url-055.
	NormalizedEscapes bool
}

// PreflightRule are the switches of the CORS-preflight fetch.
type PreflightRule struct {
	// AuthorizationUnderWildcard lets "Access-Control-Allow-Headers: *" cover Authorization, which step 7.6 of the CORS-preflight
	// fetch forbids. acah-034, acah-097.
	//
	// https://github.com/whatwg/fetch/issues/1919
	AuthorizationUnderWildcard bool
	// PreflightKeepsOrigin sends the page's origin with a preflight, and wants it allowed, where a redirect has tainted the request
	// and its origin is "null". redirect-preflight-042, redirect-preflight-074.
	PreflightKeepsOrigin bool
	// PreflightKeepsHeaders asks about the headers that the author set, also those that a redirect has removed: a GET that was a POST
	// asks for content-type. redirect-preflight-045, redirect-preflight-016.
	PreflightKeepsHeaders bool
	// PreflightAgain asks at every hop behind one that was asked about, and where the author's headers would need it, though what is
	// left of the request needs no preflight. redirect-method-089, redirect-preflight-083.
	PreflightAgain bool
}

// PreflightCaching are the switches of the preflight cache.
type PreflightCaching struct {
	// MaxPreflightAge is the longest that an answer is kept, in seconds; 0 means two hours.
	MaxPreflightAge int64
	// MaxPreflightKeys is for how many URLs answers are kept; 0 means 1024.
	MaxPreflightKeys int
	// SignedMaxAge takes Access-Control-Max-Age for an integer with a sign, and less than 0 for 0, where step 7.9 of the CORS-preflight
	// fetch takes a value with a sign for one that cannot be parsed, and so for 5 seconds. maxage-008, maxage-097.
	SignedMaxAge bool
	// UselessMaxAgeIgnored keeps nothing, and changes nothing that is kept, if Access-Control-Max-Age is 0 or not digits. maxage-047,
	// maxage-075.
	UselessMaxAgeIgnored bool
	// WholeResults keeps one answer for a URL as a whole, in place of the one before, and forgets it when it does not suffice.
	WholeResults bool
	// RefusalsKept keeps an answer that passed the CORS check even if it did not allow the method or a header. pfcache-040,
	// pfcache-041, pfcache-046.
	RefusalsKept bool
	// KeptOnFailure does not forget an answer when the request it let through fails. pfcache-034, pfcache-035, r1-0066.
	KeptOnFailure bool
	// FailureForgets forgets an answer also when a request to the URL fails that needed none. more-pc-793.
	FailureForgets bool
	// StoredWildcardLiteral takes a "*" in the answer to a request with credentials for a name only, also for requests without.
	// more-pc-708, more-pc-709.
	StoredWildcardLiteral bool
	// NamedHitsOnly lets "*" answer for nothing but the request that was asked about. pfcache-003, pfcache-051, r1-1212.
	NamedHitsOnly bool
	// HEADNotExempt wants HEAD among the methods that were allowed. pfcache-044.
	HEADNotExempt bool
	// AuthorizationHitNamed wants Authorization by name among what was allowed, though a fresh "*" covers it. pfcache-006.
	AuthorizationHitNamed bool
	// CredentialsApart keeps the answers to requests with and without credentials apart. pfcache-012.
	CredentialsApart bool
	// OpaqueNotKept keeps no answers for pages with an opaque origin. pfcache-053, r1-0924.
	OpaqueNotKept bool
	// TaintedKeyed keys by the page's origin also where a redirect has made the request's origin "null". more-tk-799, more-tk-800.
	TaintedKeyed bool
	// TaintedNotKept keeps no answers where a redirect has made the request's origin "null". r1-1634.
	TaintedNotKept bool
	// NoStoreAsks, ReloadAsks and NoCacheAsks ask again under those cache modes. pfcache-016, pfcache-019, pfcache-021.
	NoStoreAsks, ReloadAsks, NoCacheAsks bool
	// NoStoreNotKept keeps no answer to a request with cache mode no-store. more-pc-765, more-pc-769.
	NoStoreNotKept bool
}

// Redirecting are the switches of HTTP-redirect fetch.
type Redirecting struct {
	// LocationBytes puts bytes of Location that are not ASCII into the URL as they are, percent-encoded, where the standard takes
	// them for code points: E9 becomes %E9, not %C3%A9. redirect-location-111, redirect-location-116.
	LocationBytes bool
	// EqualLocations takes several equal Location lines for one, where the standard wants exactly one line. redirect-location-166.
	EqualLocations bool
	// JoinedLocations joins several Location lines with a comma, and takes that for a URL. redirect-location-166,
	// redirect-location-167.
	JoinedLocations bool
	// EmptyLocationIgnored takes an empty Location for none, so that there is no redirect. redirect-location-034,
	// redirect-location-038.
	EmptyLocationIgnored bool
	// EmptyLocationInvalid takes an empty Location for no URL. redirect-location-032, redirect-location-036.
	EmptyLocationInvalid bool
	// ErrorModeNeedsLocation lets a redirect status without Location be a response under redirect mode error. redirect-mode-149,
	// redirect-mode-164.
	ErrorModeNeedsLocation bool
	// URLCredentialsRefused refuses user names and passwords in Location always. redirect-location-137, redirect-userinfo-003.
	URLCredentialsRefused bool
	// URLCredentialsAsk sends the preflight before it refuses them. redirect-userinfo-002, r1-1858.
	URLCredentialsAsk bool
	// DELETEBecomesGET makes a GET of a DELETE that is redirected to another origin, whatever the status. redirect-method-042,
	// redirect-method-186.
	DELETEBecomesGET bool
	// BodyHeadersReturn sends Content-Type and the like again on the second request behind a redirect that removed them.
	// more-rd-1014, more-rd-1015.
	BodyHeadersReturn bool
	// CORSBodyHeadersReturn does the same for requests to other origins with CORS. more-rd-1014, more-rd-1021.
	CORSBodyHeadersReturn bool
	// AuthorizationReturns does the same for Authorization, which so reaches another origin. more-rd-1087, more-rd-1180.
	AuthorizationReturns bool
	// OriginKept keeps Origin on a GET that was something else before a redirect within the page's origin. redirect-method-059.
	OriginKept bool
	// CredentialedRedirects makes the CORS check on a redirect as if with credentials, where a request with credentials mode
	// same-origin began at the page's origin. redirect-middle-007, redirect-middle-033.
	CredentialedRedirects bool
	// OpaqueRedirectBody lets script read the body of an opaque redirect without Location. redirect-mode-151.
	OpaqueRedirectBody bool
	// NoMetadataBehindRedirect leaves Sec-Fetch-* out behind a redirect to another origin. redirect-005, redirect-013.
	NoMetadataBehindRedirect bool
	// SiteNotFollowed says same-origin or same-site in a preflight's Sec-Fetch-Site by the URL alone. redirect-preflight-125.
	SiteNotFollowed bool
	// RedirectedIsCrossSite says cross-site in Sec-Fetch-Site behind every redirect between origins. redirect-005, redirect-022.
	RedirectedIsCrossSite bool
}

// ResponseReading are the switches of what is made of a response.
type ResponseReading struct {
	// DifferingLinesRefused fails for a response with several Location or Content-Disposition lines that differ.
	// more-loc-449, more-loc-450.
	DifferingLinesRefused bool
	// EmptyLinesDropped drops empty lines of a header that has others. acac-109, acac-119, r1-1351.
	EmptyLinesDropped bool
	// SingularLines keeps one Location and Content-Disposition line, and joins Content-Type lines by a bare comma.
	// more-rrep-612, more-rrep-647.
	SingularLines bool
	// InvalidBytesReplaced replaces what is no UTF-8 in header values by the three bytes of U+FFFD. expose-071, redirect-location-111.
	InvalidBytesReplaced bool
	// ResetContentBody lets a 205 have a body. status-031, r1-1144.
	ResetContentBody bool
	// DataContentLength gives data: responses a Content-Length. url-013, url-016.
	DataContentLength bool
}

// The profiles.
var (
	// Standard is the Fetch standard to the letter.
	Standard = Profile{Name: "Standard"}
	// Browsers is the standard with what Chromium, Firefox and WebKit all do otherwise, and where the standard's way is nobody's,
	// with what most of them do.
	Browsers = Profile{
		Name:             "Browsers",
		PreflightRule:    PreflightRule{AuthorizationUnderWildcard: true},
		PreflightCaching: PreflightCaching{SignedMaxAge: true},
		Redirecting:      Redirecting{LocationBytes: true, EqualLocations: true},
		HTTPCache:        HTTPCacheProfile{ForgetsRefused: true, ForgetsCORPBlocked: true},
	}
	// Chromium is what Chromium does.
	Chromium = Profile{
		Name: "Chromium", Version: "Chromium 156",
		RequestHeaders: RequestHeaders{
			UserAgentForbidden: true, ClientHintsSafelisted: true, CombinedHeaders: true, MaxRangeNumber: 1<<63 - 2, PipeEscaped: true,
			AboutRefused: true, NoCORSOriginTainted: true, OriginIgnoresPolicy: true,
		},
		PreflightRule: PreflightRule{AuthorizationUnderWildcard: true},
		PreflightCaching: PreflightCaching{
			MaxPreflightAge: 7200, MaxPreflightKeys: 1024, SignedMaxAge: true, WholeResults: true, KeptOnFailure: true,
			AuthorizationHitNamed: true, OpaqueNotKept: true, TaintedNotKept: true, StoredWildcardLiteral: true,
			NoStoreAsks: true, ReloadAsks: true, NoCacheAsks: true, NoStoreNotKept: true,
		},
		Redirecting: Redirecting{
			LocationBytes: true, EqualLocations: true, EmptyLocationIgnored: true, ErrorModeNeedsLocation: true,
			URLCredentialsRefused: true, SiteNotFollowed: true,
		},
		ResponseReading: ResponseReading{DifferingLinesRefused: true},
		HTTPCache:       ChromiumHTTPCache,
	}
	// Firefox is what Firefox does.
	Firefox = Profile{
		Name: "Firefox", Version: "Firefox ESR 153.7",
		RequestHeaders: RequestHeaders{
			RepeatedHeaderNames: true, NoSafelistTotal: true, ContentTypeByDelimiters: true, HighBytesUnsafe: true, OneContentType: true,
			MaxRangeNumber: 1<<64 - 1,
		},
		PreflightRule: PreflightRule{AuthorizationUnderWildcard: true, PreflightKeepsOrigin: true, PreflightAgain: true},
		PreflightCaching: PreflightCaching{
			MaxPreflightAge: 86400, MaxPreflightKeys: 100, UselessMaxAgeIgnored: true, FailureForgets: true,
			NamedHitsOnly: true, HEADNotExempt: true, CredentialsApart: true, TaintedKeyed: true, NoStoreAsks: true, ReloadAsks: true,
		},
		Redirecting: Redirecting{
			LocationBytes: true, BodyHeadersReturn: true, AuthorizationReturns: true, SiteNotFollowed: true, RedirectedIsCrossSite: true,
		},
		ResponseReading: ResponseReading{DifferingLinesRefused: true, EmptyLinesDropped: true, SingularLines: true, DataContentLength: true},
		HTTPCache:       FirefoxHTTPCache,
	}
	// WebKit is what WebKitGTK does. Safari shares its engine but not its network layer.
	WebKit = Profile{
		Name: "WebKit", Version: "WebKitGTK 2.50.6",
		RequestHeaders: RequestHeaders{
			CombinedHeaders: true, LooseRange: true, MaxRangeNumber: 1<<64 - 1, AboutRefused: true, HeadersAsUTF8: true, NormalizedEscapes: true,
			NoCORSKeepsCredentials: true,
		},
		PreflightRule: PreflightRule{AuthorizationUnderWildcard: true, PreflightKeepsHeaders: true, PreflightAgain: true},
		PreflightCaching: PreflightCaching{
			MaxPreflightAge: 600, SignedMaxAge: true, WholeResults: true, RefusalsKept: true, KeptOnFailure: true,
			TaintedNotKept: true,
		},
		Redirecting: Redirecting{
			JoinedLocations: true, EmptyLocationInvalid: true, ErrorModeNeedsLocation: true, URLCredentialsAsk: true,
			DELETEBecomesGET: true, CORSBodyHeadersReturn: true, OriginKept: true, CredentialedRedirects: true, OpaqueRedirectBody: true,
			NoMetadataBehindRedirect: true,
		},
		ResponseReading: ResponseReading{InvalidBytesReplaced: true, ResetContentBody: true},
		HTTPCache:       WebKitHTTPCache,
	}
)

// Profiles returns the standard and the three engines. The slice is the caller's.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// ProfileNamed returns the profile of that name, in any case: standard, chrome or chromium, firefox or gecko, safari or webkit.
func ProfileNamed(name string) (Profile, bool) {
	switch strings.ToLower(name) {
	case "standard":
		return Standard, true
	case "chrome", "chromium":
		return Chromium, true
	case "firefox", "gecko":
		return Firefox, true
	case "safari", "webkit":
		return WebKit, true
	default:
		return Profile{}, false
	}
}
