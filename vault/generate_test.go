package vault_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// A flood of callers who want RSA keys does not take the machine: few searches run, some wait for as long as their callers do, and the rest are
// told to come back at once. Keys of other algorithms do not wait.
func TestSearchesForPrimesLeaveTheMachineRoom(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	const callers = 60
	impatient, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	began := make(chan struct{}, callers)
	answers := make(chan error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			began <- struct{}{}
			_, err := v.CreateKey(impatient, root, vault.KeySpec{Name: fmt.Sprint("rsa/", i), Algorithm: key.RSA4096})
			answers <- err
		})
	}
	for range callers {
		<-began
	}
	if _, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "aes", Algorithm: key.AES256GCM}); err != nil {
		t.Errorf("another key meanwhile: %v", err)
	}
	all.Wait()
	close(answers)
	if _, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "rsa/after", Algorithm: key.RSA2048}); err != nil {
		t.Errorf("after the flood: %v", err)
	}
	busy, others := 0, 0
	for err := range answers {
		switch {
		case errors.Is(err, fault.Busy):
			busy++
		case err != nil:
			others++ // whose search was under way when patience ended
			t.Log(err)
		}
	}
	if busy < callers/2 || others > runtime.GOMAXPROCS(0) {
		t.Errorf("of %d callers %d were told that the node is busy, and %d were told something else", callers, busy, others)
	}
}
