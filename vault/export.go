package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ExportSpec says to whom and how a key leaves the vault.
type ExportSpec struct {
	Recipient []byte        // public key, PEM or DER of a SubjectPublicKeyInfo; or
	Algorithm key.Algorithm // of Raw
	Raw       []byte        // the public key as HPKE has it
	Scheme    string        // "": what fits the recipient
	Format    string        // of what is wrapped; "": PKCS #8 for key pairs, raw for everything else
	Version   uint32        // 0: the latest
}

// Exported is a key wrapped to somebody outside.
type Exported struct {
	Wrapped    []byte
	Scheme     string
	Format     string
	Algorithm  key.Algorithm
	Version    uint32
	CheckValue string
}

// ExportKey wraps a version of an exportable key to a recipient's public key. Any node does it from its own state. fault.Denied unless the key is
// exportable, fault.BadState unless it is active.
func (v *Vault) ExportKey(ctx context.Context, c access.Caller, ref string, s ExportSpec) (*Exported, error) {
	t, err := v.begin("key.export", access.Export, c, false)
	if err != nil {
		return nil, err
	}
	out, err := t.export(ctx, ref, s)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return out, nil
}

func (t *task) export(ctx context.Context, ref string, s ExportSpec) (*Exported, error) {
	r, ver, err := t.exportable(ctx, key.ToExport, ref, s.Version)
	if err != nil {
		return nil, err
	}
	to, err := s.recipient()
	if err != nil {
		return nil, err
	}
	t.change("recipient", to.Fingerprint())
	format, err := envelope.ParseFormat(s.Format)
	if err != nil {
		return nil, err
	}
	if format == "" {
		format = envelope.DefaultFormat(r.Algorithm)
	}
	out := &Exported{Format: string(format), Algorithm: r.Algorithm, Version: ver.Number}
	err = t.material(r, ver, func(plain []byte) error {
		written, err := envelope.Write(r.Algorithm, plain, format)
		if err != nil {
			return err
		}
		defer clear(written)
		if out.CheckValue, err = envelope.CheckValue(r.Algorithm, plain, ver.Public); err != nil {
			return err
		}
		var scheme envelope.Scheme
		out.Wrapped, scheme, err = to.Wrap(t.v.cfg.Random, written, s.Scheme)
		out.Scheme = string(scheme)
		return err
	})
	return out, err
}

func (s ExportSpec) recipient() (*envelope.Recipient, error) {
	switch {
	case (len(s.Recipient) > 0) == (len(s.Raw) > 0):
		return nil, fault.New(fault.Invalid, "an export has one recipient: a public key as PEM or DER, or its algorithm and raw bytes")
	case len(s.Raw) > 0:
		return envelope.RawRecipient(s.Algorithm, s.Raw)
	}
	return envelope.ParseRecipient(s.Recipient)
}

// PublicKey is the public half of a version, or a certificate, as it is handed out.
type PublicKey struct {
	ID        key.ID
	Version   uint32
	Algorithm key.Algorithm
	Format    string
	Bytes     []byte
	Text      bool // Bytes are printable
}

// PublicKey gives the public half of a version (0: the latest) in a format ("": PEM), or the certificate that is kept under that name.
func (v *Vault) PublicKey(ctx context.Context, c access.Caller, ref string, version uint32, format string) (*PublicKey, error) {
	t, err := v.begin("key.public", access.Read, c, false)
	if err != nil {
		return nil, err
	}
	p, err := t.publicKey(ctx, ref, version, format)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return p, nil
}

func (t *task) publicKey(ctx context.Context, ref string, version uint32, format string) (*PublicKey, error) {
	f, err := envelope.ParseFormat(format)
	if err != nil {
		return nil, err
	}
	r, err := t.readVersion(ctx, ref, version)
	if err != nil {
		return nil, err
	}
	ver, err := t.version(r, version)
	if err != nil {
		return nil, err
	}
	if f == "" {
		f = envelope.PEM
	}
	p := &PublicKey{ID: r.ID, Version: ver.Number, Algorithm: r.Algorithm, Format: string(f), Text: f == envelope.PEM || f == envelope.JWK || f == envelope.SSH}
	if r.Algorithm == key.X509 && (f == envelope.PEM || f == envelope.DER) {
		err = t.material(r, ver, func(der []byte) (err error) {
			p.Bytes, err = envelope.Write(r.Algorithm, der, f)
			return err
		})
		return p, err
	}
	p.Bytes, err = envelope.WritePublic(r.Algorithm, ver.Public, f)
	return p, err
}
