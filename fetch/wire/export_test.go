package wire

import (
	"bufio"
	"io"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A Head is what parseHead makes of a response's head.
type Head struct {
	Proto      string
	Status     int
	StatusText string
	Fields     []fetch.Field
}

// ParseHead gives the tests parseHead.
func ParseHead(raw []byte) (Head, error) {
	h, err := parseHead(raw)
	if err != nil {
		return Head{}, err
	}
	return Head{h.proto, h.status, h.statusText, h.fields}, nil
}

// What BodyLength returns beside lengths.
const (
	UntilClose = untilClose
	Chunked    = chunked
)

// BodyLength gives the tests head.bodyLength.
func BodyLength(raw []byte, method string) (int64, error) {
	h, err := parseHead(raw)
	if err != nil {
		return 0, err
	}
	return h.bodyLength(method)
}

// EndOfHead gives the tests endOfHead.
func EndOfHead(raw []byte, from int) int { return endOfHead(raw, from) }

// NewChunkedReader gives the tests a chunkedReader.
func NewChunkedReader(r *bufio.Reader, trailer int) io.Reader {
	return &chunkedReader{r: r, trailer: trailer}
}

// Target gives the tests parseTarget: the address to dial, the Host header, and the path.
func Target(url string) (address, authority, path string, err error) {
	t, err := parseTarget(url)
	if err != nil {
		return "", "", "", err
	}
	return t.address(), t.authority, t.path, nil
}

// Pooled is how many connections the pool holds.
func (t *Transport) Pooled() int {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	return len(t.pool.entries)
}
