package key_test

import (
	"testing"

	"github.com/quorate/quorate/vault/key"
)

// TestAGuardRemembers: what was once otherwise is not always so again.
func TestAGuardRemembers(t *testing.T) {
	yes, no := true, false
	type told struct{ sensitive, always, never bool }
	for name, c := range map[string]struct {
		exportable bool
		sensitive  bool
		steps      [][2]*bool
		want       told
	}{
		"plain":                       {true, false, nil, told{}},
		"made to stay":                {false, false, nil, told{never: true}},
		"made sensitive":              {true, true, nil, told{sensitive: true, always: true}},
		"sensitive once more":         {true, true, [][2]*bool{{&yes, nil}}, told{sensitive: true, always: true}},
		"sensitive since":             {true, false, [][2]*bool{{&yes, nil}}, told{sensitive: true}},
		"sensitive until":             {true, true, [][2]*bool{{&no, nil}}, told{}},
		"sensitive but for a while":   {true, true, [][2]*bool{{&no, nil}, {&yes, nil}}, told{sensitive: true}},
		"exportable until":            {true, false, [][2]*bool{{nil, &no}}, told{}},
		"both, in one change":         {true, false, [][2]*bool{{&yes, &no}}, told{sensitive: true}},
		"told again not to be let go": {false, true, [][2]*bool{{nil, &no}}, told{sensitive: true, always: true, never: true}},
	} {
		r := &key.Record{Exportable: c.exportable}
		if c.sensitive {
			r.Guard = key.Sensitive
		}
		for _, s := range c.steps {
			before := r.Guard
			if r.Guard = r.Guarded(s[0], s[1]); before&key.Remembered&^r.Guard != 0 {
				t.Errorf("%s: it forgets", name)
			}
			if s[1] != nil {
				r.Exportable = *s[1]
			}
		}
		if got := (told{r.Sensitive(), r.AlwaysSensitive(), r.NeverExportable()}); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
