package clienttest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// Whatever a stand-in sends says what it is: in a header, and wherever what it made goes on to live elsewhere.
func TestNothingOfAStandInIsTakenForACluster(t *testing.T) {
	n := clienttest.New(t)
	c, err := client.New(client.Config{Endpoints: []string{n.URL}, CA: n.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k", Exportable: true}); err != nil {
		t.Fatal(err)
	}
	const id, mark, encoded = "7e577e57", clienttest.Mark, "VEVTVC1PTkxZ"
	for i, a := range []struct{ method, path, body, holds string }{
		{"GET", "/v1/sys/status", "", `"version":"` + mark},
		{"GET", "/v1/sys/status", "", `"cluster_id":"` + id},
		{"GET", "/v1/keys/k", "", `"id":"` + id},
		{"GET", "/v1/keys", "", `"id":"` + id},
		{"GET", "/v1/keys/k/material", "", `"id":"` + id},
		{"POST", "/v1/keys", `{"name":"other"}`, `"id":"` + id},
		{"POST", "/v1/keys/k/encrypt", `{"plaintext":"eA=="}`, `"qk:v1:` + encoded},
		{"POST", "/v1/keys/k/wrap", `{"plaintext":"eA=="}`, `"qk:v1:` + encoded},
		{"POST", "/v1/keys/k/datakey", `{"bits":256,"plaintext":true}`, `"qk:v1:` + encoded},
		{"POST", "/v1/keys/k/datakey", `{"bits":256,"store":true}`, `"id":"` + id},
		{"POST", "/v1/tokens", `{"principal":"app"}`, `"token":"qt_` + id},
		{"POST", "/v1/sys/join-tokens", `{}`, `"join_token":"qj_` + mark},
		{"GET", "/v1/wrapping-key", "", `"id":"` + id},
		{"POST", "/new", "", "-----BEGIN " + mark + " KEK-----\n" + id},
		{"POST", "/v1/random", `{"bytes":32}`, ""}, // nothing but bytes: the header is all
		{"POST", "/v1/keys/k/mac", `{"input":"eA=="}`, ""},
		{"GET", "/v1/keys/nobody", "", "not_found"},
		{"GET", "/nowhere", "", "not_found"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), a.method, n.URL+a.path, strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+clienttest.RootToken)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(api.HeaderIdempotency, fmt.Sprintf("%032d", i))
		res, err := n.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.Header.Get(clienttest.MarkHeader) != mark || !bytes.Contains(body, []byte(a.holds)) {
			t.Errorf("%s %s: %v, header %q, want %q in %s", a.method, a.path, err, res.Header.Get(clienttest.MarkHeader), a.holds, body)
		}
	}
	n.Fail(fault.Sealed, 1)
	res, err := n.Client().Get(n.URL + "/v1/sys/status")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 503 || res.Header.Get(clienttest.MarkHeader) != mark {
		t.Errorf("a refusal that a test asked for: %d, header %q", res.StatusCode, res.Header.Get(clienttest.MarkHeader))
	}
}
