package vault

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A dual key is a data key that needs two to open: it is encrypted to the client's key-encrypting key, which the
// vault never keeps, and that is wrapped by the keyring, which the client never has (the model of keas.kmi).
const (
	dualFolder = "keas/"
	dualBytes  = 128 // as keas.kmi has it
	dualLabel  = "quorate dual key"
)

func isDual(r *key.Record) bool { return strings.HasPrefix(r.Name, dualFolder) }

type dualIn struct{ KEK []byte }

var opCreateDual = newWrite("dual.create", access.Create, createDual)

// CreateDual makes a data key that opens only with a key-encrypting key that the vault never keeps: kek is its RSA
// public half (PKIX DER).
func (v *Vault) CreateDual(ctx context.Context, c access.Caller, kek []byte) (*key.Record, error) {
	return opCreateDual.do(ctx, v, c, dualIn{kek})
}

func createDual(ctx context.Context, t *task, in dualIn) (*key.Record, error) {
	parsed, err := x509.ParsePKIXPublicKey(in.KEK)
	pub, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok || pub.N.BitLen() < 2048 || pub.N.BitLen() > 8192 {
		return nil, fault.New(fault.Invalid, "the key-encrypting key must be RSA of 2048 to 8192 bits")
	}
	id, err := key.NewID(t.v.cfg.Random)
	if err != nil {
		return nil, err
	}
	now := t.v.now(t.link.machine.State())
	r := &key.Record{
		ID: id, Name: dualName(in.KEK), Algorithm: key.Secret, Type: key.SecretData, Usage: key.Derive, State: key.Active, Owner: t.caller.Principal,
		Exportable: true, Created: now, Updated: now, Revision: 1,
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	dek := make([]byte, dualBytes)
	defer clear(dek)
	if _, err := io.ReadFull(t.v.cfg.Random, dek); err != nil {
		return nil, fmt.Errorf("drawing a data key: %w", err)
	}
	toClient, err := rsa.EncryptOAEP(sha256.New(), t.v.cfg.Random, pub, dek, []byte(dualLabel))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the key-encrypting key is no sound RSA key")
	}
	material, err := t.keys.wrap(id, 1, toClient)
	if err != nil {
		return nil, err
	}
	r.Versions = []key.Version{{Number: 1, State: key.Active, Material: material, Created: now, Activated: now}}
	return t.create(ctx, r)
}

func dualName(kek []byte) string {
	sum := sha256.Sum256(kek)
	return dualFolder + hex.EncodeToString(sum[:])
}

// OpenDual lends the data key that belongs to the private key-encrypting key in PEM. fault.NotFound if there is none.
// The private key is used here and kept nowhere.
func (v *Vault) OpenDual(ctx context.Context, c access.Caller, kekPEM []byte, use func(dek []byte) error) error {
	t, err := v.begin("dual.open", access.Reveal, c, false)
	if err != nil {
		return err
	}
	dek, err := t.openDual(ctx, kekPEM)
	defer clear(dek)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return err
	}
	return use(dek)
}

func (t *task) openDual(ctx context.Context, kekPEM []byte) ([]byte, error) {
	if err := t.fresh(ctx); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(kekPEM)
	if e := t.v.dual.get(sum); e != nil {
		r, err := t.findDual(e.record.Name)
		if err != nil {
			return nil, err
		}
		if r == e.record {
			return append([]byte(nil), e.dek...), nil
		}
	}
	kek, err := parseKEK(kekPEM)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(&kek.PublicKey)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the key-encrypting key cannot be used")
	}
	r, err := t.findDual(dualName(public))
	if errors.Is(err, fault.NotFound) {
		r, err = t.legacyDual(kekPEM)
	}
	if err != nil {
		return nil, err
	}
	var dek []byte
	err = t.keys.unwrap(r, r.Latest(), func(toClient []byte) (err error) {
		if isLegacyDual(r) {
			dek, err = openLegacyDual(kek, toClient)
			return err
		}
		opened, err := rsa.DecryptOAEP(sha256.New(), nil, kek, toClient, []byte(dualLabel))
		if err != nil {
			return fault.New(fault.Invalid, "the data key does not open with this key-encrypting key")
		}
		dek = opened
		return nil
	})
	if err != nil {
		return nil, err
	}
	t.v.dual.put(sum, &dualEntry{record: r, dek: append([]byte(nil), dek...)})
	if t.v.open.Load() != t.keys {
		t.v.dual.purge()
	}
	return dek, nil
}

func (t *task) findDual(name string) (*key.Record, error) {
	r, err := t.find(name)
	if err != nil {
		return nil, err
	}
	ver, err := t.version(r, 0)
	if err != nil {
		return nil, err
	}
	if r.State != key.Active || ver.State != key.Active {
		return nil, fault.New(fault.BadState, "the data key is %s", worse(r.State, ver.State))
	}
	if err := onLine(r); err != nil {
		return nil, err
	}
	return r, leavesPlain(r)
}

// maxKEK is what an RSA key of 8192 bits takes in DER, with room for PKCS #8 and padding; no key-encrypting key is larger. The door takes PEM
// from whoever reaches it, and reading a key takes time that grows with more than the square of its length: 0.6 s for one of 60,000 bits.
const maxKEK = 5 << 10

func parseKEK(text []byte) (*rsa.PrivateKey, error) {
	bad := fault.New(fault.NotFound, "that is no key-encrypting key of this vault").
		WithHint("Send the PEM exactly as POST /new gave it.")
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, bad
	}
	defer clear(block.Bytes)
	if len(block.Bytes) > maxKEK {
		return nil, bad
	}
	der, err := plainKEK(block)
	if err != nil {
		return nil, bad
	}
	defer clear(der)
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if rk, ok := k.(*rsa.PrivateKey); ok && err == nil {
		return rk, nil
	}
	return nil, bad
}

// CountDual counts such keys.
func (v *Vault) CountDual(ctx context.Context, c access.Caller) (int, error) {
	t, err := v.begin("dual.count", access.List, c, false)
	if err != nil {
		return 0, err
	}
	if err := t.done(t.inspect(ctx)); err != nil {
		return 0, err
	}
	return t.link.machine.State().CountPrefix(dualFolder), nil
}

// worse is the state that stands in the way: the key's, or the version's where that allows less than the key's.
func worse(k, v key.State) key.State {
	if k == key.Active || k.Processes() && !v.Processes() {
		return v
	}
	return k
}
