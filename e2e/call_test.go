package e2e_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

// answer is what a node said to one request, without retries.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem api.Problem // of an error
}

func (a answer) kit() kit.Answer {
	return kit.Answer{Status: a.status, Header: a.header, Body: a.body, Problem: a.problem}
}

func (a answer) String() string { return a.kit().String() }

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := a.kit().Into(v); err != nil {
		t.Fatal(err)
	}
}

// request is one request to one node.
type request struct {
	method, path string
	body         any // []byte and string are sent as they stand
	token        string
	noToken      bool
	header       map[string]string
	within       time.Duration
	keas         bool // to the keas.kmi door
}

// ask sends a request to one node, once.
func (c *cluster) ask(n *node, r request) (answer, error) {
	addr, token := n.api, r.token
	if r.keas {
		addr = n.keas
	}
	if token == "" && !r.noToken {
		token = c.root
	}
	a, err := kit.Ask(c.http, "https://"+addr, token, kit.Request{Method: r.method, Path: r.path, Body: r.body, Header: r.header, Within: r.within})
	return answer{status: a.Status, header: a.Header, body: a.Body, problem: a.Problem}, err
}

// must is ask for what has to be answered.
func (c *cluster) must(n *node, r request) answer {
	c.t.Helper()
	a, err := c.ask(n, r)
	if err != nil {
		c.t.Fatalf("%s %s at %s: %v", r.method, r.path, n.name, err)
	}
	return a
}

func get(path string) request { return request{method: http.MethodGet, path: path} }
func post(path string, body any) request {
	return request{method: http.MethodPost, path: path, body: body}
}

// status is what a node says of itself; it needs no token.
func (c *cluster) status(n *node) (s api.Status, err error) {
	a, err := c.ask(n, request{method: http.MethodGet, path: "/v1/sys/status", noToken: true, within: 2 * time.Second})
	if err != nil {
		return s, err
	}
	if a.status != http.StatusOK {
		return s, fmt.Errorf("status answers %v", a)
	}
	return s, json.Unmarshal(a.body, &s)
}

// client retries over the nodes given, or all.
func (c *cluster) client(nodes ...*node) *client.Client {
	c.t.Helper()
	return c.clientFor(c.root, nodes...)
}

func (c *cluster) clientFor(token string, nodes ...*node) *client.Client {
	c.t.Helper()
	if len(nodes) == 0 {
		nodes = c.nodes
	}
	cfg := client.Config{CAFile: c.caFile, Token: func() []byte { return []byte(token) }, Timeout: 3 * time.Second, CallTimeout: 20 * time.Second}
	for _, n := range nodes {
		cfg.Endpoints = append(cfg.Endpoints, "https://"+n.api)
	}
	cl, err := client.New(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(cl.Close)
	return cl
}

// ran is how a command ended.
type ran struct {
	code           int
	stdout, stderr string
	maxRSS         int64 // bytes
	took           time.Duration
}

func (r ran) String() string {
	return fmt.Sprintf("exit %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// command prepares the CLI as a user has it: an environment and nothing saved.
func (c *cluster) command(ctx context.Context, nodes []*node, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	addr := ""
	for _, n := range nodes {
		addr += "https://" + n.api + ","
	}
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home, "XDG_CONFIG_HOME=" + c.home,
		"QUORATE_ADDR=" + addr, "QUORATE_CACERT=" + c.caFile, "QUORATE_TOKEN=" + c.root,
	}
	cmd.Env = append(cmd.Env, c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// cli runs the CLI against the nodes given (nil: all).
func (c *cluster) cli(nodes []*node, args ...string) ran {
	c.t.Helper()
	return c.cliEnv(nodes, nil, args...)
}

func (c *cluster) cliEnv(nodes []*node, env []string, args ...string) ran {
	c.t.Helper()
	if nodes == nil {
		nodes = c.nodes
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := c.command(ctx, nodes, args...)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	begin := time.Now()
	err := cmd.Start()
	var peak func() int64
	if err == nil {
		peak = watchMemory(cmd.Process.Pid)
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatalf("quorate %v: %v", args, err)
	}
	return ran{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String(), took: time.Since(begin), maxRSS: peak()}
}

// watchMemory follows the peak of a process's resident memory until the process ends or the peak is asked for. The kernel's
// account of a child that ended (ru_maxrss) would not do: it begins at what its parent, this test, had when it was made.
func watchMemory(pid int) (peak func() int64) {
	ctx, cancel := context.WithCancel(context.Background())
	found := make(chan int64, 1)
	go func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		most := int64(0)
		for ctx.Err() == nil {
			if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
				if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
					var kib int64
					if _, err := fmt.Sscan(after, &kib); err == nil {
						most = max(most, kib<<10)
					}
				}
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
		found <- most
	}()
	return func() int64 { cancel(); return <-found }
}

// ok is cli for what has to succeed.
func (c *cluster) ok(args ...string) string {
	c.t.Helper()
	r := c.cli(nil, args...)
	if r.code != 0 {
		c.t.Fatalf("quorate %v: %v", args, r)
	}
	return r.stdout
}

func poolOf(t *testing.T, pem string) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		t.Fatal("init gave no CA certificate")
	}
	return pool
}
