package vault

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/depot"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Documents of scheduled snapshots.
const (
	docSchedule = "snapshot-schedule" // BackupSchedule
	docBackups  = "snapshot-status"   // BackupStatus
)

// BackupSchedule says where the leader stores snapshots, how often, and how many are kept.
type BackupSchedule struct {
	Every      time.Duration `cbor:"1,keyasint"`
	To         string        `cbor:"2,keyasint"`           // URL of a folder or bucket; no credentials
	Keep       uint32        `cbor:"3,keyasint"`           // how many, at least; 0: 30
	KeepFor    time.Duration `cbor:"4,keyasint,omitempty"` // and those that are younger than this
	DrillEvery time.Duration `cbor:"5,keyasint,omitempty"` // 0: daily; negative: never
}

// BackupStatus is how scheduled snapshots and drills went. Times are zero while there was none.
type BackupStatus struct {
	Tried       key.Time `cbor:"1,keyasint,omitempty"`
	Succeeded   key.Time `cbor:"2,keyasint,omitempty"` // stored, read back and found authentic
	Name        string   `cbor:"3,keyasint,omitempty"` // of the newest good one
	Size        int64    `cbor:"4,keyasint,omitempty"`
	Error       string   `cbor:"5,keyasint,omitempty"` // of the last try; empty: it went well
	Stored      uint32   `cbor:"6,keyasint,omitempty"` // snapshots in the store then
	Drilled     key.Time `cbor:"7,keyasint,omitempty"` // a drill that succeeded
	DrillTried  key.Time `cbor:"8,keyasint,omitempty"`
	DrillError  string   `cbor:"9,keyasint,omitempty"`
	DrillMillis int64    `cbor:"10,keyasint,omitempty"`
	To          string   `cbor:"11,keyasint,omitempty"` // the store of which all of this tells
	Epoch       uint16   `cbor:"12,keyasint,omitempty"` // of the seal at the last success: the shares of which generation open what is stored
}

// Bounds of a schedule.
const (
	minBackupEvery = time.Minute
	maxBackupEvery = 31 * 24 * time.Hour
	defaultKeep    = 30
	maxKeep        = 10_000
	day            = 24 * time.Hour
	retryBackup    = 5 * time.Minute // after a failure, or Every if that is shorter
)

func (s *BackupSchedule) check() error {
	if s.Every < minBackupEvery || s.Every > maxBackupEvery {
		return fault.New(fault.Invalid, "snapshots are scheduled every minute to every 31 days, not every %v", s.Every)
	}
	if s.Keep > maxKeep || s.KeepFor < 0 || s.KeepFor > 20*366*day {
		return fault.New(fault.Invalid, "at most %d snapshots are kept, for at most 20 years", maxKeep)
	}
	if len(s.To) > 1024 {
		return fault.New(fault.Invalid, "the address of the store is longer than 1024 bytes")
	}
	return depot.Check(s.To)
}

// drillEvery is how often the newest snapshot is drilled; 0: never.
func (s *BackupSchedule) drillEvery() time.Duration {
	switch {
	case s.DrillEvery < 0:
		return 0
	case s.DrillEvery == 0:
		return day
	}
	return s.DrillEvery
}

// epochEvery is how long a snapshot key is used for new snapshots: long enough that the keys of all that are kept fit the document.
func (s *BackupSchedule) epochEvery() time.Duration {
	kept := max(time.Duration(s.keep())*s.Every, s.KeepFor)
	return max(day, s.Every, kept/maxEpochKeys)
}

func (s *BackupSchedule) keep() uint32 {
	if s.Keep == 0 {
		return defaultKeep
	}
	return s.Keep
}

// maxEpochKeys is how many keys of epochs are kept, about; their document has room for twice as many.
const maxEpochKeys = 500

type scheduleIn struct {
	Schedule *BackupSchedule // nil: none any more
}

var opSchedule = newWrite("sys.snapshot-schedule", access.Operate, putSchedule)

// SetBackupSchedule sets the schedule, or with nil ends it; what is stored stays.
func (v *Vault) SetBackupSchedule(ctx context.Context, c access.Caller, s *BackupSchedule) error {
	_, err := opSchedule.do(ctx, v, c, scheduleIn{s})
	return err
}

func putSchedule(ctx context.Context, t *task, in scheduleIn) (bool, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	if in.Schedule != nil {
		if err := in.Schedule.check(); err != nil {
			return false, err
		}
		t.change("to", in.Schedule.To)
		t.change("every", in.Schedule.Every.String())
	} else {
		t.change("schedule", "off")
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	if in.Schedule != nil {
		if err := tryStore(ctx, in.Schedule.To); err != nil {
			return false, err
		}
	}
	doc := t.link.machine.State().Document(docSchedule)
	if in.Schedule == nil {
		if doc == nil {
			return true, nil
		}
		_, err := t.propose(ctx, &fsm.DeleteDocument{Name: docSchedule, Expect: doc.Revision})
		return true, err
	}
	return true, t.putDoc(ctx, docSchedule, in.Schedule)
}

// tryStore finds out now whether this node, the leader, can keep snapshots there, rather than at the first turn.
func tryStore(ctx context.Context, to string) error {
	d, err := depot.Open(ctx, to)
	if err == nil {
		err = errors.Join(d.Try(ctx), d.Close())
	}
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	hint := f.Hint
	if f.Kind == fault.Internal {
		hint = "The node's user must be able to write, list, read and delete there. Of a folder: create it, give it to that user, and let its unit write there (runbook backups)."
	}
	return fault.Wrap(fault.Invalid, err, "the schedule was not set, because the leader cannot use the store: %s", f.Message).WithHint("%s", hint)
}

// putDoc writes a document over whatever is there now.
func (t *task) putDoc(ctx context.Context, name string, content any) error {
	body, err := cbor.Marshal(content)
	if err != nil {
		return err
	}
	return t.putBody(ctx, name, body)
}

func (t *task) putBody(ctx context.Context, name string, body []byte) error {
	expect := uint64(0)
	if doc := t.link.machine.State().Document(name); doc != nil {
		expect = doc.Revision
	}
	if _, err := io.ReadFull(t.v.cfg.Random, t.request.ID[:]); err != nil { // each is a request of its own
		return err
	}
	_, err := t.propose(ctx, &fsm.PutDocument{Name: name, Expect: expect, Body: body})
	return err
}

// BackupSchedule gives the schedule, nil for none, and how the last snapshots went.
func (v *Vault) BackupSchedule(ctx context.Context, c access.Caller) (*BackupSchedule, BackupStatus, error) {
	t, err := v.begin("sys.snapshot-schedule-show", access.Inspect, c, false)
	if err != nil {
		return nil, BackupStatus{}, err
	}
	err = t.inspect(ctx)
	if err := t.done(err); err != nil {
		return nil, BackupStatus{}, err
	}
	s := t.link.machine.State()
	sched := scheduleOf(s)
	return sched, sched.statusIn(s), nil
}

func scheduleOf(s *fsm.State) *BackupSchedule {
	var out BackupSchedule
	if doc := s.Document(docSchedule); doc == nil || cbor.Unmarshal(doc.Body, &out) != nil || out.check() != nil {
		return nil
	}
	return &out
}

func statusOf(s *fsm.State) (out BackupStatus) {
	if doc := s.Document(docBackups); doc != nil {
		_ = cbor.Unmarshal(doc.Body, &out) // what cannot be read tells of no success
	}
	return out
}

// statusIn is how it went by this schedule: what was done in another store says nothing of this one. Without a schedule, the last there is.
func (s *BackupSchedule) statusIn(state *fsm.State) BackupStatus {
	st := statusOf(state)
	if s != nil && st.To != "" && st.To != s.To {
		return BackupStatus{}
	}
	return st
}

// BackupHealth is what an alarm looks at, from this node's own state, sealed or not.
type BackupHealth struct {
	Scheduled bool
	Since     time.Time // when the schedule was set
	Every     time.Duration
	Succeeded time.Time // zero: never
	Drilled   time.Time
	// Overdue is set when the last success is longer ago than two turns; DrillOverdue likewise.
	Overdue, DrillOverdue bool
	Error, DrillError     string
}

// BackupHealth tells how the backups stand.
func (v *Vault) BackupHealth() (h BackupHealth) {
	s := v.state()
	if s == nil {
		return h
	}
	sched := scheduleOf(s)
	st := sched.statusIn(s)
	h.Succeeded, h.Drilled, h.Error, h.DrillError = timeOf(st.Succeeded), timeOf(st.Drilled), st.Error, st.DrillError
	if sched == nil {
		return h
	}
	since := timeOf(s.Document(docSchedule).Updated)
	late := func(last time.Time, every time.Duration) bool {
		if last.Before(since) {
			last = since
		}
		return every > 0 && v.cfg.Now().Sub(last) > 2*every
	}
	h.Since, h.Every = since, sched.Every
	h.Scheduled, h.Overdue, h.DrillOverdue = true, late(h.Succeeded, sched.Every), late(h.Drilled, sched.drillEvery())
	return h
}

func timeOf(t key.Time) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t))
}

// backups takes scheduled snapshots while this node leads. It returns when ctx ends.
func (v *Vault) backups(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		l, _, err := v.opened()
		if err != nil {
			continue
		}
		if _, self := l.replica.Leader(); !self {
			continue
		}
		backup, drill := v.dueBackups(l.machine.State())
		if !backup && !drill {
			continue
		}
		if backup {
			err = v.backUpNow(ctx)
		}
		if drill && err == nil {
			err = v.drillNow(ctx)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, fault.NoLeader) {
			v.log.Error("a scheduled snapshot, or the drill of one, failed", "err", err)
		}
	}
}

// outdated tells whether what is stored serves no more, however new it is: it lies in a store that the schedule no longer names, or only
// shares open it that a rekey has replaced. After a failure the usual pause is kept.
func (st *BackupStatus) outdated(s *fsm.State, sched *BackupSchedule) bool {
	moved := st.To != "" && st.To != sched.To
	return moved || st.Error == "" && st.Epoch != 0 && st.Epoch != sealEpoch(s)
}

// sealEpoch is the generation of the shares; 0 if the state has no seal.
func sealEpoch(s *fsm.State) uint16 {
	doc := s.Document(docSeal)
	if doc == nil {
		return 0
	}
	c, err := seal.DecodeConfig(doc.Body)
	if err != nil {
		return 0
	}
	return c.Epoch
}

// dueBackups tells what is to be done now.
func (v *Vault) dueBackups(s *fsm.State) (backup, drill bool) {
	sched, st := scheduleOf(s), statusOf(s)
	if sched == nil {
		return false, false
	}
	now := v.now(s)
	due := func(tried key.Time, failed bool, every time.Duration) bool {
		if failed {
			every = min(every, retryBackup)
		}
		return every > 0 && (tried == 0 || now >= tried.Add(every))
	}
	backup = due(st.Tried, st.Error != "", sched.Every) || st.outdated(s, sched)
	drill = (st.Succeeded != 0 || backup) && due(st.DrillTried, st.DrillError != "", sched.drillEvery())
	return backup, drill
}

// expired picks the snapshots that need not be kept: beyond the newest so many, and older than the time to keep. The newest is never among them.
func (s *BackupSchedule) expired(all []stored, now time.Time) (keep, drop []stored) {
	byAge := slices.Clone(all)
	slices.SortFunc(byAge, func(a, b stored) int { return b.at.Compare(a.at) })
	for i, o := range byAge {
		if i == 0 || uint32(i) < s.keep() || s.KeepFor > 0 && now.Sub(o.at) < s.KeepFor {
			keep = append(keep, o)
		} else {
			drop = append(drop, o)
		}
	}
	return keep, drop
}

// over picks the epochs of which every snapshot has expired, also those that the listing does not have: a store may tell of too few, and a destroyed
// key cannot be had back. What was sealed in an epoch is older than the next one's beginning, and than every snapshot of a later epoch that was seen.
func (s *BackupSchedule) over(epochs []archive.Epoch, keep []stored, now time.Time) (all []uint64) {
	for i, e := range epochs[:max(len(epochs)-1, 0)] {
		newer := 0
		for _, o := range keep {
			if o.epoch > e.Number {
				newer++
			}
		}
		if newer >= int(s.keep()) && now.Sub(time.UnixMilli(epochs[i+1].Began)) >= s.KeepFor {
			all = append(all, e.Number)
		}
	}
	return all
}
