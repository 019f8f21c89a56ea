package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// How an entry of join.peers says that it is a question to DNS.
const (
	byHost    = "dns:" // dns:NAME:PORT: every address of NAME (A, AAAA)
	byService = "srv:" // srv:NAME: host and port of every record of NAME (SRV, RFC 2782), the lowest priority first
)

const lookupWithin = 5 * time.Second

// checkPeer refuses an entry of join.peers that is none of the three forms.
func checkPeer(entry string) error {
	if name, ok := strings.CutPrefix(entry, byService); ok {
		if name == "" || strings.Contains(name, ":") {
			return fault.New(fault.Invalid, "%q is not srv:NAME", entry).WithHint("Such as srv:_quorate._tcp.example.com: the records have the ports.")
		}
		return nil
	}
	host, port, err := net.SplitHostPort(strings.TrimPrefix(entry, byHost))
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || n == 0 {
		return fault.New(fault.Invalid, "%q is not the address of a peer port", entry).WithHint("Give HOST:PORT, dns:NAME:PORT or srv:NAME.")
	}
	return nil
}

// addresses is where members may be, in the order in which to ask. Names are looked up anew each time, for whoever was not there
// the last time may be now. The error is of the last name that could not be looked up.
func (j *joinConfig) addresses(ctx context.Context) (all []string, err error) {
	for _, entry := range j.Peers {
		found, lookup := j.lookUp(ctx, entry)
		if lookup != nil {
			err = fmt.Errorf("looking up %s: %w", entry, lookup)
		}
		for _, addr := range found {
			if !slices.Contains(all, addr) {
				all = append(all, addr)
			}
		}
	}
	return all, err
}

// byName tells whether other addresses may be found later.
func (j *joinConfig) byName() bool {
	return slices.ContainsFunc(j.Peers, func(entry string) bool {
		return strings.HasPrefix(entry, byService) || strings.HasPrefix(entry, byHost)
	})
}

// find is how a member finds the others later, when they are not where they were: by what the configuration says of them.
func (n *node) find() func(context.Context) ([]string, error) {
	if len(n.cfg.Join.Peers) == 0 {
		return nil
	}
	return n.cfg.Join.addresses
}

func (j *joinConfig) lookUp(ctx context.Context, entry string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	if name, ok := strings.CutPrefix(entry, byService); ok {
		_, records, err := j.resolver().LookupSRV(ctx, "", "", name) // sorted: by priority, and by weight at random
		var all []string
		for _, r := range records {
			all = append(all, net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))))
		}
		return j.resolved(ctx, all, err)
	}
	if at, ok := strings.CutPrefix(entry, byHost); ok {
		return j.resolved(ctx, []string{at}, nil)
	}
	return []string{entry}, nil
}

// resolved turns host:port into the addresses of the host, with the port.
func (j *joinConfig) resolved(ctx context.Context, hosts []string, err error) (all []string, _ error) {
	for _, at := range hosts {
		host, port, split := net.SplitHostPort(at)
		if split != nil {
			return all, split
		}
		ips, lookup := j.resolver().LookupHost(ctx, host)
		if lookup != nil {
			err = lookup
		}
		for _, ip := range ips {
			all = append(all, net.JoinHostPort(ip, port))
		}
	}
	return all, err
}

// resolver is the system's, or one that asks the server that the configuration names.
func (j *joinConfig) resolver() *net.Resolver {
	if j.Resolver == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, j.Resolver)
	}}
}
