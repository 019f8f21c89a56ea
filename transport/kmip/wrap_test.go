package kmip_test

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

func wrapped(tag, kek, mode, iv, encoding string) string {
	s := `<` + tag + `><WrappingMethod type="Enumeration" value="Encrypt"/><EncryptionKeyInformation>` + byID(kek)
	if mode != "" {
		s += `<CryptographicParameters><BlockCipherMode type="Enumeration" value="` + mode + `"/></CryptographicParameters>`
	}
	s += `</EncryptionKeyInformation>` + iv
	if encoding != "" {
		s += `<EncodingOption type="Enumeration" value="` + encoding + `"/>`
	}
	return s + `</` + tag + `>`
}

// opened undoes AES key wrap as the other side does (RFC 3394, 2.2.2), where what comes before the key begins so; RFC 5649 says its length after that.
func opened(begins string) func(kek, wrapped []byte) ([]byte, error) {
	return func(kek, wrapped []byte) ([]byte, error) {
		c, err := aes.NewCipher(kek)
		if err != nil {
			return nil, err
		}
		a, r := bytes.Clone(wrapped[:8]), bytes.Clone(wrapped[8:])
		for t := 6 * len(r) / 8; t > 0; t-- {
			half := r[(t-1)*8%len(r):][:8]
			binary.BigEndian.PutUint64(a, binary.BigEndian.Uint64(a)^uint64(t))
			b := append(bytes.Clone(a), half...)
			c.Decrypt(b, b)
			copy(a, b)
			copy(half, b[8:])
		}
		if !strings.HasPrefix(hex.EncodeToString(a), begins) {
			return nil, errors.New("it does not open")
		}
		if len(begins) < 16 {
			return r[:binary.BigEndian.Uint32(a[4:])], nil
		}
		return r, nil
	}
}

// TestKeysLeaveAndComeWrapped: what Get wraps opens by RFC 3394 and RFC 5649 under the key that was named, and Register takes it in again.
func TestKeysLeaveAndComeWrapped(t *testing.T) {
	w := open(t)
	kek, k := w.key("kek", true), w.key("k", true)
	plain := map[string][]byte{}
	for _, name := range []string{"kek", "k"} {
		if err := w.f.Vault(0).Reveal(t.Context(), w.f.Root(), name, 0, func(_ *key.Record, _ uint32, m []byte) error {
			plain[name] = bytes.Clone(m)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	var e ttlv.Encoder
	e.Structure(wire.TagKeyValue, func() { e.Bytes(wire.TagKeyMaterial, plain["k"]) })
	encoded, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode, encoding string
		open           func(kek, wrapped []byte) ([]byte, error)
		want           []byte
	}{
		{"NISTKeyWrap", "NoEncoding", opened("a6a6a6a6a6a6a6a6"), plain["k"]},
		{"NISTKeyWrap", "TTLVEncoding", opened("a6a6a6a6a6a6a6a6"), encoded},
		{"", "", opened("a6a6a6a6a6a6a6a6"), encoded},
		{"AESKeyWrapPadding", "NoEncoding", opened("a65959a6"), plain["k"]},
		{"GCM", "NoEncoding", nil, nil},
		{"GCM", "TTLVEncoding", nil, nil},
	} {
		spec := wrapped("KeyWrappingSpecification", kek.ID.String(), c.mode, "", c.encoding)
		b := w.one("1.4", "Get "+byID(k.ID.String())+spec).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock)
		got, err := b.Find(wire.TagKeyValue).Bytes()
		if err != nil || bytes.Contains(got, plain["k"]) {
			t.Fatalf("%s: %s (%v)", c.mode, xmlOf(t, b), err)
		}
		if c.open != nil {
			if plain, err := c.open(plain["kek"], got); err != nil || !bytes.Equal(plain, c.want) {
				t.Errorf("%s with %s is opened to %x (%v)", c.mode, c.encoding, plain, err)
			}
		}
		iv := ""
		if item := b.Find(wire.TagKeyWrappingData).Find(wire.TagIVCounterNonce); item.Present() {
			iv = xmlOf(t, item)
		}
		if data, want := xmlOf(t, b.Find(wire.TagKeyWrappingData)), wrapped("KeyWrappingData", kek.ID.String(), c.mode, iv, c.encoding); data != want || (iv != "") != (c.mode == "GCM") {
			t.Errorf("got %s\nwant %s", data, want)
		}
		again := idOf(t, w.one("1.4", register("SymmetricKey", xmlOf(t, b))))
		if got := w.material(again, ""); got != bytesXML(plain["k"]) {
			t.Errorf("%s with %s comes back as %s", c.mode, c.encoding, got)
		}
		torn := strings.Replace(xmlOf(t, b), `<KeyValue type="ByteString" value="`, `<KeyValue type="ByteString" value="0000000000000000`, 1)
		if out := outcomes(t, w.ask(request("1.4", "", register("SymmetricKey", torn)))); out[0] == "Success" {
			t.Errorf("%s: what was altered is registered", c.mode)
		}
	}
}

// TestWrappingIsRefusedByName: by keys that do not wrap, in modes that are not done, and of a sensitive key without it.
func TestWrappingIsRefusedByName(t *testing.T) {
	w := open(t)
	k := byID(w.key("k", true).ID.String())
	r, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), vault.KeySpec{Name: "only-encrypts", Usage: key.Encrypt | key.Decrypt})
	if err != nil {
		t.Fatal(err)
	}
	kek := w.key("kek", false).ID.String()
	for spec, want := range map[string]string{
		wrapped("KeyWrappingSpecification", r.ID.String(), "", "", ""):                                                                         "ItemNotFound: there is no such object",
		wrapped("KeyWrappingSpecification", key.ID{7: 1}.String(), "", "", ""):                                                                 "ItemNotFound: there is no such object",
		wrapped("KeyWrappingSpecification", kek, "CBC", "", ""):                                                                                "FeatureNotSupported: keys are not wrapped in the mode CBC",
		strings.Replace(wrapped("KeyWrappingSpecification", kek, "", "", ""), `"Encrypt"`, `"TR_31"`, 1):                                       "FeatureNotSupported: the wrapping method TR_31 is not supported; use Encrypt",
		strings.Replace(wrapped("KeyWrappingSpecification", kek, "", "", ""), byID(kek), "", 1):                                                "MissingData",
		wrapped("KeyWrappingSpecification", kek, "", "", "NoEncoding") + `<KeyFormatType type="Enumeration" value="TransparentSymmetricKey"/>`: "EncodingOptionError",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", "Get "+k+spec)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
	id := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256),
		`<Attribute><AttributeName type="TextString" value="Sensitive"/><AttributeValue type="Boolean" value="true"/></Attribute>`)))
	if got := outcomes(t, w.ask(request("1.4", "", "Get "+byID(id))))[0]; !strings.HasPrefix(got, "Sensitive: ") {
		t.Errorf("a sensitive key in plain: %s", got)
	}
	if got := outcomes(t, w.ask(request("1.4", "", "Get "+byID(id)+wrapped("KeyWrappingSpecification", kek, "", "", "")))); !slices.Equal(got, []string{"Success"}) {
		t.Errorf("a sensitive key, wrapped: %s", got)
	}
	if r := w.record(id); !r.AlwaysSensitive() || r.NeverExportable() || len(r.Attributes["Sensitive"]) > 0 {
		t.Errorf("to the vault it has guard %b and attributes %v", r.Guard, r.Attributes)
	}
}
