package primitive_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func fieldOf(bits int) []byte {
	p, err := rand.Prime(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return p.Bytes()
}

// TestAnyPartsThatAreEnoughMakeTheSecret: in every method, each choice of them, and more than enough; fewer do not, and altered ones are noticed.
func TestAnyPartsThatAreEnoughMakeTheSecret(t *testing.T) {
	secret := []byte("\x000123456789abcde")
	for _, s := range []primitive.Sharing{
		{Method: primitive.SharingXOR, Parts: 3, Threshold: 3},
		{Method: primitive.SharingGF2_8, Parts: 5, Threshold: 3},
		{Method: primitive.SharingGF2_16, Parts: 5, Threshold: 2},
		{Method: primitive.SharingPrime, Parts: 4, Threshold: 3, Prime: fieldOf(137)},
		{Method: primitive.SharingGF2_8, Parts: 255, Threshold: 5},
	} {
		bare, err := s.Split(secret, rand.Reader)
		if err != nil || len(bare) != s.Parts {
			t.Fatalf("%+v: %d parts (%v)", s, len(bare), err)
		}
		parts := make([]primitive.Part, s.Parts)
		for i := range bare {
			parts[i] = primitive.Part{Number: uint32(i + 1), Bytes: bare[i]}
			if bytes.Equal(bare[i], secret) {
				t.Errorf("%+v: a part is the secret", s)
			}
		}
		for first := range min(s.Parts-s.Threshold+1, 8) {
			chosen := append([]primitive.Part{}, parts[first:first+s.Threshold]...)
			chosen[0], chosen[len(chosen)-1] = chosen[len(chosen)-1], chosen[0]
			if got, err := s.Join(chosen, len(secret)); err != nil || !bytes.Equal(got, secret) {
				t.Errorf("%+v from %d: %x (%v)", s, first, got, err)
			}
		}
		if got, err := s.Join(parts[:s.Threshold-1], len(secret)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: too few make %x (%v)", s, got, err)
		}
		fewer := s
		fewer.Threshold--
		if s.Method != primitive.SharingXOR && fewer.Threshold > 1 {
			if got, err := fewer.Join(parts[:fewer.Threshold], len(secret)); err == nil && bytes.Equal(got, secret) {
				t.Errorf("%+v: a threshold that is said to be lower gives the secret", s)
			}
		}
		if s.Threshold == s.Parts {
			continue
		}
		if got, err := s.Join(parts, len(secret)); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("%+v: all: %x (%v)", s, got, err)
		}
		parts[s.Threshold].Bytes[len(secret)-1] ^= 1
		if _, err := s.Join(parts, len(secret)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: an altered part passes: %v", s, err)
		}
	}
}

// TestTheFieldsAreTheSpecifications: products in GF(2^8) as FIPS 197 has them in 4.2, and, in GF(2^16), y times y is y plus the constant; every
// element but 0 has an inverse, as only in a field.
func TestTheFieldsAreTheSpecifications(t *testing.T) {
	if got := primitive.Mul8(0x57, 0x83); got != 0xc1 {
		t.Errorf("57 x 83 is %x", got)
	}
	if got := primitive.Mul16(0x0100, 0x0100); got != 0x013a {
		t.Errorf("y x y is %x", got)
	}
	if got := primitive.Mul16(0x0057, 0x0083); got != 0x00c1 {
		t.Errorf("the smaller field is not in the larger: %x", got)
	}
	for a := uint16(1); a != 0; a++ {
		if got := primitive.Mul16(a, primitive.Inverse16(a)); got != 1 {
			t.Fatalf("%x times its inverse is %x", a, got)
		}
	}
}

// TestSharingIsRefused: what no secret is shared by, and what is no set of parts.
func TestSharingIsRefused(t *testing.T) {
	for _, s := range []primitive.Sharing{
		{Method: 0, Parts: 3, Threshold: 2},
		{Method: 5, Parts: 3, Threshold: 2},
		{Method: primitive.SharingXOR, Parts: 3, Threshold: 2},
		{Method: primitive.SharingGF2_8, Parts: 3, Threshold: 1},
		{Method: primitive.SharingGF2_8, Parts: 2, Threshold: 3},
		{Method: primitive.SharingGF2_8, Parts: 256, Threshold: 3},
		{Method: primitive.SharingGF2_16, Parts: 3, Threshold: 2}, // an odd number of bytes
		{Method: primitive.SharingPrime, Parts: 3, Threshold: 2},
		{Method: primitive.SharingPrime, Parts: 3, Threshold: 2, Prime: big.NewInt(1001).Bytes()},
		{Method: primitive.SharingPrime, Parts: 3, Threshold: 2, Prime: fieldOf(16)}, // below the secret
	} {
		if _, err := s.Split([]byte("odd"), rand.Reader); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	many := primitive.Sharing{Method: primitive.SharingGF2_8, Parts: 4, Threshold: 3}
	long := make([]byte, 4<<20)
	if _, err := many.Join([]primitive.Part{{1, long}, {2, long}, {3, long}}, 0); !errors.Is(err, fault.TooLarge) {
		t.Errorf("parts that make too much work are joined: %v", err)
	}
	if _, err := (primitive.Sharing{Method: primitive.SharingGF2_8, Parts: 255, Threshold: 255}).Split(make([]byte, 4096), rand.Reader); !errors.Is(err, fault.TooLarge) {
		t.Errorf("hours of work are begun: %v", err)
	}
	s := primitive.Sharing{Method: primitive.SharingGF2_8, Parts: 3, Threshold: 2}
	for _, parts := range [][]primitive.Part{
		{{1, []byte("ab")}, {1, []byte("ab")}},
		{{0, []byte("ab")}, {1, []byte("ab")}},
		{{4, []byte("ab")}, {1, []byte("ab")}},
		{{1, []byte("ab")}, {2, []byte("abc")}},
		{{1, nil}, {2, nil}},
	} {
		if _, err := s.Join(parts, 2); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", parts, err)
		}
	}
}

// TestFieldsAreProvedApart: what has to be looked at before a permission is known takes no time, and the rest is refused by what does; above 4,096 bits
// nothing is looked at. A field that is none makes no secret, and no panic.
func TestFieldsAreProvedApart(t *testing.T) {
	in := func(p *big.Int) primitive.Sharing {
		return primitive.Sharing{Method: primitive.SharingPrime, Parts: 3, Threshold: 2, Prime: p.Bytes()}
	}
	mersenne := func(n uint) *big.Int { return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(1)) }
	for _, n := range []uint{127, 521, 2203} {
		if err := in(mersenne(n)).CheckField(); err != nil {
			t.Errorf("2^%d - 1 is refused: %v", n, err)
		}
		product := new(big.Int).Mul(mersenne(n), mersenne(61))
		if s := in(product); s.Check() != nil || !errors.Is(s.CheckField(), fault.Invalid) {
			t.Errorf("a product of 2^%d - 1: %v, %v", n, s.Check(), s.CheckField())
		}
	}
	if err := in(mersenne(4253)).Check(); !errors.Is(err, fault.Invalid) { // a prime
		t.Errorf("a field of 4,253 bits: %v", err)
	}
	if _, err := in(big.NewInt(1024)).Join([]primitive.Part{{1, []byte{1}}, {3, []byte{2}}}, 0); !errors.Is(err, fault.Invalid) {
		t.Errorf("parts in no field: %v", err)
	}
}

// A length that no key has is refused before anything is made of it.
func TestJoiningBoundsWhatItMakes(t *testing.T) {
	s := primitive.Sharing{Method: primitive.SharingPrime, Parts: 2, Threshold: 2, Prime: []byte{1, 1}}
	parts := []primitive.Part{{Number: 1, Bytes: []byte{1}}, {Number: 2, Bytes: []byte{2}}}
	for _, size := range []int{-1, key.MaxMaterial + 1, 1 << 40} {
		if _, err := s.Join(parts, size); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
