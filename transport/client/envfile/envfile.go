// Package envfile reads the lines of environment files, as `quorate run` takes them.
//
// It knows text. It must not know where that comes from nor what becomes of it: what it reads is secret, so its errors show nothing
// of it.
package envfile

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/quorate/quorate/vault/fault"
)

// ParseLine reads one line, NAME=value; a name of "" for a line without a variable. fault.Invalid.
func ParseLine(line []byte) (name, value string, _ *fault.Error) {
	if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
		return "", "", fault.New(fault.Invalid, "the environment file is no text")
	}
	text := strings.TrimSpace(string(line))
	if text == "" || text[0] == '#' {
		return "", "", nil
	}
	name, value, found := strings.Cut(strings.TrimPrefix(text, "export "), "=")
	name = strings.TrimSpace(name)
	if !found || !IsName(name) {
		return "", "", fault.New(fault.Invalid, "a line of the environment file is not NAME=value")
	}
	value = strings.TrimSpace(value)
	if value == "" || value[0] != '\'' && value[0] != '"' {
		return name, value, nil
	}
	if len(value) < 2 || value[len(value)-1] != value[0] {
		return "", "", fault.New(fault.Invalid, "a quote in the environment file is not closed on its line")
	}
	inner := value[1 : len(value)-1]
	if value[0] == '\'' {
		return name, inner, nil
	}
	return name, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(inner), nil
}

// IsName tells whether s can be the name of a variable: letters, digits and underscores, and no digit in front.
func IsName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
