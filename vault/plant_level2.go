//go:build plant_level2

package vault

import (
	"context"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
)

type noteIn struct{ Text string }

var opNote = newWrite("planted.note", access.Operate, func(ctx context.Context, t *task, in noteIn) (bool, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, err := t.propose(ctx, &fsm.PlantedNote{Text: in.Text})
	return err == nil, err
})

// PlantedNote is the operation that the release lacks.
func (v *Vault) PlantedNote(ctx context.Context, c access.Caller, text string) error {
	_, err := opNote.do(ctx, v, c, noteIn{text})
	return err
}
