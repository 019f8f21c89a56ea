package peer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

const (
	caLifetime = 20 * 365 * 24 * time.Hour
	backdate   = 10 * time.Minute // for members whose clocks are behind the issuer's
	maxCSR     = 8 << 10
	maxNames   = 32
)

// NewCA makes a cluster's certificate authority, valid for 20 years: an ECDSA P-256 key and a certificate that
// can sign leaves only. The caller clears keyPKCS8 when it is done with it.
func NewCA(cluster [16]byte, now time.Time) (certDER, keyPKCS8 []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "the CA's key could not be made")
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "Quorate CA " + FormatCluster(cluster)},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		URIs:                  []*url.URL{identityURI(cluster, pathCA)},
	}
	certDER, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "the CA's certificate could not be made")
	}
	keyPKCS8, err = x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "the CA's key could not be encoded")
	}
	return certDER, keyPKCS8, nil
}

// NewCSR makes a node's key (ECDSA P-256) and a request for its certificate that asks for the given host names
// and addresses beside the node's own name and localhost. The caller clears keyPKCS8. Kind: fault.Invalid.
func NewCSR(node string, dns []string, ips []net.IP) (keyPKCS8, csrDER []byte, err error) {
	if err := CheckNode(node); err != nil {
		return nil, nil, err
	}
	if err := checkNames(dns, ips); err != nil {
		return nil, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "the node's key could not be made")
	}
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: node}, DNSNames: dns, IPAddresses: ips}
	csrDER, err = x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Invalid, err, "the certificate request could not be made")
	}
	keyPKCS8, err = x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "the node's key could not be encoded")
	}
	return keyPKCS8, csrDER, nil
}

// SignNode issues a node's certificate, good as server and as client. From the request it takes the public key
// (ECDSA P-256 or Ed25519, possession proved by the request's signature), host names and addresses, nothing else;
// the identity comes from node and cluster. The certificate never outlives the CA. caKey is PKCS #8.
// Kind: fault.Invalid says what is wrong with the request.
func SignNode(caCert, caKey, csr []byte, node string, cluster [16]byte, lifetime time.Duration, now time.Time) ([]byte, error) {
	if err := CheckNode(node); err != nil {
		return nil, err
	}
	req, err := openCSR(csr)
	if err != nil {
		return nil, err
	}
	switch pub := req.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if pub.Curve != elliptic.P256() {
			return nil, fault.New(fault.Invalid, "a node's ECDSA key must be on P-256")
		}
	case ed25519.PublicKey:
	default:
		return nil, fault.New(fault.Invalid, "a node's key must be ECDSA P-256 or Ed25519")
	}
	if err := checkNames(req.DNSNames, req.IPAddresses); err != nil {
		return nil, err
	}
	dns := append([]string{node, "localhost"}, req.DNSNames...)
	ips := append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, req.IPAddresses...)
	return issue(caCert, caKey, cluster, lifetime, now, req.PublicKey, &x509.Certificate{
		Subject:     pkix.Name{CommonName: node},
		DNSNames:    unique(dns),
		IPAddresses: uniqueIPs(ips),
		URIs:        []*url.URL{identityURI(cluster, pathNode+node)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

// SignClient issues a certificate for a client of the cluster's own doors; it opens nothing on the peer port.
// request is a PKCS #10 request, of which only the key is taken, or a bare PKIX public key, both DER: ECDSA P-256 or
// P-384, Ed25519, or RSA of 2048 to 8192 bits. Kind: fault.Invalid.
func SignClient(caCert, caKey, request []byte, commonName string, lifetime time.Duration, now time.Time) ([]byte, error) {
	if commonName == "" || len(commonName) > 64 || strings.ContainsFunc(commonName, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		return nil, fault.New(fault.Invalid, "a client's common name has 1 to 64 printable ASCII characters")
	}
	pub, err := clientKey(request)
	if err != nil {
		return nil, err
	}
	ca, err := x509.ParseCertificate(caCert)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the CA's certificate cannot be read")
	}
	cluster, err := clusterOfCA(ca)
	if err != nil {
		return nil, err
	}
	return issue(caCert, caKey, cluster, lifetime, now, pub, &x509.Certificate{
		Subject:     pkix.Name{CommonName: commonName},
		URIs:        []*url.URL{identityURI(cluster, pathClient+commonName)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// issue fills in what every leaf has in common and signs it.
func issue(caCert, caKey []byte, cluster [16]byte, lifetime time.Duration, now time.Time, pub any, leaf *x509.Certificate) ([]byte, error) {
	ca, err := x509.ParseCertificate(caCert)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the CA's certificate cannot be read")
	}
	key, err := signerOf(caKey)
	if err != nil {
		return nil, err
	}
	if !matches(ca, key) {
		return nil, fault.New(fault.Invalid, "the CA's key does not belong to its certificate")
	}
	if of, err := clusterOfCA(ca); err != nil {
		return nil, err
	} else if of != cluster {
		return nil, fault.New(fault.Invalid, "the CA belongs to cluster %s", FormatCluster(of))
	}
	if lifetime <= 0 || now.After(ca.NotAfter) {
		return nil, fault.New(fault.Invalid, "a certificate issued now would have expired already")
	}
	if leaf.SerialNumber, err = newSerial(); err != nil {
		return nil, err
	}
	leaf.NotBefore, leaf.NotAfter = now.Add(-backdate), now.Add(lifetime)
	if leaf.NotBefore.Before(ca.NotBefore) {
		leaf.NotBefore = ca.NotBefore
	}
	if leaf.NotAfter.After(ca.NotAfter) {
		leaf.NotAfter = ca.NotAfter
	}
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, pub, key)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the certificate could not be signed")
	}
	return der, nil
}

// NamesOf lists the host names and addresses in a node's request, but for those that mean the machine itself. Kind: fault.Invalid.
func NamesOf(csr []byte) ([]string, error) {
	req, err := openCSR(csr)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range req.DNSNames {
		if n != "localhost" {
			names = append(names, n)
		}
	}
	for _, ip := range req.IPAddresses {
		if !ip.IsLoopback() {
			names = append(names, ip.String())
		}
	}
	return names, nil
}

func openCSR(der []byte) (*x509.CertificateRequest, error) {
	if len(der) > maxCSR {
		return nil, fault.New(fault.TooLarge, "a certificate request has at most %d bytes", maxCSR)
	}
	req, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the certificate request cannot be read")
	}
	if err := req.CheckSignature(); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the certificate request is not signed by its own key")
	}
	return req, nil
}

func clientKey(request []byte) (any, error) {
	if len(request) > maxCSR {
		return nil, fault.New(fault.TooLarge, "a certificate request has at most %d bytes", maxCSR)
	}
	pub, err := x509.ParsePKIXPublicKey(request)
	if err != nil {
		req, err := openCSR(request)
		if err != nil {
			return nil, err
		}
		pub = req.PublicKey
	}
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return pub, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() || k.Curve == elliptic.P384() {
			return pub, nil
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n >= 2048 && n <= 8192 {
			return pub, nil
		}
	}
	return nil, fault.New(fault.Invalid, "a client's key must be ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 8192 bits")
}

// checkNames bounds and checks the host names and addresses of a request: plain host names, no wildcards.
func checkNames(dns []string, ips []net.IP) error {
	if len(dns)+len(ips) > maxNames {
		return fault.New(fault.Invalid, "a node's certificate has at most %d names", maxNames)
	}
	for _, name := range dns {
		if !isHostname(name) {
			return fault.New(fault.Invalid, "%.64q is not a host name that a node's certificate may carry", name)
		}
	}
	for _, ip := range ips {
		if (len(ip) != net.IPv4len && len(ip) != net.IPv6len) || ip.IsUnspecified() || ip.IsMulticast() {
			return fault.New(fault.Invalid, "%s is not an address that a node's certificate may carry", ip)
		}
	}
	return nil
}

func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxName || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i] | 0x20
			if (c < 'a' || c > 'z') && (label[i] < '0' || label[i] > '9') && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

func unique(names []string) []string {
	seen := map[string]bool{}
	out := names[:0]
	for _, n := range names {
		if n = strings.ToLower(n); !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

func uniqueIPs(ips []net.IP) []net.IP {
	seen := map[string]bool{}
	out := ips[:0]
	for _, ip := range ips {
		if k := ip.String(); !seen[k] {
			seen[k] = true
			out = append(out, ip)
		}
	}
	return out
}

func newSerial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "no random numbers")
	}
	return n.Add(n, big.NewInt(1)), nil
}
