package fsm

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/plant"
)

// Draft is the state while a batch of commands is applied to it. Only commands of this package write to it.
type Draft struct {
	content
	position
	outcomes  outcomes
	recent    *recentChains // the machine's, not part of the state
	supported uint32        // newest level that this program knows
	dirty     bool          // the command in hand has written
}

// position is where in the log a state stands.
type position struct {
	index uint64
	at    key.Time
	chain [32]byte
}

func (d *Draft) putKey(old, fresh *key.Record) {
	d.dirty = true
	d.keys.replace(old, fresh)
	if old != nil && !old.Parent.IsZero() {
		d.settleCampaign(old.Parent)
	}
	if d.usage.byVersion.tree.Len() == 0 {
		return
	}
	if fresh == nil {
		d.usage.exhausted.put(old.ID, false)
		return
	}
	d.weigh(fresh)
}

// moveKey puts fresh where a key stands whose material it has anew, and nothing else. old is its record.
func (d *Draft) moveKey(e idEntry, old, fresh *key.Record) {
	d.dirty = true
	d.keys.move(e, old, fresh)
}

func (d *Draft) putToken(old, fresh *access.Token) {
	d.dirty = true
	for _, x := range d.tokens.indexes() {
		x.replace(old, fresh)
	}
}

func (d *Draft) putPolicy(old, fresh *Policy) {
	d.dirty = true
	d.policies.replace(old, fresh)
}

func (d *Draft) putDocument(old, fresh *Document) {
	d.dirty = true
	d.documents.replace(old, fresh)
}

func (d *Draft) nextPolicyRevision() uint64 {
	d.dirty = true
	d.policyRevision++
	return d.policyRevision
}

func (d *Draft) setLevel(level uint32) {
	d.dirty = true
	d.level = level
}

// errTorn says that a command failed after it had written. The batch is begun again without it.
var errTorn = errors.New("a refused command had written")

// step applies one entry. refusal is not nil when this entry is known to be refused from an earlier try.
// An error is a *halt, or errTorn together with the outcome.
func (d *Draft) step(e Entry, p *Proposal, refusal *fault.Error) (Outcome, error) {
	d.index, d.at, d.dirty = e.Index, max(d.at, p.At), false
	out, err := d.outcome(p, refusal)
	if err != nil {
		return Outcome{}, err
	}
	if out.Fault != nil && d.dirty {
		return out, errTorn
	}
	// A conflict is no first outcome: it wrote nothing, and whoever lost a race looks again and tries under the same ID.
	if conflict := out.Fault != nil && out.Fault.Kind == fault.Conflict; !out.Repeated && !out.unkept && !conflict {
		d.outcomes.keep(p.Request, out)
	}
	d.extend(e.Data, out)
	return out, nil
}

func (d *Draft) outcome(p *Proposal, refusal *fault.Error) (Outcome, error) {
	if k := d.outcomes.find(p.Request.ID); k != nil {
		if k.Print != p.Request.Print {
			return Outcome{Index: d.index, unkept: true, Fault: fault.New(fault.Invalid, "this Idempotency-Key was used for another request").
				WithHint("Use a new Idempotency-Key for every new request, and the same one only to repeat it unchanged.")}, nil
		}
		first := k.outcome()
		first.Repeated = true
		return first, nil
	}
	if refusal != nil {
		return Outcome{Index: d.index, Fault: refusal}, nil
	}
	if f := d.frozen(p.Command); f != nil {
		return Outcome{Index: d.index, Fault: f, unkept: true}, nil
	}
	if p.Level > d.level {
		return Outcome{Index: d.index, Fault: fault.New(fault.BadState, "the operation %s needs level %d, the cluster is at level %d", p.Command.Op(), p.Level, d.level).
			WithHint("Upgrade every member; the leader then raises the level by itself.")}, nil
	}
	if plant.TimeNow {
		d.at = key.Time(plant.Now())
	}
	res, err := p.Command.Apply(d, Env{Index: d.index, At: d.at})
	if stop := (*halt)(nil); errors.As(err, &stop) {
		return Outcome{}, stop
	}
	if err != nil {
		return Outcome{Index: d.index, Fault: told(err)}, nil
	}
	return Outcome{Index: d.index, Result: res}, nil
}

// told is what everybody may know of a refusal, the same on every node: no cause.
func told(err error) *fault.Error {
	f := fault.Of(err)
	return &fault.Error{Kind: f.Kind, Message: f.Message, Hint: f.Hint}
}

// extend moves the chain on by one entry and its outcome.
func (d *Draft) extend(entry []byte, out Outcome) {
	var head [42]byte
	copy(head[:], d.chain[:])
	binary.BigEndian.PutUint64(head[32:], d.index)
	if out.Fault != nil {
		head[40], head[41] = 1, byte(out.Fault.Kind)
	}
	if out.Repeated {
		head[40] |= 2
	}
	h := sha256.New()
	h.Write(head[:])
	h.Write(entry)
	h.Sum(d.chain[:0])
	d.recent.put(d.index, d.chain)
}

// recentChains remembers the chain after each of the last entries.
type recentChains struct {
	slots [1024]struct {
		index uint64
		chain [32]byte
	}
}

func (c *recentChains) put(index uint64, chain [32]byte) {
	s := &c.slots[index%uint64(len(c.slots))]
	s.index, s.chain = index, chain
}

func (c *recentChains) at(index uint64) ([32]byte, bool) {
	s := &c.slots[index%uint64(len(c.slots))]
	return s.chain, index != 0 && s.index == index
}
