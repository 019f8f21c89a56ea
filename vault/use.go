package vault

import (
	"context"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// purpose is what an operation needs of a key's usage mask, and how it is spoken of.
type purpose struct {
	usage key.Usage // one of these bits is needed; 0: the mask has no say, the operation asks something else of the key
	does  string    // "key k does not …"
	doing string    // "key k is not for …"
}

// purposes holds every operation that uses the material of a key. What is not in it cannot be done through use.
var purposes = map[key.Operation]purpose{
	key.ToEncrypt:     {key.Encrypt, "encrypt", "encrypting"},
	key.ToDataKey:     {key.Encrypt, "make data keys", "encrypting"},
	key.ToSign:        {key.Sign, "sign", "signing"},
	key.ToMAC:         {key.MAC, "make MACs", "making MACs"},
	key.ToDerive:      {key.Derive | key.Agree, "derive", "deriving"},
	key.ToDeriveKey:   {key.Derive | key.Agree, "derive", "deriving"},
	key.ToWrap:        {key.Wrap, "wrap", "wrapping"},
	key.ToSealBackup:  {key.Wrap, "seal backups", "wrapping"},
	key.ToEncapsulate: {key.Wrap, "encapsulate", "wrapping"},
	key.ToHaveChild:   {key.Wrap, "get new children", "wrapping"},
	key.ToDecrypt:     {key.Decrypt, "decrypt", "decrypting"},
	key.ToVerify:      {key.Verify, "verify", "verifying"},
	key.ToVerifyMAC:   {key.VerifyMAC, "verify MACs", "verifying MACs"},
	key.ToUnwrap:      {key.Unwrap, "unwrap", "unwrapping"},
	key.ToRestore:     {key.Unwrap, "open backups", "unwrapping"},
	key.ToDecapsulate: {key.Unwrap, "decapsulate", "unwrapping"},
	key.ToOpenChild:   {0, "open its children", ""},
	key.ToReveal:      {0, "give out its material", ""},
	key.ToRevealIdle:  {0, "give out its material", ""},
	key.ToExport:      {0, "leave the vault", ""},
	key.ToBackUp:      {0, "go into a backup", ""},
}

// use is the one way to the cryptography of a key: it says whether version ver of r may do op, and opens it. uses and bytes
// are how often, and for how many bytes, the caller is about to use it. It takes no
// common lock, and asks nobody else unless the key has a usage limit.
func (t *task) use(ctx context.Context, op key.Operation, r *key.Record, ver *key.Version, uses, bytes uint64) (*opened, error) {
	if err := t.mayUse(op, r, ver); err != nil {
		return nil, err
	}
	o, err := t.open(r, ver)
	if err != nil {
		return nil, err
	}
	if err := t.count(ctx, op, r, ver, o, uses, bytes); err != nil {
		return nil, err
	}
	return o, nil
}

// mayTake is use for material that is handed out as it is: it may be, and that counts as one use.
func (t *task) mayTake(ctx context.Context, op key.Operation, r *key.Record, ver *key.Version) error {
	if err := t.mayUse(op, r, ver); err != nil {
		return err
	}
	return t.count(ctx, op, r, ver, t.counted(r, ver, &opened{record: r}), 1, 0)
}

// mayUse is use without opening: states, the lowest version in use, the usage mask, and keys that need a second key.
func (t *task) mayUse(op key.Operation, r *key.Record, ver *key.Version) error {
	p, known := purposes[op]
	if !known {
		return fault.New(fault.Internal, "%q is no use of a key", string(op))
	}
	if err := onLine(r); err != nil {
		return err
	}
	switch r.Permits(ver, op) {
	case key.Allowed:
	case key.ByPolicy:
		if err := t.openCompromised(r, ver); err != nil {
			return err
		}
	default:
		return outOfUse(op, p, r, ver)
	}
	if err := t.inTime(op, p, r); err != nil {
		return err
	}
	if ver.Number < r.MinDecrypt {
		return fault.New(fault.BadState, "key %s no longer uses version %d: the lowest in use is %d", nameOf(r), ver.Number, r.MinDecrypt).
			WithHint("Who may update the key can lower its min_decrypt_version.")
	}
	if p.usage != 0 && r.Usage&p.usage == 0 {
		return t.unfit(p, r)
	}
	if isDual(r) {
		return fault.New(fault.Denied, "key %s opens only with its key-encrypting key", nameOf(r)).
			WithHint("Send the PEM to POST /key of the keas.kmi door.")
	}
	return nil
}

// outOfUse says which state stands in the way.
func outOfUse(op key.Operation, p purpose, r *key.Record, ver *key.Version) error {
	s := ver.State
	if r.State.Permits(op) == key.Refused {
		s = r.State
	}
	err := fault.New(fault.BadState, "key %s version %d is %s: it does not %s", nameOf(r), ver.Number, s, p.does)
	switch s {
	case key.PreActive:
		return err.WithHint("Activate the key first, or wait for its activate_at.")
	case key.Suspended:
		return err.WithHint("Resume it first.")
	case key.Deactivated:
		return err.WithHint("A deactivated key still decrypts, verifies and unwraps; use another one for new data.")
	default:
		return err
	}
}

// unfit says that the usage mask does not allow what is asked, and what to ask for.
func (t *task) unfit(p purpose, r *key.Record) error {
	want := (p.usage & r.Algorithm.Traits().Usage).Names()
	err := fault.New(fault.Denied, "key %s is not for %s", nameOf(r), p.doing)
	if len(want) == 0 {
		return err.WithHint("Keys of algorithm %s are for %s; choose a key of another algorithm.", r.Algorithm, strings.Join(r.Algorithm.Traits().Usage.Names(), ", "))
	}
	return err.WithHint("Make a key whose usage has %q.", want[0])
}

// openCompromised asks whether a policy lets the caller process what a compromised key once protected.
func (t *task) openCompromised(r *key.Record, ver *key.Version) error {
	set, err := t.policies()
	if err != nil {
		return err
	}
	d := set.Decide(t.caller, access.OpenCompromised, access.OfKey(r))
	if !d.Allowed {
		return fault.New(fault.BadState, "key %s version %d is compromised: it opens only where a policy names open-compromised", nameOf(r), ver.Number).
			WithHint("A permit whose scope is action == Action::\"open-compromised\" lets its principal open what this key protected.")
	}
	t.change("compromised", "opened by policy")
	t.entry.Policies = slices.Concat(t.entry.Policies, d.Policies) // decisions are shared: their slices are not written into
	return nil
}

// open makes a version of a record that find gave ready for use, from the cache if it was opened before.
func (t *task) open(r *key.Record, ver *key.Version) (*opened, error) {
	o, err := t.peek(r, ver)
	if err != nil {
		return nil, err
	}
	return t.retain(r, ver, o), nil
}

// peek is open for a version that may not be the one: it is neither counted nor remembered before retain. What is above it is remembered.
func (t *task) peek(r *key.Record, ver *key.Version) (*opened, error) {
	if !r.Parent.IsZero() {
		if err := t.lineage(r, ver); err != nil {
			return nil, err
		}
	}
	if o := t.v.keys.get(r, ver.Number); o != nil {
		return o, nil
	}
	o := &opened{record: r}
	err := t.material(r, ver, func(plain []byte) (err error) {
		o.key, err = openMaterial(r, plain)
		return err
	})
	return o, err
}

// retain remembers what peek gave, unless it came from the cache.
func (t *task) retain(r *key.Record, ver *key.Version, o *opened) *opened {
	if o.uses == nil {
		t.remember(ver.Number, t.counted(r, ver, o))
	}
	return o
}

// remember caches what was opened, unless the node was sealed meanwhile: then nothing opened may stay.
func (t *task) remember(version uint32, o *opened) {
	t.v.keys.put(version, o)
	if t.v.open.Load() != t.keys {
		t.v.keys.purge()
	}
}
