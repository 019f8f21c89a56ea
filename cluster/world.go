package cluster

import (
	"context"
	"net"
	"time"

	"github.com/hashicorp/raft"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster/peer"
)

// World is what a node has of the outside. A nil field is the real thing; package cluster/sim puts others in their place,
// and everything between them is the code that runs in life.
type World struct {
	// Boot is the time since the machine was started, on a clock that goes on while the process, or the machine, stands
	// still. Nil: CLOCK_BOOTTIME.
	Boot func() time.Duration
	// Disk opens the store that keeps log, term and vote under a path, with the options that bbolt would get. Nil: bbolt. If it
	// is an io.Closer it is closed at the end.
	Disk func(path string, options *bbolt.Options) (Store, error)
	// Port opens the port that other nodes reach. Nil: package peer's, with TLS.
	Port func(addr string, cfg peer.Config) (Port, error)
}

// Store keeps raft's log and its few values. What a call has written is on disk when it returns.
type Store interface {
	raft.LogStore
	raft.StableStore
}

// Port is what this package needs of a peer.Port, whose contract each method has. It is wider than our interfaces are,
// because it is one thing: all that goes between nodes.
type Port interface {
	Addr() net.Addr
	Call(ctx context.Context, addr, node, method string, body []byte) ([]byte, error)
	Handle(method string, h func(ctx context.Context, from string, body []byte) ([]byte, error))
	HandleJoin(h func(ctx context.Context, body []byte) ([]byte, error))
	Raft(self raft.ServerID, cfg peer.TransportConfig) Transport
	CutMember(node string)
	Run(ctx context.Context) error
	Close() error
}

// Transport carries raft's messages. Pre-votes belong to it: without them raft silently does without.
type Transport interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
}

// tlsPort is package peer's port as a Port.
type tlsPort struct{ *peer.Port }

// Raft makes the port carry raft's messages.
func (p tlsPort) Raft(self raft.ServerID, cfg peer.TransportConfig) Transport {
	return p.Transport(self, cfg)
}

func openTLSPort(addr string, cfg peer.Config) (Port, error) {
	p, err := peer.Listen(addr, cfg)
	if err != nil {
		return nil, err
	}
	return tlsPort{p}, nil
}

func openBoltDisk(path string, options *bbolt.Options) (Store, error) {
	if err := checkPages(path); err != nil {
		return nil, err
	}
	b, err := openBolt(path, options)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (w World) withDefaults() World {
	if w.Boot == nil {
		w.Boot = kernelBootTime
	}
	if w.Disk == nil {
		w.Disk = openBoltDisk
	}
	if w.Port == nil {
		w.Port = openTLSPort
	}
	return w
}
