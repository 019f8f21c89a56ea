package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func newClientCertCmd(a *app) *cobra.Command {
	var dir, ttl string
	cmd := &cobra.Command{
		Use:   "client-cert NAME",
		Short: "Make a client's certificate and private key",
		Long: `Make a private key here, have the cluster's CA certify it, and write NAME.key, NAME.crt and ca.crt to a folder. The
private key never leaves this machine. NAME is the principal that policies speak of: Certificate::"NAME".

A client certificate cannot be taken back before it ends: keep --ttl short, or forbid its principal by a policy.`,
		Example: `  quorate operator client-cert billing --out certs --ttl 30d
  quorate --client-cert certs/billing.crt --client-key certs/billing.key --ca certs/ca.crt key list`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			got, err := a.clientCertificate(cmd, args[0], dir, ttl)
			if err != nil {
				return err
			}
			return a.result(got, func(w io.Writer) error {
				base := filepath.Join(dir, filepath.Base(args[0]))
				_, err := fmt.Fprintf(w, "Certificate: %s.crt\nPrivate key: %s.key\nExpires: %s\n", base, base, got.ExpiresAt)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&dir, "out", ".", "`folder` to write to")
	cmd.Flags().StringVar(&ttl, "ttl", "", "`duration` for which it is good (default 90d, at most 397d)")
	return cmd
}

// clientCertificate writes NAME.key, NAME.crt and ca.crt; in its result the certificates are their files.
func (a *app) clientCertificate(cmd *cobra.Command, name, dir, ttl string) (got api.ClientCertificate, err error) {
	if err := key.CheckName(name); err != nil {
		return got, err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return got, fault.New(fault.Invalid, "%s is a file, and --out must be a folder", dir).
			WithHint("Name the folder in which NAME.key and NAME.crt are to be written; it is made if it is missing.")
	}
	base := filepath.Join(dir, filepath.Base(name))
	for _, f := range []string{base + ".key", base + ".crt"} {
		if _, err := os.Lstat(f); err == nil {
			return got, fault.New(fault.Exists, "%s exists", f).WithHint("Choose another --out, or move the old one away.")
		}
	}
	secret, csr, err := certificateRequest(name)
	if err != nil {
		return got, err
	}
	defer clear(secret)
	c, err := a.connect(cmd)
	if err != nil {
		return got, err
	}
	defer c.Close()
	// Before the cluster is asked: a certificate that cannot be kept could not be taken back either.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return got, wrongInput(err, "the folder %s cannot be made", dir)
	}
	signed, err := c.CertifyClient(cmd.Context(), api.ClientCertificateRequest{Name: name, CSR: csr, TTL: ttl})
	if err != nil {
		return got, err
	}
	for _, f := range []struct {
		name string
		text []byte
		mode os.FileMode
	}{{base + ".key", secret, 0o600}, {base + ".crt", []byte(signed.Certificate), 0o644}, {filepath.Join(dir, "ca.crt"), []byte(signed.CACertificate), 0o644}} {
		if err := os.WriteFile(f.name, f.text, f.mode); err != nil {
			return got, wrongInput(err, "%s cannot be written", f.name)
		}
	}
	signed.Certificate, signed.CACertificate = base+".crt", filepath.Join(dir, "ca.crt")
	return *signed, nil
}

// certificateRequest makes a key pair: the private key in PEM, which the caller clears, and the request for its certificate.
func certificateRequest(name string) (secret, csr []byte, err error) {
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if csr, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, priv); err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return nil, nil, err
	}
	defer clear(der)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), csr, nil
}
