package seal

import (
	"bytes"
	"errors"
	"strings"
)

// Bech32m as BIP 350 defines it: the alphabet and the checksum constant. Any change of up to four letters in
// a line of up to 90 is detected for certain.
const (
	bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	bech32mConst   = 0x2bc830a3
	bech32Max      = 90
	bech32Sum      = 6 // letters of checksum
)

var (
	errBech32Form     = errors.New("not a bech32m string")
	errBech32Letter   = errors.New("letter not in the bech32m alphabet")
	errBech32Checksum = errors.New("bech32m checksum mismatch")
	errBech32Padding  = errors.New("bech32m data not padded with zeros to whole letters")
)

func polymodStep(c uint32, v byte) uint32 {
	top := c >> 25
	c = c&0x1ffffff<<5 ^ uint32(v)
	for i, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		c ^= g & -(top >> i & 1)
	}
	return c
}

// polymodPrefix is the checksum register after the human-readable prefix.
func polymodPrefix(prefix []byte) uint32 {
	c := uint32(1)
	for _, b := range prefix {
		c = polymodStep(c, b>>5)
	}
	c = polymodStep(c, 0)
	for _, b := range prefix {
		c = polymodStep(c, b&31)
	}
	return c
}

func polymod(c uint32, values []byte) uint32 {
	for _, v := range values {
		c = polymodStep(c, v)
	}
	return c
}

// bech32Encode appends prefix, separator, data and checksum to dst.
func bech32Encode(dst []byte, prefix string, data []byte) []byte {
	c := polymodPrefix([]byte(prefix))
	dst = append(append(dst, prefix...), '1')
	put := func(v byte) {
		c = polymodStep(c, v)
		dst = append(dst, bech32Alphabet[v])
	}
	acc, bits := uint32(0), 0
	for _, b := range data {
		acc, bits = acc<<8|uint32(b), bits+8
		for bits >= 5 {
			bits -= 5
			put(byte(acc >> bits & 31))
		}
	}
	if bits > 0 {
		put(byte(acc << (5 - bits) & 31))
	}
	sum := polymod(c, make([]byte, bech32Sum)) ^ bech32mConst
	for i := bech32Sum - 1; i >= 0; i-- {
		dst = append(dst, bech32Alphabet[sum>>(5*i)&31])
	}
	return dst
}

// bech32Decode splits a line into its prefix and the values of its letters, checksum included, and verifies the checksum. It works
// in place: both results lie in line, which is changed, also when it is refused. With errBech32Checksum they are returned too.
func bech32Decode(line []byte) (prefix, values []byte, err error) {
	return bech32DecodeLong(line, bech32Max)
}

// bech32DecodeLong is bech32Decode for lines of up to limit letters, beyond what the checksum gives guarantees for.
func bech32DecodeLong(line []byte, limit int) (prefix, values []byte, err error) {
	sep := bytes.LastIndexByte(line, '1')
	if len(line) > limit || sep < 1 || sep+1+bech32Sum > len(line) || !lowerInPlace(line) {
		return nil, nil, errBech32Form
	}
	prefix, values = line[:sep], line[sep+1:]
	for i, b := range values {
		v := strings.IndexByte(bech32Alphabet, b)
		if v < 0 {
			return nil, nil, errBech32Letter
		}
		values[i] = byte(v)
	}
	if polymod(polymodPrefix(prefix), values) != bech32mConst {
		return prefix, values, errBech32Checksum
	}
	return prefix, values, nil
}

// lowerInPlace makes letters lower case; false if upper and lower case are mixed or a byte is not printable ASCII.
func lowerInPlace(line []byte) bool {
	upper, lower := false, false
	for i, b := range line {
		switch {
		case b < 33 || b > 126:
			return false
		case 'A' <= b && b <= 'Z':
			upper = true
			line[i] = b + 'a' - 'A'
		case 'a' <= b && b <= 'z':
			lower = true
		}
	}
	return !upper || !lower
}

// bech32Pack appends five-bit values to dst as bytes; the bits left over must be fewer than five, and zero.
func bech32Pack(dst, values []byte) ([]byte, error) {
	acc, bits := uint32(0), 0
	for _, v := range values {
		acc, bits = acc<<5|uint32(v), bits+5
		if bits >= 8 {
			bits -= 8
			dst = append(dst, byte(acc>>bits))
		}
	}
	if bits >= 5 || acc&(1<<bits-1) != 0 {
		return nil, errBech32Padding
	}
	return dst, nil
}

// bech32Locate returns the offset in values of the one letter whose replacement would make the checksum right, or
// false if no single replacement does.
func bech32Locate(prefix, values []byte) (int, bool) {
	c := polymodPrefix(prefix)
	for i, letter := range values {
		for v := byte(0); v < 32; v++ {
			values[i] = v
			if v != letter && polymod(c, values[i:]) == bech32mConst {
				values[i] = letter
				return i, true
			}
		}
		values[i] = letter
		c = polymodStep(c, letter)
	}
	return 0, false
}
