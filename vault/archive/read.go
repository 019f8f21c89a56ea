package archive

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Reader reads one file, from its beginning to its end and once. It is for one caller.
type Reader struct {
	Header Header

	head []byte // magic, length and header, as they stand in the file
	rest *tail
}

// Open reads the header. What follows is read by Body or by Check. fault.Invalid says what is wrong.
func Open(r io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(r, segment)
	head := make([]byte, fixed)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, broken(err)
	}
	if string(head[:len(magic)]) != magic {
		return nil, refuse("it does not begin as a snapshot does")
	}
	n := binary.BigEndian.Uint32(head[len(magic):])
	if n > maxHeader {
		return nil, refuse("its header has an impossible length")
	}
	enc := make([]byte, n)
	if _, err := io.ReadFull(in, enc); err != nil {
		return nil, broken(err)
	}
	a := &Reader{head: append(head, enc...)}
	if err := decoding.Unmarshal(enc, &a.Header); err != nil {
		return nil, refuse("its header cannot be read")
	}
	if err := a.Header.check(); err != nil {
		return nil, err
	}
	again, err := encoding.Marshal(a.Header) // each content has one encoding: nothing hides in the header
	if err != nil || string(again) != string(enc) {
		return nil, refuse("its header is not written as a snapshot's is")
	}
	a.rest = &tail{r: in, sum: sha256.New(), room: make([]byte, segment)}
	_, _ = a.rest.sum.Write(a.head)
	return a, nil
}

// broken tells a file that ends early from one that cannot be read.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse("%s", errShort)
	}
	return fmt.Errorf("reading the snapshot: %w", err)
}

// Check reads the whole file without a key: it finds damage, not forgery. It returns the file's sum.
func (a *Reader) Check() (sum [32]byte, err error) {
	if _, err := io.Copy(io.Discard, a.rest); err != nil {
		return sum, broken(err)
	}
	return a.finish(nil)
}

// Body opens the body and lends it to use, which must read it to its end; then it checks sum and MAC. Nothing that use made
// of the body counts unless the error is nil. ErrKey if key is another file's; fault.Invalid for damage.
func (a *Reader) Body(key []byte, use func(io.Reader) error) (sum [32]byte, err error) {
	k, err := newKeys(key)
	if err != nil {
		return sum, err
	}
	body := &lent{}
	var failed error
	if body.r, body.err = k.body.NewDecryptingReader(a.rest, a.head); body.err == nil {
		failed = use(body)
		if n, _ := io.Copy(io.Discard, body); n > 0 && failed == nil { // its error is in body.err
			failed = refuse("something follows the end of its content")
		}
	}
	if _, err := io.Copy(io.Discard, a.rest); err != nil {
		return sum, broken(err)
	}
	sum, err = a.finish(k)
	switch {
	case err != nil:
		return sum, err
	case body.err != nil:
		return sum, ErrKey // sum and MAC are right and the cipher is not: whoever wrote this had half a key
	}
	return sum, failed
}

// finish judges the footer, once everything before it was read.
func (a *Reader) finish(k *keys) (sum [32]byte, err error) {
	foot := a.rest.held
	if len(foot) != footerSize {
		return sum, refuse("%s", errShort)
	}
	if n := binary.BigEndian.Uint64(foot); n != a.rest.n { // of a file that was cut off this is anything: it is not for people
		return sum, refuse("it is cut off, or damaged at its end")
	}
	_, _ = a.rest.sum.Write(foot[:8])
	copy(sum[:], a.rest.sum.Sum(nil))
	if string(sum[:]) != string(foot[8:8+sha256.Size]) {
		return sum, refuse("its digest does not match: it was damaged")
	}
	if k != nil && !hmac.Equal(k.sum(sum[:]), foot[8+sha256.Size:]) {
		return sum, ErrKey
	}
	return sum, nil
}

// lent notes the cipher's error, whatever its reader makes of it.
type lent struct {
	r   io.Reader
	err error
}

func (l *lent) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return n, err
}

// tail gives a stream up to its last footerSize bytes, which it holds. It hashes and counts what it gives.
type tail struct {
	r    *bufio.Reader
	sum  hash.Hash
	n    uint64
	held []byte // read and not given out
	room []byte // to read into
	end  bool   // nothing follows what is held
}

func (t *tail) Read(p []byte) (int, error) {
	for !t.end && len(t.held) < footerSize+1 {
		n, err := t.r.Read(t.room)
		t.held = append(t.held, t.room[:n]...)
		if errors.Is(err, io.EOF) {
			t.end = true
		} else if err != nil {
			return 0, err
		}
	}
	n := min(len(p), max(len(t.held)-footerSize, 0))
	if n == 0 && t.end {
		return 0, io.EOF
	}
	copy(p, t.held[:n])
	_, _ = t.sum.Write(t.held[:n])
	t.n += uint64(n)
	t.held = t.held[n:]
	return n, nil
}
