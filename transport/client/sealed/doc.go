// Package sealed is the form of what clients encrypt: a header that names the key in the cluster and carries the
// wrapped data key, and behind it one message, or a stream of segments of any length. DESIGN.md of transport/client
// has it byte by byte.
//
// It knows bytes and a plain data key. It must not know who wraps data keys, how long they are kept, or a network.
package sealed
