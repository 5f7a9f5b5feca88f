package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/jar"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// Limits of the bridge.
const (
	// maxBridgeLine is how long a line of input may be, in bytes.
	maxBridgeLine = 64 << 20
	// maxBridgeBody is how much of a response's body is returned. A longer one is an error.
	maxBridgeBody = 64 << 20
	// maxInFlight is how many requests are under way at one time; more wait their turn.
	maxInFlight = 256
)

func (p *program) bridgeCommand() *cobra.Command {
	var a asked
	var browser string
	var trace, block bool
	cmd := &cobra.Command{
		Use:   "bridge",
		Short: "A browser's fetch() for any program, over stdin and stdout",
		Long: `Bridge is a browser's fetch() for programs in any language. It reads one JSON
object a line from standard input, makes the request as a page of the given
origin would, and writes one JSON object a line to standard output. Requests run
side by side, and answers come in the order in which they are ready: each has
the id of its request. One process is one browsing context, with cookies and
caches that are empty at the start. It ends when its input does.`,
		Example: `  echo '{"id":1,"client":{"origin":"http://a.test"},"request":{"url":"http://b.test/"}}' |
    drawbridge bridge --browser firefox`,
		DisableFlagsInUseLine: true,
		Args:                  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := &settling{asked: a, files: &files{stdin: p.stdin, open: p.open}}
			if err := s.connection(); err != nil {
				return err
			}
			profiles, err := profilesNamed(browser)
			switch {
			case err != nil:
				return err
			case browser == "":
				profiles = []fetch.Profile{fetch.Browsers}
			case len(profiles) != 1:
				return &usageError{Flag: "--browser", Value: browser, Problem: "is more than one", Hint: "one bridge is one browser"}
			}
			s.out.BlockThirdParty = block
			return p.bridge(cmd.Context(), s.out, profiles[0], trace)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	text(flags, &browser, "browser", "", "`NAME`standard, chromium, firefox or webkit (what all three do)")
	thirdPartyFlag(flags, &block)
	flags.BoolVar(&trace, "trace", false, "add to each answer what was compared with what")
	bridgeConnectionFlags(flags, &a)
	return cmd
}

func bridgeConnectionFlags(set *pflag.FlagSet, a *asked) {
	text(set, &a.timeout, "timeout", "m", "`TIME`how long a request may take, in seconds or as 500ms, 1m (30s)")
	set.BoolVarP(&a.insecure, "insecure", "k", false, "accept any certificate")
	text(set, &a.caCert, "cacert", "", "`FILE`certificate authorities, in place of the system's")
	text(set, &a.cert, "cert", "E", "`FILE[:password]`a client certificate in PEM form")
	text(set, &a.key, "key", "", "`FILE`its key, if that is in another file")
	list(set, &a.resolve, "resolve", "", "`HOST:PORT:ADDRESS`an address in place of DNS's; may be repeated")
	list(set, &a.connectTo, "connect-to", "", "`HOST1:PORT1:HOST2:PORT2`connect to the second in place of the first; may be repeated")
}

// A bridge is one browsing context.
type bridge struct {
	browser *fetch.Client
	timeout time.Duration
	trace   bool
	// opaque is the page's origin where that is "null": one and the same for the whole process.
	opaque origin.Origin

	mu  sync.Mutex
	out *bufio.Writer
	err error
	// running are the requests under way, by the text of their id.
	running map[string]context.CancelFunc
}

// bridge runs the command until its input or ctx ends.
func (p *program) bridge(ctx context.Context, o checkOptions, profile fetch.Profile, trace bool) error {
	cookies := jar.Allow
	if o.BlockThirdParty {
		cookies = jar.Block
	}
	live := wire.New(&dialer{network: o.Network}, wireOptions(o)...)
	defer live.CloseIdleConnections()
	b := &bridge{
		browser: fetch.New(live, fetch.WithProfile(profile), fetch.WithClock(time.Now), fetch.WithHTTPCache(),
			fetch.WithJar(jar.New(cookiePolicy(profile), jar.WithClock(time.Now), jar.WithThirdParty(cookies)))),
		timeout: o.Timeout, trace: trace, opaque: origin.Opaque(),
		out: bufio.NewWriter(p.stdout), running: map[string]context.CancelFunc{},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	// Reading cannot be interrupted, so it has a goroutine of its own, which ends with the program at the latest.
	lines := make(chan []byte)
	readErr := make(chan error, 1)
	go func() {
		defer close(lines)
		readErr <- readLines(p.stdin, func(line []byte) bool {
			select {
			case lines <- line:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()

	var workers sync.WaitGroup
	places := make(chan struct{}, maxInFlight)
	for open := true; open; {
		select {
		case <-ctx.Done():
			open = false
		case line, ok := <-lines:
			if !ok {
				open = false
				break
			}
			b.take(ctx, line, places, &workers)
		}
	}
	workers.Wait()
	if ctx.Err() != nil {
		return exitError(exitInterrupted)
	}
	if err := <-readErr; err != nil {
		return &usageError{Flag: "standard input", Problem: err.Error(), Hint: "write one JSON object a line"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// readLines gives each line that is not empty to use, until that says no.
func readLines(r io.Reader, use func([]byte) bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxBridgeLine)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 && !use(bytes.Clone(line)) {
			return nil
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line is longer than %d bytes", maxBridgeLine)
	}
	return lines.Err()
}

// The lines of the bridge: see docs/bridge.md.
type (
	bridgeRequest struct {
		ID     json.RawMessage `json:"id"`
		Abort  bool            `json:"abort"`
		Client struct {
			Origin         string `json:"origin"`
			URL            string `json:"url"`
			ReferrerPolicy string `json:"referrerPolicy"`
		} `json:"client"`
		Request *struct {
			URL              string      `json:"url"`
			Method           *string     `json:"method"`
			Headers          [][2]string `json:"headers"`
			Mode             string      `json:"mode"`
			Credentials      string      `json:"credentials"`
			Redirect         string      `json:"redirect"`
			Referrer         *string     `json:"referrer"`
			ReferrerPolicy   string      `json:"referrerPolicy"`
			Cache            string      `json:"cache"`
			Keepalive        bool        `json:"keepalive"`
			Integrity        string      `json:"integrity"`
			BodyBase64       *string     `json:"body_base64"`
			BodyStream       bool        `json:"body_stream"`
			UseCORSPreflight bool        `json:"use_cors_preflight"`
			Initiator        string      `json:"initiator"`
			Destination      string      `json:"destination"`
		} `json:"request"`
	}
	bridgeAnswer struct {
		ID       json.RawMessage `json:"id"`
		Response *bridgeResponse `json:"response,omitempty"`
		Error    *bridgeError    `json:"error,omitempty"`
		Trace    []bridgeEvent   `json:"trace,omitempty"`
	}
	bridgeResponse struct {
		Type       fetch.ResponseType `json:"type"`
		URL        string             `json:"url"`
		Redirected bool               `json:"redirected"`
		Status     int                `json:"status"`
		StatusText string             `json:"statusText"`
		Headers    [][2]string        `json:"headers"`
		BodyBase64 *string            `json:"body_base64"`
	}
	bridgeError struct {
		// Kind is "network", "type" or "abort".
		Kind    string       `json:"kind"`
		Reason  fetch.Reason `json:"reason,omitempty"`
		Message string       `json:"message"`
	}
	bridgeEvent struct {
		Kind      fetch.EventKind `json:"kind"`
		Hop       int             `json:"hop"`
		URL       string          `json:"url,omitempty"`
		Preflight bool            `json:"preflight,omitempty"`
		Step      string          `json:"step,omitempty"`
		Spec      string          `json:"spec,omitempty"`
		OK        bool            `json:"ok"`
		Reason    fetch.Reason    `json:"reason,omitempty"`
		Subject   string          `json:"subject,omitempty"`
		Got       string          `json:"got,omitempty"`
		Want      string          `json:"want,omitempty"`
	}
)

// take starts what a line asks for.
func (b *bridge) take(ctx context.Context, line []byte, places chan struct{}, workers *sync.WaitGroup) {
	var q bridgeRequest
	if err := json.Unmarshal(line, &q); err != nil {
		b.answer(bridgeAnswer{ID: idOf(q.ID), Error: &bridgeError{Kind: "type", Message: "the line is no request: " + err.Error()}})
		return
	}
	id := string(q.ID)
	if q.Abort {
		b.mu.Lock()
		defer b.mu.Unlock()
		if cancel := b.running[id]; cancel != nil {
			cancel()
		}
		return
	}
	if q.Request == nil {
		b.answer(bridgeAnswer{ID: idOf(q.ID), Error: &bridgeError{Kind: "type", Message: `request: missing: want {"url": …}`}})
		return
	}
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	b.mu.Lock()
	b.running[id] = cancel
	b.mu.Unlock()
	workers.Go(func() {
		defer func() {
			cancel()
			b.mu.Lock()
			delete(b.running, id)
			b.mu.Unlock()
			<-places
		}()
		b.answer(b.fetch(ctx, &q))
	})
}

// idOf is what the answer to a request without id has.
func idOf(id json.RawMessage) json.RawMessage {
	if len(id) == 0 {
		return json.RawMessage("null")
	}
	return id
}

// answer writes one line.
func (b *bridge) answer(a bridgeAnswer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	encoder := json.NewEncoder(b.out)
	encoder.SetEscapeHTML(false)
	if err := errors.Join(encoder.Encode(a), b.out.Flush()); err != nil && b.err == nil {
		b.err = err
	}
}

// fetch makes one request.
func (b *bridge) fetch(ctx context.Context, q *bridgeRequest) bridgeAnswer {
	a := bridgeAnswer{ID: idOf(q.ID)}
	request, err := b.request(q)
	if err != nil {
		a.Error = errorOf(err)
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	if b.trace {
		ctx = fetch.WithTrace(ctx, func(e fetch.Event) { a.Trace = append(a.Trace, eventOf(e)) })
	}
	response, err := b.browser.Fetch(ctx, request)
	if err != nil {
		a.Error = errorOf(err)
		return a
	}
	defer response.Body.Close() //nolint:errcheck // it was read, or is given up
	out := &bridgeResponse{
		Type: response.Type, URL: response.URL, Redirected: response.Redirected, Status: response.Status,
		StatusText: toIsomorphic(response.StatusText), Headers: [][2]string{},
	}
	for _, f := range header.List(response.Header).SortAndCombine() {
		out.Headers = append(out.Headers, [2]string{toIsomorphic(f.Name), toIsomorphic(f.Value)})
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBridgeBody+1))
	switch {
	case err != nil:
		a.Error = errorOf(err)
		return a
	case len(body) > maxBridgeBody:
		a.Error = &bridgeError{
			Kind: "network", Reason: fetch.NetworkTooLarge, Message: fmt.Sprintf("the body is longer than %d bytes", maxBridgeBody),
		}
		return a
	case (response.Type == fetch.BasicResponse || response.Type == fetch.CORSResponse) && !nullBody(request.Method, response.Status):
		encoded := base64.StdEncoding.EncodeToString(body)
		out.BodyBase64 = &encoded
	}
	a.Response = out
	return a
}

// nullBody reports whether a response has no body, rather than an empty one.
//
// https://fetch.spec.whatwg.org/#null-body-status
func nullBody(method string, status int) bool {
	switch status {
	case http.StatusSwitchingProtocols, http.StatusEarlyHints, http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return true
	}
	return header.NormalizeMethod(method) == http.MethodHead
}

// request makes the engine's request of a line's.
func (b *bridge) request(q *bridgeRequest) (*fetch.Request, error) {
	r := q.Request
	page := b.opaque
	if q.Client.Origin != "null" {
		var err error
		if page, err = origin.Parse(q.Client.Origin); err != nil {
			return nil, &fetch.RequestError{Field: "client.origin", Value: q.Client.Origin, Want: "an origin, as http://a.test:8000, or null"}
		}
	}
	request := &fetch.Request{
		Client: fetch.Environment{
			Origin: page, URL: q.Client.URL, ReferrerPolicy: fetch.ReferrerPolicy(q.Client.ReferrerPolicy),
		},
		URL: r.URL, Mode: fetch.Mode(r.Mode), Credentials: fetch.CredentialsMode(r.Credentials), Redirect: fetch.RedirectMode(r.Redirect),
		ReferrerPolicy: fetch.ReferrerPolicy(r.ReferrerPolicy), Cache: fetch.CacheMode(r.Cache), Keepalive: r.Keepalive,
		UseCORSPreflight: r.UseCORSPreflight, Destination: r.Destination,
	}
	if r.Method != nil {
		if request.Method = *r.Method; request.Method == "" {
			return nil, &fetch.RequestError{Field: "method", Value: "", Want: "a token, as GET or PATCH"}
		}
	}
	if r.Integrity != "" {
		return nil, &fetch.RequestError{Field: "integrity", Value: r.Integrity, Want: "none: subresource integrity is not supported yet"}
	}
	if r.Referrer != nil {
		// The empty string is how a page asks for none.
		if request.Referrer = *r.Referrer; request.Referrer == "" {
			request.Referrer = "no-referrer"
		}
	}
	for _, h := range r.Headers {
		name, ok := fromIsomorphic(h[0])
		value, valueOK := fromIsomorphic(h[1])
		if !ok || !valueOK {
			return nil, &fetch.RequestError{Field: "headers", Value: h[0] + ": " + h[1], Want: "no character above U+00FF"}
		}
		request.Header = append(request.Header, fetch.Field{Name: name, Value: value})
	}
	if r.BodyBase64 != nil {
		body, err := base64.StdEncoding.DecodeString(*r.BodyBase64)
		if err != nil {
			return nil, &fetch.RequestError{Field: "body_base64", Value: firstLine(*r.BodyBase64), Want: "base64 with padding"}
		}
		if body == nil {
			body = []byte{}
		}
		request.Body = &fetch.Body{Source: body}
		if r.BodyStream {
			request.Body = &fetch.Body{Stream: bytes.NewReader(body)}
		}
	}
	return request, nil
}

// errorOf says in the bridge's words why there is no response.
func errorOf(err error) *bridgeError {
	if _, ok := errors.AsType[*fetch.RequestError](err); ok {
		return &bridgeError{Kind: "type", Message: err.Error()}
	}
	out := &bridgeError{Kind: "network", Reason: fetch.NetworkFailed, Message: err.Error()}
	if blocked, ok := errors.AsType[*fetch.BlockedError](err); ok {
		out.Reason = blocked.Reason
	} else if network, ok := errors.AsType[*fetch.NetworkError](err); ok {
		out.Reason = network.Reason
	}
	if out.Reason == fetch.Aborted {
		out.Kind = "abort"
	}
	return out
}

func eventOf(e fetch.Event) bridgeEvent {
	out := bridgeEvent{
		Kind: e.Kind, Hop: e.Hop, URL: e.URL, Preflight: e.Preflight, Spec: e.SpecURL(), OK: e.OK, Reason: e.Reason,
		Subject: toIsomorphic(e.Subject), Got: toIsomorphic(e.Got), Want: toIsomorphic(e.Want),
	}
	if e.Algorithm != "" {
		out.Step = e.Algorithm + " " + e.Step
	}
	return out
}

// toIsomorphic makes each byte one code point.
//
// https://infra.spec.whatwg.org/#isomorphic-decode
func toIsomorphic(s string) string {
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}

// fromIsomorphic makes each code point one byte. It reports false if one is too large.
//
// https://infra.spec.whatwg.org/#isomorphic-encode
func fromIsomorphic(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}
