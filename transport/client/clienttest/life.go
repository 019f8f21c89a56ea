package clienttest

import (
	"maps"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// ifMatch refuses a change of a key that is not as the caller saw it.
func (rt *route) ifMatch(e *entry) error {
	if m := rt.r.Header.Get("If-Match"); m != "" && m != e.record.ETag {
		return fault.New(fault.Conflict, "the key changed since you read it")
	}
	return nil
}

// use counts a use of the latest version.
func (e *entry) use() {
	v := &e.record.Versions[len(e.record.Versions)-1]
	v.Uses++
	v.LastUsedAt, e.record.LastUsedAt = when, when
}

// destroy knows no clock: what was ever used needs force, and an end at once is the end.
func (rt *route) destroy(e *entry, verb string, in api.DestroyRequest) (api.Record, error) {
	if err := rt.ifMatch(e); err != nil {
		return api.Record{}, err
	}
	switch {
	case verb != "destroy":
		e.record.DestroyAt = ""
	case e.record.LastUsedAt != "" && !in.Force:
		return api.Record{}, fault.New(fault.BadState, "key %s was used 1 hour ago", e.record.Name).WithHint("Repeat with force (--force).")
	case in.After != nil && *in.After == "0s", in.After == nil && in.Force:
		e.record.State = "destroyed"
	default:
		e.record.DestroyAt = "2026-11-29T08:00:00.000Z"
	}
	return e.record, nil
}

// store puts a key into the archive, or takes it back. Caller holds mu.
func (e *entry) store(archive bool) (api.Record, error) {
	if archive == (e.record.ArchivedAt != "") {
		return api.Record{}, fault.New(fault.BadState, "key %s is archived already, or is not archived", e.record.Name)
	}
	e.record.ArchivedAt = ""
	if archive {
		e.record.ArchivedAt = when
	}
	return e.record, nil
}

// reserve takes uses off the limit. Caller holds mu.
func (e *entry) reserve(in api.ReserveRequest) (api.Record, error) {
	left := e.record.UsageLimit
	if e.record.UsageLeft != nil {
		left = *e.record.UsageLeft
	}
	if in.Uses == 0 {
		return api.Record{}, fault.New(fault.Invalid, "uses must be 1 or more")
	}
	if in.Uses > left {
		return api.Record{}, fault.New(fault.BadState, "the key %s has only %d of the %d uses left that are asked for", e.record.Name, left, in.Uses)
	}
	left -= in.Uses
	e.record.UsageLeft = &left
	return e.record, nil
}

// purge forgets a destroyed key. Caller holds mu.
func (st *state) purge(e *entry) error {
	if e.record.State != "destroyed" {
		return fault.New(fault.BadState, "key %s is %s: only a destroyed key can be purged", e.record.Name, e.record.State)
	}
	delete(st.names, e.record.Name)
	delete(st.keys, e.record.ID)
	return nil
}

// update is what a change of life cycle leaves in the record.
func (e *entry) update(in api.UpdateKeyRequest) {
	if in.Attributes != nil {
		all := maps.Clone(e.record.Attributes)
		if all == nil {
			all = map[string][]byte{}
		}
		maps.Copy(all, *in.Attributes)
		maps.DeleteFunc(all, func(_ string, v []byte) bool { return len(v) == 0 })
		e.record.Attributes = all
	}
	if in.Sensitive != nil && *in.Sensitive != e.record.Sensitive {
		e.record.Sensitive, e.record.AlwaysSensitive = *in.Sensitive, false
	}
	for to, from := range map[*string]*string{&e.record.RetireAfter: in.RetireAfter, &e.record.DestroyAt: in.DestroyAt, &e.record.DeactivateAt: in.DeactivateAt} {
		if from != nil {
			*to = *from
		}
	}
	for to, from := range map[*uint64]*uint64{
		&e.record.RotateAfterUses: in.RotateAfterUses, &e.record.RotateAfterBytes: in.RotateAfterBytes, &e.record.UsageLimit: in.UsageLimit,
	} {
		if from != nil {
			*to = *from
		}
	}
}
