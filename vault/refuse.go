package vault

import "github.com/quorate/quorate/vault/access"

// Refused records an operation that a door turned away before it reached the vault, because it could not tell who
// asks, or because the node cannot serve. It returns err, or the audit log's own failure.
func (v *Vault) Refused(op string, c access.Caller, err error) error {
	return v.start(op, access.Unchecked, c, false).done(err)
}
