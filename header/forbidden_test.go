package header_test

import (
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

func TestForbiddenRequestHeader(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Connection",
		"Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect", "Host", "Keep-Alive", "Origin", "Referer", "Set-Cookie", "TE",
		"Trailer", "Transfer-Encoding", "Upgrade", "Via",
	} {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if !header.ForbiddenRequestHeader(spelling, "") {
				t.Errorf("step 1: %s is not forbidden", spelling)
			}
		}
		if header.ForbiddenRequestHeader(name+"x", "") || header.ForbiddenRequestHeader("x"+name, "") {
			t.Errorf("step 1: a longer name than %s is forbidden", name)
		}
	}
	for _, tt := range []struct {
		name          string
		header, value string
		want          bool
	}{
		{"step 2: proxy-", "Proxy-Authorization", "", true},
		{"step 2: the prefix alone", "proxy-", "", true},
		{"step 2: sec-", "SEC-ch-ua", "", true},
		{"step 2: not without the dash", "Section", "", false},
		{"step 2: not in the middle", "X-Sec-Foo", "", false},
		{"step 3: an override that names a forbidden method", "X-HTTP-Method", "TRACE", true},
		{"step 3: in any case", "x-http-method-override", "connect", true},
		{"step 3: the third name", "X-Method-Override", "Track", true},
		{"step 3: among others", "X-HTTP-Method-Override", "GET , trace,POST", true},
		{"step 3: a harmless override", "X-HTTP-Method-Override", "PUT", false},
		{"step 3: no override at all", "X-HTTP-Method-Override", "", false},
		{"step 3: a quoted method is none", "X-HTTP-Method-Override", `"TRACE"`, false},
		{"step 3: quotes keep the comma", "X-HTTP-Method-Override", `"x,TRACE"`, false},
		{"step 3: only those names", "X-HTTP-Methods", "TRACE", false},
		{"step 4: User-Agent may be set", "User-Agent", "x", false},
		{"step 4: Authorization may be set", "Authorization", "x", false},
		{"step 4: the empty name", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := header.ForbiddenRequestHeader(tt.header, tt.value); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}
