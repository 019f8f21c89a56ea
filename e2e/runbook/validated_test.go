package runbook_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// What is shipped for other programs is put before these programs, where they are installed.

// tool finds a program, or skips.
func tool(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s (%s) is not installed: what is shipped for it is not put before it", name, from)
	}
	return path
}

// put writes a file of the test's.
func put(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// shipped reads a file of deployments.
func shipped(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "deployments", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestUnitIsSoundAndHardened: systemd understands every line of the unit, and calls what is left open little. What stays open is what a
// server needs: the network, and the machine's files to read.
func TestUnitIsSoundAndHardened(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "Debian: systemd")
	unit := strings.Replace(shipped(t, "systemd/quorate.service"), "/usr/local/bin/quorate ", binary+" ", 1)
	verify := func(text string) error {
		out, err := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=no", put(t, "quorate.service", text)).CombinedOutput()
		if err == nil && len(out) > 0 { // what it ignores, it says
			err = fmt.Errorf("it says: %s", out)
		}
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	}
	if err := verify(unit); err != nil {
		if strings.Contains(err.Error(), "Failed to initialize manager") {
			t.Skipf("systemd-analyze cannot work here: %v", err)
		}
		t.Errorf("systemd-analyze verify: %v", err)
	}
	if verify(strings.Replace(unit, "NoNewPrivileges", "NoNewPrivilege", 1)) == nil {
		t.Error("a misspelt line passes: the test does not see any")
	}
	const exposure = "15" // tenths; 100 is a service without any of this
	exposed := func(text string) (string, error) {
		out, err := exec.Command(analyze, "security", "--offline=true", "--no-pager", "--threshold="+exposure, put(t, "quorate.service", text)).CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1], err
	}
	said, err := exposed(unit)
	if err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, said)
	}
	t.Log(said)
	if _, err := exposed(strings.Replace(unit, "CapabilityBoundingSet=\n", "", 1)); err == nil {
		t.Error("a unit that keeps its capabilities passes: the test sees nothing")
	}
}

// TestKubernetesKnowsTheManifests: what kubectl's own types do not have, or have in another form, is lost or refused when it reads
// an object; nothing of ours is.
func TestKubernetesKnowsTheManifests(t *testing.T) {
	kubectl := tool(t, "kubectl", "kubernetes-client")
	known := func(text, kind string) error {
		file := put(t, "object.yaml", text)
		args := map[string][]string{
			"StatefulSet": {"set", "env", "X=y"}, "Service": {"set", "selector", "app=quorate"}, // these read the object into its type
		}[kind]
		if args == nil {
			args = []string{"patch", "--type=strategic", "--patch-file", file} // this looks fields up in it
		}
		// No server is asked, and none may be found.
		cmd := exec.Command(kubectl, append(args, "--local", "-f", file, "-o", "json", "--kubeconfig", os.DevNull)...)
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		var ours, theirs any
		if err := yaml.Unmarshal([]byte(text), &ours); err != nil {
			return err
		}
		if err := json.Unmarshal(out, &theirs); err != nil {
			return err
		}
		return within(strings.ToLower(kind), ours, theirs)
	}
	objects := regexp.MustCompile(`(?m)^---$`).Split(shipped(t, "kubernetes/quorate.yaml"), -1)
	kinds := map[string]int{}
	controls := []struct{ kind, right, wrong string }{
		{"StatefulSet", "readinessProbe:", "readynessProbe:"},
		{"StatefulSet", "replicas: 3", `replicas: "three"`},
		{"StatefulSet", "selector: {matchLabels:", "selector: {matchLabel:"},
		{"Service", "publishNotReadyAddresses:", "publishUnready:"},
		{"PodDisruptionBudget", "\nspec:\n", "\nspecs:\n"}, // what is in its selector is replaced whole, and not looked up
		{"ConfigMap", "\ndata:\n", "\ndatas:\n"},
	}
	tried := map[string]bool{}
	for _, text := range objects {
		kind := regexp.MustCompile(`(?m)^kind: (\w+)$`).FindStringSubmatch(text)[1]
		kinds[kind]++
		if err := known(text, kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for _, c := range controls {
			if c.kind != kind || !strings.Contains(text, c.right) {
				continue
			}
			tried[c.wrong] = true
			if known(strings.Replace(text, c.right, c.wrong, 1), kind) == nil {
				t.Errorf("%s: %q passes for %q: the test does not see any", kind, c.wrong, c.right)
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("there are %v", kinds)
	}
	if len(tried) != len(controls) {
		t.Errorf("of the controls only these were tried: %v", slices.Sorted(maps.Keys(tried)))
	}
}

// within tells what of ours is not in theirs.
func within(where string, ours, theirs any) error {
	switch ours := ours.(type) {
	case map[string]any:
		theirs, ok := theirs.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object", where)
		}
		for _, name := range slices.Sorted(maps.Keys(ours)) {
			if err := within(where+"."+name, ours[name], theirs[name]); err != nil {
				return err
			}
		}
	case []any:
		theirs, ok := theirs.([]any)
		if !ok || len(theirs) < len(ours) {
			return fmt.Errorf("%s is no list, or shorter", where)
		}
		for i := range ours {
			if err := within(fmt.Sprintf("%s[%d]", where, i), ours[i], theirs[i]); err != nil {
				return err
			}
		}
	default:
		if a, b := strings.TrimSpace(fmt.Sprint(ours)), strings.TrimSpace(fmt.Sprint(theirs)); a != b {
			return fmt.Errorf("%s is %s to us, and %s to them", where, a, b)
		}
	}
	return nil
}

// TestPrometheusUnderstandsTheRulesAndTheDashboard; and the alerts that matter most fire when they should, and not before.
func TestPrometheusUnderstandsTheRulesAndTheDashboard(t *testing.T) {
	promtool := tool(t, "promtool", "Debian: prometheus")
	check := func(args ...string) error {
		out, err := exec.Command(promtool, args...).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("promtool %v: %w:\n%s", args[:2], err, out)
		}
		return err
	}
	rules := filepath.Join(top, "deployments/prometheus/alerts.yml")
	if err := check("check", "rules", rules); err != nil {
		t.Error(err)
	}
	// A query of the dashboard is a rule whose name does not matter.
	var queries strings.Builder
	queries.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	n := 0
	for _, where := range slices.SortedFunc(maps.Keys(expressions(t)), cmp.Compare[string]) {
		if !strings.HasPrefix(where, "panel") {
			continue
		}
		n++
		query := strings.NewReplacer("$__rate_interval", "1m", "$__interval", "1m", "$__range", "1h").Replace(expressions(t)[where])
		quoted, err := json.Marshal(query)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&queries, "      - {record: \"panel:query:%d\", expr: %s} # %s\n", n, quoted, where)
	}
	if n < 10 {
		t.Fatalf("the dashboard has %d queries", n)
	}
	if err := check("check", "rules", put(t, "dashboard.yml", queries.String())); err != nil {
		t.Error(err)
	}
	if err := check("check", "rules", put(t, "wrong.yml", strings.Replace(queries.String(), "(", "((", 1))); err == nil {
		t.Error("a query with a bracket too many passes: the test does not see any")
	}
	story := strings.ReplaceAll(testdata(t, "alerts.test.yml"), "ALERTS", rules)
	if err := check("test", "rules", put(t, "alerts.test.yml", story)); err != nil {
		t.Error(err)
	}
	if err := check("test", "rules", put(t, "alerts.test.yml", strings.Replace(story, "QuorateNoLeader", "QuorateNobodyLeads", -1))); err == nil {
		t.Error("an alert that is not there fires: the test does not see any")
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
