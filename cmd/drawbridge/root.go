package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/curlflags"
)

// The exit statuses, which are part of what the program promises. A command's --help repeats them.
const (
	// exitAllowed: script would get the response, or there was nothing to find.
	exitAllowed = 0
	// exitBlocked: a rule of the browser ended the request.
	exitBlocked = 1
	// exitUsage: the command line is wrong. Nothing was sent.
	exitUsage = 2
	// exitUnknown: no verdict, for the network or the server left it open.
	exitUnknown = 3
	// exitInternal: our own fault.
	exitInternal = 4
	// exitInterrupted: a signal ended it.
	exitInterrupted = 130
)

const exitHelp = `Exit status:
  0  script would get the response
  1  blocked by a rule of the browser
  2  the command line is wrong; nothing was sent
  3  could not tell: DNS, connection refused, TLS, timeout, over a limit
  4  our own fault
  130  interrupted
`

// programName is what the program calls itself, however it was started.
const programName = "drawbridge"

// A program is one run of the command line: its streams, and the two functions that do what a browser does. The functions are
// members so that tests of the command line need no network.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// name is how users start this program, for the commands that it prints.
	name string
	// check runs one check and writes its report; it returns the exit status.
	check reportFunc
	// judge runs one check and returns its outcome.
	judge judgeFunc
	// open opens a file that a flag names.
	open func(name string) (io.ReadCloser, error)
}

// newProgram returns the real program on the given streams.
func newProgram(stdin io.Reader, stdout, stderr io.Writer) *program {
	return &program{
		stdin: stdin, stdout: stdout, stderr: stderr, name: programName,
		check: runCheck, judge: runCheckFor, open: openFile,
	}
}

// invocation returns how this program is started, given its file: under "go run" there is no command of that name to repeat.
func invocation(executable string, err error) string {
	if err == nil && strings.Contains(filepath.ToSlash(executable), "/go-build") {
		return "go run ./cmd/drawbridge"
	}
	return programName
}

func openFile(name string) (io.ReadCloser, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file, and may read what the user may read
	if err != nil {
		return nil, err
	}
	// Opening a directory works, reading it does not; the sooner the clearer.
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, fmt.Errorf("%s is a directory", name)
	}
	return f, nil
}

// An exitError carries an exit status through cobra. Its command has already said what there was to say.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// A usageError is a command line that cannot be run: which flag, what it was given, what is wrong, and what would be right. Every
// member may be empty but Problem.
type usageError struct {
	Flag, Value, Problem, Hint string
}

// Error has the form `--mode "corss": no such mode; write one of …`.
func (e *usageError) Error() string {
	var b strings.Builder
	b.WriteString(e.Flag)
	if e.Value != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(shown(e.Value))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return escapeControls(b.String())
}

// maxShown is how many bytes of a value a message repeats.
const maxShown = 120

// shown quotes a value for a message, shortened if it is long. Control characters, which could move a terminal's cursor, are
// escaped.
func shown(s string) string {
	if len(s) <= maxShown {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q… (%d bytes)", s[:maxShown], len(s))
}

// run runs the command line and returns the exit status. It returns when ctx ends.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand() //nolint:contextcheck // each command takes ctx from cobra, which gets it below
	// NOTE: cobra takes nil to mean os.Args.
	root.SetArgs(append([]string{}, args...))
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	command, err := root.ExecuteContextC(ctx)
	if command == nil {
		command = root
	}
	var exit exitError
	var usage *usageError
	switch {
	case err == nil:
		return exitAllowed
	case errors.As(err, &exit):
		// A run that was cut short has no verdict; one that had its verdict keeps it.
		if ctx.Err() != nil && exit != exitBlocked {
			return exitInterrupted
		}
		return int(exit)
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "%s: %v\nRun '%s --help' for the flags and examples.\n", command.CommandPath(), usage, command.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(p.stderr, "%s: %v\n", command.CommandPath(), err)
		return exitInternal
	}
}

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   programName,
		Short: "Does what a browser does with a cross-origin request, and says why",
		Long: `Drawbridge does what a browser does with a cross-origin request: it decides
whether a preflight is due, sends what a browser sends, makes every check of
the Fetch standard, and says whether script would get the response. It never
does to a live server what a browser would not do.`,
		Example: `  drawbridge check https://api.example/items --origin https://app.example
  drawbridge check --from-curl 'curl https://api.example/items -X PUT …'
  drawbridge demo`,
		Version:       version(debug.ReadBuildInfo()),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate(programName + " {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return flagError(cmd.Flags(), err)
	})
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(p.checkCommand(), p.demoCommand(), p.bridgeCommand(), p.conformCommand(), p.versionCommand())
	return root
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  drawbridge version",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(p.stdout, programName, cmd.Root().Version)
			return err
		},
	}
}

// version returns the version that the Go command has recorded, which for a build of a work tree is the commit.
func version(info *debug.BuildInfo, ok bool) string {
	if !ok || info.Main.Version == "" {
		return "(unknown version)"
	}
	return info.Main.Version
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{Value: args[0], Problem: "no argument is expected here"}
}

// unknownCommand is the error for a first argument that is no command. An address is what people try first.
func unknownCommand(cmd *cobra.Command, arg string) error {
	e := &usageError{Value: arg, Problem: "no such command"}
	switch near := cmd.SuggestionsFor(arg); {
	case strings.Contains(arg, "://"):
		e.Hint = "to check an address, write " + cmd.Name() + " check URL"
	case len(near) > 0:
		e.Hint = "did you mean " + strings.Join(near, " or ") + "?"
	default:
		e.Hint = "the commands are check, demo, bridge, conform and version"
	}
	return e
}

// flagError makes a usage error of what the flag parser finds, and suggests the flag that was probably meant.
func flagError(flags *pflag.FlagSet, err error) error {
	var (
		usage    *usageError
		invalid  *pflag.InvalidValueError
		missing  *pflag.ValueRequiredError
		notExist *pflag.NotExistError
	)
	switch {
	case errors.As(err, &usage):
		return usage
	case errors.As(err, &invalid):
		return &usageError{Flag: "--" + invalid.GetFlag().Name, Value: invalid.GetValue(), Problem: invalid.Unwrap().Error()}
	case errors.As(err, &missing):
		f := missing.GetFlag()
		return &usageError{Flag: "--" + f.Name, Problem: "needs a value", Hint: expected(f)}
	case errors.As(err, &notExist):
		return unknownFlag(flags, notExist.GetSpecifiedName(), notExist.GetSpecifiedShortnames())
	default:
		return &usageError{Problem: err.Error()}
	}
}

// unknownFlag is the error for a flag that is not there. Many such flags are curl's.
func unknownFlag(flags *pflag.FlagSet, name, shorthands string) error {
	e := &usageError{Flag: "--" + name, Problem: "no such flag"}
	long := name
	if shorthands != "" {
		e.Flag = "-" + name
		long, _ = curlflags.Short(name[0])
	}
	if f, ok := curlflags.Long(long); ok && flags.Lookup("from-curl") != nil {
		e.Problem = "is a flag of curl without a counterpart here"
		e.Hint = cmp.Or(f.Instead, "leave it out")
		return e
	}
	if near := nearestFlag(flags, name); near != "" && shorthands == "" {
		e.Hint = "did you mean --" + near + "?"
	}
	return e
}

// expected says what a flag takes, in the words of its own help.
func expected(f *pflag.Flag) string {
	value, description := usageParts(f)
	return "write --" + f.Name + " " + value + ": " + description
}

// nearestFlag returns the visible flag whose name is at most two changes away from name, or "".
func nearestFlag(flags *pflag.FlagSet, name string) string {
	best, limit := "", 3
	if len(name) > 40 {
		return ""
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if d := editDistance(f.Name, name); d < limit && !f.Hidden {
			best, limit = f.Name, d
		}
	})
	return best
}

// editDistance counts the insertions, deletions and substitutions that lead from a to b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := previous
			if a[i] != b[j] {
				substituted++
			}
			previous = row[j+1]
			row[j+1] = min(substituted, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
