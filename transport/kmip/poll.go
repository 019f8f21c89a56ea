package kmip

import (
	"cmp"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// find is the operation that a payload names by its correlation value, nil if there is none of the caller's. Caller holds the table's lock.
func (e *errands) find(c access.Caller, value []byte) *errand {
	d := e.all[string(value)]
	if d == nil || d.of != ownerOf(c) {
		return nil
	}
	return d
}

// elsewhere is the node that keeps what a correlation value names, "" if it would be this one.
func (s *Server) elsewhere(value []byte) string {
	if len(value) <= randomOfValue || string(value[randomOfValue:]) == s.cfg.Node {
		return ""
	}
	return string(value[randomOfValue:])
}

// poll is Poll (KMIP 1.4, section 4.27; 2.1, section 6.1.35): the answer of an operation as it would have been at once, or that it is not
// done yet. Either is no answer of Poll's own, so it takes the place of the item.
func poll(x *exchange, payload ttlv.Item, _ *ttlv.Encoder) error {
	value, err := payload.Find(wire.TagAsynchronousCorrelationValue).Bytes()
	if err != nil {
		return err
	}
	s := x.server
	if err := s.vault.Serves(x.ctx, x.caller); err != nil {
		return err
	}
	e := s.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweepLocked(s.cfg.Now())
	d := e.find(x.caller, value)
	if d == nil {
		return s.unknownErrand(value)
	}
	if d.stage != completed {
		x.instead = func(out *ttlv.Encoder, item ttlv.Item) {
			s.writeItem(out, item, func() { writePending(out, d.value) })
		}
		return nil
	}
	d.told = true
	kept := slices.Clone(d.answer)
	m, err := ttlv.Decode(kept, ttlv.Limits{Bytes: len(kept), Items: len(kept), Text: len(kept)})
	if err != nil {
		clear(kept)
		return err
	}
	x.instead = func(out *ttlv.Encoder, item ttlv.Item) {
		defer clear(kept)
		out.Structure(wire.TagBatchItem, func() {
			out.Copy(m.Root().Find(wire.TagOperation))
			if id := item.Find(wire.TagUniqueBatchItemID); id.Present() {
				out.Copy(id)
			}
			for c := range m.Root().Children() {
				if c.Tag() != wire.TagOperation && c.Tag() != wire.TagUniqueBatchItemID {
					out.Copy(c)
				}
			}
		})
	}
	return nil
}

func (s *Server) unknownErrand(value []byte) error {
	text := "no operation of yours has this Asynchronous Correlation Value, or its answer waited for too long"
	if node := s.elsewhere(value); node != "" {
		text = "this operation is another node's, or was: what its answer holds is not sent between nodes, so ask " + printable(node)
	}
	return because(wire.ResultReasonInvalidAsynchronousCorrelationValue, fault.New(fault.Invalid, "%s", text))
}

// printable is a node's name as a client sent it, as far as it can be one.
func printable(name string) string {
	if len(name) > 64 || slices.ContainsFunc([]rune(name), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "the node that answered first"
	}
	return name
}

// cancel is Cancel (KMIP 1.4, section 4.28; 2.1, section 6.1.6). What waits for its turn is not done; what is being done is not cut short,
// for nobody could say how far it came.
func cancel(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	item := payload.Find(wire.TagAsynchronousCorrelationValue)
	value, err := item.Bytes()
	if err != nil {
		return err
	}
	e := x.server.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweepLocked(x.server.cfg.Now())
	result := wire.CancellationResultUnavailable
	if d := e.find(x.caller, value); d != nil {
		switch d.stage {
		case completed:
			result = wire.CancellationResultCompleted
			if d.canceled {
				result = wire.CancellationResultCanceled
			}
		case inProcess:
			result = wire.CancellationResultUnableToCancel
		default:
			d.canceled = true
			result = wire.CancellationResultCanceled
		}
	}
	out.Copy(item)
	out.Enumeration(wire.TagCancellationResult, uint32(result))
	return nil
}

// queryAsynchronous is Query Asynchronous Requests (KMIP 2.1, section 6.1.40): the caller's, on this node, all or those that it names.
func queryAsynchronous(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	values, codes := map[string]bool{}, map[wire.Operation]bool{}
	for item := range payload.Find(wire.TagAsynchronousCorrelationValues).Children() {
		b, err := item.Bytes()
		if err != nil {
			return err
		}
		values[string(b)] = true
	}
	for item := range payload.Find(wire.TagOperations).Children() {
		v, err := item.Enumeration()
		if err != nil {
			return err
		}
		codes[wire.Operation(v)] = true
	}
	e := x.server.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweepLocked(x.server.cfg.Now())
	mine := ownerOf(x.caller)
	var all []*errand
	for _, d := range e.all {
		if d.of == mine && (len(values) == 0 || values[d.value]) && (len(codes) == 0 || codes[d.code]) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *errand) int { return cmp.Or(a.began.Compare(b.began), cmp.Compare(a.value, b.value)) })
	for _, d := range all {
		out.Structure(wire.TagAsynchronousRequest, func() {
			out.Bytes(wire.TagAsynchronousCorrelationValue, []byte(d.value))
			out.Enumeration(wire.TagOperation, uint32(d.code))
			out.DateTime(wire.TagSubmissionDate, d.began)
			out.Enumeration(wire.TagProcessingStage, uint32(d.stage))
		})
	}
	return nil
}
