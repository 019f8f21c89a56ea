package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

func connect(t testing.TB, nodes ...*clienttest.Server) *client.Client {
	t.Helper()
	return connectWith(t, client.Config{}, nodes...)
}

func connectWith(t testing.TB, cfg client.Config, nodes ...*clienttest.Server) *client.Client {
	t.Helper()
	for _, n := range nodes {
		cfg.Endpoints = append(cfg.Endpoints, n.URL)
	}
	cfg.CA = nodes[0].Pool()
	cfg.Token = func() []byte { return []byte(clienttest.RootToken) }
	cfg.Backoff = time.Millisecond
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEveryRouteIsSpokenAsDocumented(t *testing.T) {
	n := clienttest.New(t)
	n.SetShares([]string{"a", "b", "c"})
	c, ctx := connect(t, n), t.Context()
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "team/app", Exportable: true})
	check("create", err)
	_, err = c.Key(ctx, "team/app")
	check("get", err)
	every := "90d"
	_, err = c.UpdateKey(ctx, "team/app", `"1"`, api.UpdateKeyRequest{RotateEvery: &every})
	check("update", err)
	_, err = c.RotateKey(ctx, "team/app")
	check("rotate", err)
	for name, f := range map[string]func(context.Context, string, api.StateRequest) (*api.Record, error){
		"suspend": c.SuspendKey, "resume": c.ResumeKey, "deactivate": c.DeactivateKey, "compromise": c.CompromiseKey, "activate": c.ActivateKey,
	} {
		_, err = f(ctx, "team/app", api.StateRequest{Reason: "test"})
		check(name, err)
	}
	_, err = c.ActivateKey(ctx, "team/app", api.StateRequest{})
	check("activate", err)
	_, err = c.DestroyKey(ctx, "team/app", api.DestroyRequest{})
	check("destroy", err)
	_, err = c.CancelDestroy(ctx, "team/app", api.DestroyRequest{})
	check("cancel-destroy", err)
	limited, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "team/limited", UsageLimit: 5})
	check("create", err)
	if limited, err = c.ReserveUses(ctx, limited.ID, 4); err != nil || limited.UsageLeft == nil || *limited.UsageLeft != 1 {
		t.Errorf("reserving: %+v, %v", limited, err)
	}
	if _, err = c.ReserveUses(ctx, "team/limited", 4); !errors.Is(err, fault.BadState) {
		t.Errorf("reserving more than there are: %v", err)
	}
	if away, err := c.ArchiveKey(ctx, "team/limited"); err != nil || away.ArchivedAt == "" {
		t.Errorf("archiving: %+v, %v", away, err)
	}
	if back, err := c.RecoverKey(ctx, "team/limited"); err != nil || back.ArchivedAt != "" {
		t.Errorf("recovering: %+v, %v", back, err)
	}
	end, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "team/end", RotateAfterUses: 9, RetireAfter: "30d"})
	check("create", err)
	if _, err = c.RotateKeyIf(ctx, "team/end", `"77"`); !errors.Is(err, fault.Conflict) {
		t.Errorf("rotating another revision: %v", err)
	}
	_, err = c.RotateKeyIf(ctx, "team/end", end.ETag)
	check("rotate if", err)
	if err = c.PurgeKey(ctx, "team/end"); !errors.Is(err, fault.BadState) {
		t.Errorf("purging an active key: %v", err)
	}
	now := "0s"
	_, err = c.DestroyKeyIf(ctx, "team/end", end.ETag, api.DestroyRequest{After: &now, Force: true})
	check("destroy if", err)
	check("purge", c.PurgeKey(ctx, "team/end"))
	_, err = c.Material(ctx, "team/app", 1)
	check("material", err)
	_, err = c.DataKey(ctx, "team/app", api.DataKeyRequest{Bits: 256, Plaintext: true})
	check("datakey", err)
	e, err := c.Encrypt(ctx, "team/app", api.EncryptRequest{Plaintext: []byte("hello")})
	check("encrypt", err)
	e, err = c.Rewrap(ctx, "team/app", api.DecryptRequest{Ciphertext: e.Ciphertext})
	check("rewrap", err)
	d, err := c.Decrypt(ctx, "team/app", api.DecryptRequest{Ciphertext: e.Ciphertext})
	check("decrypt", err)
	if string(d.Plaintext) != "hello" {
		t.Errorf("decrypted %q, want hello", d.Plaintext)
	}
	b, err := c.Random(ctx, 7)
	check("random", err)
	if len(b) != 7 {
		t.Errorf("%d random bytes, want 7", len(b))
	}
	token, err := c.CreateToken(ctx, api.TokenRequest{Principal: "app"})
	check("create token", err)
	_, err = c.Tokens(ctx)
	check("tokens", err)
	_, err = c.Token(ctx, "")
	check("own token", err)
	_, err = c.Token(ctx, token.ID)
	check("token", err)
	_, err = c.RenewToken(ctx, "")
	check("renew", err)
	check("revoke", c.RevokeToken(ctx, token.ID))
	_, err = c.PutPolicy(ctx, "p", "permit(principal, action, resource);")
	check("put policy", err)
	_, err = c.Policy(ctx, "p")
	check("policy", err)
	_, err = c.Policies(ctx)
	check("policies", err)
	_, err = c.Explain(ctx, api.ExplainRequest{Principal: "root", Action: "read"})
	check("explain", err)
	check("delete policy", c.DeletePolicy(ctx, "p"))
	_, err = c.Members(ctx)
	check("members", err)
	check("promote", c.Promote(ctx, "node1"))
	check("demote", c.Demote(ctx, "node1"))
	check("remove", c.RemoveMember(ctx, "node1"))
	check("step down", c.StepDown(ctx, ""))
	_, err = c.CreateJoinToken(ctx, api.JoinTokenRequest{Uses: 1})
	check("join token", err)
	_, err = c.Slots(ctx)
	check("slots", err)
	_, err = c.AddSlot(ctx, api.SlotRequest{Kind: "quorum"})
	check("add slot", err)
	check("approve opening", c.ApproveOpening(ctx, "node1"))
	check("remove slot", c.RemoveSlot(ctx, "quorum"))
	_, err = c.Keyring(ctx)
	check("keyring", err)
	_, err = c.RotateKeyring(ctx)
	check("rotate keyring", err)
	r, err := c.StartRekey(ctx, api.RekeyRequest{Shares: 3, Threshold: 2})
	check("rekey", err)
	_, err = c.SubmitRekey(ctx, r.ID, "a")
	check("rekey share", err)
	_, err = c.Rekey(ctx)
	check("rekey status", err)
	check("cancel rekey", c.CancelRekey(ctx))
	check("ready", c.Ready(ctx))
	check("seal", c.Seal(ctx, false))
	_, err = c.Unseal(ctx, "a")
	check("unseal", err)
	_, err = c.ResetUnseal(ctx, "a")
	check("reset", err)
	_, err = c.Status(ctx)
	check("status", err)
	kek, err := c.KMINew(ctx)
	check("kmi new", err)
	_, err = c.KMIKey(ctx, kek)
	check("kmi key", err)
	n.SetFresh()
	_, err = c.Init(ctx, api.InitRequest{Shares: 3, Threshold: 2})
	check("init", err)
	for _, r := range n.Requests() {
		if strings.Contains(r, "team/app") {
			t.Errorf("%s: the name is more than one segment", r)
		}
	}
}

func TestAllKeysWalksEveryPage(t *testing.T) {
	c := connect(t, clienttest.New(t))
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for r, err := range c.AllKeys(t.Context(), client.KeyQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		got += r.Name
	}
	if got != "abcde" {
		t.Errorf("walked %q, want abcde", got)
	}
}

// TestPagesThatLeadInACircleEnd: a short page, even an empty one, may have a next; a walk that would never end says so.
func TestPagesThatLeadInACircleEnd(t *testing.T) {
	for name, next := range map[string]map[string]string{
		"to themselves":        {"": "a", "a": "a"},
		"to the first":         {"": "a", "a": "b", "b": "c", "c": "a"},
		"in a circle far away": {"": "a", "a": "b", "b": "c", "c": "d", "d": "e", "e": "f", "f": "g", "g": "d"},
		"nowhere":              {"": "a", "a": "b", "b": "c", "c": ""},
	} {
		t.Run(name, func(t *testing.T) {
			pages := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if pages++; pages > 100 {
					t.Error("the walk goes on for ever")
					http.Error(w, "enough", http.StatusTeapot)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(api.Keys{Keys: []api.Record{}, Next: next[r.URL.Query().Get("after")]})
			}))
			defer s.Close()
			c, err := client.New(client.Config{Endpoints: []string{s.URL}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var last error
			for _, err := range c.AllKeys(t.Context(), client.KeyQuery{}) {
				last = err
			}
			if circle := errors.Is(last, fault.Internal); circle != (name != "nowhere") {
				t.Errorf("after %d pages: %v", pages, last)
			}
		})
	}
}

func TestNamesThatClimbAreRefusedBeforeTheyAreSent(t *testing.T) {
	n := clienttest.New(t)
	c := connect(t, n)
	for _, name := range []string{"", ".", "..", "a/../b", "../sys/seal"} {
		if _, err := c.Key(t.Context(), name); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want invalid", name, err)
		}
	}
	if got := n.Requests(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
}

func TestErrorsKeepKindHintAndRequestID(t *testing.T) {
	n := clienttest.New(t)
	for _, k := range fault.All() {
		if k.Retryable() {
			continue
		}
		n.Fail(k, 1)
		_, err := connectWith(t, client.Config{StaleReads: true}, n).Key(t.Context(), "x")
		var e *client.Error
		if !errors.Is(err, k) || !errors.As(err, &e) || e.RequestID != "req-1" || e.Fault.NextStep() == "" || e.Status != clienttest.Statuses[k] {
			t.Errorf("%v: got %#v", k, err)
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != k {
			t.Errorf("%v: no *fault.Error in %v", k, err)
		}
	}
}

func TestWritesAreRepeatedWithOneIdempotencyKeyAcrossEndpoints(t *testing.T) {
	for _, k := range []fault.Kind{fault.NoLeader, fault.Uncertain, fault.Stale, fault.Busy} {
		a := clienttest.New(t)
		b := a.Join(t, "node2")
		var mu sync.Mutex
		seen := map[string]int{}
		for _, n := range []*clienttest.Server{a, b} {
			left := 2
			n.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				seen[r.Header.Get(api.HeaderIdempotency)]++
				if left--; left < 0 {
					return false
				}
				clienttest.Refuse(w, fault.New(k, "again"))
				return true
			})
		}
		if _, err := connect(t, a, b).CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
			t.Errorf("%v: %v", k, err)
		}
		if len(seen) != 1 {
			t.Errorf("%v: keys sent: %v, want one", k, seen)
		}
		for key, times := range seen {
			if len(key) != 32 || times != 5 {
				t.Errorf("%v: key %q was sent %d times, want 32 letters, 5 times", k, key, times)
			}
		}
	}
}

// The write takes effect, and the connection breaks before the answer: the repetition must not do it again.
func TestAWriteWhoseAnswerIsLostHappensOnce(t *testing.T) {
	n := clienttest.New(t)
	c := connect(t, n)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	first := ""
	n.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if first != "" {
			if r.Header.Get(api.HeaderIdempotency) != first {
				t.Error("repeated with another Idempotency-Key")
			}
			return false
		}
		first = r.Header.Get(api.HeaderIdempotency)
		panic(http.ErrAbortHandler)
	})
	r, err := c.RotateKey(t.Context(), "k")
	if err != nil || r.Latest != 2 {
		t.Errorf("got %+v, %v; want version 2", r, err)
	}
}

func TestAFullDiskDoesNotUndoAnUnknownOutcome(t *testing.T) {
	n := clienttest.New(t)
	asked := 0
	n.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked == 1 {
			clienttest.Refuse(w, fault.New(fault.Uncertain, "nobody knows"))
		} else {
			clienttest.Refuse(w, fault.New(fault.Full, "no room"))
		}
		return true
	})
	c := connect(t, n)
	if _, err := c.RotateKey(t.Context(), "k"); !errors.Is(err, fault.Uncertain) || asked != 2 {
		t.Errorf("asked %d times: %v, want uncertain", asked, err)
	}
	if _, err := c.RotateKey(t.Context(), "k"); !errors.Is(err, fault.Full) || errors.Is(err, fault.Uncertain) {
		t.Errorf("got %v, want full", err)
	}
}

// A write without a body whose connection broke is not sent again behind the client's back: what the second answer says is not said of the first try.
func TestABrokenConnectionIsAnUnknownOutcome(t *testing.T) {
	n := clienttest.New(t)
	c := connect(t, n)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil { // from here on there is a connection to be used again
		t.Fatal(err)
	}
	asked := 0
	n.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked == 1 {
			panic(http.ErrAbortHandler)
		}
		clienttest.Refuse(w, fault.New(fault.Full, "no room"))
		return true
	})
	if err := c.DeletePolicy(t.Context(), "p"); !errors.Is(err, fault.Uncertain) || asked != 2 {
		t.Errorf("asked %d times: %v, want uncertain", asked, err)
	}
}

func TestAWriteThatStaysUnknownIsUncertainAndNamesItsKey(t *testing.T) {
	n := clienttest.New(t)
	n.Intercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := connect(t, n).RotateKey(ctx, "k")
	var e *client.Error
	if !errors.Is(err, fault.Uncertain) || !errors.As(err, &e) || len(e.IdempotencyKey) != 32 {
		t.Fatalf("got %v, want uncertain with a key", err)
	}
	n.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if got := r.Header.Get(api.HeaderIdempotency); got != e.IdempotencyKey {
			t.Errorf("sent key %q, want %q", got, e.IdempotencyKey)
		}
		clienttest.Refuse(w, fault.New(fault.Denied, "no"))
		return true
	})
	if _, err := connect(t, n).RotateKey(client.WithIdempotencyKey(t.Context(), e.IdempotencyKey), "k"); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v, want denied", err)
	}
}

func TestNothingIsRepeatedThatCannotBe(t *testing.T) {
	a := clienttest.New(t)
	b := a.Join(t, "node2")
	a.Intercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	if _, err := connect(t, a, b).Init(t.Context(), api.InitRequest{Shares: 1, Threshold: 1}); !errors.Is(err, fault.Uncertain) {
		t.Errorf("init: %v, want uncertain", err)
	}
	if _, err := connect(t, a, b).Unseal(t.Context(), "s"); !errors.Is(err, fault.Uncertain) {
		t.Errorf("unseal: %v, want uncertain", err)
	}
	if got := len(a.Requests()) + len(b.Requests()); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
}

func TestADeadNodeIsPassedBy(t *testing.T) {
	a := clienttest.New(t)
	b := a.Join(t, "node2")
	c := connect(t, a, b)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	a.CloseClientConnections()
	a.Close()
	for range 20 {
		if _, err := c.Key(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(b.Requests()); got != 20 {
		t.Errorf("the living node got %d requests, want 20", got)
	}
}

func TestAHangingNodeIsLeftForAnother(t *testing.T) {
	a := clienttest.New(t)
	b := a.Join(t, "node2")
	release := make(chan struct{})
	a.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-r.Context().Done():
		case <-release:
		}
		return true
	})
	defer close(release)
	if _, err := connectWith(t, client.Config{Timeout: 100 * time.Millisecond}, a, b).Members(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSealedIsTheAnswerOnlyWhenNobodyIsOpen(t *testing.T) {
	a := clienttest.New(t)
	b := a.Join(t, "node2")
	a.Fail(fault.Sealed, -1)
	if _, err := connect(t, a, b).Members(t.Context()); err != nil {
		t.Errorf("one is open: %v", err)
	}
	b.Fail(fault.NoLeader, 1) // in an election, and then open
	if _, err := connect(t, b, a).Members(t.Context()); err != nil {
		t.Errorf("one is open, and has no leader for a moment: %v", err)
	}
	b.Fail(fault.Sealed, -1)
	if _, err := connect(t, a, b).Members(t.Context()); !errors.Is(err, fault.Sealed) {
		t.Errorf("both are sealed: %v, want sealed", err)
	}
}

func TestUnreachableEndsAfterThePatienceGiven(t *testing.T) {
	a := clienttest.New(t)
	c := connectWith(t, client.Config{Unreachable: 20 * time.Millisecond}, a)
	a.Close()
	if _, err := c.Status(t.Context()); !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, fault.NoLeader) {
		t.Errorf("got %v, want unreachable", err)
	}
}

func TestReadsAskForWhatWasWritten(t *testing.T) {
	a := clienttest.New(t)
	b := a.Join(t, "node2")
	c := connect(t, a, b)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	if c.Index() != 11 {
		t.Fatalf("index %d, want 11", c.Index())
	}
	b.SetLag(5)
	var asked atomic.Int32
	a.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if asked.Add(1) > 1 {
			return false
		}
		clienttest.Refuse(w, fault.New(fault.Stale, "this node cannot tell"))
		return true
	})
	if _, err := c.Key(t.Context(), "k"); err != nil { // a is stale once, b is behind, a again
		t.Error(err)
	}
	if len(b.Requests()) != 1 || asked.Load() != 2 {
		t.Errorf("asked b %d times and a %d times, want 1 and 2", len(b.Requests()), asked.Load())
	}
}

func TestAChangedRecordIsAConflictAtOnce(t *testing.T) {
	n := clienttest.New(t)
	c := connect(t, n)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	every := "1d"
	if _, err := c.UpdateKey(t.Context(), "k", `"7"`, api.UpdateKeyRequest{RotateEvery: &every}); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want conflict", err)
	}
}

func TestTrust(t *testing.T) {
	n := clienttest.New(t)
	pin := fingerprint(n)
	for name, c := range map[string]struct {
		cfg client.Config
		ok  bool
	}{
		"unknown authority": {client.Config{}, false},
		"loopback":          {client.Config{TrustLoopback: true}, true},
		"right fingerprint": {client.Config{Fingerprint: "SHA256:" + pin}, true},
		"wrong fingerprint": {client.Config{Fingerprint: strings.Repeat("00", 32)}, false},
		"the authority":     {client.Config{CA: n.Pool()}, true},
	} {
		c.cfg.Endpoints, c.cfg.Unreachable = []string{n.URL}, time.Millisecond
		cl, err := client.New(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cl.Status(t.Context()); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		cl.Close()
	}
	for _, cfg := range []client.Config{
		{Endpoints: []string{"https://192.0.2.1:7800"}, TrustLoopback: true},
		{Endpoints: []string{"http://192.0.2.1:7800"}},
		{Endpoints: []string{"https://user:pw@127.0.0.1"}},
		{Endpoints: []string{"ftp://127.0.0.1"}},
		{Endpoints: []string{"https://127.0.0.1"}, Fingerprint: "zz"},
		{Endpoints: []string{"https://127.0.0.1"}, CAFile: "/nonexistent"},
		{},
	} {
		if _, err := client.New(cfg); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, want invalid", cfg.Endpoints, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	n := clienttest.New(t)
	n.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "https://elsewhere.invalid/", http.StatusTemporaryRedirect)
		return true
	})
	if _, err := connect(t, n).Members(t.Context()); !errors.Is(err, fault.Internal) {
		t.Errorf("got %v, want internal", err)
	}
}

func TestAnswersOfSomethingElseAreNamed(t *testing.T) {
	n := clienttest.New(t)
	n.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte("<html>welcome</html>"))
		return true
	})
	if _, err := connect(t, n).Members(t.Context()); !errors.Is(err, fault.Internal) {
		t.Errorf("got %v, want internal", err)
	}
}

func FuzzParseProblem(f *testing.F) {
	f.Add(404, `{"kind":"not_found","detail":"there is no key","hint":"look","request_id":"r1"}`, "1")
	f.Add(503, `{"kind":"sealed","detail":"\u001b[31msealed\u202e"}`, "")
	f.Add(502, "<html>bad gateway</html>", "soon")
	f.Add(500, `{"kind":7}`, "-1")
	f.Add(429, strings.Repeat(`{"kind":`, 1000), "99999999999")
	f.Fuzz(func(t *testing.T, status int, body, retry string) {
		e := client.ParseProblem(status, http.Header{"Retry-After": {retry}}, []byte(body))
		if e.Fault.Message == "" || e.Fault.NextStep() == "" || len(e.Fault.Message) > 4096 || e.RetryAfter < 0 || e.RetryAfter > time.Hour {
			t.Errorf("%#v %#v", e, e.Fault)
		}
		if strings.ContainsAny(e.Error()+e.Fault.Hint, "\x1b\n\r\u202e") {
			t.Errorf("control characters in %q", e.Error())
		}
	})
}
