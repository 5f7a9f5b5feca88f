//go:build !linux

package browser

import (
	"context"
	"errors"
	"io"
)

// Browsers are driven on Linux only; [Find] says so before any of this is called.

type command struct {
	name      string
	args, env []string
	output    io.Writer
}

type process struct{ done chan struct{} }

func startProcess(command) (*process, error) { return nil, errors.ErrUnsupported }
func (*process) kill() error                 { return errors.ErrUnsupported }
func (*process) terminate() error            { return errors.ErrUnsupported }
func killMarked(string) error                { return errors.ErrUnsupported }

func startDisplay(context.Context, io.Writer) (*process, string, error) {
	return nil, "", errors.ErrUnsupported
}
