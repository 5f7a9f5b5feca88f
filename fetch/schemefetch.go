package fetch

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/drawbridge-cors/drawbridge/header"
)

// schemeFetch fetches by the current URL's scheme.
//
// https://fetch.spec.whatwg.org/#concept-scheme-fetch
func (c *Client) schemeFetch(r *request) (*response, error) {
	current := r.current()
	// 3.
	switch current.scheme {
	case "about":
		// DEVIATION: Profile.AboutRefused.
		if current.url.Pathname() == "blank" && (!r.profile.AboutRefused || r.mode == ModeNavigate) {
			return synthetic("text/html;charset=utf-8", nil), nil
		}
	case "data":
		// 3.1–3.4.
		contentType, body, ok := processDataURL(current.href)
		if ok {
			response := synthetic(contentType, body)
			// DEVIATION: Profile.DataContentLength.
			if r.profile.DataContentLength {
				response.Header = append(response.Header, Field{Name: header.ContentLength, Value: strconv.Itoa(len(body))})
			}
			return response, nil
		}
	case "http", "https":
		return c.httpFetch(r, false)
	}
	// 4. Other schemes; blob: URLs too, for no page of ours has made one; and file: URLs, which the standard leaves open.
	return nil, r.block(SchemeBlocked, algSchemeFetch, "4", Event{Subject: "url", Got: current.scheme, Want: "http or https"})
}

// processDataURL is the data: URL processor, given a serialized URL without fragment.
//
// https://fetch.spec.whatwg.org/#data-url-processor
func processDataURL(href string) (contentType string, body []byte, ok bool) {
	// 1–6. Everything before the first comma is the type.
	mimeType, encoded, ok := strings.Cut(strings.TrimPrefix(href, "data:"), ",")
	if !ok {
		return "", nil, false
	}
	mimeType = strings.Trim(mimeType, " ")
	// 8–10.
	body = percentDecode(encoded)
	// 11. "base64" at the end, after a semicolon and spaces.
	if rest, found := cutSuffixFold(mimeType, "base64"); found {
		if rest, found = strings.CutSuffix(strings.TrimRight(rest, " "), ";"); found {
			if body, ok = forgivingBase64(body); !ok {
				return "", nil, false
			}
			mimeType = rest
		}
	}
	// 12.
	if strings.HasPrefix(mimeType, ";") {
		mimeType = "text/plain" + mimeType
	}
	// 13–14.
	parsed, ok := header.ParseMIMEType(mimeType)
	if !ok {
		return "text/plain;charset=US-ASCII", body, true
	}
	return parsed.String(), body, true
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s, false
	}
	return s[:len(s)-len(suffix)], true
}

// percentDecode replaces every %XX by its byte and leaves everything else.
//
// https://url.spec.whatwg.org/#percent-decode
func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// forgivingBase64 decodes base64 with or without padding and with white space in it.
//
// https://infra.spec.whatwg.org/#forgiving-base64-decode
func forgivingBase64(data []byte) ([]byte, bool) {
	// 1.
	s := strings.Map(func(c rune) rune {
		if strings.ContainsRune("\t\n\f\r ", c) {
			return -1
		}
		return c
	}, string(data))
	// 2–3.
	if len(s)%4 == 0 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	out, err := base64.RawStdEncoding.DecodeString(s)
	return out, err == nil
}
