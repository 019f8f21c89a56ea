package vault_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
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
	places, waiters := vault.SearchPlaces()
	if places > max(1, runtime.GOMAXPROCS(0)/2) {
		t.Errorf("%d searches may run on %d processors", places, runtime.GOMAXPROCS(0))
	}
	callers := 2*waiters + 16*places // each place may be used several times while the callers are patient
	impatient, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	answers := make(chan error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			_, err := v.CreateKey(impatient, root, vault.KeySpec{Name: fmt.Sprint("rsa/", i), Algorithm: key.RSA4096})
			answers <- err
		})
	}
	answered := make(chan struct{})
	go func() {
		all.Wait()
		close(answered)
	}()
	most := 0
	for look := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-look.C:
			most = max(most, searching())
			continue
		case <-answered:
		}
		look.Stop()
		break
	}
	if most < 1 || most > places {
		t.Errorf("%d searches ran at once, and %d may", most, places)
	}
	close(answers)
	busy, others := 0, 0
	for err := range answers {
		switch {
		case errors.Is(err, fault.Busy):
			busy++
			if next := fault.Of(err).NextStep(); strings.Contains(next, "node") {
				t.Errorf("they are told %q, and all keys are made by the leader", next)
			}
		case err != nil:
			others++ // whose search was under way when patience ended, or just began
			t.Log(err)
		}
	}
	if busy < callers/2 || others > 2*places {
		t.Errorf("of %d callers %d were told that the node is busy, and %d were told something else", callers, busy, others)
	}
	ok(t, "after the flood", err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "rsa/after", Algorithm: key.RSA2048})))
	waiting, release := v.Searches()
	ok(t, "another key while no RSA key can be made", err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "aes", Algorithm: key.AES256GCM})))
	if n := waiting(); n != 0 {
		t.Errorf("%d wait, and nobody should", n)
	}
	release()
}

// searching counts the goroutines that look for primes now.
func searching() (n int) {
	b := make([]byte, 4<<20)
	for _, one := range strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n") {
		if strings.Contains(one, "crypto/rsa.GenerateKey(") {
			n++
		}
	}
	return n
}

// pairAnd makes a pair of RSA keys, and a single one.
func pairAnd(t *testing.T, f *vaulttest.Fixture, pair, single string) {
	t.Helper()
	of := vault.PairSpec{Private: vault.KeySpec{Name: pair, Algorithm: key.RSA2048}, Public: vault.KeySpec{Name: pair + ".pub"}}
	ok(t, "making a pair", err1(f.Vault(0).CreatePair(ctx, f.Root(), of)))
	ok(t, "making a key", err1(f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: single, Algorithm: key.RSA2048})))
}

// TestWhoWaitsForAPlaceHoldsNoTurn: while the next material of a key waits for a place, the key itself can be changed.
func TestWhoWaitsForAPlaceHoldsNoTurn(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	pairAnd(t, f, "replaced", "rotated")
	for name, act := range map[string]func() error{
		"rotated":  func() error { return err1(v.RotateKey(ctx, root, "rotated")) },
		"replaced": func() error { return err1(v.ReplaceKey(ctx, root, "replaced", vault.ReplaceSpec{Pair: true})) },
	} {
		waiting, release := v.Searches()
		done := make(chan error, 1)
		go func() { done <- act() }()
		for waiting() == 0 && t.Context().Err() == nil {
			<-time.After(time.Millisecond)
		}
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		ok(t, "changing what is being "+name, err1(v.UpdateKey(short, root, name, vault.KeyPatch{Tags: &map[string]string{"a": "b"}})))
		cancel()
		if n := waiting(); n != 1 {
			t.Errorf("%s: %d wait for a place", name, n)
		}
		release()
		ok(t, name, <-done)
	}
}

// TestWhoHoldsATurnDoesNotWaitForAPlace: who was too slow with what he had drawn, and finds no place for more, is told to come back at once.
func TestWhoHoldsATurnDoesNotWaitForAPlace(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	pairAnd(t, f, "replaced", "rotated")
	for name, act := range map[string]func() error{
		"rotated":  func() error { return err1(v.RotateKey(ctx, root, "rotated")) },
		"replaced": func() error { return err1(v.ReplaceKey(ctx, root, "replaced", vault.ReplaceSpec{Pair: true})) },
	} {
		r := f.State(0).KeyByName(name)
		var began time.Time
		release := func() {}
		f.Meanwhile(func() {
			set := &fsm.UpdateKey{Change: fsm.Change{ID: r.ID, Expect: r.Revision, Updated: r.Updated}, Tags: &map[string]string{"a": "b"}}
			set.SetMAC(v.MACAfter(f.State(0).Key(r.ID), set))
			f.Overtake(set)
			_, release = v.Searches()
			began = time.Now()
		})
		wants(t, "what is "+name+" in vain", act(), fault.Busy)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it held the key's turn for %v", name, took)
		}
		release()
		ok(t, "once more", act())
	}
}

// TestTheClusterFindsAPlaceForItsOwnKeys: rotations that are due do not wait for callers, and hold nothing up.
func TestTheClusterFindsAPlaceForItsOwnKeys(t *testing.T) {
	f := vaulttest.New(t)
	material, _ := drawKey(t, key.RSA2048)
	importPlain(t, f, 0, vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048, RotateEvery: time.Hour}, material)
	_, release := f.Vault(0).Searches()
	defer release()
	f.Advance(time.Hour)
	duties(t, f)
	if n := f.State(0).KeyByName("rsa").Latest().Number; n != 2 {
		t.Errorf("version %d, with a rotation due", n)
	}
}
