package vectors_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

// observation returns one with something in every class, newly made, so that a test can change one thing.
func observation() vectors.Observed {
	fields := []vectors.Field{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}
	return vectors.Observed{
		Fetches: []vectors.FetchOutcome{
			{
				Request:  &vectors.Probe{Method: "PUT", Headers: slices.Clone(fields)},
				Outcome:  vectors.Responded,
				Response: &vectors.SeenResponse{Type: "cors", Status: 200, URL: "{{x1}}{{base}}/a", Headers: slices.Clone(fields), Body: "ok"},
			},
			{Request: &vectors.Probe{Throws: "TypeError"}, Outcome: vectors.Rejected, Error: "TypeError"},
		},
		Requests: []vectors.Request{
			{Origin: "x1", Path: "/a", Method: "OPTIONS", Preflight: true, Headers: map[string]vectors.Values{
				"origin": {"{{page}}"}, "access-control-request-method": {"PUT"}, "access-control-request-headers": {"x-a,x-b"},
				"accept": {"*/*"}, "referer": {"{{page}}/"}, "x-odd": {"1"},
			}},
			{Origin: "x1", Path: "/a", Method: "PUT", Cookies: []string{"c"}, BodyLen: 3, Headers: map[string]vectors.Values{
				"origin": {"{{page}}"}, "authorization": {"x"}, "content-type": {"text/plain"}, "accept": {"a"}, "referer": {"{{page}}/"},
				"sec-fetch-site": {"cross-site"}, "sec-fetch-mode": {"cors"}, "sec-fetch-dest": {"empty"}, "sec-fetch-storage-access": {"none"},
			}},
		},
		Jar: map[vectors.Ref][]string{"x1": {"c"}},
	}
}

func TestDiffer(t *testing.T) {
	t.Parallel()
	preflight := func(o *vectors.Observed) map[string]vectors.Values { return o.Requests[0].Headers }
	actual := func(o *vectors.Observed) map[string]vectors.Values { return o.Requests[1].Headers }
	for _, c := range []struct {
		name   string
		change func(*vectors.Observed)
		want   []vectors.Class
	}{
		{"nothing", func(*vectors.Observed) {}, nil},
		{"outcome, and no follower", func(o *vectors.Observed) {
			o.Fetches[0].Outcome, o.Fetches[0].Error, o.Fetches[0].Response = vectors.Rejected, "TypeError", nil
		}, []vectors.Class{"outcome"}},
		{"the exception's name", func(o *vectors.Observed) { o.Fetches[1].Error = "NetworkError" }, []vectors.Class{"outcome"}},
		{"response type", func(o *vectors.Observed) { o.Fetches[0].Response.Type = "basic" }, []vectors.Class{"response.type"}},
		{"response status", func(o *vectors.Observed) { o.Fetches[0].Response.Status = 201 }, []vectors.Class{"response.status"}},
		{"response URL", func(o *vectors.Observed) { o.Fetches[0].Response.URL += "?" }, []vectors.Class{"response.url"}},
		{"redirected", func(o *vectors.Observed) { o.Fetches[0].Response.Redirected = true }, []vectors.Class{"response.redirected"}},
		{"response header's value", func(o *vectors.Observed) { o.Fetches[0].Response.Headers[0].Value = "" }, []vectors.Class{"response.headers"}},
		{"response header missing", func(o *vectors.Observed) { o.Fetches[0].Response.Headers = nil }, []vectors.Class{"response.headers"}},
		{"response headers in another order", func(o *vectors.Observed) { slices.Reverse(o.Fetches[0].Response.Headers) }, nil},
		{"response header in capitals", func(o *vectors.Observed) { o.Fetches[0].Response.Headers[0].Name = "A" }, nil},
		{"body", func(o *vectors.Observed) { o.Fetches[0].Response.Body = "" }, []vectors.Class{"response.body"}},
		{"body error", func(o *vectors.Observed) { o.Fetches[0].Response.BodyError = "TypeError" }, []vectors.Class{"response.body"}},
		{"a request less, and no follower", func(o *vectors.Observed) { o.Requests = o.Requests[:1] }, []vectors.Class{"requests.sequence"}},
		{"requests in another order", func(o *vectors.Observed) { slices.Reverse(o.Requests) }, []vectors.Class{"requests.sequence"}},
		{"request of another fetch", func(o *vectors.Observed) { o.Requests[1].Fetch = 1 }, []vectors.Class{"requests.sequence"}},
		{"request by TLS", func(o *vectors.Observed) { o.Requests[1].Upgraded = true }, []vectors.Class{"requests.sequence"}},
		{"request path", func(o *vectors.Observed) { o.Requests[1].Path = "/a?" }, []vectors.Class{"requests.sequence"}},
		{"Origin", func(o *vectors.Observed) { actual(o)["origin"] = vectors.Values{"null"} }, []vectors.Class{"requests.origin"}},
		{"Origin on two lines", func(o *vectors.Observed) { actual(o)["origin"] = vectors.Values{"{{page}}", "{{page}}"} }, []vectors.Class{"requests.origin"}},
		{"no Origin is not an empty one", func(o *vectors.Observed) { actual(o)["origin"] = vectors.Values{""} }, []vectors.Class{"requests.origin"}},
		{"Access-Control-Request-Method", func(o *vectors.Observed) { delete(preflight(o), "access-control-request-method") }, []vectors.Class{"requests.acrm"}},
		{"Access-Control-Request-Headers is raw", func(o *vectors.Observed) {
			preflight(o)["access-control-request-headers"] = vectors.Values{"x-a, x-b"}
		}, []vectors.Class{"requests.acrh"}},
		{"probe throws", func(o *vectors.Observed) { o.Fetches[1].Request.Throws = "" }, []vectors.Class{"probe.throws"}},
		{"probe method", func(o *vectors.Observed) { o.Fetches[0].Request.Method = "put" }, []vectors.Class{"probe.method"}},
		{"probe headers", func(o *vectors.Observed) { o.Fetches[0].Request.Headers = nil }, []vectors.Class{"probe.headers"}},
		{"no probe at all", func(o *vectors.Observed) { o.Fetches[0].Request, o.Fetches[1].Request = nil, nil }, []vectors.Class{"probe.headers", "probe.method", "probe.throws"}},
		{"cookies", func(o *vectors.Observed) { o.Requests[1].Cookies = nil }, []vectors.Class{"requests.cookies"}},
		{"body length", func(o *vectors.Observed) { o.Requests[1].BodyLen = 0 }, []vectors.Class{"requests.bodyLen"}},
		{"Authorization", func(o *vectors.Observed) { delete(actual(o), "authorization") }, []vectors.Class{"requests.authorization"}},
		{"Content-Type", func(o *vectors.Observed) { actual(o)["content-type"] = vectors.Values{"text/plain "} }, []vectors.Class{"requests.content-type"}},
		{"Sec-Fetch-Site", func(o *vectors.Observed) { actual(o)["sec-fetch-site"] = vectors.Values{"none"} }, []vectors.Class{"requests.sec-fetch-site"}},
		{"Sec-Fetch-Mode", func(o *vectors.Observed) { actual(o)["sec-fetch-mode"] = vectors.Values{"no-cors"} }, []vectors.Class{"requests.sec-fetch-mode"}},
		{"Sec-Fetch-Dest", func(o *vectors.Observed) { actual(o)["sec-fetch-dest"] = vectors.Values{"image"} }, []vectors.Class{"requests.sec-fetch-dest"}},
		{"Sec-Fetch-Storage-Access", func(o *vectors.Observed) { delete(actual(o), "sec-fetch-storage-access") }, []vectors.Class{"requests.sec-fetch-storage-access"}},
		{"Referer", func(o *vectors.Observed) { delete(actual(o), "referer") }, []vectors.Class{"requests.referer"}},
		{"Referer of a preflight does not count", func(o *vectors.Observed) { delete(preflight(o), "referer") }, nil},
		{"another header", func(o *vectors.Observed) { delete(actual(o), "accept") }, []vectors.Class{"requests.headers"}},
		{"another header of a preflight", func(o *vectors.Observed) { delete(preflight(o), "x-odd") }, []vectors.Class{"requests.headers"}},
		{"a browser's own header of a preflight does not count", func(o *vectors.Observed) { delete(preflight(o), "accept") }, nil},
		{"jar", func(o *vectors.Observed) { o.Jar["x1"] = nil }, []vectors.Class{"jar"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := observation()
			c.change(&o)
			if got := vectors.Differ(observation(), o); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if got := vectors.Differ(o, observation()); !slices.Equal(got, c.want) {
				t.Errorf("the other way round: got %v, want %v", got, c.want)
			}
			core := slices.DeleteFunc(slices.Clone(c.want), func(c vectors.Class) bool { return !c.Core() })
			if got := vectors.DifferCore(o, observation()); !slices.Equal(got, core) {
				t.Errorf("core: got %v, want %v", got, core)
			}
		})
	}
}

func TestCoreClasses(t *testing.T) {
	t.Parallel()
	core := vectors.CoreClasses()
	if len(core) != 11 {
		t.Errorf("got %d core classes, want 11", len(core))
	}
	classes := vectors.Classes(observation())
	for _, c := range core {
		if !c.Core() || classes[c] == "" {
			t.Errorf("%s: got core %v and %q", c, c.Core(), classes[c])
		}
	}
	if vectors.CookiesClass.Core() {
		t.Error("cookies are no core class")
	}
}

// A value with a line's end in it must not look like two lines.
func TestClassesAreUnambiguous(t *testing.T) {
	t.Parallel()
	field := func(fields ...vectors.Field) vectors.Observed {
		return vectors.Observed{Fetches: []vectors.FetchOutcome{{Outcome: vectors.Responded, Response: &vectors.SeenResponse{Headers: fields}}}}
	}
	one := field(vectors.Field{Name: "a", Value: `1"; b: "2`})
	two := field(vectors.Field{Name: "a", Value: "1"}, vectors.Field{Name: "b", Value: "2"})
	if got := vectors.Differ(one, two); len(got) != 1 {
		t.Errorf("got %v, want one class", got)
	}
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	s := vectors.Scenario{
		Record:  []string{"referer"},
		Fetches: []vectors.Fetch{{}, {Headers: []vectors.AuthorField{{Name: "X-Odd"}}}},
	}
	for name, want := range map[string]bool{
		"origin": true, "authorization": true, "content-type": true, "sec-fetch-site": true, "access-control-request-private-network": true,
		"referer": true, "x-odd": true, "accept": false, "sec-fetch-user": false, "access-control": false, "": false,
	} {
		if got := s.Recorded(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

// FuzzDiffer: comparing is symmetric, and nothing differs from itself.
func FuzzDiffer(f *testing.F) {
	f.Add([]byte(`{"fetches":[{"outcome":"response","response":{"headers":[["a","é"]]}}],"requests":[{"headers":{"origin":["x"]}}]}`), []byte(`{}`))
	f.Add([]byte(`{"fetches":[{"outcome":"rejected"}],"jar":{"x1":["a"]}}`), []byte(`{"fetches":[{"outcome":"rejected","error":"TypeError"}]}`))
	f.Fuzz(func(t *testing.T, dataA, dataB []byte) {
		var a, b vectors.Observed
		if json.Unmarshal(dataA, &a) != nil || json.Unmarshal(dataB, &b) != nil {
			return
		}
		if got := vectors.Differ(a, a); len(got) > 0 {
			t.Errorf("got %v for an observation and itself", got)
		}
		if ab, ba := vectors.Differ(a, b), vectors.Differ(b, a); !slices.Equal(ab, ba) {
			t.Errorf("got %v and %v", ab, ba)
		}
	})
}
