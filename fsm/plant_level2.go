//go:build plant_level2

package fsm

import "github.com/quorate/quorate/vault/fault"

// plantedLevel makes this program one level newer than the release.
const plantedLevel = 1

// plantedOperations are the commands that came with that level.
var plantedOperations = []operation{
	{"planted.note", 2, func() Command { return new(PlantedNote) }},
}

// PlantedNote keeps a text as a document: the command that the release lacks.
type PlantedNote struct {
	Text string `cbor:"1,keyasint"`
}

// Op implements Command.
func (*PlantedNote) Op() string { return "planted.note" }

// Apply implements Command.
func (c *PlantedNote) Apply(d *Draft, env Env) (Result, error) {
	const name = "setting/planted-note"
	if c.Text == "" {
		return Result{}, fault.New(fault.Invalid, "a note has a text")
	}
	old, revision := d.document(name), uint64(1)
	if old != nil {
		revision = old.Revision + 1
	}
	d.putDocument(old, &Document{Name: name, Revision: revision, Body: []byte(c.Text), Updated: env.At})
	return Result{Revision: revision}, nil
}
