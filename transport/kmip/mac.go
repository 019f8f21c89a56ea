package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// mac is MAC (KMIP 1.4, section 4.33; 2.1, section 6.1.33): HMAC of the hash that is named, CMAC where the mode says so, or where
// the key is of AES and nothing is named.
func mac(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationMAC, true, payload, 0, x.may(vault.MACBare, key.MAC, authenticating), out)
	if p == nil || err != nil {
		return err
	}
	return x.bare(vault.MACBare, p, key.MAC, authenticating, func(got *vault.BareOutput) { out.Bytes(wire.TagMACData, got.Data) })
}

// verifyMAC is MAC Verify (KMIP 1.4, section 4.34; 2.1, section 6.1.34).
func verifyMAC(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationMACVerify, true, payload, wire.TagMACData, x.may(vault.VerifyMACBare, key.VerifyMAC, authenticating), out)
	if p == nil || err != nil {
		return err
	}
	if len(p.proof) == 0 {
		return payload.Find(wire.TagMACData).Fail("there is no MAC to verify")
	}
	return x.bare(vault.VerifyMACBare, p, key.VerifyMAC, authenticating, writeValidity(out))
}
