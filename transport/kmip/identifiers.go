package kmip

import (
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Since 2.0 an operation may name an object by what stands before it in the request: by the operation that told its identifier, or by where
// that stands among the identifiers of the answer (KMIP 2.1, section 11.58). Where several are meant, the operation is repeated for each.

// mostTold is how many identifiers of one answer are kept to be named by others.
const mostTold = 2 * mostLocated

// identifiers are those that the operations of one request told so far, as their answers have them.
type identifiers struct {
	told    []string
	began   int                                // of told, those before the operation that is being done
	by      map[wire.UniqueIdentifier][]string // by the last operation of a kind
	many    bool                               // there were more than mostTold
	payload ttlv.Item                          // of the operation that is being done

	repeats  bool     // an operation may be answered more than once
	subjects []string // what the operation is to be repeated for; nil: it is done once
	turn     int      // which of them it is done for
}

// tellers are the operations by which an object may be named.
var tellers = map[wire.Operation]wire.UniqueIdentifier{
	wire.OperationCertify: wire.UniqueIdentifierCertify, wire.OperationCreate: wire.UniqueIdentifierCreate, wire.OperationCreateKeyPair: wire.UniqueIdentifierCreateKeyPair,
	wire.OperationCreateSplitKey: wire.UniqueIdentifierCreateSplitKey, wire.OperationDeriveKey: wire.UniqueIdentifierDeriveKey, wire.OperationImport: wire.UniqueIdentifierImport,
	wire.OperationJoinSplitKey: wire.UniqueIdentifierJoinSplitKey, wire.OperationLocate: wire.UniqueIdentifierLocate, wire.OperationRegister: wire.UniqueIdentifierRegister,
	wire.OperationReKey: wire.UniqueIdentifierReKey, wire.OperationReCertify: wire.UniqueIdentifierReCertify, wire.OperationReKeyKeyPair: wire.UniqueIdentifierReKeyKeyPair,
}

// halvesOf are the names of the halves of a pair, whose identifiers are told in this order.
var halvesOf = map[wire.UniqueIdentifier][2]wire.UniqueIdentifier{
	wire.UniqueIdentifierCreateKeyPair: {wire.UniqueIdentifierCreateKeyPairPrivateKey, wire.UniqueIdentifierCreateKeyPairPublicKey},
	wire.UniqueIdentifierReKeyKeyPair:  {wire.UniqueIdentifierReKeyKeyPairPrivateKey, wire.UniqueIdentifierReKeyKeyPairPublicKey},
}

// tell keeps an identifier that an answer has.
func (x *exchange) tell(id string) {
	switch {
	case x.version.Before(wire.V20):
	case len(x.ids.told) >= mostTold:
		x.ids.many = true
	default:
		x.ids.told = append(x.ids.told, id)
	}
}

// half writes the identifier of one half of a pair.
func (x *exchange) half(t wire.Tag, id key.ID, out *ttlv.Encoder) {
	out.Text(t, id.String())
	x.tell(id.String())
}

// begin says which operation is being done now.
func (n *identifiers) begin(payload ttlv.Item) { n.began, n.payload = len(n.told), payload }

// end keeps what an operation told under its name. Turns of one are one operation.
func (n *identifiers) end(code wire.Operation) {
	name, ok := tellers[code]
	if !ok {
		return
	}
	if n.by == nil {
		n.by = map[wire.UniqueIdentifier][]string{}
	}
	all := slices.Clone(n.told[n.began:])
	names := map[wire.UniqueIdentifier][]string{name: all}
	if h, ok := halvesOf[name]; ok {
		names[h[0]], names[h[1]] = all[:min(1, len(all))], all[min(1, len(all)):]
	}
	for name, all := range names {
		if n.turn > 0 {
			all = append(slices.Clip(n.by[name]), all...)
		}
		n.by[name] = all
	}
}

// again tells whether the operation is to be done for one more object, and goes on to that.
func (n *identifiers) again() bool {
	if n.turn++; n.turn < len(n.subjects) {
		return true
	}
	n.turn, n.subjects = 0, nil
	return false
}

// meant is the identifier that a reference in a request is for.
func (x *exchange) meant(item ttlv.Item) (string, error) {
	n := &x.ids
	own := item == n.payload.Find(wire.TagUniqueIdentifier)
	if own && n.turn > 0 {
		return n.subjects[n.turn], nil
	}
	all, err := x.referredTo(item)
	switch {
	case err != nil:
		return "", err
	case len(all) == 1:
		return all[0], nil
	case !own || !n.repeats:
		return "", item.Fail("%d identifiers are meant, and this can be done for one: name it by its place among those of the answer, a number from 0 on", len(all))
	case len(all) > x.server.cfg.Batch:
		return "", because(wire.ResultReasonInvalidField, fault.New(fault.TooLarge, "%d identifiers are meant, and an operation is repeated for %d at most: locate fewer of them at a time, by Maximum Items", len(all), x.server.cfg.Batch))
	}
	n.subjects = all
	return all[0], nil
}

// referredTo are all identifiers that a reference is for.
func (x *exchange) referredTo(item ttlv.Item) ([]string, error) {
	n := &x.ids
	if item.Type() == ttlv.Integer {
		at, err := item.Integer()
		place := int(at)
		if at < 0 {
			place += n.began
		}
		switch {
		case err != nil:
			return nil, err
		case n.many:
			return nil, errManyTold
		case place < 0 || place >= n.began:
			return nil, because(wire.ResultReasonItemNotFound, fault.New(fault.Invalid, "the operations before this one told %d identifiers, and none of them is number %d", n.began, at))
		}
		return n.told[place : place+1], nil
	}
	v, err := item.Enumeration()
	name := wire.UniqueIdentifier(v)
	switch {
	case err != nil:
		return nil, err
	case name == wire.UniqueIdentifierIDPlaceholder:
		return []string{x.id}, nil
	case !wire.ValueIn(wire.TagUniqueIdentifier, v, x.version) || v>>31 == 1:
		return nil, item.Fail("no operation is known by that name here")
	case n.many:
		return nil, errManyTold
	case len(n.by[name]) == 0:
		return nil, because(wire.ResultReasonItemNotFound, fault.New(fault.Invalid, "no %v before this operation told an identifier", name))
	}
	return n.by[name], nil
}

var errManyTold = fault.New(fault.TooLarge, "the operations before this one told more than %d identifiers: name the object by its own", mostTold)

// mostSent is how many identifiers go to the leader with operations that are done there.
const mostSent = 1000

// told says in a part what was told before it.
func (p *part) told(n *identifiers) {
	if p.Many = n.many || len(n.told) > mostSent; !p.Many {
		p.Told, p.By = n.told, n.by
	}
}

// toldFor keeps what one operation told that was done on the leader. After several of them there are no more.
func (n *identifiers) toldFor(items []ttlv.Item, told []string) {
	if len(items) != 1 {
		return
	}
	n.began, n.told = len(n.told), append(n.told, told...)
	if code, err := items[0].Find(wire.TagOperation).Enumeration(); err == nil {
		n.end(wire.Operation(code))
	}
}
