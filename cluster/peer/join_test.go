package peer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

func TestJoinNeedsNoCertificateButThePin(t *testing.T) {
	a, other := newAuthority(t, 1, "n1"), newAuthority(t, 2)
	p := a.open(t, "n1")
	p.HandleJoin(func(_ context.Context, body []byte) ([]byte, error) {
		if string(body) == "bad token" {
			return nil, fault.New(fault.Denied, "the token is used up").WithHint("make another")
		}
		return append([]byte("welcome "), body...), nil
	})
	got, err := peer.Join(within(t, 5*time.Second), p.Addr().String(), a.pin(), []byte("n2"))
	if err != nil || string(got) != "welcome n2" {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = peer.Join(within(t, 5*time.Second), p.Addr().String(), a.pin(), []byte("bad token"))
	if e := fault.Of(err); e.Kind != fault.Denied || e.Message != "the token is used up" || e.Hint != "make another" {
		t.Errorf("refusal arrives as %v %q", e.Kind, e.Message)
	}
	if _, err = peer.Join(within(t, 5*time.Second), p.Addr().String(), other.pin(), []byte("n2")); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("wrong pin: %v", err)
	}
}

// A leaf whose fingerprint is pinned by mistake is not a CA.
func TestJoinPinMustBeACA(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1")
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) { return nil, nil })
	pin := a.pin()
	pin[0] ^= 1
	if _, err := peer.Join(within(t, 5*time.Second), p.Addr().String(), pin, nil); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("got %v", err)
	}
}

func TestJoinOfNobodyIsUnreachable(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1")
	addr := p.Addr().String()
	if _, err := peer.Join(within(t, 5*time.Second), addr, a.pin(), nil); !errors.Is(err, fault.Busy) {
		t.Errorf("before HandleJoin: %v, want busy", err)
	}
	_ = p.Close()
	var failed *peer.CallError
	if _, err := peer.Join(within(t, 5*time.Second), addr, a.pin(), nil); !errors.As(err, &failed) || failed.Sent {
		t.Errorf("got %v", err)
	}
}

func TestJoinBodyIsBoundedBeforeItIsRead(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1")
	var ran atomic.Bool
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) { ran.Store(true); return nil, nil })
	if _, err := peer.Join(within(t, time.Second), p.Addr().String(), a.pin(), make([]byte, peer.MaxJoinBody+1)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("our own side: %v", err)
	}
	for _, length := range []uint32{peer.MaxJoinBody + 2, 1 << 20, 0xffffffff} {
		c, err := dial(t, p, nil, peer.ALPNJoin)
		if err != nil {
			t.Fatal(err)
		}
		head := append(binary.BigEndian.AppendUint32(nil, length), peer.FrameJoin)
		if _, err := c.Write(head); err != nil {
			t.Fatal(err)
		}
		kind, body, err := peer.ReadFrame(c, 4096)
		if err != nil || kind != peer.FrameFault || peer.DecodeFault(body).Kind != fault.TooLarge {
			t.Errorf("length %d: frame %d, %v", length, kind, err)
		}
	}
	if ran.Load() {
		t.Error("the handler saw it")
	}
}

func TestOneJoinPerConnection(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1")
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) { return []byte("x"), nil })
	c, err := dial(t, p, nil, peer.ALPNJoin)
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.WriteFrame(c, peer.FrameJoin, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := peer.ReadFrame(c, 4096); err != nil {
		t.Fatal(err)
	}
	if !hungUp(t, c) {
		t.Error("the connection stays open")
	}
}

func TestJoinsAreRationedPerAddress(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1", func(c *peer.Config) { c.JoinBurst, c.JoinEvery = 2, time.Hour })
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) { return nil, nil })
	for i := range 3 {
		_, err := peer.Join(within(t, 5*time.Second), p.Addr().String(), a.pin(), nil)
		if busy := errors.Is(err, fault.Busy); busy != (i == 2) {
			t.Errorf("join %d: %v", i, err)
		}
	}
}

func TestJoinsAtTheSameTimeAreBounded(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1", func(c *peer.Config) { c.MaxJoins = 1 })
	entered, release := make(chan struct{}), make(chan struct{})
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) {
		close(entered)
		<-release
		return nil, nil
	})
	first := make(chan error, 1)
	go func() {
		_, err := peer.Join(within(t, 10*time.Second), p.Addr().String(), a.pin(), nil)
		first <- err
	}()
	<-entered
	if _, err := peer.Join(within(t, 5*time.Second), p.Addr().String(), a.pin(), nil); !errors.Is(err, fault.Busy) {
		t.Errorf("second: %v, want busy", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestPanickingJoinShowsNothing(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1")
	p.HandleJoin(func(context.Context, []byte) ([]byte, error) { panic("inside") })
	_, err := peer.Join(within(t, 5*time.Second), p.Addr().String(), a.pin(), nil)
	if !errors.Is(err, fault.Internal) || strings.Contains(err.Error(), "inside") {
		t.Errorf("got %v", err)
	}
}

func TestFaultsThatCannotBeReadAreInternal(t *testing.T) {
	for _, bad := range [][]byte{nil, {0xff}, {0xa1, 0x01, 0x18, 0xc8}, bytes.Repeat([]byte{0x81}, 200), make([]byte, 1<<16)} {
		if got := peer.DecodeFault(bad); got.Kind != fault.Internal {
			t.Errorf("%x: %v", bad[:min(8, len(bad))], got.Kind)
		}
	}
	long := peer.DecodeFault(peer.EncodeFault(fault.New(fault.Busy, "%s", strings.Repeat("ä", 5000))))
	if long.Kind != fault.Busy || len(long.Message) > 1024 {
		t.Errorf("long text: %v, %d bytes", long.Kind, len(long.Message))
	}
}
