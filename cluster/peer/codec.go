package peer

import (
	"encoding/binary"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
)

const (
	maxTerm       = 1 << 62 // no cluster gets there by elections; a higher one would end elections for good
	minEntry      = 12      // no log entry encodes to fewer bytes
	maxIdentifier = 1 << 10
)

var errBody = fault.New(fault.Invalid, "a Raft message cannot be read")

// codec reads or writes Raft messages. Each message is described once, field by field, for both directions.
// Numbers are uvarints, byte strings have their length in front. Read byte strings alias the buffer; empty ones
// become nil. After the first error nothing more is read. Writing changes nothing in the message: raft shares log entries
// between its goroutines.
type codec struct {
	buf     []byte // writing: grows; reading: shrinks
	reading bool
	err     error
}

func (c *codec) fail() {
	if c.err == nil {
		c.err = errBody
	}
	c.buf = nil
}

func (c *codec) number(n *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *n)
		return
	}
	v, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.fail()
		*n = 0
		return
	}
	*n, c.buf = v, c.buf[size:]
}

func (c *codec) signed(n *int64) {
	u := uint64(*n)
	if !c.reading {
		c.buf = binary.BigEndian.AppendUint64(c.buf, u)
		return
	}
	if len(c.buf) < 8 {
		c.fail()
		return
	}
	*n, c.buf = int64(binary.BigEndian.Uint64(c.buf)), c.buf[8:]
}

func (c *codec) bytes(b *[]byte) {
	n := uint64(len(*b))
	c.number(&n)
	if !c.reading {
		c.buf = append(c.buf, *b...)
		return
	}
	if n > uint64(len(c.buf)) {
		c.fail()
		n = 0
	}
	*b = nil
	if n > 0 {
		*b, c.buf = c.buf[:n:n], c.buf[n:]
	}
}

func (c *codec) flag(f *bool) {
	var n uint64
	if *f {
		n = 1
	}
	c.number(&n)
	if n > 1 {
		c.fail()
	}
	if c.reading {
		*f = n == 1
	}
}

// term is a number that must be one that elections can reach.
func (c *codec) term(n *uint64) {
	c.number(n)
	if *n > maxTerm {
		if c.err == nil {
			c.err = fault.New(fault.Invalid, "a Raft message names a term that no election can reach")
		}
		c.buf = nil
	}
}

func (c *codec) header(h *raft.RPCHeader) {
	version := uint64(h.ProtocolVersion)
	c.number(&version)
	if version > 1<<16 {
		c.fail()
	}
	if c.reading {
		h.ProtocolVersion = raft.ProtocolVersion(version)
	}
	c.bytes(&h.ID)
	c.bytes(&h.Addr)
	if len(h.ID) > maxIdentifier || len(h.Addr) > maxIdentifier {
		c.fail()
	}
}

func (c *codec) entry(e *raft.Log) {
	c.number(&e.Index)
	c.term(&e.Term)
	kind := uint64(e.Type)
	c.number(&kind)
	if kind > 255 {
		c.fail()
	}
	if c.reading {
		e.Type = raft.LogType(kind)
	}
	c.bytes(&e.Data)
	c.bytes(&e.Extensions)
	c.instant(&e.AppendedAt)
}

func (c *codec) instant(t *time.Time) {
	sec, nsec := t.Unix(), uint64(t.Nanosecond())
	c.signed(&sec)
	c.number(&nsec)
	if nsec >= uint64(time.Second) {
		c.fail()
		return
	}
	if c.reading {
		*t = time.Unix(sec, int64(nsec)).UTC()
	}
}

func (c *codec) entries(list *[]*raft.Log) {
	n := uint64(len(*list))
	c.number(&n)
	if !c.reading {
		for _, e := range *list {
			c.entry(e)
		}
		return
	}
	*list = nil
	if n > uint64(len(c.buf)/minEntry) {
		c.fail()
		return
	}
	if n == 0 {
		return
	}
	backing := make([]raft.Log, n)
	out := make([]*raft.Log, n)
	for i := range backing {
		c.entry(&backing[i])
		out[i] = &backing[i]
	}
	*list = out
}

func (c *codec) appendRequest(m *raft.AppendEntriesRequest) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.bytes(&m.Leader) //lint:ignore SA1019 raft still fills it in, and every field travels
	c.number(&m.PrevLogEntry)
	c.term(&m.PrevLogTerm)
	c.entries(&m.Entries)
	c.number(&m.LeaderCommitIndex)
}

func (c *codec) appendAnswer(m *raft.AppendEntriesResponse) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.number(&m.LastLog)
	c.flag(&m.Success)
	c.flag(&m.NoRetryBackoff)
}

func (c *codec) voteRequest(m *raft.RequestVoteRequest) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.bytes(&m.Candidate) //lint:ignore SA1019 raft still fills it in, and every field travels
	c.number(&m.LastLogIndex)
	c.term(&m.LastLogTerm)
	c.flag(&m.LeadershipTransfer)
}

func (c *codec) voteAnswer(m *raft.RequestVoteResponse) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.bytes(&m.Peers)
	c.flag(&m.Granted)
}

func (c *codec) preVoteRequest(m *raft.RequestPreVoteRequest) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.number(&m.LastLogIndex)
	c.term(&m.LastLogTerm)
}

func (c *codec) preVoteAnswer(m *raft.RequestPreVoteResponse) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.flag(&m.Granted)
}

func (c *codec) snapshotRequest(m *raft.InstallSnapshotRequest) {
	c.header(&m.RPCHeader)
	version := uint64(m.SnapshotVersion)
	c.number(&version)
	if version > 1<<16 {
		c.fail()
	}
	if c.reading {
		m.SnapshotVersion = raft.SnapshotVersion(version)
	}
	c.term(&m.Term)
	c.bytes(&m.Leader)
	c.number(&m.LastLogIndex)
	c.term(&m.LastLogTerm)
	c.bytes(&m.Peers)
	c.bytes(&m.Configuration)
	c.number(&m.ConfigurationIndex)
	c.signed(&m.Size)
}

func (c *codec) snapshotAnswer(m *raft.InstallSnapshotResponse) {
	c.header(&m.RPCHeader)
	c.term(&m.Term)
	c.flag(&m.Success)
}

// message writes or reads whatever m points to. False: not a Raft message.
func (c *codec) message(m any) bool {
	switch m := m.(type) {
	case *raft.AppendEntriesRequest:
		c.appendRequest(m)
	case *raft.AppendEntriesResponse:
		c.appendAnswer(m)
	case *raft.RequestVoteRequest:
		c.voteRequest(m)
	case *raft.RequestVoteResponse:
		c.voteAnswer(m)
	case *raft.RequestPreVoteRequest:
		c.preVoteRequest(m)
	case *raft.RequestPreVoteResponse:
		c.preVoteAnswer(m)
	case *raft.InstallSnapshotRequest:
		c.snapshotRequest(m)
	case *raft.InstallSnapshotResponse:
		c.snapshotAnswer(m)
	case *raft.TimeoutNowRequest:
		c.header(&m.RPCHeader)
	case *raft.TimeoutNowResponse:
		c.header(&m.RPCHeader)
	default:
		return false
	}
	return true
}

// encodeMessage appends a whole frame with m to buf, which must be empty. Kinds: fault.TooLarge, fault.Invalid (a term
// out of bounds is refused on the way out, too).
func encodeMessage(buf []byte, kind byte, m any, limit int) ([]byte, error) {
	c := codec{buf: appendHead(buf, kind)}
	if !c.message(m) {
		return buf, errFrameKind
	}
	if c.err != nil {
		return buf, c.err
	}
	return c.buf, seal(c.buf, limit)
}

// decodeMessage reads body into m, which then aliases body. Kind: fault.Invalid.
func decodeMessage(body []byte, m any) error {
	c := codec{buf: body, reading: true}
	if !c.message(m) {
		return errFrameKind
	}
	if c.err == nil && len(c.buf) > 0 {
		c.fail()
	}
	return c.err
}
