package envelope_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/cloudflare/circl/hpke"

	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// pair is a key of an algorithm with its public half.
type pair struct{ material, public []byte }

// keys is one key of every algorithm that is generated.
var keys = sync.OnceValue(func() map[key.Algorithm]pair {
	all := map[key.Algorithm]pair{}
	for _, name := range key.AlgorithmNames() {
		a, err := key.ParseAlgorithm(name)
		if err != nil {
			panic(err)
		}
		if m, p, err := primitive.Generate(a, 0, rand.Reader); err == nil {
			all[a] = pair{m, p}
		}
	}
	return all
})

var formats = []envelope.Format{envelope.PEM, envelope.DER, envelope.PKCS8, envelope.PKCS1, envelope.SEC1, envelope.JWK, envelope.Raw}

func TestWhatIsWrittenIsReadBackWhateverTheFormat(t *testing.T) {
	for a, k := range keys() {
		n := 0
		for _, f := range formats {
			text, err := envelope.Write(a, k.material, f)
			if err != nil {
				if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), a.String()) {
					t.Errorf("%s as %s: %v", a, f, err)
				}
				continue
			}
			n++
			wants := []envelope.Format{f}
			if f != envelope.Raw || a.Traits().Type != key.SecretData {
				wants = append(wants, "")
			}
			if a == key.Secret && f == envelope.JWK {
				wants = wants[:1] // a secret that looks like JSON is kept as it stands
			}
			for _, want := range wants {
				m, p, err := envelope.Parse(a, text, want)
				if err != nil || !bytes.Equal(m, k.material) || !bytes.Equal(p, k.public) {
					t.Errorf("%s as %s, asked for %q, is not what it was: %v", a, f, want, err)
				}
			}
		}
		want := map[key.ObjectType]int{key.SymmetricKey: 2, key.SecretData: 2, key.PrivateKey: 5}[a.Traits().Type]
		switch a {
		case key.MLKEM768, key.MLKEM1024:
			want = 4
		case key.MLKEM768P256, key.MLKEM768X25519, key.MLKEM1024P384:
			want = 1
		case key.ECDSAP256, key.ECDSAP384, key.ECDSAP521:
			want = 6
		}
		if n != want {
			t.Errorf("%s has %d formats, want %d", a, n, want)
		}
	}
}

// TestNoAlgorithmTakesAnothersKey: whatever describes itself is refused by every other algorithm, with what it is.
func TestNoAlgorithmTakesAnothersKey(t *testing.T) {
	for a, k := range keys() {
		for _, f := range []envelope.Format{envelope.PEM, envelope.PKCS8, envelope.PKCS1, envelope.SEC1, envelope.JWK} {
			text, err := envelope.Write(a, k.material, f)
			if err != nil || a.Traits().Type != key.PrivateKey {
				continue
			}
			for b := range keys() {
				if b == a || b == key.Secret {
					continue
				}
				_, _, err := envelope.Parse(b, text, "")
				if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "this is a") || !strings.Contains(err.Error(), "not "+b.String()) {
					t.Errorf("%s of %s read as %s: %v", f, a, b, err)
				}
			}
		}
	}
	_, _, err := envelope.Parse(key.ECDSAP256, must(envelope.Write(key.ECDSAP384, keys()[key.ECDSAP384].material, envelope.PEM)), "")
	if err == nil || !strings.Contains(err.Error(), "this is an ECDSA P-384 key, not ecdsa-p256") {
		t.Errorf("a wrong curve: %v", err)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestWhatIsNoKeyIsRefusedWithAWayOut(t *testing.T) {
	ec := string(must(envelope.Write(key.ECDSAP256, keys()[key.ECDSAP256].material, envelope.PEM)))
	der := must(envelope.Write(key.ECDSAP256, keys()[key.ECDSAP256].material, envelope.DER))
	public := string(must(envelope.WritePublic(key.ECDSAP256, keys()[key.ECDSAP256].public, envelope.PEM)))
	jwk := string(must(envelope.Write(key.ECDSAP256, keys()[key.ECDSAP256].material, envelope.JWK)))
	for _, c := range []struct {
		name string
		a    key.Algorithm
		data string
		says string
	}{
		{"nothing", key.AES256GCM, "", "empty"},
		{"too much", key.Secret, strings.Repeat("x", envelope.MaxInput+1), "at most"},
		{"two blocks", key.ECDSAP256, ec + ec, "more than one"},
		{"text before", key.ECDSAP256, "Bag Attributes\n" + ec, "more in it"},
		{"text behind", key.ECDSAP256, ec + "x", "more in it"},
		{"a byte behind", key.ECDSAP256, string(der) + "x", "no key"},
		{"half a PEM", key.ECDSAP256, ec[:len(ec)-40], "damaged"},
		{"a public key", key.ECDSAP256, public, "public key"},
		{"encrypted", key.ECDSAP256, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", "passphrase"},
		{"encrypted, of old", key.RSA2048, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA=\n-----END RSA PRIVATE KEY-----\n", "passphrase"},
		{"OpenSSH's", key.Ed25519, "-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH"},
		{"a certificate", key.ECDSAP256, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "certificate"},
		{"parameters", key.ECDSAP256, "-----BEGIN EC PARAMETERS-----\nMAA=\n-----END EC PARAMETERS-----\n", "only parameters"},
		{"a short key", key.AES256GCM, strings.Repeat("x", 30) + "y", "has 32"},
		{"a line's end", key.AES256GCM, strings.Repeat("xy", 16) + "\n", "has 32"},
		{"zeros", key.AES256GCM, strings.Repeat("\x00", 32), "every byte"},
		{"a JWK without d", key.ECDSAP256, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, "no private part"},
		{"a JWK with padding", key.AES128GCM, `{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA=="}`, "cannot be read"},
		{"a JWK that says k twice", key.AES128GCM, `{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw","k":"AAECAwQFBgcICQoLDA0ODw"}`, "cannot be read"},
		{"a JWK of another use", key.HMACSHA256, `{"kty":"oct","alg":"A256GCM","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}`, "A256GCM"},
		{"a JWK of another point", key.ECDSAP256, strings.NewReplacer(`"x"`, `"y"`, `"y"`, `"x"`).Replace(jwk), "do not belong"},
		{"a JWK of no kty", key.ECDSAP256, `{"kty":"dec","d":"AA"}`, "dec"},
	} {
		_, _, err := envelope.Parse(c.a, []byte(c.data), "")
		if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, want := range []envelope.Format{envelope.DER, envelope.PKCS1, envelope.SEC1, envelope.JWK} {
		if _, _, err := envelope.Parse(key.ECDSAP256, []byte(ec), want); !errors.Is(err, fault.Invalid) {
			t.Errorf("PEM passes as %s: %v", want, err)
		}
	}
	if _, err := envelope.ParseFormat("x"); !errors.Is(err, fault.Invalid) {
		t.Errorf("a format that is none: %v", err)
	}
}

// TestJWKsOfTheStandardsAreRead reads the examples of RFC 7515 A.3, RFC 7517 A.2 and A.3 and RFC 8037 A.1.
func TestJWKsOfTheStandardsAreRead(t *testing.T) {
	for _, c := range []struct {
		a    key.Algorithm
		text string
	}{
		{key.ECDSAP256, `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
			"d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}`},
		{key.ECDSAP256, `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
			"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`},
		{key.RSA2048, `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
			"e":"AQAB","d":"X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4IBTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q",
			"p":"83i-7IvMGXoMXCskv73TKr8637FiO7Z27zv8oj6pbWUQyLPQBQxtPVnwD20R-60eTDmD2ujnMt5PoqMrm8RfmNhVWDtjjMmCMjOpSXicFHj7XOuVIYQyqVWlWEh6dN36GVZYk93N8Bc9vY41xy8B9RzzOGVQzXvNEvn7O0nVbfs","q":"3dfOR9cuYq-0S-mkFLzgItgMEfFzB2q3hWehMuG0oCuqnb3vobLyumqjVZQO1dIrdwgTnCdpYzBcOfW5r370AFXjiWft_NGEiovonizhKpo9VVS78TzFgxkIdrecRezsZ-1kYd_s1qDbxtkDEgfAITAG9LUnADun4vIcb6yelxk",
			"dp":"G4sPXkc6Ya9y8oJW9_ILj4xuppu0lzi_H7VTkS8xj5SdX3coE0oimYwxIi2emTAue0UOa5dpgFGyBJ4c8tQ2VF402XRugKDTP8akYhFo5tAA77Qe_NmtuYZc3C3m3I24G2GvR5sSDxUyAN2zq8Lfn9EUms6rY3Ob8YeiKkTiBj0","dq":"s9lAH9fggBsoFR8Oac2R_E2gw282rT2kGOAhvIllETE1efrA6huUUvMfBcMpn8lqeW6vzznYY5SSQF7pMdC_agI3nG8Ibp1BUb0JUiraRNqUfLhcQb_d9GF4Dh7e74WbRsobRonujTYN1xCaP6TO61jvWrX-L18txXw494Q_cgk",
			"qi":"GyM_p6JrXySiz1toFgKbWV-JdI3jQ4ypu9rbMWx3rQJBfmt0FoYzgUIZEVFEcOqwemRN81zoDAaa-Bk0KWNGDjJHZDdDmFhW3AN7lI-puxk_mHZGJ11rxyR8O55XLSe3SPmRfKwZI6yU24ZxvQKFYItdldUKGzO6Ia6zTKhAVRU","alg":"RS256","kid":"2011-04-29"}`},
		{key.HMACSHA512, `{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","kid":"HMAC key used in JWS spec Appendix A.1 example"}`},
		{key.AES128GCM, `{"kty":"oct","alg":"A128KW","k":"GawgguFyGrWKav7AX4VKUg"}`},
		{key.Ed25519, `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`},
		{key.X25519, `{"kty":"OKP","crv":"X25519","d":"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}`},
	} {
		m, _, err := envelope.Parse(c.a, []byte(c.text), "")
		if err != nil {
			t.Errorf("%s: %v", c.a, err)
			continue
		}
		back := must(envelope.Write(c.a, m, envelope.JWK)) // every number that it has, as the standard writes it
		for member := range strings.SplitSeq(strings.Trim(string(back), "{}"), ",") {
			if !strings.Contains(c.text, member) {
				t.Errorf("%s: written with %s", c.a, member)
			}
		}
	}
}

func TestCheckValuesAreThoseOfHSMs(t *testing.T) {
	for _, c := range []struct {
		a        key.Algorithm
		material []byte
		want     string
	}{
		{key.AES128GCM, make([]byte, 16), "66e94b"}, // AES-128 of zeros under zeros: the hash key of GCM's first test case
		{key.AES256GCM, make([]byte, 32), "dc95c0"}, // likewise test case 13
		{key.Secret, []byte("guessable"), ""},
	} {
		if got, err := envelope.CheckValue(c.a, c.material, nil); got != c.want || err != nil {
			t.Errorf("%s: %s, %v", c.a, got, err)
		}
	}
	for a, k := range keys() {
		v, err := envelope.CheckValue(a, k.material, k.public)
		if err != nil || len(v) != 6 && a.Traits().Type != key.PrivateKey || len(v) != 64 && a.Traits().Type == key.PrivateKey {
			t.Errorf("%s: %q, %v", a, v, err)
		}
	}
	if err := envelope.SameCheck("DC:95 C0", "dc95c0"); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"dc95c1", "dc95", "dc95c078", ""} {
		if err := envelope.SameCheck(other, "dc95c0"); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is the same: %v", other, err)
		}
	}
}

func TestPublicHalvesHaveTheirFormats(t *testing.T) {
	want := map[key.Algorithm]string{
		key.RSA2048: "pem der spki pkcs1 jwk ssh", key.RSA3072: "pem der spki pkcs1 jwk ssh", key.RSA4096: "pem der spki pkcs1 jwk ssh",
		key.ECDSAP256: "pem der spki jwk raw ssh", key.ECDSAP384: "pem der spki jwk raw ssh", key.ECDSAP521: "pem der spki jwk raw ssh",
		key.Ed25519: "pem der spki jwk raw ssh", key.X25519: "pem der spki jwk raw",
		key.MLKEM768: "pem der spki raw", key.MLKEM1024: "pem der spki raw", key.MLKEM768P256: "pem der spki raw", key.MLKEM768X25519: "pem der spki raw", key.MLKEM1024P384: "pem der spki raw",
	}
	for a, k := range keys() {
		var got []string
		for _, f := range []envelope.Format{envelope.PEM, envelope.DER, envelope.SPKI, envelope.PKCS1, envelope.JWK, envelope.Raw, envelope.SSH, envelope.SEC1, envelope.PKCS8} {
			if b, err := envelope.WritePublic(a, k.public, f); err == nil {
				got = append(got, string(f))
				if len(k.material) > 0 && a.Traits().Type == key.PrivateKey && bytes.Contains(b, k.material) {
					t.Errorf("%s as %s gives the private half away", a, f)
				}
			} else if !errors.Is(err, fault.Invalid) {
				t.Errorf("%s as %s: %v", a, f, err)
			}
		}
		if strings.Join(got, " ") != want[a] {
			t.Errorf("%s has %v, want %s", a, got, want[a])
		}
	}
}

// TestAFormatThatThereIsNotIsRefusedWithThoseThatThereAre, of the private half and the public one. Of ML-KEM there is no JWK: drafts are no standard.
func TestAFormatThatThereIsNotIsRefusedWithThoseThatThereAre(t *testing.T) {
	for _, c := range []struct {
		a                     key.Algorithm
		f                     envelope.Format
		says, private, public string
	}{
		{key.MLKEM768, envelope.JWK, "no standard says yet", "pem, der, pkcs8, raw", "pem, der, spki, raw"},
		{key.MLKEM1024, envelope.JWK, "no standard says yet", "pem, der, pkcs8, raw", "pem, der, spki, raw"},
		{key.MLKEM768X25519, envelope.JWK, "no standard says yet", "raw", "pem, der, spki, raw"},
		{key.MLKEM768P256, envelope.JWK, "no standard says yet", "raw", "pem, der, spki, raw"},
		{key.MLKEM1024P384, envelope.JWK, "no standard says yet", "raw", "pem, der, spki, raw"},
		{key.MLKEM768, envelope.PKCS1, "cannot be written as pkcs1 (", "pem, der, pkcs8, raw", "pem, der, spki, raw"},
		{key.ECDSAP256, envelope.PKCS1, "cannot be written as pkcs1 (", "pem, der, pkcs8, sec1, jwk, raw", "pem, der, spki, jwk, raw, ssh"},
		{key.RSA2048, envelope.Raw, "cannot be written as raw (", "pem, der, pkcs8, pkcs1, jwk", "pem, der, spki, pkcs1, jwk, ssh"},
	} {
		k := keys()[c.a]
		_, private := envelope.Write(c.a, k.material, c.f)
		_, public := envelope.WritePublic(c.a, k.public, c.f)
		for want, err := range map[string]error{c.private: private, c.public: public} {
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error()+" ("+fault.Of(err).NextStep(), c.says) || !strings.HasSuffix(fault.Of(err).NextStep(), "formats "+want+".") {
				t.Errorf("%s as %s: %v", c.a, c.f, err)
			}
		}
	}
}

// TestRecipientsOpenWhatIsWrappedToThem for every recipient that there is, from PEM and, where HPKE has them, from raw bytes.
func TestRecipientsOpenWhatIsWrappedToThem(t *testing.T) {
	secret := []byte("sixteen bytes at least, of a key")
	for a, k := range keys() {
		if a.Traits().Type != key.PrivateKey || a.Traits().Usage&key.Wrap == 0 {
			continue
		}
		to, err := envelope.ParseRecipient(must(envelope.WritePublic(a, k.public, envelope.PEM)))
		if err != nil {
			t.Errorf("%s: %v", a, err)
			continue
		}
		all := []*envelope.Recipient{to}
		if envelope.SchemeFor(a) != envelope.RSAKWP {
			raw, err := envelope.RawRecipient(a, must(envelope.WritePublic(a, k.public, envelope.Raw)))
			if err != nil || raw.Fingerprint() != to.Fingerprint() {
				t.Errorf("%s from raw bytes: %v", a, err)
				continue
			}
			all = append(all, raw)
		}
		open, err := primitive.Open(a, k.material)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			wrapped, scheme, err := r.Wrap(rand.Reader, secret, "")
			if err != nil || scheme != envelope.SchemeFor(a) {
				t.Errorf("%s: %s, %v", a, scheme, err)
				continue
			}
			if plain, err := open.Unwrap(wrapped, nil); err != nil || !bytes.Equal(plain, secret) {
				t.Errorf("%s does not open: %v", a, err)
			}
		}
		for _, bad := range []string{"aes-kwp", "x", string(envelope.RSASHA1KWP)} {
			if _, _, err := to.Wrap(rand.Reader, secret, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s wraps by %s: %v", a, bad, err)
			}
		}
	}
	for _, a := range []key.Algorithm{key.Ed25519, key.ECDSAP384} {
		if _, err := envelope.ParseRecipient(keys()[a].public); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s is a recipient: %v", a, err)
		}
	}
	weak, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := envelope.ParseRecipient(weak); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "1024 bits") {
		t.Errorf("a weak recipient: %v", err)
	}
}

// CIRCL's HPKE opens, which is not the standard library's that wraps.
func TestKeysOnP256AreRecipientsByHPKE(t *testing.T) {
	public, private, err := hpke.KEM_P256_HKDF_SHA256.Scheme().GenerateKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), must(public.MarshalBinary()))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(point)
	if err != nil {
		t.Fatal(err)
	}
	to, err := envelope.ParseRecipient(der)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, scheme, err := to.Wrap(rand.Reader, []byte("secret"), "")
	if err != nil || scheme != envelope.HPKEP256 {
		t.Fatal(scheme, err)
	}
	receiver, err := hpke.NewSuite(hpke.KEM_P256_HKDF_SHA256, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES256GCM).NewReceiver(private, nil)
	if err != nil {
		t.Fatal(err)
	}
	opener, err := receiver.Setup(wrapped[:65])
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := opener.Open(wrapped[65:], nil); err != nil || string(plain) != "secret" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, _, err := to.Wrap(rand.Reader, []byte("secret"), "aes-kwp"); !errors.Is(err, fault.Invalid) {
		t.Errorf("by another scheme: %v", err)
	}
}
