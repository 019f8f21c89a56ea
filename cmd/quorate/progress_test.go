package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

// Long work shows at a terminal how far it is, in bytes or in items; elsewhere, and in its first second, it is silent.
func TestLongWorkShowsHowFarItIs(t *testing.T) {
	began := time.Now().Add(-2 * time.Second)
	for name, c := range map[string]struct {
		begin func(a *app) *progress
		want  string // a regular expression
	}{
		"of a known length":    {func(a *app) *progress { return a.newProgress("encrypting", 100<<20) }, `encrypting +\[=+>-+\] 50\.0 MiB / 100\.0 MiB +[0-9.]+ [KM]iB/s`},
		"of an unknown length": {func(a *app) *progress { return a.newProgress("encrypting", -1) }, `encrypting .*50\.0 MiB +[0-9.]+ [KM]iB/s`},
	} {
		t.Run(name, func(t *testing.T) {
			term, err := kit.NewTerminal("")
			if err != nil {
				t.Skipf("no terminal can be made here: %v", err)
			}
			defer term.Close()
			p := c.begin(&app{talk: term.Side})
			p.begin = time.Now().Add(time.Hour) // its first second lasts, however slow this machine is
			p.add(1)
			if p.bar != nil {
				t.Error("in its first second it shows something")
			}
			p.begin = began
			p.add(50<<20 - 1)
			shown := regexp.MustCompile(c.want)
			if err := kit.Attempt(10*time.Second, func() error {
				if !shown.MatchString(term.Seen()) {
					return os.ErrNotExist
				}
				return nil
			}); err != nil {
				t.Errorf("it shows %q, want %s", term.Seen(), c.want)
			}
			p.end(false)

			var talk bytes.Buffer
			silent := c.begin(&app{talk: &talk})
			silent.begin = began
			silent.add(50 << 20)
			silent.end(true)
			if talk.Len() > 0 {
				t.Errorf("where there is no terminal it shows %q", strings.TrimSpace(talk.String()))
			}
		})
	}
}
