package peer

import (
	"crypto/x509"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

const (
	uriScheme  = "quorate"
	pathCA     = "/ca"
	pathNode   = "/node/"
	pathClient = "/client/"
	maxName    = 63
)

// CheckNode refuses what cannot name a node: names are [a-z0-9][a-z0-9-]{0,62}. The error's Kind is fault.Invalid.
func CheckNode(name string) error {
	if name == "" || len(name) > maxName {
		return fault.New(fault.Invalid, "a node name has 1 to %d characters", maxName)
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (c != '-' || i == 0) {
			return fault.New(fault.Invalid, "a node name consists of a-z, 0-9 and -, and begins with a letter or digit")
		}
	}
	return nil
}

// FormatCluster writes a cluster id as people and certificates do: 8-4-4-4-12 lower-case hex digits.
func FormatCluster(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ParseCluster reads what FormatCluster writes, and nothing else. Kind: fault.Invalid.
func ParseCluster(s string) ([16]byte, error) {
	var id [16]byte
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err == nil && len(raw) == len(id) {
		copy(id[:], raw)
		if FormatCluster(id) == s {
			return id, nil
		}
	}
	return [16]byte{}, fault.New(fault.Invalid, "not a cluster id of the form 8-4-4-4-12 hex digits")
}

// NodeOf reads which node of which cluster a certificate names: its one URI quorate://<cluster>/node/<node>.
// It does not verify the certificate. A certificate that names no node, or several, gives fault.Unauthenticated.
func NodeOf(cert *x509.Certificate) (cluster [16]byte, node string, err error) {
	cluster, path, err := quorateURI(cert)
	if err != nil {
		return cluster, "", err
	}
	node, ok := strings.CutPrefix(path, pathNode)
	if !ok || CheckNode(node) != nil {
		return [16]byte{}, "", fault.New(fault.Unauthenticated, "the certificate does not name a node")
	}
	return cluster, node, nil
}

// clusterOfCA reads which cluster a CA of ours was made for.
func clusterOfCA(cert *x509.Certificate) ([16]byte, error) {
	cluster, path, err := quorateURI(cert)
	if err != nil {
		return cluster, err
	}
	if path != pathCA || !cert.IsCA {
		return [16]byte{}, fault.New(fault.Invalid, "the certificate is not a cluster's CA")
	}
	return cluster, nil
}

// quorateURI finds the certificate's one URI of our scheme and splits it into cluster and path.
func quorateURI(cert *x509.Certificate) (cluster [16]byte, path string, err error) {
	var found *url.URL
	for _, u := range cert.URIs {
		if u.Scheme != uriScheme {
			continue
		}
		if found != nil {
			return cluster, "", fault.New(fault.Unauthenticated, "the certificate names more than one identity")
		}
		found = u
	}
	if found == nil {
		return cluster, "", fault.New(fault.Unauthenticated, "the certificate names no member of a cluster")
	}
	cluster, err = ParseCluster(found.Host)
	if err != nil || found.User != nil || found.RawQuery != "" || found.Fragment != "" {
		return [16]byte{}, "", fault.New(fault.Unauthenticated, "the certificate's identity is malformed")
	}
	return cluster, found.Path, nil
}

func identityURI(cluster [16]byte, path string) *url.URL {
	return &url.URL{Scheme: uriScheme, Host: FormatCluster(cluster), Path: path}
}
