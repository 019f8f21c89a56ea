package kmip

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Bounds of what a node does for clients that do not wait (KMIP 1.4, section 6.7; 2.1, section 8.2).
const (
	mostPending   = 256              // operations on a node, with those whose answers are kept
	mostOfOne     = 32               // of them, those of one client
	mostKept      = 16 << 20         // bytes of requests and of answers
	mostRunning   = 8                // requests that are worked on at one time; others wait
	keptFor       = 10 * time.Minute // how long an answer waits to be asked for
	randomOfValue = 16               // bytes of a correlation value before the name of its node
)

// whether a request is to be answered at once (Asynchronous Indicator).
type asynchrony uint8

const (
	atOnce  asynchrony = iota // not asked, prohibited, or left to the server (2.x: Optional)
	allowed                   // 1.x: true
	asked                     // 2.x: Mandatory
)

// direct are operations that are answered at once whatever the header says: they ask about others, are about the connection, or answer with
// what must not wait here for somebody to ask for it: material, plaintext and random bytes. Between the work and a Poll the object may be
// revoked, archived or destroyed, and the client lose its permission.
var direct = []wire.Operation{
	wire.OperationPoll, wire.OperationCancel, wire.OperationQueryAsynchronousRequests, wire.OperationQuery, wire.OperationDiscoverVersions, wire.OperationPing,
	wire.OperationLogin, wire.OperationLogout, wire.OperationDelegatedLogin, wire.OperationSetEndpointRole, wire.OperationInterop, wire.OperationPKCS_11,
	wire.OperationGet, wire.OperationExport, wire.OperationDecrypt, wire.OperationRNGRetrieve,
}

// stage is how far an operation came. Numbers are those of Processing Stage.
type stage uint8

const (
	submitted stage = 1
	inProcess stage = 2
	completed stage = 3
)

// client is who counts as one where there are bounds.
type client struct {
	kind      access.Kind
	principal string
}

// owner is who may ask for an operation: who began it, with the same token and in the same groups, since another token of the same principal
// may be good for less.
type owner struct {
	client

	token  key.ID
	groups string
}

func ownerOf(c access.Caller) owner {
	groups := slices.Sorted(slices.Values(c.Groups))
	for i, g := range groups {
		groups[i] = strconv.Quote(g)
	}
	return owner{client: client{c.Kind, c.Principal}, token: c.Token, groups: strings.Join(groups, ",")}
}

// errand is one operation that a client does not wait for. Its table's lock guards it.
type errand struct {
	value    string // the Asynchronous Correlation Value
	of       owner
	code     wire.Operation
	began    time.Time
	until    time.Time // when it is forgotten; zero until it is completed
	stage    stage
	canceled bool
	dropped  bool   // the node was sealed while it was being done: its answer is not kept
	told     bool   // its answer was asked for, so that it may make room for others
	answer   []byte // the whole batch item, once completed; cleared when it is forgotten
	size     int    // bytes that it counts with
}

// errands is the table of a node.
type errands struct {
	mu      sync.Mutex
	all     map[string]*errand
	size    int
	closed  bool
	work    sync.WaitGroup
	running chan struct{}
	ctx     context.Context //nolint:containedctx // ends with the server
	cancel  context.CancelFunc
}

func newErrands() *errands {
	e := &errands{all: map[string]*errand{}, running: make(chan struct{}, mostRunning)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

// Close ends what clients do not wait for: what was begun is ended until ctx does, then cut short; answers that nobody asked for are
// forgotten. Nothing is begun afterwards.
func (s *Server) Close(ctx context.Context) {
	e := s.errands
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.work.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	e.cancel()
	<-done
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.all {
		e.forgetLocked(d)
	}
}

// forgetLocked takes an errand out of the table.
func (e *errands) forgetLocked(d *errand) {
	if e.all[d.value] != d { // forgotten before
		return
	}
	clear(d.answer)
	e.size -= d.size
	delete(e.all, d.value)
}

// drop forgets every answer, and those of what is being done as soon as it is: the node is sealed.
func (e *errands) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.all {
		if d.dropped = true; d.stage == completed {
			e.forgetLocked(d)
		}
	}
}

// sweepLocked forgets answers that were not asked for in time.
func (e *errands) sweepLocked(now time.Time) {
	for _, d := range e.all {
		if !d.until.IsZero() && now.After(d.until) {
			e.forgetLocked(d)
		}
	}
}

// later does a request's operations after it is answered, if it asks for that and can be done so: it has written the answer then, that
// all are pending. false if the request is to be done at once.
func (n *Session) later(c access.Caller, r *request, m *ttlv.Message, out *ttlv.Encoder) (bool, error) {
	if r.asynchrony == atOnce || !deferrable(r) {
		return false, nil
	}
	s := n.server
	copied := slices.Clone(m.Root().Raw())
	kept, err := ttlv.Decode(copied, ttlv.Limits{Bytes: len(copied), Items: len(copied), Text: len(copied), Depth: s.cfg.Limits.Depth})
	if err != nil {
		clear(copied)
		return false, err
	}
	again := *r
	again.items = nil
	for item := range kept.Root().Children() {
		if item.Tag() == wire.TagBatchItem {
			again.items = append(again.items, item)
		}
	}
	all, err := s.errands.enter(c, again.items, s.cfg.Node, s.cfg.Now(), len(copied))
	if err != nil {
		clear(copied)
		if r.asynchrony == allowed { // the client can wait as well
			return false, nil
		}
		return false, err
	}
	items := ttlv.NewEncoder()
	defer items.Release()
	for i, item := range r.items {
		s.writeItem(items, item, func() { writePending(items, all[i].value) })
	}
	s.message(r, len(r.items), items, out)
	go func() {
		defer s.errands.work.Done()
		defer clear(copied)
		s.work(c, &again, all, n.measured)
	}()
	return true, nil
}

func writePending(out *ttlv.Encoder, value string) {
	out.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusOperationPending))
	out.Bytes(wire.TagAsynchronousCorrelationValue, []byte(value))
}

// deferrable tells whether a request can be done later. Data in parts belongs to a connection, and Undo to one answer.
func deferrable(r *request) bool {
	if r.undo || r.rights != nil {
		return false
	}
	for _, item := range r.items {
		code, err := item.Find(wire.TagOperation).Enumeration()
		p := item.Find(wire.TagRequestPayload)
		if err != nil || find(wire.Operation(code), r.version) == nil || slices.Contains(direct, wire.Operation(code)) ||
			p.Find(wire.TagInitIndicator).Present() || p.Find(wire.TagFinalIndicator).Present() || p.Find(wire.TagCorrelationValue).Present() {
			return false
		}
	}
	return true
}

// enter puts a request's operations into the table. fault.Busy where there is no room.
func (e *errands) enter(c access.Caller, items []ttlv.Item, node string, now time.Time, size int) ([]*errand, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweepLocked(now)
	of := ownerOf(c)
	if e.closed || !e.roomLocked(of.client, len(items), size) {
		return nil, fault.New(fault.Busy, "too much is under way, or waits to be asked for: poll what you began, or do without the Asynchronous Indicator")
	}
	var all []*errand
	for i, item := range items {
		var drawn [randomOfValue]byte
		_, _ = io.ReadFull(rand.Reader, drawn[:]) // it never fails
		code, _ := item.Find(wire.TagOperation).Enumeration()
		d := &errand{value: string(drawn[:]) + node, of: of, code: wire.Operation(code), began: now, stage: submitted}
		if i == 0 {
			d.size = size
		}
		e.size += d.size
		e.all[d.value] = d
		all = append(all, d)
	}
	e.work.Add(1)
	return all, nil
}

// roomLocked tells whether there is room for more operations of one client, once answers that were asked for have made some.
func (e *errands) roomLocked(of client, count, size int) bool {
	var told []*errand
	mine := 0
	for _, d := range e.all {
		if d.of.client == of {
			mine++
			if d.told {
				told = append(told, d)
			}
		}
	}
	slices.SortFunc(told, func(a, b *errand) int { return a.until.Compare(b.until) })
	for {
		if mine+count <= mostOfOne && len(e.all)+count <= mostPending && e.size+size <= mostKept {
			return true
		}
		if len(told) == 0 {
			return false
		}
		e.forgetLocked(told[0])
		told, mine = told[1:], mine-1
	}
}

// work does the operations of a request in their order, as batch does.
func (s *Server) work(c access.Caller, r *request, all []*errand, measure func(item ttlv.Item, began time.Time, err error)) {
	e := s.errands
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	case <-e.ctx.Done():
	}
	ctx, cancel := context.WithTimeout(e.ctx, timeout)
	defer cancel()
	session := s.Session()
	defer session.End()
	x := &exchange{ctx: ctx, server: s, session: session, caller: c, version: r.version}
	failed, next := false, 0
	defer func() {
		if p := recover(); p != nil { // its value may hold what it was about, so only its type is told
			s.cfg.Log.Error("an operation that nobody waits for panicked", "request_id", c.RequestID, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			s.abandon(x, r.items[next:], all[next:])
		}
	}()
	for i, item := range r.items {
		next = i
		out := ttlv.NewEncoder()
		var err error
		switch {
		case failed && !r.carryOn:
			err = because(wire.ResultReasonOperationCanceledByRequester, fault.New(fault.BadState, "an operation before it in the batch failed, so it was not done"))
		case !e.start(all[i]):
			err = because(wire.ResultReasonOperationCanceledByRequester, fault.New(fault.BadState, "it was canceled before it was done"))
		default:
			began := time.Now()
			err = s.item(x, item, out)
			measure(item, began, err)
			failed = failed || err != nil
		}
		if err != nil && out.Len() == 0 {
			s.writeItem(out, item, func() { s.writeFailure(out, x.version, err) })
		}
		answer, bad := out.Message()
		if bad != nil {
			s.cfg.Log.Error("an answer cannot be written", "request_id", c.RequestID, "err", bad)
		}
		e.complete(all[i], answer, s.cfg.Now())
		out.Release()
	}
	time.AfterFunc(keptFor, func() { e.sweep(s.cfg.Now()) })
}

// abandon answers what an operation that panicked left undone, itself among it: nobody knows how far it came.
func (s *Server) abandon(x *exchange, items []ttlv.Item, all []*errand) {
	for i, item := range items {
		out := ttlv.NewEncoder()
		err := because(wire.ResultReasonGeneralFailure, fault.New(fault.Internal, "it failed for a reason that only the log of the server tells"))
		s.writeItem(out, item, func() { s.writeFailure(out, x.version, err) })
		answer, _ := out.Message()
		s.errands.complete(all[i], answer, s.cfg.Now())
		out.Release()
	}
	time.AfterFunc(keptFor, func() { s.errands.sweep(s.cfg.Now()) })
}

func (e *errands) sweep(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweepLocked(now)
}

// start marks an operation as being done; false if it was canceled.
func (e *errands) start(d *errand) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.canceled {
		return false
	}
	d.stage = inProcess
	return true
}

// complete keeps an answer. One for which there is no room is kept all the same: it was done, and its client has to learn that.
func (e *errands) complete(d *errand, answer []byte, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.dropped {
		e.forgetLocked(d)
		return
	}
	d.answer, d.stage, d.until = slices.Clone(answer), completed, now.Add(keptFor)
	e.size += len(answer) - d.size
	d.size = len(answer)
}
