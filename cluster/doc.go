// Package cluster replicates the state machine of package fsm: proposing, forwarding, membership, freshness of
// reads, and the authenticated store under it all.
//
// It knows Raft, entries, node names and the two clocks that it needs: wall time goes into entries, and leases are
// counted on CLOCK_BOOTTIME. It must not know what a command means beyond fsm's interfaces: no vault, no seal,
// no HTTP interface, no key material. With its folders peer and gossip it is the only package that imports
// hashicorp/raft and raft-boltdb.
//
// What holds for everybody who calls it:
//
//   - A write has three outcomes: done, refused (nothing was written), unknown. Unknown is fault.Uncertain, and
//     repeating it with the same fsm.Request gives the first outcome.
//   - A read asks Fresh before it looks at the state, and again after the crypto.
//   - A write that takes something out of use returns when no node can serve the old state any more.
//
// Why, and the argument for the last point: DESIGN.md.
package cluster
