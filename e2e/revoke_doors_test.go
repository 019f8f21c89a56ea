package e2e_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// usage is one way to use a key, at one door.
type usage struct {
	door string
	ask  func(n *node, within time.Duration) reply
}

// reply is what came of one use of a key. A node that is not there, that cannot answer now, or that says anything else, neither
// serves nor refuses.
type reply struct {
	served  bool
	refused bool   // the node said, as this door has it, that the state of the key forbids it
	said    string // unless it served
}

func noReply(err error) reply { return reply{said: err.Error()} }

// byRequest uses a key by an HTTP request.
func (c *cluster) byRequest(door string, r request) usage {
	return usage{door, func(n *node, within time.Duration) reply {
		r := r
		r.within = within
		a, err := c.ask(n, r)
		switch {
		case err != nil:
			return noReply(err)
		case a.status == http.StatusOK:
			return reply{served: true}
		}
		// The keas.kmi door answers a line of text, the API a problem of a kind.
		return reply{refused: a.status == http.StatusConflict && (r.keas || a.problem.Kind == "bad_state"), said: a.String()}
	}}
}

// byKMIP takes a key out by Get at the KMIP port.
func (c *cluster) byKMIP(client tls.Certificate, id string) usage {
	message := kit.KMIPGet(id)
	settings := &tls.Config{RootCAs: poolOf(c.t, c.init.CACertificate), Certificates: []tls.Certificate{client}, MinVersion: tls.VersionTLS12}

	var mu sync.Mutex
	idle := map[*node][]*tls.Conn{} // connections are kept: what is cached for one must not outlive the key; guarded by mu
	c.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, all := range idle {
			for _, conn := range all {
				conn.Close()
			}
		}
	})
	return usage{"KMIP", func(n *node, within time.Duration) reply {
		mu.Lock()
		var conn *tls.Conn
		if last := len(idle[n]) - 1; last >= 0 {
			conn, idle[n] = idle[n][last], idle[n][:last]
		}
		mu.Unlock()
		if conn == nil {
			plain, err := (&tls.Dialer{Config: settings}).DialContext(c.t.Context(), "tcp", n.kmip)
			if err != nil {
				return noReply(err)
			}
			conn = plain.(*tls.Conn)
		}
		answer, err := kit.KMIPExchange(conn, message, within)
		if err != nil {
			conn.Close()
			return noReply(err)
		}
		mu.Lock()
		idle[n] = append(idle[n], conn)
		mu.Unlock()
		served, refused, said := kit.KMIPSaid(answer)
		return reply{served: served, refused: refused, said: said}
	}}
}

// kmipClient is a certificate of a client that a policy lets do everything.
func (c *cluster) kmipClient() tls.Certificate {
	c.t.Helper()
	dir := filepath.Join(c.dir, "doors-client")
	c.ok("kmip", "client-cert", "doors", "--out", dir, "--ttl", "1h", "--kmip-addr", c.nodes[0].kmip)
	c.ok("policy", "put", "doors", c.write("doors.cedar", `permit (principal == Certificate::"doors", action, resource);`))
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "doors.crt"), filepath.Join(dir, "doors.key"))
	if err != nil {
		c.t.Fatal(err)
	}
	return pair
}

// withKEK makes a key at the keas.kmi door, and tells its name and both ways to get it there.
func (c *cluster) withKEK(at *node) (name string, uses []usage) {
	c.t.Helper()
	names := func() ([]string, error) {
		var page api.Keys
		a, err := c.ask(at, get("/v1/keys?consistency=linearizable&limit=1000&name=keas/"))
		if err != nil || a.status != http.StatusOK {
			return nil, fmt.Errorf("listing: %v, %w", a, err)
		}
		a.into(c.t, &page)
		var all []string
		for _, k := range page.Keys {
			all = append(all, k.Name)
		}
		return all, nil
	}
	var made answer
	eventually(c.t, 20*time.Second, "a key of the keas.kmi door", func() error { // the story before may have left an election behind
		before, err := names()
		if err != nil {
			return err
		}
		made, err = c.ask(at, request{method: http.MethodPost, path: "/new", keas: true, noToken: true})
		if err != nil || made.status != http.StatusOK {
			return fmt.Errorf("POST /new: %v, %w", made, err)
		}
		after, err := names()
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(after, func(n string) bool { return slices.Contains(before, n) })
		if len(fresh) != 1 {
			return fmt.Errorf("POST /new made %q", fresh)
		}
		name = fresh[0]
		return nil
	})
	xml := fmt.Sprintf(`<?xml version="1.0"?><methodCall><methodName>get</methodName><params><param><value><base64>%s</base64></value></param></params></methodCall>`, inBase64(made.body))
	key := request{method: http.MethodPost, path: "/key", body: made.body, keas: true, noToken: true}
	call := request{method: http.MethodPost, path: "/RPC2", body: xml, header: map[string]string{"Content-Type": "text/xml"}, keas: true, noToken: true}
	procedure := usage{"XML-RPC", func(n *node, within time.Duration) reply {
		r := call
		r.within = within
		a, err := c.ask(n, r)
		switch {
		case err != nil:
			return noReply(err)
		case a.status == http.StatusOK && !bytes.Contains(a.body, []byte("<fault>")):
			return reply{served: true}
		}
		return reply{refused: a.status == http.StatusOK && bytes.Contains(a.body, []byte("<name>faultCode</name><value><int>409</int>")), said: fmt.Sprintf("%d %s", a.status, a.body)}
	}}
	return name, []usage{c.byRequest("POST /key", key), procedure}
}

// inBase64 is as encoding/json has it.
func inBase64(b []byte) string {
	text, _ := json.Marshal(b) // bytes have a form
	return string(text[1 : len(text)-1])
}

// victim is a key that is taken out of use, with those who use it.
type victim struct {
	name    string
	hammers []*hammer
	acked   time.Time
}

// victims are taken out of use together: a key that REST and KMIP use, and one of the keas.kmi door, where the verb is for that.
type victims struct {
	c   *cluster
	v   revocation
	all []*victim
}

func (c *cluster) victims(at *node, client tls.Certificate, v revocation, name string) *victims {
	c.t.Helper()
	text := c.revocable(at, name, v.verb)
	var r api.Record
	c.must(at, get("/v1/keys/"+name+"?consistency=linearizable")).into(c.t, &r)
	all := &victims{c: c, v: v}
	all.add(name, c.byRequest("REST", v.use(name, text)), c.byKMIP(client, r.ID))
	if v.verb != "destroy" { // that door gives out what is active, and what is active is not destroyed
		made, uses := c.withKEK(at)
		all.add(made, uses...)
	}
	return all
}

func (s *victims) add(name string, uses ...usage) {
	one := &victim{name: name}
	for _, u := range uses {
		one.hammers = append(one.hammers, s.c.hammerBy(u, 1))
	}
	s.all = append(s.all, one)
}

func (s *victims) hammers() (all []*hammer) {
	for _, one := range s.all {
		all = append(all, one.hammers...)
	}
	return all
}

func (s *victims) served(t *testing.T, nodes []*node) {
	t.Helper()
	for _, h := range s.hammers() {
		h.served(t, nodes)
	}
}

// revoke takes all of them out of use at the same time, and tells how long the slowest acknowledgement took.
func (s *victims) revoke(at *node) (took time.Duration) {
	s.c.t.Helper()
	asked := time.Now()
	var acks sync.WaitGroup
	for _, one := range s.all {
		acks.Go(func() {
			a, err := s.c.ask(at, post("/v1/keys/"+one.name+"/"+s.v.verb, s.v.body))
			one.acked = time.Now()
			if err != nil || a.status != http.StatusOK {
				s.c.t.Errorf("%s of %s: %v %v", s.v.verb, one.name, a, err)
			}
		})
	}
	acks.Wait()
	for _, one := range s.all {
		took = max(took, one.acked.Sub(asked))
	}
	if s.c.t.Failed() {
		s.c.t.FailNow()
	}
	return took
}

// after ends the use, and fails the test for each that began after the acknowledgement.
func (s *victims) after(t *testing.T, what string) {
	t.Helper()
	for _, h := range s.hammers() {
		h.finish()
	}
	for _, one := range s.all {
		for _, h := range one.hammers {
			h.after(t, what, one.acked)
		}
	}
}

// refusedEverywhere demands a refusal of every node by every door. All nodes have to be there. One that the story disturbed may have
// to reach the leader first: until then it says something else, and never serves.
func (s *victims) refusedEverywhere() {
	s.c.t.Helper()
	for _, n := range s.c.nodes {
		for _, h := range s.hammers() {
			var o reply
			err := kit.Attempt(10*time.Second, func() error {
				if o = h.use.ask(n, 5*time.Second); o.served || o.refused {
					return nil
				}
				return errors.New(o.said)
			})
			if o.served {
				s.c.t.Errorf("after %s %s serves by %s", s.v.verb, n.name, h.use.door)
			}
			if err != nil {
				s.c.t.Errorf("after %s %s does not refuse by %s, it says: %v", s.v.verb, n.name, h.use.door, err)
			}
		}
	}
}

func (s *victims) tries() string {
	said := ""
	for _, h := range s.hammers() {
		said += fmt.Sprintf(" %s %d", h.use.door, h.tries.Load())
	}
	return said[1:]
}
