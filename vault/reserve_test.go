package vault_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestReservationsAreExactOverTheCluster: beside each other and beside uses, on three nodes, never more than the limit, and all of it.
func TestReservationsAreExactOverTheCluster(t *testing.T) {
	const limit = 300
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: limit})
	ok(t, "creating", err)
	var done atomic.Uint64
	var users sync.WaitGroup
	for user := range 6 {
		users.Go(func() {
			for {
				var err error
				n := uint64(1)
				if user%2 == 0 {
					n = 7
					_, err = f.Vault(user%3).ReserveUses(ctx, root, "k", n)
				} else {
					_, err = encrypt(f.Vault(user%3), root, "k", "x")
				}
				if err != nil {
					if !errors.Is(err, fault.BadState) {
						t.Errorf("refused with %v", err)
					}
					return
				}
				done.Add(n)
			}
		})
	}
	users.Wait()
	for node := range 3 { // what is left for less than seven
		for {
			if _, err := f.Vault(node).ReserveUses(ctx, root, "k", 1); err != nil {
				wants(t, "reserving more than there are", err, fault.BadState)
				break
			}
			done.Add(1)
		}
	}
	if got := done.Load(); got != limit {
		t.Errorf("%d of a limit of %d were handed out", got, limit)
	}
}

// TestWhatANodeHoldsIsReservedThere: all that a node says is left can be reserved on it, be it its own or everybody's, and a refusal
// takes nothing.
func TestWhatANodeHoldsIsReservedThere(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: 1000})
	ok(t, "creating", err)
	_, err = encrypt(f.Vault(1), root, "k", "x") // it holds nine more
	ok(t, "encrypting", err)
	_, err = f.Vault(1).ReserveUses(ctx, root, "k", 1000)
	wants(t, "reserving what was used", err, fault.BadState)
	if r := show(t, f, 1, "k"); r.Shows().UsageLeft != 999 {
		t.Errorf("a refusal left %d", r.Shows().UsageLeft)
	}
	_, err = f.Vault(0).ReserveUses(ctx, root, "k", 991)
	wants(t, "reserving what another node holds", err, fault.BadState)
	r, err := f.Vault(1).ReserveUses(ctx, root, "k", 999)
	ok(t, "reserving all that is left", err)
	if r.Shows().UsageLeft != 0 || show(t, f, 0, "k").Shows().UsageLeft != 0 {
		t.Errorf("%d are left", r.Shows().UsageLeft)
	}
	_, err = encrypt(f.Vault(1), root, "k", "x")
	wants(t, "using what was reserved", err, fault.BadState)
}

func TestWhatIsReservedAndByWhom(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	v := f.Vault(1)
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: 10})
	ok(t, "creating", err)
	f.MustCreate("free")
	_, err = v.ReserveUses(ctx, root, "free", 1)
	wants(t, "reserving of what has no limit", err, fault.BadState)
	_, err = v.ReserveUses(ctx, root, "k", 0)
	wants(t, "reserving nothing", err, fault.Invalid)
	again := root
	again.Retry = "once"
	for range 2 {
		r, err := v.ReserveUses(ctx, again, "k", 4)
		ok(t, "reserving once", err)
		if r.Shows().UsageLeft != 6 {
			t.Errorf("%d left", r.Shows().UsageLeft)
		}
	}
	f.FailNext(vaulttest.Committed) // the node asks again, with the same request id
	if r, err := v.ReserveUses(ctx, root, "k", 2); err != nil || r.Shows().UsageLeft != 4 {
		t.Errorf("a reservation whose outcome was lost once: %v", err)
	}
	f.Grant("reader", `permit (principal == User::"reader", action == Action::"read", resource);`)
	_, err = v.ReserveUses(ctx, access.Caller{Principal: "reader", Kind: access.ByCertificate}, "k", 1)
	wants(t, "reserving without a permit", err, fault.Denied)
	_, err = v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Deactivate})
	ok(t, "deactivating", err)
	_, err = v.ReserveUses(ctx, root, "k", 1)
	wants(t, "reserving of what protects no more", err, fault.BadState)
}
