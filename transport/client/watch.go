package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// WatchQuery selects keys to watch; zero fields select everything.
type WatchQuery struct {
	Prefix string   // of the name
	Tags   []string // "k" or "k=v"; a key must have all of them
	Key    string   // one key, by name or id
	After  uint64   // Resume of an event, to go on behind it; 0: from now on
}

// silence is how long a stream may be quiet, comments included, before the node is taken for dead.
const silence = 45 * time.Second

// Watch yields changes of keys that the caller may see, until the context ends or an error is yielded. It goes on with
// another node, where it was, when a stream breaks; so an event can come twice, and ready comes again. After reset the
// keys must be listed anew, with Keys or AllKeys of this client, which answer from a state that is recent enough.
//
// Each change arrives within the cluster's staleness bound, or stale does: whoever relies on learning of revocations
// stops using what he holds at stale, and when neither event nor ready follows.
func (c *Client) Watch(ctx context.Context, q WatchQuery) iter.Seq2[api.WatchEvent, error] {
	return func(yield func(api.WatchEvent, error) bool) {
		w := watching{c: c, q: q, yield: yield, begin: time.Now()}
		pause := c.cfg.Backoff
		for ctx.Err() == nil {
			wait := time.Duration(0)
			for _, e := range c.order() {
				told := w.told
				err := w.stream(ctx, e)
				if w.done || ctx.Err() != nil {
					return
				}
				if w.told > told {
					pause = c.cfg.Backoff
				}
				if err == nil {
					break // a stream that ended in order: begin with the best node again
				}
				c.log.LogAttrs(ctx, levelAttempt, "watch broke", attemptAttrs(e, &call{method: http.MethodGet}, err)...)
				if final := w.judge(err); final != nil {
					yield(api.WatchEvent{}, final)
					return
				}
				c.failed(e, err.RetryAfter)
				wait = max(wait, err.RetryAfter)
			}
			if !sleep(ctx, max(pause/2+mathrand.N(pause/2+1), min(wait, maxRetryWait))) {
				return
			}
			pause = min(2*pause, 16*c.cfg.Backoff)
		}
	}
}

// watching is a Watch under way.
type watching struct {
	c       *Client
	q       WatchQuery
	yield   func(api.WatchEvent, error) bool
	begin   time.Time
	told    int
	reached bool // some node answered
	done    bool // the consumer has enough
}

// judge is the error that ends the watch, or nil to try again.
func (w *watching) judge(err *Error) error {
	if err.Status != 0 {
		w.reached = true
	}
	kind := err.Fault.Kind
	switch {
	case err.Status == 0: // no answer
		_, cert := untrusted(err.Fault.Err)
		if !w.reached && (cert && len(w.c.endpoints) == 1 || w.c.cfg.Unreachable > 0 && time.Since(w.begin) >= w.c.cfg.Unreachable) {
			return err
		}
		return nil
	case kind == fault.Sealed && w.told == 0 && len(w.c.endpoints) == 1:
		return err
	case kind.Retryable() || kind == fault.Conflict: // a conflict: this node has not reached our place yet
		return nil
	}
	return err
}

// stream follows one node until the stream ends. nil: in order.
func (w *watching) stream(ctx context.Context, e *endpoint) *Error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(w.c.cfg.Timeout, cancel)
	defer alive.Stop()
	v := url.Values{}
	for name, value := range map[string]string{"name": w.q.Prefix, "tag": api.JoinTags(w.q.Tags), "key": w.q.Key} {
		if value != "" {
			v.Set(name, value)
		}
	}
	req, err := w.c.request(ctx, e, &call{method: http.MethodGet, path: "/v1/watch", query: v}, "")
	if err != nil {
		return &Error{Status: -1, Endpoint: e.url.Host, Fault: fault.Wrap(fault.Invalid, err, "the request cannot be written: %v", err)}
	}
	req.Header.Set("Accept", "text/event-stream")
	if w.q.After > 0 {
		req.Header.Set(api.HeaderLastEventID, strconv.FormatUint(w.q.After, 10))
	}
	resp, err := w.c.http.Do(req)
	if err != nil {
		return unreachable(e, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem+1)) // what can be read is enough
		p := ParseProblem(resp.StatusCode, resp.Header, body)
		p.Endpoint = e.url.Host
		return p
	}
	w.reached = true
	w.c.answered(e)
	return w.read(e, resp, func() { alive.Reset(silence) })
}

var errStream = errors.New("the stream broke off")

// read yields the events of one stream. heard is called for every line.
func (w *watching) read(e *endpoint, resp *http.Response, heard func()) *Error {
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxAnswer)
	var name string
	var id uint64
	var data []byte
	for lines.Scan() {
		heard()
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch string(field) {
		case "event":
			name = string(value)
		case "id":
			n, err := strconv.ParseUint(string(value), 10, 64)
			if err != nil {
				return notOurs(e, resp, err)
			}
			id = n
		case "data":
			data = append(data, value...)
		case "":
			if id > 0 {
				w.q.After = id
				w.c.sawIndex(id)
			}
			if name != "" {
				over, err := w.event(e, resp, name, data)
				if over || err != nil {
					return err
				}
			}
			name, id, data = "", 0, nil
		}
	}
	err := lines.Err()
	if err == nil {
		err = errStream
	}
	return unreachable(e, err)
}

// event hands one event on; over is the end of the stream in order.
func (w *watching) event(e *endpoint, resp *http.Response, name string, data []byte) (over bool, _ *Error) {
	switch name {
	case api.EventError:
		var p api.Problem
		if err := json.Unmarshal(data, &p); err != nil {
			return true, notOurs(e, resp, err)
		}
		err := ParseProblem(p.Status, resp.Header, data)
		err.Endpoint = e.url.Host
		return true, err
	case api.EventEnd:
		return true, nil
	}
	one := api.WatchEvent{Event: name, Resume: w.q.After}
	if err := json.Unmarshal(data, &one); err != nil {
		return true, notOurs(e, resp, err)
	}
	w.told++
	if !w.yield(one, nil) {
		w.done = true
		return true, nil
	}
	return false, nil
}

func notOurs(e *endpoint, resp *http.Response, err error) *Error {
	return &Error{
		Status: resp.StatusCode, Endpoint: e.url.Host, RequestID: clean(resp.Header.Get(api.HeaderRequestID), maxRequestID),
		Fault: fault.Wrap(fault.Internal, fmt.Errorf("%w: %w", errNotOurs, err), "%s sent an event that is none of this API", e.url.Host).
			WithHint("Check that the address is that of a Quorate node, of this version or newer."),
	}
}
