package vault

import (
	"context"
	"errors"
	"iter"
	"maps"

	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// maxOlder bounds how many versions before the newest are tried on one input, as maxSealers does for backups: what fits none costs an opening
// and an operation for each, and whoever may use the key can send it.
const maxOlder = 32

// tells is whether an operation on this input says of a version that it is not the one: what is authenticated does. In all other modes a wrong
// version gives other bytes and no error, so there only the newest is asked.
func (s *BareScheme) tells(op key.Operation, r *key.Record) bool {
	switch {
	case op == key.ToVerify || op == key.ToVerifyMAC:
		return true
	case op != key.ToDecrypt:
		return false
	case isRSA(r.Algorithm):
		return s.Padding != "pkcs1v15"
	}
	return s.Mode == "" || s.Mode == "gcm" || s.Mode == "ccm"
}

// misfit is whether a version says that it is not the one; material that does not open itself says something else.
func misfit(err error) bool {
	return errors.Is(err, primitive.ErrUnopened) && fault.KindOf(err) != fault.Internal
}

// fitting does something with the version that is named (0: the newest) and, if tells, with those before it where that one is not the one or
// is out of use by itself. do gives ErrUnopened for what does not fit.
func (u *using) fitting(ctx context.Context, op key.Operation, version uint32, tells bool, do func(o *opened, n uint32) error) error {
	before := u.entry
	before.Changes = maps.Clone(before.Changes)
	o, n, err := u.at(ctx, op, version)
	used := err == nil
	if used {
		err = do(o, n)
	}
	if tells && version == 0 && (used && misfit(err) || !used && u.apart(op, err)) {
		return u.older(ctx, op, before, used, err, do)
	}
	return err
}

// apart is whether what keeps the newest version from being used need not keep those before it: its own state, or that it does not open.
func (u *using) apart(op key.Operation, err error) bool {
	r := u.record
	if len(r.Versions) < 2 || r.Archived != 0 || r.State.Permits(op) == key.Refused {
		return false
	}
	switch fault.KindOf(err) {
	case fault.Internal:
		return true
	case fault.BadState:
		return !r.Parent.IsZero() || r.Latest().State.Permits(op) != key.Allowed
	}
	return false
}

// older does again what the newest version did not do, for the reason failed, with those before it, until one fits. It is one use of the key;
// used is whether that was counted. What the audit log says is of the one that fits, and of the newest if none does. One that does not
// open ends nothing, but is the reason if none fits.
func (u *using) older(ctx context.Context, op key.Operation, before audit.Entry, used bool, failed error, do func(o *opened, n uint32) error) error {
	r, newest := u.record, u.entry
	for ver := range u.earlier(op, before) {
		if err := ctx.Err(); err != nil {
			return err
		}
		o, err := u.peek(r, ver)
		if err != nil {
			if misfit(failed) {
				failed = err
			}
			continue
		}
		if amount := limited(r, false, 1, 0); !used && amount > 0 {
			if err := u.draw(ctx, r, u.v.usage.allowance(r), amount); err != nil {
				return err
			}
		}
		used = true
		switch err := do(o, ver.Number); {
		case misfit(err):
			continue
		case err != nil:
			return err
		}
		if !misfit(failed) && fault.KindOf(failed) == fault.Internal {
			u.v.log.Error("a version of a key does not open; another one fitted", "key", r.ID.String(), "err", failed)
		}
		return u.count(ctx, op, r, ver, u.retain(r, ver, o), 0, 0)
	}
	u.entry = newest
	return failed
}

// earlier are the versions before the newest that may be used for op, the newer first, at most maxOlder. The audit entry becomes what it was
// before, with that version in it.
func (u *using) earlier(op key.Operation, before audit.Entry) iter.Seq[*key.Version] {
	return func(yield func(*key.Version) bool) {
		r, byPolicy := u.record, true // whom policies let open one compromised version they let open all
		for i, n := len(r.Versions)-2, 0; i >= 0 && n < maxOlder && r.Versions[i].Number >= r.MinDecrypt; i-- {
			ver := &r.Versions[i]
			verdict := r.Permits(ver, op)
			if verdict == key.Refused || verdict == key.ByPolicy && !byPolicy {
				continue
			}
			u.entry = before
			u.entry.Changes, u.entry.KeyVersion = maps.Clone(before.Changes), ver.Number
			switch err := u.mayUse(op, r, ver); {
			case err != nil && verdict == key.ByPolicy:
				byPolicy = false
				continue
			case err != nil: // it is of the key, not of the version
				return
			}
			if n++; !yield(ver) {
				return
			}
		}
	}
}
