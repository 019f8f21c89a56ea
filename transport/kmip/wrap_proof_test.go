package kmip_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// proved is a Key Wrapping Specification or Key Wrapping Data with a MAC or a signature.
func proved(tag, method, kek, prover, hash, encoding string, names ...string) string {
	s := `<` + tag + `><WrappingMethod type="Enumeration" value="` + method + `"/>`
	if kek != "" {
		s += `<EncryptionKeyInformation>` + byID(kek) + `</EncryptionKeyInformation>`
	}
	if prover != "" {
		s += `<MACSignatureKeyInformation>` + prover // its Unique Identifier
		if hash != "" {
			s += `<CryptographicParameters><HashingAlgorithm type="Enumeration" value="` + hash + `"/></CryptographicParameters>`
		}
		s += `</MACSignatureKeyInformation>`
	}
	for _, n := range names {
		s += `<AttributeName type="TextString" value="` + n + `"/>`
	}
	return s + `<EncodingOption type="Enumeration" value="` + encoding + `"/></` + tag + `>`
}

func (w *world) plain(name string) (b []byte) {
	w.t.Helper()
	if err := w.f.Vault(0).Reveal(w.t.Context(), w.f.Root(), name, 0, func(_ *key.Record, _ uint32, m []byte) error {
		b = bytes.Clone(m)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// flipped is XML with the last hexadecimal digit of an element changed.
func flipped(text, element string) string {
	at := strings.Index(text, "<"+element+" ")
	end := at + strings.Index(text[at:], `"/>`)
	digit := byte('0')
	if text[end-1] == '0' {
		digit = '1'
	}
	return text[:end-1] + string(digit) + text[end:]
}

// TestWrappedKeysAreProved: a MAC or a signature over what the method says comes with the key, and without a good one nothing is registered.
func TestWrappedKeysAreProved(t *testing.T) {
	w := open(t)
	kek, k := w.key("kek", true), w.key("k", true)
	provers := map[string]string{
		"hmac":  w.made(vault.KeySpec{Name: "hmac", Algorithm: key.HMACSHA256, Exportable: true}),
		"cmac":  w.made(vault.KeySpec{Name: "cmac", Type: key.SymmetricKey, Usage: key.MAC | key.VerifyMAC}),
		"ecdsa": w.made(vault.KeySpec{Name: "ecdsa", Algorithm: key.ECDSAP256}),
		"rsa":   w.made(vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048}),
	}
	for name, prover := range provers {
		for _, method := range []string{"MACSign", "EncryptThenMACSign", "MACSignThenEncrypt"} {
			for _, encoding := range []string{"NoEncoding", "TTLVEncoding"} {
				for _, v := range []string{"1.4", "2.1"} {
					id, hash := kek.ID.String(), ""
					if method == "MACSign" {
						id = ""
					}
					if name == "rsa" {
						hash = "SHA_256"
					}
					b := w.one(v, "Get "+byID(k.ID.String())+proved("KeyWrappingSpecification", method, id, prover, hash, encoding)).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock)
					text := xmlOf(t, b)
					proof, err := b.Find(wire.TagKeyWrappingData).Find(wire.TagMACSignature).Bytes()
					if err != nil || (b.Find(wire.TagKeyValue).Type() == ttlv.Structure) != (method == "MACSign") {
						t.Fatalf("%s %s %s: %s (%v)", name, method, encoding, text, err)
					}
					if name == "hmac" {
						if want := hmacOver(t, w, b, method, encoding); !bytes.Equal(proof, want) {
							t.Errorf("%s %s: the MAC is %x, not %x", method, encoding, proof, want)
						}
					}
					again := idOf(t, w.one(v, registered(v, text)))
					if got := w.material(again, ""); got != bytesXML(w.plain("k")) {
						t.Errorf("%s %s %s comes back as %s", name, method, encoding, got)
					}
					bad := []string{flipped(text, "MACSignature")}
					if method != "MACSign" {
						bad = append(bad, flipped(text, "KeyValue"))
					} else {
						bad = append(bad, flipped(text, "KeyMaterial"))
					}
					for _, torn := range bad {
						if got := outcomes(t, w.ask(request(v, "", registered(v, torn))))[0]; got == "Success" {
							t.Errorf("%s %s %s: what was altered is registered", name, method, encoding)
						}
					}
				}
			}
		}
	}
}

func registered(version, block string) string {
	if version[0] == '1' {
		return register("SymmetricKey", block)
	}
	return strings.Replace(register("SymmetricKey", block), "<TemplateAttribute></TemplateAttribute>", "<Attributes/>", 1)
}

// hmacOver is the MAC as the other side computes it.
func hmacOver(t *testing.T, w *world, b ttlv.Item, method, encoding string) []byte {
	t.Helper()
	over := w.plain("k")
	if encoding == "TTLVEncoding" {
		var e ttlv.Encoder
		e.Structure(wire.TagKeyValue, func() { e.Bytes(wire.TagKeyMaterial, w.plain("k")) })
		var err error
		if over, err = e.Message(); err != nil {
			t.Fatal(err)
		}
	}
	if method == "EncryptThenMACSign" {
		var err error
		if over, err = b.Find(wire.TagKeyValue).Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	m := hmac.New(sha256.New, w.plain("hmac"))
	m.Write(over)
	return m.Sum(nil)
}

// TestProofsAreRefusedByName: without the key that makes them, by one that does not, of a sensitive key that would leave in plain.
func TestProofsAreRefusedByName(t *testing.T) {
	w := open(t)
	k, mac := w.key("k", true).ID.String(), w.made(vault.KeySpec{Name: "hmac", Algorithm: key.HMACSHA256})
	secret := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256),
		`<Attribute><AttributeName type="TextString" value="Sensitive"/><AttributeValue type="Boolean" value="true"/></Attribute>`)))
	for item, want := range map[string]string{
		byID(k) + proved("KeyWrappingSpecification", "MACSign", "", "", "", "TTLVEncoding"):                                     "MissingData: ",
		byID(k) + proved("KeyWrappingSpecification", "MACSign", "", byID(k), "SHA_256", "TTLVEncoding"):                         "IncompatibleCryptographicUsageMask: ",
		byID(k) + proved("KeyWrappingSpecification", "Encrypt", k, mac, "", "TTLVEncoding"):                                     "InvalidField: ",
		byID(k) + proved("KeyWrappingSpecification", "MACSign", "", byID(key.ID{7: 1}.String()), "", "TTLVEncoding"):            "ItemNotFound: ",
		byID(secret) + proved("KeyWrappingSpecification", "MACSign", "", mac, "", "TTLVEncoding"):                               "Sensitive: ",
		byID(k) + proved("KeyWrappingSpecification", "MACSign", "", mac, "", "NoEncoding", "Name"):                              "EncodingOptionError: ",
		byID(k) + `<KeyWrapType type="Enumeration" value="0x00000007"/>`:                                                        "KeyWrapTypeNotSupported: ",
		byID(k) + `<KeyWrapType type="Enumeration" value="AsRegistered"/>` + wrapped("KeyWrappingSpecification", k, "", "", ""): "InvalidField: ",
	} {
		for _, v := range []string{"1.4", "2.1"} {
			got := outcomes(t, w.ask(request(v, "", "Get "+item)))[0]
			if v == "1.4" && (strings.HasPrefix(want, "KeyWrapType") || strings.HasPrefix(want, "Incompatible") || strings.HasPrefix(want, "Sensitive")) {
				continue // it has other words for them
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s: %s, want %s", v, item, got, want)
			}
		}
	}
}

// TestAttributesTravelWithAKey: those that a wrapping names stand in the Key Value, wrapped with it, and are the new object's.
func TestAttributesTravelWithAKey(t *testing.T) {
	w := open(t)
	kek := w.key("kek", false).ID.String()
	for _, v := range []string{"1.4", "2.1"} {
		id := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256),
			integer("Cryptographic Usage Mask", 12), text("x-tag", "blue"), text("Contact Information", "Joe"), byName("travels "+v))))
		got := w.one(v, "Get "+byID(id)+proved("KeyWrappingSpecification", "Encrypt", kek, "", "", "TTLVEncoding",
			"x-tag", "Cryptographic Usage Mask", "Cryptographic Algorithm", "Unique Identifier", "Contact Information", "State"))
		again := idOf(t, w.one(v, registered(v, xmlOf(t, got.Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock)))))
		r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), again)
		if err != nil || r.Usage != 12 || again == id || r.Algorithm != key.AES256GCM {
			t.Errorf("%s: it is %+v (%v)", v, r, err)
		}
		if got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(again))); !strings.Contains(got, text("x-tag", "blue")) || !strings.Contains(got, text("Contact Information", "Joe")) {
			t.Errorf("%s: it has %s", v, got)
		}
	}
}

// TestAttributesInAKeyValueAreCompared: with those that the request gives; what it does not give is taken, and what only the server says is not.
func TestAttributesInAKeyValueAreCompared(t *testing.T) {
	w := open(t)
	in := func(beside string) string {
		return `<KeyBlock><KeyFormatType type="Enumeration" value="Raw"/><KeyValue>` + bytesXML([]byte("0123456789abcdef")) + beside +
			`</KeyValue><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="128"/></KeyBlock>`
	}
	of2 := `<Attributes><CryptographicUsageMask type="Integer" value="12"/><ContactInformation type="TextString" value="Joe"/></Attributes>`
	of1 := integer("Cryptographic Usage Mask", 12) + text("Contact Information", "Joe")
	for _, c := range []struct{ version, item, want string }{
		{"1.0", register("SymmetricKey", in(of1)), "Success"},
		{"1.4", register("SymmetricKey", in(of1), text("Contact Information", "Joe")), "Success"},
		{"1.4", register("SymmetricKey", in(of1+text("Unique Identifier", "x")+enumeration("State", "Active"))), "Success"},
		{"1.4", register("SymmetricKey", in(of1), text("Contact Information", "Jane")), "InvalidField: the attribute Contact Information in the Key Value"},
		{"1.4", register("SymmetricKey", in(integer("Cryptographic Length", 256))), "InvalidField: the attributes say another algorithm or length"},
		{"1.4", register("SymmetricKey", in(text("Nonsense", "x"))), "InvalidField: "},
		{"2.1", strings.Replace(registered("2.1", in(of2)), "<Attributes/>", "<Attributes></Attributes>", 1), "Success"},
		{"2.1", strings.Replace(registered("2.1", in(of2)), "<Attributes/>", `<Attributes><CryptographicUsageMask type="Integer" value="4"/></Attributes>`, 1), "InvalidField: "},
	} {
		answer := w.ask(request(c.version, "", c.item))
		if got := outcomes(t, answer)[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: %s, want %s", c.version, c.item, got, c.want)
		} else if got == "Success" {
			id := idOf(t, items(answer)[0].Find(wire.TagResponsePayload))
			r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), id)
			if shown := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id))); err != nil || r.Usage != 12 || r.State != key.PreActive || !strings.Contains(shown, text("Contact Information", "Joe")) {
				t.Errorf("%s: %s (%+v, %v)", c.item, shown, r, err)
			}
		}
	}
}

// TestKeysLeaveAsTheyWereRegistered: wrapped as they came, if they came so, where that is asked for; else in plain.
func TestKeysLeaveAsTheyWereRegistered(t *testing.T) {
	w := open(t)
	kek, k := w.key("kek", true).ID.String(), w.key("k", true).ID.String()
	for _, mode := range []string{"NISTKeyWrap", "GCM"} {
		came := w.one("1.4", "Get "+byID(k)+wrapped("KeyWrappingSpecification", kek, mode, "", "NoEncoding")).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock)
		id := idOf(t, w.one("1.4", register("SymmetricKey", xmlOf(t, came))))
		for _, v := range []string{"1.4", "2.1"} {
			again := w.one(v, "Get "+byID(id)+`<KeyWrapType type="Enumeration" value="AsRegistered"/>`).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock)
			if got, want := xmlOf(t, again), xmlOf(t, came); mode == "NISTKeyWrap" && got != want || !again.Find(wire.TagKeyWrappingData).Present() {
				t.Errorf("%s: got %s\nwant %s", v, got, want)
			}
			if got := outcomes(t, w.ask(request(v, "", registered(v, xmlOf(t, again))))); !slices.Equal(got, []string{"Success"}) {
				t.Errorf("it does not come back: %v", got)
			}
			for _, item := range []string{byID(id) + `<KeyWrapType type="Enumeration" value="NotWrapped"/>`, byID(k) + `<KeyWrapType type="Enumeration" value="AsRegistered"/>`} {
				if got := w.one(v, "Get "+item).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock); got.Find(wire.TagKeyWrappingData).Present() || xmlOf(t, got.Find(wire.TagKeyValue).Find(wire.TagKeyMaterial)) != bytesXML(w.plain("k")) {
					t.Errorf("%s: %s", item, xmlOf(t, got))
				}
			}
		}
	}
}

// TestAWrappedPKCS12IsProved: what comes as PKCS #12 is unwrapped and proved as every other format, and what stands beside it is the key's.
func TestAWrappedPKCS12IsProved(t *testing.T) {
	w := open(t)
	kek, prover := w.key("kek", true), w.made(vault.KeySpec{Name: "hmac", Algorithm: key.HMACSHA256, Exportable: true})
	k, own, root := chainOf(t)
	file := must(t)(pkcs12.Modern.Encode(k, own, []*x509.Certificate{root}, "secret"))
	password := idOf(t, w.one("1.4", register("SecretData", `<SecretDataType type="Enumeration" value="Password"/>`+blockOf("Raw", bytesXML([]byte("secret")), "", 0))))
	link := `<Attribute><AttributeName type="TextString" value="Link"/><AttributeValue><LinkType type="Enumeration" value="PKCS_12PasswordLink"/><LinkedObjectIdentifier type="TextString" value="` + password + `"/></AttributeValue></Attribute>`
	id := idOf(t, w.one("1.4", register("PrivateKey", blockOf("PKCS_12", bytesXML(file)+text("x-Purpose", "beside"), "", 0), link)))
	if got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id))); !strings.Contains(got, text("x-Purpose", "beside")) {
		t.Errorf("what stood beside the key is lost: %s", got)
	}
	for _, method := range []string{"MACSign", "EncryptThenMACSign", "MACSignThenEncrypt"} {
		by, content := kek.ID.String(), "KeyValue"
		if method == "MACSign" {
			by, content = "", "KeyMaterial"
		}
		b := xmlOf(t, w.one("1.4", "Get "+byID(id)+`<KeyFormatType type="Enumeration" value="PKCS_12"/>`+proved("KeyWrappingSpecification", method, by, prover, "", "TTLVEncoding")).Find(wire.TagPrivateKey).Find(wire.TagKeyBlock))
		again := idOf(t, w.one("1.4", register("PrivateKey", b, link)))
		if got, err := x509.ParsePKCS8PrivateKey(materialIn(t, w, "1.4", again, "PKCS_8")); err != nil || !k.Equal(got) {
			t.Errorf("%s: it comes back as %T (%v)", method, got, err)
		}
		for _, torn := range []string{flipped(b, "MACSignature"), flipped(b, content)} {
			if got := outcomes(t, w.ask(request("1.4", "", register("PrivateKey", torn, link))))[0]; got == "Success" {
				t.Errorf("%s: what was altered is registered", method)
			}
		}
	}
}
