package doctor

import (
	"fmt"
	"time"
)

// What a node may have left before somebody is told.
const (
	certificateWarn = 14 * 24 * time.Hour // renewed by itself with 30 days left, so something keeps it from that
	certificateAct  = 3 * 24 * time.Hour
	storeMatters    = 256 << 20 // bytes; a smaller file may be as empty as it likes
)

func inTouch(f *Facts, r *report) {
	if f.Self.Leader == "" {
		r.say(ActNow, "More than half of the voters must be up and reach each other.", "this node knows no leader")
		return
	}
	r.ok("with %s", f.Self.Leader)
}

func open(f *Facts, r *report) {
	switch {
	case f.Self.Sealed && f.Self.NotOpened != "":
		r.say(Attention, f.Self.OpenNext, "sealed; it did not open itself: %s", f.Self.NotOpened)
		return
	case f.Self.Sealed:
		r.say(Attention, handInShares, "sealed")
		return
	}
	r.ok("open")
}

func fresh(f *Facts, r *report) {
	switch {
	case f.Self.Sealed: // it answers nothing, however well it is in touch
		r.say(Attention, handInShares, "sealed")
	case !f.Self.Fresh:
		r.say(Attention, "The node must reach the leader; look at its network and clock.", "%s", f.Self.Reason)
	default:
		r.ok("yes")
	}
}

// sealEpoch tells of a node that holds open what another epoch's shares opened: it did not follow a rekey, or has not yet.
func sealEpoch(f *Facts, r *report) {
	have, want := f.Self.OpenEpoch, f.Self.Epoch
	switch {
	case have == 0 || want == 0:
		r.ok("not open")
	case have != want:
		r.say(Attention, "If it stays so, seal this node alone and hand in shares to it: quorate operator seal --node, quorate operator unseal.",
			"it goes by shares of epoch %d, and the cluster's are of epoch %d", have, want)
	default:
		r.ok("%d", have)
	}
}

func certificate(f *Facts, r *report) {
	ends := f.Self.CertificateEnds
	if ends.IsZero() {
		r.ok("none yet")
		return
	}
	left := ends.Sub(f.Now)
	s := grade(int64(left), int64(certificateWarn), int64(certificateAct))
	detail := fmt.Sprintf("ends in %s", days(left))
	if left <= 0 {
		detail = fmt.Sprintf("ended %s ago", days(-left))
	}
	r.say(s, "Open the node, so that it can renew its certificate: it does by itself when less than a third is left. One that has ended has to join again.", "%s (%s)", detail, ends.UTC().Format(time.DateOnly))
}

// diskRoom warns below a fifth, but never while a gigabyte is free; and is urgent where the node says that it refuses what grows.
func diskRoom(f *Facts, r *report) {
	d := f.Self.Disk
	if d.Size == 0 {
		r.ok("not known here")
		return
	}
	s := grade(d.Free, min(d.Size/5, 1<<30), 0)
	if d.Low {
		s = ActNow
	}
	r.say(s, "Make room on the file system of "+d.Path+", or move the directory to a larger one.", "%s of %s free", bytes(d.Free), bytes(d.Size))
}

func diskSpeed(f *Facts, r *report) {
	d := f.Self.Disk
	s := OK
	switch {
	case d.Stall > 0 && d.Slowest > d.Stall/2:
		s = ActNow
	case d.Stall > 0 && d.Slowest > d.Stall/6:
		s = Attention
	}
	r.say(s, fmt.Sprintf("Look at the disk and at who else uses it: a write that takes %v ends the node.", d.Stall), "slowest write of late %v", d.Slowest.Round(10*time.Microsecond))
}

func freePages(f *Facts, r *report) {
	st := f.Self.Store
	s := OK
	if st.Size > storeMatters && st.Free > st.Size/2 {
		s = Attention
	}
	r.say(s, "Most of "+st.Path+" is empty pages: restart the node, which rewrites the file, at a time when the others are well.", "%s, %s of it free pages", bytes(uint64(max(st.Size, 0))), bytes(uint64(max(st.Free, 0))))
}

func auditLog(f *Facts, r *report) {
	if f.Self.Audit != "" {
		r.say(ActNow, "Make the audit log writable again: until then operations are refused.", "%s", f.Self.Audit)
		return
	}
	r.ok("written")
}

// bytes is a size as people read it.
func bytes(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/unit, 0
	for ; v >= unit && i < 4; i++ {
		v /= unit
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTP"[i])
}

// days is a duration as people read it.
func days(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
