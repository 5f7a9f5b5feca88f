package jar

import "time"

// ParseDate is for tests: of dates in the past a jar shows nothing.
func ParseDate(s string) (time.Time, bool) { return Standard.parseDate(s) }
