package client

import (
	"context"
	"errors"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// keepPause is the least time between two looks at the own token, whatever its times say: the clocks of this machine and of the cluster may
// differ.
const keepPause = time.Second

// KeepToken prolongs the client's own token, by its TTL, each time that half of what is left of it has passed. It returns nil when the
// context ends, and at once for a token that lives for ever. An error says why the token is going to end: fault.BadState when it can be
// prolonged no further (Token.MaxUntil), fault.Unauthenticated when it has ended or was revoked. Nodes that do not answer, or cannot
// write now, are asked again. Run it beside the rest: go c.KeepToken(ctx).
func (c *Client) KeepToken(ctx context.Context) error {
	renew := false
	for {
		t, err := c.ownToken(ctx, renew)
		pause := keepPause
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !passing(err):
			return err
		case err == nil && t.ExpiresAt == "":
			return nil
		case err == nil:
			left, err := leftOf(t)
			if err != nil {
				return err
			}
			if renew && t.MaxUntil != "" && t.ExpiresAt >= t.MaxUntil {
				return fault.New(fault.BadState, "the token ends at %s and can be prolonged no further", t.ExpiresAt).WithHint("Get a new token before that (`quorate token create`).")
			}
			renew, pause = true, max(left/2, keepPause)
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// ownToken looks at the client's token, or prolongs it.
func (c *Client) ownToken(ctx context.Context, renew bool) (*api.Token, error) {
	if renew {
		return c.RenewToken(ctx, "")
	}
	return c.Token(ctx, "")
}

// leftOf is how long a token will live, by this machine's clock.
func leftOf(t *api.Token) (time.Duration, error) {
	end, err := time.Parse(time.RFC3339, t.ExpiresAt)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, err, "the node answers with an end of the token that is no time")
	}
	return time.Until(end), nil
}

// passing tells whether an error may be over soon.
func passing(err error) bool {
	for _, k := range []fault.Kind{fault.NoLeader, fault.Sealed, fault.Stale, fault.Busy, fault.Uncertain, fault.Full} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}
