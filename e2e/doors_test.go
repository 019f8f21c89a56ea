package e2e_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// openRoutes are all that a stranger may call. A share that is handed in, and a custodian's proof, are their own credentials.
var openRoutes = []string{
	"GET /livez", "GET /readyz", "GET /v1/openapi.json", "GET /v1/sys/status", "GET /v1/sys/doctor", "GET /metrics",
	"POST /v1/sys/init", "POST /v1/sys/unseal", "POST /v1/sys/unseal/reset", "POST /v1/sys/unseal/request",
	"POST /v1/sys/roll-call/submit", "POST /v1/sys/root-token",
}

// parts is a restore's body as far as the door reads it before the vault asks who calls.
const parts = "--b\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{\"yes_replace_state\":true}\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"snapshot\"\r\n\r\nQSNAP\r\n--b--\r\n"

// ownRoutes are what every caller may do with itself.
var ownRoutes = []string{"GET /v1/tokens/self", "POST /v1/tokens/self/renew", "DELETE /v1/tokens/self"}

// The OpenAPI document names every route; no route in it answers a stranger, and none does anything for a caller
// whom no policy permits it.
func TestEveryRouteAsksWhoCalls(t *testing.T) {
	t.Parallel()
	c := open(t)
	if a := c.must(c.nodes[0], create("app", true)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	nobody := c.token(api.TokenRequest{Principal: "nobody", TTL: "1h"})
	seen := get("/v1/tokens/self?consistency=linearizable")
	seen.token = nobody.Token
	eventually(t, lease, "the token is known everywhere", func() error {
		for _, n := range c.nodes {
			if _, err := c.ask(n, seen); err != nil {
				return err
			}
		}
		return nil
	})
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Example json.RawMessage `json:"example"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	c.must(c.nodes[1], get("/v1/openapi.json")).into(t, &doc)
	var routes []string
	for path, methods := range doc.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	sort.Strings(routes)
	if len(routes) < 40 {
		t.Fatalf("the document names %d routes only", len(routes))
	}
	lead, _ := c.leader()
	var root api.Token
	c.must(lead, get("/v1/tokens/self")).into(t, &root)
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		body := doc.Paths[path][strings.ToLower(method)].RequestBody.Content["application/json"].Example
		path = strings.NewReplacer("{k}", "app", "{node}", "n3", "{id}", root.ID, "{name}", "p").Replace(path)
		r := request{method: method, path: path, noToken: true}
		if len(body) > 0 {
			r.body = []byte(body)
		}
		if slices.Contains(openRoutes, route) {
			continue
		}
		if route == "POST /v1/sys/snapshot/restore" {
			r.body, r.header = parts, map[string]string{"Content-Type": "multipart/form-data; boundary=b"}
		}
		a := c.must(lead, r)
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %v, want 401", route, a)
		}
		if slices.Contains(ownRoutes, route) {
			continue
		}
		r.token, r.noToken = nobody.Token, false
		a = c.must(lead, r)
		// 400: what is asked for has no meaning yet. 404: what may not be seen is not told apart from what is not there.
		if !slices.Contains([]int{http.StatusForbidden, http.StatusBadRequest, http.StatusNotFound}, a.status) {
			// A list shows a caller what it may see: nothing.
			empty := method == http.MethodGet && a.status == http.StatusOK && !strings.Contains(string(a.body), "app") && !strings.Contains(string(a.body), "root")
			if !empty {
				t.Errorf("%s for a caller without any policy: %v, want 403", route, a)
			}
		}
	}
	var r api.Record
	c.must(lead, get("/v1/keys/app")).into(t, &r)
	if r.State != "active" || r.Latest != 1 {
		t.Errorf("the key was changed by somebody who may not: %+v", r)
	}
	t.Logf("%d routes", len(routes))
}
