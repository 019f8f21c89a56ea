package kmip_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// create is an item that makes an AES key, active where since is not empty.
func createItem(since string) string {
	attribute := func(name, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue ` + value + `/></Attribute>`
	}
	all := attribute("Cryptographic Algorithm", `type="Enumeration" value="AES"`) + attribute("Cryptographic Length", `type="Integer" value="256"`) + attribute("Cryptographic Usage Mask", `type="Integer" value="Encrypt Decrypt"`)
	if since != "" {
		all += attribute("Activation Date", `type="DateTime" value="`+since+`"`)
	}
	return `Create <ObjectType type="Enumeration" value="SymmetricKey"/><TemplateAttribute>` + all + `</TemplateAttribute>`
}

const undo = `<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`

// TestABatchWithUndoThatFailsLeavesNothing: not even tombstones, nor an entry of the log; and each answer says so.
func TestABatchWithUndoThatFailsLeavesNothing(t *testing.T) {
	w := open(t)
	w.key("before", true)
	entries := len(w.f.Log())
	absent := "Get " + byID("00000000-0000-4000-8000-000000000000")
	r := w.ask(request("1.4", undo, createItem(""), "Get ", createItem("2020-01-01T00:00:00Z"), absent))
	if got, want := outcomes(t, r), []string{"OperationUndone", "OperationUndone", "OperationUndone", "ItemNotFound: there is no such object"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i, item := range items(r) {
		if id, err := item.Find(wire.TagUniqueBatchItemID).Bytes(); err != nil || !slices.Equal(id, []byte{byte(i + 1)}) || item.Find(wire.TagResponsePayload).Present() {
			t.Errorf("answer %d: id %x, %v: %s", i, id, err, xmlOf(t, item))
		}
	}
	if all := w.all(); len(all) != 1 || len(w.f.Log()) != entries {
		t.Errorf("%d keys, and %d entries of the log, want one key and no entry", len(all), len(w.f.Log())-entries)
	}
}

func TestABatchWithUndoThatGoesWellIsKept(t *testing.T) {
	w := open(t)
	old := w.key("old", true).ID.String()
	entries := len(w.f.Log())
	r := w.ask(request("1.4", undo, createItem(""), "Get ", "Activate ", createItem(""), "ReKey "+byID(old), "Destroy "))
	if got, want := outcomes(t, r), []string{"Success", "Success", "Success", "Success", "Success", "Success"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(w.f.Log()) - entries; n != 1 {
		t.Errorf("the batch takes %d entries of the log, want 1", n)
	}
	first, _ := items(r)[0].Find(wire.TagResponsePayload).Find(wire.TagUniqueIdentifier).Text()
	if got := w.record(first).State; got != key.Active {
		t.Errorf("what the batch made and activated is %v", got)
	}
}

// TestWhatCannotBeUndoneIsRefusedBeforeAnythingIsDone: not after half of it.
func TestWhatCannotBeUndoneIsRefusedBeforeAnythingIsDone(t *testing.T) {
	w := open(t)
	k := w.key("k", true)
	got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "GetUsageAllocation "+byID(k.ID.String()))))
	if len(got) != 1 || !strings.HasPrefix(got[0], "FeatureNotSupported: ") {
		t.Errorf("got %q", got)
	}
	if all := w.all(); len(all) != 1 {
		t.Errorf("%d keys, want the one of before", len(all))
	}
}

// TestStepsInALifeAreUndone: of an object's life, too, nothing is left of a batch that failed: what was destroyed in it is there with its material.
func TestStepsInALifeAreUndone(t *testing.T) {
	w := open(t)
	active, idle := w.key("active", true).ID.String(), ""
	idle, _ = w.one("1.4", createItem("")).Find(wire.TagUniqueIdentifier).Text()
	before := len(w.all())
	for item, reason := range map[string]string{
		"Destroy " + byID(active): "PermissionDenied: ", "Activate " + byID(active): "PermissionDenied: ", "Destroy " + byID("00000000-0000-4000-8000-000000000000"): "ItemNotFound: ",
		"Revoke " + byID(idle) + `<RevocationReason><RevocationReasonCode type="Enumeration" value="Superseded"/></RevocationReason>`: "PermissionDenied: ",
	} {
		got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Destroy "+byID(idle), item, createItem(""))))
		if len(got) != 3 || got[0] != "OperationUndone" || got[1] != "OperationUndone" || !strings.HasPrefix(got[2], reason) {
			t.Errorf("%s: got %q", item, got)
		}
	}
	if now := w.all(); len(now) != before || w.record(idle).State != key.PreActive {
		t.Errorf("%d keys, want %d; the idle one is %v", len(now), before, w.record(idle).State)
	}
	w.one("1.4", "Get "+byID(idle))
	if got := outcomes(t, w.ask(request("1.4", undo, "Destroy "+byID(idle), "Get "+byID(active)))); !slices.Equal(got, []string{"Success", "Success"}) {
		t.Errorf("got %q", got)
	}
}

// TestAttributesOfABatchThatFailsAreAsBefore: also of one that was changed twice.
func TestAttributesOfABatchThatFailsAreAsBefore(t *testing.T) {
	w := open(t)
	id := w.key("k", true).ID.String()
	add := func(name, value string) string {
		return "AddAttribute " + byID(id) + `<Attribute><AttributeName type="TextString" value="x-` + name + `"/><AttributeValue type="TextString" value="` + value + `"/></Attribute>`
	}
	w.one("1.4", add("kept", "one"))
	before := w.record(id)
	absent := "Get " + byID("00000000-0000-4000-8000-000000000000")
	got := outcomes(t, w.ask(request("1.4", undo, add("kept", "two"), add("new", "three"), add("kept", "four"), absent)))
	if want := []string{"OperationUndone", "OperationUndone", "OperationUndone", "ItemNotFound: there is no such object"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if after := w.record(id); !reflect.DeepEqual(after.Attributes, before.Attributes) {
		t.Errorf("the attributes are %q, were %q", after.Attributes, before.Attributes)
	}
}

// TestABatchWithUndoIsDoneOnTheLeader: asked of another node, which has all of it at once, or nothing; a leader that ends in the middle leaves
// nothing half done, and the next one does it.
func TestABatchWithUndoIsDoneOnTheLeader(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	w := &world{t: t, f: f, caller: f.Root()}
	for node := range 3 {
		w.server = newServerOf(w, node)
	}
	w.server = newServerOf(w, 1)
	before := len(f.Log())
	r := w.ask(request("1.4", undo, createItem(""), "Activate ", "Get "))
	if got := outcomes(t, r); !slices.Equal(got, []string{"Success", "Success", "Success"}) || len(f.Log()) != before+1 {
		t.Fatalf("got %q in %d entries", got, len(f.Log())-before)
	}
	if got := outcomes(t, w.ask(request("1.4", "", "Get "+byID(idOf(t, items(r)[0].Find(wire.TagResponsePayload)))))); got[0] != "Success" {
		t.Errorf("the node that was asked has it not: %q", got)
	}
	f.FailNext(vaulttest.NoLeader) // and nothing was written: it is done again, whole
	before = len(f.Log())
	if got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Activate "))); !slices.Equal(got, []string{"Success", "Success"}) || len(f.Log()) != before+1 {
		t.Errorf("got %q in %d entries", got, len(f.Log())-before)
	}
	w.server = newServerOf(w, 0) // on the leader itself nobody asks again
	f.FailNext(vaulttest.Lost)
	keys := f.State(0).ContentDigest()
	got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Activate ")))
	if len(got) != 2 || got[0] != "OperationUndone" || !strings.HasPrefix(got[1], "GeneralFailure") || f.State(0).ContentDigest() != keys {
		t.Errorf("got %q", got)
	}
}

func (w *world) all() []*key.Record {
	w.t.Helper()
	all, _, err := w.f.Vault(0).Keys(w.t.Context(), w.caller, vault.KeyQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
