package jar_test

import (
	"fmt"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// Why does Chromium not send the cookie along?
func Example() {
	session := jar.New(jar.Chromium, jar.WithClock(time.Now), jar.WithThirdParty(jar.Block))
	shop, _ := origin.Parse("https://shop.example")
	blog, _ := origin.Parse("https://blog.example")

	login := fetch.CookieRequest{URL: "https://shop.example/login", Client: shop, Navigation: true}
	session.SetCookies(login, []string{"id=7; Secure; SameSite=None", "csrf=9; Secure"})

	for _, d := range session.Decide(fetch.CookieRequest{URL: "https://shop.example/", Client: blog}) {
		fmt.Println(d.Cookie.Name, d.Reason)
	}
	// Output:
	// id cookie-third-party-blocked
	// csrf cookie-same-site-default
}

// A jar goes into a client as an option.
func ExampleNew() {
	client := fetch.New(nil, fetch.WithJar(jar.New(jar.Firefox, jar.WithClock(time.Now))))
	fmt.Println(client != nil)
	// Output: true
}

// The mistake: a request that names no page is nobody's, and so cross-site to everything.
func Example_incorrect() {
	cookies := jar.New(jar.Standard)
	shop, _ := origin.Parse("https://shop.example")
	cookies.SetCookies(fetch.CookieRequest{URL: "https://shop.example/", Client: shop}, []string{"id=7"})

	fmt.Println(cookies.Cookies(fetch.CookieRequest{URL: "https://shop.example/"}))
	fmt.Println(cookies.Cookies(fetch.CookieRequest{URL: "https://shop.example/", Client: shop}))
	// Output:
	// []
	// [id=7]
}
