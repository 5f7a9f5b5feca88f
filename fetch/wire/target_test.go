package wire_test

import (
	"testing"

	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, address, authority, path string }{
		{"http has port 80", "http://a.example/", "a.example:80", "a.example", "/"},
		{"https has port 443", "https://a.example/", "a.example:443", "a.example", "/"},
		{"a port stays in Host", "http://a.example:8080/x", "a.example:8080", "a.example:8080", "/x"},
		{"port 0", "http://a.example:0/", "a.example:0", "a.example:0", "/"},
		{"port 65535", "http://a.example:65535/", "a.example:65535", "a.example:65535", "/"},
		{"IPv6", "http://[::1]/", "[::1]:80", "[::1]", "/"},
		{"IPv6 and a port", "http://[::1]:8080/", "[::1]:8080", "[::1]:8080", "/"},
		{"path and query are not touched", "http://a/%zz//b?c=%%&d[]='", "a:80", "a", "/%zz//b?c=%%&d[]='"},
		{"two slashes at the front", "http://a//b", "a:80", "a", "//b"},
		{"no path", "http://a", "a:80", "a", "/"},
		{"no path but a query", "http://a?b", "a:80", "a", "/?b"},
		{"an at sign in the path", "http://a/@b", "a:80", "a", "/@b"},
		{"a fragment is not sent", "http://a/b#c", "a:80", "a", "/b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, authority, path, err := wire.Target(c.url)
			if err != nil {
				t.Fatal(err)
			}
			if address != c.address || authority != c.authority || path != c.path {
				t.Errorf("got %q, %q, %q; want %q, %q, %q", address, authority, path, c.address, c.authority, c.path)
			}
		})
	}
	bad := []struct{ name, url string }{
		{"nothing", ""},
		{"no scheme", "a.example/"},
		{"another scheme", "ftp://a.example/"},
		{"a scheme in capitals is not serialized", "HTTP://a.example/"},
		{"no host", "http:///x"},
		{"only a port", "http://:80/"},
		{"user name", "http://user@a.example/"},
		{"a space would end the request's target", "http://a/b c"},
		{"CRLF would start a header", "http://a/b\r\nX: y"},
		{"NUL", "http://a/\x00"},
		{"DEL", "http://a/\x7f"},
		{"not ASCII", "http://a/\xc3\xa9"},
		{"an empty port", "http://a:/"},
		{"port 65536", "http://a:65536/"},
		{"a signed port", "http://a:+80/"},
		{"a port with zeros", "http://a:080/"},
		{"half a bracket", "http://[::1/"},
	}
	for _, c := range bad {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if address, authority, path, err := wire.Target(c.url); err == nil {
				t.Errorf("got %q, %q, %q; want an error", address, authority, path)
			}
		})
	}
}
