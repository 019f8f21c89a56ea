package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

func TestAnyThresholdOpensAndOneFewerDoesNot(t *testing.T) {
	for n := 1; n <= 5; n++ {
		for k := min(2, n); k <= n; k++ {
			c, o, lines := create(t, n, k)
			w := wrap(t, o)
			for set := uint(0); set < 1<<n; set++ {
				if size := bits.OnesCount(set); size != k && size != k-1 {
					continue
				}
				y := ceremony(decode(t, c))
				var opened *seal.Opened
				for i, line := range lines {
					if set>>i&1 == 0 {
						continue
					}
					_, got, err := y.Submit(line)
					if err != nil {
						t.Fatal(err)
					}
					if got != nil {
						opened = got
					}
				}
				if want := bits.OnesCount(set) == k; (opened != nil) != want {
					t.Errorf("%d of %d, shares %b: opened %v", k, n, set, opened != nil)
				}
				if opened != nil {
					if err := w.unwrap(opened); err != nil {
						t.Error(err)
					}
					opened.Destroy()
				}
			}
		}
	}
}

func TestSixteenSharesOpen(t *testing.T) {
	c, o, lines := create(t, 16, 16)
	w := wrap(t, o)
	slices.Reverse(lines)
	if err := w.unwrap(open(t, c, lines)); err != nil {
		t.Error(err)
	}
}

func TestImpossibleSharingsAreRefused(t *testing.T) {
	for _, p := range [][2]int{{0, 0}, {1, 0}, {2, 1}, {1, 2}, {3, 4}, {17, 2}, {17, 17}, {5, -1}, {-1, -1}} {
		_, _, _, err := seal.Create(cluster, p[0], p[1], start)
		refused(t, err, fault.Invalid, fmt.Sprintf("%d of %d", p[1], p[0]))
	}
}

func TestRefusalsKeepTheProgress(t *testing.T) {
	c, _, lines := create(t, 5, 3)
	_, foreign, foreignLines, err := seal.Create(otherCluster, 5, 3, start)
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Destroy()
	clk := &clock{start}
	y := seal.NewCeremony(c, 0, clk.now)
	if p := y.Progress(); p.ID != "" || p.Have != 0 || p.Need != 3 || !p.Expires.IsZero() {
		t.Errorf("before the first share: %+v", p)
	}
	first, _, err := y.Submit(lines[4])
	if err != nil || first.Have != 1 || first.ID == "" || !first.Expires.Equal(start.Add(10*time.Minute)) {
		t.Fatalf("got %+v, %v", first, err)
	}
	clk.t = clk.t.Add(time.Minute)
	typo := bytes.Clone(lines[1])
	typo[30] = alphabet[(bytes.IndexByte([]byte(alphabet), typo[30])+1)%32]
	for _, bad := range []struct {
		line  []byte
		kind  fault.Kind
		words string
	}{
		{typo, fault.Invalid, "letter 31 "},
		{foreignLines[0], fault.Invalid, "another cluster"},
		{[]byte("hello"), fault.Invalid, "not a share"},
		{lines[4], fault.Exists, "share 5 is in already"},
		{nil, fault.Invalid, "not a share"},
	} {
		p, o, err := y.Submit(bad.line)
		refused(t, err, bad.kind, bad.words)
		if o != nil || p.ID != first.ID || p.Have != 1 || !slices.Equal(p.Indexes, []int{5}) || !p.Expires.Equal(first.Expires) {
			t.Errorf("%s changed the progress to %+v", bad.words, p)
		}
	}
	p, _, err := y.Submit(lines[0])
	if err != nil || !slices.Equal(p.Indexes, []int{1, 5}) || p.ID != first.ID {
		t.Errorf("got %+v, %v", p, err)
	}
	p, o, err := y.Submit(lines[2])
	if err != nil || o == nil || p.Have != 3 {
		t.Fatalf("got %+v, %v, %v", p, o, err)
	}
	o.Destroy()
	if p := y.Progress(); p.Have != 0 || p.ID != "" {
		t.Errorf("after opening, shares are kept: %+v", p)
	}
}

func TestProgressExpires(t *testing.T) {
	c, _, lines := create(t, 3, 3)
	clk := &clock{start}
	y := seal.NewCeremony(c, time.Minute, clk.now)
	submit := func(line []byte, want int) seal.Progress {
		t.Helper()
		p, _, err := y.Submit(line)
		if err != nil || p.Have != want {
			t.Fatalf("got %+v, %v; want %d", p, err, want)
		}
		return p
	}
	first := submit(lines[0], 1)
	clk.t = clk.t.Add(59 * time.Second)
	submit(lines[1], 2) // begins the minute anew
	clk.t = clk.t.Add(59 * time.Second)
	if p := y.Progress(); p.Have != 2 {
		t.Errorf("expired early: %+v", p)
	}
	clk.t = clk.t.Add(time.Second)
	y.Expire()
	if p := y.Progress(); p.Have != 0 || p.ID != "" {
		t.Errorf("not expired: %+v", p)
	}
	if p := submit(lines[0], 1); p.ID == first.ID {
		t.Error("another ceremony has the same id")
	}
}

func TestOnlyAShareResets(t *testing.T) {
	c, o, lines := create(t, 3, 2)
	y := ceremony(c)
	if _, _, err := y.Submit(lines[0]); err != nil {
		t.Fatal(err)
	}
	next, newLines, err := o.Rekey(t.Context(), c, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, y.Reset([]byte("qshare1")), fault.Invalid)
	refused(t, y.Reset(newLines[0]), fault.Invalid, "epoch")
	if p := y.Progress(); p.Have != 1 {
		t.Errorf("a stranger reset it: %+v", p)
	}
	if err := y.Reset(lines[2]); err != nil || y.Progress().Have != 0 {
		t.Errorf("a share did not reset it: %v", err)
	}
	if _, _, err := y.Submit(lines[0]); err != nil {
		t.Fatal(err)
	}
	y.ForceReset()
	if p := y.Progress(); p.Have != 0 {
		t.Errorf("not reset: %+v", p)
	}

	if _, _, err := y.Submit(lines[0]); err != nil {
		t.Fatal(err)
	}
	same, err := o.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	y.Use(same)
	if p := y.Progress(); p.Have != 1 {
		t.Errorf("a new term wiped a share that is still right: %+v", p)
	}
	y.Use(next)
	if p := y.Progress(); p.Have != 0 || p.ID != "" {
		t.Errorf("a share of the old epoch stayed: %+v", p)
	}
}

func TestHeldSharesCanBeRelayed(t *testing.T) {
	c, _, lines := create(t, 5, 3)
	here, there := ceremony(c), ceremony(c)
	for _, line := range lines[:2] {
		if _, _, err := here.Submit(line); err != nil {
			t.Fatal(err)
		}
	}
	err := here.Shares(func(line []byte) error {
		_, _, err := there.Submit(line)
		return err
	})
	if err != nil || there.Progress().Have != 2 {
		t.Fatalf("relayed %+v, %v", there.Progress(), err)
	}
	stop := errors.New("stop")
	if err := here.Shares(func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if _, o, err := there.Submit(lines[4]); err != nil || o == nil {
		t.Errorf("does not open: %v", err)
	}
}

func TestConcurrentSharesOpenOnce(t *testing.T) {
	c, o, lines := create(t, 8, 4)
	w := wrap(t, o)
	y := ceremony(c)
	var opened, exists atomic.Int32
	var all sync.WaitGroup
	for round := range 2 {
		for _, line := range lines[:4] {
			all.Go(func() {
				_, got, err := y.Submit(line)
				switch {
				case errors.Is(err, fault.Exists):
					exists.Add(1)
				case err != nil:
					t.Errorf("round %d: %v", round, err)
				case got != nil:
					opened.Add(1)
					if err := w.unwrap(got); err != nil {
						t.Error(err)
					}
				}
				_ = y.Progress()
				_ = y.Shares(func([]byte) error { return nil })
			})
		}
	}
	all.Wait()
	// Eight submissions of four shares: each opening takes four, what is left is in, or was there already.
	if got := int(opened.Load())*4 + int(exists.Load()) + y.Progress().Have; opened.Load() < 1 || got != 8 {
		t.Errorf("opened %d times, %d duplicates, %d left", opened.Load(), exists.Load(), y.Progress().Have)
	}
}

func TestProofNeedsAThresholdOfTheRightShares(t *testing.T) {
	c, o, lines := create(t, 3, 2)
	next, newLines, err := o.Rekey(t.Context(), c, 4, 3, start)
	if err != nil {
		t.Fatal(err)
	}
	clk := &clock{start}
	present, handedBack := seal.NewProof(c, time.Minute, clk.now), seal.NewProof(next, time.Minute, clk.now)

	refused(t, present.Use(), fault.Denied, "0 of 2")
	_, err = present.Submit(newLines[0])
	refused(t, err, fault.Invalid, "epoch")
	if p, err := present.Submit(lines[2]); err != nil || p.Have != 1 || p.Need != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = present.Submit(lines[2])
	refused(t, err, fault.Exists, "share 3 is in already")
	refused(t, present.Use(), fault.Denied, "1 of 2")
	if _, err := present.Submit(lines[0]); err != nil {
		t.Fatal(err)
	}
	if err := present.Use(); err != nil {
		t.Error(err)
	}
	refused(t, present.Use(), fault.Denied)
	_, err = present.Submit(lines[1])
	refused(t, err, fault.BadState, "was used")

	for _, line := range newLines[:3] {
		if _, err := handedBack.Submit(line); err != nil {
			t.Fatal(err)
		}
	}
	clk.t = clk.t.Add(time.Minute)
	refused(t, handedBack.Use(), fault.Denied, "0 of 3", "epoch 2")
	for _, line := range newLines[1:] {
		if _, err := handedBack.Submit(line); err != nil {
			t.Fatal(err)
		}
	}
	if p := handedBack.Progress(); !slices.Equal(p.Indexes, []int{2, 3, 4}) {
		t.Errorf("%+v", p)
	}
	if err := handedBack.Use(); err != nil {
		t.Error(err)
	}
}
