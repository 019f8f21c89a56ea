package vault

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// PolicyFiles is what the files of one node say that policies of the cluster should be. It is used by one goroutine, from one call to the next.
type PolicyFiles struct {
	Prefix string            // of the names of all of them
	Texts  map[string]string // by name

	// settled is what this node brought the cluster to, by name: the text, or "" where it tried and cannot tell.
	settled map[string]string
}

// Followed is what somebody should know of who follows policies.
type Followed struct {
	Overruled []string // say something else than the files since another node, or an operator, changed them
	Strangers []string // lie under the prefix and are in no file; told by the first call only
}

// FollowPolicies makes policies say what the files of this node say, as the cluster's own work. The last change counts, whoever made it: a
// policy is put when its file changed since it was put last (at the first call: always), and taken away when its file is gone. What was
// changed elsewhere stays, so that nodes with different files do not undo each other's work for ever. It does what it can, and joins
// what went wrong; what failed is tried again by the next call.
func (v *Vault) FollowPolicies(ctx context.Context, f *PolicyFiles) (found Followed, err error) {
	l, _, err := v.opened()
	if err != nil {
		return found, err
	}
	if f.settled == nil {
		for _, p := range l.machine.State().Policies() {
			if _, known := f.Texts[p.Name]; strings.HasPrefix(p.Name, f.Prefix) && !known {
				found.Strangers = append(found.Strangers, p.Name)
			}
		}
		f.settled = map[string]string{}
	}
	self := v.asSelf()
	for _, name := range slices.Sorted(maps.Keys(f.Texts)) {
		text := f.Texts[name]
		old := l.machine.State().Policy(name)
		switch {
		case old != nil && old.Source == text:
			f.settled[name] = text
		case f.settled[name] == text:
			found.Overruled = append(found.Overruled, name)
		default:
			f.settled[name] = "" // whatever happens: it may have been done
			_, failed := v.PutPolicy(ctx, self, PolicyText{Name: name, Text: text})
			if err = errors.Join(err, failed); failed == nil {
				f.settled[name] = text
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.settled)) {
		if _, still := f.Texts[name]; still {
			continue
		}
		if failed := v.DeletePolicy(ctx, self, name); failed != nil && !errors.Is(failed, fault.NotFound) {
			err = errors.Join(err, failed)
			continue
		}
		delete(f.settled, name)
	}
	return found, err
}
