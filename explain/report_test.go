package explain_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

func TestLookupIsComplete(t *testing.T) {
	t.Parallel()
	titles := map[string]fetch.Reason{}
	for _, r := range fetch.Reasons() {
		p, ok := explain.Lookup(string(r))
		if !ok {
			t.Errorf("no page on %q", r)
			continue
		}
		if p.Code != r || p.Class != r.Class() {
			t.Errorf("%s: code %q and class %q, want class %q", r, p.Code, p.Class, r.Class())
		}
		for member, text := range map[string]string{"Title": p.Title, "Why": p.Why, "Fix": p.Fix} {
			if text == "" || !printable(text) {
				t.Errorf("%s: %s = %q, want printable ASCII", r, member, text)
			}
		}
		if strings.HasSuffix(p.Title, ".") || !strings.HasSuffix(p.Why, ".") && !strings.HasSuffix(p.Why, ").") || !strings.HasSuffix(p.Fix, ".") {
			t.Errorf("%s: a title has no full stop, why and fix have one: %+v", r, p)
		}
		if r.Decided() != (p.SpecURL != "") || r.Decided() != (p.Step != "") {
			t.Errorf("%s: step %q at %q; decided by a rule: %v", r, p.Step, p.SpecURL, r.Decided())
		}
		if other, taken := titles[p.Title]; taken {
			t.Errorf("%s and %s have the same title", r, other)
		}
		titles[p.Title] = r
	}
	if p, ok := explain.Lookup("no-such-code"); ok || p != (explain.Page{}) {
		t.Errorf("Lookup of an unknown code: %+v, %v", p, ok)
	}
}

// Each reason, alone in a trace, makes a report that says something.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	for _, r := range append(fetch.Reasons(), "some-day-a-new-one") {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			got := explain.Explain([]fetch.Event{
				{Kind: fetch.EventRequest, Info: &fetch.RequestInfo{Origin: page, URL: api, Method: "GET", Mode: fetch.ModeCORS}},
				{Kind: fetch.EventCheck, Reason: r, Decisive: true},
				{Kind: fetch.EventBlocked, Reason: r},
			})
			want := explain.Unknown
			if r.Decided() {
				want = explain.Blocked
			}
			if got.Verdict != want || got.Reason != r || got.Reported != r || got.Class != r.Class() {
				t.Errorf("got %s, %s, %s, %s; want %s, %s", got.Verdict, got.Reason, got.Reported, got.Class, want, r.Class())
			}
			if len(got.Failures) != 1 {
				t.Fatalf("%d failures, want 1", len(got.Failures))
			}
			if f := got.Failures[0]; f.Title == "" || f.Why == "" || f.Fix == "" || !f.First {
				t.Errorf("%+v", f)
			}
		})
	}
}

// The kind of trouble decides where a user looks first.
func TestVerdict(t *testing.T) {
	t.Parallel()
	const (
		cors       = fetch.ClassCORS
		notReached = fetch.ClassNotReached
		notCORS    = fetch.ClassNotCORS
	)
	get, include := fetch.Request{}, put(fetch.CredentialsInclude)
	for _, test := range []struct {
		name             string
		scenario         scenario
		verdict          explain.Verdict
		reason, reported fetch.Reason
		class            fetch.Class
		summary          string
	}{
		{
			"a readable response has no reason and no class", scenario{request: get, answers: []answer{reply(200, allowAll)}},
			explain.Allowed, "", "", "", "allowed: script gets the response: type cors, status 200",
		},
		{
			"an error that says it may be read is allowed", scenario{request: get, answers: []answer{reply(500, allowAll)}},
			explain.Allowed, "", "", "", "status 500",
		},
		{
			"an opaque response is allowed, and says so", scenario{request: fetch.Request{Mode: fetch.ModeNoCORS}, answers: []answer{reply(200)}},
			explain.Allowed, "", "", "", "allowed, but opaque",
		},
		{
			"status 399 without CORS headers is the server's CORS answer", scenario{request: get, answers: []answer{reply(399)}},
			explain.Blocked, fetch.AllowOriginMissing, fetch.AllowOriginMissing, cors, "CORS said no",
		},
		{
			"status 400 without CORS headers never reached CORS", scenario{request: get, answers: []answer{reply(400)}},
			explain.Blocked, fetch.AllowOriginMissing, fetch.AllowOriginMissing, notReached, "never reached: status 400",
		},
		{
			"status 400 with another CORS header did", scenario{request: get, answers: []answer{reply(400, "access-control-expose-headers: x")}},
			explain.Blocked, fetch.AllowOriginMissing, fetch.AllowOriginMissing, cors, "CORS said no",
		},
		{
			"a preflight with 401 is reported as a missing header", scenario{request: include, answers: []answer{reply(401)}},
			explain.Blocked, fetch.PreflightStatus, fetch.AllowOriginMissing, notReached, "answered with 401 Unauthorized",
		},
		{
			"a preflight with 299 is a CORS answer", scenario{request: include, answers: []answer{reply(299)}},
			explain.Blocked, fetch.AllowOriginMissing, fetch.AllowOriginMissing, cors, "CORS said no",
		},
		{
			"a preflight with 300 is not", scenario{request: include, answers: []answer{reply(300)}},
			explain.Blocked, fetch.PreflightStatus, fetch.AllowOriginMissing, notReached, "answered with 300",
		},
		{
			"a preflight with 404 and the right headers fails by its status", scenario{request: include, answers: []answer{reply(404, allowPage, allowTrue, allowPut)}},
			explain.Blocked, fetch.PreflightStatus, fetch.PreflightStatus, notReached, "answered with 404",
		},
		{
			"a preflight with 403 that names another origin was answered by CORS",
			scenario{request: include, answers: []answer{reply(403, "Access-Control-Allow-Origin: https://other.example")}},
			explain.Blocked, fetch.AllowOriginMismatch, fetch.AllowOriginMismatch, cors, "names another origin",
		},
		{
			"a redirected preflight", scenario{request: include, answers: []answer{reply(307, "Location: /items/")}},
			explain.Blocked, fetch.PreflightRedirect, fetch.PreflightRedirect, notReached, "redirected (307 Temporary Redirect)",
		},
		{
			"a blocked port is not CORS", scenario{request: fetch.Request{URL: "http://api.example:6000/"}, page: "http://a.example"},
			explain.Blocked, fetch.BadPort, fetch.BadPort, notCORS, "not CORS at all: port 6000",
		},
		{
			"nobody listens: nobody can tell", scenario{request: get},
			explain.Unknown, fetch.NetworkRefused, fetch.NetworkRefused, notCORS, "could not tell, not CORS at all",
		},
		{
			"a preflight that gets no answer", scenario{request: include},
			explain.Unknown, fetch.NetworkRefused, fetch.NetworkRefused, notCORS, "(preflight)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := report(t, test.scenario)
			if r.Verdict != test.verdict || r.Reason != test.reason || r.Reported != test.reported || r.Class != test.class {
				t.Errorf("got %s, %s, %s, %s\nwant %s, %s, %s, %s", r.Verdict, r.Reason, r.Reported, r.Class,
					test.verdict, test.reason, test.reported, test.class)
			}
			if !strings.Contains(r.Summary, test.summary) {
				t.Errorf("summary %q does not contain %q", r.Summary, test.summary)
			}
			first, headline := 0, test.reason == ""
			for _, f := range r.Failures {
				if f.First {
					first++
				}
				headline = headline || f.Reason == r.Reason
			}
			if want := min(1, len(r.Failures)); first != want || !headline {
				t.Errorf("%d failures are first, want %d; the headline is among them: %v", first, want, headline)
			}
		})
	}
}

// A trace that stops at the missing header has no check of the status; the headline is the status all the same, with its own failure.
func TestVerdictOfShortTrace(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fetch.Reason{
		302: fetch.PreflightRedirect, 401: fetch.PreflightStatus, 304: fetch.PreflightStatus, 200: fetch.AllowOriginMissing,
	} {
		r := explain.Explain([]fetch.Event{
			{Kind: fetch.EventExchange, Preflight: true, Exchange: &fetch.Exchange{
				Preflight: true, Response: &fetch.HTTPResponse{Status: status, Header: fields("Location: /")},
			}},
			{Kind: fetch.EventCheck, Preflight: true, Reason: fetch.AllowOriginMissing, Decisive: true},
			{Kind: fetch.EventBlocked, Reason: fetch.AllowOriginMissing},
		})
		if r.Reason != want || r.Reported != fetch.AllowOriginMissing || r.Class != want.Class() {
			t.Errorf("status %d: reason %s, reported %s, class %s; want %s", status, r.Reason, r.Reported, r.Class, want)
		}
		checkReport(t, r)
		found := false
		for _, f := range r.Failures {
			found = found || f.Reason == want
		}
		if !found {
			t.Errorf("status %d: %s is not among the failures", status, want)
		}
	}
}

func TestTraceThatBreaksOff(t *testing.T) {
	t.Parallel()
	events := trace(t, scenarios()["wildcard-credentials"])
	for n := range events {
		if r := explain.Explain(events[:n]); r.Verdict != explain.Unknown || r.Summary != "could not tell: the trace ends before a verdict" {
			t.Errorf("after %d of %d events: %s, %q", n, len(events), r.Verdict, r.Summary)
		}
	}
}

// noteCodes are the notes of a report by code.
func noteCodes(r explain.Report) map[string]string {
	codes := map[string]string{}
	for _, n := range r.Notes {
		codes[n.Code] = n.Text
	}
	return codes
}

func TestNotes(t *testing.T) {
	t.Parallel()
	get, post := fetch.Request{}, fetch.Request{Method: "POST"}
	include := fetch.Request{Credentials: fetch.CredentialsInclude}
	putInclude := put(fetch.CredentialsInclude)
	probe := func(status int) []explain.Option {
		return []explain.Option{explain.WithProbe(fetch.Exchange{
			Request: fetch.HTTPRequest{Method: "PUT", URL: api}, Response: &fetch.HTTPResponse{Status: status},
		})}
	}
	for _, test := range []struct {
		name     string
		scenario scenario
		code     string
		want     bool
	}{
		{"a GET that succeeds works without a browser", scenario{request: get, answers: []answer{reply(200)}}, "works-without-browser", true},
		{"a POST is not said to work: that would be an invitation to repeat it", scenario{request: post, answers: []answer{reply(200)}}, "works-without-browser", false},
		{"a GET that fails does not", scenario{request: get, answers: []answer{reply(500)}}, "works-without-browser", false},
		{"a GET that fails fails everywhere", scenario{request: get, answers: []answer{reply(500)}}, "fails-without-browser", true},
		{"a request that was not sent is not said to work", scenario{request: put(""), answers: []answer{reply(401)}}, "works-without-browser", false},
		{"a probe that succeeds", scenario{request: put(""), answers: []answer{reply(401)}, options: probe(200)}, "works-without-browser", true},
		{"a probe that fails", scenario{request: put(""), answers: []answer{reply(401)}, options: probe(401)}, "fails-without-browser", true},
		{"what is allowed needs no such note", scenario{request: get, answers: []answer{reply(200, allowAll)}}, "works-without-browser", false},
		{"a blocked POST has arrived", scenario{request: post, answers: []answer{reply(200)}}, "request-arrived", true},
		{"a blocked GET changes nothing", scenario{request: get, answers: []answer{reply(200)}}, "request-arrived", false},
		{"a PUT that the preflight forbids has not arrived", scenario{request: put(""), answers: []answer{reply(401)}}, "request-arrived", false},
		{"an origin without Vary", scenario{request: get, answers: []answer{reply(200, allowPage)}}, "vary-origin-missing", true},
		{"Vary: Origin in a list", scenario{request: get, answers: []answer{reply(200, allowPage, "Vary: Accept, origin")}}, "vary-origin-missing", false},
		{"Vary on several lines", scenario{request: get, answers: []answer{reply(200, allowPage, "Vary: Accept", "Vary: Origin")}}, "vary-origin-missing", false},
		{"Vary: * covers it", scenario{request: get, answers: []answer{reply(200, allowPage, "Vary: *")}}, "vary-origin-missing", false},
		{"a wildcard is for everybody", scenario{request: get, answers: []answer{reply(200, allowAll)}}, "vary-origin-missing", false},
		{"credentials beside a wildcard", scenario{request: get, answers: []answer{reply(200, allowAll, allowTrue)}}, "credentials-beside-wildcard", true},
		{"a wildcard list with credentials", scenario{request: include, answers: []answer{reply(200, allowPage, allowTrue, "Access-Control-Expose-Headers: *")}}, "wildcard-inert", true},
		{"a wildcard list without", scenario{request: get, answers: []answer{reply(200, allowPage, "Access-Control-Expose-Headers: *")}}, "wildcard-inert", false},
		{"a wildcard list that fails has its own block", scenario{request: putInclude, answers: []answer{reply(200, allowPage, allowTrue, "Access-Control-Allow-Methods: *")}}, "wildcard-inert", false},
		{"null is trusted", scenario{page: "null", request: get, answers: []answer{reply(200, "Access-Control-Allow-Origin: null")}}, "null-allowed", true},
		{"a hidden header", scenario{request: get, answers: []answer{reply(200, allowAll, "X-Total-Count: 3")}}, "headers-hidden", true},
		{"an exposed header", scenario{request: get, answers: []answer{reply(200, allowAll, "X-Total-Count: 3", "Access-Control-Expose-Headers: x-total-count")}}, "headers-hidden", false},
		{"status 401 without credentials", scenario{request: get, answers: []answer{reply(401, allowAll)}}, "credentials-withheld", true},
		{"status 401 with credentials", scenario{request: include, answers: []answer{reply(401, allowPage, allowTrue)}}, "credentials-withheld", false},
		{"a cookie that is ignored", scenario{request: get, answers: []answer{reply(200, allowAll, "Set-Cookie: a=b")}}, "set-cookie-ignored", true},
		{"a cookie that is stored although the response is blocked", scenario{request: include, answers: []answer{reply(200, "Set-Cookie: a=b")}}, "set-cookie-stored", true},
		{"a preflight without a lifetime", scenario{request: put(""), answers: []answer{reply(200, allowAll, allowPut), reply(200, allowAll)}}, "max-age-missing", true},
		{"a preflight with a lifetime", scenario{request: put(""), answers: []answer{reply(200, allowAll, allowPut, "Access-Control-Max-Age: 60"), reply(200, allowAll)}}, "max-age", true},
		{"a preflight with lifetime 0", scenario{request: put(""), answers: []answer{reply(200, allowAll, allowPut, "Access-Control-Max-Age: 0"), reply(200, allowAll)}}, "max-age-zero", true},
		{"a header that only a browser may set", scenario{request: fetch.Request{Header: fields("Cookie: a=b")}, answers: []answer{reply(200, allowAll)}}, "header-dropped", true},
		{"redirects that taint", scenario{request: get, answers: []answer{reply(302, allowAll, "Location: https://c.example/"), reply(200, allowAll)}}, "redirect-tainted", true},
		{"redirects that do not", scenario{request: get, answers: []answer{reply(302, allowAll, "Location: /x"), reply(200, allowAll)}}, "redirect-tainted", false},
		{"a body that breaks off", scenario{request: get, answers: []answer{reply(200, allowAll)}, options: []explain.Option{explain.WithBody(7, errors.New("unexpected EOF"))}}, "body-failed", true},
		{"a body that the caller stopped reading", scenario{request: get, answers: []answer{reply(200, allowAll)}, options: []explain.Option{explain.WithBody(7, explain.ErrBodyLimit)}}, "body-failed", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := report(t, test.scenario)
			if _, got := noteCodes(r)[test.code]; got != test.want {
				t.Errorf("note %s: %v, want %v; notes: %v", test.code, got, test.want, r.Notes)
			}
		})
	}
}

// The list of note codes in the documentation is the list in the code.
func TestNoteCodesAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(doc), "\nCodes: ")
	list, _, _ = strings.Cut(list, "\n\n")
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(list, -1) {
		documented[m[1]] = true
	}
	used := map[string]bool{}
	for _, file := range []string{"explain.go", "notes.go", "verdict.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`b\.note\("([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
			used[m[1]] = true
			if !documented[m[1]] {
				t.Errorf("docs/json.md does not list the note %q", m[1])
			}
		}
	}
	for code := range documented {
		if !used[code] {
			t.Errorf("docs/json.md lists the note %q, which nothing writes", code)
		}
	}
}

func TestStandard(t *testing.T) {
	t.Parallel()
	s := scenario{
		request: put("", "Authorization: Bearer secret-token"),
		answers: []answer{reply(204, allowAll, allowPut, "Access-Control-Allow-Headers: *"), reply(200, allowAll)},
	}
	strict := trace(t, s) // the engine of these tests follows the standard to the letter
	lenient := trace(t, scenario{request: fetch.Request{}, answers: []answer{reply(200, allowAll)}})

	r := explain.Explain(lenient, explain.WithStandard(strict))
	if r.Verdict != explain.Allowed || r.Standard == nil || r.Standard.Reason != fetch.AuthorizationNotListed || r.Standard.Verdict != explain.Blocked {
		t.Errorf("verdict %s, standard %+v", r.Verdict, r.Standard)
	}
	if text := noteCodes(r)["standard-differs"]; !strings.Contains(text, "authorization-not-listed") {
		t.Errorf("note %q", text)
	}
	r = explain.Explain(lenient, explain.WithStandard(lenient))
	if _, noted := noteCodes(r)["standard-differs"]; noted || r.Standard == nil || r.Standard.Verdict != explain.Allowed {
		t.Errorf("same verdict: noted %v, standard %+v", noted, r.Standard)
	}
	unknown := trace(t, scenario{request: fetch.Request{}})
	if r = explain.Explain(lenient, explain.WithStandard(unknown)); r.Standard != nil {
		t.Errorf("a standard that cannot tell: %+v", r.Standard)
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	s := scenario{request: fetch.Request{}, answers: []answer{reply(200, allowAll)}}
	for _, test := range []struct {
		name string
		err  error
		want explain.Body
	}{
		{"all of it", nil, explain.Body{Bytes: 9, Complete: true}},
		{"stopped on purpose", explain.ErrBodyLimit, explain.Body{Bytes: 9}},
		{"broken off", errors.New("cut\x1b[2J"), explain.Body{Bytes: 9, Error: `cut\x1B[2J`}},
	} {
		s.options = []explain.Option{explain.WithBody(9, test.err)}
		if got := report(t, s).Response.Body; got == nil || *got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}
