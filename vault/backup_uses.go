package vault

import (
	"context"
	"slices"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// usedSoFar is how much r was used at most, by all nodes together. Each is asked to tell first. One that does not may have protected as often with
// a version of an authenticated cipher as it may without telling; with others as often as it liked, but nothing bounds those.
func (t *task) usedSoFar(ctx context.Context, r *key.Record) (*envelope.Used, error) {
	silent := t.v.everyoneTells(ctx, t.link)
	t.change("uncounted_members", strings.Join(silent, " "))
	if err := t.link.replica.Fresh(ctx, access.Consistency{Mode: access.Linearizable}); err != nil { // what they told must be here, too
		return nil, err
	}
	own := make([]key.Use, len(r.Versions)) // before the state: what is told meanwhile counts twice then, and not never
	for i := range r.Versions {
		if c := t.v.usage.known(slot{r.ID, r.Versions[i].Number}); c != nil {
			own[i] = key.Use{Count: c.uses.Load(), Bytes: c.bytes.Load()}
		}
	}
	s := t.link.machine.State()
	if now := s.Key(r.ID); now == nil || now.Revision != r.Revision || !slices.Equal(now.MAC, r.MAC) { // what was purged has no counts
		return nil, fault.New(fault.Conflict, "key %s was changed while its uses were counted", nameOf(r)).WithHint("Try again.")
	}
	out := &envelope.Used{Allocated: s.Usage(r.ID, 0).Allocated}
	for i := range r.Versions {
		ver := &r.Versions[i]
		u := s.Usage(r.ID, ver.Number)
		of := envelope.VersionUsed{Version: ver.Number, Uses: sum(u.Uses, own[i].Count), Bytes: sum(u.Bytes, own[i].Bytes)}
		if r.Algorithm.Traits().AEAD && !ver.State.Gone() {
			of.Uses = sum(of.Uses, uint64(len(silent))*t.v.cfg.counting.holdAt)
		}
		if of.Uses != 0 || of.Bytes != 0 {
			out.Versions = append(out.Versions, of)
		}
	}
	return out, nil
}

// sum is a + b, or the largest number there is: a count that ran over would begin anew.
func sum(a, b uint64) uint64 {
	if a+b < a {
		return ^uint64(0)
	}
	return a + b
}

// usedBefore is what a restored key begins with. Where nobody counted, its versions are used as often as a cipher bears, or as makes them be
// rotated, and nothing is left of its limit.
func (t *task) usedBefore(r *key.Record, used *envelope.Used) []fsm.FirstUse {
	if used == nil {
		t.change("uses", "not in the backup: taken for used up")
		used = &envelope.Used{Allocated: r.UsageLimit}
		for i := range r.Versions {
			of := envelope.VersionUsed{Version: r.Versions[i].Number, Uses: r.RotateUses, Bytes: r.RotateBytes}
			if r.Algorithm.Traits().AEAD {
				of.Uses = max(of.Uses, t.v.cfg.counting.stopAt)
			}
			if !r.Versions[i].State.Gone() && (of.Uses != 0 || of.Bytes != 0) {
				used.Versions = append(used.Versions, of)
			}
		}
	}
	var out []fsm.FirstUse
	if used.Allocated != 0 {
		out = append(out, fsm.FirstUse{Allocated: used.Allocated})
	}
	for _, u := range used.Versions {
		out = append(out, fsm.FirstUse{Version: u.Version, Uses: u.Uses, Bytes: u.Bytes})
	}
	return out
}

// MethodTell is the peer method under which HandleTell must be reachable.
const MethodTell = "vault/tell-uses"

// HandleTell has this node tell the leader what it counted, and answers when that is in the state.
func (v *Vault) HandleTell(ctx context.Context, _ string, body []byte) ([]byte, error) {
	if len(body) != 0 {
		return nil, fault.New(fault.Invalid, "the request to tell uses cannot be read")
	}
	return nil, v.tellFor(ctx, relayTimeout)
}

// everyoneTells has all members tell what they counted, and names the others that may have counts that are not in the state.
func (v *Vault) everyoneTells(ctx context.Context, l *link) (silent []string) {
	v.everyOther(ctx, l, MethodTell, nil, func(node string, _ []byte, err error) {
		if err != nil {
			v.log.Warn("a member did not tell how often keys were used", "member", node, "err", err)
			silent = append(silent, node)
		}
	})
	if err := v.tellFor(ctx, relayTimeout); err != nil { // its own counts this node knows anyway
		v.log.Warn("the leader could not be told how often keys were used", "err", err)
	}
	slices.Sort(silent)
	return silent
}
