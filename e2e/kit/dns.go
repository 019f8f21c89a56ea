package kit

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a name server on UDP that answers from what it is told: addresses (A) and services (SRV). Names that it does not know are
// NXDOMAIN. Its methods may be called concurrently.
type DNS struct {
	conn net.PacketConn
	done chan struct{}

	mu       sync.Mutex
	hosts    map[string][]netip.Addr     // by name with its dot; guarded by mu
	services map[string][]netip.AddrPort // guarded by mu
}

// NewDNS starts one on a port of the kernel's choice.
func NewDNS(host string) (*DNS, error) {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	d := &DNS{conn: conn, done: make(chan struct{}), hosts: map[string][]netip.Addr{}, services: map[string][]netip.AddrPort{}}
	go d.run()
	return d, nil
}

// Addr is host:port of the server.
func (d *DNS) Addr() string { return d.conn.LocalAddr().String() }

// Close ends it.
func (d *DNS) Close() {
	_ = d.conn.Close()
	<-d.done
}

// Host gives a name its addresses, in place of those that it had.
func (d *DNS) Host(name string, addrs ...string) error {
	var all []netip.Addr
	for _, a := range addrs {
		ip, err := netip.ParseAddr(a)
		if err != nil {
			return err
		}
		all = append(all, ip)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hosts[name+"."] = all
	return nil
}

// Service gives a name its SRV records, the first with the lowest priority; each target has a name of its own.
func (d *DNS) Service(name string, addrs ...string) error {
	var all []netip.AddrPort
	for i, a := range addrs {
		at, err := netip.ParseAddrPort(a)
		if err != nil {
			return err
		}
		if err := d.Host(target(i, name), at.Addr().String()); err != nil {
			return err
		}
		all = append(all, at)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.services[name+"."] = all
	return nil
}

// target is the host of a service's i-th record.
func target(i int, service string) string {
	return fmt.Sprintf("t%d.%s", i, strings.TrimPrefix(service, "_"))
}

func (d *DNS) run() {
	defer close(d.done)
	buf := make([]byte, 1500)
	for {
		n, from, err := d.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := d.answer(buf[:n]); answer != nil {
			_, _ = d.conn.WriteTo(answer, from)
		}
	}
}

// answer is nil for what is no question.
func (d *DNS) answer(question []byte) []byte {
	var q dnsmessage.Message
	if q.Unpack(question) != nil || len(q.Questions) != 1 {
		return nil
	}
	ask := q.Questions[0]
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: q.ID, Response: true, Authoritative: true, RecursionDesired: q.RecursionDesired},
		Questions: q.Questions,
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	name := strings.ToLower(ask.Name.String())
	add := func(body dnsmessage.ResourceBody) {
		out.Answers = append(out.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: ask.Name, Type: ask.Type, Class: ask.Class}, Body: body})
	}
	hosts, isHost := d.hosts[name]
	services, isService := d.services[name]
	switch {
	case !isHost && !isService:
		out.RCode = dnsmessage.RCodeNameError
	case ask.Type == dnsmessage.TypeA:
		for _, ip := range hosts {
			add(&dnsmessage.AResource{A: ip.As4()})
		}
	case ask.Type == dnsmessage.TypeSRV:
		for i, at := range services {
			to := dnsmessage.MustNewName(target(i, strings.TrimSuffix(name, ".")) + ".")
			add(&dnsmessage.SRVResource{Priority: uint16(i), Port: at.Port(), Target: to})
		}
	}
	packed, err := out.Pack()
	if err != nil {
		return nil
	}
	return packed
}
