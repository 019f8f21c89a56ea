package peer

// What the tests of the decoders reach directly.
var (
	EncodeMessage = encodeMessage
	DecodeMessage = decodeMessage
	ReadFrame     = readFrame
	WriteFrame    = writeFrame
	EncodeFault   = encodeFault
	DecodeFault   = decodeFault
)

// Frame types and protocols, for tests that speak the wire format themselves.
const (
	FrameAppend   = frameAppend
	FrameVote     = frameVote
	FrameSnapshot = frameSnapshot
	FrameAnswer   = frameAnswer
	FrameFault    = frameFault
	FrameJoin     = frameJoin
	ALPNRaft      = alpnRaft
	ALPNCall      = alpnCall
	ALPNJoin      = alpnJoin
	MaxTerm       = maxTerm
)

// Lent is the body of a call.
type Lent = lent

// Lend makes one.
func Lend(body []byte) *Lent { return &lent{left: body} }

// End is end.
func (l *lent) End() { l.end() }
