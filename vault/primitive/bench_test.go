package primitive_test

import (
	"crypto/rand"
	"testing"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// run measures do, one at a time and on all processors.
func run(b *testing.B, name string, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkSeal(b *testing.B) {
	for _, a := range []key.Algorithm{key.AES128GCM, key.AES256GCM, key.ChaCha20Poly1305, key.RSA2048} {
		k, message := open(b, a), make([]byte, 32)
		sealed := must(k.Seal(rand.Reader, nil, message, nil))(b)
		run(b, a.String()+"/seal", func() error { _, err := k.Seal(rand.Reader, nil, message, nil); return err })
		run(b, a.String()+"/open", func() error { _, err := k.Open(sealed, nil); return err })
	}
}

func BenchmarkSign(b *testing.B) {
	for _, a := range []key.Algorithm{key.ECDSAP256, key.ECDSAP384, key.Ed25519, key.RSA2048, key.RSA4096} {
		k, message := open(b, a), make([]byte, 32)
		signature := must(k.Sign(rand.Reader, message, primitive.Scheme{}))(b)
		run(b, a.String()+"/sign", func() error { _, err := k.Sign(rand.Reader, message, primitive.Scheme{}); return err })
		run(b, a.String()+"/verify", func() error { return k.Verify(message, signature, primitive.Scheme{}) })
	}
}

func BenchmarkMAC(b *testing.B) {
	for _, a := range []key.Algorithm{key.HMACSHA256, key.HMACSHA512} {
		k, message := open(b, a), make([]byte, 32)
		mac := must(k.MAC(message, 0))(b)
		run(b, a.String()+"/mac", func() error { _, err := k.MAC(message, 0); return err })
		run(b, a.String()+"/verify", func() error { return k.VerifyMAC(message, mac, 0) })
	}
}

func BenchmarkDerive(b *testing.B) {
	for _, a := range []key.Algorithm{key.Secret, key.ECDSAP256, key.X25519} {
		k, d := open(b, a), primitive.Derivation{Bytes: 32, Peer: keyOf(b, a).public}
		run(b, a.String(), func() error { _, err := k.Derive(d); return err })
	}
}

func BenchmarkWrap(b *testing.B) {
	for _, a := range []key.Algorithm{key.AES256GCM, key.RSA2048, key.X25519, key.MLKEM768, key.MLKEM768X25519} {
		k, message := open(b, a), make([]byte, 32)
		wrapped := must(k.Wrap(rand.Reader, message, nil))(b)
		run(b, a.String()+"/wrap", func() error { _, err := k.Wrap(rand.Reader, message, nil); return err })
		run(b, a.String()+"/unwrap", func() error { _, err := k.Unwrap(wrapped, nil); return err })
	}
}

func BenchmarkEncapsulate(b *testing.B) {
	for _, a := range []key.Algorithm{key.MLKEM768, key.MLKEM768X25519} {
		k := open(b, a)
		_, ciphertext, err := k.Encapsulate(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		run(b, a.String()+"/encapsulate", func() error { _, _, err := k.Encapsulate(rand.Reader); return err })
		run(b, a.String()+"/decapsulate", func() error { _, err := k.Decapsulate(ciphertext); return err })
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, a := range algorithms() {
		material := keyOf(b, a).material
		run(b, a.String(), func() error { _, err := primitive.Open(a, material); return err })
	}
}
