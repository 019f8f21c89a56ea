package wire

import (
	"strings"
	"unicode"
)

// Text is the form that a name of the specification has in the XML and JSON encodings (KMIP Profiles 1.4, section
// 5.4.1.1): words joined with a capital each, and an underscore for what is no letter or digit, so that "PKCS#1"
// becomes PKCS_1, "Re-key" ReKey and "3DES" DES3.
func Text(name string) string {
	in := []rune(strings.NewReplacer("(", " ", ")", " ").Replace(name))
	out := make([]rune, len(in))
	for i, r := range in {
		switch {
		case isWord(r) || unicode.IsSpace(r):
			out[i] = r
		case i+2 < len(in) && unicode.IsLetter(in[i+1]) && unicode.IsLower(in[i+2]):
			out[i] = ' ' // a word begins here
		default:
			out[i] = '_'
		}
	}
	words := strings.Fields(string(out))
	if len(words) == 0 {
		return ""
	}
	if digits := len(words[0]) - len(strings.TrimLeft(words[0], "0123456789")); digits > 0 { // no XML name begins with one
		words[0] = words[0][digits:] + words[0][:digits]
	}
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func isWord(r rune) bool { return r == '_' || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
