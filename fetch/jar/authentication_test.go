package jar_test

import (
	"fmt"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch/jar"
)

const userPass = "Basic dXNlcjpwYXNz"

func TestAuthentication(t *testing.T) {
	t.Parallel()
	const shop, other = "https://shop.example/in/__auth", "https://other.example/"
	for _, c := range []struct {
		name, page, url string
		thirdParty      jar.ThirdParty
		// want is in the order Standard, Chromium, Firefox, WebKit.
		want [4]bool
	}{
		{"beside it", "", "https://shop.example/in/here", jar.Allow, [4]bool{true, true, true, true}},
		{"below", "", "https://shop.example/in/side/here", jar.Allow, [4]bool{true, true, true, true}},
		{"above", "", "https://shop.example/in", jar.Allow, [4]bool{}},
		{"another origin", "", "https://shop.example:8443/in/here", jar.Allow, [4]bool{}},
		{"from the same site", "https://www.shop.example/", "https://shop.example/in/here", jar.Block, [4]bool{true, true, true, true}},
		{"from another site", other, "https://shop.example/in/here", jar.Allow, [4]bool{true, true, false, true}},
		{"from another site, third parties blocked", other, "https://shop.example/in/here", jar.Block, [4]bool{}},
		{"from another scheme, third parties blocked", "http://shop.example/", "https://shop.example/in/here", jar.Block, [4]bool{false, false, false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, p := range []jar.Policy{jar.Standard, jar.Chromium, jar.Firefox, jar.WebKit} {
				j := making(p, jar.WithThirdParty(c.thirdParty))()
				j.Authenticate(visit(t, "", shop), "user", "pass")
				got, replaces := j.Authorization(from(t, c.page, c.url))
				if (got == userPass) != c.want[i] || !c.want[i] && got != "" || replaces != (c.want[i] && p.Name == "WebKit") {
					t.Errorf("%s: got %q, %v, want %v", p.Name, got, replaces, c.want[i])
				}
			}
		})
	}
}

func TestAuthenticationsReplaceEachOther(t *testing.T) {
	t.Parallel()
	j := making(jar.Standard)()
	give := func(url, user string) { j.Authenticate(visit(t, "", url), user, "") }
	got := func(url string) string {
		value, _ := j.Authorization(from(t, "", url))
		return value
	}
	const a, b, c = "Basic YTo=", "Basic Yjo=", "Basic Yzo="
	give("https://shop.example/in/x", "a")
	give("https://shop.example/", "b")
	if got("https://shop.example/in/y") != a || got("https://shop.example/y") != b {
		t.Errorf("the deepest counts: got %q and %q", got("https://shop.example/in/y"), got("https://shop.example/y"))
	}
	give("https://shop.example/in/z", "c")
	if got("https://shop.example/in/y") != c {
		t.Errorf("the last one counts: got %q", got("https://shop.example/in/y"))
	}
	for i := range jar.MaxAuthentications - 1 {
		give(fmt.Sprintf("https://s%d.example/", i), "d")
	}
	if got("https://shop.example/y") != "" || got("https://shop.example/in/y") != c {
		t.Errorf("the oldest goes: got %q and %q", got("https://shop.example/y"), got("https://shop.example/in/y"))
	}
	j.Clear()
	if got("https://shop.example/in/y") != "" {
		t.Error("they outlive Clear")
	}
	give("ftp://shop.example/", "e")
	if value, _ := j.Authorization(from(t, "", "data:,x")); value != "" {
		t.Errorf("got %q", value)
	}
}
