package kmip

import (
	"context"
	"errors"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// login is Login (KMIP 2.1, section 6.1.30): a ticket, with which the same client is known while it shows the same certificate. Whoever
// logs in with a password (a token) needs it no more while the ticket lives.
func login(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	return x.ticket(payload, nil, out)
}

// delegatedLogin is Delegated Login (KMIP 2.1, section 6.1.12): a ticket for somebody else, who does with it what its Rights name, as the
// client that asked for it.
func delegatedLogin(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	item, err := payload.Find(wire.TagRights).Structure()
	if err != nil {
		return err
	}
	if _, err := readRights(item); err != nil {
		return err
	}
	return x.ticket(payload, item.Raw(), out)
}

// ticket makes a ticket as a payload asks for it.
func (x *exchange) ticket(payload ttlv.Item, rights []byte, out *ttlv.Encoder) error {
	if x.ticketed { // or a ticket would get the next one when it ends
		return because(wire.ResultReasonPermissionDenied, fault.New(fault.Denied, "a ticket gets no other ticket: log in with the certificate or the password itself"))
	}
	s := vault.TicketSpec{Rights: rights}
	var err error
	if item := payload.Find(wire.TagLeaseTime); item.Present() {
		if s.TTL, err = item.Interval(); err != nil {
			return err
		}
	}
	if item := payload.Find(wire.TagRequestCount); item.Present() {
		if s.Uses, err = item.Integer(); err != nil {
			return err
		}
		if s.Uses <= 0 {
			return item.Fail("it is not positive")
		}
	}
	if payload.Find(wire.TagUsageLimits).Present() {
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "tickets have no Usage Limits here: use Lease Time and Request Count"))
	}
	text, err := x.server.vault.Login(x.ctx, x.caller, s)
	defer clear(text)
	if err != nil {
		return err
	}
	out.Structure(wire.TagTicket, func() {
		out.Enumeration(wire.TagTicketType, uint32(wire.TicketTypeLogin))
		out.Bytes(wire.TagTicketValue, text)
	})
	return nil
}

// logout is Logout (KMIP 2.1, section 6.1.31): the ticket, and what was made with it, ends on every node.
func logout(x *exchange, payload ttlv.Item, _ *ttlv.Encoder) error {
	text, err := payload.Find(wire.TagTicket).Find(wire.TagTicketValue).Bytes()
	if err != nil {
		return err
	}
	err = x.server.vault.Logout(x.ctx, x.caller, text)
	if errors.Is(err, fault.Unauthenticated) {
		return because(wire.ResultReasonInvalidTicket, fault.Of(err))
	}
	return err
}

// ticket is who shows a ticket in the header. One of Login is its maker's alone: with a certificate, it goes with that certificate.
func (s *Server) ticket(ctx context.Context, c access.Caller, r *request, text []byte) (access.Caller, error) {
	r.ticketed = true
	who, granted, err := s.vault.Admitted(ctx, c, text)
	switch {
	case errors.Is(err, fault.Unauthenticated):
		return who, errCredential
	case err != nil:
		return who, err
	case granted == nil && who.Kind == access.ByCertificate && (c.Kind != access.ByCertificate || c.Principal != who.Principal):
		return who, errCredential
	case granted == nil:
		return who, nil
	}
	m, err := ttlv.Decode(granted, s.cfg.Limits)
	if err != nil {
		return who, errCredential
	}
	r.granted = granted
	r.rights, err = readRights(m.Root())
	return who, err
}

// rights are what the bearer of a delegated ticket may do: what one of them allows.
type rights []right

// right allows operations on objects. nil: any.
type right struct {
	operations []wire.Operation
	objects    []string
}

// readRights reads Rights (KMIP 2.1, section 7.26). What is not known in them is refused: it would limit something.
func readRights(item ttlv.Item) (*rights, error) {
	var all rights
	for one := range item.Children() {
		if one.Tag() != wire.TagRight {
			return nil, one.Fail("rights consist of a Right each")
		}
		r := right{}
		for part := range one.Children() {
			switch part.Tag() {
			case wire.TagOperations:
				r.operations = []wire.Operation{}
				for op := range part.Children() {
					v, err := op.Enumeration()
					if err != nil {
						return nil, err
					}
					r.operations = append(r.operations, wire.Operation(v))
				}
			case wire.TagObjects:
				r.objects = []string{}
				for o := range part.Children() {
					id, err := o.Text()
					if err != nil {
						return nil, err
					}
					r.objects = append(r.objects, identified(id).String())
				}
			default:
				return nil, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "a Right here is of Operations and Objects, not of %v", part.Tag()))
			}
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, item.Fail("there is no Right in it")
	}
	return &all, nil
}

// cover tells whether an operation may be done to an object.
func (all *rights) cover(code wire.Operation, id string) bool {
	if all == nil {
		return true
	}
	return slices.ContainsFunc(*all, func(r right) bool {
		return (r.operations == nil || slices.Contains(r.operations, code)) && (r.objects == nil || slices.Contains(r.objects, id))
	})
}

// own are operations that nobody does for another: they make tickets, or are about what others began.
var own = []wire.Operation{
	wire.OperationLogin, wire.OperationDelegatedLogin, wire.OperationPoll, wire.OperationCancel, wire.OperationQueryAsynchronousRequests,
}

// onObject are the operations on the object that they name, on which Objects of a Right have a say; others need a right without Objects.
var onObject = []wire.Operation{
	wire.OperationReKey, wire.OperationReKeyKeyPair, wire.OperationCheck, wire.OperationGet, wire.OperationGetAttributes, wire.OperationGetAttributeList,
	wire.OperationAddAttribute, wire.OperationModifyAttribute, wire.OperationDeleteAttribute, wire.OperationSetAttribute, wire.OperationAdjustAttribute,
	wire.OperationObtainLease, wire.OperationGetUsageAllocation, wire.OperationActivate, wire.OperationRevoke, wire.OperationDestroy, wire.OperationArchive,
	wire.OperationRecover, wire.OperationExport, wire.OperationEncrypt, wire.OperationDecrypt, wire.OperationSign, wire.OperationSignatureVerify,
	wire.OperationMAC, wire.OperationMACVerify,
}

// entitled refuses what the caller's ticket is not good for.
func (x *exchange) entitled(payload ttlv.Item) error {
	if x.rights == nil {
		return nil
	}
	refused := because(wire.ResultReasonPermissionDenied, fault.New(fault.Denied, "the ticket is not good for %v", x.code))
	if slices.Contains(own, x.code) || !slices.ContainsFunc(*x.rights, func(r right) bool { return r.operations == nil || slices.Contains(r.operations, x.code) }) {
		return refused
	}
	if slices.Contains(onObject, x.code) {
		_, err := x.object(payload)
		return err
	}
	if !x.rights.cover(x.code, "") {
		return refused
	}
	return nil
}
