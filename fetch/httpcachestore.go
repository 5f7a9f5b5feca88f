package fetch

import (
	"container/list"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/drawbridge-cors/drawbridge/header"
)

// Limits of the HTTP cache. What was not used for longest makes room.
const (
	// maxCachedResponses is how many responses are stored.
	maxCachedResponses = 1024
	// maxCachedBytes is how many bytes they may have together, heads included.
	maxCachedBytes = 32 << 20
	// maxCachedBody is how long one body may be.
	maxCachedBody = 4 << 20
)

// An httpCacheKey says for what a stored response holds.
//
// NOTE: one response for each key. RFC 9111 allows one for each variant that Vary names; no browser keeps more than the last.
type httpCacheKey struct {
	// partition is the network partition key.
	partition string
	url       string
	// credentials, ranges and head are for engines that keep these apart (HTTPCacheProfile).
	credentials bool
	ranges      string
	head        bool
}

// A storedResponse is one response in the cache. It is never changed.
type storedResponse struct {
	key  httpCacheKey
	head HTTPResponse
	body []byte
	// varied holds the lines of the request that Vary names.
	varied header.List
	// requested and received are when the request was sent and the response's head was there.
	requested, received time.Time
	// rangeRequested and authorized are whether the request had Range and Authorization.
	rangeRequested, authorized bool
}

// size is what a stored response counts for, roughly.
func (s *storedResponse) size() int {
	n := len(s.key.url) + len(s.body)
	for _, f := range s.head.Header {
		n += len(f.Name) + len(f.Value) + 32
	}
	for _, f := range s.varied {
		n += len(f.Name) + len(f.Value) + 32
	}
	return n
}

// An httpCache holds stored responses, the one used last in front. The zero value is empty and usable. It is safe for concurrent use.
//
// https://fetch.spec.whatwg.org/#http-cache-partitions
type httpCache struct {
	mu      sync.Mutex
	entries map[httpCacheKey]*list.Element
	used    list.List
	bytes   int
}

func (h *httpCache) get(key httpCacheKey) *storedResponse {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.entries[key]
	if e == nil {
		return nil
	}
	h.used.MoveToFront(e)
	return storedIn(e)
}

// storedIn is the stored response of an element of the list, which holds nothing else.
func storedIn(e *list.Element) *storedResponse {
	s, ok := e.Value.(*storedResponse)
	if !ok {
		panic("fetch: internal error: the HTTP cache holds something else")
	}
	return s
}

func (h *httpCache) put(s *storedResponse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(s.key)
	if s.size() > maxCachedBytes {
		return
	}
	if h.entries == nil {
		h.entries = map[httpCacheKey]*list.Element{}
	}
	h.entries[s.key] = h.used.PushFront(s)
	h.bytes += s.size()
	for h.used.Len() > maxCachedResponses || h.bytes > maxCachedBytes {
		h.remove(storedIn(h.used.Back()).key)
	}
}

func (h *httpCache) delete(key httpCacheKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(key)
}

// remove needs the lock.
func (h *httpCache) remove(key httpCacheKey) {
	if e := h.entries[key]; e != nil {
		h.bytes -= storedIn(e).size()
		h.used.Remove(e)
		delete(h.entries, key)
	}
}

// expectedLength is how long the body will be, or -1.
func expectedLength(r *request, response *response) int64 {
	if r.method == "HEAD" || r.nullBodyStatus(response.Status) && response.Status != http.StatusResetContent {
		return 0
	}
	if lines := header.List(response.Header).Values(header.ContentLength); len(lines) > 0 {
		if n, err := strconv.ParseInt(lines[0], 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// A storingBody is a body on its way into the cache. It is stored when it has been read to its end; closing it early reads on if the
// end is known.
type storingBody struct {
	wire     io.ReadCloser
	cache    *httpCache
	stored   *storedResponse
	expected int64
	read     []byte
	// over is set once it is stored or never will be.
	over bool
}

func (b *storingBody) Read(p []byte) (int, error) {
	n, err := b.wire.Read(p)
	if b.over {
		return n, err
	}
	if len(b.read)+n > maxCachedBody {
		b.forget()
		return n, err
	}
	b.read = append(b.read, p[:n]...)
	switch {
	case errors.Is(err, io.EOF) && (b.expected < 0 || int64(len(b.read)) == b.expected):
		b.over = true
		b.stored.body = b.read
		b.cache.put(b.stored)
	case err != nil:
		b.forget()
	}
	return n, err
}

// Close reads to the end if it is known where that is, so that a response nobody reads is stored as well: an opaque one, say.
func (b *storingBody) Close() error {
	if !b.over && b.expected >= 0 {
		// NOTE: Read stops the copy where it stops storing, at the limit at the latest.
		for buffer := make([]byte, 4096); !b.over; {
			if _, err := b.Read(buffer); err != nil {
				break
			}
		}
	}
	b.over = true
	return b.wire.Close()
}

// forget gives up storing.
func (b *storingBody) forget() { b.over, b.read = true, nil }
