package rest_test

import (
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// newVault is a real vault, not founded yet, on a cluster of one that lives in memory.
func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	return vaulttest.New(t, vaulttest.Blank()).Vault(0)
}
