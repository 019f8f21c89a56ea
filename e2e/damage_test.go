package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// occurrences are the offsets at which what lies in a file.
func occurrences(t *testing.T, file string, what []byte) []int64 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []int64
	for at := 0; ; {
		i := bytes.Index(b[at:], what)
		if i < 0 {
			return all
		}
		all = append(all, int64(at+i))
		at += i + len(what)
	}
}

// flip turns one bit of one byte of a file; twice restores it.
func flip(t *testing.T, file string, at int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

// startDamaged starts a node over a file with one byte changed, and returns whether it refused to run, naming the file.
func (c *cluster) startDamaged(n *node, file string, at int64) (refused bool) {
	c.t.Helper()
	before, err := os.Stat(n.proc.Log)
	if err != nil {
		c.t.Fatal(err)
	}
	n.spawn()
	within := time.After(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-n.proc.Exited():
			log, err := os.ReadFile(n.proc.Log)
			if err != nil {
				c.t.Fatal(err)
			}
			said := string(log[before.Size():])
			if n.proc.Err() == nil {
				c.t.Errorf("%s with a flipped byte at %d of %s ended without an error", n.name, at, filepath.Base(file))
			}
			if !strings.Contains(said, file) || !strings.Contains(said, "damaged") {
				c.t.Errorf("%s with a flipped byte at %d of %s does not name the damage:\n%s", n.name, at, filepath.Base(file), said)
			}
			if strings.Contains(said, "panic:") {
				c.t.Errorf("%s panicked over a flipped byte at %d:\n%s", n.name, at, said)
			}
			return true
		case <-tick.C:
			if s, err := c.status(n); err == nil && s.Leader != "" && s.Index > 0 {
				return false
			}
		case <-within:
			c.t.Fatalf("%s with a flipped byte at %d of %s neither runs nor ends", n.name, at, filepath.Base(file))
		}
	}
}

func TestFlippedByteOfAStoppedNodesStoreIsNamedAndNotServed(t *testing.T) {
	t.Parallel()
	c := open(t)
	lead, followers := c.leader()
	victim := followers[0]
	const name = "flip/of-the-record"
	if a := c.must(lead, create(name, true)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	want := c.must(lead, get("/v1/keys/"+name))
	for i := range 20 { // entries after it, so that pages move
		if a := c.must(lead, create(fmt.Sprintf("other/%d", i), false)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	c.caughtUp()
	victim.stop()
	file := filepath.Join(victim.dir, "raft", "raft.db")
	places := occurrences(t, file, []byte(name))
	if len(places) == 0 {
		t.Fatalf("the key's name is nowhere in %s", file)
	}
	detected := 0
	for _, at := range places {
		for _, offset := range []int64{3, -9, int64(len(name)) + 40} { // in the name, before it, behind it
			flip(t, file, at+offset)
			if c.startDamaged(victim, file, at+offset) {
				detected++
			} else { // a page that is no longer in use, or a copy: then what is served must be what was written
				c.unseal(lead)
				c.serving(victim)
				got := c.must(victim, get("/v1/keys/"+name+"?consistency=linearizable"))
				if !bytes.Equal(got.body, want.body) {
					t.Errorf("a flipped byte at %d is served: %s", at+offset, got.body)
				}
				victim.kill()
				places = occurrences(t, file, []byte(name))
			}
			if victim.ended() {
				if b, err := os.ReadFile(file); err == nil && int64(len(b)) > at+offset {
					flip(t, file, at+offset)
				}
			}
		}
	}
	t.Logf("%d of %d flips were detected at the start; the others lay in pages that are not in use", detected, 3*len(places))
	if detected == 0 {
		t.Error("no flip in any copy of the record was detected")
	}
	victim.start()
	c.settled(victim)
	c.unseal(lead)
	c.serving(c.nodes...)
	if got := c.must(victim, get("/v1/keys/"+name)); !bytes.Equal(got.body, want.body) {
		t.Errorf("the repaired store gives another record: %s", got.body)
	}
}

// A snapshot is taken only after some thousands of entries; so this story makes them.
func TestFlippedByteOfTheNewestSnapshotIsNamed(t *testing.T) {
	t.Parallel()
	if !long {
		t.Skip("a snapshot is taken at the earliest half a minute after 4096 entries: runs with -tags e2e")
	}
	c := open(t)
	l := c.startLoad("many", 32)
	l.reach(t, 4500)
	l.finish()
	_, followers := c.leader()
	victim := followers[0]
	var newest string
	eventually(t, 2*time.Minute, "a snapshot at "+victim.name, func() error {
		found, err := filepath.Glob(filepath.Join(victim.dir, "raft", "snapshots", "*.snap"))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("none yet: %v", err)
		}
		newest = found[len(found)-1]
		return nil
	})
	victim.stop()
	info, err := os.Stat(newest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(10) {
		at := info.Size() * (2*i + 1) / 20
		flip(t, newest, at)
		if !c.startDamaged(victim, newest, at) && !victim.logged(newest) {
			t.Errorf("a flipped byte at %d of the snapshot passed unnoticed", at)
		}
		victim.kill()
		if _, err := os.Stat(newest); err != nil {
			t.Logf("the damaged snapshot was put aside, since the log reaches back far enough")
			break
		}
		flip(t, newest, at)
	}
	var r api.Record
	c.must(followers[1], get("/v1/keys/many/0/0")).into(t, &r)
}

// settled waits until a node that was restarted has the cluster's state.
func (c *cluster) settled(n *node) {
	c.t.Helper()
	eventually(c.t, 15*time.Second, n.name+" has the cluster's state", func() error {
		s, err := c.status(n)
		if err == nil && (s.Leader == "" || s.Index == 0 || !s.Initialized) {
			err = fmt.Errorf("%+v", s)
		}
		return err
	})
}
