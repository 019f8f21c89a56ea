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

// All but one node are gone. What an application holds goes on encrypting and opening until its time is out, and not longer; the
// survivor reads within its policy, and then says why not; every call ends by its context. When a quorum is back, all goes on.
func TestWithoutAQuorumHeldKeysServeUntilTheirTimeIsOut(t *testing.T) {
	c := open(t)
	c.ok("key", "create", "app")
	api := c.client()
	const lifetime = 12 * time.Second
	b, err := envelope.New(api, "app", envelope.Lifetime(lifetime))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	within := func(d time.Duration) context.Context {
		x, cancel := context.WithTimeout(t.Context(), d)
		t.Cleanup(cancel)
		return x
	}
	began := time.Now()
	message, err := b.Encrypt(within(10*time.Second), []byte("hello"), nil)
	if err != nil {
		t.Fatal(err)
	}
	fetched := time.Now() // the data key is younger than this and older than began
	lead, followers := c.leader()
	lead.kill()
	followers[0].kill()
	survivor := followers[1]

	var served, refused int
	for time.Since(began) < lifetime-time.Second {
		got, err := b.Decrypt(within(500*time.Millisecond), message, nil)
		if err != nil || string(got) != "hello" {
			t.Fatalf("%v after the data key was fetched: %q, %v", time.Since(fetched), got, err)
		}
		if _, err := b.Encrypt(within(500*time.Millisecond), []byte("more"), nil); err != nil {
			t.Fatalf("%v after the data key was fetched: %v", time.Since(fetched), err)
		}
		served++
		// The survivor answers reads while its lease holds, then refuses them; it never hangs.
		a, err := c.ask(survivor, get("/v1/keys/app"))
		switch {
		case err != nil:
			t.Fatalf("the survivor: %v", err)
		case a.status == 200 && refused > 0:
			t.Errorf("the survivor reads again after it refused: %v", a)
		case a.status == 503:
			refused++
		case a.status != 200:
			t.Fatalf("the survivor: %v", a)
		}
		wait(50 * time.Millisecond)
	}
	if served < 20 || refused == 0 {
		t.Errorf("%d rounds were served, %d reads of the survivor refused", served, refused)
	}
	eventually(t, 3*time.Second, "the time of what is held is out", func() error {
		if _, err := b.Decrypt(within(500*time.Millisecond), message, nil); err == nil {
			return errors.New("it still opens")
		}
		return nil
	})
	if late := time.Since(fetched); late > lifetime+2*time.Second {
		t.Errorf("a data key with a lifetime of %v served for %v", lifetime, late)
	}
	var all sync.WaitGroup
	for _, limit := range []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second} {
		for what, call := range map[string]func(context.Context) error{
			"decrypt":    func(x context.Context) error { _, err := b.Decrypt(x, message, nil); return err },
			"encrypt":    func(x context.Context) error { _, err := b.Encrypt(x, nil, nil); return err },
			"rewrap":     func(x context.Context) error { _, err := b.Rewrap(x, message); return err },
			"read a key": func(x context.Context) error { _, err := api.Key(x, "app"); return err },
			"rotate":     func(x context.Context) error { _, err := api.RotateKey(x, "app"); return err },
		} {
			all.Go(func() {
				begin := time.Now()
				err := call(within(limit))
				if err == nil || time.Since(begin) > limit+2*time.Second {
					t.Errorf("%s within %v: %v after %v", what, limit, err, time.Since(begin))
				}
			})
		}
	}
	all.Wait()
	for _, n := range []*node{lead, followers[0]} {
		n.start()
		c.settled(n)
		c.unseal(n)
	}
	c.serving(c.nodes...)
	if got, err := b.Decrypt(within(20*time.Second), message, nil); err != nil || string(got) != "hello" {
		t.Errorf("with a quorum again: %q, %v", got, err)
	}
	if _, err := b.Decrypt(within(time.Second), append(message[:len(message)-1:len(message)-1], message[len(message)-1]^1), nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("a changed message: %v", err)
	}
}
