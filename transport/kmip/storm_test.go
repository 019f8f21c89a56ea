package kmip_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	measured "github.com/quorate/quorate/e2e/figures"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/transport/serve"
)

// TestAStormOfMalformedMessages sends what no client would: every message gets an answer that can be read, or its connection ends
// cleanly, none hangs, and afterwards the memory is back where it was. KMIP_STORM says how many (`make kmip-storm`: 200,000),
// KMIP_STORM_SEED repeats a run.
func TestAStormOfMalformedMessages(t *testing.T) {
	count, seed := numberFrom(t, "KMIP_STORM", 1500), uint64(numberFrom(t, "KMIP_STORM_SEED", int(time.Now().UnixNano()&0xffffff)))
	t.Logf("KMIP_STORM=%d KMIP_STORM_SEED=%d", count, seed)
	w := open(t)
	id := w.key("k", true).ID.String()
	w.f.Grant("storm", `permit (principal == Certificate::"storm", action in [Action::"read", Action::"list", Action::"reveal", Action::"encrypt", Action::"decrypt", Action::"hash"], resource);`)
	corpus := stormCorpus(t, id)
	p := w.listen(serve.Limits{})
	cert := p.ca.issue(t, "storm")
	storm := func(worker, n int) map[string]int {
		s := &stormer{t: t, rnd: rand.New(rand.NewPCG(seed, uint64(worker))), corpus: corpus, addr: p.addr, conf: &tls.Config{RootCAs: p.ca.pool(), Certificates: []tls.Certificate{*cert}}, outcomes: map[string]int{}}
		defer s.hangUp()
		for range n {
			s.one()
		}
		return s.outcomes
	}
	storm(100, 200) // whatever is made once is made by now
	before, running := heap(), runtime.NumGoroutine()
	const workers = 4
	all, mu := map[string]int{}, sync.Mutex{}
	var g sync.WaitGroup
	for i := range workers {
		g.Go(func() {
			got := storm(i, count/workers)
			mu.Lock()
			defer mu.Unlock()
			for k, n := range got {
				all[k] += n
			}
		})
	}
	g.Wait()
	t.Logf("outcomes: %v", all)
	if all["answer"] == 0 || all["end"] == 0 || all["refused"] == 0 {
		t.Errorf("the storm is too mild: %v", all)
	}
	// The door still answers, and what it had for the storm is gone.
	if got := outcomes(t, p.say(p.connect("storm"), request("1.4", "", "Locate "+byName("k"))))[0]; got != "Success" {
		t.Errorf("afterwards: %s", got)
	}
	after := heap()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && (after > before+8<<20 || runtime.NumGoroutine() > running+10); after = heap() {
		runtime.Gosched()
	}
	if after > before+8<<20 || runtime.NumGoroutine() > running+10 {
		t.Errorf("memory: %d MiB before, %d MiB after; goroutines: %d before, %d after", before>>20, after>>20, running, runtime.NumGoroutine())
	}
	t.Logf("memory: %.1f MiB before, %.1f MiB after", float64(before)/(1<<20), float64(after)/(1<<20))
	if t.Failed() {
		return
	}
	if err := measured.Note("kmip-storm", measured.Result{
		Figure: "malformed KMIP messages", Target: "10,000: each answered or its connection ended in order, 0 panics, memory back",
		Measured: fmt.Sprintf("%d messages: %d answers, %d of them refusals, %d connections ended in order; heap %.1f MiB before, %.1f MiB after", count, all["answer"], all["refused"], all["end"], float64(before)/(1<<20), float64(after)/(1<<20)),
		How:      "make kmip-storm", Seed: seed,
	}); err != nil {
		t.Error(err)
	}
}

func numberFrom(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// stormCorpus is what is mutated: requests of our own and, where they lie beside the repository, of the OASIS cases.
func stormCorpus(t *testing.T, id string) (all [][]byte) {
	t.Helper()
	add := func(text string) {
		if m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{}); err == nil {
			all = append(all, bytes.Clone(m.Root().Raw()))
		}
	}
	data := octets("Data", plainText)
	for _, v := range []string{"1.0", "1.2", "1.4", "2.1"} {
		add(request(v, "", "Locate "+byName("k"), "Get ", "GetAttributes ", "GetAttributeList "))
		add(request(v, `<MaximumResponseSize type="Integer" value="900"/>`, "Get "+byID(id), "Encrypt "+byID(id)+data, "Decrypt "+byID(id)+data+octets("IVCounterNonce", make([]byte, 12))))
		add(request(v, `<BatchErrorContinuationOption type="Enumeration" value="Continue"/>`, "MAC "+byID(id)+data+`<InitIndicator type="Boolean" value="true"/>`, hashOf("SHA_256", "00"),
			`Query <QueryFunction type="Enumeration" value="QueryOperations"/>`, "DiscoverVersions "))
	}
	for _, v := range []string{"1.0", "1.4", "2.1"} { // what makes objects: read whole, before the caller is told that he may make none
		attributes := template("")
		if v == "2.1" {
			attributes = "<Attributes/>"
		}
		register := `Register <ObjectType type="Enumeration" value="SymmetricKey"/>` + attributes + `<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/><KeyValue>` +
			octets("KeyMaterial", make([]byte, 16)) + `</KeyValue><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="128"/></KeyBlock></SymmetricKey>`
		add(request(v, `<BatchErrorContinuationOption type="Enumeration" value="Continue"/>`, newKey(v), register))
		add(request(v, undo, register, newKey(v), "Get "))
	}
	if len(all) != 18 {
		t.Fatalf("%d of 18 requests", len(all))
	}
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "vectors", "kmip", "*.xml")) // the pattern is fixed
	r := &replay{now: time.Now(), bound: map[string]string{}}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range caseMessage.FindAllString(string(text), -1) {
			if i%2 == 0 {
				add(placeholder.ReplaceAllString(r.timed(m), id))
			}
		}
	}
	return all
}

// stormer is one client.
type stormer struct {
	t        *testing.T
	rnd      *rand.Rand
	corpus   [][]byte
	addr     string
	conf     *tls.Config
	conn     *tls.Conn
	outcomes map[string]int
}

func (s *stormer) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

// one sends a message and sees what becomes of it.
func (s *stormer) one() {
	m := s.mutated()
	if s.conn == nil {
		c, err := tls.Dial("tcp", s.addr, s.conf)
		if err != nil {
			s.t.Errorf("no connection: %v", err)
			return
		}
		s.conn = c
	}
	_ = s.conn.SetDeadline(time.Now().Add(30 * time.Second)) // what hangs fails below
	_, err := s.conn.Write(m)
	whole := framed(m)
	if err == nil && !whole {
		err = s.conn.CloseWrite() // there is nothing more to wait for
	}
	for first := true; err == nil && (first || !whole); first = false {
		err = s.answer(m)
	}
	if err == nil {
		return
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		s.t.Errorf("no answer, and no end, to %x", m)
	}
	if whole {
		s.t.Errorf("a whole frame has no answer (%v): %x", err, m)
	}
	s.outcomes["end"]++
	s.hangUp()
}

// answer reads one and wants it readable.
func (s *stormer) answer(m []byte) error {
	b, err := ttlv.Read(s.conn, nil, 1<<20)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			var e *ttlv.Error
			if errors.As(err, &e) {
				s.t.Errorf("the answer is no message: %v, to %x", err, m)
			}
		}
		return err
	}
	a, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		s.t.Errorf("the answer cannot be read: %v, to %x", err, m)
		return err
	}
	if a.Root().Tag() != wire.TagResponseMessage || len(items(a.Root())) == 0 {
		s.t.Errorf("the answer is %v, to %x", a.Root().Tag(), m)
	}
	s.outcomes["answer"]++
	for _, item := range items(a.Root()) {
		if status, err := item.Find(wire.TagResultStatus).Enumeration(); err == nil && wire.ResultStatus(status) != wire.ResultStatusSuccess {
			s.outcomes["refused"]++
		}
	}
	return nil
}

// framed tells whether m is one frame that the door reads whole and goes on after.
func framed(m []byte) bool {
	return len(m) >= 8 && m[0] == 0x42 && m[3] == byte(ttlv.Structure) && int(binary.BigEndian.Uint32(m[4:]))+8 == len(m) && len(m)%8 == 0 && len(m) <= 1<<20
}

// places are the offsets of the items in a message.
func places(m []byte) (all []int) {
	for at := 0; at+8 <= len(m); {
		all = append(all, at)
		if ttlv.Type(m[at+3]) == ttlv.Structure {
			at += 8
			continue
		}
		at += 8 + (int(binary.BigEndian.Uint32(m[at+4:]))+7)&^7
	}
	return all
}

// mutated is a message that is wrong in one of many ways.
func (s *stormer) mutated() []byte {
	m := bytes.Clone(s.corpus[s.rnd.IntN(len(s.corpus))])
	at := places(m)
	item := at[s.rnd.IntN(len(at))]
	odd := []uint32{0, 1, 7, 8, 9, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8, uint32(len(m)), uint32(s.rnd.IntN(1 << 21))}
	switch kind := s.rnd.IntN(10); kind {
	case 0: // bits
		for range 1 + s.rnd.IntN(8) {
			m[s.rnd.IntN(len(m))] ^= 1 << s.rnd.IntN(8)
		}
	case 1: // half a message
		m = m[:s.rnd.IntN(len(m))]
	case 2: // a lying length, inside or of all
		binary.BigEndian.PutUint32(m[item+4:], odd[s.rnd.IntN(len(odd))])
	case 3: // another type
		m[item+3] = byte(s.rnd.IntN(16))
	case 4: // another tag
		m[item+1], m[item+2] = 0, byte(s.rnd.IntN(256))
	case 5: // structures in structures
		deep := 1 + s.rnd.IntN(200)
		tag := []byte{0x42, 0, m[item+2]}
		for range deep {
			m = append(append(append(slices.Clone(tag), 1), binary.BigEndian.AppendUint32(nil, uint32(len(m)))...), m...)
		}
		copy(m, []byte{0x42, 0, 0x78})
	case 6: // noise
		m = make([]byte, s.rnd.IntN(200))
		for i := range m {
			m[i] = byte(s.rnd.Uint32())
		}
		if len(m) > 8 && s.rnd.IntN(2) == 0 {
			m = m[:len(m)&^7]
			copy(m, []byte{0x42, 0, 0x78, 1})
			binary.BigEndian.PutUint32(m[4:], uint32(len(m)-8))
		}
	case 7: // an item many times over
		again := slices.Repeat(m[item:min(len(m), item+16)], 1+s.rnd.IntN(500))
		m = append(m[:item:item], append(again, m[item:]...)...)
		m = m[:len(m)&^7]
		binary.BigEndian.PutUint32(m[4:], uint32(len(m)-8))
	case 8: // a value that is another
		for i := item + 8; i < min(item+16, len(m)); i++ {
			m[i] = byte(s.rnd.Uint32())
		}
	default: // two that were torn and glued
		o := s.corpus[s.rnd.IntN(len(s.corpus))]
		m = append(m[:item:item], o[s.rnd.IntN(len(o)):]...)
		m = m[:len(m)&^7]
		if len(m) >= 8 {
			binary.BigEndian.PutUint32(m[4:], uint32(len(m)-8))
		}
	}
	return m
}

// TestTheStormKnowsAFrame: what is waited for is what the door answers.
func TestTheStormKnowsAFrame(t *testing.T) {
	whole := []byte{0x42, 0, 0x78, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}
	for i, c := range []struct {
		m    []byte
		want bool
	}{{whole, true}, {whole[:15], false}, {whole[:8], false}, {append(whole[:16:16], 0), false}, {nil, false}} {
		if got := framed(c.m); got != c.want {
			t.Errorf("%s: %t", fmt.Sprint(i), got)
		}
	}
}
