package explain_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// underlined is the text that a failure underlines, between brackets.
func underlined(f explain.Failure) string {
	u := f.Underline
	if u == nil {
		return ""
	}
	runes := []rune(f.Lines[u.Line][1])
	return string(runes[:u.Start]) + "[" + string(runes[u.Start:u.End]) + "]" + string(runes[u.End:])
}

// sent are the lines that a failure says to send.
func sent(f explain.Failure) string {
	var lines []string
	for _, h := range f.Send {
		lines = append(lines, h[0]+": "+h[1])
	}
	return strings.Join(lines, "\n")
}

const sendPage = "Access-Control-Allow-Origin: https://app.example\nVary: Origin"

func TestFailureAllowOrigin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, page      string
		lines           []string
		underline       string
		title, why, fix string
	}{
		{"a slash at the end", page, []string{page + "/"}, "https://app.example[/]", "ends with a slash", "", "Leave the slash out."},
		{"a path", page, []string{page + "/app"}, "https://app.example[/app]", "has a path", "", ""},
		{"a query", page, []string{page + "?x"}, "https://app.example[?x]", "has a path", "", ""},
		{"upper case in the host", page, []string{"https://App.Example"}, "https://[App.E]xample", "upper-case", "lower case", ""},
		{"upper case in the scheme", page, []string{"HTTPS://app.example"}, "[HTTPS]://app.example", "upper-case", "", ""},
		{"https with its default port", page, []string{page + ":443"}, "https://app.example[:443]", "default port", "443 for https", "Leave :443 out."},
		{"http with its default port", "http://app.example", []string{"http://app.example:80"}, "http://app.example[:80]", "default port", "", ""},
		{"http with the other default port is another port", "http://app.example", []string{"http://app.example:443"}, "http://app.example[:443]", "another port", "the default, 80", ""},
		{"another port", "http://localhost:5173", []string{"http://localhost:3000"}, "http://localhost[:3000]", "another port", "5173, the header's 3000", ""},
		{"no port where there should be one", "http://localhost:5173", []string{"http://localhost"}, "http://localhost[]", "another port", "", ""},
		{"another scheme", page, []string{"http://app.example"}, "[http]://app.example", "names http, the page is on https", "", ""},
		{"another scheme with its default port", page, []string{"http://app.example:80"}, "[http]://app.example:80", "names http", "", ""},
		{"localhost and 127.0.0.1", "http://127.0.0.1:3000", []string{"http://localhost:3000"}, "http://[localhost]:3000", "names localhost", "two hosts", ""},
		{"localhost and [::1]", "http://[::1]:3000", []string{"http://localhost:3000"}, "http://[localhost]:3000", "names localhost", "two hosts", ""},
		{"an IPv6 address has colons that are no port", "http://[::1]", []string{"http://[::1]:3000"}, "http://[::1][:3000]", "another port", "", ""},
		{"www in the header", page, []string{"https://www.app.example"}, "https://[www.app.example]", "differs by www", "", ""},
		{"www on the page", "https://www.app.example", []string{page}, "https://[app.example]", "differs by www", "", ""},
		{"the parent domain", page, []string{"https://example"}, "https://[example]", "parent domain", "", ""},
		{"another host", page, []string{"https://other.example"}, "https://[other.example]", "names another origin", "", ""},
		{"another host with a path", page, []string{"https://other.example/x"}, "https://[other.example]/x", "another origin", "after the host", ""},
		{"a host that only starts alike", page, []string{"https://app.example.evil.example"}, "https://[app.example.evil.example]", "another origin", "", ""},
		{"a wildcard for subdomains", page, []string{"https://*.example"}, "https://[*].example", "\"*\" inside", "", "Match the pattern"},
		{"a wildcard for ports", "http://localhost:3000", []string{"http://localhost:*"}, "http://localhost:[*]", "\"*\" inside", "", ""},
		{"a regular expression", page, []string{`^https://.+\.example$`}, `[^https://.+\.example$]`, "is a pattern", "", ""},
		{"quotation marks", page, []string{`"https://app.example"`}, `["]https://app.example"`, "quotation marks", "", ""},
		{"no scheme", page, []string{"app.example"}, "[app.example]", "no scheme", "", ""},
		{"a variable", page, []string{"$http_origin"}, "[$http_origin]", "variable", "", ""},
		{"nothing", page, []string{""}, "[]", "is empty", "", ""},
		{"null", page, []string{"null"}, "[null]", "is \"null\"", "", ""},
		{"a control byte", page, []string{page + "\x01"}, page + "[\x01]", `has a byte that no origin has: "\x01"`, "", ""},
		{"a byte that is not ASCII", page, []string{"https://\xe9pp.example"}, "https://[\u00e9]pp.example", `"\xE9"`, "", ""},
		{"a list with commas", page, []string{"https://a.example, https://b.example"}, "https://a.example[,] https://b.example", "several values", "never a list", "not in the list yet"},
		{"a list with the page in it", page, []string{"https://a.example, " + page}, "https://a.example[,] " + page, "several values", "", ""},
		{"a list with spaces", page, []string{"https://a.example " + page}, "https://a.example[ ]" + page, "several values", "", ""},
		{"the second of two lines", page, []string{page, "*"}, "[*]", "is sent twice", "Two layers", "only one layer"},
		{"twice the same", page, []string{page, page}, "[" + page + "]", "is sent twice", "the same value twice", ""},
		{"three lines", page, []string{page, page, page}, "[" + page + "]", "is sent 3 times", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, l := range test.lines {
				lines = append(lines, "Access-Control-Allow-Origin: "+l)
			}
			r := report(t, scenario{page: test.page, request: fetch.Request{}, answers: []answer{reply(200, lines...)}})
			if len(r.Failures) != 1 {
				t.Fatalf("%d failures, want 1: %+v", len(r.Failures), r.Failures)
			}
			f := r.Failures[0]
			if got := underlined(f); got != test.underline {
				t.Errorf("underlined %q, want %q", got, test.underline)
			}
			contains(t, "title", f.Title, test.title)
			contains(t, "why", f.Why, test.why)
			contains(t, "fix", f.Fix, test.fix)
			if want := "Access-Control-Allow-Origin: " + test.page + "\nVary: Origin"; sent(f) != want {
				t.Errorf("send %q, want %q", sent(f), want)
			}
		})
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s %q does not contain %q", what, got, want)
	}
}

// A page whose origin is "null" cannot be allowed by name: nothing is offered to copy.
func TestFailureNullOrigin(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{nil, {allowPage}} {
		f := report(t, scenario{page: "null", request: fetch.Request{}, answers: []answer{reply(200, lines...)}}).Failures[0]
		contains(t, "title", f.Title, "the page's origin is \"null\"")
		contains(t, "fix", f.Fix, "Do not allow \"null\"")
		if f.Send != nil {
			t.Errorf("send %v", f.Send)
		}
	}
}

func TestFailureCredentials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, title, why, underline string
		lines                       []string
	}{
		{"missing", "is missing", "", "", nil},
		{"True", `is "True", not "true"`, "lower-case", "[True]", []string{"True"}},
		{"1", `is "1"`, "four lower-case letters", "[1]", []string{"1"}},
		{"false", `is "false"`, "left out", "[false]", []string{"false"}},
		{"twice", "sent twice", "Two layers", "[true]", []string{"true", "true"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines := []string{allowPage}
			for _, l := range test.lines {
				lines = append(lines, "Access-Control-Allow-Credentials: "+l)
			}
			request := fetch.Request{Credentials: fetch.CredentialsInclude}
			f := report(t, scenario{request: request, answers: []answer{reply(200, lines...)}}).Failures[0]
			contains(t, "title", f.Title, test.title)
			contains(t, "why", f.Why, test.why)
			if underlined(f) != test.underline {
				t.Errorf("underlined %q, want %q", underlined(f), test.underline)
			}
			if sent(f) != "Access-Control-Allow-Credentials: true" {
				t.Errorf("send %q", sent(f))
			}
		})
	}
}

func TestFailureLists(t *testing.T) {
	t.Parallel()
	const (
		methods = "Access-Control-Allow-Methods: "
		headers = "Access-Control-Allow-Headers: "
	)
	include := fetch.CredentialsInclude
	patch := fetch.Request{Method: "patch"}
	for _, test := range []struct {
		name                             string
		request                          fetch.Request
		lines                            []string
		reason                           fetch.Reason
		title, why, fix, underline, send string
	}{
		{
			"no list of methods", put(""), nil,
			fetch.MethodNotAllowed, "Access-Control-Allow-Methods is missing, and PUT", "", "", "", methods + "PUT",
		},
		{
			"the Allow header is not it", put(""), []string{"Allow: GET, PUT"},
			fetch.MethodNotAllowed, "", "The Allow header (GET, PUT) is another header", "", "", methods + "PUT",
		},
		{
			"a method that the list lacks", put(""), []string{methods + "GET, POST"},
			fetch.MethodNotAllowed, "PUT is not in", "", "", "[GET, POST]", methods + "GET, POST, PUT",
		},
		{
			"lists on two lines become one", put(""), []string{methods + "GET", methods + "POST"},
			fetch.MethodNotAllowed, "", "", "", "[POST]", methods + "GET, POST, PUT",
		},
		{
			"patch where PATCH is listed is the page's to change", patch, []string{methods + "GET, PATCH"},
			fetch.MethodCaseMismatch, "in another case", "", "Write the method PATCH in the page.", "GET, [PATCH]", "",
		},
		{
			"PATCH where patch is listed is the server's", fetch.Request{Method: "PATCH"}, []string{methods + "patch"},
			fetch.MethodCaseMismatch, "", "", "List the method as PATCH.", "[patch]", methods + "patch, PATCH",
		},
		{
			"patch where it is not listed is for both", patch, []string{methods + "GET"},
			fetch.MethodNotAllowed, "", "", "Write the method PATCH", "[GET]", methods + "GET, PATCH",
		},
		{
			"a wildcard with credentials", put(include), []string{allowTrue, methods + "GET, *"},
			fetch.AllowMethodsWildcard, "covered only by \"*\"", "", "", "GET, [*]", methods + "GET, PUT",
		},
		{
			"methods in quotation marks", put(""), []string{methods + `"GET", "PUT"`},
			fetch.AllowMethodsInvalid, `no name: "GET"`, "", "quotation marks", `["GET"], "PUT"`, methods + "GET, PUT",
		},
		{
			"methods without commas", put(""), []string{methods + "GET, POST PUT"},
			fetch.AllowMethodsInvalid, `"POST PUT"`, "", "Put commas", "GET, [POST PUT]", methods + "GET, POST, PUT",
		},
		{
			"no list of headers", put("", "X-A: 1"), []string{allowPut},
			fetch.HeaderNotAllowed, "Access-Control-Allow-Headers is missing, and x-a would", "", "List it, or do not send it.", "", headers + "x-a",
		},
		{
			"all headers that the list lacks are one failure", put("", "X-A: 1", "X-B: 2", "X-C: 3"), []string{allowPut, headers + "x-b"},
			fetch.HeaderNotAllowed, "x-a and x-c are not in", "", "", "[x-b]", headers + "x-b, x-a, x-c",
		},
		{
			"a name that is nearly listed", put("", "X-Api-Key: 1"), []string{allowPut, headers + "Accept, X-Api_Key"},
			fetch.HeaderNotAllowed, "x-api-key is not in", `The list has "X-Api_Key", which is another name.`, "", "Accept, [X-Api_Key]", headers + "Accept, X-Api_Key, x-api-key",
		},
		{
			"a response header on a request", put("", "Access-Control-Allow-Origin: *"), []string{allowPut, headers + "x"},
			fetch.HeaderNotAllowed, "", "", "off the request", "[x]", "",
		},
		{
			"a header of a tracing library", put("", "Traceparent: 1"), []string{allowPut},
			fetch.HeaderNotAllowed, "", "", "A tracing library sets traceparent", "", headers + "traceparent",
		},
		{
			"a wildcard for headers with credentials", put(include, "X-A: 1"), []string{allowTrue, allowPut, headers + "*"},
			fetch.AllowHeadersWildcard, "x-a is covered only by \"*\"", "", "", "[*]", headers + "x-a",
		},
		{
			"authorization beside a wildcard", put("", "Authorization: x"), []string{allowPut, headers + "*"},
			fetch.AuthorizationNotListed, "Authorization is not covered", "issue 1919", "", "[*]", headers + "*, authorization",
		},
		{
			"headers without commas", put("", "X-A: 1"), []string{allowPut, headers + "X-A;x-b"},
			fetch.AllowHeadersInvalid, `"X-A;x-b"`, "", "Put commas", "[X-A;x-b]", headers + "X-A, x-b",
		},
		{
			"a list too long to copy", put("", "X-A: 1"), []string{allowPut, headers + strings.Repeat("abcdefghijklmn,", 1) + strings.Repeat("y", 1100)},
			fetch.HeaderNotAllowed, "", "", "", "[abcdefghijklmn," + strings.Repeat("y", 1100) + "]", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := report(t, scenario{request: test.request, answers: []answer{reply(204, append([]string{allowPage}, test.lines...)...)}})
			if len(r.Failures) != 1 {
				t.Fatalf("%d failures, want 1: %+v", len(r.Failures), r.Failures)
			}
			f := r.Failures[0]
			if f.Reason != test.reason || !f.Preflight || !f.First {
				t.Errorf("reason %s, preflight %v, first %v", f.Reason, f.Preflight, f.First)
			}
			contains(t, "title", f.Title, test.title)
			contains(t, "why", f.Why, test.why)
			contains(t, "fix", f.Fix, test.fix)
			if underlined(f) != test.underline {
				t.Errorf("underlined %q, want %q", underlined(f), test.underline)
			}
			if sent(f) != test.send {
				t.Errorf("send %q, want %q", sent(f), test.send)
			}
		})
	}
}

// What a fix says to send passes, when it is sent.
func TestFixesWork(t *testing.T) {
	t.Parallel()
	for name, s := range scenarios() {
		r := report(t, s)
		// What is in a cache stays there, whatever the server sends.
		if r.Verdict != explain.Blocked || r.Class != fetch.ClassCORS || len(r.Exchanges) == 0 {
			continue
		}
		var lines []string
		preflight := false
		for _, f := range r.Failures {
			if f.Hop > 0 || len(f.Send) == 0 {
				lines = nil
				break
			}
			preflight = preflight || f.Preflight
			for _, h := range f.Send {
				lines = append(lines, h[0]+": "+h[1])
			}
		}
		last := r.Exchanges[len(r.Exchanges)-1].Response
		if len(lines) == 0 || last == nil || last.Status >= 300 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// What was right stays.
			replaced := map[string]bool{}
			for _, f := range r.Failures {
				replaced[f.Header] = true
			}
			for _, h := range last.Headers {
				if !replaced[h[0]] && !replaced["Access-Control-Allow-Origin"] || strings.HasPrefix(h[0], "Access-Control-Allow-") && !replaced[h[0]] {
					lines = append(lines, h[0]+": "+h[1])
				}
			}
			again := s
			again.answers = []answer{reply(200, lines...)}
			if preflight {
				again.answers = append(again.answers, reply(200, lines...))
			}
			if fixed := report(t, again); fixed.Verdict != explain.Allowed {
				t.Errorf("with %q it is still %s", lines, fixed.Summary)
			}
		})
	}
}

func TestFailurePreflightAnsweredByOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, url string
		answer    answer
		why, fix  string
	}{
		{"401: something authenticates", api, reply(401), "never carries credentials", "before authentication"},
		{"403: something forbids", api, reply(403), "forbids", "https://app.example"},
		{"404: no route", api, reply(404), "router has no such route", "before the router"},
		{"405: no OPTIONS", api, reply(405, "Allow: GET, PUT"), "Allow header (GET, PUT) is not read by CORS", "before the router"},
		{"500: it crashed", api, reply(500), "failed", "log for this 500"},
		{"503: it is down", api, reply(503), "down", "log for this 503"},
		{"418: any other", api, reply(418), "200 to 299", "204"},
		{"401 with CORS headers", api, reply(401, allowPage), "CORS headers are on it", ""},
		{"redirect to https", "http://api.example/items", reply(301, "Location: https://api.example/items"), "from http to https: use https://api.example/items", ""},
		{"redirect that adds a slash", api, reply(308, "Location: /items/"), "adds a slash to the path: use https://api.example/items/", ""},
		{"redirect that takes one off", api + "/", reply(308, "Location: /items"), "takes the slash off", ""},
		{"redirect to www", api, reply(301, "Location: https://www.api.example/items"), "adds or removes www", ""},
		{"redirect to a login", api, reply(302, "Location: /Account/Login"), "login page", ""},
		{"redirect elsewhere", api, reply(302, "Location: https://new.example/"), "leads to https://new.example/.", ""},
		{"redirect to nowhere", api, reply(302), "has no Location", ""},
		{"redirect that cannot be parsed", api, reply(302, "Location: http://[x"), "leads to \"http://[x\"", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request := put("")
			request.URL = test.url
			s := scenario{request: request, answers: []answer{test.answer}}
			if strings.HasPrefix(test.url, "http:") {
				s.page = "http://app.example"
			}
			r := report(t, s)
			if r.Class != fetch.ClassNotReached {
				t.Errorf("class %s", r.Class)
			}
			for _, f := range r.Failures {
				if f.Reason == r.Reason {
					contains(t, "why", f.Why, test.why)
					contains(t, "fix", f.Fix, test.fix)
					if f.Follows {
						t.Error("the headline follows from itself")
					}
				}
			}
		})
	}
}

func TestFailureMissingOrigin(t *testing.T) {
	t.Parallel()
	get := fetch.Request{}
	for _, test := range []struct {
		name            string
		scenario        scenario
		title, why, fix string
	}{
		{"without credentials the wildcard does as well", scenario{request: get, answers: []answer{reply(200)}}, "", "", "(\"*\" does as well"},
		{"a name that is nearly right", scenario{request: get, answers: []answer{reply(200, "Access-Control-Allow-Origins: *")}}, "", `a header "Access-Control-Allow-Origins"`, ""},
		{
			"only the preflight had it", scenario{request: put(""), answers: []answer{reply(200, allowAll, allowPut), reply(200)}},
			"though the preflight had it", "", "reading needs the header again",
		},
		{"on a redirect", scenario{request: get, answers: []answer{reply(301, "Location: /items/")}}, "on the redirect", "adds a slash", "on the redirect as well"},
		{"on an error page", scenario{request: get, answers: []answer{reply(503)}}, "", "503 Service Unavailable", "Look at the 503 first."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := report(t, test.scenario).Failures[0]
			contains(t, "title", f.Title, test.title)
			contains(t, "why", f.Why, test.why)
			contains(t, "fix", f.Fix, test.fix)
			if sent(f) != sendPage {
				t.Errorf("send %q", sent(f))
			}
		})
	}
	far := reply(200, "Access-Control-Allow-Ori: *")
	if f := report(t, scenario{request: get, answers: []answer{far}}).Failures[0]; strings.Contains(f.Why, "another name") {
		t.Errorf("a name that is not nearly right: %q", f.Why)
	}
	include := fetch.Request{Credentials: fetch.CredentialsInclude}
	if f := report(t, scenario{request: include, answers: []answer{reply(200)}}).Failures[0]; strings.Contains(f.Fix, "\"*\"") {
		t.Errorf("with credentials the wildcard does not: %q", f.Fix)
	}
}

// Nobody is told to allow "null": not when a redirect has made the origin "null" either.
func TestFailureForbiddenAfterTaint(t *testing.T) {
	t.Parallel()
	r := report(t, scenario{request: put(""), answers: []answer{
		reply(204, allowAll, allowPut), reply(307, allowAll, "Location: https://c.example/"), reply(403),
	}})
	if r.Reason != fetch.PreflightStatus {
		t.Fatalf("reason %s: %s", r.Reason, r.Summary)
	}
	for _, f := range r.Failures {
		if f.Reason == r.Reason {
			contains(t, "fix", f.Fix, "add the page's origin")
		}
	}
}

// Names gathered into one failure keep the mark of the one that a browser reports.
func TestFailureNamesTogether(t *testing.T) {
	t.Parallel()
	r := explain.Explain([]fetch.Event{
		{Kind: fetch.EventCheck, Reason: fetch.HeaderNotAllowed, Want: "x-a"},
		{Kind: fetch.EventCheck, Reason: fetch.HeaderNotAllowed, Want: "x-b", Decisive: true},
		{Kind: fetch.EventCheck, Reason: fetch.HeaderNotAllowed, Want: "x-b", Hop: 1},
		{Kind: fetch.EventBlocked, Reason: fetch.HeaderNotAllowed},
	})
	if len(r.Failures) != 2 || len(r.Failures[0].Names) != 2 || !r.Failures[0].First || r.Failures[1].First {
		t.Errorf("%+v", r.Failures)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	request := put("", "X-A: 1", "Accept: "+strings.Repeat("a", 129), "Accept-Language: \x01", "Content-Type: application/json", "Range: bytes=-1")
	request.UseCORSPreflight = true
	r := report(t, scenario{request: request, answers: []answer{reply(200)}})
	want := []string{
		"method PUT: only", "header x-a: not one of", "header accept: 129 bytes, the limit is 128",
		`header accept-language: byte "\x01" at offset 0`, "header content-type: application/json is not one of",
		`header range: "bytes=-1" is not of the form`, "upload listener",
	}
	for _, s := range r.Steps {
		if s.ID != explain.StepPreflightNeeded {
			continue
		}
		if len(s.Causes) != len(want) {
			t.Fatalf("%d causes, want %d: %+v", len(s.Causes), len(want), s.Causes)
		}
		for i, c := range s.Causes {
			contains(t, "cause", c.Text, want[i])
		}
		return
	}
	t.Error("no step preflight-needed")
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, in, want string }{
		{"ASCII stays", `a b "\"`, `a b "\"`},
		{"0x1F is escaped, 0x20 is not", "\x1f\x20", `\x1F `},
		{"0x7E is not escaped, 0x7F is", "\x7e\x7f", `~\x7F`},
		{"a byte over 0x7F", "\u00e9", `\xE9`},
		{"C1 controls", "\u009b", `\x9B`},
		{"the last byte", "\u00ff", `\xFF`},
		{"the first character after it", "\u0100", `\u0100`},
		{"what no byte stands for", "\u202e", `\u202E`},
		{"nothing", "", ""},
	} {
		if got := explain.Escape(test.in); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
