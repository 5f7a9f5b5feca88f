package vectors_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/vectors"
)

func ports(change func(map[vectors.Ref]uint16)) map[vectors.Ref]uint16 {
	m := map[vectors.Ref]uint16{"page": 20001, "ss": 20002, "x1": 20003, "x2": 20004, "x3": 20005, "ippage": 20006}
	change(m)
	return m
}

func TestNewOrigins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(map[vectors.Ref]uint16)
		want   string
	}{
		{"six are enough", func(map[vectors.Ref]uint16) {}, ""},
		{"five are not", func(m map[vectors.Ref]uint16) { delete(m, "x3") }, `"x3" has no port`},
		{"the lowest port", func(m map[vectors.Ref]uint16) { m["x1"] = 10000 }, ""},
		{"a port of four digits", func(m map[vectors.Ref]uint16) { m["x1"] = 9999 }, "five digits"},
		{"a port that browsers block", func(m map[vectors.Ref]uint16) { m["x1"] = 10080 }, "not 10080"},
		{"a port taken", func(m map[vectors.Ref]uint16) { m["x1"] = 20001 }, "the same port 20001"},
		{"an unknown place", func(m map[vectors.Ref]uint16) { m["moon"] = 20009 }, `"moon" is no origin`},
		{"default ports", func(m map[vectors.Ref]uint16) { m["d443"], m["d80"] = 443, 80 }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := vectors.NewOrigins(ports(c.change))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func testOrigins(t testing.TB) *vectors.Origins {
	t.Helper()
	o, err := vectors.NewOrigins(ports(func(m map[vectors.Ref]uint16) { m["spage"], m["d443"], m["d80"] = 20007, 443, 80 }))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestExpandAndCollapse(t *testing.T) {
	t.Parallel()
	o := testOrigins(t)
	window := &vectors.Scenario{ID: "w-1", Page: vectors.Page}
	sandbox := &vectors.Scenario{ID: "w-1", Page: vectors.Page, Context: vectors.Sandbox}
	for _, c := range []struct {
		name     string
		scenario *vectors.Scenario
		text     string
		expanded string
		// collapsed is empty if it is the text again.
		collapsed string
	}{
		{"no token", window, "a{b}", "a{b}", ""},
		{"an origin", window, "{{x1}}{{base}}/a?b", "http://127.0.0.1:20003/s/w-1/a?b", ""},
		{"two on one line", window, "{{x1}}, {{x2}}", "http://127.0.0.1:20003, http://x2.localhost:20004", ""},
		{"the page's origin", window, "{{origin}}", "http://localhost:20001", "{{page}}"},
		{"capitals", window, "{{page:upper}}", "HTTP://LOCALHOST:20001", ""},
		{"scheme in capitals", window, "{{page:upperscheme}}", "HTTP://localhost:20001", "HTTP://{{page:hostport}}"},
		{"host in capitals", window, "{{page:upperhost}}", "http://LOCALHOST:20001", "http://LOCALHOST:{{page:port}}"},
		{"another scheme", window, "{{x2:https}}", "https://x2.localhost:20004", "https://{{x2:hostport}}"},
		{"the same scheme", window, "{{x2:http}}", "http://x2.localhost:20004", "{{x2}}"},
		{"host and port", window, "{{x2:hostport}}", "x2.localhost:20004", ""},
		{"only the host", window, "{{x2:host}}", "x2.localhost", "x2.localhost"},
		{"only the port", window, ":{{x2:port}}", ":20004", ""},
		{"no port", window, "{{x2:noport}}", "http://x2.localhost", "http://x2.localhost"},
		{"the id", window, "c~{{id}}", "c~w-1", "c~w-1"},
		{"the base without a slash stays", window, "{{base}}", "/s/w-1", "/s/w-1"},
		{"another name of the machine", window, "http://[::1]:20003/", "http://[::1]:20003/", "http://[::1]:{{x1:port}}/"},
		{"a port with a zero before it", window, "http://127.0.0.1:020003/", "http://127.0.0.1:020003/", "http://127.0.0.1:0{{x1:port}}/"},
		{"a port inside a number", window, ":120003", ":120003", ""},
		{"a boundary", window, "a; boundary=----WebKitFormBoundaryX1; b", "a; boundary=----WebKitFormBoundaryX1; b", "a; boundary={{boundary}}; b"},
		{"a boundary that no browser makes", window, "boundary=abc", "boundary=abc", ""},
		{"raw bytes stay", window, "\xe9{{x1}}\xff", "\xe9http://127.0.0.1:20003\xff", ""},
		{"an unknown token stays", window, "{{moon}}{{page:moon}}", "{{moon}}{{page:moon}}", ""},
		{"a place that has no port stays", window, "{{sx1}}", "{{sx1}}", ""},
		{"a default port", window, "{{d443}} {{d80}}", "https://site-d.test http://site-d.test", ""},
		{"parts of a default port", window, "{{d443:hostport}}{{d443:port}}", "site-d.test", "{{d443:hostport}}"},
		{"an https page keeps its scheme", window, "{{spage:noport}}", "https://site-a.test", "https://site-a.test"},
		{"sandbox: null", sandbox, "{{origin}}", "null", "null"},
		{"sandbox: capitals", sandbox, "{{origin:upper}}", "NULL", "NULL"},
		{"sandbox: https", sandbox, "{{origin:https}}", "https://null", "https://null"},
		{"sandbox: host and port", sandbox, "{{origin:hostport}} {{origin:host}}", "null null", "null null"},
		{"sandbox: no port", sandbox, "{{origin:port}}|{{origin:noport}}", "|http://null", "|http://null"},
		{"sandbox: scheme in capitals", sandbox, "{{origin:upperscheme}}", "HTTP://null", "HTTP://null"},
		{"sandbox: host in capitals", sandbox, "{{origin:upperhost}}", "http://NULL", "http://NULL"},
		{"sandbox: the page is still the page", sandbox, "{{page}}", "http://localhost:20001", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.collapsed == "" {
				c.collapsed = c.text
			}
			expanded := o.Expand(c.scenario, c.text)
			if expanded != c.expanded {
				t.Errorf("got %q, want %q", expanded, c.expanded)
			}
			if got := o.Collapse(c.scenario, expanded); got != c.collapsed {
				t.Errorf("collapsed: got %q, want %q", got, c.collapsed)
			}
		})
	}
}

func TestRefAt(t *testing.T) {
	t.Parallel()
	o := testOrigins(t)
	for _, c := range []struct {
		name, scheme, port string
		want               vectors.Ref
	}{
		{"by port", "http", "20003", "x1"},
		{"by port, whatever the scheme", "https", "20003", "x1"},
		{"https by default port", "https", "", "d443"},
		{"http by default port", "http", "", "d80"},
		{"https at the port of http", "https", "80", "d80"},
		{"http at the port of https", "http", "443", "d443"},
		{"nobody there", "http", "20099", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := o.RefAt(c.scheme, c.port); got.Ref != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v", got.Ref, ok)
			}
		})
	}
}

func TestOriginsOfEveryPlace(t *testing.T) {
	t.Parallel()
	o := vectors.FixedOrigins()
	seen := map[string]vectors.Ref{}
	for _, p := range vectors.Places() {
		origin := o.Origin(p.Ref)
		if other, again := seen[origin]; again || !strings.HasPrefix(origin, p.Scheme+"://"+p.Host) {
			t.Errorf("%s: got %q, taken by %q", p.Ref, origin, other)
		}
		seen[origin] = p.Ref
	}
	if len(seen) != 20 {
		t.Errorf("got %d places, want 20", len(seen))
	}
	if got := (&vectors.Origins{}).Origin(vectors.Page); got != "" {
		t.Errorf("the zero value knows %q", got)
	}
}

// FuzzCollapse: expanding what was collapsed gives it again.
func FuzzCollapse(f *testing.F) {
	o := vectors.FixedOrigins()
	for _, s := range []string{
		"{{x1}}{{base}}/a", "{{origin:upper}}", "http://127.1:041003/s/i/", "{{page:upperhost}},{{d443:hostport}}", "{{pa{{origin:port}}ge}}",
		"multipart/form-data; boundary=----a", "\xff{{ss}}\x00", "x2.localhost:41004", "/s/i/s/i/", "{{{page}}}",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, sandboxed bool) {
		s := &vectors.Scenario{ID: "i", Page: vectors.IPPage}
		if sandboxed {
			s.Context = vectors.Sandbox
		}
		expanded := o.Expand(s, text)
		// An empty {{origin:port}} can leave a new token behind, and a boundary is lost on purpose.
		if strings.Contains(expanded, "{{") || strings.Contains(expanded, "boundary=----") {
			return
		}
		collapsed := o.Collapse(s, expanded)
		if again := o.Expand(s, collapsed); again != expanded {
			t.Errorf("got %q, want %q, by %q", again, expanded, collapsed)
		}
	})
}
