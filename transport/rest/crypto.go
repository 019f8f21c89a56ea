package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// Bodies that hold a text of the vault: the same fields as those of package api, with the text as bytes.
type (
	sealedBody struct {
		Ciphertext text   `json:"ciphertext"`
		AAD        []byte `json:"aad,omitempty"`
		Context    []byte `json:"context,omitempty"`
	}
	unwrapBody struct {
		Ciphertext text   `json:"ciphertext"`
		AAD        []byte `json:"aad,omitempty"`
	}
	decapsulateBody struct {
		Ciphertext text `json:"ciphertext"`
	}
	verifyBody struct {
		Input     []byte `json:"input"`
		Signature text   `json:"signature"`
		Hash      string `json:"hash,omitzero"`
		Scheme    string `json:"scheme,omitzero"`
		Form      string `json:"form,omitzero"`
		Prehashed bool   `json:"prehashed,omitzero"`
	}
	verifyMACBody struct {
		Input []byte `json:"input"`
		MAC   text   `json:"mac"`
		Hash  string `json:"hash,omitzero"`
	}
)

// cryptoRoutes are the operations that use a key's material. Each takes one item, or {"batch":[…]}.
func cryptoRoutes() []route {
	sealed := api.DecryptRequest{Ciphertext: exampleCiphertext, AAD: []byte("invoice-17")}
	ciphertext := api.EncryptResponse{Ciphertext: exampleCiphertext, Version: 1}
	valid := api.VerifyResponse{Valid: true, Version: 1}
	secret := make([]byte, 32)
	return []route{
		cryptoRoute("decrypt", "Decrypt what encrypt or datakey returned, with the same aad and context.", decryption.action(),
			sealed, api.DecryptResponse{Plaintext: []byte("hello"), Version: 1}),
		cryptoRoute("encrypt", "Encrypt under the latest version. aad and context are authenticated and not stored.", encryption.action(),
			api.EncryptRequest{Plaintext: []byte("hello"), AAD: []byte("invoice-17")}, ciphertext),
		cryptoRoute("datakey", "Make a data key for the caller's own use, encrypted under this key and, if asked, in plain.", dataKeys.action(),
			api.DataKeyRequest{Bits: 256, Plaintext: true}, api.DataKeyResponse{Plaintext: secret, Ciphertext: exampleCiphertext, Version: 1}),
		cryptoRoute("rewrap", "Decrypt and encrypt again under the latest version, without showing the plaintext.", rewrapping.action(), sealed, ciphertext),
		cryptoRoute("sign", "Sign under the latest version. Behind the text are the bytes that other software verifies.", signing.action(),
			api.SignRequest{Input: []byte("hello"), Hash: "sha256"}, api.SignResponse{Signature: exampleCiphertext, Version: 1}),
		cryptoRoute("verify", "Tell whether a signature is one over the input, by the version that it names.", verifying.action(),
			api.VerifyRequest{Input: []byte("hello"), Signature: exampleCiphertext, Hash: "sha256"}, valid),
		cryptoRoute("mac", "Authenticate an input under the latest version (HMAC).", macs.action(),
			api.MACRequest{Input: []byte("hello")}, api.MACResponse{MAC: exampleCiphertext, Version: 1}),
		cryptoRoute("verify-mac", "Tell whether a MAC is the one over the input.", verifyingMACs.action(),
			api.VerifyMACRequest{Input: []byte("hello"), MAC: exampleCiphertext}, valid),
		cryptoRoute("derive", "Derive a secret: HKDF over the key or, with a peer's public key, over the secret that both agree on (ECDH).", deriving.action(),
			api.DeriveRequest{Bytes: 32, Info: []byte("session")}, api.DeriveResponse{Derived: secret, Version: 1}),
		{
			Method: http.MethodPost, Path: keyPath + "/derive-key", Op: "key.derive-key", Summary: "Make a key of the vault of what is derived from another of its keys, without showing it. Its record links to that key.",
			serve: take(deriveKey), Status: http.StatusCreated, Body: smallBody,
			In:  api.DeriveKeyRequest{Key: api.CreateKeyRequest{Name: "app/db", Algorithm: "aes-256-gcm"}, Derivation: api.DeriveRequest{Info: []byte("session")}},
			Out: derivedExample(),
		},
		cryptoRoute("wrap", "Wrap key material, or an exportable key of the vault, in the way of the algorithm: AES-KWP, RSA-OAEP with AES-KWP, HPKE.", wrapping.action(),
			api.WrapRequest{Plaintext: secret}, ciphertext),
		cryptoRoute("unwrap", "Open what wrap made, or other software in the same way.", unwrapping.action(),
			api.UnwrapRequest{Ciphertext: exampleCiphertext}, api.DecryptResponse{Plaintext: secret, Version: 1}),
		cryptoRoute("encapsulate", "Make a shared secret and the ciphertext that carries it to the key's owner (ML-KEM).", encapsulating.action(),
			api.EncapsulateRequest{}, api.EncapsulateResponse{SharedSecret: secret, Ciphertext: exampleCiphertext, Version: 1}),
		cryptoRoute("decapsulate", "Get the shared secret out of such a ciphertext.", decapsulating.action(),
			api.DecapsulateRequest{Ciphertext: exampleCiphertext}, api.EncapsulateResponse{SharedSecret: secret, Version: 1}),
		{
			Method: http.MethodPost, Path: "/v1/hash", Op: "hash", Summary: "Hash an input.", Batch: true, Body: batchBody,
			serve: hashing.action(), In: api.HashRequest{Input: []byte("hello"), Algorithm: "sha256"}, Out: api.HashResponse{Digest: secret},
		},
	}
}

func cryptoRoute(verb, summary string, serve action, in, out any) route {
	return route{
		Method: http.MethodPost, Path: keyPath + "/" + verb, Op: "key." + verb, Summary: summary, Batch: true, Body: batchBody,
		Optional: verb == "datakey" || verb == "encapsulate", serve: serve, In: in, Out: out,
	}
}

func writeSealed(out *buffer, r *vault.Sealed) {
	out.raw(`{"ciphertext":`).plain(r.Text).raw(`,"version":`).number(uint64(r.Version)).raw("}")
}

func writePlain(out *buffer, r *vault.Plain) {
	out.raw(`{"plaintext":`).bytes(r.Body).raw(`,"version":`).number(uint64(r.Version)).raw("}")
}

func writeVerdict(out *buffer, r *vault.Verdict) {
	out.raw(`{"valid":`)
	if r.Valid {
		out.raw("true")
	} else {
		out.raw("false")
	}
	out.raw(`,"version":`).number(uint64(r.Version)).raw("}")
}

func writeEncapsulation(out *buffer, r *vault.Encapsulation) {
	out.raw(`{"shared_secret":`).bytes(r.Secret)
	if len(r.Text) > 0 {
		out.raw(`,"ciphertext":`).plain(r.Text)
	}
	out.raw(`,"version":`).number(uint64(r.Version)).raw("}")
}

func messageOf(in *sealedBody) (vault.Message, error) {
	return vault.Message{Body: in.Ciphertext, AAD: in.AAD, Context: in.Context}, nil
}

var encryption = cryptic[api.EncryptRequest, vault.Message, vault.Sealed]{
	item: func(in *api.EncryptRequest) (vault.Message, error) {
		if in.Plaintext == nil {
			return vault.Message{}, fault.New(fault.Invalid, "there is no plaintext to encrypt").WithHint("Send plaintext, in base64; \"\" encrypts nothing on purpose.")
		}
		return vault.Message{Body: in.Plaintext, AAD: in.AAD, Context: in.Context}, nil
	},
	write: writeSealed,
	one: func(ctx context.Context, q *request, m vault.Message, lend func(*vault.Sealed)) error {
		text, version, err := q.vault.Encrypt(ctx, q.caller, q.ref, m)
		if err == nil {
			lend(&vault.Sealed{Text: text, Version: version})
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.Message, lend func([]vault.Result[vault.Sealed]) error) error {
		return q.vault.EncryptBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var decryption = cryptic[sealedBody, vault.Message, vault.Plain]{
	item: messageOf, write: writePlain,
	one: func(ctx context.Context, q *request, m vault.Message, lend func(*vault.Plain)) error {
		return q.vault.Decrypt(ctx, q.caller, q.ref, m, func(plain []byte, version uint32) error {
			lend(&vault.Plain{Body: plain, Version: version})
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []vault.Message, lend func([]vault.Result[vault.Plain]) error) error {
		return q.vault.DecryptBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var rewrapping = cryptic[sealedBody, vault.Message, vault.Sealed]{
	item: messageOf, write: writeSealed,
	one: func(ctx context.Context, q *request, m vault.Message, lend func(*vault.Sealed)) error {
		text, version, err := q.vault.Rewrap(ctx, q.caller, q.ref, m)
		if err == nil {
			lend(&vault.Sealed{Text: text, Version: version})
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.Message, lend func([]vault.Result[vault.Sealed]) error) error {
		return q.vault.RewrapBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var dataKeys = cryptic[api.DataKeyRequest, vault.DataKeySpec, vault.DataKey]{
	item: func(in *api.DataKeyRequest) (vault.DataKeySpec, error) {
		if in.Name != "" || in.Tags != nil {
			return vault.DataKeySpec{}, fault.New(fault.Invalid, "only a data key that is stored has a name and tags").WithHint("Send \"store\": true, or leave them out.")
		}
		return vault.DataKeySpec{Bits: in.Bits, AAD: in.AAD, Context: in.Context, Plaintext: in.Plaintext}, nil
	},
	other: storedKeys,
	write: func(out *buffer, k *vault.DataKey) {
		out.raw("{")
		if len(k.Plaintext) > 0 {
			out.raw(`"plaintext":`).bytes(k.Plaintext).raw(",")
		}
		out.raw(`"ciphertext":`).plain(k.Ciphertext).raw(`,"version":`).number(uint64(k.Version)).raw("}")
	},
	one: func(ctx context.Context, q *request, s vault.DataKeySpec, lend func(*vault.DataKey)) error {
		return q.vault.DataKey(ctx, q.caller, q.ref, s, func(k vault.DataKey) error {
			lend(&k)
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []vault.DataKeySpec, lend func([]vault.Result[vault.DataKey]) error) error {
		return q.vault.DataKeyBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var wrapping = cryptic[api.WrapRequest, vault.WrapInput, vault.Sealed]{
	item: func(in *api.WrapRequest) (vault.WrapInput, error) {
		return vault.WrapInput{Plaintext: in.Plaintext, Key: in.Key, Version: in.Version, AAD: in.AAD}, nil
	},
	write: writeSealed,
	one: func(ctx context.Context, q *request, in vault.WrapInput, lend func(*vault.Sealed)) error {
		text, version, err := q.vault.Wrap(ctx, q.caller, q.ref, in)
		if err == nil {
			lend(&vault.Sealed{Text: text, Version: version})
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.WrapInput, lend func([]vault.Result[vault.Sealed]) error) error {
		return q.vault.WrapBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var unwrapping = cryptic[unwrapBody, vault.Message, vault.Plain]{
	item: func(in *unwrapBody) (vault.Message, error) {
		return vault.Message{Body: in.Ciphertext, AAD: in.AAD}, nil
	},
	write: writePlain,
	one: func(ctx context.Context, q *request, m vault.Message, lend func(*vault.Plain)) error {
		return q.vault.Unwrap(ctx, q.caller, q.ref, m, func(plain []byte, version uint32) error {
			lend(&vault.Plain{Body: plain, Version: version})
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []vault.Message, lend func([]vault.Result[vault.Plain]) error) error {
		return q.vault.UnwrapBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var encapsulating = cryptic[api.EncapsulateRequest, struct{}, vault.Encapsulation]{
	item:  func(*api.EncapsulateRequest) (struct{}, error) { return struct{}{}, nil },
	write: writeEncapsulation,
	one: func(ctx context.Context, q *request, _ struct{}, lend func(*vault.Encapsulation)) error {
		return q.vault.Encapsulate(ctx, q.caller, q.ref, func(e vault.Encapsulation) error {
			lend(&e)
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []struct{}, lend func([]vault.Result[vault.Encapsulation]) error) error {
		return q.vault.EncapsulateBatch(ctx, q.caller, q.ref, len(all), lend)
	},
}

var decapsulating = cryptic[decapsulateBody, vault.Message, vault.Encapsulation]{
	item:  func(in *decapsulateBody) (vault.Message, error) { return vault.Message{Body: in.Ciphertext}, nil },
	write: writeEncapsulation,
	one: func(ctx context.Context, q *request, m vault.Message, lend func(*vault.Encapsulation)) error {
		return q.vault.Decapsulate(ctx, q.caller, q.ref, m.Body, func(secret []byte, version uint32) error {
			lend(&vault.Encapsulation{Secret: secret, Version: version})
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []vault.Message, lend func([]vault.Result[vault.Encapsulation]) error) error {
		return q.vault.DecapsulateBatch(ctx, q.caller, q.ref, all, lend)
	},
}

// deriveKey makes a key of what is derived.
func deriveKey(ctx context.Context, q *request, in *api.DeriveKeyRequest) (api.Record, error) {
	s, err := keySpec(&in.Key)
	if err != nil {
		return api.Record{}, err
	}
	by, err := deriving.item(&in.Derivation)
	if err != nil {
		return api.Record{}, err
	}
	return recorded(q.vault.DeriveKey(ctx, q.caller, q.ref, vault.DerivedSpec{Key: s, By: by}))
}

func derivedExample() api.Record {
	r := exampleRecord()
	r.Origin, r.Links = "derived", []api.Link{{Kind: "base", To: exampleID}}
	return r
}

var deriving = cryptic[api.DeriveRequest, vault.DeriveInput, vault.Derived]{
	item: func(in *api.DeriveRequest) (vault.DeriveInput, error) {
		info := in.Info
		switch {
		case len(in.Info) > 0 && len(in.Context) > 0:
			return vault.DeriveInput{}, fault.New(fault.Invalid, "info and context are two names of one thing").WithHint("Send one of them.")
		case len(in.Context) > 0:
			info = in.Context
		}
		return vault.DeriveInput{Bytes: in.Bytes, Hash: in.Hash, Salt: in.Salt, Info: info, Peer: []byte(in.PeerPublicKey), Raw: in.Raw}, nil
	},
	write: func(out *buffer, r *vault.Derived) {
		out.raw(`{"derived":`).bytes(r.Secret).raw(`,"version":`).number(uint64(r.Version)).raw("}")
	},
	one: func(ctx context.Context, q *request, in vault.DeriveInput, lend func(*vault.Derived)) error {
		return q.vault.Derive(ctx, q.caller, q.ref, in, func(secret []byte, version uint32) error {
			lend(&vault.Derived{Secret: secret, Version: version})
			return nil
		})
	},
	many: func(ctx context.Context, q *request, all []vault.DeriveInput, lend func([]vault.Result[vault.Derived]) error) error {
		return q.vault.DeriveBatch(ctx, q.caller, q.ref, all, lend)
	},
}
