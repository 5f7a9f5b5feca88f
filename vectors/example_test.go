package vectors_test

import (
	"fmt"
	"strings"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

// What do browsers make of a wildcard on a request with credentials?
func Example() {
	for line, err := range vectors.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fetch, answer := line.Scenario.Fetches[0], line.Scenario.Routes[0].Actual
		if line.Group != "acao" || fetch.Credentials != "include" || answer.Headers[0].Value != "*" {
			continue
		}
		for _, engine := range vectors.Engines() {
			outcome := line.Observed[engine].Fetches[0]
			fmt.Println(engine, outcome.Outcome, outcome.Error)
		}
		return
	}
	// Output:
	// chromium rejected TypeError
	// firefox rejected TypeError
	// webkit rejected TypeError
}

// Scenarios of your own are one JSON object a line. Every problem is reported, with its line and member.
func ExampleRead() {
	file := `{"id":"mine-1","group":"mine","page":"page","fetches":[{"url":"{{x1}}{{base}}/a"}],"routes":[]}
{"id":"mine-2","group":"mine","page":"moon","fetches":[{"url":"{{x1}}{{base}}/a"}],"routes":[]}`
	for scenario, err := range vectors.Read(strings.NewReader(file)) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(vectors.FixedOrigins().Expand(&scenario, scenario.Fetches[0].URL))
	}
	// Output:
	// http://127.0.0.1:41003/s/mine-1/a
	// vectors: line 2: page: "moon" is no origin: want page, ss, x1, x2, x3, ippage, or one of the https set
}
