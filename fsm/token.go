package fsm

import (
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Limits on tokens.
const (
	MaxPrincipal  = 256   // bytes, of a principal's and of a group's name
	MaxGroups     = 64    // of one token
	MaxPurge      = 4_096 // tokens that one PurgeTokens removes
	tokenHashSize = 32
)

// CreateToken adds a token, whose Revision is 1. fault.Exists if its id is taken; fault.NotFound without its
// parent, which may have been revoked a moment ago, and fault.BadState if the parent has expired.
type CreateToken struct {
	Token *access.Token `cbor:"1,keyasint"`
}

// Op implements Command.
func (*CreateToken) Op() string { return "token.create" }

// Apply implements Command.
func (c *CreateToken) Apply(d *Draft, env Env) (Result, error) {
	if err := checkToken(d, c.Token, env.At); err != nil {
		return Result{}, err
	}
	d.putToken(nil, c.Token)
	return Result{Object: c.Token.ID, Revision: 1}, nil
}

// checkToken looks at a new token. At the time 0 it may have no parent: nothing is there yet.
func checkToken(d *Draft, t *access.Token, now key.Time) error {
	switch {
	case t == nil || t.ID.IsZero() || len(t.Hash) != tokenHashSize || t.Revision != 1:
		return fault.New(fault.Invalid, "a new token needs an id, a hash of %d bytes and revision 1", tokenHashSize)
	case t.Kind != access.Bearer && t.Kind != access.Join && t.Kind != access.Ticket:
		return fault.New(fault.Invalid, "the token %s is of kind %d, which there is not", t.ID, t.Kind)
	case len(t.Principal) > MaxPrincipal || len(t.Groups) > MaxGroups || len(t.MAC) > MaxMAC || len(t.Scope) > tokenHashSize:
		return fault.New(fault.TooLarge, "the token %s has a name longer than %d bytes, more than %d groups, or a MAC longer than %d", t.ID, MaxPrincipal, MaxGroups, MaxMAC)
	case t.Created <= 0 || t.Expires < 0 || t.MaxUntil < 0 || t.TTL < 0 || t.UsesLeft < 0:
		return fault.New(fault.Invalid, "the token %s lacks the date of its creation, or has a negative date, period or count", t.ID)
	case t.MaxUntil != 0 && (t.Expires == 0 || t.Expires > t.MaxUntil):
		return fault.New(fault.Invalid, "the token %s would live beyond its bound", t.ID)
	}
	for _, g := range t.Groups {
		if len(g) > MaxPrincipal {
			return fault.New(fault.TooLarge, "a group of token %s has a name longer than %d bytes", t.ID, MaxPrincipal)
		}
	}
	if d.token(t.ID) != nil {
		return fault.New(fault.Exists, "the token id %s is taken", t.ID)
	}
	if t.Parent.IsZero() {
		return nil
	}
	parent := d.token(t.Parent)
	if parent == nil || now == 0 {
		return fault.New(fault.NotFound, "there is no token %s, named as the parent of %s", t.Parent, t.ID)
	}
	if !parent.Live(now) {
		return fault.New(fault.BadState, "the token %s, named as the parent of %s, has expired", t.Parent, t.ID)
	}
	return nil
}

// RenewToken moves the time at which a token expires. fault.BadState if it has expired, fault.Conflict if it is not
// at revision Expect, fault.Invalid beyond its MaxUntil.
type RenewToken struct {
	ID      key.ID   `cbor:"1,keyasint"`
	Expect  uint64   `cbor:"2,keyasint"`
	Expires key.Time `cbor:"3,keyasint"`
	MAC     []byte   `cbor:"4,keyasint,omitempty"`
}

// Op implements Command.
func (*RenewToken) Op() string { return "token.renew" }

// Next gives the token as it will be. Whether it has expired only Apply can tell.
func (c *RenewToken) Next(old *access.Token) (*access.Token, error) {
	if err := expectRevision("token", old.ID.String(), c.Expect, old.Revision); err != nil {
		return nil, err
	}
	if c.Expires <= 0 || old.MaxUntil != 0 && c.Expires > old.MaxUntil || len(c.MAC) > MaxMAC {
		return nil, fault.New(fault.Invalid, "the token %s can be renewed until %s at most", old.ID, old.MaxUntil)
	}
	t := *old
	t.Expires, t.MAC, t.Revision = c.Expires, c.MAC, old.Revision+1
	return &t, nil
}

// Apply implements Command.
func (c *RenewToken) Apply(d *Draft, env Env) (Result, error) {
	old, err := liveToken(d, c.ID, env.At)
	if err != nil {
		return Result{}, err
	}
	t, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	d.putToken(old, t)
	return Result{Object: t.ID, Revision: t.Revision}, nil
}

// UseToken takes one use off a token that counts them; the last use removes it. fault.BadState if it has
// expired or does not count uses, fault.Conflict if it is not at revision Expect.
type UseToken struct {
	ID     key.ID `cbor:"1,keyasint"`
	Expect uint64 `cbor:"2,keyasint"`
	MAC    []byte `cbor:"3,keyasint,omitempty"`
}

// Op implements Command.
func (*UseToken) Op() string { return "token.use" }

// Next gives the token as it will be; nil when that was its last use.
func (c *UseToken) Next(old *access.Token) (*access.Token, error) {
	if err := expectRevision("token", old.ID.String(), c.Expect, old.Revision); err != nil {
		return nil, err
	}
	if old.UsesLeft <= 0 {
		return nil, fault.New(fault.BadState, "the uses of token %s are not counted", old.ID)
	}
	if len(c.MAC) > MaxMAC {
		return nil, fault.New(fault.Invalid, "the MAC of a token has at most %d bytes", MaxMAC)
	}
	if old.UsesLeft == 1 {
		return nil, nil
	}
	t := *old
	t.UsesLeft, t.MAC, t.Revision = old.UsesLeft-1, c.MAC, old.Revision+1
	return &t, nil
}

// Apply implements Command.
func (c *UseToken) Apply(d *Draft, env Env) (Result, error) {
	old, err := liveToken(d, c.ID, env.At)
	if err != nil {
		return Result{}, err
	}
	t, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	d.putToken(old, t)
	return Result{Object: old.ID, Revision: old.Revision + 1}, nil
}

func liveToken(d *Draft, id key.ID, now key.Time) (*access.Token, error) {
	t := d.token(id)
	if t == nil {
		return nil, fault.New(fault.NotFound, "there is no token %s", id)
	}
	if !t.Live(now) {
		return nil, fault.New(fault.BadState, "the token %s has expired", id).WithHint("Ask for a new token; an expired one stays expired.")
	}
	return t, nil
}

// RevokeToken removes a token and every token that was made with it, and with those. fault.NotFound if there is none.
// Result.Version counts what was removed.
type RevokeToken struct {
	ID key.ID `cbor:"1,keyasint"`
}

// Op implements Command.
func (*RevokeToken) Op() string { return "token.revoke" }

// Revokes implements Revoker.
func (*RevokeToken) Revokes() bool { return true }

// Apply implements Command.
func (c *RevokeToken) Apply(d *Draft, _ Env) (Result, error) {
	t := d.token(c.ID)
	if t == nil {
		return Result{}, fault.New(fault.NotFound, "there is no token %s", c.ID)
	}
	removed := uint32(0)
	for gone := []*access.Token{t}; len(gone) > 0; removed++ {
		t, gone = gone[len(gone)-1], gone[:len(gone)-1]
		gone = d.childTokens(t.ID, gone)
		d.putToken(t, nil)
	}
	return Result{Object: c.ID, Version: removed}, nil
}

// PurgeTokens removes tokens that expired before a time, the oldest first and at most MaxPurge of them; Result.Version
// counts them. Before may not lie ahead of the entry's own time: fault.Invalid.
type PurgeTokens struct {
	Before key.Time `cbor:"1,keyasint"`
}

// Op implements Command.
func (*PurgeTokens) Op() string { return "token.purge" }

// Apply implements Command.
func (c *PurgeTokens) Apply(d *Draft, env Env) (Result, error) {
	if c.Before > env.At {
		return Result{}, fault.New(fault.Invalid, "tokens that expire after %s have not expired yet", env.At)
	}
	var expired []*access.Token
	for t := range d.tokensExpired(c.Before, MaxPurge) {
		expired = append(expired, t)
	}
	for _, t := range expired {
		d.putToken(t, nil)
	}
	return Result{Version: uint32(len(expired))}, nil
}
