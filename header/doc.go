// Package header holds what Cross-Origin Resource Sharing says about names and values: header lists, methods, the safelists, the
// forbidden sets, the parsers of the protocol's own headers, MIME types and simple ranges.
//
// Both halves of the library stand on it: the server half asks what may be allowed, the browser half what must be asked.
//
// # Bytes
//
// Names and values are the bytes that went over the wire, in Go strings that need not be UTF-8. Where the Fetch standard decodes a
// value first, it maps each byte to the code point of the same number, so that its rules about code points up to U+00FF are read
// here as rules about bytes. Case is ASCII case everywhere: no Unicode folding, so that "K" (the Kelvin sign) never matches "k".
//
// # Cost
//
// Every function takes time at most proportional to the length of its input (times a logarithm where it sorts), whatever the input
// is. None of them panics, and none keeps its arguments, but results may share memory with them. All functions are safe for
// concurrent use; a [List] is like a slice in that respect.
//
// # Numbers
//
// Above each function that implements an algorithm of a standard is the link to it, and inside are its step numbers, which are those
// of the Fetch standard as of 2026-07-02.
package header
