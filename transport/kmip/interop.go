package kmip

import (
	"fmt"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

// interop is Interop (KMIP 2.1, section 6.1.27), by which a client tells that a test begins or ends: the audit log tells of it, and nothing
// else happens. To reset, which would take a server back to where it was before, is for servers that hold nothing else; this one is none.
func interop(x *exchange, payload ttlv.Item, _ *ttlv.Encoder) error {
	v, err := payload.Find(wire.TagInteropFunction).Enumeration()
	if err != nil {
		return err
	}
	name := ""
	if id := payload.Find(wire.TagInteropIdentifier); id.Present() {
		if name, err = id.Text(); err != nil {
			return err
		}
	}
	switch f := wire.InteropFunction(v); f {
	case wire.InteropFunctionBegin, wire.InteropFunctionEnd:
		return x.server.vault.Note(x.ctx, x.caller, "kmip.interop", fmt.Sprintf("%v %s", f, name))
	case wire.InteropFunctionReset:
		return because(wire.ResultReasonPermissionDenied, fault.New(fault.Denied, "this server keeps what it has: destroy what a test made, one by one"))
	default:
		return payload.Find(wire.TagInteropFunction).Fail("it is Begin, End or Reset")
	}
}

// logMessage is Log (KMIP 2.1, section 6.1.29): a client's own words for the audit log.
func logMessage(x *exchange, payload ttlv.Item, _ *ttlv.Encoder) error {
	text, err := payload.Find(wire.TagLogMessage).Text()
	if err != nil {
		return err
	}
	return x.server.vault.Note(x.ctx, x.caller, "kmip.log", text)
}

// ping is Ping (KMIP 2.1, section 6.1.37): an answer with nothing in it.
func ping(*exchange, ttlv.Item, *ttlv.Encoder) error { return nil }

// setEndpointRole is Set Endpoint Role (KMIP 2.1, section 6.1.50). The client stays one: this server asks clients for nothing.
func setEndpointRole(_ *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	item := payload.Find(wire.TagEndpointRole)
	v, err := item.Enumeration()
	if err != nil {
		return err
	}
	switch wire.EndpointRole(v) {
	case wire.EndpointRoleClient:
		out.Copy(item)
		return nil
	case wire.EndpointRoleServer:
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "this server sends no requests, so the roles cannot be changed over: stay a client"))
	}
	return item.Fail("it is Client or Server")
}
