package wire

import "strconv"

// The defaults of [Limits].
const (
	// MaxHead is how long a response's head may be, in bytes, from the first to the end of the blank line. It is Chromium's.
	MaxHead = 256 << 10
	// MaxInterim is how many 1xx responses may come before the final one. Browsers have no such limit; servers send one or two.
	MaxInterim = 100
	// MaxIdle is how many connections are kept for later.
	MaxIdle = 32
	// MaxIdlePerServer is how many connections are kept for later for one server. It is the number that browsers open.
	MaxIdlePerServer = 6
)

// What is not open to choice.
const (
	// MaxChunkLine is how long the line with a chunk's size may be, in bytes. It is Chromium's.
	MaxChunkLine = 16 << 10
	// chunkSlack, chunkOverhead: how many bytes may be spent on chunking; see chunkedReader.
	chunkSlack    = 16 << 10
	chunkOverhead = 16
	// readBuffer is how much is read from a connection at a time, and so how much of a body is read unasked.
	readBuffer = 16 << 10
)

// Limits bound what a server can make a [Transport] do. The zero value of a member means its default; a negative one means none at
// all (no 1xx, no idle connections), and for Head the default.
type Limits struct {
	_ struct{}

	// Head is how long a response's head may be, and the trailer of a chunked body. Default [MaxHead].
	Head int
	// Interim is how many 1xx responses may come. Default [MaxInterim].
	Interim int
	// Idle and IdlePerServer are how many connections are kept. Defaults [MaxIdle] and [MaxIdlePerServer].
	Idle, IdlePerServer int
}

// withDefaults fills in what was left out.
func (l Limits) withDefaults() Limits {
	pick := func(value, def int) int {
		if value == 0 {
			return def
		}
		return max(value, 0)
	}
	l.Interim = pick(l.Interim, MaxInterim)
	l.Idle = pick(l.Idle, MaxIdle)
	l.IdlePerServer = pick(l.IdlePerServer, MaxIdlePerServer)
	if l.Head <= 0 {
		l.Head = MaxHead
	}
	return l
}

// A LimitError says that an answer went over a limit. It is the cause of a [fetch.NetworkError] with reason
// [fetch.NetworkTooLarge].
type LimitError struct {
	// What was limited: "response head in bytes", "interim responses", …
	What string
	// Limit is how much is allowed.
	Limit int
}

// Error has the form `wire: response head in bytes: over the limit of 262144`.
func (e *LimitError) Error() string {
	return "wire: " + e.What + ": over the limit of " + strconv.Itoa(e.Limit)
}

// A HeadError says that a response's head did not come whole or cannot be read, and holds what came of it. It is in the chain of
// the [fetch.NetworkError] whenever at least one byte came.
type HeadError struct {
	// Head is what came, as it came; not longer than [Limits].Head.
	Head []byte
	// Err is what went wrong.
	Err error
}

// Error is that of the cause: the head may be long and is not repeated.
func (e *HeadError) Error() string { return e.Err.Error() }

// PartialHead returns what came of the head. Package explain looks for it.
func (e *HeadError) PartialHead() []byte { return e.Head }

// Unwrap returns the cause.
func (e *HeadError) Unwrap() error { return e.Err }
