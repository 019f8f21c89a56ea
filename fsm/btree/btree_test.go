package btree_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm/btree"
)

// pair is ordered by its key alone, so that what was replaced can be told from what replaced it.
type pair struct{ key, value int }

func less(a, b pair) bool { return a.key < b.key }

// model is the same entries in a slice, and what they were when clones were taken.
type model struct {
	t      testing.TB
	tree   *btree.Tree[pair]
	sorted []pair
	frozen []*btree.Tree[pair]
	were   [][]pair
}

func newModel(t testing.TB) *model { return &model{t: t, tree: btree.New(less)} }

func (m *model) find(key int) (int, bool) {
	return slices.BinarySearchFunc(m.sorted, key, func(p pair, key int) int { return p.key - key })
}

func (m *model) put(p pair) {
	m.t.Helper()
	at, here := m.find(p.key)
	var want pair
	if here {
		want, m.sorted[at] = m.sorted[at], p
	} else {
		m.sorted = slices.Insert(m.sorted, at, p)
	}
	if before, replaced := m.tree.Put(p); before != want || replaced != here {
		m.t.Fatalf("Put(%v) = %v, %v; want %v, %v", p, before, replaced, want, here)
	}
}

func (m *model) delete(key int) {
	m.t.Helper()
	at, here := m.find(key)
	var want pair
	if here {
		want = m.sorted[at]
		m.sorted = slices.Delete(m.sorted, at, at+1)
	}
	if before, deleted := m.tree.Delete(pair{key: key}); before != want || deleted != here {
		m.t.Fatalf("Delete(%d) = %v, %v; want %v, %v", key, before, deleted, want, here)
	}
}

// freeze goes on with a clone, and keeps what was.
func (m *model) freeze() {
	m.frozen, m.were = append(m.frozen, m.tree), append(m.were, slices.Clone(m.sorted))
	m.tree = m.tree.Clone()
}

// check compares the tree and all that were frozen with what they should be.
func (m *model) check() {
	m.t.Helper()
	same := func(what string, tree *btree.Tree[pair], want []pair) {
		m.t.Helper()
		if got := all(tree); !slices.Equal(got, want) || tree.Len() != len(want) {
			m.t.Fatalf("%s holds %d entries (Len %d), want %d:\n%v\n%v", what, len(got), tree.Len(), len(want), got, want)
		}
		if err := btree.Check(tree); err != nil {
			m.t.Fatalf("%s: %v", what, err)
		}
	}
	same("the tree", m.tree, m.sorted)
	for i, f := range m.frozen {
		same(fmt.Sprint("frozen tree ", i), f, m.were[i])
	}
}

func all(t *btree.Tree[pair]) (got []pair) {
	t.Ascend(func(p pair) bool { got = append(got, p); return true })
	return got
}

func TestATreeIsASortedList(t *testing.T) {
	for _, span := range []int{40, 2_000, 1 << 30} { // many that are the same; some; none
		random := rand.New(rand.NewPCG(1, uint64(span)))
		m := newModel(t)
		for round := range 12 {
			for i := range 1_500 {
				key := random.IntN(span)
				if len(m.sorted) > 0 && random.IntN(3) < round%3 { // rounds that fill it, and rounds that empty it
					key = m.sorted[random.IntN(len(m.sorted))].key
					m.delete(key)
					continue
				}
				m.put(pair{key, i})
			}
			m.check()
			m.freeze()
		}
		for len(m.sorted) > 0 {
			m.delete(m.sorted[random.IntN(len(m.sorted))].key)
		}
		m.check()
	}
}

func TestEntriesThatComeInOrder(t *testing.T) {
	for name, key := range map[string]func(i int) int{
		"up":         func(i int) int { return i },
		"down":       func(i int) int { return -i },
		"overtaking": func(i int) int { return i ^ 3 },
		"two ends":   func(i int) int { return i * (1 - i%2*2) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(t)
			for i := range 6_000 {
				m.put(pair{key(i), i})
			}
			m.check()
			m.freeze()
			for i := range 6_000 {
				m.delete(key(i))
			}
			m.check()
		})
	}
}

func TestVisitsBeginAndEndWhereTheyAreTold(t *testing.T) {
	tree := btree.New(less)
	const n = 5_000
	for _, i := range rand.New(rand.NewPCG(7, 7)).Perm(n) {
		tree.Put(pair{2 * i, i})
	}
	for from := -1; from <= 2*n; from++ {
		first := (from + 1) / 2
		want, seen := min(3, n-first), 0
		tree.AscendFrom(pair{key: from}, func(p pair) bool {
			if p.key != 2*(first+seen) {
				t.Fatalf("from %d: entry %d is %d, want %d", from, seen, p.key, 2*(first+seen))
			}
			seen++
			return seen < 3
		})
		if seen != want {
			t.Fatalf("from %d: %d entries, want %d", from, seen, want)
		}
	}
	seen := 0
	tree.Ascend(func(pair) bool { seen++; return seen < 1_000 })
	if seen != 1_000 {
		t.Fatalf("a visit that was to end after 1000 entries saw %d", seen)
	}
}

func TestAnEmptyTree(t *testing.T) {
	tree := btree.New(less)
	tree.Ascend(func(pair) bool { t.Error("visited something"); return true })
	tree.AscendFrom(pair{}, func(pair) bool { t.Error("visited something"); return true })
	if _, ok := tree.Get(pair{}); ok || tree.Has(pair{}) || tree.Len() != 0 {
		t.Error("found something")
	}
	if _, ok := tree.Delete(pair{}); ok {
		t.Error("deleted something")
	}
}

// TestNodesAreFilled holds memory to what DESIGN.md of package fsm counts on: slots that are paid for are used.
func TestNodesAreFilled(t *testing.T) {
	const n = 200_000
	for _, c := range []struct {
		name  string
		order []int
		least float64
	}{
		{"in order", rangeTo(n), .9},
		{"at random", rand.New(rand.NewPCG(3, 3)).Perm(n), .6},
	} {
		tree := btree.New(less)
		for i, k := range c.order {
			tree.Put(pair{k, i})
			if i%100 == 99 {
				tree = tree.Clone()
			}
		}
		if used := float64(n) / float64(btree.Slots(tree)); used < c.least {
			t.Errorf("%s: %.2f of the slots are used, want %.2f", c.name, used, c.least)
		} else {
			t.Logf("%s: %.2f of the slots are used", c.name, used)
		}
	}
}

func rangeTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// FuzzTree does what the input says: three bytes an operation.
func FuzzTree(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 2, 3, 0, 1, 2, 0, 0})
	f.Add(binary.BigEndian.AppendUint64(nil, 0x00ff_01ff_02ff_03ff))
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newModel(t)
		for i := 0; i+3 <= len(ops) && i < 9_000; i += 3 {
			key := int(binary.BigEndian.Uint16(ops[i+1:]))
			switch ops[i] % 8 {
			case 6, 7:
				m.delete(key)
			case 5: // a stretch of neighbours
				for n := range key % 64 {
					m.put(pair{key + n, i})
				}
			case 4:
				for n := range key % 64 {
					m.delete(key + n)
				}
			case 3:
				if len(m.frozen) < 8 {
					m.freeze()
				}
			default:
				m.put(pair{key, i})
			}
		}
		m.check()
	})
}

func BenchmarkTree(b *testing.B) {
	const n = 1_000_000
	order := rand.New(rand.NewPCG(5, 5)).Perm(n)
	tree := btree.New(less)
	before := heap()
	for i, k := range order {
		tree.Put(pair{k, i})
	}
	size := float64(heap()-before) / n
	b.Run("Get", func(b *testing.B) {
		i := 0
		for b.Loop() {
			if !tree.Has(pair{key: order[i%n]}) {
				b.Fatal("an entry is missing")
			}
			i++
		}
		b.ReportMetric(size, "heap-bytes/entry") // 16 of them are the entry
	})
	b.Run("Put", func(b *testing.B) {
		i := 0
		for b.Loop() {
			if i%100 == 0 {
				tree = tree.Clone()
			}
			tree.Put(pair{order[i%n], i})
			i++
		}
	})
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
