package vault

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Peer methods of the seal, to be reachable under these names.
const (
	MethodShare = "seal/share"
	MethodClose = "seal/close"
)

const (
	// relayTimeout bounds how long a share waits for a member that does not answer.
	relayTimeout = 2 * time.Second
	// peersWait is how long a member that was just started lets another one wait for it; ownWait, how long it lets whoever hands a share
	// in at itself: as long as an election takes, and the start of the members that it wants.
	peersWait = relayTimeout * 3 / 4
	ownWait   = 10 * time.Second
)

// ceremonyRoom holds the node's ceremony. Every member keeps one, the open ones too: so a share given to any of
// them reaches a sealed one.
type ceremonyRoom struct {
	mu       sync.Mutex
	ceremony *seal.Ceremony
}

// get returns the ceremony for the configuration, beginning it when there is none.
func (r *ceremonyRoom) get(v *Vault, cfg *seal.Config) *seal.Ceremony {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ceremony == nil {
		r.ceremony = seal.NewCeremony(cfg, v.cfg.CeremonyLimit, v.cfg.Now)
	} else {
		r.ceremony.Use(cfg)
	}
	return r.ceremony
}

func (r *ceremonyRoom) current() *seal.Ceremony {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ceremony
}

// use goes on with another configuration; shares of another epoch are wiped.
func (r *ceremonyRoom) use(cfg *seal.Config) {
	if c := r.current(); c != nil {
		c.Use(cfg)
	}
}

func (r *ceremonyRoom) forget() {
	if c := r.current(); c != nil {
		c.ForceReset()
	}
}

// handIn is a relayed share; handedIn what became of it. Both carry shares and travel only between members, over mTLS.
type handIn struct {
	Lines  [][]byte `cbor:"1,keyasint"`
	Sealed bool     `cbor:"2,keyasint"` // the relaying node is sealed itself, and wants what this one holds
}

type handedIn struct {
	Sealed   bool          `cbor:"1,keyasint"`
	Progress seal.Progress `cbor:"2,keyasint"`
	Taken    bool          `cbor:"3,keyasint"` // a share was new here
	Lines    [][]byte      `cbor:"4,keyasint,omitempty"`
}

func wipe(lines [][]byte) {
	for _, l := range lines {
		clear(l)
	}
}

// Unseal hands a share in, here and on every other member. A share that is wrong is refused at once and costs no
// progress: fault.Invalid names what is wrong, fault.Exists says that it is in already.
func (v *Vault) Unseal(ctx context.Context, c access.Caller, share []byte) (*Unsealing, error) {
	t := v.start("sys.unseal", access.Unchecked, c, true)
	t.caller.Kind = access.ByShare
	u, err := t.unseal(ctx, share)
	if u != nil {
		t.change("need", number(uint32(u.Progress.Need)))
		t.change("have", number(uint32(u.Progress.Have)))
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return u, nil
}

func (t *task) unseal(ctx context.Context, share []byte) (*Unsealing, error) {
	v := t.v
	l, cfg, err := v.settled(ctx, ownWait)
	if err != nil {
		return nil, err
	}
	parsed, err := seal.ParseShare(share)
	if err != nil {
		return nil, err
	}
	defer parsed.Destroy()
	t.change("share", number(uint32(parsed.Index())))
	if err := parsed.Check(cfg); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	lines := append(v.heldLines(), append([]byte(nil), share...))
	defer wipe(lines)
	own, err := v.take(cfg, lines[len(lines)-1:])
	duplicate := errors.Is(err, fault.Exists)
	if err != nil && !duplicate {
		return nil, err
	}
	answers := v.relay(ctx, l, handIn{Lines: lines, Sealed: v.Sealed()})
	for _, a := range answers {
		if v.Sealed() && len(a.Lines) > 0 {
			if more, err := v.take(cfg, a.Lines); err == nil {
				own = more
			}
		}
		wipe(a.Lines)
	}
	u := v.unsealing(l, own, answers)
	if duplicate && !slices.ContainsFunc(u.taken, func(a handedIn) bool { return a.Taken }) {
		return nil, err
	}
	return &u.Unsealing, nil
}

type unsealing struct {
	Unsealing
	taken []handedIn
}

// unsealing sums up where the members stand. Progress is that of the sealed member that has come furthest.
func (v *Vault) unsealing(l *link, own seal.Progress, answers map[string]handedIn) unsealing {
	u := unsealing{Unsealing: Unsealing{Sealed: v.Sealed(), Members: l.members.Members()}}
	u.Progress = progress(own)
	if !u.Sealed {
		u.Progress.Have = 0
	}
	for i := range u.Members {
		m := &u.Members[i]
		if m.Node == v.cfg.Node {
			m.Sealed = u.Sealed
			continue
		}
		a, ok := answers[m.Node]
		if !ok {
			m.Sealed = m.Sealed || answers != nil // it did not answer: nobody can say that it is open
			continue
		}
		m.Sealed = a.Sealed
		u.taken = append(u.taken, a)
		if a.Sealed && a.Progress.Have > u.Progress.Have {
			u.Progress = progress(a.Progress)
		}
	}
	return u
}

func progress(p seal.Progress) Progress {
	return Progress{ID: p.ID, Have: p.Have, Need: p.Need, Indexes: p.Indexes, Expires: p.Expires}
}

// take submits lines to this node's ceremony; at the threshold the node opens. The last error counts, unless a
// line was taken.
func (v *Vault) take(cfg *seal.Config, lines [][]byte) (seal.Progress, error) {
	y := v.ceremony.get(v, cfg)
	var p seal.Progress
	var failed error
	taken := false
	for _, line := range lines {
		got, opened, err := y.Submit(line)
		p = got
		if err != nil {
			failed = err
			continue
		}
		taken = true
		if opened == nil {
			continue
		}
		if v.Sealed() {
			v.unseal(opened, cfg.Cluster)
			v.adopt()
			v.hold(false)
		} else {
			opened.Destroy()
			v.handKeys.End("the shares were complete")
		}
		break
	}
	if taken {
		return p, nil
	}
	return p, failed
}

// heldLines copies the shares that wait here. The caller wipes them.
func (v *Vault) heldLines() [][]byte {
	var lines [][]byte
	if y := v.ceremony.current(); y != nil {
		_ = y.Shares(func(line []byte) error {
			lines = append(lines, append([]byte(nil), line...))
			return nil
		})
	}
	return lines
}

// relay hands shares to every other member at once and gathers the answers of those that gave one in time.
func (v *Vault) relay(ctx context.Context, l *link, h handIn) map[string]handedIn {
	body, err := cbor.Marshal(h)
	if err != nil {
		return nil
	}
	defer clear(body)
	answers := map[string]handedIn{}
	v.everyOther(ctx, l, MethodShare, body, func(node string, answer []byte, err error) {
		var a handedIn
		if err != nil || cbor.Unmarshal(answer, &a) != nil {
			v.log.Warn("a member did not take the share", "member", node, "err", err)
			return
		}
		clear(answer)
		answers[node] = a
	})
	return answers
}

// everyOther calls all other members at once and gives their answers to each, one at a time.
func (v *Vault) everyOther(ctx context.Context, l *link, method string, body []byte, each func(node string, answer []byte, err error)) {
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, m := range l.members.Members() {
		if m.Node == v.cfg.Node {
			continue
		}
		wg.Go(func() {
			answer, err := l.peers.Call(ctx, m.Node, method, body)
			mu.Lock()
			defer mu.Unlock()
			each(m.Node, answer, err)
		})
	}
	wg.Wait()
}

// settled waits until this node has the cluster's state: a member that was just started opens what it kept, and hears of shares before a
// leader has told it what was committed. After patience it says what it waits for.
func (v *Vault) settled(ctx context.Context, patience time.Duration) (*link, *seal.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if v.starting.Load() {
		select {
		case <-v.attached:
		case <-ctx.Done():
		}
	}
	l, err := v.linked()
	if err != nil {
		return nil, nil, err
	}
	for {
		cfg, err := sealConfig(l.machine.State())
		if err == nil || l.machine.Wait(ctx, l.machine.Applied()+1) != nil {
			return l, cfg, err
		}
	}
}

// HandleShare takes shares that another member relays.
func (v *Vault) HandleShare(ctx context.Context, from string, body []byte) ([]byte, error) {
	var h handIn
	if err := decodeCall.Unmarshal(body, &h); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the relayed share cannot be read")
	}
	defer wipe(h.Lines)
	_, cfg, err := v.settled(ctx, peersWait)
	if err != nil {
		return nil, err
	}
	t := v.start("sys.unseal", access.Unchecked, access.Caller{Kind: access.ByShare, Door: "peer", Node: from}, true)
	if err := t.intend(); err != nil {
		return nil, err
	}
	held := v.heldLines()
	defer wipe(held)
	wasSealed := v.Sealed()
	p, err := v.take(cfg, h.Lines)
	a := handedIn{Sealed: v.Sealed(), Progress: p, Taken: wasSealed && err == nil}
	if h.Sealed {
		a.Lines = held
	}
	if errors.Is(err, fault.Exists) {
		err = nil
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return cbor.Marshal(a)
}

// ResetUnseal forgets the shares handed in so far, here and on every other member. The right to is proved by a
// share, which is not counted, or by a policy that permits the caller to operate.
func (v *Vault) ResetUnseal(ctx context.Context, c access.Caller, share []byte) (*Unsealing, error) {
	t := v.start("sys.unseal-reset", access.Operate, c, true)
	u, err := t.resetUnseal(ctx, share)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return u, nil
}

func (t *task) resetUnseal(ctx context.Context, share []byte) (*Unsealing, error) {
	l, err := t.v.linked()
	if err != nil {
		return nil, err
	}
	t.link = l
	cfg, err := sealConfig(l.machine.State())
	if err != nil {
		return nil, err
	}
	if len(share) == 0 {
		err = t.allow(access.OfVault())
	} else {
		var s *seal.Share
		if s, err = seal.ParseShare(share); err == nil {
			defer s.Destroy()
			err = s.Check(cfg)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	t.v.ceremony.get(t.v, cfg).ForceReset()
	t.v.handKeys.End("it was reset")
	body, err := cbor.Marshal(closing{Forget: true, Caller: t.caller})
	if err != nil {
		return nil, err
	}
	t.v.everyOther(ctx, l, MethodClose, body, func(node string, _ []byte, err error) {
		if err != nil {
			t.v.log.Warn("a member did not forget its shares", "member", node, "err", err)
		}
	})
	return &t.v.standing(l).Unsealing, nil
}

// standing is where the node stands when nothing was handed in.
func (v *Vault) standing(l *link) *unsealing {
	var p seal.Progress
	if y := v.ceremony.current(); y != nil {
		p = y.Progress()
	}
	u := v.unsealing(l, p, nil)
	return &u
}
