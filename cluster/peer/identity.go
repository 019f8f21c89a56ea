package peer

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
)

// The files of an identity, all of mode 0600. node.crt is written last: where it is, the others are too.
const (
	fileCert    = "node.crt"
	fileKey     = "node.key"
	fileCA      = "ca.crt"
	fileSecrets = "secrets.cbor"
	maxFile     = 1 << 20
)

const (
	pemCert = "CERTIFICATE"
	pemKey  = "PRIVATE KEY"
)

// Identity is who a node is to its peers. It is not changed once made: a renewal makes a new one, and the
// owner hands out the newest through Config.Identity (an atomic.Pointer[Identity] serves well).
type Identity struct {
	// Cluster and Node are what Cert's leaf names.
	Cluster [16]byte
	Node    string
	// Cert holds the leaf followed by the CA, and the private key. Cert.Leaf is parsed.
	Cert tls.Certificate
	// CA verifies the other members; CAPEM is the same as text.
	CA    *x509.CertPool
	CAPEM []byte
	// GossipKey encrypts gossip (32 bytes); LogKey authenticates the log and snapshots. Either may be empty.
	GossipKey []byte
	LogKey    []byte
}

// secrets is the content of secrets.cbor.
type secrets struct {
	Gossip []byte `cbor:"1,keyasint,omitempty"`
	Log    []byte `cbor:"2,keyasint,omitempty"`
}

// NewIdentity puts an identity together: certDER is the node's certificate, keyPKCS8 its private key, caPEM
// one or more CA certificates. It keeps copies. Kind: fault.Invalid if the parts do not belong together.
func NewIdentity(certDER, keyPKCS8, caPEM, gossipKey, logKey []byte) (*Identity, error) {
	leaf, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the node's certificate cannot be read")
	}
	key, err := signerOf(keyPKCS8)
	if err != nil {
		return nil, err
	}
	if !matches(leaf, key) {
		return nil, fault.New(fault.Invalid, "the node's private key does not belong to its certificate")
	}
	cas, err := parseCerts(caPEM)
	if err != nil {
		return nil, err
	}
	cluster, node, err := NodeOf(leaf)
	if err != nil {
		return nil, err
	}
	id := &Identity{
		Cluster: cluster, Node: node, CA: x509.NewCertPool(), CAPEM: bytes.Clone(caPEM),
		Cert:      tls.Certificate{Certificate: [][]byte{bytes.Clone(certDER)}, PrivateKey: key, Leaf: leaf},
		GossipKey: bytes.Clone(gossipKey), LogKey: bytes.Clone(logKey),
	}
	for _, ca := range cas {
		id.CA.AddCert(ca)
		id.Cert.Certificate = append(id.Cert.Certificate, ca.Raw)
	}
	opts := x509.VerifyOptions{Roots: id.CA, CurrentTime: leaf.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if _, err := leaf.Verify(opts); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the node's certificate was not issued by its CA")
	}
	return id, nil
}

// String names the identity without any of its secrets.
func (id Identity) String() string { return id.Node + "@" + FormatCluster(id.Cluster) }

// LogValue keeps the secrets out of structured logs.
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.String()) }

// GoString keeps the secrets out of %#v.
func (id Identity) GoString() string { return "peer.Identity(" + id.String() + ")" }

// Format keeps the secrets out of every other verb.
func (id Identity) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(id.String())) }

// LoadIdentity reads what Save wrote. Kinds: fault.NotFound if dir holds no identity yet; fault.Invalid if
// the files do not belong together.
func LoadIdentity(dir string) (*Identity, error) {
	certPEM, err := readSmall(filepath.Join(dir, fileCert))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.NotFound, err, "this node has no identity yet").
			WithHint("Run `quorate operator init` on the first node, or start this one with --join and --join-token.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the node's certificate: %w", err)
	}
	rest := make([][]byte, 3)
	for i, name := range []string{fileKey, fileCA, fileSecrets} {
		if rest[i], err = readSmall(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("reading the node's identity: %w", err)
		}
	}
	defer clear(rest[0])
	defer clear(rest[2])
	certs, err := parseCerts(certPEM)
	if err != nil {
		return nil, err
	}
	keyDER, err := keyFor(certs[0], rest[0])
	if err != nil {
		return nil, err
	}
	defer clear(keyDER)
	var s secrets
	if err := strictCBOR.Unmarshal(rest[2], &s); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", filepath.Join(dir, fileSecrets)).
			WithHint("Restore the file from this node's backup, or join the node again with an empty directory.")
	}
	defer clear(s.Gossip)
	defer clear(s.Log)
	return NewIdentity(certs[0].Raw, keyDER, rest[1], s.Gossip, s.Log)
}

// Save writes the identity to dir (made with mode 0700 if missing) so that a crash at any moment leaves the
// old identity or the new one. For that the key file holds both private keys while the certificate changes.
func (id *Identity) Save(dir string) error {
	if err := errors.Join(os.MkdirAll(dir, 0o700), syncDir(filepath.Dir(dir))); err != nil { // for good: its name, too
		return fmt.Errorf("making the identity's folder: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(id.Cert.PrivateKey)
	if err != nil {
		return fmt.Errorf("encoding the node's key: %w", err)
	}
	defer clear(keyDER)
	newKey := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: keyDER})
	defer clear(newKey)
	oldKey, err := readSmall(filepath.Join(dir, fileKey))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the node's former key: %w", err)
	}
	defer clear(oldKey)
	both := append(bytes.Clone(newKey), oldKey...)
	defer clear(both)
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return fmt.Errorf("encoding the node's secrets: %w", err)
	}
	sec, err := enc.Marshal(secrets{Gossip: id.GossipKey, Log: id.LogKey})
	if err != nil {
		return fmt.Errorf("encoding the node's secrets: %w", err)
	}
	defer clear(sec)
	steps := []struct {
		name string
		data []byte
	}{
		{fileSecrets, sec},
		{fileCA, id.CAPEM},
		{fileKey, both},
		{fileCert, pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: id.Cert.Certificate[0]})},
		{fileKey, newKey},
	}
	for _, s := range steps {
		if err := replaceFile(dir, s.name, s.data); err != nil {
			return fmt.Errorf("saving the node's identity: %w", err)
		}
	}
	return nil
}

// replaceFile puts data under dir/name for good: written aside, synced, renamed, folder synced.
func replaceFile(dir, name string, data []byte) (err error) {
	f, err := os.CreateTemp(dir, "."+name+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, werr := f.Write(data)
	if err = errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fault.New(fault.Invalid, "%s is too large to be what it is named", path)
	}
	return os.ReadFile(path)
}

func parseCerts(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != pemCert {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "a certificate cannot be read")
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, fault.New(fault.Invalid, "there is no certificate in PEM form")
	}
	return certs, nil
}

// keyFor picks from a key file the private key that belongs to the certificate.
func keyFor(cert *x509.Certificate, text []byte) ([]byte, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil, fault.New(fault.Invalid, "%s holds no key for the certificate in %s", fileKey, fileCert).
				WithHint("Restore both files from this node's backup, or join the node again with an empty directory.")
		}
		if key, err := signerOf(block.Bytes); err == nil && matches(cert, key) {
			return block.Bytes, nil
		}
		clear(block.Bytes)
	}
}

func signerOf(pkcs8 []byte) (crypto.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the private key cannot be read")
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fault.New(fault.Invalid, "the private key cannot sign")
	}
	return key, nil
}

func matches(cert *x509.Certificate, key crypto.Signer) bool {
	pub, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && pub.Equal(cert.PublicKey)
}
