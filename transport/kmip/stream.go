package kmip

import (
	"crypto/rand"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

// Bounds on what the streams of one connection may hold.
const (
	maxStreams     = 16
	maxStreamBytes = 4 << 20
)

// Session is what lasts between the requests of one connection: data that arrives in parts (KMIP 1.3, section 4.29 and on: Init
// Indicator, Correlation Value, Final Indicator). It answers one request at a time, and holds parts of at most maxStreamBytes.
type Session struct {
	server  *Server
	streams map[string]*parcel // by Correlation Value
	held    int                // bytes in all of them

	once        bool // it ends with this request
	initialized bool // PKCS #11, by C_Initialize

	measure func(op *serve.Op, took time.Duration, outcome string) // nil: nobody measures
}

// Session begins a connection.
func (s *Server) Session() *Session { return &Session{server: s} }

// End forgets what the connection left unfinished.
func (s *Session) End() {
	for value, p := range s.streams {
		s.drop(value, p)
	}
}

func (s *Session) drop(value string, p *parcel) {
	s.held -= len(p.data)
	clear(p.data)
	delete(s.streams, value)
}

// parcel is what a cryptographic operation works on, whole. Of one that came in a single request the bytes are the request's.
type parcel struct {
	op         wire.Operation
	id         string
	parameters ttlv.Item // not Present where the request has none
	data       []byte
	iv, aad    []byte
	proof      []byte // the tag, the signature or the MAC
	digested   bool   // data is the digest

	more        bool   // further parts follow; only Encrypt answers those before the last
	correlation []byte // of a stream
	sent        int    // bytes of the answer that earlier parts had
	version     uint32 // of the key, that the first part was encrypted under; 0: the newest
}

// collect reads a payload. It returns nil when the data goes on: then it has written the answer. Of Encrypt it returns what there is so far,
// and leaves the rest of the answer to it. named is whether the operation
// is about an object; proof is what the operation may have beside its data; ask is asked before a first part is kept, but for Encrypt,
// which is done at once.
func (x *exchange) collect(op wire.Operation, named bool, payload ttlv.Item, proof wire.Tag, ask func(*parcel) error, out *ttlv.Encoder) (*parcel, error) {
	first, err := indicated(payload, wire.TagInitIndicator)
	if err != nil {
		return nil, err
	}
	last, err := indicated(payload, wire.TagFinalIndicator)
	if err != nil {
		return nil, err
	}
	p, err := readParcel(op, payload, proof)
	if err != nil {
		return nil, err
	}
	value := payload.Find(wire.TagCorrelationValue)
	switch {
	case value.Present():
		if p, err = x.session.goOn(value, p, last); err != nil {
			return nil, err
		}
		if named {
			x.about(p.id, out)
		}
		if p.more = !last; last || op == wire.OperationEncrypt {
			return p, nil
		}
		out.Copy(value)
		return nil, nil
	case named:
		if p.id, err = x.object(payload); err != nil {
			return nil, err
		}
		x.about(p.id, out)
	}
	if !first || last {
		return p, nil
	}
	if op != wire.OperationEncrypt {
		if err := ask(p); err != nil {
			return nil, err
		}
	}
	if p, err = x.session.begin(p); err != nil {
		return nil, err
	}
	if op == wire.OperationEncrypt {
		return p, nil
	}
	out.Bytes(wire.TagCorrelationValue, p.correlation)
	return nil, nil
}

func indicated(payload ttlv.Item, t wire.Tag) (bool, error) {
	if item := payload.Find(t); item.Present() {
		return item.Boolean()
	}
	return false, nil
}

// readParcel reads what a payload has. Data may be missing where there is a digest.
func readParcel(op wire.Operation, payload ttlv.Item, proof wire.Tag) (*parcel, error) {
	p := &parcel{op: op, parameters: payload.Find(wire.TagCryptographicParameters)}
	data := payload.Find(wire.TagData)
	if digest := payload.Find(wire.TagDigestedData); digest.Present() && (op == wire.OperationSign || op == wire.OperationSignatureVerify) {
		if data.Present() {
			return nil, data.Fail("there is Digested Data already; leave one out")
		}
		data, p.digested = digest, true
	}
	var err error
	if p.data, err = data.Bytes(); err != nil {
		return nil, err
	}
	for t, to := range map[wire.Tag]*[]byte{
		wire.TagIVCounterNonce: &p.iv, wire.TagAuthenticatedEncryptionAdditionalData: &p.aad, proof: &p.proof,
	} {
		if item := payload.Find(t); item.Present() && t != 0 {
			if *to, err = item.Bytes(); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// begin keeps the first part.
func (s *Session) begin(p *parcel) (*parcel, error) {
	switch {
	case s.once:
		return nil, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "data in parts needs one connection, which requests over HTTPS do not have; send it whole, or use the KMIP port"))
	case p.digested:
		return nil, fault.New(fault.Invalid, "a digest does not come in parts")
	}
	if len(s.streams) >= maxStreams || s.held+len(p.data) > maxStreamBytes {
		return nil, tooMuch()
	}
	kept := &parcel{op: p.op, id: p.id, data: append([]byte(nil), p.data...), iv: append([]byte(nil), p.iv...), aad: append([]byte(nil), p.aad...), proof: append([]byte(nil), p.proof...)}
	if p.parameters.Present() {
		m, err := ttlv.Decode(append([]byte(nil), p.parameters.Raw()...), ttlv.Limits{})
		if err != nil {
			return nil, err
		}
		kept.parameters = m.Root()
	}
	value := make([]byte, 16)
	if _, err := rand.Read(value); err != nil {
		return nil, err
	}
	if s.streams == nil {
		s.streams = map[string]*parcel{}
	}
	s.streams[string(value)] = kept
	s.held += len(kept.data)
	kept.more, kept.correlation = true, value
	return kept, nil
}

func tooMuch() error {
	return fault.New(fault.TooLarge, "one connection may hold %d unfinished operations with %d bytes in all", maxStreams, maxStreamBytes)
}

// goOn adds a part. After the last one the stream is the caller's, and no longer the session's; it ends too when a part does not fit.
func (s *Session) goOn(value ttlv.Item, part *parcel, last bool) (*parcel, error) {
	name, err := value.Bytes()
	if err != nil {
		return nil, err
	}
	p := s.streams[string(name)]
	if p == nil || p.op != part.op {
		return nil, because(wire.ResultReasonInvalidCorrelationValue, fault.New(fault.NotFound, "no operation goes on under this Correlation Value")) // or it began on another connection
	}
	if part.digested || s.held+len(part.data) > maxStreamBytes {
		s.drop(string(name), p)
		return nil, tooMuch()
	}
	longer := append(make([]byte, 0, max(2*len(p.data), len(p.data)+len(part.data))), p.data...)
	clear(p.data)
	p.data = append(longer, part.data...)
	s.held += len(part.data)
	if len(part.proof) > 0 {
		p.proof = append([]byte(nil), part.proof...) // the request is cleared
	}
	if last {
		s.held -= len(p.data)
		delete(s.streams, string(name))
	}
	return p, nil
}

// Held is what the session keeps for requests to come: how many streams, of how many bytes.
func (s *Session) Held() (streams, size int) { return len(s.streams), s.held }
