package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/demoapi"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/report"
	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// demoTimeout bounds each check of the demo, which talks to this machine only.
const demoTimeout = 10 * time.Second

// demoSchema names the form of the demo's JSON.
const demoSchema = "drawbridge.demo/v1"

func (p *program) demoCommand() *cobra.Command {
	var out checkOptions
	var once bool
	addr, page := "127.0.0.1:0", demoapi.DefaultPage
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Start a small API with known CORS faults, and check it",
		Long: `Demo starts a small API on this machine, each path of which does one thing that
people meet: no headers at all, * with credentials, a 401 for the preflight and
so on. It checks each as a page on ` + demoapi.DefaultPage + ` would ask, and prints
what was asked, what a browser does, why, and which requests the server saw.
Then it stays up, for checks by hand, until it is interrupted.`,
		Example: `  drawbridge demo
  drawbridge demo --once --format json`,
		DisableFlagsInUseLine: true,
		Args:                  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.demo(cmd.Context(), addr, page, once, out)
		},
	}
	cmd.Flags().SortFlags = false
	text(cmd.Flags(), &addr, "addr", "", "`ADDRESS`the loopback address and port to listen on (127.0.0.1:0, any free port)")
	text(cmd.Flags(), &page, "origin", "", "`ORIGIN`the origin of the page that asks ("+demoapi.DefaultPage+")")
	cmd.Flags().BoolVar(&once, "once", false, "end after the table")
	outputFlags(cmd.Flags(), &out)
	cmd.Flags().BoolVar(&out.ASCII, "ascii", false, "print ASCII characters only")
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprintf(p.stdout, "%s\n\nUsage:\n  %s [flags]\n\nExamples:\n%s\n\nFlags:\n%s\n%s",
			cmd.Long, cmd.CommandPath(), cmd.Example, flagUsages(cmd.LocalNonPersistentFlags()), demoExitHelp)
	})
	return cmd
}

const demoExitHelp = `Exit status:
  0  with --once: the table is complete
  2  the command line is wrong
  4  our own fault, or a verdict is not the one that is known to be right
  130  interrupted, which is how the demo ends without --once
`

// demo runs the demo. It returns nil, a usage error, or an exit status.
func (p *program) demo(ctx context.Context, addr, page string, once bool, out checkOptions) error {
	if o, err := origin.Parse(page); err != nil {
		return originError("--origin", page, err)
	} else if o.IsOpaque() || o.Scheme() != "http" {
		return &usageError{
			Flag: "--origin", Value: page, Problem: "is no origin that the demo can answer",
			Hint: "write an http origin, as " + demoapi.DefaultPage,
		}
	}
	api, err := listenLoopback(ctx, addr)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(api.Addr().String())
	if err != nil {
		return err
	}
	other, err := listenLoopback(ctx, net.JoinHostPort(host, "0"))
	if err != nil {
		_ = api.Close()
		return err
	}
	server := demoapi.Serve(api, other, page, demoapi.Cases())
	defer server.Close() //nolint:errcheck // the program ends

	rows, err := p.judgeCases(ctx, server)
	if err != nil {
		return err
	}
	if out.Format == "json" {
		err = writeDemoJSON(p.stdout, server, rows)
	} else {
		_, err = p.stdout.Write([]byte(demoTable(server, rows, p.name, once, styleFor(out, p.stdout))))
	}
	if err != nil {
		return err
	}
	wrong := slices.ContainsFunc(rows, func(r demoRow) bool { return !r.asExpected() })
	if wrong {
		fmt.Fprintln(p.stderr, programName+" demo: a verdict is not the one that is known to be right; please report it")
	}
	if !once {
		<-ctx.Done()
		return exitError(exitInterrupted)
	}
	if wrong {
		return exitError(exitInternal)
	}
	return nil
}

// listenLoopback listens on a loopback address. Other machines have no business with a server that is wrong on purpose.
func listenLoopback(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &usageError{Flag: "--addr", Value: addr, Problem: "is no address with a port", Hint: "write it as 127.0.0.1:8080"}
	}
	if !isLoopback(host) {
		return nil, &usageError{
			Flag: "--addr", Value: addr, Problem: "is not this machine alone",
			Hint: "write 127.0.0.1:" + port + " or [::1]:" + port,
		}
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, &usageError{
			Flag: "--addr", Value: addr, Problem: "cannot be listened on: " + err.Error(),
			Hint: "port 0 takes any that is free",
		}
	}
	return l, nil
}

// A demoRow is one case with its outcome.
type demoRow struct {
	demoapi.Case

	result checkResult
	saw    []string
}

// asExpected reports whether a case ended as it is known to end in browsers.
func (r demoRow) asExpected() bool {
	return r.result.Verdict == r.Verdict && r.result.Reason == string(r.Reason) && slices.Equal(r.saw, r.Sees)
}

// judgeCases checks all cases, one after the other. If ctx ends, the error is the exit status for that.
func (p *program) judgeCases(ctx context.Context, server *demoapi.Server) ([]demoRow, error) {
	var rows []demoRow
	for _, c := range server.Cases {
		o, err := demoOptions(server, c)
		if err != nil {
			return nil, err
		}
		result := p.judge(ctx, o)
		if ctx.Err() != nil {
			// What was cut short says nothing about the case.
			return nil, exitError(exitInterrupted)
		}
		rows = append(rows, demoRow{Case: c, result: result, saw: server.TakeSeen(c.Path)})
	}
	return rows, nil
}

// demoOptions returns the check of a case.
func demoOptions(server *demoapi.Server, c demoapi.Case) (checkOptions, error) {
	request, err := server.Request(c)
	if err != nil {
		return checkOptions{}, err
	}
	return checkOptions{
		Request: request, Repeat: c.Repeat, OriginFrom: "the demo's page", Cookies: c.Cookies, Timeout: demoTimeout,
		Format: "text", Color: "never",
	}, nil
}

// asked says in few words what a case's page asks for.
func (r demoRow) asked() string {
	s := cmp.Or(r.Request.Method, "GET") + " " + cmp.Or(r.Path, strings.TrimPrefix(r.URL, "http://127.0.0.1"))
	switch {
	case r.Request.Mode == fetch.ModeNoCORS:
		s += " no-cors"
	case r.Request.Credentials == fetch.CredentialsInclude:
		s += " +cookie"
	case len(r.Request.Header) > 0:
		s += " +token"
	case r.Request.Body != nil:
		s += " +JSON"
	case r.Repeat > 1:
		s += " twice"
	}
	return s
}

// command returns the command line that checks a case by hand.
func (r demoRow) command(name, url, page string) string {
	var b strings.Builder
	b.WriteString(name + " check " + url)
	if page != demoapi.DefaultPage {
		b.WriteString(" --origin " + page)
	}
	switch {
	case r.Request.Body != nil:
		b.WriteString(" --json '" + string(r.Request.Body.Source) + "'")
	case r.Request.Method != "":
		b.WriteString(" -X " + r.Request.Method)
	}
	for _, h := range r.Request.Header {
		b.WriteString(" -H '" + h.Name + ": " + h.Value + "'")
	}
	if r.Request.Mode != "" {
		b.WriteString(" --mode " + string(r.Request.Mode))
	}
	if r.Request.Credentials == fetch.CredentialsInclude {
		b.WriteString(" --credentials")
	}
	for _, cookie := range r.Cookies {
		b.WriteString(" -b " + cookie)
	}
	return b.String()
}

// demoTable returns the table, in lines of at most 80 columns, and the commands to try.
func demoTable(server *demoapi.Server, rows []demoRow, name string, once bool, style report.Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "A page on %s asks an API on %s.\n\n", server.Page, server.API)
	fmt.Fprintf(&b, "%-10s %-24s %-27s%s\n", "browser", "asked", "why", "server saw")
	for _, r := range rows {
		b.WriteString(r.line(style))
	}
	if once {
		return b.String()
	}
	b.WriteString("\nThe API stays up until you press Ctrl-C. Try in another terminal:\n\n")
	for _, r := range rows {
		if r.Try {
			b.WriteString("  " + r.command(name, server.URL(r.Case), server.Page) + "\n")
		}
	}
	return b.String()
}

// line returns one line of the table. Colour never says what the text does not.
func (r demoRow) line(style report.Style) string {
	word := r.result.Verdict
	sign, color := style.Sign(explain.Fail)
	switch word {
	case verdictAllowed:
		sign, color = style.Sign(explain.Pass)
	case verdictOpaque:
		sign, _ = style.Sign(explain.Info)
		color = report.Warn
	case verdictUnknown:
		sign, color = "?", report.Warn
	}
	verdict := style.Paint(color, fmt.Sprintf("%s %-8s", sign, word))
	saw := strings.Join(r.saw, " ")
	line := fmt.Sprintf("%s %-24s %-27s%s", verdict, r.asked(), cmp.Or(r.result.Reason, "-"), cmp.Or(saw, "nothing"))
	if !r.asExpected() {
		line += "\n" + strings.Repeat(" ", 11) + "^ known to be: " + strings.TrimSpace(r.Verdict+" "+string(r.Reason)) +
			", server sees " + cmp.Or(strings.Join(r.Sees, " "), "nothing")
	}
	return line + "\n"
}

// demoReport is the demo's JSON. Its members are stable within one schema.
type demoReport struct {
	Schema string           `json:"schema"`
	Page   string           `json:"page"`
	API    string           `json:"api"`
	Cases  []demoReportCase `json:"cases"`
}

type demoReportCase struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Situation string   `json:"situation,omitempty"`
	URL       string   `json:"url"`
	Command   string   `json:"command"`
	Verdict   string   `json:"verdict"`
	Reason    string   `json:"reason,omitempty"`
	Class     string   `json:"class,omitempty"`
	Summary   string   `json:"summary"`
	ServerSaw []string `json:"serverSaw"`
	// Expected is false if this is not what browsers are known to do.
	Expected bool `json:"asExpected"`
}

func writeDemoJSON(w io.Writer, server *demoapi.Server, rows []demoRow) error {
	out := demoReport{Schema: demoSchema, Page: server.Page, API: server.API}
	for _, r := range rows {
		url := server.URL(r.Case)
		out.Cases = append(out.Cases, demoReportCase{
			ID: r.ID, Title: r.Title, Situation: r.Situation, URL: url, Command: r.command(programName, url, server.Page),
			Verdict: r.result.Verdict, Reason: r.result.Reason, Class: r.result.Class, Summary: r.result.Summary,
			ServerSaw: append([]string{}, r.saw...), Expected: r.asExpected(),
		})
	}
	return writeJSON(w, out)
}
