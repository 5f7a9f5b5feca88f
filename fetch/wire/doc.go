// Package wire carries requests over the network byte for byte. [Transport] is a [fetch.Transport] with an HTTP/1.1 of its own,
// because package net/http refuses header bytes that browsers send and accept, sorts headers, and hides what it corrects.
//
// # What is sent
//
// The request line, Host, "Connection: keep-alive", the framing of the body, then the header's lines as they are given and in
// that order, which is Chromium's. Nothing is added.
//
// # What is accepted
//
// A response's head is read as Chromium reads it, odd heads included; see the comments in head.go, which say where Firefox differs.
// What a framing error or a truncated body is, browsers agree on, and so do we.
//
//   - Accepted: up to four bytes before the status line, any case of "HTTP", a missing status or reason phrase, LF or CR alone as
//     the end of a line, folded lines, any byte but NUL in a value, two equal Content-Length, chunk sizes ended by LF alone. Over
//     plain HTTP also a head that ends early, and then has no body.
//   - Skipped: lines without a colon or whose name is no token; every 1xx, 101 too, since nobody asked for an upgrade.
//   - Refused: HTTP/0.9, a NUL anywhere, two different Content-Length (unless chunked), a status of more than three digits.
//
// Two different Location or Content-Disposition lines, which Chromium and Firefox refuse, are not about framing: they are passed on.
//
// # HTTP/2
//
// Where a TLS server chooses it, HTTP/2 is net/http's, with what [fetch.RoundTripper] says about it: order and odd bytes are lost.
// [WithHTTP1Only] avoids it.
//
// # Limits
//
// Everything but the length of a body is bounded, by [Limits]; how long a body may be and how long all may take is the caller's
// to say, by reading on or not and by the context.
//
// The package dials through what it is lent and reads no clock. (Package crypto/tls does, for the dates of certificates; lend it
// another with tls.Config.Time.)
package wire
