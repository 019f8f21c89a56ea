package vault

import (
	"maps"
	"unicode/utf8"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// checkAttributes refuses names that nobody could ask for. What they take up together is the state's to bound.
func checkAttributes(all map[string][]byte) error {
	for name := range all {
		if name == "" || len(name) > key.MaxAttrName || !utf8.ValidString(name) {
			return fault.New(fault.Invalid, "an attribute has no name, one longer than %d bytes, or one that is not UTF-8", key.MaxAttrName)
		}
	}
	return nil
}

// patched is the attributes as they will be, nil if none of them changes. A change without a value takes the attribute away.
func patched(old, changes map[string][]byte) (*map[string][]byte, error) {
	if len(changes) == 0 {
		return nil, nil //nolint:nilnil // unchanged is neither a value nor an error
	}
	if err := checkAttributes(changes); err != nil {
		return nil, err
	}
	all := make(map[string][]byte, len(old)+len(changes))
	maps.Copy(all, old)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, value []byte) bool { return len(value) == 0 })
	return &all, nil
}
