package vectors

// An Engine names one of the browsers that were observed.
type Engine string

// The engines of the corpus.
const (
	Chromium Engine = "chromium"
	Firefox  Engine = "firefox"
	WebKit   Engine = "webkit"
)

// Engines returns the engines of the corpus, in a fixed order. The slice is the caller's.
func Engines() []Engine { return []Engine{Chromium, Firefox, WebKit} }

// An Observed says what came of a [Scenario]. Its strings hold tokens, as a scenario's do.
type Observed struct {
	// Fetches has one element for each fetch of the scenario.
	Fetches []FetchOutcome `json:"fetches"`
	// Requests are in order of arrival at the servers.
	Requests []Request `json:"requests"`
	// Jar has the sorted names of the cookies of each origin in [Scenario.Jar].
	Jar map[Ref][]string `json:"jar,omitempty"`
}

// A FetchOutcome is what script saw of one fetch.
type FetchOutcome struct {
	// Request is what new Request(url, init) makes of the same arguments; nil if nobody asked.
	Request *Probe  `json:"request,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Error is the name of the exception, with [Rejected].
	Error string `json:"error,omitempty"`
	// Response is set with [Responded].
	Response *SeenResponse `json:"response,omitempty"`
}

// An Outcome says how a fetch ended.
type Outcome string

// The outcomes.
const (
	// Responded: the promise was fulfilled.
	Responded Outcome = "response"
	// Rejected: the promise was rejected.
	Rejected Outcome = "rejected"
	// TimedOut: nothing happened for eight seconds.
	TimedOut Outcome = "timeout"
	// Hung: the browser stopped altogether.
	Hung Outcome = "hang"
	// Loaded and Failed end an [Image].
	Loaded Outcome = "load"
	Failed Outcome = "error"
)

// A Probe is what a Request object holds once it is made.
type Probe struct {
	// Throws is the name of the exception if there is none.
	Throws  string  `json:"throws,omitempty"`
	Method  string  `json:"method,omitempty"`
	Headers []Field `json:"headers,omitempty"`
}

// A SeenResponse is what script can see of a response.
type SeenResponse struct {
	Type       string `json:"type"`
	Status     int    `json:"status"`
	URL        string `json:"url"`
	Redirected bool   `json:"redirected"`
	// Headers is [...response.headers]: lower-case names, values combined, sorted.
	Headers []Field `json:"headers"`
	// Body is what text() gives. BodyError is the name of the exception if it throws.
	Body      string `json:"body"`
	BodyError string `json:"bodyError,omitempty"`
}

// A Request is one request that arrived at a server.
type Request struct {
	// Fetch is the index of the fetch under way.
	Fetch  int `json:"fetch"`
	Origin Ref `json:"origin"`
	// Path is below {{base}}, with the query.
	Path      string `json:"path"`
	Method    string `json:"method"`
	Preflight bool   `json:"preflight,omitempty"`
	// Headers has, by lower-case name, the raw values of those that [Scenario.Recorded] names.
	Headers map[string]Values `json:"headers"`
	// Cookies holds the sorted names.
	Cookies []string `json:"cookies,omitempty"`
	// BodyLen counts the boundary of a browser's multipart body as empty.
	BodyLen int `json:"bodyLen,omitempty"`
	// Unrouted: no route matched, and the answer was 404.
	Unrouted bool `json:"unrouted,omitempty"`
	// Upgraded: the request came by TLS to an http origin.
	Upgraded bool `json:"upgraded,omitempty"`
}
