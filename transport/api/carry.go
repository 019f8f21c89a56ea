package api

// WrappingKey is GET /v1/wrapping-key: the cluster's own public key to which keys are wrapped for import.
type WrappingKey struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Algorithm    string `json:"algorithm"`
	Wrapping     string `json:"wrapping"`                 // scheme: rsa-oaep-sha256+aes-kwp, hpke-…
	PublicKey    string `json:"public_key"`               // PEM
	PublicKeyRaw []byte `json:"public_key_raw,omitempty"` // as HPKE has it
	Version      uint32 `json:"version"`
	Fingerprint  string `json:"fingerprint"` // SHA-256 of the SubjectPublicKeyInfo, hex
}

// Wrapping says with which key of the cluster something is wrapped, and how.
type Wrapping struct {
	Key     string `json:"key,omitzero"`     // name or id; default: the cluster's own for the scheme
	Version uint32 `json:"version,omitzero"` // of that key; default: the latest
	Scheme  string `json:"scheme,omitzero"`  // default: the one of that key
}

// ImportKeyRequest is the body of POST /v1/keys/import: a key wrapped outside, or with the algorithm x509 a certificate.
type ImportKeyRequest struct {
	Name            string            `json:"name"`
	Algorithm       string            `json:"algorithm"`
	WrappedMaterial []byte            `json:"wrapped_material,omitempty"`
	Wrapping        Wrapping          `json:"wrapping,omitzero"`
	Format          string            `json:"format,omitzero"`      // of what is wrapped; default: as it is recognised
	CheckValue      string            `json:"check_value,omitzero"` // refused if the key has another
	Certificate     string            `json:"certificate,omitzero"` // PEM, or base64 of DER
	Key             string            `json:"key,omitzero"`         // that the certificate is of
	Usage           []string          `json:"usage,omitempty"`
	Exportable      bool              `json:"exportable,omitzero"`
	Sensitive       bool              `json:"sensitive,omitzero"`
	RevealIdle      bool              `json:"reveal_idle,omitzero"` // this and what follows: as CreateKeyRequest has it
	PreActive       bool              `json:"pre_active,omitzero"`
	Parent          string            `json:"parent,omitzero"`
	RotateEvery     string            `json:"rotate_every,omitzero"` // what a rotation adds is made in the cluster
	ActivateAt      string            `json:"activate_at,omitzero"`
	DeactivateAt    string            `json:"deactivate_at,omitzero"`
	DestroyAt       string            `json:"destroy_at,omitzero"`
	RetireAfter     string            `json:"retire_after,omitzero"`
	UsageLimit      uint64            `json:"usage_limit,omitzero"`
	Tags            map[string]string `json:"tags,omitempty"`

	UsageLimitUnit   string            `json:"usage_limit_unit,omitzero"`
	RotateAfterUses  uint64            `json:"rotate_after_uses,omitzero"`
	RotateAfterBytes uint64            `json:"rotate_after_bytes,omitzero"`
	Attributes       map[string][]byte `json:"attributes,omitempty"`
}

// ImportKMIRequest is the body of POST /v1/kmi/import: a file <name>.dek of a keas.kmi server.
type ImportKMIRequest struct {
	Name      string `json:"name"`      // MD5 of the key-encrypting key's text, in hex
	Encrypted []byte `json:"encrypted"` // the file's content: the data key, encrypted to the key-encrypting key
}

// ImportVersionRequest is the body of POST /v1/keys/{k}/import.
type ImportVersionRequest struct {
	WrappedMaterial []byte   `json:"wrapped_material"`
	Wrapping        Wrapping `json:"wrapping,omitzero"`
	Format          string   `json:"format,omitzero"`
	CheckValue      string   `json:"check_value,omitzero"`
}

// RawPublicKey is a public key as HPKE has it.
type RawPublicKey struct {
	Algorithm string `json:"algorithm"`
	Raw       []byte `json:"raw"`
}

// ExportRequest is the body of POST /v1/keys/{k}/export. It names one recipient, in either way.
type ExportRequest struct {
	RecipientPublicKey string        `json:"recipient_public_key,omitzero"` // PEM, or base64 of DER (SubjectPublicKeyInfo)
	Recipient          *RawPublicKey `json:"recipient,omitzero"`
	Scheme             string        `json:"scheme,omitzero"`
	Format             string        `json:"format,omitzero"` // default: pkcs8 for key pairs, raw for everything else
	Version            uint32        `json:"version,omitzero"`
}

// ExportResponse answers it.
type ExportResponse struct {
	WrappedMaterial []byte `json:"wrapped_material"`
	Scheme          string `json:"scheme"`
	Format          string `json:"format"`
	Algorithm       string `json:"algorithm"`
	Version         uint32 `json:"version"`
	CheckValue      string `json:"check_value,omitzero"`
}

// PublicKey is GET /v1/keys/{k}/public. PublicKey is text for pem, jwk and ssh, and base64 for the other formats.
type PublicKey struct {
	ID        string `json:"id"`
	Version   uint32 `json:"version"`
	Algorithm string `json:"algorithm"`
	Format    string `json:"format"`
	PublicKey string `json:"public_key"`
}

// BackupKeyRequest is the body of POST /v1/keys/{k}/backup.
type BackupKeyRequest struct {
	WrappingKey string `json:"wrapping_key"`
}

// KeyBackup answers it.
type KeyBackup struct {
	Backup          string   `json:"backup"` // qb1:…
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Versions        int      `json:"versions"`          // that are in it with material
	LeftOut         []uint32 `json:"left_out,omitzero"` // versions that are in it as destroyed: compromised ones, and those below min_decrypt_version
	WrappingKey     string   `json:"wrapping_key"`
	WrappingVersion uint32   `json:"wrapping_version"`
}

// RestoreKeyRequest is the body of POST /v1/keys/restore.
type RestoreKeyRequest struct {
	Backup      string `json:"backup"`
	WrappingKey string `json:"wrapping_key"`
	Name        string `json:"name,omitzero"` // default: the one that it had
}

// Link ties a record to another.
type Link struct {
	Kind string `json:"kind"` // certificate, private-key, …
	To   string `json:"to"`   // id
}
