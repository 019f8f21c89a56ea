package access

import (
	"strings"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ParseType reads the name of an object type as policies write it, such as "symmetric-key". fault.Invalid for one there is not.
func ParseType(name string) (key.ObjectType, error) {
	var all []string
	for t, n := range typeNames {
		if n == "" {
			continue
		}
		if n == name {
			return key.ObjectType(t), nil
		}
		all = append(all, n)
	}
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	return 0, fault.New(fault.Invalid, "there is no object type %q", name).WithHint("Types are %s.", strings.Join(all, ", "))
}
