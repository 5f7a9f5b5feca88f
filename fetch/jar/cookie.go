package jar

import "time"

// A SameSite is what a cookie's SameSite says.
type SameSite string

// The values of SameSite. Default is that of a cookie without the attribute, or with an unknown one.
const (
	Default SameSite = ""
	None    SameSite = "None"
	Lax     SameSite = "Lax"
	Strict  SameSite = "Strict"
)

// A Cookie is one that is stored, or that a response tried to set.
//
// https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model
type Cookie struct {
	_ struct{}

	Name, Value string
	// Domain is the host, and unless HostOnly also every host below it.
	Domain   string
	HostOnly bool
	// Path covers itself and everything below it.
	Path     string
	Secure   bool
	HTTPOnly bool
	SameSite SameSite
	// Partition is the jar in which the cookie is kept: empty for the common one, else the site at the top, and whether the request
	// was cross-site to it.
	Partition string
	// Expires is when it ends, by the jar's clock; zero for a cookie of the session.
	Expires time.Time
	// Created is when the cookie was first set, Accessed when it last travelled or was set.
	Created, Accessed time.Time

	// order tells apart what was created in the same moment.
	order uint64
}

// Pair is the cookie as the Cookie header has it.
func (c *Cookie) Pair() string {
	if c.Name == "" {
		return c.Value
	}
	return c.Name + "=" + c.Value
}

func (c *Cookie) expired(now time.Time) bool { return !c.Expires.IsZero() && !c.Expires.After(now) }

// replaces reports whether c takes the place of old.
func (c *Cookie) replaces(old *Cookie) bool {
	return c.Name == old.Name && c.Domain == old.Domain && c.HostOnly == old.HostOnly && c.Path == old.Path && c.Partition == old.Partition
}

// A Decision says what became of one cookie of one request.
type Decision struct {
	_ struct{}

	// URL is the request's. Response is true for a cookie that the response wants to set, false for a stored one that the request
	// might carry.
	URL      string
	Response bool
	// Cookie is the cookie; of one that a response wants to set, as far as it was understood.
	Cookie Cookie
	// Reason is empty if the cookie travels or is stored.
	Reason Reason
}
