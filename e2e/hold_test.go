package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// TestAKeyUnderLegalHoldIsDestroyedByNoDoor puts the policy of the runbook, tags keys and tries every way of destroying one.
func TestAKeyUnderLegalHoldIsDestroyedByNoDoor(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("policy", "put", "legal-hold", "../deployments/config/policies/legal-hold.cedar")
	counsel := c.knownToken(api.TokenRequest{Principal: "counsel", Groups: []string{"legal"}, TTL: "30d"}).Token
	cl, x := c.client(), ctx(t)
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	hold := api.UpdateKeyRequest{Tags: &map[string]string{"legal-hold": "case 7"}}

	// Each is on its way to its end when the hold is set: by a schedule, by dates, by retirement, by having been destroyed.
	for _, k := range []api.CreateKeyRequest{
		{Name: "held"},
		{Name: "scheduled"},
		{Name: "dated", DeactivateAt: at(3 * time.Second), DestroyAt: at(4 * time.Second)},
		{Name: "retiring", RetireAfter: "1m"},
		{Name: "gone"},
		{Name: "parent"},
		{Name: "child", Parent: "parent"},
	} {
		if _, err := cl.CreateKey(x, k); err != nil {
			t.Fatalf("creating %s: %v", k.Name, err)
		}
	}
	before := filepath.Join(t.TempDir(), "before.qsnap")
	c.ok("operator", "snapshot", "save", before)
	c.ok("key", "rotate", "held")
	c.ok("key", "rotate", "retiring")
	text := c.sealed("held")
	var backup api.KeyBackup
	c.must(c.nodes[0], post("/v1/keys", api.CreateKeyRequest{Name: "backups"}))
	c.must(c.nodes[0], post("/v1/keys", api.CreateKeyRequest{Name: "copied", Exportable: true}))
	c.must(c.nodes[0], on("copied", "backup", api.BackupKeyRequest{WrappingKey: "backups"})).into(t, &backup)
	for _, k := range []string{"scheduled", "gone", "parent"} {
		c.ok("key", "deactivate", k)
	}
	soon := "2s"
	if _, err := cl.DestroyKey(x, "scheduled", api.DestroyRequest{After: &soon}); err != nil {
		t.Fatal(err)
	}
	if a := c.must(c.nodes[0], on("gone", "destroy", atOnce())); a.status != http.StatusOK {
		t.Fatalf("destroying: %v", a)
	}
	raw := c.write("raw", "0123456789abcdef0123456789ABCDEF")
	c.ok("key", "import", "brought", "-a", "aes-256-gcm", "--in", raw)
	for _, k := range []string{"held", "scheduled", "dated", "retiring", "gone", "child", "copied", "brought"} {
		if _, err := cl.UpdateKey(x, k, "", hold); err != nil {
			t.Fatalf("holding %s: %v", k, err)
		}
	}
	c.ok("key", "deactivate", "child") // use may end; what was protected stays readable

	old, one, untagged := atOnce(), atOnce(), map[string]string{}
	old.Version = 1
	one.After = nil
	patch := func(in api.UpdateKeyRequest) request {
		return request{method: http.MethodPatch, path: "/v1/keys/held", body: in}
	}
	date, period := at(time.Hour), "1m"
	for what, door := range map[string]request{
		"destroy now":               on("child", "destroy", atOnce()),
		"destroy later":             on("child", "destroy", one),
		"destroy a version":         on("held", "destroy", old),
		"cancel, and so reschedule": on("scheduled", "cancel-destroy", api.DestroyRequest{}),
		"purge the record":          on("gone", "purge", struct{}{}),
		"take the tag away":         patch(api.UpdateKeyRequest{Tags: &untagged}),
		"give it an end":            patch(api.UpdateKeyRequest{DeactivateAt: &date, DestroyAt: &date}),
		"let versions retire":       patch(api.UpdateKeyRequest{RetireAfter: &period}),
		"let it be used out":        patch(api.UpdateKeyRequest{UsageLimit: new(uint64(1))}),
		"archive it":                on("held", "archive", struct{}{}),
		"move it":                   on("held", "move", api.MoveRequest{Parent: "parent"}),
		"destroy as counsel":        {method: http.MethodPost, path: "/v1/keys/child/destroy", body: atOnce(), token: counsel},
	} {
		for _, n := range c.nodes {
			if a := c.must(n, door); a.status != http.StatusForbidden || a.problem.Kind != "denied" {
				t.Errorf("%s at %s: %v", what, n.name, a)
			}
		}
	}
	for what, door := range map[string]struct {
		request
		status int
	}{
		"destroy the parent":            {on("parent", "destroy", atOnce()), http.StatusConflict},
		"make another of that name":     {create("held", false), http.StatusConflict},
		"restore a backup over it":      {post("/v1/keys/restore", api.RestoreKeyRequest{Backup: backup.Backup, WrappingKey: "backups"}), http.StatusConflict},
		"restore under its name":        {post("/v1/keys/restore", api.RestoreKeyRequest{Backup: backup.Backup, WrappingKey: "backups", Name: "held"}), http.StatusConflict},
		"destroy by the keas.kmi door":  {request{method: http.MethodDelete, path: "/key", keas: true, noToken: true}, http.StatusMethodNotAllowed},
		"delete by the way of the door": {request{method: http.MethodDelete, path: "/v1/keys/held"}, http.StatusMethodNotAllowed},
	} {
		if a := c.must(c.nodes[1], door.request); a.status != door.status {
			t.Errorf("%s: %v", what, a)
		}
	}

	kmip := c.kmipAsker()
	for _, name := range []string{"held", "child"} { // the one in use, the other out of it
		var r api.Record
		c.must(c.nodes[0], get("/v1/keys/"+name)).into(t, &r)
		kmip.endsNothing(r.ID, name)
	}
	for _, args := range []string{
		"key destroy child --force --after 0s --yes", "key destroy held --version 1 --force --after 0s --yes", "key purge gone --yes", "key update held --tag x=y",
		"key import brought --new-version --in " + raw, "key archive held",
	} {
		if r := c.cli(nil, strings.Fields(args)...); r.code != 3 {
			t.Errorf("quorate %s: %v", args, r)
		}
	}
	if r := c.cli(nil, "key", "import", "held", "-a", "aes-256-gcm", "--in", raw); r.code != 5 {
		t.Errorf("importing over it: %v", r)
	}

	for _, extra := range [][]string{nil, {"--revive-destroyed"}} { // it would take the tags away, and what was rotated since
		restore := c.cli(c.nodes[1:2], append([]string{"operator", "snapshot", "restore", before, "--yes-replace-state"}, extra...)...)
		if restore.code != 3 || !strings.Contains(restore.stderr, "held") || !strings.Contains(restore.stderr, "legal-hold") {
			t.Errorf("restoring the snapshot from before the holds %v: exit code %d, %s", extra, restore.code, restore.stderr)
		}
	}

	// What was scheduled and dated comes due, and the cluster itself is refused; retirement is minutes away, and a story of the vault.
	for _, k := range []string{"scheduled", "dated"} {
		eventually(t, 30*time.Second, "the destruction of "+k+" is refused", func() error {
			if n := c.byItself("denied")["key.destroy "+k]; n != 1 {
				return fmt.Errorf("%d refusals", n)
			}
			return nil
		})
	}
	for name, states := range map[string]string{"scheduled": "deactivated", "dated": "deactivated", "held": "deactivated active", "retiring": "deactivated active", "child": "deactivated"} {
		for _, n := range c.nodes {
			var r api.Record
			c.must(n, get("/v1/keys/"+name)).into(t, &r)
			got := ""
			for _, v := range r.Versions {
				got += " " + v.State
			}
			if strings.TrimSpace(got) != states {
				t.Errorf("%s at %s is%s, want %s", name, n.name, got, states)
			}
		}
	}
	if r := c.must(c.nodes[2], on("held", "decrypt", api.DecryptRequest{Ciphertext: text})); r.status != http.StatusOK {
		t.Errorf("what the key under hold protected no longer opens: %v", r)
	}

	// Counsel lifts a hold, and what was due is done.
	lift := request{method: http.MethodPatch, path: "/v1/keys/scheduled", body: api.UpdateKeyRequest{Tags: &untagged}, token: counsel}
	if a := c.must(c.nodes[0], lift); a.status != http.StatusOK {
		t.Fatalf("lifting the hold: %v", a)
	}
	eventually(t, 20*time.Second, "the destruction that was held up", func() error {
		a, err := c.ask(c.nodes[1], get("/v1/keys/scheduled"))
		if err == nil && !strings.Contains(string(a.body), `"destroyed"`) {
			err = errors.New(a.String())
		}
		return err
	})
}

// sealed encrypts something with a key.
func (c *cluster) sealed(key string) string {
	c.t.Helper()
	var out api.EncryptResponse
	c.must(c.nodes[0], on(key, "encrypt", api.EncryptRequest{Plaintext: []byte("x")})).into(c.t, &out)
	return out.Ciphertext
}
