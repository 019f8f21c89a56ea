package vaulttest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// foundFailure is what the founder was told to do wrong.
type foundFailure struct{ found, keep error }

// FailFound makes the founder's Found and Keep fail with these errors; nil lets them succeed.
func (f *Fixture) FailFound(found, keep error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = foundFailure{found, keep}
}

// Kept tells whether the founder keeps what Found wrote.
func (f *Fixture) Kept() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

// founder makes a blank node the first member of the fixture's cluster.
type founder struct{ n *node }

var _ vault.Founder = founder{}

// Found implements vault.Founder.
func (w founder) Found(_ context.Context, c vault.Founding) error {
	f := w.n.f
	f.mu.Lock()
	err, there := f.failure.found, f.leader >= 0
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if there || len(c.Gossip) != 32 || len(c.Log) != 32 || len(c.CA) == 0 || len(c.CAKey) == 0 {
		return fault.New(fault.Internal, "the founder was called with what it cannot use, or twice")
	}
	f.set(func() { f.leader = w.n.at })
	f.attach(w.n)
	return nil
}

// Keep implements vault.Founder.
func (w founder) Keep() error {
	w.n.f.mu.Lock()
	defer w.n.f.mu.Unlock()
	w.n.f.kept = w.n.f.failure.keep == nil
	return w.n.f.failure.keep
}

// Abandon implements vault.Founder: nothing remains.
func (w founder) Abandon() {
	f := w.n.f
	f.commit.Lock()
	defer f.commit.Unlock()
	f.log = nil
	f.set(func() { f.leader, f.kept, w.n.machine = -1, false, nil })
}

// Machine is the state machine of node i; nil while it belongs to no cluster.
func (f *Fixture) Machine(i int) *fsm.Machine {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i].machine
}

// Authority makes certificates with the standard library alone: enough to be parsed and verified, not what a cluster uses.
type Authority struct{}

var _ vault.Authority = Authority{}

// NewCA implements vault.Authority.
func (Authority) NewCA(_ [16]byte, now time.Time) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "vaulttest CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(20, 0, 0),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	if cert, err = x509.CreateCertificate(rand.Reader, template, template, k.Public(), k); err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(k)
	return cert, key, err
}

// SignNode implements vault.Authority.
func (Authority) SignNode(s vault.Signing) ([]byte, error) {
	return sign(s, 90*24*time.Hour, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth)
}

// SignClient implements vault.Authority.
func (Authority) SignClient(s vault.Signing) ([]byte, error) {
	return sign(s, s.Lifetime, x509.ExtKeyUsageClientAuth)
}

func sign(s vault.Signing, life time.Duration, use ...x509.ExtKeyUsage) ([]byte, error) {
	req, err := x509.ParseCertificateRequest(s.CSR)
	if err == nil {
		err = req.CheckSignature()
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the certificate request cannot be read")
	}
	if s.Allow != nil {
		if err := s.Allow(req.DNSNames); err != nil {
			return nil, err
		}
	}
	ca, err := x509.ParseCertificate(s.CA)
	if err != nil {
		return nil, err
	}
	signer, err := x509.ParsePKCS8PrivateKey(s.CAKey)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: s.Node}, NotBefore: s.Now.Add(-time.Minute), NotAfter: s.Now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: use, BasicConstraintsValid: true,
	}
	return x509.CreateCertificate(rand.Reader, leaf, ca, req.PublicKey, signer)
}

// CSR is a request for a certificate (PKCS #10, DER) with a fresh key.
func CSR(t testing.TB, name string, hosts ...string) []byte {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}, DNSNames: hosts}, k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
