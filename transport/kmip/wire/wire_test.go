package wire_test

import (
	"strings"
	"testing"

	"github.com/gemalto/kmip-go/kmip14"
	"github.com/gemalto/kmip-go/kmip20"
	other "github.com/gemalto/kmip-go/ttlv"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// renamed is what the other implementation, used here for comparison only, calls differently; ours is the later
// specification's name, and theirs is read as well unless it says why not.
var renamed = map[string]bool{
	"Reserved": true, // 420137 is reserved, and so has no name here
}

// TestNamesAreThoseOfAnotherImplementation compares every tag and value that it has.
func TestNamesAreThoseOfAnotherImplementation(t *testing.T) {
	var registry other.Registry
	kmip14.Register(&registry)
	kmip20.Register(&registry)
	tags, values := 0, 0
	for _, code := range registry.Tags().Values() {
		name := registry.FormatTag(other.Tag(code))
		if renamed[name] {
			continue
		}
		tags++
		tag, ok := wire.ParseTag(name)
		if !ok || uint32(tag) != code {
			t.Errorf("tag %06X: they call it %s, which is %06X to us", code, name, uint32(tag))
		}
		if tag.String() != name {
			t.Errorf("tag %06X: they call it %s, we %s", code, name, tag)
		}
		enum := registry.EnumForTag(other.Tag(code))
		if enum == nil || tag == wire.TagAttributeReference || tag == wire.TagLink { // a Link is a structure
			continue
		}
		for _, v := range enum.Values() {
			values++
			name, _ := enum.Name(v)
			var got uint32
			if enum.Bitmask() {
				got, ok = wire.ParseMask(tag, name, " ")
			} else {
				got, ok = wire.ParseValue(tag, name)
			}
			if !ok || got != v {
				t.Errorf("%v %08X: they call it %s, which is %08X to us (%v)", tag, v, name, got, ok)
			}
		}
	}
	if tags < 300 || values < 700 {
		t.Errorf("only %d tags and %d values were compared", tags, values)
	}
}

func TestVocabularyIsConsistent(t *testing.T) {
	tags, groups := vocabulary(t)
	names, codes := map[string]string{}, map[string]bool{}
	for _, w := range tags {
		if codes[w.code] || names[wire.Text(w.name)] != "" {
			t.Errorf("tag %s %s stands twice", w.code, w.name)
		}
		names[wire.Text(w.name)], codes[w.code] = w.code, true
	}
	for _, g := range groups {
		seen := map[string]string{}
		for _, tag := range g.tags {
			if names[wire.Text(tag)] == "" {
				t.Errorf("%s is of %q, which is no tag", g.name, tag)
			}
		}
		for _, w := range g.words {
			if text := wire.Text(w.name); seen[text] != "" && seen[text] != w.code {
				t.Errorf("%s: %s is both %s and %s", g.name, text, seen[text], w.code)
			}
			seen[wire.Text(w.name)] = w.code
			if len(w.code) != 8 {
				t.Errorf("%s: %s is no value", g.name, w.code)
			}
		}
	}
}

// TestNamesInTheTextEncodings holds an example for each rule of KMIP Profiles 1.4, section 5.4.1.1.
func TestNamesInTheTextEncodings(t *testing.T) {
	for name, want := range map[string]string{
		"Unique Identifier": "UniqueIdentifier", "PKCS#1": "PKCS_1", "PKCS#12 Friendly Name": "PKCS_12FriendlyName", "Re-key": "ReKey", "Re-key Key Pair": "ReKeyKeyPair",
		"3DES": "DES3", "SHA-512/224": "SHA_512_224", "SHA-256 with RSA Encryption": "SHA_256WithRSAEncryption", "X.509": "X_509", "PKCS1 v1.5": "PKCS1V1_5",
		"Polynomial Sharing GF (2^16)": "PolynomialSharingGF2_16", "IV/Counter/Nonce": "IVCounterNonce", "MAC/Signature": "MACSignature", "Pre-Active": "PreActive",
		"On-line storage": "OnLineStorage", "CBC-MAC": "CBC_MAC", "NIST800-108-C": "NIST800_108_C", "": "",
	} {
		if got := wire.Text(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestWordsBelongToVersions(t *testing.T) {
	for _, c := range []struct {
		tag         wire.Tag
		first, last string
	}{
		{wire.TagUniqueIdentifier, "1.0", "2.1"},
		{wire.TagDeviceIdentifier, "1.1", "2.1"},
		{wire.TagTemplateAttribute, "1.0", "1.4"},
		{wire.TagCorrelationValue, "1.3", "2.1"},
		{wire.TagSensitive, "1.4", "2.1"},
		{wire.TagAttributes, "2.0", "2.1"},
		{wire.TagRotateInterval, "2.1", "2.1"},
		{0x540001, "1.0", "2.1"},
		{0x42FFFF, "", ""},
	} {
		var first, last string
		for _, v := range wire.Versions() { // newest first
			if c.tag.In(v) {
				if first = v.String(); last == "" {
					last = v.String()
				}
			}
		}
		if first != c.first || last != c.last {
			t.Errorf("%v is in %s to %s, want %s to %s", c.tag, first, last, c.first, c.last)
		}
	}
	for _, c := range []struct {
		op   wire.Operation
		in   wire.Version
		want bool
	}{
		{wire.OperationCreate, wire.V10, true},
		{wire.OperationDiscoverVersions, wire.V10, false},
		{wire.OperationDiscoverVersions, wire.V11, true},
		{wire.OperationEncrypt, wire.V11, false},
		{wire.OperationEncrypt, wire.V12, true},
		{wire.OperationSetAttribute, wire.V14, false},
		{wire.OperationSetAttribute, wire.V20, true},
		{wire.OperationPing, wire.V20, false},
		{wire.OperationPing, wire.V21, true},
		{0x80000001, wire.V10, true},
		{0x70000001, wire.V21, false},
	} {
		if got := wire.ValueIn(wire.TagOperation, uint32(c.op), c.in); got != c.want {
			t.Errorf("%v in %v: %v, want %v", c.op, c.in, got, c.want)
		}
	}
}

func TestUnknownWordsAreNumbers(t *testing.T) {
	if got := wire.Tag(0x54ABCD).String(); got != "0x54ABCD" {
		t.Errorf("a vendor's tag is %s", got)
	}
	if got := wire.ValueText(wire.TagOperation, 0x80000007); got != "0x80000007" {
		t.Errorf("a vendor's operation is %s", got)
	}
	if got := wire.MaskText(wire.TagCryptographicUsageMask, 0x0100000C, " "); got != "Encrypt Decrypt 0x01000000" {
		t.Errorf("a mask is %s", got)
	}
	if got, ok := wire.ParseMask(wire.TagCryptographicUsageMask, "Decrypt  Encrypt 0x01000000", " "); got != 0x0100000C || !ok {
		t.Errorf("the mask is read as %08X, %v", got, ok)
	}
	for _, text := range []string{"", "0x", "0x42", "0x4200010", "0xGGGGGG", "420001", "activationdate", "TTLV"} {
		if tag, ok := wire.ParseTag(text); ok {
			t.Errorf("%q is read as the tag %06X", text, uint32(tag))
		}
	}
	for _, text := range []string{"", "0x1", "0x000000001", "aes", strings.Repeat("0", 8)} {
		if v, ok := wire.ParseValue(wire.TagCryptographicAlgorithm, text); ok {
			t.Errorf("%q is read as the algorithm %08X", text, v)
		}
	}
	if v, ok := wire.ParseValue(wire.TagResultReason, "NotAuthorized"); !ok || v != uint32(wire.ResultReasonNotAuthorised) { // 2.0's spelling
		t.Errorf("an older name is read as %08X, %v", v, ok)
	}
}
