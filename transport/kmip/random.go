package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// retrieveRandom is RNG Retrieve (KMIP 1.4, section 4.36; 2.1, section 6.1.49).
func retrieveRandom(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	n, err := payload.Find(wire.TagDataLength).Integer()
	if err != nil {
		return err
	}
	return x.server.vault.Random(x.ctx, x.caller, int(n), func(b []byte) error {
		out.Bytes(wire.TagData, b)
		return nil
	})
}

// seedRandom is RNG Seed (KMIP 1.4, section 4.37; 2.1, section 6.1.50). The generator is the operating system's, and takes
// nothing from strangers: of the seed, no byte is used, as the protocol lets a server say.
func seedRandom(_ *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	seed, err := payload.Find(wire.TagData).Bytes()
	if err != nil {
		return err
	}
	if len(seed) == 0 {
		return fault.New(fault.Invalid, "the seed is empty")
	}
	out.Integer(wire.TagDataLength, 0)
	return nil
}
