package audit_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quorate/quorate/vault/audit"
)

// tenLines is a log of ten lines, its first being audit.begin.
func tenLines(t testing.TB) [][]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{})
	for i := range 9 {
		add(t, l, fmt.Sprintf("op%d", i), audit.Written)
	}
	_ = l.Close()
	return slices.Collect(bytes.Lines(read(t, path)))
}

// rehash gives a changed line the hash that fits it, as an attacker who knows the format would.
func rehash(line []byte) []byte {
	i := bytes.LastIndex(line, []byte(`,"hash":`))
	sum := sha256.Sum256(line[:i])
	return fmt.Appendf(slices.Clone(line[:i]), ",\"hash\":%q}\n", base64.RawURLEncoding.EncodeToString(sum[:]))
}

func TestEveryTamperingIsNamed(t *testing.T) {
	edit := func(l []byte) []byte { return bytes.Replace(l, []byte(`"app1"`), []byte(`"app2"`), 1) }
	cases := []struct {
		name   string
		change func(l [][]byte) [][]byte
		damage audit.Damage
		line   int
	}{
		{"text edited", func(l [][]byte) [][]byte { l[4] = edit(l[4]); return l }, audit.Edited, 5},
		{"last line edited", func(l [][]byte) [][]byte { l[9] = edit(l[9]); return l }, audit.Edited, 10},
		{"edited with a fitting hash", func(l [][]byte) [][]byte { l[4] = rehash(edit(l[4])); return l }, audit.Edited, 6},
		{"hash edited", func(l [][]byte) [][]byte { l[4] = slices.Clone(l[4]); l[4][len(l[4])-10] ^= 1; return l }, audit.Edited, 5},
		{"prev edited with a fitting hash", func(l [][]byte) [][]byte {
			i := bytes.LastIndex(l[4], []byte(`"prev":"`)) + 10
			l[4] = slices.Clone(l[4])
			l[4][i] ^= 1
			l[4] = rehash(l[4])
			return l
		}, audit.Edited, 5},
		{"number edited", func(l [][]byte) [][]byte {
			l[4] = bytes.Replace(l[4], []byte(`{"seq":5`), []byte(`{"seq":9`), 1)
			return l
		}, audit.Edited, 5},
		{"number lowered", func(l [][]byte) [][]byte {
			l[4] = bytes.Replace(l[4], []byte(`{"seq":5`), []byte(`{"seq":2`), 1)
			return l
		}, audit.Edited, 5},
		{"made unreadable", func(l [][]byte) [][]byte { l[4] = []byte("garbage\n"); return l }, audit.Edited, 5},
		{"one removed", func(l [][]byte) [][]byte { return slices.Delete(l, 4, 5) }, audit.Removed, 5},
		{"three removed", func(l [][]byte) [][]byte { return slices.Delete(l, 4, 7) }, audit.Removed, 5},
		{"blank line inserted", func(l [][]byte) [][]byte { return slices.Insert(l, 4, []byte("\n")) }, audit.Edited, 5},
		{"copy inserted", func(l [][]byte) [][]byte { return slices.Insert(l, 7, l[3]) }, audit.Inserted, 8},
		{"forged line inserted", func(l [][]byte) [][]byte { return slices.Insert(l, 4, rehash(edit(l[4]))) }, audit.Inserted, 6},
		{"neighbours swapped", func(l [][]byte) [][]byte { l[4], l[5] = l[5], l[4]; return l }, audit.Reordered, 6},
		{"far ones swapped", func(l [][]byte) [][]byte { l[2], l[7] = l[7], l[2]; return l }, audit.Reordered, 4},
		{"cut within a line", func(l [][]byte) [][]byte { l[9] = l[9][:50]; return l }, audit.Truncated, 10},
		{"cut before the newline", func(l [][]byte) [][]byte { l[9] = l[9][:len(l[9])-1]; return l }, audit.Truncated, 10},
		{"long line", func(l [][]byte) [][]byte { l[4] = append(bytes.Repeat([]byte("x"), 3<<20), '\n'); return l }, audit.Edited, 5},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := verify(t, bytes.Join(tc.change(tenLines(t)), nil), audit.VerifyOptions{})
			if r.OK() || r.Problems[0].Damage != tc.damage || r.Problems[0].Line != tc.line {
				t.Errorf("got %v, want line %d %s", r.Problems, tc.line, tc.damage)
			}
			if tc.name == "text edited" && len(r.Problems) != 1 {
				t.Errorf("one edit is told as %v", r.Problems)
			}
		})
	}
	if r := verify(t, bytes.Join(tenLines(t), nil), audit.VerifyOptions{}); !r.OK() || r.Lines != 10 || r.Last.Seq != 10 {
		t.Errorf("untouched: %+v", r)
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	whole := bytes.Join(tenLines(t)[:3], nil)
	last := verify(t, whole, audit.VerifyOptions{}).Last
	for i := range whole {
		for _, bit := range []byte{1, 0x20, 0x80} {
			b := slices.Clone(whole)
			b[i] ^= bit
			if r := verify(t, b, audit.VerifyOptions{Until: &last}); r.OK() {
				t.Fatalf("byte %d ^ %#x is not noticed", i, bit)
			}
		}
	}
}

func TestCutEndIsNoticedByAHeadKeptElsewhere(t *testing.T) {
	lines := tenLines(t)
	last := verify(t, bytes.Join(lines, nil), audit.VerifyOptions{}).Last
	r := verify(t, bytes.Join(lines[:7], nil), audit.VerifyOptions{Until: &last})
	if r.OK() || r.Problems[0].Damage != audit.Truncated {
		t.Errorf("got %v", r.Problems)
	}
	if r := verify(t, bytes.Join(lines[3:], nil), audit.VerifyOptions{Behind: &audit.Head{Seq: 1, Hash: "x"}}); r.OK() || r.Problems[0].Damage != audit.Removed {
		t.Errorf("cut beginning: %v", r.Problems)
	}
}

func TestCheckpointsShowAFileWrittenAnew(t *testing.T) {
	secret := []byte("chain key")
	sign := func(m []byte) []byte { h := hmac.New(sha256.New, secret); h.Write(m); return h.Sum(nil) }
	check := func(id string, m, sig []byte) error {
		if id != "term-1" || !hmac.Equal(sig, sign(m)) {
			return errors.New("wrong signature")
		}
		return nil
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{CheckpointEvery: 5})
	add(t, l, "before", audit.Written)
	l.SetSigner(func(m []byte) ([]byte, string, error) { return sign(m), "term-1", nil })
	for range 12 {
		add(t, l, "x", audit.Written)
	}
	l.SetSigner(func([]byte) ([]byte, string, error) { return nil, "", errors.New("sealed") })
	add(t, l, "unsigned", audit.Written) // a signer that fails refuses nothing
	_ = l.Close()
	b := read(t, path)
	opts := audit.VerifyOptions{CheckSignature: check}
	r := verify(t, b, opts)
	if !r.OK() || r.Checkpoints != 3 || r.SignedUpTo == 0 {
		t.Fatalf("%+v\n%s", r, operations(t, b))
	}
	var forged []byte // every line from the second on written anew, with hashes that fit
	prev := ""
	for line := range bytes.Lines(b) {
		line = bytes.Replace(line, []byte(`"before"`), []byte(`"behind"`), 1)
		i := bytes.LastIndex(line, []byte(`"prev":"`)) + len(`"prev":"`)
		if prev != "" {
			line = slices.Concat(line[:i], []byte(prev), line[i+43:])
		}
		line = rehash(line)
		prev = string(line[len(line)-46 : len(line)-3])
		forged = append(forged, line...)
	}
	if r := verify(t, forged, audit.VerifyOptions{}); !r.OK() {
		t.Fatalf("the forgery is not good enough to test with: %v", r.Problems)
	}
	if r := verify(t, forged, opts); r.OK() || r.Problems[0].Damage != audit.Unsigned {
		t.Errorf("got %v", r.Problems)
	}
}

func FuzzVerify(f *testing.F) {
	lines := tenLines(f)
	f.Add(bytes.Join(lines, nil))
	f.Add(slices.Concat(lines[5], lines[2], []byte("\n"), lines[5], lines[9]))
	f.Add([]byte(`{"seq":18446744073709551615,`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := verify(t, b, audit.VerifyOptions{})
		if r.OK() && len(b) > 0 && b[len(b)-1] != '\n' {
			t.Error("an unfinished line passes")
		}
		if r.OK() && r.Lines != bytes.Count(b, []byte("\n")) {
			t.Errorf("%d lines in %d", r.Lines, bytes.Count(b, []byte("\n")))
		}
		for l := range bytes.Lines(b) {
			_, _ = audit.Decode(l)
		}
	})
}
