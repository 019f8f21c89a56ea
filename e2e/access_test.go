package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// reader permits one principal to read and use keys.
const reader = `permit (principal == User::"reader", action, resource) when { context.door == "rest" };`

func TestExitCodesTellWhatHappened(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "k")
	nobody := c.token(api.TokenRequest{Principal: "nobody", TTL: "1h"})
	missing := filepath.Join(c.dir, "missing")
	for _, x := range []struct {
		what string
		code int
		env  []string
		args []string
	}{
		{"success", 0, nil, []string{"key", "show", "k"}},
		{"an unknown command", 2, nil, []string{"frobnicate"}},
		{"an unknown flag", 2, nil, []string{"key", "show", "k", "--frobnicate"}},
		{"a missing argument", 2, nil, []string{"key", "show"}},
		{"an algorithm that there is not", 2, nil, []string{"key", "create", "x", "--algorithm", "rot13"}},
		{"an input that is not there", 2, nil, []string{"encrypt", "--key", "k", "-i", missing, "-o", missing + ".out"}},
		{"a name that cannot be", 2, nil, []string{"key", "create", "../x"}},
		{"no token", 3, []string{"QUORATE_TOKEN="}, []string{"key", "show", "k"}},
		{"a token of nobody", 3, []string{"QUORATE_TOKEN=" + nobody.Token}, []string{"key", "create", "y"}},
		{"a token that there is not", 3, []string{"QUORATE_TOKEN=" + c.root[:len(c.root)-3] + "abc"}, []string{"key", "list"}},
		{"material of a key that is not exportable", 3, nil, []string{"key", "material", "k"}},
		{"a key that there is not", 4, nil, []string{"key", "show", "absent"}},
		{"a member that there is not", 4, nil, []string{"operator", "promote", "absent"}},
		{"a name that is taken", 5, nil, []string{"key", "create", "k"}},
		{"a step that the state forbids", 5, nil, []string{"key", "resume", "k"}},
		{"nobody there", 6, []string{"QUORATE_ADDR=https://" + freePort(t)}, []string{"status"}},
	} {
		if r := c.cliEnv(nil, x.env, x.args...); r.code != x.code {
			t.Errorf("%s (quorate %v): want exit %d, got %v", x.what, x.args, x.code, r)
		}
	}
	c.ok("operator", "seal")
	for _, args := range [][]string{{"key", "show", "k"}, {"key", "create", "z"}, {"operator", "seal"}} {
		if r := c.cli(nil, args...); r.code != 6 {
			t.Errorf("quorate %v on a sealed cluster: want exit 6, got %v", args, r)
		}
	}
	if r := c.cli(nil, "operator", "unseal", "qshare1nonsense"); r.code != 2 {
		t.Errorf("a share that is none: want exit 2, got %v", r)
	}
}

func (c *cluster) token(in api.TokenRequest) api.Token {
	c.t.Helper()
	t, err := c.client().CreateToken(ctx(c.t), in)
	if err != nil {
		c.t.Fatal(err)
	}
	return *t
}

// knownToken makes a token and waits until every node knows it.
func (c *cluster) knownToken(in api.TokenRequest) api.Token {
	c.t.Helper()
	made := c.token(in)
	who := get("/v1/tokens/self")
	who.token = made.Token
	for _, n := range c.nodes {
		eventually(c.t, lease, n.name+" knows the new token", func() error {
			a, err := c.ask(n, who)
			if err == nil && a.status != http.StatusOK {
				err = errors.New(a.String())
			}
			return err
		})
	}
	return made
}

// A token works at every node in the next request that asks for the newest state, or for the state of the answer
// that made it; as with every other write.
func TestNewTokenWorksAtEveryNodeInTheNextRequest(t *testing.T) {
	t.Parallel()
	c := open(t)
	for i := range 10 {
		at := c.nodes[i%3]
		made := c.must(at, post("/v1/tokens", api.TokenRequest{Principal: "app", TTL: "1h"}))
		var tok api.Token
		made.into(t, &tok)
		for j, n := range c.nodes {
			who := get("/v1/tokens/self")
			who.token = tok.Token
			if (i+j)%2 == 0 {
				who.path += "?consistency=linearizable"
			} else {
				who.header = map[string]string{api.HeaderIndex: made.header.Get(api.HeaderIndex)}
			}
			if a := c.must(n, who); a.status != http.StatusOK {
				t.Errorf("a token made at %s, used at %s: %v", at.name, n.name, a)
			}
		}
	}
}

func TestTokensEndWhenTheyExpireAndWhenTheyAreRevoked(t *testing.T) {
	t.Parallel()
	c := open(t)
	if a := c.must(c.nodes[0], request{method: http.MethodPut, path: "/v1/policies/reader", body: api.Policy{Policy: reader}}); a.status != http.StatusOK && a.status != http.StatusCreated {
		t.Fatalf("writing the policy: %v", a)
	}
	if a := c.must(c.nodes[1], create("k", false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	nobody := c.knownToken(api.TokenRequest{Principal: "nobody", TTL: "1h"})
	for _, n := range c.nodes {
		r := get("/v1/keys/k?consistency=linearizable")
		r.token = nobody.Token
		a := c.must(n, r)
		expect(t, "a principal without a policy at "+n.name, a, http.StatusForbidden, "denied")
	}

	const ttl = 2 * time.Second
	kept := c.clientFor(c.knownToken(api.TokenRequest{Principal: "reader", TTL: "4s"}).Token)
	keep, stop := context.WithCancel(t.Context())
	defer stop()
	keeping := make(chan error, 1)
	go func() { keeping <- kept.KeepToken(keep) }()
	began := time.Now()
	short := c.token(api.TokenRequest{Principal: "reader", TTL: "2s"})
	use := get("/v1/keys/k")
	use.token = short.Token
	for _, n := range c.nodes {
		var lastGood time.Duration
		eventually(t, 2*ttl+lease, "the expired token is refused at "+n.name, func() error {
			at := time.Since(began)
			a, err := c.ask(n, use)
			if err != nil {
				return err
			}
			if a.status == http.StatusOK {
				lastGood = at
				return errors.New("served")
			}
			if a.status != http.StatusUnauthorized && time.Since(began) > ttl {
				return errors.New(a.String())
			}
			if a.status == http.StatusUnauthorized && lastGood == 0 && time.Since(began) < ttl {
				return errors.New("not there yet: " + a.String())
			}
			return nil
		})
		if lastGood > ttl+time.Second {
			t.Errorf("%s took the token %v after it was made, its TTL is %v", n.name, lastGood, ttl)
		}
	}
	eventually(t, 10*time.Second, "two lives of the kept token are over", func() error {
		if left := 8*time.Second - time.Since(began); left > 0 {
			return fmt.Errorf("%v to go", left)
		}
		return nil
	})
	if _, err := kept.Key(t.Context(), "k"); err != nil {
		t.Errorf("a token that its client keeps alive: %v", err)
	}
	if stop(); <-keeping != nil {
		t.Error("keeping it ended by itself")
	}

	for i, way := range c.nodes {
		revoked := c.knownToken(api.TokenRequest{Principal: "reader", TTL: "1h"})
		use := get("/v1/keys/k?consistency=linearizable")
		use.token = revoked.Token
		for _, n := range c.nodes {
			if a := c.must(n, use); a.status != http.StatusOK {
				t.Fatalf("the token at %s: %v", n.name, a)
			}
		}
		fast := get("/v1/keys/k")
		fast.token = revoked.Token
		h := c.hammer(fast)
		h.served(t, c.nodes)
		if a := c.must(way, request{method: http.MethodDelete, path: "/v1/tokens/" + revoked.ID}); a.status >= 300 {
			t.Fatalf("revoking at %s: %v", way.name, a)
		}
		acked := time.Now()
		for _, n := range c.nodes {
			a := c.must(n, fast)
			expect(t, "a revoked token at "+n.name, a, http.StatusUnauthorized, "unauthenticated")
		}
		h.finish()
		h.after(t, "revoking token "+string(rune('1'+i)), acked)
	}
}

// A client certificate is who its holder is: what a policy permits it, it may at every node, until the policy goes.
func TestClientCertificateMayWhatItsPolicySays(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "k")
	certs := filepath.Join(c.dir, "certs")
	c.ok("operator", "client-cert", "billing", "--out", certs, "--ttl", "1h")
	c.ok("operator", "client-cert", "stranger", "--out", certs, "--ttl", "1h")
	as := func(name string) []string {
		return []string{"QUORATE_TOKEN=", "QUORATE_CLIENT_CERT=" + filepath.Join(certs, name+".crt"), "QUORATE_CLIENT_KEY=" + filepath.Join(certs, name+".key")}
	}
	permit := c.write("billing.cedar", `permit (principal == Certificate::"billing", action in [Action::"read", Action::"encrypt"], resource);`)
	c.ok("policy", "put", "billing", permit)
	for _, n := range c.nodes {
		at := []*node{n}
		if err := kit.Attempt(lease, func() error {
			if r := c.cliEnv(at, as("billing"), "key", "show", "k"); r.code != 0 {
				return errors.New(r.String())
			}
			return nil
		}); err != nil {
			t.Errorf("the certificate's holder at %s: %v", n.name, err)
		}
		if r := c.cliEnv(at, as("billing"), "key", "create", "x"); r.code != 3 {
			t.Errorf("what its policy does not say, at %s: want exit 3, got %v", n.name, r)
		}
		if r := c.cliEnv(at, as("stranger"), "key", "show", "k"); r.code != 3 {
			t.Errorf("a certificate without a policy at %s: want exit 3, got %v", n.name, r)
		}
	}
	own := filepath.Join(c.nodes[1].dir, "identity", "node")
	member := []string{"QUORATE_TOKEN=", "QUORATE_CLIENT_CERT=" + own + ".crt", "QUORATE_CLIENT_KEY=" + own + ".key"}
	if r := c.cliEnv(nil, member, "key", "show", "k"); r.code != 3 {
		t.Errorf("a member's own certificate at the API: want exit 3, got %v", r)
	}
	c.ok("policy", "delete", "billing")
	for _, n := range c.nodes {
		if r := c.cliEnv([]*node{n}, as("billing"), "key", "show", "k"); r.code != 3 {
			t.Errorf("after its policy was deleted, at %s: want exit 3, got %v", n.name, r)
		}
	}
}

// A policy that is deleted permits nothing at any node once the deletion is acknowledged, as with a revoked key.
func TestDeletedPolicyPermitsNothingAfterTheAcknowledgement(t *testing.T) {
	t.Parallel()
	c := open(t)
	if a := c.must(c.nodes[0], create("k", false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	reads := c.knownToken(api.TokenRequest{Principal: "reader", TTL: "1h"})
	use := get("/v1/keys/k")
	use.token = reads.Token
	for i, at := range c.nodes {
		put := request{method: http.MethodPut, path: "/v1/policies/reader", body: api.Policy{Policy: reader}}
		if a := c.must(at, put); a.status >= 300 {
			t.Fatalf("writing the policy: %v", a)
		}
		h := c.hammer(use)
		h.served(t, c.nodes)
		if a := c.must(at, request{method: http.MethodDelete, path: "/v1/policies/reader"}); a.status >= 300 {
			t.Fatalf("deleting the policy: %v", a)
		}
		acked := time.Now()
		wait(200 * time.Millisecond)
		h.finish()
		h.after(t, "deleting a policy, round "+string(rune('1'+i)), acked)
	}
}
