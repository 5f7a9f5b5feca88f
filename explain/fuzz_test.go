package explain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// A source makes values of arbitrary bytes; it yields zeroes when they are used up.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) bool() bool { return s.byte()&1 == 1 }

// pick is one of the choices, or arbitrary bytes.
func (s *source) pick(choices ...string) string {
	n := int(s.byte())
	if n < 2*len(choices) {
		return choices[n%len(choices)]
	}
	n = min(n%24, len(s.data))
	text := string(s.data[:n])
	s.data = s.data[n:]
	return text
}

func (s *source) names() []string {
	var out []string
	for range s.byte() % 4 {
		out = append(out, s.pick("x-a", "authorization", "*", "access-control-allow-origin"))
	}
	return out
}

func (s *source) fields() []fetch.Field {
	var out []fetch.Field
	for range s.byte() % 4 {
		out = append(out, fetch.Field{
			Name:  s.pick("Access-Control-Allow-Origin", "access-control-allow-methods", "Access-Control-Allow-Headers", "Vary", "Location", "Set-Cookie"),
			Value: s.pick("*", "null", "https://app.example", "https://app.example/", "GET, \"PUT\"", "x-a, *", "http://u:p@x/", ""),
		})
	}
	return out
}

func (s *source) reason() fetch.Reason {
	all := fetch.Reasons()
	if n := int(s.byte()); n < len(all) {
		return all[n]
	}
	return fetch.Reason(s.pick("", "no-such-reason"))
}

func (s *source) error() error {
	switch s.byte() % 6 {
	case 0:
		return &fetch.NetworkError{Reason: fetch.NetworkDNS}
	case 1:
		return &fetch.NetworkError{Reason: fetch.NetworkTLS, Err: errors.New(s.pick("cut \x1b[2J"))}
	case 2:
		return &fetch.BlockedError{Reason: s.reason(), Preflight: s.bool(), Err: &fetch.NetworkError{}}
	case 3:
		return errors.New(s.pick("failed"))
	}
	return nil
}

func (s *source) exchange() *fetch.Exchange {
	x := &fetch.Exchange{Preflight: s.bool(), Err: s.error(), Duration: time.Duration(s.byte()) * time.Millisecond}
	x.Request.Method, x.Request.URL, x.Request.Header = s.pick("GET", "PUT"), s.pick(api), s.fields()
	if s.bool() {
		x.Response = &fetch.HTTPResponse{
			Status: int(s.byte())*3 - 3, StatusText: s.pick("OK"), Header: s.fields(), Proto: s.pick("HTTP/1.1"),
			RemoteAddr: s.pick(""), TLS: s.pick(""),
		}
	}
	return x
}

func (s *source) event() fetch.Event {
	kinds := []string{
		"request", "dropped", "branch", "unsafe", "no-preflight", "preflight-cache-hit", "preflight-cache-store", "credentials",
		"exchange", "check", "redirect", "response", "blocked",
	}
	e := fetch.Event{
		Kind: fetch.EventKind(s.pick(kinds...)), Hop: int(int8(s.byte())), URL: s.pick(api, ""), Preflight: s.bool(),
		Algorithm: s.pick("concept-cors-check", "cors-preflight-fetch-0", "concept-main-fetch", "concept-http-redirect-fetch"),
		Step:      s.pick("4"), OK: s.bool(), Reason: s.reason(), Decisive: s.bool(),
		Subject: s.pick("method", "status", "port", "access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"),
		Got:     s.pick("*", ""), Want: s.pick(page, "null", "x-a", ""), Lines: s.fields(), Tainting: s.pick("basic", "cors", "opaque"),
		SameSite: s.bool(), Tainted: s.bool(), Method: s.pick("GET", ""), Names: s.names(), Hidden: s.names(),
		Type: fetch.ResponseType(s.pick("basic", "cors", "opaque", "opaqueredirect")), Status: int(s.byte()), Err: s.error(),
	}
	if s.bool() {
		e.Unsafe = &header.Unsafe{
			Name: s.pick("accept"), Value: s.pick("a"), Kind: header.UnsafeKind(s.pick("unsafe-byte", "total-too-long")), Offset: int(int8(s.byte())),
		}
	}
	if s.bool() {
		e.Exchange = s.exchange()
	}
	if s.bool() {
		e.Info = &fetch.RequestInfo{
			Origin: s.pick(page, "null"), URL: s.pick(api), Method: s.pick("PUT"), Mode: fetch.Mode(s.pick("cors", "navigate")),
			Credentials: fetch.CredentialsMode(s.pick("include", "same-origin", "omit")), Redirect: fetch.RedirectMode(s.pick("follow")), Header: s.fields(),
		}
	}
	return e
}

// Whatever the events: no panic, sentences that a terminal can take as they are, references that lead somewhere, and JSON that reads
// back to the same report.
func FuzzExplain(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x08\x00\x00\x00\x00\x00\x00\x01"))
	seed := make([]byte, 4096)
	for i := range seed {
		seed[i] = byte(i * 7)
	}
	f.Add(seed)
	for i := range seed {
		seed[i] = byte(i*i>>3 + i)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data}
		var events []fetch.Event
		for len(s.data) > 0 && len(events) < 64 {
			events = append(events, s.event())
		}
		r := explain.Explain(events, explain.WithProbe(*s.exchange()), explain.WithNotes(s.pick("\x1b")), explain.WithBody(1, s.error()))
		checkReport(t, r)
	})
}

// checkReport checks what holds for every report.
func checkReport(t *testing.T, r explain.Report) {
	t.Helper()
	if r.Schema != explain.Schema || r.Verdict != explain.Allowed && r.Verdict != explain.Blocked && r.Verdict != explain.Unknown {
		t.Errorf("schema %q, verdict %q", r.Schema, r.Verdict)
	}
	if (r.Verdict == explain.Allowed) != (r.Response != nil) || r.Verdict == explain.Allowed && (r.Reason != "" || r.Class != "") {
		t.Errorf("verdict %s with response %+v, reason %q, class %q", r.Verdict, r.Response, r.Reason, r.Class)
	}
	sentences := []string{r.Summary, r.Headline}
	for i, s := range r.Steps {
		if s.N != i+1 || s.Checks == nil {
			t.Errorf("step %d: n = %d, checks %v", i, s.N, s.Checks)
		}
		if s.Exchange != nil && (*s.Exchange < 0 || *s.Exchange >= len(r.Exchanges)) {
			t.Errorf("step %d: exchange %d of %d", i, *s.Exchange, len(r.Exchanges))
		}
		sentences = append(append(sentences, s.Title), s.Details...)
		for _, c := range s.Causes {
			sentences = append(sentences, c.Text)
		}
		for _, c := range s.Checks {
			sentences = append(sentences, c.Text, c.Step, c.Spec)
		}
	}
	for _, f := range r.Failures {
		sentences = append(sentences, f.Title, f.Why, f.Fix, f.Step, f.Spec)
		if u := f.Underline; u != nil {
			if u.Line < 0 || u.Line >= len(f.Lines) || u.Start < 0 || u.Start > u.End || u.End > len([]rune(f.Lines[u.Line][1])) {
				t.Errorf("underline %+v of %q", *u, f.Lines)
			}
		}
	}
	for _, n := range r.Notes {
		sentences = append(sentences, n.Code, n.Text)
	}
	for _, s := range sentences {
		if !printable(s) {
			t.Errorf("%q is not printable ASCII", s)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back explain.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(again, text) {
		t.Errorf("read back it is %s\nbefore %s (%v)", again, text, err)
	}
}

// The scenarios' reports keep the same promises, and so do those of headers of a megabyte, which failures quote in part only.
func TestReportPromises(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		checkReport(t, report(t, s))
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
		for _, value := range []string{"a,", "\x00"} {
			r := report(t, flood(name, value))
			checkReport(t, r)
			for _, f := range r.Failures {
				for _, l := range f.Lines {
					if n := len([]rune(l[1])); n > 4096 {
						t.Errorf("a line of %d characters in a failure", n)
					}
				}
			}
		}
	}
}

// flood is a preflight's answer with a header of a megabyte.
func flood(name, value string) scenario {
	long := strings.Repeat(value, 1<<20/len(value))
	return scenario{request: put("", "X-A: 1"), answers: []answer{reply(204, allowPage, allowPut, name+": "+long)}}
}

// A header of a megabyte costs about as much as reading it: compare size=honest with size=flood.
func BenchmarkExplain(b *testing.B) {
	for name, s := range map[string]scenario{
		"size=honest": scenarios()["headers-missing"], "size=flood": flood("Access-Control-Allow-Headers", "a,"),
	} {
		b.Run(name, func(b *testing.B) {
			events := trace(b, s)
			b.ReportAllocs()
			for b.Loop() {
				explain.Explain(events)
			}
		})
	}
}
