package rest_test

import (
	"bytes"
	"errors"
	"mime/multipart"
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
	diff := d.send("POST", "/v1/sys/snapshot/diff", string(a.body), "Content-Type", api.TypeSnapshot)
	if got := parse[api.SnapshotDiff](t, diff.body); diff.status != 200 || got.Same != 1 || !got.OwnPast || got.Header.Index == 0 {
		t.Errorf("diff: %d %s", diff.status, diff.body)
	}
	restore(t, d, f, a.body)
	d.token = ""
	if a := d.send("GET", "/v1/sys/snapshot", ""); a.status != 401 || strings.Contains(string(a.body), "QARCH") {
		t.Errorf("a stranger gets %d %s", a.status, a.body)
	}
}

// parts is the body of a restore.
func parts(t *testing.T, in string, snapshot []byte) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, content := range map[string]string{"request": in} {
		if err := w.WriteField(name, content); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.CreateFormFile("snapshot", "x")
	if err == nil {
		_, err = p.Write(snapshot)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// restore brings a snapshot back: into the cluster that it is of, and into an empty node.
func restore(t *testing.T, d *door, f *vaulttest.Fixture, snapshot []byte) {
	t.Helper()
	post := func(d *door, in string, file []byte) answer {
		body, form := parts(t, in, file)
		return d.send("POST", "/v1/sys/snapshot/restore", body, "Content-Type", form)
	}
	if a := post(d, "{}", snapshot); a.status != 400 || !strings.Contains(a.problem(t).Hint, "--yes-replace-state") {
		t.Errorf("without consent: %d %s", a.status, a.body)
	}
	if a := post(d, `{"yes_replace_state":true,"more":1}`, snapshot); a.status != 400 {
		t.Errorf("an unknown field: %d %s", a.status, a.body)
	}
	a := post(d, `{"yes_replace_state":true}`, snapshot)
	if got := parse[api.RestoreResponse](t, a.body); a.status != 200 || got.Diff == nil || got.Keys != 1 || len(got.Members) != 1 {
		t.Errorf("into the running cluster: %d %s", a.status, a.body)
	}
	empty := open(t, blank(t), serve.Limits{})
	if a := post(empty, "{}", snapshot); a.status != 400 || !strings.Contains(string(a.body), "no share") {
		t.Errorf("without shares: %d %s", a.status, a.body)
	}
	shares := []string{}
	for _, s := range f.Shares() {
		shares = append(shares, string(s))
	}
	a = post(empty, encode(t, api.RestoreRequest{Shares: shares}), snapshot)
	if got := parse[api.RestoreResponse](t, a.body); a.status != 200 || !strings.Contains(got.CACertificate, "CERTIFICATE") || got.Keys != 1 || got.Opened != 1 {
		t.Errorf("into an empty node: %d %s", a.status, a.body)
	}
	stranger := open(t, f.Vault(0), serve.Limits{})
	if a := post(stranger, encode(t, api.RestoreRequest{Shares: shares, YesReplaceState: true}), snapshot); a.status != 401 {
		t.Errorf("a stranger, with shares, to a running cluster: %d %s", a.status, a.body)
	}
}

func TestSnapshotsAreScheduledAndDrilled(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	d := open(t, f.Vault(0), serve.Limits{})
	d.token = string(f.RootToken())
	show := func(a answer) api.SnapshotStatus {
		t.Helper()
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return parse[api.SnapshotStatus](t, a.body)
	}
	if s := show(d.send("GET", "/v1/sys/snapshot/schedule", "")); !s.Schedule.Off {
		t.Errorf("before any schedule: %+v", s)
	}
	want := api.SnapshotSchedule{Every: "1d", To: "file://" + t.TempDir(), Keep: 3, KeepFor: "9d", DrillEvery: "2d"}
	if s := show(d.send("PUT", "/v1/sys/snapshot/schedule", encode(t, want))); s.Schedule != want {
		t.Errorf("got %+v, want %+v", s.Schedule, want)
	}
	if s := show(d.send("POST", "/v1/sys/snapshot/run", "")); s.Stored != 1 || s.Name == "" || s.SucceededAt == "" || s.Error != "" {
		t.Errorf("after a run: %+v", s)
	}
	a := d.send("POST", "/v1/sys/drill", "")
	if got := parse[api.SignedDrill](t, a.body); a.status != 200 || !strings.Contains(got.Report, `"ok":true`) {
		t.Errorf("drill: %d %s", a.status, a.body)
	}
	for _, bad := range []string{`{"every":"1h","to":"x"}`, `{"every":"soon","to":"file:///x"}`, `{"every":"1s","to":"file:///x"}`} {
		if a := d.send("PUT", "/v1/sys/snapshot/schedule", bad); a.status != 400 {
			t.Errorf("%s: %d %s", bad, a.status, a.body)
		}
	}
	if s := show(d.send("PUT", "/v1/sys/snapshot/schedule", `{"off":true}`)); !s.Schedule.Off {
		t.Errorf("after off: %+v", s)
	}
}
