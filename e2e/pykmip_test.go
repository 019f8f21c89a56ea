package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// pykmip runs PyKMIP's client with a configuration and reads what it printed.
func (c *cluster) pykmip(out any, conf string, args ...string) error {
	c.t.Helper()
	return c.pythonWithKMIP(out, "testdata/pykmip.py", append([]string{conf}, args...)...)
}

// pythonWithKMIP runs a script with a Python that has PyKMIP, and reads what it printed.
func (c *cluster) pythonWithKMIP(out any, script string, args ...string) error {
	c.t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(c.t.Context(), python, "-c", "import kmip, ssl; ssl.wrap_socket").Run() != nil {
			continue
		}
		b, err := exec.CommandContext(c.t.Context(), python, append([]string{"-W", "ignore", script}, args...)...).Output()
		if err != nil {
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return fmt.Errorf("%v: %w: %s", args, err, exit.Stderr)
			}
			return err
		}
		return json.Unmarshal(b, out)
	}
	c.t.Skip("there is no python3 with PyKMIP that it can run (Debian: python3-pykmip, with a Python before 3.12): `make clients` installs it")
	return nil
}

// TestPyKMIPUsesAndEndsKeysOfOtherDoors: keys that the command line made at one node are used at the second and the third by a
// client that nobody here wrote, destroyed there, and the API says so; a stranger learns nothing.
func TestPyKMIPUsesAndEndsKeysOfOtherDoors(t *testing.T) {
	t.Parallel()
	c := open(t)
	first := c.nodes[:1]
	for _, args := range [][]string{{"app/aes"}, {"app/rsa", "--algorithm", "rsa-2048"}, {"app/mac", "--algorithm", "hmac-sha256", "--exportable"}} {
		if r := c.cli(first, append([]string{"key", "create"}, args...)...); r.code != 0 {
			t.Fatal(r)
		}
	}
	c.ok("policy", "put", "app", c.write("app.cedar", `permit (principal == Certificate::"app", action, resource in Folder::"app");`))
	conf := func(name string, n *node) string {
		dir := filepath.Join(c.dir, name+"-at-"+n.name)
		c.ok("kmip", "client-cert", name, "--out", dir, "--ttl", "1h", "--kmip-addr", n.kmip)
		return filepath.Join(dir, "pykmip.conf")
	}
	second, third := conf("app", c.nodes[1]), conf("app", c.nodes[2])
	eventually(t, lease, "the policy is known to the second node", func() error {
		var found []string
		if err := c.pykmip(&found, second, "find", "app/aes"); err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("found %v", found)
		}
		return nil
	})
	var used struct {
		ID                          string
		Attributes                  []string
		Values                      map[string]string
		GCM, CBC, Given             sealedByPyKMIP
		Valid, Other, MAC, Material string
		OAEP                        bool
	}
	if err := c.pykmip(&used, second, "use", "app/aes", "app/rsa", "app/mac"); err != nil {
		t.Fatal(err)
	}
	if !used.GCM.Back || !used.CBC.Back || !used.Given.Back || !used.OAEP || len(used.GCM.IV) != 24 || len(used.CBC.IV) != 32 || used.Given.IV != "" {
		t.Errorf("encrypting and decrypting: %+v", used)
	}
	if used.Valid != "VALID" || used.Other != "INVALID" {
		t.Errorf("a signature is %s, over something else %s", used.Valid, used.Other)
	}
	material, err := hex.DecodeString(used.Material)
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, material)
	h.Write([]byte("a page of a diary, which is longer than one block"))
	if want := hex.EncodeToString(h.Sum(nil)); used.MAC != want {
		t.Errorf("the MAC is %s, want %s", used.MAC, want)
	}
	if !slices.Contains(used.Attributes, "State") || used.Values["Cryptographic Length"] != "256" {
		t.Errorf("attributes %v, %v", used.Attributes, used.Values)
	}
	var back bool
	if err := c.pykmip(&back, third, "opens", used.ID, used.CBC.Data, used.CBC.IV); err != nil || !back {
		t.Errorf("the third node opens what the second encrypted: %v, %v", back, err)
	}
	c.strangersLearnNothing(conf("stranger", c.nodes[1]), used.ID)
	c.serverSays(second)

	var ended map[string][]string
	if err := c.pykmip(&ended, third, "end", used.ID); err != nil {
		t.Fatal(err)
	}
	if len(ended["active"]) == 0 || len(ended["revoked"]) == 0 || len(ended["destroyed"]) == 0 {
		t.Errorf("an active key, a revoked one and a destroyed one: %v", ended)
	}
	for _, n := range c.nodes {
		var r api.Record
		c.must(n, get("/v1/keys/app/aes")).into(t, &r)
		if r.State != "destroyed" || r.ID != used.ID {
			t.Errorf("%s: the key %s is %s", n.name, r.ID, r.State)
		}
	}
}

// sealedByPyKMIP is what PyKMIP got from Encrypt, in hexadecimal, and whether it decrypted.
type sealedByPyKMIP struct {
	Data, IV string
	Back     bool
}

func (c *cluster) strangersLearnNothing(conf, id string) {
	c.t.Helper()
	var told map[string][2][]string
	if err := c.pykmip(&told, conf, "refused", id); err != nil {
		c.t.Fatal(err)
	}
	for op, pair := range told {
		if !slices.Equal(pair[0], pair[1]) || !slices.Equal(pair[0], []string{"ITEM_NOT_FOUND", "there is no such object"}) {
			c.t.Errorf("a stranger's %s: %v of a key, %v of none", op, pair[0], pair[1])
		}
	}
	if len(told) != 4 {
		c.t.Errorf("a stranger was told %v", told)
	}
}

// serverSays: PyKMIP's lower client and `quorate kmip query` are told the same.
func (c *cluster) serverSays(conf string) {
	c.t.Helper()
	var said struct {
		Operations, Versions []string
		Vendor               string
	}
	if err := c.pykmip(&said, conf, "server"); err != nil {
		c.t.Fatal(err)
	}
	if said.Vendor != "Quorate" || !slices.Contains(said.Operations, "ENCRYPT") || !slices.Contains(said.Versions, "2.1") {
		c.t.Errorf("the server says %+v", said)
	}
	dir := filepath.Dir(conf)
	r := c.cliEnv(nil, []string{"QUORATE_CLIENT_CERT=" + filepath.Join(dir, "app.crt"), "QUORATE_CLIENT_KEY=" + filepath.Join(dir, "app.key")},
		"kmip", "query", "--kmip-addr", c.nodes[1].kmip, "--format", "json")
	var told struct{ Operations, Versions []string }
	if r.code != 0 || json.Unmarshal([]byte(r.stdout), &told) != nil {
		c.t.Fatal(r)
	}
	if !slices.Equal(told.Versions, said.Versions) || len(told.Operations) < len(said.Operations) {
		c.t.Errorf("quorate kmip query tells %+v, PyKMIP %+v", told, said)
	}
}

// TestPyKMIPMakesObjects: what PyKMIP's client makes at one node is made, changed and ended as it wants; the API of every node has it.
func TestPyKMIPMakesObjects(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("policy", "put", "app", c.write("app.cedar", `permit (principal == Certificate::"app", action, resource);`))
	dir := filepath.Join(c.dir, "app")
	c.ok("kmip", "client-cert", "app", "--out", dir, "--ttl", "1h", "--kmip-addr", c.nodes[2].kmip)
	conf := filepath.Join(dir, "pykmip.conf")
	eventually(t, lease, "the policy is known to the third node", func() error {
		var found []string
		return c.pykmip(&found, conf, "find", "none")
	})
	var made struct {
		Wrong   map[string]string
		Derived string
	}
	if err := c.pykmip(&made, conf, "objects"); err != nil {
		t.Fatal(err)
	}
	for step, wrong := range made.Wrong {
		t.Errorf("%s: %s", step, wrong)
	}
	dir = filepath.Join(c.dir, "app-at-the-first")
	c.ok("kmip", "client-cert", "app", "--out", dir, "--ttl", "1h", "--kmip-addr", c.nodes[0].kmip)
	c.everyMethodOfPyKMIP(filepath.Join(dir, "pykmip.conf"), conf)
	for _, n := range c.nodes {
		var r api.Record
		c.must(n, get("/v1/keys/"+made.Derived)).into(t, &r)
		if r.ID != made.Derived || r.Origin != "derived" || r.Owner != "app" {
			t.Errorf("%s: the derived key is %+v", n.name, r)
		}
	}
}

// everyMethodOfPyKMIP: each public method of both of PyKMIP's clients does what it is for, objects being made at one node and used at another.
// The methods are asked of PyKMIP itself: one that nobody calls here is an error.
func (c *cluster) everyMethodOfPyKMIP(one, other string) {
	c.t.Helper()
	var told map[string]struct {
		Called int
		Missed []string
		Wrong  map[string]string
	}
	if err := c.pythonWithKMIP(&told, "testdata/pykmip_methods.py", one, other); err != nil {
		c.t.Fatal(err)
	}
	for client, least := range map[string]int{"ProxyKmipClient": 23, "KMIPProxy": 29} {
		got := told[client]
		if got.Called < least || len(got.Missed) > 0 {
			c.t.Errorf("of %s %d methods were called, and these were not: %v", client, got.Called, got.Missed)
		}
		for method, wrong := range got.Wrong {
			c.t.Errorf("%s.%s: %s", client, method, wrong)
		}
	}
}
