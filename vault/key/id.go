package key

import (
	"encoding/hex"
	"io"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// ID names an object for ever, across renames: 16 random bytes, written as an RFC 9562 version 4 UUID.
type ID [16]byte

// NewID draws an ID from rnd.
func NewID(rnd io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(rnd, id[:]); err != nil {
		return ID{}, err
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id, nil
}

// ParseID reads the canonical 36-letter form. fault.Invalid otherwise.
func ParseID(s string) (ID, error) {
	var id ID
	if !looksLikeID(s) {
		return ID{}, fault.New(fault.Invalid, "%q is not an object id", clip(s))
	}
	if _, err := hex.Decode(id[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil {
		return ID{}, fault.New(fault.Invalid, "%q is not an object id", clip(s))
	}
	return id, nil
}

// String is the canonical 36-letter form.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// IsZero tells whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

func looksLikeID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if c := s[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}

// CheckName accepts [A-Za-z0-9][A-Za-z0-9._/-]{0,254} with no empty, "." or ".." segment and no trailing slash,
// and refuses what would be mistaken for an ID. Names are case-sensitive ASCII, so no two look alike.
func CheckName(name string) error {
	if !formed(name) {
		return fault.New(fault.Invalid, "the name %q is not allowed: 1 to 255 of A-Z a-z 0-9 . _ / -, beginning with a letter or digit", clip(name))
	}
	for seg := range strings.SplitSeq(name, "/") {
		if seg == "" || seg == "." || seg == ".." {
			return fault.New(fault.Invalid, "the name %q is not allowed: no empty, \".\" or \"..\" segment", clip(name))
		}
	}
	if looksLikeID(name) {
		return fault.New(fault.Invalid, "the name %q is not allowed: it would be mistaken for an object id", name)
	}
	return nil
}

// formed is [A-Za-z0-9][A-Za-z0-9._/-]{0,254}, by hand: names are checked on every node for every key that is made.
func formed(name string) bool {
	if name == "" || len(name) > 255 {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '/' || c == '-'):
		default:
			return false
		}
	}
	return true
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
