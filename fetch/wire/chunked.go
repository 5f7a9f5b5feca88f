package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A chunkedReader takes the chunks off a body, and reads through to the end of its trailer, which it throws away.
//
// NOTE: the standard library's stops before the trailer, so that a body whose last line is missing looks whole, and refuses lines
// that end in LF alone. Browsers do neither. A test compares the two on everything else.
//
// https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
type chunkedReader struct {
	r *bufio.Reader
	// left is how much of the current chunk is still to come.
	left int64
	// begun is true inside of a chunk or before the line end after one.
	begun bool
	// trailer is how long the trailer may be.
	trailer int
	// overhead is how many bytes went into chunking beyond what is fair. A server may send single bytes, six bytes of framing
	// each, but not feed us with chunk extensions for ever: the caller's limit on the body would never see it.
	overhead int64
	err      error
}

// Read implements io.Reader. It returns as soon as there is something to return.
func (r *chunkedReader) Read(p []byte) (int, error) {
	if r.err == nil && r.left == 0 {
		r.err = r.nextChunk()
	}
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	n, err := r.r.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err != nil {
		r.err = unexpected(err)
	}
	return n, r.err
}

// nextChunk reads up to the content of the next chunk. io.EOF means that all is over.
func (r *chunkedReader) nextChunk() error {
	if r.begun {
		r.begun = false
		line, err := r.line(0)
		if limit := (*LimitError)(nil); line != "" || errors.As(err, &limit) {
			return errors.New("a chunk is longer than it says")
		}
		if err != nil {
			return err
		}
	}
	line, err := r.line(MaxChunkLine)
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	r.left, err = chunkSize(strings.TrimRight(size, " \t"))
	if err != nil {
		return err
	}
	if r.left == 0 {
		return r.skipTrailer()
	}
	r.begun = true
	// Both sides are clamped, so neither a saved-up allowance nor a huge chunk counts for more than itself.
	r.overhead = max(0, r.overhead+int64(len(line))-chunkOverhead-min(r.left, MaxChunkLine))
	if r.overhead > chunkSlack {
		return &LimitError{What: "chunk extensions in bytes beyond the content", Limit: chunkSlack}
	}
	return nil
}

// skipTrailer reads up to and including the blank line at the very end.
func (r *chunkedReader) skipTrailer() error {
	for room := r.trailer; ; {
		line, err := r.line(room)
		if limit := (*LimitError)(nil); errors.As(err, &limit) {
			return &LimitError{What: "trailer in bytes", Limit: r.trailer}
		}
		if err != nil {
			return err
		}
		if line == "" {
			return io.EOF
		}
		// Every line costs one at least, so the loop ends.
		room -= len(line)
	}
}

// line reads a line of at most limit bytes and returns it without its end, which is LF or CRLF.
func (r *chunkedReader) line(limit int) (string, error) {
	var line []byte
	for {
		part, err := r.r.ReadSlice('\n')
		if len(line)+len(part) > limit+len("\r\n") {
			return "", &LimitError{What: "chunk size line in bytes", Limit: limit}
		}
		line = append(line, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", unexpected(err)
		}
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return string(line), nil
}

// chunkSize reads a hexadecimal number: digits only, no sign, no "0x".
func chunkSize(s string) (int64, error) {
	if s == "" {
		return 0, errors.New("a chunk has no size")
	}
	var n int64
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, fmt.Errorf("a chunk has the size %q", s[:min(len(s), 40)])
		}
		if n >= 1<<59 {
			return 0, fmt.Errorf("a chunk has the size %q, which is too large", s[:min(len(s), 40)])
		}
		n = n<<4 | int64(c)
	}
	return n, nil
}

// unexpected is for where the end of the stream is no end of the body.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
