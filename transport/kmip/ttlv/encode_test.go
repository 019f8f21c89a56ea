package ttlv_test

import (
	"bytes"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// TestExamplesOfTheSpecification are the examples of KMIP Specification 1.4, section 9.1.2.
func TestExamplesOfTheSpecification(t *testing.T) {
	big1, ok := new(big.Int).SetString("1234567890000000000000000000", 10)
	if !ok {
		t.Fatal("no number")
	}
	at := time.Date(2008, 3, 14, 11, 56, 40, 0, time.UTC)
	for _, c := range []struct {
		name  string
		write func(*ttlv.Encoder)
		want  string
	}{
		{"integer", func(e *ttlv.Encoder) { e.Integer(0x420020, 8) }, "42 00 20 | 02 | 00 00 00 04 | 00 00 00 08 00 00 00 00"},
		{"long", func(e *ttlv.Encoder) { e.LongInteger(0x420020, 123456789000000000) }, "42 00 20 | 03 | 00 00 00 08 | 01 B6 9B 4B A5 74 92 00"},
		{"big", func(e *ttlv.Encoder) { e.BigInteger(0x420020, big1) }, "42 00 20 | 04 | 00 00 00 10 | 00 00 00 00 03 FD 35 EB 6B C2 DF 46 18 08 00 00"},
		{"enumeration", func(e *ttlv.Encoder) { e.Enumeration(0x420020, 255) }, "42 00 20 | 05 | 00 00 00 04 | 00 00 00 FF 00 00 00 00"},
		{"boolean", func(e *ttlv.Encoder) { e.Boolean(0x420020, true) }, "42 00 20 | 06 | 00 00 00 08 | 00 00 00 00 00 00 00 01"},
		{"text", func(e *ttlv.Encoder) { e.Text(0x420020, "Hello World") }, "42 00 20 | 07 | 00 00 00 0B | 48 65 6C 6C 6F 20 57 6F 72 6C 64 00 00 00 00 00"},
		{"bytes", func(e *ttlv.Encoder) { e.Bytes(0x420020, []byte{1, 2, 3}) }, "42 00 20 | 08 | 00 00 00 03 | 01 02 03 00 00 00 00 00"},
		{"date", func(e *ttlv.Encoder) { e.DateTime(0x420020, at) }, "42 00 20 | 09 | 00 00 00 08 | 00 00 00 00 47 DA 67 F8"},
		{"interval", func(e *ttlv.Encoder) { e.Interval(0x420020, 10*24*time.Hour) }, "42 00 20 | 0A | 00 00 00 04 | 00 0D 2F 00 00 00 00 00"},
		{"structure", func(e *ttlv.Encoder) {
			e.Structure(0x420020, func() {
				e.Enumeration(0x420004, 254)
				e.Integer(0x420005, 255)
			})
		}, "42 00 20 | 01 | 00 00 00 20 | 42 00 04 | 05 | 00 00 00 04 | 00 00 00 FE 00 00 00 00 | 42 00 05 | 02 | 00 00 00 04 | 00 00 00 FF 00 00 00 00"},
	} {
		if got, want := encoded(t, c.write), unhex(t, strings.ReplaceAll(c.want, "|", "")); !bytes.Equal(got, want) {
			t.Errorf("%s: got %X, want %X", c.name, got, want)
		}
	}
}

func TestNumbersKeepTheirValue(t *testing.T) {
	bit := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	minus := func(n *big.Int) *big.Int { return new(big.Int).Neg(n) }
	for _, c := range []struct {
		v    *big.Int
		size int // of the value
	}{
		{big.NewInt(0), 8},
		{big.NewInt(1), 8},
		{big.NewInt(-1), 8},
		{big.NewInt(127), 8},
		{big.NewInt(-128), 8},
		{big.NewInt(math.MaxInt64), 8},
		{big.NewInt(math.MinInt64), 8},
		{bit(63), 16},
		{minus(new(big.Int).Add(bit(63), big.NewInt(1))), 16},
		{bit(127), 24},
		{minus(bit(127)), 16},
		{bit(2047), 264},
	} {
		b := encoded(t, func(e *ttlv.Encoder) { e.BigInteger(wire.TagModulus, c.v) })
		got, err := decode(t, b).BigInteger()
		if err != nil || got.Cmp(c.v) != 0 || len(b) != 8+c.size {
			t.Errorf("%v came back as %v (%v), in %d bytes, want %d", c.v, got, err, len(b)-8, c.size)
		}
	}
	fine := time.Date(2026, 11, 28, 12, 0, 0, 123456000, time.UTC)
	if got, err := decode(t, encoded(t, func(e *ttlv.Encoder) { e.DateTimeExtended(wire.TagTimeStamp, fine) })).Time(); err != nil || !got.Equal(fine) {
		t.Errorf("got %v (%v), want %v", got, err, fine)
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	for name, write := range map[string]func(*ttlv.Encoder){
		"text":          func(e *ttlv.Encoder) { e.Text(wire.TagNameValue, "\xC3\x28") },
		"long ago":      func(e *ttlv.Encoder) { e.Interval(wire.TagLeaseTime, -time.Second) },
		"for ever":      func(e *ttlv.Encoder) { e.Interval(wire.TagLeaseTime, (math.MaxUint32+1)*time.Second) },
		"what is there": func(e *ttlv.Encoder) { e.Copy(ttlv.Item{}) },
	} {
		e := ttlv.NewEncoder()
		e.Structure(wire.TagRequestMessage, func() { write(e) })
		if _, err := e.Message(); err == nil {
			t.Errorf("%s: no error", name)
		}
		e.Release()
	}
	e := ttlv.NewEncoder() // the error does not stay in the pool
	defer e.Release()
	if _, err := e.Message(); err != nil {
		t.Error(err)
	}
}

// TestEncodersLeaveNothing looks at the memory behind what an encoder wrote.
func TestEncodersLeaveNothing(t *testing.T) {
	e := &ttlv.Encoder{}
	e.Structure(wire.TagKeyBlock, func() {
		e.Bytes(wire.TagKeyMaterial, []byte("a key that must not stay"))
		first, _ := e.Message()
		first = first[:len(first):len(first)]
		e.Bytes(wire.TagIVCounterNonce, make([]byte, 4096)) // it grows
		if len(bytes.Trim(first, "\x00")) > 0 {
			t.Errorf("what it grew out of: %q", first)
		}
	})
	before, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	all := before[:cap(before)]
	e.Cut(0)
	if len(bytes.Trim(all, "\x00")) > 0 {
		t.Errorf("after it was cut: %q", all[:64])
	}
}

func TestCopyKeepsWhatNobodyKnows(t *testing.T) {
	old := decode(t, encoded(t, func(e *ttlv.Encoder) {
		e.Structure(vendor, func() {
			e.Enumeration(vendor+1, 0x80000001)
			e.Text(wire.TagAttributeValue, "kept")
		})
	}))
	got := encoded(t, func(e *ttlv.Encoder) {
		e.Structure(wire.TagAttributes, func() {
			e.Copy(old)
			e.CopyAs(wire.TagDescription, old.Find(wire.TagAttributeValue))
		})
	})
	want := `<Attributes><TTLV tag="0x540001"><TTLV tag="0x540002" type="Enumeration" value="0x80000001"/>` +
		`<AttributeValue type="TextString" value="kept"/></TTLV><Description type="TextString" value="kept"/></Attributes>`
	if x := toXML(t, decode(t, got)); x != want {
		t.Errorf("got %s\nwant %s", x, want)
	}
}
