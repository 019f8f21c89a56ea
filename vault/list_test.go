package vault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestACursorNamesNoKeyThatTheCallerMayNotRead pages on through many of those, on one node and then another.
func TestACursorNamesNoKeyThatTheCallerMayNotRead(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("app1", `permit (principal == User::"app1", action == Action::"list", resource);
permit (principal == User::"app1", action == Action::"read", resource in Folder::"app1");`)
	create := func(name string) {
		_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: name, RotateEvery: time.Hour})
		ok(t, "creating", err)
	}
	create("app1/a")
	for i := range 140 {
		create(fmt.Sprintf("app1/a-merger%03d/k", i))
	}
	create("app1/z")
	f.Grant("hold", `forbid (principal == User::"app1", action == Action::"read", resource) when { resource.name like "*merger*" };`)
	for _, byDue := range []bool{false, true} {
		var names []string
		sealed := 0
		for q := (vault.KeyQuery{Limit: 1, ByDue: byDue}); ; {
			page, next, err := f.Vault(sealed%2).Keys(ctx, as("app1"), q)
			ok(t, "listing", err)
			for _, r := range page {
				names = append(names, r.Name)
			}
			if next == "" {
				break
			}
			if strings.Contains(next, "merger") || len(next) > 512 {
				t.Fatalf("the cursor is %s", next)
			}
			if strings.HasPrefix(next, "~~") {
				sealed++
				_, _, err := f.Vault(0).Keys(ctx, as("app1"), vault.KeyQuery{ByDue: byDue, After: next[:len(next)-1]})
				wants(t, "going on behind half a cursor", err, fault.Invalid)
			}
			q.After = next
		}
		slices.Sort(names) // by due date they come in any order
		if !slices.Equal(names, []string{"app1/a", "app1/z"}) || !byDue && sealed == 0 {
			t.Errorf("listed %v with %d sealed cursors", names, sealed)
		}
	}
}
