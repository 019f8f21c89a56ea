package kmip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// world is a door on a real vault.
type world struct {
	t      testing.TB
	f      *vaulttest.Fixture
	server *kmip.Server
	caller access.Caller
}

func open(t testing.TB) *world {
	t.Helper()
	f := vaulttest.New(t)
	w := &world{t: t, f: f, caller: f.Root()}
	w.server = newServer(w)
	return w
}

// as is the same door to another caller, by certificate.
func (w *world) as(name string) *world {
	o := *w
	o.caller = access.Caller{Principal: name, Kind: access.ByCertificate}
	return &o
}

// key makes an AES key by the vault, as another door would.
func (w *world) key(name string, exportable bool) *key.Record {
	w.t.Helper()
	r, err := w.f.Vault(0).CreateKey(w.t.Context(), w.f.Root(), vault.KeySpec{Name: name, Exportable: exportable})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// raw sends bytes and returns what came back.
func (w *world) raw(request []byte) ttlv.Item {
	w.t.Helper()
	e := ttlv.NewEncoder()
	defer e.Release()
	w.server.Answer(w.t.Context(), w.caller, request, e)
	b, err := e.Message()
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := ttlv.Decode(slices.Clone(b), ttlv.Limits{})
	if err != nil {
		w.t.Fatalf("the answer cannot be read: %v", err)
	}
	return m.Root()
}

// request is a request in XML: header elements beside version and count, and one item for each operation and payload.
func request(version, header string, items ...string) string {
	major, minor, _ := strings.Cut(version, ".")
	var b strings.Builder
	fmt.Fprintf(&b, `<RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="%s"/>`+
		`<ProtocolVersionMinor type="Integer" value="%s"/></ProtocolVersion>%s<BatchCount type="Integer" value="%d"/></RequestHeader>`, major, minor, header, len(items))
	for i, item := range items {
		op, payload, _ := strings.Cut(item, " ")
		fmt.Fprintf(&b, `<BatchItem><Operation type="Enumeration" value="%s"/><UniqueBatchItemID type="ByteString" value="%02X"/><RequestPayload>%s</RequestPayload></BatchItem>`, op, i+1, payload)
	}
	return b.String() + `</RequestMessage>`
}

// ask sends a request in XML.
func (w *world) ask(text string) ttlv.Item {
	w.t.Helper()
	m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
	if err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
	return w.raw(m.Root().Raw())
}

// items are the answers in a response.
func items(response ttlv.Item) (all []ttlv.Item) {
	for c := range response.Children() {
		if c.Tag() == wire.TagBatchItem {
			all = append(all, c)
		}
	}
	return all
}

// outcome is "Success", or the reason and message of a failure.
func outcome(t testing.TB, item ttlv.Item) string {
	t.Helper()
	status, err := item.Find(wire.TagResultStatus).Enumeration()
	if err != nil {
		t.Fatal(err)
	}
	if wire.ResultStatus(status) == wire.ResultStatusSuccess {
		return "Success"
	}
	if wire.ResultStatus(status) == wire.ResultStatusOperationUndone {
		return "OperationUndone"
	}
	reason, err := item.Find(wire.TagResultReason).Enumeration()
	if err != nil {
		t.Fatal(err)
	}
	text, err := item.Find(wire.TagResultMessage).Text()
	if err != nil {
		t.Fatal(err)
	}
	return wire.ResultReason(reason).String() + ": " + text
}

func outcomes(t testing.TB, response ttlv.Item) (all []string) {
	t.Helper()
	for _, item := range items(response) {
		all = append(all, outcome(t, item))
	}
	return all
}

// one asks for one operation that has to succeed and returns its payload.
func (w *world) one(version, item string) ttlv.Item {
	w.t.Helper()
	r := w.ask(request(version, "", item))
	if got := outcomes(w.t, r); !slices.Equal(got, []string{"Success"}) {
		w.t.Fatalf("%s: %v", item, got)
	}
	return items(r)[0].Find(wire.TagResponsePayload)
}

func xmlOf(t testing.TB, it ttlv.Item) string {
	t.Helper()
	b, err := ttlv.AppendXML(nil, it)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func byID(id string) string { return `<UniqueIdentifier type="TextString" value="` + id + `"/>` }

func byName(name string) string {
	return `<Attribute><AttributeName type="TextString" value="Name"/><AttributeValue><NameValue type="TextString" value="` + name +
		`"/><NameType type="Enumeration" value="UninterpretedTextString"/></AttributeValue></Attribute>`
}

// newServer is a door on the vault as it is now, after a restart.
func newServer(w *world) *kmip.Server { return newServerOf(w, 0) }

// newServerOf is the door of one node.
func newServerOf(w *world, node int) *kmip.Server {
	return kmip.New(w.f.Vault(node), kmip.Config{Now: w.f.Now, Node: w.f.Node(node)})
}
