package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// A member that starts again opens itself: it asks the leader to be let in, which the leader writes into the log, and then the other
// members for their shares of the slot "quorum", encrypted to this process. seal/DESIGN.md has the threat model.

// Peer methods of members that open themselves.
const (
	MethodGrant   = "seal/grant"   // to the leader: let this process in
	MethodRelease = "seal/release" // to a member: give your share, the log says that you may
	MethodHold    = "seal/hold"    // from the leader: hold this share; or, without one, do you hold it?
)

const (
	openWithin   = 10 * time.Second // one try
	openPauseMin = 250 * time.Millisecond
	openPauseMax = 15 * time.Second
)

// Keeper keeps small files of this node that are not replicated: its shares of the slot "quorum". They are secret.
type Keeper interface {
	// Read gives a file's content, which the caller clears; fault.NotFound if there is none.
	Read(name string) ([]byte, error)
	// Write replaces a file, durably on return; nil data removes it. data stays the caller's.
	Write(name string, data []byte) error
	// Names lists the files there are.
	Names() ([]string, error)
}

// Opening tells how a sealed node stands with opening itself. All of it may be shown to anybody.
type Opening struct {
	State  string // OpeningOff …; "" on a node that is open
	Reason string // why it is not open yet
	Hint   string // what to do
}

// States of a sealed node that could open itself.
const (
	OpeningOff     = "off"     // there is no slot "quorum", or no share was dealt yet
	OpeningHeld    = "held"    // an operator sealed it: shares open it
	OpeningTrying  = "trying"  // it asks, and will ask again
	OpeningRefused = "refused" // the rules refuse it; it asks again, in case an operator lets it in
)

// openingRoom is this node's part in opening itself and others.
type openingRoom struct {
	boot *seal.BootKey // of this process

	mu      sync.Mutex
	held    bool                 // sealed by an operator: neither opens itself nor gives its share out; guarded by mu
	now     Opening              // guarded by mu
	told    map[string]time.Time // what was refused to whom, and when that was last audited; guarded by mu
	pending map[string]time.Time // shares that wait for their dealing to be committed; guarded by mu
	deal    dealing              // guarded by mu
	holding sync.Mutex           // while held is written to the disk; taken before mu
}

// BootID names this process to the other members: the first half of the SHA-256 of its boot key.
func (v *Vault) BootID() [16]byte { return bootID(v.opening.boot.Public()) }

func bootID(public []byte) [16]byte {
	sum := sha256.Sum256(public)
	return [16]byte(sum[:])
}

func (r *openingRoom) set(o Opening) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = o
}

func (r *openingRoom) isHeld() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// Opening tells why this node, if it is sealed, has not opened itself.
func (v *Vault) Opening() Opening {
	if !v.Sealed() {
		return Opening{}
	}
	v.opening.mu.Lock()
	defer v.opening.mu.Unlock()
	return v.opening.now
}

const heldFile = "sealed-by-operator"

// hold notes that an operator sealed this node, so that it stays sealed over restarts until shares open it.
func (v *Vault) hold(on bool) {
	r := &v.opening
	r.holding.Lock()
	defer r.holding.Unlock()
	if !r.turn(on) || v.cfg.Keeper == nil {
		return
	}
	var mark []byte
	if on {
		mark = []byte("An operator sealed this node: only key shares open it.\n")
	}
	if err := v.cfg.Keeper.Write(heldFile, mark); err != nil {
		v.log.Error("whether an operator sealed this node could not be noted", "held", on, "err", err)
	}
}

// turn sets what counts, and tells whether it is news. What it is written to may take its time; status and metrics do not wait for that.
func (r *openingRoom) turn(on bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := r.held != on
	r.held = on
	return news
}

// recallHold reads at start-up what hold wrote. A mark that cannot be read counts.
func (v *Vault) recallHold() {
	if v.cfg.Keeper == nil {
		return
	}
	mark, err := v.cfg.Keeper.Read(heldFile)
	v.opening.held = err == nil && len(mark) > 0 || err != nil && !errors.Is(err, fault.NotFound)
}

// openItself tries to open this node by the other members' shares whenever it is sealed. It returns when ctx ends.
func (v *Vault) openItself(ctx context.Context) {
	pause := openPauseMin
	for {
		wait := openPauseMin
		if v.Sealed() {
			if err := v.TryOpen(ctx); err != nil {
				wait = pause
				pause = min(2*pause, openPauseMax)
			} else {
				pause = openPauseMin
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// TryOpen tries once to open this node by the other members' shares. It returns nil when the node is open, or has nothing to try.
func (v *Vault) TryOpen(ctx context.Context) error {
	l, err := v.linked()
	if err != nil || !v.Sealed() {
		return nil
	}
	cfg, err := sealConfig(l.machine.State())
	if err != nil {
		f := fault.Of(err)
		v.opening.set(Opening{State: OpeningTrying, Reason: f.Message, Hint: f.Hint})
		return nil
	}
	q, err := cfg.Quorum()
	switch {
	case err != nil:
		v.opening.set(Opening{State: OpeningOff, Reason: fault.Of(err).Message, Hint: "Hand in shares: quorate operator unseal. Once open, let members open themselves: quorate operator slots add quorum."})
		return nil
	case q.Deal == nil:
		v.opening.set(Opening{State: OpeningOff, Reason: "the members' shares have not been dealt yet", Hint: "Hand in shares: quorate operator unseal."})
		return nil
	case v.opening.isHeld():
		v.opening.set(Opening{State: OpeningHeld, Reason: "an operator sealed this node, so it does not open itself", Hint: "Hand in shares: quorate operator unseal."})
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	t := v.start("sys.open-itself", access.Unchecked, v.asSelf(), true)
	err = t.openItself(ctx, l, cfg, q)
	if err == nil {
		v.opening.set(Opening{})
		return t.done(nil)
	}
	f := fault.Of(err)
	now := Opening{State: OpeningTrying, Reason: f.Message, Hint: f.Hint}
	if f.Kind == fault.Denied || f.Kind == fault.Sealed {
		now.State = OpeningRefused
	}
	if now.Hint == "" {
		now.Hint = "It asks again by itself; shares open it at any time: quorate operator unseal."
	}
	v.opening.set(now)
	if v.opening.news("", f.Message, v.cfg.Now()) {
		v.log.Warn("this node did not open itself yet", "why", f.Message)
		return t.done(err)
	}
	return err
}

// news tells whether something is worth an audit entry: the same refusal of the same member is one once an hour.
func (r *openingRoom) news(member, message string, now time.Time) bool {
	const again, most = time.Hour, 256
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.told[member+"\x00"+message]; ok && now.Sub(last) < again {
		return false
	}
	if r.told == nil || len(r.told) >= most {
		r.told = map[string]time.Time{}
	}
	r.told[member+"\x00"+message] = now
	return true
}

// openItself is one try: a grant in the log, the shares, the master key.
func (t *task) openItself(ctx context.Context, l *link, cfg *seal.Config, q *seal.Quorum) error {
	v := t.v
	t.change("boot", bootName(v.opening.boot.Public()))
	index, err := v.askGrant(ctx, l, grantIn{Boot: v.opening.boot.Public(), Deal: q.Deal})
	if err != nil {
		return err
	}
	shares, err := v.collect(ctx, l, cfg, q, index)
	defer seal.DestroyShares(shares)
	if err != nil {
		return err
	}
	opened, err := seal.OpenQuorum(cfg, shares)
	if err != nil {
		return err
	}
	t.change("shares", number(uint32(len(shares))))
	if err := t.intend(); err != nil {
		opened.Destroy()
		return err
	}
	v.opening.mu.Lock() // an operator who seals meanwhile comes before or after, not between
	defer v.opening.mu.Unlock()
	if v.opening.held || !v.Sealed() {
		opened.Destroy()
		return nil
	}
	v.unseal(opened, cfg.Cluster)
	v.adopt()
	return nil
}

func bootName(public []byte) string {
	id := bootID(public)
	return hex.EncodeToString(id[:])
}

// askGrant asks the leader, be it this node, and returns the index of the entry.
func (v *Vault) askGrant(ctx context.Context, l *link, in grantIn) (uint64, error) {
	body, err := cbor.Marshal(in)
	if err != nil {
		return 0, err
	}
	for {
		if _, self := l.replica.Leader(); self {
			return v.grant(ctx, v.cfg.Node, in)
		}
		answer, err := l.peers.Forward(ctx, MethodGrant, body)
		if errors.Is(err, ErrSelf) && settled(ctx) {
			continue
		}
		if err != nil {
			return 0, err
		}
		var out grantOut
		if err := decodeCall.Unmarshal(answer, &out); err != nil {
			return 0, fault.Wrap(fault.Internal, err, "the leader's grant cannot be read")
		}
		return out.Index, nil
	}
}

// collect gathers shares of the dealing: this node's own, and those that the others give. A wrong one is named and left out.
func (v *Vault) collect(ctx context.Context, l *link, cfg *seal.Config, q *seal.Quorum, index uint64) ([]*seal.PeerShare, error) {
	var shares []*seal.PeerShare
	var missing []string
	take := func(member string, s *seal.PeerShare, err error) {
		if err == nil {
			err = s.Check(cfg)
		}
		if err != nil {
			s.Destroy()
			missing = append(missing, member+": "+fault.Of(err).Message)
			return
		}
		shares = append(shares, s)
	}
	if slices.Contains(q.Members, v.cfg.Node) {
		s, err := v.ownShare(q.Deal)
		take(v.cfg.Node, s, err)
	}
	body, err := cbor.Marshal(releaseIn{Boot: v.opening.boot.Public(), Deal: q.Deal, Index: index})
	if err != nil {
		return shares, err
	}
	v.everyOther(ctx, l, MethodRelease, body, func(node string, answer []byte, err error) {
		if !slices.Contains(q.Members, node) {
			return
		}
		var out releaseOut
		if err == nil {
			err = decodeCall.Unmarshal(answer, &out)
		}
		var s *seal.PeerShare
		if err == nil {
			s, err = v.opening.boot.Open(cfg.Cluster, q.Deal, v.cfg.Node, out.Sealed)
		}
		take(node, s, err)
	})
	if len(shares) >= q.Need {
		return shares, nil
	}
	slices.Sort(missing)
	short := fault.New(fault.Stale, "%d of the %d members' shares that open it are in; %s", len(shares), q.Need, clip(joined(missing)))
	return shares, short.WithHint("Start the other members, or hand in shares: quorate operator unseal.")
}

func joined(list []string) string {
	if len(list) == 0 {
		return "no other member holds one"
	}
	text := list[0]
	for _, s := range list[1:] {
		text += "; " + s
	}
	return text
}

func shareFile(deal []byte) string { return "share-" + hex.EncodeToString(deal) }

// ownShare reads this node's share of a dealing from where it keeps it.
func (v *Vault) ownShare(deal []byte) (*seal.PeerShare, error) {
	if v.cfg.Keeper == nil {
		return nil, fault.New(fault.NotFound, "it keeps no shares")
	}
	b, err := v.cfg.Keeper.Read(shareFile(deal))
	if errors.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "it holds no share of this dealing")
	}
	if err != nil {
		return nil, err
	}
	defer clear(b)
	return seal.ParsePeerShare(b)
}
