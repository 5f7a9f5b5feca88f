package play_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/vectors"
	"github.com/drawbridge-cors/drawbridge/vectors/play"
)

// read makes a scenario of the members given, with the rest filled in.
func read(t testing.TB, members string) *vectors.Scenario {
	t.Helper()
	line := strings.ReplaceAll(`{"id":"t-1","group":"t","page":"page",`+members+`}`, "\n", " ")
	for s, err := range vectors.Read(strings.NewReader(line)) {
		if err != nil {
			t.Fatal(err)
		}
		return &s
	}
	t.Fatal("no scenario")
	return nil
}

func run(t *testing.T, s *vectors.Scenario) vectors.Observed {
	t.Helper()
	o, err := play.Run(t.Context(), s, clients(fetch.Standard))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// sequence writes the requests of an observation in short.
func sequence(o vectors.Observed) string {
	var lines []string
	for _, q := range o.Requests {
		line := fmt.Sprintf("%d %s %s%s", q.Fetch, q.Method, q.Origin, q.Path)
		if q.Unrouted {
			line += " unrouted"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// results writes what script saw, in short.
func results(o vectors.Observed) string {
	var lines []string
	for _, f := range o.Fetches {
		if f.Response == nil {
			lines = append(lines, string(f.Outcome)+" "+f.Error)
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %d %s", f.Response.Type, f.Response.Status, f.Response.Body))
	}
	return strings.Join(lines, "; ")
}

const allow = `["Access-Control-Allow-Origin","{{origin}}"]`

func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, members     string
		requests, outcome string
	}{
		{
			"the route of the origin and path answers",
			`"fetches":[{"url":"{{page}}{{base}}/a?q"}],"routes":[{"origin":"x1","path":"/a","actual":{"status":201}},{"origin":"page","path":"/b","actual":{"status":202}},{"origin":"page","path":"/a","actual":{"status":203,"body":"mine"}}]`,
			"0 GET page/a?q", "basic 203 mine",
		},
		{
			"the first of two routes answers",
			`"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[{"origin":"page","path":"/a","actual":{"status":201}},{"origin":"page","path":"/a","actual":{"status":202}}]`,
			"0 GET page/a", "basic 201 ",
		},
		{
			"no route is a 404",
			`"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[]`,
			"0 GET page/a unrouted", "basic 404 ",
		},
		{
			"what is not below the base is a 404 that nobody logs",
			`"fetches":[{"url":"{{page}}/a"},{"url":"{{page}}{{base}}x/a"}],"routes":[{"origin":"page","path":"/a","actual":{"status":200}}]`,
			"", "basic 404 ; basic 404 ",
		},
		{
			"without a preflight of its own a route answers 405",
			`"fetches":[{"url":"{{x1}}{{base}}/a","method":"PUT"}],"routes":[{"origin":"x1","path":"/a","actual":{"status":200,"headers":[` + allow + `,["Access-Control-Allow-Methods","PUT"]]}}]`,
			"0 OPTIONS x1/a", "rejected TypeError",
		},
		{
			"OPTIONS from the same origin is no preflight",
			`"fetches":[{"url":"{{page}}{{base}}/a","method":"OPTIONS"}],"routes":[{"origin":"page","path":"/a","preflight":{"status":201},"actual":{"status":202}}]`,
			"0 OPTIONS page/a", "basic 202 ",
		},
		{
			"sequences answer in turn, each counting for itself, and the last repeats",
			`"fetches":[{"url":"{{x1}}{{base}}/a","method":"PUT"},{"url":"{{x1}}{{base}}/a","method":"PUT"},{"url":"{{x1}}{{base}}/a"},{"url":"{{x1}}{{base}}/a"}],
			 "routes":[{"origin":"x1","path":"/a","preflight":{"status":500},"actual":{"status":500},
			   "preflightSeq":[{"status":403},{"status":204,"headers":[` + allow + `,["Access-Control-Allow-Methods","PUT"]]}],
			   "actualSeq":[{"status":201,"headers":[` + allow + `]},{"status":202,"headers":[` + allow + `]}]}]`,
			"0 OPTIONS x1/a; 1 OPTIONS x1/a; 1 PUT x1/a; 2 GET x1/a; 3 GET x1/a",
			"rejected TypeError; cors 201 ; cors 202 ; cors 202 ",
		},
		{
			"a challenge answers requests without Authorization",
			`"fetches":[{"url":"{{page}}{{base}}/a"},{"url":"{{page}}{{base}}/a","headers":[["Authorization","x"]]}],"routes":[{"origin":"page","path":"/a","challenge":{"status":403},"actual":{"status":200}}]`,
			"0 GET page/a; 1 GET page/a", "basic 403 ; basic 200 ",
		},
		{
			"tokens in headers and bodies are expanded, and collapsed in what script sees",
			`"fetches":[{"url":"{{x1}}{{base}}/a"}],"routes":[{"origin":"x1","path":"/a","actual":{"status":302,"headers":[` + allow + `,["Location","{{x1}}{{base}}/b"]]}},{"origin":"x1","path":"/b","actual":{"status":200,"headers":[["Access-Control-Allow-Origin","{{origin}}"]],"body":"{{x2}}"}}]`,
			"0 GET x1/a; 0 GET x1/b", "cors 200 {{x2}}",
		},
		{
			"a response to HEAD has no body",
			`"fetches":[{"url":"{{page}}{{base}}/a","method":"HEAD"}],"routes":[{"origin":"page","path":"/a","actual":{"status":200,"body":"ok"}}]`,
			"0 HEAD page/a", "basic 200 ",
		},
		{
			"a status below 200 is no response",
			`"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[{"origin":"page","path":"/a","actual":{"status":199}}]`,
			"0 GET page/a", "rejected TypeError",
		},
		{
			"a zero byte in a header is no response",
			`"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[{"origin":"page","path":"/a","actual":{"status":200,"headers":[["A","\u0000"]]}}]`,
			"0 GET page/a", "rejected TypeError",
		},
		{
			"nobody listens at another port, or host",
			`"fetches":[{"url":"http://localhost:9/"},{"url":"http://a.example:{{page:port}}/"},{"url":"http://127.0.0.2:{{page:port}}/"}],"routes":[]`,
			"", "rejected TypeError; rejected TypeError; rejected TypeError",
		},
		{
			"other names of the machine lead to the same server",
			`"fetches":[{"url":"http://[::1]:{{x1:port}}{{base}}/a","mode":"no-cors"},{"url":"http://a.localhost.:{{x1:port}}{{base}}/a","mode":"no-cors"}],"routes":[]`,
			"0 GET x1/a unrouted; 1 GET x1/a unrouted", "opaque 0 ; opaque 0 ",
		},
		{
			"a server without TLS does not answer https",
			`"fetches":[{"url":"{{x1:https}}{{base}}/a","mode":"no-cors"}],"routes":[]`,
			"", "rejected TypeError",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, read(t, c.members))
			if got := sequence(o); got != c.requests {
				t.Errorf("requests: got %q, want %q", got, c.requests)
			}
			if got := results(o); got != c.outcome {
				t.Errorf("outcome: got %q, want %q", got, c.outcome)
			}
		})
	}
}

func TestScriptThrows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, members string
		throws        bool
	}{
		{"no member at all", ``, false},
		{"an empty method", `,"method":""`, true},
		{"mode cors", `,"mode":"cors"`, false},
		{"mode in capitals", `,"mode":"CORS"`, true},
		{"mode navigate", `,"mode":"navigate"`, true},
		{"unknown credentials", `,"credentials":"maybe"`, true},
		{"unknown redirect", `,"redirect":"maybe"`, true},
		{"unknown cache", `,"cache":"maybe"`, true},
		{"unknown referrer policy", `,"referrerPolicy":"maybe"`, true},
		{"a header value up to U+00FF", `,"headers":[["X-A","ÿ"]]`, false},
		{"a header value with U+0100", `,"headers":[["X-A","Ā"]]`, true},
		{"a header name with U+0100", `,"headers":[["X-Ā","a"]]`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, read(t, `"fetches":[{"url":"{{page}}{{base}}/a"`+c.members+`}],"routes":[{"origin":"page","path":"/a","actual":{"status":200}}]`))
			if got := o.Fetches[0].Outcome == vectors.Rejected; got != c.throws {
				t.Errorf("got %q, want throws %v", results(o), c.throws)
			}
			if got := len(o.Requests) == 0; got != c.throws {
				t.Errorf("got requests %q, want throws %v", sequence(o), c.throws)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body  string
		contentType vectors.Values
		length      int
	}{
		{"a string has a type", `{"kind":"text","text":"é"}`, vectors.Values{"text/plain;charset=UTF-8"}, 2},
		{"an empty string too", `{"kind":"text","text":""}`, vectors.Values{"text/plain;charset=UTF-8"}, 0},
		{"a buffer has none", `{"kind":"buffer","text":"abc"}`, nil, 3},
		{"parameters are written anew", `{"kind":"params","text":"?a=b c&&d=%41%4g;+"}`, vectors.Values{"application/x-www-form-urlencoded;charset=UTF-8"}, len("a=b+c&d=A%254g%3B+")},
		{"a name without a value gets an equals sign", `{"kind":"params","text":"{}"}`, vectors.Values{"application/x-www-form-urlencoded;charset=UTF-8"}, len("%7B%7D=")},
		{"the boundary of a form counts as empty", `{"kind":"formdata","text":"a=b"}`, vectors.Values{"multipart/form-data; boundary={{boundary}}"}, 59},
		{"a form's lines end in two bytes", `{"kind":"formdata","text":"\na"}`, vectors.Values{"multipart/form-data; boundary={{boundary}}"}, 59},
		{"a blob without a type", `{"kind":"blob","text":"a"}`, nil, 1},
		{"a blob's type is lower-cased", `{"kind":"blob","text":"a","type":"Text/Plain"}`, vectors.Values{"text/plain"}, 1},
		{"a blob's type with U+007E", `{"kind":"blob","text":"a","type":"a/~"}`, vectors.Values{"a/~"}, 1},
		{"a blob's type with U+007F is none", `{"kind":"blob","text":"a","type":"a/\u007f"}`, nil, 1},
		{"a blob's type with a tab is none", `{"kind":"blob","text":"a","type":"a/b;\tc"}`, nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, read(t, `"fetches":[{"url":"{{page}}{{base}}/a","method":"POST","body":`+c.body+`}],"routes":[]`))
			got := o.Requests[0]
			if !slices.Equal(got.Headers["content-type"], c.contentType) || got.BodyLen != c.length {
				t.Errorf("got %q and %d bytes, want %q and %d", got.Headers["content-type"], got.BodyLen, c.contentType, c.length)
			}
		})
	}
}

func TestBodyLengthUnderAnAuthorsType(t *testing.T) {
	t.Parallel()
	o := run(t, read(t, `"fetches":[{"url":"{{page}}{{base}}/a","method":"POST","headers":[["Content-Type","text/plain"]],"body":{"kind":"formdata","text":"a=b"}}],"routes":[]`))
	if got := o.Requests[0].BodyLen; got != 59 {
		t.Errorf("got %d, want 59", got)
	}
}

func TestObservedHeaders(t *testing.T) {
	t.Parallel()
	o := run(t, read(t, `"fetches":[{"url":"{{page}}{{base}}/a","headers":[["X-É","1"],["X-A","é"]]},{"url":"{{page}}{{base}}/a","headers":[["Host","h"],["X-A","é"]]}],
		"routes":[{"origin":"page","path":"/a","actual":{"status":200,"headers":[["X-B"," \té\u0001 "],["x-b","2"],["A","{{x1}}"]],"body":"ok"}}]`))
	if got := o.Fetches[0].Outcome; got != vectors.Rejected {
		t.Errorf("got %s for a name that is no token", got)
	}
	want := []vectors.Field{{Name: "a", Value: "{{x1}}"}, {Name: "content-length", Value: "2"}, {Name: "x-b", Value: "\xe9\x01, 2"}}
	if got := o.Fetches[1].Response.Headers; !slices.Equal(got, want) {
		t.Errorf("response: got %q, want %q", got, want)
	}
	got := o.Requests[0].Headers
	if !slices.Equal(got["x-a"], vectors.Values{"\xe9"}) || !slices.Equal(got["host"], vectors.Values{"{{page:hostport}}"}) {
		t.Errorf("request: got %q", got)
	}
	if _, ok := got["accept"]; ok {
		t.Errorf("got accept, which no fetch names: %q", got)
	}
}

func TestSandboxIsOpaque(t *testing.T) {
	t.Parallel()
	o := run(t, read(t, `"context":"sandbox","fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[{"origin":"page","path":"/a","actual":{"status":200,"headers":[["Access-Control-Allow-Origin","{{origin}}"]]}}]`))
	if got := o.Requests[0].Headers["origin"]; !slices.Equal(got, vectors.Values{"null"}) || results(o) != "cors 200 " {
		t.Errorf("got Origin %q, %q", got, results(o))
	}
}

func TestPrime(t *testing.T) {
	t.Parallel()
	o := run(t, read(t, `"context":"sandbox","prime":[{"origin":"page","setCookie":["b=1; Path={{base}}","a~t-1=1","c~other=1"]}],"fetches":[{"url":"{{page}}{{base}}/a"},{"url":"{{page}}{{base}}/a","mode":"no-cors","credentials":"include"}],"routes":[]`))
	if got := sequence(o); got != "0 GET page/a unrouted; 1 GET page/a unrouted" {
		t.Errorf("the request that primes is in the log: %q", got)
	}
	window := run(t, read(t, `"prime":[{"origin":"page","setCookie":["b=1; Path={{base}}","a~t-1=1","c~other=1"]}],"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[]`))
	if got := window.Requests[0].Cookies; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got cookies %q", got)
	}
}

// Waiting takes no time, and is long enough to outlast what the preflight cache holds for five seconds.
func TestDelay(t *testing.T) {
	t.Parallel()
	members := `"fetches":[{"url":"{{x1}}{{base}}/a","method":"PUT"},{"url":"{{x1}}{{base}}/a","method":"PUT","delayMs":%d}],
		"routes":[{"origin":"x1","path":"/a","preflight":{"status":204,"headers":[` + allow + `,["Access-Control-Allow-Methods","PUT"]]},"actual":{"status":200,"headers":[` + allow + `]}}]`
	for delay, want := range map[int]int{0: 3, 4900: 3, 5100: 4} {
		if got := len(run(t, read(t, fmt.Sprintf(members, delay))).Requests); got != want {
			t.Errorf("after %d ms: got %d requests, want %d", delay, got, want)
		}
	}
}

func TestHTTPSSet(t *testing.T) {
	t.Parallel()
	const spage = `"group":"t","page":"spage",`
	o := run(t, read(t, spage+`"record":["referer"],"referrerPolicy":"origin","fetches":[{"url":"{{d443}}{{base}}/a"},{"url":"{{x1:https}}{{base}}/b","mode":"no-cors"},{"url":"https://site-d.test:80{{base}}/c","mode":"no-cors"},{"url":"http://localhost:443/","mode":"no-cors"}],"routes":[{"origin":"d443","path":"/a","actual":{"status":200,"headers":[["Access-Control-Allow-Origin","{{origin}}"]]}}]`))
	if got := sequence(o); got != "0 GET d443/a; 1 GET x1/b unrouted; 2 GET d80/c unrouted" || !o.Requests[1].Upgraded || o.Requests[0].Upgraded {
		t.Errorf("got %q", got)
	}
	if got := o.Requests[0].Headers["referer"]; !slices.Equal(got, vectors.Values{"{{spage}}/"}) {
		t.Errorf("got referer %q", got)
	}
}

// A visit at the top sets what is Strict for its own site, the page only what it may; the last look is at the top again.
func TestVisitsAtTheTop(t *testing.T) {
	t.Parallel()
	members := `"prime":[{"origin":"x1","top":true,"setCookie":["top=1; Path={{base}}; SameSite=Strict","other~x=1; Path=/","mine~{{id}}=1; Path=/"]},
		{"origin":"x1","setCookie":["page=1; Path={{base}}; SameSite=Strict"]}],"jar":["x1","x2"],
		"fetches":[{"url":"{{x1}}{{base}}/a","credentials":"include","mode":"no-cors"}],"routes":[]`
	o := run(t, read(t, members))
	if got := fmt.Sprint(o.Jar); got != "map[x1:[mine top] x2:[]]" {
		t.Errorf("got %s", got)
	}
	if got := o.Requests[0].Cookies; len(got) > 0 || len(o.Requests) != 1 {
		t.Errorf("got %q in the first of %d requests, want none in the only one", got, len(o.Requests))
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	image := func(status int, contentType, header, body string) string {
		return fmt.Sprintf(`,"routes":[{"origin":"x1","path":"/i","actual":{"status":%d,"headers":[["Content-Type",%q]%s],"body":%q}}]`,
			status, contentType, header, body)
	}
	const plain, anonymous = `"fetches":[{"url":"{{x1}}{{base}}/i","kind":"img"}]`, `"fetches":[{"url":"{{x1}}{{base}}/i","kind":"img","crossOrigin":"anonymous"}]`
	const credentials = `"fetches":[{"url":"{{x1}}{{base}}/i","kind":"img","crossOrigin":"use-credentials"}]`
	const wildcard, exact = `,["Access-Control-Allow-Origin","*"]`, `,` + allow + `,["Access-Control-Allow-Credentials","true"]`
	for _, c := range []struct {
		name, members, mode string
		want                vectors.Outcome
	}{
		{"without crossorigin the server need not allow anything", plain + image(200, "image/png", "", "i"), "no-cors", vectors.Loaded},
		{"an image that comes with an error is an image", plain + image(404, "image/png", "", "i"), "no-cors", vectors.Loaded},
		{"text is no image", plain + image(200, "text/plain", "", "i"), "no-cors", vectors.Failed},
		{"nothing is no image", plain + image(200, "image/png", "", ""), "no-cors", vectors.Failed},
		{"anonymous is CORS without credentials", anonymous + image(200, "image/png", wildcard, "i"), "cors", vectors.Loaded},
		{"anonymous needs an allowance", anonymous + image(200, "image/png", "", "i"), "cors", vectors.Failed},
		{"use-credentials is not content with the wildcard", credentials + image(200, "image/png", wildcard, "i"), "cors", vectors.Failed},
		{"use-credentials is content with the origin", credentials + image(200, "image/png", exact, "i"), "cors", vectors.Loaded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, read(t, c.members))
			if got := o.Fetches[0]; got.Outcome != c.want || got.Response != nil || got.Error != "" {
				t.Errorf("got %+v, want %q and nothing else", got, c.want)
			}
			h := o.Requests[0].Headers
			if h["sec-fetch-dest"][0] != "image" || h["sec-fetch-mode"][0] != c.mode {
				t.Errorf("got %v", h)
			}
		})
	}
}

// What a browser remembers of HTTP authentication is the jar's to keep.
func TestRunNeedsAnAuthenticator(t *testing.T) {
	t.Parallel()
	scenario := read(t, `"prime":[{"origin":"page","top":true,"auth":"u:p"}],"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[]`)
	_, err := play.Run(t.Context(), scenario, func(transport fetch.Transport, _ func() time.Time) *fetch.Client { return fetch.New(transport) })
	if !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(err.Error(), "play: t-1: prime: [0].auth: ") {
		t.Errorf("got %v", err)
	}
	if got := run(t, scenario).Requests[0].Headers["authorization"]; !slices.Equal(got, vectors.Values{"Basic dTpw"}) {
		t.Errorf("got %q", got)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := play.Run(ctx, read(t, `"fetches":[{"url":"{{page}}/"}],"routes":[]`), clients(fetch.Standard)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// A client that uses the transport wrongly is not taken for one that refuses.
func TestRunReportsAClientThatFloods(t *testing.T) {
	t.Parallel()
	flood := func(transport fetch.Transport, now func() time.Time) *fetch.Client {
		return clients(fetch.Standard)(flooding{transport}, now)
	}
	_, err := play.Run(t.Context(), read(t, `"fetches":[{"url":"{{page}}{{base}}/a"}],"routes":[]`), flood)
	if err == nil || !strings.Contains(err.Error(), "requests") {
		t.Errorf("got %v", err)
	}
}

type flooding struct{ fetch.Transport }

func (f flooding) Exchange(ctx context.Context, r *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	for range 10_000 {
		if _, err := f.Transport.Exchange(ctx, r); err != nil {
			return nil, err
		}
	}
	return f.Transport.Exchange(ctx, r)
}

// What the servers send, seen before the client has made anything of it.
func TestFraming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method string
		status       int
		length, body string
	}{
		{"a body has a length", "GET", 200, "2", "ok"},
		{"HEAD has the length without the body", "HEAD", 200, "2", ""},
		{"204 has neither", "GET", 204, "", ""},
		{"205 has both", "GET", 205, "2", "ok"},
		{"304 has neither", "GET", 304, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var seen recording
			s := read(t, fmt.Sprintf(`"fetches":[{"url":"{{page}}{{base}}/a","method":%q}],"routes":[{"origin":"page","path":"/a","actual":{"status":%d,"body":"ok"}}]`, c.method, c.status))
			_, err := play.Run(t.Context(), s, func(transport fetch.Transport, now func() time.Time) *fetch.Client {
				seen.Transport = transport
				return clients(fetch.Standard)(&seen, now)
			})
			if err != nil {
				t.Fatal(err)
			}
			if length, _ := seen.header.Get("Content-Length"); length != c.length || seen.body != c.body {
				t.Errorf("got %q and %q, want %q and %q", length, seen.body, c.length, c.body)
			}
		})
	}
}

// A recording keeps the last response of a transport.
type recording struct {
	fetch.Transport
	header header.List
	body   string
}

func (r *recording) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	response, err := r.Transport.Exchange(ctx, request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	r.header, r.body = response.Header, string(body)
	response.Body = io.NopCloser(strings.NewReader(r.body))
	return response, err
}

func BenchmarkCorpus(b *testing.B) {
	lines, err := load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for i := range lines {
			if _, err := play.Run(b.Context(), &lines[i].Scenario, clients(fetch.Standard)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
