package seal_test

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/seal"
)

var prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

func fromLE(b []byte) *big.Int {
	r := slices.Clone(b)
	slices.Reverse(r)
	return new(big.Int).SetBytes(r)
}

func toLE(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// interpolate is Lagrange at 0 with big integers: another implementation of the same mathematics.
func interpolate(xs []int, ys [][]byte) []byte {
	sum := new(big.Int)
	for i := range xs {
		term := fromLE(ys[i])
		for j := range xs {
			if i != j {
				d := new(big.Int).ModInverse(big.NewInt(int64(xs[j]-xs[i])).Mod(big.NewInt(int64(xs[j]-xs[i])), prime), prime)
				term.Mul(term, big.NewInt(int64(xs[j]))).Mul(term, d).Mod(term, prime)
			}
		}
		sum.Add(sum, term).Mod(sum, prime)
	}
	return toLE(sum)
}

func TestSharingAgreesWithAnotherImplementation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 16).Draw(t, "n")
		k := rapid.IntRange(1, n).Draw(t, "k")
		secret := toLE(new(big.Int).Mod(new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret")), prime))
		points, err := seal.Deal(secret, n, k)
		if err != nil {
			t.Fatal(err)
		}
		xs := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := 1; i <= n && yield(i); i++ {
			}
		})).Draw(t, "xs")
		var ys [][]byte
		for _, x := range xs {
			_ = points[x-1].Lend(func(b []byte) error { ys = append(ys, slices.Clone(b)); return nil })
		}
		if got := seal.Recover(xs[:k], ys[:k]); !bytes.Equal(got, secret) {
			t.Fatalf("%d of %d do not give the secret", k, n)
		}
		for m := 1; m <= n; m++ {
			if got, want := seal.Recover(xs[:m], ys[:m]), interpolate(xs[:m], ys[:m]); !bytes.Equal(got, want) {
				t.Fatalf("%d points: got %x, want %x", m, got, want)
			}
		}
		if k > 1 && bytes.Equal(seal.Recover(xs[:k-1], ys[:k-1]), secret) {
			t.Fatal("one point too few gives the secret")
		}
	})
}

// With one share too few, every secret is still possible: for any other secret there is a polynomial through the same points.
func TestOneShareTooFewExcludesNoSecret(t *testing.T) {
	secret := make([]byte, 32)
	points, err := seal.Deal(secret, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	var y []byte
	_ = points[0].Lend(func(b []byte) error { y = slices.Clone(b); return nil })
	other := make([]byte, 32)
	_, _ = rand.Read(other[:31])
	// The line through (0, other) and (1, y) has y2 = 2y - other at 2.
	y2 := new(big.Int).Sub(new(big.Int).Lsh(fromLE(y), 1), fromLE(other))
	if got := seal.Recover([]int{1, 2}, [][]byte{y, toLE(y2.Mod(y2, prime))}); !bytes.Equal(got, other) {
		t.Errorf("got %x, want %x", got, other)
	}
}

func TestOnlyCanonicalScalarsCount(t *testing.T) {
	for delta, want := range map[int64]bool{-1: true, 0: false, 1: false, 18: false} {
		if got := seal.CanonicalScalar(toLE(new(big.Int).Add(prime, big.NewInt(delta)))); got != want {
			t.Errorf("p%+d: got %v", delta, got)
		}
	}
	if !seal.CanonicalScalar(make([]byte, 32)) || seal.CanonicalScalar(bytes.Repeat([]byte{0xff}, 32)) {
		t.Error("0 is canonical and 2^256-1 is not")
	}
}
