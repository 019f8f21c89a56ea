// Package peer is the one port between nodes: mutual TLS 1.3, with Raft streams, peer calls and joins told
// apart by ALPN.
//
// It knows certificates, node names, frames and byte bodies. It must not know what a body means: no vault,
// no key, no share, no state machine. It asks its owner one thing, whether a node is a current member, and
// asks it again for every call and every Raft frame, so that a removed member is cut at once.
//
// The package lives in cluster's tree and imports hashicorp/raft for the message types of raft.Transport
// only; it runs no Raft. Why there is a transport of our own: see DESIGN.md.
//
// What an attacker gains at this port: without a member's certificate he can open a bounded number of
// handshakes and send join bodies of at most 16 KiB, a few a second. With the certificate of a removed
// member he gains no more than that.
package peer
