package chaos_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/quorate/quorate/e2e/chaos/disk"
	"github.com/quorate/quorate/e2e/chaos/fabric"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// node is one server with its host and its disk.
type node struct {
	*kit.Process
	index int
	host  *fabric.Host
	disk  *disk.Disk
	http  *http.Client

	join      string        // peer address to join at; "": it founds
	joinToken string        // file
	clock     time.Duration // its clock is ahead by so much
	excused   bool          // what happened to it may end the process
	joined    bool          // and has not served since
	starts    int           // of its process
}

// newNode prepares a node below root. Nothing runs yet.
func newNode(root string, index int, host *fabric.Host) (*node, error) {
	n := &node{index: index, host: host}
	d, err := disk.New(filepath.Join(root, host.Name))
	if err != nil {
		return nil, err
	}
	n.disk = d
	if err := d.Mount(); err != nil {
		return nil, err
	}
	n.Process = &kit.Process{Name: host.Name, Log: filepath.Join(root, host.Name+".log"), Run: host.Start, Make: n.command}
	n.trust(&tls.Config{InsecureSkipVerify: true}) // until there is a CA
	return n, nil
}

// trust makes the client that talks to this node, by a way that no cut touches.
func (n *node) trust(conf *tls.Config) {
	n.http = &http.Client{Transport: &http.Transport{DialContext: n.host.Dial, TLSClientConfig: conf, MaxIdleConnsPerHost: 64}}
}

func (n *node) base() string { return "https://" + n.Name + ":7800" }
func (n *node) peer() string { return n.host.IP + ":7801" }
func (n *node) data() string { return filepath.Join(n.disk.Point, "data") }

// command writes the configuration anew, beside the disk.
func (n *node) command() (*exec.Cmd, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\ndir: %s\nlisten:\n  api: 0.0.0.0:7800\n  peer: %s\n  gossip: %s:7802\n  kmip: 0.0.0.0:5696\n", n.Name, n.data(), n.peer(), n.host.IP)
	fmt.Fprintf(&b, "advertise:\n  api: %s:7800\n", n.host.IP)
	if n.join != "" {
		fmt.Fprintf(&b, "join:\n  peers: [%q]\n  token_file: %s\n", n.join, n.joinToken)
	}
	if n.clock != 0 {
		fmt.Fprintf(&b, "clock_offset: %v\n", n.clock)
	}
	file := filepath.Join(filepath.Dir(n.Log), n.Name+".yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Getenv(binaryEnv), "server", "--config", file)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(n.Log), "GOTRACEBACK=all")
	return cmd, nil
}

// ask sends one request; the token is root's, or nobody's before there is one.
func (n *node) ask(token string, r kit.Request) (kit.Answer, error) {
	return kit.Ask(n.http, n.base(), token, r)
}

// must is ask, and an error unless the answer is a success.
func (n *node) must(token string, r kit.Request) (kit.Answer, error) {
	a, err := n.ask(token, r)
	if err == nil && !a.OK() {
		err = fmt.Errorf("%s %s at %s: %v", r.Method, r.Path, n.Name, a)
	}
	return a, err
}

// live tells whether the process answers.
func (n *node) live() error {
	a, err := n.ask("", kit.Request{Method: http.MethodGet, Path: "/livez", Within: time.Second})
	if err == nil && !a.OK() {
		err = errors.New(a.String())
	}
	return err
}

// ready tells whether the node serves.
func (n *node) ready() error {
	a, err := n.ask("", kit.Request{Method: http.MethodGet, Path: "/readyz", Within: time.Second})
	if err == nil && !a.OK() {
		err = errors.New(a.String())
	}
	return err
}

// status is what the node says of itself.
func (n *node) status() (s api.Status, err error) {
	a, err := n.ask("", kit.Request{Method: http.MethodGet, Path: "/v1/sys/status", Within: time.Second})
	if err != nil {
		return s, err
	}
	return s, a.Into(&s)
}

// spawn starts the process, on a disk that is well.
func (n *node) spawn() error {
	n.http.CloseIdleConnections()
	n.excused = false
	n.starts++
	return n.Spawn()
}

// crashed tells whether the process ended by itself, neither killed nor in order, and was not excused.
func (n *node) crashed() bool {
	var exit *exec.ExitError
	return n.Started() && n.Ended() && !n.excused && errors.As(n.Err(), &exit) && exit.Exited()
}

// last is the end of the log, without what raft says of peers that it does not reach.
func (n *node) last(lines int) string {
	var kept []string
	for line := range strings.Lines(n.Tail(2000)) {
		if !strings.Contains(line, "raft: failed to") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-lines):], "")
}

// kill is kill -9. A process that waits for a frozen disk can end only once the disk lets it; if it does not even then, the disk's
// plug is pulled.
func (n *node) kill() error {
	err := n.Signal(sigkill)
	n.disk.Mend()
	if n.Running() && n.WaitExit(15*time.Second) != nil {
		return errors.Join(err, fmt.Errorf("%s was killed and did not end before its disk was pulled out", n.Name), n.disk.Abort(), n.Kill(), n.disk.Mount())
	}
	return err
}
