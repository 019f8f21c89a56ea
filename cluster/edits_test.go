//go:build !race

package cluster_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

// edits are what somebody who knows the store's format, and not the cluster's key, may do to a log: each gets two indexes that are not the
// newest, and values of this log and of another cluster's. None changes the newest entry: a log without its end is an older log, which no check on the same
// disk can tell from the truth (DESIGN.md, assumption 6).
var edits = []struct {
	name string
	do   func(b *bbolt.Bucket, rnd *rand.Rand, i, j uint64, foreign []byte) error
}{
	{"gone", func(b *bbolt.Bucket, _ *rand.Rand, i, _ uint64, _ []byte) error { return b.Delete(logKey(i)) }},
	{"swapped", func(b *bbolt.Bucket, _ *rand.Rand, i, j uint64, _ []byte) error { return swap(b, i, j) }},
	{"repeated", func(b *bbolt.Bucket, _ *rand.Rand, i, j uint64, _ []byte) error { return b.Put(logKey(i), value(b, j)) }},
	{"cut", func(b *bbolt.Bucket, rnd *rand.Rand, i, _ uint64, _ []byte) error {
		v := value(b, i)
		return b.Put(logKey(i), v[:rnd.IntN(len(v))])
	}},
	{"longer", func(b *bbolt.Bucket, rnd *rand.Rand, i, _ uint64, _ []byte) error {
		return b.Put(logKey(i), append(value(b, i), make([]byte, 1+rnd.IntN(64))...))
	}},
	{"a part of another entry", func(b *bbolt.Bucket, rnd *rand.Rand, i, j uint64, _ []byte) error {
		v, o := value(b, i), value(b, j)
		at := rnd.IntN(min(len(v), len(o)))
		if bytes.Equal(v[at:], o[at:]) {
			at = 0
		}
		return b.Put(logKey(i), append(v[:at], o[at:]...))
	}},
	{"a part of zeros", func(b *bbolt.Bucket, rnd *rand.Rand, i, _ uint64, _ []byte) error {
		v := value(b, i)
		at := rnd.IntN(len(v) / 2)
		clear(v[at : at+len(v)/2])
		return b.Put(logKey(i), v)
	}},
	{"another cluster's", func(b *bbolt.Bucket, _ *rand.Rand, i, _ uint64, foreign []byte) error {
		return b.Put(logKey(i), foreign)
	}},
	{"a hole, and the rest moved up", func(b *bbolt.Bucket, _ *rand.Rand, i, _ uint64, _ []byte) error {
		k, _ := b.Cursor().Last()
		last := binary.BigEndian.Uint64(k)
		for at := i; at < last; at++ {
			if err := b.Put(logKey(at), value(b, at+1)); err != nil {
				return err
			}
		}
		return b.Delete(logKey(last))
	}},
}

func value(b *bbolt.Bucket, i uint64) []byte { return bytes.Clone(b.Get(logKey(i))) }

// TestEditsOfTheLogAreDetectedAndNamed makes structured edits (200, or EDITS) of a stopped node's log, which leave the store's own format whole.
func TestEditsOfTheLogAreDetectedAndNamed(t *testing.T) {
	c, other := stopped(t, 30), stopped(t, 30)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	var foreign []byte
	edit(t, filepath.Join(other.Dir(0), "raft.db"), "logs", func(b *bbolt.Bucket) error { foreign = value(b, 9); return nil })
	want := state(t, c)
	rnd := rand.New(rand.NewPCG(3, 4))
	found, tries := 0, 200
	if n, err := strconv.Atoi(os.Getenv("EDITS")); err == nil { // make flips
		tries = n
	}
	for n := range tries {
		e := edits[n%len(edits)]
		i := 2 + rnd.Uint64N(25)
		j := 2 + (i-1+rnd.Uint64N(24))%25 // another one
		write(t, path, clean)
		edit(t, path, "logs", func(b *bbolt.Bucket) error { return e.do(b, rnd, i, j, foreign) })
		err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
		harmless := err == nil && e.name == "longer" && slices.Equal(entries(t, path), want) // the store reads no further than the entry goes
		if !named(err, path) && !harmless {
			t.Errorf("%s, entries %d and %d: got %v, want a DamageError naming %s", e.name, i, j, err, path)
		}
		if !harmless {
			found++
		}
	}
	t.Logf("%d of %d edits of %d kinds are detected and named, the others change nothing that is read", found, tries, len(edits))
	noted(t, "structured edits of a stopped node's log", "200: all detected and named, or what is read is the same", tries,
		fmt.Sprintf("%d edits of %d kinds: %d detected and named, the others change nothing that is read", tries, len(edits), found))
	write(t, path, clean)
	c.Restart(0)
}

// TestEditsOfTheSnapshotAreDetectedAndNamed moves, repeats and exchanges parts of the only snapshot, with those of an older one and of another cluster's.
func TestEditsOfTheSnapshotAreDetectedAndNamed(t *testing.T) {
	c, other := withSnapshots(t, 5), withSnapshots(t, 5)
	files := snapshotFiles(t, c, 0)
	path := files[len(files)-1]
	clean, older, foreign := read(t, path), read(t, files[0]), lastSnapshot(t, other)
	for _, f := range files[:len(files)-1] { // so that nothing covers what the newest holds
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for n := range 200 {
		dirty := bytes.Clone(clean)
		at := rnd.IntN(len(clean) - 16)
		size := 8 + rnd.IntN(min(256, len(clean)-at-8))
		what := ""
		switch n % 6 {
		case 0:
			what, dirty = "a part gone", append(dirty[:at], clean[at+size:]...)
		case 1:
			what, dirty = "a part twice", append(append(bytes.Clone(clean[:at+size]), clean[at:at+size]...), clean[at+size:]...)
		case 2:
			what = "a part of zeros"
			clear(dirty[at : at+size])
		case 3:
			what = "a part of an older one"
			copy(dirty[at:at+size], older[min(at, len(older)):])
		case 4:
			what = "a part of another cluster's"
			copy(dirty[at:at+size], foreign[min(at, len(foreign)):])
		case 5:
			what, dirty = "the end of an older one", append(dirty[:at], older[min(at, len(older)):]...)
		}
		if bytes.Equal(dirty, clean) {
			continue // the two agree there
		}
		write(t, path, dirty)
		if err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet); !named(err, path) {
			t.Errorf("%s, %d bytes at %d: got %v, want a DamageError naming %s", what, size, at, err, path)
		}
	}
	whole := append(bytes.Clone(older), clean[len(older)-min(len(older), len(clean)):]...)
	for what, b := range map[string][]byte{"an older one under its name": older, "another cluster's": foreign, "two behind each other": whole} {
		write(t, path, b)
		if err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet); !named(err, path) {
			t.Errorf("%s: got %v, want a DamageError naming %s", what, err, path)
		}
	}
	write(t, path, clean)
	c.Restart(0)
}

func lastSnapshot(t *testing.T, c *clustertest.Cluster) []byte {
	t.Helper()
	files := snapshotFiles(t, c, 0)
	if len(files) == 0 {
		t.Fatalf("no snapshot in %s", c.Dir(0))
	}
	return read(t, files[len(files)-1])
}
