package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Lifetimes of tickets, and how many one caller has at a time: they are made without a policy's leave.
const (
	ticketTTL   = time.Hour
	ticketMost  = 24 * time.Hour
	ticketCount = 16
)

// ticketSize is the length of a ticket without its rights, in bytes: the id and the secret half.
const ticketSize = len(key.ID{}) + tokenSecret

// TicketSpec asks for a ticket: a short-lived token with which whoever shows it at the same door is its maker.
type TicketSpec struct {
	TTL    time.Duration // 0: an hour; a day at most
	Uses   int32         // how many requests it is good for; 0: any number
	Rights []byte        // what it is good for, in the door's words, which travel in the ticket; nil: for whatever its maker may
}

// ticketIn is a TicketSpec as it crosses nodes.
type ticketIn struct {
	TTL   time.Duration
	Uses  int32
	Scope []byte `cbor:",omitempty"` // SHA-256 of the rights
}

var (
	opLogin      = newWrite("ticket.create", access.Unchecked, login)
	opUseTicket  = newWrite("ticket.use", access.Unchecked, useTicket)
	errTicket    = fault.New(fault.Unauthenticated, "the ticket is not valid: it was never given out, has expired, is used up or was ended")
	errNoTickets = fault.New(fault.Unauthenticated, "only who shows a certificate or a token gets a ticket")
	errOfTicket  = fault.New(fault.Denied, "a ticket gets no other ticket: ask for one with the certificate or the token itself")
)

// Login gives the caller a ticket, which it clears. It can do no more than the caller may, so no policy is asked, and it lives no longer
// than the token that the caller has; fault.Busy when the caller has too many that have not ended, fault.Denied to who came with a ticket:
// a door that took a use off one has to refuse him itself, for nothing tells him from its maker any more.
func (v *Vault) Login(ctx context.Context, c access.Caller, s TicketSpec) ([]byte, error) {
	in := ticketIn{TTL: s.TTL, Uses: s.Uses}
	if s.Rights != nil {
		sum := sha256.Sum256(s.Rights)
		in.Scope = sum[:]
	}
	tok, err := opLogin.do(ctx, v, c, in)
	if err != nil {
		return nil, err
	}
	secret, err := v.secretOf(tok)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	text := append(make([]byte, 0, ticketSize+len(s.Rights)), tok.ID[:]...)
	return append(append(text, secret...), s.Rights...), nil
}

func login(ctx context.Context, t *task, in ticketIn) (*access.Token, error) {
	c := t.caller
	if c.Kind != access.ByCertificate && c.Kind != access.ByToken || c.Principal == "" {
		return nil, errNoTickets
	}
	if err := t.alive(); err != nil {
		return nil, err
	}
	if in.TTL == 0 {
		in.TTL = ticketTTL
	}
	if in.TTL < 0 || in.TTL > ticketMost || in.Uses < 0 || len(in.Scope) > sha256.Size {
		return nil, fault.New(fault.Invalid, "a ticket lives for %v at most, and is good for a positive number of requests", ticketMost)
	}
	if t.tickets() >= ticketCount {
		return nil, fault.New(fault.Busy, "%s has %d tickets that have not ended: end one before asking for another", c.Principal, ticketCount)
	}
	tok, err := t.newToken(access.Ticket, in.TTL)
	if err != nil {
		return nil, err
	}
	tok.Principal, tok.Groups, tok.Parent = c.Principal, c.Groups, c.Token
	if err := t.boundBy(tok, c.Token); err != nil {
		return nil, err
	}
	tok.Of, tok.Scope, tok.UsesLeft, tok.MaxUntil = c.Kind, in.Scope, in.Uses, tok.Expires
	t.change("principal", c.Principal)
	return t.commitToken(ctx, tok)
}

// boundBy has a ticket end when the token does with which it was asked for, if there is one.
func (t *task) boundBy(tok *access.Token, parent key.ID) error {
	if parent.IsZero() {
		return nil
	}
	p := t.link.machine.State().Token(parent)
	if p == nil {
		return errBearer
	}
	if p.Kind == access.Ticket {
		return errOfTicket
	}
	if err := t.keys.checkToken(p); err != nil {
		return err
	}
	for _, end := range []key.Time{p.Expires, p.MaxUntil} {
		if end != 0 {
			tok.Expires = min(tok.Expires, end)
		}
	}
	return nil
}

// tickets is how many the caller has that live.
func (t *task) tickets() (n int) {
	s := t.link.machine.State()
	for after := (key.ID{}); ; {
		page, next := s.Tokens(after, maxTokens)
		for _, tok := range page {
			if tok.Kind == access.Ticket && tok.Of == t.caller.Kind && tok.Principal == t.caller.Principal && tok.Live(s.At()) {
				n++
			}
		}
		if after = next; next.IsZero() {
			return n
		}
	}
}

// Admitted is who shows a ticket, and the rights that it was made with: nil for all that its maker has. One of its uses is taken off
// where they are counted. fault.Unauthenticated for what is no ticket, or no more.
func (v *Vault) Admitted(ctx context.Context, c access.Caller, ticket []byte) (access.Caller, []byte, error) {
	tok, rights, err := v.ticket(ctx, ticket)
	if err != nil {
		return access.Caller{}, nil, err
	}
	if tok.UsesLeft > 0 {
		if _, err := opUseTicket.do(ctx, v, c, tokenIn{tok.ID}); err != nil {
			if errors.Is(err, fault.NotFound) {
				err = errTicket
			}
			return access.Caller{}, nil, err
		}
	}
	who := access.Caller{Principal: tok.Principal, Groups: tok.Groups, Kind: tok.Of, Token: tok.ID}
	if tok.UsesLeft > 0 { // this may have been its last use
		who.Token = key.ID{}
	}
	return who, rights, nil
}

// ticket finds what a ticket stands for, if it is one that lives.
func (v *Vault) ticket(ctx context.Context, ticket []byte) (*access.Token, []byte, error) {
	s := v.state()
	if s == nil || len(ticket) < ticketSize {
		return nil, nil, errTicket
	}
	var id key.ID
	copy(id[:], ticket)
	secret, rights := ticket[len(id):ticketSize], ticket[ticketSize:]
	if s.Token(id) == nil && v.madeHere(access.Ticket, id, secret) {
		s = v.caughtUp(ctx, s)
	}
	tok, err := v.proven(s, id, secret, access.Ticket)
	if err != nil {
		return nil, nil, err
	}
	if tok == nil {
		if err := v.unknown(ctx); !errors.Is(err, fault.Unauthenticated) {
			return nil, nil, err
		}
		return nil, nil, errTicket
	}
	if len(tok.Scope) == 0 {
		if len(rights) > 0 {
			return nil, nil, errTicket
		}
		return tok, nil, nil
	}
	if sum := sha256.Sum256(rights); !bytes.Equal(sum[:], tok.Scope) {
		return nil, nil, errTicket
	}
	return tok, rights, nil
}

func useTicket(ctx context.Context, t *task, in tokenIn) (bool, error) {
	if _, done, err := t.before(); done || err != nil { // it was the last use, perhaps
		return done, err
	}
	for {
		tok := t.link.machine.State().Token(in.ID)
		if tok == nil || tok.Kind != access.Ticket {
			return false, fault.New(fault.NotFound, "there is no such ticket")
		}
		if err := t.intend(); err != nil {
			return false, err
		}
		err := t.spend(ctx, tok, use{request: t.request})
		if errors.Is(err, fault.Busy) && ctx.Err() == nil { // another request with it was faster
			continue
		}
		return err == nil, err
	}
}

// Logout ends a ticket, and those that were made with it: who shows it may. Acknowledged when no node accepts it any more.
func (v *Vault) Logout(ctx context.Context, c access.Caller, ticket []byte) error {
	tok, _, err := v.ticket(ctx, ticket)
	if err != nil {
		return err
	}
	c.Principal, c.Groups, c.Kind, c.Token = tok.Principal, tok.Groups, access.ByToken, tok.ID
	return v.RevokeToken(ctx, c, key.ID{})
}
