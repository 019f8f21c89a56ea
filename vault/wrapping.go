package vault

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Names below ownFolder are the vault's own: nobody makes, imports, restores or renames a key into it.
const (
	ownFolder      = "quorate/"
	wrappingFolder = ownFolder + "wrapping/"
	ownOwner       = "self"
)

// wrappingAlgorithms are those of the key pairs to which outsiders wrap what they import.
var wrappingAlgorithms = []key.Algorithm{key.RSA4096, key.X25519, key.MLKEM768P256, key.MLKEM768X25519}

// notOwn refuses names that are the vault's own.
func notOwn(name string) error {
	if !strings.HasPrefix(name, ownFolder) {
		return nil
	}
	return fault.New(fault.Invalid, "names below %s are the cluster's own", ownFolder).WithHint("Choose another name.")
}

// notWrapping refuses to lend what the vault's own wrapping keys unwrap: they only import. So who may import with one cannot read
// what somebody else wrapped to it.
func notWrapping(r *key.Record) error {
	if !strings.HasPrefix(r.Name, wrappingFolder) {
		return nil
	}
	return fault.New(fault.Denied, "key %s unwraps imports only", nameOf(r)).WithHint("POST /v1/keys/import takes what was wrapped to it.")
}

// WrappingKey is the public half of one of the vault's own key pairs.
type WrappingKey struct {
	Record      *key.Record
	Version     uint32
	Scheme      string // in which to wrap to it, as an import names it
	PEM         []byte // SubjectPublicKeyInfo
	Raw         []byte // as HPKE has it; nil for RSA
	Fingerprint string // SHA-256 of the SubjectPublicKeyInfo, hex
}

type wrappingIn struct{ Algorithm key.Algorithm }

// The same name in both: to the caller it is one operation, which writes when it is the first.
var opWrappingKey = newWrite("wrapping-key", access.Read, makeWrappingKey)

// WrappingKey gives the vault's own key pair of an algorithm (0: x25519), to which keys are wrapped for import. The first who asks has it made.
func (v *Vault) WrappingKey(ctx context.Context, c access.Caller, a key.Algorithm) (*WrappingKey, error) {
	if a == 0 {
		a = key.X25519
	}
	var r *key.Record
	var err error
	if s := v.state(); s == nil || s.KeyByName(wrappingName(a)) == nil {
		r, err = opWrappingKey.do(ctx, v, c, wrappingIn{a})
	} else {
		r, err = v.readWrappingKey(ctx, c, a)
	}
	if err != nil {
		return nil, err
	}
	return wrappingKeyOf(r)
}

func (v *Vault) readWrappingKey(ctx context.Context, c access.Caller, a key.Algorithm) (*key.Record, error) {
	t, err := v.begin(opWrappingKey.name, access.Read, c, false)
	if err != nil {
		return nil, err
	}
	r, err := t.read(ctx, wrappingName(a))
	if err := t.done(err); err != nil {
		return nil, err
	}
	return public(r), nil
}

func wrappingName(a key.Algorithm) string { return wrappingFolder + a.String() }

func wrappingKeyOf(r *key.Record) (*WrappingKey, error) {
	ver := r.Latest()
	w := &WrappingKey{Record: r, Version: ver.Number, Scheme: string(envelope.SchemeFor(r.Algorithm)), Fingerprint: envelope.Fingerprint(ver.Public)}
	var err error
	if w.PEM, err = envelope.WritePublic(r.Algorithm, ver.Public, envelope.PEM); err != nil {
		return nil, err
	}
	if r.Algorithm != key.RSA4096 {
		w.Raw, err = envelope.WritePublic(r.Algorithm, ver.Public, envelope.Raw)
	}
	return w, err
}

func makeWrappingKey(ctx context.Context, t *task, in wrappingIn) (*key.Record, error) {
	name := wrappingName(in.Algorithm)
	if r := t.link.machine.State().KeyByName(name); r != nil {
		return t.ownKey(name)
	}
	r, err := recordOf(t, KeySpec{Name: "new", Algorithm: in.Algorithm})
	if err != nil {
		return nil, err
	}
	r.Name, r.Owner, r.Usage = name, ownOwner, key.Unwrap
	t.entry.KeyName = name
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if !slices.Contains(wrappingAlgorithms, in.Algorithm) {
		return nil, noWrappingKey(in.Algorithm.String())
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	material, public, err := t.drawMaterial(ctx, in.Algorithm, 0)
	if err != nil {
		return nil, err
	}
	defer clear(material)
	if err := t.keep(r, &r.Versions[0], material, public); err != nil {
		return nil, err
	}
	made, err := t.create(ctx, r)
	if errors.Is(err, fault.Exists) { // somebody was faster; the name decides whose it is
		return t.ownKey(name)
	}
	return made, err
}

// ownKey is one of the vault's own keys as it stands, for who may read it.
func (t *task) ownKey(name string) (*key.Record, error) {
	r, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return t.result(fsm.Outcome{Result: fsm.Result{Object: r.ID, Version: r.Latest().Number}})
}

// keep seals material that came from elsewhere than generate into a version of a record that is being made.
func (t *task) keep(r *key.Record, ver *key.Version, material, public []byte) (err error) {
	ver.Material, err = t.keys.wrap(r.ID, ver.Number, material)
	ver.Public = public
	return err
}

// ParseWrappingAlgorithm reads the name of an algorithm that the cluster has a wrapping key of.
func ParseWrappingAlgorithm(name string) (key.Algorithm, error) {
	for _, a := range wrappingAlgorithms {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, noWrappingKey(clip(name))
}

// WrappingAlgorithms are the names of those algorithms.
func WrappingAlgorithms() (names []string) {
	for _, w := range wrappingAlgorithms {
		names = append(names, w.String())
	}
	return names
}

func noWrappingKey(algorithm string) error {
	return fault.New(fault.Invalid, "the cluster has no wrapping key of algorithm %s", algorithm).WithHint("Choose %s.", strings.Join(WrappingAlgorithms(), ", "))
}
