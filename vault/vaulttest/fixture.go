// Package vaulttest runs real vaults on a replica that lives in memory: real encoding, real state machines, a real
// seal and a real audit file; only Raft, the network between nodes and the clock are stood in for. The stand-ins
// are strict, and they can be told to fail, or to fail but commit.
//
// A fixture is N nodes that share one log. What a node proposes is encoded, decoded and applied on every node that is
// not cut off; what one node sends another is copied, recorded, and handed to the other vault's own handlers. The package
// knows no protocol: tests of the doors use it to have something real behind them.
package vaulttest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/key"
)

// Start is the time at which every fixture's clock begins.
var Start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// Fixture is a cluster of vaults in this process. Its methods may be called concurrently; those that find something wrong
// end the test, so call them from its own goroutine.
type Fixture struct {
	t     testing.TB
	opts  options
	nodes []*node

	mu           sync.Mutex
	now          time.Time      // guarded by mu
	leader       int            // guarded by mu; -1: none
	moved        chan struct{}  // closed and replaced when anything about the leader or the cuts changes; guarded by mu
	leased       bool           // some node holds a lease on an older state; guarded by mu
	next         []Failure      // what the next proposals meet; guarded by mu
	ahead        []fsm.Command  // go to the log before the next proposal
	meanwhile    func()         // runs before the next proposal; guarded by mu
	wire         [][]byte       // all that crossed between nodes; guarded by mu
	extra        []vault.Member // admitted members that no vault of this fixture stands for; guarded by mu
	removed      map[string]bool
	changes      []vault.MemberChange     // guarded by mu
	beforeChange func(vault.MemberChange) // guarded by mu
	failure      foundFailure             // guarded by mu
	kept         bool                     // Founder.Keep was called; guarded by mu

	commit sync.Mutex  // one proposal at a time; taken before mu
	log    []fsm.Entry // guarded by commit

	founded *vault.Founded
}

// node is one member.
type node struct {
	f     *Fixture
	at    int
	name  string
	path  string // of the audit log
	log   *audit.Log
	disk  *disk
	vault *vault.Vault

	keeper   *Keeper // survives restarts
	identity *identity

	machine  *fsm.Machine // nil until the node belongs to the cluster; guarded by f.mu
	sealed   bool         // as announced; guarded by f.mu
	cut      bool         // guarded by f.mu
	lagging  bool         // applies nothing; guarded by f.mu
	outlived bool         // its lease ran out while it lagged; guarded by f.mu
	expires  int          // so many more times it is fresh, then its lease has run out; 0: it lasts; guarded by f.mu
	role     string       // guarded by f.mu
	rival    bool         // another process of it is alive, too; guarded by f.mu
}

type options struct {
	shares, threshold int
	sealed, blank     bool
	configure         func(*vault.Config)
	audit             audit.Config
	logger            *slog.Logger
}

// Option changes what New and Cluster build.
type Option func(*options)

// WithShares shares the master key among n custodians, of whom k open it. The default is 1 of 1, which is fast.
func WithShares(n, k int) Option { return func(o *options) { o.shares, o.threshold = n, k } }

// Sealed leaves every node sealed.
func Sealed() Option { return func(o *options) { o.sealed = true } }

// Blank leaves the nodes without a cluster: nothing was initialised.
func Blank() Option { return func(o *options) { o.blank = true } }

// WithConfig lets a test change a node's vault.Config before the vault is made.
func WithConfig(change func(*vault.Config)) Option { return func(o *options) { o.configure = change } }

// WithAudit sets how the audit logs work; Node, Logger and Disk are the fixture's.
func WithAudit(c audit.Config) Option { return func(o *options) { o.audit = c } }

// WithLogger gives the vaults a logger; without it they are silent.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

// New is one open node, initialised, that leads.
func New(t testing.TB, opts ...Option) *Fixture { return Cluster(t, 1, opts...) }

// Cluster is n open nodes, n1 to nN, that share one log; the first leads.
func Cluster(t testing.TB, n int, opts ...Option) *Fixture {
	t.Helper()
	f := &Fixture{t: t, opts: options{shares: 1, threshold: 1}, now: Start, leader: -1, moved: make(chan struct{}), removed: map[string]bool{}}
	for _, o := range opts {
		o(&f.opts)
	}
	dir := t.TempDir()
	for i := range n {
		f.nodes = append(f.nodes, f.newNode(i, dir))
	}
	t.Cleanup(f.close)
	if f.opts.blank {
		return f
	}
	f.Init(vault.InitSpec{Shares: f.opts.shares, Threshold: f.opts.threshold, Sealed: f.opts.sealed})
	if !f.opts.sealed {
		f.Unseal(0)
	}
	return f
}

func (f *Fixture) newNode(i int, dir string) *node {
	f.t.Helper()
	n := &node{f: f, at: i, name: fmt.Sprintf("n%d", i+1), sealed: true, role: "voter", disk: &disk{}}
	n.path = filepath.Join(dir, n.name+".audit.log")
	c := f.opts.audit
	c.Node, c.Logger, c.Disk = n.name, f.opts.logger, n.disk.stand
	log, err := audit.Open(n.path, c)
	if err != nil {
		f.t.Fatalf("opening the audit log of %s: %v", n.name, err)
	}
	n.log = log
	n.keeper = &Keeper{files: map[string][]byte{}}
	n.identity = newIdentity(f.t, n.name)
	n.vault = f.newVault(n)
	return n
}

func (f *Fixture) newVault(n *node) *vault.Vault {
	c := vault.Config{Node: n.name, Version: "test", Audit: n.log, Founder: founder{n}, Authority: Authority{}, Log: f.opts.logger, Now: f.Now, Keeper: n.keeper}
	c.Sign, c.Certificate = n.identity.sign, n.identity.certificate
	if f.opts.configure != nil {
		f.opts.configure(&c)
	}
	return vault.New(c)
}

func (f *Fixture) close() {
	for _, n := range f.nodes {
		n.disk.mend()
		n.vault.Close()
		if err := n.log.Close(); err != nil {
			f.t.Errorf("closing the audit log of %s: %v", n.name, err)
		}
	}
}

// Init founds the cluster on the first node and makes the other nodes members of it, sealed.
func (f *Fixture) Init(s vault.InitSpec) *vault.Founded {
	f.t.Helper()
	founded, err := f.nodes[0].vault.Init(context.Background(), access.Caller{Door: "test", RequestID: "init"}, s)
	if err != nil {
		f.t.Fatalf("init: %v", err)
	}
	f.founded = founded
	for _, n := range f.nodes[1:] {
		f.attach(n)
	}
	return founded
}

// attach makes n a member: its machine replays the log.
func (f *Fixture) attach(n *node) {
	f.t.Helper()
	machine := fsm.New()
	f.commit.Lock()
	defer f.commit.Unlock()
	if len(f.log) > 0 {
		if _, err := machine.ApplyBatch(f.log); err != nil {
			f.t.Fatalf("%s cannot apply the log: %v", n.name, err)
		}
	}
	f.mu.Lock()
	n.machine = machine
	f.mu.Unlock()
	n.vault.Attach(machine, replica{n}, peers{n}, members{n})
}

// Unseal hands a threshold of shares to one node, which relays them: every node that is not cut off is open afterwards.
func (f *Fixture) Unseal(i int) {
	f.t.Helper()
	open := func() bool {
		return !slices.ContainsFunc(f.nodes, func(n *node) bool { return n.vault.Sealed() && !f.isCut(n) })
	}
	for _, share := range f.Shares()[:f.opts.threshold] {
		if open() {
			return
		}
		if _, err := f.nodes[i].vault.Unseal(context.Background(), access.Caller{Door: "test"}, share); err != nil {
			f.t.Fatalf("handing in a share to %s: %v", f.nodes[i].name, err)
		}
	}
	if !open() {
		f.t.Fatal("a threshold of shares did not open every node")
	}
}

// Restart is what a restart leaves of node i: its log and its audit file. It is sealed afterwards.
func (f *Fixture) Restart(i int) {
	f.t.Helper()
	f.Starting(i)()
}

// Starting is Restart as far as the node's vault goes before its cluster is opened; what it returns goes on.
func (f *Fixture) Starting(i int) (attach func()) {
	f.t.Helper()
	n := f.nodes[i]
	n.vault.Close()
	n.vault = f.newVault(n)
	n.vault.Starting()
	return func() {
		f.t.Helper()
		f.attach(n)
		f.mu.Lock()
		n.sealed, n.lagging, n.outlived = true, false, false
		f.mu.Unlock()
	}
}

// Len is how many nodes there are.
func (f *Fixture) Len() int { return len(f.nodes) }

// Vault is the vault of node i, counted from 0.
func (f *Fixture) Vault(i int) *vault.Vault { return f.nodes[i].vault }

// Node is the name of node i.
func (f *Fixture) Node(i int) string { return f.nodes[i].name }

// Founded is what init gave: shares, root token, join token, CA.
func (f *Fixture) Founded() *vault.Founded { return f.founded }

// Shares are copies of the key shares, as lines.
func (f *Fixture) Shares() [][]byte {
	var all [][]byte
	for _, s := range f.founded.Shares {
		all = append(all, bytes.Clone(s))
	}
	return all
}

// RootToken is a copy of the root token's text.
func (f *Fixture) RootToken() []byte { return bytes.Clone(f.founded.RootToken) }

// Root is the caller whom the root token names, as a door would complete it.
func (f *Fixture) Root() access.Caller {
	f.t.Helper()
	return f.Caller(f.RootToken())
}

// Caller is who shows this bearer token, as a door would complete it.
func (f *Fixture) Caller(bearer []byte) access.Caller {
	f.t.Helper()
	c, err := f.nodes[max(f.Leader(), 0)].vault.Authenticate(context.Background(), bearer)
	if err != nil {
		f.t.Fatalf("authenticating: %v", err)
	}
	c.Door, c.Remote = "test", "192.0.2.1"
	return c
}

// Grant stores a policy under name, as root.
func (f *Fixture) Grant(name, cedar string) {
	f.t.Helper()
	if _, err := f.lead().vault.PutPolicy(context.Background(), f.Root(), vault.PolicyText{Name: name, Text: cedar}); err != nil {
		f.t.Fatalf("storing the policy %s: %v", name, err)
	}
}

// MustCreate makes an exportable key with the default algorithm, as root, on the leader.
func (f *Fixture) MustCreate(name string) *key.Record {
	f.t.Helper()
	r, err := f.lead().vault.CreateKey(context.Background(), f.Root(), vault.KeySpec{Name: name, Exportable: true})
	if err != nil {
		f.t.Fatalf("creating %s: %v", name, err)
	}
	return r
}

func (f *Fixture) lead() *node {
	f.t.Helper()
	i := f.Leader()
	if i < 0 {
		f.t.Fatal("the fixture has no leader")
	}
	return f.nodes[i]
}

// State is the state of node i.
func (f *Fixture) State(i int) *fsm.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i].machine.State()
}

// Now is the fixture's clock.
func (f *Fixture) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock on. Nothing happens by itself: the vaults' background work is theirs to be run.
func (f *Fixture) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Audit is the audit log of node i.
func (f *Fixture) Audit(i int) *audit.Log { return f.nodes[i].log }

// AuditLines are the lines of the audit log of node i so far.
func (f *Fixture) AuditLines(i int) [][]byte {
	f.t.Helper()
	b, err := os.ReadFile(f.nodes[i].path)
	if err != nil {
		f.t.Fatalf("reading an audit log: %v", err)
	}
	var lines [][]byte
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	return lines
}

// AuditEntries are the entries of the audit log of node i so far.
func (f *Fixture) AuditEntries(i int) []audit.Entry {
	f.t.Helper()
	var all []audit.Entry
	for _, line := range f.AuditLines(i) {
		e, err := audit.Decode(line)
		if err != nil {
			f.t.Fatalf("reading an audit log: %v", err)
		}
		all = append(all, e)
	}
	return all
}

// Wire is every body that crossed between nodes so far, requests and answers.
func (f *Fixture) Wire() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.wire)
}

// Log is every entry that was committed so far.
func (f *Fixture) Log() []fsm.Entry {
	f.commit.Lock()
	defer f.commit.Unlock()
	return slices.Clone(f.log)
}

// MemberChanges are the changes of membership that were asked for so far, AddMember among them.
func (f *Fixture) MemberChanges() []vault.MemberChange {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.changes)
}
