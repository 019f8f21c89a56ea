package cluster

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// The layout of bbolt's file, format version 2, numbers in the machine's order. A page begins with a header of 16 bytes
// (id 8, flags 2, count 2, overflow 4); count elements of 16 bytes follow, then keys and values. Elements of a branch
// are (position 4, key size 4, child 8), of a leaf (flags 4, position 4, key size 4, value size 4); a position
// counts from its element. The value of a bucket begins with (root 8, sequence 8); a root of 0 means that the
// bucket's only page follows in the value.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2
	boltMaxKey  = 32768
	boltUnit    = 16 // a page's header, an element, a bucket's header

	branchPage, leafPage, metaPage, freelistPage = 0x01, 0x02, 0x04, 0x10

	noFreelist    = ^uint64(0)
	maxTreeDepth  = 64 // of pages, through buckets in buckets: trees of bbolt stay below ten
	maxPageAhead  = 64 << 10
	leastPageSize = 1024
)

// treeCheck walks the pages of a bbolt file without bbolt.
type treeCheck struct {
	r        io.ReaderAt
	pageSize uint64
	limit    uint64   // pages from here on were never used
	seen     []uint64 // a bit for each page
}

// checkTree follows every page of a bbolt file from its root, and reads nothing but structure and keys. bbolt walks
// the same pages through a memory map on a goroutine of its own: there a place outside of the map ends the process.
// So whatever passes here must pass bbolt's own check too. Memory is a bit per page, and the
// branches on one path. Errors are *DamageError that name the page and lack the file.
func checkTree(r io.ReaderAt, size int64, pageSize int) error {
	if pageSize < leastPageSize || size < 2*int64(pageSize) {
		return &DamageError{What: "the store", Err: fmt.Errorf("%d bytes with pages of %d bytes make no sense", size, pageSize)}
	}
	t := &treeCheck{r: r, pageSize: uint64(pageSize)}
	root, freelist, err := t.meta()
	if err != nil {
		return err
	}
	if t.limit > uint64(size)/t.pageSize {
		return &DamageError{What: "the store", Err: fmt.Errorf("it is cut off: it has %d bytes and should have %d pages of %d", size, t.limit, pageSize)}
	}
	t.seen = make([]uint64, t.limit/64+1)
	if err := t.page(root, nil, nil, 0); err != nil || freelist == noFreelist {
		return err
	}
	return t.freelist(freelist)
}

// meta reads the two descriptions of the file, and returns what the newer says. bbolt goes on with one if the other is
// damaged, as if the last transaction had never ended: a vote, or an entry that was acknowledged, would be forgotten.
// A crash does not leave half of one, as its 80 bytes lie in one sector.
func (t *treeCheck) meta() (root, freelist uint64, err error) {
	var newest uint64
	for id := range uint64(2) {
		b := make([]byte, boltUnit+64)
		if _, err := t.r.ReadAt(b, int64(id*t.pageSize)); err != nil {
			return 0, 0, damagedPage(id, "it cannot be read: %w", err)
		}
		if flags := binary.NativeEndian.Uint16(b[8:]); u64(b) != id || flags != metaPage {
			return 0, 0, damagedPage(id, "it says that it is number %d of kind %#x", u64(b), flags)
		}
		b = b[boltUnit:]
		sum := fnv.New64a()
		sum.Write(b[:56])
		if u32(b) != boltMagic || u32(b[4:]) != boltVersion || u64(b[56:]) != sum.Sum64() {
			return 0, 0, damagedPage(id, "its checksum does not match its content")
		}
		if size := uint64(u32(b[8:])); size != t.pageSize {
			return 0, 0, damagedPage(id, "it says that pages have %d bytes, not %d", size, t.pageSize)
		}
		if txid := u64(b[48:]); id == 0 || txid > newest {
			root, freelist, t.limit, newest = u64(b[16:]), u64(b[32:]), u64(b[40:]), txid
		}
	}
	return root, freelist, nil
}

// boltPage is a page with its overflow, or the page inside of a small bucket's value.
type boltPage struct {
	id           uint64 // its place, or that of the page around it
	r            io.ReaderAt
	ahead        []byte // its beginning
	room         uint64 // bytes
	flags, count uint16
}

// open reads the header of the page at id, and marks it as seen.
func (t *treeCheck) open(id uint64) (*boltPage, error) {
	if id < 2 || id >= t.limit {
		return nil, damagedPage(id, "the file has pages 2 to %d", t.limit-1)
	}
	p := &boltPage{id: id, r: io.NewSectionReader(t.r, int64(id*t.pageSize), int64((t.limit-id)*t.pageSize)), room: t.pageSize}
	overflow, err := p.header(id)
	if err != nil {
		return nil, err
	}
	if overflow >= t.limit-id {
		return nil, damagedPage(id, "it says that it goes on for %d pages; the file has %d", overflow, t.limit)
	}
	p.room *= overflow + 1
	for i := id; i <= id+overflow; i++ {
		if !t.mark(i) {
			return nil, damagedPage(i, "it is used twice")
		}
	}
	return p, nil
}

func (p *boltPage) header(want uint64) (overflow uint64, err error) {
	if p.ahead, err = p.at(0, min(p.room, maxPageAhead)); err != nil {
		return 0, err
	}
	if got := u64(p.ahead); got != want {
		return 0, damagedPage(p.id, "it says that it is number %d", got)
	}
	p.flags, p.count = binary.NativeEndian.Uint16(p.ahead[8:]), binary.NativeEndian.Uint16(p.ahead[10:])
	return uint64(u32(p.ahead[12:])), nil
}

// at reads n bytes, which the caller has bounded.
func (p *boltPage) at(off, n uint64) ([]byte, error) {
	if off+n <= uint64(len(p.ahead)) {
		return p.ahead[off : off+n], nil
	}
	b := make([]byte, n)
	if _, err := p.r.ReadAt(b, int64(off)); err != nil {
		return nil, damagedPage(p.id, "it cannot be read: %w", err)
	}
	return b, nil
}

// mark is false if the page was seen before.
func (t *treeCheck) mark(id uint64) bool {
	bit := uint64(1) << (id % 64)
	before := t.seen[id/64]
	t.seen[id/64] |= bit
	return before&bit == 0
}

// page walks the tree below id. Its keys are at least lo and less than hi; nil is no bound.
func (t *treeCheck) page(id uint64, lo, hi []byte, depth int) error {
	if depth > maxTreeDepth {
		return damagedPage(id, "it lies deeper than %d pages", maxTreeDepth)
	}
	p, err := t.open(id)
	if err != nil {
		return err
	}
	switch {
	case p.flags == leafPage:
		return p.elements(lo, hi, func(_ []byte, e boltElement) error { return t.bucket(p, e, depth) })
	case p.flags != branchPage:
		return damagedPage(id, "it is neither branch nor leaf, but %#x", p.flags)
	case p.count == 0:
		return damagedPage(id, "it is a branch without children")
	}
	var keys [][]byte
	var children []uint64
	err = p.elements(lo, hi, func(k []byte, e boltElement) error {
		keys, children = append(keys, k), append(children, e.child)
		return nil
	})
	if err != nil {
		return err
	}
	keys = append(keys, hi)
	for i, child := range children {
		if err := t.page(child, keys[i], keys[i+1], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// boltElement is one element of a branch (child) or a leaf.
type boltElement struct {
	flags        uint32
	child        uint64
	value, vsize uint64 // where the value begins in the page, and its size
}

// elements gives every element of a page to visit, once it is known to lie in the page, behind the elements and in order.
func (p *boltPage) elements(lo, hi []byte, visit func(k []byte, e boltElement) error) error {
	data := boltUnit * (1 + uint64(p.count))
	if data > p.room {
		return damagedPage(p.id, "it has %d bytes and says that it has %d elements", p.room, p.count)
	}
	list, err := p.at(boltUnit, data-boltUnit)
	if err != nil {
		return err
	}
	var before []byte
	for i := range uint64(p.count) {
		var e boltElement
		b := list[boltUnit*i:]
		pos, ksize := uint64(u32(b)), uint64(u32(b[4:]))
		if p.flags == branchPage {
			e.child = u64(b[8:])
		} else {
			e.flags, pos, ksize, e.vsize = u32(b), uint64(u32(b[4:])), uint64(u32(b[8:])), uint64(u32(b[12:]))
		}
		start := boltUnit*(1+i) + pos
		e.value = start + ksize
		switch {
		case start < data, e.value+e.vsize > p.room:
			return damagedPage(p.id, "element %d lies outside of it", i)
		case ksize == 0, ksize > boltMaxKey:
			return damagedPage(p.id, "element %d has a key of %d bytes", i, ksize)
		case e.flags > 1:
			return damagedPage(p.id, "element %d is of the unknown kind %#x", i, e.flags)
		}
		k, err := p.at(start, ksize)
		if err != nil {
			return err
		}
		if bytes.Compare(k, lo) < 0 || hi != nil && bytes.Compare(k, hi) >= 0 || i > 0 && bytes.Compare(k, before) <= 0 {
			return damagedPage(p.id, "the key of element %d is out of order", i)
		}
		if err := visit(k, e); err != nil {
			return err
		}
		before = k
	}
	return nil
}

// bucket walks what an element of a leaf holds, if that is a bucket.
func (t *treeCheck) bucket(p *boltPage, e boltElement, depth int) error {
	if e.flags == 0 {
		return nil
	}
	if e.vsize < boltUnit {
		return damagedPage(p.id, "a bucket has %d bytes only", e.vsize)
	}
	b, err := p.at(e.value, boltUnit)
	if err != nil {
		return err
	}
	if root := u64(b); root != 0 {
		return t.page(root, nil, nil, depth+1)
	}
	if e.vsize < 2*boltUnit {
		return damagedPage(p.id, "a bucket has %d bytes and should hold a page", e.vsize)
	}
	room := e.vsize - boltUnit
	in := &boltPage{id: p.id, r: io.NewSectionReader(p.r, int64(e.value+boltUnit), int64(room)), room: room}
	if _, err := in.header(0); err != nil {
		return err
	}
	if in.flags != leafPage {
		return damagedPage(p.id, "the bucket inside of it is no leaf, but %#x", in.flags)
	}
	return in.elements(nil, nil, func(_ []byte, e boltElement) error {
		if e.flags != 0 {
			return damagedPage(p.id, "the bucket inside of it holds a bucket")
		}
		return nil
	})
}

// freelist checks the list of free pages that a bbolt with other options than ours left.
func (t *treeCheck) freelist(id uint64) error {
	p, err := t.open(id)
	if err != nil {
		return err
	}
	if p.flags != freelistPage {
		return damagedPage(id, "it is not the list of free pages, but %#x", p.flags)
	}
	at, n := uint64(boltUnit), uint64(p.count)
	if n == 0xFFFF { // then the number is the first of the list
		b, err := p.at(at, 8)
		if err != nil {
			return err
		}
		at, n = at+8, u64(b)
	}
	if n > (p.room-at)/8 {
		return damagedPage(id, "it has %d bytes and says that it lists %d pages", p.room, n)
	}
	for ; n > 0; at, n = at+8, n-1 {
		b, err := p.at(at, 8)
		if err != nil {
			return err
		}
		if free := u64(b); free < 2 || free >= t.limit || !t.mark(free) {
			return damagedPage(id, "it lists page %d as free, which is in use, not there or listed twice", free)
		}
	}
	for i := uint64(2); i < t.limit; i++ {
		if t.mark(i) {
			return damagedPage(i, "it is neither in use nor listed as free")
		}
	}
	return nil
}

func damagedPage(id uint64, format string, args ...any) error {
	return &DamageError{What: fmt.Sprintf("page %d of the store", id), Err: fmt.Errorf(format, args...)}
}

func u32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }

func u64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }
