package foreign

import (
	"strconv"
)

// What PyKMIP keeps as numbers: KMIP's own.
const (
	typeCertificate, typeSymmetric, typePublic, typePrivate = 1, 2, 3, 4
	typeSplit, typeSecret, typeOpaque                       = 5, 7, 8

	statePreActive, stateActive, stateDeactivated, stateCompromised = 1, 2, 3, 4

	algorithmAES, algorithmRSA, algorithmChaCha = 3, 4, 0x1c
)

// hmacs are KMIP's HMAC algorithms with the length that keys of them have here.
var hmacs = map[[2]int64]string{{9, 256}: "hmac-sha256", {10, 384}: "hmac-sha384", {11, 512}: "hmac-sha512"}

// MaxMaterial bounds the material of a key, in bytes. What is larger need not be read.
const MaxMaterial = 64 << 10

// maxNames bounds the names that are kept of one object.
const maxNames = 16

// number is one that may not be there.
type number struct {
	value int64
	there bool
}

// PyKMIPObject is one object as it lies in the database of PyKMIP's server. Whoever has it clears it.
type PyKMIPObject struct {
	uid, kind                       int64
	value                           []byte
	state, algorithm, bits, wrapped number
	names                           []string
}

// PyKMIPColumns is how many columns an object has.
const PyKMIPColumns = 7

// ParsePyKMIP takes an object from its columns, as a database hands them out: uid, object_type, value, state,
// cryptographic_algorithm, cryptographic_length, _kdw_wrapping_method. It keeps the value, and does not copy it; after an
// error it stays the caller's to clear. fault.Invalid for what
// is no number where that server writes one, and no bytes where it writes those.
func ParsePyKMIP(columns []any) (*PyKMIPObject, error) {
	if len(columns) != PyKMIPColumns {
		return nil, invalid("an object has %d columns", len(columns))
	}
	var numbers [PyKMIPColumns]number
	o := &PyKMIPObject{}
	for i, c := range columns {
		switch v := c.(type) {
		case nil:
		case int64:
			numbers[i] = number{v, true}
		case []byte:
			if i != 2 {
				return nil, invalid("column %d of an object is bytes", i+1)
			}
			o.value = v
		default:
			return nil, invalid("column %d of an object is neither a whole number nor bytes", i+1)
		}
	}
	if !numbers[0].there || !numbers[1].there || numbers[2].there {
		return nil, invalid("an object has no number, no type, or a number for its value")
	}
	o.uid, o.kind = numbers[0].value, numbers[1].value
	o.state, o.algorithm, o.bits, o.wrapped = numbers[3], numbers[4], numbers[5], numbers[6]
	return o, nil
}

// UID is the number that the object has there.
func (o *PyKMIPObject) UID() int64 { return o.uid }

// Size is how many bytes its value has.
func (o *PyKMIPObject) Size() int { return len(o.value) }

// AddName gives it one more name; the first is the one that it goes by.
func (o *PyKMIPObject) AddName(name string) {
	if len(o.names) < maxNames {
		o.names = append(o.names, name)
	}
}

// Clear wipes the value.
func (o *PyKMIPObject) Clear() { clear(o.value) }

// Key is what becomes of an object; it has a copy of the value.
func (o *PyKMIPObject) Key() Key {
	k := Key{ID: strconv.FormatInt(o.uid, 10), State: Active, Exportable: true}
	if len(o.names) > 0 {
		k.Name = o.names[0]
	}
	switch o.state.value {
	case statePreActive:
		if o.state.there {
			k.State, k.Note = Suspended, "it was not active yet: resume it to use it"
		}
	case stateDeactivated:
		k.State = Deactivated
	case stateCompromised:
		k.State = Compromised
	case stateActive, 0, -1: // opaque objects have none; -1 is how that server writes it
	default:
		k.Left = "it was destroyed"
		return k
	}
	k.Algorithm, k.Left = o.algorithmHere()
	switch {
	case k.Left != "":
	case o.wrapped.value > 0: // -1 is none, as that server writes it
		k.Left = "its material is wrapped by another key"
	case len(o.value) == 0 || len(o.value) > MaxMaterial:
		k.Left = "its material has no bytes, or too many"
	}
	if k.Left != "" {
		k.Algorithm = ""
		return k
	}
	k.Versions = []Version{{1, append([]byte(nil), o.value...), k.Algorithm != "x509" && o.kind != typePrivate}}
	return k
}

// algorithmHere is the algorithm of an object here, or why there is none.
func (o *PyKMIPObject) algorithmHere() (algorithm, left string) {
	switch o.kind {
	case typeCertificate:
		return "x509", ""
	case typePublic:
		return "", "it is a public key: the private key brings it along"
	case typePrivate:
		if o.algorithm.value != algorithmRSA {
			return "", "private keys other than RSA have no agreed form there"
		}
		switch o.bits.value {
		case 2048, 3072, 4096:
			return "rsa-" + strconv.FormatInt(o.bits.value, 10), ""
		}
		return "", "an RSA key of this length is not used here"
	case typeSecret:
		return "secret", ""
	case typeOpaque:
		return "opaque", ""
	case typeSymmetric:
		return o.symmetric(), ""
	case typeSplit:
		return "", "it is a part of a split key"
	}
	return "", "objects of its type are not kept here"
}

// symmetric is the algorithm of a symmetric key: one that is not used here is kept as a secret.
func (o *PyKMIPObject) symmetric() string {
	switch {
	case o.algorithm.value == algorithmAES && o.bits.value == 128:
		return "aes-128-gcm"
	case o.algorithm.value == algorithmAES && o.bits.value == 256:
		return "aes-256-gcm"
	case o.algorithm.value == algorithmChaCha && o.bits.value == 256:
		return "chacha20-poly1305"
	}
	if h := hmacs[[2]int64{o.algorithm.value, o.bits.value}]; h != "" {
		return h
	}
	return "secret"
}
