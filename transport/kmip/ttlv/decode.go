package ttlv

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// node is one item: where it lies in the buffer and among the others. Items are listed as they come, so an item's
// first child is the next in the list, and next is the first that is not inside of it.
type node struct {
	tag    wire.Tag
	kind   Type
	at     uint32 // of the header
	length uint32 // of the value, without padding
	next   uint32
	parent uint32
}

// Message is one decoded item with all that it holds. It is not changed any more, so many may read it.
type Message struct {
	buf   []byte
	nodes []node
}

// Root is the outermost item.
func (m *Message) Root() Item { return Item{m: m} }

// Clear overwrites the bytes of the message, which may hold keys. Nothing of it may be used afterwards.
func (m *Message) Clear() { clear(m.buf) }

// Decode reads buf, which must hold exactly one item, in binary. The message refers to buf: neither may be changed
// while the other is used. Errors are *Error.
func Decode(buf []byte, limits Limits) (*Message, error) {
	d := decoder{buf: buf, limits: limits.withDefaults()}
	if len(buf) > d.limits.Bytes {
		return nil, &Error{Limit: true, Problem: fmt.Sprintf("%d bytes are more than the limit of %d", len(buf), d.limits.Bytes)}
	}
	// Most items are short. A message of nothing but headers grows the list by doubling, up to the limit.
	d.nodes = make([]node, 0, min(len(buf)/24+1, d.limits.Items))
	if err := d.run(); err != nil {
		return nil, err
	}
	return &Message{buf: buf, nodes: d.nodes}, nil
}

// frame is a structure that is being read.
type frame struct {
	node uint32
	end  int
}

type decoder struct {
	buf    []byte
	limits Limits
	nodes  []node
	open   []frame
}

func (d *decoder) run() error {
	var room [32]frame
	d.open = room[:0]
	end, at := len(d.buf), 0
	for {
		n, size, err := d.item(at, end)
		if err != nil {
			return err
		}
		i := uint32(len(d.nodes))
		n.next = i + 1
		if len(d.open) > 0 {
			n.parent = d.open[len(d.open)-1].node
		}
		d.nodes = append(d.nodes, n)
		if n.kind == Structure {
			at += headerSize
			end = at + int(n.length)
			d.open = append(d.open, frame{i, end})
		} else {
			at += headerSize + size
		}
		for len(d.open) > 0 && at == end { // the innermost structure is whole
			last := len(d.open) - 1
			d.nodes[d.open[last].node].next = uint32(len(d.nodes))
			d.open = d.open[:last]
			if last > 0 {
				end = d.open[last-1].end
			} else {
				end = len(d.buf)
			}
		}
		if len(d.open) == 0 {
			if at != len(d.buf) {
				return &Error{Offset: at, Problem: fmt.Sprintf("%d bytes follow the end of the message", len(d.buf)-at)}
			}
			return nil
		}
	}
}

// item judges the item at a place, of which the bytes up to end may be read, and returns it with its padded size.
func (d *decoder) item(at, end int) (node, int, error) {
	left := end - at
	if left < headerSize {
		return node{}, 0, d.fail(at, 0, fmt.Sprintf("%d bytes are left, and an item's header needs 8", left))
	}
	h := d.buf[at : at+headerSize : at+headerSize]
	tag := wire.Tag(h[0])<<16 | wire.Tag(h[1])<<8 | wire.Tag(h[2])
	kind := Type(h[3])
	length := int(binary.BigEndian.Uint32(h[4:]))
	if h[0] != 0x42 && h[0] != 0x54 {
		return node{}, 0, d.fail(at, tag, "the tag begins with neither 42 (KMIP) nor 54 (vendors)")
	}
	if kind == 0 || int(kind) >= len(fixed) {
		return node{}, 0, d.fail(at, tag, fmt.Sprintf("there is no item type 0x%02X", h[3]))
	}
	if len(d.nodes) >= d.limits.Items {
		return node{}, 0, d.tooMuch(at, tag, fmt.Sprintf("more than %d items", d.limits.Items))
	}
	if problem := wrongLength(kind, length); problem != "" {
		return node{}, 0, d.fail(at, tag, problem)
	}
	size := padded(length)
	if size > left-headerSize {
		return node{}, 0, d.fail(at, tag, fmt.Sprintf("its length says %d bytes, and only %d are left", length, left-headerSize))
	}
	if kind == Structure && len(d.open) >= d.limits.Depth {
		return node{}, 0, d.tooMuch(at, tag, fmt.Sprintf("structures are nested deeper than %d", d.limits.Depth))
	}
	if kind == TextString && length > d.limits.Text {
		return node{}, 0, d.tooMuch(at, tag, fmt.Sprintf("the text has %d bytes, more than %d", length, d.limits.Text))
	}
	value := d.buf[at+headerSize : at+headerSize+size]
	if problem := wrongValue(kind, value[:length], value[length:]); problem != "" {
		return node{}, 0, d.fail(at, tag, problem)
	}
	return node{tag: tag, kind: kind, at: uint32(at), length: uint32(length)}, size, nil
}

func wrongLength(kind Type, length int) string {
	switch want := fixed[kind]; {
	case want >= 0 && length != want:
		return fmt.Sprintf("the length of a %v is %d, not %d", kind, want, length)
	case kind == Structure && length%8 != 0:
		return fmt.Sprintf("the length of a Structure is a multiple of 8, not %d", length)
	case kind == BigInteger && (length == 0 || length%8 != 0):
		return fmt.Sprintf("the length of a BigInteger is a multiple of 8 and not zero, not %d", length)
	}
	return ""
}

// wrongValue judges what is not a matter of length. It shows nothing of the value.
func wrongValue(kind Type, value, padding []byte) string {
	for _, b := range padding {
		if b != 0 {
			return "the padding is not zero"
		}
	}
	switch kind {
	case Boolean:
		if binary.BigEndian.Uint64(value) > 1 {
			return "a Boolean is zero or one"
		}
	case TextString:
		if !utf8.Valid(value) {
			return "the text is not UTF-8"
		}
	}
	return ""
}

func (d *decoder) fail(at int, tag wire.Tag, problem string) *Error {
	e := &Error{Offset: at, Problem: problem}
	for _, f := range d.open {
		e.Path = append(e.Path, d.nodes[f.node].tag)
	}
	if tag != 0 {
		e.Path = append(e.Path, tag)
	}
	return e
}

func (d *decoder) tooMuch(at int, tag wire.Tag, problem string) *Error {
	e := d.fail(at, tag, problem)
	e.Limit = true
	return e
}
