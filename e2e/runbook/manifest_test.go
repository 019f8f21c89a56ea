package runbook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// manifest is what the test looks at in the Kubernetes objects; all else is of no concern to it.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		ClusterIP                string `yaml:"clusterIP"`
		PublishNotReadyAddresses bool   `yaml:"publishNotReadyAddresses"`
		ServiceName              string `yaml:"serviceName"`
		Replicas                 int
		MaxUnavailable           int            `yaml:"maxUnavailable"`
		UpdateStrategy           map[string]any `yaml:"updateStrategy"`
		Ports                    []struct{ Port int }
		Template                 struct {
			Spec struct {
				SecurityContext map[string]any `yaml:"securityContext"`
				Containers      []struct {
					Args  []string
					Ports []struct {
						Name          string
						ContainerPort int `yaml:"containerPort"`
						Protocol      string
					}
					StartupProbe    probe `yaml:"startupProbe"`
					LivenessProbe   probe `yaml:"livenessProbe"`
					ReadinessProbe  probe `yaml:"readinessProbe"`
					SecurityContext struct {
						AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
						ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
						Capabilities             struct{ Drop []string }
					} `yaml:"securityContext"`
				}
			}
		}
	}
}

type probe struct {
	HTTPGet struct{ Path, Port, Scheme string } `yaml:"httpGet"`
}

func manifests(t *testing.T) map[string]manifest {
	t.Helper()
	f, err := os.Open(filepath.Join(top, "deployments/kubernetes/quorate.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]manifest{}
	for dec := yaml.NewDecoder(f); ; {
		var m manifest
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[m.Kind+" "+m.Metadata.Name] = m
	}
	return all
}

// TestKubernetesManifests holds the manifests to the binary: ports, flags and configuration that it has, probes on paths that a
// real node answers (TestWhatIsWatchedIsThere), a sealed pod that can be reached and is not restarted.
func TestKubernetesManifests(t *testing.T) {
	all := manifests(t)
	if headless := all["Service quorate-nodes"]; headless.Spec.ClusterIP != "None" || !headless.Spec.PublishNotReadyAddresses {
		t.Error("quorate-nodes must be headless and publish pods that are not ready: the ceremony has to reach sealed ones")
	}
	if forApps := all["Service quorate"]; forApps.Kind == "" || forApps.Spec.PublishNotReadyAddresses {
		t.Error("applications must be led to pods that are ready, and to no others")
	}
	if all["PodDisruptionBudget quorate"].Spec.MaxUnavailable != 1 {
		t.Error("of three voters one may be away, not more")
	}
	set := all["StatefulSet quorate"]
	if set.Spec.Replicas != 3 || set.Spec.ServiceName != "quorate-nodes" || set.Spec.UpdateStrategy["type"] != "OnDelete" {
		t.Errorf("the StatefulSet: %d replicas of %s, updated %v", set.Spec.Replicas, set.Spec.ServiceName, set.Spec.UpdateStrategy)
	}
	pod := set.Spec.Template.Spec
	if pod.SecurityContext["runAsNonRoot"] != true {
		t.Error("the pods may run as root")
	}
	if len(pod.Containers) != 1 {
		t.Fatalf("%d containers", len(pod.Containers))
	}
	c := pod.Containers[0]
	if s := c.SecurityContext; s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !s.ReadOnlyRootFilesystem || !slices.Contains(s.Capabilities.Drop, "ALL") {
		t.Errorf("the container's rights: %+v", s)
	}
	if c.StartupProbe.HTTPGet.Path != "/livez" || c.LivenessProbe.HTTPGet.Path != "/livez" || c.ReadinessProbe.HTTPGet.Path != "/readyz" {
		t.Errorf("a sealed pod is restarted, or gets requests: probes %+v %+v %+v", c.StartupProbe, c.LivenessProbe, c.ReadinessProbe)
	}
	for _, p := range []probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		if p.HTTPGet.Scheme != "HTTPS" || p.HTTPGet.Port != "api" {
			t.Errorf("a probe does not speak TLS to the API: %+v", p)
		}
	}
	help := command(t, append(c.Args, "--help")...) // a flag that is not there is an error
	var ports []string
	for _, p := range c.Ports {
		ports = append(ports, fmt.Sprintf("%s:%d", p.Name, p.ContainerPort))
	}
	for _, d := range []struct{ name, flag string }{{"api", "--api"}, {"peer", "--peer"}, {"gossip", "--gossip"}} {
		m := regexp.MustCompile(d.flag + ` address +.*default 127\.0\.0\.1:(\d+)`).FindStringSubmatch(help)
		if m == nil {
			t.Fatalf("the help does not tell %s's default:\n%s", d.flag, help)
		}
		if !slices.Contains(ports, d.name+":"+m[1]) || !slices.Contains(c.Args, d.flag+"=0.0.0.0:"+m[1]) {
			t.Errorf("%s is on %s by default; the pod has ports %v and arguments %v", d.name, m[1], ports, c.Args)
		}
	}
	// The configuration has no field that the server refuses: it complains of what is left out, not of what is there.
	file := filepath.Join(t.TempDir(), "quorate.yaml")
	if err := os.WriteFile(file, []byte(all["ConfigMap quorate"].Data["quorate.yaml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary, "server", "--config", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "name") || strings.Contains(string(out), "unknown") {
		t.Errorf("the server says to the configuration without --name: %v: %s", err, out)
	}
}

// command runs quorate, which must succeed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("quorate %v: %v\n%s", args, err, out)
	}
	return string(out)
}

var metricName = regexp.MustCompile(`\b(quorate_[a-z0-9_]+|process_[a-z0-9_]+|go_[a-z0-9_]+)\b`)

// expressions are the queries of the alert rules and the dashboard, and where each stands.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	raw, err := os.ReadFile(filepath.Join(top, "deployments/prometheus/alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(raw, &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			all[r.Alert] = r.Expr
			if book := r.Annotations["runbook"]; book == "" {
				t.Errorf("the alert %s leads to no runbook", r.Alert)
			} else if _, err := os.Stat(filepath.Join(top, book)); err != nil {
				t.Errorf("the alert %s leads to a runbook that is not there: %v", r.Alert, err)
			}
			if r.Annotations["summary"] == "" {
				t.Errorf("the alert %s says nothing", r.Alert)
			}
		}
	}
	raw, err = os.ReadFile(filepath.Join(top, "deployments/grafana/quorate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		for i, q := range p.Targets {
			all[fmt.Sprintf("panel %q, query %d", p.Title, i+1)] = q.Expr
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d queries are found", len(all))
	}
	return all
}

// TestWhatIsWatchedIsThere: each metric in a rule or on the dashboard is one that a real cluster gives, and each probe is answered.
func TestWhatIsWatchedIsThere(t *testing.T) {
	found(t)
	w := newWorld(t)
	w.open()
	w.must(desk, "for i in 1 2 3; do quorate key create watched$i --addr https://10.0.0.$i:7800; done; echo x | quorate encrypt --key watched1 --text")
	given := w.must(desk, "for i in 1 2 3; do curl -sfk https://10.0.0.$i:7800/metrics; done")
	if testing.Verbose() {
		t.Log(given)
	}
	for where, query := range expressions(t) {
		for _, name := range metricName.FindAllString(query, -1) {
			if !strings.Contains(given, "\n"+name+"{") && !strings.Contains(given, "\n"+name+" ") && !strings.Contains(given, "# TYPE "+name+" ") {
				t.Errorf("%s asks for %s, which no node gives", where, name)
			}
		}
	}
	for _, name := range []string{"quorate_backup_scheduled", "quorate_backup_overdue", "quorate_backup_failing", "quorate_drill_overdue"} {
		alerted := false
		for where, query := range expressions(t) {
			alerted = alerted || !strings.HasPrefix(where, "panel") && strings.Contains(query, name+"{")
		}
		if !alerted {
			t.Errorf("nobody is told when %s is 1", name)
		}
	}
	if metricName.FindString("up == 0") != "" || metricName.FindString("rate(quorate_x_total[5m])") != "quorate_x_total" {
		t.Error("the test does not see names")
	}
	c := manifests(t)["StatefulSet quorate"].Spec.Template.Spec.Containers[0]
	for _, p := range []probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		w.must(desk, "curl -sfk https://10.0.0.1:7800"+p.HTTPGet.Path)
	}
}
