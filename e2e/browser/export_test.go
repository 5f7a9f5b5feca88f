package browser

import "io"

// Profile is the folder of a browser.
func (b *Browser) Profile() string { return b.profile }

// Running counts the processes of a browser that run.
func (b *Browser) Running() (int, error) {
	found, err := marked(b.mark())
	for _, p := range found {
		_ = p.Release()
	}
	return len(found), err
}

// NewTail returns a writer that keeps the last n bytes, and what reads them.
func NewTail(n int) (io.Writer, func() string) {
	t := &tail{max: n}
	return t, t.String
}
