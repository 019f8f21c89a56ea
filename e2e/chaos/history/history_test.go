package history_test

import (
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
		{"a refusal without a reason", "no order", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, history.Op{Kind: history.Tag, IfMatch: 1, Tag: "x", Outcome: history.Refused}),
		}},
		{"versions are suspended apart", "", []history.Op{
			at(0, 1, did(history.Create, created)), at(2, 3, did(history.Rotate, rotated)),
			at(4, 5, history.Op{Kind: history.Suspend, Version: 2, Saw: rec(3, "active", "ds"), Sure: true}), at(6, 7, use(1, history.OK)), at(8, 9, use(2, history.Refused)),
			at(10, 11, did(history.Rotate, rec(4, "active", "dsa"))), at(12, 13, did(history.Suspend, rec(5, "suspended", "dss"))), at(14, 15, did(history.Resume, rec(6, "active", "daa"))),
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
