// Package vectors holds scenarios of the CORS protocol and what three real browsers did with each of them.
//
// A [Scenario] says which page calls fetch() with which arguments, and what the servers answer. An [Observed] says what came of it:
// what script saw, and which requests arrived where. [All] yields the embedded corpus: 4,231 scenarios with the observations of
// Chromium, Firefox and WebKit, each recorded twice. [AllHTTPS] and [AllHTTPSDefault] yield 990 more, on https and with cookies, under two
// settings of how browsers treat third-party cookies. [Read] reads scenarios of your own.
//
// To compare another engine, play each scenario's routes as functions or as servers, with the tokens of [Origins] expanded, collapse
// what was seen, and ask [Differ]. Package play does so for a client of package fetch.
//
// # Tokens
//
// Nothing in a scenario depends on ports. Its strings hold tokens, which [Origins.Expand] replaces:
//
//	{{x1}}            an origin, by its [Ref]: http://127.0.0.1:41003
//	{{origin}}        what the page's origin serializes to; null in a sandboxed frame
//	{{base}} {{id}}   the scenario's own path, /s/ID, and its id
//	{{T:upper}} {{T:upperscheme}} {{T:upperhost}}               the origin T, wholly or partly in capitals
//	{{T:http}} {{T:https}} {{T:hostport}} {{T:host}} {{T:port}} {{T:noport}}   with another scheme, or only a part
//	{{boundary}}      in observations only: the boundary of a multipart body, made by the browser
//
// # Bytes
//
// In a file a header is an isomorphic string: each code point up to U+00FF stands for a byte. In Go a [Field] holds the bytes
// themselves, as everywhere in this module. Only what a page's author writes, an [AuthorField], is text, because it can hold what no
// header can.
package vectors
