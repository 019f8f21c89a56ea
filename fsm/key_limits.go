package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Limits beside those of package key.
const (
	MaxLinks  = 1_024
	MaxOwner  = 256      // bytes
	MaxRecord = 32 << 20 // bytes of material, public keys and reasons of all versions of one key
	MaxPublic = 16 << 10 // bytes of one version's public key
)

// versionOverhead is what one version adds to a record's size beside its material, at most.
const versionOverhead = 128

// checkRecord holds a whole record to the limits, so that it always fits the log and a snapshot.
func checkRecord(r *key.Record) error {
	if r.Name != "" {
		if err := key.CheckName(r.Name); err != nil {
			return err
		}
	}
	if r.Algorithm.Traits().Name == "" {
		return fault.New(fault.Invalid, "the key %s has an algorithm unknown here, number %d", title(r), r.Algorithm)
	}
	if len(r.Versions) > key.MaxVersions {
		return fault.New(fault.TooLarge, "the key %s has %d versions, the most it may have is %d", title(r), len(r.Versions), key.MaxVersions)
	}
	size := 0
	for i := range r.Versions {
		v := &r.Versions[i]
		if err := checkVersion(r, v); err != nil {
			return err
		}
		if i > 0 && v.Number <= r.Versions[i-1].Number {
			return fault.New(fault.Invalid, "the versions of key %s are not in order", title(r))
		}
		size += versionSize(v)
	}
	if size > MaxRecord {
		return tooLarge(r)
	}
	return checkMetadata(r)
}

// checkMetadata holds everything but the versions to the limits.
func checkMetadata(r *key.Record) error {
	if len(r.Tags) > key.MaxTags {
		return fault.New(fault.TooLarge, "the key %s has %d tags, the most it may have is %d", title(r), len(r.Tags), key.MaxTags)
	}
	if err := checkTags(r); err != nil {
		return err
	}
	size := 0
	for name, value := range r.Attributes {
		size += len(name) + len(value)
	}
	if size > key.MaxAttribute {
		return fault.New(fault.TooLarge, "the attributes of key %s have %d bytes, more than the %d allowed", title(r), size, key.MaxAttribute)
	}
	if len(r.Links) > MaxLinks || len(r.Owner) > MaxOwner || len(r.Reason) > key.MaxReason {
		return fault.New(fault.TooLarge, "the key %s has more than %d links, an owner longer than %d or a reason longer than %d bytes",
			title(r), MaxLinks, MaxOwner, key.MaxReason)
	}
	if r.RotateEvery < 0 || r.RotateEvery > key.MaxPeriod {
		return fault.New(fault.Invalid, "the rotation period of key %s is not between 0 and 100 years", title(r))
	}
	if r.RetireAfter < 0 || r.RetireAfter > key.MaxPeriod {
		return fault.New(fault.Invalid, "the time after which versions of key %s retire is not between 0 and 100 years", title(r))
	}
	if err := checkLabels(r); err != nil {
		return err
	}
	if r.NextRotate < 0 || r.ProcessStart < 0 || r.ProtectStop < 0 || r.Archived < 0 || r.ActivateAt < 0 || r.DeactivAt < 0 || r.DestroyAt < 0 {
		return fault.New(fault.Invalid, "the key %s has a date before 1970", title(r))
	}
	return nil
}

// checkTags looks at tags one by one. Which bad one it meets first depends on chance, so its message, which becomes part
// of the state, names none.
func checkTags(r *key.Record) error {
	for k, v := range r.Tags {
		if k == "" || len(k) > key.MaxTagKey || len(v) > key.MaxTagValue {
			return fault.New(fault.Invalid, "a tag of key %s has no name, a name longer than %d or a value longer than %d bytes",
				title(r), key.MaxTagKey, key.MaxTagValue)
		}
	}
	for k := range r.Tags {
		for i := range len(k) {
			if k[i] == '=' {
				return fault.New(fault.Invalid, "the name of a tag of key %s has an equals sign in it", title(r))
			}
		}
	}
	return nil
}

func checkVersion(r *key.Record, v *key.Version) error {
	switch {
	case v.Number == 0 || v.State < key.PreActive || v.State > key.Suspended:
		return fault.New(fault.Invalid, "a version of key %s has no number or no state", title(r))
	case len(v.Material.Sealed) > key.MaxMaterial || len(v.Public) > MaxPublic || len(v.Reason) > key.MaxReason:
		return fault.New(fault.TooLarge, "version %d of key %s has more than %d bytes of material, %d of public key or %d of reason",
			v.Number, title(r), key.MaxMaterial, MaxPublic, key.MaxReason)
	case v.DestroyAt < 0:
		return fault.New(fault.Invalid, "version %d of key %s has a date before 1970", v.Number, title(r))
	}
	return nil
}

func versionSize(v *key.Version) int {
	return len(v.Material.Sealed) + len(v.Public) + len(v.Reason) + versionOverhead
}

func recordSize(r *key.Record) int {
	size := 0
	for i := range r.Versions {
		size += versionSize(&r.Versions[i])
	}
	return size
}

func tooLarge(r *key.Record) error {
	return fault.New(fault.TooLarge, "the versions of key %s would take more than %d bytes", title(r), MaxRecord).
		WithHint("Destroy versions that are no longer needed, or begin a new key.")
}
