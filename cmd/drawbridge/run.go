package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/report"
	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// maxBodyRead is how much of a response's body is read, to see whether it arrives. The verdict does not need it.
const maxBodyRead = 1 << 20

// browserEncodings is the Accept-Encoding of today's browsers over a connection that nobody can listen to.
const browserEncodings = "gzip, deflate, br, zstd"

// runCheck does one check and writes its report. It returns the exit status.
func runCheck(ctx context.Context, o checkOptions, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintf(stderr, programName+" check: %v\n", err)
		return exitInternal
	}
	result, err := judge(ctx, o)
	if err != nil {
		return fail(err)
	}
	// The report is written whole or not at all.
	var out bytes.Buffer
	if o.Format == "json" {
		err = writeJSON(&out, result)
	} else {
		err = report.Write(&out, result, styleFor(o, stdout))
	}
	if err == nil {
		_, err = stdout.Write(out.Bytes())
	}
	if err != nil {
		return fail(fmt.Errorf("writing the report: %w", err))
	}
	if errors.Is(ctx.Err(), context.Canceled) && result.Verdict == explain.Unknown {
		return exitInterrupted
	}
	return exitFor(result.Verdict)
}

// writeJSON writes a value for programs and for people: indented, and with "<", ">" and "&" as they are.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// exitFor is the exit status of a verdict.
func exitFor(v explain.Verdict) int {
	switch v {
	case explain.Allowed:
		return exitAllowed
	case explain.Blocked:
		return exitBlocked
	case explain.Unknown:
		return exitUnknown
	default:
		return exitInternal
	}
}

// runCheckFor does one check for its outcome alone.
func runCheckFor(ctx context.Context, o checkOptions) checkResult {
	found, err := judge(ctx, o)
	if err != nil {
		return checkResult{Verdict: verdictUnknown, Summary: err.Error()}
	}
	result := checkResult{
		Verdict: string(found.Verdict), Reason: string(found.Reason), Class: string(found.Class), Summary: found.Summary,
	}
	if found.Response != nil && (found.Response.Type == fetch.OpaqueResponse || found.Response.Type == fetch.OpaqueRedirectResponse) {
		result.Verdict = verdictOpaque
	}
	return result
}

// isTerminal reports whether what is written to w is read by a person at once.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// styleFor decides how a report looks where it goes.
func styleFor(o checkOptions, stdout io.Writer) report.Style {
	style := report.Style{ASCII: o.ASCII, Verbose: o.Verbose}
	switch o.Color {
	case "always":
		style.Color = true
	case "auto", "":
		style.Color = isTerminal(stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return style
}

// judge makes the request as a browser would and explains what happened. The error is a fault of our own or of the options: what
// the server and the network do is in the report.
func judge(ctx context.Context, o checkOptions) (explain.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()

	live := wire.New(&dialer{network: o.Network}, wireOptions(o)...)
	defer live.CloseIdleConnections()
	record := &recorder{inner: live}

	profiles := o.Profiles
	if len(profiles) == 0 {
		profiles = measuredBrowsers()
	}
	// One live run. What several browsers have in common is nobody's in particular.
	acting := fetch.Browsers
	if len(profiles) == 1 {
		acting = profiles[0]
	}
	cookies, err := newCheckJar(o.Request.URL, o.Cookies, acting, o.BlockThirdParty)
	if err != nil {
		return explain.Report{}, err
	}
	browser := newBrowser(o, record, acting, cookies)
	var events []fetch.Event
	var body bodyRead
	for range max(o.Repeat, 1) {
		record.forget()
		if events, body, err = fetchOnce(ctx, browser, o); err != nil {
			return explain.Report{}, err
		}
	}

	options := []explain.Option{explain.WithNotes(slices.Concat(o.Notes, cookies.notes())...)}
	if strings.Contains(o.OriginFrom, "default") {
		options = append(options, explain.WithOriginFrom(o.OriginFrom))
	}
	if body.read {
		options = append(options, explain.WithBody(body.size, body.err))
	}
	if o.Repeat <= 1 && ctx.Err() == nil {
		strict, _, err := replay(ctx, o, record, fetch.Standard)
		if err != nil {
			return explain.Report{}, err
		}
		options = append(options, explain.WithStandard(strict))
	}
	if o.Repeat <= 1 && ctx.Err() == nil && len(profiles) > 1 {
		outcomes, worst, err := compareBrowsers(ctx, o, record, profiles)
		if err != nil {
			return explain.Report{}, err
		}
		options = append(options, explain.WithBrowsers(outcomes...))
		// The report is on a browser that blocks, if there is one and the live run was allowed.
		if worst != nil && explain.Explain(events).Verdict == explain.Allowed {
			events = worst
		}
	}
	if o.ProbeActual {
		probe, err := probeActual(ctx, o, live, cookies, events)
		if err != nil {
			return explain.Report{}, err
		}
		if probe != nil {
			options = append(options, explain.WithProbe(*probe))
		}
	}
	return explain.Explain(events, options...), nil
}

func wireOptions(o checkOptions) []wire.Option {
	options := []wire.Option{wire.WithTLS(&tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: o.Insecure, //nolint:gosec // --insecure asks for it by name.
		RootCAs:            o.RootCAs,
		Certificates:       o.Certificates,
	})}
	if o.HTTPVersion == "1.1" {
		options = append(options, wire.WithHTTP1Only())
	}
	return options
}

// newBrowser makes the user agent of a check.
func newBrowser(o checkOptions, transport fetch.Transport, profile fetch.Profile, cookies fetch.Jar) *fetch.Client {
	options := []fetch.Option{
		fetch.WithProfile(profile), fetch.WithClock(time.Now), fetch.WithJar(cookies), fetch.WithAcceptEncoding(browserEncodings),
	}
	if o.UserAgent != "" {
		options = append(options, fetch.WithUserAgent(o.UserAgent))
	}
	return fetch.New(transport, options...)
}

// A bodyRead is how far the response's body was read.
type bodyRead struct {
	read bool
	size int64
	err  error
}

// fetchOnce makes the request once, and reads some of the body if script would get one.
func fetchOnce(ctx context.Context, browser *fetch.Client, o checkOptions) ([]fetch.Event, bodyRead, error) {
	var events []fetch.Event
	ctx = fetch.WithTrace(ctx, func(e fetch.Event) { events = append(events, e) })
	request := o.Request
	response, err := browser.Fetch(ctx, &request)
	if err != nil {
		if _, ok := errors.AsType[*fetch.BlockedError](err); !ok {
			return nil, bodyRead{}, err
		}
		return events, bodyRead{}, nil
	}
	defer response.Body.Close() //nolint:errcheck // the verdict is there, and an error could not change it
	if response.Type != fetch.BasicResponse && response.Type != fetch.CORSResponse {
		return events, bodyRead{}, nil
	}
	size, err := io.CopyN(io.Discard, response.Body, maxBodyRead)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, fetch.ErrUnknownCoding):
		// All there, or in a coding that is no business of a verdict.
		err = nil
	case err == nil:
		err = explain.ErrBodyLimit
	}
	return events, bodyRead{read: true, size: size, err: err}, nil
}

// measuredBrowsers are the profiles of browsers, without the standard.
func measuredBrowsers() []fetch.Profile {
	return slices.DeleteFunc(fetch.Profiles(), func(p fetch.Profile) bool { return p.Name == fetch.Standard.Name })
}

// compareBrowsers computes the verdicts of several browsers from the recorded exchanges, and returns the trace of the first that
// blocks, if any.
func compareBrowsers(
	ctx context.Context, o checkOptions, record *recorder, profiles []fetch.Profile,
) (outcomes []explain.BrowserOutcome, worst []fetch.Event, err error) {
	for _, profile := range profiles {
		events, asked, err := replay(ctx, o, record, profile)
		if err != nil {
			return nil, nil, err
		}
		r := explain.Explain(events)
		outcomes = append(outcomes, explain.BrowserOutcome{
			Browser: profile.Name, Version: profile.Version, Verdict: r.Verdict, Reason: r.Reason, NotAsked: !asked,
		})
		if worst == nil && r.Verdict == explain.Blocked {
			worst = events
		}
	}
	return outcomes, worst, nil
}

// replay is what another profile makes of the recorded exchanges. Only a GET, HEAD or OPTIONS that was not recorded is sent: a browser
// of that profile would have. The second result is false if another request would have been needed.
func replay(ctx context.Context, o checkOptions, record *recorder, profile fetch.Profile) (events []fetch.Event, asked bool, err error) {
	cookies, err := newCheckJar(o.Request.URL, o.Cookies, profile, o.BlockThirdParty)
	if err != nil {
		return nil, false, err
	}
	from := record.replay()
	// The standard to the letter is nobody's browser: nothing is sent for it.
	from.silent = profile.Name == fetch.Standard.Name
	events, _, err = fetchOnce(ctx, newBrowser(o, from, profile, cookies), o)
	return events, !from.missed, err
}

// probeActual sends the request that a failed preflight forbids, and returns what came of it, or nil if no preflight failed.
func probeActual(
	ctx context.Context, o checkOptions, live fetch.Transport, cookies fetch.Jar, events []fetch.Event,
) (*fetch.Exchange, error) {
	forbidden := false
	for _, e := range events {
		forbidden = forbidden || e.Kind == fetch.EventCheck && e.Decisive && e.Preflight
	}
	if !forbidden {
		return nil, nil //nolint:nilnil // There is nothing to probe, and that is no error.
	}
	probed, _, err := fetchOnce(ctx, newBrowser(o, grantor{live}, fetch.Browsers, cookies), o)
	if err != nil {
		return nil, err
	}
	var last *fetch.Exchange
	for _, e := range probed {
		if e.Kind == fetch.EventExchange && !e.Exchange.Preflight {
			last = e.Exchange
		}
	}
	return last, nil
}
