package audit

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quorate/quorate/vault/key"
)

// appendBody writes e but for its sequence number and its place in the chain, which are known only when it is
// written. Members that say nothing are left out. It allocates nothing but what buf must grow.
func appendBody(buf []byte, node string, e *Entry) []byte {
	buf = append(buf, `"time":"`...)
	buf = appendTime(buf, e.Time)
	buf = append(buf, '"')
	buf = member(buf, `,"node":`, node)
	buf = member(buf, `,"phase":`, string(e.Phase))
	buf = member(buf, `,"request_id":`, e.Caller.RequestID)
	buf = member(buf, `,"operation":`, e.Operation)
	buf = member(buf, `,"action":`, string(e.Action))
	buf = append(buf, `,"caller":{"kind":"`...)
	buf = append(buf, e.Caller.Kind.String()...)
	buf = append(buf, '"')
	buf = member(buf, `,"principal":`, e.Caller.Principal)
	buf = list(buf, `,"groups":[`, e.Caller.Groups)
	buf = idMember(buf, `,"token":"`, e.Caller.Token)
	buf = member(buf, `,"remote":`, e.Caller.Remote)
	buf = member(buf, `,"certificate":`, e.Caller.Certificate)
	buf = member(buf, `,"door":`, e.Caller.Door)
	buf = member(buf, `,"node":`, e.Caller.Node)
	buf = append(buf, '}')
	if !e.Key.IsZero() || e.KeyName != "" || e.KeyVersion != 0 {
		buf = append(buf, `,"key":{"version":`...)
		buf = strconv.AppendUint(buf, uint64(e.KeyVersion), 10)
		buf = idMember(buf, `,"id":"`, e.Key)
		buf = member(buf, `,"name":`, e.KeyName)
		buf = append(buf, '}')
	}
	if e.Index != 0 {
		buf = append(buf, `,"index":`...)
		buf = strconv.AppendUint(buf, e.Index, 10)
	}
	buf = member(buf, `,"outcome":`, e.Outcome)
	buf = member(buf, `,"detail":`, e.Detail)
	buf = list(buf, `,"policies":[`, e.Policies)
	return changes(buf, e.Changes)
}

// appendTime writes RFC 3339 in UTC with all nine digits of the second's parts, as the layout 2006-01-02T15:04:05.000000000Z
// would: package time is quicker with the layouts that it knows.
func appendTime(buf []byte, at time.Time) []byte {
	at = at.UTC()
	buf = at.AppendFormat(buf, time.RFC3339)
	buf = append(buf[:len(buf)-1], '.') // instead of the Z
	for n, unit := at.Nanosecond(), 100_000_000; unit > 0; unit /= 10 {
		buf = append(buf, '0'+byte(n/unit%10))
	}
	return append(buf, 'Z')
}

func member(buf []byte, name, value string) []byte {
	if value == "" {
		return buf
	}
	return appendString(append(buf, name...), value)
}

func idMember(buf []byte, name string, id key.ID) []byte {
	if id.IsZero() {
		return buf
	}
	buf = append(buf, name...)
	buf = append(hex.AppendEncode(buf, id[0:4]), '-')
	buf = append(hex.AppendEncode(buf, id[4:6]), '-')
	buf = append(hex.AppendEncode(buf, id[6:8]), '-')
	buf = append(hex.AppendEncode(buf, id[8:10]), '-')
	return append(hex.AppendEncode(buf, id[10:16]), '"')
}

func list(buf []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return buf
	}
	buf = append(buf, name...)
	for i, v := range values {
		if i > 0 {
			buf = append(buf, ',')
		}
		if i == MaxList {
			buf = append(buf, `"…"`...)
			break
		}
		buf = appendString(buf, v)
	}
	return append(buf, ']')
}

func changes(buf []byte, m map[string]string) []byte {
	if len(m) == 0 {
		return buf
	}
	var few [MaxList]string
	names := few[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	cut := len(names) > MaxList
	names = names[:min(len(names), MaxList)]
	buf = append(buf, `,"changes":{`...)
	for i, name := range names {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(appendString(buf, name), ':')
		buf = appendString(buf, m[name])
	}
	if cut {
		buf = append(buf, `,"…":"…"`...)
	}
	return append(buf, '}')
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string on one line. Control and format characters, which could break the line or
// deceive who reads it on a terminal, are escaped; bytes that are not UTF-8 become U+FFFD; past MaxString it is cut.
func appendString(buf []byte, s string) []byte {
	cut := len(s) > MaxString
	if cut {
		end := MaxString
		for end > MaxString-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		buf = append(buf, s[start:i]...)
		size := 1
		switch {
		case c == '"' || c == '\\':
			buf = append(buf, '\\', c)
		case c < utf8.RuneSelf:
			buf = append(buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			buf = appendRune(buf, r)
		}
		i += size
		start = i
	}
	buf = append(buf, s[start:]...)
	if cut {
		buf = append(buf, "…"...)
	}
	return append(buf, '"')
}

func appendRune(buf []byte, r rune) []byte {
	if r <= 0xffff && (r == utf8.RuneError || r == '\u2028' || r == '\u2029' || unicode.In(r, unicode.Cc, unicode.Cf)) {
		return append(buf, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(buf, r)
}
