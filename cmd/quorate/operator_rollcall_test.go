package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/vaulttest"
)

func TestRollCallByCommands(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	s := shellAt(t, f, 1)
	out, _ := s.run(0, "", "operator", "roll-call", "start", "--format", "json")
	var r api.RollCall
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	offline := &shell{t: t, common: []string{"--addr", "https://127.0.0.1:1"}}
	proofs, talk := offline.run(0, lines(f, 1, 4), "operator", "roll-call", "prove", r.Call, "--share-file", "-")
	for _, share := range f.Shares() {
		if strings.Contains(proofs+talk, string(share)) {
			t.Error("a share was shown")
		}
	}
	t.Setenv("QUORATE_TOKEN", "")
	wrong := strings.Replace(proofs, "qproof1q", "qproof1p", 1)
	out, talk = s.run(2, "\n"+wrong, "operator", "roll-call", "submit", "-", "--format", "json") // the good one counts all the same
	if !strings.Contains(talk, "line 2 of the input: ") {
		t.Errorf("the wrong one is not named by its line: %s", talk)
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Custodians[0].Answered || !r.Custodians[3].Answered {
		t.Errorf("one good and one wrong proof: %v: %s", err, out)
	}
	s.run(0, proofs, "operator", "roll-call", "submit", "-")
	t.Setenv("QUORATE_TOKEN", string(f.RootToken()))
	out, _ = s.run(0, "", "operator", "roll-call", "status")
	if strings.Count(out, "yes") != 2 || strings.Count(out, "never") != 3 {
		t.Errorf("status: %s", out)
	}
	offline.run(2, lines(f, 1), "operator", "root-token", "prove", r.Call, "--share-file", "-")
	offline.run(2, lines(f, 1), "operator", "roll-call", "prove", "qcall1nonsense", "--share-file", "-")
}

func TestRootTokenByCommands(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	f.Advance(time.Since(f.Now())) // calls are made by the machine's clock
	s := shellAt(t, f, 1)
	t.Setenv("QUORATE_TOKEN", "")
	file := filepath.Join(t.TempDir(), "call.key")
	out, talk := s.run(0, "", "operator", "root-token", "start", "--key-file", file)
	call := strings.TrimSpace(out)
	private, err := os.ReadFile(file)
	if info, _ := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", file, info.Mode(), err)
	}
	if key := strings.Fields(string(private))[1]; strings.Contains(out+talk, key) || strings.Contains(call, key) {
		t.Error("the private key was shown")
	}
	s.run(2, "", "operator", "root-token", "start", "--key-file", file) // what is there is not overwritten
	offline := &shell{t: t, common: []string{"--addr", "https://127.0.0.1:1"}}
	proofs, talk := offline.run(0, lines(f, 2, 3, 5), "operator", "root-token", "prove", call, "--share-file", "-")
	if !strings.Contains(talk, "group root") {
		t.Errorf("the custodian is not told what he agrees to: %s", talk)
	}
	two := strings.Join(strings.Fields(proofs)[:2], "\n")
	s.run(3, two, "operator", "root-token", "finish", "-", "--key-file", file)
	out, _ = s.run(0, proofs, "operator", "root-token", "finish", "-", "--key-file", file, "--format", "json")
	var made struct {
		RootToken string `json:"root_token"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || !strings.HasPrefix(made.RootToken, "qt_") {
		t.Fatalf("%v: %.60s", err, out)
	}
	t.Setenv("QUORATE_TOKEN", made.RootToken)
	s.run(0, "", "key", "create", "by-new-root")
	t.Setenv("QUORATE_TOKEN", "")
	s.run(5, proofs, "operator", "root-token", "finish", "-", "--key-file", file)
}
