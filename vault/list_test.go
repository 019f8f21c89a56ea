package vault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
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

// TestPagesShowEachKeyOnceThoughOthersComeAndGo walks by name, by tag and by due date, in pages of few, from node to node, while keys are made and
// purged before, at and behind the place where the next page begins: what stays is shown
// once.
func TestPagesShowEachKeyOnceThoughOthersComeAndGo(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(0), f.Root()
	const stay = 60
	spec := func(name string, i int) vault.KeySpec {
		return vault.KeySpec{Name: name, Tags: map[string]string{"shelf": fmt.Sprint(i % 7)}, DeactivAt: key.At(f.Now().Add(time.Duration(1+i/3) * time.Hour))} // some dates are the same
	}
	for i := range stay {
		_, err := v.CreateKey(ctx, root, spec(fmt.Sprintf("stay/%03d", i), i))
		ok(t, "creating", err)
	}
	serial, came := 0, []string{}
	for way, c := range map[string]struct {
		query vault.KeyQuery
		shows func(i int) bool
	}{
		"by name":             {vault.KeyQuery{}, func(int) bool { return true }},
		"by a prefix":         {vault.KeyQuery{Prefix: "stay/"}, func(int) bool { return true }},
		"by a tag's name":     {vault.KeyQuery{Tags: []string{"shelf"}}, func(int) bool { return true }},
		"by a tag":            {vault.KeyQuery{Tags: []string{"shelf=3"}}, func(i int) bool { return i%7 == 3 }},
		"by due date":         {vault.KeyQuery{ByDue: true}, func(int) bool { return true }},
		"by due date and tag": {vault.KeyQuery{ByDue: true, Tags: []string{"shelf=3"}}, func(i int) bool { return i%7 == 3 }},
	} {
		shown, pages := map[string]int{}, 0
		for q := c.query; ; pages++ {
			q.Limit = 1 + pages%5
			page, next, err := f.Vault(pages%2).Keys(ctx, root, q)
			ok(t, way, err)
			for _, r := range page {
				shown[r.Name]++
			}
			if next == "" {
				break
			}
			q.After = next
			// One comes at a place of chance, with the tag and the date of another; the one from two pages ago goes.
			i := (pages * 37) % stay
			name := fmt.Sprintf("stay/%03d-%d", i, serial)
			serial++
			_, err = v.CreateKey(ctx, root, spec(name, i))
			ok(t, "creating meanwhile", err)
			if came = append(came, name); len(came) > 2 {
				ok(t, "deactivating", step(f, came[0], 0, access.Deactivate))
				ok(t, "destroying", destroyNow(f, came[0], 0))
				ok(t, "purging", v.PurgeKey(ctx, root, came[0], 0))
				came = came[1:]
			}
		}
		for i := range stay {
			name, want := fmt.Sprintf("stay/%03d", i), 0
			if c.shows(i) {
				want = 1
			}
			if shown[name] != want {
				t.Errorf("%s: %s is shown %d times, want %d", way, name, shown[name], want)
			}
		}
		for name, n := range shown {
			if n > 1 {
				t.Errorf("%s: %s, which came meanwhile, is shown %d times", way, name, n)
			}
		}
	}
}
