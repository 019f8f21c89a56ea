package doctor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault/doctor"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// well are facts of which nothing is to be said.
func well() *doctor.Facts {
	seen := func(node string) doctor.Seen {
		return doctor.Seen{
			Node: node, API: node + ":7800", Voter: true, Healthy: true, Took: time.Millisecond, Initialized: true,
			ClusterID: "c1", Version: "1.0", Leader: "n1", Index: 2000, Clocked: true,
		}
	}
	return &doctor.Facts{
		Now: now,
		Self: &doctor.Self{
			Node: "n1", Leader: "n1", Fresh: true, OpenEpoch: 1, Epoch: 1, CertificateEnds: now.Add(60 * day),
			Disk:  doctor.Disk{Path: "data", Free: 50 << 30, Size: 100 << 30, Slowest: 3 * time.Millisecond, Stall: 3 * time.Second},
			Store: doctor.Store{Path: "raft.db", Size: 300 << 20, Free: 10 << 20},
		},
		Cluster: &doctor.Cluster{
			Voters: 3, Up: 3, Zones: map[string]int{"east": 1, "north": 1, "west": 1},
			Custody: &doctor.Custody{Shares: 5, Threshold: 3, Epoch: 1, Since: now.Add(-300 * day), Proved: []time.Time{
				now.Add(-day), now.Add(-2 * day), now.Add(-3 * day), now.Add(-4 * day), {},
			}},
			Backup: doctor.Backup{Scheduled: true, Every: time.Hour, Last: now.Add(-time.Hour)},
			Drill:  doctor.Drill{Last: now.Add(-day)},
			Slots:  []doctor.Slot{{ID: "q1", Kind: "quorum", Have: 3, Need: 2}},
		},
		Survey: &doctor.Survey{First: "n1", Members: []doctor.Seen{seen("n1"), seen("n2"), seen("n3")}},
	}
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	for _, f := range doctor.Examine(well()) {
		if f.Severity != doctor.OK || f.Next != "" || f.Detail == "" {
			t.Errorf("%+v", f)
		}
	}
	if v := doctor.Verdict(doctor.Examine(well())); v != doctor.OK {
		t.Errorf("verdict %v", v)
	}
}

// A member that says how it is in part only is there: it counts for the quorum, and for who is open.
func TestWhoGaveNoReportIsThereAllTheSame(t *testing.T) {
	f := well()
	for i := range f.Survey.Members {
		f.Survey.Members[i].Mute = "timeout"
	}
	for _, got := range doctor.Examine(f) {
		if (got.Check == "quorum" || got.Check == "some open") && got.Severity != doctor.OK {
			t.Errorf("%+v", got)
		}
	}
}

// bad is what makes each check complain: check → what to change → how urgent that is, and a word of what it says.
var bad = map[string][]struct {
	what string
	harm func(*doctor.Facts)
	want doctor.Severity
	says string
}{
	"initialized": {{"blank", func(f *doctor.Facts) { f.Survey.Members[0].Initialized = false }, doctor.ActNow, "no cluster"}},
	"leader":      {{"none", func(f *doctor.Facts) { f.Survey.Members[0].Leader = "" }, doctor.ActNow, "none"}},
	"same leader": {{"two", func(f *doctor.Facts) { f.Survey.Members[2].Leader = "n3" }, doctor.Attention, "n3, and n1 says n1"}},
	"quorum": {
		{"two silent", func(f *doctor.Facts) { f.Survey.Members[1].Err, f.Survey.Members[2].Err = "refused", "refused" }, doctor.ActNow, "1 of 3 voters answer"},
		{"replicas do not count", func(f *doctor.Facts) {
			f.Survey.Members[0].Voter = false
			f.Survey.Members[1].Err = "refused"
		}, doctor.ActNow, "1 of 2 voters answer, and it takes 2"},
	},
	"reachable": {
		{"silent", func(f *doctor.Facts) { f.Survey.Members[1].Err = "connection refused" }, doctor.Attention, "connection refused"},
		{"slow", func(f *doctor.Facts) { f.Survey.Members[1].Took = 3 * time.Second }, doctor.Attention, "3s"},
		{"mute", func(f *doctor.Facts) { f.Survey.Members[1].Mute = "timeout" }, doctor.Attention, "gave its status, and nothing of how it is: timeout"},
	},
	"healthy":      {{"unheard of", func(f *doctor.Facts) { f.Survey.Members[1].Healthy = false }, doctor.Attention, "not heard"}},
	"lag":          {{"behind", func(f *doctor.Facts) { f.Survey.Members[1].Index = 10 }, doctor.Attention, "1990 entries"}},
	"same version": {{"older", func(f *doctor.Facts) { f.Survey.Members[1].Version = "0.9" }, doctor.Attention, "0.9 beside 1.0"}},
	"same cluster": {{"foreign", func(f *doctor.Facts) { f.Survey.Members[1].ClusterID = "c2" }, doctor.ActNow, "c2"}},
	"clock": {
		{"ahead", func(f *doctor.Facts) { f.Survey.Members[1].Clock = 5 * time.Second }, doctor.Attention, "n2 is 5s ahead"},
		{"far behind", func(f *doctor.Facts) { f.Survey.Members[1].Clock = -time.Hour }, doctor.ActNow, "ahead of n2"},
	},
	"some open": {{"all sealed", func(f *doctor.Facts) {
		for i := range f.Survey.Members {
			f.Survey.Members[i].Sealed = true
		}
	}, doctor.ActNow, "no key can be used"}},
	"in touch": {{"no leader", func(f *doctor.Facts) { f.Self.Leader = "" }, doctor.ActNow, "no leader"}},
	"open": {
		{"sealed", func(f *doctor.Facts) { f.Self.Sealed = true }, doctor.Attention, "sealed"},
		{"not let in", func(f *doctor.Facts) {
			f.Self.Sealed, f.Self.NotOpened, f.Self.OpenNext = true, "it was away for long", "approve"
		}, doctor.Attention, "did not open itself: it was away for long"},
	},
	"fresh": {
		{"stale", func(f *doctor.Facts) { f.Self.Fresh, f.Self.Reason = false, "the lease ran out" }, doctor.Attention, "lease ran out"},
		{"sealed", func(f *doctor.Facts) { f.Self.Sealed = true }, doctor.Attention, "sealed"},
	},
	"seal epoch": {{"behind", func(f *doctor.Facts) { f.Self.Epoch = 2 }, doctor.Attention, "epoch 1, and the cluster's are of epoch 2"}},
	"certificate": {
		{"soon", func(f *doctor.Facts) { f.Self.CertificateEnds = now.Add(10 * day) }, doctor.Attention, "10 days"},
		{"now", func(f *doctor.Facts) { f.Self.CertificateEnds = now.Add(30 * time.Hour) }, doctor.ActNow, "30 h"},
		{"past", func(f *doctor.Facts) { f.Self.CertificateEnds = now.Add(-3 * day) }, doctor.ActNow, "ended 3 days ago"},
	},
	"disk room": {
		{"little", func(f *doctor.Facts) { f.Self.Disk.Free = 900 << 20 }, doctor.Attention, "900.0 MiB of 100.0 GiB"},
		{"none", func(f *doctor.Facts) { f.Self.Disk.Free, f.Self.Disk.Low = 200<<20, true }, doctor.ActNow, "200.0 MiB"},
		{"small disk", func(f *doctor.Facts) { f.Self.Disk.Free, f.Self.Disk.Size = 15<<20, 100<<20 }, doctor.Attention, "15.0 MiB"},
	},
	"disk speed": {
		{"slow", func(f *doctor.Facts) { f.Self.Disk.Slowest = 700 * time.Millisecond }, doctor.Attention, "700ms"},
		{"nearly dead", func(f *doctor.Facts) { f.Self.Disk.Slowest = 2 * time.Second }, doctor.ActNow, "2s"},
	},
	"store": {{"hollow", func(f *doctor.Facts) { f.Self.Store.Free = 200 << 20 }, doctor.Attention, "200.0 MiB of it free"}},
	"audit": {{"broken", func(f *doctor.Facts) { f.Self.Audit = "no space left" }, doctor.ActNow, "no space left"}},
	"spare voters": {
		{"one lost", func(f *doctor.Facts) { f.Cluster.Up = 2 }, doctor.ActNow, "0 may be lost"},
		{"built alone", func(f *doctor.Facts) { f.Cluster.Voters, f.Cluster.Up = 1, 1 }, doctor.Attention, "0 may be lost"},
		{"gone", func(f *doctor.Facts) { f.Cluster.Up = 1 }, doctor.ActNow, "1 of 3"},
	},
	"zones": {
		{"all in one", func(f *doctor.Facts) { f.Cluster.Zones = map[string]int{"east": 3, "west": 0} }, doctor.Attention, "3 of 3 voters stand in east"},
		{"most in one", func(f *doctor.Facts) { f.Cluster.Zones = map[string]int{"east": 1, "west": 2} }, doctor.Attention, "2 of 3 voters stand in west"},
		{"half in one", func(f *doctor.Facts) {
			f.Cluster.Voters, f.Cluster.Up, f.Cluster.Zones = 4, 4, map[string]int{"east": 2, "north": 1, "west": 1}
		}, doctor.Attention, "2 of 4 voters stand in east"},
		{"one, and elsewhere a replica", func(f *doctor.Facts) {
			f.Cluster.Voters, f.Cluster.Up, f.Cluster.Zones = 1, 1, map[string]int{"east": 1, "west": 0}
		}, doctor.Attention, "1 of 1 voters stands in east"},
	},
	"roll call": {
		{"one short", func(f *doctor.Facts) { f.Cluster.Custody.Proved[3] = time.Time{} }, doctor.Attention, "3 of 5"},
		{"one short soon", func(f *doctor.Facts) { f.Cluster.Custody.Proved[3] = now.Add(-80 * day) }, doctor.Attention, "not much longer: 4, 5"},
		{"below the threshold", func(f *doctor.Facts) { f.Cluster.Custody.Proved = nil }, doctor.ActNow, "0 of 5"},
		{"unreadable", func(f *doctor.Facts) { f.Cluster.Custody = nil }, doctor.Attention, "cannot read"},
	},
	"old shares": {{"unsettled", func(f *doctor.Facts) { f.Cluster.Custody.Unsettled = true }, doctor.Attention, "before epoch 1"}},
	"backup": {
		{"no schedule", func(f *doctor.Facts) { f.Cluster.Backup = doctor.Backup{} }, doctor.Attention, "no schedule"},
		{"none yet", func(f *doctor.Facts) { f.Cluster.Backup.Last = time.Time{} }, doctor.ActNow, "none was saved"},
		{"the first is due", func(f *doctor.Facts) {
			f.Cluster.Backup.Last, f.Cluster.Backup.Since = time.Time{}, now.Add(-time.Minute)
		}, doctor.Attention, "first"},
		{"the first failed", func(f *doctor.Facts) {
			f.Cluster.Backup = doctor.Backup{Scheduled: true, Every: time.Hour, Since: now.Add(-time.Minute), Failing: "bucket gone"}
		}, doctor.ActNow, "bucket gone"},
		{"late", func(f *doctor.Facts) { f.Cluster.Backup.Last = now.Add(-3 * time.Hour) }, doctor.Attention, "3 h old"},
		{"very late", func(f *doctor.Facts) { f.Cluster.Backup.Last = now.Add(-5 * time.Hour) }, doctor.ActNow, "5 h old"},
		{"failing", func(f *doctor.Facts) { f.Cluster.Backup.Failing = "bucket gone" }, doctor.Attention, "bucket gone"},
	},
	"drill": {
		{"never", func(f *doctor.Facts) { f.Cluster.Drill = doctor.Drill{} }, doctor.Attention, "there was none"},
		{"long ago", func(f *doctor.Facts) { f.Cluster.Drill.Last = now.Add(-40 * day) }, doctor.Attention, "40 days"},
		{"failed", func(f *doctor.Facts) { f.Cluster.Drill.Failed = "3 keys do not open" }, doctor.ActNow, "3 keys do not open"},
	},
	"slots": {
		{"no spare", func(f *doctor.Facts) { f.Cluster.Slots[0].Have = 2 }, doctor.Attention, "quorum slot q1"},
		{"not dealt", func(f *doctor.Facts) { f.Cluster.Slots[0].Have, f.Cluster.Slots[0].Need = 0, 0 }, doctor.Attention, "not dealt"},
		{"set to take more than there are", func(f *doctor.Facts) {
			f.Cluster.Slots[0].Have, f.Cluster.Slots[0].Need, f.Cluster.Slots[0].Wanted = 0, 0, 9
		}, doctor.Attention, "takes the shares of 9 members, and there are 3 voters"},
		{"cannot open", func(f *doctor.Facts) { f.Cluster.Slots[0].Have = 1 }, doctor.ActNow, "1 of what it takes 2"},
	},
}

// TestEveryCheckCanComplain holds the table and the cases against each other: a check without a case, or a case without
// a check, is an error; and each case makes its check, at that severity, say what to do.
func TestEveryCheckCanComplain(t *testing.T) {
	names := map[string]bool{}
	for _, c := range doctor.Checks() {
		if names[c.Name] {
			t.Errorf("the table has %q twice", c.Name)
		}
		names[c.Name] = true
		if len(bad[c.Name]) == 0 {
			t.Errorf("no case makes the check %q complain", c.Name)
		}
	}
	for name, cases := range bad {
		if !names[name] {
			t.Errorf("there is no check %q", name)
		}
		for _, c := range cases {
			f := well()
			c.harm(f)
			findings := doctor.Examine(f)
			if got := doctor.Severities(findings)[name]; got != c.want {
				t.Errorf("%s, %s: %v, want %v", name, c.what, got, c.want)
			}
			said := false
			for _, g := range findings {
				if g.Severity != doctor.OK && g.Next == "" {
					t.Errorf("%s, %s: %q without what to do next", g.Check, c.what, g.Detail)
				}
				said = said || g.Check == name && g.Severity == c.want && strings.Contains(g.Detail, c.says)
			}
			if !said {
				t.Errorf("%s, %s: nothing says %q: %+v", name, c.what, c.says, findings)
			}
		}
	}
}

func TestChecksAreSilentWithoutTheirFacts(t *testing.T) {
	scopes := map[doctor.Scope]func(*doctor.Facts){
		doctor.OfNode:    func(f *doctor.Facts) { f.Self = nil },
		doctor.OfCluster: func(f *doctor.Facts) { f.Cluster = nil },
		doctor.OfSurvey:  func(f *doctor.Facts) { f.Survey = nil },
	}
	for scope, take := range scopes {
		f := well()
		take(f)
		said := doctor.Severities(doctor.Examine(f))
		for _, c := range doctor.Checks() {
			if _, ok := said[c.Name]; ok == (c.Scope == scope) {
				t.Errorf("without the facts of scope %d: check %q of scope %d spoke: %v", scope, c.Name, c.Scope, ok)
			}
		}
	}
	if got := doctor.Examine(&doctor.Facts{}); got != nil {
		t.Errorf("something was found in nothing: %v", got)
	}
}

func TestSharesJustHandedOutNeedNoRollCall(t *testing.T) {
	f := well()
	f.Cluster.Custody.Proved, f.Cluster.Custody.Since = nil, now.Add(-70*day)
	if got := doctor.Severities(doctor.Examine(f))["roll call"]; got != doctor.OK {
		t.Errorf("70 days after the shares were made: %v", got)
	}
	f.Cluster.Custody.Since = now.Add(-77 * day)
	if got := doctor.Severities(doctor.Examine(f))["roll call"]; got != doctor.Attention {
		t.Errorf("77 days after: %v", got)
	}
}

// Of a cluster whose members name one zone or none, nothing is asked; nor of one that outlives the loss of any.
func TestZonesThatMayBeLostNeedNothing(t *testing.T) {
	for _, c := range []struct {
		voters int
		zones  map[string]int
	}{
		{3, nil},
		{3, map[string]int{"east": 3}},
		{3, map[string]int{"east": 1, "west": 1}}, // the third names none
		{5, map[string]int{"east": 2, "north": 2, "west": 1}},
		{3, map[string]int{"east": 1, "north": 1, "west": 1, "south": 0}},
	} {
		f := well()
		f.Cluster.Voters, f.Cluster.Up, f.Cluster.Zones = c.voters, c.voters, c.zones
		if got := doctor.Severities(doctor.Examine(f))["zones"]; got != doctor.OK {
			t.Errorf("%d voters, %v: %v", c.voters, c.zones, got)
		}
	}
}

func TestSeveritiesAreWordsAndBack(t *testing.T) {
	for _, s := range []doctor.Severity{doctor.OK, doctor.Attention, doctor.ActNow} {
		if got := doctor.ParseSeverity(s.String()); got != s {
			t.Errorf("%v became %v", s, got)
		}
	}
	if doctor.ParseSeverity("apocalypse") != doctor.Attention {
		t.Error("an unknown word is not taken seriously")
	}
}

func TestASealedNodeIsAdvisedToBeOpenedNotToLookAtItsNetwork(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		f := well()
		f.Self.Sealed, f.Self.Fresh, f.Self.Reason = sealed, false, "no lease"
		for _, g := range doctor.Examine(f) {
			if g.Check == "fresh" && strings.Contains(g.Next, "operator unseal") != sealed {
				t.Errorf("sealed %v: the advice is %q", sealed, g.Next)
			}
		}
	}
}

// TestStrangersSeeNoPathsAndNoWordsOfFailures plants marks in all that may quote a path or an address, with every check complaining.
func TestStrangersSeeNoPathsAndNoWordsOfFailures(t *testing.T) {
	f := well()
	f.Self.Disk.Path, f.Self.Disk.Low = "/srv/MARK", true
	f.Self.Store.Path, f.Self.Store.Free = "/srv/MARK/raft.db", f.Self.Store.Size
	f.Self.Audit = "write /srv/MARK/audit.log: refused"
	f.Cluster.Backup.Failing = "bucket MARK at 10.0.0.9"
	f.Cluster.Drill.Failed = "open /srv/MARK"
	told, trimmed := doctor.Examine(f), doctor.Examine(f.ForStrangers())
	if !strings.Contains(f.Cluster.Backup.Failing, "MARK") || !strings.Contains(f.Self.Audit, "MARK") {
		t.Error("the facts themselves were changed")
	}
	marks := 0
	for i, g := range told {
		if strings.Contains(g.Detail+g.Next, "MARK") {
			marks++
		}
		h := trimmed[i]
		if strings.Contains(h.Detail+h.Next, "MARK") {
			t.Errorf("a stranger reads %q, %q", h.Detail, h.Next)
		}
		if h.Check != g.Check || h.Severity != g.Severity {
			t.Errorf("trimming changed %+v to %+v", g, h)
		}
	}
	if marks != 5 {
		t.Errorf("%d of 5 marks were to be hidden", marks)
	}
}
