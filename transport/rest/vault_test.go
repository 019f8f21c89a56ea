package rest_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// newVault is a real vault, not founded yet, on a cluster of one that lives in memory.
func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	return vaulttest.New(t, vaulttest.Blank()).Vault(0)
}

// known is a door on an open vault whose requests carry the root token.
func known(t testing.TB) *door {
	f := vaulttest.New(t)
	d := open(t, f.Vault(0), serve.Limits{})
	d.token = string(f.RootToken())
	return d
}

func TestStrangersAreTurnedAwayBeforeTheirBodyIsRead(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	for _, body := range []string{`{"plaintext":`, strings.Repeat("x", 2<<20), ""} {
		if a := d.send("POST", "/v1/keys/a/encrypt", body); a.status != 401 || a.problem(t).Kind != "unauthenticated" {
			t.Errorf("%d bytes from nobody: %d %s", len(body), a.status, a.body)
		}
	}
}
