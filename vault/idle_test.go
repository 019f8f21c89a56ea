package vault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// TestAKeyWithoutADateWaitsToBeActivated: and one that is kept for use outside is given out meanwhile, and after its end;
// when it is compromised, to whom a policy lets open it.
func TestAKeyWithoutADateWaitsToBeActivated(t *testing.T) {
	w := newWorld(t, 3)
	v, root := w.Vault(0), w.Root()
	w.Grant("rescue", `permit (principal == User::"rescuer", action in [Action::"reveal", Action::"open-compromised"], resource);`)
	for _, idle := range []bool{true, false} {
		name := map[bool]string{true: "idle", false: "usual"}[idle]
		r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, PreActive: true, Exportable: true, RevealIdle: idle})
		ok(t, "creating", err)
		if r.State != key.PreActive || r.ActivateAt != 0 || r.Latest().Activated != 0 || r.RevealIdle != idle {
			t.Errorf("it is %s, activates at %v, activated %v, idle %t", r.State, r.ActivateAt, r.Latest().Activated, r.RevealIdle)
		}
		if _, _, err := v.Encrypt(ctx, root, name, vault.Message{Body: []byte("x")}); !errors.Is(err, fault.BadState) {
			t.Errorf("a pre-active key encrypts: %v", err)
		}
		given := func(state string, want bool) {
			t.Helper()
			for i := range 3 {
				if _, err := reveal(w.Vault(i), root, name, 0); (err == nil) != want || err != nil && !errors.Is(err, fault.BadState) {
					t.Errorf("%s: %s is given out by node %d: %v", state, name, i, err)
				}
			}
		}
		given("pre-active", idle)
		step := func(a access.Action, resume bool) {
			t.Helper()
			_, err := v.ChangeState(ctx, root, name, vault.StateChange{Action: a, Resume: resume, Reason: "test"})
			ok(t, string(a), err)
		}
		step(access.Activate, false)
		given("active", true)
		step(access.Suspend, false)
		given("suspended", false)
		step(access.Activate, true)
		step(access.Deactivate, false)
		given("deactivated", idle)
		step(access.Compromise, false)
		given("compromised", false)
		for i := range 3 {
			if _, err := reveal(w.Vault(i), as("rescuer"), name, 0); (err == nil) != idle || err != nil && !errors.Is(err, fault.BadState) {
				t.Errorf("compromised: %s is given out by node %d to whom a policy lets open it: %v", name, i, err)
			}
		}
		var now time.Duration
		_, err = v.DestroyKey(ctx, root, name, vault.Destruction{After: &now, Force: true})
		ok(t, "destroying", err)
		given("destroyed", false)
	}
}
