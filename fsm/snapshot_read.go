package fsm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ReadSnapshot reads a snapshot to its very end and gives the state in it, indexes and all. It refuses what is cut
// off, altered, out of order, beyond a limit, or followed by anything. What it checks is that the snapshot is
// whole, not who wrote it: that is for the caller, who can authenticate it.
func ReadSnapshot(r io.Reader) (*State, error) { return readSnapshot(r, MaxLevel) }

func readSnapshot(r io.Reader, supported uint32) (*State, error) {
	sr := &snapshotReader{r: bufio.NewReaderSize(r, 256<<10), sum: sha256.New()}
	h, err := sr.header(supported)
	if err != nil {
		return nil, err
	}
	s := &State{content: newContent(), position: h.position, outcomes: newOutcomes()}
	s.level, s.policyRevision = h.level, h.policyRevision
	sr.counts = h.counts
	if err := s.read(sr); err != nil {
		return nil, fmt.Errorf("reading snapshot of index %d: %w", h.index, err)
	}
	if err := sr.finish(); err != nil {
		return nil, fmt.Errorf("reading snapshot of index %d: %w", h.index, err)
	}
	return s, nil
}

func (s *State) read(sr *snapshotReader) error {
	err := readKeys(sr, &s.keys)
	if err != nil {
		return err
	}
	var last key.ID
	if err := section(sr, sectionTokens, func(t *access.Token) error {
		if bytes.Compare(t.ID[:], last[:]) <= 0 {
			return errOrder
		}
		last = t.ID
		for _, x := range s.tokens.indexes() {
			x.replace(nil, t)
		}
		return nil
	}); err != nil {
		return err
	}
	name := ""
	if err := section(sr, sectionPolicies, func(p *Policy) error {
		if strings.Compare(p.Name, name) <= 0 || p.Revision > s.policyRevision {
			return errOrder
		}
		name = p.Name
		s.policies.replace(nil, p)
		return checkPolicy(p.Name, p.Source)
	}); err != nil {
		return err
	}
	name = ""
	if err := section(sr, sectionDocuments, func(d *Document) error {
		if strings.Compare(d.Name, name) <= 0 {
			return errOrder
		}
		name = d.Name
		s.documents.replace(nil, d)
		return checkDocument(d.Name, d.Body)
	}); err != nil {
		return err
	}
	if err := s.readOutcomes(sr); err != nil {
		return err
	}
	last = key.ID{}
	err = section(sr, sectionCampaigns, func(c *Campaign) error {
		if bytes.Compare(c.Parent[:], last[:]) <= 0 {
			return errOrder
		}
		last = c.Parent
		s.campaigns.replace(nil, c)
		return checkCampaign(c, &s.keys)
	})
	if err != nil {
		return err
	}
	if err := s.readUsage(sr); err != nil {
		return err
	}
	return s.restoring.read(sr)
}

// readUsage also finds out anew which keys are exhausted.
func (s *State) readUsage(sr *snapshotReader) error {
	last := &Usage{}
	return section(sr, sectionUsage, func(u *Usage) error {
		r := s.key(u.ID)
		switch {
		case !lessUsage(last, u):
			return errOrder
		case r == nil || u.Version != 0 && r.Version(u.Version) == nil:
			return errNobodys
		}
		last = u
		s.usage.byVersion.replace(nil, u)
		s.weigh(r)
		return nil
	})
}

func (s *State) readOutcomes(sr *snapshotReader) error {
	for i := sectionPrevious; i <= sectionCurrent; i++ {
		into := s.outcomes.previous
		if i == sectionCurrent {
			into = s.outcomes.current
		}
		var last [16]byte
		if err := section(sr, i, func(k *kept) error {
			if bytes.Compare(k.ID[:], last[:]) <= 0 || !k.Refused && k.Kind != 0 {
				return errOrder
			}
			last = k.ID
			into.Put(k)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// readKeys decodes records while a goroutine of its own, which it waits for, enters those before into the indexes.
func readKeys(sr *snapshotReader, t *keyTable) error {
	const chunk = 512
	ready, done := make(chan []*key.Record, 4), make(chan struct{})
	go func() {
		defer close(done)
		for part := range ready {
			for _, r := range part {
				t.replace(nil, r)
			}
		}
	}()
	var last key.ID
	part := make([]*key.Record, 0, chunk)
	err := section(sr, sectionKeys, func(r *key.Record) error {
		if bytes.Compare(r.ID[:], last[:]) <= 0 {
			return errOrder
		}
		last = r.ID
		if part = append(part, r); len(part) == chunk {
			ready <- part
			part = make([]*key.Record, 0, chunk)
		}
		return checkRecord(r)
	})
	ready <- part
	close(ready)
	<-done
	if err != nil {
		return err
	}
	return uniqueNames(t)
}

func uniqueNames(t *keyTable) error {
	last, double := "", ""
	t.byName.tree.Ascend(func(e nameEntry) bool {
		if e.name != "" && e.name == last {
			double = e.name
		}
		last = e.name
		return double == ""
	})
	if double != "" {
		return fault.New(fault.Invalid, "two keys have the name %q", clip(double))
	}
	return nil
}

var (
	errOrder   = errors.New("out of order")
	errNobodys = errors.New("it belongs to no key")
	errDigest  = errors.New("the digest at its end does not fit: it was damaged or altered")
	errTrailed = errors.New("something follows its end")
)

// section reads the items of one section and hands each on, decoded.
func section[T any](sr *snapshotReader, n int, each func(*T) error) error {
	for i := range sr.counts[n] {
		b, err := sr.item(sections[n].maxBytes)
		if err == nil {
			v := new(T)
			if err = decoding.Unmarshal(b, v); err == nil {
				err = each(v)
			}
		}
		if err != nil {
			return fmt.Errorf("item %d of %d in %s: %w", i+1, sr.counts[n], sections[n].name, err)
		}
	}
	return nil
}

// snapshotReader reads and hashes.
type snapshotReader struct {
	r      *bufio.Reader
	sum    hash.Hash
	counts [sectionCount]uint64
	buf    []byte
}

// header reads everything before the sections.
func (sr *snapshotReader) header(supported uint32) (*snapshotHeader, error) {
	head := make([]byte, headerSize)
	if err := sr.full(head); err != nil {
		return nil, fmt.Errorf("reading snapshot: %w", err)
	}
	h, format, err := parseHeader(head, supported)
	if err != nil {
		return nil, err
	}
	n := uint32(firstSections)
	if format > 1 {
		if err := sr.full(head[:4]); err != nil {
			return nil, fmt.Errorf("reading snapshot: %w", err)
		}
		n = binary.BigEndian.Uint32(head)
	}
	if n < firstSections || n > maxSections {
		return nil, fmt.Errorf("the snapshot claims %d sections; one has %d to %d", n, firstSections, maxSections)
	}
	counts := make([]byte, 8*n)
	if err := sr.full(counts); err != nil {
		return nil, fmt.Errorf("reading snapshot: %w", err)
	}
	return h, h.parseCounts(counts)
}

func (sr *snapshotReader) full(b []byte) error {
	if _, err := io.ReadFull(sr.r, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("it is cut off")
		}
		return err
	}
	sr.sum.Write(b)
	return nil
}

// item reads one item into a buffer that the next call overwrites. The buffer grows only as bytes arrive.
func (sr *snapshotReader) item(limit uint32) ([]byte, error) {
	var size [4]byte
	if err := sr.full(size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > limit {
		return nil, fmt.Errorf("its %d bytes are more than the %d allowed", n, limit)
	}
	for have := 0; have < int(n); {
		chunk := min(int(n)-have, 64<<10)
		if len(sr.buf) < have+chunk {
			sr.buf = append(sr.buf, make([]byte, have+chunk-len(sr.buf))...)
		}
		if err := sr.full(sr.buf[have : have+chunk]); err != nil {
			return nil, err
		}
		have += chunk
	}
	return sr.buf[:n], nil
}

func (sr *snapshotReader) finish() error {
	want := sr.sum.Sum(nil)
	got := make([]byte, len(want))
	if err := sr.full(got); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return errDigest
	}
	if _, err := sr.r.ReadByte(); !errors.Is(err, io.EOF) {
		return errTrailed
	}
	return nil
}
