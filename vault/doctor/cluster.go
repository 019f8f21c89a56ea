package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// How old the proofs may be that the cluster could be opened and restored.
const (
	rollCallWithin = 90 * 24 * time.Hour
	rollCallNotice = 14 * 24 * time.Hour // warned so much earlier
	drillWithin    = 30 * 24 * time.Hour
)

func spareVoters(f *Facts, r *report) {
	c := f.Cluster
	spare := c.Up - (c.Voters/2 + 1)
	s := grade(spare, 1, 0)
	next := "Add nodes with `quorate server --join`, or bring the missing ones back."
	if s == Attention && c.Up < c.Voters {
		s = ActNow // it was built to lose one, and has
	}
	r.say(s, next, "%d of %d voters up, %d may be lost", c.Up, c.Voters, max(spare, 0))
}

// zones tells of a zone whose loss costs the quorum. Where members name one zone or none, nothing is known of the others, and nothing asked of them.
func zones(f *Facts, r *report) {
	c := f.Cluster
	if len(c.Zones) < 2 {
		r.ok("%d named", len(c.Zones))
		return
	}
	next := "Give a vote to members in other zones, three zones at least: `quorate operator promote`, or add nodes with `quorate server --zone --join`."
	for _, zone := range slices.Sorted(maps.Keys(c.Zones)) {
		here, stand := c.Zones[zone], "stand"
		if c.Voters-here >= c.Voters/2+1 {
			continue
		}
		if here == 1 {
			stand = "stands"
		}
		r.say(Attention, next, "%d of %d voters %s in %s: without that zone there is no quorum", here, c.Voters, stand, zone)
	}
	if len(r.findings) == 0 {
		r.ok("%d voters, %d zones: any of these may be lost", c.Voters, len(c.Zones))
	}
}

// rollCall counts whose word that he holds his share is young enough. Who was just handed one needs to say nothing.
func rollCall(f *Facts, r *report) {
	c := f.Cluster.Custody
	if c == nil {
		r.say(Attention, "Look at the node's log.", "the leader cannot read the seal's configuration")
		return
	}
	want := min(c.Threshold+1, c.Shares)
	now, soon := c.proved(f.Now), c.proved(f.Now.Add(rollCallNotice))
	s := OK
	switch {
	case len(now) < c.Threshold:
		s = ActNow
	case len(soon) < want:
		s = Attention
	}
	var missing []string
	for i := 1; i <= c.Shares; i++ {
		if !slices.Contains(soon, i) {
			missing = append(missing, fmt.Sprint(i))
		}
	}
	detail := fmt.Sprintf("%d of %d custodians proved their share within 90 days, %d should", len(now), c.Shares, want)
	if s != OK {
		detail += "; not, or not much longer: " + strings.Join(missing, ", ")
	}
	r.say(s, "Hold a roll call: `quorate operator roll-call start`. Custodians who lost theirs: `quorate operator rekey`.", "%s", detail)
}

// proved are the indexes of custodians whose newest proof is young enough at that time.
func (c *Custody) proved(at time.Time) []int {
	var all []int
	for i := range c.Shares {
		last := c.Since
		if i < len(c.Proved) && c.Proved[i].After(last) {
			last = c.Proved[i]
		}
		if at.Sub(last) <= rollCallWithin {
			all = append(all, i+1)
		}
	}
	return all
}

func oldShares(f *Facts, r *report) {
	c := f.Cluster.Custody
	if c != nil && c.Unsettled {
		r.say(Attention, "Bring the members back that are away, or remove them: the leader settles the rekey when all members follow it.", "shares from before epoch %d still lead to the master key", c.Epoch)
		return
	}
	r.ok("they lead nowhere")
}

func backup(f *Facts, r *report) {
	b := f.Cluster.Backup
	age, waited := f.Now.Sub(b.Last), f.Now.Sub(b.Since)
	switch {
	case !b.Scheduled:
		r.say(Attention, "Have the cluster save snapshots by itself: quorate operator snapshot schedule --help.", "there is no schedule: what is lost with all nodes is lost for good")
	case b.Last.IsZero() && b.Failing == "" && waited <= 2*b.Every:
		r.say(Attention, "Wait for it, or do not: quorate operator snapshot schedule run.", "the first is not made yet")
	case b.Last.IsZero():
		r.say(ActNow, "Look at the leader's log and at the place that snapshots go to.", "none was saved yet, every %v is wanted%s", b.Every, because(b.Failing))
	case age > 4*b.Every:
		r.say(ActNow, "Look at the leader's log and at the place that snapshots go to.", "the newest is %s old, every %v is wanted%s", days(age), b.Every, because(b.Failing))
	case age > 2*b.Every || b.Failing != "":
		r.say(Attention, "Look at the leader's log and at the place that snapshots go to.", "the newest is %s old, every %v is wanted%s", days(age), b.Every, because(b.Failing))
	default:
		r.ok("the newest is %s old", days(age))
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func drill(f *Facts, r *report) {
	d := f.Cluster.Drill
	next := "Prove that the newest backup opens: quorate operator drill --help."
	switch age := f.Now.Sub(d.Last); {
	case d.Failed != "":
		r.say(ActNow, "The newest backup could not be restored: "+next, "the last drill failed: %s", d.Failed)
	case d.Last.IsZero():
		r.say(Attention, next, "there was none: nobody knows whether the backups open")
	case age > drillWithin:
		r.say(Attention, next, "the last was %s ago", days(age))
	default:
		r.ok("%s ago", days(age))
	}
}

func slots(f *Facts, r *report) {
	for _, s := range f.Cluster.Slots {
		if s.Need == 0 && s.Wanted > f.Cluster.Voters {
			r.say(Attention, "Add voters, or have it take fewer: quorate operator slots add quorum --replace --threshold N. Operators' shares open the cluster meanwhile.",
				"%s slot %s takes the shares of %d members, and there are %d voters: it cannot be dealt, so no member opens itself", s.Kind, s.ID, s.Wanted, f.Cluster.Voters)
			continue
		}
		if s.Need == 0 {
			r.say(Attention, "Wait a moment: the leader deals the shares once the members are up and open.", "%s slot %s: its shares are not dealt yet", s.Kind, s.ID)
			continue
		}
		spare := s.Have - s.Need
		r.say(grade(spare, 1, 0), "Bring members back, or give the slot its shares anew: quorate operator slots --help. Operators' shares open the cluster in any case.",
			"%s slot %s: %d of what it takes %d are there", s.Kind, s.ID, s.Have, s.Need)
	}
	if len(r.findings) == 0 {
		r.ok("only operators' shares")
	}
}
