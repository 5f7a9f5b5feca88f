package wire

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"
)

// A poolKey says for which requests a connection can be used. Connections with and without credentials are not shared.
//
// https://fetch.spec.whatwg.org/#concept-connection-pool
type poolKey struct {
	https       bool
	host, port  string
	credentials bool
}

// A pool keeps connections for later. It is small, so it is a list: the oldest first.
//
// It has no clock, so connections do not grow old in it: they leave when the server closes them, when newer ones need the place,
// or by closeAll.
type pool struct {
	max, maxPerServer int

	mu      sync.Mutex
	entries []entry
	// leaving is what unlock closes: closing may take long, so it is not done under the lock.
	leaving []io.Closer
}

// unlock unlocks and closes what left the pool meanwhile.
func (p *pool) unlock() {
	leaving := p.leaving
	p.leaving = nil
	p.mu.Unlock()
	for _, c := range leaving {
		_ = c.Close() // It is not needed any more, whatever it says.
	}
}

// An entry is either an idle HTTP/1.1 connection, which leaves the pool when it is taken, or an HTTP/2 one, which stays.
type entry struct {
	key poolKey
	h1  *http1Conn
	h2  *http2Conn
}

// idle reports whether no exchange uses the connection.
func (e entry) idle() bool { return e.h1 != nil || e.h2.inUse == 0 }

// take returns a kept connection for key, or nil: the one that was used last, since it is the likeliest to be alive.
func (p *pool) take(key poolKey) connection {
	for {
		c := p.pick(key)
		if c == nil {
			return nil
		}
		if h1, ok := c.(*http1Conn); ok && !h1.wake() {
			continue
		}
		return c
	}
}

// pick takes a candidate.
func (p *pool) pick(key poolKey) connection {
	p.mu.Lock()
	defer p.unlock()
	for i, e := range slices.Backward(p.entries) {
		if e.key != key {
			continue
		}
		if e.h1 != nil {
			p.entries = slices.Delete(p.entries, i, i+1)
			return e.h1
		}
		if e.h2.conn.Err() != nil {
			p.drop(i)
			continue
		}
		if e.h2.conn.Reserve() == nil {
			e.h2.inUse++
			return e.h2
		}
	}
	return nil
}

// keep takes an HTTP/1.1 connection back, or closes it if there is no place.
func (p *pool) keep(key poolKey, c *http1Conn) {
	p.mu.Lock()
	defer p.unlock()
	if !p.makeRoom(key) {
		p.leaving = append(p.leaving, c.conn)
		return
	}
	c.asleep = make(chan struct{})
	p.entries = append(p.entries, entry{key: key, h1: c})
	go p.watch(c)
}

// watch waits for an idle connection to be woken, closed or written to. Servers close idle connections, and nothing else would
// notice before the next request.
func (p *pool) watch(c *http1Conn) {
	_, c.idleErr = c.reader.Peek(1)
	if !errors.Is(c.idleErr, os.ErrDeadlineExceeded) {
		p.mu.Lock()
		p.entries = slices.DeleteFunc(p.entries, func(e entry) bool { return e.h1 == c })
		p.mu.Unlock()
		c.conn.Close()
	}
	close(c.asleep)
}

// share lets others use an HTTP/2 connection, or else makes it close after its first exchange.
func (p *pool) share(key poolKey, c *http2Conn) {
	p.mu.Lock()
	defer p.unlock()
	if !p.makeRoom(key) {
		c.retired = true
		return
	}
	p.entries = append(p.entries, entry{key: key, h2: c})
}

// markUsed reports whether c carried an exchange before.
func (p *pool) markUsed(c *http2Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := c.reused
	c.reused = true
	return before
}

// release ends one exchange of c.
func (p *pool) release(c *http2Conn) {
	p.mu.Lock()
	defer p.unlock()
	c.inUse--
	if c.retired && c.inUse == 0 {
		p.leaving = append(p.leaving, c.conn)
	}
}

// makeRoom makes sure that one more entry for key fits, at the cost of the oldest idle one.
func (p *pool) makeRoom(key poolKey) bool {
	if p.max <= 0 || p.maxPerServer <= 0 {
		return false
	}
	same := func(e entry) bool { return e.key == key }
	every := func(entry) bool { return true }
	return p.fit(p.maxPerServer, same) && p.fit(p.max, every)
}

// fit makes sure that fewer than limit entries are counted.
func (p *pool) fit(limit int, counts func(entry) bool) bool {
	n, oldest := 0, -1
	for i, e := range p.entries {
		if !counts(e) {
			continue
		}
		n++
		if oldest < 0 && e.idle() {
			oldest = i
		}
	}
	if n < limit {
		return true
	}
	if oldest < 0 {
		return false
	}
	p.drop(oldest)
	return true
}

// drop removes an entry. Its connection is closed now if it is idle, else when it is.
func (p *pool) drop(i int) {
	e := p.entries[i]
	p.entries = slices.Delete(p.entries, i, i+1)
	if e.h1 != nil {
		p.leaving = append(p.leaving, e.h1.conn)
		return
	}
	e.h2.retired = true
	if e.h2.inUse == 0 {
		p.leaving = append(p.leaving, e.h2.conn)
	}
}

// closeAll drops every entry, and waits until nobody watches.
func (p *pool) closeAll() {
	p.mu.Lock()
	watched := make([]chan struct{}, 0, len(p.entries))
	for len(p.entries) > 0 {
		if h1 := p.entries[0].h1; h1 != nil {
			watched = append(watched, h1.asleep)
		}
		p.drop(0)
	}
	p.unlock()
	for _, asleep := range watched {
		<-asleep
	}
}
