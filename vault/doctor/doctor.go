// Package doctor judges whether a cluster could be recovered: from facts that others gathered, by a table of checks.
// A check is one small function from facts to findings. The same table serves the command line, which looks from
// outside at every member, and each server, which looks at itself and publishes severities as metrics. It is a leaf: it
// knows no network, no clock and no other package of ours, and reads nothing but the facts it is given.
package doctor

import "fmt"

// Severity says how soon somebody has to do something about a finding.
type Severity uint8

// Severities, in the order of urgency. Their numbers are what the metric shows.
const (
	OK        Severity = iota
	Attention          // nothing is lost yet; see to it in working hours
	ActNow             // one more failure loses service or data, or it is lost already
)

var severities = [...]string{OK: "ok", Attention: "attention", ActNow: "act now"}

// String is the word for it.
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return fmt.Sprintf("severity %d", uint8(s))
}

// ParseSeverity reads what String wrote. A word that it does not know, from a newer node, is taken as Attention.
func ParseSeverity(s string) Severity {
	for i, word := range severities {
		if s == word {
			return Severity(i)
		}
	}
	return Attention
}

// Finding is what a check found about one node, or about the cluster.
type Finding struct {
	Check    string // name of the check
	Node     string // "" for the cluster
	Severity Severity
	Detail   string // what was found
	Next     string // what to do about it; "" with OK
}

// Check is a line of the table.
type Check struct {
	Name  string
	Scope Scope
	look  func(f *Facts, r *report)
}

// Scope says whose facts a check needs.
type Scope uint8

// Scopes.
const (
	OfNode    Scope = iota // Facts.Self: every node looks at itself
	OfCluster              // Facts.Cluster: the leader looks at the whole
	OfSurvey               // Facts.Survey: whoever asked all the members
)

// Checks lists the table in the order in which findings are shown.
func Checks() []Check { return append([]Check(nil), table...) }

// table is every check there is. To add one: a fact, a function, a line here, a case in the test.
var table = []Check{
	{"initialized", OfSurvey, initialized},
	{"leader", OfSurvey, leader},
	{"same leader", OfSurvey, sameLeader},
	{"quorum", OfSurvey, surveyedQuorum},
	{"reachable", OfSurvey, reachable},
	{"healthy", OfSurvey, healthy},
	{"lag", OfSurvey, lag},
	{"same version", OfSurvey, sameVersion},
	{"same cluster", OfSurvey, sameCluster},
	{"clock", OfSurvey, clocks},
	{"some open", OfSurvey, someOpen},

	{"in touch", OfNode, inTouch},
	{"open", OfNode, open},
	{"seal epoch", OfNode, sealEpoch},
	{"fresh", OfNode, fresh},
	{"certificate", OfNode, certificate},
	{"disk room", OfNode, diskRoom},
	{"disk speed", OfNode, diskSpeed},
	{"store", OfNode, freePages},
	{"audit", OfNode, auditLog},

	{"spare voters", OfCluster, spareVoters},
	{"zones", OfCluster, zones},
	{"roll call", OfCluster, rollCall},
	{"old shares", OfCluster, oldShares},
	{"backup", OfCluster, backup},
	{"drill", OfCluster, drill},
	{"slots", OfCluster, slots},
}

// Examine runs every check whose facts are there. Each of those gives at least one finding.
func Examine(f *Facts) []Finding {
	var all []Finding
	for _, c := range table {
		r := &report{check: c.Name}
		switch {
		case c.Scope == OfNode && f.Self != nil:
			r.node = f.Self.Node
			c.look(f, r)
		case c.Scope == OfCluster && f.Cluster != nil, c.Scope == OfSurvey && f.Survey != nil:
			c.look(f, r)
		default:
			continue
		}
		all = append(all, r.findings...)
	}
	return all
}

// Verdict is the most urgent severity among the findings.
func Verdict(findings []Finding) Severity {
	v := OK
	for _, f := range findings {
		v = max(v, f.Severity)
	}
	return v
}

// Severities sums findings up by check: the most urgent of each.
func Severities(findings []Finding) map[string]Severity {
	by := map[string]Severity{}
	for _, f := range findings {
		by[f.Check] = max(by[f.Check], f.Severity)
	}
	return by
}

// report is where a check puts what it found.
type report struct {
	check, node string
	findings    []Finding
}

// of turns the report to one node.
func (r *report) of(node string) *report {
	r.node = node
	return r
}

func (r *report) ok(format string, args ...any) { r.say(OK, "", format, args...) }

// say adds a finding. next is what to do; it is dropped when nothing needs to be done.
func (r *report) say(s Severity, next, format string, args ...any) {
	if s == OK {
		next = ""
	}
	r.findings = append(r.findings, Finding{Check: r.check, Node: r.node, Severity: s, Detail: fmt.Sprintf(format, args...), Next: next})
}

// grade picks the severity of a figure that is bad when it is small.
func grade[T int | int64 | uint64 | float64](v, attention, act T) Severity {
	switch {
	case v < act:
		return ActNow
	case v < attention:
		return Attention
	default:
		return OK
	}
}
