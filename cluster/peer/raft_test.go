package peer_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

// fill sets every field of v, however deep, to something that is not zero. A kind of field that hashicorp/raft does
// not use today fails the test, so that it is noticed.
func fill(t *testing.T, v reflect.Value, next *uint64) {
	t.Helper()
	*next++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*next), 123456789).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i), next)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			fill(t, v.Index(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), next)
	case reflect.Uint64:
		v.SetUint(1<<40 + *next)
	case reflect.Uint8:
		v.SetUint(1 + *next%200)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*next))
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("a field of type %s: teach the codec and this test", v.Type())
	}
}

func messages() []any {
	return []any{
		&raft.AppendEntriesRequest{}, &raft.AppendEntriesResponse{}, &raft.RequestVoteRequest{}, &raft.RequestVoteResponse{},
		&raft.RequestPreVoteRequest{}, &raft.RequestPreVoteResponse{}, &raft.InstallSnapshotRequest{}, &raft.InstallSnapshotResponse{},
		&raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{},
	}
}

func TestEveryFieldOfEveryMessageTravels(t *testing.T) {
	for _, m := range messages() {
		want := reflect.New(reflect.TypeOf(m).Elem())
		for _, full := range []bool{false, true} {
			if full {
				var n uint64
				fill(t, want.Elem(), &n)
			}
			frame, err := peer.EncodeMessage(nil, peer.FrameAppend, want.Interface(), 1<<20)
			if err != nil {
				t.Fatalf("%T: %v", m, err)
			}
			kind, body, err := peer.ReadFrame(bytes.NewReader(frame), 1<<20)
			if err != nil || kind != peer.FrameAppend {
				t.Fatalf("%T: frame %d, %v", m, kind, err)
			}
			got := reflect.New(want.Type().Elem())
			if err := peer.DecodeMessage(body, got.Interface()); err != nil {
				t.Fatalf("%T: %v", m, err)
			}
			if d := cmp.Diff(want.Interface(), got.Interface()); d != "" {
				t.Errorf("%T, full %v (-want +got):\n%s", m, full, d)
			}
		}
	}
}

func TestEveryCutOfAMessageIsRefused(t *testing.T) {
	for _, m := range messages() {
		full := reflect.New(reflect.TypeOf(m).Elem())
		var n uint64
		fill(t, full.Elem(), &n)
		frame, err := peer.EncodeMessage(nil, peer.FrameAppend, full.Interface(), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		body := frame[5:]
		for i := range body {
			if err := peer.DecodeMessage(body[:i], reflect.New(full.Type().Elem()).Interface()); !errors.Is(err, fault.Invalid) {
				t.Fatalf("%T cut at %d of %d: %v", m, i, len(body), err)
			}
		}
		if err := peer.DecodeMessage(append(bytes.Clone(body), 0), reflect.New(full.Type().Elem()).Interface()); !errors.Is(err, fault.Invalid) {
			t.Errorf("%T with a byte more: %v", m, err)
		}
	}
}

func TestTermsBeyondReasonAreRefused(t *testing.T) {
	h := raft.RPCHeader{ID: []byte("n2")}
	for _, m := range []any{
		&raft.AppendEntriesRequest{RPCHeader: h, Term: peer.MaxTerm + 1},
		&raft.AppendEntriesRequest{RPCHeader: h, PrevLogTerm: math.MaxUint64},
		&raft.AppendEntriesRequest{RPCHeader: h, Entries: []*raft.Log{{Term: 1 << 63}}},
		&raft.AppendEntriesResponse{RPCHeader: h, Term: 1 << 63},
		&raft.RequestVoteRequest{RPCHeader: h, Term: 1 << 63},
		&raft.RequestVoteResponse{RPCHeader: h, Term: 1 << 63},
		&raft.RequestPreVoteRequest{RPCHeader: h, LastLogTerm: 1 << 63},
		&raft.RequestPreVoteResponse{RPCHeader: h, Term: 1 << 63},
		&raft.InstallSnapshotRequest{RPCHeader: h, Term: 1 << 63},
		&raft.InstallSnapshotResponse{RPCHeader: h, Term: 1 << 63},
	} {
		if _, err := peer.EncodeMessage(nil, peer.FrameVote, m, 1<<20); !errors.Is(err, fault.Invalid) {
			t.Errorf("%T leaves: %v", m, err)
		}
	}
	body := append([]byte{3, 2, 'n', '2', 0}, binary.AppendUvarint(nil, 1<<63)...)
	body = append(body, 0, 0, 0, 0)
	if err := peer.DecodeMessage(body, new(raft.RequestVoteRequest)); !errors.Is(err, fault.Invalid) {
		t.Errorf("arrives: %v", err)
	}
	sane := append(append([]byte{3, 2, 'n', '2', 0}, binary.AppendUvarint(nil, 1<<62)...), 0, 0, 0, 0)
	if err := peer.DecodeMessage(sane, new(raft.RequestVoteRequest)); err != nil {
		t.Errorf("the largest term: %v", err)
	}
}

func TestLyingLengthsAllocateNothing(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p := a.open(t, "n1")
	p.Transport("n1", peer.TransportConfig{})
	id := a.identity(t, "n2")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		c, err := dial(t, p, &id.Cert, peer.ALPNRaft)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte{0xff, 0xff, 0xff, 0xff, peer.FrameAppend}); err != nil {
			t.Fatal(err)
		}
		if !hungUp(t, c) {
			t.Fatal("still connected")
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("20 frames of 4 GiB allocated %d bytes", grown)
	}
	// Within the limit, memory grows only as bytes arrive.
	runtime.ReadMemStats(&before)
	head := binary.BigEndian.AppendUint32(nil, 2<<20)
	for range 20 {
		if _, _, err := peer.ReadFrame(bytes.NewReader(append(head, 1, 2, 3)), 2<<20); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("20 frames that do not come allocated %d bytes", grown)
	}
	// A count of entries that the body cannot hold.
	lie := append([]byte{3, 2, 'n', '2', 0, 1, 0, 0, 0}, binary.AppendUvarint(nil, 1<<40)...)
	runtime.ReadMemStats(&before)
	if err := peer.DecodeMessage(lie, new(raft.AppendEntriesRequest)); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("2^40 entries allocated %d bytes", grown)
	}
}

// answering takes requests off a transport and answers them in the name of id.
func answering(t *testing.T, tr *peer.Transport, id string, got chan<- any) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case rpc := <-tr.Consumer():
				h := raft.RPCHeader{ProtocolVersion: 3, ID: []byte(id)}
				if rpc.Reader != nil {
					n, _ := io.Copy(io.Discard, rpc.Reader)
					rpc.Respond(&raft.InstallSnapshotResponse{RPCHeader: h, Term: uint64(n), Success: true}, nil)
					continue
				}
				if got != nil {
					got <- rpc.Command
				}
				switch rpc.Command.(type) {
				case *raft.AppendEntriesRequest:
					rpc.Respond(&raft.AppendEntriesResponse{RPCHeader: h, Term: 7, Success: true}, nil)
				case *raft.RequestVoteRequest:
					rpc.Respond(&raft.RequestVoteResponse{RPCHeader: h, Term: 7, Granted: true}, nil)
				case *raft.RequestPreVoteRequest:
					rpc.Respond(&raft.RequestPreVoteResponse{RPCHeader: h, Term: 7, Granted: true}, nil)
				case *raft.TimeoutNowRequest:
					rpc.Respond(nil, errors.New("not now"))
				}
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// pair is two transports, n1 and n2, the second one answering.
func pair(t *testing.T, answerAs string, got chan<- any, cfg peer.TransportConfig) (n1 *peer.Transport, addr raft.ServerAddress, a *authority) {
	t.Helper()
	a = newAuthority(t, 1, "n1", "n2")
	p1, p2 := a.open(t, "n1"), a.open(t, "n2")
	n1 = p1.Transport("n1", cfg)
	answering(t, p2.Transport("n2", cfg), answerAs, got)
	return n1, raft.ServerAddress(p2.Addr().String()), a
}

func TestRequestsAndAnswersCross(t *testing.T) {
	got := make(chan any, 1)
	n1, addr, _ := pair(t, "n2", got, peer.TransportConfig{})
	h := raft.RPCHeader{ProtocolVersion: 3, ID: []byte("n1"), Addr: []byte("somewhere")}
	var ar raft.AppendEntriesResponse
	entries := &raft.AppendEntriesRequest{RPCHeader: h, Term: 5, PrevLogEntry: 1, Entries: []*raft.Log{{Index: 2, Term: 5, Data: []byte("d"), Extensions: []byte("e"), AppendedAt: time.Unix(9, 1).UTC()}}}
	if err := n1.AppendEntries("n2", addr, entries, &ar); err != nil || !ar.Success || ar.Term != 7 {
		t.Fatalf("append: %+v, %v", ar, err)
	}
	if d := cmp.Diff(any(entries), <-got); d != "" {
		t.Errorf("append arrives changed:\n%s", d)
	}
	var vr raft.RequestVoteResponse
	if err := n1.RequestVote("n2", addr, &raft.RequestVoteRequest{RPCHeader: h, Term: 6}, &vr); err != nil || !vr.Granted {
		t.Errorf("vote: %v", err)
	}
	<-got
	var pr raft.RequestPreVoteResponse
	if err := n1.RequestPreVote("n2", addr, &raft.RequestPreVoteRequest{RPCHeader: h, Term: 6}, &pr); err != nil || !pr.Granted {
		t.Errorf("pre-vote: %v", err)
	}
	<-got
	err := n1.TimeoutNow("n2", addr, &raft.TimeoutNowRequest{RPCHeader: h}, new(raft.TimeoutNowResponse))
	if err == nil || !strings.Contains(err.Error(), "not now") {
		t.Errorf("raft's refusal arrives as %v", err)
	}
	<-got
	var sr raft.InstallSnapshotResponse
	size := int64(3<<20 + 17)
	err = n1.InstallSnapshot("n2", addr, &raft.InstallSnapshotRequest{RPCHeader: h, Size: size}, &sr, io.LimitReader(zeros{}, size))
	if err != nil || !sr.Success || sr.Term != uint64(size) {
		t.Errorf("snapshot: %+v, %v", sr, err)
	}
	if err := n1.AppendEntries("n2", addr, entries, &ar); err != nil {
		t.Errorf("the connection does not serve after a snapshot: %v", err)
	}
	if _, err := n1.AppendEntriesPipeline("n2", addr); !errors.Is(err, raft.ErrPipelineReplicationNotSupported) {
		t.Errorf("pipeline: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestShortOrOversizeSnapshotFails(t *testing.T) {
	n1, addr, _ := pair(t, "n2", nil, peer.TransportConfig{MaxSnapshot: 1 << 20})
	h := raft.RPCHeader{ID: []byte("n1")}
	send := func(size int64, data string) error {
		return n1.InstallSnapshot("n2", addr, &raft.InstallSnapshotRequest{RPCHeader: h, Size: size}, new(raft.InstallSnapshotResponse), strings.NewReader(data))
	}
	if err := send(5, "four"); err == nil {
		t.Error("a short snapshot passes")
	}
	if err := send(1<<20+1, ""); !errors.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if err := send(-1, ""); !errors.Is(err, fault.TooLarge) {
		t.Errorf("negative: %v", err)
	}
	if err := send(4, "four"); err != nil {
		t.Errorf("a good one afterwards: %v", err)
	}
}

// Installing takes longer than the stall time; the receiver's signs of life keep the sender waiting.
func TestSlowInstallIsWaitedFor(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p1, p2 := a.open(t, "n1"), a.open(t, "n2")
	cfg := peer.TransportConfig{SnapshotStall: 200 * time.Millisecond}
	n1, n2 := p1.Transport("n1", cfg), p2.Transport("n2", cfg)
	served := make(chan struct{})
	go func() {
		defer close(served)
		rpc := <-n2.Consumer()
		_, _ = io.Copy(io.Discard, rpc.Reader)
		<-time.After(time.Second)
		rpc.Respond(&raft.InstallSnapshotResponse{RPCHeader: raft.RPCHeader{ID: []byte("n2")}, Success: true}, nil)
	}()
	var resp raft.InstallSnapshotResponse
	req := &raft.InstallSnapshotRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}, Size: 4}
	if err := n1.InstallSnapshot("n2", raft.ServerAddress(p2.Addr().String()), req, &resp, strings.NewReader("data")); err != nil || !resp.Success {
		t.Errorf("got %+v, %v", resp, err)
	}
	<-served
}

func TestForeignHeaderIsRefused(t *testing.T) {
	got := make(chan any, 4)
	n1, addr, a := pair(t, "n2", got, peer.TransportConfig{})
	var resp raft.RequestVoteResponse
	err := n1.RequestVote("n2", addr, &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ID: []byte("n3")}, Term: 1}, &resp)
	if !errors.Is(err, fault.Denied) || len(got) != 0 {
		t.Errorf("a request in the name of another: %v, %d passed on", err, len(got))
	}
	_ = a
	liar, addr, _ := pair(t, "n3", nil, peer.TransportConfig{})
	err = liar.RequestVote("n2", addr, &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}, Term: 1}, &resp)
	if !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("an answer in the name of another: %v", err)
	}
}

func TestRemovedMemberSendsNoMoreFrames(t *testing.T) {
	got := make(chan any, 4)
	n1, addr, a := pair(t, "n2", got, peer.TransportConfig{})
	req := &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}, Term: 1}
	if err := n1.RequestVote("n2", addr, req, new(raft.RequestVoteResponse)); err != nil {
		t.Fatal(err)
	}
	a.remove("n1")
	if err := n1.RequestVote("n2", addr, req, new(raft.RequestVoteResponse)); err == nil {
		t.Error("a removed member's vote request is answered on its open connection")
	}
	if len(got) != 1 {
		t.Errorf("%d requests passed on", len(got))
	}
}

func TestOversizeFrameIsNotSent(t *testing.T) {
	n1, addr, _ := pair(t, "n2", nil, peer.TransportConfig{})
	req := &raft.AppendEntriesRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}, Term: 1, Entries: []*raft.Log{{Data: make([]byte, 2<<20)}}}
	if err := n1.AppendEntries("n2", addr, req, new(raft.AppendEntriesResponse)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestHeartbeatsPassByTheQueue(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p1, p2 := a.open(t, "n1"), a.open(t, "n2")
	n1, n2 := p1.Transport("n1", peer.TransportConfig{}), p2.Transport("n2", peer.TransportConfig{})
	n2.SetHeartbeatHandler(func(rpc raft.RPC) { // nobody reads the queue
		rpc.Respond(&raft.AppendEntriesResponse{RPCHeader: raft.RPCHeader{ID: []byte("n2")}, Success: true}, nil)
	})
	var resp raft.AppendEntriesResponse
	req := &raft.AppendEntriesRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1"), Addr: []byte("x")}, Term: 3}
	if err := n1.AppendEntries("n2", raft.ServerAddress(p2.Addr().String()), req, &resp); err != nil || !resp.Success {
		t.Errorf("got %+v, %v", resp, err)
	}
	req.PrevLogEntry = 1
	if err := n1.AppendEntries("n2", raft.ServerAddress(p2.Addr().String()), req, &resp); err == nil {
		t.Error("an append passed by the queue")
	}
}

func TestNodesAreFoundByName(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p1, p2 := a.open(t, "n1"), a.open(t, "n2")
	n1 := p1.Transport("n1", peer.TransportConfig{Resolve: func(id raft.ServerID) (string, bool) {
		return p2.Addr().String(), id == "n2"
	}})
	answering(t, p2.Transport("n2", peer.TransportConfig{}), "n2", nil)
	req := &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}, Term: 1}
	if err := n1.RequestVote("n2", "127.0.0.1:1", req, new(raft.RequestVoteResponse)); err != nil {
		t.Error(err)
	}
	if err := n1.RequestVote("n3", raft.ServerAddress(p2.Addr().String()), req, new(raft.RequestVoteResponse)); err == nil {
		t.Error("n2 answered for n3")
	}
}

func TestClosedTransportAnswersNothing(t *testing.T) {
	n1, addr, _ := pair(t, "n2", nil, peer.TransportConfig{})
	if err := n1.Close(); err != nil {
		t.Fatal(err)
	}
	err := n1.RequestVote("n2", addr, &raft.RequestVoteRequest{RPCHeader: raft.RPCHeader{ID: []byte("n1")}}, new(raft.RequestVoteResponse))
	if !errors.Is(err, raft.ErrTransportShutdown) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownRaftFrameIsRefused(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p := a.open(t, "n1")
	p.Transport("n1", peer.TransportConfig{})
	id := a.identity(t, "n2")
	for _, frame := range [][]byte{{0, 0, 0, 0}, {0, 0, 0, 1, 99}, {0, 0, 0, 2, peer.FrameVote, 0}, {0, 0, 0, 3, peer.FrameSnapshot, 0xff, 0xff}} {
		c, err := dial(t, p, &id.Cert, peer.ALPNRaft)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		refusedOrHungUp(t, c, fmt.Sprintf("%x", frame))
	}
}

func refusedOrHungUp(t *testing.T, c *tls.Conn, what string) {
	t.Helper()
	kind, _, err := peer.ReadFrame(c, 4096)
	if err == nil && kind != peer.FrameFault {
		t.Errorf("%s is answered with frame %d", what, kind)
	}
	if err == nil && !hungUp(t, c) {
		t.Errorf("%s: still connected", what)
	}
}
