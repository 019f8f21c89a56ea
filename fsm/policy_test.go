package fsm_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// The MAC of all policies changes with them, in the same entry, and only for the revision that it was made for.
func TestPoliciesAndTheirMACChangeTogether(t *testing.T) {
	v := newVault(t)
	mac := func() string {
		d := v.State().Document(fsm.PoliciesDocument)
		if d == nil {
			return ""
		}
		return string(d.Body)
	}
	seal := func(mac string, next uint64) fsm.PolicySeal { return fsm.PolicySeal{MAC: []byte(mac), Next: next} }
	v.do(&fsm.PutPolicy{Name: "p", Source: "permit", PolicySeal: seal("one", 1)})
	v.refuse(&fsm.PutPolicy{Name: "q", Source: "permit", PolicySeal: seal("late", 1)}, fault.Conflict)
	v.refuse(&fsm.PutPolicy{Name: "q", Source: "permit", PolicySeal: seal("early", 3)}, fault.Conflict)
	v.refuse(&fsm.PutPolicy{Name: "q", Source: "permit", PolicySeal: seal(string(make([]byte, fsm.MaxMAC+1)), 2)}, fault.TooLarge)
	v.refuse(&fsm.DeletePolicy{Name: "p", PolicySeal: seal("late", 1)}, fault.Conflict)
	if mac() != "one" {
		t.Errorf("the MAC is %q after refused changes", mac())
	}
	v.do(&fsm.PutPolicy{Name: "q", Source: "permit", PolicySeal: seal("two", 2)})
	if mac() != "two" {
		t.Errorf("the MAC is %q after a change", mac())
	}
	v.do(&fsm.DeletePolicy{Name: "p", PolicySeal: seal("three", 3)})
	if mac() != "three" || v.State().PolicyRevision() != 3 {
		t.Errorf("the MAC is %q at revision %d after a deletion", mac(), v.State().PolicyRevision())
	}
	v.do(&fsm.PutPolicy{Name: "r", Source: "permit"}) // as entries were before there was a MAC
	if mac() != "three" {
		t.Errorf("an entry without a MAC left %q", mac())
	}
}

// What the MAC covers: each thing that decides, changed alone, changes it; the order does not.
func TestCanonicalPoliciesCoverWhatDecides(t *testing.T) {
	set := func() []*fsm.Policy {
		return []*fsm.Policy{{Name: "a", Source: "x", Revision: 1}, {Name: "b", Source: "y", Revision: 2}}
	}
	base := fsm.CanonicalPolicies(2, set())
	swapped := set()
	slices.Reverse(swapped)
	if !bytes.Equal(base, fsm.CanonicalPolicies(2, swapped)) {
		t.Error("the order in which policies are given changes the bytes")
	}
	for name, changed := range map[string][]byte{
		"revision of all": fsm.CanonicalPolicies(3, set()),
		"one less":        fsm.CanonicalPolicies(2, set()[:1]),
		"name":            fsm.CanonicalPolicies(2, []*fsm.Policy{{Name: "c", Source: "x", Revision: 1}, set()[1]}),
		"text":            fsm.CanonicalPolicies(2, []*fsm.Policy{{Name: "a", Source: "z", Revision: 1}, set()[1]}),
		"revision":        fsm.CanonicalPolicies(2, []*fsm.Policy{{Name: "a", Source: "x", Revision: 2}, set()[1]}),
	} {
		if bytes.Equal(base, changed) {
			t.Errorf("%s: a change is not covered", name)
		}
	}
}
