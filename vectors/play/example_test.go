package play_test

import (
	"context"
	"fmt"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// Does our client do what Firefox did?
func ExampleRun() {
	newClient := func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return fetch.New(transport, fetch.WithClock(now))
	}
	for line, err := range vectors.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		observed, err := play.Run(context.Background(), &line.Scenario, newClient)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(line.ID, len(vectors.DifferCore(observed, line.Observed[vectors.Firefox])) == 0)
		return
	}
	// Output: method-002 true
}
