package kmip

import (
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

func firstOf(a, b key.Time) key.Time {
	if a != 0 {
		return a
	}
	return b
}

// state is what the protocol calls a state. It has none for a suspended key, which protects nothing and may come
// back: that is nearest to deactivated.
func state(s key.State) wire.State {
	if s == key.Suspended {
		return wire.StateDeactivated
	}
	return wire.State(s) // the numbers are the same
}
