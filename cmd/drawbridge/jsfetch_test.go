package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// chromeFetch is what Chromium's "Copy as fetch" gives.
const chromeFetch = `fetch("https://api.test/items?a=1", {
  "headers": {
    "accept": "*/*",
    "accept-language": "en-US,en;q=0.9",
    "cache-control": "no-cache",
    "content-type": "application/json",
    "pragma": "no-cache",
    "priority": "u=1, i",
    "sec-ch-ua": "\"Chromium\";v=\"142\"",
    "sec-ch-ua-mobile": "?0",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "cross-site"
  },
  "referrer": "https://app.test/",
  "referrerPolicy": "strict-origin-when-cross-origin",
  "body": "{\"text\":\"it's \\n \u00e9\"}",
  "method": "PUT",
  "mode": "cors",
  "credentials": "include"
});`

// nodeFetch is what Chromium's "Copy as fetch (Node.js)" gives.
const nodeFetch = `fetch("https://api.test/items", {
  "headers": {
    "accept": "*/*",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "cookie": "sid=1; b=2",
    "Referer": "https://app.test/"
  },
  "body": null,
  "method": "GET"
});`

// firefoxFetch is what Firefox's "Copy as Fetch" gives.
const firefoxFetch = `await fetch("https://api.test/items", {
    "credentials": "omit",
    "headers": {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "*/*",
        "Accept-Language": "en-US,en;q=0.5",
        "Sec-GPC": "1",
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-site",
        "Priority": "u=4"
    },
    "referrer": "https://app.test/page",
    "method": "DELETE",
    "mode": "cors"
});`

// safariFetch is what Safari's "Copy as fetch" gives.
const safariFetch = `fetch("https://api.test/items", {
    body: "a=1",
    cache: "default",
    credentials: "include",
    headers: {"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded", "Priority": "u=3, i"},
    method: "POST",
    mode: "cors",
    redirect: "follow",
    referrer: "https://app.test/",
    referrerPolicy: "strict-origin-when-cross-origin"
})`

func TestFromFetch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, code      string
		method, page    string
		credentials     fetch.CredentialsMode
		header, cookies []string
		body, mime      string
		note            string
	}{
		{
			"Chromium", chromeFetch, "PUT", "https://app.test", "include",
			[]string{"accept: */*", "accept-language: en-US,en;q=0.9", "content-type: application/json"}, nil,
			`{"text":"it's \n é"}`, fetch.TextType, "Disable cache",
		},
		{"Chromium, for Node.js: cookies among the headers", nodeFetch, "GET", "https://app.test", "include", []string{"accept: */*"}, []string{"sid=1", "b=2"}, "", "", ""},
		{"Firefox", firefoxFetch, "DELETE", "https://app.test", "omit", []string{"Accept: */*", "Accept-Language: en-US,en;q=0.5"}, nil, "", "", "Priority"},
		{
			"Safari says nothing of what the browser sent, so Priority may be the page's", safariFetch, "POST", "https://app.test", "include",
			[]string{"Accept: */*", "Content-Type: application/x-www-form-urlencoded", "Priority: u=3, i"}, nil, "a=1", fetch.TextType, "",
		},
		{"a URL alone", `fetch("https://api.test/items")`, "GET", "https://app.example", "same-origin", nil, nil, "", "", ""},
		{
			"code around it", "const res = await window.fetch(`https://api.test/items`, undefined).then(r => r.json()).catch(console.error);\nconsole.log(res)",
			"GET", "https://app.example", "same-origin", nil, nil, "", "", "Only the first fetch()",
		},
		{
			"headers as pairs, a body by JSON.stringify", `return fetch('https://api.test/items', {method: 'post', headers: [['X-A', 1], ["X-B", null]], body: JSON.stringify({b: [1, 2.50, "x"], 1: true, u: undefined})})`,
			"POST", "https://app.example", "same-origin", []string{"X-A: 1", "X-B: null"}, nil, `{"1":true,"b":[1,2.5,"x"]}`, fetch.TextType, "",
		},
		{
			"new Request, new Headers, new URLSearchParams, new URL", `fetch(new Request(new URL("items", "https://api.test/x"), {method: "PUT", headers: new Headers({"X-A": "b"}), body: new URLSearchParams({q: "a b&é", r: "~*"})}))`,
			"PUT", "https://app.example", "same-origin", []string{"X-A: b"}, nil, "q=a+b%26%C3%A9&r=%7E*", formType + ";charset=UTF-8", "",
		},
		{
			"a token by btoa, a signal that is not looked at", "fetch('https://api.test/' + 'items', {headers: {Authorization: 'Basic ' + btoa('me:pw'), ['X-' + `${1}`]: encodeURIComponent('a/b')}, signal: controller.signal, integrity: ''})",
			"GET", "https://app.example", "same-origin", []string{"Authorization: Basic bWU6cHc=", "X-1: a%2Fb"}, nil, "", "", "integrity",
		},
		{
			"a blob with a type", `fetch("https://api.test/items", {method: "POST", body: new Blob(["{", '}'], {type: "Application/JSON"})})`,
			"POST", "https://app.example", "same-origin", nil, nil, "{}", "application/json", "",
		},
		{
			"a forgotten JSON.stringify is sent as a browser sends it", `fetch("https://api.test/items", {method: "POST", body: {a: 1}})`,
			"POST", "https://app.example", "same-origin", nil, nil, "[object Object]", fetch.TextType, "forgotten",
		},
		{
			"a header's characters up to U+00FF are bytes", `fetch("https://api.test/items", {headers: {"X-A": "\u00e9\xff"}})`,
			"GET", "https://app.example", "same-origin", []string{"X-A: \xe9\xff"}, nil, "", "", "",
		},
		{
			"User-Agent in code that a person wrote is the page's", `fetch("https://api.test/items", {headers: {"User-Agent": "me/1"}})`,
			"GET", "https://app.example", "same-origin", []string{"User-Agent: me/1"}, nil, "", "", "",
		},
		{
			"options in parentheses", `fetch("https://api.test/items", (({method: "PUT"})))`,
			"PUT", "https://app.example", "same-origin", nil, nil, "", "", "",
		},
		{
			"the later of two members counts", `fetch("https://api.test/items", {headers: {a: "1", b: "2", "a": "3"}})`,
			"GET", "https://app.example", "same-origin", []string{"a: 3", "b: 2"}, nil, "", "", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, "--from-fetch", c.code)
			body, mime := "", ""
			if o.Request.Body != nil {
				body, mime = string(o.Request.Body.Source), o.Request.Body.Type
			}
			url, _, _ := strings.Cut(o.Request.URL, "?")
			equal(t, "URL", url, "https://api.test/items")
			equal(t, "method", o.Request.Method, c.method)
			equal(t, "page", o.Request.Client.Origin.String(), c.page)
			equal(t, "credentials", o.Request.Credentials, c.credentials)
			equalStrings(t, "headers", lines(o.Request.Header), c.header)
			equalStrings(t, "cookies", o.Cookies, c.cookies)
			equal(t, "body", body, c.body)
			equal(t, "type", mime, c.mime)
			if !strings.Contains(strings.Join(o.Notes, "\n"), c.note) || c.note == "" && len(o.Notes) > 0 {
				t.Errorf("notes: got %q, want %q", o.Notes, c.note)
			}
		})
	}
}

func TestFromFetchOptions(t *testing.T) {
	t.Parallel()
	o := mustParse(t, "--from-fetch", `fetch("https://api.test/", {mode: "same-origin", redirect: "manual", cache: "only-if-cached", keepalive: true, referrer: "", referrerPolicy: "unsafe-url"})`)
	r := o.Request
	equal(t, "options", fmt.Sprintf("%s %s %s %t %s %s", r.Mode, r.Redirect, r.Cache, r.Keepalive, r.Referrer, r.ReferrerPolicy), "same-origin manual only-if-cached true no-referrer unsafe-url")
	o = mustParse(t, "--from-fetch", `fetch("/items?a", {mode: "cors"})`, "--origin", "https://app.test")
	equal(t, "a relative URL", o.Request.URL, "https://app.test/items?a")
	o = mustParse(t, "--from-fetch", firefoxFetch, "-X", "PUT", "--credentials")
	equal(t, "flags win", fmt.Sprint(o.Request.Method, o.Request.Credentials), "PUTinclude")
	equal(t, "the browser's name", strings.HasPrefix(o.UserAgent, "Mozilla/5.0"), true)
	equal(t, "the page's URL", o.Request.Client.URL, "https://app.test/page")
}

func TestFromFetchErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"a variable as URL", `fetch(API + "/x")`, `"API"`},
		{"a variable in a template", "fetch(`https://a.test/${id}`)", `"id"`},
		{"a variable as a header", `fetch("https://a.test/", {headers: {a: token}})`, `"token"`},
		{"a short member", `fetch("https://a.test/", {headers})`, `"headers"`},
		{"a variable as body", `fetch("https://a.test/", {method: "POST", body: JSON.stringify({a: b.c})})`, `"b.c"`},
		{"options that are a variable", `fetch("https://a.test/", opts)`, `"opts"`},
		{"spread arguments", `fetch("https://a.test/", {}, ...more)`, `"more"`},
		{"spread options", `fetch("https://a.test/", {...opts})`, `"opts"`},
		{"a function's result", `fetch("https://a.test/", {headers: getHeaders()})`, `"getHeaders()"`},
		{"a form", `fetch("https://a.test/", {method: "POST", body: new FormData(f)})`, "FormData"},
		{"a method of the options", `fetch("https://a.test/", {method() {}})`, "function"},
		{"headers that are a string", `fetch("https://a.test/", {headers: "a: b"})`, "headers"},
		{"a pair of three", `fetch("https://a.test/", {headers: [["a", "b", "c"]]})`, "headers"},
		{"a header above U+00FF", `fetch("https://a.test/", {headers: {a: "\u0100"}})`, "U+00FF"},
		{"no fetch", `axios.get("https://a.test/")`, "no call of fetch()"},
		{"a fetch of something else", `cache.fetch("https://a.test/")`, "no call of fetch()"},
		{"no arguments", `fetch()`, "no arguments"},
		{"no JavaScript", `fetch("https://a.test/"`, "JavaScript"},
		{"an open string", `fetch("https://a.test/`, "JavaScript"},
		{"nothing", ` `, `no call of fetch(); paste what DevTools' "Copy as fetch" gives`},
		{"a bad escape", `fetch("https://a.test/\u00")`, "escape"},
		{"octal of old", `fetch("https://a.test/\101")`, "escape"},
		{"depth", `fetch(` + strings.Repeat("[", 100000) + `)`, "nested"},
		{"depth of another kind", `fetch(` + strings.Repeat("!", 100000) + `1)`, "nested"},
		{"more than 1 MiB", `fetch("https://a.test/` + strings.Repeat("x", maxPaste) + `")`, "1 MiB"},
		{"growth", `fetch("https://a.test/", {method: "PUT", body: ` + strings.Repeat("JSON.stringify(", 40) + `"\""` + strings.Repeat(")", 40) + `})`, "16 MiB"},
		{"an unknown mode", `fetch("https://a.test/", {mode: "corss"})`, `"corss"`},
		{"only-if-cached in mode cors", `fetch("https://a.test/", {cache: "only-if-cached"})`, "same-origin"},
		{"a body with GET", `fetch("https://a.test/", {body: "x", method: "GET"})`, "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseCheck([]string{"--from-fetch", c.code}, testFiles("", nil))
			wantUsageError(t, err, c.want)
		})
	}
}

// FuzzFromFetch: a fetch() that is written by JSON reads back, and any text ends in options that hold together or in a usage error.
func FuzzFromFetch(f *testing.F) {
	for _, s := range []string{chromeFetch, nodeFetch, firefoxFetch, safariFetch, "fetch(`${", "fetch('\\u{110000}')", "a \u2028\U0001F600 \x00 \\ \" ' `"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := parseCheck([]string{"--from-fetch", s, "--origin", "https://app.test"}, testFiles("", nil))
		checkInvariants(t, o, err)
		if !utf8.ValidString(s) || len(s) > 1000 {
			return
		}
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		a, err := parseFetch(fmt.Sprintf(`fetch("https://a.test/", {"method": "POST", "body": %s})`, quoted))
		if err != nil || string(a.body.Source) != s {
			t.Errorf("%s: got %+v and %v, want %q", quoted, a.body, err, s)
		}
	})
}
