package kmip

import (
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// TestEveryKindHasAReason: the table is complete, and each version gets a reason that it has.
func TestEveryKindHasAReason(t *testing.T) {
	for _, k := range fault.All() {
		if _, ok := reasons[k]; !ok {
			t.Errorf("%v has no reason", k)
		}
		for _, v := range wire.Versions() {
			if r := reasonOf(fault.New(k, "x"), v); r == 0 || !wire.ValueIn(wire.TagResultReason, uint32(r), v) {
				t.Errorf("%v in %v is %v, which that version does not have", k, v, r)
			}
		}
	}
	for exact := range older {
		for _, v := range wire.Versions() {
			if r := reasonOf(because(exact, fault.New(fault.Invalid, "x")), v); !wire.ValueIn(wire.TagResultReason, uint32(r), v) {
				t.Errorf("%v in %v is %v, which that version does not have", exact, v, r)
			}
		}
	}
}
