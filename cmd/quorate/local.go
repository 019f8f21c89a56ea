package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// local is a cluster of real server processes on this machine's loopback, for the demo and for measuring.
type local struct {
	exe   string
	dir   string
	nodes []*localNode
	init  *api.InitResponse
	ca    *x509.CertPool
	keep  bool // the processes outlive this one
}

// localNode is one of its processes.
type localNode struct {
	name, dir                     string
	api, peer, gossip, keas, kmip string
	joins                         bool
	cmd                           *exec.Cmd
	exited                        chan struct{}
}

const (
	readyWithin = 30 * time.Second
	pollEvery   = 10 * time.Millisecond
)

// newLocal prepares n nodes under dir, with free ports; allDoors opens those that are closed unless asked for. Nothing runs yet.
func newLocal(dir string, n int, allDoors bool) (*local, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	l := &local{exe: exe, dir: dir}
	for i := range n {
		node := &localNode{name: fmt.Sprintf("node%d", i+1), joins: i > 0}
		node.dir = filepath.Join(dir, node.name)
		ports, err := freePorts(5)
		if err != nil {
			return nil, err
		}
		node.api, node.peer, node.gossip = ports[0], ports[1], ports[2]
		if allDoors {
			node.keas, node.kmip = ports[3], ports[4]
		}
		l.nodes = append(l.nodes, node)
	}
	return l, nil
}

// Ports of nodes are chosen below those that outgoing connections get: one of a node that is not listening yet could be taken
// by a connection of its own otherwise.
const (
	firstPort = 20000
	somePorts = 12000
)

// freePorts finds loopback addresses whose ports nobody uses, for TCP or UDP. All are held until all are known.
func freePorts(n int) ([]string, error) {
	var addrs []string
	var held []io.Closer
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	for range 1000 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(somePorts)))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		held = append(held, l)
		u, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		held = append(held, u)
		if addrs = append(addrs, addr); len(addrs) == n {
			return addrs, nil
		}
	}
	return nil, fault.New(fault.Busy, "there are no %d free ports between %d and %d at 127.0.0.1", n, firstPort, firstPort+somePorts)
}

// start runs one node's process. Unless it is to be kept, it ends when this one does, whatever happens.
func (l *local) start(n *localNode) error {
	args := []string{"server", "--dir", n.dir, "--name", n.name, "--api", n.api, "--peer", n.peer, "--gossip", n.gossip, "--log-level", "warn"}
	if n.keas != "" {
		args = append(args, "--keas", n.keas)
	}
	if n.kmip != "" {
		args = append(args, "--kmip", n.kmip)
	}
	if n.joins {
		args = append(args, "--join", l.nodes[0].peer, "--join-token-file", filepath.Join(l.dir, "join-token"))
	}
	log, err := os.OpenFile(filepath.Join(l.dir, n.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.cmd = exec.Command(l.exe, args...)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.cmd.SysProcAttr = dieWithParent()
	if l.keep {
		n.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // nor do they end with its terminal
	}
	if err := n.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", n.name, err)
	}
	n.exited = make(chan struct{})
	go func() {
		_ = n.cmd.Wait()
		close(n.exited)
	}()
	return nil
}

// kill ends a node's process as a power cut would: SIGKILL.
func (n *localNode) kill() { n.end(syscall.SIGKILL, 10*time.Second) }

func (n *localNode) end(sig syscall.Signal, within time.Duration) {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	_ = n.cmd.Process.Signal(sig)
	select {
	case <-n.exited:
	case <-time.After(within):
		_ = n.cmd.Process.Kill()
		<-n.exited
	}
	n.cmd = nil
}

// stop ends all processes, each in order if it can.
func (l *local) stop() {
	for i := len(l.nodes) - 1; i >= 0; i-- {
		l.nodes[i].end(syscall.SIGTERM, 10*time.Second)
	}
}

// found starts the first node and founds the cluster on it.
func (l *local) found(ctx context.Context, shares, threshold int) error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	first := l.nodes[0]
	if err := l.start(first); err != nil {
		return err
	}
	c, err := client.New(client.Config{Endpoints: []string{first.api}, TrustLoopback: true})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := l.until(ctx, first, "answers", func(ctx context.Context) bool {
		_, err := c.Status(ctx)
		return err == nil
	}); err != nil {
		return err
	}
	if l.init, err = c.Init(ctx, api.InitRequest{Shares: shares, Threshold: threshold}); err != nil {
		return err
	}
	l.ca = x509.NewCertPool()
	if !l.ca.AppendCertsFromPEM([]byte(l.init.CACertificate)) {
		return fault.New(fault.Internal, "the cluster's CA certificate cannot be read")
	}
	for name, text := range map[string]string{"ca.crt": l.init.CACertificate, "root-token": l.init.RootToken, "join-token": l.init.JoinToken} {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// grow starts the other nodes and waits until all vote.
func (l *local) grow(ctx context.Context) error {
	for _, n := range l.nodes[1:] {
		if err := l.start(n); err != nil {
			return err
		}
	}
	c, err := l.client(l.nodes[0])
	if err != nil {
		return err
	}
	defer c.Close()
	var gone *localNode
	err = l.until(ctx, l.nodes[0], "has all members voting", func(ctx context.Context) bool {
		for _, n := range l.nodes[1:] {
			select {
			case <-n.exited:
				gone = n
				return true
			default:
			}
		}
		st, err := c.Status(ctx)
		if err != nil || len(st.Members) != len(l.nodes) {
			return false
		}
		for _, m := range st.Members {
			if m.Role == api.RoleNonvoter || !m.Healthy || m.API == "" {
				return false
			}
		}
		return true
	})
	if gone != nil {
		return fault.New(fault.Internal, "%s ended by itself:\n%s", gone.name, l.tail(gone))
	}
	return err
}

// client talks to the nodes given, in that order, with the root token.
func (l *local) client(nodes ...*localNode) (*client.Client, error) {
	var endpoints []string
	for _, n := range nodes {
		endpoints = append(endpoints, n.api)
	}
	token := []byte(l.init.RootToken)
	return client.New(client.Config{Endpoints: endpoints, CA: l.ca, Token: func() []byte { return token }})
}

// until polls a condition of a node, and says what it waited for when it does not come.
func (l *local) until(ctx context.Context, n *localNode, what string, ok func(ctx context.Context) bool) error {
	return l.within(ctx, n, readyWithin, what, ok)
}

// within is until with another limit.
func (l *local) within(ctx context.Context, n *localNode, limit time.Duration, what string, ok func(ctx context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, 2*time.Second)
		good := ok(attempt)
		done()
		if good {
			return nil
		}
		select {
		case <-n.exited:
			return fault.New(fault.Internal, "%s ended by itself:\n%s", n.name, l.tail(n))
		case <-ctx.Done():
			return errors.Join(fault.New(fault.Internal, "%s: %q did not come true in %s:\n%s", n.name, what, limit, l.tail(n)), ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// tail is the end of a node's log.
func (l *local) tail(n *localNode) string {
	text, err := os.ReadFile(filepath.Join(l.dir, n.name+".log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// open hands a threshold of shares to one node and waits until all that run are open and answer.
func (l *local) open(ctx context.Context, at *localNode) error {
	c, err := l.client(at)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, share := range l.init.Shares {
		u, err := c.Unseal(ctx, share)
		if err != nil {
			return err
		}
		if !u.Sealed && allOpen(u.Members) {
			break
		}
	}
	return l.ready(ctx)
}

func allOpen(members []api.SealMember) bool {
	for _, m := range members {
		if m.Sealed {
			return false
		}
	}
	return true
}

// ready waits until every running node answers requests.
func (l *local) ready(ctx context.Context) error {
	for _, n := range l.nodes {
		if n.cmd == nil {
			continue
		}
		c, err := l.client(n)
		if err != nil {
			return err
		}
		err = l.until(ctx, n, "is ready", func(ctx context.Context) bool {
			st, err := c.Status(ctx)
			return err == nil && st.Fresh && !st.Sealed
		})
		c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// leader finds the node that leads, asking those that run.
func (l *local) leader(ctx context.Context) (*localNode, error) {
	for _, n := range l.nodes {
		if n.cmd == nil {
			continue
		}
		c, err := l.client(n)
		if err != nil {
			return nil, err
		}
		st, err := c.Status(ctx)
		c.Close()
		if err != nil {
			continue
		}
		for _, m := range l.nodes {
			if m.name == st.Leader && m.cmd != nil {
				return m, nil
			}
		}
	}
	return nil, fault.New(fault.NoLeader, "no node leads")
}

// others lists the running nodes but one.
func (l *local) others(but *localNode) []*localNode {
	var list []*localNode
	for _, n := range l.nodes {
		if n != but && n.cmd != nil {
			list = append(list, n)
		}
	}
	return list
}
