package peer_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
)

func batch() *raft.AppendEntriesRequest {
	req := &raft.AppendEntriesRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: 3, ID: []byte("n1"), Addr: []byte("127.0.0.1:7801")}, Term: 3, PrevLogEntry: 9, PrevLogTerm: 3, LeaderCommitIndex: 9}
	for i := range 64 {
		req.Entries = append(req.Entries, &raft.Log{Index: uint64(10 + i), Term: 3, Data: make([]byte, 512), Extensions: make([]byte, 64), AppendedAt: time.Unix(1, 2)})
	}
	return req
}

func BenchmarkAppendEncodeDecode64x512(b *testing.B) {
	req := batch()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = peer.EncodeMessage(buf[:0], peer.FrameAppend, req, 2<<20); err != nil {
			b.Fatal(err)
		}
		_, body, err := peer.ReadFrame(bytes.NewReader(buf), 2<<20)
		if err != nil {
			b.Fatal(err)
		}
		if err := peer.DecodeMessage(body, new(raft.AppendEntriesRequest)); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkCall(b *testing.B) {
	a := newAuthority(b, 1, "n1", "n2")
	n1, n2 := a.open(b, "n1"), a.open(b, "n2")
	n1.Handle("x", echo)
	addr, body := n1.Addr().String(), make([]byte, 512)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n2.Call(ctx, addr, "n1", "x", body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendOverTheWire(b *testing.B) {
	a := newAuthority(b, 1, "n1", "n2")
	p1, p2 := a.open(b, "n1"), a.open(b, "n2")
	n1, n2 := p1.Transport("n1", peer.TransportConfig{}), p2.Transport("n2", peer.TransportConfig{})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case rpc := <-n2.Consumer():
				rpc.Respond(&raft.AppendEntriesResponse{RPCHeader: raft.RPCHeader{ID: []byte("n2")}, Success: true}, nil)
			}
		}
	}()
	req, addr := batch(), raft.ServerAddress(p2.Addr().String())
	b.ReportAllocs()
	for b.Loop() {
		if err := n1.AppendEntries("n2", addr, req, new(raft.AppendEntriesResponse)); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	<-done
}
