package fetch_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// hintECT is the client hint with the effective connection type.
const hintECT = "e" + "ct"

func TestProfilesAreNamed(t *testing.T) {
	t.Parallel()
	var names []string
	for _, p := range fetch.Profiles() {
		names = append(names, p.Name+"/"+p.Version)
	}
	want := []string{"Standard/", "Chromium/Chromium 156", "Firefox/Firefox ESR 153.7", "WebKit/WebKitGTK 2.50.6"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	for name, want := range map[string]string{
		"standard": "Standard", "chrome": "Chromium", "Chromium": "Chromium", "FIREFOX": "Firefox", "gecko": "Firefox",
		"safari": "WebKit", "WebKit": "WebKit", "": "", "Browsers": "", "opera": "", "chromes": "",
	} {
		if p, ok := fetch.ProfileNamed(name); p.Name != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", name, p.Name, ok, want)
		}
	}
}

// Which headers need a preflight, and under which names they are asked for, on both sides of every limit that an engine has.
func TestUnsafeHeadersOfEngines(t *testing.T) {
	t.Parallel()
	// Access-Control-Request-Headers of the standard, Chromium, Firefox and WebKit: "-" is no preflight.
	for _, c := range []struct {
		header []string
		want   [4]string
	}{
		{[]string{"Save-Data: on"}, [4]string{"save-data", "-", "save-data", "save-data"}},
		{[]string{"Save-Data: ON"}, [4]string{"save-data", "-", "save-data", "save-data"}},
		{[]string{"Save-Data: off"}, [4]string{"save-data", "save-data", "save-data", "save-data"}},
		{[]string{"DPR: 1.5"}, [4]string{"dpr", "-", "dpr", "dpr"}},
		{[]string{"DPR: 1."}, [4]string{"dpr", "dpr", "dpr", "dpr"}},
		{[]string{"Width: 1"}, [4]string{"width", "-", "width", "width"}},
		{[]string{"Width: 1.5"}, [4]string{"width", "width", "width", "width"}},
		{[]string{hintECT + ": 4g"}, [4]string{hintECT, "-", hintECT, hintECT}},
		{[]string{hintECT + ": 5g"}, [4]string{hintECT, hintECT, hintECT, hintECT}},
		{[]string{"Intervention: " + strings.Repeat("a", 128)}, [4]string{"intervention", "-", "intervention", "intervention"}},
		{[]string{"Intervention: " + strings.Repeat("a", 129)}, [4]string{"intervention", "intervention", "intervention", "intervention"}},
		{[]string{"User-Agent: x"}, [4]string{"user-agent", "-", "user-agent", "user-agent"}},

		{[]string{"Accept: " + strings.Repeat("a", 64), "Accept: " + strings.Repeat("a", 62)}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Accept: " + strings.Repeat("a", 64), "Accept: " + strings.Repeat("a", 63)}, [4]string{"-", "accept", "-", "accept"}},
		{[]string{"X-A: 1", "x-a: 2"}, [4]string{"x-a", "x-a", "x-a,x-a", "x-a"}},

		{[]string{"Content-Type: text/plain;;x"}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Content-Type: text/plain;;"}, [4]string{"-", "-", "content-type", "-"}},
		{[]string{"Content-Type: text/plain;"}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Content-Type: text/plain;a,b"}, [4]string{"-", "-", "content-type", "-"}},
		{[]string{"Content-Type: text/plain x;a"}, [4]string{"content-type", "content-type", "-", "content-type"}},
		{[]string{"Content-Type: text/html;a"}, [4]string{"content-type", "content-type", "content-type", "content-type"}},
		{[]string{"Content-Type: text/plain;\x7e"}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Content-Type: text/plain;\x80"}, [4]string{"-", "-", "content-type", "-"}},
		{[]string{"Accept: \x80"}, [4]string{"-", "-", "accept", "-"}},
		{[]string{"Accept: ("}, [4]string{"accept", "accept", "accept", "accept"}},

		{[]string{"Range: bytes=0-1"}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Range: Bytes=0-1"}, [4]string{"range", "range", "range", "-"}},
		{[]string{"Range: bytes=+0-+1"}, [4]string{"range", "range", "range", "-"}},
		{[]string{"Range: bytes=0-+"}, [4]string{"range", "range", "range", "range"}},
		{[]string{"Range: bytes=-1"}, [4]string{"range", "range", "range", "range"}},
		{[]string{"Range: bytes=2-1"}, [4]string{"range", "range", "range", "range"}},
		{[]string{"Range: bytes=9223372036854775806-"}, [4]string{"-", "-", "-", "-"}},
		{[]string{"Range: bytes=9223372036854775807-"}, [4]string{"-", "range", "-", "-"}},
		{[]string{"Range: bytes=18446744073709551615-"}, [4]string{"range", "range", "-", "-"}},
		{[]string{"Range: bytes=18446744073709551616-"}, [4]string{"range", "range", "range", "range"}},
	} {
		for i, profile := range fetch.Profiles() {
			s := allowing(acah + "save-data,dpr,width,intervention," + hintECT + ",user-agent,accept,x-a,content-type,range")
			wantReason(t, run(t, fetch.New(s, fetch.WithProfile(profile)), s, &fetch.Request{URL: api, Header: fields(c.header...)}), "", "")
			got := "-"
			if s.preflights() > 0 {
				got = s.log[0].get("Access-Control-Request-Headers")
			}
			if got != c.want[i] {
				t.Errorf("%s: %q: got %q, want %q", profile.Name, c.header, got, c.want[i])
			}
		}
	}
}

// The limits that scenarios cannot wait for.
func TestPreflightCacheLimitsOfEngines(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"standard": 7200, "chromium": 7200, "firefox": 86400, "webkit": 600} {
		for _, c := range []struct{ wait, want int }{{limit - 1, 1}, {limit + 1, 2}} {
			t.Run(fmt.Sprintf("%s asks %d times within %d s", name, c.want, c.wait), func(t *testing.T) {
				t.Parallel()
				profile, _ := fetch.ProfileNamed(name)
				now := newClock()
				s := allowing(acam+"PUT", acma+"100000")
				client := fetch.New(s, fetch.WithClock(now.Now), fetch.WithProfile(profile))
				put := fetch.Request{URL: api, Method: "PUT"}
				wantReason(t, run(t, client, s, &put), "", "")
				now.advance(time.Duration(c.wait) * time.Second)
				wantReason(t, run(t, client, s, &put), "", "")
				if got := s.preflights(); got != c.want {
					t.Errorf("got %d preflights, want %d", got, c.want)
				}
			})
		}
	}
	for name, limit := range map[string]int{"chromium": 1024, "firefox": 100} {
		t.Run(fmt.Sprintf("%s keeps %d URLs", name, limit), func(t *testing.T) {
			t.Parallel()
			profile, _ := fetch.ProfileNamed(name)
			now := newClock()
			s := allowing(acam+"PUT", acma+"600")
			client := fetch.New(s, fetch.WithClock(now.Now), fetch.WithProfile(profile))
			ask := func(n int) {
				wantReason(t, run(t, client, s, &fetch.Request{URL: api + "?" + strconv.Itoa(n), Method: "PUT"}), "", "")
				now.advance(time.Millisecond)
			}
			for n := range limit {
				ask(n)
			}
			ask(0)
			if got := s.preflights(); got != limit {
				t.Errorf("got %d preflights, want %d: the first is kept", got, limit)
			}
			ask(limit)
			ask(0)
			if got := s.preflights(); got != limit+2 {
				t.Errorf("got %d preflights, want %d: the first made room", got, limit+2)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		profile fetch.Profile
		request fetch.Request
		method  string
		header  []string
		field   string // of the error
	}{
		{"the method is normalized", fetch.Standard, fetch.Request{Method: "put"}, "PUT", nil, ""},
		{"but not every one", fetch.Standard, fetch.Request{Method: "patch"}, "patch", nil, ""},
		{"forbidden headers are dropped", fetch.Standard, fetch.Request{Header: fields("Host: x", "X-A: 1")}, "GET", []string{"X-A: 1"}, ""},
		{"User-Agent is not one", fetch.Standard, fetch.Request{Header: fields("User-Agent: x")}, "GET", []string{"User-Agent: x"}, ""},
		{"but in one engine", fetch.Chromium, fetch.Request{Header: fields("User-Agent: x")}, "GET", nil, ""},
		{
			"the guard of no-cors", fetch.Standard, fetch.Request{Mode: fetch.ModeNoCORS, Header: fields("X-A: 1", "Accept: x")},
			"GET", []string{"Accept: x"}, "",
		},
		{
			"a body brings its type along", fetch.Standard, fetch.Request{Method: "POST", Body: &fetch.Body{Type: "text/plain"}},
			"POST", []string{"Content-Type: text/plain"}, "",
		},
		{"a bad method throws", fetch.Standard, fetch.Request{Method: "a b"}, "", nil, "Method"},
		{"a bad name throws", fetch.Standard, fetch.Request{Header: []fetch.Field{{Name: "a b"}}}, "", nil, "Header[0].Name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := c.request
			request.URL, request.Client = api, page(pageURL)
			method, header, err := fetch.New(nil, fetch.WithProfile(c.profile)).Normalize(&request)
			var lines []string
			for _, f := range header {
				lines = append(lines, f.Name+": "+f.Value)
			}
			if method != c.method || !slices.Equal(lines, c.header) {
				t.Errorf("got %q, %q, want %q, %q", method, lines, c.method, c.header)
			}
			field := ""
			if err != nil {
				requestError, ok := errors.AsType[*fetch.RequestError](err)
				if !ok {
					t.Fatal(err)
				}
				field = requestError.Field
			}
			if field != c.field {
				t.Errorf("got error about %q, want %q: %v", field, c.field, err)
			}
		})
	}
}
