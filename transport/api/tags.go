package api

import "strings"

// JoinTags writes tags ("k" or "k=v") as the query parameter tag: separated by commas, with a backslash before each
// comma and backslash of theirs.
func JoinTags(tags []string) string {
	escaped := make([]string, len(tags))
	for i, tag := range tags {
		escaped[i] = tagEscapes.Replace(tag)
	}
	return strings.Join(escaped, ",")
}

var tagEscapes = strings.NewReplacer(`\`, `\\`, ",", `\,`)

// SplitTags reads what JoinTags wrote. Empty parts are left out.
func SplitTags(text string) []string {
	var all []string
	var one strings.Builder
	end := func() {
		if one.Len() > 0 {
			all = append(all, one.String())
			one.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ',':
			end()
		case c == '\\' && i+1 < len(text):
			i++
			one.WriteByte(text[i])
		default:
			one.WriteByte(c)
		}
	}
	end()
	return all
}
