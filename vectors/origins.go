package vectors

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Ref names an origin of which scenarios speak.
type Ref string

// The origins of the corpus: plain http on loopback, potentially trustworthy in all browsers.
const (
	// Page is the usual page, on localhost.
	Page Ref = "page"
	// SameSite is localhost with another port.
	SameSite Ref = "ss"
	// Cross1 is 127.0.0.1, Cross2 x2.localhost, Cross3 127.0.0.1 with another port: all of them cross-site to Page.
	Cross1 Ref = "x1"
	Cross2 Ref = "x2"
	Cross3 Ref = "x3"
	// IPPage is the page of some scenarios: 127.0.0.1, with a third port.
	IPPage Ref = "ippage"
)

// A Place says what is fixed about a [Ref]'s origin.
type Place struct {
	Ref          Ref
	Scheme, Host string
	// DefaultPort says that the origin has no port. All others have a port of five digits, which is not fixed.
	DefaultPort bool
	// HTTPSSet says that only scenarios about https speak of it.
	HTTPSSet bool
}

var places = []Place{
	{Ref: Page, Scheme: "http", Host: "localhost"},
	{Ref: SameSite, Scheme: "http", Host: "localhost"},
	{Ref: Cross1, Scheme: "http", Host: "127.0.0.1"},
	{Ref: Cross2, Scheme: "http", Host: "x2.localhost"},
	{Ref: Cross3, Scheme: "http", Host: "127.0.0.1"},
	{Ref: IPPage, Scheme: "http", Host: "127.0.0.1"},
	// Pages and servers with names, so that there are sites; those on plain http are not trustworthy.
	{Ref: "spage", Scheme: "https", Host: "site-a.test", HTTPSSet: true},
	{Ref: "sss", Scheme: "https", Host: "site-a.test", HTTPSSet: true},
	{Ref: "swww", Scheme: "https", Host: "www.site-a.test", HTTPSSet: true},
	{Ref: "sx1", Scheme: "https", Host: "site-b.test", HTTPSSet: true},
	{Ref: "sx2", Scheme: "https", Host: "www.site-b.test", HTTPSSet: true},
	{Ref: "sx3", Scheme: "https", Host: "site-c.test", HTTPSSet: true},
	{Ref: "slocal", Scheme: "https", Host: "localhost", HTTPSSet: true},
	{Ref: "sip", Scheme: "https", Host: "127.0.0.1", HTTPSSet: true},
	{Ref: "hpage", Scheme: "http", Host: "site-a.test", HTTPSSet: true},
	{Ref: "hss", Scheme: "http", Host: "site-a.test", HTTPSSet: true},
	{Ref: "hwww", Scheme: "http", Host: "www.site-a.test", HTTPSSet: true},
	{Ref: "hx1", Scheme: "http", Host: "site-b.test", HTTPSSet: true},
	{Ref: "d443", Scheme: "https", Host: "site-d.test", DefaultPort: true, HTTPSSet: true},
	{Ref: "d80", Scheme: "http", Host: "site-d.test", DefaultPort: true, HTTPSSet: true},
}

// Places returns all origins of which scenarios can speak, in a fixed order: the six of the corpus, then those of the https set. The
// slice is the caller's.
func Places() []Place { return slices.Clone(places) }

// known reports whether ref is one of the places.
func known(ref Ref) bool {
	return slices.ContainsFunc(places, func(p Place) bool { return p.Ref == ref })
}

// Origins gives every [Ref] an origin, and so turns tokens into text and text into tokens. It is immutable, and safe for concurrent
// use. Make one with [NewOrigins] or [FixedOrigins]; the zero value knows no origin.
type Origins struct{ list []assigned }

// An assigned is a place that has got its port. The strings are kept because collapsing looks for all of them in every string.
type assigned struct {
	Place
	port                    string // empty for a default port
	origin, upper, hostport string
}

// NewOrigins gives each place the port that ports has for it. Ports must differ, and have five digits, which keeps them apart from
// all other numbers in a scenario; 10080 is refused because browsers block it. Places with a default port need none, and are included
// if they are in ports at all. The six places of the corpus must be there.
func NewOrigins(ports map[Ref]uint16) (*Origins, error) {
	o := &Origins{}
	taken := map[uint16]Ref{}
	for _, p := range places {
		port, ok := ports[p.Ref]
		if !ok && !p.HTTPSSet {
			return nil, fmt.Errorf("vectors: origin %q has no port", p.Ref)
		}
		if !ok {
			continue
		}
		if other, again := taken[port]; again && !p.DefaultPort {
			return nil, fmt.Errorf("vectors: origins %q and %q have the same port %d", other, p.Ref, port)
		}
		if !p.DefaultPort && (port < 10000 || port == 10080) {
			return nil, fmt.Errorf("vectors: origin %q: port %d: want five digits, and not 10080", p.Ref, port)
		}
		taken[port] = p.Ref
		o.list = append(o.list, assign(p, port))
	}
	for ref := range ports {
		if !known(ref) {
			return nil, fmt.Errorf("vectors: %q is no origin", ref)
		}
	}
	return o, nil
}

func assign(p Place, port uint16) assigned {
	a := assigned{Place: p, hostport: p.Host}
	if !p.DefaultPort {
		a.port = strconv.Itoa(int(port))
		a.hostport += ":" + a.port
	}
	a.origin = p.Scheme + "://" + a.hostport
	a.upper = strings.ToUpper(a.origin)
	return a
}

// FixedOrigins returns origins for playing without a network: all places, with ports that are always the same.
func FixedOrigins() *Origins { return fixedOrigins }

var fixedOrigins = func() *Origins {
	o := &Origins{}
	for i, p := range places {
		o.list = append(o.list, assign(p, uint16(41001+i)))
	}
	return o
}()

// Origin returns the serialized origin of ref, or "" if it has none.
func (o *Origins) Origin(ref Ref) string {
	if a, ok := o.lookup(string(ref)); ok {
		return a.origin
	}
	return ""
}

// RefAt returns the place that answers at a port. The host does not matter: all places are the same machine. An empty port is the
// scheme's own. The place may speak another scheme.
func (o *Origins) RefAt(scheme, port string) (Place, bool) {
	if port == "" {
		port = defaultPort(scheme)
	}
	for _, a := range o.list {
		if a.port == port || a.DefaultPort && defaultPort(a.Scheme) == port {
			return a.Place, true
		}
	}
	return Place{}, false
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

func (o *Origins) lookup(ref string) (assigned, bool) {
	for _, a := range o.list {
		if string(a.Ref) == ref {
			return a, true
		}
	}
	return assigned{}, false
}

var tokenPattern = regexp.MustCompile(`\{\{([a-z0-9]+)(?::([a-z]+))?\}\}`)

// knownToken reports whether a scenario may use {{name}} or {{name:filter}}.
func knownToken(name, filter string) bool {
	switch name {
	case "base", "id":
		return filter == ""
	case "origin":
	default:
		if !known(Ref(name)) {
			return false
		}
	}
	switch filter {
	case "", "upper", "upperscheme", "upperhost", "http", "https", "hostport", "host", "port", "noport":
		return true
	}
	return false
}

// Expand replaces the tokens in a string of scenario s. What is no token, or one of a place that o does not have, stays. It works on
// text and on raw bytes alike.
func (o *Origins) Expand(s *Scenario, text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return tokenPattern.ReplaceAllStringFunc(text, func(token string) string {
		m := tokenPattern.FindStringSubmatch(token)
		if !knownToken(m[1], m[2]) {
			return token
		}
		switch m[1] {
		case "base":
			return basePath(s)
		case "id":
			return s.ID
		case "origin":
			if s.Context == Sandbox {
				return filterOrigin(m[2], "null", "http", "null", "")
			}
			m[1] = string(s.Page)
		}
		a, ok := o.lookup(m[1])
		if !ok {
			return token
		}
		return filterOrigin(m[2], a.origin, a.Scheme, a.Host, a.port)
	})
}

// filterOrigin returns the part of an origin that a token's filter asks for.
func filterOrigin(filter, origin, scheme, host, port string) string {
	hostport := host
	if port != "" {
		hostport += ":" + port
	}
	switch filter {
	case "upper":
		return strings.ToUpper(origin)
	case "upperscheme":
		return strings.ToUpper(scheme) + "://" + hostport
	case "upperhost":
		return scheme + "://" + strings.ToUpper(hostport)
	case "http", "https":
		return filter + "://" + hostport
	case "hostport":
		return hostport
	case "host":
		return host
	case "port":
		return port
	case "noport":
		return scheme + "://" + host
	default:
		return origin
	}
}

// basePath is what {{base}} stands for: a path of the scenario's own.
func basePath(s *Scenario) string { return "/s/" + s.ID }

var (
	portPattern     = regexp.MustCompile(`:\d{4,6}\b`)
	boundaryPattern = regexp.MustCompile(`boundary=----[-A-Za-z0-9]+`)
)

// Collapse replaces what was expanded, in a string that was observed while s was played. It is an inverse of [Origins.Expand] in this
// sense: expanding the result gives the text again, boundaries aside. Of the tokens that expand to the same text it writes one.
func (o *Origins) Collapse(s *Scenario, text string) string {
	// The order matters: an origin goes before its host and port, and these before the port alone. Whoever recorded the corpus
	// kept to it.
	for i := range o.list {
		text = strings.ReplaceAll(text, o.list[i].origin, "{{"+string(o.list[i].Ref)+"}}")
	}
	for i := range o.list {
		a := &o.list[i]
		text = strings.ReplaceAll(text, a.upper, "{{"+string(a.Ref)+":upper}}")
		text = strings.ReplaceAll(text, a.hostport, "{{"+string(a.Ref)+":hostport}}")
	}
	// Our ports under another name of the machine, such as 127.1 or [::1].
	if strings.Contains(text, ":") {
		text = portPattern.ReplaceAllStringFunc(text, o.collapsePort)
	}
	text = strings.ReplaceAll(text, basePath(s)+"/", "{{base}}/")
	if strings.Contains(text, "boundary=") {
		text = boundaryPattern.ReplaceAllString(text, "boundary={{boundary}}")
	}
	return text
}

func (o *Origins) collapsePort(text string) string {
	port := strings.TrimLeft(text[1:], "0")
	for i := range o.list {
		if o.list[i].port == port && port != "" {
			return strings.TrimSuffix(text, port) + "{{" + string(o.list[i].Ref) + ":port}}"
		}
	}
	return text
}
