package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Backup is a key with all that is kept of it, as it leaves one vault for another: plain. It is sealed before it leaves, and the one
// who made it clears it.
type Backup struct {
	Record    *key.Record       `cbor:"1,keyasint"` // its versions are without material
	Materials []VersionMaterial `cbor:"2,keyasint"` // of the versions that still have one, ascending
	// Used is how much the key was used at most when the backup was made. nil: nobody wrote it down (before 2026-11-30), so it may have been
	// used as much as anything may be.
	Used *Used `cbor:"3,keyasint,omitempty"`
}

// Used is what a key was used, by all nodes of the vault where it was.
type Used struct {
	Versions  []VersionUsed `cbor:"1,keyasint,omitempty"` // those that protected something, ascending
	Allocated uint64        `cbor:"2,keyasint,omitempty"` // what was handed out of its usage limit
}

// VersionUsed is how often a version protected something, and how many bytes.
type VersionUsed struct {
	Version uint32 `cbor:"1,keyasint"`
	Uses    uint64 `cbor:"2,keyasint,omitempty"`
	Bytes   uint64 `cbor:"3,keyasint,omitempty"`
}

// VersionMaterial is the plain material of one version.
type VersionMaterial struct {
	Version  uint32 `cbor:"1,keyasint"`
	Material []byte `cbor:"2,keyasint"`
}

// BackupBinding is what a backup is bound to when it is sealed, so that nothing else that was sealed under the same key passes for one.
const BackupBinding = "quorate backup 1"

// MaxBackup bounds a sealed backup, in bytes: what is made must fit one log entry where it is restored.
const MaxBackup = 192 << 10

const backupPrefix = "qb1:"

var encoding = func() cbor.EncMode {
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // fixed options: cannot fail once it has not
	}
	return m
}()

var decoding = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, UTF8: cbor.UTF8RejectInvalid,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, MaxArrayElements: 16_384, MaxMapPairs: 1_024, MaxNestedLevels: 8,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// Encode is the backup as it is sealed. The caller clears it. fault.TooLarge above what can be restored.
func (b *Backup) Encode() ([]byte, error) {
	out, err := encoding.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encoding a backup: %w", err)
	}
	if len(out) > MaxBackup-64 {
		clear(out)
		return nil, fault.New(fault.TooLarge, "the key's versions make a backup of %d bytes, the most is %d", len(out), MaxBackup-64).
			WithHint("Destroy versions that are no longer needed.")
	}
	return out, nil
}

// DecodeBackup reads what Encode wrote and holds together what it says: every material belongs to a version that has one.
// fault.Invalid otherwise. plain is lent; the caller clears the result.
func DecodeBackup(plain []byte) (*Backup, error) {
	var b Backup
	if err := decoding.Unmarshal(plain, &b); err != nil {
		b.Clear()
		return nil, fault.New(fault.Invalid, "the backup was opened, but cannot be read").WithHint("Restore it with the version of Quorate that made it, or a newer one.")
	}
	if err := b.check(); err != nil {
		b.Clear()
		return nil, err
	}
	return &b, nil
}

func (b *Backup) check() error {
	if b.Record == nil || b.Record.ID.IsZero() || b.Record.Algorithm.Traits().Name == "" || len(b.Record.Versions) == 0 {
		return fault.New(fault.Invalid, "the backup holds no key that is known here")
	}
	next := 0
	for i := range b.Record.Versions {
		v := &b.Record.Versions[i]
		if v.Number == 0 || i > 0 && v.Number <= b.Record.Versions[i-1].Number {
			return fault.New(fault.Invalid, "the versions in the backup are not in order")
		}
		has := next < len(b.Materials) && b.Materials[next].Version == v.Number
		if has == v.State.Gone() {
			return fault.New(fault.Invalid, "version %d in the backup is %s, and that does not go with its material", v.Number, v.State)
		}
		if has {
			next++
		}
	}
	if next != len(b.Materials) {
		return fault.New(fault.Invalid, "the backup holds material of no version")
	}
	return b.checkUsed()
}

func (b *Backup) checkUsed() error {
	if b.Used == nil {
		return nil
	}
	last := uint32(0)
	for _, u := range b.Used.Versions {
		if u.Version <= last || b.Record.Version(u.Version) == nil {
			return fault.New(fault.Invalid, "the backup counts uses of no version, or not in order")
		}
		last = u.Version
	}
	return nil
}

// Clear wipes the material.
func (b *Backup) Clear() {
	for i := range b.Materials {
		clear(b.Materials[i].Material)
	}
}

// WriteBackup is a sealed backup as text: qb1:<base64 of the version of the wrapping key that sealed it, and of what it sealed>.
func WriteBackup(version uint32, sealed []byte) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(sealed)), version)
	b = append(b, sealed...)
	return base64.StdEncoding.AppendEncode([]byte(backupPrefix), b)
}

// ReadBackup undoes WriteBackup. The version is the wrapping key's where the backup was made; elsewhere it may have another number.
func ReadBackup(text []byte) (version uint32, sealed []byte, err error) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(backupPrefix))
	bad := fault.New(fault.Invalid, "this is no backup of a key").WithHint("A backup looks like %s<base64>, exactly as `quorate key backup` gave it.", backupPrefix)
	switch {
	case !ok || bytes.ContainsAny(rest, "\r\n"): // which the decoder would pass over
		return 0, nil, bad
	case len(rest) > base64.StdEncoding.EncodedLen(MaxBackup+4):
		return 0, nil, fault.New(fault.TooLarge, "the backup is larger than any that is made here")
	}
	b := make([]byte, base64.StdEncoding.DecodedLen(len(rest)))
	n, err := base64.StdEncoding.Strict().Decode(b, rest)
	if err != nil || n < 4 {
		return 0, nil, bad
	}
	return binary.BigEndian.Uint32(b), b[4:n], nil
}
