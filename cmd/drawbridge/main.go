// Drawbridge tells what a browser would do with a cross-origin request, and why.
//
// Run drawbridge --help for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in order. From then on signals have their usual effect, so that a second one always ends
	// the program.
	context.AfterFunc(ctx, stop)
	p := newProgram(os.Stdin, os.Stdout, os.Stderr)
	p.name = invocation(os.Executable())
	os.Exit(p.run(ctx, os.Args[1:]))
}
