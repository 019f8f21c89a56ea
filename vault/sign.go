package vault

import (
	"context"
	"crypto"
	"encoding/base64"
	"errors"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// SignScheme is what there is to choose about a signature. The zero value is the usual one: RSA-PSS with SHA-256, ECDSA in
// ASN.1 with the hash of its curve, Ed25519.
type SignScheme struct {
	Hash      string // "sha256", "sha384", "sha512"
	Padding   string // of RSA: "pss" or "pkcs1v15"
	Form      string // "der", "raw" (r ‖ s) or "jws" (RFC 7515)
	Prehashed bool   // the input is the digest already
}

// SignInput is something to sign.
type SignInput struct {
	Input  []byte
	Scheme SignScheme
}

// VerifyInput is something to verify, in the scheme in which it was signed.
type VerifyInput struct {
	Input     []byte
	Signature []byte // text qk:v<version>:<base64>
	Scheme    SignScheme
}

// Signature is what Sign gives. The bytes behind the text are what other software verifies.
type Signature struct {
	Text    []byte // qk:v<version>:<base64>
	JWS     []byte // base64url without padding, when the form is "jws"
	Version uint32
}

// Verdict is what Verify and VerifyMAC give.
type Verdict struct {
	Valid   bool
	Version uint32
}

var (
	opSign = keyUse[SignInput, Signature]{
		name: "key.sign", action: access.Sign, op: key.ToSign,
		about: func(in *SignInput) (uint32, uint64) { return 0, uint64(len(in.Input)) },
		each:  func(ctx context.Context, u *using, in *SignInput, out *Signature) error { return u.sign(ctx, in, out) },
	}
	opVerify = keyUse[VerifyInput, Verdict]{
		name: "key.verify", action: access.Verify, op: key.ToVerify,
		about: func(in *VerifyInput) (uint32, uint64) { return versionOf(in.Signature), uint64(len(in.Input)) },
		each: func(ctx context.Context, u *using, in *VerifyInput, out *Verdict) error {
			return u.verify(ctx, in, out)
		},
	}
)

// Sign signs under the newest version of a key.
func (v *Vault) Sign(ctx context.Context, c access.Caller, ref string, in SignInput) (s Signature, err error) {
	err = opSign.one(ctx, v, c, ref, in, func(out *Signature) error {
		s = *out
		return nil
	})
	return s, err
}

// SignBatch is Sign for many inputs.
func (v *Vault) SignBatch(ctx context.Context, c access.Caller, ref string, all []SignInput, use func([]Result[Signature]) error) error {
	return opSign.many(ctx, v, c, ref, all, use)
}

func (u *using) sign(ctx context.Context, in *SignInput, out *Signature) error {
	o, n, err := u.at(ctx, key.ToSign, 0)
	if err != nil {
		return err
	}
	scheme, err := in.Scheme.parse()
	if err != nil {
		return err
	}
	if err := in.Scheme.fits(u.record.Algorithm); err != nil {
		return err
	}
	sig, err := o.key.Sign(u.random, in.Input, scheme)
	if err != nil {
		return err
	}
	out.Text, out.Version = u.text(n, sig), n
	if scheme.Form == primitive.JWS {
		out.JWS = base64.RawURLEncoding.AppendEncode(nil, sig)
	}
	return nil
}

// Verify tells whether a signature that Sign gave is one over the input. One that is not is no error.
func (v *Vault) Verify(ctx context.Context, c access.Caller, ref string, in VerifyInput) (verdict Verdict, err error) {
	err = opVerify.one(ctx, v, c, ref, in, func(out *Verdict) error {
		verdict = *out
		return nil
	})
	return verdict, err
}

// VerifyBatch is Verify for many signatures.
func (v *Vault) VerifyBatch(ctx context.Context, c access.Caller, ref string, all []VerifyInput, use func([]Result[Verdict]) error) error {
	return opVerify.many(ctx, v, c, ref, all, use)
}

func (u *using) verify(ctx context.Context, in *VerifyInput, out *Verdict) error {
	n, sig, err := u.parse(signature, in.Signature)
	if err != nil {
		return err
	}
	o, n, err := u.at(ctx, key.ToVerify, n)
	if err != nil {
		return err
	}
	scheme, err := in.Scheme.parse()
	if err != nil {
		return err
	}
	if err := in.Scheme.fits(u.record.Algorithm); err != nil {
		return err
	}
	out.Version = n
	return out.judge(o.key.Verify(in.Input, sig, scheme))
}

// judge makes a verdict of what a primitive says.
func (d *Verdict) judge(err error) error {
	d.Valid = err == nil
	if errors.Is(err, primitive.ErrMismatch) {
		return nil
	}
	return err
}

// fits refuses a choice that keys of the algorithm do not have.
func (s SignScheme) fits(a key.Algorithm) error {
	if s.Padding != "" && a != key.RSA2048 && a != key.RSA3072 && a != key.RSA4096 {
		return fault.New(fault.Invalid, "signatures of %s have no scheme", a).WithHint("Leave scheme out: only RSA keys have the choice of pss and pkcs1v15.")
	}
	return nil
}

// parse reads the names.
func (s SignScheme) parse() (p primitive.Scheme, err error) {
	if p.Hash, err = parseHash(s.Hash); err != nil {
		return p, err
	}
	switch s.Padding {
	case "", "pss":
	case "pkcs1v15":
		p.Padding = primitive.PKCS1v15
	default:
		return p, fault.New(fault.Invalid, "there is no scheme %q", clip(s.Padding)).WithHint("For RSA keys scheme is pss (the default) or pkcs1v15; others have none.")
	}
	switch s.Form {
	case "", "der":
	case "raw":
		p.Form = primitive.Raw
	case "jws":
		p.Form = primitive.JWS
	default:
		return p, fault.New(fault.Invalid, "there is no form %q", clip(s.Form)).WithHint("form is der (the default), raw or jws.")
	}
	p.Prehashed = s.Prehashed
	return p, nil
}

// parseHash reads the name of a hash that keys are used with; "" is 0, the usual one.
func parseHash(name string) (crypto.Hash, error) {
	switch name {
	case "":
		return 0, nil
	case "sha256":
		return crypto.SHA256, nil
	case "sha384":
		return crypto.SHA384, nil
	case "sha512":
		return crypto.SHA512, nil
	}
	return 0, fault.New(fault.Invalid, "there is no hash %q here", clip(name)).WithHint("hash is sha256, sha384 or sha512.")
}
