package clienttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// firstRotation is when keys that rotate by themselves do so.
const firstRotation = "2027-02-20T08:00:00.000Z"

// list knows the filters name, tag, state, algorithm, owner and parent, and both orders; it refuses what it does not know.
func (rt *route) list(st *state) (any, int, error) {
	q := rt.r.URL.Query()
	for name, given := range q {
		if !slices.Contains([]string{"name", "tag", "state", "algorithm", "owner", "parent", "due_before", "sort", "limit", "after"}, name) || len(given) > 1 {
			return nil, 0, fault.New(fault.Invalid, "the parameter %q is not known to the stand-in, or was given twice", name)
		}
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit == 0 {
		limit = 2 // so that pages are met
	}
	above := ""
	if p := q.Get("parent"); p != "" {
		above = p // an id of nobody has no children
		if e, err := st.find(p); err == nil {
			above = e.record.ID
		}
	}
	var all []api.Record
	place := func(r *api.Record) string { return r.Name }
	if q.Get("sort") == "due" {
		place = func(r *api.Record) string { return due(r) + "~" + r.ID }
	}
	for _, e := range st.keys {
		r := e.record
		if !hasTags(&r, api.SplitTags(q.Get("tag"))) || !strings.HasPrefix(r.Name, q.Get("name")) || place(&r) <= q.Get("after") ||
			q.Get("state") != "" && r.State != q.Get("state") || q.Get("algorithm") != "" && r.Algorithm != q.Get("algorithm") ||
			above != "" && r.Parent != above || q.Get("owner") != "" && r.Owner != q.Get("owner") || q.Get("sort") == "due" && due(&r) == "" ||
			q.Get("due_before") != "" && (due(&r) == "" || due(&r) >= q.Get("due_before")) {
			continue
		}
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool { return place(&all[i]) < place(&all[j]) })
	page := api.Keys{Keys: []api.Record{}}
	for i := range all {
		if i == limit {
			page.Next = place(&all[i-1])
			break
		}
		page.Keys = append(page.Keys, all[i])
	}
	return page, 200, nil
}

// due is the first date of a key.
func due(r *api.Record) string {
	var dates []string
	for _, at := range []string{r.NextRotation, r.DestroyAt, r.DeactivateAt} {
		if at != "" {
			dates = append(dates, at)
		}
	}
	if len(dates) == 0 {
		return ""
	}
	return slices.Min(dates)
}

func hasTags(r *api.Record, tags []string) bool {
	for _, tag := range tags {
		name, value, valued := strings.Cut(tag, "=")
		if has, ok := r.Tags[name]; !ok || valued && has != value {
			return false
		}
	}
	return true
}

// eventStream is an answer that is a stream of events, and stays open until something changes.
type eventStream struct {
	told  []byte
	until <-chan struct{}
}

// watch tells of every key, then waits for a change and ends: a client that goes on is told that it is in time.
func (rt *route) watch(st *state) (any, int, error) {
	q := rt.r.URL.Query()
	after := rt.r.Header.Get(api.HeaderLastEventID)
	out := Event(api.EventReady, st.index, api.WatchEvent{Index: st.index})
	if after != "" {
		return eventStream{out, st.changed}, 200, nil
	}
	var names []string
	for name := range st.names {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := st.keys[st.names[name]].record
		if strings.HasPrefix(name, q.Get("name")) && hasTags(&r, api.SplitTags(q.Get("tag"))) {
			out = append(out, Event(api.EventKey, st.index, api.WatchEvent{Index: st.index, Op: "key.create", ID: r.ID, Name: name, Key: &r})...)
		}
	}
	return eventStream{out, st.changed}, 200, nil
}

// Event is an event as a stream has it; id 0 is none.
func Event(name string, id uint64, data any) []byte {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	text := fmt.Sprintf("event: %s\ndata: %s\n\n", name, b)
	if id > 0 {
		text = fmt.Sprintf("id: %d\n%s", id, text)
	}
	return []byte(text)
}
