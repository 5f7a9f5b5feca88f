package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/e2e/page"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

func TestCallAsArgumentsOfFetch(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		call page.Call
		want string
	}{
		{"what is empty is left out", page.Call{URL: "/"}, `{"init":{},"url":"/"}`},
		{"an empty body is one", page.Call{URL: "/", Method: "POST", Body: new("")}, `{"init":{"body":"","method":"POST"},"url":"/"}`},
		{
			"bytes of headers become characters, pairs keep their order",
			page.Call{URL: "/", Header: header.List{{Name: "X-B", Value: "\xe9\x01"}, {Name: "X-A", Value: "é"}}},
			`{"init":{"headers":[["X-B","` + "\u00e9" + `\u0001"],["X-A","` + "\u00c3\u00a9" + `"]]},"url":"/"}`,
		},
		{
			"every member has its name",
			page.Call{
				URL: "/", Method: "put", Mode: fetch.ModeCORS, Credentials: fetch.CredentialsOmit, Redirect: fetch.RedirectManual, Cache: fetch.CacheReload,
				ReferrerPolicy: fetch.NoReferrer, Body: new("é"),
			},
			`{"init":{"body":"é","cache":"reload","credentials":"omit","method":"put","mode":"cors","redirect":"manual","referrerPolicy":"no-referrer"},"url":"/"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := json.Marshal(tt.call)
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, error %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestCallForOurOwnEngine(t *testing.T) {
	t.Parallel()

	client := fetch.Environment{URL: "http://localhost/page/"}
	list := header.List{{Name: "X-A", Value: "1"}}
	call := page.Call{
		URL: "/", Method: "put", Header: list, Mode: fetch.ModeCORS, Credentials: fetch.CredentialsOmit, Redirect: fetch.RedirectManual,
		Cache: fetch.CacheReload, ReferrerPolicy: fetch.NoReferrer, Body: new("é"),
	}
	want := &fetch.Request{
		Client: client, URL: "/", Method: "put", Header: list, Mode: fetch.ModeCORS, Credentials: fetch.CredentialsOmit,
		Redirect: fetch.RedirectManual, Cache: fetch.CacheReload, ReferrerPolicy: fetch.NoReferrer,
		Body: &fetch.Body{Source: []byte("é"), Type: fetch.TextType},
	}
	if got := call.Request(client); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := (page.Call{URL: "/"}).Request(client); got.Body != nil {
		t.Errorf("without a body: got %+v, want none", got.Body)
	}
}

// The tests of browsers are where page.html itself is shown to work.
func TestPageIsServed(t *testing.T) {
	t.Parallel()

	p := page.New("/x", []page.Call{{URL: "/a"}, {URL: "/b"}})
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		method, target, body string
		status               int
		contentType, want    string // What the answer has in it.
	}{
		{"GET", p.Path(), "", 200, "text/html; charset=utf-8", "<script>"},
		{"GET", "/x/?a", "", 200, "text/html; charset=utf-8", "<script>"},
		{"GET", "/x/calls", "", 200, "application/json", `{"calls":[{"init":{},"url":"/a"},{"init":{},"url":"/b"}],"limit":10000}`},
		{"GET", "/x/other", "", 404, "text/plain", ""},
		{"PUT", "/x/calls", "", 404, "text/plain", ""},
		{"GET", "/x", "", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/y/", "", 404, "text/plain; charset=utf-8", ""},
		{"POST", "/x/outcome?0", `{"outcome":"response"}`, 204, "", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.target, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != tt.status || response.Header.Get("Content-Type") != tt.contentType || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s %s: got %d %q %.80q, error %v, want %d %q with %q", tt.method, tt.target, response.StatusCode,
				response.Header.Get("Content-Type"), got, err, tt.status, tt.contentType, tt.want)
		}
	}
}

// A report is what a browser posts.
type report struct{ target, body string }

func TestWait(t *testing.T) {
	t.Parallel()

	first := page.Outcome{
		Outcome: page.Answered, Type: fetch.CORSResponse, Status: 200, URL: "http://a/", Redirected: true, Headers: []string{"x-a"}, BodyError: "TypeError",
	}
	const firstText = `{"outcome":"response","type":"cors","status":200,"url":"http://a/","redirected":true,"headers":["x-a"],"bodyError":"TypeError"}`
	second := page.Outcome{Outcome: page.Rejected, Error: "TypeError"}
	const secondText = `{"outcome":"rejected","error":"TypeError"}`
	tests := []struct {
		name    string
		reports []report
		gone    bool // The browser, else the context.
		want    []page.Outcome
		err     string // What its error has in it.
	}{
		{
			name: "all outcomes, in the order of the calls", reports: []report{{"outcome?1", secondText}, {"outcome?0", firstText}},
			want: []page.Outcome{first, second},
		},
		{
			name: "a second report on a call does not count", reports: []report{{"outcome?0", firstText}, {"outcome?0", secondText}, {"outcome?1", secondText}},
			want: []page.Outcome{first, second},
		},
		{
			name: "a browser that falls silent", reports: []report{{"outcome?0", firstText}},
			want: []page.Outcome{first}, err: "heard of 1 calls of 2, first silence at /b: context canceled",
		},
		{name: "a browser that ends", gone: true, err: "heard of 0 calls of 2, first silence at /a: the browser has ended"},
		{
			name: "a page that fails says why", reports: []report{{"outcome?0", firstText}, {"problem", `"no"`}},
			want: []page.Outcome{first}, err: `in the page: "no"`,
		},
		{name: "a problem after everything was heard is none", reports: []report{{"outcome?0", firstText}, {"outcome?1", secondText}, {"problem", ""}}, want: []page.Outcome{first, second}},
		{name: "a report on no call", reports: []report{{"outcome?2", firstText}}, err: `report on call "2" of 2`},
		{name: "a report on a call below the first", reports: []report{{"outcome?-1", firstText}}, err: `report on call "-1" of 2`},
		{name: "a report that is no JSON", reports: []report{{"outcome?1", "{"}}, err: "report on call 1: "},
		{
			name: "a report of 1 MiB", reports: []report{{"outcome?0", pad(firstText, page.MaxReport)}, {"outcome?1", secondText}},
			want: []page.Outcome{first, second},
		},
		{name: "a report of a byte more", reports: []report{{"outcome?0", pad(firstText, page.MaxReport+1)}}, err: "over 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p := page.New("/", []page.Call{{URL: "/a"}, {URL: "/b"}})
			for _, r := range tt.reports {
				if _, ok := p.Answer("POST", p.Path()+r.target, []byte(r.body)); !ok {
					t.Fatalf("%s is not below the page", r.target)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var gone chan struct{}
			switch {
			case tt.gone:
				gone = make(chan struct{})
				close(gone)
			case tt.err != "":
				cancel()
			}
			got, err := p.Wait(ctx, gone)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
		})
	}

	t.Run("no calls, nothing to wait for", func(t *testing.T) {
		t.Parallel()

		if got, err := page.New("/", nil).Wait(t.Context(), nil); len(got) != 0 || err != nil {
			t.Errorf("got %v, error %v, want neither", got, err)
		}
	})

	t.Run("the error of the context is in the chain", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithTimeout(t.Context(), 0)
		defer cancel()
		if _, err := page.New("/", []page.Call{{}}).Wait(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// pad makes a text n bytes long with spaces, which mean nothing in JSON.
func pad(text string, n int) string { return text + strings.Repeat(" ", n-len(text)) }
