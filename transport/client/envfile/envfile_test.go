package envfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/envfile"
	"github.com/quorate/quorate/vault/fault"
)

func TestLinesOfAnEnvironmentFile(t *testing.T) {
	for _, c := range []struct{ line, name, value, wrong string }{
		{"A=b", "A", "b", ""},
		{" export A_1 = b c ", "A_1", "b c", ""},
		{`A='b\n"'`, "A", `b\n"`, ""},
		{`A="b\n\t\"\\"`, "A", "b\n\t\"\\", ""},
		{"A=", "A", "", ""},
		{"A=b=c", "A", "b=c", ""},
		{"", "", "", ""},
		{"  # A=b", "", "", ""},
		{"A", "", "", "NAME=value"},
		{"=secret", "", "", "NAME=value"},
		{"1A=secret", "", "", "NAME=value"},
		{"A-B=secret", "", "", "NAME=value"},
		{"A='secret", "", "", "not closed"},
		{`A="`, "", "", "not closed"},
		{"A=secret\x00", "", "", "no text"},
		{"A=secret\xff", "", "", "no text"},
	} {
		name, value, err := envfile.ParseLine([]byte(c.line))
		if name != c.name || value != c.value || (err == nil) != (c.wrong == "") {
			t.Errorf("%q is %q=%q, %v; want %q=%q", c.line, name, value, err, c.name, c.value)
		}
		if err != nil && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %v, want %q and nothing of the line", c.line, err, c.wrong)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"A=b", "export A='b'", `A="b\n"`, "# no", "=x", "A", "A='"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		name, value, err := envfile.ParseLine(line)
		if err != nil && !errors.Is(err, fault.Invalid) || name != "" && !envfile.IsName(name) || strings.ContainsRune(value, 0) {
			t.Errorf("%q is %q=%q, %v", line, name, value, err)
		}
	})
}
