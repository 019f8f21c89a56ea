package kmip

import (
	"encoding/binary"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// ofIV are the Cryptographic Parameters that say how an IV, nonce or counter block is made (KMIP 1.4, section 3.6; 2.1, section 4.14).
var ofIV = []wire.Tag{
	wire.TagRandomIV, wire.TagIVLength, wire.TagFixedFieldLength, wire.TagInvocationFieldLength, wire.TagCounterLength, wire.TagInitialCounterValue,
}

// drawn is how many bytes an IV has that is drawn here. Modes that are not named have no IV.
var drawn = map[string]int{"": 12, "gcm": 12, "ccm": 12, "cbc": 16, "cfb": 16, "ofb": 16, "ctr": 16, "xts": 16, "chacha20": 12, "3des-cbc": 8, "3des-cfb": 8, "3des-ofb": 8, "3des-ctr": 8}

// checkIV refuses parameters of the IV that are not kept to: what is done does not depend on them, so they have to say what is done.
func (p *parcel) checkIV(parameters ttlv.Item, r *key.Record, mode string) error {
	given := map[wire.Tag]int{}
	for _, t := range ofIV {
		item := parameters.Find(t)
		if !item.Present() || t == wire.TagRandomIV {
			continue
		}
		n, err := item.Integer()
		if err != nil {
			return err
		}
		if n < 0 || n == 0 && t != wire.TagInitialCounterValue {
			return item.Fail("it must be positive")
		}
		given[t] = int(n)
	}
	if mode == "chacha20" && len(p.iv) != 16 { // it begins there, unless the IV says where
		delete(given, wire.TagInitialCounterValue)
	}
	random, err := p.randomIV(parameters)
	if err != nil {
		return err
	}
	if p.op != wire.OperationEncrypt && p.op != wire.OperationDecrypt || len(given) == 0 && random == nil {
		return nil
	}
	if _, has := drawn[mode]; r.Type != key.SymmetricKey || !has {
		if len(given) > 0 || *random {
			return unsupported("the parameters say how an IV is made, and this is done without one: leave out Random IV, IV Length and what there is of fields and counters")
		}
		return nil
	}
	if random != nil && !*random && len(p.iv) == 0 {
		return unsupported("Random IV is false, and no IV is sent: send it as IV/Counter/Nonce, or leave Random IV out to have one drawn")
	}
	return p.keepsTo(given, mode)
}

// randomIV is whether the server is to draw the IV; nil where that is not said. One that is sent is used, whatever is said.
func (p *parcel) randomIV(parameters ttlv.Item) (*bool, error) {
	item := parameters.Find(wire.TagRandomIV)
	if !item.Present() {
		return nil, nil
	}
	v, err := item.Boolean()
	return &v, err
}

// keepsTo tells whether the IV is as the parameters have it. Lengths count bits; bytes are taken for an IV as they cannot be mistaken.
func (p *parcel) keepsTo(given map[wire.Tag]int, mode string) error {
	size := len(p.iv)
	if size == 0 {
		size = drawn[mode]
	}
	if n, ok := given[wire.TagIVLength]; ok && n != 8*size && n != size {
		return unsupported("the IV Length is %d, and the IV has %d bits: send one of that length as IV/Counter/Nonce, or leave IV Length out", n, 8*size)
	}
	fixed, hasFixed := given[wire.TagFixedFieldLength]
	invocation, hasInvocation := given[wire.TagInvocationFieldLength]
	if hasFixed || hasInvocation {
		if len(p.iv) == 0 {
			return unsupported("an IV that is drawn here is random as a whole: make one of a fixed and an invocation field and send it as IV/Counter/Nonce, or leave out both lengths")
		}
		if fixed > 8*size || invocation > 8*size || hasFixed && hasInvocation && fixed+invocation != 8*size {
			return unsupported("the fixed and the invocation field have %d and %d bits, and the IV has %d", fixed, invocation, 8*size)
		}
	}
	return p.counts(given, mode)
}

// counts tells whether counting all of the block, as is done here, is the same as counting the bits that the parameters say: it is while they do
// not overflow.
func (p *parcel) counts(given map[wire.Tag]int, mode string) error {
	bits, hasBits := given[wire.TagCounterLength]
	first, hasFirst := given[wire.TagInitialCounterValue]
	switch {
	case !hasBits && !hasFirst:
		return nil
	case mode != "ctr":
		return unsupported("Counter Length and Initial Counter Value are for the mode CTR: leave them out")
	case !hasBits:
		bits = 128
	case bits > 128:
		return unsupported("the Counter Length is %d bits, and a block has 128", bits)
	}
	if bits == 128 && !hasFirst {
		return nil
	}
	if len(p.iv) != 16 {
		return unsupported("a counter of which length or first value is given needs the whole first block of 16 bytes as IV/Counter/Nonce: send it, or leave out Counter Length and Initial Counter Value")
	}
	high, low := binary.BigEndian.Uint64(p.iv), binary.BigEndian.Uint64(p.iv[8:])
	if bits < 128 {
		high &= 1<<max(bits-64, 0) - 1
	}
	if bits < 64 {
		low &= 1<<bits - 1
	}
	if hasFirst && (high != 0 || low != uint64(first)) {
		return unsupported("the Initial Counter Value is %d, and the last %d bits of IV/Counter/Nonce are another number: send the block that is counted from", first, bits)
	}
	blocks := uint64(len(p.data)+15) / 16
	over := low+blocks > 1<<(bits%64)
	if bits >= 64 {
		over = low+blocks < low && high == 1<<(bits-64)-1
	}
	if bits < 128 && (over || p.more) {
		return unsupported("a counter of %d bits may overflow in this data, and here the whole block would count on: send less, at once, or leave Counter Length out", bits)
	}
	return nil
}
