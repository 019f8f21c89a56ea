package fsm

import "github.com/quorate/quorate/vault/key"

// Rebuild makes a state from another, outside any log: the image of a restore. It is for one caller. What it is given is not
// checked; whoever reads the image does that.
type Rebuild struct{ d Draft }

// NewRebuild begins with everything that is in s, but for what became of recent requests.
func NewRebuild(s *State) *Rebuild {
	r := &Rebuild{d: Draft{content: s.content, position: s.position, outcomes: newOutcomes(), recent: new(recentChains), supported: MaxLevel}}
	r.d.content.share()
	r.d.content.keys.detach() // s goes on being the base of what the machine writes
	r.d.restoring = restoring{}
	return r
}

// PutKey adds or replaces a record. Uses of versions that it has not are forgotten.
func (b *Rebuild) PutKey(r *key.Record) {
	b.d.putKey(b.d.key(r.ID), r)
	b.d.forgetUsage(r.ID, r)
}

// DropKey removes a record with all that is known of it.
func (b *Rebuild) DropKey(id key.ID) {
	old := b.d.key(id)
	if old == nil {
		return
	}
	b.d.forgetUsage(id, nil)
	b.d.putKey(old, nil)
	if c := b.d.campaign(id); c != nil {
		b.d.putCampaign(c, nil)
	}
}

// RaiseUsage makes what is known of the uses of a version no less than u.
func (b *Rebuild) RaiseUsage(u Usage) {
	old := b.d.usageOf(u.ID, u.Version)
	next := u
	if old != nil {
		next.Uses, next.Bytes, next.Allocated = max(old.Uses, u.Uses), max(old.Bytes, u.Bytes), max(old.Allocated, u.Allocated)
		next.LastUsed = max(old.LastUsed, u.LastUsed)
	}
	if r := b.d.key(u.ID); r != nil && next != (Usage{ID: u.ID, Version: u.Version}) {
		b.d.putUsage(old, &next)
		b.d.weigh(r)
	}
}

// PutDocument adds or replaces a document; DropDocument removes one.
func (b *Rebuild) PutDocument(name string, body []byte) {
	old, revision := b.d.document(name), uint64(1)
	if old != nil {
		revision = old.Revision + 1
	}
	b.d.putDocument(old, &Document{Name: name, Revision: revision, Body: body, Updated: b.d.at})
}

// DropDocument removes a document if it is there.
func (b *Rebuild) DropDocument(name string) {
	if old := b.d.document(name); old != nil {
		b.d.putDocument(old, nil)
	}
}

// State is what was built. The builder must not be used after it.
func (b *Rebuild) State() *State {
	return &State{content: b.d.content, position: b.d.position, outcomes: b.d.outcomes}
}
