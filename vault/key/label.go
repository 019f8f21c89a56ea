package key

// Limits on labels.
const (
	MaxLabels = 64   // names of one object, and likewise groups
	MaxLabel  = 1024 // bytes of one
)

// Label is a name that an object bears, or a group that it is in, beside Record.Name: any text, and what kind of text it is.
type Label struct {
	Value string `cbor:"1,keyasint"`
	Kind  uint32 `cbor:"2,keyasint,omitempty"` // of a name: KMIP's Name Type (KMIP 2.1, section 11.36)
	Index uint32 `cbor:"3,keyasint,omitempty"` // which of the object's several it is, for ever (KMIP 1.4, section 2.1.1)
}
