package sealed_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

var dataKey = bytes.Repeat([]byte{7}, sealed.DataKeySize)

func header(segment int) *sealed.Header {
	return &sealed.Header{KeyID: "00112233-4455-4677-8899-aabbccddeeff", KeyVersion: 3, Segment: segment, Wrapped: "qk:v3:" + strings.Repeat("A", 80)}
}

func marshal(t testing.TB, h *sealed.Header) []byte {
	t.Helper()
	raw, err := h.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// stream encrypts plain in the smallest segments.
func stream(t testing.TB, plain, aad []byte) (all, raw []byte) {
	t.Helper()
	raw = marshal(t, header(sealed.MinSegment))
	var out bytes.Buffer
	if err := sealed.EncryptStream(t.Context(), &out, bytes.NewReader(plain), dataKey, raw, aad, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), raw
}

func decrypt(t testing.TB, all, aad []byte) ([]byte, error) {
	t.Helper()
	r := bytes.NewReader(all)
	_, raw, err := sealed.ReadHeader(r)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = sealed.DecryptStream(t.Context(), &out, r, dataKey, raw, aad, nil)
	return out.Bytes(), err
}

// What the first version wrote, recorded on 2026-11-28 before there was a second.
const first = "51525431010100112233445546778899aabbccddeeff00000003000100000056716b3a76333a" +
	"4141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141" +
	"28e3bfa5001e075c4172b54f269dddbd1b8d34639172a71a943cca668342d03a40fe84e4d1b11435c2cf6f1dad98c5cbedcdf8fe63ae125ab86ff00e2dd4adbd23ae2aca98104299544303"

func TestTheFirstFormatOpensForEver(t *testing.T) {
	all, err := hex.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decrypt(t, all, nil); err != nil || string(got) != "written by format 1" {
		t.Fatalf("got %q, %v", got, err)
	}
	all[25] ^= 1 // the key's version: in the first format a part of what the key is derived from
	if _, err := decrypt(t, all, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("with another version: %v, want invalid", err)
	}
}

func TestTinksOwnImplementationReadsTheBody(t *testing.T) {
	plain := noise(3*sealed.MinSegment + 5)
	all, raw := stream(t, plain, nil)
	theirs, err := subtle.NewAESGCMHKDF(dataKey, "SHA256", sealed.DataKeySize, sealed.MinSegment, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := append(bytes.Clone(raw[:22]), raw[26:30]...) // as DESIGN.md has it
	r, err := theirs.NewDecryptingReader(bytes.NewReader(all[len(raw):]), info)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes came back, %v; want %d", len(got), err, len(plain))
	}
}

func TestANewlyWrappedDataKeyOpensTheSameBody(t *testing.T) {
	plain, aad := noise(2*sealed.MinSegment), []byte("file 7")
	all, raw := stream(t, plain, aad)
	h := header(sealed.MinSegment)
	h.KeyVersion, h.Wrapped = 12, "qk:v12:"+strings.Repeat("B", 80)
	moved := append(marshal(t, h), all[len(raw):]...)
	if got, err := decrypt(t, moved, aad); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("under a new wrapping: %v", err)
	}
	if _, err := decrypt(t, moved, []byte("file 8")); !errors.Is(err, fault.Invalid) {
		t.Errorf("with other associated data: %v, want invalid", err)
	}
	h.KeyID = "00112233-4455-4677-8899-aabbccddee00"
	if _, err := decrypt(t, append(marshal(t, h), all[len(raw):]...), aad); !errors.Is(err, fault.Invalid) {
		t.Errorf("under another key's id: %v, want invalid", err)
	}
}

func TestTheReaderReadsAnywhere(t *testing.T) {
	firstLen, next := sealed.MinSegment-40-16, sealed.MinSegment-16
	for _, n := range []int{0, 1, firstLen - 1, firstLen, firstLen + 1, firstLen + next, firstLen + next + 1, firstLen + 3*next + 77} {
		plain := noise(n)
		all, raw := stream(t, plain, nil)
		r, err := sealed.NewReader(bytes.NewReader(all), int64(len(all)), dataKey, raw, nil)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if r.Size() != int64(n) {
			t.Errorf("%d bytes: the size is %d", n, r.Size())
		}
		if err := iotest.TestReader(r, plain); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := r.Seek(int64(n/2), io.SeekStart); err != nil {
			t.Error(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain[n/2:]) {
			t.Errorf("%d bytes: from the middle %d, %v", n, len(got), err)
		}
	}
}

func TestTheReaderSeesACutAtOnceAndAFlipWhereItLies(t *testing.T) {
	all, raw := stream(t, noise(4*sealed.MinSegment), nil)
	open := func(b []byte) (*sealed.Reader, error) {
		return sealed.NewReader(bytes.NewReader(b), int64(len(b)), dataKey, raw, nil)
	}
	for _, cut := range []int{1, 16, 17, sealed.MinSegment, 2 * sealed.MinSegment, len(all) - len(raw) - 40, len(all) - len(raw)} {
		if _, err := open(all[:len(all)-cut]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%d bytes less: %v, want invalid", cut, err)
		}
	}
	if _, err := open(all[:len(raw)+2*sealed.MinSegment]); err == nil || !strings.Contains(err.Error(), "cut short, behind segment 1") {
		t.Errorf("cut at a segment's end: %v", err)
	}
	bad := bytes.Clone(all)
	bad[len(raw)+2*sealed.MinSegment+5] ^= 1
	r, err := open(bad)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAt(make([]byte, 10), 0); err != nil {
		t.Errorf("where nothing was changed: %v", err)
	}
	if n, err := r.ReadAt(make([]byte, 10), 2*sealed.MinSegment+100); n != 0 || !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "segment 2 ") {
		t.Errorf("in the changed segment: %d bytes, %v", n, err)
	}
}

func TestWhatIsWrongWithAStreamIsNamed(t *testing.T) {
	all, raw := stream(t, noise(3*sealed.MinSegment), nil)
	h, s := len(raw), sealed.MinSegment
	swapped := bytes.Clone(all)
	copy(swapped[h+s:h+2*s], all[h+2*s:h+3*s])
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"nothing":        {nil, "does not begin with QRT1"},
		"half a header":  {all[:h-3], "cut short, within its header"},
		"only a header":  {all[:h+7], "before its first segment"},
		"within segment": {all[:h+2*s+5], "within segment 2"},
		"at a segment":   {all[:h+2*s], "cut short, behind segment 1"},
		"swapped":        {swapped, "segment 1 of the encrypted stream does not open"},
		"appended":       {append(bytes.Clone(all[:h+3*s]), append(bytes.Clone(all[h+3*s:]), make([]byte, s)...)...), "segment 3 of the"},
		"a message":      {append(marshal(t, header(0)), noise(30)...), ""},
	} {
		_, err := decrypt(t, c.in, nil)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	exact, raw := stream(t, noise(s-40-16), nil) // one full segment
	if _, err := decrypt(t, append(exact, noise(100)...), nil); err == nil || !strings.Contains(err.Error(), "goes on behind its end, which is segment 0") {
		t.Errorf("added behind the end: %v", err)
	}
	_ = raw
}

func FuzzReadHeader(f *testing.F) {
	for _, segment := range []int{0, sealed.MinSegment} {
		raw, err := header(segment).MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(append(bytes.Clone(raw[:30]), 0xff, 0xff))
	}
	old, _ := hex.DecodeString(first)
	f.Add(old)
	f.Add([]byte("QRT1"))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, raw, err := sealed.ReadHeader(bytes.NewReader(in))
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%v, want invalid", err)
			}
			return
		}
		if !bytes.HasPrefix(in, raw) {
			t.Error("raw is not what was read")
		}
		if again, err := h.MarshalBinary(); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("written again: %x, %v; want %x", again, err, raw)
		}
	})
}

// The body of a stream, read to its end and read anywhere: both take it or both refuse it, and give the same.
func FuzzStream(f *testing.F) {
	all, raw := stream(f, []byte("a short story"), nil)
	f.Add(all[len(raw):])
	f.Add(all[len(raw) : len(all)-1])
	long, _ := stream(f, noise(sealed.MinSegment), nil)
	f.Add(long[len(raw):])
	f.Fuzz(func(t *testing.T, body []byte) {
		in := append(bytes.Clone(raw), body...)
		got, err := decrypt(t, in, nil)
		r, err2 := sealed.NewReader(bytes.NewReader(in), int64(len(in)), dataKey, raw, nil)
		var got2 []byte
		if err2 == nil {
			got2, err2 = io.ReadAll(r)
		}
		if (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(got, got2) {
			t.Errorf("%v from the beginning, %v from anywhere", err, err2)
		}
		for _, e := range []error{err, err2} {
			if e != nil && !errors.Is(e, fault.Invalid) {
				t.Errorf("%v, want invalid", e)
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	raw := marshal(f, header(0))
	c, err := sealed.MessageCipher(dataKey, raw)
	if err != nil {
		f.Fatal(err)
	}
	good := c.Seal(bytes.Clone(raw), nil, []byte("hello"), nil)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(raw)
	f.Fuzz(func(t *testing.T, in []byte) {
		_, raw, body, err := sealed.ParseMessage(in)
		if err == nil {
			var plain []byte
			c, err2 := sealed.MessageCipher(dataKey, raw)
			if err2 != nil {
				t.Fatal(err2)
			}
			if plain, err = sealed.OpenMessage(c, nil, body, nil); err == nil && string(plain) != "hello" {
				t.Errorf("%x opens to %q", in, plain)
			}
		}
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v, want invalid", err)
		}
	})
}
