package foreign_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/vault/fault"
)

func TestAnObjectOfPyKMIPIsReadColumnByColumn(t *testing.T) {
	key := make([]byte, 32)
	for name, c := range map[string]struct {
		columns                []any
		algorithm, state, left string
		refused                string
	}{
		"a key":                   {[]any{int64(1), int64(2), key, int64(2), int64(3), int64(256), int64(-1)}, "aes-256-gcm", foreign.Active, "", ""},
		"one that was not active": {[]any{int64(1), int64(2), key, int64(1), int64(9), int64(256), nil}, "hmac-sha256", foreign.Suspended, "", ""},
		"one without a state":     {[]any{int64(1), int64(8), key, nil, nil, nil, nil}, "opaque", foreign.Active, "", ""},
		"a wrapped one":           {[]any{int64(1), int64(2), key, int64(2), int64(3), int64(256), int64(1)}, "", foreign.Active, "wrapped", ""},
		"a destroyed one":         {[]any{int64(1), int64(2), key, int64(5), int64(3), int64(256), nil}, "", foreign.Active, "destroyed", ""},
		"one without a value":     {[]any{int64(1), int64(2), nil, int64(2), int64(3), int64(256), nil}, "", foreign.Active, "no bytes", ""},
		"six columns":             {make([]any, 6), "", "", "", "columns"},
		"no uid":                  {[]any{nil, int64(2), key, nil, nil, nil, nil}, "", "", "", "no number"},
		"no type":                 {[]any{int64(1), nil, key, nil, nil, nil, nil}, "", "", "", "no type"},
		"a number for a value":    {[]any{int64(1), int64(2), int64(3), nil, nil, nil, nil}, "", "", "", "for its value"},
		"text for a value":        {[]any{int64(1), int64(2), "key", nil, nil, nil, nil}, "", "", "", "column 3"},
		"text for a state":        {[]any{int64(1), int64(2), key, "active", nil, nil, nil}, "", "", "", "column 4"},
		"bytes for an algorithm":  {[]any{int64(1), int64(2), key, int64(2), key, nil, nil}, "", "", "", "column 5"},
		"a length of 1.5":         {[]any{int64(1), int64(2), key, int64(2), int64(3), 1.5, nil}, "", "", "", "column 6"},
	} {
		o, err := foreign.ParsePyKMIP(c.columns)
		if c.refused != "" {
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s: %v, want %q", name, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if k := o.Key(); k.Algorithm != c.algorithm || k.State != c.state || !strings.Contains(k.Left, c.left) || (k.Left == "") != (c.left == "") {
			t.Errorf("%s: %q, %s, left out for %q", name, k.Algorithm, k.State, k.Left)
		}
	}
}

// FuzzPyKMIP puts values of any type where the server puts its own.
func FuzzPyKMIP(f *testing.F) {
	f.Add(uint16(0), int64(2), []byte("k"), int64(2), int64(3), int64(256), "name")
	f.Add(uint16(0xffff), int64(-1), []byte{}, int64(1<<62), int64(9), int64(-256), "")
	f.Add(uint16(0x2a), int64(4), make([]byte, 70_000), int64(5), int64(4), int64(2048), "a\x00\xff")
	states := []string{foreign.Active, foreign.Suspended, foreign.Deactivated, foreign.Compromised}
	f.Fuzz(func(t *testing.T, odd uint16, kind int64, value []byte, state, algorithm, bits int64, name string) {
		columns := []any{int64(1), kind, slices.Clone(value), state, algorithm, bits, int64(-1)}
		for i := range columns {
			if odd>>i&1 == 1 {
				columns[i] = []any{name, value, float64(bits), nil, true, kind, algorithm}[(i+int(odd>>8))%7]
			}
		}
		o, err := foreign.ParsePyKMIP(columns)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%v is of no kind", err)
			}
			return
		}
		o.AddName(name)
		k := o.Key()
		switch {
		case k.Left != "" && (len(k.Versions) > 0 || k.Algorithm != ""):
			t.Errorf("it is left out because %s, and has %d versions of %q", k.Left, len(k.Versions), k.Algorithm)
		case k.Left == "" && (len(k.Versions) != 1 || k.Algorithm == "" || !slices.Contains(states, k.State)):
			t.Errorf("one of %q is %q and has %d versions", k.Algorithm, k.State, len(k.Versions))
		case k.Name != name:
			t.Errorf("it is called %q, and was %q", k.Name, name)
		}
		for _, v := range k.Versions {
			if len(v.Material) == 0 || len(v.Material) > foreign.MaxMaterial {
				t.Errorf("it has %d bytes", len(v.Material))
			}
		}
		k.Clear()
	})
}
