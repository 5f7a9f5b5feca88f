package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A jar holds the cookies of one check: those of the command line, for the target's host, and what servers set on the way. It takes
// the command line's to be SameSite=None and Secure, the only kind that travels from another site everywhere; of servers' cookies
// it knows domains, paths, Secure and expiry, but not SameSite.
type jar struct {
	host  string
	pairs []string
	set   *cookiejar.Jar
}

func newJar(target string, pairs []string) (*jar, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	set, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, err
	}
	return &jar{host: u.Hostname(), pairs: pairs, set: set}, nil
}

// Cookies implements [fetch.Jar]. A cookie that a server has set replaces one of the same name from the command line.
func (j *jar) Cookies(r fetch.CookieRequest) []string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	var pairs []string
	fresh := j.set.Cookies(u)
	replaced := make(map[string]bool, len(fresh))
	for _, c := range fresh {
		replaced[c.Name] = true
	}
	if strings.EqualFold(u.Hostname(), j.host) {
		for _, pair := range j.pairs {
			if name, _, _ := strings.Cut(pair, "="); !replaced[name] {
				pairs = append(pairs, pair)
			}
		}
	}
	for _, c := range fresh {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return pairs
}

// SetCookies implements [fetch.Jar].
func (j *jar) SetCookies(r fetch.CookieRequest, lines []string) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	var cookies []*http.Cookie
	for _, line := range lines {
		if c, err := http.ParseSetCookie(line); err == nil {
			cookies = append(cookies, c)
		}
	}
	j.set.SetCookies(u, cookies)
}
