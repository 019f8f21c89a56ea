// Package vault is the product: one method per operation, for every protocol alike. It decides who may do what,
// opens and wraps key material, and proposes changes to the replicated state. It knows no protocol, no Raft and
// no network: what it needs of those it declares here, and the wiring supplies it.
package vault

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Replica is this node's part in the replicated state. Its methods may be called concurrently.
type Replica interface {
	// Propose commits cmd; on return it is applied here. On any node but a ready leader fault.NoLeader, and nothing
	// was written; fault.Uncertain when the outcome is not known. A command that takes something out of use returns
	// only when no node serves it any more.
	Propose(ctx context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error)
	// Outlast returns when no node can serve a state older than this leader's: after a write that was made before, whose
	// first caller may have gone before it was acknowledged. fault.NoLeader, fault.Uncertain as Propose.
	Outlast(ctx context.Context) error
	// Fresh is nil when this node may answer such a read now; else fault.Stale or fault.Conflict with the reason.
	Fresh(ctx context.Context, read access.Consistency) error
	// Leader names the leader as far as known, and tells whether this node is it and ready to propose.
	Leader() (node string, self bool)
}

// Peers reaches the other nodes. Its methods may be called concurrently.
type Peers interface {
	// Call asks one member; Forward asks the leader, whoever that becomes, until ctx ends.
	// Forward returns ErrSelf when this node turned out to be the leader; it is fault.Uncertain too if the leader before may have done it.
	Call(ctx context.Context, node, method string, body []byte) ([]byte, error)
	Forward(ctx context.Context, method string, body []byte) ([]byte, error)
	// Announce tells the others whether this node is sealed; a sealed leader hands over.
	Announce(sealed bool)
}

// Membership lists and changes the members. Its methods may be called concurrently.
type Membership interface {
	Members() []Member
	Change(ctx context.Context, c MemberChange) error
	// Elsewhere tells a leader whether a member may be alive as another process than the one with that boot id: 0 means no,
	// else how long it takes until that can be said. On a node that does not lead it is never 0.
	Elsewhere(node string, boot [16]byte) time.Duration
}

// MemberChange is a change of membership, made on the leader.
type MemberChange struct {
	Act  MemberAct
	Node string // the member; for TransferLead "" is any
	Peer string // its peer address, for AddMember
	// Level is the newest level of commands that its program knows, for AddMember.
	Level uint32
}

// MemberAct is what to do with a member.
type MemberAct uint8

// Member acts.
const (
	AddMember MemberAct = iota
	PromoteMember
	DemoteMember
	RemoveMember
	TransferLead
)

// ErrSelf tells that a request need not be forwarded: this node leads.
const ErrSelf = selfError("this node is the leader")

type selfError string

func (e selfError) Error() string { return string(e) }

// Authority makes the cluster's certificates.
type Authority interface {
	NewCA(cluster [16]byte, now time.Time) (cert, key []byte, err error) // DER, PKCS #8
	SignNode(s Signing) (cert []byte, err error)                         // DER
	SignClient(s Signing) (cert []byte, err error)                       // DER; Node is the client's name
}

// Signing asks for a certificate.
type Signing struct {
	CA, CAKey, CSR []byte // DER, PKCS #8, PKCS #10
	Node           string
	Cluster        [16]byte
	Now            time.Time
	Lifetime       time.Duration // 0: the authority's own for nodes
	// Allow is asked about the host names and addresses in a node's request, but for those that mean the machine itself; nil: any.
	Allow func(names []string) error
}

// Founder turns a blank node into the first member of a cluster.
type Founder interface {
	// Found returns when this node leads its new one-member cluster and is attached to the vault. On an error nothing
	// of the cluster remains on disk. What it wrote counts only once Keep was called: until then a start-up removes it.
	Found(ctx context.Context, f Founding) error
	Keep() error
	// Abandon undoes Found.
	Abandon()
}

// Founding is what the first member of a cluster begins with. The vault clears its secrets when Found returns.
type Founding struct {
	Cluster [16]byte
	CA      []byte // DER
	CAKey   []byte // PKCS #8
	Gossip  []byte // 32 bytes
	Log     []byte // 32 bytes: authenticates log entries and snapshots
	Now     time.Time
}

// Config is what a vault is made of. Node, Audit, Founder and Authority are required.
type Config struct {
	Node      string
	Version   string
	Audit     *audit.Log
	Founder   Founder
	Authority Authority
	Log       *slog.Logger

	CacheSize     int           // opened keys held; 0: 10,000
	CacheAge      time.Duration // how long; 0: 3600 s; negative: not at all
	CeremonyLimit time.Duration // how long shares are kept without a new one; 0: 10 min
	Now           func() time.Time
	Random        io.Reader
	DestroyGuard  time.Duration // a key that was used so recently is destroyed only by force; 0: 7 days; negative: any may be

	Keeper Keeper // where this node keeps its share of the slot "quorum"; nil: it holds none
	// Sign signs reports with the node's own key, and names the key; nil: they are not signed.
	Sign func(message []byte) (signature []byte, keyID string, err error)
	// Certificate is the node's own, DER, for the key that Sign uses; nil: shares cannot be asked for by file.
	Certificate func() []byte

	counting counting // thresholds; a test makes them small
}

// Vault is one node's vault. It is safe for concurrent use.
type Vault struct {
	cfg  Config
	log  *slog.Logger
	link atomic.Pointer[link]    // nil until the node belongs to a cluster
	open atomic.Pointer[keyroom] // nil while sealed
	auth authorities
	keys *keyCache
	dual *dualCache
	feed feed
	// retired: this node is about to stop; it still answers.
	retired atomic.Bool
	// starting: this node belongs to a cluster and opens what it kept of it. attached is closed when it has.
	starting atomic.Bool
	attached chan struct{}
	once     sync.Once // closes attached

	sealed   whenSealed
	usage    *usages
	pace     pace          // of campaigns
	moved    atomic.Uint64 // versions of children that campaigns moved, as applied here
	denied   refusals      // what was refused to the cluster itself
	putOffs  atomic.Uint64 // how often a destruction was held here
	ceremony ceremonyRoom
	rekey    rekeyRoom
	opening  openingRoom
	drafts   drafts
	calls    callRoom
	requests callRoom     // the pace at which strangers ask for keys for shares by file
	handIns  callRoom     // the pace at which they hand in files that this node does not open
	handKeys *handin.Keys // the node's keys for shares by file, until it opens, is sealed or is told to forget

	initMu   sync.Mutex           // one founding at a time
	backing  sync.Mutex           // held while a scheduled snapshot is stored
	looks    chan struct{}        // has an element for each question that looks at many objects
	searches searches             // for primes
	turns    [lanes]chan struct{} // a change holds the lane of its key
}

// link is what a node has once it belongs to a cluster.
type link struct {
	machine *fsm.Machine
	replica Replica
	peers   Peers
	members Membership
}

// New returns the vault of a node that does not belong to a cluster yet; Attach makes it a member.
func New(cfg Config) *Vault {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.CacheSize == 0 {
		cfg.CacheSize = 10_000
	}
	if cfg.CacheAge == 0 {
		cfg.CacheAge = time.Hour
	}
	if cfg.CeremonyLimit == 0 {
		cfg.CeremonyLimit = 10 * time.Minute
	}
	if cfg.DestroyGuard == 0 {
		cfg.DestroyGuard = 7 * 24 * time.Hour
	}
	cfg.counting.complete()
	v := &Vault{cfg: cfg, log: cfg.Log, usage: newUsages(), looks: make(chan struct{}, maxLooks), searches: newSearches(), attached: make(chan struct{})}
	_, _ = rand.Read(v.usage.boot[:]) // never fails; the vault's own source of randomness is a test's to count
	for i := range v.turns {
		v.turns[i] = make(chan struct{}, 1)
	}
	v.keys = newKeyCache(cfg.CacheSize, cfg.CacheAge)
	v.dual = newDualCache(cfg.CacheSize, cfg.CacheAge)
	v.opening.boot = seal.NewBootKey()
	v.handKeys, v.rekey.keys = handin.NewKeys(cfg.Now), handin.NewKeys(cfg.Now)
	v.recallHold()
	return v
}

// Starting tells the vault that its node belongs to a cluster, to which it will be attached: until then callers are asked for patience,
// not to found one.
func (v *Vault) Starting() { v.starting.Store(true) }

// Attach connects the vault to the cluster that its node belongs to. It is called once, before the node's
// doors answer anything but status and init.
func (v *Vault) Attach(m *fsm.Machine, r Replica, p Peers, ms Membership) {
	v.link.Store(&link{machine: m, replica: r, peers: p, members: ms})
	v.once.Do(func() { close(v.attached) })
}

// Index is the log index that this node's state reflects; 0 before the node belongs to a cluster.
func (v *Vault) Index() uint64 {
	if l := v.link.Load(); l != nil {
		return l.machine.Applied()
	}
	return 0
}

// Sealed tells whether this node has no keyring.
func (v *Vault) Sealed() bool { return v.open.Load() == nil }

// Restored is called by the cluster when a snapshot replaced the whole state: nothing that was opened counts any more.
func (v *Vault) Restored() {
	v.keys.purge()
	v.dual.purge()
	v.auth.forget()
	if s := v.state(); s != nil {
		v.usage.restored(s)
	}
	v.adopt()
	v.feed.restart(v.state())
}

// linked returns the node's cluster; fault.Stale while it is opened, or fault.Sealed with the words for a node that has none.
func (v *Vault) linked() (*link, error) {
	l := v.link.Load()
	if l == nil && v.starting.Load() {
		return nil, fault.New(fault.Stale, "this node is starting: it reads what it keeps of the cluster").WithHint("Try again in a moment, or ask another node.")
	}
	if l == nil {
		return nil, fault.New(fault.Sealed, "this node does not belong to a cluster yet").
			WithHint("Found one with `quorate operator init`, or start the node with --join and --join-token.")
	}
	return l, nil
}

// opened returns the node's cluster and its open keyring, or fault.Sealed.
func (v *Vault) opened() (*link, *keyroom, error) {
	l, err := v.linked()
	if err != nil {
		return nil, nil, err
	}
	k := v.open.Load()
	if k == nil {
		return nil, nil, fault.New(fault.Sealed, "node %s is sealed", v.cfg.Node)
	}
	return l, k, nil
}

// now is the time for records: this node's clock, but never before what the state has seen.
func (v *Vault) now(s *fsm.State) key.Time { return max(key.At(v.cfg.Now()), s.At()) }

// state is the node's newest state; nil before the node belongs to a cluster.
func (v *Vault) state() *fsm.State {
	if l := v.link.Load(); l != nil {
		return l.machine.State()
	}
	return nil
}
