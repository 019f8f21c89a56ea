package rest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"

	"github.com/quorate/quorate/transport/serve"
)

func TestSnapshotsTravel(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	d := open(t, f.Vault(0), serve.Limits{})
	d.token = string(f.RootToken())
	a := d.send("GET", "/v1/sys/snapshot", "")
	if a.status != 200 || a.header.Get("Content-Type") != api.TypeSnapshot || a.header.Get(api.HeaderIndex) == "" {
		t.Fatalf("%d %v %.80s", a.status, a.header, a.body)
	}
	c, err := vault.OpenSnapshot(bytes.NewReader(a.body), f.Shares(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	for path, opened := range map[string]bool{"/v1/sys/snapshot/verify": false, "/v1/sys/snapshot/verify?deep=1": true} {
		v := d.send("POST", path, string(a.body), "Content-Type", api.TypeSnapshot)
		if got := parse[api.SnapshotVerified](t, v.body); v.status != 200 || got.Deep != opened || got.Keys != 1 || got.Header.Index == 0 || got.Header.Keys != 1 {
			t.Errorf("%s: %d %s", path, v.status, v.body)
		}
	}
	for name, bad := range map[string]answer{
		"damaged":      d.send("POST", "/v1/sys/snapshot/verify", string(a.body[:len(a.body)-40]), "Content-Type", api.TypeSnapshot),
		"another type": d.send("POST", "/v1/sys/snapshot/verify", string(a.body), "Content-Type", "text/plain"),
		"no such deep": d.send("POST", "/v1/sys/snapshot/verify?deep=maybe", string(a.body), "Content-Type", api.TypeSnapshot),
	} {
		if bad.status != 400 || bad.problem(t).Hint == "" {
			t.Errorf("%s: %d %s", name, bad.status, bad.body)
		}
	}
	d.token = ""
	if a := d.send("GET", "/v1/sys/snapshot", ""); a.status != 401 || strings.Contains(string(a.body), "QARCH") {
		t.Errorf("a stranger gets %d %s", a.status, a.body)
	}
}
