package seal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/seal"
)

// The vectors of BIP 350.
var (
	bip350Valid = []string{
		"A1LQFN3A",
		"a1lqfn3a",
		"an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
		"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
		"11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
		"?1v759aa",
	}
	bip350Invalid = map[string]error{
		"\x201xj0phk": seal.ErrBech32Form,
		"\x7f1g6xzxy": seal.ErrBech32Form,
		"\x801vctc34": seal.ErrBech32Form,
		"an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4": seal.ErrBech32Form,
		"qyrz8wqd2c9m":  seal.ErrBech32Form,
		"1qyrz8wqd2c9m": seal.ErrBech32Form,
		"y1b0jsk6g":     seal.ErrBech32Letter,
		"lt1igcx5c0":    seal.ErrBech32Letter,
		"in1muywd":      seal.ErrBech32Form,
		"mm1crxm3i":     seal.ErrBech32Letter,
		"au1s5cgom":     seal.ErrBech32Letter,
		"M1VUXWEZ":      seal.ErrBech32Checksum,
		"16plkw9":       seal.ErrBech32Form,
		"1p2gdwpf":      seal.ErrBech32Form,
	}
)

func TestBech32mVectors(t *testing.T) {
	for _, line := range bip350Valid {
		if _, _, err := seal.Bech32Decode([]byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		mixed := []byte(line)
		if i := strings.IndexFunc(line, func(r rune) bool { return r >= 'a' && r <= 'z' }); i >= 0 && len(line) > 9 {
			mixed[i] -= 'a' - 'A'
			if _, _, err := seal.Bech32Decode(mixed); !errors.Is(err, seal.ErrBech32Form) {
				t.Errorf("%s with mixed case: %v", line, err)
			}
		}
	}
	for line, want := range bip350Invalid {
		if _, _, err := seal.Bech32Decode([]byte(line)); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", line, err, want)
		}
	}
}

func TestBech32mVectorsEncode(t *testing.T) {
	for _, line := range []string{"a1lqfn3a", "?1v759aa"} {
		prefix, _, _ := strings.Cut(line, "1")
		if got := seal.Bech32Encode(nil, prefix, nil); string(got) != line {
			t.Errorf("got %s, want %s", got, line)
		}
	}
	// abcdef1… holds the alphabet backwards, 31 … 0: 20 bytes.
	line := "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"
	_, values, err := seal.Bech32Decode([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	data, err := seal.Bech32Pack(nil, values[:len(values)-6])
	if err != nil {
		t.Fatal(err)
	}
	if got := seal.Bech32Encode(nil, "abcdef", data); string(got) != line {
		t.Errorf("got %s, want %s", got, line)
	}
}

func TestBech32mPaddingIsZero(t *testing.T) {
	if got, err := seal.Bech32Pack(nil, []byte{31, 28}); err != nil || !bytes.Equal(got, []byte{0xff}) {
		t.Errorf("got %x, %v", got, err)
	}
	for _, values := range [][]byte{{31, 29}, {31}, {31, 28, 0}} {
		if got, err := seal.Bech32Pack(nil, values); err == nil {
			t.Errorf("%v gave %x", values, got)
		}
	}
}

func FuzzBech32Decode(f *testing.F) {
	for _, line := range bip350Valid {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		again := bytes.ToLower(line)
		prefix, values, err := seal.Bech32Decode(line)
		if err != nil {
			return
		}
		data, err := seal.Bech32Pack(nil, values[:len(values)-6])
		if err != nil {
			return
		}
		if got := seal.Bech32Encode(nil, string(prefix), data); !bytes.Equal(got, again) {
			t.Errorf("decoded %q, encoded %q", again, got)
		}
	})
}
