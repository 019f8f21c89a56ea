package kmip_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestDigestIsThatOfTheMaterial: told again the same, listed, and never of what could be guessed.
func TestDigestIsThatOfTheMaterial(t *testing.T) {
	w := open(t)
	r := w.key("k", true)
	id := r.ID.String()
	var want string
	err := w.f.Vault(0).Reveal(t.Context(), w.f.Root(), id, 0, func(_ *key.Record, _ uint32, material []byte) error {
		sum := sha256.Sum256(material)
		want = strings.ToUpper(hex.EncodeToString(sum[:]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := strings.ToUpper(w.values(id, "Digest")); !strings.Contains(got, want) || !strings.Contains(got, "SHA_256") {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	w.key("k2", true)
	filter := func(sum string) string {
		return attr("Digest", `><HashingAlgorithm type="Enumeration" value="SHA_256"/><DigestValue type="ByteString" value="`+sum+`"/></AttributeValue>`)
	}
	if got := idOf(t, w.one("1.4", "Locate "+filter(want))); got != id {
		t.Errorf("by its digest %q is found, not %s", got, id)
	}
	if got := xmlOf(t, w.one("1.4", "Locate "+filter(strings.Repeat("00", 32)))); strings.Contains(got, "UniqueIdentifier") {
		t.Errorf("a digest of nothing finds %s", got)
	}
	if got := strings.ToUpper(xmlOf(t, w.one("1.4", "Export "+byID(id)))); !strings.Contains(got, want) {
		t.Errorf("the export has no digest: %s", got)
	}
	if list := xmlOf(t, w.one("1.4", "GetAttributeList "+byID(id))); !strings.Contains(list, `"Digest"`) {
		t.Errorf("the list is %s", list)
	}
	secret, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), vault.KeySpec{Name: "s", Algorithm: key.Secret})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.values(secret.ID.String(), "Digest"); got != "" {
		t.Errorf("of a secret: %s", got)
	}
}

// TestADigestIsNoWayToGuess: of a key that came from outside it is told to who may take the key out, and to nobody else afterwards; of one
// that was drawn here to everybody who may read the record; of too short a one not.
func TestADigestIsNoWayToGuess(t *testing.T) {
	w := open(t)
	register := `<ObjectType type="Enumeration" value="SymmetricKey"/>` + template(integer("Cryptographic Usage Mask", 12)) + `<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/>` +
		`<KeyValue>` + bytesXML([]byte("correct horse ba")) + `</KeyValue><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="128"/></KeyBlock></SymmetricKey>`
	create := func(bits int) string {
		return idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(
			enumeration("Cryptographic Algorithm", "HMAC_SHA1"), integer("Cryptographic Length", bits), integer("Cryptographic Usage Mask", 0x180))))
	}
	w.f.Grant("reads", `permit (principal == Certificate::"reads", action == Action::"read", resource);`)
	w.f.Grant("takes", `permit (principal == Certificate::"takes", action in [Action::"read", Action::"reveal"], resource);`)
	for name, c := range map[string]struct {
		id   string
		open bool
	}{
		"registered": {idOf(t, w.one("1.4", "Register "+register)), false}, "drawn": {create(160), true}, "short": {create(112), false},
	} {
		for _, who := range []string{"reads", "takes", "reads"} {
			if got := w.as(who).values(c.id, "Digest") != ""; got != (c.open || who == "takes") {
				t.Errorf("the digest of the %s key is told to who %s: %v", name, who, got)
			}
		}
	}
}
