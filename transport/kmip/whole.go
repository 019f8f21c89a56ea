package kmip

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// part is operations of a request that are done all or none, in one entry of the log, as it goes to the leader.
type part struct {
	Version  wire.Version
	Items    [][]byte
	ID       string                             // the ID placeholder
	Told     []string                           // identifiers that operations of the request told before, where they are few
	By       map[wire.UniqueIdentifier][]string // those of them by the last operation of a kind
	Many     bool                               // they are not few
	Most     int                                // bytes of the whole answer that the request allows; 0: any number
	Room     int                                // how many of those the answers of these may have
	Granted  []byte                             // the Rights of the ticket among the credentials
	Ticketed bool
}

// partAnswer answers a part: an item for each operation up to the first that failed.
type partAnswer struct {
	Items [][]byte
	ID    string
	Told  []string   // identifiers that one operation told
	Kind  fault.Kind // of the failure of the last
	Bad   bool       // there is one, and nothing was kept
}

// severalObjects tells whether an operation makes or changes more than one object in more than one step.
func severalObjects(item ttlv.Item) bool {
	code, err := item.Find(wire.TagOperation).Enumeration()
	if err != nil {
		return false
	}
	switch wire.Operation(code) {
	case wire.OperationCertify, wire.OperationReCertify:
		return true
	case wire.OperationRegister, wire.OperationImport:
		format, err := item.Find(wire.TagRequestPayload).Find(wire.TagPrivateKey).Find(wire.TagKeyBlock).Find(wire.TagKeyFormatType).Enumeration()
		return err == nil && wire.KeyFormatType(format) == wire.KeyFormatTypePKCS_12
	}
	return false
}

// whole has items done on the leader, all or none, and writes their answers, which may have room bytes where the request has a limit. The error is
// that of the last operation that was answered.
func (n *Session) whole(x *exchange, r *request, items []ttlv.Item, room int, out *ttlv.Encoder) (count int, err error) {
	began := time.Now()
	p := part{Version: x.version, ID: x.id, Most: r.most, Room: room, Granted: r.granted, Ticketed: r.ticketed}
	p.told(&x.ids)
	for _, item := range items {
		p.Items = append(p.Items, item.Raw())
	}
	a, err := n.server.sendPart(x, p)
	defer func() {
		for _, b := range a.Items {
			clear(b)
		}
	}()
	unknown := err != nil && !keptNothing(err)
	switch {
	case err == nil && a.Bad && len(a.Items) == 0:
		err = fault.New(a.Kind, "the operations cannot be answered, so nothing of them was kept")
	case err == nil:
		err = a.write(len(items), out)
		unknown = err != nil && !a.Bad
	}
	if err != nil {
		if unknown {
			err = n.server.uncertain(x, items, err, out)
		} else {
			n.server.undone(x, items, err, out)
		}
		for _, item := range items {
			n.measured(item, began, err)
		}
		return len(items), err
	}
	if a.Bad {
		err = fault.New(a.Kind, "an operation failed on the leader")
	} else { // the placeholder is otherwise what it was
		x.id = a.ID
		x.ids.toldFor(items, a.Told)
	}
	for i := range a.Items {
		failure := err
		if i < len(a.Items)-1 {
			failure = nil
		}
		n.measured(items[i], began, failure)
	}
	return len(a.Items), err
}

// write copies the answers to count operations to out, all or none.
func (a *partAnswer) write(count int, out *ttlv.Encoder) error {
	if len(a.Items) > count || len(a.Items) < count && !a.Bad {
		return fault.New(fault.Internal, "the leader gave %d answers to %d operations", len(a.Items), count)
	}
	before := out.Len()
	for _, b := range a.Items {
		m, err := ttlv.Decode(b, answers)
		if err != nil {
			out.Cut(before)
			return fault.Wrap(fault.Internal, err, "the leader's answer cannot be read")
		}
		out.Copy(m.Root())
	}
	return nil
}

// keptNothing tells whether an error of vault.Whole says that nothing was committed. An audit log that cannot be written (Internal, or Full) may
// have failed after the commit.
func keptNothing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Uncertain, fault.Internal, fault.Full:
		return false
	}
	return true
}

// uncertain writes the answers of operations of which nobody knows whether they were done, and returns what they say.
func (s *Server) uncertain(x *exchange, items []ttlv.Item, failure error, out *ttlv.Encoder) error {
	if !errors.Is(failure, fault.Uncertain) {
		s.cfg.Log.Error("what became of operations that are done all or none is not known", "request_id", x.caller.RequestID, "err", failure)
		failure = fault.Wrap(fault.Uncertain, failure, "it is not known whether it was done: look at the objects before you ask again")
	}
	for _, item := range items {
		s.writeItem(out, item, func() { s.writeFailure(out, x.version, failure) })
	}
	return failure
}

func (s *Server) sendPart(x *exchange, p part) (a partAnswer, err error) {
	request, err := cbor.Marshal(p)
	defer clear(request)
	if err != nil {
		return a, err
	}
	answer, err := s.vault.Whole(x.ctx, x.caller, doorName, request)
	defer clear(answer)
	if err != nil {
		return a, err
	}
	if err := cbor.Unmarshal(answer, &a); err != nil {
		return a, fault.Wrap(fault.Uncertain, err, "it may have been done, but the leader's answer cannot be read: look at the objects before you ask again")
	}
	return a, nil
}

// doorName is this door among those that have requests done whole.
const doorName = "kmip"

// doPart does a part that a node of the cluster sent; c sees a draft, so whatever is done is done to that.
func (s *Server) doPart(ctx context.Context, c access.Caller, request []byte) (answer []byte, keep bool) {
	a := s.partAnswer(ctx, c, request)
	defer func() {
		for _, b := range a.Items {
			clear(b)
		}
	}()
	answer, err := cbor.Marshal(a)
	return answer, err == nil && !a.Bad
}

func (s *Server) partAnswer(ctx context.Context, c access.Caller, request []byte) (a partAnswer) {
	a.Bad, a.Kind = true, fault.Internal
	var p part
	err := cbor.Unmarshal(request, &p)
	if err != nil {
		s.cfg.Log.Error("a member sent operations that cannot be read", "error", err)
		return a
	}
	n := s.Session()
	n.once = true
	defer n.End()
	x := &exchange{ctx: ctx, server: s, session: n, caller: c, version: p.Version, id: p.ID, ticketed: p.Ticketed}
	x.ids.told, x.ids.by, x.ids.many = p.Told, p.By, p.Many
	var items []ttlv.Item
	for _, b := range p.Items {
		m, err := ttlv.Decode(b, s.cfg.Limits)
		if err != nil {
			return a
		}
		items = append(items, m.Root())
	}
	if p.Granted != nil {
		m, err := ttlv.Decode(p.Granted, s.cfg.Limits)
		if err == nil {
			x.rights, err = readRights(m.Root())
		}
		if err != nil {
			return a
		}
	}
	out := ttlv.NewEncoder()
	defer out.Release()
	for i, item := range items {
		if failure := s.fitting(x, item, out, p.Most, p.Room); failure != nil {
			a.Kind = fault.KindOf(failure)
			out.Cut(0)
			s.undone(x, items[:i+1], failure, out)
			a.Items, _ = eachOf(out)
			return a
		}
	}
	if a.Items, err = eachOf(out); err != nil {
		a.Kind = fault.KindOf(asFault(err, wire.ResultReasonInvalidField))
		return a
	}
	if a.ID, a.Bad = x.id, false; len(items) == 1 {
		a.Told = x.ids.told[x.ids.began:]
	}
	return a
}

// eachOf are copies of the items that were written.
func eachOf(out *ttlv.Encoder) (all [][]byte, err error) {
	e := ttlv.NewEncoder()
	defer e.Release()
	e.Structure(wire.TagResponseMessage, func() { e.Append(out) })
	b, err := e.Message()
	if err != nil {
		return nil, err
	}
	m, err := ttlv.Decode(b, answers)
	if err != nil {
		return nil, err
	}
	for item := range m.Root().Children() {
		all = append(all, bytes.Clone(item.Raw()))
	}
	return all, nil
}

// answers are the limits of what we wrote ourselves.
var answers = ttlv.Limits{Bytes: 64 << 20, Items: 1 << 20, Text: 1 << 20}
