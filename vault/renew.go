package vault

import (
	"context"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Certificate is what Renew and CertifyClient give: a certificate and the CA that signed it, both DER.
type Certificate struct {
	Cert []byte `cbor:"1,keyasint"`
	CA   []byte `cbor:"2,keyasint"`
}

type certifyIn struct {
	CSR  []byte        `cbor:"1,keyasint"`
	Name string        `cbor:"2,keyasint"`
	TTL  time.Duration `cbor:"3,keyasint"`
}

var (
	opRenew   = newWrite("sys.renew-certificate", access.Unchecked, renew)
	opCertify = newWrite("sys.client-certificate", access.ManageToken, certify)
)

// maxClientTTL bounds a client certificate's life; it cannot be revoked one by one.
const maxClientTTL = 397 * 24 * time.Hour

// Renew gets this node a new certificate.
func (v *Vault) Renew(ctx context.Context, csr []byte) (*Certificate, error) {
	c := access.Caller{Principal: "self", Kind: access.BySelf, Door: "self", Node: v.cfg.Node}
	return opRenew.do(ctx, v, c, certifyIn{CSR: csr, Name: v.cfg.Node})
}

// renew signs for the node that asks, and for no other: HandleForward sets Caller.Node from that node's certificate.
func renew(_ context.Context, t *task, in certifyIn) (*Certificate, error) {
	if t.caller.Kind != access.BySelf || t.caller.Node != in.Name {
		return nil, fault.New(fault.Denied, "a node renews its own certificate only")
	}
	if err := t.member(in.Name); err != nil {
		return nil, err
	}
	t.change("node", in.Name)
	peer := ""
	for _, m := range t.link.members.Members() {
		if m.Node == in.Name {
			peer = m.Peer
		}
	}
	return t.sign(in, t.ownNames(in.Name, peer), false)
}

// CertifyClient signs a client's certificate: csr proves the key (PKCS #10, DER), name becomes the principal. ttl 0 is 90 days.
func (v *Vault) CertifyClient(ctx context.Context, c access.Caller, name string, csr []byte, ttl time.Duration) (*Certificate, error) {
	return opCertify.do(ctx, v, c, certifyIn{CSR: csr, Name: name, TTL: ttl})
}

func certify(_ context.Context, t *task, in certifyIn) (*Certificate, error) {
	t.change("name", in.Name)
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if err := key.CheckName(in.Name); err != nil {
		return nil, err
	}
	if in.TTL == 0 {
		in.TTL = 90 * 24 * time.Hour
	}
	if in.TTL < time.Minute || in.TTL > maxClientTTL {
		return nil, fault.New(fault.Invalid, "a client certificate lives between a minute and %d days", int(maxClientTTL.Hours()/24))
	}
	return t.sign(in, nil, true)
}

func (t *task) sign(in certifyIn, allow func([]string) error, client bool) (*Certificate, error) {
	if err := t.intend(); err != nil {
		return nil, err
	}
	s := t.link.machine.State()
	ca := s.Document(docCA)
	if ca == nil {
		return nil, fault.New(fault.Internal, "the state has no CA certificate")
	}
	out := &Certificate{CA: ca.Body}
	err := t.keys.secrets(s, func(m *memberSecrets) (err error) {
		signing := Signing{CA: ca.Body, CAKey: m.CAKey, CSR: in.CSR, Node: in.Name, Cluster: t.keys.cluster, Now: t.v.cfg.Now(), Lifetime: in.TTL, Allow: allow}
		if client {
			out.Cert, err = t.v.cfg.Authority.SignClient(signing)
		} else {
			out.Cert, err = t.v.cfg.Authority.SignNode(signing)
		}
		return err
	})
	return out, err
}
