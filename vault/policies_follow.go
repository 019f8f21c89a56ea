package vault

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/quorate/quorate/vault/fault"
)

// FollowPolicies makes policies say what this node was told to keep them at, as the cluster's own work: each name of texts with its text, and
// none of gone. What says so already is left alone, so nodes that were told the same do it once. It does what it can and joins
// what went wrong.
func (v *Vault) FollowPolicies(ctx context.Context, texts map[string]string, gone []string) error {
	l, _, err := v.opened()
	if err != nil {
		return err
	}
	self := v.asSelf()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if old := l.machine.State().Policy(name); old != nil && old.Source == texts[name] {
			continue
		}
		_, failed := v.PutPolicy(ctx, self, PolicyText{Name: name, Text: texts[name]})
		err = errors.Join(err, failed)
	}
	for _, name := range gone {
		if l.machine.State().Policy(name) == nil {
			continue
		}
		if failed := v.DeletePolicy(ctx, self, name); !errors.Is(failed, fault.NotFound) {
			err = errors.Join(err, failed)
		}
	}
	return err
}
