package e2e_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// An application keeps data keys. A revocation reaches it within the bound that it states; with quorum lost it goes on opening what it
// holds, and everything else ends with its context.
func TestAnApplicationsDataKeysFollowTheCluster(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "app")
	c.ok("key", "create", "other")
	api := c.client(c.nodes...)
	box := func(key string) *envelope.Box {
		b, err := envelope.New(api, key)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	app, other := box("app"), box("other")
	message, err := app.Encrypt(t.Context(), []byte("hello"), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := other.Encrypt(t.Context(), []byte("kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := box("other").Encrypt(t.Context(), []byte("by another data key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(b *envelope.Box, m []byte, want string) {
		t.Helper()
		if got, err := b.Decrypt(t.Context(), m, nil); err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	opens(app, message, "hello")
	wait(time.Second) // until the key is watched; before that, the record itself is compared

	c.ok("key", "suspend", "app")
	acked := time.Now()
	eventually(t, 60*time.Second, "the application's data keys are dropped", func() error {
		if _, err := app.Decrypt(t.Context(), message, nil); !errors.Is(err, fault.BadState) {
			return errors.New("it still opens")
		}
		return nil
	})
	took := time.Since(acked)
	t.Logf("the revocation took %v to reach the application", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("it took %v; through a watch it is 3 s as a rule", took)
	}
	c.ok("key", "resume", "app")
	opens(app, message, "hello")

	_, followers := c.leader()
	c.nodes[0].kill()
	for _, n := range followers {
		if n != c.nodes[0] {
			n.kill()
			break
		}
	}
	wait(4 * time.Second) // the survivor's lease has run out
	opens(other, kept, "kept")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := other.Decrypt(ctx, foreign, nil)
			if err == nil || time.Since(begin) > 3*time.Second {
				t.Errorf("without a quorum, what is not held: %v after %v", err, time.Since(begin))
			}
		})
	}
	all.Wait()
	opens(other, kept, "kept")
}
