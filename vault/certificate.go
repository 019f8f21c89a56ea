package vault

import (
	"bytes"
	"context"
	"errors"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// importCertificate keeps a certificate as r. It is no secret, so nothing is unwrapped. If it is said to be a key's, it must certify one of that
// key's public halves, and both objects learn of each other in one step.
func importCertificate(ctx context.Context, t *task, r *key.Record, in ImportSpec) (*key.Record, error) {
	format, err := envelope.ParseFormat(in.Format)
	if err != nil {
		return nil, err
	}
	der, public, err := envelope.Parse(key.X509, in.Certificate, format)
	if err != nil {
		return nil, err
	}
	if in.Of == "" {
		if err := t.intend(); err != nil {
			return nil, err
		}
		return t.createImported(ctx, r, der, public, in.CheckValue)
	}
	done, err := t.turn(ctx, in.Of)
	if err != nil {
		return nil, err
	}
	defer done()
	for try := 0; ; try++ {
		r = r.Clone() // what was proposed is not changed any more
		if err := t.keepImported(ctx, r, &r.Versions[0], der, public, in.CheckValue); err != nil {
			return nil, err
		}
		out, err := t.certify(ctx, r, in.Of, try == 0)
		if errors.Is(err, fault.Conflict) && try < maxRetries && ctx.Err() == nil {
			continue // the key changed meanwhile, or the certificate's parent was rotated
		}
		if err != nil {
			return nil, err
		}
		return t.result(out)
	}
}

// certify is one try to commit certificate r and its key's link to it.
func (t *task) certify(ctx context.Context, r *key.Record, of string, first bool) (fsm.Outcome, error) {
	k, err := t.findAlso(access.Update, of)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if !certifies(r.Versions[0].Public, k) {
		return fsm.Outcome{}, fault.New(fault.Invalid, "the certificate is for another public key than any of key %s", nameOf(k)).
			WithHint("Compare: quorate key public %s; openssl x509 -in FILE -noout -pubkey", nameOf(k))
	}
	if k.State.Permits(key.ToCertify) != key.Allowed {
		return fsm.Outcome{}, fault.New(fault.BadState, "key %s is %s and takes no certificate", nameOf(k), k.State)
	}
	t.change("certifies", nameOf(k))
	if first {
		if err := t.intend(); err != nil {
			return fsm.Outcome{}, err
		}
	}
	r.Links = []key.Link{{Kind: key.LinkPrivate, To: k.ID}}
	if _, err := t.keys.stamp(r); err != nil {
		return fsm.Outcome{}, err
	}
	cmd := &fsm.CertifyKey{
		Change: fsm.Change{ID: k.ID, Expect: k.Revision, Updated: t.v.now(t.link.machine.State())}, Certificate: r,
	}
	mac, err := t.keys.change(k, cmd.Next)
	if err != nil {
		return fsm.Outcome{}, err
	}
	cmd.SetMAC(mac)
	return t.propose(ctx, cmd)
}

// certifies tells whether one of k's versions has that public half.
func certifies(public []byte, k *key.Record) bool {
	for i := range k.Versions {
		if k.Algorithm != key.X509 && len(public) > 0 && bytes.Equal(k.Versions[i].Public, public) {
			return true
		}
	}
	return false
}
