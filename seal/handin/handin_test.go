package handin_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/vault/fault"
)

var start = time.Date(2026, 11, 29, 12, 3, 4, 0, time.UTC)

// cluster is a configuration with its shares, and a CA with members.
type cluster struct {
	t     *testing.T
	id    [16]byte
	now   time.Time
	lines [][]byte
	ca    *x509.Certificate
	caKey ed25519.PrivateKey
}

func newCluster(t *testing.T, id byte) *cluster {
	t.Helper()
	c := &cluster{t: t, id: [16]byte{id, 2: 7}, now: start}
	made, opened, lines, err := seal.Create(c.id, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	opened.Destroy()
	if made.Epoch != 1 {
		t.Fatalf("epoch %d", made.Epoch)
	}
	c.lines = lines
	public, key, _ := ed25519.GenerateKey(rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c.ca, _ = x509.ParseCertificate(der)
	c.caKey = key
	return c
}

func (c *cluster) clock() time.Time { return c.now }

func (c *cluster) roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.ca)
	return p
}

// member reads the names that vouched gives.
func (c *cluster) member(cert *x509.Certificate) ([16]byte, string, error) {
	var id [16]byte
	copy(id[:], cert.Subject.Organization[0])
	return id, cert.Subject.CommonName, nil
}

// vouched is a member's key with its certificate.
func (c *cluster) vouched(k *handin.Keys, y *handin.Ceremony, node string) handin.Key {
	c.t.Helper()
	public, err := k.Public(y, node)
	if err != nil {
		c.t.Fatal(err)
	}
	own, key, _ := ed25519.GenerateKey(rand.Reader)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: node, Organization: []string{string(c.id[:])}},
		NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(0, 1, 0), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, c.ca, own, c.caKey)
	if err != nil {
		c.t.Fatal(err)
	}
	return handin.Key{Node: node, Public: public, Certificate: der, Signature: ed25519.Sign(key, handin.Statement(y, node, public))}
}

func (c *cluster) ceremony(kind handin.Kind, life time.Duration) *handin.Ceremony {
	c.t.Helper()
	y, err := handin.NewCeremony(kind, c.id, 1, c.now, life)
	if err != nil {
		c.t.Fatal(err)
	}
	return y
}

func (c *cluster) file(r *handin.Request, share int) *handin.File {
	c.t.Helper()
	s, err := seal.ParseShare(c.lines[share])
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Destroy()
	f, err := r.Encrypt(s)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := f.Text()
	if err != nil {
		c.t.Fatal(err)
	}
	if bytes.Contains(text, []byte("qshare")) {
		c.t.Error("the file holds a share in plain")
	}
	if f, err = handin.ParseFile(text); err != nil {
		c.t.Fatal(err)
	}
	return f
}

func wants(t *testing.T, what string, err error, kind fault.Kind, words string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Kind != kind || !strings.Contains(f.Message, words) || f.NextStep() == "" {
		t.Errorf("%s: got %v (%q), want %s with %q and a hint", what, err, fault.Of(err).NextStep(), kind, words)
	}
}

// Each member that is named opens the file, while the ceremony lasts, and gets the custodian's own line.
func TestEachMemberOpensTheFile(t *testing.T) {
	c := newCluster(t, 1)
	y := c.ceremony(handin.Unseal, time.Hour)
	r := &handin.Request{Ceremony: *y}
	keys := map[string]*handin.Keys{}
	for _, node := range []string{"n1", "n2", "n3"} {
		keys[node] = handin.NewKeys(c.clock)
		r.Keys = append(r.Keys, c.vouched(keys[node], y, node))
	}
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	read, err := handin.ParseRequest(append([]byte("\n"), text...))
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Check(c.roots(), c.member, c.now); err != nil {
		t.Fatal(err)
	}
	if read.Fingerprint() != r.Fingerprint() || len(r.Fingerprint()) != 39 {
		t.Errorf("fingerprints %s and %s", read.Fingerprint(), r.Fingerprint())
	}
	for i, line := range c.lines {
		f := c.file(read, i)
		for node, k := range keys {
			for range 2 { // twice: what is in already is for the ceremony to say
				err := k.Open(f, node, func(got []byte) error {
					if !bytes.Equal(got, line) {
						t.Errorf("%s got another share %d", node, i+1)
					}
					return nil
				})
				if err != nil || f.Index != i+1 {
					t.Errorf("%s, share %d: %v", node, f.Index, err)
				}
			}
		}
		wants(t, "a member that is not named", keys["n1"].Open(f, "n4", nil), fault.NotFound, "n4")
		other := handin.NewKeys(c.clock)
		if _, err := other.Public(y, "n1"); err != nil {
			t.Fatal(err)
		}
		wants(t, "the same ceremony, another key", other.Open(f, "n1", nil), fault.Invalid, "does not open")
	}
}

func TestWhatIsWrongWithAFileIsNamed(t *testing.T) {
	c, foreign := newCluster(t, 1), newCluster(t, 9)
	k := handin.NewKeys(c.clock)
	y := c.ceremony(handin.Unseal, time.Hour)
	r := &handin.Request{Ceremony: *y, Keys: []handin.Key{c.vouched(k, y, "n1")}}
	f := c.file(r, 0)

	wants(t, "another cluster", f.For(handin.Unseal, foreign.id, ""), fault.Invalid, "cluster")
	wants(t, "another kind", f.For(handin.Rekey, c.id, ""), fault.Invalid, "an unsealing")
	wants(t, "another ceremony", f.For(handin.Unseal, c.id, "0000000000000000"), fault.Invalid, y.ID())
	if err := f.For(handin.Unseal, c.id, y.ID()); err != nil {
		t.Error(err)
	}

	s, err := seal.ParseShare(foreign.lines[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Encrypt(s)
	wants(t, "a foreign share", err, fault.Invalid, "cluster")
	later := *r
	later.Ceremony.Epoch = 2
	if s, err = seal.ParseShare(c.lines[0]); err != nil {
		t.Fatal(err)
	}
	_, err = later.Encrypt(s)
	wants(t, "a share of before", err, fault.Invalid, "epoch 2")

	altered := *f
	altered.Boxes = []handin.Box{{Node: "n1", Sealed: append([]byte(nil), f.Boxes[0].Sealed...)}}
	altered.Boxes[0].Sealed[40] ^= 1
	wants(t, "altered", k.Open(&altered, "n1", nil), fault.Invalid, "altered")
	for name, change := range map[string]func(*handin.Ceremony){
		"epoch": func(y *handin.Ceremony) { y.Epoch++ }, "number": func(y *handin.Ceremony) { y.Number[3] ^= 1 },
		"made": func(y *handin.Ceremony) { y.Made++ }, "cluster": func(y *handin.Ceremony) { y.Cluster[5] ^= 1 }, "kind": func(y *handin.Ceremony) { y.Kind = handin.Rekey },
	} {
		moved := *f
		change(&moved.Ceremony)
		wants(t, "moved to another "+name, k.Open(&moved, "n1", nil), fault.Invalid, "does not open")
	}
	longer := *f
	longer.Ceremony.Expires += 600
	if err := k.Open(&longer, "n1", nil); err == nil {
		t.Error("a file opens for longer than it was made for")
	}
}

func TestKeysEndWithTheirCeremony(t *testing.T) {
	c := newCluster(t, 1)
	k := handin.NewKeys(c.clock)
	made := func(life time.Duration) *handin.File {
		y := c.ceremony(handin.Unseal, life)
		return c.file(&handin.Request{Ceremony: *y, Keys: []handin.Key{c.vouched(k, y, "n1")}}, 1)
	}
	short, long := made(10*time.Minute), made(5*time.Hour)
	fine := func([]byte) error { return nil }
	c.now = short.Ceremony.Ends().Add(-time.Second)
	if err := errors.Join(k.Open(short, "n1", fine), k.Open(long, "n1", fine)); err != nil {
		t.Fatal(err)
	}
	if d := short.Ceremony.Ends().Sub(start); d < 10*time.Minute || d > 20*time.Minute {
		t.Errorf("ten minutes are %s", d)
	}
	c.now = short.Ceremony.Ends()
	wants(t, "expired", k.Open(short, "n1", fine), fault.BadState, "expired")
	if err := k.Open(long, "n1", fine); err != nil {
		t.Errorf("a longer one went with it: %v", err)
	}
	k.End("it was reset")
	wants(t, "ended", k.Open(long, "n1", fine), fault.BadState, "it was reset")
	c.now = c.now.Add(time.Second)
	again := made(time.Hour)
	if err := k.Open(again, "n1", fine); err != nil {
		t.Errorf("after an end: %v", err)
	}
	wants(t, "ended, while another one is live", k.Open(long, "n1", fine), fault.BadState, "ended at")
	restarted := handin.NewKeys(c.clock)
	wants(t, "restarted", restarted.Open(long, "n1", fine), fault.BadState, "started after")
	for _, life := range []time.Duration{time.Minute, 25 * time.Hour, -time.Hour} {
		_, err := handin.NewCeremony(handin.Unseal, c.id, 1, c.now, life)
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("a life of %s: %v", life, err)
		}
	}
	past := long.Ceremony
	c.now = c.now.Add(48 * time.Hour)
	_, err := k.Public(&past, "n1")
	wants(t, "a key for the past", err, fault.Invalid, "over")
	if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Count(s, "[hand-in keys]") != 4 {
		t.Errorf("keys print as %s", s)
	}
}

// A stranger who asks for keys without end pushes nobody's out.
func TestManyRequestsPushNoneOut(t *testing.T) {
	c := newCluster(t, 1)
	k := handin.NewKeys(c.clock)
	y := c.ceremony(handin.Unseal, 3*time.Hour)
	f := c.file(&handin.Request{Ceremony: *y, Keys: []handin.Key{c.vouched(k, y, "n1")}}, 2)
	for i := range 2000 {
		if _, err := k.Public(c.ceremony(handin.Unseal, 10*time.Minute+time.Duration(i)*40*time.Second), "n1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Open(f, "n1", func([]byte) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestAForgedRequestIsRefused(t *testing.T) {
	c, other := newCluster(t, 1), newCluster(t, 9)
	k := handin.NewKeys(c.clock)
	y := c.ceremony(handin.Unseal, time.Hour)
	good := c.vouched(k, y, "n1")
	for name, forge := range map[string]func(*handin.Request){
		"another public key": func(r *handin.Request) { r.Keys[0].Public = c.vouched(handin.NewKeys(c.clock), y, "n1").Public },
		"another node":       func(r *handin.Request) { r.Keys[0].Node = "n2" },
		"another CA":         func(r *handin.Request) { r.Keys[0] = other.vouched(k, y, "n1") },
		"another cluster":    func(r *handin.Request) { r.Ceremony.Cluster = other.id },
		"later":              func(r *handin.Request) { r.Ceremony.Expires += 600 },
		"another kind":       func(r *handin.Request) { r.Ceremony.Kind = handin.Rekey },
		"no signature":       func(r *handin.Request) { r.Keys[0].Signature = nil },
		"a second key":       func(r *handin.Request) { r.Keys = append(r.Keys, other.vouched(k, y, "n2")) },
	} {
		r := &handin.Request{Ceremony: *y, Keys: []handin.Key{good}}
		before := r.Fingerprint()
		forge(r)
		wants(t, name, r.Check(c.roots(), c.member, c.now), fault.Denied, "not to be trusted")
		if r.Fingerprint() == before {
			t.Errorf("%s: the fingerprint is the same", name)
		}
	}
	r := &handin.Request{Ceremony: *y, Keys: []handin.Key{good}}
	if err := r.Check(c.roots(), c.member, c.now); err != nil {
		t.Error(err)
	}
	wants(t, "an old certificate", r.Check(c.roots(), c.member, c.now.AddDate(0, 2, 0)), fault.Denied, "expired")
	wants(t, "an expired request", r.Current(y.Ends()), fault.BadState, "expired")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("-----BEGIN QUORATE HAND-IN REQUEST-----\noQ==\n-----END QUORATE HAND-IN REQUEST-----\n"))
	f.Add([]byte("-----BEGIN QUORATE SHARE TO HAND IN-----\noQ==\n-----END QUORATE SHARE TO HAND IN-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := handin.ParseRequest(text); err == nil {
			again, err := r.Text()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := handin.ParseRequest(again); err != nil {
				t.Fatal(err)
			}
		}
		if file, err := handin.ParseFile(text); err == nil {
			_ = handin.NewKeys(time.Now).Open(file, "n1", func([]byte) error { return nil })
		}
	})
}
