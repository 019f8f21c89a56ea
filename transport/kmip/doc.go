// Package kmip is the KMIP door: it answers messages (package ttlv) with operations of the vault.
//
// It knows the protocol's messages: versions, headers, batches, the ID placeholder, and how a vault's record looks as
// attributes. Each operation is one small file that asks the vault. It must not keep anything between messages, decide
// who may do what, or know how keys are kept: that is the vault's.
package kmip
