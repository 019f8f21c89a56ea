package fsm_test

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// rich is a vault with something of everything.
func rich(t testing.TB) *vault {
	v := newVault(t)
	v.do(&fsm.Init{Documents: []fsm.Document{{Name: fsm.SealDocument, Body: []byte("s")}}})
	for i := range 40 {
		r := newRecord(i)
		r.Tags = map[string]string{"env": fmt.Sprint("e", i%3), "n": "1"}
		r.NextRotate = t0.Add(1000)
		v.send(&fsm.CreateKey{Record: r}, requestID(i))
		v.send(&fsm.CreateToken{Token: newToken(i)}, requestID(1000+i))
	}
	v.do(&fsm.RotateKey{Change: v.change(keyID(3)), Version: key.Version{Number: 2, Material: key.Material{Term: 2, Sealed: []byte("x")}}})
	v.do(&fsm.PutPolicy{Name: "p", Source: "permit"})
	v.send(&fsm.DeletePolicy{Name: "absent"}, requestID(5000)) // refused, remembered
	return v
}

func snapshot(t testing.TB, s *fsm.State) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := s.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo: %d of %d bytes, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func TestRestoreGivesTheSameState(t *testing.T) {
	v := rich(t)
	image := snapshot(t, v.State())
	m := fsm.New()
	if err := m.Restore(bytes.NewReader(image)); err != nil {
		t.Fatal(err)
	}
	a, b := v.State(), m.State()
	if a.Digest() != b.Digest() || a.Chain() != b.Chain() || m.Applied() != a.Index() || !bytes.Equal(image, snapshot(t, b)) {
		t.Error("the restored state differs")
	}
	for _, q := range []fsm.Query{{}, {Tags: []string{"env=e1"}}, {Tags: []string{"n"}}, {State: key.Active}, {Owner: "app1"}, {Algorithm: key.AES256GCM}} {
		p, _ := a.Keys(q)
		r, _ := b.Keys(q)
		if diff := cmp.Diff(p, r); diff != "" || len(p) == 0 {
			t.Errorf("Keys(%+v), %d keys: %s", q, len(p), diff)
		}
	}
	if b.TermCount(1) != 40 || b.TermCount(2) != 1 || b.PolicyRevision() != 1 || b.TokenCount() != 40 {
		t.Error("an index was not rebuilt")
	}
	if out, _, ok := b.Outcome(requestID(5000).ID); !ok || out.Fault == nil {
		t.Error("the outcomes are lost")
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	v := rich(t)
	image := snapshot(t, v.State())
	m := fsm.New()
	empty := m.State().Digest()
	try := func(name string, b []byte) {
		if err := m.Restore(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: restored", name)
		}
		if m.State().Digest() != empty {
			t.Fatalf("%s: the old state is gone", name)
		}
	}
	for i := 0; i < len(image); i += 1 + len(image)/700 {
		b := bytes.Clone(image)
		b[i] ^= 0x10
		try(fmt.Sprintf("bit flipped at %d", i), b)
		try(fmt.Sprintf("cut at %d", i), image[:i])
	}
	try("trailing byte", append(bytes.Clone(image), 0))
	try("nothing", nil)
}

func TestSnapshotWriteErrorsAreReported(t *testing.T) {
	s := rich(t).State()
	for room := range 40 {
		if _, err := s.WriteTo(&full{room: room * 500}); err == nil && room*500 < len(snapshot(t, s)) {
			t.Errorf("no error with room for %d bytes", room*500)
		}
	}
}

// full is a disk with little room.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		return 0, os.ErrClosed
	}
	f.room -= len(b)
	return len(b), nil
}

// TestPackageIsPure reads the package's own source: no clock, randomness, files, network, map-order or Raft.
func TestPackageIsPure(t *testing.T) {
	allowed := map[string]bool{
		"bufio": true, "bytes": true, "cmp": true, "context": true, "crypto/sha256": true, "crypto/subtle": true, "encoding/binary": true,
		"encoding/hex": true, "errors": true, "fmt": true, "hash": true, "io": true, "iter": true, "maps": true, "math": true, "reflect": true, "slices": true, "strconv": true,
		"strings": true, "sync": true, "sync/atomic": true, "time": true,
		"weak":                         true, // whether a record is made once more or was kept: an equal one either way
		"github.com/fxamacker/cbor/v2": true, "github.com/quorate/quorate/fsm/btree": true,
		"github.com/quorate/quorate/vault/access": true, "github.com/quorate/quorate/vault/fault": true, "github.com/quorate/quorate/vault/plant": true, "github.com/quorate/quorate/vault/key": true,
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		src, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), src, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if !allowed[strings.Trim(i.Path.Value, `"`)] {
				t.Errorf("%s imports %s", f.Name(), i.Path.Value)
			}
		}
		for _, word := range []string{"time.Now", "time.Since", "time.Until", "time.After", "time.Sleep", "time.New"} {
			if bytes.Contains(src, []byte(word)) {
				t.Errorf("%s uses %s", f.Name(), word)
			}
		}
	}
}

func FuzzRestore(f *testing.F) {
	f.Add(snapshot(f, rich(f).State()))
	f.Add(snapshot(f, fsm.New().State()))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := fsm.New()
		if err := m.Restore(bytes.NewReader(b)); err == nil {
			snapshot(t, m.State())
		}
	})
}
