package e2e_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// flood is something that strangers, or users who ask for too much, do to one node until ctx ends. It tells what it did.
type flood struct {
	what           string
	short, counted time.Duration // how long; 0: not in make test
	do             func(ctx context.Context, c *cluster, n *node) string
	needs          string // a program that may be missing: then the flood is left out
}

func floodsOf() []flood {
	return []flood{
		{"clients that send a header, or a body, byte by byte", 3 * time.Second, 20 * time.Second, slowClients, ""},
		{"slowhttptest: headers, bodies, and reading", 0, 30 * time.Second, slowHTTPTest, "slowhttptest"},
		{"64 callers who generate RSA keys of 4,096 bits", 4 * time.Second, 20 * time.Second, generators, ""},
		{"idle TLS connections", 3 * time.Second, 20 * time.Second, idlers, ""},
	}
}

// witness is a user who goes on during a flood, from an address of his own: he opens a ciphertext, and now and then makes a key.
type witness struct {
	mu      sync.Mutex
	took    []time.Duration // of what was done
	last    time.Time       // when something was done last within the promise
	refused int             // told to come back: not admitted
	failed  []error
}

// floodWithin is what a request takes at most that is admitted during a flood.
const floodWithin = 250 * time.Millisecond

func (w *witness) watch(ctx context.Context, c *cluster, n *node, name, text string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r := on(name, "decrypt", api.DecryptRequest{Ciphertext: text})
		if i%10 == 9 {
			r = create(fmt.Sprintf("%s/%d", name, time.Now().UnixNano()), false)
		}
		begin := time.Now()
		a, err := c.ask(n, r)
		took := time.Since(begin)
		w.mu.Lock()
		switch {
		case err != nil:
			w.failed = append(w.failed, err)
		case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
			w.refused++
		case a.status/100 != 2:
			w.failed = append(w.failed, errors.New(a.String()))
		default:
			w.took = append(w.took, took)
			if took <= floodWithin {
				w.last = time.Now()
			}
		}
		w.mu.Unlock()
	}
}

// take is what was seen since it was taken last: how long the admitted took, in order.
func (w *witness) take() (took []time.Duration, refused int, failed []error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	took, refused, failed = w.took, w.refused, w.failed
	w.took, w.refused, w.failed = nil, 0, nil
	slices.Sort(took)
	return took, refused, failed
}

// term is the highest Raft term that a node knows of.
func (c *cluster) term() (highest int) {
	c.t.Helper()
	for _, n := range c.nodes {
		a := c.must(n, request{method: http.MethodGet, path: "/metrics", noToken: true})
		found := false
		for line := range strings.Lines(string(a.body)) {
			if v, ok := strings.CutPrefix(line, "quorate_cluster_term "); ok {
				f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
				if err != nil {
					c.t.Fatal(err)
				}
				highest, found = max(highest, int(f)), true
			}
		}
		if !found {
			c.t.Fatalf("%s does not tell its term", n.name)
		}
	}
	return highest
}

// The leader is flooded. Nobody is elected, who is admitted is served, memory stays bounded, and afterwards it is as before. Figures
// are compared with what was promised by the reader of the README; here the bounds are wider, for a machine that is busy.
func TestFloodsStopNobody(t *testing.T) {
	c := open(t)
	lead, _ := c.leader()
	const name = "flooded"
	if a := c.must(lead, create(name, false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	text := c.sealed(name)
	for _, f := range floodsOf() {
		length := f.short
		if times(0, 1) == 1 {
			length = f.counted
		}
		if length == 0 {
			continue
		}
		t.Run(f.what, func(t *testing.T) {
			if _, err := exec.LookPath(f.needs); f.needs != "" && err != nil {
				t.Skipf("%s (Debian) is not installed: its floods are left out, and no figure is written", f.needs)
			}
			c.flooded(t, f, length, lead, name, text)
		})
	}
}

func (c *cluster) flooded(t *testing.T, f flood, length time.Duration, lead *node, name, text string) {
	w := &witness{}
	watching, unwatch := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.watch(watching, c, lead, name, text) })
	defer func() { unwatch(); running.Wait() }()
	wait(time.Second)
	calm, _, failed := w.take()
	if len(failed) > 0 || len(calm) == 0 {
		t.Fatalf("before the flood: %d done, %v", len(calm), failed)
	}
	term, before := c.term(), lead.resident()
	var most atomic.Int64
	running.Go(func() { // the peak since the process began would hide a later flood behind an earlier one
		for watching.Err() == nil {
			most.Store(max(most.Load(), lead.resident()))
			wait(50 * time.Millisecond)
		}
	})
	flooding, dry := context.WithTimeout(t.Context(), length)
	did := f.do(flooding, c, lead)
	dry()
	took, refused, failed := w.take()
	ended := time.Now()
	// Back is who does ten things in a row within what is promised.
	eventually(t, time.Minute, "the node is back", func() error {
		wait(10 * 20 * time.Millisecond)
		again, refused, failed := w.take()
		if len(again) == 0 || refused+len(failed) > 0 || again[len(again)-1] > floodWithin {
			return fmt.Errorf("%d done, %d refused, %v, %v", len(again), refused, failed, again)
		}
		return nil
	})
	back := time.Since(ended)
	elections, grown := c.term()-term, most.Load()-before
	// Without a bound on searches for primes there were 32.
	if elections > 0 {
		t.Errorf("%s: %d elections", did, elections)
	}
	for _, err := range failed {
		t.Errorf("%s: an honest request failed: %v", did, err)
	}
	if len(took) == 0 {
		t.Fatalf("%s: nobody was admitted (%d refused)", did, refused)
	}
	at := took[max(0, (len(took)*99+99)/100-1)]
	if grown > 256<<20 {
		t.Errorf("%s: the node's memory grew by %d MiB", did, grown>>20)
	}
	if at > 4*floodWithin || back > 15*time.Second {
		t.Errorf("%s: p99 %v of who was admitted, back after %v", did, at, back)
	}
	tellFigure(t, "flood: "+f.what, "0 elections, p99 of the admitted ≤ 250 ms, memory ≤ + 256 MiB, back ≤ 5 s",
		fmt.Sprintf("the leader of 3 flooded for %v: %s", length, did),
		"%d elections, p99 %v of %d admitted (%d told to come back), memory %+d MiB, back after %v",
		elections, at.Round(time.Millisecond), len(took), refused, grown>>20, back.Round(10*time.Millisecond))
}

// stranger connects from an address of the loopback net that is not the witness's; each has a thousand connections at most.
func stranger(ctx context.Context, i int, addr string) (*tls.Conn, error) {
	d := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 9, 0, byte(1+i/1000))}},
		Config:    &tls.Config{InsecureSkipVerify: true},
	}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*tls.Conn), nil //nolint:forcetypeassert // tls.Dialer makes no other
}

// slowClients send a byte ten times a second; who is thrown out comes again.
func slowClients(ctx context.Context, c *cluster, n *node) string {
	var all sync.WaitGroup
	var begun, thrown atomic.Int64
	count := times(100, 800)
	for i := range count {
		all.Go(func() {
			text := "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: "
			if i%2 == 1 {
				text = "POST /v1/sys/unseal HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
			}
			for ctx.Err() == nil {
				conn, err := stranger(ctx, i, n.api)
				if err != nil {
					wait(100 * time.Millisecond)
					continue
				}
				begun.Add(1)
				_, err = io.WriteString(conn, text)
				for err == nil && ctx.Err() == nil {
					wait(100 * time.Millisecond)
					_, err = io.WriteString(conn, " ")
				}
				if err != nil {
					thrown.Add(1)
				}
				conn.Close()
			}
		})
	}
	all.Wait()
	return fmt.Sprintf("%d slow clients at a time, %d connections, %d thrown out", count, begun.Load(), thrown.Load())
}

// slowHTTPTest is somebody else's program for the same, and for clients that do not read what they asked for.
func slowHTTPTest(ctx context.Context, _ *cluster, n *node) string {
	var running sync.WaitGroup
	for _, mode := range []string{"-H", "-B", "-X"} {
		running.Go(func() {
			cmd := exec.CommandContext(ctx, "slowhttptest", mode, "-c", "300", "-r", "100", "-i", "1", "-l", "600", "-u", "https://"+n.api+"/v1/sys/unseal")
			_ = cmd.Run() // the end of the flood kills it
		})
	}
	running.Wait()
	<-ctx.Done()
	return "900 connections of slowhttptest -H, -B and -X"
}

// generators ask for what costs the node most.
func generators(ctx context.Context, c *cluster, n *node) string {
	var all sync.WaitGroup
	var made, refused, failed atomic.Int64
	for i := range 64 {
		all.Go(func() {
			for j := 0; ctx.Err() == nil; j++ {
				r := post("/v1/keys", api.CreateKeyRequest{Name: fmt.Sprintf("rsa/%d/%d/%d", time.Now().UnixNano(), i, j), Algorithm: "rsa-4096"})
				r.within = time.Duration(times(3, 30)) * time.Second
				switch a, err := c.ask(n, r); {
				case err != nil || a.status/100 == 5 && a.status != http.StatusServiceUnavailable:
					failed.Add(1)
				case a.status/100 == 2:
					made.Add(1)
				default:
					refused.Add(1)
					wait(100 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	return fmt.Sprintf("%d made, %d told to come back, %d without an answer", made.Load(), refused.Load(), failed.Load())
}

// idlers open connections, ask something once, and hold them. As many are tried as one door takes: the last ones find no place.
func idlers(ctx context.Context, c *cluster, n *node) string {
	count := times(300, 10_000)
	var mu sync.Mutex
	var held []net.Conn
	var next atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && c.t.Context().Err() == nil; i = int(next.Add(1)) - 1 {
				conn, err := stranger(c.t.Context(), i, n.api)
				if err != nil {
					continue
				}
				if _, err := io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"); err == nil {
					if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
						resp.Body.Close()
						mu.Lock()
						held = append(held, conn)
						mu.Unlock()
						continue
					}
				}
				conn.Close()
			}
		})
	}
	all.Wait()
	<-ctx.Done()
	for _, conn := range held {
		conn.Close()
	}
	return fmt.Sprintf("%d connections, %d of them found a place", count, len(held))
}
