package primitive_test

import (
	"bytes"
	stdaes "crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"strconv"
	"testing"

	"github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"

	"github.com/quorate/quorate/vault/key"
)

// elsewhere is HPKE over ML-KEM, alone or with a curve's half, put together of CIRCL's ML-KEM, OpenSSL's agreements and hashes and RFC
// 9180's key schedule, which stands here again. Nothing of it comes from crypto/hpke, crypto/mlkem or crypto/ecdh, which we use.
type elsewhere struct {
	id     uint16 // of the KEM (draft-ietf-hpke-pq)
	scheme kem.Scheme
	curve  key.Algorithm // of the other half; 0: there is none
	name   string        // of the curve, for OpenSSL
	group  elliptic.Curve
	scalar int
	point  int
	label  string
}

// TestOthersOpenWhatIsWrappedToMLKEM in both directions, from the seed on.
func TestOthersOpenWhatIsWrappedToMLKEM(t *testing.T) {
	o := newOpenSSL(t)
	for a, e := range map[key.Algorithm]elsewhere{
		key.MLKEM768:      {id: 0x41, scheme: mlkem768.Scheme()},
		key.MLKEM1024:     {id: 0x42, scheme: mlkem1024.Scheme()},
		key.MLKEM768P256:  {0x50, mlkem768.Scheme(), key.ECDSAP256, "P-256", elliptic.P256(), 32, 65, "MLKEM768-P256"},
		key.MLKEM1024P384: {0x51, mlkem1024.Scheme(), key.ECDSAP384, "P-384", elliptic.P384(), 48, 97, "MLKEM1024-P384"},
	} {
		p, seed := keyOf(t, a), keyOf(t, a).material
		var own []byte // the point of the recipient's other half
		if e.curve != 0 {
			o.write("seed", seed)
			stream := o.sum(t, "seed", "-shake256", "-xoflen", 64+e.scalar)
			seed = stream[:64]
			o.write("own.pem", pemOf("PRIVATE KEY", scalarMaterial(e.curve, stream[64:])))
			own = o.publicPoint(t, "own.pem", e.point)
		}
		public, private := e.scheme.DeriveKeyPair(seed)
		if ours := append(must(public.MarshalBinary())(t), own...); !bytes.HasSuffix(p.public, ours) {
			t.Errorf("%s: others make another public key of the seed", a)
		}

		wrapped := must(openPublic(t, a).Wrap(rand.Reader, peerText, []byte("for whom")))(t)
		n := e.scheme.CiphertextSize()
		secret := must(e.scheme.Decapsulate(private, wrapped[:n]))(t)
		if e.curve != 0 {
			sent := wrapped[n : n+e.point]
			o.write("sent.pem", pemOf("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(must(ecdsa.ParseUncompressedPublicKey(e.group, sent))(t)))(t)))
			secret = o.combine(t, secret, "own.pem", "sent.pem", sent, own, e.label)
			n += e.point
		}
		opener, nonce := e.schedule(t, secret)
		if err := same(must(opener.Open(nil, nonce, wrapped[n:], []byte("for whom")))(t), peerText, nil); err != nil {
			t.Errorf("%s: others open ours: %v", a, err)
		}

		enc, secret, err := e.scheme.Encapsulate(public)
		if err != nil {
			t.Fatal(err)
		}
		if e.curve != 0 {
			if _, err := o.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" + e.name + " -out sent.pem"); err != nil {
				t.Fatal(err)
			}
			o.write("to.pem", must(o.run("pkey -in own.pem -pubout"))(t))
			sent := o.publicPoint(t, "sent.pem", e.point)
			secret = o.combine(t, secret, "sent.pem", "to.pem", sent, own, e.label)
			enc = append(enc, sent...)
		}
		sealer, nonce := e.schedule(t, secret)
		theirs := sealer.Seal(enc, nonce, peerText, []byte("for whom"))
		if err := same(must(open(t, a).Unwrap(theirs, []byte("for whom")))(t), peerText, nil); err != nil {
			t.Errorf("%s: we open theirs: %v", a, err)
		}
	}
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// sum is what OpenSSL hashes a file to, of so many bytes if that can be chosen.
func (o *openssl) sum(t *testing.T, file, hash, option string, size int) []byte {
	t.Helper()
	args := "dgst -binary " + hash
	if option != "" {
		args += " " + option + " " + strconv.Itoa(size)
	}
	return must(o.run(args + " " + file))(t)
}

// publicPoint is the uncompressed point of a private key's public half, with which its SubjectPublicKeyInfo ends.
func (o *openssl) publicPoint(t *testing.T, file string, size int) []byte {
	t.Helper()
	der := must(o.run("pkey -in " + file + " -pubout -outform DER"))(t)
	return der[len(der)-size:]
}

// combine is the hybrids' shared secret: SHA3-256 over ML-KEM's, the curve's, the point that was sent, the recipient's, and the label.
func (o *openssl) combine(t *testing.T, secret []byte, private, peer string, sent, own []byte, label string) []byte {
	t.Helper()
	agreed := must(o.run("pkeyutl -derive -inkey " + private + " -peerkey " + peer))(t)
	o.write("parts", bytes.Join([][]byte{secret, agreed, sent, own, []byte(label)}, nil))
	return o.sum(t, "parts", "-sha3-256", "", 0)
}

// schedule is section 5.1 of RFC 9180: base mode without info, HKDF-SHA256, AES-256-GCM; the cipher, and the nonce of the first message.
func (e elsewhere) schedule(t *testing.T, secret []byte) (cipher.AEAD, []byte) {
	t.Helper()
	suite := append([]byte("HPKE-v1HPKE"), byte(e.id>>8), byte(e.id), 0, 1, 0, 2)
	mac := func(k []byte, parts ...[]byte) []byte {
		h := hmac.New(sha256.New, k)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	extract := func(salt []byte, label string, ikm []byte) []byte { return mac(salt, suite, []byte(label), ikm) }
	context := append([]byte{0}, append(extract(nil, "psk_id_hash", nil), extract(nil, "info_hash", nil)...)...)
	prk := extract(secret, "secret", nil)
	expand := func(label string, size uint16) []byte {
		return mac(prk, binary.BigEndian.AppendUint16(nil, size), suite, []byte(label), context, []byte{1})[:size]
	}
	return must(cipher.NewGCM(must(stdaes.NewCipher(expand("key", 32)))(t)))(t), expand("base_nonce", 12)
}
