package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// docJoined, followed by a member's name, holds the id of the request by which it took its use of a token, until it is removed.
const docJoined = fsm.JoinedDocument

// use is how one node takes a use off a token.
type use struct {
	request fsm.Request
	done    bool // it has, its answer may have been lost, and nobody has removed it since
}

const useTries = 16 // uses of one token that others took between a node's look and its entry, and removals of this node since

// useOf finds the request under which this node, with that key and that token, takes its use. The state keeps what came of it, so a node
// that asks again is known, though the token may be gone: who can ask again had the token's secret and has the key of the certificate.
// Who was removed is not known any more, and takes another use.
func useOf(s *fsm.State, a Admission) use {
	for n := range byte(useTries) {
		h := sha256.New()
		for _, part := range [][]byte{[]byte("quorate join"), a.Token, a.CSR, []byte(a.Node), []byte(a.Peer), []byte(a.Replace), {n}} {
			_, _ = fmt.Fprintf(h, "%d:", len(part))
			_, _ = h.Write(part)
		}
		sum := h.Sum(nil)
		u := use{request: fsm.Request{ID: [16]byte(sum), Print: [8]byte(sum[16:])}}
		out, print, known := s.Outcome(u.request.ID)
		if !known {
			return u
		}
		if out.Fault == nil && print == u.request.Print && joinedBy(s, a.Node, u.request) {
			u.done = true
			return u
		}
	}
	return use{} // a request that nobody repeats
}

// joinedBy tells whether a node's membership came of that request.
func joinedBy(s *fsm.State, node string, r fsm.Request) bool {
	doc := s.Document(docJoined + node)
	return doc != nil && bytes.Equal(doc.Body, r.ID[:])
}

// noteUse writes down by which request a node is about to join: a use that was taken without it would be lost with the answer.
func (t *task) noteUse(ctx context.Context, node string, tok *access.Token, u use) error {
	if u.done || tok.UsesLeft == 0 || joinedBy(t.link.machine.State(), node, u.request) {
		return nil
	}
	err := t.putBody(ctx, docJoined+node, u.request.ID[:])
	if !errors.Is(err, fault.Conflict) {
		return err
	}
	if joinedBy(t.link.machine.State(), node, u.request) { // it asked twice, since the answer took long
		return nil
	}
	return fault.New(fault.Busy, "this node joins by another request at this moment; try again")
}

// spend takes one use off a token that counts them, once for each request.
func (t *task) spend(ctx context.Context, tok *access.Token, u use) error {
	if u.done || tok.UsesLeft == 0 {
		return nil
	}
	cmd := &fsm.UseToken{ID: tok.ID, Expect: tok.Revision}
	next, err := cmd.Next(tok)
	if err != nil {
		return err
	}
	if next != nil {
		if err := t.keys.stampToken(next); err != nil {
			return err
		}
		cmd.MAC = next.MAC
	}
	t.request = u.request
	if _, err = t.propose(ctx, cmd); errors.Is(err, fault.Conflict) {
		return fault.New(fault.Busy, "somebody else is joining with the same token; try again")
	}
	return err
}

// removeMember ends a membership. What let the node in again when its answer was lost goes first: a node that was removed needs a token
// that is good today. It goes once more afterwards: a join of the same name that was under way meanwhile has written its own.
func (t *task) removeMember(ctx context.Context, node string) error {
	if err := t.dropJoined(ctx, node); err != nil {
		return err
	}
	if err := t.link.members.Change(ctx, MemberChange{Act: RemoveMember, Node: node}); err != nil {
		return err
	}
	return t.dropJoined(ctx, node)
}

// dropJoined forgets by which request a node joined.
func (t *task) dropJoined(ctx context.Context, node string) error {
	doc := t.link.machine.State().Document(docJoined + node)
	if doc == nil {
		return nil
	}
	out, err := t.link.replica.Propose(ctx, &fsm.DeleteDocument{Name: doc.Name, Expect: doc.Revision}, fsm.Request{})
	if err == nil && out.Fault != nil && !errors.Is(out.Fault, fault.NotFound) {
		err = out.Fault
	}
	return err
}
