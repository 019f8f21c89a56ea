package chaos_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/quorate/quorate/e2e/chaos/fabric"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

const sigkill = syscall.SIGKILL

// cluster is nodes on a network, and what its operators hold.
type cluster struct {
	net   *fabric.Switch
	nodes []*node
	init  api.InitResponse
	kmip  []*kmipDoor // of each node
	root  string      // token
	opens bool        // nodes that were started again open themselves: nobody hands in shares
	fell  []string    // processes that ended by themselves and were started again, since mend last told of them
}

// newCluster founds a cluster of n below dir; it serves when this returns. With opens its nodes hold shares for one another from then on.
func newCluster(dir string, n int, opens bool, rnd *rand.Rand) (*cluster, error) {
	net, err := fabric.New(n, rnd)
	if err != nil {
		return nil, err
	}
	c := &cluster{net: net}
	for i, h := range net.Hosts {
		one, err := newNode(dir, i, h)
		if err != nil {
			return c, err
		}
		c.nodes = append(c.nodes, one)
	}
	err = c.found(filepath.Join(dir, "join-token"))
	if err == nil && opens {
		err = c.deal()
		c.opens = true
	}
	return c, err
}

// deal makes the slot by which members open themselves, and waits until each holds its share. The window is short since this harness
// starts nodes again within seconds; a cold start is allowed since it kills them all at once.
func (c *cluster) deal() error {
	_, err := c.nodes[0].must(c.root, kit.Request{Method: http.MethodPost, Path: "/v1/sys/slots", Body: api.SlotRequest{Kind: "quorum", Window: "3s", ColdStart: true}})
	if err != nil {
		return err
	}
	return kit.Attempt(30*time.Second, func() error {
		var all api.Slots
		a, err := c.nodes[0].must(c.root, kit.Request{Method: http.MethodGet, Path: "/v1/sys/slots"})
		if err == nil {
			err = a.Into(&all)
		}
		if err != nil {
			return err
		}
		for _, s := range all.Slots {
			if q := s.Quorum; q != nil && q.Dealt && len(q.Members) == len(c.nodes) {
				return nil
			}
		}
		return fmt.Errorf("the members' shares are not dealt: %+v", all.Slots)
	})
}

// close ends everything.
func (c *cluster) close() error {
	var errs []error
	for _, d := range c.kmip {
		d.close()
	}
	for _, n := range c.nodes {
		errs = append(errs, n.kill(), n.disk.Unmount())
	}
	c.net.Close()
	return errors.Join(errs...)
}

// found runs init at the first node, lets the others join, and opens all.
func (c *cluster) found(tokenFile string) error {
	first := c.nodes[0]
	if err := c.start(first); err != nil {
		return err
	}
	a, err := first.ask("", kit.Request{Method: http.MethodPost, Path: "/v1/sys/init", Body: api.InitRequest{Shares: 5, Threshold: 3}})
	if err != nil {
		return err
	}
	if err := a.Into(&c.init); err != nil {
		return err
	}
	c.root = c.init.RootToken
	if err := os.WriteFile(tokenFile, []byte(c.init.JoinToken), 0o600); err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(c.init.CACertificate)) {
		return errors.New("init gave no CA certificate")
	}
	for _, n := range c.nodes {
		n.joinToken = tokenFile
		n.trust(&tls.Config{RootCAs: pool, ServerName: "localhost"})
	}
	for _, n := range c.nodes[1:] {
		n.join = first.peer()
		if err := n.spawn(); err != nil {
			return err
		}
	}
	err = errors.Join(c.voting(30*time.Second), c.recovered(30*time.Second))
	if err == nil {
		c.kmip, err = c.doors(pool)
	}
	return err
}

// start begins a node and waits until it answers.
func (c *cluster) start(n *node) error {
	if err := n.spawn(); err != nil {
		return err
	}
	return kit.Attempt(20*time.Second, func() error {
		if n.Ended() {
			return fmt.Errorf("%s ended while it started: %w\n%s", n.Name, n.Err(), n.Tail(10))
		}
		return n.live()
	})
}

// voting waits until every node votes.
func (c *cluster) voting(within time.Duration) error {
	return kit.Attempt(within, func() error {
		var last error
		for _, n := range c.nodes {
			s, err := n.status()
			if err != nil {
				last = err
				continue
			}
			voters := 0
			for _, m := range s.Members {
				if m.Role == "voter" || m.Role == "leader" {
					voters++
				}
			}
			if voters == len(c.nodes) {
				return nil
			}
			last = fmt.Errorf("%s knows of %d voters", n.Name, voters)
		}
		return last
	})
}

// recovered waits until every node serves, handing in shares where one is sealed. Who ends by itself meanwhile is started again, as in life.
func (c *cluster) recovered(within time.Duration) error {
	return kit.Attempt(within, func() error {
		for _, n := range c.nodes {
			if n.crashed() {
				if err := c.raise(n); err != nil {
					return err
				}
			}
		}
		return c.serving()
	})
}

// raise is what a supervisor does: it starts a node whose process has ended, unless that happens again and again.
func (c *cluster) raise(n *node) error {
	if n.crashed() {
		if len(c.fell) == 5 {
			return fmt.Errorf("%s ends again and again", n.Name)
		}
		c.fell = append(c.fell, fmt.Sprintf("%s ended by itself: %v\n%s", n.Name, n.Err(), n.last(8)))
	}
	return n.spawn()
}

// serving hands shares to every node that is sealed, and tells whether all serve.
func (c *cluster) serving() error {
	var errs []error
	for _, n := range c.nodes {
		if err := c.open(n); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", n.Name, err))
		}
	}
	return errors.Join(errs...)
}

// open tells whether a node serves. To one that is sealed it hands shares, unless nodes open themselves here; who joined just now
// has no share of the others' yet, and is opened by people.
func (c *cluster) open(n *node) error {
	s, err := n.status()
	if err != nil {
		return err
	}
	if s.Sealed && c.opens && !n.joined {
		return fmt.Errorf("it has not opened itself: %+v", s.Opening)
	}
	if s.Sealed {
		for _, share := range c.init.Shares[:3] {
			a, err := n.ask("", kit.Request{Method: http.MethodPost, Path: "/v1/sys/unseal", Body: api.ShareRequest{Share: share}, Within: 3 * time.Second})
			if err != nil {
				return err
			}
			if !a.OK() && a.Problem.Kind != "exists" { // a ceremony that was interrupted goes on where it was
				return errors.New(a.String())
			}
		}
	}
	if err := n.ready(); err != nil {
		return err
	}
	n.joined = false
	return nil
}

// leader is who leads by the word of a node that is alive and leads, or follows it.
func (c *cluster) leader() (*node, error) {
	var lead *node
	err := kit.Attempt(15*time.Second, func() error {
		for _, n := range c.nodes {
			if !n.Running() || n.Paused() {
				continue
			}
			if s, err := n.status(); err == nil && s.Leader == n.Name {
				lead = n
				return nil
			}
		}
		return errors.New("nobody leads")
	})
	return lead, err
}

// parts are the leader and the others, in an order by chance.
func (c *cluster) parts(rnd *rand.Rand) (*node, []*node, error) {
	lead, err := c.leader()
	if err != nil {
		return nil, nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(c.nodes), func(n *node) bool { return n == lead })
	rnd.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return lead, rest, nil
}

// mend ends every fault: the network is whole, disks work, clocks are right, everybody runs, serves, and votes. It tells which
// processes ended by themselves.
func (c *cluster) mend(rnd *rand.Rand) (crashed []string, err error) {
	c.net.Heal()
	var errs []error
	for _, i := range rnd.Perm(len(c.nodes)) {
		n := c.nodes[i]
		n.disk.Mend()
		if n.Paused() && n.Running() {
			errs = append(errs, n.Resume())
		}
		if n.clock != 0 {
			n.clock = 0
			errs = append(errs, n.kill())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return c.fell, err
	}
	err = kit.Attempt(45*time.Second, func() error {
		for _, n := range c.nodes {
			if n.Running() {
				continue
			}
			if err := c.raise(n); err != nil {
				return err
			}
		}
		return c.serving()
	})
	crashed, c.fell = c.fell, nil
	if err != nil {
		return crashed, fmt.Errorf("the cluster does not serve 45 s after everything was mended: %w", err)
	}
	return crashed, c.voting(20 * time.Second)
}

// settled waits until all nodes have applied the same, with no load on them, and compares their states.
func (c *cluster) settled() error {
	return kit.Attempt(20*time.Second, func() error {
		var at []uint64
		var digests []string
		for _, n := range c.nodes {
			d, err := c.digest(n)
			if err != nil {
				return err
			}
			at, digests = append(at, d.Index), append(digests, d.Digest)
		}
		if slices.Min(at) != slices.Max(at) {
			return fmt.Errorf("indexes %v", at)
		}
		for _, d := range digests[1:] {
			if d != digests[0] {
				return fmt.Errorf("at index %d the nodes' states differ: %q", at[0], digests)
			}
		}
		return nil
	})
}

// digest is a hash over a node's whole state.
func (c *cluster) digest(n *node) (d api.Digest, err error) {
	a, err := n.ask(c.root, kit.Request{Method: http.MethodGet, Path: "/v1/sys/digest", Within: 5 * time.Second})
	if err != nil {
		return d, err
	}
	return d, a.Into(&d)
}

// wait lets real time pass, or the run end.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
