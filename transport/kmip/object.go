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
	id = identified(id).String()
	if !x.rights.cover(x.code, id) {
		return "", fault.New(fault.NotFound, "%s", notFound)
	}
	return id, nil
}

// identified is the id of what a request names: what is none of this vault's form is another system's, of which the id is made by a rule. Never
// a name of the vault's.
func identified(text string) key.ID {
	id, err := key.ParseID(text)
	if err != nil {
		return vault.ForeignID(text)
	}
	return id
}

// identifiedLink is a link in a request with the id of the object to which it leads, where that is another system's identifier of one that is here.
func (x *exchange) identifiedLink(v ttlv.Item) (ttlv.Item, error) {
	to := v.Find(wire.TagLinkedObjectIdentifier)
	if !to.Present() || to.Type() != ttlv.TextString {
		return v, nil
	}
	text, err := to.Text()
	if err != nil {
		return v, err
	}
	if _, err := key.ParseID(text); err == nil {
		return v, nil
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, identified(text).String())
	if err != nil { // it leads nowhere
		return v, nil
	}
	var e ttlv.Encoder
	e.Structure(v.Tag(), func() {
		for c := range v.Children() {
			if c.Tag() == wire.TagLinkedObjectIdentifier {
				e.Text(c.Tag(), r.ID.String())
			} else {
				e.Copy(c)
			}
		}
	})
	b, err := e.Message()
	if err != nil {
		return v, err
	}
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		return v, err
	}
	return m.Root(), nil
}

// done writes the identifier of the object that an operation was about, and keeps it for the next.
func (x *exchange) done(id key.ID, out *ttlv.Encoder) { x.about(id.String(), out) }

// about is done for an identifier as a request has it.
func (x *exchange) about(id string, out *ttlv.Encoder) {
	x.id = id
	out.Text(wire.TagUniqueIdentifier, id)
	x.tell(id)
}
