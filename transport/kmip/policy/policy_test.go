package policy_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// decide asks the policies of a file, and the built-in ones, as the vault does.
func decide(t *testing.T, file string) func(who string, groups []string, a access.Action, r *key.Record) bool {
	t.Helper()
	texts, err := policy.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var all []access.Source
	for name, text := range policy.Builtin() {
		texts[name] = text
	}
	for name, text := range texts {
		s := access.Source{Name: "kmip/" + name, Text: text}
		if err := access.Check(s); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		all = append(all, s)
	}
	set, err := access.Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	return func(who string, groups []string, a access.Action, r *key.Record) bool {
		return set.Decide(access.Caller{Principal: who, Kind: access.ByCertificate, Groups: groups, Door: "kmip"}, a, access.OfKey(r)).Allowed
	}
}

func object(kind key.ObjectType, owner, name string) *key.Record {
	return &key.Record{Type: kind, Owner: owner, Tags: map[string]string{policy.Tag: name}}
}

// TestPoliciesMeanWhatTheirJSONSays: owners, everybody, nobody, groups before the preset, and that what is not mentioned is denied.
func TestPoliciesMeanWhatTheirJSONSays(t *testing.T) {
	may := decide(t, `{
		"legacy": {"SYMMETRIC_KEY": {"GET": "ALLOW_ALL", "DESTROY": "ALLOW_OWNER", "ENCRYPT": "DISALLOW_ALL"}},
		"team": {"groups": {"ops": {"SYMMETRIC_KEY": {"GET": "ALLOW_ALL", "DESTROY": "ALLOW_OWNER"}}, "dev": {"SYMMETRIC_KEY": {"ENCRYPT": "ALLOW_ALL"}}},
			"preset": {"SYMMETRIC_KEY": {"LOCATE": "ALLOW_ALL"}}}}`)
	for _, c := range []struct {
		policy string
		kind   key.ObjectType
		who    string
		groups []string
		action access.Action
		want   bool
	}{
		{"legacy", key.SymmetricKey, "b", nil, access.Reveal, true},
		{"legacy", key.SymmetricKey, "b", nil, access.Destroy, false},
		{"legacy", key.SymmetricKey, "a", nil, access.Destroy, true},
		{"legacy", key.SymmetricKey, "a", nil, access.Encrypt, false},
		{"legacy", key.SymmetricKey, "a", nil, access.Decrypt, false},
		{"legacy", key.PublicKey, "a", nil, access.Read, false},
		{"team", key.SymmetricKey, "b", []string{"ops"}, access.Reveal, true},
		{"team", key.SymmetricKey, "b", []string{"ops"}, access.Encrypt, false},
		{"team", key.SymmetricKey, "b", []string{"ops", "dev"}, access.Encrypt, true},
		{"team", key.SymmetricKey, "b", []string{"ops"}, access.Destroy, false},
		{"team", key.SymmetricKey, "a", []string{"ops"}, access.Destroy, true},
		{"team", key.SymmetricKey, "b", nil, access.Reveal, false},
		{"team", key.SymmetricKey, "b", nil, access.Read, true},
		{"none", key.SymmetricKey, "a", nil, access.Read, false},
		{"default", key.SymmetricKey, "a", nil, access.Reveal, true},
		{"default", key.SymmetricKey, "b", nil, access.Read, false},
		{"default", key.PublicKey, "b", nil, access.Read, true},
		{"default", key.PublicKey, "b", nil, access.Destroy, false},
		{"default", key.SecretData, "b", nil, access.Read, false},
		{"default", key.OpaqueObject, "a", nil, access.Update, true},
		{"public", key.Certificate, "b", nil, access.Read, true},
		{"public", key.Certificate, "a", nil, access.Update, false},
		{"public", key.Template, "b", nil, access.Read, true},
		{"public", key.Template, "a", nil, access.Update, false},
		{"default", key.Template, "a", nil, access.Update, true},
		{"default", key.Template, "b", nil, access.Read, false},
		{"public", key.SymmetricKey, "b", nil, access.Read, false},
		{"none", key.SymmetricKey, "b", nil, access.Create, false},
		{"legacy", key.SymmetricKey, "a", nil, access.OpenCompromised, true},
		{"legacy", key.SymmetricKey, "b", nil, access.OpenCompromised, false}, // though anybody may get it
		{"team", key.SymmetricKey, "a", nil, access.OpenCompromised, false},
		{"default", key.SymmetricKey, "a", nil, access.OpenCompromised, true},
		{"default", key.SymmetricKey, "b", nil, access.OpenCompromised, false},
		{"default", key.Certificate, "b", nil, access.OpenCompromised, true},
		{"public", key.Template, "b", nil, access.OpenCompromised, false},
	} {
		if got := may(c.who, c.groups, c.action, object(c.kind, "a", c.policy)); got != c.want {
			t.Errorf("%s: %s in %v may %s what is of type %d: %v", c.policy, c.who, c.groups, c.action, c.kind, got)
		}
	}
	for name, want := range map[string]bool{"kmip/x": true, "kmip/x/y": true, "x": false, "kmip": false, "kmipx/y": false} {
		r := object(key.SymmetricKey, "b", "none")
		r.Name = name
		if got := may("b", nil, access.Create, r); got != want {
			t.Errorf("a client may make %s: %v", name, got)
		}
	}
	if may("a", nil, access.Read, &key.Record{Type: key.SymmetricKey, Owner: "a"}) {
		t.Error("a key of another door is everybody's")
	}
}

func TestWhatIsNoPolicyIsRefused(t *testing.T) {
	for file, want := range map[string]string{
		`[]`: "no JSON object", `{"p":1}`: "policy p: it is no JSON object", `{"p":{"SYMMETRIC_KEY":1}}`: "not nested",
		`{"p":{"NO_KEY":{}}}`: `no object type "NO_KEY"`, `{"p":{"SYMMETRIC_KEY":{"FLY":"ALLOW_ALL"}}}`: `no operation "FLY"`,
		`{"p":{"SYMMETRIC_KEY":{"GET":"ALLOW"}}}`: `no permission "ALLOW"`, `{"default":{}}`: "built in", `{"public":{}}`: "built in", `{"clients":{}}`: "built in",
		`{"a\" b":{}}`: "letters", `{"p":{"groups":{"a\"":{}}}}`: "group's name", `{"p":{"preset":{},"other":{}}}`: "something else",
		`{"p":{"groups":{},"preset":{},"x":{}}}`: "something else",
	} {
		if _, err := policy.Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}

// TestPoliciesActAtTheirDoorOnly: whom a policy lets do something by KMIP gets nothing by another door, where words mean more.
func TestPoliciesActAtTheirDoorOnly(t *testing.T) {
	var all []access.Source
	for name, text := range policy.Builtin() {
		all = append(all, access.Source{Name: "kmip/" + name, Text: text})
	}
	set, err := access.Compile(all)
	if err != nil {
		t.Fatal(err)
	}
	r := object(key.SymmetricKey, "a", "default")
	r.Name = "kmip/x"
	for door, want := range map[string]bool{"kmip": true, "rest": false, "keas": false, "": false} {
		c := access.Caller{Principal: "a", Kind: access.ByCertificate, Door: door}
		if got := set.Decide(c, access.Read, access.OfKey(r)).Allowed; got != want {
			t.Errorf("read at the door %q: %t", door, got)
		}
		if got := set.Decide(c, access.Create, access.OfKey(r)).Allowed; got != want {
			t.Errorf("create at the door %q: %t", door, got)
		}
	}
}
