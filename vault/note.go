package vault

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// MaxNote bounds what a caller may have written into the audit log at one time, in bytes.
const MaxNote = 1024

// Note writes a caller's own words into this node's audit log, as the operation op. They are its words only: what would break a line, or
// turn it round, is written as a space. No policy is asked, as whatever a caller asks for is recorded. fault.TooLarge beyond MaxNote.
func (v *Vault) Note(_ context.Context, c access.Caller, op, text string) error {
	t, err := v.begin(op, access.Unchecked, c, false)
	if err != nil {
		return err
	}
	switch {
	case c.Principal == "":
		err = fault.New(fault.Unauthenticated, "this needs a token or a client certificate")
	case len(text) > MaxNote:
		err = fault.New(fault.TooLarge, "a message for the audit log has %d bytes at most, not %d", MaxNote, len(text))
	case text == "" || !utf8.ValidString(text):
		err = fault.New(fault.Invalid, "a message for the audit log is a text")
	default:
		t.entry.Changes = map[string]string{"message": strings.Map(plainRune, text)}
	}
	return t.done(err)
}

func plainRune(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}
