package e2e_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestACertificateIsReplacedOnThreeNodes is the story of a certificate that runs out: by the command line and by REST, on nodes that do not lead, and every
// node shows all three objects as they are then.
func TestACertificateIsReplacedOnThreeNodes(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "ca/key", "-a", "ed25519")
	c.ok("key", "create", "web/key", "-a", "ecdsa-p256")
	c.ok("key", "issue", "ca/root", "--by", "ca/key", "--of", "ca/key")
	var first, second, third api.Record
	if err := json.Unmarshal([]byte(c.ok("key", "issue", "web/cert", "--by", "ca/key", "--of", "web/key", "--format", "json")), &first); err != nil {
		t.Fatal(err)
	}
	leader, followers := c.leader()
	r := c.cli(followers[:1], "key", "issue", "--by", "ca/key", "--replace", "web/cert", "--if-match", first.ETag, "--format", "json")
	if err := json.Unmarshal([]byte(r.stdout), &second); r.code != 0 || err != nil {
		t.Fatalf("replacing it: %v, %v", r, err)
	}
	for _, args := range [][]string{{"--replace", first.ID}, {"--replace", "web/cert", "--if-match", "77"}} {
		if r := c.cli(followers, append([]string{"key", "issue", "--by", "ca/key"}, args...)...); r.code != 5 {
			t.Errorf("%v: %v", args, r)
		}
	}
	answer := c.must(followers[1], post("/v1/keys/ca%2Fkey/issue", api.IssueRequest{Replaces: "web/cert"}))
	answer.into(t, &third)
	for _, n := range append(followers, leader) {
		read := func(ref string) (k api.Record) {
			q := get("/v1/keys/" + ref)
			q.header = map[string]string{api.HeaderIndex: answer.header.Get(api.HeaderIndex)}
			c.must(n, q).into(t, &k)
			return k
		}
		of, now, before := read("web%2Fkey"), read("web%2Fcert"), read(second.ID)
		if now.ID != third.ID || !slices.Contains(now.Links, api.Link{Kind: "replaced", To: second.ID}) || !slices.Contains(before.Links, api.Link{Kind: "replacement", To: third.ID}) ||
			!slices.Equal(of.Links, []api.Link{{Kind: "certificate", To: third.ID}}) {
			t.Errorf("%s shows the key with %+v, the certificate %+v, and the one before with %+v", n.name, of.Links, now, before.Links)
		}
	}
}
