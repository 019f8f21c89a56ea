package rest_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

func TestTheEndOfAKey(t *testing.T) {
	d, _ := founded(t)
	in := api.CreateKeyRequest{
		Name: "app/end", DeactivateAt: "2099-01-01T00:00:00Z", DestroyAt: "2099-02-01T00:00:00Z",
		RotateAfterUses: 1000, RotateAfterBytes: 1 << 20, RetireAfter: "30d", UsageLimit: 3,
	}
	r, _ := ask[api.Record](d, "POST", "/v1/keys", in, 201)
	if r.DestroyAt != "2099-02-01T00:00:00.000Z" || r.RotateAfterUses != 1000 || r.RotateAfterBytes != 1<<20 || r.RetireAfter != "30d" || r.UsageLeft == nil || *r.UsageLeft != 3 {
		t.Errorf("created %+v", r)
	}
	for range 2 {
		ask[api.EncryptResponse](d, "POST", "/v1/keys/app/end/encrypt", api.EncryptRequest{Plaintext: []byte("hello")}, 200)
	}
	r, _ = ask[api.Record](d, "GET", "/v1/keys/app/end", nil, 200)
	if v := r.Versions[0]; v.Uses != 2 || v.Bytes != 10 || v.LastUsedAt == "" || r.LastUsedAt != v.LastUsedAt || *r.UsageLeft != 1 {
		t.Errorf("used: %+v, %d left", v, *r.UsageLeft)
	}
	ask[api.EncryptResponse](d, "POST", "/v1/keys/app/end/encrypt", api.EncryptRequest{Plaintext: []byte("hello")}, 200)
	if a := d.send("POST", "/v1/keys/app/end/encrypt", `{"plaintext":"aGVsbG8="}`); a.status != 409 || !strings.Contains(string(a.body), "3 uses") {
		t.Errorf("a fourth use of three: %d %s", a.status, a.body)
	}
	r, _ = ask[api.Record](d, "PATCH", "/v1/keys/app/end", api.UpdateKeyRequest{
		UsageLimit: new(uint64(9)), RotateAfterUses: new(uint64(7)), RotateAfterBytes: new(uint64(0)), RetireAfter: new("0s"), DestroyAt: new("2099-03-01T00:00:00Z"),
	}, 200)
	if *r.UsageLeft != 6 || r.RotateAfterUses != 7 || r.RotateAfterBytes != 0 || r.RetireAfter != "" || r.DestroyAt != "2099-03-01T00:00:00.000Z" {
		t.Errorf("changed to %+v, %d left", r, *r.UsageLeft)
	}
	for body, name := range map[string]string{
		`{"destroy_at":"2001-01-01T00:00:00Z"}`: "destroy_at", `{"retire_after":"x"}`: "retire_after", `{"deactivate_at":"2001-01-01T00:00:00Z"}`: "deactivate_at",
		`{"destroy_at":"x"}`: "destroy_at", `{"deactivate_at":""}`: "destroy_at needs",
	} {
		if a := d.send("PATCH", "/v1/keys/app/end", body); a.status != 400 || !strings.Contains(string(a.body), name) {
			t.Errorf("%s gives %d %s, which does not name %s", body, a.status, a.body, name)
		}
	}

	rotated, _ := ask[api.Record](d, "POST", "/v1/keys/app/end/rotate", nil, 200, "If-Match", r.ETag)
	ask[any](d, "POST", "/v1/keys/app/end/rotate", nil, 412, "If-Match", r.ETag)
	if rotated.Latest != 2 {
		t.Errorf("rotated to %d", rotated.Latest)
	}
	ask[any](d, "POST", "/v1/keys/app/end/purge", nil, 409)
	ask[api.Record](d, "POST", "/v1/keys/app/end/deactivate", nil, 200)
	a := d.send("POST", "/v1/keys/app/end/destroy", `{}`)
	if a.status != 409 || !strings.Contains(string(a.body), "was used") || !strings.Contains(string(a.body), "force") {
		t.Errorf("destroying what was just used: %d %s", a.status, a.body)
	}
	if r, _ = ask[api.Record](d, "POST", "/v1/keys/app/end/destroy", api.DestroyRequest{Force: true, After: new("7d")}, 200); r.State != "deactivated" || r.DestroyAt == "" {
		t.Errorf("force with after does not wait: %s, %s", r.State, r.DestroyAt)
	}
	r, _ = ask[api.Record](d, "POST", "/v1/keys/app/end/destroy", api.DestroyRequest{Force: true, Reason: "done"}, 200)
	if r.State != "destroyed" || r.Versions[0].Reason != "done" || r.Reason != "done" {
		t.Errorf("destroyed: %+v", r)
	}
	ask[any](d, "POST", "/v1/keys", in, 409) // the tombstone has the name
	ask[any](d, "POST", "/v1/keys/app/end/purge", nil, 412, "If-Match", `"1"`)
	ask[any](d, "POST", "/v1/keys/app/end/purge", nil, 204, "Idempotency-Key", "p")
	ask[any](d, "POST", "/v1/keys/app/end/purge", nil, 204, "Idempotency-Key", "p")
	ask[any](d, "GET", "/v1/keys/app/end", nil, 404)
	ask[api.Record](d, "POST", "/v1/keys", in, 201)
}

func TestALimitMayCountBytes(t *testing.T) {
	d, _ := founded(t)
	r, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/bytes", UsageLimit: 16, UsageLimitUnit: "bytes"}, 201)
	if r.UsageLimitUnit != "bytes" {
		t.Errorf("created %+v", r)
	}
	ask[api.EncryptResponse](d, "POST", "/v1/keys/app/bytes/encrypt", api.EncryptRequest{Plaintext: make([]byte, 16)}, 200)
	if a := d.send("POST", "/v1/keys/app/bytes/encrypt", `{"plaintext":"aGVsbG8="}`); a.status != 409 || !strings.Contains(string(a.body), "16 bytes") {
		t.Errorf("more than 16 bytes: %d %s", a.status, a.body)
	}
	if r, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/uses", UsageLimit: 16, UsageLimitUnit: "uses"}, 201); r.UsageLimitUnit != "" {
		t.Errorf("created %+v", r)
	}
	if a := d.send("POST", "/v1/keys", `{"name":"app/x","usage_limit":1,"usage_limit_unit":"pages"}`); a.status != 400 || !strings.Contains(string(a.body), "usage_limit_unit") {
		t.Errorf("an unknown unit: %d %s", a.status, a.body)
	}
}

// TestWhatAPatchChanges: the fields that no other test changes, and what follows from them.
func TestWhatAPatchChanges(t *testing.T) {
	d, _ := founded(t)
	in := api.CreateKeyRequest{Name: "app/k", ActivateAt: "2098-01-01T00:00:00Z", RotateEvery: "90d"}
	r, _ := ask[api.Record](d, "POST", "/v1/keys", in, 201)
	patch := func(in api.UpdateKeyRequest, header ...string) api.Record {
		t.Helper()
		out, _ := ask[api.Record](d, "PATCH", "/v1/keys/app/k", in, 200, header...)
		return out
	}
	if got := patch(api.UpdateKeyRequest{ActivateAt: new("2099-01-01T00:00:00Z")}, "If-Match", r.ETag); got.ActivateAt != "2099-01-01T00:00:00.000Z" || got.State != "pre-active" || got.ETag == r.ETag {
		t.Errorf("activated on another date: %+v", got)
	}
	ask[any](d, "PATCH", "/v1/keys/app/k", api.UpdateKeyRequest{ActivateAt: new("2097-01-01T00:00:00Z")}, 412, "If-Match", r.ETag)
	ask[api.Record](d, "POST", "/v1/keys/app/k/activate", nil, 200)
	if got := patch(api.UpdateKeyRequest{RotateEvery: new("30d"), Tags: &map[string]string{"a": "b"}}); got.RotateEvery != "30d" || got.NextRotation == "" || got.Tags["a"] != "b" {
		t.Errorf("rotated more often: %+v", got)
	}
	if got := patch(api.UpdateKeyRequest{RotateEvery: new("")}); got.RotateEvery != "" || got.NextRotation != "" || got.Tags["a"] != "b" {
		t.Errorf("rotated no more: %+v", got)
	}
	old, _ := ask[api.EncryptResponse](d, "POST", "/v1/keys/app/k/encrypt", api.EncryptRequest{Plaintext: []byte("hello")}, 200)
	ask[api.Record](d, "POST", "/v1/keys/app/k/rotate", nil, 200)
	ask[api.DecryptResponse](d, "POST", "/v1/keys/app/k/decrypt", api.DecryptRequest{Ciphertext: old.Ciphertext}, 200)
	if got := patch(api.UpdateKeyRequest{MinDecryptVersion: new(uint32(2))}); got.MinDecryptVersion != 2 {
		t.Errorf("the oldest version that decrypts: %+v", got)
	}
	ask[any](d, "POST", "/v1/keys/app/k/decrypt", api.DecryptRequest{Ciphertext: old.Ciphertext}, 409)
	patch(api.UpdateKeyRequest{MinDecryptVersion: new(uint32(1))})
	ask[api.DecryptResponse](d, "POST", "/v1/keys/app/k/decrypt", api.DecryptRequest{Ciphertext: old.Ciphertext}, 200)
	ask[any](d, "PATCH", "/v1/keys/app/k", api.UpdateKeyRequest{MinDecryptVersion: new(uint32(3))}, 400)
}
