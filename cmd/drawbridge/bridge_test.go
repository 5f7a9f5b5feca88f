package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bridgeAnswers gives lines to a bridge and returns its answers by id.
func bridgeAnswers(t *testing.T, args []string, lines ...string) map[string]bridgeAnswer {
	t.Helper()
	code, stdout, stderr := runProgram(t, &program{stdin: strings.NewReader(strings.Join(lines, "\n"))}, append([]string{"bridge"}, args...)...)
	if code != 0 {
		t.Fatalf("exit status: got %d, want 0: %s", code, stderr)
	}
	answers := map[string]bridgeAnswer{}
	scanner := bufio.NewScanner(strings.NewReader(stdout))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var a bridgeAnswer
		if err := json.Unmarshal(scanner.Bytes(), &a); err != nil {
			t.Fatalf("%v in %s", err, scanner.Text())
		}
		answers[string(a.ID)] = a
	}
	return answers
}

// bridgeAPI is an API with odd bytes in its headers.
func bridgeAPI(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "X-Odd, X-Cookie")
		switch {
		case r.Method == http.MethodOptions && r.URL.Path == "/closed":
		case r.Method == http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
			h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		default:
			h.Set("X-Odd", "caf\xe9 "+r.Header.Get("X-Sent"))
			h.Set("X-Cookie", r.Header.Get("Cookie"))
			h.Add("Set-Cookie", "a=1; Path=/")
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.Method, body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestBridge(t *testing.T) {
	t.Parallel()
	api := bridgeAPI(t)
	line := func(id, request string) string {
		return `{"id":` + id + `,"client":{"origin":"http://localhost:3000"},"request":{"url":"` + api + request + `}}`
	}
	answers := bridgeAnswers(t, nil,
		line(`1`, `/","method":"put","headers":[["X-Sent","\u00e9"]],"body_base64":"e30="`),
		line(`"two"`, `/closed","method":"DELETE"`),
		line(`3`, `/","mode":"no-cors"`),
		line(`4`, `/","method":"TRACE"`),
		line(`5`, `/","method":"HEAD"`),
		line(`6`, `/","method":""`),
		line(`7`, `/","headers":[["X","\u20ac"]]`),
		line(`8`, `/","method":"POST","body_base64":"%"`),
		`{"id":9}`,
		`{"id":10,"client":{"origin":"http://localhost:3000/path"},"request":{"url":"`+api+`/"}}`,
		`{"id":11,"client":{"origin":"null"},"request":{"url":"`+api+`/"}}`,
		`no JSON`,
	)
	if len(answers) != 12 {
		t.Errorf("got %d answers, want 12: %v", len(answers), answers)
	}

	first := answers["1"].Response
	if first == nil {
		t.Fatalf("1: got %+v, want a response", answers["1"].Error)
	}
	body, err := base64.StdEncoding.DecodeString(*first.BodyBase64)
	if string(body) != "PUT {}" || err != nil || first.Type != "cors" || first.Status != 200 {
		t.Errorf("1: got %s %d with body %q (%v), want cors 200 with PUT {}", first.Type, first.Status, body, err)
	}
	var names []string
	for _, h := range first.Headers {
		names = append(names, h[0])
		if h[0] == "x-odd" && h[1] != "caf\u00e9 \u00e9" {
			t.Errorf("1: x-odd: got %q, want one code point for each byte", h[1])
		}
	}
	if got, want := strings.Join(names, " "), "content-length content-type x-cookie x-odd"; got != want {
		t.Errorf("1: headers: got %s, want %s", got, want)
	}

	for _, c := range []struct{ id, kind, reason string }{
		{`"two"`, "network", "method-not-allowed"},
		{"4", "type", ""}, {"6", "type", ""}, {"7", "type", ""}, {"8", "type", ""}, {"9", "type", ""}, {"10", "type", ""}, {"null", "type", ""},
	} {
		got := answers[c.id].Error
		if got == nil || got.Kind != c.kind || string(got.Reason) != c.reason || got.Message == "" {
			t.Errorf("%s: got %+v, want kind %s, reason %q and a message", c.id, got, c.kind, c.reason)
		}
	}
	if got := answers["3"].Response; got == nil || got.Type != "opaque" || got.BodyBase64 != nil || got.Status != 0 {
		t.Errorf("3: got %+v, want an opaque response with a null body", got)
	}
	if got := answers["5"].Response; got == nil || got.BodyBase64 != nil {
		t.Errorf("5: got %+v, want a null body", got)
	}
	if got := answers["11"].Response; got == nil || got.Type != "cors" {
		t.Errorf("11: got %+v, want a response to an opaque origin", answers["11"])
	}
}

// One process is one browsing context: a cookie set by one answer goes along with the next request, if its mode lets it.
func TestBridgeKeepsCookies(t *testing.T) {
	t.Parallel()
	api := bridgeAPI(t)
	in, lines := io.Pipe()
	out, answers := io.Pipe()
	done := make(chan int, 1)
	go func() {
		p := &program{stdin: in, stdout: answers, stderr: io.Discard, name: "drawbridge", open: openFile}
		done <- p.run(t.Context(), []string{"bridge", "--trace"})
		_ = answers.Close()
	}()
	replies := bufio.NewReader(out)
	ask := func(credentials string) bridgeAnswer {
		t.Helper()
		fmt.Fprintf(lines, `{"id":1,"client":{"origin":"http://127.0.0.1:3000"},"request":{"url":"%s/","credentials":"%s"}}`+"\n", api, credentials)
		reply, err := replies.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var a bridgeAnswer
		if err := json.Unmarshal(reply, &a); err != nil || a.Response == nil {
			t.Fatalf("%v in %s", err, reply)
		}
		return a
	}
	cookie := func(a bridgeAnswer) string {
		for _, h := range a.Response.Headers {
			if h[0] == "x-cookie" {
				return h[1]
			}
		}
		return "(not exposed)"
	}
	for _, c := range []struct{ credentials, want string }{{"include", ""}, {"include", "a=1"}, {"omit", ""}} {
		a := ask(c.credentials)
		if got := cookie(a); got != c.want {
			t.Errorf("%s: got Cookie %q, want %q", c.credentials, got, c.want)
		}
		if len(a.Trace) < 3 || a.Trace[len(a.Trace)-1].Kind != "response" {
			t.Errorf("%s: got trace %+v, want one that ends with a response", c.credentials, a.Trace)
		}
	}
	_ = lines.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit status: got %d, want 0", code)
	}
}

func TestBridgeAborts(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	in, lines := io.Pipe()
	out, answers := io.Pipe()
	go func() {
		p := &program{stdin: in, stdout: answers, stderr: io.Discard, name: "drawbridge", open: openFile}
		p.run(t.Context(), []string{"bridge"})
		_ = answers.Close()
	}()
	fmt.Fprintf(lines, `{"id":1,"client":{"origin":"http://localhost:3000"},"request":{"url":"%s/"}}`+"\n", s.URL)
	<-reached
	fmt.Fprintln(lines, `{"id":1,"abort":true}`)
	reply, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(reply, `"kind":"abort"`) {
		t.Errorf("got %q (%v), want an error of kind abort", reply, err)
	}
	_ = lines.Close()
}

// TestBridgeClients runs the programs of docs/bridge.md as they stand there.
func TestBridgeClients(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/bridge.md")
	if err != nil {
		t.Fatal(err)
	}
	server := startDemo(t)
	for _, c := range []struct{ language, program, file string }{{"python", "python3", "client.py"}, {"javascript", "node", "client.mjs"}} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			_, code, _ := strings.Cut(string(docs), "\n```"+c.language+"\n")
			code, _, ok := strings.Cut(code, "\n```\n")
			if !ok {
				t.Fatalf("docs/bridge.md: got no program in %s", c.language)
			}
			program, err := exec.LookPath(c.program)
			if err != nil {
				t.Skip("no ", c.program, " here to run the client: ", err)
			}
			file := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), program, file, server.API).CombinedOutput()
			if got, want := string(out), "200\nmethod-case-mismatch\n"; got != want || err != nil {
				t.Errorf("got %q (%v), want %q", got, err, want)
			}
		})
	}
}
