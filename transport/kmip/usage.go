package kmip

import (
	"errors"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// getUsageAllocation is Get Usage Allocation (KMIP 1.4, section 4.18; 2.1, section 6.1.24): it takes uses, or bytes, off the limit of an
// object that the client protects with by itself; as many as it asks for, or none.
func getUsageAllocation(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	item := payload.Find(wire.TagUsageLimitsCount)
	count, err := item.LongInteger()
	if err != nil {
		return err
	}
	if count <= 0 {
		return item.Fail("an allocation is of one or more")
	}
	r, err := x.record(payload)
	if err != nil {
		return err
	}
	if err := present(r); err != nil {
		return err
	}
	if r.UsageLimit == 0 {
		why := wire.ResultReasonAttributeNotFound
		if x.version.Before(wire.V20) {
			why = wire.ResultReasonIllegalOperation
		}
		return because(why, fault.New(fault.Invalid, "the object has no Usage Limits, so there is nothing to allocate"))
	}
	got, err := x.server.vault.ReserveUses(x.ctx, x.caller, r.ID.String(), uint64(count))
	if errors.Is(err, fault.BadState) && x.short(r.ID, uint64(count)) {
		return because(wire.ResultReasonUsageLimitExceeded, fault.Of(err))
	}
	if err != nil {
		return err
	}
	x.done(got.ID, out)
	return nil
}

// short tells whether it is its limit that refuses uses of an object, and not its state, its dates or where it is kept.
func (x *exchange) short(id key.ID, uses uint64) bool {
	c := x.caller
	c.Read = access.Consistency{Mode: access.Linearizable} // whoever refused may have been ahead of this node
	r, err := x.server.vault.Key(x.ctx, c, id.String())
	return err == nil && r.Archived == 0 && r.State.Permits(key.ToReserve) == key.Allowed && r.Shows().UsageLeft < uses
}

// limited refuses to change the Usage Limits of an object that was used under them (KMIP 1.4, section 3.21; 2.1, section 4.60).
func limited(r *key.Record) error {
	if r.UsageLimit > 0 && r.Shows().UsageLeft < r.UsageLimit {
		return because(wire.ResultReasonAttributeReadOnly, fault.New(fault.BadState, "the object was used under its Usage Limits, so they stay as they are"))
	}
	return nil
}
