// Package merge compares the keys of two states of one cluster, an older one out of a snapshot and the one that lives, and says
// what a record becomes when the older is brought back without undoing what was taken out of use since. It is pure: it knows
// records and states, and neither opens keys nor authenticates records; whoever calls it does.
package merge

import (
	"bytes"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// named is how many keys of each kind are listed by name; all of them are counted.
const named = 100

// Names counts keys, and lists the first of them.
type Names struct {
	Count uint64   `json:"count"`
	Names []string `json:"names,omitempty"`
}

func (n *Names) add(r *key.Record) {
	if n.Count++; len(n.Names) < named {
		name := r.Name
		if name == "" {
			name = r.ID.String()
		}
		n.Names = append(n.Names, name)
	}
}

// Diff is what restoring a snapshot into the living cluster would do.
type Diff struct {
	// Revived keys were destroyed or purged since, whole or in a version, and have their material in the snapshot. They stay
	// destroyed unless their revival is asked for.
	Revived         Names  `json:"brings_back_destroyed"`
	RevivedVersions uint64 `json:"brings_back_destroyed_versions"`
	// Relaxed keys were suspended, deactivated or compromised since. They stay so, likewise.
	Relaxed Names `json:"undoes_state"`
	// Lost keys and versions were made since: the snapshot does not have them.
	Lost         Names  `json:"loses_keys"`
	LostVersions uint64 `json:"loses_versions"`
	// Returned keys are in the snapshot only, and nothing says that they were destroyed.
	Returned Names  `json:"brings_back_keys"`
	Changed  Names  `json:"changes_keys"` // other differences
	Same     uint64 `json:"same_keys"`
	// Past is true if the snapshot is of the living state's own history.
	Past bool `json:"own_past"`
}

// Compare holds a snapshot's keys against the living ones. past says that the living state descends from the snapshot's: then a
// key that it lacks was destroyed and purged.
func Compare(snap, live *fsm.State, past bool) *Diff {
	d := &Diff{Past: past}
	for old := range snap.AllKeys() {
		now := live.Key(old.ID)
		switch {
		case now == nil && past:
			d.Revived.add(old)
			d.RevivedVersions += alive(old)
		case now == nil:
			d.Returned.add(old)
		case bytes.Equal(old.MAC, now.MAC) && old.Revision == now.Revision:
			d.Same++
		default:
			d.compare(old, now)
		}
	}
	for now := range live.AllKeys() {
		if snap.Key(now.ID) == nil {
			d.Lost.add(now)
			d.LostVersions += alive(now)
		}
	}
	return d
}

func (d *Diff) compare(old, now *key.Record) {
	revived, relaxed := uint64(0), rank(now.State) > rank(old.State) && !now.State.Gone()
	for i := range now.Versions {
		n := &now.Versions[i]
		o := old.Version(n.Number)
		switch {
		case o == nil && !n.State.Gone():
			d.LostVersions++
		case o == nil || o.State.Gone():
		case n.State.Gone() || now.State.Gone():
			revived++
		case outOfUse(now, n) > rank(o.State):
			relaxed = true
		}
	}
	for i := range old.Versions {
		if now.Version(old.Versions[i].Number) == nil && !old.Versions[i].State.Gone() {
			revived++ // purged
		}
	}
	switch {
	case revived > 0:
		d.Revived.add(now)
		d.RevivedVersions += revived
	case relaxed:
		d.Relaxed.add(now)
	default:
		d.Changed.add(now)
	}
}

func alive(r *key.Record) (n uint64) {
	for i := range r.Versions {
		if !r.Versions[i].State.Gone() {
			n++
		}
	}
	return n
}

// rank orders states by how far they are out of use.
func rank(s key.State) int {
	switch s {
	case key.PreActive, key.Active:
		return 0
	case key.Suspended:
		return 1
	case key.Deactivated:
		return 2
	case key.Compromised:
		return 3
	case key.Destroyed:
		return 4
	default:
		return 5
	}
}

// outOfUse is the rank of a version. Being replaced by a newer one is no reason to stay deactivated: without that newer one the
// key would have nothing to protect with.
func outOfUse(now *key.Record, n *key.Version) int {
	if n.State == key.Deactivated && rank(now.State) == 0 && n.Number < now.Latest().Number {
		return 0
	}
	return rank(n.State)
}

// Carry is a snapshot's record as it may be brought back: with every state that takes the key, or one of its versions, further
// out of use than the snapshot has it, and with what was forbidden since, dates and number of uses included. The record's revision is beyond both. What it
// returns is a new record without authentication code; nil if the living one is the very same.
//
// wraps, if not nil, says that both records are of one history, so that equal version numbers are the same material, and whether
// that version of a parent will be there to open it: then the living wrapping is preferred, for what wrapped it in the snapshot may be gone.
func Carry(old, now *key.Record, wraps func(parent key.ID, version uint32) bool) *key.Record {
	if bytes.Equal(old.MAC, now.MAC) && old.Revision == now.Revision {
		return nil
	}
	r := old.Clone()
	r.MAC, r.Revision = nil, max(old.Revision, now.Revision)+1
	r.Updated = max(old.Updated, now.Updated)
	if rank(now.State) > rank(r.State) {
		r.State, r.Reason, r.ForEnd = now.State, now.Reason, now.ForEnd
	}
	if now.DestroyAt != 0 && r.DestroyAt == 0 || r.State.Gone() {
		r.DestroyAt, r.Ending = now.DestroyAt, now.Ending
		if now.ForEnd {
			r.Reason, r.ForEnd = now.Reason, true
		}
	}
	carryLimits(r, now)
	r.Exportable = r.Exportable && now.Exportable
	r.Guard |= now.Guard
	if latest := r.Latest(); latest != nil {
		r.MinDecrypt = min(max(r.MinDecrypt, now.MinDecrypt), latest.Number)
	}
	for i := range r.Versions {
		v := &r.Versions[i]
		carryVersion(v, now)
		if at := now.Occurred[v.Number]; at != 0 && v.Compromised != 0 {
			if r.Occurred == nil {
				r.Occurred = map[uint32]key.Time{}
			}
			r.Occurred[v.Number] = at
		}
		n := now.Version(v.Number)
		if wraps == nil || n == nil || v.State.Gone() || n.State.Gone() || r.Parent != now.Parent {
			continue
		}
		if n.Material.Parent == 0 || wraps(now.Parent, n.Material.Parent) {
			v.Material = n.Material
		}
	}
	return r
}

// carryLimits gives r what limits its use more of its own dates and number of uses, and those of the living record.
func carryLimits(r, now *key.Record) {
	r.DeactivAt, r.ProtectStop = earlier(r.DeactivAt, now.DeactivAt), earlier(r.ProtectStop, now.ProtectStop)
	r.ProcessStart = max(r.ProcessStart, now.ProcessStart)
	r.Archived = max(r.Archived, now.Archived)
	switch {
	case now.UsageLimit == 0:
	case r.UsageLimit == 0 || r.LimitBytes != now.LimitBytes: // bytes and uses are not to be compared: the limit that was in force stays
		r.UsageLimit, r.LimitBytes = now.UsageLimit, now.LimitBytes
	default:
		r.UsageLimit = min(r.UsageLimit, now.UsageLimit)
	}
}

// earlier is the earlier of two dates, of which 0 is none.
func earlier(a, b key.Time) key.Time {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

func carryVersion(v *key.Version, now *key.Record) {
	n := now.Version(v.Number)
	switch {
	case n == nil && !v.State.Gone(): // purged since, so it was destroyed
		v.State, v.Material = key.Destroyed, key.Material{}
	case n == nil:
	case outOfUse(now, n) > rank(v.State):
		was := *v
		*v = *n
		v.Public, v.Material = was.Public, was.Material
	case n.DestroyAt != 0 && v.DestroyAt == 0:
		v.DestroyAt, v.Ending = n.DestroyAt, n.Ending
		if n.ForEnd {
			v.Reason, v.ForEnd = n.Reason, true
		}
	}
	if v.State.Gone() {
		v.Material, v.Ending, v.ForEnd = key.Material{}, key.Dated, false
	}
}
