package kmip

import (
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// final are the operations that a batch with Undo cannot have: what they do is not in the objects, so it is not taken back with them.
var final = []wire.Operation{
	wire.OperationLogin, wire.OperationLogout, wire.OperationDelegatedLogin, wire.OperationGetUsageAllocation,
	wire.OperationLog, wire.OperationInterop, wire.OperationSetEndpointRole, wire.OperationPKCS_11,
	wire.OperationPoll, wire.OperationCancel, wire.OperationQueryAsynchronousRequests,
}

// checkUndo refuses, before anything is done, a batch with Undo that has an operation which cannot be undone.
func (r *request) checkUndo() error {
	if !r.undo {
		return nil
	}
	for _, item := range r.items {
		code, err := item.Find(wire.TagOperation).Enumeration()
		if err == nil && slices.Contains(final, wire.Operation(code)) {
			return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "%v cannot be undone, so it cannot be in a batch with Undo; use Stop or Continue", wire.Operation(code)))
		}
	}
	return nil
}

// undone writes the answers of a batch with Undo of which nothing was kept, because the last of items failed.
func (s *Server) undone(x *exchange, items []ttlv.Item, failure error, out *ttlv.Encoder) {
	for i, item := range items {
		s.writeItem(out, item, func() {
			if i == len(items)-1 {
				s.writeFailure(out, x.version, failure)
				return
			}
			out.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusOperationUndone))
		})
	}
}
