package shellwords_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/shellwords"
)

func TestSplit(t *testing.T) {
	t.Parallel()

	for _, test := range []struct {
		name, command string
		want          []string
		rest          string
	}{
		{"nothing has no words", "", nil, ""},
		{"blanks and line ends have none either", " \t\n", nil, ""},
		{"words of several quotes are one", `'https://api'.test"/x"\?y`, []string{"https://api.test/x?y"}, ""},
		{"an empty quote is a word", `a ''`, []string{"a", ""}, ""},
		{"single quotes keep everything", `'a"b\c$d'`, []string{`a"b\c$d`}, ""},
		{"double quotes undo what they escape", `"\"q\" \\ \$5 \x '"`, []string{`"q" \ $5 \x '`}, ""},
		{"$'' undoes the escapes of C", `$'it\'s \u0021 \xe9\101\e\n'`, []string{"it's ! \xe9A\x1b\n"}, ""},
		{"a surrogate pair in $'' is one character", `$'\ud83d\ude00'`, []string{"😀"}, ""},
		{"half a surrogate pair is U+FFFD", `$'\ud83d\u0041'`, []string{"\uFFFDA"}, ""},
		{"and so is each of two first halves", `$'\ud83d\udbff'`, []string{"\uFFFD\uFFFD"}, ""},
		{"a NUL in $'' does not end it", `$'a\0b'`, []string{"a\x00b"}, ""},
		{"what is no escape keeps its backslash", `$'\q\xzz\u'`, []string{`\q\xzz\u`}, ""},
		{"patterns, tildes and braces are kept", "~me/[1-3]/*?x={a,b}", []string{"~me/[1-3]/*?x={a,b}"}, ""},
		{"a backslash joins the next line", "a \\\n b", []string{"a", "b"}, ""},
		{"and so it does with another system's line end", "a \\\r\n b\r\n", []string{"a", "b"}, ""},
		{"a comment is left out up to the line's end", "a # 'not closed\n b", []string{"a", "b"}, ""},
		{"a # inside a word is no comment", "a#b", []string{"a#b"}, ""},
		{"what follows a pipe is the rest", "a -s | jq .", []string{"a", "-s"}, "| jq ."},
		{"what follows a semicolon is the rest", "a; b", []string{"a"}, "; b"},
		{"what follows two & is the rest", "a && b", []string{"a"}, "&& b"},
		{"a dollar sign that nothing follows is itself", `a$ "b$" $`, []string{"a$", "b$", "$"}, ""},
		{"the command prompt's carets go", "a ^\"b^&c^\" ^\r\n  -H ^\"d: e^\"", []string{"a", "b&c", "-H", "d: e"}, ""},
		{"the command prompt's quotes keep backslashes", "^\"^{^\\^\"a^\\^\":^\\^\"C:^\\^\\x^\\^\"^}^\"", []string{`{"a":"C:\x"}`}, ""},
		{"the command prompt's line end is an empty line", "^\"a^\n\nb^\"", []string{"a\nb"}, ""},
		{"as many words as there may be", strings.Repeat("a ", shellwords.MaxWords), slices.Repeat([]string{"a"}, shellwords.MaxWords), ""},
		{
			"as many for the command prompt", strings.Repeat("a ", shellwords.MaxWords-1) + `^"^"`,
			append(slices.Repeat([]string{"a"}, shellwords.MaxWords-1), ""), "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, rest, err := shellwords.Split(test.command)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) || rest != test.rest {
				t.Errorf("got %q and %q, want %q and %q", got, rest, test.want, test.rest)
			}
		})
	}
}

func TestSplitRefusesWhatAShellWouldDo(t *testing.T) {
	t.Parallel()

	for _, test := range []struct{ name, command, want string }{
		{"a single quote that is open", "a 'b", `has a quote that is not closed: "'b"`},
		{"a double quote that is open", `a "b`, "not closed"},
		{"a $' that is open", `a $'b\'`, "not closed"},
		{"of a long one, its beginning", "'" + strings.Repeat("x", 120), `xxx"… (121 bytes)`},
		{"a variable", `a "b/$ID/c"`, `holds "$ID", which a shell would replace`},
		{"a variable in braces", `a ${ID}`, `"${ID}"`},
		{"a parameter", `a $1`, `"$1"`},
		{"a translated string", `a $"b"`, `"$"`},
		{"a command substitution", `a $(id)`, `"$(id)"`},
		{"an old command substitution", "a \"`id`\"", "`id`"},
		{"nested substitutions", "a " + strings.Repeat("$(", 100000), `"$(`},
		{"nested subshells", "a " + strings.Repeat("(", 100000), "holds a ( outside quotes"},
		{"nested braces of a function", "a() { " + strings.Repeat("{ ", 100000), "holds a ( outside quotes"},
		{"an & outside quotes", "a b?c=1&d=2", "holds an & outside quotes"},
		{"a redirection", "a > out", "holds a > outside quotes"},
		{"a NUL", "a 'b\x00'", "holds a NUL"},
		{"a NUL outside quotes", "a b\x00", "holds a NUL"},
		{"more words than there may be", strings.Repeat("a ", shellwords.MaxWords+1), "has more than 10000 words"},
		{"an open quote for the command prompt", "a ^\"b", "not closed"},
		{"a pipe for the command prompt", "a ^\"b^\" | more", "holds a | outside quotes"},
		{"more words for the command prompt", `^"^" ` + strings.Repeat("a ", shellwords.MaxWords), "has more than 10000 words"},
		{"a last word too many for the command prompt", strings.Repeat("a ", shellwords.MaxWords) + `^"^"`, "has more than 10000 words"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			words, _, err := shellwords.Split(test.command)
			if err == nil {
				t.Fatalf("got %d words and no error", len(words))
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want it to contain %q", err, test.want)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("got an error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestErrorRepeatsAllOfAShortQuote(t *testing.T) {
	t.Parallel()

	quote := "'" + strings.Repeat("x", 119)
	if _, _, err := shellwords.Split(quote); err == nil || !strings.HasSuffix(err.Error(), `"`+quote+`"`) {
		t.Errorf("got %v, want it to end with all 120 bytes", err)
	}
}

// TestSplitPOSIXAgreesWithBash runs printf in a real shell. Only NUL and surrogates are read otherwise, on purpose.
func TestSplitPOSIXAgreesWithBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here to compare with: ", err)
	}
	for _, s := range []string{
		`a 'b c' "d e" f\ g`, `'it'\''s'`, `"a\"b\\c\$d\e"`, `$'a\tb\nc\\d\'e\"f\x41\x4\101\1\u00e9\u0021\U0001F600\cA\?\q'`, "'a\nb' \"c\\\nd\" e\\\nf",
		`a#b '#' \#c "#d"`, `'' "" $''`, `a=b c="d"'e'$'f'`, `-H 'a: "b"' --x`, `$ a$ "b$" '$c'`, `\\ \' \" \a`, `!x "a!"`, `é "ü" 'ß'`, `{a 'b'} ]`,
	} {
		want, err := exec.CommandContext(t.Context(), bash, "-c", "LC_ALL=C.UTF-8; printf '<%s>' "+s).Output()
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		words, rest, err := shellwords.SplitPOSIX(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		got := "<" + strings.Join(words, "><") + ">"
		if got != string(want) || rest != "" {
			t.Errorf("%s: got %q and %q, want %q", s, got, rest, want)
		}
	}
}

// posixQuote and ansiQuote write a word as DevTools does: the second if there are control characters.
func posixQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func ansiQuote(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range s {
		switch {
		case r == '\\' || r == '\'':
			b.WriteString(`\` + string(r))
		case r < 0x20 || r == '!' || 0x7f <= r && r < 0xa0:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + "'"
}

func cmdQuote(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("^\n\n")
			continue
		case strings.ContainsRune(`&|<>^%!"(){}\`, r):
			b.WriteByte('^')
		}
		b.WriteRune(r)
	}
	return `^"` + b.String() + `^"`
}

// FuzzSplit: a command that is written in any of the three quotings reads back as the words that it was made of, and text as it
// comes neither fails otherwise than by an error nor gives more than it had.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"curl 'https://a.test/?b=1&c=%5B' \\\n  -X 'PUT' --data-raw $'{\"text\":\"it\\'s \\u0021 $HOME\"}'",
		"curl ^\"https://a.test/?b=1^&c=2^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":50^%^}^\"",
		"it's \"so\" $HOME `id` \\ ! % ^ #", "\u0001\u0080\u2028😀", "", "a\nb",
	} {
		f.Add(s, "second")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if words, rest, err := shellwords.SplitPOSIX(a); err == nil {
			if n := len(strings.Join(words, "")) + len(rest); n > 2*len(a)+16 {
				t.Errorf("%q: got %d bytes out of %d", a, n, len(a))
			}
		}
		if _, err := shellwords.SplitCommandPrompt(a); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) || strings.ContainsAny(a+b, "\x00\r") {
			return
		}
		want := []string{"curl", a, "-H", b}
		for name, quote := range map[string]func(string) string{"posix": posixQuote, "ansi": ansiQuote} {
			command := "curl " + quote(a) + " \\\n  -H " + quote(b)
			words, rest, err := shellwords.SplitPOSIX(command)
			if err != nil || rest != "" || !slices.Equal(words, want) {
				t.Errorf("%s: %q: got %q, %q and %v, want %q", name, command, words, rest, err, want)
			}
		}
		command := "curl " + cmdQuote(a) + " ^\n  -H " + cmdQuote(b)
		if words, err := shellwords.SplitCommandPrompt(command); err != nil || !slices.Equal(words, want) {
			t.Errorf("cmd: %q: got %q and %v, want %q", command, words, err, want)
		}
	})
}
