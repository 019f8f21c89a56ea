package runbook_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// situations are how things stand when somebody opens a runbook. Every one but the first begins with the cluster that the
// first day's runbook made: node1, node2 and node3 open, five shares of which three open, ann and ben as operators, ann logged
// in at the desk, and in the folder custody what init wrote.
var situations = map[string]func(w *world){
	"three blank machines": func(w *world) { w.blank() },
	"all open":             func(w *world) { w.open() },
	"all sealed":           func(w *world) { w.boot() },
	"all open, node1 leads, the new binary is at hand": func(w *world) {
		w.open()
		w.until(desk, `[ "$(quorate status --format json | jq -r .leader)" = node1 ] || quorate operator step-down --to node1; [ "$(quorate status --format json | jq -r .leader)" = node1 ]`)
		for _, m := range machines[1:4] {
			w.host("cp", "-a", binary, w.path(m, "home", "quorate-new"))
		}
	},
	// With the key billing, and a token that somebody else has.
	"keys and a leaked token": func(w *world) {
		w.open()
		w.must("node1", `sed -i 's/^  # keas: 10/  keas: 10/' /etc/quorate/quorate.yaml; systemctl restart quorate`)
		w.until(desk, "quorate operator unseal --addr https://10.0.0.1:7800 --share-file custody/share-1.txt --share-file custody/share-2.txt --share-file custody/share-3.txt")
		w.settled()
		w.must(desk, `
			quorate key create billing --exportable
			quorate token create --principal app --ttl 1h --format json > leaked.json
			quorate token create --principal app --ttl 1h --format json | jq -r .token > leaked-token
			echo a secret | quorate encrypt --key billing --text > old
			quorate kmi new --kmi-addr https://10.0.0.1:7803 -o kek.dat`)
	},
	// With the key billing, whose destruction is scheduled.
	"a key to be destroyed": func(w *world) {
		w.open()
		w.must(desk, "quorate key create billing --tag team=infra; quorate key deactivate billing --reason retired; quorate key destroy billing")
	},
	// Killed, and its disk is gone.
	"node3 dead": func(w *world) {
		w.open()
		w.must("node3", "kill -9 $(cat /run/quorate.pid); rm -rf /var/lib/quorate/node")
	},
	// A byte of its store was changed while it was down: it does not start.
	"node3 damaged": func(w *world) {
		w.open()
		w.must("node3", "systemctl stop quorate")
		w.flip("node3", "lib/node/raft/raft.db")
		w.run("node3", "systemctl start quorate", "") // it may answer for a moment
		w.until("node3", "journalctl -u quorate | grep damaged && ! systemctl is-active quorate")
	},
	// On a schedule, in a folder that all machines reach.
	"snapshots are stored": func(w *world) { w.stored() },
	// Of the machines only what was installed is left; snapshots lie in the folder.
	"all lost with their disks": func(w *world) {
		w.stored()
		for _, m := range []string{"node1", "node2", "node3"} {
			w.must(m, "kill -9 $(cat /run/quorate.pid); rm -rf /var/lib/quorate/node")
		}
	},
	// Two of three died, one with its disk.
	"majority down": func(w *world) {
		w.open()
		w.must("node2", "kill -9 $(cat /run/quorate.pid)")
		w.must("node3", "kill -9 $(cat /run/quorate.pid)")
	},
}

// blank puts onto each machine what somebody carried there: the repository's deployments and the binary.
func (w *world) blank() {
	for _, m := range machines {
		w.host("mkdir", "-p", w.path(m, "home", "bin"))
		w.host("cp", "-al", binary, w.path(m, "home", "bin", "quorate"))
		w.host("cp", "-a", filepath.Join(top, "deployments"), w.path(m, "home"))
	}
	// The patient profile: the machines share a computer with other tests, and no runbook is about election timeouts.
	for _, m := range machines[1:4] {
		file := w.path(m, "home", "deployments", "config", m+".yaml")
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(b, "\ncluster:\n  profile: wan\n"...), 0o600)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.host("cp", "-al", binary, w.path(desk, "bin", "quorate"))
}

var (
	firstDay sync.Once
	founded  string // a world's folder after the first day, all nodes stopped; "" if that failed
)

// found executes the first day's runbook, once, and keeps what it left.
func found(t *testing.T) string {
	t.Helper()
	firstDay.Do(func() {
		d, err := read("deployments/runbooks/first-day.md")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t)
		w.blank()
		w.execute(d)
		for _, m := range []string{"node1", "node2", "node3"} {
			w.must(m, "systemctl stop quorate")
		}
		keep, err := os.MkdirTemp(scratch, "founded-")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range machines {
			w.host("cp", "-al", w.path(m), keep)
		}
		founded = keep
	})
	if founded == "" {
		t.Fatal("the first day's runbook does not work, and every other begins where it ends")
	}
	return founded
}

// boot starts the three nodes of the first day; they are sealed. What is typed on each before it starts is given.
func (w *world) boot(before ...string) {
	w.t.Helper()
	for _, m := range machines {
		for _, part := range []string{"home", "lib", "etc", "bin"} {
			w.host("cp", "-a", filepath.Join(founded, m, part)+"/.", w.path(m, part))
		}
	}
	for _, m := range []string{"node1", "node2", "node3"} {
		w.must(m, strings.Join(append(before, "systemctl start quorate"), "\n"))
	}
	w.until(desk, `[ "$(quorate status --format json | jq '[.members[] | select(.healthy)] | length')" = 3 ]`)
}

// open also hands in three shares.
func (w *world) open(before ...string) {
	w.t.Helper()
	w.boot(before...)
	w.until(desk, "quorate operator unseal --addr https://10.0.0.2:7800 --share-file custody/share-1.txt --share-file custody/share-2.txt --share-file custody/share-3.txt")
	w.settled()
}

// stored also has a key, and a snapshot with it in a folder.
func (w *world) stored() {
	w.t.Helper()
	w.open(`
		install -d -o quorate -g quorate -m 700 /srv/quorate-backups
		install -d /etc/systemd/system/quorate.service.d
		printf '[Service]\nReadWritePaths=/srv/quorate-backups\n' > /etc/systemd/system/quorate.service.d/backups.conf`)
	w.must(desk, `
		quorate key create billing
		quorate operator snapshot schedule set --to file:///srv/quorate-backups --every 1h
		quorate operator snapshot schedule run`)
}

// settled waits until every node is open and ready.
func (w *world) settled() {
	w.t.Helper()
	w.until(desk, `for i in 1 2 3; do curl -sfk https://10.0.0.$i:7800/readyz; done`)
}

var seqHash = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{16,}$`)

// share is what a custodian has on paper.
func (w *world) share(n int) string {
	w.t.Helper()
	for _, folder := range []string{"new-custody", "custody"} {
		b, err := os.ReadFile(w.path(desk, "home", folder, fmt.Sprintf("share-%d.txt", n)))
		if err == nil {
			return strings.TrimSpace(string(b))
		}
	}
	w.t.Fatalf("custodian %d has no share", n)
	return ""
}

// fill is what a reader puts in the place of a word in capitals.
func (w *world) fill(word, machine string) string {
	w.t.Helper()
	switch word {
	case "NODE":
		return machine
	case "ID":
		return strings.TrimSpace(w.must(desk, "jq -r .id leaked.json"))
	case "SEQ:HASH":
		out := strings.Fields(w.must(machine, "quorate audit verify /var/lib/quorate/node/audit.log"))
		for _, word := range out {
			if seqHash.MatchString(word) {
				return word
			}
		}
		w.t.Fatalf("audit verify prints no SEQ:HASH: %v", out)
	case "FINGERPRINT":
		return strings.TrimSpace(w.must("node1", "journalctl -u quorate | sed -n 's/.*fingerprint=//p' | head -1"))
	}
	w.t.Fatalf("nobody knows what to put for %s", word)
	return ""
}

// flip changes one byte of an entry in a node's log.
func (w *world) flip(machine, file string) {
	w.t.Helper()
	path := w.path(machine, filepath.FromSlash(file))
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	// The file holds old copies of its pages as well; whichever of them is in use, the entry in it is damaged.
	damaged := bytes.ReplaceAll(b, []byte("policy.put"), []byte("policy.pus"))
	if bytes.Equal(damaged, b) {
		w.t.Fatalf("there is no entry to damage in %s", file)
	}
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		w.t.Fatal(err)
	}
}
