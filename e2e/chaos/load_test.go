package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/e2e/chaos/history"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

const (
	liveKeys   = workers + workers/2     // that the clients work on at a time
	keyOps     = 400                     // after which a key is retired, to be judged
	afterEnd   = 50                      // of these, after which a key that was taken out of use for ever is retired
	lately     = 4                       // revocations of which readers look at the keys
	keyUnknown = 4                       // unknown outcomes after which it is: each doubles what has to be searched
	patient    = 10 * time.Second        // how long a write is repeated
	impatient  = 1500 * time.Millisecond // one try
	useEvery   = 10 * time.Millisecond   // of all nodes' own readers together
)

// subject is one key that clients work on.
type subject struct {
	name string

	mu       sync.Mutex
	seen     uint64         // newest revision that somebody saw
	id       string         // by which KMIP asks for it
	shown    history.Record // of that revision
	texts    map[int]string // a ciphertext by version
	ops      int
	unknown  int
	versions int
	declined []string // writes that were refused for now, each time that they were tried
}

func (s *subject) worn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ops >= keyOps || s.unknown >= keyUnknown
}

// load is clients that never rest, and what they saw.
type load struct {
	c     *cluster
	begin time.Time
	log   history.Log

	running sync.WaitGroup
	cancel  context.CancelFunc
	rest    sync.RWMutex // held for writing while the load is to be quiet
	writes  atomic.Int64 // that were acknowledged
	ordered atomic.Int64 // operations that porcupine orders and that were answered: writes, reads of the newest state, and what the state of the key forbids
	local   atomic.Int64 // reads and uses that may be old
	lastAck atomic.Int64 // when a write was, since begin
	worst   atomic.Int64 // longest time between two of these, since it was asked for last
	quietly atomic.Int64 // how long the load was quiet
	calm    atomic.Bool  // no fault is under way, and all is mended

	waiting sync.Mutex
	since   time.Duration // writes that began after this are waited for; guarded by waiting
	arrived chan struct{} // closed by the first that is acknowledged; guarded by waiting

	mu        sync.Mutex
	rand      *rand.Rand
	live      []*subject
	ended     []*subject // the last few of which something was taken out of use
	retired   []*subject
	made      int
	materials map[string]string  // key and version by material
	versions  map[string]string  // and the other way round
	wrong     []string           // what must never be
	revoking  [2][]time.Duration // how long it took to acknowledge that a key is out of use: while something is broken, and in calm
}

func startLoad(c *cluster, seed uint64, workers int) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{c: c, begin: time.Now(), cancel: cancel, rand: rand.New(rand.NewPCG(seed, 2)), materials: map[string]string{}, versions: map[string]string{}}
	for range liveKeys {
		l.live = append(l.live, l.newSubject())
	}
	for w := range workers {
		rnd := rand.New(rand.NewPCG(seed, uint64(w+10)))
		l.running.Go(func() { l.work(ctx, w, rnd) })
	}
	for i := range c.nodes {
		rnd := rand.New(rand.NewPCG(seed, uint64(i+100)))
		l.running.Go(func() { l.readAt(ctx, 100+i, i, rnd) })
	}
	return l
}

// rested is how long the clients were quiet.
func (l *load) rested() time.Duration { return time.Duration(l.quietly.Load()) }

func (l *load) stop() { l.cancel(); l.running.Wait() }

func (l *load) now() time.Duration { return time.Since(l.begin) }

// newSubject names a key; whoever works on it first creates it. l.mu is held, or nobody else knows l.
func (l *load) newSubject() *subject {
	l.made++
	return &subject{name: fmt.Sprintf("chaos-%d", l.made), texts: map[int]string{}}
}

// pick is a live key; a worn one is retired and another takes its place.
func (l *load) pick(rnd *rand.Rand) *subject {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := rnd.IntN(len(l.live))
	if l.live[i].worn() {
		l.retired = append(l.retired, l.live[i])
		l.live[i] = l.newSubject()
	}
	return l.live[i]
}

// ofLate is a key of which something was taken out of use a moment ago, or any: a reader that asks for these finds at once who serves them still.
func (l *load) ofLate(rnd *rand.Rand) *subject {
	l.mu.Lock()
	n := len(l.ended)
	if n == 0 || rnd.IntN(2) == 0 {
		l.mu.Unlock()
		return l.pick(rnd)
	}
	defer l.mu.Unlock()
	return l.ended[n-1-rnd.IntN(n)]
}

// complain notes what must never be.
func (l *load) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

func (l *load) complaints() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.wrong)
}

// work is one client: it writes and reads, at any node.
func (l *load) work(ctx context.Context, client int, rnd *rand.Rand) {
	for ctx.Err() == nil {
		l.rest.RLock()
		s := l.pick(rnd)
		o := history.Op{Client: client, Node: rnd.IntN(len(l.c.nodes)), Key: s.name}
		s.mu.Lock()
		o.Kind, o.Version, o.IfMatch = choose(rnd, s)
		if o.Changes() && s.shown.Revision > 0 && !history.Legal(s.shown, o) && rnd.IntN(4) > 0 { // of what would be refused some is enough
			o.Kind, o.Version, o.IfMatch = history.Tag, 0, s.seen
		}
		s.mu.Unlock()
		switch {
		case o.Kind == history.Read:
			o.Local = rnd.IntN(2) > 0
			l.read(s, o)
		default:
			if o.Kind == history.Tag {
				o.Tag = fmt.Sprintf("c%d-%d", client, rnd.Uint64()>>40)
			}
			l.write(s, o, rnd)
		}
		l.rest.RUnlock()
	}
}

// choose is what a client does next with a key; s.mu is held.
func choose(rnd *rand.Rand, s *subject) (history.Kind, int, uint64) {
	if s.seen == 0 {
		return history.Create, 0, 0
	}
	version := 0
	if rnd.IntN(2) == 0 && s.versions > 1 {
		version = 1 + rnd.IntN(s.versions)
	}
	switch n := rnd.IntN(100); {
	case s.shown.State == "suspended" && n%2 == 0: // or most of what follows would be refused
		return history.Resume, 0, 0
	case n < 30:
		return history.Tag, 0, s.seen
	case n < 42:
		return history.Rotate, 0, 0
	case n < 54:
		return history.Suspend, version, 0
	case n < 70:
		return history.Resume, version, 0
	case n < 74 && s.versions > 2:
		return history.Destroy, 1 + rnd.IntN(s.versions-1), 0
	case n >= 74 && n < 76 && s.versions > 1:
		return history.Deactivate, 1 + rnd.IntN(s.versions), 0
	case n == 76 && s.versions > 1:
		return history.Compromise, 1 + rnd.IntN(s.versions), 0
	case n >= 77 && n < 80 && s.ops > keyOps/2: // the end of all that can be done with it
		s.ops = max(s.ops, keyOps-afterEnd)
		return [...]history.Kind{history.Deactivate, history.Compromise, history.Compromise}[n-77], 0, 0
	default:
		return history.Read, 0, 0
	}
}

// readAt is a reader at one node: it decrypts all the time, encrypts now and then, and takes material out by KMIP, by a way that no cut touches.
func (l *load) readAt(ctx context.Context, client, at int, rnd *rand.Rand) {
	tick := time.NewTicker(useEvery * time.Duration(len(l.c.nodes)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.rest.RLock()
		s := l.ofLate(rnd)
		s.mu.Lock()
		version := 1 + rnd.IntN(max(1, s.versions))
		text := s.texts[version]
		s.mu.Unlock()
		switch way := rnd.IntN(6); {
		case way == 0:
			l.reveal(s, history.Op{Client: client, Node: at, Key: s.name, Kind: history.Reveal, Local: true})
		case way == 1:
			l.protect(s, history.Op{Client: client, Node: at, Key: s.name, Kind: history.Protect, Local: true})
		case text != "":
			l.use(s, history.Op{Client: client, Node: at, Key: s.name, Kind: history.Use, Version: version, Local: true}, text)
		}
		l.rest.RUnlock()
	}
}

func plaintext(key string, version int) []byte {
	return fmt.Appendf(nil, "of %s, version %d", key, version)
}

// use decrypts once.
func (l *load) use(s *subject, o history.Op, text string) history.Outcome {
	o.Call = l.now()
	a, err := l.c.nodes[o.Node].ask(l.c.root, kit.Request{
		Method: http.MethodPost, Path: "/v1/keys/" + s.name + "/decrypt", Body: api.DecryptRequest{Ciphertext: text}, Within: impatient,
	})
	o.Return, o.Outcome = l.now(), outcome(a, err)
	if o.Outcome == history.OK {
		var d api.DecryptResponse
		if err := a.Into(&d); err != nil || string(d.Plaintext) != string(plaintext(s.name, o.Version)) {
			l.complain("n%d decrypts version %d of %s to %q (%v)", o.Node+1, o.Version, s.name, d.Plaintext, err)
		}
	}
	l.note(s, o)
	return o.Outcome
}

// protect encrypts once, with whatever version does.
func (l *load) protect(s *subject, o history.Op) {
	s.mu.Lock()
	there := s.seen > 0
	s.mu.Unlock()
	if !there {
		return
	}
	o.Call = l.now()
	a, err := l.c.nodes[o.Node].ask(l.c.root, kit.Request{
		Method: http.MethodPost, Path: "/v1/keys/" + s.name + "/encrypt", Body: api.EncryptRequest{Plaintext: []byte("x")}, Within: impatient,
	})
	o.Return, o.Outcome = l.now(), outcome(a, err)
	if o.Outcome == history.OK {
		var e api.EncryptResponse
		if err := a.Into(&e); err != nil || e.Version == 0 {
			l.complain("n%d encrypts with version %d of %s (%v)", o.Node+1, e.Version, s.name, err)
		}
		o.Version = int(e.Version)
	}
	l.note(s, o)
}

// read takes the record once.
func (l *load) read(s *subject, o history.Op) history.Outcome {
	path := "/v1/keys/" + s.name
	if !o.Local {
		path += "?consistency=linearizable"
	}
	o.Call = l.now()
	a, err := l.c.nodes[o.Node].ask(l.c.root, kit.Request{Method: http.MethodGet, Path: path, Within: impatient})
	o.Return, o.Outcome = l.now(), outcome(a, err)
	if o.Outcome == history.OK {
		o.Saw, o.Sure = l.record(s, a)
	}
	l.note(s, o)
	return o.Outcome
}

// write asks for a change. Most clients repeat it with the same Idempotency-Key until they know what became of it; the others leave
// it at one try.
func (l *load) write(s *subject, o history.Op, rnd *rand.Rand) {
	r := change(o)
	r.Header["Idempotency-Key"] = fmt.Sprintf("%s-%d-%d", o.Key, o.Client, rnd.Uint64())
	r.Within = impatient
	repeat := rnd.IntN(10) < 7
	o.Call = l.now()
	at := o.Node
	maybe := false // a try may have written
	var tries strings.Builder
	for try := 0; ; try++ {
		a, err := l.c.nodes[at].ask(l.c.root, r)
		o.Return, o.Outcome = l.now(), outcome(a, err)
		fmt.Fprintf(&tries, "\n    at n%d until %.4f: %v", at+1, o.Return.Seconds(), a)
		maybe = maybe || o.Outcome == history.Unknown && !declined(a, err)
		if o.Outcome == history.OK {
			o.Saw, o.Sure = l.record(s, a)
			o.Sure = o.Sure && try == 0
			if at != o.Node {
				o.Node = at
			}
		}
		if o.Outcome != history.Unknown || !repeat || o.Return-o.Call > patient {
			break
		}
		at = rnd.IntN(len(l.c.nodes))
		<-time.After(20 * time.Millisecond)
	}
	if o.Outcome == history.Unknown && !maybe {
		// Every answer said that nothing was written; if something was, the next revision shows it, and this tells who said so.
		s.mu.Lock()
		s.declined = append(s.declined, fmt.Sprint(o, tries.String()))
		s.mu.Unlock()
		return
	}
	l.note(s, o)
	if o.Outcome == history.OK && (o.Kind == history.Create || o.Kind == history.Rotate) {
		l.keep(s, rnd)
	}
}

// note records an operation that has ended.
func (l *load) note(s *subject, o history.Op) {
	l.log.Add(o)
	s.mu.Lock()
	s.ops++
	writes := o.Changes()
	if o.Outcome == history.Unknown && writes {
		s.unknown++
	}
	if o.Sure {
		if o.Saw.Revision > s.seen {
			s.seen, s.shown = o.Saw.Revision, o.Saw
		}
		s.versions = max(s.versions, o.Saw.Latest())
	} else if o.Kind == history.Create && o.Outcome != history.Missing {
		s.seen, s.versions = max(s.seen, 1), max(s.versions, 1)
	}
	s.mu.Unlock()
	switch ok := o.Outcome == history.OK; {
	case o.Outcome == history.Unknown:
		return
	case o.Local && ok:
		l.local.Add(1)
	case o.Local:
	default:
		l.ordered.Add(1)
		if writes && ok {
			l.writes.Add(1)
			l.wrote(s, o)
		}
	}
}

// wrote notes when a write was acknowledged.
func (l *load) wrote(s *subject, o history.Op) {
	at := o.Return
	l.waiting.Lock()
	if l.arrived != nil && o.Call > l.since {
		close(l.arrived)
		l.arrived = nil
	}
	l.waiting.Unlock()
	if o.Kind.Revokes() {
		calm := 0
		if l.calm.Load() {
			calm = 1
		}
		l.mu.Lock()
		l.revoking[calm] = append(l.revoking[calm], o.Return-o.Call)
		l.ended = append(l.ended[max(0, len(l.ended)-lately+1):], s)
		l.mu.Unlock()
	}
	last := time.Duration(l.lastAck.Swap(int64(at)))
	for gap := int64(at - last); ; {
		worst := l.worst.Load()
		if gap <= worst || l.worst.CompareAndSwap(worst, gap) {
			return
		}
	}
}

// next is closed once a write is acknowledged that began after now.
func (l *load) next() <-chan struct{} {
	l.waiting.Lock()
	defer l.waiting.Unlock()
	l.since, l.arrived = l.now(), make(chan struct{})
	return l.arrived
}

// gap is the longest time without an acknowledged write since it was asked for last, the present one included.
func (l *load) gap() time.Duration {
	worst := time.Duration(l.worst.Swap(0))
	return max(worst, l.now()-time.Duration(l.lastAck.Load()))
}

// keep encrypts under the newest version, for the readers and for the end, and looks at its material: no two versions share one.
func (l *load) keep(s *subject, rnd *rand.Rand) {
	n := l.c.nodes[rnd.IntN(len(l.c.nodes))]
	s.mu.Lock()
	latest := s.versions
	s.mu.Unlock()
	a, err := n.ask(l.c.root, kit.Request{Method: http.MethodPost, Path: "/v1/keys/" + s.name + "/encrypt", Body: api.EncryptRequest{Plaintext: plaintext(s.name, latest)}, Within: impatient})
	var e api.EncryptResponse
	if err == nil && a.OK() && a.Into(&e) == nil && int(e.Version) == latest {
		s.mu.Lock()
		s.texts[latest] = e.Ciphertext
		s.mu.Unlock()
	}
	a, err = n.ask(l.c.root, kit.Request{Method: http.MethodGet, Path: fmt.Sprintf("/v1/keys/%s/material?version=%d", s.name, latest), Within: impatient})
	var m api.Material
	if err == nil && a.OK() && a.Into(&m) == nil {
		l.unique(s.name, int(m.Version), m.Material)
	}
}

// unique notes material, which must not be another version's.
func (l *load) unique(name string, version int, material []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	who := fmt.Sprintf("%s v%d", name, version)
	if other, ok := l.materials[string(material)]; ok && other != who {
		l.wrong = append(l.wrong, fmt.Sprintf("%s and %s have the same material", who, other))
	}
	if m, ok := l.versions[who]; ok && m != string(material) {
		l.wrong = append(l.wrong, who+" has two materials")
	}
	l.versions[who] = string(material)
	l.materials[string(material)] = who
}
