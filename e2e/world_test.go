package e2e_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/drawbridge-cors/drawbridge/e2e/page"
	"github.com/drawbridge-cors/drawbridge/e2e/tap"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
	"github.com/drawbridge-cors/drawbridge/origin"
)

// The origins of a world, by name. In calls, "{x1}" stands for the origin; in what was logged, origins are turned back into that.
var worldHosts = map[string]string{
	"page": "localhost", // Where the page is.
	"ss":   "localhost", // Same site, another port.
	"x1":   "127.0.0.1", // Another site.
	"x2":   "127.0.0.1", // Same site with x1.
}

// A world is a set of origins for one user agent: servers that log all requests, say yes to all that CORS asks, and otherwise do what
// the query of a URL says:
//
//	status=307       answer with that status
//	to=x1/path       and this Location, on the origin of that name
//	cookie=a=b       and this Set-Cookie
//
// Ports differ from world to world, and everything else is equal.
type world struct {
	page    *page.Page
	servers map[string]*tap.Server
	tokens  *strings.Replacer // Ports into names.

	mu  sync.Mutex
	now int // The call that is under way.
	log map[int][]string
}

// newWorld starts a world. calls gets the function that expands names, and returns the page's.
func newWorld(t *testing.T, calls func(expand func(string) string) []page.Call) *world {
	t.Helper()

	w := &world{servers: map[string]*tap.Server{}, log: map[int][]string{}}
	var intoNames, intoPorts []string
	for _, name := range slices.Sorted(maps.Keys(worldHosts)) {
		server, err := tap.Listen(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Errorf("a request that is no HTTP: %v", err)
			}
		})
		w.servers[name] = server
		intoNames = append(intoNames, w.origin(name), "{"+name+"}", w.host(name), "{"+name+":host}")
		intoPorts = append(intoPorts, "{"+name+"}", w.origin(name))
	}
	w.tokens = strings.NewReplacer(intoNames...)
	w.page = page.New("/page", calls(strings.NewReplacer(intoPorts...).Replace))
	for name, server := range w.servers {
		server.Serve(func(r *tap.Request) []byte { return w.answer(name, r) })
	}
	return w
}

func (w *world) host(name string) string   { return worldHosts[name] + ":" + w.servers[name].Port() }
func (w *world) origin(name string) string { return "http://" + w.host(name) }

// address is where the page is.
func (w *world) address() string { return w.origin("page") + w.page.Path() }

// answer is the handler of the origin with that name.
func (w *world) answer(name string, r *tap.Request) []byte {
	if name == "page" {
		if a, ok := w.page.Answer(r.Method, r.Target, r.Body); ok {
			// The page reports on a call before it makes the next.
			if strings.HasPrefix(r.Target, w.page.Path()+"outcome") {
				w.next()
			}
			return tap.Response(a.Status, a.Body, header.Field{Name: "Content-Type", Value: a.ContentType})
		}
	}
	w.mu.Lock()
	for _, line := range describe(name, r) {
		w.log[w.now] = append(w.log[w.now], w.tokens.Replace(line))
	}
	w.mu.Unlock()

	asked, _ := r.Header.Get(header.Origin)
	lines := []header.Field{
		{Name: header.AccessControlAllowOrigin, Value: asked},
		{Name: header.AccessControlAllowCredentials, Value: "true"},
		{Name: header.CacheControl, Value: "no-store"},
	}
	if method, ok := r.Header.Get(header.AccessControlRequestMethod); ok && r.Method == "OPTIONS" {
		names, _ := r.Header.Get(header.AccessControlRequestHeaders)
		return tap.Response(204, "", append(lines, header.Field{Name: header.AccessControlAllowMethods, Value: method},
			header.Field{Name: header.AccessControlAllowHeaders, Value: names})...)
	}

	_, raw, _ := strings.Cut(r.Target, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		return tap.Response(400, err.Error())
	}
	status := 200
	if n, err := strconv.Atoi(query.Get("status")); err == nil {
		status = n
	}
	if to, rest, ok := strings.Cut(query.Get("to"), "/"); ok {
		lines = append(lines, header.Field{Name: header.Location, Value: w.origin(to) + "/" + rest})
	}
	if cookie := query.Get("cookie"); cookie != "" {
		lines = append(lines, header.Field{Name: header.SetCookie, Value: cookie})
	}
	return tap.Response(status, "ok\n", lines...)
}

// leftOut are the headers that say which browser it is, or that concern the connection alone. No CORS check reads them, and no two
// browsers agree on them. Accept-Encoding is among them even with a range: browsers differ in the codings they know.
var leftOut = []string{"user-agent", "accept-encoding", "connection", "priority"}

// authorLanguage is the one Accept-Language that calls have. Any other is that of the browser's user, and left out too.
const authorLanguage = "de"

// describe writes a request down: its line, then one for each header in order of names (their order on the wire is the browser's own
// affair), then one for the body. Each names the request, by the plain part of its path. Bytes that are not printable ASCII are
// escaped.
func describe(name string, r *tap.Request) []string {
	plain := strings.TrimLeft(r.Target, "/-0123456789abcdefghijklmnopqrstuvwxyz")
	about := r.Method + " {" + name + "}" + strings.TrimSuffix(r.Target, plain) + ": "
	var lines []string
	for _, f := range r.Header {
		lower := strings.ToLower(f.Name)
		if slices.Contains(leftOut, lower) || strings.HasPrefix(lower, "sec-ch-") || lower == "accept-language" && f.Value != authorLanguage {
			continue
		}
		lines = append(lines, about+f.Name+": "+escape(f.Value))
	}
	slices.Sort(lines)
	lines = slices.Insert(lines, 0, r.Method+" {"+name+"}"+escape(r.Target))
	if len(r.Body) > 0 {
		lines = append(lines, about+"body: "+escape(string(r.Body)))
	}
	return lines
}

func escape(s string) string {
	quoted := strconv.QuoteToASCII(isomorphic(s))
	return strings.NewReplacer(`\"`, `"`).Replace(quoted[1 : len(quoted)-1])
}

// isomorphic makes a character of each byte, so that escapes are those of bytes.
func isomorphic(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// next says that a call is over.
func (w *world) next() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now++
}

// requests returns the lines of what was logged for a call.
func (w *world) requests(call int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log[call]
}

// environment is the page, for our own engine.
func (w *world) environment(t *testing.T) fetch.Environment {
	t.Helper()

	o, err := origin.Parse(w.origin("page"))
	if err != nil {
		t.Fatal(err)
	}
	return fetch.Environment{Origin: o, URL: w.address()}
}

// outcome describes what our engine makes of a call in the terms of the page.
func outcome(ctx context.Context, client *fetch.Client, request *fetch.Request) page.Outcome {
	response, err := client.Fetch(ctx, request)
	if err != nil {
		return page.Outcome{Outcome: page.Rejected, Error: "TypeError"}
	}
	defer response.Body.Close()
	o := page.Outcome{
		Outcome: page.Answered, Type: response.Type, Status: response.Status, URL: response.URL, Redirected: response.Redirected,
	}
	for _, f := range header.List(response.Header).SortAndCombine() {
		o.Headers = append(o.Headers, f.Name)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, tap.MaxBody)); err != nil {
		o.BodyError = "TypeError"
	}
	return o
}

// show writes an outcome in one line.
func (w *world) show(o page.Outcome) string {
	s := o.Outcome
	if o.Outcome == page.Answered {
		s = fmt.Sprintf("%s %s %d %s redirected=%t headers=%s", s, o.Type, o.Status, o.URL, o.Redirected, strings.Join(o.Headers, ","))
	}
	for _, name := range []string{o.Error, o.BodyError} {
		if name != "" {
			s += " " + name
		}
	}
	return w.tokens.Replace(strings.Join(strings.Fields(s), " "))
}

// A jar is the standard library's, which knows domains and paths; that is all that the calls need. The worlds' cookies are first party.
type jar struct{ inner *cookiejar.Jar }

func newJar(t *testing.T) jar {
	t.Helper()

	inner, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar{inner}
}

// Cookies implements [fetch.Jar].
func (j jar) Cookies(r fetch.CookieRequest) []string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	var pairs []string
	for _, c := range j.inner.Cookies(u) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return pairs
}

// SetCookies implements [fetch.Jar].
func (j jar) SetCookies(r fetch.CookieRequest, lines []string) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return
	}
	var cookies []*http.Cookie
	for _, line := range lines {
		if c, err := http.ParseSetCookie(line); err == nil {
			cookies = append(cookies, c)
		}
	}
	j.inner.SetCookies(u, cookies)
}

// difference returns the lines of got and want that the other has not, marked "+" for got and "-" for want, in order.
func difference(got, want []string) []string {
	// The longest common part, by the table of its lengths.
	lengths := make([][]int, len(got)+1)
	for i := range lengths {
		lengths[i] = make([]int, len(want)+1)
	}
	for i, line := range slices.Backward(got) {
		for j, other := range slices.Backward(want) {
			if line == other {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	var lines []string
	for i, j := 0, 0; i < len(got) || j < len(want); {
		switch {
		case i < len(got) && j < len(want) && got[i] == want[j]:
			i, j = i+1, j+1
		case j == len(want) || i < len(got) && lengths[i+1][j] > lengths[i][j+1]:
			lines = append(lines, "+ "+got[i])
			i++
		default:
			lines = append(lines, "- "+want[j])
			j++
		}
	}
	return lines
}
