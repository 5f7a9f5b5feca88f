package vectors

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Class is one thing in which two observations can differ, over all fetches and requests of a scenario.
type Class string

// The core classes: what the CORS protocol decides.
const (
	OutcomeClass            Class = "outcome"
	ResponseTypeClass       Class = "response.type"
	ResponseStatusClass     Class = "response.status"
	ResponseURLClass        Class = "response.url"
	ResponseRedirectedClass Class = "response.redirected"
	ResponseHeadersClass    Class = "response.headers"
	ResponseBodyClass       Class = "response.body"
	// SequenceClass is which requests arrived where, in which order.
	SequenceClass       Class = "requests.sequence"
	RequestOriginClass  Class = "requests.origin"
	RequestMethodClass  Class = "requests.acrm"
	RequestHeadersClass Class = "requests.acrh"
)

// The other classes.
const (
	ProbeThrowsClass   Class = "probe.throws"
	ProbeMethodClass   Class = "probe.method"
	ProbeHeadersClass  Class = "probe.headers"
	CookiesClass       Class = "requests.cookies"
	BodyLenClass       Class = "requests.bodyLen"
	AuthorizationClass Class = "requests.authorization"
	ContentTypeClass   Class = "requests.content-type"
	SiteClass          Class = "requests.sec-fetch-site"
	ModeClass          Class = "requests.sec-fetch-mode"
	DestClass          Class = "requests.sec-fetch-dest"
	StorageAccessClass Class = "requests.sec-fetch-storage-access"
	// RefererClass leaves preflights out.
	RefererClass Class = "requests.referer"
	// OtherHeadersClass is all other headers that were recorded, but on a preflight not those that a browser sets itself.
	OtherHeadersClass Class = "requests.headers"
	JarClass          Class = "jar"
)

var coreClasses = []Class{
	OutcomeClass, ResponseTypeClass, ResponseStatusClass, ResponseURLClass, ResponseRedirectedClass, ResponseHeadersClass,
	ResponseBodyClass, SequenceClass, RequestOriginClass, RequestMethodClass, RequestHeadersClass,
}

// CoreClasses returns the core classes, in a fixed order. The slice is the caller's.
func CoreClasses() []Class { return slices.Clone(coreClasses) }

// Core reports whether c is one of the core classes.
func (c Class) Core() bool { return slices.Contains(coreClasses, c) }

// defaultHeaders are set on preflights by engines themselves, each in its own way.
var defaultHeaders = []string{
	"accept", "accept-encoding", "accept-language", "cache-control", "connection", "host", "pragma", "referer", "user-agent",
}

// Differ returns the classes in which two observations differ, sorted. Follow-on differences say nothing by themselves and are left
// out: if the outcome differs there is no response to compare, and if the sequence differs no requests.
func Differ(a, b Observed) []Class {
	classesA, classesB := Classes(a), Classes(b)
	keys := map[Class]bool{}
	for _, classes := range []map[Class]string{classesA, classesB} {
		for c := range classes {
			keys[c] = true
		}
	}
	var differ []Class
	for c := range keys {
		a, okA := classesA[c]
		b, okB := classesB[c]
		// A missing class is no empty one: the first has no response at all, say, and the second one without a body.
		if a != b || okA != okB {
			differ = append(differ, c)
		}
	}
	differ = withoutFollowers(differ)
	slices.Sort(differ)
	return differ
}

// DifferCore is [Differ] with the core classes only.
func DifferCore(a, b Observed) []Class {
	return slices.DeleteFunc(Differ(a, b), func(c Class) bool { return !c.Core() })
}

func withoutFollowers(differ []Class) []Class {
	outcome, sequence := slices.Contains(differ, OutcomeClass), slices.Contains(differ, SequenceClass)
	return slices.DeleteFunc(differ, func(c Class) bool {
		return outcome && strings.HasPrefix(string(c), "response.") ||
			sequence && strings.HasPrefix(string(c), "requests.") && c != SequenceClass
	})
}

// Classes returns the value of each class: a line for each fetch or request, headers quoted. Two observations are equal in a class if
// the values are. A class of which there is nothing to say is missing.
func Classes(o Observed) map[Class]string {
	p := projection{}
	for i := range o.Fetches {
		p.fetch(&o.Fetches[i])
	}
	for i := range o.Requests {
		p.request(&o.Requests[i])
	}
	for _, ref := range slices.Sorted(maps.Keys(o.Jar)) {
		p.add(JarClass, string(ref)+" "+strings.Join(o.Jar[ref], ","))
	}
	classes := make(map[Class]string, len(p))
	for c, lines := range p {
		classes[c] = strings.Join(lines, "\n")
	}
	return classes
}

// A projection collects the lines of each class.
type projection map[Class][]string

func (p projection) add(c Class, line string) { p[c] = append(p[c], line) }

func (p projection) fetch(f *FetchOutcome) {
	if q := f.Request; q != nil {
		p.add(ProbeThrowsClass, q.Throws)
		p.add(ProbeMethodClass, strconv.Quote(q.Method))
		p.add(ProbeHeadersClass, sortedFields(q.Headers))
	}
	p.add(OutcomeClass, strings.TrimSpace(string(f.Outcome)+" "+f.Error))
	if r := f.Response; r != nil {
		p.add(ResponseTypeClass, r.Type)
		p.add(ResponseStatusClass, strconv.Itoa(r.Status))
		p.add(ResponseURLClass, strconv.Quote(r.URL))
		p.add(ResponseRedirectedClass, strconv.FormatBool(r.Redirected))
		p.add(ResponseHeadersClass, sortedFields(r.Headers))
		p.add(ResponseBodyClass, strconv.Quote(r.Body)+r.BodyError)
	}
}

func (p projection) request(q *Request) {
	line := strconv.Itoa(q.Fetch) + " " + q.Method + " " + string(q.Origin) + strconv.Quote(q.Path)
	if q.Upgraded {
		line += " upgraded"
	}
	p.add(SequenceClass, line)
	p.add(RequestOriginClass, quoteAll(q.Headers["origin"]))
	p.add(RequestMethodClass, quoteAll(q.Headers["access-control-request-method"]))
	p.add(RequestHeadersClass, quoteAll(q.Headers["access-control-request-headers"]))
	p.add(CookiesClass, strings.Join(q.Cookies, ","))
	p.add(BodyLenClass, strconv.Itoa(q.BodyLen))
	var others []string
	for _, name := range slices.Sorted(maps.Keys(q.Headers)) {
		values := quoteAll(q.Headers[name])
		switch name {
		case "origin", "access-control-request-method", "access-control-request-headers":
		case "authorization", "content-type", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-storage-access":
			p.add(Class("requests."+name), line+" "+values)
		case "referer":
			if !q.Preflight {
				p.add(RefererClass, line+" "+values)
			}
		default:
			if !q.Preflight || !slices.Contains(defaultHeaders, name) {
				others = append(others, name+": "+values)
			}
		}
	}
	p.add(OtherHeadersClass, strings.Join(others, "; "))
}

// Recorded reports whether the request header with this lower-case name belongs into an observation of s.
func (s *Scenario) Recorded(name string) bool {
	switch name {
	case "origin", "authorization", "content-type", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest":
		return true
	}
	if strings.HasPrefix(name, "access-control-") || slices.Contains(s.Record, name) {
		return true
	}
	for i := range s.Fetches {
		for _, h := range s.Fetches[i].Headers {
			if strings.EqualFold(h.Name, name) {
				return true
			}
		}
	}
	return false
}

// sortedFields writes a header list so that neither order nor the case of names counts.
func sortedFields(fields []Field) string {
	lines := make([]string, len(fields))
	for i, f := range fields {
		lines[i] = strings.ToLower(f.Name) + ": " + strconv.Quote(f.Value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func quoteAll(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	return strings.Join(quoted, " ")
}
