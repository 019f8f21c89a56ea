package e2e_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestADualKeyUnderLegalHoldIsDestroyedByNeitherDoor makes a key at the keas.kmi door, sets a hold and tries to end it by the API, by the
// command line and by whatever can be asked of the keas.kmi door, by whom it was made included.
func TestADualKeyUnderLegalHoldIsDestroyedByNeitherDoor(t *testing.T) {
	t.Parallel()
	c := open(t)
	kek, status := c.wget(c.nodes[0], "/new", "")
	if status != http.StatusOK {
		t.Fatalf("POST /new: %d", status)
	}
	file := c.write("kek.pem", string(kek))
	dek, status := c.wget(c.nodes[1], "/key", file)
	if status != http.StatusOK || len(dek) == 0 {
		t.Fatalf("POST /key: %d, %d bytes", status, len(dek))
	}
	c.ok("policy", "put", "legal-hold", "../deployments/config/policies/legal-hold.cedar")
	counsel := c.knownToken(api.TokenRequest{Principal: "counsel", Groups: []string{"legal"}, TTL: "30d"}).Token
	var page api.Keys
	c.must(c.nodes[0], get("/v1/keys?name=keas/")).into(t, &page)
	if len(page.Keys) != 1 {
		t.Fatalf("the door made %d keys", len(page.Keys))
	}
	made := page.Keys[0]
	tagged, none := map[string]string{"legal-hold": "case 7"}, map[string]string{}
	tags := func(to *map[string]string) request {
		return request{method: http.MethodPatch, path: "/v1/keys/" + made.Name, body: api.UpdateKeyRequest{Tags: to}}
	}
	if a := c.must(c.nodes[0], tags(&tagged)); a.status != http.StatusOK {
		t.Fatalf("setting the hold: %v", a)
	}

	// The door gives out what is active alone, so one key stays in use, and another, held too, is as far as it can come.
	ended, status := c.wget(c.nodes[2], "/new", "")
	if status != http.StatusOK {
		t.Fatalf("POST /new: %d", status)
	}
	c.must(c.nodes[0], get("/v1/keys?consistency=linearizable&name=keas/")).into(t, &page)
	idle := page.Keys[0]
	if idle.ID == made.ID {
		idle = page.Keys[1]
	}
	if a := c.must(c.nodes[0], request{method: http.MethodPatch, path: "/v1/keys/" + idle.Name, body: api.UpdateKeyRequest{Tags: &tagged}}); a.status != http.StatusOK {
		t.Fatalf("setting the hold: %v", a)
	}
	c.ok("key", "deactivate", idle.Name)
	idleFile := c.write("idle.pem", string(ended))

	later, one := atOnce(), atOnce()
	later.After, one.Version = nil, 1
	for what, door := range map[string]request{
		"now":            on(idle.Name, "destroy", atOnce()),
		"while in use":   on(made.Name, "destroy", atOnce()),
		"by its id":      on(idle.ID, "destroy", atOnce()),
		"in a week":      on(idle.Name, "destroy", later),
		"one version":    on(idle.Name, "destroy", one),
		"as counsel":     {method: http.MethodPost, path: "/v1/keys/" + idle.Name + "/destroy", body: atOnce(), token: counsel},
		"purging it":     on(idle.Name, "purge", struct{}{}),
		"untagged first": tags(&none),
	} {
		for _, n := range c.nodes {
			if a := c.must(n, door); a.status != http.StatusForbidden || a.problem.Kind != "denied" {
				t.Errorf("by REST, %s, at %s: %v", what, n.name, a)
			}
		}
	}
	if r := c.cli(c.nodes, "key", "destroy", idle.Name, "--force", "--after", "0s", "--yes"); r.code != 3 {
		t.Errorf("by the command line: %v", r)
	}

	// The keas.kmi door has no way to end a key, and none that ends one by the way: not by methods, not by procedures, not by making it anew.
	call := func(method string) string {
		return fmt.Sprintf(`<?xml version="1.0"?><methodCall><methodName>%s</methodName><params><param><value><base64>%s</base64></value></param></params></methodCall>`, method, base64.StdEncoding.EncodeToString(kek))
	}
	for _, n := range c.nodes {
		for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodPatch} {
			for _, path := range []string{"/key", "/new", "/", "/RPC2"} {
				if a := c.must(n, request{method: method, path: path, body: kek, keas: true, noToken: true}); a.status != http.StatusMethodNotAllowed {
					t.Errorf("%s %s at %s: %v", method, path, n.name, a)
				}
			}
			if a := c.must(n, request{method: method, path: "/" + made.Name, keas: true}); a.status != http.StatusNotFound {
				t.Errorf("%s /%s at %s: %v", method, made.Name, n.name, a)
			}
		}
		for _, procedure := range []string{"destroy", "delete", "remove", "revoke"} {
			a := c.must(n, request{method: http.MethodPost, path: "/RPC2", body: call(procedure), header: map[string]string{"Content-Type": "text/xml"}, keas: true, noToken: true})
			if !strings.Contains(string(a.body), "There is no such method") {
				t.Errorf("procedure %s at %s: %v", procedure, n.name, a)
			}
		}
		again := c.must(n, request{method: http.MethodPost, path: "/v1/kmi/import", body: api.ImportKMIRequest{Name: strings.TrimPrefix(made.Name, "keas/"), Encrypted: make([]byte, 256)}})
		if again.status < 400 {
			t.Errorf("importing over it at %s: %v", n.name, again)
		}
		if got, status := c.wget(n, "/key", file); status != http.StatusOK || !bytes.Equal(got, dek) {
			t.Errorf("POST /key at %s afterwards: %d, the same: %v", n.name, status, bytes.Equal(got, dek))
		}
		if _, status := c.wget(n, "/key", idleFile); status != http.StatusConflict {
			t.Errorf("POST /key of what is deactivated at %s: %d", n.name, status)
		}
		var now api.Record
		c.must(n, get("/v1/keys/"+idle.Name)).into(t, &now)
		if now.State != "deactivated" || now.Versions[0].State != "deactivated" || now.DestroyAt != "" || now.Versions[0].DestroyAt != "" {
			t.Errorf("%s has %+v", n.name, now)
		}
	}

	// It was the hold that stood in the way.
	lift := request{method: http.MethodPatch, path: "/v1/keys/" + idle.Name, body: api.UpdateKeyRequest{Tags: &none}, token: counsel}
	if a := c.must(c.nodes[0], lift); a.status != http.StatusOK {
		t.Fatalf("lifting the hold: %v", a)
	}
	if a := c.must(c.nodes[1], on(idle.Name, "destroy", atOnce())); a.status != http.StatusOK {
		t.Fatalf("destroying without a hold: %v", a)
	}
	for _, n := range c.nodes {
		var now api.Record
		c.must(n, get("/v1/keys/"+idle.Name+"?consistency=linearizable")).into(t, &now)
		if _, status := c.wget(n, "/key", idleFile); status < 400 || now.State != "destroyed" {
			t.Errorf("at %s after its destruction: %d, %s", n.name, status, now.State)
		}
	}
}
