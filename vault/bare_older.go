package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

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

// older does again what did not fit the newest version, with those before it that may still be used so, the newer first. It is one use of the
// key, which the newest version counted. Nothing changes when none fits.
func (u *using) older(ctx context.Context, op key.Operation, in *BareInput, out *BareOutput, do func(u *using, o *opened, in *BareInput, out *BareOutput) error) error {
	newest := u.entry.KeyVersion
	defer func() { u.entry.KeyVersion = out.Version }()
	for _, ver := range slices.Backward(u.record.Versions) {
		if ver.Number >= newest || u.mayUse(op, u.record, &ver) != nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		o, err := u.task.open(u.record, &ver)
		if err != nil {
			return err
		}
		var got BareOutput
		err = do(u, o, in, &got)
		switch {
		case errors.Is(err, primitive.ErrUnopened) || err == nil && op != key.ToDecrypt && !got.Valid:
			continue
		case err != nil:
			return err
		}
		*out = got
		out.Version = ver.Number
		return u.count(ctx, op, u.record, &ver, o, 0, 0)
	}
	if op == key.ToDecrypt {
		return primitive.ErrUnopened
	}
	return nil
}
