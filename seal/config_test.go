package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// full is a configuration in which every field is set.
func full(t testing.TB) (*seal.Config, *seal.Opened, [][]byte) {
	t.Helper()
	c, o, _ := create(t, 3, 2)
	rotated, err := o.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(rotated); err != nil {
		t.Fatal(err)
	}
	rekeyed, lines, err := o.Rekey(t.Context(), rotated, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(rekeyed); err != nil {
		t.Fatal(err)
	}
	whole, _ := dealt(t, withQuorum(t, rekeyed, o), o, 3, 2)
	return whole, o, lines
}

func TestEveryEditOfAConfigurationIsRefused(t *testing.T) {
	c, o, lines := full(t)
	w := wrap(t, o)
	document := c.Encode()
	if err := w.unwrap(open(t, decode(t, c), lines)); err != nil {
		t.Fatal(err)
	}
	decoded := 0
	for at := range document {
		for _, mask := range []byte{1, 0x80, 0xff} {
			edited := bytes.Clone(document)
			edited[at] ^= mask
			d, err := seal.DecodeConfig(edited)
			if err != nil {
				if !errors.Is(err, fault.Invalid) {
					t.Errorf("byte %d: %v", at, err)
				}
				continue
			}
			decoded++
			if err := o.Adopt(d); err == nil {
				t.Fatalf("byte %d ^ %#x: adopted", at, mask)
			}
			y := ceremony(d)
			for _, line := range lines {
				if _, got, err := y.Submit(line); got != nil {
					t.Fatalf("byte %d ^ %#x: opened", at, mask)
				} else if err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Internal) {
					t.Errorf("byte %d ^ %#x: %v", at, mask, err)
				}
			}
		}
	}
	if decoded < 1000 {
		t.Errorf("only %d edits got as far as opening", decoded)
	}
	for cut := range document {
		if _, err := seal.DecodeConfig(document[:cut]); !errors.Is(err, fault.Invalid) {
			t.Fatalf("cut to %d: %v", cut, err)
		}
	}
	if _, err := seal.DecodeConfig(append(bytes.Clone(document), 0)); !errors.Is(err, fault.Invalid) {
		t.Errorf("a byte more: %v", err)
	}
	// The format, 1, as an integer of two bytes: CBOR, but not the one encoding that counts.
	longer := append(append(bytes.Clone(document[:2]), 0x18), document[2:]...)
	_, err := seal.DecodeConfig(longer)
	refused(t, err, fault.Invalid, "canonical")
	if _, err := seal.DecodeConfig(make([]byte, 1<<20)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("a megabyte: %v", err)
	}
}

// Parts of one authentic configuration put into another are noticed too.
func TestPartsOfConfigurationsCannotBeExchanged(t *testing.T) {
	c, o, lines := create(t, 2, 2)
	next, err := o.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	swaps := map[string]func(d *seal.Config){
		"keyring":           func(d *seal.Config) { d.Keyring = c.Keyring; d.CurrentTerm = c.CurrentTerm },
		"keyring and code":  func(d *seal.Config) { d.Keyring, d.CurrentTerm, d.MAC = c.Keyring, c.CurrentTerm, c.MAC },
		"revision":          func(d *seal.Config) { d.Revision = 7 },
		"current term":      func(d *seal.Config) { d.CurrentTerm = 1 },
		"date":              func(d *seal.Config) { d.CreatedAt++ },
		"a handover":        func(d *seal.Config) { d.Epoch = 1; d.Handovers = []seal.Handover{} },
		"threshold of docs": func(d *seal.Config) { d.Slots = append([]seal.SlotDoc(nil), d.Slots...); d.Slots[0].ID = "other" },
	}
	for name, swap := range swaps {
		d := *next
		swap(&d)
		if bytes.Equal(d.Encode(), next.Encode()) {
			continue
		}
		if err := o.Adopt(&d); err == nil {
			t.Errorf("%s: adopted", name)
		}
		y := ceremony(&d)
		for _, line := range lines {
			_, got, err := y.Submit(line)
			if got != nil {
				t.Errorf("%s: opened", name)
			}
			if err != nil && (!errors.Is(err, fault.Internal) || !strings.Contains(err.Error(), "altered")) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestEncodingIsDeterministic(t *testing.T) {
	c, _, _ := full(t)
	if !bytes.Equal(c.Encode(), decode(t, c).Encode()) {
		t.Error("other bytes")
	}
	if got := c.String(); !strings.Contains(got, "3fa2b1c09d44, epoch 2, revision 5") {
		t.Errorf("got %q", got)
	}
}

func FuzzDecodeConfig(f *testing.F) {
	c, o, _, err := seal.Create(cluster, 3, 2, start)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Encode())
	next, _, err := o.Rekey(f.Context(), c, 2, 2, start)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(next.Encode())
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := seal.DecodeConfig(b)
		if err != nil {
			if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(c.Encode(), b) {
			t.Error("other bytes again")
		}
		c.Shares()
		_ = c.String()
		_, _, _ = ceremony(c).Submit([]byte("qshare1"))
	})
}
