package rest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// events is an open stream.
type events struct {
	t    *testing.T
	body io.ReadCloser
	r    *bufio.Reader
	res  *http.Response
}

func (d *door) watch(t *testing.T, query string, header ...string) *events {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/v1/watch"+query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := d.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get(api.HeaderIndex) == "" {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("got %d %v %s", res.StatusCode, res.Header, b)
	}
	return &events{t: t, body: res.Body, r: bufio.NewReader(res.Body), res: res}
}

// next is the next event: its name, its id and its data; "" at the end of the stream.
func (e *events) next() (name, id string, w api.WatchEvent) {
	e.t.Helper()
	for {
		line, err := e.r.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return "", "", w
		}
		if err != nil {
			e.t.Fatal(err)
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &w); err != nil {
				e.t.Fatalf("%v in %s", err, value)
			}
		case "":
			return name, id, w
		default:
			e.t.Fatalf("a line that is none of ours: %q", line)
		}
	}
}

func (e *events) wants(names ...string) (w api.WatchEvent, id string) {
	e.t.Helper()
	for _, want := range names {
		var name string
		if name, id, w = e.next(); name != want {
			e.t.Fatalf("got event %q %+v, want %q", name, w, want)
		}
	}
	return w, id
}

func TestChangesAreStreamedAndResumed(t *testing.T) {
	f := vaulttest.New(t)
	d := open(t, f.Vault(0), serve.Limits{})
	d.token = string(f.RootToken())
	s := d.watch(t, "?name=app/&tag=env=prod")
	s.wants("ready")
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/test"}, 201)
	made, a := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/db", Tags: map[string]string{"env": "prod"}}, 201)
	w, id := s.wants("key")
	if w.Op != "key.create" || w.ID != made.ID || w.Key == nil || w.Key.Name != "app/db" || fmt.Sprint(w.Index) != id || id != a.header.Get(api.HeaderIndex) {
		t.Errorf("told %+v with id %s", w, id)
	}
	s.body.Close()
	ask[api.Record](d, "POST", "/v1/keys/app/db/suspend", nil, 200)
	ask[api.Record](d, "PATCH", "/v1/keys/app/db", api.UpdateKeyRequest{Tags: &map[string]string{}}, 200)
	again := d.watch(t, "?name=app/&tag=env=prod&after=1", api.HeaderLastEventID, id) // the header wins
	if w, _ := again.wants("ready", "key"); w.Gone != "hidden" || w.Name != "app/db" || w.Key != nil {
		t.Errorf("told %+v", w)
	}
	one := d.watch(t, "?key=app/db")
	one.wants("ready")
	ask[api.Record](d, "POST", "/v1/keys/app/db/resume", nil, 200)
	if w, _ := one.wants("key"); w.Key.State != "active" {
		t.Errorf("told %+v", w)
	}
}

func TestAStreamEndsWithItsTokenItsNodeAndItsSeal(t *testing.T) {
	f := vaulttest.New(t)
	h := func() *door { d := open(t, f.Vault(0), serve.Limits{}); d.token = string(f.RootToken()); return d }
	d := h()
	tok, _ := ask[api.Token](d, "POST", "/v1/tokens", api.TokenRequest{TTL: "1h", Groups: []string{"root"}}, 201)
	other := *d
	other.token = tok.Token
	s := other.watch(t, "")
	s.wants("ready")
	ask[any](d, "DELETE", "/v1/tokens/"+tok.ID, nil, 204)
	line := s.rest()
	if !strings.Contains(line, "event: error\n") || !strings.Contains(line, `"kind":"unauthenticated"`) || !strings.Contains(line, `"hint":"`) {
		t.Errorf("the stream of a revoked token ends with %q", line)
	}
	s = d.watch(t, "")
	s.wants("ready")
	ask[any](d, "POST", "/v1/sys/seal", api.SealRequest{Scope: "node"}, 204)
	if line := s.rest(); !strings.Contains(line, `"kind":"sealed"`) {
		t.Errorf("the stream of a sealed node ends with %q", line)
	}
}

func (e *events) rest() string {
	e.t.Helper()
	b, err := io.ReadAll(e.r)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(b)
}

func TestStreamsHoldNoPlaceAndEndInOrderWhenTheNodeStops(t *testing.T) {
	f := vaulttest.New(t)
	limits := serve.Limits{Requests: 2, BodyTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond}
	d, stop := stoppable(t, f.Vault(0), limits)
	d.token = string(f.RootToken())
	var all []*events
	for range 5 {
		s := d.watch(t, "")
		s.wants("ready")
		all = append(all, s)
	}
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "a"}, 201)
	for _, s := range all {
		s.wants("key")
	}
	d.outwait() // both deadlines of an ordinary request have passed now
	ask[api.Record](d, "POST", "/v1/keys/a/rotate", nil, 200)
	for _, s := range all {
		s.wants("key")
	}
	if took := stop(); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
	for _, s := range all {
		s.wants("end", "")
	}
}

// outwait returns when the node has ended a request for its time being over.
func (d *door) outwait() {
	d.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(d.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "POST /v1/sys/unseal HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	_, _ = io.ReadAll(c) // until the node ends it, in whichever way
}

// stoppable is open, with what stops it and tells how long that took.
func stoppable(t *testing.T, v *vault.Vault, limits serve.Limits) (*door, func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	d := openWith(t, v, limits, func(s *serve.Server) { go func() { done <- s.Run(ctx) }() })
	return d, func() time.Duration {
		begin := time.Now()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		return time.Since(begin)
	}
}

func TestBadWatchesAreRefused(t *testing.T) {
	d := known(t)
	for path, header := range map[string][]string{
		"/v1/watch?after=x":   nil,
		"/v1/watch?tag==prod": nil,
		"/v1/watch?state=a":   nil,
		"/v1/watch":           {api.HeaderLastEventID, "abc"},
		"/v1/watch?key=" + strings.Repeat("a", 600): nil,
	} {
		if a := d.send("GET", path, "", header...); a.status != 400 {
			t.Errorf("GET %s %v: %d %s", path, header, a.status, a.body)
		}
	}
	if a := d.send("GET", "/v1/watch?after=999999", ""); a.status != 412 {
		t.Errorf("a place that this node has not reached: %d %s", a.status, a.body)
	}
}
