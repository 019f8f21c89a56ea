package kmip

import (
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// request is what a message says of itself, beside its operations.
type request struct {
	version     wire.Version // to answer in, also when the rest cannot be read
	most        int          // bytes of the answer; 0: any number
	carryOn     bool         // after an operation that failed
	undo        bool         // what was done before an operation that failed
	asynchrony  asynchrony   // whether to answer before it is done
	correlation string       // the client's name for the message, since 1.4
	id          string       // under which the audit log has the message, where its answer says so; else ""
	items       []ttlv.Item

	rights   *rights // of the ticket among the credentials
	granted  []byte  // rights as they were granted
	ticketed bool    // there is a ticket among the credentials

	authentication ttlv.Item // credentials beside the certificate; not Present where there are none
}

// unread is a request that says nothing of itself, or nothing that can be read: it is answered in the oldest version.
func unread() *request { return &request{version: wire.V10} }

// header reads a request as far as its operations. It returns what it could read of it with an error, too.
func (s *Server) header(root ttlv.Item) (*request, error) {
	r := unread()
	if root.Tag() != wire.TagRequestMessage || root.Type() != ttlv.Structure {
		return r, root.Fail("a request is a RequestMessage")
	}
	h, err := root.Find(wire.TagRequestHeader).Structure()
	if err != nil {
		return r, err
	}
	if name := h.Find(wire.TagClientCorrelationValue); name.Present() { // first of all, so that a refusal has it too
		if r.correlation, err = name.Text(); err != nil {
			return r, err
		}
	}
	if err := r.readVersion(h); err != nil {
		return r, err
	}
	if err := s.options(r, h); err != nil {
		return r, err
	}
	for item := range root.Children() {
		if item.Tag() == wire.TagBatchItem {
			r.items = append(r.items, item)
		}
	}
	if err := s.count(r, h); err != nil {
		return r, err
	}
	return r, r.checkUndo()
}

func (r *request) readVersion(header ttlv.Item) error {
	v := header.Find(wire.TagProtocolVersion)
	major, err := v.Find(wire.TagProtocolVersionMajor).Integer()
	if err != nil {
		return err
	}
	minor, err := v.Find(wire.TagProtocolVersionMinor).Integer()
	if err != nil {
		return err
	}
	for _, known := range wire.Versions() {
		if int32(known.Major) == major && int32(known.Minor) == minor {
			r.version = known
			return nil
		}
	}
	for _, known := range wire.Versions() { // the newest that a client of that version may read
		if r.version = known; int32(known.Major) <= major {
			break
		}
	}
	return because(wire.ResultReasonUnsupportedProtocolVersion, fault.New(fault.Invalid, "version %d.%d is not spoken here; ask with Discover Versions which are", major, minor))
}

// options reads what a header may have (KMIP 1.4, section 7.2; 2.1, section 8.2). What is not known is refused, never passed over in silence.
func (s *Server) options(r *request, h ttlv.Item) error {
	for item := range h.Children() {
		var err error
		switch item.Tag() {
		case wire.TagMaximumResponseSize:
			err = r.readMost(item)
		case wire.TagProtocolVersion, wire.TagClientCorrelationValue, wire.TagBatchCount: // read elsewhere
		case wire.TagServerCorrelationValue: // of a server's own requests; clients that send one back mean nothing by it
		case wire.TagBatchOrderOption: // operations are always done in their order
		case wire.TagAttestationCapableIndicator, wire.TagAttestationType: // what the client could do, and is not asked for
		case wire.TagBatchErrorContinuationOption:
			err = r.readContinuation(item)
		case wire.TagAsynchronousIndicator:
			err = r.readAsynchronous(item)
		case wire.TagTimeStamp:
			err = s.readTime(item)
		case wire.TagAuthentication:
			r.authentication = item // asked once all of the header is read
		default:
			err = item.Fail("a request's header has no such item here: leave it out")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *request) readMost(item ttlv.Item) error {
	most, err := item.Integer()
	if err == nil && most <= 0 {
		return item.Fail("it must be positive")
	}
	r.most = int(most)
	return err
}

func (r *request) readContinuation(item ttlv.Item) error {
	v, err := item.Enumeration()
	if err != nil {
		return err
	}
	switch option := wire.BatchErrorContinuationOption(v); option {
	case wire.BatchErrorContinuationOptionStop:
	case wire.BatchErrorContinuationOptionContinue:
		r.carryOn = true
	case wire.BatchErrorContinuationOptionUndo:
		r.undo = true
	default:
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "the batch error continuation option %v is not known; use Stop, Continue or Undo", option))
	}
	return nil
}

// readAsynchronous reads whether the client wants an answer before the operations are done: in 1.x true says that it can do with one,
// and gets it; in 2.x Mandatory asks for it, and Optional leaves it to the server, which answers at once.
func (r *request) readAsynchronous(item ttlv.Item) error {
	if item.Type() == ttlv.Boolean {
		able, err := item.Boolean()
		if able {
			r.asynchrony = allowed
		}
		return err
	}
	v, err := item.Enumeration()
	if err != nil {
		return err
	}
	switch wire.AsynchronousIndicator(v) {
	case wire.AsynchronousIndicatorMandatory:
		r.asynchrony = asked
	case wire.AsynchronousIndicatorOptional, wire.AsynchronousIndicatorProhibited:
	default:
		return item.Fail("it is Mandatory, Optional or Prohibited")
	}
	return nil
}

func (s *Server) readTime(item ttlv.Item) error {
	at, err := item.Time()
	if err != nil {
		return err
	}
	if away := s.cfg.Now().Sub(at); away > s.cfg.Skew || away < -s.cfg.Skew {
		return item.Fail("the time stamp is %v away from this server's clock, more than %v", away.Abs().Round(time.Second), s.cfg.Skew)
	}
	return nil
}

func (s *Server) count(r *request, h ttlv.Item) error {
	item := h.Find(wire.TagBatchCount)
	n, err := item.Integer()
	switch {
	case err != nil:
		return err
	case int(n) != len(r.items):
		return item.Fail("it says %d operations, and the message has %d", n, len(r.items))
	case n == 0:
		return item.Fail("there is no operation in the message")
	case int(n) > s.cfg.Batch:
		return because(wire.ResultReasonInvalidMessage, fault.New(fault.TooLarge, "a message may have %d operations, not %d", s.cfg.Batch, n))
	}
	return nil
}
