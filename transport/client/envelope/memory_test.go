package envelope_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// An application's own test: no network, an hour in no time, and everything marked as what it is.
func TestAClusterInMemoryServesAnApplicationsTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, node := clienttest.Memory(t, "billing")
		box, err := envelope.New(c, "billing")
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		m := encrypt(t, box, "hello")
		wantPlain(t, box, m, "hello")
		if !strings.Contains(string(m), "qk:v1:VEVTVC1PTkxZ") || m[6] != 0x7e || m[7] != 0x57 {
			t.Errorf("it is not marked: %q", m)
		}
		time.Sleep(time.Hour)
		node.Fail(fault.Denied, -1)
		if _, err := box.Decrypt(t.Context(), m, []byte("row 1")); !errors.Is(err, fault.Denied) {
			t.Errorf("after its hour: %v, want denied", err)
		}
		time.Sleep(envelope.Recheck)
	})
}

func TestTheKeysInMemoryAreFixed(t *testing.T) {
	const recorded = "qk:v1:VEVTVC1PTkxZ"
	one, _ := clienttest.Memory(t, "billing")
	two, _ := clienttest.Memory(t, "other", "billing")
	e, err := one.Encrypt(t.Context(), "billing", api.EncryptRequest{Plaintext: []byte("x")})
	if err != nil || !strings.HasPrefix(e.Ciphertext, recorded) {
		t.Fatalf("%v, %v", e, err)
	}
	if d, err := two.Decrypt(t.Context(), "billing", api.DecryptRequest{Ciphertext: e.Ciphertext}); err != nil || string(d.Plaintext) != "x" {
		t.Errorf("another run: %v", err)
	}
	if _, err := two.Decrypt(t.Context(), "other", api.DecryptRequest{Ciphertext: e.Ciphertext}); !errors.Is(err, fault.Invalid) {
		t.Errorf("under another key: %v", err)
	}
}
