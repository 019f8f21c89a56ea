package vault

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// BareScheme is how a key is used for other software: what comes out carries no frame of the vault's and names no version. The
// zero value is AES in GCM or ChaCha20-Poly1305, OAEP with SHA-256, PSS with SHA-256, ECDSA with the hash of its curve in ASN.1, Ed25519, HMAC.
type BareScheme struct {
	Cipher    string // "": the key's own; "3des" by a secret of 16 or 24 bytes, in the modes without a tag
	Mode      string // of AES: "gcm", "ccm", "cbc", "ecb", "cfb", "ofb", "ctr", "xts"; of ChaCha20-Poly1305 none; "chacha20" by a secret of 32 bytes
	Counter   uint32 // the first of "chacha20"
	Padding   string // in CBC and ECB "none", "pkcs5", "x923"; RSA: "oaep" or "pss", "pkcs1v15"
	TagBytes  int    // of GCM and CCM; 0: 16
	Hash      string // beside those of SignScheme also "sha1" and "sha224" in HMAC and OAEP
	MaskHash  string // of OAEP's MGF1; "": Hash
	Label     []byte // of OAEP
	Salt      int    // of PSS, in bytes; 0: as long as the hash
	Prehashed bool   // what is signed is the digest already
	CMAC      bool   // not HMAC
}

// BareInput is something to use a key on. What is bare does not say which version made it.
type BareInput struct {
	Data, AAD []byte
	IV        []byte // empty when encrypting: one is drawn
	Proof     []byte // GCM's or CCM's tag, the signature or the MAC that is to be verified
	Version   uint32 // 0: the newest; to open or to verify what tells whether it fits, also up to 32 in use before it
	Scheme    BareScheme
	// Choose, if not nil, completes the input for the key that was found, once the caller may use it. It only reads the record.
	Choose func(r *key.Record, in *BareInput) error
	// Ask: nothing is done and nothing is counted; what would stand in the way of doing it is told.
	Ask bool
}

// What is the matter with an input, told apart for protocols that tell it apart.
var (
	ErrUnopened  = primitive.ErrUnopened
	ErrNoIV      = primitive.ErrNoIV
	ErrTagLength = primitive.ErrTagLength
)

// BareOutput is what a bare operation gives, lent to a callback; Data is cleared afterwards.
type BareOutput struct {
	Data    []byte // the ciphertext, plaintext, signature or MAC
	IV      []byte // that was drawn; nil if it was given
	Tag     []byte // of GCM and CCM
	Valid   bool   // of a signature or a MAC that was to be verified
	Version uint32
}

// BareUse is one of the bare operations.
type BareUse struct {
	use *keyUse[BareInput, BareOutput]
}

// The bare operations. Encrypting and decrypting in anything but GCM, and in GCM under an IV of the caller's, hands out the block
// cipher itself, by which everything that the key protects can be opened and made: it is for callers whom the policies permit both
// to encrypt and to decrypt with the key, whichever they ask for.
var (
	EncryptBare   = bare("key.encrypt-bare", access.Encrypt, key.ToEncrypt, (*using).encryptBare, (*using).encryptsBare)
	DecryptBare   = bare("key.decrypt-bare", access.Decrypt, key.ToDecrypt, (*using).decryptBare, (*using).decryptsBare)
	SignBare      = bare("key.sign-bare", access.Sign, key.ToSign, (*using).signBare, nil)
	VerifyBare    = bare("key.verify-bare", access.Verify, key.ToVerify, (*using).verifyBare, nil)
	MACBare       = bare("key.mac-bare", access.MAC, key.ToMAC, (*using).macBare, nil)
	VerifyMACBare = bare("key.verify-mac-bare", access.VerifyMAC, key.ToVerifyMAC, (*using).verifyMACBare, nil)
)

// bare makes one of them. may is what the scheme asks for beside the action, nil for nothing; do asks for it by itself.
func bare(name string, a access.Action, op key.Operation, do func(u *using, o *opened, in *BareInput, out *BareOutput) error, may func(u *using, in *BareInput) error) BareUse {
	verdict := op == key.ToVerify || op == key.ToVerifyMAC
	return BareUse{&keyUse[BareInput, BareOutput]{
		name: name, action: a, op: op,
		about: func(in *BareInput) (uint32, uint64) { return in.Version, uint64(len(in.Data)) },
		each: func(ctx context.Context, u *using, in *BareInput, out *BareOutput) error {
			if in.Choose != nil {
				if err := in.Choose(u.record, in); err != nil {
					return err
				}
			}
			if in.Ask {
				return u.asked(op, in, may)
			}
			err := u.fitting(ctx, op, in.Version, in.Scheme.tells(op, u.record), func(o *opened, n uint32) error {
				*out = BareOutput{Version: n}
				err := do(u, o, in, out)
				if err == nil && verdict && !out.Valid {
					return ErrUnopened
				}
				return err
			})
			out.Version = u.entry.KeyVersion
			if verdict && misfit(err) {
				return nil
			}
			return err
		},
		wipe: func(out *BareOutput) { clear(out.Data) },
	}}
}

// Bare uses a key for other software and lends the outcome to use. What does not verify is no error: Valid
// is false. What does not decrypt is one: primitive's, fault.Invalid.
func (v *Vault) Bare(ctx context.Context, c access.Caller, what BareUse, ref string, in BareInput, use func(out *BareOutput) error) error {
	return what.use.one(ctx, v, c, ref, in, use)
}

func (u *using) encryptBare(o *opened, in *BareInput, out *BareOutput) (err error) {
	s := &in.Scheme
	if isRSA(u.record.Algorithm) {
		e, err := s.encryption(in)
		if err == nil {
			out.Data, err = o.key.EncryptRSA(u.random, e, in.Data)
		}
		return err
	}
	c, err := s.cipher(in)
	if err != nil {
		return err
	}
	if err := u.encryptsBare(in); err != nil {
		return err
	}
	if len(c.IV) == 0 && c.Mode != primitive.ECB {
		c.IV = make([]byte, c.IVBytes())
		if _, err := io.ReadFull(u.random, c.IV); err != nil {
			return err
		}
		out.IV = c.IV
	}
	out.Data, out.Tag, err = o.key.EncryptBlocks(c, in.Data)
	return err
}

func (u *using) decryptBare(o *opened, in *BareInput, out *BareOutput) error {
	s := &in.Scheme
	if isRSA(u.record.Algorithm) {
		e, err := s.encryption(in)
		if err == nil {
			out.Data, err = o.key.DecryptRSA(e, in.Data)
		}
		return err
	}
	c, err := s.cipher(in)
	if err != nil {
		return err
	}
	if err := u.decryptsBare(in); err != nil {
		return err
	}
	out.Data, err = o.key.DecryptBlocks(c, in.Data, in.Proof)
	return err
}

// asked tells what would stand in the way.
func (u *using) asked(op key.Operation, in *BareInput, may func(u *using, in *BareInput) error) error {
	u.change("asked", "only") // the audit log shows no use
	before := u.entry
	ver, err := u.version(u.record, in.Version)
	if err == nil {
		err = u.mayUse(op, u.record, ver)
	}
	if err != nil && in.Version == 0 && in.Scheme.tells(op, u.record) && u.apart(op, err) {
		for range u.earlier(op, before) {
			err = nil
			break
		}
	}
	if err == nil && may != nil {
		err = may(u, in)
	}
	return err
}

// encryptsBare asks for what encrypting in a mode needs beside the permission to encrypt.
func (u *using) encryptsBare(in *BareInput) error {
	gcm := in.Scheme.Mode == "" || in.Scheme.Mode == "gcm"
	return u.both(access.Decrypt, !isRSA(u.record.Algorithm) && (!gcm || len(in.IV) > 0))
}

// decryptsBare is encryptsBare of decrypting.
func (u *using) decryptsBare(in *BareInput) error {
	gcm := in.Scheme.Mode == "" || in.Scheme.Mode == "gcm"
	return u.both(access.Encrypt, !isRSA(u.record.Algorithm) && !gcm)
}

// both asks for the other permission of a pair, where one use is as good as both.
func (u *using) both(other access.Action, both bool) error {
	if !both {
		return nil
	}
	u.change("block cipher", "bare")
	_, err := u.findAs(other, u.record.ID.String())
	return err
}

func (u *using) signBare(o *opened, in *BareInput, out *BareOutput) error {
	s, err := in.Scheme.signing(u.record.Algorithm)
	if err != nil {
		return err
	}
	out.Data, err = o.key.Sign(u.random, in.Data, s)
	return err
}

// verifyBare takes signatures of ECDSA in both forms: the protocols that bring them do not say which.
func (u *using) verifyBare(o *opened, in *BareInput, out *BareOutput) error {
	s, err := in.Scheme.signing(u.record.Algorithm)
	if err != nil {
		return err
	}
	err = o.key.Verify(in.Data, in.Proof, s)
	if errors.Is(err, primitive.ErrMismatch) && isECDSA(u.record.Algorithm) {
		s.Form = primitive.Raw
		err = o.key.Verify(in.Data, in.Proof, s)
	}
	return out.judge(err)
}

func (u *using) macBare(o *opened, in *BareInput, out *BareOutput) (err error) {
	out.Data, err = in.Scheme.mac(o.key, in.Data)
	return err
}

func (u *using) verifyMACBare(o *opened, in *BareInput, out *BareOutput) error {
	want, err := in.Scheme.mac(o.key, in.Data)
	if err != nil {
		return err
	}
	return out.judge(primitive.CheckMAC(want, in.Proof))
}

func (out *BareOutput) judge(err error) error {
	var d Verdict
	err = d.judge(err)
	out.Valid = d.Valid
	return err
}

func isECDSA(a key.Algorithm) bool {
	return a == key.ECDSAP256 || a == key.ECDSAP384 || a == key.ECDSAP521
}

func isRSA(a key.Algorithm) bool { return a == key.RSA2048 || a == key.RSA3072 || a == key.RSA4096 }

var (
	bareModes    = map[string]primitive.Mode{"": primitive.GCM, "gcm": primitive.GCM, "cbc": primitive.CBC, "ecb": primitive.ECB, "cfb": primitive.CFB, "ofb": primitive.OFB, "ctr": primitive.CTR, "ccm": primitive.CCM, "xts": primitive.XTS, "chacha20": primitive.ChaCha20}
	barePaddings = map[string]primitive.BlockPadding{"": primitive.NoPadding, "none": primitive.NoPadding, "pkcs5": primitive.PKCS5, "x923": primitive.X923}
	bareHashes   = map[string]crypto.Hash{
		"": 0, "sha1": crypto.SHA1, "sha224": crypto.SHA224, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512, "sha512-224": crypto.SHA512_224, "sha512-256": crypto.SHA512_256,
		"sha3-224": crypto.SHA3_224, "sha3-256": crypto.SHA3_256, "sha3-384": crypto.SHA3_384, "sha3-512": crypto.SHA3_512,
	}
)

// named is what a name of a scheme stands for.
func named[T any](all map[string]T, what, name string) (T, error) {
	v, ok := all[name]
	if !ok {
		return v, fault.New(fault.Invalid, "the %s %q is not offered here", what, clip(name))
	}
	return v, nil
}

// ownLabel begins the additional data of everything that the vault itself seals under a key: children's material, backups. Bare GCM takes
// any other, so it neither opens nor makes such things.
const ownLabel = "quorate "

func (s *BareScheme) cipher(in *BareInput) (c primitive.Cipher, err error) {
	if bytes.HasPrefix(in.AAD, []byte(ownLabel)) {
		return c, fault.New(fault.Invalid, "additional data that begins with %q is the vault's own", ownLabel).WithHint("Put something before it.")
	}
	c.IV, c.AAD, c.Tag, c.Counter = in.IV, in.AAD, s.TagBytes, s.Counter
	if c.Triple, err = named(map[string]bool{"": false, "3des": true}, "cipher", s.Cipher); err != nil {
		return c, err
	}
	if c.Mode, err = named(bareModes, "mode", s.Mode); err != nil {
		return c, err
	}
	c.Padding, err = named(barePaddings, "padding", s.Padding)
	return c, err
}

// encryption is what RSA does. It has no nonce, and binds nothing but its label.
func (s *BareScheme) encryption(in *BareInput) (e primitive.Encryption, err error) {
	if len(in.IV) > 0 || len(in.AAD) > 0 {
		return e, fault.New(fault.Invalid, "RSA takes no IV and no additional data").WithHint("Leave them out.")
	}
	e.Label = s.Label
	if e.PKCS1v15, err = named(map[string]bool{"": false, "oaep": false, "pkcs1v15": true}, "padding", s.Padding); err != nil {
		return e, err
	}
	if e.Hash, err = named(bareHashes, "hash", s.Hash); err != nil {
		return e, err
	}
	e.MaskHash, err = named(bareHashes, "hash", s.MaskHash)
	return e, err
}

func (s *BareScheme) signing(a key.Algorithm) (primitive.Scheme, error) {
	scheme := SignScheme{Hash: s.Hash, Padding: s.Padding, Prehashed: s.Prehashed}
	p, err := scheme.parse()
	if err != nil {
		return p, err
	}
	p.Salt = s.Salt
	return p, scheme.fits(a)
}

func (s *BareScheme) mac(k *primitive.Key, input []byte) ([]byte, error) {
	h, err := named(bareHashes, "hash", s.Hash)
	switch {
	case err != nil:
		return nil, err
	case s.CMAC:
		return k.CMAC(input)
	case h == 0:
		return k.MAC(input, 0)
	}
	return k.HMACWith(h, input)
}
