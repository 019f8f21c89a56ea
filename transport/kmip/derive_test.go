package kmip_test

import (
	"bytes"
	"crypto/aes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// template14 is a Template-Attribute with the Cryptographic Algorithm, Length and Usage Mask of a key.
func template14(algorithm, bits string) string {
	one := func(name, kind, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue type="` + kind + `" value="` + value + `"/></Attribute>`
	}
	return `<TemplateAttribute>` + one("Cryptographic Algorithm", "Enumeration", algorithm) + one("Cryptographic Length", "Integer", bits) +
		one("Cryptographic Usage Mask", "Integer", "Encrypt Decrypt") + `</TemplateAttribute>`
}

// TestDerivedKeysAreWhatTheMethodGives: the material by Get, and the link to the base.
func TestDerivedKeysAreWhatTheMethodGives(t *testing.T) {
	w := open(t)
	r, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), vault.KeySpec{Name: "base", Exportable: true, Usage: key.Derive | key.Encrypt | key.Decrypt})
	if err != nil {
		t.Fatal(err)
	}
	base := byID(r.ID.String())
	var secret []byte
	err = w.f.Vault(0).Reveal(t.Context(), w.f.Root(), "base", 0, func(_ *key.Record, _ uint32, m []byte) error { secret = bytes.Clone(m); return nil })
	if err != nil {
		t.Fatal(err)
	}
	mac := func(data string) []byte {
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(data))
		return h.Sum(nil)
	}
	digest := sha256.Sum256(secret)
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	sealed := make([]byte, 16)
	block.Encrypt(sealed, []byte("sixteen bytes !!"))
	expanded, err := hkdf.Key(sha256.New, secret, []byte("salt"), "data", 32)
	if err != nil {
		t.Fatal(err)
	}
	how := choice("HashingAlgorithm", "SHA_256")
	data, salt := octets("DerivationData", []byte("data")), octets("Salt", []byte("salt"))
	for name, c := range map[string]struct {
		method, parameters, bits string
		want                     []byte
	}{
		"PBKDF2":            {"PBKDF2", how + salt + `<IterationCount type="Integer" value="1"/>`, "256", mac("salt\x00\x00\x00\x01")},
		"HASH":              {"HASH", how, "128", digest[:16]},
		"HMAC":              {"HMAC", how + data, "256", mac("data")},
		"HMAC with a salt":  {"HMAC", how + data + salt, "256", expanded},
		"HKDF":              {"HKDF", how + data + salt, "256", expanded},
		"ENCRYPT":           {"ENCRYPT", choice("BlockCipherMode", "ECB") + octets("DerivationData", []byte("sixteen bytes !!")), "128", sealed},
		"NIST 800-108":      {"NIST800_108_C", how + data, "256", mac("\x00\x00\x00\x01data")},
		"HMAC by algorithm": {"HMAC", choice("CryptographicAlgorithm", "HMAC_SHA256") + data, "128", mac("data")[:16]},
	} {
		version, template := "1.4", template14("AES", c.bits)
		if c.method == "HKDF" { // which is newer
			version, template = "2.1", `<Attributes><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="`+c.bits+`"/><CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/></Attributes>`
		}
		got := w.one(version, `DeriveKey <ObjectType type="Enumeration" value="SymmetricKey"/>`+base+`<DerivationMethod type="Enumeration" value="`+c.method+`"/><DerivationParameters>`+c.parameters+`</DerivationParameters>`+template)
		id, err := got.Find(wire.TagUniqueIdentifier).Text()
		if err != nil {
			t.Fatal(err)
		}
		material := bytesOf(t, w.one("1.4", "Get "+byID(id)).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock).Find(wire.TagKeyValue), wire.TagKeyMaterial)
		if !bytes.Equal(material, c.want) {
			t.Errorf("%s: got %x, want %x", name, material, c.want)
		}
		made, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), id)
		if err != nil || len(made.Links) != 1 || made.Links[0] != (key.Link{Kind: key.LinkBase, To: r.ID}) {
			t.Errorf("%s: links %v, %v", name, made.Links, err)
		}
	}
	derive := func(what, method, parameters, bits string) string {
		return `DeriveKey <ObjectType type="Enumeration" value="` + what + `"/>` + base + `<DerivationMethod type="Enumeration" value="` + method + `"/><DerivationParameters>` + parameters + `</DerivationParameters>` + template14("AES", bits)
	}
	for item, want := range map[string]string{
		derive("PrivateKey", "HASH", how, "128"):                                                       "InvalidField: ",
		derive("SymmetricKey", "HASH", how+data, "128"):                                                "InvalidField: HASH derives",
		derive("SymmetricKey", "HASH", choice("HashingAlgorithm", "MD5"), "128"):                       "InvalidField: the Hashing Algorithm MD5",
		derive("SymmetricKey", "HASH", choice("HashingAlgorithm", "SHA_1"), "256"):                     "InvalidField: this method gives 20 bytes",
		derive("SymmetricKey", "NIST800_108_F", how, "128"):                                            "InvalidField: the derivation method",
		derive("SymmetricKey", "AsymmetricKey", "", "128"):                                             "InvalidField: an agreement",
		strings.Replace(derive("SymmetricKey", "HASH", how, "128"), base, byID(key.ID{1}.String()), 1): "ItemNotFound: there is no such object",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", item, got, want)
		}
	}
	if got := outcomes(t, w.as("stranger").ask(request("1.4", "", derive("SymmetricKey", "HASH", how, "128"))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("a stranger: %s", got)
	}
	both := w.key("other", true)
	if got := outcomes(t, w.ask(request("1.4", "", strings.Replace(derive("SymmetricKey", "HASH", how, "128"), base, byID(both.ID.String()), 1))))[0]; !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Errorf("a key that is not for deriving: %s", got)
	}
}

// TestBasesOfOtherCiphersEncrypt: what a key of another cipher is derived from is what that cipher makes of the data.
func TestBasesOfOtherCiphersEncrypt(t *testing.T) {
	w := open(t)
	data := octets("DerivationData", []byte("sixteen bytes !!"))
	for _, c := range []struct {
		algorithm string
		bits      int
		how, iv   string
	}{
		{"DES3", 168, choice("BlockCipherMode", "CBC"), octets("%s", make([]byte, 8))},
		{"ChaCha20", 256, choice("InitialCounterValue", "7"), octets("%s", make([]byte, 12))},
		{"ChaCha20Poly1305", 256, choice("BlockCipherMode", "AEAD"), octets("%s", make([]byte, 12))},
		{"AES", 256, choice("BlockCipherMode", "CTR"), octets("%s", make([]byte, 16))},
	} {
		iv := func(name string) string { return strings.ReplaceAll(c.iv, "%s", name) }
		base := made(t, w, c.algorithm, c.bits, int(key.Encrypt|key.Decrypt|key.Derive))
		want := bytesOf(t, w.one("1.4", "Encrypt "+base+c.how+octets("Data", []byte("sixteen bytes !!"))+iv("IVCounterNonce")), wire.TagData)
		id := idOf(t, w.one("1.4", `DeriveKey <ObjectType type="Enumeration" value="SymmetricKey"/>`+base+`<DerivationMethod type="Enumeration" value="ENCRYPT"/><DerivationParameters>`+
			c.how+iv("InitializationVector")+data+`</DerivationParameters>`+template14("AES", "128")))
		got := bytesOf(t, w.one("1.4", "Get "+byID(id)).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock).Find(wire.TagKeyValue), wire.TagKeyMaterial)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", c.algorithm, got, want)
		}
	}
}
