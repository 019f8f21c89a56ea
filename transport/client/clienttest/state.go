package clienttest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log"
	"strings"
	"sync"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

type state struct {
	mu       sync.Mutex
	members  []*Server
	index    uint64
	changed  chan struct{} // closed, and made anew, when index grows
	sealed   bool
	fresh    bool // not founded yet
	need     int
	have     int
	shares   []string // that init and rekey hand out
	rekey    *api.RekeyResponse
	quorum   *api.QuorumSlot   // nil: there is no such slot
	keys     map[string]*entry // by id
	names    map[string]string // name to id
	policies map[string]api.Policy
	tokens   map[string]api.Token
	outcomes map[string]any // of writes, by Idempotency-Key
	keks     map[string][]byte
	wrapping *ecdh.PrivateKey // to which keys are wrapped for import; nil until somebody asks
}

type entry struct {
	record    api.Record
	materials [][]byte
	signers   []crypto.Signer // by version; made when first needed

	fixed       bool   // its material depends on name and version alone
	certificate string // PEM, in place of materials
	under       uint32 // version of the parent that wraps it
	campaign    uint64 // children that there were to be moved when it was asked about first
}

func newState() *state {
	return &state{index: 10, changed: make(chan struct{}), need: 2, keys: map[string]*entry{}, names: map[string]string{}, policies: map[string]api.Policy{}, tokens: map[string]api.Token{}, outcomes: map[string]any{}, keks: map[string][]byte{}}
}

// Index is the cluster's newest.
func (s *state) Index() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index
}

// grow counts a change, and wakes who watches. The caller holds mu.
func (s *state) grow() {
	s.index++
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *state) isSealed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed
}

func (s *state) knows(authorization string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.tokens[strings.TrimPrefix(authorization, "Bearer ")]
	return ok
}

// SetShares gives the shares that init and rekey hand out.
func (s *Server) SetShares(shares []string) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.shares = shares
}

// SetSealed seals or opens all nodes; need shares open them.
func (s *Server) SetSealed(sealed bool, need int) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.sealed, s.state.need, s.state.have = sealed, need, 0
}

// SetFresh makes the cluster one that is still to be founded.
func (s *Server) SetFresh() {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.fresh = true
}

// Every id begins with testID and every ciphertext with testMark (in base64: VEVTVC1PTkxZ), so that nothing that was made here is taken for
// what a cluster made.
const (
	testID   = "7e577e57"
	testMark = Mark
)

func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return formID(b)
}

func formID(b []byte) string {
	h := testID + hex.EncodeToString(b)[len(testID):]
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (s *state) find(ref string) (*entry, error) {
	if id, ok := s.names[ref]; ok {
		ref = id
	}
	if e, ok := s.keys[ref]; ok {
		return e, nil
	}
	return nil, fault.New(fault.NotFound, "there is no key %q", ref)
}

const when = "2026-11-22T08:00:00.000Z"

func (e *entry) rotate() {
	m := make([]byte, 32)
	_, _ = rand.Read(m)
	if e.fixed {
		m = fixed(e.record.Name, e.record.Latest+1)
	}
	e.materials = append(e.materials, m)
	e.record.Latest++
	e.record.Versions = append(e.record.Versions, api.Version{Version: e.record.Latest, State: "active", CreatedAt: when})
}

func (e *entry) encrypt(plain, aad, binding []byte) (string, error) {
	if e.record.State != "active" {
		return "", fault.New(fault.BadState, "the key is %s", e.record.State)
	}
	e.use()
	aead, err := gcm(e.materials[len(e.materials)-1])
	if err != nil {
		return "", err
	}
	return textOf(e.record.Latest, aead.Seal([]byte(testMark), nil, plain, both(aad, binding))), nil
}

func (e *entry) decrypt(text string, aad, binding []byte) ([]byte, uint32, error) {
	wrong := fault.New(fault.Invalid, "the ciphertext does not open")
	version, raw, err := e.parse(text)
	raw, marked := bytes.CutPrefix(raw, []byte(testMark))
	if err != nil || !marked {
		return nil, 0, wrong
	}
	aead, err := gcm(e.materials[version-1])
	if err != nil {
		return nil, 0, err
	}
	plain, err := aead.Open(nil, nil, raw, both(aad, binding))
	if err != nil {
		return nil, 0, wrong
	}
	return plain, version, nil
}

func both(aad, binding []byte) []byte {
	return append(append(append([]byte{}, aad...), 0), binding...)
}

func gcm(material []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(material)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
