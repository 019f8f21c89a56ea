package cluster

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/plant"
)

const (
	tagSize      = 16
	chainVersion = 1
	extSize      = 1 + tagSize + tagSize
)

// tag authenticates one log entry: HMAC-SHA256 cut to 128 bits (SP 800-107 section 5.3.3 allows it).
type tag [tagSize]byte

// chain computes tags. Every entry carries, in raft.Log.Extensions: a version byte, the tag of the entry before it,
// and its own tag, which covers the former. So an entry can neither be altered nor be moved to another place.
// A zero link means "the entry before was not here": see store.link.
type chain struct {
	macs sync.Pool // of hash.Hash
}

// subkey derives a key for one purpose from the cluster's log key.
func subkey(logKey []byte, cluster [16]byte, purpose string) []byte {
	k, err := hkdf.Key(sha256.New, logKey, cluster[:], "quorate cluster "+purpose, sha256.Size)
	if err != nil {
		panic(err) // only for lengths that this call does not have
	}
	return k
}

func newChain(logKey []byte, cluster [16]byte) *chain {
	k := subkey(logKey, cluster, "log entry v1")
	return &chain{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, k) }}}
}

// tag computes the tag of an entry that follows one with the tag prev.
func (c *chain) tag(prev tag, l *raft.Log) (t tag) {
	m := c.macs.Get().(hash.Hash)
	defer c.macs.Put(m)
	m.Reset()
	var head [tagSize + 8 + 8 + 8 + 1]byte
	copy(head[:], prev[:])
	binary.BigEndian.PutUint64(head[tagSize:], l.Index)
	binary.BigEndian.PutUint64(head[tagSize+8:], l.Term)
	binary.BigEndian.PutUint64(head[tagSize+16:], uint64(l.AppendedAt.UnixNano()))
	head[tagSize+24] = byte(l.Type)
	_, _ = m.Write(head[:])
	_, _ = m.Write(l.Data)
	var sum [sha256.Size]byte
	copy(t[:], m.Sum(sum[:0]))
	return t
}

// sign fills in the entry's extension and returns its tag.
func (c *chain) sign(prev tag, l *raft.Log) tag {
	t := c.tag(prev, l)
	ext := make([]byte, extSize)
	ext[0] = chainVersion
	copy(ext[1:], prev[:])
	copy(ext[1+tagSize:], t[:])
	l.Extensions = ext
	return t
}

// verify checks the entry against its own tag and returns the link that it carries and the tag.
func (c *chain) verify(l *raft.Log) (prev, own tag, err error) {
	if len(l.Extensions) != extSize || l.Extensions[0] != chainVersion {
		return prev, own, fmt.Errorf("it carries no authentication of version %d", chainVersion)
	}
	copy(prev[:], l.Extensions[1:])
	copy(own[:], l.Extensions[1+tagSize:])
	want := c.tag(prev, l)
	if !hmac.Equal(want[:], own[:]) && !plant.NoMAC {
		return prev, own, fmt.Errorf("its authentication does not match its content")
	}
	return prev, own, nil
}
