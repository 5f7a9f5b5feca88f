package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// maxBody bounds a request's body. It is held in memory, as a browser does with one that may have to be sent again.
const maxBody = 16 << 20

// formType is what curl's -d and a browser's URLSearchParams send.
const formType = "application/x-www-form-urlencoded"

// dataKind says how a piece of a body is read, as curl's flags do.
type dataKind int

const (
	// dataText is -d: "@file" and "@-" are read, without CR, LF and NUL.
	dataText dataKind = iota
	// dataRaw is --data-raw: nothing is read.
	dataRaw
	// dataBinary is --data-binary: "@file" is read as it is.
	dataBinary
	// dataURLEncode is --data-urlencode.
	dataURLEncode
	// dataJSON is --json: like --data-binary, but pieces are not joined by "&".
	dataJSON
)

// flag returns the flag of a kind, for messages.
func (k dataKind) flag() string {
	return [...]string{"--data", "--data-raw", "--data-binary", "--data-urlencode", "--json"}[k]
}

// A dataPiece is one flag's share of a body.
type dataPiece struct {
	kind  dataKind
	value string
}

// files reads what flags name. Standard input can be read once.
type files struct {
	stdin io.Reader
	open  func(name string) (io.ReadCloser, error)
}

// read returns a file's content, or standard input for "-", of at most limit bytes.
func (f *files) read(flag, name string, limit int64) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, &usageError{Flag: flag, Value: name, Problem: "cannot be read: " + err.Error()}
	}
	var r io.Reader
	if name == "-" {
		if f.stdin == nil {
			return nil, &usageError{Flag: flag, Value: name, Problem: "standard input was read before", Hint: "read it once only"}
		}
		r, f.stdin = f.stdin, nil
	} else {
		file, err := f.open(name)
		if err != nil {
			return fail(err)
		}
		defer file.Close() //nolint:errcheck // only read from
		r = file
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return fail(err)
	}
	if int64(len(b)) > limit {
		return fail(fmt.Errorf("longer than %d bytes", limit))
	}
	return b, nil
}

var errBodyTooLong = errors.New("the body is longer than 16 MiB")

// joinData makes one body of the pieces, as curl does.
func joinData(pieces []dataPiece, f *files) (string, error) {
	var body strings.Builder
	for i, p := range pieces {
		s, err := p.read(f)
		if err != nil {
			return "", err
		}
		if i > 0 && p.kind != dataJSON {
			body.WriteByte('&')
		}
		body.WriteString(s)
		if body.Len() > maxBody {
			return "", &usageError{Flag: p.kind.flag(), Problem: errBodyTooLong.Error(), Hint: "a shorter one gives the same verdict"}
		}
	}
	return body.String(), nil
}

// read returns what a piece stands for.
func (p dataPiece) read(f *files) (string, error) {
	name, isFile := strings.CutPrefix(p.value, "@")
	switch p.kind {
	case dataRaw:
		return p.value, nil
	case dataURLEncode:
		return p.readURLEncoded(f)
	case dataText, dataBinary, dataJSON:
	}
	if !isFile {
		return p.value, nil
	}
	b, err := f.read(p.kind.flag(), name, maxBody)
	if err != nil {
		return "", err
	}
	if p.kind == dataText {
		// Byte by byte, for the file need not be UTF-8.
		b = slices.DeleteFunc(b, func(c byte) bool { return c == '\r' || c == '\n' || c == 0 })
	}
	return string(b), nil
}

// readURLEncoded reads the five forms of --data-urlencode: content, =content, name=content, @file, name@file. The name is sent as it
// is, the rest encoded as for a form.
func (p dataPiece) readURLEncoded(f *files) (string, error) {
	i := strings.IndexAny(p.value, "=@")
	if i < 0 {
		return url.QueryEscape(p.value), nil
	}
	name, content := p.value[:i], p.value[i+1:]
	if p.value[i] == '@' {
		b, err := f.read(p.kind.flag(), content, maxBody)
		if err != nil {
			return "", err
		}
		content = string(b)
	}
	if name == "" {
		return url.QueryEscape(content), nil
	}
	return name + "=" + url.QueryEscape(content), nil
}
