package fsm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/quorate/quorate/fsm/btree"
)

// WriteTo writes the state as a snapshot, item by item, in memory that does not grow with the state.
// Equal states give equal bytes. It may run while later entries are applied.
func (s *State) WriteTo(w io.Writer) (int64, error) {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 64<<10)
	sw := &snapshotWriter{w: out}
	h := s.header()
	sw.write(h.bytes())
	s.writeContent(sw)
	writeSection(sw, s.outcomes.previous)
	writeSection(sw, s.outcomes.current)
	writeSection(sw, s.campaigns.byParent.tree)
	writeSection(sw, s.usage.byVersion.tree)
	s.restoring.write(sw)
	if sw.err == nil {
		sw.err = out.Flush()
	}
	if sw.err != nil {
		return sw.n, fmt.Errorf("writing snapshot: %w", sw.err)
	}
	n, err := w.Write(sum.Sum(nil))
	if err != nil {
		return sw.n + int64(n), fmt.Errorf("writing snapshot: %w", err)
	}
	return sw.n + int64(n), nil
}

// Digest is the hash at the end of the snapshot: equal states, and only they, have the same.
func (s *State) Digest() [32]byte {
	var t trailer
	if _, err := s.WriteTo(&t); err != nil {
		panic(err) // the trailer takes everything; a state that cannot be written cannot be compared either
	}
	return t.last
}

// ContentDigest is a hash over what users keep in the vault: keys, their uses and campaigns, tokens, policies and documents,
// but not where in the log the state stands and what became of recent requests. A refused command leaves it as it was.
func (s *State) ContentDigest() [32]byte {
	sum := sha256.New()
	out := bufio.NewWriterSize(sum, 64<<10)
	sw := &snapshotWriter{w: out}
	h := s.header()
	h.position, h.counts[sectionPrevious], h.counts[sectionCurrent], h.counts[sectionRestoring] = position{}, 0, 0, 0
	sw.write(h.bytes())
	s.writeContent(sw)
	writeSection(sw, s.campaigns.byParent.tree)
	writeSection(sw, s.usage.byVersion.tree)
	if err := out.Flush(); err != nil || sw.err != nil {
		panic(fmt.Sprint(err, sw.err)) // a hash takes everything
	}
	return [32]byte(sum.Sum(nil))
}

func (s *State) header() snapshotHeader {
	return snapshotHeader{
		level: s.level, policyRevision: s.policyRevision, position: s.position,
		counts: [sectionCount]uint64{
			sectionKeys: uint64(s.KeyCount()), sectionTokens: uint64(s.TokenCount()),
			sectionPolicies: uint64(s.policyCount()), sectionDocuments: uint64(s.documentCount()),
			sectionPrevious: uint64(s.outcomes.previous.Len()), sectionCurrent: uint64(s.outcomes.current.Len()),
			sectionCampaigns: uint64(s.CampaignCount()),
			sectionUsage:     uint64(s.UsageCount()),
			sectionRestoring: s.restoring.count(),
		},
	}
}

func (s *State) writeContent(sw *snapshotWriter) {
	var v view
	s.keys.byID.tree.Ascend(func(e idEntry) bool { return sw.item(e.look(&v)) })
	s.tokens.byID.tree.Ascend(func(e tokenEntry) bool { return sw.item(e.tok) })
	writeSection(sw, s.policies.tree)
	writeSection(sw, s.documents.tree)
}

func writeSection[T any](sw *snapshotWriter, tree *btree.Tree[T]) {
	tree.Ascend(func(v T) bool { return sw.item(v) })
}

// snapshotWriter writes items until the first error.
type snapshotWriter struct {
	w   *bufio.Writer
	buf bytes.Buffer
	n   int64
	err error
}

func (sw *snapshotWriter) item(v any) bool {
	if sw.err != nil {
		return false
	}
	sw.buf.Reset()
	if sw.err = encodingTo.MarshalToBuffer(v, &sw.buf); sw.err != nil {
		return false
	}
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(sw.buf.Len()))
	sw.write(size[:])
	sw.write(sw.buf.Bytes())
	return sw.err == nil
}

func (sw *snapshotWriter) write(b []byte) {
	if sw.err == nil {
		var n int
		n, sw.err = sw.w.Write(b)
		sw.n += int64(n)
	}
}

// trailer keeps the last 32 bytes written, where one Write brings them.
type trailer struct{ last [32]byte }

func (t *trailer) Write(b []byte) (int, error) {
	if len(b) >= len(t.last) {
		copy(t.last[:], b[len(b)-len(t.last):])
	}
	return len(b), nil
}
