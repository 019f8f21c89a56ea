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
