package report

import (
	"strings"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/explain"
)

// columns is the width of a text of ours: everything that is not ASCII in it is one of the marks, one column each.
func columns(s string) int { return utf8.RuneCountInString(s) }

// minRoom is how many columns of text follow a label at least.
const minRoom = 6

// line writes one line as it is, without blanks at its end.
func (p *printer) line(s string) {
	p.out.WriteString(strings.TrimRight(s, " "))
	p.out.WriteByte('\n')
}

// wrapped writes text, first after the prefix first, on later lines after rest.
func (p *printer) wrapped(first, rest, text string) {
	p.block(first, columns(first), rest, text)
}

// block writes text, first after a start that is some columns wide, on later lines after rest. The start may hold colours, which have
// no width.
func (p *printer) block(start string, width int, rest, text string) {
	for i, l := range p.wrap(text, p.width-width, p.width-columns(rest)) {
		if i == 0 {
			p.line(start + l)
			continue
		}
		p.line(rest + l)
	}
}

// text writes a label in a colour, and text after it without a blank between them; later lines are indented.
func (p *printer) text(label string, color Color, text string) {
	// Our own labels are short; a report from elsewhere may have others.
	label = p.middle(p.safe(label), p.width-minRoom-1)
	// A blank cannot be kept at the start of a wrapped text, so it goes with the label.
	trimmed := strings.TrimLeft(text, " ")
	blank := text[:len(text)-len(trimmed)]
	p.block(p.style.Paint(color, label)+blank, columns(label)+len(blank), "  ", trimmed)
}

// styled writes before, a mark in a colour, after, and text; later lines start with rest.
func (p *printer) styled(before, mark string, color Color, after, text, rest string) {
	p.block(before+p.style.Paint(color, mark)+after, columns(before+mark+after), rest, text)
}

// wrap breaks text into lines of at most first columns for the first and rest for the others. A word that is too long for a line is
// shortened in its middle, or with Verbose broken. It returns at least one line.
func (p *printer) wrap(text string, first, rest int) []string {
	text = p.safe(text)
	first, rest = max(first, minRoom), max(rest, minRoom)
	var lines []string
	room, current := first, ""
	flush := func() {
		lines = append(lines, current)
		room, current = rest, ""
	}
	for word := range strings.SplitSeq(text, " ") {
		if current != "" && columns(current)+1+columns(word) > room {
			flush()
		}
		// A long word on the first line may fit better on the next, which can have more room.
		if current == "" && columns(word) > room && room < rest && len(lines) == 0 && room < rest/2 {
			flush()
		}
		if current == "" && columns(word) > room {
			if !p.style.Verbose {
				word = p.middle(word, room)
			}
			for columns(word) > room {
				head := headColumns(word, room)
				current, word = head, word[len(head):]
				flush()
			}
		}
		if current != "" {
			current += " "
		}
		current += word
	}
	flush()
	return lines
}

// safe escapes what is neither printable ASCII nor one of our own marks. Values are escaped before they come here; this is for sentences,
// which are printable in every report that package explain makes, but a report can come from elsewhere.
func (p *printer) safe(text string) string {
	own := p.marks.cut + p.marks.back + p.marks.pass + p.marks.fail + p.marks.info
	var b strings.Builder
	for _, r := range text {
		if r >= 0x20 && r < 0x7F || strings.ContainsRune(own, r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(explain.Escape(string(r)))
	}
	return b.String()
}

// fit shortens the longest word of a text, usually an address, so that the text fits into room columns. It does nothing with Verbose,
// and leaves enough of the word to recognize it.
func (p *printer) fit(text string, room int) string {
	const least = 32
	over := columns(text) - room
	if p.style.Verbose || over <= 0 {
		return text
	}
	longest := ""
	for word := range strings.SplitSeq(text, " ") {
		if columns(word) > columns(longest) {
			longest = word
		}
	}
	if columns(longest) <= least {
		return text
	}
	return strings.Replace(text, longest, p.middle(longest, max(least, columns(longest)-over)), 1)
}

// headColumns is as much of s as fits into n columns.
func headColumns(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// middle shortens s to n columns by leaving out what is in its middle; its end tells as much as its start.
func (p *printer) middle(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	runes := []rune(s)
	keep := max(2, n-columns(p.marks.cut))
	head := keep * 3 / 5
	return string(runes[:head]) + p.marks.cut + string(runes[len(runes)-(keep-head):])
}
