package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// check is Check (KMIP 1.4, section 4.10; 2.1, section 6.1.8): whether an object may be used as the client means to. What it may not is
// answered as far as it may; nothing is taken from a usage limit.
func check(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	r, err := x.record(payload)
	if err != nil {
		return err
	}
	if err := present(r); err != nil {
		return err
	}
	mask, count := payload.Find(wire.TagCryptographicUsageMask), payload.Find(wire.TagUsageLimitsCount)
	var bits int32
	var uses int64
	if mask.Present() {
		if bits, err = mask.Integer(); err != nil {
			return err
		}
	}
	if count.Present() {
		if uses, err = count.LongInteger(); err != nil {
			return err
		}
		if uses < 0 {
			return count.Fail("it is not negative")
		}
	}
	x.done(r.ID, out)
	if r.UsageLimit > 0 && uint64(uses) > r.Shows().UsageLeft {
		out.LongInteger(wire.TagUsageLimitsCount, int64(r.Shows().UsageLeft))
	}
	if key.Usage(bits)&^r.Usage != 0 {
		out.Integer(wire.TagCryptographicUsageMask, int32(r.Usage))
	}
	if lease := payload.Find(wire.TagLeaseTime); lease.Present() {
		wanted, err := lease.Interval()
		if err != nil {
			return err
		}
		if wanted > leaseTime {
			out.Interval(wire.TagLeaseTime, leaseTime)
		}
	}
	return nil
}

// obtainLease is Obtain Lease (KMIP 1.4, section 4.14; 2.1, section 6.1.32). A lease is advice, and ends nothing. What is out of use gets none.
func obtainLease(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	r, err := x.record(payload)
	if err != nil {
		return err
	}
	if err := present(r); err != nil {
		return err
	}
	if r.State != key.PreActive && r.State != key.Active {
		return fault.New(fault.BadState, "the object is %s: nobody is to begin with it", r.State)
	}
	x.done(r.ID, out)
	out.Interval(wire.TagLeaseTime, leaseTime)
	out.DateTime(wire.TagLastChangeDate, r.Updated.Time())
	return nil
}

// record reads the record of the object that a payload names.
func (x *exchange) record(payload ttlv.Item) (*key.Record, error) {
	id, err := x.object(payload)
	if err != nil {
		return nil, err
	}
	return x.server.vault.Key(x.ctx, x.caller, id)
}

// export is Export (since KMIP 1.4; 2.1, section 6.1.19): the object with all its attributes.
func export(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	r, err := x.record(payload)
	if err != nil {
		return err
	}
	all, err := x.withDigest(r, attributes(r, x.version))
	if err != nil {
		return err
	}
	write := func() {
		for _, a := range all {
			x.writeAttribute(out, a)
		}
	}
	return x.give(payload, out, func() {
		if x.version.Before(wire.V20) {
			write()
		} else {
			out.Structure(wire.TagAttributes, write)
		}
	})
}
