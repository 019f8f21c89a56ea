package runbook_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// composed is the compose file's cluster, on the engine of this machine.
type composed struct {
	t       *testing.T
	command []string // docker compose, or docker-compose of old
	dir     string   // with the parts of the repository that the compose file needs
	env     []string
	addr    [3]string
	project string
}

// join is where the compose file expects the join token: a folder that a fresh clone has.
const join = "deployments/container/join"

// TestComposeFile: three containers, unhealthy until the ceremony, healthy after it; one is killed, comes back sealed, and is
// opened; nothing in them can be written but the volume.
func TestComposeFile(t *testing.T) {
	c := newComposed(t)
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := c.run(c.command[0], append(c.command[1:], "logs", "--no-color", "--tail=30")...) // for the message
			t.Logf("%s", out)
		}
		if out, err := c.run(c.command[0], append(c.command[1:], "down", "-v", "--rmi", "all")...); err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
	})
	c.compose("up", "-d")
	c.eventually("node1 answers", func() error { return c.quorateErr("health", "--live", "--addr", c.addr[0]) })

	custody := filepath.Join(c.dir, "custody")
	c.quorate("operator", "init", "--addr", c.addr[0], "--shares", "5", "--threshold", "3", "--out", custody)
	token, err := os.ReadFile(filepath.Join(custody, "root-token"))
	if err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "QUORATE_CACERT="+filepath.Join(custody, "ca.crt"), "QUORATE_TOKEN="+strings.TrimSpace(string(token)))
	c.must("install", "-m", "644", filepath.Join(custody, "join-token"), filepath.Join(c.dir, join, "token"))
	c.eventually("three voters", func() error {
		out, err := c.run(binary, "operator", "members", "--addr", c.addr[0], "--format", "json")
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		var m struct {
			Members []struct {
				Role    string
				Healthy bool
			}
		}
		if err := json.Unmarshal(out, &m); err != nil {
			return err
		}
		n := 0
		for _, m := range m.Members {
			if m.Role != "nonvoter" && m.Healthy {
				n++
			}
		}
		if n != 3 {
			return fmt.Errorf("%d healthy voters", n)
		}
		return nil
	})
	for _, n := range []int{1, 2} {
		if h := c.inspect(n, "{{.State.Health.Status}}"); h == "healthy" {
			t.Errorf("node%d is healthy, and sealed", n+1)
		}
	}
	c.ceremony(custody, 1)
	for n := range 3 {
		c.healthy(n)
		got := c.inspect(n, "{{.HostConfig.ReadonlyRootfs}} {{.Config.User}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}")
		if want := "true 65532:65532 [ALL] [no-new-privileges:true] false"; got != want {
			t.Errorf("node%d runs as %q, want %q", n+1, got, want)
		}
	}
	c.quorate("key", "create", "billing", "--exportable", "--addr", c.addr[1])
	before := c.quorate("key", "material", "billing", "--addr", c.addr[2])

	c.must("docker", "kill", c.container(2))
	c.compose("up", "-d")
	c.eventually("node3 is back", func() error { return c.quorateErr("health", "--live", "--addr", c.addr[2]) })
	if err := c.quorateErr("health", "--addr", c.addr[2]); err == nil {
		t.Error("node3 is ready after a restart, without shares")
	}
	c.eventually("node3 knows its cluster", func() error { return c.quorateErr("status", "--addr", c.addr[2]) })
	c.ceremony(custody, 2)
	c.healthy(2)
	if after := c.quorate("key", "material", "billing", "--addr", c.addr[2]); after != before {
		t.Errorf("node3 answers %q after the restart, %q before", after, before)
	}
}

// newComposed copies what the compose file needs beside the binary under test; it skips without an engine.
func newComposed(t *testing.T) *composed {
	t.Helper()
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Skipf("the compose file is not tried: no Docker engine: %v: %s", err, out)
	}
	var command []string
	for _, try := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if exec.Command(try[0], append(try[1:], "version")...).Run() == nil {
			command = try
		}
	}
	if command == nil {
		t.Skip("the compose file is not tried: neither docker compose nor docker-compose is here")
	}
	c := &composed{t: t, dir: t.TempDir(), project: fmt.Sprintf("quorate-test-%d", os.Getpid())}
	c.command = append(command, "-p", c.project, "-f", "deployments/compose.yaml")
	c.env = append(os.Environ(), "QUORATE_IMAGE="+c.project, "HOME="+c.dir)
	for i := range c.addr {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String()) // the listener made it
		l.Close()
		c.addr[i] = "https://127.0.0.1:" + port
		c.env = append(c.env, fmt.Sprintf("PORT%d=%s", i+1, port))
	}
	c.must("mkdir", filepath.Join(c.dir, "bin"))
	c.must("cp", binary, filepath.Join(c.dir, "bin", "quorate"))
	c.must("cp", filepath.Join(top, ".dockerignore"), c.dir)
	c.must("cp", "-r", filepath.Join(top, "deployments"), c.dir)
	c.must("chmod", "711", filepath.Join(c.dir, join))
	return c
}

func (c *composed) run(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	return cmd.CombinedOutput()
}

func (c *composed) must(name string, args ...string) string {
	c.t.Helper()
	out, err := c.run(name, args...)
	if err != nil {
		c.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (c *composed) compose(args ...string) {
	c.t.Helper()
	c.must(c.command[0], append(c.command[1:], args...)...)
}
func (c *composed) quorate(args ...string) string { c.t.Helper(); return c.must(binary, args...) }

func (c *composed) quorateErr(args ...string) error {
	if out, err := c.run(binary, args...); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// ceremony hands in three shares at a node, as soon as it takes them.
func (c *composed) ceremony(custody string, node int) {
	c.t.Helper()
	args := []string{"operator", "unseal", "--addr", c.addr[node]}
	for i := 1; i <= 3; i++ {
		args = append(args, "--share-file", filepath.Join(custody, fmt.Sprintf("share-%d.txt", i)))
	}
	c.eventually("the ceremony", func() error { return c.quorateErr(args...) })
}

// container is the id of a node's container.
func (c *composed) container(node int) string {
	c.t.Helper()
	return c.must("docker", "ps", "-aq", "--filter", "label=com.docker.compose.project="+c.project,
		"--filter", fmt.Sprintf("label=com.docker.compose.service=node%d", node+1))
}

func (c *composed) inspect(node int, format string) string {
	c.t.Helper()
	return c.must("docker", "inspect", "--format", format, c.container(node))
}

func (c *composed) healthy(node int) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("node%d is healthy", node+1), func() error {
		if h := c.inspect(node, "{{.State.Health.Status}}"); h != "healthy" {
			return fmt.Errorf("its container is %s", h)
		}
		return nil
	})
}

func (c *composed) eventually(what string, ok func() error) {
	c.t.Helper()
	var err error
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); <-time.After(200 * time.Millisecond) {
		if err = ok(); err == nil {
			return
		}
	}
	c.t.Fatalf("%s: not within 90 s: %v", what, err)
}
