// Package shellwords splits a command that was copied for a shell into its words, as the shell would, without a shell: quotes are
// undone, and nothing is expanded, looked up or run. It knows the forms in which browsers copy a request: for POSIX shells and bash,
// $'…' included, and for the Windows command prompt.
//
// The work is linear in the length of the text, which the caller bounds. Errors say what the command does that cannot be followed, as the
// end of a sentence that starts with the command: "holds $(id), which …". What they repeat of it is quoted.
package shellwords

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// MaxWords is how many words a command may have.
const MaxWords = 10000

var errTooManyWords = fmt.Errorf("has more than %d words", MaxWords)

// Split splits one command for whichever shell it was written for: [SplitCommandPrompt] if it looks like that, otherwise [SplitPOSIX].
func Split(s string) (words []string, rest string, err error) {
	if looksLikeCommandPrompt(s) {
		words, err = SplitCommandPrompt(s)
		return words, "", err
	}
	return SplitPOSIX(s)
}

// SplitPOSIX splits one command of a POSIX shell or of bash into words. Quotes are undone and nothing is expanded: a command
// substitution or a variable is an error, and a pattern stays what it is. After a "|", "||", "&&" or ";" the rest is left out and
// returned.
func SplitPOSIX(s string) (words []string, rest string, err error) {
	command, rest, err := simpleCommand(s)
	if err != nil {
		return nil, "", err
	}
	// What remains has no nesting, so the parser's recursion is flat.
	for w, err := range syntax.NewParser(syntax.Variant(syntax.LangBash)).WordsSeq(strings.NewReader(command)) {
		if err != nil {
			return nil, "", fmt.Errorf("cannot be read as a shell command: %w", err)
		}
		if len(words) == MaxWords {
			return nil, "", errTooManyWords
		}
		var b strings.Builder
		for _, part := range w.Parts {
			if err := literal(&b, part); err != nil {
				return nil, "", err
			}
		}
		words = append(words, b.String())
	}
	return words, rest, nil
}

// simpleCommand returns the first command of s without comments, and what follows it. It refuses what a shell would expand or
// redirect. It looks at quotes only, which is exact up to the first thing that it refuses, so that nothing nested gets through.
func simpleCommand(s string) (command, rest string, err error) {
	var out strings.Builder
	wordStart := true
	for i := 0; i < len(s); {
		c := s[i]
		next := byte(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch {
		case c == '\\' && next != 0:
			if next == '\r' && strings.HasPrefix(s[i+2:], "\n") {
				// A paste with the line ends of another system.
				out.WriteString("\\\n")
				i += 3
				continue
			}
			out.WriteString(s[i : i+2])
			wordStart = wordStart && next == '\n'
			i += 2
			continue
		case c == '\'' || c == '"' || c == '$' && next == '\'':
			end, err := quotedEnd(s, i)
			if err != nil {
				return "", "", err
			}
			out.WriteString(s[i:end])
			i, wordStart = end, false
			continue
		case c == '#' && wordStart:
			for i < len(s) && s[i] != '\n' {
				i++
			}
			continue
		case c == '$' && expands(next), c == '`':
			return "", "", expansionError(s[i:])
		case c == '|' || c == ';' || c == '&' && next == '&':
			return out.String(), strings.TrimSpace(s[i:]), nil
		case c == '&':
			return "", "", errors.New("holds an & outside quotes, where a shell ends the command; put the URL in quotes")
		case strings.IndexByte("()<>", c) >= 0:
			return "", "", fmt.Errorf("holds a %c outside quotes; leave redirections and subshells out", c)
		case c == 0:
			return "", "", errors.New("holds a NUL")
		}
		// A carriage return before the line's end is the paste's, not the command's.
		if c == '\r' && (next == '\n' || next == 0) {
			c = ' '
		}
		out.WriteByte(c)
		wordStart = c == ' ' || c == '\t' || c == '\n'
		i++
	}
	return out.String(), "", nil
}

// quotedEnd returns where the quoted string that starts at i ends.
func quotedEnd(s string, i int) (int, error) {
	quote, start := s[i], i
	escapes := quote != '\''
	if quote == '$' {
		quote, i = '\'', i+1
	}
	for i++; i < len(s); i++ {
		switch {
		case s[i] == 0:
			return 0, errors.New("holds a NUL")
		case s[i] == quote:
			return i + 1, nil
		case s[i] == '\\' && escapes:
			i++
		case quote == '"' && (s[i] == '`' || s[i] == '$' && i+1 < len(s) && s[i+1] != quote && expands(s[i+1])):
			return 0, expansionError(s[i:])
		}
	}
	return 0, fmt.Errorf("has a quote that is not closed: %s", quoted(s[start:]))
}

// expands reports whether a shell expands a "$" before this character.
func expands(next byte) bool {
	return next == '_' || 'a' <= next && next <= 'z' || 'A' <= next && next <= 'Z' || '0' <= next && next <= '9' ||
		next != 0 && strings.IndexByte(`({[*@#?-$!"`, next) >= 0
}

func expansionError(s string) error {
	if end := strings.IndexAny(s[1:], " \t\r\n\"'/&?"); end >= 0 {
		s = s[:end+1]
	}
	return fmt.Errorf("holds %s, which a shell would replace and this does not; write its value in its place", quoted(s))
}

// maxQuoted is how many bytes of a command an error repeats.
const maxQuoted = 120

// quoted quotes a part of a command for an error, shortened if it is long.
func quoted(s string) string {
	if len(s) <= maxQuoted {
		return strconv.Quote(s)
	}
	return fmt.Sprintf("%q… (%d bytes)", s[:maxQuoted], len(s))
}

// literal appends what a part of a word stands for when nothing is expanded.
func literal(b *strings.Builder, part syntax.WordPart) error {
	switch p := part.(type) {
	case *syntax.Lit:
		unescape(b, p.Value, "")
	case *syntax.SglQuoted:
		if p.Dollar {
			ansiC(b, p.Value)
		} else {
			b.WriteString(p.Value)
		}
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			lit, ok := inner.(*syntax.Lit)
			if !ok {
				return errors.New("holds something that a shell would expand; write its value in its place")
			}
			unescape(b, lit.Value, "$`\"\\")
		}
	default:
		return errors.New("holds something that a shell would expand; write its value in its place")
	}
	return nil
}

// unescape undoes backslashes: before each of the characters of only, or before any if only is empty. The parser has already
// removed the line ends that a backslash stands before.
func unescape(b *strings.Builder, s, only string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (only == "" || strings.IndexByte(only, s[i+1]) >= 0) {
			i++
		}
		b.WriteByte(s[i])
	}
}

// ansiC undoes the escapes of $'…'. The result is no longer than s.
//
// NOTE: a shell cuts the string at \0, and writes each half of a surrogate pair on its own. DevTools writes "\u" for single UTF-16
// code units, so both are undone here to what the page had sent.
func ansiC(b *strings.Builder, s string) {
	for i := 0; i < len(s); {
		c := s[i]
		i++
		if c != '\\' || i == len(s) {
			b.WriteByte(c)
			continue
		}
		e := s[i]
		i++
		if k := strings.IndexByte(`abeEfnrtv\'"?`, e); k >= 0 {
			b.WriteByte("\a\b\x1b\x1b\f\n\r\t\v\\'\"?"[k])
			continue
		}
		var n, length rune
		switch {
		case e == 'x':
			if n, length = number(s[i:], 16, 2); length > 0 {
				b.WriteByte(byte(n))
			}
		case e == 'u' || e == 'U':
			if n, length = number(s[i:], 16, map[byte]int{'u': 4, 'U': 8}[e]); length > 0 {
				if low, ok := lowSurrogate(n, s[i+int(length):]); ok {
					n, length = utf16.DecodeRune(n, low), length+6
				}
				b.WriteRune(n)
			}
		case '0' <= e && e <= '7':
			n, length = number(s[i-1:], 8, 3)
			b.WriteByte(byte(n))
			i += int(length) - 1
			continue
		case e == 'c' && i < len(s):
			b.WriteByte(s[i] & 0x1f)
			i++
			continue
		}
		if length == 0 {
			// Not an escape after all, and bash then keeps the backslash.
			b.WriteString(s[i-2 : i])
		}
		i += int(length)
	}
}

// lowSurrogate returns the second half of a surrogate pair if n is the first and s starts with the second, as \uXXXX.
func lowSurrogate(n rune, s string) (rune, bool) {
	if n < 0xD800 || n > 0xDBFF || !strings.HasPrefix(s, `\u`) {
		return 0, false
	}
	low, length := number(s[2:], 16, 4)
	return low, length == 4 && 0xDC00 <= low && low <= 0xDFFF
}

// number reads at most limit digits, and returns how many there were.
func number(s string, base rune, limit int) (n, length rune) {
	for int(length) < min(limit, len(s)) {
		d := digit(s[length])
		if d >= base {
			break
		}
		n = n*base + d
		length++
	}
	if n < 0 || n > utf8.MaxRune {
		n = utf8.RuneError
	}
	return n, length
}

func digit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	default:
		return 99
	}
}

// looksLikeCommandPrompt reports whether a command is written for the Windows command prompt, as DevTools' "Copy as cURL (cmd)" does.
func looksLikeCommandPrompt(s string) bool {
	return strings.Contains(s, `^"`) || strings.Contains(s, " ^\n") || strings.Contains(s, " ^\r\n")
}

// SplitCommandPrompt splits a command for the Windows command prompt. It undoes what DevTools does: a caret keeps the character after
// it, a caret at the end of a line joins the next one, and inside quotes a backslash keeps a quote or a backslash.
func SplitCommandPrompt(s string) ([]string, error) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var plain strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '^' && i+1 < len(s) {
			i++
			// The character after the line's end is kept too, so that an empty line in between stands for a line's end.
			if s[i] == '\n' {
				if i++; i == len(s) {
					break
				}
			}
		}
		plain.WriteByte(s[i])
	}
	var words []string
	var word strings.Builder
	open, inWord := false, false
	for text, i := plain.String(), 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			open, inWord = !open, true
			continue
		case c == '\\' && open && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			c = text[i]
		case !open && (c == ' ' || c == '\t' || c == '\n'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
			continue
		case !open && strings.IndexByte("|&<>", c) >= 0:
			return nil, fmt.Errorf("holds a %c outside quotes; leave pipes and redirections out", c)
		}
		word.WriteByte(c)
		inWord = true
	}
	if open {
		return nil, errors.New("has a quote that is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) > MaxWords {
		return nil, errTooManyWords
	}
	return words, nil
}
