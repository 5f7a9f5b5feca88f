package main

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// network says where connections go: what curl calls --connect-to and --resolve. The zero value changes nothing.
type network struct {
	Connect []connectRule
	Resolve []resolveRule
}

// A connectRule sends connections for one host and port to another. An empty host and a zero port on the left match anything; on the
// right they keep what there was.
type connectRule struct {
	FromHost string
	FromPort uint16
	ToHost   string
	ToPort   uint16
}

// A resolveRule gives a host and port addresses, in place of those that DNS has. Host may be "*" for every host.
type resolveRule struct {
	Host  string
	Port  uint16
	Addrs []netip.Addr
}

// route returns where to connect for a host and port: another host and port maybe, and its addresses, or none if a resolver is to be
// asked. The names in TLS and in the Host line stay those of the URL. An IPv6 host may be in brackets.
func (n network) route(host string, port uint16) (toHost string, toPort uint16, addrs []netip.Addr) {
	toHost, toPort = bareHost(host), port
	for _, c := range n.Connect {
		if (c.FromHost == "" || strings.EqualFold(c.FromHost, toHost)) && (c.FromPort == 0 || c.FromPort == toPort) {
			if c.ToHost != "" {
				toHost = c.ToHost
			}
			if c.ToPort != 0 {
				toPort = c.ToPort
			}
			break
		}
	}
	// curl looks for the host itself first and for "*" only then; of two rules for one host the later counts.
	for _, want := range []string{toHost, "*"} {
		for _, r := range slices.Backward(n.Resolve) {
			if strings.EqualFold(r.Host, want) && r.Port == toPort {
				return toHost, toPort, r.Addrs
			}
		}
	}
	return toHost, toPort, nil
}

func bareHost(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

const (
	resolveForm = "write HOST:PORT:ADDRESS, as api.example:443:127.0.0.1"
	connectForm = "write HOST:PORT:TO-HOST:TO-PORT, as api.example:443:localhost:8443; any part may be empty"
	// maxRules bounds the rules of a command line, each of which every connection looks at.
	maxRules = 1000
)

// parseResolve reads curl's --resolve: [+]HOST:PORT:ADDRESS[,ADDRESS]….
func parseResolve(s string) (resolveRule, error) {
	fail := func(problem string) error {
		return &usageError{Flag: "--resolve", Value: s, Problem: problem, Hint: resolveForm}
	}
	if strings.HasPrefix(s, "-") {
		return resolveRule{}, fail("there is nothing to remove an address from")
	}
	// The plus asks curl to let the entry time out of its cache; there is no such cache here.
	host, rest, ok := cutHost(strings.TrimPrefix(s, "+"))
	if !ok || host == "" {
		return resolveRule{}, fail("no host")
	}
	number, list, ok := strings.Cut(rest, ":")
	port, err := parsePort(number)
	if !ok || err != nil {
		return resolveRule{}, fail("no port between 1 and 65535")
	}
	rule := resolveRule{Host: host, Port: port}
	for a := range strings.SplitSeq(list, ",") {
		addr, err := netip.ParseAddr(bareHost(strings.TrimSpace(a)))
		if err != nil {
			return resolveRule{}, fail(strconv.Quote(a) + " is no IP address")
		}
		rule.Addrs = append(rule.Addrs, addr)
		if len(rule.Addrs) > maxRules {
			return resolveRule{}, fail("too many addresses")
		}
	}
	return rule, nil
}

// parseConnectTo reads curl's --connect-to: HOST1:PORT1:HOST2:PORT2, where each part may be empty.
func parseConnectTo(s string) (connectRule, error) {
	fail := func(problem string) error {
		return &usageError{Flag: "--connect-to", Value: s, Problem: problem, Hint: connectForm}
	}
	var (
		r            connectRule
		number, rest string
		ok           bool
		err          error
	)
	if r.FromHost, rest, ok = cutHost(s); !ok {
		return connectRule{}, fail("not four parts")
	}
	if number, rest, ok = strings.Cut(rest, ":"); !ok {
		return connectRule{}, fail("not four parts")
	}
	if number != "" {
		if r.FromPort, err = parsePort(number); err != nil {
			return connectRule{}, fail("the first port is not between 1 and 65535")
		}
	}
	if r.ToHost, number, ok = cutHost(rest); !ok {
		return connectRule{}, fail("not four parts")
	}
	if number != "" {
		if r.ToPort, err = parsePort(number); err != nil {
			return connectRule{}, fail("the second port is not between 1 and 65535")
		}
	}
	return r, nil
}

// cutHost cuts a host off the front of "host:rest". An IPv6 address is in brackets, and is returned without.
func cutHost(s string) (host, rest string, ok bool) {
	if inner, bracketed := strings.CutPrefix(s, "["); bracketed {
		return strings.Cut(inner, "]:")
	}
	return strings.Cut(s, ":")
}

func parsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err == nil && n == 0 {
		err = strconv.ErrRange
	}
	return uint16(n), err
}
