package kmip

import (
	"context"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// operation answers a request's payload by writing the content of the response's.
type operation func(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error

// operations is everything that this door does, in the order in which Query lists it.
var operations = []struct {
	code wire.Operation
	do   operation
}{
	{wire.OperationCreate, create},
	{wire.OperationCreateKeyPair, createPair},
	{wire.OperationRegister, register},
	{wire.OperationReKey, rekey},
	{wire.OperationReKeyKeyPair, rekeyPair},
	{wire.OperationDeriveKey, deriveKey},
	{wire.OperationLocate, locate},
	{wire.OperationCheck, check},
	{wire.OperationGet, get},
	{wire.OperationGetAttributes, getAttributes},
	{wire.OperationGetAttributeList, getAttributeList},
	{wire.OperationAddAttribute, addAttribute},
	{wire.OperationModifyAttribute, modifyAttribute},
	{wire.OperationDeleteAttribute, deleteAttribute},
	{wire.OperationSetAttribute, setAttribute},
	{wire.OperationAdjustAttribute, adjustAttribute},
	{wire.OperationObtainLease, obtainLease},
	{wire.OperationGetUsageAllocation, getUsageAllocation},
	{wire.OperationActivate, activate},
	{wire.OperationRevoke, revoke},
	{wire.OperationDestroy, destroy},
	{wire.OperationArchive, archive},
	{wire.OperationRecover, recoverArchived},
	{wire.OperationValidate, validate},
	{wire.OperationExport, export},
	{wire.OperationImport, importObject},
	{wire.OperationLog, logMessage},
	{wire.OperationLogin, login},
	{wire.OperationLogout, logout},
	{wire.OperationDelegatedLogin, delegatedLogin},
	{wire.OperationInterop, interop},
	{wire.OperationSetEndpointRole, setEndpointRole},
	{wire.OperationPKCS_11, pkcs11},
	{wire.OperationPing, ping},
	{wire.OperationCancel, cancel},
	{wire.OperationPoll, poll},
	{wire.OperationQueryAsynchronousRequests, queryAsynchronous},
	{wire.OperationQuery, nil}, // it reads this table: see find
	{wire.OperationDiscoverVersions, discoverVersions},
	{wire.OperationEncrypt, encrypt},
	{wire.OperationDecrypt, decrypt},
	{wire.OperationSign, sign},
	{wire.OperationSignatureVerify, verifySignature},
	{wire.OperationMAC, mac},
	{wire.OperationMACVerify, verifyMAC},
	{wire.OperationRNGRetrieve, retrieveRandom},
	{wire.OperationRNGSeed, seedRandom},
	{wire.OperationHash, hash},
	{wire.OperationCertify, certify},
	{wire.OperationReCertify, recertify},
	{wire.OperationCreateSplitKey, createSplit},
	{wire.OperationJoinSplitKey, joinSplit},
}

// find returns what does an operation in a version.
func find(code wire.Operation, v wire.Version) operation {
	for _, o := range operations {
		if o.code == code && wire.ValueIn(wire.TagOperation, uint32(code), v) {
			if code == wire.OperationQuery {
				return query
			}
			return o.do
		}
	}
	return nil
}

// exchange is one request while its operations are done, one after another.
type exchange struct {
	ctx     context.Context //nolint:containedctx // lives as long as the request that it is of
	server  *Server
	session *Session
	caller  access.Caller
	version wire.Version
	id      string // the ID placeholder: the object of the last operation that made or found one; "" for none
	ids     identifiers

	rights   *rights                                 // what a ticket lets its bearer do; nil: all that the caller may
	ticketed bool                                    // the caller came with a ticket, also where it was the last use of one
	code     wire.Operation                          // of the operation that is being done
	instead  func(out *ttlv.Encoder, item ttlv.Item) // writes the answer in place of the item as it is otherwise; nil: nothing does
}

// batch does a request's operations in order and writes their answers. It returns how many there are: all, or as far
// as the first that failed unless the client said to carry on.
func (n *Session) batch(ctx context.Context, c access.Caller, r *request, out *ttlv.Encoder) (count int) {
	s := n.server
	x := &exchange{ctx: ctx, server: s, session: n, caller: c, version: r.version, rights: r.rights, ticketed: r.ticketed}
	header := s.headerSize(r)
	room := func() int { return max(1, r.most-header-out.Len()) }
	if r.undo {
		count, _ = n.whole(x, r, r.items, room(), out)
		return count
	}
	for _, item := range r.items {
		for again := true; again; again = x.ids.again() {
			count++
			var err error
			if severalObjects(item) {
				_, err = n.whole(x, r, []ttlv.Item{item}, room(), out)
			} else {
				began := time.Now()
				x.ids.repeats = true
				err = s.fitting(x, item, out, r.most, r.most-header)
				n.measured(item, began, err)
			}
			if err != nil && !r.carryOn {
				return count
			}
		}
	}
	return count
}

// fitting does one operation and writes its answer, or an error in its place where out is then longer than room. most is what the request allows for
// the whole answer; 0: any length.
func (s *Server) fitting(x *exchange, item ttlv.Item, out *ttlv.Encoder, most, room int) error {
	before := out.Len()
	err := s.item(x, item, out)
	if err == nil && most > 0 && out.Len() > room {
		out.Cut(before)
		x.ids.told = x.ids.told[:x.ids.began]
		err = because(wire.ResultReasonResponseTooLarge, fault.New(fault.TooLarge, "the answer is longer than the %d bytes that the request allows", most))
		s.writeItem(out, item, func() { s.writeFailure(out, x.version, err) })
	}
	return err
}

// measured tells how long an operation took, and how it ended.
func (n *Session) measured(item ttlv.Item, began time.Time, err error) {
	if n.measure == nil {
		return
	}
	outcome := "ok"
	if err != nil {
		outcome = fault.KindOf(err).String()
	}
	code, _ := item.Find(wire.TagOperation).Enumeration() // one that cannot be read is none
	n.measure(n.server.ops[wire.Operation(code)], time.Since(began), outcome)
}

// headerSize is the size of a response without its items.
func (s *Server) headerSize(r *request) int {
	e := ttlv.NewEncoder()
	defer e.Release()
	s.message(r, 0, &ttlv.Encoder{}, e)
	return e.Len()
}

// item does one operation and writes its answer, good or bad.
func (s *Server) item(x *exchange, item ttlv.Item, out *ttlv.Encoder) error {
	before := out.Len()
	x.ids.begin(item.Find(wire.TagRequestPayload))
	var err error
	s.writeItem(out, item, func() {
		out.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusSuccess))
		out.Structure(wire.TagResponsePayload, func() { err = s.do(x, item, out) })
	})
	if err != nil {
		out.Cut(before)
		x.ids.told = x.ids.told[:x.ids.began]
		err = asFault(err, wire.ResultReasonInvalidField)
		s.writeItem(out, item, func() { s.writeFailure(out, x.version, err) })
	}
	if write := x.instead; write != nil {
		x.instead = nil
		out.Cut(before)
		write(out, item)
	}
	return err
}

// writeItem writes an answer's item with what ties it to the request's.
func (s *Server) writeItem(out *ttlv.Encoder, item ttlv.Item, content func()) {
	out.Structure(wire.TagBatchItem, func() {
		if op := item.Find(wire.TagOperation); op.Type() == ttlv.Enumeration {
			out.Copy(op)
		}
		if id := item.Find(wire.TagUniqueBatchItemID); id.Type() == ttlv.ByteString {
			out.Copy(id)
		}
		content()
	})
}

func (s *Server) do(x *exchange, item ttlv.Item, out *ttlv.Encoder) error {
	op, err := item.Find(wire.TagOperation).Enumeration()
	if err != nil {
		return err
	}
	do := find(wire.Operation(op), x.version)
	if do == nil {
		return because(wire.ResultReasonOperationNotSupported, fault.New(fault.Invalid, "the operation %v is not supported in version %v", wire.Operation(op), x.version))
	}
	if err := refuseCritical(item); err != nil {
		return err
	}
	payload, err := item.Find(wire.TagRequestPayload).Structure()
	if err != nil {
		return err
	}
	x.code = wire.Operation(op)
	if err := x.entitled(payload); err != nil {
		return err
	}
	if err := storable(payload); err != nil {
		return err
	}
	if err := do(x, payload, out); err != nil {
		return x.archived(wire.Operation(op), payload, err)
	}
	x.ids.end(x.code)
	return nil
}

// refuseCritical refuses an extension that must be understood: none is.
func refuseCritical(item ttlv.Item) error {
	for c := range item.Children() {
		if c.Tag() != wire.TagMessageExtension {
			continue
		}
		critical, err := c.Find(wire.TagCriticalityIndicator).Boolean()
		if err != nil {
			return err
		}
		if critical {
			return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "the message extension is critical, and not known here"))
		}
	}
	return nil
}
