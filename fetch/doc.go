// Package fetch is the browser half of Cross-Origin Resource Sharing: the Fetch standard's algorithms, step by step, for a client
// that is no browser.
//
// A [Client] is one user agent. [Client.Fetch] takes a [Request] made by a page of some origin, talks to servers through the
// [Transport] it was lent, and returns what script in that page would get: a filtered [Response], or a [*BlockedError] that says
// which check failed, on which step of the standard, and on what value.
//
// Nothing in this package dials, logs, reads files or reads the clock. A caller lends a Transport (package fetch/wire is the
// byte-exact one, [RoundTripper] adapts an [net/http.RoundTripper]), a clock and a cookie jar.
//
// Every function that implements an algorithm carries the algorithm's name and link, and the number of each step. The numbers are
// those of the Fetch standard as of 2026-07-02.
package fetch
