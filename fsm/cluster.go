package fsm

import (
	"fmt"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Init founds the cluster in one entry: the seal's document, further documents, the first tokens and
// policies. fault.Exists once it was done, fault.Invalid if SealDocument is missing or something occurs twice.
// Revisions and times of documents and policies are set here.
type Init struct {
	Documents []Document     `cbor:"1,keyasint,omitempty"`
	Tokens    []access.Token `cbor:"2,keyasint,omitempty"`
	Policies  []Policy       `cbor:"3,keyasint,omitempty"`
}

// Op implements Command.
func (*Init) Op() string { return "cluster.init" }

// Apply implements Command.
func (c *Init) Apply(d *Draft, env Env) (Result, error) {
	if d.document(SealDocument) != nil {
		return Result{}, fault.New(fault.Exists, "the cluster was initialised before").
			WithHint("Hand in key shares with `quorate operator unseal`; a cluster is initialised once.")
	}
	if err := c.checkAgainst(d); err != nil {
		return Result{}, err
	}
	for _, doc := range c.Documents {
		d.putDocument(nil, &Document{Name: doc.Name, Revision: 1, Body: doc.Body, Updated: env.At})
	}
	for i := range c.Tokens {
		t := c.Tokens[i]
		d.putToken(nil, &t)
	}
	for _, p := range c.Policies {
		d.putPolicy(nil, &Policy{Name: p.Name, Source: p.Source, Revision: d.nextPolicyRevision(), Updated: env.At})
	}
	return Result{Revision: 1}, nil
}

func (c *Init) checkAgainst(d *Draft) error {
	seen := make(map[string]bool, len(c.Documents)+len(c.Tokens)+len(c.Policies))
	once := func(kind, name string, there bool) error {
		if there || seen[kind+name] {
			return fault.New(fault.Exists, "the %s %q exists already", kind, clip(name))
		}
		seen[kind+name] = true
		return nil
	}
	for _, doc := range c.Documents {
		if err := checkDocument(doc.Name, doc.Body); err != nil {
			return err
		}
		if err := once("document", doc.Name, d.document(doc.Name) != nil); err != nil {
			return err
		}
	}
	if !seen["document"+SealDocument] {
		return fault.New(fault.Invalid, "a cluster cannot be founded without the document %q", SealDocument)
	}
	for i := range c.Tokens {
		t := &c.Tokens[i]
		if err := checkToken(d, t, 0); err != nil {
			return err
		}
		if err := once("token", t.ID.String(), false); err != nil {
			return err
		}
	}
	for _, p := range c.Policies {
		if err := checkPolicy(p.Name, p.Source); err != nil {
			return err
		}
		if err := once("policy", p.Name, d.policy(p.Name) != nil); err != nil {
			return err
		}
	}
	return nil
}

// SetLevel raises the level of commands that the cluster uses, once every member understands it.
// fault.BadState if the state stands there already or higher. A node whose program does not know the level stops.
type SetLevel struct {
	Level uint32 `cbor:"1,keyasint"`
}

// Op implements Command.
func (*SetLevel) Op() string { return "cluster.level" }

func (c *SetLevel) check() error {
	if c.Level > MaxLevel {
		return fault.New(fault.Invalid, "level %d is unknown to this program, which knows up to %d", c.Level, MaxLevel)
	}
	return nil
}

// Apply implements Command.
func (c *SetLevel) Apply(d *Draft, _ Env) (Result, error) {
	if c.Level > d.supported {
		return Result{}, &halt{fmt.Sprintf("the cluster goes to level %d, this program knows up to %d: upgrade this node", c.Level, d.supported)}
	}
	if c.Level <= d.level {
		return Result{}, fault.New(fault.BadState, "the cluster is at level %d already", d.level)
	}
	// The first level that is ever raised to is 2, and no program that knows it lacks this: all members agree about the outcome.
	if d.autopilot().HoldLevel {
		return Result{}, fault.New(fault.BadState, "the cluster's level is held at %d", d.level)
	}
	d.setLevel(c.Level)
	return Result{Revision: uint64(c.Level)}, nil
}

// Check states what the proposer's chain was after Index. A node whose own was another has become different
// from the cluster and stops; one that no longer remembers that index lets it pass.
type Check struct {
	Index uint64   `cbor:"1,keyasint"`
	Chain [32]byte `cbor:"2,keyasint"`
}

// Op implements Command.
func (*Check) Op() string { return "cluster.check" }

// Apply implements Command.
func (c *Check) Apply(d *Draft, _ Env) (Result, error) {
	own, ok := d.recent.at(c.Index)
	if ok && own != c.Chain {
		return Result{}, &halt{fmt.Sprintf("this node's state differs from the cluster's since index %d or before: "+
			"put its data directory aside for examination, remove the member, and let it join again empty", c.Index)}
	}
	return Result{}, nil
}

// halt is a reason for which this node, and perhaps no other, must stop.
type halt struct{ why string }

func (h *halt) Error() string { return h.why }
