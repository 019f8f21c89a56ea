package keas

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/transport/keas/xmlrpc"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

const maxCall = 1 << 20 // bytes of a call in XML

// procedure is one method of z3c.keyserver's XML-RPC. The answer that it returns is cleared once it is sent.
type procedure struct {
	params int
	work   func(ctx context.Context, h *Handler, c access.Caller, params [][]byte) ([]byte, error)
}

// procedures by name. The first parameter, where there is one, is the key-encrypting key in PEM.
var procedures = map[string]procedure{
	"generate": {0, func(ctx context.Context, h *Handler, c access.Caller, _ [][]byte) (answer []byte, err error) {
		err = h.make(ctx, c, func(kek []byte) { answer = xmlrpc.String(kek) })
		return answer, err
	}},
	"get": {1, func(ctx context.Context, h *Handler, c access.Caller, p [][]byte) (answer []byte, err error) {
		err = h.withDEK(ctx, c, p[0], func(dek []byte) error {
			answer = xmlrpc.Bytes(dek)
			return nil
		})
		return answer, err
	}},
	"contains": {1, func(ctx context.Context, h *Handler, c access.Caller, p [][]byte) ([]byte, error) {
		err := h.withDEK(ctx, c, p[0], func([]byte) error { return nil })
		if errors.Is(err, fault.NotFound) {
			return xmlrpc.Bool(false), nil
		}
		return xmlrpc.Bool(true), err
	}},
	"encrypt": {2, func(ctx context.Context, h *Handler, c access.Caller, p [][]byte) ([]byte, error) {
		return h.crypt(ctx, c, p, func(out *bytes.Buffer, dek []byte) error {
			return sealed.EncryptHeld(ctx, out, bytes.NewReader(p[1]), dek, sealed.MinSegment, nil)
		})
	}},
	// What keas.kmi's own code encrypted opens too; it is never written.
	"decrypt": {2, func(ctx context.Context, h *Handler, c access.Caller, p [][]byte) ([]byte, error) {
		return h.crypt(ctx, c, p, func(out *bytes.Buffer, dek []byte) error {
			if sealed.BeginsHeld(p[1]) {
				return sealed.DecryptHeld(ctx, out, bytes.NewReader(p[1]), dek, nil)
			}
			return legacy.Decrypt(out, bytes.NewReader(p[1]), dek, legacy.Detect(p[1], int64(len(p[1]))))
		})
	}},
}

// crypt runs work under the data key that p[0] opens, and answers with the bytes that it wrote.
func (h *Handler) crypt(ctx context.Context, c access.Caller, p [][]byte, work func(out *bytes.Buffer, dek []byte) error) (answer []byte, err error) {
	out := bytes.NewBuffer(make([]byte, 0, len(p[1])+512)) // never moved: so all of it can be cleared
	defer func() { clear(out.Bytes()) }()
	if err := h.withDEK(ctx, c, p[0], func(dek []byte) error { return work(out, dek) }); err != nil {
		return nil, err
	}
	return xmlrpc.Bytes(out.Bytes()), nil
}

// rpc is POST /RPC2. What a method fails with is a fault in an answer of status 200, as XML-RPC has it; its code is the
// status that the other paths would give.
func (h *Handler) rpc(ctx context.Context, c access.Caller, x *serve.Exchange, r *http.Request) error {
	return readBody(r, maxCall, func(body []byte) error {
		text, err := h.called(ctx, c, body)
		if err != nil {
			f := fault.Of(err)
			x.Failed(f.Kind)
			if f.Kind == fault.Internal {
				h.log.Error("request failed", "request_id", x.ID, "err", err)
			} else {
				h.log.Debug("request refused", "request_id", x.ID, "kind", f.Kind.String(), "err", err)
			}
			code := statuses[f.Kind]
			var own *codedFault
			if errors.As(err, &own) {
				code = own.code
			}
			clear(text)
			text = xmlrpc.Fault(code, f.Message)
		}
		defer clear(text)
		answer(x, "text/xml; charset=utf-8", text)
		return nil
	})
}

// codedFault is a fault whose code XML-RPC itself prescribes.
type codedFault struct {
	code  int
	fault error
}

func (e *codedFault) Error() string { return e.fault.Error() }
func (e *codedFault) Unwrap() error { return e.fault }

func (h *Handler) called(ctx context.Context, c access.Caller, body []byte) ([]byte, error) {
	call, err := xmlrpc.Decode(body)
	if err != nil {
		return nil, &codedFault{xmlrpc.NotWellFormed, err}
	}
	defer call.Clear()
	p, known := procedures[call.Method]
	if !known {
		return nil, &codedFault{xmlrpc.NoSuchMethod, fault.New(fault.Invalid, "There is no such method; there are generate, get, contains, encrypt and decrypt")}
	}
	if len(call.Params) != p.params {
		return nil, &codedFault{xmlrpc.WrongParams, fault.New(fault.Invalid, "%s takes %d parameters", call.Method, p.params)}
	}
	return p.work(ctx, h, c, call.Params)
}
