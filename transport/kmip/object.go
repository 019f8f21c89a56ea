package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// object is the id of the object that a payload names: by its identifier, or as the one that the operation before
// found, the ID placeholder (KMIP 1.4, section 4; 2.1, section 6.1).
func (x *exchange) object(payload ttlv.Item) (string, error) {
	return x.objectAt(payload.Find(wire.TagUniqueIdentifier))
}

// objectAt is object of an identifier under whatever tag.
func (x *exchange) objectAt(item ttlv.Item) (string, error) {
	id := x.id
	switch {
	case !x.version.Before(wire.V20) && (item.Type() == ttlv.Enumeration || item.Type() == ttlv.Integer):
		var err error
		if id, err = x.meant(item); err != nil {
			return "", err
		}
	case item.Present():
		text, err := item.Text()
		if err != nil {
			return "", err
		}
		id = text
	}
	if id == "" {
		return "", because(wire.ResultReasonItemNotFound, fault.New(fault.NotFound, "no object is named, and no operation before found one"))
	}
	if _, err := key.ParseID(id); err != nil { // the vault would take it for a name
		id = vault.ForeignID(id).String()
	}
	if !x.rights.cover(x.code, id) {
		return "", fault.New(fault.NotFound, "%s", notFound)
	}
	return id, nil
}

// done writes the identifier of the object that an operation was about, and keeps it for the next.
func (x *exchange) done(id key.ID, out *ttlv.Encoder) { x.about(id.String(), out) }

// about is done for an identifier as a request has it.
func (x *exchange) about(id string, out *ttlv.Encoder) {
	x.id = id
	out.Text(wire.TagUniqueIdentifier, id)
	x.tell(id)
}
