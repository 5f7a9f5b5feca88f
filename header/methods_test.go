package header_test

import (
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		method     string
		safelisted bool
		forbidden  bool
		valid      bool
		normalized string
	}{
		{"GET is safelisted", "GET", true, false, true, "GET"},
		{"HEAD is safelisted", "HEAD", true, false, true, "HEAD"},
		{"POST is safelisted", "POST", true, false, true, "POST"},
		{"get is safelisted only once normalized", "get", false, false, true, "GET"},
		{"Head is normalized", "Head", false, false, true, "HEAD"},
		{"pOST is normalized", "pOST", false, false, true, "POST"},
		{"PUT is not safelisted", "PUT", false, false, true, "PUT"},
		{"put is normalized", "put", false, false, true, "PUT"},
		{"delete is normalized", "delete", false, false, true, "DELETE"},
		{"options is normalized", "options", false, false, true, "OPTIONS"},
		{"patch stays lower case", "patch", false, false, true, "patch"},
		{"PATCH is a method like any other", "PATCH", false, false, true, "PATCH"},
		{"an invented method keeps its case", "chicKen", false, false, true, "chicKen"},
		{"CONNECT is forbidden", "CONNECT", false, true, true, "CONNECT"},
		{"trace is forbidden in any case", "trace", false, true, true, "trace"},
		{"Track is forbidden in any case", "Track", false, true, true, "Track"},
		{"TRACES is not forbidden", "TRACES", false, false, true, "TRACES"},
		{"the empty string is no method", "", false, false, false, ""},
		{"a space makes it no method", "GET ", false, false, false, "GET "},
		{"a line break makes it no method", "GET\r\nX: y", false, false, false, "GET\r\nX: y"},
		{"bytes from 0x80 make it no method", "P\xdcT", false, false, false, "P\xdcT"},
		{"* is a token", "*", false, false, true, "*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.SafelistedMethod(tt.method); got != tt.safelisted {
				t.Errorf("SafelistedMethod: got %t, want %t", got, tt.safelisted)
			}
			if got := header.ForbiddenMethod(tt.method); got != tt.forbidden {
				t.Errorf("ForbiddenMethod: got %t, want %t", got, tt.forbidden)
			}
			if got := header.ValidMethod(tt.method); got != tt.valid {
				t.Errorf("ValidMethod: got %t, want %t", got, tt.valid)
			}
			if got := header.NormalizeMethod(tt.method); got != tt.normalized {
				t.Errorf("NormalizeMethod: got %q, want %q", got, tt.normalized)
			}
		})
	}
}
