package kmip

import (
	"cmp"
	"math"
	"math/big"
	"time"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// adjustAttribute is Adjust Attribute (KMIP 2.1, section 6.1.4): more or less of a number, or the other of two.
func adjustAttribute(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	g := given{index: -1}
	var err error
	item := payload.Find(wire.TagAttributeReference)
	if !item.Present() {
		return item.Fail("the attribute is not named")
	}
	if g.tag, g.name, err = referred(item); err != nil {
		return err
	}
	how, err := payload.Find(wire.TagAdjustmentType).Enumeration()
	if err != nil {
		return err
	}
	return x.edit(payload, out, g, attribute.Modify, func(rule attribute.Rule, now []attribute.Value) ([]attribute.Value, attribute.Value, error) {
		switch {
		case len(now) == 0:
			return nil, attribute.Value{}, noAttribute(g)
		case len(now) > 1 || g.tag != 0 && rule.Has(attribute.Many):
			return nil, attribute.Value{}, because(wire.ResultReasonMultiValuedAttribute, fault.New(fault.Invalid, "the attribute %s can have many values; modify one", g.name))
		}
		b, err := adjusted(now[0].Item, wire.AdjustmentType(how), payload.Find(wire.TagAdjustmentValue))
		if err != nil {
			return nil, attribute.Value{}, err
		}
		next := attribute.Decode(b)
		return next, next[0], nil
	})
}

// adjusted is a value made more, less, or the other of two. by is how much, 1 if it is not there.
func adjusted(v ttlv.Item, how wire.AdjustmentType, by ttlv.Item) ([]byte, error) {
	var e ttlv.Encoder
	if v.Type() == ttlv.Boolean {
		was, err := v.Boolean()
		if err != nil || how != wire.AdjustmentTypeNegate {
			return nil, cmp.Or[error](err, v.Fail("a Boolean can be negated only"))
		}
		e.Boolean(v.Tag(), !was)
		return e.Message()
	}
	old, err := number(v)
	if err != nil {
		return nil, err
	}
	step := big.NewInt(1)
	if by.Present() {
		if step, err = number(by); err != nil {
			return nil, err
		}
	}
	n := new(big.Int)
	switch how {
	case wire.AdjustmentTypeIncrement:
		n.Add(old, step)
	case wire.AdjustmentTypeDecrement:
		n.Sub(old, step)
	case wire.AdjustmentTypeNegate:
		n.Neg(old)
	default:
		return nil, v.Fail("it cannot be adjusted like that")
	}
	if !writeNumber(&e, v, n) {
		return nil, because(wire.ResultReasonNumericRange, fault.New(fault.Invalid, "the result does not fit the type %v", v.Type()))
	}
	return e.Message()
}

// number is the value of whatever counts: numbers, dates and intervals in seconds.
func number(v ttlv.Item) (*big.Int, error) {
	switch v.Type() {
	case ttlv.Integer:
		n, err := v.Integer()
		return big.NewInt(int64(n)), err
	case ttlv.LongInteger:
		n, err := v.LongInteger()
		return big.NewInt(n), err
	case ttlv.BigInteger:
		return v.BigInteger()
	case ttlv.Interval:
		n, err := v.Interval()
		return big.NewInt(int64(n / time.Second)), err
	case ttlv.DateTime:
		n, err := v.Time()
		return big.NewInt(n.Unix()), err
	}
	return nil, v.Fail("a value of type %v cannot be adjusted", v.Type())
}

// writeNumber writes n as a value of the type of v, false if it does not fit.
func writeNumber(e *ttlv.Encoder, v ttlv.Item, n *big.Int) bool {
	fits := n.IsInt64()
	switch v.Type() {
	case ttlv.Integer:
		if fits = fits && n.Int64() == int64(int32(n.Int64())); fits {
			e.Integer(v.Tag(), int32(n.Int64()))
		}
	case ttlv.LongInteger:
		if fits {
			e.LongInteger(v.Tag(), n.Int64())
		}
	case ttlv.BigInteger:
		e.BigInteger(v.Tag(), n)
		return true
	case ttlv.Interval:
		if fits = fits && n.Sign() >= 0 && n.Int64() <= math.MaxUint32; fits {
			e.Interval(v.Tag(), time.Duration(n.Int64())*time.Second)
		}
	case ttlv.DateTime:
		if fits {
			e.DateTime(v.Tag(), time.Unix(n.Int64(), 0))
		}
	}
	return fits
}
