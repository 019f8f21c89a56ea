// Package envelope encrypts in the application, under keys that the cluster keeps: one call, and rarely a round trip.
//
// A Box belongs to one key of the cluster. It fetches a data key that the cluster generated and wrapped, and encrypts
// messages and streams under it until its time, uses or bytes run out; the wrapped data key travels in front of what it
// protects, so that any Box of that key, in any process, can have it opened, and keeps it for a while too. Meanwhile the Box
// follows the key's record: what is taken out of use is dropped within a stated bound (see Box).
//
// The package knows the client and the form of encrypted data (sealed). It must not know servers' packages, and not what
// states allow which use: when anything that governs use changes, it drops what it holds, and the cluster decides anew.
package envelope
