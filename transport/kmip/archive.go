package kmip

import (
	"context"
	"errors"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// archive is Archive (KMIP 1.4, section 4.22; 2.1, section 6.1.5): at once, though the specification lets it wait for an operator.
func archive(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	return x.shelve(payload, out, x.server.vault.ArchiveKey)
}

// recoverArchived is Recover (KMIP 1.4, section 4.23; 2.1, section 6.1.42).
func recoverArchived(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	return x.shelve(payload, out, x.server.vault.RecoverKey)
}

func (x *exchange) shelve(payload ttlv.Item, out *ttlv.Encoder, do func(ctx context.Context, c access.Caller, ref string, ifMatch uint64) (*key.Record, error)) error {
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	r, err := do(x.ctx, x.caller, id, 0)
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// offLine are the operations that do not mind where an object is kept.
var offLine = []wire.Operation{
	wire.OperationLocate, wire.OperationGetAttributes, wire.OperationGetAttributeList, wire.OperationRecover,
}

// naming are the operations whose identifier says what they are done to, beside onObject.
var naming = []wire.Operation{
	wire.OperationDeriveKey, wire.OperationCertify, wire.OperationReCertify, wire.OperationCreateSplitKey, wire.OperationImport,
}

// archived is the failure of an operation on an object that is in the archive: that tells what to do next better than what the vault said.
func (x *exchange) archived(code wire.Operation, payload ttlv.Item, err error) error {
	if !errors.Is(err, fault.BadState) || slices.Contains(offLine, code) || !slices.Contains(onObject, code) && !slices.Contains(naming, code) {
		return err
	}
	id, failed := x.object(payload)
	if failed != nil {
		return err
	}
	if r, failed := x.server.vault.Key(x.ctx, x.caller, id); failed != nil || r.Archived == 0 {
		return err
	}
	return because(wire.ResultReasonObjectArchived, fault.New(fault.BadState, "the object is archived: recover it first"))
}

// present refuses an object in the archive.
func present(r *key.Record) error {
	if r.Archived == 0 {
		return nil
	}
	return because(wire.ResultReasonObjectArchived, fault.New(fault.BadState, "the object is archived: recover it first"))
}
