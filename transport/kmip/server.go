package kmip

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Config holds what the door needs beside the vault. The zero value works.
type Config struct {
	Log    *slog.Logger     // nil: silent
	Limits ttlv.Limits      // of a request
	Batch  int              // operations of one request; default 64
	Skew   time.Duration    // how far a request's time stamp may be from ours; default 5 min
	Now    func() time.Time // default time.Now
	Node   string           // this node's name: where an operation that is asked about later is known

	Version string // of the release, as Query tells it; "": it is not told

	// CertifyWith is the name or id of the vault's key that signs what Certify makes; "": it is refused.
	CertifyWith string
}

// Server answers messages on a vault. Its methods may be called concurrently.
type Server struct {
	vault    *vault.Vault
	cfg      Config
	ops      map[wire.Operation]*serve.Op // what is measured; under 0 what is no operation here
	overHTTP serve.Op

	digests digests
	errands *errands
}

// New builds the door on v.
func New(v *vault.Vault, cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Batch <= 0 {
		cfg.Batch = 64
	}
	if cfg.Skew <= 0 {
		cfg.Skew = 5 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{vault: v, cfg: cfg, ops: map[wire.Operation]*serve.Op{}, overHTTP: serve.Op{Name: "kmip"}, errands: newErrands()}
	v.WhenSealed(s.errands.drop)
	v.OnWhole(doorName, s.doPart)
	for _, o := range operations {
		s.ops[o.code] = &serve.Op{Name: o.code.String()}
	}
	return s
}

// Answer is Session.Answer of a connection that ends with it.
func (s *Server) Answer(ctx context.Context, c access.Caller, request []byte, out *ttlv.Encoder) {
	n := s.Session()
	defer n.End()
	n.Answer(ctx, c, request, out)
}

// Answer writes to out the response to one request, which is lent for the call and cleared. There is always one: what
// cannot be read is told so, in the oldest version if it does not say its own (KMIP 1.4, section 7.2; 2.1, section 9.4).
func (n *Session) Answer(ctx context.Context, c access.Caller, request []byte, out *ttlv.Encoder) {
	defer clear(request)
	m, err := ttlv.Decode(request, n.server.cfg.Limits)
	if err != nil {
		n.server.refuse(unread(), c, err, out)
		return
	}
	n.message(ctx, c, m, out)
}

// message answers a request that was read.
func (n *Session) message(ctx context.Context, c access.Caller, m *ttlv.Message, out *ttlv.Encoder) {
	s := n.server
	r, err := s.header(m.Root())
	if r.correlation != "" {
		r.id = c.RequestID
	}
	if err == nil {
		c, err = s.credentials(ctx, c, r)
	}
	if err != nil {
		s.refuse(r, c, err, out)
		return
	}
	if pending, err := n.later(c, r, m, out); pending || err != nil {
		if err != nil {
			s.refuse(r, c, err, out)
		}
		return
	}
	items := ttlv.NewEncoder()
	defer items.Release()
	count := n.batch(ctx, c, r, items)
	s.message(r, count, items, out)
}

// message writes a response with items that were written before.
func (s *Server) message(r *request, count int, items, out *ttlv.Encoder) {
	out.Structure(wire.TagResponseMessage, func() {
		s.responseHeader(r, count, out)
		out.Append(items)
	})
}

func (s *Server) responseHeader(r *request, count int, out *ttlv.Encoder) {
	out.Structure(wire.TagResponseHeader, func() {
		writeVersion(out, r.version)
		out.DateTime(wire.TagTimeStamp, s.cfg.Now())
		if r.correlation != "" {
			out.Text(wire.TagClientCorrelationValue, r.correlation)
		}
		if r.id != "" && wire.TagServerCorrelationValue.In(r.version) {
			out.Text(wire.TagServerCorrelationValue, r.id)
		}
		out.Integer(wire.TagBatchCount, int32(count))
	})
}

func writeVersion(out *ttlv.Encoder, v wire.Version) {
	out.Structure(wire.TagProtocolVersion, func() {
		out.Integer(wire.TagProtocolVersionMajor, int32(v.Major))
		out.Integer(wire.TagProtocolVersionMinor, int32(v.Minor))
	})
}

// refuse answers a request that cannot be taken as a whole: one item, without an operation, and the name under which the audit log has it.
func (s *Server) refuse(r *request, c access.Caller, err error, out *ttlv.Encoder) {
	r.id = c.RequestID
	s.turnAway(r, s.vault.Refused("kmip", c, asFault(err, wire.ResultReasonInvalidMessage)), out)
}

// overloaded answers a request that comes while the door answers as many as it may, in its own version. Nothing of it is looked at but that, and
// nothing is audited: it has to cost little.
func (n *Session) overloaded(message []byte, out *ttlv.Encoder) {
	defer clear(message)
	r := unread()
	if m, err := ttlv.Decode(message, n.server.cfg.Limits); err == nil {
		r, _ = n.server.header(m.Root()) // a wrong one says its version, too
	}
	n.server.turnAway(r, fault.New(fault.Busy, "this node answers as many KMIP requests as it may; ask again in a moment, or another node"), out)
	if n.measure != nil {
		n.measure(nil, 0, fault.Busy.String())
	}
}

// turnAway writes the answer to a request that cannot be taken as a whole.
func (s *Server) turnAway(r *request, err error, out *ttlv.Encoder) {
	items := ttlv.NewEncoder()
	defer items.Release()
	items.Structure(wire.TagBatchItem, func() { s.writeFailure(items, r.version, err) })
	s.message(r, 1, items, out)
}

// asFault gives an error of the codec its kind, and its reason: wrong, or that something is missing. What has a kind keeps it.
func asFault(err error, wrong wire.ResultReason) error {
	var e *ttlv.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Missing:
		return because(wire.ResultReasonMissingData, fault.New(fault.Invalid, "%s", e.Error()))
	case e.Limit:
		return because(wrong, fault.New(fault.TooLarge, "%s", e.Error()))
	}
	return because(wrong, fault.New(fault.Invalid, "%s", e.Error()))
}
