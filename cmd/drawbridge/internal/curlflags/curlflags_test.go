package curlflags_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/cmd/drawbridge/internal/curlflags"
)

func TestTableHoldsTogether(t *testing.T) {
	t.Parallel()

	for name, f := range curlflags.All() {
		if (f.Effect == curlflags.Refused) != (f.Instead != "") {
			t.Errorf("--%s: got the effect %d with the advice %q; advice is for what is refused", name, f.Effect, f.Instead)
		}
	}
	for letter := range byte(0x80) {
		if name, ok := curlflags.Short(letter); ok {
			if _, known := curlflags.Long(name); !known {
				t.Errorf("-%c stands for --%s, which is not in the table", letter, name)
			}
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()

	for _, test := range []struct{ what, name, want string }{
		{"a beginning that only one flag has", "insec", "insecure"},
		{"a whole name that no other starts with", "insecure", "insecure"},
		{"a beginning of several", "user", ""},
		{"one letter, even if only one flag starts with it", "x", ""},
		{"two letters are enough", "xa", "xattr"},
		{"no beginning of any", "frobnicate", ""},
		{"nothing", "", ""},
	} {
		got, ok := curlflags.Complete(test.name)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s: got %q, %t; want %q", test.what, got, ok, test.want)
		}
	}
}

// TestTableAgreesWithCurl asks the curl of this machine, if there is one, whether the table knows its flags and which take a value.
func TestTableAgreesWithCurl(t *testing.T) {
	t.Parallel()

	out, err := exec.CommandContext(t.Context(), "curl", "--help", "all").Output()
	if err != nil {
		t.Skip("no curl here to compare with: ", err)
	}
	for line := range strings.Lines(string(out)) {
		head, _, ok := strings.Cut(strings.TrimSpace(line), "  ")
		fields := strings.Fields(head)
		if !ok || len(fields) == 0 || fields[0][0] != '-' {
			continue
		}
		letter := byte(0)
		if strings.HasSuffix(fields[0], ",") {
			letter, fields = fields[0][1], fields[1:]
		}
		name := strings.TrimPrefix(fields[0], "--")
		f, known := curlflags.Long(name)
		if !known {
			name = strings.TrimPrefix(name, "no-")
			f, known = curlflags.Long(name)
		}
		argument := len(fields) > 1 && strings.ContainsAny(fields[1][:1], "<[")
		if !known || f.Argument != argument {
			t.Errorf("--%s: known %t, takes a value %t; curl says %t", name, known, f.Argument, argument)
		}
		if full, _ := curlflags.Short(letter); letter != 0 && full != name {
			t.Errorf("-%c: got %q, want %q", letter, full, name)
		}
	}
}
