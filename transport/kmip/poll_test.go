package kmip_test

import (
	"context"
	"encoding/hex"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// everyVersion is each that is spoken here.
var everyVersion = []string{"1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1"}

// laterIn is the header's word for an answer before the operation is done.
func laterIn(version string) string {
	if version >= "2.0" {
		return `<AsynchronousIndicator type="Enumeration" value="Mandatory"/>`
	}
	return `<AsynchronousIndicator type="Boolean" value="true"/>`
}

// newKey is a Create of an AES key in a version's form.
func newKey(version string) string {
	return `Create <ObjectType type="Enumeration" value="SymmetricKey"/>` + limits(version, 100, "Object")
}

// pendingOf is the correlation value of an item, as a payload has it.
func pendingOf(t testing.TB, item ttlv.Item) string {
	t.Helper()
	status, err := item.Find(wire.TagResultStatus).Enumeration()
	value, failed := item.Find(wire.TagAsynchronousCorrelationValue).Bytes()
	if err != nil || failed != nil || wire.ResultStatus(status) != wire.ResultStatusOperationPending {
		t.Fatalf("it is not pending: %s", xmlOf(t, item))
	}
	return `<AsynchronousCorrelationValue type="ByteString" value="` + hex.EncodeToString(value) + `"/>`
}

// isPending tells whether an item says so.
func isPending(item ttlv.Item) bool {
	status, err := item.Find(wire.TagResultStatus).Enumeration()
	return err == nil && wire.ResultStatus(status) == wire.ResultStatusOperationPending
}

// polled asks until the operation is done, and returns its answer.
func (w *world) polled(version, value string) ttlv.Item {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		item := items(w.ask(request(version, "", "Poll "+value)))[0]
		if !isPending(item) {
			return item
		}
		if time.Now().After(end) {
			w.t.Fatal("it is not done after 20 seconds")
		}
		runtime.Gosched()
	}
}

// result is the cancellation result that a server answers.
func (w *world) result(version, value string) wire.CancellationResult {
	w.t.Helper()
	p := w.one(version, "Cancel "+value)
	v, err := p.Find(wire.TagCancellationResult).Enumeration()
	if err != nil || !p.Find(wire.TagAsynchronousCorrelationValue).Present() {
		w.t.Fatalf("%v in %s", err, xmlOf(w.t, p))
	}
	return wire.CancellationResult(v)
}

// TestOperationsAreDoneLaterInEachVersion: a batch is pending whole, each of its items is polled, with the answer that it would have had, and
// what it made is on every node. Without being asked for nothing is pending.
func TestOperationsAreDoneLaterInEachVersion(t *testing.T) {
	all := openCluster(t, 3)
	w := all[1]
	for _, v := range everyVersion {
		t.Run(v, func(t *testing.T) {
			r := w.ask(request(v, laterIn(v), newKey(v), "Activate "))
			begun := items(r)
			if len(begun) != 2 {
				t.Fatalf("%d answers", len(begun))
			}
			made := w.polled(v, pendingOf(t, begun[0]))
			op, err := made.Find(wire.TagOperation).Enumeration()
			if err != nil || wire.Operation(op) != wire.OperationCreate || outcome(t, made) != "Success" {
				t.Fatalf("polled %s", xmlOf(t, made))
			}
			if got := w.polled(v, pendingOf(t, begun[1])); outcome(t, got) != "Success" {
				t.Errorf("the second: %s", xmlOf(t, got))
			}
			if again := w.polled(v, pendingOf(t, begun[0])); xmlOf(t, again) != xmlOf(t, made) {
				t.Error("an answer that is asked for again is another")
			}
			id := idOf(t, made.Find(wire.TagResponsePayload))
			if got := xmlOf(t, all[2].one(v, "GetAttributes "+byID(id))); !strings.Contains(got, `value="Active"`) {
				t.Errorf("on another node: %s", got)
			}
			if got := w.result(v, pendingOf(t, begun[0])); got != wire.CancellationResultCompleted {
				t.Errorf("canceling what is done: %v", got)
			}
			if got := outcomes(t, w.ask(request(v, laterIn(v), "Query "+`<QueryFunction type="Enumeration" value="QueryOperations"/>`)))[0]; got != "Success" {
				t.Errorf("a query: %s", got)
			}
			got := items(w.ask(request(v, laterIn(v), "Activate "+byID("00000000-0000-4000-8000-000000000000"))))
			if got := outcome(t, w.polled(v, pendingOf(t, got[0]))); got != "ItemNotFound: there is no such object" {
				t.Errorf("an operation that fails: %s", got)
			}
		})
	}
	for _, header := range []string{`<AsynchronousIndicator type="Enumeration" value="Optional"/>`, `<AsynchronousIndicator type="Enumeration" value="Prohibited"/>`, `<AsynchronousIndicator type="Boolean" value="false"/>`, ""} {
		if isPending(items(w.ask(request("2.1", header, newKey("2.1"))))[0]) {
			t.Errorf("pending with %q", header)
		}
	}
}

// TestOnlyWhoBeganAsks: nobody else learns that there is something, and another node says where to ask.
func TestOnlyWhoBeganAsks(t *testing.T) {
	all := openCluster(t, 2)
	for _, v := range []string{"1.2", "2.1"} {
		value := pendingOf(t, items(all[0].ask(request(v, laterIn(v), newKey(v))))[0])
		all[0].polled(v, value)
		none := `<AsynchronousCorrelationValue type="ByteString" value="` + strings.Repeat("00", 16) + hex.EncodeToString([]byte("n1")) + `"/>`
		absent := outcomes(t, all[0].ask(request(v, "", "Poll "+none)))[0]
		stranger := all[0].as("stranger")
		if got := outcomes(t, stranger.ask(request(v, "", "Poll "+value)))[0]; got != absent || got == "Success" {
			t.Errorf("a stranger is told %q, of nothing %q", got, absent)
		}
		if got := stranger.result(v, value); got != wire.CancellationResultUnavailable {
			t.Errorf("a stranger cancels: %v", got)
		}
		got := outcomes(t, all[1].ask(request(v, "", "Poll "+value)))[0]
		if reason := map[string]string{"1.2": "ItemNotFound: ", "2.1": "InvalidAsynchronousCorrelationValue: "}[v]; !strings.HasPrefix(got, reason) || !strings.HasSuffix(got, "ask n1") {
			t.Errorf("another node says %q", got)
		}
		if got := outcomes(t, all[0].ask(request(v, "", "Poll ")))[0]; got == "Success" {
			t.Error("a poll of nothing succeeds")
		}
	}
}

// TestWhatWaitsIsCanceledAndWhatRunsIsNot: the second of a batch whose first hangs.
func TestWhatWaitsIsCanceledAndWhatRunsIsNot(t *testing.T) {
	w := open(t)
	w.f.FailNext(vaulttest.Stall)
	const v = "2.1"
	begun := items(w.ask(request(v, `<BatchErrorContinuationOption type="Enumeration" value="Continue"/>`+laterIn(v), newKey(v), newKey(v))))
	first, second := pendingOf(t, begun[0]), pendingOf(t, begun[1])
	for end := time.Now().Add(20 * time.Second); !strings.Contains(xmlOf(t, w.one(v, "QueryAsynchronousRequests ")), `"InProcess"`); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it is not begun after 20 seconds")
		}
	}
	if got := w.result(v, first); got != wire.CancellationResultUnableToCancel {
		t.Errorf("canceling what is being done: %v", got)
	}
	if got := w.result(v, second); got != wire.CancellationResultCanceled {
		t.Errorf("canceling what waits: %v", got)
	}
	told := w.one(v, "QueryAsynchronousRequests ")
	if n := strings.Count(xmlOf(t, told), "<AsynchronousRequest>"); n != 2 || !strings.Contains(xmlOf(t, told), `"InProcess"`) || !strings.Contains(xmlOf(t, told), `"Submitted"`) {
		t.Errorf("told of %s", xmlOf(t, told))
	}
	ended, end := context.WithCancel(t.Context())
	end()
	w.server.Close(ended) // cuts the first short
	if got := outcomes(t, w.ask(request(v, "", "Poll "+second)))[0]; got == "Success" {
		t.Errorf("after the end: %s", got)
	}
	if w.f.State(0).KeyCount() != 0 {
		t.Errorf("%d keys were made", w.f.State(0).KeyCount())
	}
	if got := outcomes(t, w.ask(request(v, laterIn(v), newKey(v))))[0]; !strings.HasPrefix(got, "ServerLimitExceeded: ") {
		t.Errorf("begun after the end: %s", got)
	}
}

// TestPendingIsBounded: a client has so many at most; what was asked for makes room; an older client is answered at once instead; and
// answers are forgotten in time.
func TestPendingIsBounded(t *testing.T) {
	w := open(t)
	const v, most = "2.1", 32
	query := "Locate " + `<Attributes><State type="Enumeration" value="Active"/></Attributes>`
	begin := func(v, query string) ttlv.Item { return items(w.ask(request(v, laterIn(v), query)))[0] }
	var values []string
	for range most {
		values = append(values, pendingOf(t, begin(v, query)))
	}
	if got := outcome(t, begin(v, query)); !strings.HasPrefix(got, "ServerLimitExceeded: ") {
		t.Errorf("one more: %s", got)
	}
	if got := outcome(t, begin("1.4", "Locate ")); got != "Success" {
		t.Errorf("of an older client, which can wait: %s", got)
	}
	if got := items(w.as("other").ask(request(v, laterIn(v), query)))[0]; !isPending(got) {
		t.Errorf("of another client: %s", xmlOf(t, got))
	}
	w.polled(v, values[7])
	values = append(values, pendingOf(t, begin(v, query)))
	if got := outcomes(t, w.ask(request(v, "", "Poll "+values[7])))[0]; !strings.HasPrefix(got, "InvalidAsynchronousCorrelationValue: ") {
		t.Errorf("what made room is told: %s", got)
	}
	values = slices.Delete(values, 7, 8)
	for _, value := range values {
		w.polled(v, value)
	}
	w.f.Advance(11 * time.Minute)
	for i, value := range values {
		if got := outcomes(t, w.ask(request(v, "", "Poll "+value)))[0]; got == "Success" {
			t.Errorf("the answer %d is told eleven minutes later", i)
		}
	}
}

// TestDataInPartsAndUndoAreAnsweredAtOnce: they belong to a connection, and to one answer.
func TestDataInPartsAndUndoAreAnsweredAtOnce(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	for _, item := range []string{"Encrypt " + id + `<Data type="ByteString" value="00"/><InitIndicator type="Boolean" value="true"/>`, "DiscoverVersions "} {
		if got := items(w.ask(request("2.1", laterIn("2.1"), item)))[0]; isPending(got) {
			t.Errorf("%s is pending", item)
		}
	}
	if isPending(items(w.ask(request("2.1", laterIn("2.1")+`<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`, newKey("2.1"))))[0]) {
		t.Error("a batch with Undo is pending")
	}
}

// TestQueryTellsHowOperationsAreDone: since 1.3, and each version in its own words.
func TestQueryTellsHowOperationsAreDone(t *testing.T) {
	w := open(t)
	const ask = `Query <QueryFunction type="Enumeration" value="QueryCapabilities"/><QueryFunction type="Enumeration" value="QueryRNGs"/>`
	for _, v := range []string{"1.3", "1.4", "2.1"} {
		got := w.one(v, ask)
		c := got.Find(wire.TagCapabilityInformation)
		if can, err := c.Find(wire.TagAsynchronousCapability).Boolean(); err != nil || !can {
			t.Errorf("%s: %s", v, xmlOf(t, got))
		}
		if c.Find(wire.TagBatchUndoCapability).Present() != (v >= "1.4") || !got.Find(wire.TagRNGParameters).Present() {
			t.Errorf("%s: %s", v, xmlOf(t, got))
		}
	}
}

// TestWhatGivesOutMaterialIsAnsweredAtOnce: nothing of a key waits for somebody to ask for it, when it may be revoked, archived or destroyed.
func TestWhatGivesOutMaterialIsAnsweredAtOnce(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	for _, c := range []struct{ version, item string }{
		{"1.2", "Get " + id},
		{"2.1", "Get " + id},
		{"2.1", "Export " + id},
		{"1.4", "RNGRetrieve " + `<DataLength type="Integer" value="8"/>`},
		{"2.1", "Decrypt " + id + `<Data type="ByteString" value="00"/>`},
	} {
		for _, item := range items(w.ask(request(c.version, laterIn(c.version), c.item, "Locate "))) {
			if isPending(item) {
				t.Errorf("%s in %s is pending", c.item, c.version)
			}
		}
	}
}

// TestANarrowerTokenDoesNotPoll: another token of the same principal, or the same one in other groups, is another client.
func TestANarrowerTokenDoesNotPoll(t *testing.T) {
	const v = "2.1"
	w := open(t)
	var tokens []*world
	for range 2 {
		_, secret, err := w.f.Vault(0).CreateToken(t.Context(), w.f.Root(), vault.TokenSpec{Principal: "app"})
		if err != nil {
			t.Fatal(err)
		}
		o := *w
		o.caller = w.f.Caller(secret)
		tokens = append(tokens, &o)
	}
	in := func(groups ...string) *world {
		o := w.as("app")
		o.caller.Groups = groups
		return o
	}
	for _, pair := range [][2]*world{{tokens[0], tokens[1]}, {in("a", "b"), in("a")}, {in("a", "b"), in(`a","b`)}} {
		value := pendingOf(t, items(pair[0].ask(request(v, laterIn(v), "Locate ")))[0])
		pair[0].polled(v, value)
		if got := outcomes(t, pair[1].ask(request(v, "", "Poll "+value)))[0]; !strings.HasPrefix(got, "InvalidAsynchronousCorrelationValue: ") {
			t.Errorf("polled by another: %s", got)
		}
		if got := xmlOf(t, pair[1].one(v, "QueryAsynchronousRequests ")); strings.Contains(got, "<AsynchronousRequest>") {
			t.Errorf("told to another: %s", got)
		}
		if got := pair[1].result(v, value); got != wire.CancellationResultUnavailable {
			t.Errorf("canceled by another: %v", got)
		}
	}
	value := pendingOf(t, items(in("b", "a").ask(request(v, laterIn(v), "Locate ")))[0])
	in("a", "b").polled(v, value) // the order of groups means nothing
}

// TestNothingIsPolledWhileSealed: and what was kept is gone when the node is open again.
func TestNothingIsPolledWhileSealed(t *testing.T) {
	const v = "2.1"
	w := open(t)
	value := pendingOf(t, items(w.ask(request(v, laterIn(v), newKey(v))))[0])
	w.polled(v, value)
	if err := w.f.Vault(0).Seal(t.Context(), w.f.Root(), true); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, w.ask(request(v, "", "Poll "+value)))[0]; got == "Success" || strings.HasPrefix(got, "InvalidAsynchronousCorrelationValue: ") {
		t.Errorf("while sealed: %s", got)
	}
	w.f.Unseal(0)
	if got := outcomes(t, w.ask(request(v, "", "Poll "+value)))[0]; !strings.HasPrefix(got, "InvalidAsynchronousCorrelationValue: ") {
		t.Errorf("afterwards: %s", got)
	}
}

// TestNothingIsPolledFromAStaleNode: one that cannot prove that what it knows is recent.
func TestNothingIsPolledFromAStaleNode(t *testing.T) {
	const v = "2.1"
	w := openCluster(t, 3)[1]
	value := pendingOf(t, items(w.ask(request(v, laterIn(v), newKey(v))))[0])
	w.polled(v, value)
	w.f.Cut(1)
	if got := outcomes(t, w.ask(request(v, "", "Poll "+value)))[0]; got == "Success" {
		t.Error("a node that is cut off tells an answer")
	}
}
