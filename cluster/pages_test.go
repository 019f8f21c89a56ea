package cluster_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
)

// boltFile makes a file with every kind of page: a branch with leaves, an entry that goes on over several pages, buckets in a bucket,
// a bucket inside of its parent's page, pages no longer used, and, if synced, a list of these.
func boltFile(t testing.TB, path string, synced bool, entries int) []byte {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: !synced, FreelistType: bbolt.FreelistMapType, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	put := func(from, to int) {
		err := db.Update(func(tx *bbolt.Tx) error {
			logs, err := tx.CreateBucketIfNotExists([]byte("logs"))
			if err != nil {
				return err
			}
			for i := from; i < to; i++ {
				err = errors.Join(err, logs.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), bytes.Repeat([]byte{byte(i)}, 400)))
			}
			conf, e := tx.CreateBucketIfNotExists([]byte("conf"))
			if err = errors.Join(err, e); err != nil {
				return err
			}
			outer, e := tx.CreateBucketIfNotExists([]byte("outer"))
			if e != nil {
				return e
			}
			inner, e := outer.CreateBucketIfNotExists([]byte("inner"))
			if e != nil {
				return e
			}
			return errors.Join(conf.Put([]byte("quorate/stable"), []byte("x")), conf.Put([]byte("quorate/stablf"), []byte("y")),
				inner.Put([]byte("a"), []byte("b")), logs.Put([]byte("~long"), make([]byte, 9000)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(0, entries/2)
	put(entries/2, entries)
	if err := db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("logs")).Delete([]byte("~lonf")) }); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

// structure lists the bytes of the pages in use that say where others are: headers, elements, and the buckets' names and places.
func structure(t *testing.T, path string) (at []int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 0; id < int(tx.Size())/os.Getpagesize(); id++ {
			p, err := tx.Page(id)
			if err != nil {
				return err
			}
			n := 16 + 16*p.Count
			switch {
			case p.Type == "free":
				continue
			case p.Type == "meta":
				n = 16 + 64
			case p.Type == "freelist":
				n = 16 + 8*p.Count
			case id == int(tx.Cursor().Bucket().Root()):
				n += 300
			}
			for i := range n {
				at = append(at, id*os.Getpagesize()+i)
			}
			id += p.OverflowCount
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// ownCheck lets bbolt walk the file as it does when it opens it, and examine it.
func ownCheck(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, NoFreelistSync: true, PreLoadFreelist: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		for e := range tx.Check() {
			err = errors.Join(err, e)
		}
		return err
	})
}

func check(file []byte) error {
	return cluster.CheckTree(bytes.NewReader(file), int64(len(file)), os.Getpagesize())
}

// Each of these, of itself, ends the process inside of bbolt if nothing looks before.
func TestElementThatPointsOutOfTheFileIsNamedWithItsPage(t *testing.T) {
	c := stopped(t, 40)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	size := os.Getpagesize()
	tried := 0
	for page := 2 * size; page < len(clean); page += size {
		flags, count := clean[page+8], int(clean[page+10])
		if check(clean[:]) != nil || (flags != 1 && flags != 2) || count == 0 || clean[page] != byte(page/size) {
			continue
		}
		for name, at := range map[string]int{"position": 0, "key size": 4, "child or key size": 8, "value size": 12, "count": -6, "overflow": -4} {
			dirty := bytes.Clone(clean)
			dirty[page+16+at+1] |= 0x80
			dirty[page+16+at+min(3, 1+at&4)] |= 0x70
			if check(dirty) == nil {
				continue // of a page that is not in use, or a size that is not used
			}
			tried++
			write(t, path, dirty)
			err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
			if !named(err, path) || !strings.Contains(err.Error(), "page ") || !strings.Contains(err.Error(), "join again") {
				t.Errorf("page %d, %s: got %v, want a DamageError that names %s and the page, and says what to do", page/size, name, err, path)
			}
		}
	}
	if tried < 8 {
		t.Errorf("%d changes were tried: is there no page with elements?", tried)
	}
	write(t, path, clean)
	c.Restart(0)
}

// bbolt would go on with the older of the two, and forget what was written last.
func TestDamagedDescriptionOfTheFileDoesNotBringBackTheStateBefore(t *testing.T) {
	c := stopped(t, 3)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	for page := range 2 {
		for _, at := range []int{0, 8, 16, 32, 64, 72} { // number, kind, magic number, root, transaction, checksum
			dirty := bytes.Clone(clean)
			dirty[page*os.Getpagesize()+at] ^= 4
			write(t, path, dirty)
			err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
			if want := fmt.Sprintf("page %d of the store is damaged", page); !named(err, path) || !strings.Contains(err.Error(), want) {
				t.Errorf("byte %d of page %d: got %v, want a DamageError naming %s and the page", at, page, err, path)
			}
		}
	}
	write(t, path, clean)
	c.Restart(0)
}

func TestCutOffFileIsNamed(t *testing.T) {
	c := stopped(t, 40)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	for _, n := range []int{1, 100, os.Getpagesize(), 2*os.Getpagesize() + 1, 3 * os.Getpagesize()} {
		write(t, path, clean[:n])
		if err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet); !named(err, path) {
			t.Errorf("cut to %d bytes: got %v, want a DamageError naming %s", n, err, path)
		}
	}
}

func TestStoreInUseIsNotCalledDamaged(t *testing.T) {
	c := stopped(t, 3)
	c.Restart(0)
	err := cluster.Verify(c.Dir(0), c.Config(0).Identity, quiet)
	if err == nil || !strings.Contains(err.Error(), "in use") || named(err, filepath.Join(c.Dir(0), "raft.db")) {
		t.Errorf("got %v, want an error that says that another process uses the store", err)
	}
}

// unreadable fails where the disk does.
type unreadable struct {
	io.ReaderAt
	page int64
}

func (u unreadable) ReadAt(b []byte, off int64) (int, error) {
	if off/int64(os.Getpagesize()) == u.page {
		return 0, errors.New("input/output error")
	}
	return u.ReaderAt.ReadAt(b, off)
}

func TestPageThatTheDiskDoesNotGiveIsNamed(t *testing.T) {
	file := boltFile(t, filepath.Join(t.TempDir(), "raft.db"), false, 40)
	refused := 0
	for page := range int64(len(file) / os.Getpagesize()) {
		err := cluster.CheckTree(unreadable{bytes.NewReader(file), page}, int64(len(file)), os.Getpagesize())
		if err == nil {
			continue // not in use
		}
		refused++
		if want := fmt.Sprintf("page %d of the store is damaged: it cannot be read: input/output error", page); !strings.Contains(err.Error(), want) {
			t.Errorf("page %d: got %v, want %q", page, err, want)
		}
	}
	if refused < 6 {
		t.Errorf("%d pages were asked for", refused)
	}
}

// FuzzPages overwrites a part of a good file, makes the first two pages' checksums right again, and opens it.
func FuzzPages(f *testing.F) {
	dir := f.TempDir()
	size := os.Getpagesize()
	files := [][]byte{boltFile(f, filepath.Join(dir, "a"), false, 30), boltFile(f, filepath.Join(dir, "b"), true, 30)}
	for i, file := range files {
		for at := 16; at < len(file); at += size / 2 {
			f.Add(i == 1, uint32(at), []byte{0, 0, 0, 0x80})
			f.Add(i == 1, uint32(at-8), []byte{2, 0, 0xff, 0xff})
		}
	}
	f.Add(true, uint32(25), []byte("0")) // found by fuzzing: another size of pages, with a good checksum
	f.Fuzz(func(t *testing.T, synced bool, at uint32, patch []byte) {
		file := bytes.Clone(files[0])
		if synced {
			file = bytes.Clone(files[1])
		}
		copy(file[int(at)%len(file):], patch)
		for _, meta := range []int{16, size + 16} {
			sum := fnv.New64a()
			sum.Write(file[meta : meta+56])
			binary.NativeEndian.PutUint64(file[meta+56:], sum.Sum64())
		}
		path := filepath.Join(t.TempDir(), "raft.db")
		write(t, path, file)
		err := cluster.CheckPages(path)
		if err != nil && !named(err, path) {
			t.Fatalf("%v does not name the file", err)
		}
		if check(file) == nil {
			if err := ownCheck(path); err != nil {
				t.Fatalf("the walk lets pass of what bbolt says %v", err)
			}
		}
	})
}

func BenchmarkCheckTree100MiB(b *testing.B) {
	path := filepath.Join(b.TempDir(), "raft.db")
	boltFile(b, path, false, 92_000)
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if err := cluster.CheckTree(f, info.Size(), os.Getpagesize()); err != nil {
			b.Fatal(err)
		}
	}
}
