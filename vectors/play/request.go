package play

import (
	"slices"
	"strings"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/vectors"
)

// newRequest turns the arguments of fetch() into a request. It reports false where the bindings between script and browser throw a
// TypeError; what the Request constructor finds wrong is left to the client under test.
func (p *player) newRequest(f *vectors.Fetch) (*fetch.Request, bool) {
	if f.Kind == vectors.Image {
		return p.newImage(f), true
	}
	request := &fetch.Request{
		URL:            p.expand(f.URL),
		Mode:           fetch.Mode(f.Mode),
		Credentials:    fetch.CredentialsMode(f.Credentials),
		Redirect:       fetch.RedirectMode(f.Redirect),
		Cache:          fetch.CacheMode(f.Cache),
		ReferrerPolicy: fetch.ReferrerPolicy(f.ReferrerPolicy),
	}
	if !enumerations(f) {
		return nil, false
	}
	if f.Method != nil {
		// For the client an empty method is an absent one; for script it is no token.
		if *f.Method == "" {
			return nil, false
		}
		request.Method = *f.Method
	}
	for _, h := range f.Headers {
		field, ok := vectors.AuthorField{Name: h.Name, Value: p.expand(h.Value)}.Bytes()
		if !ok {
			return nil, false
		}
		request.Header = append(request.Header, fetch.Field{Name: field.Name, Value: field.Value})
	}
	if f.Referrer != nil {
		// For the client the empty string is the page; for script it is no referrer.
		request.Referrer = p.expand(*f.Referrer)
		if request.Referrer == "" {
			request.Referrer = "no-referrer"
		}
	}
	if f.Body != nil {
		request.Body = newBody(f.Body)
	}
	return request, true
}

// newImage makes the request of an image element. An attribute with an unknown value is as good as one with its default.
//
// https://html.spec.whatwg.org/#create-a-potential-cors-request
func (p *player) newImage(f *vectors.Fetch) *fetch.Request {
	request := &fetch.Request{
		URL: p.expand(f.URL), Destination: "image", Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude,
	}
	if f.CrossOrigin != nil {
		request.Mode = fetch.ModeCORS
		if !strings.EqualFold(*f.CrossOrigin, "use-credentials") {
			request.Credentials = fetch.CredentialsSameOrigin
		}
	}
	if enumerations(f) {
		request.ReferrerPolicy = fetch.ReferrerPolicy(f.ReferrerPolicy)
	}
	return request
}

// enumerations reports whether the members of init that are enumerations have a value that exists.
//
// https://fetch.spec.whatwg.org/#requestinit
func enumerations(f *vectors.Fetch) bool {
	for _, e := range []struct {
		value  string
		values []string
	}{
		// "navigate" exists, but the Request constructor throws (step 17), and a client that knows navigations cannot tell.
		{f.Mode, []string{"same-origin", "no-cors", "cors"}},
		{f.Credentials, []string{"omit", "same-origin", "include"}},
		{f.Redirect, []string{"follow", "error", "manual"}},
		{f.Cache, []string{"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"}},
		{f.ReferrerPolicy, []string{
			"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
			"strict-origin-when-cross-origin", "unsafe-url",
		}},
	} {
		if e.value != "" && !slices.Contains(e.values, e.value) {
			return false
		}
	}
	return true
}

// boundary is our multipart boundary, in the form that browsers give theirs.
const boundary = "----DrawbridgeFormBoundary0123456789abcdef"

// newBody makes the body that a browser makes of a value from script, and its type.
//
// https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func newBody(b *vectors.Body) *fetch.Body {
	switch b.Kind {
	case vectors.ParamsBody:
		return &fetch.Body{Source: []byte(searchParams(b.Text)), Type: "application/x-www-form-urlencoded;charset=UTF-8"}
	case vectors.FormDataBody:
		return &fetch.Body{
			Source: []byte("--" + boundary + "\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\n" +
				formValue(b.Text) + "\r\n--" + boundary + "--\r\n"),
			Type: "multipart/form-data; boundary=" + boundary,
		}
	case vectors.BlobBody:
		return &fetch.Body{Source: []byte(b.Text), Type: blobType(b.Type)}
	case vectors.BufferBody:
		return &fetch.Body{Source: []byte(b.Text)}
	default:
		return &fetch.Body{Source: []byte(b.Text), Type: fetch.TextType}
	}
}

// blobType normalizes the type of a new Blob.
//
// https://w3c.github.io/FileAPI/#constructorBlob
func blobType(t string) string {
	for _, r := range t {
		if r < 0x20 || r > 0x7E {
			return ""
		}
	}
	return strings.ToLower(t)
}

// formValue normalizes the line ends of a form's value.
//
// https://html.spec.whatwg.org/#multipart-form-data
func formValue(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return strings.ReplaceAll(s, "\n", "\r\n")
}

// searchParams is what new URLSearchParams(s) serializes to: parsed, then written in the one canonical way. Package net/url sorts, and
// refuses semicolons.
//
// https://url.spec.whatwg.org/#concept-urlencoded-parser
func searchParams(s string) string {
	var out []string
	for pair := range strings.SplitSeq(strings.TrimPrefix(s, "?"), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(strings.ReplaceAll(pair, "+", " "), "=")
		out = append(out, formEncode(decodeText(percentDecode(name)))+"="+formEncode(decodeText(percentDecode(value))))
	}
	return strings.Join(out, "&")
}

// percentDecode leaves alone what is no percent-encoded byte.
//
// https://url.spec.whatwg.org/#percent-decode
func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// formEncode percent-encodes with the application/x-www-form-urlencoded set, a space as a plus.
//
// https://url.spec.whatwg.org/#concept-urlencoded-serializer
func formEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('+')
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("*-._", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// decodeUTF8 is what text() makes of a body: a byte order mark is dropped, and bytes that are no UTF-8 become U+FFFD.
//
// NOTE: the Encoding standard writes one U+FFFD for a longest start of a sequence, this one for each of its bytes. Bodies of scenarios
// are ASCII.
func decodeUTF8(b []byte) string {
	return decodeText(strings.TrimPrefix(string(b), "\ufeff"))
}

func decodeText(s string) string { return string([]rune(s)) }
