package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"github.com/quorate/quorate/vault/fault"
)

// What the vault gives out beside secrets is text: qk:v<version>:<base64>. It names the version and nothing else, for only
// the key that is asked knows what to do with the bytes.
const textPrefix = "qk:v"

// maxText bounds a text: the largest body of a request.
const maxText = 48 << 20

// product is a kind of text, as errors speak of it.
type product struct{ name, maker string }

var (
	ciphertext   = product{"ciphertext", "encrypt"}
	signature    = product{"signature", "sign"}
	macText      = product{"MAC", "mac"}
	wrapped      = product{"ciphertext", "wrap"}
	encapsulated = product{"ciphertext", "encapsulate"}
)

var strictBase64 = base64.StdEncoding.Strict()

// textLen is the length of the text of n bytes, at most.
func textLen(n int) int { return len(textPrefix) + 11 + base64.StdEncoding.EncodedLen(n) }

// appendText writes b as text behind its version.
func appendText(dst []byte, version uint32, b []byte) []byte {
	dst = append(dst, textPrefix...)
	dst = strconv.AppendUint(dst, uint64(version), 10)
	dst = append(dst, ':')
	return base64.StdEncoding.AppendEncode(dst, b)
}

// text lays b out as the text of a result.
func (u *using) text(version uint32, b []byte) []byte {
	return appendText(u.room(textLen(len(b))), version, b)
}

// parse splits a text into version and bytes, which are the request's until the next item is parsed.
func (u *using) parse(p product, text []byte) (uint32, []byte, error) {
	return parseText(p, text, u.temporary)
}

// versionOf is the version that a text names; 0 if it is none.
func versionOf(text []byte) uint32 {
	n, _, ok := cutVersion(text)
	if !ok {
		return 0
	}
	return n
}

// cutVersion reads what stands before the base64.
func cutVersion(text []byte) (version uint32, body []byte, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte(textPrefix))
	if !ok {
		return 0, nil, false
	}
	n := uint64(0)
	for i, c := range rest {
		switch {
		case '0' <= c && c <= '9' && (i > 0 || c > '0') && i < 10:
			n = n*10 + uint64(c-'0')
		case c == ':' && 0 < i && n <= 1<<32-1:
			return uint32(n), rest[i+1:], true
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

// parseText splits a text into version and bytes, which lie in what room gives.
func parseText(p product, text []byte, room func(int) []byte) (uint32, []byte, error) {
	bad := func(what string) (uint32, []byte, error) {
		return 0, nil, fault.New(fault.Invalid, "the %s %s", p.name, what).
			WithHint("A %s looks like qk:v1:<base64>, exactly as %s gave it.", p.name, p.maker)
	}
	if len(text) > maxText {
		return bad("is too long")
	}
	if !bytes.HasPrefix(text, []byte(textPrefix)) {
		return bad("does not begin with " + textPrefix)
	}
	n, body, ok := cutVersion(text)
	if !ok {
		return bad("names no version")
	}
	if bytes.ContainsAny(body, "\r\n") { // which the decoder would skip
		return bad("is not base64")
	}
	b, err := strictBase64.AppendDecode(room(base64.StdEncoding.DecodedLen(len(body))), body)
	if err != nil {
		return bad("is not base64")
	}
	return n, b, nil
}

// appendBinding writes what a message is bound to: context and AAD, told apart by the context's length. Both empty is
// nothing, which no other pair gives.
func appendBinding(b []byte, m *Message) []byte {
	if len(m.Context) == 0 && len(m.AAD) == 0 {
		return b
	}
	b = binary.BigEndian.AppendUint64(b, uint64(len(m.Context)))
	b = append(b, m.Context...)
	return append(b, m.AAD...)
}
