package e2e_test

import (
	bigendian "encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wire keeps what crosses the loopback interface to and from this test's own address, as somebody who listens on the network would.
type wire struct {
	fd    int
	small bool // the system's own bound holds for what waits to be read

	mu    sync.Mutex
	flows map[string][]byte // payloads by protocol and both ends; guarded by mu
	done  chan struct{}
}

// listen begins before anything is sent. The error is why the system does not let it.
func listen(t *testing.T) (_ *wire, err error) {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, err
	}
	all := bigendian.BigEndian.Uint16([]byte{byte(unix.ETH_P_IP & 0xff), byte(unix.ETH_P_IP >> 8)})
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(all))
	if err != nil {
		return nil, fmt.Errorf("a packet socket: %w", err)
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	own := netip.MustParseAddr(host).As4()
	address := bigendian.BigEndian.Uint32(own[:])
	filter := []unix.SockFilter{ // IPv4 from or to our address, whole
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 16},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: address, Jt: 2},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 12},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: address, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 20},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	const room = 64 << 20
	second := unix.Timeval{Usec: 100_000}
	w := &wire{fd: fd, flows: map[string][]byte{}, done: make(chan struct{})}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"a filter", func() error {
			return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
		}},
		{"a large buffer", func() error { // more than the system's bound: that takes CAP_NET_ADMIN, which a container seldom has
			err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room)
			if w.small = errors.Is(err, unix.EPERM); w.small {
				err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, room)
			}
			return err
		}},
		{"a bound for reads", func() error { return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &second) }},
		{"the loopback interface", func() error { return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}) }},
	} {
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("a packet socket with %s: %w", step.what, err)
		}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); w.read() }()
	t.Cleanup(func() { close(w.done); <-ended; unix.Close(fd) })
	return w, nil
}

func (w *wire) read() {
	packet := make([]byte, 1<<17)
	for {
		select {
		case <-w.done:
			return
		default:
		}
		n, from, err := unix.Recvfrom(w.fd, packet, 0)
		if err != nil {
			continue // time is out, and it is looked whether to go on
		}
		if at, ok := from.(*unix.SockaddrLinklayer); ok && at.Pkttype == unix.PACKET_OUTGOING {
			continue // seen again when it comes
		}
		w.keep(packet[:n])
	}
}

// keep takes a packet apart as far as its payload.
func (w *wire) keep(p []byte) {
	if len(p) < 20 || p[0]>>4 != 4 {
		return
	}
	head := int(p[0]&15) * 4
	protocol, body := p[9], p[min(head, len(p)):]
	skip := 8
	switch {
	case protocol == 6 && len(body) >= 20:
		skip = int(body[12]>>4) * 4
	case protocol == 17 && len(body) >= 8:
	default:
		return
	}
	ends := fmt.Sprintf("%d %v:%d-%v:%d", protocol, netip.AddrFrom4([4]byte(p[12:16])), bigendian.BigEndian.Uint16(body), netip.AddrFrom4([4]byte(p[16:20])), bigendian.BigEndian.Uint16(body[2:]))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flows[ends] = append(w.flows[ends], body[min(skip, len(body)):]...)
}

// carries lists which secrets crossed the network in any form, and how much went to a port.
func (w *wire) carries(secrets []secret) (hits []string, to map[string]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to = map[string]int{}
	for ends, text := range w.flows {
		_, target, _ := strings.Cut(ends, "-")
		to[ends[:strings.Index(ends, " ")]+" "+target] += len(text)
		for _, hit := range found(text, secrets) {
			hits = append(hits, ends+": "+hit)
		}
	}
	return hits, to
}

// bites is the control: what is sent in the clear, by TCP and UDP, is seen.
func (w *wire) bites(t *testing.T) {
	t.Helper()
	planted := secret{"what was planted", []byte("a canary that the wire carries in the clear")}
	l, err := net.Listen("tcp", freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, network := range []string{"tcp", "udp"} {
		c, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(planted.bytes); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	eventually(t, 10*time.Second, "what is planted is seen by TCP and UDP", func() error {
		if hits, _ := w.carries([]secret{planted}); len(hits) != 2 {
			return fmt.Errorf("%v", hits)
		}
		return nil
	})
}

// quiet fails the test for each secret that crossed the network, and if what the nodes say to each other was not heard, or not whole.
func (w *wire) quiet(t *testing.T, nodes []*node, secrets []secret) {
	t.Helper()
	w.bites(t)
	hits, to := w.carries(secrets)
	for _, hit := range hits {
		t.Errorf("the network carries, in flow %s", hit)
	}
	for _, n := range nodes {
		for _, port := range []string{"6 " + n.api, "6 " + n.peer, "17 " + n.gossip} {
			if to[port] < 100 {
				t.Errorf("of what goes to %s's %s %d bytes were heard", n.name, port, to[port])
			}
		}
		t.Logf("heard on the way to %s: API %d bytes, peer %d, keas %d, gossip %d", n.name, to["6 "+n.api], to["6 "+n.peer], to["6 "+n.keas], to["17 "+n.gossip]+to["6 "+n.gossip])
	}
	count, err := unix.GetsockoptTpacketStats(w.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	switch {
	case err != nil:
		t.Errorf("nobody can say whether all was heard: %v", err)
	case count.Packets == 0:
		t.Error("the system counted no packet")
	case count.Drops > 0 && w.small && !t.Failed():
		t.Skipf("%d of %d packets came when the buffer was full, and the system allows no larger one (CAP_NET_ADMIN): nobody heard what was in them", count.Drops, count.Packets)
	case count.Drops > 0:
		t.Errorf("%d of %d packets came when the buffer was full: nobody heard what was in them", count.Drops, count.Packets)
	}
}
