package fsm_test

import (
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
