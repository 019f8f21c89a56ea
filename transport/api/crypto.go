package api

import (
	"bytes"
	"encoding/json"
)

// MaxBatch is how many items one request may hold.
const MaxBatch = 1000

// Batch is the body of an operation on many items at once; every operation below takes it in place of a single item.
type Batch[T any] struct {
	Batch []T `json:"batch"`
}

// Results answers a Batch, in the order of its items.
type Results[T any] struct {
	Results []Result[T] `json:"results"`
}

// Result is what became of one item: Value's own fields or, on the wire, {"error":{…}}.
type Result[T any] struct {
	Value T
	Error *ItemError // nil: it was done
}

// ItemError says why one item of a batch was not done.
type ItemError struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`
}

type failedItem struct {
	Error *ItemError `json:"error"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Result[T]) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(bytes.TrimLeft(b, "{ \t\r\n"), []byte(`"error"`)) {
		return json.Unmarshal(b, &r.Value)
	}
	var f failedItem
	err := json.Unmarshal(b, &f)
	r.Error = f.Error
	return err
}

// MarshalJSON implements json.Marshaler.
func (r Result[T]) MarshalJSON() ([]byte, error) {
	if r.Error != nil {
		return json.Marshal(failedItem{r.Error})
	}
	return json.Marshal(r.Value)
}

// SignRequest is the body of POST /v1/keys/{k}/sign.
type SignRequest struct {
	Input     []byte `json:"input"`
	Hash      string `json:"hash,omitzero"`      // sha256, sha384, sha512; default: RSA sha256, ECDSA by its curve, Ed25519 none
	Scheme    string `json:"scheme,omitzero"`    // RSA: pss (default) or pkcs1v15
	Form      string `json:"form,omitzero"`      // der (default), raw (r || s), jws
	Prehashed bool   `json:"prehashed,omitzero"` // input is the digest
}

// SignResponse answers it.
type SignResponse struct {
	Signature string `json:"signature"`
	Version   uint32 `json:"version"`
	JWS       string `json:"jws,omitzero"` // the signature part of a JWS (base64url), when form is jws
}

// VerifyRequest is the body of POST /v1/keys/{k}/verify: what was sent to sign, and what came back.
type VerifyRequest struct {
	Input     []byte `json:"input"`
	Signature string `json:"signature"`
	Hash      string `json:"hash,omitzero"`
	Scheme    string `json:"scheme,omitzero"`
	Form      string `json:"form,omitzero"`
	Prehashed bool   `json:"prehashed,omitzero"`
}

// VerifyResponse answers verify and verify-mac.
type VerifyResponse struct {
	Valid   bool   `json:"valid"`
	Version uint32 `json:"version"`
}

// MACRequest is the body of POST /v1/keys/{k}/mac.
type MACRequest struct {
	Input []byte `json:"input"`
	Hash  string `json:"hash,omitzero"` // that of the key's algorithm, if any
}

// MACResponse answers it.
type MACResponse struct {
	MAC     string `json:"mac"`
	Version uint32 `json:"version"`
}

// VerifyMACRequest is the body of POST /v1/keys/{k}/verify-mac.
type VerifyMACRequest struct {
	Input []byte `json:"input"`
	MAC   string `json:"mac"`
	Hash  string `json:"hash,omitzero"`
}

// DeriveRequest is the body of POST /v1/keys/{k}/derive: HKDF over the key's material or, with a peer, over the secret that
// both keys agree on.
type DeriveRequest struct {
	Bytes         int    `json:"bytes,omitzero"` // default 32
	Salt          []byte `json:"salt,omitempty"`
	Info          []byte `json:"info,omitempty"`
	Context       []byte `json:"context,omitempty"` // another name for info
	Hash          string `json:"hash,omitzero"`     // default: that of an hmac key, else sha256
	PeerPublicKey string `json:"peer_public_key,omitzero"`
	Raw           bool   `json:"raw,omitzero"` // with a peer: the shared secret itself, without HKDF
}

// DeriveResponse answers it.
type DeriveResponse struct {
	Derived []byte `json:"derived"`
	Version uint32 `json:"version"`
}

// DeriveKeyRequest is the body of POST /v1/keys/{k}/derive-key: a key of the vault whose material is derived from k, and shown to
// nobody. bytes of the derivation is left away: the new key's algorithm decides.
type DeriveKeyRequest struct {
	Key        CreateKeyRequest `json:"key"` // a symmetric algorithm, or secret
	Derivation DeriveRequest    `json:"derivation,omitzero"`
}

// WrapRequest is the body of POST /v1/keys/{k}/wrap: bytes, or an exportable key of the vault.
type WrapRequest struct {
	Plaintext []byte `json:"plaintext,omitempty"`
	Key       string `json:"key,omitzero"`
	Version   uint32 `json:"version,omitzero"` // of key; default: the latest
	AAD       []byte `json:"aad,omitempty"`
}

// UnwrapRequest is the body of POST /v1/keys/{k}/unwrap.
type UnwrapRequest struct {
	Ciphertext string `json:"ciphertext"`
	AAD        []byte `json:"aad,omitempty"`
}

// EncapsulateRequest is the body of POST /v1/keys/{k}/encapsulate; there is nothing to say.
type EncapsulateRequest struct{}

// EncapsulateResponse answers encapsulate and, without the ciphertext, decapsulate.
type EncapsulateResponse struct {
	SharedSecret []byte `json:"shared_secret"`
	Ciphertext   string `json:"ciphertext,omitzero"`
	Version      uint32 `json:"version"`
}

// DecapsulateRequest is the body of POST /v1/keys/{k}/decapsulate.
type DecapsulateRequest struct {
	Ciphertext string `json:"ciphertext"`
}

// HashRequest is the body of POST /v1/hash.
type HashRequest struct {
	Input     []byte `json:"input"`
	Algorithm string `json:"algorithm,omitzero"` // default sha256
}

// HashResponse answers it.
type HashResponse struct {
	Digest []byte `json:"digest"`
}
