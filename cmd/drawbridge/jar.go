package main

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
)

// A checkJar holds the cookies of one check: those of the command line, for the target's host, and what servers set on the way. It takes
// the command line's to be SameSite=None and Secure, the only kind that travels from another site everywhere.
type checkJar struct {
	host  string
	pairs []string
	block bool
	set   *jar.Jar

	mu sync.Mutex
	// withheld are the names of the command line's cookies that third-party blocking kept back.
	withheld []string
}

// newCheckJar returns a jar with pairs, "name=value" each, for the host of target.
func newCheckJar(target string, pairs []string, profile fetch.Profile, block bool) (*checkJar, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	thirdParty := jar.Allow
	if block {
		thirdParty = jar.Block
	}
	return &checkJar{
		host: u.Hostname(), pairs: pairs, block: block,
		set: jar.New(cookiePolicy(profile), jar.WithClock(time.Now), jar.WithThirdParty(thirdParty)),
	}, nil
}

// cookiePolicy returns how a profile's browser treats cookies.
func cookiePolicy(profile fetch.Profile) jar.Policy {
	for _, policy := range []jar.Policy{jar.Chromium, jar.Firefox, jar.WebKit} {
		if policy.Name == profile.Name {
			return policy
		}
	}
	return jar.Standard
}

// Cookies implements [fetch.Jar]. A cookie that a server has set replaces one of the same name from the command line.
func (j *checkJar) Cookies(r fetch.CookieRequest) []string {
	fresh := j.set.Cookies(r)
	replaced := make(map[string]bool, len(fresh))
	for _, pair := range fresh {
		replaced[cookieName(pair)] = true
	}
	u, err := url.Parse(r.URL)
	if err != nil || !strings.EqualFold(u.Hostname(), j.host) {
		return fresh
	}
	var pairs []string
	for _, pair := range j.pairs {
		switch {
		case replaced[cookieName(pair)]:
		case j.block && r.CrossSite:
			j.withhold(cookieName(pair))
		default:
			pairs = append(pairs, pair)
		}
	}
	return append(pairs, fresh...)
}

// SetCookies implements [fetch.Jar].
func (j *checkJar) SetCookies(r fetch.CookieRequest, lines []string) { j.set.SetCookies(r, lines) }

func (j *checkJar) withhold(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Contains(j.withheld, name) {
		j.withheld = append(j.withheld, name)
	}
}

// notes says which cookies were kept back.
func (j *checkJar) notes() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.withheld) == 0 {
		return nil
	}
	return []string{
		"Kept back, since third-party cookies are blocked and the page is of another site: " + strings.Join(j.withheld, ", ") + ".",
	}
}

func cookieName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	return name
}
