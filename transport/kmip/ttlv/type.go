package ttlv

import "github.com/quorate/quorate/transport/kmip/wire"

// Type says how an item's value is encoded.
type Type = wire.ItemType

// The types, with the length of their values in bytes.
const (
	Structure        = wire.ItemTypeStructure        // items, one after another
	Integer          = wire.ItemTypeInteger          // 4, signed
	LongInteger      = wire.ItemTypeLongInteger      // 8, signed
	BigInteger       = wire.ItemTypeBigInteger       // a multiple of 8, signed, with as many leading bytes as that takes
	Enumeration      = wire.ItemTypeEnumeration      // 4
	Boolean          = wire.ItemTypeBoolean          // 8, zero or one
	TextString       = wire.ItemTypeTextString       // any, UTF-8
	ByteString       = wire.ItemTypeByteString       // any
	DateTime         = wire.ItemTypeDateTime         // 8, seconds since 1970, signed
	Interval         = wire.ItemTypeInterval         // 4, seconds
	DateTimeExtended = wire.ItemTypeDateTimeExtended // 8, microseconds since 1970, signed; since 2.0
)

const headerSize = 8 // tag 3, type 1, length 4

// fixed holds the lengths of the types that have one, else -1.
var fixed = [...]int{
	0: -1, Structure: -1, Integer: 4, LongInteger: 8, BigInteger: -1, Enumeration: 4, Boolean: 8,
	TextString: -1, ByteString: -1, DateTime: 8, Interval: 4, DateTimeExtended: 8,
}

// padded is n, rounded up to the eight bytes on which every item begins.
func padded(n int) int { return (n + 7) &^ 7 }
