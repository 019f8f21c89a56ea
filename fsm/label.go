package fsm

import (
	"bytes"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// labelEntry is a key under a name or a group that it has. What is destroyed comes after what is not: a name may have had any number of
// keys that are no more, and its one living key is found without them.
type labelEntry struct {
	label string
	cell  *cell // nil in what is searched for: before all of that label
}

func (e labelEntry) place() *cell { return e.cell }

func lessLabel(a, b labelEntry) bool {
	if c := strings.Compare(a.label, b.label); c != 0 {
		return c < 0
	}
	if a.cell == nil || b.cell == nil {
		return a.cell == nil && b.cell != nil
	}
	if gone := a.cell.state.Gone(); gone != b.cell.state.Gone() {
		return !gone
	}
	return bytes.Compare(a.cell.id[:], b.cell.id[:]) < 0
}

func labelIndex(of func(*key.Record) []key.Label) index[cell, labelEntry] {
	return newIndex(lessLabel, labelEntry.place, func(c *cell, to []labelEntry) []labelEntry {
		for _, l := range c.held.Load().labels(of) {
			to = append(to, labelEntry{l.Value, c})
		}
		return to
	})
}

func names(r *key.Record) []key.Label  { return r.Names }
func groups(r *key.Record) []key.Label { return r.Groups }

// KeyNamed gives the key that is alive and bears a name of its own beside the vault's, nil if there is none.
func (s *State) KeyNamed(name string) *key.Record { return s.living(name) }

// KeysNamed gives the keys that bear a name of their own beside the vault's, at most limit: first the one that is alive, if any, then those
// that are destroyed, by id.
func (s *State) KeysNamed(name string, limit int) []*key.Record {
	return s.labelled(&s.keys.byLabel, name, limit)
}

// KeysInGroup gives the keys of a group, those that are not destroyed first, by id, at most limit; there may be more if it is that many.
func (s *State) KeysInGroup(group string, limit int) []*key.Record {
	return s.labelled(&s.keys.byGroup, group, limit)
}

func (c *content) labelled(x *index[cell, labelEntry], label string, limit int) (all []*key.Record) {
	x.tree.AscendFrom(labelEntry{label: label}, func(e labelEntry) bool {
		if e.label != label || len(all) == limit {
			return false
		}
		all = append(all, c.key(e.cell.id))
		return true
	})
	return all
}

// living is the one key that is not destroyed and bears the name.
func (c *content) living(name string) (r *key.Record) {
	c.keys.byLabel.tree.AscendFrom(labelEntry{label: name}, func(e labelEntry) bool {
		if e.label == name && !e.cell.state.Gone() {
			r = c.key(e.cell.id)
		}
		return false
	})
	return r
}

// EachKey visits keys by id until visit returns false. The record is lent: it is another after visit returned.
func (s *State) EachKey(visit func(*key.Record) bool) {
	var v view
	s.keys.byID.tree.Ascend(func(e idEntry) bool { return visit(e.look(&v)) })
}

// namesFree refuses a name of r that another key has, but for one that gives its names up. What is destroyed gives its names free: nobody can mean it any more.
func (d *Draft) namesFree(r *key.Record, but ...key.ID) error {
	for _, n := range r.Names {
		if other := d.living(n.Value); other != nil && other.ID != r.ID && !slices.Contains(but, other.ID) {
			return nameTaken(n.Value)
		}
	}
	return nil
}

// labelSet has the names that the records of one command bear beside their own: namesFree sees only those of records that are there already.
// It is asked, never walked.
type labelSet map[string]bool

// add is fault.Exists if a record of the same command bears one of r's names.
func (s labelSet) add(r *key.Record) error {
	for _, n := range r.Names {
		if s[n.Value] {
			return fault.New(fault.Exists, "the name %q is given to two keys at once", clip(n.Value))
		}
		s[n.Value] = true
	}
	return nil
}

// checkLabels holds names and groups to their limits. Its messages do not depend on order.
func checkLabels(r *key.Record) error {
	for _, all := range [][]key.Label{r.Names, r.Groups} {
		if len(all) > key.MaxLabels {
			return fault.New(fault.TooLarge, "the key %s has more than %d names or groups", title(r), key.MaxLabels)
		}
		seen := make(map[string]bool, len(all))
		places := make(map[uint32]bool, len(all))
		for _, l := range all {
			if l.Value == "" || len(l.Value) > key.MaxLabel || strings.ToValidUTF8(l.Value, "") != l.Value {
				return fault.New(fault.Invalid, "a name or group of key %s is empty, longer than %d bytes, or not UTF-8", title(r), key.MaxLabel)
			}
			if seen[l.Value] || places[l.Index] {
				return fault.New(fault.Invalid, "the key %s has a name or a group twice", title(r))
			}
			seen[l.Value], places[l.Index] = true, true
		}
	}
	return nil
}
