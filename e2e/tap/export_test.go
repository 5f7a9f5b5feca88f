package tap

import (
	"bufio"
	"io"
	"strings"
)

// Read reads one request from a text, and returns what was written in between.
func Read(text string) (request *Request, written string, err error) {
	var w strings.Builder
	request, err = read(bufio.NewReaderSize(strings.NewReader(text), MaxHead), io.Writer(&w))
	return request, w.String(), err
}
