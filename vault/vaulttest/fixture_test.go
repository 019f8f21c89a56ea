package vaulttest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

func TestOneLogReachesEveryNode(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	r := f.MustCreate("app/one")
	for i := range f.Len() {
		if f.State(i).Key(r.ID) == nil || f.State(i).Digest() != f.State(0).Digest() {
			t.Errorf("node %d differs", i)
		}
		if f.Vault(i).Sealed() {
			t.Errorf("node %d is sealed", i)
		}
	}
}

func TestProposalsFailAsTheyAreTold(t *testing.T) {
	for _, c := range []struct {
		failure vaulttest.Failure
		kind    fault.Kind
		written bool
	}{
		{vaulttest.Committed, fault.Uncertain, true},
		{vaulttest.Moved, fault.Uncertain, true},
		{vaulttest.Lost, fault.Uncertain, false},
	} {
		f := vaulttest.Cluster(t, 2)
		root := f.Root()
		f.FailNext(c.failure)
		_, err := f.Vault(0).CreateKey(context.Background(), root, vault.KeySpec{Name: "k"})
		if !errors.Is(err, c.kind) {
			t.Errorf("failure %d gives %v, want %v", c.failure, err, c.kind)
		}
		if got := f.State(1).KeyByName("k") != nil; got != c.written {
			t.Errorf("failure %d: written is %v", c.failure, got)
		}
		if moved := f.Leader() == 1; moved != (c.failure == vaulttest.Moved) {
			t.Errorf("failure %d: the leader is %d", c.failure, f.Leader())
		}
	}
}

func TestNothingIsWrittenWithoutALeader(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	before := len(f.Log())
	f.Lead(-1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k"}); !errors.Is(err, fault.NoLeader) {
		t.Errorf("no leader gives %v", err)
	}
	if len(f.Log()) != before {
		t.Error("something was written")
	}
}

func TestACutNodeIsStaleAndCatchesUp(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	f.Cut(2)
	r := f.MustCreate("k")
	if _, err := f.Vault(2).Key(context.Background(), root, "k"); !errors.Is(err, fault.Stale) {
		t.Errorf("a cut node answers %v", err)
	}
	f.Heal(2)
	if got, err := f.Vault(2).Key(context.Background(), root, "k"); err != nil || got.ID != r.ID {
		t.Errorf("a healed node answers %v", err)
	}
}

func TestARestartedNodeIsSealedAndKnowsTheLog(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	r := f.MustCreate("k")
	f.Restart(1)
	if !f.Vault(1).Sealed() || f.State(1).Key(r.ID) == nil {
		t.Error("a restarted node is open, or lost its log")
	}
	f.Unseal(0)
	if f.Vault(1).Sealed() {
		t.Error("a share to another node did not open it")
	}
}
