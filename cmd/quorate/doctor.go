package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/doctor"
	"github.com/quorate/quorate/vault/fault"
)

// examination is doctor's result.
type examination struct {
	Verdict  string        `json:"verdict"`
	OK       bool          `json:"ok"`
	Findings []api.Finding `json:"findings"`
}

func newDoctorCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Are we recoverable? Check the whole cluster and say what to do about what is wrong",
		Long: `Ask every member how it is, and judge whether the cluster could be recovered: that there is a leader that all agree
on, that every member is reachable, healthy, open and up to date, that enough voters are left to lose one; versions,
clocks, certificates, disks and audit logs; whether enough custodians proved of late that they hold their shares; how
old the newest backup and the newest drill are. No token is needed.

The verdict is "ok", "attention" (see to it in working hours) or "act now" (one more failure loses service or data, or
it is lost already). The exit code is 0 when all is well, 5 when something is not, 6 when no node answers. The metric
quorate_doctor_severity{check="…"} is the same: 0, 1, 2; every server publishes what it finds about itself, and the
leader what it finds about the cluster and hears of the members.`,
		Example: `  quorate doctor
  quorate doctor --format json | jq '.findings[] | select(.ok | not)'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			e, err := examine(cmd.Context(), c)
			if err != nil {
				return err
			}
			if err := a.result(e, func(w io.Writer) error { return writeExamination(w, e) }); err != nil {
				return err
			}
			if !e.OK {
				return errUnwell
			}
			return nil
		},
	}
}

func writeExamination(w io.Writer, e *examination) error {
	rows := make([][]string, 0, len(e.Findings))
	for _, f := range e.Findings {
		rows = append(rows, []string{f.Severity, f.Check, f.Node, f.Detail})
	}
	if err := table(w, []string{"SEVERITY", "CHECK", "NODE", "FOUND"}, rows); err != nil {
		return err
	}
	for _, f := range e.Findings {
		if f.Next != "" {
			if _, err := fmt.Fprintf(w, "next: %s: %s\n", f.Check, f.Next); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(w, "verdict: %s\n", e.Verdict)
	return err
}

// examine asks one node for the members, then each member for itself, and looks at them side by side.
func examine(ctx context.Context, c *client.Client) (*examination, error) {
	begin := time.Now()
	first, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	survey, reports := surveyMembers(ctx, c.Near(), first, time.Since(begin))
	findings := findingsOf(doctor.Examine(&doctor.Facts{Now: time.Now(), Survey: survey}))
	verdict := doctor.OK
	for _, r := range reports {
		findings = append(findings, r.Findings...)
	}
	for _, f := range findings {
		verdict = max(verdict, doctor.ParseSeverity(f.Severity))
	}
	return &examination{Verdict: verdict.String(), OK: verdict == doctor.OK, Findings: findings}, nil
}

// surveyMembers asks all members at once, and gives what each finds about itself beside what can be seen from here. c asks the
// node that first is of, and no other.
func surveyMembers(ctx context.Context, c *client.Client, first *api.Status, took time.Duration) (*doctor.Survey, []*api.Doctor) {
	members := first.Members
	if len(members) == 0 { // a blank node: it is all there is
		members = []api.Member{{ID: first.Node, Role: api.RoleVoter, Healthy: true}}
	}
	s := &doctor.Survey{First: first.Node, Members: make([]doctor.Seen, len(members))}
	reports := make([]*api.Doctor, len(members))
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() {
			own := visit{client: c, member: m}
			if m.ID == first.Node {
				own.status, own.took = first, took
			}
			s.Members[i], reports[i] = own.see(ctx)
		})
	}
	wg.Wait()
	answered := reports[:0]
	for _, r := range reports {
		if r != nil {
			answered = append(answered, r)
		}
	}
	return s, answered
}

// visit is one member being asked.
type visit struct {
	client *client.Client
	member api.Member
	status *api.Status // if client got it from this member already
	took   time.Duration
}

// see asks the member. Its report is nil if it gives none, as nodes of before there were any.
func (v *visit) see(ctx context.Context) (doctor.Seen, *api.Doctor) {
	m := v.member
	seen := doctor.Seen{Node: m.ID, API: m.API, Voter: m.Role != api.RoleNonvoter, Healthy: m.Healthy}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	at := v.client
	var err error
	if v.status == nil {
		if at, err = v.client.At(m.API); err == nil {
			begin := time.Now()
			v.status, err = at.Status(ctx)
			v.took = time.Since(begin)
		}
	}
	if err != nil {
		seen.Err = fault.Of(err).Message
		return seen, nil
	}
	s := v.status
	seen.Took, seen.Initialized, seen.ClusterID, seen.Version = v.took, s.Initialized, s.ClusterID, s.Version
	seen.Leader, seen.Sealed, seen.Index = s.Leader, s.Sealed, s.Index
	begin := time.Now()
	report, err := at.Doctor(ctx)
	if err == nil && report.Node != m.ID { // what gave the status stands before several nodes
		if at, err = v.client.At(m.API); err == nil {
			begin = time.Now()
			report, err = at.Doctor(ctx)
		}
	}
	switch {
	case errors.Is(err, fault.NotFound):
		return seen, nil
	case err != nil:
		seen.Mute = fault.Of(err).Message
		return seen, nil
	case report.Node != m.ID:
		seen.Mute = "at that address " + report.Node + " answers now"
		return seen, nil
	}
	if clock, err := time.Parse(time.RFC3339Nano, report.At); err == nil {
		seen.Clock, seen.Clocked = clock.Sub(begin.Add(time.Since(begin)/2)), true
	}
	return seen, report
}

func findingsOf(all []doctor.Finding) []api.Finding {
	out := make([]api.Finding, len(all))
	for i, f := range all {
		out[i] = api.Finding{Check: f.Check, Node: f.Node, Severity: f.Severity.String(), OK: f.Severity == doctor.OK, Detail: f.Detail, Next: f.Next}
	}
	return out
}
