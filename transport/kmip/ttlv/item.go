package ttlv

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"time"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// Item is one item of a Message, or one that was looked for and is not there; reading the value of such a one is an
// error that names it. Items are small and copied freely. Errors of all methods are *Error.
type Item struct {
	m       *Message
	i       uint32
	missing wire.Tag // not zero: this item is not there; i is the structure that lacks it
}

// Present tells whether the item is there.
func (it Item) Present() bool { return it.m != nil && it.missing == 0 }

func (it Item) node() *node { return &it.m.nodes[it.i] }

// Tag says what the item is, also of one that is not there.
func (it Item) Tag() wire.Tag {
	switch {
	case it.m == nil:
		return 0
	case it.missing != 0:
		return it.missing
	}
	return it.node().tag
}

// Type is the type of the item's value, zero if it is not there.
func (it Item) Type() Type {
	if !it.Present() {
		return 0
	}
	return it.node().kind
}

// Children are the items in a structure, in order. Nothing else has any.
func (it Item) Children() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		if it.Type() != Structure {
			return
		}
		for i, end := it.i+1, it.node().next; i < end; i = it.m.nodes[i].next {
			if !yield(Item{m: it.m, i: i}) {
				return
			}
		}
	}
}

// Find is the first child with that tag. If there is none it is not Present, and knows where it was looked for.
func (it Item) Find(t wire.Tag) Item {
	if it.Type() == Structure {
		nodes := it.m.nodes
		for i, end := it.i+1, nodes[it.i].next; i < end; i = nodes[i].next {
			if nodes[i].tag == t {
				return Item{m: it.m, i: i}
			}
		}
	}
	if it.missing != 0 { // the outermost that is missing is the one to name
		return it
	}
	return Item{m: it.m, i: it.i, missing: t}
}

// Raw is the whole item as it came, header and padding included. It is part of the message's bytes.
func (it Item) Raw() []byte {
	if !it.Present() {
		return nil
	}
	n := it.node()
	end := int(n.at) + headerSize + padded(int(n.length))
	return it.m.buf[n.at:end:end]
}

// Fail makes an error about this item, for what only the reader of a message can judge.
func (it Item) Fail(format string, args ...any) *Error {
	e := &Error{Problem: fmt.Sprintf(format, args...)}
	if it.m == nil {
		return e
	}
	if it.missing != 0 {
		e.Path, e.Missing = []wire.Tag{it.missing}, true
	}
	e.Offset = int(it.node().at)
	for i := it.i; ; i = it.m.nodes[i].parent {
		e.Path = append(e.Path, it.m.nodes[i].tag)
		if i == 0 {
			break
		}
	}
	slices.Reverse(e.Path)
	return e
}

// value is the item's value if it has that type. It is part of the message's bytes.
func (it Item) value(want Type) ([]byte, error) {
	if !it.Present() {
		return nil, it.Fail("it is missing")
	}
	n := it.node()
	if n.kind != want {
		return nil, it.Fail("it is of type %v, and must be of type %v", n.kind, want)
	}
	start := int(n.at) + headerSize
	end := start + int(n.length)
	return it.m.buf[start:end:end], nil
}

// Structure is the item itself if it is a structure.
func (it Item) Structure() (Item, error) {
	_, err := it.value(Structure)
	return it, err
}

// Integer is the value of an Integer.
func (it Item) Integer() (int32, error) {
	b, err := it.value(Integer)
	if err != nil {
		return 0, err
	}
	return int32(binary.BigEndian.Uint32(b)), nil
}

// LongInteger is the value of a LongInteger.
func (it Item) LongInteger() (int64, error) { return it.int64(LongInteger) }

func (it Item) int64(want Type) (int64, error) {
	b, err := it.value(want)
	if err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

// BigInteger is the value of a BigInteger, as a number of its own.
func (it Item) BigInteger() (*big.Int, error) {
	b, err := it.value(BigInteger)
	if err != nil {
		return nil, err
	}
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n, nil
}

// Enumeration is the value of an Enumeration, known or not.
func (it Item) Enumeration() (uint32, error) {
	b, err := it.value(Enumeration)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// Boolean is the value of a Boolean.
func (it Item) Boolean() (bool, error) {
	v, err := it.int64(Boolean)
	return v == 1, err
}

// Text is the value of a TextString.
func (it Item) Text() (string, error) {
	b, err := it.value(TextString)
	return string(b), err
}

// Bytes is the value of a ByteString. It is part of the message's bytes.
func (it Item) Bytes() ([]byte, error) { return it.value(ByteString) }

// Time is the value of a DateTime or a DateTimeExtended, in UTC.
func (it Item) Time() (time.Time, error) {
	if it.Type() == DateTimeExtended {
		v, err := it.int64(DateTimeExtended)
		return time.UnixMicro(v).UTC(), err
	}
	v, err := it.int64(DateTime)
	return time.Unix(v, 0).UTC(), err
}

// Interval is the value of an Interval, in whole seconds.
func (it Item) Interval() (time.Duration, error) {
	b, err := it.value(Interval)
	if err != nil {
		return 0, err
	}
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Second, nil
}
