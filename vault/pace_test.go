package vault

import (
	"testing"
	"time"
)

// paced lets entries of the pace's own size go by, each as long as cost says for its items, and gives the share of the time in
// which the campaign worked.
func paced(p *pace, at *time.Time, entries int, perItem time.Duration) (duty float64, batch int) {
	return pacedBeside(p, at, entries, perItem, entryItems*perItem)
}

// pacedBeside is paced where an entry costs so much besides its items.
func pacedBeside(p *pace, at *time.Time, entries int, perItem, besides time.Duration) (duty float64, batch int) {
	var worked, rested time.Duration
	for range entries {
		batch = p.batch()
		took := time.Duration(batch)*perItem + besides
		*at = at.Add(took)
		rest := p.rest(batch, took, *at)
		*at = at.Add(rest)
		worked, rested = worked+took, rested+rest
	}
	return float64(worked) / float64(worked+rested), batch
}

func TestACampaignGivesWayAndComesBack(t *testing.T) {
	var p pace
	at := time.UnixMilli(1_800_000_000_000)
	const calm = 20 * time.Microsecond
	if n := p.batch(); n != busyBatch {
		t.Errorf("the first entry, when nothing is known, has %d items", n)
	}
	if duty, batch := paced(&p, &at, 50, calm); duty < .9 || batch != calmBatch {
		t.Errorf("alone: works %.2f of the time, in entries of %d", duty, batch)
	}
	if duty, batch := paced(&p, &at, 20, calm*5/4); duty < .9 || batch != calmBatch {
		t.Errorf("by chance a little slower: works %.2f of the time, in entries of %d", duty, batch)
	}
	paced(&p, &at, 10, 3*calm)
	some, batch := paced(&p, &at, 20, 3*calm)
	if some > .4 || batch != busyBatch {
		t.Errorf("beside others: works %.2f of the time, in entries of %d", some, batch)
	}
	paced(&p, &at, 10, 40*calm)
	if duty, _ := paced(&p, &at, 20, 40*calm); duty > some*.6 || duty < .05 {
		t.Errorf("on a machine that is overrun: works %.2f of the time, and %.2f beside others", duty, some)
	}
	paced(&p, &at, 20, calm)
	if duty, batch := paced(&p, &at, 20, calm); duty < .9 || batch != calmBatch {
		t.Errorf("alone again: works %.2f of the time, in entries of %d", duty, batch)
	}
	// A machine that has become slower for good is not taken for a busy one for ever.
	for range 10 * 60 {
		paced(&p, &at, 1, 4*calm)
		at = at.Add(time.Minute)
	}
	if duty, _ := paced(&p, &at, 20, 4*calm); duty < .9 {
		t.Errorf("slower for good: works %.2f of the time", duty)
	}
}

// TestLargeEntriesAreNoLoad: where an entry costs much or little besides its items, its size alone is not taken for others.
func TestLargeEntriesAreNoLoad(t *testing.T) {
	const calm = 20 * time.Microsecond
	for _, besides := range []time.Duration{0, 10 * calm, 2000 * calm} {
		var p pace
		at := time.UnixMilli(1_800_000_000_000)
		pacedBeside(&p, &at, 50, calm, besides)
		if duty, batch := pacedBeside(&p, &at, 20, calm*5/4, besides*5/4); duty < .9 || batch != calmBatch {
			t.Errorf("alone, where an entry costs %s besides: works %.2f of the time, in entries of %d", besides, duty, batch)
		}
	}
}
