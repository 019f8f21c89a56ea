package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

const (
	keepAlive   = 15 * time.Second // of silence, after which a comment is sent
	takeWithin  = 20 * time.Second // what a client has to take what was sent
	watchBatch  = 32 << 10         // bytes of events that are sent at a time
	longestView = time.Hour        // of one stream; the client goes on with another
)

// eventStream is the example of an answer that is a stream of server-sent events.
type eventStream string

func watchRoutes() []route {
	return []route{{
		Method: http.MethodGet, Path: "/v1/watch", Op: "key.watch", Timeout: longestView, serve: watchKeys,
		Summary: "Follow changes of the keys that the caller may read, as server-sent events: ready, key, reset, stale, error, end. " +
			"Each change reaches a watcher on any node within the staleness bound, or a stale event does within a second after it.",
		Query: []param{
			{"name", "Only names that begin so.", "app/"},
			{"tag", "Only keys with all of these tags: k or k=v, separated by commas.", "env=prod"},
			{"key", "Only this key, by name or id. The permission to read it is enough; without this parameter it takes the permission to list.", "app/db"},
			{"after", "Go on behind the event with this id, as Last-Event-ID does; from now on if absent.", 41},
		},
		Out: eventStream("id: 42\nevent: key\ndata: {\"index\":42,\"op\":\"key.rotate\",\"id\":\"" + exampleID + "\",\"name\":\"app/db\",\"key\":{}}\n\n"),
	}}
}

func watchQuery(q *request) (w vault.WatchQuery, err error) {
	w = vault.WatchQuery{Prefix: q.query.Get("name"), Key: q.query.Get("key")}
	if len(w.Prefix) > 512 || len(w.Key) > 512 {
		return w, fault.New(fault.Invalid, "a query parameter is longer than 512 bytes")
	}
	if w.Tags, err = q.tags(); err != nil {
		return w, err
	}
	if w.After, err = q.number("after", 1, 1<<63); err != nil {
		return w, err
	}
	if given := q.r.Header[http.CanonicalHeaderKey(api.HeaderLastEventID)]; len(given) > 0 { // a browser's reconnection knows better than its URL
		if w.After, err = strconv.ParseUint(given[0], 10, 63); err != nil || len(given) > 1 {
			return w, fault.New(fault.Invalid, "the header %s must be one decimal number, the id of an event", api.HeaderLastEventID)
		}
	}
	return w, nil
}

// watchKeys streams until the client leaves, the node stops, the hour is over, or the watch ends by itself.
func watchKeys(ctx context.Context, h *Handler, q *request) error {
	query, err := watchQuery(q)
	if err != nil {
		return err
	}
	w, err := q.vault.Watch(ctx, q.caller, query)
	if err != nil {
		return err
	}
	defer w.Close()
	ending, err := q.x.Stream()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with ctx
		select {
		case <-ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	header := q.x.Header()
	header["Content-Type"] = []string{"text/event-stream"}
	header["X-Content-Type-Options"] = noSniff
	h.stamp(q.x)
	q.x.WriteHeader(http.StatusOK)
	s := stream{q: q, w: w, out: getBuffer()}
	defer func() { putBuffer(s.out) }()
	s.run(ctx)
	return nil
}

// stream is one watch on its way to a client.
type stream struct {
	q   *request
	w   *vault.Watch
	out *buffer
}

func (s *stream) run(ctx context.Context) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		wait, done := context.WithTimeout(ctx, keepAlive)
		e, err := s.w.Next(wait)
		done()
		for err == nil && len(s.out.b) < watchBatch { // what is there already goes out together
			s.event(e)
			e, err = s.w.Next(ended)
		}
		if err == nil {
			s.event(e)
		}
		switch {
		case ctx.Err() != nil:
			s.write(api.EventEnd, 0, api.WatchEvent{Index: s.w.Index(), Reason: "the node ends this stream; go on with another"})
			_ = s.push()
			return
		case err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
			f := fault.Of(err)
			s.write(api.EventError, 0, problemOf(f, outcomes[f.Kind], s.q.x.ID))
			_ = s.push()
			return
		case len(s.out.b) == 0:
			s.out.raw("id: ").number(s.w.Index()).raw("\n:\n\n")
		}
		if s.push() != nil {
			return
		}
	}
}

func (s *stream) event(e vault.WatchEvent) {
	out := api.WatchEvent{Index: e.Index, Op: e.Op, Name: e.Name, Reason: e.Reason}
	name := api.EventKey
	switch e.Kind {
	case vault.WatchReady:
		name = api.EventReady
	case vault.WatchReset:
		name = api.EventReset
	case vault.WatchStale:
		name = api.EventStale
	case vault.WatchKey:
		r := recordOf(e.Key)
		out.ID, out.Key = r.ID, &r
	case vault.WatchGone:
		out.ID, out.Gone, out.Reason = e.ID.String(), e.Reason, ""
	}
	s.write(name, e.Resume, out)
}

func (s *stream) write(name string, id uint64, data any) {
	if id > 0 {
		s.out.raw("id: ").number(id).raw("\n")
	}
	s.out.raw("event: ").raw(name).raw("\ndata: ")
	if err := json.MarshalWrite(s.out, data, json.Deterministic(true)); err != nil {
		s.out.raw("{}") // cannot happen: these types encode
	}
	s.out.raw("\n\n")
}

// push sends what was written; an error says that the client is gone or takes nothing.
func (s *stream) push() error {
	err := s.q.x.Push(s.out.b, takeWithin)
	putBuffer(s.out)
	s.out = getBuffer()
	return err
}
