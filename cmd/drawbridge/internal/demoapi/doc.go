// Package demoapi is a small API with one known CORS behaviour at each path, most of them faults that people meet: no headers at all, *
// with credentials, a 401 for the preflight and so on. The situations are data, with what a page asks in each, what a browser comes
// to, and which requests the server sees; a [Server] serves them on this machine and remembers what it saw.
package demoapi
