package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// connectTimeout bounds each single attempt to connect, so that one silent address leaves time for the next.
const connectTimeout = 10 * time.Second

// A dialer connects where the command line says, and resolves names as browsers do.
type dialer struct {
	network network
	net     net.Dialer
}

// DialContext connects to a host and port, or to what --connect-to and --resolve put in their place.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := parsePort(port)
	if err != nil {
		return nil, err
	}
	host, number, addrs := d.network.route(host, number)
	if addrs == nil && isLoopbackName(host) {
		// Browsers do not ask DNS for these: they are this machine by definition.
		addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	port = strconv.Itoa(int(number))
	if addrs == nil {
		return d.net.DialContext(ctx, network, net.JoinHostPort(host, port))
	}
	var failed error
	for _, addr := range addrs {
		attempt, cancel := context.WithTimeout(ctx, connectTimeout)
		conn, err := d.net.DialContext(attempt, network, net.JoinHostPort(addr.String(), port))
		cancel()
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}
