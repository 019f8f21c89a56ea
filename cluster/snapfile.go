package cluster

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/hashicorp/raft"
)

// A snapshot file is, in this order:
//
//	magic "QSNAP\r\n\x01" | header length, 4 bytes | header, CBOR | body | body length, 8 bytes | SHA-256 of the body | MAC
//
// The MAC is HMAC-SHA256 under a key derived from the cluster's log key, over everything before it but the body
// itself. Numbers are big-endian.
const (
	snapMagic     = "QSNAP\r\n\x01"
	snapVersion   = 1
	snapFooter    = 8 + sha256.Size + sha256.Size
	maxSnapHeader = 1 << 20
)

// snapHeader says what the body is.
type snapHeader struct {
	Version   uint8    `cbor:"1,keyasint"`
	Cluster   [16]byte `cbor:"2,keyasint"`
	Index     uint64   `cbor:"3,keyasint"`
	Term      uint64   `cbor:"4,keyasint"`
	Conf      []byte   `cbor:"5,keyasint"` // raft.EncodeConfiguration
	ConfIndex uint64   `cbor:"6,keyasint"`
}

// snapDescription is a verified header with the footer.
type snapDescription struct {
	snapHeader
	conf  raft.Configuration
	start int64 // of the body, in the file
	size  int64 // of the body
	sum   [sha256.Size]byte
}

func (d *snapDescription) meta(id string) *raft.SnapshotMeta {
	return &raft.SnapshotMeta{
		Version: raft.SnapshotVersionMax, ID: id, Index: d.Index, Term: d.Term,
		Configuration: d.conf, ConfigurationIndex: d.ConfIndex, Size: d.size,
	}
}

// describe reads and verifies everything but the body. What is wrong is a *DamageError.
func (s *snapshots) describe(f *os.File, id string) (*snapDescription, error) {
	d, err := s.parse(f)
	if err == nil && snapshotID(d.Index, d.Term) != id {
		err = errors.New("its name does not match its content")
	}
	if err != nil {
		return nil, s.damaged(id)(err)
	}
	return d, nil
}

func (s *snapshots) parse(f *os.File) (*snapDescription, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	fixed := int64(len(snapMagic) + 4)
	if info.Size() < fixed+snapFooter {
		return nil, fmt.Errorf("it ends after %d bytes", info.Size())
	}
	head := make([]byte, fixed)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if string(head[:len(snapMagic)]) != snapMagic {
		return nil, errors.New("it does not begin as a snapshot does")
	}
	n := int64(binary.BigEndian.Uint32(head[len(snapMagic):]))
	if n > maxSnapHeader || n > info.Size()-fixed-snapFooter {
		return nil, errors.New("its header has an impossible length")
	}
	head = append(head, make([]byte, n+snapFooter)...)
	if _, err := f.ReadAt(head[fixed:fixed+n], fixed); err != nil {
		return nil, err
	}
	if _, err := f.ReadAt(head[fixed+n:], info.Size()-snapFooter); err != nil {
		return nil, err
	}
	signed, mac := head[:len(head)-sha256.Size], head[len(head)-sha256.Size:]
	if !hmac.Equal(mac, s.mac(signed)) {
		return nil, errors.New("its authentication does not match; it was altered, or belongs to another cluster")
	}
	d := &snapDescription{start: fixed + n, size: int64(binary.BigEndian.Uint64(head[fixed+n:]))}
	copy(d.sum[:], head[fixed+n+8:])
	if err := diskDec.Unmarshal(head[fixed:fixed+n], &d.snapHeader); err != nil {
		return nil, err
	}
	switch {
	case d.Version != snapVersion:
		return nil, fmt.Errorf("its version %d is unknown to this program", d.Version)
	case d.Cluster != s.cluster:
		return nil, errors.New("it belongs to another cluster")
	case d.size != info.Size()-d.start-snapFooter:
		return nil, fmt.Errorf("its body has %d bytes instead of %d", info.Size()-d.start-snapFooter, d.size)
	}
	d.conf, err = decodeConf(d.Conf)
	return d, err
}

// decodeConf reads a Raft configuration; raft's own function panics.
func decodeConf(b []byte) (c raft.Configuration, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.New("its membership cannot be read")
		}
	}()
	return raft.DecodeConfiguration(b), nil
}

func (s *snapshots) mac(signed []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write(signed)
	return m.Sum(nil)
}

func (s *snapshots) verifyBody(f *os.File, d *snapDescription, id string) error {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, d.start, d.size)); err != nil {
		return s.damaged(id)(err)
	}
	if [sha256.Size]byte(h.Sum(nil)) != d.sum {
		return s.damaged(id)(errBody)
	}
	return nil
}

var errBody = errors.New("its body is not what was written")

// snapBody reads a body and, at its end, says whether it was the right one.
type snapBody struct {
	file    *os.File
	rest    *bufio.Reader
	hash    hash.Hash
	sum     [sha256.Size]byte
	damaged func(error) error
}

func newSnapBody(f *os.File, d *snapDescription, damaged func(error) error) (*snapBody, error) {
	body := io.NewSectionReader(f, d.start, d.size)
	return &snapBody{file: f, rest: bufio.NewReaderSize(body, 256<<10), hash: sha256.New(), sum: d.sum, damaged: damaged}, nil
}

// Read gives the next bytes; instead of io.EOF a *DamageError if they were not what was written.
func (b *snapBody) Read(p []byte) (int, error) {
	n, err := b.rest.Read(p)
	_, _ = b.hash.Write(p[:n])
	if errors.Is(err, io.EOF) && [sha256.Size]byte(b.hash.Sum(nil)) != b.sum {
		return n, b.damaged(errBody)
	}
	return n, err
}

// Close closes the file.
func (b *snapBody) Close() error { return b.file.Close() }

// snapSink writes a snapshot.
type snapSink struct {
	owner  *snapshots
	id     string
	file   *os.File
	out    *bufio.Writer
	header []byte
	hash   hash.Hash
	size   int64
	done   bool
}

func (s *snapshots) begin(h snapHeader) (*snapSink, error) {
	enc, err := wireEnc.Marshal(h)
	if err != nil || len(enc) > maxSnapHeader {
		return nil, fmt.Errorf("encoding the snapshot's header (%d bytes): %w", len(enc), err)
	}
	head := append([]byte(snapMagic), binary.BigEndian.AppendUint32(nil, uint32(len(enc)))...)
	head = append(head, enc...)
	f, err := os.CreateTemp(s.dir, "tmp-*")
	if err != nil {
		return nil, fmt.Errorf("beginning a snapshot: %w", err)
	}
	sink := &snapSink{owner: s, id: snapshotID(h.Index, h.Term), file: f, out: bufio.NewWriterSize(f, 256<<10), header: head, hash: sha256.New()}
	if _, err := sink.out.Write(head); err != nil {
		_ = sink.Cancel()
		return nil, fmt.Errorf("beginning a snapshot: %w", err)
	}
	return sink, nil
}

// ID is the name that the snapshot will have.
func (k *snapSink) ID() string { return k.id }

// Write adds to the body.
func (k *snapSink) Write(p []byte) (int, error) {
	n, err := k.out.Write(p)
	_, _ = k.hash.Write(p[:n])
	k.size += int64(n)
	return n, err
}

// Close completes the snapshot: on return it is on disk under its name, or gone.
func (k *snapSink) Close() error {
	if k.done {
		return nil
	}
	foot := binary.BigEndian.AppendUint64(nil, uint64(k.size))
	foot = k.hash.Sum(foot)
	foot = append(foot, k.owner.mac(append(k.header, foot...))...)
	_, err := k.out.Write(foot)
	if err = errors.Join(err, k.out.Flush(), k.file.Sync()); err != nil {
		return errors.Join(fmt.Errorf("finishing a snapshot: %w", err), k.Cancel())
	}
	k.done = true
	err = k.file.Close()
	if err == nil {
		err = k.owner.publish(k.file.Name(), k.id)
	}
	if err != nil {
		_ = os.Remove(k.file.Name())
		return fmt.Errorf("finishing a snapshot: %w", err)
	}
	return nil
}

// Cancel gives the snapshot up.
func (k *snapSink) Cancel() error {
	if k.done {
		return nil
	}
	k.done = true
	return errors.Join(k.file.Close(), os.Remove(k.file.Name()))
}
