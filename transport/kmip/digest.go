package kmip

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// digests remembers what the vault told of versions, whose material never changes, where it is told to everybody who may read the record.
type digests struct {
	mu  sync.Mutex
	sum map[digested][]byte // guarded by mu
}

type digested struct {
	id      key.ID
	version uint32
}

// maxDigests bounds what is remembered; forgetting costs a question.
const maxDigests = 100_000

// digest is that of a record which the caller just read, nil where none is told.
func (x *exchange) digest(r *key.Record) ([]byte, error) {
	if r.Type != key.SymmetricKey && r.Type != key.PrivateKey || r.State.Gone() {
		return nil, nil
	}
	d, at := &x.server.digests, digested{r.ID, r.Latest().Number}
	shared := vault.DigestIsOpen(r)
	d.mu.Lock()
	sum, known := d.sum[at]
	d.mu.Unlock()
	if known && shared {
		return sum, nil
	}
	sum, err := x.server.vault.KeyDigest(x.ctx, x.caller, r.ID.String())
	if errors.Is(err, fault.BadState) { // now: it may be told later, or to others
		return nil, nil
	}
	if err != nil || !shared {
		return sum, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sum == nil || len(d.sum) >= maxDigests {
		d.sum = map[digested][]byte{}
	}
	d.sum[at] = sum
	return sum, nil
}

// withDigest adds the digest to the attributes of a record which the caller just read.
func (x *exchange) withDigest(r *key.Record, all []instance) ([]instance, error) {
	sum, err := x.digest(r)
	if err != nil || sum == nil || slices.ContainsFunc(all, func(a instance) bool { return a.tag == wire.TagDigest }) {
		return all, err
	}
	format := wire.KeyFormatTypeRaw
	if r.Type == key.PrivateKey {
		format = wire.KeyFormatTypePKCS_8
	}
	all = append(all, instance{tag: wire.TagDigest, name: wire.TagDigest.Name(), write: func(e *ttlv.Encoder, t wire.Tag) { writeDigest(e, t, sum, format) }})
	slices.SortStableFunc(all, func(a, b instance) int { return cmp.Compare(place(a.tag), place(b.tag)) })
	return all, nil
}
