package fsm

import (
	"bytes"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Campaign is the rewrapping of what older versions of a key wrap under its newest. Rotating a key that has children begins
// one, or takes the last one's place; the leader carries it out with RewrapKeys.
//
// How much is done is not kept but follows from what is left, so it cannot drift: nothing new comes under an older
// version, and whatever leaves one (rewrapped, destroyed, given another parent) is done.
type Campaign struct {
	Parent   key.ID   `cbor:"1,keyasint"`
	To       uint32   `cbor:"2,keyasint"` // version of the parent that wraps everything in the end
	Total    uint64   `cbor:"3,keyasint"` // versions of children to be moved when it began
	Started  key.Time `cbor:"4,keyasint"`
	Finished key.Time `cbor:"5,keyasint,omitempty"` // when nothing was left; 0 before
}

// campaignTable is the campaigns by parent, and those that are not finished.
type campaignTable struct {
	byParent index[Campaign, *Campaign]
	open     index[Campaign, *Campaign]
}

func newCampaignTable() campaignTable {
	self := func(c *Campaign) *Campaign { return c }
	less := func(a, b *Campaign) bool { return bytes.Compare(a.Parent[:], b.Parent[:]) < 0 }
	return campaignTable{
		byParent: newIndex(less, self, func(c *Campaign, to []*Campaign) []*Campaign { return append(to, c) }),
		open: newIndex(less, self, func(c *Campaign, to []*Campaign) []*Campaign {
			if c.Finished == 0 {
				to = append(to, c)
			}
			return to
		}),
	}
}

func (t *campaignTable) share() {
	t.byParent.share()
	t.open.share()
}

func (t *campaignTable) replace(old, fresh *Campaign) {
	t.byParent.replace(old, fresh)
	t.open.replace(old, fresh)
}

func (c *content) campaign(parent key.ID) *Campaign {
	found, _ := c.campaigns.byParent.tree.Get(&Campaign{Parent: parent})
	return found
}

func (d *Draft) putCampaign(old, fresh *Campaign) {
	d.dirty = true
	d.campaigns.replace(old, fresh)
}

// campaignFor begins the rewrapping of what older versions of a key that was rotated wrap.
func (d *Draft) campaignFor(parent *key.Record) {
	to := parent.Latest().Number
	if left := d.wrappedBefore(parent.ID, to); left > 0 {
		d.putCampaign(d.campaign(parent.ID), &Campaign{Parent: parent.ID, To: to, Total: uint64(left), Started: d.at})
	}
}

// settleCampaign ends a key's campaign once nothing is left under older versions.
func (d *Draft) settleCampaign(parent key.ID) {
	c := d.campaign(parent)
	if c == nil || c.Finished != 0 {
		return
	}
	if oldest := d.oldestWrap(parent); oldest != 0 && oldest < c.To {
		return
	}
	done := *c
	done.Finished = d.at
	d.putCampaign(c, &done)
}

func checkCampaign(c *Campaign, keys *keyTable) error {
	if e, ok := keys.byID.tree.Get(idEntry{id: c.Parent}); !ok || c.To == 0 || e.record().Version(c.To) == nil || c.Total == 0 || c.Started <= 0 || c.Finished < 0 {
		return fault.New(fault.Invalid, "the campaign of key %s lacks its key, its version or a date", c.Parent)
	}
	return nil
}

// Campaign is the last campaign of a key, and how many versions of children it has moved; nil if there was none.
func (s *State) Campaign(parent key.ID) (c *Campaign, done uint64) {
	if c = s.campaign(parent); c == nil {
		return nil, 0
	}
	return c, c.Total - uint64(s.wrappedBefore(parent, c.To))
}

// CampaignCount is the number of campaigns, finished ones among them.
func (s *State) CampaignCount() int { return s.campaigns.byParent.tree.Len() }

// OpenCampaigns lists the campaigns that are not finished, by parent, at most limit (0: 100).
func (s *State) OpenCampaigns(limit int) []*Campaign {
	limit = pageLimit(limit)
	var all []*Campaign
	s.campaigns.open.tree.Ascend(func(c *Campaign) bool {
		all = append(all, c)
		return len(all) < limit
	})
	return all
}
