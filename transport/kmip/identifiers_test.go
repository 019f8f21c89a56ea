package kmip_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

const (
	makeAES = `<ObjectType type="Enumeration" value="SymmetricKey"/><Attributes><CryptographicAlgorithm type="Enumeration" value="AES"/>` +
		`<CryptographicLength type="Integer" value="128"/><CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/><ObjectGroup type="TextString" value="g"/></Attributes>`
	makePair = `<CommonAttributes><CryptographicAlgorithm type="Enumeration" value="EC"/><CryptographicLength type="Integer" value="256"/></CommonAttributes>` +
		`<PrivateKeyAttributes><CryptographicUsageMask type="Integer" value="Sign"/></PrivateKeyAttributes><PublicKeyAttributes><CryptographicUsageMask type="Integer" value="Verify"/></PublicKeyAttributes>`
	ofGroup   = `<Attributes><ObjectGroup type="TextString" value="g"/></Attributes>`
	typeAsked = `<AttributeReference type="Enumeration" value="ObjectType"/>`
)

func byOperation(name string) string {
	return `<UniqueIdentifier type="Enumeration" value="` + name + `"/>`
}

func byPlace(n int) string {
	return `<UniqueIdentifier type="Integer" value="` + strconv.Itoa(n) + `"/>`
}

// toldBy are the identifiers of an answer's item, in their order.
func toldBy(item ttlv.Item) (all []string) {
	for c := range item.Find(wire.TagResponsePayload).Children() {
		switch c.Tag() {
		case wire.TagUniqueIdentifier, wire.TagPrivateKeyUniqueIdentifier, wire.TagPublicKeyUniqueIdentifier:
			id, _ := c.Text()
			all = append(all, id)
		}
	}
	return all
}

// TestObjectsAreNamedByWhatToldThem: by the operation, the last of its kind, and by their place in the answer.
func TestObjectsAreNamedByWhatToldThem(t *testing.T) {
	w := open(t)
	answers := items(w.ask(request("2.1", "",
		"Create "+makeAES, "CreateKeyPair "+makePair, "Create "+makeAES,
		"Get "+byOperation("Create"), "GetAttributes "+byOperation("CreateKeyPairPublicKey")+typeAsked, "GetAttributes "+byOperation("CreateKeyPairPrivateKey")+typeAsked,
		"Get "+byPlace(0), "Get "+byPlace(3), "GetAttributes "+byPlace(2)+typeAsked, "GetAttributes "+byPlace(-1)+typeAsked,
		"ReKey "+byPlace(0), "GetAttributes "+byOperation("ReKey")+typeAsked, "Get "+byOperation("IDPlaceholder"))))
	want := func(at int, id string) {
		t.Helper()
		if got := outcome(t, answers[at]); got != "Success" {
			t.Fatalf("operation %d: %s", at, got)
		}
		if got := toldBy(answers[at]); len(got) != 1 || got[0] != id {
			t.Errorf("operation %d is about %v, want %s", at, got, id)
		}
	}
	first, pair, last, next := toldBy(answers[0])[0], toldBy(answers[1]), toldBy(answers[2])[0], toldBy(answers[10])[0]
	for at, id := range map[int]string{3: last, 4: pair[1], 5: pair[0], 6: first, 7: last, 8: pair[1], 9: pair[1], 11: next, 12: next} {
		want(at, id)
	}
}

// TestAnOperationIsRepeatedForAllThatAreMeant: each time with an answer of its own.
func TestAnOperationIsRepeatedForAllThatAreMeant(t *testing.T) {
	w := open(t)
	w.ask(request("2.1", "", "Create "+makeAES, "Create "+makeAES, "Create "+makeAES))
	r := w.ask(request("2.1", "", "Locate "+ofGroup, "Activate "+byOperation("Locate"), "ReKey "+byOperation("Locate"), "Get "+byOperation("ReKey"), "Ping "))
	all := items(r)
	if n, _ := r.Find(wire.TagResponseHeader).Find(wire.TagBatchCount).Integer(); int(n) != 11 || len(all) != 11 {
		t.Fatalf("%d answers, counted %d: %v", len(all), n, outcomes(t, r))
	}
	found := toldBy(all[0])
	for i, id := range found {
		if got := toldBy(all[1+i]); !slices.Equal(got, []string{id}) {
			t.Errorf("activated %v, want %s", got, id)
		}
		if made, got := toldBy(all[4+i]), toldBy(all[7+i]); !slices.Equal(made, got) || slices.Contains(found, got[0]) {
			t.Errorf("got %v, want what replaced %s: %v", got, id, made)
		}
	}
	// The first that fails ends a batch, unless it goes on.
	failing := "Get " + byOperation("Locate") + `<KeyFormatType type="Enumeration" value="PKCS_1"/>`
	for option, want := range map[string]int{"Stop": 2, "Continue": 8} {
		header := `<BatchErrorContinuationOption type="Enumeration" value="` + option + `"/>`
		if got := outcomes(t, w.ask(request("2.1", header, "Locate "+`<MaximumItems type="Integer" value="6"/>`+ofGroup, failing, "Ping "))); len(got) != want {
			t.Errorf("%s: %v", option, got)
		}
	}
}

// TestWhatNamesNoObjectSaysSo.
func TestWhatNamesNoObjectSaysSo(t *testing.T) {
	w := open(t)
	w.ask(request("2.1", "", "Create "+makeAES, "Create "+makeAES))
	undo := `<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`
	for _, c := range []struct{ version, header, item, want string }{
		{"2.1", "", "Get " + byOperation("Register"), "ItemNotFound: no Register before this operation told an identifier"},
		{"2.1", "", "Get " + byPlace(2), "ItemNotFound: the operations before this one told 2 identifiers, and none of them is number 2"},
		{"2.1", "", "Get " + byPlace(-3), "ItemNotFound: the operations before this one told 2 identifiers, and none of them is number -3"},
		{"2.1", "", "Get " + byOperation("0x80000001"), "InvalidField: "},
		{"2.1", undo, "Activate " + byOperation("Locate"), "InvalidField: "},
		{"2.1", "", `GetAttributes ` + byOperation("IDPlaceholder"), "ItemNotFound: "},
		{"1.4", "", "Get " + byPlace(0), "InvalidField: "},
	} {
		first := "Locate " + ofGroup
		if c.version == "1.4" {
			first = "Locate "
		}
		got := outcomes(t, w.ask(request(c.version, c.header, first, c.item)))
		if last := got[len(got)-1]; !strings.HasPrefix(last, c.want) {
			t.Errorf("%s: got %s, want %s", c.item, last, c.want)
		}
	}
	many := slices.Repeat([]string{"Create " + makeAES}, 64)
	if got := outcomes(t, w.ask(request("2.1", "", many...))); got[63] != "Success" {
		t.Fatal(got[63])
	}
	if got := outcomes(t, w.ask(request("2.1", "", "Locate "+ofGroup, "Get "+byOperation("Locate")))); len(got) != 2 || !strings.Contains(got[1], "repeated for 64 at most") {
		t.Errorf("too many: %v", got)
	}
}

// TestWhatTheLeaderDoesKnowsWhatWasToldBefore: what is done all or none names objects as anything else does, and can be named.
func TestWhatTheLeaderDoesKnowsWhatWasToldBefore(t *testing.T) {
	w, _ := certifying(t, key.ECDSAP256)
	subject := "Certify " + byOperation("CreateKeyPairPublicKey")
	all := w.ask(request("2.1", "", "CreateKeyPair "+makePair, "Create "+makeAES, subject, "GetAttributes "+byOperation("Certify")+typeAsked, "GetAttributes "+byPlace(-2)+typeAsked, "Get "+byOperation("CreateKeyPairPublicKey")))
	if got := outcomes(t, all); !slices.Equal(got, slices.Repeat([]string{"Success"}, 6)) {
		t.Fatal(got)
	}
	made := toldBy(items(all)[2])
	if got := toldBy(items(all)[3]); !slices.Equal(got, made) {
		t.Errorf("got %v, want %v", got, made)
	}
	if got := toldBy(items(all)[4]); !slices.Equal(got, made) { // its own answer is no part of what it counts back from
		t.Errorf("two before: %v, want %v", got, made)
	}
	undo := `<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`
	if got := outcomes(t, w.ask(request("2.1", undo, "Create "+makeAES, "Create "+makeAES, "Activate "+byPlace(0), "Get "+byOperation("Create")))); !slices.Equal(got, slices.Repeat([]string{"Success"}, 4)) {
		t.Error(got)
	}
}
