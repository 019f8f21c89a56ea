package kmip_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
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

// TestABatchWithUndoThatFailsLeavesNothing: pre-active and active objects that it made are destroyed, and each answer says so.
func TestABatchWithUndoThatFailsLeavesNothing(t *testing.T) {
	w := open(t)
	w.key("before", true)
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
	gone := 0
	for _, k := range w.all() {
		if k.State == key.Destroyed {
			gone++
		} else if k.Name != "before" {
			t.Errorf("%s is %v", k.Name, k.State)
		}
	}
	if gone != 2 {
		t.Errorf("%d keys are destroyed, want 2", gone)
	}
}

func TestABatchWithUndoThatGoesWellIsKept(t *testing.T) {
	w := open(t)
	r := w.ask(request("1.4", undo, createItem(""), "Get ", createItem("")))
	if got, want := outcomes(t, r), []string{"Success", "Success", "Success"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhatCannotBeUndoneIsRefusedBeforeAnythingIsDone: not after half of it.
func TestWhatCannotBeUndoneIsRefusedBeforeAnythingIsDone(t *testing.T) {
	w := open(t)
	k := w.key("k", true)
	got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "ReKey "+byID(k.ID.String()))))
	if len(got) != 1 || !strings.HasPrefix(got[0], "FeatureNotSupported: ") {
		t.Errorf("got %q", got)
	}
	if all := w.all(); len(all) != 1 {
		t.Errorf("%d keys, want the one of before", len(all))
	}
}

// TestAStepThatWouldFailIsForeseen: an object's life does not run backwards, so a step that its state forbids ends a batch with Undo
// before it begins; one that it permits is done.
func TestAStepThatWouldFailIsForeseen(t *testing.T) {
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
	if got := outcomes(t, w.ask(request("1.4", undo, "Destroy "+byID(idle), "Get "+byID(active)))); !slices.Equal(got, []string{"Success", "Success"}) {
		t.Errorf("got %q", got)
	}
}

// TestAttributesOfABatchThatFailsAreAsBefore: also of one that was changed twice; and a step in between that cannot be taken back is told.
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
	idle, _ := w.one("1.4", createItem("")).Find(wire.TagUniqueIdentifier).Text()
	got = outcomes(t, w.ask(request("1.4", undo, "Activate "+byID(idle), absent)))
	if len(got) != 2 || !strings.Contains(got[0], "could not be undone: look at "+idle) || !strings.HasPrefix(got[1], "ItemNotFound") {
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
