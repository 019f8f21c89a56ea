package rest

import (
	"context"
	"encoding/base64"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// makingKeys is what searching for the primes of an RSA-4096 key may take on a busy machine.
const makingKeys = 60 * time.Second

// carryRoutes are the routes of keys that travel: import, export, backup, restore, public halves.
func carryRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	wrapping := api.Wrapping{Scheme: "rsa-oaep-sha256+aes-kwp", Version: 1}
	imported := exampleRecord()
	imported.Origin, imported.Versions[0].CheckValue = "imported", "dc95c0"
	return []route{
		{
			Method: get, Path: "/v1/wrapping-key", Op: "wrapping-key", Summary: "The cluster's own public key to which a key is wrapped for import; made when it is first asked for.",
			serve: give(wrappingKey), Timeout: makingKeys, Query: []param{{"algorithm", "rsa-4096, x25519 (the default), ml-kem-768-p256 or ml-kem-768-x25519.", "x25519"}},
			Out: api.WrappingKey{ID: exampleID, Name: "quorate/wrapping/x25519", Algorithm: "x25519", Wrapping: "hpke-x25519", PublicKey: examplePublic, PublicKeyRaw: make([]byte, 32), Version: 1, Fingerprint: strings.Repeat("ab", 32)},
		},
		{
			Method: post, Path: "/v1/keys/import", Op: "key.import", Summary: "Make a key of material that was wrapped to a key of the cluster; with the algorithm x509, keep a certificate.",
			serve: take(importKey), Status: http.StatusCreated,
			In:  api.ImportKeyRequest{Name: "app/db", Algorithm: "aes-256-gcm", WrappedMaterial: make([]byte, 80), Wrapping: wrapping, CheckValue: "dc95c0"},
			Out: imported,
		},
		{
			Method: post, Path: "/v1/kmi/import", Op: "dual.import", Summary: "Keep a data key of a keas.kmi server, so that its key-encrypting key opens it at the keas.kmi door; repeated, compare it with what is kept.",
			serve: take(importKMI), Status: http.StatusCreated, Body: smallBody,
			In: api.ImportKMIRequest{Name: strings.Repeat("ab", 16), Encrypted: make([]byte, 256)}, Out: imported,
		},
		{
			Method: post, Path: keyPath + "/import", Op: "key.import-version", Summary: "Add a version, imported like the ones before.",
			serve: take(importVersion), IfMatch: true, In: api.ImportVersionRequest{WrappedMaterial: make([]byte, 80), Wrapping: wrapping}, Out: imported,
		},
		{
			Method: post, Path: keyPath + "/export", Op: "key.export", Summary: "Wrap an exportable key to a recipient's public key. Served by any node from its own state.",
			serve: take(exportKey), Body: smallBody, In: api.ExportRequest{RecipientPublicKey: examplePublic},
			Out: api.ExportResponse{WrappedMaterial: make([]byte, 80), Scheme: "hpke-x25519", Format: "raw", Algorithm: "aes-256-gcm", Version: 1, CheckValue: "dc95c0"},
		},
		{
			Method: get, Path: keyPath + "/public", Op: "key.public", Summary: "The public half of a key pair, or a certificate.", serve: give(publicKey),
			Query: []param{{"version", "Version to take; the latest if absent.", 1}, {"format", "pem (the default), der, spki, jwk, raw, pkcs1 or ssh.", "pem"}},
			Out:   api.PublicKey{ID: exampleID, Version: 1, Algorithm: "x25519", Format: "pem", PublicKey: examplePublic},
		},
		{
			Method: post, Path: keyPath + "/backup", Op: "key.backup", Summary: "Seal an exportable key with all its versions, states and dates under another key, to be restored in any cluster that has that key.",
			serve: take(backupKey), Body: smallBody, In: api.BackupKeyRequest{WrappingKey: "shared/backup"},
			Out: api.KeyBackup{Backup: exampleBackup, ID: exampleID, Name: "app/db", Versions: 1, WrappingKey: "shared/backup", WrappingVersion: 1},
		},
		{
			Method: post, Path: "/v1/keys/restore", Op: "key.restore", Summary: "Bring back a key from a backup, here or in another cluster.",
			serve: take(restoreKey), Status: http.StatusCreated, In: api.RestoreKeyRequest{Backup: exampleBackup, WrappingKey: "shared/backup"}, Out: exampleRecord(),
		},
	}
}

const (
	examplePublic = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END PUBLIC KEY-----\n"
	exampleBackup = "qb1:AAAAAW5vdCBhIHJlYWwgYmFja3Vw"
)

func wrappingKey(ctx context.Context, q *request) (api.WrappingKey, error) {
	var a key.Algorithm
	if name := q.query.Get("algorithm"); name != "" {
		var err error
		if a, err = vault.ParseWrappingAlgorithm(name); err != nil {
			return api.WrappingKey{}, of("algorithm", err)
		}
	}
	w, err := q.vault.WrappingKey(ctx, q.caller, a)
	if err != nil {
		return api.WrappingKey{}, err
	}
	return api.WrappingKey{
		ID: w.Record.ID.String(), Name: w.Record.Name, Algorithm: w.Record.Algorithm.String(), Wrapping: w.Scheme,
		PublicKey: string(w.PEM), PublicKeyRaw: w.Raw, Version: w.Version, Fingerprint: w.Fingerprint,
	}, nil
}

func importKey(ctx context.Context, q *request, in *api.ImportKeyRequest) (api.Record, error) {
	if in.Algorithm == "" {
		return api.Record{}, fault.New(fault.Invalid, "algorithm: an import says which it is").WithHint("Algorithms: %s.", strings.Join(key.AlgorithmNames(), ", "))
	}
	spec, err := keySpec(&api.CreateKeyRequest{
		Name: in.Name, Algorithm: in.Algorithm, Usage: in.Usage, Exportable: in.Exportable, Sensitive: in.Sensitive, RevealIdle: in.RevealIdle, PreActive: in.PreActive,
		Parent: in.Parent, RotateEvery: in.RotateEvery, RotateAfterUses: in.RotateAfterUses, RotateAfterBytes: in.RotateAfterBytes, RetireAfter: in.RetireAfter,
		ActivateAt: in.ActivateAt, DeactivateAt: in.DeactivateAt, DestroyAt: in.DestroyAt, UsageLimit: in.UsageLimit, UsageLimitUnit: in.UsageLimitUnit,
		Tags: in.Tags, Attributes: in.Attributes,
	})
	if err != nil {
		return api.Record{}, err
	}
	certificate, err := textOrBase64("certificate", in.Certificate)
	if err != nil {
		return api.Record{}, err
	}
	return recorded(q.vault.ImportKey(ctx, q.caller, vault.ImportSpec{
		Key: spec, Wrapped: wrappedOf(in.WrappedMaterial, in.Wrapping), Format: in.Format, CheckValue: in.CheckValue, Certificate: certificate, Of: in.Key,
	}))
}

func importVersion(ctx context.Context, q *request, in *api.ImportVersionRequest) (api.Record, error) {
	return recorded(q.vault.ImportVersion(ctx, q.caller, q.ref, vault.ImportSpec{
		Wrapped: wrappedOf(in.WrappedMaterial, in.Wrapping), Format: in.Format, CheckValue: in.CheckValue, IfMatch: q.ifMatch,
	}))
}

func importKMI(ctx context.Context, q *request, in *api.ImportKMIRequest) (api.Record, error) {
	return recorded(q.vault.ImportDual(ctx, q.caller, vault.DualImport{Name: in.Name, Sealed: in.Encrypted}))
}

func wrappedOf(b []byte, w api.Wrapping) vault.Wrapped {
	return vault.Wrapped{Bytes: b, Key: w.Key, Version: w.Version, Scheme: w.Scheme}
}

// textOrBase64 is a field that is PEM as it stands, or DER in base64.
func textOrBase64(name, value string) ([]byte, error) {
	if value == "" || strings.HasPrefix(strings.TrimSpace(value), "-----BEGIN ") {
		return []byte(value), nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: it is neither PEM nor base64 of DER", name)
	}
	return b, nil
}

func exportKey(ctx context.Context, q *request, in *api.ExportRequest) (api.ExportResponse, error) {
	recipient, err := textOrBase64("recipient_public_key", in.RecipientPublicKey)
	if err != nil {
		return api.ExportResponse{}, err
	}
	s := vault.ExportSpec{Recipient: recipient, Scheme: in.Scheme, Format: in.Format, Version: in.Version}
	if in.Recipient != nil {
		s.Raw = in.Recipient.Raw
		if s.Algorithm, err = key.ParseAlgorithm(in.Recipient.Algorithm); err != nil {
			return api.ExportResponse{}, of("recipient.algorithm", err)
		}
	}
	x, err := q.vault.ExportKey(ctx, q.caller, q.ref, s)
	if err != nil {
		return api.ExportResponse{}, err
	}
	return api.ExportResponse{
		WrappedMaterial: x.Wrapped, Scheme: x.Scheme, Format: x.Format, Algorithm: x.Algorithm.String(), Version: x.Version, CheckValue: x.CheckValue,
	}, nil
}

func publicKey(ctx context.Context, q *request) (api.PublicKey, error) {
	n, err := q.number("version", 1, math.MaxUint32)
	if err != nil {
		return api.PublicKey{}, err
	}
	p, err := q.vault.PublicKey(ctx, q.caller, q.ref, uint32(n), q.query.Get("format"))
	if err != nil {
		return api.PublicKey{}, err
	}
	out := api.PublicKey{ID: p.ID.String(), Version: p.Version, Algorithm: p.Algorithm.String(), Format: p.Format, PublicKey: string(p.Bytes)}
	if !p.Text {
		out.PublicKey = base64.StdEncoding.EncodeToString(p.Bytes)
	}
	return out, nil
}

func backupKey(ctx context.Context, q *request, in *api.BackupKeyRequest) (api.KeyBackup, error) {
	b, err := q.vault.BackupKey(ctx, q.caller, q.ref, in.WrappingKey)
	if err != nil {
		return api.KeyBackup{}, err
	}
	return api.KeyBackup{
		Backup: string(b.Text), ID: b.Record.ID.String(), Name: b.Record.Name, Versions: b.Versions, LeftOut: b.LeftOut, WrappingKey: b.WrappingKey, WrappingVersion: b.WrappingVersion,
	}, nil
}

func restoreKey(ctx context.Context, q *request, in *api.RestoreKeyRequest) (api.Record, error) {
	return recorded(q.vault.RestoreKey(ctx, q.caller, vault.RestoreSpec{Text: []byte(in.Backup), Wrapping: in.WrappingKey, Name: in.Name}))
}

func linksOf(all []key.Link) []api.Link {
	var out []api.Link
	for _, l := range all {
		out = append(out, api.Link{Kind: l.Kind.String(), To: l.To.String()})
	}
	return out
}
