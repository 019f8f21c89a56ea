package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// secret is something that must be nowhere, and what it is.
type secret struct {
	what  string
	bytes []byte
}

// forms are the ways in which a secret could be written down. Base64 depends on where it begins within a longer
// text; so its inner letters are sought at all three alignments.
func (s secret) forms() map[string][]byte {
	all := map[string][]byte{
		"raw": s.bytes, "hex": []byte(hex.EncodeToString(s.bytes)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(s.bytes))),
	}
	for shift := range 3 {
		b := append(bytes.Repeat([]byte{0}, shift), s.bytes...)
		std := base64.StdEncoding.EncodeToString(b)
		inner := std[4*((shift+2)/3) : 4*(len(b)/3)]
		all[fmt.Sprintf("base64+%d", shift)] = []byte(inner)
		all[fmt.Sprintf("base64url+%d", shift)] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(inner))
	}
	return all
}

// form is one way in which a secret could be written down.
type form struct {
	name  string
	bytes []byte
}

// found lists where any form of any secret lies. It goes through a text once, whatever the number of forms: there are hundreds, and the
// files of three nodes take 200 MiB.
func found(text []byte, secrets []secret) (hits []string) {
	const head = 4 // no form is shorter
	var begins [1 << 16]bool
	by := map[[head]byte][]form{}
	for _, s := range secrets {
		for name, f := range s.forms() {
			begins[int(f[0])<<8|int(f[1])] = true
			by[[head]byte(f)] = append(by[[head]byte(f)], form{s.what + " as " + name, f})
		}
	}
	for i := 0; i+head <= len(text); i++ {
		if !begins[int(text[i])<<8|int(text[i+1])] {
			continue
		}
		for _, f := range by[[head]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], f.bytes) && !slices.Contains(hits, f.name) {
				hits = append(hits, f.name)
			}
		}
	}
	return hits
}

func TestSecretsAreNowhereOnDiskInLogsOrMetrics(t *testing.T) {
	network, deaf := listen(t)
	c := open(t, func(c *cluster) {
		for _, n := range c.nodes {
			n.extra = "log:\n  level: debug\n"
		}
	})
	var secrets []secret
	add := func(what string, b []byte) { secrets = append(secrets, secret{what, b}) }
	add("the root token", []byte(c.root))
	add("the join token", []byte(c.init.JoinToken))
	for i, s := range c.init.Shares {
		add(fmt.Sprintf("share %d", i+1), []byte(s))
		add(fmt.Sprintf("the payload of share %d", i+1), []byte(s[len(s)-60:]))
	}
	for i := range 12 {
		n := c.nodes[i%3]
		name := fmt.Sprintf("canary/%d", i)
		if a := c.must(n, create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
		for version := range 2 {
			var m api.Material
			c.must(n, get("/v1/keys/"+name+"/material")).into(t, &m)
			add(fmt.Sprintf("the key %s version %d", name, version+1), m.Material)
			plain := []byte(fmt.Sprintf("plaintext-of-the-canary-%d-%d", i, version))
			add("a plaintext", plain)
			var e api.EncryptResponse
			c.must(n, post("/v1/keys/"+name+"/encrypt", api.EncryptRequest{Plaintext: plain})).into(t, &e)
			var d api.DecryptResponse
			c.must(n, post("/v1/keys/"+name+"/decrypt", api.DecryptRequest{Ciphertext: e.Ciphertext})).into(t, &d)
			if !bytes.Equal(d.Plaintext, plain) {
				t.Fatal("decrypt gives another plaintext")
			}
			var k api.DataKeyResponse
			c.must(n, post("/v1/keys/"+name+"/datakey", api.DataKeyRequest{Bits: 256, Plaintext: true})).into(t, &k)
			add("a data key", k.Plaintext)
			if a := c.must(n, post("/v1/keys/"+name+"/rotate", nil)); a.status != http.StatusOK {
				t.Fatal(a)
			}
		}
		// Requests that fail, with secrets in them.
		c.must(n, post("/v1/keys/"+name+"/decrypt", api.DecryptRequest{Ciphertext: "plaintext-of-the-canary-0-0"}))
		c.must(n, handIn(c.init.Shares[0][:80]+"q"+c.init.Shares[0][81:]))
		c.must(n, handIn(c.init.Shares[1]))
	}
	tok := c.token(api.TokenRequest{Principal: "canary", TTL: "1h"})
	add("a token", []byte(tok.Token))
	use := get("/v1/keys/canary/0")
	use.token = tok.Token
	c.must(c.nodes[2], use)
	kek, _ := c.wget(c.nodes[0], "/new", "")
	file := c.write("kek-of-the-client", string(kek))
	dek, status := c.wget(c.nodes[1], "/key", file)
	if status != http.StatusOK {
		t.Fatalf("keas: %d", status)
	}
	add("a keas DEK", dek)
	add("a keas KEK", bytes.ReplaceAll(kek[200:260], []byte("\n"), nil))
	if r := c.cli(nil, "operator", "rotate-keyring"); r.code != 0 {
		t.Errorf("rotate-keyring: %v", r)
	}

	c.slots("add", "quorum") // members' shares, dealt and given to one that restarts
	for i, n := range c.nodes {
		for _, s := range n.shares() {
			add(fmt.Sprintf("the share of member %d", i+1), s)
		}
	}
	c.nodes[2].kill()
	c.nodes[2].start()
	c.serving(c.nodes[2])

	for _, n := range c.nodes {
		m := c.must(n, get("/metrics"))
		if m.status != http.StatusOK || !bytes.Contains(m.body, []byte("# HELP")) {
			t.Errorf("the metrics of %s: %v", n.name, m)
		}
		for _, hit := range found(m.body, secrets) {
			t.Errorf("the metrics of %s hold %s", n.name, hit)
		}
	}
	c.artefacts(secrets)
	c.scan(secrets) // while they run
	for _, n := range c.nodes {
		n.stop()
	}
	c.scan(secrets)
	t.Run("network", func(t *testing.T) {
		if deaf != nil {
			t.Skipf("the network is not listened to: %v", deaf)
		}
		network.quiet(t, c.nodes, secrets)
	})
	c.scannerBites(secrets)
	c.auditHolds()
}

// artefacts are what operators carry away: a snapshot, a drill's report, what the CLI says of the cluster.
func (c *cluster) artefacts(secrets []secret) {
	c.t.Helper()
	snapshot, report := filepath.Join(c.dir, "canary.qsnap"), filepath.Join(c.dir, "drill.json")
	c.ok("operator", "snapshot", "save", snapshot)
	drill := []string{"operator", "drill", snapshot, "--out", report}
	for i := range 3 {
		drill = append(drill, "--share-file", c.write(fmt.Sprint("share-", i), c.init.Shares[i]+"\n"))
	}
	said := c.ok(drill...)
	for _, args := range [][]string{{"status"}, {"key", "list"}, {"operator", "slots", "list"}, {"operator", "snapshot", "inspect", snapshot}} {
		said += c.ok(append(args, "--format", "json")...)
	}
	for _, hit := range found([]byte(said), secrets) {
		c.t.Errorf("the CLI says %s", hit)
	}
	files, size := 0, 0
	for _, file := range []string{snapshot, report} {
		if n := c.scanFile(file, secrets); n > 0 {
			files, size = files+1, size+n
		}
	}
	if files != 2 || size < 1000 {
		c.t.Errorf("%d artefacts with %d bytes were scanned", files, size)
	}
}

// auditHolds checks the chain of every node's audit log, and that an edit of it is noticed.
func (c *cluster) auditHolds() {
	c.t.Helper()
	for _, n := range c.nodes {
		trail := filepath.Join(n.dir, "audit.log")
		if r := c.cli(nil, "audit", "verify", trail); r.code != 0 {
			c.t.Errorf("the audit log of %s does not verify: %v", n.name, r)
		}
		b, err := os.ReadFile(trail)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, op := range []string{`"sys.unseal"`, `"create"`} {
			if !bytes.Contains(b, []byte(op)) && !bytes.Contains(b, []byte(strings.ReplaceAll(op, `"create"`, `"key.create"`))) {
				c.t.Errorf("the audit log of %s knows nothing of %s", n.name, op)
			}
		}
		edited := bytes.Replace(b, []byte("canary/"), []byte("kanary/"), 1)
		if bytes.Equal(edited, b) {
			c.t.Errorf("the audit log of %s does not name the keys that were used", n.name)
			continue
		}
		if r := c.cli(nil, "audit", "verify", c.write("edited.log", string(edited))); r.code == 0 {
			c.t.Errorf("an edited audit log of %s verifies", n.name)
		}
	}
}

// scan looks through every file of every node, and through what the processes wrote.
func (c *cluster) scan(secrets []secret) {
	c.t.Helper()
	files, size := 0, 0
	for _, n := range c.nodes {
		held := map[string]int{} // bytes that were scanned, by the file's name
		look := func(path string) {
			k := c.scanFile(path, secrets)
			files, size = files+1, size+k
			held[filepath.Base(path)] += k
		}
		err := filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // a running node just removed it
			case err != nil:
				return err
			case d.Type().IsRegular() && filepath.Base(filepath.Dir(path)) != "shares": // where a member's share belongs
				look(path)
			}
			return nil
		})
		if err != nil {
			c.t.Fatal(err)
		}
		look(n.proc.Log)
		for _, name := range []string{"raft.db", "audit.log", filepath.Base(n.proc.Log)} {
			if held[name] == 0 {
				c.t.Errorf("of %s no %s was scanned: %v", n.name, name, held)
			}
		}
	}
	c.t.Logf("scanned %d files with %d KiB for %d secrets in %d forms each", files, size>>10, len(secrets), len(secrets[0].forms()))
}

// scanFile tells how many bytes it went through: none of a file that a running node just removed.
func (c *cluster) scanFile(path string, secrets []secret) int {
	c.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.t.Errorf("it cannot be scanned: %v", err)
	}
	for _, hit := range found(b, secrets) {
		c.t.Errorf("%s holds %s", path, hit)
	}
	return len(b)
}

// scannerBites is the control: each form of each secret is found when it is there.
func (c *cluster) scannerBites(secrets []secret) {
	c.t.Helper()
	for _, s := range secrets {
		j, err := json.Marshal(map[string][]byte{"a": s.bytes})
		if err != nil {
			c.t.Fatal(err)
		}
		for name, text := range map[string][]byte{
			"raw": append([]byte("xy"), s.bytes...), "json": j, "hex": fmt.Appendf(nil, "z%xz", s.bytes),
			"url": []byte(base64.RawURLEncoding.EncodeToString(append([]byte("k"), s.bytes...))),
		} {
			if len(found(text, []secret{s})) == 0 {
				c.t.Errorf("the scanner does not see %s in %s", s.what, name)
			}
		}
	}
}
