package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/report"
	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/origin"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// savedReports are the reports of package explain's golden files, by name. That a report can be laid out from its JSON alone shows
// that the JSON says all there is.
func savedReports(t testing.TB) map[string]explain.Report {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "explain", "testdata", "reports", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reports to lay out: %v", err)
	}
	reports := map[string]explain.Report{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var r explain.Report
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		reports[strings.TrimSuffix(filepath.Base(f), ".json")] = r
	}
	return reports
}

func layOut(t testing.TB, r explain.Report, o report.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	reports := savedReports(t)
	styles := map[string]report.Style{
		"": {}, "-ascii": {ASCII: true}, "-verbose": {Verbose: true}, "-color": {Color: true}, "-narrow": {Width: 40},
	}
	// All reports as most people see them; a few in the other styles.
	chosen := map[string]bool{"wildcard-credentials": true, "preflight-401": true, "long-value": true, "allowed": true}
	wanted := map[string]bool{}
	for name, r := range reports {
		for suffix, style := range styles {
			if suffix != "" && !chosen[name] {
				continue
			}
			path := filepath.Join("testdata", "reports", name+suffix+".golden")
			wanted[path] = true
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				got := layOut(t, r, style)
				if *update {
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatalf("%v (run the tests of this package with -update to write it)", err)
				}
				if got != string(want) {
					t.Errorf("%s differs\ngot:\n%s\nwant:\n%s", path, got, want)
				}
			})
		}
	}
	found, err := filepath.Glob(filepath.Join("testdata", "reports", "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !wanted[path] {
			t.Errorf("%s belongs to no report: delete it", path)
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// checkText checks what holds for every report in every style.
func checkText(t *testing.T, text string, o report.Style) {
	t.Helper()
	width := o.Width
	if width == 0 {
		width = 80
	}
	width = max(width, 40)
	if o.Color {
		text = sgr.ReplaceAllString(text, "")
	}
	if !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") || strings.Contains(text, "\n\n\n") {
		t.Errorf("blank lines at the ends or two in a row: %q", text)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("%d columns, want at most %d: %q", n, width, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("blanks at the end of %q", line)
		}
		for _, r := range line {
			if r < 0x20 || r == 0x7F || r > 0x7F && (o.ASCII || !strings.ContainsRune("✓✗●–→←│…", r)) {
				t.Errorf("%U in %q", r, line)
			}
		}
	}
}

func allStyles() []report.Style {
	var all []report.Style
	for _, width := range []int{0, 39, 40, 41, 57, 80, 200} {
		for bits := range 8 {
			all = append(all, report.Style{Color: bits&1 != 0, ASCII: bits&2 != 0, Verbose: bits&4 != 0, Width: width})
		}
	}
	return all
}

func TestFits(t *testing.T) {
	t.Parallel()
	for name, r := range savedReports(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range allStyles() {
				checkText(t, layOut(t, r, o), o)
			}
		})
	}
}

// Colours add nothing: without them the text is the same.
func TestSaysNothingByColorAlone(t *testing.T) {
	t.Parallel()
	for name, r := range savedReports(t) {
		plain, colored := layOut(t, r, report.Style{}), layOut(t, r, report.Style{Color: true})
		if stripped := sgr.ReplaceAllString(colored, ""); stripped != plain || colored == plain {
			t.Errorf("%s: without colours the coloured report is\n%s\nwant\n%s", name, stripped, plain)
		}
	}
}

// A report can be pasted into a chat: the secrets of the request are not in it.
func TestKeepsSecrets(t *testing.T) {
	t.Parallel()
	r := explain.Report{
		Steps: []explain.Step{{N: 1, Exchange: new(int)}},
		Exchanges: []explain.Exchange{{Request: explain.ExchangeRequest{Headers: []explain.Header{
			{"Authorization", "Bearer hunter2"}, {"authorization", "hunter2"}, {"Cookie", "session=hunter2; b=hunter2"}, {"cookie", "a=hunter2"},
		}}}},
	}
	text := layOut(t, r, report.Style{})
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret in\n%s", text)
	}
	for _, want := range []string{"authorization: Bearer (7 bytes)", "authorization: (7 bytes)", "cookie: (2 cookies)", "cookie: (1 cookie)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := layOut(t, r, report.Style{Verbose: true}); strings.Count(text, "hunter2") != 5 {
		t.Errorf("with Verbose everything is shown:\n%s", text)
	}
}

// The carets stand exactly under what is wrong, whatever the bytes before it and however long the value.
func TestUnderline(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 30)
	for _, test := range []struct {
		name, value string
		start, end  int
		marked      string
	}{
		{"one column", "https://a/", 9, 10, "/"},
		{"an empty range is one caret", "https://a", 9, 9, ""},
		{"an empty value", "", 0, 0, ""},
		{"everything", "*", 0, 1, "*"},
		{"escaped bytes before it move it", "\x01\u00e9x", 2, 3, "x"},
		{"an escaped byte is as wide as its escape", "a\x01b", 1, 2, `\x01`},
		{"the end of a long value", long + "/", 300, 301, "/"},
		{"the start of a long value", "/" + long, 0, 1, "/"},
		{"the middle of a long value", long + "/" + long, 300, 301, "/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := explain.Report{Failures: []explain.Failure{{
				Title: "t", Lines: []explain.Header{{"N", test.value}}, Underline: &explain.Underline{Start: test.start, End: test.end},
			}}}
			for _, o := range allStyles() {
				text := sgr.ReplaceAllString(layOut(t, r, o), "")
				lines := strings.Split(text, "\n")
				for i, l := range lines {
					if !strings.Contains(l, " N: ") && !strings.HasSuffix(l, " N:") {
						continue
					}
					above, below := []rune(l), []rune(lines[i+1])
					from, to := strings.IndexByte(string(below[4:]), '^')+4, len(below)
					if test.marked == "" {
						if to-from != 1 || from > len(above) && from != len(above)+1 {
							t.Errorf("%+v: %q\n%q", o, l, lines[i+1])
						}
						continue
					}
					if to > len(above) || string(above[from:to]) != test.marked {
						t.Errorf("%+v:\n%s\n%s", o, l, lines[i+1])
					}
				}
			}
		})
	}
}

// Whatever a server sent, a terminal gets printable text.
func FuzzWrite(f *testing.F) {
	for _, r := range savedReports(f) {
		data, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(0), uint8(0))
	}
	f.Add([]byte(`{"summary":"\u001b[2J\u202e","steps":[{"exchange":0}],"exchanges":[{"request":{"headers":[["\u0007","\u009b"]]}}]}`), uint8(7), uint8(80))
	f.Add([]byte(`{"failures":[{"reason":"`+strings.Repeat("\\ufffd", 30)+`","lines":[["`+strings.Repeat("n", 99)+`",""]]}]}`), uint8(0), uint8(45))
	f.Fuzz(func(t *testing.T, data []byte, bits, width uint8) {
		var r explain.Report
		if json.Unmarshal(data, &r) != nil {
			return
		}
		o := report.Style{Color: bits&1 != 0, ASCII: bits&2 != 0, Verbose: bits&4 != 0, Width: int(width)}
		text := layOut(t, r, o)
		// Two blank lines can follow from empty members; the width and the characters may not depend on anything.
		for strings.Contains(text, "\n\n") {
			text = strings.ReplaceAll(text, "\n\n", "\n")
		}
		checkText(t, strings.TrimLeft(text, "\n"), o)
	})
}

// From a real server to the text.
func TestRealRun(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/star":
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
		case "/echo":
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			w.Header().Set("Vary", "Origin")
		case "/login":
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	page, err := origin.Parse("https://app.example")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/star":  "BLOCKED, CORS said no [allow-origin-wildcard]\n",
		"/echo":  "ALLOWED: script gets the response: type cors, status 200",
		"/login": "BLOCKED, the CORS layer was never reached [preflight-status]\n",
		"/none":  "BLOCKED, CORS said no: Access-Control-Allow-Origin is missing",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var events []fetch.Event
			ctx := fetch.WithTrace(t.Context(), func(e fetch.Event) { events = append(events, e) })
			client := fetch.New(fetch.RoundTripper(http.DefaultTransport))
			response, err := client.Fetch(ctx, &fetch.Request{
				Client: fetch.Environment{Origin: page}, URL: server.URL + path, Method: "PUT", Credentials: fetch.CredentialsInclude,
			})
			if err == nil {
				_ = response.Body.Close()
			}
			text := layOut(t, explain.Explain(events), report.Style{})
			checkText(t, text, report.Style{})
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		})
	}
}

type failingWriter struct{}

var errFull = errors.New("disk full")

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestWriteError(t *testing.T) {
	t.Parallel()
	if err := report.Write(failingWriter{}, explain.Report{}, report.Style{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}

// Tables that stand beside reports use the same signs, one column each.
func TestSign(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, style := range []report.Style{{}, {ASCII: true}} {
		for _, status := range []explain.Status{explain.Pass, explain.Fail, explain.Info, explain.NotSent} {
			sign, color := style.Sign(status)
			if utf8.RuneCountInString(sign) != 1 || style.ASCII && sign[0] > 0x7E || seen[sign] {
				t.Errorf("%+v %s: got %q, want one column of its own", style, status, sign)
			}
			seen[sign] = true
			if plain := style.Paint(color, sign); plain != sign {
				t.Errorf("%+v %s: got %q without colours", style, status, plain)
			}
			style.Color = true
			if painted := style.Paint(color, sign); sgr.ReplaceAllString(painted, "") != sign || painted == sign {
				t.Errorf("%+v %s: got %q with colours", style, status, painted)
			}
			style.Color = false
		}
	}
	colored := report.Style{Color: true}
	if got := colored.Paint(report.Plain, "a") + colored.Paint(report.Bad, ""); got != "a" {
		t.Errorf("without a colour, or without a text: got %q", got)
	}
}
