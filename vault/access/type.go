package access

import (
	"strings"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

var typeNames = [...]string{
	key.Certificate: "certificate", key.SymmetricKey: "symmetric-key", key.PublicKey: "public-key", key.PrivateKey: "private-key",
	key.SplitKey: "split-key", key.SecretData: "secret-data", key.OpaqueObject: "opaque-object", key.PGPKey: "pgp-key",
	key.Template: "template", key.Request: "certificate-request",
}

// TypeName is the name of an object type as policies write it, and as every door shows it.
func TypeName(t key.ObjectType) string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "unknown"
}

// TypeNames are the names of all object types.
func TypeNames() (all []string) {
	for _, n := range typeNames {
		if n != "" {
			all = append(all, n)
		}
	}
	return all
}

// ParseType reads the name of an object type as policies write it, such as "symmetric-key". fault.Invalid for one there is not.
func ParseType(name string) (key.ObjectType, error) {
	for t, n := range typeNames {
		if n != "" && n == name {
			return key.ObjectType(t), nil
		}
	}
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	return 0, fault.New(fault.Invalid, "there is no object type %q", name).WithHint("Types are %s.", strings.Join(TypeNames(), ", "))
}
