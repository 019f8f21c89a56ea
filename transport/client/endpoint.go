package client

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"time"
)

// endpoint is one node's address with what the client knows of its health. Client.mu guards all but url.
type endpoint struct {
	url      *url.URL
	failures int       // in a row
	until    time.Time // asked before this only if there is nobody better
	last     bool      // answered the most recent call
}

const maxQuarantine = 5 * time.Second

// order lists the endpoints as a call should try them: the one that answered last, then the healthy ones as
// configured, then the others, soonest recovered first.
func (c *Client) order() []*endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	all := slices.Clone(c.endpoints)
	rank := func(e *endpoint) int {
		switch {
		case e.until.After(now):
			return 2
		case e.last:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b *endpoint) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if rank(a) == 2 {
			return a.until.Compare(b.until)
		}
		return 0
	})
	return all
}

// answered notes that e gave an answer that was worth having.
func (c *Client) answered(e *endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.last && e.failures == 0 {
		return
	}
	for _, other := range c.endpoints {
		other.last = other == e
	}
	e.failures, e.until = 0, time.Time{}
}

// failed sends e to the back of the queue: for longer each time, and at least as long as the server asked.
func (c *Client) failed(e *endpoint, asked time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.last = false
	e.failures = min(e.failures+1, 10)
	pause := min(c.cfg.Backoff<<e.failures, maxQuarantine)
	e.until = time.Now().Add(max(pause/2+rand.N(pause/2+1), min(asked, maxQuarantine)))
}
