package rest

import (
	"reflect"

	"github.com/quorate/quorate/transport/api"
)

// Enums are the closed sets of the document.
func Enums() map[string][]string { return enums() }

// TextBodies are the bodies that hold texts as bytes, by those of package api.
func TextBodies() map[reflect.Type]reflect.Type {
	return map[reflect.Type]reflect.Type{
		reflect.TypeFor[api.DecryptRequest]():     reflect.TypeFor[sealedBody](),
		reflect.TypeFor[api.UnwrapRequest]():      reflect.TypeFor[unwrapBody](),
		reflect.TypeFor[api.DecapsulateRequest](): reflect.TypeFor[decapsulateBody](),
		reflect.TypeFor[api.VerifyRequest]():      reflect.TypeFor[verifyBody](),
		reflect.TypeFor[api.VerifyMACRequest]():   reflect.TypeFor[verifyMACBody](),
	}
}

// Batches are the decoders of bodies of one item or many: how many items, and whether it was a single one.
func Batches() []func(body []byte) (items int, single bool, err error) {
	return []func([]byte) (int, bool, error){
		decodeBatch[api.EncryptRequest], decodeBatch[sealedBody], decodeBatch[verifyBody], decodeBatch[api.DataKeyRequest], decodeBatch[api.EncapsulateRequest], decodeBatch[api.DeriveRequest],
	}
}

func decodeBatch[In any](body []byte) (int, bool, error) {
	var in oneOrMany[In]
	if err := in.decode(body, false); err != nil {
		return 0, false, err
	}
	return len(in.Batch), in.Batch == nil, in.check(len(body))
}

// Wiped decodes a body of a verb, wipes it, and gives what is left in the place of its secret.
func Wiped(verb string, body []byte) [][]byte {
	switch verb {
	case "encrypt":
		return wiped(body, func(in *api.EncryptRequest) []byte { return in.Plaintext })
	case "wrap":
		return wiped(body, func(in *api.WrapRequest) []byte { return in.Plaintext })
	case "sign":
		return wiped(body, func(in *api.SignRequest) []byte { return in.Input })
	case "verify":
		return wiped(body, func(in *verifyBody) []byte { return in.Input })
	case "mac":
		return wiped(body, func(in *api.MACRequest) []byte { return in.Input })
	case "verify-mac":
		return wiped(body, func(in *verifyMACBody) []byte { return in.Input })
	default:
		return wiped(body, func(in *api.HashRequest) []byte { return in.Input })
	}
}

// LeftBehind reads a batch of which an item cannot be read, and gives what is left of the secret that was read before it: in
// memory that the batch, read item by item, no longer refers to.
func LeftBehind(body []byte) (left []byte, read bool) {
	var in oneOrMany[api.EncryptRequest]
	if decode(body, false, &in) == nil || len(in.Batch) == 0 {
		return nil, false
	}
	left = in.Batch[0].Plaintext
	read = len(left) > 0 && left[0] != 0
	return left, in.apart(body) && read
}

func wiped[In any](body []byte, secret func(*In) []byte) (left [][]byte) {
	var in oneOrMany[In]
	if err := decode(body, false, &in); err != nil {
		return [][]byte{[]byte(err.Error())}
	}
	in.wipe()
	if in.Batch == nil {
		return [][]byte{secret(&in.One)}
	}
	for i := range in.Batch {
		left = append(left, secret(&in.Batch[i]))
	}
	return left
}
