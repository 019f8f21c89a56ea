package vault_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

var stranger = access.Caller{Kind: access.Anonymous, Door: "test"}

// prove answers a call with one of the fixture's shares, as a custodian does on his own machine.
func prove(t *testing.T, share []byte, call string) string {
	t.Helper()
	c, err := seal.ParseCall([]byte(call))
	ok(t, "reading the call", err)
	s, err := seal.ParseShare(share)
	ok(t, "reading the share", err)
	defer s.Destroy()
	p, err := s.Prove(c)
	ok(t, "proving", err)
	return p.Line()
}

func TestCustodiansProveThatTheyHoldTheirShares(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	_, err := f.Vault(1).AnswerRollCall(ctx, stranger, prove(t, f.Shares()[0], seal.NewCall(seal.RollCall, cluster(t, f), f.Now()).Line()))
	wants(t, "an answer where nothing was asked", err, fault.NotFound)

	r, err := f.Vault(1).StartRollCall(ctx, f.Root())
	ok(t, "starting", err)
	for i, share := range f.Shares()[:4] {
		f.Advance(time.Hour)
		r, err = f.Vault(i%3).AnswerRollCall(ctx, stranger, prove(t, share, r.Call))
		ok(t, "answering", err)
		for j, c := range r.Custodians {
			if c.Index != j+1 || c.Answered != (j <= i) || (c.Proved != 0) != (j <= i) {
				t.Errorf("after %d answers: %+v", i+1, c)
			}
		}
	}
	before := len(f.Log())
	_, err = f.Vault(0).AnswerRollCall(ctx, stranger, prove(t, f.Shares()[0], r.Call))
	ok(t, "answering twice", err)
	if len(f.Log()) != before {
		t.Error("a proof that is there already was written again: anybody could fill the log")
	}

	first, id := r.Custodians[0].Proved, r.ID
	old := prove(t, f.Shares()[0], r.Call)
	f.Advance(24 * time.Hour)
	r, err = f.Vault(2).StartRollCall(ctx, f.Root())
	ok(t, "starting another", err)
	if r.ID == id || r.Custodians[0].Proved != first || r.Custodians[0].Answered || r.Custodians[4].Proved != 0 {
		t.Errorf("another roll call loses what was proved, or takes it for its own: %+v", r)
	}
	_, err = f.Vault(0).AnswerRollCall(ctx, stranger, old)
	wants(t, "an answer to the call before", err, fault.Invalid)
	f.Advance(31 * 24 * time.Hour)
	_, err = f.Vault(0).AnswerRollCall(ctx, stranger, prove(t, f.Shares()[0], r.Call))
	wants(t, "an answer after a month", err, fault.BadState)
	c, _ := f.Vault(0).Custody()
	if len(c.Proved) != 5 || !c.Proved[0].Equal(first.Time()) || !c.Proved[4].IsZero() {
		t.Errorf("doctor is told %+v", c)
	}
}

func cluster(t *testing.T, f *vaulttest.Fixture) [16]byte {
	t.Helper()
	cfg, err := seal.DecodeConfig(f.State(0).Document("seal").Body)
	ok(t, "reading the seal", err)
	return cfg.Cluster
}

func TestWrongProofsAreNamedAndChangeNothing(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.WithShares(3, 2))
	r, err := f.Vault(0).StartRollCall(ctx, f.Root())
	ok(t, "starting", err)
	foreign := vaulttest.Cluster(t, 1, vaulttest.WithShares(3, 2))
	theirs, err := foreign.Vault(0).StartRollCall(ctx, foreign.Root())
	ok(t, "starting elsewhere", err)
	before := len(f.Log())
	for what, c := range map[string]struct{ proof, says string }{
		"nothing":         {"", "qproof1"},
		"a share":         {string(f.Shares()[0]), "qproof1"},
		"another cluster": {prove(t, foreign.Shares()[0], theirs.Call), "cluster"},
		"another call":    {prove(t, f.Shares()[0], seal.NewCall(seal.RollCall, cluster(t, f), f.Now()).Line()), r.ID},
	} {
		_, err := f.Vault(0).AnswerRollCall(ctx, stranger, c.proof)
		wants(t, what, err, fault.Invalid)
		if err == nil || !strings.Contains(fault.Of(err).Message, c.says) || strings.Contains(err.Error(), string(f.Shares()[0])) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(f.Log()) != before {
		t.Error("a wrong proof was written")
	}
	_, err = f.Vault(0).StartRollCall(ctx, stranger)
	wants(t, "a stranger's roll call", err, fault.Unauthenticated)
	for _, line := range f.AuditLines(0) {
		if bytes.Contains(line, f.Shares()[0][10:40]) {
			t.Error("the audit log holds a share that was mistaken for a proof")
		}
	}
}

func TestProofsAreTakenAtABoundedRate(t *testing.T) {
	f := vaulttest.New(t)
	busy := 0
	for range 40 {
		if _, err := f.Vault(0).AnswerRollCall(ctx, stranger, "x"); fault.KindOf(err) == fault.Busy {
			busy++
		}
	}
	if busy != 8 {
		t.Errorf("%d of 40 proofs at once were put off, want 8", busy)
	}
	f.Advance(time.Second)
	_, err := f.Vault(0).AnswerRollCall(ctx, stranger, "x")
	wants(t, "a proof a second later", err, fault.Invalid)
}

func TestARekeyForgetsProofsOfOldShares(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	r, err := f.Vault(0).StartRollCall(ctx, f.Root())
	ok(t, "starting", err)
	proof := prove(t, f.Shares()[0], r.Call)
	_, err = f.Vault(0).AnswerRollCall(ctx, stranger, proof)
	ok(t, "answering", err)
	k, err := f.Vault(0).StartRekey(ctx, f.Root(), vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "starting a rekey", err)
	for _, s := range f.Shares()[:2] {
		k, err = f.Vault(0).SubmitRekey(ctx, f.Root(), k.ID, s)
		ok(t, "proving", err)
	}
	for _, s := range k.NewShares {
		k, err = f.Vault(0).SubmitRekey(ctx, f.Root(), k.ID, s)
		ok(t, "handing back", err)
		if k.Phase == "done" {
			break
		}
	}
	r, err = f.Vault(0).RollCallStatus(ctx, f.Root())
	ok(t, "status", err)
	if r.Epoch != 2 || r.Custodians[0].Proved != 0 {
		t.Errorf("after the rekey: %+v", r)
	}
	_, err = f.Vault(0).AnswerRollCall(ctx, stranger, proof)
	wants(t, "an answer by an old share", err, fault.Invalid)
}

// rootCall is what `root-token start` makes.
func rootCall(t *testing.T, f *vaulttest.Fixture) (*seal.Call, []byte) {
	t.Helper()
	c := seal.NewCall(seal.RootTokenCall, cluster(t, f), f.Now())
	private, err := seal.NewRootTokenCall(c)
	ok(t, "making a call", err)
	return c, private
}

func TestAThresholdOfCustodiansGetsANewRootToken(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	call, private := rootCall(t, f)
	var proofs []string
	for i, share := range f.Shares()[:3] {
		if i > 0 {
			_, err := f.Vault(1).RootToken(ctx, stranger, vault.RootTokenProof{Call: call.Line(), Proofs: append(proofs, proofs...)})
			wants(t, "too few, twice over", err, fault.Denied)
		}
		proofs = append(proofs, prove(t, share, call.Line()))
	}
	made, err := f.Vault(1).RootToken(ctx, stranger, vault.RootTokenProof{Call: call.Line(), Proofs: proofs})
	ok(t, "a root token", err)
	token, err := call.Decrypt(private, made.Sealed)
	ok(t, "opening the answer", err)
	c := f.Caller(token)
	_, _, err = f.Vault(0).CreateToken(ctx, c, vault.TokenSpec{Principal: "somebody", Groups: []string{access.RootGroup}, Orphan: true})
	ok(t, "using it as root", err)
	for _, b := range f.Wire() {
		if bytes.Contains(b, token) {
			t.Error("the token crossed a node link in the clear")
		}
	}
	_, err = f.Vault(2).RootToken(ctx, stranger, vault.RootTokenProof{Call: call.Line(), Proofs: proofs})
	wants(t, "the same call again", err, fault.Exists)
	ok(t, "revoking it", f.Vault(0).RevokeToken(ctx, f.Root(), made.ID))
	_, err = f.Vault(2).RootToken(ctx, stranger, vault.RootTokenProof{Call: call.Line(), Proofs: proofs})
	wants(t, "the same call after the token was revoked", err, fault.Exists)
	found := false
	for _, e := range f.AuditEntries(0) {
		found = found || e.Operation == "sys.root-token" && e.Changes["token"] == made.ID.String() && e.Changes["call"] == call.ID()
	}
	if !found {
		t.Error("the leader's audit log does not tell of the token and the call")
	}
	other, theirs := rootCall(t, f)
	if _, err := other.Decrypt(private, made.Sealed); err == nil {
		t.Error("the answer opens as the answer to another call")
	}
	if _, err := call.Decrypt(theirs, made.Sealed); err == nil {
		t.Error("the answer opens with another key")
	}
}

func TestRootTokensAreRefusedOnTheWrongWord(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	roll, err := f.Vault(0).StartRollCall(ctx, f.Root())
	ok(t, "starting", err)
	call, _ := rootCall(t, f)
	swapped := *call
	swapped.To[0] ^= 1
	late := *call
	late.At = f.Now().Add(-25 * time.Hour)
	early := *call
	early.At = f.Now().Add(time.Hour)
	both := func(call string) []string {
		return []string{prove(t, f.Shares()[0], call), prove(t, f.Shares()[1], call)}
	}
	before := len(f.Log())
	for _, c := range []struct {
		what string
		in   vault.RootTokenProof
		want fault.Kind
	}{
		{"no call", vault.RootTokenProof{Proofs: both(call.Line())}, fault.Invalid},
		{"a roll call", vault.RootTokenProof{Call: roll.Call, Proofs: both(roll.Call)}, fault.Invalid},
		{"answers to a roll call", vault.RootTokenProof{Call: call.Line(), Proofs: both(roll.Call)}, fault.Invalid},
		{"no proofs", vault.RootTokenProof{Call: call.Line()}, fault.Denied},
		{"another recipient than was agreed to", vault.RootTokenProof{Call: swapped.Line(), Proofs: both(call.Line())}, fault.Denied},
		{"yesterday's", vault.RootTokenProof{Call: late.Line(), Proofs: both(late.Line())}, fault.BadState},
		{"tomorrow's", vault.RootTokenProof{Call: early.Line(), Proofs: both(early.Line())}, fault.BadState},
		{"too many", vault.RootTokenProof{Call: call.Line(), Proofs: make([]string, 17)}, fault.Invalid},
	} {
		_, err := f.Vault(0).RootToken(ctx, stranger, c.in)
		wants(t, c.what, err, c.want)
	}
	if len(f.Log()) != before {
		t.Error("a refused call was written")
	}
}
