package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newDemoCmd(a *app) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a cluster being founded, used, and losing its leader",
		Long: `Runs real server processes on this machine's loopback and takes them through a life: founded with key shares, opened
by one ceremony, keys made, a file encrypted, keys rotated, the leader killed with SIGKILL while keys are being made,
every acknowledged key checked, the dead node opened again. Each step says what it shows and how long it took.

It leaves nothing behind unless --keep, which leaves the cluster running, also after a step that failed, and prints how to use it.`,
		Example: `  quorate demo
  quorate demo --file report.pdf --keep`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return a.demo(ctx, o)
		},
	}
	cmd.Flags().IntVar(&o.nodes, "nodes", 3, "`number` of server processes: 3, 5 or 7")
	cmd.Flags().StringVar(&o.file, "file", "", "`file` to encrypt (default: one that the demo makes)")
	cmd.Flags().StringVar(&o.dir, "dir", "", "`directory` for the nodes (default: a temporary one)")
	cmd.Flags().BoolVar(&o.keep, "keep", false, "leave the cluster running, and its directory")
	return cmd
}

type demoOptions struct {
	nodes     int
	file, dir string
	keep      bool
}

// demo is a run of the demo: the cluster, and what the steps pass on to each other.
type demo struct {
	*local
	app     *app
	file    string
	plain   []byte // what is in the file
	sealed  string // the file, encrypted
	client  *client.Client
	old     string // ciphertext made before any rotation
	acked   acked
	dead    *localNode
	outage  time.Duration
	results []stepResult
}

type stepResult struct {
	name, shown string
	took        time.Duration
	err         error
}

// demoStep is one thing to watch. run returns what it showed.
type demoStep struct {
	name string
	run  func(d *demo, ctx context.Context) (string, error)
}

var demoSteps = []demoStep{
	{"found a cluster: 5 shares, any 3 open it", (*demo).stepFound},
	{"the other nodes join with a token that pins the CA", (*demo).stepJoin},
	{"a share with one letter changed is named at once", (*demo).stepMistyped},
	{"one ceremony, through one follower, opens every node", (*demo).stepOpen},
	{"create on one follower, read on another", (*demo).stepCreate},
	{"encrypt a real file through a follower", (*demo).stepEncrypt},
	{"rotate through a follower; old ciphertext still opens", (*demo).stepRotate},
	{"kill -9 the leader while keys are being made", (*demo).stepKill},
	{"no acknowledged key is lost, on any node", (*demo).stepCheck},
	{"decrypt the file without the dead node", (*demo).stepDecrypt},
	{"the dead node comes back, is opened and catches up", (*demo).stepRejoin},
	{"a foreign share is named", (*demo).stepForeign},
	{"suspend: no node serves the key after the answer", (*demo).stepSuspend},
}

func (a *app) demo(ctx context.Context, o demoOptions) error {
	if o.nodes != 3 && o.nodes != 5 && o.nodes != 7 {
		return fault.New(fault.Invalid, "the demo runs 3, 5 or 7 nodes, not %d", o.nodes)
	}
	d, err := newDemo(a, o)
	if err != nil {
		return err
	}
	defer d.leave(o.keep)
	for i, s := range demoSteps {
		fmt.Fprintf(a.out, "%2d. %s\n", i+1, s.name)
		begin := time.Now()
		shown, err := s.run(d, ctx)
		r := stepResult{s.name, shown, time.Since(begin), err}
		d.results = append(d.results, r)
		if err != nil {
			break
		}
		fmt.Fprintf(a.out, "    %s (%s)\n", strings.ReplaceAll(shown, "\n", "\n    "), round(r.took))
	}
	failed := d.summary()
	if d.stays(o.keep) { // whatever failed: the nodes go on
		d.printExports()
	}
	return failed
}

func newDemo(a *app, o demoOptions) (d *demo, err error) {
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "quorate-demo-"); err != nil {
			return nil, err
		}
	} else if err := freshFolder(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && o.dir == "" {
			_ = os.RemoveAll(dir) // why there is no demo is what has to be told
		}
	}()
	l, err := newLocal(dir, o.nodes, true)
	if err != nil {
		return nil, err
	}
	l.keep = o.keep
	d = &demo{local: l, app: a, file: o.file}
	if d.file == "" {
		d.file = filepath.Join(dir, "letter.txt")
		text := bytes.Repeat([]byte("Dear reader, this is what the demo encrypts.\n"), 2000)
		if err := os.WriteFile(d.file, text, 0o600); err != nil {
			return nil, err
		}
	}
	if d.plain, err = os.ReadFile(d.file); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file %s cannot be read", d.file)
	}
	return d, nil
}

// stays tells whether there is a cluster, and it is to go on.
func (d *demo) stays(keep bool) bool { return keep && d.init != nil }

// leave ends the processes and removes what they wrote, or lets both be.
func (d *demo) leave(keep bool) {
	if d.client != nil {
		d.client.Close()
	}
	if d.stays(keep) {
		return
	}
	d.stop()
	if err := os.RemoveAll(d.dir); err != nil {
		fmt.Fprintln(d.app.talk, "the demo's directory could not be removed:", err)
	}
}

func (d *demo) stepFound(ctx context.Context) (string, error) {
	if err := d.found(ctx, 5, 3); err != nil {
		return "", err
	}
	c, err := d.client0()
	if err != nil {
		return "", err
	}
	var exists *client.Error
	if _, err := c.Init(ctx, api.InitRequest{Shares: 5, Threshold: 3}); !errors.As(err, &exists) || !errors.Is(err, fault.Exists) {
		return "", fault.New(fault.Internal, "a second init was not refused: %v", err)
	}
	return fmt.Sprintf("cluster %s, 5 share lines such as %s…; a second init is refused", d.init.ClusterID[:12], d.init.Shares[0][:20]), nil
}

func (d *demo) client0() (*client.Client, error) {
	if d.client != nil {
		return d.client, nil
	}
	c, err := d.local.client(d.nodes...)
	d.client = c
	return c, err
}

func (d *demo) stepJoin(ctx context.Context) (string, error) {
	if err := d.grow(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d members vote; those that joined are sealed, and replicate all the same", len(d.nodes)), nil
}

func (d *demo) stepMistyped(ctx context.Context) (string, error) {
	share := []byte(d.init.Shares[0])
	at := len(share) / 2
	if share[at] == 'q' {
		share[at] = 'p'
	} else {
		share[at] = 'q'
	}
	return d.refused(ctx, string(share), "checksum")
}

// refused hands a bad share in and shows why it was refused. It must cost no progress.
func (d *demo) refused(ctx context.Context, share, word string) (string, error) {
	c, err := d.local.client(d.nodes[1])
	if err != nil {
		return "", err
	}
	defer c.Close()
	_, err = c.Unseal(ctx, share)
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), word) {
		return "", fault.New(fault.Internal, "the bad share was not refused with the word %q: %v", word, err)
	}
	return "refused: " + fault.Of(err).Message, nil
}

func (d *demo) stepOpen(ctx context.Context) (string, error) {
	if err := d.open(ctx, d.nodes[1]); err != nil {
		return "", err
	}
	return fmt.Sprintf("3 shares given to %s; all %d nodes are open", d.nodes[1].name, len(d.nodes)), nil
}

func (d *demo) stepCreate(ctx context.Context) (string, error) {
	leader, err := d.leader(ctx)
	if err != nil {
		return "", err
	}
	followers := d.others(leader)
	one, err := d.local.client(followers[0])
	if err != nil {
		return "", err
	}
	defer one.Close()
	r, err := one.CreateKey(ctx, api.CreateKeyRequest{Name: "demo/file", Exportable: true})
	if err != nil {
		return "", err
	}
	other, err := one.At(followers[1].api) // a client that carries the index along
	if err != nil {
		return "", err
	}
	defer other.Close()
	m, err := other.Material(ctx, "demo/file", 0)
	if err != nil {
		return "", err
	}
	sealed, err := other.Encrypt(ctx, "demo/file", api.EncryptRequest{Plaintext: []byte("before the rotation")})
	if err != nil {
		return "", err
	}
	d.old = sealed.Ciphertext
	return fmt.Sprintf("%s made through %s (the leader is %s), %d-bit key read on %s in the next request",
		r.Algorithm, followers[0].name, leader.name, 8*len(m.Material), followers[1].name), nil
}

func (d *demo) stepEncrypt(ctx context.Context) (string, error) {
	leader, err := d.leader(ctx)
	if err != nil {
		return "", err
	}
	c, err := d.local.client(d.others(leader)...)
	if err != nil {
		return "", err
	}
	defer c.Close()
	var out bytes.Buffer
	h, err := c.EncryptStream(ctx, &out, bytes.NewReader(d.plain), "demo/file", client.StreamOptions{})
	if err != nil {
		return "", err
	}
	d.sealed = filepath.Join(d.dir, filepath.Base(d.file)+".qrt")
	if err := os.WriteFile(d.sealed, out.Bytes(), 0o600); err != nil {
		return "", err
	}
	if len(d.plain) > 64 && bytes.Contains(out.Bytes(), d.plain[:64]) {
		return "", fault.New(fault.Internal, "the encrypted file holds plaintext")
	}
	return fmt.Sprintf("%s: %d bytes became %d, under a data key wrapped by version %d", filepath.Base(d.file), len(d.plain), out.Len(), h.KeyVersion), nil
}

func (d *demo) stepRotate(ctx context.Context) (string, error) {
	leader, err := d.leader(ctx)
	if err != nil {
		return "", err
	}
	c, err := d.local.client(d.others(leader)...)
	if err != nil {
		return "", err
	}
	defer c.Close()
	r, err := c.RotateKey(ctx, "demo/file")
	if err != nil {
		return "", err
	}
	p, err := c.Decrypt(ctx, "demo/file", api.DecryptRequest{Ciphertext: d.old})
	if err != nil {
		return "", err
	}
	if string(p.Plaintext) != "before the rotation" || p.Version != 1 || r.Latest != 2 {
		return "", fault.New(fault.Internal, "old ciphertext opened to something else")
	}
	return fmt.Sprintf("version %d protects from now on, version %d still opens", r.Latest, p.Version), nil
}

func (d *demo) stepDecrypt(ctx context.Context) (string, error) {
	c, err := d.local.client(d.others(d.dead)...)
	if err != nil {
		return "", err
	}
	defer c.Close()
	in, err := os.ReadFile(d.sealed)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if _, err := c.DecryptStream(ctx, &out, bytes.NewReader(in), client.StreamOptions{}); err != nil {
		return "", err
	}
	if !bytes.Equal(out.Bytes(), d.plain) {
		return "", fault.New(fault.Internal, "the decrypted file differs from the original")
	}
	return fmt.Sprintf("%d bytes, equal to the original", out.Len()), nil
}

func (d *demo) stepForeign(ctx context.Context) (string, error) {
	return d.refused(ctx, foreignShare, "cluster")
}

// foreignShare is a share of a cluster that was founded once to make it and is gone.
const foreignShare = "qshare1q9asvej76ngsqqgzte23gn62hlap2vmqc6d0ls9d885rtsxtar9wvwnynlneaenl4q9smpqzfy"

func (d *demo) stepSuspend(ctx context.Context) (string, error) {
	c, err := d.client0()
	if err != nil {
		return "", err
	}
	begin := time.Now()
	if _, err := c.SuspendKey(ctx, "demo/file", api.StateRequest{Reason: "demo"}); err != nil {
		return "", err
	}
	took := time.Since(begin)
	for _, n := range d.nodes {
		one, err := d.local.client(n)
		if err != nil {
			return "", err
		}
		_, err = one.Material(ctx, "demo/file", 0)
		one.Close()
		if !errors.Is(err, fault.BadState) {
			return "", fault.New(fault.Internal, "%s answered %v for a suspended key", n.name, err)
		}
	}
	return fmt.Sprintf("acknowledged after %s; all %d nodes refuse it", round(took), len(d.nodes)), nil
}

// summary prints the table and returns the step that failed, if one did.
func (d *demo) summary() error {
	var failed error
	fmt.Fprintln(d.app.out)
	w := tabwriter.NewWriter(d.app.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tTOOK\tRESULT")
	for _, r := range d.results {
		result := "ok"
		if r.err != nil {
			result, failed = "FAILED", fmt.Errorf("%s: %w", r.name, r.err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.name, round(r.took), result)
	}
	fmt.Fprintf(w, "time without writes after the kill\t%s\t\n", round(d.outage))
	_ = w.Flush()
	return failed
}

// printExports tells how to use the cluster that stays: the nodes of it that run.
func (d *demo) printExports() {
	var addrs, doors []string
	for _, n := range d.nodes {
		if n.cmd == nil {
			continue
		}
		addrs = append(addrs, "https://"+n.api)
		if n.keas != "" {
			doors = append(doors, "https://"+n.keas)
		}
	}
	fmt.Fprintf(d.app.out, "\nexport QUORATE_ADDR=%s\nexport QUORATE_CACERT=%s\nexport QUORATE_TOKEN=$(cat %s)\n",
		strings.Join(addrs, ","), filepath.Join(d.dir, "ca.crt"), filepath.Join(d.dir, "root-token"))
	if len(doors) > 0 {
		fmt.Fprintf(d.app.out, "export QUORATE_KMI_ADDR=%s\n", strings.Join(doors, ","))
	}
	fmt.Fprintf(d.app.talk, "The nodes go on running until you stop them: pkill -f %q\n", d.dir)
}

func round(t time.Duration) time.Duration {
	if t < 10*time.Millisecond {
		return t.Round(10 * time.Microsecond)
	}
	return t.Round(time.Millisecond)
}
