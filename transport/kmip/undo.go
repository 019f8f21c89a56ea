package kmip

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// undoable are the operations that a batch with Undo may have: those that make objects, which can be destroyed again; those that
// change attributes; those that change nothing; and the steps of an object's life, which cannot be taken back and are looked at
// before anything is done.
var undoable = []wire.Operation{
	wire.OperationCreate, wire.OperationCreateKeyPair, wire.OperationRegister, wire.OperationDeriveKey,
	wire.OperationAddAttribute, wire.OperationModifyAttribute, wire.OperationDeleteAttribute, wire.OperationSetAttribute, wire.OperationAdjustAttribute,
	wire.OperationLocate, wire.OperationGet, wire.OperationGetAttributes, wire.OperationGetAttributeList, wire.OperationQuery, wire.OperationDiscoverVersions,
	wire.OperationEncrypt, wire.OperationDecrypt, wire.OperationSign, wire.OperationSignatureVerify, wire.OperationMAC, wire.OperationMACVerify,
	wire.OperationCreateSplitKey, wire.OperationJoinSplitKey, wire.OperationCertify,
	wire.OperationRNGRetrieve, wire.OperationRNGSeed, wire.OperationHash,
	wire.OperationActivate, wire.OperationRevoke, wire.OperationDestroy,
}

// stepOf is what an object's state has to permit for an operation that cannot be taken back; "" if it can.
func stepOf(code wire.Operation, payload ttlv.Item) key.Operation {
	switch code {
	case wire.OperationActivate:
		return key.ToActivate
	case wire.OperationDestroy:
		return key.ToDestroy
	case wire.OperationRevoke:
		why, _ := payload.Find(wire.TagRevocationReason).Find(wire.TagRevocationReasonCode).Enumeration() // what cannot be read is refused in its turn
		if isCompromise(wire.RevocationReasonCode(why)) {
			return key.ToCompromise
		}
		return key.ToDeactivate
	}
	return ""
}

// checkUndo refuses, before anything is done, a batch with Undo that has an operation which could neither be undone nor looked at before.
//
// BUG: the batch is no one entry of the log. A node that dies in the middle of one leaves what was done so far.
func (r *request) checkUndo() error {
	if !r.undo {
		return nil
	}
	for _, item := range r.items {
		code, err := item.Find(wire.TagOperation).Enumeration()
		if err == nil && !slices.Contains(undoable, wire.Operation(code)) {
			return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "%v cannot be undone, so it cannot be in a batch with Undo; use Stop or Continue", wire.Operation(code)))
		}
	}
	return nil
}

// foresee tells which item of a batch with Undo could not be done as things are, of those that cannot be taken back and whose object is
// there before the batch: -1 for none.
func (x *exchange) foresee(items []ttlv.Item) (int, error) {
	for i, item := range items {
		code, _ := item.Find(wire.TagOperation).Enumeration() // one that cannot be read is refused when its turn comes
		payload := item.Find(wire.TagRequestPayload)
		what := stepOf(wire.Operation(code), payload)
		if what == "" || payload.Find(wire.TagUniqueIdentifier).Type() != ttlv.TextString {
			continue
		}
		ref, err := x.object(payload)
		if err != nil {
			return i, err
		}
		r, err := x.server.vault.Key(x.ctx, x.caller, ref)
		if err == nil && r.State.Permits(what) != key.Allowed {
			err = fault.New(fault.BadState, "the object is %s: %v cannot be done to it", r.State, wire.Operation(code))
		}
		if err != nil {
			return i, err
		}
	}
	return -1, nil
}

// back is how something that an operation did is taken back.
type back struct {
	what string // for people, should it fail
	do   func() error
}

// made notes an object that an operation made, for the next operation and for undoing it.
func (x *exchange) made(id key.ID) {
	x.id = id.String()
	x.back = append(x.back, back{"destroy " + x.id, func() error { return x.unmake(id) }})
}

// changed notes that an operation changed a record, for undoing it. A step in its life cannot be taken back.
func (x *exchange) changed(from, to *key.Record) {
	id := to.ID.String()
	x.back = append(x.back, back{"look at " + id, func() error {
		if from == nil || from.State != to.State {
			return fault.New(fault.BadState, "a step in an object's life cannot be taken back")
		}
		p := patch(to, from)
		p.IfMatch = 0 // what was done after it is undone by now
		_, err := x.server.vault.UpdateKey(x.ctx, x.caller, id, p)
		return err
	}})
}

// undo takes back what the items of a batch did before the last of them failed, the last first, and writes their answers. all has how, for
// each item.
func (x *exchange) undo(items []ttlv.Item, all [][]back, failure error, out *ttlv.Encoder) {
	s := x.server
	left := make([][]string, len(items))
	for i := range slices.Backward(all) {
		for _, b := range slices.Backward(all[i]) {
			if err := b.do(); err != nil {
				s.cfg.Log.Warn("an operation of a batch that failed could not be undone", "next", b.what, "error", err)
				left[i] = append(left[i], b.what)
			}
		}
	}
	for i, item := range items {
		s.writeItem(out, item, func() {
			switch {
			case len(left[i]) > 0:
				s.writeFailure(out, x.version, because(wire.ResultReasonGeneralFailure, fault.New(fault.Internal, "it was done, and could not be undone: %s", strings.Join(left[i], ", "))))
			case i == len(items)-1:
				s.writeFailure(out, x.version, failure)
			default:
				out.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusOperationUndone))
			}
		})
	}
}

// unmake destroys an object that this batch made. An active one has to be taken out of use first.
func (x *exchange) unmake(id key.ID) error {
	v, ref := x.server.vault, id.String()
	var now time.Duration
	_, err := v.DestroyKey(x.ctx, x.caller, ref, vault.Destruction{After: &now, Force: true})
	if errors.Is(err, fault.BadState) {
		if _, err := v.ChangeState(x.ctx, x.caller, ref, vault.StateChange{Action: access.Deactivate, Reason: "the batch that made it was undone"}); err != nil {
			return err
		}
		_, err = v.DestroyKey(x.ctx, x.caller, ref, vault.Destruction{After: &now, Force: true})
	}
	return err
}
