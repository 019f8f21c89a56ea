package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// importObject is Import (since KMIP 1.4, section 4.45; 2.1, section 6.1.26): Register, with the identifier that the client says. One of this
// vault's form is the object's id; of any other the id is made by a rule (vault.ForeignID), so that the object is found under both.
func importObject(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	said, err := payload.Find(wire.TagUniqueIdentifier).Text()
	if err != nil {
		return err
	}
	if said == "" {
		return payload.Find(wire.TagUniqueIdentifier).Fail("it is empty")
	}
	id, err := key.ParseID(said)
	if err != nil {
		id = vault.ForeignID(said)
	}
	replace := false
	if item := payload.Find(wire.TagReplaceExisting); item.Present() {
		if replace, err = item.Boolean(); err != nil {
			return err
		}
	}
	var loose []ttlv.Item
	for item := range payload.Children() {
		if item.Tag() == wire.TagAttribute {
			loose = append(loose, item)
		}
	}
	s, err := x.registered(payload, loose...)
	defer clear(s.Material)
	if err != nil {
		return err
	}
	s.ID, s.Replace, s.Force = id, replace, replace // KMIP has no other word for it, as with Destroy
	r, err := x.server.vault.RegisterKey(x.ctx, x.caller, s)
	if fault.KindOf(err) == fault.Exists && x.taken(id) { // else it is a name that is taken
		return because(wire.ResultReasonObjectAlreadyExists, fault.Of(err))
	}
	if err != nil {
		return err
	}
	x.id = r.ID.String()
	x.about(said, out)
	return nil
}

// taken tells whether an object of which the caller may know has an id.
func (x *exchange) taken(id key.ID) bool {
	_, err := x.server.vault.Key(x.ctx, x.caller, id.String())
	return err == nil
}
