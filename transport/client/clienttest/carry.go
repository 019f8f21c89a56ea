package clienttest

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// wrappingKey is the cluster's x25519 key, the only one that this stand-in has. It wraps by HPKE as the real one does.
func (st *state) wrappingKey() (*ecdh.PrivateKey, error) {
	if st.wrapping == nil {
		sum := sha256.Sum256([]byte(RootToken))
		k, err := ecdh.X25519().NewPrivateKey(sum[:])
		if err != nil {
			return nil, err
		}
		st.wrapping = k
	}
	return st.wrapping, nil
}

func (rt *route) wrappingKey(st *state) (any, int, error) {
	if a := rt.r.URL.Query().Get("algorithm"); a != "" && a != "x25519" {
		return nil, 0, fault.New(fault.Invalid, "the cluster has no wrapping key of algorithm %s", a)
	}
	k, err := st.wrappingKey()
	if err != nil {
		return nil, 0, err
	}
	der, err := x509.MarshalPKIXPublicKey(k.PublicKey())
	if err != nil {
		return nil, 0, err
	}
	sum := sha256.Sum256(der)
	return api.WrappingKey{
		ID: testID + "-5d0a-4c52-9a4e-6f1d2b3c4d5e", Name: "quorate/wrapping/x25519", Algorithm: "x25519", Wrapping: "hpke-x25519", Version: 1,
		PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), PublicKeyRaw: k.PublicKey().Bytes(), Fingerprint: hex.EncodeToString(sum[:]),
	}, 200, nil
}

// unwrap opens what was wrapped to the wrapping key.
func (st *state) unwrap(b []byte) ([]byte, error) {
	k, err := st.wrappingKey()
	if err != nil {
		return nil, err
	}
	h, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil {
		return nil, err
	}
	plain, err := hpke.Open(h, hpke.HKDFSHA256(), hpke.AES256GCM(), nil, b)
	if err != nil {
		return nil, fault.New(fault.Invalid, "it does not unwrap with version 1 of key quorate/wrapping/x25519 by hpke-x25519")
	}
	return plain, nil
}

// importKMI keeps what the real cluster could open with a key-encrypting key; here nobody can.
func (rt *route) importKMI(st *state) (any, int, error) {
	return write(rt, 201, func(in api.ImportKMIRequest) (api.Record, error) {
		name := "keas/" + in.Name
		if id, there := st.names[name]; there {
			e := st.keys[id]
			if !bytes.Equal(e.materials[0], in.Encrypted) {
				return api.Record{}, fault.New(fault.Exists, "another data key is kept under the name %s", name)
			}
			return e.record, nil
		}
		e := &entry{materials: [][]byte{in.Encrypted}, record: api.Record{
			ID: newID(), Name: name, Algorithm: "secret", Usage: []string{"derive"}, State: "active", Owner: "root", Origin: "imported",
			CreatedAt: when, UpdatedAt: when, ETag: `"1"`, Latest: 1, Versions: []api.Version{{Version: 1, State: "active", CreatedAt: when}},
		}}
		st.keys[e.record.ID], st.names[name] = e, e.record.ID
		return e.record, nil
	})
}

func (rt *route) importKey(st *state) (any, int, error) {
	return write(rt, 201, func(in api.ImportKeyRequest) (api.Record, error) {
		if _, taken := st.names[in.Name]; taken {
			return api.Record{}, fault.New(fault.Exists, "the name %q is taken", in.Name)
		}
		e := &entry{record: api.Record{
			ID: newID(), Name: in.Name, Algorithm: in.Algorithm, Type: typeOf(in.Algorithm), Usage: in.Usage, State: "active", Exportable: in.Exportable, Sensitive: in.Sensitive, AlwaysSensitive: in.Sensitive, NeverExtractable: !in.Exportable, Tags: in.Tags, Owner: "root",
			RevealIdle: in.RevealIdle, Attributes: in.Attributes, UsageLimit: in.UsageLimit, UsageLimitUnit: in.UsageLimitUnit, RotateAfterUses: in.RotateAfterUses, RotateAfterBytes: in.RotateAfterBytes, RetireAfter: in.RetireAfter,
			DeactivateAt: in.DeactivateAt, DestroyAt: in.DestroyAt, Origin: "imported", CreatedAt: when, UpdatedAt: when, RotateEvery: in.RotateEvery, ETag: `"1"`, Latest: 1,
			Versions: []api.Version{{Version: 1, State: "active", CreatedAt: when, CheckValue: in.CheckValue}},
		}}
		if in.PreActive {
			e.record.State = "pre-active"
		}
		if err := st.adopt(e, in.Parent); err != nil {
			return api.Record{}, err
		}
		if in.Certificate != "" {
			e.certificate = in.Certificate
			if in.Key != "" {
				of, err := st.find(in.Key)
				if err != nil {
					return api.Record{}, err
				}
				e.record.Links = []api.Link{{Kind: "private-key", To: of.record.ID}}
			}
		} else {
			plain, err := st.unwrap(in.WrappedMaterial)
			if err != nil {
				return api.Record{}, err
			}
			e.materials = [][]byte{plain}
		}
		st.keys[e.record.ID], st.names[in.Name] = e, e.record.ID
		return e.record, nil
	})
}

func (rt *route) importVersion(st *state, e *entry) (any, int, error) {
	return write(rt, 200, func(in api.ImportVersionRequest) (api.Record, error) {
		if e.record.Origin != "imported" {
			return api.Record{}, fault.New(fault.BadState, "the key was not imported")
		}
		plain, err := st.unwrap(in.WrappedMaterial)
		if err != nil {
			return api.Record{}, err
		}
		e.materials = append(e.materials, plain)
		e.record.Latest++
		e.record.Versions = append(slices.Clone(e.record.Versions), api.Version{Version: e.record.Latest, State: "active", CreatedAt: when, CheckValue: in.CheckValue})
		return e.record, nil
	})
}

// export wraps to X25519 keys, as the real one does.
func (rt *route) export(e *entry) (any, int, error) {
	var in api.ExportRequest
	if err := decode(rt.r, &in); err != nil {
		return nil, 0, err
	}
	if !e.record.Exportable {
		return nil, 0, fault.New(fault.Denied, "the key is not exportable")
	}
	b, _ := pem.Decode([]byte(in.RecipientPublicKey))
	if b == nil {
		return nil, 0, fault.New(fault.Invalid, "the recipient's public key is neither PEM nor DER")
	}
	parsed, err := x509.ParsePKIXPublicKey(b.Bytes)
	k, ok := parsed.(*ecdh.PublicKey)
	if err != nil || !ok {
		return nil, 0, fault.New(fault.Invalid, "this stand-in wraps to X25519 keys only")
	}
	to, err := hpke.NewDHKEMPublicKey(k)
	if err != nil {
		return nil, 0, err
	}
	wrapped, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), nil, e.materials[len(e.materials)-1])
	return api.ExportResponse{WrappedMaterial: wrapped, Scheme: "hpke-x25519", Format: "raw", Algorithm: e.record.Algorithm, Version: e.record.Latest}, 200, err
}

func (rt *route) publicHalf(e *entry) (any, int, error) {
	out := api.PublicKey{ID: e.record.ID, Version: e.record.Latest, Algorithm: e.record.Algorithm, Format: rt.r.URL.Query().Get("format"), PublicKey: e.certificate}
	if out.PublicKey == "" {
		if s := e.signer(e.record.Latest); s != nil {
			der, err := x509.MarshalPKIXPublicKey(s.Public())
			if err != nil {
				return nil, 0, err
			}
			out.PublicKey = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		}
	}
	switch b, _ := pem.Decode([]byte(out.PublicKey)); {
	case b == nil:
		return nil, 0, fault.New(fault.Invalid, "a key of algorithm %s has no public half", e.record.Algorithm)
	case out.Format == "":
		out.Format = "pem"
	case out.Format == "der":
		out.PublicKey = base64.StdEncoding.EncodeToString(b.Bytes)
	case out.Format != "pem":
		return nil, 0, fault.New(fault.Invalid, "this stand-in writes pem and der only")
	}
	return out, 200, nil
}

// backup is what a key consists of, sealed under another as encrypt seals it.
type backup struct {
	Record    api.Record
	Materials [][]byte
}

func (rt *route) backup(st *state, e *entry) (any, int, error) {
	var in api.BackupKeyRequest
	if err := decode(rt.r, &in); err != nil {
		return nil, 0, err
	}
	w, err := st.find(in.WrappingKey)
	if err != nil {
		return nil, 0, err
	}
	if !e.record.Exportable {
		return nil, 0, fault.New(fault.Denied, "the key is not exportable")
	}
	plain, err := json.Marshal(backup{e.record, e.materials})
	if err != nil {
		return nil, 0, err
	}
	text, err := w.encrypt(plain, nil, nil)
	return api.KeyBackup{
		Backup: "qb1:" + base64.StdEncoding.EncodeToString([]byte(text)), ID: e.record.ID, Name: e.record.Name, Versions: len(e.materials), WrappingKey: in.WrappingKey, WrappingVersion: w.record.Latest,
	}, 200, err
}

func (rt *route) restore(st *state) (any, int, error) {
	return write(rt, 201, func(in api.RestoreKeyRequest) (api.Record, error) {
		w, err := st.find(in.WrappingKey)
		if err != nil {
			return api.Record{}, err
		}
		body, ok := strings.CutPrefix(in.Backup, "qb1:")
		text, err := base64.StdEncoding.DecodeString(body)
		if err != nil || !ok {
			return api.Record{}, fault.New(fault.Invalid, "this is no backup of a key")
		}
		plain, _, err := w.decrypt(string(text), nil, nil)
		if err != nil {
			return api.Record{}, err
		}
		var b backup
		if err := json.Unmarshal(plain, &b); err != nil {
			return api.Record{}, err
		}
		if in.Name != "" {
			b.Record.Name = in.Name
		}
		if st.keys[b.Record.ID] != nil || st.names[b.Record.Name] != "" {
			return api.Record{}, fault.New(fault.Exists, "the key is here already")
		}
		b.Record.Origin = "restored"
		st.keys[b.Record.ID], st.names[b.Record.Name] = &entry{record: b.Record, materials: b.Materials}, b.Record.ID
		return b.Record, nil
	})
}
