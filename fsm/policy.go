package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Limits on policies.
const (
	MaxPolicies     = 10_000
	MaxPolicySource = 64 << 10 // bytes
)

// Policy is one named policy text. Policies in the state are shared and never changed.
type Policy struct {
	Name     string   `cbor:"1,keyasint"`
	Source   string   `cbor:"2,keyasint"`
	Revision uint64   `cbor:"3,keyasint"` // State.PolicyRevision as of its last change: never the same twice, even after a deletion
	Updated  key.Time `cbor:"4,keyasint"`
}

// PutPolicy adds or replaces a policy. fault.Conflict if the policy's revision is not Expect (0: there is none).
type PutPolicy struct {
	Name   string `cbor:"1,keyasint"`
	Source string `cbor:"2,keyasint"`
	Expect uint64 `cbor:"3,keyasint,omitempty"`
	PolicySeal
}

// PolicySeal authenticates all policies together as they are after a change, so that none can be altered, brought back or
// left out unnoticed. The document PoliciesDocument keeps it.
type PolicySeal struct {
	MAC  []byte `cbor:"8,keyasint,omitempty"` // of CanonicalPolicies; none: the policies are left without a MAC that is right
	Next uint64 `cbor:"9,keyasint,omitempty"` // the State.PolicyRevision that it is for; fault.Conflict if that would be another
}

// PoliciesDocument is the name of the document that holds the MAC of all policies. It changes with them alone.
const PoliciesDocument = "policies"

func (c *PolicySeal) fits(d *Draft) error {
	if c.MAC == nil {
		return nil
	}
	if len(c.MAC) > MaxMAC {
		return fault.New(fault.TooLarge, "the MAC of the policies has %d bytes, at most %d are allowed", len(c.MAC), MaxMAC)
	}
	if d.document(PoliciesDocument) == nil && d.documentCount() >= MaxDocuments {
		return fault.New(fault.TooLarge, "there are %d documents, the most there may be", MaxDocuments)
	}
	return expectRevision("set of", PoliciesDocument, c.Next-1, d.policyRevision)
}

func (c *PolicySeal) keep(d *Draft, env Env) {
	if c.MAC != nil {
		d.putDocument(d.document(PoliciesDocument), &Document{Name: PoliciesDocument, Revision: c.Next, Body: c.MAC, Updated: env.At})
	}
}

// Op implements Command.
func (*PutPolicy) Op() string { return "policy.put" }

// Revokes implements Revoker: any change of policy may take a permission away.
func (*PutPolicy) Revokes() bool { return true }

// Apply implements Command.
func (c *PutPolicy) Apply(d *Draft, env Env) (Result, error) {
	if err := checkPolicy(c.Name, c.Source); err != nil {
		return Result{}, err
	}
	old := d.policy(c.Name)
	if err := expectRevision("policy", c.Name, c.Expect, revisionOf(old)); err != nil {
		return Result{}, err
	}
	if old == nil && d.policyCount() >= MaxPolicies {
		return Result{}, fault.New(fault.TooLarge, "there are %d policies, the most there may be", MaxPolicies)
	}
	if err := c.fits(d); err != nil {
		return Result{}, err
	}
	p := &Policy{Name: c.Name, Source: c.Source, Revision: d.nextPolicyRevision(), Updated: env.At}
	d.putPolicy(old, p)
	c.keep(d, env)
	return Result{Revision: p.Revision}, nil
}

// DeletePolicy removes a policy. fault.NotFound if there is none, fault.Conflict if its revision is not Expect (0: any).
type DeletePolicy struct {
	Name   string `cbor:"1,keyasint"`
	Expect uint64 `cbor:"2,keyasint,omitempty"`
	PolicySeal
}

// Op implements Command.
func (*DeletePolicy) Op() string { return "policy.delete" }

// Revokes implements Revoker.
func (*DeletePolicy) Revokes() bool { return true }

// Apply implements Command.
func (c *DeletePolicy) Apply(d *Draft, env Env) (Result, error) {
	old := d.policy(c.Name)
	if old == nil {
		return Result{}, fault.New(fault.NotFound, "there is no policy %q", clip(c.Name))
	}
	if c.Expect != 0 {
		if err := expectRevision("policy", c.Name, c.Expect, old.Revision); err != nil {
			return Result{}, err
		}
	}
	if err := c.fits(d); err != nil {
		return Result{}, err
	}
	d.putPolicy(old, nil)
	revision := d.nextPolicyRevision()
	c.keep(d, env)
	return Result{Revision: revision}, nil
}

func revisionOf(p *Policy) uint64 {
	if p == nil {
		return 0
	}
	return p.Revision
}

func checkPolicy(name, source string) error {
	if err := key.CheckName(name); err != nil {
		return err
	}
	if len(source) > MaxPolicySource {
		return fault.New(fault.TooLarge, "the policy %q has %d bytes, more than the %d allowed", clip(name), len(source), MaxPolicySource)
	}
	return nil
}

// expectRevision is the compare of every compare-and-set on something named.
func expectRevision(kind, name string, expect, found uint64) error {
	switch {
	case expect == found:
		return nil
	case found == 0:
		return fault.New(fault.Conflict, "the %s %q does not exist, the change expects revision %d", kind, clip(name), expect)
	case expect == 0:
		return fault.New(fault.Conflict, "the %s %q exists already, at revision %d", kind, clip(name), found)
	default:
		return fault.New(fault.Conflict, "the %s %q is at revision %d, the change expects %d", kind, clip(name), found, expect)
	}
}
