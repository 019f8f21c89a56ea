package vault

import (
	"context"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// MethodEpoch is the peer method that tells which shares a member goes by.
const MethodEpoch = "seal/epoch"

// Phases of a rekey.
const (
	phaseProve  = "prove"
	phaseVerify = "verify"
	phaseDone   = "done"
)

// rekeyRoom holds a change of shares on the leader. Nothing of it is replicated before it takes effect: when the
// leader is lost the shares of now stay valid and the change is begun anew.
type rekeyRoom struct {
	mu      sync.Mutex
	id      string
	spec    RekeySpec
	prove   *seal.Proof  // a threshold of the shares of now
	next    *seal.Config // what takes effect once the new shares were handed back
	verify  *seal.Proof
	expires time.Time
	until   time.Time    // when the last request for shares by file ends, which keeps the change alive
	keys    *handin.Keys // what such requests are for
}

// forget ends a change of shares; why says so to whoever comes with a file.
func (r *rekeyRoom) forget(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endLocked(why)
}

const leaderSealed = "the leader was sealed"

// forgetSoon is forget for who must not wait for a share that is being handed in at this moment: then the vault's next round does it, and
// until then nobody gets here, since the vault is sealed. Nothing of a change of shares outlives the keyring that it is made with.
func (r *rekeyRoom) forgetSoon(why string) {
	if r.mu.TryLock() {
		defer r.mu.Unlock()
		r.endLocked(why)
	}
}

// endLocked is forget for who holds the lock.
func (r *rekeyRoom) endLocked(why string) {
	r.id, r.spec, r.prove, r.next, r.verify = "", RekeySpec{}, nil, nil, nil
	r.expires, r.until = time.Time{}, time.Time{}
	r.keys.End(why)
}

// live returns whether a change is under way. Caller holds the lock.
func (r *rekeyRoom) liveLocked(now time.Time) bool {
	return r.id != "" && (now.Before(r.expires) || now.Before(r.until))
}

// waitsLocked tells whether new shares are out and wait to be handed back. Caller holds the lock.
func (r *rekeyRoom) waitsLocked(now time.Time) bool { return r.next != nil && r.liveLocked(now) }

func (r *rekeyRoom) waits(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waitsLocked(now)
}

func (r *rekeyRoom) stateLocked() *Rekeying {
	k := &Rekeying{ID: r.id, Phase: phaseProve}
	p := r.prove
	if r.next != nil {
		k.Phase, k.Epoch, p = phaseVerify, uint32(r.next.Epoch), r.verify
	}
	k.Progress = progress(p.Progress())
	return k
}

type rekeyIn struct {
	ID    string `cbor:"1,keyasint"`
	Share []byte `cbor:"2,keyasint"`
	File  []byte `cbor:"3,keyasint,omitempty"` // instead of Share: what handin.File.Text wrote
}

var (
	opStartRekey  = newWrite("sys.rekey-start", access.Operate, startRekey)
	opRekeying    = newWrite("sys.rekey-status", access.Inspect, rekeying)
	opSubmitRekey = newWrite("sys.rekey-share", access.Operate, submitRekey)
	opCancelRekey = newWrite("sys.rekey-cancel", access.Operate, cancelRekey)
)

// StartRekey begins a change of shares: a threshold of the shares of now must be handed in, then new ones are made,
// and they take effect when all of them (or a threshold, if s.Verify says so) were handed back. fault.Exists while another change is under way.
func (v *Vault) StartRekey(ctx context.Context, c access.Caller, s RekeySpec) (*Rekeying, error) {
	return opStartRekey.do(ctx, v, c, s)
}

func startRekey(_ context.Context, t *task, s RekeySpec) (*Rekeying, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if len(s.Recipients) > 0 {
		if len(s.Recipients) != s.Shares {
			return nil, fault.New(fault.Invalid, "%d recipients for %d shares", len(s.Recipients), s.Shares)
		}
		if err := seal.CheckRecipients(s.Recipients); err != nil {
			return nil, err
		}
	}
	if err := seal.CheckSharing(s.Shares, s.Threshold); err != nil {
		return nil, err
	}
	if s.Verify != "" && s.Verify != VerifyAll && s.Verify != VerifyThreshold {
		return nil, fault.New(fault.Invalid, "the field %q is %s or %s", "verify", VerifyAll, VerifyThreshold)
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	r, now := &t.v.rekey, t.v.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.liveLocked(now) {
		return nil, fault.New(fault.Exists, "a change of shares is under way").
			WithHint("Go on with it, or cancel it: quorate operator rekey --cancel.")
	}
	r.endLocked("another one was begun")
	r.prove = seal.NewProof(cfg, t.v.cfg.CeremonyLimit, t.v.cfg.Now)
	r.id, r.spec, r.next, r.verify = r.prove.Progress().ID, s, nil, nil
	r.expires = now.Add(t.v.cfg.CeremonyLimit)
	return r.stateLocked(), t.intend()
}

// Rekeying tells how far a change of shares is. fault.NotFound if there is none.
func (v *Vault) Rekeying(ctx context.Context, c access.Caller) (*Rekeying, error) {
	return opRekeying.do(ctx, v, c, struct{}{})
}

func rekeying(_ context.Context, t *task, _ struct{}) (*Rekeying, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	r := &t.v.rekey
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.liveLocked(t.v.cfg.Now()) {
		return nil, noRekey()
	}
	return r.stateLocked(), nil
}

func noRekey() error {
	return fault.New(fault.NotFound, "no change of shares is under way here").
		WithHint("Begin one with `quorate operator rekey`; it ends when the leader changes or nothing is handed in for ten minutes.")
}

// SubmitRekey hands in a share: of now in the phase "prove", a new one in the phase "verify". Refusals keep the progress.
func (v *Vault) SubmitRekey(ctx context.Context, c access.Caller, id string, share []byte) (*Rekeying, error) {
	return opSubmitRekey.do(ctx, v, c, rekeyIn{ID: id, Share: share})
}

func submitRekey(ctx context.Context, t *task, in rekeyIn) (*Rekeying, error) {
	defer clear(in.Share)
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	r, now := &t.v.rekey, t.v.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.liveLocked(now) || r.id != in.ID {
		return nil, noRekey()
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	proof, epoch := r.prove, cfg.Epoch
	if r.next != nil {
		proof, epoch = r.verify, r.next.Epoch
	}
	share, err := r.shareOf(t, in, epoch, cfg.Cluster)
	if err != nil {
		return nil, err
	}
	defer clear(share)
	if r.next != nil {
		if err := notYet(share, cfg, epoch); err != nil {
			return nil, err
		}
	}
	p, err := proof.Submit(share)
	if err != nil {
		return nil, err
	}
	r.expires = now.Add(t.v.cfg.CeremonyLimit)
	t.change("have", number(uint32(p.Have)))
	if p.Have < p.Need {
		return r.stateLocked(), nil
	}
	if err := proof.Use(); err != nil {
		return nil, err
	}
	if r.next == nil {
		return t.newSharesLocked(ctx, r)
	}
	return t.takeEffectLocked(ctx, r)
}

// notYet refuses a share of cfg, which is in effect, where the new ones are asked for: checked against what is to come it would be called
// replaced, and its custodian might destroy what still opens the cluster. What is no share is left to the proof.
func notYet(line []byte, cfg *seal.Config, epoch uint16) error {
	share, err := seal.ParseShare(line)
	if err != nil {
		return nil
	}
	defer share.Destroy()
	if share.Fingerprint() != seal.Fingerprint(cfg.Cluster) || share.Epoch() > cfg.Epoch {
		return nil
	}
	what := "which a rekey replaced"
	if share.Epoch() == cfg.Epoch {
		what = "which is in effect: keep it"
	}
	return fault.New(fault.Invalid, "the share is of epoch %d, %s; the new shares, of epoch %d, are asked for now", share.Epoch(), what, epoch).
		WithHint("Hand back the new share. Until all that are asked for are in, those of epoch %d open the cluster.", cfg.Epoch)
}

// newSharesLocked makes the next configuration and hands out its shares. Caller holds r's lock.
func (t *task) newSharesLocked(ctx context.Context, r *rekeyRoom) (*Rekeying, error) {
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	next, lines, err := t.keys.opened.Rekey(ctx, cfg, r.spec.Shares, r.spec.Threshold, t.v.cfg.Now())
	if err != nil {
		return nil, err
	}
	if len(r.spec.Recipients) > 0 {
		plain := lines
		lines, err = seal.EncryptShares(plain, r.spec.Recipients)
		wipe(plain)
		if err != nil {
			return nil, err
		}
	}
	verify := seal.NewFullProof
	if r.spec.Verify == VerifyThreshold {
		verify = seal.NewProof
	}
	r.next, r.verify = next, verify(next, t.v.cfg.CeremonyLimit, t.v.cfg.Now)
	k := r.stateLocked()
	k.NewShares = lines
	return k, nil
}

// takeEffectLocked commits the next configuration. Caller holds r's lock.
func (t *task) takeEffectLocked(ctx context.Context, r *rekeyRoom) (*Rekeying, error) {
	k := r.stateLocked()
	k.Phase = phaseDone
	t.change("epoch", number(uint32(r.next.Epoch)))
	if err := t.intend(); err != nil {
		return nil, err
	}
	err := t.putSeal(ctx, r.next)
	r.endLocked("the new shares took effect")
	if err != nil {
		return nil, err
	}
	return k, nil
}

// putSeal commits a seal configuration that was made from the present one; fault.Conflict if that changed meanwhile.
func (t *task) putSeal(ctx context.Context, next *seal.Config) error {
	doc := t.link.machine.State().Document(docSeal)
	if doc == nil {
		return fault.New(fault.Internal, "the state has no seal configuration")
	}
	if now, err := seal.DecodeConfig(doc.Body); err != nil {
		return err
	} else if now.Revision+1 != next.Revision {
		return fault.New(fault.Conflict, "the seal configuration changed meanwhile; begin again")
	}
	_, err := t.propose(ctx, &fsm.PutDocument{Name: docSeal, Expect: doc.Revision, Body: next.Encode()})
	return err
}

// changeSeal is putSeal for whatever is no rekey. While new shares wait to be handed back it is refused (fault.BadState): those shares are of
// the configuration as it is, and custodians who have them in their hands must not find that they are worth nothing.
func (t *task) changeSeal(ctx context.Context, next *seal.Config) error {
	r := &t.v.rekey
	r.mu.Lock() // until it is committed, so that no shares are made meanwhile
	defer r.mu.Unlock()
	if r.waitsLocked(t.v.cfg.Now()) {
		return fault.New(fault.BadState, "new shares wait to be handed back").
			WithHint("Finish that change of shares first, or cancel it: quorate operator rekey --cancel.")
	}
	return t.putSeal(ctx, next)
}

// CancelRekey ends a change of shares that has not taken effect.
func (v *Vault) CancelRekey(ctx context.Context, c access.Caller) error {
	_, err := opCancelRekey.do(ctx, v, c, struct{}{})
	return err
}

func cancelRekey(_ context.Context, t *task, _ struct{}) (bool, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	r := &t.v.rekey
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.liveLocked(t.v.cfg.Now()) {
		return false, noRekey()
	}
	r.endLocked("it was cancelled")
	return true, nil
}

// epochOf is what a member answers to MethodEpoch.
type epochOf struct {
	Open  bool   `cbor:"1,keyasint"`
	Epoch uint16 `cbor:"2,keyasint"`
}

// HandleEpoch tells another member which shares this node goes by.
func (v *Vault) HandleEpoch(context.Context, string, []byte) ([]byte, error) {
	var e epochOf
	if room := v.open.Load(); room != nil {
		e.Open = true
		e.Epoch, _ = room.opened.Epoch()
	}
	return cbor.Marshal(e)
}

// settle drops the handovers of a rekey once every member follows the new epoch, so that the old shares lead nowhere.
func (v *Vault) settle(ctx context.Context, l *link, room *keyroom) error {
	cfg, err := sealConfig(l.machine.State())
	if err != nil || len(cfg.Handovers) == 0 {
		return err
	}
	behind := 0
	v.everyOther(ctx, l, MethodEpoch, nil, func(_ string, answer []byte, err error) {
		var e epochOf
		if err != nil || cbor.Unmarshal(answer, &e) != nil || e.Open && e.Epoch != cfg.Epoch {
			behind++
		}
	})
	if behind > 0 {
		return nil // later
	}
	// New shares that wait to be handed back were made from the configuration as it is: a change of it would refuse them.
	v.rekey.mu.Lock()
	defer v.rekey.mu.Unlock()
	if v.rekey.waitsLocked(v.cfg.Now()) {
		return nil // later
	}
	next, err := room.opened.Settle(cfg)
	if err != nil {
		return err
	}
	return v.self("sys.rekey-settle", func(t *task) error { return t.putSeal(ctx, next) })
}
