package fsm

import (
	"github.com/fxamacker/cbor/v2"
)

// encoding is deterministic: RFC 8949 section 4.2.1, and nil containers are written as empty ones, so that
// a value that went through the log or a snapshot has the bytes that it had before.
var encoding, encodingTo = func() (cbor.EncMode, cbor.UserBufferEncMode) {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	o.TagsMd = cbor.TagsForbidden
	m, err := o.UserBufferEncMode()
	if err != nil {
		panic(err) // fixed options: cannot fail once it has not
	}
	return m, m
}()

// decoding refuses whatever two programs might read differently: unknown fields, keys that occur twice,
// indefinite lengths, tags, broken UTF-8; and whatever is larger than a well-formed entry could be.
var decoding = func() cbor.DecMode {
	o := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		UTF8:              cbor.UTF8RejectInvalid,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxArrayElements:  16_384,
		MaxMapPairs:       1_024,
		MaxNestedLevels:   12,
	}
	m, err := o.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// lenient is decoding for what no node's state depends on: fields that a newer program wrote are passed over.
var lenient = func() cbor.DecMode {
	o := decoding.DecOptions()
	o.ExtraReturnErrors = cbor.ExtraDecErrorNone
	m, err := o.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()
