package main

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/vaulttest"
)

func TestAConversionSaysWhatIsMissing(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	s := shellAt(t, f, 0)
	t.Setenv("PGHOST", t.TempDir())
	for args, says := range map[string]string{
		"":                           "--table, --id and --column",
		"--table t --id id":          "--table, --id and --column",
		"--table t --id a --batch 0": "--batch",
		"--table t --id a --column b --database host=x,password=y": "PGPASSFILE",
		"--table t --id a --column b --dry-run":                    "Try it with psql",
		"--table t --id a --column b --index /nowhere":             "/nowhere",
	} {
		if out, talk := s.run(2, "", append([]string{"convert", "--key", "k"}, strings.Fields(args)...)...); !strings.Contains(out+talk, says) {
			t.Errorf("convert %s says\n%s%s, want %q", args, out, talk, says)
		}
	}
}
