package primitive

import (
	"crypto/rand"
	"crypto/subtle"
	"io"
	"math/big"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// SharingMethod is how a secret is split into parts, with KMIP's numbers (KMIP 2.1, section 11.57).
type SharingMethod uint8

// Methods of sharing. In GF(2^8) and GF(2^16) each element of a secret, a byte or two, is the value at 0 of a polynomial of its own, whose
// values at 1, 2, 3 … are in the parts (Shamir); in a prime field the secret as a whole is. XOR needs all parts.
const (
	SharingXOR    SharingMethod = 1
	SharingGF2_16 SharingMethod = 2 // GF(2^8)[y] / (y² + y + 3A), an element being u·y + v as the bytes u, v (KMIP 1.4, section 2.2.5)
	SharingPrime  SharingMethod = 3
	SharingGF2_8  SharingMethod = 4 // as in FIPS 197
)

// Bounds on sharing.
const (
	MaxParts     = 255
	maxSharing   = 32 << 20 // bytes of the secret times parts times threshold
	maxPrimeBits = 4096
	randomBases  = 1024 // bits of a field up to which a prime is proved with random bases, too; above, by one base and a Lucas test
)

// Sharing says how a secret is split.
type Sharing struct {
	Method           SharingMethod
	Parts, Threshold int
	Prime            []byte // of SharingPrime: the size of the field, above every secret; big-endian
}

// Part is one of the parts of a secret.
type Part struct {
	Number uint32 // from 1: where its polynomial has this value
	Bytes  []byte
}

// Check refuses what no secret can be shared by: fault.Invalid. It is cheap: that the field is a prime one CheckField proves.
func (s Sharing) Check() error {
	switch {
	case s.Method < SharingXOR || s.Method > SharingGF2_8:
		return fault.New(fault.Invalid, "there is no method %d to split a key", s.Method)
	case s.Threshold < 2 || s.Threshold > s.Parts || s.Parts > MaxParts:
		return fault.New(fault.Invalid, "a key is split into %d parts at most, and 2 of them at least have to be needed, not %d of %d", MaxParts, s.Threshold, s.Parts)
	case s.Method == SharingXOR && s.Threshold != s.Parts:
		return fault.New(fault.Invalid, "XOR needs all parts: the threshold is the number of parts").WithHint("Use polynomial sharing.")
	case s.Method != SharingPrime:
		return nil
	}
	if bits := new(big.Int).SetBytes(s.Prime).BitLen(); bits < 9 || bits > maxPrimeBits {
		return noField()
	}
	return nil
}

// CheckField refuses a field that is not of a prime's size: fault.Invalid. It takes milliseconds, so it is for who may split or join. Split and Join do not
// do it again.
func (s Sharing) CheckField() error {
	if err := s.Check(); err != nil || s.Method != SharingPrime {
		return err
	}
	p := new(big.Int).SetBytes(s.Prime)
	rounds := 20
	if p.BitLen() > randomBases {
		rounds = 0
	}
	if !p.ProbablyPrime(rounds) {
		return noField()
	}
	return nil
}

func noField() error {
	return fault.New(fault.Invalid, "the size of the field is no prime of 9 to %d bits", maxPrimeBits)
}

// Split gives the parts of a secret, which the caller clears. fault.Invalid if the method cannot take it.
func (s Sharing) Split(secret []byte, rnd io.Reader) ([][]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if len(secret)*s.Parts*s.Threshold > maxSharing {
		return nil, fault.New(fault.TooLarge, "a key of %d bytes is not split into %d parts with a threshold of %d", len(secret), s.Parts, s.Threshold)
	}
	switch s.Method {
	case SharingXOR:
		return splitXOR(secret, s.Parts, rnd)
	case SharingPrime:
		return s.splitPrime(secret, rnd)
	case SharingGF2_16:
		if len(secret)%2 != 0 {
			return nil, fault.New(fault.Invalid, "GF(2^16) splits keys of an even number of bytes").WithHint("Use GF(2^8).")
		}
		return s.splitBinary(wide, secret, rnd)
	}
	return s.splitBinary(narrow, secret, rnd)
}

// Join gives the secret of which these are parts; the caller clears it. More than are needed have to agree. size is how long the secret is, which
// only the prime field does not tell; 0 there: it does not begin with 0. fault.Invalid if they are too few, are no parts of one secret, or do not agree.
func (s Sharing) Join(parts []Part, size int) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if len(parts) > 0 && len(parts[0].Bytes)*len(parts)*s.Threshold > maxSharing {
		return nil, fault.New(fault.TooLarge, "%d parts of %d bytes are not joined with a threshold of %d", len(parts), len(parts[0].Bytes), s.Threshold)
	}
	if size < 0 || size > key.MaxMaterial {
		return nil, fault.New(fault.Invalid, "no key has %d bytes", size)
	}
	if len(parts) < s.Threshold {
		return nil, fault.New(fault.Invalid, "%d parts of the key are needed, and there are %d", s.Threshold, len(parts))
	}
	seen := map[uint32]bool{}
	for _, p := range parts {
		if p.Number == 0 || int64(p.Number) > int64(s.Parts) || seen[p.Number] {
			return nil, fault.New(fault.Invalid, "part %d is none of the %d parts, or is there twice", p.Number, s.Parts)
		}
		if seen[p.Number] = true; len(p.Bytes) != len(parts[0].Bytes) || len(p.Bytes) == 0 {
			return nil, fault.New(fault.Invalid, "the parts are not of one length: they are not of one key")
		}
	}
	switch s.Method {
	case SharingXOR:
		secret := make([]byte, len(parts[0].Bytes))
		for _, p := range parts {
			subtle.XORBytes(secret, secret, p.Bytes)
		}
		return secret, nil
	case SharingPrime:
		return s.joinPrime(parts, size)
	case SharingGF2_16:
		if len(parts[0].Bytes)%2 != 0 {
			return nil, fault.New(fault.Invalid, "parts in GF(2^16) have an even number of bytes")
		}
		return s.joinBinary(wide, parts)
	}
	return s.joinBinary(narrow, parts)
}

func splitXOR(secret []byte, n int, rnd io.Reader) ([][]byte, error) {
	parts := make([][]byte, n)
	last := append(make([]byte, 0, len(secret)), secret...)
	for i := range n - 1 {
		parts[i] = make([]byte, len(secret))
		if _, err := io.ReadFull(rnd, parts[i]); err != nil {
			return nil, err
		}
		subtle.XORBytes(last, last, parts[i])
	}
	parts[n-1] = last
	return parts, nil
}

// field is a binary field, its elements as big-endian numbers of so many bytes. Its products take the same time whatever the elements.
type field struct {
	bytes int
	mul   func(a, b uint16) uint16
}

var narrow, wide = field{1, mul8}, field{2, mul16}

func mul8(a, b uint16) (product uint16) {
	for range 8 {
		product ^= a & -(b & 1)
		b >>= 1
		a = a<<1 ^ 0x11b&-(a>>7&1)
	}
	return product
}

func mul16(a, b uint16) uint16 {
	r, s, u, v := a>>8, a&0xff, b>>8, b&0xff
	low := mul8(s, v)
	return (mul8(r^s, u^v)^low)<<8 | low ^ mul8(mul8(r, u), 0x3a)
}

// inverse is a^(2^n - 2).
func (f field) inverse(a uint16) uint16 {
	product := uint16(1)
	for range 8*f.bytes - 1 {
		a = f.mul(a, a)
		product = f.mul(product, a)
	}
	return product
}

func (f field) get(b []byte, at int) uint16 {
	if f.bytes == 1 {
		return uint16(b[at])
	}
	return uint16(b[at])<<8 | uint16(b[at+1])
}

func (f field) put(b []byte, at int, v uint16) {
	if f.bytes == 1 {
		b[at] = byte(v)
		return
	}
	b[at], b[at+1] = byte(v>>8), byte(v)
}

func (s Sharing) splitBinary(f field, secret []byte, rnd io.Reader) ([][]byte, error) {
	coefficients := make([]byte, len(secret)*(s.Threshold-1))
	defer clear(coefficients)
	if _, err := io.ReadFull(rnd, coefficients); err != nil {
		return nil, err
	}
	parts := make([][]byte, s.Parts)
	for i := range parts {
		parts[i] = make([]byte, len(secret))
		for at := 0; at < len(secret); at += f.bytes {
			v := uint16(0)
			for c := range s.Threshold - 1 {
				v = f.mul(v, uint16(i+1)) ^ f.get(coefficients, c*len(secret)+at)
			}
			f.put(parts[i], at, f.mul(v, uint16(i+1))^f.get(secret, at))
		}
	}
	return parts, nil
}

func (s Sharing) joinBinary(f field, parts []Part) ([]byte, error) {
	enough := parts[:s.Threshold]
	for _, more := range parts[s.Threshold:] {
		there := f.interpolate(enough, uint16(more.Number))
		same := subtle.ConstantTimeCompare(there, more.Bytes)
		if clear(there); same != 1 {
			return nil, disagree()
		}
	}
	return f.interpolate(enough, 0), nil
}

func disagree() error {
	return fault.New(fault.Invalid, "the parts do not agree: one is of another key, or was altered")
}

// interpolate is the values at x of the polynomials that have these (Lagrange).
func (f field) interpolate(parts []Part, x uint16) []byte {
	out := make([]byte, len(parts[0].Bytes))
	for i, p := range parts {
		weight, below := uint16(1), uint16(1)
		for j, o := range parts {
			if i != j {
				weight = f.mul(weight, x^uint16(o.Number))
				below = f.mul(below, uint16(p.Number^o.Number))
			}
		}
		weight = f.mul(weight, f.inverse(below))
		for at := 0; at < len(out); at += f.bytes {
			f.put(out, at, f.get(out, at)^f.mul(weight, f.get(p.Bytes, at)))
		}
	}
	return out
}

// BUG: math/big takes longer for some numbers than for others, and leaves behind what it threw away while it reckoned, so who can time a split in a prime field exactly may learn something of the key. The
// binary fields have no such gap.
func (s Sharing) splitPrime(secret []byte, rnd io.Reader) ([][]byte, error) {
	p, v := new(big.Int).SetBytes(s.Prime), new(big.Int).SetBytes(secret)
	defer wipe(v)
	if v.Cmp(p) >= 0 {
		return nil, fault.New(fault.Invalid, "the key is not below the size of the field").WithHint("Name a prime of more bits than the key has.")
	}
	coefficients := make([]*big.Int, s.Threshold-1)
	defer func() { wipe(coefficients...) }()
	for i := range coefficients {
		var err error
		if coefficients[i], err = rand.Int(rnd, p); err != nil {
			return nil, err
		}
	}
	parts := make([][]byte, s.Parts)
	for i := range parts {
		x, y := big.NewInt(int64(i+1)), new(big.Int)
		for _, c := range coefficients {
			y.Add(y.Mul(y, x), c).Mod(y, p)
		}
		parts[i] = y.Add(y.Mul(y, x), v).Mod(y, p).FillBytes(make([]byte, (p.BitLen()+7)/8))
		wipe(y)
	}
	return parts, nil
}

func (s Sharing) joinPrime(parts []Part, size int) ([]byte, error) {
	p := new(big.Int).SetBytes(s.Prime)
	values := make([]*big.Int, len(parts))
	for i, part := range parts {
		values[i] = new(big.Int).SetBytes(part.Bytes)
	}
	defer wipe(values...)
	for _, v := range values {
		if v.Cmp(p) >= 0 {
			return nil, fault.New(fault.Invalid, "a part is not below the size of the field")
		}
	}
	for i, more := range parts[s.Threshold:] {
		at := interpolatePrime(p, parts[:s.Threshold], values, int64(more.Number))
		if at == nil {
			return nil, noField()
		}
		same := at.Cmp(values[s.Threshold+i]) == 0
		if wipe(at); !same {
			return nil, disagree()
		}
	}
	v := interpolatePrime(p, parts[:s.Threshold], values, 0)
	if v == nil {
		return nil, noField()
	}
	defer wipe(v)
	if size <= 0 {
		return v.Bytes(), nil
	}
	if v.BitLen() > 8*size {
		return nil, fault.New(fault.Invalid, "the parts make no key of %d bytes", size)
	}
	return v.FillBytes(make([]byte, size)), nil
}

// interpolatePrime is the value at x of the polynomial that has these values, a part's at its number; nil if there is none, as p is no prime.
func interpolatePrime(p *big.Int, parts []Part, values []*big.Int, x int64) *big.Int {
	sum := new(big.Int)
	for i, part := range parts {
		weight, below := big.NewInt(1), big.NewInt(1)
		for j, o := range parts {
			if i != j {
				weight.Mul(weight, big.NewInt(x-int64(o.Number))).Mod(weight, p)
				below.Mul(below, big.NewInt(int64(part.Number)-int64(o.Number))).Mod(below, p)
			}
		}
		if below.ModInverse(below, p) == nil { // the field is none
			return nil
		}
		weight.Mul(weight, below)
		sum.Add(sum, weight.Mul(weight, values[i])).Mod(sum, p)
		wipe(weight)
	}
	return sum
}

// wipe clears numbers that are secret, as far as math/big lets it: what it threw away while it reckoned, the collector has.
func wipe(all ...*big.Int) {
	for _, v := range all {
		if v != nil {
			clear(v.Bits()[:cap(v.Bits())])
			v.SetInt64(0)
		}
	}
}
