package vault

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/depot"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/merge"
)

// DrillReport tells what came of a drill: the newest stored snapshot was fetched, opened and decoded aside, every record in it
// authenticated, every key version opened, and all of it held against its header and the living cluster.
type DrillReport struct {
	ClusterID string    `json:"cluster_id"`
	Node      string    `json:"node"` // that drilled
	At        time.Time `json:"at"`
	Store     string    `json:"store,omitempty"`
	Snapshot  string    `json:"snapshot"`
	Taken     time.Time `json:"taken"`
	Index     uint64    `json:"index"`
	Digest    string    `json:"digest"` // SHA-256 of the file
	By        string    `json:"opened_by"`

	Keys      uint64 `json:"keys"`
	Versions  uint64 `json:"versions_opened"`
	Destroyed uint64 `json:"destroyed_versions"`
	Tokens    uint64 `json:"tokens"`
	Policies  uint64 `json:"policies"`

	RTO  Seconds     `json:"rto_seconds"` // fetching, opening and checking took so long
	RPO  Seconds     `json:"rpo_seconds"` // what was changed in that time before the drill would be lost
	Diff *merge.Diff `json:"would_do,omitempty"`
	OK   bool        `json:"ok"`

	Error string `json:"error,omitempty"` // why it failed; such a report is the client's own, and nobody signed it
}

// Seconds is a duration as people and JSON read it.
type Seconds float64

func secondsOf(d time.Duration) Seconds { return Seconds(d.Round(time.Millisecond).Seconds()) }

// SignedDrill is a report under a node's signature.
type SignedDrill struct {
	Report    json.RawMessage `json:"report"` // a DrillReport; the signature is over DrillLabel and exactly these bytes
	KeyID     string          `json:"key_id"`
	Signature []byte          `json:"signature"`
}

// DrillLabel precedes what is signed, so that the signature is good for nothing else.
const DrillLabel = "quorate drill report v1\n"

var opDrill = newWrite("sys.drill", access.Operate, func(ctx context.Context, t *task, _ struct{}) (*SignedDrill, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	return t.drill(ctx)
})

// Drill drills the newest stored snapshot now, with the keyring of the leader, and gives the leader's signed report. The living
// state is not touched. fault.BadState without a schedule, fault.NotFound without a snapshot.
func (v *Vault) Drill(ctx context.Context, c access.Caller) (*SignedDrill, error) {
	return opDrill.do(ctx, v, c, struct{}{})
}

func (v *Vault) drillNow(ctx context.Context) error {
	return v.self("sys.drill", func(t *task) error { _, err := t.drill(ctx); return err })
}

func (t *task) drill(ctx context.Context) (*SignedDrill, error) {
	sched := scheduleOf(t.link.machine.State())
	if sched == nil {
		return nil, fault.New(fault.BadState, "no snapshots are scheduled, so there is none to drill").
			WithHint("quorate operator snapshot schedule set …, or drill a file: quorate operator drill FILE --share-file …")
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	began := t.v.cfg.Now()
	r, err := t.rehearse(ctx, sched.To)
	st := statusOf(t.link.machine.State())
	st.DrillTried, st.DrillError, st.DrillMillis = t.v.now(t.link.machine.State()), "", t.v.cfg.Now().Sub(began).Milliseconds()
	var signed *SignedDrill
	if err == nil {
		t.change("snapshot", r.Snapshot)
		signed, err = t.signDrill(r)
	}
	if err != nil {
		st.DrillError = clip(fault.Of(err).Message)
	} else {
		st.Drilled = st.DrillTried
	}
	if errors.Is(err, fault.NoLeader) {
		return nil, err
	}
	return signed, errors.Join(err, t.putDoc(ctx, docBackups, st))
}

// rehearse does everything but take the state over.
func (t *task) rehearse(ctx context.Context, store string) (*DrillReport, error) {
	began := time.Now()
	d, err := depot.Open(ctx, store)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all, err := t.storedIn(ctx, d)
	if err != nil {
		return nil, err
	}
	f, name, err := fetchNewest(ctx, d, all, statusOf(t.link.machine.State()).Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := t.copyOf(f)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, err := c.Drill(t.v.cfg.Node, began, t.v.cfg.Now())
	if err != nil {
		return nil, err
	}
	live := t.link.machine.State()
	r.Store, r.Snapshot, r.By = store, name, "the running cluster's keyring"
	r.Diff = merge.Compare(c.state, live, lineageOf(live).past(c.Header.Lineage, c.Header.Index))
	return r, nil
}

// fetchNewest opens the newest snapshot of a store: the one that was stored last, which a listing may not have yet, or else the newest of the listing.
func fetchNewest(ctx context.Context, d *depot.Depot, all []stored, last string) (io.ReadCloser, string, error) {
	listed := ""
	if len(all) > 0 {
		listed = all[len(all)-1].name
	}
	if last > listed { // names sort by time
		f, err := d.Get(ctx, last)
		if err == nil || !errors.Is(err, fault.NotFound) {
			return f, last, err
		}
	}
	if listed == "" {
		return nil, "", fault.New(fault.NotFound, "there is no snapshot of this cluster in %s", d).WithHint("quorate operator snapshot schedule run")
	}
	f, err := d.Get(ctx, listed)
	return f, listed, err
}

// Drill opens everything in the copy and reports. began is when fetching it began, by the machine's clock; now is the vault's time.
func (c *SnapshotCopy) Drill(node string, began, now time.Time) (*DrillReport, error) {
	u, err := c.Verify(true, nil)
	if err != nil {
		return nil, err
	}
	if n := c.Header.Counts; u.Keys != n.Keys || u.Versions+u.Gone != n.Versions || u.Gone != n.Destroyed || u.Tokens != n.Tokens || u.Policies != n.Policies {
		return nil, fault.New(fault.Internal, "the snapshot's header counts %+v, and %+v was found", n, u)
	}
	taken := time.UnixMilli(c.Header.Created).UTC()
	return &DrillReport{
		ClusterID: formatCluster(c.Header.Cluster), Node: node, At: now.UTC().Truncate(time.Second), Taken: taken, Index: c.Header.Index, Digest: hex.EncodeToString(c.Sum[:]),
		Keys: u.Keys, Versions: u.Versions, Destroyed: u.Gone, Tokens: u.Tokens, Policies: u.Policies,
		RTO: secondsOf(time.Since(began)), RPO: secondsOf(now.Sub(taken)), OK: true,
	}, nil
}

func (t *task) signDrill(r *DrillReport) (*SignedDrill, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	s := &SignedDrill{Report: b}
	if t.v.cfg.Sign != nil {
		if s.Signature, s.KeyID, err = t.v.cfg.Sign(append([]byte(DrillLabel), b...)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// OpenAll authenticates and opens everything in this node's own state: the last step of a drill on a throw-away node. It serves nobody.
func (v *Vault) OpenAll() (Unlocked, error) {
	l, room, err := v.opened()
	if err != nil {
		return Unlocked{}, err
	}
	c := &SnapshotCopy{state: l.machine.State(), aside: &task{v: v, link: l, keys: room}}
	return c.Verify(true, nil)
}
