// Package play plays scenarios of package vectors through a client of package fetch: without a network, without waiting, and with the
// same result every time.
//
// The six origins (twenty with the https set) get fixed ports, the client talks to the scenario's routes through a transport that
// calls them as functions, and time passes on a clock that nobody waits for. What the client did is described as the recorder of the
// corpus described what the browsers did, so that [vectors.Differ] can tell them apart.
//
// # Left out
//
// Images, visits at the top and the final look into the jar:
// [Run] refuses scenarios that need them. Cookies are as good as the jar that the client was lent; the core does not depend on them
// either. The page itself, which fetch("") asks for, is not among the routes: it is a 404 here.
package play

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
	"github.com/drawbridge-cors/drawbridge/vectors"
)

// A NewClient makes the user agent for one scenario from what it must be lent: the transport that leads to the scenario's servers, and
// the clock. A scenario needs a client of its own, since caches and jars remember.
type NewClient func(transport fetch.Transport, now func() time.Time) *fetch.Client

// maxBody bounds what is read of a body, a request's as a response's. A line of a scenario file is not longer.
const maxBody = vectors.MaxLine

// Run plays a scenario, as package vectors reads them, and returns what came of it.
//
// The error is not nil if ctx ends, if the client fails in a way that is neither a refusal nor a failure of the network, or if it makes
// more requests than any scenario needs. It wraps [errors.ErrUnsupported] if the scenario needs what the package leaves out. Run may be
// called by several goroutines at once, even with the same scenario: it only reads it.
func Run(ctx context.Context, scenario *vectors.Scenario, newClient NewClient) (vectors.Observed, error) {
	if what := unsupported(scenario); what != "" {
		return vectors.Observed{}, fmt.Errorf("play: %s: %s: %w", scenario.ID, what, errors.ErrUnsupported)
	}
	p := &player{scenario: scenario, origins: vectors.FixedOrigins(), frame: origin.Opaque()}
	p.servers = newServers(p)
	p.client = newClient(p.servers, p.now)
	if err := p.prime(ctx); err != nil {
		return vectors.Observed{}, fmt.Errorf("play: %s: prime: %w", scenario.ID, err)
	}
	observed := vectors.Observed{Fetches: make([]vectors.FetchOutcome, len(scenario.Fetches))}
	for i := range scenario.Fetches {
		p.servers.begin(i)
		p.sleep(time.Duration(scenario.Fetches[i].DelayMs) * time.Millisecond)
		outcome, err := p.fetch(ctx, &scenario.Fetches[i])
		if err == nil {
			err = p.servers.failure()
		}
		if err != nil {
			return vectors.Observed{}, fmt.Errorf("play: %s: fetches[%d]: %w", scenario.ID, i, err)
		}
		observed.Fetches[i] = outcome
	}
	observed.Requests = p.servers.requests()
	return observed, nil
}

// unsupported names the first member of s that cannot be played, or returns "".
func unsupported(s *vectors.Scenario) string {
	if len(s.Jar) > 0 {
		return "jar"
	}
	for i := range s.Prime {
		if s.Prime[i].Top {
			return fmt.Sprintf("prime[%d].top", i)
		}
	}
	for i := range s.Fetches {
		if s.Fetches[i].Kind != "" {
			return fmt.Sprintf("fetches[%d].kind %q", i, s.Fetches[i].Kind)
		}
	}
	return ""
}

// A player is the state of one run.
type player struct {
	scenario *vectors.Scenario
	origins  *vectors.Origins
	servers  *servers
	client   *fetch.Client
	// frame is the opaque origin of the sandboxed frame.
	frame origin.Origin
	// elapsed is the time on the clock since start, in nanoseconds: a client may read the clock from several goroutines.
	elapsed atomic.Int64
}

// start is when every scenario begins. Nothing depends on the date.
var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func (p *player) now() time.Time { return start.Add(time.Duration(p.elapsed.Load())) }

func (p *player) sleep(d time.Duration) { p.elapsed.Add(int64(d)) }

// page is the environment of the document at the top.
func (p *player) page() (fetch.Environment, error) {
	self := p.origins.Origin(p.scenario.Page)
	o, err := origin.Parse(self)
	return fetch.Environment{Origin: o, URL: self + "/ctl/page", ReferrerPolicy: fetch.ReferrerPolicy(p.scenario.ReferrerPolicy)}, err
}

// environment is where fetch() is called.
func (p *player) environment() (fetch.Environment, error) {
	e, err := p.page()
	if p.scenario.Context == vectors.Sandbox {
		e.Origin, e.URL = p.frame, p.origins.Origin(p.scenario.Page)+"/ctl/frame"
	}
	return e, err
}

// prime lets the page collect cookies. Whether they stick is for the client's jar to say, and refusals do not matter.
func (p *player) prime(ctx context.Context) error {
	page, err := p.page()
	if err != nil {
		return err
	}
	for i, prime := range p.scenario.Prime {
		_, err := p.call(ctx, &fetch.Request{
			Client:      page,
			URL:         p.origins.Origin(prime.Origin) + p.servers.base + primePath + strconv.Itoa(i),
			Mode:        fetch.ModeNoCORS,
			Credentials: fetch.CredentialsInclude,
			Cache:       fetch.CacheNoStore,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rejected is what script sees of every failure, whatever its cause.
var rejected = vectors.FetchOutcome{Outcome: vectors.Rejected, Error: "TypeError"}

// fetch makes one call of fetch().
func (p *player) fetch(ctx context.Context, f *vectors.Fetch) (vectors.FetchOutcome, error) {
	environment, err := p.environment()
	if err != nil {
		return vectors.FetchOutcome{}, err
	}
	request, ok := p.newRequest(f)
	if !ok {
		outcome := rejected
		outcome.Request = &vectors.Probe{Throws: "TypeError"}
		return outcome, nil
	}
	request.Client = environment
	probe := p.probe(request) //nolint:contextcheck // Nothing is sent that could be cancelled.
	outcome, err := p.call(ctx, request)
	outcome.Request = probe
	return outcome, err
}

// probe describes what new Request(url, init) makes of the arguments.
func (p *player) probe(request *fetch.Request) *vectors.Probe {
	method, headers, err := p.client.Normalize(request)
	if err != nil {
		return &vectors.Probe{Throws: "TypeError"}
	}
	made := &vectors.Probe{Method: method}
	for _, f := range header.List(headers).SortAndCombine() {
		made.Headers = append(made.Headers, vectors.Field{Name: f.Name, Value: p.collapse(f.Value)})
	}
	return made
}

// call awaits a fetch and its body, and describes what script sees.
func (p *player) call(ctx context.Context, request *fetch.Request) (vectors.FetchOutcome, error) {
	response, err := p.client.Fetch(ctx, request)
	if ctx.Err() != nil {
		return vectors.FetchOutcome{}, ctx.Err()
	}
	if err != nil {
		if refused(err) {
			return rejected, nil
		}
		return vectors.FetchOutcome{}, err
	}
	seen := &vectors.SeenResponse{
		Type:       string(response.Type),
		Status:     response.Status,
		URL:        p.collapse(response.URL),
		Redirected: response.Redirected,
		Headers:    []vectors.Field{},
	}
	for _, f := range header.List(response.Header).SortAndCombine() {
		seen.Headers = append(seen.Headers, vectors.Field{Name: f.Name, Value: p.collapse(f.Value)})
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if errClose := response.Body.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		seen.BodyError = "TypeError"
	} else {
		seen.Body = p.collapse(decodeUTF8(body))
	}
	return vectors.FetchOutcome{Outcome: vectors.Responded, Response: seen}, nil
}

// refused reports whether err is one that script sees as a rejected promise.
func refused(err error) bool {
	if _, ok := errors.AsType[*fetch.RequestError](err); ok {
		return true
	}
	_, ok := errors.AsType[*fetch.BlockedError](err)
	return ok
}

func (p *player) collapse(s string) string { return p.origins.Collapse(p.scenario, s) }

func (p *player) expand(s string) string { return p.origins.Expand(p.scenario, s) }
