package jar

import "time"

// A ThirdParty says what becomes of cookies of another site than the page's.
type ThirdParty string

// The treatments of third-party cookies. Partitioned cookies travel under all of them, where the engine has partitions.
const (
	// Allow lets them be.
	Allow ThirdParty = "allow"
	// Block neither stores nor sends them.
	Block ThirdParty = "block"
	// Partition keeps them in a jar of their own for each site at the top, as Firefox's Total Cookie Protection.
	Partition ThirdParty = "partition"
	// SendOnly sends those that were set first-party, but lets nobody else set them, as libsoup's "no-third-party": there, a cookie
	// is first-party if its domain covers the host of the page at the top.
	SendOnly ThirdParty = "send-only"
)

// A Policy holds as data where an engine's cookies leave RFC 6265bis. The zero value is no engine's; start from [Standard].
type Policy struct {
	_ struct{}

	// Name is for people: "Standard", "Chromium", …
	Name string
	// ThirdParty is how the engine comes; [WithThirdParty] overrides it.
	ThirdParty ThirdParty
	// LaxByDefault treats a cookie without SameSite like SameSite=Lax. Firefox and WebKit treat it like None.
	LaxByDefault bool
	// LaxAllowingUnsafe is how long such a cookie, once set, still travels with cross-site top-level navigations of every method.
	LaxAllowingUnsafe time.Duration
	// NoneNeedsSecure refuses SameSite=None and Partitioned without Secure. WebKit takes them.
	NoneNeedsSecure bool
	// Schemeful takes http and https of one host for two sites. Firefox and WebKit do not.
	Schemeful bool
	// LocalhostIsOneSite takes all names under localhost for one site. WebKit does.
	LocalhostIsOneSite bool
	// SendMindsRedirects and StoreMindsRedirects take a request for cross-site once a redirect on its way was. Chromium minds neither,
	// Firefox the first only. WebKit minds the first, but see HostIsSameSite.
	SendMindsRedirects, StoreMindsRedirects bool
	// HostIsSameSite sends cookies to the very host at the top however the request came about. WebKit (libsoup) does.
	HostIsSameSite bool
	// OpaqueIsSameSite takes a frame with an opaque origin for one of the site at the top. WebKit does.
	OpaqueIsSameSite bool
	// StoresAnySameSite stores what a cross-site response sets, whatever its SameSite. WebKit (libsoup) does.
	StoresAnySameSite bool
	// NoneIsNoSameSite ignores SameSite=None and unknown values instead of letting them replace an earlier Lax or Strict on the
	// line. WebKit (libsoup) does.
	NoneIsNoSameSite bool
	// RefusesEmptyName refuses a pair that begins with "=", but not one that has none. Firefox does.
	RefusesEmptyName bool
	// RefusesTabs refuses a tab in name or value as every other control character. Chromium does.
	RefusesTabs bool
	// RefusesLoneDot refuses Domain=., which for the RFC is an empty Domain, and so none. All browsers do.
	RefusesLoneDot bool
	// AncientDates takes a year before 1601 for a year. All browsers do.
	AncientDates bool
	// DatesWithoutSeconds takes a time of day without seconds for one. Firefox does.
	DatesWithoutSeconds bool
	// LastLifetimeCounts lets whichever of Max-Age and Expires comes last decide, and takes an empty Max-Age for 0. WebKit (libsoup)
	// does.
	LastLifetimeCounts bool
	// TakesControls stores control characters, NUL, CR and LF aside. WebKit (libsoup) does.
	TakesControls bool
	// LooseLimits lets name and value have [MaxPair] bytes each, and does not ignore long attributes. WebKit (libsoup) does.
	LooseLimits bool
	// Prefixes enforces __Secure-, __Host-, __Http- and __Host-Http-. WebKit (libsoup) does not.
	Prefixes bool
	// HostPrefixAllowsOwnSuffix lets a __Host- cookie have a Domain that is the host itself and a public suffix, which does not count
	// as a Domain then. Chromium refuses it.
	HostPrefixAllowsOwnSuffix bool
	// Partitions honours Partitioned. WebKit ignores it.
	Partitions bool
	// SecureOnLoopback takes http on loopback for secure. Chromium and Firefox do.
	SecureOnLoopback bool
	// AuthenticationPerSite keeps HTTP authentication apart by the site at the top. Firefox does.
	AuthenticationPerSite bool
	// AuthenticationReplaces sends it in the place of an author's Authorization. WebKit does.
	AuthenticationReplaces bool
}

// The policies.
var (
	// Standard is RFC 6265bis to the letter, with Partitioned as in draft-cutler-httpbis-partitioned-cookies.
	Standard = Policy{
		Name: "Standard", ThirdParty: Allow,
		LaxByDefault: true, NoneNeedsSecure: true, Schemeful: true, SendMindsRedirects: true, StoreMindsRedirects: true,
		Prefixes: true, HostPrefixAllowsOwnSuffix: true, Partitions: true,
	}
	// Chromium is Chromium 156.
	Chromium = Policy{
		Name: "Chromium", ThirdParty: Block,
		LaxByDefault: true, LaxAllowingUnsafe: 2 * time.Minute, NoneNeedsSecure: true, Schemeful: true,
		RefusesTabs: true, RefusesLoneDot: true, AncientDates: true,
		Prefixes: true, Partitions: true, SecureOnLoopback: true,
	}
	// Firefox is Firefox ESR 153.
	Firefox = Policy{
		Name: "Firefox", ThirdParty: Partition,
		NoneNeedsSecure: true, SendMindsRedirects: true,
		RefusesEmptyName: true, RefusesLoneDot: true, AncientDates: true, DatesWithoutSeconds: true,
		Prefixes: true, HostPrefixAllowsOwnSuffix: true, Partitions: true, SecureOnLoopback: true,
		AuthenticationPerSite: true,
	}
	// WebKit is WebKitGTK 2.50 with libsoup.
	WebKit = Policy{
		Name: "WebKit", ThirdParty: SendOnly,
		LocalhostIsOneSite: true, SendMindsRedirects: true, HostIsSameSite: true, OpaqueIsSameSite: true, StoresAnySameSite: true,
		NoneIsNoSameSite: true, RefusesLoneDot: true, AncientDates: true, LastLifetimeCounts: true, TakesControls: true, LooseLimits: true,
		AuthenticationReplaces: true,
	}
)
