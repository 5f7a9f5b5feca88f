package play_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// A jar knows as much of cookies as the corpus needs: host-only cookies with a path, and SameSite as all three browsers take it.
type jar struct {
	mu      sync.Mutex
	cookies []stored
}

type stored struct {
	host string
	*http.Cookie
}

func (j *jar) Cookies(r fetch.CookieRequest) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	var pairs []string
	for _, c := range j.cookies {
		if c.host == u.Hostname() && under(u.Path, c.Path) && travels(c.Cookie, r) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return pairs
}

func (j *jar) SetCookies(r fetch.CookieRequest, lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.Domain != "" || !travels(c, r) {
			continue
		}
		j.cookies = slices.DeleteFunc(j.cookies, func(old stored) bool {
			return old.host == u.Hostname() && old.Name == c.Name && old.Path == c.Path
		})
		j.cookies = append(j.cookies, stored{u.Hostname(), c})
	}
}

// travels reports whether SameSite lets c go with r, or come with its response. No browser of the corpus minds that a redirect on the
// way was cross-site, so r.CrossSite is not asked: cred-redirect-061 shows it.
func travels(c *http.Cookie, r fetch.CookieRequest) bool {
	if c.SameSite == http.SameSiteNoneMode {
		return c.Secure
	}
	target, err := origin.ParseURL(r.URL)
	return err == nil && origin.SameSite(r.Client, target)
}

func under(path, cookie string) bool {
	rest, ok := strings.CutPrefix(path, cookie)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(cookie, "/"))
}
