package vault

import (
	"sync"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// check refuses a patch that makes no sense for the record as it is. now is when the patch takes effect.
func (p *KeyPatch) check(r *key.Record, now key.Time) error {
	every, retire := r.RotateEvery, r.RetireAfter
	if p.RotateEvery != nil {
		every = *p.RotateEvery
	}
	if p.RetireAfter != nil {
		retire = *p.RetireAfter
	}
	if err := checkPeriods(every, retire); err != nil {
		return err
	}
	return checkDates(r, now, p.ActivateAt, p.DeactivAt, p.DestroyAt)
}

// checkDates refuses dates that have passed, that have acted already, or that would act in the wrong order. A nil date stays
// as the record has it; 0 takes it away.
func checkDates(r *key.Record, now key.Time, activate, deactivate, destroy *key.Time) error {
	if activate == nil && deactivate == nil && destroy == nil {
		return nil
	}
	for _, d := range []struct {
		name  string
		at    *key.Time
		acted bool
	}{
		{"activate_at", activate, r.State != key.PreActive},
		{"deactivate_at", deactivate, r.State.Permits(key.ToDeactivate) == key.Refused && r.State != key.PreActive},
		{"destroy_at", destroy, r.State.Gone()},
	} {
		switch {
		case d.at == nil:
		case d.acted:
			return fault.New(fault.BadState, "%s cannot be changed: key %s is %s already", d.name, nameOf(r), r.State)
		case *d.at != 0 && *d.at <= now:
			return fault.New(fault.Invalid, "%s lies in the past", d.name).WithHint("It is %s now, as the cluster sees it.", now)
		}
	}
	before := r.State == key.PreActive
	if !before && r.State.Permits(key.ToDeactivate) == key.Refused {
		return nil // only its destruction is yet to come
	}
	first, second, third := value(activate, r.ActivateAt), value(deactivate, r.DeactivAt), value(destroy, r.DestroyAt)
	switch {
	case before && second != 0 && second <= first:
		return fault.New(fault.Invalid, "deactivate_at must come after activate_at")
	case third == 0 || deactivate == nil && destroy == nil: // a destruction that was scheduled otherwise is not in question
		return nil
	case second == 0:
		return fault.New(fault.Invalid, "destroy_at needs deactivate_at: a key is deactivated before it is destroyed")
	case third < second:
		return fault.New(fault.Invalid, "destroy_at must not come before deactivate_at")
	}
	return nil
}

// given is a date that may be missing.
func given(at key.Time) *key.Time {
	if at == 0 {
		return nil
	}
	return &at
}

func value(given *key.Time, otherwise key.Time) key.Time {
	if given != nil {
		return *given
	}
	return otherwise
}

// mayEnd asks of a patch that gives a key, or its replaced versions, an earlier end what is asked of a destruction: the permission to
// destroy, and that nothing was used lately of what ends before DestroyGuard is over. Else a date would be the way around both.
func (t *task) mayEnd(r *key.Record, p *KeyPatch, now key.Time) error {
	dated := p.DestroyAt != nil && *p.DestroyAt != 0 && (r.DestroyAt == 0 || *p.DestroyAt < r.DestroyAt)
	retires := p.RetireAfter != nil && *p.RetireAfter != 0 && (r.RetireAfter == 0 || *p.RetireAfter < r.RetireAfter)
	if !dated && !retires {
		return nil
	}
	if err := t.alsoAllow(access.Destroy, r); err != nil {
		return err
	}
	if dated && *p.DestroyAt < now.Add(t.v.cfg.DestroyGuard) {
		if err := t.v.guard(r, 0, now); err != nil {
			return tooSoon("destroy_at", err)
		}
	}
	if !retires || *p.RetireAfter >= t.v.cfg.DestroyGuard {
		return nil
	}
	for i := range len(r.Versions) - 1 { // those without a date get one, from now
		if ver := &r.Versions[i]; !ver.State.Gone() && ver.DestroyAt == 0 {
			if err := t.v.guard(r, ver.Number, now); err != nil {
				return tooSoon("retire_after", err)
			}
		}
	}
	return nil
}

func tooSoon(field string, err error) error {
	return fault.New(fault.BadState, "%s is too soon: %s", field, fault.Of(err).Message).
		WithHint("Let it end later, or destroy it by force once nobody needs it (quorate key destroy --force --after 7d).")
}

// guardedUntil is when what was used lately may be destroyed without force, as far as the state and this node's own counts tell; 0: now.
// last is when it was used.
func (v *Vault) guardedUntil(r *key.Record, version uint32, now key.Time) (until, last key.Time) {
	last = v.lastUsed(r, version)
	if v.cfg.DestroyGuard < 0 || last == 0 || now >= last.Add(v.cfg.DestroyGuard) {
		return 0, last
	}
	return last.Add(v.cfg.DestroyGuard), last
}

// guard refuses to destroy what was used lately.
func (v *Vault) guard(r *key.Record, version uint32, now key.Time) error {
	until, last := v.guardedUntil(r, version, now)
	if until == 0 {
		return nil
	}
	what := "key " + nameOf(r)
	if version != 0 {
		what += " version " + number(version)
	}
	return fault.New(fault.BadState, "%s was used %s ago, and what was used within %s is destroyed only by force", what, ago(time.Duration(now-last)*time.Millisecond), key.FormatPeriod(v.cfg.DestroyGuard)).
		WithHint("What it protects is lost when it is destroyed. The audit log tells who used it. Once nobody needs it, repeat with force (--force): at once, or after a wait that can be called off if you ask for one (--after 7d). Or repeat without after %s.", until)
}

// ago is a time span as a person says it.
func ago(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.unit); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return number(uint32(n)) + " " + u.name + "s"
		}
	}
	return "less than a minute"
}

// refusals remembers which of the cluster's own steps were refused, such as the destruction of a key under legal hold: the
// step stays due, but is tried, logged and audited again only when the key or the policies changed, or after an hour.
type refusals struct {
	mu sync.Mutex
	of map[refusedStep]refusal // guarded by mu
}

type refusedStep struct {
	id      key.ID
	op      string
	version uint32
}

type refusal struct {
	revision, policies uint64
	until              key.Time
}

const refusalLasts = time.Hour

// open tells whether a step on r may be tried.
func (f *refusals) open(r *key.Record, op string, version uint32, policies uint64, now key.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was, ok := f.of[refusedStep{r.ID, op, version}]
	return !ok || was.revision != r.Revision || was.policies != policies || now >= was.until
}

// note remembers how a step on r went.
func (f *refusals) note(r *key.Record, op string, version uint32, policies uint64, now key.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch k := fault.KindOf(err); {
	case err == nil:
		delete(f.of, refusedStep{r.ID, op, version})
	case k == fault.Denied || k == fault.BadState || k == fault.Invalid || k == fault.TooLarge:
		if f.of == nil || len(f.of) > 100_000 { // forgetting costs a line in the audit log, no more
			f.of = map[refusedStep]refusal{}
		}
		f.of[refusedStep{r.ID, op, version}] = refusal{revision: r.Revision, policies: policies, until: now.Add(refusalLasts)}
	}
}
