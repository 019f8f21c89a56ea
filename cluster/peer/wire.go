package peer

import (
	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
)

// strictCBOR reads what other processes wrote: bounded, no duplicate keys, no unknown fields, no tags.
var strictCBOR = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 4, MaxArrayElements: 64, MaxMapPairs: 16,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
	}.DecMode()
	if err != nil {
		panic(err) // constant options: a mistake here shows in every test
	}
	return mode
}()

const maxFaultText = 1 << 10

// faultDoc is how a failure travels between nodes. Its cause stays where it happened.
type faultDoc struct {
	Kind    uint8  `cbor:"1,keyasint"`
	Message string `cbor:"2,keyasint,omitempty"`
	Hint    string `cbor:"3,keyasint,omitempty"`
}

// encodeFault writes what the caller may see of err.
func encodeFault(err error) []byte {
	e := fault.Of(err)
	doc := faultDoc{Kind: uint8(e.Kind), Message: clip(e.Message), Hint: clip(e.Hint)}
	b, err := cbor.Marshal(doc)
	if err != nil {
		return []byte{0xa1, 0x01, 0x00} // {1: Internal}
	}
	return b
}

// decodeFault reads what encodeFault wrote. Whatever cannot be read, or has an unknown kind, is fault.Internal.
func decodeFault(b []byte) *fault.Error {
	var doc faultDoc
	if len(b) > 4*maxFaultText || strictCBOR.Unmarshal(b, &doc) != nil || int(doc.Kind) >= len(fault.All()) {
		return fault.New(fault.Internal, "the other node's answer cannot be read")
	}
	if doc.Message == "" {
		doc.Message = fault.Kind(doc.Kind).String()
	}
	return &fault.Error{Kind: fault.Kind(doc.Kind), Message: clip(doc.Message), Hint: clip(doc.Hint)}
}

// clip keeps text within bounds, cut between characters.
func clip(s string) string {
	if len(s) <= maxFaultText {
		return s
	}
	end := 0
	for i := range s {
		if i > maxFaultText {
			break
		}
		end = i
	}
	return s[:end]
}
