package browser

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A command is what a process is started with.
type command struct {
	name   string
	args   []string
	env    []string
	output io.Writer
	// file, if not nil, is its file descriptor 3.
	file *os.File
	// orphaned is the signal that it gets if the test program dies; zero means SIGKILL.
	orphaned syscall.Signal
}

// A process is a program in a process group of its own.
type process struct {
	pid  int
	done chan struct{}
}

// startProcess starts a program. It dies with the test program at the latest.
func startProcess(c command) (*process, error) {
	cmd := exec.Command(c.name, c.args...) //nolint:gosec,noctx // what was found in the PATH; Browser ends it with the context
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, c.output, c.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.orphaned != 0 {
		cmd.SysProcAttr.Pdeathsig = c.orphaned
	}
	if c.file != nil {
		cmd.ExtraFiles = []*os.File{c.file}
	}
	// A child of the child may hold the output open.
	cmd.WaitDelay = endTime

	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The signal for orphans is sent when the thread ends that started the process, not only when the program does: this thread
		// stays as long as the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

// signal sends a signal to the group. Once the process was waited for, its id may be somebody else's, so nothing is sent.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.pid, s)
	}
}

// wait waits for the process to end.
func (p *process) wait() error {
	select {
	case <-p.done:
		return nil
	case <-time.After(2 * endTime):
		return fmt.Errorf("process %d does not end", p.pid)
	}
}

// kill ends the group at once.
func (p *process) kill() error {
	p.signal(syscall.SIGKILL)
	return p.wait()
}

// terminate lets the process end by itself if it does so soon.
func (p *process) terminate() error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(endTime):
		return p.kill()
	}
}

// killMarked ends every process whose environment has the line mark: those that a browser started and that left its group. It
// returns when there are none any more.
func killMarked(mark string) error {
	for deadline := time.Now().Add(endTime); ; time.Sleep(20 * time.Millisecond) {
		left, err := marked(mark)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, p := range left {
			_ = p.Kill()
			_ = p.Release()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes do not end", len(left))
		}
	}
}

// marked returns the processes whose environment has the line mark.
func marked(mark string) ([]*os.Process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	var found []*os.Process
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		// The handle comes first: it stays with the process that is then read, even if the id is used again.
		process, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		// Other people's cannot be read, and those that have ended are empty.
		env, err := os.ReadFile(file) //nolint:gosec // of /proc, as the pattern says
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			_ = process.Release()
			continue
		}
		found = append(found, process)
	}
	return found, nil
}

// startDisplay starts an X server that shows nothing, on a display of its own choice: asking it is the only way that two do not take
// the same. The process is returned as soon as it runs, also with an error.
func startDisplay(ctx context.Context, output io.Writer) (p *process, display string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer read.Close() //nolint:errcheck // only read
	p, err = startProcess(command{
		name: "Xvfb", args: []string{"-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp"},
		env: environment(), output: output, file: write,
		orphaned: syscall.SIGTERM, // So that it removes its socket and lock.
	})
	_ = write.Close()
	if err != nil {
		return nil, "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = read.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReaderSize(io.LimitReader(read, 16), 16).ReadString('\n')
	if err != nil {
		return p, "", fmt.Errorf("no display from Xvfb: %w", errors.Join(err, ctx.Err()))
	}
	return p, ":" + strings.TrimSpace(line), nil
}
