package attribute

import (
	"encoding/binary"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// Value is one instance of an attribute: which of several it is, and the item, under the attribute's own tag or, if it is a custom one,
// Attribute Value.
type Value struct {
	Index int
	Item  ttlv.Item
}

// Decode reads what is kept of one attribute: its values as items, one after another. An Attribute Index before an item says which
// it is, where that is not one more than of the item before. What cannot be read, which nothing here wrote, is left out.
func Decode(kept []byte) (all []Value) {
	index := 0
	for len(kept) >= 8 {
		length := int(binary.BigEndian.Uint32(kept[4:]))
		size := 8 + (length+7)&^7
		if size > len(kept) || size < 8 {
			return all
		}
		m, err := ttlv.Decode(kept[:size:size], ttlv.Limits{})
		if err != nil {
			return all
		}
		kept = kept[size:]
		item := m.Root()
		if item.Tag() == wire.TagAttributeIndex {
			if v, err := item.Integer(); err == nil {
				index = int(v)
			}
			continue
		}
		all = append(all, Value{index, item})
		index++
	}
	return all
}

// Encode writes values, in the order of their indexes, as Decode reads them.
func Encode(t wire.Tag, all []Value) ([]byte, error) {
	var e ttlv.Encoder
	if t == 0 {
		t = wire.TagAttributeValue
	}
	for i, next := 0, 0; i < len(all); i, next = i+1, all[i].Index+1 {
		if all[i].Index != next {
			e.Integer(wire.TagAttributeIndex, int32(all[i].Index))
		}
		e.CopyAs(t, all[i].Item)
	}
	return e.Message()
}
