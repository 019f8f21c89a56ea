package ttlv_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestMalformedMessagesAreNamed holds one message for each rule of the format. The error says what and where.
func TestMalformedMessagesAreNamed(t *testing.T) {
	limits := ttlv.Limits{Bytes: 512, Depth: 3, Items: 5, Text: 16}
	for _, c := range []struct {
		name, message, want string
		limit               bool
	}{
		{"nothing", "", "message (byte 0): 0 bytes are left, and an item's header needs 8", false},
		{"half a header", "420078 01 0000", "message (byte 0): 6 bytes are left, and an item's header needs 8", false},
		{"half a header inside", "420078 01 00000008 420077 01 00000000 42007701", "message (byte 16): 4 bytes follow the end of the message", false},
		{"strange tag", "430078 01 00000000", "0x430078 (byte 0): the tag begins with neither 42 (KMIP) nor 54 (vendors)", false},
		{"no type", "420078 00 00000000", "RequestMessage (byte 0): there is no item type 0x00", false},
		{"unknown type", "420078 01 00000008 42000D 0C 00000000", "RequestMessage/BatchCount (byte 8): there is no item type 0x0C", false},
		{"claims more", "420078 01 00000010 420077 01 00000000", "RequestMessage (byte 0): its length says 16 bytes, and only 8 are left", false},
		{"claims 4 GiB", "420078 01 FFFFFFF8 420077 01 00000000", "RequestMessage (byte 0): its length says 4294967288 bytes, and only 8 are left", false},
		{"claims 4 GiB of text", "420055 07 FFFFFFFF", "NameValue (byte 0): its length says 4294967295 bytes, and only 0 are left", false},
		{"child claims more than its structure", "420078 01 00000010 420077 01 00000010 42000D 02 00000004 00000001 00000000", "RequestMessage/RequestHeader (byte 8): its length says 16 bytes, and only 8 are left", false},
		{"structure of 4", "420078 01 00000004 00000000 00000000", "RequestMessage (byte 0): the length of a Structure is a multiple of 8, not 4", false},
		{"integer of 8", "42000D 02 00000008 0000000000000001", "BatchCount (byte 0): the length of a Integer is 4, not 8", false},
		{"long of 4", "420097 03 00000004 00000001 00000000", "UsageLimitsTotal (byte 0): the length of a LongInteger is 8, not 4", false},
		{"big of 4", "420052 04 00000004 00000001 00000000", "Modulus (byte 0): the length of a BigInteger is a multiple of 8 and not zero, not 4", false},
		{"big of none", "420052 04 00000000", "Modulus (byte 0): the length of a BigInteger is a multiple of 8 and not zero, not 0", false},
		{"enumeration of none", "42005C 05 00000000", "Operation (byte 0): the length of a Enumeration is 4, not 0", false},
		{"boolean of 4", "420026 06 00000004 00000001 00000000", "CriticalityIndicator (byte 0): the length of a Boolean is 8, not 4", false},
		{"boolean of two", "420026 06 00000008 0000000000000002", "CriticalityIndicator (byte 0): a Boolean is zero or one", false},
		{"date of 4", "420092 09 00000004 00000001 00000000", "TimeStamp (byte 0): the length of a DateTime is 8, not 4", false},
		{"interval of 8", "420049 0A 00000008 0000000000000001", "LeaseTime (byte 0): the length of a Interval is 4, not 8", false},
		{"fine date of 4", "420092 0B 00000004 00000001 00000000", "TimeStamp (byte 0): the length of a DateTimeExtended is 8, not 4", false},
		{"padding of an integer", "42000D 02 00000004 00000001 00000001", "BatchCount (byte 0): the padding is not zero", false},
		{"padding of a text", "420055 07 00000001 61 00000000000080", "NameValue (byte 0): the padding is not zero", false},
		{"padding of bytes", "420043 08 00000007 01020304050607 FF", "KeyMaterial (byte 0): the padding is not zero", false},
		{"padding missing", "420043 08 00000003 010203", "KeyMaterial (byte 0): its length says 3 bytes, and only 3 are left", false},
		{"text is not UTF-8", "420055 07 00000002 C328 000000000000", "NameValue (byte 0): the text is not UTF-8", false},
		{"two messages", "420078 01 00000000 420078 01 00000000", "message (byte 8): 8 bytes follow the end of the message", false},
		{"a long text", "420055 07 00000011 61616161 61616161 61616161 61616161 61000000 00000000", "NameValue (byte 0): the text has 17 bytes, more than 16", true},
		{"deep", "420078 01 00000018 420078 01 00000010 420078 01 00000008 420078 01 00000000", "RequestMessage/RequestMessage/RequestMessage/RequestMessage (byte 24): structures are nested deeper than 3", true},
		{"many", "420078 01 00000028" + strings.Repeat("420077 01 00000000", 5), "RequestMessage/RequestHeader (byte 40): more than 5 items", true},
		{"long", "420043 08 000001F9" + strings.Repeat("00", 512), "message (byte 0): 520 bytes are more than the limit of 512", true},
	} {
		_, err := ttlv.Decode(unhex(t, c.message), limits)
		var e *ttlv.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", c.name, err)
			continue
		}
		if e.Error() != c.want || e.Limit != c.limit {
			t.Errorf("%s: got %q (limit: %v), want %q (%v)", c.name, e, e.Limit, c.want, c.limit)
		}
	}
}

// TestLimitsAreReached proves that what is exactly at a limit is taken.
func TestLimitsAreReached(t *testing.T) {
	limits := ttlv.Limits{Bytes: 48, Depth: 3, Items: 6, Text: 8}
	for _, m := range []string{
		"420078 01 00000010 420078 01 00000008 420078 01 00000000",
		"420078 01 00000028" + strings.Repeat("420077 01 00000000", 5),
		"420055 07 00000008 6161616161616161",
	} {
		if _, err := ttlv.Decode(unhex(t, m), limits); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
}

// TestCutMessagesAreRefused cuts a good message at each byte, and changes its length by one at each.
func TestCutMessagesAreRefused(t *testing.T) {
	whole := createRequest(t)
	for n := range whole {
		if _, err := ttlv.Decode(whole[:n], ttlv.Limits{}); err == nil {
			t.Errorf("the first %d bytes of %d are taken for a message", n, len(whole))
		}
	}
	if _, err := ttlv.Decode(append(whole, 0), ttlv.Limits{}); err == nil {
		t.Error("a byte more is taken")
	}
}

// TestLyingLengthsCostNothing measures what a message of nothing but claims makes us allocate.
func TestLyingLengthsCostNothing(t *testing.T) {
	claims := unhex(t, "420078 01 FFFFFFF8 420077 01 FFFFFFF8")
	allocated := testing.AllocsPerRun(100, func() {
		if _, err := ttlv.Decode(claims, ttlv.Limits{}); err == nil {
			t.Fatal("it was taken")
		}
	})
	if allocated > 10 {
		t.Errorf("%v allocations to refuse 16 bytes", allocated)
	}
}

func TestItemsSayWhatIsMissingOrOfAnotherType(t *testing.T) {
	root := decode(t, createRequest(t))
	payload := root.Find(wire.TagBatchItem).Find(wire.TagRequestPayload)
	for _, c := range []struct {
		name string
		read func() error
		want string
	}{
		{"missing", func() error { _, err := payload.Find(wire.TagUniqueIdentifier).Text(); return err }, "RequestMessage/BatchItem/RequestPayload/UniqueIdentifier (byte 96): it is missing"},
		{"missing in a missing one", func() error {
			_, err := payload.Find(wire.TagAttributes).Find(wire.TagName).Find(wire.TagNameValue).Text()
			return err
		}, "RequestMessage/BatchItem/RequestPayload/Attributes (byte 96): it is missing"},
		{"another type", func() error { _, err := payload.Find(wire.TagObjectType).Text(); return err }, "RequestMessage/BatchItem/RequestPayload/ObjectType (byte 104): it is of type Enumeration, and must be of type TextString"},
		{"no structure", func() error { _, err := payload.Find(wire.TagObjectType).Structure(); return err }, "RequestMessage/BatchItem/RequestPayload/ObjectType (byte 104): it is of type Enumeration, and must be of type Structure"},
		{"no item at all", func() error { _, err := ttlv.Item{}.Bytes(); return err }, "message (byte 0): it is missing"},
	} {
		err := c.read()
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		var e *ttlv.Error
		if errors.As(err, &e) && strings.HasPrefix(c.name, "missing") != e.Missing {
			t.Errorf("%s: Missing is %v", c.name, e.Missing)
		}
	}
}

func TestClearOverwritesTheMessage(t *testing.T) {
	b := encoded(t, func(e *ttlv.Encoder) { e.Bytes(wire.TagKeyMaterial, []byte("a key that must not stay")) })
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Clear(); strings.Trim(string(b), "\x00") != "" {
		t.Errorf("left: %q", b)
	}
}
