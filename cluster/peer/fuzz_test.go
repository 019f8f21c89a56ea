package peer_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

func seedFrames(f *testing.F) [][]byte {
	f.Helper()
	h := raft.RPCHeader{ProtocolVersion: 3, ID: []byte("n1"), Addr: []byte("127.0.0.1:7801")}
	var seeds [][]byte
	for _, m := range []any{
		&raft.AppendEntriesRequest{RPCHeader: h, Term: 2, Entries: []*raft.Log{{Index: 3, Term: 2, Data: []byte("data"), Extensions: []byte("x"), AppendedAt: time.Unix(1, 2)}}},
		&raft.InstallSnapshotRequest{RPCHeader: h, Term: 2, Size: 77, Configuration: []byte("conf")},
		&raft.RequestVoteRequest{RPCHeader: h, Term: 9, LeadershipTransfer: true},
		&raft.TimeoutNowResponse{RPCHeader: h},
	} {
		frame, err := peer.EncodeMessage(nil, peer.FrameAppend, m, 1<<20)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, frame)
	}
	return seeds
}

func FuzzReadFrame(f *testing.F) {
	for _, s := range seedFrames(f) {
		f.Add(s)
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 16
		kind, body, err := peer.ReadFrame(bytes.NewReader(in), limit)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := peer.WriteFrame(&out, kind, body); err != nil {
			t.Fatal(err)
		}
		if len(body) >= limit || !bytes.HasPrefix(in, out.Bytes()) {
			t.Errorf("a frame of %d bytes does not read back", len(body))
		}
	})
}

func FuzzDecodeMessage(f *testing.F) {
	for which := range messages() {
		for _, s := range seedFrames(f) {
			f.Add(byte(which), s[5:])
		}
	}
	f.Fuzz(func(t *testing.T, which byte, in []byte) {
		all := messages()
		m := all[int(which)%len(all)]
		if err := peer.DecodeMessage(bytes.Clone(in), m); err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("kind %v", fault.KindOf(err))
			}
			return
		}
		frame, err := peer.EncodeMessage(nil, 1, m, 1<<30)
		if err != nil {
			t.Fatalf("read, but not written: %v", err)
		}
		again := reflect.New(reflect.TypeOf(m).Elem()).Interface()
		if err := peer.DecodeMessage(frame[5:], again); err != nil || !reflect.DeepEqual(m, again) {
			t.Errorf("%T does not read back: %v", m, err)
		}
	})
}

func FuzzDecodeFault(f *testing.F) {
	for _, k := range fault.All() {
		f.Add(peer.EncodeFault(fault.New(k, "text").WithHint("hint")))
	}
	f.Add([]byte{0xa1, 0x01, 0x19, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		e := peer.DecodeFault(in)
		if _, ok := fault.Parse(e.Kind.String()); !ok || e.Message == "" || len(e.Message) > 1024 {
			t.Errorf("%v %q", e.Kind, e.Message)
		}
	})
}

func FuzzSignNode(f *testing.F) {
	a := newAuthority(f, 1)
	_, csr, err := peer.NewCSR("n1", []string{"a.example"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(csr)
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, in []byte) {
		der, err := peer.SignNode(a.der, a.key, in, "n1", a.cluster, time.Hour, time.Now())
		if err != nil {
			return
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, node, err := peer.NodeOf(cert); err != nil || node != "n1" || cert.IsCA {
			t.Errorf("issued for %q, %v", node, err)
		}
	})
}
