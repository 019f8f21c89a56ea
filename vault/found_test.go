package vault_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

var anyone = access.Caller{Door: "test"}

func TestInitFoundsAClusterOnce(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.Blank())
	got := f.Init(vault.InitSpec{Shares: 5, Threshold: 3})
	if len(got.Shares) != 5 || len(got.Cluster) != 32 || !f.Kept() {
		t.Errorf("%d shares, cluster %q, kept %v", len(got.Shares), got.Cluster, f.Kept())
	}
	block, _ := pem.Decode(got.CA)
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		t.Error(err)
	}
	pin, _, _, err := vault.ParseJoinToken(got.JoinToken)
	if err != nil || pin != sha256.Sum256(block.Bytes) {
		t.Errorf("the join token pins another CA, %v", err)
	}
	if f.Vault(0).Sealed() || f.Root().Principal != "root" {
		t.Error("the node is sealed, or its root token nobody's")
	}
	_, err = f.Vault(0).Init(ctx, anyone, vault.InitSpec{Shares: 1, Threshold: 1})
	wants(t, "a second init", err, fault.Exists)
	if st := f.Vault(0).Status(ctx); !st.Initialized || st.Cluster != got.Cluster || st.Role != "leader" || !st.Fresh || st.Why != "" {
		t.Errorf("status %+v", st)
	}
}

func TestInitCanLeaveTheNodeSealed(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.Blank())
	got := f.Init(vault.InitSpec{Shares: 2, Threshold: 2, Sealed: true})
	if !f.Vault(0).Sealed() {
		t.Error("it is open")
	}
	for _, s := range got.Shares {
		_, err := f.Vault(0).Unseal(ctx, anyone, s)
		ok(t, "a share", err)
	}
	f.MustCreate("k")
}

func TestAFailedInitLeavesNothing(t *testing.T) {
	broken := errors.New("broken")
	for name, prepare := range map[string]func(f *vaulttest.Fixture) func(){
		"the founder fails":             func(f *vaulttest.Fixture) func() { f.FailFound(broken, nil); return func() { f.FailFound(nil, nil) } },
		"the founder cannot keep it":    func(f *vaulttest.Fixture) func() { f.FailFound(nil, broken); return func() { f.FailFound(nil, nil) } },
		"nothing is committed":          func(f *vaulttest.Fixture) func() { f.FailNext(vaulttest.NoLeader); return func() {} },
		"it is not known":               func(f *vaulttest.Fixture) func() { f.FailNext(vaulttest.Lost); return func() {} },
		"it is committed and not known": func(f *vaulttest.Fixture) func() { f.FailNext(vaulttest.Committed); return func() {} },
		"the intent cannot be audited":  func(f *vaulttest.Fixture) func() { f.BreakAudit(0); return func() { f.MendAudit(0) } },
		"the outcome cannot be audited": func(f *vaulttest.Fixture) func() { f.BreakAuditAfter(0, 1); return func() { f.MendAudit(0) } },
	} {
		f := vaulttest.Cluster(t, 1, vaulttest.Blank())
		mend := prepare(f)
		got, err := f.Vault(0).Init(ctx, anyone, vault.InitSpec{Shares: 2, Threshold: 2})
		if err == nil || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if st := f.Vault(0).Status(ctx); st.Initialized || f.Kept() || !f.Vault(0).Sealed() || len(f.Log()) != 0 {
			t.Errorf("%s leaves %+v, kept %v, %d entries", name, st, f.Kept(), len(f.Log()))
		}
		mend()
		f.Init(vault.InitSpec{Shares: 2, Threshold: 2})
		f.MustCreate("k")
	}
}

func TestInitRefusesWhatCannotBeShared(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.Blank())
	for _, s := range []vault.InitSpec{{}, {Shares: 1, Threshold: 2}, {Shares: 17, Threshold: 2}, {Shares: 3, Threshold: 1}, {Shares: 2, Threshold: 2, Recipients: []string{"age1x"}}, {Shares: 2, Threshold: 2, Recipients: []string{"age1x", "y"}}} {
		_, err := f.Vault(0).Init(ctx, anyone, s)
		wants(t, "init", err, fault.Invalid)
	}
	f.Init(vault.InitSpec{Shares: 1, Threshold: 1})
}

func joining(t *testing.T, node string, token []byte) vault.Admission {
	t.Helper()
	_, id, secret, err := vault.ParseJoinToken(token)
	ok(t, "reading the join token", err)
	return vault.Admission{Token: append(bytes.Clone(id[:]), secret...), Node: node, Peer: node + ".test:7801", CSR: vaulttest.CSR(t, node)}
}

func TestAJoinTokenAdmits(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for door := range 2 {
		node := []string{"x1", "x2"}[door]
		got, err := f.Vault(door).Admit(ctx, anyone, joining(t, node, f.Founded().JoinToken))
		ok(t, "joining", err)
		ca, err := x509.ParseCertificate(got.CA)
		ok(t, "its CA", err)
		cert, err := x509.ParseCertificate(got.Cert)
		ok(t, "its certificate", err)
		if err := cert.CheckSignatureFrom(ca); err != nil || cert.Subject.CommonName != node {
			t.Errorf("its certificate is %s's, %v", cert.Subject, err)
		}
		if len(got.Gossip) != 32 || len(got.Log) != 32 || len(got.Seeds) != 2 {
			t.Errorf("%d, %d bytes, seeds %v", len(got.Gossip), len(got.Log), got.Seeds)
		}
		if c := f.MemberChanges(); len(c) != 2*door+1 || c[2*door].Act != vault.AddMember || c[2*door].Node != node {
			t.Errorf("membership changes %+v", c)
		}
		// the answer was lost: it asks again, from the same address
		_, err = f.Vault(1-door).Admit(ctx, anyone, joining(t, node, f.Founded().JoinToken))
		ok(t, "joining again", err)
	}
}

func TestAJoinTokenIsGoodForItsUsesOnly(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, text, err := f.Vault(1).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: 2})
	ok(t, "creating a join token", err)
	for _, node := range []string{"x1", "x2"} {
		_, err := f.Vault(0).Admit(ctx, anyone, joining(t, node, text))
		ok(t, "joining", err)
	}
	_, err = f.Vault(0).Admit(ctx, anyone, joining(t, "x3", text))
	wants(t, "one use too many", err, fault.Unauthenticated)
	if len(f.MemberChanges()) != 2 {
		t.Error("it joined")
	}
}

func TestOnlyWhoHoldsALiveJoinTokenJoins(t *testing.T) {
	f, g := vaulttest.Cluster(t, 2), vaulttest.New(t)
	good := f.Founded().JoinToken
	bearer := vault.SecretOf(f.RootToken())
	short := joining(t, "x", good)
	short.Token = short.Token[:40]
	flipped := joining(t, "x", good)
	flipped.Token[20] ^= 1
	asBearer := joining(t, "x", good)
	c := f.Root()
	asBearer.Token = append(bytes.Clone(c.Token[:]), bearer...)
	for name, a := range map[string]vault.Admission{
		"none": {Node: "x", CSR: vaulttest.CSR(t, "x")}, "too short": short, "changed": flipped, "another cluster's": joining(t, "x", g.Founded().JoinToken), "a bearer token": asBearer,
	} {
		for door := range 2 {
			_, err := f.Vault(door).Admit(ctx, anyone, a)
			wants(t, name, err, fault.Unauthenticated)
		}
	}
	taken := joining(t, "n2", good)
	_, err := f.Vault(0).Admit(ctx, anyone, taken)
	wants(t, "a live member's name", err, fault.Exists)
	taken.Peer = "elsewhere:1"
	_, err = f.Vault(0).Admit(ctx, anyone, taken)
	wants(t, "a member's name from elsewhere", err, fault.Exists)
	beside := joining(t, "x", good)
	beside.Peer = "n2.test:7801"
	_, err = f.Vault(0).Admit(ctx, anyone, beside)
	wants(t, "a member's address under another name", err, fault.Exists)
	for name, host := range map[string]string{"another member's name": "n1", "another member's host": "n1.test"} {
		a := joining(t, "x", good)
		a.CSR = vaulttest.CSR(t, "x", "x.test", host)
		_, err = f.Vault(0).Admit(ctx, anyone, a)
		wants(t, name, err, fault.Denied)
	}
	_, err = f.Vault(0).Renew(ctx, vaulttest.CSR(t, "n1", "n2.test"))
	wants(t, "another member's host at renewal", err, fault.Denied)
	f.Cut(1)
	empty := joining(t, "n2", good)
	_, err = f.Vault(0).Admit(ctx, anyone, empty)
	wants(t, "a voter that comes back empty", err, fault.Exists)
	f.Heal(1)
	bad := joining(t, "x", good)
	bad.CSR = []byte("x")
	_, err = f.Vault(0).Admit(ctx, anyone, bad)
	wants(t, "a bad request for a certificate", err, fault.Invalid)
	f.Advance(25 * time.Hour)
	duties(t, f)
	_, err = f.Vault(0).Admit(ctx, anyone, joining(t, "x", good))
	wants(t, "an expired token", err, fault.Unauthenticated)
	if len(f.MemberChanges()) != 0 {
		t.Errorf("somebody joined: %+v", f.MemberChanges())
	}
	if _, err := f.Vault(0).Authenticate(ctx, good); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("a join token opens the API: %v", err)
	}
}

func TestANodeRenewsItsOwnCertificateOnly(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for node := range 2 {
		got, err := f.Vault(node).Renew(ctx, vaulttest.CSR(t, "whatever"))
		ok(t, "renewing", err)
		cert, err := x509.ParseCertificate(got.Cert)
		if err != nil || cert.Subject.CommonName != f.Node(node) {
			t.Errorf("it is %v's, %v", cert.Subject, err)
		}
	}
	type certifyIn struct {
		CSR  []byte        `cbor:"1,keyasint"`
		Name string        `cbor:"2,keyasint"`
		TTL  time.Duration `cbor:"3,keyasint"`
	}
	body, err := cbor.Marshal(certifyIn{CSR: vaulttest.CSR(t, "n1"), Name: "n1"})
	ok(t, "marshalling", err)
	forged, err := cbor.Marshal(map[int]any{
		1: "sys.renew-certificate", 2: access.Caller{Principal: "self", Kind: access.BySelf, Node: "n1"}, 3: map[string]any{"ID": [16]byte{}, "Print": [8]byte{}}, 4: body,
	})
	ok(t, "marshalling", err)
	if _, err := f.Vault(0).HandleForward(ctx, "n2", forged); !errors.Is(err, fault.Denied) {
		t.Errorf("n2 gets n1's certificate: %v", err)
	}
}

func TestClientCertificatesNameTheClient(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	got, err := f.Vault(1).CertifyClient(ctx, f.Root(), "app/1", vaulttest.CSR(t, "other"), time.Hour)
	ok(t, "certifying", err)
	cert, err := x509.ParseCertificate(got.Cert)
	if err != nil || cert.Subject.CommonName != "app/1" || cert.NotAfter.After(f.Now().Add(2*time.Hour)) {
		t.Errorf("it is %v until %v, %v", cert.Subject, cert.NotAfter, err)
	}
}

func TestMembersAreChangedOnTheLeader(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	ok(t, "demoting", f.Vault(2).Demote(ctx, root, "n2"))
	all, err := f.Vault(1).Members(ctx, root)
	if err != nil || len(all) != 3 || all[1].Role != "nonvoter" || all[0].Role != "leader" {
		t.Errorf("%+v, %v", all, err)
	}
	ok(t, "promoting", f.Vault(1).Promote(ctx, root, "n2"))
	ok(t, "stepping down", f.Vault(1).StepDown(ctx, root, "n3"))
	if f.Leader() != 2 {
		t.Errorf("the leader is %d", f.Leader())
	}
	ok(t, "stepping down to any", f.Vault(1).StepDown(ctx, root, ""))
	if f.Leader() == 2 {
		t.Error("it still leads")
	}
	ok(t, "removing", f.Vault(0).Remove(ctx, root, "n3"))
	wants(t, "removing a stranger", f.Vault(0).Remove(ctx, root, "n9"), fault.NotFound)
	wants(t, "removing nobody", f.Vault(0).Remove(ctx, root, ""), fault.NotFound)
}
