package fetch_test

import (
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// An authJar is a jar that keeps one value for everything.
type authJar struct {
	jar

	value    string
	replaces bool
}

func (j *authJar) Authorization(fetch.CookieRequest) (string, bool) { return j.value, j.replaces }

func (j *authJar) Authenticate(r fetch.CookieRequest, username, password string) {
	j.value = r.URL + " " + username + " " + password
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	const mine, kept, missing = "Bearer mine", "Basic kept", "absent"
	for _, c := range []struct {
		name        string
		credentials fetch.CredentialsMode
		author      bool
		replaces    bool
		keeps, want string
	}{
		{"step 8.21.2.4: what is kept travels with credentials", fetch.CredentialsInclude, false, false, kept, kept},
		{"step 8.21: not without", fetch.CredentialsOmit, false, false, kept, missing},
		{"step 8.21: not to another origin by default", fetch.CredentialsSameOrigin, false, false, kept, missing},
		{"step 8.21.2: the author's goes first", fetch.CredentialsInclude, true, false, kept, mine},
		{"step 8.21.2: but in WebKit", fetch.CredentialsInclude, true, true, kept, kept},
		{"step 8.21.2.4: nothing is nothing", fetch.CredentialsInclude, false, false, "", missing},
		{"nothing replaces nothing", fetch.CredentialsInclude, true, true, "", mine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(int, *fetch.HTTPRequest) reply {
				return reply{status: 200, header: []string{acao + pageOrigin, allowCreds, "Access-Control-Allow-Headers: authorization"}}
			}}
			r := &fetch.Request{URL: api, Credentials: c.credentials}
			if c.author {
				r.Header = fields("Authorization: " + mine)
			}
			run(t, fetch.New(s, fetch.WithJar(&authJar{value: c.keeps, replaces: c.replaces})), s, r)
			last := s.log[len(s.log)-1]
			if got := last.get("Authorization"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if len(s.log) == 2 && s.log[0].get("Authorization") != missing {
				t.Errorf("the preflight has %q", s.log[0].get("Authorization"))
			}
		})
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	j := &authJar{}
	c := fetch.New(&server{}, fetch.WithJar(j))
	if !c.Authenticate(page(pageURL), "/door", "user", "pass") || j.value != pageOrigin+"/door user pass" {
		t.Errorf("got %q", j.value)
	}
	if c.Authenticate(page(pageURL), "https://", "user", "pass") {
		t.Error("no URL: got true")
	}
	if fetch.New(&server{}, fetch.WithJar(&jar{})).Authenticate(page(pageURL), "/door", "user", "pass") {
		t.Error("a jar for cookies only: got true")
	}
	if fetch.New(&server{}).Authenticate(page(pageURL), "/door", "user", "pass") {
		t.Error("no jar: got true")
	}
}
