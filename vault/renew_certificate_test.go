package vault_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// renewing is a cluster whose key "ca" has signed itself, and the certificate "web" of the key "server".
type renewing struct {
	*testing.T
	f   *vaulttest.Fixture
	old *key.Record
}

func newRenewing(t *testing.T, nodes int) *renewing {
	t.Helper()
	w := &renewing{T: t, f: vaulttest.Cluster(t, nodes)}
	for _, name := range []string{"ca", "server"} {
		ok(t, "creating", err1(w.f.Vault(0).CreateKey(ctx, w.f.Root(), vault.KeySpec{Name: name, Algorithm: key.ECDSAP256})))
	}
	w.issue(vault.IssueSpec{Key: vault.KeySpec{Name: "root"}, Of: "ca"})
	w.old = w.issue(vault.IssueSpec{
		Key: vault.KeySpec{
			Name: "web", Tags: map[string]string{"team": "a", "env": "prod"}, Groups: []key.Label{{Value: "certificates"}}, Names: []key.Label{{Value: "the web"}},
			Attributes: map[string][]byte{"x-note": {1}, "Certificate Length": {2}, "X.509 Certificate Subject": {3}, "Digest": {4}, ".door": {5}},
		},
		Of: "server", Subject: "www", NotAfter: key.At(w.f.Now().Add(48 * time.Hour)),
	})
	return w
}

// try issues by "ca", as root, on the last node.
func (w *renewing) try(s vault.IssueSpec) (*key.Record, error) {
	s.Signer, s.Key.Unnamed = "ca", s.Replaces != ""
	return w.f.Vault(w.f.Len()-1).IssueCertificate(ctx, w.f.Root(), s)
}

func (w *renewing) issue(s vault.IssueSpec) *key.Record {
	w.Helper()
	r, err := w.try(s)
	ok(w.T, "issuing", err)
	return r
}

func (w *renewing) record(ref string) *key.Record {
	w.Helper()
	r, err := w.f.Vault(0).Key(ctx, w.f.Root(), ref)
	ok(w.T, "reading "+ref, err)
	return r
}

func (w *renewing) x509(r *key.Record) *x509.Certificate {
	w.Helper()
	p, err := w.f.Vault(0).PublicKey(ctx, w.f.Root(), r.ID.String(), 0, "der")
	ok(w.T, "the certificate", err)
	c, err := x509.ParseCertificate(p.Bytes)
	ok(w.T, "reading it", err)
	return c
}

// TestACertificateTakesAnothersPlace: the name, what was said of it, its key, subject and time; in one entry of the log, which has the links of all three.
func TestACertificateTakesAnothersPlace(t *testing.T) {
	w := newRenewing(t, 3)
	w.issue(vault.IssueSpec{Key: vault.KeySpec{Name: "other"}, Of: "server"})
	before := len(w.f.Log())
	r := w.issue(vault.IssueSpec{Replaces: "web", Key: vault.KeySpec{Tags: map[string]string{"env": "test"}}})
	if n := len(w.f.Log()) - before; n != 1 {
		t.Errorf("it took %d entries of the log", n)
	}
	old, of := w.record(w.old.ID.String()), w.record("server")
	if r.Name != "web" || old.Name != "web/"+old.ID.String() || len(old.Names) != 0 || len(r.Names) != 1 || len(r.Groups) != 1 || r.Owner != old.Owner {
		t.Errorf("the new one is %+v, the old one %+v", r, old)
	}
	if !maps.Equal(r.Tags, map[string]string{"team": "a", "env": "test"}) || len(r.Attributes) != 1 || !bytes.Equal(r.Attributes["x-note"], []byte{1}) {
		t.Errorf("the new one has %v and %v", r.Tags, r.Attributes)
	}
	links := []key.Link{{Kind: key.LinkReplaced, To: old.ID}, {Kind: key.LinkPublic, To: of.ID}}
	if of.Type == key.PrivateKey {
		links[1].Kind = key.LinkPrivate
	}
	if !slices.Equal(r.Links, links) || old.Links[len(old.Links)-1] != (key.Link{Kind: key.LinkReplacement, To: r.ID}) {
		t.Errorf("the new one has %+v, the old one %+v", r.Links, old.Links)
	}
	if len(of.Links) != 2 || of.Links[1] != (key.Link{Kind: key.LinkCertificate, To: r.ID}) || of.Links[0].To == old.ID {
		t.Errorf("the key has %+v", of.Links)
	}
	was, is := w.x509(old), w.x509(r)
	if is.Subject.CommonName != "www" || !bytes.Equal(was.RawSubjectPublicKeyInfo, is.RawSubjectPublicKeyInfo) || is.NotAfter.Sub(is.NotBefore) != was.NotAfter.Sub(was.NotBefore) || is.SerialNumber.Cmp(was.SerialNumber) == 0 {
		t.Errorf("it was %v until %v, and is %v until %v", was.Subject, was.NotAfter, is.Subject, is.NotAfter)
	}
	if is := w.x509(w.issue(vault.IssueSpec{Replaces: "web", Subject: "another", NotAfter: key.At(w.f.Now().Add(time.Hour))})); is.Subject.CommonName != "another" || !is.NotAfter.Equal(w.f.Now().Add(time.Hour).UTC().Truncate(time.Second)) {
		t.Errorf("the next one is of %v until %v", is.Subject, is.NotAfter)
	}
}

// TestACertificateIsReplacedOnceAndAsItWasSeen: and nothing else takes its place than a certificate of the same key, under its name.
func TestACertificateIsReplacedOnceAndAsItWasSeen(t *testing.T) {
	w := newRenewing(t, 1)
	foreign, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "asked"}}, drawnKey(t))
	ok(t, "asking", err)
	refused := func(s vault.IssueSpec, want fault.Kind, why string) {
		t.Helper()
		if s.Replaces == "" {
			s.Replaces = "web"
		}
		if _, err := w.try(s); !errors.Is(err, want) || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v, want %s", err, why)
		}
	}
	refused(vault.IssueSpec{IfMatch: w.old.Revision + 1}, fault.Conflict, "is at revision")
	refused(vault.IssueSpec{Key: vault.KeySpec{Name: "else"}}, fault.Invalid, "takes over its name")
	refused(vault.IssueSpec{Of: "ca"}, fault.Invalid, "is another key's")
	refused(vault.IssueSpec{Request: foreign}, fault.Invalid, "another public key")
	refused(vault.IssueSpec{Replaces: "server"}, fault.Invalid, "no certificate")
	refused(vault.IssueSpec{Replaces: "none"}, fault.NotFound, "no key")
	if _, err := w.try(vault.IssueSpec{Key: vault.KeySpec{Name: "new"}, Of: "server", IfMatch: 1}); !errors.Is(err, fault.Invalid) {
		t.Errorf("as it was seen, where nothing is replaced: %v", err)
	}
	ok(t, "archiving", err1(w.f.Vault(0).ArchiveKey(ctx, w.f.Root(), "web", 0)))
	refused(vault.IssueSpec{}, fault.BadState, "is archived")
	ok(t, "recovering", err1(w.f.Vault(0).RecoverKey(ctx, w.f.Root(), "web", 0)))
	if got := w.record("web"); len(got.Links) != len(w.old.Links) {
		t.Errorf("what was refused left %+v", got.Links)
	}
	r := w.issue(vault.IssueSpec{IfMatch: w.record("web").Revision, Replaces: "web"})
	_, err = w.try(vault.IssueSpec{Replaces: w.old.ID.String()})
	if !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), "was replaced before") || !strings.Contains(fault.Of(err).NextStep(), r.ID.String()) {
		t.Errorf("replaced twice: %v, %s", err, fault.Of(err).NextStep())
	}
	// A certificate for a request has no key here; the next one is for the same.
	k := drawnKey(t)
	for _, name := range []string{"first", "second"} {
		q, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, k)
		ok(t, "asking", err)
		s := vault.IssueSpec{Key: vault.KeySpec{Name: "outside"}, Request: q}
		if name == "second" {
			s.Replaces = "outside"
			refused(vault.IssueSpec{Replaces: "outside", Request: foreign}, fault.Invalid, "another public key")
			refused(vault.IssueSpec{Replaces: "outside"}, fault.Invalid, "neither is named")
		}
		if got := w.x509(w.issue(s)).Subject.CommonName; got != name {
			t.Errorf("it is for %s, want %s", got, name)
		}
	}
}

// TestOfTwoWhoReplaceACertificateOneDoes: the other is told so, and does not replace the replacement.
func TestOfTwoWhoReplaceACertificateOneDoes(t *testing.T) {
	w := newRenewing(t, 3)
	var first *key.Record
	w.f.Meanwhile(func() { first = w.issue(vault.IssueSpec{Replaces: "web"}) })
	if r, err := w.try(vault.IssueSpec{Replaces: "web"}); !errors.Is(err, fault.BadState) {
		t.Errorf("the slower one: %v, %v", r, err)
	}
	if now, links := w.record("web"), w.record("server").Links; first == nil || now.ID != first.ID || !slices.Equal(links, []key.Link{{Kind: key.LinkCertificate, To: now.ID}}) {
		t.Errorf("there is %+v, and the key has %+v", now, links)
	}
	var err error
	w.f.Meanwhile(func() {
		_, err = w.f.Vault(0).UpdateKey(ctx, w.f.Root(), "server", vault.KeyPatch{Tags: &map[string]string{"a": "b"}})
	})
	r := w.issue(vault.IssueSpec{Replaces: "web", IfMatch: w.record("web").Revision}) // it is as it was seen: only its key changed
	if links := w.record("server").Links; err != nil || !slices.Equal(links, []key.Link{{Kind: key.LinkCertificate, To: r.ID}}) {
		t.Errorf("%v; the key has %+v", err, links)
	}
}

// TestReplacingACertificateNeedsWhatIssuingAndReplacingDo: each of them by itself is not enough; the audit log says which certificate and which key.
func TestReplacingACertificateNeedsWhatIssuingAndReplacingDo(t *testing.T) {
	w := newRenewing(t, 1)
	issue := func() (*key.Record, error) {
		return w.f.Vault(0).IssueCertificate(ctx, as("who"), vault.IssueSpec{Key: vault.KeySpec{Unnamed: true}, Signer: "ca", Replaces: "web"})
	}
	for what, on := range map[string]string{"issue": "ca", "rotate": "web", "update": "server", "create": "web"} {
		w.f.Grant("who", `permit (principal == User::"who", action, resource); forbid (principal == User::"who", action == Action::"`+what+`", resource) when { resource.name == "`+on+`" };`)
		if _, err := issue(); !errors.Is(err, fault.Denied) {
			t.Errorf("without %s on %s: %v", what, on, err)
		}
	}
	w.f.Grant("who", `permit (principal == User::"who", action, resource); forbid (principal == User::"who", action == Action::"update", resource) when { resource.name == "web" };`)
	if _, err := issue(); !errors.Is(err, fault.Denied) {
		t.Errorf("without update on web: %v", err)
	}
	w.f.Grant("who", `permit (principal == User::"who", action, resource) when { resource.name == "ca" || resource.name == "web" || resource.name == "server" };`)
	r, err := issue()
	ok(t, "replacing it", err)
	entries := w.f.AuditEntries(0)
	for _, e := range entries[len(entries)-2:] { // the intent, and how it went
		if e.Operation != "key.issue" || e.Key != r.ID || e.KeyName != "web" || e.Changes["replaces"] != "web" || e.Changes["of"] != "server" || e.Changes["signer"] != "ca" {
			t.Errorf("the audit log has %+v", e)
		}
	}
}

// TestARepeatedReplacementOfACertificateIsOne: by its Idempotency-Key, also where the first was done and its answer lost.
func TestARepeatedReplacementOfACertificateIsOne(t *testing.T) {
	w := newRenewing(t, 1)
	c := w.f.Root()
	c.Retry = "again"
	issue := func() (*key.Record, error) {
		return w.f.Vault(0).IssueCertificate(ctx, c, vault.IssueSpec{Key: vault.KeySpec{Unnamed: true}, Signer: "ca", Replaces: "web", IfMatch: w.old.Revision})
	}
	w.f.FailNext(vaulttest.Committed)
	if _, err := issue(); !errors.Is(err, fault.Uncertain) {
		t.Errorf("its answer was lost: %v", err)
	}
	first, err := issue()
	ok(t, "asking again", err)
	second, err := issue()
	ok(t, "and again", err)
	if now := w.record("web"); first.ID != second.ID || now.ID != first.ID || !slices.Contains(now.Links, key.Link{Kind: key.LinkReplaced, To: w.old.ID}) {
		t.Errorf("they are %s and %s, and there is %s", first.ID, second.ID, now.ID)
	}
}

func drawnKey(t *testing.T) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, "drawing a key", err)
	return k
}
