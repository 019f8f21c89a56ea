package kmip_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
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
	if want := "GeneralFailure: leadership was lost while the change was under way"; !slices.Equal(got, []string{want, want}) || f.State(0).ContentDigest() != keys {
		t.Errorf("got %q", got)
	}
}

// TestWhatMayHaveBeenKeptIsNotToldAsUndone: where the outcome is not known, or the answer cannot be read, each operation says that, and none that it was undone.
func TestWhatMayHaveBeenKeptIsNotToldAsUndone(t *testing.T) {
	for node, want := range []string{"leadership was lost while the change was under way", "it was done, but the answer was lost: look at the objects before you ask again"} {
		f := vaulttest.Cluster(t, 2)
		w := &world{t: t, f: f, caller: f.Root()}
		_ = newServerOf(w, 1-node)
		w.server = newServerOf(w, node)
		f.FailNext(vaulttest.Committed)
		want = "GeneralFailure: " + want
		if got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Activate "))); !slices.Equal(got, []string{want, want}) || len(w.all()) != 1 {
			t.Errorf("node %d: got %q, and there are %d keys", node, got, len(w.all()))
		}
	}
	w := open(t)
	w.f.BreakAuditAfter(0, 5) // what is in the batch, and the intent of all of it; not its end
	got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Activate ")))
	if want := "GeneralFailure: it was done, but the audit log could not be written"; !slices.Equal(got, []string{want, want}) || w.f.State(0).KeyCount() != 1 {
		t.Errorf("got %q, and there are %d keys", got, w.f.State(0).KeyCount())
	}
}

// TestAnAnswerThatCannotBeReadIsNoEmptyResponse: each operation is answered, whatever comes from the leader.
func TestAnAnswerThatCannotBeReadIsNoEmptyResponse(t *testing.T) {
	w := open(t)
	answer := map[string]any{}
	w.f.Vault(0).OnWhole("kmip", func(ctx context.Context, c access.Caller, _ []byte) ([]byte, bool) {
		b, err := cbor.Marshal(answer)
		if err != nil {
			t.Error(err)
		}
		return b, true
	})
	const unknown, unread = "GeneralFailure: it is not known whether it was done: look at the objects before you ask again", "GeneralFailure: it may have been done, but the leader's answer cannot be read: look at the objects before you ask again"
	for want, given := range map[string]map[string]any{
		unread + "|" + unread:   {"Items": "none"},
		unknown + "|" + unknown: {"Items": [][]byte{{1}, {2}}},
		"OperationUndone|InvalidField: the operations cannot be answered, so nothing of them was kept": {"Bad": true, "Kind": fault.TooLarge},
		"OperationUndone|GeneralFailure: the leader's answer cannot be read":                           {"Bad": true, "Kind": fault.Internal, "Items": [][]byte{{1}}},
	} {
		answer = given
		if got := outcomes(t, w.ask(request("1.4", undo, createItem(""), "Activate "))); strings.Join(got, "|") != want {
			t.Errorf("%v: got %q, want %q", given, got, want)
		}
	}
	answer = map[string]any{"Items": [][]byte{}} // and nothing bad: it was kept
	if got := outcomes(t, w.ask(request("1.4", undo, createItem("")))); !slices.Equal(got, []string{unknown}) {
		t.Errorf("no answers: got %q", got)
	}
}

// TestAnswersThatAreTooLongLeaveNothing: random bytes, more than nodes send each other at once, and more than the door reads.
func TestAnswersThatAreTooLongLeaveNothing(t *testing.T) {
	w := open(t)
	before := len(w.f.Log())
	for _, n := range []int{5, 63} {
		ops := []string{createItem("")}
		for range n {
			ops = append(ops, `RNGRetrieve <DataLength type="Integer" value="1048576"/>`)
		}
		got := outcomes(t, w.ask(request("1.4", undo, ops...)))
		if len(got) != n+1 || got[0] != "OperationUndone" || !strings.HasPrefix(got[n], "InvalidField: ") || len(w.f.Log()) != before {
			t.Errorf("%d answers: got %q in %d entries", n, got, len(w.f.Log())-before)
		}
	}
}

// TestWhatFailsWholeLeavesThePlaceholder: with Continue, the operation after it finds the object of the one before it.
func TestWhatFailsWholeLeavesThePlaceholder(t *testing.T) {
	w := open(t)
	carryOn := `<BatchErrorContinuationOption type="Enumeration" value="Continue"/>`
	got := outcomes(t, w.ask(request("1.4", carryOn, createItem(""), "Certify "+byID("00000000-0000-4000-8000-000000000000"), "Get ")))
	if len(got) != 3 || got[0] != "Success" || got[1] == "Success" || got[2] != "Success" {
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
