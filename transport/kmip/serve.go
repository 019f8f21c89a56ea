package kmip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/serve"
)

// timeout bounds the work on one request.
const timeout = 30 * time.Second

// Serve answers the requests of one connection, in order, until it ends. It is the handler of a serve.Stream.
func (s *Server) Serve(ctx context.Context, c *serve.Conn) {
	session := s.Session()
	defer session.End()
	session.measure = c.Answered
	var first [1]byte
	var buf []byte
	for c.Next(first[:]) {
		var good bool
		if buf, good = session.exchange(ctx, c, io.MultiReader(bytes.NewReader(first[:]), c), buf); !good {
			return
		}
	}
}

// exchange reads one request and answers it. It returns the buffer for the next one, and whether there can be one.
func (n *Session) exchange(ctx context.Context, c *serve.Conn, r io.Reader, buf []byte) ([]byte, bool) {
	s := n.server
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out := ttlv.NewEncoder()
	defer out.Release()
	caller, unknown := c.Caller()
	request, err := ttlv.Read(r, buf, s.most())
	room := c.Begin()
	defer c.End() // also if the work panics
	var e *ttlv.Error
	switch {
	case unknown != nil:
		s.refuse(unread(), caller, unknown, out)
	case errors.As(err, &e): // where the next message would begin nobody knows
		s.refuse(unread(), caller, err, out)
	case err != nil:
		return nil, false
	case !room:
		n.overloaded(request, out)
	default:
		n.Answer(ctx, caller, request, out)
	}
	answer, failed := out.Message()
	c.End() // before the answer is written: a client that does not read holds no place
	if failed != nil {
		s.cfg.Log.Error("an answer cannot be written", "request_id", caller.RequestID, "err", failed)
		return nil, false
	}
	return request, c.Answer(answer) && err == nil && unknown == nil
}

// most is the size of a request, in bytes.
func (s *Server) most() int {
	if s.cfg.Limits.Bytes > 0 {
		return s.cfg.Limits.Bytes
	}
	return 1 << 20
}
