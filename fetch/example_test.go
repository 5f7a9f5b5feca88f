package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// inMemory is an http.RoundTripper that asks a handler instead of a network.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// A page of https://app.example reads from an API that allows it to.
func Example() {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
		fmt.Fprint(w, "hello")
	})
	app, _ := origin.Parse("https://app.example")

	client := fetch.New(fetch.RoundTripper(inMemory{api}))
	response, err := client.Fetch(context.Background(), &fetch.Request{
		Client: fetch.Environment{Origin: app},
		URL:    "https://api.example/greeting",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Println(response.Type, response.Status, string(body))
	// Output: cors 200 hello
}

// A refusal is a BlockedError, which says what failed where, and on what value.
func ExampleClient_Fetch_blocked() {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example/")
	})
	app, _ := origin.Parse("https://app.example")

	client := fetch.New(fetch.RoundTripper(inMemory{api}))
	_, err := client.Fetch(context.Background(), &fetch.Request{
		Client: fetch.Environment{Origin: app},
		URL:    "https://api.example/greeting",
	})
	if blocked, ok := errors.AsType[*fetch.BlockedError](err); ok {
		fmt.Println(blocked.Reason, "on", blocked.Step)
		fmt.Println("got ", blocked.Got)
		fmt.Println("want", blocked.Want)
	}
	// Output:
	// allow-origin-mismatch on concept-cors-check 4
	// got  https://app.example/
	// want https://app.example
}

// A common mistake: allowing every origin with the wildcard, and then asking with cookies. With credentials "*" is no wildcard but
// an origin of that name, and nobody's.
func ExampleClient_Fetch_incorrect() {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*") // Wrong: must be the request's Origin, with "Vary: Origin".
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	})
	app, _ := origin.Parse("https://app.example")

	client := fetch.New(fetch.RoundTripper(inMemory{api}))
	_, err := client.Fetch(context.Background(), &fetch.Request{
		Client:      fetch.Environment{Origin: app},
		URL:         "https://api.example/greeting",
		Credentials: fetch.CredentialsInclude,
	})
	var blocked *fetch.BlockedError
	fmt.Println(errors.As(err, &blocked) && blocked.Reason == fetch.AllowOriginWildcard)
	// Output: true
}

// Another one: an API that answers CORS on its own routes, behind a router that answers OPTIONS itself. The request that the
// preflight asks for is never sent.
func ExampleWithTrace() {
	api := http.NewServeMux()
	api.HandleFunc("PUT /items", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	})
	app, _ := origin.Parse("https://app.example")

	ctx := fetch.WithTrace(context.Background(), func(e fetch.Event) {
		switch e.Kind {
		case fetch.EventExchange:
			fmt.Println(e.Exchange.Request.Method, e.Exchange.Response.Status)
		case fetch.EventCheck:
			if !e.OK {
				fmt.Println(e.Reason, e.Decisive)
			}
		}
	})
	client := fetch.New(fetch.RoundTripper(inMemory{api}))
	_, err := client.Fetch(ctx, &fetch.Request{
		Client: fetch.Environment{Origin: app},
		URL:    "https://api.example/items",
		Method: "PUT",
	})
	fmt.Println(err != nil)
	// Output:
	// OPTIONS 405
	// allow-origin-missing true
	// preflight-status false
	// method-not-allowed false
	// true
}
