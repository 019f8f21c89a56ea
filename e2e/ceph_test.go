package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/rados"
)

// TestCephEncryptsObjectsWhileTheLeaderDies: Ceph's object gateway, configured by the file that `quorate kmip client-cert` wrote, takes the keys of
// encrypted objects from a node that does not lead; the leader is killed, and it goes on, with the key that it knows and with another.
func TestCephEncryptsObjectsWhileTheLeaderDies(t *testing.T) {
	c := open(t)
	for _, name := range []string{"ceph-one", "ceph-two"} {
		if a := c.must(c.nodes[0], create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	c.ok("policy", "put", "rgw", c.write("rgw.cedar", `permit (principal == Certificate::"rgw", action in [Action::"read", Action::"list", Action::"reveal"], resource);`))
	leader, others := c.leader()
	dir := filepath.Join(c.dir, "rgw")
	c.ok("kmip", "client-cert", "rgw", "--out", dir, "--ttl", "1h", "--kmip-addr", others[0].kmip)
	s := rados.ForTest(t, "objects", append(settingsOf(t, filepath.Join(dir, "ceph.conf")), "rgw crypt require ssl = false")...)
	body := bytes.Repeat([]byte("a page of a diary "), 1000)
	put := func(name, key string) error { return s.PutEncrypted(t.Context(), "objects", name, key, body) }
	got := func(name, key string) error {
		b, under, err := s.Object(t.Context(), "objects", name)
		if err == nil && (!bytes.Equal(b, body) || under != key) {
			err = fmt.Errorf("got %d bytes of %d, under %q", len(b), len(body), under)
		}
		return err
	}
	eventually(t, 20*time.Second, "the gateway encrypts", func() error { return put("before", "ceph-one") })
	if err := got("before", "ceph-one"); err != nil {
		t.Error(err)
	}
	if err := put("none", "not-there"); err == nil {
		t.Error("an object is stored under a key that is not there")
	}
	leader.kill()
	eventually(t, 30*time.Second, "the object from before opens", func() error { return got("before", "ceph-one") })
	eventually(t, 30*time.Second, "the gateway encrypts with a key that it never had", func() error { return put("after", "ceph-two") })
	if err := got("after", "ceph-two"); err != nil {
		t.Error(err)
	}
}

// settingsOf are the settings in a configuration, without its sections and comments.
func settingsOf(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "[") {
			all = append(all, line)
		}
	}
	if len(all) != 6 {
		t.Fatalf("%d settings in %s", len(all), file)
	}
	return all
}
