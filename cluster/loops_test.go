//go:build !race

package cluster_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/e2e/figures"
)

// Each of these looks at a stopped node's files hundreds or thousands of times, one look after the other: there is no race to be detected, and the
// detector makes each look several times as long. So they, and those of edits_test.go, are compiled without it, and make test runs them, by
// the beginnings of their names, in a step of their own.

func TestFlippedByteAnywhereInTheFileIsDetectedOrHarmless(t *testing.T) {
	c := stopped(t, 20)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	want := state(t, c)
	rnd := rand.New(rand.NewPCG(1, 2))
	found, tries := 0, 500
	if n, err := strconv.Atoi(os.Getenv("FLIPS")); err == nil { // make flips
		tries = n
	}
	for range tries {
		at := rnd.IntN(len(clean))
		dirty := bytes.Clone(clean)
		dirty[at] ^= 1 << rnd.IntN(8)
		write(t, path, dirty)
		err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
		var damage *cluster.DamageError
		switch {
		case errors.As(err, &damage) && damage.File == path:
			found++
		case err != nil:
			t.Errorf("byte %d: %v does not name %s", at, err, path)
		default:
			if got := entries(t, path); !slices.Equal(got, want) {
				t.Errorf("byte %d: the log reads differently and nobody noticed", at)
			}
		}
	}
	t.Logf("%d of %d flips hit something that is used", found, tries)
	if found == 0 {
		t.Error("no flip was detected: this test shows nothing")
	}
	noted(t, "single bits flipped anywhere in a stopped node's store", "10,000: all detected and named, or what is read is the same", tries,
		fmt.Sprintf("%d flips: %d detected and named, the others change nothing that is read", tries, found))
}

// noted leaves a figure of make flips for the README.
func noted(t *testing.T, figure, target string, tries int, measured string) {
	t.Helper()
	if t.Failed() {
		return
	}
	if err := figures.Note("flips", figures.Result{Figure: figure, Target: target, Measured: measured, How: fmt.Sprintf("make flips, %d", tries)}); err != nil {
		t.Error(err)
	}
}

func TestFlippedByteOfTheOnlySnapshotIsDetectedAndNamed(t *testing.T) {
	c := withSnapshots(t, 5)
	files := snapshotFiles(t, c, 0)
	if len(files) != 3 {
		t.Fatalf("%d snapshots are kept, want 3", len(files))
	}
	for _, f := range files[:2] { // so that nothing covers what the newest holds
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	path := files[2]
	clean := read(t, path)
	for at := range clean {
		dirty := bytes.Clone(clean)
		dirty[at] ^= 1 << (at % 8)
		write(t, path, dirty)
		err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
		var damage *cluster.DamageError
		if !errors.As(err, &damage) || damage.File != path || damage.Index == 0 {
			t.Fatalf("byte %d of %d: got %v, want a DamageError naming %s", at, len(clean), err, path)
		}
	}
	for _, cut := range []int{0, 1, 10, len(clean) / 2, len(clean) - 1} {
		write(t, path, clean[:cut])
		if err := c.TryStart(0, nil); !named(err, path) {
			t.Errorf("truncated to %d bytes: got %v, want a DamageError naming %s", cut, err, path)
		}
	}
	write(t, path, append(bytes.Clone(clean), 0))
	if err := c.TryStart(0, nil); !named(err, path) {
		t.Errorf("one byte longer: got %v, want a DamageError naming %s", err, path)
	}
	write(t, path, clean)
	c.Restart(0)
}

// What the walk lets pass must not end the process when bbolt walks it, nor make bbolt complain: it does so
// from a goroutine of its own, which goes on while the file is closed under it.
func TestFlippedBitOfAPageIsFoundBeforeBboltWalksThere(t *testing.T) {
	for _, synced := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "raft.db")
		clean := boltFile(t, path, synced, 40)
		if err := errors.Join(check(clean), ownCheck(path)); err != nil {
			t.Fatalf("synced %v: the undamaged file is refused: %v", synced, err)
		}
		places := structure(t, path)
		found, passed := 0, 0
		dirty := bytes.Clone(clean)
		try := func(what string) {
			err := check(dirty)
			var damage *cluster.DamageError
			switch {
			case errors.As(err, &damage) && strings.HasPrefix(damage.What, "page ") && strings.HasSuffix(damage.What, " of the store"):
				found++
				return
			case err != nil:
				t.Fatalf("synced %v, %s: %v names no page", synced, what, err)
			}
			passed++
			write(t, path, dirty)
			if err := ownCheck(path); err != nil {
				t.Errorf("synced %v, %s: the walk lets it pass, bbolt says %v", synced, what, err)
			}
		}
		for _, at := range places {
			for bit := range 8 {
				dirty[at] ^= 1 << bit
				try(fmt.Sprintf("bit %d of byte %d of page %d", bit, at%os.Getpagesize(), at/os.Getpagesize()))
				dirty[at] = clean[at]
			}
			if at%4 != 0 {
				continue
			}
			for _, v := range []uint32{0, 1, math.MaxInt32, math.MaxUint32, uint32(len(clean))} {
				binary.NativeEndian.PutUint32(dirty[at:], v)
				if !bytes.Equal(dirty[at:at+4], clean[at:at+4]) {
					try(fmt.Sprintf("%#x at byte %d of page %d", v, at%os.Getpagesize(), at/os.Getpagesize()))
				}
				copy(dirty[at:at+4], clean[at:])
			}
		}
		t.Logf("synced %v: %d changes of %d bytes are named, %d are harmless", synced, found, len(places), passed)
		if found < 5*len(places) { // of 9.25 changes to each byte
			t.Errorf("synced %v: %d changes are named, %d pass: does the walk look at all?", synced, found, passed)
		}
	}
}
