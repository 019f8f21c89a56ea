// Package fsm is the replicated state machine: the commands that change the vault, the state they change, and
// the form in which both are written to the log and to snapshots.
//
// Every node applies the same entries in the same order and must arrive at the same state, byte for byte. So
// the package is pure: it knows no clock, no randomness, no network, no files, no secrets and no Raft, and all
// that a command may know of the world is in Env. A Machine has one writer, which calls Apply, ApplyBatch,
// Skip and Restore one after the other; any number of readers use the frozen State that it publishes, without
// locks. Records are replaced, never changed.
//
// Op names, field numbers and the numbers of states, kinds and algorithms are for ever: old logs are replayed
// by new programs. DESIGN.md has the formats and the reasons.
package fsm
