package vault_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

func TestALimitIsNeverExceeded(t *testing.T) {
	for _, limit := range []uint64{1, 7, 500} {
		f := vaulttest.Cluster(t, 3)
		root := f.Root()
		_, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: limit})
		ok(t, "creating", err)
		var done atomic.Uint64
		var users sync.WaitGroup
		for user := range 6 {
			users.Go(func() {
				for done.Load() <= limit {
					text, err := encrypt(f.Vault(user%3), root, "k", "x")
					if err != nil {
						if !errors.Is(err, fault.BadState) {
							t.Errorf("refused with %v", err)
						}
						return
					}
					done.Add(1)
					if user%2 == 0 {
						if _, err = decrypt(f.Vault(user%3), root, "k", text); err == nil {
							done.Add(1)
						}
					}
				}
			})
		}
		users.Wait()
		if got := done.Load(); got != limit {
			t.Errorf("%d uses of a key that may have %d", got, limit)
		}
		if r := show(t, f, 2, "k"); r.Shows().UsageLeft != 0 {
			t.Errorf("%d are left", r.Shows().UsageLeft)
		}
	}
}

func TestWhatWasHandedOutAndLostIsUsed(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: 1000})
	ok(t, "creating", err)
	_, err = encrypt(f.Vault(1), root, "k", "x")
	ok(t, "encrypting", err)
	if r := show(t, f, 1, "k"); r.Shows().UsageLeft != 999 {
		t.Errorf("%d left", r.Shows().UsageLeft)
	}
	if r := show(t, f, 0, "k"); r.Shows().UsageLeft != 990 { // the other node holds nine
		t.Errorf("%d left as another node sees it", r.Shows().UsageLeft)
	}
	f.Restart(1)
	f.Unseal(0)
	used := uint64(0)
	for {
		if _, err = encrypt(f.Vault(1), root, "k", "x"); err != nil {
			break
		}
		used++
	}
	wants(t, "more than the limit", err, fault.BadState)
	if used != 990 {
		t.Errorf("%d uses after a restart that lost nine", used)
	}
	more := uint64(1005)
	_, err = f.Vault(0).UpdateKey(ctx, root, "k", vault.KeyPatch{UsageLimit: &more})
	ok(t, "raising the limit", err)
	for range 5 {
		_, err = encrypt(f.Vault(1), root, "k", "x")
		ok(t, "using what was added", err)
	}
	_, err = encrypt(f.Vault(0), root, "k", "x")
	wants(t, "more than the raised limit", err, fault.BadState)
	none := uint64(0)
	_, err = f.Vault(0).UpdateKey(ctx, root, "k", vault.KeyPatch{UsageLimit: &none})
	ok(t, "ending the limit", err)
	_, err = encrypt(f.Vault(1), root, "k", "x")
	ok(t, "using without a limit", err)
}

func TestALoweredLimitTakesAwayWhatNodesHold(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: 1000})
	ok(t, "creating", err)
	_, err = encrypt(f.Vault(1), root, "k", "x") // holds nine more
	ok(t, "encrypting", err)
	less := uint64(5)
	_, err = f.Vault(0).UpdateKey(ctx, root, "k", vault.KeyPatch{UsageLimit: &less})
	ok(t, "lowering the limit", err)
	_, err = encrypt(f.Vault(1), root, "k", "x")
	wants(t, "using what was held under the higher limit", err, fault.BadState)
}

// TestALimitOfBytesCountsWhatIsProtected: not uses, not what is opened, and never more than there are, on all nodes together.
func TestALimitOfBytesCountsWhatIsProtected(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", UsageLimit: 100, LimitBytes: true})
	ok(t, "creating", err)
	var text []byte
	for i, size := range []int{32, 32, 32} {
		text, err = encrypt(f.Vault(i), root, "k", strings.Repeat("x", size))
		ok(t, "encrypting", err)
	}
	for range 3 {
		_, err = decrypt(f.Vault(2), root, "k", text)
		ok(t, "decrypting", err)
	}
	if _, err := encrypt(f.Vault(2), root, "k", strings.Repeat("x", 5)); !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("5 bytes of the 4 that are left: %v", err)
	}
	if r := show(t, f, 2, "k"); !r.LimitBytes || r.Shows().UsageLeft != 4 {
		t.Errorf("%+v", r)
	}
	_, err = encrypt(f.Vault(2), root, "k", "four")
	ok(t, "encrypting what is left", err)
	if _, err := encrypt(f.Vault(2), root, "k", "x"); !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), "all of the 100 bytes") {
		t.Errorf("more than there was: %v", err)
	}
}
