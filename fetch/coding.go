package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
)

const (
	// maxCodings is how many content codings one response may stack, "identity" not counted.
	maxCodings = 4
	// maxCodingList is how many it may list.
	maxCodingList = 64
)

// tooManyCodings stands for a list of codings that is longer than anybody's.
const tooManyCodings = "too many codings"

// A decodedBody undoes content codings lazily: nothing is read before the caller reads.
type decodedBody struct {
	wire   io.ReadCloser
	reader io.Reader
	depth  int
}

func (b *decodedBody) Read(p []byte) (int, error) { return b.reader.Read(p) }
func (b *decodedBody) Close() error               { return b.wire.Close() }

// push undoes one more coding.
func (b *decodedBody) push(coding string) {
	inner := b.reader
	switch coding {
	case "", "identity":
		return
	case "gzip", "x-gzip":
		b.reader = &lazyReader{open: func() (io.Reader, error) { return gzip.NewReader(inner) }}
	case "deflate":
		b.reader = &lazyReader{open: func() (io.Reader, error) { return inflate(inner) }}
	default:
		b.reader = &lazyReader{open: func() (io.Reader, error) { return nil, ErrUnknownCoding }}
	}
	if b.depth++; b.depth > maxCodings {
		b.reader = &lazyReader{open: func() (io.Reader, error) { return nil, ErrUnknownCoding }}
	}
}

// inflate reads "deflate", which is zlib by the book and raw by some servers.
func inflate(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(2)
	switch {
	case len(head) == 1:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// A lazyReader opens its reader on the first read. An empty body needs no decoder.
type lazyReader struct {
	open   func() (io.Reader, error)
	reader io.Reader
	err    error
}

func (l *lazyReader) Read(p []byte) (int, error) {
	if l.reader == nil && l.err == nil {
		l.reader, l.err = l.open()
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.reader.Read(p)
}
