package vault

import (
	"bytes"
	"maps"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// keptSharing is the attribute in which a part says of which splitting it is.
const keptSharing = ".sharing"

// SplitPart is what a part of a key says of it: how it was split, and which of the parts this is.
type SplitPart struct {
	Method    SharingMethod `cbor:"1,keyasint"`
	Parts     int           `cbor:"2,keyasint"`
	Threshold int           `cbor:"3,keyasint"`
	Number    uint32        `cbor:"4,keyasint"`
	Algorithm key.Algorithm `cbor:"5,keyasint"` // of the key
	Bytes     int           `cbor:"6,keyasint"` // how long that is
	Prime     []byte        `cbor:"7,keyasint,omitempty"`
}

// Sharing is how the key was split.
func (p SplitPart) Sharing() Sharing {
	return Sharing{Method: p.Method, Parts: p.Parts, Threshold: p.Threshold, Prime: p.Prime}
}

// PartOf is what a part that SplitKey made says of the key; false of anything else, and of what cannot be so: whoever may change the
// part's attributes may have written it.
func PartOf(r *key.Record) (p SplitPart, ok bool) {
	b, ok := r.Attributes[keptSharing]
	ok = ok && r.Type == key.SplitKey && cbor.Unmarshal(b, &p) == nil && p.Sharing().Check() == nil && p.Number > 0 && p.Bytes > 0 && p.Bytes <= key.MaxMaterial
	return p, ok
}

// mark makes a part say what it is one of.
func (p SplitPart) mark(r *key.Record) error {
	b, err := cbor.Marshal(p)
	if err != nil {
		return err
	}
	all := map[string][]byte{keptSharing: b}
	maps.Copy(all, r.Attributes)
	r.Attributes = all
	return nil
}

// learn completes a question that only names parts by what those say.
func (t *task) learn(in *JoinSpec) error {
	parts := make([]JoinPart, len(in.Parts))
	for i, named := range in.Parts {
		r, err := t.findAlso(access.Reveal, named.Ref)
		if err != nil {
			return err
		}
		p, ok := PartOf(r)
		if !ok {
			return fault.New(fault.Invalid, "key %s does not say that it is a part of a key", nameOf(r)).WithHint("Name parts that a split made.")
		}
		if i == 0 {
			in.Sharing, in.Bytes = p.Sharing(), p.Bytes
			if in.Key.Algorithm == 0 {
				in.Key.Algorithm = p.Algorithm
			}
		}
		if s := in.Sharing; p.Method != s.Method || p.Parts != s.Parts || p.Threshold != s.Threshold || !bytes.Equal(p.Prime, s.Prime) {
			return fault.New(fault.Invalid, "the parts are not of one key: they say different things of how it was split")
		}
		parts[i] = JoinPart{Ref: r.ID.String(), Number: p.Number}
	}
	in.Parts = parts
	return nil
}
