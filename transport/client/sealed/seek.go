package sealed

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/quorate/quorate/vault/fault"
)

// Reader reads a stream's plaintext from anywhere. It opened the last segment when it was made, so the length it tells is the
// true one; every other segment is authenticated before a byte of it is given out. Read and Seek are for one goroutine, ReadAt
// for any number.
type Reader struct {
	src     io.ReaderAt
	body    int64 // where the body begins in src
	total   int64 // bytes of the body
	segment int64
	count   int64 // segments
	size    int64 // bytes of plaintext
	prefix  [prefixSize]byte
	at      int64 // position of Read and Seek

	mu     sync.Mutex // guards what follows
	open   *segments
	held   int64 // number of the segment in plain; -1: none
	plain  []byte
	cipher []byte
}

// NewReader reads what lies in the first size bytes of src: header, raw as ReadHeader returned it, and body. fault.Invalid
// if it is cut or added to, or its last segment does not open.
func NewReader(src io.ReaderAt, size int64, dataKey, raw, aad []byte) (*Reader, error) {
	r := &Reader{src: src, body: int64(len(raw)), segment: int64(segmentOf(raw)), held: -1}
	r.total = size - r.body
	var head [bodyHeader]byte
	if r.total < bodyHeader+tagSize {
		return nil, cutShort(errTooShort, "before its first segment ends")
	}
	if _, err := src.ReadAt(head[:], r.body); err != nil {
		return nil, fmt.Errorf("reading the encrypted stream: %w", err)
	}
	aead, err := streamCipher(dataKey, head[:], raw, aad)
	if err != nil {
		return nil, err
	}
	copy(r.prefix[:], head[1+saltSize:])
	r.open = &segments{aead: aead}
	r.count = (r.total + r.segment - 1) / r.segment
	r.size = r.total - bodyHeader - r.count*tagSize
	if r.count > 1<<32-1 {
		return nil, fault.New(fault.Invalid, "the encrypted stream has more segments than can be")
	}
	if err := r.load(r.count - 1); err != nil {
		return nil, err
	}
	return r, nil
}

// Size is the length of the plaintext.
func (r *Reader) Size() int64 { return r.size }

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.at)
	r.at += int64(n)
	if n > 0 && err == io.EOF { //nolint:errorlint // our own ReadAt returns it bare
		err = nil
	}
	return n, err
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if whence < io.SeekStart || whence > io.SeekEnd || offset < 0 {
		return 0, fault.New(fault.Invalid, "there is no position %d (whence %d) in the stream", offset, whence)
	}
	r.at = offset
	return offset, nil
}

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fault.New(fault.Invalid, "there is no position %d in the stream", off)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) {
		if off >= r.size {
			return n, io.EOF
		}
		i, within := r.find(off)
		if err := r.load(i); err != nil {
			return n, err
		}
		m := copy(p[n:], r.plain[within:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

// Close clears the plaintext that is held. The reader still works; it will hold some again.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.plain[:cap(r.plain)])
	r.held = -1
	return nil
}

// find is the segment in which a position of the plaintext lies, and where in it.
func (r *Reader) find(off int64) (segment, within int64) {
	first := r.segment - bodyHeader - tagSize
	if off < first {
		return 0, off
	}
	off -= first
	return 1 + off/(r.segment-tagSize), off % (r.segment - tagSize)
}

// load opens a segment unless it is held. The caller holds mu, or is the only one.
func (r *Reader) load(i int64) error {
	if i == r.held {
		return nil
	}
	from, to := i*r.segment, min((i+1)*r.segment, r.total)
	if i == 0 {
		from = bodyHeader
	}
	if r.cipher == nil {
		r.cipher = make([]byte, r.segment)
	}
	sealed := r.cipher[:to-from]
	if n, err := r.src.ReadAt(sealed, r.body+from); n < len(sealed) {
		if ended(err) {
			return cutShort(err, fmt.Sprintf("within segment %d", i))
		}
		return fmt.Errorf("reading the encrypted stream: %w", err)
	}
	var nonce [nonceSize]byte
	copy(nonce[:], r.prefix[:])
	binary.BigEndian.PutUint32(nonce[prefixSize:], uint32(i))
	if i == r.count-1 {
		nonce[nonceSize-1] = 1
	}
	r.held = -1
	plain, err := r.open.DecryptSegmentWithDst(r.plain[:0], sealed, nonce[:])
	if err != nil {
		return err
	}
	r.plain, r.held = plain, i
	return nil
}
