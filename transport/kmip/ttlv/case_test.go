package ttlv_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
)

// TestCasesSurviveEveryEncoding takes each message from XML through binary and JSON and back: nothing is lost, and
// nothing is written in another way.
func TestCasesSurviveEveryEncoding(t *testing.T) {
	count := 0
	for name, text := range cases(t) {
		for i, want := range messages(t, name, text) {
			count++
			root := decodeXML(t, want).Root()
			binary := root.Raw()
			again := decode(t, binary)
			if got := toXML(t, again); !slices.Equal(tree(t, got), tree(t, want)) {
				t.Errorf("%s, message %d: in XML it has become\n%s\nwant\n%s", name, i, got, want)
			}
			back, err := ttlv.DecodeJSON([]byte(toJSON(t, again)), ttlv.Limits{})
			if err != nil {
				t.Fatalf("%s, message %d: %v in %s", name, i, err, toJSON(t, again))
			}
			if !bytes.Equal(back.Root().Raw(), binary) {
				t.Errorf("%s, message %d: JSON changed it to\n%s", name, i, toXML(t, back.Root()))
			}
			if x := decodeXML(t, toXML(t, again)); !bytes.Equal(x.Root().Raw(), binary) {
				t.Errorf("%s, message %d: XML changed it to\n%s", name, i, toXML(t, x.Root()))
			}
		}
	}
	t.Logf("%d messages", count)
}

// TestCasesAreWrittenAgainByTheEncoder builds each message anew from its items, so the encoder's own methods are held
// against the cases too.
func TestCasesAreWrittenAgainByTheEncoder(t *testing.T) {
	for name, text := range cases(t) {
		for _, m := range messages(t, name, text) {
			root := decodeXML(t, m).Root()
			got := encoded(t, func(e *ttlv.Encoder) { rewrite(t, e, root) })
			if !bytes.Equal(got, root.Raw()) {
				t.Errorf("%s: written again it is\n%s\nwant\n%s", name, toXML(t, decode(t, got)), toXML(t, root))
			}
		}
	}
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// rewrite writes an item by its value.
func rewrite(t testing.TB, e *ttlv.Encoder, it ttlv.Item) {
	t.Helper()
	tag := it.Tag()
	switch it.Type() {
	case ttlv.Structure:
		e.Structure(tag, func() {
			for c := range it.Children() {
				rewrite(t, e, c)
			}
		})
	case ttlv.Integer:
		v, err := it.Integer()
		e.Integer(tag, must(t, v, err))
	case ttlv.LongInteger:
		v, err := it.LongInteger()
		e.LongInteger(tag, must(t, v, err))
	case ttlv.BigInteger:
		v, err := it.BigInteger()
		e.BigInteger(tag, must(t, v, err))
	case ttlv.Enumeration:
		v, err := it.Enumeration()
		e.Enumeration(tag, must(t, v, err))
	case ttlv.Boolean:
		v, err := it.Boolean()
		e.Boolean(tag, must(t, v, err))
	case ttlv.TextString:
		v, err := it.Text()
		e.Text(tag, must(t, v, err))
	case ttlv.ByteString:
		v, err := it.Bytes()
		e.Bytes(tag, must(t, v, err))
	case ttlv.DateTime:
		v, err := it.Time()
		e.DateTime(tag, must(t, v, err))
	case ttlv.DateTimeExtended:
		v, err := it.Time()
		e.DateTimeExtended(tag, must(t, v, err))
	case ttlv.Interval:
		v, err := it.Interval()
		e.Interval(tag, must(t, v, err))
	default:
		t.Fatalf("%v has type %v", tag, it.Type())
	}
}
