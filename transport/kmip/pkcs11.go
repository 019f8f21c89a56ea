package kmip

import (
	"encoding/binary"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// pkcs11 is PKCS#11 (KMIP 2.1, section 6.1.34), by which a client calls the functions of that interface. No token stands behind it here, so
// it can be initialized and finalized, tells about itself, and has no slots; every other function is not supported, with the return code that
// says so. It is initialized for a connection.
func pkcs11(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	function := payload.Find(wire.TagPKCS_11Function)
	f, err := function.Enumeration()
	if err != nil {
		return err
	}
	name := payload.Find(wire.TagPKCS_11Interface)
	if name.Present() {
		if _, err := name.Text(); err != nil {
			return err
		}
		out.Copy(name)
	}
	out.Copy(function)
	if c := payload.Find(wire.TagCorrelationValue); c.Present() {
		out.Copy(c)
	}
	answer, code := x.session.cryptoki(wire.PKCS_11Function(f))
	if answer != nil {
		out.Bytes(wire.TagPKCS_11OutputParameters, answer)
	}
	out.Enumeration(wire.TagPKCS_11ReturnCode, uint32(code))
	return nil
}

// cryptoki calls a function of PKCS #11, version 2.40.
func (n *Session) cryptoki(f wire.PKCS_11Function) ([]byte, wire.PKCS_11ReturnCode) {
	switch {
	case f == wire.PKCS_11FunctionC_Initialize && n.initialized:
		return nil, wire.PKCS_11ReturnCodeCRYPTOKI_ALREADY_INITIALIZED
	case f == wire.PKCS_11FunctionC_Initialize:
		n.initialized = true
		return nil, wire.PKCS_11ReturnCodeOK
	case f == wire.PKCS_11FunctionC_GetFunctionList: // the function list is the caller's library's
		return nil, wire.PKCS_11ReturnCodeOK
	case f < wire.PKCS_11FunctionC_Initialize || f > wire.PKCS_11FunctionC_WaitForSlotEvent:
		return nil, wire.PKCS_11ReturnCodeFUNCTION_NOT_SUPPORTED
	case !n.initialized:
		return nil, wire.PKCS_11ReturnCodeCRYPTOKI_NOT_INITIALIZED
	case f == wire.PKCS_11FunctionC_Finalize:
		n.initialized = false
		return nil, wire.PKCS_11ReturnCodeOK
	case f == wire.PKCS_11FunctionC_GetInfo:
		return cryptokiInfo(), wire.PKCS_11ReturnCodeOK
	case f == wire.PKCS_11FunctionC_GetSlotList:
		return binary.BigEndian.AppendUint64(nil, 0), wire.PKCS_11ReturnCodeOK
	}
	return nil, wire.PKCS_11ReturnCodeFUNCTION_NOT_SUPPORTED
}

// cryptokiInfo is the structure CK_INFO: versions of two bytes, texts of 32 filled up with blanks, flags of eight.
func cryptokiInfo() []byte {
	text := func(s string) []byte {
		b := []byte("                                ")
		copy(b, s)
		return b
	}
	b := append([]byte{2, 40}, text(vendor)...)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = append(b, text(vendor+" KMIP, no token")...)
	return append(b, 1, 0)
}
