package vault

import (
	"context"
	"crypto/md5" //nolint:gosec // the names that keas.kmi gave
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A dual key that was made by keas.kmi itself is stored as it lay there: under the MD5 of its key-encrypting key's text,
// which is all that is known of that key, and encrypted to it with PKCS #1 v1.5. Its name tells the two kinds apart: 32
// letters of hex, not 64. No private key of the vault's opens such a ciphertext, so nobody learns anything of one from how
// opening fails.
const (
	legacyDualName = 2 * md5.Size
	leastSealed    = 1024 / 8 // bytes: smaller RSA keys are not used any more
	mostSealed     = 8192 / 8
	kekPassphrase  = "key management facility" // keas.kmi's own; it hides nothing
)

// DualImport is a data key of keas.kmi: the content of a file <name>.dek.
type DualImport struct {
	Name   string // MD5 of the key-encrypting key's text, in hex
	Sealed []byte // the data key, encrypted to the key-encrypting key
}

var opImportDual = newWrite("dual.import", access.Import, importDual)

// ImportDual keeps a data key of keas.kmi, so that its key-encrypting key opens it at the keas.kmi door. Imported again
// it is compared with what is kept: the record if it is the same, fault.Exists if not.
func (v *Vault) ImportDual(ctx context.Context, c access.Caller, in DualImport) (*key.Record, error) {
	return opImportDual.do(ctx, v, c, in)
}

func importDual(ctx context.Context, t *task, in DualImport) (*key.Record, error) {
	if sum, err := hex.DecodeString(in.Name); err != nil || len(sum) != md5.Size || in.Name != strings.ToLower(in.Name) {
		return nil, fault.New(fault.Invalid, "the name of a key of keas.kmi is an MD5 in hex: 32 digits").WithHint("It is what stands before .dek in the file's name.")
	}
	if n := len(in.Sealed); n < leastSealed || n > mostSealed || n%8 != 0 {
		return nil, fault.New(fault.Invalid, "a data key encrypted by RSA has %d to %d bytes, not %d", leastSealed, mostSealed, n).
			WithHint("Give the content of the file as it lies in the directory of keas.kmi.")
	}
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	id, err := key.NewID(t.v.cfg.Random)
	if err != nil {
		return nil, err
	}
	now := t.v.now(t.link.machine.State())
	r := &key.Record{
		ID: id, Name: dualFolder + in.Name, Algorithm: key.Secret, Type: key.SecretData, Usage: key.Derive, State: key.Active, Owner: t.caller.Principal,
		Exportable: true, Origin: key.Imported, Created: now, Updated: now, Revision: 1,
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if there := lookup(t.link.machine.State(), r.Name); there != nil {
		return t.sameDual(there, in.Sealed)
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	material, err := t.keys.wrap(id, 1, in.Sealed)
	if err != nil {
		return nil, err
	}
	r.Versions = []key.Version{{Number: 1, State: key.Active, Material: material, Created: now, Activated: now}}
	return t.create(ctx, r)
}

// sameDual is the record that is there, if it holds what is imported.
func (t *task) sameDual(there *key.Record, sealed []byte) (*key.Record, error) {
	t.entry.Key, t.entry.KeyName = there.ID, there.Name
	if err := t.allow(access.OfKey(there)); err != nil {
		return nil, err
	}
	r, err := t.findDual(there.Name)
	if err != nil {
		return nil, err
	}
	err = t.keys.unwrap(r, r.Latest(), func(kept []byte) error {
		if subtle.ConstantTimeCompare(kept, sealed) != 1 {
			return fault.New(fault.Exists, "another data key is kept under the name %s", nameOf(r)).WithHint("One of the two files is damaged: compare it with a copy.")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// legacyDual is the record of a data key that keas.kmi made, by the text of its key-encrypting key.
func (t *task) legacyDual(kekPEM []byte) (*key.Record, error) {
	sum := md5.Sum(kekPEM) //nolint:gosec // see above
	return t.findDual(dualFolder + hex.EncodeToString(sum[:]))
}

func isLegacyDual(r *key.Record) bool { return len(r.Name) == len(dualFolder)+legacyDualName }

func openLegacyDual(kek *rsa.PrivateKey, sealed []byte) ([]byte, error) {
	dek, err := rsa.DecryptPKCS1v15(nil, kek, sealed) //lint:ignore SA1019 existing data has this form, and whoever sends it has the private key
	if err != nil {
		return nil, fault.New(fault.Invalid, "the data key does not open with this key-encrypting key")
	}
	return dek, nil
}

// plainKEK is a block of PEM without the encryption that keas.kmi gives it. The caller clears it.
func plainKEK(block *pem.Block) ([]byte, error) {
	if block.Headers["DEK-Info"] == "" {
		return block.Bytes, nil
	}
	der, err := x509.DecryptPEMBlock(block, []byte(kekPassphrase)) //lint:ignore SA1019 it protects nothing; existing keys have it
	if err != nil {
		return nil, fmt.Errorf("opening the PEM: %w", err)
	}
	return der, nil
}
