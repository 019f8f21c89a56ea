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

	"github.com/quorate/quorate/transport/api"
)

// offline is the command line of somebody who reaches no node and has no token.
var offline = []string{"QUORATE_ADDR=https://127.0.0.1:1", "QUORATE_TOKEN=", "QUORATE_CACERT="}

// proofs are what so many custodians answer to a call, each alone with his share.
func (c *cluster) proofs(noun, call string, custodians ...int) (all []string) {
	c.t.Helper()
	for _, i := range custodians {
		share := c.write(fmt.Sprintf("share-%d", i), c.init.Shares[i-1]+"\n")
		r := c.cliEnv(nil, offline, "operator", noun, "prove", call, "--share-file", share)
		line := strings.TrimSpace(r.stdout)
		if r.code != 0 || !strings.HasPrefix(line, "qproof1") || strings.Contains(r.stdout+r.stderr, c.init.Shares[i-1]) {
			c.t.Fatalf("custodian %d: %v", i, r)
		}
		all = append(all, line)
	}
	return all
}

// refusal demands that a command ended as its kind of error does, and named the kind.
func refusal(t *testing.T, what string, r ran, code int, kind string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.stderr, ": "+kind+": ") && !strings.Contains(r.stderr, `"kind":"`+kind+`"`) {
		t.Errorf("%s: %v, want exit %d %s", what, r, code, kind)
	}
}

// answered are the custodians who have answered the roll call.
func (c *cluster) answered() string {
	c.t.Helper()
	r := c.cli(nil, "operator", "roll-call", "status", "--format", "json")
	var now api.RollCall
	if err := json.Unmarshal([]byte(r.stdout), &now); err != nil {
		c.t.Fatalf("%v: %v", err, r)
	}
	who := ""
	for i, one := range now.Custodians {
		if one.Answered {
			who += fmt.Sprint(i + 1)
		}
	}
	return who
}

// TestCustodiansProveTheirSharesAndMakeARootToken: custodians answer offline, anybody hands the answers in at any node, and what was proved outlives
// the leader that took it. A threshold of them replaces a lost root token; one fewer does not, and no answer counts twice or for something else.
func TestCustodiansProveTheirSharesAndMakeARootToken(t *testing.T) {
	t.Parallel()
	c := open(t)
	stranger := []string{"QUORATE_TOKEN="}
	var called api.RollCall
	if err := json.Unmarshal([]byte(c.ok("operator", "roll-call", "start", "--format", "json")), &called); err != nil {
		t.Fatal(err)
	}
	refusal(t, "a stranger calls", c.cliEnv(nil, stranger, "operator", "roll-call", "start"), 3, "unauthenticated")
	proofs := c.proofs("roll-call", called.Call, 1, 2, 4, 5)
	for i, p := range proofs[:3] {
		if r := c.cliEnv([]*node{c.nodes[i]}, stranger, "operator", "roll-call", "submit", p); r.code != 0 {
			t.Errorf("at %s: %v", c.nodes[i].name, r)
		}
	}
	altered := []byte(proofs[3])
	altered[len(altered)/2] ^= 1
	refusal(t, "an altered proof", c.cliEnv(nil, stranger, "operator", "roll-call", "submit", string(altered)), 2, "invalid")
	if got := c.answered(); got != "124" {
		t.Errorf("custodians %s have answered, want 124", got)
	}
	if r := c.cliEnv(nil, stranger, "operator", "roll-call", "submit", proofs[3]); r.code != 0 {
		t.Error(r)
	}

	lead, rest := c.leader()
	lead.kill()
	eventually(t, 20*time.Second, "what was proved is still known", func() error {
		if r := c.cli(rest, "operator", "roll-call", "status", "--format", "json"); r.code != 0 || strings.Count(r.stdout, `"answered": true`)+strings.Count(r.stdout, `"answered":true`) != 4 {
			return fmt.Errorf("%v", r)
		}
		return nil
	})
	lead.start()
	c.settled(lead)
	c.unseal(lead)
	c.serving(c.nodes...)

	// The root token is lost. A proof for the roll call is none for a token.
	file := filepath.Join(c.dir, "root-call.key")
	r := c.cliEnv(c.nodes[1:2], stranger, "operator", "root-token", "start", "--key-file", file)
	call := strings.TrimSpace(r.stdout)
	if r.code != 0 || !strings.HasPrefix(call, "qcall1") {
		t.Fatal(r)
	}
	finish := func(at *node, proofs ...string) ran {
		return c.cliEnv([]*node{at}, stranger, append([]string{"operator", "root-token", "finish", "--key-file", file, "--format", "json"}, proofs...)...)
	}
	agreed := c.proofs("root-token", call, 2, 3, 5)
	refusal(t, "two of three", finish(c.nodes[2], agreed[:2]...), 3, "denied")
	refusal(t, "one of them twice", finish(c.nodes[2], agreed[0], agreed[1], agreed[1]), 3, "denied")
	refusal(t, "one for the roll call", finish(c.nodes[2], agreed[0], agreed[1], proofs[0]), 2, "invalid")
	r = finish(c.nodes[2], agreed...)
	var made struct {
		RootToken string `json:"root_token"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &made); err != nil || made.RootToken == "" {
		t.Fatalf("%v: %v", err, r)
	}
	for _, n := range c.nodes {
		self := get("/v1/tokens/self")
		self.token = made.RootToken
		eventually(t, 20*time.Second, "the new token works at "+n.name, func() error {
			a, err := c.ask(n, self)
			var its api.Token
			if err != nil || a.status != http.StatusOK || json.Unmarshal(a.body, &its) != nil || its.Principal != "root" {
				return fmt.Errorf("%v %v", a, err)
			}
			return nil
		})
		if _, err := c.clientFor(made.RootToken, n).CreateKey(ctx(t), api.CreateKeyRequest{Name: "by-the-new-root/" + n.name}); err != nil {
			t.Errorf("the new root token makes no key at %s: %v", n.name, err)
		}
	}
	refusal(t, "one call makes two tokens", finish(c.nodes[0], agreed...), 5, "exists")
}

// TestAReplicaInAnotherZoneServesAndHasNoVote: a node that was started with --replica serves reads and takes writes for others, has no
// say in what is written, and gets a vote when an operator gives it one, and loses it again.
func TestAReplicaInAnotherZoneServesAndHasNoVote(t *testing.T) {
	t.Parallel()
	c := open(t, func(c *cluster) {
		for i, n := range c.nodes {
			n.extra = fmt.Sprintf("zone: z%d\n", i+1)
		}
	})
	at := c.nodes[0]
	const stabilize = time.Second // the autopilot's default would be ten
	c.ok("operator", "autopilot", "set", "--stabilize", stabilize.String())
	far := c.addNode("far", c.joinToken("far-token", "--uses", "1"))
	far.extra = "zone: overseas\nreplica: true\n"
	far.start()
	c.becomes(at, "far", "nonvoter")
	c.settled(far)
	c.unseal(far)
	c.serving(far)
	if a := c.must(far, create("written-at-the-replica", true)); a.status != http.StatusCreated {
		t.Fatalf("a write at the replica: %v", a)
	}
	c.mustSee(far, "written-at-the-replica", nil, 1)
	member := func(name string) api.Member {
		t.Helper()
		s, err := c.status(at)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(s.Members, func(m api.Member) bool { return m.ID == name })
		if i < 0 {
			t.Fatalf("there is no member %s: %+v", name, s.Members)
		}
		return s.Members[i]
	}
	for name, zone := range map[string]string{"n1": "z1", "n2": "z2", "n3": "z3", "far": "overseas"} {
		eventually(t, 10*time.Second, "the zone of "+name+" is known", func() error {
			if m := member(name); m.Zone != zone || m.Replica != (name == "far") {
				return fmt.Errorf("%+v", m)
			}
			return nil
		})
	}
	c.stays(at, "far", "nonvoter", stabilize+3*time.Second) // another node would have a vote by then
	// A voter less: two of three go on, whatever the replica says. With two of three gone it is no help.
	c.nodes[2].kill()
	if _, err := c.client(c.nodes[0], c.nodes[1]).CreateKey(ctx(t), api.CreateKeyRequest{Name: "by-two-voters"}); err != nil {
		t.Errorf("two of three voters do not write: %v", err)
	}
	c.nodes[1].kill()
	eventually(t, 4*lease, "one voter and a replica serve nothing", func() error {
		for _, n := range []*node{c.nodes[0], far} {
			if a, err := c.ask(n, get("/v1/keys/by-two-voters")); err != nil || a.status != http.StatusServiceUnavailable {
				return fmt.Errorf("%s: %v %v", n.name, a, err)
			}
		}
		return nil
	})
	if a, err := c.ask(c.nodes[0], create("by-one-voter", false)); err == nil && a.status/100 == 2 {
		t.Errorf("one voter and a replica write: %v", a)
	}
	for _, n := range c.nodes[1:] {
		n.start()
		c.settled(n)
	}
	c.unseal(c.nodes[1])
	c.serving(append(c.nodes, far)...)

	// Promoted, it counts: with one of the three gone, it and another two are three of four.
	c.stays(at, "far", "nonvoter", 0)
	c.ok("operator", "promote", "far")
	c.becomes(at, "far", "voter")
	lead, rest := c.leader()
	c.ok("operator", "step-down", "--to", "far")
	c.becomes(at, "far", "leader")
	if a := c.must(rest[0], create("led-from-overseas", false)); a.status != http.StatusCreated {
		t.Errorf("the promoted replica leads and does not write: %v", a)
	}
	c.ok("operator", "step-down", "--to", lead.name)
	c.becomes(at, lead.name, "leader")
	c.ok("operator", "demote", "far")
	c.becomes(at, "far", "nonvoter")
	far.kill()
	rest[0].kill()
	if _, err := c.client(lead, rest[1]).CreateKey(ctx(t), api.CreateKeyRequest{Name: "without-it"}); err != nil {
		t.Errorf("after it was demoted, it is missed: %v", err)
	}
}
