package explain_test

import (
	"fmt"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A trace usually comes from [fetch.WithTrace]. This one is written by hand.
func ExampleExplain() {
	response := &fetch.HTTPResponse{Status: 200, StatusText: "OK", Header: []fetch.Field{
		{Name: "Access-Control-Allow-Origin", Value: "https://app.example/"},
	}}
	report := explain.Explain([]fetch.Event{
		{Kind: fetch.EventRequest, Info: &fetch.RequestInfo{
			Origin: "https://app.example", URL: "https://api.example/items", Method: "GET", Mode: fetch.ModeCORS,
		}},
		{Kind: fetch.EventBranch, Got: "https://api.example", Want: "https://app.example", Tainting: "cors"},
		{Kind: fetch.EventExchange, Exchange: &fetch.Exchange{
			Request: fetch.HTTPRequest{Method: "GET", URL: "https://api.example/items"}, Response: response,
		}},
		{
			Kind: fetch.EventCheck, Subject: "access-control-allow-origin", Got: "https://app.example/", Want: "https://app.example",
			Lines: response.Header, Algorithm: "concept-cors-check", Step: "4", Reason: fetch.AllowOriginMismatch, Decisive: true,
		},
		{Kind: fetch.EventBlocked, Reason: fetch.AllowOriginMismatch},
	})
	fmt.Println(report.Summary)
	for _, f := range report.Failures {
		fmt.Println(f.Why)
		fmt.Println(f.Fix, f.Send)
		fmt.Println(f.Step, f.Spec)
	}
	// Output:
	// blocked, CORS said no: Access-Control-Allow-Origin ends with a slash
	// An origin has no slash at the end. The comparison is byte for byte.
	// Leave the slash out. [[Access-Control-Allow-Origin https://app.example] [Vary Origin]]
	// CORS check, step 4 https://fetch.spec.whatwg.org/#concept-cors-check
}

// A report quotes what servers sent, byte for byte. Printing it as it is lets a server drive the terminal: escape it first.
func ExampleEscape_incorrect() {
	value := "https://app.example\x1b[2J"
	fmt.Printf("%q clears the screen\n", value)
	fmt.Println(explain.Escape(value), "does not")
	// Output:
	// "https://app.example\x1b[2J" clears the screen
	// https://app.example\x1B[2J does not
}

func ExampleLookup() {
	page, ok := explain.Lookup("preflight-status")
	fmt.Println(ok, page.Class, page.Step)
	fmt.Println(page.Title)
	// Output:
	// true cors-layer-not-reached CORS-preflight fetch, step 7
	// the preflight's status is not a success
}
