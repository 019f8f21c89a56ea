package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quorate/quorate/cluster/peer"
)

// Answer is what came back from a member's peer port.
type Answer struct {
	Node  string
	Up    bool   // somebody with that node's certificate answered, whatever the answer was
	Term  uint64 // its term; 0 if it did not say
	Cause string // why it is not up
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
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	answers := make([]Answer, len(others))
	var all sync.WaitGroup
	for i, o := range others {
		all.Go(func() { answers[i] = probe(ctx, port, o) })
	}
	all.Wait()
	return answers, nil
}

func probe(ctx context.Context, port *peer.Port, o Other) Answer {
	a := Answer{Node: o.Node}
	body, err := port.Call(ctx, o.Peer, o.Node, methodTerm, nil)
	var way *peer.CallError
	if errors.As(err, &way) && !way.Sent {
		a.Cause = way.Err.Error()
		return a
	}
	a.Up = true
	if err == nil {
		var t termAnswer
		if wireDec.Unmarshal(body, &t) == nil {
			a.Term = t.Term
		}
	}
	return a
}
