// Package play plays scenarios of package vectors through a client of package fetch: without a network, without waiting, and with the
// same result every time.
//
// The six origins (twenty with the https set) get fixed ports, the client talks to the scenario's routes through a transport that
// calls them as functions, and time passes on a clock that nobody waits for. What the client did is described as the recorder of the
// corpus described what the browsers did, so that [vectors.Differ] can tell them apart.
//
// # Left out
//
// Nobody is asked for a password: a 401 is a response. Cookies are as good as the jar that the client was lent; the core does not depend
// on them. HTTP authentication that the browser remembers from an earlier visit is the jar's too: if it is no [fetch.Authenticator],
// [Run] refuses scenarios that need it.
//
// Besides the routes there is the page itself, which fetch("") asks for. The group httpcache needs a client with an HTTP cache
// ([fetch.WithHTTPCache]); the responses of all other groups say no-store, so that a cache changes nothing there.
package play

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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
	var err error
	if observed.Jar, err = p.jar(ctx); err != nil {
		return vectors.Observed{}, fmt.Errorf("play: %s: jar: %w", scenario.ID, err)
	}
	return observed, nil
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

// at is the environment of a document at the top.
func (p *player) at(ref vectors.Ref) (fetch.Environment, error) {
	self := p.origins.Origin(ref)
	o, err := origin.Parse(self)
	return fetch.Environment{Origin: o, TopLevel: o, URL: self + pagePath}, err
}

// page is the environment of the scenario's document.
func (p *player) page() (fetch.Environment, error) {
	e, err := p.at(p.scenario.Page)
	e.ReferrerPolicy = fetch.ReferrerPolicy(p.scenario.ReferrerPolicy)
	return e, err
}

// environment is where fetch() is called.
func (p *player) environment() (fetch.Environment, error) {
	e, err := p.page()
	if p.scenario.Context == vectors.Sandbox {
		e.Origin, e.URL = p.frame, p.origins.Origin(p.scenario.Page)+"/ctl/frame"
	}
	return e, err
}

// prime collects cookies: first by visits at the top, then on the page. Whether they stick is for the client's jar to say, and
// refusals do not matter.
func (p *player) prime(ctx context.Context) error {
	page, err := p.page()
	if err != nil {
		return err
	}
	for _, top := range []bool{true, false} {
		for i, prime := range p.scenario.Prime {
			if prime.Top != top {
				continue
			}
			request := &fetch.Request{
				Client:      page,
				URL:         p.origins.Origin(prime.Origin) + p.servers.base + primePath + strconv.Itoa(i),
				Mode:        fetch.ModeNoCORS,
				Credentials: fetch.CredentialsInclude,
				Cache:       fetch.CacheNoStore,
			}
			if top {
				request.Mode, request.Destination = fetch.ModeNavigate, "document"
				if request.Client, err = p.at(prime.Origin); err != nil {
					return err
				}
			}
			if _, err := p.call(ctx, request); err != nil {
				return err
			}
			if username, password, ok := strings.Cut(prime.Auth, ":"); ok {
				protected := p.origins.Origin(prime.Origin) + p.servers.base + authPath
				if !p.client.Authenticate(request.Client, protected, username, password) {
					return fmt.Errorf("[%d].auth: the client keeps no HTTP authentication: %w", i, errors.ErrUnsupported)
				}
			}
		}
	}
	return nil
}

// jar looks what each origin that the scenario names has in its jar, as a page at the top.
func (p *player) jar(ctx context.Context) (map[vectors.Ref][]string, error) {
	var jar map[vectors.Ref][]string
	for _, ref := range p.scenario.Jar {
		page, err := p.at(ref)
		if err != nil {
			return nil, err
		}
		_, err = p.call(ctx, &fetch.Request{
			Client: page, URL: p.origins.Origin(ref) + p.servers.base + jarPath, Cache: fetch.CacheNoStore,
		})
		if err != nil {
			return nil, err
		}
		if jar == nil {
			jar = map[vectors.Ref][]string{}
		}
		jar[ref] = p.servers.jarSeen()
	}
	return jar, nil
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
	if f.Kind == vectors.Image {
		outcome, err := p.call(ctx, request)
		return p.image(outcome), err
	}
	probe := p.probe(request) //nolint:contextcheck // Nothing is sent that could be cancelled.
	outcome, err := p.call(ctx, request)
	outcome.Request = probe
	return outcome, err
}

// image says what becomes of an image: it loads if it arrived and is one, whatever the status.
func (p *player) image(outcome vectors.FetchOutcome) vectors.FetchOutcome {
	if outcome.Outcome == vectors.Responded && p.servers.sentImage() {
		return vectors.FetchOutcome{Outcome: vectors.Loaded}
	}
	return vectors.FetchOutcome{Outcome: vectors.Failed}
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
