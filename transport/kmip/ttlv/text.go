package ttlv

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// What XML and JSON have in common: values as text. Errors here are problems in plain words, without the value; the
// caller knows the place.

// meaning is the tag whose words name an item's value. In 1.x that is what the attribute's name says, for the value
// of an attribute (KMIP Profiles 1.4, section 5.4.1.6.4); else it is the item's own tag.
func meaning(own, attribute wire.Tag) wire.Tag {
	if own == wire.TagAttributeValue && attribute != 0 {
		return attribute
	}
	return own
}

// attributeNamed is the tag of which an Attribute Name speaks, zero if it is the client's own.
func attributeNamed(name string) wire.Tag {
	t, _ := wire.TagNamed(name)
	return t
}

// parse writes the item whose value is given as text. words is the tag whose words may stand in it.
func (e *Encoder) parse(t, words wire.Tag, kind Type, text, maskSeparators string) (problem string) {
	switch kind {
	case Integer:
		return e.parseInteger(t, words, text, maskSeparators)
	case LongInteger:
		v, ok := parseSigned(text, 64)
		e.LongInteger(t, v)
		return unless(ok, "it must be a number of 64 bits, or 0x and 16 hexadecimal digits")
	case BigInteger:
		return e.parseBig(t, text)
	case Enumeration:
		v, ok := wire.ParseValue(words, text)
		e.Enumeration(t, v)
		return unless(ok, "it must be a name of the enumeration, or 0x and 8 hexadecimal digits")
	case Boolean:
		v, ok := parseBoolean(text)
		e.Boolean(t, v)
		return unless(ok, "it must be true or false")
	case TextString:
		e.Text(t, text)
		return ""
	case ByteString:
		return e.parseBytes(t, text)
	case DateTime:
		v, ok := parseTime(text, time.Time.Unix)
		e.eight(t, DateTime, uint64(v))
		return unless(ok, "it must be a time such as 2026-11-28T12:00:00Z, or 0x and 16 hexadecimal digits")
	case DateTimeExtended:
		v, ok := parseTime(text, time.Time.UnixMicro)
		e.eight(t, DateTimeExtended, uint64(v))
		return unless(ok, "it must be a time such as 2026-11-28T12:00:00.000001Z, or 0x and 16 hexadecimal digits")
	case Interval:
		v, ok := parseUnsigned(text)
		binary.BigEndian.PutUint32(e.item(t, Interval, 4), v)
		return unless(ok, "it must be a number of seconds, of 32 bits")
	}
	return "a structure has items, not a value"
}

func unless(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

func (e *Encoder) parseInteger(t, words wire.Tag, text, separators string) string {
	if v, ok := parseSigned(text, 32); ok {
		e.Integer(t, int32(v))
		return ""
	}
	if !wire.IsMask(words) {
		return "it must be a number of 32 bits, or 0x and 8 hexadecimal digits"
	}
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return ' '
		}
		return r
	}, text)
	v, ok := wire.ParseMask(words, text, " ")
	e.Integer(t, int32(v))
	return unless(ok, "it must be a number, or names of the mask's bits")
}

func (e *Encoder) parseBig(t wire.Tag, text string) string {
	text = strings.TrimPrefix(text, "0x")
	n := len(text) / 2
	if n == 0 || len(text)%2 != 0 {
		return "it must be hexadecimal digits, two for each byte, and one byte at least"
	}
	value := e.item(t, BigInteger, padded(n))
	if _, err := hex.Decode(value[len(value)-n:], []byte(text)); err != nil {
		return "it must be hexadecimal digits"
	}
	if value[len(value)-n]&0x80 != 0 { // negative: the bytes in front say so too
		for i := range len(value) - n {
			value[i] = 0xFF
		}
	}
	return ""
}

func (e *Encoder) parseBytes(t wire.Tag, text string) string {
	if len(text)%2 != 0 {
		return "it must be hexadecimal digits, two for each byte"
	}
	if _, err := hex.Decode(e.item(t, ByteString, len(text)/2), []byte(text)); err != nil {
		return "it must be hexadecimal digits"
	}
	return ""
}

// parseSigned reads a decimal number, or 0x and as many hexadecimal digits as the width has.
func parseSigned(text string, width int) (int64, bool) {
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		v, err := strconv.ParseUint(digits, 16, width)
		if width == 32 {
			return int64(int32(v)), err == nil && len(digits) == 8
		}
		return int64(v), err == nil && len(digits) == 16
	}
	v, err := strconv.ParseInt(text, 10, width)
	return v, err == nil
}

func parseUnsigned(text string) (uint32, bool) {
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		v, err := strconv.ParseUint(digits, 16, 32)
		return uint32(v), err == nil && len(digits) == 8
	}
	v, err := strconv.ParseUint(text, 10, 32)
	return uint32(v), err == nil
}

func parseBoolean(text string) (v, ok bool) {
	switch text {
	case "true", "1", "0x0000000000000001":
		return true, true
	case "false", "0", "0x0000000000000000":
		return false, true
	}
	return false, false
}

// parseTime reads a time as XML Schema writes it; one without a zone is in UTC.
func parseTime(text string, number func(time.Time) int64) (int64, bool) {
	if strings.HasPrefix(text, "0x") {
		return parseSigned(text, 64)
	}
	v, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		if v, err = time.Parse("2006-01-02T15:04:05.999999999", text); err != nil {
			return 0, false
		}
	}
	return number(v), true
}

// formatTime writes a time of the years 0 to 9999 as XML Schema does; the rest, which has no such form, as a number.
func formatTime(v int64, of time.Time, layout string) string {
	if of = of.UTC(); of.Year() < 0 || of.Year() > 9999 {
		return fmt.Sprintf("0x%016X", uint64(v))
	}
	return of.Format(layout)
}

// scalar is the text of an item that is no structure. quoted tells whether JSON puts it in quotes.
func (it Item) scalar(words wire.Tag, maskSeparator string) (text string, quoted bool) {
	n := it.node()
	b := it.m.buf[int(n.at)+headerSize : int(n.at)+headerSize+int(n.length)]
	switch n.kind {
	case Integer:
		v := binary.BigEndian.Uint32(b)
		if v != 0 && wire.IsMask(words) {
			return wire.MaskText(words, v, maskSeparator), true
		}
		return strconv.Itoa(int(int32(v))), false
	case LongInteger:
		v := int64(binary.BigEndian.Uint64(b))
		return strconv.FormatInt(v, 10), v > maxExact || v < -maxExact
	case BigInteger, ByteString:
		return strings.ToUpper(hex.EncodeToString(b)), true
	case Enumeration:
		return wire.ValueText(words, binary.BigEndian.Uint32(b)), true
	case Boolean:
		return strconv.FormatBool(b[7] == 1), false
	case DateTime:
		v := int64(binary.BigEndian.Uint64(b))
		return formatTime(v, time.Unix(v, 0), "2006-01-02T15:04:05Z07:00"), true
	case DateTimeExtended:
		v := int64(binary.BigEndian.Uint64(b))
		return formatTime(v, time.UnixMicro(v), "2006-01-02T15:04:05.000000Z07:00"), true
	case Interval:
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(b)), 10), false
	}
	return string(b), true // TextString
}

// maxExact is the largest number that every reader of JSON keeps exactly.
const maxExact = 1<<53 - 1

// attribute follows a structure's children, to know of which attribute an Attribute Value is.
func (it Item) attribute(now wire.Tag) wire.Tag {
	if it.Tag() == wire.TagAttributeName && it.Type() == TextString {
		name, _ := it.Text()
		return attributeNamed(name)
	}
	return now
}

// build is a message on its way from text to binary.
type build struct {
	Encoder
	limits Limits
	items  int
	path   []wire.Tag
	offset func() int64
	wrong  *Error // about the first value that cannot be read; its item may be missing in what is built
}

func newBuild(size int, limits Limits) (*build, *Error) {
	b := &build{limits: limits.withDefaults()}
	// XML and JSON take several bytes for each of binary: what is too long in text may be short enough, so a limit of its own.
	if most := min(int64(b.limits.Bytes)*4, math.MaxInt32); int64(size) > most {
		return nil, &Error{Limit: true, Problem: fmt.Sprintf("%d bytes are more than the limit of %d", size, most)}
	}
	return b, nil
}

func (b *build) fail(format string, args ...any) *Error {
	e := &Error{Path: append([]wire.Tag(nil), b.path...), Problem: fmt.Sprintf(format, args...)}
	if b.offset != nil {
		e.Offset = int(b.offset())
	}
	return e
}

// value notes a problem with a value. What is around it can be read all the same.
func (b *build) value(problem string) {
	if problem != "" && b.wrong == nil {
		b.wrong = b.fail("%s", problem)
	}
}

// failed is what to say of a message that could not be read to its end: what came first.
func (b *build) failed(e error) error {
	b.Cut(0)
	if b.wrong != nil {
		return b.wrong
	}
	return e
}

// enter counts an item and, if it is a structure, its depth.
func (b *build) enter(t wire.Tag) *Error {
	b.path = append(b.path, t)
	b.items++
	var e *Error
	switch {
	case b.items > b.limits.Items:
		e = b.fail("more than %d items", b.limits.Items)
	case len(b.path) > b.limits.Depth+1: // the innermost may be no structure
		e = b.fail("structures are nested deeper than %d", b.limits.Depth)
	case b.Len() > b.limits.Bytes:
		e = b.fail("more than %d bytes", b.limits.Bytes)
	default:
		return nil
	}
	e.Limit = true
	return e
}

func (b *build) leave() { b.path = b.path[:len(b.path)-1] }

// message judges what was built as if it had come in binary. Where a value is wrong, there are both: the message, and an error.
func (b *build) message() (*Message, error) {
	buf, err := b.Message()
	if err != nil {
		return nil, b.failed(&Error{Problem: err.Error()})
	}
	m, err := Decode(buf, b.limits)
	if b.wrong != nil {
		err = b.wrong
	}
	return m, err
}

func parseType(text string) (Type, bool) {
	if text == "" {
		return Structure, true
	}
	v, ok := wire.ParseValue(wire.TagExtensionType, text)
	return Type(v), ok && v != 0 && int(v) < len(fixed)
}
