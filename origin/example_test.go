package origin_test

import (
	"errors"
	"fmt"

	"github.com/drawbridge-cors/drawbridge/origin"
)

func Example() {
	page, err := origin.Parse("https://app.example")
	if err != nil {
		fmt.Println(err)
		return
	}
	api, err := origin.ParseURL("https://api.app.example/v1/users?limit=10")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(api)
	fmt.Println("same origin:", origin.SameOrigin(page, api))
	fmt.Println("same site:", origin.SameSite(page, api))
	// Output:
	// https://api.app.example
	// same origin: false
	// same site: true
}

// A URL is not an origin: the slash alone makes a browser's comparison fail.
func ExampleParse_incorrect() {
	for _, s := range []string{"https://a.example/", "a.example", "https://a.example:443", "https://*.a.example"} {
		_, err := origin.Parse(s)
		fmt.Println(err)
	}
	// Output:
	// origin: "https://a.example/": trailing slash: write "https://a.example"
	// origin: "a.example": missing scheme: write "https://a.example"
	// origin: "https://a.example:443": default port: write "https://a.example"
	// origin: "https://*.a.example": wildcard: a pattern is not an origin: write one origin in full, as "https://a.example"
}

func ExampleParseError() {
	_, err := origin.Parse("HTTPS://Bücher.example:443/index.html")
	if parse, ok := errors.AsType[*origin.ParseError](err); ok {
		fmt.Println(parse.Problem)
		fmt.Println(parse.Suggestion)
	}
	// Output:
	// upper-case-scheme
	// https://xn--bcher-kva.example
}

// Allowing the origin "null" allows every sandboxed frame and every local file, not one page.
func ExampleSameOrigin_incorrect() {
	a, _ := origin.Parse("null")
	b, _ := origin.Parse("null")
	fmt.Println(a.String() == b.String())
	fmt.Println(origin.SameOrigin(a, b))
	// Output:
	// true
	// false
}

// Two sites under one public suffix belong to different people.
func ExampleSameSite() {
	a, _ := origin.Parse("https://alice.github.io")
	b, _ := origin.Parse("https://bob.github.io")
	fmt.Println(origin.SameSite(a, b))
	// Output: false
}
