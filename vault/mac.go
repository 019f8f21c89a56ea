package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// MACInput is something to authenticate.
type MACInput struct {
	Input []byte
	Hash  string // "" or that of the key's algorithm
}

// VerifyMACInput is something whose MAC is to be verified.
type VerifyMACInput struct {
	Input []byte
	MAC   []byte // text qk:v<version>:<base64>
	Hash  string
}

// MACText is what MAC gives.
type MACText struct {
	Text    []byte // qk:v<version>:<base64>
	Version uint32
}

var (
	opMAC = keyUse[MACInput, MACText]{
		name: "key.mac", action: access.MAC, op: key.ToMAC,
		about: func(in *MACInput) (uint32, uint64) { return 0, uint64(len(in.Input)) },
		each:  func(ctx context.Context, u *using, in *MACInput, out *MACText) error { return u.mac(ctx, in, out) },
	}
	opVerifyMAC = keyUse[VerifyMACInput, Verdict]{
		name: "key.verify-mac", action: access.VerifyMAC, op: key.ToVerifyMAC,
		about: func(in *VerifyMACInput) (uint32, uint64) { return versionOf(in.MAC), uint64(len(in.Input)) },
		each: func(ctx context.Context, u *using, in *VerifyMACInput, out *Verdict) error {
			return u.verifyMAC(ctx, in, out)
		},
	}
)

// MAC authenticates an input under the newest version of a key (HMAC, FIPS 198-1).
func (v *Vault) MAC(ctx context.Context, c access.Caller, ref string, in MACInput) (m MACText, err error) {
	err = opMAC.one(ctx, v, c, ref, in, func(out *MACText) error {
		m = *out
		return nil
	})
	return m, err
}

// MACBatch is MAC for many inputs.
func (v *Vault) MACBatch(ctx context.Context, c access.Caller, ref string, all []MACInput, use func([]Result[MACText]) error) error {
	return opMAC.many(ctx, v, c, ref, all, use)
}

func (u *using) mac(ctx context.Context, in *MACInput, out *MACText) error {
	o, n, err := u.at(ctx, key.ToMAC, 0)
	if err != nil {
		return err
	}
	h, err := parseHash(in.Hash)
	if err != nil {
		return err
	}
	mac, err := o.key.MAC(in.Input, h)
	if err != nil {
		return err
	}
	out.Text, out.Version = u.text(n, mac), n
	return nil
}

// VerifyMAC tells whether a MAC that MAC gave is the one over the input. One that is not is no error.
func (v *Vault) VerifyMAC(ctx context.Context, c access.Caller, ref string, in VerifyMACInput) (verdict Verdict, err error) {
	err = opVerifyMAC.one(ctx, v, c, ref, in, func(out *Verdict) error {
		verdict = *out
		return nil
	})
	return verdict, err
}

// VerifyMACBatch is VerifyMAC for many MACs.
func (v *Vault) VerifyMACBatch(ctx context.Context, c access.Caller, ref string, all []VerifyMACInput, use func([]Result[Verdict]) error) error {
	return opVerifyMAC.many(ctx, v, c, ref, all, use)
}

func (u *using) verifyMAC(ctx context.Context, in *VerifyMACInput, out *Verdict) error {
	n, mac, err := u.parse(macText, in.MAC)
	if err != nil {
		return err
	}
	o, n, err := u.at(ctx, key.ToVerifyMAC, n)
	if err != nil {
		return err
	}
	h, err := parseHash(in.Hash)
	if err != nil {
		return err
	}
	out.Version = n
	return out.judge(o.key.VerifyMAC(in.Input, mac, h))
}
