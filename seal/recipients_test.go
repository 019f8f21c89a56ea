package seal_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	agearmor "filippo.io/age/armor"
	"github.com/ProtonMail/go-crypto/openpgp"
	pgparmor "github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

func pgpKey(t *testing.T) (*openpgp.Entity, string) {
	t.Helper()
	e, err := openpgp.NewEntity("Custodian", "", "c@example.org", nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	w, err := pgparmor.Encode(&text, "PGP PUBLIC KEY BLOCK", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Serialize(w); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	return e, text.String()
}

func TestEachShareIsEncryptedToItsCustodian(t *testing.T) {
	c, _, lines := create(t, 3, 3)
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	entity, public := pgpKey(t)
	out, err := seal.EncryptShares(lines, []string{" " + classic.Recipient().String() + "\n", hybrid.Recipient().String(), public})
	if err != nil {
		t.Fatal(err)
	}
	y := ceremony(c)
	var opened *seal.Opened
	for i, text := range out {
		if bytes.Contains(text, lines[i][:20]) || !bytes.HasPrefix(text, []byte("-----BEGIN ")) {
			t.Errorf("share %d is not encrypted, or not armored: %.40s", i+1, text)
		}
		var plain io.Reader
		switch i {
		case 0, 1:
			plain, err = age.Decrypt(agearmor.NewReader(bytes.NewReader(text)), []age.Identity{classic, hybrid}[i])
		case 2:
			block, e := pgparmor.Decode(bytes.NewReader(text))
			if e != nil {
				t.Fatal(e)
			}
			var message *openpgp.MessageDetails
			message, err = openpgp.ReadMessage(block.Body, openpgp.EntityList{entity}, nil, nil)
			if err == nil {
				plain = message.UnverifiedBody
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		line, err := io.ReadAll(plain)
		if err != nil {
			t.Fatal(err)
		}
		if _, opened, err = y.Submit(line); err != nil {
			t.Error(err)
		}
	}
	if opened == nil {
		t.Error("the decrypted shares do not open it")
	}
}

func TestUnusableRecipientsAreNamed(t *testing.T) {
	_, _, lines := create(t, 2, 2)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := id.Recipient().String()
	_, public := pgpKey(t)
	for name, bad := range map[string]string{
		"nothing":      "",
		"private key":  id.String(),
		"typo":         good[:20] + "q" + good[21:] + "q",
		"two age keys": good + "\n" + good,
		"cut PGP key":  public[:len(public)/2],
		"huge":         strings.Repeat("age1", 1<<20),
		"ssh":          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBqkR1cGjM7kZo8m2yJ0oB1m0mVfJc0y5m0m7Yw0y5m0",
	} {
		out, err := seal.EncryptShares(lines, []string{good, bad})
		refused(t, err, fault.Invalid, "recipient 2")
		if out != nil || strings.Contains(fault.Of(err).Message, "AGE-SECRET") {
			t.Errorf("%s: %q", name, out)
		}
	}
	_, err = seal.EncryptShares(lines, []string{good})
	refused(t, err, fault.Invalid, "2 shares and 1 recipients")
	if err := seal.CheckRecipients([]string{good, public}); err != nil {
		t.Error(err)
	}
}
