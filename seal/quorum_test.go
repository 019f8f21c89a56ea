package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

var quorumSettings = seal.QuorumSettings{Window: time.Minute, Away: 24 * time.Hour, ColdStart: true}

// withQuorum adds a slot of members' shares to an opened configuration.
func withQuorum(t testing.TB, c *seal.Config, o *seal.Opened) *seal.Config {
	t.Helper()
	next, err := o.PutQuorum(c, quorumSettings)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(next); err != nil {
		t.Fatal(err)
	}
	return next
}

// dealt deals shares to n members, and adopts what comes of it.
func dealt(t testing.TB, c *seal.Config, o *seal.Opened, n, need int) (*seal.Config, []*seal.PeerShare) {
	t.Helper()
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf("n%d", i+1))
	}
	next, shares, err := o.DealQuorum(c, members, need)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { seal.DestroyShares(shares) })
	if err := o.Adopt(next); err != nil {
		t.Fatal(err)
	}
	return decode(t, next), shares
}

// subset is the shares whose bits are set.
func subset(shares []*seal.PeerShare, bits int) (out []*seal.PeerShare) {
	for i, s := range shares {
		if bits>>i&1 == 1 {
			out = append(out, s)
		}
	}
	return out
}

func TestEverySubsetOfMembersSharesOpensOrOpensNothing(t *testing.T) {
	for _, size := range []struct{ n, need int }{{2, 2}, {3, 2}, {5, 3}} {
		c, o, lines := create(t, 3, 2)
		c = withQuorum(t, c, o)
		c, shares := dealt(t, c, o, size.n, size.need)
		w := wrap(t, o)
		for bits := range 1 << size.n {
			some := subset(shares, bits)
			got, err := seal.OpenQuorum(c, some)
			if len(some) < size.need {
				refused(t, err, fault.Sealed, fmt.Sprintf("%d of %d", len(some), size.need))
				_, err = seal.OpenQuorum(c, append(slices.Clone(some), some...))
				refused(t, err, fault.Sealed)
				continue
			}
			if err != nil {
				t.Errorf("%b of %d: %v", bits, size.n, err)
				continue
			}
			if err := w.unwrap(got); err != nil {
				t.Error(err)
			}
			got.Destroy()
		}
		if err := w.unwrap(open(t, c, lines[:2])); err != nil {
			t.Errorf("recovery codes: %v", err)
		}
	}
}

func TestAWrongMembersShareIsNamed(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	c = withQuorum(t, c, o)
	c, shares := dealt(t, c, o, 3, 2)
	var raw []byte
	if err := shares[1].Lend(func(b []byte) error { raw = bytes.Clone(b); return nil }); err != nil {
		t.Fatal(err)
	}
	for at := range raw {
		edited := bytes.Clone(raw)
		edited[at] ^= 1
		s, err := seal.ParsePeerShare(edited)
		if err != nil {
			refused(t, err, fault.Invalid)
			continue
		}
		err = s.Check(c)
		switch {
		case at >= 1 && at < 17:
			refused(t, err, fault.Conflict, "another dealing")
		case at == 17: // share 2 becomes 3
			refused(t, err, fault.Invalid, "share 3", "n3", "altered")
		default:
			refused(t, err, fault.Invalid, "share 2", "n2", "altered")
		}
		if _, err := seal.OpenQuorum(c, []*seal.PeerShare{shares[0], s}); err == nil {
			t.Fatalf("byte %d: opens", at)
		}
		s.Destroy()
	}
	for _, b := range [][]byte{nil, raw[:49], append(bytes.Clone(raw), 0), append(bytes.Clone(raw[:18]), bytes.Repeat([]byte{0xff}, 32)...)} {
		_, err := seal.ParsePeerShare(b)
		refused(t, err, fault.Invalid)
	}
	for _, text := range []string{fmt.Sprint(shares[0]), fmt.Sprintf("%x %#v %d", shares[0], shares[0], shares[0])} {
		if !strings.Contains(text, "secret") {
			t.Errorf("%q", text)
		}
	}
}

func TestANewDealingEndsTheOneBefore(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	c = withQuorum(t, c, o)
	first, old := dealt(t, c, o, 3, 2)
	second, fresh := dealt(t, first, o, 3, 2)
	if _, err := seal.OpenQuorum(second, old); !errors.Is(err, fault.Conflict) {
		t.Errorf("old shares: %v", err)
	}
	mixed := []*seal.PeerShare{old[0], fresh[1]}
	if _, err := seal.OpenQuorum(second, mixed); err == nil {
		t.Error("shares of two dealings open together")
	}
	got, err := seal.OpenQuorum(second, fresh[1:])
	if err != nil {
		t.Fatal(err)
	}
	got.Destroy()

	removed, err := o.RemoveSlot(second, seal.QuorumID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenQuorum(removed, fresh); !errors.Is(err, fault.NotFound) {
		t.Errorf("after removal: %v", err)
	}
	for _, s := range second.Slots {
		if s.Kind == "shamir" {
			_, err := o.RemoveSlot(second, s.ID)
			refused(t, err, fault.Invalid, "cannot be removed")
		}
	}
}

func TestADealingCannotBePutBack(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	c = withQuorum(t, c, o)
	first, old := dealt(t, c, o, 3, 2)
	second, fresh := dealt(t, first, o, 3, 2)
	spliced := decode(t, second)
	*slotOf(spliced) = *slotOf(first)
	if _, err := seal.OpenQuorum(spliced, old); !errors.Is(err, fault.Internal) {
		t.Errorf("a dealing that was put back: %v", err)
	}
	for name, edit := range map[string]func(*seal.SlotDoc){
		"cold start": func(d *seal.SlotDoc) { d.Quorum.ColdStart = !d.Quorum.ColdStart },
		"window":     func(d *seal.SlotDoc) { d.Quorum.Window++ },
		"away":       func(d *seal.SlotDoc) { d.Quorum.Away++ },
		"member":     func(d *seal.SlotDoc) { d.Quorum.Members[0] = "mallory" },
		"threshold":  func(d *seal.SlotDoc) { d.Threshold = 3 },
	} {
		edited := decode(t, second)
		edit(slotOf(edited))
		if err := o.Adopt(edited); err == nil {
			t.Errorf("%s: adopted", name)
		}
		if _, err := seal.OpenQuorum(edited, fresh); !errors.Is(err, fault.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// slotOf is the slot of members' shares.
func slotOf(c *seal.Config) *seal.SlotDoc {
	for i := range c.Slots {
		if c.Slots[i].Kind == "quorum" {
			return &c.Slots[i]
		}
	}
	return nil
}

func TestARekeyCarriesTheSlotOfMembersAlong(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	c = withQuorum(t, c, o)
	before, old := dealt(t, c, o, 3, 2)
	next, lines, err := o.Rekey(t.Context(), before, 5, 3, start)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(next); err != nil {
		t.Fatal(err)
	}
	next = decode(t, next)
	q, err := next.Quorum()
	if err != nil || q.Deal != nil || q.QuorumSettings != quorumSettings {
		t.Fatalf("after a rekey: %+v, %v", q, err)
	}
	if _, err := seal.OpenQuorum(next, old); err == nil {
		t.Error("shares from before a rekey open")
	}
	open(t, next, lines[:3])
	after, shares := dealt(t, next, o, 3, 2)
	got, err := seal.OpenQuorum(after, shares[:2])
	if err != nil {
		t.Fatal(err)
	}
	got.Destroy()
}

func TestAShareIsReleasedToOneProcessOnly(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	c = withQuorum(t, c, o)
	c, shares := dealt(t, c, o, 3, 2)
	boot, other := seal.NewBootKey(), seal.NewBootKey()
	deal := shares[0].Deal()
	sealed, err := shares[0].SealTo(cluster, "n2", boot.Public())
	if err != nil {
		t.Fatal(err)
	}
	got, err := boot.Open(cluster, deal, "n2", sealed)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Check(c); err != nil || got.Index() != 1 {
		t.Errorf("share %d: %v", got.Index(), err)
	}
	got.Destroy()
	otherDeal := bytes.Clone(deal)
	otherDeal[0] ^= 1
	for name, try := range map[string]func() (*seal.PeerShare, error){
		"another process": func() (*seal.PeerShare, error) { return other.Open(cluster, deal, "n2", sealed) },
		"another node":    func() (*seal.PeerShare, error) { return boot.Open(cluster, deal, "n3", sealed) },
		"another cluster": func() (*seal.PeerShare, error) { return boot.Open(otherCluster, deal, "n2", sealed) },
		"another dealing": func() (*seal.PeerShare, error) { return boot.Open(cluster, otherDeal, "n2", sealed) },
		"too long":        func() (*seal.PeerShare, error) { return boot.Open(cluster, deal, "n2", make([]byte, 1000)) },
	} {
		if _, err := try(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range [][]byte{nil, make([]byte, 31), make([]byte, 32), make([]byte, 64)} {
		_, err := shares[0].SealTo(cluster, "n2", key)
		refused(t, err, fault.Invalid)
	}
	if text := fmt.Sprintf("%v %#v %x", boot, boot, boot); strings.Count(text, "[boot key]") != 3 {
		t.Errorf("%q", text)
	}
}

func TestImpossibleQuorumsAreRefused(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	for name, s := range map[string]seal.QuorumSettings{
		"threshold 1":  {Threshold: 1, Window: time.Minute},
		"threshold 17": {Threshold: 17, Window: time.Minute},
		"negative":     {Threshold: -1, Window: time.Minute},
		"no window":    {},
		"away":         {Window: time.Minute, Away: -1},
		"for ever":     {Window: time.Minute, Away: 1 << 62},
	} {
		if _, err := o.PutQuorum(c, s); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := o.DealQuorum(c, []string{"n1", "n2"}, 2); !errors.Is(err, fault.NotFound) {
		t.Errorf("without a slot: %v", err)
	}
	c = withQuorum(t, c, o)
	if _, err := seal.OpenQuorum(c, nil); !errors.Is(err, fault.Sealed) {
		t.Errorf("a slot that was not dealt: %v", err)
	}
	for name, d := range map[string]struct {
		members []string
		need    int
		kind    fault.Kind
	}{
		"one":       {[]string{"n1"}, 1, fault.BadState},
		"too few":   {[]string{"n1", "n2"}, 3, fault.BadState},
		"too many":  {strings.Split(strings.Repeat("n,", 16)+"n", ","), 2, fault.BadState},
		"twice":     {[]string{"n1", "n1"}, 2, fault.Invalid},
		"no name":   {[]string{"n1", ""}, 2, fault.Invalid},
		"long name": {[]string{"n1", strings.Repeat("n", 64)}, 2, fault.Invalid},
	} {
		if _, _, err := o.DealQuorum(c, d.members, d.need); !errors.Is(err, d.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := quorumSettings.QuorumNeed(2); got != 2 {
		t.Errorf("of two voters %d", got)
	}
	if got := quorumSettings.QuorumNeed(5); got != 3 {
		t.Errorf("of five voters %d", got)
	}
}

func FuzzParsePeerShare(f *testing.F) {
	f.Add(append([]byte{1}, make([]byte, 49)...))
	f.Add(append(append([]byte{1}, make([]byte, 16)...), append([]byte{3}, make([]byte, 32)...)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := seal.ParsePeerShare(b)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		defer s.Destroy()
		if err := s.Lend(func(again []byte) error {
			if !bytes.Equal(again, b) {
				t.Fatalf("%x became %x", b, again)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzOpenReleasedShare(f *testing.F) {
	boot := seal.NewBootKey()
	f.Add(make([]byte, 98))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := boot.Open(cluster, make([]byte, 16), "n1", b); !errors.Is(err, fault.Invalid) {
			t.Fatalf("%v", err) // nobody knows this key, so nothing can be right
		}
	})
}
