package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Whole is what a door does with a request whose operations are done all or none. It runs on the leader. With the caller that it is given, the
// vault's operations see and change a draft of the state; nobody else sees it. If keep, what changed there is then committed in one entry of the
// log; else it is forgotten. The request is lent. It may be called again, when something that it looked at has changed meanwhile.
type Whole func(ctx context.Context, c access.Caller, request []byte) (answer []byte, keep bool)

// wholeIn is such a request as it crosses nodes: sealed, for it may have keys in it, and so may the answer.
type wholeIn struct {
	Door   string
	ID     key.ID // drawn for the request
	Sealed key.Material
}

// The two texts of a request.
const (
	wholeRequest = 1
	wholeAnswer  = 2
)

// opWhole is how such requests are called in the audit log, and where operations say what they are part of.
const opWhole = "whole"

var opDoWhole = newWrite(opWhole, access.Unchecked, whole)

// OnWhole says what a door does with such requests, on every node. Called before the door opens.
func (v *Vault) OnWhole(door string, do Whole) {
	v.drafts.mu.Lock()
	defer v.drafts.mu.Unlock()
	if v.drafts.doors == nil {
		v.drafts.doors = map[string]Whole{}
	}
	v.drafts.doors[door] = do
}

// Whole has a request done, all of it or nothing, by what OnWhole was told for the door; on the leader, wherever it is. Each operation in it is
// asked, permitted and audited for itself, as part of a draft; "whole" is audited beside them, and says whether all that was committed.
// fault.TooLarge if the changes do not fit an entry, fault.Conflict if others kept changing the same objects; nothing was done then.
func (v *Vault) Whole(ctx context.Context, c access.Caller, door string, request []byte) ([]byte, error) {
	id, err := key.NewID(v.cfg.Random)
	if err != nil {
		return nil, err
	}
	in := wholeIn{Door: door, ID: id}
	_, room, err := v.opened()
	if err == nil { // a sealed node is refused, and that recorded, by what follows
		if in.Sealed, err = room.wrapWhole(in.binding(c, wholeRequest), request); err != nil {
			return nil, err
		}
	}
	c.Retry = "" // an answer is not kept, so it cannot be given again
	sealed, err := opDoWhole.do(ctx, v, c, in)
	if err != nil {
		return nil, err
	}
	if len(sealed.Sealed) == 0 {
		return nil, fault.New(fault.Uncertain, "it was done, but the answer was lost: look at the objects before you ask again").WithHint(lookFirst)
	}
	answer, err := room.openWhole(in.binding(c, wholeAnswer), sealed)
	if err != nil {
		return nil, fault.Wrap(fault.Uncertain, err, "it may have been done, but the answer cannot be read: look at the objects before you ask again").WithHint(lookFirst)
	}
	return answer, nil
}

// lookFirst is what to do where the answer is gone: asked again, such a request is another one.
const lookFirst = "Look at the objects that it was about; ask again for what is not done."

// binding is what a text is bound to: the request, its door, who asks, and which of the two it is.
func (in wholeIn) binding(c access.Caller, which byte) []byte {
	b := append(append([]byte{which}, in.ID[:]...), byte(c.Kind))
	for _, text := range []string{in.Door, c.Principal} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	return b
}

// wholeAAD keeps such texts apart from key material, and from other clusters'.
func (k *keyroom) wholeAAD(binding []byte) []byte {
	return append(append([]byte("quorate whole"), k.cluster[:]...), binding...)
}

func (k *keyroom) wrapWhole(binding, plain []byte) (key.Material, error) {
	term, sealed, err := k.ring.Wrap(k.wholeAAD(binding), plain)
	return key.Material{Term: term, Sealed: sealed}, err
}

// openWhole is a text that wrapWhole sealed. The caller clears it.
func (k *keyroom) openWhole(binding []byte, m key.Material) (plain []byte, err error) {
	err = k.ring.Unwrap(m.Term, k.wholeAAD(binding), m.Sealed, func(b []byte) error {
		plain = append(make([]byte, 0, len(b)), b...)
		return nil
	})
	return plain, err
}

// whole gives the sealed answer. It is empty where the request was done by another run of it, whose answer is lost: that is no failure here, for
// the node that asks would only send the request again.
func whole(ctx context.Context, t *task, in wholeIn) (key.Material, error) {
	var lost key.Material
	if done, err := t.doneAlready(); done || err != nil {
		return lost, err
	}
	t.v.drafts.mu.Lock()
	do := t.v.drafts.doors[in.Door]
	t.v.drafts.mu.Unlock()
	if do == nil {
		return lost, fault.New(fault.BadState, "the leader %s has no door %q", t.v.cfg.Node, clip(in.Door)).WithHint("Give every node the same listeners.")
	}
	request, err := t.keys.openWhole(in.binding(t.caller, wholeRequest), in.Sealed)
	defer clear(request)
	if err != nil {
		return lost, err
	}
	intended := false
	for try := 0; ; try++ {
		answer, err := t.wholeOnce(ctx, do, in, request, &intended)
		if errors.Is(err, fault.Conflict) && try < maxRetries && ctx.Err() == nil {
			continue
		}
		return answer, err
	}
}

// wholeOnce does the request on a draft of the newest state, and commits it. Whatever may fail is done before that.
func (t *task) wholeOnce(ctx context.Context, do Whole, in wholeIn, request []byte, intended *bool) (key.Material, error) {
	var none key.Material
	base := t.link.machine.State()
	d := &draft{base: base, machine: base.Fork(), real: t.link.replica, now: t.v.now}
	c := t.caller
	c.Draft = t.v.drafts.add(&link{machine: d.machine, replica: d, peers: t.link.peers, members: t.link.members})
	defer t.v.drafts.drop(c.Draft)
	mine := append([]byte{}, request...)
	defer clear(mine)
	answer, keep := do(ctx, c, mine)
	defer clear(answer)
	commands := d.end()
	if done, err := t.doneAlready(); done || err != nil { // another run was faster; this one may have failed for that
		return none, err
	}
	if len(answer) > maxAnswer {
		return none, fault.New(fault.TooLarge, "the answer has %d bytes, more than the %d of what is done all or none; nothing was done", len(answer), maxAnswer)
	}
	sealed, err := t.keys.wrapWhole(in.binding(t.caller, wholeAnswer), answer)
	if err != nil {
		return none, err
	}
	if err := t.unchanged(d); err != nil {
		return none, err
	}
	if !keep || len(commands) == 0 {
		t.change("kept", "nothing")
		return sealed, t.still(ctx)
	}
	if !*intended {
		if err := t.intend(); err != nil {
			return none, err
		}
		*intended = true
	}
	out, err := t.propose(ctx, &fsm.Bundle{Commands: commands})
	if err != nil {
		return none, err
	}
	t.change("kept", "all")
	if out.Repeated { // what is in the answer was never committed: another run was faster
		return none, nil
	}
	return sealed, nil
}

// doneAlready tells whether another run of the same request committed it.
func (t *task) doneAlready() (bool, error) {
	_, done, err := t.before()
	if done && err == nil {
		t.change("kept", "all")
	}
	return done, err
}

// maxAnswer is the size of an answer, in bytes; sealed it fits what a call between nodes carries.
const maxAnswer = 4 << 20

// unchanged looks at what the operations on a draft went by, once they are done: they may have taken as long as a request may. fault.Conflict if it is
// not as it was, so that they are done anew. What they changed is looked at again when it is committed.
func (t *task) unchanged(d *draft) error {
	if err := t.alive(); err != nil {
		return err
	}
	now := t.link.machine.State()
	if now.PolicyRevision() != d.base.PolicyRevision() {
		return fault.New(fault.Conflict, "the policies changed meanwhile")
	}
	for _, id := range d.read() {
		if was, is := d.base.Key(id), now.Key(id); was != nil && (is == nil || is.Revision != was.Revision) {
			return fault.New(fault.Conflict, "a key that was asked for changed meanwhile") // without its name, which the caller may not know
		}
	}
	return nil
}

// saw tells the draft that this is part of, if there is one, which key was asked for.
func (t *task) saw(r *key.Record) {
	if d, ok := t.link.replica.(*draft); ok {
		d.saw(r.ID)
	}
}

// drafts are the drafts under way on this node, and what doors do with them. The zero value is ready.
type drafts struct {
	mu    sync.Mutex
	last  uint64
	links map[uint64]*link
	doors map[string]Whole
}

func (d *drafts) add(l *link) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.links == nil {
		d.links = map[uint64]*link{}
	}
	d.last++
	d.links[d.last] = l
	return d.last
}

func (d *drafts) drop(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.links, id)
}

func (d *drafts) find(id uint64) *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.links[id]
}

// openedFor is opened for a caller: what belongs to a draft sees that.
func (v *Vault) openedFor(c access.Caller) (*link, *keyroom, error) {
	l, k, err := v.opened()
	if err != nil || c.Draft == 0 {
		return l, k, err
	}
	if l = v.drafts.find(c.Draft); l == nil {
		return nil, nil, fault.New(fault.Internal, "the request that this belongs to has ended")
	}
	return l, k, nil
}

// draft is a Replica of one node, in memory, whose commands may be committed together.
type draft struct {
	base    *fsm.State // what it was made from
	machine *fsm.Machine
	real    Replica
	now     func(*fsm.State) key.Time

	mu       sync.Mutex // guards what follows, and the machine's writer
	commands []fsm.Bundled
	size     int // of the commands, in bytes of a log entry
	seen     map[key.ID]bool
	ended    bool
}

// Propose implements Replica.
func (d *draft) Propose(_ context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.ended:
		return fsm.Outcome{}, fault.New(fault.Internal, "the request that this belongs to has ended")
	case !fsm.Bundles(cmd):
		return fsm.Outcome{}, fault.New(fault.Invalid, "the change %s cannot be part of what is done all or none", cmd.Op())
	case len(d.commands) == fsm.MaxBundle:
		return fsm.Outcome{}, fault.New(fault.TooLarge, "at most %d changes can be made all or none", fsm.MaxBundle)
	}
	bundled := fsm.Bundled{Command: cmd}
	body, err := bundled.MarshalCBOR()
	if err != nil {
		return fsm.Outcome{}, err
	}
	if d.size+len(body) > fsm.MaxEntry { // it would be refused in the end
		return fsm.Outcome{}, fault.New(fault.TooLarge, "the changes take more than the %d bytes of log that can be made all or none", fsm.MaxEntry)
	}
	entry, err := fsm.Encode(cmd, r, d.now(d.machine.State()))
	if err != nil {
		return fsm.Outcome{}, err
	}
	out, err := d.machine.Apply(d.machine.Applied()+1, entry)
	if err == nil && out.Fault == nil && !out.Repeated {
		d.commands, d.size = append(d.commands, bundled), d.size+len(body)
	}
	return out, err
}

// saw remembers a key that an operation was asked for.
func (d *draft) saw(id key.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = map[key.ID]bool{}
	}
	d.seen[id] = true
}

// read gives the keys that operations were asked for.
func (d *draft) read() []key.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.seen))
}

// end gives the commands. There are none after it.
func (d *draft) end() []fsm.Bundled {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	return d.commands
}

// Outlast implements Replica: nobody has seen an older state of a draft.
func (d *draft) Outlast(context.Context) error { return nil }

// Fresh implements Replica: a draft is as new as what it was made from, which the leader holds.
func (d *draft) Fresh(ctx context.Context, read access.Consistency) error {
	return d.real.Fresh(ctx, read)
}

// Leader implements Replica: a draft is changed where it is.
func (d *draft) Leader() (string, bool) {
	node, _ := d.real.Leader()
	return node, true
}
