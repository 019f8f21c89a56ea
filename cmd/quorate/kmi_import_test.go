package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/vault/fault"
)

// The old form of keas.kmi is not authenticated: what is none of it must not be opened to noise.
func TestWhatAClusterEncryptedIsNotTakenForTheOldForm(t *testing.T) {
	text := "QRT1\x02" + strings.Repeat("\x00", 4091)
	var out strings.Builder
	err := openHeld(t.Context(), &out, &input{Reader: strings.NewReader(text), size: int64(len(text))}, make([]byte, 128), legacy.Auto, func(int64) {})
	if f := fault.Of(err); !errors.Is(err, fault.Invalid) || !strings.Contains(f.NextStep(), "quorate decrypt") || out.Len() > 0 {
		t.Errorf("%v (%s), and %d bytes came out", err, f.NextStep(), out.Len())
	}
}
