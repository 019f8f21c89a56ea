package kmip

import (
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// activate is Activate (KMIP 1.4, section 4.19; 2.1, section 6.1.1).
func activate(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	return x.step(payload, out, vault.StateChange{Action: access.Activate})
}

// revoke is Revoke (KMIP 1.4, section 4.20; 2.1, section 6.1.45): a compromise makes the object compromised, every
// other reason deactivated. When the compromise occurred is kept where the request says it, and refused with other reasons.
func revoke(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	reason := payload.Find(wire.TagRevocationReason)
	v, err := reason.Find(wire.TagRevocationReasonCode).Enumeration()
	if err != nil {
		return err
	}
	change := vault.StateChange{Action: access.Deactivate}
	code := wire.RevocationReasonCode(v)
	if isCompromise(code) {
		change.Action = access.Compromise
	}
	change.Reason = code.String()
	if message := reason.Find(wire.TagRevocationMessage); message.Present() {
		text, err := message.Text()
		if err != nil {
			return err
		}
		change.Reason += ": " + text
	}
	if at := payload.Find(wire.TagCompromiseOccurrenceDate); at.Present() {
		date, err := at.Time()
		switch {
		case err != nil:
			return err
		case change.Action != access.Compromise:
			return at.Fail("the reason is no compromise, so none occurred")
		}
		change.Occurred = key.At(date)
	}
	return x.step(payload, out, change)
}

func isCompromise(code wire.RevocationReasonCode) bool {
	return code == wire.RevocationReasonCodeKeyCompromise || code == wire.RevocationReasonCodeCACompromise
}

func (x *exchange) step(payload ttlv.Item, out *ttlv.Encoder, change vault.StateChange) error {
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	r, err := x.server.vault.ChangeState(x.ctx, x.caller, id, change)
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// destroy is Destroy (KMIP 1.4, section 4.21; 2.1, section 6.1.15): at once, as the protocol has it. An active key has
// to be revoked first, so whoever destroys means it: that it was used lately does not hold it up. The record stays, with
// its attributes.
func destroy(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	var now time.Duration
	r, err := x.server.vault.DestroyKey(x.ctx, x.caller, id, vault.Destruction{After: &now, Force: true})
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}
