package vault

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A stored data key is kept here, wrapped under the key it was asked of: an application keeps its id, or its name, and is given
// the key by any node. It is a child like any other: of algorithm secret, exportable, owned by whoever asked for it.

// MaxStored is how many data keys one request may store.
const MaxStored = fsm.MaxCreate

// StoredSpec asks for a data key that is kept.
type StoredSpec struct {
	Bits      int               // 128, 192, 256, 384 or 512; 0: 256
	Name      string            // "": the name of the key above, a slash and the data key's id
	Tags      map[string]string //
	Plaintext bool              // give the key out at once
}

// StoredKey is a data key that was stored.
type StoredKey struct {
	Record    *key.Record
	Plaintext []byte // nil unless asked for; cleared when the callback returns
}

type storeIn struct {
	Ref   string
	Items []StoredSpec
}

var opStoreDataKeys = newWrite("key.datakey-store", access.DataKey, storeDataKeys)

// StoreDataKeys makes data keys under a key and keeps them, all or none. It needs "datakey" on that key and "create" on the
// new ones. No plaintext crosses nodes: the node that was asked opens them itself and lends them to use.
func (v *Vault) StoreDataKeys(ctx context.Context, c access.Caller, ref string, items []StoredSpec, use func([]StoredKey) error) error {
	ids, err := opStoreDataKeys.do(ctx, v, c, storeIn{ref, items})
	if err != nil {
		return err
	}
	t, err := v.begin("key.datakey", access.DataKey, c, false)
	if err != nil {
		return err
	}
	stored, err := t.openStored(ctx, ref, ids, items)
	defer func() {
		for i := range stored {
			clear(stored[i].Plaintext)
		}
	}()
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return err
	}
	return use(stored)
}

// openStored finds what was stored a moment ago, or long ago when the request is repeated, and opens what was asked for in
// plain: what the request made, and no version that came later. Who may not make such keys any more, or one that may no
// longer leave, gets nothing.
func (t *task) openStored(ctx context.Context, ref string, ids []key.ID, items []StoredSpec) ([]StoredKey, error) {
	if _, err := t.read(ctx, ref); err != nil {
		return nil, err
	}
	t.change("items", strconv.Itoa(len(ids)))
	s := t.link.machine.State()
	stored := make([]StoredKey, len(ids))
	for i, id := range ids {
		r := s.Key(id)
		if r == nil {
			return stored, fault.New(fault.NotFound, "the data key %s was stored, and destroyed since", id)
		}
		if err := t.allowed(access.Create, access.OfKey(r)); err != nil {
			return stored, err
		}
		stored[i].Record = public(r)
		if !items[i].Plaintext {
			continue
		}
		ver := r.Version(1)
		if ver == nil || !r.Exportable {
			return stored, fault.New(fault.Denied, "key %s is not exportable", nameOf(r))
		}
		if err := leavesPlain(r); err != nil {
			return stored, err
		}
		if err := errors.Join(t.authentic(r), t.mayUse(key.ToReveal, r, ver)); err != nil {
			return stored, fault.Of(err)
		}
		if err := t.material(r, ver, func(plain []byte) error {
			stored[i].Plaintext = append(make([]byte, 0, len(plain)), plain...)
			return nil
		}); err != nil {
			return stored, err
		}
	}
	return stored, nil
}

func storeDataKeys(ctx context.Context, t *task, in storeIn) ([]key.ID, error) {
	if len(in.Items) == 0 || len(in.Items) > MaxStored {
		return nil, fault.New(fault.Invalid, "1 to %d data keys are stored at a time, not %d", MaxStored, len(in.Items)).
			WithHint("Send more in further requests; what one request stores is stored whole or not at all.")
	}
	p, err := t.find(in.Ref)
	if err != nil {
		return nil, err
	}
	if err := fitParent(p); err != nil {
		return nil, err
	}
	ids := make([]key.ID, len(in.Items))
	for i := range ids {
		ids[i] = t.storedID(i)
	}
	if _, done, err := t.before(); done || err != nil {
		return ids, err
	}
	records, err := t.storedRecords(p, ids, in.Items)
	if err != nil {
		return nil, err
	}
	t.change("items", strconv.Itoa(len(ids)))
	if len(ids) == 1 {
		t.change("id", ids[0].String())
		t.change("name", records[0].Name)
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		err := t.store(ctx, records, in.Items)
		if !again(ctx, records[0], err, try) {
			return ids, err
		}
	}
}

// storedID is the id of the i-th data key of a request: made of the request's own id, so that repeating it finds what it made.
// It is a UUID of version 8 whose first half orders the keys of a request behind one another: they lie together in every index,
// and storing, moving or listing them touches few of its nodes.
func (t *task) storedID(i int) key.ID {
	h := sha256.New()
	h.Write([]byte("quorate stored data key"))
	h.Write(t.request.ID[:])
	place := h.Sum(nil)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(i)))
	id := key.ID(h.Sum(nil)[:16])
	copy(id[:6], place)
	binary.BigEndian.PutUint16(id[6:], 0x8000|uint16(i)) // i < MaxStored, which twelve bits hold
	id[8] = id[8]&0x3f | 0x80
	return id
}

// storedRecords is the data keys without material. Each is asked for at the policies.
func (t *task) storedRecords(p *key.Record, ids []key.ID, items []StoredSpec) ([]*key.Record, error) {
	now, traits := t.v.now(t.link.machine.State()), key.Secret.Traits()
	records := make([]*key.Record, len(ids))
	for i, s := range items {
		if err := checkBits(s.Bits); err != nil {
			return nil, err
		}
		if s.Name == "" {
			s.Name = nameOf(p) + "/" + ids[i].String()
		}
		if err := key.CheckName(s.Name); err != nil {
			return nil, err
		}
		records[i] = &key.Record{
			ID: ids[i], Name: s.Name, Algorithm: key.Secret, Type: traits.Type, Usage: traits.Default(), State: key.Active, Parent: p.ID,
			Exportable: true, Tags: s.Tags, Owner: t.caller.Principal, Created: now, Updated: now, Revision: 1,
			Versions: []key.Version{{Number: 1, State: key.Active, Created: now, Activated: now}},
		}
		if err := t.allowed(access.Create, access.OfKey(records[i])); err != nil {
			return nil, err
		}
		if _, err := t.keys.stamp(records[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// store draws the material of the records and commits them.
func (t *task) store(ctx context.Context, records []*key.Record, items []StoredSpec) error {
	made := make([]*key.Record, len(records))
	for i, r := range records {
		c := *r
		v, err := t.generate(ctx, r, r.Versions[0], items[i].bits())
		if err != nil {
			return err
		}
		c.Versions = []key.Version{v}
		made[i] = &c
	}
	_, err := t.propose(ctx, &fsm.CreateKeys{Records: made})
	return err
}

func (s *StoredSpec) bits() int {
	if s.Bits == 0 {
		return dataKeyBits
	}
	return s.Bits
}

func checkBits(bits int) error {
	switch bits {
	case 0, 128, 192, 256, 384, 512:
		return nil
	default:
		return fault.New(fault.Invalid, "a data key has 128, 192, 256, 384 or 512 bits, not %d", bits)
	}
}
