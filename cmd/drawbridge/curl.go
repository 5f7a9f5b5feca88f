package main

import (
	"strings"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/curlflags"
	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/shellwords"
	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// parseCurl reads a curl command as DevTools copies it, or as people write it. Nothing of it is run: no command, no variable, no
// pattern. Flags of curl that change nothing here are passed over, with a note unless they are about output only; flags that would
// change the request in a way that this program cannot follow are errors.
func parseCurl(text string) (asked, error) {
	fail := func(problem, hint string) (asked, error) {
		return asked{}, &usageError{Flag: "--from-curl", Value: firstLine(text), Problem: problem, Hint: hint}
	}
	if len(text) > maxPaste {
		return fail("is longer than 1 MiB", pasteShorter)
	}
	words, rest, err := shellwords.Split(text)
	if err != nil {
		return fail(err.Error(), pasteCurl)
	}
	// A prompt is often copied along.
	if len(words) > 0 && (words[0] == "$" || words[0] == "%" || words[0] == ">") {
		words = words[1:]
	}
	if len(words) == 0 {
		return fail("is empty", pasteCurl)
	}
	if name := words[0][strings.LastIndexAny(words[0], `/\`)+1:]; name != "curl" && name != "curl.exe" {
		return fail("is no curl command: it starts with "+shown(words[0]), pasteCurl)
	}
	c := curlCommand{a: asked{pasted: "--from-curl"}}
	if err := c.words(words[1:]); err != nil {
		return asked{}, err
	}
	if rest = strings.TrimSpace(strings.TrimLeft(rest, ";")); rest != "" {
		c.a.note("Only the first command of --from-curl is taken, without what follows it: " + firstLine(rest))
	}
	c.finish()
	return c.a, nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// curlCommand is a curl command being read.
type curlCommand struct {
	a asked
	// ignored and unknown name the flags that were passed over.
	ignored, unknown []string
}

// words reads the words after "curl".
func (c *curlCommand) words(words []string) error {
	flags := true
	for i := 0; i < len(words); i++ {
		w := words[i]
		used := 0
		var err error
		switch {
		case !flags || w == "-" || !strings.HasPrefix(w, "-"):
			err = c.setURL(w)
		case w == "--":
			flags = false
		case strings.HasPrefix(w, "--"):
			used, err = c.long(w[2:], words[i+1:])
		default:
			used, err = c.short(w[1:], words[i+1:])
		}
		if err != nil {
			return err
		}
		i += used
	}
	return nil
}

// long reads a long flag, and returns how many of the words after it belong to it.
func (c *curlCommand) long(name string, rest []string) (used int, err error) {
	f, known := curlflags.Long(name)
	if !known {
		// Every switch of curl has a --no- form, which says what is so without it anyway.
		if off, ok := strings.CutPrefix(name, "no-"); ok {
			if f, known := curlflags.Long(off); known && !f.Argument {
				return 0, nil
			}
		}
		full, ok := curlflags.Complete(name)
		if !ok {
			c.unknown = append(c.unknown, "--"+firstLine(name))
			return 0, nil
		}
		name = full
		f, _ = curlflags.Long(name)
	}
	if !f.Argument {
		return 0, c.apply(name, f, "")
	}
	if len(rest) == 0 {
		return 0, &usageError{Flag: "--from-curl", Problem: "curl's --" + name + " needs a value, and the command ends there"}
	}
	return 1, c.apply(name, f, rest[0])
}

// short reads a word of short flags, such as sSL or XPUT, and returns how many of the words after it belong to it.
func (c *curlCommand) short(letters string, rest []string) (used int, err error) {
	for i := range len(letters) {
		name, known := curlflags.Short(letters[i])
		if !known {
			c.unknown = append(c.unknown, "-"+letters[i:i+1])
			continue
		}
		f, _ := curlflags.Long(name)
		if !f.Argument {
			if err := c.apply(name, f, ""); err != nil {
				return 0, err
			}
			continue
		}
		if value := letters[i+1:]; value != "" {
			return 0, c.apply(name, f, value)
		}
		if len(rest) == 0 {
			return 0, &usageError{Flag: "--from-curl", Problem: "curl's -" + letters[i:i+1] + " needs a value, and the command ends there"}
		}
		return 1, c.apply(name, f, rest[0])
	}
	return 0, nil
}

// apply takes one flag in.
func (c *curlCommand) apply(name string, f curlflags.Flag, value string) error {
	switch f.Effect {
	case curlflags.Taken:
		return c.take(name, value)
	case curlflags.Refused:
		return &usageError{Flag: "--from-curl", Problem: "curl's --" + name + " cannot be followed here", Hint: f.Instead}
	case curlflags.Noted:
		c.ignored = append(c.ignored, "--"+firstLine(name))
	case curlflags.Quiet:
	}
	return nil
}

// take takes in a flag that means the same here.
func (c *curlCommand) take(name, value string) error {
	a := &c.a
	switch name {
	case "url":
		return c.setURL(value)
	case "request":
		a.method = value
	case "header":
		return a.addHeader(value)
	case "data", "data-ascii":
		a.data = append(a.data, dataPiece{dataText, value})
	case "data-raw":
		a.data = append(a.data, dataPiece{dataRaw, value})
	case "data-binary":
		a.data = append(a.data, dataPiece{dataBinary, value})
	case "data-urlencode":
		a.data = append(a.data, dataPiece{dataURLEncode, value})
	case "json":
		a.data = append(a.data, dataPiece{dataJSON, value})
	case "get":
		a.get = true
	case "head":
		a.head = true
	case "cookie":
		return c.takeCookie(value)
	case "user-agent":
		a.userAgent = value
	case "referer":
		a.referer = strings.TrimSuffix(value, ";auto")
	case "user":
		a.user = value
	case "oauth2-bearer":
		a.bearer = value
	case "insecure":
		a.insecure = true
	case "cert":
		a.cert = value
	case "key":
		a.key = value
	case "pass":
		a.passphrase = value
	case "cacert":
		a.caCert = value
	case "resolve":
		a.resolve = append(a.resolve, value)
	case "connect-to":
		a.connectTo = append(a.connectTo, value)
	case "http1.1":
		a.httpVersion = "1.1"
	case "http2":
		a.httpVersion = "2"
	case "max-time":
		a.timeout = value
	case "range":
		return a.addHeader("Range: bytes=" + value)
	default:
		panic("drawbridge: internal error: curl's --" + name + " is listed as taken and is not")
	}
	return nil
}

func (c *curlCommand) setURL(value string) error {
	if c.a.url != "" {
		return &usageError{
			Flag: "--from-curl", Value: value, Problem: "is a second URL; one request is checked at a time",
			Hint: "leave all URLs but one out",
		}
	}
	c.a.url = value
	return nil
}

// takeCookie takes -b, which without a "=" names a file.
func (c *curlCommand) takeCookie(value string) error {
	if !strings.Contains(value, "=") {
		if value != "" {
			c.ignored = append(c.ignored, "--cookie "+firstLine(value)+" (a file)")
		}
		return nil
	}
	c.a.cookies = append(c.a.cookies, value)
	return nil
}

// finish decides what only the whole command tells.
func (c *curlCommand) finish() {
	a := &c.a
	// Nobody's page sets a User-Agent in curl: it is curl's or the browser's name for itself.
	for _, h := range a.headers {
		if strings.EqualFold(h.Name, "User-Agent") {
			a.userAgent = header.Normalize(h.Value)
		}
	}
	a.removeHeader("User-Agent")
	a.devTools()
	if len(a.removed) > 0 {
		a.note("curl was told to send no " + strings.Join(a.removed, ", ") + "; a browser sends of its own what it always sends.")
	}
	if len(c.ignored) > 0 {
		a.note("Without effect on what a browser does, and left out: " + strings.Join(c.ignored, ", ") + ".")
	}
	if len(c.unknown) > 0 {
		a.note("Unknown flags of curl, left out: " + strings.Join(c.unknown, ", ") +
			". If one of them takes a value, that was read as the next word.")
	}
}

// addHeader takes curl's -H: "Name: value", "Name;" for an empty value, and "Name:" for a header not to be sent.
func (a *asked) addHeader(line string) error {
	name, value, hasColon := strings.Cut(line, ":")
	switch {
	case strings.HasPrefix(line, "@"):
		return &usageError{Flag: "--header", Value: line, Problem: "files of headers are not read", Hint: "write each as -H 'Name: value'"}
	case hasColon && strings.Trim(value, " \t\r\n") == "":
		a.removed = append(a.removed, name)
	case hasColon:
		a.headers = append(a.headers, fetch.Field{Name: name, Value: value})
	case strings.HasSuffix(line, ";"):
		a.headers = append(a.headers, fetch.Field{Name: strings.TrimSuffix(line, ";")})
	default:
		return &usageError{
			Flag: "--header", Value: line, Problem: "has no colon",
			Hint: "write -H 'Name: value', or -H 'Name;' for an empty value",
		}
	}
	return nil
}
