package gossip

import (
	"fmt"
	"log"
	"net"
	"sync"

	"github.com/hashicorp/memberlist"

	"github.com/quorate/quorate/vault/fault"
)

const (
	maxStreams        = 64
	maxStreamsPerHost = 16
	bindTries         = 10
)

// limited is memberlist's own transport with a bound on the streams that strangers can hold open.
type limited struct {
	*memberlist.NetTransport
	streams chan net.Conn
	done    chan struct{}
	pump    sync.WaitGroup
	once    sync.Once

	mu     sync.Mutex
	byHost map[string]int // guarded by mu
	open   int            // guarded by mu
}

var _ memberlist.NodeAwareTransport = (*limited)(nil)

// listen binds TCP and UDP on one port; with port 0, one that is free for both.
func listen(addr string, logger *log.Logger) (t *limited, host string, port int, err error) {
	host, port, err = splitAddr(addr)
	if err != nil {
		return nil, "", 0, err
	}
	if net.ParseIP(host) == nil {
		if host != "" {
			ip, err := net.ResolveIPAddr("ip", host)
			if err != nil {
				return nil, "", 0, fault.Wrap(fault.Invalid, err, "%.128q cannot be resolved to bind gossip to", host)
			}
			host = ip.String()
		} else {
			host = "0.0.0.0"
		}
	}
	var inner *memberlist.NetTransport
	for range bindTries {
		inner, err = memberlist.NewNetTransport(&memberlist.NetTransportConfig{BindAddrs: []string{host}, BindPort: port, Logger: logger})
		if err == nil || port != 0 {
			break
		}
	}
	if err != nil {
		return nil, "", 0, fmt.Errorf("opening the gossip port: %w", err)
	}
	t = &limited{
		NetTransport: inner, streams: make(chan net.Conn), done: make(chan struct{}), byHost: map[string]int{},
	}
	t.pump.Go(t.run)
	return t, host, inner.GetAutoBindPort(), nil
}

// StreamCh gives memberlist the streams that are within the limits.
func (t *limited) StreamCh() <-chan net.Conn { return t.streams }

// Shutdown closes the port and waits.
func (t *limited) Shutdown() error {
	t.once.Do(func() { close(t.done) })
	err := t.NetTransport.Shutdown()
	t.pump.Wait()
	return err
}

func (t *limited) run() {
	for {
		select {
		case <-t.done:
			return
		case raw := <-t.NetTransport.StreamCh():
			c := t.admit(raw)
			if c == nil {
				_ = raw.Close()
				continue
			}
			select {
			case t.streams <- c:
			case <-t.done:
				_ = c.Close()
				return
			}
		}
	}
}

func (t *limited) admit(raw net.Conn) net.Conn {
	host, _, err := net.SplitHostPort(raw.RemoteAddr().String())
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open >= maxStreams || t.byHost[host] >= maxStreamsPerHost {
		return nil
	}
	t.open++
	t.byHost[host]++
	return &stream{Conn: raw, owner: t, host: host}
}

// stream gives its place back when it is closed.
type stream struct {
	net.Conn
	owner *limited
	host  string
	once  sync.Once
}

// Close closes the stream.
func (s *stream) Close() error {
	s.once.Do(func() {
		s.owner.mu.Lock()
		defer s.owner.mu.Unlock()
		s.owner.open--
		if s.owner.byHost[s.host]--; s.owner.byHost[s.host] <= 0 {
			delete(s.owner.byHost, s.host)
		}
	})
	return s.Conn.Close()
}
