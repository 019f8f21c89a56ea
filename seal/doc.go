// Package seal has custody of the master key: key shares, slots, unseal ceremonies, the keyring, and the
// locked memory in which all of them live while a node is open.
//
// The hierarchy is share → slot key → master key → keyring → whatever the keyring wraps. The package makes and
// reads documents (a Config: public, authenticated, deterministic CBOR); it stores none of them. Whoever
// replicates a Config commits what Create, Rekey, RotateKeyring and their like return and then has every open node
// Adopt it.
//
// The package knows no key metadata, no cluster members, no HTTP and no files. It must never learn them: it
// is the part that has to be read whole by someone who wants to trust the rest. DESIGN.md gives the composition
// of primitives, the derivation labels, and what remains outside the reach of locked memory.
package seal
