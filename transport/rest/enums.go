package rest

import (
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// enums are the fields ("Type.field") and parameters of a query ("op?name") that take or give one of a closed set of words. They
// are made from what the vault itself reads, so that the document cannot lag behind.
func enums() map[string][]string {
	algorithms, states := key.AlgorithmNames(), key.StateNames()
	hashes, schemes, forms := []string{"sha256", "sha384", "sha512"}, []string{"pss", "pkcs1v15"}, []string{"der", "raw", "jws"}
	return map[string][]string{
		"CreateKeyRequest.algorithm": algorithms, "ImportKeyRequest.algorithm": algorithms, "Record.algorithm": algorithms, "ExportResponse.algorithm": algorithms,
		"PublicKey.algorithm": algorithms, "WrappingKey.algorithm": vault.WrappingAlgorithms(), "wrapping-key?algorithm": vault.WrappingAlgorithms(),
		"key.list?algorithm": algorithms, "key.list?state": states, "Record.state": states, "Version.state": states,
		"key.list?type": access.TypeNames(), "Record.type": access.TypeNames(),
		"Record.origin":       {key.Generated.String(), key.Imported.String(), key.Derived.String(), key.Restored.String()},
		"Record.destroy_held": {heldOf(key.Held)}, "Version.destroy_held": {heldOf(key.Held)},
		"SplitRequest.method": {"gf2-8", "gf2-16", "prime", "xor"},
		"SignRequest.hash":    hashes, "SignRequest.scheme": schemes, "SignRequest.form": forms,
		"VerifyRequest.hash": hashes, "VerifyRequest.scheme": schemes, "VerifyRequest.form": forms,
		"key.public?format": {"pem", "der", "spki", "jwk", "raw", "pkcs1", "ssh"},
	}
}
