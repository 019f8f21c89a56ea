package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"reflect"
	"sync"
	"unsafe"

	"github.com/quorate/quorate/vault/fault"
)

// overhead is what sealing adds to a plaintext: a 12-byte random nonce before, a 16-byte tag behind.
const overhead = 28

var errAuthentication = errors.New("message authentication failed")

// sealer is AES-256-GCM with random nonces whose expanded key lies in locked memory, where the standard library's
// cipher state allows it (see relocate). It is safe for concurrent use, also with destroy: a use is either completed with
// the whole key or refused with fault.Sealed.
type sealer struct {
	aead cipher.AEAD
	gate gate
}

// newSealer expands a 32-byte key, which stays the caller's.
func newSealer(key []byte) (*sealer, error) {
	if len(key) != 32 {
		return nil, fault.New(fault.Internal, "an AES-256 key has 32 bytes, not %d", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	defer forget(block)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	s := &sealer{}
	moved, slot, _ := relocate(aead)
	s.aead = moved
	s.gate.wipe = func() {
		if slot != nil {
			locked.release(slot)
		} else {
			forget(aead)
		}
	}
	return s, nil
}

// seal appends nonce, ciphertext and tag to dst.
func (s *sealer) seal(dst, aad, plaintext []byte) ([]byte, error) {
	if !s.gate.enter() {
		return nil, errSealed()
	}
	defer s.gate.leave()
	return s.aead.Seal(dst, nil, plaintext, aad), nil
}

// open appends the plaintext to dst; a failure to authenticate gives errAuthentication.
func (s *sealer) open(dst, aad, sealed []byte) ([]byte, error) {
	if !s.gate.enter() {
		return nil, errSealed()
	}
	defer s.gate.leave()
	out, err := s.aead.Open(dst, nil, sealed, aad)
	if err != nil {
		return nil, errAuthentication
	}
	return out, nil
}

func (s *sealer) destroy() { s.gate.close() }

// relocate moves a cipher state that lies on the heap into locked memory and wipes the original. That is sound only if the
// state holds no pointers (the garbage collector does not look into locked memory), which is checked by reflection, down
// to the last field: today's states are a pointer to such a struct, or a one-field struct around that pointer. Otherwise
// it returns the state as it was, no slot, and the reason.
func relocate(aead cipher.AEAD) (cipher.AEAD, []byte, string) {
	holder := reflect.ValueOf(aead)
	inner := holder
	if holder.Kind() == reflect.Struct && holder.NumField() == 1 {
		inner = holder.Field(0)
	}
	if inner.Kind() != reflect.Pointer || inner.IsNil() || !inner.CanInterface() {
		return aead, nil, "the state of " + holder.Type().String() + " cannot be reached"
	}
	state := inner.Type().Elem()
	if !pointerFree(state) {
		return aead, nil, state.String() + " holds pointers"
	}
	if state.Size() == 0 || state.Size() > maxSlot || state.Align() > minSlot {
		return aead, nil, state.String() + " does not fit a slot"
	}
	slot := locked.alloc(int(state.Size()))
	moved := reflect.NewAt(state, unsafe.Pointer(unsafe.SliceData(slot)))
	moved.Elem().Set(inner.Elem())
	inner.Elem().SetZero()
	if holder.Kind() == reflect.Struct {
		h := reflect.New(holder.Type()).Elem()
		h.Field(0).Set(moved)
		moved = h
	}
	return moved.Interface().(cipher.AEAD), slot, ""
}

// forget zeroes a cipher state left on the heap, as far as reflection reaches.
func forget(state any) {
	v := reflect.ValueOf(state)
	if v.Kind() == reflect.Struct && v.NumField() == 1 && v.Field(0).CanInterface() {
		v = v.Field(0)
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() && pointerFree(v.Type().Elem()) {
		v.Elem().SetZero()
	}
}

func pointerFree(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return pointerFree(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !pointerFree(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	default:
		return false
	}
}

// cipherProbe tells, once, why cipher states stay on the heap with this build's standard library; empty if they do not.
var cipherProbe = sync.OnceValue(func() string {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return err.Error()
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err.Error()
	}
	_, slot, reason := relocate(aead)
	if slot != nil {
		locked.release(slot)
	}
	return reason
})
