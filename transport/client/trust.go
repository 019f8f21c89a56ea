package client

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// errFingerprint says that a server's certificate is not the one that the caller pinned.
var errFingerprint = errors.New("the server's certificate has another fingerprint than the one given")

func (c *Client) tlsConfig() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: c.cfg.CA, ClientSessionCache: tls.NewLRUClientSessionCache(64)}
	if c.cfg.ClientCert != nil {
		t.Certificates = []tls.Certificate{*c.cfg.ClientCert}
	}
	if c.cfg.CAFile != "" {
		if c.cfg.CA != nil {
			return nil, fault.New(fault.Invalid, "both a CA pool and a CA file are given").WithHint("Give one of them.")
		}
		pool, err := readPool(c.cfg.CAFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = pool
	}
	switch {
	case c.cfg.Fingerprint != "":
		want, err := parseFingerprint(c.cfg.Fingerprint)
		if err != nil {
			return nil, err
		}
		t.InsecureSkipVerify = true // replaced by the pin, which every connection, resumed ones too, must meet
		t.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return errFingerprint
			}
			got := sha256.Sum256(cs.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) != 1 {
				return errFingerprint
			}
			return nil
		}
	case c.cfg.TrustLoopback:
		for _, e := range c.endpoints {
			if !loopback(e.url.Hostname()) {
				return nil, fault.New(fault.Invalid, "%s is not a loopback address, so its self-signed certificate cannot be trusted unseen", e.url.Host).
					WithHint("Give --fingerprint with what the node printed when it started.")
			}
		}
		t.InsecureSkipVerify = true // endpoints are loopback addresses, checked above
	}
	return t, nil
}

func parseFingerprint(s string) ([]byte, error) {
	h := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "sha256:")
	b, err := hex.DecodeString(strings.ReplaceAll(h, ":", ""))
	if err != nil || len(b) != sha256.Size {
		return nil, fault.New(fault.Invalid, "that is not the fingerprint of a certificate").WithHint("A fingerprint is 64 hexadecimal digits; the node prints it when it starts.")
	}
	return b, nil
}

// untrusted tells whether an attempt failed because of the server's certificate, and what to do about it.
func untrusted(err error) (why string, yes bool) {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errFingerprint):
		return errFingerprint.Error(), true
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that is not trusted here", true
	case errors.As(err, &host):
		return "its certificate does not name that address", true
	case errors.As(err, &invalid):
		return fmt.Sprintf("its certificate is not valid (%v)", invalid), true
	case errors.As(err, &record):
		return "what answers there does not speak TLS", true
	}
	return "", false
}

// refused tells whether nothing of a request can have reached a server: the connection was never made.
func refused(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	_, yes := untrusted(err)
	return yes
}
