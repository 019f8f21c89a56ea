package gossip_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/quorate/quorate/cluster/gossip"
	"github.com/quorate/quorate/vault/fault"
)

// town is what the nodes of a cluster share: the key, and each other's public keys.
type town struct {
	key     []byte
	cluster string

	mu   sync.Mutex
	pubs map[string]ed25519.PublicKey
}

func newTown(t *testing.T) *town {
	t.Helper()
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	return &town{key: key, cluster: "01020304-0000-0000-0000-000000000000", pubs: map[string]ed25519.PublicKey{}}
}

func (w *town) verify(node string, msg, sig []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	pub, ok := w.pubs[node]
	if !ok {
		return fault.New(fault.NotFound, "no certificate of %s yet", node)
	}
	if !ed25519.Verify(pub, msg, sig) {
		return fault.New(fault.Unauthenticated, "not signed by %s", node)
	}
	return nil
}

func (w *town) publish(node string, pub ed25519.PublicKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pubs[node] = pub
}

// resident is one node with metadata that can be changed.
type resident struct {
	*gossip.Gossip
	pub  ed25519.PublicKey
	stop func()

	mu   sync.Mutex
	meta gossip.Meta
}

func (r *resident) set(change func(*gossip.Meta)) {
	r.mu.Lock()
	change(&r.meta)
	r.mu.Unlock()
	r.Refresh()
}

func (w *town) config(t *testing.T, node string, r *resident) gossip.Config {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r.pub = pub
	r.meta = gossip.Meta{API: "127.0.0.1:7800", Peer: "127.0.0.1:7801", Role: "follower", Sealed: true, Version: "test", Applied: 7}
	return gossip.Config{
		Node: node, BindAddr: "127.0.0.1:0", Key: w.key, Cluster: w.cluster, Log: slog.New(slog.DiscardHandler),
		Meta: func() gossip.Meta {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.meta
		},
		Sign:   func(msg []byte) []byte { return ed25519.Sign(key, msg) },
		Verify: w.verify, RejoinEvery: 200 * time.Millisecond,
	}
}

// move starts a node; its certificate is known to all unless an adjustment says otherwise.
func (w *town) move(t *testing.T, node string, adjust ...func(*gossip.Config)) *resident {
	t.Helper()
	r := &resident{}
	cfg := w.config(t, node, r)
	w.publish(node, r.pub)
	for _, f := range adjust {
		f(&cfg)
	}
	var err error
	if r.Gossip, err = gossip.Start(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *resident) sees(node string) (gossip.Member, bool) {
	for _, m := range r.Members() {
		if m.Node == node {
			return m, true
		}
	}
	return gossip.Member{}, false
}

func (r *resident) seesAlive(node string) bool {
	m, ok := r.sees(node)
	return ok && m.Alive && m.Verified
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func join(t *testing.T, r *resident, to ...*resident) {
	t.Helper()
	var addrs []string
	for _, x := range to {
		addrs = append(addrs, x.Addr())
	}
	if n, err := r.Join(addrs); err != nil || n != len(to) {
		t.Fatalf("joined %d of %d: %v", n, len(to), err)
	}
}

func TestNodesFindEachOtherAndHearOfChanges(t *testing.T) {
	w := newTown(t)
	n1, n2, n3 := w.move(t, "n1"), w.move(t, "n2"), w.move(t, "n3")
	join(t, n2, n1)
	join(t, n3, n1)
	all := []*resident{n1, n2, n3}
	for _, r := range all {
		for _, name := range []string{"n1", "n2", "n3"} {
			eventually(t, "everybody sees "+name, func() bool { return r.seesAlive(name) })
		}
	}
	m, _ := n3.sees("n2")
	if m.API != "127.0.0.1:7800" || !m.Sealed || m.Applied != 7 || m.Addr != n2.Addr() {
		t.Errorf("n3 knows of n2: %+v", m)
	}
	n2.set(func(m *gossip.Meta) { m.Sealed, m.Role, m.Applied = false, "leader", 9 })
	for _, r := range all {
		eventually(t, "the change arrives", func() bool {
			m, _ := r.sees("n2")
			return !m.Sealed && m.Role == "leader" && m.Applied == 9
		})
		if r.Forged() != 0 {
			t.Errorf("%d announcements count as forged", r.Forged())
		}
	}
}

func TestDeadNodeIsSeenDeadAndComesBackElsewhere(t *testing.T) {
	w := newTown(t)
	n1, n2, n3 := w.move(t, "n1"), w.move(t, "n2"), w.move(t, "n3")
	join(t, n2, n1)
	join(t, n3, n1)
	eventually(t, "all there", func() bool { return n1.seesAlive("n3") && n2.seesAlive("n3") && n1.seesAlive("n2") })
	start := time.Now()
	n3.stop() // without a word
	eventually(t, "n3 is dead", func() bool { m, _ := n1.sees("n3"); return !m.Alive })
	t.Logf("seen dead after %v", time.Since(start))
	if m, _ := n1.sees("n3"); m.Left || m.Since.Before(start) {
		t.Errorf("n3: %+v", m)
	}
	var saw []gossip.EventKind
	for len(n1.Events()) > 0 {
		if ev := <-n1.Events(); ev.Member.Node == "n3" {
			saw = append(saw, ev.Kind)
		}
	}
	if len(saw) < 2 || saw[0] != gossip.Came || saw[len(saw)-1] != gossip.Gone {
		t.Errorf("events about n3: %v", saw)
	}
	again := w.move(t, "n3")
	eventually(t, "n3 is back", func() bool {
		_, _ = again.Join([]string{n1.Addr()})
		m, _ := n2.sees("n3")
		return m.Alive && m.Addr == again.Addr()
	})
}

func TestGoodbyeIsNotDeath(t *testing.T) {
	w := newTown(t)
	n1, n2 := w.move(t, "n1"), w.move(t, "n2")
	join(t, n2, n1)
	eventually(t, "n2 is there", func() bool { return n1.seesAlive("n2") })
	if err := n2.Leave(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "n2 has left", func() bool { m, _ := n1.sees("n2"); return !m.Alive && m.Left })
	n1.Forget("n2")
	if _, ok := n1.sees("n2"); ok {
		t.Error("n2 is not forgotten")
	}
}

func TestIsolatedNodeFindsTheOthersAgain(t *testing.T) {
	w := newTown(t)
	n1 := w.move(t, "n1")
	addr := n1.Addr()
	n2 := w.move(t, "n2")
	join(t, n2, n1)
	eventually(t, "n1 is there", func() bool { return n2.seesAlive("n1") })
	n1.stop()
	eventually(t, "n1 is dead", func() bool { m, _ := n2.sees("n1"); return !m.Alive })
	back := w.move(t, "n1", func(c *gossip.Config) { c.BindAddr = addr }) // it joins nobody
	eventually(t, "n2 finds n1", func() bool { return n2.seesAlive("n1") && back.seesAlive("n2") })
}

func TestStartRefusesWhatIsUnsafe(t *testing.T) {
	w := newTown(t)
	for name, spoil := range map[string]func(*gossip.Config){
		"no key":       func(c *gossip.Config) { c.Key = nil },
		"short key":    func(c *gossip.Config) { c.Key = c.Key[:16] },
		"no cluster":   func(c *gossip.Config) { c.Cluster = "" },
		"no signature": func(c *gossip.Config) { c.Sign = func([]byte) []byte { return nil } },
		"no verifier":  func(c *gossip.Config) { c.Verify = nil },
		"no name":      func(c *gossip.Config) { c.Node = "" },
		"no address":   func(c *gossip.Config) { c.BindAddr = "nonsense" },
	} {
		cfg := w.config(t, "n1", &resident{})
		spoil(&cfg)
		g, err := gossip.Start(cfg)
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
		if g != nil {
			_ = g.Close()
		}
	}
}

func TestMetadataMustFit(t *testing.T) {
	w := newTown(t)
	r := &resident{}
	cfg := w.config(t, "n1", r)
	long := strings.Repeat("x", 120)
	r.meta = gossip.Meta{API: long, Peer: long, Gossip: long, Version: long}
	if _, err := gossip.Start(cfg); !errors.Is(err, fault.TooLarge) {
		t.Errorf("got %v, want too_large", err)
	}
}

func TestOtherKeyOrClusterStaysOut(t *testing.T) {
	w := newTown(t)
	n1 := w.move(t, "n1")
	other := newTown(t)
	wrongKey := w.move(t, "spy", func(c *gossip.Config) { c.Key = other.key })
	wrongLabel := w.move(t, "stray", func(c *gossip.Config) { c.Cluster = "ffffffff-0000-0000-0000-000000000000" })
	for name, r := range map[string]*resident{"wrong key": wrongKey, "wrong cluster": wrongLabel} {
		if _, err := r.Join([]string{n1.Addr()}); err == nil {
			t.Errorf("%s: joined", name)
		}
		if len(r.Members()) != 1 {
			t.Errorf("%s: learnt of %v", name, r.Members())
		}
	}
	if len(n1.Members()) != 1 {
		t.Errorf("n1 let in %v", n1.Members())
	}
}

func TestForgedMetadataAreIgnored(t *testing.T) {
	w := newTown(t)
	n1 := w.move(t, "n1")
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forger := w.move(t, "n2", func(c *gossip.Config) {
		c.Sign = func(msg []byte) []byte { return ed25519.Sign(foreign, msg) }
	})
	join(t, forger, n1)
	eventually(t, "n2 is heard of", func() bool { m, ok := n1.sees("n2"); return ok && m.Alive })
	m, _ := n1.sees("n2")
	if m.Verified || m.API != "" || m.Peer != "" {
		t.Errorf("forged metadata were taken: %+v", m)
	}
	eventually(t, "it is counted", func() bool { return n1.Forged() > 0 })
}

func TestUnknownCertificateIsAskedForAgain(t *testing.T) {
	w := newTown(t)
	n1, n2 := w.move(t, "n1"), w.move(t, "n2")
	pub := n2.pub
	w.mu.Lock()
	delete(w.pubs, "n2")
	w.mu.Unlock()
	join(t, n2, n1)
	eventually(t, "n2 is heard of", func() bool { m, ok := n1.sees("n2"); return ok && m.Alive && !m.Verified })
	if n1.Forged() != 0 {
		t.Error("an unknown certificate counts as forgery")
	}
	w.publish("n2", pub)
	eventually(t, "n2 is verified", func() bool { return n1.seesAlive("n2") })
}

// A node that joins anew under its name may be heard of before its new certificate is known: the old one does not fit.
func TestReplacedCertificateIsAskedForAgain(t *testing.T) {
	w := newTown(t)
	n1, n2 := w.move(t, "n1"), w.move(t, "n2")
	pub := n2.pub
	old, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.publish("n2", old)
	join(t, n2, n1)
	eventually(t, "n2's announcement is refused", func() bool { m, ok := n1.sees("n2"); return ok && m.Alive && !m.Verified && n1.Forged() > 0 })
	w.publish("n2", pub)
	eventually(t, "n2 is verified", func() bool { return n1.seesAlive("n2") })
}

// A member's own announcement, replayed under its name by someone with the gossip key, does not turn back the clock.
func TestOldAnnouncementIsIgnored(t *testing.T) {
	w := newTown(t)
	n1 := w.move(t, "n1")
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.publish("n2", key.Public().(ed25519.PublicKey))
	encode := func(seq uint64, api string) []byte {
		raw, err := gossip.EncodeMeta(gossip.Meta{Node: "n2", API: api, Seq: seq}, w.cluster, func(m []byte) []byte { return ed25519.Sign(key, m) })
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	puppet := &announcer{meta: encode(10, "new:1")}
	mc := memberlist.DefaultLocalConfig()
	mc.Name, mc.Label, mc.SecretKey, mc.BindAddr, mc.BindPort = "n2", w.cluster, w.key, "127.0.0.1", 0
	mc.Delegate, mc.LogOutput = puppet, &bytes.Buffer{}
	list, err := memberlist.Create(mc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = list.Shutdown() })
	if _, err := list.Join([]string{n1.Addr()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the announcement is there", func() bool { return n1.seesAlive("n2") })
	puppet.set(encode(9, "old:1"))
	if err := list.UpdateNode(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the replay is counted", func() bool { return n1.Forged() == 1 })
	if m, _ := n1.sees("n2"); m.API != "new:1" {
		t.Errorf("API is %q", m.API)
	}
}

type announcer struct {
	mu   sync.Mutex
	meta []byte
}

func (a *announcer) set(b []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.meta = b
}

func (a *announcer) NodeMeta(int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.meta
}
func (a *announcer) NotifyMsg([]byte)                {}
func (a *announcer) GetBroadcasts(int, int) [][]byte { return nil }
func (a *announcer) LocalState(bool) []byte          { return nil }
func (a *announcer) MergeRemoteState([]byte, bool)   {}

func TestGarbageNeitherCrashesNorGrows(t *testing.T) {
	w := newTown(t)
	n1, n2 := w.move(t, "n1"), w.move(t, "n2")
	udp, err := net.Dial("udp", n1.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	junk := make([]byte, 1400)
	for range 3000 {
		if _, err := rand.Read(junk); err != nil {
			t.Fatal(err)
		}
		_, _ = udp.Write(junk[:1+int(junk[0])*5])
	}
	for i := range 200 {
		c, err := net.Dial("tcp", n1.Addr())
		if err != nil {
			t.Fatal(err)
		}
		// A stream that claims to be encrypted and nearly 4 GiB long, under our label, and others that are noise.
		if i%2 == 0 {
			_, _ = c.Write(append(append([]byte{244, byte(len(w.cluster))}, w.cluster...), 10, 0xff, 0xff, 0xff, 0xff))
		} else {
			_, _ = c.Write(junk)
		}
		defer c.Close()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+16<<20 {
		t.Errorf("heap grew from %d to %d", before.HeapAlloc, after.HeapAlloc)
	}
	eventually(t, "n2 can still join", func() bool {
		_, err := n2.Join([]string{n1.Addr()})
		return err == nil && n1.seesAlive("n2")
	})
}

func TestLogIsAnAllowList(t *testing.T) {
	var out bytes.Buffer
	f := gossip.NewFilter(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return time.Unix(1000, 0) })
	for _, line := range []string{
		"[DEBUG] memberlist: Refuting a dead message (from: x)", "[WARN] memberlist: unheard of: secret",
		"[ERR] memberlist: Decrypt packet failed: secret", "[ERR] memberlist: Decrypt packet failed: secret",
		"[WARN] memberlist: Refuting a dead message (from: n9)",
	} {
		fmt.Fprintln(f, line)
	}
	got := out.String()
	if strings.Contains(got, "secret") || strings.Count(got, "\n") != 2 || !strings.Contains(got, "n9") {
		t.Errorf("logged:\n%s", got)
	}
}

func FuzzOpenMeta(f *testing.F) {
	sign := func([]byte) []byte { return make([]byte, 64) }
	for _, m := range []gossip.Meta{{Node: "n1"}, {Node: "n1", API: "a:1", Peer: "b:2", Role: "leader", Sealed: true, Applied: 1 << 60, Seq: 5}} {
		raw, err := gossip.EncodeMeta(m, "c", sign)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte{0x82, 0x40, 0x40})
	f.Add(bytes.Repeat([]byte{0x81}, 500))
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := gossip.DecodeMeta(in, "n1")
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
				t.Fatalf("kind %v", k)
			}
			return
		}
		raw, err := gossip.EncodeMeta(m, "c", sign)
		if err != nil {
			if errors.Is(err, fault.TooLarge) {
				return // the shortest signature makes room for metadata that ours do not fit beside
			}
			t.Fatalf("read, but not written: %v", err)
		}
		if again, err := gossip.DecodeMeta(raw, "n1"); err != nil || again != m {
			t.Errorf("%+v reads back as %+v, %v", m, again, err)
		}
	})
}
