package seal

import (
	"crypto/rand"

	"github.com/cloudflare/circl/math/fp25519"
)

// Shamir's secret sharing over the field of 2^255-19, with circl's constant-time arithmetic. Every value, also every
// intermediate one, lies in locked memory; DESIGN.md says why circl's own secretsharing package is not used.

const scalarSize = fp25519.Size

func element(mem []byte) *fp25519.Elt { return (*fp25519.Elt)(mem) }

// randomScalar fills mem with a uniform field element, in canonical form.
func randomScalar(mem []byte) error {
	for {
		if _, err := rand.Read(mem); err != nil {
			return err
		}
		mem[scalarSize-1] &= 0x7f
		if canonicalScalar(mem) {
			return nil
		}
	}
}

// canonicalScalar tells whether mem is a number below the modulus.
func canonicalScalar(mem []byte) bool {
	p := fp25519.P()
	borrow := uint16(0)
	for i := range p {
		borrow = (uint16(mem[i]) - uint16(p[i]) - borrow) >> 15
	}
	return borrow == 1
}

func small(x int) *fp25519.Elt { return &fp25519.Elt{byte(x)} }

// deal shares a secret: points 1 … n of a random polynomial of degree k-1 whose value at 0 is the secret. All K-subsets
// determine it; K-1 points are independent of it. k ≤ n ≤ 255.
func deal(secret []byte, n, k int) ([]*Secret, error) {
	coefficients, err := NewSecret(k*scalarSize, func(c []byte) error {
		copy(c[:scalarSize], secret)
		for i := 1; i < k; i++ {
			if err := randomScalar(c[i*scalarSize : (i+1)*scalarSize]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer coefficients.Destroy()
	points := make([]*Secret, n)
	for i := range points {
		points[i], err = NewSecret(scalarSize, func(y []byte) error {
			return coefficients.Lend(func(c []byte) error {
				evaluate(element(y), c, small(i+1))
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return points, nil
}

// evaluate sets y to the polynomial's value at x (Horner's rule).
func evaluate(y *fp25519.Elt, coefficients []byte, x *fp25519.Elt) {
	*y = fp25519.Elt{}
	for i := len(coefficients) - scalarSize; i >= 0; i -= scalarSize {
		fp25519.Mul(y, y, x)
		fp25519.Add(y, y, element(coefficients[i:i+scalarSize]))
	}
	fp25519.Modp(y)
}

// recoverSecret sets out to the value at 0 of the polynomial through the points (xs[i], ys[i]): the sum of
// y_i · Π x_j / (x_j - x_i). The xs are distinct and not zero. out and tmp lie in locked memory.
func recoverSecret(out, tmp *fp25519.Elt, xs []int, ys []*fp25519.Elt) {
	*out = fp25519.Elt{}
	for i := range xs {
		numerator, denominator := small(1), small(1)
		for j := range xs {
			if j != i {
				difference := &fp25519.Elt{}
				fp25519.Sub(difference, small(xs[j]), small(xs[i]))
				fp25519.Mul(numerator, numerator, small(xs[j]))
				fp25519.Mul(denominator, denominator, difference)
			}
		}
		fp25519.Inv(denominator, denominator)
		fp25519.Mul(numerator, numerator, denominator)
		fp25519.Mul(tmp, ys[i], numerator)
		fp25519.Add(out, out, tmp)
	}
	fp25519.Modp(out)
}
