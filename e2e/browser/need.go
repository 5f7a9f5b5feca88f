package browser

import (
	"os"
	"testing"
)

// Need ends the test t if a browser is not installed: skipped, with what to install, or failed where CI=true says that everything must
// run.
func Need(t testing.TB, kind Kind) {
	t.Helper()

	_, err := Find(kind)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true" || os.Getenv("CI") == "1":
		t.Fatalf("%v (CI=%s: nothing may be skipped)", err, os.Getenv("CI"))
	default:
		t.Skip(err)
	}
}
