package cluster

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/quorate/quorate/cluster/peer"
)

// Answer is what came back from a member's peer port.
type Answer struct {
	Node string
	Up   bool   // somebody is there: it may be a node that stands still, or whose certificate has run out, so it counts
	Term uint64 // its term; 0 if it did not say
	// Its newest entry, committed or not; 0 if it did not say, as nodes of older versions do.
	LastTerm, LastIndex uint64
	Cause               string // why it is not up, or what is wrong with its answer
}

// Probe asks each of the others whether it is there, all at once, with the identity of a node whose server is stopped.
func Probe(ctx context.Context, id *peer.Identity, others []Other, patience time.Duration) ([]Answer, error) {
	port, err := peer.Listen("127.0.0.1:0", peer.Config{ // only to ask: nothing that comes in is accepted
		Identity: func() *peer.Identity { return id }, Member: func(string) bool { return true }, DialTimeout: patience,
	})
	if err != nil {
		return nil, err
	}
	defer port.Close()
	ctx, cancel := context.WithTimeout(ctx, 3*patience)
	defer cancel()
	answers := make([]Answer, len(others))
	var all sync.WaitGroup
	for i, o := range others {
		all.Go(func() { answers[i] = probe(ctx, port, o, patience) })
	}
	all.Wait()
	return answers, nil
}

func probe(ctx context.Context, port *peer.Port, o Other, patience time.Duration) Answer {
	a := Answer{Node: o.Node}
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", o.Peer)
	if err != nil {
		a.Cause = err.Error()
		return a
	}
	_ = conn.Close()
	a.Up = true
	body, err := port.Call(ctx, o.Peer, o.Node, methodTerm, []byte(askNewest))
	var t termAnswer
	if err == nil {
		err = wireDec.Unmarshal(body, &t)
	}
	if err != nil {
		a.Cause = fmt.Sprintf("somebody listens at %s: %v", o.Peer, err)
		return a
	}
	a.Term, a.LastTerm, a.LastIndex = t.Term, t.LastTerm, t.LastIndex
	return a
}
