package clienttest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// memoryHost is what the stand-in's certificate names.
const memoryHost = "example.com"

// Memory is a client of a cluster inside this process that has the keys named: the API of any other client, and no network, so that it works in
// a bubble of testing/synctest too. The keys are fixed: their ids and material depend on their names alone, so what one run encrypted another
// opens, and so can everybody who has this package. The Server lets a test refuse requests, and count them. Both end with the test.
func Memory(t testing.TB, keys ...string) (*client.Client, *Server) {
	t.Helper()
	pipes := newPipes()
	st := newState()
	s := &Server{Name: "memory", state: st, ended: make(chan struct{})}
	s.Server = &httptest.Server{Listener: pipes, Config: &http.Server{Handler: http.HandlerFunc(s.serve), ErrorLog: quiet()}}
	s.StartTLS()
	t.Cleanup(s.Close)
	st.members = append(st.members, s)
	for _, name := range keys {
		e := &entry{fixed: true, record: api.Record{
			ID: formID(fixed(name, 0)[:16]), Name: name, Algorithm: "aes-256-gcm", Usage: []string{"encrypt", "decrypt"}, State: "active",
			Owner: "clienttest", CreatedAt: when, UpdatedAt: when, ETag: `"1"`,
		}}
		e.rotate()
		st.keys[e.record.ID], st.names[name] = e, e.record.ID
	}
	c, err := client.New(client.Config{
		Endpoints: []string{"https://" + memoryHost}, CA: s.Pool(), Dial: pipes.dial,
		Token: func() []byte { return []byte(RootToken) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s
}

// fixed is 32 bytes that depend on a key's name and version.
func fixed(name string, version uint32) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte("quorate clienttest "+name+"\x00"), version))
	return sum[:]
}

// pipes is a listener whose connections are pipes within the process.
type pipes struct {
	asked chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{asked: make(chan net.Conn), ended: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.asked <- there:
		return here, nil
	case <-p.ended:
		return nil, fault.New(fault.NoLeader, "the stand-in has ended with its test")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.asked:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

func (p *pipes) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return memoryHost }
