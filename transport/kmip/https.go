package kmip

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Path is where the protocol is spoken over HTTPS (KMIP Profiles 1.4, section 5.6).
const Path = "/kmip"

// encoding is one of the three in which a message travels over HTTPS (KMIP Profiles 1.4, sections 5.4 to 5.6).
type encoding struct {
	name   string // its content type
	limit  int    // how many times longer than in binary a message may be
	decode func(text []byte, l ttlv.Limits) (*ttlv.Message, error)
	append func(b []byte, it ttlv.Item) ([]byte, error)
}

var (
	inBinary = &encoding{"application/octet-stream", 1, ttlv.Decode, func(b []byte, it ttlv.Item) ([]byte, error) { return append(b, it.Raw()...), nil }}
	inXML    = &encoding{"text/xml", 4, ttlv.DecodeXML, ttlv.AppendXML}
	inJSON   = &encoding{"application/json", 4, ttlv.DecodeJSON, ttlv.AppendJSON}
)

// encodings are those that a content type names.
var encodings = map[string]*encoding{
	"application/octet-stream": inBinary, "application/x-octet-stream": inBinary,
	"text/xml": inXML, "application/xml": inXML, "application/json": inJSON,
}

// ServeHTTP answers a request by POST in the encoding that it came in. w must come from a serve.Server (or serve.Gate). What is
// wrong with the message is told in a message, with status 200; HTTP's own statuses are for what is wrong with the request around
// it. Data in parts does not go on from one request to the next: they need not reach the same node.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := serve.Of(w)
	if x == nil {
		panic("kmip: served without a serve.Server")
	}
	x.Op = &s.overHTTP
	x.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		x.Header().Set("Allow", http.MethodPost)
		s.failHTTP(x, http.StatusMethodNotAllowed, fault.Invalid)
		return
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	form := encodings[kind]
	if form == nil || err != nil { // without a type a page of another site could send it, with the browser's certificate
		s.failHTTP(x, http.StatusUnsupportedMediaType, fault.Invalid)
		return
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, int64(form.limit*s.most())))
	defer clear(body)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		s.failHTTP(x, http.StatusRequestEntityTooLarge, fault.TooLarge)
		return
	case err != nil:
		s.failHTTP(x, http.StatusBadRequest, fault.Invalid)
		return
	}
	s.answerHTTP(x, r, form, body)
}

// readAll is io.ReadAll that leaves nothing behind: what was outgrown is cleared. The caller clears what it gets, whatever the error.
func readAll(r io.Reader) ([]byte, error) {
	b := make([]byte, 0, 4<<10)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF: //nolint:errorlint // a reader returns it bare
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			longer := append(make([]byte, 0, 2*cap(b)), b...)
			clear(b)
			b = longer
		}
	}
}

func (s *Server) failHTTP(x *serve.Exchange, status int, k fault.Kind) {
	x.Failed(k)
	x.WriteHeader(status)
}

func (s *Server) answerHTTP(x *serve.Exchange, r *http.Request, form *encoding, body []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	out := ttlv.NewEncoder()
	defer out.Release()
	caller, unknown := serve.Identify(x, r, s.vault)
	caller.Door, caller.Retry = "kmip", "" // whatever the port; and a message has several operations, which no one key could tell apart
	request, err := form.decode(body, s.cfg.Limits)
	switch {
	case unknown != nil:
		s.refuse(unread(), access.Caller{Remote: r.RemoteAddr, Door: "kmip", RequestID: x.ID}, unknown, out)
	case err != nil:
		bad := unread()
		if request != nil { // its values are wrong, not its form
			bad, _ = s.header(request.Root())
		}
		s.refuse(bad, caller, err, out)
	default:
		session := s.Session()
		session.once = true
		defer session.End()
		session.message(ctx, caller, request, out)
	}
	answer, err := out.Message()
	var m *ttlv.Message
	if err == nil {
		m, err = ttlv.Decode(answer, ttlv.Limits{Bytes: len(answer), Items: len(answer), Text: len(answer)})
	}
	var text []byte
	defer func() { clear(text) }()
	if err == nil {
		text, err = form.append(nil, m.Root())
	}
	if err != nil {
		s.cfg.Log.Error("an answer cannot be written", "request_id", x.ID, "err", err)
		s.failHTTP(x, http.StatusInternalServerError, fault.Internal)
		return
	}
	x.Header().Set("Content-Type", form.name)
	_, _ = x.Write(text) // the client is gone
}
