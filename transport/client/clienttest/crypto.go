package clienttest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// crypto answers an operation on a key's material, for one item or for a batch. Keys named ecdsa-p256, ed25519, rsa-2048, hmac-sha256
// and ml-kem-768 are real ones; wrap is AES-GCM here, whatever the algorithm.
func (rt *route) crypto(e *entry, verb string) (any, int, error) {
	body, err := io.ReadAll(io.LimitReader(rt.r.Body, 32<<20))
	if err != nil {
		return nil, 0, err
	}
	if ct := rt.r.Header.Get("Content-Type"); ct != "application/json" {
		return nil, 0, fault.New(fault.Invalid, "the content type is %q, not application/json", ct)
	}
	var batch api.Batch[json.RawMessage]
	if json.Unmarshal(body, &batch) != nil || batch.Batch == nil {
		out, err := e.item(verb, body)
		return out, 200, err
	}
	if len(batch.Batch) == 0 || len(batch.Batch) > api.MaxBatch {
		return nil, 0, fault.New(fault.Invalid, "a batch has 1 to %d items", api.MaxBatch)
	}
	var all api.Results[any]
	for _, raw := range batch.Batch {
		out, err := e.item(verb, raw)
		r := api.Result[any]{Value: out}
		if f := fault.Of(err); f != nil {
			r.Error = &api.ItemError{Kind: f.Kind.String(), Detail: f.Message, Hint: f.NextStep()}
		}
		all.Results = append(all.Results, r)
	}
	return all, 200, nil
}

// with reads an item and does the work on it.
func with[In any](raw []byte, work func(in In) (any, error)) (any, error) {
	var in In
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, fault.New(fault.Invalid, "the body is not as documented: %v", err)
	}
	return work(in)
}

func (e *entry) item(verb string, raw []byte) (any, error) {
	latest := e.record.Latest
	switch verb {
	case "datakey":
		return with(raw, e.dataKey)
	case "encrypt":
		return with(raw, func(in api.EncryptRequest) (any, error) {
			text, err := e.encrypt(in.Plaintext, in.AAD, in.Context)
			return api.EncryptResponse{Ciphertext: text, Version: latest}, err
		})
	case "decrypt", "rewrap":
		return with(raw, func(in api.DecryptRequest) (any, error) {
			plain, version, err := e.decrypt(in.Ciphertext, in.AAD, in.Context)
			if err != nil || verb == "decrypt" {
				return api.DecryptResponse{Plaintext: plain, Version: version}, err
			}
			text, err := e.encrypt(plain, in.AAD, in.Context)
			return api.EncryptResponse{Ciphertext: text, Version: latest}, err
		})
	case "sign":
		return with(raw, func(in api.SignRequest) (any, error) {
			sig, err := e.sign(in)
			return api.SignResponse{Signature: textOf(latest, sig), Version: latest}, err
		})
	case "verify":
		return with(raw, e.verify)
	case "mac":
		return with(raw, func(in api.MACRequest) (any, error) {
			return api.MACResponse{MAC: textOf(latest, e.mac(latest, in.Input)), Version: latest}, nil
		})
	case "verify-mac":
		return with(raw, func(in api.VerifyMACRequest) (any, error) {
			version, mac, err := e.parse(in.MAC)
			if err != nil {
				return nil, err
			}
			return api.VerifyResponse{Valid: hmac.Equal(mac, e.mac(version, in.Input)), Version: version}, nil
		})
	case "derive":
		return with(raw, func(in api.DeriveRequest) (any, error) {
			if in.Bytes == 0 {
				in.Bytes = 32
			}
			secret, err := hkdf.Key(sha256.New, e.materials[latest-1], in.Salt, string(in.Info)+string(in.Context), in.Bytes)
			return api.DeriveResponse{Derived: secret, Version: latest}, err
		})
	case "wrap":
		return with(raw, func(in api.WrapRequest) (any, error) {
			text, err := e.encrypt(in.Plaintext, in.AAD, []byte("wrap"))
			return api.EncryptResponse{Ciphertext: text, Version: latest}, err
		})
	case "unwrap":
		return with(raw, func(in api.UnwrapRequest) (any, error) {
			plain, version, err := e.decrypt(in.Ciphertext, in.AAD, []byte("wrap"))
			return api.DecryptResponse{Plaintext: plain, Version: version}, err
		})
	case "encapsulate", "decapsulate":
		return e.kem(verb, raw)
	case "hash":
		return with(raw, func(in api.HashRequest) (any, error) {
			sum := sha256.Sum256(in.Input)
			if in.Algorithm != "" && in.Algorithm != "sha256" {
				return nil, fault.New(fault.Invalid, "there is no hash %q", in.Algorithm)
			}
			return api.HashResponse{Digest: sum[:]}, nil
		})
	}
	return nil, fault.New(fault.NotFound, "no operation %s", verb)
}

// deriveKey makes a secret by HKDF with SHA-256, or any other symmetric key of 32 bytes.
func (rt *route) deriveKey(st *state, base *entry) (any, int, error) {
	return write(rt, 201, func(in api.DeriveKeyRequest) (api.Record, error) {
		if _, taken := st.names[in.Key.Name]; taken {
			return api.Record{}, fault.New(fault.Exists, "the name %q is taken", in.Key.Name)
		}
		by := in.Derivation
		secret, err := hkdf.Key(sha256.New, base.materials[len(base.materials)-1], by.Salt, string(by.Info)+string(by.Context), 32)
		if err != nil {
			return api.Record{}, err
		}
		e := &entry{record: api.Record{
			ID: newID(), Name: in.Key.Name, Algorithm: in.Key.Algorithm, Type: typeOf(in.Key.Algorithm), Usage: usageOf(in.Key), State: "active", Exportable: in.Key.Exportable, Tags: in.Key.Tags, Owner: "root",
			Origin: "derived", CreatedAt: when, UpdatedAt: when, ETag: `"1"`, Links: []api.Link{{Kind: "base", To: base.record.ID}},
		}}
		e.rotate()
		e.materials[0] = secret
		st.keys[e.record.ID], st.names[in.Key.Name] = e, e.record.ID
		return e.record, nil
	})
}

func (e *entry) dataKey(in api.DataKeyRequest) (any, error) {
	plain := make([]byte, in.Bits/8)
	_, _ = rand.Read(plain)
	text, err := e.encrypt(plain, in.AAD, in.Context)
	out := api.DataKeyResponse{Ciphertext: text, Version: e.record.Latest}
	if in.Plaintext {
		out.Plaintext = plain
	}
	return out, err
}

func textOf(version uint32, b []byte) string {
	return fmt.Sprintf("qk:v%d:%s", version, base64.StdEncoding.EncodeToString(b))
}

// parse reads a text of one of the key's versions.
func (e *entry) parse(text string) (version uint32, b []byte, err error) {
	var body string
	if n, err := fmt.Sscanf(text, "qk:v%d:%s", &version, &body); err != nil || n != 2 || version == 0 || int(version) > len(e.materials) {
		return 0, nil, fault.New(fault.Invalid, "the text is not as it was given")
	}
	if b, err = base64.StdEncoding.DecodeString(body); err != nil {
		return 0, nil, fault.New(fault.Invalid, "the text is not base64")
	}
	return version, b, nil
}

// signer is the private key of a version, nil where the algorithm has none.
func (e *entry) signer(version uint32) crypto.Signer {
	for len(e.signers) < len(e.materials) {
		e.signers = append(e.signers, nil)
	}
	s := &e.signers[version-1]
	if *s != nil {
		return *s
	}
	switch e.record.Algorithm {
	case "ed25519":
		*s = ed25519.NewKeyFromSeed(e.materials[version-1])
	case "ecdsa-p256":
		if k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
			*s = k
		}
	case "rsa-2048":
		if k, err := rsa.GenerateKey(rand.Reader, 2048); err == nil {
			*s = k
		}
	}
	return *s
}

func (e *entry) sign(in api.SignRequest) ([]byte, error) {
	s := e.signer(e.record.Latest)
	if s == nil {
		return nil, fault.New(fault.Denied, "the key is not for signing")
	}
	digest := sha256.Sum256(in.Input)
	if in.Prehashed {
		digest = [32]byte(in.Input)
	}
	switch s := s.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(s, in.Input), nil
	case *rsa.PrivateKey:
		if in.Scheme == "pkcs1v15" {
			return s.Sign(rand.Reader, digest[:], crypto.SHA256)
		}
		return s.Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	default:
		return s.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
}

func (e *entry) verify(in api.VerifyRequest) (any, error) {
	version, sig, err := e.parse(in.Signature)
	if err != nil {
		return nil, err
	}
	s := e.signer(version)
	if s == nil {
		return nil, fault.New(fault.Denied, "the key is not for verifying")
	}
	digest := sha256.Sum256(in.Input)
	if in.Prehashed {
		digest = [32]byte(in.Input)
	}
	out := api.VerifyResponse{Version: version}
	switch p := s.Public().(type) {
	case ed25519.PublicKey:
		out.Valid = ed25519.Verify(p, in.Input, sig)
	case *rsa.PublicKey:
		if in.Scheme == "pkcs1v15" {
			out.Valid = rsa.VerifyPKCS1v15(p, crypto.SHA256, digest[:], sig) == nil
		} else {
			out.Valid = rsa.VerifyPSS(p, crypto.SHA256, digest[:], sig, nil) == nil
		}
	case *ecdsa.PublicKey:
		out.Valid = ecdsa.VerifyASN1(p, digest[:], sig)
	}
	return out, nil
}

func (e *entry) mac(version uint32, input []byte) []byte {
	h := hmac.New(sha256.New, e.materials[version-1])
	h.Write(input)
	return h.Sum(nil)
}

func (e *entry) kem(verb string, raw []byte) (any, error) {
	if e.record.Algorithm != "ml-kem-768" {
		return nil, fault.New(fault.Invalid, "keys of algorithm %s do not encapsulate", e.record.Algorithm)
	}
	latest := e.record.Latest
	key := func(version uint32) (*mlkem.DecapsulationKey768, error) {
		m := e.materials[version-1]
		return mlkem.NewDecapsulationKey768(append(append([]byte{}, m...), m...))
	}
	if verb == "encapsulate" {
		return with(raw, func(api.EncapsulateRequest) (any, error) {
			k, err := key(latest)
			if err != nil {
				return nil, err
			}
			secret, sealed := k.EncapsulationKey().Encapsulate()
			return api.EncapsulateResponse{SharedSecret: secret, Ciphertext: textOf(latest, sealed), Version: latest}, nil
		})
	}
	return with(raw, func(in api.DecapsulateRequest) (any, error) {
		version, sealed, err := e.parse(in.Ciphertext)
		if err != nil {
			return nil, err
		}
		k, err := key(version)
		if err != nil {
			return nil, err
		}
		secret, err := k.Decapsulate(sealed)
		if err != nil {
			return nil, fault.New(fault.Invalid, "the ciphertext does not open")
		}
		return api.EncapsulateResponse{SharedSecret: secret, Version: version}, nil
	})
}
