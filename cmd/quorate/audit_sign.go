package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"

	"github.com/quorate/quorate/vault/fault"
)

// auditSigner signs the audit log's checkpoints with the node's own key, so that a log cannot be written anew without
// it, nor by another member. The key is named by its certificate's fingerprint.
func (n *node) auditSigner(message []byte) ([]byte, string, error) {
	id := n.identity.Load()
	if id == nil {
		return nil, "", fault.New(fault.BadState, "this node has no key to sign with yet")
	}
	signer, ok := id.Cert.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, "", fault.New(fault.Internal, "this node's private key does not sign")
	}
	fingerprint := sha256.Sum256(id.Cert.Leaf.Raw)
	var sig []byte
	var err error
	if _, isEd := signer.Public().(ed25519.PublicKey); isEd {
		sig, err = signer.Sign(rand.Reader, message, crypto.Hash(0))
	} else {
		sum := sha256.Sum256(message)
		sig, err = signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	return sig, hex.EncodeToString(fingerprint[:]), err
}

// certificate is this node's own, DER; nil before it has one.
func (n *node) certificate() []byte {
	if id := n.identity.Load(); id != nil {
		return id.Cert.Leaf.Raw
	}
	return nil
}

// checkSignatures returns the check of checkpoints by the certificates in files, for `quorate audit verify --cert`.
func checkSignatures(files []string) (func(keyID string, message, signature []byte) error, error) {
	known := map[string]*x509.Certificate{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the certificate %s cannot be read", f)
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fault.New(fault.Invalid, "%s holds no certificate in PEM", f)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%s holds no certificate", f)
		}
		sum := sha256.Sum256(cert.Raw)
		known[hex.EncodeToString(sum[:])] = cert
	}
	return func(keyID string, message, signature []byte) error {
		cert := known[keyID]
		if cert == nil {
			return fault.New(fault.NotFound, "the certificate %.16s… that signed it was not given with --cert", keyID)
		}
		switch pub := cert.PublicKey.(type) {
		case ed25519.PublicKey:
			if ed25519.Verify(pub, message, signature) {
				return nil
			}
		case *ecdsa.PublicKey:
			sum := sha256.Sum256(message)
			if ecdsa.VerifyASN1(pub, sum[:], signature) {
				return nil
			}
		}
		return fault.New(fault.Invalid, "the signature is wrong")
	}, nil
}
