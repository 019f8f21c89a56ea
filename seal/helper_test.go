package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

var (
	cluster      = [16]byte{0x3f, 0xa2, 0xb1, 0xc0, 0x9d, 0x44, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	otherCluster = [16]byte{0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 1}
	start        = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
)

// clock is a time that the test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func create(t testing.TB, shares, threshold int) (*seal.Config, *seal.Opened, [][]byte) {
	t.Helper()
	c, o, lines, err := seal.Create(cluster, shares, threshold, start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Destroy)
	return c, o, lines
}

func ceremony(c *seal.Config) *seal.Ceremony {
	return seal.NewCeremony(c, 0, func() time.Time { return start })
}

// open opens a configuration with shares, all of which must be accepted.
func open(t testing.TB, c *seal.Config, lines [][]byte) *seal.Opened {
	t.Helper()
	y := ceremony(c)
	for _, line := range lines {
		_, o, err := y.Submit(line)
		if err != nil {
			t.Fatal(err)
		}
		if o != nil {
			t.Cleanup(o.Destroy)
			return o
		}
	}
	t.Fatalf("%d shares do not open it", len(lines))
	return nil
}

func parse(t testing.TB, line []byte) *seal.Share {
	t.Helper()
	s, err := seal.ParseShare(line)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Destroy)
	return s
}

// refused checks kind and words of an error.
func refused(t testing.TB, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want kind %v", err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(fault.Of(err).Message, w) {
			t.Errorf("%q does not say %q", fault.Of(err).Message, w)
		}
	}
}

// wrapped is something sealed by a keyring, to see later whether another one opens it.
type wrapped struct {
	term   uint32
	sealed []byte
}

func wrap(t testing.TB, o *seal.Opened) wrapped {
	t.Helper()
	term, sealed, err := o.Keyring().Wrap([]byte("aad"), []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	return wrapped{term, sealed}
}

func (w wrapped) unwrap(o *seal.Opened) error {
	return o.Keyring().Unwrap(w.term, []byte("aad"), w.sealed, func(plain []byte) error {
		if string(plain) != "plain" {
			return errors.New("other plaintext")
		}
		return nil
	})
}

func decode(t testing.TB, c *seal.Config) *seal.Config {
	t.Helper()
	b := c.Encode()
	d, err := seal.DecodeConfig(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.Encode(), b) {
		t.Fatal("not the same bytes again")
	}
	return d
}
