package fsm

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
)

// MaxBundle is how many commands one Bundle may have.
const MaxBundle = 256

// Bundle is changes of keys that are applied in their order, all of them or none, in one entry. Each finds the state as those before it left it.
// Result is the first command's.
type Bundle struct {
	Commands []Bundled `cbor:"1,keyasint"`
}

// Bundled is one command of a Bundle.
type Bundled struct{ Command }

// Bundles tells whether a command may be in a Bundle: what makes or changes keys, one or a few at a time. What moves material (a campaign's work)
// writes where frozen states read, and what ends in more than keys has its own order.
func Bundles(c Command) bool {
	switch c.(type) {
	case *CreateKey, *CreateKeys, *RotateKey, *SetState, *UpdateKey, *ScheduleDestroy, *ReplaceKeys, *CertifyKey, *ArchiveKey:
		return true
	}
	return false
}

// Op implements Command.
func (*Bundle) Op() string { return "bundle" }

// Revokes implements Revoker.
func (b *Bundle) Revokes() bool {
	for _, c := range b.Commands {
		if r, ok := c.Command.(Revoker); ok && r.Revokes() {
			return true
		}
	}
	return false
}

func (b *Bundle) check() error {
	if len(b.Commands) == 0 || len(b.Commands) > MaxBundle {
		return fault.New(fault.Invalid, "a bundle has 1 to %d commands, not %d", MaxBundle, len(b.Commands))
	}
	for _, c := range b.Commands {
		if c.Command == nil || !Bundles(c.Command) {
			return fault.New(fault.Invalid, "there is a command in the bundle that cannot be in one")
		}
	}
	return nil
}

// Apply implements Command.
func (b *Bundle) Apply(d *Draft, env Env) (Result, error) {
	if err := b.check(); err != nil {
		return Result{}, err
	}
	trial := *d
	trial.content.share()
	var first Result
	for i, c := range b.Commands {
		if level := LevelOf(c.Command); level > d.level {
			return Result{}, fault.New(fault.BadState, "the operation %s needs level %d, the cluster is at level %d", c.Op(), level, d.level)
		}
		res, err := c.Apply(&trial, env)
		if err != nil {
			return Result{}, err
		}
		if i == 0 {
			first = res
		}
	}
	d.content, d.dirty = trial.content, true
	return first, nil
}

// bundled is a command as it stands in a bundle.
type bundled struct {
	_    struct{} `cbor:",toarray"`
	Op   string
	Body cbor.RawMessage
}

// MarshalCBOR writes the command as its name and its fields.
func (b Bundled) MarshalCBOR() ([]byte, error) {
	body, err := encoding.Marshal(b.Command)
	if err != nil {
		return nil, err
	}
	return encoding.Marshal(bundled{Op: b.Op(), Body: body})
}

// UnmarshalCBOR reads a command. One that this program does not know is an error: the entry is a newer program's.
func (b *Bundled) UnmarshalCBOR(data []byte) error {
	var in bundled
	if err := decoding.Unmarshal(data, &in); err != nil {
		return err
	}
	op := operationByName[in.Op]
	if op == nil {
		return fmt.Errorf("the operation %q in a bundle is unknown to this program: upgrade this node", clip(in.Op))
	}
	c := op.zero()
	if !Bundles(c) { // nor is its body looked at: a bundle in a bundle would be read to any depth
		return fmt.Errorf("the operation %q is in a bundle, where it cannot be", in.Op)
	}
	if err := decoding.Unmarshal(in.Body, c); err != nil {
		return fmt.Errorf("reading %s in a bundle: %w", in.Op, err)
	}
	b.Command = c
	return nil
}

// Fork gives a machine that stands where s does, and is nobody's replica: what is applied to it is seen in it alone. It takes what Bundles tells.
func (s *State) Fork() *Machine {
	c := s.content
	c.share()
	c.keys.detach()
	m := &Machine{supported: MaxLevel}
	m.state.Store(&State{content: c, position: s.position, outcomes: s.outcomes})
	m.applied.Store(s.index)
	return m
}

// detach gives t a writer's things of its own, so that it can be written to beside the table that it was copied from.
func (t *keyTable) detach() {
	t.intern, t.pack = new(interner), new(packer)
	t.byTag.entries = t.intern.tagEntries
	t.children.before, t.children.after = nil, nil
}
