package chaos_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net/http"
	"sync"

	"github.com/quorate/quorate/e2e/chaos/history"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// kmipDoor is one node's KMIP port, by a way that no cut touches. Connections are kept: what a node remembers for one must not outlive the key.
type kmipDoor struct {
	n    *node
	conf *tls.Config

	mu   sync.Mutex
	idle []*tls.Conn // guarded by mu
}

// doors makes the certificate of a client that may do everything, and a door at every node.
func (c *cluster) doors(trust *x509.CertPool) ([]*kmipDoor, error) {
	const name = "chaos"
	own, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		return nil, err
	}
	csr, err := x509.CreateCertificateRequest(crand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, own)
	if err != nil {
		return nil, err
	}
	a, err := c.nodes[0].must(c.root, kit.Request{Method: http.MethodPost, Path: "/v1/sys/client-certificates", Body: api.ClientCertificateRequest{Name: name, CSR: csr}})
	if err != nil {
		return nil, err
	}
	var signed api.ClientCertificate
	if err := a.Into(&signed); err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(signed.Certificate), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	if err != nil {
		return nil, err
	}
	policy := api.Policy{Policy: `permit (principal == Certificate::"` + name + `", action, resource);`}
	if _, err := c.nodes[0].must(c.root, kit.Request{Method: http.MethodPut, Path: "/v1/policies/" + name, Body: policy}); err != nil {
		return nil, err
	}
	var all []*kmipDoor
	for _, n := range c.nodes {
		all = append(all, &kmipDoor{n: n, conf: &tls.Config{RootCAs: trust, ServerName: "localhost", Certificates: []tls.Certificate{pair}}})
	}
	return all, nil
}

// get asks for the material of a key.
func (d *kmipDoor) get(id string) history.Outcome {
	conn, err := d.take()
	if err != nil {
		return history.Unknown
	}
	answer, err := kit.KMIPExchange(conn, kit.KMIPGet(id), impatient)
	if err != nil {
		conn.Close()
		return history.Unknown
	}
	d.mu.Lock()
	d.idle = append(d.idle, conn)
	d.mu.Unlock()
	switch succeeded, denied, _ := kit.KMIPSaid(answer); {
	case succeeded:
		return history.OK
	case denied:
		return history.Refused
	}
	return history.Unknown
}

// take is a connection that is idle, or a new one.
func (d *kmipDoor) take() (*tls.Conn, error) {
	d.mu.Lock()
	if last := len(d.idle) - 1; last >= 0 {
		conn := d.idle[last]
		d.idle = d.idle[:last]
		d.mu.Unlock()
		return conn, nil
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), impatient)
	defer cancel()
	plain, err := d.n.host.Dial(ctx, "tcp", d.n.Name+":5696")
	if err != nil {
		return nil, err
	}
	conn := tls.Client(plain, d.conf)
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return conn, nil
}

// close ends the connections that are idle.
func (d *kmipDoor) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range d.idle {
		conn.Close()
	}
	d.idle = nil
}

// reveal takes a key's material out by the KMIP door.
func (l *load) reveal(s *subject, o history.Op) {
	s.mu.Lock()
	id := s.id
	s.mu.Unlock()
	if id == "" {
		return
	}
	o.Call = l.now()
	o.Outcome = l.c.kmip[o.Node].get(id)
	o.Return = l.now()
	l.note(s, o)
}
