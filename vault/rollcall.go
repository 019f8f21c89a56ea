package vault

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

const (
	docRollCall  = "roll-call"
	rollCallEnds = 30 * 24 * time.Hour

	proofBurst = 32 // proofs, or requests for keys, or files, that a node takes at once from whoever comes, then one every proofEvery
	proofEvery = 500 * time.Millisecond
)

// RollCall is how far custodians have proved that they hold their shares. None of it is secret.
type RollCall struct {
	Call              string // the line to answer; "" while none is held
	ID                string
	Epoch             uint32
	Started, Ends     key.Time
	Shares, Threshold int
	Custodians        []Custodian // one for each share, by index
}

// Custodian is the holder of one share.
type Custodian struct {
	Index    int
	Proved   key.Time // when he proved last to hold the share of this epoch; 0: never
	Answered bool     // the call of now
}

// rolled is the body of the document "roll-call".
type rolled struct {
	Call   string        `cbor:"1,keyasint"`
	Epoch  uint16        `cbor:"2,keyasint"` // of the shares that Proved tells of
	Proved []provedShare `cbor:"3,keyasint"`
}

type provedShare struct {
	Index int      `cbor:"1,keyasint"`
	At    key.Time `cbor:"2,keyasint"`
	Call  string   `cbor:"3,keyasint"` // id of the call
}

// callRoom keeps what answers calls in order, and strangers from keeping a node busy.
type callRoom struct {
	mu   sync.Mutex // one change of a call's document at a time, on the leader
	rate sync.Mutex
	next time.Time // when the bucket is full again; guarded by rate
}

// admit is fault.Busy when what comes, named in words, comes too fast.
func (r *callRoom) admit(now time.Time, what string) error {
	r.rate.Lock()
	defer r.rate.Unlock()
	if r.next.Before(now) {
		r.next = now
	}
	if r.next.Sub(now) >= proofBurst*proofEvery {
		return fault.New(fault.Busy, "too many %s", what).WithHint("Wait a few seconds, then try again.")
	}
	r.next = r.next.Add(proofEvery)
	return nil
}

var (
	opStartRollCall = newWrite("sys.roll-call-start", access.Operate, startRollCall)
	opAnswerCall    = newWrite("sys.roll-call-submit", access.Unchecked, answerRollCall)
)

// StartRollCall calls all custodians to prove that they hold their shares. What was proved before stays, a call of before ends.
func (v *Vault) StartRollCall(ctx context.Context, c access.Caller) (*RollCall, error) {
	return opStartRollCall.do(ctx, v, c, struct{}{})
}

func startRollCall(ctx context.Context, t *task, _ struct{}) (*RollCall, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	t.v.calls.mu.Lock()
	defer t.v.calls.mu.Unlock()
	cfg, r, revision, err := t.rolled()
	if err != nil {
		return nil, err
	}
	call := seal.NewCall(seal.RollCall, cfg.Cluster, t.v.now(t.link.machine.State()).Time())
	r.Call = call.Line()
	t.change("call", call.ID())
	if err := t.putRolled(ctx, r, revision); err != nil {
		return nil, err
	}
	return t.rollCall()
}

// RollCallStatus tells who proved when.
func (v *Vault) RollCallStatus(ctx context.Context, c access.Caller) (*RollCall, error) {
	t, err := v.begin("sys.roll-call", access.Inspect, c, false)
	if err != nil {
		return nil, err
	}
	var r *RollCall
	if err = t.inspect(ctx); err == nil {
		r, err = t.rollCall()
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return r, nil
}

// AnswerRollCall takes a custodian's proof from whoever brings it: the proof speaks for itself. fault.Invalid and fault.Denied say what is
// wrong with it; one that was taken before changes nothing.
func (v *Vault) AnswerRollCall(ctx context.Context, c access.Caller, proof string) (*RollCall, error) {
	c.Kind = access.ByShare
	if err := v.calls.admit(v.cfg.Now(), "proofs are handed in"); err != nil {
		return nil, v.Refused("sys.roll-call-submit", c, err)
	}
	return opAnswerCall.do(ctx, v, c, proof)
}

func answerRollCall(ctx context.Context, t *task, line string) (*RollCall, error) {
	p, err := seal.ParseCallProof([]byte(line))
	if err != nil {
		return nil, err
	}
	t.change("share", number(uint32(p.Index)))
	t.v.calls.mu.Lock()
	defer t.v.calls.mu.Unlock()
	cfg, r, revision, err := t.rolled()
	if err != nil {
		return nil, err
	}
	if r.Call == "" {
		return nil, fault.New(fault.NotFound, "no roll call is held").WithHint("Begin one with `quorate operator roll-call start`.")
	}
	call, err := seal.ParseCall([]byte(r.Call))
	if err != nil {
		return nil, err
	}
	if err := cfg.CheckProof(call, p); err != nil {
		return nil, err
	}
	now := t.v.now(t.link.machine.State())
	if now.Time().After(call.At.Add(rollCallEnds)) {
		return nil, fault.New(fault.BadState, "the roll call %s ended after %d days", call.ID(), rollCallEnds/(24*time.Hour)).
			WithHint("Begin another with `quorate operator roll-call start`, and answer that.")
	}
	i := slices.IndexFunc(r.Proved, func(s provedShare) bool { return s.Index == p.Index })
	switch {
	case i >= 0 && r.Proved[i].Call == call.ID():
		return t.rollCall() // handed in before
	case i >= 0:
		r.Proved[i].At, r.Proved[i].Call = now, call.ID()
	default:
		r.Proved = append(r.Proved, provedShare{Index: p.Index, At: now, Call: call.ID()})
	}
	if err := t.putRolled(ctx, r, revision); err != nil {
		return nil, err
	}
	return t.rollCall()
}

// rolled reads the roll call's document; proofs by shares that a rekey replaced are left out.
func (t *task) rolled() (*seal.Config, *rolled, uint64, error) {
	s := t.link.machine.State()
	cfg, err := sealConfig(s)
	if err != nil {
		return nil, nil, 0, err
	}
	r, revision, err := rolledIn(s, cfg)
	return cfg, r, revision, err
}

func rolledIn(s *fsm.State, cfg *seal.Config) (*rolled, uint64, error) {
	r, revision := &rolled{}, uint64(0)
	if doc := s.Document(docRollCall); doc != nil {
		revision = doc.Revision
		if err := decodeCall.Unmarshal(doc.Body, r); err != nil {
			return nil, 0, fault.Wrap(fault.Internal, err, "the roll call cannot be read")
		}
	}
	if r.Epoch != cfg.Epoch {
		r.Epoch, r.Proved = cfg.Epoch, nil
	}
	return r, revision, nil
}

func (t *task) putRolled(ctx context.Context, r *rolled, revision uint64) error {
	body, err := cbor.Marshal(r)
	if err != nil {
		return err
	}
	if err := t.intend(); err != nil {
		return err
	}
	_, err = t.propose(ctx, &fsm.PutDocument{Name: docRollCall, Expect: revision, Body: body})
	return err
}

func (t *task) rollCall() (*RollCall, error) {
	cfg, r, _, err := t.rolled()
	if err != nil {
		return nil, err
	}
	out := &RollCall{Epoch: uint32(cfg.Epoch)}
	out.Shares, out.Threshold = cfg.Shares()
	if r.Call != "" {
		call, err := seal.ParseCall([]byte(r.Call))
		if err != nil {
			return nil, err
		}
		out.Call, out.ID, out.Started, out.Ends = r.Call, call.ID(), key.At(call.At), key.At(call.At.Add(rollCallEnds))
	}
	for i := range out.Shares {
		c := Custodian{Index: i + 1}
		for _, p := range r.Proved {
			if p.Index == c.Index {
				c.Proved, c.Answered = p.At, p.Call == out.ID
			}
		}
		out.Custodians = append(out.Custodians, c)
	}
	return out, nil
}
