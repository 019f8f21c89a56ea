package fabric_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/fabric"
)

func TestMain(m *testing.M) {
	if fabric.Inside() {
		if err := fabric.Settle(); err != nil {
			fmt.Fprintln(os.Stderr, "fabric:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	code, err := fabric.Again(context.Background())
	if err != nil {
		fmt.Println("SKIP: the network cannot be made here:", err)
		code = 0
	}
	os.Exit(code)
}

// echo answers UDP on a host, and ask sends from another over the switch.
func echo(t *testing.T, h *fabric.Host) {
	t.Helper()
	var pc net.PacketConn
	err := h.Enter(func() (err error) { pc, err = net.ListenPacket("udp4", "0.0.0.0:7"); return err })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(buf[:n], from)
		}
	}()
}

// answers counts what comes back of n questions within the time given.
func answers(t *testing.T, from, to *fabric.Host, n int, within time.Duration) int {
	t.Helper()
	var c net.Conn
	if err := from.Enter(func() (err error) { c, err = net.Dial("udp4", to.IP+":7"); return err }); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range n {
		if _, err := c.Write([]byte{byte(i)}); err != nil && !errors.Is(err, io.EOF) {
			continue // the host is told that nobody answers
		}
	}
	got := 0
	_ = c.SetReadDeadline(time.Now().Add(within))
	for buf := make([]byte, 10); got < 2*n; got++ {
		if _, err := c.Read(buf); err != nil {
			break
		}
	}
	return got
}

func open(t *testing.T, n int) *fabric.Switch {
	t.Helper()
	s, err := fabric.New(n, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Skipf("no network can be made here: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestLinksDoAsTold(t *testing.T) {
	s := open(t, 3)
	a, b := s.Hosts[0], s.Hosts[1]
	echo(t, b)
	const short = 300 * time.Millisecond
	if got := answers(t, a, b, 50, 2*time.Second); got == 0 {
		t.Fatal("nothing passes a switch that is whole")
	}
	for _, c := range []struct {
		name string
		tell func()
		want func(got int) bool
	}{
		{"a partition", func() { s.Partition([]int{0, 2}, []int{1}) }, func(got int) bool { return got == 0 }},
		{"a host that is deaf", func() { s.Deafen(1) }, func(got int) bool { return got == 0 }},
		{"a host that is mute", func() { s.Mute(1) }, func(got int) bool { return got == 0 }},
		{"loss of a third each way", func() { s.SetAll(fabric.Link{Loss: 1. / 3}) }, func(got int) bool { return got > 5 && got < 45 }},
		{"everything twice", func() { s.SetAll(fabric.Link{Duplicate: 1}) }, func(got int) bool { return got > 60 }},
		{"all well", func() {}, func(got int) bool { return got >= 40 && got <= 50 }},
	} {
		c.tell()
		if got := answers(t, a, b, 50, short); !c.want(got) {
			t.Errorf("%s: %d answers to 50 questions", c.name, got)
		}
		s.Heal()
	}
	if st := s.Stats(); st.Cut == 0 || st.Lost == 0 || st.Doubled == 0 {
		t.Errorf("the counters say that nothing happened: %+v", st)
	}
}

func TestDelayIsKept(t *testing.T) {
	s := open(t, 2)
	echo(t, s.Hosts[1])
	answers(t, s.Hosts[0], s.Hosts[1], 1, time.Second) // addresses are known from here on
	s.SetAll(fabric.Link{Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond})
	begin := time.Now()
	if got := answers(t, s.Hosts[0], s.Hosts[1], 1, 79*time.Millisecond); got != 0 {
		t.Errorf("an answer came after %v, sooner than 80 ms", time.Since(begin))
	}
	if got := answers(t, s.Hosts[0], s.Hosts[1], 1, 5*time.Second); got == 0 {
		t.Error("no answer came at all")
	}
}

func TestDialBypassesTheCuts(t *testing.T) {
	s := open(t, 2)
	h := s.Hosts[0]
	var l net.Listener
	if err := h.Enter(func() (err error) { l, err = net.Listen("tcp4", "0.0.0.0:7800"); return err }); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.Partition()
	c, err := h.Dial(context.Background(), "tcp", "127.0.0.1:7800")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if c, err := net.Dial("tcp", "127.0.0.1:7800"); err == nil {
		c.Close()
		t.Error("the host's port is reached from outside of its namespace")
	}
}
