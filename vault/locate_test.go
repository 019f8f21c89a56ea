package vault_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestFewLookAtEverythingAtOnce: others wait until their time is over; what is looked up goes on; and a question whose time is over stops.
func TestFewLookAtEverythingAtOnce(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	if _, err := v.CreateKey(t.Context(), f.Root(), vault.KeySpec{Unnamed: true, Names: []key.Label{{Value: "n", Kind: 1}}, Groups: []key.Label{{Value: "g"}}}); err != nil {
		t.Fatal(err)
	}
	const most = 4
	looking, goOn := make(chan bool, most), make(chan bool)
	var all sync.WaitGroup
	for range most {
		all.Go(func() {
			_, n, err := v.Locate(t.Context(), f.Root(), vault.LocateQuery{Limit: 1, Match: func(*key.Record) bool {
				looking <- true
				<-goOn
				return true
			}})
			if err != nil || n != 1 {
				t.Errorf("found %d: %v", n, err)
			}
		})
	}
	for range most {
		<-looking
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, q := range []vault.LocateQuery{{Limit: 1}, {Limit: 1, Group: "g"}} {
		if _, _, err := v.Locate(over, f.Root(), q); !errors.Is(err, fault.Busy) {
			t.Errorf("one more looks, too: %v", err)
		}
	}
	if page, _, err := v.Locate(t.Context(), f.Root(), vault.LocateQuery{Limit: 1, Name: "n"}); err != nil || len(page) != 1 {
		t.Errorf("a name is not looked up: %v, %v", page, err)
	}
	close(goOn)
	all.Wait()
	if _, n, err := v.Locate(t.Context(), f.Root(), vault.LocateQuery{Limit: 1, Group: "g"}); err != nil || n != 1 {
		t.Errorf("nobody looks any more, and %d are found: %v", n, err)
	}
}

// TestLocateStopsWhenItsTimeIsOver: it looks at all that there are only as long as somebody waits for it.
func TestLocateStopsWhenItsTimeIsOver(t *testing.T) {
	f := vaulttest.New(t)
	f.Fill(3000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looked := 0
	_, _, err := f.Vault(0).Locate(ctx, f.Root(), vault.LocateQuery{Limit: 1, Match: func(*key.Record) bool {
		looked++
		cancel()
		return true
	}})
	if !errors.Is(err, fault.Busy) || looked > 1024 {
		t.Errorf("it looked at %d: %v", looked, err)
	}
}
