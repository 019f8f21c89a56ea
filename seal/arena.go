package seal

import (
	"fmt"
	"math/bits"
	"sync"
)

const (
	kindSecret   = "memfd_secret"
	kindLocked   = "mlock"
	kindUnlocked = "mmap"
	kindHeap     = "heap"

	chunkSize = 32 << 10 // one mapping; a node needs one or two
	minSlot   = 64       // a cache line, and more alignment than any cipher state needs
	maxSlot   = 4 << 10
	classes   = 7 // 64 << 0 … 64 << 6
)

// memoryKind is the kind of memory in use and, if it is not the best kind, why.
type memoryKind struct{ name, reason string }

// worse orders the kinds, so that the arena reports the worst it had to use.
func (k memoryKind) worse(than memoryKind) bool {
	rank := map[string]int{"": -1, kindSecret: 0, kindLocked: 1, kindUnlocked: 2, kindHeap: 3}
	return rank[k.name] > rank[than.name]
}

// arena hands out small slots of locked memory from few mappings, since what may be locked is limited (64 KiB in many
// containers). Mappings are kept for the life of the process and slots are wiped when they come back, so that a
// stray late reader finds zeros and never a fault.
type arena struct {
	mu   sync.Mutex
	free [classes][][]byte // guarded by mu
	rest []byte            // guarded by mu; what is left of the newest mapping
	kind memoryKind        // guarded by mu; the worst kind that had to be used
}

// locked is the process's one arena.
var locked arena

func class(n int) int {
	if n <= minSlot {
		return 0
	}
	return bits.Len(uint((n - 1) / minSlot))
}

// alloc returns n zero bytes, 0 < n ≤ maxSlot. It never fails for want of locking rights; see MemoryKind.
func (a *arena) alloc(n int) []byte {
	if n <= 0 || n > maxSlot {
		panic(fmt.Sprintf("seal: no locked slot of %d bytes", n))
	}
	c := class(n)
	size := minSlot << c
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := len(a.free[c]); l > 0 {
		slot := a.free[c][l-1]
		a.free[c] = a.free[c][:l-1]
		return slot[:n]
	}
	if len(a.rest) < size {
		a.growLocked()
	}
	slot := a.rest[:size:size]
	a.rest = a.rest[size:]
	return slot[:n]
}

// growLocked adds a mapping, after sorting what is left of the last one into the free lists.
func (a *arena) growLocked() {
	for len(a.rest) >= minSlot {
		c := min(bits.Len(uint(len(a.rest)/minSlot))-1, classes-1)
		size := minSlot << c
		a.free[c] = append(a.free[c], a.rest[:size:size])
		a.rest = a.rest[size:]
	}
	mem, kind, err := mapLocked(chunkSize)
	if err != nil {
		mem, kind = make([]byte, chunkSize), memoryKind{name: kindHeap, reason: err.Error()}
	}
	if kind.worse(a.kind) {
		a.kind = kind
	}
	a.rest = mem
}

// release wipes a slot and takes it back. The caller holds no reference to it any more.
func (a *arena) release(slot []byte) {
	slot = slot[:cap(slot)]
	clear(slot)
	c := class(len(slot))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free[c] = append(a.free[c], slot)
}

// MemoryKind says where this process keeps its secrets, for status and doctor: "memfd_secret", "mlock", "mmap" (could
// not be locked) or "heap", followed by the reason in parentheses when it is not the best kind.
func MemoryKind() string {
	slot := locked.alloc(minSlot) // so that there is an answer before the first secret
	locked.release(slot)
	probe := cipherProbe()
	locked.mu.Lock()
	defer locked.mu.Unlock()
	kind := locked.kind.name
	reason := locked.kind.reason
	if probe != "" {
		if reason != "" {
			reason += "; "
		}
		reason += "cipher states on the heap: " + probe
	}
	if reason == "" {
		return kind
	}
	return kind + " (" + reason + ")"
}
