package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/envelope"
)

// The leader is killed every five seconds under 16 clients that retry: no call fails, and none gives a wrong result. Two minutes
// with -tags e2e, fifteen seconds without.
func TestClientsThatRetrySeeNoLeaderDie(t *testing.T) {
	rounds := 3
	if long {
		rounds = 24
	}
	c := open(t)
	c.ok("key", "create", "shared")
	var stop atomic.Bool
	var calls, kills atomic.Int64
	var running sync.WaitGroup
	for w := range 16 {
		cl := c.client(c.nodes[w%3], c.nodes[(w+1)%3], c.nodes[(w+2)%3])
		box, err := envelope.New(cl, "shared", envelope.Uses(50)) // asks the cluster often
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(box.Close)
		running.Go(func() {
			for i := 0; !stop.Load() && !t.Failed(); i++ {
				n, err := round(cl, box, fmt.Sprintf("kills/%d/%d", w, i))
				calls.Add(n)
				if err != nil {
					t.Errorf("client %d, after %d kills: %v", w, kills.Load(), err)
				}
			}
		})
	}
	for next := time.Now().Add(2 * time.Second); kills.Load() < int64(rounds) && !t.Failed(); next = next.Add(5 * time.Second) {
		wait(time.Until(next))
		lead, _ := c.leader()
		lead.kill()
		kills.Add(1)
		lead.start()
		c.settled(lead)
		c.unseal(lead)
		c.serving(c.nodes...)
	}
	stop.Store(true)
	running.Wait()
	t.Logf("%d calls while the leader was killed %d times", calls.Load(), kills.Load())
	if kills.Load() < int64(rounds) || calls.Load() < 100*int64(rounds) {
		t.Errorf("%d calls, %d kills: too few to prove anything", calls.Load(), kills.Load())
	}
	c.caughtUp()
}

// round is what an application does: it makes a key and reads it, rotates it, encrypts and decrypts under it, and seals a value in its Box.
// It counts the calls that were answered; each answer is proved to be right.
func round(cl *client.Client, box *envelope.Box, name string) (calls int64, err error) {
	x, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	step := func(what string, do func() error) {
		if err == nil {
			if err = do(); err != nil {
				err = fmt.Errorf("%s %s: %w", what, name, err)
				return
			}
			calls++
		}
	}
	plain := []byte("of " + name)
	same := func(got []byte) error {
		if !bytes.Equal(got, plain) {
			return fmt.Errorf("a wrong result: %q", got)
		}
		return nil
	}
	var made *api.Record
	step("creating", func() (err error) { made, err = cl.CreateKey(x, api.CreateKeyRequest{Name: name}); return err })
	step("reading", func() error {
		r, err := cl.Key(x, name)
		if err == nil && (r.ID != made.ID || r.Latest != 1) {
			err = fmt.Errorf("a wrong result: %s version %d, made was %s", r.ID, r.Latest, made.ID)
		}
		return err
	})
	var first, second *api.EncryptResponse
	step("encrypting", func() (err error) {
		first, err = cl.Encrypt(x, name, api.EncryptRequest{Plaintext: plain})
		return err
	})
	step("rotating", func() error {
		r, err := cl.RotateKey(x, name)
		if err == nil && r.Latest != 2 {
			err = fmt.Errorf("a wrong result: version %d after one rotation", r.Latest)
		}
		return err
	})
	step("encrypting again", func() (err error) {
		second, err = cl.Encrypt(x, name, api.EncryptRequest{Plaintext: plain})
		if err == nil && (first.Version != 1 || second.Version != 2) {
			err = fmt.Errorf("a wrong result: versions %d and %d", first.Version, second.Version)
		}
		return err
	})
	for range 2 {
		step("decrypting", func() error {
			for _, e := range []*api.EncryptResponse{first, second} {
				d, err := cl.Decrypt(x, name, api.DecryptRequest{Ciphertext: e.Ciphertext})
				if err != nil {
					return err
				}
				if err := same(d.Plaintext); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 10 {
		step("sealing", func() error {
			message, err := box.Encrypt(x, plain, []byte(name))
			if err != nil {
				return err
			}
			got, err := box.Decrypt(x, message, []byte(name))
			if err != nil {
				return err
			}
			return same(got)
		})
	}
	return calls, err
}
