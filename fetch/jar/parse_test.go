package jar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drawbridge-cors/drawbridge/fetch/jar"
)

// show writes a cookie as a line of its members.
func show(c jar.Cookie) string {
	s := fmt.Sprintf("%q=%q %s%s", c.Name, c.Value, c.Domain, c.Path)
	for _, f := range []struct {
		name string
		on   bool
	}{{"host", c.HostOnly}, {"secure", c.Secure}, {"http", c.HTTPOnly}, {string(c.SameSite), c.SameSite != ""}, {"in " + c.Partition, c.Partition != ""}} {
		if f.on {
			s += " " + f.name
		}
	}
	if !c.Expires.IsZero() {
		s += " until " + c.Expires.Format(time.RFC3339)
	}
	return s
}

func TestParse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", jar.MaxPair-1)
	attribute := strings.Repeat("x", jar.MaxAttribute-1)
	for _, c := range []struct {
		name, line string
		want       string
		reason     jar.Reason
	}{
		{"step 1: a tab is fine inside", "a=b\tc", `"a"="b\tc" shop.example/in host`, ""},
		{"step 1: another control spoils the line", "a=b\x01", "", jar.Malformed},
		{"step 1: DEL too", "a=b; Path=/\x7F", "", jar.Malformed},
		{"step 2: the first semicolon ends the pair", "a=b;c=d", `"a"="b" shop.example/in host`, ""},
		{"step 3: all but the first = is value", "a=b=c", `"a"="b=c" shop.example/in host`, ""},
		{"step 3: without = it is all value", "a", `""="a" shop.example/in host`, ""},
		{"step 4: white space around goes", " a b = c d ", `"a b"="c d" shop.example/in host`, ""},
		{"step 4: quotes stay", `a="b"`, `"a"="\"b\"" shop.example/in host`, ""},
		{"step 5: 4096 bytes", "a=" + long, `"a"="` + long + `" shop.example/in host`, ""},
		{"step 5: 4097 bytes", "ab=" + long, "", jar.TooLong},
		{"step 5: neither name nor value", "=", "", jar.Malformed},
		{"step 5: nothing at all", "; Path=/", "", jar.Malformed},
		{"step 5: a name is enough", "a=", `"a"="" shop.example/in host`, ""},
		{"attributes: any case, any order, unknown ones too", "a=b; HTTPONLY; x=y; secure; PATH=/z", `"a"="b" shop.example/z host secure http`, ""},
		{"attributes: Secure has no value", "a=b; Secure=false", `"a"="b" shop.example/in host secure`, ""},
		{"attributes: one of 1024 bytes counts", "a=b; Path=/" + attribute, `"a"="b" shop.example/` + attribute + ` host`, ""},
		{"attributes: one of 1025 bytes does not", "a=b; Path=/x" + attribute, `"a"="b" shop.example/in host`, ""},
		{"Path: the last one counts", "a=b; Path=/y; Path=/z", `"a"="b" shop.example/z host`, ""},
		{"Path: one without slash is the default", "a=b; Path=z", `"a"="b" shop.example/in host`, ""},
		{"Domain: the host", "a=b; Domain=shop.example", `"a"="b" shop.example/in`, ""},
		{"Domain: a leading dot is nothing", "a=b; Domain=.Shop.Example", `"a"="b" shop.example/in`, ""},
		{"Domain: empty is none", "a=b; Domain=", `"a"="b" shop.example/in host`, ""},
		{"Domain: the last one counts, empty or not", "a=b; Domain=other.example; Domain=", `"a"="b" shop.example/in host`, ""},
		{"SameSite: the last one counts", "a=b; SameSite=Lax; SameSite=sTrict", `"a"="b" shop.example/in host Strict`, ""},
		{"SameSite: an unknown one is the default, and counts", "a=b; SameSite=Lax; SameSite=Loose", `"a"="b" shop.example/in host`, ""},
		{"SameSite: quotes make it unknown", `a=b; SameSite="Lax"`, `"a"="b" shop.example/in host`, ""},
		{"Max-Age: seconds", "a=b; Max-Age=60", `"a"="b" shop.example/in host until 2026-01-01T00:01:00Z`, ""},
		{"Max-Age: before Expires, wherever it stands", "a=b; Max-Age=60; Expires=Thu, 01 Jan 2026 00:00:05 GMT", `"a"="b" shop.example/in host until 2026-01-01T00:01:00Z`, ""},
		{"Max-Age: no number is none", "a=b; Max-Age=6x", `"a"="b" shop.example/in host`, ""},
		{"Max-Age: a plus is no number", "a=b; Max-Age=+6", `"a"="b" shop.example/in host`, ""},
		{"Max-Age: empty is none", "a=b; Max-Age=", `"a"="b" shop.example/in host`, ""},
		{"Max-Age: 400 days", "a=b; Max-Age=34560000", `"a"="b" shop.example/in host until 2027-02-05T00:00:00Z`, ""},
		{"Max-Age: no more than 400 days", "a=b; Max-Age=999999999999999999999999", `"a"="b" shop.example/in host until 2027-02-05T00:00:00Z`, ""},
		{"Expires: a date", "a=b; Expires=Thu, 01 Jan 2026 00:00:05 GMT", `"a"="b" shop.example/in host until 2026-01-01T00:00:05Z`, ""},
		{"Expires: no more than 400 days", "a=b; Expires=Thu, 01 Jan 2060 00:00:05 GMT", `"a"="b" shop.example/in host until 2027-02-05T00:00:00Z`, ""},
		{"Expires: no date is none", "a=b; Expires=tomorrow", `"a"="b" shop.example/in host`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reason, j := setReason(making(jar.Standard), from(t, "", "https://shop.example/in/here"), c.line)
			got := ""
			if all := j.All(); len(all) > 0 {
				got = show(all[0])
			}
			if reason != c.reason || got != c.want {
				t.Errorf("got %s %q, want %s %q", got, reason, c.want, c.reason)
			}
		})
	}
}

// A cookie that has expired when it comes deletes the one that it would replace.
func TestDeletion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line    string
		deletes bool
	}{
		{"a=; Max-Age=0", true},
		{"a=; Max-Age=-1", true},
		{"a=; Max-Age=-", false},
		{"a=; Max-Age=00", true},
		{"a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true},
		{"a=; Expires=Thu, 01-Jan-70 00:00:00 GMT", true},
		{"a=; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false},
		{"a=; Max-Age=0; Path=/elsewhere", false},
		{"a=; Max-Age=0; Domain=shop.example", false},
		{"A=; Max-Age=0", false},
	} {
		for name, j := range map[string]*jar.Jar{"with a clock": making(jar.Standard)(), "without": jar.New(jar.Standard)} {
			r := from(t, "", "https://shop.example/")
			j.SetCookies(r, []string{"a=1", c.line})
			if got := len(j.All()) == 0; got != c.deletes {
				t.Errorf("%s, %s: got %v, want %v", c.line, name, got, c.deletes)
			}
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ date, want string }{
		{"Thu, 01 Jan 2026 00:00:05 GMT", "2026-01-01T00:00:05Z"},
		{"Thursday, 01-Jan-26 00:00:05 GMT", "2026-01-01T00:00:05Z"},
		{"Thu Jan  1 00:00:05 2026", "2026-01-01T00:00:05Z"},
		{"1 january 2026 0:0:5", "2026-01-01T00:00:05Z"},
		{"0:0:5 2026 1 jan", "2026-01-01T00:00:05Z"},
		{"Thu, 01 Jan 2026 00:00:05x GMT", "2026-01-01T00:00:05Z"},
		{"Thu, 01 Jan 2026 00:00:059 GMT", ""},
		{"Thu, 01 Jan 2026 23:59:59 GMT", "2026-01-01T23:59:59Z"},
		{"Thu, 01 Jan 2026 24:00:00 GMT", ""},
		{"Thu, 01 Jan 2026 00:60:00 GMT", ""},
		{"Thu, 01 Jan 2026 00:00:60 GMT", ""},
		{"Thu, 00 Jan 2026 00:00:05 GMT", ""},
		{"31 Jan 2026 00:00:05", "2026-01-31T00:00:05Z"},
		{"32 Jan 2026 00:00:05", ""},
		{"28 Feb 2026 00:00:05", "2026-02-28T00:00:05Z"},
		{"29 Feb 2026 00:00:05", ""},
		{"1 Jan 1601 00:00:00", "1601-01-01T00:00:00Z"},
		{"1 Jan 1600 00:00:00", ""},
		{"1 Jan 70 00:00:00", "1970-01-01T00:00:00Z"},
		{"1 Jan 69 00:00:00", "2069-01-01T00:00:00Z"},
		{"1 Jan 99 00:00:00", "1999-01-01T00:00:00Z"},
		{"1 Jan 100 00:00:00", ""},
		{"1 Jan 20260 00:00:00", ""},
		{"1 anj 2026 00:00:00", ""},
		{"1 Jan 2026", ""},
		{"", ""},
	} {
		got := ""
		if date, ok := jar.ParseDate(c.date); ok {
			got = date.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.date, got, c.want)
		}
	}
}
