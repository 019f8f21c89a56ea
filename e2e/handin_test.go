package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// by runs a command with nothing but what a custodian's own machine has: no address, no token.
func (c *cluster) by(env []string, args ...string) ran {
	return c.cliEnv(nil, append([]string{"QUORATE_ADDR=https://127.0.0.1:1", "QUORATE_TOKEN="}, env...), args...)
}

// Custodians encrypt their shares on machines that reach nothing; who hands the files in has no share and no token.
func TestSharesAreHandedInByFile(t *testing.T) {
	t.Parallel()
	c := open(t)
	if r := c.cli(nil, "operator", "seal"); r.code != 0 {
		t.Fatal(r)
	}
	at := func(name string) string { return filepath.Join(c.dir, name) }
	var request string
	var asked ran
	tries := 0
	eventually(t, 30*time.Second, "all three members give a key", func() error { // a member that is busy gives none to the first request
		tries++
		request = at(fmt.Sprintf("request-%d.txt", tries))
		asked = c.cliEnv(c.nodes[:1], []string{"QUORATE_TOKEN="}, "operator", "unseal", "--request", request)
		if asked.code != 0 || !strings.Contains(asked.stdout, "n1, n2, n3") {
			return fmt.Errorf("%v", asked)
		}
		return nil
	})
	fingerprint := ""
	for line := range strings.Lines(asked.stdout) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Fingerprint"); ok {
			fingerprint = strings.Trim(rest, ": \t")
		}
	}
	files := make([]string, 4)
	for i := range files {
		files[i] = at("share-" + string(rune('1'+i)) + ".qhand")
		plain := c.write("share-"+string(rune('1'+i))+".txt", c.init.Shares[i])
		env, args := []string{"QUORATE_CACERT=" + c.caFile}, []string{"operator", "share", "encrypt", "--to", request, "--share-file", plain, "-o", files[i]}
		if i == 1 { // this one has no certificate, but was told the fingerprint
			env = []string{"QUORATE_CACERT="}
			if r := c.by(env, args...); r.code == 0 || !strings.Contains(r.stderr, "--fingerprint") {
				t.Errorf("a request that nothing vouches for: %v", r)
			}
			if r := c.by(env, append(args, "--fingerprint", "0000-0000-0000-0000-0000-0000-0000-0000")...); r.code == 0 {
				t.Errorf("a wrong fingerprint: %v", r)
			}
			args = append(args, "--fingerprint", fingerprint)
		}
		if r := c.by(env, args...); r.code != 0 {
			t.Fatal(r)
		}
		text, err := os.ReadFile(files[i])
		if err != nil || strings.Contains(string(text), "qshare") {
			t.Fatalf("%s %v", text, err)
		}
	}
	other := blank(t, 1)
	other.found()
	if r := other.by([]string{"QUORATE_CACERT=" + other.caFile}, "operator", "share", "encrypt", "--to", request, "--share-file", at("share-1.txt"), "-o", at("no.qhand")); r.code == 0 ||
		!strings.Contains(r.stderr, "not to be trusted") {
		t.Errorf("another cluster's CA: %v", r)
	}
	if r := other.cliEnv(other.nodes, []string{"QUORATE_TOKEN="}, "operator", "unseal", "--hand-in", files[0]); r.code == 0 || !strings.Contains(r.stderr, "for cluster") {
		t.Errorf("handed in elsewhere: %v", r)
	}

	if r := c.cliEnv(c.nodes[1:2], []string{"QUORATE_TOKEN="}, "operator", "unseal", "--hand-in", files[0]); r.code != 0 {
		t.Fatal(r)
	}
	c.nodes[2].kill() // its key is gone with it
	c.nodes[2].start()
	if err := c.knows(c.nodes[2]); err != nil { // which cluster it is in, or the file would be refused
		t.Fatal(err)
	}
	r := c.cliEnv(c.nodes[2:], []string{"QUORATE_TOKEN="}, "operator", "unseal", "--hand-in", files[1], "--hand-in", files[2])
	if r.code != 0 {
		t.Fatal(r)
	}
	c.serving(c.nodes...)
	r = c.cliEnv(c.nodes[:1], []string{"QUORATE_TOKEN="}, "operator", "unseal", "--hand-in", files[3])
	if r.code == 0 || !strings.Contains(r.stderr, "ended") || !strings.Contains(r.stderr, "opened") {
		t.Errorf("after the ceremony: %v", r)
	}
}
