package vault

import (
	"bytes"
	"context"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// releaseWait is how long a member waits until the grant has reached it.
const releaseWait = 2 * time.Second

// grantIn asks to be let in. Which member asks its certificate says, on the connection that the call comes by.
type grantIn struct {
	Boot []byte `cbor:"1,keyasint"` // the key that shares are to be encrypted to
	Deal []byte `cbor:"2,keyasint"` // as the asking node knows it
}

type grantOut struct {
	Index uint64 `cbor:"1,keyasint"` // of the entry that lets it in
}

type releaseIn struct {
	Boot  []byte `cbor:"1,keyasint"`
	Deal  []byte `cbor:"2,keyasint"`
	Index uint64 `cbor:"3,keyasint"`
}

type releaseOut struct {
	Sealed []byte `cbor:"1,keyasint"` // the share, encrypted to the boot key
}

// HandleGrant lets a process of the calling member in, or says why not. from is that member, as its certificate names it.
func (v *Vault) HandleGrant(ctx context.Context, from string, body []byte) ([]byte, error) {
	var in grantIn
	if err := decodeCall.Unmarshal(body, &in); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request to be let in cannot be read")
	}
	index, err := v.grant(ctx, from, in)
	if err != nil {
		return nil, err
	}
	return cbor.Marshal(grantOut{Index: index})
}

// grant writes into the log that members may give their shares to a process of a member.
func (v *Vault) grant(ctx context.Context, from string, in grantIn) (uint64, error) {
	l, err := v.linked()
	if err != nil {
		return 0, err
	}
	if _, self := l.replica.Leader(); !self {
		return 0, fault.New(fault.NoLeader, "node %s does not lead", v.cfg.Node)
	}
	c := v.asSelf()
	c.Door, c.Node = "peer", from
	t := v.start("sys.open-grant", access.Unchecked, c, true)
	t.change("member", from)
	t.change("boot", bootName(in.Boot))
	out, err := t.grant(ctx, l, from, in)
	if err != nil && !v.opening.news(from, fault.Of(err).Message, v.cfg.Now()) {
		return 0, err
	}
	return out.Index, t.done(err)
}

func (t *task) grant(ctx context.Context, l *link, from string, in grantIn) (fsm.Outcome, error) {
	v := t.v
	q, err := t.mayGive(l, from, in.Deal)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if wait := l.members.Elsewhere(from, bootID(in.Boot)); wait > 0 {
		return fsm.Outcome{}, fault.New(fault.Busy, "another process of the member %q was heard of a moment ago, or may have been: it may be alive elsewhere", from).
			WithHint("It asks again by itself. If this stays, two machines run as %s: stop the one that should not, and find out who started it.", from)
	}
	if err := t.identify("sys.open-grant", in.Boot); err != nil {
		return fsm.Outcome{}, err
	}
	if err := t.intend(); err != nil {
		return fsm.Outcome{}, err
	}
	return t.propose(ctx, &fsm.GrantOpening{Node: from, Boot: in.Boot, Deal: in.Deal, By: v.cfg.Node, Window: q.Window, Away: q.Away})
}

// mayGive is what has to hold on any node that helps a member to open itself, be it the leader or one that gives its share.
func (t *task) mayGive(l *link, from string, deal []byte) (*seal.Quorum, error) {
	v := t.v
	cfg, err := sealConfig(l.machine.State())
	if err != nil {
		return nil, err
	}
	q, err := cfg.Quorum()
	if err != nil {
		return nil, err
	}
	t.link = l
	switch {
	case len(q.Deal) == 0 || !bytes.Equal(q.Deal, deal):
		return nil, fault.New(fault.Conflict, "the members' shares were dealt anew meanwhile").WithHint("It asks again by itself, once it has caught up.")
	case v.opening.isHeld():
		return nil, fault.New(fault.Denied, "an operator sealed the member %q, which gives nothing out", v.cfg.Node).
			WithHint("Hand in shares: quorate operator unseal.")
	case v.Sealed() && !q.ColdStart:
		return nil, fault.New(fault.Sealed, "the member %q is sealed too, and sealed members do not open each other here (cold start is off)", v.cfg.Node).
			WithHint("Hand in shares, to any node: quorate operator unseal.")
	}
	return q, t.member(from)
}

// HandleRelease gives this node's share to a process of the calling member, encrypted to it, if the log says so.
func (v *Vault) HandleRelease(ctx context.Context, from string, body []byte) ([]byte, error) {
	var in releaseIn
	if err := decodeCall.Unmarshal(body, &in); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request for a share cannot be read")
	}
	l, err := v.linked()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, releaseWait)
	defer cancel()
	if err := l.machine.Wait(ctx, in.Index); err != nil {
		return nil, fault.Wrap(fault.Stale, err, "node %s has not received the grant yet", v.cfg.Node)
	}
	c := v.asSelf()
	c.Door, c.Node = "peer", from
	t := v.start("sys.open-release", access.Unchecked, c, true)
	t.change("member", from)
	t.change("boot", bootName(in.Boot))
	sealed, err := t.release(l, from, in)
	if err != nil {
		if v.opening.news(from, "release "+fault.Of(err).Message, v.cfg.Now()) {
			err = t.done(err)
		}
		return nil, err
	}
	if err := t.done(nil); err != nil {
		return nil, err
	}
	return cbor.Marshal(releaseOut{Sealed: sealed})
}

func (t *task) release(l *link, from string, in releaseIn) ([]byte, error) {
	v := t.v
	q, err := t.mayGive(l, from, in.Deal)
	if err != nil {
		return nil, err
	}
	s := l.machine.State()
	g := s.Grant(from)
	if g == nil || !bytes.Equal(g.Boot, in.Boot) || !bytes.Equal(g.Deal, in.Deal) || v.now(s).Time().Sub(g.At.Time()) > q.Window {
		return nil, fault.New(fault.Denied, "the log does not say that this process of the member %q may be given shares", from).
			WithHint("It asks again by itself.")
	}
	cfg, err := sealConfig(s)
	if err != nil {
		return nil, err
	}
	share, err := v.ownShare(in.Deal)
	if err != nil {
		return nil, err
	}
	defer share.Destroy()
	if err := share.Check(cfg); err != nil {
		v.log.Error("this node's share was altered on its disk", "err", err)
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	return share.SealTo(cfg.Cluster, from, in.Boot)
}
