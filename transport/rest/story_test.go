package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/serve"
)

// ask sends in as JSON, expects the status, and reads the answer into an Out.
func ask[Out any](d *door, method, path string, in any, status int, header ...string) (Out, answer) {
	d.t.Helper()
	var out Out
	body := ""
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			d.t.Fatal(err)
		}
		body = string(b)
	}
	a := d.send(method, path, body, header...)
	if a.status != status {
		d.t.Fatalf("%s %s: got %d %s, want %d", method, path, a.status, a.body, status)
	}
	if len(a.header.Get(api.HeaderRequestID)) != 32 || a.header.Get("Cache-Control") != "no-store" {
		d.t.Errorf("%s %s: headers %v", method, path, a.header)
	}
	switch {
	case status == http.StatusNoContent:
		if len(a.body) > 0 {
			d.t.Errorf("%s %s: 204 with a body", method, path)
		}
	case status >= 400:
		a.problem(d.t)
	default:
		dec := json.NewDecoder(bytes.NewReader(a.body))
		dec.DisallowUnknownFields() // the hand-written answers must match the wire structs
		if err := dec.Decode(&out); err != nil {
			d.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
	return out, a
}

// founded is a door on an open vault, with the root token, and what init said.
func founded(t testing.TB) (*door, api.InitResponse) {
	t.Helper()
	d := open(t, newVault(t), serve.Limits{})
	f, _ := ask[api.InitResponse](d, "POST", "/v1/sys/init", api.InitRequest{Shares: 3, Threshold: 2}, 200)
	d.token = f.RootToken
	return d, f
}

func TestFoundSealAndUnseal(t *testing.T) {
	d, f := founded(t)
	if len(f.Shares) != 3 || !strings.HasPrefix(f.Shares[0], "qshare1") || !strings.HasPrefix(f.RootToken, "qt_") || f.ClusterID == "" || !strings.HasPrefix(f.CACertificate, "-----BEGIN CERTIFICATE-----\n") || f.JoinToken == "" {
		t.Errorf("init gave %d shares and %+v", len(f.Shares), f.ClusterID)
	}
	ask[any](d, "POST", "/v1/sys/init", api.InitRequest{Shares: 3, Threshold: 2}, 409)
	ask[api.Health](d, "GET", "/livez", nil, 200)
	ask[api.Health](d, "GET", "/readyz", nil, 200)
	if s, a := ask[api.Status](d, "GET", "/v1/sys/status", nil, 200); s.Sealed || !s.Initialized || !s.Fresh || s.ClusterID != f.ClusterID || len(s.Members) != 1 || s.Members[0].ID != "n1" || a.header.Get(api.HeaderIndex) == "" {
		t.Errorf("status: %+v, index %q", s, a.header.Get(api.HeaderIndex))
	}
	ask[any](d, "POST", "/v1/sys/seal", api.SealRequest{Scope: "node"}, 204)
	ask[api.Health](d, "GET", "/livez", nil, 200)
	ask[any](d, "GET", "/readyz", nil, 503)
	ask[any](d, "GET", "/v1/keys", nil, 503)

	d.token = "" // who holds a share needs no token
	if u, _ := ask[api.UnsealResponse](d, "POST", "/v1/sys/unseal", api.ShareRequest{Share: f.Shares[0]}, 200); !u.Sealed || u.Have != 1 || u.Need != 2 || len(u.Members) != 1 {
		t.Errorf("after one share: %+v", u)
	}
	if u, _ := ask[api.UnsealResponse](d, "POST", "/v1/sys/unseal/reset", api.ShareRequest{Share: f.Shares[1]}, 200); u.Have != 0 {
		t.Errorf("after the reset: %+v", u)
	}
	mistyped := []byte(f.Shares[0])
	mistyped[20] ^= 1
	if a := d.send("POST", "/v1/sys/unseal", fmt.Sprintf(`{"share":%q}`, mistyped)); a.status != 400 || bytes.Contains(a.body, mistyped) {
		t.Errorf("a mistyped share: %d %s", a.status, a.body)
	}
	ask[api.UnsealResponse](d, "POST", "/v1/sys/unseal", api.ShareRequest{Share: f.Shares[2]}, 200)
	if u, _ := ask[api.UnsealResponse](d, "POST", "/v1/sys/unseal", api.ShareRequest{Share: f.Shares[0]}, 200); u.Sealed {
		t.Errorf("after two shares: %+v", u)
	}
	ask[api.Health](d, "GET", "/readyz", nil, 200)
}

func TestLifeOfAKey(t *testing.T) {
	d, _ := founded(t)
	r, a := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/db", Exportable: true, RotateEvery: "90d", Tags: map[string]string{"env": "prod"}}, 201, "Idempotency-Key", "one")
	if r.Name != "app/db" || r.Algorithm != "aes-256-gcm" || r.State != "active" || r.Latest != 1 || r.RotateEvery != "90d" || r.Owner != "root" || a.header.Get("ETag") != r.ETag {
		t.Errorf("created %+v with ETag %s", r, a.header.Get("ETag"))
	}
	if again, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/db", Exportable: true, RotateEvery: "90d", Tags: map[string]string{"env": "prod"}}, 201, "Idempotency-Key", "one"); again.ID != r.ID {
		t.Errorf("repeated with the same Idempotency-Key: %s, want %s", again.ID, r.ID)
	}
	ask[any](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/db"}, 409)
	for _, path := range []string{"/v1/keys/app/db", "/v1/keys/app%2Fdb", "/v1/keys/" + r.ID} {
		if got, _ := ask[api.Record](d, "GET", path, nil, 200); got.ID != r.ID {
			t.Errorf("%s is %s", path, got.ID)
		}
	}
	m, _ := ask[api.Material](d, "GET", "/v1/keys/app%2Fdb/material?version=1", nil, 200)
	if m.ID != r.ID || m.Version != 1 || m.Algorithm != "aes-256-gcm" || len(m.Material) != 32 || bytes.Equal(m.Material, make([]byte, 32)) {
		t.Errorf("material: %+v", m)
	}

	c, _ := ask[api.EncryptResponse](d, "POST", "/v1/keys/app/db/encrypt", api.EncryptRequest{Plaintext: []byte("hello"), AAD: []byte("a"), Context: []byte("c")}, 200)
	r, _ = ask[api.Record](d, "POST", "/v1/keys/app/db/rotate", struct{}{}, 200)
	if r.Latest != 2 {
		t.Errorf("rotated to %d", r.Latest)
	}
	sealed := api.DecryptRequest{Ciphertext: c.Ciphertext, AAD: []byte("a"), Context: []byte("c")}
	if p, _ := ask[api.DecryptResponse](d, "POST", "/v1/keys/app/db/decrypt", sealed, 200); string(p.Plaintext) != "hello" || p.Version != 1 {
		t.Errorf("decrypted %+v", p)
	}
	if n, _ := ask[api.EncryptResponse](d, "POST", "/v1/keys/app/db/rewrap", sealed, 200); n.Version != 2 || !strings.HasPrefix(n.Ciphertext, "qk:v2:") {
		t.Errorf("rewrapped %+v", n)
	}
	sealed.AAD = []byte("b")
	ask[any](d, "POST", "/v1/keys/app/db/decrypt", sealed, 400)
	k, _ := ask[api.DataKeyResponse](d, "POST", "/v1/keys/app/db/datakey", api.DataKeyRequest{Bits: 128, Plaintext: true}, 200)
	if len(k.Plaintext) != 16 || k.Version != 2 {
		t.Errorf("data key %+v", k)
	}
	if opened, _ := ask[api.DecryptResponse](d, "POST", "/v1/keys/app/db/decrypt", api.DecryptRequest{Ciphertext: k.Ciphertext}, 200); !bytes.Equal(opened.Plaintext, k.Plaintext) {
		t.Error("the data key does not open")
	}
	if k, _ := ask[api.DataKeyResponse](d, "POST", "/v1/keys/app/db/datakey", nil, 200); k.Plaintext != nil || k.Ciphertext == "" {
		t.Errorf("a data key by default: %+v", k)
	}

	updated, _ := ask[api.Record](d, "PATCH", "/v1/keys/app/db", api.UpdateKeyRequest{RotateEvery: new("30d")}, 200, "If-Match", r.ETag)
	if updated.RotateEvery != "30d" || updated.Tags["env"] != "prod" || updated.ETag == r.ETag {
		t.Errorf("updated %+v", updated)
	}
	ask[any](d, "PATCH", "/v1/keys/app/db", api.UpdateKeyRequest{RotateEvery: new("1d")}, 412, "If-Match", r.ETag)
	ask[any](d, "POST", "/v1/keys/app/db/suspend", api.StateRequest{}, 412, "If-Match", r.ETag)
	for _, step := range []struct{ verb, state string }{{"suspend", "suspended"}, {"resume", "active"}, {"deactivate", "deactivated"}, {"compromise", "compromised"}} {
		if got, a := ask[api.Record](d, "POST", "/v1/keys/app/db/"+step.verb, api.StateRequest{Reason: "test"}, 200); got.State != step.state || got.Reason != "test" || a.header.Get("ETag") != got.ETag {
			t.Errorf("%s: %s %q", step.verb, got.State, got.Reason)
		}
	}
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "leaked"}, 201)
	for _, bad := range []struct{ verb, at string }{{"compromise", "2999-01-01T00:00:00Z"}, {"compromise", "yesterday"}, {"deactivate", "2001-01-01T00:00:00Z"}} {
		ask[any](d, "POST", "/v1/keys/leaked/"+bad.verb, api.StateRequest{OccurredAt: bad.at}, 400)
	}
	if got, _ := ask[api.Record](d, "POST", "/v1/keys/leaked/compromise", api.StateRequest{OccurredAt: "2001-01-01T00:00:00Z"}, 200); got.Versions[0].OccurredAt != "2001-01-01T00:00:00.000Z" || got.Versions[0].CompromisedAt == "" {
		t.Errorf("it was compromised long ago, and is %+v", got.Versions[0])
	}
	ask[any](d, "POST", "/v1/keys/app/db/encrypt", api.EncryptRequest{Plaintext: []byte("x")}, 409)
	if got, _ := ask[api.Record](d, "POST", "/v1/keys/app/db/destroy", api.DestroyRequest{After: new("1d"), Force: true}, 200); got.DestroyAt == "" {
		t.Errorf("to be destroyed: %+v", got)
	}
	if got, _ := ask[api.Record](d, "POST", "/v1/keys/app/db/cancel-destroy", nil, 200); got.DestroyAt != "" {
		t.Errorf("destruction cancelled: %+v", got)
	}
	if got, _ := ask[api.Record](d, "POST", "/v1/keys/app/db/destroy", api.DestroyRequest{After: new("0s"), Force: true}, 200); !strings.HasPrefix(got.State, "destroyed") {
		t.Errorf("destroyed at once: %s", got.State)
	}
	ask[any](d, "GET", "/v1/keys/app/db/material", nil, 409)
	ask[any](d, "GET", "/v1/keys/app/nothing", nil, 404)
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "later", ActivateAt: "2099-01-01T00:00:00Z"}, 201)
	if got, _ := ask[api.Record](d, "POST", "/v1/keys/later/activate", nil, 200); got.State != "active" {
		t.Errorf("activated: %s", got.State)
	}
}

func TestListingGoesPageByPage(t *testing.T) {
	d, _ := founded(t)
	for i := range 5 {
		ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: fmt.Sprintf("page/%d", i), Tags: map[string]string{"odd": fmt.Sprint(i % 2)}}, 201)
	}
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "other", Algorithm: "chacha20-poly1305"}, 201)
	var names []string
	after := ""
	for range 10 {
		p, _ := ask[api.Keys](d, "GET", "/v1/keys?limit=2&name=page/&after="+after, nil, 200)
		for _, r := range p.Keys {
			names = append(names, r.Name)
		}
		if after = p.Next; after == "" {
			break
		}
	}
	if want := []string{"page/0", "page/1", "page/2", "page/3", "page/4"}; !slices.Equal(names, want) {
		t.Errorf("listed %v, want %v", names, want)
	}
	for query, want := range map[string]int{"tag=odd=1": 2, "algorithm=chacha20-poly1305": 1, "state=suspended": 0, "owner=root": 6, "tag=odd": 5} {
		if p, _ := ask[api.Keys](d, "GET", "/v1/keys?"+query, nil, 200); len(p.Keys) != want {
			t.Errorf("%s: %d keys, want %d", query, len(p.Keys), want)
		}
	}
}

func TestReadsCanAskForNewerState(t *testing.T) {
	d, _ := founded(t)
	_, a := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "a"}, 201)
	index := a.header.Get(api.HeaderIndex)
	ask[api.Record](d, "GET", "/v1/keys/a", nil, 200, api.HeaderIndex, index)
	ask[any](d, "GET", "/v1/keys/a", nil, 412, api.HeaderIndex, "9999")
	ask[api.Record](d, "GET", "/v1/keys/a?consistency=linearizable", nil, 200)
	ask[api.Record](d, "GET", "/v1/keys/a?consistency=local", nil, 200)
}

func TestTokensAndPolicies(t *testing.T) {
	d, _ := founded(t)
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "k"}, 201)
	made, _ := ask[api.Token](d, "POST", "/v1/tokens", api.TokenRequest{Principal: "app1", TTL: "1h"}, 201)
	if !strings.HasPrefix(made.Token, "qt_") || made.Principal != "app1" || made.ExpiresAt == "" || made.Kind != "bearer" || made.Parent == "" {
		t.Errorf("made %+v", made)
	}
	app := *d
	app.token = made.Token
	ask[any](&app, "POST", "/v1/keys/k/encrypt", api.EncryptRequest{Plaintext: []byte("x")}, 403)

	text := `permit (principal == User::"app1", action == Action::"encrypt", resource);`
	p, _ := ask[api.Policy](d, "PUT", "/v1/policies/team/app1", api.Policy{Policy: text}, 200)
	if p.Name != "team/app1" || p.Policy != text || p.Revision == 0 || p.UpdatedAt == "" {
		t.Errorf("put %+v", p)
	}
	ask[api.EncryptResponse](&app, "POST", "/v1/keys/k/encrypt", api.EncryptRequest{Plaintext: []byte("x")}, 200)
	e, _ := ask[api.ExplainResponse](d, "POST", "/v1/policies/explain", api.ExplainRequest{Principal: "app1", Action: "encrypt", Key: "k"}, 200)
	if !e.Allowed || len(e.Policies) == 0 {
		t.Errorf("explained %+v", e)
	}
	ask[any](d, "POST", "/v1/policies/explain", api.ExplainRequest{Principal: "app1", Kind: "badge", Action: "encrypt"}, 400)
	if all, _ := ask[api.Policies](d, "GET", "/v1/policies", nil, 200); len(all.Policies) < 2 {
		t.Errorf("policies: %+v", all)
	}
	ask[api.Policy](d, "GET", "/v1/policies/team%2Fapp1", nil, 200)
	ask[any](d, "PUT", "/v1/policies/broken", api.Policy{Policy: "permit everything"}, 400)
	ask[any](d, "DELETE", "/v1/policies/team/app1", nil, 204)
	ask[any](&app, "POST", "/v1/keys/k/encrypt", api.EncryptRequest{Plaintext: []byte("x")}, 403)

	if self, _ := ask[api.Token](&app, "GET", "/v1/tokens/self", nil, 200); self.ID != made.ID || self.Token != "" {
		t.Errorf("self: %+v", self)
	}
	ask[api.Token](&app, "POST", "/v1/tokens/self/renew", nil, 200)
	ask[api.Token](d, "POST", "/v1/tokens/"+made.ID+"/renew", struct{}{}, 200)
	ask[api.Token](d, "GET", "/v1/tokens/"+made.ID, nil, 200)
	if all, _ := ask[api.Tokens](d, "GET", "/v1/tokens", nil, 200); !slices.ContainsFunc(all.Tokens, func(x api.Token) bool { return x.ID == made.ID && x.Token == "" }) {
		t.Errorf("tokens: %+v", all)
	}
	ask[any](d, "DELETE", "/v1/tokens/"+made.ID, nil, 204)
	ask[any](&app, "GET", "/v1/tokens/self", nil, 401)
	other, _ := ask[api.Token](d, "POST", "/v1/tokens", api.TokenRequest{Principal: "app2"}, 201)
	app.token = other.Token
	ask[any](&app, "DELETE", "/v1/tokens/self", nil, 204)
	ask[any](&app, "GET", "/v1/tokens/self", nil, 401)
}

func TestOperatorsRoutes(t *testing.T) {
	d, f := founded(t)
	if s, _ := ask[api.Slot](d, "POST", "/v1/sys/slots", api.SlotRequest{Kind: "quorum", Away: "1h"}, 201); s.Quorum == nil || s.Quorum.Away != "1h0m0s" || s.Quorum.Window != "5m0s" || s.Quorum.Dealt {
		t.Errorf("slot: %+v", s)
	}
	ask[any](d, "POST", "/v1/sys/slots", api.SlotRequest{Kind: "quorum"}, 409)
	ask[any](d, "POST", "/v1/sys/slots", api.SlotRequest{Kind: "pkcs11"}, 400)
	ask[any](d, "POST", "/v1/sys/slots", api.SlotRequest{Kind: "quorum", Window: "soon"}, 400)
	if s, _ := ask[api.Slots](d, "GET", "/v1/sys/slots", nil, 200); len(s.Slots) != 2 || s.Slots[0].Quorum != nil || s.Slots[1].Kind != "quorum" {
		t.Errorf("slots: %+v", s)
	}
	ask[any](d, "POST", "/v1/sys/members/n1/approve-opening", nil, 204)
	ask[any](d, "POST", "/v1/sys/members/n9/approve-opening", nil, 404)
	ask[any](d, "DELETE", "/v1/sys/slots/quorum", nil, 204)
	ask[any](d, "DELETE", "/v1/sys/slots/quorum", nil, 404)
	ask[any](d, "DELETE", "/v1/sys/slots/shamir", nil, 400)
	m, _ := ask[api.Members](d, "GET", "/v1/sys/members", nil, 200)
	if len(m.Members) != 1 || m.Members[0].Role != "leader" {
		t.Errorf("members: %+v", m)
	}
	before, _ := ask[api.Digest](d, "GET", "/v1/sys/digest", nil, 200)
	if same, _ := ask[api.Digest](d, "GET", "/v1/sys/digest", nil, 200); same != before || len(same.Digest) != 64 || same.Node != m.Members[0].ID {
		t.Errorf("digests of one state: %+v, %+v", before, same)
	}
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "digested"}, 201)
	if after, _ := ask[api.Digest](d, "GET", "/v1/sys/digest", nil, 200); after.Digest == before.Digest || after.Index <= before.Index {
		t.Errorf("a new key leaves the digest %+v as it was, %+v", before, after)
	}
	for _, c := range []struct{ method, path string }{{"POST", "/promote"}, {"POST", "/demote"}, {"DELETE", ""}} {
		ask[any](d, c.method, "/v1/sys/members/n9"+c.path, nil, 404)
	}
	ask[any](d, "POST", "/v1/sys/leader/transfer", api.TransferRequest{To: "n9"}, 404)
	if j, _ := ask[api.JoinTokenResponse](d, "POST", "/v1/sys/join-tokens", api.JoinTokenRequest{TTL: "1h", Uses: 2}, 201); !strings.HasPrefix(j.JoinToken, "qj") || j.ID == "" || j.ExpiresAt == "" || j.Uses != 2 {
		t.Errorf("join token: %+v", j)
	}
	if k, _ := ask[api.Keyring](d, "POST", "/v1/sys/keyring/rotate", struct{}{}, 200); k.Term != 2 {
		t.Errorf("keyring rotated: %+v", k)
	}
	if k, _ := ask[api.Keyring](d, "GET", "/v1/sys/keyring", nil, 200); k.Term != 2 || len(k.Terms) == 0 {
		t.Errorf("keyring: %+v", k)
	}
	if r, _ := ask[api.RandomResponse](d, "POST", "/v1/random", api.RandomRequest{Bytes: 48}, 200); len(r.Random) != 48 {
		t.Errorf("random: %d bytes", len(r.Random))
	}

	ask[api.RekeyResponse](d, "POST", "/v1/sys/rekey/start", api.RekeyRequest{Shares: 3, Threshold: 2}, 200)
	ask[any](d, "DELETE", "/v1/sys/rekey", nil, 204)
	k, _ := ask[api.RekeyResponse](d, "POST", "/v1/sys/rekey/start", api.RekeyRequest{Shares: 5, Threshold: 3}, 200)
	ask[api.RekeyResponse](d, "POST", "/v1/sys/rekey/share", api.ShareRequest{ID: k.ID, Share: f.Shares[0]}, 200)
	if now, _ := ask[api.RekeyResponse](d, "GET", "/v1/sys/rekey", nil, 200); now.Have != 1 || now.Need != 2 || now.Phase != "prove" {
		t.Errorf("rekey: %+v", now)
	}
	proved, _ := ask[api.RekeyResponse](d, "POST", "/v1/sys/rekey/share", api.ShareRequest{ID: k.ID, Share: f.Shares[1]}, 200)
	if len(proved.Shares) != 5 || proved.Phase != "verify" {
		t.Errorf("proved: phase %s, %d shares", proved.Phase, len(proved.Shares))
	}
}

func TestFiguresAreServed(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	if a := d.send("GET", "/metrics", ""); a.status != 200 || string(a.body) != "figures 1\n" {
		t.Errorf("got %d %q", a.status, a.body)
	}
}

func TestANodeTellsAnybodyWhatIsWrongWithIt(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	got, a := ask[api.Doctor](d, "GET", "/v1/sys/doctor", nil, 200)
	if got.Node != "n1" || len(got.Findings) != 1 || got.Findings[0].Check != "open" || a.header.Get(api.HeaderIndex) != "" {
		t.Errorf("%+v", got)
	}
}
