package vectors

// A Scenario is one experiment, complete in itself: a page, its calls of fetch(), and what the servers answer.
//
// Members that a file has and this type has not are ignored when it is read, so that newer files stay readable; writing it again
// drops them.
type Scenario struct {
	// ID is unique in a file: lower-case letters, digits and hyphens.
	ID string `json:"id"`
	// Group names the list that the scenario belongs to, such as "acao".
	Group string `json:"group"`
	// Note and Seed are for people.
	Note string `json:"note,omitempty"`
	Seed int64  `json:"seed,omitempty"`
	// Page is the origin of the document at the top.
	Page Ref `json:"page"`
	// Context is "" for fetches of the page itself, or [Sandbox].
	Context string `json:"context,omitempty"`
	// Prime sets cookies before the first fetch.
	Prime []Prime `json:"prime,omitempty"`
	// Fetches are made one after another; each is awaited with its body.
	Fetches []Fetch `json:"fetches"`
	// Routes are what the servers have. The first that matches answers.
	Routes []Route `json:"routes"`
	// ReferrerPolicy is the page's own, set by header.
	ReferrerPolicy string `json:"referrerPolicy,omitempty"`
	// Record lists further request headers to observe, in lower case.
	Record []string `json:"record,omitempty"`
	// Jar lists the origins whose cookies are looked at in the end, as those of a page at the top.
	Jar []Ref `json:"jar,omitempty"`
}

// Sandbox is the [Scenario.Context] of fetches made in an iframe with sandbox="allow-scripts", whose origin is opaque.
const Sandbox = "sandbox"

// A Prime sets cookies before the first fetch. Its requests are not observed.
type Prime struct {
	// Origin is asked, by the page (never the sandboxed frame), with mode "no-cors" and credentials "include".
	Origin Ref `json:"origin"`
	// SetCookie holds the values of the answer's Set-Cookie lines.
	SetCookie []string `json:"setCookie"`
	// Top says that a visit of the origin at the top sets the cookies instead, before the page is loaded.
	Top bool `json:"top,omitempty"`
	// Auth is "user:password" for HTTP authentication to remember; only with Top.
	Auth string `json:"auth,omitempty"`
}

// A Fetch holds the arguments of one call fetch(url, init). An absent member is absent from init.
type Fetch struct {
	URL string `json:"url"`
	// Method is nil if absent; the empty string is passed, and throws.
	Method *string `json:"method,omitempty"`
	// Headers is passed as an array of pairs, so that repeats are appended.
	Headers     []AuthorField `json:"headers,omitempty"`
	Mode        string        `json:"mode,omitempty"`
	Credentials string        `json:"credentials,omitempty"`
	Redirect    string        `json:"redirect,omitempty"`
	Cache       string        `json:"cache,omitempty"`
	Body        *Body         `json:"body,omitempty"`
	// DelayMs is how long to wait before the call.
	DelayMs int `json:"delayMs,omitempty"`
	// Kind is "" for fetch(), or [Image].
	Kind string `json:"kind,omitempty"`
	// CrossOrigin is the image's attribute, nil if absent.
	CrossOrigin    *string `json:"crossOrigin,omitempty"`
	ReferrerPolicy string  `json:"referrerPolicy,omitempty"`
	// Referrer is nil if absent.
	Referrer *string `json:"referrer,omitempty"`
}

// Image is the [Fetch.Kind] of a new Image() whose src is set, instead of a call of fetch().
const Image = "img"

// A Body is a request's body as script makes it.
type Body struct {
	Kind BodyKind `json:"kind"`
	Text string   `json:"text"`
	// Type is the type of a [BlobBody]; empty means none.
	Type string `json:"type,omitempty"`
}

// A BodyKind says what a [Body] is made of.
type BodyKind string

// The kinds of bodies.
const (
	// TextBody is a string.
	TextBody BodyKind = "text"
	// ParamsBody is new URLSearchParams(text).
	ParamsBody BodyKind = "params"
	// FormDataBody is a FormData with one field k.
	FormDataBody BodyKind = "formdata"
	// BlobBody is new Blob([text], {type}).
	BlobBody BodyKind = "blob"
	// BufferBody is a Uint8Array of the text in UTF-8.
	BufferBody BodyKind = "buffer"
)

// A Route is one resource of one server.
type Route struct {
	Origin Ref `json:"origin"`
	// Path is below {{base}}, without a query.
	Path string `json:"path"`
	// Preflight answers preflights: requests with the method OPTIONS and an Access-Control-Request-Method. Nil means 405 without
	// headers.
	Preflight *Response `json:"preflight,omitempty"`
	// Actual answers all else.
	Actual Response `json:"actual"`
	// Challenge, if not nil, answers requests without Authorization, preflights aside.
	Challenge *Response `json:"challenge,omitempty"`
	// PreflightSeq and ActualSeq, if not empty, go before Preflight and Actual: the n-th request gets the n-th element, and
	// later ones the last.
	PreflightSeq []Response `json:"preflightSeq,omitempty"`
	ActualSeq    []Response `json:"actualSeq,omitempty"`
}

// A Response is what a server answers. Besides these headers it sends a Content-Length, unless the status is 1xx, 204 or 304, and
// nothing else.
type Response struct {
	Status int `json:"status"`
	// Headers are sent as they are, in order, repeats and spaces included.
	Headers []Field `json:"headers"`
	Body    string  `json:"body,omitempty"`
}
