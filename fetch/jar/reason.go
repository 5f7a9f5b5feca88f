package jar

// A Reason names why a cookie was not stored, or did not travel. The text is its code, in kebab-case: never renamed, never reused.
// The empty Reason means that it was or did.
type Reason string

// Why a cookie is not stored.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model
const (
	// Malformed: control characters, or neither name nor value.
	Malformed Reason = "cookie-malformed"
	// TooLong: name and value are longer than [MaxPair] bytes.
	TooLong Reason = "cookie-too-long"
	// DomainMismatch: Domain does not cover the host.
	DomainMismatch Reason = "cookie-domain-mismatch"
	// PublicSuffix: Domain covers sites of other people.
	PublicSuffix Reason = "cookie-public-suffix"
	// SecureFromInsecure: Secure, set over an insecure connection.
	SecureFromInsecure Reason = "cookie-secure-from-insecure"
	// NoneWithoutSecure: SameSite=None without Secure.
	NoneWithoutSecure Reason = "cookie-none-without-secure"
	// PartitionedWithoutSecure: Partitioned without Secure.
	PartitionedWithoutSecure Reason = "cookie-partitioned-without-secure"
	// PrefixViolated: the name begins with __Host- or the like and the attributes do not hold what that promises.
	PrefixViolated Reason = "cookie-prefix-violated"
	// OverwritesSecure: an insecure connection may not replace a cookie with Secure.
	OverwritesSecure Reason = "cookie-overwrites-secure"
)

// Why a cookie does not travel. [Insecure] is for stored cookies only, the others also for those in a response.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-retrieval-algorithm
const (
	// Insecure: Secure, and the connection is not.
	Insecure Reason = "cookie-insecure-connection"
	// OtherPath: Path does not cover the URL.
	OtherPath Reason = "cookie-other-path"
	// OtherPartition: set while another site was at the top.
	OtherPartition Reason = "cookie-other-partition"
	// SameSiteStrict, SameSiteLax and SameSiteDefault: the request is cross-site, and SameSite is Strict, Lax or absent.
	SameSiteStrict  Reason = "cookie-same-site-strict"
	SameSiteLax     Reason = "cookie-same-site-lax"
	SameSiteDefault Reason = "cookie-same-site-default"
	// ThirdPartyBlocked: third-party cookies are blocked.
	ThirdPartyBlocked Reason = "cookie-third-party-blocked"
)

// Reasons returns all reasons but the empty one, in a fixed order. The slice is the caller's.
func Reasons() []Reason {
	return []Reason{
		Malformed, TooLong, DomainMismatch, PublicSuffix, SecureFromInsecure, NoneWithoutSecure, PartitionedWithoutSecure,
		PrefixViolated, OverwritesSecure, Insecure, OtherPath, OtherPartition, SameSiteStrict, SameSiteLax, SameSiteDefault,
		ThirdPartyBlocked,
	}
}
