package runbook_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRunbooks executes every runbook, each in a world of its own, from the situation that it names.
func TestRunbooks(t *testing.T) {
	needWorld(t)
	found(t)
	for _, d := range documents(t) {
		name, isRunbook := strings.CutPrefix(d.file, "deployments/runbooks/")
		if !isRunbook || name == "first-day.md" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".md"), func(t *testing.T) {
			t.Parallel()
			begin := situations[d.situation]
			if begin == nil {
				t.Fatalf("%s begins in the situation %q, which nobody can set up: <!-- situation: … --> names one of situation_test.go", d.file, d.situation)
			}
			w := newWorld(t)
			begin(w)
			w.execute(d)
		})
	}
}

// TestReadme executes the README from top to bottom, as a new user would, in an empty home.
func TestReadme(t *testing.T) {
	d, err := read("README.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.env = goEnvironment(t)
	w.must(desk, "cd "+top)
	w.execute(d)
}

// TestEveryRunbookIsInTheList: the README names every runbook, and nothing that is not there.
func TestEveryRunbookIsInTheList(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("../../deployments/runbooks/*.md") // the pattern is fixed
	if !slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == "first-day.md" }) {
		t.Fatalf("the runbooks are not found: %v", files)
	}
	for _, f := range files {
		if !strings.Contains(string(readme), "deployments/runbooks/"+filepath.Base(f)) {
			t.Errorf("the README does not lead to %s", filepath.Base(f))
		}
	}
}

func TestFirstDay(t *testing.T) {
	needWorld(t)
	found(t)
}
