package vault

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Lifetimes of tokens where the caller does not say, and how many one list shows.
const (
	bearerTTL = 32 * 24 * time.Hour
	joinTTL   = 24 * time.Hour
	maxTokens = 10_000
)

type tokenIn struct{ ID key.ID }

var (
	opCreateToken     = newWrite("token.create", access.ManageToken, createToken)
	opCreateJoinToken = newWrite("token.create-join", access.Admit, createJoinToken)
	opRenewToken      = newWrite("token.renew", access.ManageToken, renewToken)
	opRevokeToken     = newWrite("token.revoke", access.ManageToken, revokeToken)
)

// CreateToken makes a bearer token and returns its text, once. The caller clears it. Nobody can hand out groups that
// he is not in himself, unless he is in "root".
func (v *Vault) CreateToken(ctx context.Context, c access.Caller, s TokenSpec) (*access.Token, []byte, error) {
	t, err := opCreateToken.do(ctx, v, c, s)
	if err != nil {
		return nil, nil, err
	}
	secret, err := v.secretOf(t)
	if err != nil {
		return nil, nil, err
	}
	defer clear(secret)
	return t, bearerText(t.ID, secret), nil
}

// secretOf derives a token's secret half here, so that it never crosses a node link.
func (v *Vault) secretOf(t *access.Token) ([]byte, error) {
	_, room, err := v.opened()
	if err != nil {
		return nil, err
	}
	return room.bearer(t.Kind, t.ID)
}

func createToken(ctx context.Context, t *task, s TokenSpec) (*access.Token, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if s.Principal == "" {
		s.Principal = t.caller.Principal
	}
	if err := key.CheckName(s.Principal); err != nil {
		return nil, fault.New(fault.Invalid, "the principal %q is not allowed: it is formed like a key's name", clip(s.Principal))
	}
	root := slices.Contains(t.caller.Groups, access.RootGroup)
	for _, g := range s.Groups {
		if err := key.CheckName(g); err != nil {
			return nil, fault.New(fault.Invalid, "the group %q is not allowed: it is formed like a key's name", clip(g))
		}
		if !root && !slices.Contains(t.caller.Groups, g) {
			return nil, fault.New(fault.Denied, "%s is not in the group %q and cannot give it to others", t.caller.Principal, g)
		}
	}
	if s.Orphan && !root {
		return nil, fault.New(fault.Denied, "only the group root makes tokens that outlive the one they were made with")
	}
	if s.TTL == 0 {
		s.TTL = bearerTTL
	}
	if s.TTL < 0 || s.MaxTTL < 0 || s.MaxTTL != 0 && s.TTL > s.MaxTTL {
		return nil, fault.New(fault.Invalid, "ttl must be positive and no longer than max_ttl")
	}
	tok, err := t.newToken(access.Bearer, s.TTL)
	if err != nil {
		return nil, err
	}
	tok.Principal, tok.Groups, tok.Parent = s.Principal, s.Groups, t.caller.Token
	if s.Orphan {
		tok.Parent = key.ID{}
		t.change("orphan", "yes")
	}
	if s.MaxTTL > 0 {
		tok.MaxUntil = tok.Created.Add(s.MaxTTL)
	}
	t.change("principal", s.Principal)
	return t.commitToken(ctx, tok)
}

// newToken makes a token that lives for ttl (0: for ever), with a derived secret.
func (t *task) newToken(kind access.TokenKind, ttl time.Duration) (*access.Token, error) {
	return mintToken(t.v, t.keys, t.v.now(t.link.machine.State()), kind, ttl)
}

func mintToken(v *Vault, room *keyroom, now key.Time, kind access.TokenKind, ttl time.Duration) (*access.Token, error) {
	id, err := key.NewID(v.cfg.Random)
	if err != nil {
		return nil, err
	}
	secret, err := room.bearer(kind, id)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	sum := sha256.Sum256(secret)
	tok := &access.Token{ID: id, Kind: kind, Hash: sum[:], Created: now, TTL: ttl.Milliseconds(), Revision: 1}
	if ttl > 0 {
		tok.Expires = now.Add(ttl)
	}
	return tok, nil
}

// commitToken authenticates and commits a new token; a repeated request gets the first one.
func (t *task) commitToken(ctx context.Context, tok *access.Token) (*access.Token, error) {
	if err := t.keys.stampToken(tok); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	out, err := t.propose(ctx, &fsm.CreateToken{Token: tok})
	if err != nil {
		return nil, err
	}
	made := t.link.machine.State().Token(out.Object)
	if made == nil {
		return nil, fault.New(fault.BadState, "the token that this request made has ended meanwhile")
	}
	t.change("token", made.ID.String())
	return made, nil
}

// CreateJoinToken makes a token with which a node can become a member, and returns its text, once.
func (v *Vault) CreateJoinToken(ctx context.Context, c access.Caller, s JoinTokenSpec) (*access.Token, []byte, error) {
	t, err := opCreateJoinToken.do(ctx, v, c, s)
	if err != nil {
		return nil, nil, err
	}
	secret, err := v.secretOf(t)
	if err != nil {
		return nil, nil, err
	}
	defer clear(secret)
	pin, err := v.pin()
	if err != nil {
		return nil, nil, err
	}
	return t, joinText(pin, t.ID, secret), nil
}

func createJoinToken(ctx context.Context, t *task, s JoinTokenSpec) (*access.Token, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if s.TTL == 0 {
		s.TTL = joinTTL
	}
	if s.TTL < 0 || s.TTL > key.MaxPeriod || s.Uses < 0 || s.Uses > 1000 {
		return nil, fault.New(fault.Invalid, "a join token lives for a positive time and has 0 (any number) to 1000 uses")
	}
	tok, err := t.newToken(access.Join, s.TTL)
	if err != nil {
		return nil, err
	}
	tok.UsesLeft = int32(s.Uses)
	if s.Replace != "" {
		if err := t.member(s.Replace); err != nil {
			return nil, err
		}
		tok.Principal = s.Replace
	}
	return t.commitToken(ctx, tok)
}

// LookupToken finds a token by id; the zero ID is the caller's own, which needs no policy.
func (v *Vault) LookupToken(ctx context.Context, c access.Caller, id key.ID) (*access.Token, error) {
	t, err := v.begin("token.lookup", access.ManageToken, c, false)
	if err != nil {
		return nil, err
	}
	tok, err := t.token(ctx, id)
	return tok, t.done(err)
}

// token finds a token that the caller may see: his own, or any if a policy permits.
func (t *task) token(ctx context.Context, id key.ID) (*access.Token, error) {
	if err := t.fresh(ctx); err != nil {
		return nil, err
	}
	return t.ownToken(id)
}

func (t *task) ownToken(id key.ID) (*access.Token, error) {
	if id.IsZero() {
		id = t.caller.Token
		if id.IsZero() {
			return nil, fault.New(fault.Unauthenticated, "this needs a token")
		}
	}
	if id != t.caller.Token || t.caller.Kind != access.ByToken {
		if err := t.allow(access.OfVault()); err != nil {
			return nil, err
		}
	}
	t.change("token", id.String())
	tok := t.link.machine.State().Token(id)
	if tok == nil {
		return nil, fault.New(fault.NotFound, "there is no token %s", id)
	}
	return tok, t.keys.checkToken(tok)
}

// RenewToken lets a token live for another TTL from now, within its bound.
func (v *Vault) RenewToken(ctx context.Context, c access.Caller, id key.ID) (*access.Token, error) {
	return opRenewToken.do(ctx, v, c, tokenIn{id})
}

func renewToken(ctx context.Context, t *task, in tokenIn) (*access.Token, error) {
	old, err := t.ownToken(in.ID)
	if err != nil {
		return nil, err
	}
	if old.Expires == 0 {
		return old, nil // it lives for ever
	}
	expires := t.v.now(t.link.machine.State()).Add(time.Duration(old.TTL) * time.Millisecond)
	if old.MaxUntil != 0 {
		expires = min(expires, old.MaxUntil)
	}
	cmd := &fsm.RenewToken{ID: old.ID, Expect: old.Revision, Expires: expires}
	next, err := cmd.Next(old)
	if err != nil {
		return nil, err
	}
	if err := t.keys.stampToken(next); err != nil {
		return nil, err
	}
	cmd.MAC = next.MAC
	if err := t.intend(); err != nil {
		return nil, err
	}
	if _, err := t.propose(ctx, cmd); err != nil {
		return nil, err
	}
	return t.link.machine.State().Token(old.ID), nil
}

// RevokeToken ends a token and all that were made with it. It is acknowledged when no node accepts them any more.
func (v *Vault) RevokeToken(ctx context.Context, c access.Caller, id key.ID) error {
	_, err := opRevokeToken.do(ctx, v, c, tokenIn{id})
	return err
}

func revokeToken(ctx context.Context, t *task, in tokenIn) (bool, error) {
	if _, done, err := t.again(ctx); done || err != nil {
		return done, err // what it ended cannot be found any more
	}
	old, err := t.ownToken(in.ID)
	if err != nil {
		return false, err
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, err = t.propose(ctx, &fsm.RevokeToken{ID: old.ID})
	return err == nil, err
}

// Tokens lists all tokens.
func (v *Vault) Tokens(ctx context.Context, c access.Caller) ([]*access.Token, error) {
	t, err := v.begin("token.list", access.ManageToken, c, false)
	if err != nil {
		return nil, err
	}
	err = t.fresh(ctx)
	if err == nil {
		err = t.allow(access.OfVault())
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	tokens, _ := t.link.machine.State().Tokens(key.ID{}, maxTokens)
	return tokens, nil
}
