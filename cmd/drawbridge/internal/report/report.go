// Package report lays an [explain.Report] out as text for people: the verdict first, then every step with what was compared with what,
// then what is wrong and what would be right. It adds no judgement and no advice to the report.
//
// Bytes that came from a server are escaped, so that none of them can drive a terminal, no line is longer than the style says, and
// secrets of the request are not shown unless everything is asked for.
package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/explain"
	"github.com/drawbridge-cors/drawbridge/fetch"
)

// A Style says how a report is laid out. The zero value is plain text of 80 columns.
type Style struct {
	// Color allows bold, red, green, yellow and cyan: colours that can be read on dark and on light. Nothing is said by colour alone.
	Color bool
	// ASCII keeps to ASCII: no ticks, arrows or lines.
	ASCII bool
	// Verbose shows all headers and shortens nothing.
	Verbose bool
	// Width is how many columns a line may have, 80 if zero. Less than 40 counts as 40.
	Width int
}

// Write writes a report for people, whole and at once. The error is that of w.
func Write(w io.Writer, r explain.Report, o Style) error {
	p := &printer{style: o, width: o.Width, marks: o.marks()}
	if p.width == 0 {
		p.width = 80
	}
	p.width = max(p.width, 40)
	p.verdict(r)
	p.browsers(r)
	p.line("")
	p.request(r)
	p.steps(r)
	p.failures(r)
	p.notes(r)
	_, err := w.Write(p.out.Bytes())
	return err
}

// marks are the signs of a report. Each is one column wide, in either set, but for cut.
type marks struct {
	pass, fail, info, notSent, sent, received, bar, under, cut, back string
}

var (
	unicodeMarks = marks{"✓", "✗", "●", "–", "→", "←", "│", "^", "…", "←"}
	asciiMarks   = marks{"+", "x", "*", "-", ">", "<", "|", "^", "...", "<-"}
)

// A Color is a colour of a terminal, by what it says.
type Color string

// The colours. Each can be read on dark and on light.
const (
	Plain    Color = ""
	Bold     Color = "1"
	Good     Color = "32"
	Bad      Color = "31"
	Warn     Color = "33"
	Note     Color = "36"
	BoldGood Color = "1;32"
	BoldBad  Color = "1;31"
)

// A printer lays out one report.
type printer struct {
	out   bytes.Buffer
	style Style
	width int
	marks marks
}

// marks returns the signs of a style.
func (o Style) marks() marks {
	if o.ASCII {
		return asciiMarks
	}
	return unicodeMarks
}

// Paint puts a text into a colour, if the style has any.
func (o Style) Paint(color Color, s string) string {
	if !o.Color || color == Plain || s == "" {
		return s
	}
	return "\x1b[" + string(color) + "m" + s + "\x1b[0m"
}

// Sign returns the sign of a status, one column wide, and its colour.
func (o Style) Sign(s explain.Status) (sign string, color Color) {
	marks := o.marks()
	switch s {
	case explain.Pass:
		return marks.pass, Good
	case explain.Fail:
		return marks.fail, Bad
	case explain.NotSent:
		return marks.notSent, Bold
	default:
		return marks.info, Bold
	}
}

// verdict is the first line: what happened, and to whom to go. Where that takes more room, the rest follows below it.
func (p *printer) verdict(r explain.Report) {
	word, rest := "ALLOWED", strings.TrimPrefix(r.Summary, "allowed")
	mark, color := p.marks.pass, BoldGood
	switch r.Verdict {
	case explain.Allowed:
	case explain.Blocked:
		word, rest = "BLOCKED", strings.TrimPrefix(r.Summary, "blocked")
		mark, color = p.marks.fail, BoldBad
	default:
		word, rest = "COULD NOT TELL", strings.TrimPrefix(r.Summary, "could not tell")
		mark, color = p.marks.info, Bold
	}
	short, long, ok := strings.Cut(rest, ": ")
	if !ok || columns(mark+" "+word)+columns(p.safe(rest)) <= p.width {
		p.text(mark+" "+word, color, rest)
		return
	}
	// One line for the verdict; what it is about does not fit in there, but its code does.
	if r.Reason != "" {
		short += " [" + string(r.Reason) + "]"
	}
	p.text(mark+" "+word, color, short)
	p.wrapped("  ", "  ", long)
}

// browsers says in a line whether browsers agree.
func (p *printer) browsers(r explain.Report) {
	if len(r.Browsers) == 0 {
		return
	}
	same := true
	var names, each []string
	for _, o := range r.Browsers {
		first := r.Browsers[0]
		same = same && o.Verdict == first.Verdict && o.Reason == first.Reason && !o.NotAsked
		names = append(names, explain.Escape(o.Browser))
		word := map[explain.Verdict]string{explain.Allowed: "allows", explain.Blocked: "blocks"}[o.Verdict]
		if word == "" || o.NotAsked {
			word = "would send what was not sent"
		}
		each = append(each, explain.Escape(o.Browser)+" "+word)
	}
	if same && len(names) > 1 {
		p.wrapped("  ", "  ", strings.Join(names[:len(names)-1], ", ")+" and "+names[len(names)-1]+" agree")
		return
	}
	p.wrapped("  ", "  ", "browsers differ: "+strings.Join(each, ", "))
}

// maxHops is how many redirects are shown in full. Of more, those in the middle are counted.
const maxHops = 5

// steps are all steps. A redirect loop fills no screen.
func (p *printer) steps(r explain.Report) {
	last := 0
	for _, s := range r.Steps {
		last = max(last, s.Hop)
	}
	first, resume := 2, last-1
	if p.style.Verbose || last <= maxHops {
		first, resume = last+1, last+1
	}
	told := false
	for _, s := range r.Steps {
		if s.Hop < first || s.Hop >= resume {
			p.step(r, s)
			continue
		}
		if !told {
			p.wrapped("    "+p.marks.cut+" ", "      ", strconv.Itoa(resume-first)+" more redirects like these (--verbose shows them)")
			told = true
		}
	}
}

// request is what was asked, in a small table.
func (p *printer) request(r explain.Report) {
	q := r.Request
	if q.URL == "" {
		return
	}
	page := q.Origin
	if q.OriginFrom != "" {
		page += " (" + q.OriginFrom + "; --origin names another)"
	}
	p.pair("page", page)
	p.pair("request", q.Method+" "+q.URL)
	modes := "mode " + string(q.Mode) + ", credentials " + string(q.Credentials)
	if q.Redirect != fetch.RedirectFollow {
		modes += ", redirect " + string(q.Redirect)
	}
	p.pair("as", modes)
	p.line("")
}

func (p *printer) pair(label, value string) {
	const indent = "           "
	p.wrapped(("  " + label + indent)[:len(indent)], indent, p.fit(explain.Escape(value), p.width-len(indent)))
}

// step is one numbered step with what belongs to it.
func (p *printer) step(r explain.Report, s explain.Step) {
	mark, color := p.style.Sign(s.Status)
	number := strconv.Itoa(s.N)
	number = strings.Repeat(" ", max(0, 3-len(number))) + number
	title := s.Title
	switch {
	case s.ID == explain.StepPreflight && s.Status == explain.Fail:
		title = "preflight fails: " + title
	case s.ID == explain.StepPreflight:
		title = "preflight: " + title
	case s.Status == explain.Fail:
		title = "fails: " + title
	}
	const indent = "      "
	p.styled(number+" ", mark, color, " ", p.fit(title, p.width-len(indent)), indent)
	for _, d := range s.Details {
		p.wrapped(indent, indent, d)
	}
	for _, c := range s.Causes {
		p.wrapped(indent+"- ", indent+"  ", c.Text)
	}
	if s.Exchange != nil && *s.Exchange >= 0 && *s.Exchange < len(r.Exchanges) {
		p.exchange(r.Exchanges[*s.Exchange])
	}
	for _, c := range s.Checks {
		p.check(c)
	}
}

func (p *printer) check(c explain.Check) {
	status, text := explain.Pass, c.Text
	if !c.OK {
		status = explain.Fail
		text += " [" + explain.Escape(string(c.Reason)) + "]"
		if c.First {
			text += " " + p.marks.back + " reported first"
		}
	}
	mark, color := p.style.Sign(status)
	p.styled("      ", mark, color, " ", text, "        ")
}

// exchange shows the headers that matter to CORS, or with Verbose all of them.
func (p *printer) exchange(x explain.Exchange) {
	for _, h := range x.Request.Headers {
		if p.style.Verbose || requestMatters(h[0]) {
			p.header(p.marks.sent, h)
		}
	}
	if x.Response != nil {
		for _, h := range x.Response.Headers {
			if p.style.Verbose || responseMatters(h[0], x.Response.Status) {
				p.header(p.marks.received, h)
			}
		}
		var about []string
		for _, s := range []string{x.Response.Proto, x.Response.TLS, x.Response.RemoteAddr} {
			if s != "" && p.style.Verbose {
				about = append(about, explain.Escape(s))
			}
		}
		if x.DurationMS > 0 {
			about = append(about, strconv.FormatFloat(x.DurationMS, 'f', -1, 64)+" ms")
		}
		if len(about) > 0 && p.style.Verbose {
			p.wrapped("        ", "        ", strings.Join(about, ", "))
		}
	}
	p.partial(x.Partial)
	if x.Error != "" {
		p.wrapped("        ", "        ", x.Error)
	}
}

// partial shows the beginning of a head that did not arrive whole.
func (p *printer) partial(head string) {
	const enough = 4
	lines := strings.Split(strings.TrimRight(head, "\r\n"), "\n")
	if head == "" {
		return
	}
	for _, l := range lines[:min(len(lines), enough)] {
		p.wrapped("      "+p.marks.received+" ", "          ", p.middle(explain.Escape(strings.TrimRight(l, "\r")), p.width-10))
	}
	if len(lines) > enough {
		p.wrapped("      "+p.marks.received+" ", "          ", p.marks.cut+" and more, which is no whole head")
	}
}

// requestMatters reports whether a request header has a part in CORS.
func requestMatters(name string) bool {
	name = strings.ToLower(name)
	return name == "origin" || name == "cookie" || name == "authorization" || strings.HasPrefix(name, "access-control-")
}

// responseMatters reports whether a response header has a part in CORS, or in what went wrong instead.
func responseMatters(name string, status int) bool {
	switch name = strings.ToLower(name); name {
	case "vary", "location", "cross-origin-resource-policy", "timing-allow-origin":
		return true
	case "allow", "www-authenticate", "server", "via":
		return status >= 400
	}
	return strings.HasPrefix(name, "access-control-")
}

func (p *printer) header(arrow string, h explain.Header) {
	name, value := strings.ToLower(explain.Escape(h[0])), explain.Escape(h[1])
	// Reports are pasted into chats and bug trackers: what is a secret stays out unless everything is asked for.
	if !p.style.Verbose && (name == "authorization" || name == "cookie") {
		value = secret(name, h[1])
	}
	const indent = "      "
	room := p.width - len(indent) - 2 - len(name) - 2
	if !p.style.Verbose && room > 16 && len(value) > room {
		value = p.middle(value, room)
	}
	p.wrapped(indent+arrow+" ", indent+"    ", name+": "+value)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// secret says what kind of secret a header holds, not the secret.
func secret(name, value string) string {
	if name == "cookie" {
		return "(" + plural(strings.Count(value, ";")+1, "cookie") + ")"
	}
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok {
		scheme, rest = "", value
	}
	return strings.TrimSpace(explain.Escape(scheme) + " (" + plural(len([]rune(rest)), "byte") + ")")
}

// failures are the blocks that say what is wrong and what would be right. The cause comes first, then the others in their order, and
// at last those that say nothing of their own.
func (p *printer) failures(r explain.Report) {
	var blocks, following []explain.Failure
	cause := -1
	for i, f := range r.Failures {
		switch {
		case cause < 0 && f.Reason == r.Reason:
			cause = i
		case f.Follows:
			following = append(following, f)
		default:
			blocks = append(blocks, f)
		}
	}
	if cause >= 0 {
		blocks = append([]explain.Failure{r.Failures[cause]}, blocks...)
	}
	for _, f := range blocks {
		p.line("")
		p.failure(r, f)
	}
	if len(following) == 0 {
		return
	}
	p.line("")
	p.text("error", BoldBad, " what follows from "+explain.Escape(string(r.Reason))+
		", because whatever answered sends no CORS header:")
	for _, f := range following {
		p.wrapped("  - ", "    ", "["+explain.Escape(string(f.Reason))+"] "+f.Title+p.reported(r, f))
	}
}

// reported marks the failure that a browser reports, where that is not the cause anyway.
func (p *printer) reported(r explain.Report, f explain.Failure) string {
	if !f.First || f.Reason == r.Reason {
		return ""
	}
	return " " + p.marks.back + " reported first"
}

func (p *printer) failure(r explain.Report, f explain.Failure) {
	title := f.Title
	if f.Preflight && !strings.Contains(title, "preflight") {
		title += " (preflight)"
	}
	p.text("error["+explain.Escape(string(f.Reason))+"]", BoldBad, " "+title+p.reported(r, f))
	p.lines(f)
	p.wrapped("  = why: ", "         ", f.Why)
	p.wrapped("  = fix: ", "         ", f.Fix)
	for _, h := range f.Send {
		p.wrapped("  + ", "      ", explain.Escape(h[0])+": "+explain.Escape(h[1]))
	}
	if f.Step != "" {
		p.wrapped("  = see: ", "         ", f.Step+" "+f.Spec)
	}
}

// maxLines is how many lines of one header a failure shows.
const maxLines = 4

// lines shows the header lines with the offending part underlined.
func (p *printer) lines(f explain.Failure) {
	for i, h := range f.Lines {
		if i == maxLines && !p.style.Verbose && len(f.Lines) > maxLines+1 {
			p.wrapped("  "+p.marks.bar+" ", "    ", fmt.Sprintf("(%d more lines)", len(f.Lines)-i))
			return
		}
		var start, end int
		marked := f.Underline != nil && f.Underline.Line == i
		if marked {
			start, end = f.Underline.Start, f.Underline.End
		}
		p.underlined(h, marked, start, end)
	}
}

// underlined shows one header line, and below it which part is wrong. A long value is shown around that part.
func (p *printer) underlined(h explain.Header, marked bool, start, end int) {
	name := explain.Escape(h[0])
	room := p.width - len("  | ")
	if len(name) > room/2 {
		name = p.middle(name, room/2)
	}
	room -= columns(name) + 2
	value, from, to := escapeRange(h[1], start, end)
	if !marked {
		from, to = 0, 0
	}
	value, from, to = p.window(value, from, to, room)
	p.line("  " + p.marks.bar + " " + name + ": " + value)
	if !marked {
		return
	}
	under := strings.Repeat(" ", columns(name)+2+from) + p.style.Paint(BoldBad, strings.Repeat(p.marks.under, max(1, to-from)))
	p.line("  " + p.marks.bar + " " + under)
}

// escapeRange escapes a value and translates a range of its code points to columns of the result.
func escapeRange(value string, start, end int) (text string, from, to int) {
	var b strings.Builder
	n := 0
	from, to = -1, -1
	for _, r := range value {
		if n == start {
			from = b.Len()
		}
		if n == end {
			to = b.Len()
		}
		b.WriteString(explain.Escape(string(r)))
		n++
	}
	if from < 0 {
		from = b.Len()
	}
	if to < 0 {
		to = b.Len()
	}
	return b.String(), from, max(from, to)
}

// window cuts a value to room columns so that the start of its range stays visible, and moves the range along.
func (p *printer) window(value string, from, to, room int) (string, int, int) {
	if len(value) <= room && from < room {
		return value, from, min(to, max(room, from+1))
	}
	cut := columns(p.marks.cut)
	room = max(room, 2*cut+8)
	// The value is escaped, and so one byte a column.
	begin := 0
	if to > room-cut {
		begin = max(0, min(from-room/4, len(value)-room+cut))
	}
	finish := min(len(value), begin+room)
	head, tail := "", ""
	if begin > 0 {
		head = p.marks.cut
	}
	if finish < len(value) {
		tail = p.marks.cut
	}
	inner := value[min(begin+lenIf(head, cut), len(value)):max(begin, finish-lenIf(tail, cut))]
	if begin+lenIf(head, cut) > finish-lenIf(tail, cut) {
		inner = ""
	}
	shown := columns(head) + len(inner) + columns(tail)
	from = max(0, min(from-begin, shown))
	to = max(from, min(to-begin, shown))
	return head + inner + tail, from, to
}

func lenIf(s string, n int) int {
	if s == "" {
		return 0
	}
	return n
}

func (p *printer) notes(r explain.Report) {
	if len(r.Notes) > 0 {
		p.line("")
	}
	for _, n := range r.Notes {
		label, color := "note", Note
		if n.Level == explain.Warning {
			label, color = "warning["+explain.Escape(n.Code)+"]", Warn
		}
		p.text(label, color, ": "+n.Text)
	}
}
