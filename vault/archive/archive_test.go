package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
)

var key1, key2 = bytes.Repeat([]byte{1}, archive.KeySize), bytes.Repeat([]byte{2}, archive.KeySize)

func header() archive.Header {
	return archive.Header{
		Format: 1, Cluster: [16]byte{7}, Index: 41, Term: 2, Epoch: 3, Created: 1_700_000_000_000, Seal: []byte("seal"), Node: "n1", Software: "test",
		Counts: archive.Counts{Keys: 5, Versions: 9, Destroyed: 1, Tokens: 2, Policies: 2}, Lineage: [16]byte{9},
	}
}

func file(t testing.TB, h archive.Header, key, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := archive.Write(&b, h, key, func(w io.Writer) error { _, err := w.Write(body); return err }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b, key []byte) (*archive.Header, []byte, error) {
	a, err := archive.Open(bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	var body []byte
	_, err = a.Body(key, func(r io.Reader) (err error) { body, err = io.ReadAll(r); return err })
	return &a.Header, body, err
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 64 << 10, 300_000} {
		body := make([]byte, size)
		for i := range body {
			body[i] = byte(rand.Uint32())
		}
		b := file(t, header(), key1, body)
		h, got, err := read(b, key1)
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if diff := cmp.Diff(*h, header()); diff != "" {
			t.Error(diff)
		}
		a, err := archive.Open(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Check(); err != nil {
			t.Errorf("%d bytes: Check: %v", size, err)
		}
		if size > 100 && bytes.Contains(b, body[:32]) {
			t.Error("the body stands in the file in the clear")
		}
	}
}

// Every flipped byte and every cut is found without a key, and with it.
func TestDamageIsFound(t *testing.T) {
	whole := file(t, header(), key1, bytes.Repeat([]byte("a state "), 9_000))
	step := 1 + len(whole)/150
	for i := 0; i < len(whole); i++ {
		if i > 400 && i < len(whole)-400 && i%step != 0 {
			continue
		}
		b := bytes.Clone(whole)
		b[i] ^= 0x20
		for name, bad := range map[string][]byte{"flipped": b, "cut": whole[:i]} {
			_, _, err := read(bad, key1)
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("%s at %d of %d: opened, or %v", name, i, len(whole), err)
			}
			if name == "cut" && !strings.Contains(err.Error(), "it is cut off") {
				t.Fatalf("cut at %d of %d: %v", i, len(whole), err)
			}
			if i >= len(whole)-32 && name == "flipped" {
				continue // the MAC, which cannot be judged without the key
			}
			if a, err := archive.Open(bytes.NewReader(bad)); err == nil {
				if _, err = a.Check(); !errors.Is(err, fault.Invalid) {
					t.Fatalf("%s at %d of %d: Check says %v", name, i, len(whole), err)
				}
			}
		}
	}
	if _, _, err := read(append(bytes.Clone(whole), 0), key1); !errors.Is(err, fault.Invalid) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestAnotherKeyIsNamed(t *testing.T) {
	b := file(t, header(), key1, make([]byte, 200_000))
	if _, _, err := read(b, key2); !errors.Is(err, archive.ErrKey) {
		t.Errorf("got %v, want ErrKey", err)
	}
	h := header()
	h.Index++
	forged := file(t, h, key2, make([]byte, 200_000)) // a whole file, by somebody without the key
	if _, _, err := read(forged, key1); !errors.Is(err, archive.ErrKey) {
		t.Errorf("a forged file: %v", err)
	}
}

// A body that its reader does not like is the reader's error, and one that is not read to its end is refused.
func TestTheReadersWordCounts(t *testing.T) {
	b := file(t, header(), key1, make([]byte, 200_000))
	mine := errors.New("mine")
	for name, c := range map[string]struct {
		use  func(io.Reader) error
		want error
	}{
		"refused":  {func(io.Reader) error { return mine }, mine},
		"half":     {func(r io.Reader) error { _, err := io.CopyN(io.Discard, r, 1000); return err }, fault.Invalid},
		"accepted": {func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }, nil},
	} {
		a, err := archive.Open(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Body(key1, c.use); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestFailingWritesAreReported(t *testing.T) {
	n := len(file(t, header(), key1, make([]byte, 100_000)))
	for room := 0; room < n; room += 1 + n/50 {
		err := archive.Write(&full{room}, header(), key1, func(w io.Writer) error { _, err := w.Write(make([]byte, 100_000)); return err })
		if err == nil {
			t.Fatalf("no error with room for %d of %d bytes", room, n)
		}
	}
}

// full is a disk with little room.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, io.ErrShortWrite
	}
	f.room -= len(b)
	return len(b), nil
}

func companion() *archive.Epochs {
	return &archive.Epochs{Format: 1, Cluster: [16]byte{7}, Made: 5, Seal: []byte("seal"), Keys: []archive.Epoch{
		{Number: 2, Began: 1, Term: 1, Wrapped: []byte("w2")}, {Number: 5, Began: 2, Term: 1, Wrapped: []byte("w5")},
	}}
}

func TestCompanionsAreReadBackOrRefused(t *testing.T) {
	b, err := companion().Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := archive.ReadEpochs(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(companion(), e); diff != "" {
		t.Error(diff)
	}
	if e.Find(5) == nil || e.Find(4) != nil {
		t.Error("an epoch is not found, or one that is not there is")
	}
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 1
		for _, x := range [][]byte{bad, b[:i]} {
			if _, err := archive.ReadEpochs(bytes.NewReader(x)); !errors.Is(err, fault.Invalid) {
				t.Fatalf("damage at %d: %v", i, err)
			}
		}
	}
	e.Keys[1].Number = 2
	if _, err := e.Encode(); err == nil {
		t.Error("an epoch occurs twice")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(file(f, header(), key1, []byte("body")))
	f.Add(file(f, header(), key1, nil)[:60])
	f.Add([]byte("QARCH\r\n\x01\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := archive.Open(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("the kind of %v", err)
			}
			return
		}
		_, checked := a.Check()
		_, body, err := read(b, key1)
		if err == nil && checked != nil {
			t.Fatalf("opened, though the check says %v", checked)
		}
		if err == nil { // whoever has the key wrote it: it comes out the same
			if again := file(t, a.Header, key1, body); len(again) != len(b) {
				t.Fatal("the same content makes a file of another length")
			}
		}
	})
}

func FuzzReadEpochs(f *testing.F) {
	b, err := companion().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := archive.ReadEpochs(bytes.NewReader(b))
		if err != nil {
			return
		}
		if again, err := e.Encode(); err != nil || !bytes.Equal(again, b) {
			t.Fatal(fmt.Sprint("another encoding was taken: ", err))
		}
	})
}
