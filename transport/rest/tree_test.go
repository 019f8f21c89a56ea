package rest_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestAnImportTakesWhatAKeyIsMadeWith: parent, rotation, limit and the rest are those of the request, and refused as there.
func TestAnImportTakesWhatAKeyIsMadeWith(t *testing.T) {
	d, _ := founded(t)
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "tenant", Exportable: true}, 201)
	made, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{
		Name: "made", Algorithm: "aes-256-gcm", Exportable: true, RevealIdle: true, PreActive: true, Parent: "tenant", UsageLimit: 1 << 20, UsageLimitUnit: "bytes",
		RotateAfterUses: 7, RotateAfterBytes: 4096, RetireAfter: "24h", Attributes: map[string][]byte{"a": []byte("b")},
	}, 201)
	x, _ := ask[api.WrappingKey](d, "GET", "/v1/wrapping-key", nil, 200)
	e, _ := ask[api.ExportResponse](d, "POST", "/v1/keys/tenant/export", api.ExportRequest{RecipientPublicKey: x.PublicKey}, 200)
	in := api.ImportKeyRequest{
		Name: "imported", Algorithm: "aes-256-gcm", WrappedMaterial: e.WrappedMaterial, Wrapping: api.Wrapping{Scheme: e.Scheme}, CheckValue: e.CheckValue,
		Exportable: true, RevealIdle: true, PreActive: true, Parent: "tenant", UsageLimit: 1 << 20, UsageLimitUnit: "bytes",
		RotateAfterUses: 7, RotateAfterBytes: 4096, RetireAfter: "24h", Attributes: map[string][]byte{"a": []byte("b")},
	}
	imported, _ := ask[api.Record](d, "POST", "/v1/keys/import", in, 201)
	imported.ID, imported.Name, imported.Origin, imported.CreatedAt, imported.UpdatedAt, imported.Versions = made.ID, made.Name, made.Origin, made.CreatedAt, made.UpdatedAt, made.Versions
	imported.AlwaysSensitive, imported.NeverExtractable = made.AlwaysSensitive, made.NeverExtractable
	if !reflect.DeepEqual(imported, made) || made.Parent == "" || made.State != "pre-active" || !made.RevealIdle || made.RotateAfterBytes != 4096 || made.UsageLimitUnit != "bytes" {
		t.Errorf("imported %+v\nmade     %+v", imported, made)
	}
	in.Name, in.Parent = "again", "nobody"
	ask[any](d, "POST", "/v1/keys/import", in, 404)
	in.Parent, in.Exportable, in.RevealIdle = "tenant", false, false
	ask[any](d, "POST", "/v1/keys/import", in, 403)
	in.Exportable, in.UsageLimitUnit = true, "miles"
	ask[any](d, "POST", "/v1/keys/import", in, 400)
}

func TestFamiliesOfKeys(t *testing.T) {
	d, _ := founded(t)
	master, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/master"}, 201)
	ask[any](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "x", Parent: "nobody"}, 404)
	child, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/data", Parent: "app/master"}, 201)
	if child.Parent != master.ID {
		t.Errorf("its parent is %q", child.Parent)
	}
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "other"}, 201)

	one := api.DataKeyRequest{Store: true, Bits: 128, Plaintext: true}
	k, _ := ask[api.StoredKey](d, "POST", "/v1/keys/app/master/datakey", one, 200, "Idempotency-Key", "k1")
	if len(k.Plaintext) != 16 || k.Name != "app/master/"+k.ID || k.Version != 1 {
		t.Errorf("stored %s as %s, %d bytes", k.ID, k.Name, len(k.Plaintext))
	}
	if again, _ := ask[api.StoredKey](d, "POST", "/v1/keys/app/master/datakey", one, 200, "Idempotency-Key", "k1"); again.ID != k.ID || !bytes.Equal(again.Plaintext, k.Plaintext) {
		t.Error("repeating the request gave another key")
	}
	if m, _ := ask[api.Material](d, "GET", "/v1/keys/"+k.ID+"/material", nil, 200); !bytes.Equal(m.Material, k.Plaintext) || m.Algorithm != "secret" {
		t.Error("handed out later, it is another")
	}
	type batch struct {
		Batch []api.DataKeyRequest `json:"batch"`
	}
	many, a := ask[api.StoredKeys](d, "POST", "/v1/keys/app/master/datakey", batch{[]api.DataKeyRequest{{Store: true}, {Store: true, Name: "app/named", Tags: map[string]string{"a": "b"}, Plaintext: true}}}, 200)
	if len(many.Results) != 2 || many.Results[1].Name != "app/named" || len(many.Results[1].Plaintext) != 32 || bytes.Count(a.body, []byte("plaintext")) != 1 {
		t.Errorf("a batch: %s", a.body)
	}
	for what, bad := range map[string]any{
		"bound":            api.DataKeyRequest{Store: true, AAD: []byte("x")},
		"a name":           api.DataKeyRequest{Name: "x"},
		"stored or not":    batch{[]api.DataKeyRequest{{Store: true}, {}}},
		"a bad name":       api.DataKeyRequest{Store: true, Name: "../x"},
		"odd bits":         api.DataKeyRequest{Store: true, Bits: 3},
		"an item too many": batch{make([]api.DataKeyRequest, 1001)},
	} {
		if _, a := ask[any](d, "POST", "/v1/keys/app/master/datakey", bad, 400); !bytes.Contains(a.body, []byte(`"hint":"`)) || bytes.Contains(a.body, []byte(`"hint":""`)) {
			t.Errorf("%s: no hint in %s", what, a.body)
		}
	}

	page, _ := ask[api.Keys](d, "GET", "/v1/keys/app/master/children?limit=3", nil, 200)
	rest, _ := ask[api.Keys](d, "GET", "/v1/keys/app/master/children?limit=3&after="+page.Next, nil, 200)
	if len(page.Keys) != 3 || len(rest.Keys) != 1 || rest.Next != "" {
		t.Errorf("%d and %d children", len(page.Keys), len(rest.Keys))
	}
	ask[any](d, "GET", "/v1/keys/app/master/children?limit=0", nil, 400)
	ask[any](d, "GET", "/v1/keys/app/master/children?after=x", nil, 400)

	r, _ := ask[api.KeyRewrapping](d, "GET", "/v1/keys/app/master/rewrapping", nil, 200)
	if r.Latest != 1 || r.Campaign != nil || len(r.Versions) != 1 || r.Versions[0].Items != 4 || r.Versions[0].SafeToRetire {
		t.Errorf("before a rotation: %+v", r)
	}
	ask[api.Record](d, "POST", "/v1/keys/app/master/rotate", nil, 200)
	if r, _ = ask[api.KeyRewrapping](d, "GET", "/v1/keys/app/master/rewrapping", nil, 200); r.Campaign == nil || r.Campaign.Total != 4 || r.Campaign.StartedAt == "" || !r.Campaign.Active {
		t.Errorf("after it: %+v", r)
	}

	ask[any](d, "POST", "/v1/keys/app/data/move", api.MoveRequest{Parent: "other"}, 412, "If-Match", `"9"`)
	if moved, _ := ask[api.Record](d, "POST", "/v1/keys/app/data/move", api.MoveRequest{Parent: "other"}, 200, "If-Match", child.ETag); moved.Parent == master.ID || moved.Parent == "" {
		t.Errorf("moved under %q", moved.Parent)
	}
	ask[any](d, "POST", "/v1/keys/other/move", api.MoveRequest{Parent: "app/data"}, 400)
	tree, _ := ask[api.Tree](d, "GET", "/v1/keys/other/tree", nil, 200)
	if len(tree.Nodes) != 2 || tree.Nodes[0].Children != 1 || tree.Nodes[1].Name != "app/data" || tree.Nodes[1].Depth != 1 || tree.Nodes[1].Latest != 1 || !tree.Nodes[1].Wrapped || tree.Nodes[1].Derived || tree.More {
		t.Errorf("the tree: %+v", tree)
	}
	forest, _ := ask[api.Tree](d, "GET", "/v1/tree", nil, 200)
	if len(forest.Nodes) != 6 {
		t.Errorf("the forest: %+v", forest)
	}
	if moved, _ := ask[api.Record](d, "POST", "/v1/keys/app/data/move", api.MoveRequest{}, 200); moved.Parent != "" {
		t.Errorf("moved to the top, under %q", moved.Parent)
	}
	if _, a := ask[any](d, "POST", "/v1/keys/app/master/destroy", api.DestroyRequest{Version: 1, After: new("0s"), Force: true}, 409); !bytes.Contains(a.body, []byte("3 versions of its children")) {
		t.Errorf("destroying what wraps children: %s", a.body)
	}
}
