package vault

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

const (
	docRootCalls  = "root-token/used" // calls that a root token was made for, as long as they could be used again
	rootCallEnds  = 24 * time.Hour
	rootCallAhead = 10 * time.Minute // how far a requester's clock may be ahead
)

// RootTokenProof asks for a root token: a call, and the proofs of a threshold of custodians.
type RootTokenProof struct {
	Call   string   `cbor:"1,keyasint"`
	Proofs []string `cbor:"2,keyasint"`
}

// NewRootToken is a root token that only whoever made the call can read.
type NewRootToken struct {
	ID      key.ID
	Sealed  []byte // the token's text, encrypted to the call's key: seal.Call.Decrypt opens it
	Expires key.Time
}

// usedCall is one element of docRootCalls.
type usedCall struct {
	Nonce [16]byte `cbor:"1,keyasint"`
	At    int64    `cbor:"2,keyasint"` // Unix seconds, as the call has it
}

var opRootToken = newWrite("sys.root-token", access.Unchecked, makeRootToken)

// RootToken makes a token of the group root on the word of a threshold of custodians, each of whom signed a call that names who gets it and
// when it was made. There is nothing to begin, and so nothing that a stranger could cancel or fill: the call and its
// proofs are all there is. A call is good for a day and for one token. fault.Denied while proofs are missing.
func (v *Vault) RootToken(ctx context.Context, c access.Caller, in RootTokenProof) (*NewRootToken, error) {
	c.Kind = access.ByShare
	if err := v.calls.admit(v.cfg.Now(), "proofs are handed in"); err != nil {
		return nil, v.Refused("sys.root-token", c, err)
	}
	return opRootToken.do(ctx, v, c, in)
}

func makeRootToken(ctx context.Context, t *task, in RootTokenProof) (*NewRootToken, error) {
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	call, err := t.approved(cfg, in)
	if err != nil {
		return nil, err
	}
	t.v.calls.mu.Lock()
	defer t.v.calls.mu.Unlock()
	tok, err := t.newToken(access.Bearer, bearerTTL)
	if err != nil {
		return nil, err
	}
	tok.Principal, tok.Groups = "root", []string{access.RootGroup}
	secret, err := t.v.secretOf(tok)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	text := bearerText(tok.ID, secret)
	defer clear(text)
	sealed, err := call.Encrypt(text)
	if err != nil {
		return nil, err
	}
	if err := t.spendCall(ctx, call); err != nil {
		return nil, err
	}
	made, err := t.commitToken(ctx, tok)
	if err != nil {
		return nil, err
	}
	return &NewRootToken{ID: made.ID, Sealed: sealed, Expires: made.Expires}, nil
}

// approved checks the call and counts its proofs.
func (t *task) approved(cfg *seal.Config, in RootTokenProof) (*seal.Call, error) {
	call, err := seal.ParseCall([]byte(in.Call))
	if err != nil {
		return nil, err
	}
	if call.Kind != seal.RootTokenCall {
		return nil, fault.New(fault.Invalid, "this is not a call for a root token").WithHint("Make one with `quorate operator root-token start`.")
	}
	age := t.v.now(t.link.machine.State()).Time().Sub(call.At)
	if age > rootCallEnds || age < -rootCallAhead {
		return nil, fault.New(fault.BadState, "the call %s is not of today: it was made at %s", call.ID(), call.At.Format(time.RFC3339)).
			WithHint("Make another with `quorate operator root-token start`; it is good for a day.")
	}
	t.change("call", call.ID())
	if len(in.Proofs) > 16 {
		return nil, fault.New(fault.Invalid, "%d proofs are more than there are custodians", len(in.Proofs))
	}
	var indexes []int
	for _, line := range in.Proofs {
		p, err := seal.ParseCallProof([]byte(line))
		if err != nil {
			return nil, err
		}
		if err := cfg.CheckProof(call, p); err != nil {
			return nil, err
		}
		if !slices.Contains(indexes, p.Index) {
			indexes = append(indexes, p.Index)
		}
	}
	t.change("proofs", number(uint32(len(indexes))))
	if _, need := cfg.Shares(); len(indexes) < need {
		return nil, fault.New(fault.Denied, "%d of %d custodians agreed to call %s", len(indexes), need, call.ID()).
			WithHint("Gather the missing proofs: quorate operator root-token prove, by each custodian.")
	}
	return call, nil
}

// spendCall notes that the call was used. It comes before the token: a call whose token got lost on the way is made anew.
func (t *task) spendCall(ctx context.Context, call *seal.Call) error {
	s := t.link.machine.State()
	var used []usedCall
	revision := uint64(0)
	if doc := s.Document(docRootCalls); doc != nil {
		revision = doc.Revision
		if err := decodeCall.Unmarshal(doc.Body, &used); err != nil {
			return fault.Wrap(fault.Internal, err, "the calls of root tokens cannot be read")
		}
	}
	oldest := t.v.now(s).Time().Add(-rootCallEnds).Unix() - 1
	used = slices.DeleteFunc(used, func(u usedCall) bool { return u.At < oldest })
	if slices.ContainsFunc(used, func(u usedCall) bool { return bytes.Equal(u.Nonce[:], call.Nonce[:]) }) {
		return fault.New(fault.Exists, "the call %s was used: a call gives one token", call.ID()).
			WithHint("Make another with `quorate operator root-token start`.")
	}
	body, err := cbor.Marshal(append(used, usedCall{Nonce: call.Nonce, At: call.At.Unix()}))
	if err != nil {
		return err
	}
	if err := t.intend(); err != nil {
		return err
	}
	id, err := key.NewID(t.v.cfg.Random)
	if err != nil {
		return err
	}
	out, err := t.link.replica.Propose(ctx, &fsm.PutDocument{Name: docRootCalls, Expect: revision, Body: body}, fsm.Request{ID: id})
	if err == nil && out.Fault != nil {
		err = out.Fault
	}
	return err
}
