package seal

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// The slot "quorum" lets members open themselves: its secret is shared among them, each keeps one share on its own disk, and a member
// that starts collects a threshold of them from the others. Who is given shares, and when, is not this package's to decide.

const (
	kindQuorum = "quorum"
	// QuorumID is the id of the slot of members' shares; there is at most one.
	QuorumID = "quorum"

	dealSize  = 16
	maxMember = 63
	maxPolicy = 10 * 365 * 24 * 3600 // seconds: longer than anybody means
)

// QuorumDoc is what the configuration holds of a slot of members' shares beside what every slot has: its settings, and which dealing of
// shares opens it. Without a dealing it waits for one, and opens nothing.
type QuorumDoc struct {
	Want      int      `cbor:"1,keyasint,omitempty"` // the threshold asked for; 0: a majority of the voters
	Window    int64    `cbor:"2,keyasint"`           // seconds: a member is let in at most once in so long
	Away      int64    `cbor:"3,keyasint"`           // seconds: one that was away for longer needs an operator's word
	ColdStart bool     `cbor:"4,keyasint,omitempty"` // sealed members give their shares out too
	Deal      []byte   `cbor:"5,keyasint,omitempty"` // 16 random bytes; empty: not dealt
	Members   []string `cbor:"6,keyasint,omitempty"` // who holds share i+1
}

// QuorumSettings are an operator's choices for the slot of members' shares.
type QuorumSettings struct {
	Threshold int           // shares that open; 0: a majority of the voters, whatever their number
	Window    time.Duration // a member is let in at most once in so long
	Away      time.Duration // a member that was away for longer needs an operator's word
	ColdStart bool          // sealed members give their shares out too, so that a whole cluster can start by itself
}

// Quorum is the slot of members' shares as it stands.
type Quorum struct {
	QuorumSettings
	Deal    []byte   // which dealing opens the slot; nil: it waits for one
	Need    int      // shares that open it
	Members []string // who holds one
}

// Quorum returns the slot of members' shares; fault.NotFound if there is none.
func (c *Config) Quorum() (*Quorum, error) {
	doc, err := c.quorum()
	if err != nil {
		return nil, err
	}
	q := doc.Quorum
	return &Quorum{
		QuorumSettings: QuorumSettings{
			Threshold: q.Want, Window: time.Duration(q.Window) * time.Second, Away: time.Duration(q.Away) * time.Second, ColdStart: q.ColdStart,
		},
		Deal: slices.Clone(q.Deal), Need: doc.Threshold, Members: slices.Clone(q.Members),
	}, nil
}

func (c *Config) quorum() (*SlotDoc, error) {
	for i := range c.Slots {
		if c.Slots[i].Kind == kindQuorum {
			return &c.Slots[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no slot %q: members do not open themselves", QuorumID).
		WithHint("An operator adds it: quorate operator slots add quorum.")
}

// CheckQuorumSettings refuses, as fault.Invalid, settings that cannot be meant.
func CheckQuorumSettings(s QuorumSettings) error {
	switch {
	case s.Threshold < 0 || s.Threshold == 1 || s.Threshold > maxShares:
		return fault.New(fault.Invalid, "%d members' shares cannot open the cluster: 2 to %d can, or 0 for a majority of the voters", s.Threshold, maxShares)
	case s.Window < time.Second || s.Window > maxPolicy*time.Second:
		return fault.New(fault.Invalid, "the window must lie between a second and ten years")
	case s.Away < 0 || s.Away > maxPolicy*time.Second:
		return fault.New(fault.Invalid, "how long a member may have been away must lie between 0 and ten years")
	}
	return nil
}

// PutQuorum returns a configuration with a slot of members' shares that has these settings. It waits to be dealt; shares dealt before open
// nothing any more.
func (o *Opened) PutQuorum(c *Config, s QuorumSettings) (*Config, error) {
	if err := CheckQuorumSettings(s); err != nil {
		return nil, err
	}
	if err := o.matches(c); err != nil {
		return nil, err
	}
	next := c.successor()
	next.setQuorum(SlotDoc{ID: QuorumID, Kind: kindQuorum, Quorum: &QuorumDoc{
		Want: s.Threshold, Window: int64(s.Window / time.Second), Away: int64(s.Away / time.Second), ColdStart: s.ColdStart,
	}})
	if err := o.keyring.authenticate(next); err != nil {
		return nil, err
	}
	return next, next.validate()
}

// setQuorum puts a slot in the place of the one of its kind, or at the end.
func (c *Config) setQuorum(doc SlotDoc) {
	i := slices.IndexFunc(c.Slots, func(d SlotDoc) bool { return d.Kind == kindQuorum })
	if i < 0 {
		c.Slots = append(c.Slots, doc)
	} else {
		c.Slots[i] = doc
	}
}

// undealt is the slot with its settings and without a dealing.
func (d *SlotDoc) undealt() SlotDoc {
	q := *d.Quorum
	q.Deal, q.Members = nil, nil
	return SlotDoc{ID: d.ID, Kind: d.Kind, Quorum: &q}
}

// QuorumNeed is how many shares a dealing among so many voters takes to open.
func (s QuorumSettings) QuorumNeed(voters int) int {
	if s.Threshold > 0 {
		return s.Threshold
	}
	return max(2, voters/2+1)
}

// DealQuorum makes a new secret of the slot and shares it among members, one share each in their order; need of them open it. Once the
// configuration is committed shares dealt before are useless. Until then the new ones are, so each member is to hold its share first.
// The caller destroys the shares. fault.NotFound without such a slot; fault.BadState when members are too few.
func (o *Opened) DealQuorum(c *Config, members []string, need int) (*Config, []*PeerShare, error) {
	doc, err := c.quorum()
	if err != nil {
		return nil, nil, err
	}
	if need < 2 || len(members) < need || len(members) > maxShares {
		return nil, nil, fault.New(fault.BadState, "shares cannot be dealt to %d members such that %d open the cluster", len(members), need)
	}
	fresh := doc.undealt()
	fresh.Quorum.Deal = make([]byte, dealSize)
	_, _ = rand.Read(fresh.Quorum.Deal) // never fails: crypto/rand ends the process instead
	fresh.Quorum.Members = slices.Clone(members)
	fresh.Threshold, fresh.Shares = need, len(members)
	next := c.successor()
	var dealt []*PeerShare
	err = o.withMaster(c, func(master []byte) error {
		if dealt, err = fresh.dealPeers(c.Cluster, c.Epoch, master); err != nil {
			return err
		}
		next.setQuorum(fresh)
		return o.keyring.authenticate(next)
	})
	if err == nil {
		err = next.validate()
	}
	if err != nil {
		DestroyShares(dealt)
		return nil, nil, err
	}
	return next, dealt, nil
}

// dealPeers fills in what a dealing gives: the wrapped master key, each share's public key, and the shares themselves.
func (d *SlotDoc) dealPeers(cluster [16]byte, epoch uint16, master []byte) (dealt []*PeerShare, err error) {
	secret, err := NewSecret(scalarSize, randomScalar)
	if err != nil {
		return nil, err
	}
	defer secret.Destroy()
	err = secret.Lend(func(scalar []byte) error {
		if d.Wrapped, err = sealMaster(d, cluster, epoch, scalar, master); err != nil {
			return err
		}
		points, err := deal(scalar, d.Shares, d.Threshold)
		if err != nil {
			return err
		}
		for i, point := range points {
			dealt = append(dealt, &PeerShare{deal: [dealSize]byte(d.Quorum.Deal), index: i + 1, scalar: point})
		}
		return nil
	})
	for _, s := range dealt {
		if err != nil {
			break
		}
		var public []byte
		if public, err = s.public(cluster, epoch); err == nil {
			d.Custodians = append(d.Custodians, public)
		}
	}
	if err != nil {
		DestroyShares(dealt)
		return nil, err
	}
	return dealt, nil
}

// OpenQuorum opens a configuration by members' shares of its dealing. Shares that occur twice count once. fault.Sealed says how many there
// are of how many; a share that is not right is refused, as PeerShare.Check says.
func OpenQuorum(c *Config, shares []*PeerShare) (*Opened, error) {
	doc, err := c.quorum()
	if err != nil {
		return nil, err
	}
	var points []*Share
	for _, s := range shares {
		if err := s.Check(c); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(points, func(p *Share) bool { return p.index == s.index }) {
			points = append(points, &Share{index: s.index, scalar: s.scalar})
		}
	}
	master, err := doc.openWith(c, points)
	if err != nil {
		return nil, err
	}
	return openWith(c, master)
}

// validateQuorum checks a slot of members' shares.
func (d *SlotDoc) validateQuorum(bad func(string) error) error {
	q := d.Quorum
	switch {
	case q == nil || d.ID != QuorumID:
		return bad("it has no settings, or another id than " + QuorumID)
	case q.Want < 0 || q.Want == 1 || q.Want > maxShares || q.Window < 1 || q.Window > maxPolicy || q.Away < 0 || q.Away > maxPolicy:
		return bad("a setting is out of range")
	case len(q.Deal) == 0:
		if d.Threshold != 0 || d.Shares != 0 || len(d.Custodians) != 0 || len(d.Wrapped) != 0 || len(q.Members) != 0 {
			return bad("shares without a dealing")
		}
		return nil
	case len(q.Deal) != dealSize || len(d.Wrapped) != 32+overhead:
		return bad("its dealing or wrapped key has a wrong length")
	case d.Threshold < 2 || d.Threshold > d.Shares || d.Shares > maxShares || len(q.Members) != d.Shares || len(d.Custodians) != d.Shares:
		return bad("members do not match shares")
	}
	for i, m := range q.Members {
		if m == "" || len(m) > maxMember || slices.Contains(q.Members[:i], m) {
			return bad("a member's name is missing, too long, or there twice")
		}
		if len(d.Custodians[i]) != 32 {
			return bad("a share's public key is not 32 bytes")
		}
	}
	return nil
}
