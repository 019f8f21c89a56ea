package kmip_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// made makes a key by the vault and returns its identifier as an element.
func (w *world) made(s vault.KeySpec) string {
	w.t.Helper()
	r, err := w.f.Vault(0).CreateKey(w.t.Context(), w.f.Root(), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return byID(r.ID.String())
}

func octets(name string, b []byte) string {
	return fmt.Sprintf(`<%s type="ByteString" value="%x"/>`, name, b)
}

// choice is Cryptographic Parameters: pairs of a name and a value, an enumeration unless it is a number.
func choice(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		kind := "Enumeration"
		if strings.Trim(pairs[i+1], "0123456789") == "" {
			kind = "Integer"
		}
		fmt.Fprintf(&b, `<%s type="%s" value="%s"/>`, pairs[i], kind, pairs[i+1])
	}
	return `<CryptographicParameters>` + b.String() + `</CryptographicParameters>`
}

func bytesOf(t testing.TB, payload ttlv.Item, tag wire.Tag) []byte {
	t.Helper()
	b, err := payload.Find(tag).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b)
}

// createOf is a Create of a symmetric key that encrypts and decrypts.
func createOf(algorithm string, bits int) string {
	return `Create <ObjectType type="Enumeration" value="SymmetricKey"/>` + template(enumeration("Cryptographic Algorithm", algorithm), integer("Cryptographic Length", bits),
		integer("Cryptographic Usage Mask", 12), attr("Activation Date", ` type="DateTime" value="2020-01-01T00:00:00Z"/>`))
}

var plainText = []byte("a page of a diary, which is longer than one block")

// TestWhatIsEncryptedIsDecrypted: a key of another door, in each mode and each version that has the operations.
func TestWhatIsEncryptedIsDecrypted(t *testing.T) {
	w := open(t)
	id := w.made(vault.KeySpec{Name: "k"})
	for _, version := range []string{"1.2", "1.3", "1.4", "2.0", "2.1"} {
		apart := version != "1.2" && version != "1.3"
		for _, how := range []string{
			"", choice("BlockCipherMode", "GCM", "TagLength", "12"), choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5"),
			choice("BlockCipherMode", "ECB", "PaddingMethod", "ANSIX9_23"), choice("BlockCipherMode", "CFB"), choice("BlockCipherMode", "OFB"), choice("BlockCipherMode", "CTR"),
			choice("BlockCipherMode", "CCM"), choice("BlockCipherMode", "CCM", "TagLength", "8"), choice("BlockCipherMode", "XTS"),
		} {
			if !apart && strings.Contains(how, "TagLength") { // which is newer
				continue
			}
			authentic := how == "" || strings.Contains(how, "GCM") || strings.Contains(how, "CCM")
			got := w.one(version, "Encrypt "+id+how+octets("Data", plainText))
			if got.Find(wire.TagAuthenticatedEncryptionTag).Present() != (authentic && apart) || got.Find(wire.TagIVCounterNonce).Present() == strings.Contains(how, "ECB") {
				t.Errorf("%s %s: %s", version, how, xmlOf(t, got))
			}
			more := octets("Data", bytesOf(t, got, wire.TagData))
			for _, tag := range []wire.Tag{wire.TagIVCounterNonce, wire.TagAuthenticatedEncryptionTag} {
				if item := got.Find(tag); item.Present() {
					more += xmlOf(t, item)
				}
			}
			if plain := bytesOf(t, w.one(version, "Decrypt "+id+how+more), wire.TagData); !bytes.Equal(plain, plainText) {
				t.Errorf("%s %s: %q", version, how, plain)
			}
			if authentic {
				spoilt := strings.Replace(more, `value="`, `value="00`, 1)
				if got := outcomes(t, w.ask(request(version, "", "Decrypt "+id+how+spoilt)))[0]; got != "CryptographicFailure: the ciphertext does not open with this key" {
					t.Errorf("%s %s, spoilt: %s", version, how, got)
				}
			}
		}
	}
}

// TestEncryptingAnswersAsTheSpecificationSays: bytes of SP 800-38A under a known key, and each thing that is refused.
func TestEncryptingAnswersAsTheSpecificationSays(t *testing.T) {
	w := open(t)
	kept := ttlv.NewEncoder()
	defer kept.Release()
	kept.Structure(wire.TagCryptographicParameters, func() {
		kept.Enumeration(wire.TagBlockCipherMode, uint32(wire.BlockCipherModeCBC))
		kept.Enumeration(wire.TagPaddingMethod, uint32(wire.PaddingMethodPKCS5))
	})
	b, err := kept.Message()
	if err != nil {
		t.Fatal(err)
	}
	own := w.made(vault.KeySpec{Name: "own", Attributes: map[string][]byte{"Cryptographic Parameters": bytes.Clone(b)}})
	iv := bytes.Repeat([]byte{7}, 16)
	a := w.one("1.4", "Encrypt "+own+octets("Data", plainText)+octets("IVCounterNonce", iv))
	c := w.one("1.4", "Encrypt "+own+choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5")+octets("Data", plainText)+octets("IVCounterNonce", iv))
	if xmlOf(t, a) != xmlOf(t, c) || a.Find(wire.TagIVCounterNonce).Present() || len(bytesOf(t, a, wire.TagData)) != 64 {
		t.Errorf("the key's own parameters: %s, the same in the request: %s", xmlOf(t, a), xmlOf(t, c))
	}
	sealed := octets("Data", bytesOf(t, a, wire.TagData))
	id, rsa := w.made(vault.KeySpec{Name: "k"}), w.made(vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048})
	short, mac := w.made(vault.KeySpec{Name: "short", Algorithm: key.AES128GCM}), byID(idOf(t, w.one("1.4", createOf("HMAC_SHA1", 512))))
	reader := w.made(vault.KeySpec{Name: "reader", Usage: key.Decrypt})
	data := octets("Data", plainText)
	for _, c := range []struct{ version, item, want string }{
		{"1.4", "Decrypt " + own + sealed, "InvalidMessage: this mode needs an IV"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "PCBC") + data, "InvalidField: the Block Cipher Mode PCBC is not offered"},
		{"2.1", "Encrypt " + id + choice("BlockCipherMode", "PCBC") + data, "UnsupportedCryptographicParameters: the Block Cipher Mode PCBC is not offered"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "CCM", "TagLength", "4") + data, "GeneralFailure: a tag of CCM has 8, 10, 12, 14 or 16 bytes"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "CCM") + data + octets("IVCounterNonce", make([]byte, 14)), "InvalidField: a nonce of CCM has 7 to 13 bytes, not 14"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "XTS") + octets("Data", iv[1:]), "InvalidField: a data unit of XTS has 16 bytes or more, not 15"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "XTS") + data + octets("AuthenticatedEncryptionAdditionalData", iv), "InvalidField: only GCM and CCM authenticate additional data"},
		{"1.4", "Encrypt " + short + choice("BlockCipherMode", "XTS") + data, "InvalidField: a key of algorithm aes-128-gcm does not run XTS"},
		{"2.1", "Encrypt " + mac + choice("BlockCipherMode", "XTS") + data, "UnsupportedCryptographicParameters: the mode XTS is for AES keys of 256 or 512 bits"},
		{"1.4", "Encrypt " + id + choice("PaddingMethod", "PKCS5") + data, "InvalidField: a padding is named, and no block cipher mode"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "ECB") + data, "InvalidField: without padding a message is whole blocks"},
		{"1.4", "Encrypt " + id + choice("BlockCipherMode", "GCM", "TagLength", "1") + data, "GeneralFailure: a tag of GCM has 12 to 16 bytes"},
		{"1.4", "Encrypt " + id, "MissingData: "},
		{"1.4", "Encrypt " + rsa + choice("PaddingMethod", "OAEP", "HashingAlgorithm", "MD5") + data, "InvalidField: the Hashing Algorithm MD5 is not offered"},
		{"1.4", "Encrypt " + reader + data, "PermissionDenied: the cryptographic usage mask of the key does not allow it"},
		{"2.1", "Encrypt " + reader + data, "IncompatibleCryptographicUsageMask: the cryptographic usage mask of the key does not allow it"},
	} {
		if got := outcomes(t, w.ask(request(c.version, "", c.item)))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: got %s, want %s", c.version, c.item, got, c.want)
		}
	}
	for _, how := range []string{"", choice("PaddingMethod", "PKCS1V1_5"), choice("PaddingMethod", "OAEP", "HashingAlgorithm", "SHA_384", "MaskGenerator", "MGF1", "MaskGeneratorHashingAlgorithm", "SHA_1")} {
		sealed := octets("Data", bytesOf(t, w.one("1.4", "Encrypt "+rsa+how+data), wire.TagData))
		if got := bytesOf(t, w.one("1.4", "Decrypt "+rsa+how+sealed), wire.TagData); !bytes.Equal(got, plainText) {
			t.Errorf("RSA %s: %q", how, got)
		}
	}
	stranger := w.as("stranger")
	for _, op := range []string{"Encrypt ", "Decrypt ", "Sign ", "MAC "} {
		there, absent := stranger.ask(request("1.4", "", op+id+data)), stranger.ask(request("1.4", "", op+byID(key.ID{1}.String())+data))
		if got := strings.ReplaceAll(xmlOf(t, there), strings.Split(id, `"`)[3], key.ID{1}.String()); got != xmlOf(t, absent) || outcomes(t, absent)[0] != "ItemNotFound: there is no such object" {
			t.Errorf("%s: %s, and of what is not there %s", op, got, xmlOf(t, absent))
		}
	}
}

func TestSignaturesAndMACsVerifyOrDoNot(t *testing.T) {
	w := open(t)
	rsa, ec := w.made(vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048}), w.made(vault.KeySpec{Name: "ec", Algorithm: key.ECDSAP256})
	ed, mac := w.made(vault.KeySpec{Name: "ed", Algorithm: key.Ed25519}), w.made(vault.KeySpec{Name: "mac", Algorithm: key.HMACSHA256})
	data, other := octets("Data", plainText), octets("Data", plainText[1:])
	for _, c := range []struct{ id, how string }{
		{rsa, ""},
		{rsa, choice("PaddingMethod", "PSS", "HashingAlgorithm", "SHA_256", "SaltLength", "222")},
		{rsa, choice("PaddingMethod", "PKCS1V1_5", "HashingAlgorithm", "SHA_512")},
		{rsa, choice("DigitalSignatureAlgorithm", "SHA_384WithRSAEncryption")},
		{ec, ""},
		{ec, choice("DigitalSignatureAlgorithm", "ECDSAWithSHA512")},
		{ed, ""},
		{ed, choice("HashingAlgorithm", "SHA_512")},
	} {
		sig := octets("SignatureData", bytesOf(t, w.one("1.4", "Sign "+c.id+c.how+data), wire.TagSignatureData))
		for text, want := range map[string]wire.ValidityIndicator{data: wire.ValidityIndicatorValid, other: wire.ValidityIndicatorInvalid} {
			got, err := w.one("1.4", "SignatureVerify "+c.id+c.how+text+sig).Find(wire.TagValidityIndicator).Enumeration()
			if err != nil || wire.ValidityIndicator(got) != want {
				t.Errorf("%s: %v, %v, want %v", c.how, wire.ValidityIndicator(got), err, want)
			}
		}
	}
	for _, how := range []string{"", choice("CryptographicAlgorithm", "HMAC_SHA384"), choice("HashingAlgorithm", "SHA_1"), choice("HashingAlgorithm", "SHA3_384"), choice("CryptographicAlgorithm", "HMAC_SHA3_512")} {
		sum := octets("MACData", bytesOf(t, w.one("1.4", "MAC "+mac+how+data), wire.TagMACData))
		for text, want := range map[string]wire.ValidityIndicator{data: wire.ValidityIndicatorValid, other: wire.ValidityIndicatorInvalid} {
			got, err := w.one("1.4", "MACVerify "+mac+how+text+sum).Find(wire.TagValidityIndicator).Enumeration()
			if err != nil || wire.ValidityIndicator(got) != want {
				t.Errorf("%s: %v, %v, want %v", how, wire.ValidityIndicator(got), err, want)
			}
		}
	}
	digest := bytesOf(t, w.one("1.4", hashOf("SHA_256", hex.EncodeToString(plainText))), wire.TagData)
	sig := octets("SignatureData", bytesOf(t, w.one("1.4", "Sign "+rsa+octets("DigestedData", digest)), wire.TagSignatureData))
	if got, err := w.one("1.4", "SignatureVerify "+rsa+data+sig).Find(wire.TagValidityIndicator).Enumeration(); err != nil || wire.ValidityIndicator(got) != wire.ValidityIndicatorValid {
		t.Errorf("of a digest: %v, %v", got, err)
	}
	old := w.one("1.4", "SignatureVerify "+rsa+choice("HashingAlgorithm", "SHA_1")+data+sig)
	if got, err := old.Find(wire.TagValidityIndicator).Enumeration(); err != nil || wire.ValidityIndicator(got) != wire.ValidityIndicatorInvalid {
		t.Errorf("by SHA-1: %v, %v", got, err)
	}
	for item, want := range map[string]string{
		"SignatureVerify " + rsa + data:                               "MissingData: ",
		"MACVerify " + mac + data:                                     "MissingData: ",
		"Sign " + rsa + choice("HashingAlgorithm", "MD5") + data:      "InvalidField: the Hashing Algorithm MD5 is not offered",
		"Sign " + ed + choice("PaddingMethod", "PSS") + data:          "InvalidField: ",
		"MAC " + mac + choice("CryptographicAlgorithm", "DES") + data: "InvalidField: the algorithm DES makes no MAC here",
		"MAC " + rsa + data:                                           "PermissionDenied: ",
		"Sign " + rsa + data + octets("DigestedData", digest):         "InvalidField: ",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", item, got, want)
		}
	}
}

// session is the same door over one connection.
func (w *world) session() (ask func(item string) ttlv.Item, s *kmip.Session) {
	s = w.server.Session()
	return func(item string) ttlv.Item {
		w.t.Helper()
		m, err := ttlv.DecodeXML([]byte(request("1.4", "", item)), ttlv.Limits{})
		if err != nil {
			w.t.Fatal(err)
		}
		e := ttlv.NewEncoder()
		defer e.Release()
		s.Answer(w.t.Context(), w.caller, m.Root().Raw(), e)
		b, err := e.Message()
		if err != nil {
			w.t.Fatal(err)
		}
		m, err = ttlv.Decode(bytes.Clone(b), ttlv.Limits{})
		if err != nil {
			w.t.Fatal(err)
		}
		return items(m.Root())[0]
	}, s
}

// TestPartsStayWithOneVersion: what began under a version that was replaced meanwhile ends with an error, and does not go on under another.
func TestPartsStayWithOneVersion(t *testing.T) {
	w := open(t)
	id := w.made(vault.KeySpec{Name: "k"})
	ask, _ := w.session()
	how := choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5")
	a := ask("Encrypt " + id + how + octets("Data", plainText[:20]) + `<InitIndicator type="Boolean" value="true"/>`).Find(wire.TagResponsePayload)
	if len(bytesOf(t, a, wire.TagData)) != 16 {
		t.Fatalf("the first part gave %s", xmlOf(t, a))
	}
	if _, err := w.f.Vault(0).RotateKey(t.Context(), w.f.Root(), "k"); err != nil {
		t.Fatal(err)
	}
	got := outcome(t, ask("Encrypt "+xmlOf(t, a.Find(wire.TagCorrelationValue))+octets("Data", plainText[20:])+`<FinalIndicator type="Boolean" value="true"/>`))
	if !strings.HasPrefix(got, "PermissionDenied: ") || !strings.Contains(got, "version 1") {
		t.Errorf("got %s", got)
	}
}

func TestDataMayComeInParts(t *testing.T) {
	w := open(t)
	id := w.made(vault.KeySpec{Name: "k"})
	mac := w.made(vault.KeySpec{Name: "mac", Algorithm: key.HMACSHA256})
	const begin, end = `<InitIndicator type="Boolean" value="true"/>`, `<FinalIndicator type="Boolean" value="true"/>`
	ask, s := w.session()
	iv, how := octets("IVCounterNonce", make([]byte, 16)), choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5")
	var sealed []byte // by the parts before the last
	take := func(a ttlv.Item) {
		if d := a.Find(wire.TagResponsePayload).Find(wire.TagData); d.Present() {
			sealed = append(sealed, bytesOf(t, a.Find(wire.TagResponsePayload), wire.TagData)...)
		}
	}
	parts := func(op, first string) ttlv.Item {
		sealed = nil
		a := ask(op + first + octets("Data", plainText[:20]) + begin)
		if got := outcome(t, a); got != "Success" || a.Find(wire.TagResponsePayload).Find(wire.TagData).Present() != (op == "Encrypt ") {
			t.Fatalf("%s: %s %s", op, got, xmlOf(t, a))
		}
		take(a)
		value := xmlOf(t, a.Find(wire.TagResponsePayload).Find(wire.TagCorrelationValue))
		if a = ask(op + value + octets("Data", plainText[20:21])); outcome(t, a) != "Success" {
			t.Fatalf("%s: %s", op, outcome(t, a))
		}
		take(a)
		if a = ask(op + value + octets("Data", plainText[21:]) + end); outcome(t, a) != "Success" {
			t.Fatalf("%s: %s", op, outcome(t, a))
		}
		if got := outcome(t, ask(op+value+octets("Data", nil)+end)); !strings.HasPrefix(got, "ItemNotFound") {
			t.Errorf("%s goes on after its end: %s", op, got)
		}
		return a.Find(wire.TagResponsePayload)
	}
	for _, how := range []string{how, choice("BlockCipherMode", "GCM"), choice("BlockCipherMode", "CFB"), choice("BlockCipherMode", "CTR")} {
		last, want := parts("Encrypt ", id+how+iv), w.one("1.4", "Encrypt "+id+how+iv+octets("Data", plainText))
		if len(sealed) < 16 {
			t.Errorf("%s: the parts before the last gave %d bytes", how, len(sealed))
		}
		if got := append(sealed, bytesOf(t, last, wire.TagData)...); !bytes.Equal(got, bytesOf(t, want, wire.TagData)) {
			t.Errorf("%s: got %x, want %s", how, got, xmlOf(t, want))
		}
		if a, b := last.Find(wire.TagAuthenticatedEncryptionTag), want.Find(wire.TagAuthenticatedEncryptionTag); a.Present() != b.Present() || a.Present() && xmlOf(t, a) != xmlOf(t, b) {
			t.Errorf("%s: the tag of the parts is another than that of the whole", how)
		}
	}
	if got, want := xmlOf(t, parts("MAC ", mac)), xmlOf(t, w.one("1.4", "MAC "+mac+octets("Data", plainText))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// What goes on is another operation's, or another connection's: neither is there.
	value := xmlOf(t, ask("MAC "+mac+octets("Data", nil)+begin).Find(wire.TagResponsePayload).Find(wire.TagCorrelationValue))
	other, _ := w.session()
	for name, got := range map[string]ttlv.Item{"operation": ask("Encrypt " + value + octets("Data", nil)), "connection": other("MAC " + value + octets("Data", nil))} {
		if outcome(t, got) == "Success" {
			t.Errorf("it goes on as another %s's", name)
		}
	}
	for range 40 {
		ask("MAC " + mac + octets("Data", make([]byte, 150_000)) + begin)
	}
	if n, size := s.Held(); n > 16 || size > 4<<20 || n < 8 {
		t.Errorf("a connection holds %d streams of %d bytes", n, size)
	}
	s.End()
	value = xmlOf(t, ask("MAC "+mac+octets("Data", nil)+begin).Find(wire.TagResponsePayload).Find(wire.TagCorrelationValue))
	for i := range 6 {
		got := outcome(t, ask("MAC "+value+octets("Data", make([]byte, 700_000))))
		if (got == "Success") != (i < 5) {
			t.Errorf("part %d of 700,000 bytes: %s", i, got)
		}
	}
	if n, size := s.Held(); n != 0 || size != 0 {
		t.Errorf("after too much a connection holds %d streams of %d bytes", n, size)
	}
	s.End()
	if n, size := s.Held(); n != 0 || size != 0 {
		t.Errorf("after its end a connection holds %d streams of %d bytes", n, size)
	}
}

// TestCCMAndXTSAreThoseOfTheirSpecifications: a key that came in by Register, and the published bytes: example 3 of SP 800-38C, and a data unit of
// XTS under a key of 512 bits, which is two of 256 (compared with another implementation in vault/primitive).
func TestCCMAndXTSAreThoseOfTheirSpecifications(t *testing.T) {
	w := open(t)
	usable := template(integer("Cryptographic Usage Mask", 12), attr("Activation Date", ` type="DateTime" value="2020-01-01T00:00:00Z"/>`))
	registered := func(material string) string {
		got := w.one("1.4", `Register <ObjectType type="Enumeration" value="SymmetricKey"/>`+usable+fmt.Sprintf(`<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/>`+
			`<KeyValue><KeyMaterial type="ByteString" value="%s"/></KeyValue><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="%d"/></KeyBlock></SymmetricKey>`, material, 4*len(material)))
		return byID(idOf(t, got))
	}
	ccm, data := registered("404142434445464748494a4b4c4d4e4f"), `<Data type="ByteString" value="202122232425262728292a2b2c2d2e2f3031323334353637"/>`
	with := choice("BlockCipherMode", "CCM", "TagLength", "8") + `<IVCounterNonce type="ByteString" value="101112131415161718191a1b"/>` +
		`<AuthenticatedEncryptionAdditionalData type="ByteString" value="000102030405060708090a0b0c0d0e0f10111213"/>`
	got := w.one("1.4", "Encrypt "+ccm+with+data)
	if c, tag := bytesOf(t, got, wire.TagData), bytesOf(t, got, wire.TagAuthenticatedEncryptionTag); hex.EncodeToString(c) != "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5" || hex.EncodeToString(tag) != "484392fbc1b09951" {
		t.Errorf("CCM: %x, %x", c, tag)
	}
	const wide = "27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383279502884197169399375105820974944592"
	for _, id := range []string{registered(wide), byID(idOf(t, w.one("1.4", createOf("AES", 512))))} {
		how := choice("BlockCipherMode", "XTS") + `<IVCounterNonce type="ByteString" value="ff000000000000000000000000000000"/>`
		sealed := bytesOf(t, w.one("1.4", "Encrypt "+id+how+octets("Data", plainText)), wire.TagData)
		if plain := bytesOf(t, w.one("1.4", "Decrypt "+id+how+octets("Data", sealed)), wire.TagData); len(sealed) != len(plainText) || !bytes.Equal(plain, plainText) {
			t.Errorf("XTS: %x opens as %q", sealed, plain)
		}
		if got := outcomes(t, w.ask(request("1.4", "", "Encrypt "+id+octets("Data", plainText))))[0]; !strings.HasPrefix(got, "InvalidField: a key of algorithm secret cannot encrypt in block modes") {
			t.Errorf("a key of 512 bits in GCM: %s", got)
		}
		ask, _ := w.session()
		if got := outcome(t, ask("Encrypt "+id+how+octets("Data", plainText)+`<InitIndicator type="Boolean" value="true"/>`)); got != "InvalidField: a data unit of XTS comes whole, not in parts" {
			t.Errorf("in parts: %s", got)
		}
	}
	zeros := make([]byte, 32) // vector 10 of IEEE 1619 begins so
	for i := range zeros {
		zeros[i] = byte(i)
	}
	how := choice("BlockCipherMode", "XTS") + `<IVCounterNonce type="ByteString" value="ff000000000000000000000000000000"/>`
	if c := bytesOf(t, w.one("1.4", "Encrypt "+registered(wide)+how+octets("Data", zeros)), wire.TagData); hex.EncodeToString(c) != "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b" {
		t.Errorf("XTS: %x", c)
	}
}

// TestOtherCiphersComputeAsTheyAreSaidToBe: what comes out goes back in, and a choice that the cipher has not is refused.
func TestOtherCiphersComputeAsTheyAreSaidToBe(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		algorithm string
		bits      int
		how       string
		ok        bool
	}{
		{"ChaCha20Poly1305", 256, "", true},
		{"ChaCha20Poly1305", 256, choice("BlockCipherMode", "AEAD"), true},
		{"ChaCha20Poly1305", 256, choice("BlockCipherMode", "GCM"), false},
		{"ChaCha20", 256, "", true},
		{"ChaCha20", 256, choice("InitialCounterValue", "7"), true},
		{"ChaCha20", 256, choice("BlockCipherMode", "CBC"), false},
		{"DES3", 168, choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5"), true},
		{"DES3", 112, choice("BlockCipherMode", "ECB", "PaddingMethod", "PKCS5"), true},
		{"DES3", 168, choice("BlockCipherMode", "CTR", "IVLength", "64"), true},
		{"DES3", 168, choice("BlockCipherMode", "GCM"), false},
		{"DES3", 168, "", false},
	} {
		id, data := made(t, w, c.algorithm, c.bits, 4|8), octets("Data", plainText)
		r := w.ask(request("1.4", "", "Encrypt "+id+c.how+data))
		if got := outcomes(t, r)[0]; (got == "Success") != c.ok {
			t.Errorf("%s %s: %s", c.algorithm, c.how, got)
			continue
		}
		if !c.ok {
			continue
		}
		out := items(r)[0].Find(wire.TagResponsePayload)
		back := "Decrypt " + id + c.how + octets("Data", bytesOf(t, out, wire.TagData))
		if iv := out.Find(wire.TagIVCounterNonce); iv.Present() {
			back += octets("IVCounterNonce", bytesOf(t, out, wire.TagIVCounterNonce))
		}
		if tag := out.Find(wire.TagAuthenticatedEncryptionTag); tag.Present() {
			back += octets("AuthenticatedEncryptionTag", bytesOf(t, out, wire.TagAuthenticatedEncryptionTag))
		}
		if got := bytesOf(t, w.one("1.4", back), wire.TagData); string(got) != string(plainText) {
			t.Errorf("%s %s: back comes %q", c.algorithm, c.how, got)
		}
	}
}
