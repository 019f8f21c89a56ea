package vault

import (
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// deriveMethods are the derivations of DeriveInput.Method beside "encrypt".
var deriveMethods = map[string]primitive.Method{
	"pbkdf2": primitive.PBKDF2, "hash": primitive.HashOfKey, "hmac": primitive.HMACOfData, "counter": primitive.CounterMode,
}

// deriveBy derives by another method than HKDF.
func (u *using) deriveBy(o *opened, in *DeriveInput) ([]byte, error) {
	if u.record.Usage&key.Derive == 0 {
		return nil, u.unfit(purpose{key.Derive, "derive", "deriving"}, u.record)
	}
	if len(in.Peer) > 0 || in.Raw {
		return nil, fault.New(fault.Invalid, "a peer's key has no part in the method %q", clip(in.Method)).WithHint("Leave the peer's key out, or the method.")
	}
	if in.Method == "encrypt" {
		return u.deriveByEncrypting(o, in)
	}
	m, err := named(deriveMethods, "method", in.Method)
	if err != nil {
		return nil, err
	}
	h, err := named(bareHashes, "hash", in.Hash)
	if err != nil {
		return nil, err
	}
	if err := u.alsoMAC(m, in.Iterations); err != nil {
		return nil, err
	}
	return o.key.Expand(primitive.Expansion{Method: m, Hash: h, Salt: in.Salt, Data: in.Info, Iterations: in.Iterations, Bytes: in.Bytes})
}

// deriveByEncrypting takes a ciphertext for the key. Whoever may encrypt under the base in that mode knows what comes out, and who may
// ask for any is as good as one who may: so both are asked for, as with every use of the bare block cipher.
func (u *using) deriveByEncrypting(o *opened, in *DeriveInput) ([]byte, error) {
	for _, a := range []access.Action{access.Encrypt, access.Decrypt} {
		if err := u.both(a, true); err != nil {
			return nil, err
		}
	}
	s := in.Scheme
	if s == nil {
		return nil, fault.New(fault.Invalid, "deriving by encrypting needs a mode")
	}
	c, err := s.cipher(&BareInput{IV: in.IV})
	if err != nil {
		return nil, err
	}
	out, tag, err := o.key.EncryptBlocks(c, in.Info)
	if err != nil {
		return nil, err
	}
	out = append(out, tag...)
	if len(out) < in.Bytes {
		clear(out)
		return nil, fault.New(fault.Invalid, "the ciphertext has %d bytes; %d are asked for", len(out), in.Bytes).WithHint("Give more data to encrypt, or ask for a shorter key.")
	}
	clear(out[in.Bytes:])
	return out[:in.Bytes:in.Bytes], nil
}

// alsoMAC asks for the permission to make MACs with a key that is for them, where what is derived is the HMAC of data that the caller chose: the
// method "hmac" itself, "counter", which puts a number before it, and one round of PBKDF2, which puts one behind.
func (u *using) alsoMAC(m primitive.Method, iterations int) error {
	keyed := m == primitive.HMACOfData || m == primitive.CounterMode || m == primitive.PBKDF2 && iterations < 2
	if !keyed || u.record.Usage&(key.MAC|key.VerifyMAC) == 0 {
		return nil
	}
	_, err := u.findAs(access.MAC, u.record.ID.String())
	return err
}
