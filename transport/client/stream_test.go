package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

func fingerprint(n *clienttest.Server) string {
	sum := sha256.Sum256(n.Certificate().Raw)
	return hex.EncodeToString(sum[:])
}

func withKey(t testing.TB) *client.Client {
	t.Helper()
	c := connect(t, clienttest.New(t))
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	return c
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func encrypted(t testing.TB, c *client.Client, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := c.EncryptStream(t.Context(), &out, bytes.NewReader(plain), "k", client.StreamOptions{Segment: client.MinSegment}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const (
	tag  = 16
	body = 40
)

// headerLen is where the stream's body begins.
func headerLen(t testing.TB, stream []byte) int {
	t.Helper()
	_, raw, err := client.ReadHeader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	return len(raw)
}

func TestStreamsComeBackAtEverySize(t *testing.T) {
	c := withKey(t)
	first := client.MinSegment - tag - body // plaintext of the first segment
	next := client.MinSegment - tag
	for _, n := range []int{0, 1, first - 1, first, first + 1, first + next - 1, first + next, first + next + 1, 5*next + 7, client.MinSegment, client.MinSegment + 1} {
		plain := noise(n)
		stream := encrypted(t, c, plain)
		var out bytes.Buffer
		if _, err := c.DecryptStream(t.Context(), &out, bytes.NewReader(stream), client.StreamOptions{}); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
		if !bytes.Equal(out.Bytes(), plain) {
			t.Errorf("%d bytes: came back different", n)
		}
		if len(plain) > 64 && bytes.Contains(stream, plain[:32]) {
			t.Errorf("%d bytes: plaintext in the stream", n)
		}
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	c := withKey(t)
	stream := encrypted(t, c, noise(2*client.MinSegment+100))
	h := headerLen(t, stream)
	places := []int{}
	for i := range h + body + 64 { // every byte of header and body header, and some of the first segment
		places = append(places, i)
	}
	for i := range 200 {
		places = append(places, h+body+i*(len(stream)-h-body)/200)
	}
	places = append(places, len(stream)-1, len(stream)-tag, h+client.MinSegment-1, h+client.MinSegment)
	for _, p := range places {
		bad := bytes.Clone(stream)
		bad[p] ^= 1 << (p % 8)
		if _, err := c.DecryptStream(t.Context(), io.Discard, bytes.NewReader(bad), client.StreamOptions{}); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.NotFound) {
			t.Fatalf("byte %d flipped: %v, want a refusal", p, err)
		}
	}
}

func TestEveryTruncationIsRefused(t *testing.T) {
	c := withKey(t)
	stream := encrypted(t, c, noise(3*client.MinSegment))
	h := headerLen(t, stream)
	cuts := []int{len(stream) - 1, len(stream) - tag, len(stream) - tag - 1}
	for i := range h + body + tag + 2 {
		cuts = append(cuts, i)
	}
	for s := 1; h+s*client.MinSegment < len(stream); s++ {
		at := h + s*client.MinSegment
		cuts = append(cuts, at-1, at, at+1, at+tag)
	}
	for _, n := range cuts {
		if _, err := c.DecryptStream(t.Context(), io.Discard, bytes.NewReader(stream[:n]), client.StreamOptions{}); !errors.Is(err, fault.Invalid) {
			t.Fatalf("cut to %d of %d bytes: %v, want invalid", n, len(stream), err)
		}
	}
}

func TestReorderedAppendedAndForeignPartsAreRefused(t *testing.T) {
	c := withKey(t)
	stream, other := encrypted(t, c, noise(4*client.MinSegment)), encrypted(t, c, noise(4*client.MinSegment))
	h, s := headerLen(t, stream), client.MinSegment
	swapped := bytes.Clone(stream)
	copy(swapped[h+s:h+2*s], stream[h+2*s:h+3*s])
	copy(swapped[h+2*s:h+3*s], stream[h+s:h+2*s])
	foreign := bytes.Clone(stream)
	copy(foreign[h+s:h+2*s], other[h+s:h+2*s])
	doubled := append(bytes.Clone(stream[:h+2*s]), stream[h+s:]...)
	newHeader := append(bytes.Clone(other[:h]), stream[h:]...)
	for name, bad := range map[string][]byte{
		"swapped": swapped, "foreign segment": foreign, "doubled": doubled, "another header": newHeader,
		"a byte appended": append(bytes.Clone(stream), 0), "a stream appended": append(bytes.Clone(stream), other...),
	} {
		if _, err := c.DecryptStream(t.Context(), io.Discard, bytes.NewReader(bad), client.StreamOptions{}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestTheContextIsBound(t *testing.T) {
	c := withKey(t)
	var out bytes.Buffer
	if _, err := c.EncryptStream(t.Context(), &out, bytes.NewReader([]byte("x")), "k", client.StreamOptions{Context: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	for ctx, ok := range map[string]bool{"a": true, "b": false, "": false} {
		if _, err := c.DecryptStream(t.Context(), io.Discard, bytes.NewReader(out.Bytes()), client.StreamOptions{Context: []byte(ctx)}); (err == nil) != ok {
			t.Errorf("context %q: %v", ctx, err)
		}
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	c := withKey(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := int64(0)
	_, err := c.EncryptStream(ctx, io.Discard, endless{}, "k", client.StreamOptions{Progress: func(more int64) {
		if n += more; n > 1<<20 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestASourceThatFailsIsNotTakenForItsEnd(t *testing.T) {
	c := withKey(t)
	stream := encrypted(t, c, noise(1000))
	for _, cause := range []error{io.ErrUnexpectedEOF, errors.New("disk"), fmt.Errorf("the other side: %w", io.EOF)} {
		if _, err := c.EncryptStream(t.Context(), io.Discard, failing{bytes.NewReader(noise(10)), cause}, "k", client.StreamOptions{}); !errors.Is(err, cause) {
			t.Errorf("encrypt: %v, want %v", err, cause)
		}
		h := headerLen(t, stream)
		if _, err := c.DecryptStream(t.Context(), io.Discard, failing{bytes.NewReader(stream[:h+body+100]), cause}, client.StreamOptions{}); !errors.Is(err, cause) {
			t.Errorf("decrypt: %v, want %v", err, cause)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type failing struct {
	r     io.Reader
	cause error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = f.cause
	}
	return n, err
}

func TestAQuarterGigabyteTakesConstantMemory(t *testing.T) {
	c := withKey(t)
	const size = 256 << 20
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	go func() {
		_, err := c.EncryptStream(t.Context(), pw, io.LimitReader(endless{}, size), "k", client.StreamOptions{})
		pw.CloseWithError(err)
		done <- err
	}()
	count := &counter{}
	if _, err := c.DecryptStream(t.Context(), count, pr, client.StreamOptions{}); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if count.n != size {
		t.Errorf("%d bytes came back, want %d", count.n, size)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("allocated %s in all, want at most 16 MiB", fmt.Sprint(got>>20, " MiB"))
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

func FuzzReadHeader(f *testing.F) {
	good, err := (&client.Header{KeyID: "00112233-4455-4677-8899-aabbccddeeff", KeyVersion: 3, Segment: client.MinSegment, Wrapped: "qk:v3:AAAA"}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte("QRT1"))
	f.Add(append(bytes.Clone(good[:30]), 0xff, 0xff))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, raw, err := client.ReadHeader(bytes.NewReader(in))
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%v, want invalid", err)
			}
			return
		}
		if !bytes.HasPrefix(in, raw) {
			t.Error("raw is not what was read")
		}
		again, err := h.MarshalBinary()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("written again: %x, %v; want %x", again, err, raw)
		}
	})
}

func BenchmarkEncryptStream(b *testing.B) {
	c := withKey(b)
	b.SetBytes(64 << 20)
	for b.Loop() {
		if _, err := c.EncryptStream(b.Context(), io.Discard, io.LimitReader(endless{}, 64<<20), "k", client.StreamOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The size of segments does not matter to a stream of one segment, except that the header says it.
func TestAnEditedHeaderIsRefusedEvenWhereNothingElseDependsOnIt(t *testing.T) {
	c := withKey(t)
	stream := encrypted(t, c, []byte("short"))
	stream[28] ^= 0x10 // segment size: 64 KiB becomes 68 KiB
	if _, err := c.DecryptStream(t.Context(), io.Discard, bytes.NewReader(stream), client.StreamOptions{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}
