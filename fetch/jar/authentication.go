package jar

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// MaxAuthentications is how many user names and passwords a jar keeps. The oldest goes first.
const MaxAuthentications = 100

var _ fetch.Authenticator = (*Jar)(nil)

// An authentication is the standard's authentication entry, for the Basic scheme.
//
// https://fetch.spec.whatwg.org/#authentication-entries
type authentication struct {
	// origin and directory are what it protects, partition is where it was given.
	origin, directory, partition string
	value                        string
}

// Authenticate implements [fetch.Authenticator].
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch (step 18)
func (j *Jar) Authenticate(r fetch.CookieRequest, username, password string) {
	t, ok := j.policy.target(r)
	if !ok {
		return
	}
	entry := authentication{
		origin: t.origin.String(), directory: t.path[:strings.LastIndexByte(t.path, '/')+1], partition: t.partition,
		value: "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password)),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.authentications = slices.DeleteFunc(j.authentications, func(old authentication) bool {
		return old.origin == entry.origin && old.directory == entry.directory && old.partition == entry.partition
	})
	if len(j.authentications) >= MaxAuthentications {
		j.authentications = slices.Delete(j.authentications, 0, 1)
	}
	j.authentications = append(j.authentications, entry)
}

// Authorization implements [fetch.Authenticator]. Of several entries the deepest counts.
//
// https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch (step 8.21.2.2)
func (j *Jar) Authorization(r fetch.CookieRequest) (value string, replaces bool) {
	t, ok := j.policy.target(r)
	// Who may not have cookies may not have passwords.
	if !ok || t.thirdParty && j.thirdParty == Block {
		return "", false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	deepest, self := -1, t.origin.String()
	for _, a := range j.authentications {
		// DEVIATION: Firefox keeps them apart by the site at the top (Policy.AuthenticationPerSite).
		here := !j.policy.AuthenticationPerSite || a.partition == t.partition
		if here && a.origin == self && strings.HasPrefix(t.path, a.directory) && len(a.directory) > deepest {
			deepest, value = len(a.directory), a.value
		}
	}
	return value, value != "" && j.policy.AuthenticationReplaces
}
