package vectors

import (
	"fmt"
	"strings"
)

// A problem is a member of a scenario that cannot be played.
type problem struct{ field, text string }

// A validator collects all problems of a scenario, so that one reading of a file finds them all.
type validator struct{ problems []problem }

// validate returns what is wrong with s. Odd URLs, methods, modes and header bytes are not: trying them is what scenarios are for.
func validate(s *Scenario) []problem {
	var v validator
	if !validID(s.ID) {
		v.addf("id", "%q: want up to 100 lower-case letters, digits and hyphens", s.ID)
	}
	v.ref("page", s.Page)
	if s.Context != "" && s.Context != Sandbox {
		v.addf("context", "%q: want %q or nothing", s.Context, Sandbox)
	}
	v.line("referrerPolicy", s.ReferrerPolicy)
	for i, p := range s.Prime {
		v.prime(fmt.Sprintf("prime[%d]", i), p)
	}
	if n := len(s.Fetches); n == 0 || n > MaxFetches {
		v.addf("fetches", "%d of them: want 1 to %d", n, MaxFetches)
	}
	for i := range s.Fetches {
		v.fetch(fmt.Sprintf("fetches[%d]", i), &s.Fetches[i])
	}
	if n := len(s.Routes); n > MaxRoutes {
		v.addf("routes", "%d of them: want at most %d", n, MaxRoutes)
	}
	for i := range s.Routes {
		v.route(fmt.Sprintf("routes[%d]", i), &s.Routes[i])
	}
	for i, name := range s.Record {
		if name != strings.ToLower(name) {
			v.addf(fmt.Sprintf("record[%d]", i), "%q: want lower case", name)
		}
	}
	for i, ref := range s.Jar {
		v.ref(fmt.Sprintf("jar[%d]", i), ref)
	}
	return v.problems
}

func (v *validator) addf(field, format string, args ...any) {
	v.problems = append(v.problems, problem{field, fmt.Sprintf(format, args...)})
}

func (v *validator) ref(field string, ref Ref) {
	if !known(ref) {
		v.addf(field, "%q is no origin: want page, ss, x1, x2, x3, ippage, or one of the https set", ref)
	}
}

// line checks a text that becomes one line of a header, and its tokens.
func (v *validator) line(field, s string) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		v.addf(field, "%q: a line ends at byte %d", s, i)
	}
	v.tokens(field, s)
}

// tokens finds what looks like a token and is none: a typing error that would go to the server as it is.
func (v *validator) tokens(field, s string) {
	for _, m := range tokenPattern.FindAllStringSubmatch(s, -1) {
		if !knownToken(m[1], m[2]) {
			v.addf(field, "%q is no token", m[0])
		}
	}
}

func (v *validator) prime(field string, p Prime) {
	v.ref(field+".origin", p.Origin)
	for i, line := range p.SetCookie {
		v.line(fmt.Sprintf("%s.setCookie[%d]", field, i), line)
	}
	if p.Auth != "" && !p.Top {
		v.addf(field+".auth", "%q: only with top", p.Auth)
	}
}

func (v *validator) fetch(field string, f *Fetch) {
	v.tokens(field+".url", f.URL)
	for i, h := range f.Headers {
		v.tokens(fmt.Sprintf("%s.headers[%d]", field, i), h.Value)
	}
	if f.Body != nil {
		switch f.Body.Kind {
		case TextBody, ParamsBody, FormDataBody, BlobBody, BufferBody:
		default:
			v.addf(field+".body.kind", "%q: want text, params, formdata, blob or buffer", f.Body.Kind)
		}
	}
	if f.DelayMs < 0 || f.DelayMs > MaxDelayMs {
		v.addf(field+".delayMs", "%d: want 0 to %d", f.DelayMs, MaxDelayMs)
	}
	if f.Kind != "" && f.Kind != Image {
		v.addf(field+".kind", "%q: want %q or nothing", f.Kind, Image)
	}
	if f.Referrer != nil {
		v.tokens(field+".referrer", *f.Referrer)
	}
}

func (v *validator) route(field string, r *Route) {
	v.ref(field+".origin", r.Origin)
	if !strings.HasPrefix(r.Path, "/") || strings.ContainsAny(r.Path, "?#") {
		v.addf(field+".path", "%q: want a path from / on, without a query", r.Path)
	}
	v.response(field+".actual", &r.Actual)
	if r.Preflight != nil {
		v.response(field+".preflight", r.Preflight)
	}
	if r.Challenge != nil {
		v.response(field+".challenge", r.Challenge)
	}
	for i := range r.PreflightSeq {
		v.response(fmt.Sprintf("%s.preflightSeq[%d]", field, i), &r.PreflightSeq[i])
	}
	for i := range r.ActualSeq {
		v.response(fmt.Sprintf("%s.actualSeq[%d]", field, i), &r.ActualSeq[i])
	}
}

func (v *validator) response(field string, r *Response) {
	if r.Status < 100 || r.Status > 999 {
		v.addf(field+".status", "%d: want three digits", r.Status)
	}
	for i, h := range r.Headers {
		at := fmt.Sprintf("%s.headers[%d]", field, i)
		if h.Name == "" || strings.ContainsAny(h.Name, ":\r\n") {
			v.addf(at, "%q is no name of a header", h.Name)
		}
		v.line(at, h.Value)
	}
	v.tokens(field+".body", r.Body)
}

func validID(id string) bool {
	if id == "" || len(id) > 100 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
