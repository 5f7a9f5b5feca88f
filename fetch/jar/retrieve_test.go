package jar_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/origin"
)

func TestRetrieval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, set, line, get, want string }{
		{"step 1: the same host", "https://shop.example/", "a=1", "https://shop.example/", "a=1"},
		{"step 1: the port does not matter", "https://shop.example/", "a=1", "https://shop.example:8443/", "a=1"},
		{"step 1: a host-only cookie stays on its host", "https://shop.example/", "a=1", "https://a.shop.example/", ""},
		{"step 1: one with Domain goes below", "https://shop.example/", "a=1; Domain=shop.example", "https://a.shop.example/", "a=1"},
		{"step 1: and to its domain from below", "https://a.shop.example/", "a=1; Domain=shop.example", "https://shop.example/", "a=1"},
		{"step 1: but not to what ends like it", "https://shop.example/", "a=1; Domain=shop.example", "https://myshop.example/", ""},
		{"step 1: hosts in any case", "https://SHOP.example/", "a=1", "https://shop.EXAMPLE/", "a=1"},
		{"step 1: a dot at the end is another host", "https://shop.example/", "a=1", "https://shop.example./", ""},
		{"step 1: the default path is the directory", "https://shop.example/in/here", "a=1", "https://shop.example/in/there", "a=1"},
		{"step 1: and the directory itself", "https://shop.example/in/here", "a=1", "https://shop.example/in", "a=1"},
		{"step 1: not what begins like it", "https://shop.example/in/here", "a=1", "https://shop.example/inside", ""},
		{"step 1: a path with a slash covers what follows", "https://shop.example/", "a=1; Path=/in/", "https://shop.example/in/here", "a=1"},
		{"step 1: but not itself without", "https://shop.example/", "a=1; Path=/in/", "https://shop.example/in", ""},
		{"step 1: the path's case matters", "https://shop.example/", "a=1; Path=/In", "https://shop.example/in", ""},
		{"step 1: the query is no path", "https://shop.example/", "a=1; Path=/in", "https://shop.example/in?a/b", "a=1"},
		{"step 1: Secure stays on https", "https://shop.example/", "a=1; Secure", "http://shop.example/", ""},
		{"step 1: others don't", "https://shop.example/", "a=1", "http://shop.example/", "a=1"},
		{"step 4: no name, no =", "https://shop.example/", "1", "https://shop.example/", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := making(jar.Standard)()
			j.SetCookies(from(t, "", c.set), []string{c.line})
			if len(j.All()) != 1 {
				t.Fatalf("%s is not stored", c.line)
			}
			if got := sent(j, from(t, "", c.get)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	j := making(jar.Standard)()
	j.SetCookies(from(t, "", "https://shop.example/a/b/"), []string{"late=1; Path=/a", "root=1; Path=/", "early=1; Path=/a", "deep=1; Path=/a/b"})
	if got, want := sent(j, from(t, "", "https://shop.example/a/b/c")), "deep=1; late=1; early=1; root=1"; got != want {
		t.Errorf("step 2: got %q, want %q", got, want)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := jar.New(jar.Standard, jar.WithClock(c.now))
	r := from(t, "", "https://shop.example/")
	j.SetCookies(r, []string{"age=1; Max-Age=60", "session=1"})
	c.wait(59 * time.Second)
	if got := sent(j, r); got != "age=1; session=1" {
		t.Errorf("after 59 s: got %q", got)
	}
	c.wait(time.Second)
	if got := sent(j, r); got != "session=1" || len(j.All()) != 1 {
		t.Errorf("after 60 s: got %q", got)
	}
	// Set again it is a new one, and goes to the end.
	j.SetCookies(r, []string{"age=2"})
	if got := sent(j, r); got != "session=1; age=2" {
		t.Errorf("set again: got %q", got)
	}
}

// all kinds of SameSite, set by a visit at the top: i has none, n None, l Lax, s Strict.
func visited(t *testing.T, p jar.Policy, url string, options ...jar.Option) *jar.Jar {
	t.Helper()
	j := making(p, options...)()
	j.SetCookies(visit(t, "", url), []string{"i=1", "n=1; SameSite=None; Secure", "l=1; SameSite=Lax", "s=1; SameSite=Strict"})
	return j
}

// names are the names of the cookies that travel, sorted and in one word.
func names(j *jar.Jar, r fetch.CookieRequest) string {
	var all []string
	for _, pair := range j.Cookies(r) {
		name, _, _ := strings.Cut(pair, "=")
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

func TestSameSite(t *testing.T) {
	t.Parallel()
	const shop = "https://shop.example/"
	redirected := func(via ...string) func(*testing.T, fetch.CookieRequest) fetch.CookieRequest {
		return func(t *testing.T, r fetch.CookieRequest) fetch.CookieRequest {
			t.Helper()
			for _, v := range via {
				o, err := origin.ParseURL(v)
				if err != nil {
					t.Fatal(err)
				}
				r.Via = append(r.Via, o)
			}
			return r
		}
	}
	as := func(change func(*fetch.CookieRequest)) func(*testing.T, fetch.CookieRequest) fetch.CookieRequest {
		return func(_ *testing.T, r fetch.CookieRequest) fetch.CookieRequest {
			change(&r)
			return r
		}
	}
	navigation := as(func(r *fetch.CookieRequest) { r.Navigation = true })
	post := as(func(r *fetch.CookieRequest) { r.Navigation, r.Method = true, "POST" })
	sandbox := as(func(r *fetch.CookieRequest) { r.Client = origin.Opaque() })
	framed := func(t *testing.T, r fetch.CookieRequest) fetch.CookieRequest {
		t.Helper()
		r.TopLevel = from(t, "", "https://other.example/").Client
		return r
	}
	for _, c := range []struct {
		name, page string
		change     func(*testing.T, fetch.CookieRequest) fetch.CookieRequest
		// want is in the order Standard, Chromium, Firefox, WebKit.
		want [4]string
	}{
		{"the page's own site", shop, nil, [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"another host of the site", "https://www.shop.example/", nil, [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"another site", "https://other.example/", nil, [4]string{"n", "n", "in", "in"}},
		{"another scheme", "http://shop.example/", nil, [4]string{"n", "n", "ilns", "ilns"}},
		{"a frame of the site on another site's page", shop, framed, [4]string{"n", "n", "in", "in"}},
		{"a sandboxed frame of the site", shop, sandbox, [4]string{"n", "n", "in", "ilns"}},
		{"a sandboxed frame of a host below", "https://www.shop.example/", sandbox, [4]string{"n", "n", "in", "ilns"}},
		{"by way of another site", shop, redirected(shop, "https://other.example/"), [4]string{"n", "ilns", "in", "ilns"}},
		{"by way of another site, asked by another host", "https://x.shop.example/", redirected("https://other.example/"), [4]string{"n", "ilns", "in", "in"}},
		{"by way of the same site", shop, redirected("https://www.shop.example/"), [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"a visit from another site", "https://other.example/", navigation, [4]string{"iln", "iln", "iln", "iln"}},
		{"a visit from the same site", shop, navigation, [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"a form posted from another site", "https://other.example/", post, [4]string{"n", "in", "in", "in"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, p := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
				j := visited(t, p, shop, jar.WithThirdParty(jar.Allow))
				r := from(t, c.page, shop)
				if c.change != nil {
					r = c.change(t, r)
				}
				if got := names(j, r); got != c.want[i] {
					t.Errorf("%s: got %q, want %q", p.Name, got, c.want[i])
				}
			}
		})
	}
}

// Who may set what, by what of it is in the jar afterwards.
func TestSameSiteOfResponses(t *testing.T) {
	t.Parallel()
	const shop, other = "https://shop.example/", "https://other.example/"
	lines := []string{"i=1", "n=1; SameSite=None; Secure", "l=1; SameSite=Lax", "s=1; SameSite=Strict"}
	for _, c := range []struct {
		name, page string
		navigation bool
		via        string
		want       [4]string
	}{
		{"same site", shop, false, "", [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"cross site", other, false, "", [4]string{"n", "n", "in", "ilns"}},
		{"cross site, a visit", other, true, "", [4]string{"ilns", "ilns", "ilns", "ilns"}},
		{"by way of another site", shop, false, other, [4]string{"n", "ilns", "ilns", "ilns"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, p := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
				j := making(p, jar.WithThirdParty(jar.Allow))()
				r := from(t, c.page, shop)
				r.Navigation = c.navigation
				if c.via != "" {
					r.Via = []origin.Origin{from(t, "", c.via).Client}
				}
				j.SetCookies(r, lines)
				if got := names(j, from(t, "", shop)); got != c.want[i] {
					t.Errorf("%s: got %q, want %q", p.Name, got, c.want[i])
				}
			}
		})
	}
}

// A cookie without SameSite that is new enough comes along when another site posts a form, in Chromium.
func TestLaxAllowingUnsafe(t *testing.T) {
	t.Parallel()
	c := newClock()
	j := jar.New(jar.Chromium, jar.WithClock(c.now))
	j.SetCookies(visit(t, "", "https://shop.example/"), []string{"i=1", "l=1; SameSite=Lax"})
	post := visit(t, "https://other.example/", "https://shop.example/")
	post.Method = "POST"
	c.wait(2*time.Minute - time.Second)
	if got := names(j, post); got != "i" {
		t.Errorf("after 119 s: got %q, want i", got)
	}
	c.wait(time.Second)
	if got := names(j, post); got != "" {
		t.Errorf("after 120 s: got %q, want none", got)
	}
}

func TestLocalhost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy jar.Policy
		want   string
	}{{jar.Standard, ""}, {jar.Chromium, ""}, {jar.Firefox, "i"}, {jar.WebKit, "is"}} {
		j := making(c.policy, jar.WithThirdParty(jar.Allow))()
		j.SetCookies(visit(t, "", "http://x.localhost/"), []string{"i=1", "s=1; SameSite=Strict"})
		if got := names(j, from(t, "http://localhost/", "http://x.localhost/")); got != c.want {
			t.Errorf("%s: got %q, want %q", c.policy.Name, got, c.want)
		}
	}
}

// SameSite is Strict whatever comes after it, for libsoup.
func TestRepeatedSameSite(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]jar.SameSite{
		"a=1; Secure; SameSite=Strict; SameSite=None": {jar.None, jar.Strict},
		"a=1; Secure; SameSite=None; SameSite=Strict": {jar.Strict, jar.Strict},
		"a=1; Secure; SameSite=Lax; SameSite=bogus":   {jar.Default, jar.Lax},
	} {
		for i, p := range []jar.Policy{jar.Standard, jar.WebKit} {
			j := making(p)()
			j.SetCookies(from(t, "", "https://shop.example/"), []string{line})
			if got := j.All()[0].SameSite; got != want[i] {
				t.Errorf("%s: %s: got %q, want %q", p.Name, line, got, want[i])
			}
		}
	}
}

func TestThirdParty(t *testing.T) {
	t.Parallel()
	const shop, other, third = "https://shop.example/", "https://other.example/", "https://third.example/"
	none := []string{"a=1; SameSite=None; Secure", "p=1; SameSite=None; Secure; Partitioned"}
	for _, c := range []struct {
		name       string
		policy     jar.Policy
		thirdParty jar.ThirdParty
		// again: what other's page sends to shop after shop set cookies there; elsewhere: what third's page sends then; first: what
		// shop's own page sends; visited: what other's page sends after shop set cookies on its own page.
		again, elsewhere, first, visited string
	}{
		{"allowed", jar.Chromium, jar.Allow, "ap", "a", "a", "a"},
		{"blocked but for partitioned ones", jar.Chromium, jar.Block, "p", "", "", ""},
		{"blocked as Chromium comes", jar.Chromium, "", "p", "", "", ""},
		{"blocked but for partitioned ones", jar.Firefox, jar.Block, "p", "", "", ""},
		{"each site at the top has its own", jar.Firefox, "", "ap", "", "", ""},
		{"allowed", jar.Firefox, jar.Allow, "ap", "a", "a", "a"},
		{"only those set first-party", jar.WebKit, "", "", "", "", "ap"},
		{"without partitions", jar.WebKit, jar.Allow, "ap", "ap", "ap", "ap"},
		{"blocked", jar.WebKit, jar.Block, "", "", "", ""},
		{"allowed", jar.Standard, "", "ap", "a", "a", "a"},
	} {
		t.Run(c.policy.Name+", "+string(c.thirdParty)+": "+c.name, func(t *testing.T) {
			t.Parallel()
			options := []jar.Option{}
			if c.thirdParty != "" {
				options = append(options, jar.WithThirdParty(c.thirdParty))
			}
			j := making(c.policy, options...)()
			j.SetCookies(from(t, other, shop), none)
			for _, w := range []struct{ page, want string }{{other, c.again}, {third, c.elsewhere}, {shop, c.first}} {
				if got := names(j, from(t, w.page, shop)); got != w.want {
					t.Errorf("on %s: got %q, want %q", w.page, got, w.want)
				}
			}
			j = making(c.policy, options...)()
			j.SetCookies(visit(t, "", shop), none)
			if got := names(j, from(t, other, shop)); got != c.visited {
				t.Errorf("after a visit: got %q, want %q", got, c.visited)
			}
			if got := names(j, from(t, "", shop)); got != "ap" {
				t.Errorf("first party after a visit: got %q, want ap", got)
			}
		})
	}
}

// libsoup takes a cookie for first-party if it would also be sent to the page at the top.
func TestSendOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, url, line string
		want            jar.Reason
	}{
		{"https://shop.example/", "https://shop.example:8443/", "a=1", ""},
		{"https://shop.example/", "https://www.shop.example/", "a=1", jar.ThirdPartyBlocked},
		{"https://shop.example/", "https://www.shop.example/", "a=1; Domain=shop.example", ""},
		{"https://www.shop.example/", "https://shop.example/", "a=1", jar.ThirdPartyBlocked},
		{"https://www.shop.example/", "https://shop.example/", "a=1; Domain=shop.example", ""},
		{"https://other.example/", "https://shop.example/", "a=1", jar.ThirdPartyBlocked},
	} {
		if got, _ := setReason(making(jar.WebKit), from(t, c.page, c.url), c.line); got != c.want {
			t.Errorf("%s on %s: %s: got %q, want %q", c.url, c.page, c.line, got, c.want)
		}
	}
}

// A frame of the site on another site's page, and the site's own page, have jars of their own.
func TestPartitionsOfFrames(t *testing.T) {
	t.Parallel()
	j := making(jar.Chromium)()
	own := from(t, "", "https://shop.example/")
	j.SetCookies(own, []string{"p=1; SameSite=None; Secure; Partitioned"})
	sandboxed := own
	sandboxed.Client = origin.Opaque()
	if got := names(j, sandboxed); got != "" {
		t.Errorf("sandboxed: got %q", got)
	}
	if got := names(j, own); got != "p" {
		t.Errorf("own page: got %q", got)
	}
}

func TestDecideSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, line, url string
		page            string
		policy          jar.Policy
		want            jar.Reason
	}{
		{"it travels", "a=1", "https://shop.example/", "", jar.Standard, ""},
		{"another path", "a=1; Path=/in", "https://shop.example/", "", jar.Standard, jar.OtherPath},
		{"Secure over http", "a=1; Secure", "http://shop.example/", "", jar.Standard, jar.Insecure},
		{"Strict", "a=1; SameSite=Strict", "https://shop.example/", "https://other.example/", jar.Standard, jar.SameSiteStrict},
		{"Lax", "a=1; SameSite=Lax", "https://shop.example/", "https://other.example/", jar.Standard, jar.SameSiteLax},
		{"no SameSite", "a=1", "https://shop.example/", "https://other.example/", jar.Standard, jar.SameSiteDefault},
		{"SameSite before the third party", "a=1; SameSite=Lax", "https://shop.example/", "https://other.example/", jar.Chromium, jar.SameSiteLax},
		{"a third party's", "a=1; SameSite=None; Secure", "https://shop.example/", "https://other.example/", jar.Chromium, jar.ThirdPartyBlocked},
		{"another jar", "a=1; Secure; Partitioned", "https://shop.example/", "https://other.example/", jar.Standard, jar.OtherPartition},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var told []jar.Decision
			now := newClock()
			j := making(c.policy)(jar.WithClock(now.now), jar.WithObserver(func(d jar.Decision) { told = append(told, d) }))
			j.SetCookies(visit(t, "", "https://shop.example/"), []string{c.line})
			r := from(t, c.page, c.url)
			before := j.All()
			now.wait(time.Second)
			got := j.Decide(r)
			if after := j.All(); !slices.Equal(before, after) {
				t.Errorf("asking changes %+v to %+v", before, after)
			}
			if len(got) != 1 || got[0].Reason != c.want || got[0].Cookie.Name != "a" || got[0].Response || got[0].URL != c.url {
				t.Fatalf("got %+v, want %q", got, c.want)
			}
			// Asking changes nothing, and nobody is told of it.
			if len(told) != 1 || !told[0].Response {
				t.Errorf("told %+v", told)
			}
			if travels := len(j.Cookies(r)) == 1; travels != (c.want == "") || len(told) != 2 || told[1].Reason != c.want {
				t.Errorf("travels: %v, told %+v", travels, told)
			}
		})
	}
}

func TestReasonsHaveCodesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[jar.Reason]bool{}
	for _, r := range jar.Reasons() {
		if seen[r] || !strings.HasPrefix(string(r), "cookie-") {
			t.Errorf("%q", r)
		}
		seen[r] = true
	}
}

// Cookies are for http and https only, and URLs that are none have none.
func TestNoCookiesElsewhere(t *testing.T) {
	t.Parallel()
	j := making(jar.Standard)()
	for _, url := range []string{"", "/relative", "ftp://shop.example/", "data:,x", "https://", "https://shop.example:99999/"} {
		r := fetch.CookieRequest{URL: url, Method: "GET"}
		j.SetCookies(r, []string{"a=1"})
		if got := j.Cookies(r); got != nil || j.Decide(r) != nil || len(j.All()) != 0 {
			t.Errorf("%s: got %q", url, got)
		}
	}
}

// An unfilled request is cross-site: nothing opens because a member was forgotten.
func TestForgottenMembersAreCrossSite(t *testing.T) {
	t.Parallel()
	for _, p := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
		j := visited(t, p, "https://shop.example/", jar.WithThirdParty(jar.Allow))
		if got := names(j, fetch.CookieRequest{URL: "https://shop.example/"}); strings.ContainsAny(got, "ls") {
			t.Errorf("%s: got %q", p.Name, got)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	var j *jar.Jar
	j = making(jar.Chromium)(jar.WithObserver(func(jar.Decision) { j.All() }))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				r := from(t, "", "https://shop.example/")
				j.SetCookies(r, []string{"a=1", "b=1; Max-Age=0"})
				j.Cookies(r)
				j.Decide(r)
			}
			j.Clear()
		})
	}
	all.Wait()
}
