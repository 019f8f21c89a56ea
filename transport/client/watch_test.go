package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// script answers watches one after the other with what is written here, and keeps what each came with.
type script struct {
	mu      sync.Mutex
	streams [][]byte // nil: refuse with the next of faults
	faults  []fault.Kind
	resumed []string
}

func (s *script) answer(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/v1/watch" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resumed = append(s.resumed, r.Header.Get(api.HeaderLastEventID))
	if len(s.streams) == 0 {
		clienttest.Refuse(w, fault.New(fault.Denied, "the script is over"))
		return true
	}
	next := s.streams[0]
	s.streams = s.streams[1:]
	if next == nil {
		clienttest.Refuse(w, fault.New(s.faults[0], "the script says so"))
		s.faults = s.faults[1:]
		return true
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = w.Write(next)
	return true
}

func (s *script) follow(t *testing.T, nodes ...*clienttest.Server) (got []string, last error) {
	t.Helper()
	for _, n := range nodes {
		n.Intercept(s.answer)
	}
	for e, err := range connect(t, nodes...).Watch(t.Context(), client.WatchQuery{After: 7}) {
		if err != nil {
			last = err
			continue // nothing must follow
		}
		got = append(got, fmt.Sprintf("%s %s %d", e.Event, e.Name, e.Resume))
	}
	return got, last
}

func event(name string, id uint64, key string) []byte {
	return clienttest.Event(name, id, api.WatchEvent{Index: id, Name: key})
}

func TestAWatchGoesOnBehindTheLastEventWhereverItBreaks(t *testing.T) {
	one := clienttest.New(t)
	s := &script{faults: []fault.Kind{fault.Busy, fault.Conflict, fault.Stale, fault.NoLeader}, streams: [][]byte{
		slices.Concat(event("ready", 7, ""), []byte(":\n\n"), event("key", 8, "a"), event("key", 0, "b")), // breaks between two of one index
		nil, nil, nil, nil,
		slices.Concat(event("ready", 8, ""), event("key", 0, "b"), event("key", 9, "c"), []byte("id: 12\n:\n\n"), []byte("id: 13\nevent: key\nda")),
		slices.Concat(event("reset", 20, ""), event("end", 0, "")),
		slices.Concat(event("stale", 20, ""), clienttest.Event("error", 0, api.Problem{Status: 503, Kind: "sealed", Detail: "sealed"})),
	}}
	got, err := s.follow(t, one, one.Join(t, "node2"))
	want := []string{"ready  7", "key a 8", "key b 8", "ready  8", "key b 8", "key c 9", "reset  20", "stale  20"}
	if !slices.Equal(got, want) || !errors.Is(err, fault.Denied) {
		t.Errorf("followed %q, %v; want %q", got, err, want)
	}
	if want := []string{"7", "8", "8", "8", "8", "8", "12", "20", "20"}; !slices.Equal(s.resumed, want) {
		t.Errorf("resumed behind %q, want %q", s.resumed, want)
	}
}

func TestAWatchEndsWithWhatCannotBeMended(t *testing.T) {
	for name, c := range map[string]struct {
		stream []byte
		want   fault.Kind
	}{
		"revoked":     {clienttest.Event("error", 0, api.Problem{Status: 401, Kind: "unauthenticated", Detail: "revoked"}), fault.Unauthenticated},
		"not JSON":    {[]byte("event: key\ndata: {\n\n"), fault.Internal},
		"no number":   {[]byte("id: x\n\n"), fault.Internal},
		"too strange": {[]byte("event: error\ndata: 7\n\n"), fault.Internal},
	} {
		s := &script{streams: [][]byte{c.stream}}
		if got, err := s.follow(t, clienttest.New(t)); len(got) != 0 || !errors.Is(err, c.want) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, c.want)
		}
	}
}

// FuzzWatch: whatever a node streams, following it ends in an error that a caller can judge, and never goes back.
func FuzzWatch(f *testing.F) {
	f.Add(slices.Concat(event("ready", 7, ""), []byte(":\n\n"), event("key", 8, "a"), event("end", 0, "")))
	f.Add([]byte("id: 18446744073709551615\nevent: key\ndata: {}\n\nid: 9\ndata: 1\ndata: 2\n\n"))
	f.Add([]byte("event: error\ndata: {\"status\":-1}\n\n"))
	f.Add([]byte("id: x\r\n\nevent\x00: \xff\n\n"))
	n := clienttest.New(f)
	c := connect(f, n)
	f.Fuzz(func(t *testing.T, stream []byte) {
		s := &script{streams: [][]byte{stream}}
		n.Intercept(s.answer)
		var last error
		for e, err := range c.Watch(t.Context(), client.WatchQuery{After: 7}) {
			if last != nil {
				t.Errorf("after %v came %v, %v", last, e, err)
			}
			last = err
		}
		var known *client.Error
		if !errors.As(last, &known) || known.Fault == nil {
			t.Errorf("it ended with %v", last)
		}
	})
}

func TestWhoHasSeenEnoughLeavesAndNothingRemains(t *testing.T) {
	n := clienttest.New(t)
	c := connect(t, n)
	for _, name := range []string{"a", "b"} {
		if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: name, Tags: map[string]string{"k": "x,y"}}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for e, err := range c.Watch(t.Context(), client.WatchQuery{Tags: []string{"k=x,y"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e.Event+e.Name); len(got) == 3 {
			break
		}
	}
	if !slices.Equal(got, []string{"ready", "keya", "keyb"}) {
		t.Errorf("told %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for e, err := range c.Watch(ctx, client.WatchQuery{Prefix: "none"}) {
		if err != nil || e.Event != "ready" {
			t.Errorf("told %v, %v", e, err)
		}
		cancel()
	}
}
