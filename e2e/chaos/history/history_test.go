package history_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/history"
)

const ms = time.Millisecond

// at is an operation from call to ret, in milliseconds.
func at(call, ret int, o history.Op) history.Op {
	o.Key, o.Call, o.Return = "k", time.Duration(call)*ms, time.Duration(ret)*ms
	return o
}

func rec(rev uint64, state, versions string) history.Record {
	return history.Record{Revision: rev, State: state, Versions: versions}
}

func saw(r history.Record) history.Op { return history.Op{Kind: history.Read, Saw: r, Sure: true} }

func did(k history.Kind, r history.Record) history.Op {
	return history.Op{Kind: k, Saw: r, Sure: true}
}

func TestHistoriesAreJudged(t *testing.T) {
	created, rotated := rec(1, "active", "a"), rec(2, "active", "da")
	local := func(r history.Record, node int) history.Op { o := saw(r); o.Local, o.Node = true, node; return o }
	use := func(v int, out history.Outcome) history.Op {
		return history.Op{Kind: history.Use, Version: v, Local: true, Outcome: out}
	}
	protect := func(v int, out history.Outcome) history.Op {
		return history.Op{Kind: history.Protect, Version: v, Local: true, Outcome: out}
	}
	reveal := func(out history.Outcome) history.Op {
		return history.Op{Kind: history.Reveal, Local: true, Outcome: out}
	}
	version := func(k history.Kind, v int, r history.Record) history.Op { o := did(k, r); o.Version = v; return o }
	unknown := func(k history.Kind) history.Op { return history.Op{Kind: k, Outcome: history.Unknown} }
	suspended := did(history.Suspend, rec(2, "suspended", "s"))
	for _, c := range []struct {
		name, complaint string
		ops             []history.Op
	}{
		{"a plain story", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, saw(rotated)),
			at(6, 7, history.Op{Kind: history.Tag, IfMatch: 1, Tag: "x", Outcome: history.Refused}),
		}},
		{"an acknowledged write is lost", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, saw(created)),
		}},
		{"an acknowledged key is lost", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(4, 5, history.Op{Kind: history.Read, Outcome: history.Missing}),
		}},
		{"an unknown write may come late", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, unknown(history.Rotate)), at(4, 5, saw(created)), at(6, 7, saw(rotated)),
		}},
		{"an unknown write happens at most once", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, unknown(history.Rotate)), at(6, 7, saw(rec(3, "active", "dda"))),
		}},
		{"an unknown write that was seen does not go again", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, unknown(history.Rotate)), at(4, 5, saw(rotated)), at(6, 7, saw(created)),
		}},
		{"a local read within its bound", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(90, 91, local(created, 1)),
		}},
		{"a local read beyond its bound", "old, more than 100ms", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(104, 105, local(created, 1)),
		}},
		{"two records of one revision", "one revision", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, local(rec(2, "suspended", "s"), 1)),
		}},
		{"a key that is not there any more", "old, more than 100ms", []history.Op{
			at(0, 1, did(history.Create, created)), at(200, 201, history.Op{Kind: history.Read, Node: 1, Local: true, Outcome: history.Missing}),
		}},
		{"a node does not forget what it acknowledged", "old, more than 0s", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(90, 91, local(created, 0)),
		}},
		{"two win with one revision", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 9, history.Op{Kind: history.Tag, IfMatch: 1, Tag: "x"}), at(3, 8, history.Op{Kind: history.Tag, IfMatch: 1, Tag: "y"}),
		}},
		{"the answer to a change shows a later one, too", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 9, did(history.Rotate, rec(3, "suspended", "ds"))), at(4, 8, did(history.Suspend, rec(3, "suspended", "ds"))),
		}},
		{"the answer to a change shows one that comes after it", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 5, did(history.Rotate, rec(3, "suspended", "ds"))), at(6, 8, did(history.Suspend, rec(3, "suspended", "ds"))),
		}},
		{"the answer to a change does not show it", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 9, did(history.Rotate, created)),
		}},
		{"a refusal without a reason", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, history.Op{Kind: history.Tag, IfMatch: 1, Tag: "x", Outcome: history.Refused}),
		}},
		{"versions are suspended apart", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)),
			at(4, 5, history.Op{Kind: history.Suspend, Version: 2, Saw: rec(3, "active", "ds"), Sure: true}), at(6, 7, use(1, history.OK)), at(8, 9, use(2, history.Refused)),
			at(10, 11, did(history.Rotate, rec(4, "active", "dsa"))), at(12, 13, did(history.Suspend, rec(5, "suspended", "dss"))), at(14, 15, did(history.Resume, rec(6, "active", "dsa"))),
		}},
		{"a use after the suspension was acknowledged", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, use(1, history.OK)),
		}},
		{"a use that began before the acknowledgement", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 5, suspended), at(4, 6, use(1, history.OK)),
		}},
		{"a use after somebody asked for the key back", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 5, suspended), at(6, 9, did(history.Resume, rec(3, "active", "a"))), at(7, 8, use(1, history.OK)),
		}},
		{"a resumption of before does not excuse", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, did(history.Resume, rec(3, "active", "a"))),
			at(6, 7, did(history.Suspend, rec(4, "suspended", "s"))), at(8, 9, use(1, history.OK)),
		}},
		{"a use of what was compromised", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Compromise, rec(2, "compromised", "c"))), at(4, 5, use(1, history.OK)),
		}},
		{"what is deactivated decrypts", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Deactivate, rec(2, "deactivated", "d"))), at(4, 5, use(1, history.OK)), at(6, 7, protect(0, history.Refused)),
		}},
		{"what was suspended and is deactivated decrypts again", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, did(history.Deactivate, rec(3, "deactivated", "d"))), at(6, 7, use(1, history.OK)),
		}},
		{"and still does not encrypt", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 9, did(history.Deactivate, rec(3, "deactivated", "d"))), at(6, 7, protect(1, history.OK)),
		}},
		{"and does not encrypt", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Deactivate, rec(2, "deactivated", "d"))), at(4, 5, protect(1, history.OK)),
		}},
		{"a version of its own is deactivated", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, version(history.Deactivate, 1, rec(2, "active", "d"))), at(4, 5, protect(1, history.OK)),
		}},
		{"a version of its own is compromised", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, version(history.Compromise, 1, rec(2, "active", "c"))), at(4, 5, use(1, history.OK)),
		}},
		{"what a rotation replaced encrypts", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, protect(1, history.OK)),
		}},
		{"what was suspended is taken out", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, reveal(history.OK)),
		}},
		{"a version that was suspended, and a rotation, say nothing of the newest", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, version(history.Suspend, 1, rec(2, "active", "s"))), at(4, 5, did(history.Rotate, rec(3, "active", "sa"))), at(6, 7, reveal(history.OK)),
		}},
		{"what is active is not taken out", "nothing had taken it out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, reveal(history.Refused)),
		}},
		{"what a rotation made encrypts", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, protect(2, history.OK)),
		}},
		{"a rotation beside another says nothing of the other's", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 4, did(history.Rotate, rec(3, "active", "dda"))), at(2, 9, did(history.Rotate, rec(3, "active", "dda"))), at(5, 6, protect(2, history.OK)),
		}},
		{"the ends of a key", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, version(history.Suspend, 2, rec(3, "active", "ds"))),
			at(6, 7, version(history.Compromise, 1, rec(4, "active", "cs"))), at(8, 9, version(history.Destroy, 1, rec(5, "active", "ys"))),
			at(10, 11, did(history.Rotate, rec(6, "active", "ysa"))), at(12, 13, did(history.Rotate, rec(7, "active", "ysda"))), at(14, 15, version(history.Destroy, 3, rec(8, "active", "ysxa"))),
			at(16, 17, did(history.Deactivate, rec(9, "deactivated", "ydxd"))), at(18, 19, history.Op{Kind: history.Rotate, Outcome: history.Refused}),
			at(20, 21, did(history.Compromise, rec(10, "compromised", "ycyc"))), at(22, 23, history.Op{Kind: history.Compromise, Outcome: history.Refused}),
			at(24, 25, history.Op{Kind: history.Resume, Outcome: history.Refused}), at(26, 27, history.Op{Kind: history.Use, Version: 2, Outcome: history.Refused}),
		}},
		{"a compromise that comes undone", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Compromise, rec(2, "compromised", "c"))), at(4, 5, did(history.Resume, rec(3, "active", "a"))),
		}},
		{"a local refusal for no reason", "nothing had taken it out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, use(1, history.Refused)), at(4, 5, suspended),
		}},
		{"a local refusal while the suspension is under way", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 9, suspended), at(3, 4, use(1, history.Refused)),
		}},
		{"a local refusal beside a suspension of which nobody knows", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, unknown(history.Suspend)), at(4, 5, did(history.Resume, rec(3, "active", "a"))), at(600, 601, use(1, history.Refused)),
		}},
		{"a local refusal soon after the resumption", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, did(history.Resume, rec(3, "active", "a"))), at(90, 91, use(1, history.Refused)),
		}},
		{"a local refusal long after the resumption", "nothing had taken it out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, suspended), at(4, 5, did(history.Resume, rec(3, "active", "a"))), at(106, 107, use(1, history.Refused)),
		}},
		{"a version that was suspended alone does not come back with its key", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, version(history.Suspend, 1, rec(2, "active", "s"))), at(4, 5, did(history.Suspend, rec(3, "suspended", "s"))),
			at(6, 7, did(history.Resume, rec(4, "active", "s"))), at(200, 201, use(1, history.Refused)),
		}},
		{"a local refusal of another version", "nothing had taken it out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)), at(4, 5, version(history.Suspend, 2, rec(3, "active", "ds"))), at(6, 7, use(1, history.Refused)),
		}},
		{"a deactivation is no reason not to decrypt", "nothing had taken it out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Deactivate, rec(2, "deactivated", "d"))), at(4, 5, use(1, history.Refused)),
		}},
		{"a node does not know the key any more", "found nothing", []history.Op{
			at(0, 1, did(history.Create, created)), at(200, 201, use(1, history.Missing)),
		}},
		{"a node does not know the version yet", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(190, 191, did(history.Rotate, rotated)), at(200, 201, use(2, history.Missing)),
		}},
		{"a use of what was destroyed", "out of use", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)),
			at(4, 5, history.Op{Kind: history.Destroy, Version: 1, Saw: rec(3, "active", "xa"), Sure: true}), at(6, 7, use(1, history.OK)),
		}},
	} {
		err := history.Check(c.ops, 100*ms)
		if c.complaint == "" && err != nil || c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)) {
			t.Errorf("%s: %v, want %q\n%s", c.name, err, c.complaint, history.Text(c.ops))
		}
	}
}

// TestAVersionThatWasSuspendedByItselfStaysSo walks through what nobody is shown: whether a version was suspended alone or with its key.
func TestAVersionThatWasSuspendedByItselfStaysSo(t *testing.T) {
	const key, one = 0, 1
	type do struct {
		kind    history.Kind
		version int
		left    string // the key's state and its version's, by their first letters; "": it is refused
	}
	suspend := func(version int, left string) do { return do{history.Suspend, version, left} }
	resume := func(version int, left string) do { return do{history.Resume, version, left} }
	for _, c := range []struct {
		name    string
		steps   []do
		instead string // what would be wrong at the end
	}{
		{"alone, then with the key", []do{suspend(one, "as"), suspend(key, "ss"), resume(key, "as")}, "aa"},
		{"with the key", []do{suspend(key, "ss"), resume(key, "aa")}, "as"},
		{"again while its key is suspended", []do{suspend(key, "ss"), resume(one, "sa"), suspend(one, "ss"), resume(key, "as")}, "aa"},
		{"alone, but back before its key", []do{suspend(one, "as"), resume(one, "aa"), suspend(key, "ss"), resume(key, "aa")}, "as"},
		{"alone, for ever", []do{suspend(one, "as"), suspend(key, "ss"), resume(key, "as"), suspend(key, "ss"), resume(key, "as"), resume(one, "aa")}, "as"},
		{"it is suspended already", []do{suspend(key, "ss"), suspend(one, ""), resume(key, "aa")}, "as"},
		{"its key is suspended already", []do{suspend(key, "ss"), resume(one, "sa"), suspend(key, ""), resume(key, "aa")}, "as"},
	} {
		ops := []history.Op{at(0, 1, did(history.Create, rec(1, "active", "a")))}
		rev := uint64(1)
		add := func(d do) history.Op {
			o := history.Op{Kind: d.kind, Version: d.version, Outcome: history.Refused}
			if d.left != "" {
				rev++
				o.Outcome, o.Sure, o.Saw = history.OK, true, rec(rev, map[byte]string{'a': "active", 's': "suspended"}[d.left[0]], d.left[1:])
			}
			return at(10*len(ops), 10*len(ops)+1, o)
		}
		for _, d := range c.steps {
			ops = append(ops, add(d))
		}
		if err := history.Check(ops, ms); err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, history.Text(ops))
		}
		// The same is seen if the clients do not hear what their changes made, and read at the end only; and the other end is not.
		for _, wrong := range []bool{false, true} {
			quiet := slices.Clone(ops)
			for i := range quiet[1:] {
				quiet[i+1].Sure = false
			}
			end := ops[len(ops)-1].Saw
			if wrong {
				end = rec(rev, map[byte]string{'a': "active", 's': "suspended"}[c.instead[0]], c.instead[1:])
			}
			quiet = append(quiet, at(1000, 1001, saw(end)))
			if err := history.Check(quiet, ms); (err != nil) != wrong {
				t.Errorf("%s, read at the end only (wrong: %v): %v\n%s", c.name, wrong, err, history.Text(quiet))
			}
		}
	}
}

// TestStepsOfAVersionAreRefusedForAReasonOnly: the model foresees every refusal exactly.
func TestStepsOfAVersionAreRefusedForAReasonOnly(t *testing.T) {
	for _, o := range []history.Op{
		{Kind: history.Suspend, Version: 2}, {Kind: history.Resume, Version: 3}, {Kind: history.Destroy, Version: 1},
	} {
		ops := []history.Op{
			at(0, 1, did(history.Create, rec(1, "active", "a"))), at(2, 3, did(history.Rotate, rec(2, "active", "da"))), at(4, 5, did(history.Rotate, rec(3, "active", "dda"))),
			at(6, 7, history.Op{Kind: history.Suspend, Version: 3, Saw: rec(4, "active", "dds"), Sure: true}),
			at(8, 9, did(history.Rotate, rec(5, "active", "ddsa"))),
		}
		o.Outcome = history.Refused
		legal := o.Kind != history.Suspend // version 2 is deactivated
		err := history.Check(append(ops, at(20, 21, o)), ms)
		if (err != nil) != legal {
			t.Errorf("%v refused: %v", o, err)
		}
	}
}

// TestTheAnswerThatFitsNoOrderIsNamed: of a long history one wants to know where it went wrong.
// The vault refuses the second of a rotation and a destruction that were under way together, and no other for that reason.
func TestOfARotationAndADestructionThatRaceTheSecondMayBeRefused(t *testing.T) {
	dd, da := rec(3, "active", "dda"), rec(2, "active", "da")
	begin := []history.Op{at(0, 1, did(history.Create, rec(1, "active", "a"))), at(2, 3, did(history.Rotate, da))}
	refused := history.Op{Kind: history.Destroy, Version: 1, Outcome: history.Refused}
	turned := history.Op{Kind: history.Rotate, Outcome: history.Refused}
	destroyed := history.Op{Kind: history.Destroy, Version: 1, Saw: rec(3, "active", "xa"), Sure: true}
	for _, c := range []struct {
		name string
		ok   bool
		ops  []history.Op
	}{
		{"a destruction while a rotation is under way", true, []history.Op{at(10, 20, did(history.Rotate, dd)), at(15, 18, refused)}},
		{"a rotation while a destruction is under way", true, []history.Op{at(10, 20, destroyed), at(15, 25, turned)}},
		{"a destruction beside a rotation of which nobody knows", true, []history.Op{at(10, 12, history.Op{Kind: history.Rotate, Outcome: history.Unknown}), at(15, 18, refused)}},
		{"a destruction after the rotation was answered", false, []history.Op{at(10, 14, did(history.Rotate, dd)), at(15, 18, refused)}},
		{"a destruction before the rotation was asked for", false, []history.Op{at(10, 14, refused), at(15, 18, did(history.Rotate, dd))}},
		{"a rotation after the destruction was answered", false, []history.Op{at(10, 14, destroyed), at(15, 18, turned)}},
		{"a destruction beside a rotation that is refused, too", false, []history.Op{at(10, 20, refused), at(12, 18, turned)}},
	} {
		err := history.Check(append(slices.Clone(begin), c.ops...), 100*ms)
		if (err == nil) != c.ok {
			t.Errorf("%s: got %v, want that it passes: %v", c.name, err, c.ok)
		}
	}
}

func TestTheAnswerThatFitsNoOrderIsNamed(t *testing.T) {
	ops := []history.Op{at(0, 1, did(history.Create, rec(1, "active", "a")))}
	for i := range 40 {
		ops = append(ops, at(2+2*i, 3+2*i, saw(rec(1, "active", "a"))))
	}
	wrong := at(50, 55, did(history.Rotate, rec(2, "active", "a")))
	ops = append(ops, wrong)
	slices.SortFunc(ops, func(a, b history.Op) int { return cmp.Compare(a.Call, b.Call) })
	if err := history.Check(ops, ms); err == nil || !strings.HasSuffix(err.Error(), "\n"+wrong.String()) {
		t.Errorf("%v, want %v", err, wrong)
	}
}

// What porcupine sees is counted apart from what is judged otherwise, and of that the writes that were acknowledged.
func TestWhatWasJudgedIsCountedByTheWayItWas(t *testing.T) {
	ops := []history.Op{
		at(0, 1, did(history.Create, rec(1, "active", "a"))),
		at(2, 3, history.Op{Kind: history.Suspend, Outcome: history.Unknown}), at(4, 5, history.Op{Kind: history.Suspend, Outcome: history.Refused}), at(4, 5, history.Op{Kind: history.Suspend}),
		at(6, 7, saw(rec(1, "active", "a"))), at(8, 9, history.Op{Kind: history.Use, Version: 1}),
		at(10, 11, history.Op{Kind: history.Read, Local: true}), at(12, 13, history.Op{Kind: history.Use, Local: true}), at(14, 15, history.Op{Kind: history.Protect, Local: true, Outcome: history.Refused}),
		at(16, 17, history.Op{Kind: history.Reveal, Local: true}),
	}
	want := history.Tally{Ordered: 6, Writes: 2, Reads: 2, Local: 1, Uses: 3, Taken: 1, Revoked: 1}
	if got := history.Count(ops); got != want || got.All() != len(ops) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := want.Add(want); got.Ordered != 12 || got.All() != 2*len(ops) {
		t.Errorf("twice it is %+v", got)
	}
}

func TestLogKeepsWhatMatters(t *testing.T) {
	var l history.Log
	l.Add(at(5, 6, history.Op{Kind: history.Read, Outcome: history.Unknown}))
	l.Add(at(3, 4, history.Op{Kind: history.Rotate, Outcome: history.Unknown}))
	l.Add(at(1, 2, history.Op{Kind: history.Create}))
	if c := l.Counts(); c[history.Unknown] != 2 || c[history.OK] != 1 {
		t.Errorf("%v", c)
	}
	if got := l.Take("k"); len(got) != 2 || got[0].Kind != history.Create || len(l.Take("k")) != 0 {
		t.Errorf("%v", got)
	}
}
