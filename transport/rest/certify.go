package rest

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/key"
)

func certifyClient(ctx context.Context, q *request, in *api.ClientCertificateRequest) (*api.ClientCertificate, error) {
	ttl, err := key.ParsePeriod(in.TTL)
	if err != nil {
		return nil, of("ttl", err)
	}
	c, err := q.vault.CertifyClient(ctx, q.caller, in.Name, in.CSR, ttl)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(c.Cert)
	if err != nil {
		return nil, err
	}
	text := func(der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return &api.ClientCertificate{Certificate: text(c.Cert), CACertificate: text(c.CA), ExpiresAt: key.At(leaf.NotAfter).String()}, nil
}

// exampleCSR is a certificate request for the documentation, always the same.
func exampleCSR() []byte {
	der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{}, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		panic(err) // fixed input
	}
	return der
}
