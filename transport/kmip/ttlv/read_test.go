package ttlv_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"

	"github.com/quorate/quorate/transport/kmip/ttlv"
)

func TestReadTakesOneMessageAfterAnother(t *testing.T) {
	first, second := createRequest(t), getResponse(t)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with its end": iotest.DataErrReader,
	} {
		r := wrap(bytes.NewReader(append(append([]byte(nil), first...), second...)))
		var buf []byte
		for _, want := range [][]byte{first, second} {
			var err error
			if buf, err = ttlv.Read(r, buf, 1<<20); err != nil || !bytes.Equal(buf, want) {
				t.Fatalf("%s: got %d bytes (%v), want %d", name, len(buf), err, len(want))
			}
		}
		if _, err := ttlv.Read(r, buf, 1<<20); !errors.Is(err, io.EOF) {
			t.Errorf("%s: at the end: %v, want EOF", name, err)
		}
	}
}

func TestReadRefusesWhatIsNoMessage(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		limit      bool
	}{
		{"HTTP", "474554202f20485454502f312e310d0a", false},
		{"another tag", "540078 01 00000008", false},
		{"no structure", "420078 07 00000008", false},
		{"odd", "420078 01 00000007", false},
		{"long", "420078 01 00000400", true},
	} {
		_, err := ttlv.Read(bytes.NewReader(unhex(t, c.sent)), nil, 1024)
		var e *ttlv.Error
		if !errors.As(err, &e) || e.Limit != c.limit {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	for n := 1; n < 24; n++ {
		cut := unhex(t, "420078 01 00000010 420077 01 00000008 42006901 00000000")[:n]
		if _, err := ttlv.Read(bytes.NewReader(cut), nil, 1024); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: got %v, want an unexpected end", n, err)
		}
	}
}

// TestReadBelievesWhatArrives sends the header of a message at the limit, and nothing after it.
func TestReadBelievesWhatArrives(t *testing.T) {
	header := unhex(t, "420078 01 3FFFFFF0")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ttlv.Read(bytes.NewReader(header), nil, 1<<30)
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, io.ErrUnexpectedEOF) || grown > 64<<10 {
		t.Errorf("a claim of 1 GiB cost %d bytes (%v)", grown, err)
	}
}
