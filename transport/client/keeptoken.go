package client

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// keepPause is the least time between two looks at the own token, whatever its times say: the clocks of this machine and of the cluster may
// differ.
const keepPause = time.Second

// KeepToken prolongs the client's own token at once, and again each time that half of its TTL has passed, whatever this machine's clock
// says. It returns nil when the
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
			ttl, err := ttlOf(t)
			if err != nil {
				return err
			}
			if renew && t.MaxUntil != "" && t.ExpiresAt >= t.MaxUntil {
				return fault.New(fault.BadState, "the token ends at %s and can be prolonged no further", t.ExpiresAt).WithHint("Get a new token before that (`quorate token create`).")
			}
			if !renew {
				renew = true
				continue
			}
			pause = max(ttl/2, keepPause)
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

// ttlOf is how long a token lives from each renewal. A node that does not say it gives the end of the token alone, which is held against
// this machine's clock.
func ttlOf(t *api.Token) (time.Duration, error) {
	if t.TTL != "" {
		return period(t.TTL)
	}
	end, err := time.Parse(time.RFC3339, t.ExpiresAt)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, err, "the node answers with an end of the token that is no time")
	}
	return time.Until(end), nil
}

// period reads a duration of the API: as Go's, but for days in front ("1d12h").
func period(s string) (time.Duration, error) {
	bad := fault.New(fault.Internal, "the node answers with %.40q, which is no duration", s)
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "0", s
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, bad
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, bad
		}
	}
	return time.Duration(n)*24*time.Hour + d, nil
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
