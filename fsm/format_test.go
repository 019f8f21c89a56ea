package fsm_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

var update = flag.Bool("update", false, "write the golden files anew: a change of LOG FORMAT")

// samples is one of each command, with every field set.
func samples() []fsm.Command {
	c := fsm.Change{ID: keyID(1), Expect: 1, Updated: t0, MAC: []byte("mac")}
	name, period, at, low, yes, owner, limit := "new", time.Hour, t0, uint32(1), false, "o", uint64(9)
	tags, attributes, links := map[string]string{"a": "b"}, map[string][]byte{"x": {1}}, []key.Link{{Kind: 1, To: keyID(2)}}
	r := newRecord(1)
	r.Tags, r.Attributes, r.Links = tags, attributes, links
	return []fsm.Command{
		&fsm.CreateKey{Record: r},
		&fsm.RotateKey{Change: c, Version: key.Version{Number: 2, Material: key.Material{Term: 1, Sealed: []byte("s")}}, NextRotate: t0},
		&fsm.SetState{Change: c, Version: 1, To: key.Suspended, Reason: "why"},
		&fsm.UpdateKey{Change: c, Name: &name, Tags: &tags, RotateEvery: &period, NextRotate: &at, ActivateAt: &at, DeactivAt: &at, MinDecrypt: &low, Exportable: &yes, Attributes: &attributes, Links: &links, Owner: &owner, UsageLimit: &limit},
		&fsm.ScheduleDestroy{Change: c, Version: 1, At: t0},
		&fsm.RewrapKeys{Items: []fsm.RewrapItem{{ID: keyID(1), Version: 1, Old: 1, New: key.Material{Term: 2, Sealed: []byte("s")}}}},
		&fsm.PurgeKey{ID: keyID(1), Expect: 1},
		&fsm.ReplaceKeys{Items: []fsm.Replacement{{Change: c, Name: "old", By: newReplacement(2, 1, "new")}}},
		&fsm.CertifyKey{Change: c, Certificate: newCertificate(2, 1)},
		&fsm.CountUses{Items: []fsm.UsageItem{{ID: keyID(1), Version: 1, Uses: 2, Bytes: 3, LastUsed: t0}}},
		&fsm.AllocateUses{ID: keyID(1), Uses: 5},
		&fsm.CreateToken{Token: newToken(1)},
		&fsm.RenewToken{ID: keyID(1), Expect: 1, Expires: t0, MAC: []byte("mac")},
		&fsm.RevokeToken{ID: keyID(1)},
		&fsm.UseToken{ID: keyID(1), Expect: 1, MAC: []byte("mac")},
		&fsm.PurgeTokens{Before: t0},
		&fsm.PutPolicy{Name: "p", Source: "permit", Expect: 1},
		&fsm.DeletePolicy{Name: "p", Expect: 1},
		&fsm.PutDocument{Name: "d", Expect: 1, Body: []byte("b")},
		&fsm.DeleteDocument{Name: "d", Expect: 1},
		&fsm.Init{Documents: []fsm.Document{{Name: "seal", Body: []byte("b")}}, Tokens: []access.Token{*newToken(1)}, Policies: []fsm.Policy{{Name: "p", Source: "s"}}},
		&fsm.SetLevel{Level: 1},
		&fsm.Check{Index: 7, Chain: [32]byte{1}},
		&fsm.CreateKeys{Records: []*key.Record{r, newChild(2, 1, 1)}},
		&fsm.Reparent{Change: c, Parent: keyID(2), Materials: []fsm.NewMaterial{{Version: 1, Material: key.Material{Parent: 1, Sealed: []byte("s")}}}},
		&fsm.BeginRestore{ID: [16]byte{1}},
		&fsm.RestoreChunk{ID: [16]byte{1}, Number: 1, Data: []byte("data")},
		&fsm.CommitRestore{ID: [16]byte{1}, Sum: [32]byte{2}, Documents: []fsm.Document{{Name: "d", Body: []byte("b")}}},
		&fsm.AbortRestore{ID: [16]byte{1}},
		&fsm.GrantOpening{Node: "n1", Boot: []byte("boot"), Deal: []byte("deal"), By: "n2", Window: time.Minute, Away: time.Hour},
		&fsm.NoteOpen{Nodes: []string{"n1"}},
		&fsm.ApproveOpening{Node: "n1", By: "root"},
		&fsm.ForgetOpening{Node: "n1"},
		&fsm.ArchiveKey{Change: c, Archived: true},
		&fsm.Bundle{Commands: []fsm.Bundled{{&fsm.CreateKey{Record: r}}, {&fsm.SetState{Change: c, To: key.Suspended, Reason: "why"}}}},
	}
}

// TestEntriesAreAsTheyWere notices a change of format: old logs must stay readable for ever.
func TestEntriesAreAsTheyWere(t *testing.T) {
	all := fsm.Commands()
	for i, cmd := range samples() {
		if i >= len(all) || all[i].Op() != cmd.Op() {
			t.Fatalf("sample %d is %s; samples and Commands differ", i, cmd.Op())
		}
		golden(t, cmd.Op(), cmd)
	}
	if len(samples()) != len(all) {
		t.Errorf("%d samples of %d commands", len(samples()), len(all))
	}
}

// golden holds an entry to the bytes that it had when it was first written.
func golden(t *testing.T, name string, cmd fsm.Command) {
	t.Helper()
	got, err := fsm.Encode(cmd, requestID(1), t0)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(hex.EncodeToString(got)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is written as\n%x, was\n%x", name, got, want)
	}
	p, err := fsm.Decode(want)
	if err != nil || !reflect.DeepEqual(p.Command, cmd) || p.Request != requestID(1) || p.At != t0 {
		t.Errorf("%s is read as %+v, %v", name, p, err)
	}
}

// TestPolicyEntriesWithTheirMAC pins the form of entries that authenticate the policies; those without stay readable.
func TestPolicyEntriesWithTheirMAC(t *testing.T) {
	seal := fsm.PolicySeal{MAC: []byte("mac"), Next: 2}
	for name, cmd := range map[string]fsm.Command{
		"policy.put-sealed":    &fsm.PutPolicy{Name: "p", Source: "permit", Expect: 1, PolicySeal: seal},
		"policy.delete-sealed": &fsm.DeletePolicy{Name: "p", Expect: 1, PolicySeal: seal},
	} {
		golden(t, name, cmd)
	}
}

// TestReasonsInEntries pins the form of entries that schedule for a reason, or keep one.
func TestReasonsInEntries(t *testing.T) {
	c := fsm.Change{ID: keyID(1), Expect: 1, Updated: t0, MAC: []byte("mac")}
	golden(t, "key.schedule-destroy-why", &fsm.ScheduleDestroy{Change: c, Version: 1, At: t0, Reason: "why"})
	golden(t, "key.schedule-destroy-guarded", &fsm.ScheduleDestroy{Change: c, At: t0, Ending: key.Guarded})
	golden(t, "key.state-keeping", &fsm.SetState{Change: c, Version: 1, To: key.Destroyed, Keep: true})
	golden(t, "key.state-occurred", &fsm.SetState{Change: c, To: key.Compromised, Occurred: 7})
}

// TestRenewalsInEntries pins the form of entries that replace the certificate of a key; those of other keys are as they were.
func TestRenewalsInEntries(t *testing.T) {
	c := fsm.Change{ID: keyID(1), Expect: 1, Updated: t0, MAC: []byte("mac")}
	of := fsm.Change{ID: keyID(3), Expect: 2, Updated: t0, MAC: []byte("of")}
	golden(t, "key.replace-certificate", &fsm.ReplaceKeys{Items: []fsm.Replacement{{Change: c, Name: "old", By: newReplacement(2, 1, "new"), Certified: &of}}})
}

// TestRewrapsOfChildrenAreAsTheyWere is for the form of key.rewrap that concerns children.
func TestRewrapsOfChildrenAreAsTheyWere(t *testing.T) {
	cmd := &fsm.RewrapKeys{Parent: keyID(1), Items: []fsm.RewrapItem{{ID: keyID(2), Version: 1, OldParent: 1, New: key.Material{Parent: 2, Sealed: []byte("s")}}}}
	got, err := fsm.Encode(cmd, fsm.Request{}, t0)
	const want = "0186011b000001a1ee565e0050000000000000000000000000000000004800000000000000006a6b65792e726577726170a20181a5015075f64ab9200cd8010cf573bb14d68edf0201030004a202020341730501025078694467bf9cd7c06d8b2c53880a2e4b"
	if err != nil || hex.EncodeToString(got) != want {
		t.Errorf("written as %x, %v", got, err)
	}
	if p, err := fsm.Decode(got); err != nil || !reflect.DeepEqual(p.Command, cmd) {
		t.Errorf("read as %+v, %v", p, err)
	}
}

func TestCreateEntryIsSmall(t *testing.T) {
	b, err := fsm.Encode(&fsm.CreateKey{Record: newRecord(1)}, requestID(1), t0)
	if err != nil || len(b) >= 512 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestCanonicalCoversEveryField changes each field in turn.
func TestCanonicalCoversEveryField(t *testing.T) {
	make1 := func() *key.Record {
		r := newRecord(1)
		r.Links, r.Tags, r.Attributes = []key.Link{{Kind: 1}}, map[string]string{"a": "b"}, map[string][]byte{"a": {1}}
		r.Occurred = map[uint32]key.Time{1: 1}
		return r
	}
	base := fsm.Canonical(make1())
	differ := func(path string, excepted bool, changed *key.Record) {
		if same := bytes.Equal(base, fsm.Canonical(changed)); same != excepted {
			t.Errorf("%s: changed bytes is %v, want %v", path, !same, !excepted)
		}
	}
	for i := range reflect.TypeFor[key.Record]().NumField() {
		r := make1()
		disturb(t, reflect.ValueOf(r).Elem().Field(i))
		f := reflect.TypeFor[key.Record]().Field(i)
		differ(f.Name, f.Name == "MAC" || f.Tag.Get("cbor") == "-", r)
	}
	for i := range reflect.TypeFor[key.Version]().NumField() {
		r := make1()
		disturb(t, reflect.ValueOf(&r.Versions[0]).Elem().Field(i))
		f := reflect.TypeFor[key.Version]().Field(i)
		differ("Version."+f.Name, f.Name == "Material" || f.Tag.Get("cbor") == "-", r)
	}
	token := fsm.CanonicalToken(newToken(1))
	for i := range reflect.TypeFor[access.Token]().NumField() {
		k := newToken(1)
		disturb(t, reflect.ValueOf(k).Elem().Field(i))
		name := reflect.TypeFor[access.Token]().Field(i).Name
		if same := bytes.Equal(token, fsm.CanonicalToken(k)); same != (name == "MAC") {
			t.Errorf("Token.%s: changed bytes is %v", name, !same)
		}
	}
}

func disturb(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "!")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Array:
		v.Index(3).SetUint(v.Index(3).Uint() ^ 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		disturb(t, v.Field(0))
	default:
		t.Fatalf("no way to change a %s", v.Kind())
	}
}

func TestCanonicalSurvivesTheLog(t *testing.T) {
	r := newRecord(1)
	r.Tags, r.Attributes, r.Versions[0].Public = map[string]string{}, map[string][]byte{"a": nil, "b": {}}, []byte{}
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: r})
	if !bytes.Equal(fsm.Canonical(r), fsm.Canonical(v.State().Key(r.ID))) {
		t.Error("the record that was proposed and the one in the state have different bytes")
	}
}
