package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

const target = "https://api.test/items"

func TestCheckDefaults(t *testing.T) {
	t.Parallel()
	o := mustParse(t, target)
	equal(t, "URL", o.Request.URL, target)
	equal(t, "Method", o.Request.Method, "GET")
	equal(t, "Mode", o.Request.Mode, fetch.ModeCORS)
	equal(t, "Credentials", o.Request.Credentials, fetch.CredentialsSameOrigin)
	equal(t, "Redirect", o.Request.Redirect, fetch.RedirectFollow)
	equal(t, "Timeout", o.Timeout, 30*time.Second)
	equal(t, "Format", o.Format, "text")
	equal(t, "Color", o.Color, "auto")
	equal(t, "Body", o.Request.Body, nil)
	equalStrings(t, "Notes", o.Notes, nil)
}

func TestDefaultOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, target, want string }{
		{"a name elsewhere gets a page on another site", "https://api.test/", "https://app.example"},
		{"an http target gets an http page, or mixed content would decide", "http://api.test/", "http://app.example"},
		{"the made-up page itself gets another", "https://app.example/", "https://page.example"},
		{"127.0.0.1 is loopback", "http://127.0.0.1:8080/", "http://localhost:3000"},
		{"127.255.255.254 is loopback", "http://127.255.255.254/", "http://localhost:3000"},
		{"128.0.0.1 is not", "http://128.0.0.1/", "http://app.example"},
		{"the short form of an IPv4 address is loopback", "http://127.1/", "http://localhost:3000"},
		{"::1 is loopback", "http://[::1]:8080/", "http://localhost:3000"},
		{"::2 is not", "http://[::2]/", "http://app.example"},
		{"localhost is loopback", "http://localhost:8080/", "http://localhost:3000"},
		{"a name below localhost is loopback", "http://api.localhost/", "http://localhost:3000"},
		{"a name that only ends in the letters is not", "http://notlocalhost/", "http://app.example"},
		{"the usual development server itself gets another page", "http://localhost:3000/x", "http://localhost:5173"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, c.target)
			equal(t, "origin", o.Request.Client.Origin.String(), c.want)
			if !strings.Contains(o.OriginFrom, "default") {
				t.Errorf("OriginFrom: got %q, want it to say that it is a default", o.OriginFrom)
			}
		})
	}
}

func TestCheckRequestFlags(t *testing.T) {
	t.Parallel()
	named := map[string]string{"body.txt": "a\r\nb\x00c\xff", "x.json": "{\n}"}
	for _, c := range []struct {
		name               string
		args               []string
		method, body, mime string
		url                string
		header             []string
	}{
		{"no data is a GET", nil, "GET", "", "", target, nil},
		{"-d makes a form POST", []string{"-d", "a=1"}, "POST", "a=1", formType, target, nil},
		{"several -d are joined by &", []string{"-d", "a=1", "--data", "b=2", "--data-raw", "@c"}, "POST", "a=1&b=2&@c", formType, target, nil},
		{"an empty -d is a body", []string{"-d", ""}, "POST", "", formType, target, nil},
		{"-d @file loses CR, LF and NUL and keeps other bytes", []string{"-d", "@body.txt"}, "POST", "abc\xff", formType, target, nil},
		{"--data-binary @file keeps every byte", []string{"--data-binary", "@body.txt"}, "POST", "a\r\nb\x00c\xff", formType, target, nil},
		{"-d - reads standard input", []string{"-d", "-"}, "POST", "from stdin", formType, target, nil},
		{"-d @- reads standard input without line ends", []string{"-d", "@-"}, "POST", "from stdin", formType, target, nil},
		{"--data-raw - is a minus sign", []string{"--data-raw", "-"}, "POST", "-", formType, target, nil},
		{"--data-urlencode encodes all of a bare value", []string{"--data-urlencode", "a b&é"}, "POST", "a+b%26%C3%A9", formType, target, nil},
		{"--data-urlencode keeps a name", []string{"--data-urlencode", "a=b c~_-.+*"}, "POST", "a=b+c~_-.%2B%2A", formType, target, nil},
		{"--data-urlencode with an empty name leaves the sign out", []string{"--data-urlencode", "=x&y"}, "POST", "x%26y", formType, target, nil},
		{"--data-urlencode name@file", []string{"--data-urlencode", "n@x.json"}, "POST", "n=%7B%0A%7D", formType, target, nil},
		{"--json sets Accept and the type", []string{"--json", "{}"}, "POST", "{}", "application/json", target, []string{"Accept: application/json"}},
		{"pieces of --json are not joined by &", []string{"--json", "{", "--json", "}"}, "POST", "{}", "application/json", target, []string{"Accept: application/json"}},
		{"--json @file keeps its bytes", []string{"--json", "@x.json"}, "POST", "{\n}", "application/json", target, []string{"Accept: application/json"}},
		{"a given Accept stays", []string{"--json", "{}", "-H", "Accept: x/y"}, "POST", "{}", "application/json", target, []string{"Accept: x/y"}},
		{"-X wins over what a body makes of the method", []string{"-d", "a", "-X", "PUT"}, "PUT", "a", formType, target, nil},
		{"--request is -X", []string{"--request", "DELETE"}, "DELETE", "", "", target, nil},
		{"known methods become upper case as in a browser", []string{"-X", "put"}, "PUT", "", "", target, nil},
		{"patch stays in lower case as in a browser", []string{"-X", "patch"}, "patch", "", "", target, nil},
		{"-I is HEAD", []string{"-I"}, "HEAD", "", "", target, nil},
		{"-G puts the data into the URL", []string{"-G", "-d", "a=1", "--data-urlencode", "b= "}, "GET", "", "", target + "?a=1&b=+", nil},
		{"flags of one letter are joined as in curl", []string{"-sSLX", "PUT"}, "PUT", "", "", target, nil},
		{"a value is joined to its letter as in curl", []string{"-XPUT", "-dx"}, "PUT", "x", formType, target, nil},
		{"headers keep order, case and duplicates", []string{"-H", "X-b: 1", "-H", "x-A:  2 ", "-H", "X-b: 3"}, "GET", "", "", target, []string{"X-b: 1", "x-A: 2", "X-b: 3"}},
		{"a semicolon is an empty value", []string{"-H", "X-Empty;"}, "GET", "", "", target, []string{"X-Empty: "}},
		{"nothing after the colon sends nothing", []string{"-H", "Accept:"}, "GET", "", "", target, nil},
		{"-H 'Content-Type:' leaves the type out", []string{"-H", "Content-Type:", "-d", "x"}, "POST", "x", "", target, nil},
		{"bytes that net/http refuses are kept", []string{"-H", "X: a\x01\xe9"}, "GET", "", "", target, []string{"X: a\x01\xe9"}},
		{"-u becomes Authorization", []string{"-u", "me:pw"}, "GET", "", "", target, []string{"Authorization: Basic bWU6cHc="}},
		{"--oauth2-bearer becomes Authorization", []string{"--oauth2-bearer", "t"}, "GET", "", "", target, []string{"Authorization: Bearer t"}},
		{"headers that only a browser sets are left out", []string{"-H", "Host: x", "-H", "Sec-Fetch-Site: none", "-H", "Connection: close", "-H", "X: 1"}, "GET", "", "", target, []string{"X: 1"}},
		{"User-Agent by -H is the page's own", []string{"-H", "User-Agent: x"}, "GET", "", "", target, []string{"User-Agent: x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, err := parseCheck(append([]string{target}, c.args...), testFiles("from stdin", named))
			if err != nil {
				t.Fatal(err)
			}
			body, mime := "", ""
			if o.Request.Body != nil {
				body, mime = string(o.Request.Body.Source), o.Request.Body.Type
			}
			equal(t, "method", o.Request.Method, c.method)
			equal(t, "body", body, c.body)
			equal(t, "type", mime, c.mime)
			equal(t, "URL", o.Request.URL, c.url)
			equalStrings(t, "headers", lines(o.Request.Header), c.header)
		})
	}
}

func TestCheckPageFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		args  []string
		check func(checkOptions) (got, want any)
	}{
		{"bare --credentials is include", []string{"--credentials"}, func(o checkOptions) (any, any) {
			return o.Request.Credentials, fetch.CredentialsInclude
		}},
		{"--credentials=omit", []string{"--credentials=omit"}, func(o checkOptions) (any, any) {
			return o.Request.Credentials, fetch.CredentialsOmit
		}},
		{"a navigation carries credentials", []string{"--mode", "navigate"}, func(o checkOptions) (any, any) {
			return o.Request.Credentials, fetch.CredentialsInclude
		}},
		{"--mode cors-with-forced-preflight is cors with the flag", []string{"--mode", "cors-with-forced-preflight"}, func(o checkOptions) (any, any) {
			return fmt.Sprint(o.Request.Mode, o.Request.UseCORSPreflight), "corstrue"
		}},
		{"--upload-listener forces a preflight", []string{"--upload-listener"}, func(o checkOptions) (any, any) {
			return o.Request.UseCORSPreflight, true
		}},
		{"--stream makes the body a stream and keeps its type", []string{"-d", "x", "--stream"}, func(o checkOptions) (any, any) {
			return fmt.Sprint(o.Request.Body.Source == nil, o.Request.Body.Stream != nil, lines(o.Request.Header)), "true true [Content-Type: " + formType + "]"
		}},
		{"an opaque page", []string{"--origin", "null"}, func(o checkOptions) (any, any) {
			return o.Request.Client.Origin.IsOpaque(), true
		}},
		{"Origin by -H is the page", []string{"-H", "Origin: https://a.test"}, func(o checkOptions) (any, any) {
			return o.Request.Client.Origin.String() + " from " + o.OriginFrom, "https://a.test from the Origin header"
		}},
		{"--origin wins over Origin", []string{"-H", "Origin: https://a.test", "--origin", "https://b.test"}, func(o checkOptions) (any, any) {
			return o.Request.Client.Origin.String(), "https://b.test"
		}},
		{"a referrer names the page", []string{"-e", "https://a.test/page?x"}, func(o checkOptions) (any, any) {
			return o.Request.Client.Origin.String() + " " + o.Request.Client.URL, "https://a.test https://a.test/page?x"
		}},
		{"a referrer of another origin is left out", []string{"-e", "https://a.test/", "--origin", "https://b.test"}, func(o checkOptions) (any, any) {
			return o.Request.Client.URL, ""
		}},
		{"cookies are split", []string{"-b", "a=1; b=2;", "-b", "c==", "-H", "Cookie: d="}, func(o checkOptions) (any, any) {
			return strings.Join(o.Cookies, "|"), "a=1|b=2|c==|d="
		}},
		{"a URL without a path gets one, and loses nothing", []string{}, func(o checkOptions) (any, any) {
			return o.Request.URL, target
		}},
		{"-A is what the browser calls itself", []string{"-A", "x"}, func(o checkOptions) (any, any) {
			return o.UserAgent + fmt.Sprint(len(o.Request.Header)), "x0"
		}},
		{"-m takes fractions of seconds", []string{"-m", "2.5"}, func(o checkOptions) (any, any) {
			return o.Timeout, 2500 * time.Millisecond
		}},
		{"--timeout takes units", []string{"--timeout", "1m"}, func(o checkOptions) (any, any) { return o.Timeout, time.Minute }},
		{"24 hours are allowed", []string{"--timeout", "24h"}, func(o checkOptions) (any, any) { return o.Timeout, maxTimeout }},
		{"a millisecond is allowed", []string{"--timeout", "1ms"}, func(o checkOptions) (any, any) { return o.Timeout, time.Millisecond }},
		{"--http1.1", []string{"--http1.1"}, func(o checkOptions) (any, any) { return o.HTTPVersion, "1.1" }},
		{"the last of --http1.1 and --http2 counts", []string{"--http1.1", "--http2"}, func(o checkOptions) (any, any) { return o.HTTPVersion, "2" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, want := c.check(mustParse(t, append([]string{target}, c.args...)...))
			equal(t, "got", got, want)
		})
	}
}

func TestCheckNotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"cookies that will not travel", []string{"-b", "a=1"}, "The cookies will not be sent"},
		{"-u and the preflight", []string{"-u", "a:b"}, "takes a preflight"},
		{"-u without a password", []string{"-u", "a"}, "sends an empty one"},
		{"-L", []string{"-L"}, "follows redirects"},
		{"Host", []string{"-H", "Host: b.test"}, "--connect-to"},
		{"dropped headers", []string{"-H", "Sec-Purpose: x", "-H", "DNT: 1"}, "Sec-Purpose, DNT"},
		{"a navigation's headers", []string{"--mode", "navigate", "-H", "X-A: 1"}, "X-A"},
		{"-d -", []string{"-d", "-"}, "standard input"},
		{"a stream", []string{"-d", "x", "--stream"}, "HTTP/2"},
		{"Authorization given twice", []string{"-u", "a:b", "-H", "Authorization: x"}, "-u is left out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mustParse(t, append([]string{target}, c.args...)...)
			if !strings.Contains(strings.Join(o.Notes, "\n"), c.want) {
				t.Errorf("notes: got %q, want %q among them", o.Notes, c.want)
			}
		})
	}
	t.Run("cookies that travel need no note", func(t *testing.T) {
		t.Parallel()
		equalStrings(t, "include", mustParse(t, target, "-b", "a=1", "--credentials").Notes, nil)
		equalStrings(t, "same origin", mustParse(t, target, "-b", "a=1", "--origin", "https://api.test").Notes, nil)
	})
}

// TestUsageErrors runs the real command line: each mistake must end with 2, name the flag, show the value and say what to write.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"no URL", nil, []string{"no URL", "https://"}},
		{"an empty URL", []string{""}, []string{"URL", "is empty"}},
		{"two URLs", []string{target, "https://b.test"}, []string{`"https://b.test"`, "second"}},
		{"no scheme", []string{"api.test/x"}, []string{`"api.test/x"`, "did you mean https://api.test/x?"}},
		{"no scheme before a port", []string{"localhost:8080"}, []string{"did you mean http://localhost:8080?"}},
		{"no host", []string{"https://"}, []string{"cannot be parsed"}},
		{"a bad port", []string{"http://a.test:99999/"}, []string{"cannot be parsed"}},
		{"a WebSocket", []string{"wss://a.test/"}, []string{"WebSocket"}},
		{"a file", []string{"file:///etc/passwd"}, []string{"file", "http"}},
		{"a relative URL", []string{"/items"}, []string{"relative", "--origin"}},
		{"a password in the URL, which is not repeated", []string{"https://me:secret@a.test/"}, []string{"user name or password", "-u"}},
		{"an origin with a path", []string{target, "--origin", "https://a.test/x"}, []string{"--origin", `"https://a.test/x"`, `"https://a.test"`}},
		{"an origin without a scheme", []string{target, "--origin", "a.test"}, []string{"--origin", `"a.test"`, "https://a.test"}},
		{"an unknown mode", []string{target, "--mode", "corss"}, []string{"--mode", `"corss"`, "no-cors"}},
		{"an unknown credentials mode", []string{target, "--credentials=yes"}, []string{"--credentials", `"yes"`, "include"}},
		{"a credentials mode apart", []string{target, "--credentials", "omit"}, []string{"--credentials=omit"}},
		{"an unknown redirect mode", []string{target, "--redirect", "no"}, []string{"--redirect", `"no"`, "manual"}},
		{"CONNECT", []string{target, "-X", "CONNECT"}, []string{"--method", "CONNECT", "forbidden"}},
		{"trace in lower case", []string{target, "-X", "trace"}, []string{"forbidden"}},
		{"a method with a space", []string{target, "-X", "GET IT"}, []string{"--method", `"GET IT"`}},
		{"an empty method", []string{target, "-X", ""}, []string{"--method", "empty"}},
		{"a header name with a space", []string{target, "-H", "X A: 1"}, []string{"--header", `"X A"`}},
		{"a header without a colon", []string{target, "-H", "X"}, []string{"--header", "colon"}},
		{"a header with a line's end inside", []string{target, "-H", "X: a\nb"}, []string{"--header", "NUL, CR or LF"}},
		{"a header file", []string{target, "-H", "@x"}, []string{"--header", "files"}},
		{"a body with GET", []string{target, "-X", "GET", "-d", "x"}, []string{"--data", "GET", "-G"}},
		{"a body with HEAD", []string{target, "-I", "-d", "x"}, []string{"--data", "HEAD"}},
		{"--stream with GET", []string{target, "--stream"}, []string{"--stream", "GET", "POST"}},
		{"--stream without a body", []string{target, "--stream", "-X", "POST"}, []string{"--stream", "-d"}},
		{"--stream with no-cors", []string{target, "--stream", "-d", "x", "--mode", "no-cors"}, []string{"--stream", "no-cors"}},
		{"no-cors with PUT", []string{target, "--mode", "no-cors", "-X", "PUT"}, []string{"--mode", "PUT"}},
		{"navigate with PUT", []string{target, "--mode", "navigate", "-X", "PUT"}, []string{"--mode", "PUT"}},
		{"an upload listener with no-cors", []string{target, "--mode", "no-cors", "--upload-listener"}, []string{"--upload-listener", "preflight"}},
		{"a file that is not there", []string{target, "-d", "@missing"}, []string{"--data", `"missing"`, "cannot be read"}},
		{"standard input twice", []string{target, "-d", "@-", "-d", "@-"}, []string{"--data", "read before"}},
		{"cookies in a file", []string{target, "-b", "jar.txt"}, []string{"--cookie", `"jar.txt"`, "a=1"}},
		{"a referrer that is no URL", []string{target, "-e", "page"}, []string{"--referer", `"page"`}},
		{"--resolve without a port", []string{target, "--resolve", "a.test:1.2.3.4"}, []string{"--resolve", `"a.test:1.2.3.4"`, "HOST:PORT:ADDRESS"}},
		{"--resolve with a name", []string{target, "--resolve", "a.test:443:b.test"}, []string{"--resolve", "no IP address"}},
		{"--resolve with port 0", []string{target, "--resolve", "a.test:0:1.2.3.4"}, []string{"--resolve", "65535"}},
		{"--resolve with port 65536", []string{target, "--resolve", "a.test:65536:1.2.3.4"}, []string{"--resolve", "65535"}},
		{"--resolve to remove", []string{target, "--resolve", "-a.test:443"}, []string{"--resolve", "remove"}},
		{"--connect-to with three parts", []string{target, "--connect-to", "a:1:b"}, []string{"--connect-to", "four parts"}},
		{"--connect-to with a word for a port", []string{target, "--connect-to", "a:x:b:1"}, []string{"--connect-to", "first port"}},
		{"a timeout of 0", []string{target, "-m", "0"}, []string{"--timeout", `"0"`, "millisecond"}},
		{"a timeout below 0", []string{target, "-m", "-1"}, []string{"--timeout"}},
		{"a timeout of a day and more", []string{target, "-m", "86401"}, []string{"--timeout", "24 hours"}},
		{"a timeout that overflows", []string{target, "-m", "1e300"}, []string{"--timeout", "24 hours"}},
		{"a timeout that is no number", []string{target, "-m", "NaN"}, []string{"--timeout", "no time"}},
		{"a timeout that is a word", []string{target, "-m", "soon"}, []string{"--timeout", `"soon"`, "1m"}},
		{"an unknown format", []string{target, "--format", "xml"}, []string{"--format", `"xml"`, "json"}},
		{"an unknown colour", []string{target, "--color", "blue"}, []string{"--color", `"blue"`, "never"}},
		{"an unknown flag near a known one", []string{target, "--orijin", "x"}, []string{"--orijin", "--origin?"}},
		{"a flag of curl that is not here", []string{target, "-F", "a=b"}, []string{"-F", "curl", "--data-binary"}},
		{"a flag without its value", []string{target, "--origin"}, []string{"--origin", "needs a value"}},
		{"a key without a certificate", []string{target, "--key", "k.pem"}, []string{"--key", "--cert"}},
		{"a certificate that is none", []string{target, "--cert", "testdata/not.pem"}, []string{"--cert", "cannot be read"}},
		{"both pastes", []string{"--from-curl", "curl x", "--from-fetch", "fetch('x')"}, []string{"--from-fetch", "--from-curl"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &program{check: checkReturning(exitAllowed)}
			code, stdout, stderr := runProgram(t, p, append([]string{"check"}, c.args...)...)
			equal(t, "exit status", code, exitUsage)
			equal(t, "stdout", stdout, "")
			for _, want := range append(c.want, "drawbridge check:", "drawbridge check --help") {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr: got %q, want it to contain %q", stderr, want)
				}
			}
			if strings.Contains(stderr, "secret") {
				t.Errorf("stderr repeats a password: %q", stderr)
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for _, code := range []int{exitAllowed, exitBlocked, exitUnknown, exitInternal, exitInterrupted} {
		got, _, _ := runProgram(t, &program{check: checkReturning(code)}, "check", target)
		equal(t, "exit status of check", got, code)
	}
	for _, c := range []struct {
		name string
		code int
		want int
	}{
		{"a verdict that was reached counts", exitBlocked, exitBlocked},
		{"one that was reached counts", exitAllowed, exitAllowed},
		{"none is an interruption", exitUnknown, exitInterrupted},
	} {
		t.Run("interrupted: "+c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			p := &program{stdout: io.Discard, stderr: io.Discard, check: func(context.Context, checkOptions, io.Writer, io.Writer) int {
				cancel()
				return c.code
			}}
			equal(t, "exit status", p.run(ctx, []string{"check", target}), c.want)
		})
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"help", []string{"--help"}, 0, "drawbridge check --from-curl", ""},
		{"nothing is help", nil, 0, "Usage:", ""},
		{"check's help", []string{"check", "--help"}, 0, "--upload-listener", ""},
		{"demo's help", []string{"demo", "--help"}, 0, "--once", ""},
		{"the version flag", []string{"--version"}, 0, "drawbridge ", ""},
		{"the version command", []string{"version"}, 0, "drawbridge ", ""},
		{"an unknown command", []string{"chek"}, 2, "", "did you mean check?"},
		{"an address in place of a command", []string{"https://a.test"}, 2, "", "drawbridge check URL"},
		{"a demo for everybody", []string{"demo", "--addr", "0.0.0.0:0"}, 2, "", "127.0.0.1:0"},
		{"a demo without a port", []string{"demo", "--addr", "127.0.0.1"}, 2, "", "127.0.0.1:8080"},
		{"a demo with an argument", []string{"demo", "x"}, 2, "", `"x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runProgram(t, &program{}, c.args...)
			equal(t, "exit status", code, c.code)
			if !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("got stdout %q and stderr %q, want %q and %q in them", stdout, stderr, c.stdout, c.stderr)
			}
			for line := range strings.Lines(stdout) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
					t.Errorf("%d columns: %q", n, line)
				}
			}
		})
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	t.Parallel()
	_, help, _ := runProgram(t, &program{}, "check", "--help")
	for _, hidden := range []string{"--request ", "--max-time", "--silent", "--globoff"} {
		if strings.Contains(help, hidden) {
			t.Errorf("help names the second name or idle flag %s", hidden)
		}
	}
	for _, name := range []string{
		"method", "header", "data", "data-raw", "data-binary", "data-urlencode", "json", "get", "head", "user", "origin", "mode",
		"credentials", "redirect", "cookie", "referer", "user-agent", "upload-listener", "stream", "from-curl", "from-fetch", "timeout",
		"insecure", "cacert", "cert", "key", "resolve", "connect-to", "http1.1", "http2", "format", "color", "ascii", "verbose", "probe-actual",
	} {
		if !strings.Contains(help, "--"+name) {
			t.Errorf("help does not name --%s", name)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size int
		ok   bool
	}{{maxBody, true}, {maxBody + 1, false}} {
		for _, args := range [][]string{{"--data-binary", "@f"}, {"--data-binary", "@-"}} {
			content := strings.Repeat("x", c.size)
			_, err := parseCheck(append([]string{target}, args...), testFiles(content, map[string]string{"f": content}))
			if c.ok && err != nil || !c.ok && err == nil {
				t.Errorf("%d bytes by %q: got %v", c.size, args, err)
			}
		}
	}
}

func TestHeaderLimits(t *testing.T) {
	t.Parallel()
	many := func(n int) []string { return slices.Repeat([]string{"-H", "X: 1"}, n) }
	if o := mustParse(t, append(many(maxHeaders), target)...); len(o.Request.Header) != maxHeaders {
		t.Errorf("got %d headers, want %d", len(o.Request.Header), maxHeaders)
	}
	_, err := parseCheck(append(many(maxHeaders+1), target), testFiles("", nil))
	wantUsageError(t, err, "--header", "1000")
	_, err = parseCheck([]string{target, "-H", "X: " + strings.Repeat("a", maxHeaderBytes)}, testFiles("", nil))
	wantUsageError(t, err, "--header", "1 MiB")
}

func TestRoute(t *testing.T) {
	t.Parallel()
	o := mustParse(t, target,
		"--connect-to", "a.test:443:b.test:8443", "--connect-to", "c.test::[::1]:", "--connect-to", ":9999:d.test:",
		"--resolve", "b.test:8443:10.0.0.1,[2001:db8::1]", "--resolve", "*:80:10.0.0.2", "--resolve", "e.test:80:10.0.0.3", "--resolve", "+e.test:80:10.0.0.4",
	)
	for _, c := range []struct {
		name   string
		host   string
		port   uint16
		toHost string
		toPort uint16
		addrs  []string
	}{
		{"both rules apply in turn", "A.test", 443, "b.test", 8443, []string{"10.0.0.1", "2001:db8::1"}},
		{"the port must match", "a.test", 444, "a.test", 444, nil},
		{"an empty port matches any and keeps it", "c.test", 1234, "::1", 1234, nil},
		{"an empty host matches any", "x.test", 9999, "d.test", 9999, nil},
		{"a star matches any host", "x.test", 80, "x.test", 80, []string{"10.0.0.2"}},
		{"a host's own rule comes before the star, and the later of two counts", "e.test", 80, "e.test", 80, []string{"10.0.0.4"}},
		{"brackets are no part of an address", "[::1]", 5, "::1", 5, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			host, port, addrs := o.Network.route(c.host, c.port)
			equal(t, "host", host, c.toHost)
			equal(t, "port", port, c.toPort)
			var want []netip.Addr
			for _, a := range c.addrs {
				want = append(want, netip.MustParseAddr(a))
			}
			if !slices.Equal(addrs, want) {
				t.Errorf("addresses: got %v, want %v", addrs, want)
			}
		})
	}
}

func TestSplitCertificate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, name, password string }{
		{"a.pem", "a.pem", ""}, {"a.pem:pw", "a.pem", "pw"}, {"a.pem:p:w", "a.pem", "p:w"}, {`a\:b.pem:pw`, "a:b.pem", "pw"},
		{`C:\a.pem:pw`, `C:\a.pem`, "pw"}, {"C:/a.pem", "C:/a.pem", ""}, {"", "", ""}, {":pw", "", "pw"}, {"a:", "a", ""},
	} {
		name, password := splitCertificate(c.in)
		if name != c.name || password != c.password {
			t.Errorf("splitCertificate(%q): got %q and %q, want %q and %q", c.in, name, password, c.name, c.password)
		}
	}
}
