package ttlv_test

import (
	"bytes"
	"testing"

	other "github.com/gemalto/kmip-go/ttlv"

	"github.com/quorate/quorate/transport/kmip/ttlv"
)

// seeds are the cases in binary, XML or JSON.
func seeds(f *testing.F, form func(ttlv.Item) []byte) {
	f.Helper()
	for name, text := range cases(f) {
		for i, m := range messages(f, name, text) {
			if i == 0 { // the first of each; the rest is much the same
				f.Add(form(decodeXML(f, m).Root()))
			}
		}
	}
}

// FuzzBinary: nothing panics; what is taken is canonical, so it comes back byte for byte from the encoder and from XML
// and JSON, and the other implementation takes it too.
func FuzzBinary(f *testing.F) {
	seeds(f, func(it ttlv.Item) []byte { return it.Raw() })
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ttlv.Decode(b, ttlv.Limits{Bytes: 1 << 16, Depth: 12})
		if err != nil {
			return
		}
		if err := other.TTLV(b).Valid(); err != nil && len(b) < 4096 && depth(m.Root()) < 6 { // it takes exponential time
			t.Fatalf("we take %X, they do not: %v", b, err)
		}
		var e ttlv.Encoder
		e.Copy(m.Root())
		if got, err := e.Message(); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%X became %X (%v)", b, got, err)
		}
		j := toJSON(t, m.Root())
		if back, err := ttlv.DecodeJSON([]byte(j), ttlv.Limits{}); err != nil || !bytes.Equal(back.Root().Raw(), b) {
			t.Fatalf("%X is lost in JSON (%v): %s", b, err, j)
		}
		x, err := ttlv.AppendXML(nil, m.Root())
		if err != nil {
			return // a text that XML cannot hold
		}
		if back, err := ttlv.DecodeXML(x, ttlv.Limits{}); err != nil || !bytes.Equal(back.Root().Raw(), b) {
			t.Fatalf("%X is lost in XML (%v): %s", b, err, x)
		}
	})
}

func depth(it ttlv.Item) int {
	deepest := 0
	for c := range it.Children() {
		deepest = max(deepest, depth(c)+1)
	}
	return deepest
}

// FuzzXML: nothing panics, and what is taken means the same when we write it.
func FuzzXML(f *testing.F) {
	seeds(f, func(it ttlv.Item) []byte { return []byte(toXML(f, it)) })
	f.Fuzz(func(t *testing.T, text []byte) { same(t, text, ttlv.DecodeXML, ttlv.AppendXML) })
}

// FuzzJSON: nothing panics, and what is taken means the same when we write it.
func FuzzJSON(f *testing.F) {
	seeds(f, func(it ttlv.Item) []byte { return []byte(toJSON(f, it)) })
	f.Fuzz(func(t *testing.T, text []byte) { same(t, text, ttlv.DecodeJSON, ttlv.AppendJSON) })
}

func same(t *testing.T, text []byte, read func([]byte, ttlv.Limits) (*ttlv.Message, error), write func([]byte, ttlv.Item) ([]byte, error)) {
	t.Helper()
	m, err := read(text, ttlv.Limits{})
	if err != nil {
		return
	}
	again, err := write(nil, m.Root())
	if err != nil {
		t.Fatalf("%s cannot be written again: %v", text, err)
	}
	back, err := read(again, ttlv.Limits{})
	if err != nil || !bytes.Equal(back.Root().Raw(), m.Root().Raw()) {
		t.Fatalf("%s became %s (%v)", text, again, err)
	}
}

// FuzzRead: nothing panics, and what is taken is what was sent.
func FuzzRead(f *testing.F) {
	seeds(f, func(it ttlv.Item) []byte { return it.Raw() })
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ttlv.Read(bytes.NewReader(b), nil, 1<<16)
		if err == nil && !bytes.Equal(got, b[:len(got)]) {
			t.Fatalf("%X was read as %X", b, got)
		}
	})
}
