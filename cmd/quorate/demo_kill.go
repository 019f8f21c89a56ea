package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

const (
	writers     = 8
	loadBefore  = 700 * time.Millisecond
	loadAfter   = 700 * time.Millisecond
	writeWithin = 15 * time.Second
)

// acked is what the cluster acknowledged while the leader was killed: keys by name, each with a ciphertext.
type acked struct {
	mu     sync.Mutex
	sealed map[string]string // name → ciphertext of the name
	times  []time.Time       // of acknowledgements
}

func (k *acked) add(name, ciphertext string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sealed == nil {
		k.sealed = map[string]string{}
	}
	k.sealed[name] = ciphertext
	k.times = append(k.times, time.Now())
}

// gap is the time from killed until the next acknowledgement of a write that began after it.
func (k *acked) firstAfter(t time.Time) (time.Duration, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	first, found := time.Duration(0), false
	for _, at := range k.times {
		if d := at.Sub(t); d > 0 && (!found || d < first) {
			first, found = d, true
		}
	}
	return first, found
}

// stepKill kills the leader while writers make keys without pause, each key with a ciphertext.
func (d *demo) stepKill(ctx context.Context) (string, error) {
	leader, err := d.leader(ctx)
	if err != nil {
		return "", err
	}
	c, err := d.local.client(d.nodes...)
	if err != nil {
		return "", err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var stop atomic.Bool
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := 0; !stop.Load(); i++ {
				if err := d.makeKey(ctx, c, fmt.Sprintf("demo/load/%d/%d", w, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	pause(ctx, loadBefore)
	killed := time.Now()
	leader.kill()
	d.dead = leader
	var after time.Duration
	for deadline := time.Now().Add(writeWithin); ; pause(ctx, pollEvery) {
		// In flight when the process died are acknowledgements from before; those come within some milliseconds.
		if first, ok := d.acked.firstAfter(killed.Add(20 * time.Millisecond)); ok {
			after = first + 20*time.Millisecond
			break
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			stop.Store(true)
			cancel()
			return "", fault.New(fault.NoLeader, "no write succeeded within %s of the kill: %v", writeWithin, group.Wait())
		}
	}
	pause(ctx, loadAfter)
	stop.Store(true)
	if err := group.Wait(); err != nil {
		return "", fmt.Errorf("a writer saw an error: %w", err)
	}
	d.outage = after
	return fmt.Sprintf("%s is dead; the first write after it took %s; %d keys acknowledged, no writer saw an error",
		leader.name, round(after), len(d.acked.sealed)), nil
}

func (d *demo) makeKey(ctx context.Context, c *client.Client, name string) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: name}); err != nil {
		return err
	}
	sealed, err := c.Encrypt(ctx, name, api.EncryptRequest{Plaintext: []byte(name)})
	if err != nil {
		return err
	}
	d.acked.add(name, sealed.Ciphertext)
	return nil
}

// stepCheck opens every acknowledged key's ciphertext on every node that is left.
func (d *demo) stepCheck(ctx context.Context) (string, error) {
	return d.checkOn(ctx, d.others(d.dead))
}

func (d *demo) checkOn(ctx context.Context, nodes []*localNode) (string, error) {
	for _, n := range nodes {
		c, err := d.local.client(n)
		if err != nil {
			return "", err
		}
		for name, sealed := range d.acked.sealed {
			p, err := c.Decrypt(ctx, name, api.DecryptRequest{Ciphertext: sealed})
			if err != nil || string(p.Plaintext) != name {
				c.Close()
				return "", fault.New(fault.Internal, "key %s on %s: %v", name, n.name, err)
			}
		}
		c.Close()
	}
	return fmt.Sprintf("%d keys × %d nodes: every ciphertext opens", len(d.acked.sealed), len(nodes)), nil
}

// stepRejoin starts the dead node again: it comes back sealed, is opened by shares given to another, and has all keys.
func (d *demo) stepRejoin(ctx context.Context) (string, error) {
	if err := d.start(d.dead); err != nil {
		return "", err
	}
	c, err := d.local.client(d.dead)
	if err != nil {
		return "", err
	}
	defer c.Close()
	err = d.until(ctx, d.dead, "is back, sealed", func(ctx context.Context) bool {
		st, err := c.Status(ctx)
		return err == nil && st.Sealed && st.Initialized && st.Leader != ""
	})
	if err != nil {
		return "", err
	}
	if err := d.open(ctx, d.others(d.dead)[0]); err != nil {
		return "", err
	}
	shown, err := d.checkOn(ctx, []*localNode{d.dead})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s was sealed, opened by shares given to %s; %s", d.dead.name, d.others(d.dead)[0].name, shown), nil
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
