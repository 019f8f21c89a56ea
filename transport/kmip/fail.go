package kmip

import (
	"errors"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// reasons is the one table from fault.Kind to the protocol's Result Reason (KMIP 1.4, section 9.1.3.2.29; 2.1, section
// 11.49): what 1.x has, and what 2.x has more exactly, zero if the same. A test proves it complete. An object that the
// caller may not know of is not found, with the same words, so Denied is no reason of its own where one is named.
var reasons = map[fault.Kind]struct{ old, exact wire.ResultReason }{
	fault.Internal:        {wire.ResultReasonGeneralFailure, wire.ResultReasonInternalServerError},
	fault.Invalid:         {wire.ResultReasonInvalidField, 0},
	fault.Unauthenticated: {wire.ResultReasonAuthenticationNotSuccessful, 0},
	fault.Denied:          {wire.ResultReasonItemNotFound, 0},
	fault.NotFound:        {wire.ResultReasonItemNotFound, 0},
	fault.Exists:          {wire.ResultReasonInvalidField, wire.ResultReasonNonUniqueNameAttribute},
	fault.Conflict:        {wire.ResultReasonGeneralFailure, 0},
	fault.BadState:        {wire.ResultReasonPermissionDenied, wire.ResultReasonWrongKeyLifecycleState},
	fault.Sealed:          {wire.ResultReasonGeneralFailure, 0},
	fault.NoLeader:        {wire.ResultReasonGeneralFailure, 0},
	fault.Uncertain:       {wire.ResultReasonGeneralFailure, 0},
	fault.Stale:           {wire.ResultReasonGeneralFailure, 0},
	fault.Busy:            {wire.ResultReasonGeneralFailure, wire.ResultReasonServerLimitExceeded},
	fault.TooLarge:        {wire.ResultReasonInvalidField, wire.ResultReasonServerLimitExceeded},
	fault.Full:            {wire.ResultReasonGeneralFailure, wire.ResultReasonServerLimitExceeded},
}

// notFound is what is said of an object that is not there, and of one that the caller may not know of.
const notFound = "there is no such object"

// reasoned is a fault for which the protocol itself prescribes the reason.
type reasoned struct {
	reason wire.ResultReason
	fault  *fault.Error
}

func because(r wire.ResultReason, f *fault.Error) error { return &reasoned{r, f} }

func (e *reasoned) Error() string { return e.fault.Error() }
func (e *reasoned) Unwrap() error { return e.fault }

// older is what versions that lack a reason call it.
var older = map[wire.ResultReason]wire.ResultReason{
	wire.ResultReasonUnsupportedProtocolVersion: wire.ResultReasonInvalidMessage,
	wire.ResultReasonNotExtractable:             wire.ResultReasonPermissionDenied,

	wire.ResultReasonInvalidAsynchronousCorrelationValue: wire.ResultReasonItemNotFound,
	wire.ResultReasonInvalidCorrelationValue:             wire.ResultReasonItemNotFound,
	wire.ResultReasonIncompatibleCryptographicUsageMask:  wire.ResultReasonPermissionDenied,
	wire.ResultReasonAttributeReadOnly:                   wire.ResultReasonPermissionDenied,
	wire.ResultReasonAttributeSingleValued:               wire.ResultReasonIllegalOperation,
	wire.ResultReasonAttributeNotFound:                   wire.ResultReasonItemNotFound,
	wire.ResultReasonAttributeInstanceNotFound:           wire.ResultReasonItemNotFound,
	wire.ResultReasonSensitive:                           wire.ResultReasonPermissionDenied,
}

// reasonOf is the reason for err, among those that version v has.
func reasonOf(err error, v wire.Version) wire.ResultReason {
	entry, ok := reasons[fault.Of(err).Kind]
	if !ok {
		entry = reasons[fault.Internal]
	}
	exact := entry.exact
	var given *reasoned
	if errors.As(err, &given) {
		exact = given.reason
		if old := older[exact]; old != 0 {
			entry.old = old
		}
	}
	if exact != 0 && wire.ValueIn(wire.TagResultReason, uint32(exact), v) {
		return exact
	}
	return entry.old
}

// writeFailure writes why an operation failed. Like every door it shows no more than the fault's message and hint.
func (s *Server) writeFailure(out *ttlv.Encoder, v wire.Version, err error) {
	f, reason := fault.Of(err), reasonOf(err, v)
	text := f.Message
	if reason == wire.ResultReasonItemNotFound && (f.Kind == fault.NotFound || f.Kind == fault.Denied) { // not of an attribute
		text = notFound
	}
	if f.Kind == fault.Internal {
		s.cfg.Log.Error("operation failed", "err", err)
	} else {
		s.cfg.Log.Debug("operation refused", "kind", f.Kind.String(), "err", err)
	}
	out.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusOperationFailed))
	out.Enumeration(wire.TagResultReason, uint32(reason))
	out.Text(wire.TagResultMessage, text)
}
