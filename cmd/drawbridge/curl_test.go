package main

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/curlflags"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/shellwords"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// chromeCurl is what Chromium's "Copy as cURL (bash)" gives for a PUT with cookies and a body that needs escapes.
const chromeCurl = `curl 'https://api.test/items?a=1&b=%5B%5D' \
  -X 'PUT' \
  -H 'accept: */*' \
  -H 'accept-language: en-US,en;q=0.9' \
  -H 'authorization: Bearer abc.def' \
  -H 'content-type: application/json' \
  -b 'sid=1; theme=dark' \
  -H 'origin: https://app.test' \
  -H 'priority: u=1, i' \
  -H 'referer: https://app.test/' \
  -H 'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'sec-ch-ua-platform: "Linux"' \
  -H 'sec-fetch-dest: empty' \
  -H 'sec-fetch-mode: cors' \
  -H 'sec-fetch-site: cross-site' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' \
  --data-raw $'{"text":"it\'s \u0021 \\n $HOME ` + "`x`" + `"}'`

// firefoxCurl is what Firefox's "Copy as cURL (POSIX)" gives.
const firefoxCurl = `curl 'https://api.test/items' \
  --compressed \
  -X POST \
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' \
  -H 'Accept: */*' \
  -H 'Accept-Language: en-US,en;q=0.5' \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \
  -H 'Referer: https://app.test/' \
  -H 'Content-Type: text/plain;charset=UTF-8' \
  -H 'Origin: https://app.test' \
  -H 'DNT: 1' \
  -H 'Sec-GPC: 1' \
  -H 'Connection: keep-alive' \
  -H 'Cookie: sid=1' \
  -H 'Sec-Fetch-Dest: empty' \
  -H 'Sec-Fetch-Mode: cors' \
  -H 'Sec-Fetch-Site: same-site' \
  -H 'Priority: u=4' \
  -H 'TE: trailers' \
  --data-raw 'hello'`

// safariCurl is what Safari's "Copy as cURL" gives.
const safariCurl = `curl 'https://api.test/items' \
-X 'DELETE' \
-H 'Accept: */*' \
-H 'Origin: https://app.test' \
-H 'Referer: https://app.test/' \
-H 'Sec-Fetch-Dest: empty' \
-H 'Accept-Language: en-GB,en;q=0.9' \
-H 'Sec-Fetch-Mode: cors' \
-H 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15' \
-H 'X-Requested-With: XMLHttpRequest' \
-H 'Priority: u=3, i'`

// cmdCurl is what Chromium's "Copy as cURL (cmd)" gives.
const cmdCurl = "curl ^\"https://api.test/items?a=1^&b=2^\" ^\r\n" +
	"  -H ^\"accept: */*^\" ^\r\n" +
	"  -H ^\"content-type: application/json^\" ^\r\n" +
	"  -H ^\"origin: https://app.test^\" ^\r\n" +
	"  -H ^\"user-agent: Mozilla/5.0^\" ^\r\n" +
	"  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"C:^\\^\\x^\\^\",^\\^\"b^\\^\":50^%^}^\""

func TestFromCurl(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, command     string
		url, method, page string
		credentials       fetch.CredentialsMode
		header, cookies   []string
		body              string
		notes             []string
	}{
		{
			"Chromium: the page's headers stay, the browser's go", chromeCurl,
			"https://api.test/items?a=1&b=%5B%5D", "PUT", "https://app.test", "include",
			[]string{"accept: */*", "accept-language: en-US,en;q=0.9", "authorization: Bearer abc.def", "content-type: application/json"},
			[]string{"sid=1", "theme=dark"}, `{"text":"it's ! \n $HOME ` + "`x`" + `"}`, []string{"priority"},
		},
		{
			"Firefox: the method comes from -X, Cookie from -H", firefoxCurl,
			"https://api.test/items", "POST", "https://app.test", "include",
			[]string{"Accept: */*", "Accept-Language: en-US,en;q=0.5", "Content-Type: text/plain;charset=UTF-8"},
			[]string{"sid=1"}, "hello", []string{"Accept-Encoding, DNT, Connection, Priority, TE"},
		},
		{
			"Safari: lines without indent", safariCurl,
			"https://api.test/items", "DELETE", "https://app.test", "same-origin",
			[]string{"Accept: */*", "Accept-Language: en-GB,en;q=0.9", "X-Requested-With: XMLHttpRequest"}, nil, "", []string{"Priority"},
		},
		{
			"the Windows command prompt's form", cmdCurl,
			"https://api.test/items?a=1&b=2", "POST", "https://app.test", "same-origin",
			[]string{"accept: */*", "content-type: application/json"}, nil, `{"a":"C:\x","b":50%}`, nil,
		},
		{
			"a prompt and a pipe are copied along", "$ curl -s https://api.test/ | jq .",
			"https://api.test/", "GET", "https://app.example", "same-origin", nil, nil, "", []string{"| jq ."},
		},
		{
			"double quotes keep what single ones would", `curl "https://api.test/" -H "X-A: \"q\" \\ \$5 '"`,
			"https://api.test/", "GET", "https://app.example", "same-origin", []string{`X-A: "q" \ $5 '`}, nil, "", nil,
		},
		{
			"words of several quotes are one word", `curl 'https://api'.test"/x"\?y`,
			"https://api.test/x?y", "GET", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"a comment is none of it", "curl https://api.test/ # 'not closed\n -X PUT",
			"https://api.test/", "PUT", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"a comment after a line that goes on", "curl https://api.test/ -X PUT \\\n# it's a comment",
			"https://api.test/", "PUT", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"the User-Agent of a command is curl's own, not the page's", "curl https://api.test/ -H 'User-Agent: curl/8'",
			"https://api.test/", "GET", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"patterns and tildes are kept", "curl https://api.test/~me/[1-3]/*?x={a,b}",
			"https://api.test/~me/[1-3]/*?x={a,b}", "GET", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"flags that take a value skip it, unknown ones are named", "curl -o out.txt --proxy p:1 -w '%{http_code}' --connect-timeout 5 --no-keepalive --frobnicate https://api.test/",
			"https://api.test/", "GET", "https://app.example", "same-origin", nil, nil, "", []string{"--proxy, --connect-timeout", "--frobnicate"},
		},
		{
			"a long flag may be shortened while it is clear", "curl --insec --head https://api.test/ --user-a x",
			"https://api.test/", "HEAD", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"joined short flags", "curl -sSLXPUT -dx=1 https://api.test/",
			"https://api.test/", "PUT", "https://app.example", "same-origin", nil, nil, "x=1", nil,
		},
		{
			"--url and --", "curl --url https://api.test/ -G -d a=b --",
			"https://api.test/?a=b", "GET", "https://app.example", "same-origin", nil, nil, "", nil,
		},
		{
			"-u, and a path to curl", "/usr/bin/curl -u me:pw https://api.test/",
			"https://api.test/", "GET", "https://app.example", "same-origin", []string{"Authorization: Basic bWU6cHc="}, nil, "", []string{"preflight"},
		},
		{
			"no Origin, but the browser said same-origin", "curl 'https://api.test/x' -H 'sec-fetch-site: same-origin' -H 'sec-fetch-mode: cors'",
			"https://api.test/x", "GET", "https://api.test", "same-origin", nil, nil, "", []string{"same origin"},
		},
		{
			"no Origin, but a Referer", "curl 'https://api.test/x' -H 'referer: https://app.test/deep'",
			"https://api.test/x", "GET", "https://app.test", "same-origin", nil, nil, "", nil,
		},
		{
			"\"Disable cache\" does not count as the page's headers", "curl 'https://api.test/x' -H 'sec-fetch-mode: cors' -H 'pragma: no-cache' -H 'cache-control: no-cache'",
			"https://api.test/x", "GET", "https://app.example", "same-origin", nil, nil, "", []string{"Disable cache"},
		},
		{
			"Cache-Control in a command of a person's is the page's", "curl 'https://api.test/x' -H 'pragma: no-cache' -H 'cache-control: no-cache'",
			"https://api.test/x", "GET", "https://app.example", "same-origin", []string{"pragma: no-cache", "cache-control: no-cache"}, nil, "", nil,
		},
		{
			"a surrogate pair in $'' is one character", `curl 'https://api.test/' --data-raw $'\ud83d\ude00 \xe9\101\e'`,
			"https://api.test/", "POST", "https://app.example", "same-origin", nil, nil, "😀 \xe9A\x1b", nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, "--from-curl", c.command)
			body := ""
			if o.Request.Body != nil {
				body = string(o.Request.Body.Source)
			}
			equal(t, "URL", o.Request.URL, c.url)
			equal(t, "method", o.Request.Method, c.method)
			equal(t, "page", o.Request.Client.Origin.String(), c.page)
			equal(t, "credentials", o.Request.Credentials, c.credentials)
			equalStrings(t, "headers", lines(o.Request.Header), c.header)
			equalStrings(t, "cookies", o.Cookies, c.cookies)
			equal(t, "body", body, c.body)
			for _, note := range c.notes {
				if !strings.Contains(strings.Join(o.Notes, "\n"), note) {
					t.Errorf("notes: got %q, want %q among them", o.Notes, note)
				}
			}
			if c.notes == nil && len(o.Notes) > 0 {
				t.Errorf("notes: got %q, want none", o.Notes)
			}
		})
	}
}

func TestFromCurlOptions(t *testing.T) {
	t.Parallel()
	o := mustParse(t, "--from-curl", chromeCurl)
	equal(t, "user agent", o.UserAgent, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
	equal(t, "destination", o.Request.Destination, "")
	equal(t, "page's URL", o.Request.Client.URL, "https://app.test/")
	o = mustParse(t, "--from-curl", "curl https://api.test/ -k -m 5 --http1.1 -H 'sec-fetch-mode: no-cors' -H 'sec-fetch-dest: image' --resolve api.test:443:127.0.0.1")
	equal(t, "insecure", o.Insecure, true)
	equal(t, "timeout", o.Timeout.String(), "5s")
	equal(t, "version", o.HTTPVersion, "1.1")
	equal(t, "mode", o.Request.Mode, fetch.ModeNoCORS)
	equal(t, "destination", o.Request.Destination, "image")
	equal(t, "rules", len(o.Network.Resolve), 1)
	o = mustParse(t, "--from-curl", "curl https://api.test/ -H 'sec-fetch-mode: cors' -H 'pragma: no-cache' -H 'cache-control: no-cache'")
	equal(t, "cache", o.Request.Cache, fetch.CacheReload)
}

func TestFlagsWinOverPaste(t *testing.T) {
	t.Parallel()
	o := mustParse(t, "--from-curl", chromeCurl, "https://other.test/", "-X", "POST", "--origin", "https://page.test", "--credentials=omit",
		"-H", "Content-Type: text/plain", "-H", "X-New: 1", "-d", "short", "-b", "a=1", "--mode", "same-origin")
	equal(t, "URL", o.Request.URL, "https://other.test/")
	equal(t, "method", o.Request.Method, "POST")
	equal(t, "page", o.Request.Client.Origin.String(), "https://page.test")
	equal(t, "credentials", o.Request.Credentials, fetch.CredentialsOmit)
	equal(t, "mode", o.Request.Mode, fetch.ModeSameOrigin)
	equal(t, "body", string(o.Request.Body.Source), "short")
	equalStrings(t, "cookies", o.Cookies, []string{"a=1"})
	equalStrings(t, "headers", lines(o.Request.Header), []string{
		"accept: */*", "accept-language: en-US,en;q=0.9", "authorization: Bearer abc.def", "Content-Type: text/plain", "X-New: 1",
	})
	o = mustParse(t, "--from-curl", chromeCurl, "-H", "Cookie: c=3")
	equalStrings(t, "cookies by -H", o.Cookies, []string{"c=3"})
	o = mustParse(t, "--from-curl", "curl -I https://api.test/", "-X", "PUT")
	equal(t, "-X over -I", o.Request.Method, "PUT")
	o = mustParse(t, "--from-curl", "curl -X PUT https://api.test/", "-I")
	equal(t, "-I over -X", o.Request.Method, "HEAD")
	o = mustParse(t, "--from-curl", "curl https://api.test/ -H 'sec-fetch-mode: cors' -H 'pragma: no-cache' -H 'cache-control: no-cache'", "-H", "Cache-Control: no-cache")
	equalStrings(t, "headers said again are the page's", lines(o.Request.Header), []string{"Cache-Control: no-cache"})
}

func TestFromCurlStandardInput(t *testing.T) {
	t.Parallel()
	o, err := parseCheck([]string{"--from-curl", "-"}, testFiles(chromeCurl+"\n", nil))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "method", o.Request.Method, "PUT")
	_, err = parseCheck([]string{"--from-curl", "-", "-d", "@-"}, testFiles(chromeCurl, nil))
	wantUsageError(t, err, "standard input was read before")
}

func TestFromCurlErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, command, want string }{
		{"not curl", "wget https://a.test/", "no curl command"},
		{"PowerShell's form", `Invoke-WebRequest -Uri "https://a.test/"`, "no curl command"},
		{"nothing", " ", `is empty; paste what DevTools' "Copy as cURL" gives`},
		{"only curl", "curl", "no URL"},
		{"a quote that is open", "curl 'https://a.test/", "not closed"},
		{"a variable", `curl "https://a.test/$ID"`, `"$ID"`},
		{"a variable in braces", `curl https://a.test/${ID}`, `"${ID}"`},
		{"a command substitution", `curl https://a.test/$(id)`, "$(id)"},
		{"an old command substitution", "curl \"https://a.test/`id`\"", "`id`"},
		{"nested substitutions", "curl " + strings.Repeat("$(", 100000), "$("},
		{"nested subshells", "curl " + strings.Repeat("(", 100000), "outside quotes"},
		{"an & outside quotes", "curl https://a.test/?a=1&b=2", "quotes"},
		{"a redirection", "curl https://a.test/ > out", "redirections"},
		{"two URLs", "curl https://a.test/ https://b.test/", "second URL"},
		{"a flag without its value", "curl https://a.test/ -H", "-H needs a value"},
		{"a long flag without its value", "curl https://a.test/ --data", "--data needs a value"},
		{"a form", "curl https://a.test/ -F a=b", "--form"},
		{"an upload", "curl -T f https://a.test/", "--data-binary"},
		{"several requests", "curl https://a.test/ --next https://b.test/", "one request"},
		{"a WebSocket's handshake", "curl https://a.test/ -H 'sec-fetch-mode: websocket'", "WebSocket"},
		{"a NUL", "curl 'https://a.test/\x00'", "NUL"},
		{"an open quote for the command prompt", "curl ^\"https://a.test/", "not closed"},
		{"a password in the URL", "curl https://me:pw@a.test/", "user name or password"},
		{"more than 1 MiB", "curl https://a.test/ -d '" + strings.Repeat("x", maxPaste) + "'", "1 MiB"},
		{"too many words", "curl" + strings.Repeat(" a", shellwords.MaxWords), "words"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseCheck([]string{"--from-curl", c.command}, testFiles("", nil))
			wantUsageError(t, err, c.want)
		})
	}
}

func TestPasteOfExactlyTheLimit(t *testing.T) {
	t.Parallel()
	head, tail := "curl https://a.test/ -d '", "'"
	body := strings.Repeat("x", maxPaste-len(head)-len(tail))
	equal(t, "length", len(mustParse(t, "--from-curl", head+body+tail).Request.Body.Source), len(body))
}

// Each flag that the table says is taken has its place in a request.
func TestCurlFlagsAreTaken(t *testing.T) {
	t.Parallel()
	for name, f := range curlflags.All() {
		if f.Effect != curlflags.Taken {
			continue
		}
		c := curlCommand{}
		if err := c.take(name, "a=b: c"); err != nil {
			t.Errorf("--%s: %v", name, err)
		}
	}
}

// FuzzFromCurl: whatever is pasted, the outcome is options that hold together or a usage error.
func FuzzFromCurl(f *testing.F) {
	for _, s := range []string{chromeCurl, firefoxCurl, safariCurl, cmdCurl, "curl -G -d a -I --json {} -u a https://a.test/", "curl --next", "$ curl x|y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, command string) {
		o, err := parseCheck([]string{"--from-curl", command, "--credentials=omit"}, testFiles("", nil))
		checkInvariants(t, o, err)
	})
}

// checkInvariants fails unless err is a usage error or o can be run.
func checkInvariants(t *testing.T, o checkOptions, err error) {
	t.Helper()
	if err != nil {
		wantUsageError(t, err)
		return
	}
	r := o.Request
	if !strings.HasPrefix(r.URL, "http://") && !strings.HasPrefix(r.URL, "https://") {
		t.Errorf("URL: got %q", r.URL)
	}
	if r.Method == "" || r.Mode == "" || r.Credentials == "" || r.Redirect == "" || o.Timeout <= 0 || o.OriginFrom == "" {
		t.Errorf("got options with a hole: %+v", o)
	}
	if r.Body != nil && (r.Method == "GET" || r.Method == "HEAD") {
		t.Errorf("got a body with %s", r.Method)
	}
	for _, h := range r.Header {
		if err := checkField(h); err != nil || strings.EqualFold(h.Name, "Cookie") || strings.EqualFold(h.Name, "Origin") {
			t.Errorf("got the header %q: %q", h.Name, h.Value)
		}
	}
	for _, note := range o.Notes {
		if strings.ContainsFunc(note, func(c rune) bool { return c < 0x20 || c == 0x7f }) {
			t.Errorf("got a note with a control character: %q", note)
		}
	}
}
