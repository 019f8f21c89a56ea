package vault

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// closing asks a member to wipe its keyring, or just the shares that wait there.
type closing struct {
	Caller access.Caller `cbor:"1,keyasint"`
	Forget bool          `cbor:"2,keyasint,omitempty"`
}

// Seal closes every member, or with nodeOnly just this one. fault.Uncertain names members that could not be reached.
func (v *Vault) Seal(ctx context.Context, c access.Caller, nodeOnly bool) error {
	t, err := v.begin("sys.seal", access.Operate, c, true)
	if err != nil {
		return err
	}
	return t.done(t.seal(ctx, nodeOnly))
}

func (t *task) seal(ctx context.Context, nodeOnly bool) error {
	if err := t.allow(access.OfVault()); err != nil {
		return err
	}
	if err := t.intend(); err != nil {
		return err
	}
	var missed []string
	if !nodeOnly {
		body, err := cbor.Marshal(closing{Caller: t.caller})
		if err != nil {
			return err
		}
		t.v.everyOther(ctx, t.link, MethodClose, body, func(node string, _ []byte, err error) {
			if err != nil && !errors.Is(err, fault.Sealed) {
				missed = append(missed, node)
			}
		})
	}
	t.v.Farewell(ctx)
	t.v.hold(true)
	t.v.close()
	if len(missed) > 0 {
		slices.Sort(missed)
		return fault.New(fault.Uncertain, "sealed, but these members could not be reached and may still be open: %v", missed).
			WithHint("Seal them on their own machines, or stop them.")
	}
	return nil
}

// HandleClose closes this node at the word of another member, if its caller may.
func (v *Vault) HandleClose(ctx context.Context, from string, body []byte) ([]byte, error) {
	var c closing
	if err := decodeCall.Unmarshal(body, &c); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request to seal cannot be read")
	}
	c.Caller.Node = from
	if c.Forget {
		t := v.start("sys.unseal-reset", access.Operate, c.Caller, true)
		if err := t.intend(); err != nil {
			return nil, err
		}
		v.ceremony.forget()
		v.handKeys.End("it was reset")
		return nil, t.done(nil)
	}
	t, err := v.begin("sys.seal", access.Operate, c.Caller, true)
	if err != nil {
		if errors.Is(err, fault.Sealed) { // it cannot ask the policies; the member that sent this has, and it must not open itself now
			v.hold(true)
		}
		return nil, err
	}
	if err := t.allow(access.OfVault()); err != nil {
		return nil, t.done(err)
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	v.Farewell(ctx)
	v.hold(true)
	v.close()
	return nil, t.done(nil)
}

// Farewell tells the leader what this node counted, before it closes and as far as that goes quickly: what is not told is lost.
func (v *Vault) Farewell(ctx context.Context) {
	if v.Sealed() {
		return
	}
	if err := v.tellFor(context.WithoutCancel(ctx), time.Second); err != nil {
		v.log.Warn("the leader could not be told how often keys were used before this node closed", "err", err)
	}
}
