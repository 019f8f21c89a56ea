package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// Names of the documents that the vault keeps in the replicated state.
const (
	docSeal    = fsm.SealDocument // seal.Config
	docCA      = "ca"             // the CA's certificate, DER
	docSecrets = "secrets"        // memberSecrets, wrapped by the keyring
)

// memberSecrets is what a member needs beside its own certificate, and the CA's key, which only the vault uses.
type memberSecrets struct {
	CAKey  []byte `cbor:"1,keyasint"`
	Gossip []byte `cbor:"2,keyasint"`
	Log    []byte `cbor:"3,keyasint"`
}

func (m *memberSecrets) clear() {
	clear(m.CAKey)
	clear(m.Gossip)
	clear(m.Log)
}

type wrappedSecrets struct {
	Term   uint32 `cbor:"1,keyasint"`
	Sealed []byte `cbor:"2,keyasint"`
}

// wrapSecrets is the body of the document "secrets".
func (k *keyroom) wrapSecrets(m *memberSecrets) ([]byte, error) {
	plain, err := cbor.Marshal(m)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	term, sealed, err := k.ring.Wrap(append([]byte(labelSecrets), k.cluster[:]...), plain)
	if err != nil {
		return nil, err
	}
	return cbor.Marshal(wrappedSecrets{Term: term, Sealed: sealed})
}

// secrets lends what wrapSecrets wrapped.
func (k *keyroom) secrets(s *fsm.State, use func(*memberSecrets) error) error {
	doc := s.Document(docSecrets)
	if doc == nil {
		return fault.New(fault.Internal, "the state has no member secrets")
	}
	var w wrappedSecrets
	if err := cbor.Unmarshal(doc.Body, &w); err != nil {
		return fmt.Errorf("reading the member secrets: %w", err)
	}
	return k.ring.Unwrap(w.Term, append([]byte(labelSecrets), k.cluster[:]...), w.Sealed, func(plain []byte) error {
		var m memberSecrets
		if err := cbor.Unmarshal(plain, &m); err != nil {
			return fmt.Errorf("reading the member secrets: %w", err)
		}
		defer m.clear()
		return use(&m)
	})
}

// secretsTerm is the term that wraps the body of the document "secrets"; 0 if it cannot be read.
func (k *keyroom) secretsTerm(body []byte) uint32 {
	var w wrappedSecrets
	if cbor.Unmarshal(body, &w) != nil {
		return 0
	}
	return w.Term
}

// sealConfig is the state's seal configuration. fault.Stale on a node that has not received it yet.
func sealConfig(s *fsm.State) (*seal.Config, error) {
	doc := s.Document(docSeal)
	if doc == nil {
		return nil, fault.New(fault.Stale, "this node has not received the cluster's state yet").
			WithHint("Wait until it reaches the leader, then try again.")
	}
	return seal.DecodeConfig(doc.Body)
}

// pin is the SHA-256 of the cluster's CA certificate, which a join token carries.
func (v *Vault) pin() ([32]byte, error) {
	s := v.state()
	if s == nil || s.Document(docCA) == nil {
		return [32]byte{}, fault.New(fault.Internal, "the state has no CA certificate")
	}
	return sha256.Sum256(s.Document(docCA).Body), nil
}

// formatCluster is a cluster's id as people see it.
func formatCluster(id [16]byte) string { return hex.EncodeToString(id[:]) }
