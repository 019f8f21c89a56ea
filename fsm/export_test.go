package fsm

import (
	"unsafe"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Tear is a command that breaks the rule: it writes, and then fails.
type Tear struct {
	Name string `cbor:"1,keyasint"`
}

// Op implements Command.
func (*Tear) Op() string { return "test.tear" }

// Apply implements Command.
func (c *Tear) Apply(d *Draft, env Env) (Result, error) {
	d.putDocument(d.document(c.Name), &Document{Name: c.Name, Revision: 99, Updated: env.At})
	return Result{}, fault.New(fault.BadState, "torn")
}

// Future is a command of level 2.
type Future struct{}

// Op implements Command.
func (*Future) Op() string { return "test.future" }

// Apply implements Command.
func (*Future) Apply(*Draft, Env) (Result, error) { return Result{}, nil }

func init() {
	for _, op := range []operation{
		{"test.tear", 1, func() Command { return new(Tear) }},
		{"test.future", 2, func() Command { return new(Future) }},
	} {
		operationByName[op.name] = &op
	}
}

// NewSupporting is New for a program that knows levels up to the given one.
func NewSupporting(level uint32) *Machine {
	m := New()
	m.supported = level
	return m
}

// Generation is how many outcomes make a generation.
const Generation = generation

// Raise makes a command one of a newer level, until the test ends.
func Raise(t interface{ Cleanup(f func()) }, op string, level uint32) {
	o := operationByName[op]
	was := o.level
	o.level = level
	t.Cleanup(func() { o.level = was })
}

// PlainSize is what the state allocates for a plain key, beside its cell, its name and its material.
const PlainSize = unsafe.Sizeof(held{}) + unsafe.Sizeof(plain{})

// Plain tells whether the state holds a key as a plain one.
func (s *State) Plain(id key.ID) bool { return s.entry(id).held.plain != nil }

// Viewed tells whether the record that was made of a plain key is still there.
func (s *State) Viewed(id key.ID) bool {
	last := s.entry(id).held.plain.view.Load()
	return last != nil && last.Value() != nil
}
