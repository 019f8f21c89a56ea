package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ImportSpec brings a key in from outside, wrapped to a key of the vault. It crosses nodes as it came.
type ImportSpec struct {
	Key         KeySpec // its Algorithm has no default here
	Wrapped     Wrapped
	Format      string // of what is wrapped; "": as it is recognised
	CheckValue  string // "": none to compare with
	Certificate []byte // PEM or DER, with the algorithm x509: nothing is wrapped then
	Of          string // with Certificate: name or id of the key to which it belongs; "": none in this vault
	IfMatch     uint64 // of a further version: the revision that the key must have; 0: any
}

// Wrapped is a key wrapped to one of the vault's keys.
type Wrapped struct {
	Bytes   []byte
	Key     string // name or id of the vault's key; "": its own for the scheme
	Version uint32 // of that key; 0: the latest
	Scheme  string // "": what keys of its algorithm have
}

type importVersionIn struct {
	Ref    string
	Import ImportSpec
}

var (
	opImportKey     = newWrite("key.import", access.Import, importKey)
	opImportVersion = newWrite("key.import-version", access.Import, importVersion)
)

// ImportKey makes a key of material that was wrapped outside to a key of this vault. It is unwrapped on the leader and crosses no node
// link in plain. Whoever imports may unwrap with the wrapping key. fault.Exists if the name is taken, fault.Invalid for what does not
// unwrap, is no sound key of the algorithm, or has another check value: nothing is written then.
func (v *Vault) ImportKey(ctx context.Context, c access.Caller, s ImportSpec) (*key.Record, error) {
	return opImportKey.do(ctx, v, c, s)
}

// ImportVersion gives a key that was imported its next version, from outside like the first. Only Wrapped, Format, CheckValue and IfMatch count.
func (v *Vault) ImportVersion(ctx context.Context, c access.Caller, ref string, s ImportSpec) (*key.Record, error) {
	return opImportVersion.do(ctx, v, c, importVersionIn{ref, s})
}

func importKey(ctx context.Context, t *task, in ImportSpec) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	r, err := importedRecord(t, in)
	if err != nil {
		return nil, err
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if err := t.putUnder(in.Key.Parent, r); err != nil {
		return nil, err
	}
	if r.Algorithm == key.X509 {
		return importCertificate(ctx, t, r, in)
	}
	w, err := t.wrappingKey(in.Wrapped)
	if err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	material, public, err := t.imported(ctx, w, r.Algorithm, in)
	if err != nil {
		return nil, err
	}
	defer clear(material)
	return t.createImported(ctx, r, material, public, in.CheckValue)
}

// createImported commits a record with what was imported as its first version.
func (t *task) createImported(ctx context.Context, r *key.Record, material, public []byte, check string) (*key.Record, error) {
	for try := 0; ; try++ {
		r = r.Clone() // what was proposed is not changed any more
		if err := t.keepImported(ctx, r, &r.Versions[0], material, public, check); err != nil {
			return nil, err
		}
		made, err := t.create(ctx, r)
		if !again(ctx, r, err, try) {
			return made, err
		}
	}
}

// importedRecord is the record as it will be, without material.
func importedRecord(t *task, in ImportSpec) (*key.Record, error) {
	if in.Key.Algorithm == 0 {
		return nil, fault.New(fault.Invalid, "an import names the algorithm of the key").WithHint("Algorithms: %s.", strings.Join(key.AlgorithmNames(), ", "))
	}
	if certificate := in.Key.Algorithm == key.X509; certificate != (len(in.Certificate) > 0) || certificate == (len(in.Wrapped.Bytes) > 0) || in.Of != "" && !certificate {
		return nil, fault.New(fault.Invalid, "an import has wrapped_material, or with the algorithm x509 a certificate, and only that a key to which it belongs")
	}
	r, err := recordOf(t, in.Key)
	if err != nil {
		return nil, err
	}
	r.Origin = key.Imported
	return r, nil
}

// recordOf is newRecord for a key that is not generated from the spec: of any algorithm.
func recordOf(t *task, s KeySpec) (*key.Record, error) {
	a, usage := s.Algorithm, s.Usage
	traits := a.Traits()
	if traits.Name == "" {
		return nil, fault.New(fault.Invalid, "there is no algorithm of number %d", a)
	}
	if extra := usage &^ traits.Usage; extra != 0 && s.Type == 0 {
		return nil, fault.New(fault.Invalid, "a key of algorithm %s cannot be used to %s", a, strings.Join(extra.Names(), " or ")).
			WithHint("Such keys are for %s.", strings.Join(traits.Usage.Names(), ", "))
	}
	if usage == 0 {
		usage = traits.Default()
	}
	if err := generatable(a, 0); err != nil && (s.RotateEvery != 0 || s.RotateUses != 0 || s.RotateBytes != 0) {
		return nil, fault.New(fault.Invalid, "%s objects are not rotated: nothing here could make the next version", a).WithHint("Leave rotate_every, rotate_after_uses and rotate_after_bytes away.")
	}
	if err := fitType(a, s.Type); err != nil {
		return nil, err
	}
	if s.Type != 0 {
		traits.Type, s.Type = s.Type, 0
	}
	s.Algorithm, s.Usage = key.AES256GCM, 0 // one that can always be made
	r, err := draftRecord(t, s)
	if err != nil {
		return nil, err
	}
	r.Algorithm, r.Type, r.Usage = a, traits.Type, usage
	return r, t.nameByFirst(r)
}

func importVersion(ctx context.Context, t *task, in importVersionIn) (*key.Record, error) {
	return t.amend(ctx, in.Ref, in.Import.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if r.Origin != key.Imported || r.Algorithm == key.X509 {
			return nil, fault.New(fault.BadState, "key %s was not imported: its versions are made here", nameOf(r)).WithHint("Rotate it, or import the material as a key of its own.")
		}
		if len(in.Import.Wrapped.Bytes) == 0 {
			return nil, fault.New(fault.Invalid, "there is no wrapped_material to import")
		}
		if err := onLine(r); err != nil {
			return nil, err
		}
		if r.State.Permits(key.ToAddVersion) != key.Allowed {
			return nil, fault.New(fault.BadState, "key %s is %s: only an active key gets new versions", nameOf(r), r.State)
		}
		w, err := t.wrappingKey(in.Import.Wrapped)
		if err != nil {
			return nil, err
		}
		material, public, err := t.imported(ctx, w, r.Algorithm, in.Import)
		if err != nil {
			return nil, err
		}
		defer clear(material)
		cmd := &fsm.RotateKey{Change: ch, Version: key.Version{Number: r.Latest().Number + 1, State: key.Active, Created: ch.Updated, Activated: ch.Updated}}
		if r.RotateEvery > 0 {
			cmd.NextRotate = nextRotation(ch.Updated, r.RotateEvery, r.ID, cmd.Version.Number)
		}
		return cmd, t.keepImported(ctx, r, &cmd.Version, material, public, in.Import.CheckValue)
	})
}

// keepImported compares the check value and seals the material into ver, under the parent of r if it has one.
func (t *task) keepImported(ctx context.Context, r *key.Record, ver *key.Version, material, public []byte, given string) error {
	check, err := envelope.CheckValue(r.Algorithm, material, public)
	if err != nil {
		return err
	}
	if given != "" {
		if err := envelope.SameCheck(given, check); err != nil {
			return err
		}
	}
	if ver.Check, err = hex.DecodeString(check); err != nil {
		return err
	}
	ver.Public = public
	ver.Material, err = t.wrap(ctx, r, ver.Number, material)
	return err
}

// unwrapper is a key of the vault that is about to unwrap something.
type unwrapper struct {
	record  *key.Record
	version *key.Version
	scheme  envelope.Scheme
}

// wrappingKey finds the key with which w is wrapped, for who may unwrap with it.
func (t *task) wrappingKey(w Wrapped) (*unwrapper, error) {
	ref := w.Key
	if ref == "" {
		name := strings.TrimPrefix(w.Scheme, string(envelope.HPKE)+"-")
		switch {
		case strings.HasPrefix(w.Scheme, "rsa-"):
			name = key.RSA4096.String()
		case w.Scheme == string(envelope.HPKE):
			name = key.X25519.String()
		case name == w.Scheme && w.Scheme != "" && w.Scheme != string(envelope.KWP):
			return nil, fault.New(fault.Invalid, "there is no scheme %q", clip(w.Scheme)).
				WithHint("Schemes are %s, %s, %s, %s and hpke-… with the wrapping key's algorithm.", envelope.RSAKWP, envelope.RSASHA1KWP, envelope.RSAOAEP, envelope.KWP)
		case name == w.Scheme:
			return nil, fault.New(fault.Invalid, "the import does not say which key it is wrapped with").
				WithHint("Give wrapping.key (--wrapping-key); or wrapping.scheme (--scheme), %s or hpke-…, for the cluster's own wrapping keys (GET /v1/wrapping-key).", envelope.RSAKWP)
		}
		ref = wrappingFolder + name
	}
	r, err := t.findAlso(access.Unwrap, ref)
	if err != nil {
		return nil, err
	}
	ver := r.Version(w.Version)
	if ver == nil {
		return nil, noVersion(r, w.Version)
	}
	t.change("wrapping-key", nameOf(r))
	t.change("wrapping-version", number(ver.Number))
	scheme, err := envelope.CheckScheme(w.Scheme, r.Algorithm)
	return &unwrapper{r, ver, scheme}, err
}

// imported unwraps and reads what came. The caller clears material.
func (t *task) imported(ctx context.Context, w *unwrapper, a key.Algorithm, in ImportSpec) (material, public []byte, err error) {
	format, err := envelope.ParseFormat(in.Format)
	if err != nil {
		return nil, nil, err
	}
	plain, err := t.unwrapWith(ctx, w, in.Wrapped.Bytes)
	if err != nil {
		return nil, nil, err
	}
	defer clear(plain)
	return envelope.Parse(a, plain, format)
}

// unwrapWith unwraps with a key of the vault. The caller clears the result.
func (t *task) unwrapWith(ctx context.Context, w *unwrapper, wrapped []byte) (plain []byte, err error) {
	o, err := t.use(ctx, key.ToUnwrap, w.record, w.version, 1, uint64(len(wrapped)))
	if err != nil {
		return nil, err
	}
	switch w.scheme {
	case envelope.RSAOAEP:
		plain, err = o.key.Open(wrapped, nil)
	case envelope.RSASHA1KWP:
		err = t.material(w.record, w.version, func(m []byte) (err error) {
			plain, err = envelope.UnwrapSHA1(m, wrapped)
			return err
		})
	default:
		plain, err = o.key.Unwrap(wrapped, nil)
	}
	if errors.Is(err, fault.Invalid) {
		return nil, fault.New(fault.Invalid, "it does not unwrap with version %d of key %s by %s", w.version.Number, nameOf(w.record), w.scheme).
			WithHint("It was altered, or wrapped to another key or version, or in another scheme. Ask for the wrapping key again, and name its version.")
	}
	return plain, err
}

// findAlso finds a second key that the operation needs for another action than its own, and asks the policies about that.
func (t *task) findAlso(a access.Action, ref string) (*key.Record, error) {
	r := lookup(t.link.machine.State(), ref)
	if r == nil {
		if err := t.alsoAllow(a, &key.Record{Name: ref}); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.NotFound, "there is no key %q", clip(ref))
	}
	t.saw(r)
	if err := t.alsoAllow(a, r); err != nil {
		return nil, err
	}
	return r, t.authentic(r)
}

// alsoAllow asks the policies for a second action; the audit log keeps the statements of both.
func (t *task) alsoAllow(a access.Action, r *key.Record) error {
	own, before := t.action, t.entry.Policies
	defer func() { t.action = own }()
	t.action = a
	err := t.allow(access.OfKey(r))
	t.entry.Policies = append(before[:len(before):len(before)], t.entry.Policies...)
	return err
}
