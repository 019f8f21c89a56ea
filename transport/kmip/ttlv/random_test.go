package ttlv_test

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// draw writes a random item: any type, known and unknown tags and values, structures up to depth.
func draw(t *rapid.T, e *ttlv.Encoder, depth int, texts *rapid.Generator[string]) {
	tag := rapid.OneOf(
		rapid.Map(rapid.Uint32Range(0x420001, 0x420176), func(v uint32) wire.Tag { return wire.Tag(v) }),
		rapid.SampledFrom([]wire.Tag{
			vendor, vendor + 7, 0x54FFFF, 0x42FFFF, wire.TagAttributeName, wire.TagAttributeValue,
			wire.TagCryptographicAlgorithm, wire.TagCryptographicUsageMask, wire.TagAttributeReference,
		}),
	).Draw(t, "tag")
	kinds := []ttlv.Type{
		ttlv.Integer, ttlv.LongInteger, ttlv.BigInteger, ttlv.Enumeration, ttlv.Boolean, ttlv.TextString, ttlv.ByteString,
		ttlv.DateTime, ttlv.Interval, ttlv.DateTimeExtended,
	}
	if depth > 0 {
		kinds = append(kinds, ttlv.Structure, ttlv.Structure, ttlv.Structure)
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "type"); kind {
	case ttlv.Structure:
		e.Structure(tag, func() {
			for range rapid.IntRange(0, 5).Draw(t, "items") {
				draw(t, e, depth-1, texts)
			}
		})
	case ttlv.Integer:
		e.Integer(tag, rapid.Int32().Draw(t, "v"))
	case ttlv.LongInteger:
		e.LongInteger(tag, rapid.Int64().Draw(t, "v"))
	case ttlv.BigInteger:
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "v"))
		if rapid.Bool().Draw(t, "negative") {
			n.Neg(n)
		}
		e.BigInteger(tag, n)
	case ttlv.Enumeration:
		e.Enumeration(tag, rapid.OneOf(rapid.Uint32Range(0, 60), rapid.Uint32(), rapid.Uint32Range(0x420001, 0x420176)).Draw(t, "v"))
	case ttlv.Boolean:
		e.Boolean(tag, rapid.Bool().Draw(t, "v"))
	case ttlv.TextString:
		e.Text(tag, texts.Draw(t, "v"))
	case ttlv.ByteString:
		e.Bytes(tag, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "v"))
	case ttlv.DateTime:
		e.DateTime(tag, time.Unix(rapid.OneOf(rapid.Int64Range(-1<<33, 1<<33), rapid.Int64()).Draw(t, "v"), 0))
	case ttlv.Interval:
		e.Interval(tag, time.Duration(rapid.Uint32().Draw(t, "v"))*time.Second)
	case ttlv.DateTimeExtended:
		e.DateTimeExtended(tag, time.UnixMicro(rapid.OneOf(rapid.Int64Range(-1<<52, 1<<52), rapid.Int64()).Draw(t, "v")))
	}
}

var (
	anyText = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", " ", "x-", "State", "Cryptographic Usage Mask", "Link Type", "a\tb\r\nc", "\x00", "\uFFFE", "😀"}))
	xmlable = anyText.Filter(func(s string) bool {
		for _, r := range s {
			if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				return false
			}
		}
		return true
	})
)

func drawMessage(t *rapid.T, texts *rapid.Generator[string]) []byte {
	var e ttlv.Encoder
	e.Structure(wire.TagRequestMessage, func() {
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			draw(t, &e, 4, texts)
		}
	})
	b, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(b)
}

func TestAnyMessageSurvivesEveryEncoding(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := drawMessage(r, xmlable)
		m, err := ttlv.Decode(want, ttlv.Limits{})
		if err != nil {
			r.Fatal(err)
		}
		x, err := ttlv.AppendXML(nil, m.Root())
		if err != nil {
			r.Fatal(err)
		}
		back, err := ttlv.DecodeXML(x, ttlv.Limits{})
		if err != nil {
			r.Fatalf("%v in %s", err, x)
		}
		if got := back.Root().Raw(); !bytes.Equal(got, want) {
			r.Fatalf("XML made of %X\nthis %X: %s", want, got, x)
		}
		j, err := ttlv.AppendJSON(nil, m.Root())
		if err != nil {
			r.Fatal(err)
		}
		if back, err = ttlv.DecodeJSON(j, ttlv.Limits{}); err != nil {
			r.Fatalf("%v in %s", err, j)
		}
		if got := back.Root().Raw(); !bytes.Equal(got, want) {
			r.Fatalf("JSON made of %X\nthis %X: %s", want, got, j)
		}
	})
}

// TestJSONHoldsEveryText: what XML cannot hold is refused there, and nothing is lost in JSON.
func TestJSONHoldsEveryText(t *testing.T) {
	for _, text := range []string{"\x00", "a\x1Fb", "\uFFFE", "\uFFFF"} {
		b := encoded(t, func(e *ttlv.Encoder) { e.Text(wire.TagNameValue, text) })
		if x, err := ttlv.AppendXML(nil, decode(t, b)); err == nil {
			t.Errorf("%q became %s", text, x)
		}
		back, err := ttlv.DecodeJSON([]byte(toJSON(t, decode(t, b))), ttlv.Limits{})
		if err != nil || !bytes.Equal(back.Root().Raw(), b) {
			t.Errorf("%q is lost in JSON: %v", text, err)
		}
	}
}

func TestTimesOfAllAges(t *testing.T) {
	for _, v := range []int64{math.MinInt64, -62167219200, -62167219201, 0, 253402300799, 253402300800, math.MaxInt64} {
		b := encoded(t, func(e *ttlv.Encoder) { e.DateTime(wire.TagActivationDate, time.Unix(v, 0)) })
		for _, text := range []string{toXML(t, decode(t, b)), toJSON(t, decode(t, b))} {
			read := ttlv.DecodeXML
			if text[0] == '{' {
				read = ttlv.DecodeJSON
			}
			if back, err := read([]byte(text), ttlv.Limits{}); err != nil || !bytes.Equal(back.Root().Raw(), b) {
				t.Errorf("%d is lost in %s: %v", v, text, err)
			}
		}
	}
}
