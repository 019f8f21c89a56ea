package wire

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"
)

// Tag says what an item is. It has 24 bits: 0x42.... for the specification's, 0x54.... for vendors' own.
type Tag uint32

// entry is one word. Two entries with one code are two names of one thing; the first is written, both are read.
type entry struct {
	code         uint32
	since, until Version
	name, text   string // "Re-key" in the specification, ReKey in the text encodings
}

// set is an enumeration, or the bits of a mask.
type set struct {
	name    string
	mask    bool
	tags    []Tag // of the items whose values it names
	entries []entry
}

// words is one set, ready to be asked.
type words struct {
	mask   bool
	byCode map[uint32]*entry
	byText map[string]uint32
	bits   []*entry // of a mask, lowest first
}

func newWords(mask bool, entries []entry) *words {
	w := &words{mask: mask, byCode: make(map[uint32]*entry, len(entries)), byText: make(map[string]uint32, 2*len(entries))}
	for i := range entries {
		e := &entries[i]
		if _, second := w.byCode[e.code]; !second {
			w.byCode[e.code] = e
			w.bits = append(w.bits, e)
		}
		w.byText[e.text] = e.code
	}
	return w
}

// vocabulary is the tables, indexed when they are first asked.
var vocabulary = sync.OnceValue(func() (v struct {
	tags   *words
	byName map[string]Tag // "Cryptographic Algorithm", as attributes are named in 1.x
	values map[Tag]*words
},
) {
	v.tags = newWords(false, tags)
	v.byName = make(map[string]Tag, len(tags))
	for _, e := range tags {
		v.byName[e.name] = Tag(e.code)
	}
	v.values = make(map[Tag]*words)
	for _, s := range sets {
		w := newWords(s.mask, s.entries)
		for _, t := range s.tags {
			v.values[t] = w
		}
	}
	v.values[TagTag], v.values[TagAttributeReference], v.values[TagExtensionParentStructureTag] = v.tags, v.tags, v.tags
	return v
})

// Known tells whether the specification has this tag, in any version.
func (t Tag) Known() bool { return vocabulary().tags.byCode[uint32(t)] != nil }

// Name is the tag's name in the specification, such as "Unique Identifier", which is also what 1.x calls the
// attribute. It is empty for a tag that is not the specification's.
func (t Tag) Name() string {
	if e := vocabulary().tags.byCode[uint32(t)]; e != nil {
		return e.name
	}
	return ""
}

// String is the tag as XML and JSON write it: UniqueIdentifier, or 0x540001 when it has no name.
func (t Tag) String() string {
	if e := vocabulary().tags.byCode[uint32(t)]; e != nil {
		return e.text
	}
	return fmt.Sprintf("0x%06X", uint32(t))
}

// In tells whether version v has the tag. Vendors' tags are in every version.
func (t Tag) In(v Version) bool {
	e := vocabulary().tags.byCode[uint32(t)]
	return e == nil && t>>16 == 0x54 || e != nil && e.in(v)
}

func (e *entry) in(v Version) bool { return !v.Before(e.since) && !e.until.Before(v) }

// ParseTag reads what String writes. Any tag may be given as a number: six hexadecimal digits after "0x".
func ParseTag(text string) (Tag, bool) {
	if code, ok := vocabulary().tags.byText[text]; ok {
		return Tag(code), true
	}
	code, ok := parseHex(text, 24)
	return Tag(code), ok
}

// TagNamed finds the tag with that name in the specification, such as "Unique Identifier".
func TagNamed(name string) (Tag, bool) {
	t, ok := vocabulary().byName[name]
	return t, ok
}

// ValueText is value v of an enumeration under the tag, as XML and JSON write it: AES, or 0x80000001 when it has no name.
func ValueText(t Tag, v uint32) string {
	if w := vocabulary().values[t]; w != nil && !w.mask {
		if e := w.byCode[v]; e != nil {
			return e.text
		}
	}
	return fmt.Sprintf("0x%08X", v)
}

// ParseValue reads what ValueText writes.
func ParseValue(t Tag, text string) (uint32, bool) {
	if w := vocabulary().values[t]; w != nil && !w.mask {
		if v, ok := w.byText[text]; ok {
			return v, true
		}
	}
	return parseHex(text, 32)
}

// ValueIn tells whether version v has that value of the enumeration under the tag. Vendors' values are in every version.
func ValueIn(t Tag, value uint32, v Version) bool {
	if value>>31 == 1 {
		return true
	}
	w := vocabulary().values[t]
	return w != nil && w.byCode[value] != nil && w.byCode[value].in(v)
}

// IsMask tells whether an Integer under the tag is a mask, whose bits have names.
func IsMask(t Tag) bool {
	w := vocabulary().values[t]
	return w != nil && w.mask
}

// MaskText writes a mask as XML does: the names of its bits with sep between them, and one number for the rest.
func MaskText(t Tag, v uint32, sep string) string {
	var parts []string
	w := vocabulary().values[t]
	for _, e := range w.bits {
		if v&e.code != 0 {
			parts = append(parts, e.text)
			v &^= e.code
		}
	}
	if v != 0 {
		parts = append(parts, fmt.Sprintf("0x%08X", v))
	}
	return strings.Join(parts, sep)
}

// ParseMask reads what MaskText writes. Each part may be a name or a number.
func ParseMask(t Tag, text, sep string) (uint32, bool) {
	w := vocabulary().values[t]
	if w == nil || !w.mask {
		return 0, false
	}
	var v uint32
	for part := range strings.SplitSeq(text, sep) {
		if part == "" {
			continue
		}
		bit, ok := w.byText[part]
		if !ok {
			if bit, ok = parseHex(part, 32); !ok {
				return 0, false
			}
		}
		v |= bit
	}
	return v, true
}

// parseHex reads 0x and hexadecimal digits, as many as the width has.
func parseHex(text string, width int) (uint32, bool) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok || len(digits) != width/4 {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 16, width)
	return uint32(v), err == nil && bits.Len64(v) <= width
}
