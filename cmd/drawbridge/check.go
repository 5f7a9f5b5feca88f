package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

func (p *program) checkCommand() *cobra.Command {
	flags := newCheckFlags()
	cmd := &cobra.Command{
		Use:   "check URL",
		Short: "Do what a browser does with one request, and show every step",
		Long: `Check makes one request as a page of some origin would make it. It sends what
a browser sends: a preflight exactly when one is due, then the request, hop by
hop over redirects. It prints the verdict, then every step with what was
compared with what. A request that a failed preflight forbids is not sent.

Flags that are also curl's mean what they mean in curl.`,
		Example: `  # May a page on app.example read this?
  drawbridge check https://api.example/items --origin https://app.example

  # With cookies, a JSON body and a token
  drawbridge check https://api.example/items -X PUT --json '{"done":true}' \
    -H 'Authorization: Bearer abc' --credentials -b 'session=1'

  # What DevTools copied: right-click the request, Copy, Copy as cURL or fetch
  drawbridge check --from-curl 'curl https://api.example/items -X DELETE'
  drawbridge check --from-fetch 'fetch("https://api.example/items")'

  # A long paste from a file
  drawbridge check --from-curl - < request.txt`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options(args, &files{stdin: p.stdin, open: p.open})
			if err != nil {
				return err
			}
			if code := p.check(cmd.Context(), o, p.stdout, p.stderr); code != exitAllowed {
				return exitError(code)
			}
			return nil
		},
	}
	flags.define(cmd.Flags())
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { flags.help(cmd, p.stdout) })
	return cmd
}

// parseCheck reads the arguments of "drawbridge check". It reads the files that they name and touches no network. Every
// error is a [*usageError].
func parseCheck(args []string, f *files) (checkOptions, error) {
	flags := newCheckFlags()
	set := pflag.NewFlagSet("check", pflag.ContinueOnError)
	flags.define(set)
	if err := set.Parse(args); err != nil {
		return checkOptions{}, flagError(set, err)
	}
	return flags.options(set.Args(), f)
}

// checkFlags are the flags of check, in the groups that its help shows.
type checkFlags struct {
	asked asked
	out   checkOptions
	// fromCurl and fromFetch are pasted commands, or "-" for standard input.
	fromCurl, fromFetch string
	// credentialsBare says that --credentials came without a value.
	credentialsBare bool
	groups          []flagGroup
}

type flagGroup struct {
	title string
	set   *pflag.FlagSet
}

func newCheckFlags() *checkFlags {
	f := &checkFlags{}
	f.group("What the page sends", f.requestFlags)
	f.group("Who asks, and how", f.pageFlags)
	f.group("A copied request", f.pasteFlags)
	f.group("The connection", f.connectionFlags)
	f.group("The report", f.outputFlags)
	f.group("", f.ignoredFlags)
	return f
}

func (f *checkFlags) group(title string, define func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false
	define(set)
	f.groups = append(f.groups, flagGroup{title, set})
}

func (f *checkFlags) define(set *pflag.FlagSet) {
	for _, g := range f.groups {
		set.AddFlagSet(g.set)
	}
}

// text is a flag with one value, of which the last counts.
func text(set *pflag.FlagSet, to *string, name, short, usage string) {
	set.VarP(&textValue{to: to}, name, short, usage)
}

// textValue is a string that may not be given as nothing: an empty value is a mistake in a script, not a wish.
type textValue struct{ to *string }

func (v *textValue) String() string { return "" }
func (v *textValue) Type() string   { return "string" }
func (v *textValue) Set(s string) error {
	if s == "" {
		return errors.New("is empty")
	}
	*v.to = s
	return nil
}

// list is a flag that may be repeated.
func list(set *pflag.FlagSet, to *[]string, name, short, usage string) {
	set.FuncP(name, short, usage, func(s string) error {
		*to = append(*to, s)
		return nil
	})
}

func (f *checkFlags) requestFlags(set *pflag.FlagSet) {
	a := &f.asked
	text(set, &a.method, "method", "X", "`METHOD`the method; GET, or POST with a body")
	text(set, &a.method, "request", "", "`METHOD`the method, by curl's name")
	hide(set, "request")
	set.FuncP("header", "H", "`'Name: value'`a header that the page sets; may be repeated", a.addHeader)
	for _, d := range []struct {
		kind         dataKind
		short, usage string
	}{
		{dataText, "d", "`DATA`a body, a form's unless Content-Type says otherwise; or @file, or - for standard input; repeated, joined by &"},
		{dataRaw, "", "`DATA`like -d, but @ means nothing"},
		{dataBinary, "", "`DATA`like -d, but @file is sent byte for byte"},
		{dataURLEncode, "", "`DATA`like -d, percent-encoded; also name=text and name@file"},
		{dataJSON, "", "`DATA`a JSON body or @file, with Content-Type and Accept"},
	} {
		set.FuncP(strings.TrimPrefix(d.kind.flag(), "--"), d.short, d.usage, func(s string) error {
			if d.kind == dataText && s == "-" {
				a.note("-d - reads standard input. (curl would send a minus sign, as --data-raw - does.)")
				s = "@-"
			}
			a.data = append(a.data, dataPiece{d.kind, s})
			return nil
		})
	}
	set.BoolVarP(&a.get, "get", "G", false, "put the data into the URL and use GET")
	set.BoolVarP(&a.head, "head", "I", false, "use HEAD")
	text(set, &a.user, "user", "u", "`NAME:PASSWORD`sent as an Authorization header of the page")
	text(set, &a.bearer, "oauth2-bearer", "", "`TOKEN`sent as an Authorization header of the page")
}

func (f *checkFlags) pageFlags(set *pflag.FlagSet) {
	a := &f.asked
	text(set, &a.origin, "origin", "", "`ORIGIN`the page's origin, or null; unless given, "+
		"http://localhost:3000 for a loopback target and a made-up one on another site for others")
	set.Func("browser", "`NAME`standard, chromium, firefox, webkit or all; several joined by commas (all)", func(s string) error {
		var err error
		f.out.Profiles, err = profilesNamed(s)
		if strings.EqualFold(s, "all") {
			f.out.Profiles = nil
		}
		return err
	})
	thirdPartyFlag(set, &f.out.BlockThirdParty)
	text(set, &a.mode, "mode", "", "`MODE`cors, no-cors, same-origin, navigate or cors-with-forced-preflight (cors)")
	set.FuncP("credentials", "",
		"`[=MODE]`when cookies and the like travel: omit, same-origin or include (same-origin; bare: include)",
		func(s string) error {
			f.credentialsBare = s == bareCredentials
			a.credentials = strings.TrimSpace(s)
			return nil
		})
	set.Lookup("credentials").NoOptDefVal = bareCredentials
	text(set, &a.redirect, "redirect", "", "`MODE`follow, error or manual (follow)")
	list(set, &a.cookies, "cookie", "b", "`'a=1; b=2'`cookies that the browser holds for the target; may be repeated")
	text(set, &a.referer, "referer", "e", "`URL`the address of the page")
	text(set, &a.userAgent, "user-agent", "A", "`NAME`what the browser calls itself")
	set.BoolVar(&a.uploadListener, "upload-listener", false, "listen to the upload's progress, as XMLHttpRequest can: forces a preflight")
	set.BoolVar(&a.stream, "stream", false, "send the body as a stream: forces a preflight")
}

// thirdPartyFlag defines whether cookies of other sites than the page's travel.
func thirdPartyFlag(set *pflag.FlagSet, block *bool) {
	set.Func("third-party-cookies", "`WHETHER`allow or block cookies of another site than the page's (allow)", func(s string) error {
		chosen, err := choice("--third-party-cookies", s, "allow", "block")
		*block = chosen == "block"
		return err
	})
}

// bareCredentials is what --credentials without a value stands for. The space tells it from a value that was written.
const bareCredentials = "include "

func (f *checkFlags) pasteFlags(set *pflag.FlagSet) {
	text(set, &f.fromCurl, "from-curl", "", "`COMMAND`what DevTools copied as cURL, or - for standard input")
	text(set, &f.fromFetch, "from-fetch", "", "`CODE`what DevTools copied as fetch, or - for standard input; flags beside a paste win over it")
}

func (f *checkFlags) connectionFlags(set *pflag.FlagSet) {
	a := &f.asked
	text(set, &a.timeout, "timeout", "m", "`TIME`how long it may all take, in seconds or as 500ms, 1m (30s)")
	text(set, &a.timeout, "max-time", "", "`TIME`the timeout, by curl's name")
	hide(set, "max-time")
	set.BoolVarP(&a.insecure, "insecure", "k", false, "accept any certificate")
	text(set, &a.caCert, "cacert", "", "`FILE`certificate authorities, in place of the system's")
	text(set, &a.cert, "cert", "E", "`FILE[:password]`a client certificate in PEM form")
	text(set, &a.key, "key", "", "`FILE`its key, if that is in another file")
	text(set, &a.passphrase, "pass", "", "`PASSWORD`the password of its key")
	list(set, &a.resolve, "resolve", "", "`HOST:PORT:ADDRESS`an address in place of DNS's; may be repeated")
	list(set, &a.connectTo, "connect-to", "", "`HOST1:PORT1:HOST2:PORT2`connect to the second in place of the first; may be repeated")
	for _, v := range []struct{ name, version, usage string }{
		{"http1.1", "1.1", "use HTTP/1.1 only"},
		{"http2", "2", "use HTTP/2 over TLS where the server has it, which is the default"},
	} {
		set.BoolFunc(v.name, v.usage, func(string) error {
			a.httpVersion = v.version
			return nil
		})
	}
}

func (f *checkFlags) outputFlags(set *pflag.FlagSet) {
	outputFlags(set, &f.out)
	set.BoolVar(&f.out.ASCII, "ascii", false, "print ASCII characters only")
	set.BoolVarP(&f.out.Verbose, "verbose", "v", false, "show every header line")
	set.BoolVar(&f.out.ProbeActual, "probe-actual", false, "send the request even if the preflight forbids it; no browser would")
}

// outputFlags defines the flags that every command has.
func outputFlags(set *pflag.FlagSet, o *checkOptions) {
	o.Format, o.Color = "text", "auto"
	word := func(to *string, name, usage string, known ...string) {
		set.Func(name, usage, func(s string) error {
			if s == "" {
				return &usageError{Flag: "--" + name, Problem: "is empty", Hint: "write " + strings.Join(known, " or ")}
			}
			chosen, err := choice("--"+name, s, known...)
			*to = chosen
			return err
		})
	}
	word(&o.Format, "format", "`FORMAT`text or json (text)", "text", "json")
	word(&o.Color, "color", "`WHEN`auto, always or never (auto; NO_COLOR counts)", "auto", "always", "never")
}

// ignoredFlags are flags of curl that habit adds, and that have no effect here.
func (f *checkFlags) ignoredFlags(set *pflag.FlagSet) {
	for _, flag := range []struct{ name, short, note string }{
		{"location", "L", "-L is not needed: a browser follows redirects, unless --redirect says otherwise."},
		{"silent", "s", ""}, {"show-error", "S", ""}, {"include", "i", ""},
		{"compressed", "", ""}, {"globoff", "g", ""}, {"fail", "f", ""}, {"no-progress-meter", "", ""},
	} {
		set.BoolFuncP(flag.name, flag.short, "", func(string) error {
			if flag.note != "" {
				f.asked.note(flag.note)
			}
			return nil
		})
		hide(set, flag.name)
	}
}

func hide(set *pflag.FlagSet, name string) {
	if err := set.MarkHidden(name); err != nil {
		panic("drawbridge: internal error: " + err.Error())
	}
}

// options makes options of the flags and the arguments.
func (f *checkFlags) options(args []string, in *files) (checkOptions, error) {
	a := f.asked
	a.credentials = strings.TrimSpace(a.credentials)
	if err := f.argument(&a, args); err != nil {
		return checkOptions{}, err
	}
	pasted, err := f.paste(in)
	if err != nil {
		return checkOptions{}, err
	}
	o, err := settle(a.over(pasted), in)
	if err != nil {
		return checkOptions{}, err
	}
	o.Profiles, o.BlockThirdParty = f.out.Profiles, f.out.BlockThirdParty
	o.Format, o.Color, o.ASCII, o.Verbose, o.ProbeActual = f.out.Format, f.out.Color, f.out.ASCII, f.out.Verbose, f.out.ProbeActual
	return o, nil
}

// argument takes in the one argument, the URL.
func (f *checkFlags) argument(a *asked, args []string) error {
	for i, arg := range args {
		switch fetch.CredentialsMode(arg) {
		case fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude:
			// The value of --credentials may be left out, so it cannot stand on its own.
			if f.credentialsBare {
				return &usageError{Flag: "--credentials", Value: arg, Problem: "stands apart", Hint: "write --credentials=" + arg}
			}
		}
		if i > 0 {
			return &usageError{
				Flag: "URL", Value: arg, Problem: "is a second one; one request is checked at a time",
				Hint: "put values with spaces in quotes",
			}
		}
		if arg == "" {
			return &usageError{Flag: "URL", Problem: "is empty", Hint: "write the address to ask, as https://api.example/items"}
		}
		a.url = arg
	}
	return nil
}

// paste reads the pasted command, if there is one.
func (f *checkFlags) paste(in *files) (asked, error) {
	flag, text, parse := "--from-curl", f.fromCurl, parseCurl
	switch {
	case f.fromCurl != "" && f.fromFetch != "":
		return asked{}, &usageError{Flag: "--from-fetch", Problem: "cannot go with --from-curl", Hint: "leave one of them out"}
	case f.fromFetch != "":
		flag, text, parse = "--from-fetch", f.fromFetch, parseFetch
	case f.fromCurl == "":
		return asked{}, nil
	}
	if text == "-" {
		b, err := in.read(flag, "-", maxPaste)
		if err != nil {
			return asked{}, err
		}
		text = string(b)
	}
	return parse(text)
}

// help prints the help of check, its flags in groups.
func (f *checkFlags) help(cmd *cobra.Command, w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s URL [flags]\n\nExamples:\n%s\n", cmd.Long, cmd.CommandPath(), cmd.Example)
	for _, g := range f.groups {
		if g.title != "" {
			fmt.Fprintf(w, "\n%s:\n%s", g.title, flagUsages(g.set))
		}
	}
	fmt.Fprintf(w, "\nFlags of curl that change nothing for a browser (-L -s -S -i -f --compressed)\nare accepted.\n\n%s", exitHelp)
}
