package jar

// ParseDate is for tests: of dates in the past a jar shows nothing.
var ParseDate = parseDate
