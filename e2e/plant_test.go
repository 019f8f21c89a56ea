package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/plant"
)

func TestNoBugIsPlantedWithoutItsTag(t *testing.T) {
	if names := plant.All(); len(names) > 0 {
		t.Errorf("this program was built with bugs on purpose: %v", names)
	}
	pairs := 0
	for _, s := range tree(t) {
		base := filepath.Base(s.path)
		tagged := strings.Contains(string(s.text), "//go:build "+"plant_") // put together: this file is none
		switch {
		case s.pkg == "vault/plant" && base != "plant.go" && !s.test:
			name, off := strings.CutSuffix(strings.TrimSuffix(base, ".go"), "_off")
			want := "//go:build plant_" + name + "\n"
			if off {
				want = "//go:build !plant_" + name + "\n"
				pairs++
			}
			if !strings.HasPrefix(string(s.text), want) {
				t.Errorf("%s does not begin with %q: it would be in a release", s.path, want)
			}
			if value := fmt.Sprintf(" = %v\n", !off); !strings.Contains(string(s.text), value) {
				t.Errorf("%s does not say%q", s.path, value)
			}
		case tagged && !strings.HasPrefix(base, "plant_"):
			t.Errorf("%s is built with a planted bug only: its name has to begin with plant_", s.path)
		case strings.HasPrefix(base, "plant_") && s.pkg != "e2e" && !strings.HasPrefix(string(s.text), "//go:build plant_") && !strings.HasPrefix(string(s.text), "//go:build !plant_"):
			t.Errorf("%s has no tag: it would be in a release", s.path)
		}
	}
	if pairs < 10 {
		t.Errorf("only %d planted bugs were found: this test does not see them", pairs)
	}
	builds := regexp.MustCompile(`plant_`)
	for _, f := range []string{"../deployments/Containerfile", "../deployments/Dockerfile", "../.ci"} {
		if text, err := os.ReadFile(f); err == nil && builds.Match(text) {
			t.Errorf("%s builds with a planted bug", f)
		}
	}
}
