package header_test

import (
	"fmt"

	"github.com/drawbridge-cors/drawbridge/header"
)

// Which headers of a request make a browser ask first?
func Example() {
	headers := header.List{
		{Name: "Accept", Value: "application/json"},
		{Name: "Content-Type", Value: "application/json"},
		{Name: "X-Request-Id", Value: "42"},
	}
	for _, why := range header.UnsafeRequestHeaders(headers) {
		fmt.Println(why.Name, why.Kind)
	}
	fmt.Println(header.UnsafeRequestHeaderNames(headers))
	// Output:
	// Content-Type mime-type-not-safelisted
	// X-Request-Id name-not-safelisted
	// [content-type x-request-id]
}

func ExampleCheckRequestHeader() {
	why, ok := header.CheckRequestHeader("Content-Type", `multipart/form-data; boundary="x"`)
	fmt.Println(ok, why.Kind, why.Offset, string(why.Value[why.Offset]))
	// Output: false unsafe-byte 30 "
}

// A JSON body needs a preflight, however it is labelled: a type in a parameter is safe, and no server takes it for JSON.
func ExampleSafelistedRequestHeader_incorrect() {
	fmt.Println(header.SafelistedRequestHeader("Content-Type", "application/json"))
	fmt.Println(header.SafelistedRequestHeader("Content-Type", "text/plain;application/json"))
	// Output:
	// false
	// true
}

// fetch(url, {method: "patch"}) asks for "patch", which is not the PATCH that the server allows.
func ExampleNormalizeMethod_incorrect() {
	fmt.Println(header.NormalizeMethod("put"), header.NormalizeMethod("patch"))
	// Output: PUT patch
}

func ExampleExtractNames() {
	names, err := header.ExtractNames([]string{"Content-Type, X-Foo", "Authorization,"})
	fmt.Printf("%q %v\n", names, err)
	// Output: ["Content-Type" "X-Foo" "Authorization"] <nil>
}

// Names separated by spaces are no list: the browser refuses the whole preflight, safe headers or not.
func ExampleExtractNames_incorrect() {
	_, err := header.ExtractNames([]string{"Content-Type X-Foo"})
	fmt.Println(err)
	// Output: header: "Content-Type X-Foo": unexpected 'X' at byte 13
}

// "10m" is no number of seconds; the browser falls back to five.
func ExampleExtractMaxAge_incorrect() {
	fmt.Println(header.ExtractMaxAge([]string{"600"}))
	_, ok := header.ExtractMaxAge([]string{"10m"})
	fmt.Println(ok)
	// Output:
	// 600 true
	// false
}

func ExampleList_Get() {
	list := header.List{{Name: "Vary", Value: "Origin"}, {Name: "vary", Value: "Accept"}}
	value, ok := list.Get("VARY")
	fmt.Println(value, ok)
	// Output: Origin, Accept true
}

// Two layers that both set the header produce a value that equals no origin.
func ExampleList_Get_incorrect() {
	list := header.List{
		{Name: header.AccessControlAllowOrigin, Value: "https://a.example"},
		{Name: header.AccessControlAllowOrigin, Value: "https://a.example"},
	}
	value, _ := list.Get(header.AccessControlAllowOrigin)
	fmt.Println(value)
	// Output: https://a.example, https://a.example
}

func ExampleExtractMIMEType() {
	m, ok := header.ExtractMIMEType(header.List{{Name: "Content-Type", Value: "Text/HTML; charset=utf-8"}})
	fmt.Println(m.Essence, m, ok)
	// Output: text/html text/html;charset=utf-8 true
}
