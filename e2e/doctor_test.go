package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// diagnosis is what doctor prints as JSON.
type diagnosis struct {
	Verdict  string
	OK       bool
	Findings []struct {
		Check, Node, Severity, Detail, Next string
		OK                                  bool
	}
}

func (d diagnosis) String() string {
	var b strings.Builder
	for _, f := range d.Findings {
		if !f.OK {
			fmt.Fprintf(&b, "%s %s %s: %s; ", f.Severity, f.Check, f.Node, f.Detail)
		}
	}
	return d.Verdict + ": " + b.String()
}

// wrong lists the checks that found something, each once, with the node where it is about one.
func (d diagnosis) wrong() []string {
	var all []string
	for _, f := range d.Findings {
		if !f.OK {
			all = append(all, strings.TrimSpace(f.Check+" "+f.Node))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *cluster) diagnose(at ...*node) (d diagnosis, r ran) {
	c.t.Helper()
	r = c.cliEnv(at, []string{"QUORATE_TOKEN="}, "doctor", "--format", "json")
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
		c.t.Fatalf("doctor: %v: %v", err, r)
	}
	return d, r
}

// severity is what a node's metrics say of a check; -1 if they do not tell of it.
func (c *cluster) severity(at *node, check string) int {
	c.t.Helper()
	a := c.must(at, request{method: http.MethodGet, path: "/metrics", noToken: true})
	for line := range strings.SplitSeq(string(a.body), "\n") {
		var v int
		if n, _ := fmt.Sscanf(line, fmt.Sprintf("quorate_doctor_severity{check=%q} %%d", check), &v); n == 1 {
			return v
		}
	}
	return -1
}

// TestDoctorTellsWhatIsWrong: a young cluster lacks backups and nothing else, and with a schedule, a drill and a slot it is well; a lost node makes the next loss fatal; a
// lost majority is told by who is left; and nobody at all is exit code 6.
func TestDoctorTellsWhatIsWrong(t *testing.T) {
	c := open(t) // alone: what the doctor finds depends on who leads, and that on time
	_, rest := c.leader()
	young := []string{"backup", "drill"}
	eventually(t, 30*time.Second, "a verdict on a young cluster", func() error {
		d, r := c.diagnose(rest[0])
		if got := d.wrong(); r.code != 5 || d.Verdict != "attention" || !slices.Equal(got, young) {
			return fmt.Errorf("exit %d, %v", r.code, d)
		}
		return nil
	})
	lead, rest := c.leader()
	if got := c.severity(lead, "backup"); got != 1 {
		t.Errorf("the leader's metric of a backup that nobody ordered is %d", got)
	}
	if got := c.severity(rest[0], "backup"); got != -1 {
		t.Errorf("a follower publishes %d of the cluster's backup", got)
	}
	if got := c.severity(rest[0], "certificate"); got != 0 {
		t.Errorf("a follower's metric of its certificate is %d", got)
	}

	c.ok("operator", "snapshot", "schedule", "set", "--to", "file://"+filepath.Join(c.dir, "backups"), "--every", "1h")
	c.slots("add", "quorum")
	eventually(t, time.Minute, "a verdict on a cluster that lacks nothing", func() error {
		if d, r := c.diagnose(rest[0]); r.code != 0 || d.Verdict != "ok" {
			return fmt.Errorf("exit %d, %v", r.code, d)
		}
		return nil
	})

	_, rest = c.leader()
	lost := rest[1]
	lost.kill()
	lead, rest = c.leader()
	left := rest[slices.IndexFunc(rest, func(n *node) bool { return n != lost })]
	eventually(t, 30*time.Second, "a verdict with one node lost", func() error {
		d, r := c.diagnose(left)
		if r.code != 5 || d.Verdict != "act now" || !slices.Contains(d.wrong(), "reachable "+lost.name) || !slices.Contains(d.wrong(), "spare voters") || !slices.Contains(d.wrong(), "slots") {
			return fmt.Errorf("exit %d, %v", r.code, d)
		}
		return nil
	})
	eventually(t, 30*time.Second, "the leader's metric of a cluster that can lose nobody", func() error {
		lead, rest = c.leader()
		for check, want := range map[string]int{"spare voters": 2, "reachable": 1, "clock": 0, "same version": 0, "lag": 0, "quorum": 0} {
			if got := c.severity(lead, check); got != want {
				return fmt.Errorf("%s says %d of %s", lead.name, got, check)
			}
		}
		return nil
	})
	// Those who ask name all addresses, and the dead one may come first: it is one lost, and not two.
	d, r := c.diagnose(lost, left, lead)
	if wrong := d.wrong(); r.code != 5 || slices.Contains(wrong, "quorum") || slices.Contains(wrong, "some open") || !slices.Contains(wrong, "reachable "+lost.name) {
		t.Errorf("asked at the dead node first: exit %d, %v", r.code, d)
	}

	left = rest[slices.IndexFunc(rest, func(n *node) bool { return n != lost })]
	lead.kill()
	eventually(t, 30*time.Second, "a verdict with the majority lost", func() error {
		d, r := c.diagnose(left)
		if r.code != 5 || d.Verdict != "act now" || !slices.Contains(d.wrong(), "quorum") || !slices.Contains(d.wrong(), "leader") {
			return fmt.Errorf("exit %d, %v", r.code, d)
		}
		return nil
	})
	d, _ = c.diagnose(lost, lead, left)
	if wrong := d.wrong(); !slices.Contains(wrong, "quorum") || slices.Contains(wrong, "some open") || slices.Contains(wrong, "reachable "+left.name) {
		t.Errorf("one open member is left, and asked for last: %v", d)
	}
	if got := c.severity(left, "in touch"); got != 2 {
		t.Errorf("the metric of a node without a leader is %d", got)
	}

	left.kill()
	if r := c.cliEnv([]*node{left}, nil, "--timeout", "2s", "doctor"); r.code != 6 {
		t.Errorf("nobody answers: %v", r)
	}
}
