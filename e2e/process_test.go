package e2e_test

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

// node is one `quorate server` process, and what is needed to start it again.
type node struct {
	t                             *testing.T
	name, dir                     string
	api, peer, gossip, keas, kmip string
	advertisePeer                 string // a relay's address; "": peer
	join                          string // peer address of a member
	joinToken                     string // file
	extra                         string // further lines of the configuration
	program                       string // "": binary
	resolver                      string // DNS server
	replace                       string // dead member whose place it takes

	proc *kit.Process
}

// host is this test process's own loopback address, and with it its ports are its own: nobody else on the machine, and
// no outgoing connection, takes the port of a node that is down.
var host = fmt.Sprintf("127.%d.%d.%d", 16+rand.IntN(200), rand.IntN(256), 1+rand.IntN(254))

var (
	portsMu sync.Mutex
	taken   = map[int]bool{}
)

// freePort finds a port that is free for TCP and UDP.
func freePort(t *testing.T) string {
	t.Helper()
	portsMu.Lock()
	defer portsMu.Unlock()
	for range 1000 {
		p := 20000 + rand.IntN(12000)
		addr := net.JoinHostPort(host, strconv.Itoa(p))
		if taken[p] {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		u, err := net.ListenPacket("udp", addr)
		l.Close()
		if err != nil {
			continue
		}
		u.Close()
		taken[p] = true
		return addr
	}
	t.Fatal("no free port between 20000 and 32000")
	return ""
}

func newNode(t *testing.T, root, name string) *node {
	t.Helper()
	n := &node{
		t: t, name: name, dir: filepath.Join(root, name),
		api: freePort(t), peer: freePort(t), gossip: freePort(t), keas: freePort(t), kmip: freePort(t),
	}
	n.proc = &kit.Process{Name: name, Log: filepath.Join(root, name+".log"), Make: n.command}
	return n
}

// config writes the node's configuration: the way operators start one, and the only one that can advertise a relay.
func (n *node) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\ndir: %s\nlisten:\n  api: %s\n  peer: %s\n  gossip: %s\n  keas: %s\n  kmip: %s\n", n.name, n.dir, n.api, n.peer, n.gossip, n.keas, n.kmip)
	if n.advertisePeer != "" {
		fmt.Fprintf(&b, "advertise:\n  peer: %s\n", n.advertisePeer)
	}
	if n.join != "" {
		fmt.Fprintf(&b, "join:\n  peers: [%q]\n  token_file: %s\n", n.join, n.joinToken)
		if n.replace != "" {
			fmt.Fprintf(&b, "  replace: %s\n", n.replace)
		}
		if n.resolver != "" {
			fmt.Fprintf(&b, "  resolver: %s\n", n.resolver)
		}
	}
	b.WriteString(n.extra)
	file := n.dir + ".yaml"
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		n.t.Fatal(err)
	}
	return file
}

// start begins the process and waits until its API answers.
func (n *node) start() {
	n.t.Helper()
	n.spawn()
	eventually(n.t, 20*time.Second, n.name+" answers on its API", func() error {
		if n.ended() {
			n.t.Fatalf("%s ended while it started: %v\n%s", n.name, n.proc.Err(), n.tail(30))
		}
		return n.live()
	})
}

// command is the server with its configuration written anew.
func (n *node) command() (*exec.Cmd, error) {
	cmd := exec.Command(cmp.Or(n.program, binary), "server", "--config", n.config())
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(n.dir), "GOTRACEBACK=all")
	return cmd, nil
}

// spawn begins the process; the end of the test ends it.
func (n *node) spawn() {
	n.t.Helper()
	first := !n.proc.Started()
	if err := n.proc.Spawn(); err != nil {
		n.t.Fatal(err)
	}
	if first {
		n.t.Cleanup(n.end)
	}
}

// end leaves nothing behind, and shows the log of a story that failed.
func (n *node) end() {
	n.kill()
	if n.t.Failed() {
		n.t.Logf("the end of %s's log:\n%s", n.name, n.tail(40))
	}
}

func (n *node) ended() bool { return n.proc.Ended() }

// live asks the process whether it is there; any certificate will do.
func (n *node) live() error {
	resp, err := kit.Anyone.Get("https://" + n.api + "/livez")
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("livez answers %d", resp.StatusCode)
	}
	return nil
}

func (n *node) signal(s syscall.Signal) { n.report(n.proc.Signal(s)) }

func (n *node) report(err error) {
	if err != nil {
		n.t.Error(err)
	}
}

// kill is kill -9, and waits for the end.
func (n *node) kill() { n.report(n.proc.Kill()) }

// stop is SIGTERM, and waits for an orderly end.
func (n *node) stop() {
	n.t.Helper()
	n.signal(syscall.SIGTERM)
	n.waitExit(20 * time.Second)
	if err := n.proc.Err(); err != nil {
		n.t.Errorf("%s did not stop in order: %v\n%s", n.name, err, n.tail(20))
	}
}

// waitExit waits until the process has ended by itself.
func (n *node) waitExit(within time.Duration) {
	n.t.Helper()
	if err := n.proc.WaitExit(within); err != nil {
		n.t.Error(err)
		n.kill()
	}
}

func (n *node) pause()  { n.report(n.proc.Pause()) }
func (n *node) resume() { n.report(n.proc.Resume()) }

// tail is the end of the node's log.
func (n *node) tail(lines int) string { return n.proc.Tail(lines) }

// logged tells whether the log has a line with text in it.
func (n *node) logged(text string) bool { return n.proc.Logged(text) }

// resident is the process's resident memory in bytes.
func (n *node) resident() int64 { n.t.Helper(); return n.memory("VmRSS:") }

// peak is the most that it ever was.
func (n *node) peak() int64 { n.t.Helper(); return n.memory("VmHWM:") }

func (n *node) memory(line string) int64 {
	n.t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", n.proc.PID()))
	if err != nil {
		n.t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), line); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 10, 64)
			if err != nil {
				n.t.Fatal(err)
			}
			return kb << 10
		}
	}
	n.t.Fatalf("the kernel does not tell %s's memory", n.name)
	return 0
}

// eventually asks until ok answers nil; the test fails with its last answer when time is up.
func eventually(t *testing.T, within time.Duration, what string, ok func() error) {
	t.Helper()
	if err := kit.Attempt(within, ok); err != nil {
		t.Fatalf("%s: not within %v: %v", what, within, err)
	}
}

const (
	sigterm = syscall.SIGTERM
	sigkill = syscall.SIGKILL
)

// wait lets real time pass, where a story is about time.
func wait(d time.Duration) { <-time.After(d) }
