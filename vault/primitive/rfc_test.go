package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openMaterial(t testing.TB, a key.Algorithm, material []byte) *primitive.Key {
	t.Helper()
	k, err := primitive.Open(a, material)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return k
}

func TestEd25519SignsAsInRFC8032(t *testing.T) {
	digest := sha512.Sum512([]byte("abc"))
	for _, c := range []struct {
		name, seed, input, signature string
		scheme                       primitive.Scheme
	}{
		{
			"7.1 test 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
			primitive.Scheme{},
		},
		{
			"7.1 test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
			primitive.Scheme{Form: primitive.JWS},
		},
		{
			"7.3, Ed25519ph", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", hex.EncodeToString(digest[:]),
			"98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
			primitive.Scheme{Prehashed: true},
		},
	} {
		material, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(fromHex(t, c.seed)))
		if err != nil {
			t.Fatal(err)
		}
		k := openMaterial(t, key.Ed25519, material)
		got, err := k.Sign(rand.Reader, fromHex(t, c.input), c.scheme)
		if err != nil || hex.EncodeToString(got) != c.signature {
			t.Errorf("%s: signed %x, %v", c.name, got, err)
		}
		if err := k.Verify(fromHex(t, c.input), fromHex(t, c.signature), c.scheme); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The keys of RFC 4231 are shorter than ours; HMAC pads them with zeros itself, so padding them changes nothing.
func TestHMACIsThatOfRFC4231(t *testing.T) {
	for _, c := range []struct {
		a                key.Algorithm
		secret, msg, mac string
	}{
		{key.HMACSHA256, strings.Repeat("\x0b", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{
			key.HMACSHA384, strings.Repeat("\x0b", 20), "Hi There",
			"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
		},
		{
			key.HMACSHA512, strings.Repeat("\x0b", 20), "Hi There",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
		},
		{key.HMACSHA256, "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	} {
		material := make([]byte, c.a.Traits().Bytes)
		copy(material, c.secret)
		k := openMaterial(t, c.a, material)
		for range 2 { // the second comes from a state that was used before
			if got, err := k.MAC([]byte(c.msg), 0); err != nil || hex.EncodeToString(got) != c.mac {
				t.Errorf("%s: %x, %v", c.a, got, err)
			}
		}
	}
}

// The first sample of each hash in NIST's examples of HMAC with SHA-3.
func TestHMACWithSHA3IsNISTs(t *testing.T) {
	for h, want := range map[crypto.Hash]string{
		crypto.SHA3_224: "332cfd59347fdb8e576e77260be4aba2d6dc53117b3bfb52c6d18c04",
		crypto.SHA3_256: "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205",
		crypto.SHA3_384: "d588a3c51f3f2d906e8298c1199aa8ff6296218127f6b38a90b6afe2c5617725bc99987f79b22a557b6520db710b7f42",
		crypto.SHA3_512: "4efd629d6c71bf86162658f29943b1c308ce27cdfa6db0d9c3ce81763f9cbce5f7ebe9868031db1a8f8eb7b6b95e5c5e3f657a8996c86a2f6527e307f0213196",
	} {
		secret := make([]byte, h.Size())
		for i := range secret {
			secret[i] = byte(i)
		}
		k := openMaterial(t, key.Secret, secret)
		if got, err := k.HMACWith(h, []byte("Sample message for keylen<blocklen")); err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v", h, got, err)
		}
	}
}

func TestHKDFIsThatOfRFC5869(t *testing.T) {
	for _, c := range []struct{ name, salt, info, want string }{
		{"A.1", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
		{"A.3", "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
	} {
		k := openMaterial(t, key.Secret, bytes.Repeat([]byte{0x0b}, 22))
		got, err := k.Derive(primitive.Derivation{Hash: crypto.SHA256, Salt: fromHex(t, c.salt), Info: fromHex(t, c.info), Bytes: 42})
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x, %v", c.name, got, err)
		}
	}
}

// x25519Material is PKCS #8 (RFC 8410) around a scalar, written by hand.
func x25519Material(scalar []byte) []byte {
	return append([]byte{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20}, scalar...)
}

// x25519SPKI is SubjectPublicKeyInfo (RFC 8410) around a point, written by hand.
func x25519SPKI(point []byte) []byte {
	return append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00}, point...)
}

func TestX25519AgreesAsInRFC7748(t *testing.T) {
	alice := fromHex(t, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
	bob := fromHex(t, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
	got, err := openMaterial(t, key.X25519, x25519Material(alice)).Derive(primitive.Derivation{Peer: x25519SPKI(bob)})
	if err != nil || hex.EncodeToString(got) != "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" {
		t.Errorf("section 6.1: %x, %v", got, err)
	}
	public, err := primitive.Check(key.X25519, x25519Material(alice))
	if err != nil || !bytes.HasSuffix(public, fromHex(t, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")) {
		t.Errorf("public half %x, %v", public, err)
	}
}

func TestChaCha20Poly1305IsThatOfRFC8439(t *testing.T) {
	material := make([]byte, 32)
	for i := range material {
		material[i] = byte(0x80 + i)
	}
	k := openMaterial(t, key.ChaCha20Poly1305, material)
	text := "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
	nonce := fromHex(t, "070000004041424344454647")
	got, err := k.Seal(bytes.NewReader(nonce), nil, []byte(text), fromHex(t, "50515253c0c1c2c3c4c5c6c7"))
	if err != nil || !bytes.HasPrefix(got, append(nonce, fromHex(t, "d31a8d34648e60db7b86afbc53ef7ec2")...)) ||
		!bytes.HasSuffix(got, fromHex(t, "1ae10b594f09e26a7e902ecbd0600691")) {
		t.Errorf("2.8.2: %x, %v", got, err)
	}
}

// RFC 6979 signs without randomness, which we do not; its signatures are as good as any to verify. A.2.5, "sample", SHA-256.
func TestECDSAVerifiesRFC6979InEveryForm(t *testing.T) {
	r := fromHex(t, "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
	s := fromHex(t, "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
	k := openMaterial(t, key.ECDSAP256, scalarMaterial(key.ECDSAP256, fromHex(t, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")))
	der, err := asn1.Marshal([]asn1.RawValue{
		{Tag: asn1.TagInteger, Bytes: append([]byte{0}, r...)},
		{Tag: asn1.TagInteger, Bytes: append([]byte{0}, s...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for form, signature := range map[primitive.Form][]byte{primitive.Natural: der, primitive.Raw: append(r, s...), primitive.JWS: append(r, s...)} {
		if err := k.Verify([]byte("sample"), signature, primitive.Scheme{Form: form}); err != nil {
			t.Errorf("form %d: %v", form, err)
		}
		if err := k.Verify([]byte("simple"), signature, primitive.Scheme{Form: form}); err != primitive.ErrMismatch {
			t.Errorf("form %d over another input: %v", form, err)
		}
	}
}
