package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// kmipConns is how many connections KMIP is measured with: more help neither server on two cores.
const kmipConns = 8

// kmipLoads are the requests that both servers get, in version 1.2, which both speak. A connection brings its handshake, with
// both certificates, and one request.
var kmipLoads = []struct {
	name   string
	target string // beside PyKMIP's
	once   bool
	text   func(key string) []byte
}{
	{"Get", "≥ 20 ×", false, func(key string) []byte { return kmipRequest(wire.OperationGet, identified(key)) }},
	{"Get Attributes", "≥ 20 ×", false, func(key string) []byte { return kmipRequest(wire.OperationGetAttributes, identified(key)) }},
	{"Create", "≥ 3 ×", false, func(string) []byte { return kmipRequest(wire.OperationCreate, aesKey) }},
	{"connection", "≥ 2 ×", true, func(string) []byte { return kmipRequest(wire.OperationDiscoverVersions, func(*ttlv.Encoder) {}) }},
}

// kmip holds the KMIP port of a follower against PyKMIP's server, in turn, round by round.
func (b *localBench) kmip(ctx context.Context) error {
	if err := b.codec(); err != nil {
		return err
	}
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	n := b.others(leader)[0]
	id, err := b.kmipIdentity(ctx, n)
	if err != nil {
		return err
	}
	servers := []kmipServer{{"follower", n.kmip, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: b.ca, Certificates: []tls.Certificate{id}}, ""}}
	addr, stop, err := b.startPyKMIP(ctx)
	switch {
	case err != nil:
		b.note("kmip: not held against PyKMIP's server: %v", err)
	default:
		defer stop()
		insecure := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, Certificates: []tls.Certificate{id}} //nolint:gosec // the reference shows the client's own certificate, on loopback
		servers = append(servers, kmipServer{"PyKMIP", addr, insecure, ""})
	}
	for i := range servers {
		if servers[i].key, err = servers[i].create(ctx); err != nil {
			return err
		}
	}
	for _, load := range kmipLoads {
		all := make([][]result, len(servers))
		for range rounds {
			for i, s := range servers {
				r := fire(ctx, fmt.Sprintf("kmip: %s, %s", load.name, s.name), s.shot(load.text(s.key), load.once), kmipConns, b.o.duration)
				all[i] = append(all[i], r)
			}
		}
		ours := median(all[0])
		b.results = append(b.results, ours)
		if len(servers) > 1 {
			reference := median(all[1])
			b.results = append(b.results, reference)
			b.figure("kmip_"+load.name+"_times_reference", ours.Rate/reference.Rate, "x")
			b.keep(fmt.Sprintf("KMIP: %s on a follower, %d connections, beside PyKMIP's server", load.name, kmipConns), load.target, "%.1f × (%.0f/s, %.0f/s)", ours.Rate/reference.Rate, ours.Rate, reference.Rate)
			b.note("kmip: %s on a follower is %.1f times PyKMIP's %.0f/s", load.name, ours.Rate/reference.Rate, reference.Rate)
		}
	}
	return nil
}

// kmipServer is one that is measured, and the object that its loads are about.
type kmipServer struct {
	name, addr string
	tls        *tls.Config
	key        string
}

func (s kmipServer) shot(req []byte, once bool) shot {
	return shot{addr: s.addr, tls: s.tls, next: same(req), ask: shootKMIP, once: once}
}

// create makes the key that Get asks for.
func (s kmipServer) create(ctx context.Context) (id string, err error) {
	c, err := s.shot(nil, false).dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := c.Write(kmipRequest(wire.OperationCreate, aesKey)); err != nil {
		return "", err
	}
	answer, err := ttlv.Read(c, nil, 1<<20)
	if err != nil {
		return "", err
	}
	m, err := ttlv.Decode(answer, ttlv.Limits{})
	if err != nil {
		return "", err
	}
	if id, err = m.Root().Find(wire.TagBatchItem).Find(wire.TagResponsePayload).Find(wire.TagUniqueIdentifier).Text(); err != nil {
		text, _ := m.Root().Find(wire.TagBatchItem).Find(wire.TagResultMessage).Text() // for the message
		return "", fmt.Errorf("creating a key at %s: %w: %s", s.name, err, text)
	}
	return id, nil
}

// shootKMIP sends a message and reads its answer, whose one operation has to have gone well.
func shootKMIP(c net.Conn, in *bufio.Reader, req []byte) error {
	if _, err := c.Write(req); err != nil {
		return err
	}
	answer, err := ttlv.Read(in, nil, 1<<20)
	if err != nil {
		return err
	}
	m, err := ttlv.Decode(answer, ttlv.Limits{})
	if err != nil {
		return err
	}
	item := m.Root().Find(wire.TagBatchItem)
	if status, err := item.Find(wire.TagResultStatus).Enumeration(); err != nil || wire.ResultStatus(status) != wire.ResultStatusSuccess {
		text, _ := item.Find(wire.TagResultMessage).Text() // for the message
		return fmt.Errorf("result status %d: %s", status, text)
	}
	return nil
}

func kmipRequest(op wire.Operation, payload func(e *ttlv.Encoder)) []byte {
	e := ttlv.NewEncoder()
	defer e.Release()
	e.Structure(wire.TagRequestMessage, func() {
		e.Structure(wire.TagRequestHeader, func() {
			e.Structure(wire.TagProtocolVersion, func() {
				e.Integer(wire.TagProtocolVersionMajor, 1)
				e.Integer(wire.TagProtocolVersionMinor, 2)
			})
			e.Integer(wire.TagBatchCount, 1)
		})
		e.Structure(wire.TagBatchItem, func() {
			e.Enumeration(wire.TagOperation, uint32(op))
			e.Structure(wire.TagRequestPayload, func() { payload(e) })
		})
	})
	m, _ := e.Message() // it cannot fail: the words are constants
	return slices.Clone(m)
}

func identified(id string) func(e *ttlv.Encoder) {
	return func(e *ttlv.Encoder) { e.Text(wire.TagUniqueIdentifier, id) }
}

// aesKey asks for an AES key of 256 bits.
func aesKey(e *ttlv.Encoder) {
	attribute := func(name string, value func()) {
		e.Structure(wire.TagAttribute, func() {
			e.Text(wire.TagAttributeName, name)
			value()
		})
	}
	e.Enumeration(wire.TagObjectType, uint32(wire.ObjectTypeSymmetricKey))
	e.Structure(wire.TagTemplateAttribute, func() {
		attribute("Cryptographic Algorithm", func() { e.Enumeration(wire.TagAttributeValue, uint32(wire.CryptographicAlgorithmAES)) })
		attribute("Cryptographic Length", func() { e.Integer(wire.TagAttributeValue, 256) })
		attribute("Cryptographic Usage Mask", func() { e.Integer(wire.TagAttributeValue, 0x0c) })
	})
}

// kmipIdentity gives the bench a client's certificate, kept in files too, and lets it do what it does.
func (b *localBench) kmipIdentity(ctx context.Context, n *localNode) (tls.Certificate, error) {
	c, err := b.client(n)
	if err != nil {
		return tls.Certificate{}, err
	}
	defer c.Close()
	if _, err := c.PutPolicy(ctx, "bench-kmip", `permit (principal == Certificate::"bench-kmip", action, resource);`); err != nil {
		return tls.Certificate{}, err
	}
	secret, csr, err := certificateRequest("bench-kmip")
	if err != nil {
		return tls.Certificate{}, err
	}
	defer clear(secret)
	got, err := c.CertifyClient(ctx, api.ClientCertificateRequest{Name: "bench-kmip", CSR: csr})
	if err != nil {
		return tls.Certificate{}, err
	}
	for file, text := range map[string][]byte{"bench-kmip.key": secret, "bench-kmip.crt": []byte(got.Certificate)} {
		if err := os.WriteFile(filepath.Join(b.dir, file), text, 0o600); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.X509KeyPair([]byte(got.Certificate), secret)
}

// startPyKMIP runs PyKMIP's server, as Debian packages it, with the bench's own certificate: its client checks nothing.
func (b *localBench) startPyKMIP(ctx context.Context) (addr string, stop func(), err error) {
	exe, err := exec.LookPath("pykmip-server")
	if err != nil {
		return "", nil, fmt.Errorf("python3-pykmip of Debian is not here: %w", err)
	}
	ports, err := freePorts(1)
	if err != nil {
		return "", nil, err
	}
	dir := filepath.Join(b.dir, "pykmip")
	if err := os.MkdirAll(filepath.Join(dir, "policies"), 0o700); err != nil {
		return "", nil, err
	}
	host, port, err := net.SplitHostPort(ports[0])
	if err != nil {
		return "", nil, err
	}
	own := filepath.Join(b.dir, "bench-kmip")
	conf := fmt.Sprintf("[server]\nhostname=%s\nport=%s\ncertificate_path=%s.crt\nkey_path=%s.key\nca_path=%s\nauth_suite=TLS1.2\npolicy_path=%s\nenable_tls_client_auth=True\nlogging_level=ERROR\ndatabase_path=%s\n",
		host, port, own, own, filepath.Join(b.dir, "ca.crt"), filepath.Join(dir, "policies"), filepath.Join(dir, "db"))
	if err := os.WriteFile(filepath.Join(dir, "server.conf"), []byte(conf), 0o600); err != nil {
		return "", nil, err
	}
	cmd := exec.Command(exe, "-f", filepath.Join(dir, "server.conf"), "-l", filepath.Join(dir, "log"))
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); pause(ctx, 10*pollEvery) {
		if c, err := net.DialTimeout("tcp", ports[0], time.Second); err == nil {
			c.Close()
			return ports[0], stop, nil
		}
	}
	stop()
	return "", nil, fmt.Errorf("pykmip-server did not answer at %s in 10 s", ports[0])
}
