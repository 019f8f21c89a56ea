package access_test

import (
	"strconv"
	"testing"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// Some of so many callers share a place in the memory of decisions: none is given another's decision.
func TestCallersThatShareAPlaceAreNotMistaken(t *testing.T) {
	p := compile(t, `permit (principal in Group::"odd", action, resource);`)
	r := record("k")
	for i := range 6000 {
		group := []string{"even", "odd"}[i%2]
		if d := p.Decide(user("a", strconv.Itoa(i), group), access.Read, r); d.Allowed != (group == "odd") {
			t.Fatalf("caller %d was given another's decision: %+v", i, d)
		}
	}
}

// Each thing that a policy sees of a key, changed alone: the decision made before the change is not used.
func TestAnyChangeOfAKeyIsANewDecision(t *testing.T) {
	cases := map[string]struct {
		condition string
		change    func(r *key.Record)
	}{
		"name":       {`resource.name == "k"`, func(r *key.Record) { r.Name = "l" }},
		"owner":      {`resource.owner == "o"`, func(r *key.Record) { r.Owner = "p" }},
		"algorithm":  {`resource.algorithm == "aes-256-gcm"`, func(r *key.Record) { r.Algorithm = key.AES128GCM }},
		"type":       {`resource.type == "symmetric-key"`, func(r *key.Record) { r.Type = key.SecretData }},
		"state":      {`resource.state == "active"`, func(r *key.Record) { r.State = key.Compromised }},
		"exportable": {`!resource.exportable`, func(r *key.Record) { r.Exportable = true }},
		"tags":       {`!(resource.tags has "x")`, func(r *key.Record) { r.Tags = map[string]string{"x": ""} }},
		"id":         {`resource == Key::"01000000-0000-0000-0000-000000000000"`, func(r *key.Record) { r.ID[0] = 2 }},
	}
	for name, tc := range cases {
		p := compile(t, `permit (principal, action, resource) when { `+tc.condition+` };`)
		r := &key.Record{ID: key.ID{1}, Name: "k", Owner: "o", Algorithm: key.AES256GCM, Type: key.SymmetricKey, State: key.Active, Revision: 1}
		if !p.Decide(user("a"), access.Read, access.OfKey(r)).Allowed {
			t.Errorf("%s: denied before the change", name)
		}
		changed := r.Clone()
		tc.change(changed) // even with the revision that it had, as after an older backup was restored
		if p.Decide(user("a"), access.Read, access.OfKey(changed)).Allowed {
			t.Errorf("%s: the decision from before the change was used", name)
		}
	}
}

// Far more doors than the memory of contexts has places: none is taken for another.
func TestContextsThatShareAPlaceAreNotMistaken(t *testing.T) {
	p := compile(t, `permit (principal, action, resource) when { context.door == "7" };`)
	for i := range 3000 {
		c := user("a")
		c.Door = strconv.Itoa(i % 1000)
		r := record("k", func(r *key.Record) { r.ID = key.ID{byte(i), byte(i >> 8), 1} })
		if d := p.Decide(c, access.Read, r); d.Allowed != (c.Door == "7") {
			t.Fatalf("door %s was given another's context: %+v", c.Door, d)
		}
	}
}
