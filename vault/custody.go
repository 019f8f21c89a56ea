package vault

import "time"

// Custody is how the shares of the cluster stand. None of it is secret.
type Custody struct {
	Shares, Threshold int
	Epoch             uint16
	Since             time.Time   // when this epoch's shares were handed out
	Proved            []time.Time // when each custodian proved last to hold his share of this epoch; zero: never
	Unsettled         bool        // a rekey is not settled: shares of an epoch before still lead to the master key
}

// Custody tells how the shares stand, also on a sealed node; false while the node has no state to tell it from. It asks no
// policy: whoever calls it decides who may see it.
func (v *Vault) Custody() (Custody, bool) {
	s := v.state()
	if s == nil {
		return Custody{}, false
	}
	cfg, err := sealConfig(s)
	if err != nil {
		return Custody{}, false
	}
	c := Custody{Epoch: cfg.Epoch, Since: time.Unix(cfg.CreatedAt, 0), Unsettled: len(cfg.Handovers) > 0}
	c.Shares, c.Threshold = cfg.Shares()
	c.Proved = make([]time.Time, c.Shares)
	r, _, err := rolledIn(s, cfg)
	if err != nil {
		return Custody{}, false
	}
	for _, p := range r.Proved {
		if 1 <= p.Index && p.Index <= c.Shares {
			c.Proved[p.Index-1] = p.At.Time()
		}
	}
	return c, true
}

// Epochs tells by the shares of which epoch this node is open, 0 while it is sealed, and of which epoch the cluster's are, 0 while it does not
// know. They differ on a node that has not followed a rekey.
func (v *Vault) Epochs() (open, cluster uint16) {
	if room := v.open.Load(); room != nil {
		open, _ = room.opened.Epoch()
	}
	if s := v.state(); s != nil {
		if cfg, err := sealConfig(s); err == nil {
			cluster = cfg.Epoch
		}
	}
	return open, cluster
}
