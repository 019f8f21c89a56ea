package e2e_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// relay stands between a node's peer port and the others, and can be cut: what is under way stalls, what is new is
// accepted and hears nothing, as behind a network that drops packets. Healed, the held bytes go on.
type relay struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu    sync.Mutex
	open  chan struct{} // closed while bytes may pass
	conns map[net.Conn]bool
	done  bool
}

func newRelay(t *testing.T, addr, target string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, target: target, open: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(r.open)
	r.running.Go(r.accept)
	t.Cleanup(r.close)
	return r
}

func (r *relay) accept() {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		if !r.add(in) {
			in.Close()
			return
		}
		r.running.Go(func() {
			defer in.Close()
			r.pass()
			out, err := net.Dial("tcp", r.target)
			if err != nil {
				return
			}
			defer out.Close()
			if !r.add(out) {
				return
			}
			var both sync.WaitGroup
			both.Go(func() { r.copy(out, in) })
			both.Go(func() { r.copy(in, out) })
			both.Wait()
		})
	}
}

func (r *relay) add(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done {
		r.conns[c] = true
	}
	return !r.done
}

// pass waits while the relay is cut.
func (r *relay) pass() {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	<-open
}

func (r *relay) copy(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		r.pass()
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = errors.Join(err, werr)
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				if half, ok := to.(*net.TCPConn); ok {
					half.CloseWrite()
					return
				}
			}
			to.Close()
			from.Close()
			return
		}
	}
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = make(chan struct{})
}

func (r *relay) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.open:
	default:
		close(r.open)
	}
}

func (r *relay) close() {
	r.listener.Close()
	r.heal()
	r.mu.Lock()
	r.done = true
	for c := range r.conns {
		c.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}
