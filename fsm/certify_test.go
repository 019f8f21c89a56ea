package fsm_test

import (
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// newCertificate is certificate n of key of.
func newCertificate(n, of int) *key.Record {
	r := newRecord(n)
	r.Algorithm, r.Type, r.Usage = key.X509, key.Certificate, key.Verify
	r.Links = []key.Link{{Kind: key.LinkPrivate, To: keyID(of)}}
	return r
}

func TestACertificateAndItsKeyLearnOfEachOtherInOneStep(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.do(&fsm.CreateKey{Record: newRecord(3)})
	stranger := newCertificate(2, 3)
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: stranger}, fault.Invalid)
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: nil}, fault.Invalid)
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(9)), Certificate: newCertificate(2, 9)}, fault.NotFound)
	noCertificate := newCertificate(2, 1)
	noCertificate.Type = key.SymmetricKey
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: noCertificate}, fault.Invalid)
	taken := newCertificate(2, 1)
	taken.Name = newRecord(3).Name
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: taken}, fault.Exists)
	itself := newCertificate(1, 1)
	v.refuse(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: itself}, fault.Exists)

	cmd := &fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: newCertificate(2, 1)}
	out := v.do(cmd)
	k, c := v.State().Key(keyID(1)), v.State().Key(keyID(2))
	if out.Object != keyID(2) || c == nil || k.Revision != 2 || len(k.Links) != 1 || k.Links[0] != (key.Link{Kind: key.LinkCertificate, To: keyID(2)}) {
		t.Errorf("outcome %+v, key %+v, certificate %+v", out, k, c)
	}
	v.refuse(cmd, fault.Conflict) // the key moved on
}

// TestACertificateIsReplacedInOneStep: whoever looks sees all three objects as they were, or all three as they will be. A certificate is replaced once.
func TestACertificateIsReplacedInOneStep(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.do(&fsm.CreateKey{Record: newRecord(5)})
	for _, n := range []int{2, 4} {
		v.do(&fsm.CertifyKey{Change: v.change(keyID(1)), Certificate: newCertificate(n, 1)})
	}
	name := newCertificate(2, 1).Name
	by := newCertificate(3, 1)
	by.Name, by.Links = name, append(by.Links, key.Link{Kind: key.LinkReplaced, To: keyID(2)})
	renew := func(change func(it *fsm.Replacement)) *fsm.ReplaceKeys {
		of := v.change(keyID(1))
		it := fsm.Replacement{Change: v.change(keyID(2)), Name: name + "/old", By: by, Certified: &of}
		if change != nil {
			change(&it)
		}
		return &fsm.ReplaceKeys{Items: []fsm.Replacement{it}}
	}
	frozen := v.State()
	refuse := func(want fault.Kind, change func(it *fsm.Replacement)) {
		t.Helper()
		digest := v.State().ContentDigest()
		v.refuse(renew(change), want)
		if v.State().ContentDigest() != digest {
			t.Error("half of it was done")
		}
	}
	other := v.change(keyID(5))
	refuse(fault.Invalid, func(it *fsm.Replacement) { it.Certified = &other })              // the certificate is not for it
	refuse(fault.Invalid, func(it *fsm.Replacement) { it.Certified = &it.Change })          // nor for itself
	refuse(fault.Conflict, func(it *fsm.Replacement) { it.Certified.Expect-- })             // the key changed meanwhile
	refuse(fault.Conflict, func(it *fsm.Replacement) { it.Expect++ })                       // the certificate did
	refuse(fault.Invalid, func(it *fsm.Replacement) { it.Certified.Updated = 0 })           // no date
	refuse(fault.NotFound, func(it *fsm.Replacement) { it.Certified.ID = keyID(9) })        // no key
	refuse(fault.Exists, func(it *fsm.Replacement) { it.Name = newRecord(5).Name })         // a name that is taken
	refuse(fault.Invalid, func(it *fsm.Replacement) { it.By = newReplacement(3, 2, name) }) // no certificate

	cmd := renew(nil)
	index := v.State().Index()
	v.do(cmd)
	s := v.State()
	old, fresh, k := s.Key(keyID(2)), s.KeyByName(name), s.Key(keyID(1))
	if s.Index() != index+1 || fresh == nil || fresh.ID != keyID(3) || old.Name != name+"/old" || !slices.Contains(old.Links, key.Link{Kind: key.LinkReplacement, To: keyID(3)}) {
		t.Errorf("the old one is %+v, the new %+v", old, fresh)
	}
	want := []key.Link{{Kind: key.LinkCertificate, To: keyID(4)}, {Kind: key.LinkCertificate, To: keyID(3)}}
	if !slices.Equal(k.Links, want) || k.Revision != 4 {
		t.Errorf("the key has %+v at revision %d, want %+v", k.Links, k.Revision, want)
	}
	if was := frozen.Key(keyID(1)); frozen.Key(keyID(3)) != nil || frozen.KeyByName(name).ID != keyID(2) || !slices.Contains(was.Links, key.Link{Kind: key.LinkCertificate, To: keyID(2)}) {
		t.Errorf("who looked before sees %+v", was)
	}
	again := newCertificate(6, 1)
	again.Name, again.Links = "again", append(again.Links, key.Link{Kind: key.LinkReplaced, To: keyID(2)})
	v.refuse(renew(func(it *fsm.Replacement) { it.By = again }), fault.BadState)
}
