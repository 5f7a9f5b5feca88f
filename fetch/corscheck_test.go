package fetch_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

func TestCORSCheck(t *testing.T) {
	t.Parallel()

	const (
		omit       = fetch.CredentialsOmit
		sameOrigin = fetch.CredentialsSameOrigin
		include    = fetch.CredentialsInclude
	)
	for _, c := range []struct {
		name        string
		credentials fetch.CredentialsMode
		header      []string
		want        fetch.Reason
		step        string
	}{
		{"step 2: nothing said means nothing allowed", omit, nil, fetch.AllowOriginMissing, "2"},
		{"step 2: nor is it with credentials", include, []string{allowCreds}, fetch.AllowOriginMissing, "2"},
		{"step 2: a name that only looks like it is not it", omit, []string{"Access-Control-Allow-Origins: *"}, fetch.AllowOriginMissing, "2"},
		{"step 2: the name counts in any case", omit, []string{"aCCESS-cONTROL-aLLOW-oRIGIN: *"}, "", ""},
		{"step 2: an empty value is there and allows nobody", omit, []string{acao}, fetch.AllowOriginInvalid, "4"},

		{"step 3: wildcard covers omit", omit, []string{acao + "*"}, "", ""},
		{"step 3: wildcard covers same-origin", sameOrigin, []string{acao + "*"}, "", ""},
		{"step 3: wildcard does not cover include", include, []string{acao + "*", allowCreds}, fetch.AllowOriginWildcard, "4"},
		{"step 3: two wildcards are no wildcard", omit, []string{acao + "*", acao + "*"}, fetch.AllowOriginMultiple, "4"},
		{"step 3: nor are two in a row", omit, []string{acao + "**"}, fetch.AllowOriginInvalid, "4"},
		{"step 3: a quoted wildcard is none", omit, []string{acao + `"*"`}, fetch.AllowOriginInvalid, "4"},

		{"step 4: the origin byte for byte", omit, []string{allowPage}, "", ""},
		{"step 4: another origin", omit, []string{acao + "https://other.example"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: another scheme", omit, []string{acao + "http://page.example"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: another port", omit, []string{allowPage + ":8443"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: the default port", omit, []string{allowPage + ":443"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: a trailing slash", omit, []string{allowPage + "/"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: a trailing dot", omit, []string{allowPage + "."}, fetch.AllowOriginMismatch, "4"},
		{"step 4: a path", omit, []string{allowPage + "/dir"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: an upper-case host", omit, []string{acao + "https://PAGE.example"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: an upper-case scheme", omit, []string{acao + "HTTPS://page.example"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: one byte less", omit, []string{acao + "https://page.exampl"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: one byte more", omit, []string{allowPage + "e"}, fetch.AllowOriginMismatch, "4"},
		{"step 4: null is another origin", omit, []string{acao + "null"}, fetch.AllowOriginNull, "4"},
		{"step 4: NULL is nothing", omit, []string{acao + "NULL"}, fetch.AllowOriginInvalid, "4"},
		{"step 4: two origins on one line", omit, []string{allowPage + ", https://other.example"}, fetch.AllowOriginMultiple, "4"},
		{"step 4: two origins without a space", omit, []string{allowPage + ",https://other.example"}, fetch.AllowOriginMultiple, "4"},
		{"step 4: two origins with a space only", omit, []string{allowPage + " https://other.example"}, fetch.AllowOriginMultiple, "4"},
		{"step 4: the origin and a wildcard", omit, []string{allowPage + ", *"}, fetch.AllowOriginMultiple, "4"},
		{"step 4: the origin twice on two lines", omit, []string{allowPage, allowPage}, fetch.AllowOriginMultiple, "4"},
		{"step 4: the origin and an empty line", omit, []string{allowPage, acao}, fetch.AllowOriginMultiple, "4"},
		{"step 4: the host alone", omit, []string{acao + "page.example"}, fetch.AllowOriginInvalid, "4"},
		{"step 4: a host pattern", omit, []string{acao + "https://*.example"}, fetch.AllowOriginInvalid, "4"},
		{"step 4: a scheme alone", omit, []string{acao + "https:"}, fetch.AllowOriginInvalid, "4"},
		{"step 4: a value too long to be a URL", omit, []string{acao + "https://" + strings.Repeat("a", 1<<20)}, fetch.AllowOriginInvalid, "4"},

		{"step 5: without credentials nobody reads Access-Control-Allow-Credentials", omit, []string{allowPage, acac + "false"}, "", ""},
		{"step 5: same-origin is without credentials to another origin", sameOrigin, []string{allowPage}, "", ""},

		{"step 7: true", include, []string{allowPage, acac + "true"}, "", ""},
		{"step 8: absent", include, []string{allowPage}, fetch.AllowCredentialsMissing, "8"},
		{"step 8: True is not true", include, []string{allowPage, acac + "True"}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: TRUE is not true", include, []string{allowPage, acac + "TRUE"}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: 1 is not true", include, []string{allowPage, acac + "1"}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: a quoted true is not true", include, []string{allowPage, acac + `"true"`}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: a wildcard is not true", include, []string{allowPage, acac + "*"}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: empty is not true", include, []string{allowPage, acac}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: true twice on one line", include, []string{allowPage, acac + "true, true"}, fetch.AllowCredentialsNotTrue, "8"},
		{"step 8: true twice on two lines", include, []string{allowPage, allowCreds, allowCreds}, fetch.AllowCredentialsNotTrue, "8"},
		{"steps 4 and 8: the origin is looked at first", include, []string{acao + "null"}, fetch.AllowOriginNull, "4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{header: c.header, body: "secret"})
			got := run(t, fetch.New(s), s, &fetch.Request{URL: api, Credentials: c.credentials})
			step := c.step
			if step != "" {
				step = "concept-cors-check " + step
			}
			wantReason(t, got, c.want, step)
			if got.blocked != nil && got.blocked.Preflight {
				t.Error("the check was not made on a preflight")
			}
			wantLines(t, s, "GET "+api)
		})
	}
}

func TestCORSCheckSaysWhatItCompared(t *testing.T) {
	t.Parallel()
	s := always(reply{header: []string{acao + "https://a.example", acao + "https://b.example"}})
	got := run(t, fetch.New(s), s, &fetch.Request{URL: api})
	if got.blocked == nil {
		t.Fatal("got a response")
	}
	if want := "https://a.example, https://b.example"; got.blocked.Got != want {
		t.Errorf("got Got %q, want %q", got.blocked.Got, want)
	}
	if got.blocked.Want != pageOrigin {
		t.Errorf("got Want %q, want %q", got.blocked.Want, pageOrigin)
	}
	if got.blocked.URL != api {
		t.Errorf("got URL %q, want %q", got.blocked.URL, api)
	}
}

// What the origin is that the check compares with: not always the page's.
func TestCORSCheckOrigin(t *testing.T) {
	t.Parallel()

	const bare = "https://bare.example:8443"
	for _, c := range []struct {
		name   string
		client fetch.Environment
		routes map[string]reply
		want   fetch.Reason
		sent   int
	}{
		{"step 4: an opaque origin is null", sandboxed(), map[string]reply{api: {header: []string{acao + "null"}}}, "", 1},
		{"step 3: the wildcard covers an opaque origin", sandboxed(), map[string]reply{api: {header: []string{acao + "*"}}}, "", 1},
		{"step 4: where the opaque page came from does not count", sandboxed(), map[string]reply{
			api: {header: []string{allowPage}},
		}, fetch.AllowOriginMismatch, 1},
		{"step 4: a page that is not said to be anywhere is null", fetch.Environment{URL: pageURL}, map[string]reply{
			api: {header: []string{acao + "null"}},
		}, "", 1},
		{"step 4: a port that is not the default is part of the origin", page(bare + "/"), map[string]reply{
			api: {header: []string{acao + bare}},
		}, "", 1},
		{"step 4: an origin without its port is another", page(bare + "/"), map[string]reply{
			api: {header: []string{acao + "https://bare.example"}},
		}, fetch.AllowOriginMismatch, 1},
		{"step 4: a redirect between others taints the origin to null", page(pageURL), map[string]reply{
			api: to(302, other, allowPage), other: {header: []string{acao + "null"}},
		}, "", 2},
		{"step 4: after which the page's own origin does not match", page(pageURL), map[string]reply{
			api: to(302, other, allowPage), other: {header: []string{allowPage}},
		}, fetch.AllowOriginMismatch, 2},
		{"step 3: while the wildcard still does", page(pageURL), map[string]reply{
			api: to(302, other, allowPage), other: {header: []string{acao + "*"}},
		}, "", 2},
		{"HTTP fetch step 4.4: a redirect is checked before it is followed", page(pageURL), map[string]reply{
			api: to(302, other), other: {header: []string{acao + "*"}},
		}, fetch.AllowOriginMissing, 1},
		{"HTTP fetch step 4.4: so is one that leads back to the page's origin", page(pageURL), map[string]reply{
			api: to(302, own), own: {header: []string{acao + "*"}},
		}, fetch.AllowOriginMissing, 1},
		{"HTTP fetch step 4.4: and what is there is checked like anybody's", page(pageURL), map[string]reply{
			api: to(302, own, allowPage), own: {},
		}, fetch.AllowOriginMissing, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := routes(c.routes)
			wantReason(t, run(t, fetch.New(s), s, &fetch.Request{Client: c.client, URL: api}), c.want, "")
			if got := len(s.lines()); got != c.sent {
				t.Errorf("sent %q, want %d requests", s.lines(), c.sent)
			}
		})
	}
}

func TestCORSCheckIsNotMade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		request fetch.Request
	}{
		{"main fetch step 12: for the page's own origin", fetch.Request{URL: own}},
		{"main fetch step 12: for the page's own origin with credentials", fetch.Request{URL: own, Credentials: fetch.CredentialsInclude}},
		{"main fetch step 12: for a navigation", fetch.Request{URL: api, Mode: fetch.ModeNavigate}},
		{"main fetch step 12: for an opaque response", fetch.Request{URL: api, Mode: fetch.ModeNoCORS}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := always(reply{})
			wantReason(t, run(t, fetch.New(s), s, &c.request), "", "")
		})
	}
}

func TestCORSCheckIsNotMadeOnThePagesOwnRedirect(t *testing.T) {
	t.Parallel()
	s := routes(map[string]reply{own: to(302, api), api: {header: []string{allowPage}}})
	wantReason(t, run(t, fetch.New(s), s, &fetch.Request{URL: own}), "", "")
	wantLines(t, s, "GET "+own, "GET "+api)
}
