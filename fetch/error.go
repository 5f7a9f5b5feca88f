package fetch

import (
	"strconv"
	"strings"
)

// A BlockedError says that script gets no response: the standard's network error, with what it hides. [Client.Fetch] returns it
// for refusals and for failures of the network alike; [Reason.Decided] tells them apart.
type BlockedError struct {
	// Reason says what failed.
	Reason Reason
	// Step is where in the standard, as "cors-check 4": the algorithm's name and the step's number.
	Step string
	// Got is the offending value as it was received, Want what would have passed; either may be empty.
	Got, Want string
	// URL is the current URL of the request.
	URL string
	// Preflight is true if the check was made on a preflight.
	Preflight bool
	// Err is the cause where there is one: a [*NetworkError].
	Err error
}

// Error has the form `fetch: URL: code (step): got "…", want "…"`.
func (e *BlockedError) Error() string {
	var b strings.Builder
	b.WriteString("fetch: ")
	if e.URL != "" {
		b.WriteString(e.URL + ": ")
	}
	b.WriteString(string(e.Reason))
	if e.Step != "" {
		b.WriteString(" (" + e.Step + ")")
	}
	if e.Got != "" {
		b.WriteString(": got " + strconv.Quote(e.Got))
	}
	if e.Want != "" {
		b.WriteString(", want " + strconv.Quote(e.Want))
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause, if any.
func (e *BlockedError) Unwrap() error { return e.Err }

// A RequestError says that a [Request] is not one that a page can make: where a browser throws a TypeError before anything is
// sent.
type RequestError struct {
	// Field names the member of Request, as "Method" or "Header[2].Name".
	Field string
	// Value is what it was, Want what was expected.
	Value, Want string
}

// Error has the form `fetch: Method: "TRACE": want …`.
func (e *RequestError) Error() string {
	return "fetch: " + e.Field + ": " + strconv.Quote(e.Value) + ": want " + e.Want
}
