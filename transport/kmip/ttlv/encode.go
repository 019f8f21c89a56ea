package ttlv

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// Encoder writes items in binary, one after another. The zero value is ready. What it holds may be a key, so bytes
// that it leaves behind are overwritten: when it grows, is cut, or is released. The first thing that cannot be
// written makes an error that stays; Message returns it.
type Encoder struct {
	buf []byte
	err error
}

var encoders = sync.Pool{New: func() any { return &Encoder{buf: make([]byte, 0, 4096)} }}

// largest is the buffer that the pool keeps, in bytes.
const largest = 64 << 10

// NewEncoder takes an encoder from the pool.
func NewEncoder() *Encoder {
	e, _ := encoders.Get().(*Encoder)
	return e
}

// Release overwrites what the encoder wrote and gives it back. The bytes of Message must not be used afterwards.
func (e *Encoder) Release() {
	e.Cut(0)
	e.err = nil
	if cap(e.buf) <= largest {
		encoders.Put(e)
	}
}

// Message is what was written so far, until the encoder is used again.
func (e *Encoder) Message() ([]byte, error) { return e.buf, e.err }

// Len is the number of bytes written so far.
func (e *Encoder) Len() int { return len(e.buf) }

// Cut takes back what was written after the first n bytes, between items of one structure.
func (e *Encoder) Cut(n int) {
	clear(e.buf[n:])
	e.buf = e.buf[:n]
}

// room makes place for n more bytes and returns it, zeroed: everything behind the end of buf is.
func (e *Encoder) room(n int) []byte {
	at := len(e.buf)
	if n > cap(e.buf)-at {
		bigger := make([]byte, at, max(2*cap(e.buf), at+n, 512))
		copy(bigger, e.buf)
		clear(e.buf)
		e.buf = bigger
	}
	e.buf = e.buf[:at+n]
	return e.buf[at:]
}

func (e *Encoder) fail(t wire.Tag, problem string) {
	if e.err == nil {
		e.err = fmt.Errorf("writing %v: %s", t, problem)
	}
}

func header(b []byte, t wire.Tag, kind Type, length int) {
	binary.BigEndian.PutUint32(b, uint32(t)<<8|uint32(kind))
	binary.BigEndian.PutUint32(b[4:], uint32(length))
}

// item writes a header and returns the place for the value.
func (e *Encoder) item(t wire.Tag, kind Type, length int) []byte {
	if length > math.MaxUint32-7 {
		e.fail(t, "the value is too long for the format")
		length = 0
	}
	b := e.room(headerSize + padded(length))
	header(b, t, kind, length)
	return b[headerSize:]
}

// Structure writes a structure with what content writes.
func (e *Encoder) Structure(t wire.Tag, content func()) {
	at := e.begin(t)
	content()
	e.end(at, t)
}

func (e *Encoder) begin(t wire.Tag) (at int) {
	at = len(e.buf)
	e.item(t, Structure, 0)
	return at
}

func (e *Encoder) end(at int, t wire.Tag) {
	length := len(e.buf) - at - headerSize
	if length > math.MaxUint32-7 {
		e.fail(t, "the structure is too long for the format")
	}
	header(e.buf[at:], t, Structure, length)
}

// Integer writes an Integer.
func (e *Encoder) Integer(t wire.Tag, v int32) {
	binary.BigEndian.PutUint32(e.item(t, Integer, 4), uint32(v))
}

// LongInteger writes a LongInteger.
func (e *Encoder) LongInteger(t wire.Tag, v int64) { e.eight(t, LongInteger, uint64(v)) }

func (e *Encoder) eight(t wire.Tag, kind Type, v uint64) {
	binary.BigEndian.PutUint64(e.item(t, kind, 8), v)
}

// BigInteger writes a BigInteger in as few bytes as the format allows.
func (e *Encoder) BigInteger(t wire.Tag, v *big.Int) {
	if v.Sign() >= 0 {
		v.FillBytes(e.item(t, BigInteger, padded(v.BitLen()/8+1))) // one bit more, for the sign
		return
	}
	length := padded(new(big.Int).Not(v).BitLen()/8 + 1)
	n := new(big.Int).Lsh(big.NewInt(1), uint(8*length))
	n.Add(n, v).FillBytes(e.item(t, BigInteger, length))
}

// Enumeration writes a value of an enumeration, such as uint32(wire.OperationGet).
func (e *Encoder) Enumeration(t wire.Tag, v uint32) {
	binary.BigEndian.PutUint32(e.item(t, Enumeration, 4), v)
}

// Boolean writes a Boolean.
func (e *Encoder) Boolean(t wire.Tag, v bool) {
	var n uint64
	if v {
		n = 1
	}
	e.eight(t, Boolean, n)
}

// Text writes a TextString, which must be UTF-8.
func (e *Encoder) Text(t wire.Tag, v string) {
	if !utf8.ValidString(v) {
		e.fail(t, "the text is not UTF-8")
		return
	}
	copy(e.item(t, TextString, len(v)), v)
}

// Bytes writes a ByteString.
func (e *Encoder) Bytes(t wire.Tag, v []byte) { copy(e.item(t, ByteString, len(v)), v) }

// DateTime writes a DateTime: v, down to the second.
func (e *Encoder) DateTime(t wire.Tag, v time.Time) { e.eight(t, DateTime, uint64(v.Unix())) }

// DateTimeExtended writes a DateTimeExtended: v, down to the microsecond. Only versions since 2.0 know the type.
func (e *Encoder) DateTimeExtended(t wire.Tag, v time.Time) {
	e.eight(t, DateTimeExtended, uint64(v.UnixMicro()))
}

// Interval writes an Interval: v, down to the second, from none to 136 years.
func (e *Encoder) Interval(t wire.Tag, v time.Duration) {
	seconds := int64(v / time.Second)
	if seconds < 0 || seconds > math.MaxUint32 {
		e.fail(t, "the interval is negative or too long for the format")
		return
	}
	binary.BigEndian.PutUint32(e.item(t, Interval, 4), uint32(seconds))
}

// Copy writes an item of a message as it came, whatever it is.
func (e *Encoder) Copy(it Item) {
	if !it.Present() {
		e.fail(it.Tag(), "it is missing")
		return
	}
	raw := it.Raw()
	copy(e.room(len(raw)), raw)
}

// CopyAs writes the value of an item under another tag: what 1.x keeps in Attribute Value, 2.x keeps by name.
func (e *Encoder) CopyAs(t wire.Tag, it Item) {
	at := len(e.buf)
	if e.Copy(it); it.Present() {
		n := it.node()
		header(e.buf[at:], t, n.kind, int(n.length))
	}
}

// Append writes what another encoder wrote, whole items, and takes over its error.
func (e *Encoder) Append(other *Encoder) {
	copy(e.room(len(other.buf)), other.buf)
	if e.err == nil {
		e.err = other.err
	}
}
